//! Two records side by side, aligned by what was asked, so that "works from here, fails from there"
//! shows where they part. Times and what is new in each session (queue ids, message ids, dates,
//! nonces, ports) make no difference; that one is under TLS where the other is not makes one where it
//! begins.

mod align;
mod normalize;

use std::collections::HashMap;

use self::align::align;
use self::normalize::normalized;
use super::session::Excerpt;
use super::text;
use crate::smtp::{CommandLine, Entry, EntryKind, Level, SentKind, Turn, Verb, escape};

/// The number of an entry in its excerpt, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntryIndex(pub usize);

/// A line of each side, or of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiffRow {
    /// The entry of the left record.
    pub left: Option<EntryIndex>,
    /// The entry of the right record.
    pub right: Option<EntryIndex>,
    /// Both say the same.
    pub same: bool,
}

/// What belongs to one question: its lines and those that answer it.
struct CommandGroup<'a> {
    key: String,
    lines: Vec<DiffLine<'a>>,
}

impl CommandGroup<'_> {
    /// What counts of its first line.
    fn first_line(&self) -> Option<&str> {
        self.lines.first().map(|line| line.normalized.as_str())
    }
}

/// An entry with what counts of it.
struct DiffLine<'a> {
    at: EntryIndex,
    entry: &'a Entry,
    normalized: String,
}

/// Lays two records beside each other. Notes count where they tell a fault.
pub fn diff(left: &Excerpt<'_>, right: &Excerpt<'_>) -> Vec<DiffRow> {
    let (left, right) = (groups(left), groups(right));
    let mut rows = Vec::new();
    let mut tls_difference = TlsDifference::None;
    for (a, b) in align(&left, &right, similarity) {
        let a = a.map_or(&[][..], |at| &left[at].lines);
        let b = b.map_or(&[][..], |at| &right[at].lines);
        for (a_at, b_at) in align(a, b, line_similarity) {
            let (left, right) = (a_at.map(|at| &a[at]), b_at.map(|at| &b[at]));
            rows.push(DiffRow {
                left: left.map(|line| line.at),
                right: right.map(|line| line.at),
                same: left.zip(right).is_some_and(|(left, right)| {
                    tls_difference.update(left, right) && is_same(left, right)
                }),
            });
        }
    }
    rows
}

/// Rows as text: ` ` in front of what is the same, `-` of what the left has, `+` of what the right
/// has; above them the names of both files. Empty where there is no difference.
pub fn print(
    names: [&str; 2],
    left: &Excerpt<'_>,
    right: &Excerpt<'_>,
    rows: &[DiffRow],
) -> String {
    if rows.iter().all(|row| row.same) {
        return String::new();
    }
    let head = |name: &str, excerpt: &Excerpt<'_>| {
        let head = text::head(excerpt.meta).replacen("# ", "", 1);
        format!("{}: {head}", escape::print(name.as_bytes()))
    };
    let [left_head, right_head] = [head(names[0], left), head(names[1], right)];
    let mut printed = format!("--- {left_head}+++ {right_head}");
    let mut line = |mark: char, excerpt: &Excerpt<'_>, at: Option<EntryIndex>| {
        if let Some(EntryIndex(at)) = at {
            let entry = excerpt.entries[at];
            let row = format!(
                "{mark} {} {}",
                text::marker(entry),
                diff_text(entry, mark == ' ')
            );
            printed.push_str(row.trim_end_matches(' '));
            printed.push('\n');
        }
    };
    let mut behind = Vec::new();
    for row in rows.iter().copied().chain([END]) {
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
pub fn diff_text(entry: &Entry, same: bool) -> String {
    let content = text::content(entry, false);
    match text::about(entry) {
        about if same || about.is_empty() => content,
        about => format!("{content}  {about}"),
    }
}

/// Stands behind the last row.
const END: DiffRow = DiffRow {
    left: None,
    right: None,
    same: true,
};

/// Which side is under TLS where the other is not.
#[derive(Clone, Copy, PartialEq, Eq)]
enum TlsDifference {
    None,
    LeftOnly,
    RightOnly,
}

impl TlsDifference {
    /// Takes what protects two lines; `false` where that differs from here on. Were it to count in each
    /// line behind, no other difference would be seen.
    fn update(&mut self, left: &DiffLine<'_>, right: &DiffLine<'_>) -> bool {
        let now = match (left.entry.tls, right.entry.tls) {
            (true, false) => Self::LeftOnly,
            (false, true) => Self::RightOnly,
            _ => Self::None,
        };
        let before = std::mem::replace(self, now);
        now == before || now == Self::None
    }
}

fn is_same(left: &DiffLine<'_>, right: &DiffLine<'_>) -> bool {
    left.normalized == right.normalized
}

/// How alike two exchanges are: not at all, the same question, the same question in the same words;
/// and of several such the one that is under TLS as the other is.
fn similarity(left: &CommandGroup<'_>, right: &CommandGroup<'_>) -> u32 {
    let tls = |exchange: &CommandGroup<'_>| exchange.lines.first().map(|line| line.entry.tls);
    let similar = u32::from(tls(left) == tls(right));
    match left.key == right.key {
        false => 0,
        true if left.first_line() == right.first_line() => 6 + similar,
        true => 4 + similar,
    }
}

/// How alike two lines of one exchange are.
fn line_similarity(left: &DiffLine<'_>, right: &DiffLine<'_>) -> u32 {
    if left.normalized == right.normalized {
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

fn groups<'a>(excerpt: &Excerpt<'a>) -> Vec<CommandGroup<'a>> {
    let mut groups: Vec<CommandGroup<'a>> = Vec::new();
    let mut by_turn: HashMap<Turn, usize> = HashMap::new();
    let mut in_message = false;
    for (at, &entry) in excerpt.entries.iter().enumerate() {
        let line = DiffLine {
            at: EntryIndex(at),
            entry,
            normalized: normalized(entry),
        };
        let (place, key, turn) = match &entry.kind {
            EntryKind::Note(note) if note.level == Level::Info => continue,
            EntryKind::Note(_) => (None, "a note".to_owned(), None),
            EntryKind::Received(received) => {
                let place = received
                    .answers
                    .and_then(|turn| by_turn.get(&turn).copied());
                let greeting = received.greets();
                // Lines of one reply that nobody asked for belong together.
                let last = groups.len().checked_sub(1);
                let place = place.or(last.filter(|_| !received.part.begins()));
                let key = if greeting { "the greeting" } else { "nothing" };
                (place, key.to_owned(), None)
            }
            EntryKind::Sent(sent) => {
                let goes_on = sent.kind == SentKind::Message && in_message;
                in_message = sent.kind == SentKind::Message && sent.turn.is_none();
                let place = groups.len().checked_sub(1).filter(|_| goes_on);
                (place, key(sent.kind, &sent.open), sent.turn)
            }
        };
        let place = place.unwrap_or_else(|| {
            let lines = Vec::new();
            groups.push(CommandGroup { key, lines });
            groups.len() - 1
        });
        if let Some(turn) = turn {
            by_turn.insert(turn, place);
        }
        groups[place].lines.push(line);
    }
    groups
}

/// A question without its parameters.
fn key(kind: SentKind, open: &[u8]) -> String {
    let text = String::from_utf8_lossy(open);
    match kind {
        SentKind::SaslAnswer => "an answer".to_owned(),
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
