//! Commands for the line at the prompt.

use crate::tui::keymap::Place::{Ghost, List, Message, Prompt};
use crate::tui::keymap::command::{Condition, MenuGroup};
use crate::tui::keymap::{Action, Command};

/// See `commands`.
pub(super) const COMMANDS: &[Command] = &[
    Command::new(
        Action::Send,
        "send",
        "send the line exactly as typed, with CR LF",
    )
    .never_first()
    .keys(&[(Prompt, "Enter")])
    .hint("send", 1)
    .when(Condition::Sending),
    Command::new(Action::Accept, "accept", "insert the ghost text")
        .never_first()
        .keys(&[(Ghost, "Tab"), (Ghost, "Right")])
        .hint("accept", 0)
        .when(Condition::GhostText),
    Command::new(
        Action::Complete,
        "complete",
        "complete the word at the cursor, or list what fits",
    )
    .never_first()
    .keys(&[(Prompt, "Tab")]),
    Command::new(Action::List, "list", "list what fits at the cursor")
        .keys(&[(Prompt, "S-Tab")])
        .hint("list", 7),
    Command::new(Action::ListDown, "list-down", "next completion")
        .keys(&[(List, "Tab"), (List, "Down")])
        .hint("next", 1)
        .when(Condition::List),
    Command::new(Action::ListUp, "list-up", "previous completion")
        .keys(&[(List, "S-Tab"), (List, "Up")])
        .when(Condition::List),
    Command::new(
        Action::ListTake,
        "list-take",
        "insert the chosen completion",
    )
    .keys(&[(List, "Enter")])
    .hint("insert", 0)
    .when(Condition::List),
    Command::new(Action::ListClose, "list-close", "close the list")
        .keys(&[(List, "Esc")])
        .hint("close", 2)
        .when(Condition::List),
    Command::new(Action::Fix, "fix", "apply the suggested fix to the line")
        .never_first()
        .synonyms(&["correct"])
        .menu(MenuGroup::Message, 'f', "apply the suggested fix")
        .when(Condition::Fix),
    Command::new(
        Action::HistoryBack,
        "history-back",
        "previous command that begins like this line",
    )
    .never_first()
    .keys(&[(Prompt, "Up")])
    .hint("history", 4),
    Command::new(
        Action::HistoryForward,
        "history-forward",
        "next command in the history",
    )
    .never_first()
    .keys(&[(Prompt, "Down")]),
    Command::new(
        Action::HistorySearch,
        "history-search",
        "search the commands sent to this host",
    )
    .synonyms(&["find"])
    .keys(&[(Prompt, "^R")]),
    Command::new(Action::Browse, "browse", "move in the transcript")
        .keys(&[(Prompt, "Esc"), (Message, "Esc")])
        .hint("browse", 2),
    Command::new(
        Action::RevealTyped,
        "reveal-typed",
        "show or hide the secret you are typing",
    )
    .menu(MenuGroup::Message, 'u', "show or hide what is typed"),
    Command::new(
        Action::Raw,
        "raw",
        "send octets as they are, with \\r \\n \\xHH; shown first",
    )
    .synonyms(&["octets", "bytes", "hex"])
    .takes("TEXT")
    .when(Condition::Sending),
    Command::new(
        Action::Continue,
        "continue",
        "continue a paste that stopped, line by line",
    )
    .never_first()
    .menu(MenuGroup::Message, 'j', "continue the stopped paste")
    .when(Condition::LinesKept),
    Command::new(
        Action::Rest,
        "rest",
        "show the kept lines of a paste, or put them at the prompt",
    )
    .never_first()
    .takes("[edit]")
    .when(Condition::LinesKept),
    Command::new(
        Action::Templates,
        "template",
        "commands and messages to fill in and send",
    )
    .synonyms(&["snippets", "forms"])
    .takes("NAME")
    .menu(MenuGroup::Message, 't', "templates"),
    Command::new(
        Action::Base64,
        "base64",
        "encode and decode base64, with escapes",
    )
    .synonyms(&["encode", "decode"])
    .keys(&[(Prompt, "F3")])
    .menu(MenuGroup::Message, 'b', "base64: encode and decode")
    .in_saved(),
];
