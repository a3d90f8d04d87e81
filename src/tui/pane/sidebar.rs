//! The sidebar: how far the session got, what the server offers now and did before, TLS, and the
//! last reply. On a narrow screen the same lines open on a key.

use std::collections::HashSet;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::smtp::{Asked, Capabilities, Class, Keyword, Knowledge, Link, Phase, SizeLimit};
use crate::tui::connection::{Connection, State};
use crate::tui::look::Look;
use crate::tui::text;

/// Extensions worth knowing about when they are not offered.
const WORTH_KNOWING: [&str; 7] = [
    "STARTTLS",
    "AUTH",
    "PIPELINING",
    "8BITMIME",
    "SMTPUTF8",
    "DSN",
    "CHUNKING",
];
/// Characters of a keyword or of its parameters that are looked at.
const WORD_SHOWN: usize = 200;
/// Keywords of one reply that are listed.
const LISTED: usize = 200;

/// Draws the sidebar behind its own border.
pub fn draw(connection: &Connection, area: Rect, buffer: &mut Buffer, look: &Look) {
    let line = look.charset.pick("│", "|");
    for y in area.top()..area.bottom() {
        buffer.set_stringn(area.x, y, line, 1, look.theme.dim);
    }
    let inner = Rect {
        x: area.x + 2,
        width: area.width.saturating_sub(2),
        ..area
    };
    for (row, y) in lines(connection, usize::from(inner.width), look)
        .iter()
        .zip(inner.y..inner.bottom())
    {
        buffer.set_line(inner.x, y, row, inner.width);
    }
}

/// The sidebar's lines for so many columns.
pub fn lines(connection: &Connection, columns: usize, look: &Look) -> Vec<Line<'static>> {
    let mut lines = session(connection, look);
    lines.push(Line::default());
    lines.extend(capabilities(connection, columns, look));
    lines.push(Line::default());
    lines.extend(tls(connection, columns, look));
    lines.push(Line::default());
    lines.extend(last_reply(connection, columns, look));
    lines.extend(earlier(connection, columns, look));
    lines
}

/// What the server offered at each stage it has been at, for comparison.
fn earlier(connection: &Connection, columns: usize, look: &Look) -> Vec<Line<'static>> {
    let book = &connection.standing.capabilities;
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
            lines.push(Line::default());
            lines.push(heading(name, look));
            let names: Vec<_> = stage
                .keywords
                .iter()
                .take(LISTED)
                .map(|keyword| harmless(&keyword.name, look))
                .collect();
            lines.extend(words(&names.join(" "), columns, look));
        }
    }
    lines
}

fn heading(words: impl Into<String>, look: &Look) -> Line<'static> {
    Line::from(Span::styled(words.into(), look.theme.heading))
}

fn words(text: &str, columns: usize, look: &Look) -> Vec<Line<'static>> {
    let indent = |row: String| Line::from(format!(" {row}"));
    text::words(text, columns.saturating_sub(1).max(1), look.charset)
        .into_iter()
        .map(indent)
        .collect()
}

fn session(connection: &Connection, look: &Look) -> Vec<Line<'static>> {
    let standing = &connection.standing;
    let up = matches!(connection.state, State::Up);
    let introduced = !matches!(
        standing.capabilities.now,
        Knowledge::Unknown | Knowledge::Forgotten
    );
    let (mail, rcpt) = match standing.phase {
        Phase::Transaction { accepted, .. } => (true, accepted > 0),
        Phase::Message | Phase::Submitted => (true, true),
        _ => (false, false),
    };
    let data = matches!(standing.phase, Phase::Message | Phase::Submitted);
    let mark = |done: bool, word: &str| format!("[{}] {word:<8}", if done { "x" } else { " " });
    vec![
        heading("SESSION", look),
        Line::from(format!(
            " {}{}{}",
            mark(up, "connect"),
            mark(up && introduced, "EHLO"),
            mark(up && standing.link != Link::Clear, "TLS")
        )),
        Line::from(format!(
            " {}{}{}",
            mark(up && standing.authenticated, "AUTH"),
            mark(mail, "MAIL"),
            mark(rcpt, "RCPT")
        )),
        Line::from(format!(" {}", mark(data, "DATA"))),
    ]
}

fn capabilities(connection: &Connection, columns: usize, look: &Look) -> Vec<Line<'static>> {
    let book = &connection.standing.capabilities;
    let standing = &connection.standing;
    let stage = if standing.authenticated && book.after_auth.is_some() {
        "after AUTH"
    } else if standing.link == Link::Clear {
        "before TLS"
    } else {
        "after TLS"
    };
    let now = match &book.now {
        Knowledge::Unknown => {
            let mut lines = vec![heading("CAPABILITIES", look)];
            lines.extend(words("unknown: send EHLO", columns, look));
            return lines;
        }
        Knowledge::Helo => {
            let mut lines = vec![heading("CAPABILITIES", look)];
            lines.extend(words("HELO used: no extensions", columns, look));
            return lines;
        }
        Knowledge::Forgotten => {
            let mut lines = vec![heading("CAPABILITIES (before TLS)", look)];
            lines.extend(words(
                "forgotten, send EHLO again (RFC 3207 s4.2)",
                columns,
                look,
            ));
            let before = book.before_tls.as_ref();
            lines.extend(before.into_iter().flat_map(|before| struck(before, look)));
            return lines;
        }
        Knowledge::Known(now) => now,
    };
    let mut lines = vec![heading(format!("CAPABILITIES ({stage})"), look)];
    let new: HashSet<&str> = book.change.appeared.iter().map(String::as_str).collect();
    if now.keywords.is_empty() {
        lines.extend(words("none: the server named no extension", columns, look));
    }
    for keyword in now.keywords.iter().take(LISTED) {
        lines.push(keyword_line(
            keyword,
            new.contains(keyword.name.as_str()),
            now,
            look,
        ));
    }
    if now.keywords.len() > LISTED {
        lines.extend(words(
            &format!("and {} more", now.keywords.len() - LISTED),
            columns,
            look,
        ));
    }
    let clear = standing.link == Link::Clear;
    let missing = WORTH_KNOWING.into_iter().filter(|name| {
        let due = match *name {
            "STARTTLS" => clear,
            "AUTH" => !standing.authenticated,
            _ => true,
        };
        due && !now.offers(name)
    });
    for name in missing {
        lines.push(Line::from(Span::styled(
            format!(" - {name:<11} not offered"),
            look.theme.dim,
        )));
    }
    for (what, names) in [("gone", &book.change.gone), ("new", &book.change.appeared)] {
        if !names.is_empty() {
            lines.extend(words(&format!("{what}: {}", listed(names)), columns, look));
        }
    }
    lines
}

