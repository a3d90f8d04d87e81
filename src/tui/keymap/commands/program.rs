//! Commands for help and for the program itself.

use crate::tui::keymap::Place::{EmptyPrompt, Message, Prompt, Transcript};
use crate::tui::keymap::command::MenuGroup;
use crate::tui::keymap::{Action, Command};

/// See `commands`.
pub(super) const COMMANDS: &[Command] = &[
    Command::new(
        Action::Help,
        "help",
        "all keys, or the manual on RCPT, SIZE, 5.7.1 ...",
    )
    .synonyms(&["keys", "shortcuts", "manual", "man", "?"])
    .takes("[WORD...]")
    .keys(&[
        (Prompt, "F1"),
        (EmptyPrompt, "?"),
        (Message, "F1"),
        (Transcript, "?"),
        (Transcript, "F1"),
    ])
    .menu(MenuGroup::Help, '?', "all keys")
    .in_saved(),
    Command::new(
        Action::Explain,
        "explain",
        "explain the last reply, or a code such as 550 5.7.1",
    )
    .synonyms(&["why", "meaning", "error", "code"])
    .takes("[WORD...]")
    .menu(MenuGroup::Help, 'l', "explain the last reply")
    .in_saved(),
    Command::new(Action::Palette, "palette", "all commands by name")
        .never_first()
        .keys(&[(EmptyPrompt, ":"), (Transcript, ":")])
        .menu(MenuGroup::Help, ':', "all commands by name")
        .in_saved(),
    Command::new(Action::Menu, "menu", "open the menu")
        .never_first()
        .keys(&[(Prompt, "^O"), (Message, "^O"), (Transcript, "^O")])
        .in_saved(),
    Command::new(Action::Mouse, "mouse", "turn mouse support on or off")
        .synonyms(&["click", "scroll"])
        .menu(MenuGroup::Help, 'm', "mouse on or off")
        .in_saved(),
    Command::new(Action::Redraw, "redraw", "redraw the screen")
        .keys(&[(Prompt, "^L"), (Message, "^L"), (Transcript, "^L")])
        .in_saved(),
    Command::new(
        Action::Suspend,
        "suspend",
        "suspend ehlo; fg brings it back",
    )
    .never_first()
    .keys(&[(Prompt, "^Z"), (Message, "^Z"), (Transcript, "^Z")])
    .in_saved(),
    Command::new(
        Action::Cancel,
        "cancel",
        "cancel connecting, or clear the line; twice: quit",
    )
    .never_first()
    .synonyms(&["stop", "abort"])
    .keys(&[(Prompt, "^C"), (Message, "^C"), (Transcript, "^C")])
    .in_saved(),
    Command::new(Action::Quit, "quit", "leave ehlo")
        .never_first()
        .synonyms(&["exit", "bye", "leave", "close", "end"])
        .keys(&[(EmptyPrompt, "^D")])
        .menu(MenuGroup::Help, 'q', "quit")
        .in_saved(),
    // After quit, so that q finds that first.
    Command::new(
        Action::Quote,
        "quote",
        "what shells, files and URLs make of a password",
    )
    .synonyms(&["escape", "quoting", "shell"])
    .in_saved(),
];
