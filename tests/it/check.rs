//! `ehlo check`: servers in all states, with the DNS played by the test, through the real program.

use std::fmt::Write as _;
use std::net::UdpSocket;
use std::process::Output;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ehlo::net::Fingerprint;
use rcgen::{CertificateParams, date_time_ymd};
use serde_json::Value;
use tokio_rustls::rustls::ServerConfig;

use crate::support::harmless::assert_harmless;
use crate::support::names::{NameRecord, address, alias, mx, name_of, nameserver, tlsa};
use crate::support::program::ehlo;
use crate::support::pty::Home;
use crate::support::scripted::{Scripted, Step, expects, says};
use crate::support::session::{HELO, goodbye, introduced, session, upgraded};
use crate::wire::certificates::{Authority, ServerIdentity, leaf_params};

/// Loopback addresses on which nothing else listens.
const ONE: &str = "127.45.0.1";
const TWO: &str = "127.45.0.2";

/// A test's CA, and a home in which its certificate is a file.
struct World {
    home: Home,
    authority: Authority,
    ca_file: String,
}

impl World {
    fn new() -> Self {
        let authority = Authority::new("Test Root");
        let home = Home::new();
        let mut pem = "-----BEGIN CERTIFICATE-----\n".to_owned();
        for line in BASE64_STANDARD
            .encode(authority.der())
            .as_bytes()
            .chunks(64)
        {
            writeln!(pem, "{}", String::from_utf8_lossy(line)).unwrap();
        }
        pem.push_str("-----END CERTIFICATE-----\n");
        let ca_file = home.file("ca.pem", pem);
        Self {
            home,
            authority,
            ca_file,
        }
    }

    /// A server that is in order, and offers STARTTLS in its last line.
    fn good(&self) -> Vec<Step> {
        upgraded(
            &self.valid(),
            &["SIZE 35882577", "STARTTLS"],
            &["SIZE 35882577"],
        )
    }

    fn valid(&self) -> Arc<ServerConfig> {
        self.with(&|_| {})
    }

    /// A server with a certificate that is changed a little.
    fn with(&self, change: &dyn Fn(&mut CertificateParams)) -> Arc<ServerConfig> {
        let mut params = leaf_params(&["mx.example"]);
        change(&mut params);
        self.authority.issue(&params).server()
    }

    fn check(&self, targets: &[&str], records: &[NameRecord], flags: &[&str]) -> Output {
        let dns = nameserver(records.to_vec()).to_string();
        let mut arguments = vec!["check"];
        arguments.extend(targets);
        arguments.extend(["--dns", &dns, "--helo", HELO, "--ca-file", &self.ca_file]);
        if !flags.contains(&"--reply-timeout") {
            arguments.extend(["--reply-timeout", "2s"]);
        }
        arguments.extend(flags);
        ehlo(&self.home, &arguments, b"")
    }
}

/// The names of a host that is in order, at [`ONE`].
fn good_names() -> Vec<NameRecord> {
    vec![address("mx.example", ONE), name_of(ONE, "mx.example")]
}

fn server(script: Vec<Step>) -> Scripted {
    Scripted::on(&format!("{ONE}:0"), vec![script])
}

/// The findings of `--format json`, those that are not ok, as `check status`; with what was measured.
fn problems(output: &Output) -> Vec<(String, String)> {
    let text = String::from_utf8_lossy(&output.stdout);
    let lines = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let findings = lines.filter(|line| line["check"].is_string() && line["status"] != "ok");
    let shown = |value: &Value| value.as_str().unwrap().to_owned();
    findings
        .map(|line| {
            let value = shown(&line["value"]);
            (
                format!("{} {}", shown(&line["check"]), shown(&line["status"])),
                value,
            )
        })
        .collect()
}

/// Checks the exit status and the problems: each with a word of what was measured. What is not checked
/// for another reason is left out.
#[track_caller]
fn assert_problems(name: &str, output: &Output, status: i32, expected: &[(&str, &str)]) {
    let printed = String::from_utf8_lossy(&output.stdout);
    let about = format!(
        "{name}: {printed}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(output.status.code(), Some(status), "{about}");
    let mut found = problems(output);
    found.retain(|(_, value)| !value.starts_with("not checked"));
    let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
    let wanted: Vec<&str> = expected.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, wanted, "{about}");
    for ((_, value), (_, words)) in found.iter().zip(expected) {
        assert!(value.contains(words), "{words}: {about}");
    }
}

