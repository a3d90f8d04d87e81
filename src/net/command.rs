//! Requests of the UI to the task.

use std::time::Instant;

use super::stream::Stream;
use super::{ConnectPlan, Event, Resolver, Upload};
use crate::smtp::sasl::Exchange;
use crate::smtp::{CommandLine, Event as SessionEvent, Exposure, NotSentReason, Secret, Session};

/// A lookup of the MX records of a domain.
#[derive(Clone, Debug)]
pub struct MxLookup {
    /// The domain, in ASCII.
    pub domain: String,
    /// The resolver to query.
    pub resolver: Resolver,
}

/// A request to the task.
#[derive(Debug)]
pub enum Command {
    /// Open this connection. The current one, established or not, is dropped first.
    Connect(Box<ConnectPlan>),
    /// Look up the MX records of a domain. The current connection is dropped first, as by
    /// [`Command::Connect`].
    LookUpMx(Box<MxLookup>),
    /// Carry out this command unless the server has sent something unexpected since the user last
    /// sent anything: the next line of a paste or a replay, or the message after 354. Otherwise
    /// return it without sending.
    Automatic(Box<Self>),
    /// The same for a line that follows the replies to all before it: it is returned if one is due.
    AfterReplies(Box<Self>),
    /// Send a line, plus CR LF.
    Send {
        /// The line.
        line: CommandLine,
        /// The exposure of a secret to which the user agreed.
        consent: Option<Exposure>,
    },
    /// Run this SASL exchange. It is bound to the TLS channel if it requests that.
    Authenticate {
        /// The exchange.
        exchange: Box<Exchange>,
        /// The exposure of a secret to which the user agreed.
        consent: Option<Exposure>,
    },
    /// Send this text as the message that 354 asks for, with the final dot.
    SendMessage(Vec<u8>),
    /// Send this file as the message that 354 asks for, piece by piece, with the final dot.
    SendFile(Upload),
    /// Send these octets as one chunk, the last one: BDAT with LAST, then the octets unchanged.
    SendChunk(Vec<u8>),
    /// Send octets unchanged.
    SendRaw {
        /// The octets. They may contain a secret.
        octets: Secret,
        /// The exposure of a secret to which the user agreed.
        consent: Option<Exposure>,
    },
    /// Resume reading a reply that reached a cap.
    ResumeReading,
    /// Close the connection now.
    Close,
}

impl Command {
    /// Unwraps an automatic command if it may be carried out now.
    ///
    /// # Errors
    /// The command, and why it must not be carried out.
    pub fn permitted(self, session: &mut Session) -> Result<Self, (Self, NotSentReason)> {
        let waits = matches!(self, Self::AfterReplies(_));
        match self {
            Self::Automatic(command) | Self::AfterReplies(command) => {
                if !session.permits_automatic() {
                    return Err((*command, NotSentReason::UnexpectedReply));
                }
                if waits && !session.is_answered() {
                    return Err((*command, NotSentReason::ReplyDue));
                }
                Ok(*command)
            }
            command => Ok(command),
        }
    }

    /// Passes a command to the session. Ignores the commands that are not for the session alone.
    pub(super) fn pass_to(self, session: &mut Session, stream: &Stream) {
        let now = Instant::now();
        match self {
            Self::Send { line, consent } => session.send_line(line, consent, now),
            Self::Authenticate {
                mut exchange,
                consent,
            } => {
                if let Some(kind) = exchange.wants_binding() {
                    exchange.bind(stream.channel_binding(kind));
                }
                session.authenticate(exchange, consent, now);
            }
            Self::SendRaw { octets, consent } => session.send_raw(octets, consent, now),
            Self::ResumeReading => session.resume_reading(now),
            Self::Connect(_)
            | Self::LookUpMx(_)
            | Self::Automatic(_)
            | Self::AfterReplies(_)
            | Self::SendMessage(_)
            | Self::SendFile(_)
            | Self::SendChunk(_)
            | Self::Close => {}
        }
    }

    /// The event that returns the content of a command that cannot be carried out. `None` if it has
    /// no content to return.
    pub fn unsent(self, reason: NotSentReason) -> Option<Event> {
        let event = match self {
            Self::Automatic(command) | Self::AfterReplies(command) => {
                return command.unsent(reason);
            }
            Self::Send { line, .. } => Event::Session(SessionEvent::NotSent { line, reason }),
            Self::Authenticate { exchange, .. } => {
                Event::Session(SessionEvent::ExchangeNotSent { exchange, reason })
            }
            Self::SendRaw { octets, .. } => {
                Event::Session(SessionEvent::RawNotSent { octets, reason })
            }
            Self::SendMessage(_) | Self::SendFile(_) | Self::SendChunk(_) => {
                Event::MessageNotSent(reason)
            }
            Self::Connect(_) | Self::LookUpMx(_) | Self::ResumeReading | Self::Close => {
                return None;
            }
        };
        tracing::debug!(?reason, "not sent");
        Some(event)
    }
}
