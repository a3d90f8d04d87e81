//! The transcript on the screen. Only what fits is ever laid out, so that a million entries cost
//! no more than a hundred.

mod copy;
mod cycle;
mod filter;
mod folds;
mod form;
mod needle;
mod replies;
mod rows;
mod scroll;
mod search;
mod times;

use std::collections::HashSet;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

pub use self::copy::TooMuch;
pub use self::cycle::Cycle;
pub use self::filter::Filter;
pub use self::form::Form;
pub use self::needle::Needle;
pub use self::times::{Clock, Times};

use self::filter::Kept;
use self::folds::Folds;
use self::rows::{Context, Rows};
use self::scroll::{Anchor, View};
use crate::smtp::{Awaited, Entry, EntryId, EntryKind, Reply, Transcript};
use crate::tui::widget::look::Look;

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
    needle: Option<Needle>,
    kept: Kept,
    form: Form,
    times: Times,
    /// Where a range to copy begins; it ends at the chosen entry.
    mark: Option<EntryId>,
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
            needle: None,
            kept: Kept::default(),
            form: Form::default(),
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

    /// The entry that is chosen, unless the filter hides it.
    pub fn chosen(&self) -> Option<(EntryId, &Entry)> {
        let id = self.chosen.filter(|id| self.is_kept(*id))?;
        Some((id, self.transcript.entry(id)?))
    }

    /// The complete reply around an entry, and what it answers.
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
    pub fn form(&self) -> Form {
        self.form
    }

    /// Shows the octets of lines so.
    pub fn set_form(&mut self, form: Form) {
        self.form = form;
        self.stay();
    }

    /// What the column of times shows.
    pub fn times(&self) -> Times {
        self.times
    }

    /// Shows these times.
    pub fn set_times(&mut self, times: Times) {
        self.times = times;
        self.stay();
    }

    /// Rows have other heights now: the same entry stays on top.
    fn stay(&mut self) {
        if let View::From { top, .. } = &mut self.view {
            top.row = 0;
        }
    }

    /// Where the range to copy begins.
    pub fn mark(&self) -> Option<EntryId> {
        self.mark
    }

    /// Begins a range at the chosen entry, or gives it up. `true` when it has begun.
    pub fn toggle_mark(&mut self) -> bool {
        self.mark = match self.mark {
            Some(_) => None,
            None => self.chosen().map(|(id, _)| id),
        };
        self.mark.is_some()
    }

    /// How many lines the range has, if one has begun.
    pub fn marked_lines(&self) -> Option<u64> {
        let (first, last) = self.range()?;
        let from = |id| self.kept.count_from(id, &self.transcript);
        Some(from(first) - from(EntryId(last.0 + 1)))
    }

    /// The first and last entry of the range, if one has begun.
    pub fn range(&self) -> Option<(EntryId, EntryId)> {
        let (mark, chosen) = (self.mark?, self.chosen?);
        Some((mark.min(chosen), mark.max(chosen)))
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
        self.mark = None;
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

    fn rows<'a>(&'a self, look: &'a Look) -> Rows<'a> {
        Rows {
            columns: self.size.0,
            wrap: self.wraps(),
            form: self.form,
            times: self.times,
            needle: self.needle.as_ref(),
            look,
        }
    }

    fn context(&self, id: EntryId) -> Context {
        Context {
            revealed: self.revealed.contains(&id),
            folded: self.folds.behind(id),
            before: self.before(id).map(|entry| entry.at),
        }
    }

    fn before(&self, id: EntryId) -> Option<&Entry> {
        self.transcript.entry(EntryId(id.0.checked_sub(1)?))
    }

    /// Draws the pane.
    pub fn draw(&self, area: Rect, buffer: &mut Buffer, look: &Look) {
        let rows = self.rows(look);
        let mut y = area.y;
        let top = self.top(look);
        let range = self.range();
        let mut next = self.after_or_at(top.entry);
        if next.is_none() && !self.transcript.is_empty() {
            let words = format!(
                "none of the lines is of this kind: {}",
                self.filter().name()
            );
            buffer.set_stringn(area.x + 1, y, words, width_of(area), look.theme.dim);
        }
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
                let row = Rect {
                    x: area.x,
                    y,
                    width: end.max(area.x + 1) - area.x,
                    height: 1,
                };
                if range.is_some_and(|(first, last)| (first..=last).contains(&id)) {
                    buffer.set_style(row, look.theme.finding);
                }
                if self.chosen == Some(id) {
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
}

fn width_of(area: Rect) -> usize {
    usize::from(area.width.saturating_sub(1))
}
