//! The screen:
//!
//! ```text
//! header       ehlo  mx.example:587  TLS1.3  MAIL ok > RCPT 0  caps:4
//! tour         the next step, during the tour
//! transcript   ...                                       | sidebar (100 columns and more)
//! rule         -- next: RCPT TO ---------------------------- follow v 41 --
//! prompt       > RCPT TO:<...>
//! words        help with what is typed, advice, notices: three lines, two, one
//! footer       Enter send  Esc browse ...            ^O menu  ? help
//! ```
//!
//! Each pane draws itself; `layout` says where. A saved session has no prompt.

mod live;
mod saved;
mod words;

use ratatui::Frame;

use crate::tui::model::{Focus, Model, keys};
use crate::tui::pane::footer;
use crate::tui::widget::canvas::Canvas;

/// Columns and rows of the smallest screen that is used.
const LEAST: (u16, u16) = (10, 3);

/// Draws the screen.
pub fn draw(model: &mut Model, frame: &mut Frame<'_>) {
    let screen = frame.area();
    // The terminal may have a new size before the message about it is read.
    model.resize(screen.width, screen.height);
    let look = model.look;
    let mut canvas = Canvas::new(frame.buffer_mut(), &look);
    if screen.width < LEAST.0 || screen.height < LEAST.1 {
        let words = "too small, connection kept";
        canvas.text(words, look.theme.info, screen);
        return;
    }
    let areas = model.areas();
    let cursor = match model.session.file() {
        Some(saved) => saved::draw(model, saved, &areas, &mut canvas),
        None => live::draw(model, &areas, &mut canvas),
    };
    let unavailable = |action| keys::unavailable(model, action).is_some();
    footer::draw(
        keys::places(&model.session),
        unavailable,
        areas.footer,
        &mut canvas,
    );
    let mut at = (model.session.focus() == Focus::Prompt).then_some(cursor);
    let mut popups = std::mem::take(&mut model.session.popups);
    if let Some(popup) = popups.last_mut() {
        let unavailable = |action| keys::unavailable(model, action);
        at = popup.draw(screen, &unavailable, &mut canvas);
    }
    model.session.popups = popups;
    if let Some(at) = at {
        frame.set_cursor_position(at);
    }
}

/// Unusual states for the header: browsing, mouse capture, a session that is not saved.
fn modes(model: &Model) -> Vec<&'static str> {
    let browsing = model.session.is_live() && model.session.focus() == Focus::Transcript;
    let browsing = browsing.then_some("BROWSE");
    let mouse = model.preferences.mouse.then_some("mouse");
    let unkept = model.session.unkept.then_some("!journal");
    browsing.into_iter().chain(mouse).chain(unkept).collect()
}
