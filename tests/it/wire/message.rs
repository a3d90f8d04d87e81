//! Sending messages: the server sends meanwhile, does not read, or closes in the middle.

use ehlo::net::{Command, Security, Upload};
use ehlo::smtp::{Awaited, End, Phase, Secret, Verb};

use super::certificates::Authority;
use super::client::{Client, HOST};
use crate::support::scripted::{Flood, Scripted, Step, expects, says, sends};

/// A dialogue up to DATA, which `rest` answers.
pub fn to_data(rest: Vec<Step>) -> Vec<Step> {
    let mut script = vec![
        says("220 mx.example ESMTP"),
        expects("EHLO me.example"),
        says("250 mx.example"),
        expects("MAIL FROM:<a@b.example>"),
        says("250 ok"),
        expects("RCPT TO:<c@d.example>"),
        says("250 ok"),
        expects("DATA"),
    ];
    script.extend(rest);
    script
}

/// The script with a TLS handshake first, if TLS is implicit.
pub fn under(security: Security, mut script: Vec<Step>) -> Vec<Step> {
    if security == Security::Implicit {
        let config = Authority::new("Test Root").server(&[HOST]);
        script.insert(0, Step::Tls(config));
    }
    script
}

/// Plays the client's part of [`to_data`].
pub fn talk_to_data(client: &mut Client) {
    client.wait_for_replies();
    for line in [
        "EHLO me.example",
        "MAIL FROM:<a@b.example>",
        "RCPT TO:<c@d.example>",
    ] {
        client.ask(line);
    }
    client.type_line("DATA");
    client.wait_for_phase(Phase::Message);
}

/// A message of about this many octets, in lines of 1000.
pub fn message(octets: usize) -> Vec<u8> {
    let mut line = vec![b'm'; 998];
    line.extend(b"\r\n");
    line.repeat(octets / line.len())
}

#[test]
fn sends_a_message() {
    let server = Scripted::start(to_data(vec![
        says("354 go on"),
        expects("Subject: x"),
        expects(""),
        expects("..stuffed"),
        expects("last"),
        expects("."),
        says("250 2.0.0 queued"),
    ]));
    let mut client = Client::connect_to(&server, Security::None);
    talk_to_data(&mut client);
    client.send(Command::SendMessage(
        b"Subject: x\n\n.stuffed\r\nlast".to_vec(),
    ));
    client.wait_until("the end", |client| client.status.phase == Phase::Ready);
    client.assert_line("S: 250 2.0.0 queued");
    client.assert_line(
        "-- message sent: 4 lines, 31 octets, 1 dot-stuffed, 2 line endings converted to CR LF",
    );
}

/// The server sends a lot without reading, and only then reads the message. A client that does not
/// read while it writes would deadlock.
fn server_sends_first(security: Security) {
    const TIMES: usize = 150;
    // Complete replies, because an endless one would reach a cap.
    let chatter = format!("250 {}\r\n", "c".repeat(60_000));
    let script = to_data(vec![
        says("354 go on"),
        Step::Flood(chatter.into(), TIMES),
        Step::ReadUntil(b"\r\n.\r\n".to_vec()),
        says("250 2.0.0 queued"),
    ]);
    let server = Scripted::start(under(security, script));
    let mut client = Client::connect_to(&server, security);
    talk_to_data(&mut client);
    client.send(Command::SendMessage(message(8 << 20)));
    client.wait_until("the reply to the message", |client| {
        client.replies.len() == 5 + TIMES + 1
    });
    client.assert_that(
        "all replies were written",
        matches!(last_flood(&server), Flood::Complete(_)),
    );
}

fn last_flood(server: &Scripted) -> Flood {
    loop {
        match server.flood() {
            Flood::Stalled(_) => {}
            end => return end,
        }
    }
}

#[test]
fn message_while_the_server_sends() {
    server_sends_first(Security::None);
}

#[test]
fn message_while_the_server_sends_under_tls() {
    server_sends_first(Security::Implicit);
}

#[test]
fn r26_354_then_closed() {
    let server = Scripted::start(to_data(vec![says("354 go on"), Step::Close]));
    let mut client = Client::connect_to(&server, Security::None);
    talk_to_data(&mut client);
    client.wait_for_end();
    client.assert_ends(&[End::Closed]);
}

