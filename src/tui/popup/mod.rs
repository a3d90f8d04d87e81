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
pub mod templates;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;
use ratatui::widgets::{Block, Clear, Widget};

use super::keymap::Action;
use super::look::Look;
use crate::smtp::{CommandLine, Secret};

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
pub enum Parcel {
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
    Login(Box<login::Wish>),
    /// It closes, and this is to be sent.
    Send(Parcel),
    /// It closes, and this text is for the editor of the message.
    Draft(String),
    /// It closes, and this is the passphrase.
    Unlock(Secret),
    /// It closes, and this is where to connect.
    Connect(connect::Wish),
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

/// Clears a place of at most `columns` by `rows` at the foot of the screen, frames it and gives
/// what is inside. A small screen is used whole.
fn frame(
    screen: Rect,
    (columns, rows): (usize, usize),
    title: &str,
    buffer: &mut Buffer,
    look: &Look,
) -> Rect {
    let cap = |wanted: usize, there: u16| u16::try_from(wanted + 2).unwrap_or(u16::MAX).min(there);
    let (width, height) = (cap(columns, screen.width), cap(rows, screen.height));
    let area = Rect {
        x: screen.x + (screen.width - width) / 2,
        y: screen.y + (screen.height - height) / 2,
        width,
        height,
    };
    Clear.render(area, buffer);
    let border = look
        .charset
        .pick(ratatui::symbols::border::PLAIN, ASCII_BORDER);
    let block = Block::bordered()
        .border_set(border)
        .title(format!(" {title} "))
        .title_style(look.theme.heading);
    let inner = block.inner(area);
    block.render(area, buffer);
    inner
}

/// Draws rows below one another, the first so many rows below the top.
fn draw_rows(rows: &[Line<'_>], inner: Rect, below: usize, buffer: &mut Buffer, look: &Look) {
    let top = inner
        .y
        .saturating_add(u16::try_from(below).unwrap_or(u16::MAX));
    for (row, y) in rows.iter().zip(top..inner.bottom()) {
        draw_row(buffer, Position { x: inner.x, y }, row, inner.width, look);
    }
}

/// Draws a row; one that is cut says so in its last column.
pub fn draw_row(buffer: &mut Buffer, at: Position, row: &Line<'_>, width: u16, look: &Look) -> u16 {
    let (end, _) = buffer.set_line(at.x, at.y, row, width);
    if row.width() > usize::from(width) && width > 0 {
        let mark = look.charset.pick("…", ">");
        buffer.set_stringn(at.x + width - 1, at.y, mark, 1, look.theme.dim);
    }
    end
}

const ASCII_BORDER: ratatui::symbols::border::Set<'static> = ratatui::symbols::border::Set {
    top_left: "+",
    top_right: "+",
    bottom_left: "+",
    bottom_right: "+",
    vertical_left: "|",
    vertical_right: "|",
    horizontal_top: "-",
    horizontal_bottom: "-",
};
