//! The output of real tools in sessions with the practice server reads as the session that the
//! server logged.

use std::process::Stdio;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Instant, SystemTime};

use ehlo::practice::{self, PASSWORD, Practice};
use ehlo::record::{Excerpt, Format, Record, read, render};
use ehlo::smtp::reply::Part;
use ehlo::smtp::{EntryKind, SentKind};
use tempfile::TempDir;

use crate::support::pty::{Home, TIMEOUT};
use crate::support::tool::Tool;

/// The lines of one direction in order: whether under TLS, and the text.
pub(super) type Lines = Vec<(bool, String)>;

/// A server and the log of its only connection.
pub(super) struct Server {
    pub(super) practice: Practice,
    log: Receiver<String>,
}

impl Server {
    pub(super) fn new() -> Self {
        let (sender, log) = sync_channel(1000);
        let options = practice::Options {
            log: Some(sender),
            ..practice::Options::default()
        };
        let practice = Practice::spawn(options).unwrap();
        Self { practice, log }
    }

    pub(super) fn port(&self) -> String {
        self.practice.plain().port().to_string()
    }

    /// The logged commands and replies, once the connection has ended.
    pub(super) fn logged(&self) -> (Lines, Lines) {
        let (mut client, mut server) = (Lines::new(), Lines::new());
        let mut tls = false;
        loop {
            let line = self.log.recv_timeout(TIMEOUT).unwrap();
            let line = line.strip_prefix("#1 ").unwrap();
            // Some end TLS without its farewell.
            let fails = line.starts_with("connection failed");
            if fails || matches!(line, "closed" | "closed by the client") {
                return (client, server);
            }
            if line.starts_with("TLS established") {
                tls = true;
            } else if let Some((command, reply)) = line.split_once(": ") {
                if command != "greeting" {
                    client.push((tls, command.to_owned()));
                }
                server.push((tls, reply.to_owned()));
            }
        }
    }
}

/// The commands and replies of a record, in the form of the log.
pub(super) fn recorded(record: &Record) -> (Lines, Lines) {
    let (mut client, mut server) = (Lines::new(), Lines::new());
    for entry in &record.entries {
        match &entry.kind {
            EntryKind::Note(_) => {}
            EntryKind::Sent(sent) => {
                let open = String::from_utf8(sent.visible.to_vec()).unwrap();
                let text = match sent.kind {
                    SentKind::Message => "message data".to_owned(),
                    SentKind::SaslResponse => "AUTH response".to_owned(),
                    SentKind::Command if sent.secret.is_some() => open + "[hidden]",
                    // The server logs these commands in upper case.
                    SentKind::Command if open == "data" || open == "quit" => {
                        open.to_ascii_uppercase()
                    }
                    SentKind::Command => open,
                };
                if sent.kind != SentKind::Message
                    || client.last().is_none_or(|(_, last)| *last != text)
                {
                    client.push((entry.tls, text));
                }
            }
            EntryKind::Received(received) => {
                if matches!(received.part, Part::First | Part::Only) {
                    let line = String::from_utf8(received.bytes.to_vec()).unwrap();
                    server.push((entry.tls, format!("{} {}", &line[..3], &line[4..])));
                }
            }
        }
    }
    (client, server)
}

pub(super) fn read_log(log: &[u8], program: &str) -> Record {
    let text = String::from_utf8_lossy(log);

    let record = read(log, Instant::now(), SystemTime::UNIX_EPOCH).unwrap();
    assert_eq!(record.source.name(), program, "{text}");
    let shown = render(&Excerpt::from(&record), Format::Text, false).unwrap();
    let shown = String::from_utf8(shown).unwrap();
    // The passwords, in plain text and in base64 as they were sent.
    for secret in [
        "wrong-1",
        "d3JvbmctMQ",
        "B3cm9uZy0x",
        PASSWORD,
        "d29uZGVybGFuZA",
        "AHdvbmRlcmxhbmQ",
    ] {
        assert!(!shown.contains(secret), "{secret} in\n{shown}\nof\n{text}");
    }
    record
}

/// Asserts that the message of the record is the one that the server received.
pub(super) fn assert_same_message(server: &Server, record: &Record) {
    let read = render(&Excerpt::from(record), Format::Message, false).unwrap();
    let messages = server.practice.messages();
    let arrived = String::from_utf8_lossy(&messages[0].body);
    assert_eq!(String::from_utf8(read).unwrap(), arrived);
}

const ENVELOPE: &str = "--ehlo client.example --from alice@example.org --to bob@example.org";

#[test]
fn swaks() {
    let Some(tool) = Tool::have("swaks") else {
        return;
    };
    for (login, succeeds) in [
        ("PLAIN --auth-user alice --auth-password wrong-1", false),
        ("LOGIN --auth-user alice --auth-password wonderland", true),
        (
            "CRAM-MD5 --auth-user alice --auth-password wonderland",
            true,
        ),
    ] {
        let server = Server::new();
        let target = format!("127.0.0.1:{}", server.port());
        let output = tool
            .command(&std::env::temp_dir(), "swaks")
            .args(["--server", &target, "--tls"])
            .args(ENVELOPE.split(' '))
            .args(["--body", ".a dot\n..two", "--auth"])
            .args(login.split(' '))
            .output()
            .unwrap();
        let logged = server.logged();
        let log = [output.stdout, output.stderr].concat();
        let record = read_log(&log, "swaks");
        assert_eq!(
            recorded(&record),
            logged,
            "{}",
            String::from_utf8_lossy(&log)
        );
        if succeeds {
            assert_same_message(&server, &record);
        }
    }
}

