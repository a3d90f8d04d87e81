//! What stands beside a raw line of an exchange: what it says, decoded, and what is odd about it.

use super::challenge;
use super::mechanism::Mechanism;
use super::reading::{Finding, Reading};
use crate::smtp::base64;

/// Characters of a reading that are kept.
const READING_CAP: usize = 1024;

/// The gloss of a line. It holds no secret, but it holds what a server sent: it goes to the screen
/// through the door that all octets go through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gloss {
    /// What the line says; empty where that cannot be told.
    pub reading: Box<str>,
    /// What is odd about it, or has to follow.
    pub remarks: Vec<Box<str>>,
}

impl Gloss {
    /// The gloss of the text of a 334, which came after so many messages of the client; none where
    /// there is nothing to say.
    pub fn of_challenge(mechanism: Option<Mechanism>, sent: usize, text: &[u8]) -> Option<Self> {
        challenge::gloss(mechanism, sent, text)
    }

    /// The gloss of a message of the client.
    pub fn of_reading(reading: &Reading) -> Option<Self> {
        let gloss = Self {
            reading: cut(reading.text.clone()),
            remarks: reading
                .findings
                .iter()
                .map(|finding| finding.to_string().into())
                .collect(),
        };
        (gloss != Self::default()).then_some(gloss)
    }

    /// Memory it takes, in octets, at the most.
    pub(crate) fn weight(&self) -> usize {
        const UNIT: usize = 64;
        let remarks = self.remarks.iter().map(|remark| remark.len() + UNIT);
        size_of::<Self>() + self.reading.len() + UNIT + remarks.sum::<usize>()
    }
}

/// Reads a line of the client as it stands on the wire: base64, or `=` for nothing.
pub(crate) fn read_line(
    mechanism: Option<Mechanism>,
    step: usize,
    challenge: &[u8],
    line: &[u8],
) -> Reading {
    if line == b"=" {
        return Reading::default();
    }
    let decoded = base64::decode(line);
    if !decoded.is_base64() {
        // Whatever this is, it may be a password in clear.
        let mut reading = Reading::masked(line);
        reading.findings = decoded.oddities.into_iter().map(Finding::Text).collect();
        return reading;
    }
    let mut reading = Reading::of(mechanism, step, challenge, decoded.bytes.reveal());
    let oddities = decoded.oddities.into_iter().map(Finding::Text);
    reading.findings.splice(0..0, oddities);
    reading
}

/// A text of no more than [`READING_CAP`] characters.
pub(super) fn cut(mut text: String) -> Box<str> {
    if let Some((end, _)) = text.char_indices().nth(READING_CAP) {
        text.truncate(end);
        text.push_str("...");
    }
    text.into()
}
