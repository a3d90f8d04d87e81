//! The transcript and how it is shown. Only visible entries are laid out, so that a million entries
//! cost no more than a hundred.

use std::collections::HashSet;

use ratatui::layout::Rect;

use super::anchor::{Anchor, View};
use super::filter::Kept;
use super::folds::Folds;
use super::format::OctetFormat;
use super::named_value::NamedValue;
use super::needle::Needle;
use super::replies;
use super::rows::{self, EntryContext, Rows};
use super::times::Times;
use crate::smtp::{Awaited, Entry, EntryId, EntryKind, Reply, Transcript};
use crate::tui::widget::canvas::{Canvas, indented, row_of};
use crate::tui::widget::click::Click;
use crate::tui::widget::look::Look;

/// The transcript, and how it is shown.
#[derive(Debug)]
pub struct TranscriptPane {
    pub(super) transcript: Transcript,
    /// The beginning of a line that has not ended yet, and its length so far.
    pub(super) partial: Option<(Vec<u8>, usize)>,
    pub(super) view: View,
    /// The chosen entry, while the user browses.
    pub(super) chosen: Option<EntryId>,
    pub(super) folds: Folds,
    /// Whether long replies to EHLO are folded while the sidebar is visible.
    pub(super) folds_long: bool,
    /// Whether a long reply to EHLO was received.
    pub(super) had_long_ehlo: bool,
    revealed: HashSet<EntryId>,
    pub(super) needle: Option<Needle>,
    pub(super) kept: Kept,
    format: OctetFormat,
    times: Times,
    /// The beginning of the marked range; it ends at the chosen entry.
    pub(super) mark: Option<EntryId>,
    /// Columns and rows of the pane.
    pub(super) size: (usize, usize),
    /// Whether long lines are wrapped; none: unless the screen is tiny.
    wrap: Option<bool>,
}

impl TranscriptPane {
    /// A pane with an empty transcript, which keeps at most `cap` octets. `fold`: long replies to EHLO are
    /// folded while the sidebar is visible.
    pub fn new(cap: usize, wrap: bool, fold: bool) -> Self {
        Self {
            transcript: Transcript::new(cap),
            partial: None,
            view: View::Follow,
            chosen: None,
            folds: Folds::default(),
            folds_long: fold,
            had_long_ehlo: false,
            revealed: HashSet::new(),
            needle: None,
            kept: Kept::default(),
            format: OctetFormat::default(),
            times: Times::default(),
            mark: None,
            size: (80, 20),
            wrap: if wrap { None } else { Some(false) },
        }
    }

    /// The entries.
    pub fn transcript(&self) -> &Transcript {
        &self.transcript
    }

    /// The chosen entry, unless the filter hides it.
    pub fn chosen(&self) -> Option<(EntryId, &Entry)> {
        let id = self.chosen.filter(|id| self.is_kept(*id))?;
        Some((id, self.transcript.entry(id)?))
    }

    /// The complete reply that contains an entry, and what it answers.
    pub fn reply_at(&self, id: EntryId) -> Option<(Reply, Option<Awaited>)> {
        replies::reply_at(&self.transcript, id)
    }

    /// Adds an entry.
    pub fn push(&mut self, entry: Entry) {
        if matches!(entry.kind, EntryKind::Received(_)) {
            self.partial = None;
        }
        let id = self.transcript.push(entry);
        self.kept.push(id, &self.transcript);
        self.fold_newest(id);
        let start = self.transcript.start();
        if let View::From { top, .. } = &mut self.view
            && top.entry < start
        {
            let kept = self.kept.at_or_after(start, &self.transcript);
            *top = Anchor::at(kept.unwrap_or(start));
        }
        if self.chosen.is_some_and(|chosen| chosen < start) {
            self.chosen = self.nearest(start);
        }
        self.mark = self.mark.map(|mark| mark.max(start));
    }

    /// How the octets of lines are shown.
    pub fn format(&self) -> OctetFormat {
        self.format
    }

    /// Sets how the octets of lines are shown.
    pub fn set_format(&mut self, format: OctetFormat) {
        self.format = format;
        self.keep_top();
    }

    /// What the column of times shows.
    pub fn times(&self) -> Times {
        self.times
    }

    /// Sets what the column of times shows.
    pub fn set_times(&mut self, times: Times) {
        self.times = times;
        self.keep_top();
    }

    /// Call this after the heights of entries change: the same entry stays at the top.
    fn keep_top(&mut self) {
        if let View::From { top, .. } = &mut self.view {
            top.row = 0;
        }
    }

