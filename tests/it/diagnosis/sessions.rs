//! Whole sessions as text: what is said of their last reply, with all that the session shows.
//!
//! `C:` is a line of the client, `S:` of the server, `TLS` a finished handshake. A line of the client
//! that expects a secret is sent with the user's consent.

use std::time::Instant;

use ehlo::diagnosis::{self, Explanation, ReplyContext, Tracker};
use ehlo::smtp::{CommandLine, EntryId, Event, Exposure, Link, Session, Transcript};

/// The entries of a session.
fn play(script: &str) -> Transcript {
    let now = Instant::now();
    let mut session = Session::new(None);
    session.handle_connected(Link::Clear, now);
    let mut transcript = Transcript::default();
    for line in script
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
    {
        match line.split_once(": ").unwrap_or((line, "")) {
            ("C", text) => {
                let line = CommandLine::parse(text).unwrap();
                session.send_line(line, Some(Exposure::Clear), now);
            }
            ("S", text) => session.handle_bytes(format!("{text}\r\n").as_bytes(), now),
            ("TLS", _) => session.handle_tls(Link::Verified, now),
            _ => panic!("{line}"),
        }
        while let Some(event) = session.poll_event() {
            if let Event::Entry(entry) = event {
                transcript.push(entry);
            }
        }
    }
    transcript
}

/// What is said of the last reply.
fn explained(script: &str) -> Explanation {
    let transcript = play(script);
    let last = EntryId(transcript.end().0 - 1);
    let mut tracker = Tracker::default();
    let mut latest = None;
    for (id, entry) in transcript.iter() {
        if tracker.push(entry) {
            latest = Some(id);
        }
    }
    let id = latest.unwrap_or(last);
    // Reading the transcript again gives the same as following it.
    assert_eq!(&Tracker::at(&transcript, id), tracker.latest());
    let lines: String = script
        .lines()
        .rev()
        .map(str::trim)
        .skip_while(|line| line.is_empty())
        .take_while(|line| line.starts_with("S: "))
        .map(|line| line[3..].to_owned() + "\n")
        .collect::<Vec<_>>()
        .into_iter()
        .rev()
        .collect();
    diagnosis::explain(&ReplyContext {
        reply: &super::reply(&lines),
        situation: tracker.latest(),
    })
}

const BASE: &str = "
    S: 220 mx.example.test ESMTP
    C: EHLO me.example.org
    S: 250-mx.example.test
    S: 250-SIZE 10240000
    S: 250-PIPELINING
";

