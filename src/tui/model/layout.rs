//! Where the parts of the screen are. Small screens lose the lines of help first, then the footer,
//! the header and the rule, never the prompt.

use ratatui::layout::Rect;

/// The sidebar is shown from this width on, in columns.
const WIDE: u16 = 100;
/// Width of the sidebar with its border, in columns.
const SIDEBAR: u16 = 38;
/// Blank columns between the transcript and the sidebar.
const GAP: u16 = 1;
/// Below this many columns or rows the screen is tiny: one line of help.
const TINY: (u16, u16) = (60, 16);
/// From this many rows on there are three lines of help, otherwise two.
const TALL: u16 = 24;

/// Where the parts are. A part without room has no height.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Areas {
    /// See the picture in `view`.
    pub header: Rect,
    /// See the picture in `view`.
    pub tour: Rect,
    /// See the picture in `view`.
    pub transcript: Rect,
    /// See the picture in `view`.
    pub sidebar: Rect,
    /// See the picture in `view`.
    pub rule: Rect,
    /// See the picture in `view`.
    pub prompt: Rect,
    /// See the picture in `view`.
    pub words: Rect,
    /// See the picture in `view`.
    pub footer: Rect,
}

impl Areas {
    /// Computes the layout. `prompt` returns its rows, given a maximum; `tour` is the tour's rows.
    /// When a message is edited, the lines of help below it shrink.
    pub fn of(
        (columns, rows): (u16, u16),
        tour: usize,
        message: bool,
        prompt: impl FnOnce(usize) -> usize,
    ) -> Self {
        let most = usize::from(rows / 2).max(1);
        let prompt = u16::try_from(prompt(most)).unwrap_or(1).min(rows);
        let mut left = rows - prompt;
        // The last of these is dropped first; two rows stay for the transcript.
        let mut take = |wanted: bool, keep: u16| {
            let taken = u16::from(wanted && left > keep);
            left -= taken;
            taken
        };
        let rule = take(true, 2);
        let header = take(true, 3);
        let footer = take(true, 3);
        let words = take(rows >= 12, 4)
            + take(!message && columns >= TINY.0 && rows >= TINY.1, 4)
            + take(!message && columns >= TINY.0 && rows >= TALL, 4);
        let tour = u16::try_from(tour)
            .unwrap_or(u16::MAX)
            .min(left.saturating_sub(2));
        left -= tour;
        let wide = columns >= WIDE;
        let sidebar = if wide { SIDEBAR } else { 0 };
        let mut y = 0;
        let mut next = |height: u16, width: u16| {
            let area = Rect {
                x: 0,
                y,
                width,
                height,
            };
            y += height;
            area
        };
        let header = next(header, columns);
        let tour = next(tour, columns);
        let gap = if wide { GAP } else { 0 };
        let transcript = next(left, columns - sidebar - gap);
        let sidebar = Rect {
            x: columns - sidebar,
            width: sidebar,
            ..transcript
        };
        let rule = next(rule, columns);
        let prompt = next(prompt, columns);
        let words = next(words, columns);
        let footer = next(footer, columns);
        Self {
            header,
            tour,
            transcript,
            sidebar,
            rule,
            prompt,
            words,
            footer,
        }
    }
}
