//! The transcript on the screen. Only what fits is ever laid out, so that a million entries cost
//! no more than a hundred.

use std::collections::{BTreeMap, HashSet};

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::smtp::transcript::TRANSCRIPT_CAP;
use crate::smtp::{
    Class, Code, Entry, EntryId, Level, Oddity, Part, Received, Sent, SentKind, Transcript, What,
};
use crate::tui::look::Look;
use crate::tui::text::{self, Glyph};

/// Octets of one line that are laid out here; the rest is told and can be opened.
const LINE_SHOWN: usize = 4096;
/// A reply that took longer than this is marked, in seconds.
const SLOW: f64 = 1.0;
/// Rows of context that are kept around the chosen entry.
const MARGIN: usize = 1;

/// The transcript and how it is looked at.
#[derive(Debug)]
pub struct Pane {
    transcript: Transcript,
    /// The line that is coming, and how long it is so far.
    partial: Option<(Vec<u8>, usize)>,
    view: View,
    /// The entry that is chosen while browsing.
    chosen: Option<EntryId>,
    /// Folded replies: from the first entry to the last.
    folds: BTreeMap<EntryId, EntryId>,
    revealed: HashSet<EntryId>,
    needle: String,
    /// Columns and rows there are to draw on.
    size: (usize, usize),
    wrap: bool,
}

/// Which part of the transcript is on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum View {
    /// The newest entries.
    Follow,
    /// From this row of this entry on; `seen` is where the transcript ended when following stopped.
    From { top: Anchor, seen: EntryId },
}

/// A row: the entry and which of its rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Anchor {
    entry: EntryId,
    row: usize,
}

/// What the columns left of the text are.
struct Gutter {
    time: usize,
    width: usize,
}

impl Gutter {
    fn of(columns: usize) -> Self {
        if columns < 60 {
            Self { time: 5, width: 11 }
        } else {
            Self { time: 7, width: 13 }
        }
    }
}

impl Default for Pane {
    fn default() -> Self {
        Self::new(TRANSCRIPT_CAP, true)
    }
}

impl Pane {
    /// An empty pane whose transcript keeps `cap` octets.
    pub fn new(cap: usize, wrap: bool) -> Self {
        Self {
            transcript: Transcript::new(cap),
            partial: None,
            view: View::Follow,
            chosen: None,
            folds: BTreeMap::new(),
            revealed: HashSet::new(),
            needle: String::new(),
            size: (80, 20),
            wrap,
        }
    }

    /// The entries.
    pub fn transcript(&self) -> &Transcript {
        &self.transcript
    }

    /// The entry that is chosen.
    pub fn chosen(&self) -> Option<(EntryId, &Entry)> {
        let id = self.chosen?;
        Some((id, self.transcript.entry(id)?))
    }

    /// Adds an entry.
    pub fn push(&mut self, entry: Entry) {
        if matches!(entry.what, What::Received(_)) {
            self.partial = None;
        }
        self.transcript.push(entry);
        let start = self.transcript.start();
        if let View::From { top, .. } = &mut self.view
            && top.entry < start
        {
            *top = Anchor {
                entry: start,
                row: 0,
            };
        }
        if self.chosen.is_some_and(|chosen| chosen < start) {
            self.chosen = Some(start);
        }
    }

    /// Takes the line that is coming as it stands.
    pub fn set_partial(&mut self, shown: Vec<u8>, len: usize) {
        self.partial = (len > 0).then_some((shown, len));
    }

    /// Tells how much there is to draw on.
    pub fn resize(&mut self, columns: usize, rows: usize) {
        self.size = (columns.max(1), rows.max(1));
    }

    /// Wraps long lines, or cuts them.
    pub fn toggle_wrap(&mut self) -> bool {
        self.wrap = !self.wrap;
        self.wrap
    }

    /// Whether the newest entries are on the screen; else how many came since they were.
    pub fn unseen(&self) -> Option<u64> {
        match self.view {
            View::Follow => None,
            View::From { seen, .. } => Some(self.transcript.end().0.saturating_sub(seen.0)),
        }
    }

    /// Shows the newest entries, and follows what comes.
    pub fn follow(&mut self) {
        self.view = View::Follow;
        if self.chosen.is_some() {
            self.chosen = self.last_visible();
        }
    }

