//! A line of advice: its mark, its words, and the key that helps. If there is little room, the reply to
//! expect and the key stay, and the least important words go first.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::report::text;
use crate::smtp::{Diagnostic, Lint, Severity};
use crate::tui::keymap::{Action, Command};
use crate::tui::widget::canvas::{Canvas, indented};

/// Below this width only the code of the expected reply is shown.
const NARROW: usize = 60;
/// The words before the reply to expect; both have the same length.
const EXPECT: &str = "expect ";
const ANSWER: &str = "answer ";
/// Width of the mark and the blank after it.
const MARK: usize = 3;
/// Indentation of the mark.
const INDENT: usize = 2;

/// Draws the advice of a finding, and the key that helps with it.
pub(super) fn draw(finding: &Diagnostic, area: Rect, canvas: &mut Canvas<'_>) {
    let (theme, charset) = (&canvas.look.theme, canvas.look.charset);
    let area = indented(area, INDENT);
    let (mark, style) = match finding.lint.severity() {
        Severity::Warning => ("!!", theme.warn),
        Severity::Note => ("--", theme.dim),
    };
    let key = match helper(finding) {
        None => String::new(),
        Some((letter, helps)) => format!("  ^O {letter} {helps}"),
    };
    let room = usize::from(area.width).saturating_sub(key.width() + MARK);
    let words = text::visible(finding.lint.to_string().as_bytes(), charset);
    let words = fitted(&words, room, charset.pick("…", "~"));
    let line = Line::from(vec![
        Span::styled(mark, style),
        Span::raw(" "),
        Span::raw(words),
        Span::styled(key, theme.key),
    ]);
    canvas.buffer.set_line(area.x, area.y, &line, area.width);
}

/// The letter of the menu that helps, and what it does.
fn helper(finding: &Diagnostic) -> Option<(char, &'static str)> {
    let (action, helps) = match finding.lint {
        Lint::PlainText => (Action::Base64, "encodes"),
        _ if finding.fix.is_some() => (Action::Fix, "fixes"),
        _ => return None,
    };
    let item = Command::of(action)?.menu?;
    Some((item.letter, helps))
}

/// The words for this many columns: first without the RFC, then without what follows the reply to expect,
/// at last with their beginning cut.
fn fitted(words: &str, room: usize, cut: &str) -> String {
    let mut words = words.to_owned();
    if words.width() > room
        && let Some(from) = words.find(" (RFC ")
        && let Some(length) = words[from..].find(')')
    {
        words.replace_range(from..=from + length, "");
    }
    let reply = |words: &str| {
        let words = words.to_ascii_lowercase();
        words.rfind(EXPECT).max(words.rfind(ANSWER))
    };
    if words.width() > room {
        let from = reply(&words).unwrap_or(0);
        if let Some(at) = words[from..].find(". ") {
            words.truncate(from + at);
        }
    }
    if words.width() <= room {
        return words;
    }
    let (head, tail) = match reply(&words) {
        None => (&*words, String::new()),
        Some(at) => {
            let (head, tail) = words.split_at(at);
            let code = tail[EXPECT.len()..].trim_end_matches('.');
            let narrow = room < NARROW;
            let expect = if narrow { "" } else { EXPECT };
            (
                head.trim_end_matches([' ', ':', ',', '.']),
                format!(": {expect}{code}"),
            )
        }
    };
    if head.width() + tail.width() <= room {
        return format!("{head}{tail}");
    }
    let mut left = room.saturating_sub(tail.width() + cut.width());
    let short: String = head
        .chars()
        .take_while(|character| {
            let width = character.width().unwrap_or(0);
            let fits = width <= left;
            left = left.saturating_sub(width);
            fits
        })
        .collect();
    format!("{}{cut}{tail}", short.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_important_words_go_first() {
        let table = [
            (
                "a b (RFC 5321 s4): expect 501",
                40,
                "a b (RFC 5321 s4): expect 501",
            ),
            ("a b (RFC 5321 s4): expect 501", 20, "a b: expect 501"),
            (
                "X is not offered: expect 504. Offered: PLAIN LOGIN",
                30,
                "X is not offered: expect 504",
            ),
            (
                "MAIL has FROM:, RCPT has TO:. Expect 501.",
                36,
                "MAIL has FROM:, RCPT has TO: 501",
            ),
            (
                "angle brackets missing: strict servers refuse it",
                26,
                "angle brackets missing: s…",
            ),
            (
                "SIZE=9 is above the limit of 1: expect 552 or 5",
                26,
                "SIZE=9 is above…: 552 or 5",
            ),
            ("too long", 0, "…"),
        ];
        for (words, room, expected) in table {
            assert_eq!(fitted(words, room, "…"), expected, "{words} in {room}");
        }
    }
}
