//! `ehlo run`: scripts against servers that play a dialogue, through the real program.

use std::time::{Instant, SystemTime};

use ehlo::practice::{Options, Practice};
use ehlo::record::{Excerpt, Export, Record, export, read};
use ehlo::smtp::EntryKind;
use ehlo::smtp::line::Ending;

use crate::support::harmless::assert_harmless;
use crate::support::program::ehlo;
use crate::support::pty::{EHLO, Home};
use crate::support::scripted::{Scripted, Step, expects, says};

/// The beginning of most sessions.
const BEGIN: &str = "S: 220 mx.example ESMTP\nC: EHLO me.example\nS: 250-mx.example\nS: 250 SIZE\n";

/// Each: what happens, the script, the dialogue after [`BEGIN`], the exit status, words on standard
/// error.
const RUNS: &[(&str, &str, &str, u8, &str)] = &[
    (
        "it is done",
        "NOOP\nQUIT",
        "C: NOOP\nS: 250 ok\nC: QUIT\nS: 221 bye\nX",
        0,
        "",
    ),
    ("QUIT is added", "", "C: QUIT\nS: 221 bye\nX", 0, ""),
    ("QUIT is only closed", "", "C: QUIT\nX", 0, ""),
    (
        "MAIL is refused",
        "MAIL FROM:<a@x.example>\nNOOP",
        "C: MAIL FROM:<a@x.example>\nS: 550 5.7.1 no\nC: QUIT\nS: 221 bye\nX",
        23,
        "MAIL refused: 550 5.7.1 no",
    ),
    (
        "RCPT is refused, for now",
        "RCPT TO:<b@x.example>",
        "C: RCPT TO:<b@x.example>\nS: 450-4.7.1 later\nS: 450 4.7.1 really\nC: QUIT\nS: 221 bye\nX",
        24,
        "RCPT refused: 450 4.7.1 later ...",
    ),
    (
        "a refusal that is expected",
        "RCPT TO:<b@x.example>\n< 5..\n< 550 5.1.1 # the enhanced code too\n< /unknown/\nQUIT",
        "C: RCPT TO:<b@x.example>\nS: 550 5.1.1 unknown user\nC: QUIT\nS: 221 bye\nX",
        0,
        "",
    ),
    (
        "indented lines of ours reach no server",
        "  # a comment\n  RCPT TO:<b@x.example>\n  < 5..\n\t:sleep 1ms\n   \nQUIT",
        "C:   RCPT TO:<b@x.example>\nS: 550 5.1.1 unknown user\nC: QUIT\nS: 221 bye\nX",
        0,
        "",
    ),
    (
        "an expectation that is not met",
        "NOOP\n< 550\nQUIT",
        "C: NOOP\nS: 250 ok\nC: QUIT\nS: 221 bye\nX",
        40,
        "line 3: expected 550, got 250 ok",
    ),
    (
        "a command without a stage is refused",
        "VRFY bob\nQUIT",
        "C: VRFY bob\nS: 502 no\nC: QUIT\nS: 221 bye\nX",
        40,
        "VRFY refused: 502 no",
    ),
    (
        "DATA is refused: its message is not sent",
        "DATA\nSubject: x\n\nRSET\n.\nQUIT",
        "C: DATA\nS: 503 no\nC: QUIT\nS: 221 bye\nX",
        25,
        "DATA refused: 503 no",
    ),
    (
        "DATA is refused, as expected",
        "DATA\n< 503\nRSET",
        "C: DATA\nS: 503 no\nC: RSET\nS: 250 ok\nC: QUIT\nS: 221 bye\nX",
        0,
        "",
    ),
    (
        "a message, with its dots stuffed",
        "DATA\nSubject: x\n\n# text\n.dot\n< text\n.\n< 250",
        "C: DATA\nS: 354 go\nC: Subject: x\nC: \nC: # text\nC: ..dot\nC: < text\nC: .\nS: 250 ok\nC: QUIT\nS: 221 bye\nX",
        0,
        "",
    ),
    (
        "the message is refused",
        "DATA\nx\n.",
        "C: DATA\nS: 354 go\nC: x\nC: .\nS: 554 5.6.0 no\nC: QUIT\nS: 221 bye\nX",
        26,
        "the end of the message refused: 554 5.6.0 no",
    ),
    (
        "the connection is lost",
        "NOOP",
        "C: NOOP\nX",
        6,
        "connection closed by the server",
    ),
    (
        "the server says goodbye",
        "NOOP",
        "C: NOOP\nS: 421 4.4.2 too slow\nX",
        40,
        "NOOP refused: 421 4.4.2 too slow",
    ),
    (
        "QUIT is refused",
        "QUIT",
        "C: QUIT\nS: 500 no\nX",
        27,
        "QUIT refused: 500 no",
    ),
    (
        "STARTTLS is refused",
        "STARTTLS",
        "C: STARTTLS\nS: 454 4.7.0 not now\nC: QUIT\nS: 221 bye\nX",
        29,
        "STARTTLS refused: 454 4.7.0 not now",
    ),
    (
        "lines that begin with a sign go by :raw",
        ":raw #x\\r\\n\n< 500\n:raw \\r\\n\n< 5..",
        "C: #x\nS: 500 no\nC: \nS: 500 no\nC: QUIT\nS: 221 bye\nX",
        0,
        "",
    ),
    (
        "blanks are filled",
        "MAIL FROM:<{from=a@x.example}>\nRCPT TO:<{to}>\nX {{y}\n< 5..",
        "C: MAIL FROM:<a@x.example>\nS: 250 ok\nC: RCPT TO:<bob@example.org>\nS: 250 ok\nC: X {y}\nS: 500 no\nC: QUIT\nS: 221 bye\nX",
        0,
        "",
    ),
    (
        "the connection ends before the message",
        "DATA\nx\n.",
        "C: DATA\nS: 354 go\nS: 421 4.3.2 closing\nX",
        6,
        "421 4.3.2 closing",
    ),
    (
        "the connection ends before the TLS handshake",
        "STARTTLS",
        "C: STARTTLS\nS: 220 go\nX",
        29,
        "TLS failed",
    ),
    (
        "chunks are not sent where they would be commands",
        ":bdat 'RSET\\r\\n' chunk 2",
        "C: QUIT\nS: 221 bye\nX",
        26,
        "CHUNKING is not offered",
    ),
    (
        "a password is not sent in clear",
        "AUTH PLAIN\n< 334\n:login PLAIN user alice password-from file:pw",
        "C: AUTH PLAIN\nS: 535 no\nC: QUIT\nS: 221 bye\nX",
        40,
        "line 3: expected 334, got 535 no",
    ),
    (
        "XCLIENT is refused",
        "XCLIENT NAME=x.example\nNOOP",
        "C: XCLIENT NAME=x.example\nS: 550 5.7.0 no\nC: QUIT\nS: 221 bye\nX",
        33,
        "XCLIENT refused: 550 5.7.0 no",
    ),
    (
        "EHLO after XCLIENT is refused",
        "XCLIENT NAME=x.example\nEHLO x.example",
        "C: XCLIENT NAME=x.example\nS: 220 mx\nC: EHLO x.example\nS: 550 no\nC: QUIT\nS: 221 bye\nX",
        34,
        "EHLO refused: 550 no",
    ),
    (
        "a login is not begun over a clear link",
        ":login PLAIN user alice password-from file:pw",
        "C: QUIT\nS: 221 bye\nX",
        28,
        "the link would expose the password",
    ),
];

