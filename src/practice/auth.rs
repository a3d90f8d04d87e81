//! AUTH on the server's side (RFC 4954): PLAIN, LOGIN and CRAM-MD5 for the one user there is. Her
//! password stands in `HELP`, so nothing here guards against being timed.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use hmac::{Hmac, KeyInit as _, Mac as _};
use md5::Md5;

use super::reply::Reply;
use super::{HOST, PASSWORD, USER};

/// The mechanisms as EHLO lists them.
pub(super) const MECHANISMS: &str = "PLAIN LOGIN CRAM-MD5";

/// How a client can show who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mechanism {
    /// RFC 4616.
    Plain,
    /// draft-murchison-sasl-login.
    Login,
    /// RFC 2195.
    CramMd5,
}

impl Mechanism {
    const ALL: [Self; 3] = [Self::Plain, Self::Login, Self::CramMd5];

    /// The mechanism a word names.
    pub(super) fn parse(word: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|mechanism| mechanism.name().eq_ignore_ascii_case(word))
    }

    /// Its registered name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::Login => "LOGIN",
            Self::CramMd5 => "CRAM-MD5",
        }
    }
}

/// An exchange that waits for the client's next line.
#[derive(Debug)]
pub(super) enum Exchange {
    /// All in one message.
    Plain,
    /// The user's name is awaited.
    LoginUser,
    /// The password is awaited.
    LoginPassword {
        /// Whether the name that came before is one the server knows.
        known: bool,
    },
    /// The digest is awaited.
    CramMd5 {
        /// What it is the digest of.
        challenge: String,
    },
}

/// Where an exchange stands after a line.
#[derive(Debug)]
pub(super) enum Step {
    /// The server asks for more.
    Ask(Exchange, Reply),
    /// The client is who it says.
    Accepted(Reply),
    /// It is not, or the line was none.
    Refused(Reply),
}

/// Begins an exchange with what stands behind `AUTH`.
pub(super) fn begin(argument: &str) -> Step {
    let mut words = argument.split_whitespace();
    let Some(name) = words.next() else {
        return refused(501, "5.5.4", "AUTH names a mechanism: AUTH PLAIN");
    };
    let Some(mechanism) = Mechanism::parse(name) else {
        return refused(
            504,
            "5.5.4",
            "Mechanism not known: PLAIN, LOGIN and CRAM-MD5 are",
        );
    };
    let initial = words.next();
    if words.next().is_some() {
        return refused(
            501,
            "5.5.4",
            "AUTH takes a mechanism and at most one response in base64",
        );
    }
    let exchange = match mechanism {
        Mechanism::Plain => Exchange::Plain,
        Mechanism::Login => Exchange::LoginUser,
        // The server speaks first here (RFC 4954 section 4).
        Mechanism::CramMd5 if initial.is_some() => {
            return refused(
                501,
                "5.7.0",
                "CRAM-MD5 has no initial response: wait for the 334",
            );
        }
        Mechanism::CramMd5 => match challenge() {
            Ok(challenge) => Exchange::CramMd5 { challenge },
            Err(_) => return refused(454, "4.7.0", "No random numbers to be had: try again"),
        },
    };
    match initial {
        None => ask(exchange),
        // An initial response that is empty is written as "=" (RFC 4954 section 4).
        Some("=") => exchange.take(b""),
        Some(response) => exchange.answer(response.as_bytes()),
    }
}

impl Exchange {
    /// Takes the client's next line.
    pub(super) fn answer(self, line: &[u8]) -> Step {
        if line == b"*" {
            return refused(501, "5.7.0", "Authentication cancelled");
        }
        match BASE64_STANDARD.decode(line) {
            Ok(response) => self.take(&response),
            Err(_) => refused(501, "5.5.2", "That is not base64"),
        }
    }

    fn take(self, response: &[u8]) -> Step {
        match self {
            Self::Plain => {
                let mut fields = response.split(|&byte| byte == 0);
                let (Some(as_whom), Some(user), Some(password), None) =
                    (fields.next(), fields.next(), fields.next(), fields.next())
                else {
                    return refused(
                        501,
                        "5.5.2",
                        "PLAIN is base64 of: NUL user NUL password (RFC 4616)",
                    );
                };
                let may_act = as_whom.is_empty() || as_whom == user;
                verdict(may_act && is_user(user) && is_password(password))
            }
            Self::LoginUser => ask(Self::LoginPassword {
                known: is_user(response),
            }),
            Self::LoginPassword { known } => verdict(known && is_password(response)),
            Self::CramMd5 { challenge } => verdict(is_digest(response, &challenge)),
        }
    }
}

fn ask(exchange: Exchange) -> Step {
    let text = match &exchange {
        Exchange::Plain => String::new(),
        Exchange::LoginUser => BASE64_STANDARD.encode("Username:"),
        Exchange::LoginPassword { .. } => BASE64_STANDARD.encode("Password:"),
        Exchange::CramMd5 { challenge } => BASE64_STANDARD.encode(challenge),
    };
    Step::Ask(exchange, Reply::new(334, "", text))
}

