//! A mail transaction: MAIL, one or more RCPT, then the message (RFC 5321 section 3.3).

use super::message::StoredMessage;
use super::mood::Mood;
use super::parameter::{self, SIZE_LIMIT};
use super::path::{self, PathError};
use super::receiver::{MessageError, MessageReceiver};
use super::reply::Reply;
use super::state::ServerState;

/// The maximum number of recipients of a message, the minimum of RFC 5321 section 4.5.3.1.8.
const RECIPIENTS_CAP: usize = 100;
/// The local part that is refused at every domain, to demonstrate a refusal.
const REFUSED_LOCAL_PART: &str = "nobody";

/// An open transaction.
#[derive(Debug)]
pub(super) struct Transaction {
    /// The sender; empty for the null reverse-path.
    from: String,
    utf8: bool,
    recipients: Vec<String>,
    /// Whether a recipient was refused; changes the reply if there are none.
    refused: bool,
    chunks: Chunks,
}

/// The chunks sent with BDAT.
#[derive(Debug)]
enum Chunks {
    /// None was received.
    None,
    /// The chunks received.
    Some(MessageReceiver),
    /// A chunk was refused, so the message cannot be completed (RFC 3030 section 2).
    Broken,
}

impl Transaction {
    /// Opens a transaction with the argument of MAIL, such as `FROM:<a@b> SIZE=1`.
    pub(super) fn open(argument: &str, extended: bool) -> Result<Self, Reply> {
        let (inside, parameters) =
            path::split(argument, "FROM").map_err(|fault| syntax(fault, &MAIL))?;
        if !extended && !parameters.trim().is_empty() {
            return Err(no_parameters_after_helo());
        }
        let found = parameter::parse_mail(parameters)?;
        let from = path::without_route(inside);
        if !from.is_empty() {
            address(from, found.utf8, "5.1.7")?;
        }
        Ok(Self {
            from: from.to_owned(),
            utf8: found.utf8,
            recipients: Vec::new(),
            refused: false,
            chunks: Chunks::None,
        })
    }

    /// Handles the argument of RCPT, such as `TO:<a@b>`.
    pub(super) fn recipient(
        &mut self,
        argument: &str,
        extended: bool,
        state: &ServerState,
    ) -> Reply {
        match self.add_recipient(argument, extended, state) {
            Ok(()) => Reply::new(250, "2.1.5", "Recipient ok"),
            Err(reply) => {
                self.refused = true;
                reply
            }
        }
    }

    /// The reply if DATA is not allowed now.
    pub(super) fn data_refusal(&self) -> Option<Reply> {
        match self.chunks {
            Chunks::None => self.no_recipients_refusal(),
            Chunks::Some(_) => Some(out_of_order(
                "The message was started with BDAT: continue with BDAT or send RSET",
            )),
            Chunks::Broken => Some(broken()),
        }
    }

    /// The reply if BDAT is not allowed now.
    pub(super) fn chunk_refusal(&self) -> Option<Reply> {
        match self.chunks {
            Chunks::None => self.no_recipients_refusal(),
            Chunks::Some(_) => None,
            Chunks::Broken => Some(broken()),
        }
    }

    /// Adds octets of a chunk.
    pub(super) fn add_octets(&mut self, bytes: &[u8]) {
        if let Chunks::None = self.chunks {
            self.chunks = Chunks::Some(MessageReceiver::default());
        }
        if let Chunks::Some(receiver) = &mut self.chunks {
            receiver.octets(bytes);
        }
    }

    /// Marks the message as broken after a refused chunk.
    pub(super) fn abort(&mut self) {
        self.chunks = Chunks::Broken;
    }

    /// Ends a chunk of `size` octets that is not the last.
    pub(super) fn finish_chunk(&mut self, size: u64) -> Reply {
        match &self.chunks {
            Chunks::Some(receiver) if receiver.is_too_large() => {
                self.abort();
                message_too_large()
            }
            Chunks::Some(receiver) => Reply::new(
                250,
                "2.0.0",
                format!("Ok: {size} octets, {} so far", receiver.len()),
            ),
            Chunks::None | Chunks::Broken => broken(),
        }
    }

    /// Ends the last chunk and stores the message.
    pub(super) fn finish_last_chunk(mut self, state: &ServerState) -> Result<Reply, Reply> {
        match std::mem::replace(&mut self.chunks, Chunks::None) {
            Chunks::Some(receiver) => self.store(receiver, state),
            Chunks::None => self.store(MessageReceiver::default(), state),
            Chunks::Broken => Err(broken()),
        }
    }

    /// Stores the complete message.
    pub(super) fn store(
        self,
        receiver: MessageReceiver,
        state: &ServerState,
    ) -> Result<Reply, Reply> {
        let complete = receiver.finish().map_err(|flaw| match flaw {
            MessageError::TooLarge => message_too_large(),
            MessageError::BareLineBreaks(count) => {
                let text = format!(
                    "Message refused: {count} bare CR or LF; lines must end in CR LF \
                     (RFC 5321 section 2.3.8)"
                );
                Reply::new(554, "5.6.0", text)
            }
        })?;
        let (octets, lines) = (complete.octets, complete.lines);
        let number = state.mailbox.store(StoredMessage {
            number: 0,
            from: self.from,
            recipients: self.recipients,
            octets,
            lines,
            body: complete.body,
        });
        let octet = if octets == 1 { "octet" } else { "octets" };
        let line = if lines == 1 { "line" } else { "lines" };
        let text = format!(
            "Ok: {octets} {octet} in {lines} {line} received and kept in memory as P{number}"
        );
        Ok(Reply::new(250, "2.0.0", text))
    }

