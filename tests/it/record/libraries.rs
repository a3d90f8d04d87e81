//! The debug output of libraries and of msmtp in sessions with the practice server reads as the session
//! that the server logged. Their programs are in `senders`.

use std::path::Path;

use super::captured::{Lines, Server, assert_same_message, read_log, recorded};
use crate::support::tool::Tool;

/// A program that sends a message, and what its output shows.
struct Sender {
    tool: &'static str,
    /// The name of the form.
    program: &'static str,
    /// The command; `PORT` and `PASSWORD` stand for the server's port and the password of alice.
    command: &'static [&'static str],
    /// The message is in its output.
    shows_message: bool,
    /// Responses of a login are in its output, or words in their place.
    shows_login: bool,
}

const JAVA: &[&str] = &[
    "java",
    "-cp",
    "/usr/share/java/javax.mail.jar",
    "Send.java",
    "PORT",
    "PASSWORD",
];
const MSMTP: &str = "printf 'Subject: x\\n\\n.a dot\\n' | msmtp --debug --host=localhost --port=PORT --tls=on \
    --tls-certcheck=off --tls-trust-file= --user=alice --passwordeval='echo PASSWORD' --from=alice@example.org \
    --domain=client.example --auth=";

/// The lines without the responses of logins, to compare outputs that do not show them.
fn without_login((mut client, mut server): (Lines, Lines)) -> (Lines, Lines) {
    client.retain(|(_, line)| !line.starts_with("AUTH"));
    server.retain(|(_, line)| !line.starts_with("334") && !line.starts_with("235"));
    (client, server)
}

fn without_message((mut client, server): (Lines, Lines)) -> (Lines, Lines) {
    client.retain(|(_, line)| line != "message data");
    (client, server)
}

fn check(sender: &Sender) {
    let Some(tool) = Tool::have(sender.tool) else {
        return;
    };
    let folder = Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/it/record/senders"
    ));
    for password in ["wonderland", "wrong-1"] {
        let server = Server::new();
        let filled = |word: &str| {
            word.replace("PORT", &server.port())
                .replace("PASSWORD", password)
        };
        let mut words = sender.command.iter().map(|word| filled(word));
        let output = tool
            .command(folder, &words.next().unwrap())
            .args(words)
            .output()
            .unwrap();
        let log = [output.stdout, output.stderr].concat();
        let record = read_log(&log, sender.program);
        let text = String::from_utf8_lossy(&log);
        let (mut expected, mut found) = (server.logged(), recorded(&record));
        if !sender.shows_login {
            (expected, found) = (without_login(expected), without_login(found));
        }
        if !sender.shows_message {
            (expected, found) = (without_message(expected), without_message(found));
        }
        assert_eq!(found, expected, "{text}");
        if sender.shows_message && password == "wonderland" {
            assert_same_message(&server, &record);
        }
    }
}

#[test]
fn javamail() {
    for shows_login in [true, false] {
        let debugs_login: &[&str] = if shows_login { &["true"] } else { &["false"] };
        let command = [JAVA, debugs_login].concat().leak();
        check(&Sender {
            tool: "javamail",
            program: "JavaMail",
            command,
            shows_message: true,
            shows_login,
        });
    }
}

#[test]
fn phpmailer() {
    for level in ["2", "3", "4"] {
        check(&Sender {
            tool: "phpmailer",
            program: "PHPMailer",
            command: vec!["php", "send.php", "PORT", "PASSWORD", level].leak(),
            shows_message: true,
            shows_login: true,
        });
    }
}

#[test]
fn nodemailer() {
    check(&Sender {
        tool: "nodemailer",
        program: "Nodemailer",
        command: &[
            "env",
            "NODE_PATH=/usr/share/nodejs",
            "node",
            "send.js",
            "PORT",
            "PASSWORD",
        ],
        shows_message: true,
        // It puts other words in place of the password.
        shows_login: false,
    });
}

#[test]
fn ruby() {
    check(&Sender {
        tool: "ruby",
        program: "Ruby Net::SMTP",
        command: &["ruby", "send.rb", "PORT", "PASSWORD"],
        shows_message: false,
        shows_login: true,
    });
}

#[test]
fn net_smtp() {
    check(&Sender {
        tool: "net-smtp",
        program: "Net::SMTP",
        command: &["perl", "send.pl", "PORT", "PASSWORD"],
        shows_message: true,
        shows_login: true,
    });
}

#[test]
fn msmtp() {
    for mechanism in ["plain", "login", "cram-md5", "scram-sha-256"] {
        let script = format!("{MSMTP}{mechanism} bob@example.org");
        check(&Sender {
            tool: "msmtp",
            program: "msmtp",
            command: vec!["sh", "-c", script.leak()].leak(),
            shows_message: true,
            shows_login: true,
        });
    }
}
