//! Lines of a log, played to a session in their order: the session says what each is, and each line
//! of the log stays one entry.

use std::time::{Duration, Instant};

use super::client_line::ClientLine;
use crate::record::session::ENTRIES_CAP;
use crate::smtp::line::{Ending, Line};
use crate::smtp::oddity::Oddities;
use crate::smtp::raw::reading;
use crate::smtp::reply::ReplyLine;
use crate::smtp::sasl::{Attempt, Gloss};
use crate::smtp::{
    Capabilities, Entry, EntryKind, Event, Level, Link, Part, Phase, Received, Secret, Sent,
    SentKind, Session,
};

/// What stands in the place of a secret that is not in the log, while its line is played.
const STAND_IN: &[u8] = b"xxxx";
/// What remains to be checked after a refused login: so many sentences are noted.
const CHECKS_SHOWN: usize = 3;

/// Plays a log.
pub(super) struct LogPlayer {
    session: Session,
    now: Instant,
    entries: Vec<Entry>,
    dropped: usize,
    /// The log has our own notes: those of the session that plays it are not wanted.
    own_format: bool,
    /// What stands in the log in clear is no secret.
    masked: bool,
    /// Somebody has spoken since the connection was made.
    started: bool,
    /// A part of the message stands in the log.
    message_started: bool,
    /// A 334 came: what the client says next is an answer to it.
    secret_expected: bool,
    target: Option<String>,
    port: Option<u16>,
}

