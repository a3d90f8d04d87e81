//! Two sessions compared: side by side on a wide screen, below one another on a narrow one. A sign
//! before each line says which session has it; colours only repeat that.

use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use crate::record::{self, EntryIndex, Excerpt, Record, Source};
use crate::report::text;
use crate::smtp::Entry;
use crate::tui::widget::look::Look;

/// From this width on the sessions are side by side.
const WIDE: usize = 98;
/// The maximum number of rows of a comparison.
const ROWS_CAP: usize = 50_000;
/// The maximum number of octets shown of a line.
const LINE_SHOWN: usize = 4096;
/// Width of the part before a line: its sign and its mark, each with a blank after it.
const HEAD: usize = 6;
/// Width of the gap between the sides: a rule with blanks around it.
const GAP: usize = 3;

/// One of the two sessions to compare.
#[derive(Debug)]
pub enum Side {
    /// The session in this file.
    File(String),
    /// A session that is in no file: live, or pasted.
    Shown {
        /// What the user calls it.
        name: String,
        /// The server as the user named it.
        target: String,
        /// The program that wrote it.
        source: Source,
        /// Its entries so far.
        entries: Vec<Entry>,
    },
}

/// Two sessions, aligned line by line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// Lines above: the names of the sessions, and remarks about how they were read.
    heads: Vec<(Sign, String)>,
    pairs: Vec<Pair>,
    /// Places where they differ: runs of differing rows.
    places: usize,
    /// Rows left out at the end.
    left_out: usize,
}

/// A line of each session, aligned.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Pair {
    left: Option<SessionLine>,
    right: Option<SessionLine>,
    same: bool,
}

/// A line of one session: its mark, as in swaks, and its text.
#[derive(Clone, Debug, PartialEq, Eq)]
struct SessionLine {
    mark: &'static str,
    text: String,
}

/// Which session has a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sign {
    Both,
    Left,
    Right,
}

impl Comparison {
    /// Compares two sessions; each has a name.
    pub fn of(left: (&str, &Record), right: (&str, &Record)) -> Self {
        let mut heads = Vec::new();
        for (sign, (name, record)) in [(Sign::Left, left), (Sign::Right, right)] {
            heads.push((sign, heading(name, record)));
            let remarks = record.remarks.iter();
            heads.extend(remarks.map(|remark| (Sign::Both, format!("{name}: {remark}"))));
        }
        let (left, right) = (Excerpt::from(left.1), Excerpt::from(right.1));
        let rows = record::diff(&left, &right);
        let approximate = rows.iter().filter(|row| row.approximate).count();
        if approximate > 0 {
            let words = format!(
                "{approximate} rows are too many and too different to align: compared block by block"
            );
            heads.push((Sign::Both, words));
        }
        let runs = rows.chunk_by(|a, b| a.same == b.same);
        let places = runs.filter(|run| run.iter().any(|row| !row.same)).count();
        let pair = |row: &record::DiffRow| Pair {
            left: row.left.and_then(|at| session_line(&left, at, row.same)),
            right: row.right.and_then(|at| session_line(&right, at, row.same)),
            same: row.same,
        };
        Self {
            heads,
            pairs: rows.iter().take(ROWS_CAP).map(pair).collect(),
            places,
            left_out: rows.len().saturating_sub(ROWS_CAP),
        }
    }

    /// The comparison in this many columns.
    pub fn rows(&self, columns: usize, look: &Look) -> ComparisonRows {
        let mut made = ComparisonRows::default();
        let summary = text::words(&self.summary(), columns, look.charset);
        let summary = summary.into_iter();
        made.rows
            .extend(summary.map(|row| Line::styled(row, look.theme.key)));
        for (sign, words) in &self.heads {
            let room = columns.saturating_sub(2).max(1);
            for (at, words) in text::words(words, room, look.charset)
                .into_iter()
                .enumerate()
            {
                let sign = if at == 0 { *sign } else { Sign::Both };
                let spans = vec![sign.span(look), Span::raw(" "), Span::raw(words)];
                made.rows.push(Line::from(spans));
            }
        }
        made.rows.push(Line::default());
        for run in self.pairs.chunk_by(|a, b| a.same == b.same) {
            let same = run.iter().all(|pair| pair.same);
            if !same {
                made.places.push(made.rows.len());
            }
            if columns >= WIDE {
                let beside = run.iter().flat_map(|pair| pair.beside(columns, look));
                made.rows.extend(beside);
                continue;
            }
            // Equal lines appear once; otherwise the lines of the left session come first.
            let sign = if same { Sign::Both } else { Sign::Left };
            let left = run.iter().filter_map(|pair| pair.left.as_ref());
            let right = run.iter().filter_map(|pair| pair.right.as_ref());
            let left = left.flat_map(|line| line.rows(sign, columns, look));
            let right = right.flat_map(|line| line.rows(Sign::Right, columns, look));
            made.rows.extend(left.map(Line::from));
            if !same {
                made.rows.extend(right.map(Line::from));
            }
        }
        if self.left_out > 0 {
            let words = format!("{} more rows: ehlo diff prints all", self.left_out);
            made.rows.push(Line::styled(words, look.theme.warn));
        }
        made
    }

