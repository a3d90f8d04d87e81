//! The targets that the user connected to, kept between sessions.

use std::path::PathBuf;

use super::paths::Paths;
use super::state_file::{StateError, read_lines, remove_old_drafts, replace};

/// Targets that are kept.
const CAP: usize = 20;

/// Recent targets, latest first.
#[derive(Debug, Default)]
pub struct RecentTargets {
    path: Option<PathBuf>,
    targets: Vec<String>,
}

impl RecentTargets {
    /// Reads the user's recent targets; none if there is no file.
    ///
    /// # Errors
    /// A file that cannot be read, or is not a regular file.
    pub fn open(paths: &Paths) -> Result<Self, StateError> {
        let path = paths.recent();
        remove_old_drafts(&path);
        let mut targets = read_lines(&path)?;
        targets.truncate(CAP);
        Ok(Self {
            path: Some(path),
            targets,
        })
    }

    /// Puts a target first.
    ///
    /// # Errors
    /// A file that cannot be written; the target is kept in memory anyway.
    pub fn push(&mut self, target: &str) -> Result<(), StateError> {
        self.targets.retain(|known| known != target);
        self.targets.insert(0, target.to_owned());
        self.targets.truncate(CAP);
        match &self.path {
            Some(path) => replace(path, &self.targets),
            None => Ok(()),
        }
    }

    /// The targets, latest first.
    pub fn targets(&self) -> &[String] {
        &self.targets
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_each_target_once_latest_first() {
        let folder = tempfile::tempdir().unwrap();
        let paths = Paths::in_folder(folder.path());
        let mut recent = RecentTargets::open(&paths).unwrap();
        for target in ["a:25", "b:25", "a:25"] {
            recent.push(target).unwrap();
        }
        let read = RecentTargets::open(&paths).unwrap();
        assert_eq!(read.targets(), ["a:25", "b:25"]);
    }
}
