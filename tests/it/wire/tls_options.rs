//! The user's TLS options: their effect on the server's side and in the results of the handshake.

use std::io::{Read, Write, copy};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use ehlo::net::{
    CertificateFault, ChainFault, ConnectPlan, Failure, Fingerprint, Identity, KeyLogFile,
    Security, Sni, TlsError, TlsFacts, TlsVersion, TlsVersions, Verify,
};
use ehlo::smtp::{Link, Secret};
use rcgen::ExtendedKeyUsagePurpose;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::version::{TLS12, TLS13};

use super::certificates::{Authority, ServerIdentity, ca_params, leaf_params};
use super::client::{Client, HOST, plan, plan_to};
use crate::support::scripted::{Scripted, Step, expects, says};
use crate::support::tool::Tool;

/// A client that has received the greeting under TLS, with a changed plan.
fn connect_with(config: Arc<ServerConfig>, change: impl FnOnce(&mut ConnectPlan)) -> Client {
    let server = Scripted::start(vec![Step::Tls(config), says("220 mx.example ESMTP")]);
    let mut client = Client::new();
    client.show_journal_of(&server);
    let mut plan = plan(&server, Security::Implicit);
    change(&mut plan);
    client.connect(plan);
    client.wait_for_replies();
    client.assert_equal("handshakes", &client.tls.len(), &1);
    client.keep_server(server);
    client
}

fn facts_with(config: Arc<ServerConfig>, change: impl FnOnce(&mut ConnectPlan)) -> TlsFacts {
    connect_with(config, change).tls.remove(0)
}

/// The error of a handshake that fails on the client's side.
fn failure_with(config: Arc<ServerConfig>, change: impl FnOnce(&mut ConnectPlan)) -> TlsError {
    let server = Scripted::start(vec![Step::NoTls(config)]);
    let mut client = Client::new();
    client.show_journal_of(&server);
    let mut plan = plan(&server, Security::Implicit);
    change(&mut plan);
    client.connect(plan);
    client.wait_for_end();
    match client.failures.remove(0) {
        Failure::Tls(error) => error,
        other => client.fail(&format!("{other:?}")),
    }
}

#[test]
fn a_large_hello_offers_the_hybrid_group_first() {
    for (large, group) in [(false, "X25519"), (true, "X25519MLKEM768")] {
        let config = Authority::new("Test Root").server(&[HOST]);
        let facts = facts_with(config, |plan| plan.tls.large_hello = large);
        assert_eq!((facts.group.as_str(), facts.retried), (group, false));
    }
}

/// Starts a box on the way to `server`: a first flight of more octets than `limit` never arrives.
fn box_that_drops(limit: usize, server: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let (mut client, _) = listener.accept()?;
        let mut flight = vec![0; 16 * 1024];
        let mut size = client.read(&mut flight)?;
        // The rest of a flight of several packets.
        client.set_read_timeout(Some(Duration::from_millis(100)))?;
        while let Ok(more) = client.read(&mut flight[size..])
            && more > 0
        {
            size += more;
        }
        client.set_read_timeout(None)?;
        if size > limit {
            // Nothing is answered until the client gives up.
            return client.read(&mut flight).map(|_| ());
        }
        let mut server = TcpStream::connect(server)?;
        server.write_all(&flight[..size])?;
        let (mut back, mut to) = (server.try_clone()?, client.try_clone()?);
        thread::spawn(move || copy(&mut back, &mut to));
        copy(&mut client, &mut server)?;
        server.shutdown(Shutdown::Write)
    });
    address
}

/// Some boxes drop a ClientHello that does not fit one packet: the default one does.
#[test]
fn a_box_that_drops_large_hellos_lets_the_default_one_pass() {
    const PACKET: usize = 1200;
    let config = Authority::new("Test Root").server(&[HOST]);
    let server = Scripted::start(vec![Step::Tls(config), says("220 mx.example ESMTP")]);
    let address = server.address();
    let mut client = Client::new();
    let small = plan_to(box_that_drops(PACKET, address), Security::Implicit);
    client.connect(small);
    client.wait_for_replies();
    client.assert_line("tls S: 220 mx.example ESMTP");
    client.keep_server(server);

    let mut client = Client::new();
    let mut large = plan_to(box_that_drops(PACKET, address), Security::Implicit);
    large.timeout = Duration::from_secs(1);
    large.tls.large_hello = true;
    client.connect(large);
    client.wait_for_end();
    let is_timeout = matches!(client.failures[..], [Failure::Tls(TlsError::TimedOut(_))]);
    client.assert_that("a timeout of the handshake", is_timeout);
}

