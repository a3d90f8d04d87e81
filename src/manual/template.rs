//! Templates: lines and messages with fields to fill in, from `assets/templates.toml` and from the
//! user's settings.
//!
//! In a template's text `{name=value}` is a field with a default value, `{!name}` is a secret field,
//! `{#date}` is a value that the program supplies, and `{{` is a literal brace.

use std::sync::LazyLock;

use serde::Deserialize;

static TEMPLATES: LazyLock<Vec<Template>> = LazyLock::new(|| {
    // As with every asset, a test reads this file, so an error cannot come from outside.
    toml::from_str::<File>(include_str!("../../assets/templates.toml"))
        .map(|file| file.template)
        .unwrap_or_default()
});

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    template: Vec<Template>,
}

/// A line, raw octets or a message, with fields to fill in.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// The name shown in the list.
    pub name: String,
    /// What it is for, at most 60 characters.
    pub means: String,
    /// How its text is used.
    #[serde(default)]
    pub kind: TemplateKind,
    /// The text with its fields.
    pub text: String,
    /// What the server must offer: an EHLO keyword, or `AUTH` and a mechanism.
    pub extension: Option<String>,
    /// Usual replies: the code, a space, what it means here.
    #[serde(default)]
    pub replies: Vec<String>,
}

/// How a template's text is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TemplateKind {
    /// A line; CR LF is added.
    #[default]
    Line,
    /// Octets written with escapes, sent unchanged.
    Raw,
    /// A message for the editor.
    Message,
}

/// A part of a template's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemplatePart {
    /// Literal text.
    Text(String),
    /// A field to fill in.
    Field {
        /// The name; fields with the same name are filled in once.
        name: String,
        /// The value shown at first.
        default: String,
        /// Whether the value is hidden while it is typed.
        secret: bool,
    },
    /// A value that the program supplies.
    Auto(AutoValue),
}

/// A value that the program supplies when a template is filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AutoValue {
    /// `{#date}`: the current time, as in a Date header (RFC 5322 section 3.3).
    Date,
    /// `{#id}`: a new Message-ID in angle brackets.
    Id,
    /// `{#octets}`: the number of octets in the field `text`.
    Octets,
}

/// Why a text is not a valid template. Positions are characters, counted from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// A `{` without its `}`.
    #[error("unclosed {{ at character {0}: add }}, or write {{{{ for a literal brace")]
    UnclosedBrace(usize),
    /// A field without a name.
    #[error("unnamed field at character {0}: use {{name}} or {{name=value}}")]
    UnnamedField(usize),
    /// `{#word}` with an unknown word.
    #[error("unknown {{#{1}}} at character {0}: use {{#date}}, {{#id}} or {{#octets}}")]
    UnknownAutoValue(usize, String),
    /// No name or no text.
    #[error("incomplete template: it needs a name and a text")]
    Empty,
}

/// The built-in templates, in the order of the list.
pub fn templates() -> &'static [Template] {
    &TEMPLATES
}

impl Template {
    /// A template from the user's settings: one line makes a command, several make a message.
    ///
    /// # Errors
    /// [`TemplateError`] if the name or text is empty, or the fields have a syntax error.
    pub fn from_settings(name: &str, text: &str) -> Result<Self, TemplateError> {
        let text = text.trim_end_matches(['\r', '\n']);
        if name.trim().is_empty() || text.is_empty() {
            return Err(TemplateError::Empty);
        }
        parse_parts(text)?;
        Ok(Self {
            name: name.to_owned(),
            means: "from your settings".to_owned(),
            kind: if text.contains('\n') {
                TemplateKind::Message
            } else {
                TemplateKind::Line
            },
            text: text.to_owned(),
            extension: None,
            replies: Vec::new(),
        })
    }

    /// The text split into parts.
    ///
    /// # Errors
    /// [`TemplateError`] if the fields have a syntax error.
    pub fn parts(&self) -> Result<Vec<TemplatePart>, TemplateError> {
        parse_parts(&self.text)
    }
}

