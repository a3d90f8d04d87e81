//! What a login sends, as far as it explains a refusal. The octets of its secrets are not kept.

use super::Tracker;
use crate::diagnosis::request::LINE_CAP;
use crate::diagnosis::response::SentResponse;
use crate::smtp::sasl::Mechanism;
use crate::smtp::{Awaited, CommandLine, ParsedCommand, Secret, Sent, Verb};

/// The most octets of a response that are judged.
const RESPONSE_CAP: usize = 16 * 1024;

impl Tracker {
    /// AUTH begins a login: its mechanism, and whether a response follows it. `line` is the line without
    /// its secret.
    pub(super) fn begin_login(&mut self, sent: &Sent, awaited: Awaited, line: Option<&str>) {
        if !matches!(awaited, Awaited::Command(Verb::Auth | Verb::Xexps)) {
            return;
        }
        let visible = String::from_utf8_lossy(&sent.visible[..sent.visible.len().min(LINE_CAP)]);
        let parsed = CommandLine::parse(visible).ok();
        let mechanism = parsed.as_ref().and_then(CommandLine::mechanism);
        self.now.mechanism = mechanism.map(|(name, _)| name.to_owned());
        let parsed = ParsedCommand::parse(line.unwrap_or_default());
        self.now.initial_response = Some(sent.secret.is_some() || parsed.tokens.len() > 2);
        (self.responses, self.response) = (0, None);
        self.now.password_exposed = Some(false);
    }

    /// Judges a response.
    pub(super) fn judge_response(&mut self, sent: &Sent, awaited: Awaited) {
        let (in_line, from) = match awaited {
            Awaited::Command(Verb::Auth | Verb::Xexps) => {
                let words = sent.visible.split(|octet| *octet == b' ').take(2);
                let head: usize = words.map(|word| word.len() + 1).sum();
                (true, head.min(sent.visible.len()))
            }
            Awaited::SaslResponse => (false, 0),
            _ => return,
        };
        let secret = sent.secret.as_ref();
        let hidden = secret.map_or(&b""[..], Secret::reveal);
        let octets = Secret::new([&sent.visible[from..], hidden].concat());
        if in_line && octets.is_empty() && secret.is_none() {
            return;
        }
        let step = self.responses;
        self.responses += 1;
        let mechanism = self.now.mechanism.as_deref().and_then(Mechanism::parse);
        let is_secret = match mechanism {
            Some(Mechanism::Login) => step > 0,
            Some(mechanism) => step == 0 && mechanism.sends_secret_itself(),
            None => false,
        };
        // A saved session has only the length of a secret.
        let is_unknown = secret.is_some_and(|secret| !secret.is_known());
        let is_judged = !is_unknown && octets.len() <= RESPONSE_CAP;
        let response =
            is_judged.then(|| SentResponse::of(mechanism, step, in_line, octets.reveal()));
        let is_none = matches!(
            response,
            Some(
                SentResponse::Command
                    | SentResponse::Equals
                    | SentResponse::Empty
                    | SentResponse::Star
            )
        );
        if is_secret && !is_none && self.tls() == Some(false) {
            self.now.password_exposed = Some(true);
        }
        let Some(response) = response else {
            return;
        };
        // What is shown may stand in place of a secret, unless it is a command.
        let is_mask = secret.is_none() && octets.len() > 1;
        if is_mask && response != SentResponse::Command {
            return;
        }
        let explains = response != SentResponse::Plausible;
        self.response = Some(response)
            .filter(|_| explains)
            .or(self.response)
            .or(Some(response));
    }
}
