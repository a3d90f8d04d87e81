//! Connections whose lines are mixed in one log: the id that stands before each line, such as the number
//! of a process or a name in brackets, tells them apart.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::envelope::parts;
use super::wrapping::LogLine;

/// The most connections that are told apart.
const CONNECTIONS_CAP: usize = 10_000;
/// The fewest connections that begin with a greeting.
const GREETED_MIN: usize = 2;
/// The fewest lines of a connection that has both sides.
const LINES_MIN: usize = 2;

/// The length of a UUID.
const UUID_LEN: usize = 36;

/// Which part of an envelope is the id: its kind, and how many of this kind stand before it.
type Kind = (u8, usize);

/// Who said a line, as far as its mark tells.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Side {
    /// The server; `true` for a greeting or a refusal, with which a connection may begin.
    Server(bool),
    Client,
}

/// What is known about the lines with one id.
#[derive(Default)]
struct Group {
    server: usize,
    client: usize,
    /// The first line of the server may be the first of a connection.
    greets: Option<bool>,
    /// It comes after a greeting of another one.
    late: bool,
}

/// The lines, connection by connection, if ids before them tell connections apart; `side` tells where the
/// mark of a line begins, and who said it. `None` if there is one connection, or nothing tells.
pub(super) fn separate(
    lines: &[LogLine],
    side: impl Fn(&LogLine) -> Option<(usize, Side)>,
) -> Option<Vec<LogLine>> {
    if lines.iter().any(|line| line.connection > 0) {
        return None;
    }
    let mut kinds: BTreeMap<Kind, BTreeMap<Vec<u8>, Group>> = BTreeMap::new();
    let mut said = 0_usize;
    let mut greeted = false;
    for line in lines {
        let Some((mark, side)) = side(line) else {
            continue;
        };
        said += 1;
        let ids = ids(&line.text, mark);
        for (kind, id) in ids {
            let groups = kinds.entry(kind).or_default();
            if groups.len() >= CONNECTIONS_CAP && !groups.contains_key(id) {
                continue;
            }
            let group = groups.entry(id.to_vec()).or_insert_with(|| Group {
                late: greeted,
                ..Group::default()
            });
            match side {
                Side::Client => group.client += 1,
                Side::Server(begins) => {
                    group.server += 1;
                    group.greets.get_or_insert(begins);
                }
            }
        }
        greeted |= side == Side::Server(true);
    }
    let (kind, groups) = kinds
        .into_iter()
        .filter(|(_, groups)| are_connections(groups, said))
        .max_by_key(|(_, groups)| groups.len())?;
    let known: BTreeSet<&[u8]> = groups.keys().map(Vec::as_slice).collect();
    let mut last: Option<Vec<u8>> = None;
    let told = lines.iter().map(|line| {
        let mut all = ids(&line.text, line.text.len()).into_iter();
        let id = all.find_map(|(of, id)| (of == kind && known.contains(id)).then_some(id));
        // A line of nobody stays with the one before it.
        if let Some(id) = id {
            last = Some(id.to_vec());
        }
        (last.clone(), line.clone())
    });
    Some(gather(told))
}

/// Whether each id is that of a connection: it has lines of both sides, and some begin with a greeting.
fn are_connections(groups: &BTreeMap<Vec<u8>, Group>, said: usize) -> bool {
    let lines: usize = groups
        .values()
        .map(|group| group.server + group.client)
        .sum();
    let greeted = groups
        .values()
        .filter(|group| group.greets == Some(true))
        .count();
    let both = |group: &Group| {
        let known = group.greets == Some(true) || !group.late;
        group.server + group.client < LINES_MIN || group.server > 0 && group.client > 0 && known
    };
    lines == said && greeted >= GREETED_MIN && groups.values().all(both)
}

/// What may be an id in the envelope of a line, up to `end`.
fn ids(line: &[u8], end: usize) -> Vec<(Kind, &[u8])> {
    let mut ids = Vec::new();
    let mut counts: HashMap<u8, usize> = HashMap::new();
    for (letter, part) in parts(line) {
        if part.end > end {
            break;
        }
        let text = line[part].trim_ascii();
        let id = match letter {
            b'[' => Some(without_transaction(text)),
            b'n' => Some(text),
            b':' => process(text),
            _ => None,
        };
        if let Some(id) = id {
            let count = counts.entry(letter).or_default();
            ids.push(((letter, *count), id));
            *count += 1;
        }
    }
    ids
}

