//! Looking at the transcript, taking from it, doing again what stands in it.

use std::time::Duration;

use crossterm::event::KeyCode;
use ehlo::practice::{Options, PASSWORD, Practice, USER};
use ehlo::smtp::End;
use ehlo::tui::Look;
use rustix::process::Signal;

use crate::screens::refused;
use crate::support::pty::{Home, Pty};
use crate::support::stage::Stage;

/// What is hidden, and what of it would stand in a dump.
const SECRETS: [&str; 4] = ["AGFsaW", "wonderland", "41 47 46 73", "AGFs"];

/// A session to look at: STARTTLS, a login, a recipient that is refused after three seconds.
fn looking() -> Stage {
    let mut stage = refused(Look::default());
    stage.key(KeyCode::Esc);
    stage
}

/// The states of this page, to be drawn at every size.
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
fn a_filter_keeps_lines_of_one_kind_and_says_so() {
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
    let mut by_key = looking();
    for (name, kept, left_out, rule) in table {
        let mut stage = looking();
        stage.type_text(&format!(":filter {name}"));
        stage.key(KeyCode::Enter);
        by_key.type_text("f");
        for stage in [&mut stage, &mut by_key] {
            stage.shows(kept);
            stage.shows(rule);
            stage.hides(left_out);
        }
    }
    let mut stage = looking();
    stage.type_text(":filter some");
    stage.key(KeyCode::Enter);
    stage.shows("\"some\" is no filter: all, client, server, errors, notes");
}

#[test]
fn what_comes_is_followed_through_a_filter_and_esc_shows_all_again() {
    let mut stage = looking();
    stage.type_text("fff");
    stage.key(KeyCode::Tab);
    stage.client("RCPT TO:<other@example.test>");
    stage.server(b"451 4.7.1 later\r\n");
    stage.shows("only errors, 2 of 25");
    stage.shows("451 4.7.1 later");
    stage.hides("RCPT TO:<other");
    // One Esc into the transcript, one for all lines, one back.
    stage.key(KeyCode::Esc);
    stage.shows("Esc reset");
    stage.key(KeyCode::Esc);
    stage.shows("RCPT TO:<other");
    stage.shows("Esc prompt");
    stage.key(KeyCode::Esc);
    stage.shows("Esc browse");
}

#[test]
fn moving_and_searching_respect_a_filter() {
    let mut stage = looking();
    stage.type_text(":filter client");
    stage.key(KeyCode::Enter);
    // Up from the latest sent line to the one before it.
    stage.type_text("ky");
    assert_eq!(stage.clipboard, b"MAIL FROM:<alice@example.test>");
    stage.type_text("gy");
    assert_eq!(stage.clipboard, b"EHLO vm.example.net");
    // "example" stands in nearly every reply, but those are not shown.
    stage.type_text("/250");
    stage.key(KeyCode::Enter);
    stage.shows("no match for 250 in what is shown, only client");
    stage.type_text("/example");
    stage.key(KeyCode::Enter);
    stage.type_text("y");
    assert_eq!(stage.clipboard, b"RCPT TO:<nobody@example.test>");
    stage.type_text("nnnny");
    assert_eq!(stage.clipboard, b"EHLO vm.example.net");
}

#[test]
fn a_search_takes_expressions() {
    let table: &[(&str, &str)] = &[
        ("^5[0-9][0-9]", "550 5.1.1"),
        ("FROM:<.*@", "MAIL FROM:<alice@example.test>"),
        ("auth", "235 2.7.0 Authentication successful"),
        ("AUTH (PLAIN|LOGIN)", "AUTH PLAIN [hidden"),
        ("NUL alice NUL", "AUTH PLAIN [hidden"),
        ("postfix$", "220 mx.example.test ESMTP Postfix"),
    ];
    for (typed, found) in table {
        let mut stage = looking();
        stage.type_text(&format!("/{typed}"));
        stage.key(KeyCode::Enter);
        stage.type_text("y");
        let copied = String::from_utf8(stage.clipboard).unwrap();
        assert!(copied.starts_with(found), "{typed}: {copied}");
    }
    let mut stage = looking();
    stage.type_text("/to:<(");
    stage.shows("no regular expression (unclosed group): searched for as it stands");
    stage.key(KeyCode::Enter);
    stage.shows("no match for to:<(");
    for secret in ["AGFsaWNl", "wonderland", "AGFs.*", "hidden"] {
        let mut stage = looking();
        stage.type_text("r");
        stage.type_text(&format!("/{secret}"));
        stage.key(KeyCode::Enter);
        stage.shows(&format!("no match for {secret}"));
    }
}

