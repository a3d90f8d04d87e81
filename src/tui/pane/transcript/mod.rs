//! The transcript on the screen. Only what fits is ever laid out, so that a million entries cost
//! no more than a hundred.

mod folds;
mod replies;
mod rows;
mod scroll;

use std::collections::HashSet;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use self::folds::Folds;
use self::rows::{Context, Rows};
use self::scroll::{Anchor, View};
use crate::smtp::{Asked, Entry, EntryId, Reply, Transcript, What};
use crate::tui::look::Look;
use crate::tui::text;

/// The transcript and how it is looked at.
#[derive(Debug)]
pub struct Pane {
    transcript: Transcript,
    /// The line that is coming, and how long it is so far.
    partial: Option<(Vec<u8>, usize)>,
    view: View,
    /// The entry that is chosen while browsing.
    chosen: Option<EntryId>,
    folds: Folds,
    revealed: HashSet<EntryId>,
    needle: String,
    /// Columns and rows there are to draw on.
    size: (usize, usize),
    /// Whether long lines are wrapped; where nobody said, as there is room.
    wrap: Option<bool>,
}

impl Pane {
    /// An empty pane whose transcript keeps `cap` octets.
    pub fn new(cap: usize, wrap: bool) -> Self {
        Self {
            transcript: Transcript::new(cap),
            partial: None,
            view: View::Follow,
            chosen: None,
            folds: Folds::default(),
            revealed: HashSet::new(),
            needle: String::new(),
            size: (80, 20),
            wrap: if wrap { None } else { Some(false) },
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

    /// The complete reply around an entry, and what it answers.
    pub fn reply_at(&self, id: EntryId) -> Option<(Reply, Option<Asked>)> {
        replies::reply_at(&self.transcript, id)
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
            *top = Anchor::at(start);
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
        let wraps = !self.wraps();
        self.wrap = Some(wraps);
        wraps
    }

    fn wraps(&self) -> bool {
        self.wrap.unwrap_or(self.size.0 >= rows::SMALL)
    }

    /// Begins to browse: an entry is chosen.
    pub fn browse(&mut self) {
        self.chosen = self.last_visible();
    }

    /// Ends browsing.
    pub fn leave(&mut self) {
        self.chosen = None;
    }

    /// Folds or unfolds the reply of the chosen entry, or the last reply of several lines. `false`
    /// where there is none.
    pub fn fold(&mut self) -> bool {
        let id = self
            .chosen
            .or_else(|| folds::last_long_reply(&self.transcript));
        let Some(reply) = id.and_then(|id| folds::reply_around(&self.transcript, id)) else {
            return false;
        };
        if self.folds.toggle(reply) {
            let (first, last) = reply;
            self.chosen = self.chosen.map(|_| first);
            if let View::From { top, .. } = &mut self.view
                && (first..=last).contains(&top.entry)
            {
                *top = Anchor::at(first);
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
        let matches = |(_, entry): &(EntryId, &Entry)| searched(entry, look).contains(&self.needle);
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
        self.folds.open(id);
        self.choose_entry(id, look);
        true
    }

    fn rows<'a>(&self, look: &'a Look) -> Rows<'a> {
        Rows {
            columns: self.size.0,
            wrap: self.wraps(),
            look,
        }
    }

    fn context(&self, id: EntryId) -> Context {
        Context {
            revealed: self.revealed.contains(&id),
            folded: self.folds.behind(id),
        }
    }

    /// Draws the pane.
    pub fn draw(&self, area: Rect, buffer: &mut Buffer, look: &Look) {
        let rows = self.rows(look);
        let mut y = area.y;
        let top = self.top(look);
        let mut next = (!self.transcript.is_empty()).then_some(top.entry);
        while let Some(id) = next
            && y < area.bottom()
            && let Some(entry) = self.transcript.entry(id)
        {
            let skip = if id == top.entry { top.row } else { 0 };
            for row in rows.of(entry, self.context(id)).into_iter().skip(skip) {
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
            buffer.set_line(area.x, y, &rows.partial(shown, *len), area.width);
        }
    }

    fn mark_matches(&self, row: Rect, buffer: &mut Buffer, look: &Look) {
        if self.needle.is_empty() {
            return;
        }
        let gutter = u16::try_from(self.rows(look).gutter()).unwrap_or(u16::MAX);
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
}

/// What of an entry a search looks at, in lower case: nothing that is hidden.
fn searched(entry: &Entry, look: &Look) -> String {
    let bytes = match &entry.what {
        What::Note(note) => note.text.as_bytes(),
        What::Sent(sent) => &sent.open,
        What::Received(received) => &received.bytes,
    };
    let plain = bytes.iter().all(|byte| (b' '..=b'~').contains(byte));
    let shown = if plain {
        String::from_utf8_lossy(bytes).into_owned()
    } else {
        text::visible(bytes, look.charset)
    };
    shown.to_lowercase()
}
