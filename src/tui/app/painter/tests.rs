use proptest::collection::vec;
use proptest::prelude::*;
use ratatui::layout::{Position, Rect};
use ratatui::style::{Color, Modifier, Style};

use super::scroll::{Scroll, find};
use super::*;

const COLUMNS: u16 = 20;
const ROWS: u16 = 8;

/// A terminal, and the painter that paints on it.
struct Terminal {
    model: vt100::Parser,
    painter: Painter,
}

impl Terminal {
    fn new(columns: u16, rows: u16) -> Self {
        let cells = |count| std::num::NonZeroU16::new(count).unwrap();
        let mut model = vt100::Parser::new(cells(rows), cells(columns), 0);
        model.process(b"\x1b[44mleft by another program\x1b[5;5H");
        Self {
            model,
            painter: Painter::default(),
        }
    }

    /// Paints a frame, checks that the terminal shows it, and returns the octets.
    fn paint(&mut self, frame: &Buffer, cursor: Option<Position>) -> String {
        let octets = self.painter.paint(frame, cursor);
        self.model.process(&octets);
        self.check(frame, cursor);
        String::from_utf8(octets).unwrap()
    }

    fn check(&self, frame: &Buffer, cursor: Option<Position>) {
        let screen = self.model.screen();
        let wanted = Grid::of(frame);
        for y in 0..frame.area.height {
            for (x, cell) in (0..).zip(wanted.row(y)) {
                let shown = screen.cell(y, x).unwrap();
                if is_covered(cell) {
                    assert!(shown.is_wide_continuation(), "{x},{y}");
                    continue;
                }
                let text = match shown.contents() {
                    "" => " ",
                    text => text,
                };
                assert_eq!(text, cell.symbol(), "{x},{y}");
                assert_eq!(shown.bgcolor(), model_color(cell.bg), "{x},{y} {text:?}");
                let has = |modifier| cell.modifier.contains(modifier);
                let inverse = has(Modifier::REVERSED);
                assert_eq!(shown.inverse(), inverse, "{x},{y} {text:?}");
                assert_eq!(shown.underline(), has(Modifier::UNDERLINED), "{x},{y}");
                if text != " " || inverse {
                    assert_eq!(shown.fgcolor(), model_color(cell.fg), "{x},{y} {text:?}");
                    // The model has bold or dim, not both.
                    let weight = (has(Modifier::BOLD), has(Modifier::DIM));
                    if weight != (true, true) {
                        assert_eq!((shown.bold(), shown.dim()), weight, "{x},{y} {text:?}");
                    }
                    assert_eq!(shown.italic(), has(Modifier::ITALIC), "{x},{y} {text:?}");
                }
            }
        }
        assert_eq!(screen.hide_cursor(), cursor.is_none());
        if let Some(cursor) = cursor {
            assert_eq!(screen.cursor_position(), (cursor.y, cursor.x));
        }
        // Frames leave the default style behind.
        assert_eq!(screen.bgcolor(), vt100::Color::Default);
        assert!(!screen.bold() && !screen.inverse());
    }
}

fn model_color(color: Color) -> vt100::Color {
    match color {
        Color::Reset => vt100::Color::Default,
        Color::Green => vt100::Color::Idx(2),
        Color::DarkGray => vt100::Color::Idx(8),
        Color::Indexed(index) => vt100::Color::Idx(index),
        Color::Rgb(red, green, blue) => vt100::Color::Rgb(red, green, blue),
        other => unreachable!("{other}"),
    }
}

fn frame(lines: &[&str]) -> Buffer {
    let height = u16::try_from(lines.len()).unwrap();
    let mut frame = Buffer::empty(Rect::new(0, 0, COLUMNS, height));
    for (y, line) in (0..).zip(lines) {
        frame.set_string(0, y, line, Style::new());
    }
    frame
}

/// A line like no other near it.
fn line(number: u8) -> String {
    let letter = char::from(b'a' + number % 26);
    format!("{number} {}", String::from(letter).repeat(12))
}