/// An id of Haraka without the number of the transaction, as in `[UUID.1]`; `[UUID.1.1]` is a connection
/// to another server.
fn without_transaction(id: &[u8]) -> &[u8] {
    let end = 1 + UUID_LEN;
    match id.get(end..) {
        Some([b'.', number @ .., b']']) if number.iter().all(u8::is_ascii_digit) => &id[1..end],
        Some(b"]") => &id[1..end],
        _ => id,
    }
}

/// The number of the process in `postfix/smtpd[411]:`.
fn process(program: &[u8]) -> Option<&[u8]> {
    let open = program
        .iter()
        .position(|octet| matches!(octet, b'[' | b'('))?;
    Some(&program[open..])
}

/// Puts the lines with the same id together, in the order in which the ids first appear. Lines without an
/// id come first.
pub(super) fn gather(lines: impl Iterator<Item = (Option<Vec<u8>>, LogLine)>) -> Vec<LogLine> {
    let mut numbers: HashMap<Vec<u8>, usize> = HashMap::new();
    let mut connections: Vec<Vec<LogLine>> = vec![Vec::new()];
    for (id, mut line) in lines {
        let count = connections.len();
        let number = id.map_or(0, |id| *numbers.entry(id).or_insert(count));
        if number == count {
            connections.push(Vec::new());
        }
        line.connection = number;
        connections[number].push(line);
    }
    connections.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::import::envelope::places;
    use crate::record::import::smtp_line::{is_command, is_reply};

    fn side(line: &LogLine) -> Option<(usize, Side)> {
        places(&line.text).iter().find_map(|place| {
            let rest = &line.text[place.at..];
            if is_reply(rest) {
                return Some((place.at, Side::Server(rest.starts_with(b"220"))));
            }
            is_command(rest).then_some((place.at, Side::Client))
        })
    }

    /// The words of the lines, and their connections.
    fn separated(log: &str) -> Option<String> {
        let lines: Vec<LogLine> = log
            .split('\n')
            .zip(1..)
            .map(|(text, number)| LogLine {
                number,
                connection: 0,
                text: text.into(),
            })
            .collect();
        let lines = separate(&lines, side)?;
        let words = lines.iter().map(|line| {
            let text = String::from_utf8_lossy(&line.text).into_owned();
            let last = text.rsplit(' ').next().unwrap_or_default();
            format!("{}{last}", line.connection)
        });
        Some(words.collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn ids_tell_connections_apart() {
        let expected = Some("1a 1b 1c 1QUIT 2d 2e 2f".to_owned());
        for [one, two] in [
            [
                "Mar  2 09:14:07 vm postfix/smtpd[41]: ",
                "Mar  2 09:14:07 vm postfix/smtpd[42]: ",
            ],
            [
                "[2026-03-02 09:14:07] DEBUG [Hk2Lr0] ",
                "[2026-03-02 09:14:08] DEBUG [Xy7] ",
            ],
            ["  10510 ", "  10511 "],
            ["[Q7T2MB] ", "[Q7T2MC] "],
        ] {
            let log = format!(
                "{one}220 a\n{two}220 d\n{one}EHLO b\n{two}EHLO e\n{one}250 c\n{one}QUIT\n{two}250 f"
            );
            assert_eq!(separated(&log), expected, "{one}");
        }
    }

    #[test]
    fn threads_and_counters_are_no_connections() {
        for log in [
            // The side, or the line, is what the id tells.
            "[main] EHLO a\n[io] 220 b\n[main] EHLO c\n[io] 250 d",
            "1 220 a\n2 EHLO b\n3 250 c\n4 QUIT\n5 221 d",
            // One connection.
            "[1] 220 a\n[1] EHLO b\n[1] 250 c",
            "[1] 220 a\n[1] EHLO b\n[2] 250 c\n[2] QUIT\n[2] 221 d",
        ] {
            assert_eq!(separated(log), None, "{log}");
        }
    }
}
