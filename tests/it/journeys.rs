//! Whole ways through the console, in a real terminal, mostly against the practice server.

use std::io::Write;
use std::net::{TcpListener, TcpStream};

use ehlo::practice::{Mood, Options, PASSWORD, Practice, USER};
use rustix::process::Signal;

use crate::support::conversation::{self, Conversation, Login, MESSAGE, Mechanism, Opening};
use crate::support::pty::{EHLO, Home, Pty};

/// A practice server in these moods.
fn practice(moods: &[Mood]) -> Practice {
    let moods = moods.iter().copied().collect();
    Practice::spawn(Options {
        moods,
        ..Options::default()
    })
    .unwrap()
}

/// Holds the whole conversation, and looks at what the server got of it.
fn whole_conversation(opening: Opening, moods: &[Mood], mechanism: Mechanism, certificate: &str) {
    let server = practice(moods);
    let home = Home::new();
    let authority = home.file("authority.pem", server.authority_pem());
    let (address, tls) = match opening {
        Opening::Clear | Opening::Typed => (server.plain(), "auto"),
        Opening::ByItself => (server.plain(), "starttls"),
        Opening::Implicit => (server.tls().unwrap(), "implicit"),
    };
    let target = address.to_string();
    let options = [
        "--sni",
        "localhost",
        "--ca-file",
        &authority,
        "--tls",
        tls,
        &target,
    ];
    let mut console = home.ehlo_sized(99, 60, &options);
    let said = Conversation {
        opening,
        certificate,
        login: Some(Login {
            mechanism,
            user: USER,
            password: PASSWORD,
        }),
        sender: "alice@localhost",
        refused: Some("nobody@localhost"),
        accepted: "bob@localhost",
    };
    conversation::hold(&mut console, &said);
    let messages = server.messages();
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0].from, "alice@localhost");
    assert_eq!(messages[0].recipients, ["bob@localhost"]);
    assert_eq!(String::from_utf8_lossy(&messages[0].body), MESSAGE);
}

#[test]
fn the_whole_conversation_in_clear() {
    whole_conversation(Opening::Clear, &[Mood::NoTls], Mechanism::Plain, "");
    whole_conversation(Opening::Clear, &[Mood::NoTls], Mechanism::Login, "");
}

#[test]
fn the_whole_conversation_with_starttls_typed() {
    whole_conversation(Opening::Typed, &[], Mechanism::Plain, "verified");
}

#[test]
fn the_whole_conversation_with_starttls_by_itself() {
    whole_conversation(Opening::ByItself, &[], Mechanism::Login, "verified");
}

#[test]
fn the_whole_conversation_in_tls_from_the_first_octet() {
    whole_conversation(Opening::Implicit, &[], Mechanism::Plain, "verified");
}

#[test]
fn the_whole_conversation_over_a_bad_certificate() {
    let words = "!! expired 2021-01-01";
    whole_conversation(Opening::Typed, &[Mood::BadCert], Mechanism::Plain, words);
    whole_conversation(Opening::Implicit, &[Mood::BadCert], Mechanism::Login, words);
}

/// Ends a console whose session is open, politely.
#[track_caller]
fn leave(mut console: Pty) {
    console.key("C-d");
    console.wait_for("leave?");
    console.key("Enter");
    assert_eq!(console.wait_exit(), 0);
}

/// Opens the menu and chooses from it.
fn menu(console: &mut Pty, letter: &str) {
    console.key("C-o");
    console.wait_for("menu: a letter acts");
    console.type_text(letter);
    console.wait_gone("menu: a letter acts");
}

/// Leaves what lies over the screen, or goes from the prompt into the transcript.
fn escape(console: &mut Pty, gone: &str) {
    console.wait_for(gone);
    console.key("Esc");
    console.wait_gone(gone);
}

#[test]
fn the_form_by_keyboard_alone() {
    let server = practice(&[]);
    let home = Home::new();
    let authority = home.file("authority.pem", server.authority_pem());
    let options = ["--ca-file", &authority, "--sni", "localhost"];
    let target = server.plain().to_string();
    let (host, port) = target.split_once(':').unwrap();

    let mut console = home.ehlo(&options);
    console.wait_for("(nothing recent yet)");
    // What is no host is told where it stands.
    console.enter("two words");
    console.wait_for("is no host");
    console.key("C-u");
    console.type_text(host);
    console.key("Tab");
    console.key("C-u");
    console.enter("99999");
    console.wait_for("a port is a number from 1 to 65535");
    console.key("C-u");
    console.type_text(port);
    console.key("Tab");
    console.key("Right");
    console.key("Right");
    console.wait_for("(x) STARTTLS");
    console.key("Enter");
    console.wait_for("caps:10");
    console.wait_for_all(&["verified", "TLS1.3  EHLO ok"]);
    leave(console);

    // It is remembered, and can be chosen: below the practice server and the tour, which are always there.
    let mut console = home.ehlo(&options);
    console.wait_for(&format!("  {target}"));
    for _ in ["port", "TLS", "practice", "tour", "recent"] {
        console.key("Tab");
    }
    console.key("Enter");
    console.wait_for_all(&["next: EHLO", &format!("ehlo  {target}  no TLS")]);
    console.enter("QUIT");
    console.wait_for("  closed");
    menu(&mut console, "n");
    console.wait_for("Or, recent and practice:");
    for _ in ["port", "TLS", "practice"] {
        console.key("Down");
    }
    console.key("Enter");
    console.wait_for_all(&["next: EHLO", "ehlo  practice:"]);
    leave(console);
}

