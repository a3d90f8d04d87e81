//! What a session has shown so far, for the ghost text to propose: addresses, the login, the open
//! transaction. Secrets are never kept.

use crate::smtp::sasl::Mechanism;
use crate::smtp::{Awaited, Code, ParsedCommand, Sent, SentKind, Verb, base64};

/// The maximum number of addresses of each kind.
const ADDRESSES: usize = 16;
/// The maximum length of a user name, in octets.
const USER_CAP: usize = 320;

/// The maximum number of refused names.
const NAMES: usize = 16;

/// What this session has shown.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Senders, the latest last.
    pub senders: Vec<String>,
    /// Recipients, the latest last.
    pub recipients: Vec<String>,
    /// The user who is logged in.
    pub user: Option<String>,
    /// The same, if the user name is an address.
    pub login: Option<String>,
    /// The MAIL line of the open transaction.
    pub mail: String,
    /// Whether a message was accepted, and no transaction has begun since.
    pub delivered: bool,
    /// The verb of the last answered command, if it was refused. A refused EHLO counts only if the server
    /// does not support it.
    pub refused: Option<Verb>,
    /// Whether the latest reply refused MAIL or RCPT because of the name in EHLO.
    pub name_refused: bool,
    /// The names that the server refused in EHLO, or because of it.
    pub refused_names: Vec<String>,
    /// The name of the last EHLO, HELO or LHLO.
    name: String,
    /// Whether a login failed or was called off since the last EHLO.
    pub login_refused: bool,
    /// Whether STARTTLS was refused on this connection.
    pub starttls_refused: bool,
    /// Whether a line was typed on this connection.
    pub typed: bool,
    /// Whether a typed line was accepted: the user is no longer a newcomer.
    pub coached: bool,
    /// The user of the login in progress.
    claimed: Option<String>,
    /// The mechanism of the last AUTH.
    pub mechanism: Option<Mechanism>,
    /// Whether the next answer of AUTH LOGIN is the user name.
    name_is_next: bool,
}

impl Seen {
    /// A new connection: only the addresses are kept.
    pub fn begin(&mut self) {
        *self = Self {
            senders: std::mem::take(&mut self.senders),
            recipients: std::mem::take(&mut self.recipients),
            coached: self.coached,
            ..Self::default()
        };
    }

    /// This user begins to log in.
    pub fn claim(&mut self, user: &str) {
        self.claimed = as_name(user);
    }

    /// The server refused the name of the last EHLO, or MAIL or RCPT because of it.
    pub fn refuse_name(&mut self, awaited: Option<Awaited>) {
        match awaited {
            Some(Awaited::Command(Verb::Mail | Verb::Rcpt)) => self.name_refused = true,
            Some(Awaited::Command(verb)) if verb.is_introduction() => {}
            _ => return,
        }
        let name = std::mem::take(&mut self.name);
        if !name.is_empty() && self.refused_names.len() < NAMES {
            self.refused_names.push(name);
        }
    }

