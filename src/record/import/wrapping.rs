//! What a page, a terminal or a JSON logger puts around the lines of a log: HTML, colours, one object
//! for each line. It is taken off before anything else is looked at.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::bytes::{Captures, Regex};
use serde_json::Value;

use super::envelope::places;
use super::pattern::pattern;
use super::payload;

/// The most octets of a line that are read as JSON.
const JSON_CAP: usize = 64 * 1024;
/// The keys of a JSON line that hold its words.
const WORDS: [&str; 6] = ["msg", "message", "log", "MESSAGE", "text", "line"];
/// The keys of a JSON line that hold its time.
const TIMES: [&str; 5] = ["time", "timestamp", "ts", "@timestamp", "datetime"];
/// The keys of a JSON line that hold the id of its connection.
const CONNECTIONS: [&str; 3] = ["sid", "conn", "connection"];
/// The number of lines that are searched for tags.
const SEARCHED_LINES: usize = 2000;

/// Colours, and the erasing of a line that comes with them; other sequences are of the dialogue.
static COLOURS: LazyLock<Regex> = LazyLock::new(|| pattern(r"\x1b\[[0-9;]*[mK]"));
static BREAKS: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)<br\s*/?>"));
static TAGS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)</?(?:br|p|div|span|pre|code|li|ul|ol|tr|td|table|tbody|strong|font|samp)(?:\s[^<>]*)?/?>",
    )
});
static ENTITIES: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"&(lt|gt|amp|quot|apos|nbsp|#\d{1,6}|#[xX][0-9a-fA-F]{1,5});"));

/// An event of Stalwart that holds octets.
static TRACED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"^(?P<time>.*?\d:\d\d[\d.]*\S*) +TRACE .*?remote\.?[Pp]ort ?= ?(?P<port>\d+).*?(?:(?P<written>event="write"|\(smtp\.raw-output\))|event="read"|\(smtp\.raw-input\)).*?\b(?:data|contents) ?= ?(?P<text>"(?:[^"\\]|\\.)+")"#,
    )
});
/// What Haraka adds to a line of the client.
static STATE: LazyLock<Regex> = LazyLock::new(|| pattern(r" state=\d+$"));

static CODE_AND_TEXT: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^\s*\[([2-5]\d\d)\] '(.*)'\s*$"));

/// A line of a log, without what was put around it.
#[derive(Clone, Debug)]
pub(super) struct LogLine {
    /// The number of its line in the file, from 1.
    pub(super) number: usize,
    /// The connection it belongs to, if the log says so; else 0.
    pub(super) connection: usize,
    /// Its text.
    pub(super) text: Vec<u8>,
}

/// The lines of a log. `text` is what [`decode`](super::encoding::decode) returns.
pub(super) fn lines(text: &[u8]) -> Vec<LogLine> {
    let html = is_html(text);
    let mut lines = Vec::new();
    for (at, line) in octet_lines(text).enumerate() {
        for text in unwrap(line, html) {
            lines.push(LogLine {
                number: at + 1,
                connection: 0,
                text,
            });
        }
    }
    join_codes(&mut lines);
    lines
}

/// smtp-cli prints `[250] 'text'`, without the dash of a line that is not the last: as other programs
/// print it.
fn join_codes(lines: &mut [LogLine]) {
    let parsed: Vec<Option<(Vec<u8>, Vec<u8>)>> = lines
        .iter()
        .map(|line| {
            let found = CODE_AND_TEXT.captures(&line.text)?;
            Some((found[1].to_vec(), found[2].to_vec()))
        })
        .collect();
    if parsed.iter().flatten().count() < 2 {
        return;
    }
    for at in 0..lines.len() {
        let Some((code, text)) = &parsed[at] else {
            continue;
        };
        let next = parsed.get(at + 1).and_then(Option::as_ref);
        let dash: &[u8] = match next {
            Some((next, _)) if next == code => b"-",
            _ => b" ",
        };
        lines[at].text = [b"< ", &code[..], dash, text].concat();
    }
}

