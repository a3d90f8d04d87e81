//! `ehlo tap` between clients and servers: what passes is what each sent, under each kind of TLS, and
//! no password is printed or kept.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use ehlo::practice::{Mood, Options, PASSWORD, Place, Practice, Rules, USER};
use serde_json::Value;

use crate::support::listening::Listening;
use crate::support::program::ehlo;
use crate::support::pty::Home;
use crate::support::schema::check;
use crate::support::tool::Tool;

/// A practice server, and a tap in front of it.
struct Scene {
    home: Home,
    server: Practice,
    tap: Option<Listening>,
}

/// With which TLS the tap connects to the server.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Target {
    None,
    StartTls,
    Implicit,
}

impl Scene {
    fn new(moods: &[Mood], target: Target, flags: &[&str]) -> Self {
        let home = Home::new();
        let server = Practice::spawn(Options {
            moods: moods.iter().copied().collect(),
            // So that a client can be too early.
            rules: Rules {
                delays: vec![(Place::Greeting, Duration::from_millis(150))],
                ..Rules::default()
            },
            ..Options::default()
        })
        .unwrap();
        let authority = home.file("server-ca.pem", server.authority_pem());
        let (address, tls) = match target {
            Target::None => (server.plain(), "none"),
            Target::StartTls => (server.plain(), "starttls"),
            Target::Implicit => (server.tls().unwrap(), "implicit"),
        };
        let address = address.to_string();
        let own = [
            "tap",
            &address,
            "--tls",
            tls,
            "--listen",
            "127.0.0.1:0",
            "--sni",
            "localhost",
            "--ca-file",
            &authority,
            "--ca-out",
            "tap-ca.pem",
        ];
        let tap = Listening::start(&home, &[own.as_slice(), flags].concat());
        assert!(!tap.port.is_empty(), "{}", tap.first);
        Self {
            home,
            server,
            tap: Some(tap),
        }
    }

    fn tap(&mut self) -> &mut Listening {
        self.tap.as_mut().unwrap()
    }

    /// Ends the tap; returns what else it printed.
    fn end(&mut self) -> String {
        self.tap.take().unwrap().interrupt()
    }

    /// A conversation with the tap in clear.
    fn client(&self) -> Client {
        let stream = TcpStream::connect(self.tap.as_ref().unwrap().address()).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        Client(BufReader::new(stream))
    }

    /// The sessions that are kept.
    fn kept(&self) -> Vec<String> {
        let folder = self.home.path().join("state/ehlo/tapped");
        let folder = if folder.exists() {
            folder
        } else {
            self.home.path().join(".local/state/ehlo/tapped")
        };
        let files = fs::read_dir(folder).unwrap();
        files
            .map(|file| fs::read_to_string(file.unwrap().path()).unwrap())
            .collect()
    }
}

struct Client(BufReader<TcpStream>);

impl Client {
    fn send(&mut self, octets: &str) {
        self.0.get_mut().write_all(octets.as_bytes()).unwrap();
    }

    /// The next reply, its lines joined.
    fn reply(&mut self) -> String {
        let mut reply = String::new();
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line).unwrap();
            reply.push_str(&line);
            if line.as_bytes().get(3) != Some(&b'-') {
                return reply;
            }
        }
    }

    fn ask(&mut self, line: &str) -> String {
        self.send(&format!("{line}\r\n"));
        self.reply()
    }
}

/// Sends a message with our own client. Returns what it printed and whether it worked.
fn send(home: &Home, address: &str, tls: &str, more: &[&str]) -> (String, bool) {
    home.file("message", "Subject: tapped\n\n.dot\nK\u{e4}se\n");
    let own = [
        "send",
        address,
        "--tls",
        tls,
        "--from",
        "a@x.example",
        "--to",
        "b@x.example",
        "--data",
        "message",
        "--sni",
        "localhost",
        "--ca-file",
        "tap-ca.pem",
        "--reply-timeout",
        "20",
    ];
    let output = ehlo(home, &[own.as_slice(), more].concat(), b"");
    let printed = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    (printed.into_owned(), output.status.success())
}

