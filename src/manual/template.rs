//! Templates: lines and messages with blanks to fill in. Those of `assets/templates.toml` and those
//! of the user's settings are written alike.
//!
//! In a text `{name=value}` is a blank with what stands there at first, `{!name}` one that is a
//! secret, `{#date}` something that is known, and `{{` a brace.

use std::sync::LazyLock;

use serde::Deserialize;

static TEMPLATES: LazyLock<Vec<Template>> = LazyLock::new(|| {
    // As with every asset: a test reads it, and no fault in it comes from outside.
    toml::from_str::<File>(include_str!("../../assets/templates.toml"))
        .map(|file| file.template)
        .unwrap_or_default()
});

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    template: Vec<Template>,
}

/// A line, octets or a message with blanks.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// What it is called in the list.
    pub name: String,
    /// What it is for, in at most 60 characters.
    pub means: String,
    /// What becomes of its text.
    #[serde(default)]
    pub kind: Kind,
    /// The text with its blanks.
    pub text: String,
    /// What a server has to offer for it: a keyword, and behind `AUTH` a mechanism.
    pub extension: Option<String>,
    /// Replies to expect: the code, a space, what it means here.
    #[serde(default)]
    pub replies: Vec<String>,
}

/// What becomes of a template's text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A line, sent with CR LF.
    #[default]
    Line,
    /// Octets with escapes, sent as they are.
    Raw,
    /// A message for the editor.
    Message,
}

/// A piece of a template's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// It stands there as it is.
    Text(String),
    /// To be filled in.
    Blank {
        /// Its name; blanks of one name are filled in once.
        name: String,
        /// What stands there at first.
        value: String,
        /// Whether it is hidden as it is typed.
        secret: bool,
    },
    /// It is known when the template is filled in.
    Known(Known),
}

/// What is known when a template is filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// `{#date}`: now, as in a Date header (RFC 5322 section 3.3).
    Date,
    /// `{#id}`: a new Message-ID, in its brackets.
    Id,
    /// `{#octets}`: the octets of the blank that is called `text`.
    Octets,
}

/// Why a text is no template. Places are characters, counted from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// A brace without its end.
    #[error("the {{ at character {0} has no }} behind it ({{{{ is a brace)")]
    Open(usize),
    /// A blank that is called nothing.
    #[error("the blank at character {0} has no name: {{name}} or {{name=value}}")]
    Nameless(usize),
    /// `{#word}` with a word that means nothing.
    #[error("character {0}: {{#{1}}} is not known: {{#date}}, {{#id}} and {{#octets}} are")]
    Unknown(usize, String),
    /// No name, or no text.
    #[error("a template has a name and a text")]
    Empty,
}

/// The templates that come with the program, in the order in which they are told.
pub fn templates() -> &'static [Template] {
    &TEMPLATES
}

impl Template {
    /// A template of the user's: of one line a command, of more a message.
    ///
    /// # Errors
    /// A text whose blanks are wrong, or that is empty.
    pub fn of_user(name: &str, text: &str) -> Result<Self, TemplateError> {
        let text = text.trim_end_matches(['\r', '\n']);
        if name.trim().is_empty() || text.is_empty() {
            return Err(TemplateError::Empty);
        }
        pieces(text)?;
        Ok(Self {
            name: name.to_owned(),
            means: "from your settings".to_owned(),
            kind: if text.contains('\n') {
                Kind::Message
            } else {
                Kind::Line
            },
            text: text.to_owned(),
            extension: None,
            replies: Vec::new(),
        })
    }

    /// Its text in pieces.
    ///
    /// # Errors
    /// What is wrong with its blanks.
    pub fn pieces(&self) -> Result<Vec<Piece>, TemplateError> {
        pieces(&self.text)
    }
}

fn pieces(text: &str) -> Result<Vec<Piece>, TemplateError> {
    let mut pieces = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        let place = text[..text.len() - rest.len() + at].chars().count() + 1;
        plain.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(behind) = rest.strip_prefix('{') {
            plain.push('{');
            rest = behind;
            continue;
        }
        let (inner, behind) = rest.split_once('}').ok_or(TemplateError::Open(place))?;
        rest = behind;
        if !plain.is_empty() {
            pieces.push(Piece::Text(std::mem::take(&mut plain)));
        }
        pieces.push(piece(inner, place)?);
    }
    plain.push_str(rest);
    if !plain.is_empty() {
        pieces.push(Piece::Text(plain));
    }
    Ok(pieces)
}

fn piece(inner: &str, place: usize) -> Result<Piece, TemplateError> {
    if let Some(word) = inner.strip_prefix('#') {
        return match word {
            "date" => Ok(Piece::Known(Known::Date)),
            "id" => Ok(Piece::Known(Known::Id)),
            "octets" => Ok(Piece::Known(Known::Octets)),
            word => Err(TemplateError::Unknown(place, word.to_owned())),
        };
    }
    let (name, value) = inner.split_once('=').unwrap_or((inner, ""));
    let (name, secret) = name
        .strip_prefix('!')
        .map_or((name, false), |name| (name, true));
    if name.trim().is_empty() {
        return Err(TemplateError::Nameless(place));
    }
    Ok(Piece::Blank {
        name: name.to_owned(),
        value: value.to_owned(),
        secret,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_read() {
        assert_eq!(templates().len(), 44);
        let mut names: Vec<_> = templates().iter().map(|template| &template.name).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), templates().len(), "two of one name");
        for Template {
            name,
            means,
            kind,
            replies,
            ..
        } in templates()
        {
            assert!(name.len() <= 24 && means.len() <= 60, "{name}: {means}");
            assert_eq!(replies.is_empty(), *kind == Kind::Message, "{name}");
            for reply in replies {
                assert!(reply[..3].parse::<u16>().is_ok(), "{name}: {reply}");
            }
        }
        for template in templates() {
            let pieces = template.pieces();
            assert!(pieces.is_ok(), "{}: {pieces:?}", template.name);
        }
    }

    #[test]
    fn blanks_are_read() {
        let blank = |name: &str, value: &str, secret| Piece::Blank {
            name: name.to_owned(),
            value: value.to_owned(),
            secret,
        };
        let text = |text: &str| Piece::Text(text.to_owned());
        let table = [
            ("NOOP", vec![text("NOOP")]),
            (
                "a {b} c",
                vec![text("a "), blank("b", "", false), text(" c")],
            ),
            ("{b=c=d}", vec![blank("b", "c=d", false)]),
            ("{!b=x}", vec![blank("b", "x", true)]),
            (
                "{{a} {#date}",
                vec![text("{a} "), Piece::Known(Known::Date)],
            ),
        ];
        for (written, read) in table {
            assert_eq!(pieces(written), Ok(read), "{written}");
        }
    }

    #[test]
    fn what_is_no_template_is_told_in_one_line() {
        let table = [
            (
                "a {b",
                "the { at character 3 has no } behind it ({{ is a brace)",
            ),
            (
                "ü{=x}",
                "the blank at character 2 has no name: {name} or {name=value}",
            ),
            (
                "{#now}",
                "character 1: {#now} is not known: {#date}, {#id} and {#octets} are",
            ),
            ("\n", "a template has a name and a text"),
        ];
        for (text, words) in table {
            let error = Template::of_user("x", text).unwrap_err();
            assert_eq!(error.to_string(), words, "{text}");
        }
        let kind = |text| Template::of_user("x", text).unwrap().kind;
        assert_eq!(kind("NOOP {x}\n"), Kind::Line);
        assert_eq!(kind("Subject: x\n\nhello"), Kind::Message);
    }
}
