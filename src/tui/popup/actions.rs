//! All actions: the palette by name, the help by key. Both are one list over the key table, which
//! is searched by typing; Enter runs what is chosen.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::Outcome;
use crate::manual::{self, Topic};
use crate::smtp::raw;
use crate::tui::keymap::{Action, Command, Place, commands};
use crate::tui::widget::editor::Editor;
use crate::tui::widget::look::Look;
use crate::tui::widget::{field, frame};

/// What is on the screen beside the key table: how the prompt edits.
const EDITING: &[(&str, &str)] = &[
    ("^A ^E Home End", "to the begin or end of the line"),
    ("M-b M-f ^Left ^Right", "a word back or on"),
    ("^W M-d", "kill the word before or after"),
    ("^U ^K", "kill to the begin or end of the line"),
    ("^Y", "yank what was killed"),
    ("^_ M-r", "undo, redo"),
];

/// Rows that PgUp and PgDn move by.
const PAGE: usize = 10;

/// Which way the list is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// By name, for `:`.
    Names,
    /// By key, for `?`: first those that count at these places.
    Keys(&'static [Place]),
}

/// The list.
#[derive(Debug)]
pub struct Actions {
    order: Order,
    filter: Editor,
    chosen: usize,
}

/// A row of the list: an action, and in the help its keys at one place; what the manual knows, behind
/// an action that asks it; or how the prompt edits.
enum Row {
    Action(&'static Command, Option<(String, &'static str)>),
    Topic(Topic),
    Editing(&'static str, &'static str),
}

/// The places in the order in which the help tells them.
const PLACES: [Place; 8] = [
    Place::Prompt,
    Place::EmptyPrompt,
    Place::Ghost,
    Place::List,
    Place::Message,
    Place::Transcript,
    Place::Narrowed,
    Place::Saved,
];

impl Actions {
    /// The whole list.
    pub fn new(order: Order) -> Self {
        Self {
            order,
            filter: Editor::line(),
            chosen: 0,
        }
    }

    /// Begins with this text typed.
    pub fn begin(&mut self, typed: &str) {
        self.filter.set(typed);
    }

    pub(super) fn paste(&mut self, text: &str) {
        // Too long a paste is no name of anything.
        let _ = self.filter.paste(text);
        self.chosen = 0;
    }

    pub(super) fn handle(&mut self, key: KeyEvent) -> Outcome {
        let rows = self.rows();
        match key.code {
            KeyCode::Enter => {
                if let Some(Row::Topic(topic)) = rows.get(self.chosen) {
                    self.take(topic);
                }
                // Whatever stands behind its name, the action comes first.
                let chosen = match rows.get(self.chosen) {
                    Some(Row::Topic(_)) => rows.first(),
                    chosen => chosen,
                };
                let Some(Row::Action(command, _)) = chosen else {
                    return Outcome::Stay;
                };
                let argument = self
                    .filter
                    .text()
                    .split_once(' ')
                    .map_or("", |(_, rest)| rest.trim());
                return Outcome::Run(command.action, argument.to_owned());
            }
            KeyCode::Up => self.chosen = self.chosen.saturating_sub(1),
            KeyCode::Down => self.chosen = (self.chosen + 1).min(rows.len().saturating_sub(1)),
            KeyCode::PageUp => self.chosen = self.chosen.saturating_sub(PAGE),
            KeyCode::PageDown => {
                self.chosen = (self.chosen + PAGE).min(rows.len().saturating_sub(1));
            }
            KeyCode::End => self.chosen = rows.len().saturating_sub(1),
            KeyCode::Home => self.chosen = 0,
            KeyCode::Tab => match (rows.get(self.chosen), rows.get(1)) {
                (Some(Row::Topic(topic)), _) | (_, Some(Row::Topic(topic))) => self.take(topic),
                (Some(Row::Action(command, _)), _) if !self.filter.text().contains(' ') => {
                    self.filter.set(&format!("{} ", command.name));
                    self.chosen = 0;
                }
                _ => {}
            },
            KeyCode::Backspace if self.filter.is_empty() => return Outcome::Close,
            _ => {
                let control = key.modifiers.contains(KeyModifiers::CONTROL);
                if self.filter.handle(key)
                    && !(control && matches!(key.code, KeyCode::Char('a' | 'e')))
                {
                    self.chosen = 0;
                }
            }
        }
        Outcome::Stay
    }

    /// Puts what the manual knows in place of the last word.
    fn take(&mut self, topic: &Topic) {
        let typed = self.filter.text();
        let begin = typed.rfind(' ').map_or("", |at| &typed[..=at]);
        self.filter.set(&format!("{begin}{}", topic.name));
        self.chosen = 0;
    }

