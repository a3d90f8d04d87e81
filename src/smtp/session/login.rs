//! Logins: the exchange that is led for the user, and the one typed by hand, followed line by line so
//! that each can be read beside its raw octets.

use std::time::Instant;

use super::repeated::SentSecrets;
use super::{PendingCommand, Session};
use crate::smtp::base64;
use crate::smtp::code::Code;
use crate::smtp::command::{CommandLine, Verb};
use crate::smtp::event::{Event, Exposure, Unsent};
use crate::smtp::phase::{Awaited, Phase};
use crate::smtp::reply::Reply;
use crate::smtp::sasl::{self, Answer, Attempt, Exchange, Gloss, Mechanism, Reading};
use crate::smtp::secret::Secret;
use crate::smtp::transcript::{Level, Turn};

/// A login that began with AUTH and has not come to its end.
#[derive(Debug)]
pub(super) struct Login {
    /// The question that its AUTH was.
    turn: Turn,
    mechanism: Option<Mechanism>,
    name: String,
    /// What answers by itself; none where the user does.
    exchange: Option<Exchange>,
    by_hand: bool,
    /// Messages of the client so far.
    sent: usize,
    /// What the last challenge said.
    challenge: Vec<u8>,
    initial_response: bool,
    cancelled: bool,
    /// What was read of the messages that went.
    read: Reading,
    /// A mail address that went as LOGIN's first answer without base64: a name, by all appearance.
    bare_name: Option<Secret>,
}

impl Session {
    /// Begins an exchange, which then goes on by itself: each 334 is answered, and with an asterisk
    /// where it cannot or must not be. A line that is typed meanwhile takes the exchange over.
    /// `consent` lets its secret go although it is exposed so.
    ///
    /// An exchange that cannot begin comes back in [`Event::ExchangeNotSent`].
    pub fn authenticate(
        &mut self,
        mut exchange: Box<Exchange>,
        consent: Option<Exposure>,
        now: Instant,
    ) {
        if let Some(why) = self.hinders(&exchange, consent) {
            return self
                .events
                .push_back(Event::ExchangeNotSent { exchange, why });
        }
        let Ok(initial) = exchange.begin() else {
            let why = Unsent::NoBinding;
            return self
                .events
                .push_back(Event::ExchangeNotSent { exchange, why });
        };
        let mut text = format!("AUTH {}", exchange.mechanism());
        if let Some(Answer { message, .. }) = initial {
            let response = message.line();
            // An empty response is written so (RFC 4954 section 4).
            let shown = if response.is_empty() {
                b"="
            } else {
                response.reveal()
            };
            text.push(' ');
            text.push_str(&String::from_utf8_lossy(shown));
        }
        // Base64 and the name of a mechanism have no line break in them.
        let Ok(line) = CommandLine::parse(text) else {
            return;
        };
        let secret_from = line.secret().filter(|&from| &line.text()[from..] != "=");
        self.write_line(&line, secret_from, now);
        if let Some(login) = self.logins.back_mut() {
            login.exchange = Some(*exchange);
            login.by_hand = false;
        }
        self.tell_status();
    }

    /// Why an exchange cannot begin now. Consent that is enough is kept.
    fn hinders(&mut self, exchange: &Exchange, consent: Option<Exposure>) -> Option<Unsent> {
        let is_data = matches!(self.expected_phase(), Phase::Message | Phase::Exchange);
        match self.phase {
            Phase::Offline => return Some(Unsent::NotConnected),
            Phase::Handshake => return Some(Unsent::Handshake),
            // There AUTH would be a line of the message, an answer of another exchange, or the rest
            // of a line that raw octets have begun.
            _ if is_data || self.message.is_some() || self.chunk_left > 0 || self.is_in_line() => {
                return Some(Unsent::Occupied);
            }
            _ if self.secret_lines() => return Some(Unsent::Occupied),
            _ => {}
        }
        if !exchange.is_secret() {
            return None;
        }
        self.withholds(consent)
    }

    /// The exposure for which a secret is not sent. Consent that is enough is kept for this link.
    pub(super) fn withholds(&mut self, consent: Option<Exposure>) -> Option<Unsent> {
        let exposure = self.link.exposure()?;
        if self.consent != Some(exposure) && consent != Some(exposure) {
            return Some(Unsent::Exposed(exposure));
        }
        self.consent = Some(exposure);
        None
    }

    /// A line typed in the middle of an exchange is its answer, and so are those after it.
    pub(super) fn take_over(&mut self, line: &CommandLine, now: Instant) {
        let mut led = false;
        for login in &mut self.logins {
            led |= login.exchange.take().is_some();
            login.by_hand = true;
        }
        if led && line.text() != "*" {
            let words = "you have taken the login over: nothing more is answered by itself";
            self.note(now, Level::Info, words);
        }
    }

    /// Reads a line that is sent. `in_exchange` says that an exchange was under way before it.
    pub(super) fn read_sent(
        &mut self,
        line: &CommandLine,
        awaited: Option<Awaited>,
        turn: Option<Turn>,
        in_exchange: bool,
    ) -> Option<Gloss> {
        match (awaited?, turn) {
            (Awaited::Command(Verb::Auth | Verb::Xexps), Some(turn)) => {
                let (name, response) = line.mechanism()?;
                let mut login = Login {
                    turn,
                    mechanism: Mechanism::parse(name),
                    name: name.to_owned(),
                    exchange: None,
                    by_hand: true,
                    sent: 0,
                    challenge: Vec::new(),
                    initial_response: !response.is_empty(),
                    cancelled: false,
                    read: Reading::default(),
                    bare_name: None,
                };
                let gloss =
                    (!response.is_empty()).then(|| login.take_line(response, &self.secrets));
                self.logins.push_back(login);
                gloss?
            }
            (Awaited::SaslAnswer, _) => {
                let login = self.logins.front_mut()?;
                login.take_line(line.text(), &self.secrets)
            }
            // Typed before the 334 is here.
            (Awaited::Command(Verb::Other), _) if in_exchange => {
                let login = self.logins.back_mut()?;
                login.take_line(line.text(), &self.secrets)
            }
            _ => None,
        }
    }

