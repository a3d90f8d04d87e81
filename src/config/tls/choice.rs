//! When TLS starts on a connection: the choice of a flag, a profile or the config file.

use std::fmt;

use serde::Deserialize;

use crate::net::Security;

/// When TLS starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum TlsChoice {
    /// TLS from the first byte on port 465 and for smtps://; elsewhere STARTTLS: if you type it in the
    /// console and in scripts, if it is offered in send, check, ports and tls.
    #[default]
    Auto,
    /// STARTTLS if you type it.
    None,
    /// EHLO, STARTTLS and EHLO, sent automatically.
    #[value(name = "starttls")]
    StartTls,
    /// TLS from the first byte.
    Implicit,
}

impl TlsChoice {
    /// Resolves `Auto` for a target that implies `default`.
    pub fn resolve(self, default: Security) -> Security {
        match self {
            Self::Auto => default,
            Self::None => Security::None,
            Self::StartTls => Security::StartTls,
            Self::Implicit => Security::Implicit,
        }
    }
}

impl fmt::Display for TlsChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::None => "none",
            Self::StartTls => "starttls",
            Self::Implicit => "implicit",
        })
    }
}
