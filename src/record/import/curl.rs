//! Reads the output of `curl -v`: `<` marks the server, `>` the client, `*` a message of curl. curl
//! prints only the size of the mail message, not its text.

use super::client_line::ClientLine;
use super::masking::mask_passwords;
use super::player::LogPlayer;
use super::smtp_line::{is_command, is_reply};
use crate::smtp::Level;
use crate::smtp::line::Ending;

/// Whether a line is part of a dialogue as curl prints it.
pub(super) fn is_line(line: &[u8]) -> bool {
    match line {
        [b'<', b' ', rest @ ..] => is_reply(rest),
        [b'>', b' ', rest @ ..] => is_command(rest),
        _ => false,
    }
}

/// Reads the output of curl.
pub(super) fn read<'a>(lines: impl Iterator<Item = &'a [u8]>, player: &mut LogPlayer) {
    for line in lines {
        match line {
            [b'<', b' ', rest @ ..] => player.server_line(rest, Ending::CrLf),
            [b'>', b' ', rest @ ..] => player.client_line(&ClientLine::new(rest)),
            // Octet counts of TLS records and of the message.
            [b'{' | b'}', b' ', b'[', ..] | [] => {}
            _ => read_message(&mask_passwords(line), player),
        }
    }
}

/// Reads a message of curl; its progress meter may precede it on the line.
fn read_message(line: &str, player: &mut LogPlayer) {
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
        player.new_connection();
    }
    if let Some(peer) = words.strip_prefix("Connected to ") {
        let mut parts = peer.split(' ');
        let host = parts.next().unwrap_or_default();
        let port = parts.skip_while(|word| *word != "port").nth(1);
        player.set_target(port.map_or(host.to_owned(), |port| format!("{host}:{port}")));
    }
    if words.starts_with("SSL connection using") {
        player.set_tls(true);
    }
    let level = if words.starts_with("curl: (") {
        Level::Fault
    } else {
        Level::Info
    };
    player.note(level, words);
}