#[test]
fn each_end_has_its_status() {
    for (name, script, dialogue, status, words) in RUNS {
        let home = Home::new();
        let server = Scripted::playing(&format!("{BEGIN}{dialogue}"));
        let script = format!("EHLO me.example\n{script}\n");
        let file = home.file("script", &script);
        home.file("pw", "rabbit");
        let target = server.address().to_string();
        let set: &[&str] = if script.contains("{to}") {
            &["--set", "to=bob@example.org"]
        } else {
            &[]
        };
        let arguments = [&["run", &target, &file], set].concat();
        let output = ehlo(&home, &arguments, b"");
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        let about = format!("{name}: {error}{printed}\n{}", server.log());
        assert_eq!(output.status.code(), Some(i32::from(*status)), "{about}");
        assert!(error.contains(words), "{about}");
        assert!(printed.contains("-> EHLO me.example\n"), "{about}");
        assert_harmless(&output.stderr);
    }
}

#[test]
fn the_greeting_has_its_status() {
    let home = Home::new();
    for (dialogue, script, status) in [
        ("S: 554 no service\nC: QUIT\nS: 221 bye\nX", "", 21),
        ("S: 554 no service\nC: QUIT\nS: 221 bye\nX", "< 554\n", 0),
        ("X", "", 6),
    ] {
        let server = Scripted::playing(dialogue);
        let file = home.file("script", script);
        let output = ehlo(&home, &["run", &server.address().to_string(), &file], b"");
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{dialogue}: {error}");
    }
}

