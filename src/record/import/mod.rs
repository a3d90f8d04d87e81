//! Reads records and the logs of other programs. What stands around the lines of a log is taken off
//! (`encoding`, `wrapping`, `rewriting`, `envelope`), a table of marks tells who said each (`form`,
//! `learned`, `bare`), and a session takes them (`player`), which derives phases, request ids and decoded
//! SASL messages as in a live connection. The secrets of a log are hidden wherever they stand
//! (`secrets`).

mod attribution;
mod bare;
mod client_line;
mod connections;
mod ehlo_text;
mod embedded;
mod encoding;
mod envelope;
mod form;
mod learned;
mod marks;
mod masking;
mod net_smtp;
mod observed;
mod pattern;
mod payload;
mod placeholder;
mod player;
mod program;
mod recognition;
mod redaction;
mod rewriting;
mod secrets;
mod smtp_line;
mod time;
mod wrapping;

use std::time::{Instant, SystemTime};

use self::attribution::{Item, Said};
pub(super) use self::bare::IMPLICIT_STARTTLS;
use self::client_line::ClientLine;
use self::net_smtp::{NET_SMTP, client_lines, stuffed};
use self::player::{LogPlayer, Played};
pub use self::recognition::log_program;
pub use self::redaction::{Redacted, redact};
use self::secrets::Secrets;
use self::wrapping::LogLine;
use super::error::RecordError;
use super::jsonl;
use super::session::{Meta, Record, WallClock};
use super::source::Source;
use super::text;
use crate::diagnosis;
use crate::smtp::{Entry, EntryKind, Level, Phase, Secret};

/// The maximum size of a log of another program, in octets.
pub const LOG_CAP: u64 = 256 * 1024 * 1024;
/// The maximum size of a record of this program, in octets. It was in memory when it was saved, and takes
/// up to six times as much in a file, where octets are escaped.
pub const RECORD_CAP: u64 = 16 * 1024 * 1024 * 1024;
/// The number of lines that are searched for the header of a record.
const HEADER_LINES: usize = 2000;
/// The fewest lines by which a form is known, unless nothing else is.
const LINES_MIN: usize = 2;
/// The note for a log without times ends with these words.
const NO_TIMES: &str = "has no timestamps";

/// Reads a record or a log. The start of the session is mapped to the instant `opened`; `written`
/// is the wall clock time used for a log without timestamps.
///
/// Secrets in a log are masked as in a live session, also in the words around it.
///
/// # Errors
/// [`RecordError::Empty`], [`RecordError::TooLarge`], [`RecordError::Unknown`] if the format is not
/// recognised, and [`RecordError::Line`] for an invalid line of a `.jsonl` record.
pub fn read(bytes: &[u8], opened: Instant, written: SystemTime) -> Result<Record, RecordError> {
    check_size(bytes)?;
    if jsonl::is_jsonl(bytes) {
        return jsonl::read(bytes, opened);
    }
    if is_text(bytes) {
        return Ok(read_text(bytes, opened, written));
    }
    Log::read(bytes, opened, written).map(|log| log.record)
}

/// The maximum size of a file that begins with these octets.
pub fn size_cap(beginning: &[u8]) -> u64 {
    if jsonl::is_jsonl(beginning) || is_text(beginning) {
        RECORD_CAP
    } else {
        LOG_CAP
    }
}

fn check_size(bytes: &[u8]) -> Result<(), RecordError> {
    if bytes.is_empty() {
        return Err(RecordError::Empty);
    }
    let cap = size_cap(bytes);
    if bytes.len() as u64 > cap {
        return Err(RecordError::TooLarge { cap });
    }
    Ok(())
}

/// Whether a file is a `.txt` or `.md` record of this program.
fn is_text(bytes: &[u8]) -> bool {
    let header = text::HEADER_PREFIX.as_bytes();
    let mut first = wrapping::octet_lines(bytes).take(HEADER_LINES);
    first.any(|line| line.starts_with(header))
}

/// Reads a `.txt` or `.md` record of this program.
fn read_text(bytes: &[u8], opened: Instant, written: SystemTime) -> Record {
    let mut meta = Meta {
        dated: false,
        ..Meta::new("", WallClock::new(written, opened))
    };
    let mut player = LogPlayer::new(opened, true);
    let lines = wrapping::octet_lines(bytes);
    ehlo_text::read(lines, &mut player, &mut meta, opened);
    let mut remarks = Vec::new();
    let played = player.finish(&mut remarks);
    record(Source::Text, meta, played.target, played.entries, remarks)
}

