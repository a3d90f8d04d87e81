//! An exchange that is led for the user: the initial response, and an answer for each challenge.

use super::binding::{BindingKind, ChannelBinding};
use super::challenge;
use super::credentials::Credentials;
use super::error::SaslError;
use super::mechanism::{Mechanism, Needs};
use super::reading::Reading;
use super::scram::{self, ITERATIONS_LEAST, Last, Scram};
use super::shape::Shape;
use super::{cram_md5, oauth, simple};
use crate::smtp::base64;
use crate::smtp::secret::Secret;
use crate::smtp::transcript::{Level, Note};

/// The longest command line with its CR LF, in octets (RFC 5321 section 4.5.3.1.4). A response that
/// would make the AUTH line longer goes after the 334 (RFC 4954 section 4).
pub const LINE_LIMIT: usize = 512;
/// The fewest random octets that are a nonce.
pub const NONCE_OCTETS: usize = 15;

/// A message of the client: octets before base64.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    bytes: Secret,
    /// What it says, masked.
    pub reading: Reading,
}

impl Message {
    /// The octets before base64.
    pub fn bytes(&self) -> &Secret {
        &self.bytes
    }

    /// The line that carries it: base64; nothing where it is empty.
    pub fn line(&self) -> Secret {
        Secret::new(base64::encode(self.bytes.reveal()).into_bytes())
    }
}

/// What goes to the server next, and what there is to say about what it said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What goes.
    pub message: Message,
    /// What the user should know.
    pub notes: Vec<Note>,
}

/// An exchange. `Debug` shows no octet of the secret.
#[derive(Clone, Debug)]
pub struct Exchange {
    mechanism: Mechanism,
    credentials: Credentials,
    wish: Option<BindingKind>,
    binding: Option<ChannelBinding>,
    nonce: String,
    initial_response: bool,
    /// Messages of the client so far.
    step: usize,
    scram: Option<Scram>,
}

impl Exchange {
    /// An exchange in `mechanism`. `nonce` is [`NONCE_OCTETS`] random octets or more, which only
    /// SCRAM needs. `binding` says in which way a -PLUS mechanism is to be bound, if not in the way
    /// that suits the channel best; whoever has the channel then calls [`bind`](Self::bind).
    /// `initial_response` puts the first message into the AUTH line where that is possible.
    ///
    /// # Errors
    /// Where something is missing, or a field cannot hold what it holds.
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
            wish: binding,
            binding: None,
            nonce: base64::encode(nonce),
            initial_response: initial_response && mechanism.sends_first(),
            step: 0,
            scram: None,
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

    /// The server it is meant for, as the user named it: host and port.
    pub fn server(&self) -> (&str, u16) {
        (&self.credentials.host, self.credentials.port)
    }

    /// Length and kinds of the password or token; none where there is none.
    pub fn shape(&self) -> Option<Shape> {
        let has_secret = matches!(self.mechanism.needs(), Needs::Password | Needs::Token);
        has_secret.then(|| Shape::of(self.credentials.secret.reveal()))
    }

    /// Whether what is sent must not be seen by others.
    pub fn is_secret(&self) -> bool {
        matches!(self.mechanism.needs(), Needs::Password | Needs::Token)
    }

    /// In which way it wants to be bound to the channel: `None` where it is not to be bound at all,
    /// `Some(None)` where the channel may choose.
    pub fn wants_binding(&self) -> Option<Option<BindingKind>> {
        self.mechanism.needs_binding().then_some(self.wish)
    }

    /// Binds it to the channel it is about to be led over; none where it cannot be identified so.
    /// What it was bound to before does not count any more.
    pub fn bind(&mut self, binding: Option<ChannelBinding>) {
        self.binding = binding;
    }

    /// The lines the client will send, in order, as a person may see them before they go: secrets
    /// masked, and what hangs on the server's words in angle brackets.
    pub fn preview(&self) -> Vec<String> {
        let command = format!("AUTH {}", self.mechanism);
        let mut lines = match self.mechanism {
            Mechanism::Login => {
                let password = self.credentials.secret.reveal();
                let mask = super::reading::mask(password);
                vec![self.credentials.user.clone(), mask]
            }
            Mechanism::CramMd5 => {
                vec![format!("{} <digest of 32 characters>", self.user())]
            }
            _ => {
                let mut first = self.clone();
                if first.binding.is_none() {
                    // Which one it will be is for the channel to say; the octets do not show here.
                    first.binding = first.wants_binding().map(|wish| ChannelBinding {
                        kind: wish.unwrap_or(BindingKind::TlsExporter),
                        data: Vec::new(),
                    });
                }
                let message = first.first();
                vec![self.message(b"", message).reading.text]
            }
        };
        if self.mechanism.hash().is_some() {
            lines.push("c=<binding>,r=<nonce>,p=<proof>".to_owned());
        }
        if self.fits() && !lines.is_empty() {
            let response = lines.remove(0);
            let shown = if response.is_empty() { "=" } else { &response };
            lines.insert(0, format!("{command} {shown}"));
        } else {
            lines.insert(0, command);
        }
        lines
    }