#[test]
fn each_state_of_a_server_has_its_findings() {
    let world = World::new();
    let today = |days: i64| {
        let now = std::time::SystemTime::now() + Duration::from_secs(86_400 * days as u64);
        date_time_ymd(1970, 1, 1) + now.duration_since(std::time::UNIX_EPOCH).unwrap()
    };
    let expires = |days| {
        upgraded(
            &world.with(&|params| params.not_after = today(days)),
            &["STARTTLS"],
            &["SIZE"],
        )
    };
    let expired = world.with(&|params| {
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2021, 2, 3);
    });
    let self_signed = ServerIdentity::self_signed(&leaf_params(&["mx.example"])).server();
    let slow = [
        vec![Step::Drip(b"220".to_vec(), Duration::from_millis(300))],
        session(" mx.example ESMTP", &["STARTTLS"])[..1].to_vec(),
        world.good()[1..].to_vec(),
    ]
    .concat();
    let mut refused = [
        vec![says("220 mx.example ESMTP")],
        introduced(&["STARTTLS"]),
    ]
    .concat();
    refused.extend([expects("STARTTLS"), says("454 no certificate")]);
    refused.extend(goodbye());
    let masked = session("220 ******** ESMTP", &["SIZE", "XXXXXXXA"]);
    // Each: what happens, the server, flags, the exit status, the findings that are not ok.
    let scenes: Vec<(&str, Vec<Step>, &[&str], i32, &[(&str, &str)])> = vec![
        (
            "in order, STARTTLS in the last line",
            world.good(),
            &[],
            0,
            &[],
        ),
        (
            "no greeting",
            vec![],
            &["--reply-timeout", "300ms"],
            2,
            &[("greeting critical", "no greeting within 0.3 s")],
        ),
        (
            "a late greeting",
            slow,
            &["--slow", "500ms"],
            1,
            &[("greeting warning", "(more than 0.5 s)")],
        ),
        (
            "the greeting refuses",
            vec![
                says("554 no"),
                expects("QUIT"),
                says("221 bye"),
                Step::Close,
            ],
            &[],
            2,
            &[("greeting critical", "554 no")],
        ),
        (
            "closed",
            vec![Step::Close],
            &[],
            2,
            &[("greeting critical", "closed by the server")],
        ),
        (
            "not SMTP",
            vec![says("HTTP/1.1 400 Bad Request")],
            &["--reply-timeout", "300ms"],
            2,
            &[("greeting critical", "not SMTP: HTTP/1.1 400")],
        ),
        (
            "EHLO is refused",
            vec![
                says("220 mx.example"),
                expects("EHLO me.example"),
                says("502 no"),
                expects("QUIT"),
                says("221 bye"),
                Step::Close,
            ],
            &[],
            2,
            &[("ehlo critical", "502 no")],
        ),
        (
            "no STARTTLS, and a login in clear",
            session("220 mx.example ESMTP", &["AUTH PLAIN"]),
            &[],
            1,
            &[
                ("auth warning", "PLAIN"),
                ("starttls warning", "not offered"),
            ],
        ),
        (
            "STARTTLS is refused",
            refused,
            &[],
            2,
            &[("starttls critical", "454 no certificate")],
        ),
        (
            "inspection",
            masked,
            &[],
            1,
            &[
                ("names warning", "******** is not a host name"),
                ("ehlo warning", "XXXXXXXA"),
                ("starttls warning", "not offered"),
            ],
        ),
        (
            "expired",
            upgraded(&expired, &["STARTTLS"], &["SIZE"]),
            &[],
            1,
            &[("certificate warning", "expired 2021-02-03")],
        ),
        (
            "self-signed",
            upgraded(&self_signed, &["STARTTLS"], &["SIZE"]),
            &[],
            1,
            &[("certificate warning", "self-signed")],
        ),
        (
            "expires soon",
            expires(15),
            &[],
            1,
            &[("expiry warning", "15 days left")],
        ),
        (
            "expires later than the user minds",
            expires(15),
            &["--warn-days", "10"],
            0,
            &[],
        ),
        (
            "expires very soon",
            expires(3),
            &[],
            2,
            &[("expiry critical", "3 days left")],
        ),
    ];
    for (name, script, flags, status, findings) in scenes {
        let server = server(script);
        let target = format!("mx.example:{}", server.address().port());
        let flags = [&["--json"], flags].concat();
        let output = world.check(&[&target], &good_names(), &flags);
        assert_problems(
            &format!("{name}\n{}", server.log()),
            &output,
            status,
            findings,
        );
    }
}

