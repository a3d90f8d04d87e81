//! What passes through a tap, as a state machine: octets of either side in, octets for either side
//! out. It has no socket and no clock. What passes is what the session of the connection records; what
//! the tap itself does is a note in it that begins with `tap:`.

mod client;
mod server;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::offers::StartTls;
use crate::practice::Rules;
use crate::smtp::{Awaited, Level, Link, RequestId, Session, TextKept};

/// What the tap does besides passing octets on.
#[derive(Clone, Debug, Default)]
pub(in crate::tap) struct Meddling {
    /// Replies, delays and drops.
    pub(in crate::tap) rules: Rules,
    /// Keywords of EHLO that the client does not see.
    pub(in crate::tap) hidden: BTreeSet<String>,
    /// What becomes of STARTTLS.
    pub(in crate::tap) start_tls: StartTls,
    /// What is kept of messages.
    pub(in crate::tap) kept: TextKept,
    /// Whether a login may leave TLS.
    pub(in crate::tap) insecure_target: bool,
}

/// What the connection has to do before octets pass again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::tap) enum Due {
    /// Nothing.
    Nothing,
    /// The client begins TLS, after the octets for it.
    ClientTls,
    /// Both connections are dropped.
    Drop,
}

/// One connection through a tap.
pub(in crate::tap) struct Relay {
    meddling: Meddling,
    session: Session,
    /// Octets of the client that do not end a line yet.
    from_client: Vec<u8>,
    /// Octets of the server that do not end a line yet.
    from_server: Vec<u8>,
    /// The lines so far of a reply that is held back: to EHLO, or one that a rule replaces.
    held: Vec<u8>,
    to_client: Vec<u8>,
    /// The tap's own answers to requests that the server has not seen.
    answers: BTreeMap<RequestId, Vec<u8>>,
    /// How long the octets for the client wait.
    pause: Duration,
    due: Due,
    client_tls: bool,
    /// Whether the link to the server is TLS with a verified certificate.
    server_verified: bool,
    /// A login was not passed on, and no known command came since.
    login_withheld: bool,
    /// STARTTLS was passed on, and the server has not answered.
    starting_tls: bool,
    /// EHLO and STARTTLS of the tap's own are under way: the greeting, in `held`, waits for TLS, and the
    /// client for the greeting.
    begins: bool,
    /// The chunk that the client sends belongs to a BDAT that the server has not seen.
    withholds: bool,
    /// What was marked already.
    marked: BTreeSet<&'static str>,
}

impl Relay {
    pub(in crate::tap) fn new(meddling: Meddling, session: Session, client_tls: bool) -> Self {
        Self {
            meddling,
            session,
            from_client: Vec::new(),
            from_server: Vec::new(),
            held: Vec::new(),
            to_client: Vec::new(),
            answers: BTreeMap::new(),
            pause: Duration::ZERO,
            due: Due::Nothing,
            client_tls,
            server_verified: false,
            login_withheld: false,
            starting_tls: false,
            begins: false,
            withholds: false,
            marked: BTreeSet::new(),
        }
    }

    /// The session with the server.
    pub(in crate::tap) fn session(&mut self) -> &mut Session {
        &mut self.session
    }

    /// The connection to the server is established.
    pub(in crate::tap) fn connected(&mut self, link: Link, verified: bool, now: Instant) {
        self.server_verified = verified;
        self.session.handle_connected(link, now);
    }

    /// The connection to the server has TLS now.
    pub(in crate::tap) fn server_secured(&mut self, link: Link, verified: bool, now: Instant) {
        self.server_verified = verified;
        self.session.handle_tls(link, now);
    }

    /// The session begins with EHLO and STARTTLS of its own, which the client does not see.
    pub(in crate::tap) fn begin_by_itself(&mut self, now: Instant) {
        self.begins = true;
        let words = "EHLO and STARTTLS are sent here, before the lines of the client";
        self.note(Level::Info, words, now);
    }

    /// Whether the tap still begins by itself: the client waits.
    pub(in crate::tap) fn begins(&self) -> bool {
        self.begins
    }

    /// The connection of the client has TLS now, with these parameters.
    pub(in crate::tap) fn client_secured(&mut self, words: &str, now: Instant) {
        self.client_tls = true;
        self.starting_tls = false;
        self.due = Due::Nothing;
        self.meddling.start_tls = match self.meddling.start_tls {
            StartTls::Add => StartTls::Remove,
            other => other,
        };
        if !self.from_client.is_empty() {
            self.from_client.clear();
            self.mark(
                "octets behind STARTTLS were dropped: they must not count as sent under TLS",
                now,
            );
        }
        self.note(Level::Info, words, now);
    }

    /// Adds a note of the tap.
    pub(in crate::tap) fn note(&mut self, level: Level, words: &str, now: Instant) {
        self.session.note(now, level, format!("tap: {words}"));
    }

    /// Adds a note about what is odd, once.
    fn mark(&mut self, words: &'static str, now: Instant) {
        if self.marked.insert(words) {
            self.note(Level::Fault, words, now);
        }
    }

    /// What is due.
    pub(in crate::tap) fn due(&self) -> Due {
        self.due
    }

    /// Octets for the client.
    pub(in crate::tap) fn take_for_client(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.to_client)
    }

    /// How long the octets for the client wait.
    pub(in crate::tap) fn take_pause(&mut self) -> Duration {
        std::mem::take(&mut self.pause)
    }

    fn session_awaits(&self, awaited: Awaited) -> bool {
        self.session.next_awaited() == Some(awaited)
    }
}
