//! Rules: what the server answers, waits for or drops in place of what it would do.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::reply::Reply;
use crate::smtp::Verb;

/// The most lines of a reply.
const LINES_CAP: usize = 100;
/// The longest line of a reply, in octets.
const LINE_CAP: usize = 1000;

/// The rules of a server, the first that matches counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// Replies in place of those of the server.
    pub replies: Vec<ReplyRule>,
    /// The greeting.
    pub greeting: Option<RuleReply>,
    /// The lines of the EHLO reply after the first, in place of those of the server.
    pub ehlo: Vec<String>,
    /// How long the server waits before it replies.
    pub delays: Vec<(Place, Duration)>,
    /// Where the server drops the connection instead of replying.
    pub drops: Vec<Place>,
}

impl Rules {
    /// The reply to a command with this argument.
    pub(crate) fn reply_to(&self, place: &Place, argument: &str) -> Option<&RuleReply> {
        let mut rules = self.replies.iter();
        rules
            .find(|rule| rule.place == *place && rule.matches(argument))
            .map(|rule| &rule.reply)
    }

    /// How long to wait before the reply.
    pub(crate) fn delay(&self, place: &Place) -> Duration {
        let mut delays = self.delays.iter();
        let found = delays.find(|(at, _)| at == place);
        found.map_or(Duration::ZERO, |(_, delay)| *delay)
    }

    /// Whether the connection is dropped instead of a reply.
    pub(crate) fn drops(&self, place: &Place) -> bool {
        self.drops.contains(place)
    }
}

/// A place in a conversation: what the server replies to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The connection: the greeting is the reply.
    Greeting,
    /// EHLO, HELO or LHLO.
    Introduction,
    /// Another command, by its first word in capitals.
    Command(String),
    /// The end of a message: the dot, or the last chunk.
    Dot,
}

impl Place {
    /// The place of a command.
    pub(crate) fn of(verb: Verb, first_word: &str) -> Self {
        match verb {
            verb if verb.is_introduction() => Self::Introduction,
            _ => Self::Command(first_word.to_ascii_uppercase()),
        }
    }
}

impl FromStr for Place {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Self, RuleError> {
        let name = text.to_ascii_uppercase();
        Ok(match name.as_str() {
            "EHLO" | "HELO" | "LHLO" => Self::Introduction,
            "DOT" => Self::Dot,
            word if !word.is_empty() && word.bytes().all(|octet| octet.is_ascii_alphanumeric()) => {
                Self::Command(name)
            }
            _ => return Err(RuleError::Place(text.to_owned())),
        })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Greeting => "GREETING",
            Self::Introduction => "EHLO",
            Self::Command(name) => name,
            Self::Dot => "DOT",
        })
    }
}

/// A reply that the user wrote: `451 4.2.1 come back`, with `\n` between its lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleReply {
    code: u16,
    lines: Vec<String>,
}

impl RuleReply {
    /// The reply code.
    pub(crate) fn code(&self) -> u16 {
        self.code
    }

    /// The octets of the reply.
    pub(crate) fn octets(&self) -> Vec<u8> {
        self.reply().to_wire()
    }

    pub(super) fn reply(&self) -> Reply {
        let lines = self.lines.iter().cloned().map(Into::into).collect();
        Reply::of_lines(self.code, "", lines)
    }

    /// A greeting: a reply, or a text for 220.
    ///
    /// # Errors
    /// As [`FromStr`].
    pub fn greeting(text: &str) -> Result<Self, RuleError> {
        let word = text.split(' ').next().unwrap_or_default();
        if word.len() == 3 && word.bytes().all(|octet| octet.is_ascii_digit()) {
            return text.parse();
        }
        format!("220 {text}").parse()
    }
}

impl FromStr for RuleReply {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Self, RuleError> {
        let code = code_of(text).ok_or_else(|| RuleError::Code(text.to_owned()))?;
        let rest = text[3..].strip_prefix(' ').unwrap_or_default();
        let lines: Vec<String> = rest.split("\\n").map(str::to_owned).collect();
        let fits = |line: &String| line.len() <= LINE_CAP && !line.contains(char::is_control);
        if lines.len() > LINES_CAP || !lines.iter().all(fits) {
            return Err(RuleError::Text);
        }
        Ok(Self { code, lines })
    }
}

impl fmt::Display for ReplyRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.place, self.reply.code)
    }
}

/// A reply to a command, or to those whose argument matches a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplyRule {
    place: Place,
    /// What the argument has to be, with `*` for any text. Letter case does not count.
    pattern: Option<String>,
    reply: RuleReply,
}

impl ReplyRule {
    /// Whether its reply ends the command, so that who gives it in place of a server need not take part in
    /// what follows.
    pub fn ends_command(&self) -> bool {
        let starts_tls =
            self.place == Place::Command("STARTTLS".to_owned()) && self.reply.code < 300;
        !(300..400).contains(&self.reply.code) && !starts_tls
    }

    fn matches(&self, argument: &str) -> bool {
        let Some(pattern) = &self.pattern else {
            return true;
        };
        let argument = argument.to_ascii_lowercase();
        // The keyword of a path need not stand in the pattern.
        let path = argument
            .split_once(':')
            .filter(|(keyword, _)| matches!(*keyword, "from" | "to"))
            .map_or("", |(_, path)| path.trim_start());
        matches_pattern(pattern, &argument) || !path.is_empty() && matches_pattern(pattern, path)
    }
}

