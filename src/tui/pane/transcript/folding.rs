//! Folding a reply, by hand or because the sidebar shows what is in it.

use super::anchor::{Anchor, View};
use super::folds;
use super::pane::TranscriptPane;
use super::replies;
use crate::smtp::{Code, EntryId, EntryKind, Verb};

/// A reply to EHLO with more lines than this is long.
const LONG: u64 = 4;

impl TranscriptPane {
    /// Folds or unfolds the reply of the chosen entry, or the last reply with several lines. `false` if
    /// there is none.
    pub fn fold(&mut self) -> bool {
        let id = self
            .chosen
            .or_else(|| folds::last_long_reply(&self.transcript));
        let Some(reply) = id.and_then(|id| folds::reply_around(&self.transcript, id)) else {
            return false;
        };
        if self.folds.toggle(reply) {
            self.leave_hidden(reply);
        }
        true
    }

    /// Unfolds the chosen entry. `false` if nothing is folded into it.
    pub fn unfold_chosen(&mut self) -> bool {
        let folded = self
            .chosen
            .filter(|id| self.folds.folded_into(*id).is_some());
        if let Some(id) = folded {
            self.folds.open(id);
        }
        folded.is_some()
    }

    /// Sets whether the sidebar is visible: while it is, long replies to EHLO are folded, since their
    /// lines are there.
    pub fn set_sidebar(&mut self, visible: bool) {
        if !self.folds.fold_long(visible && self.folds_long) {
            return;
        }
        let chosen = self
            .chosen
            .filter(|id| self.folds.hide(*id, &self.transcript));
        if let Some(reply) = chosen.and_then(|id| folds::reply_around(&self.transcript, id)) {
            self.leave_hidden(reply);
        }
    }

    /// Folds the reply that ends with the newest entry if it is a long reply to EHLO. The first one
    /// stays open: who has never seen one sees what it looks like.
    pub(super) fn fold_newest(&mut self, id: EntryId) {
        self.folds.forget_before(self.transcript.start());
        let ends = match self.transcript.entry(id).map(|entry| &entry.kind) {
            Some(EntryKind::Received(received)) => received.part.ends(),
            _ => false,
        };
        let reply = ends
            .then(|| folds::reply_around(&self.transcript, id))
            .flatten();
        let Some(reply) = reply.filter(|reply| self.is_long_ehlo(*reply)) else {
            return;
        };
        if std::mem::replace(&mut self.had_long_ehlo, true) {
            self.folds.add_long(reply);
            if self.folds.hide(id, &self.transcript) {
                self.leave_hidden(reply);
            }
        }
    }

    /// Whether a reply has many lines, accepts an EHLO, and has nothing unusual.
    fn is_long_ehlo(&self, (first, last): (EntryId, EntryId)) -> bool {
        let verb = replies::answered_verb(&self.transcript, first);
        let is_usual = |id: u64| match self.transcript.entry(EntryId(id)).map(|entry| &entry.kind) {
            Some(EntryKind::Received(received)) => {
                received.code == Some(Code::new(250)) && received.oddities.iter().next().is_none()
            }
            _ => true,
        };
        last.0 - first.0 >= LONG
            && matches!(verb, Some(Verb::Ehlo | Verb::Lhlo))
            && (first.0..=last.0).all(is_usual)
    }

    /// The view and the chosen entry leave the entries that a fold now hides.
    fn leave_hidden(&mut self, (first, last): (EntryId, EntryId)) {
        let hidden = EntryId(first.0 + 1)..=last;
        if self.chosen.is_some_and(|chosen| hidden.contains(&chosen)) {
            self.chosen = Some(first);
        }
        if let View::From { top, .. } = &mut self.view
            && (first..=last).contains(&top.entry)
        {
            *top = Anchor::at(first);
        }
    }
}