#[test]
fn every_combination_of_tls_delivers_the_same_octets() {
    for target in [Target::None, Target::StartTls, Target::Implicit] {
        for (listen, tls) in [
            ("none", "none"),
            ("starttls", "starttls"),
            ("implicit", "implicit"),
        ] {
            let mut flags = vec!["--listen-tls", listen];
            if target == Target::None {
                flags.push("--insecure-target");
            }
            let mut scene = Scene::new(&[], target, &flags);
            let about = format!("{target:?} {listen}");
            let address = scene.tap().address();
            let login = [
                "--auth",
                "PLAIN",
                "--user",
                USER,
                "--password-from",
                "file:password",
                "--allow-insecure-auth",
            ];
            scene.home.file("password", PASSWORD);
            let login: &[&str] = if target == Target::None { &[] } else { &login };
            let (printed, done) = send(&scene.home, &address, tls, login);
            assert!(done, "{about}: {printed}{}", scene.end());
            scene.home.file("tap-ca.pem", scene.server.authority_pem());
            let direct = scene.server.plain().to_string();
            let (printed, done) = send(&scene.home, &direct, "starttls", &[]);
            assert!(done, "{about}: {printed}");
            let received = scene.server.messages();
            let texts: Vec<String> = received
                .iter()
                .map(|message| {
                    let text = String::from_utf8_lossy(&message.body).into_owned();
                    let made =
                        |line: &&str| !line.starts_with("Message-ID") && !line.starts_with("Date");
                    text.lines().filter(made).collect::<Vec<_>>().join("\n")
                })
                .collect();
            assert_eq!(texts.len(), 2, "{about}");
            assert_eq!(texts[0], texts[1], "{about}");
            // No password in what is printed or kept.
            let all = scene.end() + &scene.kept().concat();
            assert!(!all.contains(PASSWORD), "{about}: {all}");
            assert!(!all.contains("AGFsaWNlAHdvbmRlcmxhbmQ"), "{about}: {all}");
            assert!(
                all.contains("<a@x.example> to <b@x.example>  last 221"),
                "{about}: {all}"
            );
        }
    }
}

#[test]
fn swaks_delivers_through_a_tap_what_it_delivers_without() {
    let Some(tool) = Tool::have("swaks") else {
        return;
    };
    let mut scene = Scene::new(&[], Target::StartTls, &[]);
    let port = scene.tap().port.clone();
    let output = tool
        .command(scene.home.path(), "swaks")
        .args([
            "--server",
            "127.0.0.1",
            "--port",
            &port,
            "--from",
            "a@x.example",
            "--to",
            "b@x.example",
        ])
        .args([
            "--helo",
            "me.example",
            "--tls",
            "--auth",
            "CRAM-MD5",
            "--auth-user",
            USER,
        ])
        .args(["--auth-password", PASSWORD, "--body", "one\n.two\n"])
        .output()
        .unwrap();
    let log = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{log}");
    let printed = scene.end();
    assert_eq!(scene.server.messages().len(), 1, "{printed}");
    // It is not among the user's own.
    let listed = |flags: &[&str]| {
        let output = ehlo(&scene.home, &[&["sessions"], flags].concat(), b"");
        String::from_utf8_lossy(&output.stdout).lines().count()
    };
    assert_eq!(
        (listed(&["--tapped", "--json"]), listed(&["--json"])),
        (1, 0)
    );
    // The client's own log has the dialogue of the session, but for what the tap took out of AUTH.
    scene.home.file("client.log", log);
    scene.home.file("session.jsonl", scene.kept().concat());
    let compared = ehlo(&scene.home, &["diff", "client.log", "session.jsonl"], b"");
    let compared = String::from_utf8_lossy(&compared.stdout).into_owned();
    let is_different = |line: &&str| {
        let sign = line.starts_with("- ") || line.starts_with("+ ");
        sign && !line.contains(" AUTH PLAIN LOGIN")
    };
    assert_eq!(compared.lines().find(is_different), None, "{compared}");
}

#[test]
fn a_login_under_tls_never_leaves_it() {
    // The server's certificate is not verified.
    let mut scene = Scene::new(&[Mood::BadCert], Target::StartTls, &["--verify", "show"]);
    let address = scene.tap().address();
    scene.home.file("password", PASSWORD);
    let login = [
        "--auth",
        "PLAIN",
        "--user",
        USER,
        "--password-from",
        "file:password",
    ];
    let (printed, done) = send(&scene.home, &address, "starttls", &login);
    assert!(!done && printed.contains("538 5.7.11"), "{printed}");
    let printed = scene.end();
    assert!(
        printed.contains("ehlo tap did not pass the login on"),
        "{printed}"
    );
    assert!(
        printed.contains("tap: the login is not passed on"),
        "{printed}"
    );
    // Refused where the link would be clear, before anything listens.
    let clear = [
        "tap",
        "127.0.0.1:1",
        "--tls",
        "none",
        "--listen-tls",
        "starttls",
    ];
    let output = ehlo(&scene.home, &clear, b"");
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(error.contains("--insecure-target"), "{error}");
}

