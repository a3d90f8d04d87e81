//! The commands of a script that are ours and go to no server as they stand: `:NAME ...`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::error::ScriptFault;
use crate::config::{PasswordSource, parse_duration};
use crate::net::Upload;
use crate::net::file::open_input;
use crate::record::{Format, check_writable};
use crate::smtp::escape;
use crate::smtp::sasl::Mechanism;

/// The longest `:sleep`.
const SLEEP_CAP: Duration = Duration::from_secs(3600);

/// A command of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OwnCommand {
    /// Send octets as they are.
    Raw(Vec<u8>),
    /// Send a file as the message, after DATA unless that was sent.
    Data(PathBuf),
    /// Send a file or text in chunks (RFC 3030).
    Bdat {
        /// What is sent.
        content: Content,
        /// The octets of each chunk; `None`: one chunk.
        chunk: Option<usize>,
    },
    /// Log in.
    Login(LoginSpec),
    /// STARTTLS, the handshake, and EHLO again.
    StartTls,
    /// Save the session so far.
    Save(PathBuf),
    /// Wait.
    Sleep(Duration),
    /// Close the connection.
    Disconnect,
    /// Connect again, to the same server.
    Reconnect,
}

/// What chunks contain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A file.
    File(PathBuf),
    /// Octets.
    Octets(Vec<u8>),
}

/// How to log in, as it is written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoginSpec {
    /// The profile of the config that has everything else.
    pub profile: Option<String>,
    /// The mechanisms, the first that is offered is used; none: as offered.
    pub mechanisms: Vec<Mechanism>,
    /// The user.
    pub user: Option<String>,
    /// Where the password comes from.
    pub password: Option<PasswordPlace>,
}

/// Where a password comes from, as `env:VAR`, `file:PATH` or `ask`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PasswordPlace {
    /// A variable or a file.
    Source(PasswordSource),
    /// The user is asked on the terminal.
    Ask,
}

/// A text that names no place for a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("use env:VAR, file:PATH or ask: a password never stands in an argument or a script")]
pub struct PasswordPlaceError;

impl std::str::FromStr for PasswordPlace {
    type Err = PasswordPlaceError;

    fn from_str(text: &str) -> Result<Self, PasswordPlaceError> {
        let source = match text.split_once(':') {
            _ if text == "ask" => return Ok(Self::Ask),
            Some(("env", name)) if !name.is_empty() => PasswordSource::Environment(name.to_owned()),
            Some(("file", path)) if !path.is_empty() => PasswordSource::File(path.into()),
            _ => return Err(PasswordPlaceError),
        };
        Ok(Self::Source(source))
    }
}

/// The names, as they are typed.
const NAMES: [&str; 9] = [
    "raw",
    "data",
    "bdat",
    "login",
    "starttls",
    "save",
    "sleep",
    "disconnect",
    "reconnect",
];

/// The names, for an error.
pub fn names() -> String {
    NAMES.map(|name| format!(":{name}")).join(", ")
}

impl OwnCommand {
    /// Checks that the file it names can be used. `written` are the files that are there once it runs.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub fn check_file<'a>(&'a self, written: &mut Vec<&'a Path>) -> Result<(), ScriptFault> {
        let (name, checked) = match self {
            Self::Data(path)
            | Self::Bdat {
                content: Content::File(path),
                ..
            } if written.contains(&path.as_path()) => {
                return Ok(());
            }
            Self::Data(path) => {
                let opened = Upload::open(path).map(drop);
                ("data", opened.map_err(|error| error.to_string()))
            }
            Self::Bdat {
                content: Content::File(path),
                ..
            } => {
                let opened = open_input(path).map(drop);
                (
                    "bdat",
                    opened.map_err(|error| format!("{}: {error}", path.display())),
                )
            }
            Self::Save(path) => {
                let format = Format::from_path(path);
                let free =
                    format.and_then(|_| check_writable(path, written.contains(&path.as_path())));
                written.push(path);
                ("save", free.map_err(|error| error.to_string()))
            }
            _ => return Ok(()),
        };
        checked.map_err(|message| ScriptFault::Argument { name, message })
    }

    /// Parses what follows the colon.
    ///
    /// # Errors
    /// An unknown name, or an argument that cannot be used.
    pub fn parse(text: &str) -> Result<Self, ScriptFault> {
        let (name, argument) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        let given = argument.trim();
        let fault = |name, message: &str| ScriptFault::Argument {
            name,
            message: message.to_owned(),
        };
        let none = |name, command: Self| {
            if given.is_empty() {
                Ok(command)
            } else {
                Err(fault(name, "takes no argument"))
            }
        };
        let file = |name| {
            if given.is_empty() {
                Err(fault(name, "name a file"))
            } else {
                Ok(PathBuf::from(given))
            }
        };
        match name {
            // A blank at its end is part of the octets.
            "raw" => match escape::unescape(argument)? {
                empty if empty.is_empty() => {
                    Err(fault("raw", "name the octets, such as NOOP\\r\\n"))
                }
                octets => Ok(Self::Raw(octets)),
            },
            "data" => Ok(Self::Data(file("data")?)),
            "bdat" => bdat(given),
            "login" => LoginSpec::parse(given).map(Self::Login),
            "starttls" => none("starttls", Self::StartTls),
            "save" => Ok(Self::Save(file("save")?)),
            "sleep" => match parse_duration(given) {
                Ok(duration) if duration <= SLEEP_CAP => Ok(Self::Sleep(duration)),
                _ => Err(fault(
                    "sleep",
                    "use a time up to 1 h, such as 500ms, 2s or 1m",
                )),
            },
            "disconnect" => none("disconnect", Self::Disconnect),
            "reconnect" => none("reconnect", Self::Reconnect),
            unknown => Err(ScriptFault::UnknownCommand(unknown.to_owned())),
        }
    }
}