/// A server behind a proxy greets nobody before the header of PROXY, from a file and from a pipe.
#[test]
fn a_proxy_header_goes_before_the_greeting() {
    let script = "PROXY TCP4 192.0.2.1 192.0.2.2 4000 25\nEHLO me.example\n";
    for piped in [false, true] {
        let home = Home::new();
        let server = Scripted::playing(&format!(
            "C: PROXY TCP4 192.0.2.1 192.0.2.2 4000 25\n{BEGIN}C: QUIT\nS: 221 bye\nX"
        ));
        let target = server.address().to_string();
        let file = home.file("script", script);
        let output = match piped {
            true => ehlo(&home, &["run", &target], script.as_bytes()),
            false => ehlo(&home, &["run", &target, &file], b""),
        };
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{error}{}", server.log());
    }
}

/// What a script saves can be read by its later lines.
#[test]
fn a_script_may_send_what_it_saved() {
    let home = Home::new();
    let script =
        "EHLO me\n:save s.txt\nMAIL FROM:<a@x.example>\nRCPT TO:<b@x.example>\n:data s.txt\n";
    let file = home.file("script", script);
    let output = ehlo(&home, &["run", "--practice", &file], b"");
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{error}");
}

#[test]
fn silence_has_the_status_of_its_stage() {
    let home = Home::new();
    for (dialogue, status, words) in [
        ("", 21, "the greeting did not come within 0.2 s"),
        (
            "S: 220 mx\nC: EHLO me",
            22,
            "the reply did not come within 0.2 s",
        ),
    ] {
        let mut steps: Vec<Step> = dialogue
            .lines()
            .map(|line| match line.split_at(3) {
                ("S: ", rest) => says(rest),
                (_, rest) => expects(rest),
            })
            .collect();
        steps.push(Step::ReadToEnd(b"QUIT".to_vec()));
        let server = Scripted::start(steps);
        let file = home.file("script", "EHLO me\n");
        let target = server.address().to_string();
        let arguments = ["run", &target, &file, "--reply-timeout", "200ms", "--json"];
        let output = ehlo(&home, &arguments, b"");
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{error}");
        assert!(error.contains(words), "{error}");
        let printed = String::from_utf8_lossy(&output.stdout);
        assert!(printed.contains("\"timed_out\":true"), "{printed}");
    }
}

