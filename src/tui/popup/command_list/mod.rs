//! All commands: the palette by name, the help by key. Both list the command table and are filtered by
//! typing; Enter runs the chosen command.

mod rank;
mod row;

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use self::rank::{BY_LETTERS, BY_SYNONYM, BY_TITLE, first_rows, rank, rank_of_untyped};
use self::row::{MENU, Row, command_line, key_line, rows_by_key, topic_line};
use super::outcome::Outcome;
use crate::diagnosis;
use crate::manual::{self, Topic};
use crate::report::text;
use crate::smtp::raw;
use crate::tui::keymap::{Action, Command, Place, commands};
use crate::tui::widget::canvas::{Canvas, inner_columns};
use crate::tui::widget::hint::Hint;
use crate::tui::widget::list::FilteredList;

/// The fewest characters that are looked up.
const SHORTEST: usize = 3;

/// How the commands are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortBy {
    /// By name, for the palette.
    Name,
    /// By key, for the help: the keys of these places first.
    Key(&'static [Place]),
}

impl SortBy {
    /// Whether the keys of the place of this name count now; those of the menu always do.
    fn is_active(self, place: Option<&str>) -> bool {
        match (self, place) {
            (Self::Key(here), Some(name)) => {
                name == MENU || here.iter().any(|place| place.name() == name)
            }
            _ => true,
        }
    }
}

/// A list of commands.
#[derive(Debug)]
pub struct CommandList {
    sort_by: SortBy,
    list: FilteredList,
    /// The commands that could not run when the list was opened.
    unavailable: Vec<Action>,
    /// The commands that come first while nothing is typed.
    first: Vec<Action>,
    /// The paths that the argument can become, and the argument that they are for.
    paths: (String, Vec<String>),
}

impl CommandList {
    /// The whole list.
    pub fn new(sort_by: SortBy) -> Self {
        Self {
            sort_by,
            list: FilteredList::new(),
            unavailable: Vec::new(),
            first: first_rows(&[], false),
            paths: (String::new(), Vec::new()),
        }
    }

    /// The palette. Some commands cannot run now; those that were used, the latest first, come first as
    /// far as they are harmless.
    pub fn palette(unavailable: Vec<Action>, used: &[Action], connected: bool) -> Self {
        Self {
            unavailable,
            first: first_rows(used, connected),
            ..Self::new(SortBy::Name)
        }
    }

    /// Types this text into the filter.
    pub fn begin(&mut self, typed: &str) {
        self.list.set_filter(typed);
    }

    pub(super) fn choose(&mut self, row: usize) {
        self.list.choose(row);
    }

    pub(super) fn hints(&self) -> Vec<Hint> {
        vec![
            Hint::new("Enter", "run"),
            Hint::new("Tab", "complete"),
            Hint::new("Up Down", "choose"),
        ]
    }

    pub(super) fn paste(&mut self, text: &str) {
        self.list.paste(text);
    }

    pub(super) fn handle(&mut self, key: KeyEvent) -> Outcome {
        let rows = self.rows();
        let chosen = rows.get(self.list.chosen());
        match key.code {
            KeyCode::Enter => return self.run(&rows),
            KeyCode::Tab => match (chosen, rows.get(1)) {
                (Some(Row::Topic(topic)), _) | (_, Some(Row::Topic(topic))) => {
                    self.insert_topic(topic);
                }
                (Some(Row::Path(path)), _) => self.insert_path(&path.clone()),
                (Some(Row::Command(command, _)), _) if !self.list.filter().contains(' ') => {
                    self.list.set_filter(&format!("{} ", command.name));
                }
                (Some(Row::Command(command, _)), _) if command.takes_path() => {
                    let (typed, in_words) = self.path_typed(command);
                    return Outcome::CompletePath { typed, in_words };
                }
                _ => {}
            },
            KeyCode::Backspace if self.list.filter().is_empty() => return Outcome::Close,
            _ => self.list.handle(key, rows.len()),
        }
        Outcome::Stay
    }

    /// What is typed of a path, and whether the command reads its argument as words.
    fn path_typed(&self, command: &Command) -> (String, bool) {
        let argument = self.list.filter().split_once(' ');
        let argument = argument.map_or("", |(_, argument)| argument);
        let in_words = command.action == Action::Compare;
        // A word in quotes may contain blanks.
        let from = match argument.rfind(['"', '\'']) {
            _ if !in_words => 0,
            Some(quote) if argument.matches(&argument[quote..=quote]).count() % 2 == 1 => quote,
            _ => argument.rfind(' ').map_or(0, |at| at + 1),
        };
        (argument[from..].to_owned(), in_words)
    }

