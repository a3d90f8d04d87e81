//! Messages on their way out: the server talks, or does not listen, or goes in the middle of it.

use ehlo::net::{Command, Security, Upload};
use ehlo::smtp::{Awaited, End, Phase, Secret, Verb};

use super::certificates::Authority;
use super::client::{Client, HOST};
use crate::support::scripted::{Flood, Scripted, Step, expects, says, sends};

/// A dialogue up to DATA, which is then answered by `rest`.
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

/// The same from the first octet under TLS, where that is wanted.
pub fn under(security: Security, mut script: Vec<Step>) -> Vec<Step> {
    if security == Security::Implicit {
        let config = Authority::new("Test Root").server(&[HOST]);
        script.insert(0, Step::Tls(config));
    }
    script
}

/// Types it.
pub fn talk_to_data(client: &mut Client) {
    client.answered();
    for line in [
        "EHLO me.example",
        "MAIL FROM:<a@b.example>",
        "RCPT TO:<c@d.example>",
    ] {
        client.asks(line);
    }
    client.types("DATA");
    client.reaches(Phase::Message);
}

/// A message of about so many octets, in lines of 1000.
pub fn message(octets: usize) -> Vec<u8> {
    let mut line = vec![b'm'; 998];
    line.extend(b"\r\n");
    line.repeat(octets / line.len())
}

#[test]
fn a_message_goes_as_it_should() {
    let server = Scripted::start(to_data(vec![
        says("354 go on"),
        expects("Subject: x"),
        expects(""),
        expects("..stuffed"),
        expects("last"),
        expects("."),
        says("250 2.0.0 queued"),
    ]));
    let mut client = Client::of(&server, Security::None);
    talk_to_data(&mut client);
    client.send(Command::SendMessage(
        b"Subject: x\n\n.stuffed\r\nlast".to_vec(),
    ));
    client.until("the end", |client| client.status.phase == Phase::Ready);
    client.shows("S: 250 2.0.0 queued");
    client.shows(
        "-- message sent: 4 lines, 31 octets, 1 dot-stuffed, 2 line endings converted to CR LF",
    );
}

/// The server talks on and on without listening and only then takes the message: a client that does
/// not read while it writes would wait for it for ever, and it for the client.
fn server_talks_first(security: Security) {
    const TIMES: usize = 150;
    // Whole replies, since one without an end would reach a cap.
    let chatter = format!("250 {}\r\n", "c".repeat(60_000));
    let script = to_data(vec![
        says("354 go on"),
        Step::Flood(chatter.into(), TIMES),
        Step::ReadUntil(b"\r\n.\r\n".to_vec()),
        says("250 2.0.0 queued"),
    ]);
    let server = Scripted::start(under(security, script));
    let mut client = Client::of(&server, security);
    talk_to_data(&mut client);
    client.send(Command::SendMessage(message(8 << 20)));
    client.until("the word on the message", |client| {
        client.replies.len() == 5 + TIMES + 1
    });
    client.check(
        "went through",
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
fn data_while_the_server_talks() {
    server_talks_first(Security::None);
}

#[test]
fn data_while_the_server_talks_under_tls() {
    server_talks_first(Security::Implicit);
}

#[test]
fn r26_354_then_closed() {
    let server = Scripted::start(to_data(vec![says("354 go on"), Step::Close]));
    let mut client = Client::of(&server, Security::None);
    talk_to_data(&mut client);
    client.over();
    client.has_ended(&[End::Closed]);
}

#[test]
fn r26_refused_before_the_dot_and_closed() {
    // The refusal stands in our buffer when writing fails; it is read all the same.
    let server = Scripted::start(to_data(vec![
        says("354 go on"),
        Step::ReadUntil(message(1000)),
        says("552 5.3.4 too big"),
        // With unread octets left this is a RST.
        Step::Close,
    ]));
    let mut client = Client::of(&server, Security::None);
    talk_to_data(&mut client);
    client.send(Command::SendMessage(message(32 << 20)));
    client.over();
    client.check(
        "cut by the server",
        matches!(client.ends[0], End::Reset | End::Lost(_)),
    );
    client.shows("S: 552 5.3.4 too big…");
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
    let mut client = Client::of(&server, security);
    talk_to_data(&mut client);
    client.send(Command::SendMessage(message(32 << 20)));
    client.over();
    client.has_ended(&[End::Reset]);
}

#[test]
fn a_second_message_is_not_mixed_into_the_first() {
    let server = Scripted::start(to_data(vec![
        says("354 go on"),
        Step::Gate,
        Step::ReadUntil(b"\r\n.\r\n".to_vec()),
        says("250 2.0.0 queued"),
        expects("NOOP"),
        says("250 ok"),
    ]));
    let mut client = Client::of(&server, Security::None);
    talk_to_data(&mut client);
    client.send(Command::SendMessage(message(16 << 20)));
    client.send(Command::SendMessage(b"another\r\n".to_vec()));
    client.push("NOOP", false);
    server.open_gate();
    client.until("the answer to NOOP", |client| client.replies.len() == 7);
    client.shows("-- message sent: 16777 lines, …");
}

#[test]
fn a_line_typed_behind_a_message_goes_behind_it() {
    let server = Scripted::start(to_data(vec![
        says("354 go on"),
        Step::Gate,
        Step::ReadUntil(b"\r\n.\r\n".to_vec()),
        expects("QUIT"),
        sends("250 2.0.0 queued\r\n221 bye\r\n"),
        Step::Close,
    ]));
    let mut client = Client::of(&server, Security::None);
    talk_to_data(&mut client);
    client.send(Command::SendMessage(message(16 << 20)));
    client.push("QUIT", false);
    server.open_gate();
    client.over();
    client.has_ended(&[End::Closed]);
    client.shows("S: 221 bye");
    let quit = Some(Awaited::Command(Verb::Quit));
    client.same("reply", &client.replies.last(), &Some(&(Some(221), quit)));
}

/// A file of so many octets, in lines that end in LF; each hundredth begins with a dot.
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
fn a_file_goes_piece_by_piece() {
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
        let mut client = Client::of(&server, security);
        talk_to_data(&mut client);
        client.send(upload(&file(&folder, LINES)));
        // What is typed meanwhile goes behind its dot.
        client.push("NOOP", false);
        server.open_gate();
        client.until("the answer to NOOP", |client| client.replies.len() == 7);
        let octets = LINES * 52 + LINES / 100 * 2;
        client.shows(&format!(
            "…-- message sent: {LINES} lines, {octets} octets, 1000 dot-stuffed, \
             {LINES} line endings converted to CR LF"
        ));
        let total = (LINES * 51 + LINES / 100) as u64;
        client.same(
            "told at last",
            &client.progress.last(),
            &Some(&(total, total)),
        );
    }
}

#[test]
fn an_empty_file_is_an_empty_message() {
    let folder = tempfile::tempdir().unwrap();
    let server = Scripted::start(to_data(vec![
        says("354 go on"),
        expects("."),
        says("250 2.0.0 queued"),
    ]));
    let mut client = Client::of(&server, Security::None);
    talk_to_data(&mut client);
    client.send(upload(&file(&folder, 0)));
    client.until("the end", |client| client.status.phase == Phase::Ready);
}

#[test]
fn a_file_that_does_not_come_whole_is_no_message() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, 400_000);
    // Nothing but what goes: no dot may end it, which the server would see after its last step.
    let server = Scripted::start(to_data(vec![
        says("354 go on"),
        Step::Gate,
        Step::ReadUntil(b"\r\n00000000000000000000000000000000000000000000010001\r\n".to_vec()),
        Step::ReadToEnd(b"\r\n.\r\n".to_vec()),
    ]));
    let mut client = Client::of(&server, Security::None);
    talk_to_data(&mut client);
    client.send(upload(&path));
    client.until("some of it", |client| !client.progress.is_empty());
    // The server does not read: the rest of the file cannot have been read yet.
    std::fs::OpenOptions::new()
        .write(true)
        .open(&path)
        .unwrap()
        .set_len(19_000_000)
        .unwrap();
    server.open_gate();
    client.over();
    client.has_ended(&[End::ByUs]);
    client.shows("!! …large.eml: changed while it was read");
    client.shows("!! the message is not whole: connection dropped without its final dot");
}

