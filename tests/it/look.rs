//! Reading the transcript, copying from it, and replaying it.

use std::time::Duration;

use crossterm::event::KeyCode;
use ehlo::practice::{Options, PASSWORD, Practice, USER};
use ehlo::smtp::End;
use ehlo::tui::Look;
use rustix::process::Signal;

use crate::screens::refused;
use crate::support::pty::{Home, Pty};
use crate::support::stage::Stage;

/// Parts of the secret, as text and as a hex dump shows them.
const SECRETS: [&str; 4] = ["AGFsaW", "wonderland", "41 47 46 73", "AGFs"];

/// A session in browse mode: STARTTLS, a login, a recipient that is refused after three seconds.
fn browsing() -> Stage {
    let mut stage = refused(Look::default());
    stage.key(KeyCode::Esc);
    stage
}

/// The states of this module for the screen snapshots.
pub fn states(look: Look) -> Vec<(&'static str, Stage)> {
    let mut states = Vec::new();
    let mut add = |name, keys: &str| {
        let mut stage = refused(look);
        stage.key(KeyCode::Esc);
        stage.press(keys);
        states.push((name, stage));
    };
    add("look-errors", "fff");
    add("look-client", ":filter client\n");
    add("look-escapes", "x");
    add("look-hex", "xx");
    add("look-since", "t");
    add("look-clock", "tt");
    add("look-no-times", "ttt");
    add("look-range", "vkkk");
    add("look-found", "/2[0-9]0|auth\n");
    add("look-no-expression", "/RCPT TO:<(");
    add("look-timeline", "\u{f}i");
    add("look-copy-menu", "\u{f}y");
    add("look-replay", "R");
    let mut nothing = Stage::connected(look);
    nothing.key(KeyCode::Esc);
    nothing.type_text("fff");
    states.push(("look-nothing-kept", nothing));
    states
}

#[test]
fn filters_lines_by_kind() {
    let table = [
        (
            "client",
            "~> AUTH PLAIN [hidden",
            "220 mx",
            "only client, 6 of 23",
        ),
        (
            "server",
            "<~* 550 5.1.1",
            "-> STARTTLS",
            "only server, 14 of 23",
        ),
        ("errors", "<~* 550 5.1.1", "220 mx", "only errors, 1 of 23"),
        ("notes", "=== connected", "220 mx", "only notes, 3 of 23"),
        ("all", "-> STARTTLS", "only", "follow"),
    ];
    let mut by_key = browsing();
    for (name, kept, left_out, rule) in table {
        let mut stage = browsing();
        stage.type_text(&format!(":filter {name}"));
        stage.key(KeyCode::Enter);
        by_key.type_text("f");
        for stage in [&mut stage, &mut by_key] {
            stage.shows(kept);
            stage.shows(rule);
            stage.hides(left_out);
        }
    }
    let mut stage = browsing();
    stage.type_text(":filter some");
    stage.key(KeyCode::Enter);
    stage.shows("unknown filter \"some\": use all, client, server, errors, notes");
}

#[test]
fn follows_new_lines_through_a_filter_and_esc_clears_it() {
    let mut stage = browsing();
    stage.type_text("fff");
    stage.key(KeyCode::Tab);
    stage.client("RCPT TO:<other@example.test>");
    stage.server(b"451 4.7.1 later\r\n");
    stage.shows("only errors, 2 of 25");
    stage.shows("451 4.7.1 later");
    stage.hides("RCPT TO:<other");
    // The first Esc goes to the transcript, the second clears the filter, the third goes back.
    stage.key(KeyCode::Esc);
    stage.shows("Esc clear filter");
    stage.key(KeyCode::Esc);
    stage.shows("RCPT TO:<other");
    stage.shows("Esc prompt");
    stage.key(KeyCode::Esc);
    stage.shows("Esc browse");
}

