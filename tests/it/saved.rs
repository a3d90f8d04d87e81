//! Saved sessions and logs of other tools in the view of a live session: reading, searching and
//! copying. The live session never changes.

use std::time::{Duration, Instant, SystemTime};

use crossterm::event::KeyCode;
use ehlo::record;
use ehlo::tui::{FileRequest, Look, SessionMessage, Side};

use crate::support::pty::Home;
use crate::support::stage::{Stage, more};

/// The output of swaks for a refused login.
const REFUSED: (&str, &[u8]) = (
    "logs/swaks-refused.log",
    include_bytes!("../logs/swaks-refused.log"),
);
/// The output of git send-email for a password that a shell has changed.
const MANGLED: (&str, &[u8]) = (
    "logs/shell-ate-the-password.log",
    include_bytes!("../logs/shell-ate-the-password.log"),
);

fn open(stage: &mut Stage, (name, octets): (&str, &[u8])) {
    let written = SystemTime::UNIX_EPOCH + Duration::from_secs(1_815_523_200);
    let more = more();
    let lines = octets.split_inclusive(|octet| *octet == b'\n');
    let lines = lines.map(|line| [line.trim_ascii_end(), more.as_bytes(), b"\n"].concat());
    let octets = match more.as_str() {
        "" => octets.to_vec(),
        _ => lines.flatten().collect(),
    };
    let record = record::read(&octets, Instant::now(), written).map(Box::new);
    stage.model.session.file_request = FileRequest::Loading {
        name: name.to_owned(),
        typed_at: stage.model.session.typing_at,
    };
    stage.tell(SessionMessage::Loaded(name.to_owned(), record));
}

/// A live session with a log opened over it.
fn browsing(look: Look) -> Stage {
    let mut stage = Stage::greeted(look);
    open(&mut stage, REFUSED);
    stage
}

/// The states of this module for the screen snapshots.
pub fn states(look: Look) -> Vec<(&'static str, Stage)> {
    let mut states = vec![("saved", browsing(look))];
    let mut stage = browsing(look);
    stage.type_text("]");
    states.push(("saved-refusal", stage));
    let mut stage = Stage::new(look);
    open(&mut stage, MANGLED);
    stage.type_text("G/535\n");
    states.push(("saved-searched", stage));
    let mut stage = browsing(look);
    stage.type_text("]R");
    states.push(("saved-replay", stage));
    states
}

#[test]
fn a_log_shows_that_a_shell_changed_the_password() {
    let mut stage = Stage::new(Look::default());
    open(&mut stage, MANGLED);
    // It opens where it went wrong.
    stage.shows("THIS REPLY  535");
    // The provider is known from the greeting.
    stage.shows("QQ requires the authorization code");
    stage.shows("The password that was sent has 5 characters");
    stage.key(KeyCode::Enter);
    stage.shows("received");
    stage.shows("What to try");
}

#[test]
fn nothing_is_sent_from_a_saved_session() {
    let keys = [
        "NOOP\n",
        "\n\n",
        ":send NOOP\n",
        ":login\n",
        ":raw\n",
        ":data /etc/hostname\n",
        ":disconnect\n",
        "\u{f}k",
        "\u{f}a",
        "\u{f}d",
    ];
    for typed in keys {
        let mut stage = browsing(Look::default());
        stage.press(typed);
        stage.paste("NOOP\n");
        assert!(stage.wire_octets.is_empty(), "{typed:?}");
        assert!(!stage.disconnected(), "{typed:?}");
        let prompt = stage.model.session.prompt.command.text();
        assert_eq!(prompt, "", "{typed:?}");
    }
}

#[test]
fn leaving_a_saved_session_returns_to_the_live_one() {
    let mut stage = browsing(Look::default());
    stage.server(b"421 4.3.2 too long\r\n");
    let screen = stage.screen(120, 60);
    assert!(!screen.contains("421"), "{screen}");
    stage.shows("q goes back to mx.example.test:587");
    stage.type_text("q");
    stage.shows("<** 421 4.3.2 too long");
    let screen = stage.screen(120, 60);
    assert!(!screen.contains("saved"), "{screen}");
    assert!(!stage.has_quit);
    stage.client("QUIT");
    assert_eq!(stage.wire_octets, b"QUIT\r\n");
}

