//! A session in the words of other tools: the command or the settings that do the same again. A
//! secret is never among them; it is asked for, or a name stands in its place.

mod common;
mod curl;
mod facts;
mod git;
mod msmtp;
mod openssl;
mod script;
pub mod shell;
mod swaks;

use self::facts::Facts;
use super::error::RecordError;
use super::session::Excerpt;

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
/// [`RecordError::NotExportable`], where the tool cannot do what was done, or nothing was.
pub fn export(excerpt: &Excerpt<'_>, export: Export) -> Result<String, RecordError> {
    let facts = Facts::of(excerpt);
    if facts.host.is_empty() && export != Export::Script {
        return Err(RecordError::NotExportable(
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
