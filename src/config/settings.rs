//! The settings and the file they come from. `config.example.toml` shows each at its default.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;

use super::profile::Profile;
use super::tls::{TlsChoice, TlsOverrides};
use crate::net::file::open_input;
use crate::net::{self, Family};
use crate::smtp::transcript::TRANSCRIPT_CAP;

/// The largest config file that is read, in octets.
const FILE_CAP: u64 = 1024 * 1024;

/// Every setting.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The name for EHLO. Empty: this host's name where it has a dot, else its address.
    #[serde(deserialize_with = "name")]
    pub helo: String,
    /// Seconds an address may take to answer, and a TLS handshake.
    #[serde(deserialize_with = "seconds")]
    pub timeout: u64,
    /// When TLS begins, where neither the port nor a flag says.
    pub tls: TlsChoice,
    /// Which addresses are tried.
    #[serde(deserialize_with = "family")]
    pub family: Family,
    /// What is said about the TLS handshake.
    pub handshake: TlsOverrides,
    /// Whether colours are used.
    pub color: When,
    /// Whether only ASCII is drawn.
    pub ascii: When,
    /// Whether the mouse is captured.
    pub mouse: bool,
    /// Whether long lines of the transcript are wrapped.
    pub wrap: bool,
    /// Commands that are remembered for each host. 0: none.
    #[serde(deserialize_with = "lines")]
    pub history: usize,
    /// Memory the transcript may take, in MiB.
    #[serde(deserialize_with = "mebibytes")]
    pub transcript_mib: usize,
    /// What is written to the log file.
    pub log: LogLevel,
    /// Servers and how to log in there, by name.
    pub profile: BTreeMap<String, Profile>,
    /// Templates beside those that come with the program.
    pub template: Vec<UserTemplate>,
}

/// A line or a message with blanks, as the user wrote it.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct UserTemplate {
    /// What it is called in the list.
    pub name: String,
    /// Its text: one line is a command, more are a message.
    pub text: Spanned<String>,
    /// The line of the file in which its text begins, from 1.
    #[serde(skip)]
    pub line: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            helo: String::new(),
            timeout: net::TIMEOUT.as_secs(),
            tls: TlsChoice::Auto,
            family: Family::Any,
            handshake: TlsOverrides::default(),
            color: When::Auto,
            ascii: When::Auto,
            mouse: false,
            wrap: true,
            history: 1000,
            transcript_mib: TRANSCRIPT_CAP / 1024 / 1024,
            log: LogLevel::Off,
            profile: BTreeMap::new(),
            template: Vec::new(),
        }
    }
}

/// A choice that the terminal may make.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum When {
    /// As the terminal and the environment suggest.
    #[default]
    Auto,
    /// Yes.
    Always,
    /// No.
    Never,
}

/// What is written to the log file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// Nothing.
    #[default]
    Off,
    /// Faults of ehlo itself.
    Error,
    /// What looks wrong.
    Warn,
    /// Connections as they come and go.
    Info,
    /// Each step.
    Debug,
    /// Everything but what was typed and what was sent.
    Trace,
}

/// Why a config file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// It cannot be read.
    #[error("{}: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// It says something that is not understood.
    #[error("{}:{line}: {message}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong and what would be right.
        message: String,
    },
}

impl Settings {
    /// Reads the file at `path`. One that is not there means the defaults, unless it is `wanted`.
    ///
    /// # Errors
    /// A file that cannot be read, is no TOML, or has a key or value that is not known.
    pub fn load(path: &Path, required: bool) -> Result<Self, SettingsError> {
        let unreadable = |error| SettingsError::Unreadable {
            path: path.to_owned(),
            error,
        };
        let file = match open_input(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && !required => {
                return Ok(Self::default());
            }
            file => file.map_err(unreadable)?,
        };
        let mut bytes = Vec::new();
        file.take(FILE_CAP + 1)
            .read_to_end(&mut bytes)
            .map_err(unreadable)?;
        if bytes.len() as u64 > FILE_CAP {
            let message = format!("is larger than {FILE_CAP} bytes");
            return Err(unreadable(io::Error::other(message)));
        }
        let text = String::from_utf8(bytes).map_err(|error| {
            let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line = good.iter().filter(|&&b| b == b'\n').count() + 1;
            SettingsError::Invalid {
                path: path.to_owned(),
                line,
                message: "not UTF-8".to_owned(),
            }
        })?;
        Self::parse(&text).map_err(|(line, message)| SettingsError::Invalid {
            path: path.to_owned(),
            line,
            message,
        })
    }

    /// Reads settings from the text of a config file.
    ///
    /// # Errors
    /// The line, from 1, and what is wrong in it.
    pub fn parse(text: &str) -> Result<Self, (usize, String)> {
        let line_at = |at: usize| {
            let before = &text.as_bytes()[..at.min(text.len())];
            before.iter().filter(|&&octet| octet == b'\n').count() + 1
        };
        let read = toml::from_str(text).map(|mut settings: Self| {
            for template in &mut settings.template {
                template.line = line_at(template.text.span().start);
            }
            settings
        });
        read.map_err(|error| {
            let line = line_at(error.span().map_or(0, |span| span.start));
            // A type that is wrong is told with its key, and in words.
            let said = error
                .message()
                .replace('\n', ", ")
                .replace("expected i64", "expected a number");
            let key = text
                .lines()
                .nth(line - 1)
                .and_then(|line| line.split_once('='))
                .map(|(key, _)| key.trim());
            match key {
                Some(key) if said.starts_with("invalid type") => (line, format!("{key}: {said}")),
                _ => (line, said),
            }
        })
    }
}

