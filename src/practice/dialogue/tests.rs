//! Conversations as scripts. `C:` sends a line with CR LF; `C|` sends raw octets, with the escapes
//! `\r`, `\n` and `\0`; `S:` expects a server line, where a final `*` matches any rest and `...`
//! all lines of a reply but the last; `=` expects how the conversation continues.

use super::*;
use crate::practice::message::StoredMessage;
use crate::practice::mood::Mood;

/// Runs a script line by line and octet by octet; returns the stored messages.
fn play(moods: &[Mood], script: &str) -> Vec<StoredMessage> {
    play_in_pieces(moods, script, 1);
    play_in_pieces(moods, script, usize::MAX)
}

fn play_in_pieces(moods: &[Mood], script: &str, size: usize) -> Vec<StoredMessage> {
    let mut harness = Harness::new(Channel::Clear, moods);
    for line in script.lines().map(str::trim_start) {
        let Some((who, text)) = line.split_at_checked(2) else {
            assert_eq!(line, "", "script line too short");
            continue;
        };
        let text = text.strip_prefix(' ').unwrap_or(text);
        match who {
            "C:" => harness.client(format!("{text}\r\n").as_bytes(), size),
            "C|" => {
                let octets = text.replace("\\r", "\r").replace("\\n", "\n");
                harness.client(octets.replace("\\0", "\0").as_bytes(), size);
            }
            "S:" if text == "..." => harness.skip_to_last_line(),
            "S:" => harness.server(text),
            "= " => harness.next(text),
            _ => panic!("invalid script line {line:?}"),
        }
    }
    harness.no_reply("the end of the script");
    harness.state.mailbox.messages()
}

struct Harness {
    state: Arc<ServerState>,
    dialogue: Dialogue,
    replies: std::collections::VecDeque<String>,
    next: Next,
}

impl Harness {
    fn new(channel: Channel, moods: &[Mood]) -> Self {
        let state = Arc::new(ServerState {
            moods: moods.iter().copied().collect(),
            ..ServerState::default()
        });
        let log = ConnectionLog {
            connection: 1,
            sender: None,
            left_out: Arc::default(),
        };
        let mut harness = Self {
            dialogue: Dialogue::new(Arc::clone(&state), log, channel),
            state,
            replies: Default::default(),
            next: Next::Continue,
        };
        harness.collect_replies();
        harness
    }

    fn client(&mut self, octets: &[u8], size: usize) {
        self.no_reply(&String::from_utf8_lossy(octets));
        for piece in octets.chunks(size.min(octets.len())) {
            self.dialogue.receive(piece);
            self.collect_replies();
        }
    }

    fn collect_replies(&mut self) {
        while let Some(output) = self.dialogue.next_output() {
            let text = String::from_utf8(output.wire).unwrap();
            self.replies.extend(text.lines().map(str::to_owned));
            assert_eq!(self.next, Next::Continue, "output after the end: {text}");
            self.next = output.next;
        }
    }

    fn server(&mut self, expected: &str) {
        let reply = self.replies.pop_front();
        let reply = reply.unwrap_or_else(|| panic!("no reply instead of {expected:?}"));
        match expected.strip_suffix('*') {
            Some(head) => assert!(reply.starts_with(head), "{reply:?} instead of {expected:?}"),
            None => assert_eq!(reply, expected),
        }
    }

    fn skip_to_last_line(&mut self) {
        let continues = |line: &String| line.as_bytes().get(3) == Some(&b'-');
        assert!(
            self.replies.front().is_some_and(continues),
            "{:?}",
            self.replies
        );
        while self.replies.front().is_some_and(continues) {
            self.replies.pop_front();
        }
    }

    fn next(&mut self, expected: &str) {
        assert_eq!(format!("{:?}", self.next), expected);
        if self.next == Next::StartTls {
            self.dialogue.tls_established();
            self.next = Next::Continue;
        }
    }

    fn no_reply(&self, before: &str) {
        assert!(
            self.replies.is_empty(),
            "{:?} before {before:?}",
            self.replies
        );
    }
}

