//! Settings of this process: core dumps and stop signals. Programs that it starts would inherit
//! both, so all of them are started by [`spawn`].

mod core_dump;
pub mod stop;

use std::io;
use std::process::{Child, Command};

pub use core_dump::disable as disable_core_dumps;

/// Starts a program with the core dump limit that this process was started with, and with stop
/// signals that are not blocked.
///
/// # Errors
/// As [`Command::spawn`].
pub fn spawn(command: &mut Command) -> io::Result<Child> {
    core_dump::with_original_limit(|| stop::with_signals_delivered(|| command.spawn()))
}
