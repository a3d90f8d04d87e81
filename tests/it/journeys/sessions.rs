//! Several sessions at once, and those kept on disk.

use ehlo::practice::{Mood, Options, Practice};

use super::{leave, menu};
use crate::support::pty::Home;

#[test]
fn a_flood_in_one_session_leaves_the_keys_of_another_alone() {
    let flood = Practice::spawn(Options {
        moods: [Mood::Flood].into_iter().collect(),
        ..Options::default()
    })
    .unwrap();
    let home = Home::new();
    let mut console = home.ehlo_sized(100, 30, &["--practice"]);
    console.wait_for("next: EHLO");
    console.enter("EHLO client.example");
    console.wait_for("EHLO ok");
    console.enter(&format!(":connect {}", flood.plain()));
    console.wait_for("1 [2]");
    console.wait_for("next: EHLO");
    console.enter("EHLO client.example");
    menu(&mut console, "1");
    console.wait_for("[1] 2");
    console.enter("MAIL FROM:<alice@example.org>");
    console.wait_for("250 2.1.0");
    console.enter("RCPT TO:<bob@example.org>");
    console.wait_for("RCPT 1");
    // Something came in the other session meanwhile.
    console.wait_for("2*");
    menu(&mut console, "2");
    console.wait_for("1 [2]");
    // Both are named before they are dropped.
    menu(&mut console, "q");
    console.wait_for("2 sessions are still open: ");
    console.type_text("q");
    assert_eq!(console.wait_exit(), 0);
}

#[test]
fn each_session_has_its_own_prompt_history_and_state() {
    let home = Home::new();
    let mut console = home.ehlo_sized(100, 30, &["--practice"]);
    console.wait_for("next: EHLO");
    console.enter("EHLO one.example");
    console.wait_for("EHLO ok");
    console.type_text("VRFY half-typed");
    menu(&mut console, "p");
    console.wait_for("1 [2]");
    console.wait_for("next: EHLO");
    let screen = console.screen();
    assert!(
        !screen.contains("half-typed") && !screen.contains("one.example"),
        "{screen}"
    );
    console.enter("EHLO two.example");
    console.wait_for("Hello two.example");
    menu(&mut console, "1");
    console.wait_for_all(&["> VRFY half-typed", "Hello one.example"]);
    console.key("C-u");
    console.enter(":session 2");
    console.wait_for("Hello two.example");
    console.enter(":close");
    console.wait_for("drop the session?");
    console.key("Enter");
    console.wait_for("Hello one.example");
    console.wait_gone("[1]");
    leave(console);
}

#[test]
fn kept_sessions_are_listed_opened_compared_and_deleted() {
    let home = Home::new();
    for name in ["first.example", "second.example"] {
        let mut console = home.ehlo_sized(100, 30, &["--practice"]);
        console.wait_for("next: EHLO");
        console.enter(&format!("EHLO {name}"));
        console.wait_for(&format!("Hello {name}"));
        console.enter("QUIT");
        console.wait_for("  closed");
        console.key("C-d");
        assert_eq!(console.wait_exit(), 0);
    }
    let mut console = home.ehlo_sized(100, 30, &["--practice"]);
    console.wait_for("next: EHLO");
    console.enter(":sessions");
    let screen = console.wait_for_all(&["Sessions", "^O 1", "practice:"]);
    // The open session is not listed again by its journal.
    let rows = |screen: &str| screen.matches("localhost:").count();
    assert!(
        rows(&screen) == 2 && !screen.contains("running"),
        "{screen}"
    );
    console.type_text("mx");
    console.wait_until("no row", |screen| rows(screen) == 0);
    console.key("C-u");
    console.wait_until("all rows", |screen| rows(screen) == 2);
    // Below the open session is the newest of the others.
    console.key("Down");
    console.key("Enter");
    console.wait_for_all(&["Hello second.example", "saved session, read-only"]);
    console.wait_for("1 [2]");
    console.type_text("q");
    console.wait_gone("[2]");
    console.enter(":sessions localhost");
    console.wait_until("the kept ones", |screen| rows(screen) == 2);
    console.key("Down");
    console.key("Delete");
    console.wait_for("delete it now");
    console.key("Delete");
    // The list stays as it was filtered, and another row is chosen.
    console.wait_until("one row less", |screen| rows(screen) == 1);
    console.wait_for(": localhost");
    console.key("Delete");
    console.wait_for("delete it now");
    console.key("Delete");
    console.wait_for("no session matches \"localhost\"");
    console.key("Esc");
    console.wait_gone("Sessions");
    leave(console);
}
