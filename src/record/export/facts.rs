//! Collects what a session did, as far as other tools can repeat it.

use crate::record::import::IMPLICIT_STARTTLS;
use crate::record::session::{Excerpt, host_and_port};
use crate::smtp::sasl::{Mechanism, decode_message};
use crate::smtp::{
    Code, CommandLine, Entry, EntryKind, Level, Received, RequestId, Sent, SentKind, Verb, base64,
};

/// Texts of notes, of `ehlo` or another tool, about a certificate that no CA verified: accepted
/// only by a pin or DANE, by curl with `-k`, or by s_client.
const UNVERIFIED: [&str; 3] = [
    "; without that: ",
    "SSL certificate verify result: ",
    "Verification error: ",
];

/// How TLS was started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TlsMode {
    None,
    StartTls,
    Implicit,
}

/// The last login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LoginFacts {
    /// The mechanism as it was sent.
    pub(super) mechanism: String,
    /// The user name, if known.
    pub(super) user: Option<String>,
}

/// A recipient of the last transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Recipient {
    /// The forward-path, without brackets.
    pub(super) address: String,
    /// Whether the server accepted it; `None` without a reply.
    pub(super) accepted: Option<bool>,
    /// The request id of the RCPT command.
    request: Option<RequestId>,
}

/// What a session did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Facts {
    /// The host, without brackets; empty if unknown.
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) tls: TlsMode,
    /// The client name in the last EHLO, HELO or LHLO.
    pub(super) helo: Option<String>,
    pub(super) lmtp: bool,
    pub(super) login: Option<LoginFacts>,
    /// The reverse-path of the last transaction, without brackets.
    pub(super) from: Option<String>,
    /// The recipients of the last transaction.
    pub(super) to: Vec<Recipient>,
    /// The number of transactions.
    pub(super) transactions: usize,
    /// The last transaction sent a message.
    pub(super) message: bool,
    /// The session accepted a certificate that no CA verified.
    pub(super) unverified: bool,
    /// STARTTLS succeeded and no EHLO followed.
    pub(super) ends_with_tls: bool,
    /// The request id of the last STARTTLS.
    starttls: Option<RequestId>,
}

impl Facts {
    pub(super) fn of(excerpt: &Excerpt<'_>) -> Self {
        let (mut host, port) = host_and_port(&excerpt.meta.target);
        if host.is_empty() {
            let mut backwards = excerpt.entries.iter().rev();
            let greeting = backwards.find_map(|entry| entry.greeting_name());
            greeting.unwrap_or_default().clone_into(&mut host);
        }
        let mut facts = Self {
            host,
            port: 0,
            tls: TlsMode::None,
            helo: None,
            lmtp: false,
            login: None,
            from: None,
            to: Vec::new(),
            transactions: 0,
            message: false,
            unverified: false,
            ends_with_tls: false,
            starttls: None,
        };
        let implicit_starttls = |entry: &Entry| match &entry.kind {
            EntryKind::Note(note) => note.text.starts_with(IMPLICIT_STARTTLS),
            _ => false,
        };
        let mut spoken = excerpt
            .entries
            .iter()
            .filter(|entry| !matches!(entry.kind, EntryKind::Note(_)));
        let upgraded = excerpt.entries.iter().copied().any(implicit_starttls);
        if !upgraded && spoken.next().is_some_and(|entry| entry.tls) {
            facts.tls = TlsMode::Implicit;
        } else if spoken.any(|entry| entry.tls) {
            facts.tls = TlsMode::StartTls;
        }
        let mut challenge = Vec::new();
        for entry in &excerpt.entries {
            facts.record_entry(entry, &mut challenge);
        }
        facts.unverified &= facts.tls != TlsMode::None;
        facts.port = port.unwrap_or(match facts.tls {
            TlsMode::Implicit => 465,
            _ => 25,
        });
        facts
    }

    /// Whether the server accepted some recipients and refused others.
    pub(super) fn partly_accepted(&self) -> bool {
        let any = |accepted| self.to.iter().any(|to| to.accepted == Some(accepted));
        any(true) && any(false)
    }

