//! `ehlo send`: one message, against servers that play a dialogue, through the real program.

use ehlo::practice::{Mood, Options, Practice};

use crate::support::program::ehlo;
use crate::support::pty::Home;
use crate::support::scripted::Scripted;
use crate::support::tool::Tool;

const BEGIN: &str = "S: 220 mx.example ESMTP\nC: EHLO me.example\nS: 250-mx.example\nS: 250-PIPELINING\nS: 250-CHUNKING\nS: 250-8BITMIME\nS: 250 DSN\n";
const MAIL: &str = "C: MAIL FROM:<a@x.example>\nS: 250 ok\n";
const END: &str = "C: QUIT\nS: 221 bye\nX";

/// Each: what happens, more arguments, the dialogue after [`BEGIN`], the status, words on standard
/// error.
const SENDS: &[(&str, &[&str], &str, u8, &str)] = &[
    (
        "it is accepted",
        &[],
        "C: MAIL FROM:<a@x.example>\nS: 250 ok\nC: RCPT TO:<b@x.example>\nS: 250 ok\nC: DATA\nS: 354 go\n...\nS: 250 queued\nC: QUIT\nS: 221 bye\nX",
        0,
        "",
    ),
    (
        "MAIL is refused",
        &[],
        "C: MAIL FROM:<a@x.example>\nS: 550 no\nC: QUIT\nS: 221 bye\nX",
        23,
        "MAIL refused: 550 no",
    ),
    (
        "one of two recipients is refused",
        &["--to", "c@x.example"],
        "C: MAIL FROM:<a@x.example>\nS: 250 ok\nC: RCPT TO:<b@x.example>\nS: 550 no\nC: RCPT TO:<c@x.example>\nS: 250 ok\nC: DATA\nS: 354 go\n...\nS: 250 queued\nC: QUIT\nS: 221 bye\nX",
        0,
        "refused: b@x.example: 550 no",
    ),
    (
        "all recipients are required",
        &["--to", "c@x.example", "--require-all-recipients"],
        "C: MAIL FROM:<a@x.example>\nS: 250 ok\nC: RCPT TO:<b@x.example>\nS: 250 ok\nC: RCPT TO:<c@x.example>\nS: 550 no\nC: QUIT\nS: 221 bye\nX",
        24,
        "not all recipients accepted",
    ),
    (
        "DATA is refused",
        &[],
        "C: MAIL FROM:<a@x.example>\nS: 250 ok\nC: RCPT TO:<b@x.example>\nS: 250 ok\nC: DATA\nS: 451 no\nC: QUIT\nS: 221 bye\nX",
        25,
        "DATA refused: 451 no",
    ),
    (
        "the message is refused",
        &[],
        "C: MAIL FROM:<a@x.example>\nS: 250 ok\nC: RCPT TO:<b@x.example>\nS: 250 ok\nC: DATA\nS: 354 go\n...\nS: 554 spam\nC: QUIT\nS: 221 bye\nX",
        26,
        "refused: 554 spam",
    ),
    (
        "QUIT after RCPT",
        &["--quit-after", "rcpt"],
        "C: MAIL FROM:<a@x.example>\nS: 250 ok\nC: RCPT TO:<b@x.example>\nS: 250 ok\nC: QUIT\nS: 221 bye\nX",
        0,
        "",
    ),
    (
        "dropped after MAIL",
        &["--drop-after", "MAIL"],
        "C: MAIL FROM:<a@x.example>\nS: 250 ok\n",
        0,
        "",
    ),
    (
        "TLS is wanted and not offered",
        &["--tls", "starttls"],
        "C: QUIT\nS: 221 bye\nX",
        29,
        "STARTTLS is not offered",
    ),
    (
        "a login needs TLS",
        &["--user", "alice", "--password-from", "file:pw"],
        "C: QUIT\nS: 221 bye\nX",
        29,
        "there is no TLS (--allow-insecure-auth",
    ),
    (
        "a login is refused",
        &[
            "--user",
            "alice",
            "--password-from",
            "file:pw",
            "--auth",
            "PLAIN",
            "--allow-insecure-auth",
        ],
        "C: AUTH PLAIN AGFsaWNlAHJhYmJpdA==\nS: 535 5.7.8 no\nC: QUIT\nS: 221 bye\nX",
        28,
        "refused: 535 5.7.8 no",
    ),
    (
        "notifications are asked for",
        &[
            "--dsn",
            "NOTIFY=SUCCESS,FAILURE,RET=HDRS,ENVID=x1",
            "--quit-after",
            "RCPT",
        ],
        "C: MAIL FROM:<a@x.example> RET=HDRS ENVID=x1\nS: 250 ok\nC: RCPT TO:<b@x.example> NOTIFY=SUCCESS,FAILURE\nS: 250 ok\nC: QUIT\nS: 221 bye\nX",
        0,
        "",
    ),
    (
        "in one go",
        &["--pipeline"],
        "C: MAIL FROM:<a@x.example>\nC: RCPT TO:<b@x.example>\nC: DATA\nS: 250 ok\nS: 250 ok\nS: 354 go\n...\nS: 250 queued\nC: QUIT\nS: 221 bye\nX",
        0,
        "",
    ),
    (
        "in one go, for nobody: the message that is asked for is empty",
        &["--pipeline"],
        "C: MAIL FROM:<a@x.example>\nC: RCPT TO:<b@x.example>\nC: DATA\nS: 250 ok\nS: 550 no\nS: 354 go\nC: .\nS: 554 nobody\nC: QUIT\nS: 221 bye\nX",
        24,
        "no recipient accepted: RCPT refused: 550 no",
    ),
    (
        "in one go, not for all: the message goes to nobody",
        &[
            "--pipeline",
            "--require-all-recipients",
            "--to",
            "c@x.example",
        ],
        "C: MAIL FROM:<a@x.example>\nC: RCPT TO:<b@x.example>\nC: RCPT TO:<c@x.example>\nC: DATA\nS: 250 ok\nS: 250 ok\nS: 550 no\nS: 354 go\n",
        24,
        "not all recipients accepted",
    ),
    (
        "MAIL is refused, and the connection was to be dropped after it",
        &["--drop-after", "MAIL"],
        "C: MAIL FROM:<a@x.example>\nS: 550 no\nC: QUIT\nS: 221 bye\nX",
        23,
        "MAIL refused: 550 no",
    ),
    (
        "a 421 is the end",
        &["--to", "c@x.example"],
        "C: MAIL FROM:<a@x.example>\nS: 250 ok\nC: RCPT TO:<b@x.example>\nS: 421 4.7.0 too many\nX",
        24,
        "RCPT refused: 421 4.7.0 too many",
    ),
    (
        "twice over one connection",
        &["--repeat", "2", "--one-connection"],
        "C: MAIL FROM:<a@x.example>\nS: 250 ok\nC: RCPT TO:<b@x.example>\nS: 250 ok\nC: DATA\nS: 354 go\n...\nS: 250 queued\nC: MAIL FROM:<a@x.example>\nS: 250 ok\nC: RCPT TO:<b@x.example>\nS: 250 ok\nC: DATA\nS: 354 go\n...\nS: 250 queued\nC: QUIT\nS: 221 bye\nX",
        0,
        "",
    ),
];

