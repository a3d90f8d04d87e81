//! A saved session: its transcript, and the meaning of the chosen reply. There is no prompt.

use ratatui::layout::Position;

use crate::tui::assist::Assist;
use crate::tui::model::layout::Areas;
use crate::tui::model::{AfterClose, Focus, Model};
use crate::tui::pane::prompt::PromptContext;
use crate::tui::pane::{header, rule, sidebar};
use crate::tui::state::connection::LastReply;
use crate::tui::state::saved::Saved;
use crate::tui::widget::canvas::Canvas;

/// Draws the session, and returns the position of the cursor in a search.
pub(super) fn draw(
    model: &Model,
    saved: &Saved,
    areas: &Areas,
    canvas: &mut Canvas<'_>,
) -> Position {
    let look = canvas.look;
    let badges = header::saved(saved, &super::modes(model), look);
    header::draw(badges, &model.overview(), areas.header, canvas);
    model.session.transcript.draw(areas.transcript, canvas);
    let chosen = model.session.chosen_reply();
    if !areas.sidebar.is_empty() {
        let rows = |columns| sidebar::saved_rows(saved, chosen.as_ref(), columns, look);
        sidebar::draw(rows, areas.sidebar, canvas);
    }
    let state = model.session.transcript.saved_status(look);
    rule::draw(
        "saved session, read-only",
        &state,
        areas.sidebar,
        areas.rule,
        canvas,
    );
    if let Some(notice) = &model.session.notice
        && areas.words.is_empty()
    {
        canvas.sentence(&notice.text, look.theme.warn, areas.rule);
    }
    let words = words(model, chosen.as_ref());
    for (words, row) in words.iter().zip(areas.words.rows()) {
        canvas.sentence(words, look.theme.info, row);
    }
    if model.session.focus() == Focus::Prompt {
        let context = PromptContext {
            chunk_left: 0,
            exchange: false,
            history: &[],
            assist: &Assist::default(),
        };
        return model.session.prompt.draw(&context, areas.prompt, canvas);
    }
    let back = match model.after_close() {
        AfterClose::Session => format!("q goes back to {}", model.before().name()),
        AfterClose::Form => "q opens the connect form".to_owned(),
        AfterClose::Exit => "q leaves".to_owned(),
    };
    let back = format!("nothing can be sent here: {back}");
    canvas.sentence(&back, look.theme.dim, areas.prompt);
    Position::default()
}

/// The notice, then the meaning of the chosen reply.
fn words(model: &Model, chosen: Option<&LastReply>) -> Vec<String> {
    let notice = model.session.notice.iter();
    let mut words: Vec<String> = notice.map(|notice| notice.text.clone()).collect();
    if let Some(chosen) = chosen {
        let explanation = &chosen.explanation;
        words.push(format!("{}: {}", explanation.title, explanation.headline));
        words.extend(explanation.remarks.first().cloned());
        words.extend(explanation.first_step().map(|next| format!("> {next}")));
    }
    words
}
