//! The server as a state machine: octets of one client in, replies out. It has no socket and no
//! clock; `connection` provides both.

mod playing;

use std::sync::Arc;
use std::time::Duration;

use crate::smtp::CommandLine;
use crate::smtp::line::{Ending, Line, LineBuffer};

use self::playing::played;
use super::auth::ServerExchange;
use super::chunk::Chunk;
use super::log::{ConnectionLog, redacted};
use super::outcome::CommandOutcome;
use super::receiver::MessageReceiver;
use super::reply::Reply;
use super::rule::Place;
use super::script::{Answer, ScriptEnd};
use super::session::{Channel, ServerSession};
use super::state::ServerState;
use super::transaction::Transaction;

/// The maximum length of a command without its line break. RFC 5321 section 4.5.3.1.4 requires 512
/// octets; parameters of extensions need more.
const COMMAND_CAP: usize = 4096;
/// The maximum length of a line in AUTH (RFC 4954 section 4.3), and of any piece of input.
const AUTH_LINE_CAP: usize = 12_288;
/// The number of bad commands that ends a conversation.
const BAD_COMMANDS_CAP: u32 = 20;
/// The number of lines of the EHLO reply in the mood `flood`.
const FLOOD_LINES: u32 = 1_000_000;
/// The number of these lines per output.
const FLOOD_STEP: u32 = 2000;

/// Octets to send, and what happens after that.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Output {
    /// The octets to send.
    pub(super) wire: Vec<u8>,
    /// What happens after that.
    pub(super) next: Next,
    /// How long to wait before the octets are sent.
    pub(super) delay: Duration,
}

/// What happens after an output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// The conversation goes on.
    Continue,
    /// TLS starts; after the handshake [`Dialogue::tls_established`] must be called.
    StartTls,
    /// The connection is closed gracefully.
    Close,
    /// The connection is dropped, as if the server had crashed.
    Abort,
}

/// The conversation with one client.
#[derive(Debug)]
pub(super) struct Dialogue {
    state: Arc<ServerState>,
    session: ServerSession,
    log: ConnectionLog,
    input: LineBuffer,
    mode: InputMode,
    /// What the next reply is about.
    place: Place,
    bad_commands: u32,
    /// The number of the next line of the client in the script.
    next_line: usize,
    /// What the script answers in place of the next reply.
    scripted: Option<Answer>,
}

/// How the next octets are interpreted.
#[derive(Debug)]
enum InputMode {
    /// Not yet: the greeting must be sent first.
    Greeting,
    /// As a command.
    Command,
    /// As the rest of an overlong line, which gets this reply.
    Overlong(Reply),
    /// As a response in an AUTH exchange.
    Auth(ServerExchange),
    /// As lines of a message.
    Data(Transaction, MessageReceiver),
    /// As the remaining octets of a chunk.
    Chunk(Chunk, u64),
    /// Not yet: the flood must be sent first, from this line on.
    Flood(u32),
    /// Not at all: the conversation has ended, or TLS starts.
    Closed,
}

impl Dialogue {
    pub(super) fn new(state: Arc<ServerState>, log: ConnectionLog, channel: Channel) -> Self {
        Self {
            session: ServerSession::new(Arc::clone(&state), channel),
            state,
            log,
            input: LineBuffer::new(AUTH_LINE_CAP),
            mode: InputMode::Greeting,
            place: Place::Greeting,
            bad_commands: 0,
            next_line: 0,
            scripted: None,
        }
    }

    /// Takes received octets. Call [`Self::next_output`] until it returns `None` before the next
    /// call, to keep the buffer small.
    pub(super) fn receive(&mut self, bytes: &[u8]) {
        if !matches!(self.mode, InputMode::Closed) {
            self.input.push(bytes);
        }
    }

