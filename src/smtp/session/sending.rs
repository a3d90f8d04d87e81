//! From a line to the wire: what it is by the phase, what of it is a secret, what it asks.

use std::time::Instant;

use super::{Question, Session};
use crate::smtp::code::Code;
use crate::smtp::command::{CommandLine, Verb};
use crate::smtp::event::{Event, Exposure, Link, Unsent};
use crate::smtp::opening::{Move, Opening};
use crate::smtp::phase::{Asked, Phase};
use crate::smtp::secret::Secret;
use crate::smtp::transcript::{Level, Sent, SentKind, Turn, What};

impl Session {
    /// Sends a line as it was typed, plus CR LF. `consent` lets a secret go although it is exposed
    /// so; it is asked for once for each kind of link.
    ///
    /// A line that cannot go comes back in [`Event::NotSent`], so that it is never lost.
    pub fn send_line(&mut self, line: CommandLine, consent: Option<Exposure>, now: Instant) {
        if self.message.is_some() {
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
        let answers = self.secret_lines();
        let secret_from = match line.text() {
            "*" | "" | "=" if answers => None,
            _ if answers || line.is_hidden() => line.clone().hide(true).secret(),
            // A line of a message is no command, even if it reads like one. Before 354 it may be one.
            _ if self.phase == Phase::Message => None,
            // Whoever did not see the refusal goes on with the next answer.
            _ if self.login_refused && line.looks_like_base64() => line.clone().hide(true).secret(),
            _ => line.secret(),
        };
        if secret_from.is_some()
            && let Some(why) = self.withholds(consent)
        {
            return self.events.push_back(Event::NotSent { line, why });
        }
        self.take_over(&line, now);
        self.write_line(&line, secret_from, now);
        self.tell_standing();
    }

    pub(super) fn write_line(
        &mut self,
        line: &CommandLine,
        secret_from: Option<usize>,
        now: Instant,
    ) {
        let verb = line.verb();
        let in_exchange = self.secret_lines();
        self.login_refused &= verb == Verb::Other;
        let octets = line.text().len() as u64 + 2;
        let (kind, asked) = if self.chunk_left > 0 {
            self.chunk_left = self.chunk_left.saturating_sub(octets);
            (SentKind::Message, None)
        } else if self.phase == Phase::Message {
            let ends = line.text() == ".";
            (SentKind::Message, ends.then_some(Asked::EndOfData))
        } else if self.phase == Phase::Exchange {
            (SentKind::SaslAnswer, Some(Asked::SaslAnswer))
        } else if let Some((size, last)) = line.chunk() {
            self.chunk_left = size;
            (SentKind::Command, Some(Asked::Chunk { last }))
        } else {
            (SentKind::Command, Some(Asked::Command(verb)))
        };
        let out_of_order = match asked {
            Some(_) if self.awaits(Asked::Greeting) => true,
            Some(Asked::Command(verb)) => {
                !self.expected_phase().allows(verb)
                    || (verb == Verb::StartTls && self.link != Link::Clear)
            }
            Some(Asked::Chunk { .. }) => !self.expected_phase().allows(Verb::Bdat),
            _ => false,
        };
        let turn = asked.map(|asked| self.ask(asked, verb, line.text() == ".", now));
        let (open, secret) = line
            .text()
            .split_at(secret_from.unwrap_or(line.text().len()));
        let secret = secret_from.map(|_| Secret::new(secret.as_bytes().to_vec()));
        let gloss = self.read_sent(line, asked, turn, in_exchange).map(Box::new);
        let sent = Sent {
            turn,
            open: open.as_bytes().into(),
            secret,
            gloss,
            kind,
            out_of_order,
        };
        self.push_entry(now, What::Sent(sent));
        self.transmit.extend_from_slice(line.text().as_bytes());
        self.transmit.extend_from_slice(b"\r\n");
    }

    pub(super) fn ask(&mut self, asked: Asked, verb: Verb, dot: bool, now: Instant) -> Turn {
        let turn = Turn(self.turns);
        self.turns += 1;
        if asked == Asked::EndOfData && self.phase == Phase::Message {
            self.phase = Phase::Submitted;
        }
        if self.questions.is_empty() {
            // The beginning of a line that nobody had asked for.
            let early = self.lines.pending().to_vec();
            self.keep_unasked(&early);
        }
        self.questions.push_back(Question {
            asked,
            turn: Some(turn),
            at: now,
            verb,
            dot,
        });
        turn
    }

    /// Where the dialogue will stand if all that is under way succeeds.
    pub(super) fn expected_phase(&self) -> Phase {
        let mut phase = self.phase;
        for question in &self.questions {
            if phase == Phase::Message {
                // What follows DATA is the message, up to its dot.
                if question.dot {
                    phase = Phase::Ready;
                }
                continue;
            }
            let success = match question.asked {
                Asked::Greeting | Asked::Command(Verb::StartTls) => 220,
                Asked::Command(Verb::Data) => 354,
                Asked::Command(Verb::Quit) => 221,
                Asked::Command(Verb::Auth | Verb::Xexps) | Asked::SaslAnswer => 235,
                _ => 250,
            };
            if question.asked != Asked::Greeting {
                phase = phase.after(question.asked, Code::new(success));
            }
        }
        phase
    }

    pub(super) fn run_opening(&mut self, step: impl FnOnce(Opening) -> Move, now: Instant) {
        let Some(opening) = self.opening.take() else {
            return;
        };
        let mut moved = step(opening.clone());
        if moved.1.is_some() && !self.lines.pending().is_empty() {
            // What is already there cannot be the answer to what is still to be asked.
            moved = opening.stop("the server said more than it was asked");
        }
        let (next, line, words) = moved;
        self.opening = next;
        if let Some(words) = words {
            self.note(now, Level::Fault, words);
        }
        if let Some(line) = line {
            self.write_line(&line, None, now);
        }
    }
}
