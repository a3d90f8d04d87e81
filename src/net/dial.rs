//! The way to the server: the name into addresses, each address tried, every step told.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::{Failure, Family, Plan};
use crate::smtp::address_literal;

/// Addresses of one host that are tried.
const ADDRESSES_CAP: usize = 16;
/// How long an address is waited for alone before the next is tried beside it (RFC 8305 section 5).
const STAGGER: Duration = Duration::from_millis(250);

/// A step on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The name is looked up.
    Resolving(String),
    /// The name has these addresses.
    Resolved {
        /// The addresses to try, in order.
        addresses: Vec<SocketAddr>,
        /// How long the lookup took; nothing for what was an address already.
        took: Option<Duration>,
    },
    /// An address is tried.
    Trying(SocketAddr),
    /// An address did not let us in.
    Failed(Attempt),
    /// The connection stands.
    Connected {
        /// The server's address.
        peer: SocketAddr,
        /// Ours.
        local: SocketAddr,
        /// How long TCP took.
        took: Duration,
    },
}

/// An address that did not let us in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The address.
    pub address: SocketAddr,
    /// Why.
    pub error: ConnectError,
    /// How long it took to know.
    pub took: Duration,
}

/// Why a name did not become an address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// There is no such name.
    #[error("there is no host of that name")]
    NotFound,
    /// The name has no address of the family that was asked for.
    #[error("the name has no {0} address")]
    NoneOfFamily(&'static str),
    /// The system's resolver has no answer for now, and does not say why.
    #[error("the resolver gave no answer (a temporary failure)")]
    Unavailable,
    /// The resolver took too long.
    #[error("the resolver took longer than {} s", .0.as_secs())]
    TimedOut(Duration),
    /// Anything else, in the system's words.
    #[error("{0}")]
    Other(String),
}

/// Why an address did not let us in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// Nothing listens there, or a firewall says so.
    #[error("refused")]
    Refused,
    /// Nothing came back in time.
    #[error("timed out after {} s", .0.as_secs())]
    TimedOut(Duration),
    /// There is no way to it.
    #[error("unreachable")]
    Unreachable,
    /// Our own system forbids it.
    #[error("forbidden by this system")]
    Denied,
    /// Another address was quicker.
    #[error("given up, another address answered first")]
    Outrun,
    /// Anything else, in the system's words.
    #[error("{0}")]
    Other(String),
}

impl fmt::Display for Step {
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

/// A duration in milliseconds, with a decimal below ten.
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

/// Opens a TCP connection as `plan` says. Every step goes to `tell` as it happens.
pub(super) async fn dial(
    plan: &Plan,
    mut tell: impl AsyncFnMut(Step),
) -> Result<TcpStream, Failure> {
    let addresses = resolve(plan, &mut tell).await.map_err(Failure::Resolve)?;
    race(addresses, plan.timeout, &mut tell)
        .await
        .map_err(Failure::Connect)
}

/// Tries the addresses in order, each a little after the one before or as soon as that failed.
async fn race(
    addresses: Vec<SocketAddr>,
    patience: Duration,
    tell: &mut impl AsyncFnMut(Step),
) -> Result<TcpStream, Vec<Attempt>> {
    let mut waiting = addresses.into_iter();
    let mut under_way: Vec<(SocketAddr, Instant)> = Vec::new();
    let mut attempts = Vec::new();
    let mut tries = JoinSet::new();
    loop {
        if let Some(address) = waiting.next() {
            tell(Step::Trying(address)).await;
            under_way.push((address, Instant::now()));
            tries.spawn(connect(address, patience));
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
        // A try neither panics nor is cancelled; if it did, the others still count.
        let Ok((address, result)) = joined else {
            continue;
        };
        let started = under_way.iter().position(|&(other, _)| other == address);
        let took = started.map_or(Duration::ZERO, |at| under_way.swap_remove(at).1.elapsed());
        match result.and_then(|stream| Ok((stream.local_addr()?, stream))) {
            Ok((local, stream)) => {
                for (address, since) in under_way {
                    let error = ConnectError::Outrun;
                    tell(Step::Failed(Attempt {
                        address,
                        error,
                        took: since.elapsed(),
                    }))
                    .await;
                }
                tell(Step::Connected {
                    peer: address,
                    local,
                    took,
                })
                .await;
                return Ok(stream);
            }
            Err(error) => {
                let attempt = Attempt {
                    address,
                    error: connect_error(&error, patience),
                    took,
                };
                tell(Step::Failed(attempt.clone())).await;
                attempts.push(attempt);
            }
        }
    }
}

/// Our address as a literal; that of this host where the system does not tell it.
pub(super) fn literal(tcp: &TcpStream) -> String {
    let address = tcp.local_addr().map(|address| address.ip());
    address_literal(address.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST)))
}

async fn connect(address: SocketAddr, patience: Duration) -> (SocketAddr, io::Result<TcpStream>) {
    let attempt = async {
        let stream = TcpStream::connect(address).await?;
        // A command must not wait for the acknowledgement of the one before (Nagle).
        stream.set_nodelay(true)?;
        Ok(stream)
    };
    let result = timeout(patience, attempt).await;
    (
        address,
        result.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())),
    )
}

