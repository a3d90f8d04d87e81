//! Connecting and closing: addresses and their errors, address families, a connection that replaces
//! another, a dropped handle.

use std::net::SocketAddr;
use std::time::Duration;

use ehlo::net::{
    Command, ConnectAttempt, ConnectError, ConnectPlan, ConnectStep, Failure, Family, ResolveError,
    Security,
};
use ehlo::smtp::{End, Link, NotSentReason, Phase};
use tokio::net::TcpSocket;

use super::cancel::BlackHole;
use super::client::{Client, TIMEOUT, plan};
use crate::support::scripted::{Scripted, Step, expects, says};

/// A plan for an address without a scripted server.
pub fn plan_for(address: SocketAddr) -> ConnectPlan {
    ConnectPlan {
        host: address.ip().to_string(),
        port: address.port(),
        timeout: TIMEOUT,
        ..ConnectPlan::default()
    }
}

#[test]
fn r18_refused_port() {
    // Bound but not listening: connections are refused, and no other test can take the port.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let _guard = runtime.enter();
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
    let address = socket.local_addr().unwrap();
    let mut client = Client::new();
    client.connect(plan_for(address));
    client.wait_for_end();
    let [Failure::Connect(attempts)] = &client.failures[..] else {
        client.fail("expected a failure to connect");
    };
    let [
        ConnectAttempt {
            address: tried,
            error,
            ..
        },
    ] = &attempts[..]
    else {
        client.fail("expected one attempt");
    };
    client.assert_equal("address", tried, &address);
    client.assert_equal("error", error, &ConnectError::Refused);
    client.assert_line(&format!("-- trying {address}"));
    client.assert_line(&format!("!! {address}: refused (…ms)"));
    client.assert_line("!! could not connect to any address (1 tried)");
}

#[test]
fn r18_no_answer() {
    let hole = BlackHole::new();
    let timeout = Duration::from_secs(1);
    let mut client = Client::new();
    client.connect(ConnectPlan {
        timeout,
        ..plan_for(hole.address())
    });
    client.wait_for_end();
    let [Failure::Connect(attempts)] = &client.failures[..] else {
        client.fail("expected a failure to connect");
    };
    client.assert_equal(
        "error",
        &attempts[0].error,
        &ConnectError::TimedOut(timeout),
    );
    client.assert_line("!! …: timed out after 1 s (…ms)");
}

#[test]
fn r18_reports_every_address_of_a_name() {
    // The addresses of localhost differ between machines; the server listens on one of them.
    let server = Scripted::start(vec![says("220 mx.example ESMTP")]);
    let mut client = Client::new();
    client.show_journal_of(&server);
    client.connect(ConnectPlan {
        host: "localhost".to_owned(),
        ..plan(&server, Security::None)
    });
    client.wait_for_replies();
    let Some(ConnectStep::Resolved { addresses, took }) = client
        .steps
        .iter()
        .find(|step| matches!(step, ConnectStep::Resolved { .. }))
    else {
        client.fail("expected addresses");
    };
    client.assert_that("the lookup has a duration", took.is_some());
    for address in addresses {
        let tried = client.steps.contains(&ConnectStep::Trying(*address));
        let reported = client.steps.iter().any(|step| match step {
            ConnectStep::Connected { peer, .. } => peer == address && *peer == server.address(),
            ConnectStep::Failed(attempt) => {
                attempt.address == *address && attempt.error == ConnectError::Refused
            }
            _ => false,
        });
        let before = addresses
            .iter()
            .take_while(|before| **before != server.address())
            .any(|before| before == address);
        client.assert_that(
            &format!("{address} was tried and reported: {:?}", client.steps),
            reported == tried && (tried || !before),
        );
    }
}

#[test]
fn r18_invalid_host_name() {
    // A resolver is not queried for a label of more than 63 octets.
    let mut client = Client::new();
    client.connect(ConnectPlan {
        host: "x".repeat(70),
        ..plan_for(([127, 0, 0, 1], 25).into())
    });
    client.wait_for_end();
    client.assert_failures(&[Failure::Resolve(ResolveError::NotFound)]);
    client.assert_line("!! name lookup failed: host not found");
}

