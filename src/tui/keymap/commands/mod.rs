//! The command table, by subject. A command that is new is one row here, one [`Action`](super::Action)
//! and one line of `update::commands`.

mod message;
mod program;
mod prompt;
mod session;
mod transcript;

use super::Command;

/// All commands, in the order in which help lists them.
pub(super) fn all() -> impl Iterator<Item = &'static Command> {
    let parts = [
        prompt::COMMANDS,
        message::COMMANDS,
        transcript::COMMANDS,
        session::COMMANDS,
        program::COMMANDS,
    ];
    parts.into_iter().flatten()
}