    /// Shows the oldest entries.
    pub fn oldest(&mut self, look: &Look) {
        let entry = self.transcript.start();
        self.scroll_to(Anchor { entry, row: 0 }, look);
        if self.chosen.is_some() {
            self.chosen = Some(entry);
        }
    }

    /// Scrolls by rows, up when negative.
    pub fn scroll(&mut self, rows: isize, look: &Look) {
        let top = self.step(self.top(look), rows, look);
        self.scroll_to(top, look);
        if let Some(chosen) = self.chosen {
            let (first, last) = self.shown(look);
            self.chosen = Some(chosen.clamp(first, last.max(first)));
        }
    }

    /// Scrolls by pages, up when negative.
    pub fn page(&mut self, pages: isize, look: &Look) {
        let rows = self.size.1.saturating_sub(MARGIN).max(1);
        self.scroll(pages * rows.cast_signed(), look);
    }

    /// Begins to browse: an entry is chosen.
    pub fn browse(&mut self) {
        self.chosen = self.last_visible();
    }

    /// Ends browsing.
    pub fn leave(&mut self) {
        self.chosen = None;
    }

    /// Chooses the next entry, or the one before.
    pub fn choose(&mut self, forward: bool, look: &Look) {
        let Some(chosen) = self.chosen else {
            return self.browse();
        };
        let next = if forward {
            self.next_visible(chosen)
        } else {
            self.previous_visible(chosen)
        };
        if let Some(next) = next {
            self.choose_entry(next, look);
        }
    }

    fn choose_entry(&mut self, id: EntryId, look: &Look) {
        self.chosen = Some(id);
        let (first, last) = self.shown(look);
        if id <= first {
            let above = self.step(Anchor { entry: id, row: 0 }, -MARGIN.cast_signed(), look);
            self.scroll_to(above, look);
        } else if id >= last {
            let rows = self.rows_of(id, look);
            let bottom = Anchor {
                entry: id,
                row: rows.saturating_sub(1),
            };
            let room = self.size.1.saturating_sub(1 + MARGIN);
            let top = self.step(bottom, -room.cast_signed(), look);
            self.scroll_to(top.min(Anchor { entry: id, row: 0 }), look);
        }
    }

    /// Folds or unfolds the reply of the chosen entry, or the last reply of several lines.
    pub fn fold(&mut self) -> bool {
        let several =
            |entry: &Entry| matches!(&entry.what, What::Received(r) if r.part != Part::Only);
        let id = match self.chosen {
            Some(chosen) => Some(chosen),
            None => self
                .transcript
                .iter()
                .rev()
                .find(|(_, entry)| several(entry))
                .map(|(id, _)| id),
        };
        let Some((first, last)) = id.and_then(|id| self.reply_around(id)) else {
            return false;
        };
        if self.folds.remove(&first).is_none() {
            self.folds.insert(first, last);
            if self.chosen.is_some() {
                self.chosen = Some(first);
            }
            if let View::From { top, .. } = &mut self.view
                && (first..=last).contains(&top.entry)
            {
                *top = Anchor {
                    entry: first,
                    row: 0,
                };
            }
        }
        true
    }

    /// Shows the secret of the chosen line, or hides it. `false` where there is none.
    pub fn reveal(&mut self) -> bool {
        let Some((id, entry)) = self.chosen() else {
            return false;
        };
        if !matches!(&entry.what, What::Sent(sent) if sent.secret.is_some()) {
            return false;
        }
        if !self.revealed.remove(&id) {
            self.revealed.insert(id);
        }
        true
    }

    /// Whether the secret of an entry is shown.
    pub fn is_revealed(&self, id: EntryId) -> bool {
        self.revealed.contains(&id)
    }

    /// What is searched for.
    pub fn needle(&self) -> &str {
        &self.needle
    }

    /// Searches for text, from the newest entry upwards; an empty one ends the search. Case does
    /// not count, and what is hidden is not searched.
    pub fn search(&mut self, needle: &str, look: &Look) -> bool {
        self.needle = needle.to_lowercase();
        if self.needle.is_empty() {
            return true;
        }
        self.search_from(self.transcript.end(), false, look)
    }

