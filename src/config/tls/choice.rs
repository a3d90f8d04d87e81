//! When TLS starts on a connection, as a flag, a profile or the config file says it.

use std::fmt;

use serde::Deserialize;

use crate::net::Security;

/// When TLS starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum TlsChoice {
    /// From the first byte on port 465 and for smtps://, else not by itself.
    #[default]
    Auto,
    /// Not by itself.
    None,
    /// By EHLO, STARTTLS, EHLO, which are sent by themselves.
    #[value(name = "starttls")]
    StartTls,
    /// From the first byte.
    Implicit,
}

impl TlsChoice {
    /// Resolves `Auto` to `default`, the security that the target implies.
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
