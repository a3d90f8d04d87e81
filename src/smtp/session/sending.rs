//! From a line to the wire: what it is by the phase, what of it is a secret, what it asks.

use std::time::Instant;

use super::{PendingCommand, Session};
use crate::smtp::auto_start_tls::{AutoStartTls, Move};
use crate::smtp::code::Code;
use crate::smtp::command::{CommandLine, Verb};
use crate::smtp::event::{Event, Exposure, Link, Unsent};
use crate::smtp::line::Ending;
use crate::smtp::phase::{Awaited, Phase};
use crate::smtp::raw::{self, Piece, reading};
use crate::smtp::secret::Secret;
use crate::smtp::transcript::{EntryKind, Level, Sent, SentKind, Turn};

/// Lines that may wait for the end of a message that goes out.
const BEHIND_MESSAGE: usize = 1000;

impl Session {
    /// Sends a line as it was typed, plus CR LF. `consent` lets a secret go although it is exposed
    /// so; it is asked for once for each kind of link.
    ///
    /// A line that cannot go comes back in [`Event::NotSent`], so that it is never lost.
    pub fn send_line(&mut self, line: CommandLine, consent: Option<Exposure>, now: Instant) {
        if self.message.is_some() {
            if self.behind_message.len() == BEHIND_MESSAGE {
                let why = Unsent::Busy;
                return self.events.push_back(Event::NotSent { line, why });
            }
            return self.behind_message.push_back((line, consent));
        }
        if matches!(self.phase, Phase::Offline | Phase::Handshake) {
            let why = if self.phase == Phase::Offline {
                Unsent::NotConnected
            } else {
                Unsent::Handshake
            };
            return self.events.push_back(Event::NotSent { line, why });
        }
        let secret_from = self.secret_typed(&line);
        if secret_from.is_some()
            && let Some(why) = self.withholds(consent)
        {
            // What the grammar does not see as one stays hidden where it comes back.
            let hidden = line.is_hidden() || line.secret() != secret_from;
            let line = line.hide(hidden);
            return self.events.push_back(Event::NotSent { line, why });
        }
        self.take_over(&line, now);
        self.write_line(&line, secret_from, now);
        self.tell_status();
    }

    /// Where in a typed line its secret begins. Raw octets may have begun the line.
    fn secret_typed(&self, line: &CommandLine) -> Option<usize> {
        if self.begun.is_empty() || self.chunk_left > 0 {
            let sent_before = self.secret_sent(line.text().as_bytes());
            return earlier(self.secret_from(line), sent_before);
        }
        let whole = [self.begun.as_slice(), line.text().as_bytes()].concat();
        let from = self.secret_begun(&whole, line.is_hidden())?;
        Some(from.saturating_sub(self.begun.len()))
    }

    /// The same in a line that raw octets have begun, in which bare LFs may stand.
    pub(super) fn secret_begun(&self, whole: &[u8], hidden: bool) -> Option<usize> {
        let behind_lf = || raw::secret(whole, false).filter(|_| self.phase != Phase::Message);
        let from = self
            .secret_from(&reading(whole).hide(hidden))
            .or_else(behind_lf);
        earlier(from, self.secret_sent(whole))
    }

    /// Where in a line a secret begins that went before on this connection. A message may say what it
    /// likes.
    fn secret_sent(&self, line: &[u8]) -> Option<usize> {
        let from = self.secrets.find(line)?;
        (self.phase != Phase::Message).then_some(from)
    }

    /// Where in a line its secret begins, by the grammar and by where the dialogue stands.
    pub(super) fn secret_from(&self, line: &CommandLine) -> Option<usize> {
        let answers = self.secret_lines();
        match line.text() {
            "*" | "" | "=" if answers || self.login_refused => None,
            _ if answers || line.is_hidden() => line.clone().hide(true).secret(),
            // A line of a message is no command, even if it reads like one. Before 354 it may be one.
            _ if self.phase == Phase::Message => None,
            // Whoever did not see the refusal goes on with the next answer, in base64 or not.
            _ if self.login_refused && line.verb() == Verb::Other => {
                line.clone().hide(true).secret()
            }
            _ => line.secret(),
        }
    }

