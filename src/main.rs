//! The program `ehlo`. `src/lib.rs` is the map of its code.

use std::process::ExitCode;

fn main() -> ExitCode {
    ehlo::cli::run()
}
