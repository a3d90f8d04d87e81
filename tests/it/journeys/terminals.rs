//! Terminals of any size, with and without mouse, colour and Unicode.

use std::io::Write;
use std::time::Duration;

use super::{begin_greeting, escape, leave, menu, scripted};
use crate::support::pty::{EHLO, Home, Pty};

/// Terminal sizes, down to a single cell.
const SIZES: [(u16, u16); 7] = [
    (120, 36),
    (40, 12),
    (30, 6),
    (20, 5),
    (10, 3),
    (5, 2),
    (1, 1),
];

/// Resizes to each size and back to 80x24. After each change the screen must not be empty.
fn resize_through_all_sizes(console: &Pty) {
    for (columns, rows) in SIZES.into_iter().chain([(80, 24)]) {
        console.resize(columns, rows);
        console.wait_until("something", |screen| !screen.trim().is_empty());
    }
}

#[test]
fn survives_any_size() {
    let home = Home::new();
    let mut console = home.ehlo(&["--practice"]);
    console.wait_for("next: EHLO");
    resize_through_all_sizes(&console);
    console.wait_for("next: EHLO");
    console.enter("EHLO client.example");
    console.wait_for("EHLO ok");
    // With a half-typed line, with popups, and with a half-written message.
    console.type_text("MAIL FROM:<a@b.example>");
    resize_through_all_sizes(&console);
    console.wait_for("> MAIL FROM:<a@b.example>");
    console.key("Enter");
    console.wait_for("MAIL ok");
    for (open, title) in [("?", "Keys"), (":", "Commands")] {
        console.type_text(open);
        console.wait_for(title);
        resize_through_all_sizes(&console);
        escape(&mut console, title);
    }
    for (letter, title) in [("n", "Or choose"), ("c", "Session"), ("q", "Leave?")] {
        menu(&mut console, letter);
        console.wait_for(title);
        resize_through_all_sizes(&console);
        escape(&mut console, title);
    }
    console.enter("RCPT TO:<bob@localhost>");
    console.enter("DATA");
    console.wait_for("next: the message");
    console.enter("Subject: x");
    console.type_text(".half");
    resize_through_all_sizes(&console);
    console.wait_for("| Subject: x");
    console.wait_for("+..half");
    console.key("C-d");
    console.wait_for("Send the message?");
    resize_through_all_sizes(&console);
    console.wait_for("2 lines, 20 octets, 1 dot-stuffed.");
    console.key("Enter");
    console.wait_for("kept in memory");
    leave(console);
}

#[test]
fn starts_on_a_small_screen() {
    for (columns, rows) in SIZES {
        let home = Home::new();
        let mut console = home.ehlo_sized(columns, rows, &["--practice"]);
        console.wait_until("something", |screen| !screen.trim().is_empty());
        // Keys work even if the prompt is not visible.
        console.type_text("NOOP small");
        console.resize(80, 24);
        console.wait_for("next: EHLO");
        console.wait_for("> NOOP small");
        console.key("Enter");
        console.wait_for("250 2.0.0");
        leave(console);
    }
}

#[test]
fn shows_what_fits_at_each_size() {
    let home = Home::new();
    for ((columns, rows), there) in [
        (
            (120, 36),
            ["CAPABILITIES", "next: EHLO", "^O menu", "220 localhost"].as_slice(),
        ),
        (
            (80, 24),
            &["next: EHLO", "^O menu", "? help", "220 localhost"],
        ),
        (
            (40, 12),
            &["next: EHLO", "^O menu", "? help", "220 localhost"],
        ),
        ((30, 6), &["next: EHLO", "follow", "220 local", ">"]),
        ((20, 5), &["follow", "220", ">"]),
        ((9, 2), &["too small"]),
    ] {
        let mut console = home.ehlo_sized(columns, rows, &["--practice"]);
        for words in there {
            console.wait_for(words);
        }
        console.key("C-d");
        console.type_text("q");
        assert_eq!(console.wait_exit(), 0);
    }
}

/// Waits until more has been drawn.
fn wait_for_more(console: &Pty, seen: usize) {
    console.wait_until("more on it", |_| console.raw().len() > seen);
}

