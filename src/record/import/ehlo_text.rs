//! Reads the `.txt` records of `ehlo`: swaks' direction markers, and octets that are escaped.

use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::client_line::{ClientLine, Hidden};
use super::player::LogPlayer;
use crate::record::session::{Meta, WallClock};
use crate::record::text::{HEADER_PREFIX, HIDDEN, NO_CRLF, SINCE, WITH_SECRETS_PREFIX};
use crate::smtp::line::Ending;
use crate::smtp::{Level, escape};

/// The longest accepted time, in seconds.
const SECONDS_CAP: f64 = 1e9;

/// The time in front of a line.
#[derive(Clone, Copy)]
enum Time {
    None,
    /// How long the reply took.
    Took(Duration),
    /// The time since the start.
    Since(Duration),
}

/// The meaning of a marker.
#[derive(Clone, Copy, PartialEq)]
enum Marker {
    Note(Level),
    Sent { tls: bool, out_of_order: bool },
    Received { tls: bool },
}

/// The markers as they appear in a log.
const MARKERS: [(&str, Marker); 10] = [
    ("===", Marker::Note(Level::Info)),
    ("***", Marker::Note(Level::Fault)),
    ("**>", sent(false, true)),
    ("*~>", sent(true, true)),
    (" ->", sent(false, false)),
    (" ~>", sent(true, false)),
    ("<**", Marker::Received { tls: false }),
    ("<~*", Marker::Received { tls: true }),
    ("<- ", Marker::Received { tls: false }),
    ("<~ ", Marker::Received { tls: true }),
];

const fn sent(tls: bool, out_of_order: bool) -> Marker {
    Marker::Sent { tls, out_of_order }
}

/// Reads a `.txt` record of `ehlo`. Text around it, such as a code fence, is ignored.
pub(super) fn read<'a>(
    lines: impl Iterator<Item = &'a [u8]>,
    player: &mut LogPlayer,
    meta: &mut Meta,
    opened: Instant,
) {
    let mut header_seen = false;
    for line in lines {
        let text = String::from_utf8_lossy(line);
        header_seen |= text.starts_with(HEADER_PREFIX);
        if !header_seen {
            if text.contains(WITH_SECRETS_PREFIX) {
                player.expect_secrets();
            }
            continue;
        }
        if let Some(header) = text.strip_prefix(HEADER_PREFIX) {
            read_header(header, meta, opened);
            continue;
        }
        let Some((time, marker, rest)) = split(line) else {
            match text.trim_start() {
                "" => {}
                fence if fence.starts_with("```") => {}
                annotation => read_annotation(annotation, player),
            }
            continue;
        };
        match time {
            Time::Took(took) => player.advance(took),
            Time::Since(since) => player.move_to(opened, since),
            Time::None => {}
        }
        let rest = String::from_utf8_lossy(rest);
        match marker {
            Marker::Note(level) => {
                let (octets, _) = octets(&rest);
                let words = String::from_utf8_lossy(&octets).into_owned();
                if is_end(&words) {
                    player.note(level, words);
                    player.new_connection();
                } else {
                    player.note(level, words);
                }
            }
            Marker::Received { tls } => {
                player.set_tls(tls);
                let (mut octets, ending) = octets(&rest);
                if ending == Ending::Lf {
                    octets.pop();
                }
                player.server_line(&octets, ending);
                player.amend_last(tls);
                match time {
                    // The session derives it from the times of the lines.
                    Time::Since(_) => {}
                    Time::Took(took) => player.set_took(Some(took)),
                    Time::None => player.set_took(None),
                }
            }
            Marker::Sent { tls, out_of_order } => {
                player.set_tls(tls);
                player.client_line(&ehlo_client_line(&rest, out_of_order));
                player.amend_last(tls);
            }
        }
    }
}

/// Reads the version, and the start and the target if present.
fn read_header(header: &str, meta: &mut Meta, opened: Instant) {
    let unescape = |text: &str| {
        let octets = escape::unescape(text).unwrap_or_else(|_| text.into());
        String::from_utf8_lossy(&octets).into_owned()
    };
    let (version, rest) = header.split_once(", ").unwrap_or((header, ""));
    let (start, target) = rest.split_once(", ").unwrap_or((rest, ""));
    let start = start.parse::<Timestamp>().ok();
    if let Some(start) = start {
        meta.clock = WallClock::at(start, opened);
    }
    meta.dated = start.is_some();
    meta.version = unescape(version);
    meta.target = unescape(if meta.dated { target } else { rest });
}

