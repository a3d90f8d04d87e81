//! The transcript: what went over the wire, octet by octet, and what there is to say about it.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::code::Code;
use super::line::Ending;
use super::oddity::Oddities;
use super::reply::Part;
use super::sasl::Gloss;
use super::secret::Secret;

/// What a server that takes mail greets with (RFC 5321 section 4.2.3).
const SERVICE_READY: Code = Code::new(220);

/// The number of an entry, from 0, over the whole life of a transcript.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryId(pub u64);

/// One line of the transcript.
#[derive(Clone, Debug)]
pub struct Entry {
    /// When it went or came.
    pub at: Instant,
    /// Whether TLS was on.
    pub tls: bool,
    /// What it is.
    pub kind: EntryKind,
}

/// What an entry holds.
#[derive(Clone, Debug)]
pub enum EntryKind {
    /// A line the client sent.
    Sent(Sent),
    /// A line the server sent.
    Received(Received),
    /// Our own words about the session.
    Note(Note),
}

/// The number of a question within its session, from 0: a command, an answer of the SASL exchange,
/// the end of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Turn(pub u32);

/// A line that was sent, without its ending.
#[derive(Clone, Debug)]
pub struct Sent {
    /// Its number as a question; none for a line that no reply is due to.
    pub turn: Option<Turn>,
    /// The octets anyone may see.
    pub open: Box<[u8]>,
    /// The octets behind them that are a secret.
    pub secret: Option<Secret>,
    /// What it says, where it is a line of a SASL exchange.
    pub gloss: Option<Box<Gloss>>,
    /// What the line was.
    pub kind: SentKind,
    /// How it ended: in CR LF, unless raw octets ended otherwise. [`Ending::Cut`] is no ending yet.
    pub ending: Ending,
    /// It went although the dialogue was not there yet.
    pub out_of_order: bool,
}

/// What a line that was sent is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SentKind {
    /// A command.
    Command,
    /// An answer of the SASL exchange.
    SaslAnswer,
    /// A line of the message, as it went: with its stuffed dot.
    Message,
}

/// A line that came.
#[derive(Clone, Debug)]
pub struct Received {
    /// Its octets, without the ending.
    pub bytes: Box<[u8]>,
    /// How it ended.
    pub ending: Ending,
    /// Its code.
    pub code: Option<Code>,
    /// Which part of its reply it is.
    pub part: Part,
    /// What it says, where it is a challenge of a SASL exchange.
    pub gloss: Option<Box<Gloss>>,
    /// What is odd about it.
    pub oddities: Oddities,
    /// The question it answers; none for the greeting and for what nobody asked.
    pub answers: Option<Turn>,
    /// On the first line of a reply: the time since the question was sent.
    pub took: Option<Duration>,
}

impl Received {
    /// Whether the greeting begins with it: nobody asked for it, but it was waited for. A log of another
    /// program knows nothing of waiting; there the code tells.
    pub fn greets(&self) -> bool {
        let is_service_ready = self.code == Some(SERVICE_READY);
        self.answers.is_none() && self.part.begins() && (self.took.is_some() || is_service_ready)
    }

    fn greeting_name(&self) -> Option<&str> {
        let text = std::str::from_utf8(&self.bytes).ok()?;
        let name = text.get(4..)?.split(' ').next()?;
        let letters = |octet: u8| octet.is_ascii_alphanumeric() || b"-._".contains(&octet);
        let is_host = name.contains('.')
            && name.starts_with(|first: char| first.is_ascii_alphanumeric())
            && name.bytes().all(letters);
        (is_host && self.greets()).then_some(name)
    }
}

/// Our own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// How much it matters.
    pub level: Level,
    /// The words, of one line. What a server said may be quoted in them.
    pub text: Box<str>,
}

/// How much a note matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Good to know.
    Info,
    /// Something is wrong.
    Fault,
}

impl Entry {
    /// What it says, where it is a line of a SASL exchange.
    pub fn gloss(&self) -> Option<&Gloss> {
        match &self.kind {
            EntryKind::Sent(sent) => sent.gloss.as_deref(),
            EntryKind::Received(received) => received.gloss.as_deref(),
            EntryKind::Note(_) => None,
        }
    }