    /// Chooses the next entry that matches, or the one before.
    pub fn search_on(&mut self, forward: bool, look: &Look) -> bool {
        let from = self.chosen.unwrap_or(self.transcript.end());
        !self.needle.is_empty() && self.search_from(from, forward, look)
    }

    fn search_from(&mut self, from: EntryId, forward: bool, look: &Look) -> bool {
        let matches = |(id, entry): &(EntryId, &Entry)| {
            let plain = self.plain(*id, entry, look).to_lowercase();
            plain.contains(&self.needle)
        };
        let found = if forward {
            self.transcript
                .iter()
                .find(|found| found.0 > from && matches(found))
        } else {
            self.transcript
                .iter()
                .rev()
                .find(|found| found.0 < from && matches(found))
        };
        let Some(id) = found.map(|(id, _)| id) else {
            return false;
        };
        if let Some((&first, &last)) = self.folds.range(..=id).next_back()
            && id <= last
        {
            self.folds.remove(&first);
        }
        self.choose_entry(id, look);
        true
    }

    /// An entry as it is written on the screen, without its gutter.
    fn plain(&self, id: EntryId, entry: &Entry, look: &Look) -> String {
        self.pieces(id, entry, look)
            .into_iter()
            .map(|(glyph, _)| glyph.text.into_owned())
            .collect()
    }

    fn reply_around(&self, id: EntryId) -> Option<(EntryId, EntryId)> {
        let part = |id: EntryId| match &self.transcript.entry(id)?.what {
            What::Received(received) => Some(received.part),
            _ => None,
        };
        let mut first = id;
        while !part(first)?.begins() {
            first = self.before(first, |entry| matches!(entry.what, What::Received(_)))?;
        }
        let mut last = id;
        while !part(last)?.ends() {
            let Some(next) = self.after(last, |entry| matches!(entry.what, What::Received(_)))
            else {
                break;
            };
            if part(next)?.begins() {
                break;
            }
            last = next;
        }
        (first < last).then_some((first, last))
    }

    fn before(&self, id: EntryId, wanted: impl Fn(&Entry) -> bool) -> Option<EntryId> {
        let mut id = id;
        loop {
            id = EntryId(id.0.checked_sub(1)?);
            if wanted(self.transcript.entry(id)?) {
                return Some(id);
            }
        }
    }

    fn after(&self, id: EntryId, wanted: impl Fn(&Entry) -> bool) -> Option<EntryId> {
        let mut id = id;
        loop {
            id = EntryId(id.0 + 1);
            if wanted(self.transcript.entry(id)?) {
                return Some(id);
            }
        }
    }

    /// The fold that hides an entry.
    fn hidden_by(&self, id: EntryId) -> Option<(EntryId, EntryId)> {
        let (&first, &last) = self.folds.range(..id).next_back()?;
        let inside = id <= last && matches!(self.transcript.entry(id)?.what, What::Received(_));
        inside.then_some((first, last))
    }

    fn next_visible(&self, id: EntryId) -> Option<EntryId> {
        self.after_or_at(EntryId(id.0 + 1))
    }

    fn after_or_at(&self, mut id: EntryId) -> Option<EntryId> {
        while self.hidden_by(id).is_some() {
            id = EntryId(id.0 + 1);
        }
        (id < self.transcript.end()).then_some(id)
    }

    fn previous_visible(&self, id: EntryId) -> Option<EntryId> {
        let mut id = EntryId(id.0.checked_sub(1)?);
        while self.hidden_by(id).is_some() {
            id = EntryId(id.0.checked_sub(1)?);
        }
        (id >= self.transcript.start()).then_some(id)
    }

    fn last_visible(&self) -> Option<EntryId> {
        self.previous_visible(self.transcript.end())
    }

    /// The first row on the screen.
    fn top(&self, look: &Look) -> Anchor {
        match self.view {
            View::From { top, .. } => top,
            View::Follow => self.bottom_top(look),
        }
    }

    /// The first row of the last screenful.
    fn bottom_top(&self, look: &Look) -> Anchor {
        let mut room = self
            .size
            .1
            .saturating_sub(usize::from(self.partial.is_some()));
        let mut top = Anchor {
            entry: self.transcript.start(),
            row: 0,
        };
        let mut next = self.last_visible();
        while let Some(entry) = next {
            let rows = self.rows_of(entry, look);
            if rows >= room {
                return Anchor {
                    entry,
                    row: rows - room,
                };
            }
            room -= rows;
            top = Anchor { entry, row: 0 };
            next = self.previous_visible(entry);
        }
        top
    }