#[test]
fn curl() {
    let Some(tool) = Tool::have("curl") else {
        return;
    };
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("mail"), "Subject: x\r\n\r\n.a dot\r\n").unwrap();
    for (user, mechanism) in [
        ("alice:wrong-1", "PLAIN"),
        ("alice:wonderland", "LOGIN"),
        ("alice:wonderland", "CRAM-MD5"),
    ] {
        let server = Server::new();
        let output = tool
            .command(folder.path(), "curl")
            .args(["-sv", "--ssl-reqd", "--insecure", "--upload-file", "mail"])
            .args([
                "--mail-from",
                "alice@example.org",
                "--mail-rcpt",
                "bob@example.org",
            ])
            .args([
                "--user",
                user,
                "--login-options",
                &format!("AUTH={mechanism}"),
            ])
            .arg(format!("smtp://127.0.0.1:{}/client.example", server.port()))
            .output()
            .unwrap();
        let log = [output.stdout, output.stderr].concat();
        let record = read_log(&log, "curl");
        // Some versions do not print their QUIT.
        let without_quit = |(mut client, mut replies): (Lines, Lines)| {
            client.retain(|(_, line)| line != "QUIT");
            replies.retain(|(_, line)| !line.starts_with("221 "));
            (client, replies)
        };
        let logged = without_quit(server.logged());
        let text = String::from_utf8_lossy(&log);
        assert_eq!(without_quit(recorded(&record)), logged, "{text}");
    }
}

#[test]
fn smtplib() {
    let Some(tool) = Tool::have("python3") else {
        return;
    };
    let program = r#"
import smtplib, ssl, sys
context = ssl._create_unverified_context()
server = smtplib.SMTP("localhost", int(sys.argv[1]), "client.example")
server.set_debuglevel(1)
server.starttls(context=context)
try:
    server.login("alice", "wrong-1")
except smtplib.SMTPAuthenticationError:
    pass
server.login("alice", "wonderland")
server.sendmail("alice@example.org", ["bob@example.org"], "Subject: x\n\n.a dot\n")
server.quit()
"#;
    let server = Server::new();
    let output = tool
        .command(&std::env::temp_dir(), "python3")
        .args(["-c", program, &server.port()])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let (client, mut replies) = server.logged();
    // smtplib starts printing after the greeting.
    replies.remove(0);
    let log = [output.stdout, output.stderr].concat();
    let record = read_log(&log, "smtplib");
    let shown = String::from_utf8_lossy(&log);
    assert_eq!(recorded(&record), (client, replies), "{shown}");
    assert_same_message(&server, &record);
}

#[test]
fn s_client() {
    let Some(tool) = Tool::have("openssl") else {
        return;
    };
    let home = Home::new();
    let server = Server::new();
    let target = format!("127.0.0.1:{}", server.port());
    let command = tool.command(home.path(), "openssl");
    let mut arguments: Vec<&str> = command
        .get_args()
        .map(|argument| argument.to_str().unwrap())
        .collect();
    arguments.extend([
        "s_client",
        "-starttls",
        "smtp",
        "-crlf",
        "-connect",
        &target,
    ]);
    let mut terminal = home.run((120, 50), &[], command.get_program(), &arguments);
    // After the second session ticket s_client prints nothing more on its own.
    terminal.wait_until("two tickets", |_| {
        let raw = terminal.raw();
        String::from_utf8_lossy(&raw)
            .matches("read R BLOCK")
            .count()
            == 2
    });
    for (line, reply) in [
        ("EHLO client.example", "250 AUTH PLAIN"),
        ("AUTH PLAIN AGFsaWNlAHdyb25nLTE=", "535 5.7.8"),
        ("AUTH LOGIN", "334 VXNlcm5hbWU6"),
        ("YWxpY2U=", "334 UGFzc3dvcmQ6"),
        ("d29uZGVybGFuZA==", "235 2.7.0"),
        ("MAIL FROM:<alice@example.org>", "250 2.1.0"),
        ("rcpt to:<bob@example.org>", "250 2.1.5"),
        ("DATA", "354 "),
        ("Subject: x", "Subject: x"),
        ("", ""),
        ("..a dot", "..a dot"),
        (".", "250 2.0.0"),
        ("quit", "221 2.0.0"),
    ] {
        terminal.enter(line);
        terminal.wait_for(reply);
    }
    terminal.wait_exit();
    let (mut client, mut replies) = server.logged();
    // s_client does not print what it sends before TLS.
    client.retain(|(tls, _)| *tls);
    replies.retain(|(tls, _)| *tls);
    let log = terminal.raw();
    let record = read_log(&log, "openssl s_client");
    let shown = String::from_utf8_lossy(&log);
    assert_eq!(recorded(&record), (client, replies), "{shown}");
    assert_same_message(&server, &record);
}
