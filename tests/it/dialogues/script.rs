//! Parses a dialogue into steps with their expectations. The format is described in
//! tests/dialogues/README.md.

use std::time::Duration;

use ehlo::smtp::sasl::{BindingKind, ChannelBinding, Credentials, Exchange, Mechanism};
use ehlo::smtp::{CommandLine, End, Link, Secret, base64, escape};

/// The action of a step.
#[derive(Debug)]
pub(super) enum Action {
    Connect(Link),
    Server {
        octets: Vec<u8>,
        /// It arrives in one segment with the octets before it.
        same_segment: bool,
    },
    Client {
        line: CommandLine,
        consent: bool,
        /// It is queued, not sent yet.
        queued: bool,
        /// Its form on the wire, if that is not the line and CR LF.
        wire: Option<Vec<u8>>,
    },
    /// A typed line that the session must return without sending.
    NotSent(CommandLine),
    /// Raw octets.
    Raw {
        octets: Vec<u8>,
        consent: bool,
        /// The session must return them without sending.
        comes_back: bool,
    },
    /// A message sent as one chunk.
    Chunk(Vec<u8>),
    /// A line that the session sends by itself.
    Automatic(String),
    /// Begins a SASL exchange.
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
    Resume,
    End(End),
}

/// An action and its expectations.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) line: usize,
    pub(super) action: Action,
    pub(super) expected: Vec<Expectation>,
}

/// A line `= key value`.
#[derive(Debug)]
pub(super) struct Expectation {
    pub(super) line: usize,
    pub(super) key: Key,
    pub(super) value: String,
}

/// What an expectation is about.
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
    Decoded,
    RefusedLogin,
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
        ("decoded", Self::Decoded),
        ("refused-login", Self::RefusedLogin),
    ];

    /// Whether it is about the state of the session after the step, not about the events of the
    /// step.
    pub(super) fn is_state(self) -> bool {
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

    /// Whether every occurrence must be expected.
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
    /// The EHLO line of an automatic STARTTLS.
    pub(super) auto_start_tls: Option<CommandLine>,
    pub(super) steps: Vec<Step>,
}

/// An invalid line, or a step that failed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) line: usize,
    pub(super) message: String,
}

impl Script {
    pub(super) fn parse(text: &str) -> Result<Self, Failure> {
        let mut script = Self {
            auto_start_tls: None,
            steps: Vec::new(),
        };
        for (at, line) in text.lines().enumerate() {
            let number = at + 1;
            script.parse_line(line, number).map_err(|message| Failure {
                line: number,
                message,
            })?;
        }
        Ok(script)
    }

