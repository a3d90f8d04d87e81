//! Exports, comparisons and saving with secrets on the screen.

use std::os::unix::fs::PermissionsExt;

use crossterm::event::KeyCode;
use ehlo::record::{Excerpt, Export, Record, export};
use ehlo::smtp::End;
use ehlo::tui::{Comparison, FileRequest, Look, SessionMessage};

use super::sessions::{MAIL, from_dialogue};
use crate::journeys::records::logged_in;
use crate::screens::refused;
use crate::support::pty::{Home, Pty};
use crate::support::stage::Stage;

/// The screen states of these features, for the snapshots.
pub fn states(look: Look) -> Vec<(&'static str, Stage)> {
    let mut states = Vec::new();
    let mut add = |name, mut stage: Stage, keys: &str| {
        stage.screen(80, 24);
        stage.press(keys);
        states.push((name, stage));
    };
    add("export", exporting(look, ""), "");
    add("export-script", exporting(look, "ehlo"), "");
    add("export-not-possible", exporting(look, "curl"), "");
    add("diff", comparing(look, MAIL, &other()), "");
    add("diff-next", comparing(look, MAIL, &other()), "nn");
    add("diff-none", comparing(look, MAIL, MAIL), "");
    states
}

/// A session that was refused, with its export.
fn exporting(look: Look, name: &str) -> Stage {
    let mut stage = refused(look);
    stage.client(&format!(":export {name}"));
    stage
}

/// Two sessions side by side.
fn comparing(look: Look, left: &str, right: &str) -> Stage {
    let mut stage = Stage::connected(look);
    let left = ("works.jsonl", &from_dialogue(left));
    let read_in = Record {
        remarks: vec!["line 7 was not understood".to_owned()],
        ..from_dialogue(right)
    };
    let right = ("from \u{1b}the app.log", &read_in);
    let comparison = Box::new(Comparison::of(left, right));
    stage.tell(SessionMessage::Compared(Ok(comparison)));
    stage
}

/// [`MAIL`] with another user, another capability and one more accepted recipient.
fn other() -> String {
    MAIL.replace("AGFsaWNlAHdvbmRlcmxhbmQ=", "AGNhcm9sAHdvbmRlcmxhbmQ=")
        .replace(
            "    S: 250 STARTTLS\n",
            "    S: 250-SIZE 1000\n    S: 250 STARTTLS\n",
        )
        .replace("550 5.1.1 no such user", "250 2.1.5 ok")
}

#[test]
fn exports_the_connection_of_the_selected_line_or_the_last_with_commands() {
    let mut stage = Stage::connected(Look::default());
    stage.server(b"220 one\r\n");
    stage.client("EHLO first.example");
    stage.server(b"250 one\r\n");
    stage.end(End::Closed);
    stage.client(":connect other.example.test:25");
    stage.reconnected();
    stage.server(b"220 two\r\n");
    for line in [
        "EHLO second.example",
        "MAIL FROM:<a@b.example>",
        "MAIL FROM:<>",
    ] {
        stage.client(line);
        stage.server(b"250 ok\r\n");
    }
    stage.end(End::Closed);
    stage.client(":connect silent.example.test:25");
    stage.reconnected();
    let table: &[(&str, &[&str])] = &[
        (
            ":export\n",
            &[
                "to other.example.test:25, connection 2 of 3",
                "# the last of 2 transactions",
                "--ehlo second.example",
                "--from '<>'",
            ],
        ),
        (
            "\u{1b}g:export\n",
            &[
                "to mx.example.test:587, connection 1 of 3",
                "--server mx.example.test",
                "--ehlo first.example",
                "--quit-after HELO",
            ],
        ),
    ];
    for (keys, expected) in table {
        stage.press(keys);
        let screen = stage.screen(120, 40);
        for words in *expected {
            assert!(screen.contains(words), "no {words:?}:\n{screen}");
        }
        stage.press("\u{1b}");
    }
}

#[test]
fn exports_each_connection_of_a_saved_session() {
    let mut record = from_dialogue(MAIL);
    let again = from_dialogue("S: 220 hi\nC: EHLO second.example\nS: 250 hi");
    record.entries.extend(again.entries);
    let mut stage = Stage::new(Look::default());
    stage.model.session.file_request = FileRequest::Loading {
        name: "a.jsonl".to_owned(),
        typed_at: None,
    };
    stage.tell(SessionMessage::Loaded(
        "a.jsonl".into(),
        Ok(Box::new(record)),
    ));
    for (keys, about, line) in [
        ("g", "connection 1 of 2", "--from alice@example.org"),
        ("G", "connection 2 of 2", "--ehlo second.example"),
    ] {
        stage.press(&format!("{keys}:export\n"));
        let screen = stage.screen(120, 40);
        let about = format!("to mx.example.org:587, {about}");
        assert!(screen.contains(&about) && screen.contains(line), "{screen}");
        stage.press("\u{1b}");
    }
}

