//! Servers that only `openssl s_server` can play: with old versions and suites, weak keys and weak
//! signatures. Without openssl these tests print that they are skipped; with `CI` set they fail.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Stdio};

use ehlo::diagnosis;
use ehlo::net::{Failure, Security, TlsError};
use ehlo::smtp::Link;
use tempfile::TempDir;

use super::client::{Client, HOST, plan, plan_to};
use super::text::matches_pattern;
use crate::support::scripted::{Scripted, Step, expects, says, sends};
use crate::support::tool::Tool;

/// Runs openssl in a folder.
fn openssl(tool: Tool, folder: &Path, line: &str) {
    let output = tool
        .command(folder, "openssl")
        .args(line.split(' '))
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "openssl {line}: {error}");
}

/// Writes a root and a server certificate for [`HOST`] that it issued with this key type and
/// digest.
fn write_certificates(tool: Tool, folder: &Path, key: &str, digest: &str) {
    let root =
        "req -x509 -newkey rsa:2048 -nodes -keyout root.key -out root.pem -subj /CN=Root -days 9";
    openssl(tool, folder, root);
    let leaf = "req -x509 -CA root.pem -CAkey root.key -nodes -keyout leaf.key -out leaf.pem";
    let names = format!("-subj /CN={HOST} -days 9 -addext subjectAltName=DNS:{HOST}");
    let plain = "-addext basicConstraints=critical,CA:FALSE";
    openssl(
        tool,
        folder,
        &format!("{leaf} -newkey {key} -{digest} {names} {plain}"),
    );
}

/// `openssl s_server` with the certificate in a folder, for any number of connections.
struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    fn start(tool: Tool, folder: &Path, options: &str) -> Self {
        let mut command = tool.command(folder, "openssl");
        command.args([
            "s_server",
            "-accept",
            "127.0.0.1:0",
            "-cert",
            "leaf.pem",
            "-key",
            "leaf.key",
        ]);
        command.args(options.split_whitespace());
        // Its standard input stays open; at its end it would exit.
        let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = piped.stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let accept = lines.find_map(|line| {
            let line = line.unwrap();
            line.starts_with("ACCEPT").then_some(line)
        });
        let accept = accept.unwrap_or_else(|| panic!("s_server {options} did not start"));
        let port = accept.rsplit(':').next().unwrap().trim().parse().unwrap();
        // Its output must not fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        Self { child, address }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn c29_to_c33_probes_legacy_servers() {
    let Some(tool) = Tool::have("openssl") else {
        return;
    };
    let folder = TempDir::new().unwrap();
    write_certificates(tool, folder.path(), "rsa:2048", "sha256");
    let table = [
        (
            "-tls1 -cipher AES128-SHA:@SECLEVEL=0",
            "TLS 1.0 with TLS_RSA_WITH_AES_128_CBC_SHA",
            "-tls1",
        ),
        (
            "-tls1_1 -cipher AES256-SHA:@SECLEVEL=0",
            "TLS 1.1 with TLS_RSA_WITH_AES_256_CBC_SHA",
            "-tls1_1",
        ),
        (
            "-tls1_2 -cipher AES128-GCM-SHA256",
            "TLS 1.2 with TLS_RSA_WITH_AES_128_GCM_SHA256",
            "-tls1_2",
        ),
        (
            "-tls1_2 -cipher ECDHE-RSA-AES128-SHA",
            "TLS 1.2 with TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
            "-tls1_2",
        ),
        (
            "-tls1_2 -cipher DHE-RSA-AES256-GCM-SHA384",
            "TLS 1.2 with TLS_DHE_RSA_WITH_AES_256_GCM_SHA384",
            "-tls1_2",
        ),
        (
            "-tls1_2 -cipher NULL-SHA256:@SECLEVEL=0",
            "TLS 1.2 with TLS_RSA_WITH_NULL_SHA256",
            "-tls1_2",
        ),
    ];
    for (options, choice, option) in table {
        let server = Server::start(tool, folder.path(), options);
        let mut client = Client::new();
        client.connect(plan_to(server.address, Security::Implicit));
        client.wait_for_end();
        client.assert_line("-- probing on a new connection what the server would choose: …");
        client.assert_line(&format!(
            "!! TLS failed: the server chooses {choice}; ehlo needs TLS 1.2 or 1.3 with ECDHE and AES-GCM or ChaCha20"
        ));
        let plan = |security| plan_to(server.address, security);
        for (security, starttls) in [
            (Security::Implicit, ""),
            (Security::StartTls, " -starttls smtp"),
        ] {
            let lines = diagnosis::advice(&client.failures[0], &plan(security), None);
            let command = format!(
                "openssl s_client -connect {}{starttls} {option} -cipher ALL:@SECLEVEL=0",
                server.address
            );
            let found = lines.iter().any(|line| line.ends_with(&command));
            client.assert_that(&format!("{lines:?}: {command}"), found);
        }
        // A host name may contain anything, and users paste the command into a shell.
        let mut hostile = plan(Security::Implicit);
        hostile.host = "$(reboot).example".to_owned();
        let lines = diagnosis::advice(&client.failures[0], &hostile, None);
        client.assert_that("no command for a hostile name", lines.len() == 2);
    }
}

