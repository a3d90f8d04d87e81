//! A saved session: its transcript, and what the reply at the chosen line means. There is no prompt.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::tui::assist::Assist;
use crate::tui::layout::Areas;
use crate::tui::look::Look;
use crate::tui::model::{Focus, Model};
use crate::tui::pane::{header, hint, sidebar};
use crate::tui::saved::Saved;

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
    saved.pane.draw(areas.transcript, buffer, look);
    if !areas.sidebar.is_empty() {
        let rows = |columns| sidebar::saved_rows(saved, columns, look);
        sidebar::draw(rows, areas.sidebar, buffer, look);
    }
    let words = words(model, saved);
    if !areas.rule.is_empty() {
        let place = hint::place(&saved.pane, look);
        let left = match (&model.notice, areas.words.is_empty()) {
            (Some(notice), true) => notice.text.clone(),
            _ => "saved session, read-only".to_owned(),
        };
        hint::draw_rule(&left, place, areas.rule, buffer, look);
    }
    for (words, y) in words.iter().zip(areas.words.y..areas.words.bottom()) {
        let row = Rect {
            y,
            height: 1,
            ..areas.words
        };
        hint::draw_words(words, look.theme.info, row, buffer, look);
    }
    if model.focus() == Focus::Prompt {
        let none = Assist::default();
        return model
            .prompt
            .draw(areas.prompt, buffer, look, false, &[], &none);
    }
    let back = if model.alone {
        "nothing is sent from here: q leaves".to_owned()
    } else {
        format!(
            "nothing is sent from here: q goes back to {}",
            model.connection.name()
        )
    };
    hint::draw_words(&back, look.theme.dim, areas.prompt, buffer, look);
    Position::default()
}

/// News, then what the reply at the chosen line means.
fn words(model: &Model, saved: &Saved) -> Vec<String> {
    let mut words: Vec<String> = model
        .notice
        .iter()
        .map(|notice| notice.text.clone())
        .collect();
    if let Some(chosen) = saved.chosen_reply() {
        let explanation = chosen.explanation;
        words.push(format!("{}: {}", explanation.title, explanation.headline));
        words.extend(explanation.remarks.into_iter().take(1));
        words.extend(explanation.next.first().map(|next| format!("> {next}")));
    }
    words
}
