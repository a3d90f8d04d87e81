//! `ehlo practice --script`: servers of reports, played from a text to a client.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ehlo::practice::{Options, Practice, Script};

use crate::support::listening::Listening;
use crate::support::program::ehlo;
use crate::support::pty::Home;

/// How many of the stored dialogues are played.
const PLAYED: usize = 23;

/// A server that plays this.
fn playing(script: &str) -> Practice {
    let script = Script::parse(script).unwrap_or_else(|error| panic!("{error}: {script}"));
    Practice::spawn(Options {
        script,
        ..Options::default()
    })
    .unwrap()
}

fn connect(server: &Practice) -> TcpStream {
    let stream = TcpStream::connect(server.plain()).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    stream
}

/// Reads as many octets as this, or to the end.
fn read(stream: &mut TcpStream, count: usize) -> String {
    let mut octets = vec![0; count];
    let mut filled = 0;
    while filled < count {
        match stream.read(&mut octets[filled..]) {
            Ok(0) | Err(_) => break,
            Ok(more) => filled += more,
        }
    }
    octets.truncate(filled);
    String::from_utf8_lossy(&octets).into_owned()
}

/// Talks to a server: each step is a line of the client, and what comes then.
fn talk(script: &str, steps: &[(&str, &str)]) {
    let server = playing(script);
    let mut stream = connect(&server);
    for (line, expected) in steps {
        if !line.is_empty() {
            stream.write_all(line.as_bytes()).unwrap();
        }
        assert_eq!(
            read(&mut stream, expected.len()),
            *expected,
            "{line:?} of {script}"
        );
    }
}

#[test]
fn a_server_of_a_report_is_played() {
    // Odd replies, as they were reported of servers.
    talk(
        "S: 220-mx.example\nS: 220 ready\nC: EHLO *\nS: 250mx\nC: HELO *\nS| 250 bare\\n\nC: MAIL FROM:*\nS: 250 ok\n\
         C: RCPT TO:<a@*\nS: 250-first\nS: 250 ok\nC: DATA\nS: 354 go\nC: Subject: x\nC: .\nS: 554 5.7.1 spam\nC: QUIT\nS: 250 bye\n",
        &[
            ("", "220-mx.example\r\n220 ready\r\n"),
            ("EHLO me\r\n", "250mx\r\n"),
            // The ordinary server answers what the script does not name.
            ("NOOP\r\n", "250 2.0.0 Ok\r\n"),
            ("HELO me\r\n", "250 bare\n"),
            ("MAIL FROM:<x@x.example>\r\n", "250 ok\r\n"),
            ("RCPT TO:<a@x.example>\r\n", "250-first\r\n250 ok\r\n"),
            ("DATA\r\n", "354 go\r\n"),
            ("any text\r\n.\r\n", "554 5.7.1 spam\r\n"),
            ("QUIT\r\n", "250 bye\r\n"),
        ],
    );
    // A login whose challenges are not base64, then a refusal.
    talk(
        "S: 220 mx\nC: AUTH LOGIN\nS: 334 Username:\nC: *\nS: 334 Password:\nC: *\nS: 535 no\n",
        &[
            ("", "220 mx\r\n"),
            ("AUTH LOGIN\r\n", "334 Username:\r\n"),
            ("YWxpY2U=\r\n", "334 Password:\r\n"),
            ("d3Jvbmc=\r\n", "535 no\r\n"),
        ],
    );
}

