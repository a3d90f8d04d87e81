//! DNS lookups: MX records for mail routing, TLSA records for DANE, names and addresses of hosts.
//! Queries go straight to the nameservers. A connection resolves the name of its host with the
//! system's own resolver library, elsewhere.

mod host;
mod message;

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;
use tokio_rustls::rustls::crypto::aws_lc_rs;

use self::message::{DnsAnswer, Record, RecordType};
use super::resolver::Resolver;
use super::tls::{self, Dane};

pub use host::{HostAddresses, host_addresses, reverse_names};

const PORT: u16 = 53;
/// How long to wait for one server's answer to one query.
const QUERY_TIMEOUT: Duration = Duration::from_secs(3);
/// The maximum number of queries to each server.
const ROUNDS: usize = 2;
/// Nameservers of `resolv.conf` that are used, as in resolv.conf(5).
const SERVERS_CAP: usize = 3;
const RESOLV_CONF: &str = "/etc/resolv.conf";
/// The maximum number of octets read of `resolv.conf`.
const RESOLV_CONF_CAP: u64 = 64 * 1024;
/// Mail exchangers that are returned for one domain.
const MX_CAP: usize = 32;
/// Datagrams that do not answer the query and are skipped, such as forged answers.
const STRAYS_CAP: usize = 32;

/// Where to deliver mail for a domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailRoute {
    /// The domain.
    pub domain: String,
    /// The servers that accept its mail.
    pub servers: MailServers,
    /// Whether a trusted resolver validated the answer (DNSSEC).
    pub authentic: bool,
}

/// The servers that accept mail for a domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailServers {
    /// The hosts of its MX records, the most preferred first; at most 32.
    Mx(Vec<MxHost>),
    /// No MX record: the domain's own address accepts the mail (RFC 5321 section 5.1).
    ImplicitMx,
    /// A null MX record: the domain accepts no mail (RFC 7505).
    NullMx,
}

/// A mail exchanger: one MX record.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MxHost {
    /// Its preference; lower values are tried first.
    pub preference: u16,
    /// Its host name, as the DNS returned it. Escape it before showing it.
    pub host: String,
}

/// Why a DNS lookup failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DnsError {
    /// No nameserver is configured.
    #[error("no nameserver in {RESOLV_CONF}")]
    NoResolver,
    /// No server answered.
    #[error("no answer from the resolver")]
    NoAnswer,
    /// The name does not exist.
    #[error("domain not found (NXDOMAIN)")]
    NoSuchName,
    /// The resolver failed, which includes an answer whose DNSSEC signatures are invalid.
    #[error(
        "the resolver failed (SERVFAIL): the domain's nameservers are unreachable, or their DNSSEC signatures are invalid"
    )]
    ServerFailure,
    /// The resolver answered with this error code (RFC 1035 section 4.1.1).
    #[error("the resolver returned error code {0}")]
    Refused(u8),
    /// The DNS cannot hold this name.
    #[error("invalid domain name {0:?}: labels have 1 to 63 octets, names at most 255")]
    BadName(String),
}

impl fmt::Display for MailRoute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            domain, servers, ..
        } = self;
        match servers {
            MailServers::NullMx => {
                return write!(f, "{domain} accepts no mail: null MX (RFC 7505)");
            }
            MailServers::ImplicitMx => write!(
                f,
                "{domain} has no MX: mail goes to its own address (RFC 5321 s5.1)"
            )?,
            MailServers::Mx(hosts) => {
                let list: Vec<String> = hosts
                    .iter()
                    .map(|mx| format!("{} {}", mx.preference, mx.host))
                    .collect();
                write!(f, "MX of {domain}: {}", list.join(", "))?;
            }
        }
        f.write_str(if self.authentic {
            "   authentic (DNSSEC)"
        } else {
            ""
        })
    }
}

/// Looks up the MX records of `domain`.
///
/// # Errors
/// If the lookup fails.
pub async fn mail_route(resolver: &Resolver, domain: &str) -> Result<MailRoute, DnsError> {
    let answer = query(resolver, domain, RecordType::Mx).await?;
    let mut hosts: Vec<MxHost> = answer
        .records
        .into_iter()
        .filter_map(|record| match record {
            Record::Mx { preference, host } => Some(MxHost { preference, host }),
            _ => None,
        })
        .collect();
    hosts.sort();
    hosts.truncate(MX_CAP);
    let is_root = |mx: &MxHost| mx.host.is_empty();
    let servers = if hosts.is_empty() {
        MailServers::ImplicitMx
    } else if hosts.iter().all(is_root) {
        MailServers::NullMx
    } else {
        hosts.retain(|mx| !is_root(mx));
        MailServers::Mx(hosts)
    };
    Ok(MailRoute {
        domain: domain.to_owned(),
        servers,
        authentic: answer.authentic,
    })
}

/// Looks up the TLSA records of a server (RFC 7672 section 2.1). An IP address has none.
pub(super) async fn tlsa_records(resolver: &Resolver, host: &str, port: u16) -> Dane {
    if host.parse::<IpAddr>().is_ok() {
        return Dane::NoRecords;
    }
    let name = format!("_{port}._tcp.{host}");
    let answer = match query(resolver, &name, RecordType::Tlsa).await {
        Ok(answer) => answer,
        Err(DnsError::NoSuchName) => return Dane::NoRecords,
        Err(error) => return Dane::Failed(error.to_string()),
    };
    let records: Vec<_> = answer
        .records
        .into_iter()
        .filter_map(|record| match record {
            Record::Tlsa(record) => Some(record),
            _ => None,
        })
        .collect();
    match records.len() {
        0 => Dane::NoRecords,
        _ if answer.authentic => Dane::Authentic(records),
        count => Dane::Unauthentic(count),
    }
}

