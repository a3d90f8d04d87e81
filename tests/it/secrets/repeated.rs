//! Servers that repeat a secret, and passwords typed as a command.

use std::io::{BufRead, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::Instant;

use ehlo::smtp::sasl::{Credentials, Exchange, Mechanism};
use ehlo::smtp::{CommandLine, End, EntryKind, Event, Link, Secret, Session, base64};
use proptest::prelude::*;

use super::{CANARY, CONTROL, assert_never_shown, files, find_leak, parts, type_hidden};
use crate::support::properties::config;
use crate::support::pty::Home;

/// How a password is sent.
#[derive(Clone, Copy, Debug)]
enum Method {
    Plain,
    Login,
    Token,
    /// Without base64, after a refused login.
    PlainText,
    /// By the session itself.
    Automatic,
    /// As raw octets, in two halves.
    Raw,
}

fn method() -> impl Strategy<Value = Method> {
    use Method::{Automatic, Login, Plain, PlainText, Raw, Token};
    prop::sample::select(vec![Plain, Login, Token, PlainText, Automatic, Raw])
}

/// Sends a password; returns the forms in which a server could repeat it.
fn send(session: &mut Session, method: Method, password: &str, now: Instant) -> Vec<String> {
    let plain = base64::encode(format!("\0alice\0{password}").as_bytes());
    let line = |text: &str| CommandLine::parse(text).unwrap();
    let form = match method {
        Method::Plain => {
            session.send_line(line(&format!("AUTH PLAIN {plain}")), None, now);
            plain
        }
        Method::Login => {
            session.send_line(line("AUTH LOGIN"), None, now);
            session.handle_bytes(b"334 VXNlcm5hbWU6\r\n", now);
            session.send_line(line("YWxpY2U="), None, now);
            session.handle_bytes(b"334 UGFzc3dvcmQ6\r\n", now);
            let form = base64::encode(password.as_bytes());
            session.send_line(line(&form), None, now);
            form
        }
        Method::Token => {
            let text = format!("user=alice\x01auth=Bearer {password}\x01\x01");
            let form = base64::encode(text.as_bytes());
            session.send_line(line(&format!("AUTH XOAUTH2 {form}")), None, now);
            form
        }
        Method::PlainText => {
            session.send_line(line("AUTH LOGIN"), None, now);
            session.handle_bytes(b"334 VXNlcm5hbWU6\r\n", now);
            session.send_line(line("alice"), None, now);
            session.handle_bytes(b"501 5.5.2 not base64\r\n", now);
            session.send_line(line(password), None, now);
            password.to_owned()
        }
        Method::Automatic => {
            let credentials = Credentials {
                authzid: String::new(),
                user: "alice".to_owned(),
                secret: Secret::new(password.as_bytes().to_vec()),
                host: "mx.example".to_owned(),
                port: 587,
            };
            let exchange = Exchange::new(Mechanism::Plain, credentials, None, &[], true);
            session.authenticate(Box::new(exchange.unwrap()), None, now);
            plain
        }
        Method::Raw => {
            let octets = format!("AUTH PLAIN {plain}\r\n").into_bytes();
            let (begin, end) = octets.split_at(16);
            session.send_raw(Secret::new(begin.to_vec()), None, now);
            session.send_raw(Secret::new(end.to_vec()), None, now);
            plain
        }
    };
    vec![form, password.to_owned()]
}

/// All octets in the events of the session.
fn event_octets(session: &mut Session) -> Vec<Vec<u8>> {
    let mut octets = Vec::new();
    while let Some(event) = session.poll_event() {
        match event {
            Event::Entry(entry) => match entry.kind {
                EntryKind::Received(received) => {
                    octets.push(received.bytes.to_vec());
                    octets.extend(
                        received
                            .annotation
                            .map(|annotation| annotation.decoded.as_bytes().to_vec()),
                    );
                }
                EntryKind::Sent(sent) => octets.push(sent.visible.to_vec()),
                EntryKind::Note(note) => octets.push(note.text.as_bytes().to_vec()),
            },
            Event::Partial { shown, .. } => octets.push(shown),
            Event::Reply { reply, .. } => {
                octets.extend(reply.texts.iter().map(|text| text.to_vec()));
            }
            Event::LoginRefused(login) => octets.push(format!("{login:?}").into_bytes()),
            _ => {}
        }
    }
    octets
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn hides_repeated_secrets(
        method in method(),
        password in "[A-Za-z0-9+/!#%&^~]{6,40}",
        around in prop::collection::vec("[a-z .,:\"<>-]{0,12}", 4),
        code in prop::sample::select(vec!["535 ", "535-", "334 ", "421 ", ""]),
        size in 1_usize..60,
    ) {
        let now = Instant::now();
        let mut session = Session::new(None);
        session.handle_connected(Link::Verified, now);
        session.handle_bytes(b"220 mx.example\r\n", now);
        let forms = send(&mut session, method, &password, now);
        let [a, b, c, d] = around.as_slice() else { unreachable!("the strategy returns four") };
        let line = format!("{code}x{a}{}{b}{}{c}", forms[0], forms[1]);
        // The rest is unasked, and the last line is incomplete.
        let sent = format!("{line}\r\n535 {d}{}\n535 {}", forms[1], forms[0]);
        let mut reported = event_octets(&mut session);
        for piece in sent.as_bytes().chunks(size) {
            session.handle_bytes(piece, now);
            reported.extend(event_octets(&mut session));
        }
        session.handle_end(&End::Closed, now);
        reported.extend(event_octets(&mut session));
        for octets in &reported {
            for form in &forms {
                let found = octets.windows(form.len()).any(|window| window == form.as_bytes());
                prop_assert!(!found, "{form} in {}", octets.escape_ascii());
            }
        }
        // The rest of the line is reported.
        let start = format!("{code}x{a}[hidden: ");
        prop_assert!(reported.iter().any(|octets| octets.starts_with(start.as_bytes())));
    }
}

/// Repeats each line and its decoded last word in a refusal.
fn repeat(stream: TcpStream) {
    let mut output = stream.try_clone().unwrap();
    let mut write = move |text: String| output.write_all(format!("{text}\r\n").as_bytes()).is_ok();
    write(format!("220 {CONTROL}"));
    for line in BufReader::new(stream).lines().map_while(Result::ok) {
        let last = line.rsplit(' ').next().unwrap_or_default();
        let decoded = base64::decode(last.as_bytes());
        let decoded = String::from_utf8_lossy(decoded.bytes.reveal()).into_owned();
        let written = match line.as_str() {
            "AUTH LOGIN" => write("334 VXNlcm5hbWU6".to_owned()),
            "EHLO control.example" => write(format!("250-{CONTROL}\r\n250 AUTH PLAIN LOGIN")),
            _ => write(format!(
                "535-5.7.8 you sent {line}\r\n535 5.7.8 that is {decoded}"
            )),
        };
        if !written {
            return;
        }
    }
}

/// Starts a server that repeats what it receives; returns its address.
fn repeating_server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || listener.incoming().flatten().for_each(repeat));
    address
}

