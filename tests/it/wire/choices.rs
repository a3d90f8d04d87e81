//! What a user chooses about TLS, as the server sees it and as the facts tell it.

use std::sync::Arc;

use ehlo::net::{
    CertificateFault, ChainFault, Failure, Fingerprint, Identity, KeyLogFile, Plan, Security, Sni,
    TlsError, TlsFacts, Verify, Version, Versions,
};
use ehlo::smtp::{Link, Secret};
use rcgen::ExtendedKeyUsagePurpose;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::version::{TLS12, TLS13};

use super::certificates::{Authority, Identity as Shown, authority, leaf};
use super::client::{Client, HOST, plan};
use crate::support::scripted::{Scripted, Step, expects, says};
use crate::support::tool::Tool;

/// A conversation under TLS with a server like that, by a plan so changed.
fn greeted(config: Arc<ServerConfig>, change: impl FnOnce(&mut Plan)) -> Client {
    let server = Scripted::start(vec![Step::Tls(config), says("220 mx.example ESMTP")]);
    let mut client = Client::new();
    client.watch(&server);
    let mut plan = plan(&server, Security::Implicit);
    change(&mut plan);
    client.connect(plan);
    client.answered();
    client.same("handshakes", &client.tls.len(), &1);
    client.keep(server);
    client
}

fn facts(config: Arc<ServerConfig>, change: impl FnOnce(&mut Plan)) -> TlsFacts {
    greeted(config, change).tls.remove(0)
}

/// A handshake that fails here, before anything is sent.
fn refused(config: Arc<ServerConfig>, change: impl FnOnce(&mut Plan)) -> TlsError {
    let server = Scripted::start(vec![Step::NoTls(config)]);
    let mut client = Client::new();
    client.watch(&server);
    let mut plan = plan(&server, Security::Implicit);
    change(&mut plan);
    client.connect(plan);
    client.over();
    match client.failures.remove(0) {
        Failure::Tls(error) => error,
        other => client.fail(&format!("{other:?}")),
    }
}

#[test]
fn verify_decides_what_a_certificate_leads_to() {
    let root = Authority::new("Test Root");
    let bad = || Shown::self_signed(&leaf(&[HOST])).server();
    let off = facts(bad(), |plan| plan.tls.verify = Verify::Off);
    assert_eq!(off.verdict.to_string(), "not checked (--verify off)");
    assert_eq!(off.link(), Link::Unverified);
    for old in [false, true] {
        let shown = Shown::self_signed(&leaf(&[HOST]));
        let config = if old {
            shown.old_server()
        } else {
            shown.server()
        };
        let error = refused(config, |plan| plan.tls.verify = Verify::Require);
        assert_eq!(
            error.to_string(),
            "the certificate is not verified, as --verify require asks: self-signed"
        );
    }
    let good = facts(root.server(&[HOST]), |plan| {
        plan.tls.verify = Verify::Require;
        plan.tls.authorities = vec![root.der()];
    });
    assert_eq!(good.link(), Link::Verified);
}

#[test]
fn a_pin_says_which_key_is_right() {
    let root = Authority::new("Test Root");
    let shown = || Shown::self_signed(&leaf(&["other.example"]));
    let server = shown();
    let pin = facts(shown().server(), |_| {}).leaf().unwrap().pin;
    let wrong = facts(root.server(&[HOST]), |plan| {
        plan.tls.authorities = vec![root.der()];
        plan.tls.pins = vec![pin];
    });
    assert_eq!(wrong.link(), Link::Unverified);
    assert!(matches!(
        wrong.verdict.faults[..],
        [CertificateFault::OtherPin { .. }]
    ));
    // The right one, though nothing else is right.
    let der = server.der();
    let (_, read) = x509_parser::parse_x509_certificate(&der).unwrap();
    let pin = Fingerprint::of(read.public_key().raw);
    let right = facts(server.server(), |plan| {
        plan.tls.pins = vec![Fingerprint::of(b"another"), pin];
        plan.tls.verify = Verify::Require;
    });
    assert_eq!(
        right.verdict.to_string(),
        "verified by its pin; without that: self-signed; wrong name: wanted mx.example, it has other.example"
    );
    assert_eq!(right.link(), Link::Verified);
}