#[test]
fn it_meddles_only_where_it_is_told_to_and_says_so() {
    let flags = [
        "--reply",
        "RCPT <*@slow.example>=451 4.2.1 later",
        "--delay",
        "MAIL=300ms",
        "--drop-at",
        "QUIT",
        "--hide",
        "PIPELINING",
        "--reply",
        "DOT=452 4.3.1 full",
    ];
    let mut scene = Scene::new(&[], Target::None, &flags);
    let mut client = scene.client();
    assert!(client.reply().starts_with("220 "));
    let offers = client.ask("EHLO me.example");
    assert!(
        !offers.contains("PIPELINING") && !offers.contains("STARTTLS"),
        "{offers}"
    );
    assert!(
        offers.contains("250-SIZE") && offers.contains("\n250 "),
        "{offers}"
    );
    let began = Instant::now();
    assert!(client.ask("MAIL FROM:<a@x.example>").starts_with("250"));
    assert!(began.elapsed() >= Duration::from_millis(300));
    // In a pipeline the answers keep their order.
    client.send("RCPT TO:<b@x.example>\r\nRCPT TO:<c@slow.example>\r\nRCPT TO:<d@x.example>\r\n");
    let replies =
        [client.reply(), client.reply(), client.reply()].map(|reply| reply[..3].to_owned());
    assert_eq!(replies, ["250", "451", "250"]);
    assert!(client.ask("DATA").starts_with("354"));
    assert_eq!(
        client.ask("Subject: x\r\n\r\ntext\r\n."),
        "452 4.3.1 full\r\n"
    );
    client.send("QUIT\r\n");
    let mut rest = String::new();
    let _ = client.0.read_to_string(&mut rest);
    assert_eq!(rest, "");
    assert_eq!(scene.server.messages().len(), 1);
    let printed = scene.end();
    for words in [
        "tap: PIPELINING is taken out",
        "tap: STARTTLS is taken out",
        "tap: this reply is held back for 0.3 s",
        "tap: answered here, as --reply says",
        "tap: the client gets another reply to its message",
        "tap: dropped here, as --drop-at QUIT says",
    ] {
        assert!(printed.contains(words), "{words}: {printed}");
    }
}

#[test]
fn what_the_client_does_wrong_goes_on_and_is_marked() {
    let mut scene = Scene::new(&[Mood::NoTls], Target::None, &[]);
    let mut client = scene.client();
    client.send("EHLO me.example\r\n");
    assert!(client.reply().starts_with("220 "));
    assert!(client.reply().starts_with("250-"));
    // Behind STARTTLS, which the target does not have here.
    client.send("STARTTLS\r\nNOOP\r\n");
    client.reply();
    client.reply();
    client.send("NOOP\n");
    client.reply();
    assert!(client.ask("AUTH PLAIN AGFsaWNlAHdyb25n").starts_with("5"));
    drop(client);
    let printed = scene.tap().wait_for("connection closed");
    for words in [
        "did not wait for the greeting",
        "octets behind STARTTLS",
        "end in LF without CR",
        "logs in without TLS",
        "the client closed its side",
    ] {
        assert!(printed.contains(words), "{words}: {printed}");
    }
    assert!(!printed.contains("AGFsaWNlAHdyb25n"), "{printed}");
}

#[test]
fn a_long_message_streams_and_only_its_beginning_is_kept() {
    let text = "a line of sixty-four octets, with its end, which is CR and LF..\r\n".repeat(60_000);
    for chunked in [false, true] {
        let mut scene = Scene::new(&[], Target::None, &[]);
        let mut client = scene.client();
        client.reply();
        client.ask("EHLO me.example");
        client.ask("MAIL FROM:<a@x.example>");
        client.ask("RCPT TO:<b@x.example>");
        if chunked {
            client.send(&format!("BDAT {} LAST\r\n", text.len()));
            client.send(&text);
        } else {
            client.ask("DATA");
            client.send(&text);
            client.send(".\r\n");
        }
        assert!(client.reply().starts_with("250"), "{chunked}");
        assert!(client.ask("NOOP").starts_with("250"), "{chunked}");
        assert!(client.ask("QUIT").starts_with("221"), "{chunked}");
        let printed = scene.end();
        let messages = scene.server.messages();
        assert_eq!(messages[0].octets, text.len() as u64, "{chunked}");
        let all = scene.kept().concat();
        let omitted = "more octets of the message were sent but are not shown here";
        assert!(all.contains(omitted), "{chunked}: {printed}");
        let kept = all.len();
        assert!(kept < 400_000, "{chunked}: {kept}");
    }
}

