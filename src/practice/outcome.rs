//! What comes of a command.

use super::auth::ServerExchange;
use super::chunk::Chunk;
use super::reply::Reply;
use super::rule::RuleReply;
use super::transaction::Transaction;

/// The outcome of a command.
#[derive(Debug)]
pub(super) enum CommandOutcome {
    /// Send a reply.
    Reply(Reply),
    /// Send a reply; a message was stored, which resets the count of bad commands.
    Stored(Reply),
    /// Send a reply, then start TLS.
    StartTls(Reply),
    /// Send a reply, then close the connection.
    Close(Reply),
    /// Send half of a reply, then drop the connection.
    Abort(Reply),
    /// Send a reply that continues with a flood of lines.
    Flood(Reply),
    /// Send a challenge and read the response.
    Challenge(ServerExchange, Reply),
    /// Send a reply, then read the lines of a message.
    ReadData(Transaction, Reply),
    /// Read the octets of a chunk before any reply.
    ReadChunk(Chunk),
}

impl CommandOutcome {
    /// The outcome that a rule says: 421 closes the connection.
    pub(super) fn of_rule(rule: &RuleReply) -> Self {
        match rule.code() {
            421 => Self::Close(rule.reply()),
            _ => Self::Reply(rule.reply()),
        }
    }

    /// The outcome of a message.
    pub(super) fn of_message(delivered: Result<Reply, Reply>) -> Self {
        match delivered {
            Ok(reply) => Self::Stored(reply),
            Err(refusal) => Self::Reply(refusal),
        }
    }

    /// The outcome with another reply, if that has the same code.
    pub(super) fn with_words(self, words: Reply) -> Self {
        let fits = |reply: &Reply| reply.code() == words.code();
        match self {
            Self::Stored(reply) if fits(&reply) => Self::Stored(words),
            Self::StartTls(reply) if fits(&reply) => Self::StartTls(words),
            Self::Close(reply) if fits(&reply) => Self::Close(words),
            Self::Challenge(exchange, reply) if fits(&reply) => Self::Challenge(exchange, words),
            Self::ReadData(transaction, reply) if fits(&reply) => {
                Self::ReadData(transaction, words)
            }
            Self::ReadChunk(chunk) => Self::ReadChunk(chunk),
            _ => Self::Reply(words),
        }
    }
}