#[test]
fn a_connection_that_fails_can_be_tried_again() {
    // Bound, so that nobody else takes it, and nobody listens.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = socket.local_addr().unwrap();
    let home = Home::new();
    let mut console = home.ehlo_sized(80, 50, &[&address.to_string()]);
    let refusals = |count: usize| {
        move |screen: &str| {
            screen.matches("refused (").count() == count && screen.contains("no connection to")
        }
    };
    console.wait_until("a refusal and a question", refusals(1));
    console.wait_for_all(&[
        "nothing listens on this port",
        "try again",
        "edit where to connect",
        "try port",
    ]);
    console.type_text("r");
    console.wait_until("another refusal", refusals(2));
    console.type_text("e");
    let port = format!("Port  {}", address.port());
    console.wait_for_all(&["connect: Tab moves", "Host  127.0.0.1", &port]);
    console.key("Enter");
    console.wait_until("a third refusal", refusals(3));
    // A failure is no reason to end; nor is it in the way.
    escape(&mut console, "edit where to connect");
    drop(socket);
    let _server = Practice::spawn(Options {
        listen: address,
        ..Options::default()
    })
    .unwrap();
    menu(&mut console, "r");
    console.wait_for("next: EHLO");
    leave(console);
}

#[test]
fn the_mood_greylist() {
    let home = Home::new();
    let mut console = home.ehlo(&["--practice", "--mood", "greylist"]);
    console.wait_for("next: EHLO");
    console.enter("HELO client.example");
    console.enter("MAIL FROM:<a@b.example>");
    console.enter("RCPT TO:<bob@localhost>");
    console.wait_for("<** 450 4.7.1 Greylisted");
    console.wait_for("RCPT 0 of 1");
    console.key("Up");
    console.wait_for("> RCPT TO:<bob@localhost>");
    console.key("Enter");
    console.wait_for("RCPT 1 of 2");
    leave(console);
}

#[test]
fn the_mood_reject_rcpt() {
    let home = Home::new();
    let mut console = home.ehlo(&["--practice", "--mood", "reject-rcpt"]);
    console.wait_for("next: EHLO");
    console.enter("HELO client.example");
    console.enter("MAIL FROM:<a@b.example>");
    console.enter("RCPT TO:<bob@localhost>");
    console.wait_for("<** 550 ");
    console.enter("DATA");
    console.wait_until("DATA refused, and no message due", |screen| {
        screen.contains("<** 554 ") && screen.contains("next: RCPT TO")
    });
    leave(console);
}

#[test]
fn the_mood_drop_and_a_new_connection() {
    let home = Home::new();
    let mut console = home.ehlo_sized(80, 50, &["--practice", "--mood", "drop"]);
    console.wait_for("next: EHLO");
    console.enter("HELO client.example");
    console.enter("MAIL FROM:<a@b.example>");
    console.enter("RCPT TO:<bob@localhost>");
    console.wait_for("[cut: the connection ended here]");
    console.wait_for("*** not answered: RCPT");
    console.wait_for("closed");
    // Nothing goes nowhere: the line stays.
    console.enter("NOOP");
    console.wait_for("the line stays here");
    console.wait_for("> NOOP");
    menu(&mut console, "r");
    console.wait_for("next: EHLO");
    // Below what was said before, which is still there.
    let screen = console.wait_until("two connections", |screen| {
        screen.matches("=== connected 127.0.0.1:").count() == 2
    });
    assert!(screen.contains("not answered: RCPT"), "{screen}");
    console.wait_for("> NOOP");
    console.key("Enter");
    console.wait_for("250 2.0.0");
    leave(console);
}

#[test]
fn a_new_connection_in_place_of_one_that_stands() {
    let home = Home::new();
    let mut console = home.ehlo_sized(80, 50, &["--practice"]);
    console.wait_for("next: EHLO");
    console.enter("HELO client.example");
    console.wait_for("EHLO ok");
    menu(&mut console, "r");
    console.wait_for("drop the session?");
    console.key("Esc");
    console.wait_gone("drop the session?");
    menu(&mut console, "r");
    console.wait_for("drop the session?");
    console.key("Enter");
    console.wait_until("two connections", |screen| {
        screen.matches("=== connected 127.0.0.1:").count() == 2
    });
    console.wait_for("next: EHLO");
    console.enter("NOOP");
    console.wait_for("250 2.0.0");
    leave(console);
}

#[test]
fn the_mood_busy() {
    let home = Home::new();
    let mut console = home.ehlo(&["--practice", "--mood", "busy"]);
    console.wait_for("<** 421 4.3.2");
    console.wait_for("*** the server is closing the session");
    console.wait_for("=== connection closed by the server");
    console.wait_for("  closed");
    console.key("C-d");
    assert_eq!(console.wait_exit(), 0);
}