#[test]
fn a_file_that_nobody_waits_for_is_not_sent() {
    let folder = tempfile::tempdir().unwrap();
    let server = Scripted::start(vec![
        says("220 mx.example ESMTP"),
        expects("NOOP"),
        says("250 ok"),
    ]);
    let mut client = Client::of(&server, Security::None);
    client.answered();
    client.send(upload(&file(&folder, 10)));
    client.asks("NOOP");
}

#[test]
fn raw_octets_and_chunks_go_as_they_are() {
    let server = Scripted::start(vec![
        says("220 mx.example ESMTP"),
        Step::ReadUntil(b"\xffNOOP\n\0".to_vec()),
        says("500 what"),
        expects("BDAT 5 LAST"),
        Step::ReadUntil(b"hello".to_vec()),
        says("503 no"),
    ]);
    let mut client = Client::of(&server, Security::None);
    client.answered();
    let raw = |octets: &[u8]| Command::SendRaw {
        octets: Secret::new(octets.to_vec()),
        consent: None,
    };
    client.send(raw(b"\xffNOOP\n\0"));
    client.until("an answer", |client| client.replies.len() == 2);
    client.send(raw(b"BDAT 5 LAST\r\nhello"));
    client.until("an answer", |client| client.replies.len() == 3);
}

/// The BDAT of a chunk would be the rest of a line that is begun, and the chunk be read as commands.
#[test]
fn a_chunk_does_not_begin_within_a_line() {
    let server = Scripted::start(vec![
        says("220 mx.example ESMTP"),
        expects("EHLO me.example"),
        says("250 mx.example"),
        expects("NOOP"),
        says("250 ok"),
    ]);
    let mut client = Client::of(&server, Security::None);
    client.answered();
    client.asks("EHLO me.example");
    let raw = |octets: &[u8]| Command::SendRaw {
        octets: Secret::new(octets.to_vec()),
        consent: None,
    };
    client.send(raw(b"NO"));
    client.send(Command::SendChunk(b"QUIT\r\n".to_vec()));
    client.send(raw(b"OP\r\n"));
    client.until("an answer", |client| client.replies.len() == 3);
}
