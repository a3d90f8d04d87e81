//! The login form: mechanism, user and password. It shows the lines that will be sent, masked, before
//! they are sent.

mod charset;
mod view;

use crossterm::event::{KeyCode, KeyEvent};

use self::charset::windows1252;
use super::outcome::Outcome;
use crate::config::PasswordSource;
use crate::report::text;
use crate::smtp::sasl::{Credentials, Mechanism, Needs};
use crate::smtp::{Link, Secret, SessionStatus};
use crate::tui::state::login_request::LoginRequest;
use crate::tui::widget::form::{Field, Form};
use crate::tui::widget::hint::Hint;
use crate::tui::widget::list::List;

/// The fields, in their order.
const MECHANISM: usize = 0;
const USER: usize = 1;
const PASSWORD: usize = 2;
const SHOW: usize = 3;
const AUTHZID: usize = 4;
const INITIAL: usize = 5;
/// Only there if the password has characters outside ASCII.
const LATIN1: usize = 6;

/// Width of the label column, including the gap.
const LABEL: usize = 11;

/// A mechanism, and why the server does not offer it if it does not.
#[derive(Debug)]
struct MechanismRow {
    mechanism: Mechanism,
    missing: Option<&'static str>,
}

/// The login form.
#[derive(Debug)]
pub struct LoginForm {
    form: Form,
    mechanisms: Vec<MechanismRow>,
    /// Which mechanism is chosen.
    list: List,
    /// What to do if no mechanism is offered that ehlo can do.
    advice: Option<String>,
    /// Offered mechanisms that can only be typed by hand.
    by_hand: Vec<String>,
    /// Whether the AUTH command carries the first message; none: as is usual for the mechanism.
    initial: Option<bool>,
    /// Where the password comes from if none is typed.
    source: Option<PasswordSource>,
    server: (String, u16),
    link: Link,
    /// A line below the fields.
    hint: Option<String>,
    /// Whether the password was tried already: typing replaces it.
    tried: bool,
    error: Option<String>,
}

impl LoginForm {
    /// A form for the mechanisms that the server offers, the strongest first. `wanted` is chosen if it
    /// is the name of a known mechanism.
    pub fn new(status: &SessionStatus, server: (String, u16), wanted: &str) -> Self {
        let fields = vec![
            Field::fixed("Mechanism"),
            Field::text("User", ""),
            Field::text("Password", ""),
            Field::toggle("show the password", false),
            Field::text("Act as", "").placeholder("another user, optional"),
            Field::toggle("", false),
        ];
        let mut form = Self {
            form: Form::new(fields).label_columns(LABEL),
            mechanisms: Vec::new(),
            list: List::default(),
            advice: None,
            by_hand: Vec::new(),
            initial: None,
            source: None,
            server,
            link: status.link,
            hint: None,
            tried: false,
            error: None,
        };
        form.form.focus_on(USER);
        form.offer(status);
        // Tokens and certificates are chosen on request only.
        let usual =
            |row: &MechanismRow| row.missing.is_none() && row.mechanism.needs() == Needs::Password;
        let position = |mechanism: Mechanism| {
            let mut rows = form.mechanisms.iter();
            rows.position(|row| row.mechanism == mechanism)
        };
        let chosen = Mechanism::parse(wanted)
            .and_then(position)
            .or_else(|| form.mechanisms.iter().position(usual))
            .or_else(|| position(Mechanism::Plain));
        form.list.choose(chosen.unwrap_or_default());
        form
    }

    /// Fills in a user, and where the password comes from.
    #[must_use]
    pub fn with(mut self, user: &str, source: Option<PasswordSource>) -> Self {
        if let Some(field) = self.form.field_mut(USER) {
            field.set(user);
        }
        if !user.is_empty() && source.is_none() {
            self.form.focus_on(PASSWORD);
        }
        self.source = source;
        self
    }

    /// Shows a line below the fields.
    #[must_use]
    pub fn hint(mut self, words: String) -> Self {
        self.hint = Some(words);
        self
    }

    /// Prepares the form for another try: the focus is on the password, and typing replaces it.
    pub fn again(&mut self) {
        self.tried = !self.form.value(PASSWORD).is_empty();
        let no_user = self.form.value(USER).is_empty();
        self.form.focus_on(if no_user { USER } else { PASSWORD });
    }