#[test]
fn a_saved_session_has_the_views_of_a_live_one() {
    let table: [(&str, &str); 8] = [
        ("fff", "only errors, 2 of"),
        ("x", "\\r\\n"),
        ("gxx", "32 32 30 20"),
        ("/starttls\n", "250 STARTTLS"),
        ("\u{f}i", "no reply has a time yet"),
        ("]yG", "line "),
        ("\u{f}c", "SAVED SESSION"),
        ("t", "this log has no timestamps"),
    ];
    for (keys, shows) in table {
        let mut stage = browsing(Look::default());
        stage.press(keys);
        let screen = stage.screen(140, 60);
        assert!(
            screen.contains(shows),
            "{keys:?} shows no {shows:?}:\n{screen}"
        );
    }
    let line =
        r#"{"ehlo":1,"version":"0.1.0","target":"mx.example","start":"2026-03-01T23:59:59Z"}"#;
    let mut stage = Stage::new(Look::default());
    open(&mut stage, ("a.jsonl", line.as_bytes()));
    stage.shows("2026-03-01 23:59:59 UTC");
    stage.shows("incomplete");
    let mut stage = browsing(Look::default());
    stage.type_text("y");
    let copied = String::from_utf8(stage.clipboard.clone()).unwrap();
    assert!(copied.starts_with("535 5.7.8 Wrong user"), "{copied}");
}

#[test]
fn esc_clears_search_and_filter_before_it_leaves() {
    let mut stage = browsing(Look::default());
    stage.type_text("/535");
    stage.key(KeyCode::Enter);
    stage.type_text("f");
    for _ in 0..2 {
        stage.key(KeyCode::Esc);
        stage.shows("saved session, read-only");
    }
    stage.key(KeyCode::Esc);
    assert!(stage.model.session.file().is_none());
    // Without a live session, Esc does not end the program.
    let mut stage = Stage::new(Look::default());
    stage.model.viewer_only = true;
    open(&mut stage, MANGLED);
    stage.key(KeyCode::Esc);
    stage.shows("q closes the saved session");
    assert!(!stage.has_quit);
    stage.press("q");
    assert!(stage.has_quit);
    // After a cancelled search, the transcript has the focus.
    let mut stage = browsing(Look::default());
    stage.type_text("/53");
    stage.key(KeyCode::Esc);
    stage.type_text("g]");
    stage.shows("THIS REPLY  535");
}

#[test]
fn takes_a_saved_line_to_the_prompt() {
    let mut stage = browsing(Look::default());
    stage.type_text("/EHLO client");
    stage.key(KeyCode::Enter);
    stage.type_text("e");
    assert!(stage.model.session.file().is_none());
    assert_eq!(
        stage.model.session.prompt.command.text(),
        "EHLO client.example"
    );
    assert!(stage.wire_octets.is_empty());
    stage.key(KeyCode::Enter);
    assert_eq!(stage.wire_octets, b"EHLO client.example\r\n");
}

#[test]
fn replays_a_saved_session_to_the_connected_server() {
    let mut stage = browsing(Look::default());
    stage.type_text("gjjj");
    stage.shows("line 4 of");
    stage.type_text("jR");
    stage.shows("Reconnects to mx.example.test:587 and resends 1 line");
    stage.key(KeyCode::Enter);
    stage.reconnected();
    assert!(stage.model.session.file().is_none());
    stage.server(b"220 mx.example.test ESMTP\r\n");
    assert_eq!(stage.wire_octets, b"EHLO client.example\r\n");
}

