//! A dialogue as text into steps, each with what must come of it. The language stands in
//! tests/dialogues/README.md.

use std::time::Duration;

use ehlo::smtp::sasl::{BindingKind, ChannelBinding, Credentials, Exchange, Mechanism};
use ehlo::smtp::{CommandLine, End, Link, Secret, base64, escape};

/// What a line of a dialogue makes happen.
#[derive(Debug)]
pub(super) enum Act {
    Connect(Link),
    Server {
        octets: Vec<u8>,
        /// It arrives in one segment with the octets before it.
        glued: bool,
    },
    Client {
        line: CommandLine,
        consent: bool,
        /// It does not go yet.
        waits: bool,
    },
    /// A line that is typed and must come back unsent.
    Unsent(CommandLine),
    /// Octets that go as they are, and whether they go at all, with consent or not.
    Raw {
        octets: Vec<u8>,
        consent: bool,
        goes: bool,
    },
    /// A message that goes as one chunk.
    Chunk(Vec<u8>),
    /// A line the session sends by itself.
    ByItself(String),
    /// An exchange is begun.
    Authenticate {
        exchange: Box<Exchange>,
        consent: bool,
        /// It must come back unsent.
        comes_back: bool,
    },
    Message {
        text: Vec<u8>,
        wire: Vec<u8>,
    },
    EndOfMessage {
        wire: Vec<u8>,
    },
    Time(Duration),
    Tls(Link),
    ReadOn,
    End(End),
}

/// One line of a dialogue that makes something happen.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) line: usize,
    pub(super) act: Act,
    pub(super) expected: Vec<Expectation>,
}

/// A line `= key value`.
#[derive(Debug)]
pub(super) struct Expectation {
    pub(super) line: usize,
    pub(super) key: Key,
    pub(super) value: String,
}

/// What can be expected of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    Phase,
    Link,
    Capabilities,
    EarlierCapabilities,
    Authenticated,
    SecretLines,
    Waiting,
    Paused,
    ChunkLeft,
    Unread,
    Reply,
    Oddity,
    Took,
    Hidden,
    Kind,
    OutOfOrder,
    NotSent,
    Refused,
    Fault,
    Info,
    Gloss,
    Attempt,
}

impl Key {
    pub(super) const NAMED: [(&'static str, Self); 22] = [
        ("phase", Self::Phase),
        ("link", Self::Link),
        ("capabilities", Self::Capabilities),
        ("earlier-capabilities", Self::EarlierCapabilities),
        ("authenticated", Self::Authenticated),
        ("secret-lines", Self::SecretLines),
        ("waiting", Self::Waiting),
        ("paused", Self::Paused),
        ("chunk-left", Self::ChunkLeft),
        ("unread", Self::Unread),
        ("reply", Self::Reply),
        ("oddity", Self::Oddity),
        ("took", Self::Took),
        ("hidden", Self::Hidden),
        ("kind", Self::Kind),
        ("out-of-order", Self::OutOfOrder),
        ("not-sent", Self::NotSent),
        ("refused", Self::Refused),
        ("fault", Self::Fault),
        ("info", Self::Info),
        ("gloss", Self::Gloss),
        ("attempt", Self::Attempt),
    ];

    /// Whether it is about where the dialogue stands after the step, and not about the step.
    pub(super) fn is_standing(self) -> bool {
        matches!(
            self,
            Self::Phase
                | Self::Link
                | Self::Capabilities
                | Self::EarlierCapabilities
                | Self::Authenticated
                | Self::SecretLines
                | Self::Waiting
                | Self::Paused
                | Self::ChunkLeft
                | Self::Unread
        )
    }

    /// Whether it must be stated wherever it comes to pass.
    pub(super) fn is_strict(self) -> bool {
        matches!(
            self,
            Self::Oddity
                | Self::Hidden
                | Self::OutOfOrder
                | Self::NotSent
                | Self::Refused
                | Self::Fault
        )
    }
}

/// A dialogue.
#[derive(Debug)]
pub(super) struct Script {
    /// The EHLO line of an opening, where the session has one.
    pub(super) opening: Option<CommandLine>,
    pub(super) steps: Vec<Step>,
}

/// A line that is no line of a dialogue, or one that failed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) line: usize,
    pub(super) words: String,
}