    /// What the manual knows that begins like the last word, where an action asks it.
    fn topics(&self) -> Vec<Topic> {
        let typed = self.filter.text().to_ascii_lowercase();
        let asks = [Action::Help, Action::Explain]
            .into_iter()
            .filter_map(Command::of)
            .any(|command| {
                typed
                    .split_once(' ')
                    .is_some_and(|(name, _)| name == command.name)
            });
        let word = typed.rsplit(' ').next().unwrap_or_default();
        let begins = |topic: &Topic| topic.name.to_ascii_lowercase().starts_with(word);
        let mut topics = if asks { manual::topics() } else { Vec::new() };
        topics.retain(begins);
        topics
    }

    /// From which character on what is typed is hidden: raw octets may hold a secret.
    fn hidden_from(&self) -> Option<usize> {
        let typed = self.filter.text();
        let (name, argument) = typed.split_once(' ')?;
        let begin = Command::of(Action::Raw)?.name;
        let secret = raw::find_secret(argument.as_bytes(), false).filter(|_| name == begin)?;
        Some(name.len() + 1 + argument[..secret].chars().count())
    }

    /// The rows that fit what is typed, the best first.
    fn rows(&self) -> Vec<Row> {
        let typed = self.filter.text().trim_start().to_lowercase();
        let word = typed.split(' ').next().unwrap_or_default();
        let fits = |command: &Command| {
            if typed.contains(' ') {
                return (command.name == word && !command.argument.is_empty()).then_some(0);
            }
            rank(word, command.name).or_else(|| command.title.contains(word).then_some(9))
        };
        let mut rows: Vec<(usize, Row)> = Vec::new();
        for (command, rank) in commands().filter_map(|command| Some((command, fits(command)?))) {
            if self.order == Order::Names {
                rows.push((rank, Row::Action(command, None)));
            }
        }
        if let Order::Keys(here) = self.order {
            let elsewhere = PLACES.iter().filter(|place| !here.contains(place));
            for &place in here.iter().chain(elsewhere) {
                rows.extend(commands().filter_map(|command| {
                    let keys = command.keys_at(place)?;
                    Some((
                        fits(command)?,
                        Row::Action(command, Some((keys, place.name()))),
                    ))
                }));
                if place == Place::Prompt {
                    let fits = |text: &str| text.to_lowercase().contains(word);
                    let editing = EDITING
                        .iter()
                        .filter(|(keys, words)| fits(keys) || fits(words));
                    rows.extend(editing.map(|(keys, words)| (9, Row::Editing(keys, words))));
                }
            }
            rows.extend(commands().filter_map(|command| {
                let keys = command.menu.map(|(letter, _)| format!("^O {letter}"))?;
                Some((fits(command)?, Row::Action(command, Some((keys, "menu")))))
            }));
        }
        // Sorted by rank alone, the table's own order stays within each.
        rows.sort_by_key(|(rank, _)| *rank);
        let topics = self.topics().into_iter().map(Row::Topic);
        rows.into_iter().map(|(_, row)| row).chain(topics).collect()
    }

    pub(super) fn draw(
        &self,
        screen: Rect,
        buffer: &mut Buffer,
        look: &Look,
        unavailable: &dyn Fn(Action) -> Option<&'static str>,
    ) -> Position {
        let rows = self.rows();
        let columns = usize::from(screen.width.saturating_sub(2)).clamp(1, 76);
        let most = usize::from(screen.height).saturating_sub(4).max(1);
        let title = match self.order {
            Order::Names => "actions: type to find, Enter runs, Esc closes",
            Order::Keys(_) => "keys: type to find, Enter runs, Esc closes",
        };
        let inner = frame::frame(
            screen,
            (columns, commands().count().min(most) + 1),
            title,
            buffer,
            look,
        );
        let input = Rect {
            height: 1.min(inner.height),
            ..inner
        };
        let hidden = self.hidden_from();
        let cursor = field::draw(&self.filter, ": ", hidden, input, buffer, look);
        let room = usize::from(inner.height.saturating_sub(1)).max(1);
        let first = (self.chosen + 1).saturating_sub(room);
        let below = inner.y + 1..inner.bottom();
        if rows.is_empty() {
            let words = "no action is called so (Esc)";
            buffer.set_stringn(
                inner.x,
                inner.y + 1,
                words,
                usize::from(inner.width),
                look.theme.dim,
            );
        }
        for ((at, row), y) in rows.iter().enumerate().skip(first).zip(below) {
            let line = match row {
                Row::Action(command, keys) => {
                    action_row(command, keys.as_ref(), look, unavailable(command.action))
                }
                Row::Topic(topic) => topic_row(topic, look),
                Row::Editing(keys, words) => row_of(keys, "prompt", words, look, Style::new()),
            };
            let end = frame::draw_row(buffer, Position { x: inner.x, y }, &line, inner.width, look);
            if at == self.chosen {
                let width = end.saturating_sub(inner.x);
                buffer.set_style(
                    Rect {
                        x: inner.x,
                        y,
                        width,
                        height: 1,
                    },
                    look.theme.chosen,
                );
            }
        }
        cursor
    }
}

