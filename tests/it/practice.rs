//! The practice server over real sockets: every way in, every mood, and a quick end.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use base64::prelude::{BASE64_STANDARD, Engine as _};
use ehlo::practice::{HOST, Mood, Options, PASSWORD, Practice, PracticeError, USER};
use ehlo::smtp::body::Stuffer;
use hmac::{Hmac, KeyInit as _, Mac as _};
use tokio_rustls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use tokio_rustls::rustls::crypto::{CryptoProvider, aws_lc_rs};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{
    self, ClientConfig, ClientConnection, DigitallySignedStruct, RootCertStore, SignatureScheme,
    StreamOwned,
};

/// Longer than anything here takes; only a test that hangs meets it.
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn a_conversation_in_clear_leaves_a_message() {
    let server = start(&[]);
    let mut client = Client::connect(server.plain());
    client.reply("220 localhost ESMTP ehlo practice server: nothing leaves this machine");
    let help = client.ask("HELP", "214-");
    assert!(help.contains(USER) && help.contains(PASSWORD), "{help}");
    let ehlo = client.ask("EHLO client.example", "250-localhost");
    assert!(ehlo.contains("\r\n250 STARTTLS\r\n") && !ehlo.contains("AUTH"));
    client.send_message("a@b.example", "Subject: x\r\n\r\nhello\r\n");
    client.ask("QUIT", "221 2.0.0");
    assert_eq!(client.rest(), b"");
    let kept = server.messages();
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].from, "a@b.example");
    assert_eq!(kept[0].recipients, ["friend@example.org"]);
    assert_eq!(kept[0].body, b"Subject: x\r\n\r\nhello\r\n");
    assert_eq!((kept[0].octets, kept[0].lines), (21, 3));
}

#[test]
fn starttls_begins_anew_under_a_certificate_for_every_local_name() {
    let server = start(&[]);
    for name in [HOST, "127.0.0.1", "::1"] {
        let mut client = Client::connect(server.plain());
        client.reply("220 ");
        client.ask("EHLO c", "250-");
        client.ask("STARTTLS", "220 ");
        let mut client = client.secure(&server, name);
        client.ask("MAIL FROM:<a@b>", "503 ");
        let ehlo = client.ask("EHLO c", "250-");
        assert!(ehlo.contains("250 AUTH PLAIN LOGIN CRAM-MD5 SCRAM-SHA-1 SCRAM-SHA-256 XOAUTH2 OAUTHBEARER ANONYMOUS"), "{ehlo}");
        assert!(!ehlo.contains("STARTTLS"));
        client.send_message("a@b", "x\r\n");
        client.ask("QUIT", "221 ");
        assert_eq!(client.rest(), b"", "close_notify was sent");
    }
    assert_eq!(server.messages().len(), 3);
}

#[test]
fn tls_may_come_first() {
    let server = start(&[]);
    let mut client = Client::connect(server.tls().unwrap()).secure(&server, HOST);
    client.reply("220 ");
    client.ask("EHLO c", "250-");
    client.ask("STARTTLS", "503 ");
    client.send_message("a@b", "x\r\n");
    assert_eq!(server.messages().len(), 1);
}

#[test]
fn the_authority_is_handed_out_as_text_too() {
    let server = start(&[]);
    let encoded: String = server
        .authority_pem()
        .lines()
        .filter(|l| !l.contains("---"))
        .collect();
    assert_eq!(
        BASE64_STANDARD.decode(encoded).unwrap(),
        server.authority().as_ref()
    );
}

/// Logs in with a password, by one of the mechanisms; what the server said in the end.
type Way<'a> = &'a dyn Fn(&mut Client, &str) -> String;

