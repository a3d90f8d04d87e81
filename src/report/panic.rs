//! The message of a panic: its location, and nothing that the user typed.

use std::panic::PanicHookInfo;

use super::output::print_error;

/// Prints the message of a panic as one line. For [`std::panic::set_hook`].
pub fn print(panic: &PanicHookInfo<'_>) {
    let literal = panic.payload().downcast_ref::<&'static str>().copied();
    let place = panic
        .location()
        .map_or_else(String::new, |at| format!(" at {}:{}", at.file(), at.line()));
    // If the terminal is gone, a second panic would abort the process.
    let _ = print_error(&message(literal, &place));
}

/// The message. A literal cannot quote what was typed; any other message could and is withheld.
fn message(literal: Option<&str>, place: &str) -> String {
    let words = literal.unwrap_or("the message is withheld: it could quote what was typed");
    format!("internal error{place}: {words}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn withholds_a_message_that_was_made_at_run_time() {
        assert_eq!(
            message(Some("the map is empty"), " at src/a.rs:1"),
            "internal error at src/a.rs:1: the map is empty"
        );
        assert_eq!(
            message(None, ""),
            "internal error: the message is withheld: it could quote what was typed"
        );
    }
}