fn action_row(
    command: &Command,
    keys: Option<&(String, &'static str)>,
    look: &Look,
    reason: Option<&str>,
) -> Line<'static> {
    let style = if reason.is_some() {
        look.theme.dim
    } else {
        Style::new()
    };
    let words = match reason {
        Some(reason) => format!("{} ({reason})", command.title),
        None => command.title.to_owned(),
    };
    if let Some((keys, place)) = keys {
        return row_of(keys, place, &words, look, style);
    }
    let name = format!("{} {}", command.name, command.argument);
    let key = command
        .menu
        .map(|(letter, _)| format!("^O {letter}"))
        .or_else(|| command.key_at(&PLACES));
    Line::from(vec![
        Span::styled(format!("{name:<20} "), look.theme.key),
        Span::styled(words, style),
        Span::styled(format!("  {}", key.unwrap_or_default()), look.theme.dim),
    ])
}

fn topic_row(topic: &Topic, look: &Look) -> Line<'static> {
    Line::from(vec![
        Span::styled(format!("  {:<18} ", topic.name), look.theme.key),
        Span::raw(topic.means.clone()),
    ])
}

fn row_of(keys: &str, place: &str, words: &str, look: &Look, style: Style) -> Line<'static> {
    Line::from(vec![
        Span::styled(format!("{keys:<13} "), look.theme.key),
        Span::styled(format!("{place:<12} "), look.theme.dim),
        Span::styled(words.to_owned(), style),
    ])
}

/// How well a name fits what is typed, 0 best: as its begin, as a part, as letters in order.
fn rank(typed: &str, name: &str) -> Option<usize> {
    if name.starts_with(typed) {
        return Some(0);
    }
    if name.contains(typed) {
        return Some(1);
    }
    let mut letters = name.chars();
    typed
        .chars()
        .all(|wanted| letters.any(|letter| letter == wanted))
        .then_some(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(typed: &str) -> Vec<&'static str> {
        let mut actions = Actions::new(Order::Names);
        actions.paste(typed);
        actions
            .rows()
            .into_iter()
            .filter_map(|row| match row {
                Row::Action(command, _) => Some(command.name),
                Row::Editing(..) | Row::Topic(_) => None,
            })
            .collect()
    }

    #[test]
    fn names_are_found_by_begin_part_and_letters() {
        assert_eq!(names("").len(), commands().count());
        assert_eq!(names("recon").first(), Some(&"reconnect"));
        assert_eq!(names("conn").first(), Some(&"connect"));
        assert_eq!(names("rcnc").first(), Some(&"reconnect"));
        assert_eq!(names("connect mx:25"), ["connect"]);
        assert!(names("zzz").is_empty());
    }

    #[test]
    fn what_the_manual_knows_is_completed() {
        let press = |actions: &mut Actions, code| actions.handle(code_alone(code));
        for (typed, keys, argument) in [
            ("help not", vec![KeyCode::Tab], "NOTIFY"),
            ("explain 550 5.7.13", vec![KeyCode::Down], "550 5.7.13"),
            ("help whatever", vec![KeyCode::Tab], "whatever"),
            ("help size", vec![], "size"),
        ] {
            let mut actions = Actions::new(Order::Names);
            actions.paste(typed);
            for key in keys {
                assert_eq!(press(&mut actions, key), Outcome::Stay);
            }
            let Outcome::Run(_, given) = press(&mut actions, KeyCode::Enter) else {
                panic!("{typed}");
            };
            assert_eq!(given, argument, "{typed}");
        }
    }

    fn code_alone(code: KeyCode) -> KeyEvent {
        KeyEvent::new(code, KeyModifiers::NONE)
    }

    #[test]
    fn help_tells_every_key_at_its_place() {
        let here = &[Place::Saved, Place::Transcript];
        let told = Actions::new(Order::Keys(here)).rows().len() - EDITING.len();
        let pairs = |command: &Command| {
            let mut places: Vec<_> = command.keys.iter().map(|(place, _)| place.name()).collect();
            places.sort_unstable();
            places.dedup();
            places.len()
        };
        let keys: usize = commands()
            .map(|command| pairs(command) + usize::from(command.menu.is_some()))
            .sum();
        assert_eq!(told, keys);
    }

    #[test]
    fn what_stands_behind_a_name_goes_with_it() {
        let mut actions = Actions::new(Order::Names);
        actions.paste("connect mx.example:587");
        let enter = KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE);
        assert_eq!(
            actions.handle(enter),
            Outcome::Run(Action::Connect, "mx.example:587".to_owned())
        );
    }
}
