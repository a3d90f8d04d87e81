//! The transcript: each line that was sent or received, octet by octet, and notes about the
//! session.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::code::Code;
use super::command::{CommandLine, Verb};
use super::line::Ending;
use super::oddity::Oddities;
use super::phase::Awaited;
use super::reply::Part;
use super::sasl::Annotation;
use super::secret::Secret;

/// The code of a normal greeting (RFC 5321 section 4.2.3).
const SERVICE_READY: Code = Code::new(220);

/// The number of an entry in its transcript, from 0. It never changes, even when older entries are
/// dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryId(pub u64);

/// One entry of the transcript.
#[derive(Clone, Debug)]
pub struct Entry {
    /// When it was sent or received.
    pub at: Instant,
    /// Whether the connection was encrypted.
    pub tls: bool,
    /// The content.
    pub kind: EntryKind,
}

/// The content of an entry.
#[derive(Clone, Debug)]
pub enum EntryKind {
    /// A line sent by the client.
    Sent(Sent),
    /// A line received from the server.
    Received(Received),
    /// A note of `ehlo` about the session.
    Note(Note),
}

/// The number of a request in its session, from 0. Requests are what the server replies to:
/// commands, SASL responses and the end of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u32);

/// A line that was sent, without its ending.
#[derive(Clone, Debug)]
pub struct Sent {
    /// Its number as a request; `None` for a line that gets no reply.
    pub request: Option<RequestId>,
    /// The octets before the secret; all of them if there is no secret.
    pub visible: Box<[u8]>,
    /// The secret at the end of the line.
    pub secret: Option<Secret>,
    /// The decoded line, if it belongs to a SASL exchange.
    pub annotation: Option<Box<Annotation>>,
    /// What the line was for.
    pub kind: SentKind,
    /// Its line ending: CR LF, unless raw octets ended otherwise. [`Ending::Cut`] means not ended
    /// yet.
    pub ending: Ending,
    /// It was sent in a phase that does not allow it.
    pub out_of_order: bool,
}

impl Sent {
    /// What a line that is a request awaits.
    pub fn awaited(&self) -> Awaited {
        match self.kind {
            SentKind::SaslResponse if &*self.visible == b"*" => Awaited::SaslCancel,
            SentKind::SaslResponse => Awaited::SaslResponse,
            SentKind::Message => Awaited::EndOfData,
            SentKind::Command => {
                let line = CommandLine::parse(String::from_utf8_lossy(&self.visible)).ok();
                let chunk = line.as_ref().and_then(CommandLine::chunk);
                match chunk {
                    Some((_, last)) => Awaited::Chunk { last },
                    None => Awaited::Command(line.map_or(Verb::Other, |line| line.verb())),
                }
            }
        }
    }
}

/// What a sent line is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SentKind {
    /// A command.
    Command,
    /// A response in a SASL exchange.
    SaslResponse,
    /// A line of the message, with its stuffed dot.
    Message,
}

/// A line that was received.
#[derive(Clone, Debug)]
pub struct Received {
    /// The octets, without the ending.
    pub bytes: Box<[u8]>,
    /// Its line ending.
    pub ending: Ending,
    /// The reply code.
    pub code: Option<Code>,
    /// Its position in the reply.
    pub part: Part,
    /// The decoded challenge, if it is one of a SASL exchange, or the recipient that a reply of LMTP is
    /// for.
    pub annotation: Option<Box<Annotation>>,
    /// Deviations from the standard.
    pub oddities: Oddities,
    /// The request it answers; `None` for the greeting and for unasked lines.
    pub answers: Option<RequestId>,
    /// On the first line of a reply: the time since the request was sent.
    pub took: Option<Duration>,
}

impl Received {
    /// Whether it is the first line of the greeting: it answers no request, but was awaited, so
    /// `took` is set. Logs of other programs have no `took`; there, code 220 identifies the
    /// greeting.
    pub fn is_greeting(&self) -> bool {
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
        (is_host && self.is_greeting()).then_some(name)
    }
}

/// A note about the session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Its importance.
    pub level: Level,
    /// The text, one line. It may quote the server.
    pub text: Box<str>,
}

/// The importance of a note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Information.
    Info,
    /// A problem.
    Fault,
}

impl Entry {
    /// The decoded line, if it belongs to a SASL exchange, or the recipient of a reply of LMTP.
    pub fn annotation(&self) -> Option<&Annotation> {
        match &self.kind {
            EntryKind::Sent(sent) => sent.annotation.as_deref(),
            EntryKind::Received(received) => received.annotation.as_deref(),
            EntryKind::Note(_) => None,
        }
    }

    /// Creates a note.
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

    /// The host name in a greeting (RFC 5321 section 4.3.1); `None` if the entry is not a greeting
    /// or has no plausible host name.
    pub fn greeting_name(&self) -> Option<&str> {
        match &self.kind {
            EntryKind::Received(received) => received.greeting_name(),
            EntryKind::Sent(_) | EntryKind::Note(_) => None,
        }
    }

    /// An upper bound of the memory it takes, in octets: twice its own size, because the queue may
    /// have spare capacity, plus its allocations, rounded up.
    pub fn weight(&self) -> usize {
        const UNIT: usize = 16;
        let allocated = |octets: usize| {
            if octets == 0 {
                0
            } else {
                (octets + UNIT).next_multiple_of(UNIT)
            }
        };
        let annotated = |annotation: &Option<Box<Annotation>>| {
            annotation
                .as_ref()
                .map_or(0, |annotation| annotation.weight())
        };
        let content = match &self.kind {
            EntryKind::Sent(sent) => {
                allocated(sent.visible.len())
                    + sent
                        .secret
                        .as_ref()
                        .map_or(0, |secret| allocated(secret.len()))
                    + annotated(&sent.annotation)
            }
            EntryKind::Received(received) => {
                allocated(received.bytes.len()) + annotated(&received.annotation)
            }
            EntryKind::Note(note) => allocated(note.text.len()),
        };
        2 * size_of::<Self>() + content
    }
}

/// The latest entries, limited by memory. Dropped entries are counted.
#[derive(Debug)]
pub struct Transcript {
    entries: VecDeque<Entry>,
    /// The number of the oldest entry kept.
    first: u64,
    weight: usize,
    cap: usize,
}

/// The default memory limit of a transcript, in octets.
pub const TRANSCRIPT_CAP: usize = 192 * 1024 * 1024;

impl Default for Transcript {
    fn default() -> Self {
        Self::new(TRANSCRIPT_CAP)
    }
}

impl Transcript {
    /// Creates an empty transcript that may take `cap` octets.
    pub fn new(cap: usize) -> Self {
        Self {
            entries: VecDeque::new(),
            first: 0,
            weight: 0,
            cap,
        }
    }

    /// Adds an entry. Drops the oldest entries while the cap is exceeded.
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

    /// The entry with this number, if it is still kept.
    pub fn entry(&self, id: EntryId) -> Option<&Entry> {
        self.entries
            .get(usize::try_from(id.0.checked_sub(self.first)?).ok()?)
    }

    /// The number of the oldest entry kept, which is also the number of dropped entries.
    pub fn start(&self) -> EntryId {
        EntryId(self.first)
    }

    /// The number of the next entry.
    pub fn end(&self) -> EntryId {
        EntryId(self.first + self.entries.len() as u64)
    }

    /// Whether no entry was ever added.
    pub fn is_empty(&self) -> bool {
        self.end() == EntryId(0)
    }

    /// The entries kept, oldest first, with their numbers.
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
    fn drops_the_oldest_entries_at_the_cap() {
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