#[test]
fn stores_a_message() {
    let kept = play(
        &[],
        "S: 220 localhost ESMTP ehlo practice server: nothing leaves this machine
        C: EHLO client.example
        S: 250-localhost Hello client.example
        S: 250-PIPELINING
        S: 250-SIZE 10485760
        S: 250-8BITMIME
        S: 250-SMTPUTF8
        S: 250-DSN
        S: 250-CHUNKING
        S: 250-ENHANCEDSTATUSCODES
        S: 250-HELP
        S: 250-VRFY
        S: 250 STARTTLS
        C: MAIL FROM:<you@example.org> SIZE=20 BODY=8BITMIME
        S: 250 2.1.0 Sender ok
        C: RCPT TO:<friend@example.org> NOTIFY=NEVER
        S: 250 2.1.5 Recipient ok
        C: rcpt to:<@relay.example:Postmaster>
        S: 250 2.1.5 Recipient ok
        C: DATA
        S: 354 Send the message; end it with <CR><LF>.<CR><LF>
        C: Subject: hello
        C:
        C: ..
        C: .x
        C: .
        S: 250 2.0.0 Ok: 24 octets in 4 lines received and kept in memory as P1
        C: QUIT
        S: 221 2.0.0 Good-bye
        = Close",
    );
    let expected = StoredMessage {
        number: 1,
        from: "you@example.org".to_owned(),
        recipients: vec!["friend@example.org".to_owned(), "Postmaster".to_owned()],
        octets: 24,
        lines: 4,
        body: b"Subject: hello\r\n\r\n.\r\nx\r\n".to_vec(),
    };
    assert_eq!(kept, [expected]);
}

#[test]
fn replies_to_commands_out_of_order_name_the_missing_one() {
    let kept = play(
        &[],
        "S: 220*
        C: MAIL FROM:<a@b>
        S: 503 5.5.1 Send EHLO first: EHLO client.example
        C: STARTTLS
        S: 503 5.5.1 Send EHLO first*
        C: DATA
        S: 503 5.5.1 Send MAIL and RCPT first*
        C: EHLO
        S: 501 5.5.4 Client name missing or invalid*
        C: EHLO two words
        S: 501 5.5.4*
        C: HELO c
        S: 250 localhost Hello c
        C: STARTTLS
        S: 503 5.5.1 Send EHLO first*
        C: MAIL FROM:<a@b> SIZE=1
        S: 555 5.5.4 No parameters after HELO*
        C: RCPT TO:<a@b>
        S: 503 5.5.1 Send MAIL first*
        C: MAIL FROM:<>
        S: 250*
        C: MAIL FROM:<a@b>
        S: 503 5.5.1 A transaction is open*
        C: DATA
        S: 503 5.5.1 Send RCPT first*
        C: RCPT TO:<nobody@b>
        S: 550 5.1.1*
        C: DATA
        S: 554 5.5.1 No recipient was accepted*
        C: RCPT TO:<a@b> NOTIFY=NEVER
        S: 555 5.5.4 No parameters after HELO*
        C: RCPT TO:<a@b>
        S: 250*
        C: DATA now
        S: 501 5.5.4*
        C: RSET
        S: 250*
        C: DATA
        S: 503 5.5.1 Send MAIL and RCPT first*
        C: MAIL FROM:<a@b>
        S: 250*
        C: HELO c
        S: 250*
        C: RCPT TO:<a@b>
        S: 503 5.5.1 Send MAIL first*",
    );
    assert_eq!(kept, []);
}