#[test]
fn a_script_with_a_fault_connects_to_nothing() {
    let home = Home::new();
    let table: &[(&[u8], &[&str], &str)] = &[
        (
            b"EHLO x\n:rset\n",
            &[],
            "script, line 2: unknown command :rset",
        ),
        (
            b"NOOP\n\n< 999\n",
            &[],
            "script, line 3: \"999\" is no reply code",
        ),
        (
            b"RCPT TO:<{to}>\n",
            &[],
            "script, line 1: no value for {to}: use --set to=VALUE",
        ),
        (b"X {!pw}\n", &[], "no value for {!pw}: use --set-from"),
        (
            b"NOOP\n",
            &["--set", "to=a\nb"],
            "--set: the value of to contains a line end",
        ),
        (b"NOOP\n", &["--set", "x"], "--set: \"x\" is not NAME=VALUE"),
        (
            b"NOOP {a=b}\n",
            &["--set", "form=x"],
            "--set: the script has no blank {form}",
        ),
        (
            b"X {!p}\n",
            &["--set-from", "p=secret"],
            "--set-from: use env:VAR, file:PATH or ask",
        ),
        (b"NO\0OP\n", &[], "script, line 1: NUL at character 3"),
        (b"\xff\n", &[], "script, line 1: not UTF-8"),
        (
            b"DATA\nx\n",
            &[],
            "script, line 1: the message that begins here has no end",
        ),
        (b":login\n", &[], "script, line 1: :login: no user"),
        (
            b":login user a password-from env:NOT_SET\n",
            &[],
            "script, line 1: :login: the variable NOT_SET is not set",
        ),
        (b"NOOP\n", &["--save", "x.doc"], "--save: "),
        (
            b"NOOP\n",
            &["--save", "none/x.txt"],
            "--save: none/x.txt: No such file",
        ),
        (
            b":data none.eml\n",
            &[],
            "script, line 1: :data: none.eml: No such file",
        ),
        (b":data .\n", &[], "script, line 1: :data: .: is a folder"),
        (
            b":bdat none.eml chunk 9\n",
            &[],
            "script, line 1: :bdat: none.eml: No such file",
        ),
        (
            b"NOOP\n:save x.doc\n",
            &[],
            "script, line 2: :save: x.doc: unknown file extension",
        ),
        (
            b":save script\n",
            &[],
            "script, line 1: :save: script: unknown file extension",
        ),
    ];
    for (script, more, words) in table {
        home.file("script", script);
        // Nobody listens there: a connection would end with status 2.
        let mut arguments = vec!["run", "127.0.0.1:1", "script"];
        arguments.extend(*more);
        let output = ehlo(&home, &arguments, b"");
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{words}: {error}");
        assert!(error.contains(words), "{words}: {error}");
        assert_eq!(error.lines().count(), 1, "{error}");
        assert!(output.stdout.is_empty(), "{words}");
    }
    for (name, words) in [
        ("missing", "No such file"),
        (".", "is a directory"),
        ("/dev/zero", "is a device"),
    ] {
        let output = ehlo(&home, &["run", "127.0.0.1:1", name], b"");
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{name}: {error}");
        assert!(error.contains(words), "{name}: {error}");
    }
}

#[test]
fn a_pipe_is_a_script() {
    let home = Home::new();
    let practice = Practice::spawn(Options::default()).unwrap();
    let target = practice.plain().to_string();
    let output = ehlo(&home, &[&target], b"EHLO me.example\nQUIT\n");
    let printed = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{printed}");
    assert!(printed.contains(" -> QUIT\n"), "{printed}");
    // Without lines: the greeting, and QUIT.
    let output = ehlo(&home, &[&target], b"");
    let printed = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{printed}");
    assert_eq!(printed.matches(" -> ").count(), 1, "{printed}");
}

/// The server closes; the program that writes the script waits for us, and does not close its end.
#[test]
fn a_pipe_that_stays_open_does_not_hold_the_run() {
    let home = Home::new();
    let server = Scripted::playing("S: 220 mx\nC: EHLO me\nS: 250 mx\nX");
    let mut command = std::process::Command::new(EHLO);
    command.arg(server.address().to_string()).env_clear();
    for (name, value) in home.environment() {
        command.env(name, value);
    }
    let piped = std::process::Stdio::piped;
    let mut run = command
        .stdin(piped())
        .stdout(piped())
        .stderr(piped())
        .spawn()
        .unwrap();
    let mut script = run.stdin.take().unwrap();
    std::io::Write::write_all(&mut script, b"EHLO me\n").unwrap();
    let status = run.wait().unwrap();
    drop(script);
    assert_eq!(status.code(), Some(6), "{}", server.log());
}

