//! The settings, and the config file that they are read from. `config.example.toml` lists every
//! setting with its default.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use super::profile::Profile;
use super::retention::Retention;
use super::theme::ThemeSettings;
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
    /// The name for EHLO. Empty: the name of this host if it contains a dot, else its address.
    #[serde(deserialize_with = "helo")]
    pub helo: String,
    /// Seconds to wait for each address to answer, and for a TLS handshake.
    #[serde(deserialize_with = "timeout")]
    pub timeout: u64,
    /// When TLS starts, unless a flag or a profile says it.
    pub tls: TlsChoice,
    /// The addresses that are tried.
    #[serde(deserialize_with = "family")]
    pub family: Family,
    /// The settings of the TLS handshake.
    pub handshake: TlsOverrides,
    /// Whether colours are used.
    pub color: When,
    /// Which colours, by meaning.
    pub theme: ThemeSettings,
    /// Whether only ASCII is drawn.
    pub ascii: When,
    /// Whether the mouse is captured.
    pub mouse: bool,
    /// Whether long lines of the transcript are wrapped.
    pub wrap: bool,
    /// Whether long replies to EHLO are folded while the sidebar shows their lines.
    pub fold: bool,
    /// The number of commands kept for each host. 0: none.
    #[serde(deserialize_with = "history")]
    pub history: usize,
    /// The memory that the transcript may take, in MiB.
    #[serde(deserialize_with = "transcript_mib")]
    pub transcript_mib: usize,
    /// What is written to the log file.
    pub log: LogLevel,
    /// How long sessions are kept on disk.
    pub sessions: Retention,
    /// Keys of commands, by the command's name.
    pub keys: BTreeMap<String, KeyBinding>,
    /// Servers and how to log in to them, by name.
    pub profile: BTreeMap<String, Profile>,
    /// Templates in addition to those that come with the program.
    pub template: Vec<UserTemplate>,
}

/// A line or a message with blanks to fill in, as the user wrote it.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct UserTemplate {
    /// The name in the list of templates.
    pub name: String,
    /// The text: one line is a command, several are a message.
    pub text: Spanned<String>,
    /// The line of the file where the text begins, from 1.
    #[serde(skip)]
    pub line: usize,
}

/// The keys of a command, as the user wrote them.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(from = "Spanned<OneOrMany>")]
pub struct KeyBinding {
    /// The keys; none takes all keys from the command.
    pub keys: Vec<String>,
    /// Where they are in the file, in octets.
    at: usize,
    /// The line of the file, from 1.
    pub line: usize,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "expected a key as in \"F5\", or a list of keys")]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl From<Spanned<OneOrMany>> for KeyBinding {
    fn from(given: Spanned<OneOrMany>) -> Self {
        let at = given.span().start;
        let keys = match given.into_inner() {
            OneOrMany::One(key) => vec![key],
            OneOrMany::Many(keys) => keys,
        };
        Self { keys, at, line: 0 }
    }
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
            theme: ThemeSettings::default(),
            ascii: When::Auto,
            mouse: false,
            wrap: true,
            fold: true,
            history: 1000,
            transcript_mib: TRANSCRIPT_CAP / 1024 / 1024,
            log: LogLevel::Off,
            sessions: Retention::default(),
            keys: BTreeMap::new(),
            profile: BTreeMap::new(),
            template: Vec::new(),
        }
    }
}

/// How messages about a value begin.
const OF_VALUES: [&str; 3] = ["invalid type", "unknown value", "expected a word"];

/// When a feature of the terminal is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum When {
    /// If the terminal and the environment suggest it.
    #[default]
    Auto,
    /// In any case.
    Always,
    /// In no case.
    Never,
}

/// What is written to the log file. Each level includes those above it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// Nothing.
    #[default]
    Off,
    /// Errors of ehlo itself.
    Error,
    /// Also what ehlo could not do, such as write the key log.
    Warn,
    /// Also connections: when each is requested, established, secured and closed, or why it fails.
    Info,
    /// Also each step: addresses, DNS queries, phases of the session, TLS.
    Debug,
    /// Also the verb of each command, the code of each reply and the size of each read and write.
    Trace,
}

/// Why a config file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file cannot be read.
    #[error("{}: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The cause.
        error: io::Error,
    },
    /// The file contains something invalid.
    #[error("{}:{line}: {message}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is invalid, and what is valid instead.
        message: String,
    },
}

impl Settings {
    /// Reads the config file at `path`. A missing file means the defaults, unless it is
    /// `required`.
    ///
    /// # Errors
    /// A file that cannot be read, is larger than 1 MiB or is not TOML; an unknown key, an invalid
    /// value.
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

