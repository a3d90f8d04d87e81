//! A server that rustls cannot speak to is asked by hand, on a connection of its own, what it would
//! choose. Nothing but a ClientHello goes there, and what stands before it where TLS begins with
//! STARTTLS.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::ServerName;

use super::hello::{Answer, Offer, OldVersion, answer, client_hello};
use super::options::Sni;
use crate::net::Plan;

/// How long the whole of it may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Octets of a reply in clear that are read.
const REPLY_CAP: usize = 64 * 1024;
/// The versions that are offered, one connection each: a server that stumbles over the first may
/// know the second.
const VERSIONS: [OldVersion; 2] = [OldVersion::TLS12, OldVersion::TLS10];

/// What the asking came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::net) enum Probed {
    /// The server would choose this.
    Offer(Offer),
    /// It refuses every version that was offered, lately with this alert.
    Refused(u8),
    /// It did not answer, or not in TLS.
    Nothing,
}

/// Asks the server at `peer`. With `helo` TLS begins after EHLO with that name and STARTTLS.
pub(in crate::net) async fn probe(peer: SocketAddr, plan: &Plan, helo: Option<&str>) -> Probed {
    let patience = PATIENCE.min(plan.timeout);
    let asked = timeout(patience, ask_each(peer, plan, helo)).await;
    asked.unwrap_or(Probed::Nothing)
}

async fn ask_each(peer: SocketAddr, plan: &Plan, helo: Option<&str>) -> Probed {
    let mut came = Probed::Nothing;
    for version in VERSIONS {
        match ask(peer, plan, helo, version).await {
            Ok(Answer::Offer(offer)) => return Probed::Offer(offer),
            Ok(Answer::Alert(number)) => came = Probed::Refused(number),
            Ok(Answer::More | Answer::Foreign) | Err(_) => {}
        }
    }
    came
}

async fn ask(
    peer: SocketAddr,
    plan: &Plan,
    helo: Option<&str>,
    version: OldVersion,
) -> io::Result<Answer> {
    let mut stream = TcpStream::connect(peer).await?;
    stream.set_nodelay(true)?;
    if let Some(helo) = helo {
        reply(&mut stream, b"220").await?;
        stream
            .write_all(format!("EHLO {helo}\r\n").as_bytes())
            .await?;
        reply(&mut stream, b"250").await?;
        stream.write_all(b"STARTTLS\r\n").await?;
        reply(&mut stream, b"220").await?;
    }
    let name = Some(plan.tls.sni.wanted(&plan.host))
        .filter(|_| plan.tls.sni != Sni::Nothing)
        .filter(|name| matches!(ServerName::try_from(*name), Ok(ServerName::DnsName(_))));
    let mut random = [0; 32];
    aws_lc_rs::default_provider()
        .secure_random
        .fill(&mut random)
        .map_err(|_| io::Error::other("no randomness"))?;
    stream
        .write_all(&client_hello(version, random, name))
        .await?;
    let mut octets = Vec::new();
    loop {
        // The end of the stream leaves it at what came.
        if stream.read_buf(&mut octets).await? == 0 {
            return Ok(answer(&octets));
        }
        match answer(&octets) {
            Answer::More => {}
            said => return Ok(said),
        }
    }
}

/// Reads a reply up to its last line, which has to bear this code.
async fn reply(stream: &mut TcpStream, code: &[u8; 3]) -> io::Result<()> {
    let mut octets = Vec::new();
    loop {
        let mut lines = octets.split_inclusive(|octet| *octet == b'\n');
        let last = lines.rfind(|line: &&[u8]| line.ends_with(b"\n") && line.get(3) != Some(&b'-'));
        match last {
            Some(line) if line.starts_with(code) => return Ok(()),
            Some(_) => return Err(io::Error::other("another reply than was due")),
            None if octets.len() > REPLY_CAP => return Err(io::Error::other("an endless reply")),
            None => {}
        }
        if stream.read_buf(&mut octets).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}
