//! Exports a session as an `openssl s_client` command that reads the lines from a pipe. With
//! `-quiet` it does not treat any line as its own command.

use super::common::{STUFFED_MESSAGE, message_comment, tls_comment};
use super::facts::{Facts, TlsMode};
use crate::quoting::shell_word;
use crate::record::error::RecordError;
use crate::record::session::Excerpt;
use crate::smtp::{Entry, EntryKind, Sent, SentKind};

/// The pause between two lines, in which the server replies.
const PAUSE: &str = "sleep 1";

/// Writes the command.
///
/// # Errors
/// [`RecordError::NotExportable`] for a session without TLS.
pub(super) fn write(facts: &Facts, excerpt: &Excerpt<'_>) -> Result<String, RecordError> {
    let starttls = match facts.tls {
        TlsMode::None => {
            return Err(RecordError::NotExportable(
                "openssl s_client needs TLS, which this session did not use",
            ));
        }
        TlsMode::StartTls if facts.lmtp => " -starttls lmtp",
        TlsMode::StartTls => " -starttls smtp",
        TlsMode::Implicit => "",
    };
    let host = if facts.host.contains(':') {
        format!("[{}]", facts.host)
    } else {
        facts.host.clone()
    };
    let target = shell_word(&format!("{host}:{}", facts.port));
    let verifying = "s_client accepts any certificate; -verify_return_error makes it verify";
    let mut text = tls_comment(facts, verifying);
    let mut secrets = 0;
    let mut lines = Vec::new();
    let mut in_message = false;
    for sent in excerpt.entries.iter().filter_map(|entry| under_tls(entry)) {
        if sent.kind == SentKind::Message {
            if !std::mem::replace(&mut in_message, true) {
                lines.push(format!("{{ {STUFFED_MESSAGE}; printf '.\\r\\n'; }}"));
            }
            continue;
        }
        in_message = false;
        let open = shell_word(&String::from_utf8_lossy(&sent.visible));
        let shown = if sent.secret.is_some() {
            secrets += 1;
            let ask = format!("printf 'base64 of secret {secrets}: ' >&2");
            text.push_str(&format!(
                "[ -n \"$SMTP_SECRET_{secrets}\" ] || {{ {ask}; IFS= read -r SMTP_SECRET_{secrets}; }}\n"
            ));
            let open = if sent.visible.is_empty() {
                ""
            } else {
                open.as_str()
            };
            format!("{open}\"$SMTP_SECRET_{secrets}\"")
        } else {
            open
        };
        lines.push(format!("printf '%s\\r\\n' {shown}"));
    }
    if facts.message {
        text.push_str(&message_comment());
    }
    text.push_str(&format!("{{ {PAUSE}\n"));
    for line in lines {
        text.push_str(&format!("  {line}; {PAUSE}\n"));
    }
    text.push_str(&format!(
        "}} | openssl s_client -quiet -connect {target}{starttls}\n"
    ));
    Ok(text)
}

/// The client line of an entry, if it was sent under TLS. `s_client` sends its own EHLO and STARTTLS
/// before that.
fn under_tls<'a>(entry: &&'a Entry) -> Option<&'a Sent> {
    match &entry.kind {
        EntryKind::Sent(sent) if entry.tls => Some(sent),
        _ => None,
    }
}