    /// A line was sent.
    pub fn sent(&mut self, sent: &Sent) {
        let open = String::from_utf8_lossy(&sent.visible);
        if sent.kind == SentKind::SaslResponse {
            if std::mem::take(&mut self.name_is_next)
                && let Some(answer) = &sent.secret
            {
                self.claimed = decode(answer.reveal()).and_then(|name| as_name(&name));
            }
            return;
        }
        if sent.kind != SentKind::Command {
            return;
        }
        let line = ParsedCommand::parse(&open);
        let words: Vec<String> = words_of(&open).map(str::to_ascii_uppercase).collect();
        if line.verb.is_introduction() {
            self.name = words_of(&open).nth(1).unwrap_or_default().to_owned();
        }
        if line.verb == Verb::Auth {
            self.mechanism = words.get(1).and_then(|name| Mechanism::parse(name));
            let response = sent
                .secret
                .as_ref()
                .and_then(|secret| decode(secret.reveal()));
            self.name_is_next =
                words.get(1).is_some_and(|name| name == "LOGIN") && response.is_none();
            let claimed = response.and_then(|text| match words.get(1).map(String::as_str) {
                // authorization NUL user NUL password (RFC 4616 section 2)
                Some("PLAIN") => as_name(text.split('\0').nth(1)?),
                Some("LOGIN") => as_name(&text),
                _ => None,
            });
            self.claimed = claimed.or(self.claimed.take());
        }
        let Some(path) = &line.path else {
            return;
        };
        let address = &open[path.bare_address(&open)];
        if line.verb == Verb::Mail {
            self.delivered = false;
            self.mail = open.to_string();
        }
        let list = match line.verb {
            Verb::Mail => &mut self.senders,
            _ => &mut self.recipients,
        };
        if address.contains('@') {
            list.retain(|known| known != address);
            list.push(address.to_owned());
            if list.len() > ADDRESSES {
                list.remove(0);
            }
        }
    }

    /// A reply was received.
    pub fn replied(&mut self, code: Option<Code>, awaited: Option<Awaited>) {
        let (Some(code), Some(awaited)) = (code, awaited) else {
            return;
        };
        let yes = code.is_positive();
        self.name_refused = false;
        match awaited {
            Awaited::Command(verb) => {
                self.coached |= yes && self.typed;
                // EHLO is worth another try, unless the server does not support it.
                let introduces = matches!(verb, Verb::Ehlo | Verb::Lhlo);
                let final_word = !introduces || matches!(code.number(), 500 | 502);
                self.refused = (!yes && final_word).then_some(verb);
                match verb {
                    Verb::Mail if !yes => self.mail.clear(),
                    Verb::Ehlo | Verb::Helo | Verb::Lhlo if yes => {
                        self.mail.clear();
                        self.login_refused = false;
                        let name = &self.name;
                        self.refused_names.retain(|refused| refused != name);
                    }
                    Verb::Rset if yes => self.mail.clear(),
                    Verb::StartTls => self.starttls_refused = !yes,
                    _ => {}
                }
            }
            Awaited::EndOfData | Awaited::Chunk { last: true } => {
                self.delivered = yes;
                // A refused chunk leaves the transaction open; a refused message ends it.
                if yes || awaited == Awaited::EndOfData {
                    self.mail.clear();
                }
            }
            Awaited::SaslResponse
            | Awaited::SaslCancel
            | Awaited::Greeting
            | Awaited::Chunk { last: false } => {}
        }
        let logging_in = awaited.is_login();
        if logging_in && code.number() == 235 {
            self.user = self.claimed.take();
            self.login = self.user.as_deref().and_then(as_address);
            self.login_refused = false;
        } else if logging_in && code.is_negative() && code.number() != 503 {
            // 503 is about the order of commands: the user may be logged in already.
            self.claimed = None;
            self.login_refused = true;
        }
    }
}

fn words_of(line: &str) -> impl Iterator<Item = &str> {
    line.split_whitespace()
}

/// Decodes base64 that is valid and contains UTF-8.
fn decode(octets: &[u8]) -> Option<String> {
    let decoded = base64::decode(octets);
    let text = std::str::from_utf8(decoded.bytes.reveal()).ok()?;
    decoded.is_base64().then(|| text.to_owned())
}

/// A user name, if it is not empty and not too long to be one.
fn as_name(name: &str) -> Option<String> {
    (1..=USER_CAP)
        .contains(&name.len())
        .then(|| name.to_owned())
}

/// A user name, if it is an address that can be used in a path.
fn as_address(name: &str) -> Option<String> {
    let plain = |c: char| !c.is_control() && !c.is_whitespace() && !matches!(c, '<' | '>' | '"');
    let (local, domain) = name.split_once('@')?;
    let good = !local.is_empty() && domain.contains('.') && !domain.contains('@');
    (good && name.chars().all(plain)).then(|| name.to_owned())
}