fn numbered(lines: impl Iterator<Item = u8>) -> Buffer {
    let lines: Vec<String> = lines.map(line).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    frame(&lines)
}

#[test]
fn a_frame_that_changes_nothing_writes_nothing() {
    let mut terminal = Terminal::new(COLUMNS, ROWS);
    let lines = numbered(1..9);
    for cursor in [None, Some(Position::new(3, 4))] {
        terminal.paint(&lines, cursor);
        assert_eq!(terminal.paint(&lines, cursor), "");
    }
}

#[test]
fn typing_at_the_end_of_a_line_writes_the_letter_alone() {
    let mut terminal = Terminal::new(COLUMNS, ROWS);
    let at = |x| Some(Position::new(x, 1));
    terminal.paint(&frame(&["", "> EH", ""]), at(4));
    assert_eq!(terminal.paint(&frame(&["", "> EHL", ""]), at(5)), "L");
    assert_eq!(
        terminal.paint(&frame(&["", "> EH", ""]), at(4)),
        "\x08 \x08"
    );
    assert_eq!(terminal.paint(&frame(&["", "> EH", ""]), at(3)), "\x08");
    assert_eq!(terminal.paint(&frame(&["", "> EH", ""]), at(0)), "\r");
    assert_eq!(terminal.paint(&frame(&["", "> EH", ""]), None), "\x1b[?25l");
}

#[test]
fn the_shortest_way_leads_to_a_cell() {
    let before = ["abcdefghijklmnop", "", "abcdefghijklmnop"];
    for (after, expected) in [
        (["abXdefghijklmnop", "", "abcdefghijklmnop"], "abX"),
        (["abcdefgXijklmnop", "", "abcdefghijklmnop"], "\x1b[7CX"),
        (["XbcdXfghijklmnop", "", "abcdefghijklmnop"], "XbcdX"),
        (["XbcdefghiXklmnop", "", "abcdefghijklmnop"], "X\x1b[8CX"),
        (["Xbcdefghijklmnop", "", "XXcdefghijklmnop"], "X\r\n\nXX"),
        (["Xbcdefghijklmnop", "", "aXcdefghijklmnop"], "X\r\n\naX"),
        (["abcdef", "", "abcdefghijklmnop"], "\x1b[6C\x1b[K"),
        (["abcdefghijklmnop", "", ""], "\r\n\n\x1b[K"),
    ] {
        let mut terminal = Terminal::new(COLUMNS, 3);
        terminal.paint(&frame(&before), Some(Position::ORIGIN));
        let octets = terminal.paint(&frame(&after), Some(Position::ORIGIN));
        let octets = octets.trim_end_matches("\x1b[H").trim_end_matches('\r');
        assert_eq!(octets, expected);
    }
}

#[test]
fn styles_change_with_few_octets() {
    let plain = Style::new();
    let table: &[(&[Style], &str)] = &[
        (&[plain.fg(Color::Green)], "\x1b[32mx\x1b[m"),
        (&[plain.fg(Color::DarkGray)], "\x1b[90mx\x1b[m"),
        (&[plain.bg(Color::Green)], "\x1b[42mx\x1b[m"),
        (&[plain.bg(Color::DarkGray)], "\x1b[100mx\x1b[m"),
        (&[plain.fg(Color::Indexed(2))], "\x1b[32mx\x1b[m"),
        (&[plain.fg(Color::Indexed(8))], "\x1b[90mx\x1b[m"),
        (&[plain.fg(Color::Indexed(200))], "\x1b[38;5;200mx\x1b[m"),
        (&[plain.bg(Color::Rgb(1, 2, 3))], "\x1b[48;2;1;2;3mx\x1b[m"),
        (&[plain.bold(), plain], "\x1b[1mx\x1b[mx"),
        (
            &[plain.bold(), plain.bold().green()],
            "\x1b[1mx\x1b[32mx\x1b[m",
        ),
        (
            &[plain.bold().green(), plain.green()],
            "\x1b[1;32mx\x1b[22mx\x1b[m",
        ),
        (
            &[plain.bold().green(), plain.dim()],
            "\x1b[1;32mx\x1b[0;2mx\x1b[m",
        ),
        (
            &[plain.green().on_dark_gray(), plain.green()],
            "\x1b[32;100mx\x1b[49mx\x1b[m",
        ),
    ];
    for (styles, expected) in table {
        let mut terminal = Terminal::new(COLUMNS, 1);
        terminal.paint(&frame(&[""]), Some(Position::ORIGIN));
        let mut styled = frame(&[""]);
        for (x, style) in (0..).zip(*styles) {
            styled.set_string(x, 0, "x", *style);
        }
        let end = Position::new(u16::try_from(styles.len()).unwrap(), 0);
        assert_eq!(terminal.paint(&styled, Some(end)), *expected);
    }
}