/// Whether a text can stand behind EHLO as one word.
pub fn is_helo_name(text: &str) -> bool {
    !text.chars().any(|c| c.is_whitespace() || c.is_control())
}

fn name<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let name = String::deserialize(deserializer)?;
    if is_helo_name(&name) {
        Ok(name)
    } else {
        Err(serde::de::Error::custom("helo is a name without blanks"))
    }
}

fn lines<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    let message = "history is a number of commands from 0 to 100000";
    within(deserializer, 0, 100_000, message)
        .map(|lines| usize::try_from(lines).unwrap_or(usize::MAX))
}

fn seconds<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    within(
        deserializer,
        1,
        3600,
        "timeout is a number of seconds from 1 to 3600",
    )
}

fn mebibytes<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    let message = "transcript_mib is a number of MiB from 1 to 65536";
    within(deserializer, 1, 65536, message).map(|mib| usize::try_from(mib).unwrap_or(usize::MAX))
}

fn within<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
    least: u64,
    most: u64,
    message: &str,
) -> Result<u64, D::Error> {
    let number = i64::deserialize(deserializer)?;
    let number = u64::try_from(number)
        .ok()
        .filter(|n| (least..=most).contains(n));
    number.ok_or_else(|| serde::de::Error::custom(message))
}

fn family<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Family, D::Error> {
    match String::deserialize(deserializer)?.as_str() {
        "any" => Ok(Family::Any),
        "ipv4" => Ok(Family::V4),
        "ipv6" => Ok(Family::V6),
        other => Err(serde::de::Error::unknown_variant(
            other,
            &["any", "ipv4", "ipv6"],
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_every_setting_at_its_default() {
        let example = include_str!("../../config.example.toml");
        assert_eq!(Settings::parse(example), Ok(Settings::default()));
        // Each of them has to stand there: a missing one would read as its default too.
        let keys = |text: &str| -> Vec<String> {
            text.parse::<toml::Table>()
                .unwrap()
                .keys()
                .cloned()
                .collect()
        };
        let debug = format!("{:#?}", Settings::default());
        let fields: Vec<_> = debug
            .lines()
            .filter(|line| line.starts_with("    ") && !line.starts_with("     "))
            .filter_map(|line| line.trim().split_once(':').map(|(name, _)| name.to_owned()))
            .collect();
        let mut shown = keys(example);
        let mut known = fields;
        shown.sort();
        known.sort();
        assert_eq!(shown, known);
    }

    #[test]
    fn a_template_knows_its_line() {
        let text = "wrap = true\n\n[[template]]\nname = 'x'\n\ntext = 'NOOP {y}'\n";
        let settings = Settings::parse(text).unwrap();
        let [template] = settings.template.as_slice() else {
            panic!("{settings:?}");
        };
        let read = (
            template.name.as_str(),
            template.text.get_ref().as_str(),
            template.line,
        );
        assert_eq!(read, ("x", "NOOP {y}", 6));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        let table = [
            (
                "\ncolour = 'auto'\n",
                2,
                "unknown field `colour`, expected one of `helo`",
            ),
            ("timeout = 0", 1, "from 1 to 3600"),
            ("\nhelo = 'a b'", 2, "without blanks"),
            ("history = -1", 1, "from 0 to 100000"),
            (
                "timeout = 'x'",
                1,
                "timeout: invalid type: string \"x\", expected a number",
            ),
            ("a = 1\ntls = 'ssl'", 1, "unknown field `a`"),
            (
                "tls = 'ssl'",
                1,
                "unknown variant `ssl`, expected one of `auto`, `none`, `starttls`, `implicit`",
            ),
            (
                "\n\nfamily = 'v4'",
                3,
                "expected one of `any`, `ipv4`, `ipv6`",
            ),
            ("helo = ", 1, "expected"),
            ("transcript_mib = -1", 1, "from 1 to 65536"),
            ("helo = 'a'\nhelo = 'b'", 2, "duplicate key"),
            ("[profile.a]\ntarget = 'a b'", 1, "target: \"a b\""),
            (
                "[profile.a]\ntarget = 'a'\npass = 'x'",
                3,
                "unknown field `pass`",
            ),
            ("\n[[template]]\nname = 'x'", 2, "missing field `text`"),
            (
                "[[template]]\nname = 'x'\ntext = 1",
                3,
                "text: invalid type",
            ),
            ("[[template]]\nnom = 'x'", 2, "unknown field `nom`"),
        ];
        for (text, line, message) in table {
            let (at, said) = Settings::parse(text).unwrap_err();
            assert!(
                at == line && said.contains(message) && !said.contains('\n'),
                "{text:?}: {at}: {said}"
            );
        }
    }
}
