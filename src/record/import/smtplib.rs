//! Reads the output of Python's smtplib with `set_debuglevel`: octets as Python literals after
//! `send:` and `reply:`.

use super::client_line::ClientLine;
use super::masking::mask_passwords;
use super::player::LogPlayer;
use crate::smtp::Level;
use crate::smtp::line::Ending;

/// Whether a line is part of a dialogue as smtplib prints it.
pub(super) fn is_line(line: &[u8]) -> bool {
    split(&String::from_utf8_lossy(line)).is_some()
}

/// Reads the log.
pub(super) fn read<'a>(lines: impl Iterator<Item = &'a [u8]>, player: &mut LogPlayer) {
    for line in lines {
        let text = String::from_utf8_lossy(line);
        let Some((from_server, octets)) = split(&text) else {
            read_message(&text, player);
            continue;
        };
        let mut rest = octets.as_slice();
        while !rest.is_empty() {
            let end = rest.iter().position(|&octet| octet == b'\n');
            let (line, remaining) = rest.split_at(end.map_or(rest.len(), |at| at + 1));
            rest = remaining;
            let complete = line.strip_suffix(b"\r\n");
            if from_server {
                let line = complete.or(line.strip_suffix(b"\n")).unwrap_or(line);
                player.server_line(
                    line,
                    if complete.is_some() {
                        Ending::CrLf
                    } else {
                        Ending::Lf
                    },
                );
            } else {
                player.client_line(&ClientLine {
                    octets: complete.unwrap_or(line).to_vec(),
                    cut: complete.is_none(),
                    ..ClientLine::default()
                });
            }
        }
    }
}

/// Reads a line outside the dialogue.
fn read_message(text: &str, player: &mut LogPlayer) {
    let message = without_time(text);
    // These repeat the lines before them.
    let repeats = ["reply: retcode (", "data: (", "connect: b'", "connect: b\""];
    if text.is_empty() || repeats.iter().any(|prefix| message.starts_with(prefix)) {
        return;
    }
    if let Some(peer) = message.strip_prefix("connect: to ('") {
        player.new_connection();
        let mut parts = peer
            .split(['\'', ',', ' ', ')'])
            .filter(|part| !part.is_empty());
        if let (Some(host), Some(port)) = (parts.next(), parts.next()) {
            player.set_target(format!("{host}:{port}"));
        }
    }
    let fault = text.starts_with("smtplib.") || text.starts_with("Traceback");
    let level = if fault { Level::Fault } else { Level::Info };
    player.note(level, mask_passwords(text.as_bytes()));
}

fn split(line: &str) -> Option<(bool, Vec<u8>)> {
    let line = without_time(line);
    match (line.strip_prefix("reply: "), line.strip_prefix("send: ")) {
        (Some(literal), _) => Some((true, octets(literal)?)),
        (None, Some(literal)) => Some((false, octets(literal)?)),
        (None, None) => None,
    }
}

/// Removes the time that debug level 2 prints: `20:01:02.123456 send: ...`.
fn without_time(line: &str) -> &str {
    match line.split_once(' ') {
        Some((time, rest))
            if time.len() >= 8 && time.chars().all(|c| c.is_ascii_digit() || ":.".contains(c)) =>
        {
            rest
        }
        _ => line,
    }
}

/// The octets of a Python `str` or `bytes` literal; `None` if it is not a literal.
fn octets(literal: &str) -> Option<Vec<u8>> {
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
    fn decodes_python_literals() {
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
}