#[test]
fn only_the_right_password_opens() {
    let server = start(&[]);
    let login = |way: Way, password: &str| {
        let mut client = Client::connect(server.tls().unwrap()).secure(&server, HOST);
        client.reply("220 ");
        client.ask("EHLO c", "250-");
        let said = way(&mut client, password);
        let ehlo = client.ask("EHLO c", "250-");
        let in_list = ehlo.contains("AUTH");
        assert_eq!(
            in_list,
            !said.starts_with("235"),
            "AUTH is offered until it is done"
        );
        said
    };
    let ways: [Way; 5] = [
        &|client, password| {
            let token = BASE64_STANDARD.encode(format!("\0{USER}\0{password}"));
            client.ask(&format!("AUTH PLAIN {token}"), "")
        },
        &|client, password| {
            client.ask("AUTH PLAIN", "334 ");
            client.ask(&BASE64_STANDARD.encode(format!("\0{USER}\0{password}")), "")
        },
        &|client, password| {
            client.ask("AUTH LOGIN", "334 VXNlcm5hbWU6");
            client.ask(&BASE64_STANDARD.encode(USER), "334 UGFzc3dvcmQ6");
            client.ask(&BASE64_STANDARD.encode(password), "")
        },
        &|client, password| {
            let user = BASE64_STANDARD.encode(USER);
            client.ask(&format!("AUTH LOGIN {user}"), "334 UGFzc3dvcmQ6");
            client.ask(&BASE64_STANDARD.encode(password), "")
        },
        &|client, password| {
            let awaited = client.ask("AUTH CRAM-MD5", "334 ");
            let challenge = BASE64_STANDARD.decode(awaited[4..].trim_end()).unwrap();
            let mut mac = Hmac::<md5::Md5>::new_from_slice(password.as_bytes()).unwrap();
            mac.update(&challenge);
            let digest = mac.finalize().into_bytes();
            let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
            client.ask(&BASE64_STANDARD.encode(format!("{USER} {digest}")), "")
        },
    ];
    for way in ways {
        assert!(login(way, PASSWORD).starts_with("235 2.7.0"));
        assert!(login(way, "rabbit").starts_with("535 5.7.8"));
    }
}

#[test]
fn pipelined_commands_are_answered_in_order() {
    let server = start(&[]);
    let mut client = Client::connect(server.plain());
    let mut wire = "EHLO c\r\n".to_owned();
    for n in 0..200 {
        wire.push_str(&format!(
            "MAIL FROM:<{n}@b>\r\nRCPT TO:<nobody@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n{n}\r\n.\r\n"
        ));
    }
    wire.push_str("QUIT\r\nNOOP\r\n");
    client.write(wire.as_bytes());
    client.reply("220 ");
    client.reply("250-");
    for n in 1..=200 {
        client.reply("250 2.1.0");
        client.reply("550 5.1.1");
        client.reply("250 2.1.5");
        client.reply("354 ");
        let kept = client.reply("250 2.0.0");
        assert!(kept.ends_with(&format!(" as P{n}\r\n")), "{kept}");
    }
    client.reply("221 ");
    assert_eq!(client.rest(), b"", "nothing is answered behind QUIT");
    let kept = server.messages();
    assert_eq!(kept.len(), 32);
    assert_eq!(kept.last().unwrap().body, b"199\r\n");
}

#[test]
fn the_last_reply_survives_what_the_client_sends_behind_quit() {
    let server = start(&[]);
    let mut client = Client::connect(server.plain());
    client.write(format!("QUIT\r\n{}", "NOOP\r\n".repeat(20_000)).as_bytes());
    client.reply("220 ");
    client.reply("221 ");
    assert_eq!(client.rest(), b"");
}

#[test]
fn chunks_carry_any_octets() {
    let server = start(&[]);
    let mut client = Client::greeted(server.plain());
    let chunk: Vec<u8> = (0..=255_u8)
        .filter(|byte| !b"\r\n".contains(byte))
        .collect();
    client.write(b"BDAT 10\r\nQUIT\r\nRSET");
    client.reply("503 5.5.1");
    client.write(b"MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nBDAT 254\r\n");
    client.reply("250 2.1.0");
    client.reply("250 2.1.5");
    client.write(&chunk);
    client.reply("250 2.0.0 Ok: 254 octets, 254 so far");
    client.write(b"BDAT 7 LAST\r\n\r\n.\r\n.\r");
    client.reply("554 5.6.0");
    client.write(b"MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nBDAT 254\r\n");
    client.write(&chunk);
    client.write(b"BDAT 7 LAST\r\n\r\n.\r\n\r\nNOOP\r\n");
    for expected in ["250 2.1.0", "250 2.1.5", "250", "250", "250 2.0.0 Ok\r\n"] {
        client.reply(expected);
    }
    let kept = server.messages();
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].body, [chunk.as_slice(), b"\r\n.\r\n\r\n"].concat());
}