    /// Takes the paths that what is typed can become: one is inserted, of several their common
    /// beginning, and they are listed.
    pub fn take_paths(&mut self, typed: &str, paths: Vec<String>) {
        // The user may have typed on.
        if !self.list.filter().ends_with(typed) {
            return;
        }
        let common = common_beginning(&paths);
        if common.len() > typed.len() {
            self.replace_typed(typed, &common);
        }
        self.paths = match paths.len() {
            0 | 1 => (String::new(), Vec::new()),
            _ => (self.list.filter().to_owned(), paths),
        };
    }

    fn replace_typed(&mut self, typed: &str, path: &str) {
        let filter = self.list.filter();
        let before = filter.strip_suffix(typed).unwrap_or(filter);
        self.list.set_filter(&format!("{before}{path}"));
    }

    /// Inserts a listed path in place of what is typed of it.
    fn insert_path(&mut self, path: &str) {
        let common = common_beginning(&self.paths.1);
        let filter = self.list.filter().to_owned();
        let typed = if filter.ends_with(&common) {
            common
        } else {
            String::new()
        };
        self.replace_typed(&typed, path);
        self.paths = (String::new(), Vec::new());
    }

    /// Runs the chosen command with what is typed after its name. A chosen topic or path is its argument.
    fn run(&mut self, rows: &[Row]) -> Outcome {
        let mut chosen = rows.get(self.list.chosen());
        if let Some(Row::Path(path)) = chosen {
            self.insert_path(path);
            chosen = rows.first();
        }
        if let Some(Row::Topic(topic)) = chosen {
            self.insert_topic(topic);
            // The command is listed above its topics.
            chosen = rows.first();
        }
        if let Some(Row::LookUp(words)) = chosen {
            return Outcome::Run(Action::Explain, words.clone());
        }
        let Some(Row::Command(command, _)) = chosen else {
            return Outcome::Stay;
        };
        let argument = self.list.filter().split_once(' ');
        let argument = argument.map_or("", |(_, argument)| argument.trim());
        Outcome::Run(command.action, argument.to_owned())
    }

    /// Replaces the last word of the filter by a topic.
    fn insert_topic(&mut self, topic: &Topic) {
        let typed = self.list.filter();
        let before = typed.rfind(' ').map_or("", |at| &typed[..=at]);
        self.list.set_filter(&format!("{before}{}", topic.name));
    }

    /// The topics of the manual that begin with the last word, if a command takes a topic.
    fn topics(&self) -> Vec<Topic> {
        let typed = self.list.filter().to_ascii_lowercase();
        let takes_topic = [Action::Help, Action::Explain]
            .into_iter()
            .filter_map(Command::of)
            .any(|command| {
                typed
                    .split_once(' ')
                    .is_some_and(|(name, _)| name == command.name)
            });
        let word = typed.rsplit(' ').next().unwrap_or_default();
        let begins = |topic: &Topic| topic.name.to_ascii_lowercase().starts_with(word);
        let mut topics = if takes_topic {
            manual::topics()
        } else {
            Vec::new()
        };
        topics.retain(begins);
        topics
    }

    /// From which character on the filter is hidden: raw octets may hold a secret.
    fn hidden_from(&self) -> Option<usize> {
        let (name, argument) = self.list.filter().split_once(' ')?;
        let raw_action = Command::of(Action::Raw)?.name;
        let secret = raw::find_secret(argument.as_bytes(), false).filter(|_| name == raw_action)?;
        Some(name.len() + 1 + argument[..secret].chars().count())
    }

    /// The rows that match the filter, the best first. While nothing is typed, likely commands come
    /// first, and those that could not run last.
    fn rows(&self) -> Vec<Row> {
        let typed = self.list.filter().trim_start().to_lowercase();
        let word = typed.split(' ').next().unwrap_or_default();
        let matches = |command: &Command| {
            if typed.contains(' ') {
                return (command.name == word && !command.argument.is_empty()).then_some(0);
            }
            if word.is_empty() && self.sort_by == SortBy::Name {
                let unavailable = self.unavailable.contains(&command.action);
                return Some(rank_of_untyped(command, &self.first, unavailable));
            }
            let by_synonym = command.synonyms.iter().any(|other| other.starts_with(word));
            let by_title = || command.title.contains(word).then_some(BY_TITLE);
            [
                rank(word, command.name),
                by_synonym.then_some(BY_SYNONYM),
                by_title(),
            ]
            .into_iter()
            .flatten()
            .min()
        };
        let mut rows: Vec<(usize, Row)> = match self.sort_by {
            SortBy::Name => commands()
                .filter_map(|command| Some((matches(command)?, Row::Command(command, None))))
                .collect(),
            SortBy::Key(here) => rows_by_key(here, word, &matches),
        };
        // A stable sort: rows of the same rank stay in the order of the table.
        rows.sort_by_key(|(rank, _)| *rank);
        let topics = self.topics().into_iter().map(Row::Topic);
        let is_for = self.paths.0 == self.list.filter();
        let paths = self.paths.1.iter().filter(|_| is_for).cloned();
        let is_named = rows.first().is_some_and(|(rank, _)| *rank < BY_LETTERS);
        let look_up = (!is_named).then(|| self.look_up()).flatten();
        let rows = rows.into_iter().map(|(_, row)| row);
        let rows = look_up.map(Row::LookUp).into_iter().chain(rows);
        rows.chain(topics).chain(paths.map(Row::Path)).collect()
    }

