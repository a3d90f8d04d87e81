//! Converts an entry to a JSON object and back. `from` names the sender; keys without a value are
//! omitted.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::record::session::{WallClock, truncate_to_micros};
use crate::smtp::base64;
use crate::smtp::line::Ending;
use crate::smtp::oddity::Oddities;
use crate::smtp::sasl::Annotation;
use crate::smtp::{
    Code, Entry, EntryKind, Level, Note, Oddity, Part, Received, RequestId, Secret, Sent, SentKind,
};

/// The longest accepted time, in seconds: about a century.
const SECONDS_CAP: f64 = 3.2e9;

/// Who wrote the line.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Sender {
    Client,
    Server,
    Ehlo,
}

/// The JSON object of an entry. Its keys are the file format: they do not follow renames in `smtp`.
#[derive(Serialize, Deserialize)]
pub(super) struct JsonEntry {
    /// Wall clock time, for people and other programs; the reader uses `since`.
    #[serde(default)]
    time: Option<Timestamp>,
    /// Seconds since the start.
    since: f64,
    tls: bool,
    from: Sender,
    #[serde(flatten)]
    octets: Octets,
    /// The length of a masked secret that follows the octets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hidden: Option<usize>,
    /// The secret that follows the octets, in base64; only if secrets were requested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ending: Option<EndingName>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kind: Option<KindName>,
    /// The request id of a command.
    #[serde(rename = "turn", default, skip_serializing_if = "Option::is_none")]
    request: Option<u32>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    out_of_order: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    code: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    part: Option<PartName>,
    /// The request id of the command that a reply answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    answers: Option<u32>,
    /// Seconds from the command to its reply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    took: Option<f64>,
    /// Descriptions of deviations from the standard.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    odd: Vec<String>,
    /// The decoded SASL message.
    #[serde(rename = "gloss", default, skip_serializing_if = "Option::is_none")]
    annotation: Option<JsonAnnotation>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    level: Option<LevelName>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

/// Octets as text or as base64; a note has neither.
#[derive(Default, Serialize, Deserialize)]
struct Octets {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    base64: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct JsonAnnotation {
    reading: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    remarks: Vec<String>,
}

/// Defines an enum that mirrors one of `smtp` and fixes how its variants are written.
macro_rules! names {
    ($name:ident, $of:ty, $($kind:ident = $written:literal),+) => {
        #[derive(Clone, Copy, Serialize, Deserialize)]
        enum $name { $(#[serde(rename = $written)] $kind),+ }

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

names!(
    EndingName,
    Ending,
    CrLf = "crlf",
    Lf = "lf",
    Cap = "cap",
    Cut = "cut"
);
names!(
    KindName,
    SentKind,
    Command = "command",
    SaslResponse = "saslanswer",
    Message = "message"
);
names!(
    PartName,
    Part,
    Only = "only",
    First = "first",
    Middle = "middle",
    Last = "last"
);
names!(LevelName, Level, Info = "info", Fault = "fault");

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
            _ => Err("expected either text or base64".to_owned()),
        }
    }
}

impl JsonEntry {
    /// Converts an entry. A known secret is written only if `with_secrets` is set.
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
            request: None,
            out_of_order: false,
            code: None,
            part: None,
            answers: None,
            took: None,
            odd: Vec::new(),
            annotation: None,
            level: None,
            note: None,
        };
        match &entry.kind {
            EntryKind::Sent(sent) => line.set_sent(sent, with_secrets),
            EntryKind::Received(received) => line.set_received(received),
            EntryKind::Note(note) => {
                line.level = Some(LevelName::of(note.level));
                line.note = Some(note.text.to_string());
            }
        }
        line
    }

    fn set_sent(&mut self, sent: &Sent, with_secrets: bool) {
        self.from = Sender::Client;
        self.octets = Octets::of(&sent.visible);
        match &sent.secret {
            Some(secret) if with_secrets && secret.is_known() => {
                self.secret = Some(base64::encode(secret.reveal()));
            }
            secret => self.hidden = secret.as_ref().map(Secret::len),
        }
        self.ending = ending(sent.ending);
        self.kind = Some(KindName::of(sent.kind));
        self.request = sent.request.map(|request| request.0);
        self.out_of_order = sent.out_of_order;
        self.annotation = json_annotation(sent.annotation.as_deref());
    }