#[test]
fn r26_refused_before_the_dot_and_closed() {
    // The refusal is in the receive buffer when writing fails, and is still read.
    let server = Scripted::start(to_data(vec![
        says("354 go on"),
        Step::ReadUntil(message(1000)),
        says("552 5.3.4 too big"),
        // With unread octets left this sends RST.
        Step::Close,
    ]));
    let mut client = Client::connect_to(&server, Security::None);
    talk_to_data(&mut client);
    client.send(Command::SendMessage(message(32 << 20)));
    client.wait_for_end();
    client.assert_that(
        "cut by the server",
        matches!(client.ends[0], End::Reset | End::Lost(_)),
    );
    client.assert_line("S: 552 5.3.4 too big…");
}

#[test]
fn r19_reset_in_the_message() {
    reset_in_the_message(Security::None);
}

#[test]
fn r19_reset_in_the_message_under_tls() {
    reset_in_the_message(Security::Implicit);
}

fn reset_in_the_message(security: Security) {
    let script = to_data(vec![
        says("354 go on"),
        Step::ReadUntil(message(1000)),
        Step::Reset,
    ]);
    let server = Scripted::start(under(security, script));
    let mut client = Client::connect_to(&server, security);
    talk_to_data(&mut client);
    client.send(Command::SendMessage(message(32 << 20)));
    client.wait_for_end();
    client.assert_ends(&[End::Reset]);
}

#[test]
fn refuses_a_second_message_during_the_first() {
    let server = Scripted::start(to_data(vec![
        says("354 go on"),
        Step::Gate,
        Step::ReadUntil(b"\r\n.\r\n".to_vec()),
        says("250 2.0.0 queued"),
        expects("NOOP"),
        says("250 ok"),
    ]));
    let mut client = Client::connect_to(&server, Security::None);
    talk_to_data(&mut client);
    client.send(Command::SendMessage(message(16 << 20)));
    client.send(Command::SendMessage(b"another\r\n".to_vec()));
    client.send_line("NOOP", false);
    server.open_gate();
    client.wait_until("the reply to NOOP", |client| client.replies.len() == 7);
    client.assert_line("-- message sent: 16777 lines, …");
}

#[test]
fn sends_a_line_after_the_current_message() {
    let server = Scripted::start(to_data(vec![
        says("354 go on"),
        Step::Gate,
        Step::ReadUntil(b"\r\n.\r\n".to_vec()),
        expects("QUIT"),
        sends("250 2.0.0 queued\r\n221 bye\r\n"),
        Step::Close,
    ]));
    let mut client = Client::connect_to(&server, Security::None);
    talk_to_data(&mut client);
    client.send(Command::SendMessage(message(16 << 20)));
    client.send_line("QUIT", false);
    server.open_gate();
    client.wait_for_end();
    client.assert_ends(&[End::Closed]);
    client.assert_line("S: 221 bye");
    let quit = Some(Awaited::Command(Verb::Quit));
    client.assert_equal("reply", &client.replies.last(), &Some(&(Some(221), quit)));
}

/// A file of this many lines that end in LF; every hundredth starts with a dot.
fn file(folder: &tempfile::TempDir, lines: usize) -> std::path::PathBuf {
    let path = folder.path().join("large.eml");
    let text: String = (0..lines)
        .map(|at| {
            let dot = if at.is_multiple_of(100) { "." } else { "" };
            format!("{dot}{at:050}\n")
        })
        .collect();
    std::fs::write(&path, text).unwrap();
    path
}

fn upload(path: &std::path::Path) -> Command {
    Command::SendFile(Upload::open(path).unwrap())
}

#[test]
fn a_file_goes_as_it_is_on_request() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bare.eml");
    std::fs::write(&path, "a\n.b\r\n.c\n").unwrap();
    let wire = b"a\n.b\r\n..c\n\r\n.\r\n";
    let server = Scripted::start(to_data(vec![
        says("354 go on"),
        Step::ReadUntil(wire.to_vec()),
        says("521 5.5.2 bare <LF> received"),
        Step::Close,
    ]));
    let mut client = Client::connect_to(&server, Security::None);
    talk_to_data(&mut client);
    let upload = Upload::open(&path).unwrap().as_is();
    client.send(Command::SendFile(upload));
    client.wait_for_end();
    client.assert_line("S: 521 5.5.2 bare <LF> received");
}