    fn record_entry(&mut self, entry: &Entry, challenge: &mut Vec<u8>) {
        let sent = match &entry.kind {
            EntryKind::Sent(sent) => sent,
            EntryKind::Received(received) => return self.record_reply(received, challenge),
            EntryKind::Note(note) => {
                let faulty = note.level == Level::Fault && note.text.starts_with("certificate ");
                let unverified = UNVERIFIED.iter().any(|words| note.text.contains(words));
                self.unverified |= faulty || unverified;
                return;
            }
        };
        match sent.kind {
            SentKind::Message => self.message = true,
            SentKind::SaslResponse => self.record_sasl_response(sent, challenge),
            SentKind::Command => self.record_command(sent),
        }
    }

    fn record_reply(&mut self, received: &Received, challenge: &mut Vec<u8>) {
        if let Some(text) = received.bytes.strip_prefix(b"334 ") {
            *challenge = base64::decode(text).bytes.reveal().to_vec();
        }
        let agreed = received.code.is_some_and(Code::is_positive);
        if agreed && self.starttls.is_some() && self.starttls == received.answers {
            // The record may have no line under TLS.
            self.tls = TlsMode::StartTls;
            self.ends_with_tls = true;
        }
        let is_answered =
            |to: &&mut Recipient| to.request.is_some() && to.request == received.answers;
        if let (Some(to), Some(code)) = (self.to.iter_mut().find(is_answered), received.code) {
            to.accepted = Some(!code.is_negative());
        }
    }

    fn record_command(&mut self, sent: &Sent) {
        let text = String::from_utf8_lossy(&sent.visible).into_owned();
        let Ok(line) = CommandLine::parse(text) else {
            return;
        };
        match line.verb() {
            verb @ (Verb::Ehlo | Verb::Helo | Verb::Lhlo) => {
                self.helo = Some(line.argument().to_owned()).filter(|name| !name.is_empty());
                self.lmtp = verb == Verb::Lhlo;
                self.ends_with_tls = false;
            }
            Verb::StartTls => self.starttls = sent.request,
            Verb::Auth | Verb::Xexps => {
                let name = line.mechanism().map(|(name, _)| name.to_owned());
                self.login = name.map(|mechanism| LoginFacts {
                    mechanism,
                    user: None,
                });
                if sent.secret.is_some() {
                    self.record_sasl_response(sent, &[]);
                }
            }
            Verb::Mail => {
                self.from = Some(path(line.argument()));
                self.to.clear();
                self.transactions += 1;
                self.message = false;
            }
            Verb::Rcpt => self.to.push(Recipient {
                address: path(line.argument()),
                accepted: None,
                request: sent.request,
            }),
            _ => {}
        }
    }

    /// Takes the user name from a SASL response, if its octets are known.
    fn record_sasl_response(&mut self, sent: &Sent, challenge: &[u8]) {
        if let Some(login) = &mut self.login
            && let Some(secret) = sent.secret.as_ref().filter(|secret| secret.is_known())
            && login.user.is_none()
        {
            let octets = base64::decode(secret.reveal()).bytes;
            let mechanism = Mechanism::parse(&login.mechanism);
            login.user = decode_message(mechanism, 0, challenge, octets.reveal()).user;
        }
    }
}

/// The address in `FROM:<alice@example.org> SIZE=1`.
fn path(argument: &str) -> String {
    let path = argument
        .split_once(':')
        .map_or(argument, |(_, path)| path)
        .trim();
    match path.strip_prefix('<') {
        Some(inner) => {
            // A quoted local part may contain a bracket.
            let end = inner.find("> ").or_else(|| inner.rfind('>'));
            inner[..end.unwrap_or(inner.len())].to_owned()
        }
        None => path.split(' ').next().unwrap_or_default().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_targets_into_host_and_port() {
        let table = [
            ("mx.example.org", "mx.example.org", None),
            ("mx.example.org:587", "mx.example.org", Some(587)),
            ("[2001:db8::1]:25", "2001:db8::1", Some(25)),
            ("2001:db8::1", "2001:db8::1", None),
            ("smtps://mx.example.org:465/", "mx.example.org", Some(465)),
            ("", "", None),
        ];
        for (named, host, port) in table {
            assert_eq!(host_and_port(named), (host.to_owned(), port), "{named}");
        }
    }

    #[test]
    fn extracts_the_address_of_a_path() {
        let table = [
            ("FROM:<alice@example.org> SIZE=1", "alice@example.org"),
            ("FROM:<>", ""),
            ("TO: <\"a> b\"@example.org>", "\"a"),
            ("TO:bob@example.org NOTIFY=NEVER", "bob@example.org"),
        ];
        for (argument, address) in table {
            assert_eq!(path(argument), address, "{argument}");
        }
    }
}
