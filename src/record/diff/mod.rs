//! Compares two records, aligned by command, to show where a session that fails differs from one
//! that works. Reply times and values that are new in each session (queue ids, message ids, dates,
//! nonces, ports) are ignored. If only one side uses TLS, the difference is reported where it
//! starts.

mod align;
mod normalize;

use std::collections::HashMap;

use serde::Serialize;

use self::align::align;
use self::normalize::normalized;
use super::session::Excerpt;
use super::{jsonl, text};
use crate::smtp::{CommandLine, Entry, EntryKind, Level, RequestId, SentKind, Verb, escape};

/// The index of an entry in its excerpt, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntryIndex(pub usize);

/// A pair of aligned entries, or an entry of one side only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiffRow {
    /// The entry of the left record.
    pub left: Option<EntryIndex>,
    /// The entry of the right record.
    pub right: Option<EntryIndex>,
    /// Both entries are equal.
    pub same: bool,
    /// The records are too long and too different here: they were compared block by block, and there
    /// may be a better alignment.
    pub approximate: bool,
}

/// A command and the reply lines that answer it.
struct CommandGroup<'a> {
    /// What was asked, without parameters; only groups with equal keys are aligned.
    key: String,
    lines: Vec<DiffLine<'a>>,
}

impl CommandGroup<'_> {
    /// Equal for groups that are the most similar.
    fn identity(&self) -> (&str, Option<&str>, Option<bool>) {
        (&self.key, self.first_line(), self.is_tls())
    }

    /// Whether its first line was encrypted.
    fn is_tls(&self) -> Option<bool> {
        self.lines.first().map(|line| line.entry.tls)
    }

    /// The normalized first line.
    fn first_line(&self) -> Option<&str> {
        self.lines.first().map(|line| line.normalized.as_str())
    }
}

/// An entry with its normalized text.
struct DiffLine<'a> {
    at: EntryIndex,
    entry: &'a Entry,
    normalized: String,
}

/// Compares two records. Of the notes only faults are compared.
pub fn diff(left: &Excerpt<'_>, right: &Excerpt<'_>) -> Vec<DiffRow> {
    let (left, right) = (groups(left), groups(right));
    let mut rows = Vec::new();
    let mut tls_difference = TlsDifference::None;
    for groups in align(&left, &right, CommandGroup::identity, similarity) {
        let a = groups.left.map_or(&[][..], |at| &left[at].lines);
        let b = groups.right.map_or(&[][..], |at| &right[at].lines);
        for lines in align(a, b, |line| line.normalized.as_str(), line_similarity) {
            let (left, right) = (lines.left.map(|at| &a[at]), lines.right.map(|at| &b[at]));
            rows.push(DiffRow {
                left: left.map(|line| line.at),
                right: right.map(|line| line.at),
                same: left.zip(right).is_some_and(|(left, right)| {
                    tls_difference.update(left, right) && is_same(left, right)
                }),
                approximate: groups.approximate || lines.approximate,
            });
        }
    }
    rows
}

/// Prints rows as text, after a header with both names: ` ` marks equal lines, `-` lines of the
/// left record and `+` lines of the right one; `@` is where the comparison becomes approximate or exact
/// again. Empty if there is no difference.
pub fn print(
    names: [&str; 2],
    left: &Excerpt<'_>,
    right: &Excerpt<'_>,
    rows: &[DiffRow],
) -> String {
    if rows.iter().all(|row| row.same) {
        return String::new();
    }
    let header = |name: &str, excerpt: &Excerpt<'_>| {
        let header = text::header(excerpt.meta).replacen("# ", "", 1);
        format!("{}: {header}", escape::escape(name.as_bytes()))
    };
    let [left_header, right_header] = [header(names[0], left), header(names[1], right)];
    let mut printed = format!("--- {left_header}+++ {right_header}");
    let line = |printed: &mut String, mark: char, excerpt: &Excerpt<'_>, at: Option<EntryIndex>| {
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
    let mut right_lines = Vec::new();
    let mut approximate = false;
    for row in rows.iter().copied().chain([END]) {
        if row.approximate != approximate {
            approximate = row.approximate;
            for at in right_lines.drain(..) {
                line(&mut printed, '+', right, Some(at));
            }
            printed.push_str(if approximate { BLOCKS } else { ALIGNED });
        }
        if row.same {
            // Print the lines of the right record after those of the left one.
            for at in right_lines.drain(..) {
                line(&mut printed, '+', right, Some(at));
            }
            line(&mut printed, ' ', left, row.left);
        } else {
            line(&mut printed, '-', left, row.left);
            right_lines.extend(row.right);
        }
    }
    printed
}

/// A row that differs, as JSON. Entries are counted from 0.
#[derive(Serialize)]
struct JsonRow {
    left: Option<String>,
    right: Option<String>,
    left_entry: Option<usize>,
    right_entry: Option<usize>,
    approximate: bool,
}

