//! The places where people write a password.

use std::fmt;
use std::str::FromStr;

use super::error::QuotingError;

/// A place where a password is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// An argument in bash; without control characters, also in `sh`.
    Bash,
    /// An argument in zsh.
    Zsh,
    /// An argument in fish.
    Fish,
    /// An argument in PowerShell.
    PowerShell,
    /// `set NAME=` in a batch file of cmd.exe.
    Cmd,
    /// A line of an `.env` file.
    Dotenv,
    /// A value in a file of Docker Compose.
    Compose,
    /// A value in a configuration file of git.
    Git,
    /// A value in a YAML file.
    Yaml,
    /// An argument in the command of a crontab.
    Cron,
    /// The password of a URL.
    Url,
    /// A string in PHP.
    Php,
    /// A string in C.
    C,
    /// `password` in the configuration file of msmtp.
    Msmtp,
}

impl Place {
    /// All places.
    pub const ALL: [Self; 14] = [
        Self::Bash,
        Self::Zsh,
        Self::Fish,
        Self::PowerShell,
        Self::Cmd,
        Self::Dotenv,
        Self::Compose,
        Self::Git,
        Self::Yaml,
        Self::Cron,
        Self::Url,
        Self::Php,
        Self::C,
        Self::Msmtp,
    ];

    /// The name of the place, as `--for` takes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bash => "bash",
            Self::Zsh => "zsh",
            Self::Fish => "fish",
            Self::PowerShell => "powershell",
            Self::Cmd => "cmd",
            Self::Dotenv => "dotenv",
            Self::Compose => "compose",
            Self::Git => "git",
            Self::Yaml => "yaml",
            Self::Cron => "cron",
            Self::Url => "url",
            Self::Php => "php",
            Self::C => "c",
            Self::Msmtp => "msmtp",
        }
    }

    /// What the place is, with `...` for the password.
    pub const fn description(self) -> &'static str {
        match self {
            Self::Bash => "an argument in bash or sh: --password ...",
            Self::Zsh => "an argument in zsh: --password ...",
            Self::Fish => "an argument in fish: --password ...",
            Self::PowerShell => "an argument in PowerShell: -Password ...",
            Self::Cmd => "a batch file of cmd.exe: set PASSWORD=...",
            Self::Dotenv => "a line of an .env file: PASSWORD=...",
            Self::Compose => "a Compose file: PASSWORD: ...",
            Self::Git => "a configuration file of git: smtpPass = ...",
            Self::Yaml => "a YAML file: password: ...",
            Self::Cron => "a command in a crontab: --password ...",
            Self::Url => "a URL: smtp://alice:...@mx.example",
            Self::Php => "a string in PHP: $password = ...;",
            Self::C => "a string in C: char password[] = ...;",
            Self::Msmtp => "the configuration file of msmtp: password ...",
        }
    }

    /// Whether the value is an argument of a command.
    pub(super) const fn is_argument(self) -> bool {
        matches!(self, Self::Bash | Self::Zsh | Self::Fish | Self::Cron)
    }

    /// Where the rules of the place are documented.
    pub const fn source(self) -> &'static str {
        match self {
            Self::Bash => "bash(1): QUOTING, EXPANSION",
            Self::Zsh => "zshmisc(1): QUOTING; zshexpn(1)",
            Self::Fish => "fish documentation: The fish language",
            Self::PowerShell => "about_Quoting_Rules, about_Parsing, about_Special_Characters",
            Self::Cmd => "cmd /?, set /?",
            Self::Dotenv => "README of Node's dotenv and of python-dotenv; Compose: Interpolation",
            Self::Compose => "Compose specification: Interpolation; YAML 1.2.2",
            Self::Git => "git-config(1): Syntax",
            Self::Yaml => "YAML 1.2.2 s7.3; YAML 1.1 types",
            Self::Cron => "crontab(5)",
            Self::Url => "RFC 3986 s2.1, s3.2.1",
            Self::Php => "PHP manual: Strings",
            Self::C => "C11 s6.4.5, s5.2.1.1",
            Self::Msmtp => "msmtp(1): Configuration files",
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Place {
    type Err = QuotingError;

    fn from_str(name: &str) -> Result<Self, QuotingError> {
        let named = |place: &Self| place.name().eq_ignore_ascii_case(name);
        let found = Self::ALL.into_iter().find(named);
        found.ok_or_else(|| QuotingError::UnknownPlace(name.to_owned()))
    }
}
