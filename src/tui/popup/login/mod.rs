//! Logging in without a shell: mechanism, user and password into an exchange. The lines that will
//! go are shown, masked, before they go.

mod view;

use std::sync::atomic::AtomicBool;

use crossterm::event::{KeyCode, KeyEvent};

use super::Outcome;
use crate::config::PasswordSource;
use crate::smtp::sasl::{Credentials, Exchange, Mechanism, NONCE_OCTETS, Needs};
use crate::smtp::{Link, Secret, SessionStatus};
use crate::tui::widget::editor::Editor;

/// What the form was left with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginRequest {
    /// The mechanism.
    pub mechanism: Mechanism,
    /// Who, where, and with which password; an empty one is to be had from `source`.
    pub credentials: Credentials,
    /// Whether the first message goes in the AUTH line where that is possible.
    pub initial_response: bool,
    /// Where the password is to be had.
    pub source: Option<PasswordSource>,
}

impl LoginRequest {
    /// The exchange this comes to, with a nonce of random octets. A password that is to be had from
    /// elsewhere is waited for, until it is to `give_up`.
    ///
    /// # Errors
    /// What is missing or cannot be had, in words.
    pub fn exchange(mut self, nonce: &[u8], give_up: &AtomicBool) -> Result<Exchange, String> {
        if let Some(source) = &self.source {
            self.credentials.secret = source.read(give_up).map_err(|error| error.to_string())?;
        }
        self.into_exchange(nonce)
    }

    fn into_exchange(self, nonce: &[u8]) -> Result<Exchange, String> {
        let first = self.initial_response;
        Exchange::new(self.mechanism, self.credentials, None, nonce, first)
            .map_err(|error| error.to_string())
    }
}

/// Which part of the form has the cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Mechanism,
    User,
    Password,
    Show,
    Authzid,
    Initial,
}

const FIELDS: [Field; 6] = [
    Field::Mechanism,
    Field::User,
    Field::Password,
    Field::Show,
    Field::Authzid,
    Field::Initial,
];

/// A mechanism, and why it is not the server's where it is not.
#[derive(Debug)]
struct Candidate {
    mechanism: Mechanism,
    missing: Option<&'static str>,
}

/// The form.
#[derive(Debug)]
pub struct Login {
    candidates: Vec<Candidate>,
    chosen: usize,
    /// Mechanisms that are offered and can only be typed.
    by_hand: Vec<String>,
    user: Editor,
    password: Editor,
    authzid: Editor,
    show: bool,
    /// Whether the first message goes in the AUTH line; the mechanism's usual way until it is chosen.
    initial: Option<bool>,
    source: Option<PasswordSource>,
    server: (String, u16),
    link: Link,
    /// Words below the fields.
    hint: Option<String>,
    field: Field,
    /// The password is one that was tried before: what is typed takes its place.
    tried: bool,
    error: Option<String>,
}

impl Login {
    /// A form for the server's offers, strongest first; `wanted` is chosen where it is known.
    pub fn new(status: &SessionStatus, server: (String, u16), wanted: &str) -> Self {
        let mut form = Self {
            candidates: Vec::new(),
            chosen: 0,
            by_hand: Vec::new(),
            user: Editor::line(),
            password: Editor::line(),
            authzid: Editor::line(),
            show: false,
            initial: None,
            source: None,
            server,
            link: status.link,
            hint: None,
            field: Field::User,
            tried: false,
            error: None,
        };
        form.offer(status);
        let wanted = Mechanism::parse(wanted);
        // Tokens and certificates are for whoever asks for them.
        let usual = |candidate: &Candidate| {
            candidate.missing.is_none() && candidate.mechanism.needs() == Needs::Password
        };
        let named = |mechanism: Mechanism| {
            let mut candidates = form.candidates.iter();
            candidates.position(|candidate| candidate.mechanism == mechanism)
        };
        form.chosen = wanted
            .and_then(named)
            .or_else(|| form.candidates.iter().position(usual))
            .or_else(|| named(Mechanism::Plain))
            .unwrap_or_default();
        form
    }

