//! The sessions: those that are open, and those kept on disk, filtered by typing. A kept one can be
//! opened, compared with the shown session, and deleted.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use unicode_width::UnicodeWidthStr;

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
/// Width of the column of times, with the year and without.
const WHEN: usize = 17;
const WHEN_SHORT: usize = 11;
/// Width of a code, a duration and a state; and of a code alone, or a short state.
const DETAILS: usize = 23;
const CODE: usize = 5;

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
        let columns = Columns::of(inner_columns(screen));
        let rows = self.rows();
        let doomed = |row: &Row<'_>| match row {
            Row::Kept(kept) => self.doomed.as_deref() == Some(&*kept.id()),
            Row::Open(_) => false,
        };
        let lines = rows.iter().map(|row| row.line(&columns, doomed(row), look));
        let lines: Vec<Line<'_>> = lines.collect();
        let all = self.open.len() + self.kept.len() + 1;
        let size = (inner_columns(screen), all.min(inner_rows(screen)));
        let inner = canvas.frame(screen, size, "Sessions");
        self.list.draw(&lines, "no session matches", inner, canvas)
    }
}

impl Row<'_> {
    fn line(&self, columns: &Columns, doomed: bool, look: &Look) -> Line<'static> {
        if doomed {
            // In place of everything else, so that it is seen on any screen.
            let name = match self {
                Self::Open(open) => &open.name,
                Self::Kept(kept) => &kept.target,
            };
            let id;
            let name = match self {
                Self::Kept(kept) if name.is_empty() => {
                    id = kept.id();
                    &id
                }
                _ => name,
            };
            let words = format!("Del again deletes {name}");
            let words = text::visible(words.as_bytes(), look.charset);
            return Line::styled(words, look.theme.warn);
        }
        let (when, name, rest) = match self {
            Self::Open(open) => (
                format!("^O {}", open.number),
                open.name.clone(),
                open.state.to_owned(),
            ),
            Self::Kept(kept) => (columns.when(kept), kept.target.clone(), details(kept)),
        };
        let name = text::fitted(&name, columns.name, look.charset);
        let gap = " ".repeat(columns.name.saturating_sub(name.width()) + 1);
        Line::from(vec![
            Span::styled(
                format!("{when:<width$} ", width = columns.when),
                look.theme.dim,
            ),
            Span::raw(name + &gap),
            Span::raw(rest),
        ])
    }
}

/// The widths of the first two columns. The code follows, then less important things.
struct Columns {
    when: usize,
    name: usize,
}

impl Columns {
    /// For rows of this width. Narrow ones go without the year, and shorten the names.
    fn of(columns: usize) -> Self {
        let (when, name) = (WHEN, NAME);
        if when + name + DETAILS + 2 <= columns {
            return Self { when, name };
        }
        let when = WHEN_SHORT;
        let name = columns.saturating_sub(when + CODE + 2).clamp(1, NAME);
        Self { when, name }
    }

    /// When a session began.
    fn when(&self, kept: &KeptSession) -> String {
        let format = match self.when {
            WHEN_SHORT => "%m-%d %H:%M",
            _ => "%Y-%m-%d %H:%M",
        };
        kept.started
            .map_or_else(String::new, |started| started.strftime(format).to_string())
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_from_a_file_is_harmless_in_each_row() {
        let kept = |target: &str| KeptSession {
            path: "20261201T000000Z-mx.jsonl".into(),
            target: target.to_owned(),
            started: None,
            duration: None,
            last_code: None,
            octets: 1,
            state: KeptState::Damaged,
        };
        let look = Look::default();
        for target in ["mx\u{1b}[2J\n", ""] {
            let kept = kept(target);
            for doomed in [false, true] {
                let line = Row::Kept(&kept)
                    .line(&Columns::of(78), doomed, &look)
                    .to_string();
                assert!(!line.contains(char::is_control), "{line:?}");
                // Without a server, what would be deleted has a name.
                assert!(
                    !doomed || line.len() > "Del again deletes ".len(),
                    "{line:?}"
                );
            }
        }
    }
}