#[test]
fn the_mood_flood() {
    let home = Home::new();
    let mut console = home.ehlo(&["--practice", "--mood", "flood"]);
    console.wait_for("next: EHLO");
    console.enter("EHLO client.example");
    let question = "the reply does not end";
    escape(&mut console, question);
    console.wait_for("reading is paused");
    // The screen is alive, before more is read and while it is.
    for text in ["NOOP a", "NOOP b"] {
        console.type_text(text);
        console.wait_for(&format!("> {text}"));
        console.key("PageUp");
        console.wait_for("new ▼ End");
        console.key("C-u");
        console.wait_gone(text);
        console.key("End");
        console.wait_for("follow ▼");
        menu(&mut console, "g");
    }
    console.key("C-c");
    console.wait_for("still waiting for the reply to EHLO");
    console.key("C-c");
    console.wait_for("connection closed by ehlo");
    console.wait_for("  closed");
    console.signal(Signal::TERM);
    assert_eq!(console.wait_exit(), 143);
}

#[test]
fn the_mood_slow() {
    let home = Home::new();
    let mut console = home.ehlo(&["--practice", "--mood", "slow"]);
    console.wait_for("waiting for the greeting  0:01");
    console.wait_until("a slow reply, marked", |screen| {
        screen
            .lines()
            .any(|line| line.starts_with("! ") && line.contains(" <-  220 "))
    });
    console.enter("EHLO client.example");
    console.wait_for("waiting for the reply to EHLO  0:01");
    // Nobody has to wait for it: once may be a slip, twice is meant.
    console.key("C-c");
    console.wait_for("still waiting for the reply to EHLO");
    console.key("C-c");
    console.wait_for("connection closed by ehlo");
    console.wait_for("  closed");
}

#[test]
fn the_history() {
    let server = practice(&[]);
    let other = practice(&[]);
    let home = Home::new();
    let target = server.plain().to_string();
    let mut console = home.ehlo(&[&target]);
    console.wait_for("next: EHLO");
    console.key("Up");
    console.wait_for("nothing sent to this host yet");
    for line in [
        "EHLO client.example",
        "MAIL FROM:<a@b.example>",
        "RSET",
        "MAIL FROM:<>",
        "RSET",
    ] {
        console.enter(line);
    }
    console.wait_for("-> MAIL FROM:<>");
    console.wait_for("next: STARTTLS");
    leave(console);

    // It outlives the program.
    let mut console = home.ehlo(&[&target]);
    console.wait_for("next: EHLO");
    console.key("Up");
    console.wait_for("> RSET");
    console.key("Up");
    console.wait_for("> MAIL FROM:<>");
    console.key("Down");
    console.wait_for("> RSET");
    // By what is typed already.
    console.key("C-u");
    console.type_text("MAIL");
    console.key("Up");
    console.wait_for("> MAIL FROM:<>");
    console.key("Up");
    console.wait_for("> MAIL FROM:<a@b.example>");
    console.key("Up");
    console.wait_for("no earlier command like this");
    // By any part.
    console.key("C-u");
    console.key("C-r");
    console.type_text("client");
    console.wait_for("history [EHLO client.example]: client");
    console.key("Enter");
    console.wait_for("> EHLO client.example");
    console.key("C-u");
    leave(console);

    // Another server has another one.
    let mut console = home.ehlo(&[&other.plain().to_string()]);
    console.wait_for("next: EHLO");
    console.key("Up");
    console.wait_for("nothing sent to this host yet");
    leave(console);
}

/// Text that is shown in reverse, line by line.
fn reversed(console: &Pty) -> Vec<String> {
    console.look(|screen| {
        let (rows, columns) = screen.size();
        let cells = |row| (0..columns.get()).filter_map(move |column| screen.cell(row, column));
        (0..rows.get())
            .map(|row| {
                cells(row)
                    .filter(|c| c.inverse())
                    .map(vt100::Cell::contents)
                    .collect()
            })
            .filter(|text: &String| !text.trim().is_empty())
            .collect()
    })
}

#[test]
fn searching() {
    let home = Home::new();
    let mut console = home.ehlo(&["--practice"]);
    console.wait_for("next: EHLO");
    console.enter("EHLO client.example");
    console.wait_for("EHLO ok");
    console.type_text("/");
    console.wait_gone("/ search");
    console.enter("8bit");
    // The match is chosen, and the keys are the transcript's.
    console.wait_for("Esc prompt");
    let chosen = |console: &Pty, words: &str| {
        let found = reversed(console);
        assert!(
            found.iter().any(|text| text.contains(words)),
            "{words}: {found:?}"
        );
    };
    chosen(&console, "250-8BITMIME");
    console.key("Esc");
    console.wait_for("Esc browse");
    assert!(
        !reversed(&console).iter().any(|text| text.contains("8BIT")),
        "{:?}",
        reversed(&console)
    );
    console.type_text("/");
    console.wait_gone("/ search");
    console.enter("client");
    console.wait_for("Esc prompt");
    chosen(&console, "Hello client.example");
    console.type_text("n");
    console.wait_until("the match before", |_| {
        reversed(&console)
            .iter()
            .any(|text| text.contains("EHLO client.example"))
    });
    console.type_text("n");
    console.wait_for("no further match");
    console.key("Esc");
    console.wait_for("Esc browse");
    console.type_text("/");
    console.wait_gone("/ search");
    console.enter("nowhere");
    console.wait_for("no match for nowhere (Esc)");
    leave(console);
}

