//! Exports a session as a `curl` command, which prompts for the password.

use super::common::{
    MESSAGE_FILE, NOT_VERIFIED, USER_VARIABLE, command, message_comment, tls_comment,
    transactions_comment,
};
use super::facts::{Facts, TlsMode};
use crate::quoting::{shell_word, url_part};
use crate::record::error::RecordError;

/// Writes the command.
///
/// # Errors
/// [`RecordError::NotExportable`] without a message or for LMTP.
pub(super) fn write(facts: &Facts) -> Result<String, RecordError> {
    let (Some(from), true) = (&facts.from, facts.message) else {
        return Err(RecordError::NotExportable(
            "curl sends an envelope only with a message, and none was sent",
        ));
    };
    if facts.lmtp {
        return Err(RecordError::NotExportable("curl does not speak LMTP"));
    }
    let scheme = if facts.tls == TlsMode::Implicit {
        "smtps"
    } else {
        "smtp"
    };
    let host = if facts.host.contains(':') {
        format!("[{}]", facts.host)
    } else {
        facts.host.clone()
    };
    let helo = facts.helo.as_deref().map(url_part).unwrap_or_default();
    let url = format!("{scheme}://{host}:{}/{helo}", facts.port);
    let mut options = vec![
        "--verbose".to_owned(),
        format!("--url {}", shell_word(&url)),
    ];
    if facts.tls == TlsMode::StartTls {
        options.push("--ssl-reqd".to_owned());
    }
    let verifying = if facts.unverified {
        options.push("--insecure".to_owned());
        NOT_VERIFIED
    } else {
        "curl verifies the certificate; --cacert FILE sets another CA"
    };
    if let Some(login) = &facts.login {
        let user = login
            .user
            .as_deref()
            .map_or(USER_VARIABLE.to_owned(), shell_word);
        options.push(format!("--user {user}"));
        let mechanism = format!("AUTH={}", login.mechanism.to_ascii_uppercase());
        options.push(format!("--login-options {}", shell_word(&mechanism)));
    }
    let path = |address: &str| shell_word(&format!("<{address}>"));
    options.push(format!("--mail-from {}", path(from)));
    options.extend(
        facts
            .to
            .iter()
            .map(|to| format!("--mail-rcpt {}", path(&to.address))),
    );
    if facts.partly_accepted() {
        // By default curl gives up at the first refused recipient.
        options.push("--mail-rcpt-allowfails".to_owned());
    }
    options.push(format!("--upload-file {MESSAGE_FILE}"));
    let about = tls_comment(facts, verifying) + &transactions_comment(facts) + &message_comment();
    Ok(about + &command("curl", &options))
}
