//! TLS on the screen: the choices of the connect form, what is laid open behind a handshake, the
//! servers that take a domain's mail.

use std::fs;

use crossterm::event::KeyCode;
use ehlo::config::Settings;
use ehlo::net::{
    CertificateFault, Dane, Event, Exchanger, MailRoute, MailServers, Resolver, Tlsa, Verdict,
    Voucher,
};
use ehlo::practice::{Options, Practice};
use ehlo::smtp::End;
use ehlo::tui::Look;

use crate::support::pty::{Home, Pty};
use crate::support::stage::Stage;
use crate::support::tool::Tool;

/// The states of this page, to be drawn at every size.
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
    add("tls-laid-open", laid_open(look), |_| {});
    add("tls-name", laid_open(look), |stage| stage.type_text("t"));
    add("tls-name-checked", laid_open(look), |stage| {
        stage.press("t");
        stage.control('u');
        stage.press("tls-name other.example\n");
    });
    add("tls-write", laid_open(look), |stage| stage.type_text("w"));
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

/// A session under TLS whose certificate is signed by itself, laid open.
fn laid_open(look: Look) -> Stage {
    let mut stage = Stage::connected(look);
    stage.server(b"220 mx.example.test ESMTP\r\n");
    stage.client("EHLO vm.example.net");
    stage.server(b"250-relay.example.test\r\n250 STARTTLS\r\n");
    stage.client("STARTTLS");
    stage.server(b"220 2.0.0 Ready to start TLS\r\n");
    stage.tls(Verdict {
        faults: vec![CertificateFault::SelfSigned],
        voucher: None,
    });
    // A name is checked against a real certificate.
    let names = vec!["mx.example.test".to_owned()];
    let real = rcgen::generate_simple_self_signed(names).unwrap();
    let facts = stage.model.session.connection.tls.as_mut().unwrap();
    facts.chain[0].der = real.cert.der().clone();
    stage.press(":tls\n");
    stage
}

/// The answer about the mail of a domain: so many servers, or MX 0 `.`.
fn mail_route(stage: &mut Stage, count: u16, domain: &str) {
    stage.press(&format!(":connect @{domain}\n"));
    stage.wire(Event::Begun);
    let exchanger = |number: u16| Exchanger {
        preference: 10 * number,
        host: format!("mx{number}.{domain}"),
    };
    stage.wire(Event::MailRoute(Box::new(MailRoute {
        domain: domain.to_owned(),
        servers: match count {
            0 => MailServers::None,
            count => MailServers::Exchangers((1..=count).map(exchanger).collect()),
        },
        authentic: false,
    })));
}

#[test]
fn a_wrong_choice_is_named_where_it_stands() {
    let table = [
        (
            "a b",
            "sni: \"a b\" is no host name, and not \"none\" either",
        ),
        (
            "\t\txyz",
            "pin: \"xyz\" is no SHA-256: write its 64 hex digits",
        ),
        ("none\t\txyz", "pin: \"xyz\" is no SHA-256"),
    ];
    for (keys, words) in table {
        let mut stage = form(Look::default());
        stage.control('t');
        stage.press(keys);
        stage.key(KeyCode::Esc);
        // The choices open where the fault is, and what is typed goes there.
        stage.key(KeyCode::Enter);
        stage.shows(words);
        stage.control('u');
        stage.press("\n");
        stage.wire(Event::Begun);
        let destination = stage.model.session.connection.destination.as_ref();
        assert_eq!(
            destination.unwrap().target.host,
            "mx.example.test",
            "{words}"
        );
    }
}

#[test]
fn what_the_form_was_given_holds_until_another_is_given() {
    let mut stage = form(Look::default());
    stage.control('t');
    stage.press("none\t \n");
    stage.wire(Event::Begun);
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
        stage.wire(Event::Begun);
        stage.end(End::Closed);
        stage.control('o');
        stage.press("r");
    }
    stage.press(":connect\n");
    stage.shows("TLS choices: sni none, verify require");
    stage.key(KeyCode::Esc);
    // A target by its name alone is connected to as the program was started.
    stage.press(":connect other.example\n");
    assert_eq!(plan(&stage).sni.to_string(), "");
}

