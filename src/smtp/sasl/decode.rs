//! Decodes the messages a client sends, in any mechanism, and masks their secrets.

use super::masked_message::{MaskedMessage, MessageIssue};
use super::mechanism::Mechanism;
use super::{oauth, scram, simple};
use crate::smtp::base64;

/// Decodes a client's line as it is on the wire: base64, or `=` for an empty message.
///
/// The other arguments are those of [`decode_message`].
pub(crate) fn decode_line(
    mechanism: Option<Mechanism>,
    step: usize,
    challenge: &[u8],
    line: &[u8],
) -> MaskedMessage {
    if line == b"=" {
        return MaskedMessage::default();
    }
    let decoded = base64::decode(line);
    let encoding_issues = decoded.issues.iter().copied().map(MessageIssue::Encoding);
    if !decoded.is_base64() {
        // It may be a password in plain text.
        return MaskedMessage {
            issues: encoding_issues.collect(),
            ..MaskedMessage::opaque(line)
        };
    }
    let mut message = decode_message(mechanism, step, challenge, decoded.bytes.reveal());
    message.issues.splice(0..0, encoding_issues);
    message
}

/// Decodes a client's message, given without its base64.
///
/// `step` is the number of the message in its exchange, from 0; `challenge` is what it answers. A
/// message that is not understood is masked completely.
pub fn decode_message(
    mechanism: Option<Mechanism>,
    step: usize,
    challenge: &[u8],
    bytes: &[u8],
) -> MaskedMessage {
    let mut message = match mechanism {
        _ if bytes.is_empty() => MaskedMessage::default(),
        Some(Mechanism::Plain) => simple::decode_plain(bytes),
        Some(Mechanism::Login) => simple::decode_login(step, challenge, bytes),
        Some(Mechanism::External | Mechanism::Anonymous) => simple::decode_name(bytes),
        Some(Mechanism::CramMd5) => simple::decode_cram_md5(bytes),
        Some(Mechanism::XOAuth2 | Mechanism::OAuthBearer) => oauth::decode(bytes),
        Some(mechanism) if mechanism.hash().is_some() => scram::decode(bytes),
        _ => MaskedMessage::opaque(bytes),
    };
    if let Some(mechanism) = mechanism
        && message == MaskedMessage::opaque(bytes)
        && mechanism != Mechanism::Login
        && !bytes.is_empty()
    {
        message.issues.push(MessageIssue::WrongFormat(mechanism));
    }
    let content_issues = base64::content_issues(bytes).into_iter();
    message
        .issues
        .extend(content_issues.map(MessageIssue::Content));
    message
}
