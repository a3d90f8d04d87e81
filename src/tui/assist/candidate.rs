//! A completion.

use crate::smtp::Fix;

/// Something that may be inserted at the cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Its name in the list.
    pub name: String,
    /// What it means.
    pub means: String,
    /// Why the server would refuse it.
    pub refused_because: Option<String>,
    /// The edit that inserts it.
    pub edit: Fix,
    /// Whether it is a keyword, which is case-insensitive.
    pub keyword: bool,
}

/// Whether a name begins with what is typed, in any case.
pub(super) fn begins(name: &str, typed: &str) -> bool {
    name.get(..typed.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(typed))
}
