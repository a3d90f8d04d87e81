//! A complete SMTP conversation, typed into the console as a person types it. The same runs against
//! the practice server and against real servers.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::pty::Pty;

/// How the conversation starts TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsStart {
    /// No TLS.
    Clear,
    /// The user types STARTTLS.
    Typed,
    /// `--tls starttls` sends STARTTLS.
    Automatic,
    /// TLS from the first octet.
    Implicit,
}

/// How a user logs in.
#[derive(Clone, Copy, Debug)]
pub enum Mechanism {
    /// AUTH PLAIN with an initial response.
    Plain,
    /// AUTH LOGIN with two responses.
    Login,
}

/// Who logs in.
#[derive(Clone, Copy, Debug)]
pub struct Login<'a> {
    pub mechanism: Mechanism,
    pub user: &'a str,
    pub password: &'a str,
}

/// The contents of a conversation.
#[derive(Clone, Copy, Debug)]
pub struct Conversation<'a> {
    pub tls_start: TlsStart,
    /// The text of the certificate's verdict; empty without TLS.
    pub certificate: &'a str,
    pub login: Option<Login<'a>>,
    pub sender: &'a str,
    /// A recipient that the server refuses, if there is one.
    pub refused: Option<&'a str>,
    pub accepted: &'a str,
}

/// The message as the server receives it, without dot-stuffing.
pub const MESSAGE: &str =
    "Subject: end to end\r\n\r\n.a dot first\r\n.\r\n..two dots\r\nthe last line\r\n";

/// Runs the conversation until the console has ended.
pub fn run(console: &mut Pty, conversation: &Conversation<'_>) {
    open(console, conversation);
    if let Some(login) = conversation.login {
        log_in(console, login, conversation.certificate);
    }
    console.enter(&format!("MAIL FROM:<{}>", conversation.sender));
    header(console, "MAIL ok › RCPT 0");
    if let Some(refused) = conversation.refused {
        console.enter(&format!("RCPT TO:<{refused}>"));
        header(console, "RCPT 0 of 1");
        // The reply is on the screen and marked as a refusal.
        console.wait_until("a refusal", |screen| {
            screen
                .lines()
                .any(|line| line.contains("<** 5") || line.contains("<~* 5"))
        });
    }
    console.enter(&format!("RCPT TO:<{}>", conversation.accepted));
    header(
        console,
        if conversation.refused.is_some() {
            "RCPT 1 of 2"
        } else {
            "RCPT 1"
        },
    );
    send_message(console);
    console.enter("QUIT");
    header(console, "closed");
    console.key("C-d");
    assert_eq!(console.wait_exit(), 0);
}

fn open(console: &mut Pty, conversation: &Conversation<'_>) {
    let ehlo = "EHLO client.example";
    if conversation.tls_start != TlsStart::Automatic {
        console.wait_for("next: EHLO");
        console.enter(ehlo);
    }
    if conversation.tls_start == TlsStart::Typed {
        header(console, "no TLS  EHLO ok");
        console.enter("STARTTLS");
        header(console, "caps:expired");
        console.wait_for("next: EHLO");
        console.enter(ehlo);
    }
    let link = match (conversation.tls_start, conversation.certificate) {
        (TlsStart::Clear, _) => "no TLS  EHLO ok",
        (_, "verified") => "TLS1.3 verified  EHLO ok",
        _ => "TLS1.3 unverified  EHLO ok",
    };
    header(console, link);
    console.wait_for(conversation.certificate);
}

/// Logs in. Without verified TLS, the console asks once before it sends the secret.
fn log_in(console: &mut Pty, login: Login<'_>, certificate: &str) {
    let Login {
        mechanism,
        user,
        password,
    } = login;
    let secrets = match mechanism {
        Mechanism::Plain => {
            vec![format!(
                "AUTH PLAIN {}",
                STANDARD.encode(format!("\0{user}\0{password}"))
            )]
        }
        Mechanism::Login => {
            console.enter("AUTH LOGIN");
            vec![STANDARD.encode(user), STANDARD.encode(password)]
        }
    };
    for (turn, secret) in secrets.iter().enumerate() {
        if let Mechanism::Login = mechanism {
            // Some servers refuse a response that comes before their challenge.
            console.wait_until("a challenge", |screen| {
                screen.matches("  334 ").count() == turn + 1
            });
        }
        console.enter(secret);
        if turn == 0 && certificate != "verified" {
            console.wait_for("Send the secret?");
            console.key("Esc");
            console.wait_for("not sent; the line is back at the prompt");
            console.key("Enter");
            console.wait_for("Send the secret?");
            console.key("C-y");
            console.wait_gone("Send the secret?");
        }
    }
    console.wait_until("a login in its header", |screen| {
        let header = screen.lines().next().unwrap_or_default();
        let login = header.contains("logged in") || header.contains("  auth  ");
        login && header.contains("EHLO ok")
    });
}

/// Sends [`MESSAGE`]. A lone dot opens a question, and may become a line of the text.
fn send_message(console: &mut Pty) {
    console.enter("DATA");
    console.wait_for("next: the message");
    console.enter("Subject: end to end");
    console.enter("");
    console.enter(".a dot first");
    console.wait_for("+..a dot first");
    console.enter(".");
    console.wait_for("Send the message?");
    console.key("Esc");
    console.wait_gone("Send the message?");
    console.paste("\n..two dots\nthe last line");
    console.wait_for("the last line");
    console.enter("");
    console.enter(".");
    console.wait_for("6 lines, 70 octets, 3 dot-stuffed.");
    console.key("Enter");
    header(console, "EHLO ok");
    console.wait_until("an accepted message", |screen| {
        let parts = screen.split_once("message sent: 6 lines, 70 octets, 3 dot-stuffed");
        parts.is_some_and(|(_, after)| after.contains("  250 "))
    });
}

/// Waits for text in the first line of the screen, and returns that line.
fn header(console: &Pty, text: &str) -> String {
    let first = |screen: &str| screen.lines().next().unwrap_or_default().to_owned();
    first(
        &console.wait_until(&format!("{text:?} in its header"), |screen| {
            first(screen).contains(text)
        }),
    )
}