/// `FILE|'TEXT' [chunk N]`.
fn bdat(given: &str) -> Result<OwnCommand, ScriptFault> {
    let fault = |message: &str| ScriptFault::Argument {
        name: "bdat",
        message: message.to_owned(),
    };
    let quoted = given
        .strip_prefix('\'')
        .and_then(|rest| rest.rsplit_once('\''));
    let (content, rest) = match quoted {
        Some((text, rest)) => (Content::Octets(escape::unescape(text)?), rest.trim()),
        None => {
            let (path, rest) = match given.rsplit_once(" chunk ") {
                Some((path, size)) => (path.trim(), format!("chunk {size}")),
                None => (given, String::new()),
            };
            if path.is_empty() {
                return Err(fault(
                    "name a file, or write a text in '...' with escapes such as \\r\\n",
                ));
            }
            return Ok(OwnCommand::Bdat {
                content: Content::File(path.into()),
                chunk: chunk(&rest).ok_or_else(|| fault("use chunk N, with N from 1"))?,
            });
        }
    };
    Ok(OwnCommand::Bdat {
        content,
        chunk: chunk(rest).ok_or_else(|| fault("use chunk N, with N from 1"))?,
    })
}

/// `chunk N`, or nothing. `None`: neither.
fn chunk(text: &str) -> Option<Option<usize>> {
    if text.is_empty() {
        return Some(None);
    }
    let size = text.strip_prefix("chunk ")?.trim().parse().ok()?;
    (size > 0).then_some(Some(size))
}

impl LoginSpec {
    /// `profile NAME`, or `[MECH,...] [user U] [password-from PLACE]`.
    fn parse(given: &str) -> Result<Self, ScriptFault> {
        let fault = |message: String| ScriptFault::Argument {
            name: "login",
            message,
        };
        let mut spec = Self::default();
        let mut words = given.split_whitespace();
        while let Some(word) = words.next() {
            let mut value = |what: &str| {
                let next = words.next();
                next.map(str::to_owned)
                    .ok_or_else(|| fault(format!("{what} is missing after {word}")))
            };
            match word {
                "profile" => spec.profile = Some(value("a name")?),
                "user" => spec.user = Some(value("a name")?),
                "password-from" => {
                    let place = value("a place")?.parse();
                    let place =
                        place.map_err(|error: PasswordPlaceError| fault(error.to_string()))?;
                    spec.password = Some(place);
                }
                names => spec.mechanisms = mechanisms(names).map_err(fault)?,
            }
        }
        Ok(spec)
    }
}

/// Parses a list of mechanisms.
///
/// # Errors
/// The first that is unknown, in words.
pub fn mechanisms(list: &str) -> Result<Vec<Mechanism>, String> {
    let parse = |name: &str| {
        Mechanism::parse(name).ok_or_else(|| {
            let known = Mechanism::ALL.map(Mechanism::name).join(", ");
            format!("unknown mechanism: use one of {known}")
        })
    };
    list.split(',').map(parse).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_each_command() {
        let file = |name: &str| PathBuf::from(name);
        let octets = |text: &str| Content::Octets(text.as_bytes().to_vec());
        let table = [
            ("raw a\\r\\n", OwnCommand::Raw(b"a\r\n".to_vec())),
            ("data m.eml", OwnCommand::Data(file("m.eml"))),
            ("starttls", OwnCommand::StartTls),
            ("save out.txt", OwnCommand::Save(file("out.txt"))),
            ("sleep 2s", OwnCommand::Sleep(Duration::from_secs(2))),
            ("disconnect", OwnCommand::Disconnect),
            ("reconnect", OwnCommand::Reconnect),
            (
                "bdat my mail.eml chunk 100",
                OwnCommand::Bdat {
                    content: Content::File(file("my mail.eml")),
                    chunk: Some(100),
                },
            ),
            (
                "bdat 'it\\'",
                OwnCommand::Bdat {
                    content: octets("it\\"),
                    chunk: None,
                },
            ),
        ];
        for (text, expected) in table {
            match OwnCommand::parse(text) {
                Ok(command) => assert_eq!(command, expected),
                // A backslash alone is no escape.
                Err(error) => assert!(text.ends_with("\\'"), "{text}: {error}"),
            }
        }
        let login = OwnCommand::parse("login PLAIN,LOGIN user alice password-from env:PW").unwrap();
        let OwnCommand::Login(spec) = login else {
            panic!("{login:?}")
        };
        assert_eq!(spec.mechanisms, [Mechanism::Plain, Mechanism::Login]);
        assert_eq!(spec.user.as_deref(), Some("alice"));
    }

    #[test]
    fn says_what_would_be_right() {
        for (text, words) in [
            ("rset", "unknown command :rset: use one of :raw"),
            ("sleep", "use a time up to 1 h"),
            ("data", "name a file"),
            ("starttls now", "takes no argument"),
            ("raw \\q", "invalid escape"),
            ("login user", "a name is missing after user"),
            ("login alice", "unknown mechanism: use one of"),
            (
                "login password-from secret",
                "use env:VAR, file:PATH or ask",
            ),
            ("bdat x chunk 0", "use chunk N"),
        ] {
            let error = OwnCommand::parse(text).unwrap_err().to_string();
            assert!(error.contains(words), "{text}: {error}");
        }
    }
}