#[test]
fn a_run_is_read_back() {
    let home = Home::new();
    let practice = Practice::spawn(Options::default()).unwrap();
    let target = practice.plain().to_string();
    let script = b"EHLO me.example\nMAIL FROM:<a@x.example>\nRCPT TO:<b@x.example>\nQUIT\n";
    for flags in [&["--json"][..], &[]] {
        let arguments = [&["run", &target, "-"][..], flags].concat();
        let run = ehlo(&home, &arguments, script);
        home.file("session", &run.stdout);
        let shown = ehlo(&home, &["show", "--format", "txt", "session"], b"");
        let shown = String::from_utf8(shown.stdout).unwrap();
        assert!(shown.contains(" -> RCPT TO:<b@x.example>\n"), "{shown}");
        assert!(shown.contains("<-  221 "), "{shown}");
    }
}

#[test]
fn a_login_takes_its_password_from_where_it_is_told() {
    let home = Home::new();
    let script =
        "EHLO me\n:starttls\n:login SCRAM-SHA-256 user alice password-from file:pw\nQUIT\n";
    home.file("pw", "wonderland\n");
    let output = ehlo(&home, &["run", "--practice", "-"], script.as_bytes());
    let printed = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{printed}");
    assert!(printed.contains("235 2.7.0"), "{printed}");
    assert!(!printed.contains("wonderland"), "{printed}");
    home.file("pw", "wrong\n");
    let output = ehlo(&home, &["run", "--practice", "-"], script.as_bytes());
    let printed = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(28), "{printed}");
}

/// Sessions of many kinds, as scripts.
pub const SESSIONS: [&str; 8] = [
    "EHLO me.example\nVRFY bob\nQUIT\n",
    "HELO me.example\nRCPT TO:<b@x.example>\n< 5..\nXYZZY {{a}\n< 5..\nQUIT\n",
    "EHLO me\nMAIL FROM:<a@x.example>\nRCPT TO:<b@x.example>\nDATA\nSubject: {x}\n\n# a\n: b\n< c\n..d\n.\nQUIT\n",
    "EHLO me\nMAIL FROM:<a@x.example>\nRCPT TO:<b@x.example>\n:raw DATA\\r\\n\n:raw < 1\\r\\n.\\r\\n\nQUIT\n",
    "EHLO me\nDATA\n< 5..\nRSET\n:reconnect\nEHLO you\nQUIT\n",
    ":raw #x\\r\\n\n< 5..\n:raw <x\\r\\n\n< 5..\n:raw \\r\\n\n< 5..\nQUIT\n",
    "EHLO me\nMAIL FROM:<a@x.example>\nRCPT TO:<b@x.example>\n:bdat 'a\\r\\n.\\r\\n\\xFF' chunk 3\nQUIT\n",
    "EHLO me\nMAIL FROM:<a@x.example>\nRCPT TO:<b@x.example>\n:raw DATA\\r\\n\n:raw a\\nb\\r\\n..\\r\\n.\\r\\n\n< !3..\nQUIT\n",
];

/// A server that plays each connection of a session: it expects what was sent and says what was said.
pub fn playing(record: &Record) -> Scripted {
    let mut connections: Vec<Vec<Step>> = Vec::new();
    for entry in &record.entries {
        let steps = connections.last_mut();
        match (&entry.kind, steps) {
            (EntryKind::Received(received), steps) => {
                let octets = [&received.bytes[..], b"\r\n"].concat();
                match steps {
                    Some(steps) if !received.is_greeting() => steps.push(Step::Send(octets)),
                    _ => connections.push(vec![Step::Send(octets)]),
                }
            }
            (EntryKind::Sent(sent), Some(steps)) => {
                let end: &[u8] = match sent.ending {
                    Ending::CrLf => b"\r\n",
                    Ending::Lf => b"\n",
                    _ => b"",
                };
                steps.push(Step::ReadUntil([&sent.visible[..], end].concat()));
            }
            _ => {}
        }
    }
    let quit = Step::ReadUntil(b"QUIT\r\n".to_vec());
    for steps in &mut connections {
        let server_ends = steps
            .iter()
            .any(|step| format!("{step:?}") == format!("{quit:?}"));
        steps.push(if server_ends {
            Step::Close
        } else {
            Step::ReadToEnd(b"QUIT".to_vec())
        });
    }
    Scripted::on("127.0.0.1:0", connections)
}

