//! One connection: moves octets between socket and dialogue, starts TLS and enforces timeouts.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ProtocolVersion;
use tokio_rustls::server::TlsStream;

use super::dialogue::{Dialogue, Next};
use super::log::ConnectionLog;
use super::mood::Mood;
use super::session::Channel;
use super::state::ServerState;
use crate::smtp::sasl::{EXPORTER_LABEL, EXPORTER_OCTETS};

/// The timeout for a read or write (RFC 5321 section 4.5.3.2.7).
const IDLE_LIMIT: Duration = Duration::from_secs(5 * 60);
/// The timeout for a TLS handshake.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(60);
/// The timeout for the client to close the connection.
const CLOSE_LIMIT: Duration = Duration::from_secs(2);
/// The maximum number of octets per read.
const READ_SIZE: usize = 16 * 1024;
/// The number of reply octets at which they are written.
const WRITE_SIZE: usize = 64 * 1024;
/// The delay before each reply in the mood `slow`.
const SLOW_REPLY: Duration = Duration::from_secs(2);
/// The delay between the lines of a reply in the mood `slow`.
const SLOW_LINE: Duration = Duration::from_millis(200);

/// Serves a client until the connection ends.
pub(super) async fn serve(
    mut socket: TcpStream,
    channel: Channel,
    acceptor: TlsAcceptor,
    state: Arc<ServerState>,
    log: ConnectionLog,
) {
    let pace = ReplyPace::of(&state);
    let mut dialogue = Dialogue::new(state, log.clone(), channel);
    let end = match channel {
        Channel::Tls => ConversationEnd::StartTls,
        Channel::Clear => converse(&mut socket, &mut dialogue, pace).await,
    };
    let (socket, end) = match end {
        ConversationEnd::StartTls => {
            match timeout(HANDSHAKE_LIMIT, acceptor.accept(socket)).await {
                Ok(Ok(mut stream)) => {
                    log.event(|| describe(&stream));
                    if channel == Channel::Clear {
                        dialogue.tls_established();
                    }
                    if let Some(exporter) = exporter(&stream) {
                        dialogue.set_exporter(exporter);
                    }
                    let end = converse(&mut stream, &mut dialogue, pace).await;
                    if let ConversationEnd::Closed = end {
                        // Fails harmlessly if the client has already closed.
                        let _ = timeout(CLOSE_LIMIT, stream.shutdown()).await;
                    }
                    (stream.into_inner().0, end)
                }
                Ok(Err(error)) => return log.event(|| format!("TLS failed: {error}")),
                Err(_) => {
                    return log.event(|| "TLS failed: handshake timed out".to_owned());
                }
            }
        }
        end => (socket, end),
    };
    log.event(|| end.description());
    if let ConversationEnd::Closed | ConversationEnd::Aborted = end {
        close_gracefully(socket).await;
    }
}

/// Why a conversation ended.
enum ConversationEnd {
    /// TLS starts; the conversation continues in it.
    StartTls,
    /// The server closes the connection.
    Closed,
    /// The server drops the connection without a TLS close.
    Aborted,
    /// The client closed the connection.
    ClientClosed,
    /// Reading or writing failed.
    Failed(io::Error),
}

impl ConversationEnd {
    fn description(&self) -> String {
        match self {
            Self::StartTls => "STARTTLS inside TLS".to_owned(),
            Self::Closed => "closed".to_owned(),
            Self::Aborted => "dropped".to_owned(),
            Self::ClientClosed => "closed by the client".to_owned(),
            Self::Failed(error) => format!("connection failed: {error}"),
        }
    }
}

/// How fast replies are sent.
#[derive(Clone, Copy)]
enum ReplyPace {
    /// At once, replies to pipelined commands in one write.
    Immediate,
    /// With delays, line by line.
    Slow,
}

impl ReplyPace {
    fn of(state: &ServerState) -> Self {
        if state.moods.contains(Mood::Slow) {
            Self::Slow
        } else {
            Self::Immediate
        }
    }
}

