//! Which key runs which command where: the defaults of the command table, and what the user has bound
//! in the config instead.

use std::sync::OnceLock;

use super::chord::Chord;
use super::{Action, Command, Place, commands};
use crate::smtp::lint::suggest;

/// A key of a command at a place.
pub(super) type Binding = (Place, Chord, Action);

/// Where a key counts that is bound to a command without a key of its own.
const ANYWHERE: [Place; 3] = [Place::Prompt, Place::Message, Place::Transcript];
/// Commands without which the console is of no use: each needs a key.
const NEEDED: [Action; 1] = [Action::Send];
/// Commands whose keys cannot be changed: texts name them, and they lead out of anything.
const FIXED: [Action; 2] = [Action::Menu, Action::Cancel];

static KEYS: OnceLock<Vec<Binding>> = OnceLock::new();

/// Why keys cannot be bound.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// There is no such command.
    #[error("unknown command {name:?}{}", did_you_mean(.name))]
    UnknownCommand {
        /// The name as it was given.
        name: String,
    },
    /// There is no such key.
    #[error("unknown key {key:?} for {name}: use F1 to F12, ^X, M-x, Tab, PgUp ... or a letter")]
    UnknownKey {
        /// The command.
        name: &'static str,
        /// The key as it was given.
        key: String,
    },
    /// A letter is text where the command is used.
    #[error("{key:?} is text at the prompt: bind {name} to F1 to F12, ^X or M-x")]
    IsText {
        /// The command.
        name: &'static str,
        /// The key as it was given.
        key: String,
    },
    /// Another command of the config has this key, or one whose keys cannot be changed.
    #[error("{key:?} is bound to {other} already: bind {name} to another key")]
    Taken {
        /// The command.
        name: &'static str,
        /// The key as it was given.
        key: String,
        /// The command that has it.
        other: &'static str,
    },
    /// A terminal sends the same octet for another key.
    #[error("{key:?} is the same as {other} in a terminal: bind {name} to another key")]
    Same {
        /// The command.
        name: &'static str,
        /// The key as it was given.
        key: String,
        /// The key that it is.
        other: &'static str,
    },
    /// Without this command nothing could be sent.
    #[error("{name} needs a key: without it no line can be sent")]
    Needed {
        /// The command.
        name: &'static str,
    },
    /// The keys of this command cannot be changed.
    #[error("the key of {name} cannot be changed: it must lead out of anything")]
    Fixed {
        /// The command.
        name: &'static str,
    },
}

/// All keys that count.
pub(super) fn keys() -> &'static [Binding] {
    KEYS.get_or_init(defaults)
}

/// Binds these keys instead of the defaults of their commands, once, before the first key is read.
///
/// # Errors
/// [`KeyError`] with the number of the command in `wanted`, from 0; nothing is bound.
pub fn bind(wanted: &[(String, Vec<String>)]) -> Result<(), (usize, KeyError)> {
    let bound = merged(wanted)?;
    // A second call would be a mistake of this program; the keys stay as they are then.
    let _ = KEYS.set(bound);
    Ok(())
}

fn defaults() -> Vec<Binding> {
    let of = |command: &'static Command| {
        let key = |(place, key): &(Place, &str)| Some((*place, Chord::parse(key)?, command.action));
        command.keys.iter().filter_map(key)
    };
    commands().flat_map(of).collect()
}

/// The defaults, with these keys in place of those of their commands. A default of another command that
/// has such a key gives way.
fn merged(wanted: &[(String, Vec<String>)]) -> Result<Vec<Binding>, (usize, KeyError)> {
    // The fixed ones come first, so that no other command gets their keys.
    let mut own = defaults();
    own.retain(|(.., action)| FIXED.contains(action));
    for (at, (name, keys)) in wanted.iter().enumerate() {
        let bound = bound(name, keys, &own).map_err(|error| (at, error))?;
        own.extend(bound);
    }
    let is_named = |action: &Action| {
        let command = Command::of(*action).map_or("", |command| command.name);
        wanted.iter().any(|(name, _)| name == command)
    };
    let is_replaced = |(place, chord, action): &Binding| {
        is_named(action) || own.iter().any(|(at, key, _)| at == place && key == chord)
    };
    let mut all = defaults();
    all.retain(|binding| !is_replaced(binding));
    all.extend(own);
    Ok(all)
}

