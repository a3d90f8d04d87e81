//! What the server knows of one client, and what each command does to it. Whole commands in,
//! replies out; `dialogue` finds the commands in the octets.

use std::sync::Arc;

use crate::smtp::{CommandLine, Verb};

use super::auth::{self, AuthContext, AuthStep, ServerExchange};
use super::chunk::Chunk;
use super::help::help;
use super::identity::HOST;
use super::mood::Mood;
use super::parameter::SIZE_LIMIT;
use super::receiver::MessageReceiver;
use super::reply::Reply;
use super::state::ServerState;
use super::transaction::Transaction;
use super::verify::verify;

/// The longest name in EHLO.
const CLIENT_NAME_CAP: usize = 255;

/// One client, as far as it has come.
#[derive(Debug)]
pub(super) struct ServerSession {
    state: Arc<ServerState>,
    channel: Channel,
    greeted: Hello,
    authenticated: bool,
    /// What the TLS channel exports (RFC 9266), where it does.
    exporter: Option<Vec<u8>>,
    transaction: Option<Transaction>,
}

/// Whether the octets travel in clear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Channel {
    /// Anyone on the way can read them.
    Clear,
    /// They travel inside TLS.
    Tls,
}

/// How the client has introduced itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hello {
    No,
    Helo,
    Ehlo,
}

/// What becomes of a command.
#[derive(Debug)]
pub(super) enum CommandOutcome {
    /// It is answered, and that is all.
    Reply(Reply),
    /// A message was kept, which makes up for the mistakes on the way to it.
    Stored(Reply),
    /// It is answered, and TLS begins.
    StartTls(Reply),
    /// It is answered, and the connection closed.
    Close(Reply),
    /// It is answered by half, and the connection ends.
    Abort(Reply),
    /// It is answered, and a flood of lines follows in the same reply.
    Flood(Reply),
    /// The client is to answer a challenge.
    Challenge(ServerExchange, Reply),
    /// The text of this message follows.
    ReadData(Transaction, Reply),
    /// Octets follow, and only then the answer.
    ReadChunk(Chunk),
}

impl ServerSession {
    pub(super) fn new(state: Arc<ServerState>, channel: Channel) -> Self {
        Self {
            state,
            channel,
            greeted: Hello::No,
            authenticated: false,
            exporter: None,
            transaction: None,
        }
    }

    /// TLS stands: all that was said before is forgotten (RFC 3207 section 4.2).
    pub(super) fn tls_established(&mut self) {
        *self = Self::new(Arc::clone(&self.state), Channel::Tls);
    }

    /// Exchanges can be bound to the TLS channel.
    pub(super) fn set_exporter(&mut self, exporter: Vec<u8>) {
        self.exporter = Some(exporter);
    }

    /// What the server says first.
    pub(super) fn greeting(&self) -> CommandOutcome {
        if self.state.moods.contains(Mood::Busy) {
            let text = "Too busy: come back later (mood busy)";
            return CommandOutcome::Close(Reply::new(421, "4.3.2", text));
        }
        let text = format!("{HOST} ESMTP ehlo practice server: nothing leaves this machine");
        CommandOutcome::Reply(Reply::new(220, "", text))
    }

    /// Does what a command asks, or refuses it.
    pub(super) fn execute(&mut self, command: &CommandLine) -> CommandOutcome {
        let argument = command.argument();
        CommandOutcome::Reply(match command.verb() {
            Verb::Ehlo => return self.ehlo(argument),
            Verb::Helo => self.helo(argument),
            Verb::StartTls => return self.start_tls(argument),
            Verb::Auth => return self.auth(argument),
            Verb::Mail => self.mail(argument),
            Verb::Rcpt => return self.rcpt(argument),
            Verb::Data => return self.data(argument),
            Verb::Bdat => return self.bdat(argument),
            Verb::Rset | Verb::Quit if !argument.is_empty() => no_argument(),
            Verb::Rset => {
                self.transaction = None;
                Reply::new(250, "2.0.0", "Ok: begin again")
            }
            Verb::Quit => return CommandOutcome::Close(Reply::new(221, "2.0.0", "Good-bye")),
            Verb::Noop => Reply::new(250, "2.0.0", "Ok"),
            Verb::Help => help(argument),
            Verb::Vrfy => verify(argument),
            Verb::Expn | Verb::Etrn | Verb::Burl | Verb::Xclient | Verb::Xforward => {
                let text = "That command exists, but this server does not have it";
                Reply::new(502, "5.5.1", text)
            }
            Verb::Lhlo => Reply::new(500, "5.5.1", "LHLO is for LMTP; this is SMTP: send EHLO"),
            Verb::Xexps | Verb::Clientid | Verb::Other => {
                let text = "Command not recognised: HELP lists those that are";
                Reply::new(500, "5.5.1", text)
            }
        })
    }

