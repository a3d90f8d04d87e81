//! TLS on the screen: the options in the connect form, the details after a handshake, and the mail
//! servers of a domain.

use std::fs;

use crossterm::event::KeyCode;
use ehlo::config::Settings;
use ehlo::net::{
    CertificateFault, Dane, Event, MailRoute, MailServers, MxHost, Resolver, Sni, Tlsa,
    TrustSource, Verdict,
};
use ehlo::practice::{Options, Practice};
use ehlo::smtp::End;
use ehlo::tui::Look;

use crate::support::pty::{Home, Pty};
use crate::support::stage::Stage;
use crate::support::tool::Tool;

/// The states of this module for the screen snapshots.
pub fn states(look: Look) -> Vec<(&'static str, Stage)> {
    let mut states = Vec::new();
    let mut add = |name, mut stage: Stage, act: fn(&mut Stage)| {
        act(&mut stage);
        states.push((name, stage));
    };
    add("tls-choices", form(look), |stage| {
        stage.control('t');
        stage.press("mail.example.test\t  ");
    });
    add("tls-choices-closed", form(look), |stage| {
        stage.control('t');
        stage.press("mail.example.test\t ");
        stage.key(KeyCode::Esc);
    });
    add("tls-choices-wrong", form(look), |stage| {
        stage.control('t');
        stage.press("\t\tno pin\n");
    });
    add("tls-laid-open", with_details(look), |_| {});
    add("tls-name", with_details(look), |stage| stage.type_text("t"));
    add("tls-name-checked", with_details(look), |stage| {
        stage.press("t");
        stage.control('u');
        stage.press("tls-name other.example\n");
    });
    add("tls-write", with_details(look), |stage| {
        stage.type_text("w");
    });
    add("mail-route-many", Stage::new(look), |stage| {
        mail_route(stage, 12, "example.test");
    });
    add("mail-route-none", Stage::new(look), |stage| {
        mail_route(stage, 0, "example.test");
    });
    states
}

/// The connect form with a host in it.
fn form(look: Look) -> Stage {
    let mut stage = Stage::new(look);
    stage.press("\nmx.example.test");
    stage
}

/// A session under TLS with a self-signed certificate, with its details open.
fn with_details(look: Look) -> Stage {
    let mut stage = Stage::connected(look);
    stage.server(b"220 mx.example.test ESMTP\r\n");
    stage.client("EHLO vm.example.net");
    stage.server(b"250-relay.example.test\r\n250 STARTTLS\r\n");
    stage.client("STARTTLS");
    stage.server(b"220 2.0.0 Ready to start TLS\r\n");
    stage.tls(Verdict {
        faults: vec![CertificateFault::SelfSigned],
        trusted_by: None,
    });
    // Checking a name needs a real certificate.
    let names = vec!["mx.example.test".to_owned()];
    let real = rcgen::generate_simple_self_signed(names).unwrap();
    let facts = stage.model.session.connection.tls.as_mut().unwrap();
    facts.chain[0].der = real.cert.der().clone();
    stage.press(":tls\n");
    stage
}

/// Connects to a domain that has this many mail servers; 0 stands for `MX 0 .`.
fn mail_route(stage: &mut Stage, count: u16, domain: &str) {
    stage.press(&format!(":connect @{domain}\n"));
    stage.wire(Event::Started);
    let exchanger = |number: u16| MxHost {
        preference: 10 * number,
        host: format!("mx{number}.{domain}"),
    };
    stage.wire(Event::MailRoute(Box::new(MailRoute {
        domain: domain.to_owned(),
        servers: match count {
            0 => MailServers::NullMx,
            count => MailServers::Mx((1..=count).map(exchanger).collect()),
        },
        authentic: false,
    })));
}

#[test]
fn reports_an_invalid_option_at_its_field() {
    let table = [
        (
            "a b",
            "sni: invalid SNI \"a b\": use a host name or \"none\"",
        ),
        ("\t\txyz", "pin: invalid SHA-256 \"xyz\": use 64 hex digits"),
        ("none\t\txyz", "pin: invalid SHA-256 \"xyz\""),
    ];
    for (keys, words) in table {
        let mut stage = form(Look::default());
        stage.control('t');
        stage.press(keys);
        stage.key(KeyCode::Esc);
        // The TLS page opens with the faulty field focused, and typing edits it.
        stage.key(KeyCode::Enter);
        stage.shows(words);
        stage.control('u');
        stage.press("\n");
        stage.wire(Event::Started);
        let destination = stage.model.session.connection.destination.as_ref();
        assert_eq!(
            destination.unwrap().target.host,
            "mx.example.test",
            "{words}"
        );
    }
}

