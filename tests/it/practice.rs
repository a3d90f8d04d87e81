//! The practice server over real sockets: TLS, logins, messages, every mood and shutdown.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use base64::prelude::{BASE64_STANDARD, Engine as _};
use ehlo::practice::{HOST, Mood, Options, PASSWORD, Practice, PracticeError, USER};
use ehlo::smtp::body::MessageEncoder;
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

/// The timeout of a hanging test; longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn stores_a_message_sent_without_tls() {
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
    let stored = server.messages();
    assert_eq!(stored.len(), 1);
    assert_eq!(stored[0].from, "a@b.example");
    assert_eq!(stored[0].recipients, ["friend@example.org"]);
    assert_eq!(stored[0].body, b"Subject: x\r\n\r\nhello\r\n");
    assert_eq!((stored[0].octets, stored[0].lines), (21, 3));
}

#[test]
fn starttls_resets_the_state_and_the_certificate_has_every_local_name() {
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
fn accepts_implicit_tls() {
    let server = start(&[]);
    let mut client = Client::connect(server.tls().unwrap()).secure(&server, HOST);
    client.reply("220 ");
    client.ask("EHLO c", "250-");
    client.ask("STARTTLS", "503 ");
    client.send_message("a@b", "x\r\n");
    assert_eq!(server.messages().len(), 1);
}

#[test]
fn provides_the_ca_certificate_in_pem() {
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

/// Logs in with a password by one mechanism; returns the last reply.
type Login<'a> = &'a dyn Fn(&mut Client, &str) -> String;

#[test]
fn accepts_only_the_right_password() {
    let server = start(&[]);
    let attempt = |login: Login, password: &str| {
        let mut client = Client::connect(server.tls().unwrap()).secure(&server, HOST);
        client.reply("220 ");
        client.ask("EHLO c", "250-");
        let reply = login(&mut client, password);
        let ehlo = client.ask("EHLO c", "250-");
        assert_eq!(
            ehlo.contains("AUTH"),
            !reply.starts_with("235"),
            "AUTH is offered until a login succeeds"
        );
        reply
    };
    let logins: [Login; 5] = [
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
            let reply = client.ask("AUTH CRAM-MD5", "334 ");
            let challenge = BASE64_STANDARD.decode(reply[4..].trim_end()).unwrap();
            let mut mac = Hmac::<md5::Md5>::new_from_slice(password.as_bytes()).unwrap();
            mac.update(&challenge);
            let digest = mac.finalize().into_bytes();
            let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
            client.ask(&BASE64_STANDARD.encode(format!("{USER} {digest}")), "")
        },
    ];
    for login in logins {
        assert!(attempt(login, PASSWORD).starts_with("235 2.7.0"));
        assert!(attempt(login, "rabbit").starts_with("535 5.7.8"));
    }
}

#[test]
fn replies_to_pipelined_commands_in_order() {
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
        let reply = client.reply("250 2.0.0");
        assert!(reply.ends_with(&format!(" as P{n}\r\n")), "{reply}");
    }
    client.reply("221 ");
    assert_eq!(client.rest(), b"", "no reply after QUIT");
    let stored = server.messages();
    assert_eq!(stored.len(), 32);
    assert_eq!(stored.last().unwrap().body, b"199\r\n");
}

#[test]
fn input_after_quit_does_not_lose_the_last_reply() {
    let server = start(&[]);
    let mut client = Client::connect(server.plain());
    client.write(format!("QUIT\r\n{}", "NOOP\r\n".repeat(20_000)).as_bytes());
    client.reply("220 ");
    client.reply("221 ");
    assert_eq!(client.rest(), b"");
}

#[test]
fn chunks_may_contain_any_octets() {
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
    let stored = server.messages();
    assert_eq!(stored.len(), 1);
    assert_eq!(
        stored[0].body,
        [chunk.as_slice(), b"\r\n.\r\n\r\n"].concat()
    );
}

#[test]
fn receives_messages_with_many_dots_unchanged() {
    let server = start(&[]);
    let mut client = Client::greeted(server.plain());
    let text = ".\r\n..\r\n.a\r\na.\r\n\r\n.\r\n";
    client.send_message("a@b", text);
    let long = format!("{}\r\n", ".x\r\n".repeat(300_000));
    client.send_message("a@b", &long);
    let stored = server.messages();
    assert_eq!(stored[0].body, text.as_bytes());
    assert_eq!(stored[1].octets, long.len() as u64);
    assert_eq!(stored[1].body, long.as_bytes()[..1024 * 1024]);
}

