//! Exports a session as a `swaks` command, which prompts for the password.

use super::common::{
    STUFFED_MESSAGE, USER_VARIABLE, command, message_comment, tls_comment, transactions_comment,
};
use super::facts::{Facts, TlsMode};
use crate::quoting::shell_word;

/// The file with the message as it is sent after DATA.
const DATA_FILE: &str = "message.data";

/// Writes the command.
pub(super) fn write(facts: &Facts) -> String {
    let mut options = vec![
        format!("--server {}", shell_word(&facts.host)),
        format!("--port {}", facts.port),
    ];
    if facts.lmtp {
        options.push("--protocol LMTP".to_owned());
    }
    match facts.tls {
        TlsMode::None => {}
        TlsMode::StartTls => options.push("--tls".to_owned()),
        TlsMode::Implicit => options.push("--tls-on-connect".to_owned()),
    }
    if let Some(helo) = &facts.helo {
        options.push(format!("--ehlo {}", shell_word(helo)));
    }
    if let Some(login) = &facts.login {
        options.push(format!("--auth {}", shell_word(&login.mechanism)));
        let user = login
            .user
            .as_deref()
            .map_or(USER_VARIABLE.to_owned(), shell_word);
        options.push(format!("--auth-user {user}"));
    }
    let verifying = "swaks does not verify the certificate; --tls-verify makes it verify";
    let mut about = tls_comment(facts, verifying) + &transactions_comment(facts);
    if let Some(from) = &facts.from {
        let from = if from.is_empty() { "<>" } else { from };
        options.push(format!("--from {}", shell_word(from)));
    }
    if !facts.to.is_empty() {
        let to: Vec<&str> = facts.to.iter().map(|to| to.address.as_str()).collect();
        options.push(format!("--to {}", shell_word(&to.join(","))));
    }
    if facts.message {
        // By default swaks changes the data: it appends a line and expands tokens. It always adds
        // the line break after the dot; a second one would be an empty command.
        about += &format!(
            "{}{{ {STUFFED_MESSAGE}; printf '.'; }} >{DATA_FILE}\n",
            message_comment()
        );
        options.push(format!("--no-data-fixup --data @{DATA_FILE}"));
    } else {
        options.push(format!("--quit-after {}", last_stage(facts)));
    }
    about + &command("swaks", &options)
}

/// How far the session got, as a value of `--quit-after`.
fn last_stage(facts: &Facts) -> &'static str {
    if !facts.to.is_empty() {
        "RCPT"
    } else if facts.from.is_some() {
        "MAIL"
    } else if facts.login.is_some() {
        "AUTH"
    } else if facts.ends_with_tls {
        "TLS"
    } else if facts.helo.is_some() {
        "HELO"
    } else {
        "BANNER"
    }
}
