//! The SMTP commands: syntax, arguments, replies. Also protocol terms that are not commands.

use std::sync::LazyLock;

use serde::Deserialize;

use super::page::{Page, rows};
use super::parameter::parameters_of;
use super::sentence::sentence;
use super::source::cite;
use super::table::Table;

static COMMANDS: LazyLock<Table<CommandDoc>> =
    LazyLock::new(|| Table::read(include_str!("../../assets/commands.toml")));

/// Protocol terms that are not commands: the greeting, the final dot, `*`, `LAST`.
static TERMS: LazyLock<Table<CommandDoc>> =
    LazyLock::new(|| Table::read(include_str!("../../assets/terms.toml")));

/// A command or a protocol term. The key is its name in capitals.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct CommandDoc {
    /// What it does, at most 70 characters.
    pub means: String,
    /// The arguments in order. The last one may repeat.
    #[serde(default)]
    pub arguments: Vec<ArgumentDoc>,
    /// Whether ESMTP parameters may follow: those of [`ParameterDoc::on`](super::ParameterDoc).
    #[serde(default)]
    pub parameters: bool,
    /// When it is allowed.
    pub when: String,
    /// An example, as it is typed.
    pub example: String,
    /// Usual replies: the code, a space, what it means here.
    #[serde(default)]
    pub replies: Vec<String>,
    /// The EHLO keyword that announces it; none if every server has it.
    pub extension: Option<String>,
    /// Where it is defined: `5321 s4.1.1.3`, or the name of a product.
    pub source: String,
    /// Notes.
    #[serde(default)]
    pub notes: Vec<String>,
    /// Seen in the wild, but its meaning is not confirmed; the page says so.
    #[serde(default)]
    pub unconfirmed: bool,
}

/// One argument of a command.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct ArgumentDoc {
    /// The syntax: `TO:<forward-path>`, `mechanism`.
    pub form: String,
    /// What it means and what it may be, at most 60 characters.
    pub means: String,
    /// Whether it is optional.
    #[serde(default)]
    pub optional: bool,
    /// Whether it may be repeated.
    #[serde(default)]
    pub repeats: bool,
    /// The allowed words, if the set is fixed.
    #[serde(default)]
    pub values: Vec<String>,
    /// Where it is defined; empty if the same as the command.
    #[serde(default)]
    pub source: String,
}

impl CommandDoc {
    /// The syntax of `verb` in one line, with optional parts in brackets.
    pub fn grammar(&self, verb: &str) -> String {
        let mut words = vec![verb.to_owned()];
        for argument in &self.arguments {
            let more = if argument.repeats { " ..." } else { "" };
            words.push(if argument.optional {
                format!("[{}{more}]", argument.form)
            } else {
                format!("{}{more}", argument.form)
            });
        }
        if self.parameters {
            words.push("[parameter ...]".to_owned());
        }
        words.join(" ")
    }

    fn page(&self, name: &str, is_command: bool) -> Page {
        let mut page = Page::new(if is_command {
            format!("{name}, a command")
        } else {
            format!("{name}, a protocol term")
        });
        page.lead(is_command.then(|| self.grammar(name)));
        page.lead([self.means.clone()]);
        page.lead(self.unconfirmed.then(|| sentence("unconfirmed").to_owned()));
        page.section("When", [self.when.clone()]);
        let arguments = self.arguments.iter().map(|argument| {
            let means = match argument.source.as_str() {
                "" => argument.means.clone(),
                source => format!("{} ({})", argument.means, cite(source)),
            };
            (argument.form.clone(), means)
        });
        page.section("Arguments", rows(&arguments.collect::<Vec<_>>(), 24));
        if self.parameters {
            page.section("Parameters", rows(&parameters_of(name), 16));
        }
        page.section("Example", [self.example.clone()]);
        page.section("Replies", self.replies.clone());
        page.section("Notes", self.notes.clone());
        page.section("EHLO keyword", self.extension.clone());
        page.section("Source", [cite(&self.source)]);
        page
    }
}

/// The page of a command.
pub(super) fn command_page(name: &str) -> Option<Page> {
    COMMANDS.entry(name).map(|(name, row)| row.page(name, true))
}

/// The page of a protocol term.
pub(super) fn term_page(name: &str) -> Option<Page> {
    TERMS.entry(name).map(|(name, row)| row.page(name, false))
}

/// The command with this name; case does not matter.
pub fn command(name: &str) -> Option<&'static CommandDoc> {
    COMMANDS.row(name)
}

/// All commands, by name.
pub fn commands() -> impl Iterator<Item = (&'static str, &'static CommandDoc)> {
    COMMANDS.rows()
}

/// All protocol terms that are not commands, by name.
pub fn terms() -> impl Iterator<Item = (&'static str, &'static CommandDoc)> {
    TERMS.rows()
}
