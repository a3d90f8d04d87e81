//! Identifies sessions and their connections, so that results reach whoever asked for them.

/// Identifies a session. Ids are not reused within one run of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(u32);

impl SessionId {
    /// The session that exists from the start.
    pub const FIRST: Self = Self(0);

    /// The id after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.wrapping_add(1))
    }
}

/// Who asked for an effect. The result comes back with the same origin; a result that concerns a
/// connection is dropped if the session has another connection by then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    /// The session.
    pub session: SessionId,
    /// The number of the connection within the session, from 0.
    pub connection: u32,
}
