//! Scripts that are pasted into the console: what they send, what stops them, and what they run.

use std::time::{Instant, SystemTime};

use crossterm::event::KeyCode;
use ehlo::net::Verdict;
use ehlo::practice::{Mood, Options, PASSWORD, Practice};
use ehlo::record::{Excerpt, Export, RecordError, SaveOptions, export, read};
use ehlo::smtp::{End, Secret};
use ehlo::tui::{Look, SessionMessage};

use crate::scripts::{SESSIONS, playing};
use crate::support::program::ehlo;
use crate::support::pty::Home;
use crate::support::stage::Stage;

const OK: &[u8] = b"250 ok\r\n";
const NO: &[u8] = b"550 5.1.1 no such user\r\n";

/// A script with one of everything.
const EVERYTHING: &str = "EHLO {helo}\n< 250\n:starttls\n:login PLAIN user alice\n\
    MAIL FROM:<{from=alice@example.test}>\n:bdat mail.eml chunk 1000\nDATA\nSubject: x\n\ntext\n.\n\
    :save session.txt\n:raw NOOP\\r\\n\nQUIT";

/// Pastes a script and runs it.
fn run(stage: &mut Stage, script: &str) {
    stage.paste(script);
    stage.shows("of a script were pasted. Nothing is sent yet.");
    assert_eq!(stage.sent(), "");
    stage.key(KeyCode::Enter);
}

fn running(script: &str) -> Stage {
    let mut stage = Stage::greeted(Look::default());
    run(&mut stage, script);
    stage
}

/// The states of this module for the screen snapshots.
pub fn states(look: Look) -> Vec<(&'static str, Stage)> {
    let mut states = Vec::new();
    let mut add = |name, act: fn(&mut Stage)| {
        let mut stage = Stage::greeted(look);
        act(&mut stage);
        states.push((name, stage));
    };
    add("script-question", |stage| stage.paste(EVERYTHING));
    add("script-question-cannot-run", |stage| {
        stage.paste("< 220\n:login profile work\nQUIT");
    });
    add("script-blanks", |stage| {
        stage.paste("AUTH PLAIN {!token}\nRCPT TO:<{to}>\n");
        stage.type_text("s3cret");
        stage.key(KeyCode::Tab);
    });
    add("script-blanks-error", |stage| {
        stage.paste("RCPT TO:<{to}>\nRCPT TO:<{cc}>\n");
        stage.key(KeyCode::Enter);
    });
    add("script-stopped", |stage| {
        run(stage, "RCPT TO:<bob@example.test>\n< 550 5.7.1\nRSET\nQUIT");
        stage.server(NO);
    });
    add("script-rest", |stage| {
        run(
            stage,
            "NOOP\n< 251\n< !550\nEHLO me\n< 250\nDATA\nx\n.\n:save s.txt\nQUIT",
        );
        stage.server(OK);
        stage.press(":rest\n");
    });
    add("script-sleeps", |stage| run(stage, ":sleep 2s\nQUIT"));
    add("script-login", |stage| {
        run(stage, ":login PLAIN user alice\nQUIT");
    });
    states
}

#[test]
fn an_expected_refusal_does_not_stop_and_no_expectation_is_sent() {
    let mut stage =
        running("< 220\nRCPT TO:<a@x.example>\n< 5..\n< 550 5.1.1\n< /no such/\nNOOP\nRSET");
    assert_eq!(stage.sent(), "RCPT TO:<a@x.example>\r\n");
    stage.server(NO);
    assert_eq!(stage.sent(), "NOOP\r\n");
    stage.server(OK);
    assert_eq!(stage.sent(), "RSET\r\n");
    stage.server(OK);
    stage.shows("the script is done");
}