#[test]
fn reconnecting_keeps_the_options_of_the_form() {
    let mut stage = form(Look::default());
    stage.control('t');
    stage.press("none\t \n");
    stage.wire(Event::Started);
    let plan = |stage: &Stage| {
        stage
            .model
            .session
            .connection
            .destination
            .as_ref()
            .unwrap()
            .plan
            .tls
            .clone()
    };
    for _ in 0..3 {
        let tls = plan(&stage);
        assert_eq!(tls.sni.to_string(), "none");
        assert_eq!(tls.verify.to_string(), "require");
        stage.wire(Event::Started);
        stage.end(End::Closed);
        stage.control('o');
        stage.press("r");
    }
    stage.press(":connect\n");
    stage.shows("TLS settings: sni none, verify require");
    stage.key(KeyCode::Esc);
    // A target given by name alone uses the options of the command line.
    stage.press(":connect other.example\n");
    assert_eq!(plan(&stage).sni.to_string(), "");
}

/// A corrected file takes effect at the next connection.
#[test]
fn reads_the_files_of_the_options_each_time() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    let authority = |name: &str| {
        let made = rcgen::generate_simple_self_signed(vec![name.to_owned()]).unwrap();
        made.cert.pem()
    };
    fs::write(&file, authority("one.example")).unwrap();
    let mut stage = form(Look::default());
    stage.control('t');
    stage.press(&format!("\t\t\t{}\n", file.display()));
    stage.wire(Event::Started);
    let count = |stage: &Stage| {
        let destination = stage.model.session.connection.destination.as_ref().unwrap();
        destination.plan.tls.authorities.len()
    };
    assert_eq!(count(&stage), 1);
    let both = [authority("one.example"), authority("two.example")].concat();
    fs::write(&file, both).unwrap();
    stage.end(End::Closed);
    stage.press(":connect\n\n");
    assert_eq!(count(&stage), 2);
}

#[test]
fn a_profile_uses_its_own_options() {
    let read = |text: &str| toml::from_str::<Settings>(text).unwrap().profile;
    let profiles = "[profile.broken]
        target = 'a.example'
        handshake = { ca_file = '/no/such.pem' }
        [profile.strict]
        target = 'b.example'
        handshake = { verify = 'require' }";
    let begin = || {
        let mut stage = form(Look::default());
        let preferences = &mut stage.model.preferences;
        preferences.profiles = read(profiles);
        let own = preferences.profiles.iter();
        let own = own.map(|(name, profile)| (name.clone(), profile.handshake.clone()));
        preferences.profile_overrides = own.collect();
        stage.key(KeyCode::Esc);
        stage.press(":connect\nmx.example");
        stage.control('t');
        stage.press("none");
        stage.control('t');
        // After host, port, TLS, practice and tour.
        stage.press("\t\t\t\t\t");
        stage
    };
    let mut stage = begin();
    stage.shows("TLS settings: from the profile");
    stage.press("\n");
    stage.shows("profile broken: ca-file: /no/such.pem: No such file");
    // The form keeps its contents.
    stage.key(KeyCode::Up);
    stage.shows("TLS settings: not used for the tour");
    stage.key(KeyCode::Up);
    stage.shows("TLS settings: sni none");
    let mut stage = begin();
    stage.press("\t\n");
    let destination = stage.model.session.connection.destination.as_ref().unwrap();
    assert_eq!(destination.target.host, "b.example");
    assert_eq!(destination.plan.tls.verify.to_string(), "require");
    assert_eq!(destination.plan.tls.sni.to_string(), "");
}

