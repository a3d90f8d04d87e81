//! The session that goes on: its transcript, what the server offers, the prompt and what helps there.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::words::words;
use crate::smtp::draft::MessageRules;
use crate::tui::model::layout::Areas;
use crate::tui::model::{Focus, Model};
use crate::tui::pane::prompt::Mode;
use crate::tui::pane::{candidates, header, help, hint, sidebar};
use crate::tui::widget::look::Look;

/// Draws it, and says where the cursor stands in the prompt.
pub(super) fn draw(model: &mut Model, areas: &Areas, buffer: &mut Buffer, look: &Look) -> Position {
    if !areas.header.is_empty() {
        let badges = header::live(&model.session.connection, &super::modes(model), look);
        header::draw(badges, areas.header, buffer, look);
    }
    for (line, y) in model
        .tour_lines()
        .iter()
        .zip(areas.tour.y..areas.tour.bottom())
    {
        buffer.set_line(areas.tour.x, y, line, areas.tour.width);
    }
    if model.session.transcript.transcript().is_empty() {
        let words = "Not connected. Enter opens the connect form; or  :connect host:port";
        hint::draw_words(
            words,
            look.theme.dim,
            Rect {
                height: 1,
                ..areas.transcript
            },
            buffer,
            look,
        );
    } else {
        model
            .session
            .transcript
            .draw(areas.transcript, buffer, look);
    }
    if !areas.sidebar.is_empty() {
        let rows = |columns| sidebar::rows(&model.session.connection, columns, look);
        sidebar::draw(rows, areas.sidebar, buffer, look);
    }
    model.session.prompt.terms = MessageRules::from_status(&model.session.connection.status);
    let (next, words) = words(model);
    let mut assist = model.session.assist();
    // Where Tab means something else there is no ghost.
    if model.session.focus() != Focus::Prompt || model.session.prompt.list.is_some() {
        assist.ghost.clear();
    }
    if !areas.rule.is_empty() {
        let state = hint::state(&model.session.transcript, areas.rule.width, look);
        hint::draw_rule(&next, state, areas.rule, buffer, look);
    }
    let exchange = model.session.connection.status.secret_lines;
    let mut prompt = areas.prompt;
    if model.session.prompt.mode() == Mode::Message
        && prompt.height > 1
        && let Some(attached) = model.session.draft.attached()
    {
        prompt.height -= 1;
        let below = Rect {
            y: prompt.bottom(),
            height: 1,
            ..prompt
        };
        hint::draw_words(&attached, look.theme.info, below, buffer, look);
    }
    let cursor = model.session.prompt.draw(
        prompt,
        buffer,
        look,
        exchange,
        &model.session.history,
        &assist,
    );
    if !areas.words.is_empty() {
        let lines = help::Lines {
            assist: &assist,
            words: &words,
            notice: model.session.notice.as_ref(),
            newcomer: !model.session.seen.coached,
        };
        help::draw(&lines, areas.words, buffer, look);
    } else if let Some(notice) = &model.session.notice
        && !areas.rule.is_empty()
    {
        // Where there is no line for words, news take the rule's.
        hint::draw_words(&notice.text, look.theme.warn, areas.rule, buffer, look);
    }
    if let Some(chosen) = model.session.prompt.list {
        candidates::draw(
            &model.session.candidates(),
            chosen,
            areas.transcript,
            buffer,
            look,
        );
    }
    cursor
}
