//! Logins: an exchange that the session runs for the user, or one typed by hand. Either is followed
//! line by line, so that each line can be shown decoded.

use std::time::Instant;

use super::repeated::SentSecrets;
use super::{PendingCommand, Session};
use crate::smtp::base64;
use crate::smtp::code::Code;
use crate::smtp::command::{CommandLine, Verb};
use crate::smtp::event::{Event, Exposure, NotSentReason};
use crate::smtp::phase::{Awaited, Phase};
use crate::smtp::reply::Reply;
use crate::smtp::sasl::{
    self, Annotation, Exchange, MaskedMessage, Mechanism, MessageIssue, RefusedLogin, Response,
    SaslError,
};
use crate::smtp::secret::Secret;
use crate::smtp::transcript::{Level, RequestId};

/// A login that began with AUTH and is not finished.
#[derive(Debug)]
pub(super) struct Login {
    /// The request that began it.
    auth: RequestId,
    mechanism: Option<Mechanism>,
    name: String,
    /// Responds to challenges; `None` if the user types the responses.
    exchange: Option<Exchange>,
    by_hand: bool,
    /// How many messages the client has sent.
    sent: usize,
    /// The last challenge, decoded.
    challenge: Vec<u8>,
    initial_response: bool,
    cancelled: bool,
    /// The decoded fields of all messages sent so far, merged.
    decoded: MaskedMessage,
    /// Why the server refuses, from its last message of SCRAM.
    reason: Option<Box<str>>,
    /// A mail address sent as LOGIN's first response without base64: probably the user name.
    plain_name: Option<Secret>,
}

impl Session {
    /// Begins an exchange. The session then responds to each 334 by itself, or cancels with an
    /// asterisk if it cannot or must not respond. A line typed during the exchange takes it over.
    ///
    /// `consent` allows sending the secret despite that exposure. An exchange that cannot begin
    /// comes back in [`Event::ExchangeNotSent`].
    pub fn authenticate(
        &mut self,
        mut exchange: Box<Exchange>,
        consent: Option<Exposure>,
        now: Instant,
    ) {
        self.unexpected_since_send = false;
        if let Some(reason) = self.login_obstacle(&exchange, consent) {
            return self
                .events
                .push_back(Event::ExchangeNotSent { exchange, reason });
        }
        let Ok(initial) = exchange.begin() else {
            let reason = NotSentReason::NoBinding;
            return self
                .events
                .push_back(Event::ExchangeNotSent { exchange, reason });
        };
        let mut text = format!("AUTH {}", exchange.mechanism());
        if let Some(Response { message, .. }) = initial {
            let response = message.line();
            // RFC 4954 section 4: an empty initial response is written as "=".
            let shown = if response.is_empty() {
                b"="
            } else {
                response.reveal()
            };
            text.push(' ');
            text.push_str(&String::from_utf8_lossy(shown));
        }
        // Base64 and mechanism names contain no line break.
        let Ok(line) = CommandLine::parse(text) else {
            return;
        };
        let secret_from = line.secret().filter(|&from| &line.text()[from..] != "=");
        self.write_line(&line, secret_from, now);
        if let Some(login) = self.logins.back_mut() {
            login.exchange = Some(*exchange);
            login.by_hand = false;
        }
        self.emit_status();
    }

    /// Why an exchange cannot begin now. Remembers sufficient consent.
    fn login_obstacle(
        &mut self,
        exchange: &Exchange,
        consent: Option<Exposure>,
    ) -> Option<NotSentReason> {
        let is_data = matches!(self.expected_phase(), Phase::Message | Phase::Exchange);
        match self.phase {
            Phase::Offline => return Some(NotSentReason::NotConnected),
            Phase::Handshake => return Some(NotSentReason::Handshake),
            // AUTH would become a line of the message, a response of another exchange, or the rest
            // of a line begun by raw octets.
            _ if is_data || self.message.is_some() || self.chunk_left > 0 || self.is_mid_line() => {
                return Some(NotSentReason::Occupied);
            }
            _ if self.secret_lines() => return Some(NotSentReason::Occupied),
            _ => {}
        }
        if !exchange.is_secret() {
            return None;
        }
        self.missing_consent(consent)
    }