#[test]
fn what_is_not_as_expected_stops_and_keeps_the_rest() {
    for (script, reply, words) in [
        (
            "NOOP\n< 550\n< 5..\nRSET\nQUIT",
            OK,
            "line 2: expected 550, got 250 ok: 2 pasted lines are kept",
        ),
        (
            "NOOP\n\n< !5..\nRSET\nQUIT",
            NO,
            "line 3: expected !5.., got 550 5.1.1 no such user: 2 pasted",
        ),
        (
            "NOOP\nRSET\n< 250\nQUIT",
            NO,
            "stopped at this reply: 3 pasted lines are kept",
        ),
        (
            "NOOP\n< 250 5.0.0\nRSET\nQUIT",
            OK,
            "line 2: expected 250 5.0.0, got 250 ok: 2 pasted",
        ),
    ] {
        let mut stage = running(script);
        assert_eq!(stage.sent(), "NOOP\r\n", "{script}");
        stage.server(reply);
        assert_eq!(stage.sent(), "", "{script}");
        stage.shows(words);
        stage.menu("j");
        assert_eq!(stage.sent(), "RSET\r\n", "{script}");
        stage.server(OK);
        assert_eq!(stage.sent(), "QUIT\r\n", "{script}");
    }
}

#[test]
fn a_message_is_text_and_goes_only_after_354() {
    let script = "DATA\n< 354\nSubject: {x}\n\n# a\n: b\n< c\n..d\n.\nQUIT";
    let mut stage = running(script);
    assert_eq!(stage.sent(), "DATA\r\n");
    stage.server(b"354 go on\r\n");
    assert_eq!(
        stage.sent(),
        "Subject: {x}\r\n\r\n# a\r\n: b\r\n< c\r\n...d\r\n.\r\n"
    );
    stage.server(OK);
    assert_eq!(stage.sent(), "QUIT\r\n");
    // Where it is refused, the message goes nowhere.
    let mut stage = running("DATA\n< 354|503\nRSET\n.\nNOOP");
    stage.server(b"503 no\r\n");
    assert_eq!(stage.sent(), "DATA\r\nNOOP\r\n");
    // A script that stops there leaves the message in the editor.
    let mut stage = running("DATA\n< !354\n< 5..\nNOOP");
    stage.server(b"354 go on\r\n");
    stage.shows("line 2: expected !354, got 354 go on: 1 pasted line is kept");
    stage.type_text("typed");
    assert_eq!(stage.sent(), "DATA\r\n");
}

#[test]
fn a_message_as_octets_opens_no_editor() {
    let mut stage = running(":raw DATA\\r\\n\n< 354\n:raw a\\nb\\r\\n.\\r\\n\n< 5..\nRSET");
    assert_eq!(stage.sent(), "DATA\r\n");
    stage.server(b"354 go on\r\n");
    assert_eq!(stage.sent(), "a\nb\r\n.\r\n");
    stage.server(NO);
    assert_eq!(stage.sent(), "RSET\r\n");
}

#[test]
fn an_expectation_at_the_prompt_is_compared_and_never_sent() {
    let mut stage = Stage::connected(Look::default());
    stage.client("< 220");
    stage.shows("nothing was answered yet");
    stage.server(b"220 mx ESMTP\r\n");
    for (typed, words) in [
        ("< 220", "as expected: 220 mx ESMTP"),
        ("< 554", "expected 554, got 220 mx ESMTP"),
        ("<999", "\"999\" is no reply code"),
    ] {
        stage.client(typed);
        stage.shows(words);
    }
    // There is no advice about it, as nobody is to read it.
    stage.type_text("< 250");
    stage.hides("unknown verb");
    stage.control('c');
    // So does a command of ours that was pasted there.
    stage.paste(":rset\n");
    stage.key(KeyCode::Enter);
    stage.shows("unknown command :rset: a line that begins with a colon is sent by :raw");
    assert_eq!(stage.sent(), "");
}

#[test]
fn blanks_are_filled_in_before_anything_is_sent() {
    let mut stage = Stage::greeted(Look::default());
    stage.paste("EHLO {helo}\nRCPT TO:<{to}>\n");
    stage.shows("Blanks of the script");
    stage.key(KeyCode::Enter);
    stage.shows("to has no value yet");
    stage.type_text("bob@x.example");
    stage.key(KeyCode::Enter);
    stage.shows("The last: RCPT TO:<bob@x.example>");
    stage.key(KeyCode::Esc);
    // A secret is shown nowhere.
    stage.paste("X {!token}\nY {to}\n");
    stage.type_text("s3cret");
    stage.key(KeyCode::Tab);
    stage.hides("s3cret");
    stage.type_text("bob");
    stage.key(KeyCode::Enter);
    stage.shows("The first: [hidden]");
    stage.key(KeyCode::Esc);
    assert_eq!(stage.sent(), "");
    run(&mut stage, "NOOP {{a}\nRCPT TO:<{to=bob@example.test}>\n");
    stage.server(OK);
    assert_eq!(stage.sent(), "NOOP {a}\r\nRCPT TO:<bob@example.test>\r\n");
}

