//! How base64 looks: the two texts, what they hold, what is odd, what can be done.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::{Base64, Field};
use crate::report::text;
use crate::smtp::base64::{self, ContentIssue};
use crate::tui::widget::field;
use crate::tui::widget::frame::{draw_row, frame};
use crate::tui::widget::look::Look;

/// Columns of the labels.
const LABEL: usize = 8;
/// From how many columns on there is room for words.
const WIDE: usize = 60;
/// Octets of which hex is shown.
const HEX_SHOWN: usize = 64;

impl Base64 {
    pub(in crate::tui::popup) fn draw(
        &self,
        screen: Rect,
        buffer: &mut Buffer,
        look: &Look,
    ) -> Option<Position> {
        let columns = usize::from(screen.width.saturating_sub(2)).clamp(1, 74);
        let mut body = self.body(columns, look);
        body.extend(self.actions(columns, look));
        let title = match (self.revealed, columns < WIDE) {
            (true, false) => "base64, revealed: Tab moves, Enter inserts, Esc closes",
            (false, false) => "base64, masked: Tab moves, Enter inserts, Esc closes",
            (true, true) => "base64, revealed",
            (false, true) => "base64, masked",
        };
        let inner = frame(screen, (columns, body.len() + 2), title, buffer, look);
        let row = |at: u16| Rect {
            y: inner.y.saturating_add(at),
            height: 1,
            ..inner
        };
        let hidden = (!self.revealed).then_some(0);
        let mut cursor = None;
        let fields = [
            (Field::Text, "TEXT    ", &self.text),
            (Field::Coded, "BASE64  ", &self.coded),
        ];
        for ((field, label, editor), at) in fields.into_iter().zip(0..inner.height) {
            let position = field::draw(editor, label, hidden, row(at), buffer, look);
            if self.field == field {
                cursor = Some(position);
            }
        }
        let below = inner.y.saturating_add(2)..inner.bottom();
        for (line, y) in body.iter().zip(below) {
            draw_row(buffer, Position { x: inner.x, y }, line, inner.width, look);
        }
        cursor
    }

    /// The rows that follow from the octets.
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

    /// The octets as hex above their characters.
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

    /// A text as it may be shown now.
    fn shown(&self, octets: &[u8], look: &Look) -> String {
        if self.revealed {
            return text::visible(octets, look.charset);
        }
        let length = String::from_utf8_lossy(octets).chars().count();
        look.charset.pick("•", "*").repeat(length)
    }

    /// What is good, what is odd and what is as well to know, in words behind their marks.
    fn badges(&self, columns: usize) -> Vec<(&'static str, String)> {
        let octets = self.octets.reveal();
        let mut badges: Vec<(&'static str, String)> = self
            .oddities
            .iter()
            .map(|words| ("!!", words.clone()))
            .collect();
        let findings = base64::content_issues(octets);
        badges.extend(findings.iter().map(|finding| {
            let remedy = match finding {
                ContentIssue::TrailingNewline => "; [s] strips it",
                ContentIssue::EscapedNul => "; [n] makes it one",
                ContentIssue::DoubleEncoded => "; [d] decodes once more",
                ContentIssue::NotUtf8 => "",
            };
            ("!!", format!("{}{remedy}", finding.as_str()))
        }));
        if self.escapes && self.text.text().contains('\\') {
            let words = "\\0 \\r \\n \\t \\xHH \\\\ are read as octets; [e] takes each \\ as it is";
            badges.push(("i ", words.to_owned()));
        }
        let nuls = octets.iter().filter(|&&octet| octet == 0).count();
        let found = |finding: ContentIssue| findings.contains(&finding);
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
        // A small screen needs the row for what can be done.
        if columns >= WIDE {
            let (octets, coded) = (octets.len(), coded.len());
            badges.push((
                "i ",
                format!("{octets} octets, {coded} characters of base64"),
            ));
        }
        // Its first letter tells of a secret.
        if self.revealed && coded.starts_with(['Q', 'R']) {
            let words = "openssl s_client never sends a line that begins with Q or R";
            badges.push(("i ", words.to_owned()));
        }
        badges
    }

    /// What can be done, in as many rows as it takes.
    fn actions(&self, columns: usize, look: &Look) -> Vec<Line<'static>> {
        let here = self.field == Field::Actions;
        let style = if here {
            look.theme.chosen
        } else {
            Style::new()
        };
        let mut rows = vec![vec![Span::styled(
            if here { "press  " } else { "Tab to " },
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