#[test]
fn checks_a_name_without_sending_anything() {
    let table = [
        ("mx.example.test", "The certificate is for this name."),
        (
            "other.example",
            "other.example: self-signed; wrong name: expected other.example, found",
        ),
        ("192.0.2.1", "wrong name: expected 192.0.2.1"),
        ("a b", "invalid name \"a b\": use a host name or an address"),
    ];
    for (name, words) in table {
        let mut stage = with_details(Look::default());
        let before = stage.wire_octets.clone();
        stage.press("t");
        stage.control('u');
        stage.press(&format!("tls-name {name}\n"));
        stage.shows(words);
        assert_eq!(stage.wire_octets, before, "{name}");
    }
    // A certificate that cannot be parsed, such as one of version 1, matches no name.
    let mut stage = with_details(Look::default());
    stage.key(KeyCode::Esc);
    let facts = stage.model.session.connection.tls.as_mut().unwrap();
    facts.chain[0].der = vec![0x30, 0].into();
    stage.press(":tls-name mx.example.test\n");
    stage.shows("wrong name: expected mx.example.test");
    stage.hides("The certificate is for this name.");
    // The known names of the server are checked without a request.
    let mut stage = with_details(Look::default());
    stage.shows("relay.example.test: self-signed; wrong name");
}

#[test]
fn shows_the_result_of_dane() {
    let tlsa = Tlsa {
        usage: 3,
        selector: 1,
        matching: 1,
        data: vec![7; 32],
    };
    let records = || Dane::Authentic(vec![tlsa.clone()]);
    let table = [
        (
            Dane::NotAsked,
            None,
            vec![],
            "not checked (--dane checks it)",
        ),
        (Dane::NoRecords, None, vec![], "no TLSA records"),
        (
            Dane::Unauthentic(2),
            None,
            vec![],
            "2 TLSA records ignored: not validated by a trusted resolver",
        ),
        (
            Dane::Failed("it is silent".to_owned()),
            None,
            vec![],
            "TLSA lookup failed: it is silent",
        ),
        (
            records(),
            Some(TrustSource::Dane),
            vec![],
            "authentic: TLSA 3 1 1 0707070707070707",
        ),
        (
            records(),
            Some(TrustSource::Dane),
            vec![CertificateFault::SelfSigned],
            "verified by DANE; without that: self-signed",
        ),
        (
            records(),
            None,
            vec![CertificateFault::TlsaMismatch],
            "DANE: no TLSA record matches this chain",
        ),
    ];
    for (dane, trusted_by, faults, words) in table {
        let mut stage = with_details(Look::default());
        stage.key(KeyCode::Esc);
        let facts = stage.model.session.connection.tls.as_mut().unwrap();
        facts.dane = dane;
        facts.verdict = Verdict { faults, trusted_by };
        stage.press(":tls\n");
        stage.shows(words);
    }
}

#[test]
fn offers_each_mail_server_of_a_domain() {
    // Number of servers, key, and server. After the digits come letters, except for `e` (edit).
    let table = [
        (2, '1', "mx1.example.test"),
        (2, '2', "mx2.example.test"),
        (12, '9', "mx9.example.test"),
        (12, 'a', "mx10.example.test"),
        (40, 'd', "mx13.example.test"),
        (40, 'f', "mx14.example.test"),
        (40, 'z', "mx34.example.test"),
    ];
    for (count, key, host) in table {
        let mut stage = Stage::new(Look::default());
        mail_route(&mut stage, count, "example.test");
        // The list came by itself: it takes letters after an arrow key has gone into it.
        stage.key(KeyCode::Down);
        stage.press(&key.to_string());
        let destination = stage.model.session.connection.destination.as_ref().unwrap();
        assert_eq!(
            (destination.plan.host.as_str(), destination.plan.port),
            (host, 25)
        );
        assert_eq!(destination.domain.as_deref(), Some("example.test"));
        assert!(matches!(destination.plan.tls.dane, Some(Resolver::System)));
    }
    let mut stage = Stage::new(Look::default());
    mail_route(&mut stage, 40, "example.test");
    stage.shows("6 more are not listed: use :connect HOST:25");
    // On a small screen the list scrolls.
    let seen = |stage: &mut Stage| stage.screen(40, 12);
    assert!(seen(&mut stage).contains("more ↓"));
    for _ in 0..60 {
        stage.key(KeyCode::Down);
    }
    assert!(seen(&mut stage).contains("connect to mx34.example.test"));
    assert!(seen(&mut stage).contains("Esc  back"));
}

