//! What a login is checked against.

/// What a login is checked against.
#[derive(Clone, Copy, Debug)]
pub(in crate::practice) struct AuthContext<'a> {
    /// The user's password.
    pub(in crate::practice) password: &'a [u8],
    /// What the TLS channel exports (RFC 9266), where it does.
    pub(in crate::practice) exporter: Option<&'a [u8]>,
}