#[test]
fn a_certificate_counts_more_where_passwords_go() {
    let world = World::new();
    let self_signed = ServerIdentity::self_signed(&leaf_params(&["mx.example"])).server();
    let secured = [
        vec![Step::Tls(self_signed)],
        session("220 mx.example", &["SIZE"]),
    ]
    .concat();
    let server = server(secured);
    let target = format!("smtps://mx.example:{}", server.address().port());
    let output = world.check(&[&target], &good_names(), &["--json"]);
    assert_problems(
        "smtps",
        &output,
        2,
        &[("certificate critical", "self-signed")],
    );
}

#[test]
fn the_names_of_an_address_are_checked() {
    let world = World::new();
    let none = vec![address("mx.example", ONE)];
    let elsewhere = [
        good_names(),
        vec![name_of(ONE, "other.example"), address("other.example", TWO)],
    ]
    .concat();
    let wrong = vec![
        address("mx.example", ONE),
        name_of(ONE, "other.example"),
        address("other.example", TWO),
    ];
    let lost = vec![address("mx.example", ONE), name_of(ONE, "lost.example")];
    let unknown_greeting = vec![address("alias.example", ONE), name_of(ONE, "alias.example")];
    for (records, host, findings) in [
        (
            none,
            "mx.example",
            &[("reverse-dns warning", "has no name (PTR)")][..],
        ),
        (elsewhere, "mx.example", &[]),
        (
            wrong,
            "mx.example",
            &[(
                "reverse-dns warning",
                "other.example, which does not lead back",
            )],
        ),
        (
            lost,
            "mx.example",
            &[(
                "reverse-dns warning",
                "lost.example, which does not lead back",
            )],
        ),
        (
            unknown_greeting,
            "alias.example",
            &[("names warning", "mx.example does not resolve")],
        ),
    ] {
        let names = leaf_params(&["mx.example", "alias.example"]);
        let config = world.authority.issue(&names).server();
        let server = server(upgraded(&config, &["STARTTLS"], &["SIZE"]));
        let target = format!("{host}:{}", server.address().port());
        let output = world.check(&[&target], &records, &["--json"]);
        let status = i32::from(!findings.is_empty());
        assert_problems(&format!("{records:?}"), &output, status, findings);
    }
}

#[test]
fn the_mail_servers_of_a_domain_are_checked() {
    let world = World::new();
    let host = |extra: &[NameRecord]| [good_names(), extra.to_vec()].concat();
    let two = [address("b.example", TWO), name_of(TWO, "b.example")];
    let dead = [
        &two[..],
        &[
            mx("d.example", 10, "mx.example"),
            mx("d.example", 20, "b.example"),
        ],
    ]
    .concat();
    // Each: what happens, the records besides the good ones, whether the good server is visited, the
    // exit status, the findings.
    let scenes: Vec<(&str, Vec<NameRecord>, bool, i32, &[(&str, &str)])> = vec![
        ("one", vec![mx("d.example", 10, "mx.example")], true, 0, &[]),
        (
            "none, but an address",
            vec![address("d.example", TWO)],
            false,
            2,
            &[
                ("reverse-dns warning", "no name"),
                ("connect critical", "refused"),
            ],
        ),
        (
            "no such domain",
            vec![],
            false,
            2,
            &[("mx critical", "NXDOMAIN")],
        ),
        (
            "null MX",
            vec![mx("d.example", 0, "")],
            false,
            2,
            &[("mx critical", "null MX")],
        ),
        (
            "an address",
            vec![mx("d.example", 10, "127.45.0.1")],
            false,
            2,
            &[("name critical", "names an address")],
        ),
        (
            "an alias",
            vec![
                mx("d.example", 10, "c.example"),
                alias("c.example", "mx.example"),
            ],
            true,
            1,
            &[
                ("name warning", "an alias (CNAME) of mx.example"),
                ("certificate warning", "wrong name"),
            ],
        ),
        (
            "one of two is dead",
            dead,
            true,
            1,
            &[("connect critical", "refused")],
        ),
        (
            "one of two has no address",
            vec![
                mx("d.example", 10, "mx.example"),
                mx("d.example", 20, "gone.example"),
            ],
            true,
            1,
            &[("name critical", "host not found")],
        ),
    ];
    for (name, extra, visited, status, findings) in scenes {
        let server = server(if visited { world.good() } else { vec![] });
        let target = format!("@d.example:{}", server.address().port());
        let output = world.check(&[&target], &host(&extra), &["--json"]);
        if !visited {
            // The server waits for a visit, so that its port stays its own.
            drop(std::net::TcpStream::connect(server.address()).unwrap());
        }
        let mut sorted = problems(&output);
        sorted.retain(|(_, value)| !value.starts_with("not checked"));
        let mut wanted = findings.to_vec();
        wanted.sort_unstable();
        sorted.sort_unstable();
        let about = format!(
            "{name}: {sorted:?} {}",
            String::from_utf8_lossy(&output.stdout)
        );
        assert_eq!(output.status.code(), Some(status), "{about}");
        assert_eq!(sorted.len(), wanted.len(), "{about}");
        for ((found, value), (check, words)) in sorted.iter().zip(wanted) {
            assert!(
                found == check && value.contains(words),
                "{check} {words}: {about}"
            );
        }
    }
}

