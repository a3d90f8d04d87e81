//! Draws the login form: its fields, and below them the mechanisms or what will be sent.

use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::{INITIAL, LoginForm, MECHANISM, MechanismRow, PASSWORD, SHOW, USER};
use crate::report::text;
use crate::smtp::Link;
use crate::smtp::sasl::Needs;
use crate::tui::widget::canvas::{Canvas, below, inner_columns, top};
use crate::tui::widget::form::Field;
use crate::tui::widget::look::Look;

/// Rows below the fields at least, if there are that many mechanisms.
const BELOW: usize = 9;

impl LoginForm {
    pub(in crate::tui::popup) fn draw(
        &mut self,
        screen: Rect,
        canvas: &mut Canvas<'_>,
    ) -> Option<Position> {
        self.label_fields();
        let columns = inner_columns(screen);
        let choosing = self.form.is_at(MECHANISM);
        let lines = if choosing {
            self.mechanism_lines(canvas.look)
        } else {
            self.words(columns, canvas.look)
        };
        // The list and the words take the same room, so that nothing jumps.
        let fields = self.form.len();
        let rows = fields + lines.len().max(self.mechanisms.len().min(BELOW));
        let inner = canvas.frame(screen, (columns, rows), "Log in");
        let area = below(inner, fields);
        if choosing {
            self.list.draw(&lines, area, canvas);
        } else {
            canvas.rows(&lines, area);
        }
        self.form.draw(top(inner, fields), canvas)
    }

    /// Brings labels and remarks in line with the mechanism that is chosen.
    fn label_fields(&mut self) {
        let mechanism = self.mechanism();
        let needs = mechanism.needs();
        let missing = self.mechanisms.get(self.list.chosen());
        let mut remark = missing
            .and_then(|row| row.missing)
            .unwrap_or("offered")
            .to_owned();
        if !self.form.is_at(MECHANISM) {
            remark.push_str(" (Up to change)");
        }
        let source = self.source.as_ref();
        let source = source.map(|source| format!("from {}", source.description()));
        let show = self.form.fields().get(SHOW).is_some_and(Field::is_on);
        let initial = self.initial();
        let mut change = |at, change: &dyn Fn(&mut Field)| {
            if let Some(field) = self.form.field_mut(at) {
                change(field);
            }
        };
        change(MECHANISM, &|field| {
            field.set_fixed(format!("{:<18}", mechanism.name()), format!(" {remark}"));
        });
        change(USER, &|field| {
            field.set_label(match needs {
                Needs::Trace => "Trace",
                Needs::Nothing => "(User)",
                Needs::Password | Needs::Token => "User",
            });
        });
        change(PASSWORD, &|field| {
            field.set_label(match needs {
                Needs::Token => "Token",
                Needs::Password => "Password",
                Needs::Nothing | Needs::Trace => "(Password)",
            });
            field.set_hidden(!show);
            field.set_placeholder(source.clone().unwrap_or_default());
        });
        change(SHOW, &|field| {
            let words = if needs == Needs::Token {
                "show the token"
            } else {
                "show the password"
            };
            field.set_toggle(words, show);
        });
        change(INITIAL, &|field| {
            if mechanism.sends_first() {
                field.set_toggle("send the credentials in the AUTH line", initial);
            } else {
                field.set_fixed(
                    String::new(),
                    "the server sends a challenge first".to_owned(),
                );
            }
        });
    }

    /// The mechanisms, offered ones first.
    fn mechanism_lines(&self, look: &Look) -> Vec<Line<'static>> {
        let line = |row: &MechanismRow| {
            let words = row.missing.unwrap_or(match row.mechanism.needs() {
                _ if row.mechanism.sends_secret_itself() => "offered; sends the secret itself",
                Needs::Password | Needs::Token => "offered; does not send the secret itself",
                Needs::Nothing => "offered; uses the TLS client certificate",
                Needs::Trace => "offered; no password",
            });
            Line::from(vec![
                Span::raw(format!("  {:<18}", row.mechanism.name())),
                Span::styled(format!(" {words}"), look.theme.dim),
            ])
        };
        let mut lines: Vec<_> = self.mechanisms.iter().map(line).collect();
        lines.extend(self.by_hand.iter().map(|name| {
            let name = text::visible(name.as_bytes(), look.charset);
            let words = format!("  {name:<18} offered; only by hand");
            Line::styled(words, look.theme.dim)
        }));
        lines
    }

    /// What will be sent, and what to know about it.
    fn words(&self, columns: usize, look: &Look) -> Vec<Line<'static>> {
        let wrapped = |words: &str, style: Style| -> Vec<Line<'static>> {
            let rows = text::words(words, columns, look.charset).into_iter();
            rows.map(|row| Line::styled(row, style)).collect()
        };
        let mut lines = Vec::new();
        if let Some(error) = &self.error {
            lines.extend(wrapped(error, look.theme.warn));
        }
        if let Some(advice) = &self.advice {
            lines.extend(wrapped(advice, look.theme.warn));
        }
        if self.tried && self.form.is_at(PASSWORD) {
            let words = "Typing replaces the password that was tried.";
            lines.extend(wrapped(words, look.theme.dim));
        }
        match self.request().preview() {
            Ok(preview) => {
                let words = "To be sent, in base64 where needed:";
                lines.push(Line::styled(words, look.theme.dim));
                for row in preview {
                    let rows = text::words(&row, columns.saturating_sub(2).max(1), look.charset);
                    lines.extend(rows.into_iter().map(|row| Line::from(format!("  {row}"))));
                }
            }
            Err(_) => lines.extend(wrapped("The lines to be sent appear here.", look.theme.dim)),
        }
        let warning = match self.link {
            Link::Verified => None,
            Link::Clear => Some(
                "The connection is not encrypted: you will be asked before a password is sent.",
            ),
            Link::Unverified => Some(
                "The certificate could not be verified: you will be asked before a password is sent.",
            ),
        };
        lines.extend(
            warning
                .into_iter()
                .flat_map(|words| wrapped(words, look.theme.dim)),
        );
        if let Some(hint) = &self.hint {
            lines.extend(wrapped(hint, look.theme.info));
        }
        lines
    }
}
