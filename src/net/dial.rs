//! Connects to a server: resolves its name and tries its addresses. Every step is reported.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::dns::{DnsError, host_addresses};
use super::{ConnectPlan, Failure, Family, Resolver};
use crate::smtp::address_literal;

/// The maximum number of addresses tried of one host.
const ADDRESSES_CAP: usize = 16;
/// How long to wait for an address before trying the next one in parallel (RFC 8305 section 5).
const STAGGER: Duration = Duration::from_millis(250);

/// A step of connecting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConnectStep {
    /// The lookup of this host name begins.
    Resolving(String),
    /// The addresses are known.
    Resolved {
        /// The addresses to try, in order.
        addresses: Vec<SocketAddr>,
        /// How long the lookup took. `None` if the host is an address already.
        took: Option<Duration>,
    },
    /// Connecting to this address begins.
    Trying(SocketAddr),
    /// Connecting to an address failed.
    Failed(ConnectAttempt),
    /// The connection is established.
    Connected {
        /// The server's address.
        peer: SocketAddr,
        /// The local address.
        local: SocketAddr,
        /// How long the TCP handshake took.
        took: Duration,
    },
}

/// A failed attempt to connect to an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectAttempt {
    /// The address.
    pub address: SocketAddr,
    /// Why the attempt failed.
    pub error: ConnectError,
    /// How long the attempt took.
    pub took: Duration,
}

/// Why resolving a host name failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// The name does not exist.
    #[error("host not found")]
    NotFound,
    /// The name has no address of the requested family.
    #[error("the name has no {0} address")]
    NoneOfFamily(&'static str),
    /// The system's resolver has no answer at the moment, and does not say why.
    #[error("no answer from the resolver (temporary failure)")]
    Unavailable,
    /// The resolver took too long.
    #[error("no answer from the resolver within {} s", .0.as_secs())]
    TimedOut(Duration),
    /// Any other error, in the words of the system.
    #[error("{0}")]
    Other(String),
}

/// Why connecting to an address failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// Nothing listens on the port, or a firewall rejects the connection.
    #[error("refused")]
    Refused,
    /// There was no answer in time.
    #[error("timed out after {} s", .0.as_secs())]
    TimedOut(Duration),
    /// There is no route to the address (`ENETUNREACH`, `EADDRNOTAVAIL`).
    #[error("no route")]
    NoRoute,
    /// A router or firewall on the way, or the local network, says that the host cannot be reached
    /// (`EHOSTUNREACH`): the ICMP messages "host unreachable" and "administratively prohibited".
    #[error("host unreachable")]
    HostUnreachable,
    /// This machine's own rules forbid the connection.
    #[error("not permitted by this system")]
    Denied,
    /// Another address connected first.
    #[error("abandoned, another address connected first")]
    Superseded,
    /// Any other error, in the words of the system.
    #[error("{0}")]
    Other(String),
}

impl fmt::Display for ConnectStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Resolving(host) => write!(f, "looking up {host}"),
            Self::Resolved { addresses, took } => {
                let list: Vec<_> = addresses
                    .iter()
                    .map(|address| address.ip().to_string())
                    .collect();
                write!(f, "{}", list.join(", "))?;
                took.map_or(Ok(()), |took| write!(f, "   dns {}", Millis(took)))
            }
            Self::Trying(address) => write!(f, "trying {address}"),
            Self::Failed(attempt) => {
                write!(
                    f,
                    "{}: {} ({})",
                    attempt.address,
                    attempt.error,
                    Millis(attempt.took)
                )
            }
            Self::Connected { peer, took, .. } => {
                write!(f, "connected {peer}   tcp {}", Millis(*took))
            }
        }
    }
}

/// Displays a duration in milliseconds, with one decimal below ten.
pub(super) struct Millis(pub(super) Duration);

impl fmt::Display for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.0.as_secs_f64() * 1000.0;
        if millis < 10.0 {
            write!(f, "{millis:.1}ms")
        } else {
            write!(f, "{millis:.0}ms")
        }
    }
}

/// Who is told the steps of connecting.
pub(crate) trait ConnectReport {
    /// Takes a step as it happens.
    fn report(&mut self, step: ConnectStep) -> impl Future<Output = ()> + Send;
}

/// Opens a TCP connection as `plan` says.
pub(crate) async fn dial(
    plan: &ConnectPlan,
    steps: &mut impl ConnectReport,
) -> Result<TcpStream, Failure> {
    let addresses = resolve(plan, steps).await.map_err(Failure::Resolve)?;
    race(addresses, plan.timeout, steps)
        .await
        .map_err(Failure::Connect)
}

