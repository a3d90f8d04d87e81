//! The hex dump of an entry.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::format::folded_words;
use super::rows::{EntryContext, LINE_SHOWN, Rows};
use crate::smtp::{Entry, EntryKind};

/// From this width of the pane on, a row has sixteen octets.
const WIDE: usize = 100;

/// An octet of a dump; none if it is hidden.
type Cell = Option<u8>;

impl Rows<'_> {
    /// The hex dump of an entry with its line ending. None for a note, which was never on the wire.
    pub(super) fn hex(&self, entry: &Entry, context: EntryContext) -> Option<Vec<Line<'static>>> {
        let theme = &self.look.theme;
        let octets = |bytes: &[u8]| bytes.iter().copied().map(Some).collect::<Vec<Cell>>();
        let mut cells = match &entry.kind {
            EntryKind::Note(_) => return None,
            EntryKind::Received(received) => octets(&received.bytes),
            EntryKind::Sent(sent) => {
                let mut cells = octets(&sent.visible);
                match &sent.secret {
                    Some(secret) if context.revealed => cells.extend(octets(secret.reveal())),
                    Some(secret) => cells.extend(std::iter::repeat_n(None, secret.len())),
                    None => {}
                }
                cells
            }
        };
        let left = cells.len().saturating_sub(LINE_SHOWN);
        cells.truncate(LINE_SHOWN);
        match &entry.kind {
            _ if left > 0 => {}
            EntryKind::Received(received) => cells.extend(octets(received.ending.octets())),
            EntryKind::Sent(sent) => cells.extend(octets(sent.ending.octets())),
            EntryKind::Note(_) => {}
        }
        let more = (left > 0).then(|| format!("(+{left} octets, Enter opens the line)"));
        let folded = context.folded.map(folded_words);
        let below = more.into_iter().chain(folded);
        let count = self.octets_in_a_row();
        let mut lines = Vec::new();
        let mut chunks = cells.chunks(count).enumerate();
        let mut next = chunks.next().or(Some((0, &[])));
        while let Some((at, row)) = next {
            let mut spans = if at == 0 {
                self.head(entry, context)
            } else {
                self.indent()
            };
            spans.push(Span::styled(format!("{:04x}  ", at * count), theme.dim));
            spans.extend(self.row_of_hex(row, count));
            lines.push(Line::from(spans));
            next = chunks.next();
        }
        for words in below {
            let mut spans = self.indent();
            spans.push(Span::styled(words, theme.dim));
            lines.push(Line::from(spans));
        }
        Some(lines)
    }

    fn octets_in_a_row(&self) -> usize {
        // The offset and its gap, three columns for each octet, a gap, and the text.
        let fits = |count: usize| self.gutter() + 6 + 4 * count < self.columns;
        match self.columns {
            WIDE.. => 16,
            _ if fits(8) => 8,
            _ => 4,
        }
    }

    fn row_of_hex(&self, row: &[Cell], count: usize) -> [Span<'static>; 2] {
        let hidden = self.look.charset.pick("••", "**");
        let mut hex = String::new();
        let mut shown = String::new();
        for cell in row {
            match cell {
                Some(octet) => hex.push_str(&format!("{octet:02x} ")),
                None => hex.push_str(&format!("{hidden} ")),
            }
            shown.push(match cell {
                Some(octet @ b' '..=b'~') => char::from(*octet),
                Some(_) => '.',
                None => self.look.charset.pick('•', '*'),
            });
        }
        let gap = " ".repeat((count - row.len()) * 3 + 1);
        let masked = row.contains(&None);
        let style = if masked {
            self.look.theme.special
        } else {
            Style::new()
        };
        [Span::styled(hex + &gap, style), Span::styled(shown, style)]
    }
}