#[test]
fn a_text_full_of_dots_comes_out_as_it_went_in() {
    let server = start(&[]);
    let mut client = Client::greeted(server.plain());
    let text = ".\r\n..\r\n.a\r\na.\r\n\r\n.\r\n";
    client.send_message("a@b", text);
    let long = format!("{}\r\n", ".x\r\n".repeat(300_000));
    client.send_message("a@b", &long);
    let kept = server.messages();
    assert_eq!(kept[0].body, text.as_bytes());
    assert_eq!(kept[1].octets, long.len() as u64);
    assert_eq!(kept[1].body, long.as_bytes()[..1024 * 1024]);
}

#[test]
fn no_message_is_smuggled() {
    let server = start(&[]);
    for look_alike in ["\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r", "\r\n.\r", "\r.\r\n"] {
        let mut client = Client::greeted(server.plain());
        client.ask("MAIL FROM:<a@b>", "250 ");
        client.ask("RCPT TO:<a@b>", "250 ");
        client.ask("DATA", "354 ");
        let hidden = "MAIL FROM:<evil@b>\r\nRCPT TO:<a@b>\r\nDATA\r\nevil\r\n.\r\n";
        client.write(format!("x{look_alike}{hidden}NOOP\r\n").as_bytes());
        client.reply("554 5.6.0");
        client.reply("250 2.0.0 Ok\r\n");
    }
    assert_eq!(server.messages(), []);
}

#[test]
fn what_is_injected_behind_starttls_is_not_obeyed() {
    let (sender, told) = mpsc::channel();
    let server = Practice::spawn(Options {
        log: Some(sender),
        ..Options::default()
    })
    .unwrap();
    let mut client = Client::greeted(server.plain());
    client.write(b"STARTTLS\r\nEHLO evil\r\nMAIL FROM:<evil@b>\r\nRCPT TO:<a@b>\r\n");
    client.reply("220 ");
    let mut client = client.secure(&server, HOST);
    client.ask("RCPT TO:<a@b>", "503 5.5.1 Send MAIL first");
    client.ask("MAIL FROM:<a@b>", "503 5.5.1 Send EHLO first");
    let thrown = "#1 46 octets behind STARTTLS thrown away";
    assert!(told.try_iter().any(|line| line == thrown));
}

#[test]
fn mood_no_tls_offers_auth_in_clear() {
    let server = start(&[Mood::NoTls]);
    assert_eq!(server.tls(), None);
    let mut client = Client::connect(server.plain());
    client.reply("220 ");
    let ehlo = client.ask("EHLO c", "250-");
    assert!(
        ehlo.contains(
            "250 AUTH PLAIN LOGIN CRAM-MD5 SCRAM-SHA-1 SCRAM-SHA-256 XOAUTH2 OAUTHBEARER ANONYMOUS"
        ) && !ehlo.contains("STARTTLS")
    );
    client.ask("STARTTLS", "502 ");
    let token = BASE64_STANDARD.encode(format!("\0{USER}\0{PASSWORD}"));
    client.ask(&format!("AUTH PLAIN {token}"), "235 ");
}

#[test]
fn mood_greylist_remembers_over_connections() {
    let server = start(&[Mood::Greylist]);
    for expected in ["450 4.7.1", "250 2.1.5"] {
        let mut client = Client::greeted(server.plain());
        client.ask("MAIL FROM:<a@b>", "250 ");
        client.ask("RCPT TO:<c@d>", expected);
    }
}

#[test]
fn mood_reject_rcpt_takes_nobody() {
    let server = start(&[Mood::RejectRcpt]);
    let mut client = Client::greeted(server.plain());
    client.ask("MAIL FROM:<a@b>", "250 ");
    client.ask("RCPT TO:<c@d>", "550 5.1.1");
    client.ask("DATA", "554 ");
}