#[test]
fn secrets_stay_masked_in_every_view_and_one_line_is_revealed() {
    for view in ["text", "escapes", "hex"] {
        let mut stage = looking();
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
fn what_is_chosen_stays_in_sight_however_it_is_shown() {
    for keys in ["xx", "xxx", "fff\u{1b}", "f"] {
        let mut stage = looking();
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
fn endings_and_octets_are_written() {
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
fn times_are_told_in_four_ways_and_slow_replies_in_each() {
    let mut stage = looking();
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
fn errors_are_jumped_to() {
    let mut stage = refused(Look::default());
    stage.client("VRFY bob");
    stage.server(b"252 2.0.0 maybe\n");
    stage.client("NOOP");
    stage.server(b"451-4.3.0 one\r\n451-4.3.0 two\r\n451 4.3.0 three\r\n");
    stage.key(KeyCode::Esc);
    stage.type_text("g");
    // Each once: a refusal of three lines is one error.
    for found in ["550 5.1.1", "252 2.0.0 maybe", "451-4.3.0 one"] {
        stage.type_text("]y");
        assert!(stage.clipboard.starts_with(found.as_bytes()), "{found}");
    }
    stage.type_text("]");
    stage.shows("no error behind this line");
    stage.type_text("[y");
    assert!(stage.clipboard.starts_with(b"252"));
    stage.key(KeyCode::Esc);
    stage.client(":previous-error");
    stage.type_text("y");
    assert!(stage.clipboard.starts_with(b"451-4.3.0 one"));
}

#[test]
fn what_is_copied_is_harmless_and_masked() {
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
        let mut stage = looking();
        stage.press(keys);
        assert_eq!(
            String::from_utf8_lossy(&stage.clipboard),
            *expected,
            "{keys:?}"
        );
    }
    let mut stage = looking();
    stage.type_text("Y");
    let session = String::from_utf8(stage.clipboard).unwrap();
    assert!(session.contains("<-  220 mx.example.test ESMTP Postfix\n -> EHLO vm.example.net\n"));
    assert!(session.contains(" ~> AUTH PLAIN [hidden: 24 octets]\n<~  235 2.7.0"));
    for secret in SECRETS {
        assert!(!session.contains(secret), "{session}");
    }
    // Nothing a server says acts on the terminal that it is pasted into.
    let mut stage = Stage::connected(Look::default());
    stage.server(b"220 \x1b]0;owned\x07\r\n");
    stage.key(KeyCode::Esc);
    stage.type_text("Y");
    assert!(!stage.clipboard.contains(&0x1b), "{:?}", stage.clipboard);
}

#[test]
fn base64_is_copied_decoded_but_no_secret() {
    let mut stage = Stage::connected(Look::default());
    stage.server(b"220 mx\r\n");
    stage.client("AUTH LOGIN");
    stage.server(b"334 VXNlcm5hbWU6\r\n");
    stage.client("YWxpY2U=");
    stage.key(KeyCode::Char('y'));
    stage.key(KeyCode::Esc);
    stage.press("/334\n\u{f}yb");
    assert_eq!(stage.clipboard, b"Username:");
    stage.press("j\u{f}y");
    stage.shows("the line");
    stage.hides("decoded");
}

#[test]
fn a_session_too_long_to_copy_is_told() {
    let mut stage = Stage::connected(Look::default());
    stage.server(b"220 mx\r\n");
    stage.client("NOOP");
    stage.server(&[b"250 ", "x".repeat(60_000).as_bytes(), b"\r\n"].concat());
    stage.client("NOOP");
    stage.server(&[b"250 ", "y".repeat(60_000).as_bytes(), b"\r\n"].concat());
    stage.key(KeyCode::Esc);
    stage.type_text("Y");
    assert!(stage.clipboard.is_empty());
    stage.shows("not copied: over 65536 octets");
}

#[test]
fn a_sent_line_goes_back_to_the_prompt() {
    let table: &[(&str, &str)] = &[
        ("ke", "> RCPT TO:<nobody@example.test>"),
        ("e", "this line was not sent: choose one that was"),
        (
            "/AUTH PLAIN .?$\ne",
            "this line holds a secret, which is not sent again",
        ),
    ];
    for (keys, words) in table {
        let mut stage = looking();
        stage.press(keys);
        stage.shows(words);
    }
    let mut stage = looking();
    stage.key(KeyCode::Esc);
    stage.type_text("RSET");
    stage.key(KeyCode::Esc);
    stage.type_text("ke");
    stage.shows("something stands at the prompt already");
    stage.shows("> RSET");
}

/// A dialogue: what the client types and what the server says to it.
const DIALOGUE: &[(&str, &str)] = &[
    ("EHLO me.example", "250-mx\r\n250 STARTTLS\r\n"),
    ("MAIL FROM:<a@b.example>", "250 ok\r\n"),
    ("RCPT TO:<c@d.example>", "250 ok\r\n"),
    ("RCPT TO:<e@f.example>", "550 no\r\n"),
    ("DATA", "354 go\r\n"),
];

/// A console that held the dialogue and handed a message over.
fn held() -> Stage {
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

/// What the client sent since `before`.
fn sent_since(stage: &Stage, before: usize) -> String {
    String::from_utf8(stage.wire_octets[before..].to_vec()).unwrap()
}

/// Begins a replay of all that was sent, up to the greeting.
fn replaying(stage: &mut Stage) -> usize {
    stage.client(":replay");
    stage.shows("replay?");
    let before = stage.wire_octets.len();
    stage.key(KeyCode::Enter);
    stage.reconnected();
    assert_eq!(
        stage.wire_octets.len(),
        before,
        "nothing goes before the greeting"
    );
    stage.server(b"220 other\r\n");
    before
}

#[test]
fn a_session_is_replayed_line_by_line_with_its_message() {
    let mut stage = held();
    let first = sent_since(&stage, 0);
    stage.client("QUIT");
    stage.server(b"221 bye\r\n");
    stage.end(End::Closed);
    let before = replaying(&mut stage);
    for (line, reply) in DIALOGUE {
        assert!(
            sent_since(&stage, before).ends_with(&format!("{line}\r\n")),
            "{line}"
        );
        stage.shows("^C stops");
        // Another text, but an answer of the same class.
        stage.server(reply.replace("550", "553").replace("ok", "fine").as_bytes());
    }
    assert_eq!(sent_since(&stage, before), first);
    assert!(first.ends_with("\r\n..a dot\r\n.\r\n"), "{first}");
    stage.server(b"250 queued again\r\n");
    stage.shows("replayed: all went as before");
    stage.client("RSET");
    assert!(sent_since(&stage, before).ends_with("RSET\r\n"));
}

#[test]
fn a_replay_stops_where_the_answer_is_another() {
    let mut stage = held();
    let before = replaying(&mut stage);
    stage.server(b"250-mx\r\n250 STARTTLS\r\n");
    stage.server(b"450 4.7.1 later\r\n");
    assert!(sent_since(&stage, before).ends_with("MAIL FROM:<a@b.example>\r\n"));
    stage.shows(
        "replay stopped: MAIL FROM:<a@b.example> was answered 250 before, and 450 now; 4 lines are \
        not sent",
    );
    // The greeting counts too, and so does the end.
    let mut stage = held();
    stage.client(":replay");
    let before = stage.wire_octets.len();
    stage.key(KeyCode::Enter);
    stage.reconnected();
    stage.server(b"554 go away\r\n");
    assert_eq!(stage.wire_octets.len(), before);
    stage.shows("replay stopped: the greeting was answered 220 before, and 554 now");
    let mut stage = held();
    replaying(&mut stage);
    stage.end(End::Reset);
    stage.shows("replay stopped: the connection ended; 5 lines are not sent");
}

#[test]
fn a_replay_is_stopped_by_hand_and_takes_no_line_meanwhile() {
    let mut stage = held();
    let before = replaying(&mut stage);
    stage.client("RSET");
    stage.shows("a replay is running: ^C stops it; the line stays here");
    stage.control('c');
    stage.shows("replay stopped; 5 lines are not sent");
    stage.server(b"250 mx\r\n");
    assert_eq!(sent_since(&stage, before), "EHLO me.example\r\n");
    stage.shows("> RSET");
}

#[test]
fn a_replay_goes_through_starttls_and_hands_over_at_the_login() {
    let mut stage = refused(Look::default());
    let before = replaying(&mut stage);
    let ok = b"250-mx.example.test\r\n250-AUTH PLAIN LOGIN\r\n250 STARTTLS\r\n";
    stage.server(ok);
    stage.server(b"220 2.0.0 Ready\r\n");
    assert!(
        sent_since(&stage, before).ends_with("STARTTLS\r\n"),
        "it waits for the handshake"
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
    stage.shows("replayed: all went as before");
}

#[test]
fn a_replay_goes_up_to_the_chosen_line() {
    let mut stage = held();
    stage.key(KeyCode::Esc);
    stage.press("/RCPT TO:<c\nR");
    stage.shows("sends 3 lines again");
    stage.shows("The last: RCPT TO:<c@d.example>");
    stage.hides("A message is among them");
    stage.key(KeyCode::Esc);
    // A line of the message stands for the whole of it.
    stage.press("/Subject\nR");
    stage.shows("sends 6 lines again");
    stage.shows("!! A message is among them");
    stage.key(KeyCode::Esc);
    stage.press("gR");
    stage.shows("no replay: nothing was sent up to this line");
}

#[test]
fn chunks_and_odd_endings_are_replayed_as_they_went() {
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
    let before = replaying(&mut stage);
    for _ in 0..3 {
        stage.server(b"250 ok\r\n");
    }
    assert_eq!(sent_since(&stage, before), first);
}

#[test]
fn the_timeline_names_each_step_and_marks_the_slowest() {
    let mut stage = looking();
    stage.press("\u{f}i");
    stage.shows("slowest: RCPT TO:<nobody@example.test> 3.212s");
    let names = ["DNS", "TCP", "greeting", "TLS", "STARTTLS", "AUTH PLAIN "];
    for name in names {
        stage.shows(&format!("│  {name} "));
    }
    stage.shows("│! RCPT TO:<nobody");
    // A new connection has a timeline of its own.
    stage.key(KeyCode::Esc);
    stage.key(KeyCode::Esc);
    stage.advance(Duration::from_secs(1));
    stage.press("\u{f}r");
    stage.key(KeyCode::Enter);
    stage.reconnected();
    stage.press("\u{f}i");
    stage.shows("nothing has taken its time yet");
}

/// A console in a terminal, talking to a practice server whose authority it trusts.
fn console(home: &Home, server: &Practice) -> Pty {
    let authority = home.file("authority.pem", server.authority_pem());
    let target = server.plain().to_string();
    let options = ["--sni", "localhost", "--ca-file", &authority, &target];
    let console = home.ehlo_sized(99, 60, &options);
    console.wait_for("next: EHLO");
    console
}

/// Sends a line and waits for what comes of it.
fn say(console: &mut Pty, line: &str, then: &str) {
    console.enter(line);
    console.wait_for(then);
}

#[test]
fn a_whole_session_is_replayed_against_a_server() {
    let server = Practice::spawn(Options::default()).unwrap();
    let home = Home::new();
    let mut console = console(&home, &server);
    let transaction = |console: &mut Pty| {
        say(console, "MAIL FROM:<alice@localhost>", "MAIL ok");
        say(console, "RCPT TO:<nobody@localhost>", "RCPT 0 of 1");
        say(console, "RCPT TO:<bob@localhost>", "RCPT 1 of 2");
        say(console, "DATA", "354");
        console.type_text("Subject: once\r\r.dot\rhello");
        console.key("C-d");
        console.wait_for("send the message?");
        console.key("Enter");
        console.wait_gone("send the message?");
    };
    say(&mut console, "EHLO me.example", "EHLO ok");
    say(&mut console, "STARTTLS", "TLS1.3");
    say(&mut console, "EHLO me.example", "AUTH");
    console.key("C-o");
    console.wait_for("menu: a letter acts");
    console.type_text("a");
    console.wait_for("log in");
    let log_in = |console: &mut Pty| {
        console.type_text(USER);
        console.key("Tab");
        console.enter(PASSWORD);
        console.wait_for("TLS1.3  auth");
    };
    log_in(&mut console);
    transaction(&mut console);
    console.wait_for("next: QUIT or MAIL FROM");
    assert_eq!(server.messages().len(), 1);

    say(&mut console, ":replay", "A message is among them");
    console.key("Enter");
    console.wait_for("a secret is next");
    console.key("C-o");
    console.wait_for("menu: a letter acts");
    console.type_text("a");
    console.wait_for("log in");
    log_in(&mut console);
    console.enter(":replay");
    console.wait_for("replayed: all went as before");
    let messages = server.messages();
    assert_eq!(messages.len(), 2);
    assert_eq!(messages[0].body, messages[1].body);
    assert_eq!(messages[0].recipients, messages[1].recipients);
    assert!(String::from_utf8_lossy(&messages[1].body).contains("\r\n.dot\r\nhello"));
    // It is a session like any other.
    say(&mut console, "NOOP", "250 2.0.0");
}

#[test]
fn the_plain_view_is_no_alternate_screen_and_the_wire_lives_on() {
    let server = Practice::spawn(Options::default()).unwrap();
    let home = Home::new();
    let mut console = console(&home, &server);
    let cooked = console.line_discipline();
    say(&mut console, "EHLO me.example", "EHLO ok");
    say(
        &mut console,
        "AUTH PLAIN AGFsaWNlAHMzY3JldA==",
        "send the secret?",
    );
    console.type_text("y");
    console.wait_for("login refused");
    console.key("Esc");
    console.wait_gone("login refused");
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
        console.line_discipline() != cooked,
        "the line discipline is the shell's"
    );
    // Keys that end a program do not end it here; what else is typed is nothing to the server.
    console.key("C-c");
    console.enter("QUIT");
    console.wait_for("EHLO ok");
    assert!(console.look(vt100::Screen::alternate_screen));
    assert!(console.line_discipline() == cooked);
    say(&mut console, "NOOP", "250 2.0.0");
}

#[test]
fn a_signal_in_the_plain_view_leaves_the_terminal_as_it_was() {
    let server = Practice::spawn(Options::default()).unwrap();
    let home = Home::new();
    let mut console = console(&home, &server);
    console.enter(":plain");
    console.wait_for("[Enter goes back to ehlo]");
    let lent = console.line_discipline();
    console.signal(Signal::TERM);
    assert_eq!(console.wait_exit(), 128 + 15);
    assert!(!console.look(vt100::Screen::alternate_screen));
    assert!(console.line_discipline() == lent);
}

/// Somebody one Esc too far types a command: its letters are keys here, and Enter must not be the answer
/// to what one of them has asked.
#[test]
fn a_line_typed_in_the_transcript_begins_no_replay() {
    for line in ["RSET", "RCPT TO:<bob@example.test>", "STARTTLS"] {
        let mut stage = looking();
        let before = stage.wire_octets.len();
        stage.type_text(line);
        stage.key(KeyCode::Enter);
        assert_eq!(stage.wire_octets.len(), before, "{line}");
        assert!(stage.model.session.replay.is_none(), "{line}");
    }
}

#[test]
fn a_search_that_finds_nothing_leaves_the_keys_where_they_were() {
    let mut stage = looking();
    stage.press("/nothing like it\n");
    stage.shows("no match for nothing like it");
    stage.shows("BROWSE");
    stage.press("x");
    stage.shows("lines are shown with every octet");
}