    fn set_received(&mut self, received: &Received) {
        self.from = Sender::Server;
        self.octets = Octets::of(&received.bytes);
        self.ending = ending(received.ending);
        self.code = received.code.map(Code::number);
        self.part = Some(PartName::of(received.part));
        self.answers = received.answers.map(|request| request.0);
        self.took = received
            .took
            .map(|took| truncate_to_micros(took).as_secs_f64());
        let odd = received.oddities.iter();
        self.odd = odd.map(|oddity| oddity.as_str().to_owned()).collect();
        self.annotation = json_annotation(received.annotation.as_deref());
    }

    /// Converts back to an entry.
    ///
    /// # Errors
    /// A message that names the missing or invalid field.
    pub(super) fn entry(self, clock: &WallClock) -> Result<Entry, String> {
        let at = instant(clock, self.since)?;
        let tls = self.tls;
        let kind = match self.from {
            Sender::Client => EntryKind::Sent(self.sent()?),
            Sender::Server => EntryKind::Received(self.received()?),
            Sender::Ehlo => EntryKind::Note(Note {
                level: self.level.ok_or("missing field `level`")?.value(),
                text: self.note.ok_or("missing field `note`")?.into(),
            }),
        };
        Ok(Entry { at, tls, kind })
    }

    fn sent(self) -> Result<Sent, String> {
        let secret = match (self.hidden, self.secret) {
            (hidden, None) => hidden.map(Secret::redacted),
            (None, Some(coded)) => Some(Secret::new(decoded(&coded, "secret")?)),
            _ => return Err("expected either `hidden` or `secret`, not both".to_owned()),
        };
        Ok(Sent {
            request: self.request.map(RequestId),
            visible: self.octets.bytes()?,
            secret,
            annotation: self.annotation.map(JsonAnnotation::value),
            kind: self.kind.ok_or("missing field `kind`")?.value(),
            ending: self.ending.map_or(Ending::CrLf, EndingName::value),
            out_of_order: self.out_of_order,
        })
    }

    fn received(self) -> Result<Received, String> {
        let mut oddities = Oddities::NONE;
        for words in &self.odd {
            let known = Oddity::from_description(words);
            // Later versions may know more; unknown ones are dropped, the octets are unaffected.
            known.into_iter().for_each(|oddity| oddities.insert(oddity));
        }
        let code = match self.code {
            Some(number @ 1000..) => {
                return Err(format!("invalid reply code {number}: use 0 to 999"));
            }
            code => code.map(Code::new),
        };
        Ok(Received {
            bytes: self.octets.bytes()?,
            ending: self.ending.map_or(Ending::CrLf, EndingName::value),
            code,
            part: self.part.ok_or("missing field `part`")?.value(),
            annotation: self.annotation.map(JsonAnnotation::value),
            oddities,
            answers: self.answers.map(RequestId),
            took: self.took.map(duration).transpose()?,
        })
    }
}

impl JsonAnnotation {
    fn value(self) -> Box<Annotation> {
        Box::new(Annotation {
            decoded: self.reading.into(),
            remarks: self.remarks.into_iter().map(Into::into).collect(),
        })
    }
}

/// CR LF is the default and is not written.
fn ending(ending: Ending) -> Option<EndingName> {
    (ending != Ending::CrLf).then(|| EndingName::of(ending))
}

fn json_annotation(annotation: Option<&Annotation>) -> Option<JsonAnnotation> {
    annotation.map(|annotation| JsonAnnotation {
        reading: annotation.decoded.to_string(),
        remarks: annotation.remarks.iter().map(ToString::to_string).collect(),
    })
}

fn decoded(coded: &str, key: &str) -> Result<Vec<u8>, String> {
    let decoded = base64::decode(coded.as_bytes());
    if !decoded.issues.is_empty() {
        return Err(format!("invalid base64 in `{key}`"));
    }
    Ok(decoded.bytes.reveal().to_vec())
}

/// Converts seconds, rounded to microseconds.
pub(super) fn duration(seconds: f64) -> Result<Duration, String> {
    if !(0.0..SECONDS_CAP).contains(&seconds) {
        return Err(format!(
            "invalid time {seconds}: use 0 to {SECONDS_CAP} seconds"
        ));
    }
    let micros = Duration::from_secs_f64(seconds) + Duration::from_nanos(500);
    Ok(truncate_to_micros(micros))
}

fn instant(clock: &WallClock, since: f64) -> Result<Instant, String> {
    let late = || format!("time {since} seconds is out of range for this system's clock");
    clock.instant(duration(since)?).ok_or_else(late)
}
