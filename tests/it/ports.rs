//! `ehlo ports`: the doors of a host, each played by a scripted server, through the real program.

use std::process::Output;

use ehlo::practice::{Options, Practice};
use serde_json::Value;

use crate::support::harmless::assert_harmless;
use crate::support::program::ehlo;
use crate::support::pty::Home;
use crate::support::scripted::{Scripted, Step, expects, says};
use crate::support::session::{HELO, goodbye, introduced, session, upgraded};
use crate::wire::certificates::Authority;

/// A loopback address on which nothing else listens.
const HOST: &str = "127.44.0.1";

/// Looks at these ports of [`HOST`], and at the usual ones.
fn look(ports: &[u16], flags: &[&str]) -> Output {
    let home = Home::new();
    let ports: Vec<String> = ports.iter().map(ToString::to_string).collect();
    let mut arguments = vec!["ports", HOST];
    arguments.extend(ports.iter().map(String::as_str));
    arguments.extend(["--helo", HELO, "--reply-timeout", "1s"]);
    arguments.extend(flags);
    ehlo(&home, &arguments, b"")
}

fn server(scripts: Vec<Vec<Step>>) -> Scripted {
    Scripted::on(&format!("{HOST}:0"), scripts)
}

#[test]
fn each_door_shows_what_is_behind_it() {
    let authority = Authority::new("Test Root");
    let config = authority.server(&["mx.example"]);
    let works = upgraded(&config, &["SIZE 1000", "STARTTLS"], &["AUTH PLAIN"]);
    let mut secured = vec![Step::Tls(config)];
    secured.extend(session("220 mx.example ESMTP", &["SIZE"]));
    let refusing = vec![
        says("554 no service for you"),
        expects("QUIT"),
        says("221 bye"),
        Step::Close,
    ];
    let mut broken = vec![says("220 mx.example ESMTP")];
    broken.extend(introduced(&["STARTTLS"]));
    broken.extend([expects("STARTTLS"), says("454 not now")]);
    broken.extend(goodbye());
    // Each: the connections it takes, the state, whether it is usable, and words on its rows.
    let doors: Vec<(Vec<Vec<Step>>, &str, bool, &str)> = vec![
        (
            vec![session("220 mx.example ESMTP", &["SIZE"])],
            "greeting",
            true,
            "open, without TLS",
        ),
        (
            vec![works],
            "greeting",
            true,
            "open, STARTTLS works (TLSv1.3)",
        ),
        // Silent to plain reading: the second connection begins with TLS.
        (
            vec![vec![], secured],
            "tls-first",
            true,
            "open, TLSv1.3 from the first byte",
        ),
        (
            vec![vec![], vec![Step::ClientHello, says("what?")]],
            "silent",
            false,
            "silent: no greeting within 1 s, and no TLS",
        ),
        (
            vec![vec![Step::Close]],
            "closed",
            false,
            "closed before the greeting",
        ),
        (
            vec![vec![says("SSH-2.0-OpenSSH_9.7")]],
            "not-smtp",
            false,
            "not SMTP: SSH-2.0-OpenSSH_9.7",
        ),
        (
            vec![refusing],
            "greeting",
            false,
            "greeting: 554 no service for you",
        ),
        (
            vec![broken],
            "greeting",
            true,
            "open, but STARTTLS refused: 454 not now",
        ),
    ];
    // Once as text and once as JSON.
    let twice = |scripts: &Vec<Vec<Step>>| [scripts.clone(), scripts.clone()].concat();
    let servers: Vec<Scripted> = doors.iter().map(|door| server(twice(&door.0))).collect();
    let ports: Vec<u16> = servers
        .iter()
        .map(|server| server.address().port())
        .collect();
    let text = look(&ports, &[]);
    let json = look(&ports, &["--json"]);
    let printed = String::from_utf8_lossy(&text.stdout).into_owned();
    assert_eq!(text.status.code(), Some(0), "{printed}");
    assert_harmless(&text.stdout);
    assert!(
        printed.lines().all(|line| line.chars().count() <= 72),
        "{printed}"
    );
    let lines = String::from_utf8_lossy(&json.stdout).into_owned();
    let lines: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    for (server, (_, state, usable, words)) in servers.iter().zip(&doors) {
        let port = server.address().port();
        let log = server.log();
        let row = printed.split(&format!("\n  {port} ")).nth(1).unwrap();
        assert!(
            row.split_whitespace()
                .collect::<Vec<_>>()
                .join(" ")
                .contains(words),
            "{words}: {row}\n{log}"
        );
        let line = lines.iter().find(|line| line["port"] == port).unwrap();
        assert_eq!(line["state"], *state, "{line}\n{log}");
        assert_eq!(line["usable"], *usable, "{line}\n{log}");
    }
    // A login under TLS is what a client needs.
    let best = ports[1];
    assert!(
        printed.contains(&format!(
            "Use port {best} with STARTTLS. Its certificate is not"
        )),
        "{printed}"
    );
    let summary = lines.last().unwrap();
    assert_eq!(summary["end"], true);
    assert_eq!(summary["port"], best);
    assert_eq!(summary["tls"], "starttls");
    let line = lines.iter().find(|line| line["port"] == best).unwrap();
    assert_eq!(line["certificate"]["names"][0], "mx.example");
    assert_eq!(line["certificate"]["verified"], false);
    assert_eq!(line["offers"][0], "AUTH PLAIN");
    // The usual ports are looked at too.
    for port in [25, 465, 587, 2525] {
        assert!(lines.iter().any(|line| line["port"] == port), "{port}");
    }
}

#[test]
fn no_usable_door_is_status_2() {
    let output = look(&[], &[]);
    let printed = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(2), "{printed}");
    assert!(
        printed.contains("None of these ports is open: the host answers"),
        "{printed}"
    );
    // A name that does not exist, and wrong usage.
    let home = Home::new();
    for (arguments, status, words) in [
        (
            &["ports", "no.such.host.invalid"][..],
            2,
            "no.such.host.invalid: ",
        ),
        (&["ports", HOST, "70000"], 1, "invalid port \"70000\""),
        (&["ports"], 1, "no server"),
        (&["ports", HOST, "--frob"], 1, "--frob"),
    ] {
        let output = ehlo(&home, arguments, b"");
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{error}");
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn the_practice_server_has_two_doors() {
    let home = Home::new();
    let output = ehlo(&home, &["ports", "--practice"], b"");
    let printed = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{printed}");
    assert!(printed.contains("TLSv1.3 from the first byte"), "{printed}");
    assert!(printed.contains("STARTTLS works"), "{printed}");
    assert!(printed.contains("; verified, "), "{printed}");
    // The same server by its port, without TLS.
    let practice = Practice::spawn(Options::default()).unwrap();
    let target = practice.plain().to_string();
    let output = ehlo(&home, &["ports", &target, "--tls", "none"], b"");
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(printed.contains("there is no TLS"), "{printed}");
}
