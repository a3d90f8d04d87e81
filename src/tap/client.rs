//! The connection of a client, with or without TLS.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::{ProtocolVersion, ServerConfig};
use tokio_rustls::server::TlsStream;

use crate::net::MaybeTls;

/// How long a client may take for a TLS handshake.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(60);

/// The connection of a client.
pub(super) type Client = MaybeTls<TlsStream<TcpStream>>;

/// Does the handshake of TLS with a client. Returns the connection and what was agreed, in words.
pub(super) async fn secure(
    client: Client,
    tls: &Arc<ServerConfig>,
) -> io::Result<(Client, String)> {
    let MaybeTls::Clear(tcp) = client else {
        return Err(io::Error::other("the client has TLS already"));
    };
    let accepted = TlsAcceptor::from(Arc::clone(tls)).accept(tcp);
    let stream = timeout(HANDSHAKE_LIMIT, accepted)
        .await
        .map_err(|_| io::Error::other("the handshake took too long"))??;
    let words = described(&stream);
    Ok((MaybeTls::Tls(Box::new(stream)), words))
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
