//! A refused login: what the user should check, the likeliest cause first.

use super::reply::Explanation;
use super::response::SentResponse;
use super::situation::Situation;
use crate::manual::{capitalized, login_check};
use crate::smtp::base64::{ContentIssue, EncodingIssue};
use crate::smtp::sasl::{Mechanism, MessageIssue, Needs, RefusedLogin};

/// What the user should check after a refused login, each in one or two sentences. `explanation` is
/// that of the reply; it comes first, unless it says only that the login was refused.
pub fn checks(
    login: &RefusedLogin,
    explanation: &Explanation,
    situation: &Situation,
) -> Vec<String> {
    let login = Refused(login);
    let code = login.0.reply.code().map_or(0, crate::smtp::Code::number);
    // The headline says already that a command or plain text is no base64.
    let said = situation.response.is_some_and(is_no_base64) && explanation.not_the_password;
    let issues = if said {
        Vec::new()
    } else {
        login.issue_checks(situation.response == Some(SentResponse::Malformed))
    };
    let mut checks: Vec<String> = Vec::new();
    let says_more = match code {
        501 => issues.is_empty(),
        _ => code != 535,
    };
    if explanation.is_specific() || says_more {
        let next = explanation
            .first_step()
            .map(|next| format!(" {}", sentence_of(next)));
        checks.push(sentence_of(&explanation.headline) + &next.unwrap_or_default());
    }
    checks.extend(issues);
    checks.extend(login.reason_check());
    // Neither code is about the mechanism; and a response that cannot be read is the cause.
    let unread = login.is_broken() || situation.response.is_some_and(is_no_response);
    if matches!(code, 501 | 503) || code == 535 && unread {
        return checks;
    }
    let mut offered = situation
        .capabilities
        .as_ref()
        .map_or_else(Vec::new, |now| now.mechanisms());
    if situation.tls == Some(false) {
        // A link in clear is no place for another password in clear.
        let exposes =
            |name: &str| Mechanism::parse(name).is_some_and(Mechanism::sends_secret_itself);
        offered.retain(|name| !exposes(name));
    }
    if login.is_binding_refused() {
        checks.extend(login.without_binding(&offered));
        return checks;
    }
    let concerns_credentials =
        code == 535 && !explanation.not_the_password && !login.was_password_the_name();
    if !concerns_credentials {
        // Another mechanism helps unless what was sent is at fault; the headline may list them already.
        let plausible = |response| response == SentResponse::Plausible;
        let at_fault = code == 535 && !situation.response.is_none_or(plausible);
        // 553 is about the form of the line (Exim).
        let about_mechanism = code != 553;
        if about_mechanism && !at_fault && !lists_mechanisms(explanation, &offered) {
            checks.extend(login.other_mechanisms(&offered, code == 504));
        }
        return checks;
    }
    checks.extend(login.credential_checks());
    let others = login.other_mechanisms(&offered, false);
    let account = login.account_checks(explanation.is_specific());
    // Another mechanism helps seldom, unless this one asks more of the server.
    let (first, last) = if login.is_demanding() {
        (others.into_iter().collect(), account)
    } else {
        (account, others.into_iter().collect())
    };
    checks.extend(first);
    checks.extend(last);
    checks
}

/// Whether the first step lists the mechanisms that are offered.
fn lists_mechanisms(explanation: &Explanation, offered: &[&str]) -> bool {
    let step = explanation.first_step().unwrap_or_default();
    !offered.is_empty() && step.ends_with(&offered.join(", "))
}

/// Whether what was sent instead of a response says nothing of user name and password.
fn is_no_response(response: SentResponse) -> bool {
    is_no_base64(response) || matches!(response, SentResponse::Empty | SentResponse::NoUser)
}

fn is_no_base64(response: SentResponse) -> bool {
    matches!(
        response,
        SentResponse::Command | SentResponse::PlainText | SentResponse::Star | SentResponse::Equals
    )
}

/// `words` as a sentence: with a capital letter and a period.
fn sentence_of(words: &str) -> String {
    capitalized(words) + "."
}

/// A refused login, to be checked.
struct Refused<'a>(&'a RefusedLogin);

