//! Converts a message to its form on the wire: CR LF line endings, stuffed dots (RFC 5321 section
//! 4.5.2) and the final dot. Works piece by piece, so a large file need not be in memory.

use memchr::{memchr, memchr2};

/// What was changed in a message, and its size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BodyStats {
    /// Lines of the message.
    pub lines: u64,
    /// Octets on the wire, including stuffed dots but not the final dot and its CR LF.
    pub octets: u64,
    /// Lines to which a dot was added.
    pub stuffed: u64,
    /// Line endings converted to CR LF.
    pub converted: u64,
}

/// Converts the text of a message to its form on the wire.
#[derive(Debug)]
pub struct MessageEncoder {
    at_line_start: bool,
    /// The last piece ended in CR; a LF may follow.
    after_cr: bool,
    /// Line endings are not converted.
    as_is: bool,
    stats: BodyStats,
}

impl Default for MessageEncoder {
    fn default() -> Self {
        Self {
            at_line_start: true,
            after_cr: false,
            as_is: false,
            stats: BodyStats::default(),
        }
    }
}

impl MessageEncoder {
    /// An encoder that leaves a bare CR or LF as it is. Only dots are stuffed, after CR LF.
    pub fn as_is() -> Self {
        Self {
            as_is: true,
            ..Self::default()
        }
    }

    /// Appends the wire form of the next piece of text to `out`.
    pub fn push(&mut self, mut text: &[u8], out: &mut Vec<u8>) {
        let before = out.len();
        if self.as_is {
            self.push_as_is(text, out);
            text = &[];
        }
        while !text.is_empty() {
            if self.after_cr {
                self.after_cr = false;
                self.end_line(out, text[0] != b'\n');
                if text[0] == b'\n' {
                    text = &text[1..];
                    continue;
                }
            }
            if self.at_line_start && text[0] == b'.' {
                out.push(b'.');
                self.stats.stuffed += 1;
            }
            let end = memchr2(b'\n', b'\r', text);
            let (line, rest) = text.split_at(end.unwrap_or(text.len()));
            if let Some(next) = rest.strip_prefix(b"\r\n") {
                out.extend_from_slice(&text[..text.len() - next.len()]);
                self.at_line_start = true;
                self.stats.lines += 1;
                text = next;
                continue;
            }
            out.extend_from_slice(line);
            self.at_line_start = self.at_line_start && line.is_empty();
            match rest.first() {
                Some(b'\n') => self.end_line(out, true),
                Some(_) => self.after_cr = true,
                None => {}
            }
            text = rest.get(1..).unwrap_or_default();
        }
        self.stats.octets += (out.len() - before) as u64;
    }

    fn push_as_is(&mut self, mut text: &[u8], out: &mut Vec<u8>) {
        while !text.is_empty() {
            if self.at_line_start && text[0] == b'.' {
                out.push(b'.');
                self.stats.stuffed += 1;
            }
            let end = memchr(b'\n', text).map_or(text.len(), |at| at + 1);
            let (line, rest) = text.split_at(end);
            out.extend_from_slice(line);
            let line_ends = line.ends_with(b"\n");
            let is_crlf = line.ends_with(b"\r\n") || self.after_cr && line == b"\n";
            self.stats.lines += u64::from(line_ends);
            self.at_line_start = is_crlf;
            self.after_cr = line.ends_with(b"\r");
            text = rest;
        }
    }

    /// Appends a missing line ending and the final dot.
    pub fn finish(mut self, out: &mut Vec<u8>) -> BodyStats {
        let before = out.len();
        if self.as_is {
            // Only after CR LF is the dot the end of the message.
            if !self.at_line_start {
                self.end_line(out, false);
            }
        } else if self.after_cr {
            self.end_line(out, true);
        } else if !self.at_line_start {
            self.end_line(out, false);
        }
        self.stats.octets += (out.len() - before) as u64;
        out.extend_from_slice(b".\r\n");
        self.stats
    }

    fn end_line(&mut self, out: &mut Vec<u8>, converted: bool) {
        out.extend_from_slice(b"\r\n");
        self.at_line_start = true;
        self.stats.lines += 1;
        self.stats.converted += u64::from(converted);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_line_endings_as_they_are_on_request() {
        for (text, wire) in [
            ("", ".\r\n"),
            ("a\n.b\r\n.c\rd", "a\n.b\r\n..c\rd\r\n.\r\n"),
            (".\n", "..\n\r\n.\r\n"),
            ("a\r\n", "a\r\n.\r\n"),
            ("a\r", "a\r\r\n.\r\n"),
        ] {
            for piece in 1..=text.len().max(1) {
                let mut encoder = MessageEncoder::as_is();
                let mut out = Vec::new();
                for piece in text.as_bytes().chunks(piece) {
                    encoder.push(piece, &mut out);
                }
                let stats = encoder.finish(&mut out);
                assert_eq!(String::from_utf8(out).unwrap(), wire, "{text:?} by {piece}");
                assert_eq!(stats.octets + 3, wire.len() as u64, "{text:?}");
            }
        }
    }

    #[test]
    fn converts_text_in_pieces_of_any_size() {
        let table: &[(&str, &str, BodyStats)] = &[
            ("", ".\r\n", BodyStats::default()),
            (
                "a",
                "a\r\n.\r\n",
                BodyStats {
                    lines: 1,
                    octets: 3,
                    ..BodyStats::default()
                },
            ),
            (
                "a\r\n",
                "a\r\n.\r\n",
                BodyStats {
                    lines: 1,
                    octets: 3,
                    ..BodyStats::default()
                },
            ),
            (
                "a\nb",
                "a\r\nb\r\n.\r\n",
                BodyStats {
                    lines: 2,
                    octets: 6,
                    converted: 1,
                    stuffed: 0,
                },
            ),
            (
                "a\rb\r",
                "a\r\nb\r\n.\r\n",
                BodyStats {
                    lines: 2,
                    octets: 6,
                    converted: 2,
                    stuffed: 0,
                },
            ),
            (
                ".",
                "..\r\n.\r\n",
                BodyStats {
                    lines: 1,
                    octets: 4,
                    converted: 0,
                    stuffed: 1,
                },
            ),
            (
                "a\r\n.b\r\n..\r\n",
                "a\r\n..b\r\n...\r\n.\r\n",
                BodyStats {
                    lines: 3,
                    octets: 13,
                    converted: 0,
                    stuffed: 2,
                },
            ),
            (
                "a.\r\n\r\n.\r\nb",
                "a.\r\n\r\n..\r\nb\r\n.\r\n",
                BodyStats {
                    lines: 4,
                    octets: 13,
                    converted: 0,
                    stuffed: 1,
                },
            ),
            (
                "\n\n",
                "\r\n\r\n.\r\n",
                BodyStats {
                    lines: 2,
                    octets: 4,
                    converted: 2,
                    stuffed: 0,
                },
            ),
        ];
        for (text, wire, stats) in table {
            for size in [1, 2, 3, 100] {
                let (mut encoder, mut out) = (MessageEncoder::default(), Vec::new());
                for piece in text.as_bytes().chunks(size) {
                    encoder.push(piece, &mut out);
                }
                assert_eq!(encoder.finish(&mut out), *stats, "{text:?} by {size}");
                assert_eq!(String::from_utf8_lossy(&out), *wire, "{text:?} by {size}");
            }
        }
    }
}