#[test]
fn moving_and_searching_respect_a_filter() {
    let mut stage = browsing();
    stage.type_text(":filter client");
    stage.key(KeyCode::Enter);
    // Up from the last sent line to the one before it.
    stage.type_text("ky");
    assert_eq!(stage.clipboard, b"MAIL FROM:<alice@example.test>");
    stage.type_text("gy");
    assert_eq!(stage.clipboard, b"EHLO vm.example.net");
    // Nearly every reply contains "example", but the filter hides them.
    stage.type_text("/250");
    stage.key(KeyCode::Enter);
    stage.shows("no match for 250 in the shown lines, only client");
    stage.type_text("/example");
    stage.key(KeyCode::Enter);
    stage.type_text("y");
    assert_eq!(stage.clipboard, b"RCPT TO:<nobody@example.test>");
    stage.type_text("nnnny");
    assert_eq!(stage.clipboard, b"EHLO vm.example.net");
}

#[test]
fn searches_for_regular_expressions() {
    let table: &[(&str, &str)] = &[
        ("^5[0-9][0-9]", "550 5.1.1"),
        ("FROM:<.*@", "MAIL FROM:<alice@example.test>"),
        ("auth", "235 2.7.0 Authentication successful"),
        ("AUTH (PLAIN|LOGIN)", "AUTH PLAIN [hidden"),
        ("NUL alice NUL", "AUTH PLAIN [hidden"),
        ("postfix$", "220 mx.example.test ESMTP Postfix"),
    ];
    for (typed, found) in table {
        let mut stage = browsing();
        stage.type_text(&format!("/{typed}"));
        stage.key(KeyCode::Enter);
        stage.type_text("y");
        let copied = String::from_utf8(stage.clipboard).unwrap();
        assert!(copied.starts_with(found), "{typed}: {copied}");
    }
    let mut stage = browsing();
    stage.type_text("/to:<(");
    stage.shows("invalid regular expression (unclosed group): searching for the literal text");
    stage.key(KeyCode::Enter);
    stage.shows("no match for to:<(");
    for secret in ["AGFsaWNl", "wonderland", "AGFs.*", "hidden"] {
        let mut stage = browsing();
        stage.type_text("r");
        stage.type_text(&format!("/{secret}"));
        stage.key(KeyCode::Enter);
        stage.shows(&format!("no match for {secret}"));
    }
}

#[test]
fn secrets_stay_masked_in_every_view_and_one_line_is_revealed() {
    for view in ["text", "escapes", "hex"] {
        let mut stage = browsing();
        stage.type_text(&format!(":view {view}"));
        stage.key(KeyCode::Enter);
        stage.type_text("/AUTH PLAIN$");
        stage.key(KeyCode::Enter);
        for secret in SECRETS {
            stage.hides(secret);
        }
        stage.type_text("/AUTH PLAIN .?$");
        stage.key(KeyCode::Enter);
        stage.type_text("r");
        let revealed = if view == "hex" {
            "41 47 46 73"
        } else {
            "AGFsaW"
        };
        stage.shows(revealed);
        stage.type_text("r");
        stage.hides(revealed);
    }
}

#[test]
fn the_selection_stays_visible_in_every_view() {
    for keys in ["xx", "xxx", "fff\u{1b}", "f"] {
        let mut stage = browsing();
        stage.screen(80, 24);
        stage.press("/^STARTTLS\n");
        stage.press(keys);
        let screen = stage.screen(80, 24);
        let shown = ["STARTTLS\n", "53 54 41 52 54 54 4c 53"];
        assert!(
            shown.iter().any(|text| screen.contains(text)),
            "{keys}:\n{screen}"
        );
    }
}

#[test]
fn shows_line_endings_and_octets() {
    let table: &[(&[u8], &str, &str)] = &[
        (b"220 ok\r\n", "220 ok\\r\\n", "32 32 30 20 6f 6b 0d 0a"),
        (b"220 ok\n", "220 ok<LF>", "32 32 30 20 6f 6b 0a"),
        (
            b"220 \x1b[2J\xff\\\r\n",
            "220 \\x1B[2J\\xFF\\\\\\r\\n",
            "32 32 30 20 1b 5b 32 4a",
        ),
    ];
    for (octets, escapes, hex) in table {
        let mut stage = Stage::connected(Look::default());
        stage.server(octets);
        stage.client(":view escapes");
        stage.shows(escapes);
        stage.client(":view hex");
        stage.shows(hex);
    }
}

