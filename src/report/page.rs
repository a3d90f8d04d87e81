//! Pages of the manual as rows of a given width, for the pager and for a plain terminal alike.

use crate::manual::Page;
use crate::report::text::{self, Charset};

/// Columns in front of the lines below a title or a heading.
const INDENT: usize = 2;
/// The furthest column at which the right one of two columns is kept when it wraps.
const HANG_CAP: usize = 28;

/// A row of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its text, harmless, and no wider than was asked where words allow it.
    pub text: String,
    /// Whether it is a title or a heading.
    pub heading: bool,
}

/// The rows of a page: its title, its sections, empty rows between them.
pub fn rows(page: &Page, columns: usize, charset: Charset) -> Vec<Row> {
    let mut rows = Vec::new();
    push(&page.title, 0, true, columns, charset, &mut rows);
    for (at, section) in page.sections.iter().enumerate() {
        // What leads stands together; each heading has room above it.
        if at == 0 || section.heading.is_some() {
            rows.push(Row {
                text: String::new(),
                heading: false,
            });
        }
        if let Some(heading) = &section.heading {
            push(heading, 0, true, columns, charset, &mut rows);
        }
        for line in &section.lines {
            push(line, INDENT, false, columns, charset, &mut rows);
        }
    }
    rows
}

/// One line with so much indent. Of two columns the right one stays a column when it wraps.
fn push(
    line: &str,
    indent: usize,
    heading: bool,
    columns: usize,
    charset: Charset,
    rows: &mut Vec<Row>,
) {
    let (left, right) = two_columns(line);
    let left = text::visible(left.as_bytes(), charset);
    // What goes on in a next row stands a little further in.
    let hang = if left.is_empty() {
        indent
    } else {
        left.chars().count()
    };
    let room = columns.saturating_sub(indent + hang).max(1);
    for (at, row) in text::words(right, room, charset).iter().enumerate() {
        let (blanks, left) = if at == 0 {
            (indent, left.as_str())
        } else {
            (indent + hang, "")
        };
        let text = format!("{}{left}{}", " ".repeat(blanks), row.trim_end());
        rows.push(Row { text, heading });
    }
}

/// The left one of two columns with the blanks behind it, and the right one; nothing is left where
/// the line has only one.
fn two_columns(line: &str) -> (&str, &str) {
    let right = line
        .find("  ")
        .map(|at| at + line[at..].chars().take_while(|c| *c == ' ').count());
    right
        .filter(|at| *at <= HANG_CAP)
        .map_or(("", line), |at| line.split_at(at))
}