    fn summary(&self) -> String {
        let aside = "times, dates and ids are ignored";
        match self.places {
            0 => format!("no difference; {aside}"),
            1 => format!("1 difference; {aside}"),
            places => format!("{places} differences; {aside}"),
        }
    }
}

/// The rows of a comparison.
#[derive(Debug, Default)]
pub struct ComparisonRows {
    /// The rows.
    pub rows: Vec<Line<'static>>,
    /// The rows at which a difference begins.
    pub places: Vec<usize>,
}

impl Pair {
    /// Both sides, in as many rows as the longer one takes.
    fn beside(&self, columns: usize, look: &Look) -> Vec<Line<'static>> {
        let half = columns.saturating_sub(GAP) / 2;
        let side = |line: &Option<SessionLine>, sign: Sign| {
            let sign = if self.same { Sign::Both } else { sign };
            let rows = line.as_ref().map(|line| line.rows(sign, half, look));
            rows.unwrap_or_default().into_iter()
        };
        let mut left = side(&self.left, Sign::Left);
        let mut right = side(&self.right, Sign::Right);
        let mut lines = Vec::new();
        while left.len() + right.len() > 0 {
            let mut spans = left.next().unwrap_or_default();
            let filled: usize = spans.iter().map(|span| span.content.width()).sum();
            spans.push(Span::raw(" ".repeat(half.saturating_sub(filled) + 1)));
            spans.push(Span::styled(look.charset.pick("│", "|"), look.theme.dim));
            spans.push(Span::raw(" "));
            spans.extend(right.next().unwrap_or_default());
            lines.push(Line::from(spans));
        }
        lines
    }
}

impl SessionLine {
    /// Its rows; the text is indented in all of them.
    fn rows(&self, sign: Sign, columns: usize, look: &Look) -> Vec<Vec<Span<'static>>> {
        let style = if sign == Sign::Both {
            Style::new()
        } else {
            look.theme.key
        };
        let octets = self.text.as_bytes();
        let shown = &octets[..octets.len().min(LINE_SHOWN)];
        let mut glyphs = text::glyphs(shown, look.charset);
        let more = match octets.len() - shown.len() {
            0 => String::new(),
            left => format!(" (+{left} octets)"),
        };
        glyphs.extend(text::glyphs(more.as_bytes(), look.charset));
        let room = columns.saturating_sub(HEAD).max(1);
        let row = |(at, range): (usize, std::ops::Range<usize>)| {
            let words: String = glyphs[range].iter().map(|glyph| &*glyph.text).collect();
            let words = Span::styled(words.trim_end().to_owned(), style);
            if at > 0 {
                return vec![Span::raw(" ".repeat(HEAD)), words];
            }
            let mark = Span::raw(format!(" {} ", self.mark));
            vec![sign.span(look), mark, words]
        };
        let rows = text::rows(&glyphs, room).into_iter().enumerate();
        rows.map(row).collect()
    }
}

impl Sign {
    fn span(self, look: &Look) -> Span<'static> {
        match self {
            Self::Both => Span::raw(" "),
            Self::Left => Span::styled("-", look.theme.info),
            Self::Right => Span::styled("+", look.theme.info),
        }
    }
}

/// A name with the server and the time of the session, or with its format if it has no time.
fn heading(name: &str, record: &Record) -> String {
    let meta = &record.meta;
    let server = match meta.target.as_str() {
        "" => "unknown server",
        target => target,
    };
    if record.meta.dated {
        format!("{name}: {server}, {:.0}", meta.clock.start())
    } else {
        format!("{name}: {server}, {}", record.source.name())
    }
}