    /// The names that were read in the logins under way: they are no secrets.
    pub(super) fn login_names(&self) -> Vec<Secret> {
        let names = |login: &Login| {
            let read = [&login.read.user, &login.read.authzid]
                .into_iter()
                .flatten();
            let read: Vec<_> = read
                .map(|name| Secret::new(name.as_bytes().to_vec()))
                .collect();
            read.into_iter().chain(login.bare_name.clone())
        };
        self.logins.iter().flat_map(names).collect()
    }

    /// Reads the text of a 334 that answers `command_pending`.
    pub(super) fn read_challenge(
        &self,
        command_pending: &PendingCommand,
        text: &[u8],
    ) -> Option<Gloss> {
        let login = match command_pending.awaited {
            Awaited::SaslAnswer => self.logins.front(),
            _ => {
                let of_it = |login: &&Login| Some(login.turn) == command_pending.turn;
                self.logins.iter().find(of_it)
            }
        };
        let (mechanism, sent) = login.map_or((None, 0), |login| (login.mechanism, login.sent));
        Gloss::of_challenge(mechanism, sent, text)
    }

    /// A reply is here to the AUTH of this turn: logins before it are over without a word.
    pub(super) fn reach_login(&mut self, turn: Option<Turn>) {
        while self
            .logins
            .front()
            .is_some_and(|login| Some(login.turn) < turn)
        {
            self.logins.pop_front();
        }
    }

    /// What a reply means for the login it is about.
    pub(super) fn follow_login(&mut self, code: Code, reply: &Reply, now: Instant) {
        if code.number() == 334 {
            return self.answer_challenge(reply, now);
        }
        if code.number() != 235 && !code.is_negative() {
            return;
        }
        let Some(login) = self.logins.pop_front() else {
            return;
        };
        if code.is_negative() {
            if !login.cancelled {
                let attempt = Box::new(login.refused(reply.clone()));
                self.events.push_back(Event::LoginRefused(attempt));
            }
        } else if let Some(Err(fault)) = login.exchange.map(|exchange| exchange.accepted()) {
            self.note(now, Level::Fault, fault.to_string());
        }
    }

    fn answer_challenge(&mut self, reply: &Reply, now: Instant) {
        let text = reply.texts.first().map_or(&b""[..], |text| text);
        let Some(login) = self.logins.front_mut() else {
            return;
        };
        login.challenge = base64::decode(text).bytes.reveal().to_vec();
        let Some(exchange) = &mut login.exchange else {
            return;
        };
        let line = match exchange.answer(text) {
            Ok(Answer { message, notes }) => {
                for note in notes {
                    self.note(now, note.level, note.text);
                }
                String::from_utf8_lossy(message.line().reveal()).into_owned()
            }
            Err(error) => {
                login.exchange = None;
                self.note(now, Level::Fault, format!("login given up: {error}"));
                "*".to_owned()
            }
        };
        let secret_from = (line != "*" && !line.is_empty()).then_some(0);
        // Base64 has no line break in it.
        if let Ok(line) = CommandLine::parse(line) {
            self.write_line(&line, secret_from, now);
        }
    }
}

impl Login {
    /// Reads a line of the client. None of the `secrets` is a name.
    fn take_line(&mut self, line: &str, secrets: &SentSecrets) -> Option<Gloss> {
        if line == "*" {
            self.cancelled = true;
            return None;
        }
        let mut reading =
            sasl::read_line(self.mechanism, self.sent, &self.challenge, line.as_bytes());
        // Where a server asks for the name twice, people go on with the password.
        let asked_twice = self.mechanism == Some(Mechanism::Login)
            && self.read.user.is_some()
            && self.read.user != reading.user;
        let is_secret = |name: &String| secrets.find(name.as_bytes()).is_some();
        if asked_twice || reading.user.as_ref().is_some_and(is_secret) {
            reading = reading.with_name_masked();
        }
        if self.mechanism == Some(Mechanism::Login) && self.sent == 0 && is_mailbox(line) {
            self.bare_name = Some(Secret::new(line.as_bytes().to_vec()));
        }
        self.sent += 1;
        // What is typed ahead of the next challenge is no answer to this one.
        self.challenge.clear();
        let gloss = Gloss::of_reading(&reading);
        self.read.user = reading.user.or(self.read.user.take());
        self.read.authzid = reading.authzid.or(self.read.authzid.take());
        self.read.secret = reading.secret.or(self.read.secret);
        for finding in reading.findings {
            if !self.read.findings.contains(&finding) {
                self.read.findings.push(finding);
            }
        }
        gloss
    }

    fn refused(self, reply: Reply) -> Attempt {
        let led = self.exchange.as_ref();
        Attempt {
            mechanism: self.name,
            user: self.read.user,
            authzid: self.read.authzid,
            secret: self.read.secret.or(led.and_then(Exchange::shape)),
            findings: self.read.findings,
            initial_response: self.initial_response,
            by_hand: self.by_hand,
            reply,
        }
    }
}

/// Whether a text reads as a mail address with a domain of several labels.
fn is_mailbox(text: &str) -> bool {
    let letter = |b: u8| b.is_ascii_alphanumeric() || b"._-+".contains(&b);
    text.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty() && domain.contains('.') && local.bytes().chain(domain.bytes()).all(letter)
    })
}
