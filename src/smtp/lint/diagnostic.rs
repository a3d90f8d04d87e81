//! A diagnostic of a lint: its kind, its position and a fix.

use std::ops::Range;

use super::Lint;

/// The severity of a diagnostic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The server will probably refuse the line, or it does harm.
    Warning,
    /// Good to know.
    Note,
}

/// An edit of the line that fixes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// The range to replace, in octets.
    pub span: Range<usize>,
    /// The replacement.
    pub text: String,
}

impl Fix {
    pub(super) fn new(span: Range<usize>, text: impl Into<String>) -> Self {
        Self {
            span,
            text: text.into(),
        }
    }

    /// Whether a secret that begins at offset `secret` stays hidden, or is removed, in the fixed
    /// line.
    pub(super) fn keeps_hidden(&self, text: &str, secret: usize) -> bool {
        let removed = self.span.end.saturating_sub(self.span.start.max(secret));
        let left = text.len() - secret - removed;
        let fixed = self.apply(text);
        let hidden = super::secret_of(&fixed).map_or(0, |from| fixed.len() - from);
        hidden >= left
    }

    /// Applies the edit to a line.
    pub fn apply(&self, line: &str) -> String {
        let mut line = line.to_owned();
        line.replace_range(self.span.clone(), &self.text);
        line
    }
}

/// A problem in a line. The `Display` of its lint is its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The lint.
    pub lint: Lint,
    /// The range in the line, in octets.
    pub span: Range<usize>,
    /// An edit that fixes it.
    pub fix: Option<Fix>,
    /// The line may only be incomplete: more text at its end can solve the problem.
    pub unfinished: bool,
}

/// Collects diagnostics.
#[derive(Default)]
pub(super) struct Diagnostics(pub(super) Vec<Diagnostic>);

impl Diagnostics {
    pub(super) fn add(&mut self, lint: Lint, span: Range<usize>) -> &mut Diagnostic {
        let at = self.0.len();
        self.0.push(Diagnostic {
            lint,
            span,
            fix: None,
            unfinished: false,
        });
        &mut self.0[at]
    }

    pub(super) fn check_length(&mut self, typed: usize, limit: usize) {
        let octets = typed + 2;
        if octets > limit {
            self.add(Lint::TooLong { octets, limit }, typed..typed);
        }
    }
}

impl Diagnostic {
    pub(super) fn fixed_by(&mut self, span: Range<usize>, text: impl Into<String>) -> &mut Self {
        self.fix = Some(Fix::new(span, text));
        self
    }

    /// Sets [`unfinished`](Self::unfinished).
    pub(super) fn unfinished_if(&mut self, unfinished: bool) -> &mut Self {
        self.unfinished = unfinished;
        self
    }
}
