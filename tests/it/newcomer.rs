//! A newcomer sends a message by following the suggestions on the screen, in few keystrokes.

use ehlo::practice::{PASSWORD, USER};

use crate::support::pty::{Home, Pty};

/// The most keystrokes allowed, not counting addresses.
const MOST: usize = 30;

/// A user at the keyboard, whose keystrokes are counted.
struct Newcomer {
    console: Pty,
    keystrokes: usize,
}

impl Newcomer {
    fn press(&mut self, key: &str) {
        self.console.key(key);
        self.keystrokes += 1;
    }

    fn write(&mut self, text: &str) {
        self.console.type_text(text);
        self.keystrokes += text.chars().count();
    }

    /// Waits until this command is suggested, accepts it and sends it.
    fn follow(&mut self, suggested: &str) {
        self.console.wait_for(&format!("> {suggested}"));
        self.press("Tab");
        self.press("Enter");
    }
}

#[test]
fn newcomer_sends_a_message_in_thirty_keystrokes() {
    let home = Home::new();
    let console = home.ehlo(&["--practice"]);
    let mut newcomer = Newcomer {
        console,
        keystrokes: 0,
    };
    newcomer
        .console
        .wait_for("Tab accepts the ghost text, then Enter sends it");
    newcomer.follow("EHLO [127.0.0.1]");
    newcomer.follow("STARTTLS");
    newcomer.console.wait_for("caps:expired");
    newcomer.follow("EHLO [127.0.0.1]");
    // AUTH alone would be refused: Tab opens the login form.
    newcomer.console.wait_for("> AUTH PLAIN");
    newcomer.console.wait_for("Tab opens the login form");
    newcomer.press("Tab");
    let hint = format!("The practice server knows user {USER}, password {PASSWORD},");
    newcomer.console.wait_for(&hint);
    newcomer.write(PASSWORD);
    newcomer.console.wait_for("To be sent");
    newcomer.press("Enter");
    newcomer.console.wait_for("235 2.7.0");
    newcomer.follow("MAIL FROM:<me@example.org>");
    newcomer.follow("RCPT TO:<me@example.org>");
    newcomer.follow("DATA");
    newcomer.console.wait_for("next: the message");
    newcomer.write("Hi");
    newcomer.press("C-d");
    newcomer.console.wait_for("Send the message?");
    newcomer.press("Enter");
    newcomer.console.wait_for("250 2.0.0 Ok: ");
    assert!(newcomer.keystrokes <= MOST, "{}", newcomer.keystrokes);
}