#[test]
fn nothing_else_is_sent_while_a_script_runs_and_ctrl_c_stops_it() {
    let mut stage = running("NOOP\n< 250\n:sleep 1m\nRSET");
    stage.server(OK);
    // It stays to be seen, whatever is typed.
    stage.press("x");
    stage.key(KeyCode::Backspace);
    stage.shows("the script waits 60 s, then 1 step: ^C stops it");
    stage.press(":rest\n");
    stage.shows("1 pasted line, not sent");
    stage.shows("These wait for their turn");
    stage.key(KeyCode::Esc);
    stage.client("QUIT");
    stage.shows("a script is running: ^C stops it; the line stays here");
    stage.control('c');
    stage.control('c');
    stage.shows("stopped: 1 pasted line is kept");
    assert_eq!(stage.sent(), "NOOP\r\n");
    // Its time passes for nothing.
    stage.tell(SessionMessage::Slept(1));
    stage.client("NOOP 2");
    assert_eq!(stage.sent(), "NOOP 2\r\n");
}

#[test]
fn why_it_stopped_stays_to_be_seen() {
    let mut stage = running("NOOP\n< 550\nRSET\nQUIT");
    stage.server(OK);
    stage.press("x");
    stage.key(KeyCode::Backspace);
    stage.shows("2 pasted lines kept, ^O j continues: line 2: expected 550, got 250 ok");
    stage.press(":rest\n");
    stage.shows("Why they stopped: line 2: expected 550, got 250 ok");
}

#[test]
fn nothing_goes_on_behind_the_question_whether_to_leave() {
    for pasted in ["NOOP\n< 250\nRSET", "NOOP\nRSET"] {
        let mut stage = Stage::greeted(Look::default());
        stage.paste(pasted);
        stage.key(KeyCode::Enter);
        assert_eq!(stage.sent(), "NOOP\r\n");
        stage.control('d');
        stage.shows("The session is still open.");
        stage.server(OK);
        assert_eq!(stage.sent(), "", "{pasted}");
        stage.key(KeyCode::Esc);
        assert_eq!(stage.sent(), "RSET\r\n", "{pasted}");
    }
}

#[test]
fn put_at_the_prompt_line_by_line_it_keeps_its_message() {
    let script = "DATA\n< 354\nSubject: x\n\ntext\n.\nQUIT";
    let mut stage = Stage::greeted(Look::default());
    stage.paste(script);
    stage.type_text("e");
    stage.key(KeyCode::Enter);
    assert_eq!(stage.sent(), "DATA\r\n");
    stage.server(b"354 go\r\n");
    stage.shows("the pasted message is in the editor, not sent yet");
    stage.shows("Subject: x");
    // If DATA is refused, that it is left out is said.
    let mut stage = Stage::greeted(Look::default());
    stage.paste(script);
    stage.type_text("e");
    stage.key(KeyCode::Enter);
    stage.server(b"503 no\r\n");
    stage.shows("< 354");
    stage.key(KeyCode::Enter);
    stage.shows("the pasted message was left out");
    stage.shows("QUIT");
}

