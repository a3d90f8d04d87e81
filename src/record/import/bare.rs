//! Logs that do not mark who sent a line: the terminal of `openssl s_client`, telnet or netcat, JavaMail,
//! a followed stream. Lines that start with a reply code come from the server; commands, responses to a
//! 334 and lines after a 354 come from the client.

use super::client_line::ClientLine;
use super::envelope::{Place, Shape, places};
use super::observed;
use super::player::LogPlayer;
use super::smtp_line::{is_command, is_reply, starts_with_verb};
use super::wrapping::LogLine;
use super::{embedded, envelope};
use crate::smtp::draft::is_mail_header;
use crate::smtp::line::Ending;
use crate::smtp::{Level, Phase};

/// The start of the note for a log that does not show how TLS was started.
pub(in crate::record) const IMPLICIT_STARTTLS: &str = "s_client sent EHLO and STARTTLS by itself";

/// The number of lines that are searched for the usual envelope.
const SEARCHED_LINES: usize = 2000;

/// What stands before the words of most replies and commands. `None` if there is no reply, or
/// only one side without the words of a tool.
pub(super) fn shape(lines: &[LogLine]) -> Option<Shape> {
    let mut shapes: Vec<(Shape, usize, usize)> = Vec::new();
    for line in lines.iter().take(SEARCHED_LINES) {
        for Place { at, shape } in places(&line.text) {
            let rest = unticked(&line.text, at);
            let (reply, command) = (is_reply(rest) && rest.len() > 3, is_command(rest));
            if !reply && !command {
                continue;
            }
            let at = shapes.iter().position(|(known, ..)| *known == shape);
            let at = at.unwrap_or_else(|| {
                shapes.push((shape, 0, 0));
                shapes.len() - 1
            });
            shapes[at].1 += usize::from(reply);
            shapes[at].2 += usize::from(command);
            break;
        }
    }
    let best = shapes.into_iter().max_by_key(|(shape, replies, commands)| {
        (
            replies.min(commands) > &0,
            replies + commands,
            std::cmp::Reverse(shape.len()),
        )
    });
    best.filter(|(shape, replies, commands)| *replies > 0 && (*commands > 0 || shape.is_empty()))
        .map(|(shape, ..)| shape)
}

/// The lines that look like replies.
pub(super) fn replies<'a>(
    lines: &'a [LogLine],
    shape: &'a Shape,
) -> impl Iterator<Item = &'a [u8]> {
    let indentation = indentation(lines);
    lines.iter().filter_map(move |line| {
        let line = words(line.text.get(indentation..)?, shape);
        is_reply(line).then_some(line)
    })
}

/// The words of a line behind an envelope of this shape.
fn words<'a>(line: &'a [u8], shape: &Shape) -> &'a [u8] {
    let places = places(line);
    let place = places
        .iter()
        .find(|place| place.shape == *shape && (place.at == 0) == shape.is_empty());
    let at = match place {
        // One blank after a time or a name belongs to the envelope.
        Some(place) => place.at + usize::from(place.at > 0 && line.get(place.at) == Some(&b' ')),
        None if shape.is_empty() => 0,
        // An empty line behind a quote, or a line without one.
        None => places
            .iter()
            .filter(|place| shape.starts_with(&place.shape))
            .map(|place| place.at)
            .max()
            .unwrap_or(0),
    };
    unticked(line, at)
}

fn unticked(line: &[u8], at: usize) -> &[u8] {
    let words = &line[at..];
    match words.strip_suffix(b"`") {
        Some(words) if line[..at].contains(&b'`') => words,
        _ => words,
    }
}

/// The octets with which every line that is not empty begins, if they are blanks.
fn indentation(lines: &[LogLine]) -> usize {
    let blanks = |line: &LogLine| {
        let text = &line.text;
        let count = text
            .iter()
            .take_while(|octet| matches!(octet, b' ' | b'\t'))
            .count();
        (count < text.len()).then_some(count)
    };
    lines.iter().filter_map(blanks).min().unwrap_or(0)
}

/// Reads the lines.
pub(super) fn read(lines: &[LogLine], shape: &Shape, player: &mut LogPlayer) {
    let indentation = indentation(lines);
    let mut certificate = false;
    for (at, log_line) in lines.iter().enumerate() {
        let text = log_line.text.get(indentation..).unwrap_or_default();
        let line = words(text, shape);
        player.at_line(log_line.number, envelope::time(&log_line.text));
        let shown = String::from_utf8_lossy(line);
        certificate |= line.starts_with(b"-----BEGIN ");
        let next = || {
            let next = lines.get(at + 1)?.text.get(indentation..)?;
            Some(words(next, shape))
        };
        if certificate {
            certificate = !line.starts_with(b"-----END ");
            player.note(Level::Info, shown.into_owned());
        } else if line.starts_with(b"250 ") && !player.has_started() && player.is_s_client() {
            player.note(
                Level::Info,
                format!("{IMPLICIT_STARTTLS}; the last line of the reply to its EHLO was {shown}"),
            );
        } else if is_reply(line) && !is_message(line, player) {
            player.server_line(line, Ending::CrLf);
        } else if next().is_some_and(|next| is_intercepted(line, next)) {
            player.note(Level::Info, format!("typed, but not sent: {shown}"));
        } else if is_client_line(line, player) {
            player.client_line(&ClientLine::new(line));
        } else if !shown.trim().is_empty() {
            read_message(
                text,
                line,
                lines[at + 1..].iter().map(|line| &line.text[..]),
                player,
            );
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
        _ => {
            is_command(line)
                || starts_with_verb(line)
                    && player.has_started()
                    && line.len() < 80
                    && !line.ends_with(b".")
                || player.awaits_nothing() && is_header(line)
        }
    }
}

/// Whether a line is a field of a message, typed where a command was expected.
fn is_header(line: &[u8]) -> bool {
    is_mail_header(&String::from_utf8_lossy(line))
}

fn read_message<'a>(
    line: &[u8],
    words: &[u8],
    after: impl Iterator<Item = &'a [u8]>,
    player: &mut LogPlayer,
) {
    if let Some(auth) = embedded::suppressed(words) {
        player.note(Level::Info, String::from_utf8_lossy(line).into_owned());
        return player.suppressed(auth);
    }
    observed::note(line, words, player.awaits_secret(), player);
    if let Some(found) = embedded::find(line, after, false) {
        player.quoted_replies(&found.replies);
    }
    match words.trim_ascii() {
        b"RENEGOTIATING" => player.note(
            Level::Fault,
            "s_client treats a line starting with R as its own command: it renegotiated TLS and \
             did not send the line. Write rcpt in lower case, or use -quiet",
        ),
        b"DONE" => player.note(
            Level::Fault,
            "s_client treats a line starting with Q as its own command: it closed the connection \
             without sending QUIT",
        ),
        _ => {}
    }
}

/// Whether s_client treated a line as its own command, judging by what it printed next.
fn is_intercepted(line: &[u8], next: &[u8]) -> bool {
    matches!(
        (line.first(), next),
        (Some(b'R'), b"RENEGOTIATING") | (Some(b'Q'), b"DONE")
    )
}