    /// Begins: the initial response, if one goes with the AUTH line.
    ///
    /// # Errors
    /// Where it has to be bound to a channel and was not.
    pub(crate) fn begin(&mut self) -> Result<Option<Answer>, SaslError> {
        if self.mechanism.needs_binding() && self.binding.is_none() {
            return Err(SaslError::NoBinding(self.mechanism));
        }
        self.fits().then(|| self.answer(b"")).transpose()
    }

    /// The answer to a challenge, which is the text of a 334 as it came: base64.
    ///
    /// # Errors
    /// Where the challenge cannot or must not be answered: the exchange is to be cancelled.
    pub fn answer(&mut self, challenge: &[u8]) -> Result<Answer, SaslError> {
        let decoded = base64::decode(challenge.trim_ascii());
        let challenge = decoded.bytes.reveal();
        if !decoded.is_base64() && self.reads_challenge() {
            return Err(SaslError::NotBase64);
        }
        let mut notes = Vec::new();
        let bytes = match (self.mechanism, self.step) {
            (Mechanism::CramMd5, 0) if challenge.is_empty() => {
                return Err(SaslError::Empty(self.mechanism));
            }
            (Mechanism::CramMd5, 0) => {
                let Credentials { user, secret, .. } = &self.credentials;
                cram_md5::answer(user, secret.reveal(), challenge)
            }
            (_, 0) => self.first(),
            // The password in the place of the user name would be logged.
            (Mechanism::Login, 1) if simple::asks_for(challenge, b"user") => {
                if !self.initial_response {
                    return Err(SaslError::NameAgain);
                }
                // It did not take the one that came with AUTH.
                self.initial_response = false;
                self.step = 0;
                self.first()
            }
            (Mechanism::Login, 1) => self.credentials.secret.reveal().to_vec(),
            (Mechanism::XOAuth2 | Mechanism::OAuthBearer, 1) => {
                let why = challenge::refusal(challenge);
                notes.push(fault(format!("the token is refused: {why}")));
                oauth::acknowledge(self.mechanism)
            }
            (_, 1 | 2) if self.scram.is_some() => self.answer_scram(challenge, &mut notes)?,
            _ => return Err(SaslError::Unasked(self.mechanism)),
        };
        let message = self.message(challenge, bytes);
        self.step += 1;
        Ok(Answer { message, notes })
    }

    /// The server said yes.
    ///
    /// # Errors
    /// Where it should have proved first that it knows the password.
    pub(crate) fn accepted(&self) -> Result<(), SaslError> {
        let proven = self.scram.as_ref().is_some_and(|scram| scram.proven);
        match self.mechanism.hash() {
            Some(_) if !proven => Err(SaslError::Unproven),
            _ => Ok(()),
        }
    }

    /// The first message, where it hangs on no challenge.
    fn first(&mut self) -> Vec<u8> {
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
                let hash = self.mechanism.hash().unwrap_or(scram::Hash::Sha256);
                let bound = self.mechanism.needs_binding();
                let scram = Scram::new(
                    hash,
                    &scram::prepare_name(&self.credentials.authzid),
                    &scram::prepare_name(&self.credentials.user),
                    self.nonce.clone(),
                    self.binding.clone().filter(|_| bound),
                );
                self.scram.insert(scram).first()
            }
        }
    }

    fn answer_scram(
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
            if let Last::Refused(reason) = scram.verify(challenge)? {
                notes.push(fault(format!("the server refuses: {reason}")));
            }
            return Ok(Vec::new());
        }
        let prepared = scram::prepare(&self.credentials.secret);
        let (message, iterations) = scram.last(challenge, prepared.bytes.reveal())?;
        notes.extend(prepared.words.map(|words| fault(words.to_owned())));
        if iterations < ITERATIONS_LEAST {
            let words = format!(
                "only {iterations} iterations: a stolen answer is cheap to guess from \
                 (RFC 7677 s4 asks for {ITERATIONS_LEAST})"
            );
            notes.push(fault(words));
        }
        Ok(message)
    }

    /// Whether what the server says next matters for the answer.
    fn reads_challenge(&self) -> bool {
        match self.mechanism {
            Mechanism::CramMd5 => true,
            _ => self.step > 0 && self.scram.is_some(),
        }
    }

    /// Whether the first message goes in the AUTH line.
    fn fits(&self) -> bool {
        if !self.initial_response {
            return false;
        }
        let octets = Secret::new(self.clone().first()).len();
        let base64 = if octets == 0 {
            1
        } else {
            octets.div_ceil(3) * 4
        };
        let name = self.mechanism.name().len();
        "AUTH ".len() + name + " ".len() + base64 + "\r\n".len() <= LINE_LIMIT
    }

    fn message(&self, challenge: &[u8], bytes: Vec<u8>) -> Message {
        Message {
            reading: Reading::of(Some(self.mechanism), self.step, challenge, &bytes),
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
