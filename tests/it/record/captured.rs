//! What the real tools print of a session with the practice server is read as the session that the
//! server had.

use std::process::Stdio;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Instant, SystemTime};

use ehlo::practice::{self, PASSWORD, Practice};
use ehlo::record::{Excerpt, Format, Record, Source, detect, read, render};
use ehlo::smtp::reply::Part;
use ehlo::smtp::{EntryKind, SentKind};
use tempfile::TempDir;

use crate::support::pty::{GUARD, Home};
use crate::support::tool::Tool;

/// What went in each direction, in order: whether under TLS, and the words.
type Said = Vec<(bool, String)>;

/// A server, and what it tells of its one connection.
struct Server {
    practice: Practice,
    tells: Receiver<String>,
}

impl Server {
    fn new() -> Self {
        let (sender, tells) = channel();
        let options = practice::Options {
            log: Some(sender),
            ..practice::Options::default()
        };
        let practice = Practice::spawn(options).unwrap();
        Self { practice, tells }
    }

    fn port(&self) -> String {
        self.practice.plain().port().to_string()
    }

    /// What it was told and what it answered, when the client has gone.
    fn heard(&self) -> (Said, Said) {
        let (mut client, mut server) = (Said::new(), Said::new());
        let mut tls = false;
        loop {
            let told = self.tells.recv_timeout(GUARD).unwrap();
            let told = told.strip_prefix("#1 ").unwrap();
            if matches!(told, "closed" | "the client has gone") {
                return (client, server);
            }
            if told.starts_with("TLS stands") {
                tls = true;
            } else if let Some((awaited, answered)) = told.split_once(": ") {
                if awaited != "greeting" {
                    client.push((tls, awaited.to_owned()));
                }
                server.push((tls, answered.to_owned()));
            }
        }
    }
}

/// The same as a record has it.
fn recorded(record: &Record) -> (Said, Said) {
    let (mut client, mut server) = (Said::new(), Said::new());
    for entry in &record.entries {
        match &entry.kind {
            EntryKind::Note(_) => {}
            EntryKind::Sent(sent) => {
                let open = String::from_utf8(sent.open.to_vec()).unwrap();
                let words = match sent.kind {
                    SentKind::Message => "the text".to_owned(),
                    SentKind::SaslAnswer => "an answer to AUTH".to_owned(),
                    SentKind::Command if sent.secret.is_some() => open + "[hidden]",
                    // The server names a command without an argument by its verb.
                    SentKind::Command if open == "data" || open == "quit" => {
                        open.to_ascii_uppercase()
                    }
                    SentKind::Command => open,
                };
                if sent.kind != SentKind::Message
                    || client.last().is_none_or(|(_, last)| *last != words)
                {
                    client.push((entry.tls, words));
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

fn read_log(log: &[u8], source: Source) -> Record {
    let text = String::from_utf8_lossy(log);
    assert_eq!(detect(log), Some(source), "{text}");
    let record = read(log, Instant::now(), SystemTime::UNIX_EPOCH).unwrap();
    let shown = render(&Excerpt::from(&record), Format::Text, false).unwrap();
    let shown = String::from_utf8(shown).unwrap();
    // alice and each of the passwords, in base64 as they went.
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

/// The message as it arrived is the one of the log.
fn same_message(server: &Server, record: &Record) {
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
    for (login, arrives) in [
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
        let heard = server.heard();
        let log = [output.stdout, output.stderr].concat();
        let record = read_log(&log, Source::Swaks);
        assert_eq!(
            recorded(&record),
            heard,
            "{}",
            String::from_utf8_lossy(&log)
        );
        if arrives {
            same_message(&server, &record);
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
        let record = read_log(&log, Source::Curl);
        // Some versions do not tell that they leave.
        let without_end = |(mut client, mut answers): (Said, Said)| {
            client.retain(|(_, words)| words != "QUIT");
            answers.retain(|(_, words)| !words.starts_with("221 "));
            (client, answers)
        };
        let heard = without_end(server.heard());
        let text = String::from_utf8_lossy(&log);
        assert_eq!(without_end(recorded(&record)), heard, "{text}");
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
    let (client, mut answers) = server.heard();
    // The greeting came before it was told to print.
    answers.remove(0);
    let log = [output.stdout, output.stderr].concat();
    let record = read_log(&log, Source::Smtplib);
    let shown = String::from_utf8_lossy(&log);
    assert_eq!(recorded(&record), (client, answers), "{shown}");
    same_message(&server, &record);
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
    // Behind the second ticket nothing comes by itself.
    terminal.wait_until("two tickets", |_| {
        let raw = terminal.raw();
        String::from_utf8_lossy(&raw)
            .matches("read R BLOCK")
            .count()
            == 2
    });
    for (line, answer) in [
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
        terminal.wait_for(answer);
    }
    terminal.wait_exit();
    let (mut client, mut answers) = server.heard();
    // What went before TLS it did by itself, and does not tell.
    client.retain(|(tls, _)| *tls);
    answers.retain(|(tls, _)| *tls);
    let log = terminal.raw();
    let record = read_log(&log, Source::Plain);
    let shown = String::from_utf8_lossy(&log);
    assert_eq!(recorded(&record), (client, answers), "{shown}");
    same_message(&server, &record);
}