#[test]
fn draws_a_part_of_a_window_that_is_too_large() {
    let home = Home::new();
    let mut console = home.ehlo(&["--practice"]);
    console.wait_for("next: EHLO");
    for (columns, rows) in [
        (u16::MAX, u16::MAX),
        (u16::MAX, 24),
        (80, u16::MAX),
        (u16::MAX, 1),
        (1, u16::MAX),
    ] {
        let seen = console.raw().len();
        console.resize_unseen(columns, rows);
        wait_for_more(&console, seen);
        console.resize(80, 24);
        // If the program saw no other size in between, it has nothing to draw.
        console.key("C-l");
        console.wait_for("next: EHLO");
    }
    let status = std::fs::read_to_string(format!("/proc/{}/status", console.pid())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = peak.unwrap().trim().strip_suffix(" kB").unwrap();
    assert!(kib.parse::<u32>().unwrap() < 512 * 1024, "{kib} KiB");
    console.enter("NOOP");
    console.wait_for("250 2.0.0");
    leave(console);
}

#[test]
fn starts_in_a_window_that_is_too_large() {
    let home = Home::new();
    let shell = r#"stty rows 65535 cols 65535; exec "$0" "$@""#;
    let console = home.run((80, 24), &[], "sh", &["-c", shell, EHLO, "--practice"]);
    console.wait_until("something", |screen| !screen.trim().is_empty());
    console.resize(80, 24);
    console.wait_for("next: EHLO");
    leave(console);
}

#[test]
fn uses_the_environment_or_80x24_without_a_size() {
    let home = Home::new();
    let shell = r#"stty rows 0 cols 0; exec "$0" "$@""#;
    let footer = |rows: usize| {
        move |screen: &str| {
            let at = screen.lines().position(|line| line.contains("^O menu"));
            screen.contains("next: EHLO") && at == Some(rows - 1)
        }
    };
    for (environment, rows) in [
        ([].as_slice(), 24),
        (&[("COLUMNS", "70"), ("LINES", "20")], 20),
        (&[("COLUMNS", "0"), ("LINES", "many")], 24),
    ] {
        let arguments = ["-c", shell, EHLO, "--practice"];
        let mut console = home.run((80, 24), environment, "sh", &arguments);
        console.wait_until("the footer at its foot", footer(rows));
        // As soon as the terminal reports a size, that size is used.
        console.resize(80, 16);
        console.wait_until("the footer of 16 rows", footer(16));
        let seen = console.raw().len();
        console.resize_unseen(0, 0);
        wait_for_more(&console, seen);
        console.resize(90, 22);
        console.wait_until("the footer of 22 rows", footer(22));
        console.enter("NOOP");
        console.wait_for("250 2.0.0");
        leave(console);
    }
}

#[test]
fn captures_the_mouse_only_on_request() {
    let home = Home::new();
    let (mut console, mut server) = scripted(&home, 80, 12);
    begin_greeting(&mut server);
    server.write_all(b"220 the end\r\n").unwrap();
    console.wait_for("the end");
    let mode = |console: &Pty| console.look(vt100::Screen::mouse_protocol_mode);
    assert_eq!(mode(&console), vt100::MouseProtocolMode::None);
    menu(&mut console, "m");
    console.wait_for("  mouse");
    assert_eq!(mode(&console), vt100::MouseProtocolMode::PressRelease);
    // The mouse wheel, up and down.
    console.send_raw(b"\x1b[<64;10;5M");
    console.wait_for("paused, 0 new");
    console.send_raw(b"\x1b[<65;10;5M");
    console.wait_for("follow ▼");
    menu(&mut console, "m");
    console.wait_gone("  mouse");
    assert_eq!(mode(&console), vt100::MouseProtocolMode::None);
}

#[test]
fn draws_only_ascii_on_request() {
    let home = Home::new();
    let run = |environment: &[(&str, &str)], options: &[&str]| {
        home.run(
            (120, 36),
            environment,
            EHLO,
            &[&["--practice"], options].concat(),
        )
    };
    for (mut console, ascii) in [
        (run(&[], &["--ascii"]), true),
        (run(&[("LANG", "C")], &[]), true),
        (run(&[], &[]), false),
    ] {
        console.wait_for("next: EHLO");
        console.enter("EHLO client.example");
        console.wait_for("EHLO ok");
        console.enter("MAIL FROM:<ü@b.example>");
        console.enter("RCPT TO:<nobody@localhost>");
        console.wait_for("<** 5");
        console.type_text("?");
        console.wait_for("Keys");
        escape(&mut console, "Keys");
        assert_eq!(console.raw().is_ascii(), ascii, "{}", console.screen());
        leave(console);
    }
}

/// The parameters of all "select graphic rendition" sequences.
fn renditions(raw: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(raw);
    let ends = |c: char| !c.is_ascii_digit() && c != ';';
    text.split("\x1b[")
        .skip(1)
        .filter_map(|sequence| sequence.split_once('m'))
        .filter(|(parameters, _)| !parameters.contains(ends))
        .flat_map(|(parameters, _)| parameters.split(';'))
        .map(str::to_owned)
        .collect()
}

#[test]
fn draws_colour_only_if_wanted() {
    let home = Home::new();
    for (environment, options, coloured) in [
        ([("NO_COLOR", "1")].as_slice(), [].as_slice(), false),
        (&[("TERM", "vt100")], &[], false),
        (&[], &["--color", "never"], false),
        (&[("NO_COLOR", "")], &[], true),
        (&[("NO_COLOR", "1")], &["--color", "always"], true),
        (&[], &[], true),
    ] {
        let arguments = [&["--practice"], options].concat();
        let mut console = home.run((120, 36), environment, EHLO, &arguments);
        console.wait_for("next: EHLO");
        console.enter("EHLO client.example");
        // A vt100 does not mark pastes, so two lines at once would be one.
        console.wait_for("EHLO ok");
        console.enter("NONSENSE");
        console.wait_for("<** 5");
        menu(&mut console, "c");
        escape(&mut console, "Esc close");
        let used = renditions(&console.raw());
        let colour = used.iter().find(|parameter| {
            parameter
                .parse()
                .is_ok_and(|p: u16| matches!(p, 30..=38 | 40..=48 | 90..=107))
        });
        assert_eq!(
            colour.is_some(),
            coloured,
            "{environment:?} {options:?} {used:?}"
        );
        // Without colour, bold or reverse video remain.
        assert!(
            used.iter()
                .any(|parameter| parameter == "1" || parameter == "7"),
            "{used:?}"
        );
        leave(console);
    }
}

/// While nothing is awaited and nothing is typed, nothing is drawn.
#[test]
fn an_idle_screen_writes_nothing() {
    let home = Home::new();
    let mut console = home.ehlo_sized(120, 36, &["--practice"]);
    console.wait_for("next: EHLO");
    console.enter("EHLO client.example");
    console.wait_for("EHLO ok");
    let pause = || std::thread::sleep(Duration::from_millis(2500));
    pause();
    let before = console.raw().len();
    pause();
    assert_eq!(console.raw().len(), before);
    leave(console);
}
