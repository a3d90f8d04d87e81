//! The log file: what each level contains, and what no level contains.

use std::collections::BTreeSet;
use std::fs;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ehlo::practice::{Options, Practice, USER};

use crate::support::conversation::{self, Conversation, Login, Mechanism, TlsStart};
use crate::support::pty::Home;

const PASSWORD: &str = "canary-7f31-wonderland";

/// The log of a whole conversation: connect, STARTTLS, login, one message, QUIT.
fn log_of_conversation(level: &str, mechanism: Mechanism) -> String {
    let server = Practice::spawn(Options {
        password: PASSWORD.to_owned(),
        ..Options::default()
    })
    .unwrap();
    let home = Home::new();
    let authority = home.file("authority.pem", server.authority_pem());
    let target = format!("localhost:{}", server.plain().port());
    let arguments = [
        "--log",
        level,
        "-4",
        "--ca-file",
        &authority,
        "--tls",
        "starttls",
        &target,
    ];
    let mut console = home.ehlo_sized(99, 60, &arguments);
    conversation::run(
        &mut console,
        &Conversation {
            tls_start: TlsStart::Automatic,
            certificate: "verified",
            login: Some(Login {
                mechanism,
                user: USER,
                password: PASSWORD,
            }),
            sender: "alice@localhost",
            refused: Some("nobody@localhost"),
            accepted: "bob@localhost",
        },
    );
    fs::read_to_string(home.state().join("ehlo.log")).unwrap()
}

/// The level of each line, with the message up to the first field.
fn kinds(log: &str) -> BTreeSet<(String, String)> {
    log.lines()
        .map(|line| {
            let mut words = line.split_whitespace().skip(1);
            let level = words.next().unwrap().to_owned();
            let message = words.skip(1).take_while(|word| !word.contains('='));
            (level, message.collect::<Vec<_>>().join(" "))
        })
        .collect()
}

#[track_caller]
fn assert_contains(log: &str, patterns: &[&str]) {
    for pattern in patterns {
        assert!(log.contains(pattern), "no {pattern:?} in\n{log}");
    }
}

#[test]
fn each_level_logs_more_than_the_one_below() {
    let info = log_of_conversation("info", Mechanism::Plain);
    let debug = log_of_conversation("debug", Mechanism::Plain);
    let trace = log_of_conversation("trace", Mechanism::Plain);
    for (less, more, level) in [(&info, &debug, "DEBUG"), (&debug, &trace, "TRACE")] {
        let (less, more) = (kinds(less), kinds(more));
        assert!(less.is_subset(&more), "{less:?}\n{more:?}");
        assert!(!less.iter().any(|(of, _)| of == level), "{less:?}");
        assert!(more.iter().any(|(of, _)| of == level), "{more:?}");
    }
    assert_contains(
        &info,
        &[
            "connecting host=\"localhost\" port=",
            "connected peer=127.0.0.1:",
            "TLS established version=\"TLSv1.3\" suite=\"TLS_",
            "verdict=verified",
            "connection ended reason=connection closed by the server",
        ],
    );
    assert_contains(
        &debug,
        &[
            "resolving host=\"localhost\"",
            "resolved addresses=[127.0.0.1:",
            "trying address=127.0.0.1:",
            "TLS options expected_name=\"localhost\" sni=\"localhost\" versions=TLS 1.2 or 1.3",
            "TLS handshake begins",
            "certificate checked certificates=",
            "TLS handshake done took=",
            "phase from=Offline to=Greeting",
            "phase from=Greeted to=Ready",
            "login authenticated=true",
            "message begins octets=67",
        ],
    );
    assert_contains(
        &trace,
        &[
            "read octets=",
            "written octets=",
            "handshake read octets=",
            "reply code=220 answers=\"the greeting\"",
            "command verb=\"AUTH\"",
            "reply code=235 answers=\"AUTH\"",
            "command verb=\"RCPT\"",
            "reply code=550 answers=\"RCPT\"",
            "reply code=354 answers=\"DATA\"",
        ],
    );
}

#[test]
fn no_level_logs_what_was_typed_or_sent() {
    let encode = |text: &str| STANDARD.encode(text);
    for mechanism in [Mechanism::Plain, Mechanism::Login] {
        let log = log_of_conversation("trace", mechanism);
        assert_contains(&log, &["command verb=\"AUTH\"", "phase from="]);
        let plain = encode(&format!("\0{USER}\0{PASSWORD}"));
        let (user, password) = (encode(USER), encode(PASSWORD));
        let hex: String = PASSWORD.bytes().map(|o| format!("{o:02x}")).collect();
        let octets = format!("{:?}", PASSWORD.as_bytes());
        let mut forbidden = vec![
            PASSWORD,
            USER,
            &plain,
            &user,
            &password,
            &hex,
            octets.trim_matches(['[', ']']),
            // The parts that base64 has in common wherever the password begins.
            &password[..20],
            &plain[12..plain.len() - 4],
        ];
        // Arguments, the message, and texts of replies.
        forbidden.extend([
            "bob@localhost",
            "nobody",
            "FROM:",
            "Subject",
            "end to end",
            "two dots",
            "client.example",
            "ESMTP",
            "Sender ok",
            "2.1.0",
        ]);
        for text in forbidden {
            assert!(!log.contains(text), "{text:?} is in\n{log}");
        }
        assert!(!log.chars().any(|c| c.is_control() && c != '\n'), "{log:?}");
    }
}