#[test]
fn our_own_resolver_out_of_reach_is_unknown() {
    let world = World::new();
    let gone = UdpSocket::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .to_string();
    for target in ["@d.example", "mx.example"] {
        let output = ehlo(&world.home, &["check", target, "--dns", &gone], b"");
        let printed = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(3), "{printed}");
        assert!(
            printed.contains("UNKNOWN: no answer from the resolver"),
            "{printed}"
        );
    }
}

#[test]
fn tlsa_records_have_to_match() {
    let world = World::new();
    let identity = world.authority.issue(&leaf_params(&["mx.example"]));
    let der = identity.der();
    let (_, read) = x509_parser::parse_x509_certificate(&der).unwrap();
    let digest: Vec<u8> = Fingerprint::of(read.public_key().raw)
        .hex()
        .split(':')
        .map(|pair| u8::from_str_radix(pair, 16).unwrap())
        .collect();
    let config = identity.server();
    for (digest, status, findings) in [
        (digest, 0, &[][..]),
        (vec![7; 32], 2, &[("dane critical", "do not match")]),
    ] {
        let server = server(upgraded(&config, &["STARTTLS"], &["SIZE"]));
        let port = server.address().port();
        let records = [good_names(), vec![tlsa("mx.example", port, &digest)]].concat();
        let output = world.check(&[&format!("mx.example:{port}")], &records, &["--json"]);
        assert_problems("dane", &output, status, findings);
    }
}

#[test]
fn the_relay_test_asks_and_sends_nothing() {
    let world = World::new();
    let asked = |replies: &[&str]| {
        let commands = ["MAIL FROM:<me@else.example>", "RCPT TO:<me@else.example>"];
        let pairs = commands.iter().zip(replies);
        let mut steps = [vec![says("220 mx.example")], introduced(&["SIZE"])].concat();
        steps.extend(pairs.flat_map(|(command, reply)| [expects(command), says(reply)]));
        steps.extend([expects("RSET"), says("250 ok")]);
        steps.extend(goodbye());
        steps
    };
    for (replies, status, findings) in [
        (
            &["250 ok", "250 ok"][..],
            2,
            &[("relay critical", "takes mail from and to")][..],
        ),
        (&["250 ok", "554 5.7.1 relay access denied"], 0, &[]),
        (&["530 log in"], 0, &[]),
        (
            &["250 ok", "450 later"],
            0,
            &[("relay unknown", "refuses for now")],
        ),
    ] {
        let server = server(asked(replies));
        let target = format!("mx.example:{}", server.address().port());
        let flags = ["--json", "--tls", "none", "--relay-test", "me@else.example"];
        let output = world.check(&[&target], &good_names(), &flags);
        assert_problems(
            &format!("{replies:?}\n{}", server.log()),
            &output,
            status,
            findings,
        );
    }
}

/// The parts of a line of a monitoring plugin: status, text, and the data as label, value and limits.
fn parse_plugin_line(output: &Output) -> (String, String, Vec<(String, String)>) {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    assert_eq!(text.matches('\n').count(), 1, "{text}");
    assert!(
        text.is_ascii() && !text.trim_end().contains(|c: char| c.is_control()),
        "{text}"
    );
    let line = text.strip_suffix('\n').unwrap();
    let (line, data) = line.split_once('|').unwrap_or((line, ""));
    assert!(!data.contains('|'), "{text}");
    let (head, text) = line.split_once(" - ").unwrap();
    let status = head.strip_prefix("SMTP ").unwrap();
    let labels = data.split(" '").skip(1).map(|one| {
        let (label, value) = one.split_once("'=").unwrap();
        (label.to_owned(), value.to_owned())
    });
    (status.to_owned(), text.to_owned(), labels.collect())
}

