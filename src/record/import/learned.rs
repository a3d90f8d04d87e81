//! Marks that are in no table: the same words stand before all replies, and other words before all
//! commands.

use std::collections::HashMap;

use super::envelope::Place;
use super::smtp_line::{is_command, is_reply};

/// The name of a form whose marks are learnt.
pub(super) const NAME: &str = "another program";
/// The longest words before a reply or a command.
const BEFORE_CAP: usize = 200;
/// The fewest lines of each side.
const LINES_MIN: usize = 2;

/// The words before the lines of each side.
#[derive(Debug, PartialEq)]
pub(super) struct Marks {
    server: Vec<u8>,
    client: Vec<u8>,
}

/// Finds the words that stand before the most replies, and those before the most commands.
pub(super) fn find(lines: &[(&[u8], Vec<Place>)]) -> Option<Marks> {
    let mut replies: HashMap<Vec<u8>, usize> = HashMap::new();
    let mut commands: HashMap<Vec<u8>, usize> = HashMap::new();
    for (line, _) in lines {
        for (at, shape) in shapes(line) {
            let rest = &line[at..];
            if is_reply(rest) {
                *replies.entry(shape).or_default() += 1;
            } else if is_command(rest) {
                *commands.entry(shape).or_default() += 1;
            }
        }
    }
    // Words that stand before both mark neither.
    let both: Vec<Vec<u8>> = replies
        .keys()
        .filter(|shape| commands.contains_key(*shape))
        .cloned()
        .collect();
    for shape in both {
        replies.remove(&shape);
        commands.remove(&shape);
    }
    let most = |counts: HashMap<Vec<u8>, usize>| {
        let found = counts.into_iter().filter(|(shape, count)| {
            *count >= LINES_MIN && shape.iter().any(|octet| !octet.is_ascii_whitespace())
        });
        found
            .max_by(|(a, count), (b, other)| {
                count.cmp(other).then(b.len().cmp(&a.len())).then(b.cmp(a))
            })
            .map(|(shape, _)| shape)
    };
    Some(Marks {
        server: most(replies)?,
        client: most(commands)?,
    })
}

impl Marks {
    /// Whether the server said a line, and its words; `None` if nobody did.
    pub(super) fn side<'a>(&self, line: &'a [u8]) -> Option<(bool, &'a [u8])> {
        let mut found = None;
        for (at, shape) in shapes(line) {
            let words = || closed(line, at);
            if shape == self.server {
                found = Some((true, words()));
            } else if shape == self.client {
                found = Some((false, words()));
            }
        }
        found
    }
}

/// The words from `at` on, without the quote that closes them.
fn closed(line: &[u8], at: usize) -> &[u8] {
    let words = &line[at..];
    match (line[..at].last(), words.split_last()) {
        (Some(quote @ (b'"' | b'\'' | b'`')), Some((last, rest))) if quote == last => rest,
        _ => words,
    }
}

/// Each place where words may begin, with what stands before it: words that contain a digit or a dot,
/// such as times, numbers and hosts, are alike.
fn shapes(line: &[u8]) -> Vec<(usize, Vec<u8>)> {
    let mut shapes = vec![(0, Vec::new())];
    let mut shape = Vec::new();
    let mut at = 0;
    let in_word = |octet: u8| octet.is_ascii_alphanumeric() || octet == b'.' || octet == b'_';
    while at < line.len().min(BEFORE_CAP) {
        let end = line[at..]
            .iter()
            .position(|&octet| !in_word(octet))
            .map_or(line.len(), |len| at + len);
        if end > at {
            let word = &line[at..end];
            let varies = word
                .iter()
                .any(|octet| octet.is_ascii_digit() || *octet == b'.');
            if varies {
                shape.push(b'#');
            } else {
                shape.extend_from_slice(word);
            }
            at = end;
            continue;
        }
        // Runs of blanks differ.
        if !(line[at].is_ascii_whitespace() && shape.last() == Some(&b' ')) {
            shape.push(if line[at] == b'\t' { b' ' } else { line[at] });
        }
        at += 1;
        shapes.push((at, shape.clone()));
    }
    shapes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find_in(text: &str) -> Option<Marks> {
        let lines: Vec<_> = text
            .lines()
            .map(|line| (line.as_bytes(), Vec::new()))
            .collect();
        find(&lines)
    }

    #[test]
    fn learns_marks_from_what_follows_them() {
        let log = "09:14:07 from relay: \"220 mx.example.org\"\n\
                   09:14:08 to relay: \"EHLO vm\"\n\
                   09:14:09 from relay: \"250 AUTH\"\n\
                   09:14:10 to relay: \"AUTH LOGIN\"\n\
                   09:14:11 to relay: \"dXNlcg==\"\n\
                   09:14:12 closed";
        let marks = find_in(log).unwrap();
        let sides: Vec<_> = log
            .lines()
            .map(|line| marks.side(line.as_bytes()))
            .map(|side| side.map(|(server, words)| (server, String::from_utf8_lossy(words))))
            .collect();
        assert_eq!(sides[0], Some((true, "220 mx.example.org".into())));
        assert_eq!(sides[4], Some((false, "dXNlcg==".into())));
        assert_eq!(sides[5], None);
    }

    #[test]
    fn a_few_lines_teach_nothing() {
        assert_eq!(find_in("a: 220 x\nb: QUIT\na: 221 y"), None);
    }
}
