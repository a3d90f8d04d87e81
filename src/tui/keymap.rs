//! Every key and what it does, in one table. Help, palette, menu, footer and the keys themselves
//! all read it, so that a hint never lies.

use std::fmt;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// What can be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Send the line, or end the line of a message.
    Send,
    /// Hand the message over.
    EndMessage,
    /// The command before, of those that begin like what is typed.
    HistoryBack,
    /// The command after.
    HistoryForward,
    /// Search the history.
    HistorySearch,
    /// Cancel what runs, clear what is typed; twice on nothing: quit.
    Cancel,
    /// Into the transcript.
    Browse,
    /// Back to the prompt.
    Back,
    /// All keys.
    Help,
    /// All actions by name.
    Palette,
    /// The menu behind one prefix.
    Menu,
    /// Search the transcript.
    Search,
    /// The next match.
    SearchNext,
    /// The match before.
    SearchBack,
    /// A line up.
    Up,
    /// A line down.
    Down,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
    /// To the oldest entry.
    Oldest,
    /// To the newest entry, and follow.
    Newest,
    /// The whole of an entry.
    Open,
    /// Fold or unfold the reply.
    Fold,
    /// Wrap or cut long lines.
    Wrap,
    /// Show the secret of a line, or hide it.
    Reveal,
    /// Show what is being typed where it is hidden, or hide it.
    RevealTyped,
    /// What the server offers.
    Capabilities,
    /// The connect form, or connect to the target behind it.
    Connect,
    /// Connect to the same server again.
    Reconnect,
    /// The practice server, with the moods behind it.
    Practice,
    /// Close the connection.
    Disconnect,
    /// Go on reading a reply that reached its cap.
    ReadOn,
    /// Capture the mouse, or let it go.
    Mouse,
    /// Draw everything anew.
    Redraw,
    /// Stop, as Ctrl-Z does.
    Suspend,
    /// Leave.
    Quit,
}

/// Where a key counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// At the prompt.
    Prompt,
    /// At the prompt while nothing is typed.
    EmptyPrompt,
    /// In the editor of a message.
    Message,
    /// In the transcript.
    Transcript,
}

impl Place {
    /// Its name, for the help.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Prompt => "prompt",
            Self::EmptyPrompt => "empty prompt",
            Self::Message => "message",
            Self::Transcript => "transcript",
        }
    }
}

/// A key with its modifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chord {
    code: KeyCode,
    modifiers: KeyModifiers,
}

