//! Identifies sessions and their connections, so that an answer finds whoever asked.

/// Identifies a session; never reused within one run of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(u32);

impl SessionId {
    /// The session that exists from the start.
    pub const FIRST: Self = Self(0);

    /// The id for the session created after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.wrapping_add(1))
    }
}

/// Who asked for an effect. Its result comes back with it, and what is about a connection is
/// dropped if that connection was left meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    /// The session.
    pub session: SessionId,
    /// The number of the connection in that session, from 0.
    pub connection: u32,
}