    /// The client's answer to a challenge.
    pub(super) fn sasl_response(
        &mut self,
        exchange: ServerExchange,
        line: &[u8],
    ) -> CommandOutcome {
        let step = exchange.respond(line, &self.context());
        self.auth_outcome(step)
    }

    fn context(&self) -> AuthContext<'_> {
        AuthContext {
            password: self.state.password.as_bytes(),
            exporter: self.exporter.as_deref(),
        }
    }

    fn auth_outcome(&mut self, step: AuthStep) -> CommandOutcome {
        match step {
            AuthStep::Continue(exchange, reply) => CommandOutcome::Challenge(exchange, reply),
            AuthStep::Accepted(reply) => {
                self.authenticated = true;
                CommandOutcome::Reply(reply)
            }
            AuthStep::Refused(reply) => CommandOutcome::Reply(reply),
        }
    }

    /// The text that DATA asked for has come whole.
    pub(super) fn finish_data(
        &mut self,
        transaction: Transaction,
        receiver: MessageReceiver,
    ) -> CommandOutcome {
        message_outcome(transaction.store(receiver, &self.state))
    }

    /// Takes octets of a chunk that is not refused.
    pub(super) fn chunk_octets(&mut self, octets: &[u8]) {
        if let Some(transaction) = &mut self.transaction {
            transaction.take_octets(octets);
        }
    }

    /// The octets of a chunk have come whole.
    pub(super) fn finish_chunk(&mut self, chunk: Chunk) -> CommandOutcome {
        if let Some(refusal) = chunk.refusal {
            self.abort();
            return CommandOutcome::Reply(refusal);
        }
        match self.transaction.take() {
            Some(transaction) if chunk.last => {
                message_outcome(transaction.finish_last_chunk(&self.state))
            }
            Some(mut transaction) => {
                let reply = transaction.finish_chunk(chunk.size);
                self.transaction = Some(transaction);
                CommandOutcome::Reply(reply)
            }
            None => CommandOutcome::Reply(no_transaction()),
        }
    }

    fn ehlo(&mut self, name: &str) -> CommandOutcome {
        let hello = match self.hello(name, Hello::Ehlo) {
            Ok(hello) => hello,
            Err(refusal) => return CommandOutcome::Reply(refusal),
        };
        let mut lines = vec![hello.into()];
        lines.extend(self.capabilities().into_iter().map(Into::into));
        let reply = Reply::of_lines(250, "", lines);
        if self.state.moods.contains(Mood::Flood) {
            return CommandOutcome::Flood(reply);
        }
        CommandOutcome::Reply(reply)
    }

    fn helo(&mut self, name: &str) -> Reply {
        match self.hello(name, Hello::Helo) {
            Ok(hello) => Reply::new(250, "", hello),
            Err(refusal) => refusal,
        }
    }

    /// Either command clears the transaction (RFC 5321 section 4.1.4).
    fn hello(&mut self, name: &str, greeted: Hello) -> Result<String, Reply> {
        let fits = (1..=CLIENT_NAME_CAP).contains(&name.len());
        // The name is echoed, so it must not hold anything a terminal would obey.
        if !fits || !name.bytes().all(|byte| byte.is_ascii_graphic()) {
            let text = "Say who you are, in one word: EHLO client.example";
            return Err(Reply::new(501, "5.5.4", text));
        }
        self.greeted = greeted;
        self.transaction = None;
        Ok(format!("{HOST} Hello {name}"))
    }

    fn capabilities(&self) -> Vec<String> {
        let mut lines = vec!["PIPELINING".to_owned(), format!("SIZE {SIZE_LIMIT}")];
        let always = [
            "8BITMIME",
            "SMTPUTF8",
            "DSN",
            "CHUNKING",
            "ENHANCEDSTATUSCODES",
            "HELP",
            "VRFY",
        ];
        lines.extend(always.map(str::to_owned));
        if self.channel == Channel::Clear && !self.state.moods.contains(Mood::NoTls) {
            lines.push("STARTTLS".to_owned());
        }
        if self.auth_available() && !self.authenticated {
            lines.push(format!("AUTH {}", auth::mechanisms(&self.context())));
        }
        lines
    }

    /// AUTH comes with TLS, and in clear only where there is no TLS to be had.
    fn auth_available(&self) -> bool {
        self.channel == Channel::Tls || self.state.moods.contains(Mood::NoTls)
    }

    fn start_tls(&mut self, argument: &str) -> CommandOutcome {
        CommandOutcome::Reply(if self.channel == Channel::Tls {
            out_of_order("TLS is on already")
        } else if self.state.moods.contains(Mood::NoTls) {
            Reply::new(502, "5.5.1", "No TLS here (mood no-tls)")
        } else if !argument.is_empty() {
            no_argument()
        } else if self.greeted != Hello::Ehlo {
            no_ehlo()
        } else if self.transaction.is_some() {
            out_of_order("A message has begun: send RSET first")
        } else {
            return CommandOutcome::StartTls(Reply::new(220, "2.0.0", "Begin TLS now"));
        })
    }

    fn auth(&mut self, argument: &str) -> CommandOutcome {
        CommandOutcome::Reply(if !self.auth_available() {
            let text = "Encryption is required before a password is sent: send STARTTLS first";
            Reply::new(538, "5.7.11", text)
        } else if self.greeted != Hello::Ehlo {
            no_ehlo()
        } else if self.authenticated {
            out_of_order("You are logged in already")
        } else if self.transaction.is_some() {
            out_of_order("A message has begun: send RSET first, then AUTH")
        } else {
            let step = auth::begin(argument, &self.context());
            return self.auth_outcome(step);
        })
    }

    fn mail(&mut self, argument: &str) -> Reply {
        if self.greeted == Hello::No {
            return match self.channel {
                Channel::Clear => no_ehlo(),
                Channel::Tls => out_of_order("Send EHLO first, and again after STARTTLS"),
            };
        }
        if self.transaction.is_some() {
            return out_of_order("A message has begun: go on with RCPT, or send RSET");
        }
        match Transaction::open(argument, self.greeted == Hello::Ehlo) {
            Ok(transaction) => {
                self.transaction = Some(transaction);
                Reply::new(250, "2.1.0", "Sender ok")
            }
            Err(refusal) => refusal,
        }
    }

    fn rcpt(&mut self, argument: &str) -> CommandOutcome {
        let extended = self.greeted == Hello::Ehlo;
        let reply = match &mut self.transaction {
            Some(transaction) => transaction.recipient(argument, extended, &self.state),
            None => out_of_order("Send MAIL first: MAIL FROM:<you@example.org>"),
        };
        if self.state.moods.contains(Mood::Drop) {
            return CommandOutcome::Abort(reply);
        }
        CommandOutcome::Reply(reply)
    }

    fn data(&mut self, argument: &str) -> CommandOutcome {
        if !argument.is_empty() {
            return CommandOutcome::Reply(no_argument());
        }
        let Some(transaction) = self.transaction.take() else {
            return CommandOutcome::Reply(no_transaction());
        };
        if let Some(refusal) = transaction.data_refusal() {
            self.transaction = Some(transaction);
            return CommandOutcome::Reply(refusal);
        }
        let reply = Reply::new(354, "", "Send the text; end it with <CR><LF>.<CR><LF>");
        CommandOutcome::ReadData(transaction, reply)
    }

    /// Only a BDAT line that names no size has no chunk behind it that would have to be read.
    fn bdat(&mut self, argument: &str) -> CommandOutcome {
        let mut words = argument.split_whitespace();
        let Some(size) = words.next().and_then(CommandLine::chunk_size) else {
            self.abort();
            let text = "BDAT names the octets that follow: BDAT 12, or BDAT 12 LAST";
            return CommandOutcome::Reply(Reply::new(501, "5.5.4", text));
        };
        let (last, well_formed) = match (words.next(), words.next()) {
            (None, _) => (false, true),
            (Some(word), None) => (true, word.eq_ignore_ascii_case("LAST")),
            (Some(_), Some(_)) => (true, false),
        };
        let refusal = if !well_formed {
            Some(Reply::new(501, "5.5.4", "Only LAST may follow the size"))
        } else if let Some(transaction) = &self.transaction {
            transaction.chunk_refusal()
        } else {
            Some(no_transaction())
        };
        CommandOutcome::ReadChunk(Chunk {
            size,
            last,
            refusal,
        })
    }

    fn abort(&mut self) {
        if let Some(transaction) = &mut self.transaction {
            transaction.abort();
        }
    }
}

fn message_outcome(delivered: Result<Reply, Reply>) -> CommandOutcome {
    match delivered {
        Ok(reply) => CommandOutcome::Stored(reply),
        Err(refusal) => CommandOutcome::Reply(refusal),
    }
}

fn no_argument() -> Reply {
    Reply::new(501, "5.5.4", "That command takes no argument")
}

fn no_ehlo() -> Reply {
    out_of_order("Send EHLO first: EHLO client.example")
}

fn no_transaction() -> Reply {
    out_of_order("Send MAIL and RCPT first: MAIL FROM:<you@example.org>")
}

fn out_of_order(text: &'static str) -> Reply {
    Reply::new(503, "5.5.1", text)
}