#[test]
fn a_monitor_gets_one_line() {
    let world = World::new();
    let good = server(world.good());
    let bad = server(vec![
        says("554 a|b <b>\x1b[2J 'time'=1 \u{fc}\u{202e}"),
        expects("QUIT"),
        says("221 bye"),
        Step::Close,
    ]);
    let target = |server: &Scripted| format!("mx.example:{}", server.address().port());
    let (one, two) = (target(&good), target(&bad));
    let output = world.check(&[&one], &good_names(), &["--format", "nagios"]);
    let (status, text, data) = parse_plugin_line(&output);
    assert_eq!(
        (status.as_str(), output.status.code()),
        ("OK", Some(0)),
        "{text}"
    );
    assert!(
        text.starts_with(&format!("{one}: in order, certificate for ")),
        "{text}"
    );
    let [(time, seconds), (days, left)] = &data[..] else {
        panic!("{data:?}")
    };
    assert!(time == "time" && seconds.ends_with("s;5;;0"), "{data:?}");
    assert!(
        days == "cert_days" && left.ends_with(";21:;7:;0"),
        "{data:?}"
    );
    assert!(
        seconds.split_once('s').unwrap().0.parse::<f64>().is_ok(),
        "{data:?}"
    );

    let output = world.check(&[&two], &good_names(), &["--format", "nagios"]);
    let (status, text, _) = parse_plugin_line(&output);
    assert_eq!(
        (status.as_str(), output.status.code()),
        ("CRITICAL", Some(2)),
        "{text}"
    );
    assert!(text.contains("554 a?b ?b?^[[2J"), "{text}");

    // Wrong usage goes to standard output too; help is no success.
    for (arguments, words) in [
        (&["check", "--format", "nagios", "--frob"][..], "--frob"),
        (&["check", "--format=nagios"], "no server"),
        (&["check", "--format=nagios", "a:b"], "invalid port"),
        (
            &[
                "check",
                "mx.example",
                "--format=nagios",
                "--relay-test",
                "x",
            ],
            "use an address",
        ),
    ] {
        let output = ehlo(&world.home, arguments, b"");
        let (status, text, _) = parse_plugin_line(&output);
        assert_eq!(
            (status.as_str(), output.status.code()),
            ("UNKNOWN", Some(3)),
            "{text}"
        );
        assert!(text.contains(words), "{text}");
    }
    for flag in ["--help", "--version"] {
        let output = ehlo(&world.home, &["check", "--format", "nagios", flag], b"");
        assert_eq!(output.status.code(), Some(3), "{flag}");
        assert!(!output.stdout.is_empty());
    }
    let output = ehlo(&world.home, &["check", "--frob"], b"");
    assert_eq!(output.status.code(), Some(3));
    assert!(output.stdout.is_empty());
}

#[test]
fn the_page_names_what_to_do() {
    let world = World::new();
    let server = server(vec![]);
    let target = format!("mx.example:{}", server.address().port());
    let output = world.check(&[&target], &good_names(), &["--reply-timeout", "300ms"]);
    assert_harmless(&output.stdout);
    let printed = String::from_utf8_lossy(&output.stdout);
    let rows: Vec<&str> = printed.lines().collect();
    assert_eq!(rows[0], format!("{target}: CRITICAL"), "{printed}");
    assert!(
        printed.contains("\n  greeting     CRITICAL: no greeting within 0.3 s\n"),
        "{printed}"
    );
    let skipped = "\n  not checked  ehlo, starttls, tls: there is no greeting\n";
    assert!(printed.contains(skipped), "{printed}");
    assert!(
        rows.iter().all(|row| row.chars().count() <= 72),
        "{printed}"
    );
}

#[test]
fn repeated_checks_print_what_changed() {
    let world = World::new();
    let address = format!("{ONE}:0");
    let server = Scripted::on(
        &address,
        vec![
            world.good(),
            world.good(),
            vec![says("421 busy"), Step::Close],
        ],
    );
    let target = format!("mx.example:{}", server.address().port());
    let flags = ["--every", "50ms", "--count", "3"];
    let output = world.check(&[&target], &good_names(), &flags);
    let printed = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(2), "{printed}");
    let changes: Vec<&str> = printed
        .lines()
        .filter(|line| line.contains("now "))
        .collect();
    assert!(
        changes[0].contains("greeting: OK, now CRITICAL"),
        "{printed}"
    );
    assert_eq!(printed.matches("greeting     ok").count(), 1, "{printed}");
}