#[test]
fn replies_to_invalid_addresses_show_the_syntax() {
    for (line, expected) in [
        ("MAIL", "501 5.5.2 Syntax: MAIL FROM:<you@example.org>"),
        ("MAIL TO:<a@b>", "501 5.5.2 Syntax: MAIL FROM:"),
        ("MAIL FROM: <a@b>", "501 5.5.2 Remove the space"),
        ("MAIL FROM:a@b", "501 5.5.2 Put the address in angle"),
        ("MAIL FROM:<a@b", "501 5.5.2 Closing bracket missing"),
        ("MAIL FROM:<a@b>SIZE=1", "501 5.5.2 Put a space between"),
        ("MAIL FROM:<a>", "501 5.1.7"),
        ("MAIL FROM:<a b@c>", "501 5.1.7"),
        ("MAIL FROM:<é@c>", "553 5.6.7"),
        ("MAIL FROM:<é@c> SMTPUTF8", "250 2.1.0"),
        ("MAIL FROM:<\"a b\"@[IPv6:::1]>", "250 2.1.0"),
        ("MAIL FROM:<a@b> SIZE=10485761", "552 5.3.4"),
        ("MAIL FROM:<a@b> BODY=BINARYMIME", "555 5.5.4"),
    ] {
        play(
            &[],
            &format!(
                "S: 220*\nC: HELO c\nS: 250*\nC: EHLO c\nS: ...\nS: 250 STARTTLS\nC: {line}\nS: {expected}*"
            ),
        );
    }
    for (line, expected) in [
        ("RCPT FROM:<a@b>", "501 5.5.2 Syntax: RCPT TO:"),
        ("RCPT TO:<>", "501 5.1.3"),
        ("RCPT TO:<a>", "501 5.1.3"),
        ("RCPT TO:<é@c>", "553 5.6.7"),
        ("RCPT TO:<NoBody@anywhere.example>", "550 5.1.1"),
        ("RCPT TO:<a@b> SIZE=1", "555 5.5.4"),
        ("RCPT TO:<postmaster>", "250 2.1.5"),
    ] {
        play(
            &[],
            &format!(
                "S: 220*\nC: EHLO c\nS: ...\nS: 250 STARTTLS\nC: MAIL FROM:<>\nS: 250*\nC: {line}\nS: {expected}*"
            ),
        );
    }
}

#[test]
fn replies_to_the_other_commands() {
    play(
        &[],
        "S: 220*
        C: NOOP whatever
        S: 250 2.0.0 Ok
        C: VRFY alice
        S: 250 2.1.5 Alice <alice@localhost>
        C: VRFY <ALICE@LocalHost>
        S: 250*
        C: VRFY bob
        S: 252 2.0.0*
        C: VRFY nobody@example.org
        S: 550 5.1.1*
        C: VRFY
        S: 501 5.5.4*
        C: EXPN list
        S: 502 5.5.1*
        C: ETRN example.org
        S: 502 5.5.1*
        C: LHLO c
        S: 500 5.5.1 LHLO is for LMTP*
        C: HELP NOOP
        S: 214 2.0.0 NOOP: does nothing; the reply is 250.
        C: HELP everything
        S: 504*
        C: FOO c2VjcmV0
        S: 500 5.5.1 Command not recognised: HELP lists the commands
        C:
        S: 500 5.5.1*
        C: QUIT now
        S: 501 5.5.4*
        C| NOOP\\n
        S: 500 5.5.2 Line ends in a bare LF*
        C| NO\\rOP\\r\\n
        S: 500 5.5.2 Line contains a bare CR or a NUL*
        C| NO\\0OP\\r\\n
        S: 500 5.5.2 Line contains a bare CR or a NUL*",
    );
}

#[test]
fn auth_is_available_inside_tls() {
    play(
        &[],
        "S: 220*
        C: AUTH PLAIN
        S: 538 5.7.11*
        C: EHLO c
        S: ...
        S: 250 STARTTLS
        C: AUTH PLAIN AGFsaWNlAHdvbmRlcmxhbmQ=
        S: 538 5.7.11*
        C: STARTTLS now
        S: 501 5.5.4*
        C: STARTTLS
        S: 220 2.0.0 Ready to start TLS
        = StartTls
        C: AUTH PLAIN AGFsaWNlAHdvbmRlcmxhbmQ=
        S: 503 5.5.1 Send EHLO first*
        C: MAIL FROM:<a@b>
        S: 503 5.5.1 Send EHLO first, and again after STARTTLS
        C: EHLO c
        S: ...
        S: 250 AUTH PLAIN LOGIN CRAM-MD5 SCRAM-SHA-1 SCRAM-SHA-256 XOAUTH2 OAUTHBEARER ANONYMOUS
        C: STARTTLS
        S: 503 5.5.1 TLS is already active
        C: AUTH LOGIN
        S: 334 VXNlcm5hbWU6
        C: *
        S: 501 5.7.0*
        C: AUTH PLAIN
        S: 334*
        C: AGFsaWNlAHJhYmJpdA==
        S: 535 5.7.8*
        C: NOOP
        S: 250*
        C: AUTH PLAIN
        S: 334*
        C| AGFsaWNlAHdvbmRlcmxhbmQ=\\n
        S: 501 5.5.2*
        C: MAIL FROM:<a@b>
        S: 250*
        C: AUTH PLAIN
        S: 503 5.5.1 A transaction is open*
        C: RSET
        S: 250*
        C: AUTH PLAIN
        S: 334*
        C: AGFsaWNlAHdvbmRlcmxhbmQ=
        S: 235 2.7.0 Authentication successful
        C: AUTH PLAIN
        S: 503 5.5.1 Already authenticated
        C: EHLO c
        S: ...
        S: 250 VRFY",
    );
}