fn assert_in_no_file(home: &Home) {
    for (name, content) in files(home.path()) {
        let text = String::from_utf8_lossy(&content);
        assert_eq!(find_leak(&content, &parts()), None, "{name}: {text}");
    }
}

#[test]
fn a_password_that_the_server_repeats_does_not_leak() {
    let home = Home::new();
    let address = repeating_server();
    let mut console = home.ehlo_sized(99, 50, &["--log", "trace", &address]);
    console.wait_for("next: EHLO");
    console.enter(&format!("EHLO {CONTROL}"));
    console.wait_for("next: AUTH or MAIL FROM");
    console.type_text("AUTH PLAIN ");
    console.wait_for("> AUTH PLAIN");
    type_hidden(
        &mut console,
        &base64::encode(format!("\0alice\0{CANARY}").as_bytes()),
    );
    console.wait_for("Send the secret?");
    console.key("C-y");
    console.wait_for("what to check");
    console.key("Esc");
    console.wait_gone("what to check");
    console.wait_for("you sent AUTH PLAIN [hidden: ");
    console.wait_for("the server repeated a secret");
    console.enter("AUTH LOGIN");
    console.wait_for("AUTH>");
    type_hidden(&mut console, &base64::encode(CANARY.as_bytes()));
    console.wait_for("what to check");
    console.key("Esc");
    console.wait_gone("what to check");
    console.wait_until("the decoded password, hidden", |screen| {
        screen.contains("you sent [hidden: ") && screen.contains("that is [hidden: ")
    });
    console.key("C-d");
    console.wait_for("Leave?");
    console.type_text("q");
    assert_eq!(console.wait_exit(), 0);
    assert_never_shown(&console);
    assert_in_no_file(&home);
}

/// It is visible while it is typed, because it may become a command, but nowhere after it is sent.
#[test]
fn a_password_typed_as_a_command_does_not_leak() {
    let home = Home::new();
    let mut console = home.ehlo_sized(99, 50, &["--log", "trace", &repeating_server()]);
    console.wait_for("next: EHLO");
    console.enter(&format!("EHLO {CONTROL}"));
    console.wait_for("next: AUTH or MAIL FROM");
    console.enter("AUTH LOGIN");
    console.wait_for("AUTH>");
    type_hidden(&mut console, "alice");
    console.wait_for("Send the secret?");
    console.key("C-y");
    console.wait_for_all(&["you sent alice", "what to check"]);
    console.key("Esc");
    console.wait_gone("what to check");
    console.enter(CANARY);
    console.wait_for("you sent [hidden: ");
    // The next line is in the history, the password is not.
    console.enter("NOOP next");
    console.wait_for("you sent NOOP next");
    assert_eq!(
        console.look(|screen| find_leak(screen.contents().as_bytes(), &parts())),
        None
    );
    for line in ["> NOOP next", "> AUTH LOGIN", "> EHLO"] {
        console.key("Up");
        console.wait_for(line);
    }
    console.key("C-u");
    console.key("C-d");
    console.wait_for("Leave?");
    console.type_text("q");
    assert_eq!(console.wait_exit(), 0);
    assert_in_no_file(&home);
}