/// Tries the addresses in order, each shortly after the previous one or as soon as that one failed.
/// The first connection wins.
async fn race(
    addresses: Vec<SocketAddr>,
    limit: Duration,
    steps: &mut impl ConnectReport,
) -> Result<TcpStream, Vec<ConnectAttempt>> {
    let mut waiting = addresses.into_iter();
    let mut running: Vec<(SocketAddr, Instant)> = Vec::new();
    let mut attempts = Vec::new();
    let mut tries = JoinSet::new();
    loop {
        if let Some(address) = waiting.next() {
            steps.report(ConnectStep::Trying(address)).await;
            running.push((address, Instant::now()));
            tries.spawn(connect(address, limit));
        }
        let stagger = if waiting.len() > 0 {
            STAGGER
        } else {
            Duration::MAX
        };
        let joined = tokio::select! {
            joined = tries.join_next() => joined,
            () = sleep(stagger) => continue,
        };
        let Some(joined) = joined else {
            return Err(attempts);
        };
        // A try neither panics nor is cancelled; if one did, the others would still count.
        let Ok((address, result)) = joined else {
            continue;
        };
        let started = running.iter().position(|&(other, _)| other == address);
        let took = started.map_or(Duration::ZERO, |at| running.swap_remove(at).1.elapsed());
        match result.and_then(|stream| Ok((stream.local_addr()?, stream))) {
            Ok((local, stream)) => {
                for (address, since) in running {
                    let error = ConnectError::Superseded;
                    steps
                        .report(ConnectStep::Failed(ConnectAttempt {
                            address,
                            error,
                            took: since.elapsed(),
                        }))
                        .await;
                }
                steps
                    .report(ConnectStep::Connected {
                        peer: address,
                        local,
                        took,
                    })
                    .await;
                return Ok(stream);
            }
            Err(error) => {
                let attempt = ConnectAttempt {
                    address,
                    error: connect_error(&error, limit),
                    took,
                };
                steps.report(ConnectStep::Failed(attempt.clone())).await;
                attempts.push(attempt);
            }
        }
    }
}

/// The local address as an address literal, for EHLO. The loopback address if the system does not
/// know the local one.
pub(crate) fn local_literal(tcp: &TcpStream) -> String {
    let address = tcp.local_addr().map(|address| address.ip());
    address_literal(address.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST)))
}

async fn connect(address: SocketAddr, limit: Duration) -> (SocketAddr, io::Result<TcpStream>) {
    let attempt = async {
        let stream = TcpStream::connect(address).await?;
        // A command must not wait until the previous one is acknowledged (Nagle's algorithm).
        stream.set_nodelay(true)?;
        Ok(stream)
    };
    let result = timeout(limit, attempt).await;
    (
        address,
        result.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())),
    )
}

async fn resolve(
    plan: &ConnectPlan,
    steps: &mut impl ConnectReport,
) -> Result<Vec<SocketAddr>, ResolveError> {
    let literal: Option<IpAddr> = plan.address.or(plan.host.parse().ok());
    let started = Instant::now();
    let found = match literal {
        Some(ip) => vec![ip],
        None => {
            steps
                .report(ConnectStep::Resolving(plan.host.clone()))
                .await;
            look_up(&plan.host, plan.timeout).await?
        }
    };
    let addresses = in_family(found, plan.family)?;
    let addresses: Vec<SocketAddr> = addresses
        .into_iter()
        .map(|ip| SocketAddr::new(ip, plan.port))
        .collect();
    let took = literal.is_none().then(|| started.elapsed());
    steps
        .report(ConnectStep::Resolved {
            addresses: addresses.clone(),
            took,
        })
        .await;
    Ok(addresses)
}

/// The addresses of a host, as a connection would try them: those of the system's own resolver library,
/// or of the DNS if a nameserver is given.
///
/// # Errors
/// If there are none.
pub async fn addresses(
    host: &str,
    family: Family,
    resolver: &Resolver,
    limit: Duration,
) -> Result<Vec<IpAddr>, ResolveError> {
    let found = match (host.parse(), resolver) {
        (Ok(ip), _) => vec![ip],
        (Err(_), Resolver::System) => look_up(host, limit).await?,
        (Err(_), Resolver::At { .. }) => match host_addresses(resolver, host, Family::Any).await {
            Ok(found) => found.addresses,
            Err(DnsError::NoSuchName) => return Err(ResolveError::NotFound),
            Err(DnsError::NoAnswer | DnsError::NoResolver) => {
                return Err(ResolveError::Unavailable);
            }
            Err(error) => return Err(ResolveError::Other(error.to_string())),
        },
    };
    in_family(found, family)
}

async fn look_up(host: &str, limit: Duration) -> Result<Vec<IpAddr>, ResolveError> {
    let found = timeout(limit, tokio::net::lookup_host((host, 0))).await;
    let found = found.map_err(|_| ResolveError::TimedOut(limit))?;
    let found = found.map_err(|error| resolve_error(&error))?;
    Ok(found.map(|address| address.ip()).collect())
}