/// A console on a server that says what the test writes.
fn scripted(home: &Home, columns: u16, rows: u16) -> (Pty, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap().to_string();
    let console = home.ehlo_sized(columns, rows, &[&target]);
    console.wait_for("=== connected");
    (console, listener.accept().unwrap().0)
}

#[test]
fn what_comes_does_not_scroll_away_what_is_read() {
    let home = Home::new();
    let (mut console, mut server) = scripted(&home, 80, 12);
    for number in 1..=40 {
        server
            .write_all(format!("220-line {number}\r\n").as_bytes())
            .unwrap();
    }
    console.wait_for("line 40");
    console.wait_for("follow ▼");
    console.key("PageUp");
    console.wait_for("paused, 0 new ▼ End");
    let before = console.wait_gone("line 40");
    server.write_all(b"220-line 41\r\n220-line 42\r\n").unwrap();
    let after = console.wait_for("paused, 2 new ▼ End");
    assert!(!after.contains("line 41"), "{after}");
    let transcript = |screen: &str| -> Vec<String> {
        screen.lines().skip(1).take(6).map(str::to_owned).collect()
    };
    assert_eq!(transcript(&before), transcript(&after));
    console.key("End");
    console.wait_for("line 42");
    console.wait_for("follow ▼");
    server.write_all(b"220-line 43\r\n").unwrap();
    console.wait_for("line 43");
}

#[test]
fn a_long_reply_can_be_folded() {
    let home = Home::new();
    let mut console = home.ehlo(&["--practice"]);
    console.wait_for("next: EHLO");
    console.enter("EHLO client.example");
    console.wait_for("250 STARTTLS");
    menu(&mut console, "z");
    let screen =
        console.wait_for("250-localhost Hello client.example  (+10 lines folded, z unfolds)");
    assert!(!screen.contains("250-PIPELINING"), "{screen}");
    menu(&mut console, "z");
    console.wait_for("250-PIPELINING");
    console.wait_gone("folded");
    leave(console);
}

#[test]
fn the_whole_of_an_entry() {
    let home = Home::new();
    let (mut console, mut server) = scripted(&home, 80, 24);
    server.write_all(b"220 a\x1b[31mb\x07c\xff\x00d\n").unwrap();
    console.wait_for("next: EHLO");
    console.key("Esc");
    console.wait_for("Esc prompt");
    console.key("Enter");
    console.wait_for_all(&["received, ", "a␛[31mb␇c"]);
    escape(&mut console, "received, ");
    // What a server sends never reaches the terminal as it is.
    let raw = console.raw();
    for escape in [b"\x1b[31mb".as_slice(), b"\x07", b"\x00", b"\xff"] {
        assert!(
            !raw.windows(escape.len()).any(|octets| octets == escape),
            "{escape:?}"
        );
    }
}

/// A session as it is copied out of a document.
const SESSION: &str = "EHLO client.example\nMAIL FROM:<a@b.example>\nRCPT TO:<bob@localhost>\n\
    DATA\nSubject: pasted\n\n..a dot first\n.\nQUIT\n";

fn paste(home: &Home, server: &Practice, text: &str) -> Pty {
    let mut console = home.ehlo_sized(80, 50, &[&server.plain().to_string()]);
    console.wait_for("next: EHLO");
    console.paste(text);
    console.wait_for("lines were pasted. Nothing is sent yet.");
    console
}

#[test]
fn a_paste_is_not_sent_without_a_question() {
    let server = practice(&[]);
    let home = Home::new();
    let mut console = paste(&home, &server, SESSION);
    console.wait_for("9 lines were pasted.");
    escape(&mut console, "9 lines were pasted.");
    // One line is no reason to ask, and none to send: not even with its line end.
    console.paste("NOOP\n");
    console.wait_for("> NOOP");
    let screen = console.screen();
    assert!(!screen.contains("-> "), "{screen}");
    console.key("Enter");
    console.wait_for("-> NOOP");
    console.wait_for("250 2.0.0");
    // Too much is refused at once.
    console.paste(&"NOOP\n".repeat(1001));
    console.wait_for("1001 lines, 5005 octets are too many to paste: at most 1000 lines");
    leave(console);
}

#[test]
fn a_pasted_session_goes_line_by_line() {
    let server = practice(&[]);
    let home = Home::new();
    let mut console = paste(&home, &server, SESSION);
    console.key("Enter");
    // The message is not sent without a look at it.
    console.wait_for("the pasted message is here, not sent yet");
    console.wait_for("+..a dot first");
    assert_eq!(server.messages(), []);
    console.key("C-d");
    console.wait_for("3 lines, 34 octets, 1 dot-stuffed.");
    console.key("Enter");
    // What was pasted behind it goes on.
    console.wait_for("-> QUIT");
    console.wait_for("  closed");
    let messages = server.messages();
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0].body, b"Subject: pasted\r\n\r\n.a dot first\r\n");
}

