//! The client side of a SASL exchange: the initial response, and a response to each challenge.

use super::binding::{BindingKind, ChannelBinding};
use super::challenge;
use super::credentials::Credentials;
use super::decode::decode_message;
use super::error::SaslError;
use super::hash::Hash;
use super::limits::{ITERATIONS_MIN, NONCE_OCTETS};
use super::masked_message::{MaskedMessage, mask};
use super::mechanism::{Mechanism, Needs};
use super::scram::{self, Scram, ServerFinal};
use super::secret_shape::SecretShape;
use super::{cram_md5, oauth, simple};
use crate::smtp::base64;
use crate::smtp::line::COMMAND_LINE_LIMIT;
use crate::smtp::secret::Secret;
use crate::smtp::transcript::{Level, Note};

/// A message of the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientMessage {
    bytes: Secret,
    /// The message with its secrets masked.
    pub masked: MaskedMessage,
}

impl ClientMessage {
    /// The octets, not encoded.
    pub fn bytes(&self) -> &Secret {
        &self.bytes
    }

    /// The line to send, without CR LF: base64, or nothing if the message is empty.
    pub fn line(&self) -> Secret {
        Secret::new(base64::encode(self.bytes.reveal()).into_bytes())
    }
}

/// What the client sends next, and what the user should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The message to send.
    pub message: ClientMessage,
    /// Remarks about the challenge or the response.
    pub notes: Vec<Note>,
}

/// The client side of a SASL exchange. `Debug` prints no octet of the secret.
#[derive(Clone, Debug)]
pub struct Exchange {
    mechanism: Mechanism,
    credentials: Credentials,
    /// The channel binding type the user asked for.
    requested_binding: Option<BindingKind>,
    binding: Option<ChannelBinding>,
    nonce: String,
    initial_response: bool,
    /// How many messages the client has sent.
    step: usize,
    scram: Option<Scram>,
    /// How few iterations of SCRAM are accepted.
    fewest_iterations: u32,
}

impl Exchange {
    /// Creates an exchange that has not begun.
    ///
    /// `binding` selects the channel binding type of a -PLUS mechanism; `None` lets the connection
    /// choose. The owner of the connection then calls [`bind`](Self::bind). `nonce` is at least
    /// [`NONCE_OCTETS`] random octets; only SCRAM uses it. `initial_response` puts the first
    /// message into the AUTH line if that is possible.
    ///
    /// # Errors
    /// The user name or the secret is missing, the nonce is too short, or a field contains a
    /// character that the mechanism cannot transmit.
    pub fn new(
        mechanism: Mechanism,
        credentials: Credentials,
        binding: Option<BindingKind>,
        nonce: &[u8],
        initial_response: bool,
    ) -> Result<Self, SaslError> {
        let no_user = credentials.user.is_empty();
        let has_secret = matches!(mechanism.needs(), Needs::Password | Needs::Token);
        match mechanism {
            Mechanism::OAuthBearer | Mechanism::External | Mechanism::Anonymous => {}
            _ if no_user => return Err(SaslError::NoUser(mechanism)),
            _ => {}
        }
        if has_secret && credentials.secret.is_empty() {
            return Err(SaslError::NoSecret(mechanism));
        }
        match mechanism {
            Mechanism::Plain => simple::check_plain(&credentials)?,
            Mechanism::XOAuth2 | Mechanism::OAuthBearer => oauth::check(mechanism, &credentials)?,
            _ if mechanism.hash().is_some() && nonce.len() < NONCE_OCTETS => {
                return Err(SaslError::Nonce(nonce.len()));
            }
            _ => {}
        }
        Ok(Self {
            mechanism,
            credentials,
            requested_binding: binding,
            binding: None,
            nonce: base64::encode(nonce),
            initial_response: initial_response && mechanism.sends_first(),
            step: 0,
            scram: None,
            fewest_iterations: ITERATIONS_MIN,
        })
    }

    /// The mechanism.
    pub fn mechanism(&self) -> Mechanism {
        self.mechanism
    }

    /// The user name.
    pub fn user(&self) -> &str {
        &self.credentials.user
    }

    /// The server the credentials are for: host and port as the user gave them.
    pub fn server(&self) -> (&str, u16) {
        (&self.credentials.host, self.credentials.port)
    }

