//! TLS channel binding (RFC 5056).

/// The label of the TLS 1.3 exporter for channel binding, used with an empty context (RFC 9266
/// section 4.2).
pub const EXPORTER_LABEL: &[u8] = b"EXPORTER-Channel-Binding";
/// How many octets to export.
pub const EXPORTER_OCTETS: usize = 32;

/// A channel binding type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BindingKind {
    /// Keying material of the TLS 1.3 session (RFC 9266).
    TlsExporter,
    /// A hash of the server's certificate (RFC 5929 section 4).
    TlsServerEndPoint,
}

impl BindingKind {
    /// The registered name, as SCRAM sends it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::TlsExporter => "tls-exporter",
            Self::TlsServerEndPoint => "tls-server-end-point",
        }
    }
}

/// The channel binding of one TLS connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelBinding {
    /// The type.
    pub kind: BindingKind,
    /// The binding data.
    pub data: Vec<u8>,
}
