//! Every command of the table: the palette, its key and the menu run the same.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ehlo::tui::{Command, Look, Message, commands};

use crate::mouse::click;
use crate::support::stage::Stage;

/// What a user sees and what has happened outside after a command.
fn result(stage: &mut Stage) -> (String, Vec<u8>, bool, bool, Vec<u8>) {
    let screen = stage.screen(120, 36);
    let sent = std::mem::take(&mut stage.wire_octets);
    let copied = stage.clipboard.clone();
    (screen, sent, stage.has_quit, stage.disconnected(), copied)
}

fn ready() -> Stage {
    let mut stage = Stage::greeted(Look::default());
    stage.model.preferences.mouse = true;
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

/// A key of the table as an event.
fn event(key: &str) -> KeyEvent {
    let plain = |code| KeyEvent::new(code, KeyModifiers::NONE);
    let mut letters = key.chars();
    match (letters.next(), letters.next(), key) {
        (Some('^'), Some(letter), _) => {
            let code = KeyCode::Char(letter.to_ascii_lowercase());
            KeyEvent::new(code, KeyModifiers::CONTROL)
        }
        (.., "Down") => plain(KeyCode::Down),
        (.., "End") => plain(KeyCode::End),
        (.., "Enter") => plain(KeyCode::Enter),
        (.., "Esc") => plain(KeyCode::Esc),
        (.., "Home") => plain(KeyCode::Home),
        (.., "PgDn") => plain(KeyCode::PageDown),
        (.., "PgUp") => plain(KeyCode::PageUp),
        (.., "Tab") => plain(KeyCode::Tab),
        (.., "Up") => plain(KeyCode::Up),
        (Some('F'), Some(digit), _) => plain(KeyCode::F(digit as u8 - b'0')),
        (Some(letter), None, _) => plain(KeyCode::Char(letter)),
        _ => panic!("{key}"),
    }
}

#[test]
fn a_key_in_the_transcript_runs_the_same_as_the_palette() {
    // The second reply is refused, and a line of it is chosen.
    let browsing = || {
        let mut stage = ready();
        stage.client("VRFY alice");
        stage.server(b"550-no\r\n550 such user\r\n");
        stage.sent();
        stage.screen(120, 36);
        stage.press("\u{1b}k");
        stage
    };
    let narrowed = || {
        let mut stage = browsing();
        stage.press("f");
        stage
    };
    let searched = || {
        let mut stage = browsing();
        stage.press("/mx\n");
        stage
    };
    let mut count = 0;
    for command in commands() {
        for (place, key) in command.keys {
            let state: &dyn Fn() -> Stage = match (place.name(), command.name) {
                ("transcript", "search-next" | "search-back") => &searched,
                ("transcript", _) => &browsing,
                ("some lines only", _) => &narrowed,
                _ => continue,
            };
            count += 1;
            let mut pressed = state();
            pressed.message(Message::Key(event(key)));
            let mut named = state();
            named.press(&format!(":{}\n", command.name));
            assert_eq!(
                result(&mut pressed),
                result(&mut named),
                "{} {key}",
                command.name
            );
        }
    }
    assert!(count > 35, "{count}");
}

#[test]
fn every_command_is_found_by_its_name() {
    for command in commands() {
        let mut stage = ready();
        stage.press(":");
        stage.type_text(command.name);
        let screen = stage.screen(120, 36);
        let mut rows = screen.lines().skip_while(|row| !row.contains("│ : "));
        let first = rows.nth(1).unwrap_or_default();
        let name = first.trim_start_matches([' ', '│']).split(' ').next();
        assert_eq!(name, Some(command.name), "{screen}");
        // It runs, or says why it cannot.
        let before = stage.model.session.popups.len();
        stage.key(KeyCode::Enter);
        let after = stage.screen(120, 36);
        assert!(
            stage.model.session.popups.len() < before || after != screen || command.takes_path(),
            "{}",
            command.name
        );
    }
}

#[test]
fn a_click_in_the_menu_runs_the_same_as_its_letter() {
    for command in commands() {
        let Some(item) = command.menu else { continue };
        let mut clicked = ready();
        clicked.control('o');
        click(&mut clicked, &format!(" {}  {}", item.letter, item.words));
        let mut pressed = ready();
        pressed.menu(&item.letter.to_string());
        let name = command.name;
        assert_eq!(result(&mut clicked), result(&mut pressed), "{name}");
    }
}

#[test]
fn a_click_in_the_palette_runs_the_same_as_enter() {
    for command in commands() {
        let mut clicked = ready();
        clicked.press(":");
        clicked.type_text(command.name);
        let name = format!("{} {}", command.name, command.argument);
        click(&mut clicked, &format!("{name:<20} {}", &command.title[..8]));
        let mut named = by_name(command);
        assert_eq!(result(&mut clicked), result(&mut named), "{}", command.name);
    }
}

#[test]
fn enter_twice_in_the_palette_is_harmless_whatever_was_used() {
    for command in commands() {
        let mut stage = ready();
        stage.model.used = vec![command.action];
        let connection = stage.model.session.connection.number;
        stage.press(":");
        let first = stage.screen(120, 36);
        stage.press("\n\n");
        let name = command.name;
        assert_eq!(stage.sent(), "", "{name}:\n{first}");
        assert!(!stage.disconnected() && !stage.has_quit, "{name}:\n{first}");
        assert_eq!(stage.model.sessions().count(), 1, "{name}:\n{first}");
        assert_eq!(stage.model.session.connection.number, connection, "{name}");
    }
}
