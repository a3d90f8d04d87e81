//! A session whose octets are all recorded: each octet received and sent must appear in the
//! transcript, and the reported status must match the state.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use ehlo::smtp::line::Ending;
use ehlo::smtp::session::{MESSAGE_KEPT, PARTIAL_SHOWN};
use ehlo::smtp::{AutoStartTls, EntryKind, Event, Sent, Session, SessionStatus};

/// How the octets of the server are cut into segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Chunking {
    /// Line by line, as in the dialogue.
    Lines,
    /// All octets before the client's next action at once.
    Whole,
    /// Octet by octet.
    Octets,
    /// Pieces of random size; the same seed gives the same pieces.
    Random(u64),
}

impl Chunking {
    /// Cuts `parts` into segments. A part whose flag is set begins in the segment of the octet
    /// before it.
    pub(super) fn cut(self, parts: &[(&[u8], bool)]) -> Vec<Vec<u8>> {
        let mut random = Random(match self {
            Self::Random(seed) => seed,
            _ => 0,
        });
        let mut segments: Vec<Vec<u8>> = Vec::new();
        let mut room = 0_usize;
        for &(part, same_segment) in parts {
            if self == Self::Lines {
                room = 0;
            }
            for (at, &octet) in part.iter().enumerate() {
                match segments.last_mut() {
                    Some(segment) if room > 0 || same_segment => segment.push(octet),
                    _ => {
                        segments.push(vec![octet]);
                        room = match self {
                            Self::Lines => part.len() - at,
                            Self::Whole => usize::MAX,
                            Self::Octets => 1,
                            Self::Random(_) => random.size(),
                        };
                    }
                }
                room = room.saturating_sub(1);
            }
        }
        segments
    }
}

/// A simple random number generator (linear congruential, Knuth's MMIX).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    fn size(&mut self) -> usize {
        let most = [1, 3, 40, 3000][self.next() as usize % 4];
        1 + self.next() as usize % most
    }
}

/// An event, and how many octets of the server the transcript contained at that time.
#[derive(Debug)]
pub(super) struct TimedEvent {
    pub(super) event: Event,
    pub(super) reported: usize,
}

/// A session and a record of its octets.
pub(super) struct Wire {
    session: Session,
    pub(super) now: Instant,
    /// All octets fed to the session, and how many of them are in the transcript.
    fed: Vec<u8>,
    reported: usize,
    /// Segments that the session does not read yet.
    held: VecDeque<Vec<u8>>,
    /// The incomplete line, as last reported.
    partial: (Vec<u8>, usize),
    /// All octets to the server, and those of them in the transcript.
    wire: Vec<u8>,
    shown: Vec<u8>,
    message_start: Option<usize>,
    /// Whether a secret was sent.
    secret: bool,
    status: SessionStatus,
}

impl Wire {
    pub(super) fn new(auto_start_tls: Option<AutoStartTls>, start: Instant) -> Self {
        Self {
            session: Session::new(auto_start_tls),
            now: start,
            fed: Vec::new(),
            reported: 0,
            held: VecDeque::new(),
            partial: (Vec::new(), 0),
            wire: Vec::new(),
            shown: Vec::new(),
            message_start: None,
            secret: false,
            status: SessionStatus::default(),
        }
    }

    pub(super) fn pass(&mut self, time: Duration) {
        self.now += time;
    }

    /// The status, as last reported.
    pub(super) fn status(&self) -> &SessionStatus {
        &self.status
    }

    /// The number of octets written to the server.
    pub(super) fn written(&self) -> usize {
        self.wire.len()
    }

    /// The octets written to the server since `start`.
    pub(super) fn written_since(&self, start: usize) -> &[u8] {
        &self.wire[start..]
    }

    /// The number of octets fed to the session.
    pub(super) fn fed(&self) -> usize {
        self.fed.len()
    }

    /// The number of octets that the session does not read yet.
    pub(super) fn held(&self) -> usize {
        self.held.iter().map(Vec::len).sum()
    }

    /// Performs an action on the session and returns its events.
    pub(super) fn act(
        &mut self,
        act: impl FnOnce(&mut Session, Instant),
    ) -> Result<Vec<TimedEvent>, String> {
        act(&mut self.session, self.now);
        let events = self.drain()?;
        self.check()?;
        Ok(events)
    }

    /// Feeds segments of the server, as far as the session reads them.
    pub(super) fn feed(&mut self, segments: Vec<Vec<u8>>) -> Result<Vec<TimedEvent>, String> {
        self.held.extend(segments);
        let mut events = Vec::new();
        while self.session.wants_read()
            && let Some(segment) = self.held.pop_front()
        {
            self.fed.extend_from_slice(&segment);
            events.extend(self.act(|session, now| session.handle_bytes(&segment, now))?);
        }
        Ok(events)
    }

    /// Sends pieces of a message.
    pub(super) fn send_message(&mut self, pieces: &[Vec<u8>]) -> Result<Vec<TimedEvent>, String> {
        self.message_start.get_or_insert(self.wire.len());
        let mut events = Vec::new();
        for piece in pieces {
            events.extend(self.act(|session, now| session.send_message(piece, now))?);
        }
        Ok(events)
    }