/// Sessions of any kind: exported, run against a server that plays them, they are the same.
#[test]
fn an_exported_session_runs_to_the_same_session() {
    let home = Home::new();
    for session in SESSIONS {
        let practice = Practice::spawn(Options::default()).unwrap();
        let target = practice.plain().to_string();
        let run = ehlo(&home, &["run", &target, "-", "--json"], session.as_bytes());
        let error = String::from_utf8_lossy(&run.stderr).into_owned();
        assert_eq!(run.status.code(), Some(0), "{session}: {error}");
        home.file("first.jsonl", &run.stdout);
        let record = read(&run.stdout, Instant::now(), SystemTime::UNIX_EPOCH).unwrap();
        let script = export(&Excerpt::from(&record), Export::Script).unwrap();
        home.file("script", &script);
        let server = playing(&record);
        let target = server.address().to_string();
        let again = ehlo(&home, &["run", &target, "script", "--json"], b"");
        let error = String::from_utf8_lossy(&again.stderr).into_owned();
        let about = format!("{session}:\n{script}\n{error}\n{}", server.log());
        assert_eq!(again.status.code(), Some(0), "{about}");
        home.file("second.jsonl", &again.stdout);
        let diff = ehlo(&home, &["diff", "first.jsonl", "second.jsonl"], b"");
        let printed = String::from_utf8_lossy(&diff.stdout);
        assert_eq!(diff.status.code(), Some(0), "{about}\n{printed}");
    }
}

/// Dialogues that no script can say: lines sent before the greeting was complete, or before the octets
/// of a chunk were; a second greeting, which looks like another connection; replies that are missing, or
/// that nothing asked for, so that only their time decides what they answer.
const UNSAYABLE: [&str; 13] = [
    "bdat-refused-octets-not-skipped.txt",
    "exim-ehlo-inside-the-greeting.txt",
    "lmtp-two-replies-to-ehlo.txt",
    "r09-code-of-another-command.txt",
    "r09-pipelined-commands-out-of-step.txt",
    "r21-greeting-with-two-codes.txt",
    "r21-last-line-missing.txt",
    "r27-bdat-early-and-late.txt",
    "r27-bdat-unknown-octets-sent.txt",
    "r28-second-greeting-to-pipelined.txt",
    "r28-second-greeting-unasked.txt",
    "r28-second-greeting.txt",
    "t03-success-unasked.txt",
];

