//! Exports server, login and sender as settings of `git send-email`, which prompts for the
//! password.

use super::common::{NOT_VERIFIED, USER_VARIABLE, password_line, tls_comment};
use super::facts::{Facts, TlsMode};
use crate::quoting::{Place, shell_word};

/// Writes the `git config` commands.
pub(super) fn write(facts: &Facts) -> String {
    let verifying = if facts.unverified {
        NOT_VERIFIED
    } else {
        "git verifies the certificate; smtpSSLCertPath sets other CAs"
    };
    let mut text = tls_comment(facts, verifying);
    let mut set = |name: &str, value: &str| {
        text.push_str(&format!("git config sendemail.{name} {value}\n"));
    };
    set("smtpServer", &shell_word(&facts.host));
    set("smtpServerPort", &facts.port.to_string());
    match facts.tls {
        TlsMode::None => {}
        TlsMode::StartTls => set("smtpEncryption", "tls"),
        TlsMode::Implicit => set("smtpEncryption", "ssl"),
    }
    if facts.unverified {
        set("smtpSSLCertPath", &shell_word(""));
    }
    if let Some(helo) = &facts.helo {
        set("smtpDomain", &shell_word(helo));
    }
    if let Some(login) = &facts.login {
        let user = login
            .user
            .as_deref()
            .map_or(USER_VARIABLE.to_owned(), shell_word);
        set("smtpUser", &user);
        set(
            "smtpAuth",
            &shell_word(&login.mechanism.to_ascii_uppercase()),
        );
    }
    if let Some(from) = facts.from.as_ref().filter(|from| !from.is_empty()) {
        set("from", &shell_word(from));
    }
    if facts.login.is_some() {
        // The shell removes the quotes; git adds those of its file.
        let line = password_line(Place::Bash, "git", "git config sendemail.smtpPass");
        text.push_str(&line);
    }
    text
}
