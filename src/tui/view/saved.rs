//! A saved session: its transcript, and what the reply at the chosen line means. There is no prompt.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::tui::assist::Assist;
use crate::tui::model::layout::Areas;
use crate::tui::model::{Focus, Model, ReturnTo};
use crate::tui::pane::{header, hint, sidebar};
use crate::tui::state::connection::LastReply;
use crate::tui::state::saved::Saved;
use crate::tui::widget::look::Look;

/// Draws it, and says where the cursor stands in what is searched for.
pub(super) fn draw(
    model: &Model,
    saved: &Saved,
    areas: &Areas,
    buffer: &mut Buffer,
    look: &Look,
) -> Position {
    if !areas.header.is_empty() {
        let badges = header::saved(saved, &super::modes(model), look);
        header::draw(badges, areas.header, buffer, look);
    }
    model
        .session
        .transcript
        .draw(areas.transcript, buffer, look);
    let chosen = model.session.chosen_reply();
    if !areas.sidebar.is_empty() {
        let rows = |columns| sidebar::saved_rows(saved, chosen.as_ref(), columns, look);
        sidebar::draw(rows, areas.sidebar, buffer, look);
    }
    let words = words(model, chosen.as_ref());
    if !areas.rule.is_empty() {
        let place = hint::place(&model.session.transcript, look);
        hint::draw_rule("saved session, read-only", place, areas.rule, buffer, look);
        if let Some(notice) = model
            .session
            .notice
            .as_ref()
            .filter(|_| areas.words.is_empty())
        {
            hint::draw_words(&notice.text, look.theme.warn, areas.rule, buffer, look);
        }
    }
    for (words, y) in words.iter().zip(areas.words.y..areas.words.bottom()) {
        let row = Rect {
            y,
            height: 1,
            ..areas.words
        };
        hint::draw_words(words, look.theme.info, row, buffer, look);
    }
    if model.session.focus() == Focus::Prompt {
        let none = Assist::default();
        return model
            .session
            .prompt
            .draw(areas.prompt, buffer, look, false, &[], &none);
    }
    let back = match model.return_to() {
        ReturnTo::Session => format!("q goes back to {}", model.before().name()),
        ReturnTo::Form => "q opens the connect form".to_owned(),
        ReturnTo::Nothing => "q leaves".to_owned(),
    };
    let back = format!("nothing is sent from here: {back}");
    hint::draw_words(&back, look.theme.dim, areas.prompt, buffer, look);
    Position::default()
}

/// News, then what the reply at the chosen line means.
fn words(model: &Model, chosen: Option<&LastReply>) -> Vec<String> {
    let mut words: Vec<String> = model
        .session
        .notice
        .iter()
        .map(|notice| notice.text.clone())
        .collect();
    if let Some(chosen) = chosen {
        let explanation = &chosen.explanation;
        words.push(format!("{}: {}", explanation.title, explanation.headline));
        words.extend(explanation.remarks.first().cloned());
        words.extend(explanation.next.first().map(|next| format!("> {next}")));
    }
    words
}
