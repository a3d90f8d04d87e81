//! Connecting, and leaving the console.

use std::io::Write;

use ehlo::practice::{Options, Practice};

use super::{escape, leave, menu, practice, scripted};
use crate::support::pty::Home;

#[test]
fn connects_from_the_form_with_the_keyboard() {
    let server = practice(&[]);
    let home = Home::new();
    let authority = home.file("authority.pem", server.authority_pem());
    let options = ["--ca-file", &authority, "--sni", "localhost"];
    let target = server.plain().to_string();
    let (host, port) = target.split_once(':').unwrap();

    let mut console = home.ehlo(&options);
    console.wait_for("(no recent servers yet)");
    // An invalid host is reported at its field.
    console.enter("two words");
    console.wait_for("invalid host");
    console.key("C-u");
    console.type_text(host);
    console.key("Tab");
    console.key("C-u");
    console.enter("99999");
    console.wait_for("use 1 to 65535");
    console.key("C-u");
    console.type_text(port);
    console.key("Tab");
    console.key("Right");
    console.key("Right");
    console.wait_for("(x) STARTTLS");
    console.key("Enter");
    console.wait_for("caps:10");
    console.wait_for_all(&["verified", "TLS1.3 verified  EHLO ok"]);
    leave(console);

    // The target is remembered: it is in the list below the practice server and the tour.
    let mut console = home.ehlo(&options);
    console.wait_for(&format!("  {target}, STARTTLS"));
    console.wait_for("(x) auto");
    for _ in ["port", "TLS", "practice", "tour", "recent"] {
        console.key("Tab");
    }
    // With its TLS choice.
    console.wait_for("(x) STARTTLS");
    console.key("Enter");
    console.wait_for_all(&["TLS1.3 verified  EHLO ok", &format!("ehlo  {target}")]);
    console.enter("QUIT");
    console.wait_for("  closed");
    menu(&mut console, "n");
    console.wait_for("Or choose a recent or practice server:");
    for _ in ["port", "TLS", "practice"] {
        console.key("Down");
    }
    console.key("Enter");
    console.wait_for_all(&["EHLO ok", "ehlo  practice:"]);
    leave(console);
}

#[test]
fn retries_a_failed_connection() {
    // Bound without listening: connections are refused, and no other process can take the port.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    // The practice server sets this option too, so it can listen while the port stays bound.
    socket.set_reuseaddr(true).unwrap();
    let address = socket.local_addr().unwrap();
    let home = Home::new();
    let mut console = home.ehlo_sized(80, 50, &[&address.to_string()]);
    let refusals = |count: usize| {
        move |screen: &str| {
            screen.matches("refused (").count() == count && screen.contains("No connection to")
        }
    };
    console.wait_until("a refusal and a question", refusals(1));
    console.wait_for_all(&[
        "nothing listens on this port",
        "try again",
        "edit where to connect",
        "try port",
    ]);
    console.key("C-r");
    console.wait_until("another refusal", refusals(2));
    console.key("C-e");
    let port = format!("Port  {}", address.port());
    console.wait_for_all(&["Or choose", "Host  127.0.0.1", &port]);
    console.key("Enter");
    console.wait_until("a third refusal", refusals(3));
    // The console does not end after a failure, and Esc closes the question.
    escape(&mut console, "edit where to connect");
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
fn reconnects_after_asking() {
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
fn shows_tls_and_certificate_details() {
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
fn ctrl_c_twice_at_an_empty_prompt_quits() {
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
fn quits_even_if_the_server_disconnects_first() {
    let home = Home::new();
    let (mut console, mut server) = scripted(&home, 80, 24);
    server.write_all(b"220 mx.example\r\n").unwrap();
    console.wait_for("next: EHLO");
    console.key("C-d");
    console.wait_for("Leave?");
    drop(server);
    console.wait_for("  closed");
    // Enter has no effect if the question has been closed already.
    console.key("Enter");
    console.key("C-d");
    assert_eq!(console.wait_exit(), 0);
}

#[test]
fn leaving_within_a_message_does_not_offer_quit() {
    let home = Home::new();
    let mut console = home.ehlo(&["--practice"]);
    console.wait_for("next: EHLO");
    console.begin_message();
    console.type_text("half a message");
    menu(&mut console, "q");
    let last = "drop the connection and leave now";
    let screen = console.wait_for_all(&["The server still expects more input", last]);
    assert!(!screen.contains("send QUIT"), "{screen}");
    console.type_text("q");
    assert_eq!(console.wait_exit(), 0);
}

#[test]
fn runs_actions_by_name() {
    let home = Home::new();
    let mut console = home.ehlo(&["--practice"]);
    console.wait_for("next: EHLO");
    console.type_text(":practice no-tls");
    console.wait_for(": practice no-tls");
    console.key("Enter");
    // It opens beside the first session.
    console.wait_for("1 [2]");
    console.wait_for("next: EHLO");
    console.enter("EHLO client.example");
    console.wait_for("next: AUTH or MAIL FROM");
    console.type_text(":quit");
    console.key("Enter");
    console.wait_for("2 sessions are still open");
    console.type_text("q");
    assert_eq!(console.wait_exit(), 0);
}