    fn scroll_to(&mut self, top: Anchor, look: &Look) {
        let seen = match self.view {
            View::Follow => self.transcript.end(),
            View::From { seen, .. } => seen,
        };
        let at_the_end = top >= self.bottom_top(look);
        self.view = if at_the_end {
            View::Follow
        } else {
            View::From { top, seen }
        };
    }

    /// The row so many rows on, or back; it stops at either end.
    fn step(&self, from: Anchor, rows: isize, look: &Look) -> Anchor {
        let mut at = from;
        let mut left = rows.unsigned_abs();
        while left > 0 {
            if rows < 0 {
                if at.row >= left {
                    return Anchor {
                        row: at.row - left,
                        ..at
                    };
                }
                left -= at.row;
                let Some(entry) = self.previous_visible(at.entry) else {
                    return Anchor { row: 0, ..at };
                };
                left -= 1;
                at = Anchor {
                    entry,
                    row: self.rows_of(entry, look) - 1,
                };
            } else {
                let last = self.rows_of(at.entry, look).saturating_sub(1);
                if at.row + left <= last {
                    return Anchor {
                        row: at.row + left,
                        ..at
                    };
                }
                left -= last.saturating_sub(at.row);
                let Some(entry) = self.next_visible(at.entry) else {
                    return Anchor { row: last, ..at };
                };
                left -= 1;
                at = Anchor { entry, row: 0 };
            }
        }
        at
    }

    /// The first and last entry on the screen that are there in full.
    fn shown(&self, look: &Look) -> (EntryId, EntryId) {
        let top = self.top(look);
        let bottom = self.step(top, self.size.1.saturating_sub(1).cast_signed(), look);
        let first = if top.row == 0 {
            Some(top.entry)
        } else {
            self.next_visible(top.entry)
        };
        let whole = bottom.row + 1 >= self.rows_of(bottom.entry, look);
        let last = if whole {
            Some(bottom.entry)
        } else {
            self.previous_visible(bottom.entry)
        };
        (first.unwrap_or(top.entry), last.unwrap_or(bottom.entry))
    }

    fn rows_of(&self, id: EntryId, look: &Look) -> usize {
        self.transcript
            .entry(id)
            .map_or(0, |entry| self.layout(id, entry, look).len())
    }

    /// Draws the pane.
    pub fn draw(&self, area: Rect, buffer: &mut Buffer, look: &Look) {
        let mut y = area.y;
        let top = self.top(look);
        let mut next = (!self.transcript.is_empty()).then_some(top.entry);
        while let Some(id) = next
            && y < area.bottom()
            && let Some(entry) = self.transcript.entry(id)
        {
            let skip = if id == top.entry { top.row } else { 0 };
            for row in self.layout(id, entry, look).into_iter().skip(skip) {
                if y == area.bottom() {
                    break;
                }
                let end = buffer.set_line(area.x, y, &row, area.width).0;
                self.mark_matches(
                    Rect {
                        y,
                        height: 1,
                        ..area
                    },
                    buffer,
                    look,
                );
                if self.chosen == Some(id) {
                    let row = Rect {
                        x: area.x,
                        y,
                        width: end.max(area.x + 1) - area.x,
                        height: 1,
                    };
                    buffer.set_style(row, look.theme.chosen);
                }
                y += 1;
            }
            next = self.next_visible(id);
        }
        if let Some((shown, len)) = &self.partial
            && y < area.bottom()
        {
            buffer.set_line(area.x, y, &self.partial_row(shown, *len, look), area.width);
        }
    }

    fn mark_matches(&self, row: Rect, buffer: &mut Buffer, look: &Look) {
        if self.needle.is_empty() {
            return;
        }
        let gutter = u16::try_from(Gutter::of(self.size.0).width).unwrap_or(u16::MAX);
        let start = row.x.saturating_add(gutter).min(row.right());
        // One lower-case string a cell, so that an offset in the text leads back to its cell.
        let cells: Vec<(u16, String)> = (start..row.right())
            .map(|x| (x, buffer[(x, row.y)].symbol().to_lowercase()))
            .collect();
        let text: String = cells.iter().map(|(_, symbol)| symbol.as_str()).collect();
        for (at, found) in text.match_indices(&self.needle) {
            let mut offset = 0;
            for (x, symbol) in &cells {
                if (at..at + found.len()).contains(&offset) {
                    buffer[(*x, row.y)].set_style(look.theme.chosen);
                }
                offset += symbol.len();
            }
        }
    }

