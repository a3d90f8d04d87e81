//! Stands between an application and its mail server: passes on what both say, octet by octet, and
//! tells it as one session for each connection, in the events that a wire gives.
//!
//! `relay` decides what passes, without a socket; `connection` has both sockets of a connection;
//! `listener` takes connections. `offers` is the reply to EHLO that the client sees, `authority` the
//! certificate that it is shown.

mod allow;
mod authority;
mod client;
mod connection;
mod error;
mod listener;
mod offers;
mod relay;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::str::FromStr;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_rustls::rustls::ServerConfig;

pub use self::allow::{Network, NetworkError};
pub use self::authority::{Authority, AuthorityFiles};
pub use self::error::TapError;
use self::offers::StartTls;
use self::relay::Meddling;
use crate::net::{ConnectPlan, Event, Security};
use crate::practice::Rules;
use crate::smtp::TextKept;

/// Connections at once.
pub const CONNECTIONS_CAP: usize = 64;

/// When TLS begins on the side of the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListenTls {
    /// Not at all.
    None,
    /// At the client's STARTTLS.
    StartTls,
    /// From the first octet.
    Implicit,
}

impl FromStr for ListenTls {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "none" => Ok(Self::None),
            "starttls" => Ok(Self::StartTls),
            "implicit" => Ok(Self::Implicit),
            _ => Err("use none, starttls or implicit"),
        }
    }
}

/// How to tap.
#[derive(Clone, Debug)]
pub struct TapOptions {
    /// Where to listen. If the port is taken, the next free one is used.
    pub listen: SocketAddr,
    /// Who may connect besides this machine.
    pub allow: Vec<Network>,
    /// When TLS begins on the side of the client; as on the other side if not given.
    pub listen_tls: Option<ListenTls>,
    /// The server, and how to connect to it.
    pub connect: ConnectPlan,
    /// Whether what came under TLS may go on without.
    pub insecure_target: bool,
    /// Replies, delays and drops in place of what the server does.
    pub rules: Rules,
    /// Keywords that are taken out of the reply to EHLO, in capitals.
    pub hidden: BTreeSet<String>,
    /// How much of the messages is kept.
    pub kept: TextKept,
    /// Where the authority of the listening side is kept, if at all.
    pub authority: Option<AuthorityFiles>,
}

/// What a tap reports.
#[derive(Debug)]
pub enum TapEvent {
    /// A client has connected.
    Opened(Tapped),
    /// A client was not let in.
    Refused(SocketAddr, Refusal),
}

/// Why a client was not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Its address is not allowed.
    #[error("not allowed to connect: see --allow")]
    NotAllowed,
    /// There are too many connections.
    #[error("{CONNECTIONS_CAP} connections are open already")]
    Full,
}

/// A connection through a tap.
#[derive(Debug)]
pub struct Tapped {
    /// Its number, from 1.
    pub number: u32,
    /// The client's address.
    pub client: SocketAddr,
    /// What happens in it. If nobody takes the events, nothing passes any more.
    pub events: mpsc::Receiver<Vec<Event>>,
}

/// A tap that listens. It ends when this is dropped.
#[derive(Debug)]
pub struct Tap {
    /// Where it listens.
    pub address: SocketAddr,
    /// The certificate of the authority in PEM.
    pub authority_pem: String,
    /// What it reports.
    pub events: mpsc::Receiver<TapEvent>,
}

/// What every connection of a tap shares.
struct Plan {
    connect: ConnectPlan,
    listen_tls: ListenTls,
    meddling: Meddling,
    certificate: Arc<ServerConfig>,
}

impl Plan {
    /// Whether the client's STARTTLS goes on to the server.
    fn follows_start_tls(&self) -> bool {
        self.listen_tls == ListenTls::StartTls && self.meddling.start_tls == StartTls::Follow
    }
}

/// Begins to listen, in the runtime of the caller.
///
/// # Errors
/// [`TapError`].
pub async fn start(options: TapOptions) -> Result<Tap, TapError> {
    let is_local = options.listen.ip().is_loopback();
    if !is_local && options.allow.is_empty() {
        return Err(TapError::Open(options.listen));
    }
    let target = options.connect.security;
    let listen_tls = options.listen_tls.unwrap_or(match target {
        Security::Implicit => ListenTls::Implicit,
        Security::StartTls => ListenTls::StartTls,
        Security::None => ListenTls::None,
    });
    let start_tls = match (listen_tls, target) {
        (ListenTls::StartTls, Security::StartTls) => StartTls::Follow,
        (ListenTls::StartTls, _) => StartTls::Add,
        (ListenTls::None | ListenTls::Implicit, _) => StartTls::Remove,
    };
    if listen_tls != ListenTls::None && target == Security::None && !options.insecure_target {
        return Err(TapError::Weakens);
    }
    let authority = Authority::open(&options.connect.host, options.authority.as_ref())?;
    let plan = Plan {
        connect: options.connect,
        listen_tls,
        meddling: Meddling {
            rules: options.rules,
            hidden: options.hidden,
            start_tls,
            kept: options.kept,
            insecure_target: options.insecure_target,
        },
        certificate: authority.tls,
    };
    let (address, events) = listener::start(options.listen, options.allow, Arc::new(plan)).await?;
    Ok(Tap {
        address,
        authority_pem: authority.pem,
        events,
    })
}
