//! Popups: one file each, on a stack over the screen. A popup turns a key into an [`Outcome`] and does
//! not know the other popups.

pub mod base64;
pub mod blanks;
pub mod choice;
pub mod command_list;
pub mod connect;
pub mod export;
pub mod login;
pub mod menu;
mod outcome;
pub mod pager;
pub mod passphrase;
pub mod quote;
pub mod raw;
pub mod sessions;
pub mod stack;
pub mod survey;
pub mod templates;

pub use outcome::{FilledScript, Outcome, Payload};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::{Position, Rect};

use self::outcome::Answer;
use crate::tui::keymap::Action;
use crate::tui::widget::canvas::Canvas;
use crate::tui::widget::hint::Hint;

/// A popup.
#[derive(Debug)]
pub enum Popup {
    /// All commands, by name or by key.
    Commands(Box<command_list::CommandList>),
    /// Base64, encoded and decoded.
    Base64(Box<base64::Base64>),
    /// The blanks of a pasted script.
    Blanks(Box<blanks::BlanksForm>),
    /// A question with a few answers.
    Choice(choice::Choice),
    /// Where to connect.
    Connect(Box<connect::ConnectForm>),
    /// A connection as input for other tools.
    Export(Box<export::Exports>),
    /// How to log in.
    Login(Box<login::LoginForm>),
    /// The menu.
    Menu(menu::Menu),
    /// A text to read.
    Pager(pager::Pager),
    /// The passphrase of a key.
    Passphrase(Box<passphrase::Passphrase>),
    /// What becomes of a password in shells and files.
    Quote(Box<quote::Quote>),
    /// Octets to send as they are.
    Raw(Box<raw::Raw>),
    /// The open and the kept sessions.
    Sessions(Box<sessions::SessionList>),
    /// The ports of a server, or whether it is in order.
    Survey(Box<survey::Survey>),
    /// Lines and messages to fill in.
    Templates(Box<templates::Templates>),
}

impl Popup {
    /// Takes a key.
    pub fn handle(&mut self, key: KeyEvent) -> Outcome {
        if key.modifiers == KeyModifiers::CONTROL && matches!(key.code, KeyCode::Char('c' | 'g')) {
            return self.escape();
        }
        if key.code == KeyCode::Esc {
            return self.escape();
        }
        if key.modifiers == KeyModifiers::CONTROL
            && key.code == KeyCode::Char('d')
            && matches!(self, Self::Connect(_) | Self::Choice(_))
        {
            return Outcome::Run(Action::Quit, String::new());
        }
        let asks =
            key.code == KeyCode::F(1) || key.code == KeyCode::Char('?') && self.help_key() == "?";
        if asks {
            return Outcome::Help(self.help());
        }
        match self {
            Self::Commands(commands) => commands.handle(key),
            Self::Base64(base64) => base64.handle(key),
            Self::Blanks(form) => form.handle(key),
            Self::Choice(choice) => choice.handle(key),
            Self::Connect(form) => form.handle(key),
            Self::Export(exports) => exports.handle(key),
            Self::Login(form) => form.handle(key),
            Self::Menu(menu) => menu.handle(key),
            Self::Pager(pager) => pager.handle(key),
            Self::Passphrase(passphrase) => passphrase.handle(key),
            Self::Quote(quote) => quote.handle(key),
            Self::Raw(raw) => raw.handle(key),
            Self::Sessions(sessions) => sessions.handle(key),
            Self::Survey(survey) => survey.handle(key),
            Self::Templates(templates) => templates.handle(key),
        }
    }

    /// Whether it takes this key although it came by itself and somebody may be typing a line.
    pub fn takes_unasked(&self, key: KeyEvent) -> bool {
        matches!(self, Self::Choice(choice) if choice.takes_unasked(key))
    }

    /// Whether it is a question with this answer.
    pub fn has_answer(&self, answer: &Answer) -> bool {
        matches!(self, Self::Choice(choice) if choice.options.iter().any(|option| option.answer == *answer))
    }

    /// Whether it offers the session that was cut short. It is offered again at the next start.
    pub fn offers_last_session(&self) -> bool {
        let Self::Choice(choice) = self else {
            return false;
        };
        let mut answers = choice.options.iter().map(|option| &option.answer);
        answers.any(|answer| matches!(answer, Answer::RunUnasked(Action::Load, _)))
    }

