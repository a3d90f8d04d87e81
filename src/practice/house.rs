//! What all conversations of one server share.

use super::greylist::Greylist;
use super::message::Mailbox;
use super::mood::Moods;

/// One server, as its conversations see it.
#[derive(Debug, Default)]
pub(super) struct House {
    pub(super) moods: Moods,
    pub(super) mailbox: Mailbox,
    pub(super) greylist: Greylist,
}
