//! Servers without an end: reading pauses at a cap, and what they go on sending waits in their own
//! buffers, not in our memory.

use ehlo::net::{Command, Security};
use ehlo::smtp::reply::REPLY_LINES_CAP;
use ehlo::smtp::{Cap, End, Entry};

use super::client::Client;
use super::message::under;
use crate::support::scripted::{Flood, Scripted, Step, sends};

/// What a server tries to send.
const WHOLE: usize = 256 << 20;
/// What it may get rid of while we do not read: the buffers of both systems. Linux lets the
/// receiver's grow to 6 MiB where nothing else is set, and the sender's to 4.
const BUFFERS: usize = 48 << 20;

/// A server that floods with `octets` until `cap` is reached; then the user reads on to the next
/// cap, and closes.
fn floods(security: Security, head: &str, octets: Vec<u8>, is_cap: fn(&Cap) -> bool) {
    let times = WHOLE / octets.len();
    let script = vec![sends(head), Step::Flood(octets, times)];
    let server = Scripted::start(under(security, script));
    let mut client = Client::of(&server, security);
    client.until("the cap", |client| client.caps.len() == 1);
    client.check("the right cap", is_cap(&client.caps[0]));
    client.shows("…; reading is paused");
    // Events are taken meanwhile: it is the pause that holds the server up, and not the driver.
    let told = weight(&client);
    let mut news = None;
    client.until("the server to be stuck", |_| {
        news = news.or_else(|| server.try_flood());
        news.is_some()
    });
    let Some(Flood::Stalled(written)) = news else {
        client.fail(&format!("the server could go on: {news:?}"));
    };
    client.same(
        "what is told while reading is paused",
        &weight(&client),
        &told,
    );
    println!("paused: the server wrote {written} octets, {told} are in memory");
    client.check("back-pressure", written < BUFFERS);
    client.check("little is in memory", told < 4 << 20);

    client.send(Command::ReadOn);
    client.until("the next cap", |client| client.caps.len() == 2);
    client.check("the same cap", is_cap(&client.caps[1]));
    let more = weight(&client);
    client.check(
        &format!("up to sixteen times as much: {told}, then {more}"),
        more > 8 * told && more < 32 * told,
    );
    client.send(Command::Close);
    client.over();
    client.has_ended(&[End::ByUs]);
    let end = loop {
        match server.flood() {
            Flood::Stalled(_) => {}
            end => break end,
        }
    };
    client.check(
        &format!("the server was stopped by our going: {end:?}"),
        matches!(end, Flood::Disconnected(_)),
    );
}

/// Memory the transcript takes.
fn weight(client: &Client) -> usize {
    client.entries.iter().map(Entry::weight).sum()
}

#[test]
fn r01_line_without_end() {
    floods(Security::None, "220 ", vec![b'x'; 64 * 1024], |cap| {
        *cap == Cap::Line
    });
}

#[test]
fn r03_line_without_end_under_tls() {
    floods(Security::Implicit, "220 ", vec![b'x'; 64 * 1024], |cap| {
        *cap == Cap::Line
    });
}

#[test]
fn r02_reply_without_end() {
    floods(
        Security::None,
        "",
        b"220-\r\n".repeat(10_000),
        |cap| matches!(cap, Cap::Reply { lines, .. } if *lines >= REPLY_LINES_CAP),
    );
}