/// Reads an annotation. Only the decoded SASL message is used; the session derives the rest again.
fn read_annotation(annotation: &str, player: &mut LogPlayer) {
    if let Some(words) = annotation.strip_prefix("= ") {
        player.set_annotation(words);
    }
}

fn ehlo_client_line(text: &str, out_of_order: bool) -> ClientLine {
    let (open, hidden) = match text.split_once(HIDDEN) {
        Some((open, rest)) => {
            let number = rest.split(' ').next().and_then(|n| n.parse().ok());
            (open, number)
        }
        None => (text, None),
    };
    let cut = without_no_crlf(text).is_some();
    let (octets, _) = octets(open);
    ClientLine {
        octets,
        hidden: hidden.map(Hidden::Octets),
        cut,
        out_of_order,
    }
}

/// Decodes escaped octets and their line ending. Text with an invalid escape is taken literally.
fn octets(text: &str) -> (Vec<u8>, Ending) {
    let cut = without_no_crlf(text);
    let octets = |text: &str| escape::unescape(text).unwrap_or_else(|_| text.as_bytes().to_vec());
    match cut {
        None => (octets(text), Ending::CrLf),
        Some(text) => {
            let octets = octets(text);
            let ending = if octets.ends_with(b"\n") {
                Ending::Lf
            } else {
                Ending::Cut
            };
            (octets, ending)
        }
    }
}

/// The text before the marker for a missing CR LF; `None` without it. A marker whose backslash is
/// itself escaped does not count.
fn without_no_crlf(text: &str) -> Option<&str> {
    let before = text.strip_suffix(NO_CRLF)?;
    let backslashes = before.bytes().rev().take_while(|&octet| octet == b'\\');
    backslashes.count().is_multiple_of(2).then_some(before)
}

/// Whether a note of `ehlo` says that the connection ended.
fn is_end(words: &str) -> bool {
    ["closed by ", "reset by ", "cut by ", "lost: "]
        .iter()
        .any(|how| {
            words
                .strip_prefix("connection ")
                .is_some_and(|w| w.starts_with(how))
        })
}

/// Splits a line with a marker into the time, the marker and the rest.
fn split(line: &[u8]) -> Option<(Time, Marker, &[u8])> {
    let gutter =
        |octet: &u8| matches!(octet, b' ' | b'!' | b'.' | b's' | b'+') || octet.is_ascii_digit();
    let width = line.iter().take_while(|octet| gutter(octet)).count();
    // The space of ` ->` belongs to the marker.
    let at = width.saturating_sub(usize::from(matches!(line.get(width), Some(b'-' | b'~'))));
    let (time, rest) = line.split_at(at);
    let time = std::str::from_utf8(time).ok()?.trim_matches([' ', '!']);
    let time = match (time.strip_suffix('s'), time.strip_prefix(SINCE)) {
        (Some(took), _) => Time::Took(seconds(took)?),
        (None, Some(since)) => Time::Since(seconds(since)?),
        (None, None) if time.is_empty() => Time::None,
        (None, None) => return None,
    };
    let (marker, length) = MARKERS.iter().find_map(|&(letters, marker)| {
        let short = letters.trim_end();
        let found = rest.starts_with(letters.as_bytes()) || rest == short.as_bytes();
        found.then_some((marker, letters.len().min(rest.len())))
    })?;
    let rest = &rest[length..];
    match rest.strip_prefix(b" ") {
        Some(rest) => Some((time, marker, rest)),
        None => rest.is_empty().then_some((time, marker, rest)),
    }
}

/// Parses seconds; a number that is too large counts as zero.
fn seconds(text: &str) -> Option<Duration> {
    let seconds: f64 = text.parse().ok()?;
    let possible = (0.0..SECONDS_CAP).contains(&seconds);
    Some(Duration::from_secs_f64(if possible {
        seconds
    } else {
        0.0
    }))
}
