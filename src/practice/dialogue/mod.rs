//! The server as a pure machine: octets of one client in, replies out, in order. No socket and no
//! clock; `connection` lends it both.

use std::sync::Arc;

use crate::smtp::CommandLine;
use crate::smtp::line::{Ending, Line, LineBuffer};

use super::auth::ServerExchange;
use super::chunk::Chunk;
use super::log::{ConnectionLog, redacted};
use super::receiver::MessageReceiver;
use super::reply::Reply;
use super::session::{Channel, CommandOutcome, ServerSession};
use super::state::ServerState;
use super::transaction::Transaction;

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
pub(super) struct Output {
    /// The octets to write.
    pub(super) wire: Vec<u8>,
    /// What follows them.
    pub(super) next: Next,
}

/// What follows an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// The conversation goes on.
    Continue,
    /// TLS begins; when it stands, [`Dialogue::tls_established`] is called.
    StartTls,
    /// The connection is closed in good order.
    Close,
    /// The connection ends where it stands, as if the server had died.
    Abort,
}

/// One conversation.
#[derive(Debug)]
pub(super) struct Dialogue {
    session: ServerSession,
    log: ConnectionLog,
    input: LineBuffer,
    mode: InputMode,
    bad_commands: u32,
}

/// What the next octets are.
#[derive(Debug)]
enum InputMode {
    /// Nothing yet: the server speaks first.
    Greeting,
    Command,
    /// The rest of a line that is refused for its length.
    Overlong(Reply),
    /// The client's turn in an exchange of AUTH.
    Auth(ServerExchange),
    /// Lines of the text.
    Data(Transaction, MessageReceiver),
    /// So many octets more of a chunk.
    Chunk(Chunk, u64),
    /// Nothing before the flood is written, which goes on with this line.
    Flood(u32),
    /// Nothing: the conversation is over, or TLS is to begin. What still comes is not read.
    Closed,
}

impl Dialogue {
    pub(super) fn new(state: Arc<ServerState>, log: ConnectionLog, channel: Channel) -> Self {
        Self {
            session: ServerSession::new(state, channel),
            log,
            input: LineBuffer::new(AUTH_LINE_CAP),
            mode: InputMode::Greeting,
            bad_commands: 0,
        }
    }

    /// Takes octets off the wire. [`Self::next_output`] is to be asked until it has none before the
    /// next ones are brought, so that what waits here stays small.
    pub(super) fn receive(&mut self, bytes: &[u8]) {
        if !matches!(self.mode, InputMode::Closed) {
            self.input.push(bytes);
        }
    }

    /// The next answer, if what came so far is enough for one.
    pub(super) fn next_output(&mut self) -> Option<Output> {
        loop {
            let output = match std::mem::replace(&mut self.mode, InputMode::Command) {
                InputMode::Greeting => {
                    let greeting = self.session.greeting();
                    self.finish_command("greeting", greeting)
                }
                InputMode::Flood(line) => Some(self.flood(line)),
                InputMode::Closed => {
                    self.mode = InputMode::Closed;
                    return None;
                }
                InputMode::Chunk(chunk, left) => return self.chunk(chunk, left),
                lines => {
                    let Some(line) = self.input.next_line() else {
                        self.mode = lines;
                        return None;
                    };
                    self.line(lines, line)
                }
            };
            if output.is_some() {
                return output;
            }
        }
    }

    /// TLS stands, and all begins anew but for the greeting (RFC 3207 section 4.2).
    pub(super) fn tls_established(&mut self) {
        self.session.tls_established();
        self.input = LineBuffer::new(AUTH_LINE_CAP);
        self.mode = InputMode::Command;
    }

    /// What the TLS channel exports, for mechanisms that are bound to it.
    pub(super) fn set_exporter(&mut self, exporter: Vec<u8>) {
        self.session.set_exporter(exporter);
    }

    /// The client has been silent for too long.
    pub(super) fn timed_out(&mut self) -> Option<Output> {
        let reply = Reply::new(421, "4.4.2", "Nothing heard for too long: closing");
        self.finish_command("silence", CommandOutcome::Close(reply))
    }

    /// Takes one line, or a piece of one that is too long to be taken whole.
    fn line(&mut self, mode: InputMode, line: Line) -> Option<Output> {
        let (kind, outcome) = match mode {
            InputMode::Data(transaction, mut receiver) => {
                if !receiver.line(&line) {
                    self.mode = InputMode::Data(transaction, receiver);
                    return None;
                }
                ("the text", self.session.finish_data(transaction, receiver))
            }
            InputMode::Overlong(reply) if line.ending == Ending::Cap => {
                self.mode = InputMode::Overlong(reply);
                return None;
            }
            InputMode::Overlong(reply) => ("a line too long", CommandOutcome::Reply(reply)),
            InputMode::Auth(_) if line.ending == Ending::Cap => {
                self.mode = InputMode::Overlong(too_long(true));
                return None;
            }
            InputMode::Auth(exchange) => {
                let outcome = match line.ending {
                    Ending::CrLf => self.session.sasl_response(exchange, &line.bytes),
                    _ => CommandOutcome::Reply(Reply::new(501, "5.5.2", BARE_LF)),
                };
                ("an answer to AUTH", outcome)
            }
            _ => return self.command_line(line),
        };
        self.finish_command(kind, outcome)
    }

