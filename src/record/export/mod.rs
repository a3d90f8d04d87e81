//! A session in the words of other tools: the command or the settings that do the same again. A
//! secret is never among them; it is asked for, or a name stands in its place.

mod curl;
mod facts;
mod git;
mod msmtp;
mod openssl;
mod script;
pub mod shell;
mod swaks;

use self::facts::{Facts, Tls};
use super::error::RecordError;
use super::session::Excerpt;

/// The name of the file that a command takes the message from.
const MESSAGE_FILE: &str = "message.eml";
/// What prints the message as it goes behind DATA: its dots stuffed.
const STUFFED: &str = "sed 's/^\\./../' message.eml";
/// Stands where a user name is that is not known.
const USER: &str = "\"$SMTP_USER\"";

/// Whose words a session is told in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Export {
    /// A `swaks` command.
    Swaks,
    /// A `curl` command.
    Curl,
    /// An `openssl s_client` command, and what to type.
    Openssl,
    /// `git config sendemail.*`.
    Git,
    /// An account for msmtp.
    Msmtp,
    /// The lines, for `ehlo`.
    Script,
}

impl Export {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Swaks,
        Self::Curl,
        Self::Openssl,
        Self::Git,
        Self::Msmtp,
        Self::Script,
    ];

    /// The one of this name, in any case of letters.
    pub fn parse(name: &str) -> Option<Self> {
        let named = |export: &Self| export.name().eq_ignore_ascii_case(name);
        Self::ALL.into_iter().find(named)
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Swaks => "swaks",
            Self::Curl => "curl",
            Self::Openssl => "openssl",
            Self::Git => "git",
            Self::Msmtp => "msmtp",
            Self::Script => "ehlo",
        }
    }
}

/// The session in those words, ending in a line break. A message is read from `message.eml`, as which
/// it is to be saved.
///
/// # Errors
/// [`RecordError::NothingToExport`], where the tool cannot do what was done, or nothing was.
pub fn export(excerpt: &Excerpt<'_>, export: Export) -> Result<String, RecordError> {
    let facts = Facts::of(excerpt);
    if facts.host.is_empty() && export != Export::Script {
        return Err(RecordError::NothingToExport(
            "the record does not name the server",
        ));
    }
    match export {
        Export::Swaks => Ok(swaks::write(&facts)),
        Export::Curl => curl::write(&facts),
        Export::Openssl => openssl::write(&facts, excerpt),
        Export::Git => Ok(git::write(&facts)),
        Export::Msmtp => Ok(msmtp::write(&facts)),
        Export::Script => script::write(excerpt),
    }
}

/// A command of several lines: each option on a line of its own.
fn command(program: &str, options: &[String]) -> String {
    let mut text = program.to_owned();
    for option in options {
        text.push_str(" \\\n  ");
        text.push_str(option);
    }
    text + "\n"
}

/// What has to be known about a message that a command reads.
fn about_message() -> String {
    format!("# {MESSAGE_FILE} is the message of the session, saved by its ending .eml\n")
}

/// What has to be known about TLS, of which the record does not know how it was set; `verifying` says
/// what the tool does about the certificate.
fn about_tls(facts: &Facts, verifying: &str) -> String {
    if facts.tls == Tls::Never {
        return String::new();
    }
    format!(
        "# not in the record: settings of TLS, such as --ca-file and --sni\n\
         # {verifying}\n"
    )
}

/// What is said where a tool is told not to verify.
const NOT_VERIFIED: &str = "no authority vouched for the session's certificate; none is asked here";

/// Which transaction a command tells that can do only one.
fn about_transactions(facts: &Facts) -> String {
    match facts.transactions {
        0 | 1 => String::new(),
        count => format!("# the last of {count} transactions\n"),
    }
}
