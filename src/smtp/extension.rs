//! Parses the reply to EHLO into capabilities, and keeps them for each stage of a session.

use std::collections::HashSet;
use std::sync::Arc;

use super::reply::Reply;

/// A line of the EHLO reply, after the first (RFC 5321 section 4.1.1.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keyword {
    /// The keyword, as sent.
    pub name: String,
    /// The text after it, as sent.
    pub parameters: String,
}

impl Keyword {
    fn parse(text: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(text);
        let text = text.trim_matches([' ', '\t']);
        // `AUTH=LOGIN` is a pre-standard spelling of AUTH; other keywords keep their "=".
        let end = match text.find([' ', '\t', '=']) {
            None => text.len(),
            Some(at) if text[at..].starts_with('=') && !text[..at].eq_ignore_ascii_case("AUTH") => {
                text.find([' ', '\t']).unwrap_or(text.len())
            }
            Some(at) => at,
        };
        let (name, parameters) = text.split_at(end);
        (!name.is_empty()).then(|| Self {
            name: name.to_owned(),
            parameters: parameters.trim_start_matches([' ', '\t']).to_owned(),
        })
    }

    /// Whether it is text in place of a keyword: some servers end the reply with `Ok SESSIONID=...`, and
    /// a keyword consists of letters, digits and hyphens (RFC 5321 section 4.1.1.1).
    fn is_text(&self) -> bool {
        let is_word = |octet: u8| octet.is_ascii_alphanumeric() || b"-_=.+/".contains(&octet);
        self.is("OK") || !self.name.bytes().all(is_word)
    }

    /// Whether a middlebox has overwritten it: Cisco's inspection turns STARTTLS into `XXXXXXXA`.
    pub fn is_masked(&self) -> bool {
        let xs = self.name.trim_end_matches(['A', 'B', 'C', 'D']);
        let tail = self.name.len() - xs.len();
        self.name.len() >= 4 && tail <= 1 && xs.bytes().all(|b| b == b'X')
    }

    /// Whether the keyword is `name`, in any letter case.
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }
}

/// The capabilities that one EHLO reply announces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// The name of the server, from the first line.
    pub server: String,
    /// The keywords in order, including duplicates.
    pub keywords: Vec<Keyword>,
    /// The first line that is no keyword but text, as sent.
    pub no_keyword: Option<String>,
}

/// The message size limit that SIZE announces (RFC 1870 section 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SizeLimit {
    /// SIZE is offered without a limit.
    Unstated,
    /// The maximum size of a message in octets.
    Octets(u64),
}

impl Capabilities {
    /// Parses a reply to EHLO or LHLO.
    pub fn parse(reply: &Reply) -> Self {
        let mut texts = reply.texts.iter();
        let first = texts
            .next()
            .map(|text| String::from_utf8_lossy(text))
            .unwrap_or_default();
        let lines = texts.filter_map(|text| Keyword::parse(text));
        let (no_keywords, keywords): (Vec<_>, Vec<_>) = lines.partition(Keyword::is_text);
        Self {
            server: first
                .split([' ', '\t'])
                .next()
                .unwrap_or_default()
                .to_owned(),
            keywords,
            no_keyword: no_keywords.first().map(|line| {
                format!("{} {}", line.name, line.parameters)
                    .trim_end()
                    .to_owned()
            }),
        }
    }

    /// Whether the keyword `name` is offered.
    pub fn offers(&self, name: &str) -> bool {
        self.keyword(name).is_some()
    }

    /// The first keyword with this name.
    pub fn keyword(&self, name: &str) -> Option<&Keyword> {
        self.keywords.iter().find(|keyword| keyword.is(name))
    }

    /// The limit of SIZE; `None` if SIZE is not offered or its parameter is not a number.
    pub fn size(&self) -> Option<SizeLimit> {
        match self.keyword("SIZE")?.parameters.as_str() {
            "" | "0" => Some(SizeLimit::Unstated),
            number => number.parse().ok().map(SizeLimit::Octets),
        }
    }

    /// The mechanisms of all AUTH lines, without duplicates, in order.
    pub fn mechanisms(&self) -> Vec<&str> {
        let mut mechanisms: Vec<&str> = Vec::new();
        for keyword in self.keywords.iter().filter(|keyword| keyword.is("AUTH")) {
            for word in keyword
                .parameters
                .split([' ', '\t', '='])
                .filter(|word| !word.is_empty())
            {
                if !mechanisms
                    .iter()
                    .any(|known| known.eq_ignore_ascii_case(word))
                {
                    mechanisms.push(word);
                }
            }
        }
        mechanisms
    }

    /// The names in `self` that are not in `earlier`, without duplicates.
    fn names_not_in(&self, earlier: &Self) -> Vec<String> {
        let upper = |keyword: &Keyword| keyword.name.to_ascii_uppercase();
        let mut known: HashSet<String> = earlier.keywords.iter().map(upper).collect();
        let new = self
            .keywords
            .iter()
            .filter(|keyword| known.insert(upper(keyword)));
        new.map(|keyword| keyword.name.clone()).collect()
    }
}

