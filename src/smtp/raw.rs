//! Raw octets, sent without an added CR LF: splits them into the lines a server will read, and
//! finds secrets in them.

use super::command::{CommandLine, Verb};
use super::line::Ending;

/// A line in raw octets, possibly not ended yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawLine<'a> {
    /// The octets without the ending. They may include a bare CR or LF.
    pub octets: &'a [u8],
    /// [`Ending::CrLf`]; [`Ending::Lf`] if the CR was sent before; [`Ending::Cut`] if the line is
    /// not ended.
    pub ending: Ending,
}

/// Splits octets after each CR LF. `after_cr` means that the octets sent before ended in a CR.
pub fn split_lines(mut octets: &[u8], after_cr: bool) -> Vec<RawLine<'_>> {
    let mut lines = Vec::new();
    if after_cr && let Some(rest) = octets.strip_prefix(b"\n") {
        lines.push(RawLine {
            octets: b"",
            ending: Ending::Lf,
        });
        octets = rest;
    }
    while let Some(at) = octets.windows(2).position(|pair| pair == b"\r\n") {
        lines.push(RawLine {
            octets: &octets[..at],
            ending: Ending::CrLf,
        });
        octets = &octets[at + 2..];
    }
    if !octets.is_empty() {
        lines.push(RawLine {
            octets,
            ending: Ending::Cut,
        });
    }
    lines
}

/// Converts octets to a command line, to find its verb. Each octet that is not allowed in a line or
/// not ASCII becomes one `?`, so offsets stay the same.
pub fn to_command_line(octets: &[u8]) -> CommandLine {
    let readable = |octet: &u8| match octet {
        b'\r' | b'\n' | 0 | 0x80.. => '?',
        octet => char::from(*octet),
    };
    CommandLine::from_checked(octets.iter().map(readable).collect())
}

/// The offset of the first secret in raw octets: that of a command, or any line after an AUTH
/// command. In an `exchange`, every line is a secret. A bare LF also separates lines, because some
/// servers accept it.
pub fn find_secret(octets: &[u8], mut exchange: bool) -> Option<usize> {
    let mut start = 0;
    for octets in octets.split_inclusive(|&octet| octet == b'\n') {
        let text = octets.strip_suffix(b"\n").unwrap_or(octets);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        let line = to_command_line(text).hide(exchange);
        // Not secret (RFC 4954 section 4).
        let public = exchange && matches!(line.text(), "*" | "=");
        if let Some(from) = line.secret().filter(|_| !public) {
            return Some(start + from);
        }
        exchange |= matches!(line.verb(), Verb::Auth | Verb::Xexps);
        start += octets.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_after_each_cr_lf() {
        let split = |octets: &'static [u8], after_cr| -> Vec<(&[u8], Ending)> {
            let lines = split_lines(octets, after_cr);
            lines
                .iter()
                .map(|line| (line.octets, line.ending))
                .collect()
        };
        let (crlf, lf, none) = (Ending::CrLf, Ending::Lf, Ending::Cut);
        assert_eq!(split(b"", false), []);
        assert_eq!(split(b"a\r\nb", false), [(&b"a"[..], crlf), (b"b", none)]);
        assert_eq!(split(b"a\nb\r\n", false), [(&b"a\nb"[..], crlf)]);
        assert_eq!(split(b"\r\n\r\n", false), [(&b""[..], crlf), (b"", crlf)]);
        assert_eq!(split(b"\na", true), [(&b""[..], lf), (b"a", none)]);
        assert_eq!(split(b"\na", false), [(&b"\na"[..], none)]);
    }

    #[test]
    fn finds_secrets_in_raw_octets() {
        let table: &[(&[u8], bool, Option<usize>)] = &[
            (b"NOOP\r\n", false, None),
            (b"AUTH PLAIN AGEAYg==\r\n", false, Some(11)),
            (b"\xffEHLO\r\nAUTH PLAIN AGEAYg==", false, Some(18)),
            (b"AUTH LOGIN\r\nYQ==\r\n", false, Some(12)),
            (b"EHLO a\nAUTH LOGIN\nYQ==\n", false, Some(18)),
            (b"YQ==", true, Some(0)),
            (b"*\r\n", true, None),
        ];
        for (octets, exchange, at) in table {
            assert_eq!(
                find_secret(octets, *exchange),
                *at,
                "{}",
                octets.escape_ascii()
            );
        }
    }
}
