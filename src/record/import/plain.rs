//! Terminal output of `openssl s_client`, telnet or netcat, which does not mark who sent a line.
//! Lines that start with a reply code come from the server; commands, responses to a 334 and lines
//! after a 354 come from the client.

use super::client_line::ClientLine;
use super::masking::mask_passwords;
use super::player::LogPlayer;
use super::smtp_line::{is_command, is_reply};
use crate::smtp::line::Ending;
use crate::smtp::{Level, Phase};

/// The start of the note for a log that does not show how TLS was started.
pub(in crate::record) const IMPLICIT_STARTTLS: &str = "s_client sent EHLO and STARTTLS by itself";

/// Whether a line is typical of these tools, or a reply.
pub(super) fn is_line(line: &[u8]) -> bool {
    line.starts_with(b"CONNECTED(") || line.starts_with(b"Escape character is") || is_reply(line)
}

/// Reads the terminal output.
pub(super) fn read<'a>(lines: impl Iterator<Item = &'a [u8]>, player: &mut LogPlayer) {
    let mut certificate = false;
    let mut lines = lines.peekable();
    while let Some(line) = lines.next() {
        let text = String::from_utf8_lossy(line);
        certificate |= text.starts_with("-----BEGIN ");
        if certificate {
            certificate = !text.starts_with("-----END ");
            player.note(Level::Info, text.into_owned());
        } else if line.starts_with(b"250 ") && !player.has_started() {
            player.note(
                Level::Info,
                format!("{IMPLICIT_STARTTLS}; the last line of the reply to its EHLO was {text}"),
            );
        } else if is_reply(line) && !is_message(line, player) {
            player.server_line(line, Ending::CrLf);
        } else if lines.peek().is_some_and(|next| is_intercepted(line, next)) {
            player.note(Level::Info, format!("typed, but not sent: {text}"));
        } else if is_client_line(line, player) {
            player.client_line(&ClientLine::new(line));
        } else if !text.trim().is_empty() {
            read_message(&text, player);
        }
    }
}

/// Whether a line that looks like a reply is part of the message. The reply to a message comes
/// after its final dot; only a negative one may come earlier.
fn is_message(line: &[u8], player: &LogPlayer) -> bool {
    player.phase() == Phase::Message && !line.starts_with(b"4") && !line.starts_with(b"5")
}

fn is_client_line(line: &[u8], player: &LogPlayer) -> bool {
    match player.phase() {
        Phase::Message => true,
        Phase::Exchange => !line.is_empty() && !line.contains(&b' '),
        _ => is_command(line),
    }
}

fn read_message(text: &str, player: &mut LogPlayer) {
    player.note(Level::Info, mask_passwords(text.as_bytes()));
    if let Some(server) = server(text) {
        player.set_target(server);
    }
    if text.starts_with("CONNECTED(") {
        player.new_connection();
    }
    if text.starts_with("New, TLS") || text.starts_with("SSL handshake has read") {
        player.set_tls(true);
    }
    match text.trim() {
        "RENEGOTIATING" => player.note(
            Level::Fault,
            "s_client treats a line starting with R as its own command: it renegotiated TLS and \
             did not send the line. Write rcpt in lower case, or use -quiet",
        ),
        "DONE" => player.note(
            Level::Fault,
            "s_client treats a line starting with Q as its own command: it closed the connection \
             without sending QUIT",
        ),
        _ => {}
    }
}

/// The server, if a line names it: `Connected to mx.example.org.` of telnet and Ncat, `Connection
/// to mx.example.org 25 port` of netcat, and the command that started s_client.
fn server(text: &str) -> Option<String> {
    if let Some((_, host)) = text.split_once("Connected to ") {
        return Some(host.trim_end().trim_end_matches('.').to_owned());
    }
    if let Some(rest) = text.strip_prefix("Connection to ") {
        let mut words = rest.split(' ');
        let (host, port) = (words.next()?, words.next()?.parse::<u16>().ok()?);
        return Some(format!("{host}:{port}"));
    }
    let (command, rest) = text.split_once("-connect ")?;
    let named = rest.split_whitespace().next().map(str::to_owned);
    named.filter(|_| command.contains("s_client"))
}

/// Whether s_client treated a line as its own command, judging by what it printed next.
fn is_intercepted(line: &[u8], next: &[u8]) -> bool {
    matches!(
        (line.first(), next),
        (Some(b'R'), b"RENEGOTIATING") | (Some(b'Q'), b"DONE")
    )
}
