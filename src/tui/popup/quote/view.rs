//! Draws the fields, the list of places and what is to be said about the chosen one.

use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use super::Quote;
use crate::quoting::{Place, culprits, literal};
use crate::report::quoting::{blame, lengths, losses};
use crate::report::text::{fitted, full_rows, words};
use crate::tui::widget::canvas::{Canvas, below, inner_columns, inner_rows, row_of, top};
use crate::tui::widget::look::Look;

/// Width of the column with the names of the places.
const NAME: usize = 12;
/// The fewest rows of the list, if the screen has them.
const LIST_LEAST: usize = 3;
/// The fewest rows about the chosen place, if the screen has them.
const DETAILS_LEAST: usize = 3;

impl Quote {
    pub(in crate::tui::popup) fn draw(
        &mut self,
        screen: Rect,
        canvas: &mut Canvas<'_>,
    ) -> Option<Position> {
        let (columns, rows) = (inner_columns(screen), inner_rows(screen));
        let fields = self.form.len();
        let look = canvas.look;
        let mut lines = self.head(columns, look);
        let mut details = self.details(columns, look);
        // A small screen shows the list and less about it.
        let room = rows.saturating_sub(fields);
        lines.truncate(room.saturating_sub(LIST_LEAST + DETAILS_LEAST));
        let room = room.saturating_sub(lines.len());
        details.truncate(room.saturating_sub(LIST_LEAST));
        let list = room.saturating_sub(details.len()).min(self.losses.len());
        let chosen = fields + lines.len() + self.chosen - self.first(list);
        lines.extend(self.list(list, columns, look));
        lines.append(&mut details);
        let inner = canvas.frame(
            screen,
            (columns, fields + lines.len()),
            "What arrives of a password",
        );
        canvas.rows(&lines, below(inner, fields));
        if list > 0 && !self.takes_text() {
            canvas.choose(row_of(inner, chosen));
        }
        self.form.draw(top(inner, fields), canvas)
    }

    /// How long it is, and who is to blame for what arrived.
    fn head(&self, columns: usize, look: &Look) -> Vec<Line<'static>> {
        let warn = |text: &String| -> Vec<Line<'static>> {
            let rows = words(text, columns, look.charset).into_iter();
            rows.map(|row| Line::styled(row, look.theme.warn)).collect()
        };
        let mut lines: Vec<Line<'static>> = self.error.iter().flat_map(warn).collect();
        let password = self.password();
        if password.is_empty() {
            let text = "Type it as it is. It stays here and is not sent.";
            lines.push(Line::styled(
                fitted(text, columns, look.charset),
                look.theme.dim,
            ));
            return lines;
        }
        let mut said = lengths(&password);
        if let Some(arrived) = self.arrived() {
            said.truncate(1);
            said.extend(blame(&password, &arrived, &culprits(&password, &arrived)));
        }
        for text in said {
            lines.extend(
                words(&text, columns, look.charset)
                    .into_iter()
                    .map(Line::from),
            );
        }
        lines
    }

    /// The first visible place if this many are.
    fn first(&self, rows: usize) -> usize {
        let last = self.losses.len().saturating_sub(rows);
        self.chosen.saturating_sub(rows / 2).min(last)
    }

    /// The places around the chosen one, each with what arrives there.
    fn list(&self, rows: usize, columns: usize, look: &Look) -> Vec<Line<'static>> {
        let shown = Place::ALL
            .iter()
            .zip(&self.losses)
            .skip(self.first(rows))
            .take(rows);
        let row = |(place, loss): (&Place, &String)| {
            let loss = fitted(loss, columns.saturating_sub(NAME), look.charset);
            let name = Span::styled(format!("{:<NAME$}", place.name()), look.theme.key);
            Line::from(vec![name, Span::raw(loss)])
        };
        shown.map(row).collect()
    }

    /// What is to be said about the chosen place, and its literal if it is revealed.
    fn details(&self, columns: usize, look: &Look) -> Vec<Line<'static>> {
        if self.takes_text() || self.losses.is_empty() {
            return Vec::new();
        }
        let (place, password) = (self.place(), self.password());
        let mut lines = Vec::new();
        if self.revealed {
            for literal in literal(place, password.reveal()).into_iter().flatten() {
                // No blank of it may be lost at the end of a row.
                let rows = full_rows(literal.text.reveal(), columns, look.charset);
                lines.extend(
                    literal
                        .only_for
                        .map(|name| Line::styled(format!("{name}:"), look.theme.dim)),
                );
                lines.extend(
                    rows.into_iter()
                        .map(|row| Line::styled(row, look.theme.good)),
                );
            }
        }
        let what = fitted(place.description(), columns, look.charset);
        lines.push(Line::styled(what, look.theme.heading));
        for text in losses(place, &password) {
            lines.extend(
                words(&text, columns, look.charset)
                    .into_iter()
                    .map(Line::from),
            );
        }
        lines
    }
}
