//! A request to log in: mechanism, user, and the password or where it comes from.

use std::sync::atomic::AtomicBool;

use crate::config::PasswordSource;
use crate::smtp::Secret;
use crate::smtp::sasl::{Credentials, Exchange, Mechanism, NONCE_OCTETS};

/// How to log in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginRequest {
    /// The mechanism.
    pub mechanism: Mechanism,
    /// User, server and password. The password is empty if it comes from `source`.
    pub credentials: Credentials,
    /// Whether the AUTH command carries the first message, if the mechanism allows that.
    pub initial_response: bool,
    /// Where the password comes from.
    pub source: Option<PasswordSource>,
}

impl LoginRequest {
    /// The SASL exchange for this request, with a nonce of random octets. Waits for a password from
    /// elsewhere until `give_up` is set.
    ///
    /// # Errors
    /// What is missing or not available, in words.
    pub fn exchange(mut self, nonce: &[u8], give_up: &AtomicBool) -> Result<Exchange, String> {
        if let Some(source) = &self.source {
            self.credentials.secret = source.read(give_up).map_err(|error| error.to_string())?;
        }
        self.into_exchange(nonce)
    }

    fn into_exchange(self, nonce: &[u8]) -> Result<Exchange, String> {
        let first = self.initial_response;
        Exchange::new(self.mechanism, self.credentials, None, nonce, first)
            .map_err(|error| error.to_string())
    }

    /// The lines that this request would send, with secrets masked.
    ///
    /// # Errors
    /// What is missing, in words.
    pub fn preview(mut self) -> Result<Vec<String>, String> {
        let Some(source) = self.source.take() else {
            return Ok(self.into_exchange(&[0; NONCE_OCTETS])?.preview());
        };
        // The length of the password is not known yet.
        self.credentials.secret = Secret::new(b"?".to_vec());
        let exchange = self.into_exchange(&[0; NONCE_OCTETS])?;
        let masked = |line: String| line.replace("****** (1 character)", "******");
        let mut lines: Vec<String> = exchange.preview().into_iter().map(masked).collect();
        lines.push(format!("the password comes from {}", source.description()));
        Ok(lines)
    }
}