/// Queries the servers in turn until one answers. An answer is authentic only if the resolver is
/// trusted.
async fn query(resolver: &Resolver, name: &str, kind: RecordType) -> Result<DnsAnswer, DnsError> {
    let (servers, trusted) = match resolver {
        Resolver::System => system_nameservers(),
        Resolver::At { server, trusted } => (vec![*server], *trusted),
    };
    if servers.is_empty() {
        return Err(DnsError::NoResolver);
    }
    tls::warm().await;
    let mut failure = DnsError::NoAnswer;
    for server in servers.iter().cycle().take(servers.len() * ROUNDS) {
        let mut id = [0; 2];
        let filled = aws_lc_rs::default_provider().secure_random.fill(&mut id);
        filled.map_err(|_| DnsError::NoAnswer)?;
        let id = u16::from_be_bytes(id);
        let query = message::encode_query(id, name, kind)
            .ok_or_else(|| DnsError::BadName(name.to_owned()))?;
        let parse = |octets: &[u8]| message::parse_answer(octets, id, name, kind);
        tracing::debug!(%server, name, ?kind, "DNS query");
        let answer = match timeout(QUERY_TIMEOUT, query_udp(*server, &query, parse)).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => {
                tracing::debug!(%server, %error, "DNS query failed");
                continue;
            }
            Err(_) => {
                tracing::debug!(%server, "DNS query timed out");
                continue;
            }
        };
        tracing::debug!(
            %server,
            code = answer.code,
            records = answer.records.len(),
            authentic = answer.authentic,
            trusted,
            "DNS answer"
        );
        match answer.code {
            0 => {
                return Ok(DnsAnswer {
                    authentic: answer.authentic && trusted,
                    ..answer
                });
            }
            3 => return Err(DnsError::NoSuchName),
            2 => failure = DnsError::ServerFailure,
            code => failure = DnsError::Refused(code),
        }
    }
    Err(failure)
}

/// Queries one server over UDP, and over TCP if the answer is truncated.
async fn query_udp(
    server: SocketAddr,
    query: &[u8],
    parse: impl Fn(&[u8]) -> Option<DnsAnswer>,
) -> io::Result<DnsAnswer> {
    let any: IpAddr = match server {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    // A fresh port for each query: a forger has to guess the port and the id.
    let socket = UdpSocket::bind((any, 0)).await?;
    socket.connect(server).await?;
    socket.send(query).await?;
    let mut buffer = vec![0; 4096];
    for _ in 0..STRAYS_CAP {
        let octets = socket.recv(&mut buffer).await?;
        tracing::trace!(%server, octets, "DNS datagram read");
        match parse(&buffer[..octets]) {
            Some(answer) if answer.truncated => {
                return query_tcp(server, query, parse).await;
            }
            Some(answer) => return Ok(answer),
            None => {}
        }
    }
    Err(io::Error::other(
        "received only datagrams that do not answer the query",
    ))
}

async fn query_tcp(
    server: SocketAddr,
    query: &[u8],
    parse: impl Fn(&[u8]) -> Option<DnsAnswer>,
) -> io::Result<DnsAnswer> {
    tracing::debug!(%server, "DNS answer truncated, repeating the query over TCP");
    let mut stream = TcpStream::connect(server).await?;
    let length = u16::try_from(query.len()).unwrap_or_default();
    stream
        .write_all(&[&length.to_be_bytes(), query].concat())
        .await?;
    let length = stream.read_u16().await?;
    let mut octets = vec![0; usize::from(length)];
    stream.read_exact(&mut octets).await?;
    tracing::trace!(%server, octets = octets.len(), "DNS message read");
    parse(&octets).ok_or_else(|| io::Error::other("the message does not answer the query"))
}

/// The system's nameservers, and whether their AD flag is trusted.
fn system_nameservers() -> (Vec<SocketAddr>, bool) {
    use std::io::Read as _;
    let mut text = String::new();
    let read = std::fs::File::open(RESOLV_CONF)
        .and_then(|file| file.take(RESOLV_CONF_CAP).read_to_string(&mut text));
    if let Err(error) = read {
        tracing::warn!(%error, "cannot read {RESOLV_CONF}");
    }
    nameservers(&text)
}

/// The nameservers in the text of a `resolv.conf`, and whether their AD flag is trusted.
fn nameservers(text: &str) -> (Vec<SocketAddr>, bool) {
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
    let is_loopback = |server: &SocketAddr| server.ip().is_loopback();
    trusted |= !servers.is_empty() && servers.iter().all(is_loopback);
    (servers, trusted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_nameservers_and_trust_from_resolv_conf() {
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
            let (found, found_trusted) = nameservers(text);
            let found: Vec<String> = found.iter().map(ToString::to_string).collect();
            assert_eq!(
                (found, found_trusted),
                (servers.iter().map(|s| (*s).to_owned()).collect(), *trusted),
                "{text}"
            );
        }
    }
}