#[test]
fn a_paste_stops_at_a_refusal() {
    let server = practice(&[]);
    let home = Home::new();
    let refused = SESSION.replace("bob@", "nobody@");
    let mut console = paste(&home, &server, &refused);
    console.key("Enter");
    console.wait_for("stopped at this reply: 6 pasted lines are not sent");
    console.wait_for("RCPT 0 of 1");
    console.enter("NOOP");
    let screen = console.wait_for("250 2.0.0");
    assert!(!screen.contains("-> DATA"), "{screen}");
    leave(console);
}

#[test]
fn a_pasted_session_goes_at_once() {
    let server = practice(&[]);
    let home = Home::new();
    let mut console = paste(&home, &server, SESSION);
    console.type_text("p");
    console.wait_for("  closed");
    let messages = server.messages();
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0].body, b"Subject: pasted\r\n\r\n.a dot first\r\n");
}

#[test]
fn a_pasted_login_keeps_its_order_through_the_question() {
    let server = practice(&[Mood::NoTls]);
    let home = Home::new();
    let lines = [
        "EHLO client.example",
        "AUTH LOGIN",
        "YWxpY2U=",
        "d29uZGVybGFuZA==",
        "RSET",
    ];
    for (key, pace) in [("Enter", "one by one"), ("p", "at once")] {
        let mut console = paste(&home, &server, &lines.join("\n"));
        match key {
            "Enter" => console.key(key),
            _ => console.type_text(key),
        }
        console.wait_for("send the secret?");
        console.type_text("y");
        // In another order the password would be another one, or no answer.
        console.wait_until(&format!("a login, {pace}, and what follows it"), |screen| {
            screen.contains(" 235 2.7.0 ") && screen.contains(" 250 2.0.0 Ok: begin again")
        });
        leave(console);
    }
}

#[test]
fn a_pasted_session_goes_step_by_step() {
    let server = practice(&[]);
    let home = Home::new();
    let mut console = paste(
        &home,
        &server,
        "HELO client.example\nNOOP 1\nNOOP 2\nNOOP 3\n",
    );
    console.type_text("e");
    console.wait_for("> HELO client.example");
    console.wait_for("3 more pasted lines wait");
    console.key("Enter");
    console.wait_for("> NOOP 1");
    console.wait_for("-> HELO client.example");
    // A line may be changed before it goes.
    console.type_text("23");
    console.key("Enter");
    console.wait_for("-> NOOP 123");
    console.wait_for("> NOOP 2");
    console.key("C-c");
    console.wait_gone("> NOOP 2");
    console.key("C-c");
    console.wait_for("1 pasted lines dropped, not sent");
    console.enter("RSET");
    let screen = console.wait_for("-> RSET");
    assert!(
        !screen.contains("-> NOOP 2") && !screen.contains("-> NOOP 3"),
        "{screen}"
    );
    leave(console);
}

/// Sizes down to where nothing fits any more.
const SIZES: [(u16, u16); 7] = [
    (120, 36),
    (40, 12),
    (30, 6),
    (20, 5),
    (10, 3),
    (5, 2),
    (1, 1),
];

/// Resizes to each size, and at last to where it began. Each time it draws what still fits.
fn through_all_sizes(console: &Pty) {
    for (columns, rows) in SIZES.into_iter().chain([(80, 24)]) {
        console.resize(columns, rows);
        console.wait_until("something", |screen| !screen.trim().is_empty());
    }
}

#[test]
fn any_size_is_survived() {
    let home = Home::new();
    let mut console = home.ehlo(&["--practice"]);
    console.wait_for("next: EHLO");
    through_all_sizes(&console);
    console.wait_for("next: EHLO");
    console.enter("EHLO client.example");
    console.wait_for("EHLO ok");
    // With a line half typed, with each popup, and with a message half written.
    console.type_text("MAIL FROM:<a@b.example>");
    through_all_sizes(&console);
    console.wait_for("> MAIL FROM:<a@b.example>");
    console.key("Enter");
    console.wait_for("MAIL ok");
    for (open, title) in [("?", "keys: type to find"), (":", "actions: type to find")] {
        console.type_text(open);
        console.wait_for(title);
        through_all_sizes(&console);
        escape(&mut console, title);
    }
    for (letter, title) in [
        ("n", "connect: Tab moves"),
        ("c", "session"),
        ("q", "leave?"),
    ] {
        menu(&mut console, letter);
        console.wait_for(title);
        through_all_sizes(&console);
        escape(&mut console, title);
    }
    console.enter("RCPT TO:<bob@localhost>");
    console.enter("DATA");
    console.wait_for("next: the message");
    console.enter("Subject: x");
    console.type_text(".half");
    through_all_sizes(&console);
    console.wait_for("| Subject: x");
    console.wait_for("+..half");
    console.key("C-d");
    console.wait_for("send the message?");
    through_all_sizes(&console);
    console.wait_for("2 lines, 20 octets, 1 dot-stuffed.");
    console.key("Enter");
    console.wait_for("kept in memory");
    leave(console);
}