/// The exported lines are pasted into another session and sent one by one.
#[test]
fn exported_lines_can_be_pasted_and_sent() {
    let script = "S: 220 mx ESMTP\nC: EHLO client.example\nS: 250 mx\nC: MAIL FROM:<>\nS: 250 ok\nC: RSET\nS: 250 ok";
    let record = from_dialogue(script);
    let lines = export(&Excerpt::from(&record), Export::Script).unwrap();
    assert!(lines.starts_with("# mx.example.org"), "{lines}");
    let mut stage = Stage::connected(Look::default());
    stage.server(b"220 other ESMTP\r\n");
    stage.paste(&lines);
    stage.shows("3 steps of a script were pasted. Nothing is sent yet.");
    stage.shows("1 comment line (#) was skipped.");
    stage.key(KeyCode::Enter);
    for _ in 0..3 {
        stage.server(b"250 ok\r\n");
    }
    assert_eq!(
        String::from_utf8(stage.wire_octets).unwrap(),
        "EHLO client.example\r\nMAIL FROM:<>\r\nRSET\r\n"
    );
}

#[test]
fn copies_the_export_that_is_shown() {
    for (name, expected) in [
        ("swaks", "swaks \\\n"),
        ("openssl", "[ -n \"$SMTP_SECRET_1\" ]"),
        ("git", "git config sendemail.smtpServer mx.example.test\n"),
        ("msmtp", "account ehlo\n"),
        ("EHLO", "# mx.example.test:587\nEHLO vm.example.net\n"),
    ] {
        let mut stage = exporting(Look::default(), name);
        stage.press("y");
        let copied = String::from_utf8(std::mem::take(&mut stage.clipboard)).unwrap();
        assert!(copied.contains(expected), "{name}: {copied}");
        assert!(!copied.contains("AGFs") && !copied.contains("wonderland"));
    }
    // An export that is not possible is not copied; Tab selects the next one.
    let mut stage = exporting(Look::default(), "curl");
    stage.press("yp");
    assert!(stage.clipboard.is_empty());
    stage.key(KeyCode::Tab);
    stage.press("y");
    assert!(!stage.clipboard.is_empty());
}

#[test]
fn reports_invalid_arguments() {
    let table = [
        (":export", "there is no session to export yet"),
        (
            ":diff a.txt",
            "there is no session on the screen to compare with",
        ),
        (":diff a b c", ":diff needs one or two sessions"),
        (":diff \"a b", ":diff needs one or two sessions"),
        (
            ":save --with-secret a.txt",
            "unknown flag \"--with-secret a.txt\" of :save",
        ),
    ];
    for (line, words) in table {
        let mut stage = Stage::new(Look::default());
        stage.client(line);
        let screen = stage.screen(120, 36);
        assert!(screen.contains(words), "{line}:\n{screen}");
    }
    // In a session a missing file name is requested after the typed text.
    for (line, words) in [
        (":diff", ": diff "),
        (
            ":save --with-secrets",
            ": save --with-secrets ehlo-session.txt",
        ),
        (
            ":export mutt",
            "unknown export format \"mutt\": use swaks, curl, openssl, git, msmtp, ehlo",
        ),
    ] {
        let mut stage = refused(Look::default());
        stage.client(line);
        let screen = stage.screen(120, 36);
        assert!(screen.contains(words), "{line}:\n{screen}");
    }
}

#[test]
fn n_and_shift_n_move_between_differences() {
    let mut stage = comparing(Look::default(), MAIL, &other());
    let mut at = |keys: &str, expected: &str| {
        stage.screen(80, 12);
        stage.press(keys);
        let screen = stage.screen(80, 12);
        assert!(screen.contains(expected), "{keys}:\n{screen}");
    };
    at("", "n N next, previous");
    at("n", "Two sessions: 1 of 3");
    at("n", "Two sessions: 2 of 3");
    at("nn", "Two sessions: 3 of 3");
    at("N", "Two sessions: 2 of 3");
    // If the current difference is not visible, the next one is found from what is visible.
    at("g", "2 of 3");
    at("n", "Two sessions: 1 of 3");
    at("N", "Two sessions: 1 of 3");
}

fn close(console: &mut Pty, gone: &str) {
    console.key("Esc");
    console.wait_gone(gone);
}