#[test]
fn mood_slow_takes_its_time_and_answers_all_the_same() {
    let server = start(&[Mood::Slow]);
    let begun = Instant::now();
    let mut client = Client::greeted(server.plain());
    assert!(
        begun.elapsed() >= Duration::from_secs(4),
        "two replies of two seconds"
    );
    client.ask("QUIT", "221 ");
    assert_eq!(client.rest(), b"");
}

#[test]
fn mood_drop_ends_in_the_middle_of_a_reply() {
    let server = start(&[Mood::Drop]);
    let mut client = Client::greeted(server.plain());
    client.ask("MAIL FROM:<a@b>", "250 ");
    client.write(b"RCPT TO:<c@d>\r\nDATA\r\n");
    assert_eq!(client.rest(), b"250 2.1.5 Re");

    let mut client = Client::connect(server.tls().unwrap()).secure(&server, HOST);
    client.reply("220 ");
    client.ask("HELO c", "250 ");
    client.ask("MAIL FROM:<a@b>", "250 ");
    client.write(b"RCPT TO:<c@d>\r\n");
    let (said, end) = client.until_the_end();
    assert_eq!(said, b"250 2.1.5 Re");
    assert_eq!(
        end,
        Some(ErrorKind::UnexpectedEof),
        "TLS ends without close_notify"
    );
}

#[test]
fn mood_busy_serves_nobody() {
    let server = start(&[Mood::Busy]);
    let mut client = Client::connect(server.plain());
    client.reply("421 4.3.2");
    assert_eq!(client.rest(), b"");
    let mut client = Client::connect(server.tls().unwrap()).secure(&server, HOST);
    client.reply("421 4.3.2");
    assert_eq!(client.rest(), b"");
}

#[test]
fn mood_bad_cert_shows_a_certificate_with_everything_wrong() {
    let server = start(&[Mood::BadCert]);
    let address = server.tls().unwrap();
    let mut refused = Client::connect(address).begin_tls(trusting(&server), HOST);
    assert!(refused.read(&mut [0]).is_err());

    let seen = Client::connect(address).begin_tls(trusting_all(), HOST);
    let mut client = Client::over(Stream::Tls(Box::new(seen)));
    client.reply("220 ");
    let Stream::Tls(stream) = client.stream else {
        panic!("the stream is TLS");
    };
    let chain = stream.conn.peer_certificates().unwrap();
    let (_, leaf) = x509_parser::parse_x509_certificate(&chain[0]).unwrap();
    let (_, authority) = x509_parser::parse_x509_certificate(server.authority()).unwrap();
    assert!(
        leaf.validity().not_after.timestamp() < 1_640_000_000,
        "expired before 2022"
    );
    assert_ne!(leaf.issuer(), authority.subject());
    let names = leaf.subject_alternative_name().unwrap().unwrap();
    assert_eq!(names.value.general_names.len(), 1);
    assert_eq!(
        format!("{}", names.value.general_names[0]),
        "DNSName(other.example)"
    );
}

#[test]
fn mood_flood_can_be_read_to_its_end_and_left_in_the_middle() {
    let server = start(&[Mood::Flood]);
    let mut leaver = Client::connect(server.plain());
    leaver.write(b"EHLO c\r\n");
    leaver.reply("220 ");
    drop(leaver);

    let mut client = Client::connect(server.plain());
    client.write(b"EHLO c\r\nQUIT\r\n");
    let (said, end) = client.until_the_end();
    assert_eq!(end, None);
    let text = String::from_utf8(said).unwrap();
    assert_eq!(text.matches("\r\n250-X-FLOOD-").count(), 999_999);
    assert!(text.ends_with("\r\n250 X-FLOOD-1000000\r\n221 2.0.0 Good-bye\r\n"));
}

