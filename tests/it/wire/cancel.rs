//! Whatever the wire is at, a cancel ends it.

use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use ehlo::net::{Command, Failure, Security, Step as Dial};
use ehlo::smtp::End;
use tokio::net::{TcpListener, TcpSocket};
use tokio::runtime::Runtime;

use super::client::Client;
use super::connect::plan_for;
use super::message::{message, talk_to_data, to_data};
use crate::support::scripted::{Flood, Scripted, Step, expects, says};

/// An address on loopback that answers no SYN: its queue of connections to accept is full.
pub struct BlackHole {
    _runtime: Runtime,
    listener: TcpListener,
    _queued: Vec<TcpStream>,
}

impl BlackHole {
    /// Fills the queue of a listener that never accepts.
    pub fn dig() -> Self {
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
            assert!(queued.len() < 100, "the queue does not fill");
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

/// Cancels and waits for the end; prints how long that took.
fn cancel(client: &mut Client, kind: &str) {
    let since = Instant::now();
    client.cancel();
    client.over();
    println!("cancelled {kind}: {:.1?}", since.elapsed());
}

fn cancelled(client: &mut Client, kind: &str) {
    cancel(client, kind);
    client.has_failed(&[Failure::Cancelled]);
    client.has_ended(&[]);
    client.shows("!! cancelled");
}

fn ended(client: &mut Client, kind: &str) {
    cancel(client, kind);
    client.has_ended(&[End::ByUs]);
    client.has_failed(&[]);
    client.shows("… connection closed by ehlo");
}

#[test]
fn while_connecting() {
    let hole = BlackHole::dig();
    let mut client = Client::new();
    client.connect(plan_for(hole.address()));
    client.until("the try", |client| {
        client.steps.contains(&Dial::Trying(hole.address()))
    });
    cancelled(&mut client, "while connecting");
}

#[test]
fn before_it_began() {
    let hole = BlackHole::dig();
    let mut client = Client::new();
    client.connect(plan_for(hole.address()));
    cancelled(&mut client, "before it began");
}

#[test]
fn while_waiting_for_a_greeting() {
    let server = Scripted::start(vec![]);
    let mut client = Client::of(&server, Security::None);
    client.until("the wait", |client| client.status.waiting.is_some());
    ended(&mut client, "while waiting for a greeting");
}

#[test]
fn in_a_handshake_from_the_first_octet() {
    let server = Scripted::start(vec![Step::ClientHello]);
    let mut client = Client::of(&server, Security::Implicit);
    client.until("the ClientHello", |_| server.has_logged("<- a ClientHello"));
    cancelled(&mut client, "in a handshake");
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
    let mut client = Client::of(&server, Security::StartTls);
    client.until("the ClientHello", |_| server.has_logged("<- a ClientHello"));
    ended(&mut client, "in the handshake of STARTTLS");
}

#[test]
fn in_a_flood() {
    // Whole replies, which reach no cap; and the driver does not take what it is told.
    let octets = b"220 and again\r\n".repeat(4000);
    let server = Scripted::start(vec![Step::Flood(octets, 5000)]);
    let mut client = Client::of(&server, Security::None);
    client.answered();
    let Flood::Stalled(written) = server.flood() else {
        client.fail("a driver that takes nothing is no back-pressure");
    };
    println!("{written} octets written while the driver took nothing");
    client.check("bounded", written < 64 << 20);
    ended(&mut client, "in a flood");
    client.check("gone", matches!(server.flood(), Flood::Disconnected(_)));
}

#[test]
fn while_the_server_does_not_read() {
    let server = Scripted::start(to_data(vec![says("354 go on"), Step::Gate, Step::Cut]));
    let mut client = Client::of(&server, Security::None);
    talk_to_data(&mut client);
    client.send(Command::SendMessage(message(64 << 20)));
    // Its first lines are told when the first octets of it are under way.
    client.until("the first lines", |client| client.entries.len() > 100);
    ended(&mut client, "while the server does not read");
    server.open_gate();
}

#[test]
fn at_a_cap() {
    let server = Scripted::start(vec![Step::Flood(vec![b'x'; 64 * 1024], 4000)]);
    let mut client = Client::of(&server, Security::None);
    client.until("the cap", |client| client.status.paused.is_some());
    ended(&mut client, "at a cap");
}
