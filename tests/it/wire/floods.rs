//! Servers that send without end: reading pauses at a cap, and what the server sends after that
//! waits in the buffers of the systems, not in ehlo's memory.

use ehlo::net::{Command, Security};
use ehlo::smtp::reply::REPLY_LINES_CAP;
use ehlo::smtp::{Cap, End, Entry};

use super::client::Client;
use super::message::under;
use crate::support::scripted::{Flood, Scripted, Step, sends};

/// Octets that a server tries to send.
const WHOLE: usize = 256 << 20;
/// Octets that a server can write at most while ehlo does not read: the buffers of both systems. By
/// default Linux lets the receiver's buffer grow to 6 MiB and the sender's to 4 MiB.
const BUFFERS: usize = 48 << 20;

/// Plays a server that floods with `octets` until a cap is reached. The user resumes reading up to
/// the next cap, and closes.
fn flood(security: Security, head: &str, octets: Vec<u8>, is_cap: fn(&Cap) -> bool) {
    let times = WHOLE / octets.len();
    let script = vec![sends(head), Step::Flood(octets, times)];
    let server = Scripted::start(under(security, script));
    let mut client = Client::connect_to(&server, security);
    client.wait_until("the cap", |client| client.caps.len() == 1);
    client.assert_that("the right cap", is_cap(&client.caps[0]));
    client.assert_line("…; reading is paused");
    // The client reads events meanwhile: the pause stops the server, not a full channel.
    let paused = weight(&client);
    let mut state = None;
    client.wait_until("the server to stall", |_| {
        state = state.or_else(|| server.try_flood());
        state.is_some()
    });
    let Some(Flood::Stalled(written)) = state else {
        client.fail(&format!("the server did not stall: {state:?}"));
    };
    client.assert_equal(
        "the transcript while reading is paused",
        &weight(&client),
        &paused,
    );
    println!("paused: the server wrote {written} octets, {paused} are in memory");
    client.assert_that("back-pressure", written < BUFFERS);
    client.assert_that("little is in memory", paused < 4 << 20);

    client.send(Command::ResumeReading);
    client.wait_until("the next cap", |client| client.caps.len() == 2);
    client.assert_that("the same cap", is_cap(&client.caps[1]));
    let more = weight(&client);
    client.assert_that(
        &format!("about sixteen times as much: {paused}, then {more}"),
        more > 8 * paused && more < 32 * paused,
    );
    client.send(Command::Close);
    client.wait_for_end();
    client.assert_ends(&[End::ByUs]);
    let end = loop {
        match server.flood() {
            Flood::Stalled(_) => {}
            end => break end,
        }
    };
    client.assert_that(
        &format!("the client's close stopped the server: {end:?}"),
        matches!(end, Flood::Disconnected(_)),
    );
}

/// Octets of memory that the transcript takes.
fn weight(client: &Client) -> usize {
    client.entries.iter().map(Entry::weight).sum()
}

#[test]
fn r01_endless_line() {
    flood(Security::None, "220 ", vec![b'x'; 64 * 1024], |cap| {
        *cap == Cap::Line
    });
}

#[test]
fn r03_endless_line_under_tls() {
    flood(Security::Implicit, "220 ", vec![b'x'; 64 * 1024], |cap| {
        *cap == Cap::Line
    });
}

#[test]
fn r02_endless_reply() {
    flood(
        Security::None,
        "",
        b"220-\r\n".repeat(10_000),
        |cap| matches!(cap, Cap::Reply { lines, .. } if *lines >= REPLY_LINES_CAP),
    );
}
