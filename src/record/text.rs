//! A record as text: reply time, or time since the start as in `+0.123`, swaks' direction marker and
//! the octets of each line. Octets that could harm a terminal are escaped and read back unchanged. Lines end in CR LF unless marked
//! `\c`.

use std::time::Duration;

use super::session::{Excerpt, Meta};
use crate::smtp::line::Ending;
use crate::smtp::sasl::Annotation;
use crate::smtp::{Code, Entry, EntryKind, Level, Oddity, Received, Sent, escape};

/// Replies that took at least this long are marked with `!`.
pub const SLOW: Duration = Duration::from_secs(1);
/// The width of the time column.
pub(super) const TIME: usize = 7;
/// The start of the header line.
pub(super) const HEADER_PREFIX: &str = "# ehlo ";
/// The start of [`WITH_SECRETS`], by which the reader recognises the warning.
pub(super) const WITH_SECRETS_PREFIX: &str = "WITH SECRETS: ";
/// The warning at the top of a record that contains secrets.
pub(super) const WITH_SECRETS: &str =
    "WITH SECRETS: this file contains passwords or tokens in plain text";
/// Replaces a masked secret; its length follows.
pub(super) const HIDDEN: &str = "[hidden: ";
/// The start of a time since the start of the session. A reply time has none.
pub(super) const SINCE: char = '+';
/// Marks a line that does not end in CR LF.
pub(super) const NO_CRLF: &str = "\\c";

/// Renders a record, with a warning if it contains secrets.
pub(super) fn write(excerpt: &Excerpt<'_>, with_secrets: bool) -> String {
    let warning = if with_secrets {
        format!("# {WITH_SECRETS}\n")
    } else {
        String::new()
    };
    warning + &body(excerpt, with_secrets)
}

/// Renders a record without the warning.
pub(super) fn body(excerpt: &Excerpt<'_>, with_secrets: bool) -> String {
    let mut text = header(excerpt.meta);
    for entry in &excerpt.entries {
        text.push_str(&lines_of(entry, &reply_time(entry), with_secrets));
    }
    text
}

/// Renders a record without secrets, each line with its time since the start in place of reply
/// times. `None` if that takes more than `cap` octets.
pub fn with_times(excerpt: &Excerpt<'_>, cap: usize) -> Option<String> {
    let mut text = header(excerpt.meta);
    for entry in &excerpt.entries {
        let since = excerpt.meta.clock.since(entry.at);
        let time = format!("{SINCE}{:.3}", since.as_secs_f64());
        text.push_str(&lines_of(entry, &time, false));
        if text.len() > cap {
            return None;
        }
    }
    Some(text)
}

/// The header line: program version, and start time and server if known.
pub fn header(meta: &Meta) -> String {
    let mut header = HEADER_PREFIX.to_owned() + &escape::escape(meta.version.as_bytes());
    if meta.dated {
        header.push_str(&format!(", {}", meta.clock.start()));
    }
    if !meta.target.is_empty() {
        header.push_str(", ");
        header.push_str(&escape::escape(meta.target.as_bytes()));
    }
    header.trim_end_matches(' ').to_owned() + "\n"
}

/// The lines of an entry, as in a saved session.
pub fn text_line(entry: &Entry) -> String {
    lines_of(entry, &reply_time(entry), false)
}

/// The lines of an entry: the entry itself after its time and, if there are any, its annotations.
fn lines_of(entry: &Entry, time: &str, with_secrets: bool) -> String {
    let line = format!(
        "{time:>width$} {} {}",
        marker(entry),
        content(entry, with_secrets),
        width = TIME + 1
    );
    let mut lines = line.trim_end_matches(' ').to_owned() + "\n";
    let annotations = annotations(entry);
    if !annotations.is_empty() {
        lines.push_str(&format!("{:indent$}{annotations}\n", "", indent = TIME + 6));
    }
    lines
}

/// How long a reply took, after a sign if it was slow; empty for other lines.
fn reply_time(entry: &Entry) -> String {
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
    format!("{slow}{time:>TIME$}")
}

/// The content of an entry, escaped.
pub(super) fn content(entry: &Entry, with_secrets: bool) -> String {
    match &entry.kind {
        EntryKind::Note(note) => escape_trailing_space(escape::escape(note.text.as_bytes())),
        EntryKind::Sent(sent) => sent_content(sent, with_secrets),
        EntryKind::Received(received) => {
            escape_trailing_space(escape::escape(&received.bytes)) + ending(received.ending)
        }
    }
}

/// The annotations of an entry: deviations from the standard, and the decoded SASL message.
pub(super) fn annotations(entry: &Entry) -> String {
    let (annotation, odd) = match &entry.kind {
        EntryKind::Sent(sent) => (sent.annotation.as_deref(), Vec::new()),
        EntryKind::Received(received) => (
            received.annotation.as_deref(),
            received.oddities.iter().map(Oddity::as_str).collect(),
        ),
        EntryKind::Note(_) => (None, Vec::new()),
    };
    let mut words: Vec<String> = odd.iter().map(|words| format!("[{words}]")).collect();
    if let Some(Annotation {
        decoded: reading,
        remarks,
    }) = annotation
    {
        words.push(format!("= {}", escape::escape(reading.as_bytes())));
        let remarks = remarks.iter();
        words.extend(remarks.map(|remark| format!("[{}]", escape::escape(remark.as_bytes()))));
    }
    words.join(" ").trim_end_matches(' ').to_owned()
}

fn sent_content(sent: &Sent, with_secrets: bool) -> String {
    // Typed text that looks like a masked secret is escaped.
    let open = escape::escape(&sent.visible).replace(HIDDEN, &format!("\\x5B{}", &HIDDEN[1..]));
    let secret = match &sent.secret {
        Some(secret) if with_secrets && secret.is_known() => escape::escape(secret.reveal()),
        Some(secret) => format!("{HIDDEN}{} octets]", secret.len()),
        None => String::new(),
    };
    escape_trailing_space(open + &secret) + ending(sent.ending)
}

/// Escapes a trailing space, which an editor or mail program might strip.
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

/// The direction marker of an entry, three characters as swaks prints them: they are familiar from
/// tickets and show direction and TLS without colours.
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

/// Whether a server line is a negative reply, or no valid reply to anything sent.
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

/// Formats a duration in seconds with at most `width` characters.
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
