//! An entry as one JSON object, and back. Who spoke is its `from`; what does not apply is not there.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::record::session::{WallClock, truncate_to_micros};
use crate::smtp::base64;
use crate::smtp::line::Ending;
use crate::smtp::oddity::Oddities;
use crate::smtp::sasl::Gloss;
use crate::smtp::{
    Code, Entry, EntryKind, Level, Note, Oddity, Part, Received, Secret, Sent, SentKind, Turn,
};

/// The longest time that is read, in seconds: a century.
const SECONDS_CAP: f64 = 3.2e9;

/// Who spoke.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Sender {
    Client,
    Server,
    Ehlo,
}

/// A line of a record.
#[derive(Serialize, Deserialize)]
pub(super) struct JsonEntry {
    /// For people and for other programs; what counts is `since`.
    #[serde(default)]
    time: Option<Timestamp>,
    /// Seconds since the start.
    since: f64,
    tls: bool,
    from: Sender,
    #[serde(flatten)]
    octets: Octets,
    /// Octets of the secret behind it, which is not written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hidden: Option<usize>,
    /// The secret behind it, in base64; only where it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ending: Option<EndingName>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kind: Option<KindName>,
    /// The number of the question that it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    turn: Option<u32>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    out_of_order: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    code: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    part: Option<PartName>,
    /// The number of the question that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    answers: Option<u32>,
    /// Seconds from the question to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    took: Option<f64>,
    /// What is odd about it, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    odd: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gloss: Option<GlossWords>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    level: Option<LevelName>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

/// Octets, as text or as base64; a note has none.
#[derive(Default, Serialize, Deserialize)]
struct Octets {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    base64: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct GlossWords {
    reading: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    remarks: Vec<String>,
}

/// Names of the wire's own kinds, as the file has them.
macro_rules! names {
    ($name:ident, $of:ty, $($kind:ident),+) => {
        #[derive(Clone, Copy, Serialize, Deserialize)]
        #[serde(rename_all = "lowercase")]
        enum $name { $($kind),+ }

        impl $name {
            fn of(kind: $of) -> Self {
                match kind { $(<$of>::$kind => Self::$kind),+ }
            }

            fn value(self) -> $of {
                match self { $(Self::$kind => <$of>::$kind),+ }
            }
        }
    };
}

names!(EndingName, Ending, CrLf, Lf, Cap, Cut);
names!(KindName, SentKind, Command, SaslAnswer, Message);
names!(PartName, Part, Only, First, Middle, Last);
names!(LevelName, Level, Info, Fault);

impl Octets {
    fn of(bytes: &[u8]) -> Self {
        let plain = |octet: &u8| matches!(octet, b' '..=b'~') && *octet != b'\\';
        match std::str::from_utf8(bytes) {
            Ok(text) if bytes.iter().all(plain) => Self {
                text: Some(text.to_owned()),
                base64: None,
            },
            _ => Self {
                text: None,
                base64: Some(base64::encode(bytes)),
            },
        }
    }

    fn bytes(self) -> Result<Box<[u8]>, String> {
        match (self.text, self.base64) {
            (Some(text), None) => Ok(text.into_bytes().into()),
            (None, Some(coded)) => Ok(decoded(&coded, "base64")?.into()),
            _ => Err("either text or base64 is wanted".to_owned()),
        }
    }
}

impl JsonEntry {
    /// A line for an entry. A secret is written only `with_secrets`, and only where it is known.
    pub(super) fn of(clock: &WallClock, entry: &Entry, with_secrets: bool) -> Self {
        let mut line = Self {
            time: Some(clock.wall(entry.at)),
            since: clock.since(entry.at).as_secs_f64(),
            tls: entry.tls,
            from: Sender::Ehlo,
            octets: Octets::default(),
            hidden: None,
            secret: None,
            ending: None,
            kind: None,
            turn: None,
            out_of_order: false,
            code: None,
            part: None,
            answers: None,
            took: None,
            odd: Vec::new(),
            gloss: None,
            level: None,
            note: None,
        };
        match &entry.kind {
            EntryKind::Sent(sent) => line.take_sent(sent, with_secrets),
            EntryKind::Received(received) => line.take_received(received),
            EntryKind::Note(note) => {
                line.level = Some(LevelName::of(note.level));
                line.note = Some(note.text.to_string());
            }
        }
        line
    }

    fn take_sent(&mut self, sent: &Sent, with_secrets: bool) {
        self.from = Sender::Client;
        self.octets = Octets::of(&sent.open);
        match &sent.secret {
            Some(secret) if with_secrets && secret.is_known() => {
                self.secret = Some(base64::encode(secret.reveal()));
            }
            secret => self.hidden = secret.as_ref().map(Secret::len),
        }
        self.ending = ending(sent.ending);
        self.kind = Some(KindName::of(sent.kind));
        self.turn = sent.turn.map(|turn| turn.0);
        self.out_of_order = sent.out_of_order;
        self.gloss = words(sent.gloss.as_deref());
    }