#[test]
fn sends_a_file_piece_by_piece() {
    const LINES: usize = 100_000;
    for security in [Security::None, Security::Implicit] {
        let folder = tempfile::tempdir().unwrap();
        let script = to_data(vec![
            says("354 go on"),
            Step::Gate,
            expects("..00000000000000000000000000000000000000000000000000"),
            expects("00000000000000000000000000000000000000000000000001"),
            Step::ReadUntil(b"\r\n.\r\n".to_vec()),
            says("250 2.0.0 queued"),
            expects("NOOP"),
            says("250 ok"),
        ]);
        let server = Scripted::start(under(security, script));
        let mut client = Client::connect_to(&server, security);
        talk_to_data(&mut client);
        client.send(upload(&file(&folder, LINES)));
        // A line sent meanwhile follows the final dot.
        client.send_line("NOOP", false);
        server.open_gate();
        client.wait_until("the reply to NOOP", |client| client.replies.len() == 7);
        let octets = LINES * 52 + LINES / 100 * 2;
        client.assert_line(&format!(
            "…-- message sent: {LINES} lines, {octets} octets, 1000 dot-stuffed, \
             {LINES} line endings converted to CR LF"
        ));
        let total = (LINES * 51 + LINES / 100) as u64;
        client.assert_equal(
            "the last progress report",
            &client.progress.last(),
            &Some(&(total, total)),
        );
    }
}

#[test]
fn sends_an_empty_file_as_an_empty_message() {
    let folder = tempfile::tempdir().unwrap();
    let server = Scripted::start(to_data(vec![
        says("354 go on"),
        expects("."),
        says("250 2.0.0 queued"),
    ]));
    let mut client = Client::connect_to(&server, Security::None);
    talk_to_data(&mut client);
    client.send(upload(&file(&folder, 0)));
    client.wait_until("the end", |client| client.status.phase == Phase::Ready);
}

#[test]
fn a_file_that_changes_ends_the_connection() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, 400_000);
    // No final dot may come; the server would see it in its last step.
    let server = Scripted::start(to_data(vec![
        says("354 go on"),
        Step::Gate,
        Step::ReadUntil(b"\r\n00000000000000000000000000000000000000000000010001\r\n".to_vec()),
        Step::ReadToEnd(b"\r\n.\r\n".to_vec()),
    ]));
    let mut client = Client::connect_to(&server, Security::None);
    talk_to_data(&mut client);
    client.send(upload(&path));
    client.wait_until("some progress", |client| !client.progress.is_empty());
    // The server does not read, so the rest of the file cannot have been read yet.
    std::fs::OpenOptions::new()
        .write(true)
        .open(&path)
        .unwrap()
        .set_len(19_000_000)
        .unwrap();
    server.open_gate();
    client.wait_for_end();
    client.assert_ends(&[End::ByUs]);
    client.assert_line("!! …large.eml: changed while it was read");
    client.assert_line("!! the message is incomplete: connection dropped without the final dot");
}

#[test]
fn refuses_a_file_without_354() {
    let folder = tempfile::tempdir().unwrap();
    let server = Scripted::start(vec![
        says("220 mx.example ESMTP"),
        expects("NOOP"),
        says("250 ok"),
    ]);
    let mut client = Client::connect_to(&server, Security::None);
    client.wait_for_replies();
    client.send(upload(&file(&folder, 10)));
    client.ask("NOOP");
}

#[test]
fn sends_raw_octets_unchanged() {
    let server = Scripted::start(vec![
        says("220 mx.example ESMTP"),
        Step::ReadUntil(b"\xffNOOP\n\0".to_vec()),
        says("500 what"),
        expects("BDAT 5 LAST"),
        Step::ReadUntil(b"hello".to_vec()),
        says("503 no"),
    ]);
    let mut client = Client::connect_to(&server, Security::None);
    client.wait_for_replies();
    let raw = |octets: &[u8]| Command::SendRaw {
        octets: Secret::new(octets.to_vec()),
        consent: None,
    };
    client.send(raw(b"\xffNOOP\n\0"));
    client.wait_until("a reply", |client| client.replies.len() == 2);
    client.send(raw(b"BDAT 5 LAST\r\nhello"));
    client.wait_until("a reply", |client| client.replies.len() == 3);
}

/// The BDAT of a chunk would become part of the incomplete line, and the server would read the
/// chunk as commands.
#[test]
fn refuses_a_chunk_within_a_line() {
    let server = Scripted::start(vec![
        says("220 mx.example ESMTP"),
        expects("EHLO me.example"),
        says("250 mx.example"),
        expects("NOOP"),
        says("250 ok"),
    ]);
    let mut client = Client::connect_to(&server, Security::None);
    client.wait_for_replies();
    client.ask("EHLO me.example");
    let raw = |octets: &[u8]| Command::SendRaw {
        octets: Secret::new(octets.to_vec()),
        consent: None,
    };
    client.send(raw(b"NO"));
    client.send(Command::SendChunk(b"QUIT\r\n".to_vec()));
    client.send(raw(b"OP\r\n"));
    client.wait_until("a reply", |client| client.replies.len() == 3);
}
