//! Splits received octets into lines. A line keeps its ending, so a bare LF stays visible; the
//! buffer keeps the octets that follow, so octets injected after a reply are detected.

use memchr::memchr;

/// The maximum length of a received line, in octets without its ending; longer lines are split.
///
/// RFC 5321 section 4.5.3.1.5 allows 512, but servers send more, and hostile ones send endless
/// lines.
pub const LINE_CAP: usize = 64 * 1024;

/// The maximum length of a command line in octets, including CR LF (RFC 5321 section 4.5.3.1.4).
pub const COMMAND_LINE_LIMIT: usize = 512;

/// The ending of a line on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ending {
    /// CR LF, as RFC 5321 section 2.3.8 requires.
    CrLf,
    /// LF alone.
    Lf,
    /// None: the line is longer than the cap and continues in the next piece.
    Cap,
    /// None: the connection ended, or more octets of the line follow.
    Cut,
}

impl Ending {
    /// The octets of the ending.
    pub const fn octets(self) -> &'static [u8] {
        match self {
            Self::CrLf => b"\r\n",
            Self::Lf => b"\n",
            Self::Cap | Self::Cut => b"",
        }
    }
}

/// A received line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The octets before the ending. They may include a bare CR.
    pub bytes: Vec<u8>,
    /// The ending.
    pub ending: Ending,
}

/// Buffers octets and returns them line by line.
#[derive(Debug)]
pub struct LineBuffer {
    bytes: Vec<u8>,
    /// The start of the unread octets.
    start: usize,
    /// The end of the octets that were already searched for LF.
    scanned: usize,
    cap: usize,
}

impl LineBuffer {
    /// Creates an empty buffer that splits lines at `cap` octets.
    pub fn new(cap: usize) -> Self {
        Self {
            bytes: Vec::new(),
            start: 0,
            scanned: 0,
            cap: cap.max(1),
        }
    }

    /// Adds received octets.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.start > 0 {
            self.bytes.drain(..self.start);
            self.scanned -= self.start;
            self.start = 0;
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// Returns the next complete line, or a piece of a line that is longer than the cap.
    pub fn next_line(&mut self) -> Option<Line> {
        let newline = memchr(b'\n', &self.bytes[self.scanned..]);
        let end = newline.map_or(self.bytes.len(), |at| self.scanned + at);
        // A CR here may be part of the ending, which does not count towards the cap.
        let after_cr = end > self.start && self.bytes[end - 1] == b'\r';
        if end - usize::from(after_cr) - self.start > self.cap {
            return Some(self.take(self.start + self.cap, 0, Ending::Cap));
        }
        if newline.is_none() {
            self.scanned = self.bytes.len();
            return None;
        }
        if after_cr {
            return Some(self.take(end - 1, 2, Ending::CrLf));
        }
        Some(self.take(end, 1, Ending::Lf))
    }

    /// The unread octets: those of the incomplete line, once all complete lines are read.
    pub fn pending(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    /// Removes and returns all unread octets.
    pub fn take_rest(&mut self) -> Vec<u8> {
        let rest = self.bytes.split_off(self.start);
        self.bytes.clear();
        self.start = 0;
        self.scanned = 0;
        rest
    }

    fn take(&mut self, end: usize, ending_len: usize, ending: Ending) -> Line {
        let bytes = self.bytes[self.start..end].to_vec();
        self.start = end + ending_len;
        self.scanned = self.start;
        Line { bytes, ending }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(input: &[u8], chunk: usize, cap: usize) -> (Vec<(Vec<u8>, Ending)>, Vec<u8>) {
        let mut buffer = LineBuffer::new(cap);
        let mut lines = Vec::new();
        for piece in input.chunks(chunk) {
            buffer.push(piece);
            while let Some(line) = buffer.next_line() {
                lines.push((line.bytes, line.ending));
            }
        }
        (lines, buffer.take_rest())
    }

    #[test]
    fn splits_octets_in_segments_of_any_size() {
        let table: &[(&[u8], &[(&[u8], Ending)], &[u8])] = &[
            (
                b"a\r\nb\r\n",
                &[(b"a", Ending::CrLf), (b"b", Ending::CrLf)],
                b"",
            ),
            (b"a\nb", &[(b"a", Ending::Lf)], b"b"),
            (b"\n\r\n", &[(b"", Ending::Lf), (b"", Ending::CrLf)], b""),
            (b"a\rb\r\r\n", &[(b"a\rb\r", Ending::CrLf)], b""),
            (b"a\0b\n\r", &[(b"a\0b", Ending::Lf)], b"\r"),
            (b"123456789\r\n", &[(b"123456789", Ending::CrLf)], b""),
            (
                b"123456789\r\r\n",
                &[(b"123456789", Ending::Cap), (b"\r", Ending::CrLf)],
                b"",
            ),
            (
                b"1234567890123456789\r\n",
                &[
                    (b"123456789", Ending::Cap),
                    (b"012345678", Ending::Cap),
                    (b"9", Ending::CrLf),
                ],
                b"",
            ),
        ];
        for (input, expected, rest) in table {
            for chunk in [1, 2, 3, 1000] {
                let expected: Vec<_> = expected.iter().map(|(b, e)| (b.to_vec(), *e)).collect();
                assert_eq!(
                    lines(input, chunk, 9),
                    (expected, rest.to_vec()),
                    "{input:?} by {chunk}"
                );
            }
        }
    }
}
