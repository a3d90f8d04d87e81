//! What the screen knows of a session's connection.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::config::{Target, TlsChoice, TlsOverrides};
use crate::diagnosis::{Explanation, Tracker};
use crate::net::{ConnectPlan, Failure, TlsFacts};
use crate::smtp::{Awaited, End, EntryId, Reply, SessionStatus};

/// How many recent connection attempts are remembered.
const ATTEMPTS: usize = 1000;
/// How long an attempt counts as recent; servers limit how many may come in such a time.
const LATELY: Duration = Duration::from_secs(600);

/// How long a connection is idle before the idle clock is shown.
pub const IDLE_SHOWN: Duration = Duration::from_secs(120);

/// What the screen knows of a session's connection.
#[derive(Debug, Default)]
pub struct Connection {
    /// How many connections this session has asked for.
    pub number: u32,
    /// The server that is or was connected to, and how.
    pub destination: Option<Destination>,
    /// The state of the connection.
    pub state: State,
    /// The state of the SMTP dialogue.
    pub status: SessionStatus,
    /// What the TLS handshake negotiated.
    pub tls: Option<TlsFacts>,
    /// When something was last sent or received.
    pub active_at: Option<Instant>,
    /// Our own address in the form EHLO takes; used if no name is configured.
    pub literal: Option<String>,
    /// Follows the dialogue, for explanations.
    pub tracker: Tracker,
    /// Whether the user was asked about a greeting that does not come.
    pub asked_about_silence: bool,
    /// The last reply.
    pub last_reply: Option<LastReply>,
    /// Recent connection attempts, the latest last: host and time.
    pub attempts: VecDeque<(String, Instant)>,
    /// The host whose port 25 did not answer at the last attempt.
    pub silent: Option<String>,
    /// How long each stage of connecting took, TLS included, in order.
    pub stages: Vec<StageTiming>,
    /// Where each connection begins in the transcript, oldest first.
    pub sessions: VecDeque<ConnectionStart>,
}

/// How long a greeting may take before the delay is explained.
const LATE_GREETING: Duration = Duration::from_secs(5);
/// How many connection starts are remembered.
const SESSIONS_CAP: usize = 1000;

/// Where a connection begins in the transcript.
#[derive(Clone, Debug)]
pub struct ConnectionStart {
    /// Its first entry.
    pub first: EntryId,
    /// The server connected to.
    pub target: Target,
}

/// A stage of connecting, and how long it took.
#[derive(Clone, Copy, Debug)]
pub struct StageTiming {
    /// The stage.
    pub stage: Stage,
    /// The transcript entry that followed.
    pub before: EntryId,
    /// How long it took.
    pub took: Duration,
}

/// A stage of connecting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Looking up the name.
    Dns,
    /// Connecting by TCP.
    Tcp,
    /// The TLS handshake.
    Tls,
}

impl Stage {
    /// Its name on the screen.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dns => "DNS",
            Self::Tcp => "TCP",
            Self::Tls => "TLS",
        }
    }
}

/// The last reply, with what it answered and what it means.
#[derive(Debug)]
pub struct LastReply {
    /// The reply.
    pub reply: Reply,
    /// What was awaited when it came.
    pub awaited: Option<Awaited>,
    /// What it means.
    pub explanation: Explanation,
}

/// A server to connect to, and how.
#[derive(Clone, Debug)]
pub struct Destination {
    /// The server, as the user named it.
    pub target: Target,
    /// When to start TLS.
    pub tls: TlsChoice,
    /// All settings that the wire needs.
    pub plan: ConnectPlan,
    /// The TLS settings given by flags, config and form; `plan` has them resolved.
    pub overrides: TlsOverrides,
    /// Whether it is the practice server.
    pub practice: bool,
    /// The domain whose mail server this is, if it was found by an MX lookup.
    pub domain: Option<String>,
    /// The config profile it comes from.
    pub profile: Option<String>,
}

/// The state of a connection.
#[derive(Debug, Default)]
pub enum State {
    /// Not connected yet.
    #[default]
    Idle,
    /// Requested; events until it begins are about earlier connections.
    Requested {
        /// When it was requested.
        since: Instant,
        /// How many requested connections have not begun yet, this one included.
        due: u32,
    },
    /// Being established, since then.
    Connecting(Instant),
    /// Established.
    Up,
    /// Ended.
    Over(End),
    /// Failed to be established.
    Failed(Failure),
}

impl Connection {
    /// The server's name for the header.
    pub fn name(&self) -> String {
        match &self.destination {
            None => "not connected".to_owned(),
            Some(destination) if destination.practice => {
                format!("practice:{}", destination.target.port)
            }
            Some(destination) => destination.target.to_string(),
        }
    }

    /// The server's name for a saved session; empty if there was none.
    pub fn target(&self) -> String {
        let destination = self.destination.as_ref();
        destination.map_or_else(String::new, |destination| destination.target.to_string())
    }

    /// The name for EHLO: the configured one, or our address.
    pub fn own_name(&self) -> &str {
        let set = self
            .destination
            .as_ref()
            .and_then(|destination| destination.plan.helo.as_deref());
        set.or(self.literal.as_deref()).unwrap_or("[127.0.0.1]")
    }

    /// The name to propose for EHLO: ours, or our address if the server refused the name. Empty if it
    /// refused both.
    pub fn usable_name(&self, refused: &[String]) -> &str {
        let address = self.literal.as_deref().unwrap_or_default();
        let is_free = |name: &&str| !refused.iter().any(|other| other.eq_ignore_ascii_case(name));
        [self.own_name(), address]
            .into_iter()
            .find(is_free)
            .unwrap_or_default()
    }

    /// Remembers an attempt to connect to this host.
    pub fn record_attempt(&mut self, host: &str, now: Instant) {
        self.attempts.push_back((host.to_owned(), now));
        if self.attempts.len() > ATTEMPTS {
            self.attempts.pop_front();
        }
    }

    /// How often this host was tried in the last ten minutes, in words; `None` if that is not often.
    pub fn recent_attempts(&self, now: Instant) -> Option<String> {
        let host = &self.destination.as_ref()?.target.host;
        let lately = |at: Instant| now.saturating_duration_since(at) < LATELY;
        let mut count = 0;
        for (called, at) in &self.attempts {
            count += usize::from(called == host && lately(*at));
        }
        (count > 1)
            .then(|| format!("{count} connections to {host} from here in the last 10 minutes"))
    }

    /// Whether the connection is established.
    pub fn is_up(&self) -> bool {
        matches!(self.state, State::Up)
    }

    /// Starts a connection whose first transcript entry will be `first`.
    pub fn begin(&mut self, first: EntryId) {
        self.stages.clear();
        self.tracker = Tracker::default();
        self.asked_about_silence = false;
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

    /// Whether the greeting takes so long that the delay is explained.
    pub fn greeting_is_late(&self, now: Instant) -> bool {
        match self.status.waiting {
            Some((Awaited::Greeting, since)) => {
                now.saturating_duration_since(since) >= LATE_GREETING
            }
            _ => false,
        }
    }

    /// How long nothing was sent or received; `None` while a reply is awaited.
    pub fn idle(&self, now: Instant) -> Option<Duration> {
        let quiet = self.is_up() && self.status.waiting.is_none();
        self.active_at
            .filter(|_| quiet)
            .map(|at| now.saturating_duration_since(at))
    }

    /// Whether the connection is being established.
    pub fn is_connecting(&self) -> bool {
        matches!(self.state, State::Requested { .. } | State::Connecting(_))
    }
}