#[test]
fn one_client_too_many_is_turned_away() {
    let server = start(&[]);
    let mut clients: Vec<Client> = Vec::new();
    for _ in 0..64 {
        let mut client = Client::connect(server.plain());
        client.reply("220 ");
        clients.push(client);
    }
    let mut refused = Client::connect(server.plain());
    refused.reply("421 4.3.2");
    assert_eq!(refused.rest(), b"");
    let mut leaver = clients.pop().unwrap();
    leaver.ask("QUIT", "221 ");
    drop(leaver);
    let until = Instant::now() + PATIENCE;
    while Client::connect(server.plain()).line().starts_with("421") {
        assert!(Instant::now() < until, "the seat is never free again");
    }
}

#[test]
fn dropping_the_server_ends_every_conversation_at_once() {
    for mood in [None, Some(Mood::Slow), Some(Mood::Flood)] {
        let server = start(mood.as_slice());
        let address = server.plain();
        let mut idle = Client::connect(address);
        let mut busy = Client::connect(address);
        busy.write(b"EHLO c\r\n");
        let mut handshaking = Client::connect(server.tls().unwrap());
        // The flood has filled the socket's buffers when the first lines are here.
        idle.reply("220 ");
        busy.reply("220 ");
        let begun = Instant::now();
        drop(server);
        assert!(begun.elapsed() < Duration::from_secs(10), "{mood:?}");
        assert_eq!(idle.until_the_end().0, b"");
        busy.until_the_end();
        handshaking.until_the_end();
        assert!(
            TcpStream::connect(address).is_err(),
            "nobody listens any more"
        );
    }
}

#[test]
fn an_address_that_is_taken_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = taken.local_addr().unwrap();
    for options in [
        Options {
            listen,
            ..Options::default()
        },
        Options {
            tls_listen: listen,
            ..Options::default()
        },
    ] {
        let error = Practice::spawn(options).unwrap_err();
        assert!(matches!(error, PracticeError::Listen { address, .. } if address == listen));
        assert!(error.to_string().contains(&listen.to_string()), "{error}");
    }
}

#[test]
fn who_watches_is_told_what_happens() {
    let (sender, told) = mpsc::channel();
    let server = Practice::spawn(Options {
        log: Some(sender),
        ..Options::default()
    })
    .unwrap();
    let mut client = Client::greeted(server.plain());
    client.ask("STARTTLS", "220 ");
    let mut client = client.secure(&server, HOST);
    client.ask("EHLO c", "250-");
    let token = BASE64_STANDARD.encode(format!("\0{USER}\0{PASSWORD}"));
    client.ask(&format!("AUTH PLAIN {token}"), "235 ");
    client.ask("QUIT", "221 ");
    client.rest();
    drop(server);
    let told: Vec<String> = told.iter().collect();
    assert!(told[0].starts_with("#1 127.0.0.1:"), "{told:#?}");
    for expected in [
        "#1 STARTTLS: 220 2.0.0 Begin TLS now",
        "#1 TLS stands: TLSv1_3",
        "#1 AUTH PLAIN [hidden]: 235 2.7.0 Authentication successful",
        "#1 QUIT: 221 2.0.0 Good-bye",
    ] {
        assert!(
            told.iter().any(|line| line == expected),
            "{expected}: {told:#?}"
        );
    }
    assert!(!told.iter().any(|line| line.contains(&token)));
}

fn start(moods: &[Mood]) -> Practice {
    Practice::spawn(Options {
        moods: moods.iter().copied().collect(),
        ..Options::default()
    })
    .unwrap()
}