/// A file that was mended counts the next time.
#[test]
fn the_files_of_the_choices_are_read_each_time() {
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
    stage.wire(Event::Begun);
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
fn a_profile_keeps_to_its_own_choices() {
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
        // Behind host, port, TLS, practice and tour.
        stage.press("\t\t\t\t\t");
        stage
    };
    let mut stage = begin();
    stage.shows("TLS choices: those of the profile");
    stage.press("\n");
    stage.shows("profile broken: ca-file: /no/such.pem: No such file");
    // Nothing that was filled in is lost.
    stage.key(KeyCode::Up);
    stage.shows("TLS choices: not for the tour");
    stage.key(KeyCode::Up);
    stage.shows("TLS choices: sni none");
    let mut stage = begin();
    stage.press("\t\n");
    let destination = stage.model.session.connection.destination.as_ref().unwrap();
    assert_eq!(destination.target.host, "b.example");
    assert_eq!(destination.plan.tls.verify.to_string(), "require");
    assert_eq!(destination.plan.tls.sni.to_string(), "");
}

#[test]
fn a_name_is_checked_and_nothing_is_sent_for_it() {
    let table = [
        ("mx.example.test", "The certificate is for this name."),
        (
            "other.example",
            "other.example: self-signed; wrong name: wanted other.example, it has",
        ),
        ("192.0.2.1", "wrong name: wanted 192.0.2.1"),
        ("a b", "\"a b\" is no host name, nor an address"),
    ];
    for (name, words) in table {
        let mut stage = laid_open(Look::default());
        let before = stage.wire_octets.clone();
        stage.press("t");
        stage.control('u');
        stage.press(&format!("tls-name {name}\n"));
        stage.shows(words);
        assert_eq!(stage.wire_octets, before, "{name}");
    }
    // A certificate that cannot be read for this, such as one of version 1, is for no name.
    let mut stage = laid_open(Look::default());
    stage.key(KeyCode::Esc);
    let facts = stage.model.session.connection.tls.as_mut().unwrap();
    facts.chain[0].der = vec![0x30, 0].into();
    stage.press(":tls-name mx.example.test\n");
    stage.shows("wrong name: wanted mx.example.test");
    stage.hides("The certificate is for this name.");
    // The names the server is known by are there without being asked for.
    let mut stage = laid_open(Look::default());
    stage.shows("relay.example.test: self-signed; wrong name");
}

#[test]
fn it_is_told_what_the_dns_says_of_the_key() {
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
            "not asked for (--dane asks the DNS)",
        ),
        (Dane::NoRecords, None, vec![], "no TLSA records"),
        (
            Dane::Unauthentic(2),
            None,
            vec![],
            "2 TLSA records, not used: the resolver does not call them",
        ),
        (
            Dane::Failed("it is silent".to_owned()),
            None,
            vec![],
            "could not be asked for: it is silent",
        ),
        (
            records(),
            Some(Voucher::Dane),
            vec![],
            "authentic: TLSA 3 1 1 0707070707070707",
        ),
        (
            records(),
            Some(Voucher::Dane),
            vec![CertificateFault::SelfSigned],
            "verified by DANE; without that: self-signed",
        ),
        (
            records(),
            None,
            vec![CertificateFault::OtherTlsa],
            "DANE: no TLSA record fits this chain",
        ),
    ];
    for (dane, voucher, faults, words) in table {
        let mut stage = laid_open(Look::default());
        stage.key(KeyCode::Esc);
        let facts = stage.model.session.connection.tls.as_mut().unwrap();
        facts.dane = dane;
        facts.verdict = Verdict { faults, voucher };
        stage.press(":tls\n");
        stage.shows(words);
    }
}

#[test]
fn each_server_of_a_domain_can_be_chosen() {
    // Its key, and the server; letters behind the digits, but for that of editing.
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
    stage.shows("6 more have no letter left; :connect HOST:25 reaches them");
    // Where not all fit, the arrows lead to them.
    let seen = |stage: &mut Stage| stage.screen(40, 12);
    assert!(seen(&mut stage).contains("Up Down for more"));
    for _ in 0..60 {
        stage.key(KeyCode::Down);
    }
    assert!(seen(&mut stage).contains("connect to mx34.example.test"));
    assert!(seen(&mut stage).contains("Esc  back"));
}

/// To a practice server by the form, with STARTTLS.
fn fill_in(console: &mut Pty, server: &Practice) {
    let target = server.plain().to_string();
    let (host, port) = target.split_once(':').unwrap();
    console.wait_for("connect: Tab moves");
    console.type_text(host);
    console.key("Tab");
    console.key("C-u");
    console.type_text(port);
    console.key("Tab");
    console.type_text("  ");
    console.wait_for("(x) STARTTLS");
    console.key("C-t");
    console.wait_for("TLS choices: Tab moves");
}

