//! The way in and out: addresses tried, each with its own error, families, a connection in place of
//! another, a driver that goes away.

use std::net::SocketAddr;
use std::time::Duration;

use ehlo::net::{
    Attempt, Command, ConnectError, Failure, Family, Plan, ResolveError, Security, Step as Dial,
};
use ehlo::smtp::{End, Link, NotSentReason, Phase};
use tokio::net::TcpSocket;

use super::cancel::BlackHole;
use super::client::{Client, TIMEOUT, plan};
use crate::support::scripted::{Scripted, Step, expects, says};

/// A plan for an address at which no script plays.
pub fn plan_for(address: SocketAddr) -> Plan {
    Plan {
        host: address.ip().to_string(),
        port: address.port(),
        timeout: TIMEOUT,
        ..Plan::default()
    }
}

#[test]
fn r18_refused_port() {
    // Bound and not listening: refused, and no other test can get the port meanwhile.
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
    client.over();
    let [Failure::Connect(attempts)] = &client.failures[..] else {
        client.fail("no failure to connect");
    };
    let [
        Attempt {
            address: tried,
            error,
            ..
        },
    ] = &attempts[..]
    else {
        client.fail("one attempt was to be");
    };
    client.same("address", tried, &address);
    client.same("error", error, &ConnectError::Refused);
    client.shows(&format!("-- trying {address}"));
    client.shows(&format!("!! {address}: refused (…ms)"));
    client.shows("!! no address let us in (1 tried)");
}

#[test]
fn r18_nothing_comes_back() {
    let hole = BlackHole::dig();
    let patience = Duration::from_secs(1);
    let mut client = Client::new();
    client.connect(Plan {
        timeout: patience,
        ..plan_for(hole.address())
    });
    client.over();
    let [Failure::Connect(attempts)] = &client.failures[..] else {
        client.fail("no failure to connect");
    };
    client.same(
        "error",
        &attempts[0].error,
        &ConnectError::TimedOut(patience),
    );
    client.shows("!! …: timed out after 1 s (…ms)");
}

#[test]
fn r18_every_address_of_a_name_is_told() {
    // What a machine knows as localhost differs; the server listens on one address of it.
    let server = Scripted::start(vec![says("220 mx.example ESMTP")]);
    let mut client = Client::new();
    client.watch(&server);
    client.connect(Plan {
        host: "localhost".to_owned(),
        ..plan(&server, Security::None)
    });
    client.answered();
    let Some(Dial::Resolved { addresses, took }) = client
        .steps
        .iter()
        .find(|step| matches!(step, Dial::Resolved { .. }))
    else {
        client.fail("no addresses");
    };
    client.check("the lookup was timed", took.is_some());
    for address in addresses {
        let tried = client.steps.contains(&Dial::Trying(*address));
        let told = client.steps.iter().any(|step| match step {
            Dial::Connected { peer, .. } => peer == address && *peer == server.address(),
            Dial::Failed(attempt) => {
                attempt.address == *address && attempt.error == ConnectError::Refused
            }
            _ => false,
        });
        let before = addresses
            .iter()
            .take_while(|before| **before != server.address())
            .any(|before| before == address);
        client.check(
            &format!("{address} was tried and told: {:?}", client.steps),
            told == tried && (tried || !before),
        );
    }
}

#[test]
fn r18_a_name_that_is_none() {
    // No resolver is asked for a label of over 63 octets.
    let mut client = Client::new();
    client.connect(Plan {
        host: "x".repeat(70),
        ..plan_for(([127, 0, 0, 1], 25).into())
    });
    client.over();
    client.has_failed(&[Failure::Resolve(ResolveError::NotFound)]);
    client.shows("!! name lookup failed: there is no host of that name");
}

#[test]
fn families_are_kept_to() {
    for (host, family, name) in [
        ("127.0.0.1", Family::V6, "IPv6"),
        ("::1", Family::V4, "IPv4"),
    ] {
        let mut client = Client::new();
        client.connect(Plan {
            host: host.to_owned(),
            family,
            ..plan_for(([127, 0, 0, 1], 25).into())
        });
        client.over();
        client.has_failed(&[Failure::Resolve(ResolveError::NoneOfFamily(name))]);
    }
}

#[test]
fn without_a_name_ours_is_the_address() {
    for (address, family, helo) in [
        ("127.0.0.1:0", Family::V4, "EHLO [127.0.0.1]"),
        ("[::1]:0", Family::V6, "EHLO [IPv6:::1]"),
    ] {
        let script = vec![says("220 x"), expects(helo), says("250 x")];
        let server = Scripted::on(address, vec![script]);
        let mut client = Client::new();
        client.watch(&server);
        client.connect(Plan {
            helo: None,
            family,
            ..plan(&server, Security::StartTls)
        });
        client.reaches(Phase::Ready);
        client.shows(&format!("C: {helo}"));
    }
}

