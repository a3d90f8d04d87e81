//! The line of advice: its mark, its words, and the key that helps. Where there is no room for all of
//! it the reply to expect and the key stay, and what matters least goes first.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::report::text;
use crate::smtp::{Diagnostic, Lint, Severity};
use crate::tui::keymap::{Action, Command};
use crate::tui::widget::look::Look;

/// Below so many columns the reply to expect is its code alone.
const NARROW: usize = 60;
/// What stands before the reply to expect; both are of the same length.
const EXPECT: &str = "expect ";
const ANSWER: &str = "answer ";
/// Columns of the mark and the blank behind it.
const MARK: u16 = 3;

/// Draws what a finding says, and the key that helps with this very finding.
pub fn draw(finding: &Diagnostic, area: Rect, buffer: &mut Buffer, look: &Look) {
    let area = Rect {
        x: area.x.saturating_add(2).min(area.right()),
        width: area.width.saturating_sub(2),
        ..area
    };
    let (mark, style) = match finding.lint.severity() {
        Severity::Warning => ("!!", look.theme.warn),
        Severity::Note => ("--", look.theme.dim),
    };
    let key = match helper(finding) {
        None => String::new(),
        Some((letter, helps)) => format!("  ^O {letter} {helps}"),
    };
    let taken = u16::try_from(key.width()).unwrap_or(0) + MARK;
    let room = usize::from(area.width.saturating_sub(taken));
    let words = text::visible(finding.lint.to_string().as_bytes(), look.charset);
    let words = fitted(&words, room, look.charset.pick("…", "~"));
    let mut x = area.x;
    let pieces = [
        (mark, style),
        (" ", Style::new()),
        (&*words, Style::new()),
        (&*key, look.theme.key),
    ];
    for (piece, style) in pieces {
        let room = usize::from(area.right().saturating_sub(x));
        if room > 0 {
            x = buffer.set_stringn(x, area.y, piece, room, style).0;
        }
    }
}

/// The letter behind ^O that helps, and what it does.
fn helper(finding: &Diagnostic) -> Option<(char, &'static str)> {
    let (action, helps) = match finding.lint {
        Lint::PlainText => (Action::Base64, "makes it"),
        _ if finding.fix.is_some() => (Action::Fix, "fixes"),
        _ => return None,
    };
    let (letter, _) = Command::of(action)?.menu?;
    Some((letter, helps))
}

/// Words for so many columns: without where it is defined, without what follows the reply to expect,
/// and last with its head cut.
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
    fn what_matters_least_goes_first() {
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
