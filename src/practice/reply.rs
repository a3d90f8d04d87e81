//! A reply to send: a code, an enhanced status code and one or more lines of text.

use std::borrow::Cow;

/// A reply of the server (RFC 5321 section 4.2). Of what the client sent it may contain only a
/// checked host name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reply {
    code: u16,
    /// The enhanced status code on every line (RFC 2034 section 4); empty if none applies.
    enhanced: &'static str,
    lines: Vec<Cow<'static, str>>,
}

impl Reply {
    /// A reply of one line.
    pub(super) fn new(
        code: u16,
        enhanced: &'static str,
        text: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::of_lines(code, enhanced, vec![text.into()])
    }

    /// A reply of one or more lines.
    pub(super) fn of_lines(
        code: u16,
        enhanced: &'static str,
        lines: Vec<Cow<'static, str>>,
    ) -> Self {
        Self {
            code,
            enhanced,
            lines,
        }
    }

    /// Whether it reports a protocol error of the client, rather than an unwanted recipient or
    /// message. Such replies count towards the limit of bad commands.
    pub(super) fn is_client_error(&self) -> bool {
        matches!(self.code, 500..=504 | 535 | 538 | 555)
    }

    /// The code.
    pub(super) fn code(&self) -> u16 {
        self.code
    }

    /// The octets to send.
    pub(super) fn to_wire(&self) -> Vec<u8> {
        self.wire(' ')
    }

    /// The octets to send if more lines of the same reply follow.
    pub(super) fn to_wire_unfinished(&self) -> Vec<u8> {
        self.wire('-')
    }

    /// The first line, for the log.
    pub(super) fn first_line(&self) -> String {
        let first = self.lines.first().map_or("", |line| line);
        self.line(' ', first)
    }

    fn wire(&self, last_separator: char) -> Vec<u8> {
        let mut wire = String::new();
        for (at, line) in self.lines.iter().enumerate() {
            let is_last = at + 1 == self.lines.len();
            let separator = if is_last { last_separator } else { '-' };
            wire.push_str(&self.line(separator, line));
            wire.push_str("\r\n");
        }
        wire.into_bytes()
    }

    fn line(&self, separator: char, text: &str) -> String {
        let space = if self.enhanced.is_empty() { "" } else { " " };
        format!("{}{separator}{}{space}{text}", self.code, self.enhanced)
    }
}

/// The command takes no argument.
pub(super) fn no_argument() -> Reply {
    Reply::new(501, "5.5.4", "This command takes no argument")
}

/// EHLO is missing.
pub(super) fn no_ehlo() -> Reply {
    out_of_order("Send EHLO first: EHLO client.example")
}

/// MAIL or RCPT is missing.
pub(super) fn no_transaction() -> Reply {
    out_of_order("Send MAIL and RCPT first: MAIL FROM:<you@example.org>")
}

/// The command comes at the wrong time.
pub(super) fn out_of_order(text: &'static str) -> Reply {
    Reply::new(503, "5.5.1", text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_has_code_and_enhanced_status_code() {
        let reply = Reply::of_lines(214, "2.0.0", vec!["one".into(), "two".into()]);
        assert_eq!(reply.to_wire(), b"214-2.0.0 one\r\n214 2.0.0 two\r\n");
        assert_eq!(
            reply.to_wire_unfinished(),
            b"214-2.0.0 one\r\n214-2.0.0 two\r\n"
        );
        assert_eq!(reply.first_line(), "214 2.0.0 one");
        let bare = Reply::new(354, "", "go on");
        assert_eq!(bare.to_wire(), b"354 go on\r\n");
    }
}