    /// Shows an error.
    pub fn show_error(&mut self, words: &str) {
        self.error = Some(text::without_os_code(words).into_owned());
    }

    /// Takes what the server offers now. The fields keep their values.
    pub fn offer(&mut self, status: &SessionStatus) {
        let chosen = self.mechanisms.get(self.list.chosen());
        let chosen = chosen.map(|row| row.mechanism);
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
        let row = |mechanism| MechanismRow {
            mechanism,
            missing: missing(mechanism),
        };
        self.mechanisms = Mechanism::ALL.into_iter().map(row).collect();
        self.mechanisms.sort_by_key(|row| row.missing.is_some());
        self.by_hand = offered
            .iter()
            .filter(|name| Mechanism::parse(name).is_none())
            .map(ToString::to_string)
            .collect();
        let usable = self.mechanisms.iter().any(|row| row.missing.is_none());
        self.advice = (!usable && !self.by_hand.is_empty()).then(|| {
            let names = self.by_hand.join(", ");
            let next = if starttls && status.link == Link::Clear {
                "Many servers offer LOGIN or PLAIN only under TLS: close this with Esc, send \
                 STARTTLS and EHLO, and open it again."
            } else {
                "Ask its admin to allow LOGIN under TLS (in Exchange: basic authentication), or try \
                 another port."
            };
            format!("The server offers only {names} here, which ehlo does not do. {next}")
        });
        let mut rows = self.mechanisms.iter();
        let chosen = rows.position(|row| Some(row.mechanism) == chosen);
        self.list.choose(chosen.unwrap_or_default());
    }

    fn mechanism(&self) -> Mechanism {
        self.mechanisms
            .get(self.list.chosen())
            .map_or(Mechanism::Plain, |row| row.mechanism)
    }

    /// Whether the AUTH command carries the first message.
    fn initial(&self) -> bool {
        let usual = self.mechanism().usually_sends_first();
        self.mechanism().sends_first() && self.initial.unwrap_or(usual)
    }

    /// Shows the choice of the character set if the password depends on it.
    fn update_charset(&mut self) {
        let count = if self.form.value(PASSWORD).is_ascii() {
            LATIN1
        } else {
            LATIN1 + 1
        };
        let words = "send the password in Latin-1 (Windows-1252)";
        self.form.keep(count, || Field::toggle(words, false));
    }