#[test]
fn cycles_through_four_time_formats() {
    let mut stage = browsing();
    stage.shows("! 3.212s <~* 550");
    stage.type_text("t");
    stage.shows("the time since the line before");
    stage.shows("! 3.212s <~* 550");
    stage.shows("  0.000s  ~> RCPT TO");
    stage.type_text("t");
    stage.shows("the time of day of each line, UTC");
    stage.shows("!12:00:00 <~* 550");
    stage.shows(" 11:59:56  ~> RCPT");
    stage.shows("(3.212s)");
    stage.type_text("t");
    stage.shows("!<~* 550");
    stage.shows("(3.212s)");
    stage.type_text("t");
    stage.shows("! 3.212s <~* 550");
}

#[test]
fn jumps_between_errors() {
    let mut stage = refused(Look::default());
    stage.client("VRFY bob");
    stage.server(b"252 2.0.0 maybe\n");
    stage.client("NOOP");
    stage.server(b"451-4.3.0 one\r\n451-4.3.0 two\r\n451 4.3.0 three\r\n");
    stage.key(KeyCode::Esc);
    stage.type_text("g");
    // A refusal of three lines is one error.
    for found in ["550 5.1.1", "252 2.0.0 maybe", "451-4.3.0 one"] {
        stage.type_text("]y");
        assert!(stage.clipboard.starts_with(found.as_bytes()), "{found}");
    }
    stage.type_text("]");
    stage.shows("no error after this line");
    stage.type_text("[y");
    assert!(stage.clipboard.starts_with(b"252"));
    stage.key(KeyCode::Esc);
    stage.client(":previous-error");
    stage.type_text("y");
    assert!(stage.clipboard.starts_with(b"451-4.3.0 one"));
}

#[test]
fn copies_are_masked_and_have_no_control_characters() {
    let table: &[(&str, &str)] = &[
        (
            "y",
            "550 5.1.1 <nobody@example.test>: Recipient address rejected: User unknown in local recipient table",
        ),
        ("ky", "RCPT TO:<nobody@example.test>"),
        (
            "vky",
            " ~> RCPT TO:<nobody@example.test>\n<~* 550 5.1.1 <nobody@example.test>: Recipient address rejected: User unknown in local recipient table\n",
        ),
        ("/AUTH PLAIN .?$\ny", "AUTH PLAIN [hidden: 24 octets]"),
        ("/AUTH PLAIN .?$\nry", "AUTH PLAIN [hidden: 24 octets]"),
        (
            "/SIZE\n\u{f}yr",
            "250-mx.example.test\n250-SIZE 33554432\n250-ENHANCEDSTATUSCODES\n250-AUTH PLAIN LOGIN\n250 SMTPUTF8",
        ),
    ];
    for (keys, expected) in table {
        let mut stage = browsing();
        stage.press(keys);
        assert_eq!(
            String::from_utf8_lossy(&stage.clipboard),
            *expected,
            "{keys:?}"
        );
    }
    let mut stage = browsing();
    stage.type_text("Y");
    let session = String::from_utf8(stage.clipboard).unwrap();
    let head = session.lines().next().unwrap();
    assert!(
        head.starts_with("# ehlo ") && head.contains(", 2026-01-01T11:59:5"),
        "{head}"
    );
    assert!(session.contains("  +0.000 === connected"), "{session}");
    assert!(
        session.contains("  +0.041 <-  220 mx.example.test ESMTP Postfix\n  +0.041  -> EHLO vm")
    );
    assert!(session.contains(" ~> AUTH PLAIN [hidden: 24 octets]\n"));
    assert!(session.contains("<~  235 2.7.0"));
    // The menu of copies does the same.
    let mut stage = browsing();
    stage.press("\u{f}ys");
    assert_eq!(String::from_utf8(stage.clipboard).unwrap(), session);
    for secret in SECRETS {
        assert!(!session.contains(secret), "{session}");
    }
    // Control characters of a server must not reach the terminal that the text is pasted into.
    let mut stage = Stage::connected(Look::default());
    stage.server(b"220 \x1b]0;owned\x07\r\n");
    stage.key(KeyCode::Esc);
    stage.type_text("Y");
    assert!(!stage.clipboard.contains(&0x1b), "{:?}", stage.clipboard);
}