#[test]
fn discards_input_after_starttls() {
    play(
        &[],
        "S: 220*
        C: EHLO c
        S: ...
        S: 250 STARTTLS
        C| STARTTLS\\r\\nEHLO injected\\r\\nMAIL FROM:<a@b>\\r\\nRCP
        S: 220*
        = StartTls
        C: RCPT TO:<a@b>
        S: 503*",
    );
}

#[test]
fn reads_chunks_by_their_size() {
    let kept = play(
        &[],
        "S: 220*
        C: EHLO c
        S: ...
        S: 250 STARTTLS
        C| BDAT 6\\r\\nQUIT\\r\\n
        S: 503 5.5.1 Send MAIL and RCPT first*
        C: MAIL FROM:<a@b>
        S: 250*
        C: RCPT TO:<a@b>
        S: 250*
        C| BDAT 7\\r\\n.\\r\\n..\\r\\n
        S: 250 2.0.0 Ok: 7 octets, 7 so far
        C: DATA
        S: 503 5.5.1 The message was started with BDAT*
        C: RCPT TO:<c@d>
        S: 503 5.5.1 The message has started*
        C| BDAT 0\\r\\n
        S: 250 2.0.0 Ok: 0 octets, 7 so far
        C| bdat 3 last\\r\\nend
        S: 250 2.0.0 Ok: 10 octets in 3 lines received and kept in memory as P1
        C| BDAT 3 LAST\\r\\nend
        S: 503 5.5.1 Send MAIL and RCPT first*
        C: MAIL FROM:<a@b>
        S: 250*
        C| BDAT 4 LAST\\r\\nQUIT
        S: 503 5.5.1 Send RCPT first*
        C: RCPT TO:<a@b>
        S: 503*
        C: RSET
        S: 250*
        C: MAIL FROM:<a@b>
        S: 250*
        C: RCPT TO:<a@b>
        S: 250*
        C| BDAT 0 LAST\\r\\n
        S: 250 2.0.0 Ok: 0 octets in 0 lines received and kept in memory as P2",
    );
    assert_eq!(kept.len(), 2);
    assert_eq!(kept[0].body, b".\r\n..\r\nend");
}

#[test]
fn a_refused_chunk_breaks_its_message() {
    for (bdat, expected) in [
        ("BDAT", "501 5.5.4"),
        ("BDAT x", "501 5.5.4"),
        ("BDAT +1", "501 5.5.4"),
        ("BDAT -1", "501 5.5.4"),
        ("BDAT 99999999999999999999", "501 5.5.4"),
        ("BDAT 0 FIRST", "501 5.5.4"),
        ("BDAT 0 LAST LAST", "501 5.5.4"),
    ] {
        let kept = play(
            &[],
            &format!(
                "S: 220*
                C: HELO c
                S: 250*
                C: MAIL FROM:<>
                S: 250*
                C: RCPT TO:<a@b>
                S: 250*
                C: {bdat}
                S: {expected}*
                C| BDAT 4 LAST\\r\\nQUIT
                S: 503 5.5.1 A chunk of this message was refused*
                C: DATA
                S: 503 5.5.1 A chunk of this message was refused*"
            ),
        );
        assert_eq!(kept, []);
    }
}

#[test]
fn refuses_a_message_that_is_too_large_at_its_end() {
    for (command, end) in [("DATA", "\r\n.\r\n"), ("BDAT 10485761 LAST", "")] {
        let mut harness = Harness::new(Channel::Clear, &[]);
        harness.server("220*");
        for line in ["HELO c", "MAIL FROM:<>", "RCPT TO:<a@b>"] {
            harness.client(format!("{line}\r\n").as_bytes(), usize::MAX);
            harness.server("250*");
        }
        harness.client(format!("{command}\r\n").as_bytes(), usize::MAX);
        if command == "DATA" {
            harness.server("354*");
        }
        let text = vec![b'x'; 10_485_761];
        harness.client(&text, 16_384);
        if !end.is_empty() {
            harness.client(end.as_bytes(), usize::MAX);
        }
        harness.server("552 5.3.4*");
        harness.client(b"MAIL FROM:<>\r\n", usize::MAX);
        harness.server("250*");
        assert_eq!(harness.state.mailbox.messages(), []);
    }
}

