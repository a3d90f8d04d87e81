//! A session on a wire that keeps the books: each octet in and out must stand in the entries, and
//! what the session tells must be where it stands.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use ehlo::smtp::line::Ending;
use ehlo::smtp::session::{MESSAGE_KEPT, PARTIAL_SHOWN};
use ehlo::smtp::{AutoStartTls, EntryKind, Event, Sent, Session, SessionStatus};

/// How the octets of the server are cut into segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Chunking {
    /// Line by line, as the dialogue is written.
    Lines,
    /// All that comes before the client's next turn at once.
    Whole,
    /// Octet by octet.
    Octets,
    /// Pieces of random size; the same seed cuts the same way.
    Random(u64),
}

impl Chunking {
    /// Cuts `parts` into segments. A part that is glued stays in one segment with the octet before
    /// it.
    pub(super) fn cut(self, parts: &[(&[u8], bool)]) -> Vec<Vec<u8>> {
        let mut random = Random(match self {
            Self::Random(seed) => seed,
            _ => 0,
        });
        let mut segments: Vec<Vec<u8>> = Vec::new();
        let mut room = 0_usize;
        for &(part, glued) in parts {
            if self == Self::Lines {
                room = 0;
            }
            for (at, &octet) in part.iter().enumerate() {
                match segments.last_mut() {
                    Some(segment) if room > 0 || glued => segment.push(octet),
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

/// Numbers that only have to look random (a linear congruence, Knuth's MMIX).
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

/// An event, and how many octets of the server had been told in lines when it came.
#[derive(Debug)]
pub(super) struct Happening {
    pub(super) event: Event,
    pub(super) told: usize,
}

/// A session and its books.
pub(super) struct Wire {
    session: Session,
    pub(super) now: Instant,
    /// All octets handed to the session, and how many of them stand in entries.
    fed: Vec<u8>,
    told: usize,
    /// Segments the session does not want yet.
    held: VecDeque<Vec<u8>>,
    /// The line that is coming, as it was last told.
    partial: (Vec<u8>, usize),
    /// All octets to the server, and those of them that stand in entries.
    wire: Vec<u8>,
    shown: Vec<u8>,
    message_start: Option<usize>,
    /// Whether any secret went.
    secret: bool,
    status: SessionStatus,
}

impl Wire {
    pub(super) fn new(opening: Option<AutoStartTls>, start: Instant) -> Self {
        Self {
            session: Session::new(opening),
            now: start,
            fed: Vec::new(),
            told: 0,
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

    /// Where the dialogue stands, as the session told it.
    pub(super) fn status(&self) -> &SessionStatus {
        &self.status
    }

    /// How many octets have been written to the server.
    pub(super) fn written(&self) -> usize {
        self.wire.len()
    }

    /// The octets written to the server since `start`.
    pub(super) fn written_since(&self, start: usize) -> &[u8] {
        &self.wire[start..]
    }

    /// How many octets of the server were handed over.
    pub(super) fn fed(&self) -> usize {
        self.fed.len()
    }

    /// How many octets wait because the session does not want them.
    pub(super) fn held(&self) -> usize {
        self.held.iter().map(Vec::len).sum()
    }

    /// Does something with the session and brings in what came of it.
    pub(super) fn act(
        &mut self,
        act: impl FnOnce(&mut Session, Instant),
    ) -> Result<Vec<Happening>, String> {
        act(&mut self.session, self.now);
        let happenings = self.drain()?;
        self.check()?;
        Ok(happenings)
    }

    /// The server's octets arrive, segment by segment, as far as the session wants them.
    pub(super) fn feed(&mut self, segments: Vec<Vec<u8>>) -> Result<Vec<Happening>, String> {
        self.held.extend(segments);
        let mut happenings = Vec::new();
        while self.session.wants_bytes()
            && let Some(segment) = self.held.pop_front()
        {
            self.fed.extend_from_slice(&segment);
            happenings.extend(self.act(|session, now| session.handle_bytes(&segment, now))?);
        }
        Ok(happenings)
    }

    /// Pieces of a message go out.
    pub(super) fn send_message(&mut self, pieces: &[Vec<u8>]) -> Result<Vec<Happening>, String> {
        self.message_start.get_or_insert(self.wire.len());
        let mut happenings = Vec::new();
        for piece in pieces {
            happenings.extend(self.act(|session, now| session.send_message(piece, now))?);
        }
        Ok(happenings)
    }

    /// The message ends. Of a long one not all lines are kept.
    pub(super) fn end_message(&mut self) -> Result<Vec<Happening>, String> {
        let start = self.message_start.unwrap_or(self.wire.len());
        self.session.end_message(self.now);
        let happenings = self.drain()?;
        self.message_start = None;
        let dot = b".\r\n";
        if self.wire.len() - start > MESSAGE_KEPT + dot.len() {
            let kept = self.shown.strip_suffix(dot).unwrap_or(&self.shown);
            if !self.wire.starts_with(kept) {
                return Err("the lines kept of the message are not those that went".into());
            }
            self.shown.clone_from(&self.wire);
        }
        self.check()?;
        Ok(happenings)
    }

    /// Takes all the session has to tell and enters it into the books.
    fn drain(&mut self) -> Result<Vec<Happening>, String> {
        self.wire.extend(self.session.poll_transmit());
        let mut happenings = Vec::new();
        while let Some(event) = self.session.poll_event() {
            match &event {
                Event::Entry(entry) => self.enter(&entry.kind)?,
                Event::Partial { shown, len } => self.partial = (shown.clone(), *len),
                Event::Status(status) => self.status.clone_from(status),
                _ => {}
            }
            happenings.push(Happening {
                event,
                told: self.told,
            });
        }
        Ok(happenings)
    }

    fn enter(&mut self, kind: &EntryKind) -> Result<(), String> {
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
                let came = &self.fed[self.told..];
                let octets = [&*unhidden(&received.bytes, came), ending].concat();
                if !came.starts_with(&octets) {
                    return Err(format!(
                        "the server sent\n    \"{}\"\n  and the transcript has\n    \"{}\"",
                        excerpt(&came[..came.len().min(octets.len())]),
                        excerpt(&octets)
                    ));
                }
                self.told += octets.len();
            }
            EntryKind::Note(_) => {}
        }
        Ok(())
    }

    /// What must be so whenever the session has told all it has to tell.
    fn check(&self) -> Result<(), String> {
        // What waits behind a cap is no line that is coming.
        let rest = if self.session.status().paused.is_some() {
            &[]
        } else {
            &self.fed[self.told..]
        };
        let head = &rest[..rest.len().min(PARTIAL_SHOWN)];
        // Once a secret went, what may be the begin of one is held back.
        let shown = self.partial.0.as_slice();
        let is_head = shown == head || (self.secret && head.starts_with(shown));
        if self.partial.1 != rest.len() || !is_head {
            return Err(format!(
                "the line that is coming has {} octets, \"{}\", and {} were told, \"{}\"",
                rest.len(),
                excerpt(head),
                self.partial.1,
                excerpt(&self.partial.0)
            ));
        }
        let status = self.session.status();
        if status != self.status {
            return Err(format!(
                "the dialogue stands at\n    {status:?}\n  and last told was\n    {:?}",
                self.status
            ));
        }
        let in_message = self.message_start.is_some();
        if self.shown != self.wire && !(in_message && self.wire.starts_with(&self.shown)) {
            let same = self.wire.iter().zip(&self.shown);
            let same = same.take_while(|(wire, shown)| wire == shown).count();
            return Err(format!(
                "sent was\n    \"{}\"\n  and the transcript has\n    \"{}\"",
                excerpt(&self.wire[same..]),
                excerpt(&self.shown[same..])
            ));
        }
        Ok(())
    }
}

/// A line that came, with what is hidden in it as it `came`.
fn unhidden(bytes: &[u8], came: &[u8]) -> Vec<u8> {
    let mut whole: Vec<u8> = Vec::new();
    let mut rest = bytes;
    while let Some(&octet) = rest.first() {
        let hidden = rest.strip_prefix(b"[hidden: ").filter(|_| {
            // What the server itself wrote so stays.
            !came
                .get(whole.len()..)
                .is_some_and(|came| came.starts_with(rest))
        });
        let end = |text: &[u8]| text.iter().position(|&octet| octet == b']');
        if let Some((text, end)) = hidden.and_then(|text| Some((text, end(text)?))) {
            let digits = text.iter().take_while(|octet| octet.is_ascii_digit());
            let length = digits.fold(0, |number, digit| number * 10 + usize::from(digit - b'0'));
            let from = came.get(whole.len()..).unwrap_or_default();
            whole.extend_from_slice(&from[..length.min(from.len())]);
            rest = &text[end + 1..];
        } else {
            whole.push(octet);
            rest = &rest[1..];
        }
    }
    whole
}

/// A line that was sent, with its secret.
pub(super) fn line_of(sent: &Sent) -> Vec<u8> {
    let secret = sent.secret.as_ref().map_or(&[][..], |s| s.reveal());
    [&sent.open, secret].concat()
}

/// Octets as a person can read them, not too many.
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