#[test]
fn resists_smtp_smuggling() {
    let server = start(&[]);
    for sequence in ["\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r", "\r\n.\r", "\r.\r\n"] {
        let mut client = Client::greeted(server.plain());
        client.ask("MAIL FROM:<a@b>", "250 ");
        client.ask("RCPT TO:<a@b>", "250 ");
        client.ask("DATA", "354 ");
        let smuggled = "MAIL FROM:<evil@b>\r\nRCPT TO:<a@b>\r\nDATA\r\nevil\r\n.\r\n";
        client.write(format!("x{sequence}{smuggled}NOOP\r\n").as_bytes());
        client.reply("554 5.6.0");
        client.reply("250 2.0.0 Ok\r\n");
    }
    assert_eq!(server.messages(), []);
}

#[test]
fn does_not_execute_commands_injected_after_starttls() {
    let (sender, log) = mpsc::sync_channel(1000);
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
    let discarded = "#1 46 octets after STARTTLS discarded";
    assert!(log.try_iter().any(|line| line == discarded));
}

#[test]
fn mood_no_tls_offers_auth_without_tls() {
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
fn mood_greylist_remembers_pairs_across_connections() {
    let server = start(&[Mood::Greylist]);
    for expected in ["450 4.7.1", "250 2.1.5"] {
        let mut client = Client::greeted(server.plain());
        client.ask("MAIL FROM:<a@b>", "250 ");
        client.ask("RCPT TO:<c@d>", expected);
    }
}

#[test]
fn mood_reject_rcpt_refuses_every_recipient() {
    let server = start(&[Mood::RejectRcpt]);
    let mut client = Client::greeted(server.plain());
    client.ask("MAIL FROM:<a@b>", "250 ");
    client.ask("RCPT TO:<c@d>", "550 5.1.1");
    client.ask("DATA", "554 ");
}

#[test]
fn mood_slow_delays_replies() {
    let server = start(&[Mood::Slow]);
    let started = Instant::now();
    let mut client = Client::greeted(server.plain());
    assert!(
        started.elapsed() >= Duration::from_secs(4),
        "two replies of two seconds"
    );
    client.ask("QUIT", "221 ");
    assert_eq!(client.rest(), b"");
}

#[test]
fn mood_drop_drops_the_connection_within_a_reply() {
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
    let (received, end) = client.read_to_end();
    assert_eq!(received, b"250 2.1.5 Re");
    assert_eq!(
        end,
        Some(ErrorKind::UnexpectedEof),
        "TLS ends without close_notify"
    );
}

#[test]
fn mood_busy_refuses_connections() {
    let server = start(&[Mood::Busy]);
    let mut client = Client::connect(server.plain());
    client.reply("421 4.3.2");
    assert_eq!(client.rest(), b"");
    let mut client = Client::connect(server.tls().unwrap()).secure(&server, HOST);
    client.reply("421 4.3.2");
    assert_eq!(client.rest(), b"");
}

#[test]
fn mood_bad_cert_presents_an_invalid_certificate() {
    let server = start(&[Mood::BadCert]);
    let address = server.tls().unwrap();
    let mut refused = Client::connect(address).begin_tls(trusting(&server), HOST);
    assert!(refused.read(&mut [0]).is_err());

    let accepted = Client::connect(address).begin_tls(trusting_all(), HOST);
    let mut client = Client::over(Stream::Tls(Box::new(accepted)));
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
fn mood_flood_can_be_read_completely_or_abandoned() {
    let server = start(&[Mood::Flood]);
    let mut leaver = Client::connect(server.plain());
    leaver.write(b"EHLO c\r\n");
    leaver.reply("220 ");
    drop(leaver);

    let mut client = Client::connect(server.plain());
    client.write(b"EHLO c\r\nQUIT\r\n");
    let (received, end) = client.read_to_end();
    assert_eq!(end, None);
    let text = String::from_utf8(received).unwrap();
    assert_eq!(text.matches("\r\n250-X-FLOOD-").count(), 999_999);
    assert!(text.ends_with("\r\n250 X-FLOOD-1000000\r\n221 2.0.0 Good-bye\r\n"));
}

#[test]
fn refuses_connections_beyond_the_limit() {
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
        assert!(Instant::now() < until, "the connection is not released");
    }
}

#[test]
fn dropping_the_server_ends_all_connections_at_once() {
    for mood in [None, Some(Mood::Slow), Some(Mood::Flood)] {
        let server = start(mood.as_slice());
        let address = server.plain();
        let mut idle = Client::connect(address);
        let mut busy = Client::connect(address);
        busy.write(b"EHLO c\r\n");
        let mut handshaking = Client::connect(server.tls().unwrap());
        // When the first lines arrive, the flood has filled the socket buffers.
        idle.reply("220 ");
        busy.reply("220 ");
        let started = Instant::now();
        drop(server);
        assert!(started.elapsed() < Duration::from_secs(10), "{mood:?}");
        assert_eq!(idle.read_to_end().0, b"");
        busy.read_to_end();
        handshaking.read_to_end();
        assert!(
            TcpStream::connect(address).is_err(),
            "the server still listens"
        );
    }
}

#[test]
fn reports_an_address_that_is_in_use() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = other.local_addr().unwrap();
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
fn logs_events_without_secrets() {
    let (sender, log) = mpsc::sync_channel(1000);
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
    let log: Vec<String> = log.iter().collect();
    assert!(log[0].starts_with("#1 127.0.0.1:"), "{log:#?}");
    for expected in [
        "#1 STARTTLS: 220 2.0.0 Ready to start TLS",
        "#1 TLS established: TLSv1_3",
        "#1 AUTH PLAIN [hidden]: 235 2.7.0 Authentication successful",
        "#1 QUIT: 221 2.0.0 Good-bye",
    ] {
        assert!(
            log.iter().any(|line| line == expected),
            "{expected}: {log:#?}"
        );
    }
    assert!(!log.iter().any(|line| line.contains(&token)));
}

fn start(moods: &[Mood]) -> Practice {
    Practice::spawn(Options {
        moods: moods.iter().copied().collect(),
        ..Options::default()
    })
    .unwrap()
}

/// A client that checks each reply.
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

    /// Starts TLS and trusts only the CA of the server.
    fn secure(self, server: &Practice, name: &str) -> Self {
        let stream = self.begin_tls(trusting(server), name);
        Self::over(Stream::Tls(Box::new(stream)))
    }

    fn begin_tls(
        self,
        config: ClientConfig,
        name: &str,
    ) -> StreamOwned<ClientConnection, TcpStream> {
        assert_eq!(self.unread, b"", "unread input before TLS");
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
            Stream::Plain(stream) => retry(|| stream.read(&mut buffer))?,
            Stream::Tls(stream) => retry(|| stream.read(&mut buffer))?,
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
                "the connection ended after {:?}",
                String::from_utf8_lossy(&self.unread)
            );
        }
    }

    /// Reads the next reply with all its lines and checks how it starts.
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
        let (mut encoder, mut wire) = (MessageEncoder::default(), Vec::new());
        encoder.push(text.as_bytes(), &mut wire);
        encoder.finish(&mut wire);
        self.write(&wire);
        self.reply("250 2.0.0");
    }

    /// Reads until the server closes the connection gracefully.
    fn rest(&mut self) -> Vec<u8> {
        let (rest, end) = self.read_to_end();
        assert_eq!(end, None);
        rest
    }

    /// Reads until the connection ends; returns the octets and the error, if any.
    fn read_to_end(&mut self) -> (Vec<u8>, Option<ErrorKind>) {
        let end = loop {
            match self.read() {
                Ok(0) => break None,
                Ok(_) => {}
                Err(error) => break Some(error.kind()),
            }
        };
        let timed_out = matches!(end, Some(ErrorKind::WouldBlock | ErrorKind::TimedOut));
        assert!(!timed_out, "the server neither replies nor closes");
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
        .with_custom_certificate_verifier(Arc::new(AcceptAny))
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

/// Accepts any certificate.
#[derive(Debug)]
struct AcceptAny;

impl ServerCertVerifier for AcceptAny {
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

/// Repeats a read that a signal interrupted.
fn retry(mut read: impl FnMut() -> std::io::Result<usize>) -> std::io::Result<usize> {
    loop {
        match read() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            done => return done,
        }
    }
}
