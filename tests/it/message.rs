//! Composing a message, sending files and raw octets, and templates.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

use crossterm::event::KeyCode;
use ehlo::manual::{Template, TemplateKind, templates};
use ehlo::net::{self, Upload};
use ehlo::practice::{Mood, Options, Practice};
use ehlo::smtp::{CommandLine, End, NotSentReason, Verb};
use ehlo::tui::{Attachment, Look, Opened, SessionMessage};

use crate::support::stage::Stage;

/// A console in a transaction with one recipient, with these extensions of the server.
fn transaction(offers: &str) -> Stage {
    let mut stage = Stage::greeted(Look::default());
    stage.client("EHLO me.example");
    stage.server(format!("250-mx.example.test\r\n250 {offers}\r\n").as_bytes());
    open_transaction(&mut stage);
    stage
}

fn open_transaction(stage: &mut Stage) {
    for line in ["MAIL FROM:<a@b.example>", "RCPT TO:<c@d.example>"] {
        stage.client(line);
        stage.server(b"250 ok\r\n");
    }
}

const COMPOSED: &str = "From: <a@b.example>\r\nTo: <c@d.example>\r\nSubject: hello\r\n\
    Date: Thu, 1 Jan 2026 12:00:00 +0000\r\nMessage-ID: <17.4.2@b.example>\r\n";

#[test]
fn composes_a_message_and_sends_it_after_data() {
    let mut stage = transaction("SIZE 1000");
    stage.menu("d");
    stage.type_text("hello");
    stage.shows("not sent yet: ^D sends DATA and, after 354, this text");
    stage.sent();
    stage.control('d');
    stage.shows("send DATA, wait for 354, then send this text");
    stage.hides("BDAT");
    assert_eq!(stage.sent(), "");
    stage.key(KeyCode::Enter);
    assert_eq!(stage.sent(), "DATA\r\n");
    stage.server(b"354 go\r\n");
    assert_eq!(stage.sent(), format!("{COMPOSED}\r\n.\r\n"));
    stage.server(b"250 queued\r\n");
    stage.menu("d");
    // The next message is empty again.
    stage.hides("| Subject: hello");
}

#[test]
fn remarks_on_an_empty_message_and_on_headers_that_name_nobody() {
    let mut stage = transaction("SIZE 1000");
    stage.client("DATA");
    stage.server(b"354 go\r\n");
    stage.control('d');
    stage.shows("!! the message is empty: no header, no text");
    stage.key(KeyCode::Esc);
    stage.paste("From:\nFrom: <a@b.example>\nDate: now");
    stage.shows("!! no blank line after the headers (line 3); line 2: a second From");
    stage.hides("From is empty");
    stage.paste("\n\nhello");
    stage.shows("!! line 1: From is empty; line 2: a second From (RFC 5322 s3.6: one)");
    stage.control('d');
    stage.shows("!! line 1: From is empty");
    stage.hides("the message is empty");
}

#[test]
fn keeps_a_refused_message_to_send_it_again() {
    let mut stage = transaction("CHUNKING");
    stage.menu("d");
    stage.type_text("hello");
    stage.control('d');
    stage.key(KeyCode::Enter);
    stage.server(b"451 4.3.0 not now\r\n");
    stage.shows("DATA was refused: the text is kept, ^D sends it again");
    stage.shows("| Subject: hello");
    // Commands can be sent meanwhile; then the message goes out, here as one chunk.
    stage.key(KeyCode::Esc);
    stage.client("RSET");
    stage.server(b"250 ok\r\n");
    open_transaction(&mut stage);
    stage.menu("d");
    stage.sent();
    stage.control('d');
    stage.type_text("b");
    let octets = COMPOSED.len() + 2;
    assert_eq!(
        stage.sent(),
        format!("BDAT {octets} LAST\r\n{COMPOSED}\r\n")
    );
    // Refused again, now after its octets: the text is still kept.
    stage.server(b"554 5.7.1 no\r\n");
    stage.shows("not accepted: the text is kept, ^O d reopens it");
    stage.menu("d");
    stage.shows("| Subject: hello");
}

#[test]
fn warns_about_missing_recipients_without_blocking() {
    let mut stage = Stage::greeted(Look::default());
    stage.menu("d");
    stage.control('d');
    stage.shows("!! no recipient is accepted yet: expect 503 to DATA");
    stage.key(KeyCode::Enter);
    assert_eq!(stage.sent(), "DATA\r\n");
    stage.server(b"503 5.5.1 no\r\n");
    stage.shows("DATA was refused: the text is kept");
    assert_eq!(stage.sent(), "");
}

