//! Lines with swaks' marks: our own `.txt`, whose octets stand in escapes, and swaks' output as it is.

use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::client_line::ClientLine;
use super::masking::mask_passwords;
use super::player::LogPlayer;
use super::smtp_line::{is_command, is_reply};
use crate::record::session::{Meta, WallClock};
use crate::record::text::{HEAD, HIDDEN, NO_CRLF, WITH_SECRETS};
use crate::smtp::line::Ending;
use crate::smtp::{Level, escape};

/// The longest time that a line can tell.
const TOOK_CAP: f64 = 1e9;

/// What a mark says.
#[derive(Clone, Copy, PartialEq)]
enum Mark {
    Note(Level),
    Sent { tls: bool, out_of_order: bool },
    Received { tls: bool },
}

/// Each mark as a log has it. The shorter ones stand behind those that begin with them.
const MARKS: [(&str, Mark); 10] = [
    ("===", Mark::Note(Level::Info)),
    ("***", Mark::Note(Level::Fault)),
    ("**>", sent(false, true)),
    ("*~>", sent(true, true)),
    (" ->", sent(false, false)),
    (" ~>", sent(true, false)),
    ("<**", Mark::Received { tls: false }),
    ("<~*", Mark::Received { tls: true }),
    ("<- ", Mark::Received { tls: false }),
    ("<~ ", Mark::Received { tls: true }),
];

const fn sent(tls: bool, out_of_order: bool) -> Mark {
    Mark::Sent { tls, out_of_order }
}

/// Whether a line is one that swaks prints of a dialogue.
pub(super) fn is_line(line: &[u8]) -> bool {
    match split(line) {
        Some((_, Mark::Received { .. }, rest)) => is_reply(rest),
        Some((_, Mark::Sent { .. }, rest)) => is_command(rest),
        _ => false,
    }
}

/// Reads what swaks printed.
pub(super) fn read_swaks<'a>(lines: impl Iterator<Item = &'a [u8]>, player: &mut LogPlayer) {
    for line in lines {
        match split(line) {
            Some((_, Mark::Note(level), rest)) => {
                let words = mask_passwords(rest);
                if let Some(peer) = words.strip_prefix("Trying ") {
                    player.new_connection();
                    player.set_target(peer.trim_end_matches('.'));
                }
                player.note(level, words);
            }
            Some((_, Mark::Received { tls }, rest)) => {
                player.set_tls(tls);
                player.server_line(rest, Ending::CrLf);
            }
            Some((_, Mark::Sent { tls, .. }, rest)) => {
                player.set_tls(tls);
                player.client_line(&masked(rest));
            }
            None if line.is_empty() => {}
            None => player.note(Level::Info, mask_passwords(line)),
        }
    }
}

/// A line whose secret we may have masked: lines of our screen are pasted like swaks'.
fn masked(line: &[u8]) -> ClientLine {
    let parts = std::str::from_utf8(line)
        .ok()
        .and_then(|line| line.split_once(HIDDEN));
    let hidden = parts.and_then(|(open, behind)| {
        let number = behind.strip_suffix(" octets]")?.parse().ok()?;
        Some((open, number))
    });
    match hidden {
        Some((open, number)) => ClientLine {
            hidden: Some(number),
            ..ClientLine::new(open.as_bytes())
        },
        None => ClientLine::new(line),
    }
}

/// Reads what we saved as text. What stands around it, as the fence of a ticket, is no part of it.
pub(super) fn read_own<'a>(
    lines: impl Iterator<Item = &'a [u8]>,
    player: &mut LogPlayer,
    meta: &mut Meta,
    opened: Instant,
) {
    let mut begun = false;
    for line in lines {
        let text = String::from_utf8_lossy(line);
        begun |= text.starts_with(HEAD);
        if !begun {
            if text.contains(WITH_SECRETS) {
                player.keep_secrets();
            }
            continue;
        }
        if let Some(head) = text.strip_prefix(HEAD) {
            read_head(head, meta, opened);
            continue;
        }
        let Some((took, mark, rest)) = split(line) else {
            match text.trim_start() {
                "" => {}
                fence if fence.starts_with("```") => {}
                about => read_about(about, player),
            }
            continue;
        };
        if let Some(took) = took {
            player.advance(took);
        }
        let rest = String::from_utf8_lossy(rest);
        match mark {
            Mark::Note(level) => {
                let (octets, _) = octets(&rest);
                let words = String::from_utf8_lossy(&octets).into_owned();
                if is_end(&words) {
                    player.note(level, words);
                    player.new_connection();
                } else {
                    player.note(level, words);
                }
            }
            Mark::Received { tls } => {
                player.set_tls(tls);
                let (mut octets, ending) = octets(&rest);
                if ending == Ending::Lf {
                    octets.pop();
                }
                player.server_line(&octets, ending);
                player.amend_last(tls, took);
            }
            Mark::Sent { tls, out_of_order } => {
                player.set_tls(tls);
                player.client_line(&client_line(&rest, out_of_order));
                player.amend_last(tls, None);
            }
        }
    }
}