#[test]
fn a_connection_makes_room_for_the_next() {
    let script = |name: &str| {
        vec![
            says(&format!("220 {name}")),
            expects("EHLO me.example"),
            says("250-x\r\n250 AUTH PLAIN"),
        ]
    };
    let server = Scripted::on("127.0.0.1:0", vec![script("first"), script("second")]);
    let mut client = Client::of(&server, Security::None);
    client.answered();
    client.asks("EHLO me.example");
    client.connect(plan(&server, Security::None));
    client.until("the end of the first", |client| client.ends == [End::ByUs]);
    client.until("the second", |client| client.status.phase == Phase::Greeted);
    client.reads(&["S: 220 second"]);
    client.check(
        "nothing is left of the first",
        client.status.capabilities == ehlo::smtp::CapabilityHistory::default()
            && client.status.link == Link::Clear,
    );
    client.asks("EHLO me.example");
    client.has_failed(&[]);
}

#[test]
fn a_way_that_leads_nowhere_makes_room_too() {
    let hole = BlackHole::dig();
    let server = Scripted::start(vec![says("220 mx.example ESMTP")]);
    let mut client = Client::new();
    client.watch(&server);
    client.connect(plan_for(hole.address()));
    client.until("the try", |client| {
        client.steps.contains(&Dial::Trying(hole.address()))
    });
    client.connect(plan(&server, Security::None));
    client.until("the server behind it", |client| {
        client.status.phase == Phase::Greeted
    });
    client.has_failed(&[Failure::Cancelled]);
}

#[test]
fn a_cancel_of_nothing_spares_the_next_connection() {
    let server = Scripted::start(vec![says("220 mx.example ESMTP")]);
    let mut client = Client::new();
    client.watch(&server);
    client.cancel();
    client.connect(plan(&server, Security::None));
    client.answered();
    client.stands(Phase::Greeted);
}

#[test]
fn a_second_cancel_spares_the_next_connection() {
    let greeting = || vec![says("220 mx.example ESMTP")];
    let server = Scripted::on("127.0.0.1:0", vec![greeting(), greeting()]);
    let mut client = Client::of(&server, Security::None);
    client.answered();
    client.cancel();
    client.until("the end", |client| client.ends == [End::ByUs]);
    client.cancel();
    client.connect(plan(&server, Security::None));
    client.until("a greeting", |client| {
        client.status.phase == Phase::Greeted || client.ends.len() + client.failures.len() > 1
    });
    client.stands(Phase::Greeted);
}

#[test]
fn a_connection_is_closed_when_asked_to() {
    let server = Scripted::start(vec![says("220 mx.example ESMTP")]);
    let mut client = Client::of(&server, Security::None);
    client.answered();
    client.send(Command::Close);
    client.over();
    client.reads(&["S: 220 mx.example ESMTP", "-- connection closed by ehlo"]);
    client.types("NOOP");
    client.came_back(&[("NOOP", NotSentReason::NotConnected)]);
}

#[test]
fn r15_a_driver_that_is_gone_ends_the_task() {
    // Wherever the task is, the server sees the end: a script ends with the client's going.
    let table = [
        (Security::None, says("220 x"), r"-> 220 x\r\n"),
        (Security::None, Step::Gate, "waits at the gate"),
        (Security::Implicit, Step::ClientHello, "<- a ClientHello"),
    ];
    for (security, step, noted) in table {
        let server = Scripted::start(vec![step]);
        let mut client = Client::of(&server, security);
        client.until(noted, |_| server.has_logged(noted));
        drop(client);
        server.open_gate();
        drop(server);
    }
}

#[test]
fn a_driver_that_is_gone_ends_the_thread() {
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
    let hole = BlackHole::dig();
    for dials in [false, true] {
        let before = threads();
        let mut client = Client::new();
        // A line that comes back shows that the thread runs and has its name.
        client.types("NOOP");
        if dials {
            client.connect(plan_for(hole.address()));
            client.until("the try", |client| {
                client.steps.contains(&Dial::Trying(hole.address()))
            });
        }
        // Those of tests beside this one are among them, and end as well.
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
fn no_line_that_came_back_is_lost_in_a_cancel() {
    // The driver takes no events, so that their queue is full when it cancels.
    const LINES: usize = 40;
    let server = Scripted::start(vec![says("220 mx.example ESMTP")]);
    let mut client = Client::of(&server, Security::None);
    client.answered();
    for number in 0..LINES {
        client.push(&format!("AUTH PLAIN {number:04}"), false);
    }
    // The task fills the queue and is stuck with one batch in hand; no event can tell.
    std::thread::sleep(Duration::from_millis(200));
    client.cancel();
    client.until("all lines", |client| {
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
    client.same("lines", &lines, &expected);
}

#[test]
fn a_line_typed_too_early_comes_back() {
    let mut client = Client::new();
    client.push("EHLO me.example", false);
    client.until("the line", |client| !client.not_sent.is_empty());
    client.came_back(&[("EHLO me.example", NotSentReason::NotConnected)]);
}
