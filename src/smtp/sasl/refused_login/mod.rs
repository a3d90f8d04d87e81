//! A login that the server refused, and what the user should check.

use super::masked_message::MessageIssue;
use super::mechanism::{Mechanism, Needs};
use super::secret_shape::SecretShape;
use crate::smtp::base64::{ContentIssue, EncodingIssue};
use crate::smtp::reply::Reply;

/// A login that the server refused. It contains no octet of the secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedLogin {
    /// The mechanism, as named in the AUTH line.
    pub mechanism: String,
    /// The user name that was sent, if it is known.
    pub user: Option<String>,
    /// The authzid that was sent, if any.
    pub authzid: Option<String>,
    /// Length and kinds of characters of the password or token, if they are known: after a digest
    /// typed by hand they are not.
    pub secret: Option<SecretShape>,
    /// Probable mistakes in the lines that were sent.
    pub issues: Vec<MessageIssue>,
    /// Whether the first message was sent in the AUTH line.
    pub initial_response: bool,
    /// Whether the lines were typed by hand.
    pub by_hand: bool,
    /// The reply that refused the login.
    pub reply: Reply,
}

impl RefusedLogin {
    /// What the user should check, the likeliest cause first, each in one or two sentences.
    ///
    /// `offered` is the list of mechanisms in the server's last EHLO reply. `explanation` explains
    /// this exact refusal, if it is a known one; it becomes the first item.
    pub fn checks(&self, offered: &[&str], explanation: Option<&str>) -> Vec<String> {
        let code = self.reply.code().map_or(0, crate::smtp::Code::number);
        let enhanced = self.reply.enhanced.map(|code| code.to_string());
        let general: Vec<String> = match (code, enhanced.as_deref()) {
            (_, Some("5.7.139")) if explanation.is_none() => vec![
                "The account or its organisation does not allow this kind of login (5.7.139): the \
                 password is not the problem. Ask the administrator, or use OAuth."
                    .to_owned(),
            ],
            (501, _) if self.is_clear_text() => Vec::new(),
            (501, _) => vec![
                "501 means a syntax error, not a wrong password: is the response base64, in one \
                 line, with nothing after it?"
                    .to_owned(),
            ],
            (530 | 538, _) => {
                vec!["The server requires TLS first: STARTTLS, EHLO, then AUTH.".to_owned()]
            }
            (504, _) => vec![format!("The server does not support {}.", self.mechanism)],
            (503, _) => vec![
                "AUTH was sent at the wrong time: before EHLO, twice, or during a mail \
                 transaction."
                    .to_owned(),
            ],
            (432, _) => vec![
                "The server requires a password change, or one login with PLAIN, first (432)."
                    .to_owned(),
            ],
            (400..=499, _) => vec![format!(
                "{code} is a temporary error: the server could not check the login. Try again \
                 later."
            )],
            _ => Vec::new(),
        };
        let settled = code == 501 || enhanced.as_deref() == Some("5.7.139");
        let concerns_credentials = general.is_empty() && !settled;
        let mut checks: Vec<String> = explanation.map(str::to_owned).into_iter().collect();
        checks.extend(general);
        checks.extend(self.issue_checks());
        // Neither code is about the mechanism.
        if matches!(code, 501 | 503) {
            return checks;
        }
        if !concerns_credentials {
            checks.extend(self.other_mechanisms(offered, code == 504));
            return checks;
        }
        checks.extend(self.secret_check());
        if let Some(authzid) = &self.authzid
            && self.user.as_ref() != Some(authzid)
        {
            checks.push(format!(
                "An authzid was sent ({authzid}): it should usually be empty, and few users may \
                 act as others."
            ));
        }
        if let Some(user) = &self.user {
            checks.push(self.user_check(user));
        }
        if self.mechanism.eq_ignore_ascii_case("LOGIN") && self.initial_response {
            checks.push(
                "The user name was sent in the AUTH line; some servers require a bare AUTH LOGIN."
                    .to_owned(),
            );
        }
        checks.extend(self.other_mechanisms(offered, false));
        if self.is_password() && explanation.is_none() {
            checks.push(
                "With two-factor authentication, many providers require an app password or OAuth."
                    .to_owned(),
            );
        }
        if self.is_password() {
            checks.push("The account may be locked, or not allowed to use SMTP.".to_owned());
        } else if self.mechanism_is(|mechanism| mechanism.needs() == Needs::Token) {
            checks.push(
                "Tokens expire after about an hour: is this one still valid, and does its scope \
                 include SMTP?"
                    .to_owned(),
            );
        }
        checks
    }