#[test]
fn a_saved_session_leaves_the_live_one_unchanged() {
    let keys = [
        "]",
        "[",
        "/535\n",
        "/535\u{1b}",
        "/nothing of it\n",
        "jjx",
        "fG",
        "gvjy",
        "zwtt",
        "\u{f}i\u{1b}",
        "\u{f}l\u{1b}",
    ];
    for browsing in [false, true] {
        for typed in keys {
            let mut stage = Stage::greeted(Look::default());
            if browsing {
                stage.key(KeyCode::Esc);
                stage.key(KeyCode::Up);
            } else {
                stage.type_text("EHLO me");
            }
            let state = |stage: &mut Stage| {
                let chosen = stage.model.session.transcript.chosen().map(|(id, _)| id);
                let prompt = stage.model.session.prompt.command.text().to_owned();
                (
                    stage.model.session.focus(),
                    chosen,
                    prompt,
                    stage.screen(80, 24),
                )
            };
            stage.press("");
            let before = state(&mut stage);
            open(&mut stage, REFUSED);
            stage.press(typed);
            while stage.model.session.file().is_some() {
                stage.press("q");
            }
            assert_eq!(state(&mut stage), before, "{typed:?}");
        }
    }
}

#[test]
fn a_saved_session_does_not_continue_a_paused_replay() {
    let mut stage = Stage::greeted(Look::default());
    stage.client("EHLO me");
    stage.server(b"250-mx\r\n250 AUTH PLAIN\r\n");
    stage.client("AUTH PLAIN AGFsaWNlAHdvbmRlcmxhbmQ=");
    stage.control('y');
    stage.server(b"235 ok\r\n");
    stage.client("MAIL FROM:<>");
    stage.server(b"250 ok\r\n");
    stage.client(":replay");
    stage.key(KeyCode::Enter);
    stage.reconnected();
    stage.server(b"220 mx\r\n");
    stage.server(b"250-mx\r\n250 AUTH PLAIN\r\n");
    stage.shows("log in with ^O a, then :replay sends 1 more");
    let sent = stage.wire_octets.len();
    open(&mut stage, REFUSED);
    stage.press("GR");
    stage.shows("a replay is waiting in the live session");
    assert_eq!(stage.wire_octets.len(), sent);
}

#[test]
fn a_file_loaded_late_does_not_interrupt_connecting() {
    let mut stage = Stage::greeted(Look::default());
    stage.press(":open swaks.log\n");
    stage.shows("reading swaks.log ...");
    stage.press(":connect other.example.test:25\n");
    stage.press("\n");
    let record = record::read(REFUSED.1, Instant::now(), SystemTime::UNIX_EPOCH).map(Box::new);
    stage.tell(SessionMessage::Loaded("swaks.log".to_owned(), record));
    assert!(stage.model.session.file().is_none());
}

#[test]
fn a_loaded_file_does_not_open_over_a_half_typed_line() {
    let mut stage = Stage::greeted(Look::default());
    stage.press(":open swaks.log\nNOO");
    let record = record::read(REFUSED.1, Instant::now(), SystemTime::UNIX_EPOCH).map(Box::new);
    stage.tell(SessionMessage::Loaded("swaks.log".to_owned(), record));
    stage.press("P");
    assert_eq!(stage.model.session.prompt.command.text(), "NOOP");
    stage.advance(Duration::from_secs(2));
    stage.shows("swaks.log is ready.");
    stage.control('y');
    stage.shows("saved session, read-only");
    stage.press("q");
    assert_eq!(stage.model.session.prompt.command.text(), "NOOP");
}

#[test]
fn opening_a_session_closes_the_question_to_replace_a_file() {
    let mut stage = Stage::greeted(Look::default());
    let exists = record::RecordError::Exists("mine.txt".into());
    let options = record::SaveOptions::default();
    stage.tell(SessionMessage::Saved(
        "mine.txt".to_owned(),
        options,
        Err(exists),
    ));
    stage.shows("Replace the file?");
    open(&mut stage, REFUSED);
    stage.hides("Replace the file?");
}

