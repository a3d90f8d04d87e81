//! Commands that move in the transcript, change how it looks, and copy from it.

use crate::tui::keymap::Place::{EmptyPrompt, Narrowed, Prompt, Transcript};
use crate::tui::keymap::command::{Condition, MenuGroup};
use crate::tui::keymap::{Action, Command};

/// See `commands`.
pub(super) const COMMANDS: &[Command] = &[
    Command::new(Action::Back, "prompt", "return to the prompt")
        .never_first()
        .keys(&[(Transcript, "Esc"), (Transcript, "Tab"), (Transcript, "q")])
        .hint("prompt", 0)
        .in_saved(),
    Command::new(Action::Search, "search", "search the transcript")
        .takes("TEXT")
        .keys(&[(EmptyPrompt, "/"), (Transcript, "/")])
        .menu(MenuGroup::Look, '/', "search the transcript")
        .hint("search", 5)
        .in_saved(),
    Command::new(
        Action::SearchNext,
        "search-next",
        "next match, in the direction of the search",
    )
    .keys(&[(Transcript, "n")])
    .hint("next", 2)
    .when(Condition::Search)
    .in_saved(),
    Command::new(Action::SearchBack, "search-back", "previous match")
        .keys(&[(Transcript, "N")])
        .hint("back", 2)
        .when(Condition::Search)
        .in_saved(),
    Command::new(Action::Up, "up", "one entry up")
        .keys(&[(Transcript, "Up"), (Transcript, "k")])
        .in_saved(),
    Command::new(Action::Down, "down", "one entry down")
        .keys(&[(Transcript, "Down"), (Transcript, "j")])
        .in_saved(),
    Command::new(Action::PageUp, "page-up", "scroll the transcript up")
        .keys(&[(Prompt, "PgUp"), (Transcript, "PgUp"), (Transcript, "^U")])
        .hint("scroll", 3)
        .in_saved(),
    Command::new(Action::PageDown, "page-down", "scroll the transcript down")
        .keys(&[(Prompt, "PgDn"), (Transcript, "PgDn"), (Transcript, "^D")])
        .in_saved(),
    Command::new(Action::Oldest, "oldest", "go to the oldest entry")
        .keys(&[(Transcript, "Home"), (Transcript, "g")])
        .in_saved(),
    Command::new(
        Action::Newest,
        "newest",
        "go to the newest entry and follow new ones",
    )
    .keys(&[(EmptyPrompt, "End"), (Transcript, "End"), (Transcript, "G")])
    .in_saved(),
    Command::new(
        Action::Open,
        "whole",
        "show the chosen entry in full, and explain a reply",
    )
    .keys(&[(Transcript, "Enter")])
    .hint("details", 1)
    .in_saved(),
    Command::new(
        Action::Fold,
        "fold",
        "fold or unfold the reply (at the prompt: the last one)",
    )
    .keys(&[(Transcript, "z")])
    .menu(MenuGroup::Look, 'z', "fold or unfold the last reply")
    .hint("fold", 3)
    .in_saved(),
    Command::new(Action::Wrap, "wrap", "wrap or cut long lines")
        .synonyms(&["long lines"])
        .keys(&[(Transcript, "w")])
        .in_saved(),
    Command::new(
        Action::Reveal,
        "reveal",
        "show or hide the secret of the chosen line",
    )
    .keys(&[(Transcript, "r")])
    .hint("reveal", 6)
    .when(Condition::LineChosen)
    .in_saved(),
    Command::new(
        Action::DecodeChosen,
        "decode",
        "decode the base64 in the chosen line",
    )
    .keys(&[(Transcript, "b")])
    .when(Condition::LineChosen)
    .in_saved(),
    Command::new(
        Action::Filter,
        "filter",
        "show only some lines: all, client, server, errors, notes",
    )
    .synonyms(&["hide", "errors"])
    .takes("[NAME]")
    .keys(&[(Transcript, "f")])
    .hint("filter", 4)
    .in_saved(),
    Command::new(
        Action::Form,
        "view",
        "show octets as text, with escapes, or in hex",
    )
    .synonyms(&["hex", "escapes", "octets"])
    .takes("[NAME]")
    .keys(&[(Transcript, "x")])
    .hint("hex", 6)
    .in_saved(),
    Command::new(
        Action::Times,
        "times",
        "show reply times, time since the line before, time of day, none",
    )
    .synonyms(&["clock", "timestamps"])
    .keys(&[(Transcript, "t")])
    .in_saved(),
    Command::new(Action::NextError, "next-error", "next error")
        .keys(&[(Transcript, "]")])
        .in_saved(),
    Command::new(Action::PreviousError, "previous-error", "previous error")
        .keys(&[(Transcript, "[")])
        .in_saved(),
    Command::new(
        Action::Timeline,
        "timeline",
        "draw DNS, TCP, TLS and each reply as bars on one scale",
    )
    .synonyms(&["slow", "time", "duration"])
    .menu(MenuGroup::Look, 'i', "timeline")
    .in_saved(),
    Command::new(Action::Mark, "mark", "start a range of lines to copy")
        .keys(&[(Transcript, "v")])
        .when(Condition::LineChosen)
        .in_saved(),
    Command::new(
        Action::Reset,
        "reset",
        "drop the range, or show all lines again",
    )
    .keys(&[(Narrowed, "Esc")])
    .hint("clear filter", 0)
    .when(Condition::Narrowed)
    .in_saved(),
    Command::new(
        Action::Copy,
        "copy",
        "copy the chosen line or the range; secrets stay hidden",
    )
    .keys(&[(Transcript, "y")])
    .hint("copy", 4)
    .when(Condition::LineChosen)
    .in_saved(),
    Command::new(
        Action::CopySession,
        "copy-session",
        "copy the whole session with times; secrets stay hidden",
    )
    .synonyms(&["clipboard", "yank"])
    .keys(&[(Transcript, "Y")])
    .in_saved(),
    Command::new(
        Action::CopyMenu,
        "copy-menu",
        "copy a line, a reply, the session, or decoded base64",
    )
    .menu(MenuGroup::TakeAway, 'y', "copy ...")
    .in_saved(),
    Command::new(
        Action::Plain,
        "plain",
        "print the session as plain text, for mouse selection",
    )
    .synonyms(&["text", "select", "print"])
    .menu(MenuGroup::TakeAway, 'w', "plain text for the mouse")
    .in_saved(),
    Command::new(
        Action::Resend,
        "resend",
        "put the chosen line at the prompt, to edit and send again",
    )
    .never_first()
    .keys(&[(Transcript, "e")])
    .hint("edit", 5)
    .when(Condition::LineChosen)
    .in_saved(),
];