impl Script {
    pub(super) fn parse(text: &str) -> Result<Self, Failure> {
        let mut script = Self {
            opening: None,
            steps: Vec::new(),
        };
        for (at, line) in text.lines().enumerate() {
            let number = at + 1;
            script.take_line(line, number).map_err(|words| Failure {
                line: number,
                words,
            })?;
        }
        Ok(script)
    }

    fn take_line(&mut self, line: &str, number: usize) -> Result<(), String> {
        if line.is_empty() || line.starts_with('#') {
            return Ok(());
        }
        if line.ends_with([' ', '\t']) {
            return Err(
                "a blank at the end gets lost in editors: write it as \\x20 after |".into(),
            );
        }
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "=" => return self.take_expectation(rest, number),
            "W:" | "W|" => return self.take_wire(octets(word, rest)?),
            "OPENING" if self.steps.is_empty() => {
                self.opening = Some(typed(rest)?);
                return Ok(());
            }
            _ => {}
        }
        let act = match word {
            "CONNECT" if self.steps.is_empty() => Act::Connect(link(rest)?),
            "S:" | "S|" | "S*" | "S+:" | "S+|" | "S+*" => Act::Server {
                octets: octets(word, rest)?,
                glued: self.glued(word)?,
            },
            "C:" | "C!" | "C_" => Act::Client {
                line: typed(rest)?,
                consent: word == "C!",
                waits: word == "C_",
            },
            "C?" => Act::Unsent(typed(rest)?),
            "O:" => Act::ByItself(rest.to_owned()),
            "A:" | "A!" | "A?" => Act::Authenticate {
                exchange: Box::new(exchange(rest)?),
                consent: word == "A!",
                comes_back: word == "A?",
            },
            "R|" | "R!" | "R?" => Act::Raw {
                octets: unescaped(rest)?,
                consent: word == "R!",
                goes: word != "R?",
            },
            "B|" => Act::Chunk(unescaped(rest)?),
            "M:" | "M|" | "M*" => {
                let text = octets(word, rest)?;
                let wire = text.clone();
                Act::Message { text, wire }
            }
            "M." => Act::EndOfMessage {
                wire: b".\r\n".to_vec(),
            },
            "~" => Act::Time(duration(rest)?),
            "TLS" => Act::Tls(link(rest)?),
            "READ" if rest == "ON" => Act::ReadOn,
            "END" => Act::End(end(rest)?),
            _ => return Err(format!("unknown directive {word:?}")),
        };
        if self.steps.is_empty() && !matches!(act, Act::Connect(_)) {
            self.push(number, Act::Connect(Link::Clear));
        }
        self.push(number, act);
        Ok(())
    }

    fn push(&mut self, line: usize, act: Act) {
        self.steps.push(Step {
            line,
            act,
            expected: Vec::new(),
        });
    }

    fn take_expectation(&mut self, text: &str, line: usize) -> Result<(), String> {
        let (name, value) = text.split_once(' ').unwrap_or((text, ""));
        let key = Key::NAMED.iter().find(|(known, _)| *known == name);
        let &(_, key) = key.ok_or_else(|| format!("unknown expectation {name:?}"))?;
        let is_note = matches!(key, Key::Fault | Key::Info | Key::Gloss | Key::Attempt);
        if is_note && !(value.len() > 2 && value.starts_with('"') && value.ends_with('"')) {
            return Err("a note is expected by some of its words, in quotes".into());
        }
        let step = self
            .steps
            .last_mut()
            .ok_or("an expectation stands behind what it is expected of")?;
        step.expected.push(Expectation {
            line,
            key,
            value: value.to_owned(),
        });
        Ok(())
    }

    /// `W` says how the message line before it stands on the wire, where that differs.
    fn take_wire(&mut self, octets: Vec<u8>) -> Result<(), String> {
        match self.steps.last_mut().map(|step| &mut step.act) {
            Some(Act::Message { wire, .. } | Act::EndOfMessage { wire }) => *wire = octets,
            _ => return Err("W stands behind a line of the message".into()),
        }
        Ok(())
    }

    fn glued(&self, word: &str) -> Result<bool, String> {
        let glued = word.starts_with("S+");
        let before = self.steps.last();
        if glued
            && !before.is_some_and(|step| {
                matches!(step.act, Act::Server { .. })
                    && step.expected.iter().all(|e| !e.key.is_standing())
            })
        {
            return Err(
                "S+ stands behind a line of the server, in whose middle nothing stands still"
                    .into(),
            );
        }
        Ok(glued)
    }
}

