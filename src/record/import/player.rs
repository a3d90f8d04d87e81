//! Feeds the lines of a log to a session in order. The session determines what each line is; each
//! line of the log becomes exactly one entry.

use std::time::{Duration, Instant};

use super::client_line::ClientLine;
use crate::diagnosis::{self, ReplyContext, Tracker};
use crate::record::session::ENTRIES_CAP;
use crate::smtp::line::{Ending, Line};
use crate::smtp::oddity::Oddities;
use crate::smtp::raw::to_command_line;
use crate::smtp::reply::ReplyLine;
use crate::smtp::sasl::{Annotation, RefusedLogin};
use crate::smtp::{
    Entry, EntryKind, Event, Level, Link, Part, Phase, Received, Secret, Sent, SentKind, Session,
};

/// Replaces a secret that is masked in the log, while its line is fed to the session.
const PLACEHOLDER: &[u8] = b"xxxx";
/// The maximum number of hints noted after a refused login.
const LOGIN_CHECKS_CAP: usize = 3;

/// Feeds the lines of a log to a session and collects the entries.
pub(super) struct LogPlayer {
    session: Session,
    tracker: Tracker,
    now: Instant,
    entries: Vec<Entry>,
    dropped: usize,
    /// The log was written by `ehlo` and has its notes: those of this session are dropped.
    own_format: bool,
    /// Secrets are masked in the log, so that its plain text contains none.
    masked: bool,
    /// A line was sent or received on this connection.
    started: bool,
    /// A part of the message is in the log.
    message_started: bool,
    /// After a 334: the next client line responds to it.
    secret_expected: bool,
    target: Option<String>,
    port: Option<u16>,
}

impl LogPlayer {
    pub(super) fn new(now: Instant, own_format: bool) -> Self {
        let mut player = Self {
            session: Session::new(None),
            tracker: Tracker::default(),
            now,
            entries: Vec::new(),
            dropped: 0,
            own_format,
            masked: own_format,
            started: false,
            message_started: false,
            secret_expected: false,
            target: None,
            port: None,
        };
        player.session.handle_connected(Link::Clear, now);
        player
    }

    /// Starts a new connection.
    pub(super) fn new_connection(&mut self) {
        self.session = Session::new(None);
        self.tracker = Tracker::default();
        self.session.handle_connected(Link::Clear, self.now);
        self.started = false;
    }

    /// Sets the server's name. The first one counts.
    pub(super) fn set_target(&mut self, target: impl Into<String>) {
        self.target.get_or_insert_with(|| target.into());
    }

    /// Sets the port, if the log states it apart from the name. The first one counts.
    pub(super) fn set_port(&mut self, port: Option<u16>) {
        self.port = self.port.or(port);
    }

    /// Switches to TLS if `on` is set. TLS never ends within a connection.
    pub(super) fn set_tls(&mut self, on: bool) {
        let link = self.session.status().link;
        if !on || link != Link::Clear {
            return;
        }
        if self.started {
            self.session.handle_tls(Link::Unverified, self.now);
        } else {
            self.session = Session::new(None);
            self.session.handle_connected(Link::Unverified, self.now);
        }
        let notes = self.drain();
        self.push_notes(notes);
    }

    /// The current phase of the dialogue.
    pub(super) fn phase(&self) -> Phase {
        self.session.status().phase
    }

    /// Treats plain text as possible secrets: the log says that it contains them.
    pub(super) fn expect_secrets(&mut self) {
        self.masked = false;
    }

    /// Whether a line was sent or received on this connection.
    pub(super) fn has_started(&self) -> bool {
        self.started
    }

    /// Advances the clock.
    pub(super) fn advance(&mut self, time: Duration) {
        self.now = self.now.checked_add(time).unwrap_or(self.now);
    }

    /// Moves the clock to a time after the start of the log, but never back.
    pub(super) fn move_to(&mut self, start: Instant, since: Duration) {
        let time = start.checked_add(since).unwrap_or(self.now);
        self.now = self.now.max(time);
    }

    /// Adds a log line outside the dialogue as a note.
    pub(super) fn note(&mut self, level: Level, text: impl Into<Box<str>>) {
        let tls = self.session.status().link != Link::Clear;
        self.push(Entry::note(self.now, tls, level, text));
    }