#[test]
fn smuggled_commands_are_not_executed() {
    for sequence in [
        "\\n.\\n",
        "\\n.\\r\\n",
        "\\r\\n.\\n",
        "\\r.\\r",
        "\\r.\\r\\n",
        "\\r\\n.\\r",
        "\\r\\n\\0.\\r\\n",
        "\\r\\n.\\r\\r\\n",
    ] {
        let kept = play(
            &[],
            &format!(
                "S: 220*
                C: HELO c
                S: 250*
                C: MAIL FROM:<a@b>
                S: 250*
                C: RCPT TO:<a@b>
                S: 250*
                C: DATA
                S: 354*
                C| Subject: x\\r\\n\\r\\nx{sequence}MAIL FROM:<evil@b>\\r\\n
                C: RCPT TO:<a@b>
                C: DATA
                C: smuggled
                C: .
                S: {}
                C: NOOP
                S: 250*",
                if sequence == "\\r\\n\\0.\\r\\n" {
                    "250*"
                } else {
                    "554 5.6.0*"
                }
            ),
        );
        assert!(
            kept.iter().all(|message| message.from == "a@b"),
            "{sequence}"
        );
    }
}

#[test]
fn refuses_overlong_lines_and_skips_them() {
    let mut harness = Harness::new(Channel::Tls, &[]);
    harness.server("220*");
    for (line, expected) in [
        (format!("NOOP {}", "x".repeat(4091)), "250*"),
        (
            format!("NOOP {}", "x".repeat(4092)),
            "500 5.5.2 Line too long*",
        ),
        (
            format!("NOOP {}", "x".repeat(100_000)),
            "500 5.5.2 Line too long*",
        ),
        (format!("AUTH PLAIN {}", "x".repeat(5000)), "503*"),
        (
            format!("AUTH PLAIN {}", "x".repeat(100_000)),
            "500 5.5.6 Line too long*",
        ),
    ] {
        harness.client(format!("{line}\r\n").as_bytes(), 1000);
        harness.server(expected);
        harness.client(b"NOOP\r\n", usize::MAX);
        harness.server("250*");
    }
    harness.client(b"EHLO c\r\n", usize::MAX);
    harness.skip_to_last_line();
    harness.server("250 AUTH*");
    harness.client(b"AUTH PLAIN\r\n", usize::MAX);
    harness.server("334 *");
    harness.client(format!("{}\r\n", "x".repeat(12_289)).as_bytes(), 1000);
    harness.server("500 5.5.6 Line too long*");
    harness.client(b"NOOP\r\n", usize::MAX);
    harness.server("250*");
}

#[test]
fn too_many_bad_commands_end_the_conversation() {
    let mut script = "S: 220*\n".to_owned();
    for _ in 1..BAD_COMMANDS_CAP {
        script.push_str("C: FOO\nS: 500 5.5.1*\n");
    }
    play(
        &[],
        &format!("{script}C: NOOP\nS: 250*\nC: FOO\nS: 421 4.7.0*\n= Close\nC: NOOP"),
    );
    // A stored message resets the count.
    let message = "C: HELO c\nS: 250*\nC: MAIL FROM:<>\nS: 250*\nC: RCPT TO:<a@b>\nS: 250*\n\
                   C: DATA\nS: 354*\nC: .\nS: 250*\n";
    play(&[], &format!("{script}{message}C: FOO\nS: 500 5.5.1*"));
}

#[test]
fn accepts_a_hundred_recipients() {
    let mut script = "S: 220*\nC: HELO c\nS: 250*\nC: MAIL FROM:<>\nS: 250*\n".to_owned();
    for n in 0..100 {
        script.push_str(&format!("C: RCPT TO:<r{n}@b>\nS: 250*\n"));
    }
    script.push_str("C: RCPT TO:<r@b>\nS: 452 4.5.3*\nC: DATA\nS: 354*\nC: .\nS: 250*");
    assert_eq!(play(&[], &script)[0].recipients.len(), 100);
}

