//! The lossless format: one JSON object per line. The first line is the header; the last one states
//! that the session ended. Octets are written as text if they are printable ASCII, else as base64.

mod entry;
mod summary;

use std::time::Instant;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use self::entry::JsonEntry;
pub(super) use self::summary::{Ending, Head, Tail};
use super::error::RecordError;
use super::session::{Excerpt, Meta, Record, WallClock};
use super::source::Source;
use crate::smtp::Entry;
use crate::smtp::escape::{MarkCounter, is_unsafe_char};

/// The version of this format; other versions are refused.
const VERSION: u32 = 1;
/// The maximum length of a line of a journal, in octets. The longest line of a session grows by a third in
/// base64, and the other fields are capped too. A saved log of another program may have longer ones.
pub const LINE_CAP: usize = 1024 * 1024;

/// The first line.
#[derive(Serialize, Deserialize)]
struct Header {
    ehlo: u32,
    version: String,
    target: String,
    /// The start of the session; `None` if unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    start: Option<Timestamp>,
    /// The lines contain secrets in plain text.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    with_secrets: bool,
}

/// The last line.
#[derive(Serialize, Deserialize)]
struct Footer {
    /// Whether the session came to its end; if not, its program was killed.
    end: bool,
    /// Whether a session without an end was offered to the user.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    offered: bool,
    /// What a session without a screen came to; readers of sessions pass over it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    outcome: Option<serde_json::Value>,
}

/// The header line.
pub(super) fn header(meta: &Meta, with_secrets: bool) -> String {
    line_of(&Header {
        ehlo: VERSION,
        version: meta.version.clone(),
        target: meta.target.clone(),
        start: meta.dated.then(|| meta.clock.start()),
        with_secrets,
    })
}

/// The header line, without secrets.
pub fn json_header(meta: &Meta) -> String {
    header(meta, false)
}

/// The line of an entry, without secrets.
pub fn json_line(clock: &WallClock, of: &Entry) -> String {
    entry(clock, of, false)
}

/// The line that ends a session without a screen, with what it came to.
pub fn json_end(outcome: serde_json::Value) -> String {
    line_of(&Footer {
        end: true,
        offered: false,
        outcome: Some(outcome),
    })
}

/// The line of an entry.
pub(super) fn entry(clock: &WallClock, entry: &Entry, with_secrets: bool) -> String {
    line_of(&JsonEntry::of(clock, entry, with_secrets))
}

/// The line that ends a complete session.
pub(super) fn footer() -> String {
    line_of(&Footer {
        end: true,
        offered: false,
        outcome: None,
    })
}

/// The line after a session that was cut short and offered to the user.
pub(super) fn offered_footer() -> String {
    line_of(&Footer {
        end: false,
        offered: true,
        outcome: None,
    })
}

/// Renders a record.
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

/// Whether `bytes` start with a header line of this format.
pub(super) fn is_jsonl(bytes: &[u8]) -> bool {
    bytes.starts_with(b"{\"ehlo\":")
}

/// Reads a record; the start of the session is mapped to the instant `opened`.
///
/// A truncated last line, as a killed program leaves it, is skipped with a remark. Unknown keys are
/// ignored.
///
/// # Errors
/// [`RecordError::Line`] for the first invalid line.
pub(super) fn read(bytes: &[u8], opened: Instant) -> Result<Record, RecordError> {
    let mut lines = bytes.split_inclusive(|&octet| octet == b'\n').zip(1..);
    let (first, _) = lines.next().ok_or(RecordError::Unknown)?;
    let header: Header = parse(first, 1)?;
    if header.ehlo != VERSION {
        let found = header.ehlo;
        let reason = format!("unsupported record version {found}: expected {VERSION}");
        return Err(RecordError::Line { line: 1, reason });
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
            let reason = "unexpected line after the end of the session".to_owned();
            return Err(RecordError::Line {
                line: number,
                reason,
            });
        }
        if !text.ends_with(b"\n") {
            record.remarks.push(format!(
                "line {number} is incomplete, as after a kill, and was skipped"
            ));
            break;
        }
        let line: AnyLine = parse(text, number)?;
        match line {
            AnyLine::Footer(Footer { end, .. }) => record.ended = end,
            AnyLine::Entry(line) => {
                let entry = line.entry(&record.meta.clock).map_err(|reason| {
                    let line = number;
                    RecordError::Line { line, reason }
                })?;
                record.entries.push(entry);
            }
        }
    }
    Ok(record)
}

/// A line after the header.
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
    serde_json::from_slice(text).map_err(|error| {
        // serde counts lines within this one line; drop its position.
        let reason = error.to_string();
        let reason = reason.split(" at line ").next().unwrap_or_default();
        let reason = crate::smtp::escape::escape(reason.as_bytes());
        RecordError::Line { line, reason }
    })
}

/// Serializes a value as one line. Characters that a terminal could obey are written as JSON
/// escapes.
pub(super) fn line_of(value: &impl Serialize) -> String {
    // These types hold only numbers, strings and lists, which always serialize.
    let mut text = serde_json::to_string(value).unwrap_or_default();
    if text.bytes().all(|octet| matches!(octet, b' '..=b'~')) {
        text.push('\n');
        return text;
    }
    let mut line = String::with_capacity(text.len() + 1);
    let mut marks = MarkCounter::default();
    for letter in text.chars() {
        if letter.is_control() || is_unsafe_char(letter) || marks.is_excess(letter) {
            // Such characters occur only inside JSON strings.
            let units = letter.encode_utf16(&mut [0; 2]).to_vec();
            line.extend(units.iter().map(|unit| format!("\\u{unit:04x}")));
        } else {
            line.push(letter);
        }
    }
    line.push('\n');
    line
}
