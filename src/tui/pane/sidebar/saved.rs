//! The sidebar of a saved session: the file, its date, and the meaning of the chosen reply.

use ratatui::text::{Line, Span};

use super::{Row, harmless, heading, reply, words};
use crate::record::seconds;
use crate::tui::state::connection::LastReply;
use crate::tui::state::saved::Saved;
use crate::tui::widget::look::Look;

/// The rows about a saved session and the reply that is chosen in it.
pub fn rows(saved: &Saved, chosen: Option<&LastReply>, columns: usize, look: &Look) -> Vec<Row> {
    let mut rows = vec![heading("SAVED SESSION", look)];
    rows.extend(words(&harmless(&saved.name, look), columns, look));
    if !saved.meta.target.is_empty() {
        let with = format!("with {}", saved.meta.target);
        rows.extend(words(&with, columns, look));
    }
    rows.extend(words(&when(saved), columns, look));
    let cut = "incomplete: the end of the session is missing".to_owned();
    let cut = (!saved.ended).then_some(cut);
    for fault in saved.remarks.iter().cloned().chain(cut) {
        let style = look.theme.warn;
        for (row, _) in words(&fault, columns, look) {
            rows.push((Line::from(Span::styled(row.to_string(), style)), None));
        }
    }
    rows.push((Line::default(), None));
    match chosen {
        Some(chosen) => rows.extend(reply::rows("THIS REPLY", chosen, columns, look)),
        None => {
            rows.push(heading("THIS REPLY", look));
            rows.extend(words("none: choose a line from the server", columns, look));
        }
    }
    rows
}

/// When the session began and how long it took; for a log, which program wrote it.
fn when(saved: &Saved) -> String {
    match (saved.meta.dated, saved.source.has_times()) {
        (true, _) => {}
        (false, true) => return "date or zone unknown".to_owned(),
        (false, false) => return format!("log of {}", saved.source.name()),
    }
    let clock = &saved.meta.clock;
    let began = clock.start().strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
    if saved.took.is_zero() {
        began
    } else {
        format!("{began}, {}", seconds(saved.took, 7))
    }
}
