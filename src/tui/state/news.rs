//! What came in a session that is not shown.

/// What came in a session while another one was shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum News {
    /// Something from the server.
    Reply,
    /// A refusal, or the end of the connection.
    Refusal,
}