/// `openssl s_client` takes a line that begins with R or Q as a command of its own.
#[test]
fn lines_that_s_client_would_eat_arrive() {
    let config = Authority::new("Test Root").server(&[HOST]);
    let server = Scripted::start(vec![
        Step::Tls(config),
        says("220 mx.example ESMTP"),
        expects("RCPT TO:<bob@example.org>"),
        says("250 ok"),
        expects("Q"),
        says("500 unknown"),
    ]);
    let mut client = Client::connect_to(&server, Security::Implicit);
    client.wait_for_replies();
    client.ask("RCPT TO:<bob@example.org>");
    client.ask("Q");
    for line in [
        "tls C: RCPT TO:<bob@example.org> {out of order}",
        "tls S: 250 ok",
        "tls C: Q",
        "tls S: 500 unknown",
    ] {
        client.assert_line(line);
    }
    client.keep_server(server);
}

#[test]
fn verify_decides_what_a_bad_certificate_leads_to() {
    let root = Authority::new("Test Root");
    let bad = || ServerIdentity::self_signed(&leaf_params(&[HOST])).server();
    let off = facts_with(bad(), |plan| plan.tls.verify = Verify::Off);
    assert_eq!(off.verdict.to_string(), "not checked (--verify off)");
    assert_eq!(off.link(), Link::Unverified);
    for tls12 in [false, true] {
        let identity = ServerIdentity::self_signed(&leaf_params(&[HOST]));
        let config = if tls12 {
            identity.tls12_server()
        } else {
            identity.server()
        };
        let error = failure_with(config, |plan| plan.tls.verify = Verify::Require);
        assert_eq!(
            error.to_string(),
            "the certificate is not verified, and --verify require is set: self-signed"
        );
    }
    let good = facts_with(root.server(&[HOST]), |plan| {
        plan.tls.verify = Verify::Require;
        plan.tls.authorities = vec![root.der()];
    });
    assert_eq!(good.link(), Link::Verified);
}

#[test]
fn a_pin_overrides_all_faults_but_a_mismatch() {
    let root = Authority::new("Test Root");
    let identity = || ServerIdentity::self_signed(&leaf_params(&["other.example"]));
    let server = identity();
    let pin = facts_with(identity().server(), |_| {}).leaf().unwrap().pin;
    let wrong = facts_with(root.server(&[HOST]), |plan| {
        plan.tls.authorities = vec![root.der()];
        plan.tls.pins = vec![pin];
    });
    assert_eq!(wrong.link(), Link::Unverified);
    assert!(matches!(
        wrong.verdict.faults[..],
        [CertificateFault::PinMismatch { .. }]
    ));
    // The pin matches, and nothing else does.
    let der = server.der();
    let (_, read) = x509_parser::parse_x509_certificate(&der).unwrap();
    let pin = Fingerprint::of(read.public_key().raw);
    let right = facts_with(server.server(), |plan| {
        plan.tls.pins = vec![Fingerprint::of(b"another"), pin];
        plan.tls.verify = Verify::Require;
    });
    assert_eq!(
        right.verdict.to_string(),
        "verified by pin; without that: self-signed; wrong name: expected mx.example, found other.example"
    );
    assert_eq!(right.link(), Link::Verified);
}

#[test]
fn uses_the_chosen_name_protocol_and_version() {
    let root = Authority::new("Test Root");
    let speaks = |protocol: &str| {
        let mut config = (*root.server(&[HOST])).clone();
        config.alpn_protocols = vec![protocol.into()];
        Arc::new(config)
    };
    let plain = facts_with(root.server(&[HOST]), |_| {});
    assert_eq!((plain.alpn, plain.sni.as_deref()), (None, Some(HOST)));
    assert!(!plain.resumed && !plain.after_starttls && plain.certificate_request.is_none());
    let chosen = facts_with(speaks("smtp"), |plan| {
        plan.host = "127.0.0.1".to_owned();
        plan.tls.sni = Sni::Nothing;
        plan.tls.alpn = vec!["smtp".parse().unwrap()];
        plan.tls.versions = TlsVersions::new(TlsVersion::Tls12, TlsVersion::Tls12).unwrap();
    });
    assert_eq!(chosen.sni, None);
    assert_eq!(chosen.alpn.as_deref(), Some("smtp"));
    assert_eq!(
        (chosen.version, &*chosen.expected_name),
        ("TLSv1.2", "127.0.0.1")
    );
    let error = failure_with(speaks("imap"), |plan| {
        plan.tls.alpn = vec!["smtp".parse().unwrap()];
    });
    assert_eq!(error.alert(), Some(120));
}