#[test]
fn names_protocols_and_versions_are_as_chosen() {
    let root = Authority::new("Test Root");
    let speaks = |protocol: &str| {
        let mut config = (*root.server(&[HOST])).clone();
        config.alpn_protocols = vec![protocol.into()];
        Arc::new(config)
    };
    let plain = facts(root.server(&[HOST]), |_| {});
    assert_eq!((plain.alpn, plain.sni.as_deref()), (None, Some(HOST)));
    assert!(!plain.resumed && !plain.after_starttls && plain.asked.is_none());
    let chosen = facts(speaks("smtp"), |plan| {
        plan.host = "127.0.0.1".to_owned();
        plan.tls.sni = Sni::Nothing;
        plan.tls.alpn = vec!["smtp".parse().unwrap()];
        plan.tls.versions = Versions::new(Version::Tls12, Version::Tls12).unwrap();
    });
    assert_eq!(chosen.sni, None);
    assert_eq!(chosen.alpn.as_deref(), Some("smtp"));
    assert_eq!((chosen.version, &*chosen.wanted), ("TLSv1.2", "127.0.0.1"));
    let error = refused(speaks("imap"), |plan| {
        plan.tls.alpn = vec!["smtp".parse().unwrap()];
    });
    assert_eq!(error.alert(), Some(120));
}

#[test]
fn a_server_without_an_allowed_version_is_told_so() {
    let old = || Shown::self_signed(&leaf(&[HOST])).old_server();
    // Asked by hand it would choose TLS 1.2, which is not allowed.
    let server = Scripted::on(
        "127.0.0.1:0",
        vec![vec![Step::NoTls(old())], vec![Step::NoTls(old())]],
    );
    let mut client = Client::new();
    client.watch(&server);
    let mut plan = plan(&server, Security::Implicit);
    plan.tls.versions = Versions::new(Version::Tls13, Version::Tls13).unwrap();
    client.connect(plan);
    client.over();
    client
        .shows("!! TLS failed: the server offers TLS 1.2 with …; ehlo needs TLS 1.3 with ECDHE …");
}

#[test]
fn c28_a_client_certificate_is_shown_where_it_is_asked_for() {
    let root = Authority::new("Client Root");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("alice.pem");
    let key = rcgen::KeyPair::generate().unwrap();
    let mut params = leaf(&["alice.example"]);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let certificate = root.sign_key(&params, &key);
    std::fs::write(&file, certificate + &key.serialize_pem()).unwrap();
    let identity = Identity::read(&file, &file, |_| panic!("it is not encrypted")).unwrap();
    let identity = Arc::new(identity);
    for version in [&TLS12, &TLS13] {
        let wary = root.sign(&leaf(&[HOST])).wary_server(&[version], &root);
        let client = greeted(wary, |plan| {
            plan.tls.identity = Some(Arc::clone(&identity));
        });
        client.shows("-- the server asks for a client certificate of CN=Client Root; it gets the one of --cert");
        let asked = client.tls[0].asked.as_ref().unwrap();
        client.same("authorities", &asked.authorities, &["CN=Client Root"]);
    }
}