/// Names in a row, as many as can be read.
fn listed(names: &[String]) -> String {
    const MOST: usize = 30;
    let word = |name: &String| name.chars().take(WORD_SHOWN).collect::<String>();
    let shown = names
        .iter()
        .take(MOST)
        .map(word)
        .collect::<Vec<_>>()
        .join(", ");
    if names.len() > MOST {
        format!("{shown} and {} more", names.len() - MOST)
    } else {
        shown
    }
}

fn struck(before: &Capabilities, look: &Look) -> Vec<Line<'static>> {
    let line = |keyword: &Keyword| {
        let (name, parameters) = (
            harmless(&keyword.name, look),
            harmless(&keyword.parameters, look),
        );
        Line::from(Span::styled(
            format!(" ? {name} {parameters}"),
            look.theme.dim,
        ))
    };
    before.keywords.iter().take(LISTED).map(line).collect()
}

fn keyword_line(keyword: &Keyword, new: bool, now: &Capabilities, look: &Look) -> Line<'static> {
    let mut parameters = harmless(&keyword.parameters, look);
    if keyword.is("SIZE")
        && let Some(SizeLimit::Octets(octets)) = now.size()
    {
        parameters = format!("{octets} = {}", size(octets));
    }
    let masked = keyword.is_masked();
    let mark = if new { "*" } else { "+" };
    let name = harmless(&keyword.name, look);
    let mut spans = vec![
        Span::styled(
            format!(" {mark} "),
            if new {
                look.theme.info
            } else {
                look.theme.good
            },
        ),
        Span::raw(format!("{name:<11} {parameters}")),
    ];
    if masked {
        spans.push(Span::styled(" masked on the way", look.theme.warn));
    } else if keyword.is("AUTH") && keyword.parameters.starts_with('=') {
        spans.push(Span::styled(" for old clients", look.theme.dim));
    }
    Line::from(spans)
}

/// A size as people say it.
fn size(octets: u64) -> String {
    const UNITS: [(&str, u64); 3] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    for (unit, one) in UNITS {
        if octets >= one {
            let tenths = octets / (one / 10).max(1);
            return if octets.is_multiple_of(one) {
                format!("{} {unit}", octets / one)
            } else {
                format!("{}.{} {unit}", tenths / 10, tenths % 10)
            };
        }
    }
    format!("{octets} octets")
}

fn tls(connection: &Connection, columns: usize, look: &Look) -> Vec<Line<'static>> {
    let Some(tls) = &connection.tls else {
        let mut lines = vec![heading("TLS", look)];
        let offered = connection
            .standing
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
            .map(|row| Line::from(Span::styled(format!(" {row}"), style))),
    );
    if let Some(leaf) = &tls.leaf {
        let ends = if leaf.days_left >= 0 {
            format!("{}, expires in {} d", leaf.subject, leaf.days_left)
        } else {
            format!("{}, expired {}", leaf.subject, leaf.not_after)
        };
        lines.extend(words(&ends, columns, look));
    }
    lines
}

fn last_reply(connection: &Connection, columns: usize, look: &Look) -> Vec<Line<'static>> {
    let Some((reply, asked)) = &connection.last_reply else {
        let mut lines = vec![heading("LAST REPLY", look)];
        lines.extend(words("none yet", columns, look));
        return lines;
    };
    let Some(code) = reply.code() else {
        return Vec::new();
    };
    let enhanced = reply
        .enhanced
        .map_or_else(String::new, |enhanced| format!(" {enhanced}"));
    let mut lines = vec![heading(format!("LAST REPLY  {code}{enhanced}"), look)];
    let to = asked.map_or("nothing that was asked", Asked::name);
    lines.extend(words(&format!("to {to}"), columns, look));
    lines.extend(words(class_words(code.class()), columns, look));
    lines
}

/// What the first digit of a code means (RFC 5321 section 4.2.1).
fn class_words(class: Class) -> &'static str {
    match class {
        Class::Success => "2: done",
        Class::Intermediate => "3: go on, more is due",
        Class::Transient => "4: not now; the same may work later",
        Class::Permanent => "5: no; do not retry as is",
        Class::Unknown => "a code SMTP does not know",
    }
}

fn harmless(text: &str, look: &Look) -> String {
    let shown: String = text.chars().take(WORD_SHOWN).collect();
    text::visible(shown.as_bytes(), look.charset)
}
