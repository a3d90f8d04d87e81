//! A refused login: what the user should check, the likeliest cause first.

use super::reply::Explanation;
use super::situation::{Greeted, Situation};
use crate::manual::capitalized;
use crate::smtp::base64::{ContentIssue, EncodingIssue};
use crate::smtp::sasl::{Mechanism, MessageIssue, Needs, RefusedLogin};

/// What the user should check after a refused login, each in one or two sentences. `explanation` is
/// that of the reply; if it is specific, it comes first.
pub fn checks(
    login: &RefusedLogin,
    explanation: &Explanation,
    situation: &Situation,
) -> Vec<String> {
    let login = Refused(login);
    let code = login.0.reply.code().map_or(0, crate::smtp::Code::number);
    let mut checks: Vec<String> = Vec::new();
    if explanation.is_specific() {
        let next = explanation
            .first_step()
            .map(|next| format!(" {}", sentence_of(next)));
        checks.push(sentence_of(&explanation.headline) + &next.unwrap_or_default());
    } else {
        let general = || sentence_of(&explanation.headline);
        let says_more = !matches!(code, 501 | 535);
        checks.extend(
            login
                .by_code(code, situation)
                .or_else(|| says_more.then(general)),
        );
    }
    checks.extend(login.issue_checks());
    checks.extend(login.reason_check());
    // Neither code is about the mechanism.
    if matches!(code, 501 | 503) {
        return checks;
    }
    let offered = situation
        .capabilities
        .as_ref()
        .map_or_else(Vec::new, |now| now.mechanisms());
    if login.is_binding_refused() {
        checks.extend(login.without_binding(&offered));
        return checks;
    }
    let concerns_credentials =
        code == 535 && !explanation.not_the_password && !login.was_password_the_name();
    if !concerns_credentials {
        checks.extend(login.other_mechanisms(&offered, code == 504));
        return checks;
    }
    checks.extend(login.credential_checks());
    checks.extend(login.other_mechanisms(&offered, false));
    checks.extend(login.account_checks(explanation.is_specific()));
    checks
}

/// `words` as a sentence: with a capital letter and a period.
fn sentence_of(words: &str) -> String {
    capitalized(words) + "."
}

/// A refused login, to be checked.
struct Refused<'a>(&'a RefusedLogin);