    /// What is typed, if the manual knows something about it.
    fn look_up(&self) -> Option<String> {
        let words = self.list.filter().trim();
        let is_long = words.len() >= SHORTEST && !words.starts_with(':');
        (is_long && diagnosis::look_up(&[words]).is_ok()).then(|| words.to_owned())
    }

    pub(super) fn draw(
        &mut self,
        screen: Rect,
        unavailable: &dyn Fn(Action) -> Option<&'static str>,
        canvas: &mut Canvas<'_>,
    ) -> Position {
        self.list.set_hidden_from(self.hidden_from());
        let look = canvas.look;
        let columns = inner_columns(screen);
        let line = |row: Row| match row {
            Row::Command(command, keys) => {
                let place = keys.as_ref().map(|(_, place)| *place);
                let reason = unavailable(command.action).map(|reason| {
                    // Elsewhere the name of the place says it.
                    if self.sort_by.is_active(place) {
                        reason
                    } else {
                        ""
                    }
                });
                command_line(command, keys, reason, columns, look)
            }
            Row::Topic(topic) => topic_line(topic, look),
            Row::Path(path) => Line::from(format!("  {path}")),
            Row::LookUp(words) => {
                let words = text::visible(words.as_bytes(), look.charset);
                Line::from(format!("explain {words}"))
            }
            Row::Editing(keys, words) => {
                let words = Span::raw(words);
                key_line(keys, "prompt", words, look)
            }
        };
        let lines: Vec<Line<'_>> = self.rows().into_iter().map(line).collect();
        let most = usize::from(screen.height).saturating_sub(4).max(1);
        let size = (columns, commands().count().min(most) + 1);
        let title = match self.sort_by {
            SortBy::Name => "Commands",
            SortBy::Key(_) => "Keys",
        };
        let inner = canvas.frame(screen, size, title);
        self.list.draw(&lines, "no command matches", inner, canvas)
    }
}

/// The beginning that all of these have in common.
fn common_beginning(all: &[String]) -> String {
    let mut all = all.iter();
    let first = all.next().cloned().unwrap_or_default();
    all.fold(first, |common, other| {
        let same = common
            .chars()
            .zip(other.chars())
            .take_while(|(a, b)| a == b);
        same.map(|(letter, _)| letter).collect()
    })
}

#[cfg(test)]
mod tests {
    use crossterm::event::KeyModifiers;

    use super::row::EDITING;
    use super::*;

    #[test]
    fn words_that_name_no_command_are_looked_up() {
        let first = |typed: &str| {
            let mut list = CommandList::new(SortBy::Name);
            list.paste(typed);
            match list.rows().into_iter().next() {
                Some(Row::LookUp(words)) => words,
                Some(Row::Command(command, _)) => command.name.to_owned(),
                _ => String::new(),
            }
        };
        for (typed, expected) in [
            ("relay", "relay"),
            ("relay access denied", "relay access denied"),
            ("550 5.7.1", "550 5.7.1"),
            ("replay", "replay"),
            ("qui", "quit"),
            ("xx", ""),
        ] {
            assert_eq!(first(typed), expected, "{typed}");
        }
    }

