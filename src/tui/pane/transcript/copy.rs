//! Text of the transcript to be copied. It is harmless and never contains a secret.

use super::folds;
use super::pane::TranscriptPane;
use super::rows::mark;
use crate::report::text::{self, Charset};
use crate::smtp::{Entry, EntryId, EntryKind};
use crate::tui::assist::base64_word;
use crate::tui::widget::look::Look;

/// The text is longer than its cap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMuch;

impl TranscriptPane {
    /// A line without its mark.
    pub fn line_text(&self, id: EntryId) -> Option<String> {
        let entry = self.transcript.entry(id)?;
        Some(shown(entry, Charset::Utf8))
    }

    /// The marked lines that the filter keeps.
    ///
    /// # Errors
    /// If the text is longer than `cap` octets.
    pub fn range_text(&self, cap: usize) -> Option<Result<String, TooMuch>> {
        let (first, last) = self.range()?;
        let next = |id: EntryId| {
            let next = self.kept.at_or_after(EntryId(id.0 + 1), &self.transcript);
            next.filter(|id| *id <= last)
        };
        let ids = std::iter::successors(self.kept.at_or_after(first, &self.transcript), |id| {
            next(*id)
        });
        let entries = ids.filter_map(|id| self.transcript.entry(id));
        Some(marked(entries, cap))
    }

    /// The latest lines of the session with the marks of swaks, at most `cap` octets, and whether earlier
    /// lines are left out.
    pub fn latest_text(&self, cap: usize, charset: Charset) -> (String, bool) {
        let mut lines = Vec::new();
        let mut octets = 0;
        let mut cut = self.transcript.start() > EntryId(0);
        for (_, entry) in self.transcript.iter().rev() {
            let line = marked_line(entry, charset);
            octets += line.len();
            if octets > cap {
                cut = true;
                break;
            }
            lines.push(line);
        }
        lines.reverse();
        (lines.concat(), cut)
    }

    /// All lines of the reply that contains an entry.
    pub fn reply_text(&self, id: EntryId) -> Option<String> {
        let received = |id: EntryId| match &self.transcript.entry(id)?.kind {
            EntryKind::Received(received) => Some(text::visible(&received.bytes, Charset::Utf8)),
            EntryKind::Sent(_) | EntryKind::Note(_) => None,
        };
        received(id)?;
        let (first, last) = folds::reply_around(&self.transcript, id).unwrap_or((id, id));
        let ids = (first.0..=last.0).map(EntryId);
        Some(ids.filter_map(received).collect::<Vec<_>>().join("\n"))
    }

    /// The base64 in a line, unless the line holds a secret.
    pub fn base64_in(&self, id: EntryId) -> Option<&str> {
        let octets = match &self.transcript.entry(id)?.kind {
            EntryKind::Note(note) => note.text.as_bytes(),
            EntryKind::Received(received) => &*received.bytes,
            EntryKind::Sent(sent) if sent.secret.is_some() => return None,
            EntryKind::Sent(sent) => &*sent.visible,
        };
        base64_word(std::str::from_utf8(octets).ok()?)
    }
}

fn marked<'a>(entries: impl Iterator<Item = &'a Entry>, cap: usize) -> Result<String, TooMuch> {
    let mut all = String::new();
    for entry in entries {
        all.push_str(&marked_line(entry, Charset::Utf8));
        if all.len() > cap {
            return Err(TooMuch);
        }
    }
    Ok(all)
}

fn marked_line(entry: &Entry, charset: Charset) -> String {
    let (mark, _) = mark(entry, &Look::default());
    let line = format!("{mark} {}", shown(entry, charset));
    format!("{}\n", line.trim_end())
}

/// A line without its secret.
fn shown(entry: &Entry, charset: Charset) -> String {
    let visible = |bytes: &[u8]| text::visible(bytes, charset);
    match &entry.kind {
        EntryKind::Note(note) => visible(note.text.as_bytes()),
        EntryKind::Received(received) => visible(&received.bytes),
        EntryKind::Sent(sent) => {
            let open = visible(&sent.visible);
            let secret = sent.secret.as_ref();
            secret.map_or(open.clone(), |secret| {
                format!("{open}[hidden: {} octets]", secret.len())
            })
        }
    }
}