#[test]
fn a_sleep_and_a_file_for_chunks_are_awaited() {
    let mut stage = running(":sleep 2s\n:bdat mail.eml chunk 4\nRSET");
    stage.tell(SessionMessage::Slept(9));
    assert_eq!(stage.sent(), "");
    stage.tell(SessionMessage::Slept(1));
    stage.tell(SessionMessage::Chunks(Ok(Secret::new(b"abcdef".to_vec()))));
    assert_eq!(stage.sent(), "BDAT 4\r\nabcd");
    stage.server(OK);
    assert_eq!(stage.sent(), "BDAT 2 LAST\r\nef");
    stage.server(OK);
    assert_eq!(stage.sent(), "RSET\r\n");
    let mut stage = running(":bdat gone\nRSET");
    stage.tell(SessionMessage::Chunks(Err("gone: no such file".to_owned())));
    stage.shows(":bdat: gone: no such file: 2 pasted lines are kept");
    // Without its message, the rest is not what was pasted.
    stage.menu("j");
    stage.tell(SessionMessage::Chunks(Ok(Secret::new(b"ab".to_vec()))));
    assert_eq!(stage.sent(), "BDAT 2 LAST\r\nab");
    // Typed, it is the same.
    let mut stage = Stage::greeted(Look::default());
    stage.press(":bdat 'ab' chunk 1\n");
    stage.server(OK);
    assert_eq!(stage.sent(), "BDAT 1\r\naBDAT 1 LAST\r\nb");
}

#[test]
fn starttls_greets_again_unless_it_is_refused() {
    let mut stage = running(":starttls\nNOOP");
    assert_eq!(stage.sent(), "STARTTLS\r\n");
    stage.server(b"220 go\r\n");
    stage.tls(Verdict::default());
    let sent = stage.sent();
    assert!(sent.starts_with("EHLO "), "{sent}");
    stage.server(OK);
    assert_eq!(stage.sent(), "NOOP\r\n");
    let mut stage = running(":starttls\n< 454\nNOOP");
    stage.server(b"454 not now\r\n");
    assert_eq!(stage.sent(), "STARTTLS\r\nNOOP\r\n");
}

#[test]
fn the_question_of_a_command_is_awaited() {
    // The login form, and the question about the clear link.
    let mut stage = running(":login PLAIN user alice\nNOOP");
    stage.shows("alice");
    stage.type_text("wonderland");
    stage.key(KeyCode::Enter);
    stage.shows("Send the secret?");
    assert_eq!(stage.sent(), "");
    stage.control('y');
    assert!(stage.sent().starts_with("AUTH PLAIN "));
    stage.server(b"235 ok\r\n");
    assert_eq!(stage.sent(), "NOOP\r\n");
    // Closed without an answer, the script stops.
    let mut stage = running(":login PLAIN user alice\nNOOP");
    stage.key(KeyCode::Esc);
    stage.shows("stopped, not sent: 2 pasted lines are kept");
    // A file that exists.
    let exists = || Err(RecordError::Exists("s.txt".into()));
    let saved = |done| SessionMessage::Saved("s.txt".to_owned(), SaveOptions::default(), done);
    let mut stage = running(":save s.txt\nNOOP");
    stage.tell(saved(exists()));
    stage.type_text("r");
    assert_eq!(stage.sent(), "");
    stage.tell(saved(Ok("saved".to_owned())));
    assert_eq!(stage.sent(), "NOOP\r\n");
    let mut stage = running(":save s.txt\nNOOP");
    stage.tell(saved(exists()));
    stage.key(KeyCode::Esc);
    stage.shows("stopped, not sent: 2 pasted lines are kept");
    // Octets with a secret.
    let mut stage = running(":raw AUTH PLAIN AGE=\\r\\n\nNOOP");
    stage.hides("AGE=");
    stage.shows("Send the secret?");
    stage.key(KeyCode::Esc);
    stage.shows("stopped, not sent: 2 pasted lines are kept");
    assert_eq!(stage.sent(), "");
}

#[test]
fn the_last_reply_of_a_login_is_what_counts() {
    let mut stage = running(":login LOGIN user alice\n< 235\nNOOP");
    stage.type_text("wonderland");
    stage.key(KeyCode::Enter);
    stage.control('y');
    for reply in ["334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6", "235 ok"] {
        stage.server(format!("{reply}\r\n").as_bytes());
    }
    let sent = stage.sent();
    assert!(sent.ends_with("\r\nNOOP\r\n"), "{sent}");
}