    /// Length and kinds of characters of the password or token; `None` if the mechanism has none.
    pub fn secret_shape(&self) -> Option<SecretShape> {
        let has_secret = matches!(self.mechanism.needs(), Needs::Password | Needs::Token);
        has_secret.then(|| SecretShape::of(self.credentials.secret.reveal()))
    }

    /// Whether the exchange sends something secret.
    pub fn is_secret(&self) -> bool {
        matches!(self.mechanism.needs(), Needs::Password | Needs::Token)
    }

    /// The channel binding it needs: `None` for none at all, `Some(None)` for any type.
    pub fn wants_binding(&self) -> Option<Option<BindingKind>> {
        self.mechanism
            .needs_binding()
            .then_some(self.requested_binding)
    }

    /// Binds the exchange to the channel it will use; `None` if the channel cannot provide the
    /// binding. Replaces an earlier binding.
    pub fn bind(&mut self, binding: Option<ChannelBinding>) {
        self.binding = binding;
    }

    /// Accepts any number of iterations of SCRAM: the user agrees.
    pub fn accept_few_iterations(&mut self) {
        self.fewest_iterations = 1;
    }

    /// Returns to the state before it began. No proof with its nonce has been sent.
    pub(crate) fn restart(&mut self) {
        self.step = 0;
        self.scram = None;
    }

    /// The lines the client will send, for display before the login: secrets are masked, and parts
    /// that depend on the server are in angle brackets.
    pub fn preview(&self) -> Vec<String> {
        let command = format!("AUTH {}", self.mechanism);
        let mut lines = match self.mechanism {
            Mechanism::Login => {
                let password = self.credentials.secret.reveal();
                vec![self.credentials.user.clone(), mask(password)]
            }
            Mechanism::CramMd5 => {
                vec![format!("{} <digest of 32 characters>", self.user())]
            }
            _ => {
                let mut first = self.clone();
                if first.binding.is_none() {
                    // The connection chooses the type later; the binding data is not shown.
                    first.binding = first.wants_binding().map(|kind| ChannelBinding {
                        kind: kind.unwrap_or(BindingKind::TlsExporter),
                        data: Vec::new(),
                    });
                }
                let message = first.first_message();
                vec![self.message(b"", message).masked.text]
            }
        };
        if self.mechanism.hash().is_some() {
            lines.push("c=<binding>,r=<nonce>,p=<proof>".to_owned());
        }
        if self.sends_initial_response() && !lines.is_empty() {
            let response = lines.remove(0);
            let shown = if response.is_empty() { "=" } else { &response };
            lines.insert(0, format!("{command} {shown}"));
        } else {
            lines.insert(0, command);
        }
        lines
    }

    /// Begins the exchange; returns the initial response, if one goes with the AUTH line.
    ///
    /// # Errors
    /// The mechanism needs a channel binding and has none.
    pub(crate) fn begin(&mut self) -> Result<Option<Response>, SaslError> {
        if self.mechanism.needs_binding() && self.binding.is_none() {
            return Err(SaslError::NoBinding(self.mechanism));
        }
        self.sends_initial_response()
            .then(|| self.respond(b""))
            .transpose()
    }

    /// Responds to a challenge, given as the text of its 334 in base64.
    ///
    /// # Errors
    /// The challenge cannot or must not be answered: the caller has to cancel the exchange.
    pub fn respond(&mut self, challenge: &[u8]) -> Result<Response, SaslError> {
        let decoded = base64::decode(challenge.trim_ascii());
        let challenge = decoded.bytes.reveal();
        if !decoded.is_base64() && self.needs_challenge() {
            return Err(SaslError::NotBase64);
        }
        let mut notes = Vec::new();
        let bytes = match (self.mechanism, self.step) {
            (Mechanism::CramMd5, 0) if challenge.is_empty() => {
                return Err(SaslError::Empty(self.mechanism));
            }
            (Mechanism::CramMd5, 0) => {
                let Credentials { user, secret, .. } = &self.credentials;
                cram_md5::response(user, secret.reveal(), challenge)
            }
            (_, 0) => self.first_message(),
            // The server would log a password sent as the user name.
            (Mechanism::Login, 1) if simple::asks_for(challenge, b"user") => {
                if !self.initial_response {
                    return Err(SaslError::NameAgain);
                }
                // It ignored the user name in the AUTH line.
                self.initial_response = false;
                self.step = 0;
                self.first_message()
            }
            (Mechanism::Login, 1) => self.credentials.secret.reveal().to_vec(),
            (Mechanism::XOAuth2 | Mechanism::OAuthBearer, 1) => {
                let reason = challenge::refusal_reason(challenge);
                notes.push(fault(format!("the token was refused: {reason}")));
                oauth::acknowledge(self.mechanism)
            }
            (_, 1 | 2) if self.scram.is_some() => self.respond_scram(challenge, &mut notes)?,
            _ => return Err(SaslError::Unasked(self.mechanism)),
        };
        let message = self.message(challenge, bytes);
        self.step += 1;
        Ok(Response { message, notes })
    }