impl Refused<'_> {
    /// What the reply code and the session say.
    fn by_code(&self, code: u16, situation: &Situation) -> Option<String> {
        let words = match code {
            501 if self.is_clear_text() => return None,
            501 => {
                "501 means a syntax error, not a wrong password: is the response base64, in one \
                 line, with nothing after it?"
            }
            530 | 538 if situation.tls == Some(false) => {
                "The server requires TLS first: STARTTLS, EHLO, then AUTH."
            }
            503 if situation.logged_in == Some(true) => {
                "You are logged in already: a connection allows one login."
            }
            503 if situation.greeted == Some(Greeted::No) => "EHLO must come before AUTH.",
            504 => {
                return Some(format!("The server does not support {}.", self.0.mechanism));
            }
            432 => "The server requires a password change, or one login with PLAIN, first (432).",
            400..=499 => {
                return Some(format!(
                    "{code} is a temporary error: the server could not check the login. Try again \
                     later."
                ));
            }
            _ => return None,
        };
        Some(words.to_owned())
    }

    /// What to check about the user name and the secret.
    fn credential_checks(&self) -> Vec<String> {
        let mut checks: Vec<String> = self.secret_check().into_iter().collect();
        if let Some(authzid) = &self.0.authzid
            && self.0.user.as_ref() != Some(authzid)
        {
            checks.push(format!(
                "An authzid was sent ({authzid}): it should usually be empty, and few users may \
                 act as others."
            ));
        }
        checks.extend(self.0.user.as_ref().map(|user| Self::user_check(user)));
        if self.0.mechanism.eq_ignore_ascii_case("LOGIN") && self.0.initial_response {
            checks.push(
                "The user name was sent in the AUTH line; some servers require a bare AUTH LOGIN."
                    .to_owned(),
            );
        }
        checks
    }

    /// What to check about the account. `explained`: the reply says why it refuses.
    fn account_checks(&self, explained: bool) -> Vec<String> {
        let mut checks = Vec::new();
        if self.is_password() && !explained {
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
                self.0.mechanism
            )];
        }
        let broken = |issue: &MessageIssue| {
            matches!(
                issue,
                MessageIssue::Encoding(_)
                    | MessageIssue::NulCount(_)
                    | MessageIssue::WrongFormat(_)
            )
        };
        let broken = self.0.issues.iter().any(broken);
        let counts = |issue: &&MessageIssue| match issue {
            // What broken base64 decodes to says nothing about a character set, and the login form
            // encodes as the user chose.
            MessageIssue::Content(ContentIssue::NotUtf8) => self.0.by_hand && !broken,
            _ => true,
        };
        let issues = self.0.issues.iter().filter(counts);
        issues.map(Self::issue_check).collect()
    }

    /// Whether what followed a second question for the user name, probably the password, was sent as
    /// the user name.
    fn was_password_the_name(&self) -> bool {
        self.0.issues.contains(&MessageIssue::SecondName)
    }

    /// What the last message of SCRAM says (RFC 5802 section 7).
    fn reason_check(&self) -> Option<String> {
        let reason = self.0.reason.as_deref()?;
        let words = match reason {
            "invalid-proof" => "the user is known, and the password is wrong",
            "unknown-user" => "the user name is unknown",
            "channel-bindings-dont-match" => {
                "server and client see different TLS connections: something between them ends TLS, \
                 such as a proxy, a load balancer or an antivirus program"
            }
            "unsupported-channel-binding-type" => {
                "the server does not know the binding type that was used: with TLS 1.3 that is \
                 tls-exporter (RFC 9266), and older servers know only tls-unique, which TLS 1.3 \
                 does not have"
            }
            "server-does-support-channel-binding" => {
                "the server offers a -PLUS mechanism, and the client did not see that offer: \
                 something between them removed it"
            }
            "channel-binding-not-supported" => "the server does not support channel binding",
            "no-resources" => "the server is overloaded; try again later",
            _ => return Some(format!("The server's reason is {reason}.")),
        };
        Some(format!("The server's reason is {reason}: {words}."))
    }

    /// Whether the server refuses the channel binding, not the password.
    fn is_binding_refused(&self) -> bool {
        self.is_bound()
            && self
                .0
                .reason
                .as_deref()
                .is_some_and(|reason| reason.contains("channel-binding"))
    }

    /// The same mechanism without channel binding.
    fn without_binding(&self, offered: &[&str]) -> Option<String> {
        let name = self.0.mechanism.to_ascii_uppercase();
        let plain = name.strip_suffix("-PLUS")?;
        let is_offered = offered.iter().any(|name| name.eq_ignore_ascii_case(plain));
        Some(if is_offered {
            format!(
                "{plain} works without the binding, and is offered: choose it in the login form."
            )
        } else {
            self.other_mechanisms(offered, false)?
        })
    }

    /// Whether a typed line was not encoded at all: it contains characters outside base64, or it
    /// contains blanks and decodes to nothing meaningful.
    fn is_clear_text(&self) -> bool {
        let has = |issue: MessageIssue| self.0.issues.contains(&issue);
        let has_encoding = |issue| has(MessageIssue::Encoding(issue));
        let meaningless =
            has(MessageIssue::Content(ContentIssue::NotUtf8)) || has(MessageIssue::NulCount(0));
        self.0.by_hand
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
                "The response does not decode to UTF-8: the password was encoded in another \
                 character set, or the base64 is not what was meant."
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
            MessageIssue::SecondName => {
                "The server asked for the user name again: it ignored the one in the AUTH line. \
                 What was sent next, probably the password, went as the user name, and may be in \
                 its log. Send a bare AUTH LOGIN, then the user name, then the password."
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
        let shape = self.0.secret?;
        let kind = if self.is_password() {
            "password"
        } else {
            "token"
        };
        let mut text = format!("The {kind} that was sent has {shape}.");
        if self.is_password() && shape.non_ascii > 0 {
            text.push(' ');
            text.push_str(self.charset(shape.utf8));
        }
        if self.is_password() {
            text.push_str(
                " If yours is different, a shell or an .env file removed a part ($ ! ` \" ' \\).",
            );
        }
        Some(text)
    }

    /// In which character set the password was sent, and which else to try.
    fn charset(&self, utf8: bool) -> &'static str {
        let prepared = self.mechanism_is(|mechanism| mechanism.hash().is_some());
        match (utf8, prepared) {
            (true, true) => {
                "It went into the proof as UTF-8, after SASLprep (compatibility letters are \
                 replaced, NFKC); a server without SASLprep computes another proof."
            }
            (true, false) => {
                "It went as UTF-8, exactly as typed, which is the standard. A server that stored it \
                 in Latin-1 refuses that: the login form can send Latin-1."
            }
            (false, _) => {
                "It did not go as UTF-8, but in Latin-1 or another old character set. The standard \
                 is UTF-8: try that first."
            }
        }
    }

    fn user_check(user: &str) -> String {
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
        let is_this = |name: &&&str| name.eq_ignore_ascii_case(&self.0.mechanism);
        let bound = self.is_bound();
        let others = |needs| {
            let matches = |name: &&&str| {
                Mechanism::parse(name)
                    .is_some_and(|m| m.needs() == needs && !(bound && m.needs_binding()))
            };
            let others = offered.iter().filter(matches).filter(|name| !is_this(name));
            let mut others: Vec<&str> = others.copied().collect();
            // The same mechanism without the binding comes first.
            let own = self.0.mechanism.to_ascii_uppercase();
            let same = own.strip_suffix("-PLUS").unwrap_or_default();
            others.sort_by_key(|name| !name.eq_ignore_ascii_case(same));
            others.join(", ")
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
            false if self.is_bound() => format!(
                "{} ties the login to this TLS connection. It fails if a proxy ends TLS, or if the \
                 server knows another binding type than the one used (tls-exporter with TLS 1.3, \
                 tls-server-end-point otherwise). Without that: {list}.",
                self.0.mechanism
            ),
            false if self.mechanism_is(|m| m.hash().is_some() || m == Mechanism::CramMd5) => {
                format!(
                    "{} only works if the server stores the password in a suitable form; try \
                     {list}.",
                    self.0.mechanism
                )
            }
            false => format!("Another mechanism may work: {list}."),
        })
    }

    /// Whether the mechanism uses a TLS channel binding (RFC 5802 section 6).
    fn is_bound(&self) -> bool {
        self.0.mechanism.to_ascii_uppercase().ends_with("-PLUS")
    }

    fn is_password(&self) -> bool {
        self.mechanism_is(|mechanism| mechanism.needs() == Needs::Password)
    }

    fn mechanism_is(&self, test: impl Fn(Mechanism) -> bool) -> bool {
        Mechanism::parse(&self.0.mechanism).is_some_and(test)
    }
}

#[cfg(test)]
mod tests;
