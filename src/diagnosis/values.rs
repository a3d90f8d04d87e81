//! Values of a session for the words of rules.

use super::line::unoffered;
use super::situation::Situation;
use crate::manual::Value;
use crate::smtp::{ParsedCommand, Phase, SizeLimit, Verb};

/// The most characters of a name.
const NAME_CAP: usize = 40;
/// The most characters of a line.
const LINE_CAP: usize = 100;

impl Situation {
    /// The value as text; `None` if it is not known, or not fit to be shown in a sentence.
    pub(super) fn value_of(&self, value: Value) -> Option<String> {
        match value {
            Value::Name => shown(self.given_name()?, NAME_CAP),
            Value::Mechanisms => {
                let offered = self.capabilities.as_ref()?.mechanisms();
                shown(&offered.join(", "), LINE_CAP)
            }
            Value::Parameter => shown(&self.unoffered_parameter()?.0, NAME_CAP),
            Value::Extension => {
                let (_, extensions) = self.unoffered_parameter()?;
                Some(extensions.first()?.to_string())
            }
            Value::Size => match self.capabilities.as_ref()?.size()? {
                SizeLimit::Octets(limit) => Some(format!("{limit} octets")),
                SizeLimit::Unstated => None,
            },
            Value::Recipients => match self.phase? {
                Phase::Transaction { accepted: 1, .. } => Some("1 recipient".to_owned()),
                Phase::Transaction { accepted, .. } => Some(format!("{accepted} recipients")),
                _ => None,
            },
            Value::Line => shown(&as_it_should_be(self.line.as_deref()?)?, LINE_CAP),
        }
    }

    /// The name in the line, if that is EHLO; else the one that EHLO gave before.
    fn given_name(&self) -> Option<&str> {
        let text = self.line.as_deref().unwrap_or_default();
        let line = ParsedCommand::parse(text);
        if !line.verb.is_introduction() {
            return self.ehlo_name.as_deref();
        }
        line.arguments()
            .next()
            .map(|token| &text[token.span.clone()])
    }

    /// The first parameter of the line that is not offered, with `=` if it has a value, and the extensions
    /// that would offer it.
    pub(super) fn unoffered_parameter(&self) -> Option<(String, &'static [&'static str])> {
        let line = ParsedCommand::parse(self.line.as_deref()?);
        unoffered(&line, self.capabilities.as_ref()?)
    }
}

/// The text, unless it is long or has anything but visible ASCII and blanks.
fn shown(text: &str, cap: usize) -> Option<String> {
    let plain = text.bytes().all(|octet| matches!(octet, b' '..=b'~'));
    (plain && !text.is_empty() && text.len() <= cap).then(|| text.to_owned())
}

/// MAIL or RCPT with its address in angle brackets, directly after the colon.
fn as_it_should_be(text: &str) -> Option<String> {
    let line = ParsedCommand::parse(text);
    let path = line.path.as_ref()?;
    let keyword = line.keyword()?;
    let address = line.text[path.bare_address(line.text)].trim_matches(['<', '>', ' ']);
    if address.is_empty() && line.verb != Verb::Mail || path.colon.is_empty() {
        return None;
    }
    let verb = line.verb.name();
    let parameters: String = line
        .parameters()
        .map(|token| format!(" {}", line.text_of(token)))
        .collect();
    Some(format!("{verb} {keyword}:<{address}>{parameters}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_put_right() {
        for (typed, right) in [
            ("MAIL FROM:a@b.example", "MAIL FROM:<a@b.example>"),
            ("mail from: <a@b.example", "MAIL FROM:<a@b.example>"),
            ("RCPT TO:b@c.example>", "RCPT TO:<b@c.example>"),
            ("RCPT TO:<b@c.example>>", "RCPT TO:<b@c.example>"),
            (
                "MAIL FROM: <a@b.example> SIZE=10",
                "MAIL FROM:<a@b.example> SIZE=10",
            ),
        ] {
            assert_eq!(as_it_should_be(typed).as_deref(), Some(right), "{typed}");
        }
        for typed in ["NOOP", "RCPT TO:", "MAIL a@b.example"] {
            assert_eq!(as_it_should_be(typed), None, "{typed}");
        }
    }

    #[test]
    fn what_a_log_contains_is_shown_only_if_it_is_plain() {
        assert_eq!(shown("client", NAME_CAP).as_deref(), Some("client"));
        for text in ["", "\u{1b}[2J", "caf\u{e9}", &"x".repeat(41)] {
            assert_eq!(shown(text, NAME_CAP), None, "{text:?}");
        }
    }
}
