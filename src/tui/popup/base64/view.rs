//! Draws the base64 popup: the two fields, what they contain, anything unusual, and the actions.

use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::{Base64, ENCODED, TEXT};
use crate::report::text;
use crate::smtp::base64::{self, ContentIssue};
use crate::tui::widget::canvas::{Canvas, below, inner_columns, top};
use crate::tui::widget::look::Look;

/// Width of the label column.
const LABEL: usize = 8;
/// From this width on there is room for explanations.
const WIDE: usize = 60;
/// The maximum number of octets shown in hex.
const HEX_SHOWN: usize = 64;

impl Base64 {
    pub(in crate::tui::popup) fn draw(
        &mut self,
        screen: Rect,
        canvas: &mut Canvas<'_>,
    ) -> Option<Position> {
        let columns = inner_columns(screen);
        let mut body = self.body(columns, canvas.look);
        body.extend(self.actions(columns, canvas.look));
        let title = if self.revealed {
            "Base64, revealed"
        } else {
            "Base64, masked"
        };
        let fields = self.form.len();
        let inner = canvas.frame(screen, (columns, body.len() + fields), title);
        for at in [TEXT, ENCODED] {
            if let Some(field) = self.form.field_mut(at) {
                field.set_hidden(!self.revealed);
            }
        }
        canvas.rows(&body, below(inner, fields));
        self.form.draw(top(inner, fields), canvas)
    }

    /// The rows below the fields.
    fn body(&self, columns: usize, look: &Look) -> Vec<Line<'static>> {
        let octets = self.octets.reveal();
        let masked = |octets: &[u8]| self.shown(octets, look);
        let open = |octets: &[u8]| text::visible(octets, look.charset);
        let mut lines = Vec::new();
        let row = |label: &str, words: String| {
            Line::from(vec![
                Span::styled(format!("{label:<LABEL$}"), look.theme.key),
                Span::raw(words),
            ])
        };
        let parts: Vec<&[u8]> = octets.split(|&octet| octet == 0).collect();
        if let [authzid, user, password] = parts[..] {
            let authzid = if authzid.is_empty() {
                "(empty)".to_owned()
            } else {
                open(authzid)
            };
            let words = format!(
                "authzid {authzid}   user {}   password {}",
                open(user),
                masked(password)
            );
            lines.push(row("PLAIN", words));
            let words = format!(
                "user {}   password {}",
                base64::encode(user),
                masked(base64::encode(password).as_bytes())
            );
            lines.push(row("LOGIN", words));
        }
        lines.extend(self.hex(columns, look));
        for (mark, words) in self.badges(columns) {
            let style = match mark {
                "ok" => look.theme.good,
                "!!" => look.theme.warn,
                _ => look.theme.info,
            };
            lines.push(Line::from(vec![
                Span::styled(mark, style),
                Span::raw(format!(
                    " {}",
                    text::visible(words.as_bytes(), look.charset)
                )),
            ]));
        }
        lines
    }

    /// The octets in hex.
    fn hex(&self, columns: usize, look: &Look) -> Vec<Line<'static>> {
        let octets = self.octets.reveal();
        let a_row = (columns.saturating_sub(LABEL) / 3).clamp(1, 16);
        let mut lines = Vec::new();
        for (at, chunk) in octets.chunks(a_row).take(HEX_SHOWN / a_row).enumerate() {
            let hex: Vec<String> = chunk
                .iter()
                .map(|octet| {
                    if self.revealed {
                        format!("{octet:02x}")
                    } else {
                        look.charset.pick("••", "**").to_owned()
                    }
                })
                .collect();
            let label = if at == 0 { "HEX" } else { "" };
            lines.push(Line::from(vec![
                Span::styled(format!("{label:<LABEL$}"), look.theme.key),
                Span::raw(hex.join(" ")),
            ]));
        }
        lines
    }

    /// The text of octets, masked unless it is revealed.
    fn shown(&self, octets: &[u8], look: &Look) -> String {
        if self.revealed {
            return text::visible(octets, look.charset);
        }
        let length = String::from_utf8_lossy(octets).chars().count();
        look.charset.pick("•", "*").repeat(length)
    }

    /// What is right, what is unusual and what else is worth knowing, each with its mark.
    fn badges(&self, columns: usize) -> Vec<(&'static str, String)> {
        let octets = self.octets.reveal();
        let mut badges: Vec<(&'static str, String)> = self
            .issues
            .iter()
            .map(|words| ("!!", words.clone()))
            .collect();
        let issues = base64::content_issues(octets);
        badges.extend(issues.iter().map(|issue| {
            let remedy = match issue {
                ContentIssue::TrailingNewline => "; [s] removes it",
                ContentIssue::EscapedNul => "; [n] replaces it with NUL",
                ContentIssue::DoubleEncoded => "; [d] decodes it again",
                ContentIssue::NotUtf8 => "",
            };
            ("!!", format!("{}{remedy}", issue.as_str()))
        }));
        if self.escapes && self.form.value(TEXT).contains('\\') {
            let words = "\\0 \\r \\n \\t \\xHH \\\\ are escapes; [e] turns escapes off";
            badges.push(("i ", words.to_owned()));
        }
        let nuls = octets.iter().filter(|&&octet| octet == 0).count();
        let found = |issue: ContentIssue| issues.contains(&issue);
        let mut good = Vec::new();
        if !found(ContentIssue::TrailingNewline) {
            good.push("no newline at the end".to_owned());
        }
        match nuls {
            0 => {}
            2 => good.push("2 NUL, as PLAIN needs".to_owned()),
            other => badges.push(("!!", format!("{other} NUL: PLAIN needs 2"))),
        }
        if !found(ContentIssue::NotUtf8) {
            good.push("UTF-8".to_owned());
        }
        if !good.is_empty() {
            badges.push(("ok", good.join("   ")));
        }
        let coded = base64::encode(octets);
        // A small screen needs the row for the actions.
        if columns >= WIDE {
            let (octets, coded) = (octets.len(), coded.len());
            badges.push((
                "i ",
                format!("{octets} octets, {coded} characters of base64"),
            ));
        }
        // The first letter would give away a part of a secret.
        if self.revealed && coded.starts_with(['Q', 'R']) {
            let words = "openssl s_client does not send a line that begins with Q or R";
            badges.push(("i ", words.to_owned()));
        }
        badges
    }

    /// The actions with their letters.
    fn actions(&self, columns: usize, look: &Look) -> Vec<Line<'static>> {
        let focused = self.form.focus().is_none();
        let style = if focused {
            look.theme.chosen
        } else {
            Style::new()
        };
        let mut rows = vec![vec![Span::styled(
            if focused { "press  " } else { "Tab to " },
            look.theme.dim,
        )]];
        let mut taken = 7;
        let actions = [
            ("[i]", "insert"),
            ("[y]", "copy"),
            ("[r]", if self.revealed { "hide" } else { "reveal" }),
            (
                "[e]",
                if self.escapes {
                    "escapes: on"
                } else {
                    "escapes: off"
                },
            ),
        ];
        for (key, words) in actions {
            let wanted = key.len() + words.len() + 3;
            if taken + wanted > columns {
                rows.push(Vec::new());
                taken = 0;
            }
            taken += wanted;
            if let Some(row) = rows.last_mut() {
                row.push(Span::styled(key, look.theme.key.patch(style)));
                row.push(Span::styled(format!(" {words}"), style));
                row.push(Span::raw("  "));
            }
        }
        rows.into_iter().map(Line::from).collect()
    }
}
