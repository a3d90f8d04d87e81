//! The commands sent to each host, kept between sessions. A secret never gets here: the session
//! masks it first.

use std::path::PathBuf;

use super::paths::Paths;
use super::state_file::{StateError, append, read_lines, remove_old_drafts, replace};

/// The commands sent to one host, oldest first.
#[derive(Debug)]
pub struct History {
    path: Option<PathBuf>,
    lines: Vec<String>,
    cap: usize,
}

impl History {
    /// An empty history that is written to no file.
    pub fn in_memory(cap: usize) -> Self {
        Self {
            path: None,
            lines: Vec::new(),
            cap,
        }
    }

    /// Reads the history of `target`, at most `cap` commands; empty if there is no file.
    ///
    /// # Errors
    /// A file that cannot be read, or is not a regular file.
    pub fn open(paths: &Paths, target: &str, cap: usize) -> Result<Self, StateError> {
        let path = paths.history(target);
        remove_old_drafts(&path);
        let mut lines = read_lines(&path)?;
        let too_long = lines.len() > cap.saturating_mul(2);
        lines.drain(..lines.len().saturating_sub(cap));
        if too_long {
            replace(&path, &lines)?;
        }
        Ok(Self {
            path: Some(path),
            lines,
            cap,
        })
    }

    /// Adds a command, unless it repeats the last one.
    ///
    /// # Errors
    /// A file that cannot be written; the command is kept in memory anyway.
    pub fn push(&mut self, line: &str) -> Result<(), StateError> {
        if self.cap == 0
            || line.trim().is_empty()
            || self.lines.last().is_some_and(|last| last == line)
        {
            return Ok(());
        }
        if self.lines.len() == self.cap {
            self.lines.remove(0);
        }
        self.lines.push(line.to_owned());
        match &self.path {
            Some(path) => append(path, line),
            None => Ok(()),
        }
    }

    /// The commands, oldest first.
    pub fn lines(&self) -> &[String] {
        &self.lines
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    use super::*;

    #[test]
    fn keeps_one_private_file_for_each_target() {
        let folder = tempfile::tempdir().unwrap();
        let paths = Paths::in_folder(folder.path());
        let mut history = History::open(&paths, "mx:25", 3).unwrap();
        for line in ["EHLO a", "EHLO a", " ", "NOOP", "RSET", "QUIT"] {
            history.push(line).unwrap();
        }
        assert_eq!(history.lines(), ["NOOP", "RSET", "QUIT"]);
        let read = |target| History::open(&paths, target, 3).unwrap().lines;
        assert_eq!(read("mx:25"), ["NOOP", "RSET", "QUIT"]);
        assert!(read("mx:26").is_empty());
        let file = paths.history("mx:25");
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&file), mode(file.parent().unwrap())), (0o600, 0o700));
    }

    #[test]
    fn shortens_a_file_of_twice_the_cap() {
        let folder = tempfile::tempdir().unwrap();
        let paths = Paths::in_folder(folder.path());
        let mut history = History::open(&paths, "mx:25", 100).unwrap();
        for number in 0..5 {
            history.push(&format!("NOOP {number}")).unwrap();
        }
        let read = History::open(&paths, "mx:25", 2).unwrap();
        assert_eq!(read.lines(), ["NOOP 3", "NOOP 4"]);
        let written = std::fs::read_to_string(paths.history("mx:25")).unwrap();
        assert_eq!(written, "NOOP 3\nNOOP 4\n");
    }

    #[test]
    fn does_not_follow_a_symbolic_link() {
        let folder = tempfile::tempdir().unwrap();
        let paths = Paths::in_folder(folder.path());
        let mut history = History::open(&paths, "mx:25", 3).unwrap();
        history.push("NOOP").unwrap();
        let file = paths.history("mx:25");
        std::fs::remove_file(&file).unwrap();
        std::os::unix::fs::symlink(folder.path().join("elsewhere"), &file).unwrap();
        assert!(history.push("QUIT").is_err());
        assert!(!folder.path().join("elsewhere").exists());
    }
}
