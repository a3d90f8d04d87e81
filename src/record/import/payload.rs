//! The octets behind a mark, as they were on the wire: out of a literal, or of several lines that the log
//! prints as one.

/// A line as it was sent: its octets, and whether it ended in CR LF.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Payload {
    pub(super) octets: Vec<u8>,
    pub(super) ending: Option<bool>,
}

/// What programs print in place of a line break in the middle of a line.
const BREAKS: [&str; 6] = ["<EOL>", "<CRLF>", "<cr><lf>", "[nl]", "\\r\\n", "\\n"];

/// The lines that the words behind a mark stand for. `literal`: the form prints literals.
pub(super) fn lines(words: &[u8], literal: bool) -> Vec<Payload> {
    let text = String::from_utf8_lossy(words);
    if let Some(octets) = octets(&text).filter(|octets| literal || octets.ends_with(b"\n")) {
        return split_lines(&octets);
    }
    let mut parts = vec![words.to_vec()];
    for end in BREAKS {
        if !literal
            && words
                .windows(end.len())
                .any(|window| window == end.as_bytes())
        {
            parts = break_at(words, end.as_bytes());
            break;
        }
    }
    let line = |octets| Payload {
        octets,
        ending: None,
    };
    parts.into_iter().map(line).collect()
}

/// Splits words at a printed line break, if all that follows one looks like a line of a reply, or
/// nothing follows.
fn break_at(words: &[u8], end: &[u8]) -> Vec<Vec<u8>> {
    let mut parts: Vec<Vec<u8>> = Vec::new();
    let mut rest = words;
    while let Some(at) = rest.windows(end.len()).position(|window| window == end) {
        parts.push(rest[..at].to_vec());
        rest = &rest[at + end.len()..];
    }
    if !rest.trim_ascii().is_empty() {
        parts.push(rest.to_vec());
    }
    let is_reply = super::smtp_line::is_reply;
    if parts.len() > 1 && !parts.iter().all(|part| is_reply(part)) {
        return vec![words.to_vec()];
    }
    parts
}

/// Octets as lines.
fn split_lines(octets: &[u8]) -> Vec<Payload> {
    let lines = octets.split_inclusive(|&octet| octet == b'\n');
    lines
        .map(
            |line| match (line.strip_suffix(b"\r\n"), line.strip_suffix(b"\n")) {
                (Some(line), _) => Payload {
                    octets: line.to_vec(),
                    ending: Some(true),
                },
                (None, Some(line)) => Payload {
                    octets: line.to_vec(),
                    ending: Some(false),
                },
                (None, None) => Payload {
                    octets: line.to_vec(),
                    ending: None,
                },
            },
        )
        .collect()
}

/// The lines of a reply that a log prints as one, without anything between them:
/// `250-a250-SIZE 1250 DSN`. `None` if it is not one.
pub(super) fn unglue(line: &[u8]) -> Option<Vec<Vec<u8>>> {
    let code = line
        .get(..3)
        .filter(|code| code.iter().all(u8::is_ascii_digit))?;
    if line.get(3) != Some(&b'-') {
        return None;
    }
    let mut lines = Vec::new();
    let mut from = 0;
    for at in 4..line.len().saturating_sub(3) {
        let next = line[at..].strip_prefix(code);
        if next.is_some_and(|rest| matches!(rest.first(), Some(b'-' | b' '))) && at >= from + 4 {
            lines.push(line[from..at].to_vec());
            from = at;
        }
    }
    lines.push(line[from..].to_vec());
    let ends = lines.last().is_some_and(|last| last.get(3) == Some(&b' '));
    (lines.len() > 1 && ends).then_some(lines)
}

/// The octets of a literal of Python, Ruby or JavaScript; `None` if it is not a literal.
pub(super) fn octets(literal: &str) -> Option<Vec<u8>> {
    let literal = literal.trim_end();
    let literal = literal.strip_prefix('b').unwrap_or(literal);
    let quote = literal.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    let inner = literal.strip_prefix(quote)?.strip_suffix(quote)?;
    let mut octets = Vec::with_capacity(inner.len());
    let mut letters = inner.chars();
    while let Some(letter) = letters.next() {
        let mut push = |letter: char| {
            octets.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
        };
        if letter != '\\' {
            push(letter);
            continue;
        }
        match letters.next()? {
            'r' => push('\r'),
            'n' => push('\n'),
            't' => push('\t'),
            '0' => push('\0'),
            'x' => {
                let mut digit = || letters.next().and_then(|digit| digit.to_digit(16));
                octets.push(u8::try_from(digit()? * 16 + digit()?).ok()?);
            }
            other => push(other),
        }
    }
    Some(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_literals() {
        let table: &[(&str, Option<&[u8]>)] = &[
            (r"'ehlo me\r\n'", Some(b"ehlo me\r\n")),
            (r"b'250 it\'s ok\r\n'", Some(b"250 it's ok\r\n")),
            (r#"b"it's""#, Some(b"it's")),
            (r"b'\xff\\\t'", Some(b"\xff\\\t")),
            ("ü", None),
            ("'no end", None),
            (r"'\x4'", None),
        ];
        for (literal, expected) in table {
            assert_eq!(octets(literal).as_deref(), *expected, "{literal}");
        }
    }

    #[test]
    fn a_line_may_stand_for_several() {
        let table: &[(&str, bool, &[&str])] = &[
            ("250-a<EOL>250 b<EOL>", false, &["250-a", "250 b"]),
            ("250-a[nl]250 b", false, &["250-a", "250 b"]),
            ("EHLO a\\r\\n", false, &["EHLO a"]),
            ("a\\nb", false, &["a\\nb"]),
            (r"b'250-a\r\n250 b\r\n'", true, &["250-a", "250 b"]),
            (r#""a word""#, false, &[r#""a word""#]),
            (r#""EHLO a\r\n""#, false, &["EHLO a"]),
        ];
        for (words, literal, expected) in table {
            let found: Vec<String> = lines(words.as_bytes(), *literal)
                .into_iter()
                .map(|line| String::from_utf8(line.octets).unwrap())
                .collect();
            assert_eq!(found, *expected, "{words}");
        }
    }

    #[test]
    fn glued_lines_of_a_reply_are_cut() {
        let glued = b"250-mx.example.org250-SIZE 10240000250-AUTH PLAIN LOGIN250 8BITMIME";
        let lines = unglue(glued).unwrap();
        assert_eq!(lines[1], b"250-SIZE 10240000");
        assert_eq!(lines[3], b"250 8BITMIME");
        for line in [&b"250-SIZE 250"[..], b"250 a250 b", b"250-a"] {
            assert_eq!(unglue(line), None);
        }
    }
}