/// Version, and start and target where they are told.
fn read_head(head: &str, meta: &mut Meta, opened: Instant) {
    let print = |text: &str| {
        let octets = escape::parse(text).unwrap_or_else(|_| text.into());
        String::from_utf8_lossy(&octets).into_owned()
    };
    let (version, rest) = head.split_once(", ").unwrap_or((head, ""));
    let (start, behind) = rest.split_once(", ").unwrap_or((rest, ""));
    let start = start.parse::<Timestamp>().ok();
    if let Some(start) = start {
        meta.clock = WallClock::at(start, opened);
    }
    meta.dated = start.is_some();
    meta.version = print(version);
    meta.target = print(if meta.dated { behind } else { rest });
}

/// The line below a line: of what it says only that counts which cannot be found again.
fn read_about(about: &str, player: &mut LogPlayer) {
    if let Some(words) = about.strip_prefix("= ") {
        player.set_gloss(words);
    }
}

fn client_line(text: &str, out_of_order: bool) -> ClientLine {
    let (open, hidden) = match text.split_once(HIDDEN) {
        Some((open, behind)) => {
            let number = behind.split(' ').next().and_then(|n| n.parse().ok());
            (open, number)
        }
        None => (text, None),
    };
    let cut = without_no_crlf(text).is_some();
    let (octets, _) = octets(open);
    ClientLine {
        octets,
        hidden,
        cut,
        out_of_order,
    }
}

/// The octets that escapes stand for, and how they end. What is no escape stands for itself.
fn octets(text: &str) -> (Vec<u8>, Ending) {
    let cut = without_no_crlf(text);
    let octets = |text: &str| escape::parse(text).unwrap_or_else(|_| text.as_bytes().to_vec());
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

/// The text in front of the sign that no CR LF stands there; nothing without the sign. Behind an
/// escaped backslash it is none.
fn without_no_crlf(text: &str) -> Option<&str> {
    let before = text.strip_suffix(NO_CRLF)?;
    let backslashes = before.bytes().rev().take_while(|&octet| octet == b'\\');
    backslashes.count().is_multiple_of(2).then_some(before)
}

/// Whether a note of ours says that the connection is over.
fn is_end(words: &str) -> bool {
    ["closed by ", "reset by ", "cut by ", "lost: "]
        .iter()
        .any(|how| {
            words
                .strip_prefix("connection ")
                .is_some_and(|w| w.starts_with(how))
        })
}

/// The time, the mark and the rest of a line that has a mark.
fn split(line: &[u8]) -> Option<(Option<Duration>, Mark, &[u8])> {
    let gutter = |octet: &u8| matches!(octet, b' ' | b'!' | b'.' | b's') || octet.is_ascii_digit();
    let width = line.iter().take_while(|octet| gutter(octet)).count();
    // The blank of ` ->` belongs to its mark.
    let at = width.saturating_sub(usize::from(matches!(line.get(width), Some(b'-' | b'~'))));
    let (head, rest) = line.split_at(at);
    let head = std::str::from_utf8(head).ok()?.trim_matches([' ', '!']);
    let took = match head.strip_suffix('s') {
        Some(number) => {
            let seconds: f64 = number.parse().ok()?;
            let possible = (0.0..TOOK_CAP).contains(&seconds);
            Some(Duration::from_secs_f64(if possible {
                seconds
            } else {
                0.0
            }))
        }
        None if head.is_empty() => None,
        None => return None,
    };
    let (mark, length) = MARKS.iter().find_map(|&(letters, mark)| {
        let short = letters.trim_end();
        let found = rest.starts_with(letters.as_bytes()) || rest == short.as_bytes();
        found.then_some((mark, letters.len().min(rest.len())))
    })?;
    let rest = &rest[length..];
    match rest.strip_prefix(b" ") {
        Some(rest) => Some((took, mark, rest)),
        None => rest.is_empty().then_some((took, mark, rest)),
    }
}