/// One line without colours, tags and JSON; more than one if it has line breaks as tags.
fn unwrap(line: &[u8], html: bool) -> Vec<Vec<u8>> {
    let line = COLOURS.replace_all(line, &b""[..]);
    let line = unticked(&line);
    if let Some(lines) = json_lines(line, html).or_else(|| traced(line)) {
        return lines;
    }
    let line = STATE
        .find(line)
        .map_or(line, |state| &line[..state.start()]);
    if !html {
        return vec![line.to_vec()];
    }
    let line = match BREAKS.find(line) {
        // A break at the end of the line is the line's own.
        Some(_) => trim_breaks(line),
        None => line,
    };
    let parts = BREAKS.split(line);
    parts.map(|part| without_tags(part).into_owned()).collect()
}

/// The lines in an event of a server that traces what it reads and writes, after its time and its
/// client's port.
fn traced(line: &[u8]) -> Option<Vec<Vec<u8>>> {
    let found = TRACED.captures(line)?;
    let written = found.name("written").is_some();
    let text = found.name("text").map_or(&b""[..], |text| text.as_bytes());
    let octets = payload::octets(&String::from_utf8_lossy(text))?;
    let head = [
        &found["time"],
        b" [",
        &found["port"],
        if written { b"] S: " } else { b"] C: " },
    ]
    .concat();
    let lines = octet_lines(&octets).map(|words| [&head[..], words].concat());
    Some(lines.collect())
}

/// A line without the backticks around it.
fn unticked(line: &[u8]) -> &[u8] {
    match line.trim_ascii() {
        [b'`', inner @ .., b'`'] if !inner.contains(&b'`') => inner,
        _ => line,
    }
}

fn trim_breaks(line: &[u8]) -> &[u8] {
    let end = BREAKS
        .find_iter(line)
        .filter(|found| line[found.end()..].trim_ascii().is_empty())
        .map(|found| found.start())
        .next();
    &line[..end.unwrap_or(line.len())]
}

/// The lines of a log without their line breaks; a terminal may have added CRs, which are removed.
pub(super) fn octet_lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    text.split(|&octet| octet == b'\n').map(|mut line| {
        while let Some(shorter) = line.strip_suffix(b"\r") {
            line = shorter;
        }
        line
    })
}

/// Whether a log was copied from the source of a page.
fn is_html(text: &[u8]) -> bool {
    let marked =
        |line: &&[u8]| BREAKS.is_match(line) || contains(line, b"&gt;") || contains(line, b"&lt;");
    octet_lines(text)
        .take(SEARCHED_LINES)
        .filter(marked)
        .count()
        > 1
}

/// The line without colours and tags.
pub(super) fn without_wrapping(line: &[u8]) -> Vec<u8> {
    without_tags(&COLOURS.replace_all(line, &b""[..])).into_owned()
}

/// The line without tags of a page and with its characters in place of their names.
fn without_tags(line: &[u8]) -> Cow<'_, [u8]> {
    let named = |found: &Captures<'_>| -> Vec<u8> {
        let name = String::from_utf8_lossy(&found[1]).to_ascii_lowercase();
        let number = match name.strip_prefix("#x") {
            Some(hex) => u32::from_str_radix(hex, 16).ok(),
            None => name
                .strip_prefix('#')
                .and_then(|number| number.parse().ok()),
        };
        let letter = match name.as_str() {
            "lt" => Some('<'),
            "gt" => Some('>'),
            "amp" => Some('&'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            "nbsp" => Some(' '),
            _ => number.and_then(char::from_u32),
        };
        letter.map_or_else(
            || found[0].to_vec(),
            |letter| letter.to_string().into_bytes(),
        )
    };
    match TAGS.replace_all(line, &b""[..]) {
        Cow::Borrowed(line) => ENTITIES.replace_all(line, named),
        Cow::Owned(line) => Cow::Owned(ENTITIES.replace_all(&line, named).into_owned()),
    }
}

