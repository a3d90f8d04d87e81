//! Popups: one file each, on a stack over the screen. A popup turns a key into an [`Outcome`] and does
//! not know the other popups.

pub mod base64;
pub mod choice;
pub mod command_list;
pub mod connect;
pub mod export;
pub mod login;
pub mod menu;
mod outcome;
pub mod pager;
pub mod passphrase;
pub mod raw;
pub mod stack;
pub mod templates;

pub use outcome::{Outcome, Payload};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::{Position, Rect};

use self::outcome::Answer;
use crate::tui::keymap::Action;
use crate::tui::widget::canvas::Canvas;

/// A popup.
#[derive(Debug)]
pub enum Popup {
    /// All commands, by name or by key.
    Commands(Box<command_list::CommandList>),
    /// Base64, encoded and decoded.
    Base64(Box<base64::Base64>),
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
    /// Octets to send as they are.
    Raw(Box<raw::Raw>),
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
        match self {
            Self::Commands(commands) => commands.handle(key),
            Self::Base64(base64) => base64.handle(key),
            Self::Choice(choice) => choice.handle(key),
            Self::Connect(form) => form.handle(key),
            Self::Export(exports) => exports.handle(key),
            Self::Login(form) => form.handle(key),
            Self::Menu(menu) => menu.handle(key),
            Self::Pager(pager) => pager.handle(key),
            Self::Passphrase(passphrase) => passphrase.handle(key),
            Self::Raw(raw) => raw.handle(key),
            Self::Templates(templates) => templates.handle(key),
        }
    }

    /// Whether it is a question with this answer.
    pub fn has_answer(&self, answer: &Answer) -> bool {
        matches!(self, Self::Choice(choice) if choice.options.iter().any(|option| option.answer == *answer))
    }

    /// Whether it is about the current connection, and is closed when another connection is made.
    pub fn is_about_connection(&self) -> bool {
        match self {
            Self::Choice(choice) => !choice.replaces(),
            Self::Login(_) | Self::Passphrase(_) => true,
            Self::Commands(_)
            | Self::Base64(_)
            | Self::Connect(_)
            | Self::Export(_)
            | Self::Menu(_)
            | Self::Pager(_)
            | Self::Raw(_)
            | Self::Templates(_) => false,
        }
    }

    /// Takes pasted text.
    pub fn paste(&mut self, text: &str) {
        match self {
            Self::Commands(commands) => commands.paste(text),
            Self::Base64(base64) => base64.paste(text),
            Self::Connect(form) => form.paste(text),
            Self::Login(form) => form.paste(text),
            Self::Passphrase(passphrase) => passphrase.paste(text),
            Self::Raw(raw) => raw.paste(text),
            Self::Templates(templates) => templates.paste(text),
            Self::Choice(_) | Self::Export(_) | Self::Menu(_) | Self::Pager(_) => {}
        }
    }

    fn escape(&mut self) -> Outcome {
        match self {
            Self::Choice(choice) => Outcome::Answer(choice.escape()),
            Self::Connect(form) => form.back(),
            Self::Templates(templates) => templates.back(),
            _ => Outcome::Close,
        }
    }

    /// Draws the popup over the screen, and returns the position of the cursor if it has one.
    /// `unavailable` tells why an action cannot run now.
    pub fn draw(
        &mut self,
        screen: Rect,
        unavailable: &dyn Fn(Action) -> Option<&'static str>,
        canvas: &mut Canvas<'_>,
    ) -> Option<Position> {
        match self {
            Self::Commands(commands) => return Some(commands.draw(screen, unavailable, canvas)),
            Self::Base64(base64) => return base64.draw(screen, canvas),
            Self::Connect(form) => return form.draw(screen, canvas),
            Self::Login(form) => return form.draw(screen, canvas),
            Self::Passphrase(passphrase) => return passphrase.draw(screen, canvas),
            Self::Raw(raw) => return raw.draw(screen, canvas),
            Self::Templates(templates) => return templates.draw(screen, canvas),
            Self::Choice(choice) => choice.draw(screen, canvas),
            Self::Export(exports) => exports.draw(screen, canvas),
            Self::Menu(menu) => menu.draw(screen, unavailable, canvas),
            Self::Pager(pager) => pager.draw(screen, canvas),
        }
        None
    }
}