    pub(super) fn write_line(
        &mut self,
        line: &CommandLine,
        secret_from: Option<usize>,
        now: Instant,
    ) {
        let piece = Piece {
            octets: line.text().as_bytes(),
            ending: Ending::CrLf,
        };
        if self.begun.is_empty() || self.chunk_left > 0 {
            return self.write_octets(line, piece, secret_from, now);
        }
        // The line ends one that raw octets have begun.
        let begun = std::mem::take(&mut self.begun);
        let whole = reading(&[begun.as_slice(), piece.octets].concat());
        self.write_octets(&whole, piece, secret_from, now);
    }

    /// Writes what `line` reads as, or the last `piece` of it.
    pub(super) fn write_octets(
        &mut self,
        line: &CommandLine,
        piece: Piece<'_>,
        secret_from: Option<usize>,
        now: Instant,
    ) {
        let verb = line.verb();
        let in_exchange = self.secret_lines();
        let octets = (piece.octets.len() + piece.ending.octets().len()) as u64;
        let (kind, awaited) = if self.chunk_left > 0 {
            self.chunk_left = self.chunk_left.saturating_sub(octets);
            (SentKind::Message, None)
        } else if self.phase == Phase::Message {
            let ends = line.text() == "." && piece.ending != Ending::Cut;
            (SentKind::Message, ends.then_some(Awaited::EndOfData))
        } else if piece.ending == Ending::Cut || self.is_proxy(line) {
            // The first is no question yet, the second never is.
            (SentKind::Command, None)
        } else if self.phase == Phase::Exchange {
            (SentKind::SaslAnswer, Some(Awaited::SaslAnswer))
        } else if let Some((size, last)) = line.chunk() {
            self.chunk_left = size;
            (SentKind::Command, Some(Awaited::Chunk { last }))
        } else {
            (SentKind::Command, Some(Awaited::Command(verb)))
        };
        self.login_refused &= verb == Verb::Other;
        let out_of_order = match awaited {
            Some(_) if self.awaits(Awaited::Greeting) => true,
            Some(Awaited::Command(verb)) => {
                !self.expected_phase().allows(verb)
                    || (verb == Verb::StartTls && self.link != Link::Clear)
            }
            Some(Awaited::Chunk { .. }) => !self.expected_phase().allows(Verb::Bdat),
            _ => false,
        };
        let turn = awaited.map(|awaited| self.ask(awaited, verb, line.text() == ".", now));
        if let Some(Awaited::Command(Verb::Mail | Verb::Rcpt)) = awaited
            && let Some(command_pending) = self.pending.back_mut()
        {
            command_pending.argument = line.argument().into();
        }
        let (open, secret) = piece
            .octets
            .split_at(secret_from.map_or(piece.octets.len(), |at| at.min(piece.octets.len())));
        let secret = secret_from.map(|_| Secret::new(secret.to_vec()));
        let gloss = self
            .read_sent(line, awaited, turn, in_exchange)
            .map(Box::new);
        if let Some(secret) = secret.as_ref().filter(|_| piece.ending != Ending::Cut) {
            self.remember_secret(line, secret);
        }
        let sent = Sent {
            turn,
            open: open.into(),
            secret,
            gloss,
            kind,
            ending: piece.ending,
            out_of_order,
        };
        self.push_entry(now, EntryKind::Sent(sent));
        self.transmit.extend_from_slice(piece.octets);
        self.transmit.extend_from_slice(piece.ending.octets());
    }

    /// Remembers the secret of a line that is whole now; raw octets may have begun it.
    fn remember_secret(&mut self, line: &CommandLine, end: &Secret) {
        let names = self.login_names();
        let text = line.text();
        let from = line.clone().hide(false).secret();
        if line.verb() == Verb::Other || end.len() < text.len() {
            self.secrets.remember(end.reveal(), &names);
        }
        // A command in the place of an answer is a slip, and its words are no secret.
        let from = from.or((line.verb() == Verb::Other).then_some(0));
        if let Some(from) = from {
            self.secrets.remember(&text.as_bytes()[from..], &names);
        }
    }

