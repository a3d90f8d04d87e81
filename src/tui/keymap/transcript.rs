//! The part of the table that looks at the transcript and takes from it: what is done there, and all
//! keys that count there.

use super::{Action, Place};

/// See `table`.
pub(super) const ACTIONS: &[(Action, &str, &str, &str)] = &[
    (
        Action::Filter,
        "filter",
        "[NAME]",
        "only some lines: all, client, server, errors, notes",
    ),
    (
        Action::Form,
        "view",
        "[NAME]",
        "the octets of the lines as text, escapes, hex",
    ),
    (
        Action::Times,
        "times",
        "",
        "how long each reply took, since the line before, time of day, none",
    ),
    (
        Action::NextError,
        "next-error",
        "",
        "the next error, downwards",
    ),
    (
        Action::PreviousError,
        "previous-error",
        "",
        "the error before, upwards",
    ),
    (
        Action::Timeline,
        "timeline",
        "",
        "DNS, TCP, TLS and each reply as bars on one scale",
    ),
    (Action::Mark, "mark", "", "begin a range of lines to copy"),
    (
        Action::Reset,
        "reset",
        "",
        "give up the range, show all lines again",
    ),
    (
        Action::Copy,
        "copy",
        "",
        "copy the chosen line, or the range; secrets stay hidden",
    ),
    (
        Action::CopySession,
        "copy-session",
        "",
        "copy the whole session as text; secrets stay hidden",
    ),
    (
        Action::CopyMenu,
        "copy-menu",
        "",
        "copy a line, the session, base64 decoded, a reply",
    ),
    (
        Action::Export,
        "export",
        "[NAME]",
        "the same as a command or settings of swaks, curl, git ...",
    ),
    (
        Action::Compare,
        "diff",
        "[A] B",
        "a saved session B beside this one, or beside another, A",
    ),
    (
        Action::Resend,
        "resend",
        "",
        "the chosen line back to the prompt, to edit and send again",
    ),
    (Action::Leave, "leave", "", "close the saved session"),
    (
        Action::Replay,
        "replay",
        "",
        "connect anew, send all up to the chosen line again; asks first",
    ),
    (
        Action::Plain,
        "plain",
        "",
        "print the session without frames, for the mouse and tmux",
    ),
];

/// See `table`.
pub(super) const KEYS: &[(Place, &str, Action)] = &[
    (Place::Narrowed, "Esc", Action::Reset),
    (Place::Saved, "q", Action::Leave),
    (Place::Saved, "F2", Action::Capabilities),
    (Place::Transcript, "Esc", Action::Back),
    (Place::Transcript, "Tab", Action::Back),
    (Place::Transcript, "q", Action::Back),
    (Place::Transcript, "?", Action::Help),
    (Place::Transcript, "F1", Action::Help),
    (Place::Transcript, ":", Action::Palette),
    (Place::Transcript, "^O", Action::Menu),
    (Place::Transcript, "/", Action::Search),
    (Place::Transcript, "n", Action::SearchNext),
    (Place::Transcript, "N", Action::SearchBack),
    (Place::Transcript, "Up", Action::Up),
    (Place::Transcript, "k", Action::Up),
    (Place::Transcript, "Down", Action::Down),
    (Place::Transcript, "j", Action::Down),
    (Place::Transcript, "PgUp", Action::PageUp),
    (Place::Transcript, "^U", Action::PageUp),
    (Place::Transcript, "PgDn", Action::PageDown),
    (Place::Transcript, "^D", Action::PageDown),
    (Place::Transcript, "Home", Action::Oldest),
    (Place::Transcript, "g", Action::Oldest),
    (Place::Transcript, "End", Action::Newest),
    (Place::Transcript, "G", Action::Newest),
    (Place::Transcript, "Enter", Action::Open),
    (Place::Transcript, "z", Action::Fold),
    (Place::Transcript, "w", Action::Wrap),
    (Place::Transcript, "r", Action::Reveal),
    (Place::Transcript, "b", Action::DecodeChosen),
    (Place::Transcript, "^L", Action::Redraw),
    (Place::Transcript, "^Z", Action::Suspend),
    (Place::Transcript, "^C", Action::Cancel),
    (Place::Transcript, "f", Action::Filter),
    (Place::Transcript, "x", Action::Form),
    (Place::Transcript, "t", Action::Times),
    (Place::Transcript, "]", Action::NextError),
    (Place::Transcript, "[", Action::PreviousError),
    (Place::Transcript, "e", Action::Resend),
    (Place::Transcript, "R", Action::Replay),
    (Place::Transcript, "v", Action::Mark),
    (Place::Transcript, "y", Action::Copy),
    (Place::Transcript, "Y", Action::CopySession),
];

/// See `table`.
pub(super) const MENU: &[(char, Action, &str)] = &[
    ('i', Action::Timeline, "timeline"),
    ('y', Action::CopyMenu, "copy ..."),
    ('x', Action::Export, "export to swaks, curl, git ..."),
    ('w', Action::Plain, "without frames, for the mouse"),
];

/// See `table`.
pub(super) const HINTS: &[(Action, &str, u8)] = &[
    (Action::Reset, "reset", 0),
    (Action::Copy, "copy", 4),
    (Action::Filter, "filter", 4),
    (Action::Resend, "edit", 5),
    (Action::Form, "hex", 6),
];
