//! Every key and what it does, in one table. Help, palette, menu, footer and the keys themselves
//! all read it, so that a hint never lies.

mod table;
mod tls;
mod transcript;

use std::fmt;
use std::sync::LazyLock;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// What can be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Send the line, or end the line of a message.
    Send,
    /// Hand the message over.
    EndMessage,
    /// Put the grey text into the line.
    Accept,
    /// What could stand at the cursor: the only one, or the list.
    Complete,
    /// The list of what could stand at the cursor.
    List,
    /// The next of the list.
    ListDown,
    /// The one before.
    ListUp,
    /// Put the chosen one into the line.
    ListTake,
    /// Close the list.
    ListClose,
    /// Mend the line as the advice says.
    Fix,
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
    /// Away from a saved session.
    Leave,
    /// All keys.
    Help,
    /// What a reply or a word of SMTP means; the newest reply where nothing is named.
    Explain,
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
    /// Show some of the lines only.
    Filter,
    /// The octets of the lines as text, escapes, hex.
    Form,
    /// What the column of times shows.
    Times,
    /// The next error.
    NextError,
    /// The error before.
    PreviousError,
    /// Where the time went.
    Timeline,
    /// Begin a range to copy, or give it up.
    Mark,
    /// Give up the range; show all lines again.
    Reset,
    /// Copy the chosen line or the range.
    Copy,
    /// Copy the session.
    CopySession,
    /// What can be copied.
    CopyMenu,
    /// The session without frames.
    Plain,
    /// The chosen line back at the prompt.
    Resend,
    /// The session again, up to the chosen line.
    Replay,
    /// Show the secret of a line, or hide it.
    Reveal,
    /// Show what is being typed where it is hidden, or hide it.
    RevealTyped,
    /// What the server offers.
    Capabilities,
    /// The connect form, or connect to the target behind it.
    Connect,
    /// Connect to the server of the config whose name stands behind it.
    Profile,
    /// Connect to the same server again.
    Reconnect,
    /// The practice server, with the moods behind it.
    Practice,
    /// Close the connection.
    Disconnect,
    /// Go on reading a reply that reached its cap.
    ReadOn,
    /// TLS laid open.
    Tls,
    /// What a check against the name behind it would say.
    TlsName,
    /// The chain into the file behind it.
    TlsWrite,
    /// A saved session or a log, out of the file behind it.
    Load,
    /// The session into the file behind it.
    Save,
    /// A connection in the words of other tools.
    Export,
    /// Two sessions side by side, out of the files behind it.
    Compare,
    /// The tour; `stop` behind it ends it.
    Tour,
    /// Log in.
    Login,
    /// Base64 both ways.
    Base64,
    /// The base64 in the chosen line, decoded.
    DecodeChosen,
    /// Octets as they are, with escapes.
    Raw,
    /// Lines and messages to fill in.
    Templates,
    /// Write a message before DATA.
    Compose,
    /// A file as a part of the message that is written.
    Attach,
    /// A file as the message.
    Data,
    /// The message in the user's own editor.
    Edit,
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
    /// At the end of a line that grey text goes on.
    Ghost,
    /// In the list of what could stand at the cursor.
    List,
    /// In the editor of a message.
    Message,
    /// In the transcript.
    Transcript,
    /// In a saved session.
    Saved,
    /// In the transcript while a range is marked or only some lines are shown.
    Narrowed,
}

impl Place {
    /// Its name, for the help.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Prompt => "prompt",
            Self::EmptyPrompt => "empty prompt",
            Self::Ghost => "grey text",
            Self::List => "list",
            Self::Message => "message",
            Self::Transcript => "transcript",
            Self::Saved => "saved session",
            Self::Narrowed => "some lines only",
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
    /// Its keys, and where each counts.
    pub keys: Vec<(Place, Chord)>,
    /// Its letter in the menu, and its words there, of at most 30 characters.
    pub menu: Option<(char, &'static str)>,
    /// Its word in the footer, and how much it matters there: 0 goes last.
    pub hint: Option<(&'static str, u8)>,
}

static BINDINGS: LazyLock<Vec<Binding>> = LazyLock::new(table::bindings);

/// The table.
pub fn bindings() -> &'static [Binding] {
    &BINDINGS
}

impl Binding {
    /// The binding of an action.
    pub fn of(action: Action) -> Option<&'static Self> {
        BINDINGS.iter().find(|binding| binding.action == action)
    }

