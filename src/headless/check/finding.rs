//! What one check found.

use std::net::SocketAddr;

use serde::Serialize;

use super::status::Status;

/// Characters of a text that are kept: servers write what they like.
const TEXT_CAP: usize = 1000;

/// What is checked. Its name in JSON is that of the text form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Check {
    /// The MX records of a domain.
    Mx,
    /// The addresses of a host.
    Name,
    /// The connection to an address.
    Connect,
    /// The name of an address, and whether it leads back.
    ReverseDns,
    /// The greeting.
    Greeting,
    /// The names that the server gives itself.
    Names,
    /// The reply to EHLO.
    Ehlo,
    /// Logins before TLS.
    Auth,
    /// STARTTLS.
    #[serde(rename = "starttls")]
    StartTls,
    /// The handshake.
    Tls,
    /// The verdict on the certificate.
    Certificate,
    /// The days until it expires.
    Expiry,
    /// The TLSA records.
    Dane,
    /// The relay test.
    Relay,
    /// How long the session took.
    Time,
}

impl Check {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mx => "mx",
            Self::Name => "name",
            Self::Connect => "connect",
            Self::ReverseDns => "reverse-dns",
            Self::Greeting => "greeting",
            Self::Names => "names",
            Self::Ehlo => "ehlo",
            Self::Auth => "auth",
            Self::StartTls => "starttls",
            Self::Tls => "tls",
            Self::Certificate => "certificate",
            Self::Expiry => "expiry",
            Self::Dane => "dane",
            Self::Relay => "relay",
            Self::Time => "time",
        }
    }

    /// Whether the whole is unknown if this is.
    pub fn counts_if_unknown(self) -> bool {
        matches!(
            self,
            Self::Mx
                | Self::Name
                | Self::Connect
                | Self::Greeting
                | Self::Ehlo
                | Self::StartTls
                | Self::Tls
        )
    }

    /// Whether the server takes no mail if this is critical.
    pub fn decides_reach(self) -> bool {
        matches!(
            self,
            Self::Name | Self::Connect | Self::Greeting | Self::Ehlo
        )
    }
}

/// What one check found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The host; `None` for what concerns the whole target.
    pub host: Option<String>,
    /// The address; `None` for what concerns the whole host.
    pub address: Option<SocketAddr>,
    /// What was checked.
    pub check: Check,
    /// What it came to.
    pub status: Status,
    /// What was measured.
    pub value: String,
    /// What shows it: lines of the server, records of the DNS.
    pub evidence: Vec<String>,
    /// What to do, if something is to be done.
    pub action: Option<String>,
}

impl Finding {
    /// A finding that concerns the whole target.
    pub fn new(check: Check, status: Status, value: impl Into<String>) -> Self {
        Self {
            host: None,
            address: None,
            check,
            status,
            value: capped(value.into()),
            evidence: Vec::new(),
            action: None,
        }
    }

    /// A check that is in order.
    pub fn ok(check: Check, value: impl Into<String>) -> Self {
        Self::new(check, Status::Ok, value)
    }

    /// Adds a line of evidence.
    pub fn shown_by(mut self, evidence: impl Into<String>) -> Self {
        self.evidence.push(capped(evidence.into()));
        self
    }

    /// Adds what to do.
    pub fn with_action(mut self, action: impl Into<String>) -> Self {
        self.action = Some(action.into());
        self
    }
}

/// The beginning of a text, if it is long.
fn capped(text: String) -> String {
    match text.char_indices().nth(TEXT_CAP) {
        None => text,
        Some((at, _)) => format!("{}...", &text[..at]),
    }
}
