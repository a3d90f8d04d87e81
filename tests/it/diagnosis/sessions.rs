//! Whole sessions as text: what is said of their last reply, with all that the session shows.
//!
//! `C:` is a line of the client, `S:` of the server, `TLS` a finished handshake, `R:` raw octets of the
//! client, with `\r` and `\n`. A line of the client that expects a secret is sent with the user's
//! consent.

use std::time::Instant;

use ehlo::diagnosis::{self, Explanation, ReplyContext, Tracker};
use ehlo::smtp::{
    CommandLine, EntryId, EntryKind, Event, Exposure, Link, Secret, Session, Transcript,
};

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
            ("C:", _) => {
                let line = CommandLine::parse("").unwrap();
                session.send_line(line, Some(Exposure::Clear), now);
            }
            ("R", text) => {
                let octets = text.replace("\\r", "\r").replace("\\n", "\n").into_bytes();
                session.send_raw(Secret::new(octets), Some(Exposure::Clear), now);
            }
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
    assert_eq!(&Tracker::default().at(&transcript, id), tracker.latest());
    let mut lines: Vec<&str> = Vec::new();
    for line in script.lines().rev().map(str::trim) {
        match line.strip_prefix("S: ") {
            // The lines before the last one of a reply have a hyphen after the code.
            Some(text) if lines.is_empty() || text.as_bytes().get(3) == Some(&b'-') => {
                lines.insert(0, text);
            }
            _ if lines.is_empty() && line.is_empty() => {}
            _ => break,
        }
    }
    let lines = lines.join("\n");
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
            "no login is offered",
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
            "use one that is: PLAIN",
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
            "RSET",
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
            "send MAIL FROM:<a@example.net>",
            "-",
        ),
    ];
    check(table);
}

