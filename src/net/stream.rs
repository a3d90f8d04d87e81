//! A connection in clear or under TLS, upgraded in place.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use super::tls::binding;
use crate::smtp::sasl::{BindingKind, ChannelBinding};

/// The first octets of a handshake that are kept, to show what a server said instead of TLS.
pub(super) const TAPPED: usize = 512;

/// What carries the octets.
#[derive(Debug)]
pub(super) enum Stream {
    /// TCP alone.
    Clear(TcpStream),
    /// TLS over it.
    Tls(Box<TlsStream<Tap>>),
}

/// What one step of [`Stream::exchange`] did.
#[derive(Debug)]
pub(super) enum Moved {
    /// So many octets came; none means the end.
    In(usize),
    /// So many octets went.
    Out(usize),
    /// All that was written has left this machine's buffers.
    Flushed,
}

impl Stream {
    /// Reads into `input` and writes from `output` at once, whichever is possible first: a server
    /// that talks while it should listen must not lock us up. `None` reads nothing.
    pub(super) async fn exchange(
        &mut self,
        output: &[u8],
        mut flush: bool,
        mut input: Option<&mut [u8]>,
    ) -> io::Result<Moved> {
        poll_fn(|context| {
            if !output.is_empty() {
                if let Poll::Ready(sent) = self.poll_write(context, output) {
                    return Poll::Ready(sent.map(Moved::Out));
                }
            } else if flush && let Poll::Ready(flushed) = self.poll_flush(context) {
                flush = false;
                return Poll::Ready(flushed.map(|()| Moved::Flushed));
            }
            match &mut input {
                Some(input) => self.poll_read(context, input).map_ok(Moved::In),
                None => Poll::Pending,
            }
        })
        .await
    }

    /// Whom it leads to, where the system tells.
    pub(super) fn peer(&self) -> Option<SocketAddr> {
        let tcp = match self {
            Self::Clear(stream) => stream,
            Self::Tls(stream) => &stream.get_ref().0.stream,
        };
        tcp.peer_addr().ok()
    }

    /// What an exchange can be bound to; nothing without TLS.
    pub(super) fn binding(&self, wish: Option<BindingKind>) -> Option<ChannelBinding> {
        match self {
            Self::Clear(_) => None,
            Self::Tls(stream) => binding(stream.get_ref().1, wish),
        }
    }

    fn poll_write(&mut self, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self {
            Self::Clear(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_write(context, bytes),
        }
    }

    fn poll_flush(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Clear(stream) => Pin::new(stream).poll_flush(context),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_flush(context),
        }
    }

    fn poll_read(
        &mut self,
        context: &mut Context<'_>,
        bytes: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let mut buffer = ReadBuf::new(bytes);
        let polled = match self {
            Self::Clear(stream) => Pin::new(stream).poll_read(context, &mut buffer),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_read(context, &mut buffer),
        };
        polled.map_ok(|()| buffer.filled().len())
    }
}

/// A TCP stream that remembers the first octets read through it. As long as the handshake lasts, a
/// write that fails because the server is gone passes for done: the alert with its reason may still
/// be there to read, and an end without one is told by the next read.
#[derive(Debug)]
pub(super) struct Tap {
    stream: TcpStream,
    seen: Vec<u8>,
    in_handshake: bool,
}

impl Tap {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            seen: Vec::new(),
            in_handshake: true,
        }
    }

    /// The handshake is done.
    pub(super) fn end_handshake(&mut self) {
        self.in_handshake = false;
    }

    /// The first octets that came, at most [`TAPPED`].
    pub(super) fn seen(&self) -> &[u8] {
        &self.seen
    }
}

impl AsyncRead for Tap {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        let room = TAPPED - self.seen.len();
        let new = &buffer.filled()[before..];
        if room > 0 {
            self.seen.extend_from_slice(&new[..new.len().min(room)]);
        }
        polled
    }
}

impl AsyncWrite for Tap {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(context, bytes);
        match polled {
            Poll::Ready(Err(error)) if self.in_handshake && is_gone(&error) => {
                Poll::Ready(Ok(bytes.len()))
            }
            polled => polled,
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// Whether a write failed because nobody is there to take it.
pub(super) fn is_gone(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset
    )
}
