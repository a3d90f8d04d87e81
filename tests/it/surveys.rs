//! The ports of a server and whether it is in order, in the console: rows that come beside the session,
//! a port that is chosen, and how a survey is stopped.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use crossterm::event::KeyCode;
use ehlo::config::TlsChoice;
use ehlo::headless::check::{Check, Finding, Status, TargetReport};
use ehlo::headless::ports::{Door, Ports};
use ehlo::headless::{Stage as Reached, Stop, Survey};
use ehlo::net::{ConnectAttempt, ConnectError, Event, Failure, Security};
use ehlo::practice::{Options, Practice};
use ehlo::smtp::line::{Ending, Line};
use ehlo::smtp::reply::ReplyReader;
use ehlo::smtp::{Capabilities, End, Reply};
use ehlo::tui::{Findings, Look, SessionMessage, SurveyNews};

use crate::support::program::ehlo;
use crate::support::pty::{EHLO, Home};
use crate::support::stage::{Stage, more};

fn reply(text: &str) -> Reply {
    let mut reader = ReplyReader::default();
    let lines = text.lines().map(|line| Line {
        bytes: format!("{line}{}", more()).into_bytes(),
        ending: Ending::CrLf,
    });
    let replies = lines.filter_map(|line| reader.push(&line).reply);
    replies.last().unwrap()
}

fn host() -> IpAddr {
    [203, 0, 113, 25].into()
}

fn places() -> Vec<SocketAddr> {
    let ports = [25, 465, 587, 2525].into_iter();
    ports.map(|port| SocketAddr::new(host(), port)).collect()
}

fn attempt(port: u16, error: ConnectError) -> Survey {
    let failure = Failure::Connect(vec![ConnectAttempt {
        address: SocketAddr::new(host(), port),
        error,
        took: Duration::from_millis(3),
    }]);
    Survey {
        stop: Some((Reached::Connect, Stop::Failed(failure))),
        ..Survey::default()
    }
}

fn talking() -> Survey {
    let offers = "250-mx.example.test\n250-SIZE 1000\n250 AUTH PLAIN LOGIN";
    Survey {
        connect_time: Some(Duration::from_millis(12)),
        greeting: Some(reply("220 mx.example.test ESMTP")),
        clear: Some(Capabilities::parse(&reply(offers))),
        ..Survey::default()
    }
}

fn door(port: u16, survey: Survey) -> Door {
    Door {
        address: SocketAddr::new(host(), port),
        security: Security::StartTls,
        survey,
    }
}

fn ports(doors: Vec<Door>) -> Findings {
    let host = "mx.example.test".to_owned();
    Findings::Ports(places(), Ports { host, doors })
}

fn some() -> Findings {
    ports(vec![door(25, attempt(25, ConnectError::Refused))])
}

fn all() -> Findings {
    let silent = attempt(465, ConnectError::TimedOut(Duration::from_secs(10)));
    let closed = Survey {
        connect_time: Some(Duration::from_millis(12)),
        stop: Some((Reached::Banner, Stop::Ended(End::Closed))),
        ..Survey::default()
    };
    ports(vec![
        door(25, attempt(25, ConnectError::Refused)),
        door(465, silent),
        door(587, talking()),
        door(2525, closed),
    ])
}

fn report(overall: Status) -> Findings {
    let mut findings = vec![
        Finding::new(Check::Connect, Status::Ok, "12 ms"),
        Finding::new(
            Check::Greeting,
            Status::Ok,
            format!("41 ms: 220 mx{}", more()),
        ),
    ];
    if overall != Status::Unknown {
        let value = "self-signed: nobody vouches for it";
        findings.push(
            Finding::new(Check::Certificate, Status::Warning, value)
                .with_action("Get a certificate from a CA that mail servers trust"),
        );
    }
    for finding in &mut findings {
        finding.host = Some("mx.example.test".to_owned());
        finding.address = Some(SocketAddr::new(host(), 587));
    }
    Findings::Check(TargetReport {
        target: "mx.example.test:587".to_owned(),
        findings,
        overall,
        time: None,
        certificate_days: None,
    })
}

fn news(stage: &mut Stage, news: SurveyNews) {
    stage.tell(SessionMessage::Surveyed(1, Box::new(news)));
}

/// A console whose connection was refused.
fn refused(look: Look) -> Stage {
    let mut stage = Stage::connected(look);
    let attempt = ConnectAttempt {
        address: SocketAddr::new(host(), 587),
        error: ConnectError::Refused,
        took: Duration::from_millis(3),
    };
    stage.wire(Event::Failed(Failure::Connect(vec![attempt])));
    stage
}

/// The states of this module for the screen snapshots.
pub fn states(look: Look) -> Vec<(&'static str, Stage)> {
    let mut states = Vec::new();
    let mut add = |name, command: &str, acts: fn(&mut Stage)| {
        let mut stage = refused(look);
        match command {
            "" => {}
            "a" => stage.control('a'),
            command => {
                stage.key(KeyCode::Esc);
                stage.press(command);
            }
        }
        acts(&mut stage);
        states.push((name, stage));
    };
    add("no-connection", "", |_| {});
    add("ports-begun", "a", |_| {});
    add("ports-some", "a", |stage| {
        news(stage, SurveyNews::Part(some()));
    });
    add("ports-stopped", "a", |stage| {
        news(stage, SurveyNews::Part(some()));
        stage.key(KeyCode::Esc);
    });
    add("ports", "a", |stage| {
        news(stage, SurveyNews::Whole(all()));
    });
    add("ports-error", "a", |stage| {
        news(stage, SurveyNews::Whole(all()));
        stage.press("kk\n");
    });
    add("ports-no-name", ":ports nowhere.example\n", |stage| {
        let words = "nowhere.example: there is no such host".to_owned();
        news(stage, SurveyNews::Failed(words));
    });
    add("check-begun", ":check\n", |_| {});
    add("check-some", ":check\n", |stage| {
        news(stage, SurveyNews::Part(report(Status::Unknown)));
    });
    add("check", ":check\n", |stage| {
        news(stage, SurveyNews::Whole(report(Status::Warning)));
    });
    states
}

