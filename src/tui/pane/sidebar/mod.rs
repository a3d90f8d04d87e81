//! The sidebar: the steps of the session, the server's extensions now and before, TLS, and the last
//! reply. On a narrow screen a key opens the same lines.

mod offers;
mod reply;
mod saved;

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::report::text;
use crate::smtp::{CapabilityState, Code, Link, Phase};
use crate::tui::state::connection::{Connection, State};
use crate::tui::widget::canvas::{Canvas, indented};
use crate::tui::widget::look::Look;

/// A line, and the topic of the manual that it links to.
pub type Row = (Line<'static>, Option<String>);

/// The maximum number of characters shown of a keyword or its parameters.
const WORD_SHOWN: usize = 200;
/// Width of the border and the blank after it.
const BORDER: usize = 2;

pub use self::saved::rows as saved_rows;

/// Draws the sidebar's border, and rows to the right of it. `rows` lays them out for a width. If there is
/// no room for all of them, the last row says how many more there are.
pub fn draw(rows: impl FnOnce(usize) -> Vec<Row>, area: Rect, canvas: &mut Canvas<'_>) {
    let look = canvas.look;
    let line = look.charset.pick("│", "|");
    for row in area.rows() {
        canvas.text(line, look.theme.frame, row);
    }
    let inner = indented(area, BORDER);
    let mut rows = rows(usize::from(inner.width));
    while rows.last().is_some_and(|(row, _)| row.width() == 0) {
        rows.pop();
    }
    let height = usize::from(inner.height);
    if rows.len() > height && height > 0 {
        let hidden = rows.len() - (height - 1);
        let words = format!(" {} {hidden} more lines", look.charset.pick("…", "..."));
        rows.truncate(height - 1);
        rows.push((Line::styled(words, look.theme.dim), None));
    }
    for ((row, _), area) in rows.iter().zip(inner.rows()) {
        canvas.row(row, area);
    }
}

/// The rows for a live session, in this many columns.
pub fn rows(connection: &Connection, columns: usize, look: &Look) -> Vec<Row> {
    let empty = || (Line::default(), None);
    let mut rows = session(connection, look);
    rows.push(empty());
    // A refusal is more important than what is always there.
    let refused = connection
        .last_reply
        .as_ref()
        .is_some_and(|last| last.reply.code().is_some_and(Code::is_negative));
    if refused {
        rows.extend(last(connection, columns, look));
    }
    rows.extend(offers::rows(connection, columns, look));
    rows.push(empty());
    rows.extend(tls(connection, columns, look));
    rows.push(empty());
    if !refused {
        rows.extend(last(connection, columns, look));
    }
    rows.extend(earlier(connection, columns, look));
    rows
}

fn last(connection: &Connection, columns: usize, look: &Look) -> Vec<Row> {
    const NAME: &str = "LAST REPLY";
    if let Some(last) = &connection.last_reply {
        return reply::rows(NAME, last, columns, look);
    }
    let mut rows = vec![heading(NAME, look)];
    rows.extend(words("none yet", columns, look));
    rows
}

/// The extensions of earlier stages, for comparison.
fn earlier(connection: &Connection, columns: usize, look: &Look) -> Vec<Row> {
    let book = &connection.status.capabilities;
    let stages = [
        ("BEFORE TLS", &book.before_tls),
        ("AFTER TLS", &book.after_tls),
        ("AFTER AUTH", &book.after_auth),
    ];
    let known: Vec<_> = stages
        .into_iter()
        .filter_map(|(name, stage)| Some((name, stage.as_ref()?)))
        .filter(|(_, stage)| book.current() != Some(stage.as_ref()))
        .collect();
    let mut lines = Vec::new();
    if book.current().is_some() {
        for (name, stage) in known {
            lines.push((Line::default(), None));
            lines.push(heading(name, look));
            let names: Vec<_> = stage
                .keywords
                .iter()
                .take(offers::LISTED)
                .map(|keyword| harmless(&keyword.name, look))
                .collect();
            lines.extend(words(&names.join(" "), columns, look));
        }
    }
    lines
}

fn heading(words: impl Into<String>, look: &Look) -> Row {
    (
        Line::from(Span::styled(words.into(), look.theme.heading)),
        None,
    )
}

fn words(text: &str, columns: usize, look: &Look) -> Vec<Row> {
    let indent = |row: String| (Line::from(format!(" {row}")), None);
    text::words(text, columns.saturating_sub(1).max(1), look.charset)
        .into_iter()
        .map(indent)
        .collect()
}

fn session(connection: &Connection, look: &Look) -> Vec<Row> {
    let status = &connection.status;
    let up = matches!(connection.state, State::Up);
    let introduced = !matches!(
        status.capabilities.now,
        CapabilityState::Unknown | CapabilityState::Discarded
    );
    let (mail, rcpt) = match status.phase {
        Phase::Transaction { accepted, .. } => (true, accepted > 0),
        Phase::Message | Phase::Submitted => (true, true),
        _ => (false, false),
    };
    let data = matches!(status.phase, Phase::Message | Phase::Submitted);
    let mark = |done: bool, word: &str| format!("[{}] {word:<8}", if done { "x" } else { " " });
    let rows = [
        [
            mark(up, "connect"),
            mark(up && introduced, "EHLO"),
            mark(up && status.link != Link::Clear, "TLS"),
        ],
        [
            mark(up && status.authenticated, "AUTH"),
            mark(mail, "MAIL"),
            mark(rcpt, "RCPT"),
        ],
    ];
    let mut lines = vec![heading("SESSION", look)];
    lines.extend(rows.map(|row| (Line::from(format!(" {}", row.concat().trim_end())), None)));
    lines.push((Line::from(format!(" {}", mark(data, "DATA"))), None));
    lines
}

fn tls(connection: &Connection, columns: usize, look: &Look) -> Vec<Row> {
    let Some(tls) = &connection.tls else {
        let mut lines = vec![heading("TLS", look)];
        let offered = connection
            .status
            .capabilities
            .current()
            .is_some_and(|now| now.offers("STARTTLS"));
        lines.extend(words(
            if offered {
                "none yet: STARTTLS starts it"
            } else {
                "none"
            },
            columns,
            look,
        ));
        return lines;
    };
    let mut lines = vec![heading(
        format!("TLS  {}  {}", tls.version, tls.group),
        look,
    )];
    lines.extend(words(&tls.suite, columns, look));
    let mark = if tls.verdict.is_verified() {
        "ok"
    } else {
        "!!"
    };
    let shown = text::words(
        &format!("{mark} {}", tls.verdict),
        columns.saturating_sub(1).max(1),
        look.charset,
    );
    let style = if tls.verdict.is_verified() {
        look.theme.good
    } else {
        look.theme.warn
    };
    lines.extend(
        shown
            .into_iter()
            .map(|row| (Line::from(Span::styled(format!(" {row}"), style)), None)),
    );
    if let Some(leaf) = tls.leaf() {
        let ends = if leaf.expired {
            format!("{}, expired {}", leaf.subject, leaf.not_after)
        } else {
            format!("{}, {} left", leaf.subject, leaf.distance)
        };
        lines.extend(words(&ends, columns, look));
    }
    lines
}

fn harmless(text: &str, look: &Look) -> String {
    let shown: String = text.chars().take(WORD_SHOWN).collect();
    text::visible(shown.as_bytes(), look.charset)
}