#[test]
fn a_small_screen_from_the_start() {
    for (columns, rows) in SIZES {
        let home = Home::new();
        let mut console = home.ehlo_sized(columns, rows, &["--practice"]);
        console.wait_until("something", |screen| !screen.trim().is_empty());
        // Keys count whether they can be seen or not.
        console.type_text("NOOP small");
        console.resize(80, 24);
        console.wait_for("next: EHLO");
        console.wait_for("> NOOP small");
        console.key("Enter");
        console.wait_for("250 2.0.0");
        leave(console);
    }
}

#[test]
fn a_screen_of_each_size_shows_what_it_can() {
    let home = Home::new();
    for ((columns, rows), there) in [
        (
            (120, 36),
            ["CAPABILITIES", "next: EHLO", "^O menu", "220 localhost"].as_slice(),
        ),
        (
            (80, 24),
            &["next: EHLO", "^O menu", "? help", "220 localhost"],
        ),
        (
            (40, 12),
            &["next: EHLO", "^O menu", "? help", "220 localhost"],
        ),
        ((30, 6), &["next: EHLO", "follow", "220 local", ">"]),
        ((20, 5), &["follow", "220", ">"]),
        ((9, 2), &["too small"]),
    ] {
        let mut console = home.ehlo_sized(columns, rows, &["--practice"]);
        for words in there {
            console.wait_for(words);
        }
        console.key("C-d");
        console.type_text("q");
        assert_eq!(console.wait_exit(), 0);
    }
}

#[test]
fn the_mouse_is_captured_when_it_is_wanted() {
    let home = Home::new();
    let (mut console, mut server) = scripted(&home, 80, 12);
    for number in 1..=40 {
        server
            .write_all(format!("220-line {number}\r\n").as_bytes())
            .unwrap();
    }
    server.write_all(b"220 the end\r\n").unwrap();
    console.wait_for("the end");
    let mode = |console: &Pty| console.look(vt100::Screen::mouse_protocol_mode);
    assert_eq!(mode(&console), vt100::MouseProtocolMode::None);
    menu(&mut console, "m");
    console.wait_for("  mouse");
    assert_eq!(mode(&console), vt100::MouseProtocolMode::PressRelease);
    // The wheel, up and down.
    console.send_raw(b"\x1b[<64;10;5M");
    console.wait_for("paused, 0 new");
    console.send_raw(b"\x1b[<65;10;5M");
    console.wait_for("follow ▼");
    menu(&mut console, "m");
    console.wait_gone("  mouse");
    assert_eq!(mode(&console), vt100::MouseProtocolMode::None);
}

#[test]
fn ascii_alone_is_drawn_where_it_is_wanted() {
    let home = Home::new();
    let run = |environment: &[(&str, &str)], options: &[&str]| {
        home.run(
            (120, 36),
            environment,
            EHLO,
            &[&["--practice"], options].concat(),
        )
    };
    for (mut console, ascii) in [
        (run(&[], &["--ascii"]), true),
        (run(&[("LANG", "C")], &[]), true),
        (run(&[], &[]), false),
    ] {
        console.wait_for("next: EHLO");
        console.enter("EHLO client.example");
        console.wait_for("EHLO ok");
        console.enter("MAIL FROM:<ü@b.example>");
        console.enter("RCPT TO:<nobody@localhost>");
        console.wait_for("<** 5");
        console.type_text("?");
        console.wait_for("keys: type to find");
        escape(&mut console, "keys: type to find");
        assert_eq!(console.raw().is_ascii(), ascii, "{}", console.screen());
        leave(console);
    }
}

/// The parameters of all "select graphic rendition" sequences.
fn renditions(raw: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(raw);
    let ends = |c: char| !c.is_ascii_digit() && c != ';';
    text.split("\x1b[")
        .skip(1)
        .filter_map(|sequence| sequence.split_once('m'))
        .filter(|(parameters, _)| !parameters.contains(ends))
        .flat_map(|(parameters, _)| parameters.split(';'))
        .map(str::to_owned)
        .collect()
}

#[test]
fn no_colour_where_none_is_wanted() {
    let home = Home::new();
    for (environment, options, coloured) in [
        ([("NO_COLOR", "1")].as_slice(), [].as_slice(), false),
        (&[("TERM", "vt100")], &[], false),
        (&[], &["--color", "never"], false),
        (&[("NO_COLOR", "")], &[], true),
        (&[("NO_COLOR", "1")], &["--color", "always"], true),
        (&[], &[], true),
    ] {
        let arguments = [&["--practice"], options].concat();
        let mut console = home.run((120, 36), environment, EHLO, &arguments);
        console.wait_for("next: EHLO");
        console.enter("EHLO client.example");
        console.enter("NONSENSE");
        console.wait_for("<** 5");
        menu(&mut console, "c");
        escape(&mut console, "Esc closes");
        let used = renditions(&console.raw());
        let colour = used.iter().find(|parameter| {
            parameter
                .parse()
                .is_ok_and(|p: u16| matches!(p, 30..=38 | 40..=48 | 90..=107))
        });
        assert_eq!(
            colour.is_some(),
            coloured,
            "{environment:?} {options:?} {used:?}"
        );
        // Meaning stays: bold or reverse is there in any case.
        assert!(
            used.iter()
                .any(|parameter| parameter == "1" || parameter == "7"),
            "{used:?}"
        );
        leave(console);
    }
}

