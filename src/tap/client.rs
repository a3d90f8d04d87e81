//! The connection of a client, with or without TLS.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::{ProtocolVersion, ServerConfig};
use tokio_rustls::server::TlsStream;

/// How long a client may take for a TLS handshake.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(60);

/// The connection of a client.
pub(super) enum Client {
    /// TCP without TLS.
    Clear(TcpStream),
    /// TLS over TCP.
    Tls(Box<TlsStream<TcpStream>>),
}

impl Client {
    /// Does the handshake of TLS. Returns the connection and what was agreed, in words.
    pub(super) async fn secured(self, tls: &Arc<ServerConfig>) -> io::Result<(Self, String)> {
        let Self::Clear(tcp) = self else {
            return Err(io::Error::other("the client has TLS already"));
        };
        let accepted = TlsAcceptor::from(Arc::clone(tls)).accept(tcp);
        let stream = timeout(HANDSHAKE_LIMIT, accepted)
            .await
            .map_err(|_| io::Error::other("the handshake took too long"))??;
        let words = described(&stream);
        Ok((Self::Tls(Box::new(stream)), words))
    }
}

/// What was agreed in a handshake.
fn described(stream: &TlsStream<TcpStream>) -> String {
    let tls = stream.get_ref().1;
    let version = match tls.protocol_version() {
        Some(ProtocolVersion::TLSv1_2) => "TLS 1.2",
        Some(ProtocolVersion::TLSv1_3) => "TLS 1.3",
        _ => "TLS",
    };
    let suite = tls
        .negotiated_cipher_suite()
        .and_then(|suite| suite.suite().as_str());
    let name = tls.server_name();
    let name = name.map_or_else(|| "no SNI".to_owned(), |name| format!("SNI {name}"));
    format!(
        "the client has {version}, {}, {name}",
        suite.unwrap_or("unknown suite")
    )
}

impl AsyncRead for Client {
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

impl AsyncWrite for Client {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut *self {
            Self::Clear(stream) => Pin::new(stream).poll_write(context, octets),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_write(context, octets),
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