    fn command_line(&mut self, line: Line) -> Option<Output> {
        let head = line.bytes.get(..5).unwrap_or_default();
        let is_auth = head.eq_ignore_ascii_case(b"AUTH ");
        let refusal = match line.ending {
            Ending::Cap => {
                self.mode = InputMode::Overlong(too_long(is_auth));
                return None;
            }
            _ if line.bytes.len() > COMMAND_CAP && !is_auth => too_long(false),
            Ending::Lf | Ending::Cut => Reply::new(500, "5.5.2", BARE_LF),
            Ending::CrLf => match String::from_utf8(line.bytes).map(CommandLine::parse) {
                Ok(Ok(command)) => {
                    let outcome = self.session.execute(&command);
                    let kind = self.log.is_open().then(|| redacted(&command));
                    return self.finish_command(&kind.unwrap_or_default(), outcome);
                }
                Ok(Err(_)) => {
                    Reply::new(500, "5.5.2", "A CR or NUL stands in the middle of the line")
                }
                Err(_) => Reply::new(500, "5.5.2", "A command is ASCII; an address may be UTF-8"),
            },
        };
        self.finish_command("a line that is no command", CommandOutcome::Reply(refusal))
    }

    /// Takes octets of a chunk; the answer, once the last of them has come.
    fn chunk(&mut self, chunk: Chunk, left: u64) -> Option<Output> {
        let waiting = self.input.take_rest();
        let take = usize::try_from(left).map_or(waiting.len(), |left| left.min(waiting.len()));
        let (octets, rest) = waiting.split_at(take);
        if chunk.refusal.is_none() {
            self.session.chunk_octets(octets);
        }
        self.input.push(rest);
        let left = left - take as u64;
        if left > 0 {
            self.mode = InputMode::Chunk(chunk, left);
            return None;
        }
        let last = if chunk.last { " LAST" } else { "" };
        let kind = format!("BDAT {}{last}", chunk.size);
        let outcome = self.session.finish_chunk(chunk);
        self.finish_command(&kind, outcome)
    }

    fn flood(&mut self, first: u32) -> Output {
        let last = (first + FLOOD_STEP - 1).min(FLOOD_LINES);
        let mut wire = String::new();
        for number in first..=last {
            let separator = if number < FLOOD_LINES { '-' } else { ' ' };
            wire.push_str(&format!("250{separator}X-FLOOD-{number:07}\r\n"));
        }
        if last < FLOOD_LINES {
            self.mode = InputMode::Flood(last + 1);
        }
        Output {
            wire: wire.into_bytes(),
            next: Next::Continue,
        }
    }

    /// Turns what became of a command into an answer, and into what the next octets are. None where
    /// the answer waits for more of them.
    fn finish_command(&mut self, kind: &str, outcome: CommandOutcome) -> Option<Output> {
        let (reply, next) = match outcome {
            CommandOutcome::Reply(reply) => self.count(reply),
            CommandOutcome::Stored(reply) => {
                self.bad_commands = 0;
                (reply, Next::Continue)
            }
            CommandOutcome::StartTls(reply) => {
                self.discard_pipelined();
                (reply, Next::StartTls)
            }
            CommandOutcome::Close(reply) => (reply, Next::Close),
            CommandOutcome::Abort(reply) => (reply, Next::Abort),
            CommandOutcome::Flood(reply) => {
                self.mode = InputMode::Flood(1);
                (reply, Next::Continue)
            }
            CommandOutcome::Challenge(exchange, reply) => {
                self.mode = InputMode::Auth(exchange);
                (reply, Next::Continue)
            }
            CommandOutcome::ReadData(transaction, reply) => {
                self.mode = InputMode::Data(transaction, MessageReceiver::default());
                (reply, Next::Continue)
            }
            CommandOutcome::ReadChunk(chunk) => {
                let left = chunk.size;
                self.mode = InputMode::Chunk(chunk, left);
                return None;
            }
        };
        self.log.event(|| format!("{kind}: {}", reply.first_line()));
        let mut wire = match self.mode {
            InputMode::Flood(_) => reply.to_wire_unfinished(),
            _ => reply.to_wire(),
        };
        if next == Next::Abort {
            wire.truncate(wire.len() / 2);
        }
        if next != Next::Continue {
            self.mode = InputMode::Closed;
        }
        Some(Output { wire, next })
    }

    /// Lets a reply that blames the client count towards the end of the conversation.
    fn count(&mut self, reply: Reply) -> (Reply, Next) {
        if reply.is_client_error() {
            self.bad_commands += 1;
        }
        if self.bad_commands < BAD_COMMANDS_CAP {
            return (reply, Next::Continue);
        }
        let text = "Too many bad commands: closing";
        (Reply::new(421, "4.7.0", text), Next::Close)
    }

    /// What stands behind STARTTLS came in clear and may be another's: it is neither obeyed inside
    /// TLS nor answered (RFC 3207 section 6).
    fn discard_pipelined(&mut self) {
        let dropped = self.input.take_rest().len();
        if dropped > 0 {
            self.log
                .event(|| format!("{dropped} octets behind STARTTLS thrown away"));
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
