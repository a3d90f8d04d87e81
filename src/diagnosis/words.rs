//! Finds the pages for words: a reply as people paste it, or topics of the manual.

use super::program::{ProgramError, of_message};
use super::reply::{ReplyContext, explain};
use super::situation::Situation;
use crate::manual::{self, Page, UnknownTopic};
use crate::smtp::{Awaited, Code, CommandLine, EnhancedCode, Oddities, Reply, Verb};

/// The most octets of pasted text that are read.
const TEXT_CAP: usize = 64 * 1024;
/// The most words before a code that may name a command or a provider.
const HEAD_CAP: usize = 4;
/// The most words of a command line before a code.
const ARGUMENTS_CAP: usize = 8;
/// The most words of a command line whose argument is any word.
const FREE_LINE_CAP: usize = 4;
/// Words after which a number is a reply code, not a number in a sentence.
const CODE_WORDS: [&str; 14] = [
    "code", "error", "esmtp", "failed", "got", "message", "rejected", "reply", "response",
    "returned", "said", "smtp", "status", "with",
];
/// How programs name what a reply answered. The longest names come first.
const ANSWERED: [(&str, Awaited); 36] = [
    ("reject: connect from", Awaited::Greeting),
    ("reject: ehlo from", Awaited::Command(Verb::Ehlo)),
    ("reject: mail from", Awaited::Command(Verb::Mail)),
    ("reject: rcpt from", Awaited::Command(Verb::Rcpt)),
    ("reject: data from", Awaited::Command(Verb::Data)),
    ("reject: end-of-message from", Awaited::EndOfData),
    ("in reply to end of data", Awaited::EndOfData),
    ("after end of data", Awaited::EndOfData),
    ("in reply to mail from", Awaited::Command(Verb::Mail)),
    ("after mail from", Awaited::Command(Verb::Mail)),
    ("mail from command failed", Awaited::Command(Verb::Mail)),
    ("in reply to rcpt to", Awaited::Command(Verb::Rcpt)),
    ("after rcpt to", Awaited::Command(Verb::Rcpt)),
    ("rcpt to command failed", Awaited::Command(Verb::Rcpt)),
    ("in reply to data", Awaited::Command(Verb::Data)),
    ("after data", Awaited::Command(Verb::Data)),
    ("data command failed", Awaited::Command(Verb::Data)),
    ("data end command failed", Awaited::EndOfData),
    ("in reply to ehlo", Awaited::Command(Verb::Ehlo)),
    ("in reply to helo", Awaited::Command(Verb::Helo)),
    ("ehlo command failed", Awaited::Command(Verb::Ehlo)),
    ("helo command failed", Awaited::Command(Verb::Helo)),
    ("after initial connection", Awaited::Greeting),
    (
        "while receiving the initial server greeting",
        Awaited::Greeting,
    ),
    ("refused to talk to me", Awaited::Greeting),
    ("password command failed", Awaited::SaslResponse),
    ("username command failed", Awaited::SaslResponse),
    ("smtpauthenticationerror", Awaited::Command(Verb::Auth)),
    (
        "authenticationfailedexception",
        Awaited::Command(Verb::Auth),
    ),
    ("smtprecipientsrefused", Awaited::Command(Verb::Rcpt)),
    ("smtpaddressfailedexception", Awaited::Command(Verb::Rcpt)),
    ("does not like recipient", Awaited::Command(Verb::Rcpt)),
    ("smtpsenderrefused", Awaited::Command(Verb::Mail)),
    ("smtpsenderfailedexception", Awaited::Command(Verb::Mail)),
    ("smtpdataerror", Awaited::EndOfData),
    ("smtpheloerror", Awaited::Command(Verb::Ehlo)),
];

/// The pages for `words`: for the topic that they name together, for the reply that they contain, or
/// else for each word, or for the topics whose texts contain the words.
///
/// # Errors
///
/// [`UnknownTopic`] for the first word that is in no topic.
pub fn look_up(words: &[&str]) -> Result<Vec<Page>, UnknownTopic> {
    let text = words.join(" ");
    let text = text.trim();
    let named = manual::pages_about(&text.split_whitespace().collect::<Vec<_>>().join(" "));
    if !named.is_empty() {
        return Ok(named);
    }
    let error = of_message(text, &Situation::default());
    let pasted = Pasted::find(text).filter(|pasted| !pasted.is_misspelt());
    let in_other_words = || Pasted::find(error.as_ref()?.reply.as_deref()?);
    let pasted = pasted.or_else(in_other_words);
    match (pasted, error) {
        // A reply that refuses nothing is not why the program failed.
        (Some(pasted), Some(error)) if !pasted.code.is_negative() => {
            Ok(vec![error.explanation.page()])
        }
        (Some(pasted), error) => Ok(pasted.pages(error.as_ref())),
        (None, Some(error)) => Ok(vec![error.explanation.page()]),
        (None, None) => manual::lookup(words),
    }
}

