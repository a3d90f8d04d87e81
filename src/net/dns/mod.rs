//! The DNS beyond addresses: which servers take mail for a domain, and which keys it vouches for. The
//! system's resolver is asked, by hand; addresses of hosts are looked up by the system itself.

mod message;

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;
use tokio_rustls::rustls::crypto::aws_lc_rs;

use self::message::{Answer, Kind, Record};
use super::tls::Dane;

const PORT: u16 = 53;
/// How long one server may take for one answer.
const PATIENCE: Duration = Duration::from_secs(3);
/// How often each server is asked.
const ROUNDS: usize = 2;
/// Servers of `resolv.conf` that are asked (resolv.conf(5)).
const SERVERS_CAP: usize = 3;
const RESOLV_CONF: &str = "/etc/resolv.conf";
/// Octets of `resolv.conf` that are read.
const RESOLV_CONF_CAP: u64 = 64 * 1024;
/// Servers for mail that are told of one domain.
const EXCHANGERS_CAP: usize = 32;
/// Answers to other questions that are passed over, as forgers send them.
const STRAYS_CAP: usize = 32;

/// Who is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Resolver {
    /// The system's, as `/etc/resolv.conf` names it. Its word that an answer is authentic counts
    /// where it runs on this machine, or where that file says `trust-ad`.
    #[default]
    System,
    /// This one.
    At {
        /// Where it listens.
        server: SocketAddr,
        /// Whether its word that an answer is authentic counts.
        trusted: bool,
    },
}

/// Which servers take mail for a domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailRoute {
    /// The domain.
    pub domain: String,
    /// The servers.
    pub servers: MailServers,
    /// Whether the resolver calls the answer authentic, and may be believed.
    pub authentic: bool,
}

/// The servers that take mail for a domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailServers {
    /// These, the most preferred first; at most 32.
    Exchangers(Vec<Exchanger>),
    /// It names none: its own address takes the mail (RFC 5321 section 5.1).
    Itself,
    /// It takes no mail, and says so (RFC 7505).
    None,
}

/// A server that takes mail for a domain.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Exchanger {
    /// The lower, the more it is preferred.
    pub preference: u16,
    /// Its name. It is the DNS's own and has to be made visible before it is shown.
    pub host: String,
}

/// Why the DNS gave no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DnsError {
    /// No resolver is known.
    #[error("{RESOLV_CONF} names no resolver")]
    NoResolver,
    /// None answered.
    #[error("the resolver does not answer")]
    Silent,
    /// There is no such name.
    #[error("there is no domain of that name")]
    NoSuchName,
    /// The resolver failed; also what it says of an answer whose signatures are wrong.
    #[error(
        "the resolver failed (SERVFAIL): the domain's own servers are out of reach, or their signatures are wrong"
    )]
    Failed,
    /// The resolver refused with this code (RFC 1035 section 4.1.1).
    #[error("the resolver refused, with code {0}")]
    Refused(u8),
    /// It is no name for the DNS.
    #[error("{0:?} is no name for the DNS")]
    BadName(String),
}

impl fmt::Display for MailRoute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            domain, servers, ..
        } = self;
        match servers {
            MailServers::None => {
                return write!(f, "{domain} takes no mail, and says so: MX 0 . (RFC 7505)");
            }
            MailServers::Itself => write!(
                f,
                "{domain} has no MX: its own address takes the mail (RFC 5321 s5.1)"
            )?,
            MailServers::Exchangers(exchangers) => {
                let shown: Vec<String> = exchangers
                    .iter()
                    .map(|one| format!("{} {}", one.preference, one.host))
                    .collect();
                write!(f, "MX of {domain}: {}", shown.join(", "))?;
            }
        }
        f.write_str(if self.authentic {
            "   authentic (DNSSEC)"
        } else {
            ""
        })
    }
}

/// Looks up which servers take mail for `domain`.
pub(super) async fn mail_route(resolver: &Resolver, domain: &str) -> Result<MailRoute, DnsError> {
    let answer = ask(resolver, domain, Kind::Mx).await?;
    let mut exchangers: Vec<Exchanger> = answer
        .records
        .into_iter()
        .filter_map(|record| match record {
            Record::Mx { preference, host } => Some(Exchanger { preference, host }),
            Record::Tlsa(_) => None,
        })
        .collect();
    exchangers.sort();
    exchangers.truncate(EXCHANGERS_CAP);
    let is_root = |one: &Exchanger| one.host.is_empty();
    let servers = if exchangers.is_empty() {
        MailServers::Itself
    } else if exchangers.iter().all(is_root) {
        MailServers::None
    } else {
        exchangers.retain(|one| !is_root(one));
        MailServers::Exchangers(exchangers)
    };
    Ok(MailRoute {
        domain: domain.to_owned(),
        servers,
        authentic: answer.authentic,
    })
}

/// Looks up the keys that the DNS vouches for (RFC 7672 section 2.1).
pub(super) async fn keys_of(resolver: &Resolver, host: &str, port: u16) -> Dane {
    if host.parse::<IpAddr>().is_ok() {
        return Dane::NoRecords;
    }
    let name = format!("_{port}._tcp.{host}");
    let answer = match ask(resolver, &name, Kind::Tlsa).await {
        Ok(answer) => answer,
        Err(DnsError::NoSuchName) => return Dane::NoRecords,
        Err(error) => return Dane::Failed(error.to_string()),
    };
    let keys: Vec<_> = answer
        .records
        .into_iter()
        .filter_map(|record| match record {
            Record::Tlsa(key) => Some(key),
            Record::Mx { .. } => None,
        })
        .collect();
    match keys.len() {
        0 => Dane::NoRecords,
        _ if answer.authentic => Dane::Authentic(keys),
        count => Dane::Unauthentic(count),
    }
}