/// Dialogues of standards, servers and faults, but for TLS and logins: each script runs to the same
/// session.
#[test]
fn a_stored_dialogue_runs_to_the_same_session() {
    let home = Home::new();
    let mut ran = 0;
    let mut faults = Vec::new();
    let dialogues = format!("{}/tests/dialogues", env!("CARGO_MANIFEST_DIR"));
    let folders = ["rfc", "servers", "console", "faults"].into_iter();
    let files = folders.flat_map(|name| std::fs::read_dir(format!("{dialogues}/{name}")).unwrap());
    for file in files {
        let path = file.unwrap().path();
        let dialogue = std::fs::read_to_string(&path).unwrap();
        let lines = dialogue
            .lines()
            .filter(|line| !line.starts_with(['#', '=']));
        let mut lines: Vec<&str> = lines.collect();
        let plays = |line: &&str| line.starts_with("S: ") || line.starts_with("C: ");
        let name = path.file_name().unwrap().to_str().unwrap();
        if !lines.iter().all(plays)
            || ["AUTH", "STARTTLS"]
                .iter()
                .any(|word| dialogue.contains(word))
            || UNSAYABLE.contains(&name)
        {
            continue;
        }
        // A script ends with QUIT.
        if !dialogue.contains("C: QUIT") {
            lines.extend(["C: QUIT", "S: 221 bye"]);
        }
        let log = lines.join("\n") + "\n";
        home.file("log", &log);
        let record = read(log.as_bytes(), Instant::now(), SystemTime::UNIX_EPOCH).unwrap();
        let script = export(&Excerpt::from(&record), Export::Script).unwrap();
        home.file("script", &script);
        let server = playing(&record);
        let target = server.address().to_string();
        let run = ehlo(&home, &["run", &target, "script", "--json"], b"");
        let error = String::from_utf8_lossy(&run.stderr);
        home.file("run.jsonl", &run.stdout);
        let diff = ehlo(&home, &["diff", "log", "run.jsonl"], b"");
        // A log says nothing of its end.
        let printed = String::from_utf8_lossy(&diff.stdout);
        let differs = |line: &str| {
            let is_header = line.starts_with("+++") || line.starts_with("---");
            line.starts_with(['+', '-']) && !is_header && !line.contains(" *** ")
        };
        if printed.lines().any(differs) {
            faults.push(format!("{name}: {error}{script}\n{printed}"));
        }
        ran += 1;
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(ran >= 10, "only {ran}");
}

/// LMTP answers the message once for each recipient: the script says all of these codes.
#[test]
fn an_lmtp_session_with_several_answers_is_exported() {
    let home = Home::new();
    let dialogue = "S: 220 mx LMTP\nC: LHLO me\nS: 250 mx\nC: MAIL FROM:<a@x.example>\nS: 250 ok\n\
                    C: RCPT TO:<b@x.example>\nS: 250 ok\nC: RCPT TO:<c@x.example>\nS: 250 ok\nC: DATA\n\
                    S: 354 go\n...\nS: 250 ok\nS: 552 full\nC: QUIT\nS: 221 bye\nX";
    let mut script =
        "LHLO me\nMAIL FROM:<a@x.example>\nRCPT TO:<b@x.example>\nRCPT TO:<c@x.example>\n\
                      DATA\nx\n.\n< 250|552\nQUIT\n"
            .to_owned();
    for _ in 0..2 {
        let server = Scripted::playing(dialogue);
        home.file("script", &script);
        let target = server.address().to_string();
        let run = ehlo(&home, &["run", &target, "script", "--json"], b"");
        let error = String::from_utf8_lossy(&run.stderr);
        let about = format!("{script}{error}{}", server.log());
        assert_eq!(run.status.code(), Some(0), "{about}");
        let record = read(&run.stdout, Instant::now(), SystemTime::UNIX_EPOCH).unwrap();
        script = export(&Excerpt::from(&record), Export::Script).unwrap();
        assert!(script.contains("\n.\n< 250|552\n"), "{script}");
    }
}

/// The examples of the README, word for word.
#[test]
fn the_examples_of_the_readme_work() {
    let readme = include_str!("../../README.md");
    let section = readme.split("## In scripts and monitors").nth(1).unwrap();
    let block = |kind: &str| {
        let from = section.split(&format!("```{kind}\n")).nth(1).unwrap();
        from.split("```").next().unwrap()
    };
    let home = Home::new();
    home.file("test.smtp", block("smtp"));
    let folder = std::path::Path::new(EHLO).parent().unwrap();
    let path = format!("{}:/usr/bin:/bin", folder.display());
    let commands: Vec<&str> = block("sh").lines().collect();
    assert_eq!(commands.len(), 5);
    for command in commands {
        let mut shell = std::process::Command::new("sh");
        shell.args(["-c", command]).env_clear();
        for (name, value) in home.environment() {
            shell.env(name, value);
        }
        let output = shell.env("PATH", &path).current_dir(home.path()).output();
        let output = output.unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        let printed = String::from_utf8_lossy(&output.stdout);
        let comment = command.split("# ").nth(1).unwrap_or("0");
        let status = comment.split(',').next().unwrap().parse().ok();
        assert_eq!(output.status.code(), status, "{command}: {error}{printed}");
    }
}
