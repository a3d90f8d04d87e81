//! Two records side by side, aligned by what was asked, so that "works from here, fails from there"
//! shows where they part. Times and what is new in each session (queue ids, message ids, dates,
//! nonces, ports) make no difference; that one is under TLS where the other is not makes one where it
//! begins.

mod align;
mod essence;

use std::collections::HashMap;

use self::align::align;
use self::essence::essence;
use super::session::Excerpt;
use super::text;
use crate::smtp::{CommandLine, Entry, EntryKind, Level, RequestId, SentKind, Verb, escape};

/// The number of an entry in its excerpt, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntryRef(pub usize);

/// A line of each side, or of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// The entry of the left record.
    pub left: Option<EntryRef>,
    /// The entry of the right record.
    pub right: Option<EntryRef>,
    /// Both say the same.
    pub same: bool,
}

/// What belongs to one question: its lines and those that answer it.
struct Exchange<'a> {
    awaited: String,
    lines: Vec<Line<'a>>,
}

impl Exchange<'_> {
    /// What counts of its first line.
    fn command_pending(&self) -> Option<&str> {
        self.lines.first().map(|line| line.essence.as_str())
    }
}

/// An entry with what counts of it.
struct Line<'a> {
    at: EntryRef,
    entry: &'a Entry,
    essence: String,
}

/// Lays two records beside each other. Notes count where they tell a fault.
pub fn diff(left: &Excerpt<'_>, right: &Excerpt<'_>) -> Vec<Row> {
    let (left, right) = (exchanges(left), exchanges(right));
    let mut rows = Vec::new();
    let mut links = Links::Alike;
    for (a, b) in align(&left, &right, likeness) {
        let a = a.map_or(&[][..], |at| &left[at].lines);
        let b = b.map_or(&[][..], |at| &right[at].lines);
        for (a_at, b_at) in align(a, b, line_likeness) {
            let (left, right) = (a_at.map(|at| &a[at]), b_at.map(|at| &b[at]));
            rows.push(Row {
                left: left.map(|line| line.at),
                right: right.map(|line| line.at),
                same: left
                    .zip(right)
                    .is_some_and(|(left, right)| links.take(left, right) && is_same(left, right)),
            });
        }
    }
    rows
}

/// Rows as text: ` ` in front of what is the same, `-` of what the left has, `+` of what the right
/// has; above them the names of both files. Empty where there is no difference.
pub fn print(names: [&str; 2], left: &Excerpt<'_>, right: &Excerpt<'_>, rows: &[Row]) -> String {
    if rows.iter().all(|row| row.same) {
        return String::new();
    }
    let head = |name: &str, excerpt: &Excerpt<'_>| {
        let head = text::head(excerpt.meta).replacen("# ", "", 1);
        format!("{}: {head}", escape::escape(name.as_bytes()))
    };
    let [left_head, right_head] = [head(names[0], left), head(names[1], right)];
    let mut printed = format!("--- {left_head}+++ {right_head}");
    let mut line = |mark: char, excerpt: &Excerpt<'_>, at: Option<EntryRef>| {
        if let Some(EntryRef(at)) = at {
            let entry = excerpt.entries[at];
            let row = format!("{mark} {} {}", text::mark(entry), said(entry, mark == ' '));
            printed.push_str(row.trim_end_matches(' '));
            printed.push('\n');
        }
    };
    let mut behind = Vec::new();
    for row in rows.iter().copied().chain([SAME]) {
        if row.same {
            // What the right has stands behind all that the left has there.
            for at in behind.drain(..) {
                line('+', right, Some(at));
            }
            line(' ', left, row.left);
        } else {
            line('-', left, row.left);
            behind.extend(row.right);
        }
    }
    printed
}

/// What a line says, its secret masked, as escapes. Where it makes a difference, what there is to say
/// about it too: two secrets of one length may say different things.
pub fn said(entry: &Entry, same: bool) -> String {
    let said = text::said(entry, false);
    match text::about(entry) {
        about if same || about.is_empty() => said,
        about => format!("{said}  {about}"),
    }
}

/// Stands behind the last row.
const SAME: Row = Row {
    left: None,
    right: None,
    same: true,
};

/// Which side is under TLS where the other is not.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Links {
    Alike,
    LeftAlone,
    RightAlone,
}

