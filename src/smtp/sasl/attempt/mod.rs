//! A login that was refused, and what remains to be checked.

use super::mechanism::{Mechanism, Needs};
use super::reading::Finding;
use super::shape::Shape;
use crate::smtp::base64;
use crate::smtp::reply::Reply;

/// A login that the server refused. It holds no octet of the secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The mechanism as it was named.
    pub mechanism: String,
    /// The user name that was sent, where it can be told.
    pub user: Option<String>,
    /// The authzid that was sent.
    pub authzid: Option<String>,
    /// Length and kinds of the password or token that was used, where they are known: of a digest
    /// typed by hand they are not.
    pub secret: Option<Shape>,
    /// What was seldom meant about the lines that were sent.
    pub findings: Vec<Finding>,
    /// Whether the first message went in the AUTH line.
    pub initial_response: bool,
    /// Whether the lines were typed by hand.
    pub by_hand: bool,
    /// The server's last word.
    pub reply: Reply,
}

impl Attempt {
    /// What remains to be checked, the likeliest first, each in one or two sentences. `offered` are
    /// the mechanisms that the server's last EHLO lists. `known` is what is known of this very refusal,
    /// where something is: it comes first.
    pub fn checks(&self, offered: &[&str], known: Option<&str>) -> Vec<String> {
        let code = self.reply.code().map_or(0, crate::smtp::Code::number);
        let enhanced = self.reply.enhanced.map(|code| code.to_string());
        let general: Vec<String> = match (code, enhanced.as_deref()) {
            (_, Some("5.7.139")) if known.is_none() => vec![
                "The account or its organisation does not allow logging in so (5.7.139): the \
                 password is not what is wrong. Ask its administrator, or use OAuth."
                    .to_owned(),
            ],
            (501, _) if self.is_clear_text() => Vec::new(),
            (501, _) => vec![
                "501 is about the form of what was sent, not about the password: is it base64, in \
                 one line, with nothing behind it?"
                    .to_owned(),
            ],
            (530 | 538, _) => {
                vec!["The server wants TLS first: STARTTLS, EHLO, then AUTH.".to_owned()]
            }
            (504, _) => vec![format!("The server does not know {}.", self.mechanism)],
            (503, _) => vec![
                "AUTH came at a wrong time: before EHLO, twice, or within a message.".to_owned(),
            ],
            (432, _) => vec![
                "The server wants the password changed, or once sent by PLAIN, first (432)."
                    .to_owned(),
            ],
            (400..=499, _) => vec![format!(
                "{code} is a refusal for now: the server could not check the login. Try again later."
            )],
            _ => Vec::new(),
        };
        let settled = code == 501 || enhanced.as_deref() == Some("5.7.139");
        let tells_of_login = general.is_empty() && !settled;
        let mut checks: Vec<String> = known.map(str::to_owned).into_iter().collect();
        checks.extend(general);
        checks.extend(self.finding_checks());
        // Neither is about the mechanism.
        if matches!(code, 501 | 503) {
            return checks;
        }
        if !tells_of_login {
            checks.extend(self.other_mechanisms(offered, code == 504));
            return checks;
        }
        checks.extend(self.secret_check());
        if let Some(authzid) = &self.authzid
            && self.user.as_ref() != Some(authzid)
        {
            checks.push(format!(
                "An authzid was sent ({authzid}): mostly it has to be empty, and few users may act for others."
            ));
        }
        if let Some(user) = &self.user {
            checks.push(self.user_check(user));
        }
        if self.mechanism.eq_ignore_ascii_case("LOGIN") && self.initial_response {
            checks.push(
                "The user name went in the AUTH line; some servers want AUTH LOGIN alone."
                    .to_owned(),
            );
        }
        checks.extend(self.other_mechanisms(offered, false));
        if self.is_password() && known.is_none() {
            checks.push(
                "With a second factor many providers want an app password made for mail programs, or OAuth."
                    .to_owned(),
            );
        }
        if self.is_password() {
            checks.push(
                "The account may be locked, or not allowed to send by SMTP at all.".to_owned(),
            );
        } else if self.mechanism_is(|mechanism| mechanism.needs() == Needs::Token) {
            checks.push(
                "Tokens last an hour or so: is this one fresh, and made for SMTP (its scope)?"
                    .to_owned(),
            );
        }
        checks
    }

