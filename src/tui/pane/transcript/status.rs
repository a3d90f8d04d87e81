//! Which part of the transcript is visible, in a few words for the rule.

use ratatui::text::Span;

use super::filter::Filter;
use super::format::OctetFormat;
use super::named_value::NamedValue;
use super::pane::TranscriptPane;
use crate::tui::widget::look::Look;

/// Below this width only the most important part is shown.
const NARROW: usize = 60;

impl TranscriptPane {
    /// What is shown of a live session: whether the newest entries are visible, how many of the oldest
    /// were dropped. An active filter is always named.
    pub fn live_status(&self, columns: usize, look: &Look) -> Span<'static> {
        let dash = look.charset.pick("─", "-");
        let down = look.charset.pick("▼", "v");
        let dropped = match self.transcript().start().0 {
            0 => String::new(),
            dropped => format!(" oldest {dropped} dropped,"),
        };
        let entries = self.transcript().end().0;
        let format = self.format_status();
        if let Some(marked) = self.marked_status(look) {
            return marked;
        }
        let warn = look.theme.warn;
        match (self.unseen(), self.filter_status()) {
            (None, None) => Span::styled(
                format!("{dropped}{format} follow {down} {entries} {dash}{dash}"),
                look.theme.dim,
            ),
            (None, Some(only)) => Span::styled(format!("{format}{only} {down} {dash}{dash}"), warn),
            (Some(new), None) => Span::styled(
                format!("{dropped}{format} paused, {new} new {down} End {dash}{dash}"),
                warn,
            ),
            // A narrow screen has no room for both.
            (Some(_), Some(only)) if columns < NARROW => {
                Span::styled(format!("{only} {dash}{dash}"), warn)
            }
            (Some(new), Some(only)) => Span::styled(
                format!("{format}{only}, paused, {new} new {down} End {dash}{dash}"),
                warn,
            ),
        }
    }

    /// What is shown of a saved session: which line is chosen, or the filter.
    pub fn saved_status(&self, look: &Look) -> Span<'static> {
        let dash = look.charset.pick("─", "-");
        let format = self.format_status();
        if let Some(marked) = self.marked_status(look) {
            return marked;
        }
        match self.filter_status() {
            None => {
                let entries = self.transcript().end().0;
                let chosen = self.chosen().map_or(0, |(id, _)| id.0 + 1);
                let words = format!("{format} line {chosen} of {entries} {dash}{dash}");
                Span::styled(words, look.theme.dim)
            }
            Some(only) => Span::styled(format!("{format}{only} {dash}{dash}"), look.theme.warn),
        }
    }

    fn filter_status(&self) -> Option<String> {
        match self.filter() {
            Filter::All => None,
            filter => {
                let (kept, all) = self.counts();
                Some(format!(" only {}, {kept} of {all}", filter.name()))
            }
        }
    }

    fn format_status(&self) -> String {
        match self.format() {
            OctetFormat::Text => String::new(),
            format => format!(" {},", format.name()),
        }
    }

    /// How many lines are marked, if there is a mark.
    fn marked_status(&self, look: &Look) -> Option<Span<'static>> {
        let dash = look.charset.pick("─", "-");
        let lines = self.marked_lines()?;
        let format = self.format_status();
        let words = format!("{format} {lines} marked, y copies {dash}{dash}");
        Some(Span::styled(words, look.theme.warn))
    }
}
