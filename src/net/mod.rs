//! Connections to servers. No other room connects to the network. One task owns the connection, on a
//! thread of its own ([`spawn`]) or in its caller's runtime ([`start`]); the owner of the [`Handle`],
//! here called the UI, talks to it through two bounded channels. This page is their whole contract.
//!
//! A [`Command`] is a request, an [`Event`] is a fact. A refusal by the server is an event like any
//! other; a [`Failure`] means that the name, the socket or TLS makes the connection impossible.
//! Lookups that need no connection, such as [`host_addresses`], are functions to await.

mod command;
mod dial;
mod dns;
mod event_sender;
pub mod file;
mod log;
mod outcome;
mod outgoing_message;
mod resolver;
mod start_tls;
mod stream;
mod task;
mod tls;
mod upload;

use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use crate::smtp::{self, End, NotSentReason};

// What a tap is built of.
#[cfg(feature = "app")]
pub(crate) use dial::{dial, local_literal};
#[cfg(feature = "app")]
pub(crate) use event_sender::{EventSender, HandleDropped, SessionRequest};
#[cfg(feature = "app")]
pub(crate) use outcome::{Abort, end_of, is_noted_by_session};
#[cfg(feature = "app")]
pub(crate) use start_tls::{secure, secure_or_probe};
#[cfg(feature = "app")]
pub(crate) use stream::{MaybeTls, Stream, Transfer, transfer};

pub use command::{Command, MxLookup};
pub use dial::{ConnectAttempt, ConnectError, ConnectStep, ResolveError, addresses};
pub use dns::{
    DnsError, HostAddresses, MailRoute, MailServers, MxHost, host_addresses, mail_route,
    reverse_names,
};
pub use resolver::Resolver;
pub use tls::{
    Alpn, CaError, Certificate, CertificateDetails, CertificateFault, CertificateKey,
    CertificateRequest, ChainFault, Dane, Fingerprint, Identity, IdentityError, KeyLogFile,
    LegacyVersion, LockedKeyError, ParseFingerprintError, ServerChoice, Sni, TlsError, TlsFacts,
    TlsOptionError, TlsOptions, TlsVersion, TlsVersions, Tlsa, TrustSource, Verdict, Verify,
    X509Rule, read_ca_file, read_ca_folder,
};
pub use upload::{Upload, UploadError};

/// Commands that may wait for the task.
const COMMANDS: usize = 2048;
/// Batches of events that may wait for the UI. If there are more, the task stops reading, and the
/// server meets back-pressure.
const BATCHES: usize = 16;
/// The default of [`ConnectPlan::timeout`].
pub const TIMEOUT: Duration = Duration::from_secs(30);

/// When TLS begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Security {
    /// When the user types STARTTLS, if at all.
    #[default]
    None,
    /// At once: EHLO, STARTTLS and EHLO are sent automatically and appear in the transcript.
    StartTls,
    /// With the first octet (RFC 8314 section 3).
    Implicit,
}

/// Which addresses of a host are tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Family {
    /// IPv4 and IPv6.
    #[default]
    Any,
    /// IPv4 only.
    V4,
    /// IPv6 only.
    V6,
}

/// Where and how to open a connection.
#[derive(Clone, Debug)]
pub struct ConnectPlan {
    /// A host name or an IP address, without brackets.
    pub host: String,
    /// The only address to connect to. `None`: every address of the host is tried.
    pub address: Option<IpAddr>,
    /// The TCP port.
    pub port: u16,
    /// When TLS begins.
    pub security: Security,
    /// Which addresses are tried.
    pub family: Family,
    /// How long the name lookup, each address and the TLS handshake may take, each.
    pub timeout: Duration,
    /// The user's TLS options.
    pub tls: TlsOptions,
    /// The name for an EHLO that is sent automatically. `None`: the local address, as a literal.
    pub helo: Option<String>,
}

impl Default for ConnectPlan {
    /// A plan with all defaults; host and port are still to be set.
    fn default() -> Self {
        Self {
            host: String::new(),
            address: None,
            port: 0,
            security: Security::default(),
            family: Family::default(),
            timeout: TIMEOUT,
            tls: TlsOptions::default(),
            helo: None,
        }
    }
}