    fn partial_row(&self, shown: &[u8], len: usize, look: &Look) -> Line<'static> {
        let Gutter { time, width } = Gutter::of(self.size.0);
        let mut spans = vec![
            Span::raw(format!("{:time$}  ", "")),
            Span::styled("<- ", look.theme.dim),
            Span::raw(" "),
        ];
        let more = format!(
            " {} {len} octets, line not ended",
            look.charset.pick("…", "...")
        );
        let room = self.size.0.saturating_sub(width + more.chars().count());
        let glyphs = text::glyphs(shown, look.charset);
        let row = text::rows(&glyphs, room.max(1))
            .first()
            .cloned()
            .unwrap_or_default();
        spans.extend(
            glyphs[row]
                .iter()
                .map(|glyph| Span::raw(glyph.text.to_string())),
        );
        spans.push(Span::styled(more, look.theme.dim));
        Line::from(spans)
    }

    /// The rows of an entry.
    fn layout(&self, id: EntryId, entry: &Entry, look: &Look) -> Vec<Line<'static>> {
        let gutter = Gutter::of(self.size.0);
        let columns = self.size.0.saturating_sub(gutter.width).max(1);
        let pieces = self.pieces(id, entry, look);
        let glyphs: Vec<Glyph<'_>> = pieces.iter().map(|(glyph, _)| glyph.clone()).collect();
        let mut rows = text::rows(&glyphs, columns);
        let cut = !self.wraps() && rows.len() > 1;
        if cut {
            rows = text::rows(&glyphs, columns.saturating_sub(1).max(1));
            rows.truncate(1);
        }
        let mut lines = Vec::with_capacity(rows.len());
        for (at, row) in rows.into_iter().enumerate() {
            let mut spans = if at == 0 {
                head(entry, &gutter, look)
            } else {
                vec![Span::raw(" ".repeat(gutter.width))]
            };
            spans.extend(merge(&pieces[row]));
            if cut {
                spans.push(Span::styled(look.charset.pick("›", ">"), look.theme.dim));
            }
            lines.push(Line::from(spans));
        }
        lines
    }

    /// Small screens cut lines; opening one shows it whole.
    fn wraps(&self) -> bool {
        self.wrap && self.size.0 >= 60
    }

    /// The glyphs of an entry with their styles.
    fn pieces<'a>(&self, id: EntryId, entry: &'a Entry, look: &Look) -> Vec<(Glyph<'a>, Style)> {
        let theme = &look.theme;
        let mut pieces = Vec::new();
        match &entry.what {
            What::Note(note) => {
                push(
                    &mut pieces,
                    note.text.as_bytes(),
                    note_style(note.level, look),
                    look,
                );
            }
            What::Sent(Sent {
                open, secret, kind, ..
            }) => {
                let style = if *kind == SentKind::Message {
                    Style::new()
                } else {
                    theme.sent
                };
                push(&mut pieces, open, style, look);
                if let Some(secret) = secret {
                    if self.revealed.contains(&id) {
                        push(&mut pieces, secret.reveal(), theme.special, look);
                    } else {
                        let words = format!("[hidden: {} octets]", secret.len());
                        push_own(&mut pieces, words, theme.special);
                    }
                }
            }
            What::Received(received) => self.push_received(&mut pieces, id, received, look),
        }
        pieces
    }

    fn push_received<'a>(
        &self,
        pieces: &mut Vec<(Glyph<'a>, Style)>,
        id: EntryId,
        received: &'a Received,
        look: &Look,
    ) {
        let style = received
            .code
            .map_or(Style::new(), |code| code_style(code, look));
        let code = received.code.map_or(0, |_| 3).min(received.bytes.len());
        push(pieces, &received.bytes[..code], style, look);
        push(pieces, &received.bytes[code..], Style::new(), look);
        for oddity in received
            .oddities
            .iter()
            .filter(|&oddity| oddity != Oddity::NoCode || received.part.begins())
        {
            push_own(pieces, " ".to_owned(), Style::new());
            push_own(pieces, format!("[{}]", oddity.words()), look.theme.warn);
        }
        if let Some(&last) = self.folds.get(&id) {
            let lines = last.0 - id.0;
            push_own(
                pieces,
                format!("  (+{lines} lines folded, z unfolds)"),
                look.theme.dim,
            );
        }
    }
}

