//! All commands and their keys, in one table. Help, palette, menu, footer and the keys themselves
//! read it, so that no hint can be wrong.

mod action;
mod bindings;
mod chord;
pub mod command;
mod commands;
mod place;

use crossterm::event::KeyEvent;

pub use self::action::Action;
use self::bindings::{Binding, keys};
pub use self::bindings::{KeyError, bind};
use self::chord::Chord;
pub use self::command::Command;
pub use self::place::Place;

/// All commands, in the order in which help lists them.
pub fn commands() -> impl Iterator<Item = &'static Command> {
    commands::all()
}

impl Command {
    /// The command of an action.
    pub fn of(action: Action) -> Option<&'static Self> {
        commands().find(|command| command.action == action)
    }

    /// All its keys at `place`, as they are written.
    pub fn keys_at(&self, place: Place) -> Option<String> {
        let here = |(at, _, action): &&Binding| *at == place && *action == self.action;
        let keys = keys().iter().filter(here);
        let keys: Vec<String> = keys.map(|(_, chord, _)| chord.to_string()).collect();
        (!keys.is_empty()).then(|| keys.join(" "))
    }

    /// Its key in the menu, which counts anywhere.
    pub fn menu_key(&self) -> Option<String> {
        self.menu.map(|item| format!("^O {}", item.letter))
    }

    /// The key that runs it at `places`; the first place that has one decides. A key that an earlier
    /// place has for another command is not one.
    pub fn key_at(&self, places: &[Place]) -> Option<String> {
        let meant = |chord: Chord| places.iter().find_map(|place| at(*place, chord));
        let mut own = places.iter().flat_map(|place| {
            let here = |key: &&Binding| key.0 == *place && key.2 == self.action;
            keys().iter().filter(here)
        });
        own.find(|(_, chord, _)| meant(*chord) == Some(self.action))
            .map(|(_, chord, _)| chord.to_string())
    }
}

/// What a key does at a place.
fn at(place: Place, chord: Chord) -> Option<Action> {
    let key = keys().iter().find(|key| key.0 == place && key.1 == chord);
    key.map(|(.., action)| *action)
}

/// What a key does at `places`; the first place that knows it decides.
pub fn action(places: &[Place], event: KeyEvent) -> Option<Action> {
    places.iter().find_map(|place| {
        let key = keys()
            .iter()
            .find(|(at, chord, _)| at == place && chord.is(event));
        key.map(|(.., action)| *action)
    })
}

/// The keys to press for a key as a hint shows it: `^O n` is two, of `Up Down` the first one counts.
pub fn presses(shown: &str) -> Vec<KeyEvent> {
    let mut keys = shown.split(' ').map_while(Chord::parse).map(Chord::event);
    let first = keys.next();
    let second = keys.next().filter(|_| shown.starts_with("^O "));
    first.into_iter().chain(second).collect()
}

/// Text with keys in place of names of commands in braces: `{quit} leaves` becomes `^D leaves`. A command
/// without a key is named as in the menu, or as it is typed.
pub fn with_keys(text: &str) -> String {
    let mut shown = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        shown.push_str(before);
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        shown.push_str(&way_to_run(name));
        rest = after;
    }
    shown + rest
}

fn way_to_run(name: &str) -> String {
    let command = commands().find(|command| command.name == name);
    let key = command.and_then(|command| {
        let bound = |key: &&Binding| key.2 == command.action;
        let bound = keys().iter().find(bound);
        let bound = bound.map(|(_, chord, _)| chord.to_string());
        bound.or_else(|| command.menu_key())
    });
    key.unwrap_or_else(|| format!(":{name}"))
}

/// What a letter does in the menu.
pub fn menu_action(letter: char) -> Option<Action> {
    commands()
        .find(|command| command.menu.is_some_and(|item| item.letter == letter))
        .map(|command| command.action)
}

#[cfg(test)]
mod tests {
    use crossterm::event::{KeyCode, KeyModifiers};

    use super::*;

    #[test]
    fn names_keys_and_letters_are_unique() {
        let unique = |mut list: Vec<String>| {
            list.sort();
            let all = list.len();
            list.dedup();
            assert_eq!(list.len(), all, "{list:?}");
        };
        unique(commands().map(|command| command.name.to_owned()).collect());
        unique(
            commands()
                .map(|command| format!("{:?}", command.action))
                .collect(),
        );
        let keys = commands().flat_map(|command| command.keys);
        unique(
            keys.map(|(place, key)| format!("{} {key}", place.name()))
                .collect(),
        );
        let letters = commands().filter_map(|command| command.menu);
        unique(letters.map(|item| item.letter.to_string()).collect());
    }

    #[test]
    fn menu_words_are_short() {
        for item in commands().filter_map(|command| command.menu) {
            assert!(item.words.len() <= 30, "{}", item.words);
        }
    }

    #[test]
    fn texts_name_keys_menu_letters_or_names() {
        let text = "{quit} leaves, {login} logs in, {attach} adds";
        assert_eq!(with_keys(text), "^D leaves, ^O a logs in, :attach adds");
        assert_eq!(with_keys("no key"), "no key");
    }

    #[test]
    fn an_empty_prompt_has_more_keys() {
        let question = KeyEvent::new(KeyCode::Char('?'), KeyModifiers::SHIFT);
        assert_eq!(
            action(&[Place::EmptyPrompt, Place::Prompt], question),
            Some(Action::Help)
        );
        assert_eq!(action(&[Place::Prompt], question), None);
        let capital = KeyEvent::new(KeyCode::Char('G'), KeyModifiers::SHIFT);
        assert_eq!(action(&[Place::Transcript], capital), Some(Action::Newest));
    }
}