/// Renders the rows that differ, each as one line of JSON. Empty if there is no difference.
pub fn json(left: &Excerpt<'_>, right: &Excerpt<'_>, rows: &[DiffRow]) -> String {
    let line = |excerpt: &Excerpt<'_>, at: Option<EntryIndex>| {
        let entry = excerpt.entries[at?.0];
        Some(format!(
            "{} {}",
            text::marker(entry),
            diff_text(entry, false)
        ))
    };
    let differing = rows.iter().filter(|row| !row.same);
    let lines = differing.map(|row| {
        jsonl::line_of(&JsonRow {
            left: line(left, row.left),
            right: line(right, row.right),
            left_entry: row.left.map(|at| at.0),
            right_entry: row.right.map(|at| at.0),
            approximate: row.approximate,
        })
    });
    lines.collect()
}

/// The escaped content of an entry, its secret masked. If it differs, its annotations are added:
/// two secrets of equal length may have different contents.
pub fn diff_text(entry: &Entry, same: bool) -> String {
    let content = text::content(entry, false);
    match text::annotations(entry) {
        about if same || about.is_empty() => content,
        about => format!("{content}  {about}"),
    }
}

/// Where rows begin that were compared block by block, and where they end.
const BLOCKS: &str = "@ too long and too different to align: compared block by block from here\n";
const ALIGNED: &str = "@ aligned again from here\n";

/// Ends the list of rows, to flush the lines of the right record.
const END: DiffRow = DiffRow {
    left: None,
    right: None,
    same: true,
    approximate: false,
};

/// Which side uses TLS while the other does not.
#[derive(Clone, Copy, PartialEq, Eq)]
enum TlsDifference {
    None,
    LeftOnly,
    RightOnly,
}

impl TlsDifference {
    /// Updates the state with two aligned lines. Returns `false` only where a difference starts: if
    /// it counted for every line after that, it would hide all other differences.
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

/// How similar two groups are: 0 if they ask different things, more for the same command, most if
/// its parameters are equal too. Equal TLS breaks ties.
fn similarity(left: &CommandGroup<'_>, right: &CommandGroup<'_>) -> u32 {
    let same_tls = u32::from(left.is_tls() == right.is_tls());
    match left.key == right.key {
        false => 0,
        true if left.first_line() == right.first_line() => 6 + same_tls,
        true => 4 + same_tls,
    }
}

/// How similar two lines of aligned groups are; 0 if they may not be aligned.
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
            // The same EHLO keyword may have different parameters.
            let keyword = |bytes: &[u8]| {
                let text = bytes.get(4..).unwrap_or_default();
                let end = text.iter().position(|octet| matches!(octet, b' ' | b'='));
                text[..end.unwrap_or(text.len())].to_ascii_uppercase()
            };
            2 * u32::from(!keyword(&a.bytes).is_empty() && keyword(&a.bytes) == keyword(&b.bytes))
        }
        _ => 0,
    }
}

fn groups<'a>(excerpt: &Excerpt<'a>) -> Vec<CommandGroup<'a>> {
    let mut groups: Vec<CommandGroup<'a>> = Vec::new();
    let mut by_request: HashMap<RequestId, usize> = HashMap::new();
    let mut in_message = false;
    for (at, &entry) in excerpt.entries.iter().enumerate() {
        let line = DiffLine {
            at: EntryIndex(at),
            entry,
            normalized: normalized(entry),
        };
        let (place, key, request) = match &entry.kind {
            EntryKind::Note(note) if note.level == Level::Info => continue,
            EntryKind::Note(_) => (None, "note".to_owned(), None),
            EntryKind::Received(received) => {
                let place = received
                    .answers
                    .and_then(|request| by_request.get(&request).copied());
                let greeting = received.is_greeting();
                // The lines of an unsolicited reply belong together.
                let last = groups.len().checked_sub(1);
                let place = place.or(last.filter(|_| !received.part.begins()));
                let key = if greeting { "greeting" } else { "unsolicited" };
                (place, key.to_owned(), None)
            }
            EntryKind::Sent(sent) => {
                let continues = sent.kind == SentKind::Message && in_message;
                in_message = sent.kind == SentKind::Message && sent.request.is_none();
                let place = groups.len().checked_sub(1).filter(|_| continues);
                (place, key(sent.kind, &sent.visible), sent.request)
            }
        };
        let place = place.unwrap_or_else(|| {
            let lines = Vec::new();
            groups.push(CommandGroup { key, lines });
            groups.len() - 1
        });
        if let Some(request) = request {
            by_request.insert(request, place);
        }
        groups[place].lines.push(line);
    }
    groups
}

/// The key of a sent line: its verb without parameters.
fn key(kind: SentKind, visible: &[u8]) -> String {
    let text = String::from_utf8_lossy(visible);
    match kind {
        SentKind::SaslResponse => "SASL response".to_owned(),
        SentKind::Message => "message".to_owned(),
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