#[test]
fn each_end_has_its_status() {
    for (name, more, dialogue, status, words) in SENDS {
        let home = Home::new();
        home.file("pw", "rabbit\n");
        let server = Scripted::playing(&format!("{BEGIN}{dialogue}"));
        let target = server.address().to_string();
        let mut arguments = vec!["send", "--from", "a@x.example", "--to", "b@x.example"];
        arguments.extend(["--helo", "me.example", &target]);
        arguments.extend(*more);
        let output = ehlo(&home, &arguments, b"");
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        let about = format!("{name}: {error}{printed}\n{}", server.log());
        assert_eq!(output.status.code(), Some(i32::from(*status)), "{about}");
        assert!(error.contains(words), "{about}");
        assert!(!printed.contains("rabbit"), "{about}");
    }
}

#[test]
fn helo_where_ehlo_is_unknown() {
    let home = Home::new();
    let dialogue = "S: 220 mx\nC: EHLO me.example\nS: 502 no\nC: HELO me.example\nS: 250 mx\n";
    let server = Scripted::playing(&format!("{dialogue}{MAIL}{END}"));
    let target = server.address().to_string();
    let arguments = [
        "send",
        "--from",
        "a@x.example",
        "--to",
        "b@x.example",
        "--helo",
        "me.example",
        "--quit-after",
        "MAIL",
        &target,
    ];
    let output = ehlo(&home, &arguments, b"");
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{error}\n{}", server.log());
}

