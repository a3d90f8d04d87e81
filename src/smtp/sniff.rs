//! Detects non-SMTP servers and middleboxes that rewrite replies.

use super::extension::Capabilities;

/// How many masked keywords a note lists by name.
const LISTED_CAP: usize = 4;

/// Describes a first line that does not look like a plain SMTP greeting, for a note.
pub(super) fn other_protocol(line: &[u8]) -> Option<&'static str> {
    let starts = |prefix: &[u8]| {
        line.len() >= prefix.len() && line[..prefix.len()].eq_ignore_ascii_case(prefix)
    };
    if line
        .first_chunk()
        .is_some_and(|[kind, major]| matches!(kind, 0x15 | 0x16) && *major == 3)
    {
        Some("this port expects TLS from the first octet: connect with --tls implicit")
    } else if starts(b"HTTP/") {
        Some("this is an HTTP server, not SMTP")
    } else if starts(b"SSH-") {
        Some("this is an SSH server, not SMTP")
    } else if starts(b"* OK") || starts(b"* PREAUTH") || starts(b"* BYE") {
        Some("this is an IMAP server, not SMTP")
    } else if starts(b"+OK") || starts(b"-ERR") {
        Some("this is a POP3 server, not SMTP")
    } else if starts(b"220")
        && line
            .windows(4)
            .any(|word| word.eq_ignore_ascii_case(b" FTP"))
    {
        Some("this looks like an FTP server, not SMTP")
    } else if masked_banner(line) {
        Some("the banner is masked: a middlebox rewrites SMTP and may hide STARTTLS and AUTH")
    } else {
        None
    }
}

/// Whether a greeting was masked by Cisco's inspection, as in `220 ****`.
fn masked_banner(line: &[u8]) -> bool {
    let stars = line.iter().filter(|&&b| b == b'*').count();
    line.starts_with(b"220")
        && stars >= 5
        && line[3..]
            .iter()
            .all(|b| matches!(b, b' ' | b'*' | b'0' | b'2' | b'-'))
}

/// Lists the keywords that Cisco's inspection has overwritten, such as `XXXXXXXA` for STARTTLS.
pub(super) fn masked_keywords(capabilities: &Capabilities) -> Option<String> {
    let keywords = &capabilities.keywords;
    let masked = keywords.iter().filter(|keyword| keyword.is_masked());
    let names: Vec<&str> = masked.map(|keyword| keyword.name.as_str()).collect();
    let (listed, more) = names.split_at(names.len().min(LISTED_CAP));
    let list = listed.join(", ");
    let subject = match (listed.len(), more.len()) {
        (0, _) => return None,
        (1, _) => format!("the keyword {list} is masked"),
        (_, 0) => format!("the keywords {list} are masked"),
        (_, more) => format!("the keywords {list} and {more} more are masked"),
    };
    Some(format!(
        "{subject}: a middlebox rewrites SMTP and hides the original"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smtp::Keyword;

    #[test]
    fn lists_masked_keywords() {
        let masked_in = |keywords: &str| {
            let keywords = keywords.split(' ').map(|name| Keyword {
                name: name.to_owned(),
                parameters: String::new(),
            });
            masked_keywords(&Capabilities {
                keywords: keywords.collect(),
                ..Capabilities::default()
            })
        };
        let table = [
            ("SIZE DSN", ""),
            ("SIZE XXXXXXXA", "the keyword XXXXXXXA is masked:"),
            (
                "XXXXXXXA XXXXXXXXXXXXXXXXXB",
                "the keywords XXXXXXXA, XXXXXXXXXXXXXXXXXB are masked:",
            ),
            (
                "XXXXA XXXXB XXXXC XXXXD XXXXXA XXXXXB",
                "the keywords XXXXA, XXXXB, XXXXC, XXXXD and 2 more are masked:",
            ),
        ];
        for (keywords, expected) in table {
            let text = masked_in(keywords).unwrap_or_default();
            assert_eq!(text.is_empty(), expected.is_empty(), "{keywords}");
            assert!(text.starts_with(expected), "{keywords}: {text}");
        }
    }

    #[test]
    fn recognises_other_protocols() {
        let table: &[(&[u8], Option<&str>)] = &[
            (b"220 mx.example ESMTP", None),
            (b"220 mx.example FTP server ready", Some("FTP")),
            (b"220 sftp.example ESMTP", None),
            (b"* OK IMAP4rev1", Some("IMAP")),
            (b"+OK ready", Some("POP3")),
            (b"HTTP/1.1 400 Bad Request", Some("HTTP")),
            (b"SSH-2.0-x", Some("SSH")),
            (b"\x15\x03\x01\x00\x02\x02\x46", Some("TLS")),
            (b"220 ***************************0*2**0", Some("masked")),
            (b"220 *", None),
            (b"", None),
        ];
        for (line, expected) in table {
            let text = other_protocol(line);
            assert_eq!(text.is_some(), expected.is_some(), "{line:?}");
            assert!(
                text.unwrap_or_default()
                    .contains(expected.unwrap_or_default()),
                "{line:?}"
            );
        }
    }
}
