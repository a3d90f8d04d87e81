//! A terminal with `openssl s_client`, telnet or netcat in it: nothing says who spoke. What begins
//! with a reply code is the server's; a command, an answer to a 334 and what follows a 354 is the
//! client's.

use super::client_line::ClientLine;
use super::masking::mask_passwords;
use super::player::LogPlayer;
use super::smtp_line::{is_command, is_reply};
use crate::smtp::line::Ending;
use crate::smtp::{Level, Phase};

/// What a note begins with where the log does not show how TLS began.
pub(in crate::record) const IMPLICIT_STARTTLS: &str = "s_client sent EHLO and STARTTLS by itself";

/// Whether a line is such as these tools print, or a reply.
pub(super) fn is_line(line: &[u8]) -> bool {
    line.starts_with(b"CONNECTED(") || line.starts_with(b"Escape character is") || is_reply(line)
}

/// Reads the terminal.
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
                format!("{IMPLICIT_STARTTLS}; the last line of the answer to its EHLO was {text}"),
            );
        } else if is_reply(line) && !is_message(line, player) {
            player.server_line(line, Ending::CrLf);
        } else if lines.peek().is_some_and(|next| is_taken(line, next)) {
            player.note(Level::Info, format!("typed, but not sent: {text}"));
        } else if is_clients(line, player) {
            player.client_line(&ClientLine::new(line));
        } else if !text.trim().is_empty() {
            read_words(&text, player);
        }
    }
}

/// Within a message a line of digits may be its own; the reply to it comes behind its dot.
fn is_message(line: &[u8], player: &LogPlayer) -> bool {
    player.phase() == Phase::Message && !line.starts_with(b"4") && !line.starts_with(b"5")
}

fn is_clients(line: &[u8], player: &LogPlayer) -> bool {
    match player.phase() {
        Phase::Message => true,
        Phase::Exchange => !line.is_empty() && !line.contains(&b' '),
        _ => is_command(line),
    }
}

fn read_words(text: &str, player: &mut LogPlayer) {
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
            "s_client takes a line that begins with R as its own command: it asked for a new \
             handshake and did not send the line. Write rcpt in small letters, or use -quiet",
        ),
        "DONE" => player.note(
            Level::Fault,
            "s_client takes a line that begins with Q as its own command: it closed without QUIT",
        ),
        _ => {}
    }
}

/// The server, where a line names it: telnet's and Ncat's `Connected to mx.example.org.`, netcat's
/// `Connection to mx.example.org 25 port`, and the command s_client was started with.
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

/// Whether s_client took a line as its own command, as what it printed next says.
fn is_taken(line: &[u8], next: &[u8]) -> bool {
    matches!(
        (line.first(), next),
        (Some(b'R'), b"RENEGOTIATING") | (Some(b'Q'), b"DONE")
    )
}
