//! Commands for the message in the editor.

use crate::tui::keymap::Place::Message;
use crate::tui::keymap::command::{Condition, MenuGroup};
use crate::tui::keymap::{Action, Command};

/// See `commands`.
pub(super) const COMMANDS: &[Command] = &[
    Command::new(
        Action::EndMessage,
        "end-message",
        "send the message with its final dot (so does a lone dot)",
    )
    .never_first()
    .keys(&[(Message, "^D")])
    .hint("send the message", 0)
    .when(Condition::Message),
    Command::new(
        Action::Compose,
        "compose",
        "write a message first; DATA is sent when it is done",
    )
    .synonyms(&["write", "mail", "data", "editor"])
    .menu(MenuGroup::Message, 'd', "compose a message")
    .when(Condition::NoReplay),
    Command::new(
        Action::Attach,
        "attach",
        "attach a file to the message; without a name, remove all",
    )
    .never_first()
    .takes("FILE")
    .when(Condition::Message),
    Command::new(
        Action::Data,
        "data",
        "send a file as the message, with DATA if that is due",
    )
    .never_first()
    .synonyms(&["send file", "eml"])
    .takes("FILE")
    .when(Condition::Sending),
    Command::new(
        Action::Bdat,
        "bdat",
        "send a file or 'TEXT' in chunks of N octets",
    )
    .never_first()
    .synonyms(&["chunking", "chunk"])
    .takes("FILE|'TEXT' [chunk N]")
    .when(Condition::Sending),
    Command::new(
        Action::Edit,
        "edit",
        "edit the message in $VISUAL or $EDITOR",
    )
    .never_first()
    .synonyms(&["editor", "vi", "nano"])
    .menu(MenuGroup::Message, 'e', "edit the message in $EDITOR")
    .when(Condition::Message),
];
