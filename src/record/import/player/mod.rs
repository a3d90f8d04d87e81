//! Feeds the lines of a log to a session in order. The session determines what each line is; each
//! line of the log becomes exactly one entry.

mod advice;
mod client;
mod connection;
mod server;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::time::LogTime;
use crate::diagnosis::Tracker;
use crate::record::session::ENTRIES_CAP;
use crate::smtp::sasl::Annotation;
use crate::smtp::{Entry, EntryKind, Event, Level, Link, Phase, Secret, Sent, Session};

/// Replaces a secret that is masked in the log, while its line is fed to the session.
const PLACEHOLDER: &[u8] = b"xxxx";
/// The fewest letters by which a quoted reply is known to be one of the dialogue.
const QUOTED_MIN: usize = 12;

/// What a log contains.
pub(super) struct Played {
    pub(super) entries: Vec<Entry>,
    pub(super) target: Option<String>,
    /// The time of the first line that has one.
    pub(super) first: Option<LogTime>,
    /// The secrets of the client, and the line each stands in.
    pub(super) secrets: Vec<(usize, Secret)>,
    /// The lines in which words were hidden that may be no secret.
    pub(super) doubtful: Vec<usize>,
}

/// Feeds the lines of a log to a session and collects the entries.
pub(super) struct LogPlayer {
    session: Session,
    tracker: Tracker,
    now: Instant,
    entries: Vec<Entry>,
    /// How many of them the tracker has seen.
    tracked: usize,
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
    /// The 334 is not complete.
    challenge_open: bool,
    /// The log says only that a login was sent, and no reply has come.
    suppressed: bool,
    /// The prompt of the 334 is in clear: so is the response in this log, though base64 was sent.
    shown_decoded: bool,
    /// The prompt of the 334 is not as it was sent.
    prompt_unknown: bool,
    /// The login contains words in place of a secret.
    placeholder: bool,
    /// The greeting comes after the first lines of the client.
    greeting_due: bool,
    /// The log starts after the greeting, and no line of the client has come.
    in_middle: bool,
    /// The log starts after the greeting, and no EHLO has come: what came before is unknown.
    order_unknown: bool,
    /// The log has no line of the server: each command is taken for accepted.
    client_only: bool,
    /// The log has a reply of this connection.
    replied: bool,
    /// The connection has ended by a reply.
    closing: bool,
    /// Words of s_client were seen.
    s_client: bool,
    target: Option<String>,
    /// The address, if no name is known.
    address: Option<String>,
    port: Option<u16>,
    /// The connection, if the log tells connections apart.
    connection: usize,
    /// The number of the line in the file.
    line: usize,
    /// The start of the log, and the time of its first line that has one.
    opened: Instant,
    first: Option<LogTime>,
    /// The last line has a time that shows parts of a second.
    fine: bool,
    /// The replies of the dialogue, to recognise repetitions in other words.
    known: BTreeSet<String>,
    /// The secrets of the client, and the line each stands in.
    secrets: Vec<(usize, Secret)>,
    /// The lines in which words were hidden that may be no secret.
    doubtful: Vec<usize>,
}

/// The text of a reply line as it is compared: one blank between words, no dash after the code.
fn normalized(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line);
    let text = text.replacen('-', " ", usize::from(text.get(3..4) == Some("-")));
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl LogPlayer {
    pub(super) fn new(now: Instant, own_format: bool) -> Self {
        let mut player = Self {
            session: Session::new(None),
            tracker: if own_format {
                Tracker::default()
            } else {
                Tracker::of_log()
            },
            now,
            entries: Vec::new(),
            tracked: 0,
            dropped: 0,
            own_format,
            masked: own_format,
            started: false,
            message_started: false,
            secret_expected: false,
            suppressed: false,
            challenge_open: false,
            shown_decoded: false,
            prompt_unknown: false,
            placeholder: false,
            greeting_due: false,
            in_middle: false,
            order_unknown: false,
            client_only: false,
            replied: false,
            closing: false,
            s_client: false,
            target: None,
            address: None,
            port: None,
            connection: 0,
            line: 0,
            opened: now,
            first: None,
            fine: false,
            known: BTreeSet::new(),
            secrets: Vec::new(),
            doubtful: Vec::new(),
        };
        player.session.handle_connected(Link::Clear, now);
        player
    }

    /// Goes to a line of the file.
    pub(super) fn at_line(&mut self, number: usize, time: Option<LogTime>) {
        self.line = number;
        if let Some(time) = time {
            let first = *self.first.get_or_insert(time);
            self.move_to(self.opened, time.since(first));
            self.fine = time.fine;
        }
    }

    /// The replies of the dialogue, as they will be added.
    pub(super) fn expect_replies<'a>(&mut self, lines: impl Iterator<Item = &'a [u8]>) {
        self.known.extend(lines.map(normalized));
        self.client_only = self.known.is_empty();
    }

    /// Words of the current line were hidden that may be no secret.
    pub(super) fn doubt(&mut self) {
        self.doubtful.push(self.line);
    }

    /// Whether the client's answer to a 334 is due.
    pub(super) fn awaits_secret(&self) -> bool {
        self.secret_expected
    }

    /// Whether words of s_client were seen.
    pub(super) fn is_s_client(&self) -> bool {
        self.s_client
    }

    /// Whether no reply is due.
    pub(super) fn awaits_nothing(&self) -> bool {
        self.started && self.session.status().waiting.is_none()
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
        let text = text.into();
        self.s_client |= text.contains("s_client")
            || text.starts_with("CONNECTED(")
            || text.starts_with("New, TLS");
        self.push(Entry::note(self.now, tls, level, text));
    }

    fn push_notes(&mut self, notes: Vec<(Level, Box<str>)>) {
        for (level, words) in notes {
            self.note(level, words);
        }
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

    /// Returns what was played. Adds a remark if entries were dropped.
    pub(super) fn finish(self, remarks: &mut Vec<String>) -> Played {
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
        let numbered = self
            .address
            .as_ref()
            .and_then(|address| address.rsplit_once(':'));
        let named = || match numbered {
            Some((_, port)) => greeting().map(|host| format!("{host}:{port}")),
            None => None,
        };
        Played {
            target: target.or_else(named).or(self.address.clone()),
            entries: self.entries,
            first: self.first,
            secrets: self.secrets,
            doubtful: self.doubtful,
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
                        && !self.fine
                    {
                        received.took = None;
                    }
                    if let EntryKind::Received(received) = &mut entry.kind
                        && !self.own_format
                        && self.prompt_unknown
                    {
                        received.annotation = None;
                    }
                    self.push(entry);
                }
                Event::StartTls | Event::Refused { .. } => {
                    self.session.handle_tls(Link::Unverified, self.now);
                }
                Event::LoginRefused(mut attempt) => {
                    if self.placeholder {
                        attempt.user = None;
                        attempt.authzid = None;
                        attempt.secret = None;
                        attempt.issues.clear();
                    }
                    notes.extend(self.login_checks(&attempt));
                }
                _ => {}
            }
        }
        if self.own_format {
            // The log has its own.
            notes.clear();
        }
        notes
    }

    fn push(&mut self, entry: Entry) {
        // The size of a record is limited.
        if self.own_format || self.entries.len() < ENTRIES_CAP {
            self.entries.push(entry);
        } else {
            self.dropped += 1;
        }
    }
}
