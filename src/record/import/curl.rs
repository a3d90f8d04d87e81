//! What `curl -v` prints: `<` is the server, `>` the client, `*` curl's own words. Of the message it
//! tells nothing but octets.

use super::client_line::Said;
use super::detect::{is_command, is_reply};
use super::replay::Replay;
use super::words::words;
use crate::smtp::Level;
use crate::smtp::line::Ending;

/// Whether a line is one of a dialogue as curl prints it.
pub(super) fn is_line(line: &[u8]) -> bool {
    match line {
        [b'<', b' ', rest @ ..] => is_reply(rest),
        [b'>', b' ', rest @ ..] => is_command(rest),
        _ => false,
    }
}

/// Reads the output of curl.
pub(super) fn read<'a>(lines: impl Iterator<Item = &'a [u8]>, replay: &mut Replay) {
    for line in lines {
        match line {
            [b'<', b' ', rest @ ..] => replay.server(rest, Ending::CrLf),
            [b'>', b' ', rest @ ..] => replay.client(&Said::line(rest)),
            // Octets of TLS and of the message, which are not told.
            [b'{' | b'}', b' ', b'[', ..] | [] => {}
            _ => read_words(&words(line), replay),
        }
    }
}

/// curl's own words; a line of its progress may stand in front of them.
fn read_words(line: &str, replay: &mut Replay) {
    let words = line.find("* ").map_or(line, |at| {
        let progress = line[..at]
            .chars()
            .all(|c| c.is_ascii_digit() || " -:.k".contains(c));
        if progress {
            line[at + 2..].trim_start()
        } else {
            line
        }
    });
    if words.starts_with("Trying ") {
        replay.connect();
    }
    if let Some(peer) = words.strip_prefix("Connected to ") {
        let mut parts = peer.split(' ');
        let host = parts.next().unwrap_or_default();
        let port = parts.skip_while(|word| *word != "port").nth(1);
        replay.name(port.map_or(host.to_owned(), |port| format!("{host}:{port}")));
    }
    if words.starts_with("SSL connection using") {
        replay.tls(true);
    }
    let level = if words.starts_with("curl: (") {
        Level::Fault
    } else {
        Level::Info
    };
    replay.note(level, words);
}
