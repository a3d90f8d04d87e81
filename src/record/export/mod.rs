//! Exports a session as a command or settings for another tool that repeat it. Secrets are never
//! exported: the command asks for them or contains a placeholder.

mod common;
mod curl;
mod facts;
mod git;
mod msmtp;
mod openssl;
mod script;
mod swaks;

use self::facts::Facts;
use super::error::RecordError;
use super::session::Excerpt;

/// The tool a session is exported for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Export {
    /// A `swaks` command.
    Swaks,
    /// A `curl` command.
    Curl,
    /// An `openssl s_client` command with the lines as its input.
    Openssl,
    /// `git config sendemail.*` commands.
    Git,
    /// An account for msmtp.
    Msmtp,
    /// The sent lines, for `ehlo`.
    Script,
}

impl Export {
    /// All exports.
    pub const ALL: [Self; 6] = [
        Self::Swaks,
        Self::Curl,
        Self::Openssl,
        Self::Git,
        Self::Msmtp,
        Self::Script,
    ];

    /// The export with this name, ignoring case.
    pub fn parse(name: &str) -> Option<Self> {
        let named = |export: &Self| export.name().eq_ignore_ascii_case(name);
        Self::ALL.into_iter().find(named)
    }

    /// The name of the export.
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

/// Exports a session as text that ends in a line break. Commands read the message from
/// `message.eml`, which the user saves separately.
///
/// # Errors
/// [`RecordError::NotExportable`] if the server is unknown, nothing was sent, or the tool cannot do
/// what the session did.
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
