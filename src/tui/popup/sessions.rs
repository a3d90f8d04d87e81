//! The sessions: those that are open, and those kept on disk, filtered by typing. A kept one can be
//! opened, compared with the shown session, and deleted.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use super::outcome::Outcome;
use crate::record::kept::{KeptFilter, KeptSession, KeptState};
use crate::report::text;
use crate::tui::keymap::Action;
use crate::tui::widget::canvas::{Canvas, inner_columns, inner_rows};
use crate::tui::widget::hint::Hint;
use crate::tui::widget::list::FilteredList;
use crate::tui::widget::look::Look;

/// Width of the column of server names.
const NAME: usize = 32;

/// An open session.
#[derive(Debug)]
pub struct OpenSession {
    /// Its number.
    pub number: usize,
    /// The server, or the file.
    pub name: String,
    /// Its state, in a word or two.
    pub state: &'static str,
}

/// The list.
#[derive(Debug)]
pub struct SessionList {
    open: Vec<OpenSession>,
    kept: Vec<KeptSession>,
    list: FilteredList,
    /// The kept session that the next Delete deletes.
    doomed: Option<String>,
}

/// A row of the list.
enum Row<'a> {
    Open(&'a OpenSession),
    Kept(&'a KeptSession),
}

impl SessionList {
    /// The list, with these words in its filter.
    pub fn new(open: Vec<OpenSession>, kept: Vec<KeptSession>, words: &str) -> Self {
        let mut list = FilteredList::new();
        list.set_filter(words);
        Self {
            open,
            kept,
            list,
            doomed: None,
        }
    }

    /// Replaces the sessions. The filter stays, and so does the place in the list.
    pub fn renew(&mut self, open: Vec<OpenSession>, kept: Vec<KeptSession>) {
        self.open = open;
        self.kept = kept;
        self.doomed = None;
        let last = self.rows().len().saturating_sub(1);
        self.list.choose(self.list.chosen().min(last));
    }

    pub(super) fn paste(&mut self, pasted: &str) {
        self.list.paste(pasted);
    }

    pub(super) fn choose(&mut self, row: usize) {
        self.list.choose(row);
    }

    pub(super) fn hints(&self) -> Vec<Hint> {
        let mut hints = vec![Hint::new("Enter", "open"), Hint::new("Up Down", "choose")];
        if let Some(Row::Kept(kept)) = self.rows().get(self.list.chosen()) {
            hints.push(Hint::new("^E", "compare"));
            let again = self.doomed.as_deref() == Some(&*kept.id());
            let delete = if again { "delete it now" } else { "delete" };
            hints.push(Hint::new("Del", delete));
        }
        hints
    }

    pub(super) fn handle(&mut self, key: KeyEvent) -> Outcome {
        let doomed = self.doomed.take();
        let rows = self.rows();
        let count = rows.len();
        let control = key.modifiers == KeyModifiers::CONTROL;
        match (key.code, rows.get(self.list.chosen())) {
            (KeyCode::Enter, Some(Row::Open(open))) => {
                return Outcome::Run(Action::Session, open.number.to_string());
            }
            (KeyCode::Enter, Some(Row::Kept(kept))) => {
                return Outcome::Run(Action::Load, kept.path.display().to_string());
            }
            (KeyCode::Enter, None) => {}
            (KeyCode::Char('e'), Some(Row::Kept(kept))) if control => {
                let path = format!("\"{}\"", kept.path.display());
                return Outcome::Run(Action::Compare, path);
            }
            (KeyCode::Delete, Some(Row::Kept(kept))) => {
                // Delete asks first: only the second Delete deletes.
                if doomed.as_deref() == Some(&*kept.id()) {
                    return Outcome::DeleteKept(Box::new((*kept).clone()));
                }
                self.doomed = Some(kept.id());
            }
            (KeyCode::Backspace, _) if self.list.filter().is_empty() => return Outcome::Close,
            _ => self.list.handle(key, count),
        }
        Outcome::Stay
    }

    /// The rows that match the filter. Words for kept sessions are those of `ehlo sessions`.
    fn rows(&self) -> Vec<Row<'_>> {
        let words: Vec<&str> = self.list.filter().split_whitespace().collect();
        let matches_open = |open: &&OpenSession| {
            words
                .iter()
                .all(|word| open.name.contains(word) || open.state.starts_with(word))
        };
        // A word of a filter is never invalid.
        let filters: Vec<KeptFilter> = words.iter().filter_map(|word| word.parse().ok()).collect();
        let matches_kept = |kept: &&KeptSession| filters.iter().all(|filter| filter.matches(kept));
        let open = self.open.iter().filter(matches_open).map(Row::Open);
        let kept = self.kept.iter().filter(matches_kept).map(Row::Kept);
        open.chain(kept).collect()
    }

    pub(super) fn draw(&mut self, screen: Rect, canvas: &mut Canvas<'_>) -> Position {
        let look = canvas.look;
        let lines: Vec<Line<'_>> = self.rows().iter().map(|row| row.line(look)).collect();
        let all = self.open.len() + self.kept.len() + 1;
        let size = (inner_columns(screen), all.min(inner_rows(screen)));
        let inner = canvas.frame(screen, size, "Sessions");
        self.list.draw(&lines, "no session matches", inner, canvas)
    }
}

impl Row<'_> {
    fn line(&self, look: &Look) -> Line<'static> {
        let (when, name, rest) = match self {
            Self::Open(open) => (
                format!("^O {}", open.number),
                open.name.clone(),
                open.state.to_owned(),
            ),
            Self::Kept(kept) => (when(kept), kept.target.clone(), details(kept)),
        };
        let name = text::visible(name.as_bytes(), look.charset);
        Line::from(vec![
            Span::styled(format!("{when:<17} "), look.theme.dim),
            Span::raw(format!("{name:<NAME$} ")),
            Span::raw(rest),
        ])
    }
}

/// When a session began.
fn when(kept: &KeptSession) -> String {
    kept.started.map_or_else(String::new, |started| {
        started.strftime("%Y-%m-%d %H:%M").to_string()
    })
}

/// The last code, the duration and the state.
fn details(kept: &KeptSession) -> String {
    let code = kept
        .last_code
        .map_or_else(|| "   ".to_owned(), |code| code.to_string());
    let seconds = kept.duration.map(|took| took.as_secs());
    let took = seconds.map_or_else(String::new, |seconds| format!("{seconds} s"));
    let state = match kept.state {
        KeptState::Ended => "",
        state => state.as_str(),
    };
    format!("{code} {took:>7} {state}")
}