/// The lines of a JSON object behind an envelope.
fn json_lines(line: &[u8], html: bool) -> Option<Vec<Vec<u8>>> {
    if !contains(line, b"{") {
        return None;
    }
    let line = if html {
        without_tags(line)
    } else {
        Cow::Borrowed(line)
    };
    let places = places(&line);
    let place = places
        .iter()
        .find(|place| line[place.at..].starts_with(b"{"))?;
    let object = line[place.at..].trim_ascii_end();
    let words = json_words(object)?;
    Some(
        words
            .lines()
            .map(|words| words.as_bytes().to_vec())
            .collect(),
    )
}

/// The words of a line that is a JSON object, after its time and the side that Nodemailer names.
fn json_words(line: &[u8]) -> Option<String> {
    let line = line.trim_ascii();
    if !line.starts_with(b"{") || !line.ends_with(b"}") || line.len() > JSON_CAP {
        return None;
    }
    let Value::Object(object) = serde_json::from_slice(line).ok()? else {
        return None;
    };
    let words = WORDS.iter().find_map(|key| object.get(*key)?.as_str())?;
    let time = TIMES
        .iter()
        .find_map(|key| object.get(*key))
        .map(|time| match time {
            Value::String(time) => format!("{time} "),
            other => format!("{other} "),
        });
    let side = match object.get("tnx").and_then(Value::as_str) {
        Some("server") => "S: ",
        Some("client") => "C: ",
        _ => "",
    };
    let time = time.unwrap_or_default();
    let id = CONNECTIONS.iter().find_map(|key| match object.get(*key)? {
        Value::String(id) => Some(format!("[{id}] ")),
        Value::Number(id) => Some(format!("[{id}] ")),
        _ => None,
    });
    let id = id.unwrap_or_default();
    let lines = words.lines().map(|line| format!("{time}{id}{side}{line}"));
    Some(lines.collect::<Vec<_>>().join("\n"))
}

/// Whether `line` contains `part`.
pub(super) fn contains(line: &[u8], part: &[u8]) -> bool {
    !part.is_empty() && line.windows(part.len()).any(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let lines = lines(text.as_bytes()).into_iter();
        lines
            .map(|line| String::from_utf8(line.text).unwrap())
            .collect()
    }

    #[test]
    fn takes_off_what_is_around_a_line() {
        let table: &[(&str, &[&str])] = &[
            ("\x1b[1;32m<- 220 a\x1b[0m\r\n", &["<- 220 a"]),
            (
                "&lt;- 220 a<br>\n-&gt; EHLO b<br />\n",
                &["<- 220 a", "-> EHLO b"],
            ),
            ("a -&gt; b<br>c<br>\n&lt;x&gt;", &["a -> b", "c", "<x>"]),
            // One line with an entity is no page.
            (
                "MAIL FROM:<a@b.example> &gt;",
                &["MAIL FROM:<a@b.example> &gt;"],
            ),
            (
                "{\"time\":5,\"tnx\":\"client\",\"msg\":\"QUIT\"}",
                &["5 C: QUIT"],
            ),
            (
                "{\"time\":5,\"tnx\":\"client\",\"sid\":\"Q7\",\"msg\":\"QUIT\"}",
                &["5 [Q7] C: QUIT"],
            ),
            ("{\"log\":\"a\\nb\\n\",\"time\":\"x\"}", &["x a", "x b"]),
            (
                "[250] 'a'\n[250] 'b'\n> QUIT",
                &["< 250-a", "< 250 b", "> QUIT"],
            ),
            ("{\"other\":1}", &["{\"other\":1}"]),
        ];
        for (text, expected) in table {
            assert_eq!(shown(text), *expected, "{text}");
        }
    }
}