#[test]
fn a_message_survives_its_connection() {
    for answer in [b"421 4.4.2 bye\r\n".as_slice(), b""] {
        let mut stage = transaction("SIZE");
        stage.menu("d");
        stage.type_text("precious");
        stage.control('d');
        stage.key(KeyCode::Enter);
        stage.server(answer);
        stage.end(End::Closed);
        stage.shows("| Subject: precious");
    }
    // Sent completely, but without a reply.
    let mut stage = transaction("SIZE");
    stage.menu("d");
    stage.type_text("precious");
    stage.control('d');
    stage.key(KeyCode::Enter);
    stage.server(b"354 go\r\n");
    stage.end(End::Reset);
    stage.menu("d");
    stage.shows("| Subject: precious");
}

/// A chunk that comes back is in the editor again, and no question outlives its connection.
#[test]
fn a_chunk_that_comes_back_is_kept() {
    let mut stage = transaction("CHUNKING");
    stage.menu("d");
    stage.type_text("my text");
    stage.control('d');
    stage.type_text("b");
    let reason = NotSentReason::NotDue;
    stage.wire(net::Event::MessageNotSent(reason));
    stage.shows("the message was not sent: the server does not wait for a message");
    stage.shows("Subject: my text");
    stage.server(b"250 ok\r\n");
    stage.control('d');
    stage.shows("Send the message?");
    stage.end(End::Closed);
    stage.hides("Send the message?");
}

/// A message of a replay that is held back leaves the editor open: the server waits for a message.
#[test]
fn a_replayed_message_that_is_held_back_opens_the_editor() {
    let mut stage = transaction("SIZE");
    stage.client("DATA");
    stage.server(b"354 go\r\n");
    stage.type_text("text");
    stage.control('d');
    stage.key(KeyCode::Enter);
    stage.server(b"250 ok\r\n");
    stage.press("\u{1b}R\n");
    stage.reconnected();
    stage.server(b"220 again\r\n");
    for _ in 0..3 {
        stage.server(b"250 ok\r\n");
    }
    assert!(stage.sent().ends_with("DATA\r\n"));
    stage.server(b"354 go\r\n250 unasked\r\n");
    assert_eq!(stage.sent(), "");
    stage.type_text("other text");
    stage.control('d');
    stage.key(KeyCode::Enter);
    assert_eq!(stage.sent(), "other text\r\n.\r\n");
}

#[test]
fn sends_an_attachment_as_a_mime_part() {
    let mut stage = transaction("SIZE 400");
    stage.menu("d");
    stage.tell(SessionMessage::Attached(Ok(Attachment {
        name: "x.bin".to_owned(),
        octets: vec![0; 300].into(),
        boundary: "=_x".to_owned(),
    })));
    stage.shows("x.bin, 300 octets, will be sent as a MIME part (1 in all)");
    stage.shows("  + x.bin, 300 octets");
    stage.sent();
    stage.control('d');
    stage.shows("Attached: x.bin, 300 octets.");
    stage.shows("octets, but the server accepts 400");
    stage.key(KeyCode::Enter);
    stage.server(b"354 go\r\n");
    let text = stage.sent();
    assert!(
        text.contains("multipart/mixed; boundary=\"=_x\"\r\n"),
        "{text}"
    );
    assert!(text.ends_with("\r\n--=_x--\r\n.\r\n"), "{text}");
}

/// An opened file with this text, of which `seen` octets have been read.
pub(crate) fn opened(text: &str, seen: usize) -> SessionMessage {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.eml");
    std::fs::write(&path, text).unwrap();
    let upload = Upload::open(&path).unwrap();
    let head = text.as_bytes()[..seen.min(text.len())].to_vec();
    SessionMessage::Opened(Ok(Opened { upload, head }))
}