    /// The next output; `None` if it needs more input.
    pub(super) fn next_output(&mut self) -> Option<Output> {
        loop {
            let output = match std::mem::replace(&mut self.mode, InputMode::Command) {
                InputMode::Greeting => {
                    let greeting = self.session.greeting();
                    self.scripted = self.state.script.greeting().cloned();
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

    /// Resets the state after a TLS handshake, without a new greeting (RFC 3207 section 4.2).
    pub(super) fn tls_established(&mut self) {
        self.session.tls_established();
        self.input = LineBuffer::new(AUTH_LINE_CAP);
        self.mode = InputMode::Command;
    }

    /// Sets the exported keying material of the TLS channel, for mechanisms with channel binding.
    pub(super) fn set_exporter(&mut self, exporter: Vec<u8>) {
        self.session.set_exporter(exporter);
    }

    /// Ends the conversation after an idle timeout.
    pub(super) fn timed_out(&mut self) -> Option<Output> {
        let reply = Reply::new(421, "4.4.2", "Idle for too long: closing connection");
        self.finish_command("idle timeout", CommandOutcome::Close(reply))
    }

    /// Handles a line, or a piece of an overlong line.
    fn line(&mut self, mode: InputMode, line: Line) -> Option<Output> {
        let (kind, outcome) = match mode {
            InputMode::Data(transaction, mut receiver) => {
                if !receiver.line(&line) {
                    self.mode = InputMode::Data(transaction, receiver);
                    return None;
                }
                self.place = Place::Dot;
                self.play(".");
                (
                    "message data",
                    self.session.finish_data(transaction, receiver),
                )
            }
            InputMode::Overlong(reply) if line.ending == Ending::Cap => {
                self.mode = InputMode::Overlong(reply);
                return None;
            }
            InputMode::Overlong(reply) => ("overlong line", CommandOutcome::Reply(reply)),
            InputMode::Auth(_) if line.ending == Ending::Cap => {
                self.mode = InputMode::Overlong(too_long(true));
                return None;
            }
            InputMode::Auth(exchange)
                if let Some(code) = self.play(&String::from_utf8_lossy(&line.bytes)) =>
            {
                let reply = played(code);
                let outcome = match code {
                    334 => CommandOutcome::Challenge(exchange, reply),
                    _ => CommandOutcome::Stored(reply),
                };
                ("AUTH response", outcome)
            }
            InputMode::Auth(exchange) => {
                let outcome = match line.ending {
                    Ending::CrLf => self.session.sasl_response(exchange, &line.bytes),
                    _ => CommandOutcome::Reply(Reply::new(501, "5.5.2", BARE_LF)),
                };
                ("AUTH response", outcome)
            }
            _ => return self.command_line(line),
        };
        self.finish_command(kind, outcome)
    }

    fn command_line(&mut self, line: Line) -> Option<Output> {
        let start = line.bytes.get(..5).unwrap_or_default();
        let is_auth = start.eq_ignore_ascii_case(b"AUTH ");
        let refusal = match line.ending {
            Ending::Cap => {
                self.mode = InputMode::Overlong(too_long(is_auth));
                return None;
            }
            _ if line.bytes.len() > COMMAND_CAP && !is_auth => too_long(false),
            Ending::Lf | Ending::Cut => Reply::new(500, "5.5.2", BARE_LF),
            Ending::CrLf => match String::from_utf8(line.bytes).map(CommandLine::parse) {
                Ok(Ok(command)) => {
                    let first_word = command.text().split(' ').next().unwrap_or_default();
                    self.place = Place::of(command.verb(), first_word);
                    let outcome = match self.play(command.text()) {
                        Some(code) => self.obey_as(code, &command),
                        None => self.session.execute(&self.place, &command),
                    };
                    let kind = self.log.is_open().then(|| redacted(&command));
                    return self.finish_command(&kind.unwrap_or_default(), outcome);
                }
                Ok(Err(_)) => Reply::new(500, "5.5.2", "Line contains a bare CR or a NUL"),
                Err(_) => Reply::new(500, "5.5.2", "Line is not valid UTF-8"),
            },
        };
        self.finish_command("invalid command line", CommandOutcome::Reply(refusal))
    }

    /// Handles octets of a chunk; returns an output after the last one.
    fn chunk(&mut self, chunk: Chunk, left: u64) -> Option<Output> {
        let input = self.input.take_rest();
        let take = usize::try_from(left).map_or(input.len(), |left| left.min(input.len()));
        let (octets, rest) = input.split_at(take);
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
        if chunk.last {
            self.place = Place::Dot;
        }
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
            delay: Duration::ZERO,
        }
    }

    /// Turns the outcome of a command into an output and sets the input mode. `None` if the reply
    /// comes after more input.
    fn finish_command(&mut self, kind: &str, outcome: CommandOutcome) -> Option<Output> {
        let (reply, next) = match outcome {
            CommandOutcome::Reply(reply) => self.count_errors(reply),
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
        let delay = self.session.rules().delay(&self.place);
        if self.session.rules().drops(&self.place) {
            self.log.event(|| format!("{kind}: dropped by a rule"));
            self.mode = InputMode::Closed;
            return Some(Output {
                wire: Vec::new(),
                next: Next::Abort,
                delay,
            });
        }
        if let Some(answer) = self.scripted.take() {
            self.log
                .event(|| format!("{kind}: {} (script)", answer.first_line()));
            let next = match answer.end {
                Some(ScriptEnd::Closed) => Next::Close,
                Some(ScriptEnd::Reset) => Next::Abort,
                None => next,
            };
            if next != Next::Continue {
                self.mode = InputMode::Closed;
            }
            let wire = answer.octets;
            return Some(Output { wire, next, delay });
        }
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
        Some(Output { wire, next, delay })
    }

    /// Counts protocol errors of the client; too many end the conversation.
    fn count_errors(&mut self, reply: Reply) -> (Reply, Next) {
        if reply.is_client_error() {
            self.bad_commands += 1;
        }
        if self.bad_commands < BAD_COMMANDS_CAP {
            return (reply, Next::Continue);
        }
        let text = "Too many bad commands: closing connection";
        (Reply::new(421, "4.7.0", text), Next::Close)
    }

    /// Discards input after STARTTLS: it arrived unprotected and may have been injected, so it must
    /// not be executed inside TLS (RFC 3207 section 6).
    fn discard_pipelined(&mut self) {
        let dropped = self.input.take_rest().len();
        if dropped > 0 {
            self.log
                .event(|| format!("{dropped} octets after STARTTLS discarded"));
        }
    }
}

const BARE_LF: &str = "Line ends in a bare LF: it must end in CR LF (RFC 5321 section 2.3.8)";

fn too_long(is_auth: bool) -> Reply {
    if is_auth {
        // Only AUTH has an enhanced status code for overlong lines (RFC 4954 section 6).
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
