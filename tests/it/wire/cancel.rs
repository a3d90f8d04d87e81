//! A cancel ends a connection in every state.

use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use ehlo::net::{Command, ConnectStep, Failure, Security};
use ehlo::smtp::End;
use tokio::net::{TcpListener, TcpSocket};
use tokio::runtime::Runtime;

use super::client::Client;
use super::connect::plan_for;
use super::message::{message, talk_to_data, to_data};
use crate::support::scripted::{Flood, Scripted, Step, expects, says};

/// An address on loopback that answers no SYN, because the listener's queue is full.
pub struct BlackHole {
    _runtime: Runtime,
    listener: TcpListener,
    _queued: Vec<TcpStream>,
}

impl BlackHole {
    /// Fills the queue of a listener that never accepts.
    pub fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let listener = {
            let _guard = runtime.enter();
            let socket = TcpSocket::new_v4().unwrap();
            socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
            socket.listen(0).unwrap()
        };
        let address = listener.local_addr().unwrap();
        let mut queued = Vec::new();
        while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(200)) {
            queued.push(stream);
            assert!(queued.len() < 100, "the queue does not fill up");
        }
        Self {
            _runtime: runtime,
            listener,
            _queued: queued,
        }
    }

    /// Its address.
    pub fn address(&self) -> SocketAddr {
        self.listener.local_addr().unwrap()
    }
}

/// Cancels, waits for the end and prints how long that took.
fn cancel(client: &mut Client, state: &str) {
    let since = Instant::now();
    client.cancel();
    client.wait_for_end();
    println!("cancelled {state}: {:.1?}", since.elapsed());
}

/// Cancels before there is a session: the connection fails.
fn cancel_before_session(client: &mut Client, state: &str) {
    cancel(client, state);
    client.assert_failures(&[Failure::Cancelled]);
    client.assert_ends(&[]);
    client.assert_line("!! cancelled");
}

/// Cancels a session: the connection ends.
fn cancel_session(client: &mut Client, state: &str) {
    cancel(client, state);
    client.assert_ends(&[End::ByUs]);
    client.assert_failures(&[]);
    client.assert_line("… connection closed by ehlo");
}

#[test]
fn while_connecting() {
    let hole = BlackHole::new();
    let mut client = Client::new();
    client.connect(plan_for(hole.address()));
    client.wait_until("the attempt", |client| {
        client.steps.contains(&ConnectStep::Trying(hole.address()))
    });
    cancel_before_session(&mut client, "while connecting");
}

#[test]
fn before_it_begins() {
    let hole = BlackHole::new();
    let mut client = Client::new();
    client.connect(plan_for(hole.address()));
    cancel_before_session(&mut client, "before it begins");
}

#[test]
fn while_waiting_for_a_greeting() {
    let server = Scripted::start(vec![]);
    let mut client = Client::connect_to(&server, Security::None);
    client.wait_until("the wait", |client| client.status.waiting.is_some());
    cancel_session(&mut client, "while waiting for a greeting");
}

#[test]
fn in_the_handshake_of_implicit_tls() {
    let server = Scripted::start(vec![Step::ClientHello]);
    let mut client = Client::connect_to(&server, Security::Implicit);
    client.wait_until("the ClientHello", |_| server.has_logged("<- a ClientHello"));
    cancel_before_session(&mut client, "in the handshake of implicit TLS");
}

#[test]
fn in_the_handshake_of_starttls() {
    let server = Scripted::start(vec![
        says("220 mx.example ESMTP"),
        expects("EHLO me.example"),
        says("250-mx.example\r\n250 STARTTLS"),
        expects("STARTTLS"),
        says("220 go ahead"),
        Step::ClientHello,
    ]);
    let mut client = Client::connect_to(&server, Security::StartTls);
    client.wait_until("the ClientHello", |_| server.has_logged("<- a ClientHello"));
    cancel_session(&mut client, "in the handshake of STARTTLS");
}

#[test]
fn in_a_flood() {
    // Complete replies, which reach no cap, and the client does not read its events.
    let octets = b"220 and again\r\n".repeat(4000);
    let server = Scripted::start(vec![Step::Flood(octets, 5000)]);
    let mut client = Client::connect_to(&server, Security::None);
    client.wait_for_replies();
    let Flood::Stalled(written) = server.flood() else {
        client.fail("no back-pressure although no events are read");
    };
    println!("{written} octets written while no events were read");
    client.assert_that("bounded", written < 64 << 20);
    cancel_session(&mut client, "in a flood");
    client.assert_that("gone", matches!(server.flood(), Flood::Disconnected(_)));
}

#[test]
fn while_the_server_does_not_read() {
    let server = Scripted::start(to_data(vec![says("354 go on"), Step::Gate, Step::Cut]));
    let mut client = Client::connect_to(&server, Security::None);
    talk_to_data(&mut client);
    client.send(Command::SendMessage(message(64 << 20)));
    // Entries for the first lines come when their first octets are sent.
    client.wait_until("the first lines", |client| client.entries.len() > 100);
    cancel_session(&mut client, "while the server does not read");
    server.open_gate();
}

#[test]
fn at_a_cap() {
    let server = Scripted::start(vec![Step::Flood(vec![b'x'; 64 * 1024], 4000)]);
    let mut client = Client::connect_to(&server, Security::None);
    client.wait_until("the cap", |client| client.status.paused.is_some());
    cancel_session(&mut client, "at a cap");
}