    /// The octets of the password in the chosen character set.
    fn password(&self) -> Result<Secret, &'static str> {
        let password = self.form.value(PASSWORD);
        if !self.form.fields().get(LATIN1).is_some_and(Field::is_on) {
            return Ok(Secret::new(password.as_bytes().to_vec()));
        }
        let octets: Option<Vec<u8>> = password.chars().map(windows1252).collect();
        octets
            .map(Secret::new)
            .ok_or("the password has a character that Latin-1 does not have")
    }

    pub(in crate::tui::popup) fn choose(&mut self, row: usize) {
        self.list
            .choose(row.min(self.mechanisms.len().saturating_sub(1)));
    }

    pub(in crate::tui::popup) fn takes_text(&self) -> bool {
        self.form.takes_text()
    }

    pub(in crate::tui::popup) fn hints(&self) -> Vec<Hint> {
        let enter = if self.form.is_at(MECHANISM) {
            "choose"
        } else {
            "log in"
        };
        let mut hints = vec![Hint::new("Enter", enter), Hint::new("Tab", "next")];
        if self.form.is_at(MECHANISM) {
            hints.push(Hint::new("Left Right", "change"));
        } else if self.form.takes_space() {
            hints.push(Hint::new("Space", "change"));
        }
        hints
    }

    pub(in crate::tui::popup) fn paste(&mut self, pasted: &str) {
        self.replace_tried();
        self.error = self.form.paste(pasted).err().map(|error| error.to_string());
        self.update_charset();
        let lines = pasted.trim_end_matches(['\r', '\n']);
        if lines.contains(['\r', '\n']) {
            self.error = Some("only the first line of the paste was inserted".to_owned());
        } else if lines.len() < pasted.len() {
            self.error = Some("the line break at the end of the paste was removed".to_owned());
        }
    }

    /// Takes a key.
    pub fn handle(&mut self, key: KeyEvent) -> Outcome {
        self.error = None;
        match key.code {
            KeyCode::Enter => return self.submit(),
            code if self.form.is_at(MECHANISM) && self.choose_mechanism(code) => {}
            KeyCode::Tab | KeyCode::Down => self.form.step_round(true),
            KeyCode::BackTab | KeyCode::Up => self.form.step_round(false),
            KeyCode::Char(' ') if self.form.is_at(INITIAL) => self.initial = Some(!self.initial()),
            code => {
                let changes_box = code == KeyCode::Char(' ') && self.form.takes_space();
                if matches!(code, KeyCode::Char(_) | KeyCode::Backspace) && !changes_box {
                    self.replace_tried();
                }
                self.form.handle(key);
                self.update_charset();
            }
        }
        Outcome::Stay
    }

    /// Takes a key that chooses a mechanism: those of a list, Left and Right, or the first letter.
    fn choose_mechanism(&mut self, code: KeyCode) -> bool {
        let code = match code {
            KeyCode::Left => KeyCode::Up,
            KeyCode::Right => KeyCode::Down,
            KeyCode::Char(letter) => {
                self.jump(letter);
                return true;
            }
            code => code,
        };
        self.list.handle(code, self.mechanisms.len())
    }

    /// Chooses the next mechanism that begins with a letter.
    fn jump(&mut self, letter: char) {
        let begins = |row: &MechanismRow| {
            let first = row.mechanism.name().chars().next();
            first.is_some_and(|first| first.eq_ignore_ascii_case(&letter))
        };
        let count = self.mechanisms.len();
        let mut next = (1..=count).map(|step| (self.list.chosen() + step) % count.max(1));
        if let Some(at) = next.find(|&at| self.mechanisms.get(at).is_some_and(begins)) {
            self.list.choose(at);
        }
    }

    /// Removes a password that was tried: what is typed now replaces it.
    fn replace_tried(&mut self) {
        // What is typed on the check box goes into the password, see `Form::handle`.
        if (self.form.is_at(PASSWORD) || self.form.is_at(SHOW))
            && std::mem::take(&mut self.tried)
            && let Some(field) = self.form.field_mut(PASSWORD)
        {
            field.take();
        }
    }

    /// Logs in, or moves the focus to the first field that is still missing.
    fn submit(&mut self) -> Outcome {
        let needs = self.mechanism().needs();
        let needs_secret = matches!(needs, Needs::Password | Needs::Token);
        let has_secret = !self.form.value(PASSWORD).is_empty() || self.source.is_some();
        let no_user = needs != Needs::Nothing && self.form.value(USER).is_empty();
        if self.form.is_at(MECHANISM) {
            // Enter on a mechanism chooses it and sends nothing yet.
            self.form.focus_on(if no_user { USER } else { PASSWORD });
        } else if no_user && self.mechanism() != Mechanism::OAuthBearer {
            self.form.focus_on(USER);
            self.error = Some("the user name is missing".to_owned());
        } else if needs_secret && !has_secret {
            if self.form.is_at(PASSWORD) {
                let kind = if needs == Needs::Token {
                    "token"
                } else {
                    "password"
                };
                self.error = Some(format!("the {kind} is missing"));
            }
            self.form.focus_on(PASSWORD);
        } else if let Err(words) = self.password() {
            self.error = Some(words.to_owned());
        } else {
            // Errors show here, where they can be corrected.
            match self.request().preview() {
                Ok(_) => return Outcome::Login(Box::new(self.request())),
                Err(error) => self.error = Some(error),
            }
        }
        Outcome::Stay
    }

    fn request(&self) -> LoginRequest {
        let (host, port) = self.server.clone();
        // The form reports a password that cannot be encoded before it sends anything.
        let password = self.password().unwrap_or_else(|_| Secret::new(Vec::new()));
        LoginRequest {
            mechanism: self.mechanism(),
            credentials: Credentials {
                authzid: self.form.value(AUTHZID).to_owned(),
                user: self.form.value(USER).to_owned(),
                secret: password,
                host,
                port,
            },
            initial_response: self.initial(),
            source: self
                .source
                .clone()
                .filter(|_| self.form.value(PASSWORD).is_empty()),
        }
    }
}
