//! What a session has shown of names so far, for what the ghost proposes: addresses, the login, the
//! open transaction. No secret is kept.

use crate::smtp::sasl::Mechanism;
use crate::smtp::{Awaited, Code, ParsedCommand, Sent, SentKind, Verb, base64};

/// Addresses that are kept of each kind.
const ADDRESSES: usize = 16;

/// What this session has shown.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Senders, the latest last.
    pub senders: Vec<String>,
    /// Recipients, the latest last.
    pub recipients: Vec<String>,
    /// Who is logged in, where that is an address.
    pub login: Option<String>,
    /// The MAIL line of the open transaction.
    pub mail: String,
    /// A message was taken, and nothing has begun since.
    pub delivered: bool,
    /// The verb that was refused last, until another is answered.
    pub refused: Option<Verb>,
    /// MAIL or RCPT was refused for the name that EHLO gave.
    pub name_refused: bool,
    /// A login was refused or given up since the last EHLO.
    pub login_refused: bool,
    /// Whether a line was typed by hand on this connection.
    pub typed: bool,
    /// Whether one was answered with yes: the first step is made.
    pub coached: bool,
    /// Whom the AUTH that is under way would log in.
    claimed: Option<String>,
    /// The mechanism of the AUTH that was sent last.
    pub mechanism: Option<Mechanism>,
    /// AUTH LOGIN was sent, and its first answer is the user's name.
    name_is_next: bool,
}

impl Seen {
    /// A connection begins: what belonged to the one before goes, the addresses stay.
    pub fn begin(&mut self) {
        *self = Self {
            senders: std::mem::take(&mut self.senders),
            recipients: std::mem::take(&mut self.recipients),
            coached: self.coached,
            ..Self::default()
        };
    }

    /// A login of this user begins.
    pub fn claim(&mut self, user: &str) {
        self.claimed = as_address(user);
    }

    /// A line went.
    pub fn sent(&mut self, sent: &Sent) {
        let open = String::from_utf8_lossy(&sent.visible);
        if sent.kind == SentKind::SaslResponse {
            if std::mem::take(&mut self.name_is_next)
                && let Some(answer) = &sent.secret
            {
                self.claimed = decode(answer.reveal()).and_then(|name| as_address(&name));
            }
            return;
        }
        if sent.kind != SentKind::Command {
            return;
        }
        let line = ParsedCommand::parse(&open);
        let words: Vec<String> = open
            .split_whitespace()
            .map(str::to_ascii_uppercase)
            .collect();
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
                Some("PLAIN") => as_address(text.split('\0').nth(1)?),
                Some("LOGIN") => as_address(&text),
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

    /// A reply came.
    pub fn replied(&mut self, code: Option<Code>, awaited: Option<Awaited>) {
        let (Some(code), Some(awaited)) = (code, awaited) else {
            return;
        };
        let yes = code.is_positive();
        self.name_refused = false;
        match awaited {
            Awaited::Command(verb) => {
                self.coached |= yes && self.typed;
                // EHLO is worth another try, unless the server does not know it.
                let final_word = verb != Verb::Ehlo || matches!(code.number(), 500 | 502);
                self.refused = (!yes && final_word).then_some(verb);
                match verb {
                    Verb::Mail if !yes => self.mail.clear(),
                    Verb::Ehlo | Verb::Helo | Verb::Lhlo if yes => {
                        self.mail.clear();
                        self.login_refused = false;
                    }
                    Verb::Rset if yes => self.mail.clear(),
                    _ => {}
                }
            }
            Awaited::EndOfData | Awaited::Chunk { last: true } => {
                self.delivered = yes;
                self.mail.clear();
            }
            Awaited::SaslResponse | Awaited::Greeting | Awaited::Chunk { last: false } => {}
        }
        let logging_in = matches!(
            awaited,
            Awaited::SaslResponse | Awaited::Command(Verb::Auth)
        );
        if logging_in && code.number() == 235 {
            self.login = self.claimed.take();
            self.login_refused = false;
        } else if logging_in && code.is_negative() && code.number() != 503 {
            // 503 is about the order of commands, and may come to who is logged in.
            self.claimed = None;
            self.login_refused = true;
        }
    }
}

/// Base64 into text.
fn decode(octets: &[u8]) -> Option<String> {
    let decoded = base64::decode(octets);
    let text = std::str::from_utf8(decoded.bytes.reveal()).ok()?;
    decoded.is_base64().then(|| text.to_owned())
}

/// A user's name, where it is an address that a path can hold.
fn as_address(name: &str) -> Option<String> {
    let plain = |c: char| !c.is_control() && !c.is_whitespace() && !matches!(c, '<' | '>' | '"');
    let (local, domain) = name.split_once('@')?;
    let good = !local.is_empty() && domain.contains('.') && !domain.contains('@');
    (good && name.chars().all(plain)).then(|| name.to_owned())
}
