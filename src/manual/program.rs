//! Programs and libraries that send mail, and how their messages are recognised.

use std::sync::LazyLock;

use serde::Deserialize;

use super::message_pattern::MessagePattern;
use super::table::Table;

static PROGRAMS: LazyLock<Table<ProgramDoc>> =
    LazyLock::new(|| Table::read(include_str!("../../assets/programs.toml")));

/// A program or library that sends mail.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct ProgramDoc {
    /// Its name.
    pub name: String,
    /// Text that only its messages contain.
    pub marks: Vec<MessagePattern>,
    /// What it lists as possible causes each time.
    #[serde(default)]
    pub hints: Vec<MessagePattern>,
}

/// All programs, by key.
pub fn programs() -> impl Iterator<Item = (&'static str, &'static ProgramDoc)> {
    PROGRAMS.rows()
}

/// The programs whose marks a text contains, the one with the longest mark first. The text is in
/// lowercase, with single spaces.
pub fn programs_in(text: &str) -> Vec<(&'static str, &'static ProgramDoc)> {
    let longest = |program: &ProgramDoc| {
        let marks = program.marks.iter();
        let found = marks.filter(|mark| mark.find(text).is_some());
        found.map(MessagePattern::length).max()
    };
    let mut found: Vec<_> = programs()
        .filter_map(|row| Some((longest(row.1)?, row)))
        .collect();
    found.sort_by_key(|(length, _)| std::cmp::Reverse(*length));
    found.into_iter().map(|(_, row)| row).collect()
}
