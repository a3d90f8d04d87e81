//! The rows of an entry: time and mark in the gutter, the text to the right of them, indented in all
//! rows.

use std::time::Instant;

use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use super::format::{OctetFormat, ending_words, folded_words};
use super::needle::Needle;
use super::times::{Times, is_slow};
use crate::record;
use crate::report::text::{self, Glyph};
use crate::smtp::line::Ending;
use crate::smtp::sasl::Annotation;
use crate::smtp::{Class, Code, Entry, EntryKind, Level, Received, SentKind};
use crate::tui::widget::look::Look;

/// The maximum number of octets shown of a line. The rest is counted, and Enter opens the line.
pub(super) const LINE_SHOWN: usize = 4096;
/// Below this width a screen is small: the column of times is narrow.
const SMALL: usize = 60;
/// Below this width a screen is tiny: its lines are cut unless the user wants them wrapped.
pub(super) const TINY: usize = 40;

/// How entries are laid out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rows<'a> {
    pub(super) columns: usize,
    pub(super) wrap: bool,
    pub(super) format: OctetFormat,
    pub(super) times: Times,
    pub(super) needle: Option<&'a Needle>,
    pub(super) look: &'a Look,
}

/// What the rows of an entry depend on besides the entry.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct EntryContext {
    /// Whether its secret is shown.
    pub(super) revealed: bool,
    /// How many entries are folded into it.
    pub(super) folded: Option<u64>,
    /// When the previous line was sent or received.
    pub(super) before: Option<Instant>,
}

/// The gap between a line and the reading of its SASL data.
const GAP: &str = "  ";

type Pieces<'a> = Vec<(Glyph<'a>, Style)>;

