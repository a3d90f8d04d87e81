//! The lines under the prompt: the grammar of what is typed, the meaning of the piece under the
//! cursor, a line of advice or news. Small screens have two of them, tiny ones one.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_width::UnicodeWidthStr;

use super::{advice, hint};
use crate::report::text;
use crate::tui::assist::{Assist, Grammar, Part};
use crate::tui::state::notice::Notice;
use crate::tui::widget::look::Look;

/// What newcomers are told while grey text stands at an empty prompt.
const COACH: &str = "Tab takes the grey text; then Enter sends it";

/// What is told where Tab opens a form.
const LOGIN: &str = "Tab opens the login form: no base64 by hand";

/// What the lines are made of.
#[derive(Debug)]
pub struct Lines<'a> {
    /// Help with what is typed.
    pub assist: &'a Assist,
    /// The words of the phase, where nothing is typed.
    pub words: &'a str,
    /// News.
    pub notice: Option<&'a Notice>,
    /// Whether the user makes the first steps.
    pub newcomer: bool,
}

/// Draws as many lines as there is room for. Where there is room for one, news come first, then
/// advice, then the grammar.
pub fn draw(lines: &Lines<'_>, area: Rect, buffer: &mut Buffer, look: &Look) {
    let row = |at: u16| Rect {
        y: area.y + at,
        height: 1,
        ..area
    };
    let grammar = &lines.assist.grammar;
    let mut rows = 0..area.height;
    // What to try stands below the news it belongs to.
    let next = lines.notice.and_then(|notice| notice.next.as_deref());
    if let Some(next) = next
        && (rows.end > 2 || rows.end == 2 && grammar.parts.is_empty())
    {
        let words = format!("> {next}");
        hint::draw_words(&words, look.theme.info, row(rows.end - 1), buffer, look);
        rows.end -= 1;
    }
    // The last line is of what is worth saying now; the one line of a tiny screen too.
    let said = match rows.end {
        0 => return,
        1 => draw_said(lines, false, row(0), buffer, look),
        last => draw_said(lines, true, row(last - 1), buffer, look),
    };
    if said {
        rows.end -= 1;
    }
    if rows.contains(&0) {
        if grammar.parts.is_empty() {
            let warns = lines.words.starts_with("!! ");
            let style = if warns {
                look.theme.warn
            } else {
                look.theme.dim
            };
            hint::draw_words(lines.words, style, row(0), buffer, look);
        } else {
            draw_grammar(grammar, row(0), buffer, look);
        }
    }
    if rows.contains(&1) {
        // What is said may hide what Tab does.
        let (words, style) = match said && lines.assist.login {
            true if lines.notice.is_some() || !lines.assist.findings.is_empty() => {
                (LOGIN, look.theme.info)
            }
            _ => (grammar.meaning.as_str(), Style::new()),
        };
        hint::draw_words(words, style, row(1), buffer, look);
    }
}

/// Draws news, advice, or what Tab does; `false` where there is nothing to say.
fn draw_said(lines: &Lines<'_>, tips: bool, area: Rect, buffer: &mut Buffer, look: &Look) -> bool {
    if let Some(notice) = lines.notice {
        let style = if notice.warning {
            look.theme.warn
        } else {
            look.theme.info
        };
        hint::draw_words(&notice.text, style, area, buffer, look);
        return true;
    }
    if let Some(finding) = lines.assist.findings.first() {
        advice::draw(finding, area, buffer, look);
        return true;
    }
    if tips && let Some(words) = &lines.assist.unfinished {
        hint::draw_words(words, look.theme.dim, area, buffer, look);
        return true;
    }
    if tips && lines.assist.login {
        hint::draw_words(LOGIN, look.theme.info, area, buffer, look);
        return true;
    }
    if tips && lines.newcomer && !lines.assist.ghost.is_empty() {
        hint::draw_words(COACH, look.theme.info, area, buffer, look);
        return true;
    }
    false
}

/// Draws a grammar, scrolled by whole pieces so that the current one is seen.
fn draw_grammar(grammar: &Grammar, area: Rect, buffer: &mut Buffer, look: &Look) {
    let more = look.charset.pick("…", ">");
    let shown: Vec<(String, Style)> = grammar
        .parts
        .iter()
        .enumerate()
        .map(|(at, part)| shown(part, grammar.current == Some(at), look))
        .collect();
    let x = area.x.saturating_add(2).min(area.right());
    let room = usize::from(area.right() - x);
    let current = grammar.current.unwrap_or(0);
    let width = |from: usize, to: usize| -> usize {
        let pieces = shown.get(from..to).unwrap_or_default();
        pieces.iter().map(|(text, _)| text.width() + 1).sum()
    };
    // A mark at each end says that there is more.
    let first = (0..=current)
        .find(|&first| {
            let marks = usize::from(first > 0) * 2 + usize::from(current + 1 < shown.len()) * 2;
            width(first, current + 1) + marks <= room + 1
        })
        .unwrap_or(current);
    let mut x = x;
    let mut put = |text: &str, style: Style| {
        let room = usize::from(area.right().saturating_sub(x));
        let (end, _) = buffer.set_stringn(x, area.y, text, room, style);
        let cut = text.width() > room;
        if cut && end > area.x {
            buffer.set_stringn(end - 1, area.y, more, 1, look.theme.dim);
        }
        x = end.saturating_add(1).min(area.right());
        cut
    };
    if first > 0 {
        put(more, look.theme.dim);
    }
    for (text, style) in &shown[first..] {
        if put(text, *style) {
            return;
        }
    }
}

fn shown(part: &Part, current: bool, look: &Look) -> (String, Style) {
    let more = if part.repeats { " ..." } else { "" };
    let form = if current {
        let (open, close) = look.charset.pick(("«", "»"), ("{", "}"));
        format!("{open}{}{close}", part.form)
    } else {
        part.form.clone()
    };
    let text = if part.optional {
        format!("[{form}]{more}")
    } else {
        format!("{form}{more}")
    };
    let style = if current {
        look.theme.chosen
    } else if part.used {
        look.theme.dim
    } else {
        Style::new()
    };
    (text::visible(text.as_bytes(), look.charset), style)
}
