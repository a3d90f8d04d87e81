//! The server as a pure machine: octets of one client in, replies out, in order. No socket and no
//! clock; `connection` lends it both.

use std::sync::Arc;

use crate::smtp::CommandLine;
use crate::smtp::line::{Ending, Line, LineBuffer};

use super::auth::Exchange;
use super::chunk::Chunk;
use super::house::House;
use super::intake::Intake;
use super::reply::Reply;
use super::session::{Link, Outcome, Session};
use super::transaction::Transaction;
use super::watch::{Watch, shown};

/// The longest command without its line break: RFC 5321 section 4.5.3.1.4 asks for 512 octets, and
/// the parameters of the extensions want more.
const COMMAND_CAP: usize = 4096;
/// The longest line in AUTH (RFC 4954 section 4.3), and the most that is read as one piece.
const AUTH_LINE_CAP: usize = 12_288;
/// How many bad commands end a conversation.
const BAD_COMMANDS_CAP: u32 = 20;
/// How many lines the mood `flood` answers EHLO with.
const FLOOD_LINES: u32 = 1_000_000;
/// How many of them are written at once.
const FLOOD_STEP: u32 = 2000;

/// What a client is to be told, and what happens then.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer {
    /// The octets to write.
    pub(super) wire: Vec<u8>,
    /// What follows them.
    pub(super) then: Then,
}

/// What follows an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    /// The conversation goes on.
    GoOn,
    /// TLS begins; when it stands, [`Dialogue::secured`] is called.
    StartTls,
    /// The connection is closed in good order.
    Close,
    /// The connection ends where it stands, as if the server had died.
    Cut,
}

/// One conversation.
#[derive(Debug)]
pub(super) struct Dialogue {
    session: Session,
    watch: Watch,
    input: LineBuffer,
    mode: Mode,
    bad_commands: u32,
}

/// What the next octets are.
#[derive(Debug)]
enum Mode {
    /// Nothing yet: the server speaks first.
    Greeting,
    Command,
    /// The rest of a line that is refused for its length.
    Overlong(Reply),
    /// The client's turn in an exchange of AUTH.
    Auth(Exchange),
    /// Lines of the text.
    Text(Transaction, Intake),
    /// So many octets more of a chunk.
    Chunk(Chunk, u64),
    /// Nothing before the flood is written, which goes on with this line.
    Flood(u32),
    /// Nothing: the conversation is over, or TLS is to begin. What still comes is not read.
    Over,
}

impl Dialogue {
    pub(super) fn new(house: Arc<House>, watch: Watch, link: Link) -> Self {
        Self {
            session: Session::new(house, link),
            watch,
            input: LineBuffer::new(AUTH_LINE_CAP),
            mode: Mode::Greeting,
            bad_commands: 0,
        }
    }

    /// Takes octets off the wire. [`Self::next_answer`] is to be asked until it has none before the
    /// next ones are brought, so that what waits here stays small.
    pub(super) fn receive(&mut self, bytes: &[u8]) {
        if !matches!(self.mode, Mode::Over) {
            self.input.push(bytes);
        }
    }

    /// The next answer, if what came so far is enough for one.
    pub(super) fn next_answer(&mut self) -> Option<Answer> {
        loop {
            let answer = match std::mem::replace(&mut self.mode, Mode::Command) {
                Mode::Greeting => {
                    let greeting = self.session.greeting();
                    self.conclude("greeting", greeting)
                }
                Mode::Flood(line) => Some(self.flood(line)),
                Mode::Over => {
                    self.mode = Mode::Over;
                    return None;
                }
                Mode::Chunk(chunk, left) => return self.chunk(chunk, left),
                lines => {
                    let Some(line) = self.input.next_line() else {
                        self.mode = lines;
                        return None;
                    };
                    self.line(lines, line)
                }
            };
            if answer.is_some() {
                return answer;
            }
        }
    }

    /// TLS stands, and all begins anew but for the greeting (RFC 3207 section 4.2).
    pub(super) fn secured(&mut self) {
        self.session.secured();
        self.input = LineBuffer::new(AUTH_LINE_CAP);
        self.mode = Mode::Command;
    }

    /// What the TLS channel exports, for mechanisms that are bound to it.
    pub(super) fn bound(&mut self, exporter: Vec<u8>) {
        self.session.bound(exporter);
    }

    /// The client has been silent for too long.
    pub(super) fn idle(&mut self) -> Option<Answer> {
        let reply = Reply::new(421, "4.4.2", "Nothing heard for too long: closing");
        self.conclude("silence", Outcome::Close(reply))
    }

    /// Takes one line, or a piece of one that is too long to be taken whole.
    fn line(&mut self, mode: Mode, line: Line) -> Option<Answer> {
        let (kind, outcome) = match mode {
            Mode::Text(transaction, mut intake) => {
                if !intake.line(&line) {
                    self.mode = Mode::Text(transaction, intake);
                    return None;
                }
                ("the text", self.session.text_ends(transaction, intake))
            }
            Mode::Overlong(reply) if line.ending == Ending::Cap => {
                self.mode = Mode::Overlong(reply);
                return None;
            }
            Mode::Overlong(reply) => ("a line too long", Outcome::Say(reply)),
            Mode::Auth(_) if line.ending == Ending::Cap => {
                self.mode = Mode::Overlong(too_long(true));
                return None;
            }
            Mode::Auth(exchange) => {
                let outcome = match line.ending {
                    Ending::CrLf => self.session.answer(exchange, &line.bytes),
                    _ => Outcome::Say(Reply::new(501, "5.5.2", BARE_LF)),
                };
                ("an answer to AUTH", outcome)
            }
            _ => return self.command_line(line),
        };
        self.conclude(kind, outcome)
    }

