//! What binds an exchange to the TLS channel it is led over (RFC 5056).

/// The label under which TLS 1.3 exports what identifies its channel, with an empty context (RFC 9266
/// section 4.2).
pub const EXPORTER_LABEL: &[u8] = b"EXPORTER-Channel-Binding";
/// So many octets of it.
pub const EXPORTER_OCTETS: usize = 32;

/// How a channel is identified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BindingKind {
    /// Keying material of the TLS 1.3 session (RFC 9266).
    TlsExporter,
    /// A hash of the server's certificate (RFC 5929 section 4).
    TlsServerEndPoint,
}

impl BindingKind {
    /// Its registered name, as it stands in the message.
    pub const fn name(self) -> &'static str {
        match self {
            Self::TlsExporter => "tls-exporter",
            Self::TlsServerEndPoint => "tls-server-end-point",
        }
    }
}

/// A channel, identified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelBinding {
    /// In which way.
    pub kind: BindingKind,
    /// By these octets.
    pub data: Vec<u8>,
}