    fn add_recipient(
        &mut self,
        argument: &str,
        extended: bool,
        state: &ServerState,
    ) -> Result<(), Reply> {
        if !matches!(self.chunks, Chunks::None) {
            return Err(out_of_order("The message has started: no more recipients"));
        }
        let (inside, parameters) =
            path::split(argument, "TO").map_err(|fault| syntax(fault, &RCPT))?;
        let to = path::without_route(inside);
        if to.is_empty() {
            return Err(Reply::new(
                501,
                "5.1.3",
                "Recipient address missing: only the sender may be <>",
            ));
        }
        // Only postmaster needs no domain (RFC 5321 section 4.1.1.3).
        if !to.eq_ignore_ascii_case("postmaster") {
            address(to, self.utf8, "5.1.3")?;
        }
        if !extended && !parameters.trim().is_empty() {
            return Err(no_parameters_after_helo());
        }
        parameter::parse_rcpt(parameters)?;
        if self.recipients.len() >= RECIPIENTS_CAP {
            return Err(Reply::new(
                452,
                "4.5.3",
                "Too many recipients: send the rest in another message",
            ));
        }
        if state.moods.contains(Mood::RejectRcpt) {
            return Err(no_such_user("No such user here (mood reject-rcpt)"));
        }
        let local = path::split_address(to).map_or(to, |(local, _)| local);
        if local.eq_ignore_ascii_case(REFUSED_LOCAL_PART) {
            return Err(no_such_user("No such user here: nobody is always refused"));
        }
        if state.moods.contains(Mood::Greylist) && state.greylist.defers(&self.from, to) {
            return Err(Reply::new(
                450,
                "4.7.1",
                "Greylisted: try again in a moment (mood greylist)",
            ));
        }
        self.recipients.push(to.to_owned());
        Ok(())
    }

    fn no_recipients_refusal(&self) -> Option<Reply> {
        if !self.recipients.is_empty() {
            return None;
        }
        Some(if self.refused {
            Reply::new(554, "5.5.1", "No recipient was accepted: send RCPT again")
        } else {
            out_of_order("Send RCPT first: RCPT TO:<friend@example.org>")
        })
    }
}

/// The replies to syntax errors of a command.
struct SyntaxHints {
    no_keyword: &'static str,
    space: &'static str,
    no_bracket: &'static str,
    unclosed: &'static str,
    no_space: &'static str,
}

const MAIL: SyntaxHints = SyntaxHints {
    no_keyword: "Syntax: MAIL FROM:<you@example.org>",
    space: "Remove the space at the colon: MAIL FROM:<you@example.org>",
    no_bracket: "Put the address in angle brackets: MAIL FROM:<you@example.org>",
    unclosed: "Closing bracket missing: MAIL FROM:<you@example.org>",
    no_space: "Put a space between address and parameters: MAIL FROM:<you@example.org> SIZE=1",
};

const RCPT: SyntaxHints = SyntaxHints {
    no_keyword: "Syntax: RCPT TO:<friend@example.org>",
    space: "Remove the space at the colon: RCPT TO:<friend@example.org>",
    no_bracket: "Put the address in angle brackets: RCPT TO:<friend@example.org>",
    unclosed: "Closing bracket missing: RCPT TO:<friend@example.org>",
    no_space: "Put a space between address and parameters: RCPT TO:<a@example.org> NOTIFY=NEVER",
};

fn syntax(fault: PathError, hints: &SyntaxHints) -> Reply {
    let text = match fault {
        PathError::NoKeyword => hints.no_keyword,
        PathError::SpaceAtColon => hints.space,
        PathError::NoBracket => hints.no_bracket,
        PathError::Unclosed => hints.unclosed,
        PathError::NoSpace => hints.no_space,
    };
    Reply::new(501, "5.5.2", text)
}

fn address(address: &str, utf8: bool, enhanced: &'static str) -> Result<(), Reply> {
    path::check(address).map_err(|why| Reply::new(501, enhanced, why))?;
    if !utf8 && !address.is_ascii() {
        return Err(Reply::new(
            553,
            "5.6.7",
            "A non-ASCII address needs SMTPUTF8 after MAIL FROM:<...>",
        ));
    }
    Ok(())
}

fn no_parameters_after_helo() -> Reply {
    Reply::new(555, "5.5.4", "No parameters after HELO: start with EHLO")
}

fn no_such_user(text: &'static str) -> Reply {
    Reply::new(550, "5.1.1", text)
}

fn out_of_order(text: &'static str) -> Reply {
    Reply::new(503, "5.5.1", text)
}

fn broken() -> Reply {
    out_of_order("A chunk of this message was refused: send RSET and start again")
}

fn message_too_large() -> Reply {
    Reply::new(
        552,
        "5.3.4",
        format!("Message too large: at most {SIZE_LIMIT} octets"),
    )
}
