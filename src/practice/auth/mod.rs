//! AUTH on the server's side (RFC 4954) for the one user there is. Her password and her token stand
//! in `HELP`, so nothing here guards against being timed.

mod context;
mod scram;

use base64::prelude::{BASE64_STANDARD, Engine as _};

pub(super) use self::context::AuthContext;
use self::scram::ServerScram;
use super::identity::{HOST, TOKEN, USER};
use super::reply::Reply;
use crate::smtp::sasl::{self, Mechanism};

/// The mechanisms that are offered, in the order of EHLO.
const MECHANISMS: [Mechanism; 8] = [
    Mechanism::Plain,
    Mechanism::Login,
    Mechanism::CramMd5,
    Mechanism::ScramSha1,
    Mechanism::ScramSha256,
    Mechanism::XOAuth2,
    Mechanism::OAuthBearer,
    Mechanism::Anonymous,
];
/// Those that are offered where there is a channel to be bound to.
const WITH_BINDING: [Mechanism; 2] = [Mechanism::ScramSha1Plus, Mechanism::ScramSha256Plus];

/// An exchange that waits for the client's next line.
#[derive(Debug)]
pub(super) enum ServerExchange {
    /// All in one message: PLAIN, ANONYMOUS.
    Whole(Mechanism),
    /// The user's name is awaited.
    LoginUser,
    /// The password is awaited.
    LoginPassword {
        /// Whether the name that came before is one the server knows.
        user_known: bool,
    },
    /// The digest is awaited.
    CramMd5 {
        /// What it is the digest of.
        challenge: String,
    },
    /// The first message of SCRAM is awaited.
    ScramFirst(Mechanism),
    /// The proof is awaited.
    ScramFinal(Box<ServerScram>),
    /// The proof was right, ours was sent, and an empty line is awaited.
    ScramDone {
        /// Ours.
        proof: String,
    },
    /// The message with the token is awaited.
    Token(Mechanism),
    /// The token is refused, and the client has to say that it has seen why.
    TokenRefused {
        /// Why.
        words: &'static str,
    },
}

/// Where an exchange stands after a line.
#[derive(Debug)]
pub(super) enum AuthStep {
    /// The server asks for more.
    Continue(ServerExchange, Reply),
    /// The client is who it says.
    Accepted(Reply),
    /// It is not, or the line was none.
    Refused(Reply),
}

/// The mechanisms as EHLO lists them.
pub(super) fn mechanisms(context: &AuthContext<'_>) -> String {
    let names: Vec<_> = offered(context).map(Mechanism::name).collect();
    names.join(" ")
}

fn offered(context: &AuthContext<'_>) -> impl Iterator<Item = Mechanism> {
    let is_bound = context.exporter.is_some();
    MECHANISMS
        .into_iter()
        .chain(WITH_BINDING.into_iter().filter(move |_| is_bound))
}