/// Connects to the same server again, and waits until all is as it was.
fn reconnect(console: &mut Pty) {
    console.key("C-o");
    console.wait_for("menu: a letter acts");
    console.type_text("r");
    console.wait_for("drop the session?");
    console.key("Enter");
    console.wait_until("a second handshake", |screen| {
        screen.matches("=== TLSv1.3").count() == 2 && screen.contains("next: AUTH")
    });
}

#[test]
fn a_journey_from_the_form_to_the_chain_in_a_file() {
    let server = Practice::spawn(Options::default()).unwrap();
    let home = Home::new();
    home.file("authority.pem", server.authority_pem());
    let mut console = home.ehlo_sized(80, 70, &[]);
    fill_in(&mut console, &server);
    console.type_text("localhost");
    console.key("Tab");
    console.key("Right");
    // Its authority is known to nobody, and the handshake ends there.
    console.key("Enter");
    console.wait_for_all(&["no connection to", "unknown issuer"]);
    console.type_text("e");
    console.wait_for("TLS choices: sni localhost, verify require");
    // A file that is not there is named, and nothing is lost.
    console.key("C-t");
    for _ in ["verify", "pin", "ca-file"] {
        console.key("Tab");
    }
    console.enter("~/nowhere.pem");
    console.wait_for_all(&[
        "ca-file: ",
        "nowhere.pem: No such file",
        "sni      localhost",
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

    // What is there is not replaced without a word, and what is no file not at all.
    fs::write(&path, "mine").unwrap();
    console.enter(":tls-write ~/chain.pem");
    console.wait_for("exists already");
    assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
    console.type_text("r");
    console.wait_for("1 certificate written to ");
    assert_eq!(fs::read_to_string(&path).unwrap(), written);
    std::os::unix::fs::symlink(&path, home.path().join("link.pem")).unwrap();
    console.enter(":tls-write ~/link.pem");
    console.wait_for("is a symbolic link, not a regular file");
    console.enter(":tls-name mx.example");
    console.wait_for_all(&["A check against mx.example: NOT verified", "wrong name"]);
}

#[test]
fn a_journey_with_a_key_that_is_locked() {
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
    fill_in(&mut console, &server);
    for _ in ["verify", "pin", "ca-file", "ca-dir", "cert"] {
        console.key("Tab");
    }
    console.type_text("~/alice.pem");
    console.key("Tab");
    console.enter("~/alice.key");
    console.wait_for_all(&["alice.key is encrypted", "Passphrase"]);
    // Nobody knows it: the form is as it was.
    console.key("Esc");
    console.wait_for("cert     ~/alice.pem");
    console.key("Enter");
    console.wait_for("alice.key is encrypted");
    console.enter("hare");
    console.wait_for("does not open the key");
    console.type_text("rabbit");
    console.wait_for("••••••");
    console.key("Enter");
    console.wait_for_all(&["TLS1.3  !cert", "next: AUTH"]);
    // It was opened once, and is not asked for again.
    reconnect(&mut console);
    let shown = console.frames().concat();
    assert!(!shown.contains("rabbit") && !shown.contains("hare"));
    for entry in walk(&home.state()) {
        let kept = fs::read_to_string(&entry).unwrap_or_default();
        assert!(!kept.contains("rabbit"), "{}", entry.display());
    }
}

#[test]
fn a_wrong_passphrase_on_the_command_line_is_asked_for_again() {
    let Some(tool) = Tool::have("openssl") else {
        return;
    };
    let server = Practice::spawn(Options::default()).unwrap();
    let home = Home::new();
    // Its own way to encrypt a key is Triple DES.
    let line = "req -x509 -newkey rsa:2048 -keyout alice.key -out alice.pem -subj /CN=alice \
                -passout pass:rabbit";
    let mut command = tool.command(home.path(), "openssl");
    let arguments = line.split_whitespace();
    assert!(command.args(arguments).output().unwrap().status.success());
    let target = server.plain().to_string();
    let flags = [&target, "--cert", "alice.pem", "--key", "alice.key"];
    for (typed, ends_with) in [
        (vec!["hare", "rabbit"], "220 localhost"),
        (vec!["a", "b", "c"], "the passphrase does not open the key"),
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
}

/// All files below a folder.
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