fn push<'a>(pieces: &mut Vec<(Glyph<'a>, Style)>, bytes: &'a [u8], style: Style, look: &Look) {
    let shown = &bytes[..bytes.len().min(LINE_SHOWN)];
    for glyph in text::glyphs(shown, look.charset) {
        let style = if glyph.special {
            look.theme.special
        } else {
            style
        };
        pieces.push((glyph, style));
    }
    if shown.len() < bytes.len() {
        let words = format!(
            " (+{} octets, Enter opens the line)",
            bytes.len() - shown.len()
        );
        push_own(pieces, words, look.theme.dim);
    }
}

/// Pushes words of our own, which are ASCII.
fn push_own(pieces: &mut Vec<(Glyph<'_>, Style)>, words: String, style: Style) {
    let own = words.chars().map(|c| Glyph {
        text: c.to_string().into(),
        width: 1,
        special: false,
    });
    pieces.extend(own.map(|glyph| (glyph, style)));
}

/// Neighbours of one style become one span.
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

/// The slow mark, the time and the mark of an entry.
fn head(entry: &Entry, gutter: &Gutter, look: &Look) -> Vec<Span<'static>> {
    let took = match &entry.what {
        What::Received(received) => received.took.map(|took| took.as_secs_f64()),
        _ => None,
    };
    let slow = took.is_some_and(|took| took >= SLOW);
    let time = took.map_or_else(String::new, |took| seconds(took, gutter.time));
    let (mark, style) = mark(entry, look);
    vec![
        Span::styled(
            if slow { "!" } else { " " },
            if slow { look.theme.warn } else { Style::new() },
        ),
        Span::styled(
            format!("{time:>width$} ", width = gutter.time),
            look.theme.dim,
        ),
        Span::styled(mark, style),
        Span::raw(" "),
    ]
}

/// Seconds in at most `width` characters.
fn seconds(took: f64, width: usize) -> String {
    let unit = if width >= 6 { "s" } else { "" };
    let decimals = if took < 10.0 {
        3
    } else if took < 100.0 {
        2
    } else {
        usize::from(took < 1000.0)
    };
    format!("{took:.decimals$}{unit}")
}

/// swaks' marks: they stand in tickets already, and tell direction and TLS without a colour.
fn mark(entry: &Entry, look: &Look) -> (&'static str, Style) {
    let theme = &look.theme;
    let pick = |clear, tls| if entry.tls { tls } else { clear };
    match &entry.what {
        What::Note(note) => match note.level {
            Level::Info => ("===", theme.info),
            Level::Fault => ("***", theme.warn),
        },
        What::Sent(sent) if sent.out_of_order => (pick("**>", "*~>"), theme.warn),
        What::Sent(_) => (pick(" ->", " ~>"), theme.mark_sent),
        What::Received(received) => {
            let refused = received.code.is_some_and(Code::is_negative);
            let odd = [
                Oddity::Unasked,
                Oddity::Unexpected,
                Oddity::NoCode,
                Oddity::CodeOutOfRange,
                Oddity::Cut,
            ]
            .into_iter()
            .any(|oddity| received.oddities.contains(oddity));
            let style = received
                .code
                .map_or(theme.warn, |code| code_style(code, look));
            if refused || odd {
                (pick("<**", "<~*"), if refused { style } else { theme.warn })
            } else {
                (pick("<- ", "<~ "), style)
            }
        }
    }
}

fn code_style(code: Code, look: &Look) -> Style {
    match code.class() {
        Class::Success | Class::Intermediate => look.theme.good,
        Class::Transient | Class::Unknown => look.theme.warn,
        Class::Permanent => look.theme.bad,
    }
}

fn note_style(level: Level, look: &Look) -> Style {
    match level {
        Level::Info => look.theme.info,
        Level::Fault => Style::new(),
    }
}
