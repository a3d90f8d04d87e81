//! Where the user's files live: config and state, by the system's own rules.

use std::path::{Path, PathBuf};

use directories::ProjectDirs;

/// The folders of the user. Nothing is made until something is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    /// The config file.
    pub config: PathBuf,
    /// The folder for history, recent targets and the log.
    pub state: PathBuf,
}

impl Paths {
    /// The folders of whoever runs this; nothing for a user without a home.
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

    /// The log file.
    pub fn log(&self) -> PathBuf {
        self.state.join("ehlo.log")
    }

    /// The folder of the sessions' journals.
    pub fn journals(&self) -> PathBuf {
        self.state.join("sessions")
    }

    /// The file of recent targets.
    pub fn recent(&self) -> PathBuf {
        self.state.join("recent")
    }

    /// The folder for what is gone when the program ends: the system's own for that, where it has one.
    pub fn scratch(&self) -> PathBuf {
        let folders = ProjectDirs::from("", "", "ehlo");
        let runtime = folders.and_then(|folders| folders.runtime_dir().map(Path::to_owned));
        runtime.unwrap_or_else(|| self.state.clone())
    }

    /// The history of one host and port.
    pub fn history(&self, target: &str) -> PathBuf {
        // A target is letters, digits and ".-_:[]"; what else a file name could be made of is not let in.
        let safe = |c: char| {
            if c.is_ascii_alphanumeric() || ".-_".contains(c) {
                c
            } else {
                '_'
            }
        };
        self.state
            .join("history")
            .join(target.chars().map(safe).collect::<String>())
    }
}
