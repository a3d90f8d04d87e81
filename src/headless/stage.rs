//! The stages of a session: their names and exit statuses are those of swaks, so that scripts can
//! move.

use std::fmt;
use std::str::FromStr;

use crate::smtp::{Awaited, Verb};

/// A stage of a session, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// The connection.
    Connect,
    /// The greeting.
    Banner,
    /// The first EHLO, HELO or LHLO.
    FirstHelo,
    /// XCLIENT.
    Xclient,
    /// The EHLO after XCLIENT.
    XclientHelo,
    /// TLS, by STARTTLS or from the first byte.
    Tls,
    /// The EHLO under TLS; without STARTTLS the first one.
    Helo,
    /// The login.
    Auth,
    /// MAIL.
    Mail,
    /// All RCPT.
    Rcpt,
    /// DATA.
    Data,
    /// The message: its final dot, or the last chunk.
    Dot,
    /// QUIT.
    Quit,
}

/// A name that no stage has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown stage {0:?}: use one of {names}", names = Stage::names())]
pub struct UnknownStage(String);

impl Stage {
    /// Each name; the first of a stage is the one that is shown.
    const NAMES: [(&'static str, Self); 19] = [
        ("CONNECT", Self::Connect),
        ("BANNER", Self::Banner),
        ("FIRST-HELO", Self::FirstHelo),
        ("FIRST-EHLO", Self::FirstHelo),
        ("XCLIENT", Self::Xclient),
        ("XCLIENT-HELO", Self::XclientHelo),
        ("TLS", Self::Tls),
        ("STARTTLS", Self::Tls),
        ("HELO", Self::Helo),
        ("EHLO", Self::Helo),
        ("LHLO", Self::Helo),
        ("AUTH", Self::Auth),
        ("MAIL", Self::Mail),
        ("FROM", Self::Mail),
        ("RCPT", Self::Rcpt),
        ("TO", Self::Rcpt),
        ("DATA", Self::Data),
        ("DOT", Self::Dot),
        ("QUIT", Self::Quit),
    ];

    /// The exit status of a session that fails in this stage.
    pub const fn status(self) -> u8 {
        match self {
            Self::Connect => 2,
            Self::Banner => 21,
            Self::FirstHelo => 22,
            Self::Mail => 23,
            Self::Rcpt => 24,
            Self::Data => 25,
            Self::Dot => 26,
            Self::Quit => 27,
            Self::Auth => 28,
            Self::Tls => 29,
            Self::Helo => 32,
            Self::Xclient => 33,
            Self::XclientHelo => 34,
        }
    }

    /// The stage of a request; `begun_anew` by TLS or XCLIENT tells which EHLO it is. `None` for one that
    /// is no step towards sending a message, such as NOOP.
    pub fn of(awaited: Awaited, begun_anew: Option<Self>) -> Option<Self> {
        Some(match awaited {
            Awaited::Greeting => Self::Banner,
            Awaited::SaslResponse | Awaited::SaslCancel => Self::Auth,
            Awaited::EndOfData | Awaited::Chunk { .. } => Self::Dot,
            Awaited::Command(verb) => match verb {
                verb if verb.is_introduction() => match begun_anew {
                    Some(Self::Tls) => Self::Helo,
                    Some(Self::Xclient) => Self::XclientHelo,
                    _ => Self::FirstHelo,
                },
                Verb::StartTls => Self::Tls,
                Verb::Auth | Verb::Xexps => Self::Auth,
                Verb::Mail => Self::Mail,
                Verb::Rcpt => Self::Rcpt,
                Verb::Data => Self::Data,
                Verb::Bdat | Verb::Burl => Self::Dot,
                Verb::Quit => Self::Quit,
                Verb::Xclient => Self::Xclient,
                _ => return None,
            },
        })
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        let named = Self::NAMES.iter().find(|(_, stage)| *stage == self);
        named.map_or("-", |(name, _)| name)
    }

    /// All names.
    pub fn names() -> String {
        Self::NAMES.map(|(name, _)| name).join(", ")
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Stage {
    type Err = UnknownStage;

    fn from_str(text: &str) -> Result<Self, UnknownStage> {
        let mut named = Self::NAMES.iter();
        let found = named.find(|(name, _)| name.eq_ignore_ascii_case(text));
        found
            .map(|&(_, stage)| stage)
            .ok_or_else(|| UnknownStage(text.to_owned()))
    }
}
