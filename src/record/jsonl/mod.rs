//! The form that loses nothing: one JSON object a line. The first is the head, the last says that
//! the session came to its end. Octets are text where they are printable ASCII, else base64.

mod entry;

use std::time::Instant;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use self::entry::JsonEntry;
use super::error::RecordError;
use super::session::{ENTRIES_CAP, Excerpt, Meta, Record, WallClock};
use super::source::Source;
use crate::smtp::Entry;
use crate::smtp::escape::is_treacherous;

/// The number of this form; another one is not read.
const FORM: u32 = 1;
/// Octets that a line may have. The longest line of a session makes a third more in base64, and what
/// stands beside it is capped too.
pub const LINE_CAP: usize = 1024 * 1024;

/// The first line.
#[derive(Serialize, Deserialize)]
struct Header {
    ehlo: u32,
    version: String,
    target: String,
    /// None where it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    start: Option<Timestamp>,
    /// Secrets stand in the lines, in clear.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    with_secrets: bool,
}

/// The last line.
#[derive(Serialize, Deserialize)]
struct Footer {
    end: bool,
}

/// The head as a line.
pub(super) fn header(meta: &Meta, with_secrets: bool) -> String {
    line_of(&Header {
        ehlo: FORM,
        version: meta.version.clone(),
        target: meta.target.clone(),
        start: meta.dated.then(|| meta.clock.start()),
        with_secrets,
    })
}

/// An entry as a line.
pub(super) fn entry(clock: &WallClock, entry: &Entry, with_secrets: bool) -> String {
    line_of(&JsonEntry::of(clock, entry, with_secrets))
}

/// The line that says that a session came to its end.
pub(super) fn footer() -> String {
    line_of(&Footer { end: true })
}

/// All of it.
pub(super) fn write(excerpt: &Excerpt<'_>, with_secrets: bool) -> String {
    let mut text = header(excerpt.meta, with_secrets);
    for each in &excerpt.entries {
        text.push_str(&entry(&excerpt.meta.clock, each, with_secrets));
    }
    if excerpt.ended {
        text.push_str(&footer());
    }
    text
}

/// Whether a text begins like a record of this form.
pub(super) fn is_jsonl(bytes: &[u8]) -> bool {
    bytes.starts_with(b"{\"ehlo\":")
}

/// Reads a record; the session is told as if it began at `opened`.
///
/// A last line that was cut, as by the end of a program, is left out with a remark. Keys that are not
/// known are passed over.
///
/// # Errors
/// The first line that cannot be read, with its number, or the cap that was reached.
pub(super) fn read(bytes: &[u8], opened: Instant) -> Result<Record, RecordError> {
    let mut lines = bytes.split_inclusive(|&octet| octet == b'\n').zip(1..);
    let (first, _) = lines.next().ok_or(RecordError::Unknown)?;
    let header: Header = parse(first, 1)?;
    if header.ehlo != FORM {
        let words = format!("form {} of a record; {FORM} can be read", header.ehlo);
        return Err(RecordError::Line { line: 1, words });
    }
    let mut record = Record {
        source: Source::Jsonl,
        meta: Meta {
            version: header.version,
            target: header.target,
            clock: WallClock::at(header.start.unwrap_or_default(), opened),
            dated: header.start.is_some(),
        },
        entries: Vec::new(),
        ended: false,
        remarks: Vec::new(),
    };
    for (text, number) in lines {
        if record.ended {
            let words = "stands behind the end of the session".to_owned();
            return Err(RecordError::Line {
                line: number,
                words,
            });
        }
        if !text.ends_with(b"\n") {
            record.remarks.push(format!(
                "line {number} is cut, as when a program is killed: it is left out"
            ));
            break;
        }
        if record.entries.len() >= ENTRIES_CAP {
            let words = format!("more than {ENTRIES_CAP} entries");
            return Err(RecordError::Line {
                line: number,
                words,
            });
        }
        let line: AnyLine = parse(text, number)?;
        match line {
            AnyLine::Footer(Footer { end }) => record.ended = end,
            AnyLine::Entry(line) => {
                let entry = line.entry(&record.meta.clock).map_err(|words| {
                    let line = number;
                    RecordError::Line { line, words }
                })?;
                record.entries.push(entry);
            }
        }
    }
    Ok(record)
}

/// A line behind the head.
enum AnyLine {
    Footer(Footer),
    Entry(Box<JsonEntry>),
}

impl<'de> Deserialize<'de> for AnyLine {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        let value = serde_json::Value::deserialize(deserializer)?;
        if value.get("end").is_some() {
            let footer = Footer::deserialize(value).map_err(D::Error::custom)?;
            return Ok(Self::Footer(footer));
        }
        let line = JsonEntry::deserialize(value).map_err(D::Error::custom)?;
        Ok(Self::Entry(Box::new(line)))
    }
}

fn parse<T: for<'de> Deserialize<'de>>(text: &[u8], line: usize) -> Result<T, RecordError> {
    if text.len() > LINE_CAP {
        let words = format!("over {LINE_CAP} octets");
        return Err(RecordError::Line { line, words });
    }
    serde_json::from_slice(text).map_err(|error| {
        // The place that serde tells counts lines within this line.
        let words = error.to_string();
        let words = words.split(" at line ").next().unwrap_or_default();
        let words = crate::smtp::escape::print(words.as_bytes());
        RecordError::Line { line, words }
    })
}

/// A value as a line. What a terminal would act on stands in it as JSON's own escapes.
fn line_of(value: &impl Serialize) -> String {
    // Numbers, texts and lists of them: there is nothing in it that JSON cannot hold.
    let text = serde_json::to_string(value).unwrap_or_default();
    let mut line = String::with_capacity(text.len() + 1);
    for letter in text.chars() {
        if letter.is_control() || is_treacherous(letter) {
            // Only texts have such letters in them.
            let units = letter.encode_utf16(&mut [0; 2]).to_vec();
            line.extend(units.iter().map(|unit| format!("\\u{unit:04x}")));
        } else {
            line.push(letter);
        }
    }
    line.push('\n');
    line
}
