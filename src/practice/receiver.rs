//! Receives a message sent with DATA or BDAT: counts octets and lines, keeps the first MiB and
//! detects bare CRs and LFs.

use crate::smtp::line::{Ending, Line};

use super::message::KEPT_BODY_CAP;
use super::parameter::SIZE_LIMIT;

/// A message being received.
#[derive(Debug)]
pub(super) struct MessageReceiver {
    octets: u64,
    lines: u64,
    kept: Vec<u8>,
    /// The number of CRs without LF and LFs without CR.
    bare: u64,
    /// The last octet was a CR; whether a LF follows is not known yet.
    after_cr: bool,
    /// The last line has not ended.
    in_line: bool,
    /// The last two octets were CR LF, or nothing was received. Only here can a dot end the
    /// message.
    after_crlf: bool,
}

/// A completely received message.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct CompleteMessage {
    pub(super) octets: u64,
    pub(super) lines: u64,
    pub(super) body: Vec<u8>,
}

/// Why a message is refused after its end.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum MessageError {
    /// It exceeds the size announced in the EHLO reply.
    TooLarge,
    /// It contains this many bare CRs and LFs.
    BareLineBreaks(u64),
}

impl Default for MessageReceiver {
    fn default() -> Self {
        Self {
            octets: 0,
            lines: 0,
            kept: Vec::new(),
            bare: 0,
            after_cr: false,
            in_line: false,
            // The line break of the DATA command counts as the first one of the final CRLF.CRLF
            // (RFC 5321 section 4.1.1.4).
            after_crlf: true,
        }
    }
}

impl MessageReceiver {
    /// Handles a line of DATA; returns `true` for the final dot.
    ///
    /// Only CR LF dot CR LF ends a message (RFC 5321 section 4.1.1.4). SMTP smuggling relies on
    /// servers that accept something similar and execute what follows as commands.
    pub(super) fn line(&mut self, line: &Line) -> bool {
        let mut text = line.bytes.as_slice();
        if self.after_crlf {
            if text == b"." && line.ending == Ending::CrLf {
                return true;
            }
            text = text.strip_prefix(b".").unwrap_or(text);
        }
        self.octets(text);
        match line.ending {
            Ending::CrLf => self.octets(b"\r\n"),
            Ending::Lf => self.octets(b"\n"),
            Ending::Cap | Ending::Cut => {}
        }
        self.after_crlf = line.ending == Ending::CrLf;
        false
    }

    /// Adds octets without interpreting dots.
    pub(super) fn octets(&mut self, bytes: &[u8]) {
        let room = KEPT_BODY_CAP - self.kept.len();
        self.kept.extend_from_slice(&bytes[..bytes.len().min(room)]);
        self.octets = self.octets.saturating_add(bytes.len() as u64);
        for piece in bytes.split_inclusive(|&byte| byte == b'\r' || byte == b'\n') {
            self.piece(piece);
        }
    }

    /// The number of octets received.
    pub(super) fn len(&self) -> u64 {
        self.octets
    }

    /// Whether the message exceeds the size limit.
    pub(super) fn is_too_large(&self) -> bool {
        self.octets > SIZE_LIMIT
    }

    /// Returns the complete message.
    ///
    /// # Errors
    /// [`MessageError::TooLarge`], and [`MessageError::BareLineBreaks`]: RFC 5321 section 2.3.8
    /// forbids bare CR and LF. If such a message were relayed, the next server might see different
    /// lines in it.
    pub(super) fn finish(self) -> Result<CompleteMessage, MessageError> {
        if self.is_too_large() {
            return Err(MessageError::TooLarge);
        }
        let bare = self.bare + u64::from(self.after_cr);
        if bare > 0 {
            return Err(MessageError::BareLineBreaks(bare));
        }
        Ok(CompleteMessage {
            octets: self.octets,
            lines: self.lines + u64::from(self.in_line),
            body: self.kept,
        })
    }

