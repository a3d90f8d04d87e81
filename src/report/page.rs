//! Pages of the manual as rows of a given width, for the pager and for standard output.

use crate::manual::Page;
use crate::report::text::{self, Charset};

/// Columns before the lines below a title or a heading.
const INDENT: usize = 2;
/// The last column at which a right column may begin. It stays a column when it wraps.
const HANG_CAP: usize = 28;

/// A row of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its text, made visible. It is only wider than the page if a word is.
    pub text: String,
    /// Whether it is a title or a heading.
    pub heading: bool,
}

/// The rows of a page: its title and its sections, with empty rows between them.
pub fn rows(page: &Page, columns: usize, charset: Charset) -> Vec<Row> {
    let mut rows = Vec::new();
    push(&page.title, 0, true, columns, charset, &mut rows);
    for (at, section) in page.sections.iter().enumerate() {
        // Sections without a heading follow one another; a heading has an empty row above it.
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

/// Adds the rows of an indented line. If the line has two columns, the right one stays a column when it
/// wraps.
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
    // The continuation of a line is indented further.
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

/// The left column with the blanks after it, and the right column. The left one is empty if the line has
/// one column.
fn two_columns(line: &str) -> (&str, &str) {
    let right = line
        .find("  ")
        .map(|at| at + line[at..].chars().take_while(|c| *c == ' ').count());
    right
        .filter(|at| *at <= HANG_CAP)
        .map_or(("", line), |at| line.split_at(at))
}