#[test]
fn c16_to_c18_weak_keys_and_signatures() {
    let Some(tool) = Tool::have("openssl") else {
        return;
    };
    let table = [
        (
            "rsa:1024",
            "sha256",
            "…weak key: RSA with 1024 bits, 2048 is the minimum…",
            ["weak-key", "proof-unchecked"],
        ),
        (
            "rsa:2048",
            "sha1",
            "weak signature: RSA with SHA-1",
            ["sha1-signature", ""],
        ),
        (
            "rsa:2048",
            "md5",
            "weak signature: RSA with MD5",
            ["md5-signature", ""],
        ),
    ];
    for (key, digest, expected, keys) in table {
        let folder = TempDir::new().unwrap();
        write_certificates(tool, folder.path(), key, digest);
        let server = Server::start(tool, folder.path(), "-cipher ALL:@SECLEVEL=0");
        let mut client = Client::new();
        let mut plan = plan_to(server.address, Security::Implicit);
        let root = folder.path().join("root.pem");
        plan.tls.authorities = ehlo::net::read_ca_file(&root).unwrap();
        client.connect(plan);
        client.wait_until("a handshake", |client| !client.tls.is_empty());
        let facts = &client.tls[0];
        let verdict = facts.verdict.to_string();
        client.assert_that(
            &format!("{verdict}: {expected}"),
            matches_pattern(&verdict, expected),
        );
        client.assert_equal("link", &facts.link(), &Link::Unverified);
        for key in keys.into_iter().filter(|key| !key.is_empty()) {
            let has = facts.verdict.faults.iter().any(|fault| fault.key() == key);
            client.assert_that(&format!("{verdict}: {key}"), has);
        }
    }
}

/// A ServerHello of TLS 1.0 with TLS_RSA_WITH_AES_128_CBC_SHA.
fn old_hello() -> Step {
    let mut hello = vec![0x16, 3, 1, 0, 42, 2, 0, 0, 38, 3, 1];
    hello.extend([7; 32]);
    hello.extend([0, 0, 0x2f, 0]);
    sends(hello)
}

fn starttls() -> Vec<Step> {
    vec![
        says("220 mx.example ESMTP"),
        expects("EHLO me.example"),
        says("250-mx.example"),
        says("250 STARTTLS"),
        expects("STARTTLS"),
        says("220 go ahead"),
        Step::ClientHello,
    ]
}

#[test]
fn a_probe_after_starttls_sends_starttls() {
    let first = [starttls(), vec![sends([0x15, 3, 1, 0, 2, 2, 70])]].concat();
    let second = [starttls(), vec![old_hello()]].concat();
    let server = Scripted::on("127.0.0.1:0", vec![first, second]);
    let mut client = Client::connect_to(&server, Security::StartTls);
    client.wait_for_end();
    client.assert_line(
        "!! TLS failed: the server chooses TLS 1.0 with TLS_RSA_WITH_AES_128_CBC_SHA; …",
    );
}

#[test]
fn probes_again_with_an_older_version() {
    let refuses = || vec![Step::ClientHello, sends([0x15, 3, 1, 0, 2, 2, 40])];
    let last = vec![Step::ClientHello, old_hello()];
    let server = Scripted::on("127.0.0.1:0", vec![refuses(), refuses(), last]);
    let mut client = Client::connect_to(&server, Security::Implicit);
    client.wait_for_end();
    client.assert_line(
        "!! TLS failed: the server chooses TLS 1.0 with TLS_RSA_WITH_AES_128_CBC_SHA; …",
    );
}

#[test]
fn reports_that_the_server_refuses_for_another_reason() {
    let refuses = vec![Step::ClientHello, sends([0x15, 3, 1, 0, 2, 2, 40])];
    let mut hello = vec![0x16, 3, 3, 0, 42, 2, 0, 0, 38, 3, 3];
    hello.extend([7; 32]);
    hello.extend([0, 0xc0, 0x2f, 0]);
    let server = Scripted::on(
        "127.0.0.1:0",
        vec![refuses, vec![Step::ClientHello, sends(hello)]],
    );
    let mut client = Client::connect_to(&server, Security::Implicit);
    client.wait_for_end();
    client.assert_line("-- the server would choose TLS 1.2 with TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, which ehlo supports: …");
    client.assert_failures(&[Failure::Tls(TlsError::NothingInCommon)]);
}

#[test]
fn a_probe_can_be_cancelled() {
    let refuses = vec![Step::ClientHello, sends([0x15, 3, 1, 0, 2, 2, 40])];
    let server = Scripted::on("127.0.0.1:0", vec![refuses, vec![Step::ClientHello]]);
    let mut client = Client::new();
    client.show_journal_of(&server);
    client.connect(plan(&server, Security::Implicit));
    let hellos = || server.log().to_string().matches("<- a ClientHello").count();
    client.wait_until("the probe", |_| hellos() == 2);
    client.cancel();
    client.wait_for_end();
    client.assert_failures(&[Failure::Cancelled]);
}