    /// Fills in a user and where the password is to be had.
    #[must_use]
    pub fn with(mut self, user: &str, source: Option<PasswordSource>) -> Self {
        self.user.set(user);
        if !user.is_empty() && source.is_none() {
            self.field = Field::Password;
        }
        self.source = source;
        self
    }

    /// Words below the fields.
    #[must_use]
    pub fn hint(mut self, words: String) -> Self {
        self.hint = Some(words);
        self
    }

    /// The form as it was left, at the password, which what is typed takes the place of.
    pub fn again(&mut self) {
        self.tried = !self.password.is_empty();
        self.field = if self.user.is_empty() {
            Field::User
        } else {
            Field::Password
        };
    }

    /// Says what went wrong.
    pub fn complain(&mut self, words: String) {
        self.error = Some(words);
    }

    /// Takes what the server offers now; what was filled in stays.
    pub fn offer(&mut self, status: &SessionStatus) {
        let chosen = self.candidates.get(self.chosen).map(|c| c.mechanism);
        self.link = status.link;
        let capabilities = status.capabilities.current();
        let offered = capabilities.map_or_else(Vec::new, |now| now.mechanisms());
        let starttls = capabilities.is_some_and(|now| now.offers("STARTTLS"));
        let missing = |mechanism: Mechanism| {
            if offered
                .iter()
                .any(|name| mechanism.name().eq_ignore_ascii_case(name))
            {
                None
            } else if mechanism.needs_binding() && status.link == Link::Clear {
                Some("needs TLS")
            } else if capabilities.is_none() {
                Some("unknown: send EHLO first")
            } else if starttls {
                Some("not offered; maybe after STARTTLS")
            } else {
                Some("not offered")
            }
        };
        self.candidates = Mechanism::ALL
            .into_iter()
            .map(|mechanism| Candidate {
                mechanism,
                missing: missing(mechanism),
            })
            .collect();
        self.candidates
            .sort_by_key(|candidate| candidate.missing.is_some());
        self.by_hand = offered
            .iter()
            .filter(|name| Mechanism::parse(name).is_none())
            .map(ToString::to_string)
            .collect();
        self.chosen = self
            .candidates
            .iter()
            .position(|candidate| Some(candidate.mechanism) == chosen)
            .unwrap_or_default();
    }

    fn mechanism(&self) -> Mechanism {
        self.candidates
            .get(self.chosen)
            .map_or(Mechanism::Plain, |candidate| candidate.mechanism)
    }

    fn initial(&self) -> bool {
        let usual = self.mechanism().usually_sends_first();
        self.mechanism().sends_first() && self.initial.unwrap_or(usual)
    }

    pub(in crate::tui::popup) fn paste(&mut self, pasted: &str) {
        self.retype();
        let taken = self.editor().map(|editor| editor.paste(pasted));
        self.error = taken.and_then(Result::err).map(|error| error.to_string());
        let lines = pasted.trim_end_matches(['\r', '\n']);
        if lines.contains(['\r', '\n']) {
            self.error = Some("only the first line of the paste was taken".to_owned());
        } else if lines.len() < pasted.len() {
            self.error = Some("the line break at the end of the paste was left out".to_owned());
        }
    }

    pub(in crate::tui::popup) fn handle(&mut self, key: KeyEvent) -> Outcome {
        self.error = None;
        match (key.code, self.field) {
            (KeyCode::Enter, _) => return self.submit(),
            (KeyCode::Up | KeyCode::Left, Field::Mechanism) => {
                self.chosen = self.chosen.saturating_sub(1);
            }
            (KeyCode::Char(letter), Field::Mechanism) => self.jump(letter),
            (KeyCode::Down | KeyCode::Right, Field::Mechanism) => {
                self.chosen = (self.chosen + 1).min(self.candidates.len().saturating_sub(1));
            }
            (KeyCode::Tab | KeyCode::Down, _) => self.move_on(1),
            (KeyCode::BackTab | KeyCode::Up, _) => self.move_on(FIELDS.len() - 1),
            (KeyCode::Char(' '), Field::Show) => self.show = !self.show,
            (KeyCode::Char(' '), Field::Initial) => self.initial = Some(!self.initial()),
            (KeyCode::Char(_), Field::Show | Field::Initial) => {
                self.error = Some("Space changes this, Tab moves on".to_owned());
            }
            (code, _) => {
                if matches!(code, KeyCode::Char(_) | KeyCode::Backspace) {
                    self.retype();
                }
                if let Some(editor) = self.editor() {
                    editor.handle(key);
                }
            }
        }
        Outcome::Stay
    }

