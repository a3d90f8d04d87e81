//! Octets as they will go: rows of hexadecimal with their text beside it, a secret hidden.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::report::text;
use crate::tui::widget::look::Look;

/// Rows that are shown at the most.
pub(super) const ROWS: usize = 8;

/// Octets in rows: where, in hexadecimal, as text. Those from `secret` on are hidden. Of many rows the
/// last are given, since they change as one types.
pub(super) fn octet_rows(
    octets: &[u8],
    secret: Option<usize>,
    columns: usize,
    look: &Look,
) -> Vec<Line<'static>> {
    // Seven columns for where, four for each octet, one between them.
    let width = match columns {
        ..42 => 6,
        42..70 => 8,
        _ => 16,
    };
    let secret = secret.unwrap_or(octets.len());
    let shown = octets.len().div_ceil(width).saturating_sub(ROWS) * width;
    let row = |(number, chunk): (usize, &[u8])| {
        let start = shown + number * width;
        let open = secret.saturating_sub(start).min(chunk.len());
        let hexadecimal: String = (0..width)
            .map(|at| match chunk.get(at) {
                Some(octet) if at < open => format!("{octet:02x} "),
                Some(_) => "** ".to_owned(),
                None => "   ".to_owned(),
            })
            .collect();
        let mut spans = vec![
            Span::styled(format!("{start:>5}  "), look.theme.dim),
            Span::raw(format!("{hexadecimal} ")),
        ];
        for octet in &chunk[..open] {
            let special = !(b' '..=b'~').contains(octet);
            let glyph = match octet {
                b' '..=b'~' => char::from(*octet).to_string(),
                0x80.. => ".".to_owned(),
                octet => one_column(*octet, look),
            };
            let style = if special {
                look.theme.special
            } else {
                Style::new()
            };
            spans.push(Span::styled(glyph, style));
        }
        spans.push(Span::styled(
            "*".repeat(chunk.len() - open),
            look.theme.special,
        ));
        Line::from(spans)
    };
    octets[shown.min(octets.len())..]
        .chunks(width)
        .enumerate()
        .map(row)
        .collect()
}

/// A control in one column: its picture, or a dot where there are no pictures.
fn one_column(octet: u8, look: &Look) -> String {
    let picture = text::visible(&[octet], look.charset);
    if picture.chars().count() == 1 {
        picture
    } else {
        ".".to_owned()
    }
}
