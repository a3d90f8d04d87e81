//! A finding: what it is, where it is, what would mend it.

use std::ops::Range;

use super::Lint;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Advice {
    /// The server will refuse the line, or it does harm.
    Warning,
    /// It is as well to know.
    Note,
}

/// An edit of the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What goes.
    pub span: Range<usize>,
    /// What comes in its place.
    pub text: String,
}

impl Fix {
    pub(super) fn new(span: Range<usize>, text: impl Into<String>) -> Self {
        Self {
            span,
            text: text.into(),
        }
    }

    /// Whether what is hidden from `secret` on stays so, or goes.
    pub(super) fn hides(&self, text: &str, secret: usize) -> bool {
        let gone = self.span.end.saturating_sub(self.span.start.max(secret));
        let left = text.len() - secret - gone;
        let fixed = self.apply(text);
        let hidden = super::secret_of(&fixed).map_or(0, |from| fixed.len() - from);
        hidden >= left
    }

    /// The line with the edit made.
    pub fn apply(&self, line: &str) -> String {
        let mut line = line.to_owned();
        line.replace_range(self.span.clone(), &self.text);
        line
    }
}

/// Something worth saying about a line. Its words are its `Display`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it is.
    pub lint: Lint,
    /// Where it is, in octets of the line.
    pub span: Range<usize>,
    /// What would mend it.
    pub fix: Option<Fix>,
    /// The line may only be unfinished: typing on at its end can settle it.
    pub unfinished: bool,
}

/// Findings as they are made.
#[derive(Default)]
pub(super) struct Findings(pub(super) Vec<Finding>);

impl Findings {
    pub(super) fn add(&mut self, lint: Lint, span: Range<usize>) -> &mut Finding {
        let at = self.0.len();
        self.0.push(Finding {
            lint,
            span,
            fix: None,
            unfinished: false,
        });
        &mut self.0[at]
    }

    pub(super) fn length(&mut self, typed: usize, limit: usize) {
        let octets = typed + 2;
        if octets > limit {
            self.add(Lint::TooLong { octets, limit }, typed..typed);
        }
    }
}

impl Finding {
    pub(super) fn fixed_by(&mut self, span: Range<usize>, text: impl Into<String>) -> &mut Self {
        self.fix = Some(Fix::new(span, text));
        self
    }

    /// Marks it as one that typing on may settle, where it is so.
    pub(super) fn unfinished_if(&mut self, unfinished: bool) -> &mut Self {
        self.unfinished = unfinished;
        self
    }
}