/// Begins an exchange with what stands behind `AUTH`.
pub(super) fn begin(argument: &str, context: &AuthContext<'_>) -> AuthStep {
    let mut words = argument.split_whitespace();
    let Some(name) = words.next() else {
        return refused(501, "5.5.4", "AUTH names a mechanism: AUTH PLAIN");
    };
    let mechanism =
        Mechanism::parse(name).filter(|&named| offered(context).any(|one| one == named));
    let Some(mechanism) = mechanism else {
        return refused(
            504,
            "5.5.4",
            "Mechanism not known: EHLO lists those that are",
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
        Mechanism::Login => ServerExchange::LoginUser,
        // The server speaks first here (RFC 4954 section 4).
        Mechanism::CramMd5 if initial.is_some() => {
            return refused(
                501,
                "5.7.0",
                "CRAM-MD5 has no initial response: wait for the 334",
            );
        }
        Mechanism::CramMd5 => match challenge() {
            Ok(challenge) => ServerExchange::CramMd5 { challenge },
            Err(_) => return no_random_numbers(),
        },
        Mechanism::XOAuth2 | Mechanism::OAuthBearer => ServerExchange::Token(mechanism),
        _ if mechanism.hash().is_some() => ServerExchange::ScramFirst(mechanism),
        _ => ServerExchange::Whole(mechanism),
    };
    match initial {
        None => ask(exchange),
        // An initial response that is empty is written as "=" (RFC 4954 section 4).
        Some("=") => exchange.take(b"", context),
        Some(response) => exchange.respond(response.as_bytes(), context),
    }
}

impl ServerExchange {
    /// Takes the client's next line.
    pub(super) fn respond(self, line: &[u8], context: &AuthContext<'_>) -> AuthStep {
        if line == b"*" {
            return refused(501, "5.7.0", "Authentication cancelled");
        }
        match BASE64_STANDARD.decode(line) {
            Ok(response) => self.take(&response, context),
            Err(_) => refused(501, "5.5.2", "That is not base64"),
        }
    }

    fn take(self, response: &[u8], context: &AuthContext<'_>) -> AuthStep {
        match self {
            Self::Whole(Mechanism::Anonymous) => {
                AuthStep::Accepted(Reply::new(235, "2.7.0", "Welcome, whoever you are"))
            }
            Self::Whole(_) => plain(response, context),
            Self::LoginUser => ask(Self::LoginPassword {
                user_known: is_user(response),
            }),
            Self::LoginPassword { user_known } => {
                verdict(user_known && response == context.password)
            }
            Self::CramMd5 { challenge } => {
                let digest = sasl::digest(context.password, challenge.as_bytes());
                verdict(response == format!("{USER} {digest}").as_bytes())
            }
            Self::ScramFirst(mechanism) => match ServerScram::begin(mechanism, response, context) {
                Some(Ok(scram)) => ask(Self::ScramFinal(Box::new(scram))),
                Some(Err(_)) => no_random_numbers(),
                None => refused(
                    501,
                    "5.5.2",
                    "SCRAM begins so: n,,n=user,r=nonce (RFC 5802)",
                ),
            },
            Self::ScramFinal(scram) => match scram.finish(response, context.password) {
                Some(proof) => ask(Self::ScramDone { proof }),
                None => verdict(false),
            },
            Self::ScramDone { .. } => verdict(true),
            Self::Token(mechanism) => token(mechanism, response),
            Self::TokenRefused { .. } => refused(535, "5.7.8", "Wrong token: HELP AUTH tells it"),
        }
    }
}

fn plain(response: &[u8], context: &AuthContext<'_>) -> AuthStep {
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
    verdict(may_act && is_user(user) && password == context.password)
}

/// A message of XOAUTH2 or OAUTHBEARER (RFC 7628 section 3.1).
fn token(mechanism: Mechanism, response: &[u8]) -> AuthStep {
    let user = match mechanism {
        Mechanism::XOAuth2 => format!("user={USER}"),
        _ => format!("n,a={USER},"),
    };
    let mut fields = response.split(|&byte| byte == 1);
    let head = fields.next().unwrap_or_default();
    let Some(token) = fields.find_map(|field| field.strip_prefix(b"auth=Bearer ")) else {
        return refused(
            501,
            "5.5.2",
            "A token stands so: ^A auth=Bearer token ^A ^A (RFC 7628)",
        );
    };
    if head == user.as_bytes() && token == TOKEN.as_bytes() {
        return verdict(true);
    }
    let words = match mechanism {
        Mechanism::XOAuth2 => r#"{"status":"400","schemes":"bearer","scope":"smtp"}"#,
        _ => r#"{"status":"invalid_token","scope":"smtp"}"#,
    };
    ask(ServerExchange::TokenRefused { words })
}

fn ask(exchange: ServerExchange) -> AuthStep {
    let text = match &exchange {
        ServerExchange::Whole(_) | ServerExchange::ScramFirst(_) | ServerExchange::Token(_) => "",
        ServerExchange::LoginUser => "Username:",
        ServerExchange::LoginPassword { .. } => "Password:",
        ServerExchange::CramMd5 { challenge } => challenge,
        ServerExchange::ScramFinal(scram) => scram.challenge(),
        ServerExchange::ScramDone { proof } => proof,
        ServerExchange::TokenRefused { words } => words,
    };
    let text = BASE64_STANDARD.encode(text);
    AuthStep::Continue(exchange, Reply::new(334, "", text))
}

fn verdict(good: bool) -> AuthStep {
    if good {
        return AuthStep::Accepted(Reply::new(235, "2.7.0", "Authentication successful"));
    }
    refused(535, "5.7.8", "Wrong user or password: HELP AUTH tells both")
}

fn no_random_numbers() -> AuthStep {
    refused(454, "4.7.0", "No random numbers to be had: try again")
}

fn refused(code: u16, enhanced: &'static str, text: &'static str) -> AuthStep {
    AuthStep::Refused(Reply::new(code, enhanced, text))
}

fn is_user(user: &[u8]) -> bool {
    user == USER.as_bytes()
}

/// A text that was never sent before (RFC 2195 section 2).
fn challenge() -> Result<String, getrandom::Error> {
    Ok(format!(
        "<{:016x}{:016x}@{HOST}>",
        getrandom::u64()?,
        getrandom::u64()?
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::practice::identity::PASSWORD;

    const KNOWN: AuthContext<'static> = AuthContext {
        password: PASSWORD.as_bytes(),
        exporter: None,
    };

    /// The reply to the last of `lines`; the first stands behind AUTH.
    fn last(lines: &[&str]) -> String {
        let mut step = begin(lines[0], &KNOWN);
        for line in &lines[1..] {
            step = match step {
                AuthStep::Continue(exchange, _) => exchange.respond(line.as_bytes(), &KNOWN),
                other => panic!("no line was asked for: {other:?}"),
            };
        }
        match step {
            AuthStep::Continue(_, reply) | AuthStep::Accepted(reply) | AuthStep::Refused(reply) => {
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
        let scram = BASE64_STANDARD.encode("n,,n=alice,r=x");
        let set_exporter = BASE64_STANDARD.encode("p=tls-exporter,,n=alice,r=x");
        let token = BASE64_STANDARD.encode("user=alice\x01auth=Bearer looking-glass\x01\x01");
        let no_token = BASE64_STANDARD.encode("user=alice\x01auth=Bearer mirror\x01\x01");
        let (user, password) = ("YWxpY2U=", "d29uZGVybGFuZA==");
        let table: &[(&[&str], &str)] = &[
            (&[""], "501 5.5.4"),
            (&["EXTERNAL"], "504 5.5.4"),
            (&["SCRAM-SHA-256-PLUS"], "504 5.5.4"),
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
            (&["SCRAM-SHA-1"], "334 "),
            (&["SCRAM-SHA-1", user], "501 5.5.2"),
            (&["SCRAM-SHA-1", &scram, user], "535 5.7.8"),
            (&["SCRAM-SHA-1", &set_exporter], "501 5.5.2"),
            (&[&format!("XOAUTH2 {token}")], "235 2.7.0"),
            (&["XOAUTH2", user], "501 5.5.2"),
            (&["XOAUTH2", &no_token], "334 eyJz"),
            (&["XOAUTH2", &no_token, ""], "535 5.7.8"),
            (&["OAUTHBEARER", &no_token, "AQ=="], "535 5.7.8"),
            (&["ANONYMOUS ="], "235 2.7.0"),
            (&["ANONYMOUS", user], "235 2.7.0"),
        ];
        for (lines, expected) in table {
            let reply = last(lines);
            assert!(reply.starts_with(expected), "{lines:?}: {reply}");
        }
    }

    #[test]
    fn no_challenge_comes_twice() {
        assert_ne!(challenge().unwrap(), challenge().unwrap());
    }
}