/// The addresses that may be tried, each once.
fn in_family(found: Vec<IpAddr>, family: Family) -> Result<Vec<IpAddr>, ResolveError> {
    let mut addresses: Vec<IpAddr> = Vec::new();
    for address in found {
        let is_in_family = match family {
            Family::Any => true,
            Family::V4 => address.is_ipv4(),
            Family::V6 => address.is_ipv6(),
        };
        if is_in_family && !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    addresses.truncate(ADDRESSES_CAP);
    if addresses.is_empty() {
        return Err(match family {
            Family::Any => ResolveError::NotFound,
            Family::V4 => ResolveError::NoneOfFamily("IPv4"),
            Family::V6 => ResolveError::NoneOfFamily("IPv6"),
        });
    }
    Ok(addresses)
}

/// Classifies an error of the system's resolver. The standard library keeps the error code only in
/// the text.
fn resolve_error(error: &io::Error) -> ResolveError {
    let text = error.to_string();
    let contains = |phrase: &str| text.contains(phrase);
    if contains("Name or service not known")
        || contains("No address associated")
        || contains("nodename nor servname")
    {
        ResolveError::NotFound
    } else if contains("Temporary failure in name resolution") {
        ResolveError::Unavailable
    } else {
        ResolveError::Other(text.replace("failed to lookup address information: ", ""))
    }
}

fn connect_error(error: &io::Error, limit: Duration) -> ConnectError {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => ConnectError::Refused,
        io::ErrorKind::TimedOut => ConnectError::TimedOut(limit),
        io::ErrorKind::HostUnreachable => ConnectError::HostUnreachable,
        io::ErrorKind::NetworkUnreachable | io::ErrorKind::AddrNotAvailable => {
            ConnectError::NoRoute
        }
        io::ErrorKind::PermissionDenied => ConnectError::Denied,
        _ => ConnectError::Other(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::{TcpListener, TcpSocket};

    use super::*;

    const LOOPBACK: (IpAddr, u16) = (IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

    /// The steps of a race as text, without times.
    #[derive(Default)]
    struct Steps(Vec<String>);

    impl ConnectReport for Steps {
        async fn report(&mut self, step: ConnectStep) {
            self.0.push(match step {
                ConnectStep::Failed(ConnectAttempt { address, error, .. }) => {
                    format!("{address} {error}")
                }
                ConnectStep::Connected { peer, .. } => format!("connected {peer}"),
                other => other.to_string(),
            });
        }
    }

    /// The steps of a race, and its result.
    async fn race_steps(addresses: &[SocketAddr]) -> (Vec<String>, Result<(), usize>) {
        let mut steps = Steps::default();
        let limit = Duration::from_secs(20);
        let result = race(addresses.to_vec(), limit, &mut steps).await;
        (steps.0, result.map(drop).map_err(|attempts| attempts.len()))
    }

    /// An address that refuses connections as long as the socket lives.
    fn refusing() -> (TcpSocket, SocketAddr) {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(LOOPBACK.into()).unwrap();
        let address = socket.local_addr().unwrap();
        (socket, address)
    }

    /// An address that does not answer: a listener whose queue is full.
    async fn silent() -> (TcpListener, Vec<TcpStream>, SocketAddr) {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(LOOPBACK.into()).unwrap();
        let listener = socket.listen(0).unwrap();
        let address = listener.local_addr().unwrap();
        let mut queued = Vec::new();
        let brief = Duration::from_millis(200);
        while let Ok(stream) = timeout(brief, TcpStream::connect(address)).await {
            queued.push(stream.unwrap());
        }
        (listener, queued, address)
    }

    #[tokio::test]
    async fn tries_the_next_address_after_a_failure() {
        let (_first, refusing) = refusing();
        let listener = TcpListener::bind(LOOPBACK).await.unwrap();
        let open = listener.local_addr().unwrap();
        let (steps, result) = race_steps(&[refusing, open]).await;
        let expected = [
            format!("trying {refusing}"),
            format!("{refusing} refused"),
            format!("trying {open}"),
            format!("connected {open}"),
        ];
        assert_eq!((steps.as_slice(), result), (expected.as_slice(), Ok(())));
    }

    #[tokio::test]
    async fn reports_every_address_if_all_fail() {
        let ((_first, one), (_second, two)) = (refusing(), refusing());
        let (steps, result) = race_steps(&[one, two]).await;
        let expected = [
            format!("trying {one}"),
            format!("{one} refused"),
            format!("trying {two}"),
            format!("{two} refused"),
        ];
        assert_eq!((steps.as_slice(), result), (expected.as_slice(), Err(2)));
    }

    #[tokio::test]
    async fn a_silent_address_does_not_delay_the_next() {
        let (_listener, _queued, silent) = silent().await;
        let listener = TcpListener::bind(LOOPBACK).await.unwrap();
        let open = listener.local_addr().unwrap();
        let (steps, result) = race_steps(&[silent, open]).await;
        let expected = [
            format!("trying {silent}"),
            format!("trying {open}"),
            format!("{silent} abandoned, another address connected first"),
            format!("connected {open}"),
        ];
        assert_eq!((steps.as_slice(), result), (expected.as_slice(), Ok(())));
    }
}