    /// Ends the message. The transcript does not keep all lines of a long one.
    pub(super) fn end_message(&mut self) -> Result<Vec<TimedEvent>, String> {
        let start = self.message_start.unwrap_or(self.wire.len());
        self.session.end_message(self.now);
        let events = self.drain()?;
        self.message_start = None;
        let dot = b".\r\n";
        if self.wire.len() - start > MESSAGE_KEPT + dot.len() {
            let kept = self.shown.strip_suffix(dot).unwrap_or(&self.shown);
            if !self.wire.starts_with(kept) {
                return Err("the transcript has other lines of the message than were sent".into());
            }
            self.shown.clone_from(&self.wire);
        }
        self.check()?;
        Ok(events)
    }

    /// Takes all events and octets of the session and records them.
    fn drain(&mut self) -> Result<Vec<TimedEvent>, String> {
        self.wire.extend(self.session.poll_transmit());
        let mut events = Vec::new();
        while let Some(event) = self.session.poll_event() {
            match &event {
                Event::Entry(entry) => self.record(&entry.kind)?,
                Event::Partial { shown, len } => self.partial = (shown.clone(), *len),
                Event::Status(status) => self.status.clone_from(status),
                _ => {}
            }
            events.push(TimedEvent {
                event,
                reported: self.reported,
            });
        }
        Ok(events)
    }

    fn record(&mut self, kind: &EntryKind) -> Result<(), String> {
        match kind {
            EntryKind::Sent(sent) => {
                self.secret |= sent.secret.is_some();
                self.shown.extend(line_of(sent));
                self.shown.extend_from_slice(sent.ending.octets());
            }
            EntryKind::Received(received) => {
                let ending: &[u8] = match received.ending {
                    Ending::CrLf => b"\r\n",
                    Ending::Lf => b"\n",
                    Ending::Cap | Ending::Cut => b"",
                };
                let fed = &self.fed[self.reported..];
                let octets = [&*unhidden(&received.bytes, fed), ending].concat();
                if !fed.starts_with(&octets) {
                    return Err(format!(
                        "the server sent\n    \"{}\"\n  but the transcript has\n    \"{}\"",
                        excerpt(&fed[..fed.len().min(octets.len())]),
                        excerpt(&octets)
                    ));
                }
                self.reported += octets.len();
            }
            EntryKind::Note(_) => {}
        }
        Ok(())
    }

    /// Checks what must be true after all events of the session.
    fn check(&self) -> Result<(), String> {
        // While reading is paused, the buffered octets are not an incomplete line.
        let rest = if self.session.status().paused.is_some() {
            &[]
        } else {
            &self.fed[self.reported..]
        };
        let head = &rest[..rest.len().min(PARTIAL_SHOWN)];
        // After a secret was sent, the possible beginning of one is not shown.
        let shown = self.partial.0.as_slice();
        let is_head = shown == head || (self.secret && head.starts_with(shown));
        if self.partial.1 != rest.len() || !is_head {
            return Err(format!(
                "the incomplete line has {} octets, \"{}\", but {} were reported, \"{}\"",
                rest.len(),
                excerpt(head),
                self.partial.1,
                excerpt(&self.partial.0)
            ));
        }
        let status = self.session.status();
        if status != self.status {
            return Err(format!(
                "the status is\n    {status:?}\n  but last reported was\n    {:?}",
                self.status
            ));
        }
        let in_message = self.message_start.is_some();
        if self.shown != self.wire && !(in_message && self.wire.starts_with(&self.shown)) {
            let same = self.wire.iter().zip(&self.shown);
            let same = same.take_while(|(wire, shown)| wire == shown).count();
            return Err(format!(
                "the session sent\n    \"{}\"\n  but the transcript has\n    \"{}\"",
                excerpt(&self.wire[same..]),
                excerpt(&self.shown[same..])
            ));
        }
        Ok(())
    }
}

/// Restores the hidden parts of a received line from the octets that were `fed`.
fn unhidden(bytes: &[u8], fed: &[u8]) -> Vec<u8> {
    let mut whole: Vec<u8> = Vec::new();
    let mut rest = bytes;
    while let Some(&octet) = rest.first() {
        let hidden = rest.strip_prefix(b"[hidden: ").filter(|_| {
            // The server may have written the same text itself.
            !fed.get(whole.len()..)
                .is_some_and(|fed| fed.starts_with(rest))
        });
        let end = |text: &[u8]| text.iter().position(|&octet| octet == b']');
        if let Some((text, end)) = hidden.and_then(|text| Some((text, end(text)?))) {
            let digits = text.iter().take_while(|octet| octet.is_ascii_digit());
            let length = digits.fold(0, |number, digit| number * 10 + usize::from(digit - b'0'));
            let from = fed.get(whole.len()..).unwrap_or_default();
            whole.extend_from_slice(&from[..length.min(from.len())]);
            rest = &text[end + 1..];
        } else {
            whole.push(octet);
            rest = &rest[1..];
        }
    }
    whole
}

/// A sent line with its secret.
pub(super) fn line_of(sent: &Sent) -> Vec<u8> {
    let secret = sent.secret.as_ref().map_or(&[][..], |s| s.reveal());
    [&sent.visible, secret].concat()
}

/// The first octets, escaped.
pub(super) fn excerpt(octets: &[u8]) -> String {
    const SHOWN: usize = 200;
    if octets.len() <= SHOWN {
        return octets.escape_ascii().to_string();
    }
    format!(
        "{} ... ({} octets)",
        octets[..SHOWN].escape_ascii(),
        octets.len()
    )
}
