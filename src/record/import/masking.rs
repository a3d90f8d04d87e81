//! Masks passwords in command lines and keys that tools print, in log lines outside the dialogue.

use crate::smtp::sasl::Mechanism;

/// Options and settings whose value is a password.
const PASSWORD_OPTIONS: [&str; 6] = [
    "--smtp-pass",
    "--auth-password",
    "-ap",
    "--password",
    "sendemail.smtppass",
    "--pass",
];
/// Options whose value is `user:password`.
const USER_OPTIONS: [&str; 2] = ["--user", "-u"];
/// Labels of session keys in the output of s_client.
const KEY_LABELS: [&str; 2] = ["Resumption PSK:", "Master-Key:"];
const MASK: &str = "[hidden]";

/// The text of a line for a note, with passwords and keys masked.
pub(super) fn mask_passwords(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line);
    for key in KEY_LABELS {
        if let Some((before, _)) = text.split_once(key) {
            return format!("{before}{key} {MASK}");
        }
    }
    let mut masked: Vec<String> = Vec::new();
    let mut words = text.split(' ').peekable();
    while let Some(word) = words.next() {
        let (option, value) = match word.split_once('=') {
            Some((option, value)) => (option, Some(value)),
            None => (word, None),
        };
        let lower = option.to_ascii_lowercase();
        let is_password = PASSWORD_OPTIONS.contains(&lower.as_str());
        let is_user = USER_OPTIONS.contains(&option);
        let is_auth = lower.ends_with("auth") && value.is_none();
        masked.push(match value {
            Some(_) if is_password => format!("{option}={MASK}"),
            Some(value) if is_user => format!("{option}={}", mask_user(value)),
            _ => word.to_owned(),
        });
        if value.is_some() {
            continue;
        }
        if is_password && words.next().is_some() {
            masked.push(MASK.to_owned());
        } else if is_user && let Some(value) = words.next() {
            masked.push(mask_user(value));
        } else if is_auth && let Some(name) = words.next_if(|name| Mechanism::parse(name).is_some())
        {
            masked.push(name.to_owned());
            if words.by_ref().count() > 0 {
                masked.push(MASK.to_owned());
            }
        }
    }
    masked.join(" ")
}

/// Masks the password in `alice:password`.
fn mask_user(value: &str) -> String {
    match value.split_once(':') {
        Some((user, _)) => format!("{user}:{MASK}"),
        None => value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_passwords_in_commands() {
        let table = [
            ("=== Trying  x...", "=== Trying  x..."),
            (
                "git send-email --smtp-pass=rabbit 1.patch",
                "git send-email --smtp-pass=[hidden] 1.patch",
            ),
            (
                "swaks --auth-password rabbit -s x",
                "swaks --auth-password [hidden] -s x",
            ),
            ("curl -u alice:rabbit x", "curl -u alice:[hidden] x"),
            ("curl --user=alice:ra:bbit", "curl --user=alice:[hidden]"),
            (
                "git config sendemail.smtpPass rabbit",
                "git config sendemail.smtpPass [hidden]",
            ),
            ("cut: AUTH PLAIN AGEAYg==", "cut: AUTH PLAIN [hidden]"),
            ("send: 'AUTH LOGIN YQ==", "send: 'AUTH LOGIN [hidden]"),
            ("AUTH is offered", "AUTH is offered"),
            ("    Resumption PSK: 8F6D", "    Resumption PSK: [hidden]"),
        ];
        for (line, shown) in table {
            assert_eq!(mask_passwords(line.as_bytes()), shown);
        }
    }
}
