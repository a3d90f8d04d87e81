//! End-to-end tests of the console in a real terminal, mostly with the practice server.

mod clipboard;
mod connections;
mod conversations;
mod history;
mod keys;
mod messages;
mod moods;
mod own_keys;
mod pastes;
pub mod records;
mod sessions;
mod terminals;
mod transcript;

use std::io::Write;
use std::net::{TcpListener, TcpStream};

use ehlo::practice::{Mood, Options, Practice};

use crate::support::pty::{Home, Pty};

/// Starts a practice server with these moods.
fn practice(moods: &[Mood]) -> Practice {
    let moods = moods.iter().copied().collect();
    Practice::spawn(Options {
        moods,
        ..Options::default()
    })
    .unwrap()
}

/// Ends a console by QUIT while its session is open.
#[track_caller]
fn leave(mut console: Pty) {
    console.key("C-d");
    console.wait_for("Leave?");
    console.key("Enter");
    assert_eq!(console.wait_exit(), 0);
}

/// Opens the menu and presses a letter.
fn menu(console: &mut Pty, letter: &str) {
    console.key("C-o");
    console.wait_for("letter run");
    console.type_text(letter);
    console.wait_gone("letter run");
}

/// Waits for text and presses Esc, which must remove it.
fn escape(console: &mut Pty, gone: &str) {
    console.wait_for(gone);
    console.key("Esc");
    console.wait_gone(gone);
}

/// A console that is connected to a server, and the server's side of the connection.
fn scripted(home: &Home, columns: u16, rows: u16) -> (Pty, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap().to_string();
    let console = home.ehlo_sized(columns, rows, &[&target]);
    console.wait_for("=== connected");
    (console, listener.accept().unwrap().0)
}

/// Sends the first 40 lines of a greeting.
fn begin_greeting(server: &mut TcpStream) {
    let lines = (1..=40).map(|number| format!("220-line {number}\r\n"));
    server
        .write_all(lines.collect::<String>().as_bytes())
        .unwrap();
}
