//! Octets that go as they are, without an ending of ours: cut into what a server will read as lines,
//! and searched for a secret.

use super::command::{CommandLine, Verb};
use super::line::Ending;

/// A part of raw octets: a line, or the begin of one that is not ended yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece<'a> {
    /// The octets without the ending; a bare CR or LF is among them.
    pub octets: &'a [u8],
    /// [`Ending::CrLf`], [`Ending::Lf`] where the CR went before, or [`Ending::Cut`] for none.
    pub ending: Ending,
}

/// Cuts octets behind each CR LF. `after_cr` says that the octets before these ended in a CR.
pub fn pieces(mut octets: &[u8], after_cr: bool) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    if after_cr && let Some(rest) = octets.strip_prefix(b"\n") {
        pieces.push(Piece {
            octets: b"",
            ending: Ending::Lf,
        });
        octets = rest;
    }
    while let Some(at) = octets.windows(2).position(|pair| pair == b"\r\n") {
        pieces.push(Piece {
            octets: &octets[..at],
            ending: Ending::CrLf,
        });
        octets = &octets[at + 2..];
    }
    if !octets.is_empty() {
        pieces.push(Piece {
            octets,
            ending: Ending::Cut,
        });
    }
    pieces
}

/// The octets as a line that can be read for its verb. Each octet that no line holds, and each that
/// is no ASCII, stands as one `?`, so that places stay what they are.
pub fn reading(octets: &[u8]) -> CommandLine {
    let readable = |octet: &u8| match octet {
        b'\r' | b'\n' | 0 | 0x80.. => '?',
        octet => char::from(*octet),
    };
    CommandLine::plain(octets.iter().map(readable).collect())
}

/// Where in raw octets the first secret begins: the first response of AUTH and whatever follows AUTH
/// in the same octets. In an `exchange` all of it is one. There are servers that take a bare LF for
/// the end of a line, so a secret may begin behind one.
pub fn secret(octets: &[u8], mut exchange: bool) -> Option<usize> {
    let mut start = 0;
    for octets in octets.split_inclusive(|&octet| octet == b'\n') {
        let text = octets.strip_suffix(b"\n").unwrap_or(octets);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        let line = reading(text).hide(exchange);
        // These two say nothing (RFC 4954 section 4).
        let open = exchange && matches!(line.text(), "*" | "=");
        if let Some(from) = line.secret().filter(|_| !open) {
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
    fn octets_are_cut_behind_each_cr_lf() {
        let cut = |octets: &'static [u8], after_cr| -> Vec<(&[u8], Ending)> {
            let pieces = pieces(octets, after_cr);
            pieces.iter().map(|p| (p.octets, p.ending)).collect()
        };
        let (crlf, lf, none) = (Ending::CrLf, Ending::Lf, Ending::Cut);
        assert_eq!(cut(b"", false), []);
        assert_eq!(cut(b"a\r\nb", false), [(&b"a"[..], crlf), (b"b", none)]);
        assert_eq!(cut(b"a\nb\r\n", false), [(&b"a\nb"[..], crlf)]);
        assert_eq!(cut(b"\r\n\r\n", false), [(&b""[..], crlf), (b"", crlf)]);
        assert_eq!(cut(b"\na", true), [(&b""[..], lf), (b"a", none)]);
        assert_eq!(cut(b"\na", false), [(&b"\na"[..], none)]);
    }

    #[test]
    fn a_secret_is_found_in_raw_octets() {
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
            assert_eq!(secret(octets, *exchange), *at, "{}", octets.escape_ascii());
        }
    }
}