    fn names(typed: &str) -> Vec<&'static str> {
        let mut list = CommandList::new(SortBy::Name);
        list.paste(typed);
        list.rows()
            .into_iter()
            .filter_map(|row| match row {
                Row::Command(command, _) => Some(command.name),
                Row::Editing(..) | Row::Topic(_) | Row::Path(_) | Row::LookUp(_) => None,
            })
            .collect()
    }

    #[test]
    fn names_match_by_beginning_part_and_letters() {
        assert_eq!(names("").len(), commands().count());
        assert_eq!(names("recon").first(), Some(&"reconnect"));
        assert_eq!(names("conn").first(), Some(&"connect"));
        assert_eq!(names("rcnc").first(), Some(&"reconnect"));
        assert_eq!(names("connect mx:25"), ["connect"]);
        assert!(names("zzz").is_empty());
    }

    #[test]
    fn other_words_find_a_command() {
        for (typed, name) in [
            ("exit", "quit"),
            ("q", "quit"),
            ("password", "login"),
            ("mx", "connect"),
            ("dns", "connect"),
            ("starttls", "starttls"),
            ("cipher", "tls"),
            ("certificate", "tls"),
            ("wait", "read-on"),
            ("swaks", "export"),
        ] {
            assert_eq!(names(typed).first(), Some(&name), "{typed}");
        }
    }

    #[test]
    fn the_palette_begins_with_what_is_harmless() {
        let names = |used: &[Action]| -> Vec<&str> {
            let rows = CommandList::palette(vec![Action::Login], used, false).rows();
            let name = |row| match row {
                Row::Command(command, _) => Some(command.name),
                Row::Editing(..) | Row::Topic(_) | Row::Path(_) | Row::LookUp(_) => None,
            };
            rows.into_iter().filter_map(name).collect()
        };
        assert_eq!(names(&[])[..2], ["connect", "capabilities"]);
        assert_eq!(names(&[]).last(), Some(&"login"), "it cannot run now");
        // What was used comes first, unless it sends, ends or begins something.
        let used = [
            Action::Disconnect,
            Action::Filter,
            Action::Login,
            Action::Send,
        ];
        assert_eq!(names(&used)[..3], ["filter", "connect", "capabilities"]);
        for command in commands() {
            let first = first_rows(&[command.action], false).contains(&command.action);
            assert!(!(first && command.ends), "{}", command.name);
        }
    }

    #[test]
    fn topics_of_the_manual_are_completed() {
        let press = |list: &mut CommandList, code| list.handle(code_alone(code));
        for (typed, keys, argument) in [
            ("help not", vec![KeyCode::Tab], "NOTIFY"),
            ("explain 550 5.7.13", vec![KeyCode::Down], "550 5.7.13"),
            ("help whatever", vec![KeyCode::Tab], "whatever"),
            ("help size", vec![], "size"),
        ] {
            let mut list = CommandList::new(SortBy::Name);
            list.paste(typed);
            for key in keys {
                assert_eq!(press(&mut list, key), Outcome::Stay);
            }
            let Outcome::Run(_, given) = press(&mut list, KeyCode::Enter) else {
                panic!("{typed}");
            };
            assert_eq!(given, argument, "{typed}");
        }
    }

    #[test]
    fn paths_are_completed_and_listed() {
        let mut list = CommandList::new(SortBy::Name);
        list.paste("open ses");
        let asked = list.handle(code_alone(KeyCode::Tab));
        let typed = "ses".to_owned();
        assert_eq!(
            asked,
            Outcome::CompletePath {
                typed,
                in_words: false
            }
        );
        let paths = ["session-1.txt", "session-2.txt"].map(str::to_owned);
        list.take_paths("ses", paths.to_vec());
        assert_eq!(list.list.filter(), "open session-");
        list.handle(code_alone(KeyCode::Down));
        list.handle(code_alone(KeyCode::Down));
        let run = list.handle(code_alone(KeyCode::Enter));
        assert_eq!(run, Outcome::Run(Action::Load, "session-2.txt".to_owned()));
        // Only the word at the end is completed in a line of words.
        let mut list = CommandList::new(SortBy::Name);
        list.paste("diff a.txt \"b c");
        let asked = list.handle(code_alone(KeyCode::Tab));
        let typed = "\"b c".to_owned();
        assert_eq!(
            asked,
            Outcome::CompletePath {
                typed,
                in_words: true
            }
        );
        list.take_paths("\"b c", vec!["\"b c.txt\"".to_owned()]);
        assert_eq!(list.list.filter(), "diff a.txt \"b c.txt\"");
        // Who has typed on is not disturbed.
        list.take_paths("elsewhere", vec!["other".to_owned()]);
        assert_eq!(list.list.filter(), "diff a.txt \"b c.txt\"");
    }

    fn code_alone(code: KeyCode) -> KeyEvent {
        KeyEvent::new(code, KeyModifiers::NONE)
    }

    #[test]
    fn the_help_lists_every_key_at_its_place() {
        let here = &[Place::Saved, Place::Transcript];
        let rows = CommandList::new(SortBy::Key(here)).rows().len() - EDITING.len();
        let pairs = |command: &Command| {
            let mut places: Vec<_> = command.keys.iter().map(|(place, _)| place.name()).collect();
            places.sort_unstable();
            places.dedup();
            places.len()
        };
        let keys: usize = commands()
            .map(|command| pairs(command) + usize::from(command.menu.is_some()))
            .sum();
        assert_eq!(rows, keys);
    }

    #[test]
    fn text_after_a_name_is_its_argument() {
        let mut list = CommandList::new(SortBy::Name);
        list.paste("connect mx.example:587");
        let enter = KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE);
        assert_eq!(
            list.handle(enter),
            Outcome::Run(Action::Connect, "mx.example:587".to_owned())
        );
    }
}
