//! Probes a server with which a handshake failed: sends a hand-made ClientHello for TLS 1.2 and
//! older on a new connection to see what the server would choose. Nothing else is sent, except EHLO
//! and STARTTLS if TLS starts that way.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::ServerName;

use super::hello::{LegacyVersion, ProbeReply, ServerChoice, client_hello, parse_reply};
use super::options::Sni;
use crate::net::ConnectPlan;
use crate::smtp::line::LineBuffer;
use crate::smtp::reply::ReplyReader;
use crate::smtp::{Code, Reply, Verb};

/// How long the whole probe may take, all connections together.
const PROBE_TIMEOUT: Duration = Duration::from_secs(10);
/// Octets of an SMTP reply that are read.
const SMTP_REPLY_CAP: usize = 64 * 1024;
/// The versions that are offered, each on its own connection: a server that fails on the first may
/// accept the second.
const VERSIONS: [LegacyVersion; 2] = [LegacyVersion::TLS12, LegacyVersion::TLS10];

/// The result of a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::net) enum ProbeOutcome {
    /// The server would choose this.
    Choice(ServerChoice),
    /// The server refused every version, the last one with this alert.
    Refused(u8),
    /// The server did not answer, or not with TLS.
    NoAnswer,
}

/// Probes the server at `peer`. If `helo` is given, TLS starts with EHLO (or LHLO) with that name
/// and STARTTLS.
pub(in crate::net) async fn probe(
    peer: SocketAddr,
    plan: &ConnectPlan,
    helo: Option<&str>,
) -> ProbeOutcome {
    let limit = PROBE_TIMEOUT.min(plan.timeout);
    let outcome = timeout(limit, try_versions(peer, plan, helo)).await;
    let outcome = outcome.unwrap_or(ProbeOutcome::NoAnswer);
    tracing::debug!(?outcome, "TLS probe done");
    outcome
}

async fn try_versions(peer: SocketAddr, plan: &ConnectPlan, helo: Option<&str>) -> ProbeOutcome {
    let mut outcome = ProbeOutcome::NoAnswer;
    for version in VERSIONS {
        tracing::debug!(%peer, ?version, "TLS probe");
        match try_version(peer, plan, helo, version).await {
            Ok(ProbeReply::Choice(choice)) => return ProbeOutcome::Choice(choice),
            Ok(ProbeReply::Alert(number)) => outcome = ProbeOutcome::Refused(number),
            Ok(ProbeReply::Incomplete | ProbeReply::NotTls) => {
                tracing::debug!(?version, "TLS probe: the reply is not a ServerHello");
            }
            Err(error) => tracing::debug!(?version, %error, "TLS probe failed"),
        }
    }
    outcome
}

async fn try_version(
    peer: SocketAddr,
    plan: &ConnectPlan,
    helo: Option<&str>,
    version: LegacyVersion,
) -> io::Result<ProbeReply> {
    let mut stream = TcpStream::connect(peer).await?;
    stream.set_nodelay(true)?;
    if let Some(helo) = helo {
        let greeting = expect_reply(&mut stream, 220).await?;
        let verb = Verb::introduction(plan.port, greeting.mentions(&["LMTP"]));
        stream
            .write_all(format!("{verb} {helo}\r\n").as_bytes())
            .await?;
        expect_reply(&mut stream, 250).await?;
        stream.write_all(b"STARTTLS\r\n").await?;
        expect_reply(&mut stream, 220).await?;
    }
    let name = Some(plan.tls.sni.expected_name(&plan.host))
        .filter(|_| plan.tls.sni != Sni::Nothing)
        .filter(|name| matches!(ServerName::try_from(*name), Ok(ServerName::DnsName(_))));
    let mut random = [0; 32];
    aws_lc_rs::default_provider()
        .secure_random
        .fill(&mut random)
        .map_err(|_| io::Error::other("no random numbers available"))?;
    let hello = client_hello(version, random, name);
    stream.write_all(&hello).await?;
    tracing::trace!(octets = hello.len(), "TLS probe: ClientHello written");
    let mut octets = Vec::new();
    loop {
        let read = stream.read_buf(&mut octets).await?;
        tracing::trace!(octets = read, "TLS probe: read");
        // At the end of the stream the reply stays as it is.
        match parse_reply(&octets) {
            ProbeReply::Incomplete if read > 0 => {}
            reply => return Ok(reply),
        }
    }
}

/// Reads an SMTP reply, which has to have this code.
async fn expect_reply(stream: &mut TcpStream, code: u16) -> io::Result<Reply> {
    let mut lines = LineBuffer::new(SMTP_REPLY_CAP);
    let mut reader = ReplyReader::default();
    let (mut octets, mut size) = (Vec::new(), 0);
    loop {
        while let Some(line) = lines.next_line() {
            match reader.push(&line).reply {
                Some(reply) if reply.code() == Some(Code::new(code)) => return Ok(reply),
                Some(_) => return Err(io::Error::other("unexpected SMTP reply")),
                None => {}
            }
        }
        if size > SMTP_REPLY_CAP {
            return Err(io::Error::other("SMTP reply too long"));
        }
        octets.clear();
        let read = stream.read_buf(&mut octets).await?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        size += read;
        lines.push(&octets);
    }
}
