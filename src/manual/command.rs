//! The verbs: their grammar, piece by piece, and what each is for.

use std::sync::LazyLock;

use serde::Deserialize;

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
