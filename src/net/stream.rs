//! A connection, with or without TLS.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use super::tls::channel_binding;
use crate::smtp::sasl::{BindingKind, ChannelBinding};

/// First octets from the server that are kept during a handshake, to show what it sent instead of
/// TLS.
const FIRST_OCTETS_CAP: usize = 512;

/// A connection with or without TLS.
#[derive(Debug)]
pub(crate) enum MaybeTls<T> {
    /// TCP without TLS.
    Clear(TcpStream),
    /// TLS over TCP.
    Tls(Box<T>),
}

/// A connection to a server.
pub(crate) type Stream = MaybeTls<TlsStream<TlsTransport>>;

/// What one call of [`Stream::transfer`] did.
#[derive(Debug)]
pub(crate) enum Transfer {
    /// Read this many octets. 0 means the end of the stream.
    Read(usize),
    /// Wrote this many octets.
    Written(usize),
    /// Handed everything that was written to the system.
    Flushed,
}

impl Stream {
    /// As [`transfer`].
    pub(super) async fn transfer(
        &mut self,
        output: &[u8],
        flush: bool,
        input: Option<&mut [u8]>,
    ) -> io::Result<Transfer> {
        transfer(self, output, flush, input).await
    }

    /// The server's address. `None` if the system does not know it.
    pub(super) fn peer(&self) -> Option<SocketAddr> {
        let tcp = match self {
            Self::Clear(stream) => stream,
            Self::Tls(stream) => &stream.get_ref().0.stream,
        };
        tcp.peer_addr().ok()
    }

    /// The channel binding for a SASL exchange, of the requested kind if there is one. `None`
    /// without TLS.
    pub(super) fn channel_binding(&self, requested: Option<BindingKind>) -> Option<ChannelBinding> {
        match self {
            Self::Clear(_) => None,
            Self::Tls(stream) => channel_binding(stream.get_ref().1, requested),
        }
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for MaybeTls<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut *self {
            Self::Clear(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_read(context, buffer),
        }
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for MaybeTls<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut *self {
            Self::Clear(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_write(context, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut *self {
            Self::Clear(stream) => Pin::new(stream).poll_flush(context),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_flush(context),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut *self {
            Self::Clear(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_shutdown(context),
        }
    }
}

/// Writes from `output` to a stream or reads from it into `input`, whichever is possible first. A peer
/// that sends while it should read must not cause a deadlock. If `input` is `None`, nothing is read. If
/// `output` is empty and `flush` is set, what was written before is flushed.
///
/// # Errors
/// Those of the stream.
pub(crate) async fn transfer(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    output: &[u8],
    mut flush: bool,
    mut input: Option<&mut [u8]>,
) -> io::Result<Transfer> {
    let transfer = poll_fn(|context| {
        if !output.is_empty() {
            if let Poll::Ready(written) = Pin::new(&mut *stream).poll_write(context, output) {
                return Poll::Ready(written.map(Transfer::Written));
            }
        } else if flush && let Poll::Ready(flushed) = Pin::new(&mut *stream).poll_flush(context) {
            flush = false;
            return Poll::Ready(flushed.map(|()| Transfer::Flushed));
        }
        match &mut input {
            Some(input) => {
                let mut buffer = ReadBuf::new(input);
                let polled = Pin::new(&mut *stream).poll_read(context, &mut buffer);
                polled.map_ok(|()| Transfer::Read(buffer.filled().len()))
            }
            None => Poll::Pending,
        }
    })
    .await;
    match &transfer {
        Ok(Transfer::Read(octets)) => tracing::trace!(octets, "read"),
        Ok(Transfer::Written(octets)) => tracing::trace!(octets, "written"),
        Ok(Transfer::Flushed) => tracing::trace!("flushed"),
        Err(error) => tracing::debug!(%error, "I/O error"),
    }
    transfer
}

/// A TCP stream that keeps the first octets read. During the handshake, a write that fails because
/// the server is gone counts as done: the server's alert may still be readable, and if it is not,
/// the next read reports the end.
#[derive(Debug)]
pub(crate) struct TlsTransport {
    stream: TcpStream,
    first_octets: Vec<u8>,
    in_handshake: bool,
}

impl TlsTransport {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            first_octets: Vec::new(),
            in_handshake: true,
        }
    }

    /// Ends the special treatment of writes.
    pub(super) fn end_handshake(&mut self) {
        self.in_handshake = false;
    }

    /// The first octets read, at most 512.
    pub(super) fn first_octets(&self) -> &[u8] {
        &self.first_octets
    }
}

impl AsyncRead for TlsTransport {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        let room = FIRST_OCTETS_CAP - self.first_octets.len();
        let new = &buffer.filled()[before..];
        if self.in_handshake && polled.is_ready() {
            tracing::trace!(octets = new.len(), "handshake read");
        }
        if room > 0 {
            self.first_octets
                .extend_from_slice(&new[..new.len().min(room)]);
        }
        polled
    }
}

impl AsyncWrite for TlsTransport {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(context, bytes);
        if let (true, Poll::Ready(Ok(octets))) = (self.in_handshake, &polled) {
            tracing::trace!(octets, "handshake written");
        }
        match polled {
            Poll::Ready(Err(error)) if self.in_handshake && is_peer_gone(&error) => {
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

/// Whether a write failed because the server closed the connection.
pub(super) fn is_peer_gone(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset
    )
}