/// A reply found in pasted text.
#[derive(Debug, PartialEq, Eq)]
struct Pasted {
    code: Code,
    /// Whether the code is assumed from the enhanced code.
    assumed: bool,
    enhanced: Option<EnhancedCode>,
    /// The text of all lines, without codes.
    text: String,
    awaited: Option<Awaited>,
    /// The command line before the code.
    line: Option<String>,
    /// The host of a provider that is named before the code.
    host: Option<&'static str>,
}

impl Pasted {
    fn find(text: &str) -> Option<Self> {
        let mut end = text.len().min(TEXT_CAP);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        // As programs print line breaks inside quotes.
        let text = text[..end].replace("\\r\\n", "\n").replace("\\n", "\n");
        let words: Vec<&str> = text.split_whitespace().collect();
        let at = (0..words.len()).find(|&at| begins_reply(&words, at))?;
        let (mut code, mut enhanced) = split_code(words[at])?;
        let assumed = code.is_none();
        let mut rest = Vec::new();
        for (place, &word) in words.iter().enumerate().skip(at) {
            let head = split_code(word);
            match head {
                // The code of each line is repeated.
                Some((found, more)) if found.is_some() && (place == at || found == code) => {
                    enhanced = enhanced.or(more);
                }
                Some((None, Some(found))) if enhanced.is_none_or(|known| known == found) => {
                    enhanced = Some(found);
                }
                _ => rest.push(word),
            }
        }
        if assumed {
            let class = enhanced?.class;
            code = Some(Code::new(match class {
                2 => 250,
                4 => 451,
                _ => 550,
            }));
        }
        let joined = rest.join(" ");
        let trimmed = joined.trim_end_matches(['\'', '"', ')', '`']);
        let named = answered_in(&text);
        let before = &words[..at];
        let line = before
            .first()
            .filter(|verb| asked_by(verb).is_some() && (2..=ARGUMENTS_CAP).contains(&before.len()))
            .map(|_| before.join(" "));
        let (mut awaited, mut host) = (None, None);
        let head = before.len().min(1);
        let nearest = &before[before.len().saturating_sub(HEAD_CAP).max(head)..];
        for &word in before[..head].iter().chain(nearest) {
            awaited = awaited.or(asked_by(word));
            host = manual::provider(word)
                .and_then(|provider| provider.hosts.first())
                .map(String::as_str)
                .or(host);
        }
        // Words after the code, such as `552 RCPT`, name the command only if nothing else follows.
        if let ([word], None) = (&rest[..], awaited) {
            awaited = asked_by(word);
        }
        Some(Self {
            code: code?,
            assumed,
            enhanced,
            text: trimmed.to_owned(),
            awaited: awaited.or(named),
            line,
            host,
        })
    }

    /// Whether the only word after the code is a misspelt topic.
    fn is_misspelt(&self) -> bool {
        let words: Vec<&str> = self.text.split_whitespace().collect();
        let [word] = words[..] else { return false };
        self.enhanced.is_none() && self.awaited.is_none() && manual::is_misspelt(word)
    }

    /// The pages, with what the message of a program in the same text adds.
    fn pages(&self, error: Option<&ProgramError>) -> Vec<Page> {
        let reply = Reply {
            first_code: Some(self.code),
            last_code: Some(self.code),
            enhanced: self.enhanced,
            texts: vec![self.text.as_bytes().into()],
            oddities: Oddities::NONE,
        };
        let named = error.and_then(|error| asked_by(error.answers?));
        let awaited = self.awaited.or(named);
        let line = self.line.as_deref().map(CommandLine::parse);
        let mechanism = match &line {
            Some(Ok(line)) => line.mechanism().map(|(name, _)| name.to_owned()),
            _ => None,
        };
        let situation = Situation {
            mechanism,
            line: self.line.clone(),
            host: self.host.map(str::to_owned),
            ..Situation::after(awaited)
        };
        let mut explanation = explain(&ReplyContext {
            reply: &reply,
            situation: &situation,
        });
        if self.assumed {
            let words = manual::sentence("code-assumed").replace("{}", &self.code.to_string());
            explanation.remarks.insert(0, words);
        }
        if awaited.is_none() && self.code.is_negative() && !explanation.is_specific() {
            let words = manual::sentence("command-unknown");
            explanation.remarks.push(words.to_owned());
        }
        if let Some(error) = error {
            explanation.add(error);
        }
        let mut pages = vec![explanation.page()];
        let words = self.text.split_whitespace();
        let topics: Vec<_> = words.map(manual::pages_about).collect();
        if topics.iter().all(|pages| !pages.is_empty()) {
            pages.extend(topics.into_iter().flatten());
        }
        pages
    }
}