    /// Checks for the mistakes in the lines. If they were not base64, what they decode to is
    /// ignored.
    fn issue_checks(&self) -> Vec<String> {
        if self.is_clear_text() {
            return vec![format!(
                "The response is plain text, not base64: AUTH {} requires base64. F3 encodes it; \
                 the login form does so automatically.",
                self.mechanism
            )];
        }
        self.issues.iter().map(Self::issue_check).collect()
    }

    /// Whether a typed line was not encoded at all: it contains characters outside base64, or it
    /// contains blanks and decodes to nothing meaningful.
    fn is_clear_text(&self) -> bool {
        let has = |issue: MessageIssue| self.issues.contains(&issue);
        let has_encoding = |issue| has(MessageIssue::Encoding(issue));
        let meaningless =
            has(MessageIssue::Content(ContentIssue::NotUtf8)) || has(MessageIssue::NulCount(0));
        self.by_hand
            && (has_encoding(EncodingIssue::InvalidCharacter)
                || has_encoding(EncodingIssue::Whitespace) && meaningless)
    }

    fn issue_check(issue: &MessageIssue) -> String {
        let text = match issue {
            MessageIssue::Content(ContentIssue::TrailingNewline) => {
                "The response ends with a newline: echo adds one; printf and echo -n do not."
            }
            MessageIssue::Content(ContentIssue::EscapedNul) => {
                "The response contains a backslash and a zero instead of a NUL: the program that \
                 encoded it did not interpret \\0."
            }
            MessageIssue::Content(ContentIssue::DoubleEncoded) => {
                "The response was base64-encoded twice: encode it once."
            }
            MessageIssue::Content(ContentIssue::NotUtf8) => {
                "The response is not UTF-8: the password was typed in another character set."
            }
            MessageIssue::NulCount(1) => {
                "PLAIN needs exactly 2 NULs, this has 1: usually the one before the user name is \
                 missing (\\0user\\0password), or a digit after \\0 changed it to another octet."
            }
            MessageIssue::NulCount(number) => {
                return format!(
                    "PLAIN needs exactly 2 NULs, this has {number}: a digit after \\0 changes it \
                     to another octet."
                );
            }
            MessageIssue::RedundantAuthzid => {
                "The user name is also before the first NUL; some servers require that field to be \
                 empty."
            }
            MessageIssue::WrongFormat(mechanism) => {
                return format!("The response does not have the format of {mechanism}.");
            }
            MessageIssue::Encoding(issue) => return format!("The base64 has a problem: {issue}."),
        };
        text.to_owned()
    }

    /// Describes the secret, so that the user notices one that a shell has changed.
    fn secret_check(&self) -> Option<String> {
        let shape = self.secret?;
        let kind = if self.is_password() {
            "password"
        } else {
            "token"
        };
        let mut text = format!("The {kind} that was sent has {shape}.");
        if self.is_password() {
            text.push_str(
                " If yours is different, a shell or an .env file removed a part ($ ! ` \" ' \\).",
            );
        }
        Some(text)
    }

    fn user_check(&self, user: &str) -> String {
        if user.trim() != user {
            return format!("The user name begins or ends with whitespace: \"{user}\".");
        }
        if user.contains('@') {
            format!("The user name was {user}; some servers require only the part before the @.")
        } else {
            format!("The user name was {user}; most providers require the whole address.")
        }
    }

    /// Other offered mechanisms that may work. `only` is set if this mechanism is not supported at
    /// all.
    fn other_mechanisms(&self, offered: &[&str], only: bool) -> Option<String> {
        let is_this = |name: &&&str| name.eq_ignore_ascii_case(&self.mechanism);
        let others = |needs| {
            let matches = |name: &&&str| Mechanism::parse(name).is_some_and(|m| m.needs() == needs);
            let others = offered.iter().filter(matches).filter(|name| !is_this(name));
            others.copied().collect::<Vec<_>>().join(", ")
        };
        let list = match (others(Needs::Password), others(Needs::Token)) {
            (passwords, tokens) if tokens.is_empty() => passwords,
            (passwords, tokens) if passwords.is_empty() => format!("{tokens} (with a token)"),
            (passwords, tokens) => format!("{passwords}, or {tokens} (with a token)"),
        };
        if list.is_empty() {
            return None;
        }
        Some(match only {
            true => format!("The server offers {list}."),
            false if self.mechanism_is(|m| m.hash().is_some() || m == Mechanism::CramMd5) => {
                format!(
                    "{} only works if the server stores the password in a suitable form; try \
                     {list}.",
                    self.mechanism
                )
            }
            false => format!("Another mechanism may work: {list}."),
        })
    }

    fn is_password(&self) -> bool {
        self.mechanism_is(|mechanism| mechanism.needs() == Needs::Password)
    }

    fn mechanism_is(&self, test: impl Fn(Mechanism) -> bool) -> bool {
        Mechanism::parse(&self.mechanism).is_some_and(test)
    }
}

#[cfg(test)]
mod tests;
