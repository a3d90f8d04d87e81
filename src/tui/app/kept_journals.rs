//! The journals that this run leaves behind, to be named when it ends.

use std::collections::VecDeque;
use std::path::PathBuf;

use crate::record::kept;
use crate::report::Charset;
use crate::report::text::fitted;

/// The most journals that are named: the latest.
const NAMED_CAP: usize = 8;
/// The columns of a line: it fits the smallest usual terminal.
const COLUMNS: usize = 80;
/// The columns of a line without the server.
const COLUMNS_WITHOUT_SERVER: usize = 38;

/// The journals of sessions in which something was sent or received.
#[derive(Debug, Default)]
pub struct KeptJournals {
    /// The server and the journal of each, the latest last.
    latest: VecDeque<(String, PathBuf)>,
    /// How many there are besides.
    earlier: usize,
}

impl KeptJournals {
    /// Adds a journal of a session with this server.
    pub fn push(&mut self, target: String, path: PathBuf) {
        self.latest.push_back((target, path));
        if self.latest.len() > NAMED_CAP {
            self.latest.pop_front();
            self.earlier = self.earlier.saturating_add(1);
        }
    }

    /// Adds the journals of another session.
    pub fn append(&mut self, others: Self) {
        self.earlier = self.earlier.saturating_add(others.earlier);
        for (target, path) in others.latest {
            self.push(target, path);
        }
    }

    /// A line for each journal that is still there: how to see it again.
    pub fn lines(&self, charset: Charset) -> Vec<String> {
        let there = self.latest.iter().filter(|(_, path)| path.exists());
        let line = |(target, path): &(String, PathBuf)| {
            let server = fitted(target, COLUMNS - COLUMNS_WITHOUT_SERVER, charset);
            let id = kept::id_of(path);
            format!("Session with {server} kept: ehlo show {id}")
        };
        let mut lines: Vec<String> = there.map(line).collect();
        if self.earlier > 0 {
            lines.push(format!("{} more kept: ehlo sessions", self.earlier));
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr;

    use super::*;

    #[test]
    fn lines_are_short_harmless_and_few() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.jsonl");
        std::fs::write(&path, "").unwrap();
        let mut kept = KeptJournals::default();
        kept.push("mx.example.test:25".to_owned(), path.clone());
        kept.push("gone.example.test:25".to_owned(), folder.path().join("b"));
        let id = kept::id_of(&path);
        let expected = format!("Session with mx.example.test:25 kept: ehlo show {id}");
        assert_eq!(kept.lines(Charset::Utf8), [expected]);
        for target in ["a\u{1b}[2J\r\nb\u{202e}:25", &"x".repeat(300)] {
            kept.push(target.to_owned(), path.clone());
            let lines = kept.lines(Charset::Utf8);
            let line = lines.last().unwrap();
            assert!(line.width() <= COLUMNS, "{line}");
            assert!(line.ends_with(&id) && !line.contains(char::is_control));
        }
        for _ in 0..NAMED_CAP {
            kept.push("mx.example.test:25".to_owned(), path.clone());
        }
        let lines = kept.lines(Charset::Utf8);
        assert_eq!(lines.len(), NAMED_CAP + 1);
        assert_eq!(lines[NAMED_CAP], "4 more kept: ehlo sessions");
    }
}
