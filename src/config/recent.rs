//! The targets that the user connected to, kept between sessions.

use std::fmt;
use std::path::PathBuf;

use clap::ValueEnum;

use super::paths::Paths;
use super::state_file::{StateError, read_lines, remove_old_drafts, replace};
use super::target::Target;
use super::tls::TlsChoice;

/// Targets that are kept.
const CAP: usize = 20;
/// Words after a target: when TLS starts, and that the certificate must be verified. A weaker check
/// than the default is never remembered.
const TLS: &str = "tls=";
const REQUIRED: &str = "verify=require";

/// A target that was reached, and the TLS settings that are remembered with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecentTarget {
    /// The target.
    pub target: Target,
    /// When TLS started.
    pub tls: TlsChoice,
    /// Whether the certificate had to be verified.
    pub verified: bool,
}

impl RecentTarget {
    /// Reads a line of the file. Words that are unknown are skipped.
    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        let mut recent = Self {
            target: Target::parse(words.next()?).ok()?,
            tls: TlsChoice::Auto,
            verified: false,
        };
        for word in words {
            if let Some(tls) = word.strip_prefix(TLS) {
                recent.tls = TlsChoice::from_str(tls, false).unwrap_or_default();
            }
            recent.verified |= word == REQUIRED;
        }
        Some(recent)
    }

    /// Whether both name the same port of the same host.
    fn is_same_place(&self, other: &Self) -> bool {
        let place = |target: &Target| (target.host.clone(), target.port, target.mx);
        place(&self.target) == place(&other.target)
    }
}

impl fmt::Display for RecentTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.target)?;
        if self.tls != TlsChoice::Auto {
            write!(f, " {TLS}{}", self.tls)?;
        }
        if self.verified {
            write!(f, " {REQUIRED}")?;
        }
        Ok(())
    }
}

/// Recent targets, latest first.
#[derive(Debug, Default)]
pub struct RecentTargets {
    path: Option<PathBuf>,
    targets: Vec<RecentTarget>,
}

impl RecentTargets {
    /// Reads the user's recent targets; none if there is no file.
    ///
    /// # Errors
    /// A file that cannot be read, or is not a regular file.
    pub fn open(paths: &Paths) -> Result<Self, StateError> {
        let path = paths.recent();
        remove_old_drafts(&path);
        let lines = read_lines(&path)?;
        let targets = lines.iter().filter_map(|line| RecentTarget::parse(line));
        Ok(Self {
            targets: targets.take(CAP).collect(),
            path: Some(path),
        })
    }

    /// Puts a target first, with its settings in place of those that were remembered.
    ///
    /// # Errors
    /// A file that cannot be written; the target is kept in memory anyway.
    pub fn push(&mut self, target: RecentTarget) -> Result<(), StateError> {
        self.targets.retain(|known| !known.is_same_place(&target));
        self.targets.insert(0, target);
        self.targets.truncate(CAP);
        let lines: Vec<String> = self.targets.iter().map(ToString::to_string).collect();
        match &self.path {
            Some(path) => replace(path, &lines),
            None => Ok(()),
        }
    }

    /// The targets, latest first.
    pub fn targets(&self) -> &[RecentTarget] {
        &self.targets
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(recent: &RecentTargets) -> Vec<String> {
        recent.targets().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn lists_each_target_once_latest_first() {
        let folder = tempfile::tempdir().unwrap();
        let paths = Paths::in_folder(folder.path());
        let mut recent = RecentTargets::open(&paths).unwrap();
        for line in ["a:25", "b:25 tls=starttls verify=require", "a:25 tls=none"] {
            recent.push(RecentTarget::parse(line).unwrap()).unwrap();
        }
        let read = RecentTargets::open(&paths).unwrap();
        let expected = ["a:25 tls=none", "b:25 tls=starttls verify=require"];
        assert_eq!(lines(&read), expected);
    }

    #[test]
    fn reads_files_of_all_versions() {
        let folder = tempfile::tempdir().unwrap();
        let paths = Paths::in_folder(folder.path());
        let file = paths.recent();
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        let text = "mx.example:25\n@example.test\nsmtps://mx.example:2525\n\
                    a:587 tls=starttls later=x\nb:587 tls=later verify=off\nno target\n";
        std::fs::write(file, text).unwrap();
        let expected = [
            "mx.example:25",
            "@example.test",
            "smtps://mx.example:2525",
            "a:587 tls=starttls",
            "b:587",
        ];
        assert_eq!(lines(&RecentTargets::open(&paths).unwrap())[..5], expected);
    }
}