#[test]
fn the_colour_of_a_space_is_not_written() {
    let mut terminal = Terminal::new(COLUMNS, 1);
    terminal.paint(&frame(&[""]), Some(Position::ORIGIN));
    let mut styled = frame(&["a b c"]);
    styled.set_style(Rect::new(1, 0, 3, 1), Style::new().green().bold());
    let octets = terminal.paint(&styled, Some(Position::ORIGIN));
    assert_eq!(octets, "a \x1b[1;32mb \x1b[mc\r");
}

#[test]
fn lines_that_move_are_scrolled() {
    for (before, after, expected) in [
        (0, 2, Some((0, 8, 2))),
        (2, 0, Some((0, 8, -2))),
        (0, 5, Some((0, 8, 5))),
        (0, 0, None),
        (0, 10, None),
    ] {
        let grid = |first: u8| Grid::of(&numbered(first..first + 8));
        let expected = expected.map(|(top, bottom, by)| Scroll { top, bottom, by });
        assert_eq!(
            find(&grid(before), &grid(after)),
            expected,
            "{before} {after}"
        );
    }
}

#[test]
fn a_scroll_leaves_what_is_above_and_below_in_place() {
    let lines = |first: u8| {
        let middle = (first..first + 6).map(line);
        let all = [
            vec!["header".to_owned()],
            middle.collect(),
            vec!["> ".to_owned()],
        ]
        .concat();
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        frame(&all)
    };
    let cursor = Some(Position::new(2, 7));
    let mut terminal = Terminal::new(COLUMNS, ROWS);
    terminal.paint(&lines(0), cursor);
    let octets = terminal.paint(&lines(2), cursor);
    assert_eq!(
        octets,
        "\x1b[2;7r\x1b[7H\n\n\x1b[r\x1b[6H6 gggggggggggg\r\n7 hhhhhhhhhhhh\r\n> "
    );
    // Back again: lines come in at the top.
    let octets = terminal.paint(&lines(0), cursor);
    assert!(
        octets.starts_with("\x1b[2;7r\x1b[2H\x1bM\x1bM\x1b[r"),
        "{octets:?}"
    );
}

#[test]
fn a_region_begins_in_the_default_style() {
    let mut terminal = Terminal::new(COLUMNS, ROWS);
    let coloured = |first: u8| {
        let mut frame = numbered(first..first + 8);
        frame.set_style(frame.area, Style::new().on_green());
        frame
    };
    terminal.paint(&coloured(0), None);
    terminal.paint(&coloured(3), None);
    terminal.paint(&numbered(5..13), None);
}

#[test]
fn a_frame_of_another_size_and_one_after_forget_are_painted_whole() {
    let mut terminal = Terminal::new(COLUMNS, ROWS);
    terminal.paint(&numbered(0..8), None);
    terminal.paint(&numbered(0..4), None);
    terminal.painter.forget();
    terminal.model.process(b"\x1b[2;3r\x1b[44mnoise\x1b[?25h");
    let octets = terminal.paint(&numbered(0..4), None);
    assert!(
        octets.starts_with("\x1b[m\x1b[r\x1b[H\x1b[2J"),
        "{octets:?}"
    );
}