/// Asks until someone answers. An answer that may not be believed is never authentic.
async fn ask(resolver: &Resolver, name: &str, kind: Kind) -> Result<Answer, DnsError> {
    let (servers, trusted) = match resolver {
        Resolver::System => system(),
        Resolver::At { server, trusted } => (vec![*server], *trusted),
    };
    if servers.is_empty() {
        return Err(DnsError::NoResolver);
    }
    let mut failure = DnsError::Silent;
    for server in servers.iter().cycle().take(servers.len() * ROUNDS) {
        let mut id = [0; 2];
        let filled = aws_lc_rs::default_provider().secure_random.fill(&mut id);
        filled.map_err(|_| DnsError::Silent)?;
        let id = u16::from_be_bytes(id);
        let command_pending = message::command_pending(id, name, kind)
            .ok_or_else(|| DnsError::BadName(name.to_owned()))?;
        let read = |octets: &[u8]| message::answer(octets, id, name, kind);
        let answered = timeout(PATIENCE, ask_one(*server, &command_pending, read)).await;
        let Ok(Ok(answer)) = answered else { continue };
        match answer.code {
            0 => {
                return Ok(Answer {
                    authentic: answer.authentic && trusted,
                    ..answer
                });
            }
            3 => return Err(DnsError::NoSuchName),
            2 => failure = DnsError::Failed,
            code => failure = DnsError::Refused(code),
        }
    }
    Err(failure)
}

async fn ask_one(
    server: SocketAddr,
    command_pending: &[u8],
    read: impl Fn(&[u8]) -> Option<Answer>,
) -> io::Result<Answer> {
    let any: IpAddr = match server {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    // A port of its own for each question: a forger has to guess it and the number.
    let socket = UdpSocket::bind((any, 0)).await?;
    socket.connect(server).await?;
    socket.send(command_pending).await?;
    let mut room = vec![0; 4096];
    for _ in 0..STRAYS_CAP {
        let octets = socket.recv(&mut room).await?;
        match read(&room[..octets]) {
            Some(answer) if answer.truncated => {
                return ask_by_tcp(server, command_pending, read).await;
            }
            Some(answer) => return Ok(answer),
            None => {}
        }
    }
    Err(io::Error::other("no answer among many"))
}

async fn ask_by_tcp(
    server: SocketAddr,
    command_pending: &[u8],
    read: impl Fn(&[u8]) -> Option<Answer>,
) -> io::Result<Answer> {
    let mut stream = TcpStream::connect(server).await?;
    let length = u16::try_from(command_pending.len()).unwrap_or_default();
    stream
        .write_all(&[&length.to_be_bytes(), command_pending].concat())
        .await?;
    let length = stream.read_u16().await?;
    let mut octets = vec![0; usize::from(length)];
    stream.read_exact(&mut octets).await?;
    read(&octets).ok_or_else(|| io::Error::other("no answer"))
}

/// The system's resolvers, and whether their word counts.
fn system() -> (Vec<SocketAddr>, bool) {
    use std::io::Read as _;
    let mut text = String::new();
    let read = std::fs::File::open(RESOLV_CONF)
        .and_then(|file| file.take(RESOLV_CONF_CAP).read_to_string(&mut text));
    if let Err(error) = read {
        tracing::warn!(%error, "{RESOLV_CONF}");
    }
    resolvers(&text)
}

fn resolvers(text: &str) -> (Vec<SocketAddr>, bool) {
    let mut servers = Vec::new();
    let mut trusted = false;
    for line in text.lines() {
        let mut words = line.split_whitespace();
        match words.next() {
            Some("nameserver") => {
                let address = words.next().and_then(|word| word.parse::<IpAddr>().ok());
                servers.extend(address.map(|address| SocketAddr::new(address, PORT)));
            }
            Some("options") => trusted |= words.any(|word| word == "trust-ad"),
            _ => {}
        }
    }
    servers.truncate(SERVERS_CAP);
    let is_here = |server: &SocketAddr| server.ip().is_loopback();
    trusted |= !servers.is_empty() && servers.iter().all(is_here);
    (servers, trusted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whose_word_counts_stands_in_resolv_conf() {
        let table: &[(&str, &[&str], bool)] = &[
            ("", &[], false),
            ("nameserver 192.0.2.1\n", &["192.0.2.1:53"], false),
            (
                "nameserver 127.0.0.53\noptions edns0\n",
                &["127.0.0.53:53"],
                true,
            ),
            ("nameserver ::1", &["[::1]:53"], true),
            (
                "nameserver 127.0.0.1\nnameserver 192.0.2.1",
                &["127.0.0.1:53", "192.0.2.1:53"],
                false,
            ),
            (
                "# nameserver 192.0.2.9\nnameserver 192.0.2.1\noptions edns0 trust-ad",
                &["192.0.2.1:53"],
                true,
            ),
            ("nameserver nonsense\nsearch example", &[], false),
        ];
        for (text, servers, trusted) in table {
            let (found, counts) = resolvers(text);
            let found: Vec<String> = found.iter().map(ToString::to_string).collect();
            assert_eq!(
                (found, counts),
                (servers.iter().map(|s| (*s).to_owned()).collect(), *trusted),
                "{text}"
            );
        }
    }
}