/// A line of the table.
#[derive(Debug)]
pub struct Binding {
    /// What it does.
    pub action: Action,
    /// Its name behind `:`.
    pub name: &'static str,
    /// What it does, in words.
    pub title: &'static str,
    /// What may stand behind the name, if anything.
    pub argument: &'static str,
    /// Its keys.
    pub keys: &'static [(Place, Chord)],
    /// Its letter in the menu, and its words there, of at most 30 characters.
    pub menu: Option<(char, &'static str)>,
    /// Its word in the footer, and how much it matters there: 0 goes last.
    pub hint: Option<(&'static str, u8)>,
}

const fn key(code: KeyCode) -> Chord {
    Chord {
        code,
        modifiers: KeyModifiers::NONE,
    }
}

const fn char(character: char) -> Chord {
    key(KeyCode::Char(character))
}

const fn ctrl(character: char) -> Chord {
    Chord {
        code: KeyCode::Char(character),
        modifiers: KeyModifiers::CONTROL,
    }
}

use Place::{EmptyPrompt, Message, Prompt, Transcript};

const fn binding(action: Action, name: &'static str, title: &'static str) -> Binding {
    Binding {
        action,
        name,
        title,
        argument: "",
        keys: &[],
        menu: None,
        hint: None,
    }
}

/// The table.
pub const BINDINGS: &[Binding] = &[
    Binding {
        keys: &[(Prompt, key(KeyCode::Enter))],
        hint: Some(("send", 1)),
        ..binding(
            Action::Send,
            "send",
            "send the line as it stands, plus CR LF",
        )
    },
    Binding {
        keys: &[(Message, ctrl('d'))],
        hint: Some(("send the message", 0)),
        ..binding(
            Action::EndMessage,
            "end-message",
            "end the message with its dot (so does a lone dot)",
        )
    },
    Binding {
        keys: &[(Prompt, key(KeyCode::Up))],
        hint: Some(("history", 4)),
        ..binding(
            Action::HistoryBack,
            "history-back",
            "the command before that begins like this one",
        )
    },
    Binding {
        keys: &[(Prompt, key(KeyCode::Down))],
        ..binding(
            Action::HistoryForward,
            "history-forward",
            "the command after",
        )
    },
    Binding {
        keys: &[(Prompt, ctrl('r'))],
        ..binding(
            Action::HistorySearch,
            "history-search",
            "search the commands sent to this host",
        )
    },
    Binding {
        keys: &[(Prompt, key(KeyCode::Esc)), (Message, key(KeyCode::Esc))],
        hint: Some(("browse", 2)),
        ..binding(Action::Browse, "browse", "move in the transcript")
    },
    Binding {
        keys: &[
            (Transcript, key(KeyCode::Esc)),
            (Transcript, key(KeyCode::Tab)),
            (Transcript, char('q')),
            (Transcript, char('i')),
        ],
        hint: Some(("prompt", 0)),
        ..binding(Action::Back, "prompt", "back to the prompt")
    },
    Binding {
        keys: &[
            (EmptyPrompt, char('?')),
            (Transcript, char('?')),
            (Prompt, key(KeyCode::F(1))),
            (Message, key(KeyCode::F(1))),
            (Transcript, key(KeyCode::F(1))),
        ],
        menu: Some(('?', "all keys")),
        ..binding(Action::Help, "help", "all keys")
    },
    Binding {
        keys: &[(EmptyPrompt, char(':')), (Transcript, char(':'))],
        menu: Some((':', "all actions by name")),
        ..binding(Action::Palette, "palette", "all actions by name")
    },
    Binding {
        keys: &[
            (Prompt, ctrl('o')),
            (Message, ctrl('o')),
            (Transcript, ctrl('o')),
        ],
        ..binding(Action::Menu, "menu", "the menu of actions")
    },
    Binding {
        keys: &[(EmptyPrompt, char('/')), (Transcript, char('/'))],
        menu: Some(('/', "search the transcript")),
        hint: Some(("search", 5)),
        argument: "TEXT",
        ..binding(Action::Search, "search", "search the transcript")
    },
    Binding {
        keys: &[(Transcript, char('n'))],
        ..binding(Action::SearchNext, "search-next", "the next match")
    },
    Binding {
        keys: &[(Transcript, char('N'))],
        ..binding(Action::SearchBack, "search-back", "the match before")
    },
    Binding {
        keys: &[(Transcript, key(KeyCode::Up)), (Transcript, char('k'))],
        ..binding(Action::Up, "up", "an entry up")
    },
    Binding {
        keys: &[(Transcript, key(KeyCode::Down)), (Transcript, char('j'))],
        ..binding(Action::Down, "down", "an entry down")
    },
    Binding {
        keys: &[
            (Prompt, key(KeyCode::PageUp)),
            (Transcript, key(KeyCode::PageUp)),
            (Transcript, ctrl('u')),
        ],
        hint: Some(("scroll", 3)),
        ..binding(Action::PageUp, "page-up", "scroll the transcript up")
    },
    Binding {
        keys: &[
            (Prompt, key(KeyCode::PageDown)),
            (Transcript, key(KeyCode::PageDown)),
            (Transcript, ctrl('d')),
        ],
        ..binding(Action::PageDown, "page-down", "scroll the transcript down")
    },
    Binding {
        keys: &[(Transcript, key(KeyCode::Home)), (Transcript, char('g'))],
        ..binding(Action::Oldest, "oldest", "to the oldest entry")
    },
    Binding {
        keys: &[
            (EmptyPrompt, key(KeyCode::End)),
            (Transcript, key(KeyCode::End)),
            (Transcript, char('G')),
        ],
        ..binding(
            Action::Newest,
            "newest",
            "to the newest entry, and follow what comes",
        )
    },
    Binding {
        keys: &[(Transcript, key(KeyCode::Enter))],
        hint: Some(("whole", 1)),
        ..binding(
            Action::Open,
            "open",
            "the whole of an entry, octet by octet",
        )
    },
    Binding {
        keys: &[(Transcript, char('z'))],
        menu: Some(('z', "fold or unfold the last reply")),
        hint: Some(("fold", 3)),
        ..binding(
            Action::Fold,
            "fold",
            "fold or unfold the reply (the last one, from the prompt)",
        )
    },
    Binding {
        keys: &[(Transcript, char('w'))],
        menu: Some(('w', "wrap or cut long lines")),
        ..binding(Action::Wrap, "wrap", "wrap long lines or cut them")
    },
    Binding {
        keys: &[(Transcript, char('r'))],
        hint: Some(("reveal", 6)),
        ..binding(
            Action::Reveal,
            "reveal",
            "show the secret of this line on the screen, or hide it",
        )
    },
    Binding {
        menu: Some(('u', "show or hide what is typed")),
        ..binding(
            Action::RevealTyped,
            "reveal-typed",
            "show or hide the secret that is being typed",
        )
    },
    Binding {
        keys: &[(Prompt, key(KeyCode::F(2)))],
        menu: Some(('c', "capabilities")),
        ..binding(
            Action::Capabilities,
            "capabilities",
            "what the server offers, before and after TLS",
        )
    },
    Binding {
        menu: Some(('n', "connect elsewhere")),
        argument: "HOST:PORT",
        ..binding(Action::Connect, "connect", "connect to a server")
    },
    Binding {
        menu: Some(('r', "reconnect")),
        ..binding(
            Action::Reconnect,
            "reconnect",
            "connect to the same server again",
        )
    },
    Binding {
        menu: Some(('p', "practice server")),
        argument: "MOOD...",
        ..binding(
            Action::Practice,
            "practice",
            "connect to the built-in practice server",
        )
    },
    Binding {
        menu: Some(('k', "drop the connection")),
        ..binding(
            Action::Disconnect,
            "disconnect",
            "drop the connection now, without QUIT",
        )
    },
    Binding {
        menu: Some(('g', "go on reading")),
        ..binding(
            Action::ReadOn,
            "read-on",
            "go on reading a reply that reached its cap",
        )
    },
    Binding {
        menu: Some(('m', "mouse on or off")),
        ..binding(Action::Mouse, "mouse", "capture the mouse or let it go")
    },
    Binding {
        keys: &[
            (Prompt, ctrl('l')),
            (Message, ctrl('l')),
            (Transcript, ctrl('l')),
        ],
        ..binding(Action::Redraw, "redraw", "draw the screen anew")
    },
    Binding {
        keys: &[
            (Prompt, ctrl('z')),
            (Message, ctrl('z')),
            (Transcript, ctrl('z')),
        ],
        ..binding(Action::Suspend, "suspend", "stop ehlo; fg brings it back")
    },
    Binding {
        keys: &[
            (Prompt, ctrl('c')),
            (Message, ctrl('c')),
            (Transcript, ctrl('c')),
        ],
        ..binding(
            Action::Cancel,
            "cancel",
            "cancel connecting, clear the line; twice: quit",
        )
    },
    Binding {
        keys: &[(EmptyPrompt, ctrl('d'))],
        menu: Some(('q', "quit")),
        ..binding(Action::Quit, "quit", "leave ehlo")
    },
];

impl Binding {
    /// The binding of an action.
    pub fn of(action: Action) -> Option<&'static Self> {
        BINDINGS.iter().find(|binding| binding.action == action)
    }

    /// The first of its keys that counts at one of `places`, as it is written.
    pub fn key_at(&self, places: &[Place]) -> Option<String> {
        let found = self.keys.iter().find(|(place, _)| places.contains(place));
        found.map(|(_, chord)| chord.to_string())
    }
}

/// What a key does at `places`; the first place that knows it decides.
pub fn action(places: &[Place], event: KeyEvent) -> Option<Action> {
    places.iter().find_map(|place| {
        let hit = |binding: &&Binding| {
            binding
                .keys
                .iter()
                .any(|(at, chord)| at == place && chord.is(event))
        };
        BINDINGS.iter().find(hit).map(|binding| binding.action)
    })
}

/// What a letter does in the menu.
pub fn menu_action(letter: char) -> Option<Action> {
    BINDINGS
        .iter()
        .find(|binding| binding.menu.is_some_and(|(key, _)| key == letter))
        .map(|binding| binding.action)
}

impl Chord {
    fn is(self, event: KeyEvent) -> bool {
        // Whether Shift is told beside a capital letter differs from terminal to terminal.
        let shift = matches!(self.code, KeyCode::Char(_)).then_some(KeyModifiers::SHIFT);
        let modifiers = event
            .modifiers
            .difference(shift.unwrap_or(KeyModifiers::NONE));
        self.code == event.code && self.modifiers == modifiers
    }
}

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.modifiers.contains(KeyModifiers::CONTROL) {
            f.write_str("^")?;
        }
        match self.code {
            KeyCode::Char(letter) if self.modifiers.contains(KeyModifiers::CONTROL) => {
                write!(f, "{}", letter.to_ascii_uppercase())
            }
            KeyCode::Char(letter) => write!(f, "{letter}"),
            KeyCode::F(number) => write!(f, "F{number}"),
            KeyCode::PageUp => f.write_str("PgUp"),
            KeyCode::PageDown => f.write_str("PgDn"),
            other => write!(f, "{other:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_and_no_name_means_two_things() {
        let mut keys = Vec::new();
        let mut names = Vec::new();
        let mut letters = Vec::new();
        for binding in BINDINGS {
            keys.extend(
                binding
                    .keys
                    .iter()
                    .map(|(place, chord)| format!("{} {chord}", place.name())),
            );
            names.push(binding.name);
            letters.extend(binding.menu.map(|(letter, _)| letter));
            assert!(binding.menu.is_none_or(|(_, words)| words.len() <= 30));
        }
        for list in [
            &mut keys,
            &mut names.iter().map(ToString::to_string).collect(),
        ] {
            list.sort();
            let all = list.len();
            list.dedup();
            assert_eq!(list.len(), all, "{list:?}");
        }
        letters.sort_unstable();
        let all = letters.len();
        letters.dedup();
        assert_eq!(letters.len(), all, "{letters:?}");
    }

    #[test]
    fn an_empty_prompt_knows_more_keys() {
        let question = KeyEvent::new(KeyCode::Char('?'), KeyModifiers::SHIFT);
        assert_eq!(action(&[EmptyPrompt, Prompt], question), Some(Action::Help));
        assert_eq!(action(&[Prompt], question), None);
        let capital = KeyEvent::new(KeyCode::Char('G'), KeyModifiers::SHIFT);
        assert_eq!(action(&[Transcript], capital), Some(Action::Newest));
    }
}
