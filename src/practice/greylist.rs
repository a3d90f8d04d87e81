//! The state of the mood `greylist`: the pairs of sender and recipient that were deferred once.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

/// The maximum number of pairs to remember; further pairs are not deferred.
const PAIRS_CAP: usize = 4096;

/// The pairs seen since the server started.
#[derive(Debug, Default)]
pub(super) struct Greylist {
    seen: Mutex<HashSet<(String, String)>>,
}

impl Greylist {
    /// Whether to defer this pair because it is new. Remembers the pair.
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
    fn defers_each_pair_once() {
        let list = Greylist::default();
        assert!(list.defers("a@x", "b@x"));
        assert!(!list.defers("A@x", "b@X"));
        assert!(list.defers("b@x", "a@x"));
    }

    #[test]
    fn the_list_is_capped() {
        let list = Greylist::default();
        for n in 0..PAIRS_CAP {
            assert!(list.defers("", &n.to_string()));
        }
        assert!(!list.defers("", "one more"));
        assert_eq!(list.seen.lock().unwrap().len(), PAIRS_CAP);
    }
}