fn parse_parts(text: &str) -> Result<Vec<TemplatePart>, TemplateError> {
    let mut parts = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        let position = text[..text.len() - rest.len() + at].chars().count() + 1;
        plain.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('{') {
            plain.push('{');
            rest = after;
            continue;
        }
        let (inner, after) = rest
            .split_once('}')
            .ok_or(TemplateError::UnclosedBrace(position))?;
        rest = after;
        if !plain.is_empty() {
            parts.push(TemplatePart::Text(std::mem::take(&mut plain)));
        }
        parts.push(parse_part(inner, position)?);
    }
    plain.push_str(rest);
    if !plain.is_empty() {
        parts.push(TemplatePart::Text(plain));
    }
    Ok(parts)
}

fn parse_part(inner: &str, position: usize) -> Result<TemplatePart, TemplateError> {
    if let Some(word) = inner.strip_prefix('#') {
        return match word {
            "date" => Ok(TemplatePart::Auto(AutoValue::Date)),
            "id" => Ok(TemplatePart::Auto(AutoValue::Id)),
            "octets" => Ok(TemplatePart::Auto(AutoValue::Octets)),
            word => Err(TemplateError::UnknownAutoValue(position, word.to_owned())),
        };
    }
    let (name, default) = inner.split_once('=').unwrap_or((inner, ""));
    let (name, secret) = name
        .strip_prefix('!')
        .map_or((name, false), |name| (name, true));
    if name.trim().is_empty() {
        return Err(TemplateError::UnnamedField(position));
    }
    Ok(TemplatePart::Field {
        name: name.to_owned(),
        default: default.to_owned(),
        secret,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_templates_are_valid() {
        assert_eq!(templates().len(), 44);
        let mut names: Vec<_> = templates().iter().map(|template| &template.name).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), templates().len(), "duplicate name");
        for Template {
            name,
            means,
            kind,
            replies,
            ..
        } in templates()
        {
            assert!(name.len() <= 24 && means.len() <= 60, "{name}: {means}");
            assert_eq!(replies.is_empty(), *kind == TemplateKind::Message, "{name}");
            for reply in replies {
                assert!(reply[..3].parse::<u16>().is_ok(), "{name}: {reply}");
            }
        }
        for template in templates() {
            let parts = template.parts();
            assert!(parts.is_ok(), "{}: {parts:?}", template.name);
        }
    }

    #[test]
    fn parses_fields() {
        let field = |name: &str, default: &str, secret| TemplatePart::Field {
            name: name.to_owned(),
            default: default.to_owned(),
            secret,
        };
        let text = |text: &str| TemplatePart::Text(text.to_owned());
        let table = [
            ("NOOP", vec![text("NOOP")]),
            (
                "a {b} c",
                vec![text("a "), field("b", "", false), text(" c")],
            ),
            ("{b=c=d}", vec![field("b", "c=d", false)]),
            ("{!b=x}", vec![field("b", "x", true)]),
            (
                "{{a} {#date}",
                vec![text("{a} "), TemplatePart::Auto(AutoValue::Date)],
            ),
        ];
        for (text, parts) in table {
            assert_eq!(parse_parts(text), Ok(parts), "{text}");
        }
    }

    #[test]
    fn reports_syntax_errors_in_one_line() {
        let table = [
            (
                "a {b",
                "unclosed { at character 3: add }, or write {{ for a literal brace",
            ),
            (
                "ü{=x}",
                "unnamed field at character 2: use {name} or {name=value}",
            ),
            (
                "{#now}",
                "unknown {#now} at character 1: use {#date}, {#id} or {#octets}",
            ),
            ("\n", "incomplete template: it needs a name and a text"),
        ];
        for (text, message) in table {
            let error = Template::from_settings("x", text).unwrap_err();
            assert_eq!(error.to_string(), message, "{text}");
        }
        let kind = |text| Template::from_settings("x", text).unwrap().kind;
        assert_eq!(kind("NOOP {x}\n"), TemplateKind::Line);
        assert_eq!(kind("Subject: x\n\nhello"), TemplateKind::Message);
    }
}