#[test]
fn twice_cancelled_on_nothing_is_leaving() {
    let home = Home::new();
    let mut console = home.ehlo(&["--practice"]);
    console.wait_for("next: EHLO");
    console.type_text("half a line");
    console.wait_for("> half a line");
    console.key("C-c");
    console.wait_gone("half a line");
    console.key("C-c");
    console.wait_for("^C again quits");
    console.key("C-c");
    assert_eq!(console.wait_exit(), 0);
}

#[test]
fn leaving_is_leaving_also_when_the_server_goes_first() {
    let home = Home::new();
    let (mut console, mut server) = scripted(&home, 80, 24);
    server.write_all(b"220 mx.example\r\n").unwrap();
    console.wait_for("next: EHLO");
    console.key("C-d");
    console.wait_for("leave?");
    drop(server);
    console.wait_for("  closed");
    // Whether it was answered in time or is no question any more.
    console.key("Enter");
    console.key("C-d");
    assert_eq!(console.wait_exit(), 0);
}

#[test]
fn leaving_in_the_middle_of_a_message_is_not_quit() {
    let home = Home::new();
    let mut console = home.ehlo(&["--practice"]);
    console.wait_for("next: EHLO");
    for line in [
        "HELO a",
        "MAIL FROM:<a@b.example>",
        "RCPT TO:<bob@localhost>",
        "DATA",
    ] {
        console.enter(line);
    }
    console.wait_for("next: the message");
    console.type_text("half a message");
    menu(&mut console, "q");
    let last = "drop the connection and leave now";
    let screen = console.wait_for_all(&["The server waits for more of what was begun", last]);
    assert!(!screen.contains("send QUIT"), "{screen}");
    console.type_text("q");
    assert_eq!(console.wait_exit(), 0);
}

#[test]
fn an_action_by_its_name() {
    let home = Home::new();
    let mut console = home.ehlo(&["--practice"]);
    console.wait_for("next: EHLO");
    console.type_text(":practice no-tls");
    console.wait_for(": practice no-tls");
    console.key("Enter");
    console.wait_for("drop the session?");
    console.key("Enter");
    console.wait_until("a second server", |screen| {
        screen.matches("=== trying").count() == 2
    });
    console.wait_for("next: EHLO");
    console.enter("EHLO client.example");
    console.wait_for("next: AUTH or MAIL FROM");
    console.type_text(":quit");
    console.key("Enter");
    console.wait_for("leave?");
    console.key("Enter");
    assert_eq!(console.wait_exit(), 0);
}

/// A console in a transaction with one recipient, in a terminal with this editor.
fn in_transaction(server: &Practice, home: &Home, editor: &str) -> Pty {
    let target = server.plain().to_string();
    let mut console = home.run((99, 40), &[("EDITOR", editor)], EHLO, &[&target]);
    console.wait_for("next: EHLO");
    for (line, answer) in [
        ("EHLO client.example", "EHLO ok"),
        ("MAIL FROM:<alice@localhost>", "MAIL ok › RCPT 0"),
        ("RCPT TO:<bob@localhost>", "RCPT 1"),
    ] {
        console.enter(line);
        console.wait_for(answer);
    }
    console
}

