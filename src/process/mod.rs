//! Prevents core dumps of this process. Programs that it starts would inherit the limit, so all of
//! them are started by [`spawn`].

mod core_dump;

use std::io;
use std::process::{Child, Command};

pub use core_dump::disable as disable_core_dumps;

/// Starts a program with the core dump limit that this process was started with.
///
/// # Errors
/// As [`Command::spawn`].
pub fn spawn(command: &mut Command) -> io::Result<Child> {
    core_dump::with_original_limit(|| command.spawn())
}
