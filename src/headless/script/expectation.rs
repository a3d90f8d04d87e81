//! What a reply has to be: `250`, `2..|421`, `550 5.7.1`, `/regex/`, each with `!` for *not*.

use std::fmt;

use regex::Regex;

use crate::smtp::{Code, EnhancedCode, Reply};

/// The longest regular expression.
const REGEX_CAP: usize = 1000;

/// What a reply has to be.
#[derive(Clone, Debug)]
pub struct Expectation {
    /// As it was written.
    text: String,
    /// It has to be anything else.
    not: bool,
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    /// One of these, and the enhanced code if there is one.
    Code(Vec<CodePattern>, Option<EnhancedCode>),
    Text(Regex),
}

/// Three characters, each a digit or a dot for any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct CodePattern([Option<u8>; 3]);

/// Why a text is no expectation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExpectationError {
    /// Nothing follows the `<`.
    #[error("nothing after \"<\": use a code such as 250, a pattern such as 5.., or /regex/")]
    Empty,
    /// It is no code that a reply can have.
    #[error("{0:?} is no reply code: use 200 to 599, with . for any digit, as in 5..")]
    Code(String),
    /// It is no enhanced code.
    #[error("{0:?} is no enhanced code: use one such as 5.7.1")]
    Enhanced(String),
    /// It is no regular expression.
    #[error("/{0}/ is no regular expression: {1}")]
    Regex(String, String),
}

impl Expectation {
    /// Parses what follows the `<`.
    ///
    /// # Errors
    /// What it cannot be.
    pub fn parse(text: &str) -> Result<Self, ExpectationError> {
        let text = text.trim();
        let (not, rest) = match text.strip_prefix('!') {
            Some(rest) => (true, rest.trim_start()),
            None => (false, text),
        };
        let kind = match rest.strip_prefix('/') {
            Some(regex) => {
                let regex = regex.strip_suffix('/').unwrap_or(regex);
                let fault = |why: String| ExpectationError::Regex(regex.to_owned(), why);
                if regex.len() > REGEX_CAP {
                    return Err(fault(format!("longer than {REGEX_CAP} octets")));
                }
                let built = Regex::new(regex);
                Kind::Text(built.map_err(|error| fault(reason(&error)))?)
            }
            None => {
                let (codes, enhanced) = match rest.split_once(char::is_whitespace) {
                    Some((codes, enhanced)) => (codes, Some(enhanced.trim())),
                    None => (rest, None),
                };
                if codes.is_empty() {
                    return Err(ExpectationError::Empty);
                }
                let codes = codes.split('|').map(CodePattern::parse);
                let codes = codes.collect::<Result<_, _>>()?;
                let enhanced = enhanced.map(enhanced_code).transpose()?;
                Kind::Code(codes, enhanced)
            }
        };
        Ok(Self {
            text: text.to_owned(),
            not,
            kind,
        })
    }

    /// Whether a reply meets it.
    pub fn is_met(&self, reply: &Reply) -> bool {
        let meets = match &self.kind {
            Kind::Code(codes, enhanced) => {
                let code = reply.code();
                code.is_some_and(|code| codes.iter().any(|pattern| pattern.matches(code)))
                    && (enhanced.is_none() || *enhanced == reply.enhanced)
            }
            Kind::Text(regex) => regex.is_match(&super::super::outcome::text_of(reply)),
        };
        meets != self.not
    }

    /// Whether a reply with this code may meet it.
    pub fn allows(&self, code: Code) -> bool {
        match &self.kind {
            Kind::Code(codes, None) => {
                codes.iter().any(|pattern| pattern.matches(code)) != self.not
            }
            Kind::Code(codes, Some(_)) => {
                self.not || codes.iter().any(|pattern| pattern.matches(code))
            }
            Kind::Text(_) => true,
        }
    }
}

impl fmt::Display for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl CodePattern {
    fn parse(text: &str) -> Result<Self, ExpectationError> {
        let fault = || ExpectationError::Code(text.to_owned());
        let [first, second, third] = *text.as_bytes() else {
            return Err(fault());
        };
        let digit = |octet: u8, allowed: std::ops::RangeInclusive<u8>| match octet {
            b'.' => Ok(None),
            octet if allowed.contains(&octet) => Ok(Some(octet - b'0')),
            _ => Err(fault()),
        };
        Ok(Self([
            digit(first, b'2'..=b'5')?,
            digit(second, b'0'..=b'9')?,
            digit(third, b'0'..=b'9')?,
        ]))
    }

    fn matches(self, code: Code) -> bool {
        let digits = code.to_string();
        let mut each = self.0.iter().zip(digits.bytes());
        each.all(|(wanted, digit)| wanted.is_none_or(|wanted| wanted == digit - b'0'))
    }
}

fn enhanced_code(text: &str) -> Result<EnhancedCode, ExpectationError> {
    let parsed = EnhancedCode::parse(text.as_bytes());
    let whole = parsed.filter(|code| code.to_string() == text);
    whole.ok_or_else(|| ExpectationError::Enhanced(text.to_owned()))
}

/// The last line of the library's words, which name the fault.
fn reason(error: &regex::Error) -> String {
    let words = error.to_string();
    let last = words.lines().last().unwrap_or_default();
    last.trim_start_matches("error: ").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smtp::line::{Ending, Line};
    use crate::smtp::reply::ReplyReader;

    fn reply(text: &str) -> Reply {
        let mut reader = ReplyReader::default();
        let lines = text.lines().map(|line| Line {
            bytes: line.as_bytes().to_vec(),
            ending: Ending::CrLf,
        });
        lines
            .filter_map(|line| reader.push(&line).reply)
            .last()
            .unwrap()
    }

    #[test]
    fn replies_meet_expectations() {
        let table = [
            ("250", "250 ok", true),
            ("250|251", "251 ok", true),
            ("250", "550 no", false),
            ("5..", "550 no", true),
            ("5..", "450 no", false),
            ("4..|5..", "450 no", true),
            ("!5..", "550 no", false),
            ("! 5..", "250 ok", true),
            ("550 5.1.1", "550 5.1.1 no", true),
            ("550 5.1.1", "550 5.7.1 no", false),
            ("550 5.1.1", "550 no", false),
            ("/queued as/", "250-a\n250 2.0.0 queued as 1", true),
            ("!/spam/", "550 spam", false),
        ];
        for (text, words, met) in table {
            let expectation = Expectation::parse(text).unwrap();
            assert_eq!(expectation.is_met(&reply(words)), met, "{text}: {words}");
        }
    }

    #[test]
    fn what_cannot_be_is_refused() {
        for text in [
            "", "!", "999", "25", "2500", "6..", "250 5", "/(/", "ok", "250|",
        ] {
            assert!(Expectation::parse(text).is_err(), "{text}");
        }
    }
}