    /// All its keys at `place`, as they are written.
    pub fn keys_at(&self, place: Place) -> Option<String> {
        let here = self.keys.iter().filter(|(at, _)| *at == place);
        let keys: Vec<String> = here.map(|(_, chord)| chord.to_string()).collect();
        (!keys.is_empty()).then(|| keys.join(" "))
    }

    /// The key that has it done at `places`, as it is written; the first place that has one decides.
    pub fn key_at(&self, places: &[Place]) -> Option<String> {
        let at = |place: &Place| {
            self.keys
                .iter()
                .find(|(here, chord)| here == place && self.has(places, *chord))
        };
        places
            .iter()
            .find_map(at)
            .map(|(_, chord)| chord.to_string())
    }

    /// Whether the key means this at `places`, and no place before has it for something else.
    fn has(&self, places: &[Place], chord: Chord) -> bool {
        let meant = |place: &Place| {
            BINDINGS
                .iter()
                .find(|one| one.keys.contains(&(*place, chord)))
        };
        places
            .iter()
            .find_map(meant)
            .is_some_and(|binding| binding.action == self.action)
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
    /// Reads a key as it is written in the table: `Enter`, `x`, `^O`, `F1`.
    fn parse(text: &str) -> Option<Self> {
        let (text, modifiers) = match text.strip_prefix('^') {
            Some(letter) if !letter.is_empty() => (letter, KeyModifiers::CONTROL),
            _ => (text, KeyModifiers::NONE),
        };
        let mut characters = text.chars();
        let code = match (characters.next()?, characters.next(), text) {
            (letter, None, _) if modifiers == KeyModifiers::CONTROL => {
                KeyCode::Char(letter.to_ascii_lowercase())
            }
            (letter, None, _) => KeyCode::Char(letter),
            (.., "Down") => KeyCode::Down,
            (.., "End") => KeyCode::End,
            (.., "Enter") => KeyCode::Enter,
            (.., "Esc") => KeyCode::Esc,
            (.., "Home") => KeyCode::Home,
            (.., "PgDn") => KeyCode::PageDown,
            (.., "PgUp") => KeyCode::PageUp,
            (.., "Right") => KeyCode::Right,
            (.., "S-Tab") => KeyCode::BackTab,
            (.., "Tab") => KeyCode::Tab,
            (.., "Up") => KeyCode::Up,
            ('F', _, _) => KeyCode::F(text[1..].parse().ok()?),
            _ => return None,
        };
        Some(Self { code, modifiers })
    }

    fn is(self, event: KeyEvent) -> bool {
        // Whether Shift is told beside a capital letter or this Tab differs from terminal to terminal.
        let shift =
            matches!(self.code, KeyCode::Char(_) | KeyCode::BackTab).then_some(KeyModifiers::SHIFT);
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
            KeyCode::BackTab => f.write_str("S-Tab"),
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
        for binding in bindings() {
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
    fn every_key_is_shown_as_it_is_written() {
        for key in table::keys() {
            let shown = Chord::parse(key).map(|chord| chord.to_string());
            assert_eq!(shown.as_deref(), Some(key));
        }
        assert_eq!(Chord::parse("Hyper"), None);
    }

    #[test]
    fn an_empty_prompt_knows_more_keys() {
        let command_pending = KeyEvent::new(KeyCode::Char('?'), KeyModifiers::SHIFT);
        assert_eq!(
            action(&[Place::EmptyPrompt, Place::Prompt], command_pending),
            Some(Action::Help)
        );
        assert_eq!(action(&[Place::Prompt], command_pending), None);
        let capital = KeyEvent::new(KeyCode::Char('G'), KeyModifiers::SHIFT);
        assert_eq!(action(&[Place::Transcript], capital), Some(Action::Newest));
    }
}