    /// What was odd about the lines. Where they were no base64, nothing of what they decode to counts.
    fn finding_checks(&self) -> Vec<String> {
        if self.is_clear_text() {
            return vec![format!(
                "What was sent is clear text, not base64: AUTH {} wants its answers encoded. \
                 F3 encodes, and the login form does it by itself.",
                self.mechanism
            )];
        }
        self.findings
            .iter()
            .filter_map(Self::finding_check)
            .collect()
    }

    /// Whether a line that was typed was not encoded at all: it holds what base64 never has, or blanks
    /// between letters that mean nothing.
    fn is_clear_text(&self) -> bool {
        let has = |finding: Finding| self.findings.contains(&finding);
        let text = |oddity| has(Finding::Text(oddity));
        let meaningless = has(Finding::Content(base64::Finding::NotUtf8)) || has(Finding::Nuls(0));
        self.by_hand
            && (text(base64::Oddity::Stray) || text(base64::Oddity::Whitespace) && meaningless)
    }

    fn finding_check(finding: &Finding) -> Option<String> {
        let words = match finding {
            Finding::Content(base64::Finding::Newline) => {
                "What was sent ends with a newline: echo adds one, printf and echo -n do not."
            }
            Finding::Content(base64::Finding::LiteralNul) => {
                "It has a backslash and a zero where PLAIN wants a NUL: the program that made it did not read \\0."
            }
            Finding::Content(base64::Finding::Doubled) => "It was encoded twice: once is wanted.",
            Finding::Content(base64::Finding::NotUtf8) => {
                "It is not UTF-8: the password was typed in another character set."
            }
            Finding::Nuls(1) => {
                "PLAIN has exactly 2 NULs, this has 1: mostly the one in front of the user name is \
                 missing (\\0user\\0password), or a digit behind \\0 made another octet of it."
            }
            Finding::Nuls(number) => {
                return Some(format!(
                    "PLAIN has exactly 2 NULs, this has {number}: a digit behind \\0 makes another octet of it."
                ));
            }
            Finding::SameAuthzid => {
                "The user name stands in front of the first NUL too; some servers want nothing there."
            }
            Finding::Form(mechanism) => {
                return Some(format!("What was sent has not the form of {mechanism}."));
            }
            Finding::Text(oddity) => return Some(format!("About the base64: {oddity}.")),
        };
        Some(words.to_owned())
    }

    /// The sentence that finds a password eaten by a shell.
    fn secret_check(&self) -> Option<String> {
        let shape = self.secret?;
        let kind = if self.is_password() {
            "password"
        } else {
            "token"
        };
        let mut words = format!("The {kind} that was sent has {shape}.");
        if self.is_password() {
            words.push_str(
                " If yours is longer or of other kinds, a shell or an .env file ate a part ($ ! ` \" ' \\).",
            );
        }
        Some(words)
    }

    fn user_check(&self, user: &str) -> String {
        if user.trim() != user {
            return format!("The user name has a blank or line break at an end: \"{user}\".");
        }
        if user.contains('@') {
            format!("The user was {user}; some servers want the part before the @ alone.")
        } else {
            format!("The user was {user}; most providers want the whole address.")
        }
    }

    /// Mechanisms that may do where this one does not.
    fn other_mechanisms(&self, offered: &[&str], only: bool) -> Option<String> {
        let is_this = |name: &&&str| name.eq_ignore_ascii_case(&self.mechanism);
        let others = |needs| {
            let wants = |name: &&&str| Mechanism::parse(name).is_some_and(|m| m.needs() == needs);
            let others = offered.iter().filter(wants).filter(|name| !is_this(name));
            others.copied().collect::<Vec<_>>().join(", ")
        };
        let list = match (others(Needs::Password), others(Needs::Token)) {
            (passwords, tokens) if tokens.is_empty() => passwords,
            (passwords, tokens) if passwords.is_empty() => format!("{tokens}, with a token"),
            (passwords, tokens) => format!("{passwords}, or with a token {tokens}"),
        };
        if list.is_empty() {
            return None;
        }
        Some(match only {
            true => format!("It offers {list}."),
            false if self.mechanism_is(|m| m.hash().is_some() || m == Mechanism::CramMd5) => {
                format!(
                    "{} works only where the server keeps the password in a form for it; try {list}.",
                    self.mechanism
                )
            }
            false => format!("Another mechanism may do: {list}."),
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
