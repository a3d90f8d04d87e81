//! The data that logins are checked against.

/// The data that logins are checked against.
#[derive(Clone, Copy, Debug)]
pub(in crate::practice) struct AuthContext<'a> {
    /// The user.
    pub(in crate::practice) user: &'a str,
    /// The user's token; a user of one's own has none.
    pub(in crate::practice) token: Option<&'a str>,
    /// The user's password.
    pub(in crate::practice) password: &'a [u8],
    /// The exported keying material of the TLS channel (RFC 9266), if any.
    pub(in crate::practice) exporter: Option<&'a [u8]>,
}
