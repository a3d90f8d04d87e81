//! A paste of several lines while a BDAT chunk needs octets: it is content of the chunk, not commands.

use crossterm::event::KeyCode;

use crate::report::text::line_feeds;
use crate::smtp::{Secret, count};
use crate::tui::model::Model;
use crate::tui::popup::Popup;
use crate::tui::popup::choice::{Answer, Choice};

/// Asks before a pasted text is sent as content of the chunk. Its line breaks become CR LF; nothing
/// beyond the chunk is sent.
pub(super) fn ask_to_send(model: &mut Model, text: &str) {
    let left = model.session.connection.status.chunk_left;
    let mut octets = crlf(text).into_bytes();
    let pasted = octets.len() as u64;
    octets.truncate(usize::try_from(left).unwrap_or(usize::MAX));
    let sent = octets.len() as u64;
    let mut words = vec![
        format!(
            "{} pasted, with CR LF at the end of each line. Nothing is sent yet.",
            count(pasted, "octet was", "octets were")
        ),
        format!("{} due to complete the chunk.", are(left)),
    ];
    if pasted > sent {
        words.push(format!(
            "!! {} beyond the end of the chunk, and not sent.",
            are(pasted - sent)
        ));
    }
    let after = if left > sent {
        format!("send them; {} still due then", are(left - sent))
    } else {
        format!("send {sent}: the chunk is complete then")
    };
    let choice = Choice::new("Paste into the chunk", words).option(
        KeyCode::Enter,
        after,
        Answer::SendOctets(Secret::new(octets)),
    );
    model.session.popups.push(Popup::Choice(choice));
}

fn are(octets: u64) -> String {
    count(octets, "octet is", "octets are")
}

/// A text with CR LF at the end of each line, whatever its line breaks are.
fn crlf(text: &str) -> String {
    line_feeds(text).replace('\n', "\r\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_breaks_become_cr_lf() {
        for text in ["a\nb\n", "a\rb\r", "a\r\nb\r\n", "a\rb\r\n"] {
            assert_eq!(crlf(text), "a\r\nb\r\n", "{text:?}");
        }
    }
}
