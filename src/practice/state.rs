//! The state that all connections of a server share.

use super::greylist::Greylist;
use super::identity::PASSWORD;
use super::message::Mailbox;
use super::mood::Moods;

/// The state that all connections of a server share.
#[derive(Debug)]
pub(super) struct ServerState {
    pub(super) moods: Moods,
    /// The user's password.
    pub(super) password: String,
    pub(super) mailbox: Mailbox,
    pub(super) greylist: Greylist,
}

impl Default for ServerState {
    fn default() -> Self {
        Self {
            moods: Moods::default(),
            password: PASSWORD.to_owned(),
            mailbox: Mailbox::default(),
            greylist: Greylist::default(),
        }
    }
}
