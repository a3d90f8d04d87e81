//! Where the user's files are: config and state, in the folders that the system has for them.

use std::path::{Path, PathBuf};

use directories::ProjectDirs;

/// The user's files and folders. None is created before something is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    /// The config file.
    pub config: PathBuf,
    /// The folder for history, recent targets, session journals and the log.
    pub state: PathBuf,
}

impl Paths {
    /// Finds the folders of the current user; `None` for a user without a home directory.
    pub fn find() -> Option<Self> {
        let folders = ProjectDirs::from("", "", "ehlo")?;
        Some(Self {
            config: folders.config_dir().join("config.toml"),
            state: folders
                .state_dir()
                .unwrap_or_else(|| folders.data_local_dir())
                .to_owned(),
        })
    }

    /// Places all files in one folder.
    #[cfg(test)]
    pub(super) fn in_folder(folder: &Path) -> Self {
        Self {
            config: folder.join("config.toml"),
            state: folder.join("state"),
        }
    }

    /// The log file.
    pub fn log(&self) -> PathBuf {
        self.state.join("ehlo.log")
    }

    /// The folder of the session journals.
    pub fn journals(&self) -> PathBuf {
        self.state.join("sessions")
    }

    /// The folder of the sessions of a tap: they never push out the user's own.
    pub fn tapped(&self) -> PathBuf {
        self.state.join("tapped")
    }

    /// The file of recent targets.
    pub fn recent(&self) -> PathBuf {
        self.state.join("recent")
    }

    /// The folder for files that are deleted before the program ends: the system's runtime folder
    /// if it has one, else the state folder.
    pub fn scratch(&self) -> PathBuf {
        let folders = ProjectDirs::from("", "", "ehlo");
        let runtime = folders.and_then(|folders| folders.runtime_dir().map(Path::to_owned));
        runtime.unwrap_or_else(|| self.state.clone())
    }

    /// The file with the history of one host and port.
    pub fn history(&self, target: &str) -> PathBuf {
        // A target may contain ":", "[" and "]", which not every file system takes.
        let safe = |c: char| {
            if c.is_ascii_alphanumeric() || ".-_".contains(c) {
                c
            } else {
                '_'
            }
        };
        let name: String = target.chars().map(safe).collect();
        self.state.join("history").join(name)
    }
}
