//! The screen:
//!
//! ```text
//! header       ehlo  mx.example:587  TLS1.3  MAIL ok > RCPT 0  caps:4
//! tour         what to do next, while the tour is taken
//! transcript   ...                                       | sidebar (100 columns and more)
//! rule         -- next: RCPT TO ---------------------------- follow v 41 --
//! prompt       > RCPT TO:<...>
//! words        help with what is typed, advice, news: three lines, two, one
//! footer       Enter send  Esc browse ...            ^O menu  ? help
//! ```
//!
//! Each part draws itself; `layout` says where. A saved session stands in place of the transcript and
//! of what is around it.

mod live;
mod saved;
mod words;

use ratatui::Frame;

use crate::tui::model::{Focus, Model, keys};
use crate::tui::pane::hint;

/// The smallest screen that is used.
const LEAST: (u16, u16) = (10, 3);

/// Draws everything.
pub fn draw(model: &mut Model, frame: &mut Frame<'_>) {
    let screen = frame.area();
    // The terminal may have another size before its message about that is read.
    model.resize(screen.width, screen.height);
    let look = model.look;
    if screen.width < LEAST.0 || screen.height < LEAST.1 {
        let words = "too small, connection kept";
        frame.buffer_mut().set_stringn(
            screen.x,
            screen.y,
            words,
            usize::from(screen.width),
            look.theme.info,
        );
        return;
    }
    let areas = model.areas();
    let buffer = frame.buffer_mut();
    let cursor = match model.session.file() {
        Some(saved) => saved::draw(model, saved, &areas, buffer, &look),
        None => live::draw(model, &areas, buffer, &look),
    };
    if !areas.footer.is_empty() {
        let unavailable = |action| keys::unavailable(model, action).is_some();
        hint::draw_footer(
            keys::places(&model.session),
            unavailable,
            areas.footer,
            buffer,
            &look,
        );
    }
    let mut popups = std::mem::take(&mut model.session.popups);
    let mut at = (model.session.focus() == Focus::Prompt).then_some(cursor);
    if let Some(popup) = popups.last_mut() {
        let unavailable = |action| keys::unavailable(model, action);
        at = popup.draw(screen, frame.buffer_mut(), &look, &unavailable);
    }
    model.session.popups = popups;
    if let Some(at) = at {
        frame.set_cursor_position(at);
    }
}

/// What is not as usual: keys, mouse, a session that is not kept.
fn modes(model: &Model) -> Vec<&'static str> {
    let browsing = model.session.is_live() && model.session.focus() == Focus::Transcript;
    let browsing = browsing.then_some("BROWSE");
    let mouse = model.preferences.mouse.then_some("mouse");
    let unkept = model.session.unkept.then_some("!journal");
    browsing.into_iter().chain(mouse).chain(unkept).collect()
}
