//! The last reply, and what it means, in as few words as do.

use ratatui::text::Line;

use super::{Row, heading, words};
use crate::smtp::Asked;
use crate::tui::connection::Connection;
use crate::tui::look::Look;

/// The lines about the last reply.
pub(super) fn rows(connection: &Connection, columns: usize, look: &Look) -> Vec<Row> {
    let Some(last) = &connection.last_reply else {
        let mut rows = vec![heading("LAST REPLY", look)];
        rows.extend(words("none yet", columns, look));
        return rows;
    };
    let Some(code) = last.reply.code() else {
        return Vec::new();
    };
    let enhanced = last
        .reply
        .enhanced
        .map_or_else(String::new, |enhanced| format!(" {enhanced}"));
    let explanation = &last.explanation;
    let asked = last.asked.map_or("nothing that was asked", Asked::name);
    let mut rows = vec![heading(format!("LAST REPLY  {code}{enhanced}"), look)];
    rows.extend(words(
        &format!("to {asked}: {}", explanation.class),
        columns,
        look,
    ));
    if !explanation.headline.is_empty() {
        rows.extend(words(&explanation.headline, columns, look));
    }
    let refused = code.is_negative();
    for remark in explanation.remarks.iter().filter(|_| refused) {
        rows.extend(words(remark, columns, look));
    }
    if let Some(next) = explanation.next.first().filter(|_| refused) {
        rows.extend(words(&format!("> {next}"), columns, look));
    }
    if let Some(still) = &explanation.still {
        rows.extend(words(still, columns, look));
    }
    if refused {
        rows.extend(words("Enter on it, or ^O l, tells more.", columns, look));
    }
    rows.push((Line::default(), None));
    rows
}