    /// Whether it is about the current connection, and is closed when another connection is made.
    pub fn is_about_connection(&self) -> bool {
        match self {
            Self::Choice(choice) => !choice.replaces(),
            Self::Login(_) | Self::Passphrase(_) => true,
            Self::Commands(_)
            | Self::Base64(_)
            | Self::Blanks(_)
            | Self::Connect(_)
            | Self::Export(_)
            | Self::Menu(_)
            | Self::Pager(_)
            | Self::Quote(_)
            | Self::Raw(_)
            | Self::Sessions(_)
            | Self::Survey(_)
            | Self::Templates(_) => false,
        }
    }

    /// Takes pasted text.
    pub fn paste(&mut self, text: &str) {
        match self {
            Self::Commands(commands) => commands.paste(text),
            Self::Base64(base64) => base64.paste(text),
            Self::Blanks(form) => form.paste(text),
            Self::Connect(form) => form.paste(text),
            Self::Login(form) => form.paste(text),
            Self::Passphrase(passphrase) => passphrase.paste(text),
            Self::Quote(quote) => quote.paste(text),
            Self::Raw(raw) => raw.paste(text),
            Self::Sessions(sessions) => sessions.paste(text),
            Self::Templates(templates) => templates.paste(text),
            Self::Choice(_)
            | Self::Export(_)
            | Self::Menu(_)
            | Self::Pager(_)
            | Self::Survey(_) => {}
        }
    }

    fn escape(&mut self) -> Outcome {
        match self {
            Self::Choice(choice) => Outcome::Answer(choice.escape()),
            Self::Connect(form) => form.back(),
            Self::Templates(templates) => templates.back(),
            Self::Survey(survey) => survey.escape(),
            _ => Outcome::Close,
        }
    }

    /// The keys that act now and are not those of the text cursor, the most useful first. Esc and the
    /// key of the help are not among them.
    pub fn hints(&self) -> Vec<Hint> {
        match self {
            Self::Commands(commands) => commands.hints(),
            Self::Base64(base64) => base64.hints(),
            Self::Blanks(form) => form.hints(),
            Self::Choice(choice) => choice.hints(),
            Self::Connect(form) => form.hints(),
            Self::Export(exports) => exports.hints(),
            Self::Login(form) => form.hints(),
            Self::Menu(menu) => menu.hints(),
            Self::Pager(pager) => pager.hints(),
            Self::Passphrase(_) => vec![Hint::new("Enter", "unlock")],
            Self::Quote(quote) => quote.hints(),
            Self::Raw(raw) => raw.hints(),
            Self::Sessions(sessions) => sessions.hints(),
            Self::Survey(survey) => survey.hints(),
            Self::Templates(templates) => templates.hints(),
        }
    }

    /// Chooses a row of its list that was clicked.
    pub fn choose(&mut self, row: usize) {
        match self {
            Self::Blanks(form) => form.choose(row),
            Self::Commands(commands) => commands.choose(row),
            Self::Connect(form) => form.choose(row),
            Self::Login(form) => form.choose(row),
            Self::Sessions(sessions) => sessions.choose(row),
            Self::Survey(survey) => survey.choose(row),
            Self::Templates(templates) => templates.choose_row(row),
            Self::Choice(choice) => choice.choose(row),
            Self::Export(exports) => exports.show(row),
            Self::Base64(_)
            | Self::Menu(_)
            | Self::Pager(_)
            | Self::Passphrase(_)
            | Self::Quote(_)
            | Self::Raw(_) => {}
        }
    }