#[test]
fn the_session_decides_what_is_said() {
    // The rest of the session; words of the headline and of the first step, words never said.
    let table: &[(&str, &str, &str, &str)] = &[
        // Logins
        (
            "S: 250 STARTTLS\nC: STARTTLS\nS: 220 go\nTLS\nC: EHLO me.example.org\nS: 250-mx\nS: 250 SIZE\n\
             C: AUTH LOGIN\nS: 503 AUTH command used when not advertised",
            "no login here, not even under TLS",
            "587",
            "send STARTTLS",
        ),
        (
            "S: 250-STARTTLS\nS: 250 HELP\nC: AUTH PLAIN\nS: 503 AUTH not available",
            "no login without TLS",
            "STARTTLS",
            "another host",
        ),
        (
            "S: 250 AUTH PLAIN\nC: AUTH PLAIN\nS: 334 \nC: *\nS: 501 5.7.0 Authentication aborted",
            "you cancelled the login",
            "AUTH again",
            "base64",
        ),
        (
            "S: 250 AUTH PLAIN\nC: AUTH PLAIN\nS: 334 \nC: AGEAYg==\nS: 235 ok\nC: AUTH PLAIN\n\
             S: 503 5.5.1 no",
            "logged in already",
            "MAIL FROM",
            "STARTTLS",
        ),
        (
            "S: 250 AUTH PLAIN\nC: AUTH CRAM-MD5\nS: 535 5.7.8 Invalid mechanism",
            "this mechanism is not offered",
            "AUTH line",
            "password",
        ),
        // TLS
        (
            "S: 250-AUTH PLAIN\nS: 250 STARTTLS\nC: STARTTLS\nS: 220 go\nTLS\nC: EHLO me.example.org\nS: 250 mx\n\
             C: STARTTLS\nS: 502 5.5.1 no",
            "TLS is on already",
            "continue",
            "465",
        ),
        (
            "S: 250 STARTTLS\nC: STARTTLS\nS: 220 go\nTLS\nC: EHLO me.example.org\nS: 250-mx\nS: 250 AUTH PLAIN\n\
             C: MAIL FROM:<a@example.net>\nS: 530 5.7.0 Must issue a STARTTLS command first",
            "TLS is on here, and the server still requires it",
            "admin",
            "send STARTTLS",
        ),
        (
            "S: 250 STARTTLS\nC: STARTTLS\nS: 220 go\nTLS\nC: MAIL FROM:<a@example.net>\nS: 503 5.5.1 no",
            "EHLO must come first",
            "send EHLO",
            "RSET",
        ),
        // The transaction
        (
            "S: 250 HELP\nC: MAIL FROM:<a@example.net>\nS: 550 no\nC: RCPT TO:<b@example.org>\nS: 503 no",
            "MAIL must come first",
            "MAIL FROM",
            "RCPT TO:<address> first",
        ),
        (
            "S: 250 HELP\nC: MAIL FROM:<a@example.net>\nS: 250 ok\nC: RCPT TO:<b@example.org>\nS: 550 no\n\
             C: DATA\nS: 554 5.5.1 Error: no valid recipients",
            "no recipient was accepted",
            "RCPT TO",
            "block list",
        ),
        (
            "S: 250 CHUNKING\nC: MAIL FROM:<a@example.net>\nS: 250 ok\nC: RCPT TO:<b@example.org>\nS: 250 ok\n\
             C: BDAT 0\nS: 250 ok\nC: DATA\nS: 503 Bad sequence of commands",
            "BDAT has begun",
            "LAST",
            "no recipient",
        ),
        (
            "S: 250 SMTPUTF8\nC: MAIL FROM:<a@example.net>\nS: 250 ok\nC: RCPT TO:<test\u{f6}@test.example>\n\
             S: 555 5.5.2 Syntax error",
            "requires SMTPUTF8 in MAIL",
            "SMTPUTF8",
            "without the parameter",
        ),
        (
            "S: 250 HELP\nC: MAIL FROM:<a@example.net>\nS: 250 ok\nC: RCPT TO:<test\u{f6}@test.example>\n\
             S: 550 5.6.7 SMTPUTF8 is required, but was not offered",
            "does not accept addresses beyond ASCII",
            "another address",
            "after MAIL",
        ),
        (
            "S: 250 HELP\nC: MAIL FROM: <a@example.net>\nS: 501 5.5.4 Syntax",
            "space after the colon",
            "without the space",
            "-",
        ),
    ];
    for (rest, headline, step, never) in table {
        let script = format!("{BASE}{rest}");
        let explanation = explained(&script);
        let first = explanation.first_step().unwrap_or_default();
        let about = format!("{rest}\n{explanation:#?}");
        assert!(
            explanation.headline.contains(headline),
            "no {headline:?}: {about}"
        );
        assert!(first.contains(step), "no {step:?}: {about}");
        let steps = explanation.next.iter().map(|step| step.words.as_str());
        let said = steps.chain(explanation.causes.iter().map(String::as_str));
        let said = said.collect::<Vec<_>>().join(" | ");
        assert!(*never == "-" || !said.contains(never), "{never:?}: {about}");
    }
}

#[test]
fn lmtp_is_recognised_by_its_greeting() {
    let explanation =
        explained("S: 220 lmtp.example.test LMTP\nC: EHLO me.example.org\nS: 500 5.5.1 no");
    assert!(
        explanation.headline.contains("LHLO is required"),
        "{explanation:#?}"
    );
}

#[test]
fn what_headline_rests_on_is_shown() {
    let script = format!(
        "{BASE}S: 250 AUTH PLAIN\nC: AUTH PLAIN\nS: 334 \nC: AGEAYg==\nS: 235 ok\nC: AUTH PLAIN\nS: 503 no"
    );
    let explanation = explained(&script);
    assert_eq!(explanation.evidence, ["You are logged in."]);
}
