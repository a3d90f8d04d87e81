//! Follows a program that reads a written value: what it keeps, drops and adds.

use std::str;

use zeroize::Zeroizing;

use super::arrival::{Arrival, Outcome};
use crate::smtp::Secret;

/// A value as it is written, and what a program has read of it so far.
pub(super) struct Trace {
    /// What is written: the value, in quotes or not.
    text: Zeroizing<Vec<u8>>,
    /// The octets before the value.
    before: usize,
    /// The octets of the value.
    length: usize,
    /// What has arrived.
    arrived: Zeroizing<Vec<u8>>,
    /// Which octets of the value have arrived.
    kept: Vec<bool>,
    reasons: Vec<&'static str>,
    unknown: bool,
}

impl Trace {
    /// A value that is written between two texts.
    pub(super) fn new(before: &[u8], value: &[u8], after: &[u8]) -> Self {
        Self {
            text: Zeroizing::new([before, value, after].concat()),
            before: before.len(),
            length: value.len(),
            // Enough for all: growing would leave copies behind.
            arrived: Zeroizing::new(Vec::with_capacity(2 * value.len() + 16)),
            kept: vec![false; value.len()],
            reasons: Vec::new(),
            unknown: false,
        }
    }

    /// What is written.
    pub(super) fn text(&self) -> Zeroizing<Vec<u8>> {
        self.text.clone()
    }

    /// The octet at this place of the text arrives.
    pub(super) fn keep(&mut self, at: usize) {
        self.arrived.push(self.text[at]);
        if let Some(kept) = at
            .checked_sub(self.before)
            .and_then(|at| self.kept.get_mut(at))
        {
            *kept = true;
        }
    }

    /// Octets arrive that are not in the text.
    pub(super) fn add(&mut self, octets: &[u8]) {
        self.arrived.extend_from_slice(octets);
    }

    /// A text arrives that another step made of the value: what both have in common, in order, is
    /// kept.
    pub(super) fn keep_common(&mut self, text: &[u8]) {
        let value = self.text();
        let mut at = 0;
        for &octet in text {
            match value[at..].iter().position(|other| *other == octet) {
                Some(found) => {
                    self.keep(at + found);
                    at += found + 1;
                }
                None => self.add(&[octet]),
            }
        }
    }

    /// Removes blanks from the end of what has arrived, down to a length.
    pub(super) fn trim_end(
        &mut self,
        least: usize,
        is_blank: fn(u8) -> bool,
        reason: &'static str,
    ) {
        while self.arrived.len() > least && self.arrived.last().is_some_and(|last| is_blank(*last))
        {
            self.arrived.pop();
            if let Some(last) = self.kept.iter().rposition(|kept| *kept) {
                self.kept[last] = false;
            }
            self.because(reason);
        }
    }

    /// How much has arrived.
    pub(super) fn arrived(&self) -> usize {
        self.arrived.len()
    }

    /// Adds a reason.
    pub(super) fn because(&mut self, reason: &'static str) {
        if !self.reasons.contains(&reason) {
            self.reasons.push(reason);
        }
    }

    /// Adds a reason that concerns this place of the text, unless it is around the value.
    pub(super) fn because_at(&mut self, at: usize, reason: &'static str) {
        if (self.before..self.before + self.length).contains(&at) {
            self.because(reason);
        }
    }

    /// What arrives depends on something that is not known here.
    pub(super) fn unknown(&mut self, reason: &'static str) {
        self.unknown = true;
        self.because(reason);
    }

    /// The whole word is gone.
    pub(super) fn nothing(mut self) -> Arrival {
        self.arrived.clear();
        self.kept.fill(false);
        self.finish()
    }

    /// The program refuses the text, or waits for more.
    pub(super) fn refuse(mut self, reason: &'static str) -> Arrival {
        self.reasons.clear();
        self.because(reason);
        Arrival {
            outcome: Outcome::Refused,
            reasons: self.reasons,
        }
    }

    /// The program has read the text.
    pub(super) fn finish(self) -> Arrival {
        let value = &self.text[self.before..][..self.length];
        let outcome = if self.unknown {
            Outcome::Unknown
        } else if *self.arrived == value {
            Outcome::Unchanged
        } else {
            Outcome::Changed {
                lost: self.lost(value),
                value: Secret::new(self.arrived.to_vec()),
            }
        };
        Arrival {
            outcome,
            reasons: self.reasons,
        }
    }

    /// The positions of the characters of which no octet, or not each, has arrived.
    fn lost(&self, value: &[u8]) -> Vec<usize> {
        let starts: Vec<usize> = match str::from_utf8(value) {
            Ok(text) => text.char_indices().map(|(at, _)| at).collect(),
            Err(_) => (0..value.len()).collect(),
        };
        let ends = starts.iter().skip(1).copied().chain([value.len()]);
        let spans = starts.iter().copied().zip(ends);
        let is_lost =
            |(start, end): (usize, usize)| !self.kept[start..end].iter().all(|kept| *kept);
        let lost = spans.zip(1..).filter(|(span, _)| is_lost(*span));
        lost.map(|(_, at)| at).collect()
    }
}
