//! Logs that are no list of lines, told as one: Exchange's tables, the traces of curl, a log that was
//! pasted as one line.

use std::sync::LazyLock;

use regex::bytes::Regex;

use super::connections::gather;
use super::envelope::places;
use super::marks::marks_within;
use super::pattern::pattern;
use super::time::TIME;
use super::wrapping::LogLine;

/// The most lines of a log that was pasted as one.
const FEW_LINES: usize = 4;
/// The fewest octets of a line in which several are looked for.
const LONG_LINE: usize = 120;
/// The octets before a mark that are searched for a time.
const BEFORE_CAP: usize = 100;

static EVENT: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^[^,]*T[\d:.]+Z?,[^,]*,[0-9A-Fa-f]{8,16},\d+,[^,]*,[^,]*,[-+<>*],"));
static SECTION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?P<before>.{0,40}?)(?P<mark><=|=>|==) (?P<what>Info|Recv header|Recv data|Send header|Send data|Recv SSL data|Send SSL data)(?P<rest>.*)$",
    )
});
static DUMP: LazyLock<Regex> = LazyLock::new(|| pattern(r"^([0-9a-f]{4,8}): ?(.*)$"));
static HEX: LazyLock<Regex> = LazyLock::new(|| pattern(r"^((?:[0-9a-f]{2} ){1,16})"));
static WHEN: LazyLock<Regex> = LazyLock::new(|| pattern(TIME));

/// Where a pattern begins behind an envelope.
fn find_at(line: &[u8], pattern: &Regex) -> Option<usize> {
    let places = places(line);
    let mut at = places.iter().map(|place| place.at);
    at.find(|&at| pattern.is_match(&line[at..]))
}

/// The lines as a list of lines, and the name of the form if it was another one.
pub(super) fn rewrite(lines: Vec<LogLine>) -> (Vec<LogLine>, Option<&'static str>) {
    let events = lines
        .iter()
        .filter(|line| find_at(&line.text, &EVENT).is_some())
        .count();
    if events > 1 {
        return (exchange(&lines), Some("Exchange"));
    }
    let sections = lines.iter().filter(|line| {
        SECTION
            .captures(&line.text)
            .is_some_and(|found| &found["mark"] != b"==")
    });
    if sections.count() > 1 {
        return (curl_trace(lines), Some("curl"));
    }
    if lines.iter().filter(|line| !line.text.is_empty()).count() <= FEW_LINES {
        return (split(lines), None);
    }
    (lines, None)
}

/// The events of an Exchange protocol log, session by session. What is no event is said before them.
fn exchange(lines: &[LogLine]) -> Vec<LogLine> {
    let told = lines.iter().map(|line| {
        let begins = find_at(&line.text, &EVENT);
        let fields = fields(&line.text[begins.unwrap_or(0)..]);
        let (session, text) = match &fields[..] {
            [time, _, session, _, _, _, event, data, rest @ ..] if begins.is_some() => {
                let data = data.replace('\n', " ");
                let words = match (event.as_str(), rest.first()) {
                    ("<" | ">", _) | (_, None) => format!("{time} {event} {data}"),
                    (_, Some(context)) => format!("{time} {event} {data}{context}")
                        .trim_end()
                        .to_owned(),
                };
                (Some(session.clone().into_bytes()), words.into_bytes())
            }
            _ => (None, line.text.clone()),
        };
        let line = LogLine {
            text,
            ..line.clone()
        };
        (session, line)
    });
    gather(told)
}

/// The fields of a line of a table (RFC 4180).
fn fields(line: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(line);
    let mut fields = vec![String::new()];
    let mut quoted = false;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                if let Some(field) = fields.last_mut() {
                    field.push('"');
                }
            }
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            other => {
                if let Some(field) = fields.last_mut() {
                    field.push(other);
                }
            }
        }
    }
    fields
}