#[test]
fn a_cell_after_one_of_uncertain_width_is_addressed() {
    for text in ["日x", "e\u{301}x", "☎x", "ｶﾞx", "लx"] {
        let mut painter = Painter::default();
        let octets = painter.paint(&frame(&[text]), None);
        let octets = String::from_utf8(octets).unwrap();
        assert!(octets.contains("Hx"), "{octets:?}");
    }
    for text in ["éx", "жx", "│x", "▼x", "…x"] {
        let mut painter = Painter::default();
        let octets = String::from_utf8(painter.paint(&frame(&[text]), None)).unwrap();
        assert!(octets.contains(text), "{octets:?}");
    }
}

/// A style of those that [`model_color`] knows.
fn style() -> impl Strategy<Value = Style> {
    let color = prop_oneof![
        4 => Just(Color::Reset),
        1 => Just(Color::Green),
        1 => Just(Color::DarkGray),
        1 => Just(Color::Indexed(17)),
        1 => Just(Color::Rgb(1, 20, 255)),
    ];
    let modifier = prop_oneof![
        4 => Just(Modifier::empty()),
        1 => Just(Modifier::BOLD),
        1 => Just(Modifier::DIM),
        1 => Just(Modifier::REVERSED),
        1 => Just(Modifier::UNDERLINED | Modifier::BOLD),
        1 => Just(Modifier::ITALIC | Modifier::DIM),
    ];
    (color.clone(), color, modifier)
        .prop_map(|(fg, bg, modifier)| Style::new().fg(fg).bg(bg).add_modifier(modifier))
}

/// Pieces of text with a place and a style.
fn pieces() -> impl Strategy<Value = Vec<(u16, u16, String, Style)>> {
    vec((0..COLUMNS, 0..ROWS, "[a-c 日é本─]{0,12}", style()), 0..12)
}

fn cursors() -> impl Strategy<Value = Option<Position>> {
    proptest::option::of((0..COLUMNS, 0..ROWS).prop_map(|(x, y)| Position::new(x, y)))
}

fn draw(frame: &mut Buffer, pieces: &[(u16, u16, String, Style)]) {
    for (x, y, text, style) in pieces {
        frame.set_string(*x, *y, text, *style);
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_terminal_shows_each_frame(frames in vec((pieces(), cursors()), 1..6)) {
        let mut terminal = Terminal::new(COLUMNS, ROWS);
        for (pieces, cursor) in frames {
            let mut frame = frame(&[""; ROWS as usize]);
            draw(&mut frame, &pieces);
            terminal.paint(&frame, cursor);
        }
    }

    #[test]
    fn a_terminal_shows_lines_that_move(
        lines in pieces(),
        side in pieces(),
        shifts in vec((0..ROWS, 0..ROWS, -7_i16..8, pieces(), cursors()), 1..6),
    ) {
        let mut terminal = Terminal::new(COLUMNS, ROWS);
        let mut last = frame(&[""; ROWS as usize]);
        draw(&mut last, &lines);
        terminal.paint(&last, None);
        for (one, other, by, mut more, cursor) in shifts {
            let mut next = last.clone();
            for y in one.min(other)..=one.max(other) {
                let from = i32::from(y) + i32::from(by);
                let from = u16::try_from(from).ok().filter(|from| *from < ROWS);
                for x in 0..COLUMNS {
                    next[(x, y)] = from.map_or(Cell::EMPTY, |from| last[(x, from)].clone());
                }
            }
            more.truncate(2);
            draw(&mut next, &more);
            draw(&mut next, &side[..side.len().min(1)]);
            terminal.paint(&next, cursor);
            last = next;
        }
    }

    #[test]
    fn a_scroll_stays_on_the_screen(before in pieces(), after in pieces()) {
        let grid = |pieces: &[_]| {
            let mut frame = frame(&[""; ROWS as usize]);
            draw(&mut frame, pieces);
            Grid::of(&frame)
        };
        if let Some(scroll) = find(&grid(&before), &grid(&after)) {
            prop_assert!(scroll.top < scroll.bottom && scroll.bottom <= ROWS);
            prop_assert!(scroll.by != 0 && scroll.by.unsigned_abs() < scroll.bottom - scroll.top);
        }
    }
}
