//! A line on standard error that says how far something is. It is there on a terminal only, is written
//! anew each time, and is gone at the end.

use std::cell::Cell;

use super::output;
use super::text::{Charset, visible};

/// A line that says how far something is.
#[derive(Debug)]
pub struct ProgressLine {
    /// Whether anything is written.
    on: bool,
    /// Columns that the line has now.
    shown: Cell<usize>,
}

impl ProgressLine {
    /// A line that is empty so far, and stays so unless it is `wanted` and there is a terminal.
    pub fn new(wanted: bool) -> Self {
        Self {
            on: wanted && output::has_error_terminal(),
            shown: Cell::new(0),
        }
    }

    /// Replaces the line. What does not fit the terminal is left out.
    pub fn show(&self, text: &str) {
        if !self.on {
            return;
        }
        // The last column stays free: some terminals begin a new line there.
        let room = output::columns().saturating_sub(1);
        let shown = visible(text.as_bytes(), Charset::Ascii);
        let line: String = shown.chars().take(room).collect();
        let rest = " ".repeat(self.shown.get().saturating_sub(line.len()));
        self.shown.set(line.len());
        // A terminal that cannot be written to is reported by what is printed there.
        let _ = output::rewrite_error_line(&format!("{line}{rest}"));
    }

    /// Removes the line.
    pub fn clear(&self) {
        if self.shown.get() > 0 {
            self.show("");
            let _ = output::rewrite_error_line("");
        }
    }
}

impl Drop for ProgressLine {
    fn drop(&mut self) {
        self.clear();
    }
}