    /// What Esc does, in a word.
    pub fn escape_word(&self) -> &'static str {
        match self {
            Self::Choice(choice) => choice.escape_word(),
            Self::Connect(form) if form.is_on_second_page() => "back",
            Self::Templates(templates) if templates.is_form_open() => "back",
            Self::Survey(survey) if survey.is_running() => "stop",
            _ => "close",
        }
    }

    /// The key that shows the help: `?`, unless it is text in a field.
    pub fn help_key(&self) -> &'static str {
        let typing = match self {
            Self::Commands(_)
            | Self::Blanks(_)
            | Self::Passphrase(_)
            | Self::Raw(_)
            | Self::Sessions(_)
            | Self::Templates(_) => true,
            Self::Base64(base64) => base64.takes_text(),
            Self::Quote(quote) => quote.takes_text(),
            Self::Connect(form) => form.takes_text(),
            Self::Login(form) => form.takes_text(),
            // `?` is an entry of the menu.
            Self::Menu(_) => true,
            Self::Choice(_) | Self::Export(_) | Self::Pager(_) | Self::Survey(_) => false,
        };
        if typing { "F1" } else { "?" }
    }

    /// What it is, and its keys: a title and rows for the help.
    fn help(&self) -> (String, Vec<String>) {
        let (title, words) = match self {
            Self::Commands(_) => (
                "commands",
                "Type a part of a name, or what you want to do. Enter runs the chosen command; what \
                 follows its name is its argument.",
            ),
            Self::Base64(_) => (
                "base64",
                "Type text or base64: the other field follows. Secrets are masked. Tab leads from \
                 the fields to the actions, which have letters.",
            ),
            Self::Blanks(_) => (
                "blanks",
                "A script names its blanks in braces. What is typed here takes their place; the script \
                 is shown once more before it runs.",
            ),
            Self::Choice(_) => (
                "question",
                "Nothing happens until you answer. The key in front of an answer gives it; so does \
                 Enter on the chosen row.",
            ),
            Self::Connect(_) => (
                "connect",
                "Host, port and TLS, or a row of the list: profiles of your config, servers you \
                 reached before with their TLS choice, the practice server. @DOMAIN or an address \
                 as host asks for the mail servers (MX) of the domain. ^T has the TLS settings.",
            ),
            Self::Export(_) => (
                "export",
                "The commands of this connection for another tool. Secrets are left out; the text \
                 says how to supply them.",
            ),
            Self::Login(_) => (
                "log in",
                "ehlo encodes user and password for AUTH and answers the challenges. The password \
                 is never shown, saved or put into the history.",
            ),
            Self::Menu(_) => (
                "menu",
                "A letter runs its command. ^O and a letter works without looking, too. What cannot \
                 be done now is dim and says why.",
            ),
            Self::Pager(_) => (
                "text",
                "A text to read. A highlighted row is a link to the manual: Enter opens it.",
            ),
            Self::Passphrase(_) => ("passphrase", "The key of --key is encrypted."),
            Self::Quote(_) => (
                "what arrives of a password",
                "Type the password: the list says what a shell, a file or a URL makes of it if it is \
                 written without care. Arrived is what an application's log or the server's refusal \
                 shows: the places that give exactly that are named.",
            ),
            Self::Raw(_) => (
                "raw octets",
                "What is typed is sent unchanged, without CR LF at the end. Escapes: \\r \\n \\t \\0 \
                 \\xHH \\\\. The octets are shown before they are sent.",
            ),
            Self::Sessions(_) => (
                "sessions",
                "Open sessions first, then those kept on disk, the newest first. Type to filter: a \
                 server, a code such as 550 or 5xx, a date, a state such as interrupted. The code of a \
                 session is that of its last reply, but not the 221 of QUIT.",
            ),
            Self::Survey(_) => (
                "survey",
                "What is found appears as it comes; the session goes on meanwhile. Of ports, Enter \
                 connects to the chosen one, with TLS as it was found there.",
            ),
            Self::Templates(_) => (
                "templates",
                "Commands and messages to fill in. The octets are shown before they are sent.",
            ),
        };
        let mut rows = vec![words.to_owned()];
        let own = [
            Hint::new("Esc", self.escape_word()),
            Hint::new("^C", self.escape_word()),
            Hint::new(self.help_key(), "help"),
        ];
        let keys = self.hints().into_iter().chain(own);
        rows.extend(keys.map(|hint| format!("{:<12} {}", hint.key, hint.word)));
        (format!("help: {title}"), rows)
    }

    /// Draws the popup over the screen, and returns the position of the cursor if it has one.
    /// `unasked`: it came by itself and takes no letters. `unavailable` tells why an action cannot run
    /// now.
    pub fn draw(
        &mut self,
        screen: Rect,
        unasked: bool,
        unavailable: &dyn Fn(Action) -> Option<&'static str>,
        canvas: &mut Canvas<'_>,
    ) -> Option<Position> {
        match self {
            Self::Commands(commands) => return Some(commands.draw(screen, unavailable, canvas)),
            Self::Sessions(sessions) => return Some(sessions.draw(screen, canvas)),
            Self::Base64(base64) => return base64.draw(screen, canvas),
            Self::Blanks(form) => return form.draw(screen, canvas),
            Self::Connect(form) => return form.draw(screen, canvas),
            Self::Login(form) => return form.draw(screen, canvas),
            Self::Passphrase(passphrase) => return passphrase.draw(screen, canvas),
            Self::Quote(quote) => return quote.draw(screen, canvas),
            Self::Raw(raw) => return raw.draw(screen, canvas),
            Self::Templates(templates) => return templates.draw(screen, canvas),
            Self::Choice(choice) => choice.draw(screen, unasked, canvas),
            Self::Export(exports) => exports.draw(screen, canvas),
            Self::Menu(menu) => menu.draw(screen, unavailable, canvas),
            Self::Survey(survey) => survey.draw(screen, canvas),
            Self::Pager(pager) => pager.draw(screen, canvas),
        }
        None
    }
}
