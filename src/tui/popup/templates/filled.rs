//! A template as a form: its blanks are the fields. And why a template is not usable right now.

use crate::manual::{AutoValue, Template, TemplateKind, TemplatePart};
use crate::smtp::escape::{self, EscapeError};
use crate::smtp::{CommandLine, LineError, Phase, SessionStatus, Verb, raw};
use crate::tui::widget::form::{Field, Form};

/// Values that a template may refer to.
#[derive(Clone, Debug, Default)]
pub struct TemplateValues {
    /// Now, as in a Date header.
    pub date: String,
    /// A new Message-ID, in its brackets.
    pub id: String,
    /// Values for blanks, by name. They replace the template's own.
    pub values: Vec<(&'static str, String)>,
}

/// A template with its blanks.
#[derive(Debug)]
pub struct TemplateForm {
    /// The template.
    pub template: Template,
    /// The blanks, one field for each name.
    pub form: Form,
    parts: Vec<TemplatePart>,
    values: TemplateValues,
}

/// A template with its blanks filled in. It may hold a secret, and has no `Debug`.
pub enum Filled {
    /// A line.
    Line(CommandLine),
    /// Octets.
    Raw(Vec<u8>),
    /// A message for the editor.
    Message(String),
}

/// Why a template cannot be filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FillError {
    /// An invalid escape.
    #[error(transparent)]
    Escape(#[from] EscapeError),
    /// An invalid line.
    #[error(transparent)]
    Line(#[from] LineError),
}

impl TemplateForm {
    /// A template with the initial values of its blanks.
    pub fn new(template: Template, values: TemplateValues) -> Self {
        // A template of the settings was checked at the start of the program, the others are checked by a
        // test.
        let parts = template.parts().unwrap_or_default();
        let mut fields: Vec<Field> = Vec::new();
        for part in &parts {
            let TemplatePart::Field {
                name,
                default,
                secret,
            } = part
            else {
                continue;
            };
            if fields.iter().any(|field| field.label() == name) {
                continue;
            }
            let known = values.values.iter().find(|(known, _)| known == name);
            let value = known.map_or(default, |(_, value)| value);
            fields.push(Field::text(name, value).hidden(*secret));
        }
        Self {
            template,
            form: Form::new(fields),
            parts,
            values,
        }
    }

    /// The template with the values that are in its blanks now.
    ///
    /// # Errors
    /// An invalid escape or line.
    pub fn filled(&self) -> Result<Filled, FillError> {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                TemplatePart::Text(plain) => text.push_str(plain),
                TemplatePart::Field { name, .. } => text.push_str(self.form.value_of(name)),
                TemplatePart::Auto(AutoValue::Date) => text.push_str(&self.values.date),
                TemplatePart::Auto(AutoValue::Id) => text.push_str(&self.values.id),
                TemplatePart::Auto(AutoValue::Octets) => {
                    let octets = escape::unescape(self.form.value_of("text"))?.len();
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
    /// The octets on the wire, and the offset from which on they are a secret. `exchange` says that a
    /// line answers a 334.
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

/// Why a template is not usable in the current state of the session. It can be sent anyway.
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
            (status.phase != Phase::Greeting).then_some("only as the first line")
        }
        (_, verb) => (!status.phase.allows(verb)).then_some("out of order"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manual::templates;

    fn form(name: &str) -> TemplateForm {
        let template = templates().iter().find(|template| template.name == name);
        let values = TemplateValues {
            date: "Thu, 1 Jan 1970 00:00:00 +0000".to_owned(),
            id: "<1@x>".to_owned(),
            values: vec![("from", "me@example.org".to_owned())],
        };
        TemplateForm::new(template.unwrap().clone(), values)
    }

    #[test]
    fn every_template_can_be_filled_in() {
        for template in templates() {
            let (octets, _) = form(&template.name).filled().unwrap().octets(false);
            let text = String::from_utf8(octets).unwrap();
            assert!(text.ends_with('\n'), "{}: {text}", template.name);
            assert!(!text.contains(['{', '}']), "{}: {text}", template.name);
        }
    }

    #[test]
    fn blanks_take_known_values() {
        let mut bdat = form("BDAT");
        bdat.form.field_mut(0).unwrap().set("\\xFF.\\r\\n");
        let (octets, secret) = bdat.filled().unwrap().octets(false);
        assert_eq!(
            (&octets[..], secret),
            (&b"BDAT 4 LAST\r\n\xff.\r\n"[..], None)
        );
        bdat.form.field_mut(0).unwrap().set("\\q");
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
    fn a_template_says_why_it_is_of_no_use() {
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
        let (order, first) = (Some("out of order"), Some("only as the first line"));
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