/// Fills in the form for a practice server with STARTTLS, and opens the TLS options.
fn connect_by_form(console: &mut Pty, server: &Practice) {
    let target = server.plain().to_string();
    let (host, port) = target.split_once(':').unwrap();
    console.wait_for("Or choose");
    console.type_text(host);
    console.key("Tab");
    console.key("C-u");
    console.type_text(port);
    console.key("Tab");
    console.type_text("  ");
    console.wait_for("(x) STARTTLS");
    console.key("C-t");
    console.wait_for("TLS settings ─");
}

/// Reconnects to the same server, and waits for the second handshake.
fn reconnect(console: &mut Pty) {
    console.key("C-o");
    console.wait_for("Write and send");
    console.type_text("r");
    console.wait_for("drop the session?");
    console.key("Enter");
    console.wait_until("a second handshake", |screen| {
        screen.matches("=== TLSv1.3").count() == 2 && screen.contains("next: AUTH")
    });
}

#[test]
fn from_the_form_to_a_saved_certificate_chain() {
    let server = Practice::spawn(Options::default()).unwrap();
    let home = Home::new();
    home.file("authority.pem", server.authority_pem());
    let mut console = home.ehlo_sized(80, 70, &[]);
    connect_by_form(&mut console, &server);
    console.type_text("localhost");
    console.key("Tab");
    console.key("Right");
    // The CA is unknown, so the handshake fails.
    console.key("Enter");
    console.wait_for_all(&["No connection to", "unknown issuer"]);
    console.key("C-e");
    console.wait_for("TLS settings: sni localhost, verify require");
    // A missing file is reported, and the form keeps its contents.
    console.key("C-t");
    for _ in ["verify", "pin", "ca-file"] {
        console.key("Tab");
    }
    console.enter("~/nowhere.pem");
    console.wait_for_all(&[
        "ca-file: ",
        "nowhere.pem: No such file",
        "sni          localhost",
    ]);
    console.key("C-u");
    console.enter("~/authority.pem");
    console.wait_for_all(&["CN=localhost: verified", "next: AUTH"]);
    reconnect(&mut console);
    console.key("C-o");
    console.type_text("v");
    console.wait_for_all(&["TLS with localhost: verified", "w write PEM"]);
    console.type_text("w");
    console.wait_for(": tls-write localhost-chain.pem");
    console.key("C-u");
    let path = home.path().join("chain.pem");
    console.enter("tls-write ~/chain.pem");
    console.wait_for_all(&["1 certificate written to ", "chain.pem"]);
    let written = fs::read_to_string(&path).unwrap();
    assert_eq!(written.matches("BEGIN CERTIFICATE").count(), 1);
    let read = x509_parser::pem::parse_x509_pem(written.as_bytes())
        .unwrap()
        .1;
    let certificate = read.parse_x509().unwrap();
    assert!(certificate.subject_alternative_name().unwrap().is_some());

    // An existing file is not replaced without a question, and other kinds of files never.
    fs::write(&path, "mine").unwrap();
    console.enter(":tls-write ~/chain.pem");
    console.wait_for("already exists");
    assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
    console.type_text("r");
    console.wait_for("1 certificate written to ");
    assert_eq!(fs::read_to_string(&path).unwrap(), written);
    std::os::unix::fs::symlink(&path, home.path().join("link.pem")).unwrap();
    console.enter(":tls-write ~/link.pem");
    console.wait_for("is a symbolic link, not a regular file");
    console.enter(":tls-name mx.example");
    console.wait_for_all(&["Check against mx.example: NOT verified", "wrong name"]);
}

