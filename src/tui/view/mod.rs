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

mod chunk;
mod live;
mod saved;
mod words;

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::tui::keymap::Action;
use crate::tui::model::{Focus, Model, keys};
use crate::tui::pane::footer::Footer;
use crate::tui::pane::prompt::Searching;
use crate::tui::widget::canvas::Canvas;
use crate::tui::widget::hint::Hint;

/// Columns and rows of the smallest screen that is used.
const LEAST: (u16, u16) = (10, 3);

/// Rows above the prompt that are enough for a popup that comes by itself.
const LEAST_UNASKED: u16 = 5;

/// Rows below the tour that are enough for any popup.
const LEAST_BELOW_TOUR: u16 = 12;

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
    let mut at = (model.session.focus() == Focus::Prompt).then_some(cursor);
    let mut popups = std::mem::take(&mut model.session.popups);
    let unasked = popups.last_is_unasked();
    if let Some(popup) = popups.last_mut() {
        let unavailable = |action| keys::unavailable(model, action);
        canvas.prompt_row = Some(areas.rule.y);
        canvas.sidebar = areas.sidebar;
        // The footer stays visible: it has the keys of the popup. So does the line that somebody may be
        // typing while a popup comes by itself.
        let height = if unasked && areas.rule.y >= LEAST_UNASKED {
            areas.rule.y
        } else {
            screen.height - areas.footer.height
        };
        // So does the strip of the tour, if the popup has room below it.
        let y = match areas.tour.bottom() {
            below if !areas.tour.is_empty() && height >= below + LEAST_BELOW_TOUR => below,
            _ => 0,
        };
        let rest = Rect {
            y,
            height: height - y,
            ..screen
        };
        let in_popup = popup.draw(rest, unasked, &unavailable, &mut canvas);
        // Who types a line goes on typing it below a popup that came by itself.
        at = in_popup.or(at.filter(|_| unasked));
    }
    model.session.popups = popups;
    footer(model).draw(areas.footer, &mut canvas);
    model.clicks = std::mem::take(&mut canvas.clicks);
    if let Some(at) = at {
        frame.set_cursor_position(at);
    }
}

/// The keys of what has the focus.
fn footer(model: &Model) -> Footer {
    let session = &model.session;
    let Some(popup) = session.popups.last() else {
        if let Some(searching) = session.prompt.searching {
            return search_footer(searching);
        }
        let unavailable = |action| keys::unavailable(model, action).is_some();
        let mut footer = Footer::of_places(keys::places(session), unavailable);
        if session.assist().login {
            footer.call(Action::Accept, "log in");
        }
        let connection = &session.connection;
        if session.is_live()
            && session.focus() == Focus::Prompt
            && !connection.is_up()
            && !connection.is_connecting()
        {
            let ways_out = [
                (Action::Reconnect, "reconnect"),
                (Action::Connect, "connect"),
                (Action::Quit, "quit"),
            ];
            let ways_out = ways_out
                .into_iter()
                // In a line, ^D deletes.
                .filter(|(action, _)| {
                    !unavailable(*action)
                        && (*action != Action::Quit || session.prompt.command.is_empty())
                });
            footer.put_first(ways_out, keys::places(session));
        }
        return footer;
    };
    let unasked = session.popups.last_is_unasked();
    let help_key = if unasked { "F1" } else { popup.help_key() };
    // While a line is being typed, its keys are those of the prompt.
    let hints = if unasked && !session.nothing_typed() {
        Vec::new()
    } else {
        popup.hints()
    };
    Footer {
        hints,
        ends: vec![
            Hint::new("Esc", popup.escape_word()),
            Hint::new(help_key, "help"),
        ],
    }
}

/// The keys of a search.
fn search_footer(searching: Searching) -> Footer {
    let hints = match searching {
        Searching::Transcript => vec![Hint::new("Enter", "search")],
        Searching::History(_) => vec![Hint::new("Enter", "insert"), Hint::new("^R", "older")],
    };
    Footer {
        hints,
        ends: vec![Hint::new("Esc", "cancel")],
    }
}

/// Unusual states for the header: browsing, mouse capture, a session that is not saved.
fn modes(model: &Model) -> Vec<&'static str> {
    let browsing = model.session.is_live() && model.session.focus() == Focus::Transcript;
    let browsing = browsing.then_some("BROWSE");
    let mouse = model.preferences.mouse.then_some("mouse");
    let unkept = model.session.journal_incomplete.then_some("!journal");
    browsing.into_iter().chain(mouse).chain(unkept).collect()
}
