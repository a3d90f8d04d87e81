//! Keys of the user's own.

use super::leave;
use crate::support::pty::Home;

#[test]
fn a_bound_key_runs_its_command_and_the_help_follows() {
    let home = Home::new();
    let config = home.file(
        "config.toml",
        "[keys]\nbase64 = \"F5\"\nhelp = [\"F1\", \"M-h\"]\n",
    );
    let mut console = home.ehlo(&["--practice", "--config", &config]);
    console.wait_for("next: EHLO");
    console.send_raw(b"\x1b[15~");
    console.wait_for("Base64, masked");
    console.key("Esc");
    console.wait_gone("Base64, masked");
    console.key("M-h");
    console.wait_for("Keys");
    console.type_text("base64");
    console.wait_for_all(&["F5", "encode and decode base64"]);
    console.key("Esc");
    console.wait_gone("encode and decode base64");
    leave(console);
}

#[test]
fn texts_name_the_keys_of_the_user() {
    let home = Home::new();
    let config = home.file(
        "config.toml",
        "[keys]\nend-message = \"F6\"\nquit = \"F8\"\n",
    );
    let mut console = home.ehlo(&["--practice", "--config", &config]);
    console.wait_for("next: EHLO");
    console.enter(":close");
    console.wait_for("drop the session?");
    console.key("Enter");
    console.wait_for("F8 leaves ehlo");
    console.enter(":compose");
    console.wait_for_all(&["F6 send the message", "not sent yet: F6 sends DATA"]);
    console.key("Esc");
    console.wait_for("next: EHLO");
    console.send_raw(b"\x1b[19~");
    console.wait_for("Leave?");
    console.type_text("q");
    assert_eq!(console.wait_exit(), 0);
}

#[test]
fn a_wrong_binding_is_refused_with_its_line() {
    let home = Home::new();
    for (line, words) in [
        (
            "bse64 = \"F5\"",
            "unknown command \"bse64\" (did you mean base64?)",
        ),
        ("base64 = \"F55\"", "unknown key \"F55\" for base64"),
        ("base64 = 5", "expected a key as in"),
        ("base64 = \"^I\"", "\"^I\" is the same as Tab in a terminal"),
        ("base64 = \"^H\"", "the same as Backspace"),
        (
            "send = []",
            "send needs a key: without it no line can be sent",
        ),
    ] {
        let config = home.file("config.toml", format!("wrap = true\n[keys]\n{line}\n"));
        let mut console = home.ehlo(&["--practice", "--config", &config]);
        assert_eq!(console.wait_exit(), 2);
        let screen = console.screen().replace('\n', "");
        assert!(screen.contains("config.toml:3: "), "{screen}");
        let flat = |text: &str| text.split_whitespace().collect::<String>();
        assert!(flat(&screen).contains(&flat(words)), "{screen}");
    }
}