#[test]
fn compares_with_a_saved_session_and_two_saved_sessions() {
    let home = Home::new();
    let mut console = logged_in(&home, 120, 36);
    console.enter(":save here.jsonl");
    console.wait_for("in here.jsonl, secrets masked");
    console.enter(":diff here.jsonl");
    console.wait_for_all(&[
        "- the session on the screen",
        "+ here.jsonl",
        "no difference",
    ]);
    close(&mut console, "no difference");
    console.enter("MAIL FROM:<alice@example.org>");
    console.wait_for("250 2.1.0");
    console.enter(":diff here.jsonl");
    console.wait_for("1 difference;");
    console.type_text("n");
    let screen = console.wait_for("1 of 1");
    let sender = |screen: &str| {
        let line = screen.lines().find(|line| line.contains("MAIL FROM"));
        line.map(str::to_owned).unwrap_or_default()
    };
    assert!(sender(&screen).contains("-  -> MAIL FROM"), "{screen}");
    close(&mut console, "1 difference");
    console.enter(":save there.txt");
    console.wait_for("in there.txt, secrets masked");
    console.enter(":diff here.jsonl there.txt");
    console.wait_for("1 difference;");
    console.type_text("n");
    let screen = console.wait_for("1 of 1");
    assert!(sender(&screen).contains("+  -> MAIL FROM"), "{screen}");
    // In a narrow terminal the sides are shown one below the other.
    console.resize(80, 36);
    let screen = console.wait_for("+  -> MAIL FROM");
    assert!(sender(&screen).starts_with("│ +  ->"), "{screen}");
    close(&mut console, "Two sessions");
    // An open saved session is compared instead of the live one.
    console.enter(":open there.txt");
    console.wait_for("saved session, read-only");
    console.enter(":diff here.jsonl");
    console.wait_for_all(&["- there.txt: localhost:", "+ here.jsonl: ", "1 difference"]);
    close(&mut console, "Two sessions");
    console.type_text("q");
    console.wait_gone("there.txt");
    for (line, words) in [
        (
            ":diff nowhere.txt",
            "No such file or directory: nowhere.txt",
        ),
        (
            ":diff here.jsonl .",
            "is a directory, not a regular file: .",
        ),
    ] {
        console.enter(line);
        console.wait_for(words);
    }
}

#[test]
fn exports_copies_and_prints_a_session() {
    let home = Home::new();
    let mut console = logged_in(&home, 80, 36);
    console.key("C-o");
    console.wait_for("Write and send");
    console.type_text("x");
    let screen = console.wait_for_all(&["--auth-user alice", "--quit-after AUTH", "y copy"]);
    assert!(!screen.contains("wonderland") && !screen.contains("AGFs"));
    console.type_text("p");
    console.wait_for("[Enter goes back to ehlo]");
    assert!(!console.look(vt100::Screen::alternate_screen));
    assert!(console.screen().contains("\n  --auth-user alice \\\n"));
    console.key("Enter");
    console.wait_for("y copy");
    console.key("Tab");
    console.wait_for("curl sends an envelope only with a message, and none was sent");
    console.key("BackTab");
    console.wait_for("--auth-user alice");
    console.type_text("y");
    console.wait_for("OSC 52");
    let raw = String::from_utf8_lossy(&console.raw()).into_owned();
    assert!(
        raw.contains("\u{1b}]52;c;"),
        "no OSC 52 sequence was sent to the terminal"
    );
}

#[test]
fn saves_secrets_only_on_request() {
    let home = Home::new();
    let mut console = logged_in(&home, 80, 36);
    let read = |name: &str| std::fs::read_to_string(home.path().join(name)).unwrap();
    for (name, secret) in [
        ("open.txt", "AGFsaWNlAHdvbmRlcmxhbmQ="),
        ("open.html", "AGFsaWNlAHdvbmRlcmxhbmQ="),
        ("open.md", "AGFsaWNlAHdvbmRlcmxhbmQ="),
        ("open.jsonl", "QUdGc2FXTmxBSGR2Ym1SbGNteGhibVE9"),
    ] {
        let place = format!("in {name}, ");
        console.enter(&format!(":save {name}"));
        console.wait_for_all(&[&place, "secrets masked"]);
        assert!(!read(name).contains(secret));
        // The file exists: the question warns of its new content.
        let line = if name.ends_with(".txt") {
            format!(":save {name} --with-secrets")
        } else {
            format!(":save --with-secrets {name}")
        };
        console.enter(&line);
        console.wait_for_all(&["Replace the file?", "It will contain secrets in plain text"]);
        console.type_text("r");
        console.wait_for_all(&[&place, "WITH SECRETS in plain text"]);
        let saved = read(name);
        let first = saved.lines().next().unwrap().to_ascii_lowercase();
        assert!(saved.contains(secret), "{saved}");
        assert!(first.contains("secrets"), "{first}");
        let path = home.path().join(name);
        let mode = path.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
        // The request does not apply to later saves.
        console.enter(&format!(":save masked-{name}"));
        console.wait_for(&format!("in masked-{name}, secrets masked"));
        assert!(!read(&format!("masked-{name}")).contains(secret));
    }
    console.enter(":save --with-secrets message.eml");
    console.wait_for("no message was sent in this session");
}
