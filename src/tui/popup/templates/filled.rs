//! A template being filled in: its blanks as fields, and what it comes to so far. And why one makes
//! no sense right now.

use crate::manual::{AutoValue, Template, TemplateKind, TemplatePart};
use crate::smtp::escape::{self, EscapeError};
use crate::smtp::{CommandLine, LineError, Phase, SessionStatus, Verb, raw};
use crate::tui::widget::form::{Field, Fields};

/// What is known when a template is filled in.
#[derive(Clone, Debug, Default)]
pub struct TemplateValues {
    /// Now, as a Date header has it.
    pub date: String,
    /// A new Message-ID, in its brackets.
    pub id: String,
    /// Values for blanks, by their names: they stand there in place of the template's.
    pub values: Vec<(&'static str, String)>,
}

/// A template with its blanks.
#[derive(Debug)]
pub struct Form {
    /// The template.
    pub template: Template,
    /// The blanks, each name once.
    pub fields: Fields,
    pieces: Vec<TemplatePart>,
    values: TemplateValues,
}

/// What a template comes to. It may hold a secret, and has no Debug.
pub enum Filled {
    /// A line.
    Line(CommandLine),
    /// Octets.
    Raw(Vec<u8>),
    /// A message for the editor.
    Message(String),
}

/// Why it comes to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FillError {
    /// An escape that is none.
    #[error(transparent)]
    Escape(#[from] EscapeError),
    /// A line that is none.
    #[error(transparent)]
    Line(#[from] LineError),
}

impl Form {
    /// A template with what stands in its blanks at first.
    pub fn new(template: Template, values: TemplateValues) -> Self {
        // Those of the settings were read when the program began, the others by a test.
        let pieces = template.parts().unwrap_or_default();
        let mut fields: Vec<Field> = Vec::new();
        for piece in &pieces {
            let TemplatePart::Field {
                name,
                default,
                secret,
            } = piece
            else {
                continue;
            };
            if fields.iter().any(|field| field.name() == name) {
                continue;
            }
            let known = values.values.iter().find(|(known, _)| known == name);
            let value = known.map_or(default, |(_, value)| value);
            fields.push(Field::text(name, value).hidden(*secret));
        }
        Self {
            template,
            fields: Fields::new(fields),
            pieces,
            values,
        }
    }

    /// What it comes to as it stands.
    ///
    /// # Errors
    /// An escape that is none, a line that is none.
    pub fn filled(&self) -> Result<Filled, FillError> {
        let mut text = String::new();
        for piece in &self.pieces {
            match piece {
                TemplatePart::Text(plain) => text.push_str(plain),
                TemplatePart::Field { name, .. } => text.push_str(self.fields.value(name)),
                TemplatePart::Auto(AutoValue::Date) => text.push_str(&self.values.date),
                TemplatePart::Auto(AutoValue::Id) => text.push_str(&self.values.id),
                TemplatePart::Auto(AutoValue::Octets) => {
                    let octets = escape::unescape(self.fields.value("text"))?.len();
                    text.push_str(&octets.to_string());
                }
            }
        }
        Ok(match self.template.kind {
            TemplateKind::Line => Filled::Line(CommandLine::parse(text)?),
            TemplateKind::Raw => Filled::Raw(escape::unescape(&text)?),
            TemplateKind::Message => Filled::Message(text),
        })
    }
}

impl Filled {
    /// Its octets on the wire, and from which on they are a secret. `exchange` says that a line
    /// answers a 334.
    pub fn octets(&self, exchange: bool) -> (Vec<u8>, Option<usize>) {
        match self {
            Self::Line(line) => {
                let secret = line.clone().hide(exchange).secret();
                ([line.text().as_bytes(), b"\r\n"].concat(), secret)
            }
            Self::Raw(octets) => (octets.clone(), raw::find_secret(octets, exchange)),
            Self::Message(text) => (text.replace('\n', "\r\n").into_bytes(), None),
        }
    }
}

/// Why a template makes no sense where the dialogue stands. It can be used all the same.
pub fn unavailable(template: &Template, status: &SessionStatus) -> Option<&'static str> {
    if let Some(extension) = &template.extension
        && let Some(capabilities) = status.capabilities.current()
    {
        let offered = match extension.split_once(' ') {
            Some((_, mechanism)) => capabilities
                .mechanisms()
                .iter()
                .any(|offered| offered.eq_ignore_ascii_case(mechanism)),
            None => capabilities.offers(extension),
        };
        if !offered {
            return Some("not offered");
        }
    }
    let first = template.text.split(['\r', '\n', '\\']).next();
    let line = CommandLine::parse(first.unwrap_or_default()).ok()?;
    match (template.kind, line.verb()) {
        (TemplateKind::Message, _) => None,
        (TemplateKind::Raw, Verb::Other) if line.text().starts_with("PROXY ") => {
            (status.phase != Phase::Greeting).then_some("only before all else")
        }
        (_, verb) => (!status.phase.allows(verb)).then_some("out of order"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manual::templates;

    fn form(name: &str) -> Form {
        let template = templates().iter().find(|template| template.name == name);
        let values = TemplateValues {
            date: "Thu, 1 Jan 1970 00:00:00 +0000".to_owned(),
            id: "<1@x>".to_owned(),
            values: vec![("from", "me@example.org".to_owned())],
        };
        Form::new(template.unwrap().clone(), values)
    }

    #[test]
    fn every_template_is_filled_in() {
        for template in templates() {
            let (octets, _) = form(&template.name).filled().unwrap().octets(false);
            let text = String::from_utf8(octets).unwrap();
            assert!(text.ends_with('\n'), "{}: {text}", template.name);
            assert!(!text.contains(['{', '}']), "{}: {text}", template.name);
        }
    }

    #[test]
    fn blanks_are_filled_with_what_is_known() {
        let mut bdat = form("BDAT");
        bdat.fields.all_mut()[0].set("\\xFF.\\r\\n");
        let (octets, secret) = bdat.filled().unwrap().octets(false);
        assert_eq!(
            (&octets[..], secret),
            (&b"BDAT 4 LAST\r\n\xff.\r\n"[..], None)
        );
        bdat.fields.all_mut()[0].set("\\q");
        assert!(bdat.filled().is_err());

        let (octets, _) = form("MAIL with SIZE").filled().unwrap().octets(false);
        assert_eq!(octets, b"MAIL FROM:<me@example.org> SIZE=1024\r\n");

        let (octets, _) = form("message with attachment")
            .filled()
            .unwrap()
            .octets(false);
        let text = String::from_utf8(octets).unwrap();
        assert!(text.contains("Date: Thu, 1 Jan 1970"), "{text}");
        assert_eq!(text.matches("\"hello.txt\"").count(), 2, "{text}");

        let (octets, secret) = form("AUTH PLAIN").filled().unwrap().octets(false);
        assert_eq!(&octets[..secret.unwrap()], b"AUTH PLAIN ");
    }

    #[test]
    fn what_makes_no_sense_now_says_why() {
        let reason = |name: &str, phase| {
            let status = SessionStatus {
                phase,
                ..SessionStatus::default()
            };
            unavailable(&form(name).template, &status)
        };
        let open = Phase::Transaction {
            accepted: 0,
            refused: 0,
        };
        let (order, first) = (Some("out of order"), Some("only before all else"));
        let table = [
            ("MAIL", Phase::Ready, None),
            ("MAIL", open, order),
            ("RCPT", open, None),
            ("BDAT", Phase::Ready, order),
            ("PROXY", Phase::Greeting, None),
            ("PROXY", Phase::Greeted, first),
            ("message", Phase::Offline, None),
        ];
        for (name, phase, expected) in table {
            assert_eq!(reason(name, phase), expected, "{name} {phase:?}");
        }
    }
}
