//! Keys as terminals send them, and what terminals send that is no key.

use super::leave;
use crate::support::pty::{EHLO, Home, Pty};

fn start(home: &Home, environment: &[(&str, &str)]) -> Pty {
    let console = home.run((80, 24), environment, EHLO, &["--practice"]);
    console.wait_for("next: EHLO");
    console
}

/// Empties the prompt and waits for that.
fn clear(console: &mut Pty, line: &str) {
    console.key("C-a");
    console.key("C-k");
    console.wait_gone(&format!("> {line}"));
}

#[test]
fn edits_a_line_with_the_keys_of_any_terminal() {
    let home = Home::new();
    let mut console = start(&home, &[]);
    // The terminal, the keys at the end of "NOOP xyz", the line.
    let table: &[(&str, &[u8], &str)] = &[
        ("st: Left, Delete", b"\x1b[D\x1b[P", "NOOP xy"),
        ("st: Home, Delete", b"\x1b[H\x1b[P", "OOP xyz"),
        (
            "urxvt: Ctrl-Left, Shift-Delete",
            b"\x1bOd\x1b[3$!",
            "NOOP !yz",
        ),
        ("urxvt: Alt-Left", b"\x1b\x1b[D!", "NOOP !xyz"),
        ("xterm: Alt-b", b"\x1bb!", "NOOP !xyz"),
        ("keypad", b"\x1bOp\x1bOy", "NOOP xyz09"),
        ("an unknown sequence", b"\x1b[?12;34z!", "NOOP xyz!"),
        ("an unknown number", b"\x1b[99;5~!", "NOOP xyz!"),
        (
            "a late colour",
            b"\x1b]11;rgb:ffff/ffff/ffff\x1b\\!",
            "NOOP xyz!",
        ),
        ("a late DCS", b"\x1bP>|XTerm(390)\x1b\\!", "NOOP xyz!"),
        ("late device attributes", b"\x1b[?64;1;2c!", "NOOP xyz!"),
    ];
    for (keys, octets, line) in table {
        console.type_text("NOOP xyz");
        console.wait_for("> NOOP xyz");
        console.send_raw(octets);
        let screen = console.wait_for(&format!("> {line}"));
        assert!(!screen.contains("Keys: type to filter"), "{keys}: {screen}");
        clear(&mut console, line);
    }
    leave(console);
}

#[test]
fn octets_of_latin_1_are_typed_or_reported() {
    let home = Home::new();
    let mut console = start(&home, &[]);
    console.send_raw(b"NOOP caf\xe9");
    console.wait_for_all(&["> NOOP caf", "octet E9 is not UTF-8"]);
    // The emulator does not show this character.
    let raw = String::from_utf8(console.raw()).unwrap();
    assert!(raw.contains(char::REPLACEMENT_CHARACTER), "{raw:?}");
    clear(&mut console, "NOOP");
    console.send_raw("NOOP café".as_bytes());
    console.wait_for("> NOOP café");
    clear(&mut console, "NOOP");
    leave(console);
    let home = Home::new();
    let mut console = start(&home, &[("LC_CTYPE", "de_DE.ISO-8859-1")]);
    console.send_raw(b"NOOP caf\xe9!");
    console.wait_for("> NOOP caf<U+00E9>!");
    clear(&mut console, "NOOP");
    leave(console);
}
