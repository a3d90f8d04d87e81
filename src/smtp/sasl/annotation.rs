//! The decoded text shown beside a raw line of a SASL exchange, with remarks about it. In LMTP, a reply
//! to the message has the recipient beside it.

use super::masked_message::MaskedMessage;

/// The maximum length of the decoded text, in characters.
const DECODED_CAP: usize = 1024;

/// What a line of an exchange says, with secrets masked.
///
/// It contains text from the server, so it must be escaped before it is displayed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Annotation {
    /// The decoded line; empty if it could not be decoded.
    pub decoded: Box<str>,
    /// Problems with the line, or what has to follow it.
    pub remarks: Vec<Box<str>>,
}

impl Annotation {
    /// Annotates a message of the client; `None` if there is nothing to show.
    pub fn of_message(message: &MaskedMessage) -> Option<Self> {
        let issues = message.issues.iter();
        let annotation = Self {
            decoded: truncated(message.text.clone()),
            remarks: issues.map(|issue| issue.to_string().into()).collect(),
        };
        (annotation != Self::default()).then_some(annotation)
    }

    /// An upper bound of the memory it takes, in octets.
    pub(crate) fn weight(&self) -> usize {
        const UNIT: usize = 64;
        let remarks = self.remarks.iter().map(|remark| remark.len() + UNIT);
        size_of::<Self>() + self.decoded.len() + UNIT + remarks.sum::<usize>()
    }
}

/// Cuts a text after [`DECODED_CAP`] characters.
pub(super) fn truncated(mut text: String) -> Box<str> {
    if let Some((end, _)) = text.char_indices().nth(DECODED_CAP) {
        text.truncate(end);
        text.push_str("...");
    }
    text.into()
}
