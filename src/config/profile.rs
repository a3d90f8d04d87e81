//! Profiles: servers and how to log in to them. A profile never contains the password, only where
//! to get it.

use std::io::Read;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use serde::Deserialize;
use zeroize::Zeroizing;

use super::target::Target;
use super::tls::{TlsChoice, TlsOverrides};
use crate::net::file::open_input;
use crate::process;
use crate::smtp::Secret;
use crate::smtp::sasl::Mechanism;

/// The most octets of a password.
pub const PASSWORD_CAP: usize = 64 * 1024;
/// How long a password command may take. It is long because the command may ask the user.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(120);
/// How often a running password command checks whether it is cancelled.
const POLL_INTERVAL: Duration = Duration::from_millis(50);
/// The same for its end, which follows its output closely.
const EXIT_POLL_INTERVAL: Duration = Duration::from_millis(5);
/// How long the error output of a failed command is waited for.
const ERROR_OUTPUT_TIMEOUT: Duration = Duration::from_secs(1);
/// The most octets that are read of the standard error of a password command.
const ERROR_OUTPUT_CAP: usize = 4096;

/// A server and how to log in to it.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(try_from = "RawProfile")]
pub struct Profile {
    /// The server.
    pub target: Target,
    /// When TLS starts.
    pub tls: TlsChoice,
    /// The settings of the TLS handshake.
    pub handshake: TlsOverrides,
    /// The user; empty if none is set.
    pub user: String,
    /// The SASL mechanism; empty for the strongest that the server offers.
    pub mechanism: String,
    /// Where to get the password or token.
    pub password: Option<PasswordSource>,
}

/// Where to get a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PasswordSource {
    /// A file.
    File(PathBuf),
    /// An environment variable.
    Environment(String),
    /// The output of a command: its name and its arguments. No shell is involved.
    Command(Vec<String>),
}

/// Why a password cannot be read. No error contains a part of the password.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// The file cannot be read.
    #[error("{}: {error}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The cause.
        error: std::io::Error,
    },
    /// The variable is not set.
    #[error("the variable {0} is not set")]
    NotSet(String),
    /// The command cannot be run.
    #[error("password_command: {command}: {error}")]
    NotStarted {
        /// The command.
        command: String,
        /// The cause.
        error: std::io::Error,
    },
    /// The command failed.
    #[error("password_command: {command}: {status}: {error_output}")]
    Failed {
        /// The command.
        command: String,
        /// Its exit status.
        status: std::process::ExitStatus,
        /// The first line of its standard error.
        error_output: String,
    },
    /// The command did not end in time.
    #[error("password_command: {command} did not end within {} s", COMMAND_TIMEOUT.as_secs())]
    TimedOut {
        /// The command.
        command: String,
    },
    /// The user did not want to wait.
    #[error("password_command: {command} was cancelled")]
    Cancelled {
        /// The command.
        command: String,
    },
    /// The source is empty, or far too large.
    #[error("invalid password in {0}: use 1 to {PASSWORD_CAP} octets")]
    Size(&'static str),
}

/// A profile as it is written in the config file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawProfile {
    target: String,
    #[serde(default)]
    tls: TlsChoice,
    #[serde(default)]
    handshake: TlsOverrides,
    #[serde(default)]
    user: String,
    #[serde(default)]
    mechanism: String,
    password_file: Option<PathBuf>,
    password_env: Option<String>,
    password_command: Option<Vec<String>>,
}

impl TryFrom<RawProfile> for Profile {
    type Error = String;

    fn try_from(raw: RawProfile) -> Result<Self, String> {
        let target = Target::parse(&raw.target).map_err(|error| format!("target: {error}"))?;
        if !raw.mechanism.is_empty() && Mechanism::parse(&raw.mechanism).is_none() {
            let known = Mechanism::ALL.map(Mechanism::name).join(", ");
            return Err(format!(
                "unknown mechanism {:?}: use one of {known}",
                raw.mechanism
            ));
        }
        let sources = [
            raw.password_file.map(PasswordSource::File),
            raw.password_env.map(PasswordSource::Environment),
            raw.password_command.map(PasswordSource::Command),
        ];
        let mut sources = sources.into_iter().flatten();
        let password = sources.next();
        if sources.next().is_some() {
            let message =
                "several passwords: use one of password_file, password_env, password_command";
            return Err(message.to_owned());
        }
        if password == Some(PasswordSource::Command(Vec::new())) {
            let message = "empty password_command: use a list of a name and its arguments";
            return Err(message.to_owned());
        }
        Ok(Self {
            target,
            tls: raw.tls,
            handshake: raw.handshake,
            user: raw.user,
            mechanism: raw.mechanism,
            password,
        })
    }
}