/// Plays the rest of each session, and checks what is said of its last reply.
fn check(table: &[(&str, &str, &str, &str)]) {
    let mut faults = Vec::new();
    for (rest, headline, step, never) in table {
        let script = format!("{BASE}{rest}");
        let explanation = explained(&script);
        let first = explanation.first_step().unwrap_or_default();
        let steps = explanation.next.iter().map(|step| step.words.as_str());
        let said = steps.chain(explanation.causes.iter().map(String::as_str));
        let said = said.collect::<Vec<_>>().join(" | ");
        let headline_said = &explanation.headline;
        let mut missing =
            |what: &str| faults.push(format!("{what}: {rest}\n= {headline_said} | {said}"));
        if !headline_said.contains(headline) {
            missing(&format!("no headline {headline:?}"));
        }
        if !first.contains(step) {
            missing(&format!("no first step {step:?}"));
        }
        if *never != "-" && said.contains(never) {
            missing(&format!("says {never:?}"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
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

/// What mail administrators say is right, for refusals of Postfix, Exim, Dovecot and aiosmtpd.
#[test]
fn refusals_are_explained_by_what_was_sent_before() {
    check(&[
        (
            "S: 250 HELP\nC: RCPT TO:<b@example.org>\nS: 503 5.5.1 Error: need MAIL command",
            "no transaction is open",
            "MAIL FROM",
            "RSET",
        ),
        (
            "S: 250 HELP\nC: MAIL FROM:<a@example.net>\nS: 250 ok\nC: RCPT TO:<b@example.org>\nS: 250 ok\nC: DATA\nS: 354 go\nC: Subject: x\nC: .\nS: 250 ok\nC: RCPT TO:<b@example.org>\nS: 503 5.5.1 Error: need MAIL command",
            "the message before ended the transaction",
            "MAIL FROM",
            "was refused",
        ),
        (
            "S: 250 HELP\nC: MAIL FROM:<a@example.net>\nS: 250 ok\nC: RSET\nS: 250 ok\nC: DATA\nS: 503 5.5.1 Error: need RCPT command",
            "RSET ended the transaction",
            "MAIL FROM",
            "was refused",
        ),
        (
            "S: 250 HELP\nC: MAIL FROM:<a@example.net>\nS: 250 ok\nC: EHLO me.example.org\nS: 250 mx\nC: RCPT TO:<b@example.org>\nS: 503 sender not yet given",
            "EHLO ended the transaction",
            "MAIL FROM",
            "was refused",
        ),
        (
            "S: 250 AUTH PLAIN\nC: MAIL FROM:<a@example.net>\nS: 250 ok\nC: RCPT TO:<b@other.example>\nS: 554 5.7.1 <b@other.example>: Relay access denied",
            "does not relay",
            "RSET, log in (AUTH), then MAIL",
            "then repeat",
        ),
        (
            "S: 250 AUTH PLAIN\nC: AUTH PLAIN AGEAYg==\nS: 235 ok\nC: MAIL FROM:<a@example.net>\nS: 250 ok\nC: AUTH PLAIN AGEAYg==\nS: 503 5.5.1 Error: MAIL transaction in progress",
            "logged in already, and a transaction is open",
            "RCPT TO",
            "RSET",
        ),
        (
            "S: 250 STARTTLS\nC: MAIL FROM:<a@example.net>\nS: 530 5.7.0 Must issue a STARTTLS command first\nC: RCPT TO:<b@example.org>\nS: 530 5.7.0 Must issue a STARTTLS command first",
            "TLS is required first",
            "begin with MAIL",
            "repeat",
        ),
        (
            "S: 250 AUTH PLAIN\nC: MAIL FROM:<a@example.net>\nS: 530 5.7.0 Authentication required\nC: RCPT TO:<b@example.org>\nS: 530 5.7.0 Authentication required",
            "login is required first",
            "then MAIL and RCPT again",
            "repeat",
        ),
        (
            "S: 250-AUTH PLAIN\nS: 250 STARTTLS\nC: MAIL FROM:<a@example.net>\nS: 530 5.7.0 Authentication required",
            "login is required first",
            "STARTTLS and EHLO, then log in",
            "repeat",
        ),
        (
            "S: 250 CHUNKING\nC: MAIL FROM:<a@example.net>\nS: 250 ok\nC: RCPT TO:<b@example.org>\nS: 250 ok\nR: BDAT 5\\r\\nhello\nS: 250 ok\nC: DATA\nS: 503 only BDAT permissible after non-LAST BDAT",
            "BDAT has begun",
            "RSET",
            "BDAT 0 LAST",
        ),
        (
            "S: 250 HELP\nR: BDAT 3 LAST\\r\\nabc\nS: 500 command not recognized\nC: RSET\nS: 500 command \"ABCRSET\" not recognized",
            "octets of the refused BDAT",
            "again",
            "spelling",
        ),
        (
            "S: 250 HELP\nC: MAIL FROM:<a@example.net>\nS: 250 ok\nC: RCPT TO:<x@example.org>\nS: 550 5.1.1 no such user\nC: RCPT TO:<b@example.org>\nS: 552 too many recipients",
            "too many recipients",
            "RSET",
            "452",
        ),
        (
            "S: 250 HELP\nC: MAIL FROM:<a@example.net>\nS: 250 ok\nC: RCPT TO:<b@example.org>\nS: 250 ok\nC: DATA\nS: 354 go\nC: Subject: x\nC: .\nS: 550 Message too large for this user",
            "though below the server's SIZE",
            "admin for the limit",
            "the limit is SIZE",
        ),
        (
            "S: 250 AUTH PLAIN\nC: AUTH PLAIN YQ==\nS: 535 5.7.8 Error: authentication failed",
            "not NUL user NUL password",
            "AUTH PLAIN",
            "password refused",
        ),
        (
            "S: 250 AUTH PLAIN\nC: AUTH PLAIN\nS: 334 \nC: \nS: 535 5.7.8 Authentication failed",
            "the response was empty",
            "AUTH again",
            "app password",
        ),
        (
            "S: 250 AUTH PLAIN\nC: AUTH PLAIN *\nS: 501 5.5.2 Invalid base64 data in initial response",
            "cancels only as the answer to 334",
            "AUTH again",
            "URL alphabet",
        ),
        (
            "S: 250 AUTH LOGIN\nC: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\nC: bob\nS: 501 5.5.2 Can't decode base64",
            "probably plain text",
            "base64",
            "URL alphabet",
        ),
        (
            "S: 250 AUTH PLAIN\nC: AUTH PLAIN AGJvYgBzaW1wbGU\nS: 501 Invalid base64 data",
            "number of = at the end",
            "multiple of 4",
            "plain text",
        ),
        (
            "S: 250 AUTH CRAM-MD5\nC: AUTH CRAM-MD5\nS: 334 PDFAeD4=\nC: AUTH CRAM-MD5\nS: 501 5.5.2 Can't decode base64",
            "read the command as one",
            "AUTH again",
            "F3",
        ),
        (
            "S: 250 AUTH CRAM-MD5\nC: AUTH CRAM-MD5\nS: 334 PDFAeD4=\nC: Ym9i\nS: 535 Incorrect authentication data",
            "as CRAM-MD5 requires",
            "32 hex digits",
            "password refused",
        ),
        (
            "S: 250 AUTH PLAIN\nC: AUTH PLAIN YQBiAGM=\nS: 535 5.7.8 Authentication failed",
            "acts for another",
            "empty authzid",
            "shell",
        ),
        (
            "S: 250 AUTH OAUTHBEARER\nC: AUTH OAUTHBEARER bixhPWEsAWF1dGg9QmVhcmVyIHgBAQ==\nS: 334 eyJzdGF0dXMiOiI0MDEifQ==\nC: AQ==\nS: 535 5.7.8 Error: authentication failed: (reason unavailable)",
            "the token, or the user name, is refused",
            "new token",
            "app password",
        ),
        (
            "S: 250 AUTH PLAIN\nC: AUTH PLAIN AGEAYg==\nS: 535 5.7.8 no",
            "user name or password refused",
            "log in again",
            "token",
        ),
        (
            "S: 250 AUTH PLAIN\nC: AUTH SCRAM-SHA-256\nS: 504 5.5.4 no\nC: *\nS: 500 unrecognized command",
            "nothing to cancel",
            "AUTH",
            "spelling",
        ),
        (
            "S: 250 AUTH PLAIN\nC: AUTH OAUTHBEARER\nS: 504 5.5.4 no\nC: AQ==\nS: 500 unrecognized command",
            "no login is open",
            "AUTH again",
            "dot came",
        ),
        (
            "S: 250 HELP\nC: \nS: 500 5.5.2 Error: bad syntax",
            "no command",
            "NOOP",
            "spelling",
        ),
        (
            "S: 250 HELP\nC: GET / HTTP/1.1\nS: 500 5.5.1 Unknown command",
            "this is HTTP",
            "443",
            "spelling",
        ),
        (
            "S: 250 AUTH PLAIN\nC: MAIL FROM:<a@example.net>\nS: 250 ok\nC: AUTH PLAIN AABib2I=\nS: 503 5.5.1 A transaction is open: send RSET first, then AUTH",
            "transaction",
            "RSET",
            "broken off",
        ),
        (
            "S: 250 HELP\nC: Subject: test\nS: 500 5.5.1 Unknown command",
            "a header of a message was sent as a command",
            "after a 354",
            "HTTP",
        ),
        (
            "S: 250 HELP\nC: TURN\nS: 500 5.5.1 Unknown command",
            "obsolete",
            "IMAP",
            "spelling",
        ),
        (
            "S: 250 HELP\nC: EHLO me.example.org extra\nS: 501 Syntactically invalid EHLO argument(s)",
            "only one name",
            "alone",
            "localhost",
        ),
        (
            "S: 250 HELP\nC: EHLO [127.0.0.1\nS: 501 Syntactically invalid EHLO argument(s)",
            "the ] after",
            "[127.0.0.1]",
            "not valid",
        ),
        (
            "S: 250 HELP\nC: MAIL FROM:<a@example.net>>\nS: 501 <a@example.net>>: malformed address: > may not follow <a@example.net>",
            "one > too many",
            "send MAIL FROM:<a@example.net>",
            "both sides",
        ),
        (
            "S: 250 HELP\nC: MAIL FROM:<a@@example.net>\nS: 553 5.1.3 Error: malformed address",
            "two @",
            "one @",
            "space",
        ),
        (
            "S: 250 DSN\nC: MAIL FROM:<a@example.net> ENVID=a b\nS: 555 5.5.4 Unsupported option: b",
            "cannot have a space",
            "+20",
            "without it",
        ),
        (
            "S: 250 HELP\nC: MAIL FROM:<a@example.net> ENVID=a b\nS: 555 5.5.4 Unsupported option: b",
            "ENVID= needs DSN",
            "without ENVID=",
            "spelling",
        ),
        (
            "S: 250 HELP\nC: MAIL FROM:<a@example.net> FOO=1\nS: 555 5.5.4 Unsupported option: FOO=1",
            "no extension of SMTP has",
            "spelling",
            "+20",
        ),
        (
            "S: 250 STARTTLS\nC: MAIL FROM:<a@example.net> REQUIRETLS\nS: 555 5.5.4 Unsupported option: REQUIRETLS",
            "REQUIRETLS is not in the EHLO reply",
            "STARTTLS and EHLO",
            "spelling",
        ),
        (
            "S: 250 PIPELINING\nC: NOOP\nS: 250 ok\nC: RCPT TO:<b@example.org>\nS: 503 5.5.0 <b@example.org>: Data command rejected: Improper use of SMTP command pipelining",
            "replies must be awaited",
            "reconnect",
            "RSET",
        ),
        (
            "S: 250 CHUNKING\nR: BDAT 5 LAST\\r\\nhello\nS: 501 5.5.4 Invalid end marker\nC: MAIL FROM:<a@example.net>\nS: 250 ok\nC: RCPT TO:<b@example.org>\nS: 250 ok\nC: DATA\nS: 503 5.5.0 Previous data chunk failed, issue RSET first",
            "the message before was broken off",
            "RSET",
            "spelling",
        ),
        (
            "S: 250 HELP\nC: GET / HTTP/1.1\nS: 500 unrecognized command\nC: Host: mx.example.org\nS: 500 unrecognized command",
            "HTTP request before",
            "web server",
            "354",
        ),
        (
            "S: 250 AUTH PLAIN\nC: AUTH PLAIN AABib2I=\nS: 535 5.7.8 Authentication failed",
            "user name in the response is empty",
            "\\0user\\0password",
            "app password",
        ),
        (
            "S: 250 AUTH PLAIN\nC: AUTH PLAIN AGJvYgBzaW1wbGUK\nS: 535 5.7.8 Authentication failed",
            "ends with a newline",
            "printf",
            "app password",
        ),
        (
            "S: 250 VRFY\nC: EXPN staff\nS: 500 5.5.2 Error: command not recognized",
            "does not have EXPN",
            "owner",
            "reveal",
        ),
        // The name was accepted: it explains nothing that says nothing of it.
        (
            "S: 250 HELP\nC: EHLO client\nS: 250 HELP\nC: MAIL FROM:<a@example.net>\nS: 250 ok\nC: RCPT TO:<b@example.org>\nS: 550 Rejected",
            "no such mailbox",
            "check the address",
            "host name",
        ),
        (
            "S: 250 HELP\nC: EHLO client\nS: 250 HELP\nC: MAIL FROM:<a@example.net>\nS: 250 ok\nC: RCPT TO:<b@example.org>\nS: 504 5.5.2 <client>: Helo command rejected: need fully-qualified hostname",
            "name client is no full host name",
            "full host name",
            "server's own",
        ),
        (
            "S: 250 HELP\nC: MAIL FROM:<a@example.net>\nS: 250 ok\nC: RCPT TO:<b%other.example@example.org>\nS: 554 5.7.1 Relay access denied",
            "a route (% or !)",
            "the domain in the route",
            "wrong server",
        ),
        (
            "S: 250 HELP\nC: MAIL FROM:<a@example.net>\nS: 250 ok\nC: RCPT TO:<bob>\nS: 554 5.7.1 relaying not permitted",
            "the address has no domain",
            "name@domain",
            "MX",
        ),
        (
            "S: 250 HELP\nC: XFORWARD ADDR=192.0.2.1\nS: 550 5.7.0 Error: insufficient authorization",
            "hosts it trusts",
            "xforward_hosts",
            "xclient",
        ),
        (
            "S: 250 HELP\nC: MAIL FROM:<\u{f6}@example.net>\nS: 501 5.5.4 Invalid FROM: Invalid character in localpart",
            "beyond ASCII",
            "of the sender",
            "of the recipient",
        ),
        (
            "S: 250 HELP\nR: EHLO me.example.org\\r\\nMAIL FROM:<a@example.net>\\r\\nRCPT TO:<b@example.org>\\r\\n\nS: 250 mx\nS: 250 ok\nS: 503 5.5.0 <b@example.org>: Recipient address rejected: Improper use of SMTP command pipelining",
            "together with EHLO",
            "wait for its reply",
            "RSET",
        ),
    ]);
}

#[test]
fn what_is_needed_before_ehlo_is_ehlo() {
    let table = [
        (
            "C: MAIL FROM:<a@example.net>\nS: 503 HELO or EHLO required\n\
             C: RCPT TO:<b@example.org>\nS: 503 sender not yet given",
            "MAIL was refused, and EHLO is missing",
            "EHLO with your host name, then MAIL",
        ),
        (
            "C: HELO me.example.org\nS: 250 mx\nC: AUTH PLAIN AGEAYg==\n\
             S: 503 5.5.1 Error: authentication not enabled",
            "no login is offered on this connection so far",
            "look for AUTH",
        ),
        (
            "C: HELO me.example.org\nS: 250 mx\nR: BDAT 5 LAST\\r\\nhello\n\
             S: 503 BDAT command used when CHUNKING not advertised",
            "BDAT needs EHLO",
            "reconnect",
        ),
    ];
    for (rest, headline, step) in table {
        let explanation = explained(&format!("S: 220 mx.example.test ESMTP\n{rest}"));
        let first = explanation.first_step().unwrap_or_default();
        assert!(explanation.headline.contains(headline), "{explanation:#?}");
        assert!(first.contains(step), "{explanation:#?}");
    }
}

/// A saved session has the length of a secret only: nothing is said of what it was.
#[test]
fn a_masked_response_is_not_called_empty() {
    let script = format!(
        "{BASE}S: 250 AUTH PLAIN\nC: AUTH PLAIN\nS: 334 \nC: AGEAYg==\nS: 535 5.7.8 Authentication failed"
    );
    let mut masked = Transcript::default();
    for (_, entry) in play(&script).iter() {
        let mut entry = entry.clone();
        if let EntryKind::Sent(sent) = &mut entry.kind {
            sent.secret = sent
                .secret
                .take()
                .map(|secret| Secret::redacted(secret.len()));
        }
        masked.push(entry);
    }
    let last = EntryId(masked.end().0 - 1);
    let situation = Tracker::default().at(&masked, last);
    assert_eq!(situation.response, None);
    let explanation = super::explained_in(&situation, "535 5.7.8 Authentication failed");
    assert_eq!(explanation.headline, "user name or password refused");
}
