//! Every command of the table: the palette, its key and the menu run the same.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ehlo::tui::{Command, Look, Message, commands};

use crate::support::stage::Stage;

/// What a user sees and what has happened outside after a command.
fn result(stage: &mut Stage) -> (String, Vec<u8>, bool, bool, Vec<u8>) {
    let screen = stage.screen(120, 36);
    let sent = std::mem::take(&mut stage.wire_octets);
    let copied = stage.clipboard.clone();
    (screen, sent, stage.has_quit, stage.disconnected, copied)
}

fn ready() -> Stage {
    let mut stage = Stage::greeted(Look::default());
    stage.client("EHLO me.example");
    stage.server(b"250-mx.example.test\r\n250 AUTH PLAIN\r\n");
    stage.wire_octets.clear();
    stage
}

fn by_name(command: &Command) -> Stage {
    let mut stage = ready();
    stage.type_text(":");
    stage.type_text(command.name);
    stage.screen(120, 36);
    stage.key(KeyCode::Enter);
    stage
}

#[test]
fn menu_and_palette_run_the_same() {
    let mut count = 0;
    for command in commands() {
        let Some(item) = command.menu else { continue };
        count += 1;
        let mut named = by_name(command);
        let mut chosen = ready();
        chosen.menu(&item.letter.to_string());
        assert_eq!(result(&mut chosen), result(&mut named), "{}", command.name);
    }
    assert!(count > 20, "{count}");
}

#[test]
fn a_key_runs_the_same_as_the_palette() {
    // At an empty prompt, which is where the palette is opened.
    let event = |key: &str| {
        let mut letters = key.chars();
        let (code, modifiers) = match (letters.next()?, letters.next()) {
            ('^', Some(letter)) => {
                let letter = letter.to_ascii_lowercase();
                (KeyCode::Char(letter), KeyModifiers::CONTROL)
            }
            ('F', Some(_)) => (KeyCode::F(key[1..].parse().ok()?), KeyModifiers::NONE),
            (letter, None) => (KeyCode::Char(letter), KeyModifiers::NONE),
            _ => return None,
        };
        Some(KeyEvent::new(code, modifiers))
    };
    let mut count = 0;
    for command in commands() {
        let keys = command.keys.iter();
        let at_prompt = keys.filter(|(place, _)| matches!(place.name(), "prompt" | "empty prompt"));
        for key in at_prompt.filter_map(|(_, key)| event(key)) {
            count += 1;
            let mut named = by_name(command);
            let mut pressed = ready();
            pressed.message(Message::Key(key));
            assert_eq!(result(&mut pressed), result(&mut named), "{}", command.name);
        }
    }
    assert!(count > 8, "{count}");
}

#[test]
fn enter_twice_in_the_palette_is_harmless_whatever_was_used() {
    for command in commands() {
        let mut stage = ready();
        stage.model.used = vec![command.action];
        stage.press(":");
        let first = stage.screen(120, 36);
        stage.press("\n\n");
        let name = command.name;
        assert_eq!(stage.sent(), "", "{name}:\n{first}");
        assert!(!stage.disconnected && !stage.has_quit, "{name}:\n{first}");
    }
}