    /// Checks that the server was allowed to accept the login.
    ///
    /// # Errors
    /// In SCRAM, the server has not proved that it knows the password.
    pub(crate) fn check_accepted(&self) -> Result<(), SaslError> {
        let verified = self.scram.as_ref().is_some_and(|scram| scram.verified);
        match self.mechanism.hash() {
            Some(_) if !verified => Err(SaslError::NoSignature),
            _ => Ok(()),
        }
    }

    /// Builds the first message, for mechanisms in which it does not depend on a challenge.
    fn first_message(&mut self) -> Vec<u8> {
        match self.mechanism {
            Mechanism::Plain => simple::plain(&self.credentials),
            Mechanism::External => self.credentials.authzid.clone().into_bytes(),
            Mechanism::XOAuth2 => oauth::xoauth2(&self.credentials),
            Mechanism::OAuthBearer => oauth::oauthbearer(&self.credentials),
            Mechanism::Login | Mechanism::Anonymous | Mechanism::CramMd5 => {
                self.credentials.user.clone().into_bytes()
            }
            Mechanism::ScramSha1
            | Mechanism::ScramSha256
            | Mechanism::ScramSha1Plus
            | Mechanism::ScramSha256Plus => {
                let hash = self.mechanism.hash().unwrap_or(Hash::Sha256);
                let bound = self.mechanism.needs_binding();
                let scram = Scram::new(
                    hash,
                    &scram::prepare_name(&self.credentials.authzid),
                    &scram::prepare_name(&self.credentials.user),
                    self.nonce.clone(),
                    self.binding.clone().filter(|_| bound),
                );
                self.scram.insert(scram).client_first()
            }
        }
    }

    fn respond_scram(
        &mut self,
        challenge: &[u8],
        notes: &mut Vec<Note>,
    ) -> Result<Vec<u8>, SaslError> {
        let Some(scram) = &mut self.scram else {
            return Err(SaslError::Unasked(self.mechanism));
        };
        if challenge.is_empty() {
            return Err(SaslError::Empty(self.mechanism));
        }
        if self.step == 2 {
            if let ServerFinal::Refused(reason) = scram.verify(challenge)? {
                notes.push(fault(format!("the server refuses: {reason}")));
            }
            return Ok(Vec::new());
        }
        let prepared = scram::prepare_password(&self.credentials.secret);
        let password = prepared.bytes.reveal();
        let message = scram.client_final(challenge, password, self.fewest_iterations)?;
        notes.extend(prepared.warning.map(|warning| fault(warning.to_owned())));
        Ok(message)
    }

    /// Whether the next response depends on the challenge.
    fn needs_challenge(&self) -> bool {
        match self.mechanism {
            Mechanism::CramMd5 => true,
            _ => self.step > 0 && self.scram.is_some(),
        }
    }

    /// Whether the first message goes in the AUTH line. A message that would make the line too long
    /// is sent after the 334 (RFC 4954 section 4).
    fn sends_initial_response(&self) -> bool {
        if !self.initial_response {
            return false;
        }
        let octets = Secret::new(self.clone().first_message()).len();
        let base64 = if octets == 0 {
            1
        } else {
            octets.div_ceil(3) * 4
        };
        let name = self.mechanism.name().len();
        "AUTH ".len() + name + " ".len() + base64 + "\r\n".len() <= COMMAND_LINE_LIMIT
    }

    fn message(&self, challenge: &[u8], bytes: Vec<u8>) -> ClientMessage {
        ClientMessage {
            masked: decode_message(Some(self.mechanism), self.step, challenge, &bytes),
            bytes: Secret::new(bytes),
        }
    }
}

fn fault(text: String) -> Note {
    Note {
        level: Level::Fault,
        text: text.into(),
    }
}

#[cfg(test)]
mod tests;
