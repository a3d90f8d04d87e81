//! `:quote` in the console: after a refused login, hidden, with the place that ate a part.

use crossterm::event::KeyCode;
use ehlo::tui::Look;

use crate::support::stage::Stage;

#[test]
fn after_a_refused_login_the_popup_names_the_place_and_copies_the_literal() {
    let mut stage = Stage::connected(Look::default());
    stage.server(b"220 mx\r\n");
    stage.client("EHLO vm.example.net");
    stage.server(b"250-mx\r\n250 AUTH PLAIN\r\n");
    // The application has sent 10 characters: NUL alice NUL wonderland.
    stage.client("AUTH PLAIN AGFsaWNlAHdvbmRlcmxhbmQ=");
    stage.control('y');
    stage.server(b"535 5.7.8 Error: authentication failed\r\n");
    stage.shows(":quote finds what a shell or a file makes of your password");
    stage.key(KeyCode::Esc);
    stage.press(":quote\n");
    stage.shows("10 characters: 10 lowercase");
    stage.type_text("wonderland#123");
    stage.shows("exactly that is made by each of these");
    stage.shows("git, without quotes: # or ; begins a comment");
    stage.hides("wonderland");
    stage.hides("#123");
    // The places are a list; what is to be written is shown only on request.
    stage.key(KeyCode::Enter);
    for _ in [
        "zsh",
        "fish",
        "powershell",
        "cmd",
        "dotenv",
        "compose",
        "git",
    ] {
        stage.key(KeyCode::Down);
    }
    stage.shows("a configuration file of git");
    stage.hides("wonderland#123");
    stage.press("r");
    stage.shows("\"wonderland#123\"");
    stage.press("r");
    stage.hides("wonderland#123");
    stage.key(KeyCode::Enter);
    assert_eq!(stage.clipboard, b"\"wonderland#123\"");
    stage.hides("What arrives of a password");
    assert!(stage.history.iter().all(|line| !line.contains("wonder")));
}

#[test]
fn what_cannot_be_read_or_written_is_said() {
    let mut stage = Stage::greeted(Look::default());
    stage.press(":quote\n");
    stage.shows("It stays here and is not sent");
    stage.type_text("won\"der");
    stage.key(KeyCode::Tab);
    stage.type_text("ten");
    stage.shows("arrived: a number");
    stage.key(KeyCode::Enter);
    for _ in ["zsh", "fish", "powershell", "cmd"] {
        stage.key(KeyCode::Down);
    }
    stage.key(KeyCode::Enter);
    stage.shows("cmd cannot hold");
    assert!(stage.clipboard.is_empty());
}

#[test]
fn no_blank_of_a_literal_is_lost_where_its_row_ends() {
    let mut stage = Stage::greeted(Look::default());
    stage.press(":quote\n");
    // At 40 columns the blanks are where a row of the literal ends.
    let password = format!("{}   {}", "a".repeat(34), "b".repeat(5));
    stage.type_text(&password);
    stage.key(KeyCode::Enter);
    stage.press("r");
    let screen = stage.screen(40, 24);
    let inside = |row: &str| row.get(4..)?.strip_suffix(" │").map(str::to_owned);
    let rows: Vec<String> = screen.lines().filter_map(inside).collect();
    let at = rows.iter().position(|row| row.contains("aaa")).unwrap();
    let literal = format!("{}{}", rows[at], rows[at + 1]);
    assert!(literal.contains(&format!("'{password}'")), "{screen}");
}