async fn resolve(
    plan: &Plan,
    tell: &mut impl AsyncFnMut(Step),
) -> Result<Vec<SocketAddr>, ResolveError> {
    let literal: Option<IpAddr> = plan.host.parse().ok();
    let started = Instant::now();
    let found: Vec<SocketAddr> = match literal {
        Some(ip) => vec![SocketAddr::new(ip, plan.port)],
        None => {
            tell(Step::Resolving(plan.host.clone())).await;
            let lookup = tokio::net::lookup_host((plan.host.as_str(), plan.port));
            let found = timeout(plan.timeout, lookup).await;
            found
                .map_err(|_| ResolveError::TimedOut(plan.timeout))?
                .map_err(|e| resolve_error(&e))?
                .collect()
        }
    };
    let mut addresses: Vec<SocketAddr> = Vec::new();
    for address in found {
        let wanted = match plan.family {
            Family::Any => true,
            Family::V4 => address.is_ipv4(),
            Family::V6 => address.is_ipv6(),
        };
        if wanted && !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    addresses.truncate(ADDRESSES_CAP);
    if addresses.is_empty() {
        return Err(match plan.family {
            Family::Any => ResolveError::NotFound,
            Family::V4 => ResolveError::NoneOfFamily("IPv4"),
            Family::V6 => ResolveError::NoneOfFamily("IPv6"),
        });
    }
    let took = literal.is_none().then(|| started.elapsed());
    tell(Step::Resolved {
        addresses: addresses.clone(),
        took,
    })
    .await;
    Ok(addresses)
}

/// The standard library keeps the resolver's code only in its words.
fn resolve_error(error: &io::Error) -> ResolveError {
    let words = error.to_string();
    let says = |phrase: &str| words.contains(phrase);
    if says("Name or service not known")
        || says("No address associated")
        || says("nodename nor servname")
    {
        ResolveError::NotFound
    } else if says("Temporary failure in name resolution") {
        ResolveError::Unavailable
    } else {
        ResolveError::Other(words.replace("failed to lookup address information: ", ""))
    }
}

fn connect_error(error: &io::Error, patience: Duration) -> ConnectError {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => ConnectError::Refused,
        io::ErrorKind::TimedOut => ConnectError::TimedOut(patience),
        io::ErrorKind::HostUnreachable
        | io::ErrorKind::NetworkUnreachable
        | io::ErrorKind::AddrNotAvailable => ConnectError::Unreachable,
        io::ErrorKind::PermissionDenied => ConnectError::Denied,
        _ => ConnectError::Other(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::{TcpListener, TcpSocket};

    use super::*;

    const LOOPBACK: (IpAddr, u16) = (IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

    /// What is told of a race, without the times.
    async fn told(addresses: &[SocketAddr]) -> (Vec<String>, Result<(), usize>) {
        let mut words = Vec::new();
        let patience = Duration::from_secs(20);
        let won = race(addresses.to_vec(), patience, &mut async |step| {
            words.push(match step {
                Step::Failed(Attempt { address, error, .. }) => format!("{address} {error}"),
                Step::Connected { peer, .. } => format!("connected {peer}"),
                other => other.to_string(),
            });
        })
        .await;
        (words, won.map(drop).map_err(|attempts| attempts.len()))
    }

    /// An address at which nothing listens, as long as the socket lives.
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
    async fn each_address_is_tried_and_told() {
        let (_first, refusing) = refusing();
        let listener = TcpListener::bind(LOOPBACK).await.unwrap();
        let open = listener.local_addr().unwrap();
        let (words, won) = told(&[refusing, open]).await;
        let expected = [
            format!("trying {refusing}"),
            format!("{refusing} refused"),
            format!("trying {open}"),
            format!("connected {open}"),
        ];
        assert_eq!((words.as_slice(), won), (expected.as_slice(), Ok(())));
    }

    #[tokio::test]
    async fn when_none_lets_us_in_all_are_told() {
        let ((_first, one), (_second, two)) = (refusing(), refusing());
        let (words, won) = told(&[one, two]).await;
        let expected = [
            format!("trying {one}"),
            format!("{one} refused"),
            format!("trying {two}"),
            format!("{two} refused"),
        ];
        assert_eq!((words.as_slice(), won), (expected.as_slice(), Err(2)));
    }

    #[tokio::test]
    async fn a_silent_address_does_not_hold_up_the_next() {
        let (_listener, _queued, silent) = silent().await;
        let listener = TcpListener::bind(LOOPBACK).await.unwrap();
        let open = listener.local_addr().unwrap();
        let (words, won) = told(&[silent, open]).await;
        let expected = [
            format!("trying {silent}"),
            format!("trying {open}"),
            format!("{silent} given up, another address answered first"),
            format!("connected {open}"),
        ];
        assert_eq!((words.as_slice(), won), (expected.as_slice(), Ok(())));
    }
}
