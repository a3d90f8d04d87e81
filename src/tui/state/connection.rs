//! The small copy of the connection that a screen needs.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::config::{Target, TlsChoice, TlsOverrides};
use crate::manual::Explanation;
use crate::net::{Failure, Plan, TlsFacts};
use crate::smtp::{Awaited, End, EntryId, Reply, SessionStatus};

/// Connections that are counted at the most.
const CALLS: usize = 1000;
/// How long a connection counts, for a server that limits how many may come.
const LATELY: Duration = Duration::from_secs(600);

/// How long a connection is idle before the idle clock is shown.
pub const IDLE_SHOWN: Duration = Duration::from_secs(120);

/// The small copy of the connection that a screen needs.
#[derive(Debug, Default)]
pub struct Connection {
    /// How many connections this session has asked for.
    pub number: u32,
    /// What is or was connected to.
    pub destination: Option<Destination>,
    /// How it stands.
    pub state: State,
    /// Where the dialogue stands.
    pub status: SessionStatus,
    /// What the handshake settled.
    pub tls: Option<TlsFacts>,
    /// When something was last sent or received.
    pub active_at: Option<Instant>,
    /// Our own address as EHLO gives it where no name is set.
    pub literal: Option<String>,
    /// The last reply.
    pub last_reply: Option<LastReply>,
    /// Connections that were asked for lately, the latest last: the host, and when.
    pub calls: VecDeque<(String, Instant)>,
    /// The host whose port 25 kept silent when it was last tried.
    pub silent: Option<String>,
    /// What the steps of the way to the server took, TLS too, in order.
    pub stages: Vec<StageTiming>,
    /// Where in the transcript each connection begins, oldest first.
    pub sessions: VecDeque<ConnectionStart>,
}

/// Sessions whose begin is known.
const SESSIONS_CAP: usize = 1000;

/// Where a connection begins in the transcript.
#[derive(Clone, Debug)]
pub struct ConnectionStart {
    /// Its first entry.
    pub first: EntryId,
    /// The server.
    pub target: Target,
}

/// A step of the way to the server, and what it took.
#[derive(Clone, Copy, Debug)]
pub struct StageTiming {
    /// Which step.
    pub stage: Stage,
    /// The entry that came next.
    pub before: EntryId,
    /// How long it took.
    pub took: Duration,
}

/// A step of the way to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The name was looked up.
    Dns,
    /// The connection was made.
    Tcp,
    /// The handshake was done.
    Tls,
}

impl Stage {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dns => "DNS",
            Self::Tcp => "TCP",
            Self::Tls => "TLS",
        }
    }
}

/// The last reply, what it answered and what it means.
#[derive(Debug)]
pub struct LastReply {
    /// The reply.
    pub reply: Reply,
    /// What it answered.
    pub awaited: Option<Awaited>,
    /// What it means.
    pub explanation: Explanation,
}

/// What is connected to, and how.
#[derive(Clone, Debug)]
pub struct Destination {
    /// The server as a person names it.
    pub target: Target,
    /// When TLS begins.
    pub tls: TlsChoice,
    /// Everything the wire needs to know.
    pub plan: Plan,
    /// What was said about the handshake; the plan has what that came to.
    pub overrides: TlsOverrides,
    /// Whether it is the practice server.
    pub practice: bool,
    /// The domain whose mail server this is, where it was looked up.
    pub domain: Option<String>,
    /// The profile of the config it comes from.
    pub profile: Option<String>,
}

/// How a connection stands.
#[derive(Debug, Default)]
pub enum State {
    /// There was none yet.
    #[default]
    Idle,
    /// It was asked for; what the wire still tells is about others before.
    Requested {
        /// When.
        since: Instant,
        /// Connections asked for that are not begun yet, this one among them.
        due: u32,
    },
    /// It is being made, since then.
    Connecting(Instant),
    /// It stands.
    Up,
    /// It is over.
    Over(End),
    /// It could not be made.
    Failed(Failure),
}

impl Connection {
    /// The server as the header names it.
    pub fn name(&self) -> String {
        match &self.destination {
            None => "not connected".to_owned(),
            Some(destination) if destination.practice => {
                format!("practice:{}", destination.target.port)
            }
            Some(destination) => destination.target.to_string(),
        }
    }

    /// The server as a record names it; empty where there was none yet.
    pub fn target(&self) -> String {
        let destination = self.destination.as_ref();
        destination.map_or_else(String::new, |destination| destination.target.to_string())
    }

    /// The name EHLO gives: the one that was set, or our address.
    pub fn own_name(&self) -> &str {
        let set = self
            .destination
            .as_ref()
            .and_then(|destination| destination.plan.helo.as_deref());
        set.or(self.literal.as_deref()).unwrap_or("[127.0.0.1]")
    }

    /// A connection to this host is asked for.
    pub fn call(&mut self, host: &str, now: Instant) {
        self.calls.push_back((host.to_owned(), now));
        if self.calls.len() > CALLS {
            self.calls.pop_front();
        }
    }

    /// How often this host was called in the last ten minutes, in words, where that may be too often.
    pub fn calls_lately(&self, now: Instant) -> Option<String> {
        let host = &self.destination.as_ref()?.target.host;
        let lately = |at: Instant| now.saturating_duration_since(at) < LATELY;
        let mut count = 0;
        for (called, at) in &self.calls {
            count += usize::from(called == host && lately(*at));
        }
        (count > 1)
            .then(|| format!("{count} connections to {host} from here in the last 10 minutes"))
    }

    /// Whether the connection stands.
    pub fn is_up(&self) -> bool {
        matches!(self.state, State::Up)
    }

    /// A connection is being made; its first entry will be `first`.
    pub fn begin(&mut self, first: EntryId) {
        self.stages.clear();
        if self.sessions.len() == SESSIONS_CAP {
            self.sessions.pop_front();
        }
        let target = self
            .destination
            .as_ref()
            .map(|destination| destination.target.clone());
        self.sessions
            .extend(target.map(|target| ConnectionStart { first, target }));
    }

    /// How long nothing was sent or received, while nothing is waited for either.
    pub fn idle(&self, now: Instant) -> Option<Duration> {
        let quiet = self.is_up() && self.status.waiting.is_none();
        self.active_at
            .filter(|_| quiet)
            .map(|at| now.saturating_duration_since(at))
    }

    /// Whether it is being made.
    pub fn is_connecting(&self) -> bool {
        matches!(self.state, State::Requested { .. } | State::Connecting(_))
    }
}