fn session_line(
    excerpt: &Excerpt<'_>,
    EntryIndex(at): EntryIndex,
    same: bool,
) -> Option<SessionLine> {
    let entry = excerpt.entries.get(at)?;
    Some(SessionLine {
        mark: record::marker(entry),
        text: record::diff_text(entry, same),
    })
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::smtp::Level;

    fn line(mark: &'static str, text: &str) -> Option<SessionLine> {
        let text = text.to_owned();
        (!text.is_empty()).then_some(SessionLine { mark, text })
    }

    fn rows_of(pairs: &[(&str, &str, bool)], columns: usize) -> (Vec<String>, Vec<usize>) {
        let pair = |&(left, right, same): &(&str, &str, bool)| Pair {
            left: line(" ->", left),
            right: line(" ->", right),
            same,
        };
        let comparison = Comparison {
            heads: Vec::new(),
            pairs: pairs.iter().map(pair).collect(),
            places: 0,
            left_out: 0,
        };
        let made = comparison.rows(columns, &Look::default());
        let above = made.rows.iter().position(|row| row.width() == 0).unwrap() + 1;
        let rows = made.rows.iter().skip(above);
        let rows = rows.map(|row| row.to_string().trim_end().to_owned());
        let places = made.places.iter().map(|row| row - above);
        (rows.collect(), places.collect())
    }

    #[test]
    fn narrow_comparisons_are_below_one_another() {
        let table: &[(&[(&str, &str, bool)], usize, &[&str], &[usize])] = &[
            (&[("NOOP", "NOOP", true)], 40, &["   -> NOOP"], &[]),
            // Equal lines appear as in the left session.
            (&[("id 1", "id 2", true)], 40, &["   -> id 1"], &[]),
            (
                &[("a", "b", false), ("c", "d", false), ("e", "e", true)],
                40,
                &["-  -> a", "-  -> c", "+  -> b", "+  -> d", "   -> e"],
                &[0],
            ),
            (
                &[
                    ("", "b", false),
                    ("a", "", false),
                    ("e", "e", true),
                    ("", "f", false),
                ],
                40,
                &["-  -> a", "+  -> b", "   -> e", "+  -> f"],
                &[0, 3],
            ),
            (
                &[("one two three", "", false)],
                14,
                &["-  -> one two", "      three"],
                &[0],
            ),
            (&[("a", "b", false)], 1, &["-  -> a", "+  -> b"], &[0]),
        ];
        for (pairs, columns, rows, places) in table {
            let (found, begun) = rows_of(pairs, *columns);
            assert_eq!(found, *rows, "{pairs:?}");
            assert_eq!(begun, *places, "{pairs:?}");
        }
    }

    #[test]
    fn wide_comparisons_are_side_by_side() {
        let (rows, places) = rows_of(
            &[
                ("EHLO me", "EHLO me", true),
                ("MAIL FROM:<a@b.example>", "", false),
                ("", &"x".repeat(50), false),
                ("RCPT TO:<a@b.example>", "RCPT TO:<c@d.example>", false),
                ("id 1", "id 2", true),
            ],
            98,
        );
        let row = |left: &str, right: &str| format!("{left:<47} │ {right}").trim_end().to_owned();
        let expected = [
            row("   -> EHLO me", "   -> EHLO me"),
            row("-  -> MAIL FROM:<a@b.example>", ""),
            row("", &format!("+  -> {}", "x".repeat(41))),
            row("", "      xxxxxxxxx"),
            row("-  -> RCPT TO:<a@b.example>", "+  -> RCPT TO:<c@d.example>"),
            row("   -> id 1", "   -> id 2"),
        ];
        assert_eq!(rows, expected);
        assert_eq!(places, [1]);
    }

    #[test]
    fn a_long_line_and_a_long_session_are_cut() {
        let long = "x".repeat(LINE_SHOWN + 7);
        let (rows, _) = rows_of(&[(&long, &long, true)], 80);
        assert!(rows.concat().ends_with("x (+7 octets)"));
        let now = Instant::now();
        let note = Entry::note(now, false, Level::Fault, "no");
        let record = Record {
            meta: record::Meta::new("", record::WallClock::new(std::time::UNIX_EPOCH, now)),
            entries: vec![note; ROWS_CAP + 3],
            ended: true,
            remarks: Vec::new(),
            source: Source::Text,
        };
        let comparison = Comparison::of(("a", &record), ("b", &record));
        let made = comparison.rows(80, &Look::default());
        let last = made.rows.last().unwrap().to_string();
        assert_eq!(last, "3 more rows: ehlo diff prints all");
    }
}
