//! Bytes into lines. Each line keeps its ending, so that a bare LF is seen and never mended, and
//! the buffer knows what is left over, so that a byte injected behind a reply is found.

/// The longest line that is taken whole, in octets without its ending.
///
/// RFC 5321 section 4.5.3.1.5 allows 512; servers send more, hostile ones without end.
pub const LINE_CAP: usize = 64 * 1024;

/// How a line ended on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ending {
    /// CR LF, as RFC 5321 section 2.3.8 demands.
    CrLf,
    /// LF alone.
    Lf,
    /// The line is longer than the cap: this piece ends here and the line goes on in the next one.
    Cap,
    /// The stream ended in the middle of the line.
    Cut,
}

impl Ending {
    /// The octets it is made of.
    pub const fn octets(self) -> &'static [u8] {
        match self {
            Self::CrLf => b"\r\n",
            Self::Lf => b"\n",
            Self::Cap | Self::Cut => b"",
        }
    }
}

/// One line as it came, without its ending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The octets before the ending; a CR that no LF follows is among them.
    pub bytes: Vec<u8>,
    /// What ended it.
    pub ending: Ending,
}

/// Collects octets and hands them out line by line.
#[derive(Debug)]
pub struct LineBuffer {
    bytes: Vec<u8>,
    /// Where the unread octets begin.
    start: usize,
    /// Up to where the unread octets were searched for a LF.
    scanned: usize,
    cap: usize,
}

impl LineBuffer {
    /// An empty buffer that cuts lines at `cap` octets.
    pub fn new(cap: usize) -> Self {
        Self {
            bytes: Vec::new(),
            start: 0,
            scanned: 0,
            cap: cap.max(1),
        }
    }

    /// Takes octets from the wire.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.start > 0 {
            self.bytes.drain(..self.start);
            self.scanned -= self.start;
            self.start = 0;
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// The next whole line, or a piece of [`Ending::Cap`] where a line outgrew the cap.
    pub fn next_line(&mut self) -> Option<Line> {
        let newline = self.bytes[self.scanned..].iter().position(|&b| b == b'\n');
        let end = newline.map_or(self.bytes.len(), |at| self.scanned + at);
        // A CR here is, or may become, half of the line's ending, which the cap does not count.
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

    /// The octets of the line that has not ended yet.
    pub fn pending(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    /// Empties the buffer: all that was not handed out as a line.
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
    fn lines_keep_their_endings_however_the_bytes_arrive() {
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
