//! The server's extensions: each keyword with its parameters, which are new and which are gone.

use std::collections::HashSet;

use ratatui::text::{Line, Span};

use super::{Row, WORD_SHOWN, harmless, heading, words};
use crate::manual;
use crate::report::text;
use crate::smtp::{Capabilities, CapabilityState, Keyword, Link, SizeLimit};
use crate::tui::state::connection::Connection;
use crate::tui::widget::look::Look;

/// The maximum number of keywords listed of a reply.
pub(super) const LISTED: usize = 200;
/// Width of the part before the parameters of a keyword.
const PARAMETERS: usize = 15;
/// Rows of parameters that are aligned with those of other keywords.
const FEW: usize = 2;
/// Width of the part before the parameters in the rows below a keyword.
const BELOW: usize = 5;

/// The rows about the server's extensions.
pub(super) fn rows(connection: &Connection, columns: usize, look: &Look) -> Vec<Row> {
    let book = &connection.status.capabilities;
    let status = &connection.status;
    let stage = if status.authenticated && book.after_auth.is_some() {
        "after AUTH"
    } else if status.link == Link::Clear {
        "before TLS"
    } else {
        "after TLS"
    };
    let now = match &book.now {
        CapabilityState::Unknown => {
            let mut lines = vec![heading("CAPABILITIES", look)];
            lines.extend(words("unknown: send EHLO", columns, look));
            return lines;
        }
        CapabilityState::Helo => {
            let mut lines = vec![heading("CAPABILITIES", look)];
            lines.extend(words("HELO used: no extensions", columns, look));
            return lines;
        }
        CapabilityState::Discarded => {
            let mut lines = vec![heading("CAPABILITIES (before TLS)", look)];
            lines.extend(words(
                "expired: send EHLO again (RFC 3207 s4.2)",
                columns,
                look,
            ));
            let before = book.before_tls.as_ref();
            lines.extend(
                before
                    .into_iter()
                    .flat_map(|before| forgotten(before, look)),
            );
            return lines;
        }
        CapabilityState::Known(now) => now,
    };
    let mut lines = vec![heading(format!("CAPABILITIES ({stage})"), look)];
    let new: HashSet<&str> = book.change.added.iter().map(String::as_str).collect();
    if now.keywords.is_empty() {
        lines.extend(words(
            "none: the server offers no extensions",
            columns,
            look,
        ));
    }
    for keyword in now.keywords.iter().take(LISTED) {
        let is_new = new.contains(keyword.name.as_str());
        lines.extend(keyword_rows(keyword, is_new, now, columns, look));
    }
    if now.keywords.len() > LISTED {
        lines.extend(words(
            &format!("and {} more", now.keywords.len() - LISTED),
            columns,
            look,
        ));
    }
    let clear = status.link == Link::Clear;
    let missing = manual::extensions().filter(|(name, extension)| {
        let due = match *name {
            "STARTTLS" => clear,
            "AUTH" => !status.authenticated,
            _ => true,
        };
        extension.report_missing && due && !now.offers(name)
    });
    for (name, _) in missing {
        let words = format!(" - {name:<11} not offered");
        let line = Line::from(Span::styled(words, look.theme.dim));
        lines.push((line, Some(name.to_owned())));
    }
    for (kind, names) in [("gone", &book.change.removed), ("new", &book.change.added)] {
        if !names.is_empty() {
            lines.extend(words(&format!("{kind}: {}", listed(names)), columns, look));
        }
    }
    lines
}

/// Names in one line; a long list is cut.
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

/// The keywords from before TLS, which no longer count (RFC 3207 section 4.2).
fn forgotten(before: &Capabilities, look: &Look) -> Vec<Row> {
    let line = |keyword: &Keyword| {
        let (name, parameters) = (
            harmless(&keyword.name, look),
            harmless(&keyword.parameters, look),
        );
        let words = format!(" ? {name} {parameters}");
        (Line::from(Span::styled(words, look.theme.dim)), None)
    };
    before.keywords.iter().take(LISTED).map(line).collect()
}

/// A keyword with its parameters, which are wrapped.
fn keyword_rows(
    keyword: &Keyword,
    new: bool,
    now: &Capabilities,
    columns: usize,
    look: &Look,
) -> Vec<Row> {
    let mut parameters = harmless(&keyword.parameters, look);
    if keyword.is("SIZE")
        && let Some(SizeLimit::Octets(octets)) = now.size()
    {
        parameters = format!("{octets} = {}", size(octets));
    }
    let masked = keyword.is_masked();
    let mark = if new { "*" } else { "+" };
    let name = harmless(&keyword.name, look);
    let wrapped = |text: &str, indent: usize| {
        text::words(text, columns.saturating_sub(indent).max(1), look.charset)
    };
    let mut beside = wrapped(&parameters, PARAMETERS);
    let mut indent = PARAMETERS;
    // A long list goes on below its keyword, where there is more room.
    if beside.len() > FEW {
        let rest = beside.split_off(1).join(" ");
        indent = BELOW;
        beside.extend(wrapped(&rest, BELOW));
    }
    let mut beside = beside.into_iter();
    let parameters = beside.next().unwrap_or_default();
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
        spans.push(Span::styled(" masked by a middlebox", look.theme.warn));
    } else if keyword.is("AUTH") && keyword.parameters.starts_with('=') {
        spans.push(Span::styled(" for old clients", look.theme.dim));
    }
    let known = manual::extension_of(keyword);
    if known.is_some_and(|row| row.harmless) {
        spans.push(Span::styled(" harmless", look.theme.dim));
    }
    let first = (
        Line::from(spans),
        known.is_some().then(|| keyword.name.clone()),
    );
    let more = beside.map(|row| (Line::from(format!("{:indent$}{row}", "")), None));
    std::iter::once(first).chain(more).collect()
}

/// A size in binary units.
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