#[test]
fn asks_for_the_passphrase_of_a_key() {
    let Some(tool) = Tool::have("openssl") else {
        return;
    };
    let server = Practice::spawn(Options::default()).unwrap();
    let home = Home::new();
    let pair = rcgen::generate_simple_self_signed(vec!["alice.example".to_owned()]).unwrap();
    home.file("alice.pem", pair.cert.pem());
    home.file("plain.key", pair.signing_key.serialize_pem());
    let line = "pkcs8 -topk8 -in plain.key -out alice.key -passout pass:rabbit -v2 aes-256-cbc";
    let mut command = tool.command(home.path(), "openssl");
    assert!(command.args(line.split(' ')).status().unwrap().success());

    let mut console = home.ehlo_sized(80, 70, &[]);
    connect_by_form(&mut console, &server);
    for _ in ["verify", "pin", "ca-file", "ca-dir", "cert"] {
        console.key("Tab");
    }
    console.type_text("~/alice.pem");
    console.key("Tab");
    console.enter("~/alice.key");
    console.wait_for_all(&["alice.key is encrypted", "Passphrase"]);
    // After Esc, the form keeps its contents.
    console.key("Esc");
    console.wait_for("cert         ~/alice.pem");
    console.key("Enter");
    console.wait_for("alice.key is encrypted");
    console.enter("hare");
    console.wait_for("wrong passphrase");
    console.type_text("rabbit");
    console.wait_for("••••••");
    console.key("Enter");
    console.wait_for_all(&["TLS1.3 unverified", "next: AUTH"]);
    // Reconnecting does not ask again.
    reconnect(&mut console);
    let shown = console.frames().concat();
    assert!(!shown.contains("rabbit") && !shown.contains("hare"));
    for entry in walk(&home.state()) {
        let kept = fs::read_to_string(&entry).unwrap_or_default();
        assert!(!kept.contains("rabbit"), "{}", entry.display());
    }
}

#[test]
fn asks_again_after_a_wrong_passphrase() {
    let Some(tool) = Tool::have("openssl") else {
        return;
    };
    let server = Practice::spawn(Options::default()).unwrap();
    let home = Home::new();
    // openssl req encrypts a key with Triple DES.
    let line = "req -x509 -newkey rsa:2048 -keyout alice.key -out alice.pem -subj /CN=alice \
                -passout pass:rabbit";
    let mut command = tool.command(home.path(), "openssl");
    let arguments = line.split_whitespace();
    assert!(command.args(arguments).output().unwrap().status.success());
    let target = server.plain().to_string();
    let flags = [&target, "--cert", "alice.pem", "--key", "alice.key"];
    for (typed, ends_with) in [
        (vec!["hare", "rabbit"], "220 localhost"),
        (vec!["a", "b", "c"], "wrong passphrase"),
    ] {
        let mut console = home.ehlo_sized(100, 24, &flags);
        for (at, passphrase) in typed.iter().enumerate() {
            console.wait_until("the question", |screen| {
                screen.matches("Passphrase for").count() == at + 1
            });
            console.enter(passphrase);
        }
        console.wait_for(ends_with);
    }
    // ^C is a refusal: the echo is on again when the program ends.
    let mut console = home.ehlo_sized(100, 24, &flags);
    console.wait_for("Passphrase for");
    let hidden = console.line_discipline();
    console.key("C-c");
    assert_eq!(console.wait_exit(), 2);
    let after_interrupt = console.line_discipline();
    let mut console = home.ehlo_sized(100, 24, &["--version"]);
    console.wait_exit();
    assert_eq!(after_interrupt, console.line_discipline());
    assert_ne!(after_interrupt, hidden);
}

/// All files in a folder and its subfolders.
fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(walk(&path));
        } else {
            found.push(path);
        }
    }
    found
}

#[test]
fn a_key_does_another_handshake_for_a_wrong_name() {
    for (key, sni) in [
        ("s", Sni::Name("mx.example.test".to_owned())),
        ("o", Sni::Nothing),
    ] {
        let mut stage = Stage::greeted(Look::default());
        let fault = CertificateFault::WrongName {
            expected: "mail.example.test".to_owned(),
            names: vec!["mx.example.test".to_owned()],
            more: 0,
        };
        stage.tls(Verdict {
            faults: vec![fault],
            trusted_by: None,
        });
        stage.press("\u{f}v");
        stage.shows("s retry with SNI  o retry without SNI");
        stage.press(key);
        let destination = stage.model.session.connection.destination.as_ref();
        assert_eq!(destination.map(|to| &to.plan.tls.sni), Some(&sni));
    }
    let mut stage = Stage::greeted(Look::default());
    stage.tls(Verdict::default());
    stage.press("\u{f}v");
    stage.hides("retry with");
}