/// The sections of `curl --trace` and `--trace-ascii` as `curl -v` prints them.
fn curl_trace(lines: Vec<LogLine>) -> Vec<LogLine> {
    let mut told: Vec<LogLine> = Vec::new();
    // The mark of the section, the octets of its last line, and where they begin.
    let mut section: Option<(&str, Vec<u8>)> = None;
    let mut last: Option<(usize, usize)> = None;
    for line in lines {
        if let Some(found) = SECTION.captures(&line.text) {
            let before = &found["before"];
            section = match (&found["mark"], &found["what"]) {
                (b"==", _) => {
                    let text = [
                        before,
                        b"* ",
                        found["rest"].strip_prefix(b": ").unwrap_or(&found["rest"]),
                    ]
                    .concat();
                    told.push(LogLine { text, ..line });
                    None
                }
                (_, what) if what.ends_with(b"SSL data") => Some(("", Vec::new())),
                (b"<=", _) => Some(("< ", before.to_vec())),
                _ => Some(("> ", before.to_vec())),
            };
            last = None;
            continue;
        }
        let dump = find_at(&line.text, &DUMP).and_then(|at| DUMP.captures(&line.text[at..]));
        let (Some((mark, before)), Some(found)) = (&section, dump) else {
            told.push(line);
            continue;
        };
        if mark.is_empty() {
            continue;
        }
        let offset = usize::from_str_radix(&String::from_utf8_lossy(&found[1]), 16).unwrap_or(0);
        let octets = dumped(&found[2]);
        let goes_on = last.is_some_and(|(from, len)| from + len == offset);
        match told.last_mut() {
            Some(told) if goes_on => told.text.extend_from_slice(&octets),
            _ => told.push(LogLine {
                number: line.number,
                connection: line.connection,
                text: [&before[..], mark.as_bytes(), &octets].concat(),
            }),
        }
        last = Some((offset, octets.len()));
    }
    // A dump in hex contains the line breaks.
    told.into_iter()
        .flat_map(|line| {
            let mark = places(&line.text)
                .into_iter()
                .map(|place| place.at)
                .find(|&at| matches!(line.text.get(at..at + 2), Some(b"< " | b"> ")))
                .map(|at| line.text[..at + 2].to_vec());
            let parts: Vec<Vec<u8>> = line
                .text
                .split(|&octet| octet == b'\n')
                .map(<[u8]>::to_vec)
                .collect();
            let count = parts.len();
            parts
                .into_iter()
                .enumerate()
                .filter(move |(at, part)| *at == 0 || *at + 1 < count || !part.is_empty())
                .map(move |(at, part)| {
                    let part = part.strip_suffix(b"\r").unwrap_or(&part).to_vec();
                    let text = match (&mark, at) {
                        (Some(mark), 1..) => [&mark[..], &part].concat(),
                        _ => part,
                    };
                    LogLine {
                        number: line.number,
                        connection: line.connection,
                        text,
                    }
                })
                .collect::<Vec<_>>()
        })
        .collect()
}

/// The octets of a line of a dump, in hex or as text.
fn dumped(line: &[u8]) -> Vec<u8> {
    let Some(found) = HEX.captures(line) else {
        return line.to_vec();
    };
    let digits = String::from_utf8_lossy(&found[1]).into_owned();
    let octets: Vec<u8> = digits
        .split_whitespace()
        .filter_map(|pair| u8::from_str_radix(pair, 16).ok())
        .collect();
    // The text after the dump repeats it; without it, the words are text.
    let rest = line
        .get(digits.len()..)
        .unwrap_or_default()
        .trim_ascii_start();
    if rest.len() == octets.len() || rest.len() + 2 >= octets.len() && !rest.is_empty() {
        octets
    } else {
        line.to_vec()
    }
}

