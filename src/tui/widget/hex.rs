//! Octets before they are sent, as a hex dump with the text beside it. Secrets are hidden.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::look::Look;
use crate::report::text;

/// The maximum number of rows of a dump.
pub const HEX_ROWS: usize = 8;

/// The rows of a hex dump: offset, hex, text. Octets from `secret` on are hidden. Only the
/// last rows of a longer dump are returned, because they change as the user types.
pub fn hex_rows(
    octets: &[u8],
    secret: Option<usize>,
    columns: usize,
    look: &Look,
) -> Vec<Line<'static>> {
    // Seven columns for the offset, four for each octet, one between hex and text.
    let width = match columns {
        ..42 => 6,
        42..70 => 8,
        _ => 16,
    };
    let secret = secret.unwrap_or(octets.len());
    let skipped = octets.len().div_ceil(width).saturating_sub(HEX_ROWS) * width;
    let row = |(number, chunk): (usize, &[u8])| {
        let start = skipped + number * width;
        let open = secret.saturating_sub(start).min(chunk.len());
        let hex: String = (0..width)
            .map(|at| match chunk.get(at) {
                Some(octet) if at < open => format!("{octet:02x} "),
                Some(_) => "** ".to_owned(),
                None => "   ".to_owned(),
            })
            .collect();
        let mut spans = vec![
            Span::styled(format!("{start:>5}  "), look.theme.dim),
            Span::raw(format!("{hex} ")),
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
        let hidden = "*".repeat(chunk.len() - open);
        spans.push(Span::styled(hidden, look.theme.special));
        Line::from(spans)
    };
    octets[skipped.min(octets.len())..]
        .chunks(width)
        .enumerate()
        .map(row)
        .collect()
}

/// A control character in one column: its picture, or a dot if the character set has no pictures.
fn one_column(octet: u8, look: &Look) -> String {
    let picture = text::visible(&[octet], look.charset);
    if picture.chars().count() == 1 {
        picture
    } else {
        ".".to_owned()
    }
}
