//! The reply to EHLO into capabilities: each keyword as it was sent, beside a typed view of those
//! that the dialogue itself depends on.

use std::collections::HashSet;
use std::sync::Arc;

use super::reply::Reply;

/// One line of the EHLO reply behind the first (RFC 5321 section 4.1.1.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keyword {
    /// The word as it was sent.
    pub name: String,
    /// What stands behind it, as it was sent.
    pub parameters: String,
}

impl Keyword {
    fn parse(text: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(text);
        let text = text.trim_matches([' ', '\t']);
        // `AUTH=LOGIN` is the pre-standard spelling of AUTH; other words keep their "=".
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

    /// Whether a middlebox has written over it, as Cisco's inspection makes `XXXXXXXA` of STARTTLS.
    pub fn is_masked(&self) -> bool {
        let marks = self.name.trim_end_matches(['A', 'B', 'C', 'D']);
        let tail = self.name.len() - marks.len();
        self.name.len() >= 4 && tail <= 1 && marks.bytes().all(|b| b == b'X')
    }

    /// Whether this is the keyword `name`, in any case of letters.
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }
}

/// What a server said it can do, in one EHLO reply.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// The name the server gave itself in the first line.
    pub server: String,
    /// Its keywords, in the order they came, duplicates too.
    pub keywords: Vec<Keyword>,
}

/// The limit that SIZE announces (RFC 1870 section 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SizeLimit {
    /// SIZE is offered and names no fixed limit.
    Unstated,
    /// The largest message in octets.
    Octets(u64),
}

impl Capabilities {
    /// Reads them off a reply to EHLO or LHLO.
    pub fn parse(reply: &Reply) -> Self {
        let mut texts = reply.texts.iter();
        let first = texts
            .next()
            .map(|text| String::from_utf8_lossy(text))
            .unwrap_or_default();
        Self {
            server: first
                .split([' ', '\t'])
                .next()
                .unwrap_or_default()
                .to_owned(),
            keywords: texts.filter_map(|text| Keyword::parse(text)).collect(),
        }
    }

    /// Whether the keyword `name` was offered.
    pub fn offers(&self, name: &str) -> bool {
        self.keyword(name).is_some()
    }

    /// The first keyword of that name.
    pub fn keyword(&self, name: &str) -> Option<&Keyword> {
        self.keywords.iter().find(|keyword| keyword.is(name))
    }

    /// What SIZE says; nothing where it is not offered or says no number.
    pub fn size(&self) -> Option<SizeLimit> {
        match self.keyword("SIZE")?.parameters.as_str() {
            "" | "0" => Some(SizeLimit::Unstated),
            number => number.parse().ok().map(SizeLimit::Octets),
        }
    }

    /// The mechanisms of all AUTH lines, each once, in the order they came.
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

    /// The names that `self` has and `earlier` has not, each once.
    fn beyond(&self, earlier: &Self) -> Vec<String> {
        let upper = |keyword: &Keyword| keyword.name.to_ascii_uppercase();
        let mut known: HashSet<String> = earlier.keywords.iter().map(upper).collect();
        let new = self
            .keywords
            .iter()
            .filter(|keyword| known.insert(upper(keyword)));
        new.map(|keyword| keyword.name.clone()).collect()
    }
}

/// What is known of the server's capabilities right now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Knowledge {
    /// No EHLO has been answered yet.
    #[default]
    Unknown,
    /// HELO was used: there are no extensions.
    Helo,
    /// This is what the last EHLO brought.
    Known(Arc<Capabilities>),
    /// TLS has begun since, and what was learnt in clear no longer counts (RFC 3207 section 4.2).
    Forgotten,
}

/// The capabilities at the three stages of a session at which servers change them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CapabilityBook {
    /// What counts now.
    pub now: Knowledge,
    /// The last answer before TLS.
    pub before_tls: Option<Arc<Capabilities>>,
    /// The last answer under TLS, before AUTH.
    pub after_tls: Option<Arc<Capabilities>>,
    /// The last answer after AUTH.
    pub after_auth: Option<Arc<Capabilities>>,
    /// What the last answer changed against the stage before it.
    pub change: Arc<Change>,
}

/// What one stage has and another has not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// Names that appeared.
    pub appeared: Vec<String>,
    /// Names that went.
    pub gone: Vec<String>,
}

impl CapabilityBook {
    /// The capabilities that count now.
    pub fn current(&self) -> Option<&Capabilities> {
        match &self.now {
            Knowledge::Known(capabilities) => Some(capabilities),
            _ => None,
        }
    }

    /// Enters a new answer to EHLO.
    pub fn learn(&mut self, capabilities: Capabilities, tls: bool, authenticated: bool) {
        let capabilities = Arc::new(capabilities);
        let (stage, earlier) = match (authenticated, tls) {
            (true, _) => (
                &mut self.after_auth,
                self.after_tls.as_ref().or(self.before_tls.as_ref()),
            ),
            (false, true) => (&mut self.after_tls, self.before_tls.as_ref()),
            (false, false) => (&mut self.before_tls, None),
        };
        self.change = Arc::new(earlier.map_or_else(Change::default, |earlier| Change {
            appeared: capabilities.beyond(earlier),
            gone: earlier.beyond(&capabilities),
        }));
        *stage = Some(Arc::clone(&capabilities));
        self.now = Knowledge::Known(capabilities);
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
    fn keywords_survive_as_sent() {
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
    fn size_is_a_number_or_nothing() {
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
    fn mechanisms_are_joined_over_all_auth_lines() {
        let caps = capabilities(&["mx", "AUTH PLAIN login", "AUTH=LOGIN CRAM-MD5", "AUTH"]);
        assert_eq!(caps.mechanisms(), ["PLAIN", "login", "CRAM-MD5"]);
    }

    #[test]
    fn stages_are_compared_with_the_one_before() {
        let clear = || capabilities(&["mx", "SIZE 1", "STARTTLS", "starttls"]);
        let tls = capabilities(&["mx", "SIZE 1", "AUTH PLAIN"]);
        let mut book = CapabilityBook::default();
        let change =
            |book: &CapabilityBook| (book.change.appeared.clone(), book.change.gone.clone());
        book.learn(clear(), false, false);
        assert_eq!(change(&book), (vec![], vec![]));
        book.learn(tls, true, false);
        assert_eq!(
            change(&book),
            (vec!["AUTH".to_owned()], vec!["STARTTLS".to_owned()])
        );
        book.learn(clear(), true, true);
        assert_eq!(
            change(&book),
            (vec!["STARTTLS".to_owned()], vec!["AUTH".to_owned()])
        );
    }
}