    /// Counts a piece that contains CR or LF only at its end.
    fn piece(&mut self, piece: &[u8]) {
        let ends_line = piece == b"\n" && self.after_cr;
        if self.after_cr && !ends_line {
            self.bare += 1;
        }
        self.after_cr = piece.ends_with(b"\r");
        if ends_line {
            self.lines += 1;
        } else if piece.ends_with(b"\n") {
            self.bare += 1;
        }
        self.in_line = !ends_line;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smtp::line::LineBuffer;

    /// Feeds DATA in pieces of `size`; returns what follows the final dot, if there is one.
    fn data(wire: &[u8], size: usize) -> (MessageReceiver, Option<Vec<u8>>) {
        let (mut receiver, mut buffer) = (MessageReceiver::default(), LineBuffer::new(12));
        for (at, piece) in wire.chunks(size).enumerate() {
            buffer.push(piece);
            while let Some(line) = buffer.next_line() {
                if receiver.line(&line) {
                    let mut rest = buffer.take_rest();
                    rest.extend_from_slice(&wire[(at * size + piece.len())..]);
                    return (receiver, Some(rest));
                }
            }
        }
        (receiver, None)
    }

    #[test]
    fn data_ends_at_the_final_dot_and_is_unstuffed() {
        let table: &[(&str, &str, u64)] = &[
            (".\r\n", "", 0),
            ("\r\n.\r\n", "\r\n", 1),
            ("a\r\n.\r\n", "a\r\n", 1),
            (
                "a\r\n..\r\n...b\r\n.c\r\n.\r\n",
                "a\r\n.\r\n..b\r\nc\r\n",
                4,
            ),
            ("a.\r\nb\r\n.\r\n", "a.\r\nb\r\n", 2),
            ("123456789012.\r\n.\r\n", "123456789012.\r\n", 1),
            ("123456789012\r\n.\r\n", "123456789012\r\n", 1),
            (
                "1234567890123456789012345\r\n.\r\n",
                "1234567890123456789012345\r\n",
                1,
            ),
            (".123456789012\r\n.\r\n", "123456789012\r\n", 1),
        ];
        for (wire, body, lines) in table {
            for size in [1, 2, 3, 100] {
                let (receiver, rest) = data(format!("{wire}QUIT\r\n").as_bytes(), size);
                assert_eq!(rest.unwrap(), b"QUIT\r\n", "{wire:?} by {size}");
                let complete = CompleteMessage {
                    octets: body.len() as u64,
                    lines: *lines,
                    body: body.as_bytes().to_vec(),
                };
                assert_eq!(receiver.finish(), Ok(complete), "{wire:?} by {size}");
            }
        }
    }

    #[test]
    fn similar_sequences_do_not_end_data_and_are_refused() {
        for sequence in [
            "a\n.\n",
            "a\n.\r\n",
            "a\r\n.\n",
            "a\r.\r",
            "a\r.\r\n",
            "a\r\n.\r",
            "a\n\n.\n\n",
            "a\r\n\0.\r\n",
            "a\r\n.\r\r\n",
            "123456789012.\r\n",
            "a\n.\r\n\r\n",
        ] {
            for size in [1, 2, 3, 100] {
                let (_, rest) = data(sequence.as_bytes(), size);
                assert_eq!(rest, None, "{sequence:?} by {size}");
                let (receiver, rest) = data(format!("{sequence}\r\n.\r\n").as_bytes(), size);
                assert!(rest.is_some_and(|rest| rest.is_empty()), "{sequence:?}");
                let bare = sequence.replace("\r\n", "").contains(['\r', '\n']);
                let refused = matches!(receiver.finish(), Err(MessageError::BareLineBreaks(_)));
                assert_eq!(refused, bare, "{sequence:?} by {size}");
            }
        }
    }

    #[test]
    fn counts_lines_and_bare_line_breaks() {
        let table: &[(&str, Result<u64, MessageError>)] = &[
            ("", Ok(0)),
            ("a", Ok(1)),
            ("a\r\n", Ok(1)),
            ("a\r\nb", Ok(2)),
            (".\r\n\r\n", Ok(2)),
            ("a\nb\n", Err(MessageError::BareLineBreaks(2))),
            ("a\rb\r", Err(MessageError::BareLineBreaks(2))),
            ("\r\r\n", Err(MessageError::BareLineBreaks(1))),
            ("\n\r", Err(MessageError::BareLineBreaks(2))),
        ];
        for (text, expected) in table {
            for size in [1, 2, 100] {
                let mut receiver = MessageReceiver::default();
                for piece in text.as_bytes().chunks(size) {
                    receiver.octets(piece);
                }
                let lines = receiver.finish().map(|complete| {
                    assert_eq!(complete.body, text.as_bytes());
                    complete.lines
                });
                assert_eq!(lines, *expected, "{text:?} by {size}");
            }
        }
    }

    #[test]
    fn caps_the_kept_body_and_refuses_large_messages() {
        let block = vec![b'x'; KEPT_BODY_CAP - 1];
        let mut receiver = MessageReceiver::default();
        for _ in 0..3 {
            receiver.octets(&block);
        }
        let complete = receiver.finish().unwrap();
        assert_eq!(complete.body.len(), KEPT_BODY_CAP);
        assert_eq!(complete.octets, 3 * block.len() as u64);

        let mut receiver = MessageReceiver::default();
        while receiver.len() < SIZE_LIMIT {
            let more = (SIZE_LIMIT - receiver.len()).min(block.len() as u64);
            receiver.octets(&block[..more as usize]);
        }
        assert!(!receiver.is_too_large());
        receiver.octets(b"x");
        assert_eq!(receiver.finish(), Err(MessageError::TooLarge));
    }
}
