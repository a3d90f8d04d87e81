//! What lies over the screen for a while, one file each, on a stack. A popup answers a key with
//! what happened and knows nothing of the others.

pub mod actions;
pub mod base64;
pub mod choice;
pub mod connect;
pub mod export;
pub mod login;
pub mod menu;
mod octets;
pub mod pager;
pub mod passphrase;
pub mod raw;
mod scroll;
pub mod stack;
pub mod templates;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::smtp::{CommandLine, Secret};
use crate::tui::keymap::Action;
use crate::tui::widget::look::Look;

/// A popup.
#[derive(Debug)]
pub enum Popup {
    /// All actions, by name or by key.
    Actions(Box<actions::Actions>),
    /// Base64 both ways.
    Base64(Box<base64::Base64>),
    /// A question with a few answers.
    Choice(choice::Choice),
    /// Where to connect.
    Connect(Box<connect::Form>),
    /// A connection in the words of other tools.
    Export(Box<export::Exports>),
    /// Who logs in, and how.
    Login(Box<login::Login>),
    /// The menu behind `^O`.
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

/// What is to be sent, as it was shown.
#[derive(Debug, PartialEq, Eq)]
pub enum Payload {
    /// A line, plus CR LF.
    Line(CommandLine),
    /// Octets as they are.
    Raw(Secret),
}

/// What came of a key.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The popup stays.
    Stay,
    /// It closes, and that is all.
    Close,
    /// It closes, and this is to be done, with what stands behind its name.
    Run(Action, String),
    /// It stays, and a page about this is to be read.
    Read(String),
    /// It stays, and this is printed on the terminal's own screen.
    Print(String),
    /// It closes with this answer to its question.
    Answer(choice::Answer),
    /// It closes, and these octets go to the cursor.
    Insert(Secret),
    /// It closes, and these octets are copied.
    Copy(Secret),
    /// It closes, and this is how to log in.
    Login(Box<login::LoginRequest>),
    /// It closes, and this is to be sent.
    Send(Payload),
    /// It closes, and this text is for the editor of the message.
    Draft(String),
    /// It closes, and this is the passphrase.
    Unlock(Secret),
    /// It closes, and this is where to connect.
    Connect(connect::ConnectRequest),
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
            Self::Actions(actions) => actions.handle(key),
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

    /// Whether it asks about the connection, and means nothing once another one is asked for.
    pub fn is_about_connection(&self) -> bool {
        match self {
            Self::Choice(choice) => !choice.replaces(),
            Self::Login(_) | Self::Passphrase(_) => true,
            Self::Actions(_)
            | Self::Base64(_)
            | Self::Connect(_)
            | Self::Export(_)
            | Self::Menu(_)
            | Self::Pager(_)
            | Self::Raw(_)
            | Self::Templates(_) => false,
        }
    }

    /// Whether this answer can be given to it.
    pub fn answers(&self, answer: &choice::Answer) -> bool {
        matches!(self, Self::Choice(choice) if choice.options.iter().any(|option| option.answer == *answer))
    }

    /// Takes pasted text.
    pub fn paste(&mut self, text: &str) {
        match self {
            Self::Actions(actions) => actions.paste(text),
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

    /// Draws it over `screen`, and says where the cursor stands if it has one.
    pub fn draw(
        &mut self,
        screen: Rect,
        buffer: &mut Buffer,
        look: &Look,
        unavailable: &dyn Fn(Action) -> Option<&'static str>,
    ) -> Option<Position> {
        match self {
            Self::Actions(actions) => Some(actions.draw(screen, buffer, look, unavailable)),
            Self::Base64(base64) => base64.draw(screen, buffer, look),
            Self::Choice(choice) => {
                choice.draw(screen, buffer, look);
                None
            }
            Self::Connect(form) => form.draw(screen, buffer, look),
            Self::Export(exports) => {
                exports.draw(screen, buffer, look);
                None
            }
            Self::Login(form) => form.draw(screen, buffer, look),
            Self::Passphrase(passphrase) => Some(passphrase.draw(screen, buffer, look)),
            Self::Raw(raw) => Some(raw.draw(screen, buffer, look)),
            Self::Templates(templates) => templates.draw(screen, buffer, look),
            Self::Menu(menu) => {
                menu.draw(screen, buffer, look, unavailable);
                None
            }
            Self::Pager(pager) => {
                pager.draw(screen, buffer, look);
                None
            }
        }
    }
}