#[test]
fn reports_a_server_without_an_allowed_version() {
    let old = || ServerIdentity::self_signed(&leaf_params(&[HOST])).tls12_server();
    // The probe finds TLS 1.2, which is not allowed.
    let server = Scripted::on(
        "127.0.0.1:0",
        vec![vec![Step::NoTls(old())], vec![Step::NoTls(old())]],
    );
    let mut client = Client::new();
    client.show_journal_of(&server);
    let mut plan = plan(&server, Security::Implicit);
    plan.tls.versions = TlsVersions::new(TlsVersion::Tls13, TlsVersion::Tls13).unwrap();
    client.connect(plan);
    client.wait_for_end();
    client.assert_line(
        "!! TLS failed: the server chooses TLS 1.2 with …; ehlo needs TLS 1.3 with ECDHE …",
    );
}

#[test]
fn c28_sends_a_client_certificate_on_request() {
    let root = Authority::new("Client Root");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("alice.pem");
    let key = rcgen::KeyPair::generate().unwrap();
    let mut params = leaf_params(&["alice.example"]);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let certificate = root.issue_for_key(&params, &key);
    std::fs::write(&file, certificate + &key.serialize_pem()).unwrap();
    let identity = Identity::read(&file, &file, |_| panic!("the key is not encrypted")).unwrap();
    let identity = Arc::new(identity);
    for version in [&TLS12, &TLS13] {
        let config = root
            .issue(&leaf_params(&[HOST]))
            .server_with_client_auth(&[version], &root);
        let client = connect_with(config, |plan| {
            plan.tls.identity = Some(Arc::clone(&identity));
        });
        client.assert_line("-- the server requests a client certificate issued by CN=Client Root; sending the one from --cert");
        let request = client.tls[0].certificate_request.as_ref().unwrap();
        client.assert_equal("authorities", &request.authorities, &["CN=Client Root"]);
    }
}

#[test]
fn decrypts_a_key_with_its_passphrase() {
    let Some(tool) = Tool::have("openssl") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate =
        Authority::new("Client Root").issue_for_key(&leaf_params(&["alice.example"]), &key);
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("alice.pem"), certificate).unwrap();
    std::fs::write(at("plain.key"), key.serialize_pem()).unwrap();
    let encrypt = |cipher: &str| {
        let line =
            format!("pkcs8 -topk8 -in plain.key -out locked.key -passout pass:rabbit {cipher}");
        let ran = tool
            .command(folder.path(), "openssl")
            .args(line.split(' '))
            .status();
        ran.is_ok_and(|status| status.success())
    };
    // Triple DES is the default of openssl req.
    for cipher in [
        "-v2 aes-256-cbc",
        "-v2 aes-128-cbc -v2prf hmacWithSHA512",
        "-v2 des3",
    ] {
        assert!(encrypt(cipher), "{cipher}");
        let read = |passphrase: &str| {
            Identity::read(&at("alice.pem"), &at("locked.key"), |_| {
                Ok(Secret::new(passphrase.as_bytes().to_vec()))
            })
        };
        assert!(read("rabbit").is_ok(), "{cipher}: {:?}", read("rabbit"));
        let error = read("hare").unwrap_err().to_string();
        assert!(error.contains("wrong passphrase"), "{error}");
    }
    let error = Identity::read(&at("alice.pem"), &at("locked.key"), |_| {
        Err(std::io::Error::other("no terminal"))
    });
    assert!(
        error
            .unwrap_err()
            .to_string()
            .contains("passphrase required")
    );
    for cipher in ["-scrypt", "-v1 PBE-SHA1-3DES"] {
        assert!(encrypt(cipher), "{cipher}");
        let error = Identity::read(&at("alice.pem"), &at("locked.key"), |_| {
            panic!("passphrase requested for an unsupported key: {cipher}")
        });
        let file = at("locked.key");
        let command = format!(
            "openssl pkcs8 -topk8 -v2 aes-256-cbc -in {} -out NEW",
            file.display()
        );
        let error = error.unwrap_err().to_string();
        assert!(error.contains(&command), "{error}");
    }
}

