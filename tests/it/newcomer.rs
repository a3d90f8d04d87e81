//! Somebody who has never seen SMTP hands a message over by doing what the screen proposes, in few
//! keystrokes.

use ehlo::practice::{PASSWORD, USER};

use crate::support::pty::{Home, Pty};

/// The most keystrokes it may take, besides addresses.
const MOST: usize = 40;

/// A person at the keyboard, whose keystrokes are counted.
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

    /// Waits until this command is proposed, takes the proposal and sends it.
    fn follow(&mut self, proposed: &str) {
        self.console.wait_for(&format!("> {proposed}"));
        self.press("Tab");
        self.press("Enter");
    }

    /// Waits until this command is proposed, takes it, fills in the address, and closes and sends it.
    fn follow_with(&mut self, proposed: &str, address: &str) {
        self.console.wait_for(&format!("> {proposed}"));
        self.press("Tab");
        self.console.type_text(address);
        self.console.wait_for(&format!("{proposed}{address}>"));
        self.press("Tab");
        self.press("Enter");
    }
}

#[test]
fn a_message_is_handed_over_in_forty_keystrokes() {
    let home = Home::new();
    let console = home.ehlo(&["--practice"]);
    let mut newcomer = Newcomer {
        console,
        keystrokes: 0,
    };
    newcomer
        .console
        .wait_for("Tab takes the grey text; then Enter sends it");
    newcomer.follow("EHLO [127.0.0.1]");
    newcomer.follow("STARTTLS");
    newcomer.console.wait_for("caps:forgotten");
    newcomer.follow("EHLO [127.0.0.1]");
    // Behind AUTH Tab opens the form.
    newcomer.console.wait_for("> AUTH ");
    newcomer.press("Tab");
    newcomer.console.wait_for("Tab opens the login form");
    newcomer.press("Tab");
    let hint = format!("The practice server knows user {USER}, password {PASSWORD},");
    newcomer.console.wait_for(&hint);
    newcomer.write(USER);
    newcomer.press("Tab");
    newcomer.write(PASSWORD);
    newcomer.console.wait_for("Will go");
    newcomer.press("Enter");
    newcomer.console.wait_for("235 2.7.0");
    newcomer.follow_with("MAIL FROM:<", "alice@example.org");
    newcomer.follow_with("RCPT TO:<", "bob@example.org");
    newcomer.follow("DATA");
    newcomer.console.wait_for("next: the message");
    newcomer.write("Hi");
    newcomer.press("C-d");
    newcomer.console.wait_for("send the message?");
    newcomer.press("Enter");
    newcomer.console.wait_for("250 2.0.0 Ok: ");
    assert!(newcomer.keystrokes <= MOST, "{}", newcomer.keystrokes);
}
