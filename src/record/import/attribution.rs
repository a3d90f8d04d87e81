//! Tells who said each line of a log, by the marks of its form.

use std::borrow::Cow;

use super::client_line::ClientLine;
use super::connections::{self, Side};
use super::envelope::{self, Place, places};
use super::form::{self, Fit, unquoted};
use super::learned;
use super::marks::Mark;
use super::payload;
use super::smtp_line::{code, is_reply, is_unfinished};
use super::time::LogTime;
use super::wrapping::LogLine;
use crate::smtp::line::Ending;

/// The number of lines that are searched to find the form.
const SEARCHED_LINES: usize = 2000;

/// The most lines before a copy among which its line is.
const COPIES_CAP: usize = 1000;

/// Who said a line.
#[derive(Clone, Debug)]
pub(super) enum Said {
    Server {
        octets: Vec<u8>,
        ending: Ending,
    },
    Client(ClientLine),
    /// It repeats another line.
    Copy,
    Note,
}

/// A line of the log, and who said it.
#[derive(Clone, Debug)]
pub(super) struct Item {
    /// The number of its line in the file, from 1.
    pub(super) number: usize,
    /// Its connection; see [`LogLine`].
    pub(super) connection: usize,
    pub(super) said: Said,
    /// Whether its mark says that TLS is on.
    pub(super) tls: bool,
    pub(super) time: Option<LogTime>,
    /// The whole line.
    pub(super) text: Vec<u8>,
}

/// The name of the form, and the lines of the log with who said them. `None` if no form has marks that
/// fit `least` lines.
pub(super) fn attribute(lines: &[LogLine], least: usize) -> Option<(&'static str, Vec<Item>)> {
    let searched: Vec<(&[u8], Vec<Place>)> = lines
        .iter()
        .take(SEARCHED_LINES)
        .map(|line| (&line.text[..], places(&line.text)))
        .collect();
    let fit = form::find(&searched, least);
    if let Some(fit) = fit {
        let side = |line: &LogLine| {
            let marked = fit.marked(&line.text, &places(&line.text))?;
            let words = &line.text[marked.to..];
            match marked.mark {
                Mark::Copy => None,
                mark => Some((marked.from, side(mark == fit.server, words))),
            }
        };
        let lines = separated(lines, side);
        return Some((fit.form.name, by_form(&fit, &lines)));
    }
    let learned = learned::find(&searched)?;
    let side = |line: &LogLine| {
        let (server, words) = learned.side(&line.text)?;
        Some((line.text.len() - words.len(), side(server, words)))
    };
    let lines = separated(lines, side);
    Some((learned::NAME, by_marks(&learned, &lines)))
}

/// The lines, connection by connection.
fn separated(
    lines: &[LogLine],
    side: impl Fn(&LogLine) -> Option<(usize, Side)>,
) -> Cow<'_, [LogLine]> {
    connections::separate(lines, side).map_or(Cow::Borrowed(lines), Cow::Owned)
}

fn side(server: bool, words: &[u8]) -> Side {
    if !server {
        return Side::Client;
    }
    Side::Server(unquoted(words).starts_with(b"220"))
}

fn by_form(fit: &Fit, lines: &[LogLine]) -> Vec<Item> {
    let mut reader = Reader::default();
    let mut message_end = 0;
    for (at, line) in lines.iter().enumerate() {
        let places = places(&line.text);
        if at < message_end {
            let words = fit.unmarked(&line.text, &places).unwrap_or_default();
            reader.client(line, words, false, false);
            continue;
        }
        match fit.marked(&line.text, &places) {
            Some(marked) => {
                let words = line.text.get(marked.to..).unwrap_or_default();
                let mark = &line.text[marked.from..marked.to];
                let tls = mark.contains(&b'~') || mark.windows(3).any(|part| part == b"SSL");
                let next = lines.get(at + 1).map(|line| &line.text[..]);
                match marked.mark {
                    Mark::Copy => reader.push(line, Said::Copy, tls),
                    mark if mark == fit.server => {
                        if words.starts_with(b"354") {
                            message_end = unmarked_message(fit, &lines[at + 1..])
                                .map_or(0, |count| at + 1 + count);
                        }
                        reader.server(line, words, fit.form.literal, tls, next);
                    }
                    _ => reader.client(line, words, fit.form.literal, tls),
                }
            }
            None => reader.unmarked(line, &places),
        }
    }
    reader.items
}

/// The number of lines of a message without marks, up to its final dot. `None` if the next lines are none.
fn unmarked_message(fit: &Fit, lines: &[LogLine]) -> Option<usize> {
    for (at, line) in lines.iter().enumerate() {
        let places = places(&line.text);
        if fit.marked(&line.text, &places).is_some() {
            return None;
        }
        if fit.unmarked(&line.text, &places)? == b"." {
            return Some(at + 1);
        }
    }
    None
}

