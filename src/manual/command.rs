//! The verbs: their grammar, piece by piece, and what each is for.

use std::sync::LazyLock;

use serde::Deserialize;

use super::page::{Page, rows};
use super::parameter::parameters_of;
use super::sentence;
use super::source::cite;
use super::table::Table;

static COMMANDS: LazyLock<Table<Command>> =
    LazyLock::new(|| Table::read(include_str!("../../assets/commands.toml")));

/// What has a place in the dialogue and is no verb: the greeting, the lone dot, `*`, `LAST`.
static TOPICS: LazyLock<Table<Command>> =
    LazyLock::new(|| Table::read(include_str!("../../assets/topics.toml")));

/// A verb, keyed by its name in capitals.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Command {
    /// What it does, in one short sentence of at most 70 characters.
    pub means: String,
    /// What stands behind the verb, in order. The last may repeat.
    #[serde(default)]
    pub arguments: Vec<Argument>,
    /// Whether ESMTP parameters may follow the arguments: those of [`Parameter::on`](super::Parameter).
    #[serde(default)]
    pub parameters: bool,
    /// When it has its place, in words.
    pub when: String,
    /// A line as it is typed.
    pub example: String,
    /// Replies to expect: the code, a space, what it means here.
    #[serde(default)]
    pub replies: Vec<String>,
    /// The keyword by which a server offers it; none for what every server has.
    pub extension: Option<String>,
    /// Where it is defined: `5321 s4.1.1.3`, or the name of a product.
    pub source: String,
    /// More that is worth knowing.
    #[serde(default)]
    pub notes: Vec<String>,
    /// Seen, but what it means is not certain; it is shown as such.
    #[serde(default)]
    pub unconfirmed: bool,
}

/// One piece of a command behind its verb.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Argument {
    /// Its form: `TO:<forward-path>`, `mechanism`.
    pub form: String,
    /// What it means and what it may hold, in at most 60 characters.
    pub means: String,
    /// Whether it may be left out.
    #[serde(default)]
    pub optional: bool,
    /// Whether more of the kind may follow.
    #[serde(default)]
    pub repeats: bool,
    /// Words that may stand there, where there are only some.
    #[serde(default)]
    pub values: Vec<String>,
    /// Where it is defined; the command's own source where empty.
    #[serde(default)]
    pub source: String,
}

impl Command {
    /// The grammar of `verb` in one line: what may be left out stands in brackets.
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

    fn page(&self, name: &str, is_verb: bool) -> Page {
        let mut page = Page::new(if is_verb {
            format!("{name}, a command")
        } else {
            format!("{name}, in the dialogue")
        });
        page.lead(is_verb.then(|| self.grammar(name)));
        page.lead([self.means.clone()]);
        page.lead(self.unconfirmed.then(|| sentence("unconfirmed").to_owned()));
        page.section("When", [self.when.clone()]);
        let arguments = self.arguments.iter().map(|argument| {
            let words = match argument.source.as_str() {
                "" => argument.means.clone(),
                source => format!("{} ({})", argument.means, cite(source)),
            };
            (argument.form.clone(), words)
        });
        page.section("Arguments", rows(&arguments.collect::<Vec<_>>(), 24));
        if self.parameters {
            page.section("Parameters", rows(&parameters_of(name), 16));
        }
        page.section("Example", [self.example.clone()]);
        page.section("Replies", self.replies.clone());
        page.section("Good to know", self.notes.clone());
        page.section("Offered as", self.extension.clone());
        page.section("Source", [cite(&self.source)]);
        page
    }
}

/// The page of a verb.
pub(super) fn command_page(name: &str) -> Option<Page> {
    COMMANDS.entry(name).map(|(name, row)| row.page(name, true))
}

/// The page of what is no verb.
pub(super) fn dialogue_page(name: &str) -> Option<Page> {
    TOPICS.entry(name).map(|(name, row)| row.page(name, false))
}

/// The verb of that name, in any case of letters.
pub fn command(name: &str) -> Option<&'static Command> {
    COMMANDS.row(name)
}

/// All verbs by name.
pub fn commands() -> impl Iterator<Item = (&'static str, &'static Command)> {
    COMMANDS.rows()
}

/// What is no verb but has a place in the dialogue, in the shape of the verbs.
pub fn dialogue_topics() -> impl Iterator<Item = (&'static str, &'static Command)> {
    TOPICS.rows()
}