impl LogPlayer {
    pub(super) fn new(now: Instant, own_format: bool) -> Self {
        let mut player = Self {
            session: Session::new(None),
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

    /// The log tells of a new connection.
    pub(super) fn new_connection(&mut self) {
        self.session = Session::new(None);
        self.session.handle_connected(Link::Clear, self.now);
        self.started = false;
    }

    /// The server as the log names it, where it does so for the first time.
    pub(super) fn set_target(&mut self, target: impl Into<String>) {
        self.target.get_or_insert_with(|| target.into());
    }

    /// The port, where the log names it apart.
    pub(super) fn set_port(&mut self, port: Option<u16>) {
        self.port = self.port.or(port);
    }

    /// Whether TLS is on, as the log tells.
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

    /// The phase that the dialogue is in.
    pub(super) fn phase(&self) -> Phase {
        self.session.status().phase
    }

    /// The log says that secrets stand in it in clear.
    pub(super) fn keep_secrets(&mut self) {
        self.masked = false;
    }

    /// Whether somebody has spoken since the connection was made.
    pub(super) fn has_started(&self) -> bool {
        self.started
    }

    /// Time passes.
    pub(super) fn advance(&mut self, time: Duration) {
        self.now = self.now.checked_add(time).unwrap_or(self.now);
    }

    /// Words of the log that are no line of the dialogue.
    pub(super) fn note(&mut self, level: Level, text: impl Into<Box<str>>) {
        let tls = self.session.status().link != Link::Clear;
        self.push(Entry::note(self.now, tls, level, text));
    }

    /// A line of the server.
    pub(super) fn server_line(&mut self, octets: &[u8], ending: Ending) {
        self.end_message(octets);
        self.started = true;
        let before = self.entries.len();
        let whole = matches!(ending, Ending::CrLf | Ending::Lf)
            && octets.len() <= crate::smtp::line::LINE_CAP;
        if !whole {
            let entry = self.isolated(octets, ending);
            return self.push(entry);
        }
        self.session
            .handle_bytes(&[octets, ending.octets()].concat(), self.now);
        let mut notes = self.drain();
        while self.session.status().paused.is_some() {
            self.session.handle_read_on(self.now);
            notes.extend(self.drain());
        }
        let received = |entry: &Entry| matches!(entry.kind, EntryKind::Received(_));
        if self.entries[before..]
            .iter()
            .filter(|e| received(e))
            .count()
            != 1
        {
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

    /// A line of the client.
    pub(super) fn client_line(&mut self, line: &ClientLine) {
        if !self.started && !line.out_of_order && !line.octets.starts_with(b"PROXY ") {
            // The log begins behind the greeting.
            self.session.handle_bytes(b"220 \r\n", self.now);
            while self.session.poll_event().is_some() {}
        }
        self.started = true;
        self.message_started |= self.phase() == Phase::Message;
        let mut octets = line.octets.clone();
        if line.hidden.is_some() {
            octets.extend_from_slice(STAND_IN);
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
            // A secret that came back was hidden when the log was written.
            self.session.forget_secrets();
        }
        let notes = self.drain();
        self.amend_sent(before, line);
        self.push_notes(notes);
    }

    /// The one entry that a line of the client has come to is made what the log has.
    fn amend_sent(&mut self, from: usize, line: &ClientLine) {
        let ending = if line.cut { Ending::Cut } else { Ending::CrLf };
        let played = self.entries.split_off(from);
        let is_secret =
            |entry: &Entry| matches!(&entry.kind, EntryKind::Sent(sent) if sent.secret.is_some());
        let secret = played.iter().any(is_secret);
        let one = played.len() == 1;
        let mut entry = played.into_iter().next().unwrap_or_else(|| Entry {
            at: self.now,
            tls: self.session.status().link != Link::Clear,
            kind: EntryKind::Sent(line.to_sent()),
        });
        // An answer to a 334 is one even where the log does not begin with its AUTH, and a lone word of
        // base64 is none that anybody would miss.
        let answers =
            std::mem::take(&mut self.secret_expected) && !matches!(&*line.octets, b"*" | b"=");
        let is_base64 = |sent: &Sent| {
            sent.kind == SentKind::Command && reading(&line.octets).looks_like_base64()
        };
        if let EntryKind::Sent(sent) = &mut entry.kind {
            if !one {
                // A chunk ended within the line, or nothing could be sent: it is one line all the same.
                *sent = Sent {
                    kind: sent.kind,
                    turn: sent.turn,
                    ..line.to_sent()
                };
            }
            if self.masked {
                sent.open = line.octets.as_slice().into();
                sent.secret = None;
            } else if (answers || secret || is_base64(sent))
                && sent.secret.is_none()
                && line.hidden.is_none()
            {
                sent.open = Box::default();
                sent.secret = Some(Secret::new(line.octets.clone()));
            }
            if !answers && sent.open.is_empty() && !self.own_format {
                // Which answer it is cannot be told where the log lost the 334 before it.
                sent.gloss = None;
            }
            if let Some(hidden) = line.hidden {
                sent.open = line.octets.as_slice().into();
                sent.secret = Some(Secret::left_out(hidden));
                sent.gloss = None;
            }
            sent.ending = ending;
            if self.own_format {
                sent.out_of_order = line.out_of_order;
            }
        }
        self.push(entry);
    }

    /// What a line says whose secret the log leaves out.
    pub(super) fn set_gloss(&mut self, words: &str) {
        if let Some(Entry {
            kind: EntryKind::Sent(sent),
            ..
        }) = self.entries.last_mut()
            && sent
                .secret
                .as_ref()
                .is_some_and(|secret| !secret.is_known())
        {
            sent.gloss = Some(Box::new(Gloss {
                reading: words.into(),
                remarks: Vec::new(),
            }));
        }
    }

    /// The link of the last entry, and on the first line of a reply the time it took, as the log has
    /// them.
    pub(super) fn amend_last(&mut self, tls: bool, took: Option<Duration>) {
        let now = self.now;
        let line = self
            .entries
            .iter_mut()
            .rev()
            .find(|entry| !matches!(entry.kind, EntryKind::Note(_)));
        if let Some(entry) = line {
            entry.tls = tls;
            entry.at = now;
            if let EntryKind::Received(received) = &mut entry.kind {
                received.took = took;
            }
        }
    }

    /// All entries, with a remark where there were too many, and the server's name.
    pub(super) fn finish(self, remarks: &mut Vec<String>) -> (Vec<Entry>, Option<String>) {
        if self.dropped > 0 {
            remarks.push(format!(
                "{} lines behind the first {ENTRIES_CAP} are left out",
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

    /// A reply to the message although its end is not in the log: some tools do not print it.
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

    /// A line of the server that is no whole one: what it says for itself.
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
                gloss: None,
                oddities,
                answers: None,
                took: None,
            }),
        }
    }

    /// Takes what the session tells. Notes of its own on a line of the server come behind the line.
    fn drain(&mut self) -> Vec<(Level, Box<str>)> {
        let mut notes = Vec::new();
        while let Some(event) = self.session.poll_event() {
            match event {
                Event::Entry(Entry {
                    kind: EntryKind::Note(note),
                    ..
                }) => notes.push((note.level, note.text)),
                Event::Entry(mut entry) => {
                    // What the log does not tell.
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
            // They stand in the log.
            notes.clear();
        }
        notes
    }

    /// What a refused login leaves to be checked.
    fn login_checks(&self, attempt: &Attempt) -> Vec<(Level, Box<str>)> {
        let status = self.session.status();
        let offered = status
            .capabilities
            .current()
            .map_or_else(Vec::new, Capabilities::mechanisms);
        let checks = attempt
            .checks(&offered, None)
            .into_iter()
            .take(CHECKS_SHOWN);
        checks.map(|words| (Level::Info, words.into())).collect()
    }

    fn push(&mut self, entry: Entry) {
        if self.entries.len() < ENTRIES_CAP {
            self.entries.push(entry);
        } else {
            self.dropped += 1;
        }
    }
}