#[test]
fn copies_decoded_base64_but_no_secrets() {
    let mut stage = Stage::connected(Look::default());
    stage.server(b"220 mx\r\n");
    stage.client("AUTH LOGIN");
    stage.server(b"334 VXNlcm5hbWU6\r\n");
    stage.client("YWxpY2U=");
    stage.control('y');
    stage.key(KeyCode::Esc);
    stage.press("/334\n\u{f}yb");
    assert_eq!(stage.clipboard, b"Username:");
    stage.press("j\u{f}y");
    stage.shows("the line");
    stage.hides("decoded");
}

#[test]
fn refuses_to_copy_a_session_that_is_too_long() {
    let mut stage = Stage::connected(Look::default());
    stage.server(b"220 mx\r\n");
    stage.client("NOOP");
    stage.server(&[b"250 ", "x".repeat(60_000).as_bytes(), b"\r\n"].concat());
    stage.client("NOOP");
    stage.server(&[b"250 ", "y".repeat(60_000).as_bytes(), b"\r\n"].concat());
    stage.key(KeyCode::Esc);
    stage.type_text("Y");
    assert!(stage.clipboard.is_empty());
    stage.shows("not copied: more than 65536 octets");
}

#[test]
fn takes_a_sent_line_back_to_the_prompt() {
    let table: &[(&str, &str)] = &[
        ("ke", "> RCPT TO:<nobody@example.test>"),
        ("e", "this line was not sent: choose one that was"),
        (
            "/AUTH PLAIN .?$\ne",
            "this line contains a secret, which is not sent again",
        ),
    ];
    for (keys, words) in table {
        let mut stage = browsing();
        stage.press(keys);
        stage.shows(words);
    }
    let mut stage = browsing();
    stage.key(KeyCode::Esc);
    stage.type_text("RSET");
    stage.key(KeyCode::Esc);
    stage.type_text("ke");
    stage.shows("the prompt is not empty");
    stage.shows("> RSET");
}

/// The lines of a dialogue with their replies.
const DIALOGUE: &[(&str, &str)] = &[
    ("EHLO me.example", "250-mx\r\n250 STARTTLS\r\n"),
    ("MAIL FROM:<a@b.example>", "250 ok\r\n"),
    ("RCPT TO:<c@d.example>", "250 ok\r\n"),
    ("RCPT TO:<e@f.example>", "550 no\r\n"),
    ("DATA", "354 go\r\n"),
];

/// A console after the dialogue and an accepted message.
fn with_message_sent() -> Stage {
    let mut stage = Stage::connected(Look::default());
    stage.server(b"220 mx\r\n");
    for (line, reply) in DIALOGUE {
        stage.client(line);
        stage.server(reply.as_bytes());
    }
    for line in ["Subject: x", "", ".a dot"] {
        stage.client(line);
    }
    stage.control('d');
    stage.key(KeyCode::Enter);
    stage.server(b"250 queued\r\n");
    stage
}

/// What the client has sent after the first `before` octets.
fn sent_since(stage: &Stage, before: usize) -> String {
    String::from_utf8(stage.wire_octets[before..].to_vec()).unwrap()
}

/// Begins a replay of all lines, up to the greeting. Returns the number of octets sent before.
fn begin_replay(stage: &mut Stage) -> usize {
    stage.client(":replay");
    stage.shows("Replay?");
    let before = stage.wire_octets.len();
    stage.key(KeyCode::Enter);
    stage.reconnected();
    assert_eq!(
        stage.wire_octets.len(),
        before,
        "nothing is sent before the greeting"
    );
    stage.server(b"220 other\r\n");
    before
}

