//! What is remembered between sessions: commands for each host, and recent targets. Files are
//! 0600 in folders of 0700; a secret never comes this far.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use super::paths::Paths;

/// The largest file of this kind that is read, in octets.
const FILE_CAP: u64 = 4 * 1024 * 1024;
/// Targets that are remembered.
const RECENT_CAP: usize = 20;

/// A file of the user's state could not be used.
#[derive(Debug, thiserror::Error)]
#[error("{}: {error}", path.display())]
pub struct StateError {
    /// The file.
    pub path: PathBuf,
    /// What the system said.
    pub error: io::Error,
}

/// The commands sent to one host, oldest first.
#[derive(Debug)]
pub struct History {
    path: Option<PathBuf>,
    lines: Vec<String>,
    cap: usize,
}

impl History {
    /// A history that is in memory only.
    pub fn in_memory(cap: usize) -> Self {
        Self {
            path: None,
            lines: Vec::new(),
            cap,
        }
    }

    /// The history of `target`, at most `cap` commands.
    ///
    /// # Errors
    /// A file that is there but cannot be read; a missing one is an empty history.
    pub fn open(paths: &Paths, target: &str, cap: usize) -> Result<Self, StateError> {
        let path = paths.history(target);
        let mut lines = read_lines(&path)?;
        if lines.len() > cap.saturating_mul(2) {
            lines.drain(..lines.len() - cap);
            replace(&path, &lines)?;
        }
        lines.drain(..lines.len().saturating_sub(cap));
        Ok(Self {
            path: Some(path),
            lines,
            cap,
        })
    }

    /// Remembers a command, unless it is the last one again.
    ///
    /// # Errors
    /// When the file cannot be written; it is remembered in memory all the same.
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
        let Some(path) = &self.path else {
            return Ok(());
        };
        append(path, line)
    }

    /// The commands, oldest first.
    pub fn lines(&self) -> &[String] {
        &self.lines
    }
}

/// Targets connected to before, latest first.
#[derive(Debug, Default)]
pub struct RecentTargets {
    path: Option<PathBuf>,
    targets: Vec<String>,
}

impl RecentTargets {
    /// The recent targets of the user.
    ///
    /// # Errors
    /// A file that is there but cannot be read.
    pub fn open(paths: &Paths) -> Result<Self, StateError> {
        let path = paths.recent();
        let mut targets = read_lines(&path)?;
        targets.truncate(RECENT_CAP);
        Ok(Self {
            path: Some(path),
            targets,
        })
    }

    /// Puts a target first.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn push(&mut self, target: &str) -> Result<(), StateError> {
        self.targets.retain(|known| known != target);
        self.targets.insert(0, target.to_owned());
        self.targets.truncate(RECENT_CAP);
        let Some(path) = &self.path else {
            return Ok(());
        };
        replace(path, &self.targets)
    }

    /// The targets, latest first.
    pub fn targets(&self) -> &[String] {
        &self.targets
    }
}

/// Opens a file of the user's state for appending, made 0600 if it is new. A link is not followed.
///
/// # Errors
/// What the system says.
pub fn open_append(path: &Path) -> Result<File, StateError> {
    let fail = |error| StateError {
        path: path.to_owned(),
        error,
    };
    if let Some(folder) = path.parent() {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(fail)?;
    }
    let nofollow = OFlags::NOFOLLOW.bits().cast_signed();
    OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .custom_flags(nofollow)
        .open(path)
        .map_err(fail)
}

fn append(path: &Path, line: &str) -> Result<(), StateError> {
    let mut file = open_append(path)?;
    // One write, so that two consoles at once do not mix their lines.
    file.write_all(format!("{line}\n").as_bytes())
        .map_err(|error| StateError {
            path: path.to_owned(),
            error,
        })
}

fn replace(path: &Path, lines: &[String]) -> Result<(), StateError> {
    let beside = path.with_extension(format!("new{}", std::process::id()));
    let fail = |error| StateError {
        path: path.to_owned(),
        error,
    };
    let _ = std::fs::remove_file(&beside);
    let mut file = open_append(&beside)?;
    let mut text = lines.join("\n");
    text.push('\n');
    file.write_all(text.as_bytes()).map_err(fail)?;
    std::fs::rename(&beside, path).map_err(fail)
}

fn read_lines(path: &Path) -> Result<Vec<String>, StateError> {
    let fail = |error| StateError {
        path: path.to_owned(),
        error,
    };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(fail(error)),
    };
    let mut bytes = Vec::new();
    file.take(FILE_CAP).read_to_end(&mut bytes).map_err(fail)?;
    let text = String::from_utf8_lossy(&bytes);
    Ok(text
        .lines()
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn paths(folder: &Path) -> Paths {
        Paths {
            config: folder.join("config.toml"),
            state: folder.join("state"),
        }
    }

    #[test]
    fn history_is_kept_for_each_target_and_for_its_user_alone() {
        let folder = tempfile::tempdir().unwrap();
        let paths = paths(folder.path());
        let mut history = History::open(&paths, "mx:25", 3).unwrap();
        for line in ["EHLO a", "EHLO a", " ", "NOOP", "RSET", "QUIT"] {
            history.push(line).unwrap();
        }
        assert_eq!(history.lines(), ["NOOP", "RSET", "QUIT"]);
        assert_eq!(
            History::open(&paths, "mx:25", 3).unwrap().lines(),
            ["NOOP", "RSET", "QUIT"]
        );
        assert!(
            History::open(&paths, "mx:26", 3)
                .unwrap()
                .lines()
                .is_empty()
        );
        let file = paths.history("mx:25");
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&file), mode(file.parent().unwrap())), (0o600, 0o700));
    }

    #[test]
    fn recent_targets_come_latest_first_and_once() {
        let folder = tempfile::tempdir().unwrap();
        let paths = paths(folder.path());
        let mut recent = RecentTargets::open(&paths).unwrap();
        for target in ["a:25", "b:25", "a:25"] {
            recent.push(target).unwrap();
        }
        assert_eq!(
            RecentTargets::open(&paths).unwrap().targets(),
            ["a:25", "b:25"]
        );
    }

    #[test]
    fn a_link_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let paths = paths(folder.path());
        let mut history = History::open(&paths, "mx:25", 3).unwrap();
        history.push("NOOP").unwrap();
        let file = paths.history("mx:25");
        std::fs::remove_file(&file).unwrap();
        std::os::unix::fs::symlink(folder.path().join("elsewhere"), &file).unwrap();
        assert!(history.push("QUIT").is_err());
        assert!(!folder.path().join("elsewhere").exists());
    }
}
