//! Records and other programs' logs, recognised by themselves. A log is read by playing its lines
//! to a session, so that phases, turns and what a login says are found as they are on the wire.

mod client_line;
mod curl;
mod marks;
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

/// The largest file that is read, in octets.
pub const FILE_CAP: u64 = 256 * 1024 * 1024;
/// Lines by which a log is recognised.
const LINES_SEEN: usize = 2000;

/// What a file is, by its lines; nothing where it is no session.
pub fn detect(bytes: &[u8]) -> Option<Source> {
    if jsonl::is_jsonl(bytes) {
        return Some(Source::Jsonl);
    }
    let lines = || lines(bytes).take(LINES_SEEN);
    let any = |is: fn(&[u8]) -> bool| lines().any(is);
    if any(|line| line.starts_with(text::HEAD.as_bytes())) {
        Some(Source::Text)
    } else if any(net_smtp::is_line) {
        Some(Source::NetSmtp)
    } else if any(smtplib::is_line) {
        Some(Source::Smtplib)
    } else if any(marks::is_line) {
        Some(Source::Swaks)
    } else if any(curl::is_line) {
        Some(Source::Curl)
    } else if any(plain::is_line) {
        Some(Source::Plain)
    } else {
        None
    }
}

/// Reads a record or a log. The session is told as if it began at `opened`; `written` is the wall
/// clock's time for a log that tells none.
///
/// A log's secrets are masked like those of a session that is typed.
///
/// # Errors
/// A file that is empty or too large, that is no session, or a record that is damaged, with the line.
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
            format!("read from a log of {name}: its times are not known"),
        );
    }
    match source {
        Source::Text => marks::read_own(lines(bytes), &mut player, &mut meta, opened),
        Source::Swaks => marks::read_swaks(lines(bytes), &mut player),
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

/// The lines of a log without their endings, whatever these are: a CR too many is none of the log's.
fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    bytes.split(|&octet| octet == b'\n').map(|mut line| {
        while let Some(shorter) = line.strip_suffix(b"\r") {
            line = shorter;
        }
        line
    })
}
