//! A page of the manual: plain text in sections, not yet wrapped.

/// A page. Lines may be longer than the screen is wide. The page of an [`Explanation`] may contain
/// text from the server: escape it before you show it.
///
/// [`Explanation`]: crate::diagnosis::Explanation
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// What the page is about.
    pub title: String,
    /// The sections in order. Leading sections have no heading.
    pub sections: Vec<Section>,
}

/// A part of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// The heading, if the section has one.
    pub heading: Option<String>,
    /// The lines, each a sentence or a table row; none is empty.
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

    /// Adds a section with a heading. Without lines, nothing is added.
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

/// Formats cells as rows of two columns. The first column is as wide as its widest cell of at most
/// `max_width` characters; a wider cell moves its right neighbor.
pub fn rows(cells: &[(String, String)], max_width: usize) -> Vec<String> {
    let width = |cell: &str| cell.chars().count();
    let widths = cells.iter().map(|(left, _)| width(left));
    let column = widths
        .filter(|width| *width <= max_width)
        .max()
        .unwrap_or(0);
    let row = |(left, right): &(String, String)| format!("{left:column$}  {right}");
    cells.iter().map(row).collect()
}
