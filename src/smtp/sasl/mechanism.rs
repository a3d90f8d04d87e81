//! The SASL mechanisms: their names, their order, what each needs from the user and the link.

use std::fmt;

use super::hash::Hash;

/// A SASL mechanism the client implements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mechanism {
    /// RFC 7677, bound to the TLS channel.
    ScramSha256Plus,
    /// RFC 5802, bound to the TLS channel.
    ScramSha1Plus,
    /// RFC 7677.
    ScramSha256,
    /// RFC 5802.
    ScramSha1,
    /// RFC 7628.
    OAuthBearer,
    /// The predecessor of OAUTHBEARER, used by Google and Microsoft.
    XOAuth2,
    /// RFC 4422 appendix A: the client certificate identifies the user.
    External,
    /// RFC 2195.
    CramMd5,
    /// RFC 4616.
    Plain,
    /// draft-murchison-sasl-login.
    Login,
    /// RFC 4505.
    Anonymous,
}

/// What a mechanism needs from the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// A user name and a password.
    Password,
    /// A user name and a bearer token.
    Token,
    /// Nothing; an authzid is optional.
    Nothing,
    /// Trace information: an address or any text, given as the user name.
    Trace,
}

/// Mechanisms the client does not implement but recognises: they can be typed by hand.
const MANUAL_ONLY: [&str; 4] = ["DIGEST-MD5", "NTLM", "GSSAPI", "OTP"];
/// The prefix of all SCRAM mechanisms; a hash function follows.
const SCRAM_PREFIX: &str = "SCRAM-SHA-";

impl Mechanism {
    /// All mechanisms, strongest first.
    pub const ALL: [Self; 11] = [
        Self::ScramSha256Plus,
        Self::ScramSha1Plus,
        Self::ScramSha256,
        Self::ScramSha1,
        Self::OAuthBearer,
        Self::XOAuth2,
        Self::External,
        Self::CramMd5,
        Self::Plain,
        Self::Login,
        Self::Anonymous,
    ];

    /// Parses a mechanism name, in any letter case.
    pub fn parse(word: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|mechanism| mechanism.name().eq_ignore_ascii_case(word))
    }

    /// The registered name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ScramSha256Plus => "SCRAM-SHA-256-PLUS",
            Self::ScramSha1Plus => "SCRAM-SHA-1-PLUS",
            Self::ScramSha256 => "SCRAM-SHA-256",
            Self::ScramSha1 => "SCRAM-SHA-1",
            Self::OAuthBearer => "OAUTHBEARER",
            Self::XOAuth2 => "XOAUTH2",
            Self::External => "EXTERNAL",
            Self::CramMd5 => "CRAM-MD5",
            Self::Plain => "PLAIN",
            Self::Login => "LOGIN",
            Self::Anonymous => "ANONYMOUS",
        }
    }

    /// What it needs from the user.
    pub const fn needs(self) -> Needs {
        match self {
            Self::OAuthBearer | Self::XOAuth2 => Needs::Token,
            Self::External => Needs::Nothing,
            Self::Anonymous => Needs::Trace,
            _ => Needs::Password,
        }
    }

    /// Whether an initial response is possible. For LOGIN, only some servers accept the user name
    /// in it.
    pub const fn sends_first(self) -> bool {
        !matches!(self, Self::CramMd5)
    }

    /// Whether an initial response is usual.
    pub const fn usually_sends_first(self) -> bool {
        !matches!(self, Self::CramMd5 | Self::Login)
    }

    /// Whether it is bound to a TLS channel, so it cannot work without TLS.
    pub const fn needs_binding(self) -> bool {
        matches!(self, Self::ScramSha1Plus | Self::ScramSha256Plus)
    }

    /// Whether the message contains the password or token itself, not only a proof of it.
    pub const fn sends_secret_itself(self) -> bool {
        matches!(
            self,
            Self::Plain | Self::Login | Self::OAuthBearer | Self::XOAuth2
        )
    }

    /// The hash function, for mechanisms of the SCRAM family.
    pub(crate) const fn hash(self) -> Option<Hash> {
        match self {
            Self::ScramSha1 | Self::ScramSha1Plus => Some(Hash::Sha1),
            Self::ScramSha256 | Self::ScramSha256Plus => Some(Hash::Sha256),
            _ => None,
        }
    }
}

impl fmt::Display for Mechanism {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Whether a word is the name of a mechanism in use, implemented here or not.
pub(crate) fn is_known(word: &str) -> bool {
    let family = word.get(..SCRAM_PREFIX.len());
    Mechanism::parse(word).is_some()
        || MANUAL_ONLY
            .iter()
            .any(|name| name.eq_ignore_ascii_case(word))
        || family.is_some_and(|family| family.eq_ignore_ascii_case(SCRAM_PREFIX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_the_names_it_prints() {
        for mechanism in Mechanism::ALL {
            let small = mechanism.name().to_ascii_lowercase();
            assert_eq!(Mechanism::parse(&small), Some(mechanism));
            assert!(is_known(&small));
        }
        assert_eq!(Mechanism::parse("NTLM"), None);
        assert!(is_known("ntlm") && is_known("SCRAM-SHA-512"));
        assert!(!is_known("PLAINER") && !is_known(""));
    }
}