#[test]
fn checks_a_file_before_sending_it() {
    let table: &[(&str, &str, usize, &[&str], &[&str])] = &[
        (
            "SIZE 1000",
            "From: a@b\r\nDate: x\r\n\r\nhello\r\n",
            99,
            &["mine.eml: 29 octets; the server takes 1000."],
            &["!!", "were checked"],
        ),
        (
            "SIZE 12",
            "hello\n.\nl\u{fc}st",
            99,
            &[
                "!! 13 octets, but the server accepts 12",
                "!! line 1 is not a header",
                "!! no From header",
                "!! no Date header",
                "!! line 3: 8-bit, but 8BITMIME is not offered",
                "!! line 2 is a single dot",
                "!! line 1 and 1 more: a bare LF, sent as CR LF",
            ],
            &["were checked"],
        ),
        // The blank line may be in the part that was not read.
        (
            "SIZE 20",
            "From: a@b\r\nDate: x\r\n\r\nhello\r\n",
            25,
            &["!! 29 octets, but", "Only its first 64 KiB were checked."],
            &["no blank line", "no From", "; the server takes"],
        ),
    ];
    for (offers, text, seen, shown, hidden) in table {
        let mut stage = transaction(offers);
        stage.sent();
        stage.tell(opened(text, *seen));
        for words in *shown {
            stage.shows(words);
        }
        for words in *hidden {
            stage.hides(words);
        }
        assert_eq!(stage.sent(), "");
        stage.key(KeyCode::Esc);
        assert_eq!(stage.sent(), "");
        stage.tell(opened(text, *seen));
        stage.control('y');
        assert_eq!(stage.sent(), "DATA\r\n");
    }
}

#[test]
fn a_file_can_go_unchanged() {
    let bare = "From: a@b\nDate: x\n\nhello\n";
    let mut stage = transaction("8BITMIME");
    stage.tell(opened(bare, 99));
    stage.hides("BDAT");
    stage.shows("with its bare LF or CR as they are");
    stage.sent();
    stage.control('u');
    assert_eq!(stage.sent(), "DATA\r\n");
    // In a chunk nothing is converted.
    let mut stage = transaction("CHUNKING");
    stage.tell(opened(bare, 99));
    stage.sent();
    stage.control('b');
    assert_eq!(stage.sent(), format!("BDAT {} LAST\r\n{bare}", bare.len()));
    // Only a part of it was read.
    stage.server(b"250 ok\r\n");
    open_transaction(&mut stage);
    stage.tell(opened(bare, 5));
    stage.hides("with BDAT 25 LAST");
    stage.key(KeyCode::Esc);
    // Nothing to leave as it is.
    stage.tell(opened("From: a@b\r\nDate: x\r\n\r\nhello\r\n", 99));
    stage.hides("as they are");
}

#[test]
fn exchanges_the_text_with_the_users_editor() {
    let mut stage = transaction("SIZE");
    stage.menu("e");
    assert_eq!(stage.editor_text, None);
    stage.shows("no message is being written");
    stage.menu("d");
    stage.type_text("one");
    stage.menu("e");
    assert!(
        stage
            .editor_text
            .as_ref()
            .unwrap()
            .contains("\nSubject: one\n")
    );
    stage.tell(SessionMessage::Edited(
        Ok("Subject: two\n\nlast".to_owned()),
    ));
    stage.shows("| Subject: two");
    stage.tell(SessionMessage::Edited(Err(
        "vi ended with exit status: 1".to_owned()
    )));
    stage.shows("vi ended with exit status: 1");
    stage.shows("| Subject: two");
    // Undo restores the previous text.
    stage.control('7');
    stage.control('7');
    stage.shows("| Subject: one");
}

#[test]
fn sends_raw_octets_unchanged() {
    let mut stage = transaction("SIZE");
    stage.sent();
    stage.client(r":raw NOOP\n");
    stage.shows("4e 4f 4f 50 0a");
    assert_eq!(stage.sent(), "");
    stage.key(KeyCode::Enter);
    assert_eq!(stage.sent(), "NOOP\n");
    stage.shows("[no CR LF]");
    stage.client(r":raw \q");
    stage.shows(r"invalid escape \q at character 1");
    stage.key(KeyCode::Enter);
    assert_eq!(stage.sent(), "");
}

#[test]
fn masks_a_secret_in_raw_octets_and_asks() {
    let mut stage = Stage::greeted(Look::default());
    let secret = "AGFsaWNlAHdvbmRlcmxhbmQ=";
    stage.type_text(&format!(r":raw AUTH PLAIN {secret}\r\n"));
    stage.hides("AGFsa");
    stage.key(KeyCode::Enter);
    stage.hides("AGFsa");
    stage.hides("41 47 46");
    stage.key(KeyCode::Enter);
    stage.shows("Send the secret?");
    assert_eq!(stage.sent(), "");
    stage.control('y');
    assert_eq!(stage.sent(), format!("AUTH PLAIN {secret}\r\n"));
    stage.shows("AUTH PLAIN [hidden: 24 octets]");
    stage.hides("AGFsa");
}