#[test]
fn lmtp_answers_for_each_recipient() {
    let home = Home::new();
    let dialogue = "S: 220 mx LMTP\nC: LHLO me.example\nS: 250 mx\nC: MAIL FROM:<a@x.example>\nS: 250 ok\nC: RCPT TO:<b@x.example>\nS: 250 ok\nC: RCPT TO:<c@x.example>\nS: 250 ok\nC: DATA\nS: 354 go\n...\nS: 250 b\nS: 452 4.2.2 c is full\nC: QUIT\nS: 221 bye\nX";
    let server = Scripted::playing(dialogue);
    let target = server.address().to_string();
    let arguments = [
        "send",
        "--lmtp",
        "--from",
        "a@x.example",
        "--to",
        "b@x.example,c@x.example",
        "--helo",
        "me.example",
        &target,
    ];
    let output = ehlo(&home, &arguments, b"");
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{error}\n{}", server.log());
    assert!(
        error.contains("refused: c@x.example: 452 4.2.2 c is full"),
        "{error}"
    );
}

#[test]
fn what_arrives_is_what_was_given() {
    let home = Home::new();
    home.file("body", "A line.\n.dot\n");
    home.file(
        "m.eml",
        "Date: x\nFrom: y\nMessage-ID: <z>\nSubject: s\n\n.dot\n",
    );
    let practice = Practice::spawn(Options::default()).unwrap();
    let target = practice.plain().to_string();
    let base = [
        "send",
        "--tls",
        "none",
        "--from",
        "a@x.example",
        "--to",
        "b@x.example",
        &target,
    ];
    for more in [
        &["--body", "@body", "--attach", "body"][..],
        &["--body", "@@x"],
        &["--data", "m.eml"],
        &["--data", "m.eml", "--bdat=10"],
        &["--data", "-"],
    ] {
        let arguments = [&base[..], more].concat();
        let output = ehlo(&home, &arguments, b"Subject: piped\n\ntext\n");
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{more:?}: {error}");
    }
    let messages: Vec<String> = practice
        .messages()
        .iter()
        .map(|message| String::from_utf8_lossy(&message.body).into_owned())
        .collect();
    assert_eq!(messages.len(), 5);
    assert!(
        messages[0].contains("A line.\r\n.dot\r\n"),
        "{}",
        messages[0]
    );
    assert!(messages[0].contains("filename=\"body\""), "{}", messages[0]);
    assert!(messages[1].contains("\r\n\r\n@x"), "{}", messages[1]);
    let file = "Date: x\r\nFrom: y\r\nMessage-ID: <z>\r\nSubject: s\r\n\r\n.dot\r\n";
    assert_eq!(messages[2], file);
    assert_eq!(messages[3], file);
    assert!(messages[4].starts_with("Date: "), "{}", messages[4]);
    assert!(
        messages[4].ends_with("Subject: piped\r\n\r\ntext\r\n"),
        "{}",
        messages[4]
    );
}

/// A receiver may drop a message whose identifier it knows.
#[test]
fn each_repeated_message_has_its_own_identifier() {
    let home = Home::new();
    let practice = Practice::spawn(Options::default()).unwrap();
    let target = practice.plain().to_string();
    for more in [
        &[][..],
        &["--one-connection"],
        &["--one-connection", "--bdat"],
    ] {
        let base = [
            "send",
            "--from",
            "a@x.example",
            "--to",
            "b@x.example",
            "--repeat",
            "3",
            "--tls",
            "none",
            &target,
        ];
        let output = ehlo(&home, &[&base[..], more].concat(), b"");
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{error}");
    }
    let messages = practice.messages();
    let identifiers: std::collections::BTreeSet<String> = messages
        .iter()
        .filter_map(|message| {
            let text = String::from_utf8_lossy(&message.body).into_owned();
            text.lines()
                .find(|line| line.starts_with("Message-ID: "))
                .map(str::to_owned)
        })
        .collect();
    assert_eq!(
        (messages.len(), identifiers.len()),
        (9, 9),
        "{identifiers:?}"
    );
}