#[test]
fn a_side_that_dies_ends_the_other() {
    // The server, at each stage.
    for (mood, stage) in [(Mood::Drop, "DATA"), (Mood::Busy, "EHLO me.example")] {
        let mut scene = Scene::new(&[mood], Target::None, &[]);
        let mut client = scene.client();
        client.reply();
        for line in [
            "EHLO me.example",
            "MAIL FROM:<a@x.example>",
            "RCPT TO:<b@x.example>",
            "DATA",
            "x\r\n.",
        ] {
            client.send(&format!("{line}\r\n"));
            if client.reply().is_empty() {
                break;
            }
        }
        let mut rest = Vec::new();
        let _ = client.0.read_to_end(&mut rest);
        let printed = scene.end();
        assert!(
            printed.contains("by the server") || printed.contains("lost"),
            "{stage}: {printed}"
        );
    }
    // The server is not there.
    let home = Home::new();
    let mut tap = Listening::start(
        &home,
        &[
            "tap",
            "127.0.0.1:1",
            "--tls",
            "none",
            "--listen",
            "127.0.0.1:0",
        ],
    );
    let mut stream = TcpStream::connect(tap.address()).unwrap();
    let mut read = Vec::new();
    let _ = stream.read_to_end(&mut read);
    assert!(read.is_empty());
    let printed = tap.wait_for("refused") + &tap.interrupt();
    assert!(printed.contains("!! could not connect"), "{printed}");
}

#[test]
fn sixty_four_connections_pass_at_once_and_no_more() {
    let mut scene = Scene::new(&[], Target::None, &[]);
    let mut clients: Vec<Client> = (0..64).map(|_| scene.client()).collect();
    for client in &mut clients {
        assert!(client.reply().starts_with("220 "));
    }
    let mut refused = scene.client();
    let mut read = Vec::new();
    let _ = refused.0.read_to_end(&mut read);
    assert!(read.is_empty());
    for client in &mut clients {
        assert!(client.ask("EHLO me.example").starts_with("250"));
    }
    let printed = scene.end();
    assert!(
        printed.contains("refused: 64 connections are open already"),
        "{printed}"
    );
    assert!(printed.contains("\n64 connections\n"), "{printed}");
}

#[test]
fn its_lines_of_json_fit_the_schema() {
    let mut scene = Scene::new(&[], Target::None, &["--json"]);
    let schema = ehlo(&scene.home, &["--schema"], b"").stdout;
    let schema: Value = serde_json::from_slice(&schema).unwrap();
    let mut client = scene.client();
    client.reply();
    client.ask("EHLO me.example");
    client.ask("MAIL FROM:<a@x.example>");
    assert!(client.ask("RCPT TO:<nobody@x.example>").starts_with("550"));
    client.ask("QUIT");
    let first = scene.tap().first.clone();
    let printed = first + &scene.tap().wait_for("\"closed\"") + &scene.end();
    for line in printed.lines() {
        let value: Value =
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        if let Err(why) = check(&value, &schema, &schema) {
            panic!("{why}");
        }
    }
    assert!(printed.contains("\"connection\":1,\"time\""), "{printed}");
    assert!(printed.contains("no such mailbox"), "{printed}");
}

#[test]
fn who_may_connect_is_said_before_it_listens() {
    let home = Home::new();
    for (flags, words) in [
        (&["--listen", "0.0.0.0:0"][..], "--allow"),
        (&["--allow", "192.0.2.0/40"], "no network"),
        (
            &["--reply", "DATA=354 go on"],
            "a reply that ends the command",
        ),
        (
            &["--reply", "STARTTLS=220 go"],
            "a reply that ends the command",
        ),
        (&["--hide", "a b"], "keyword of EHLO"),
        (&["--listen-ca", "x"], "--listen-ca-key"),
        (&["--ca-out", "none/ca.pem"], "--ca-out: none/ca.pem"),
        (
            &[
                "--ca-out",
                "key",
                "--listen-ca",
                "ca",
                "--listen-ca-key",
                "key",
            ],
            "is the file of --listen-ca-key",
        ),
        (&["--bodies", "some"], "use none, head or all"),
    ] {
        let arguments = [&["tap", "127.0.0.1:1", "--tls", "none"], flags].concat();
        let output = ehlo(&home, &arguments, b"");
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{flags:?}: {error}");
        assert!(error.contains(words), "{flags:?}: {error}");
        assert!(output.stdout.is_empty(), "{flags:?}");
    }
}
