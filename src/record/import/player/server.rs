//! The lines of the server, in the dialogue or quoted by other words.

use super::{LogPlayer, PLACEHOLDER, QUOTED_MIN, normalized};
use crate::diagnosis;
use crate::record::import::client_line::ClientLine;
use crate::record::import::placeholder::placeholder;
use crate::record::import::smtp_line::is_reply;
use crate::smtp::line::{Ending, LINE_CAP, Line};
use crate::smtp::oddity::Oddities;
use crate::smtp::reply::ReplyLine;
use crate::smtp::{Entry, EntryKind, Level, Link, Part, Phase, Received, Secret};

/// Whether a line may be the first of a connection.
fn is_greeting(line: &[u8]) -> bool {
    line.starts_with(b"220") || matches!(line.first(), Some(b'4' | b'5')) || !is_reply(line)
}

impl LogPlayer {
    /// Adds replies that other words quote, unless the dialogue has them.
    pub(in crate::record::import) fn quoted_replies(&mut self, replies: &[Vec<Vec<u8>>]) {
        for lines in replies {
            let (Some(first), Some(last)) = (lines.first(), lines.len().checked_sub(1)) else {
                continue;
            };
            let joined: Vec<String> = lines.iter().map(|line| normalized(line)).collect();
            let joined = joined.join(" ");
            if self.known.contains(&normalized(first)) || self.is_told(&joined) {
                continue;
            }
            self.known.insert(joined);
            for (at, line) in lines.iter().enumerate() {
                if self.started && self.session.status().waiting.is_some() {
                    self.server_line(line, Ending::CrLf);
                    continue;
                }
                let mut entry = self.isolated(line, Ending::CrLf);
                if let EntryKind::Received(received) = &mut entry.kind {
                    received.part = match at {
                        _ if last == 0 => Part::Only,
                        0 => Part::First,
                        _ if at == last => Part::Last,
                        _ => Part::Middle,
                    };
                }
                self.push(entry);
            }
        }
    }

    /// Whether the log has a reply that begins like this one, or with which this one begins.
    fn is_told(&self, joined: &str) -> bool {
        let next = self.known.range(joined.to_owned()..).next();
        if joined.len() > QUOTED_MIN && next.is_some_and(|known| known.starts_with(joined)) {
            return true;
        }
        let words = joined.match_indices(' ').map(|(at, _)| &joined[..at]);
        words
            .chain([joined])
            .any(|begin| begin.len() > QUOTED_MIN && self.known.contains(begin))
    }

    /// Adds a line of the server.
    pub(in crate::record::import) fn server_line(&mut self, octets: &[u8], ending: Ending) {
        if self.closing && !self.own_format && octets.starts_with(b"220") {
            self.new_connection();
        }
        self.greeting_due = false;
        self.suppressed = false;
        self.end_message(octets);
        let goes_on = octets.starts_with(b"334") && self.challenge_open;
        if self.secret_expected && !self.own_format && !goes_on {
            // The answer to the 334 is not in the log.
            let answer = Secret::new([PLACEHOLDER, b"\r\n"].concat());
            let consent = self.session.status().link.exposure();
            self.session.send_raw(answer, consent, self.now);
            let _ = self.session.poll_transmit();
            self.session.forget_secrets();
            self.placeholder = true;
            while self.session.poll_event().is_some() {}
        }
        if !self.started && !self.own_format && !is_greeting(octets) {
            // The log starts after the greeting, and it is unknown what this answers.
            self.greet();
            self.in_middle = true;
        }
        if self.in_middle {
            self.started = true;
            self.secret_expected = octets.starts_with(b"334");
            self.replied = true;
            let entry = self.isolated(octets, ending);
            return self.push(entry);
        }
        self.started = true;
        if let Some(prompt) = octets.strip_prefix(b"334") {
            let prompt = prompt.trim_ascii().to_ascii_lowercase();
            self.shown_decoded = matches!(&prompt[..], b"username:" | b"password:" | b"user name");
            self.prompt_unknown = self.shown_decoded || placeholder(&prompt).is_some();
        }
        let before = self.entries.len();
        let complete = matches!(ending, Ending::CrLf | Ending::Lf) && octets.len() <= LINE_CAP;
        if !complete {
            let entry = self.isolated(octets, ending);
            return self.push(entry);
        }
        self.session
            .handle_bytes(&[octets, ending.octets()].concat(), self.now);
        let mut notes = self.drain();
        while self.session.status().paused.is_some() {
            self.session.resume_reading(self.now);
            notes.extend(self.drain());
        }
        let received = |entry: &&Entry| matches!(entry.kind, EntryKind::Received(_));
        let made = self.entries[before..].iter().filter(received);
        if made.count() != 1 {
            self.entries.truncate(before);
            self.tracked = self.tracked.min(before);
            let entry = self.isolated(octets, ending);
            self.push(entry);
        }
        self.push_notes(notes);
        self.prompt_unknown = false;
        self.secret_expected = octets.starts_with(b"334");
        self.challenge_open = octets.starts_with(b"334-");
        self.replied = true;
        self.closing = octets.starts_with(b"221 ") || octets.starts_with(b"421 ");
    }

    /// Lets the session take a greeting that the log does not have.
    pub(super) fn greet(&mut self) {
        self.order_unknown = true;
        self.session.handle_bytes(b"220 \r\n", self.now);
        while self.session.poll_event().is_some() {}
    }

    /// Ends the message if `octets` reply to it: some tools do not print the final dot.
    pub(super) fn end_message(&mut self, octets: &[u8]) {
        let answers =
            octets.starts_with(b"2") || octets.starts_with(b"5") || octets.starts_with(b"4");
        let closes = octets.starts_with(b"421");
        if self.own_format || self.phase() != Phase::Message || !answers || closes {
            return self.message_started &= self.phase() == Phase::Message;
        }
        let words = if self.message_started {
            diagnosis::MESSAGE_CUT
        } else {
            "the message is not in the log"
        };
        self.note(Level::Info, words);
        self.client_line(&ClientLine::new(b"."));
        self.message_started = false;
    }

    /// An entry for a server line that the session does not turn into exactly one entry.
    pub(super) fn isolated(&self, octets: &[u8], ending: Ending) -> Entry {
        let line = Line {
            bytes: octets.to_vec(),
            ending,
        };
        let read = ReplyLine::parse(&line);
        let (code, oddities): (_, Oddities) = (read.code, read.oddities);
        Entry {
            at: self.now,
            tls: self.session.status().link != Link::Clear,
            kind: EntryKind::Received(Received {
                bytes: octets.into(),
                ending,
                code,
                part: Part::Only,
                annotation: None,
                oddities,
                answers: None,
                took: None,
            }),
        }
    }
}
