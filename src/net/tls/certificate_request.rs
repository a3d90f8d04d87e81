//! A server's request for a client certificate.

use std::fmt;

/// Issuers that the display of a request lists.
const ISSUERS_SHOWN: usize = 3;

/// A server's request for a client certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateRequest {
    /// The subjects of the CAs whose certificates the server accepts, at most 100. Empty: any CA.
    pub authorities: Vec<String>,
    /// How many more CAs the request lists.
    pub more: usize,
    /// Whether a client certificate with a suitable key was available to send.
    pub answered: bool,
}

impl fmt::Display for CertificateRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the server requests a client certificate")?;
        if !self.authorities.is_empty() {
            let issuers: Vec<&str> = self
                .authorities
                .iter()
                .take(ISSUERS_SHOWN)
                .map(String::as_str)
                .collect();
            write!(f, " issued by {}", issuers.join(", "))?;
            let more = self.more + self.authorities.len() - issuers.len();
            if more > 0 {
                write!(f, " or {more} more")?;
            }
        }
        f.write_str(if self.answered {
            "; sending the one from --cert"
        } else {
            "; none sent (set one with --cert and --key)"
        })
    }
}
