//! The server side of SCRAM (RFC 5802): sends nonce and salt, checks the client's proof and sends
//! the server's signature.

use base64::prelude::{BASE64_STANDARD, Engine as _};

use super::context::AuthContext;
use crate::smtp::sasl::{BindingKind, Hash, Mechanism, attribute};

/// The minimum iteration count of RFC 7677 section 4.
const ITERATIONS: u32 = 4096;

/// A SCRAM exchange after the client-first-message.
#[derive(Debug)]
pub(in crate::practice) struct ServerScram {
    hash: Hash,
    user_known: bool,
    salt: [u8; 16],
    nonce: String,
    /// The expected value of `c=`: the GS2 header and the channel binding data, in base64.
    channel_binding: String,
    first_bare: String,
    server_first: String,
}

impl ServerScram {
    /// Reads the client-first-message. `None` if it is malformed or its channel binding does not
    /// fit the mechanism.
    pub(super) fn begin(
        mechanism: Mechanism,
        client_first: &[u8],
        context: &AuthContext<'_>,
    ) -> Option<Result<Self, getrandom::Error>> {
        let hash = mechanism.hash()?;
        let text = std::str::from_utf8(client_first).ok()?;
        let mut parts = text.splitn(3, ',');
        let (flag, authzid, bare) = (parts.next()?, parts.next()?, parts.next()?);
        let mut channel_binding = format!("{flag},{authzid},").into_bytes();
        let exporter = format!("p={}", BindingKind::TlsExporter.name());
        match flag {
            _ if mechanism.needs_binding() => {
                channel_binding.extend_from_slice(context.exporter.filter(|_| flag == exporter)?);
            }
            "n" => {}
            // A client that supports binding and believes that the server does not: if the server
            // does, somebody downgraded the mechanism list (RFC 5802 section 6).
            "y" if context.exporter.is_none() => {}
            _ => return None,
        }
        let user = bare.split(',').next()?.strip_prefix("n=")?;
        let authorized = authzid.strip_prefix("a=").unwrap_or(user);
        let client_nonce = attribute(bare, "r")?;
        let known = user == context.user && authorized == context.user;
        let make = move || {
            let mut salt = [0; 16];
            getrandom::fill(&mut salt)?;
            let nonce = format!("{client_nonce}{:016x}", getrandom::u64()?);
            let salted = BASE64_STANDARD.encode(salt);
            Ok(Self {
                hash,
                user_known: known,
                salt,
                server_first: format!("r={nonce},s={salted},i={ITERATIONS}"),
                nonce,
                channel_binding: BASE64_STANDARD.encode(channel_binding),
                first_bare: bare.to_owned(),
            })
        };
        Some(make())
    }

    /// The server-first-message.
    pub(super) fn challenge(&self) -> &str {
        &self.server_first
    }

    /// The server-final-message; `None` if the proof in the client-final-message is wrong.
    pub(super) fn finish(&self, client_final: &[u8], password: &[u8]) -> Option<String> {
        let text = std::str::from_utf8(client_final).ok()?;
        let (without_proof, proof) = text.rsplit_once(",p=")?;
        let auth_message = format!("{},{},{without_proof}", self.first_bare, self.server_first);
        let salted = self.hash.salted_password(password, &self.salt, ITERATIONS);
        let good = self.user_known
            && attribute(without_proof, "c") == Some(&self.channel_binding)
            && attribute(without_proof, "r") == Some(&self.nonce)
            && proof
                == BASE64_STANDARD.encode(self.hash.client_proof(&salted, auth_message.as_bytes()));
        let signature = self.hash.server_signature(&salted, auth_message.as_bytes());
        good.then(|| format!("v={}", BASE64_STANDARD.encode(signature)))
    }
}