#[test]
fn a_script_ends_the_connection_and_may_say_nothing() {
    let server = playing("S: 421 4.3.2 busy\nEND closed\n");
    let mut stream = connect(&server);
    assert_eq!(read(&mut stream, 100), "421 4.3.2 busy\r\n");
    let server = playing("C: NOOP\nS: 250 half\nEND reset\n");
    let mut stream = connect(&server);
    read(&mut stream, 5);
    stream.write_all(b"NOOP\r\n").unwrap();
    let rest = read(&mut stream, 200);
    assert!(
        rest.ends_with("250 half\r\n") || !rest.contains("250 2.0.0"),
        "{rest}"
    );
    // A pipeline: the replies go to the lines in order; the last has none.
    let server = playing("S: 220 mx\nC: NOOP 1\nC: NOOP 2\nC: NOOP 3\nS: 250 one\nS: 450 two\n");
    let mut stream = connect(&server);
    stream
        .write_all(b"NOOP 1\r\nNOOP 2\r\nNOOP 3\r\nQUIT\r\n")
        .unwrap();
    let said = read(&mut stream, 500);
    assert!(
        said.starts_with("220 mx\r\n250 one\r\n450 two\r\n221 "),
        "{said}"
    );
}

#[test]
fn the_program_plays_a_file_and_refuses_one_that_is_no_script() {
    let home = Home::new();
    home.file(
        "mx.txt",
        "S: 220 mx.report.example\nC: EHLO *\nS: 550 5.7.1 your name is banned\n",
    );
    let server = Listening::start(
        &home,
        &["practice", "--listen", "127.0.0.1:0", "--script", "mx.txt"],
    );
    let output = ehlo(
        &home,
        &[
            "send",
            &server.address(),
            "--tls",
            "none",
            "--from",
            "a@b.example",
            "--to",
            "c@d.example",
            "--body",
            "x",
        ],
        b"",
    );
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(printed.contains("220 mx.report.example"), "{printed}");
    assert!(
        printed.contains("550 5.7.1 your name is banned"),
        "{printed}"
    );
    home.file("bad.txt", "S: 220 mx\nhello\n");
    for (file, words) in [
        ("bad.txt", "--script: bad.txt: line 2: \"hello\" is no line"),
        ("none.txt", "none.txt"),
    ] {
        let output = ehlo(&home, &["practice", "--script", file], b"");
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && error.contains(words), "{error}");
        assert!(output.stdout.is_empty());
    }
}

/// The stored dialogues whose lines are only those of a server and a client.
fn stored() -> Vec<(PathBuf, String)> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dialogues")];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "txt") {
                let text = fs::read_to_string(&path).unwrap_or_default();
                found.push((path, text));
            }
        }
    }
    found.sort();
    found
}

/// Why a stored dialogue is not played here; `None` if it is.
fn left_out(lines: &[&str]) -> Option<&'static str> {
    let any = |is: &dyn Fn(&str) -> bool| lines.iter().any(|line| is(line));
    if any(&|line| !line.starts_with("S: ") && !line.starts_with("C: ")) {
        // Among them is TLS, which begins with a line of its own.
        Some("it has lines that only a client of the tests can do")
    } else if any(&|line| line.to_ascii_uppercase().starts_with("C: BDAT")) {
        Some("the octets of a chunk are no lines")
    } else {
        None
    }
}

/// Of the stored dialogues, a server plays those that have nothing but lines of both sides, and a client
/// gets the replies that are stored.
#[test]
fn stored_dialogues_are_played() {
    let mut played = 0;
    let mut others: BTreeMap<&str, usize> = BTreeMap::new();
    for (path, text) in stored() {
        let lines: Vec<&str> = text
            .lines()
            .filter(|line| !line.trim().is_empty() && !line.starts_with(['#', '=', ' ']))
            .collect();
        if let Some(why) = left_out(&lines) {
            *others.entry(why).or_default() += 1;
            continue;
        }
        let server = playing(&lines.join("\n"));
        let mut stream = connect(&server);
        for line in &lines {
            match line.split_at(3) {
                ("C: ", typed) => stream.write_all(format!("{typed}\r\n").as_bytes()).unwrap(),
                (_, expected) => {
                    let expected = format!("{expected}\r\n");
                    let got = read(&mut stream, expected.len());
                    assert_eq!(got, expected, "{}", path.display());
                }
            }
        }
        played += 1;
    }
    // A dialogue that is added is either played or left out for one of the reasons above.
    assert_eq!((played, others.len()), (PLAYED, 2), "{others:?}");
}
