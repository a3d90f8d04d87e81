//! What a line of the client says, read from its octets: user names in clear, of passwords, tokens
//! and proofs nothing but their length. The same words show a message before and after it went.

use std::fmt;

use super::mechanism::Mechanism;
use super::shape::Shape;
use super::{oauth, scram, simple};
use crate::smtp::base64;

/// Something that is seldom meant about a line of the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// About its base64.
    Text(base64::Oddity),
    /// About the octets behind it.
    Content(base64::Finding),
    /// PLAIN with another number of NULs than two.
    Nuls(usize),
    /// The authzid is the user's own name; it is better left out.
    SameAuthzid,
    /// It has not the form that its mechanism asks for.
    Form(Mechanism),
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(oddity) => oddity.fmt(f),
            Self::Content(finding) => finding.fmt(f),
            Self::Nuls(1) => f.write_str("1 NUL, PLAIN needs 2"),
            Self::Nuls(number) => write!(f, "{number} NULs, PLAIN needs 2"),
            Self::SameAuthzid => f.write_str("authzid is the user name: leave it empty"),
            Self::Form(mechanism) => write!(f, "not the form of {mechanism}"),
        }
    }
}

/// What a line of the client says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Its octets, masked: `NUL alice NUL ****** (10 characters)`.
    pub text: String,
    /// The user name in it.
    pub user: Option<String>,
    /// The authzid in it, where there is one.
    pub authzid: Option<String>,
    /// What may be told of the password or token in it.
    pub secret: Option<Shape>,
    /// What is seldom meant.
    pub findings: Vec<Finding>,
}

impl Reading {
    /// Reads the octets of a line, which is the client's answer number `step`, from 0, of its
    /// exchange. `challenge` is what they answer. What is not understood is masked as a whole.
    pub fn of(mechanism: Option<Mechanism>, step: usize, challenge: &[u8], bytes: &[u8]) -> Self {
        let mut reading = match mechanism {
            _ if bytes.is_empty() => Self::default(),
            Some(Mechanism::Plain) => simple::read_plain(bytes),
            Some(Mechanism::Login) => simple::read_login(step, challenge, bytes),
            Some(Mechanism::External | Mechanism::Anonymous) => simple::read_name(bytes),
            Some(Mechanism::CramMd5) => simple::read_cram_md5(bytes),
            Some(Mechanism::XOAuth2 | Mechanism::OAuthBearer) => oauth::read(bytes),
            Some(mechanism) if mechanism.hash().is_some() => scram::read(bytes),
            _ => Self::masked(bytes),
        };
        if let Some(mechanism) = mechanism
            && reading == Self::masked(bytes)
            && mechanism != Mechanism::Login
            && !bytes.is_empty()
        {
            reading.findings.push(Finding::Form(mechanism));
        }
        let content = base64::findings(bytes).into_iter();
        reading.findings.extend(content.map(Finding::Content));
        reading
    }

    /// The same with the user name masked: it may be a password in the wrong place.
    #[must_use]
    pub(crate) fn with_name_masked(self) -> Self {
        match self.user {
            Some(name) => Self {
                text: mask(name.as_bytes()),
                user: None,
                secret: Some(Shape::of(name.as_bytes())),
                ..self
            },
            None => self,
        }
    }

    /// Octets of which nothing is shown but how many there are.
    pub(super) fn masked(bytes: &[u8]) -> Self {
        Self {
            text: mask(bytes),
            ..Self::default()
        }
    }
}

/// The stand-in of a secret: as many stars whatever its length, and its length.
pub(super) fn mask(secret: &[u8]) -> String {
    if secret.is_empty() {
        return "(nothing)".to_owned();
    }
    format!("****** ({})", Shape::of(secret).length_words())
}

/// Octets that may be shown, as text.
pub(super) fn open(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