fn record(
    source: Source,
    mut meta: Meta,
    target: Option<String>,
    entries: Vec<Entry>,
    remarks: Vec<String>,
) -> Record {
    if let Some(target) = target.filter(|_| meta.target.is_empty()) {
        meta.target = target;
    }
    Record {
        source,
        meta,
        entries,
        ended: true,
        remarks,
    }
}

/// A log of another program.
pub(super) struct Log {
    pub(super) record: Record,
    secrets: Secrets,
    /// The secrets of the client, and the line each stands in.
    sent: Vec<(usize, Secret)>,
    /// The lines in which words were hidden that may be no secret.
    doubtful: Vec<usize>,
    /// The lines of the file, as text.
    text: Vec<u8>,
}

impl Log {
    /// Reads a log.
    ///
    /// # Errors
    /// [`RecordError::Unknown`] if nobody says anything in it.
    pub(super) fn read(
        bytes: &[u8],
        opened: Instant,
        written: SystemTime,
    ) -> Result<Self, RecordError> {
        let text = encoding::decode(bytes).into_owned();
        let (lines, told) = rewriting::rewrite(wrapping::lines(&text));
        let mut player = LogPlayer::new(opened, false);
        let form = play(&lines, &mut player).ok_or(RecordError::Unknown)?;
        let program = program::name(&lines);
        let name = told.or(program).unwrap_or(form);
        let mut remarks = Vec::new();
        let Played {
            mut entries,
            target,
            first,
            secrets: sent,
            doubtful,
        } = player.finish(&mut remarks);
        let mut secrets = Secrets::default();
        secrets.add_logins(&entries);
        for line in &lines {
            secrets.add_settings(&line.text);
        }
        secrets.prepare();
        mask(&mut entries, &secrets);
        let mut meta = Meta {
            dated: false,
            ..Meta::new("", WallClock::new(written, opened))
        };
        match first {
            None => {
                let words = format!("read from a log of {name}, which {NO_TIMES}");
                entries.insert(0, Entry::note(opened, false, Level::Info, words));
            }
            Some(first) => {
                if let Some(moment) = first.moment() {
                    meta.clock = WallClock::at(moment, opened);
                    meta.dated = true;
                }
            }
        }
        let source = Source::Log {
            program: name,
            timed: first.is_some(),
        };
        Ok(Self {
            record: record(source, meta, target, entries, remarks),
            secrets,
            sent,
            doubtful,
            text,
        })
    }
}

/// Plays the lines of a log. Returns the name of its form; `None` if it has none.
fn play(lines: &[LogLine], player: &mut LogPlayer) -> Option<&'static str> {
    let shape = bare::shape(lines);
    let attributed = attribution::attribute(lines, LINES_MIN)
        .or_else(|| attribution::attribute(lines, 1).filter(|_| shape.is_none()));
    if let Some((name, items)) = attributed {
        let replies = items.iter().filter_map(|item| match &item.said {
            Said::Server { octets, .. } => Some(&octets[..]),
            _ => None,
        });
        player.expect_replies(replies);
        let (mut at, mut message_end) = (0, 0);
        while let Some(item) = items.get(at) {
            if name == NET_SMTP && at >= message_end && player.phase() == Phase::Message {
                let message = client_lines(&items[at..]);
                message_end = at + message.len();
                if message.iter().any(|line| !line.is_empty()) && !message.contains(&&b""[..]) {
                    player.note(Level::Info, diagnosis::NO_EMPTY_LINES);
                }
            }
            let stuffed = (at < message_end).then(|| stuffed(item)).flatten();
            let item = stuffed.as_ref().unwrap_or(item);
            at += 1 + play_item(item, &items[at + 1..], player);
        }
        return Some(name);
    }
    if let Some(shape) = shape {
        player.expect_replies(bare::replies(lines, &shape));
        bare::read(lines, &shape, player);
        return Some("s_client or telnet");
    }
    // Only words around replies, or none.
    let mut found = program::name(lines).is_some();
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        player.at_line(line.number, envelope::time(&line.text));
        let after = lines[at + 1..].iter().map(|line| &line.text[..]);
        let more = quoting(&line.text, after, true, player);
        found |= more.is_some();
        at += 1 + more.unwrap_or(0);
    }
    found.then_some("an error message")
}

