//! A reply and its meaning, in a few words.

use ratatui::text::Line;

use super::{Row, heading, words};
use crate::tui::state::connection::LastReply;
use crate::tui::widget::look::Look;

/// The rows about a reply; `name` is the heading.
pub(super) fn rows(name: &str, last: &LastReply, columns: usize, look: &Look) -> Vec<Row> {
    let Some(code) = last.reply.code() else {
        return Vec::new();
    };
    let enhanced = last
        .reply
        .enhanced
        .map_or_else(String::new, |enhanced| format!(" {enhanced}"));
    let explanation = &last.explanation;
    let class = match last.awaited {
        Some(awaited) => format!("to {}: {}", awaited.name(), explanation.class),
        None => format!("unsolicited: {}", explanation.class),
    };
    let mut rows = vec![heading(format!("{name}  {code}{enhanced}"), look)];
    rows.extend(words(&class, columns, look));
    if !explanation.headline.is_empty() {
        rows.extend(words(&explanation.headline, columns, look));
    }
    let refused = code.is_negative();
    for remark in explanation.remarks.iter().filter(|_| refused) {
        rows.extend(words(remark, columns, look));
    }
    if let Some(next) = explanation.first_step().filter(|_| refused) {
        rows.extend(words(&format!("> {next}"), columns, look));
    }
    if let Some(still) = &explanation.still_possible {
        rows.extend(words(still, columns, look));
    }
    if refused {
        rows.extend(words("Enter on it, or ^O l, explains it.", columns, look));
    }
    rows.push((Line::default(), None));
    rows
}
