//! `ehlo`: see the library's header for the map of the house.

use std::process::ExitCode;

fn main() -> ExitCode {
    ehlo::cli::run()
}
