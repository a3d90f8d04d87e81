//! A text in the form that patterns are matched against.

use crate::manual::programs;

/// The most octets of a text that are read.
const TEXT_CAP: usize = 256 * 1024;
/// What stands for a character in HTML.
const ENTITIES: [(&str, &str); 6] = [
    ("&#39;", "'"),
    ("&#039;", "'"),
    ("&quot;", "\""),
    ("&lt;", "<"),
    ("&gt;", ">"),
    ("&amp;", "&"),
];

/// The lines of a text, and all of them as one line in lowercase with single spaces: a message may
/// be wrapped.
pub(super) struct Message<'a> {
    lines: Vec<&'a str>,
    text: String,
    /// Where in `text` each line begins.
    starts: Vec<usize>,
}

impl<'a> Message<'a> {
    /// Reads lines up to the cap.
    pub(super) fn read(lines: impl IntoIterator<Item = &'a str>) -> Self {
        let mut message = Self {
            lines: Vec::new(),
            text: String::new(),
            starts: Vec::new(),
        };
        let mut octets = 0;
        for line in lines {
            octets += line.len() + 1;
            if octets > TEXT_CAP && !message.lines.is_empty() {
                break;
            }
            let mut end = line.len().min(TEXT_CAP);
            while !line.is_char_boundary(end) {
                end -= 1;
            }
            message.push(&line[..end]);
        }
        message.blank_hints();
        message
    }

    fn push(&mut self, line: &'a str) {
        self.starts.push(self.text.len());
        self.lines.push(line);
        let quoted = |c: char| c.is_whitespace() || matches!(c, '>' | '|');
        let mut plain = line.trim_start_matches(quoted).to_lowercase();
        plain = plain.replace(['\u{2018}', '\u{2019}', '`'], "'");
        plain = plain.replace(['\u{201c}', '\u{201d}'], "\"");
        // As programs print line breaks inside quotes.
        plain = plain.replace("\\r\\n", " ").replace("\\n", " ");
        if plain.contains('&') {
            for (entity, character) in ENTITIES {
                plain = plain.replace(entity, character);
            }
        }
        for word in plain.split_whitespace() {
            self.text.push_str(word);
            self.text.push(' ');
        }
    }

    /// Removes what a program lists as possible each time, without moving the rest.
    fn blank_hints(&mut self) {
        for hint in programs().flat_map(|(_, program)| &program.hints) {
            if let Some(range) = hint.find(&self.text) {
                let blank = ".".repeat(range.len());
                self.text.replace_range(range, &blank);
            }
        }
    }

    /// The lines as they were.
    pub(super) fn lines(&self) -> &[&'a str] {
        &self.lines
    }

    /// All lines as one.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The index of the line at an offset of [`text`](Self::text).
    pub(super) fn line_of(&self, offset: usize) -> usize {
        let after = self.starts.partition_point(|start| *start <= offset);
        // Empty lines begin where the next one does.
        after.saturating_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrapped_and_quoted_message_is_one_line() {
        let lines = [
            "On Monday:",
            "",
            "> Can&#39;t send\tcommand",
            "> to SMTP  host",
        ];
        let message = Message::read(lines);
        assert_eq!(
            message.text(),
            "on monday: can't send command to smtp host "
        );
        let at = message.text().find("can't").unwrap();
        assert_eq!(message.line_of(at), 2);
        assert_eq!(message.line_of(message.text().find("smtp").unwrap()), 3);
    }

    #[test]
    fn the_text_is_capped() {
        let long = "ö".repeat(TEXT_CAP);
        assert!(Message::read([long.as_str(), "more"]).text().len() <= TEXT_CAP + 1);
        let many = vec!["x"; TEXT_CAP];
        assert!(Message::read(many).lines().len() <= TEXT_CAP);
    }
}