impl Links {
    /// Takes what protects two lines; `false` where that differs from here on. Were it to count in each
    /// line behind, no other difference would be seen.
    fn take(&mut self, left: &Line<'_>, right: &Line<'_>) -> bool {
        let now = match (left.entry.tls, right.entry.tls) {
            (true, false) => Self::LeftAlone,
            (false, true) => Self::RightAlone,
            _ => Self::Alike,
        };
        let before = std::mem::replace(self, now);
        now == before || now == Self::Alike
    }
}

fn is_same(left: &Line<'_>, right: &Line<'_>) -> bool {
    left.essence == right.essence
}

/// How alike two exchanges are: not at all, the same question, the same question in the same words;
/// and of several such the one that is under TLS as the other is.
fn likeness(left: &Exchange<'_>, right: &Exchange<'_>) -> u32 {
    let tls = |exchange: &Exchange<'_>| exchange.lines.first().map(|line| line.entry.tls);
    let alike = u32::from(tls(left) == tls(right));
    match left.awaited == right.awaited {
        false => 0,
        true if left.command_pending() == right.command_pending() => 6 + alike,
        true => 4 + alike,
    }
}

/// How alike two lines of one exchange are.
fn line_likeness(left: &Line<'_>, right: &Line<'_>) -> u32 {
    if left.essence == right.essence {
        return 4;
    }
    match (&left.entry.kind, &right.entry.kind) {
        (EntryKind::Sent(a), EntryKind::Sent(b))
            if a.kind != SentKind::Message && a.kind == b.kind =>
        {
            2
        }
        (EntryKind::Received(a), EntryKind::Received(b)) if a.part.begins() && b.part.begins() => 1,
        (EntryKind::Received(a), EntryKind::Received(b)) => {
            // A keyword of EHLO with another parameter.
            let word = |bytes: &[u8]| {
                let text = bytes.get(4..).unwrap_or_default();
                let end = text.iter().position(|octet| matches!(octet, b' ' | b'='));
                text[..end.unwrap_or(text.len())].to_ascii_uppercase()
            };
            2 * u32::from(!word(&a.bytes).is_empty() && word(&a.bytes) == word(&b.bytes))
        }
        _ => 0,
    }
}

fn exchanges<'a>(excerpt: &Excerpt<'a>) -> Vec<Exchange<'a>> {
    let mut exchanges: Vec<Exchange<'a>> = Vec::new();
    let mut by_turn: HashMap<RequestId, usize> = HashMap::new();
    let mut in_message = false;
    for (at, &entry) in excerpt.entries.iter().enumerate() {
        let line = Line {
            at: EntryRef(at),
            entry,
            essence: essence(entry),
        };
        let (place, awaited, turn) = match &entry.kind {
            EntryKind::Note(note) if note.level == Level::Info => continue,
            EntryKind::Note(_) => (None, "a note".to_owned(), None),
            EntryKind::Received(received) => {
                let place = received
                    .answers
                    .and_then(|turn| by_turn.get(&turn).copied());
                let greeting = received.is_greeting();
                // Lines of one reply that nobody asked for belong together.
                let last = exchanges.len().checked_sub(1);
                let place = place.or(last.filter(|_| !received.part.begins()));
                let awaited = if greeting { "the greeting" } else { "nothing" };
                (place, awaited.to_owned(), None)
            }
            EntryKind::Sent(sent) => {
                let goes_on = sent.kind == SentKind::Message && in_message;
                in_message = sent.kind == SentKind::Message && sent.request.is_none();
                let place = exchanges.len().checked_sub(1).filter(|_| goes_on);
                (place, awaited(sent.kind, &sent.visible), sent.request)
            }
        };
        let place = place.unwrap_or_else(|| {
            let lines = Vec::new();
            exchanges.push(Exchange { awaited, lines });
            exchanges.len() - 1
        });
        if let Some(turn) = turn {
            by_turn.insert(turn, place);
        }
        exchanges[place].lines.push(line);
    }
    exchanges
}

/// A question without its parameters.
fn awaited(kind: SentKind, open: &[u8]) -> String {
    let text = String::from_utf8_lossy(open);
    match kind {
        SentKind::SaslResponse => "an answer".to_owned(),
        SentKind::Message => "the message".to_owned(),
        SentKind::Command => match CommandLine::parse(text.as_ref()).map(|line| line.verb()) {
            Ok(Verb::Ehlo | Verb::Helo | Verb::Lhlo) => "EHLO".to_owned(),
            Ok(Verb::Other) | Err(_) => {
                let word = text.split_whitespace().next().unwrap_or_default();
                word.to_ascii_uppercase()
            }
            Ok(verb) => verb.name().to_owned(),
        },
    }
}
