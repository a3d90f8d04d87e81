//! The state of one client and the commands that change it: commands in, replies out. `dialogue`
//! parses the octets.

use std::sync::Arc;

use crate::smtp::{CommandLine, Verb};

use super::auth::{self, AuthContext, AuthStep, ServerExchange};
use super::chunk::Chunk;
use super::help::help;
use super::identity::{HOST, TOKEN, USER};
use super::mood::Mood;
use super::outcome::CommandOutcome;
use super::parameter::SIZE_LIMIT;
use super::receiver::MessageReceiver;
use super::reply::{Reply, no_argument, no_ehlo, no_transaction, out_of_order};
use super::rule::{Place, Rules};
use super::state::ServerState;
use super::transaction::Transaction;
use super::vrfy::vrfy;

/// The maximum length of the client name in EHLO.
const CLIENT_NAME_CAP: usize = 255;

/// The state of one client.
#[derive(Debug)]
pub(super) struct ServerSession {
    state: Arc<ServerState>,
    channel: Channel,
    greeted: Hello,
    authenticated: bool,
    /// The exported keying material of the TLS channel (RFC 9266), if any.
    exporter: Option<Vec<u8>>,
    transaction: Option<Transaction>,
}

/// Whether the connection uses TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Channel {
    /// Without TLS.
    Clear,
    /// With TLS.
    Tls,
}