impl Refused<'_> {
    /// A check with the mechanism of the login.
    fn check(&self, key: &str) -> Option<String> {
        login_check(key, &[("mechanism", &self.0.mechanism)])
    }

    /// What to check about the user name and the secret.
    fn credential_checks(&self) -> Vec<String> {
        let authzid = self.0.authzid.as_deref();
        let authzid = authzid.filter(|authzid| self.0.user.as_deref() != Some(*authzid));
        // A server that asked for the password next has taken the user name.
        let bare = self.0.mechanism.eq_ignore_ascii_case("LOGIN")
            && self.0.initial_response
            && self.0.secret.is_none();
        let user = self.0.user.as_deref();
        let checks = [
            user.filter(|user| user.is_empty()).and_then(user_check),
            self.secret_check(),
            authzid.and_then(|authzid| login_check("authzid", &[("authzid", authzid)])),
            user.filter(|user| !user.is_empty()).and_then(user_check),
            bare.then(|| self.check("bare-login")).flatten(),
        ];
        checks.into_iter().flatten().collect()
    }

    /// What to check about the account. `explained`: the reply says why it refuses.
    fn account_checks(&self, explained: bool) -> Vec<String> {
        let needs_token = self.mechanism_is(|mechanism| mechanism.needs() == Needs::Token);
        let keys = [
            (self.is_password() && !explained).then_some("app-password"),
            self.is_password().then_some("account"),
            needs_token.then_some("token-age"),
        ];
        let keys = keys.into_iter().flatten();
        keys.filter_map(|key| self.check(key)).collect()
    }

    /// Checks for the mistakes in the lines. If they were not base64, what they decode to is
    /// ignored. `format_said`: the headline names the format of the mechanism.
    fn issue_checks(&self, format_said: bool) -> Vec<String> {
        if self.is_plain_text() {
            return self.check("plain-text").into_iter().collect();
        }
        let broken = self.is_broken();
        let counts = |issue: &&MessageIssue| match issue {
            // What broken base64 decodes to says nothing about a character set, and the login form
            // encodes as the user chose.
            MessageIssue::Content(ContentIssue::NotUtf8) => self.0.by_hand && !broken,
            MessageIssue::WrongFormat(_) => !format_said,
            _ => true,
        };
        let issues = self.0.issues.iter().filter(counts);
        issues.filter_map(issue_check).collect()
    }

    /// Whether the response cannot be read, so that neither user name nor password matter.
    fn is_broken(&self) -> bool {
        let broken = |issue: &MessageIssue| {
            matches!(
                issue,
                MessageIssue::Encoding(_)
                    | MessageIssue::NulCount(_)
                    | MessageIssue::WrongFormat(_)
            )
        };
        self.0.issues.iter().any(broken)
    }

    /// Whether what followed a second question for the user name, probably the password, was sent as
    /// the user name.
    fn was_password_the_name(&self) -> bool {
        self.0.issues.contains(&MessageIssue::SecondName)
    }

    /// What the last message of SCRAM says (RFC 5802 section 7).
    fn reason_check(&self) -> Option<String> {
        let reason = self.0.reason.as_deref()?;
        let values = [("reason", reason)];
        login_check(&format!("reason-{reason}"), &values)
            .or_else(|| login_check("reason-other", &values))
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
        if is_offered {
            login_check("without-binding", &[("mechanism", plain)])
        } else {
            self.other_mechanisms(offered, false)
        }
    }

    /// Whether a typed line was not encoded at all: it contains characters outside base64, or it
    /// contains blanks and decodes to nothing meaningful.
    fn is_plain_text(&self) -> bool {
        let has = |issue: MessageIssue| self.0.issues.contains(&issue);
        let has_encoding = |issue| has(MessageIssue::Encoding(issue));
        let meaningless =
            has(MessageIssue::Content(ContentIssue::NotUtf8)) || has(MessageIssue::NulCount(0));
        self.0.by_hand
            && (has_encoding(EncodingIssue::InvalidCharacter)
                || has_encoding(EncodingIssue::Whitespace) && meaningless)
    }

    /// Describes the secret, so that the user notices one that a shell has changed.
    fn secret_check(&self) -> Option<String> {
        let shape = self.0.secret?;
        let values = [("shape", shape.to_string())];
        let values = values
            .each_ref()
            .map(|(name, value)| (*name, value.as_str()));
        if !self.is_password() {
            return login_check("token", &values);
        }
        let charset = (shape.non_ascii > 0).then(|| self.charset(shape.utf8));
        let keys = [Some("password"), charset, Some("eaten")];
        let parts = keys.into_iter().flatten();
        Some(parts.filter_map(|key| login_check(key, &values)).collect())
    }

    /// The key of the words on the character set in which the password was sent.
    fn charset(&self, utf8: bool) -> &'static str {
        match utf8 {
            true if self.mechanism_is(|mechanism| mechanism.hash().is_some()) => "prepared",
            true => "utf8",
            false => "latin1",
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
        let with_token = |tokens: &str| login_check("with-token", &[("list", tokens)]);
        let list = match (others(Needs::Password), others(Needs::Token)) {
            (passwords, tokens) if tokens.is_empty() => passwords,
            (passwords, tokens) if passwords.is_empty() => with_token(&tokens)?,
            (passwords, tokens) => format!("{passwords}, or {}", with_token(&tokens)?),
        };
        if list.is_empty() {
            return None;
        }
        let key = if only {
            "server-offers"
        } else if bound {
            "binding-may-fail"
        } else if self.is_demanding() {
            "needs-stored-form"
        } else {
            "other-mechanism"
        };
        login_check(key, &[("mechanism", &self.0.mechanism), ("list", &list)])
    }

    /// Whether the mechanism needs more of the server than the password.
    fn is_demanding(&self) -> bool {
        self.mechanism_is(|m| m.hash().is_some() || m == Mechanism::CramMd5)
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

fn issue_check(issue: &MessageIssue) -> Option<String> {
    let key = match issue {
        MessageIssue::Content(ContentIssue::TrailingNewline) => "trailing-newline",
        MessageIssue::Content(ContentIssue::EscapedNul) => "escaped-nul",
        MessageIssue::Content(ContentIssue::DoubleEncoded) => "double-encoded",
        MessageIssue::Content(ContentIssue::NotUtf8) => "not-utf8",
        MessageIssue::NulCount(1) => "nul-count-1",
        MessageIssue::NulCount(number) => {
            return login_check("nul-count", &[("number", &number.to_string())]);
        }
        MessageIssue::SecondName => "second-name",
        MessageIssue::RedundantAuthzid => "redundant-authzid",
        MessageIssue::WrongFormat(mechanism) => {
            return login_check("wrong-format", &[("mechanism", mechanism.name())]);
        }
        MessageIssue::Encoding(issue) => {
            return login_check("encoding", &[("issue", issue.as_str())]);
        }
    };
    login_check(key, &[])
}

fn user_check(user: &str) -> Option<String> {
    let key = match user {
        "" => "user-empty",
        _ if user.trim() != user => "user-blank",
        _ if user.contains('@') => "user-address",
        _ => "user-local",
    };
    login_check(key, &[("user", user)])
}

#[cfg(test)]
mod tests;