    /// A note.
    pub fn note(at: Instant, tls: bool, level: Level, text: impl Into<Box<str>>) -> Self {
        Self {
            at,
            tls,
            kind: EntryKind::Note(Note {
                level,
                text: text.into(),
            }),
        }
    }

    /// The name by which a server greets with it, where it is a greeting and the name reads like a host's
    /// (RFC 5321 section 4.3.1).
    pub fn greeting_name(&self) -> Option<&str> {
        match &self.kind {
            EntryKind::Received(received) => received.greeting_name(),
            EntryKind::Sent(_) | EntryKind::Note(_) => None,
        }
    }

    /// Memory it takes, in octets, at the most: itself in a queue that may have grown to twice its
    /// need, and what it holds as an allocator rounds it.
    pub fn weight(&self) -> usize {
        const UNIT: usize = 16;
        let held = |octets: usize| {
            if octets == 0 {
                0
            } else {
                (octets + UNIT).next_multiple_of(UNIT)
            }
        };
        let beside = |gloss: &Option<Box<Gloss>>| gloss.as_ref().map_or(0, |gloss| gloss.weight());
        let texts = match &self.kind {
            EntryKind::Sent(sent) => {
                held(sent.open.len())
                    + sent.secret.as_ref().map_or(0, |secret| held(secret.len()))
                    + beside(&sent.gloss)
            }
            EntryKind::Received(received) => held(received.bytes.len()) + beside(&received.gloss),
            EntryKind::Note(note) => held(note.text.len()),
        };
        2 * size_of::<Self>() + texts
    }
}

/// The latest entries, up to a cap of memory; what had to go is counted.
#[derive(Debug)]
pub struct Transcript {
    entries: VecDeque<Entry>,
    first: u64,
    weight: usize,
    cap: usize,
}

/// Memory a transcript may take, in octets.
pub const TRANSCRIPT_CAP: usize = 192 * 1024 * 1024;

impl Default for Transcript {
    fn default() -> Self {
        Self::new(TRANSCRIPT_CAP)
    }
}

impl Transcript {
    /// An empty transcript that keeps `cap` octets of entries.
    pub fn new(cap: usize) -> Self {
        Self {
            entries: VecDeque::new(),
            first: 0,
            weight: 0,
            cap,
        }
    }

    /// Adds an entry; the oldest go when the cap is reached.
    pub fn push(&mut self, entry: Entry) -> EntryId {
        self.weight += entry.weight();
        self.entries.push_back(entry);
        while self.weight > self.cap && self.entries.len() > 1 {
            if let Some(oldest) = self.entries.pop_front() {
                self.weight -= oldest.weight();
                self.first += 1;
            }
        }
        EntryId(self.end().0 - 1)
    }

    /// The entry of that number, if it is still kept.
    pub fn entry(&self, id: EntryId) -> Option<&Entry> {
        self.entries
            .get(usize::try_from(id.0.checked_sub(self.first)?).ok()?)
    }

    /// The number of the oldest entry that is kept; as many have been dropped before it.
    pub fn start(&self) -> EntryId {
        EntryId(self.first)
    }

    /// The number the next entry will have.
    pub fn end(&self) -> EntryId {
        EntryId(self.first + self.entries.len() as u64)
    }

    /// Whether nothing was ever entered.
    pub fn is_empty(&self) -> bool {
        self.end() == EntryId(0)
    }

    /// The entries that are kept, oldest first, with their numbers.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (EntryId, &Entry)> + ExactSizeIterator {
        let first = self.first;
        self.entries
            .iter()
            .enumerate()
            .map(move |(at, entry)| (EntryId(first + at as u64), entry))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_entries_go_when_the_cap_is_reached() {
        let now = Instant::now();
        let entry = |n: u32| Entry::note(now, false, Level::Info, format!("{n:04}"));
        let mut transcript = Transcript::new(entry(0).weight() * 3);
        for n in 0..10 {
            assert_eq!(transcript.push(entry(n)), EntryId(n.into()));
        }
        assert_eq!(
            (transcript.start(), transcript.end()),
            (EntryId(7), EntryId(10))
        );
        assert!(transcript.entry(EntryId(6)).is_none());
        let EntryKind::Note(note) = &transcript.entry(EntryId(7)).unwrap().kind else {
            panic!()
        };
        assert_eq!(&*note.text, "0007");
    }
}