/// What is currently known about the server's capabilities.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum CapabilityState {
    /// No EHLO has succeeded yet.
    #[default]
    Unknown,
    /// HELO was used, so there are no extensions.
    Helo,
    /// The reply to the last EHLO.
    Known(Arc<Capabilities>),
    /// TLS has begun since the last EHLO: capabilities received before it must be discarded (RFC
    /// 3207 section 4.2).
    Discarded,
}

/// The capabilities at the stages of a session: before TLS, after TLS and after AUTH.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CapabilityHistory {
    /// The current state.
    pub now: CapabilityState,
    /// The last EHLO reply before TLS.
    pub before_tls: Option<Arc<Capabilities>>,
    /// The last EHLO reply with TLS, before AUTH.
    pub after_tls: Option<Arc<Capabilities>>,
    /// The last EHLO reply after AUTH.
    pub after_auth: Option<Arc<Capabilities>>,
    /// The difference between the last reply and the stage before it.
    pub change: Arc<CapabilityChange>,
}

/// The difference between the capabilities of two stages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CapabilityChange {
    /// Added names.
    pub added: Vec<String>,
    /// Removed names.
    pub removed: Vec<String>,
}

impl CapabilityHistory {
    /// The current capabilities, if they are known.
    pub fn current(&self) -> Option<&Capabilities> {
        match &self.now {
            CapabilityState::Known(capabilities) => Some(capabilities),
            _ => None,
        }
    }

    /// Adds the reply to another EHLO.
    pub fn update(&mut self, capabilities: Capabilities, tls: bool, authenticated: bool) {
        let capabilities = Arc::new(capabilities);
        let (stage, earlier) = match (authenticated, tls) {
            (true, _) => (
                &mut self.after_auth,
                self.after_tls.as_ref().or(self.before_tls.as_ref()),
            ),
            (false, true) => (&mut self.after_tls, self.before_tls.as_ref()),
            (false, false) => (&mut self.before_tls, None),
        };
        self.change =
            Arc::new(
                earlier.map_or_else(CapabilityChange::default, |earlier| CapabilityChange {
                    added: capabilities.names_not_in(earlier),
                    removed: earlier.names_not_in(&capabilities),
                }),
            );
        *stage = Some(Arc::clone(&capabilities));
        self.now = CapabilityState::Known(capabilities);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smtp::line::{Ending, Line};
    use crate::smtp::reply::ReplyReader;

    fn capabilities(lines: &[&str]) -> Capabilities {
        let mut reader = ReplyReader::default();
        for (at, text) in lines.iter().enumerate() {
            let separator = if at + 1 == lines.len() { " " } else { "-" };
            let bytes = format!("250{separator}{text}").into_bytes();
            if let Some(reply) = reader
                .push(&Line {
                    bytes,
                    ending: Ending::CrLf,
                })
                .reply
            {
                return Capabilities::parse(&reply);
            }
        }
        unreachable!("the last line completes the reply")
    }

    #[test]
    fn keeps_keywords_as_sent() {
        let caps = capabilities(&[
            "mx.example greets you",
            "SIZE 100",
            "8BitMime",
            "AUTH=LOGIN PLAIN",
            "XVERP=x",
            "",
        ]);
        let seen: Vec<_> = caps
            .keywords
            .iter()
            .map(|k| (k.name.as_str(), k.parameters.as_str()))
            .collect();
        assert_eq!(caps.server, "mx.example");
        assert_eq!(
            seen,
            [
                ("SIZE", "100"),
                ("8BitMime", ""),
                ("AUTH", "=LOGIN PLAIN"),
                ("XVERP=x", "")
            ]
        );
        assert!(caps.offers("8bitmime"));
    }

    #[test]
    fn parses_the_size_limit() {
        let table = [
            ("SIZE", Some(SizeLimit::Unstated)),
            ("SIZE 0", Some(SizeLimit::Unstated)),
            ("SIZE 35882577", Some(SizeLimit::Octets(35_882_577))),
            ("SIZE 99999999999999999999", None),
            ("SIZE -1", None),
            ("DSN", None),
        ];
        for (line, expected) in table {
            assert_eq!(capabilities(&["mx", line]).size(), expected, "{line}");
        }
    }

    #[test]
    fn joins_the_mechanisms_of_all_auth_lines() {
        let caps = capabilities(&["mx", "AUTH PLAIN login", "AUTH=LOGIN CRAM-MD5", "AUTH"]);
        assert_eq!(caps.mechanisms(), ["PLAIN", "login", "CRAM-MD5"]);
    }

    #[test]
    fn compares_each_stage_with_the_one_before() {
        let clear = || capabilities(&["mx", "SIZE 1", "STARTTLS", "starttls"]);
        let tls = capabilities(&["mx", "SIZE 1", "AUTH PLAIN"]);
        let mut history = CapabilityHistory::default();
        let change = |history: &CapabilityHistory| {
            (history.change.added.clone(), history.change.removed.clone())
        };
        history.update(clear(), false, false);
        assert_eq!(change(&history), (vec![], vec![]));
        history.update(tls, true, false);
        assert_eq!(
            change(&history),
            (vec!["AUTH".to_owned()], vec!["STARTTLS".to_owned()])
        );
        history.update(clear(), true, true);
        assert_eq!(
            change(&history),
            (vec!["STARTTLS".to_owned()], vec!["AUTH".to_owned()])
        );
    }
}