impl PasswordSource {
    /// The source in words, for a form.
    pub fn description(&self) -> String {
        match self {
            Self::File(path) => format!("the file {}", path.display()),
            Self::Environment(name) => format!("the variable {name}"),
            Self::Command(words) => format!("the command {}", first(words)),
        }
    }

    /// Reads the password. A command is waited for up to two minutes, or until `cancel` is set. One
    /// line ending at the end is removed: files and commands have one, passwords do not.
    ///
    /// # Errors
    /// A source that is missing, unreadable, empty, too large or too late.
    pub fn read(&self, cancel: &AtomicBool) -> Result<Secret, PasswordError> {
        let (source, octets) = match self {
            Self::File(path) => {
                let unreadable = |error| PasswordError::File {
                    path: path.clone(),
                    error,
                };
                let file = open_input(path).map_err(unreadable)?;
                let octets = read_capped(file, PASSWORD_CAP).map_err(unreadable)?;
                ("password_file", octets)
            }
            Self::Environment(name) => {
                use std::os::unix::ffi::OsStringExt;
                let value =
                    std::env::var_os(name).ok_or_else(|| PasswordError::NotSet(name.clone()))?;
                ("password_env", Zeroizing::new(value.into_vec()))
            }
            Self::Command(words) => ("password_command", run(words, cancel)?),
        };
        let line = octets.strip_suffix(b"\n").unwrap_or(&octets);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() || octets.len() > PASSWORD_CAP {
            return Err(PasswordError::Size(source));
        }
        Ok(Secret::new(line.to_vec()))
    }
}

/// Runs a command without a shell and without input, and returns its output.
fn run(words: &[String], cancel: &AtomicBool) -> Result<Zeroizing<Vec<u8>>, PasswordError> {
    let command = first(words);
    let not_started = |error| PasswordError::NotStarted {
        command: command.clone(),
        error,
    };
    let mut child = process::spawn(
        Command::new(&command)
            .args(words.iter().skip(1))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped()),
    )
    .map_err(not_started)?;
    let (output_sender, output) = mpsc::channel();
    let (error_sender, error_output) = mpsc::channel();
    if let (Some(out), Some(err)) = (child.stdout.take(), child.stderr.take()) {
        std::thread::spawn(move || output_sender.send(read_capped(out, PASSWORD_CAP)));
        std::thread::spawn(move || error_sender.send(read_capped(err, ERROR_OUTPUT_CAP)));
    }
    let start = Instant::now();
    let mut octets = None;
    // A command may close its output and go on: its end is waited for within the same limits.
    let status = loop {
        match &octets {
            None => {
                octets = output.recv_timeout(POLL_INTERVAL).ok();
                if matches!(&octets, Some(Ok(octets)) if octets.len() > PASSWORD_CAP) {
                    let _ = child.kill();
                }
            }
            Some(_) => match child.try_wait().map_err(not_started)? {
                Some(status) => break status,
                None => std::thread::sleep(EXIT_POLL_INTERVAL),
            },
        }
        let cancelled = cancel.load(Ordering::Relaxed);
        if cancelled || start.elapsed() >= COMMAND_TIMEOUT {
            // Both fail only if the command has ended by now.
            let _ = child.kill();
            let _ = child.wait();
            return Err(if cancelled {
                PasswordError::Cancelled { command }
            } else {
                PasswordError::TimedOut { command }
            });
        }
    };
    if status.success() {
        return octets
            .unwrap_or_else(|| Ok(Zeroizing::default()))
            .map_err(not_started);
    }
    let error_output = error_output
        .recv_timeout(ERROR_OUTPUT_TIMEOUT)
        .ok()
        .and_then(Result::ok);
    let error_output = error_output.map(|octets| String::from_utf8_lossy(&octets).into_owned());
    Err(PasswordError::Failed {
        command,
        status,
        error_output: error_output
            .as_deref()
            .and_then(|text| text.lines().next())
            .unwrap_or("no error output")
            .to_owned(),
    })
}

fn first(words: &[String]) -> String {
    words.first().cloned().unwrap_or_default()
}

/// Reads at most one octet more than `cap`.
fn read_capped(source: impl Read, cap: usize) -> std::io::Result<Zeroizing<Vec<u8>>> {
    // A buffer that grew would leave copies in memory that are not wiped.
    let mut octets = Zeroizing::new(Vec::with_capacity(cap + 1));
    source.take(cap as u64 + 1).read_to_end(&mut octets)?;
    Ok(octets)
}