impl Rows<'_> {
    /// Width of the gutter left of the text.
    pub(super) fn gutter(&self) -> usize {
        match self.time_width() {
            0 => 5,
            width => width + 6,
        }
    }

    fn time_width(&self) -> usize {
        self.times.width(self.columns < SMALL)
    }

    /// The rows of an entry, at least one. The reading of its SASL data follows the line if there is room;
    /// otherwise it is below the line, and wrapped even if lines are cut.
    pub(super) fn of(&self, entry: &Entry, context: EntryContext) -> Vec<Line<'static>> {
        if self.format == OctetFormat::Hex
            && let Some(lines) = self.hex(entry, context)
        {
            return lines;
        }
        let columns = self.columns.saturating_sub(self.gutter()).max(1);
        let mut pieces = self.pieces(entry, context);
        let annotation = self.annotation(entry);
        let width =
            |pieces: &Pieces<'_>| pieces.iter().map(|(glyph, _)| glyph.width).sum::<usize>();
        if annotation.is_empty() {
            return self.laid_out(&pieces, columns, self.wrap, || self.head(entry, context));
        }
        if width(&pieces) + GAP.len() + width(&annotation) <= columns {
            push_own(&mut pieces, GAP, Style::new());
            pieces.extend(annotation);
            return self.laid_out(&pieces, columns, self.wrap, || self.head(entry, context));
        }
        let mut lines = self.laid_out(&pieces, columns, self.wrap, || self.head(entry, context));
        lines.extend(self.laid_out(&annotation, columns, true, || self.indent()));
        lines
    }

    pub(super) fn indent(&self) -> Vec<Span<'static>> {
        vec![Span::raw(" ".repeat(self.gutter()))]
    }

    /// Pieces in rows of this many columns; `head` comes before the first row.
    fn laid_out(
        &self,
        pieces: &Pieces<'_>,
        columns: usize,
        wrap: bool,
        head: impl Fn() -> Vec<Span<'static>>,
    ) -> Vec<Line<'static>> {
        let glyphs: Vec<Glyph<'_>> = pieces.iter().map(|(glyph, _)| glyph.clone()).collect();
        let cut = !wrap && text::width(&glyphs) > columns;
        let rows = if cut {
            vec![text::first_row(&glyphs, columns.saturating_sub(1)).0]
        } else {
            text::rows(&glyphs, columns)
        };
        let mut lines = Vec::with_capacity(rows.len());
        for (at, row) in rows.into_iter().enumerate() {
            let mut spans = if at == 0 { head() } else { self.indent() };
            spans.extend(merge(&pieces[row]));
            if cut {
                spans.push(Span::styled(
                    self.look.charset.pick("›", ">"),
                    self.look.theme.dim,
                ));
            }
            lines.push(Line::from(spans));
        }
        lines
    }

    /// The row of a line that has not ended yet.
    pub(super) fn partial(&self, shown: &[u8], len: usize) -> Line<'static> {
        let Look { theme, charset } = self.look;
        let time = self.gutter() - 4;
        let more = format!(
            " {} {len} octets, line not complete",
            charset.pick("…", "...")
        );
        let room = self
            .columns
            .saturating_sub(self.gutter() + more.chars().count());
        let glyphs = text::glyphs(shown, *charset);
        let row = text::first_row(&glyphs, room).0;
        let text: String = glyphs[row]
            .iter()
            .map(|glyph| glyph.text.as_ref())
            .collect();
        Line::from(vec![
            Span::raw(" ".repeat(time)),
            Span::styled("<- ", theme.dim),
            Span::raw(format!(" {text}")),
            Span::styled(more, theme.dim),
        ])
    }

    /// The glyphs of an entry with their styles.
    fn pieces<'a>(&self, entry: &'a Entry, context: EntryContext) -> Pieces<'a> {
        let theme = &self.look.theme;
        let mut pieces = Vec::new();
        match &entry.kind {
            EntryKind::Note(note) => {
                let words = note.text.as_bytes();
                self.push(&mut pieces, OctetFormat::Text, words, Style::new());
                self.mark_found(&mut pieces);
            }
            EntryKind::Sent(sent) => {
                let typed = sent.kind != SentKind::Message;
                let style = if typed { theme.sent } else { Style::new() };
                self.push(&mut pieces, self.format, &sent.visible, style);
                self.mark_found(&mut pieces);
                match &sent.secret {
                    Some(secret) if context.revealed && secret.is_known() => {
                        self.push(&mut pieces, self.format, secret.reveal(), theme.special);
                    }
                    Some(secret) => {
                        let words = format!("[hidden: {} octets]", secret.len());
                        push_own(&mut pieces, &words, theme.special);
                    }
                    None => {}
                }
                if self.format == OctetFormat::Escapes {
                    push_own(&mut pieces, ending_words(sent.ending), theme.special);
                    return pieces;
                }
                let ending = match sent.ending {
                    Ending::CrLf => return pieces,
                    Ending::Lf => " [LF]",
                    Ending::Cut | Ending::Cap => " [no CR LF]",
                };
                push_own(&mut pieces, ending, theme.warn);
            }
            EntryKind::Received(received) => {
                self.push_received(&mut pieces, received, context);
                if let Some(words) = self.times.slow(entry) {
                    push_own(&mut pieces, &words, theme.dim);
                }
            }
        }
        pieces
    }

    /// The reading of SASL data in a line, and remarks about it.
    fn annotation<'a>(&self, entry: &'a Entry) -> Pieces<'a> {
        let theme = &self.look.theme;
        let mut pieces = Vec::new();
        let Some(Annotation { decoded, remarks }) = entry.annotation() else {
            return pieces;
        };
        push_own(&mut pieces, "=", theme.dim);
        if !decoded.is_empty() {
            push_own(&mut pieces, " ", theme.dim);
            self.push(
                &mut pieces,
                OctetFormat::Text,
                decoded.as_bytes(),
                theme.dim,
            );
            self.mark_found(&mut pieces);
        }
        for remark in remarks {
            push_own(&mut pieces, " ", Style::new());
            push_own(&mut pieces, "[", theme.warn);
            self.push(
                &mut pieces,
                OctetFormat::Text,
                remark.as_bytes(),
                theme.warn,
            );
            push_own(&mut pieces, "]", theme.warn);
        }
        pieces
    }

    fn push_received<'a>(
        &self,
        pieces: &mut Pieces<'a>,
        received: &'a Received,
        context: EntryContext,
    ) {
        let theme = &self.look.theme;
        let mut style = received
            .code
            .map_or(Style::new(), |code| code_style(code, self.look));
        // The eye finds where a reply begins.
        if received.part.begins() {
            style = style.add_modifier(Modifier::BOLD);
        }
        let code = received.code.map_or(0, |_| 3).min(received.bytes.len());
        self.push(pieces, self.format, &received.bytes[..code], style);
        self.push(pieces, self.format, &received.bytes[code..], Style::new());
        self.mark_found(pieces);
        if self.format == OctetFormat::Escapes {
            push_own(pieces, ending_words(received.ending), theme.special);
        }
        for oddity in received.oddities.iter() {
            push_own(pieces, " ", Style::new());
            push_own(pieces, &format!("[{}]", oddity.as_str()), theme.warn);
        }
        if let Some(lines) = context.folded {
            push_own(pieces, &format!("  {}", folded_words(lines)), theme.dim);
        }
    }

    /// Highlights the matches of the search in the pieces so far.
    fn mark_found(&self, pieces: &mut Pieces<'_>) {
        let Some(needle) = self.needle else { return };
        let text: String = pieces.iter().map(|(glyph, _)| &*glyph.text).collect();
        let mut places = needle.places(&text).into_iter().peekable();
        let mut at = 0;
        for (glyph, style) in pieces {
            while places.next_if(|place| place.end <= at).is_some() {}
            let end = at + glyph.text.len();
            if places.peek().is_some_and(|place| place.start < end) {
                // The chosen line looks the same all over, so a match in it is underlined, too.
                *style = style
                    .patch(self.look.theme.chosen)
                    .add_modifier(Modifier::BOLD | Modifier::UNDERLINED);
            }
            at = end;
        }
    }

    fn push<'a>(
        &self,
        pieces: &mut Pieces<'a>,
        format: OctetFormat,
        bytes: &'a [u8],
        style: Style,
    ) {
        let theme = &self.look.theme;
        let shown = &bytes[..bytes.len().min(LINE_SHOWN)];
        for glyph in format.glyphs(shown, self.look.charset) {
            let style = if glyph.special { theme.special } else { style };
            pieces.push((glyph, style));
        }
        let left = bytes.len() - shown.len();
        if left > 0 {
            push_own(
                pieces,
                &format!(" (+{left} octets, Enter opens the line)"),
                theme.dim,
            );
        }
    }

    /// The gutter of an entry: whether it is slow, its time, its mark.
    pub(super) fn head(&self, entry: &Entry, context: EntryContext) -> Vec<Span<'static>> {
        let theme = &self.look.theme;
        let width = self.time_width();
        let slow = is_slow(entry);
        let (mark, style) = mark(entry, self.look);
        let mut spans = vec![Span::styled(
            if slow { "!" } else { " " },
            if slow { theme.warn } else { Style::new() },
        )];
        if width > 0 {
            let time = self.times.of(entry, context.before, width);
            spans.push(Span::styled(format!("{time:>width$} "), theme.dim));
        }
        spans.extend([Span::styled(mark, style), Span::raw(" ")]);
        spans
    }
}