#[test]
fn replays_a_session_line_by_line_with_its_message() {
    let mut stage = with_message_sent();
    let first = sent_since(&stage, 0);
    stage.client("QUIT");
    stage.server(b"221 bye\r\n");
    stage.end(End::Closed);
    let before = begin_replay(&mut stage);
    for (line, reply) in DIALOGUE {
        assert!(
            sent_since(&stage, before).ends_with(&format!("{line}\r\n")),
            "{line}"
        );
        stage.shows("^C stops");
        // The text differs, but the class of the reply does not.
        stage.server(reply.replace("550", "553").replace("ok", "fine").as_bytes());
    }
    assert_eq!(sent_since(&stage, before), first);
    assert!(first.ends_with("\r\n..a dot\r\n.\r\n"), "{first}");
    stage.server(b"250 queued again\r\n");
    stage.shows("replayed: same replies as before");
    stage.client("RSET");
    assert!(sent_since(&stage, before).ends_with("RSET\r\n"));
}

#[test]
fn a_replay_stops_at_a_different_reply() {
    let mut stage = with_message_sent();
    let before = begin_replay(&mut stage);
    stage.server(b"250-mx\r\n250 STARTTLS\r\n");
    stage.server(b"450 4.7.1 later\r\n");
    assert!(sent_since(&stage, before).ends_with("MAIL FROM:<a@b.example>\r\n"));
    stage.shows(
        "replay stopped: MAIL FROM:<a@b.example> was answered 250 before, and 450 now; 4 lines were \
        not sent",
    );
    // A different greeting and a closed connection stop it too.
    let mut stage = with_message_sent();
    stage.client(":replay");
    let before = stage.wire_octets.len();
    stage.key(KeyCode::Enter);
    stage.reconnected();
    stage.server(b"554 go away\r\n");
    assert_eq!(stage.wire_octets.len(), before);
    stage.shows("replay stopped: the greeting was answered 220 before, and 554 now");
    let mut stage = with_message_sent();
    begin_replay(&mut stage);
    stage.end(End::Reset);
    stage.shows("replay stopped: the connection ended; 5 lines were not sent");
}

#[test]
fn ctrl_c_stops_a_replay_and_no_line_is_sent_meanwhile() {
    let mut stage = with_message_sent();
    let before = begin_replay(&mut stage);
    stage.client("RSET");
    stage.shows("a replay is running: ^C stops it; the line stays here");
    stage.control('c');
    stage.shows("replay stopped; 5 lines were not sent");
    stage.server(b"250 mx\r\n");
    assert_eq!(sent_since(&stage, before), "EHLO me.example\r\n");
    stage.shows("> RSET");
}

#[test]
fn a_replay_repeats_starttls_and_pauses_at_the_login() {
    let mut stage = refused(Look::default());
    let before = begin_replay(&mut stage);
    let ok = b"250-mx.example.test\r\n250-AUTH PLAIN LOGIN\r\n250 STARTTLS\r\n";
    stage.server(ok);
    stage.server(b"220 2.0.0 Ready\r\n");
    assert!(
        sent_since(&stage, before).ends_with("STARTTLS\r\n"),
        "a replay waits for the handshake"
    );
    stage.tls(ehlo::net::Verdict::default());
    assert!(sent_since(&stage, before).ends_with("STARTTLS\r\nEHLO vm.example.net\r\n"));
    stage.server(ok);
    stage.shows("a secret is next: log in with ^O a, then :replay sends 2 more");
    let handed_over = stage.wire_octets.len();
    stage.client("AUTH PLAIN AGFsaWNlAHdvbmRlcmxhbmQ=");
    stage.server(b"235 2.7.0 ok\r\n");
    assert!(sent_since(&stage, handed_over).ends_with("bmQ=\r\n"));
    stage.client(":replay");
    assert!(sent_since(&stage, handed_over).ends_with("MAIL FROM:<alice@example.test>\r\n"));
    stage.server(b"250 2.1.0 Ok\r\n");
    assert!(sent_since(&stage, handed_over).ends_with("RCPT TO:<nobody@example.test>\r\n"));
    stage.server(b"550 5.1.1 no\r\n");
    stage.shows("replayed: same replies as before");
}

