//! The error of the room.

use super::place::Place;

/// A place is unknown, or cannot hold a value; or what arrived cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QuotingError {
    /// There is no place of this name.
    #[error("unknown place \"{0}\": use {names}", names = names())]
    UnknownPlace(String),
    /// The place has no literal for the value. The reason completes the sentence "it cannot hold".
    #[error("{place} cannot hold {what}")]
    CannotHold {
        /// The place.
        place: Place,
        /// What it cannot hold, and what to do instead.
        what: &'static str,
    },
    /// A text does not say how much arrived.
    #[error("invalid length \"{0}\": use a number of characters, as in 10 or \"10 octets\"")]
    Arrived(String),
}

fn names() -> String {
    let names: Vec<_> = Place::ALL.iter().map(|place| place.name()).collect();
    names.join(", ")
}