    /// Why a secret must not be sent, if `consent` is not sufficient. Sufficient consent is
    /// remembered for this link.
    pub(super) fn missing_consent(&mut self, consent: Option<Exposure>) -> Option<NotSentReason> {
        let exposure = self.link.exposure()?;
        if self.consent != Some(exposure) && consent != Some(exposure) {
            return Some(NotSentReason::Exposed(exposure));
        }
        self.consent = Some(exposure);
        None
    }

    /// A line typed during an exchange is a response, and so are the lines after it.
    pub(super) fn take_over(&mut self, line: &CommandLine, now: Instant) {
        let mut was_automatic = false;
        for login in &mut self.logins {
            was_automatic |= login.exchange.take().is_some();
            login.by_hand = true;
        }
        if was_automatic && line.text() != "*" {
            let text =
                "you have taken over the login: further challenges are not answered automatically";
            self.note(now, Level::Info, text);
        }
    }

    /// Decodes a line that is being sent. `in_exchange` says that an exchange was under way before
    /// it.
    pub(super) fn annotate_sent(
        &mut self,
        line: &CommandLine,
        awaited: Option<Awaited>,
        request: Option<RequestId>,
        in_exchange: bool,
    ) -> Option<Annotation> {
        match (awaited?, request) {
            (Awaited::Command(Verb::Auth | Verb::Xexps), Some(auth)) => {
                let (name, response) = line.mechanism()?;
                let mut login = Login {
                    auth,
                    mechanism: Mechanism::parse(name),
                    name: name.to_owned(),
                    exchange: None,
                    by_hand: true,
                    sent: 0,
                    challenge: Vec::new(),
                    initial_response: !response.is_empty(),
                    cancelled: false,
                    decoded: MaskedMessage::default(),
                    reason: None,
                    plain_name: None,
                };
                let annotation =
                    (!response.is_empty()).then(|| login.decode_line(response, &self.secrets));
                self.logins.push_back(login);
                annotation?
            }
            (Awaited::SaslResponse | Awaited::SaslCancel, _) => {
                let login = self.logins.front_mut()?;
                login.decode_line(line.text(), &self.secrets)
            }
            // Typed before the 334 arrived.
            (Awaited::Command(Verb::Other), _) if in_exchange => {
                let login = self.logins.back_mut()?;
                login.decode_line(line.text(), &self.secrets)
            }
            _ => None,
        }
    }

    /// The user names in the logins under way: they are not secret.
    pub(super) fn login_names(&self) -> Vec<Secret> {
        let names = |login: &Login| {
            let decoded = [&login.decoded.user, &login.decoded.authzid]
                .into_iter()
                .flatten();
            let decoded: Vec<_> = decoded
                .map(|name| Secret::new(name.as_bytes().to_vec()))
                .collect();
            decoded.into_iter().chain(login.plain_name.clone())
        };
        self.logins.iter().flat_map(names).collect()
    }

    /// Decodes the text of a 334 that answers `pending`.
    pub(super) fn annotate_challenge(
        &self,
        pending: &PendingCommand,
        text: &[u8],
    ) -> Option<Annotation> {
        let login = match pending.awaited {
            Awaited::SaslResponse | Awaited::SaslCancel => self.logins.front(),
            _ => {
                let is_its_login = |login: &&Login| Some(login.auth) == pending.request;
                self.logins.iter().find(is_its_login)
            }
        };
        let (mechanism, sent) = login.map_or((None, 0), |login| (login.mechanism, login.sent));
        sasl::annotate_challenge(mechanism, sent, text)
    }

    /// Drops the logins before the AUTH that got a reply: they ended without one.
    pub(super) fn drop_logins_before(&mut self, auth: Option<RequestId>) {
        while self
            .logins
            .front()
            .is_some_and(|login| Some(login.auth) < auth)
        {
            self.logins.pop_front();
        }
    }

    /// Updates the login that a reply is about.
    pub(super) fn update_login(&mut self, code: Code, reply: &Reply, now: Instant) {
        if code.number() == 334 {
            return self.respond_to_challenge(reply, now);
        }
        if code.number() != 235 && !code.is_negative() {
            return;
        }
        let Some(login) = self.logins.pop_front() else {
            return;
        };
        let again = code.number() == 503 && self.authenticated;
        if code.is_negative() && (again || reply.claims_login()) {
            self.authenticated = true;
            let text = "already logged in on this connection: it can log in only once";
            self.note(now, Level::Info, text);
        } else if code.is_negative() {
            if !login.cancelled {
                let refused = Box::new(login.into_refused(reply.clone()));
                self.events.push_back(Event::LoginRefused(refused));
            }
        } else if let Some(Err(error)) = login.exchange.map(|exchange| exchange.check_accepted()) {
            self.note(now, Level::Fault, error.to_string());
        }
    }