#[test]
fn an_encrypted_key_is_opened_with_its_passphrase() {
    let Some(tool) = Tool::have("openssl") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = Authority::new("Client Root").sign_key(&leaf(&["alice.example"]), &key);
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("alice.pem"), certificate).unwrap();
    std::fs::write(at("plain.key"), key.serialize_pem()).unwrap();
    let made = |cipher: &str| {
        let line =
            format!("pkcs8 -topk8 -in plain.key -out locked.key -passout pass:rabbit {cipher}");
        let ran = tool
            .command(folder.path(), "openssl")
            .args(line.split(' '))
            .status();
        ran.is_ok_and(|status| status.success())
    };
    // Triple DES is what openssl req takes by itself.
    for cipher in [
        "-v2 aes-256-cbc",
        "-v2 aes-128-cbc -v2prf hmacWithSHA512",
        "-v2 des3",
    ] {
        assert!(made(cipher), "{cipher}");
        let read = |passphrase: &str| {
            Identity::read(&at("alice.pem"), &at("locked.key"), |_| {
                Ok(Secret::new(passphrase.as_bytes().to_vec()))
            })
        };
        assert!(read("rabbit").is_ok(), "{cipher}: {:?}", read("rabbit"));
        let error = read("hare").unwrap_err().to_string();
        assert!(error.contains("does not open the key"), "{error}");
    }
    let nobody = Identity::read(&at("alice.pem"), &at("locked.key"), |_| {
        Err(std::io::Error::other("nobody to ask"))
    });
    assert!(
        nobody
            .unwrap_err()
            .to_string()
            .contains("passphrase is needed")
    );
    for cipher in ["-scrypt", "-v1 PBE-SHA1-3DES"] {
        assert!(made(cipher), "{cipher}");
        let error = Identity::read(&at("alice.pem"), &at("locked.key"), |_| {
            panic!("no passphrase opens it: {cipher}")
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
fn session_keys_are_written_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.log");
    let log = Arc::new(KeyLogFile::open(&path).unwrap());
    let config = Authority::new("Test Root").server(&[HOST]);
    let client = greeted(config, |plan| plan.tls.key_log = Some(log));
    client.shows("-- this session's keys are written to …/keys.log");
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
fn c27_a_certificate_that_changed_is_told() {
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
    let same = Shown::self_signed(&leaf(&[HOST]));
    let same = same.server();
    let other = root.server(&[HOST]);
    let scripts = vec![script(Arc::clone(&same)), script(same), script(other)];
    let server = Scripted::on("127.0.0.1:0", scripts);
    let mut client = Client::new();
    client.watch(&server);
    for _ in 0..3 {
        client.connect(plan(&server, Security::Implicit));
        client.answered();
        client.asks("QUIT");
        client.over();
    }
    let changed: Vec<bool> = client
        .tls
        .iter()
        .map(|facts| facts.changed_from.is_some())
        .collect();
    client.same("changed", &changed, &[false, false, true]);
    client.shows("!! the certificate is another than at the last connection: SHA-256 was …, is …");
}

#[test]
fn the_chain_is_told_as_it_was_sent() {
    let root = Authority::new("Test Root");
    let stranger = Authority::new("Stranger Root");
    let middle = root.below(authority("Test Intermediate"));
    let sent = |behind: &[&Authority]| {
        let config = middle.sign(&leaf(&[HOST])).behind(behind).server();
        facts(config, |plan| plan.tls.authorities = vec![root.der()])
    };
    let table: [(&[&Authority], &[ChainFault]); 6] = [
        (&[&middle], &[]),
        (
            &[],
            &[ChainFault::Missing {
                issuer: "CN=Test Intermediate".to_owned(),
            }],
        ),
        (&[&middle, &root], &[ChainFault::Root(3)]),
        (&[&root, &middle], &[ChainFault::Order, ChainFault::Root(2)]),
        (&[&middle, &middle], &[ChainFault::Duplicate(3)]),
        (&[&stranger, &middle], &[ChainFault::Unrelated(2)]),
    ];
    for (behind, faults) in table {
        let facts = sent(behind);
        assert_eq!(facts.chain_faults, faults);
        // Whether it is an intermediate or a root is not known of what was not sent.
        let missing = matches!(faults, [ChainFault::Missing { .. }]);
        let words = facts.chain_faults.first().map(ToString::to_string);
        let says_both = words.is_some_and(|words| {
            words.starts_with("CN=Test Intermediate was not sent")
                && words.contains("an intermediate is missing, or it is a private authority")
        });
        assert_eq!(says_both, missing);
        assert_eq!(facts.chain.len(), 1 + behind.len());
        assert_eq!(
            facts.pem().matches("BEGIN CERTIFICATE").count(),
            facts.chain.len()
        );
    }
    let facts = sent(&[&middle]);
    let details = facts.leaf().unwrap();
    assert_eq!(details.key.to_string(), "ECDSA P-256");
    assert_eq!(details.signature, "ECDSA with SHA-256");
    assert_eq!(facts.verdict_for(HOST).unwrap().to_string(), "verified");
    assert_eq!(
        facts.verdict_for("other.example").unwrap().to_string(),
        "wrong name: wanted other.example, it has mx.example"
    );
    assert!(facts.verdict_for("a b").is_err());
}
