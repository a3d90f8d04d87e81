//! Reading the transcript.

use std::io::Write;

use super::{begin_greeting, escape, leave, menu, scripted};
use crate::support::pty::Home;

#[test]
fn new_lines_do_not_scroll_a_paused_transcript() {
    let home = Home::new();
    let (mut console, mut server) = scripted(&home, 80, 12);
    begin_greeting(&mut server);
    console.wait_for("line 40");
    console.wait_for("follow ▼");
    console.key("PageUp");
    console.wait_for("paused, 0 new ▼ End");
    let before = console.wait_gone("line 40");
    server.write_all(b"220-line 41\r\n220-line 42\r\n").unwrap();
    let after = console.wait_for("paused, 2 new ▼ End");
    assert!(!after.contains("line 41"), "{after}");
    let transcript = |screen: &str| -> Vec<String> {
        screen.lines().skip(1).take(6).map(str::to_owned).collect()
    };
    assert_eq!(transcript(&before), transcript(&after));
    console.key("End");
    console.wait_for("line 42");
    console.wait_for("follow ▼");
    server.write_all(b"220-line 43\r\n").unwrap();
    console.wait_for("line 43");
}

#[test]
fn folds_a_long_reply() {
    let home = Home::new();
    let mut console = home.ehlo(&["--practice"]);
    console.wait_for("next: EHLO");
    console.enter("EHLO client.example");
    console.wait_for("250 STARTTLS");
    menu(&mut console, "z");
    let screen =
        console.wait_for("250-localhost Hello client.example  (+10 lines: Enter or z opens)");
    assert!(!screen.contains("250-PIPELINING"), "{screen}");
    menu(&mut console, "z");
    console.wait_for("250-PIPELINING");
    console.wait_gone("z opens");
    leave(console);
}

#[test]
fn shows_the_details_of_an_entry() {
    let home = Home::new();
    let (mut console, mut server) = scripted(&home, 80, 24);
    server.write_all(b"220 a\x1b[31mb\x07c\xff\x00d\n").unwrap();
    console.wait_for("next: EHLO");
    console.key("Esc");
    console.wait_for("Esc prompt");
    console.key("Enter");
    console.wait_for_all(&["received, ", "a␛[31mb␇c"]);
    escape(&mut console, "received, ");
    // Control characters from the server never reach the terminal.
    let raw = console.raw();
    for escape in [b"\x1b[31mb".as_slice(), b"\x07", b"\x00", b"\xff"] {
        assert!(
            !raw.windows(escape.len()).any(|octets| octets == escape),
            "{escape:?}"
        );
    }
}