fn verdict(good: bool) -> Step {
    if good {
        return Step::Accepted(Reply::new(235, "2.7.0", "Authentication successful"));
    }
    refused(535, "5.7.8", "Wrong user or password: HELP AUTH tells both")
}

fn refused(code: u16, enhanced: &'static str, text: &'static str) -> Step {
    Step::Refused(Reply::new(code, enhanced, text))
}

fn is_user(user: &[u8]) -> bool {
    user == USER.as_bytes()
}

fn is_password(password: &[u8]) -> bool {
    password == PASSWORD.as_bytes()
}

/// A text that was never sent before (RFC 2195 section 2).
fn challenge() -> Result<String, getrandom::Error> {
    Ok(format!(
        "<{:016x}{:016x}@{HOST}>",
        getrandom::u64()?,
        getrandom::u64()?
    ))
}

/// Whether `response` is the user, a space, and HMAC-MD5 of the challenge in hexadecimal.
fn is_digest(response: &[u8], challenge: &str) -> bool {
    let Ok(mut mac) = Hmac::<Md5>::new_from_slice(PASSWORD.as_bytes()) else {
        return false;
    };
    mac.update(challenge.as_bytes());
    let digest = mac.finalize().into_bytes();
    let hexadecimal: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    response == format!("{USER} {hexadecimal}").as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The reply to the last of `lines`; the first stands behind AUTH.
    fn last(lines: &[&str]) -> String {
        let mut step = begin(lines[0]);
        for line in &lines[1..] {
            step = match step {
                Step::Ask(exchange, _) => exchange.answer(line.as_bytes()),
                other => panic!("no line was asked for: {other:?}"),
            };
        }
        match step {
            Step::Ask(_, reply) | Step::Accepted(reply) | Step::Refused(reply) => {
                reply.first_line()
            }
        }
    }

    #[test]
    fn exchanges_end_as_they_should() {
        let good = BASE64_STANDARD.encode("\0alice\0wonderland");
        let as_herself = BASE64_STANDARD.encode("alice\0alice\0wonderland");
        let as_other = BASE64_STANDARD.encode("bob\0alice\0wonderland");
        let wrong = BASE64_STANDARD.encode("\0alice\0rabbit");
        let short = BASE64_STANDARD.encode("alice\0wonderland");
        let long = BASE64_STANDARD.encode("\0alice\0wonderland\0");
        let (user, password) = ("YWxpY2U=", "d29uZGVybGFuZA==");
        let table: &[(&[&str], &str)] = &[
            (&[""], "501 5.5.4"),
            (&["SCRAM-SHA-1"], "504 5.5.4"),
            (&["PLAIN a b"], "501 5.5.4"),
            (&["PLAIN"], "334 "),
            (&["plain", &good], "235 2.7.0"),
            (&[&format!("PLAIN {good}")], "235 2.7.0"),
            (&[&format!("PLAIN {as_herself}")], "235 2.7.0"),
            (&[&format!("PLAIN {as_other}")], "535 5.7.8"),
            (&[&format!("PLAIN {wrong}")], "535 5.7.8"),
            (&["PLAIN", &wrong], "535 5.7.8"),
            (&[&format!("PLAIN {short}")], "501 5.5.2"),
            (&[&format!("PLAIN {long}")], "501 5.5.2"),
            (&["PLAIN ="], "501 5.5.2"),
            (&["PLAIN", "="], "501 5.5.2"),
            (&["PLAIN", ""], "501 5.5.2"),
            (&["PLAIN", "*"], "501 5.7.0"),
            (&["PLAIN %%%"], "501 5.5.2"),
            (&["PLAIN YWxpY2U"], "501 5.5.2"),
            (&["LOGIN"], "334 VXNlcm5hbWU6"),
            (&["LOGIN", user], "334 UGFzc3dvcmQ6"),
            (&["LOGIN", user, password], "235 2.7.0"),
            (&["LOGIN YWxpY2U=", password], "235 2.7.0"),
            (&["LOGIN YWxpY2U=", user], "535 5.7.8"),
            (&["LOGIN =", password], "535 5.7.8"),
            (&["LOGIN", password, password], "535 5.7.8"),
            (&["LOGIN", user, "*"], "501 5.7.0"),
            (&["CRAM-MD5 YWxpY2U="], "501 5.7.0"),
            (&["CRAM-MD5 ="], "501 5.7.0"),
            (&["CRAM-MD5", user], "535 5.7.8"),
            (&["CRAM-MD5", ""], "535 5.7.8"),
        ];
        for (lines, expected) in table {
            let said = last(lines);
            assert!(said.starts_with(expected), "{lines:?}: {said}");
        }
    }

    #[test]
    fn a_digest_is_of_its_challenge() {
        // RFC 2195 section 2 has this challenge; the digest is of our password, made with openssl.
        let challenge = "<1896.697170952@postoffice.reston.mci.net>";
        let digest = b"alice f8b84462cdd4d65a5f0ea15e124c8fde";
        assert!(is_digest(digest, challenge));
        assert!(!is_digest(
            digest,
            "<1896.697170953@postoffice.reston.mci.net>"
        ));
    }

    #[test]
    fn no_challenge_comes_twice() {
        assert_ne!(challenge().unwrap(), challenge().unwrap());
    }
}