#[test]
fn replays_up_to_the_selected_line() {
    let mut stage = with_message_sent();
    stage.key(KeyCode::Esc);
    stage.press("/RCPT TO:<c\nR");
    stage.shows("resends 3 lines");
    stage.shows("The last: RCPT TO:<c@d.example>");
    stage.hides("This includes a message");
    stage.key(KeyCode::Esc);
    // A line of the message selects the whole message.
    stage.press("/Subject\nR");
    stage.shows("resends 6 lines");
    stage.shows("!! This includes a message");
    stage.key(KeyCode::Esc);
    stage.press("gR");
    stage.shows("no replay: nothing was sent up to this line");
}

#[test]
fn replays_chunks_and_line_endings_unchanged() {
    let mut stage = Stage::connected(Look::default());
    stage.server(b"220 mx\r\n");
    stage.client(r":raw NOOP\n\r\n");
    stage.key(KeyCode::Enter);
    stage.server(b"250 ok\r\n");
    stage.client(r":raw BDAT 7\r\na\nb\r\nxx");
    stage.key(KeyCode::Enter);
    stage.server(b"250 ok\r\n");
    stage.client("RSET");
    stage.server(b"250 ok\r\n");
    let first = sent_since(&stage, 0);
    let before = begin_replay(&mut stage);
    for _ in 0..3 {
        stage.server(b"250 ok\r\n");
    }
    assert_eq!(sent_since(&stage, before), first);
}

#[test]
fn the_timeline_lists_each_step_and_marks_the_slowest() {
    let mut stage = browsing();
    stage.press("\u{f}i");
    stage.shows("slowest: RCPT TO:<nobody@example.test> 3.212s");
    let names = ["DNS", "TCP", "greeting", "TLS", "STARTTLS", "AUTH PLAIN "];
    for name in names {
        stage.shows(&format!("│   {name} "));
    }
    stage.shows("│ ! RCPT TO:<nobody");
    // A new connection has its own timeline.
    stage.key(KeyCode::Esc);
    stage.key(KeyCode::Esc);
    stage.advance(Duration::from_secs(1));
    stage.press("\u{f}r");
    stage.key(KeyCode::Enter);
    stage.reconnected();
    stage.press("\u{f}i");
    stage.shows("no reply has a time yet");
}

/// A console in a terminal, connected to a practice server whose CA it trusts.
fn console(home: &Home, server: &Practice) -> Pty {
    let authority = home.file("authority.pem", server.authority_pem());
    let target = server.plain().to_string();
    let options = ["--sni", "localhost", "--ca-file", &authority, &target];
    let console = home.ehlo_sized(99, 60, &options);
    console.wait_for("next: EHLO");
    console
}

/// Sends a line and waits for text.
fn send(console: &mut Pty, line: &str, expected: &str) {
    console.enter(line);
    console.wait_for(expected);
}

#[test]
fn replays_a_session_with_a_server() {
    let server = Practice::spawn(Options::default()).unwrap();
    let home = Home::new();
    let mut console = console(&home, &server);
    let transaction = |console: &mut Pty| {
        send(console, "MAIL FROM:<alice@localhost>", "MAIL ok");
        send(console, "RCPT TO:<nobody@localhost>", "RCPT 0 of 1");
        send(console, "RCPT TO:<bob@localhost>", "RCPT 1 of 2");
        send(console, "DATA", "354");
        console.type_text("Subject: once\r\r.dot\rhello");
        console.key("C-d");
        console.wait_for("Send the message?");
        console.key("Enter");
        console.wait_gone("Send the message?");
    };
    send(&mut console, "EHLO me.example", "EHLO ok");
    send(&mut console, "STARTTLS", "TLS1.3");
    send(&mut console, "EHLO me.example", "AUTH");
    console.key("C-o");
    console.wait_for("Write and send");
    console.type_text("a");
    console.wait_for("Log in");
    let log_in = |console: &mut Pty| {
        console.type_text(USER);
        console.key("Tab");
        console.enter(PASSWORD);
        console.wait_for("TLS1.3 verified  logged in as");
    };
    log_in(&mut console);
    transaction(&mut console);
    console.wait_for("next: QUIT or MAIL FROM");
    assert_eq!(server.messages().len(), 1);

    send(&mut console, ":replay", "This includes a message");
    console.key("Enter");
    console.wait_for("a secret is next");
    console.key("C-o");
    console.wait_for("Write and send");
    console.type_text("a");
    console.wait_for("Log in");
    log_in(&mut console);
    console.enter(":replay");
    console.wait_for("replayed: same replies as before");
    let messages = server.messages();
    assert_eq!(messages.len(), 2);
    assert_eq!(messages[0].body, messages[1].body);
    assert_eq!(messages[0].recipients, messages[1].recipients);
    assert!(String::from_utf8_lossy(&messages[1].body).contains("\r\n.dot\r\nhello"));
    // The session can be used as any other.
    send(&mut console, "NOOP", "250 2.0.0");
}

