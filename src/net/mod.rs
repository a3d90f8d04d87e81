//! The wire: the only sockets. One task on a thread of its own owns the connection; whoever drives
//! it speaks to it through two bounded channels, and this page is the whole contract.
//!
//! [`Command`]s are wishes, [`Event`]s are facts. A refusal by the server is a fact like any other;
//! an error is only what the socket or TLS makes impossible.

mod after;
mod dial;
mod dns;
mod event_sender;
pub mod file;
mod outgoing;
mod secure;
mod stream;
mod task;
mod tls;
mod upload;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use crate::smtp::sasl::Exchange;
use crate::smtp::{self, CommandLine, End, Exposure, Secret};

pub use dial::{Attempt, ConnectError, ResolveError, Step};
pub use dns::{DnsError, Exchanger, MailRoute, MailServers, Resolver};
pub use tls::{
    Alpn, AuthorityError, Certificate, CertificateFault, CertificateRequest, ChainFault, Dane,
    Details, Fingerprint, Identity, IdentityError, Key, KeyLogFile, LockedKeyError, NoFingerprint,
    Offer, OldVersion, OptionError, Rule, Sni, TlsError, TlsFacts, TlsOptions, Tlsa, Verdict,
    Verify, Version, Versions, Voucher, read_authorities, read_authority_folder,
};
pub use upload::{Upload, UploadError};

/// Commands that may wait for the task.
const COMMANDS: usize = 2048;
/// Batches of events that may wait for the driver; behind them the server meets back-pressure.
const BATCHES: usize = 16;
/// How long an address may take, where nobody says.
pub const TIMEOUT: Duration = Duration::from_secs(30);

/// When TLS begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Security {
    /// Not by itself: the user types STARTTLS when it suits.
    #[default]
    None,
    /// EHLO, STARTTLS and EHLO are sent by themselves, all of it visible.
    StartTls,
    /// From the first byte (RFC 8314 section 3).
    Implicit,
}

/// Which addresses of a host are tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Family {
    /// All of them.
    #[default]
    Any,
    /// IPv4 only.
    V4,
    /// IPv6 only.
    V6,
}

/// All that is needed to open a connection.
#[derive(Clone, Debug)]
pub struct Plan {
    /// A host name or an address, without brackets.
    pub host: String,
    /// The TCP port.
    pub port: u16,
    /// When TLS begins.
    pub security: Security,
    /// Which addresses are tried.
    pub family: Family,
    /// How long one address may take to answer, and how long a TLS handshake may take.
    pub timeout: Duration,
    /// What the user chose about TLS.
    pub tls: TlsOptions,
    /// The name for EHLO where one is sent by itself; without it our address, as a literal.
    pub helo: Option<String>,
}

impl Default for Plan {
    /// To nowhere yet, with all that nobody chose.
    fn default() -> Self {
        Self {
            host: String::new(),
            port: 0,
            security: Security::default(),
            family: Family::default(),
            timeout: TIMEOUT,
            tls: TlsOptions::default(),
            helo: None,
        }
    }
}

/// A domain whose servers for mail are asked for.
#[derive(Clone, Debug)]
pub struct LookUp {
    /// The domain, in ASCII.
    pub domain: String,
    /// Who is asked.
    pub resolver: Resolver,
}

/// What the task is asked to do.
#[derive(Debug)]
pub enum Command {
    /// Open this connection; one that stands or is still being made is dropped first.
    Connect(Box<Plan>),
    /// Ask which servers take mail for a domain; a connection that stands or is still being made is
    /// dropped first, as by [`Command::Connect`].
    LookUp(Box<LookUp>),
    /// Do this unless the server has sent something odd since the user last sent anything: the next
    /// line of a paste, of a replay, or the message after 354. It comes back then.
    Automatic(Box<Self>),
    /// Send a line, plus CR LF.
    Send {
        /// The line.
        line: CommandLine,
        /// The user agreed to send a secret that is exposed so.
        consent: Option<Exposure>,
    },
    /// Lead this exchange; it is bound to the channel where it wants to be.
    Authenticate {
        /// The exchange.
        exchange: Box<Exchange>,
        /// The user agreed to send a secret that is exposed so.
        consent: Option<Exposure>,
    },
    /// Send this text as the message that 354 asks for, with its final dot.
    SendMessage(Vec<u8>),
    /// Send this file as the message that 354 asks for, piece by piece, with its final dot.
    SendFile(Upload),
    /// Send these octets as one chunk, the last: BDAT and behind it the octets as they are.
    SendChunk(Vec<u8>),
    /// Send octets just as they are.
    SendRaw {
        /// The octets. A secret may be among them.
        octets: Secret,
        /// The user agreed to send a secret that is exposed so.
        consent: Option<Exposure>,
    },
    /// Go on reading a reply that reached its cap.
    ReadOn,
    /// Close the connection now.
    Close,
}