    fn command_line(&mut self, line: Line) -> Option<Answer> {
        let head = line.bytes.get(..5).unwrap_or_default();
        let is_auth = head.eq_ignore_ascii_case(b"AUTH ");
        let refusal = match line.ending {
            Ending::Cap => {
                self.mode = Mode::Overlong(too_long(is_auth));
                return None;
            }
            _ if line.bytes.len() > COMMAND_CAP && !is_auth => too_long(false),
            Ending::Lf | Ending::Cut => Reply::new(500, "5.5.2", BARE_LF),
            Ending::CrLf => match String::from_utf8(line.bytes).map(CommandLine::parse) {
                Ok(Ok(command)) => {
                    let outcome = self.session.obey(&command);
                    let kind = self.watch.is_open().then(|| shown(&command));
                    return self.conclude(&kind.unwrap_or_default(), outcome);
                }
                Ok(Err(_)) => {
                    Reply::new(500, "5.5.2", "A CR or NUL stands in the middle of the line")
                }
                Err(_) => Reply::new(500, "5.5.2", "A command is ASCII; an address may be UTF-8"),
            },
        };
        self.conclude("a line that is no command", Outcome::Say(refusal))
    }

    /// Takes octets of a chunk; the answer, once the last of them has come.
    fn chunk(&mut self, chunk: Chunk, left: u64) -> Option<Answer> {
        let waiting = self.input.take_rest();
        let take = usize::try_from(left).map_or(waiting.len(), |left| left.min(waiting.len()));
        let (octets, rest) = waiting.split_at(take);
        if chunk.refusal.is_none() {
            self.session.chunk_octets(octets);
        }
        self.input.push(rest);
        let left = left - take as u64;
        if left > 0 {
            self.mode = Mode::Chunk(chunk, left);
            return None;
        }
        let last = if chunk.last { " LAST" } else { "" };
        let kind = format!("BDAT {}{last}", chunk.size);
        let outcome = self.session.chunk_ends(chunk);
        self.conclude(&kind, outcome)
    }

    fn flood(&mut self, first: u32) -> Answer {
        let last = (first + FLOOD_STEP - 1).min(FLOOD_LINES);
        let mut wire = String::new();
        for number in first..=last {
            let separator = if number < FLOOD_LINES { '-' } else { ' ' };
            wire.push_str(&format!("250{separator}X-FLOOD-{number:07}\r\n"));
        }
        if last < FLOOD_LINES {
            self.mode = Mode::Flood(last + 1);
        }
        Answer {
            wire: wire.into_bytes(),
            then: Then::GoOn,
        }
    }

    /// Turns what became of a command into an answer, and into what the next octets are. None where
    /// the answer waits for more of them.
    fn conclude(&mut self, kind: &str, outcome: Outcome) -> Option<Answer> {
        let (reply, then) = match outcome {
            Outcome::Say(reply) => self.count(reply),
            Outcome::Kept(reply) => {
                self.bad_commands = 0;
                (reply, Then::GoOn)
            }
            Outcome::StartTls(reply) => {
                self.drop_what_waits();
                (reply, Then::StartTls)
            }
            Outcome::Close(reply) => (reply, Then::Close),
            Outcome::Cut(reply) => (reply, Then::Cut),
            Outcome::Flood(reply) => {
                self.mode = Mode::Flood(1);
                (reply, Then::GoOn)
            }
            Outcome::Ask(exchange, reply) => {
                self.mode = Mode::Auth(exchange);
                (reply, Then::GoOn)
            }
            Outcome::Text(transaction, reply) => {
                self.mode = Mode::Text(transaction, Intake::default());
                (reply, Then::GoOn)
            }
            Outcome::Chunk(chunk) => {
                let left = chunk.size;
                self.mode = Mode::Chunk(chunk, left);
                return None;
            }
        };
        self.watch
            .tell(|| format!("{kind}: {}", reply.first_line()));
        let mut wire = match self.mode {
            Mode::Flood(_) => reply.to_wire_unfinished(),
            _ => reply.to_wire(),
        };
        if then == Then::Cut {
            wire.truncate(wire.len() / 2);
        }
        if then != Then::GoOn {
            self.mode = Mode::Over;
        }
        Some(Answer { wire, then })
    }

    /// Lets a reply that blames the client count towards the end of the conversation.
    fn count(&mut self, reply: Reply) -> (Reply, Then) {
        if reply.blames_the_client() {
            self.bad_commands += 1;
        }
        if self.bad_commands < BAD_COMMANDS_CAP {
            return (reply, Then::GoOn);
        }
        let text = "Too many bad commands: closing";
        (Reply::new(421, "4.7.0", text), Then::Close)
    }

    /// What stands behind STARTTLS came in clear and may be another's: it is neither obeyed inside
    /// TLS nor answered (RFC 3207 section 6).
    fn drop_what_waits(&mut self) {
        let dropped = self.input.take_rest().len();
        if dropped > 0 {
            self.watch
                .tell(|| format!("{dropped} octets behind STARTTLS thrown away"));
        }
    }
}

const BARE_LF: &str = "A line ends in CR LF, this one in LF alone (RFC 5321 section 2.3.8)";

fn too_long(is_auth: bool) -> Reply {
    if is_auth {
        // The one line whose length has an enhanced code of its own (RFC 4954 section 6).
        return Reply::new(500, "5.5.6", "Line too long: at most 12288 octets in AUTH");
    }
    Reply::new(
        500,
        "5.5.2",
        "Line too long: at most 4096 octets in a command",
    )
}

#[cfg(test)]
mod tests;
