//! One connection: octets between the socket and the dialogue, TLS put under it when asked for,
//! and an end to every wait.

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

/// How long a client may be silent, or not take what it is sent (RFC 5321 section 4.5.3.2.7).
const IDLE_LIMIT: Duration = Duration::from_secs(5 * 60);
/// How long a handshake may take.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(60);
/// How long the server waits for the client to close as well.
const CLOSE_LIMIT: Duration = Duration::from_secs(2);
/// How much is read at once.
const READ_SIZE: usize = 16 * 1024;
/// How many octets of replies wait for one another before they are written.
const WRITE_SIZE: usize = 64 * 1024;
/// How long the mood `slow` takes for a reply.
const SLOW_REPLY: Duration = Duration::from_secs(2);
/// How long it takes from one line of a reply to the next.
const SLOW_LINE: Duration = Duration::from_millis(200);

/// Serves one client to the end.
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
                        // The client may have gone already; then nobody needs a good-bye.
                        let _ = timeout(CLOSE_LIMIT, stream.shutdown()).await;
                    }
                    (stream.into_inner().0, end)
                }
                Ok(Err(error)) => return log.event(|| format!("TLS failed: {error}")),
                Err(_) => {
                    return log.event(|| "TLS failed: the handshake took too long".to_owned());
                }
            }
        }
        end => (socket, end),
    };
    log.event(|| end.words());
    if let ConversationEnd::Closed | ConversationEnd::Aborted = end {
        close_gracefully(socket).await;
    }
}

/// How a conversation came to its end.
enum ConversationEnd {
    /// It did not: TLS comes next.
    StartTls,
    /// The server closes.
    Closed,
    /// The server vanishes.
    Aborted,
    /// The client has closed or vanished.
    ClientClosed,
    /// The system said so.
    Failed(io::Error),
}

impl ConversationEnd {
    fn words(&self) -> String {
        match self {
            Self::StartTls => "asked for TLS inside TLS".to_owned(),
            Self::Closed => "closed".to_owned(),
            Self::Aborted => "cut off (mood drop)".to_owned(),
            Self::ClientClosed => "the client has gone".to_owned(),
            Self::Failed(error) => format!("the connection failed: {error}"),
        }
    }
}

/// How fast replies go out.
#[derive(Clone, Copy)]
enum ReplyPace {
    /// At once, those of pipelined commands together.
    Quick,
    /// One by one, line by line.
    Slow,
}

impl ReplyPace {
    fn of(state: &ServerState) -> Self {
        if state.moods.contains(Mood::Slow) {
            Self::Slow
        } else {
            Self::Quick
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

/// Writes what waits in `replies` and empties it.
async fn write<S>(stream: &mut S, replies: &mut Vec<u8>, pace: ReplyPace) -> io::Result<()>
where
    S: AsyncWrite + Unpin,
{
    if replies.is_empty() {
        return Ok(());
    }
    match pace {
        ReplyPace::Quick => write_in_time(stream, replies).await?,
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
        // TLS holds octets back until it is told not to.
        stream.flush().await
    };
    match timeout(IDLE_LIMIT, write).await {
        Ok(result) => result,
        Err(_) => Err(io::ErrorKind::TimedOut.into()),
    }
}

/// Ends the server's half and reads away what the client still sends: a socket that is closed with
/// octets unread resets the connection, and the client might never see the last reply.
async fn close_gracefully(mut socket: TcpStream) {
    let farewell = async {
        let mut buffer = [0; 1024];
        socket.shutdown().await?;
        while socket.read(&mut buffer).await? > 0 {}
        io::Result::Ok(())
    };
    // The conversation is over; whether the client hears of it in good order is its own affair.
    let _ = timeout(CLOSE_LIMIT, farewell).await;
}

/// What the channel exports (RFC 9266 section 4.2). Before TLS 1.3 it is no proof of the channel.
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
    format!("TLS stands: {}", version.unwrap_or("of an unknown version"))
}