#[test]
fn a_port_is_chosen_and_connected_to_with_its_tls() {
    for (security, expected) in [
        (Security::StartTls, TlsChoice::None),
        (Security::Implicit, TlsChoice::Implicit),
    ] {
        let mut stage = refused(Look::default());
        stage.shows("look at its mail ports");
        stage.control('a');
        let Findings::Ports(places, mut found) = all() else {
            panic!()
        };
        found.doors[2].security = security;
        news(
            &mut stage,
            SurveyNews::Whole(Findings::Ports(places, found)),
        );
        // What is closed is not connected to; the one to use is chosen already.
        stage.press("kk\n");
        stage.shows("port 25 takes no connection");
        stage.press("jj\n");
        let destination = stage.model.session.connection.destination.as_ref().unwrap();
        assert_eq!(destination.target.port, 587);
        assert_eq!(destination.target.host, "mx.example.test");
        assert_eq!(destination.tls, expected);
        stage.hides("Ports of");
    }
}

#[test]
fn nothing_is_connected_to_if_no_port_takes_connections() {
    let mut stage = refused(Look::default());
    stage.control('a');
    news(&mut stage, SurveyNews::Whole(some()));
    stage.hides("Enter connect");
    stage.shows("Enter close");
    stage.key(KeyCode::Enter);
    stage.hides("Ports of");
}

#[test]
fn the_first_esc_stops_and_what_was_found_stays() {
    let mut stage = refused(Look::default());
    stage.control('a');
    news(&mut stage, SurveyNews::Part(some()));
    stage.shows("Looking: 1 of 4 ports so far. Esc stops.");
    stage.key(KeyCode::Esc);
    // What comes late does not count.
    news(&mut stage, SurveyNews::Whole(all()));
    stage.shows("Stopped: 1 of 4 ports so far.");
    stage.shows("25     refused: nothing listens");
    stage.hides("What to use");
    stage.key(KeyCode::Esc);
    stage.hides("Ports of");
    // Nor does news of an earlier survey.
    stage.press(":ports\n");
    news(&mut stage, SurveyNews::Part(all()));
    stage.shows("Looking: names are looked up. Esc stops.");
}

#[test]
fn what_was_found_is_copied() {
    let mut stage = refused(Look::default());
    stage.control('a');
    news(&mut stage, SurveyNews::Whole(all()));
    stage.type_text("y");
    let copied = String::from_utf8(stage.clipboard.clone()).unwrap();
    assert!(copied.contains("Use port 587"), "{copied}");
    assert!(copied.contains("2525"), "{copied}");
}

#[test]
fn without_a_server_a_name_is_needed() {
    for (command, words) in [
        (
            ":ports\n",
            "not connected to any server yet: use :ports HOST",
        ),
        (
            ":check\n",
            "not connected to any server yet: use :check TARGET",
        ),
        (":check a b\n", "invalid"),
    ] {
        let mut stage = Stage::new(Look::default());
        stage.press(command);
        stage.shows(words);
    }
}

/// The real thing: the session goes on while the practice server is looked at.
#[test]
fn the_practice_server_is_looked_at_and_checked() {
    let practice = Practice::spawn(Options::default()).unwrap();
    let home = Home::new();
    let mut console = home.ehlo_sized(100, 40, &[&practice.plain().to_string()]);
    console.wait_for("220 ");
    console.enter(":ports");
    console.wait_for("What to use");
    console.wait_for("open, STARTTLS works");
    console.key("Esc");
    console.wait_gone("What to use");
    console.enter(":check");
    let screen = console.wait_for("Overall:");
    assert!(
        screen.contains("starttls     ok: offered, and it works"),
        "{screen}"
    );
    console.key("Esc");
    console.wait_gone("Overall:");
    console.enter("NOOP");
    console.wait_for("-> NOOP");
    // The remedy of a failure, then the chosen port.
    console.enter(":connect 127.0.0.1:1");
    console.wait_for("No connection to 127.0.0.1:1");
    console.key("C-a");
    console.wait_for("None of these ports is open");
}

/// `ehlo check` says on a terminal how far it is, and nowhere else.
#[test]
fn a_check_says_on_a_terminal_how_far_it_is() {
    let home = Home::new();
    let run = |flags: &[&str]| {
        let arguments = [&["check", "--practice"], flags].concat();
        let mut console = home.run((80, 24), &[], EHLO, &arguments);
        console.wait_exit();
        (
            String::from_utf8_lossy(&console.raw()).into_owned(),
            console.screen(),
        )
    };
    let (raw, screen) = run(&[]);
    assert!(raw.contains("checking 1 target"), "{raw}");
    assert!(raw.contains("1 of 1 checked"), "{raw}");
    assert!(screen.contains("certificate  ok"), "{screen}");
    assert!(
        !screen.contains("check") && !screen.contains("so far"),
        "{screen}"
    );
    for format in ["json", "nagios"] {
        let (raw, _) = run(&["--format", format]);
        assert!(!raw.contains("checking"), "{raw}");
    }
    let output = ehlo(&home, &["check", "--practice"], b"");
    assert!(output.stderr.is_empty(), "{output:?}");
}