/// The bindings of one command, beside those of the commands before it.
fn bound(name: &str, keys: &[String], before: &[Binding]) -> Result<Vec<Binding>, KeyError> {
    let command = commands().find(|command| command.name == name);
    let command = command.ok_or_else(|| KeyError::UnknownCommand {
        name: name.to_owned(),
    })?;
    let name = command.name;
    if FIXED.contains(&command.action) {
        return Err(KeyError::Fixed { name });
    }
    if keys.is_empty() && NEEDED.contains(&command.action) {
        return Err(KeyError::Needed { name });
    }
    let mut places: Vec<Place> = command.keys.iter().map(|(place, _)| *place).collect();
    if places.is_empty() {
        places.extend(ANYWHERE);
    }
    places.dedup();
    let mut bound = Vec::new();
    for key in keys {
        let given = || key.clone();
        let chord = Chord::parse(key).ok_or_else(|| KeyError::UnknownKey { name, key: given() })?;
        if let Some(other) = chord.same_in_terminals() {
            let key = given();
            return Err(KeyError::Same { name, key, other });
        }
        let counts = |place: &&Place| !chord.is_text() || !place.takes_text();
        let here: Vec<Place> = places.iter().filter(counts).copied().collect();
        if here.is_empty() {
            return Err(KeyError::IsText { name, key: given() });
        }
        for place in here {
            let taken = before
                .iter()
                .find(|(at, other, _)| *at == place && *other == chord);
            if let Some((.., action)) = taken {
                let other = Command::of(*action).map_or("", |command| command.name);
                let key = given();
                return Err(KeyError::Taken { name, key, other });
            }
            bound.push((place, chord, command.action));
        }
    }
    Ok(bound)
}

/// The command whose name is like this one, else how to find a name.
fn did_you_mean(name: &str) -> String {
    let names = commands().map(|command| command.name);
    match suggest(name, names) {
        Some(nearest) => format!(" (did you mean {nearest}?)"),
        None => ": use a name from the list of commands (:)".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

    use super::*;

    fn wanted(name: &str, keys: &[&str]) -> (String, Vec<String>) {
        let keys = keys.iter().map(ToString::to_string).collect();
        (name.to_owned(), keys)
    }

    #[test]
    fn bound_keys_replace_the_defaults() {
        let all = merged(&[wanted("login", &["F5", "M-l"]), wanted("help", &["F2"])]).unwrap();
        let at = |place: Place, event: KeyEvent| {
            let found = all
                .iter()
                .find(|(at, key, _)| *at == place && key.is(event));
            found.map(|(.., action)| *action)
        };
        let key = |code| KeyEvent::new(code, KeyModifiers::NONE);
        let alt = KeyEvent::new(KeyCode::Char('l'), KeyModifiers::ALT);
        assert_eq!(at(Place::Prompt, key(KeyCode::F(5))), Some(Action::Login));
        assert_eq!(at(Place::Transcript, alt), Some(Action::Login));
        assert_eq!(at(Place::Prompt, key(KeyCode::F(2))), Some(Action::Help));
        assert_eq!(at(Place::Prompt, key(KeyCode::F(1))), None);
        let none = merged(&[wanted("list", &[])]).unwrap();
        assert!(!none.iter().any(|(.., action)| *action == Action::List));
        let listed = all
            .iter()
            .filter(|(.., action)| *action == Action::Capabilities);
        assert_eq!(listed.count(), 1, "F2 is its key in a saved session only");
    }

    #[test]
    fn mistakes_are_named() {
        let table: &[(&str, &[&str], &str)] = &[
            (
                "lgin",
                &["F5"],
                "unknown command \"lgin\" (did you mean login?)",
            ),
            (
                "login",
                &["Hyper-x"],
                "unknown key \"Hyper-x\" for login: use F1 to F12",
            ),
            ("send", &["x"], "\"x\" is text at the prompt: bind send to"),
            (
                "help",
                &["^C"],
                "\"^C\" is bound to cancel already: bind help to another key",
            ),
            (
                "help",
                &["F7"],
                "\"F7\" is bound to login already: bind help to another key",
            ),
            ("menu", &["F5"], "the key of menu cannot be changed"),
            ("send", &[], "send needs a key: without it no line can be"),
        ];
        for (name, keys, words) in table {
            let all = [wanted("login", &["F7"]), wanted(name, keys)];
            let (at, error) = merged(&all).unwrap_err();
            assert_eq!(at, 1, "{name}");
            assert!(error.to_string().starts_with(words), "{error}");
        }
    }
}