    /// The beginning of the marked range.
    pub fn mark(&self) -> Option<EntryId> {
        self.mark
    }

    /// Begins a range at the chosen entry, or removes the mark. `true` if a range has begun.
    pub fn toggle_mark(&mut self) -> bool {
        self.mark = match self.mark {
            Some(_) => None,
            None => self.chosen().map(|(id, _)| id),
        };
        self.mark.is_some()
    }

    /// How many lines are marked, if a range has begun.
    pub fn marked_lines(&self) -> Option<u64> {
        let (first, last) = self.range()?;
        let from = |id| self.kept.count_from(id, &self.transcript);
        Some(from(first) - from(EntryId(last.0 + 1)))
    }

    /// The first and the last entry of the marked range, if one has begun.
    pub fn range(&self) -> Option<(EntryId, EntryId)> {
        let (mark, chosen) = (self.mark?, self.chosen?);
        Some((mark.min(chosen), mark.max(chosen)))
    }

    /// Takes the beginning of a line that has not ended yet, and its length so far.
    pub fn set_partial(&mut self, shown: Vec<u8>, len: usize) {
        self.partial = (len > 0).then_some((shown, len));
    }

    /// Whether a line of the server is not complete yet.
    pub fn has_partial(&self) -> bool {
        self.partial.is_some()
    }

    /// Sets the size of the pane.
    pub fn resize(&mut self, columns: usize, rows: usize) {
        self.size = (columns.max(1), rows.max(1));
    }

    /// Wraps long lines or cuts them. `true` if they are wrapped now.
    pub fn toggle_wrap(&mut self) -> bool {
        let wraps = !self.wraps();
        self.wrap = Some(wraps);
        wraps
    }

    fn wraps(&self) -> bool {
        self.wrap.unwrap_or(self.size.0 >= rows::TINY)
    }

    /// Begins to browse: the last entry is chosen.
    pub fn browse(&mut self) {
        self.chosen = self.last_visible();
    }

    /// Ends browsing.
    pub fn leave(&mut self) {
        self.chosen = None;
        self.mark = None;
    }

    /// Shows or hides the secret of the chosen line. `false` if there is none.
    pub fn reveal(&mut self) -> bool {
        let Some((id, entry)) = self.chosen() else {
            return false;
        };
        if !matches!(&entry.kind, EntryKind::Sent(sent) if sent.secret.is_some()) {
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

    pub(super) fn rows<'a>(&'a self, look: &'a Look) -> Rows<'a> {
        Rows {
            columns: self.size.0,
            wrap: self.wraps(),
            format: self.format,
            times: self.times,
            needle: self.needle.as_ref(),
            look,
        }
    }

    pub(super) fn context(&self, id: EntryId) -> EntryContext {
        EntryContext {
            revealed: self.revealed.contains(&id),
            folded: self.folds.folded_into(id),
            before: self.before(id).map(|entry| entry.at),
        }
    }

    fn before(&self, id: EntryId) -> Option<&Entry> {
        self.transcript.entry(EntryId(id.0.checked_sub(1)?))
    }

    /// Draws the pane.
    pub fn draw(&self, area: Rect, canvas: &mut Canvas<'_>) {
        let look = canvas.look;
        let rows = self.rows(look);
        let top = self.top(look);
        let range = self.range();
        let mut free = area.rows();
        let mut next = self.after_or_at(top.entry);
        if next.is_none() && !self.transcript.is_empty() {
            let words = format!("no lines match the filter: {}", self.filter().name());
            canvas.text(&words, look.theme.dim, indented(row_of(area, 0), 1));
        }
        while let Some(id) = next
            && let Some(entry) = self.transcript.entry(id)
        {
            let skip = if id == top.entry { top.row } else { 0 };
            for row in rows.of(entry, self.context(id)).into_iter().skip(skip) {
                let Some(area) = free.next() else {
                    return;
                };
                let (end, _) = canvas.buffer.set_line(area.x, area.y, &row, area.width);
                canvas.clicks.push(area, Click::Entry(id));
                let width = end.max(area.x + 1) - area.x;
                let drawn = Rect { width, ..area };
                if range.is_some_and(|(first, last)| (first..=last).contains(&id)) {
                    canvas.style(drawn, look.theme.finding);
                }
                if self.chosen == Some(id) {
                    canvas.choose(area);
                }
            }
            next = self.next_visible(id);
        }
        if let Some((shown, len)) = &self.partial
            && let Some(area) = free.next()
        {
            let row = rows.partial(shown, *len);
            canvas.buffer.set_line(area.x, area.y, &row, area.width);
        }
    }
}
