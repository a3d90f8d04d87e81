//! A live session: transcript, sidebar, prompt, and help with what is typed.

use ratatui::layout::{Position, Rect};

use super::words::words;
use crate::report::text;
use crate::smtp::draft::MessageRules;
use crate::tui::model::layout::Areas;
use crate::tui::model::{Focus, Model};
use crate::tui::pane::prompt::{Mode, PromptContext};
use crate::tui::pane::{candidates, header, help, rule, sidebar};
use crate::tui::widget::canvas::{Canvas, row_of, top};

/// Draws the session, and returns the position of the cursor in the prompt.
pub(super) fn draw(model: &mut Model, areas: &Areas, canvas: &mut Canvas<'_>) -> Position {
    let theme = &canvas.look.theme;
    let badges = header::live(
        &model.session.connection,
        model.session.seen.user.as_deref(),
        &super::modes(model),
        model.now,
        canvas.look,
    );
    header::draw(badges, &model.overview(), areas.header, canvas);
    for (line, row) in model.tour_lines().iter().zip(areas.tour.rows()) {
        canvas.buffer.set_line(row.x, row.y, line, row.width);
    }
    if model.session.transcript.transcript().is_empty() {
        let words = "Not connected. Enter opens the connect form, or type :connect host:port";
        let columns = usize::from(areas.transcript.width).saturating_sub(2).max(1);
        let rows = text::words(words, columns, canvas.look.charset);
        for (words, row) in rows.iter().zip(areas.transcript.rows()) {
            canvas.sentence(words, theme.dim, row);
        }
    } else {
        model.session.transcript.draw(areas.transcript, canvas);
    }
    if !areas.sidebar.is_empty() {
        let look = canvas.look;
        let rows = |columns| sidebar::rows(&model.session.connection, columns, look);
        sidebar::draw(rows, areas.sidebar, canvas);
    }
    let (mut next, words) = words(model);
    if model.session.focus() == Focus::Transcript {
        "BROWSE: Esc returns to the prompt".clone_into(&mut next);
    }
    let columns = usize::from(areas.rule.width);
    let state = model.session.transcript.live_status(columns, canvas.look);
    rule::draw(&next, &state, areas.sidebar, areas.rule, canvas);
    model.session.prompt.rules = MessageRules::from_status(&model.session.connection.status);
    let mut assist = model.session.assist();
    // There is no ghost while Tab means something else.
    let popups = &model.session.popups;
    let in_popup = !popups.is_empty() && !popups.last_is_unasked();
    if in_popup || model.session.focus() != Focus::Prompt || model.session.prompt.list.is_some() {
        assist.ghost.clear();
        assist.login = false;
    }
    let context = PromptContext {
        exchange: model.session.connection.status.secret_lines,
        chunk_left: model.session.connection.status.chunk_left,
        history: &model.session.history,
        assist: &assist,
    };
    let area = draw_attached(model, areas.prompt, canvas);
    let cursor = model.session.prompt.draw(&context, area, canvas);
    let notice = model.session.notice.as_ref();
    if !areas.words.is_empty() {
        let lines = help::HelpLines {
            assist: &assist,
            words: &words,
            notice,
            newcomer: !model.session.seen.coached,
            replaceable: !in_popup && model.session.prompt.replaceable().is_some(),
        };
        help::draw(&lines, areas.words, canvas);
    } else if let Some(notice) = notice {
        // If there is no line for it, a notice takes the rule.
        canvas.sentence(&notice.text, theme.warn, areas.rule);
    }
    if let Some(list) = model.session.prompt.list {
        candidates::draw(&model.session.candidates(), list, areas.transcript, canvas);
    }
    cursor
}

/// Draws the attachments of a message in the last row of an area, and returns the rest of the area.
fn draw_attached(model: &Model, area: Rect, canvas: &mut Canvas<'_>) -> Rect {
    let message = model.session.prompt.mode() == Mode::Message && area.height > 1;
    let Some(attached) = model.session.draft.attached().filter(|_| message) else {
        return area;
    };
    let rest = usize::from(area.height - 1);
    canvas.sentence(&attached, canvas.look.theme.info, row_of(area, rest));
    top(area, rest)
}
