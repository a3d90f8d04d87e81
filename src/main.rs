//! The program `ehlo`. `src/lib.rs` is the map of its code.

use std::process::ExitCode;

fn main() -> ExitCode {
    ehlo::process::disable_core_dumps();
    ehlo::cli::run()
}