#[test]
fn moods_change_the_replies() {
    play(&[Mood::Busy], "S: 421 4.3.2 Too busy*\n= Close");
    play(
        &[Mood::RejectRcpt],
        "S: 220*\nC: HELO c\nS: 250*\nC: MAIL FROM:<>\nS: 250*\nC: RCPT TO:<a@b>\nS: 550 5.1.1*",
    );
    play(
        &[Mood::Greylist],
        "S: 220*\nC: HELO c\nS: 250*\nC: MAIL FROM:<>\nS: 250*
        C: RCPT TO:<a@b>\nS: 450 4.7.1*\nC: RCPT TO:<c@b>\nS: 450 4.7.1*
        C: RCPT TO:<a@b>\nS: 250*",
    );
    play(
        &[Mood::Drop],
        "S: 220*\nC: HELO c\nS: 250*\nC: MAIL FROM:<>\nS: 250*
        C: RCPT TO:<a@b>\nS: 250 2.1.5 Re\n= Abort\nC: NOOP",
    );
    play(
        &[Mood::NoTls],
        "S: 220*\nC: EHLO c\nS: ...\nS: 250 AUTH PLAIN LOGIN CRAM-MD5*\nC: STARTTLS\nS: 502 5.5.1 TLS not available*
        C: AUTH PLAIN AGFsaWNlAHdvbmRlcmxhbmQ=\nS: 235 2.7.0*",
    );
}

#[test]
fn a_flood_is_one_reply_in_small_pieces() {
    let state = Arc::new(ServerState {
        moods: [Mood::Flood].into_iter().collect(),
        ..ServerState::default()
    });
    let log = ConnectionLog {
        connection: 1,
        sender: None,
        left_out: Arc::default(),
    };
    let mut dialogue = Dialogue::new(state, log, Channel::Clear);
    dialogue.next_output().unwrap();
    dialogue.receive(b"EHLO c\r\nNOOP\r\n");
    let (mut lines, mut last) = (0, String::new());
    while !last.starts_with("250 ") {
        let wire = dialogue.next_output().unwrap().wire;
        assert!(wire.len() < 64 * 1024);
        let text = String::from_utf8(wire).unwrap();
        for line in text.lines() {
            assert!(
                line.starts_with("250-") || line == "250 X-FLOOD-1000000",
                "{line}"
            );
            lines += u32::from(line[4..].starts_with("X-FLOOD-"));
        }
        last = text.lines().last().unwrap().to_owned();
    }
    assert_eq!(lines, FLOOD_LINES);
    assert_eq!(dialogue.next_output().unwrap().wire, b"250 2.0.0 Ok\r\n");
}

#[test]
fn an_idle_timeout_gets_a_reply() {
    let mut harness = Harness::new(Channel::Clear, &[]);
    harness.server("220*");
    let output = harness.dialogue.timed_out().unwrap();
    assert!(output.wire.starts_with(b"421 4.4.2 "));
    assert_eq!(output.next, Next::Close);
}

#[test]
fn the_log_contains_no_secrets() {
    let (sender, logged) = std::sync::mpsc::sync_channel(1000);
    let log = ConnectionLog {
        connection: 7,
        sender: Some(sender),
        left_out: Arc::default(),
    };
    let mut dialogue = Dialogue::new(Arc::default(), log, Channel::Tls);
    let secrets = ["AGFsaWNlAHdvbmRlcmxhbmQ=", "d29uZGVybGFuZA==", "wonderland"];
    let script = "EHLO c\r\nAUTH PLAIN d29uZGVybGFuZA==\r\nd29uZGVybGFuZA==\r\n\
                  AUHT PLAIN d29uZGVybGFuZA==\r\nAUTH LOGIN YWxpY2U=\r\nd29uZGVybGFuZA==\r\n\
                  wonderland\r\nMAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\nDATA\r\nwonderland\r\n.\r\n";
    dialogue.receive(script.as_bytes());
    while dialogue.next_output().is_some() {}
    let logged: Vec<String> = logged.try_iter().collect();
    for secret in secrets {
        assert!(
            !logged.iter().any(|line| line.contains(secret)),
            "{logged:#?}"
        );
    }
    assert!(logged.iter().all(|line| line.starts_with("#7 ")));
    assert!(logged.contains(&"#7 AUTH response: 235 2.7.0 Authentication successful".to_owned()));
    assert!(logged.contains(&"#7 MAIL FROM:<a@b>: 250 2.1.0 Sender ok".to_owned()));
}