#[test]
fn a_script_connects_again() {
    let mut stage = running("QUIT\n:reconnect\n< 220\nEHLO you\nQUIT");
    stage.server(b"221 bye\r\n");
    assert_eq!(stage.sent(), "QUIT\r\n");
    stage.end(End::Closed);
    stage.reconnected();
    assert_eq!(stage.sent(), "");
    stage.server(b"220 mx\r\n");
    assert_eq!(stage.sent(), "EHLO you\r\n");
    // What has no server any more is kept.
    stage.end(End::Closed);
    stage.shows("the connection ended: 1 pasted line is kept");
}

#[test]
fn a_script_goes_to_the_prompt_line_by_line() {
    let mut stage = Stage::greeted(Look::default());
    stage.paste("NOOP\n< 550\n:sleep 1s\nRSET");
    stage.type_text("e");
    stage.key(KeyCode::Enter);
    stage.server(OK);
    stage.shows("> < 550");
    stage.key(KeyCode::Enter);
    stage.shows("> :sleep 1s");
    assert_eq!(stage.sent(), "NOOP\r\n");
}

/// Sessions of any kind: exported, pasted into a console whose server plays them, they are the same.
#[test]
fn an_exported_session_is_pasted_to_the_same_session() {
    for session in SESSIONS {
        let home = Home::new();
        let practice = Practice::spawn(Options::default()).unwrap();
        let target = practice.plain().to_string();
        let run = ehlo(&home, &["run", &target, "-", "--json"], session.as_bytes());
        home.file("first.jsonl", &run.stdout);
        let record = read(&run.stdout, Instant::now(), SystemTime::UNIX_EPOCH).unwrap();
        let script = export(&Excerpt::from(&record), Export::Script).unwrap();
        let server = playing(&record);
        let mut console = home.ehlo_sized(100, 50, &[&server.address().to_string()]);
        console.wait_for("220 ");
        console.paste(&script);
        console.wait_for("Nothing is sent yet.");
        console.key("Enter");
        let connections = 1 + script.matches(":reconnect").count();
        console.wait_until("the end of the session", |screen| {
            screen.matches("=== connection closed by").count() == connections
        });
        console.enter(":save second.jsonl");
        console.wait_for("second.jsonl");
        drop(console);
        let diff = ehlo(&home, &["diff", "first.jsonl", "second.jsonl"], b"");
        let printed = String::from_utf8_lossy(&diff.stdout);
        let about = format!("{session}:\n{script}\n{}\n{printed}", server.log());
        assert_eq!(diff.status.code(), Some(0), "{about}");
    }
}

/// A login becomes `:login`, and its form asks for the password.
#[test]
fn an_exported_login_is_pasted_to_the_same_login() {
    let home = Home::new();
    home.file("pw", PASSWORD);
    let practice = || {
        Practice::spawn(Options {
            moods: [Mood::NoTls].into_iter().collect(),
            ..Options::default()
        })
        .unwrap()
    };
    let session = "EHLO me\n:login PLAIN user alice password-from file:pw\nRSET\nQUIT\n";
    let first = practice();
    let target = first.plain().to_string();
    let arguments = ["run", &target, "-", "--json", "--allow-insecure-auth"];
    let run = ehlo(&home, &arguments, session.as_bytes());
    home.file("first.jsonl", &run.stdout);
    let record = read(&run.stdout, Instant::now(), SystemTime::UNIX_EPOCH).unwrap();
    let script = export(&Excerpt::from(&record), Export::Script).unwrap();
    assert!(script.contains("\n:login PLAIN\n"), "{script}");
    let second = practice();
    let mut console = home.ehlo_sized(100, 50, &[&second.plain().to_string()]);
    console.wait_for("220 ");
    console.paste(&script);
    console.wait_for("It runs :login PLAIN");
    console.key("Enter");
    console.wait_for("show the password");
    console.type_text("alice\t");
    console.type_text(PASSWORD);
    console.key("Enter");
    console.wait_for("Send the secret?");
    console.key("C-y");
    console.wait_for("  closed");
    console.enter(":save second.jsonl");
    console.wait_for("second.jsonl");
    let diff = ehlo(&home, &["diff", "first.jsonl", "second.jsonl"], b"");
    let printed = String::from_utf8_lossy(&diff.stdout);
    assert_eq!(diff.status.code(), Some(0), "{printed}");
}