/// Notes a line and the replies that it quotes. Returns how many lines after it belong to them, which
/// are noted too.
fn quoting<'a>(
    line: &[u8],
    after: impl Iterator<Item = &'a [u8]> + Clone,
    start: bool,
    player: &mut LogPlayer,
) -> Option<usize> {
    if line.trim_ascii().is_empty() || is_fence(line) {
        return None;
    }
    observed::note(line, inner(line), start || player.awaits_secret(), player);
    let quoted = embedded::find(line, after.clone(), start)?;
    for more in after.take(quoted.more) {
        observed::note(more, inner(more), start, player);
    }
    player.quoted_replies(&quoted.replies);
    Some(quoted.more)
}

/// Plays a line. Returns how many lines after it were played with it.
fn play_item(item: &Item, after: &[Item], player: &mut LogPlayer) -> usize {
    player.at_connection(item.connection);
    player.at_line(item.number, item.time);
    match &item.said {
        Said::Server { octets, ending } => {
            player.set_tls(item.tls);
            player.server_line(octets, *ending);
        }
        Said::Client(line) => {
            player.set_tls(item.tls);
            if !player.has_started() && precedes_greeting(line, after) {
                player.wait_for_greeting();
            }
            player.client_line(line);
        }
        Said::Copy => {}
        Said::Note => {
            if let Some(auth) = embedded::suppressed(&item.text) {
                player.note(
                    Level::Info,
                    String::from_utf8_lossy(&item.text).into_owned(),
                );
                player.suppressed(auth);
                return 0;
            }
            let notes = after
                .iter()
                .take_while(|item| matches!(item.said, Said::Note));
            let after = notes.map(|item| &item.text[..]);
            return quoting(&item.text, after, false, player).unwrap_or(0);
        }
    }
    0
}

/// Whether the client sends this line before the server has greeted: the next reply is the greeting.
fn precedes_greeting(line: &ClientLine, after: &[Item]) -> bool {
    let mut replies = after.iter().filter_map(|item| match &item.said {
        Said::Server { octets, .. } => Some(octets),
        _ => None,
    });
    // 220 is also the reply to STARTTLS.
    let is_start_tls = line.octets.to_ascii_uppercase().starts_with(b"STARTTLS");
    !is_start_tls
        && replies
            .next()
            .is_some_and(|reply| reply.starts_with(b"220"))
}

/// The words of a note, without what stands before them.
fn inner(line: &[u8]) -> &[u8] {
    let words = line.trim_ascii();
    let words = words
        .strip_prefix(b"=== ")
        .or(words.strip_prefix(b"* "))
        .unwrap_or(words);
    match envelope::time(words) {
        // The last place before a letter.
        Some(_) => {
            let places = envelope::places(words);
            let timed = places.iter().find(|place| place.shape.contains(&b't'));
            timed.map_or(words, |place| words[place.at..].trim_ascii())
        }
        None => words,
    }
}

fn is_fence(line: &[u8]) -> bool {
    line.trim_ascii().starts_with(b"```")
}

/// Hides the secrets of a log in all its entries.
fn mask(entries: &mut [Entry], secrets: &Secrets) {
    for entry in entries {
        match &mut entry.kind {
            EntryKind::Note(note) => {
                let (masked, count) = secrets.mask(note.text.as_bytes());
                if count > 0 {
                    note.text = String::from_utf8_lossy(&masked).into();
                }
            }
            EntryKind::Received(received) if secrets.shows(&received.bytes) => {
                received.bytes = secrets.mask(&received.bytes).0.into();
            }
            EntryKind::Sent(sent) => {
                if secrets.shows(&sent.visible) {
                    sent.visible = secrets.mask(&sent.visible).0.into();
                }
                // The password may have been sent where the user name belongs.
                let decoded = sent
                    .annotation
                    .as_ref()
                    .map(|annotation| annotation.decoded.to_string());
                if decoded.is_some_and(|decoded| secrets.shows(decoded.as_bytes())) {
                    sent.annotation = None;
                }
            }
            _ => {}
        }
    }
}
