//! A page of the manual: plain text in sections, for a pager or a terminal, not yet wrapped.

/// A page. Its lines may be longer than a screen is wide, and those of an explanation may hold what a
/// server sent: they have to be made visible before they are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// What it is about.
    pub title: String,
    /// Its sections in order; the first has no heading.
    pub sections: Vec<Section>,
}

/// A part of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// What stands above it; nothing for the first.
    pub heading: Option<String>,
    /// Its lines, each a sentence or a row of its own; none is empty.
    pub lines: Vec<String>,
}

impl Page {
    /// A page without sections.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            sections: Vec::new(),
        }
    }

    /// Adds lines without a heading.
    pub fn lead(&mut self, lines: impl IntoIterator<Item = String>) {
        self.push(None, lines);
    }

    /// Adds a section, unless it would be empty.
    pub fn section(&mut self, heading: &str, lines: impl IntoIterator<Item = String>) {
        self.push(Some(heading.to_owned()), lines);
    }

    fn push(&mut self, heading: Option<String>, lines: impl IntoIterator<Item = String>) {
        let lines: Vec<_> = lines.into_iter().filter(|line| !line.is_empty()).collect();
        if !lines.is_empty() {
            self.sections.push(Section { heading, lines });
        }
    }
}

/// Rows of two columns, the first padded to its widest cell but never over `most` characters.
pub fn rows(cells: &[(String, String)], most: usize) -> Vec<String> {
    let width = |cell: &str| cell.chars().count();
    let widths = cells.iter().map(|(left, _)| width(left));
    let column = widths.filter(|width| *width <= most).max().unwrap_or(0);
    let row = |(left, right): &(String, String)| format!("{left:column$}  {right}");
    cells.iter().map(row).collect()
}