    /// Whether a line is the header that a proxy puts before all else (version 1 of HAProxy's PROXY
    /// protocol): it is never answered.
    fn is_proxy(&self, line: &CommandLine) -> bool {
        self.turns == 0 && self.phase == Phase::Greeting && line.text().starts_with("PROXY ")
    }

    pub(super) fn ask(&mut self, awaited: Awaited, verb: Verb, dot: bool, now: Instant) -> Turn {
        let turn = Turn(self.turns);
        self.turns += 1;
        if awaited == Awaited::EndOfData && self.phase == Phase::Message {
            self.phase = Phase::Submitted;
        }
        if self.pending.is_empty() {
            // The beginning of a line that nobody had asked for.
            let early = self.lines.pending().to_vec();
            self.keep_unasked(&early);
        }
        self.pending.push_back(PendingCommand {
            awaited,
            turn: Some(turn),
            at: now,
            verb,
            dot,
            argument: "".into(),
        });
        turn
    }

    /// Where the dialogue will stand if all that is under way succeeds.
    pub(super) fn expected_phase(&self) -> Phase {
        let mut phase = self.phase;
        for command_pending in &self.pending {
            if phase == Phase::Message {
                // What follows DATA is the message, up to its dot.
                if command_pending.dot {
                    phase = Phase::Ready;
                }
                continue;
            }
            let success = match command_pending.awaited {
                Awaited::Greeting | Awaited::Command(Verb::StartTls) => 220,
                Awaited::Command(Verb::Data) => 354,
                Awaited::Command(Verb::Quit) => 221,
                Awaited::Command(Verb::Auth | Verb::Xexps) | Awaited::SaslAnswer => 235,
                _ => 250,
            };
            if command_pending.awaited != Awaited::Greeting {
                phase = phase.after(command_pending.awaited, Code::new(success));
            }
        }
        phase
    }

    pub(super) fn run_auto_start_tls(
        &mut self,
        step: impl FnOnce(AutoStartTls) -> Move,
        now: Instant,
    ) {
        let Some(auto_start_tls) = self.auto_start_tls.take() else {
            return;
        };
        let mut moved = step(auto_start_tls.clone());
        if moved.1.is_some() && !self.lines.pending().is_empty() {
            // What is already there cannot be the answer to what is still to be asked.
            moved = auto_start_tls.stop("the server said more than it was asked");
        }
        let (next, line, words) = moved;
        self.auto_start_tls = next;
        if let Some(words) = words {
            self.note(now, Level::Fault, words);
        }
        if let Some(line) = line {
            self.write_line(&line, None, now);
        }
    }
}

/// The earlier of two places, where there are any.
fn earlier(one: Option<usize>, other: Option<usize>) -> Option<usize> {
    one.into_iter().chain(other).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_behind_a_message_have_a_cap_and_come_back_over_it() {
        let now = Instant::now();
        let mut session = Session::new(None);
        session.handle_connected(Link::Clear, now);
        session.begin_message();
        while session.poll_event().is_some() {}
        for _ in 0..BEHIND_MESSAGE {
            session.send_line(CommandLine::parse("NOOP").unwrap(), None, now);
        }
        assert!(session.poll_event().is_none());
        let line = CommandLine::parse("RSET").unwrap();
        session.send_line(line.clone(), None, now);
        let back = |event| matches!(event, Some(Event::NotSent { line: back, why: Unsent::Busy }) if back == line);
        assert!(back(session.poll_event()));
        session.end_message(now);
        let sent = String::from_utf8(session.poll_transmit()).unwrap();
        assert_eq!(sent.matches("NOOP\r\n").count(), BEHIND_MESSAGE);
        assert!(!sent.contains("RSET"));
    }
}
