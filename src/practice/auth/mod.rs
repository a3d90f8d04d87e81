//! The server side of AUTH (RFC 4954) for the only user. `HELP` shows the password and the token,
//! so there is no protection against timing attacks.

mod context;
mod scram;

use base64::prelude::{BASE64_STANDARD, Engine as _};

pub(super) use self::context::AuthContext;
use self::scram::ServerScram;
use super::identity::HOST;
use super::reply::Reply;
use crate::smtp::sasl::{self, Mechanism};

/// The offered mechanisms, in the order of the EHLO reply.
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
/// The mechanisms with channel binding, offered if the TLS channel can be bound.
const WITH_BINDING: [Mechanism; 2] = [Mechanism::ScramSha1Plus, Mechanism::ScramSha256Plus];

/// A SASL exchange that waits for the client's next response.
#[derive(Debug)]
pub(super) enum ServerExchange {
    /// The only response of PLAIN or ANONYMOUS.
    SingleResponse(Mechanism),
    /// The user name of LOGIN.
    LoginUser,
    /// The password of LOGIN.
    LoginPassword {
        /// Whether the user name was correct.
        user_known: bool,
    },
    /// The digest of CRAM-MD5.
    CramMd5 {
        /// The challenge to digest.
        challenge: String,
    },
    /// The client-first-message of SCRAM.
    ScramFirst(Mechanism),
    /// The client-final-message of SCRAM.
    ScramFinal(Box<ServerScram>),
    /// The empty response after a correct proof.
    ScramDone {
        /// The server-final-message.
        signature: String,
    },
    /// The message with the token.
    Token(Mechanism),
    /// The response to the error of a refused token.
    TokenRefused {
        /// The error, as JSON.
        error: &'static str,
    },
}

/// The result of a client's response.
#[derive(Debug)]
pub(super) enum AuthStep {
    /// The exchange continues with a challenge.
    Continue(ServerExchange, Reply),
    /// The login succeeded.
    Accepted(Reply),
    /// The login failed or the response was invalid.
    Refused(Reply),
}

/// The offered mechanisms as the EHLO reply lists them.
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

/// Starts an exchange with the argument of `AUTH`.
pub(super) fn begin(argument: &str, context: &AuthContext<'_>) -> AuthStep {
    let mut words = argument.split_whitespace();
    let Some(name) = words.next() else {
        return refused(501, "5.5.4", "AUTH needs a mechanism: AUTH PLAIN");
    };
    let mechanism =
        Mechanism::parse(name).filter(|&named| offered(context).any(|one| one == named));
    let Some(mechanism) = mechanism else {
        return refused(
            504,
            "5.5.4",
            "Unknown mechanism: EHLO lists the supported ones",
        );
    };
    let initial = words.next();
    if words.next().is_some() {
        return refused(
            501,
            "5.5.4",
            "AUTH takes a mechanism and at most one base64 response",
        );
    }
    let exchange = match mechanism {
        Mechanism::Login => ServerExchange::LoginUser,
        // In CRAM-MD5 the server sends the first message (RFC 4954 section 4).
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
        _ => ServerExchange::SingleResponse(mechanism),
    };
    match initial {
        None => ask(exchange),
        // "=" stands for an empty initial response (RFC 4954 section 4).
        Some("=") => exchange.handle(b"", context),
        Some(response) => exchange.respond(response.as_bytes(), context),
    }
}

impl ServerExchange {
    /// Handles the client's next line.
    pub(super) fn respond(self, line: &[u8], context: &AuthContext<'_>) -> AuthStep {
        if line == b"*" {
            return refused(501, "5.7.0", "Authentication cancelled");
        }
        match BASE64_STANDARD.decode(line) {
            Ok(response) => self.handle(&response, context),
            Err(_) => refused(501, "5.5.2", "Invalid base64"),
        }
    }

    fn handle(self, response: &[u8], context: &AuthContext<'_>) -> AuthStep {
        match self {
            Self::SingleResponse(Mechanism::Anonymous) => {
                AuthStep::Accepted(Reply::new(235, "2.7.0", "Anonymous login accepted"))
            }
            Self::SingleResponse(_) => plain(response, context),
            Self::LoginUser => ask(Self::LoginPassword {
                user_known: response == context.user.as_bytes(),
            }),
            Self::LoginPassword { user_known } => {
                verdict(user_known && response == context.password)
            }
            Self::CramMd5 { challenge } => {
                let digest = sasl::digest(context.password, challenge.as_bytes());
                verdict(response == format!("{} {digest}", context.user).as_bytes())
            }
            Self::ScramFirst(mechanism) => match ServerScram::begin(mechanism, response, context) {
                Some(Ok(scram)) => ask(Self::ScramFinal(Box::new(scram))),
                Some(Err(_)) => no_random_numbers(),
                None => refused(
                    501,
                    "5.5.2",
                    "Invalid SCRAM message: expected n,,n=user,r=nonce (RFC 5802)",
                ),
            },
            Self::ScramFinal(scram) => match scram.finish(response, context.password) {
                Some(signature) => ask(Self::ScramDone { signature }),
                None => verdict(false),
            },
            Self::ScramDone { .. } => verdict(true),
            Self::Token(mechanism) => token(mechanism, response, context),
            Self::TokenRefused { .. } => refused(535, "5.7.8", "Wrong token: HELP AUTH shows it"),
        }
    }
}