#[cfg(test)]
mod tests {
    use rustix::fs::{CWD, mkfifoat};

    use super::*;

    fn command(words: &[&str]) -> PasswordSource {
        PasswordSource::Command(words.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn removes_one_line_ending_and_nothing_else() {
        let table: &[(&str, &str)] = &[
            ("p@$s'w\"o`r\\d\\0123 ü ", "p@$s'w\"o`r\\d\\0123 ü "),
            ("rabbit\n", "rabbit"),
            ("rabbit\r\n", "rabbit"),
            ("rabbit\n\n", "rabbit\n"),
            (" rabbit", " rabbit"),
        ];
        for (raw, password) in table {
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(file.path(), raw).unwrap();
            let sources = [
                PasswordSource::File(file.path().to_owned()),
                command(&["cat", &file.path().display().to_string()]),
            ];
            for source in sources {
                let read = source.read(&AtomicBool::new(false)).unwrap();
                assert_eq!(read.reveal(), password.as_bytes(), "{source:?}");
            }
        }
    }

    #[test]
    fn reports_a_password_that_cannot_be_read() {
        let folder = tempfile::tempdir().unwrap();
        let [fifo, large] = ["fifo", "large"].map(|name| folder.path().join(name));
        mkfifoat(CWD, &fifo, 0o600.into()).unwrap();
        std::fs::write(&large, vec![b'x'; PASSWORD_CAP + 1]).unwrap();
        let table = [
            (PasswordSource::File("/no/such".into()), "/no/such"),
            (
                PasswordSource::File("/dev/zero".into()),
                "/dev/zero: is a device, not a regular file",
            ),
            (PasswordSource::File(fifo), "fifo: is a FIFO"),
            (PasswordSource::File(large), "invalid password in"),
            (
                PasswordSource::Environment("EHLO_UNSET".into()),
                "EHLO_UNSET is not set",
            ),
            (command(&["ehlo-no-such-command"]), "ehlo-no-such-command"),
            (
                command(&["sh", "-c", "echo no; echo locked >&2; exit 3"]),
                "exit status: 3: locked",
            ),
            (command(&["true"]), "invalid password in"),
            (command(&["cat", "/dev/zero"]), "password_command"),
        ];
        for (source, words) in table {
            let error = source
                .read(&AtomicBool::new(false))
                .unwrap_err()
                .to_string();
            assert!(error.contains(words), "{source:?}: {error}");
        }
    }

    #[test]
    fn cancels_a_command_that_has_closed_its_output() {
        let cancel = AtomicBool::new(false);
        let start = Instant::now();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(Duration::from_millis(300));
                cancel.store(true, Ordering::Relaxed);
            });
            let source = command(&["sh", "-c", "echo x; exec >&- 2>&-; exec sleep 60"]);
            let error = source.read(&cancel);
            assert!(
                matches!(error, Err(PasswordError::Cancelled { .. })),
                "{error:?}"
            );
        });
        assert!(start.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn cancels_a_command() {
        let error = command(&["sleep", "600"]).read(&AtomicBool::new(true));
        assert!(
            matches!(error, Err(PasswordError::Cancelled { .. })),
            "{error:?}"
        );
    }

    #[test]
    fn parses_a_profile_or_reports_what_is_invalid() {
        let profile = |text: &str| toml::from_str::<Profile>(text);
        let read =
            profile("target = 'mx.example:587'\npassword_command = ['pass', 'mail']").unwrap();
        assert_eq!(read.password, Some(command(&["pass", "mail"])));
        let table = [
            ("target = 'a b'", "target: "),
            ("target = 'a'\npassword = 'x'", "unknown field `password`"),
            (
                "target = 'a'\npassword_file = 'x'\npassword_env = 'y'",
                "several passwords: use one of",
            ),
            (
                "target = 'a'\npassword_command = []",
                "empty password_command: use a list",
            ),
            (
                "target = 'a'\nmechanism = 'SCRAM-SHA256'",
                "unknown mechanism \"SCRAM-SHA256\": use one of SCRAM-SHA-256-PLUS, ",
            ),
            ("user = 'a'", "missing field `target`"),
        ];
        for (text, words) in table {
            let error = profile(text).unwrap_err().to_string();
            assert!(error.contains(words), "{text:?}: {error}");
        }
    }
}