#[test]
fn a_message_is_composed_in_the_users_own_editor() {
    let server = practice(&[]);
    let home = Home::new();
    // It says how it finds its terminal and its file, and waits for a key that must reach it.
    let script = "#!/bin/sh\n\
        stty -a | grep -q -- ' icanon' && echo 'the terminal is cooked'\n\
        ls -l \"$2\" | grep -q -- '^-rw------- ' && echo 'the file is mine alone'\n\
        echo 'what now?'\n\
        read -r answer\n\
        [ \"$answer\" = no ] && exit 3\n\
        echo \"$1 $answer\" >> \"$2\"\n";
    let editor = home.file("my editor.sh", script);
    let mut console = in_transaction(&server, &home, &format!("sh '{editor}' \"added line:\""));
    menu(&mut console, "d");
    console.wait_for("not sent yet: ^D sends DATA");
    console.type_text("by hand");
    menu(&mut console, "e");
    console.wait_for_all(&[
        "the terminal is cooked",
        "the file is mine alone",
        "what now?",
    ]);
    console.enter("no");
    console.wait_for("ended with exit status: 3: the text is as it was");
    menu(&mut console, "e");
    // The first question stands on that screen still.
    console.wait_until("a second question", |screen| {
        screen.matches("what now?").count() == 2
    });
    console.enter("yes");
    console.wait_for("| added line: yes");
    console.key("C-d");
    console.wait_for("send DATA, wait for 354");
    console.key("Enter");
    console.wait_for("received and kept in memory");
    let messages = server.messages();
    let body = String::from_utf8_lossy(&messages[0].body).into_owned();
    assert!(
        body.starts_with("From: <alice@localhost>\r\nTo: <bob@localhost>\r\nSubject: by hand\r\n"),
        "{body}"
    );
    assert!(body.ends_with("\r\n\r\nadded line: yes\r\n"), "{body}");
    // No text is left behind.
    let left: Vec<_> = ["run/ehlo", "state/ehlo"]
        .iter()
        .filter_map(|folder| std::fs::read_dir(home.path().join(folder)).ok())
        .flatten()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("message-"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
    leave(console);
}

#[test]
fn a_file_is_sent_as_the_message() {
    let server = practice(&[]);
    let home = Home::new();
    let text = format!("Subject: a file\n\n.dot\n{}\n", "x".repeat(70).repeat(10));
    home.file("mine.eml", &text);
    let mut console = in_transaction(&server, &home, "false");
    for (name, words) in [
        ("missing.eml", "missing.eml: No such file"),
        (".", "is a folder"),
        ("", ":data wants a file"),
    ] {
        console.enter(&format!(":data {name}"));
        console.wait_for(words);
    }
    assert!(server.messages().is_empty());
    console.enter(":data mine.eml");
    console.wait_for_all(&[
        "send DATA, wait for 354, then send the file",
        "mine.eml: 723 octets; the server takes",
        "!! no From header",
        "!! line 1 and 3 more: a bare LF, sent as CR LF",
    ]);
    console.key("Enter");
    console.wait_for("message sent: 4 lines, 728 octets, 1 dot-stuffed, 4 line endings made CR LF");
    console.wait_for("EHLO ok");
    let body = String::from_utf8(server.messages()[0].body.clone()).unwrap();
    assert_eq!(body, text.replace('\n', "\r\n"));
    leave(console);
}

#[test]
fn a_session_is_saved_and_printed_again() {
    let home = Home::new();
    let mut console = home.ehlo(&["--practice", "--mood", "no-tls"]);
    console.wait_for("next: EHLO");
    console.enter("EHLO client.example");
    console.wait_for("caps:10");
    console.enter("AUTH PLAIN AGFsaWNlAHdvbmRlcmxhbmQ=");
    console.wait_for("send the secret?");
    console.type_text("y");
    console.wait_for("235 2.7.0");
    let file = home.path().join("session.jsonl");
    let save = format!(":save {}", file.display());
    console.enter(&save);
    console.wait_for("secrets masked");
    // What is there is not replaced without a word.
    console.enter(&save);
    console.wait_for("replace the file?");
    console.type_text("r");
    console.wait_for("secrets masked");
    console.enter(":save session.pdf");
    console.wait_for(".jsonl");
    let output = std::process::Command::new(EHLO)
        .args(["show", &file.display().to_string()])
        .output()
        .unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{printed}");
    assert!(printed.contains("-> EHLO client.example"), "{printed}");
    assert!(printed.contains("-> AUTH PLAIN [hidden"), "{printed}");
    assert!(printed.contains("<-  235 2.7.0"), "{printed}");
    assert!(!printed.contains("d29uZGVy"), "{printed}");
}

#[test]
fn tls_is_laid_open() {
    let home = Home::new();
    let mut console = home.ehlo_sized(80, 50, &["--practice", "--tls", "implicit"]);
    console.wait_for("next: EHLO");
    menu(&mut console, "v");
    console.wait_for_all(&[
        "TLS with localhost: verified",
        "cipher suite",
        "Certificate 1 of",
    ]);
    escape(&mut console, "cipher suite");
    leave(console);
}

#[test]
fn what_was_killed_is_offered_at_the_next_start() {
    let home = Home::new();
    let mut console = home.ehlo(&["--practice", "--mood", "no-tls"]);
    console.wait_for("next: EHLO");
    console.enter("EHLO client.example");
    console.wait_for("caps:10");
    console.enter("AUTH PLAIN AGFsaWNlAHdvbmRlcmxhbmQ=");
    console.wait_for("send the secret?");
    console.type_text("y");
    console.wait_for("235 2.7.0");
    let pid = i32::try_from(console.pid()).unwrap();
    rustix::process::kill_process(rustix::process::Pid::from_raw(pid).unwrap(), Signal::KILL)
        .unwrap();
    drop(console);

    let mut console = home.ehlo_sized(80, 50, &[]);
    console.wait_for("the last session");
    console.type_text("o");
    console.wait_for_all(&[
        "-> EHLO client.example",
        "-> AUTH PLAIN [hidden",
        "235 2.7.0",
    ]);
    assert!(!console.screen().contains("d29uZGVy"));
    escape(&mut console, "235 2.7.0");
    // It is offered once.
    console.key("Esc");
    drop(console);
    let console = home.ehlo(&[]);
    console.wait_for("Host");
    assert!(!console.screen().contains("the last session"));
}