#[test]
fn a_template_sends_the_octets_that_it_shows() {
    let mut stage = transaction("SIZE");
    stage.sent();
    stage.client(":template VRFY");
    stage.shows("56 52 46 59 20 61");
    stage.type_text("x");
    stage.key(KeyCode::Enter);
    assert_eq!(stage.sent(), "VRFY alicex\r\n");
    // A message template opens in the editor, with addresses from the session.
    stage.menu("t");
    stage.type_text("dot test");
    stage.key(KeyCode::Enter);
    stage.key(KeyCode::Enter);
    assert_eq!(stage.sent(), "");
    stage.shows("| From: <a@b.example>");
    stage.shows("+..one dot");
    stage.shows("line 9 is a single dot");
}

#[test]
fn esc_returns_from_the_form_to_the_list() {
    let mut stage = transaction("SIZE");
    stage.client(":template NOOP");
    stage.shows("NOOP ─");
    stage.key(KeyCode::Esc);
    stage.shows("Templates ─");
    stage.key(KeyCode::Esc);
    stage.hides("Templates ─");
}

/// The practice server answers each command of the templates as the template says.
#[test]
fn command_templates_get_the_documented_replies() {
    let plain = |moods: &[Mood]| {
        let moods = moods.iter().copied().collect();
        Practice::spawn(Options {
            moods,
            ..Options::default()
        })
        .unwrap()
    };
    let (with_tls, without) = (plain(&[]), plain(&[Mood::NoTls]));
    for template in templates()
        .iter()
        .filter(|template| template.kind != TemplateKind::Message)
    {
        let line = CommandLine::parse(template.text.split('\\').next().unwrap()).unwrap();
        // The practice server offers AUTH without TLS only if it has no TLS.
        let server = match line.verb() {
            Verb::Auth => &without,
            _ => &with_tls,
        };
        let stream = TcpStream::connect(server.plain()).unwrap();
        let mut dialogue = BufReader::new(stream);
        let before: &[&str] = match line.verb() {
            _ if template.name == "PROXY" => continue,
            Verb::Ehlo | Verb::Helo | Verb::Lhlo => &[],
            Verb::Rcpt => &["EHLO me.example", "MAIL FROM:<a@b.example>"],
            Verb::Data | Verb::Bdat => &[
                "EHLO me.example",
                "MAIL FROM:<a@b.example>",
                "RCPT TO:<bob@localhost>",
            ],
            _ => &["EHLO me.example"],
        };
        assert_eq!(reply(&mut dialogue), "220");
        for line in before {
            dialogue
                .get_mut()
                .write_all(format!("{line}\r\n").as_bytes())
                .unwrap();
            assert_eq!(reply(&mut dialogue), "250", "{line}");
        }
        dialogue.get_mut().write_all(&octets_of(template)).unwrap();
        let code = reply(&mut dialogue);
        let documented = template.replies.iter().any(|one| one.starts_with(&code));
        assert!(documented, "{}: answered with {code}", template.name);
    }
}

/// The octets that a template sends if its form is confirmed unchanged.
fn octets_of(template: &Template) -> Vec<u8> {
    let mut stage = Stage::greeted(Look::default());
    stage.menu("t");
    stage.type_text(&template.name);
    stage.key(KeyCode::Enter);
    stage.key(KeyCode::Enter);
    // Confirms the question about a secret, if there is one.
    stage.control('y');
    std::mem::take(&mut stage.wire_octets)
}

/// The code of the next reply.
fn reply(dialogue: &mut BufReader<TcpStream>) -> String {
    loop {
        let mut line = String::new();
        dialogue.read_line(&mut line).unwrap();
        if line.get(3..4) != Some("-") {
            return line.get(..3).unwrap_or_default().to_owned();
        }
    }
}

#[test]
fn a_message_without_a_reply_may_have_been_accepted() {
    let mut stage = transaction("");
    stage.client("DATA");
    stage.server(b"354 go\r\n");
    stage.type_text("hello");
    stage.control('d');
    stage.key(KeyCode::Enter);
    stage.end(End::Closed);
    let screen = stage.screen(80, 24);
    let words = "no reply, it may have been accepted: the text is kept, ^O d reopens it";
    assert!(screen.contains(words), "{screen}");
}