/// Long lines, cut before each mark of a form that has marks of both sides in them.
fn split(lines: Vec<LogLine>) -> Vec<LogLine> {
    lines
        .into_iter()
        .flat_map(|line| {
            let cuts = if line.text.len() < LONG_LINE {
                Vec::new()
            } else {
                marks_within(&line.text)
            };
            let mut from = 0;
            let mut parts = Vec::new();
            for cut in cuts {
                let cut = before_time(&line.text, from, cut);
                parts.push(line.text[from..cut].trim_ascii_end().to_vec());
                from = cut;
            }
            parts.push(line.text[from..].to_vec());
            parts
                .into_iter()
                .filter(|part| !part.is_empty())
                .map(|text| LogLine {
                    number: line.number,
                    connection: line.connection,
                    text,
                })
                .collect::<Vec<_>>()
        })
        .collect()
}

/// Where the envelope of a mark begins: at its time, if only an envelope lies between.
fn before_time(line: &[u8], from: usize, cut: usize) -> usize {
    let start = from.max(cut.saturating_sub(BEFORE_CAP));
    let times: Vec<usize> = WHEN
        .find_iter(&line[start..cut])
        .map(|found| start + found.start())
        .collect();
    times
        .into_iter()
        .map(|at| {
            if at > from && line[at - 1] == b'[' {
                at - 1
            } else {
                at
            }
        })
        .find(|&at| places(&line[at..]).iter().any(|place| at + place.at == cut))
        .unwrap_or(cut)
}

#[cfg(test)]
mod tests {
    use super::super::wrapping::lines;
    use super::*;

    fn told(text: &str) -> Vec<String> {
        let (lines, _) = rewrite(lines(text.as_bytes()));
        lines
            .into_iter()
            .map(|line| String::from_utf8(line.text).unwrap())
            .collect()
    }

    #[test]
    fn traces_of_curl_are_lines() {
        let ascii = "== Info: Connected\n<= Recv header, 8 bytes (0x8)\n0000: 220 mx\n\
                     => Send header, 70 bytes (0x46)\n0000: EHLO a\n<= Recv header\n0000: 250-b\n0007: 250 c";
        assert_eq!(
            told(ascii),
            ["* Connected", "< 220 mx", "> EHLO a", "< 250-b", "< 250 c"]
        );
        let hex = "<= Recv header, 8 bytes (0x8)\n0000: 32 32 30 20 6d 78 0d 0a                         220 mx..\n\
                   => Send header, 18 bytes (0x12)\n0000: 45 48 4c 4f 20 61 61 61 61 61 61 61 61 61 61 61 EHLO aaaaaaaaaaa\n\
                   0010: 0d 0a                                           ..";
        assert_eq!(told(hex), ["< 220 mx", "> EHLO aaaaaaaaaaa"]);
    }

    #[test]
    fn events_of_exchange_are_lines_of_their_session() {
        let log = "#Fields: date-time\n\
            2026-03-02T09:14:07.000Z,EX1,08DC3A1B2C3D4E5F,0,192.0.2.10:25,198.51.100.33:1,+,,\n\
            2026-03-02T09:14:07.001Z,EX1,08DC3A1B2C3D4E5F,1,192.0.2.10:25,198.51.100.33:1,>,\"220 EX1, ready\",\n\
            2026-03-02T09:14:07.002Z,EX1,08DC3A1B2C3D4E60,0,192.0.2.10:25,198.51.100.34:1,+,,\n\
            2026-03-02T09:14:07.003Z,EX1,08DC3A1B2C3D4E5F,2,192.0.2.10:25,198.51.100.33:1,<,EHLO a,";
        let told = told(log);
        assert_eq!(told[2], "2026-03-02T09:14:07.001Z > 220 EX1, ready");
        assert_eq!(told[3], "2026-03-02T09:14:07.003Z < EHLO a");
    }

    #[test]
    fn a_log_pasted_as_one_line_is_cut() {
        let line = "=== Trying mx.example.org:25... <-  220 mx.example.org ESMTP  -> EHLO client.example.net <-  250-a \
                    <-  250 AUTH PLAIN  -> AUTH LOGIN <-  334 VXNlcm5hbWU6  -> YWxpY2U= <** 535 no";
        let told = told(line);
        assert_eq!(told.len(), 9, "{told:?}");
        assert_eq!(told[7].trim(), "-> YWxpY2U=");
    }
}
