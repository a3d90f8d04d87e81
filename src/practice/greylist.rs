//! The memory of the mood `greylist`: which pairs of sender and recipient have been put off once.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

/// How many pairs are remembered; beyond them nobody is put off any more.
const PAIRS_CAP: usize = 4096;

/// The pairs seen in the life of one server.
#[derive(Debug, Default)]
pub(super) struct Greylist {
    seen: Mutex<HashSet<(String, String)>>,
}

impl Greylist {
    /// Whether this pair is new and so has to come again. Asking makes it known.
    pub(super) fn defers(&self, from: &str, to: &str) -> bool {
        let pair = (from.to_ascii_lowercase(), to.to_ascii_lowercase());
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.len() < PAIRS_CAP && seen.insert(pair)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_pair_is_put_off_once() {
        let list = Greylist::default();
        assert!(list.defers("a@x", "b@x"));
        assert!(!list.defers("A@x", "b@X"));
        assert!(list.defers("b@x", "a@x"));
    }

    #[test]
    fn the_list_does_not_grow_for_ever() {
        let list = Greylist::default();
        for n in 0..PAIRS_CAP {
            assert!(list.defers("", &n.to_string()));
        }
        assert!(!list.defers("", "one more"));
        assert_eq!(list.seen.lock().unwrap().len(), PAIRS_CAP);
    }
}