fn plain(response: &[u8], context: &AuthContext<'_>) -> AuthStep {
    let mut fields = response.split(|&byte| byte == 0);
    let (Some(authorized), Some(user), Some(password), None) =
        (fields.next(), fields.next(), fields.next(), fields.next())
    else {
        return refused(
            501,
            "5.5.2",
            "Invalid PLAIN response: expected base64 of NUL user NUL password (RFC 4616)",
        );
    };
    let is_authorized = authorized.is_empty() || authorized == user;
    verdict(is_authorized && user == context.user.as_bytes() && password == context.password)
}

/// Checks a message of XOAUTH2 or OAUTHBEARER (RFC 7628 section 3.1).
fn token(mechanism: Mechanism, response: &[u8], context: &AuthContext<'_>) -> AuthStep {
    let user = match mechanism {
        Mechanism::XOAuth2 => format!("user={}", context.user),
        _ => format!("n,a={},", context.user),
    };
    let mut fields = response.split(|&byte| byte == 1);
    let first = fields.next().unwrap_or_default();
    let Some(token) = fields.find_map(|field| field.strip_prefix(b"auth=Bearer ")) else {
        return refused(
            501,
            "5.5.2",
            "Invalid token message: expected ^Aauth=Bearer token^A^A (RFC 7628)",
        );
    };
    if first == user.as_bytes() && context.token.is_some_and(|known| token == known.as_bytes()) {
        return verdict(true);
    }
    let error = match mechanism {
        Mechanism::XOAuth2 => r#"{"status":"400","schemes":"bearer","scope":"smtp"}"#,
        _ => r#"{"status":"invalid_token","scope":"smtp"}"#,
    };
    ask(ServerExchange::TokenRefused { error })
}

fn ask(exchange: ServerExchange) -> AuthStep {
    let text = match &exchange {
        ServerExchange::SingleResponse(_)
        | ServerExchange::ScramFirst(_)
        | ServerExchange::Token(_) => "",
        ServerExchange::LoginUser => "Username:",
        ServerExchange::LoginPassword { .. } => "Password:",
        ServerExchange::CramMd5 { challenge } => challenge,
        ServerExchange::ScramFinal(scram) => scram.challenge(),
        ServerExchange::ScramDone { signature } => signature,
        ServerExchange::TokenRefused { error } => error,
    };
    let text = BASE64_STANDARD.encode(text);
    AuthStep::Continue(exchange, Reply::new(334, "", text))
}

fn verdict(correct: bool) -> AuthStep {
    if correct {
        return AuthStep::Accepted(Reply::new(235, "2.7.0", "Authentication successful"));
    }
    refused(535, "5.7.8", "Wrong user or password: HELP AUTH shows both")
}

fn no_random_numbers() -> AuthStep {
    refused(454, "4.7.0", "No random numbers available: try again later")
}

fn refused(code: u16, enhanced: &'static str, text: &'static str) -> AuthStep {
    AuthStep::Refused(Reply::new(code, enhanced, text))
}

/// A unique challenge (RFC 2195 section 2).
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
    use crate::practice::identity::{PASSWORD, TOKEN, USER};

    const KNOWN: AuthContext<'static> = AuthContext {
        user: USER,
        token: Some(TOKEN),
        password: PASSWORD.as_bytes(),
        exporter: None,
    };

    /// The reply to the last of `lines`; the first is the argument of AUTH.
    fn last(lines: &[&str]) -> String {
        let mut step = begin(lines[0], &KNOWN);
        for line in &lines[1..] {
            step = match step {
                AuthStep::Continue(exchange, _) => exchange.respond(line.as_bytes(), &KNOWN),
                other => panic!("the exchange has ended: {other:?}"),
            };
        }
        match step {
            AuthStep::Continue(_, reply) | AuthStep::Accepted(reply) | AuthStep::Refused(reply) => {
                reply.first_line()
            }
        }
    }

    #[test]
    fn exchanges_get_the_expected_replies() {
        let good = BASE64_STANDARD.encode("\0alice\0wonderland");
        let as_herself = BASE64_STANDARD.encode("alice\0alice\0wonderland");
        let as_other = BASE64_STANDARD.encode("bob\0alice\0wonderland");
        let wrong = BASE64_STANDARD.encode("\0alice\0rabbit");
        let short = BASE64_STANDARD.encode("alice\0wonderland");
        let long = BASE64_STANDARD.encode("\0alice\0wonderland\0");
        let scram = BASE64_STANDARD.encode("n,,n=alice,r=x");
        let bound = BASE64_STANDARD.encode("p=tls-exporter,,n=alice,r=x");
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
            (&["SCRAM-SHA-1", &bound], "501 5.5.2"),
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
    fn challenges_are_unique() {
        assert_ne!(challenge().unwrap(), challenge().unwrap());
    }
}
