//! Copying, with programs for the clipboard of a display, and through GNU screen.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::leave;
use crate::support::pty::{EHLO, Home, Pty};

/// A console with these programs in its path, which copies the greeting.
fn copy(home: &Home, programs: &[(&str, &str)], environment: &[(&str, &str)]) -> Pty {
    for (name, script) in programs {
        let path = home.file(&format!("bin/{name}"), format!("#!/bin/sh\n{script}\n"));
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let path = std::env::var("PATH").unwrap();
    let path = format!("{}:{path}", home.path().join("bin").display());
    let environment = [&[("PATH", path.as_str())], environment].concat();
    let mut console = home.run((80, 24), &environment, EHLO, &["--practice"]);
    console.wait_for("next: EHLO");
    console.key("Esc");
    console.wait_for("BROWSE");
    console.type_text("y");
    console
}

#[test]
fn copies_with_a_program_if_there_is_a_display() {
    let takes = r#"cat > "$HOME/copied""#;
    let fails = "exit 1";
    let hangs = "exec sleep 60";
    let wayland = [("WAYLAND_DISPLAY", "w"), ("DISPLAY", ":0")];
    // The programs, the environment, what is said.
    let table: &[(&[(&str, &str)], &[(&str, &str)], &str)] = &[
        (&[("wl-copy", takes)], &wayland, "copied with wl-copy"),
        (
            &[("wl-copy", fails), ("xclip", takes)],
            &wayland,
            "copied with xclip",
        ),
        (
            &[("wl-copy", hangs), ("xclip", takes)],
            &wayland,
            "copied with xclip",
        ),
        (
            &[("xclip", fails), ("xsel", takes)],
            &[("DISPLAY", ":0")],
            "copied with xsel",
        ),
        (
            &[("xclip", fails), ("xsel", fails)],
            &[("DISPLAY", ":0")],
            "sent to the terminal (OSC 52)",
        ),
        (&[("xclip", takes)], &[], "sent to the terminal (OSC 52)"),
    ];
    for (programs, environment, words) in table {
        let home = Home::new();
        let mut console = copy(&home, programs, environment);
        console.wait_for(words);
        let copied = fs::read_to_string(home.path().join("copied")).unwrap_or_default();
        assert_eq!(!copied.is_empty(), words.starts_with("copied"), "{copied}");
        console.key("Esc");
        console.wait_gone("BROWSE");
        leave(console);
    }
}

#[test]
fn copies_through_gnu_screen() {
    let home = Home::new();
    let mut console = copy(&home, &[], &[("STY", "1.tty.host"), ("TERM", "screen")]);
    console.wait_for("sent through GNU screen (OSC 52)");
    let raw = String::from_utf8_lossy(&console.raw()).into_owned();
    assert!(raw.contains("\x1bP\x1b]52;c;"), "{raw:?}");
    console.key("Esc");
    console.wait_gone("BROWSE");
    leave(console);
}