#[test]
fn respects_the_address_family() {
    for (host, family, name) in [
        ("127.0.0.1", Family::V6, "IPv6"),
        ("::1", Family::V4, "IPv4"),
    ] {
        let mut client = Client::new();
        client.connect(ConnectPlan {
            host: host.to_owned(),
            family,
            ..plan_for(([127, 0, 0, 1], 25).into())
        });
        client.wait_for_end();
        client.assert_failures(&[Failure::Resolve(ResolveError::NoneOfFamily(name))]);
    }
}

#[test]
fn ehlo_uses_the_local_address_without_a_name() {
    for (address, family, helo) in [
        ("127.0.0.1:0", Family::V4, "EHLO [127.0.0.1]"),
        ("[::1]:0", Family::V6, "EHLO [IPv6:::1]"),
    ] {
        let script = vec![says("220 x"), expects(helo), says("250 x")];
        let server = Scripted::on(address, vec![script]);
        let mut client = Client::new();
        client.show_journal_of(&server);
        client.connect(ConnectPlan {
            helo: None,
            family,
            ..plan(&server, Security::StartTls)
        });
        client.wait_for_phase(Phase::Ready);
        client.assert_line(&format!("C: {helo}"));
    }
}

#[test]
fn a_new_connection_replaces_the_current_one() {
    let script = |name: &str| {
        vec![
            says(&format!("220 {name}")),
            expects("EHLO me.example"),
            says("250-x\r\n250 AUTH PLAIN"),
        ]
    };
    let server = Scripted::on("127.0.0.1:0", vec![script("first"), script("second")]);
    let mut client = Client::connect_to(&server, Security::None);
    client.wait_for_replies();
    client.ask("EHLO me.example");
    client.connect(plan(&server, Security::None));
    client.wait_until("the end of the first", |client| client.ends == [End::ByUs]);
    client.wait_until("the second", |client| client.status.phase == Phase::Greeted);
    client.assert_transcript(&["S: 220 second"]);
    client.assert_that(
        "no state is left of the first",
        client.status.capabilities == ehlo::smtp::CapabilityHistory::default()
            && client.status.link == Link::Clear,
    );
    client.ask("EHLO me.example");
    client.assert_failures(&[]);
}

#[test]
fn a_new_connection_replaces_an_attempt() {
    let hole = BlackHole::new();
    let server = Scripted::start(vec![says("220 mx.example ESMTP")]);
    let mut client = Client::new();
    client.show_journal_of(&server);
    client.connect(plan_for(hole.address()));
    client.wait_until("the attempt", |client| {
        client.steps.contains(&ConnectStep::Trying(hole.address()))
    });
    client.connect(plan(&server, Security::None));
    client.wait_until("the greeting of the second", |client| {
        client.status.phase == Phase::Greeted
    });
    client.assert_failures(&[Failure::Cancelled]);
}

#[test]
fn a_cancel_without_a_connection_does_not_affect_the_next() {
    let server = Scripted::start(vec![says("220 mx.example ESMTP")]);
    let mut client = Client::new();
    client.show_journal_of(&server);
    client.cancel();
    client.connect(plan(&server, Security::None));
    client.wait_for_replies();
    client.assert_phase(Phase::Greeted);
}

#[test]
fn a_second_cancel_does_not_affect_the_next_connection() {
    let greeting = || vec![says("220 mx.example ESMTP")];
    let server = Scripted::on("127.0.0.1:0", vec![greeting(), greeting()]);
    let mut client = Client::connect_to(&server, Security::None);
    client.wait_for_replies();
    client.cancel();
    client.wait_until("the end", |client| client.ends == [End::ByUs]);
    client.cancel();
    client.connect(plan(&server, Security::None));
    client.wait_until("a greeting", |client| {
        client.status.phase == Phase::Greeted || client.ends.len() + client.failures.len() > 1
    });
    client.assert_phase(Phase::Greeted);
}