    /// Parses the text of a config file.
    ///
    /// # Errors
    /// The line, from 1, and what is invalid there.
    pub fn parse(text: &str) -> Result<Self, (usize, String)> {
        let line_at = |at: usize| {
            let before = &text.as_bytes()[..at.min(text.len())];
            before.iter().filter(|&&octet| octet == b'\n').count() + 1
        };
        let read = toml::from_str(text).map(|mut settings: Self| {
            for template in &mut settings.template {
                template.line = line_at(template.text.span().start);
            }
            for binding in settings.keys.values_mut() {
                binding.line = line_at(binding.at);
            }
            settings
        });
        read.map_err(|error| {
            let line = line_at(error.span().map_or(0, |span| span.start));
            let message = error
                .message()
                .replace('\n', ", ")
                .replace("expected i64", "expected a number")
                .replace("unknown variant", "unknown value")
                .replace("wanted string or table", "expected a word in quotes");
            let key = text
                .lines()
                .nth(line - 1)
                .and_then(|line| line.split_once('='))
                .map(|(key, _)| key.trim());
            // The parser names the key of an unknown or missing field, but not of a wrong value.
            match key {
                Some(key) if OF_VALUES.iter().any(|begin| message.starts_with(begin)) => {
                    (line, format!("{key}: {message}"))
                }
                _ => (line, message),
            }
        })
    }
}

/// Whether a text can be the argument of EHLO: one word without control characters.
pub fn is_helo_name(text: &str) -> bool {
    !text.chars().any(|c| c.is_whitespace() || c.is_control())
}

fn helo<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let name = String::deserialize(deserializer)?;
    if is_helo_name(&name) {
        return Ok(name);
    }
    let message = format!("invalid helo {name:?}: spaces and control characters are not allowed");
    Err(D::Error::custom(message))
}

fn history<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    let commands = number(deserializer, "history", 0..=100_000)?;
    Ok(usize::try_from(commands).unwrap_or(usize::MAX))
}

fn timeout<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    number(deserializer, "timeout", 1..=3600)
}

fn transcript_mib<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    let mib = number(deserializer, "transcript_mib", 1..=65536)?;
    Ok(usize::try_from(mib).unwrap_or(usize::MAX))
}

/// Reads a whole number in a range; an error names the key.
pub(super) fn number<'de, D: Deserializer<'de>>(
    deserializer: D,
    key: &str,
    range: RangeInclusive<u64>,
) -> Result<u64, D::Error> {
    let written = i64::deserialize(deserializer)?;
    let number = u64::try_from(written).ok().filter(|n| range.contains(n));
    number.ok_or_else(|| {
        let (least, most) = (range.start(), range.end());
        D::Error::custom(format!("invalid {key} {written}: use {least} to {most}"))
    })
}

fn family<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Family, D::Error> {
    match String::deserialize(deserializer)?.as_str() {
        "any" => Ok(Family::Any),
        "ipv4" => Ok(Family::V4),
        "ipv6" => Ok(Family::V6),
        other => Err(D::Error::unknown_variant(other, &["any", "ipv4", "ipv6"])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_lists_every_setting_with_its_default() {
        let example = include_str!("../../config.example.toml");
        assert_eq!(Settings::parse(example), Ok(Settings::default()));
        // A setting that is missing would read as its default, too.
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
    fn finds_the_line_of_a_template() {
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
    fn reports_what_is_invalid_with_its_line() {
        let table = [
            (
                "\ncolour = 'auto'\n",
                2,
                "unknown field `colour`, expected one of `helo`",
            ),
            ("timeout = 0", 1, "invalid timeout 0: use 1 to 3600"),
            ("\nhelo = 'a b'", 2, "spaces and control characters"),
            ("history = -1", 1, "invalid history -1: use 0 to 100000"),
            (
                "timeout = 'x'",
                1,
                "timeout: invalid type: string \"x\", expected a number",
            ),
            ("a = 1\ntls = 'ssl'", 1, "unknown field `a`"),
            (
                "tls = 'ssl'",
                1,
                "tls: unknown value `ssl`, expected one of `auto`, `none`, `starttls`, `implicit`",
            ),
            ("ascii = true", 1, "ascii: expected a word in quotes"),
            (
                "\n\nfamily = 'v4'",
                3,
                "expected one of `any`, `ipv4`, `ipv6`",
            ),
            ("helo = ", 1, "expected"),
            ("transcript_mib = -1", 1, "-1: use 1 to 65536"),
            ("helo = 'a'\nhelo = 'b'", 2, "duplicate key"),
            (
                "[profile.a]\ntarget = 'a b'",
                1,
                "target: invalid host \"a b\"",
            ),
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
            let (at, error) = Settings::parse(text).unwrap_err();
            assert!(
                at == line && error.contains(message) && !error.contains('\n'),
                "{text:?}: {at}: {error}"
            );
        }
    }
}