#[test]
fn the_plain_view_leaves_the_alternate_screen_and_keeps_the_connection() {
    let server = Practice::spawn(Options::default()).unwrap();
    let home = Home::new();
    let mut console = console(&home, &server);
    let raw_mode = console.line_discipline();
    send(&mut console, "EHLO me.example", "EHLO ok");
    send(
        &mut console,
        "AUTH PLAIN AGFsaWNlAHMzY3JldA==",
        "Send the secret?",
    );
    console.key("C-y");
    console.wait_for("Login refused");
    console.key("Esc");
    console.wait_gone("Login refused");
    console.enter(":plain");
    let screen = console.wait_for("[Enter goes back to ehlo]");
    assert!(!console.look(vt100::Screen::alternate_screen), "{screen}");
    for line in [
        "=== session with",
        "\n -> EHLO me.example",
        "AUTH PLAIN [hidden: 20 octets]",
    ] {
        assert!(screen.contains(line), "{line}:\n{screen}");
    }
    assert!(
        !screen.contains("AGFsaW") && !screen.contains("EHLO ok"),
        "{screen}"
    );
    assert!(
        console.line_discipline() != raw_mode,
        "the line discipline is the shell's"
    );
    // Ctrl-C does not end the program here, and typed text is not sent to the server.
    console.key("C-c");
    console.enter("QUIT");
    console.wait_for("EHLO ok");
    assert!(console.look(vt100::Screen::alternate_screen));
    assert!(console.line_discipline() == raw_mode);
    send(&mut console, "NOOP", "250 2.0.0");
}

#[test]
fn a_signal_in_the_plain_view_leaves_the_terminal_unchanged() {
    let server = Practice::spawn(Options::default()).unwrap();
    let home = Home::new();
    let mut console = console(&home, &server);
    console.enter(":plain");
    console.wait_for("[Enter goes back to ehlo]");
    let before = console.line_discipline();
    console.signal(Signal::TERM);
    assert_eq!(console.wait_exit(), 128 + 15);
    assert!(!console.look(vt100::Screen::alternate_screen));
    assert!(console.line_discipline() == before);
}

/// A command typed by mistake in the transcript: its letters are keys, and Enter must not confirm a
/// question that one of them has opened.
#[test]
fn a_line_typed_in_the_transcript_does_not_start_a_replay() {
    for line in ["RSET", "RCPT TO:<bob@example.test>", "STARTTLS"] {
        let mut stage = browsing();
        let before = stage.wire_octets.len();
        stage.type_text(line);
        stage.key(KeyCode::Enter);
        assert_eq!(stage.wire_octets.len(), before, "{line}");
        assert!(stage.model.session.replay.is_none(), "{line}");
    }
}

#[test]
fn a_search_without_a_match_keeps_the_focus() {
    let mut stage = browsing();
    stage.press("/nothing like it\n");
    stage.shows("no match for nothing like it");
    stage.shows("BROWSE");
    stage.press("x");
    stage.shows("non-printing octets and line endings are shown");
}