#[test]
fn closes_a_connection_on_request() {
    let server = Scripted::start(vec![says("220 mx.example ESMTP")]);
    let mut client = Client::connect_to(&server, Security::None);
    client.wait_for_replies();
    client.send(Command::Close);
    client.wait_for_end();
    client.assert_transcript(&["S: 220 mx.example ESMTP", "-- connection closed by ehlo"]);
    client.type_line("NOOP");
    client.assert_not_sent(&[("NOOP", NotSentReason::NotConnected)]);
}

#[test]
fn r15_dropping_the_handle_ends_the_task() {
    // In every state the server sees the end: a script ends only when the client closes.
    let table = [
        (Security::None, says("220 x"), r"-> 220 x\r\n"),
        (Security::None, Step::Gate, "waits at the gate"),
        (Security::Implicit, Step::ClientHello, "<- a ClientHello"),
    ];
    for (security, step, noted) in table {
        let server = Scripted::start(vec![step]);
        let mut client = Client::connect_to(&server, security);
        client.wait_until(noted, |_| server.has_logged(noted));
        drop(client);
        server.open_gate();
        drop(server);
    }
}

#[test]
fn dropping_the_handle_ends_the_thread() {
    let threads = || -> Vec<String> {
        let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten();
        tasks
            .filter_map(|task| {
                let task = task.ok()?;
                let name = std::fs::read_to_string(task.path().join("comm")).ok()?;
                let is_wire = name.trim_end() == "wire";
                is_wire.then(|| task.file_name().to_string_lossy().into_owned())
            })
            .collect()
    };
    if !cfg!(target_os = "linux") {
        return;
    }
    let hole = BlackHole::new();
    for dials in [false, true] {
        let before = threads();
        let mut client = Client::new();
        // A line that is returned shows that the thread runs and has its name.
        client.type_line("NOOP");
        if dials {
            client.connect(plan_for(hole.address()));
            client.wait_until("the attempt", |client| {
                client.steps.contains(&ConnectStep::Trying(hole.address()))
            });
        }
        // Threads of parallel tests are among them; they end too.
        let mut left = threads();
        left.retain(|thread| !before.contains(thread));
        assert!(!left.is_empty());
        drop(client);
        let since = std::time::Instant::now();
        while !left.is_empty() && since.elapsed() < TIMEOUT / 2 {
            std::thread::sleep(Duration::from_millis(5));
            let running = threads();
            left.retain(|thread| running.contains(thread));
        }
        assert!(left.is_empty(), "{left:?} still run, dials: {dials}");
    }
}

#[test]
fn a_cancel_loses_no_returned_line() {
    // The client reads no events, so the channel is full when it cancels.
    const LINES: usize = 40;
    let server = Scripted::start(vec![says("220 mx.example ESMTP")]);
    let mut client = Client::connect_to(&server, Security::None);
    client.wait_for_replies();
    for number in 0..LINES {
        client.send_line(&format!("AUTH PLAIN {number:04}"), false);
    }
    // The task fills the channel and waits with one batch pending; no event shows that.
    std::thread::sleep(Duration::from_millis(200));
    client.cancel();
    client.wait_until("all lines", |client| {
        client.not_sent.len() == LINES || {
            let last = format!("AUTH PLAIN {:04}", LINES - 1);
            client
                .not_sent
                .last()
                .is_some_and(|(line, _)| *line == last)
        }
    });
    let lines: Vec<_> = client.not_sent.iter().map(|(line, _)| &**line).collect();
    let expected: Vec<_> = (0..LINES).map(|n| format!("AUTH PLAIN {n:04}")).collect();
    client.assert_equal("lines", &lines, &expected);
}

#[test]
fn returns_a_line_sent_without_a_connection() {
    let mut client = Client::new();
    client.send_line("EHLO me.example", false);
    client.wait_until("the line", |client| !client.not_sent.is_empty());
    client.assert_not_sent(&[("EHLO me.example", NotSentReason::NotConnected)]);
}
