//! A command: one row of the command table, with all that is said about it anywhere.

use super::{Action, Place};

/// A command of the console. Keys, menu, footer, palette and help all read it.
#[derive(Debug)]
pub struct Command {
    /// What it does; `update` maps it to code.
    pub action: Action,
    /// Its name after `:`.
    pub name: &'static str,
    /// What may follow the name; empty if nothing.
    pub argument: &'static str,
    /// What it does, in words.
    pub title: &'static str,
    /// Other words for it, which find it in the palette.
    pub synonyms: &'static [&'static str],
    /// Its keys as they are written, and where each counts.
    pub keys: &'static [(Place, &'static str)],
    /// Its entry in the menu.
    pub menu: Option<MenuItem>,
    /// Its word in the footer, and how much it matters there: 0 goes last.
    pub hint: Option<(&'static str, u8)>,
    /// When it makes sense.
    pub when: Condition,
    /// Whether it makes sense in a saved session, too.
    pub in_saved: bool,
    /// Whether it ends an open session, which is asked first.
    pub ends: bool,
    /// Whether the palette never offers it first, although it was used lately: it sends something, ends
    /// something, connects by itself, puts a line at the prompt, or leaves. The first row runs at Enter,
    /// and a second Enter must be harmless, too.
    pub never_first: bool,
}

/// An entry of the menu.
#[derive(Clone, Copy, Debug)]
pub struct MenuItem {
    /// The group that it is in.
    pub group: MenuGroup,
    /// Its letter.
    pub letter: char,
    /// Its words, of at most 30 characters.
    pub words: &'static str,
}

/// A group of the menu.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MenuGroup {
    /// Connections and logins.
    Session,
    /// What is typed and sent.
    Message,
    /// What is shown.
    Look,
    /// What is taken out of the session, or brought in.
    TakeAway,
    /// Help, and the program.
    Help,
}

impl MenuGroup {
    /// All groups, in the order of the menu.
    pub const ALL: [Self; 5] = [
        Self::Session,
        Self::Message,
        Self::Look,
        Self::TakeAway,
        Self::Help,
    ];

    /// Its heading.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Session => "Session",
            Self::Message => "Write and send",
            Self::Look => "Look",
            Self::TakeAway => "Keep and copy",
            Self::Help => "Help and program",
        }
    }
}

/// What a command needs to make sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Nothing.
    Always,
    /// A connection, or the attempt to make one.
    Connecting,
    /// A connection on which no replay is sending.
    Sending,
    /// No replay that is sending.
    NoReplay,
    /// A server that was connected to before.
    ServerKnown,
    /// A message in the editor.
    Message,
    /// Ghost text after the line.
    GhostText,
    /// A suggested fix for the line.
    Fix,
    /// The list of completions.
    List,
    /// A session that has a connection to export.
    Exportable,
    /// TLS on the connection.
    Tls,
    /// A paused reply.
    Paused,
    /// Pasted lines that are kept.
    LinesKept,
    /// A search.
    Search,
    /// Hidden lines, or a marked range.
    Narrowed,
    /// A chosen line of the transcript.
    LineChosen,
}

impl Command {
    /// Whether its argument is a path, or several.
    pub fn takes_path(&self) -> bool {
        self.argument == "FILE" || self.action == Action::Compare
    }

    /// A command without argument, key and condition, for live sessions.
    pub(super) const fn new(action: Action, name: &'static str, title: &'static str) -> Self {
        Self {
            action,
            name,
            argument: "",
            title,
            synonyms: &[],
            keys: &[],
            menu: None,
            hint: None,
            when: Condition::Always,
            in_saved: false,
            ends: false,
            never_first: false,
        }
    }

    pub(super) const fn takes(mut self, argument: &'static str) -> Self {
        self.argument = argument;
        self
    }

    pub(super) const fn synonyms(mut self, synonyms: &'static [&'static str]) -> Self {
        self.synonyms = synonyms;
        self
    }

    pub(super) const fn keys(mut self, keys: &'static [(Place, &'static str)]) -> Self {
        self.keys = keys;
        self
    }

    pub(super) const fn menu(
        mut self,
        group: MenuGroup,
        letter: char,
        words: &'static str,
    ) -> Self {
        self.menu = Some(MenuItem {
            group,
            letter,
            words,
        });
        self
    }

    pub(super) const fn hint(mut self, word: &'static str, rank: u8) -> Self {
        self.hint = Some((word, rank));
        self
    }

    pub(super) const fn when(mut self, condition: Condition) -> Self {
        self.when = condition;
        self
    }

    pub(super) const fn in_saved(mut self) -> Self {
        self.in_saved = true;
        self
    }

    pub(super) const fn ends(mut self) -> Self {
        self.ends = true;
        self
    }

    pub(super) const fn never_first(mut self) -> Self {
        self.never_first = true;
        self
    }
}