    /// Adds a line of the server.
    pub(super) fn server_line(&mut self, octets: &[u8], ending: Ending) {
        self.end_message(octets);
        self.started = true;
        let before = self.entries.len();
        let complete = matches!(ending, Ending::CrLf | Ending::Lf)
            && octets.len() <= crate::smtp::line::LINE_CAP;
        if !complete {
            let entry = self.isolated(octets, ending);
            return self.push(entry);
        }
        self.session
            .handle_bytes(&[octets, ending.octets()].concat(), self.now);
        let mut notes = self.drain();
        while self.session.status().paused.is_some() {
            self.session.resume_reading(self.now);
            notes.extend(self.drain());
        }
        let received = |entry: &&Entry| matches!(entry.kind, EntryKind::Received(_));
        let made = self.entries[before..].iter().filter(received);
        if made.count() != 1 {
            self.entries.truncate(before);
            let entry = self.isolated(octets, ending);
            self.push(entry);
        }
        self.push_notes(notes);
        if octets.starts_with(b"334") {
            self.secret_expected = true;
        }
    }

    fn push_notes(&mut self, notes: Vec<(Level, Box<str>)>) {
        for (level, words) in notes {
            self.note(level, words);
        }
    }

    /// Adds a line of the client.
    pub(super) fn client_line(&mut self, line: &ClientLine) {
        if !self.started && !line.out_of_order && !line.octets.starts_with(b"PROXY ") {
            // The log starts after the greeting.
            self.session.handle_bytes(b"220 \r\n", self.now);
            while self.session.poll_event().is_some() {}
        }
        self.started = true;
        self.message_started |= self.phase() == Phase::Message;
        let mut octets = line.octets.clone();
        if line.hidden.is_some() {
            octets.extend_from_slice(PLACEHOLDER);
        }
        if !line.cut {
            octets.extend_from_slice(b"\r\n");
        }
        let consent = self.session.status().link.exposure();
        let before = self.entries.len();
        self.session
            .send_raw(Secret::new(octets), consent, self.now);
        let _ = self.session.poll_transmit();
        if self.masked || line.hidden.is_some() {
            // Repeated secrets were masked when the log was written.
            self.session.forget_secrets();
        }
        let notes = self.drain();
        self.amend_sent(before, line);
        self.push_notes(notes);
    }

    /// Replaces the entries from `from` on, which the session made of `line`, by one that matches
    /// the log.
    fn amend_sent(&mut self, from: usize, line: &ClientLine) {
        let ending = if line.cut { Ending::Cut } else { Ending::CrLf };
        let produced = self.entries.split_off(from);
        let is_secret =
            |entry: &Entry| matches!(&entry.kind, EntryKind::Sent(sent) if sent.secret.is_some());
        let has_secret = produced.iter().any(is_secret);
        let is_single = produced.len() == 1;
        let mut entry = produced.into_iter().next().unwrap_or_else(|| Entry {
            at: self.now,
            tls: self.session.status().link != Link::Clear,
            kind: EntryKind::Sent(line.to_sent()),
        });
        // A response to a 334 is a secret even if the AUTH is not in the log. So is a single word
        // of base64: masking one too many does no harm.
        let answers =
            std::mem::take(&mut self.secret_expected) && !matches!(&*line.octets, b"*" | b"=");
        let is_base64 = |sent: &Sent| {
            sent.kind == SentKind::Command && to_command_line(&line.octets).looks_like_base64()
        };
        if let EntryKind::Sent(sent) = &mut entry.kind {
            if !is_single {
                // A BDAT chunk ended within the line, or the session could not send it.
                *sent = Sent {
                    kind: sent.kind,
                    request: sent.request,
                    ..line.to_sent()
                };
            }
            if self.masked {
                sent.visible = line.octets.as_slice().into();
                sent.secret = None;
            } else if (answers || has_secret || is_base64(sent))
                && sent.secret.is_none()
                && line.hidden.is_none()
            {
                sent.visible = Box::default();
                sent.secret = Some(Secret::new(line.octets.clone()));
            }
            if !answers && sent.visible.is_empty() && !self.own_format {
                // Without the 334 it is unknown which step of the exchange this is.
                sent.annotation = None;
            }
            if let Some(hidden) = line.hidden {
                sent.visible = line.octets.as_slice().into();
                sent.secret = Some(Secret::redacted(hidden));
                sent.annotation = None;
            }
            sent.ending = ending;
            if self.own_format {
                sent.out_of_order = line.out_of_order;
            }
        }
        self.push(entry);
    }

    /// Sets the decoded SASL message of the last entry, if its secret is masked in the log.
    pub(super) fn set_annotation(&mut self, text: &str) {
        let is_masked = |sent: &Sent| sent.secret.as_ref().is_some_and(|it| !it.is_known());
        if let Some(EntryKind::Sent(sent)) = self.entries.last_mut().map(|entry| &mut entry.kind)
            && is_masked(sent)
        {
            sent.annotation = Some(Box::new(Annotation {
                decoded: text.into(),
                remarks: Vec::new(),
            }));
        }
    }

