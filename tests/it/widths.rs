//! Characters that terminals draw wider than they are counted: none reaches a cell, in no view.

use crossterm::event::KeyCode;
use ehlo::tui::Look;
use ratatui::text::Line;

use crate::screens::states;
use crate::support::model_terminal::ModelTerminal;
use crate::support::stage::{Stage, with_more};

const SIZES: [(u16, u16); 3] = [(120, 36), (80, 24), (40, 12)];

/// A flag, skin tones, a family that is joined, a keycap and a heart with a selector.
const WIDER: [&str; 5] = [
    "\u{1f1e9}\u{1f1ea}",
    "\u{1f44d}\u{1f3fd}",
    "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}",
    "1\u{fe0f}\u{20e3}",
    "\u{2764}\u{fe0f}",
];

#[test]
fn the_model_draws_them_wider() {
    for text in WIDER {
        let mut terminal = ModelTerminal::new(20, 3);
        let line = format!("{}{text}", "x".repeat(18));
        let (_, misplaced) = terminal.draw(|frame| {
            frame.render_widget(Line::from(line), frame.area());
        });
        assert!(!misplaced.is_empty(), "{text}");
    }
}

/// Views of what a user pastes, types or looks up.
fn more_states(text: &str) -> Vec<(&'static str, Stage)> {
    let look = Look::default();
    let add = |name, act: &dyn Fn(&mut Stage)| {
        let mut stage = Stage::greeted(look);
        stage.client("EHLO me.example");
        stage.server(b"250-mx.example.test\r\n250-AUTH PLAIN\r\n250 SIZE 1000\r\n");
        act(&mut stage);
        (name, stage)
    };
    vec![
        add("pasted", &|stage| {
            stage.paste(&format!("MAIL FROM:<{text}@b.example>"));
        }),
        add("pasted lines", &|stage| {
            stage.paste(&format!("MAIL FROM:<a@b.example>\r\nNOOP {text}\r\n"));
        }),
        add("sent", &|stage| {
            stage.paste(&format!("NOOP {text}"));
            stage.key(KeyCode::Enter);
            stage.server(b"250-a\r\n250 ok\r\n");
        }),
        add("message", &|stage| {
            stage.client("DATA");
            stage.server(b"354 go on\r\n");
            stage.paste(&format!("Subject: {text}\n{text}\n"));
            stage.type_text(text);
        }),
        add("search", &|stage| {
            stage.press("\u{1b}/");
            stage.paste(text);
            stage.key(KeyCode::Enter);
        }),
        add("form", &|stage| {
            stage.menu("n");
            stage.paste(text);
        }),
        add("server", &|stage| {
            stage.press(":connect ");
            stage.paste(&format!("{text}.example:25"));
            stage.key(KeyCode::Enter);
        }),
        add("palette", &|stage| {
            stage.type_text(":");
            stage.paste(text);
        }),
        add("pager", &|stage| stage.press("\u{1b}v")),
        add("line", &|stage| stage.press("\u{1b}x")),
        add("details", &|stage| stage.press("\u{1b}\n")),
        add("capabilities", &|stage| stage.key(KeyCode::F(2))),
    ]
}

#[test]
fn no_view_lets_them_through() {
    let all = WIDER.concat();
    let mut escaped = 0;
    // A part of the word, or a word.
    for gap in ["", " "] {
        escaped += with_more(&format!("{gap}{all}"), || escaped_states(&all));
    }
    assert!(escaped > 50, "{escaped} states show them");
}

/// Draws each state, and returns how many show the text.
fn escaped_states(all: &str) -> usize {
    let states = states(Look::default());
    let more = more_states(all);
    let mut escaped = 0;
    for (at, (name, mut stage)) in states.into_iter().chain(more).enumerate() {
        // Each state at one size, each size with many states.
        let (columns, rows) = SIZES[at % SIZES.len()];
        println!("{name} {columns}x{rows}");
        ModelTerminal::new(columns, rows).show(&mut stage);
        let screen = stage.screen(120, 36);
        assert!(!screen.contains(is_wider), "{screen}");
        escaped += usize::from(screen.contains("<U+1F1E9>"));
    }
    escaped
}

fn is_wider(character: char) -> bool {
    matches!(character, '\u{200d}' | '\u{fe0f}' | '\u{1f1e6}'..='\u{1f1ff}' | '\u{1f3fb}'..='\u{1f3ff}')
}
