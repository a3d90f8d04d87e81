//! The state that all connections of a server share.

use super::greylist::Greylist;
use super::identity::{PASSWORD, USER};
use super::message::Mailbox;
use super::mood::Moods;
use super::rule::Rules;
use super::script::Script;

/// The state that all connections of a server share.
#[derive(Debug)]
pub(super) struct ServerState {
    pub(super) moods: Moods,
    pub(super) rules: Rules,
    pub(super) script: Script,
    /// The user.
    pub(super) user: String,
    /// The user's password.
    pub(super) password: String,
    pub(super) mailbox: Mailbox,
    pub(super) greylist: Greylist,
}

impl Default for ServerState {
    fn default() -> Self {
        Self {
            moods: Moods::default(),
            rules: Rules::default(),
            script: Script::default(),
            user: USER.to_owned(),
            password: PASSWORD.to_owned(),
            mailbox: Mailbox::default(),
            greylist: Greylist::default(),
        }
    }
}

impl ServerState {
    /// Whether user and password are not those that `HELP` shows.
    pub(super) fn has_own_login(&self) -> bool {
        self.user != USER || self.password != PASSWORD
    }
}