/// The octets of a line by the last sign of its word: `:` a line, `|` escapes, `*` many times.
fn octets(word: &str, rest: &str) -> Result<Vec<u8>, String> {
    if word.ends_with(':') {
        return Ok([rest.as_bytes(), b"\r\n"].concat());
    }
    if word.ends_with('|') {
        return unescaped(rest);
    }
    let (times, unit) = rest.split_once(' ').ok_or("how many times, and what?")?;
    let times: usize = times
        .parse()
        .map_err(|_| format!("{times:?} is no number"))?;
    Ok(unescaped(unit)?.repeat(times))
}

fn unescaped(text: &str) -> Result<Vec<u8>, String> {
    escape::parse(text).map_err(|error| error.to_string())
}

fn typed(text: &str) -> Result<CommandLine, String> {
    CommandLine::parse(text).map_err(|error| error.to_string())
}

/// `PLAIN alice wonderland later authzid=bob nonce=base64 binding=octets`: the user and the secret
/// with escapes.
fn exchange(text: &str) -> Result<Exchange, String> {
    let mut words = text.split(' ');
    let mut word = || words.next().unwrap_or_default();
    let (name, user, secret) = (word(), unescaped(word())?, unescaped(word())?);
    let mechanism = Mechanism::parse(name).ok_or_else(|| format!("{name:?} is no mechanism"))?;
    let mut credentials = Credentials {
        authzid: String::new(),
        user: String::from_utf8(user).map_err(|error| error.to_string())?,
        secret: Secret::new(secret),
        host: "mx.example".to_owned(),
        port: 587,
    };
    let (mut nonce, mut initial, mut data) = (vec![0; 18], true, None);
    for option in words {
        match option.split_once('=').unwrap_or((option, "")) {
            ("later", "") => initial = false,
            ("authzid", name) => credentials.authzid = name.to_owned(),
            ("nonce", text) => nonce = base64::decode(text.as_bytes()).bytes.reveal().to_vec(),
            ("binding", octets) => data = Some(octets.as_bytes().to_vec()),
            _ => return Err(format!("unknown option {option:?}")),
        }
    }
    let kind = BindingKind::TlsExporter;
    let mut exchange = Exchange::new(mechanism, credentials, None, &nonce, initial)
        .map_err(|error| error.to_string())?;
    if let Some(data) = data {
        exchange.bind(Some(ChannelBinding { kind, data }));
    }
    Ok(exchange)
}

fn link(word: &str) -> Result<Link, String> {
    match word {
        "clear" => Ok(Link::Clear),
        "unverified" => Ok(Link::Unverified),
        "verified" => Ok(Link::Verified),
        _ => Err(format!("{word:?} is no link: clear, unverified, verified")),
    }
}

fn end(text: &str) -> Result<End, String> {
    let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
    match word {
        "closed" => Ok(End::Closed),
        "reset" => Ok(End::Reset),
        "truncated" => Ok(End::Truncated),
        "by-us" => Ok(End::ByUs),
        "lost" => Ok(End::Lost(rest.to_owned())),
        _ => Err(format!(
            "{word:?} is no end: closed, reset, truncated, by-us, lost WHY"
        )),
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is no time: 3s, 200ms");
    let (digits, scale) = match text.strip_suffix("ms") {
        Some(digits) => (digits, 1),
        None => (text.strip_suffix('s').ok_or_else(wrong)?, 1000),
    };
    let number: u64 = digits.parse().map_err(|_| wrong())?;
    Ok(Duration::from_millis(number * scale))
}
