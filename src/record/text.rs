//! A record as text: the time a reply took, swaks' mark, and the octets as escapes that are harmless
//! in any terminal and read back to the same octets. A CR LF goes without saying; `\c` says that none
//! stands there.

use std::time::Duration;

use super::session::{Excerpt, Meta};
use crate::smtp::line::Ending;
use crate::smtp::sasl::Gloss;
use crate::smtp::{Code, Entry, EntryKind, Level, Oddity, Received, Sent, escape};

/// A reply that took longer than this is marked.
pub const SLOW: Duration = Duration::from_secs(1);
/// Columns of a time.
pub(super) const TIME: usize = 7;
/// What the first line of a record of this form begins with.
pub(super) const HEAD: &str = "# ehlo ";
/// The first line of a record that holds secrets.
pub(super) const WITH_SECRETS: &str =
    "WITH SECRETS: passwords or tokens stand in this file in clear";
/// Stands in front of the length of a secret that is not written.
pub(super) const HIDDEN: &str = "[hidden: ";
/// Stands at the end of octets behind which no CR LF is.
pub(super) const NO_CRLF: &str = "\\c";

/// All of it.
pub(super) fn write(excerpt: &Excerpt<'_>, with_secrets: bool) -> String {
    let warning = if with_secrets {
        format!("# {WITH_SECRETS}\n")
    } else {
        String::new()
    };
    warning + &body(excerpt, with_secrets)
}

/// All of it but the warning.
pub(super) fn body(excerpt: &Excerpt<'_>, with_secrets: bool) -> String {
    let mut text = head(excerpt.meta);
    let lines = excerpt.entries.iter();
    for line in lines.flat_map(|entry| lines_of(entry, with_secrets)) {
        text.push_str(&line);
        text.push('\n');
    }
    text
}

/// The line that tells the program, and the time and the server where they are known.
pub(super) fn head(meta: &Meta) -> String {
    let mut head = HEAD.to_owned() + &escape::print(meta.version.as_bytes());
    if meta.dated {
        head.push_str(&format!(", {}", meta.clock.start()));
    }
    if !meta.target.is_empty() {
        head.push_str(", ");
        head.push_str(&escape::print(meta.target.as_bytes()));
    }
    head.trim_end_matches(' ').to_owned() + "\n"
}

/// The lines of an entry: its own, and one for what there is to say about it.
pub(super) fn lines_of(entry: &Entry, with_secrets: bool) -> Vec<String> {
    let took = match &entry.kind {
        EntryKind::Received(received) => received.took,
        _ => None,
    };
    let slow = if took.is_some_and(|took| took >= SLOW) {
        '!'
    } else {
        ' '
    };
    let time = took.map_or_else(String::new, |took| seconds(took, TIME));
    let line = format!(
        "{slow}{time:>TIME$} {} {}",
        marker(entry),
        content(entry, with_secrets)
    );
    let mut lines = vec![line.trim_end_matches(' ').to_owned()];
    let about = about(entry);
    if !about.is_empty() {
        lines.push(format!("{:indent$}{about}", "", indent = TIME + 6));
    }
    lines
}

/// What was said, in escapes.
pub(super) fn content(entry: &Entry, with_secrets: bool) -> String {
    match &entry.kind {
        EntryKind::Note(note) => escape_trailing_space(escape::print(note.text.as_bytes())),
        EntryKind::Sent(sent) => sent_content(sent, with_secrets),
        EntryKind::Received(received) => {
            escape_trailing_space(escape::print(&received.bytes)) + ending(received.ending)
        }
    }
}

/// What there is to say about a line: what is odd about it, and what a line of an exchange says.
pub(super) fn about(entry: &Entry) -> String {
    let (gloss, odd) = match &entry.kind {
        EntryKind::Sent(sent) => (sent.gloss.as_deref(), Vec::new()),
        EntryKind::Received(received) => (
            received.gloss.as_deref(),
            received.oddities.iter().map(Oddity::words).collect(),
        ),
        EntryKind::Note(_) => (None, Vec::new()),
    };
    let mut words: Vec<String> = odd.iter().map(|words| format!("[{words}]")).collect();
    if let Some(Gloss { reading, remarks }) = gloss {
        words.push(format!("= {}", escape::print(reading.as_bytes())));
        let remarks = remarks.iter();
        words.extend(remarks.map(|remark| format!("[{}]", escape::print(remark.as_bytes()))));
    }
    words.join(" ").trim_end_matches(' ').to_owned()
}

fn sent_content(sent: &Sent, with_secrets: bool) -> String {
    // What was typed never reads like the stand-in of a secret.
    let open = escape::print(&sent.open).replace(HIDDEN, &format!("\\x5B{}", &HIDDEN[1..]));
    let secret = match &sent.secret {
        Some(secret) if with_secrets && secret.is_known() => escape::print(secret.reveal()),
        Some(secret) => format!("{HIDDEN}{} octets]", secret.len()),
        None => String::new(),
    };
    escape_trailing_space(open + &secret) + ending(sent.ending)
}

/// A blank at the end, which an editor or a mail program may eat, as an escape.
fn escape_trailing_space(text: String) -> String {
    match text.strip_suffix(' ') {
        Some(before) => format!("{before}\\x20"),
        None => text,
    }
}

const fn ending(ending: Ending) -> &'static str {
    match ending {
        Ending::CrLf => "",
        Ending::Lf => "\\n\\c",
        Ending::Cut | Ending::Cap => NO_CRLF,
    }
}

/// swaks' mark of an entry, three characters: they stand in tickets already, and tell direction and
/// TLS without a colour.
pub fn marker(entry: &Entry) -> &'static str {
    let pick = |clear, tls| if entry.tls { tls } else { clear };
    match &entry.kind {
        EntryKind::Note(note) => match note.level {
            Level::Info => "===",
            Level::Fault => "***",
        },
        EntryKind::Sent(sent) if sent.out_of_order => pick("**>", "*~>"),
        EntryKind::Sent(_) => pick(" ->", " ~>"),
        EntryKind::Received(received) if is_failure(received) => pick("<**", "<~*"),
        EntryKind::Received(_) => pick("<- ", "<~ "),
    }
}

/// Whether a line of the server is a refusal, or none that could be acted on.
pub fn is_failure(received: &Received) -> bool {
    const FAULTS: [Oddity; 5] = [
        Oddity::Unasked,
        Oddity::Unexpected,
        Oddity::NoCode,
        Oddity::CodeOutOfRange,
        Oddity::Cut,
    ];
    received.code.is_some_and(Code::is_negative)
        || FAULTS
            .into_iter()
            .any(|oddity| received.oddities.contains(oddity))
}

/// Seconds in at most `width` characters.
pub fn seconds(took: Duration, width: usize) -> String {
    let unit = if width >= 6 { "s" } else { "" };
    let decimals = match took.as_secs() {
        0..10 => 3,
        10..100 => 2,
        100..1000 => 1,
        _ => 0,
    };
    format!("{:.decimals$}{unit}", took.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_fit_their_column() {
        let table = [
            (88, "0.088s", "0.088"),
            (12_345, "12.35s", "12.35"),
            (3_212_000, "3212s", "3212"),
        ];
        for (millis, wide, small) in table {
            let took = Duration::from_millis(millis);
            assert_eq!(
                (seconds(took, 7).as_str(), seconds(took, 5).as_str()),
                (wide, small)
            );
        }
    }
}