/// Something that happened.
#[derive(Debug)]
pub enum Event {
    /// Work on a [`Command::Connect`] or a [`Command::LookUpMx`] begins. All later events are about
    /// this request, no longer about the previous one.
    Started,
    /// The MX lookup succeeded. There is no connection yet.
    MailRoute(Box<MailRoute>),
    /// A step of connecting.
    Dial(ConnectStep),
    /// An event of the SMTP session.
    Session(smtp::Event),
    /// A TLS handshake succeeded.
    Tls(Box<TlsFacts>),
    /// A message was not sent, for this reason.
    MessageNotSent(NotSentReason),
    /// The progress of sending a file.
    Progress {
        /// Octets sent so far.
        sent: u64,
        /// Octets of the file.
        total: u64,
    },
    /// Connecting, the MX lookup or a TLS handshake failed. If there was a session,
    /// [`Event::Ended`] follows.
    Failed(Failure),
    /// The connection ended.
    Ended(End),
}

/// Why there is no connection.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Resolving the host name failed.
    #[error("name lookup failed: {0}")]
    Resolve(ResolveError),
    /// Looking up MX records failed.
    #[error("MX lookup failed: {0}")]
    MailRoute(DnsError),
    /// Connecting failed for every address.
    #[error("could not connect to any address ({} tried)", .0.len())]
    Connect(Vec<ConnectAttempt>),
    /// TLS failed.
    #[error("TLS failed: {0}")]
    Tls(TlsError),
    /// The user cancelled.
    #[error("cancelled")]
    Cancelled,
}

/// The UI's end of the channels: commands in, batches of events out. Dropping it ends the task.
#[derive(Debug)]
pub struct Handle {
    commands: mpsc::Sender<Command>,
    events: mpsc::Receiver<Vec<Event>>,
    /// How many connections and lookups were requested.
    requested: AtomicU64,
    /// The number of the latest request that is cancelled; all before it are too. This is a number
    /// and not a mere signal, because a late signal would cancel the next request.
    cancelled: watch::Sender<u64>,
}

/// Too many commands are waiting, or the task is gone. Contains the command.
#[derive(Debug, thiserror::Error)]
#[error("the connection accepts no more commands")]
pub struct Busy(pub Command);

impl Busy {
    /// Whether it was a request for a connection or a lookup, which will not begin now.
    pub fn is_request(&self) -> bool {
        is_request(&self.0)
    }
}

fn is_request(command: &Command) -> bool {
    matches!(command, Command::Connect(_) | Command::LookUpMx(_))
}

impl Handle {
    /// Hands over a command without waiting. A request for a connection or a lookup cancels the
    /// previous one.
    ///
    /// # Errors
    /// [`Busy`] if too many commands are waiting, or the task is gone.
    pub fn send(&self, command: Command) -> Result<(), Busy> {
        let Ok(slot) = self.commands.try_reserve() else {
            return Err(Busy(command));
        };
        if is_request(&command) {
            self.cancel();
            self.requested.fetch_add(1, Ordering::Relaxed);
        }
        slot.send(command);
        Ok(())
    }

    /// Drops the connection, or cancels the attempt to open one, at once.
    pub fn cancel(&self) {
        self.cancelled
            .send_replace(self.requested.load(Ordering::Relaxed));
    }

    /// Waits for the next batch of events, in order. `None` if the task is gone.
    pub async fn events(&mut self) -> Option<Vec<Event>> {
        self.events.recv().await
    }
}

/// Starts the task on a thread of its own, for a caller that draws or waits for a person meanwhile.
///
/// # Errors
/// If the system provides no thread or no event queue.
pub fn spawn() -> std::io::Result<Handle> {
    // The first handshake of a person may come at any time.
    tls::warm_up();
    let (handle, task) = prepare();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    std::thread::Builder::new()
        .name("wire".into())
        .spawn(move || {
            runtime.block_on(task.run());
            // Do not wait for a name lookup that may still hang in the system's resolver.
            runtime.shutdown_background();
        })?;
    Ok(handle)
}

/// Starts the task in the runtime of the caller, who waits for its events and does little else. Between
/// two threads, each command would wait twice for the system to wake one.
///
/// # Panics
/// Outside of a tokio runtime.
pub fn start() -> Handle {
    let (handle, task) = prepare();
    tokio::spawn(task.run());
    handle
}

fn prepare() -> (Handle, task::Task) {
    let (commands, command_queue) = mpsc::channel(COMMANDS);
    let (event_queue, events) = mpsc::channel(BATCHES);
    let (cancelled, cancels) = watch::channel(0);
    let task = task::Task::new(command_queue, event_queue, cancels);
    let handle = Handle {
        commands,
        events,
        requested: AtomicU64::new(0),
        cancelled,
    };
    (handle, task)
}