fn by_marks(learned: &learned::Marks, lines: &[LogLine]) -> Vec<Item> {
    let mut reader = Reader::default();
    for (at, line) in lines.iter().enumerate() {
        let next = lines.get(at + 1).map(|line| &line.text[..]);
        match learned.side(&line.text) {
            Some((true, words)) => reader.server(line, words, false, false, next),
            Some((false, words)) => reader.client(line, words, false, false),
            None => reader.unmarked(line, &places(&line.text)),
        }
    }
    reader.items
}

/// Collects the items.
#[derive(Default)]
struct Reader {
    items: Vec<Item>,
    /// The code of the reply whose last line has not come.
    unfinished: Option<Vec<u8>>,
    /// A copy may go on in unmarked lines.
    in_copy: bool,
}

impl Reader {
    fn push(&mut self, line: &LogLine, said: Said, tls: bool) {
        self.in_copy = matches!(said, Said::Copy);
        self.items.push(Item {
            number: line.number,
            connection: line.connection,
            said,
            tls,
            time: envelope::time(&line.text),
            text: line.text.clone(),
        });
    }

    fn server(
        &mut self,
        line: &LogLine,
        words: &[u8],
        literal: bool,
        tls: bool,
        next: Option<&[u8]>,
    ) {
        let words = trim_quote(line, words);
        if words.trim_ascii().is_empty() {
            // The program waited for a reply and got none.
            return self.push(line, Said::Note, tls);
        }
        let mut parts = payload::lines(words, literal);
        if let [part] = &parts[..]
            && !next.is_some_and(|next| continues(next, &part.octets))
            && let Some(lines) = payload::unglue(&part.octets)
        {
            let ending = part.ending;
            parts = lines
                .into_iter()
                .map(|octets| payload::Payload { octets, ending })
                .collect();
        }
        for part in parts {
            self.unfinished = is_unfinished(&part.octets).then(|| part.octets[..3].to_vec());
            let ending = match part.ending {
                Some(false) => Ending::Lf,
                _ => Ending::CrLf,
            };
            let octets = part.octets;
            self.push(line, Said::Server { octets, ending }, tls);
        }
    }

    fn client(&mut self, line: &LogLine, words: &[u8], literal: bool, tls: bool) {
        let words = trim_quote(line, words);
        self.unfinished = None;
        for part in payload::lines(words, literal) {
            let said = ClientLine {
                cut: literal && part.ending.is_none(),
                ..ClientLine::new(&part.octets)
            };
            self.push(line, Said::Client(said), tls);
        }
    }

    /// A line without a mark: the next line of a reply, or a note.
    fn unmarked(&mut self, line: &LogLine, places: &[Place]) {
        let rest = self.unfinished.as_ref().and_then(|unfinished| {
            let lines = places.iter().map(|place| &line.text[place.at..]);
            lines
                .into_iter()
                .find(|rest| code(rest) == Some(unfinished))
        });
        match rest {
            Some(rest) => {
                let rest = rest.to_vec();
                self.server(
                    line,
                    &rest,
                    false,
                    self.items.last().is_some_and(|item| item.tls),
                    None,
                );
            }
            // Python 2 prints the text of a reply a second time, over several lines.
            None if self.in_copy && !line.text.is_empty() && is_copy(&self.items, &line.text) => {
                self.push(line, Said::Copy, false);
            }
            None => self.push(line, Said::Note, false),
        }
    }
}

/// Whether the text of a line is that of a line of the last reply.
fn is_copy(items: &[Item], text: &[u8]) -> bool {
    let servers = items
        .iter()
        .rev()
        .take(COPIES_CAP)
        .take_while(|item| !matches!(item.said, Said::Client(_)));
    servers.into_iter().any(|item| match &item.said {
        Said::Server { octets, .. } => octets.get(4..).is_some_and(|words| words == text),
        _ => false,
    })
}

/// Whether the next line of the log goes on with the reply that begins with `line`.
fn continues(next: &[u8], line: &[u8]) -> bool {
    let code = code(line);
    let places = places(next);
    places.iter().any(|place| {
        let rest = &next[place.at..];
        is_reply(rest) && super::smtp_line::code(rest) == code
    })
}

/// The words without the backtick that closes a line which one opens, and without the quote that closes
/// the field of a table.
fn trim_quote<'a>(line: &LogLine, words: &'a [u8]) -> &'a [u8] {
    if let Some(words) = words.strip_suffix(b"`")
        && line.text.trim_ascii_start().starts_with(b"`")
    {
        return words;
    }
    let before = line.text.len().saturating_sub(words.len());
    let quotes = line.text[..before].iter().filter(|octet| **octet == b'"');
    match words.strip_suffix(b"\"") {
        Some(words) if quotes.count() % 2 == 1 => words,
        _ => words,
    }
}