/// What the words around a reply say that it answers.
pub(super) fn answered_in(text: &str) -> Option<Awaited> {
    let lowered = text.to_lowercase();
    let named = ANSWERED.iter().find(|(name, _)| lowered.contains(name));
    named.map(|(_, awaited)| *awaited)
}

/// Whether a reply begins at this word: with a code that is not a number in a sentence.
fn begins_reply(words: &[&str], at: usize) -> bool {
    let word = words[at];
    let Some((code, enhanced)) = split_code(word) else {
        return false;
    };
    let next = words.get(at + 1).and_then(|next| enhanced_in(next));
    if code.is_none() {
        // An enhanced code alone, as some libraries report it.
        return at == 0 && words.len() > 1;
    }
    let same_class = |one: EnhancedCode| {
        code.is_some_and(|code: Code| u16::from(one.class) == code.number() / 100)
    };
    if enhanced.or(next).is_some_and(same_class) {
        return true;
    }
    // "Expected response code 250 but got code 550": the first is what was wanted.
    let last: Vec<String> = words[at.saturating_sub(3)..at]
        .iter()
        .map(|word| word.to_ascii_lowercase())
        .collect();
    if last.iter().any(|word| word.starts_with("expected")) {
        return false;
    }
    let quoted = !word.starts_with(|first: char| first.is_ascii_digit());
    let before = &words[..at];
    let named = |word: &str| asked_by(word).is_some() || manual::provider(word).is_some();
    let Some(previous) = before.last() else {
        return true;
    };
    let bare = |word: &str| {
        let bare = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        bare.to_ascii_lowercase()
    };
    // Also "smtp_port = 587".
    let mut named_before = before.iter().rev().take(2).map(|word| bare(word));
    let name = named_before.find(|name| !name.is_empty());
    if name.is_some_and(|name| name == "port" || name.ends_with("_port")) {
        return false;
    }
    let is_line = asked_by(before[0]).is_some() && before[1..].iter().all(|word| is_argument(word))
        || takes_any_word(before[0]) && before.len() <= FREE_LINE_CAP;
    quoted
        || before.len() <= ARGUMENTS_CAP && is_line
        || before.len() <= HEAD_CAP && before.iter().all(|word| named(word))
        || previous.ends_with([':', ';', '='])
        || CODE_WORDS.contains(&bare(previous).as_str())
}

/// Whether a word is a command whose argument may be any word. HELP is one only in capitals, as it is a
/// word of the language too.
fn takes_any_word(verb: &str) -> bool {
    match Verb::parse(verb) {
        Verb::Vrfy | Verb::Expn | Verb::Etrn | Verb::Noop => true,
        Verb::Help => verb == Verb::Help.name(),
        _ => false,
    }
}

/// Whether a word looks like an argument of a command: `FROM:<a@b.example>`, `SIZE=1`, `PLAIN`, `86`.
fn is_argument(word: &str) -> bool {
    word.contains([':', '<', '>', '@', '=', '[', '.', '*'])
        || word
            .bytes()
            .all(|octet| octet.is_ascii_uppercase() || octet.is_ascii_digit() || octet == b'-')
}

/// The reply code and the enhanced code in one word: `550`, `550-5.7.1`, `550#5.1.1`, `smtp;550`,
/// `(535,`, `'550`, `5.7.8`. `None` if it has none.
fn split_code(word: &str) -> Option<(Option<Code>, Option<EnhancedCode>)> {
    let word = word
        .rsplit_once(';')
        .filter(|(kind, _)| kind.eq_ignore_ascii_case("smtp"))
        .map_or(word, |(_, rest)| rest);
    let word = word.trim_start_matches(['(', '[', '{', '\'', '"', '`', '<', '#']);
    let word = word
        .strip_prefix("b'")
        .or_else(|| word.strip_prefix("b\""))
        .unwrap_or(word);
    if let Some(enhanced) = enhanced_in(word) {
        return Some((None, Some(enhanced)));
    }
    let head = word.get(..3)?;
    let code = Code::parse(head.as_bytes()).filter(|code| is_used(*code))?;
    let rest = &word[3..];
    let separated = rest.strip_prefix(['-', '#', ',', ':', '.', '_', '=', ')', '\'', '"']);
    match separated {
        Some(rest) => Some((Some(code), enhanced_in(rest))),
        None if rest.is_empty() => Some((Some(code), None)),
        None => None,
    }
}