/// What happened.
#[derive(Debug)]
pub enum Event {
    /// A connection is being made; what comes after this is about it and no longer about the one
    /// before.
    Begun,
    /// Which servers take mail for the domain that was asked about. There is no connection yet.
    MailRoute(Box<MailRoute>),
    /// The way to the server got a step further.
    Dial(Step),
    /// The session has something to tell.
    Session(smtp::Event),
    /// A TLS handshake succeeded.
    Tls(Box<TlsFacts>),
    /// A message was handed over and is not sent: the server does not wait for one.
    MessageNotSent,
    /// A file is on its way.
    Progress {
        /// Octets of it that went.
        sent: u64,
        /// Octets it has.
        total: u64,
    },
    /// There is no connection, and this is why.
    Failed(Failure),
    /// The connection is over.
    Ended(End),
}

/// Why there is no connection.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The name did not become an address.
    #[error("name lookup failed: {0}")]
    Resolve(ResolveError),
    /// Nobody could say which servers take mail for a domain.
    #[error("MX lookup failed: {0}")]
    MailRoute(DnsError),
    /// No address let us in.
    #[error("no address let us in ({} tried)", .0.len())]
    Connect(Vec<Attempt>),
    /// TLS could not be had.
    #[error("TLS failed: {0}")]
    Tls(TlsError),
    /// The user called it off.
    #[error("cancelled")]
    Cancelled,
}

/// The driver's end: commands in, batches of events out. Dropping it ends the task.
#[derive(Debug)]
pub struct Handle {
    commands: mpsc::Sender<Command>,
    events: mpsc::Receiver<Vec<Event>>,
    /// Connections asked for so far.
    asked: AtomicU64,
    /// The number of the connection up to which all are called off. A number and no mere signal: one
    /// that came too late would hit the connection after.
    called_off: watch::Sender<u64>,
}

/// The task has more commands waiting than it may, or is gone. Here is the command back.
#[derive(Debug, thiserror::Error)]
#[error("the connection is too busy to take another command")]
pub struct Busy(pub Command);

impl Handle {
    /// Hands over a command without waiting. To ask for a connection drops the one before.
    ///
    /// # Errors
    /// [`Busy`] when too many wait already.
    pub fn send(&self, command: Command) -> Result<(), Busy> {
        let Ok(slot) = self.commands.try_reserve() else {
            return Err(Busy(command));
        };
        if matches!(command, Command::Connect(_) | Command::LookUp(_)) {
            self.cancel();
            self.asked.fetch_add(1, Ordering::Relaxed);
        }
        slot.send(command);
        Ok(())
    }

    /// Drops the connection, or the attempt to make one, at once.
    pub fn cancel(&self) {
        self.called_off
            .send_replace(self.asked.load(Ordering::Relaxed));
    }

    /// The next events, in order; `None` when the task is gone.
    pub async fn events(&mut self) -> Option<Vec<Event>> {
        self.events.recv().await
    }
}

/// Starts the task on a thread of its own.
///
/// # Errors
/// When the system gives no thread or no event queue.
pub fn spawn() -> std::io::Result<Handle> {
    let (commands, command_queue) = mpsc::channel(COMMANDS);
    let (event_queue, events) = mpsc::channel(BATCHES);
    let (called_off, calls_off) = watch::channel(0);
    let task = task::Task::new(command_queue, event_queue, calls_off);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    std::thread::Builder::new()
        .name("wire".into())
        .spawn(move || {
            runtime.block_on(task.run());
            // A name lookup may still hang in the system's resolver; it is not waited for.
            runtime.shutdown_background();
        })?;
    Ok(Handle {
        commands,
        events,
        asked: AtomicU64::new(0),
        called_off,
    })
}