    /// What is typed takes the place of a password that was tried.
    fn retype(&mut self) {
        if self.field == Field::Password && std::mem::take(&mut self.tried) {
            self.password.take();
        }
    }

    /// To the next mechanism that begins with a letter.
    fn jump(&mut self, letter: char) {
        let begins = |candidate: &Candidate| {
            let first = candidate.mechanism.name().chars().next();
            first.is_some_and(|first| first.eq_ignore_ascii_case(&letter))
        };
        let number = self.candidates.len();
        let mut next = (1..=number).map(|step| (self.chosen + step) % number.max(1));
        if let Some(at) = next.find(|&at| self.candidates.get(at).is_some_and(begins)) {
            self.chosen = at;
        }
    }

    fn move_on(&mut self, by: usize) {
        let at = FIELDS.iter().position(|field| *field == self.field);
        self.field = FIELDS[(at.unwrap_or_default() + by) % FIELDS.len()];
    }

    fn editor(&mut self) -> Option<&mut Editor> {
        match self.field {
            Field::User => Some(&mut self.user),
            Field::Password => Some(&mut self.password),
            Field::Authzid => Some(&mut self.authzid),
            Field::Mechanism | Field::Show | Field::Initial => None,
        }
    }

    /// What is asked for, or the first field that is still to be filled.
    fn submit(&mut self) -> Outcome {
        let needs = self.mechanism().needs();
        let secret = matches!(needs, Needs::Password | Needs::Token);
        let has_secret = !self.password.is_empty() || self.source.is_some();
        let no_user = needs != Needs::Nothing && self.user.is_empty();
        if self.field == Field::Mechanism {
            // To choose a mechanism is not yet to send.
            self.field = if no_user {
                Field::User
            } else {
                Field::Password
            };
        } else if no_user && self.mechanism() != Mechanism::OAuthBearer {
            self.field = Field::User;
            self.error = Some("the user is missing".to_owned());
        } else if secret && !has_secret {
            if self.field == Field::Password {
                let kind = if needs == Needs::Token {
                    "token"
                } else {
                    "password"
                };
                self.error = Some(format!("the {kind} is missing"));
            }
            self.field = Field::Password;
        } else {
            // What is wrong shows now, as long as it can be mended.
            match self.request().preview() {
                Ok(_) => return Outcome::Login(Box::new(self.request())),
                Err(error) => self.error = Some(error),
            }
        }
        Outcome::Stay
    }

    fn request(&self) -> LoginRequest {
        let (host, port) = self.server.clone();
        LoginRequest {
            mechanism: self.mechanism(),
            credentials: Credentials {
                authzid: self.authzid.text().to_owned(),
                user: self.user.text().to_owned(),
                secret: Secret::new(self.password.text().as_bytes().to_vec()),
                host,
                port,
            },
            initial_response: self.initial(),
            source: self.source.clone().filter(|_| self.password.is_empty()),
        }
    }
}

impl LoginRequest {
    /// The lines that will go, masked; what is missing, in words.
    fn preview(mut self) -> Result<Vec<String>, String> {
        let from = self.source.take();
        if let Some(source) = &from {
            // Its length is not known yet.
            self.credentials.secret = Secret::new(b"?".to_vec());
            let exchange = self.into_exchange(&[0; NONCE_OCTETS])?;
            let masked = |line: String| line.replace("****** (1 character)", "******");
            let lines = exchange.preview().into_iter().map(masked).collect();
            return Ok([
                lines,
                vec![format!("the password comes from {}", source.description())],
            ]
            .concat());
        }
        Ok(self.into_exchange(&[0; NONCE_OCTETS])?.preview())
    }
}
