//! The connections of a log, and the server that they lead to.

use super::LogPlayer;
use crate::smtp::{Link, Session};

impl LogPlayer {
    /// Starts a new connection.
    pub(in crate::record::import) fn new_connection(&mut self) {
        if self.greeting_due {
            return;
        }
        self.session = Session::new(None);
        self.track();
        self.tracker.reconnect();
        self.session.handle_connected(Link::Clear, self.now);
        self.started = false;
        self.closing = false;
        self.in_middle = false;
        self.order_unknown = false;
        self.replied = false;
        self.secret_expected = false;
    }

    /// Goes to a line of this connection, if the log tells connections apart.
    pub(in crate::record::import) fn at_connection(&mut self, number: usize) {
        if self.connection != number {
            self.connection = number;
            if self.started {
                self.new_connection();
            }
            // It may have begun before the last line of the one before.
            self.now = self.opened;
        }
    }

    /// The greeting comes later in the log.
    pub(in crate::record::import) fn wait_for_greeting(&mut self) {
        self.greeting_due = true;
    }

    /// Sets the server's name. The first one counts.
    pub(in crate::record::import) fn set_target(&mut self, target: impl Into<String>) {
        self.target.get_or_insert_with(|| target.into());
    }

    /// Sets the server's address, which counts if its name is unknown.
    pub(in crate::record::import) fn set_address(&mut self, address: impl Into<String>) {
        self.address.get_or_insert_with(|| address.into());
    }

    /// Whether an address of the server is known.
    pub(in crate::record::import) fn has_address(&self) -> bool {
        self.address.is_some()
    }

    /// Sets the port, if the log states it apart from the name. The first one counts.
    pub(in crate::record::import) fn set_port(&mut self, port: Option<u16>) {
        self.port = self.port.or(port);
    }
}