#[test]
fn reports_a_file_without_a_session() {
    let mut stage = Stage::connected(Look::default());
    open(&mut stage, ("notes.txt", b"milk\nbread\n"));
    stage.shows("no session found: expected");
    assert!(stage.model.session.file().is_none());
}

#[test]
fn ehlo_show_opens_a_log() {
    let home = Home::new();
    let log = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/logs/swaks-refused.log");
    let mut console = home.ehlo(&["show", log]);
    console.wait_for_all(&["swaks-refused.log", "saved session, read-only"]);
    console.type_text("]");
    console.wait_for("535 5.7.8 to AUTH: user name or password refused");
    // Saved in another format, the file contains no secrets.
    let page = home.path().join("page.html");
    console.enter(&format!(":save {}", page.display()));
    console.wait_for("secrets masked");
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.contains("Wrong user or password") && !page.contains("AGFsaWNl"));
    console.type_text("q");
    assert_eq!(console.wait_exit(), 0);
}

#[test]
fn saves_opens_and_leaves_a_session() {
    let home = Home::new();
    let file = home.path().join("session.jsonl");
    let name = file.display().to_string();
    let mut console = home.ehlo(&["--practice", "--mood", "no-tls"]);
    console.wait_for("next: EHLO");
    console.enter("EHLO client.example");
    console.wait_for("caps:10");
    console.key("Esc");
    console.wait_for("BROWSE");
    console.enter(&format!(":save {name}"));
    console.wait_for("saved in");
    console.enter(&format!(":open {name}"));
    console.wait_for_all(&["session.jsonl", "saved session, read-only", "line 1 of"]);
    console.type_text("q");
    console.wait_for("BROWSE");
    assert!(!console.screen().contains("saved session"));
    // A file that cannot be read does not block the console.
    let fifo = home.path().join("fifo");
    rustix::fs::mkfifoat(rustix::fs::CWD, &fifo, 0o600.into()).unwrap();
    console.enter(&format!(":open {}", fifo.display()));
    console.wait_for("is a FIFO, not a regular file");
    console.enter(":open -");
    console.wait_for("No such file or directory: -");
    console.enter(":help RCPT");
    console.wait_for("RCPT TO:");
}

#[test]
fn open_sessions_are_compared_by_number() {
    let log = REFUSED.0;
    let (live, shown) = ("session 1", "the session on the screen");
    // What is shown, the line, what is compared.
    let table = [
        (2, ":diff 1", [log, live]),
        (2, ":diff 1 2", [live, log]),
        (2, ":diff 2 ./1", [log, "./1"]),
        (2, ":diff a.txt 1", ["a.txt", live]),
        (1, ":diff 2", [shown, log]),
        (1, ":diff 1 2", [live, log]),
        (1, ":diff \"1 b\"", [shown, "1 b"]),
    ];
    for (number, line, sides) in table {
        let mut stage = browsing(Look::default());
        stage.model.show(number);
        stage.press(&format!("{line}\n"));
        let compared = stage.compared.take().expect(line);
        let names = compared.map(|side| match side {
            Side::File(name) | Side::Shown { name, .. } => name,
        });
        assert_eq!(names, sides, "{line}");
    }
    for (line, words) in [
        (":diff 5", "no session 5: 1 to 2 are open; ./5 is a file"),
        (":diff 1 0", "no session 0: 1 to 2 are open"),
        (":diff 99999999999999999999", "1 to 2 are open"),
        (":diff 2", "session 2 is the one shown"),
        (":diff 1 2 3", ":diff needs one or two sessions"),
    ] {
        let mut stage = browsing(Look::default());
        stage.press(&format!("{line}\n"));
        assert!(stage.compared.is_none(), "{line}");
        stage.shows(words);
    }
    // Numbers may be missing in between, and a session may have no line yet.
    let mut stage = browsing(Look::default());
    stage.press(":connect other.example.test:25\n:diff 3 1\n");
    stage.shows("session 3 is empty");
    stage.model.show(2);
    stage.press("q:diff 2 1\n");
    stage.shows("no session 2: 1 and 3 are open");
}