/// How the client greeted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hello {
    No,
    Helo,
    Ehlo,
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

    /// Resets the state after a TLS handshake (RFC 3207 section 4.2).
    pub(super) fn tls_established(&mut self) {
        *self = Self::new(Arc::clone(&self.state), Channel::Tls);
    }

    /// Sets the exported keying material, which enables mechanisms with channel binding.
    pub(super) fn set_exporter(&mut self, exporter: Vec<u8>) {
        self.exporter = Some(exporter);
    }

    /// The rules of the server.
    pub(super) fn rules(&self) -> &Rules {
        &self.state.rules
    }

    /// The greeting.
    pub(super) fn greeting(&self) -> CommandOutcome {
        if let Some(greeting) = &self.state.rules.greeting {
            return CommandOutcome::of_rule(greeting);
        }
        if self.state.moods.contains(Mood::Busy) {
            let text = "Too busy: try again later (mood busy)";
            return CommandOutcome::Close(Reply::new(421, "4.3.2", text));
        }
        let text = format!("{HOST} ESMTP ehlo practice server: nothing leaves this machine");
        CommandOutcome::Reply(Reply::new(220, "", text))
    }

    /// Executes a command, unless a rule says what is replied.
    pub(super) fn execute(&mut self, place: &Place, command: &CommandLine) -> CommandOutcome {
        let rule = self
            .state
            .rules
            .reply_to(place, command.argument())
            .cloned();
        let Some(rule) = rule else {
            return self.obey(command);
        };
        match rule.code() {
            // The command is accepted with other words.
            200..400 => self.obey(command).with_words(rule.reply()),
            // The octets of a refused chunk are read all the same.
            _ if command.verb() == Verb::Bdat => match self.obey(command) {
                CommandOutcome::ReadChunk(chunk) => CommandOutcome::ReadChunk(Chunk {
                    refusal: Some(rule.reply()),
                    ..chunk
                }),
                _ => CommandOutcome::of_rule(&rule),
            },
            _ => CommandOutcome::of_rule(&rule),
        }
    }

    pub(super) fn obey(&mut self, command: &CommandLine) -> CommandOutcome {
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
                Reply::new(250, "2.0.0", "Ok: transaction reset")
            }
            Verb::Quit => return CommandOutcome::Close(Reply::new(221, "2.0.0", "Good-bye")),
            Verb::Noop => Reply::new(250, "2.0.0", "Ok"),
            Verb::Help => help(argument, self.state.has_own_login()),
            Verb::Vrfy => vrfy(argument),
            Verb::Expn | Verb::Etrn | Verb::Burl | Verb::Xclient | Verb::Xforward => {
                let text = "Command not implemented on this server";
                Reply::new(502, "5.5.1", text)
            }
            Verb::Lhlo => Reply::new(500, "5.5.1", "LHLO is for LMTP; this is SMTP: send EHLO"),
            Verb::Xexps | Verb::Clientid | Verb::Other => {
                let text = "Command not recognised: HELP lists the commands";
                Reply::new(500, "5.5.1", text)
            }
        })
    }

    /// Handles the response to a challenge.
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
            user: &self.state.user,
            token: (self.state.user == USER).then_some(TOKEN),
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

    /// Handles the end of a message sent with DATA.
    pub(super) fn finish_data(
        &mut self,
        transaction: Transaction,
        receiver: MessageReceiver,
    ) -> CommandOutcome {
        self.end_message(|state| transaction.store(receiver, state))
    }

    /// The end of a message, which a rule may refuse: it is then not kept.
    fn end_message(
        &self,
        store: impl FnOnce(&ServerState) -> Result<Reply, Reply>,
    ) -> CommandOutcome {
        match self.state.rules.reply_to(&Place::Dot, "") {
            Some(rule) if rule.code() >= 400 => CommandOutcome::of_rule(rule),
            Some(rule) => CommandOutcome::of_message(store(&self.state)).with_words(rule.reply()),
            None => CommandOutcome::of_message(store(&self.state)),
        }
    }

    /// Adds octets of an accepted chunk.
    pub(super) fn chunk_octets(&mut self, octets: &[u8]) {
        if let Some(transaction) = &mut self.transaction {
            transaction.add_octets(octets);
        }
    }

    /// Handles the end of a chunk.
    pub(super) fn finish_chunk(&mut self, chunk: Chunk) -> CommandOutcome {
        if let Some(refusal) = chunk.refusal {
            self.abort();
            return CommandOutcome::Reply(refusal);
        }
        match self.transaction.take() {
            Some(transaction) if chunk.last => {
                self.end_message(|state| transaction.finish_last_chunk(state))
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

    /// Handles EHLO or HELO, which reset the transaction (RFC 5321 section 4.1.4) and repeat the name.
    fn hello(&mut self, name: &str, greeted: Hello) -> Result<String, Reply> {
        let fits = (1..=CLIENT_NAME_CAP).contains(&name.len());
        if !fits || !name.bytes().all(|byte| byte.is_ascii_graphic()) {
            let text = "Client name missing or invalid: send EHLO client.example";
            return Err(Reply::new(501, "5.5.4", text));
        }
        self.greeted = greeted;
        self.transaction = None;
        Ok(format!("{HOST} Hello {name}"))
    }

    fn capabilities(&self) -> Vec<String> {
        if !self.state.rules.ehlo.is_empty() {
            return self.state.rules.ehlo.clone();
        }
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

    /// Whether AUTH is offered: with TLS, or in the mood without TLS.
    fn auth_available(&self) -> bool {
        self.channel == Channel::Tls || self.state.moods.contains(Mood::NoTls)
    }

    fn start_tls(&mut self, argument: &str) -> CommandOutcome {
        CommandOutcome::Reply(if self.channel == Channel::Tls {
            out_of_order("TLS is already active")
        } else if self.state.moods.contains(Mood::NoTls) {
            Reply::new(502, "5.5.1", "TLS not available (mood no-tls)")
        } else if !argument.is_empty() {
            no_argument()
        } else if self.greeted != Hello::Ehlo {
            no_ehlo()
        } else if self.transaction.is_some() {
            out_of_order("A transaction is open: send RSET first")
        } else {
            return CommandOutcome::StartTls(Reply::new(220, "2.0.0", "Ready to start TLS"));
        })
    }

    fn auth(&mut self, argument: &str) -> CommandOutcome {
        CommandOutcome::Reply(if !self.auth_available() {
            let text = "Encryption required for AUTH: send STARTTLS first";
            Reply::new(538, "5.7.11", text)
        } else if self.greeted != Hello::Ehlo {
            no_ehlo()
        } else if self.authenticated {
            out_of_order("Already authenticated")
        } else if self.transaction.is_some() {
            out_of_order("A transaction is open: send RSET first, then AUTH")
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
            return out_of_order("A transaction is open: continue with RCPT or send RSET");
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
        let reply = Reply::new(354, "", "Send the message; end it with <CR><LF>.<CR><LF>");
        CommandOutcome::ReadData(transaction, reply)
    }

    /// Handles BDAT. With a valid size the chunk is read even if it is refused.
    fn bdat(&mut self, argument: &str) -> CommandOutcome {
        let mut words = argument.split_whitespace();
        let Some(size) = words.next().and_then(CommandLine::chunk_size) else {
            self.abort();
            let text = "BDAT needs a size in octets: BDAT 12 or BDAT 12 LAST";
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