/// A client that waits for each reply and says what it was instead of the expected one.
struct Client {
    stream: Stream,
    unread: Vec<u8>,
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl Client {
    fn connect(address: SocketAddr) -> Self {
        let socket = TcpStream::connect_timeout(&address, PATIENCE).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        socket.set_write_timeout(Some(PATIENCE)).unwrap();
        socket.set_nodelay(true).unwrap();
        Self::over(Stream::Plain(socket))
    }

    fn greeted(address: SocketAddr) -> Self {
        let mut client = Self::connect(address);
        client.reply("220 ");
        client.ask("EHLO client.example", "250-");
        client
    }

    fn over(stream: Stream) -> Self {
        Self {
            stream,
            unread: Vec::new(),
        }
    }

    /// TLS as a careful client does it: only with the server's own authority.
    fn secure(self, server: &Practice, name: &str) -> Self {
        let stream = self.begin_tls(trusting(server), name);
        Self::over(Stream::Tls(Box::new(stream)))
    }

    fn begin_tls(
        self,
        config: ClientConfig,
        name: &str,
    ) -> StreamOwned<ClientConnection, TcpStream> {
        assert_eq!(self.unread, b"", "nothing in clear may wait before TLS");
        let Stream::Plain(socket) = self.stream else {
            panic!("TLS inside TLS");
        };
        let name = ServerName::try_from(name.to_owned()).unwrap();
        let connection = ClientConnection::new(Arc::new(config), name).unwrap();
        StreamOwned::new(connection, socket)
    }

    fn write(&mut self, bytes: &[u8]) {
        match &mut self.stream {
            Stream::Plain(stream) => stream.write_all(bytes).unwrap(),
            Stream::Tls(stream) => stream.write_all(bytes).unwrap(),
        }
    }

    fn read(&mut self) -> std::io::Result<usize> {
        let mut buffer = [0; 16 * 1024];
        let count = match &mut self.stream {
            Stream::Plain(stream) => stream.read(&mut buffer)?,
            Stream::Tls(stream) => stream.read(&mut buffer)?,
        };
        self.unread.extend_from_slice(&buffer[..count]);
        Ok(count)
    }

    fn line(&mut self) -> String {
        loop {
            if let Some(at) = self.unread.windows(2).position(|pair| pair == b"\r\n") {
                let line = self.unread.drain(..at + 2).collect();
                return String::from_utf8(line).unwrap();
            }
            let count = self.read().unwrap();
            assert!(
                count > 0,
                "the end behind {:?}",
                String::from_utf8_lossy(&self.unread)
            );
        }
    }

    /// The next reply, all its lines, which has to begin as expected.
    fn reply(&mut self, expected: &str) -> String {
        let mut reply = self.line();
        let mut last = reply.clone();
        while last.as_bytes()[3] == b'-' {
            last = self.line();
            reply.push_str(&last);
        }
        assert!(
            reply.starts_with(expected),
            "{reply:?} instead of {expected:?}"
        );
        reply
    }

    fn ask(&mut self, line: &str, expected: &str) -> String {
        self.write(format!("{line}\r\n").as_bytes());
        self.reply(expected)
    }

    fn send_message(&mut self, from: &str, text: &str) {
        self.ask(&format!("MAIL FROM:<{from}>"), "250 2.1.0");
        self.ask("RCPT TO:<friend@example.org>", "250 2.1.5");
        self.ask("DATA", "354 ");
        let (mut stuffer, mut wire) = (Stuffer::default(), Vec::new());
        stuffer.push(text.as_bytes(), &mut wire);
        stuffer.finish(&mut wire);
        self.write(&wire);
        self.reply("250 2.0.0");
    }

    /// All that still comes before the server closes in good order.
    fn rest(&mut self) -> Vec<u8> {
        let (rest, end) = self.until_the_end();
        assert_eq!(end, None);
        rest
    }

    /// All that still comes, and the error that ended it, if one did.
    fn until_the_end(&mut self) -> (Vec<u8>, Option<ErrorKind>) {
        let end = loop {
            match self.read() {
                Ok(0) => break None,
                Ok(_) => {}
                Err(error) => break Some(error.kind()),
            }
        };
        let hung = matches!(end, Some(ErrorKind::WouldBlock | ErrorKind::TimedOut));
        assert!(!hung, "the server keeps silent and open");
        (std::mem::take(&mut self.unread), end)
    }
}

fn trusting(server: &Practice) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(server.authority().clone()).unwrap();
    config().with_root_certificates(roots).with_no_client_auth()
}

fn trusting_all() -> ClientConfig {
    config()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Credulous))
        .with_no_client_auth()
}

fn config() -> rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier> {
    ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .unwrap()
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

/// Takes any certificate, to look at it.
#[derive(Debug)]
struct Credulous;

impl ServerCertVerifier for Credulous {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        provider()
            .signature_verification_algorithms
            .supported_schemes()
    }
}