fn enhanced_in(word: &str) -> Option<EnhancedCode> {
    let word = word.trim_matches(|c: char| !c.is_ascii_digit() && c != '.');
    let code = EnhancedCode::parse(word.as_bytes())?;
    (code.to_string() == word.trim_end_matches('.')).then_some(code)
}

/// Whether servers use this code, or the manual lists it.
fn is_used(code: Code) -> bool {
    let listed = || manual::reply_codes().any(|(key, _)| key == code.to_string());
    code.is_positive() || code.is_negative() || listed()
}

/// What a word says the reply answers.
fn asked_by(word: &str) -> Option<Awaited> {
    match word {
        "." => Some(Awaited::EndOfData),
        _ if word.eq_ignore_ascii_case("GREETING") => Some(Awaited::Greeting),
        _ => Some(Verb::parse(word))
            .filter(|verb| *verb != Verb::Other)
            .map(Awaited::Command),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_a_reply_in_any_dress() {
        let rcpt = Some(Awaited::Command(Verb::Rcpt));
        // The text; the code, the enhanced code, what it answers, the text of the reply.
        let table: &[(&str, u16, &str, Option<Awaited>, &str)] = &[
            ("550 5.1.1 no such user", 550, "5.1.1", None, "no such user"),
            ("RCPT 550 5.1.1 no", 550, "5.1.1", rcpt, "no"),
            ("smtp;550 5.1.1 no user", 550, "5.1.1", None, "no user"),
            ("smtp; 550 5.1.1 no user", 550, "5.1.1", None, "no user"),
            ("550#5.1.1 no user", 550, "5.1.1", None, "no user"),
            ("550-5.7.1 a\n550 5.7.1 b", 550, "5.7.1", None, "a b"),
            (
                "(535, b'5.7.8 not accepted')",
                535,
                "5.7.8",
                None,
                "not accepted",
            ),
            ("(554, b'5.7.1 a\\n5.7.1 b')", 554, "5.7.1", None, "a b"),
            (
                "Remote Server returned '550 5.1.1 no'",
                550,
                "5.1.1",
                None,
                "no",
            ),
            ("Remote Server returned '554 relay'", 554, "", None, "relay"),
            (
                "SMTP error 550: mailbox full",
                550,
                "",
                None,
                "mailbox full",
            ),
            (
                "host x[192.0.2.1] said: 450 try again (in reply to RCPT TO command)",
                450,
                "",
                rcpt,
                "try again (in reply to RCPT TO command",
            ),
            (
                "5.7.8 Username and Password not accepted",
                550,
                "5.7.8",
                None,
                "Username and Password not accepted",
            ),
            ("552", 552, "", None, ""),
            (
                "RCPT TO:<b@c.example> 550 restricted characters",
                550,
                "",
                rcpt,
                "restricted characters",
            ),
            (
                "EXPN staff 553 staff@c.example is undeliverable",
                553,
                "",
                Some(Awaited::Command(Verb::Expn)),
                "staff@c.example is undeliverable",
            ),
            (
                "VRFY alice 501 alice: recipient address must contain a domain",
                501,
                "",
                Some(Awaited::Command(Verb::Vrfy)),
                "alice: recipient address must contain a domain",
            ),
            (
                "HELP foo 501 no help on foo",
                501,
                "",
                Some(Awaited::Command(Verb::Help)),
                "no help on foo",
            ),
            (
                "Expected response code \"250\" but got code \"550\", with message \"550 no relay",
                550,
                "",
                None,
                "with message no relay",
            ),
        ];
        for (text, code, enhanced, awaited, words) in table {
            let found = Pasted::find(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(found.code.number(), *code, "{text}");
            let shown = found
                .enhanced
                .map_or(String::new(), |code| code.to_string());
            assert_eq!(shown, *enhanced, "{text}");
            assert_eq!(
                (found.awaited, found.text.as_str()),
                (*awaited, *words),
                "{text}"
            );
        }
    }

    #[test]
    fn a_number_in_a_sentence_is_no_reply_code() {
        for text in [
            "port 587 is closed",
            "written 313 bytes",
            "SMTP host: mx.example, port: 465, response: -1",
            "Failed to connect to mx.example port 587 after 9 ms",
            "connection to port 465 timed out after 250 ms",
            "smtp_port = 587",
            "'port' => 465,",
            "mail loop",
            "relay access denied",
            "line 550",
            "",
        ] {
            assert_eq!(Pasted::find(text), None, "{text}");
        }
    }
}