    fn respond_to_challenge(&mut self, reply: &Reply, now: Instant) {
        let text = reply.texts.first().map_or(&b""[..], |text| text);
        let has_unexpected_input = self.has_unexpected_input();
        let Some(login) = self.logins.front_mut() else {
            return;
        };
        login.challenge = base64::decode(text).bytes.reveal().to_vec();
        let reason = sasl::scram_refusal(login.mechanism, &login.challenge);
        login.reason = reason.or(login.reason.take());
        if has_unexpected_input && login.exchange.take().is_some() {
            login.by_hand = true;
            let text = "the server sent something unexpected: the login is not continued \
                 automatically; type a response, or * to cancel";
            return self.note(now, Level::Fault, text);
        }
        let Some(exchange) = &mut login.exchange else {
            return;
        };
        let line = match exchange.respond(text) {
            Ok(Response { message, notes }) => {
                for note in notes {
                    self.note(now, note.level, note.text);
                }
                String::from_utf8_lossy(message.line().reveal()).into_owned()
            }
            Err(error) => {
                let exchange = login.exchange.take();
                if let (SaslError::FewIterations(number), Some(mut exchange)) = (&error, exchange) {
                    exchange.restart();
                    let reason = NotSentReason::FewIterations(*number);
                    let exchange = Box::new(exchange);
                    self.events
                        .push_back(Event::ExchangeNotSent { exchange, reason });
                }
                self.note(now, Level::Fault, format!("login cancelled: {error}"));
                "*".to_owned()
            }
        };
        let secret_from = (line != "*" && !line.is_empty()).then_some(0);
        // Base64 contains no line break.
        if let Ok(line) = CommandLine::parse(line) {
            self.write_line(&line, secret_from, now);
        }
    }
}

impl Login {
    /// Decodes a line of the client. A name that is one of the `secrets` is masked.
    fn decode_line(&mut self, line: &str, secrets: &SentSecrets) -> Option<Annotation> {
        if line == "*" {
            self.cancelled = true;
            return None;
        }
        let mut message =
            sasl::decode_line(self.mechanism, self.sent, &self.challenge, line.as_bytes());
        // If a server asks for the name twice, people often type the password next.
        let asked_twice = self.mechanism == Some(Mechanism::Login)
            && self.decoded.user.is_some()
            && self.decoded.user != message.user;
        let is_secret = |name: &String| secrets.find(name.as_bytes()).is_some();
        if asked_twice && message.user.is_some() {
            message.issues.push(MessageIssue::SecondName);
        }
        if asked_twice || message.user.as_ref().is_some_and(is_secret) {
            message = message.with_name_masked();
        }
        if self.mechanism == Some(Mechanism::Login) && self.sent == 0 && is_mailbox(line) {
            self.plain_name = Some(Secret::new(line.as_bytes().to_vec()));
        }
        self.sent += 1;
        // A line typed before the next challenge does not answer this one.
        self.challenge.clear();
        let annotation = Annotation::of_message(&message);
        self.decoded.user = message.user.or(self.decoded.user.take());
        self.decoded.authzid = message.authzid.or(self.decoded.authzid.take());
        self.decoded.secret = message.secret.or(self.decoded.secret);
        for issue in message.issues {
            if !self.decoded.issues.contains(&issue) {
                self.decoded.issues.push(issue);
            }
        }
        annotation
    }

    fn into_refused(self, reply: Reply) -> RefusedLogin {
        let exchange = self.exchange.as_ref();
        RefusedLogin {
            mechanism: self.name,
            user: self.decoded.user,
            authzid: self.decoded.authzid,
            secret: self
                .decoded
                .secret
                .or(exchange.and_then(Exchange::secret_shape)),
            issues: self.decoded.issues,
            initial_response: self.initial_response,
            by_hand: self.by_hand,
            reason: self.reason,
            reply,
        }
    }
}

/// Whether a text looks like a mail address with at least two domain labels.
fn is_mailbox(text: &str) -> bool {
    let letter = |b: u8| b.is_ascii_alphanumeric() || b"._-+".contains(&b);
    text.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty() && domain.contains('.') && local.bytes().chain(domain.bytes()).all(letter)
    })
}