#[test]
fn wrong_usage_connects_to_nothing() {
    let home = Home::new();
    let table: &[(&[&str], &str)] = &[
        (
            &["--subject", "a\nb"],
            "--subject: the value contains a line end",
        ),
        (
            &["--header", "no colon"],
            "--header: \"no colon\" is no header",
        ),
        (
            &["--header", "X: a\r\nDATA"],
            "--header: the value contains a line end",
        ),
        (&["--to", "a>b"], "--to: \"a>b\" is no address"),
        (&["--to", "a\nb"], "--to: \"a\\nb\" is no address"),
        (&["--body", "@missing"], "missing: No such file"),
        (&["--data", "missing"], "missing: No such file"),
        (&["--attach", "."], ".: is a directory"),
        (&["--quit-after", "DATA"], "--quit-after DATA"),
        (&["--bdat=0"], "--bdat: use a size from 1"),
        (
            &["--user", "alice", "--password-from", "env:NOT_SET"],
            "the variable NOT_SET is not set",
        ),
    ];
    for (more, words) in table {
        let mut arguments = vec![
            "send",
            "--from",
            "a@x.example",
            "--to",
            "b@x.example",
            "127.0.0.1:1",
        ];
        arguments.extend(*more);
        let output = ehlo(&home, &arguments, b"");
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{more:?}: {error}");
        assert!(error.contains(words), "{more:?}: {error}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }
    for (more, words) in [
        (["--quit-after", "LUNCH"], "unknown stage"),
        (
            ["--password-from", "rabbit"],
            "use env:VAR, file:PATH or ask",
        ),
        (["--dsn", "X=1"], "use NOTIFY=, RET= and ENVID="),
    ] {
        let arguments = [
            &["send", "--from", "a@b", "--to", "c@d", "127.0.0.1:1"][..],
            &more,
        ]
        .concat();
        let output = ehlo(&home, &arguments, b"");
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{more:?}: {error}");
        assert!(error.contains(words), "{more:?}: {error}");
    }
}

#[test]
fn a_recipient_who_is_refused_is_explained() {
    let home = Home::new();
    let options = Options {
        moods: [Mood::RejectRcpt].into_iter().collect(),
        ..Options::default()
    };
    let practice = Practice::spawn(options).unwrap();
    let target = practice.plain().to_string();
    let arguments = [
        "send",
        "--from",
        "a@x.example",
        "--to",
        "b@x.example",
        "--tls",
        "none",
        &target,
    ];
    let output = ehlo(&home, &arguments, b"");
    let printed = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(24), "{printed}");
    assert!(printed.contains("no such mailbox"), "{printed}");
}

/// Scenes of [`SENDS`] that swaks plays too, each with its own arguments for them.
const LIKE_SWAKS: &[(&str, &[&str])] = &[
    ("it is accepted", &[]),
    ("MAIL is refused", &[]),
    (
        "one of two recipients is refused",
        &["--to", "b@x.example,c@x.example"],
    ),
    ("DATA is refused", &[]),
    ("the message is refused", &[]),
    ("QUIT after RCPT", &["--quit-after", "RCPT"]),
    ("TLS is wanted and not offered", &["-tls"]),
];

#[test]
fn swaks_ends_with_the_same_status() {
    let Some(tool) = Tool::have("swaks") else {
        return;
    };
    for (scene, more) in LIKE_SWAKS {
        let row = SENDS.iter().find(|(name, ..)| name == scene);
        let (_, _, dialogue, status, _) = row.unwrap();
        let server = Scripted::playing(&format!("{BEGIN}{dialogue}"));
        let output = tool
            .command(&std::env::temp_dir(), "swaks")
            .args(["--server", "127.0.0.1", "--port"])
            .arg(server.address().port().to_string())
            .args(["--from", "a@x.example", "--to", "b@x.example"])
            .args(["--helo", "me.example"])
            .args(*more)
            .output()
            .unwrap();
        let printed = String::from_utf8_lossy(&output.stdout);
        assert_eq!(
            output.status.code(),
            Some(i32::from(*status)),
            "{scene}: {printed}\n{}",
            server.log()
        );
    }
}

#[test]
fn swaks_delivers_the_same_message() {
    let Some(tool) = Tool::have("swaks") else {
        return;
    };
    let home = Home::new();
    let message = "Date: x\nFrom: y\nMessage-ID: <z>\nSubject: s\n\n.dot\n..\ntext\n";
    home.file("m.eml", message);
    let practice = Practice::spawn(Options::default()).unwrap();
    let port = practice.plain().port().to_string();
    let swaks = tool
        .command(home.path(), "swaks")
        .args([
            "--server",
            "127.0.0.1",
            "--port",
            &port,
            "--from",
            "a@x.example",
        ])
        .args(["--to", "b@x.example,c@x.example", "--data", "@m.eml"])
        .output()
        .unwrap();
    assert_eq!(
        swaks.status.code(),
        Some(0),
        "{:?}",
        String::from_utf8_lossy(&swaks.stdout)
    );
    let target = practice.plain().to_string();
    let arguments = [
        "send",
        "--tls",
        "none",
        "--from",
        "a@x.example",
        "--to",
        "b@x.example,c@x.example",
        "--data",
        "m.eml",
        &target,
    ];
    assert_eq!(ehlo(&home, &arguments, b"").status.code(), Some(0));
    let messages = practice.messages();
    let [theirs, ours] = messages.as_slice() else {
        panic!("{} messages", messages.len())
    };
    assert_eq!(theirs.from, ours.from);
    assert_eq!(theirs.recipients, ours.recipients);
    let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
    // swaks adds an empty line to a file.
    assert_eq!(text(&theirs.body).trim_end(), text(&ours.body).trim_end());
}

/// The reply to a large message counts as that to a small one.
#[test]
fn a_large_message_that_is_refused_is_refused() {
    let home = Home::new();
    for octets in [100, 50_000, 3_000_000] {
        let line = "a line of a message that is somewhat large\n";
        home.file("m.eml", line.repeat(octets / line.len()));
        for script in [false, true] {
            let dialogue = "S: 220 mx\nC: EHLO me\nS: 250 mx\nC: MAIL FROM:<a@x.example>\nS: 250 ok\nC: RCPT TO:<b@x.example>\nS: 250 ok\nC: DATA\nS: 354 go\n...\nS: 554 no\nC: QUIT\nS: 221 bye\nX";
            let server = Scripted::playing(dialogue);
            let target = server.address().to_string();
            let text = "EHLO me\nMAIL FROM:<a@x.example>\nRCPT TO:<b@x.example>\n:data m.eml\n";
            home.file("script", text);
            let arguments: &[&str] = if script {
                &["run", &target, "script", "--quiet"]
            } else {
                &[
                    "send",
                    &target,
                    "--helo",
                    "me",
                    "--from",
                    "a@x.example",
                    "--to",
                    "b@x.example",
                    "--data",
                    "m.eml",
                    "--quiet",
                ]
            };
            let output = ehlo(&home, arguments, b"");
            let error = String::from_utf8_lossy(&output.stderr);
            let about = format!("{octets} {script}: {error}\n{}", server.log());
            assert_eq!(output.status.code(), Some(26), "{about}");
        }
    }
}

#[test]
fn a_password_on_the_command_line_is_not_repeated() {
    let home = Home::new();
    let arguments = ["run", "--practice", "-", "--password-from", "s3cret-canary"];
    let output = ehlo(&home, &arguments, b"");
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(
        !error.contains("canary") && error.contains("env:VAR"),
        "{error}"
    );
}
