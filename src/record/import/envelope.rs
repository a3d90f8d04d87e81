//! What stands before the words of a log line: quoting, indentation, times, levels, the names of
//! programs and containers. Where it ends cannot be told from the line alone, since `>` may quote a line
//! or mark the client: each place where the words may begin is offered.

use std::ops::Range;
use std::sync::LazyLock;

use regex::bytes::Regex;

use super::pattern::pattern;
use super::time::{LogTime, TIME};

/// The most parts that are taken off.
const PARTS_CAP: usize = 14;

static PART: LazyLock<Regex> = LazyLock::new(|| {
    pattern(&format!(
        concat!(
            r"^(?:(?P<blank>[ \t]+)",
            r"|(?P<time>\[?{time}\]?)",
            r"|(?P<took>!?[ ]*\+?\d{{1,6}}\.\d{{1,3}}s[ ])",
            r"|(?P<container>[A-Za-z][\w.-]{{0,62}} *\| ?)",
            r"|(?P<quote>[>|] ?)",
            r"|(?P<bracket>\[[^\[\]\r\n]{{1,80}}\])",
            r"|(?P<level><\d{{1,3}}>)",
            r"|(?P<word>(?i:trace|debug|info|notice|warn|warning|error|fatal|verbose|note)\d?\b:?)",
            r"|(?P<arrow>->[ \t])",
            r"|(?P<dash>(?:-{{1,2}}|–|—|\*|//|#|::|:|,|;)[ \t])",
            r"|(?P<call>[A-Za-z_][\w:.]{{0,60}}\(\) )",
            r"|(?P<program>[A-Za-z_][\w./$@-]{{0,60}}(?:\[\d+\]|\(\d+\))?:(?:[ \t]|$))",
            r"|(?P<number>\(?\d{{1,9}}\)?[ \t]+)",
            r"|(?P<host>[A-Za-z][\w.-]{{0,62}} )",
            r"|(?P<tick>`))",
        ),
        time = TIME
    ))
});
/// The names of the groups of [`PART`], each with its letter in a [`Shape`].
const GROUPS: [(&str, u8); 15] = [
    ("blank", b'_'),
    ("time", b't'),
    ("took", b's'),
    ("container", b'|'),
    ("quote", b'>'),
    ("bracket", b'['),
    ("level", b'<'),
    ("word", b'l'),
    ("arrow", b'a'),
    ("dash", b'-'),
    ("call", b'f'),
    ("program", b':'),
    ("number", b'n'),
    ("host", b'h'),
    ("tick", b'`'),
];

/// What an envelope consists of: one letter for each part.
pub(super) type Shape = Vec<u8>;

/// A place where the words of a line may begin.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Place {
    /// The octets before it.
    pub(super) at: usize,
    /// What they are.
    pub(super) shape: Shape,
}

/// The places where the words of a line may begin, the first at its start.
pub(super) fn places(line: &[u8]) -> Vec<Place> {
    let mut places = vec![Place {
        at: 0,
        shape: Shape::new(),
    }];
    let mut shape = Shape::new();
    for (letter, part) in parts(line) {
        // Indentation and blanks between parts differ from line to line.
        if letter != b'_' {
            shape.push(letter);
        }
        places.push(Place {
            at: part.end,
            shape: shape.clone(),
        });
    }
    places
}

/// The parts that may stand before the words of a line, each with its letter in a [`Shape`].
pub(super) fn parts(line: &[u8]) -> Vec<(u8, Range<usize>)> {
    let mut parts: Vec<(u8, Range<usize>)> = Vec::new();
    let mut at = 0;
    let (mut timed, mut last) = (false, None);
    while parts.len() < PARTS_CAP {
        let Some(found) = PART.captures(&line[at..]) else {
            break;
        };
        let Some((letter, len)) = GROUPS
            .iter()
            .find_map(|(name, letter)| Some((*letter, found.name(name)?.len())))
        else {
            break;
        };
        // The name of a host follows a time, and nothing else; so does the arrow of a serial monitor.
        let stray_arrow = letter == b'a' && last != Some(b't');
        if letter == b'h' && !(timed && last != Some(b'h')) || stray_arrow || len == 0 {
            break;
        }
        timed |= letter == b't';
        if letter != b'_' {
            last = Some(letter);
        }
        parts.push((letter, at..at + len));
        at += len;
    }
    parts
}

/// The first time in the envelope of a line.
pub(super) fn time(line: &[u8]) -> Option<LogTime> {
    let mut at = 0;
    for _ in 0..PARTS_CAP {
        let found = PART.captures(&line[at..])?;
        if let Some(time) = found.name("time") {
            let text = time.as_bytes();
            let text = text.strip_prefix(b"[").unwrap_or(text);
            return LogTime::parse(text.strip_suffix(b"]").unwrap_or(text));
        }
        let len = found.get(0)?.len();
        if len == 0 || found.name("host").is_some() {
            return None;
        }
        at += len;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_begin_behind_every_kind_of_envelope() {
        // The envelope before `220 mx`, and whether it has a time.
        let table = [
            ("", false),
            ("    ", false),
            ("> ", false),
            ("> > ", false),
            ("`", false),
            ("2026-03-02 09:14:07\t", true),
            ("[2026-03-02T09:14:07.123456+00:00] ", true),
            ("[2026-03-02 09:14:07]<2> mutt_socket_readln_d() ", true),
            ("Mar  2 09:14:07 vm postfix/smtp[5241]: ", true),
            ("mail-1  | ", false),
            ("flutter: ", false),
            ("[2026-03-02 09:14:07] DEBUG [Hk2Lr0pQ9sw] ", true),
            (
                "[smtp.1:2332] [2026-03-02T09:14:07.020] DEBUG -- : [Q7T2MB] ",
                true,
            ),
            ("  510   ", false),
            ("2026/03/02 09:14:07 ", true),
            ("09:14:05.372 -> ", true),
        ];
        for (before, timed) in table {
            let line = format!("{before}<- 220 mx");
            let places = places(line.as_bytes());
            assert!(
                places.iter().any(|place| place.at == before.len()),
                "{before}: {places:?}"
            );
            assert_eq!(time(line.as_bytes()).is_some(), timed, "{before}");
        }
    }
}