/// Pushes words of this program, which are ASCII.
fn push_own(pieces: &mut Pieces<'_>, words: &str, style: Style) {
    let own = |c: char| Glyph {
        text: c.to_string().into(),
        width: 1,
        special: false,
    };
    pieces.extend(words.chars().map(|c| (own(c), style)));
}

/// Joins neighbours of the same style into one span.
fn merge(pieces: &[(Glyph<'_>, Style)]) -> Vec<Span<'static>> {
    let mut spans: Vec<Span<'static>> = Vec::new();
    for (glyph, style) in pieces {
        match spans.last_mut() {
            Some(last) if last.style == *style => last.content.to_mut().push_str(&glyph.text),
            _ => spans.push(Span::styled(glyph.text.to_string(), *style)),
        }
    }
    spans
}

/// The mark of an entry, and its style.
pub(super) fn mark(entry: &Entry, look: &Look) -> (&'static str, Style) {
    let theme = &look.theme;
    let style = match &entry.kind {
        EntryKind::Note(note) => match note.level {
            Level::Info => theme.info,
            Level::Fault => theme.warn,
        },
        EntryKind::Sent(sent) if sent.out_of_order => theme.warn,
        EntryKind::Sent(_) => theme.mark_sent,
        EntryKind::Received(received) if !record::is_failure(received) => received
            .code
            .map_or(theme.warn, |code| code_style(code, look)),
        EntryKind::Received(received) => received
            .code
            .filter(|code| code.is_negative())
            .map_or(theme.warn, |code| code_style(code, look)),
    };
    (record::marker(entry), style)
}

fn code_style(code: Code, look: &Look) -> Style {
    match code.class() {
        Class::Success | Class::Intermediate => look.theme.good,
        Class::Transient | Class::Unknown => look.theme.warn,
        Class::Permanent => look.theme.bad,
    }
}