    /// Sets TLS and the time of the last line as the log has them.
    pub(super) fn amend_last(&mut self, tls: bool) {
        let now = self.now;
        if let Some(entry) = self.last_line() {
            entry.tls = tls;
            entry.at = now;
        }
    }

    /// Sets the reply time of the last line as the log has it.
    pub(super) fn set_took(&mut self, took: Option<Duration>) {
        if let Some(EntryKind::Received(received)) = self.last_line().map(|entry| &mut entry.kind) {
            received.took = took;
        }
    }

    fn last_line(&mut self) -> Option<&mut Entry> {
        let mut lines = self.entries.iter_mut().rev();
        lines.find(|entry| !matches!(entry.kind, EntryKind::Note(_)))
    }

    /// Returns the entries and the server's name. Adds a remark if entries were dropped.
    pub(super) fn finish(self, remarks: &mut Vec<String>) -> (Vec<Entry>, Option<String>) {
        if self.dropped > 0 {
            remarks.push(format!(
                "{} lines after the first {ENTRIES_CAP} were skipped",
                self.dropped
            ));
        }
        let greeting = || self.entries.iter().find_map(Entry::greeting_name);
        let target = match (self.target, self.port) {
            (Some(host), Some(port)) if !host.contains(':') => Some(format!("{host}:{port}")),
            (None, Some(port)) => greeting().map(|host| format!("{host}:{port}")),
            (target, _) => target,
        };
        (self.entries, target)
    }

    /// Ends the message if `octets` reply to it: some tools do not print the final dot.
    fn end_message(&mut self, octets: &[u8]) {
        let answers =
            octets.starts_with(b"2") || octets.starts_with(b"5") || octets.starts_with(b"4");
        let closes = octets.starts_with(b"421");
        if self.own_format || self.phase() != Phase::Message || !answers || closes {
            return self.message_started &= self.phase() == Phase::Message;
        }
        let words = if self.message_started {
            "the end of the message is not in the log"
        } else {
            "the message is not in the log"
        };
        self.note(Level::Info, words);
        self.client_line(&ClientLine::new(b"."));
        self.message_started = false;
    }

    /// An entry for a server line that the session does not turn into exactly one entry.
    fn isolated(&self, octets: &[u8], ending: Ending) -> Entry {
        let line = Line {
            bytes: octets.to_vec(),
            ending,
        };
        let read = ReplyLine::parse(&line);
        let (code, oddities): (_, Oddities) = (read.code, read.oddities);
        Entry {
            at: self.now,
            tls: self.session.status().link != Link::Clear,
            kind: EntryKind::Received(Received {
                bytes: octets.into(),
                ending,
                code,
                part: Part::Only,
                annotation: None,
                oddities,
                answers: None,
                took: None,
            }),
        }
    }

    /// Takes the session's events. Returns its notes, which go after the line they refer to.
    fn drain(&mut self) -> Vec<(Level, Box<str>)> {
        let mut notes = Vec::new();
        while let Some(event) = self.session.poll_event() {
            match event {
                Event::Entry(Entry {
                    kind: EntryKind::Note(note),
                    ..
                }) => notes.push((note.level, note.text)),
                Event::Entry(mut entry) => {
                    // The log has no reply times.
                    if let EntryKind::Received(received) = &mut entry.kind
                        && !self.own_format
                    {
                        received.took = None;
                    }
                    self.push(entry);
                }
                Event::StartTls | Event::Refused { .. } => {
                    self.session.handle_tls(Link::Unverified, self.now);
                }
                Event::LoginRefused(attempt) => notes.extend(self.login_checks(&attempt)),
                _ => {}
            }
        }
        if self.own_format {
            // The log has its own.
            notes.clear();
        }
        notes
    }

    /// Hints on what to check after a refused login.
    fn login_checks(&self, attempt: &RefusedLogin) -> Vec<(Level, Box<str>)> {
        let explanation = diagnosis::explain(&ReplyContext {
            reply: &attempt.reply,
            situation: self.tracker.latest(),
        });
        let checks = diagnosis::checks(attempt, &explanation, self.tracker.latest())
            .into_iter()
            .take(LOGIN_CHECKS_CAP);
        checks.map(|words| (Level::Info, words.into())).collect()
    }

    fn push(&mut self, entry: Entry) {
        self.tracker.push(&entry);
        if self.entries.len() < ENTRIES_CAP {
            self.entries.push(entry);
        } else {
            self.dropped += 1;
        }
    }
}