impl FromStr for ReplyRule {
    type Err = RuleError;

    /// `PLACE [PATTERN]=REPLY`. It is split at the last `=` before a reply code, as patterns such as
    /// `SIZE=*` have one.
    fn from_str(text: &str) -> Result<Self, RuleError> {
        let mut splits = text.match_indices('=').map(|(at, _)| at);
        let at = splits
            .rfind(|at| code_of(&text[at + 1..]).is_some())
            .ok_or_else(|| RuleError::NoReply(text.to_owned()))?;
        let (matched, reply) = (text[..at].trim(), &text[at + 1..]);
        let (place, pattern) = matched
            .split_once(char::is_whitespace)
            .map_or((matched, None), |(place, pattern)| (place, Some(pattern)));
        let pattern = pattern.map(|pattern| pattern.trim().to_ascii_lowercase());
        Ok(Self {
            place: place.parse()?,
            pattern,
            reply: reply.parse()?,
        })
    }
}

/// Why a text is no rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// It has no reply.
    #[error(
        "{0:?} has no reply: use VERB=CODE TEXT or 'VERB PATTERN=CODE TEXT', as in RCPT=451 4.2.1 later; \\n begins a line"
    )]
    NoReply(String),
    /// It has no reply code.
    #[error("{0:?} is no reply: use a code from 200 to 599 and a text, as in 451 4.2.1 later")]
    Code(String),
    /// Its text cannot be sent.
    #[error(
        "a reply has at most {LINES_CAP} lines of {LINE_CAP} octets, without control characters; \\n begins a line"
    )]
    Text,
    /// It names no place.
    #[error("{0:?} is no command: use one such as EHLO or RCPT, or DOT for the end of the message")]
    Place(String),
}

/// The reply code at the beginning of a text: three digits, then a space or nothing.
fn code_of(text: &str) -> Option<u16> {
    let code = text.get(..3)?;
    let ends = matches!(text.as_bytes().get(3), None | Some(b' '));
    let code: u16 = code
        .bytes()
        .all(|octet| octet.is_ascii_digit())
        .then(|| code.parse().ok())??;
    ((200..600).contains(&code) && ends).then_some(code)
}

/// Whether a text matches a pattern, in which `*` is any text.
pub(super) fn matches_pattern(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else {
        return rest.is_empty();
    };
    for part in middle {
        let Some(at) = rest.find(part) else {
            return false;
        };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_says_where_and_what() {
        let rule: ReplyRule = "RCPT <*@slow.example>=451 4.2.1 come back".parse().unwrap();
        for (argument, matches) in [
            ("TO:<bob@slow.example>", true),
            ("TO: <BOB@SLOW.example>", true),
            ("TO:<bob@fast.example>", false),
            ("", false),
        ] {
            assert_eq!(rule.matches(argument), matches, "{argument}");
        }
        assert_eq!(rule.reply.reply().to_wire(), b"451 4.2.1 come back\r\n");
        // What the pattern has before its reply may contain = and codes.
        let rule: ReplyRule = "MAIL *SIZE=200*=552 5.3.4 too large".parse().unwrap();
        assert!(rule.matches("FROM:<a@b.example> SIZE=2000"));
        let rule: ReplyRule = "mail <SRS0=x=y=250@b.example>=550 no".parse().unwrap();
        assert!(rule.matches("FROM:<srs0=x=y=250@b.example>"));
        assert_eq!(rule.place, Place::Command("MAIL".to_owned()));
    }

    #[test]
    fn a_reply_may_have_several_lines() {
        let reply: RuleReply = "550-no\\nreally"
            .parse()
            .unwrap_or_else(|_| "550 no\\nreally".parse().unwrap());
        assert_eq!(reply.reply().to_wire(), b"550-no\r\n550 really\r\n");
        let greeting = RuleReply::greeting("mx.example ready").unwrap();
        assert_eq!(greeting.reply().to_wire(), b"220 mx.example ready\r\n");
        assert_eq!(RuleReply::greeting("554 no").unwrap().code(), 554);
    }

    #[test]
    fn what_is_no_rule_is_refused() {
        for (text, words) in [
            ("RCPT", "has no reply"),
            ("RCPT=no", "has no reply"),
            ("RCPT=999 no", "has no reply"),
            ("=550 no", "is no command"),
            ("RC-PT=550 no", "is no command"),
            ("RCPT=550 \u{1b}[2J", "without control characters"),
        ] {
            let error = text.parse::<ReplyRule>().unwrap_err().to_string();
            assert!(error.contains(words), "{text}: {error}");
        }
    }

    #[test]
    fn a_star_is_any_text() {
        for (pattern, text, matches) in [
            ("*", "", true),
            ("a*c", "abc", true),
            ("a*c", "ac", true),
            ("a*c", "ab", false),
            ("*@b.example", "a@b.example", true),
            ("*a*a", "a", false),
            ("*a*a", "aa", true),
            ("abc", "abc", true),
            ("abc", "abcd", false),
        ] {
            assert_eq!(matches_pattern(pattern, text), matches, "{pattern} {text}");
        }
    }
}