async fn converse<S>(stream: &mut S, dialogue: &mut Dialogue, pace: ReplyPace) -> ConversationEnd
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut buffer = vec![0; READ_SIZE];
    let mut replies = Vec::new();
    loop {
        while let Some(output) = dialogue.next_output() {
            if !output.delay.is_zero() {
                // What was answered before is on its way meanwhile.
                if let Err(error) = write(stream, &mut replies, pace).await {
                    return ConversationEnd::Failed(error);
                }
                sleep(output.delay).await;
            }
            replies.extend_from_slice(&output.wire);
            let ends = match output.next {
                Next::Continue => None,
                Next::StartTls => Some(ConversationEnd::StartTls),
                Next::Close => Some(ConversationEnd::Closed),
                Next::Abort => Some(ConversationEnd::Aborted),
            };
            let full = replies.len() >= WRITE_SIZE || matches!(pace, ReplyPace::Slow);
            if (full || ends.is_some())
                && let Err(error) = write(stream, &mut replies, pace).await
            {
                return ConversationEnd::Failed(error);
            }
            if let Some(end) = ends {
                return end;
            }
        }
        if let Err(error) = write(stream, &mut replies, pace).await {
            return ConversationEnd::Failed(error);
        }
        match timeout(IDLE_LIMIT, stream.read(&mut buffer)).await {
            Ok(Ok(0)) => return ConversationEnd::ClientClosed,
            Ok(Ok(count)) => dialogue.receive(&buffer[..count]),
            Ok(Err(error)) => return ConversationEnd::Failed(error),
            Err(_) => {
                replies.extend(
                    dialogue
                        .timed_out()
                        .into_iter()
                        .flat_map(|output| output.wire),
                );
                return match write(stream, &mut replies, pace).await {
                    Ok(()) => ConversationEnd::Closed,
                    Err(error) => ConversationEnd::Failed(error),
                };
            }
        }
    }
}

/// Writes and clears `replies`.
async fn write<S>(stream: &mut S, replies: &mut Vec<u8>, pace: ReplyPace) -> io::Result<()>
where
    S: AsyncWrite + Unpin,
{
    if replies.is_empty() {
        return Ok(());
    }
    match pace {
        ReplyPace::Immediate => write_in_time(stream, replies).await?,
        ReplyPace::Slow => {
            sleep(SLOW_REPLY).await;
            for (at, line) in replies.split_inclusive(|&byte| byte == b'\n').enumerate() {
                if at > 0 {
                    sleep(SLOW_LINE).await;
                }
                write_in_time(stream, line).await?;
            }
        }
    }
    replies.clear();
    Ok(())
}

async fn write_in_time<S>(stream: &mut S, bytes: &[u8]) -> io::Result<()>
where
    S: AsyncWrite + Unpin,
{
    let write = async {
        stream.write_all(bytes).await?;
        // TLS buffers octets until flushed.
        stream.flush().await
    };
    match timeout(IDLE_LIMIT, write).await {
        Ok(result) => result,
        Err(_) => Err(io::ErrorKind::TimedOut.into()),
    }
}

/// Closes the sending side and discards what the client still sends: closing a socket with unread
/// octets resets the connection, and the client might lose the last reply.
async fn close_gracefully(mut socket: TcpStream) {
    let drain = async {
        let mut buffer = [0; 1024];
        socket.shutdown().await?;
        while socket.read(&mut buffer).await? > 0 {}
        io::Result::Ok(())
    };
    // The conversation is over; errors no longer matter.
    let _ = timeout(CLOSE_LIMIT, drain).await;
}

/// The exported keying material for channel binding (RFC 9266 section 4.2); `None` before TLS 1.3,
/// where it does not identify the channel.
fn exporter(stream: &TlsStream<TcpStream>) -> Option<Vec<u8>> {
    let (_, session) = stream.get_ref();
    if session.protocol_version() != Some(ProtocolVersion::TLSv1_3) {
        return None;
    }
    session
        .export_keying_material(vec![0; EXPORTER_OCTETS], EXPORTER_LABEL, Some(b""))
        .ok()
}

fn describe(stream: &TlsStream<TcpStream>) -> String {
    let (_, session) = stream.get_ref();
    let version = session
        .protocol_version()
        .and_then(|version| version.as_str());
    format!("TLS established: {}", version.unwrap_or("unknown version"))
}
