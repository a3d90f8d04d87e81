//! Clicks, where a click is expected: they do what the key beside them does.

use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ehlo::tui::{Look, Message};

use crate::screens::states;
use crate::support::stage::Stage;

/// Clicks where this text is on a screen of 120x36, and returns the screen after it.
#[track_caller]
pub fn click(stage: &mut Stage, text: &str) -> String {
    stage.model.preferences.mouse = true;
    click_at(stage, text)
}

#[track_caller]
fn click_at(stage: &mut Stage, text: &str) -> String {
    let screen = stage.screen(120, 36);
    let found = screen.lines().enumerate().find_map(|(row, line)| {
        let at = line.find(text)?;
        Some((line[..at].chars().count(), row))
    });
    let (column, row) = found.unwrap_or_else(|| panic!("no {text:?}:\n{screen}"));
    stage.message(Message::Mouse(MouseEvent {
        kind: MouseEventKind::Down(MouseButton::Left),
        column: u16::try_from(column).unwrap(),
        row: u16::try_from(row).unwrap(),
        modifiers: KeyModifiers::NONE,
    }));
    stage.screen(120, 36)
}

#[test]
fn clicks_do_what_the_keys_do() {
    let mut stage = Stage::greeted(Look::default());
    // A hint of the bottom line, then a row of the menu, then a row of the list.
    assert!(click(&mut stage, "^O menu").contains("Write and send"));
    assert!(click(&mut stage, "all commands by name").contains("Commands"));
    assert!(click(&mut stage, "all keys, or the manual").contains("Keys"));
    let mut stage = Stage::greeted(Look::default());
    stage.press(":base64");
    assert!(click(&mut stage, "encode and decode base64").contains("Base64, masked"));
    assert!(!click(&mut stage, "Esc close").contains("Base64, masked"));
    // An answer of a question.
    stage.control('d');
    stage.shows("Leave?");
    click(&mut stage, "drop the connection and leave");
    assert!(stage.has_quit);
}

#[test]
fn a_click_inserts_a_completion() {
    let mut stage = Stage::greeted(Look::default());
    stage.type_text("MAIL FROM:<a@b.example> ");
    stage.key(crossterm::event::KeyCode::BackTab);
    click(&mut stage, "BODY=             which");
    let line = stage.model.session.prompt.command.text().to_owned();
    assert_eq!(line, "MAIL FROM:<a@b.example> BODY=");
    // A row that the list had to be scrolled for.
    let mut stage = Stage::greeted(Look::default());
    stage.type_text("MAIL FROM:<a@b.example> ");
    stage.key(crossterm::event::KeyCode::BackTab);
    stage.key(crossterm::event::KeyCode::Up);
    let screen = stage.screen(120, 36);
    let chosen = screen
        .lines()
        .find_map(|row| row.trim_start().strip_prefix("> "));
    let name = chosen
        .unwrap()
        .split_whitespace()
        .next()
        .unwrap()
        .to_owned();
    click(&mut stage, &format!("> {name}"));
    let line = stage.model.session.prompt.command.text().to_owned();
    assert_eq!(line, format!("MAIL FROM:<a@b.example> {name}"));
}

#[test]
fn a_click_chooses_a_line_and_a_second_one_opens_it() {
    let mut stage = Stage::greeted(Look::default());
    assert!(click(&mut stage, "220 mx.example.test").contains("BROWSE"));
    assert!(click(&mut stage, "220 mx.example.test").contains("received, "));
    // What a popup covers cannot be clicked.
    click(&mut stage, "received, ");
    assert_eq!(stage.model.session.popups.len(), 1);
}

#[test]
fn a_click_anywhere_is_harmless() {
    for (name, mut stage) in states(Look::default()) {
        stage.model.preferences.mouse = true;
        stage.draw(80, 24);
        let (left, quit) = (stage.disconnected(), stage.has_quit);
        for (column, row) in [(0, 0), (79, 23), (79, 0), (200, 200)] {
            stage.message(Message::Mouse(MouseEvent {
                kind: MouseEventKind::Down(MouseButton::Left),
                column,
                row,
                modifiers: KeyModifiers::NONE,
            }));
        }
        assert_eq!(
            (stage.disconnected(), stage.has_quit),
            (left, quit),
            "{name}"
        );
    }
}

/// A program that crashed may have left the terminal reporting the mouse.
#[test]
fn a_click_does_nothing_while_the_mouse_is_off() {
    let mut stage = Stage::greeted(Look::default());
    assert!(!click_at(&mut stage, "220 mx.example.test").contains("BROWSE"));
    assert!(!click_at(&mut stage, "^O menu").contains("Write and send"));
}