#[test]
fn session_keys_are_readable_by_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.log");
    let log = Arc::new(KeyLogFile::open(&path).unwrap());
    let config = Authority::new("Test Root").server(&[HOST]);
    let client = connect_with(config, |plan| plan.tls.key_log = Some(log));
    client.assert_line("-- the session keys are logged to …/keys.log");
    let text = std::fs::read_to_string(&path).unwrap();
    let labels: Vec<&str> = text
        .lines()
        .filter_map(|line| line.split(' ').next())
        .collect();
    assert!(labels.contains(&"CLIENT_TRAFFIC_SECRET_0"), "{labels:?}");
    assert_eq!(
        std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
}

#[test]
fn c27_reports_a_changed_certificate() {
    let root = Authority::new("Test Root");
    let script = |config| {
        vec![
            Step::Tls(config),
            says("220 mx.example ESMTP"),
            expects("QUIT"),
            says("221 bye"),
            Step::Close,
        ]
    };
    let same = ServerIdentity::self_signed(&leaf_params(&[HOST]));
    let same = same.server();
    let other = root.server(&[HOST]);
    let scripts = vec![script(Arc::clone(&same)), script(same), script(other)];
    let server = Scripted::on("127.0.0.1:0", scripts);
    let mut client = Client::new();
    client.show_journal_of(&server);
    for _ in 0..3 {
        client.connect(plan(&server, Security::Implicit));
        client.wait_for_replies();
        client.ask("QUIT");
        client.wait_for_end();
    }
    let changed: Vec<bool> = client
        .tls
        .iter()
        .map(|facts| facts.previous_fingerprint.is_some())
        .collect();
    client.assert_equal("changed", &changed, &[false, false, true]);
    client.assert_line("!! the certificate changed since the last connection: SHA-256 was …, is …");
}

#[test]
fn reports_the_chain_as_it_was_sent() {
    let root = Authority::new("Test Root");
    let stranger = Authority::new("Stranger Root");
    let intermediate = root.intermediate(ca_params("Test Intermediate"));
    let send = |chain: &[&Authority]| {
        let config = intermediate
            .issue(&leaf_params(&[HOST]))
            .with_chain(chain)
            .server();
        facts_with(config, |plan| plan.tls.authorities = vec![root.der()])
    };
    let table: [(&[&Authority], &[ChainFault]); 6] = [
        (&[&intermediate], &[]),
        (
            &[],
            &[ChainFault::Missing {
                issuer: "CN=Test Intermediate".to_owned(),
            }],
        ),
        (&[&intermediate, &root], &[ChainFault::Root(3)]),
        (
            &[&root, &intermediate],
            &[ChainFault::Order, ChainFault::Root(2)],
        ),
        (&[&intermediate, &intermediate], &[ChainFault::Duplicate(3)]),
        (&[&stranger, &intermediate], &[ChainFault::Unrelated(2)]),
    ];
    for (chain, faults) in table {
        let facts = send(chain);
        assert_eq!(facts.chain_faults, faults);
        // Whether a certificate that was not sent is an intermediate or a root is unknown.
        let missing = matches!(faults, [ChainFault::Missing { .. }]);
        let text = facts.chain_faults.first().map(ToString::to_string);
        let says_both = text.is_some_and(|text| {
            text.starts_with("CN=Test Intermediate was not sent")
                && text.contains("an intermediate is missing, or it is a private CA")
        });
        assert_eq!(says_both, missing);
        assert_eq!(facts.chain.len(), 1 + chain.len());
        assert_eq!(
            facts.pem().matches("BEGIN CERTIFICATE").count(),
            facts.chain.len()
        );
    }
    let facts = send(&[&intermediate]);
    let details = facts.leaf().unwrap();
    assert_eq!(details.key.to_string(), "ECDSA P-256");
    assert_eq!(details.signature, "ECDSA with SHA-256");
    assert_eq!(facts.verdict_for(HOST).unwrap().to_string(), "verified");
    assert_eq!(
        facts.verdict_for("other.example").unwrap().to_string(),
        "wrong name: expected other.example, found mx.example"
    );
    assert!(facts.verdict_for("a b").is_err());
}
