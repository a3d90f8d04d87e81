//! What the messages of other programs mean that they print if SMTP fails.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::LazyLock;

use serde::Deserialize;

use super::advice::Advice;
use super::condition::Condition;
use super::message_pattern::MessagePattern;
use super::table::Table;

static PROGRAM_ERRORS: LazyLock<Table<ProgramErrorDoc>> =
    LazyLock::new(|| Table::read(include_str!("../../assets/program_errors.toml")));

/// How much a message says. The one that says most explains a text.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "kebab-case")]
pub enum Detail {
    /// That mail could not be sent: another message says why.
    Wrapper,
    /// Which step failed.
    Step,
    /// What is wrong in that step, but not why.
    Kind,
    /// Why it failed.
    #[default]
    Cause,
}

/// A kind of message, in any program's words.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct ProgramErrorDoc {
    /// Any of these in the text is this message.
    #[serde(default)]
    patterns: Vec<MessagePattern>,
    /// The row whose patterns it shares.
    refines: Option<String>,
    /// Facts about the connection, all of which must be known to be true.
    #[serde(default)]
    pub when: Vec<Condition>,
    /// How much the message says.
    #[serde(default)]
    pub detail: Detail,
    /// What it means, at most 70 characters.
    pub means: String,
    /// The usual causes, likeliest first.
    #[serde(default)]
    pub causes: Vec<Advice>,
    /// What to do in one program, by its key in `programs.toml`.
    #[serde(default)]
    pub fix: BTreeMap<String, String>,
    /// What to do in any program, most promising first.
    pub next: Vec<Advice>,
    /// The reply code that these words stand for; the server's text follows them.
    pub reply: Option<u16>,
    /// What a reply in the same text answers, as a verb, `.` or `GREETING`.
    pub answers: Option<String>,
    /// The commands that show it.
    #[serde(default)]
    pub run: Vec<CommandTemplate>,
    /// What the message adds to a reply in the same text; empty if nothing.
    #[serde(default)]
    pub context: String,
}

impl ProgramErrorDoc {
    /// Its patterns, or those of the row that it refines.
    pub fn patterns(&self) -> &[MessagePattern] {
        let refined = self
            .refines
            .as_deref()
            .and_then(|key| PROGRAM_ERRORS.row(key));
        refined.map_or(&self.patterns, |row| &row.patterns)
    }
}

/// All kinds of messages, by key.
pub fn program_errors() -> impl Iterator<Item = (&'static str, &'static ProgramErrorDoc)> {
    PROGRAM_ERRORS.rows()
}

/// A command line with `{host}` and `{port}` for what the message names, `{port:587}` with a default,
/// or `{name}` for a host that is not an address. In the assets: a text, or `{ say = TEXT, when = [CONDITIONS] }`.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(try_from = "Advice")]
pub struct CommandTemplate {
    parts: Vec<Part>,
    /// It is given only if none of these is known to be false.
    pub when: Vec<Condition>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Host,
    Name,
    Port(Option<u16>),
}

/// A name in braces that is neither a host nor a port.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid command \"{0}\": use {{host}}, {{name}}, {{port}} or {{port:NUMBER}}")]
pub struct InvalidTemplate(String);

impl TryFrom<Advice> for CommandTemplate {
    type Error = InvalidTemplate;

    fn try_from(advice: Advice) -> Result<Self, InvalidTemplate> {
        let invalid = || InvalidTemplate(advice.words.clone());
        let mut parts = Vec::new();
        let mut rest = advice.words.as_str();
        while let Some((text, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').ok_or_else(invalid)?;
            parts.push(Part::Text(text.to_owned()));
            parts.push(match name.split_once(':') {
                None if name == "host" => Part::Host,
                None if name == "name" => Part::Name,
                None if name == "port" => Part::Port(None),
                Some(("port", port)) => Part::Port(Some(port.parse().map_err(|_| invalid())?)),
                _ => return Err(invalid()),
            });
            rest = after;
        }
        parts.push(Part::Text(rest.to_owned()));
        Ok(Self {
            parts,
            when: advice.when,
        })
    }
}

impl CommandTemplate {
    /// The command line, with HOST and PORT for what is not known.
    pub fn filled(&self, host: Option<&str>, port: Option<u16>) -> String {
        let host = host.unwrap_or("HOST");
        let is_ipv6 = host.contains(':');
        let parts = self.parts.iter().map(|part| match part {
            Part::Text(text) => text.clone(),
            Part::Name if host.parse::<IpAddr>().is_ok() => "HOST".to_owned(),
            Part::Host if is_ipv6 => format!("[{host}]"),
            Part::Host | Part::Name => host.to_owned(),
            Part::Port(default) => match port.or(*default) {
                Some(port) => port.to_string(),
                None => "PORT".to_owned(),
            },
        });
        parts.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::program::{ProgramDoc, programs};
    use super::*;

    #[test]
    fn assets_are_complete_and_name_known_programs() {
        let read = |text| toml::from_str::<toml::Table>(text).unwrap();
        for (key, row) in read(include_str!("../../assets/programs.toml")) {
            let row = row.try_into::<ProgramDoc>();
            assert!(row.is_ok(), "{key}: {row:?}");
        }
        for (key, row) in read(include_str!("../../assets/program_errors.toml")) {
            let row = row.try_into::<ProgramErrorDoc>();
            assert!(row.is_ok(), "{key}: {row:?}");
        }
        let programs: Vec<&str> = programs().map(|(key, _)| key).collect();
        assert!(programs.len() > 20, "{programs:?}");
        assert!(program_errors().count() > 60);
        for (key, row) in program_errors() {
            assert!(row.means.chars().count() <= 70, "{key}: {}", row.means);
            assert!(!row.next.is_empty() && !row.patterns().is_empty(), "{key}");
            assert_eq!(row.refines.is_some(), !row.when.is_empty(), "{key}");
            for program in row.fix.keys() {
                assert!(programs.contains(&program.as_str()), "{key}: {program}");
            }
        }
    }

    fn template(text: &str) -> Result<CommandTemplate, InvalidTemplate> {
        CommandTemplate::try_from(Advice {
            words: text.to_owned(),
            when: Vec::new(),
            only: Vec::new(),
            action: None,
        })
    }

    #[test]
    fn a_command_is_filled_with_what_is_known() {
        let table = [
            ("ehlo {host}:{port}", None, None, "ehlo HOST:PORT"),
            ("ehlo {host}:{port:587}", None, None, "ehlo HOST:587"),
            (
                "ehlo {host}:{port:587}",
                Some("mx.example"),
                Some(25),
                "ehlo mx.example:25",
            ),
            ("ehlo -4 {name}", Some("2001:db8::1"), None, "ehlo -4 HOST"),
            (
                "ehlo tls {host}",
                Some("2001:db8::1"),
                None,
                "ehlo tls [2001:db8::1]",
            ),
        ];
        for (text, host, port, expected) in table {
            assert_eq!(template(text).unwrap().filled(host, port), expected);
        }
        for text in ["{hots}", "{host", "{port:smtp}", "{}"] {
            assert!(template(text).is_err(), "{text}");
        }
    }
}