    fn take_received(&mut self, received: &Received) {
        self.from = Sender::Server;
        self.octets = Octets::of(&received.bytes);
        self.ending = ending(received.ending);
        self.code = received.code.map(Code::number);
        self.part = Some(PartName::of(received.part));
        self.answers = received.answers.map(|turn| turn.0);
        self.took = received
            .took
            .map(|took| truncate_to_micros(took).as_secs_f64());
        let odd = received.oddities.iter();
        self.odd = odd.map(|oddity| oddity.words().to_owned()).collect();
        self.gloss = words(received.gloss.as_deref());
    }

    /// The entry that it was written for.
    ///
    /// # Errors
    /// What it lacks, or what cannot be.
    pub(super) fn entry(self, clock: &WallClock) -> Result<Entry, String> {
        let at = instant(clock, self.since)?;
        let tls = self.tls;
        let kind = match self.from {
            Sender::Client => EntryKind::Sent(self.sent()?),
            Sender::Server => EntryKind::Received(self.received()?),
            Sender::Ehlo => EntryKind::Note(Note {
                level: self.level.ok_or("a note wants its level")?.value(),
                text: self.note.ok_or("a note wants its words")?.into(),
            }),
        };
        Ok(Entry { at, tls, kind })
    }

    fn sent(self) -> Result<Sent, String> {
        let secret = match (self.hidden, self.secret) {
            (hidden, None) => hidden.map(Secret::left_out),
            (None, Some(coded)) => Some(Secret::new(decoded(&coded, "secret")?)),
            _ => return Err("a secret is either hidden or written".to_owned()),
        };
        Ok(Sent {
            turn: self.turn.map(Turn),
            open: self.octets.bytes()?,
            secret,
            gloss: self.gloss.map(GlossWords::value),
            kind: self.kind.ok_or("a client's line wants its kind")?.value(),
            ending: self.ending.map_or(Ending::CrLf, EndingName::value),
            out_of_order: self.out_of_order,
        })
    }

    fn received(self) -> Result<Received, String> {
        let mut oddities = Oddities::NONE;
        for words in &self.odd {
            let known = Oddity::ALL
                .into_iter()
                .find(|oddity| oddity.words() == words);
            // A later version may know more of them: they are no part of what came.
            known.into_iter().for_each(|oddity| oddities.insert(oddity));
        }
        let code = match self.code {
            Some(number @ 1000..) => return Err(format!("{number} is no reply code")),
            code => code.map(Code::new),
        };
        Ok(Received {
            bytes: self.octets.bytes()?,
            ending: self.ending.map_or(Ending::CrLf, EndingName::value),
            code,
            part: self.part.ok_or("a server's line wants its part")?.value(),
            gloss: self.gloss.map(GlossWords::value),
            oddities,
            answers: self.answers.map(Turn),
            took: self.took.map(duration).transpose()?,
        })
    }
}

impl GlossWords {
    fn value(self) -> Box<Gloss> {
        Box::new(Gloss {
            reading: self.reading.into(),
            remarks: self.remarks.into_iter().map(Into::into).collect(),
        })
    }
}

/// CR LF goes without saying.
fn ending(ending: Ending) -> Option<EndingName> {
    (ending != Ending::CrLf).then(|| EndingName::of(ending))
}

fn words(gloss: Option<&Gloss>) -> Option<GlossWords> {
    gloss.map(|gloss| GlossWords {
        reading: gloss.reading.to_string(),
        remarks: gloss.remarks.iter().map(ToString::to_string).collect(),
    })
}

fn decoded(coded: &str, key: &str) -> Result<Vec<u8>, String> {
    let decoded = base64::decode(coded.as_bytes());
    if !decoded.oddities.is_empty() {
        return Err(format!("{key} is no base64"));
    }
    Ok(decoded.bytes.reveal().to_vec())
}

/// Seconds as they are written, of which six decimals count.
fn duration(seconds: f64) -> Result<Duration, String> {
    if !(0.0..SECONDS_CAP).contains(&seconds) {
        return Err(format!("{seconds} is no number of seconds"));
    }
    let micros = Duration::from_secs_f64(seconds) + Duration::from_nanos(500);
    Ok(truncate_to_micros(micros))
}

fn instant(clock: &WallClock, since: f64) -> Result<Instant, String> {
    let late = || format!("{since} seconds are too late for this system's clock");
    clock.instant(duration(since)?).ok_or_else(late)
}