    fn parse_line(&mut self, line: &str, number: usize) -> Result<(), String> {
        if line.is_empty() || line.starts_with('#') {
            return Ok(());
        }
        if line.ends_with([' ', '\t']) {
            return Err("trailing blank: editors remove it; write it as \\x20 after |".into());
        }
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "=" => return self.parse_expectation(rest, number),
            "W:" | "W|" => return self.set_wire_form(octets(word, rest)?),
            "AUTO-STARTTLS" if self.steps.is_empty() => {
                self.auto_start_tls = Some(typed(rest)?);
                return Ok(());
            }
            _ => {}
        }
        let action = match word {
            "CONNECT" if self.steps.is_empty() => Action::Connect(link(rest)?),
            "S:" | "S|" | "S*" | "S+:" | "S+|" | "S+*" => Action::Server {
                octets: octets(word, rest)?,
                same_segment: self.same_segment(word)?,
            },
            "C:" | "C!" | "C_" => Action::Client {
                line: typed(rest)?,
                consent: word == "C!",
                queued: word == "C_",
                wire: None,
            },
            "C?" => Action::NotSent(typed(rest)?),
            "O:" => Action::Automatic(rest.to_owned()),
            "A:" | "A!" | "A?" => Action::Authenticate {
                exchange: Box::new(exchange(rest)?),
                consent: word == "A!",
                comes_back: word == "A?",
            },
            "R|" | "R!" | "R?" => Action::Raw {
                octets: unescaped(rest)?,
                consent: word == "R!",
                comes_back: word == "R?",
            },
            "B|" => Action::Chunk(unescaped(rest)?),
            "M:" | "M|" | "M*" => {
                let text = octets(word, rest)?;
                let wire = text.clone();
                Action::Message { text, wire }
            }
            "M." => Action::EndOfMessage {
                wire: b".\r\n".to_vec(),
            },
            "~" => Action::Time(duration(rest)?),
            "TLS" => Action::Tls(link(rest)?),
            "RESUME" => Action::Resume,
            "END" => Action::End(end(rest)?),
            _ => return Err(format!("unknown directive {word:?}")),
        };
        if self.steps.is_empty() && !matches!(action, Action::Connect(_)) {
            self.push(number, Action::Connect(Link::Clear));
        }
        self.push(number, action);
        Ok(())
    }

    fn push(&mut self, line: usize, action: Action) {
        self.steps.push(Step {
            line,
            action,
            expected: Vec::new(),
        });
    }

    fn parse_expectation(&mut self, text: &str, line: usize) -> Result<(), String> {
        let (name, value) = text.split_once(' ').unwrap_or((text, ""));
        let key = Key::NAMED.iter().find(|(known, _)| *known == name);
        let &(_, key) = key.ok_or_else(|| format!("unknown expectation {name:?}"))?;
        let is_note = matches!(
            key,
            Key::Fault | Key::Info | Key::Decoded | Key::RefusedLogin
        );
        if is_note && !(value.len() > 2 && value.starts_with('"') && value.ends_with('"')) {
            return Err("expected a part of its text, in quotes".into());
        }
        let step = self
            .steps
            .last_mut()
            .ok_or("an expectation must follow a step")?;
        step.expected.push(Expectation {
            line,
            key,
            value: value.to_owned(),
        });
        Ok(())
    }

    /// `W` gives the form on the wire of the line of a message or chunk before it, if it is different.
    fn set_wire_form(&mut self, octets: Vec<u8>) -> Result<(), String> {
        match self.steps.last_mut().map(|step| &mut step.action) {
            Some(Action::Client { wire, .. }) => *wire = Some(octets),
            Some(Action::Message { wire, .. } | Action::EndOfMessage { wire }) => *wire = octets,
            _ => return Err("W must follow a line of a message or chunk".into()),
        }
        Ok(())
    }

    fn same_segment(&self, word: &str) -> Result<bool, String> {
        let same_segment = word.starts_with("S+");
        let before = self.steps.last();
        if same_segment
            && !before.is_some_and(|step| {
                matches!(step.action, Action::Server { .. })
                    && step.expected.iter().all(|e| !e.key.is_state())
            })
        {
            return Err(
                "S+ must follow a line of the server without an expectation about the state".into(),
            );
        }
        Ok(same_segment)
    }
}

/// The octets of a line, by the last character of its directive: `:` a line, `|` escapes, `*`
/// repeated.
fn octets(word: &str, rest: &str) -> Result<Vec<u8>, String> {
    if word.ends_with(':') {
        return Ok([rest.as_bytes(), b"\r\n"].concat());
    }
    if word.ends_with('|') {
        return unescaped(rest);
    }
    let (times, unit) = rest.split_once(' ').ok_or("expected a number and octets")?;
    let times: usize = times
        .parse()
        .map_err(|_| format!("invalid number {times:?}"))?;
    Ok(unescaped(unit)?.repeat(times))
}

fn unescaped(text: &str) -> Result<Vec<u8>, String> {
    escape::unescape(text).map_err(|error| error.to_string())
}

fn typed(text: &str) -> Result<CommandLine, String> {
    CommandLine::parse(text).map_err(|error| error.to_string())
}

/// Parses `PLAIN alice wonderland later authzid=bob nonce=base64 binding=octets`. The user and the
/// secret may contain escapes.
fn exchange(text: &str) -> Result<Exchange, String> {
    let mut words = text.split(' ');
    let mut word = || words.next().unwrap_or_default();
    let (name, user, secret) = (word(), unescaped(word())?, unescaped(word())?);
    let mechanism = Mechanism::parse(name).ok_or_else(|| format!("unknown mechanism {name:?}"))?;
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
        _ => Err(format!(
            "invalid link {word:?}: use clear, unverified or verified"
        )),
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
            "invalid end {word:?}: use closed, reset, truncated, by-us or lost REASON"
        )),
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    let invalid = || format!("invalid time {text:?}: use 3s or 200ms");
    let (digits, scale) = match text.strip_suffix("ms") {
        Some(digits) => (digits, 1),
        None => (text.strip_suffix('s').ok_or_else(invalid)?, 1000),
    };
    let number: u64 = digits.parse().map_err(|_| invalid())?;
    Ok(Duration::from_millis(number * scale))
}
