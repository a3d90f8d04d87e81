//! The lines below the prompt: the grammar of the typed command, the meaning of the part under the
//! cursor, then advice or a notice. Small screens have two lines, tiny ones have one.

mod advice;

use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_width::UnicodeWidthStr;

use crate::report::text;
use crate::tui::assist::{Assist, Grammar, GrammarPart};
use crate::tui::state::notice::Notice;
use crate::tui::widget::canvas::{Canvas, indented, row_of, top};
use crate::tui::widget::look::Look;

/// The hint for newcomers while ghost text is at an empty prompt.
const COACH: &str = "Tab accepts the ghost text, then Enter sends it";

/// The hint if Tab opens the login form.
const LOGIN: &str = "Tab opens the login form: no base64 by hand";

/// Indentation of the lines.
const INDENT: usize = 2;
/// Width of the gap between a meaning and its source.
const GAP: usize = 2;

/// The hint while an address can be replaced.
const REPLACEABLE: &str = "Enter sends it; to replace the address, type another one";

/// What the lines show.
#[derive(Debug)]
pub struct HelpLines<'a> {
    /// Help with what is typed.
    pub assist: &'a Assist,
    /// Words about the state of the session, shown if nothing is typed.
    pub words: &'a str,
    /// A message for the user.
    pub notice: Option<&'a Notice>,
    /// Whether the user is new to the program.
    pub newcomer: bool,
    /// Whether typing replaces the address at the prompt.
    pub replaceable: bool,
}

/// Draws as many lines as fit. If there is room for only one, a notice comes before advice, and advice
/// before the grammar.
pub fn draw(lines: &HelpLines<'_>, area: Rect, canvas: &mut Canvas<'_>) {
    let look = canvas.look;
    let grammar = &lines.assist.grammar;
    let mut area = area;
    // The next step of a notice is below the notice.
    let next = lines.notice.and_then(|notice| notice.next.as_deref());
    if let Some(next) = next
        && (area.height > 2 || area.height == 2 && grammar.parts.is_empty())
    {
        let words = format!("> {next}");
        let (rest, last) = split_last(area);
        canvas.sentence(&words, look.theme.info, last);
        area = rest;
    }
    if area.is_empty() {
        return;
    }
    // The last line, or the only one, is for advice or a notice.
    let (rest, last) = split_last(area);
    let advised = draw_advice(lines, area.height > 1, last, canvas);
    if advised {
        area = rest;
    }
    if grammar.parts.is_empty() {
        draw_words(lines.words, row_of(area, 0), canvas);
    } else {
        draw_grammar(grammar, row_of(area, 0), canvas);
    }
    // Advice may take the line that says what Tab does.
    let hides_login = advised && (lines.notice.is_some() || !lines.assist.diagnostics.is_empty());
    let row = row_of(area, 1);
    if hides_login && lines.assist.login {
        canvas.sentence(LOGIN, look.theme.info, row);
    } else {
        draw_meaning(grammar, row, canvas);
    }
}

/// Draws words about the state of the session. Of a warning only the mark has its colour.
fn draw_words(words: &str, area: Rect, canvas: &mut Canvas<'_>) {
    let theme = &canvas.look.theme;
    let Some(warning) = words.strip_prefix("!! ") else {
        return canvas.sentence(words, theme.dim, area);
    };
    canvas.text("!!", theme.warn, indented(area, INDENT));
    canvas.sentence(warning, Style::new(), indented(area, "!! ".len()));
}

/// Draws the meaning of the current part and its source, which stays whole if the meaning is cut.
fn draw_meaning(grammar: &Grammar, area: Rect, canvas: &mut Canvas<'_>) {
    let charset = canvas.look.charset;
    let area = indented(area, INDENT);
    let room = usize::from(area.width).saturating_sub(grammar.source.width() + GAP);
    let meaning = text::fitted(&grammar.meaning, room, charset);
    let end = canvas.text(&meaning, Style::new(), area);
    if !grammar.source.is_empty() {
        let rest = indented(area, usize::from(end - area.x) + GAP);
        canvas.text(&grammar.source, canvas.look.theme.dim, rest);
    }
}

/// An area without its last row, and that row.
fn split_last(area: Rect) -> (Rect, Rect) {
    let rest = usize::from(area.height.saturating_sub(1));
    (top(area, rest), row_of(area, rest))
}

/// Draws a notice, advice or, with `tips`, what Tab does. `false` if there is nothing to say.
fn draw_advice(lines: &HelpLines<'_>, tips: bool, area: Rect, canvas: &mut Canvas<'_>) -> bool {
    let theme = &canvas.look.theme;
    let Assist {
        diagnostics,
        unfinished,
        ghost,
        login,
        ..
    } = lines.assist;
    if let Some(notice) = lines.notice {
        let style = if notice.warning {
            theme.warn
        } else {
            theme.info
        };
        canvas.sentence(&notice.text, style, area);
    } else if let Some(finding) = diagnostics.first() {
        advice::draw(finding, area, canvas);
    } else if let (true, Some(words)) = (tips, unfinished) {
        canvas.sentence(words, theme.dim, area);
    } else if tips && lines.replaceable {
        canvas.sentence(REPLACEABLE, theme.info, area);
    } else if tips && *login {
        canvas.sentence(LOGIN, theme.info, area);
    } else if tips && lines.newcomer && !ghost.is_empty() {
        canvas.sentence(COACH, theme.info, area);
    } else {
        return false;
    }
    true
}

/// Draws a grammar. It is scrolled by whole parts so that the current one is visible.
fn draw_grammar(grammar: &Grammar, area: Rect, canvas: &mut Canvas<'_>) {
    let look = canvas.look;
    let more = look.charset.pick("…", ">");
    let shown: Vec<(String, Style)> = grammar
        .parts
        .iter()
        .enumerate()
        .map(|(at, part)| shown(part, grammar.current == Some(at), look))
        .collect();
    let area = indented(area, INDENT);
    let room = usize::from(area.width);
    let current = grammar.current.unwrap_or(0);
    let width = |from: usize, to: usize| -> usize {
        let parts = shown.get(from..to).unwrap_or_default();
        parts.iter().map(|(text, _)| text.width() + 1).sum()
    };
    // A mark at each end says that there is more.
    let first = (0..=current)
        .find(|&first| {
            let marks = usize::from(first > 0) * 2 + usize::from(current + 1 < shown.len()) * 2;
            width(first, current + 1) + marks <= room + 1
        })
        .unwrap_or(current);
    let mut rest = area;
    if first > 0 {
        canvas.text(more, look.theme.dim, rest);
        rest = indented(rest, 2);
    }
    for (text, style) in &shown[first..] {
        let end = canvas.text(text, *style, rest);
        if text.width() > usize::from(rest.width) {
            let last = usize::from(end - area.x).saturating_sub(1);
            canvas.text(more, look.theme.dim, indented(area, last));
            return;
        }
        rest = indented(rest, usize::from(end - rest.x) + 1);
    }
}

fn shown(part: &GrammarPart, current: bool, look: &Look) -> (String, Style) {
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
    } else if part.unoffered {
        look.theme.unoffered
    } else {
        Style::new()
    };
    (text::visible(text.as_bytes(), look.charset), style)
}
