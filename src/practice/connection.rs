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

use super::dialogue::{Dialogue, Then};
use super::house::House;
use super::mood::Mood;
use super::session::Link;
use super::watch::Watch;
use crate::smtp::sasl::{EXPORTER_LABEL, EXPORTER_OCTETS};

/// How long a client may be silent, or not take what it is sent (RFC 5321 section 4.5.3.2.7).
const IDLE_LIMIT: Duration = Duration::from_secs(5 * 60);
/// How long a handshake may take.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(60);
/// How long the server waits for the client to close as well.
const FAREWELL_LIMIT: Duration = Duration::from_secs(2);
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
    link: Link,
    acceptor: TlsAcceptor,
    house: Arc<House>,
    watch: Watch,
) {
    let pace = Pace::of(&house);
    let mut dialogue = Dialogue::new(house, watch.clone(), link);
    let end = match link {
        Link::Tls => End::StartTls,
        Link::Clear => converse(&mut socket, &mut dialogue, pace).await,
    };
    let (socket, end) = match end {
        End::StartTls => match timeout(HANDSHAKE_LIMIT, acceptor.accept(socket)).await {
            Ok(Ok(mut stream)) => {
                watch.tell(|| describe(&stream));
                if link == Link::Clear {
                    dialogue.secured();
                }
                if let Some(exporter) = exporter(&stream) {
                    dialogue.bound(exporter);
                }
                let end = converse(&mut stream, &mut dialogue, pace).await;
                if let End::Closed = end {
                    // The client may have gone already; then nobody needs a good-bye.
                    let _ = timeout(FAREWELL_LIMIT, stream.shutdown()).await;
                }
                (stream.into_inner().0, end)
            }
            Ok(Err(error)) => return watch.tell(|| format!("TLS failed: {error}")),
            Err(_) => return watch.tell(|| "TLS failed: the handshake took too long".to_owned()),
        },
        end => (socket, end),
    };
    watch.tell(|| end.words());
    if let End::Closed | End::Cut = end {
        part(socket).await;
    }
}

/// How a conversation came to its end.
enum End {
    /// It did not: TLS comes next.
    StartTls,
    /// The server closes.
    Closed,
    /// The server vanishes.
    Cut,
    /// The client has closed or vanished.
    Gone,
    /// The system said so.
    Failed(io::Error),
}

impl End {
    fn words(&self) -> String {
        match self {
            Self::StartTls => "asked for TLS inside TLS".to_owned(),
            Self::Closed => "closed".to_owned(),
            Self::Cut => "cut off (mood drop)".to_owned(),
            Self::Gone => "the client has gone".to_owned(),
            Self::Failed(error) => format!("the connection failed: {error}"),
        }
    }
}

/// How fast replies go out.
#[derive(Clone, Copy)]
enum Pace {
    /// At once, those of pipelined commands together.
    Quick,
    /// One by one, line by line.
    Slow,
}

impl Pace {
    fn of(house: &House) -> Self {
        if house.moods.contains(Mood::Slow) {
            Self::Slow
        } else {
            Self::Quick
        }
    }
}

async fn converse<S>(stream: &mut S, dialogue: &mut Dialogue, pace: Pace) -> End
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut buffer = vec![0; READ_SIZE];
    let mut replies = Vec::new();
    loop {
        while let Some(answer) = dialogue.next_answer() {
            replies.extend_from_slice(&answer.wire);
            let ends = match answer.then {
                Then::GoOn => None,
                Then::StartTls => Some(End::StartTls),
                Then::Close => Some(End::Closed),
                Then::Cut => Some(End::Cut),
            };
            let full = replies.len() >= WRITE_SIZE || matches!(pace, Pace::Slow);
            if (full || ends.is_some())
                && let Err(error) = write(stream, &mut replies, pace).await
            {
                return End::Failed(error);
            }
            if let Some(end) = ends {
                return end;
            }
        }
        if let Err(error) = write(stream, &mut replies, pace).await {
            return End::Failed(error);
        }
        match timeout(IDLE_LIMIT, stream.read(&mut buffer)).await {
            Ok(Ok(0)) => return End::Gone,
            Ok(Ok(count)) => dialogue.receive(&buffer[..count]),
            Ok(Err(error)) => return End::Failed(error),
            Err(_) => {
                replies.extend(dialogue.idle().into_iter().flat_map(|answer| answer.wire));
                return match write(stream, &mut replies, pace).await {
                    Ok(()) => End::Closed,
                    Err(error) => End::Failed(error),
                };
            }
        }
    }
}

/// Writes what waits in `replies` and empties it.
async fn write<S>(stream: &mut S, replies: &mut Vec<u8>, pace: Pace) -> io::Result<()>
where
    S: AsyncWrite + Unpin,
{
    if replies.is_empty() {
        return Ok(());
    }
    match pace {
        Pace::Quick => write_in_time(stream, replies).await?,
        Pace::Slow => {
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
async fn part(mut socket: TcpStream) {
    let farewell = async {
        let mut buffer = [0; 1024];
        socket.shutdown().await?;
        while socket.read(&mut buffer).await? > 0 {}
        io::Result::Ok(())
    };
    // The conversation is over; whether the client hears of it in good order is its own affair.
    let _ = timeout(FAREWELL_LIMIT, farewell).await;
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
