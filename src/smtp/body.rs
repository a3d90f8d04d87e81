//! A message onto the wire: line endings made CR LF, dots stuffed (RFC 5321 section 4.5.2), the
//! end of data at the end. Works piece by piece, so that a large file need not be in memory.

/// What was done to a message on its way out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Lines of the message.
    pub lines: u64,
    /// Octets on the wire, stuffed dots included, without the final dot's line.
    pub octets: u64,
    /// Lines that got a dot in front.
    pub stuffed: u64,
    /// Line endings that were not CR LF and are now.
    pub mended: u64,
}

/// Turns the text of a message into what goes over the wire.
#[derive(Debug)]
pub struct Stuffer {
    at_line_start: bool,
    /// The last piece ended in CR, of which it is not yet known whether a LF follows.
    after_cr: bool,
    tally: Tally,
}

impl Default for Stuffer {
    fn default() -> Self {
        Self {
            at_line_start: true,
            after_cr: false,
            tally: Tally::default(),
        }
    }
}

impl Stuffer {
    /// Appends the wire form of the next piece of text to `out`.
    pub fn push(&mut self, mut text: &[u8], out: &mut Vec<u8>) {
        let before = out.len();
        while !text.is_empty() {
            if self.after_cr {
                self.after_cr = false;
                self.end_line(out, text[0] == b'\n');
                if text[0] == b'\n' {
                    text = &text[1..];
                    continue;
                }
            }
            if self.at_line_start && text[0] == b'.' {
                out.push(b'.');
                self.tally.stuffed += 1;
            }
            let end = text.iter().position(|&b| b == b'\n' || b == b'\r');
            let (line, rest) = text.split_at(end.unwrap_or(text.len()));
            out.extend_from_slice(line);
            self.at_line_start = self.at_line_start && line.is_empty();
            match rest.first() {
                Some(b'\n') => self.end_line(out, false),
                Some(_) => self.after_cr = true,
                None => {}
            }
            text = rest.get(1..).unwrap_or_default();
        }
        self.tally.octets += (out.len() - before) as u64;
    }

    /// Appends what ends the message: the ending its last line lacks, and the lone dot.
    pub fn finish(mut self, out: &mut Vec<u8>) -> Tally {
        let before = out.len();
        if self.after_cr {
            self.end_line(out, false);
        } else if !self.at_line_start {
            self.end_line(out, true);
        }
        self.tally.octets += (out.len() - before) as u64;
        out.extend_from_slice(b".\r\n");
        self.tally
    }

    fn end_line(&mut self, out: &mut Vec<u8>, as_it_should_be: bool) {
        out.extend_from_slice(b"\r\n");
        self.at_line_start = true;
        self.tally.lines += 1;
        self.tally.mended += u64::from(!as_it_should_be);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_becomes_wire_bytes_however_it_is_cut() {
        let table: &[(&str, &str, Tally)] = &[
            ("", ".\r\n", Tally::default()),
            (
                "a",
                "a\r\n.\r\n",
                Tally {
                    lines: 1,
                    octets: 3,
                    ..Tally::default()
                },
            ),
            (
                "a\r\n",
                "a\r\n.\r\n",
                Tally {
                    lines: 1,
                    octets: 3,
                    ..Tally::default()
                },
            ),
            (
                "a\nb",
                "a\r\nb\r\n.\r\n",
                Tally {
                    lines: 2,
                    octets: 6,
                    mended: 1,
                    stuffed: 0,
                },
            ),
            (
                "a\rb\r",
                "a\r\nb\r\n.\r\n",
                Tally {
                    lines: 2,
                    octets: 6,
                    mended: 2,
                    stuffed: 0,
                },
            ),
            (
                ".",
                "..\r\n.\r\n",
                Tally {
                    lines: 1,
                    octets: 4,
                    mended: 0,
                    stuffed: 1,
                },
            ),
            (
                "a\r\n.b\r\n..\r\n",
                "a\r\n..b\r\n...\r\n.\r\n",
                Tally {
                    lines: 3,
                    octets: 13,
                    mended: 0,
                    stuffed: 2,
                },
            ),
            (
                "a.\r\n\r\n.\r\nb",
                "a.\r\n\r\n..\r\nb\r\n.\r\n",
                Tally {
                    lines: 4,
                    octets: 13,
                    mended: 0,
                    stuffed: 1,
                },
            ),
            (
                "\n\n",
                "\r\n\r\n.\r\n",
                Tally {
                    lines: 2,
                    octets: 4,
                    mended: 2,
                    stuffed: 0,
                },
            ),
        ];
        for (text, wire, tally) in table {
            for size in [1, 2, 3, 100] {
                let (mut stuffer, mut out) = (Stuffer::default(), Vec::new());
                for piece in text.as_bytes().chunks(size) {
                    stuffer.push(piece, &mut out);
                }
                assert_eq!(stuffer.finish(&mut out), *tally, "{text:?} by {size}");
                assert_eq!(String::from_utf8_lossy(&out), *wire, "{text:?} by {size}");
            }
        }
    }
}
