//! Reads records and the logs of other programs; the format is detected. The lines of a log are fed
//! to a session, which derives phases, request ids and decoded SASL messages as in a live
//! connection.

mod client_line;
mod curl;
mod markers;
mod masking;
mod net_smtp;
mod plain;
mod player;
mod smtp_line;
mod smtplib;

use std::time::{Instant, SystemTime};

pub(super) use self::plain::IMPLICIT_STARTTLS;
use self::player::LogPlayer;
use super::error::RecordError;
use super::jsonl;
use super::session::{Meta, Record, WallClock};
use super::source::Source;
use super::text;
use crate::smtp::Level;

/// The maximum size of a file, in octets.
pub const FILE_CAP: u64 = 256 * 1024 * 1024;
/// The number of lines that are searched to detect the format.
const DETECTION_LINES: usize = 2000;

/// Detects the program that wrote a file; `None` if it is not a session.
pub fn detect(bytes: &[u8]) -> Option<Source> {
    if jsonl::is_jsonl(bytes) {
        return Some(Source::Jsonl);
    }
    let lines = || lines(bytes).take(DETECTION_LINES);
    let any = |matches: fn(&[u8]) -> bool| lines().any(matches);
    if any(|line| line.starts_with(text::HEADER_PREFIX.as_bytes())) {
        Some(Source::Text)
    } else if any(net_smtp::is_line) {
        Some(Source::NetSmtp)
    } else if any(smtplib::is_line) {
        Some(Source::Smtplib)
    } else if any(markers::is_line) {
        Some(Source::Swaks)
    } else if any(curl::is_line) {
        Some(Source::Curl)
    } else if any(plain::is_line) {
        Some(Source::Plain)
    } else {
        None
    }
}

/// Reads a record or a log. The start of the session is mapped to the instant `opened`; `written`
/// is the wall clock time used for a log without timestamps.
///
/// Secrets in a log are masked as in a live session.
///
/// # Errors
/// [`RecordError::Empty`], [`RecordError::TooLarge`], [`RecordError::Unknown`] if the format is not
/// recognised, and [`RecordError::Line`] for an invalid line of a `.jsonl` record.
pub fn read(bytes: &[u8], opened: Instant, written: SystemTime) -> Result<Record, RecordError> {
    if bytes.len() as u64 > FILE_CAP {
        return Err(RecordError::TooLarge { cap: FILE_CAP });
    }
    if bytes.is_empty() {
        return Err(RecordError::Empty);
    }
    let source = detect(bytes).ok_or(RecordError::Unknown)?;
    if source == Source::Jsonl {
        return jsonl::read(bytes, opened);
    }
    let mut meta = Meta {
        dated: false,
        ..Meta::new("", WallClock::new(written, opened))
    };
    let mut player = LogPlayer::new(opened, source == Source::Text);
    if !source.has_times() {
        let name = source.name();
        player.note(
            Level::Info,
            format!("read from a log of {name}, which has no timestamps"),
        );
    }
    match source {
        Source::Text => markers::read_ehlo(lines(bytes), &mut player, &mut meta, opened),
        Source::Swaks => markers::read_swaks(lines(bytes), &mut player),
        Source::Curl => curl::read(lines(bytes), &mut player),
        Source::NetSmtp => net_smtp::read(lines(bytes), &mut player),
        Source::Smtplib => smtplib::read(lines(bytes), &mut player),
        Source::Plain => plain::read(lines(bytes), &mut player),
        Source::Jsonl => {}
    }
    let mut remarks = Vec::new();
    let (entries, target) = player.finish(&mut remarks);
    if let Some(target) = target.filter(|_| meta.target.is_empty()) {
        meta.target = target;
    }
    Ok(Record {
        source,
        meta,
        entries,
        ended: true,
        remarks,
    })
}

/// The lines of a log without their line breaks; a terminal may have added CRs, which are removed.
fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    bytes.split(|&octet| octet == b'\n').map(|mut line| {
        while let Some(shorter) = line.strip_suffix(b"\r") {
            line = shorter;
        }
        line
    })
}
