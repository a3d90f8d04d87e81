//! Exports for other tools: quoted for the shell, without secrets.

use std::fs;
use std::process::Command;
use std::sync::mpsc;

use ehlo::practice::{self, Practice};
use ehlo::quoting::shell_word;
use ehlo::record::{Excerpt, Export, Format, Record, RecordError, SaveOptions, export, save};
use ehlo::smtp::{Entry, EntryKind, Level, SentKind};
use proptest::prelude::*;
use tempfile::TempDir;

use super::sessions::{MAIL, acts, from_dialogue, record, snapshot};
use crate::support::properties::config;
use crate::support::tool::Tool;

fn exported(record: &Record, to: Export) -> Result<String, RecordError> {
    export(&Excerpt::from(record), to)
}

#[test]
fn exports_a_session_for_each_tool() {
    let record = from_dialogue(MAIL);
    for to in Export::ALL {
        let text = exported(&record, to).unwrap();
        snapshot(&format!("export-{}", to.name()), &text);
    }
}

#[test]
fn reports_what_a_tool_cannot_do() {
    let clear = from_dialogue("S: 220 hi\nC: EHLO me\nS: 250 hi\nC: QUIT");
    let table = [
        (
            Export::Openssl,
            "openssl s_client needs TLS, which this session did not use",
        ),
        (
            Export::Curl,
            "curl sends an envelope only with a message, and none was sent",
        ),
    ];
    for (to, words) in table {
        assert_eq!(exported(&clear, to).unwrap_err().to_string(), words);
    }
}

#[test]
fn swaks_stops_where_the_session_stopped() {
    let ehlo = "S: 220 hi\nC: EHLO me\nS: 250 STARTTLS\n";
    let tls = format!("{ehlo}C: STARTTLS\nS: 220 go\n");
    let refused = format!("{ehlo}C: STARTTLS\nS: 454 not now\n");
    let again = format!("{tls}C: EHLO me\nS: 250 hi\n");
    let mail = format!("{again}C: MAIL FROM:<>\nS: 250 ok\n");
    let table = [
        ("S: 220 hi\n", false, "BANNER"),
        (ehlo, false, "HELO"),
        (&refused, false, "HELO"),
        (&tls, true, "TLS"),
        (&again, true, "HELO"),
        (&mail, true, "MAIL"),
    ];
    for (dialogue, tls, stage) in table {
        let swaks = exported(
            &from_dialogue(&format!("{dialogue}C: QUIT\n")),
            Export::Swaks,
        )
        .unwrap();
        assert_eq!(swaks.contains("--tls \\\n"), tls, "{swaks}");
        let end = format!("--quit-after {stage}\n");
        assert!(swaks.ends_with(&end), "{swaks}");
    }
}

#[test]
fn curl_continues_after_a_refused_recipient_if_the_session_did() {
    let table = [
        (MAIL.to_owned(), true),
        (
            MAIL.replace("550 5.1.1 no such user", "250 2.1.5 ok"),
            false,
        ),
        (MAIL.replace("250 2.1.5 ok", "550 5.7.1 no"), false),
    ];
    for (dialogue, continues) in table {
        let curl = exported(&from_dialogue(&dialogue), Export::Curl).unwrap();
        assert_eq!(curl.contains("--mail-rcpt-allowfails"), continues, "{curl}");
    }
}

#[test]
fn quotes_typed_text_for_the_shell() {
    let record = from_dialogue(
        "S: 220 hi\nC: EHLO a;touch$IFS-b\nS: 250 hi\nC: MAIL FROM:<a'b$(id)`id`@example.org>\nS: 250 ok\nC: RCPT TO:<\"x y\"@example.org>\nS: 250 ok",
    );
    snapshot("export-quoted", &exported(&record, Export::Swaks).unwrap());
}

/// A session with a message and without a login.
const PLAIN_MAIL: &str = "
    S: 220 hi
    C: EHLO client.example
    S: 250-hi
    S: 250 STARTTLS
    C: STARTTLS
    S: 220 go
    C: EHLO client.example
    S: 250 hi
    C: MAIL FROM:<alice@example.org>
    S: 250 ok
    C: RCPT TO:<bob@example.org>
    S: 250 ok
    C: RCPT TO:<nobody@example.org>
    S: 550 no
    C: RCPT TO:<carol@example.org>
    S: 250 ok
    C: DATA
    S: 354 go
    C: From: alice@example.org
    C: Subject: $HOME `id` 'quoted'
    C:
    C: ..a dot, stuffed
    C: the last line
    C: .
    S: 250 ok
    C: QUIT
    S: 221 bye
";

#[test]
fn exported_commands_repeat_the_session() {
    let (sender, logged) = mpsc::sync_channel(1000);
    let practice = Practice::spawn(practice::Options {
        log: Some(sender),
        ..practice::Options::default()
    })
    .unwrap();
    let folder = TempDir::new().unwrap();
    let authority = folder.path().join("ca.pem");
    fs::write(&authority, practice.authority_pem()).unwrap();
    let mut record = from_dialogue(PLAIN_MAIL);
    record.meta.target = format!("localhost:{}", practice.plain().port());
    let excerpt = Excerpt::from(&record);
    let message = folder.path().join("message.eml");
    save(&message, Format::Message, &excerpt, SaveOptions::default()).unwrap();
    let octets = fs::read(&message).unwrap();
    let tools = [
        ("swaks", Export::Swaks),
        ("curl", Export::Curl),
        ("openssl", Export::Openssl),
    ];
    for (number, (name, to)) in tools.into_iter().enumerate() {
        let Some(tool) = Tool::have(name) else {
            return;
        };
        let output = tool
            .command(folder.path(), "sh")
            .args(["-c", &exported(&record, to).unwrap()])
            .env("CURL_CA_BUNDLE", &authority)
            .output()
            .unwrap();
        let messages = practice.messages();
        assert_eq!(messages.len(), number + 1, "{to:?}: {output:?}");
        let arrived = &messages[number];
        assert_eq!(arrived.from, "alice@example.org", "{to:?}");
        assert_eq!(
            arrived.recipients,
            ["bob@example.org", "carol@example.org"],
            "{to:?}"
        );
        assert_eq!(
            String::from_utf8_lossy(&arrived.body),
            String::from_utf8_lossy(&octets),
            "{to:?}"
        );
        // Nothing else is sent, such as an empty line after the message.
        let refused = |line: &String| line.contains(": 5") && !line.contains("<nobody@");
        let unexpected: Vec<String> = logged.try_iter().filter(refused).collect();
        assert!(unexpected.is_empty(), "{to:?}: {unexpected:?}");
    }
}

#[test]
fn exports_accept_a_certificate_that_was_not_verified() {
    let table = [
        (
            Level::Fault,
            "certificate CN=localhost: !! self-signed",
            true,
        ),
        (
            Level::Info,
            "certificate CN=localhost: verified by pin; without that: self-signed",
            true,
        ),
        (Level::Info, "certificate CN=localhost: verified", false),
        (
            Level::Info,
            "SSL certificate verify result: self-signed certificate (18), continuing anyway.",
            true,
        ),
        (
            Level::Info,
            "Verification error: self-signed certificate",
            true,
        ),
        (Level::Info, "Verification: OK", false),
    ];
    let practice = Practice::spawn(practice::Options::default()).unwrap();
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("message.eml"), "Subject: hello\r\n").unwrap();
    let tool = Tool::have("curl");
    let mut arrived = 0;
    for (level, text, unverified) in table {
        let mut record = from_dialogue(PLAIN_MAIL);
        record.meta.target = format!("localhost:{}", practice.plain().port());
        let note = Entry::note(record.entries[0].at, true, level, text);
        record.entries.insert(1, note);
        let settings = [
            (Export::Curl, "--insecure"),
            (Export::Git, "git config sendemail.smtpSSLCertPath ''\n"),
            (Export::Msmtp, "tls_certcheck off\n"),
        ];
        for (to, setting) in settings {
            let export = exported(&record, to).unwrap();
            assert_eq!(export.contains(setting), unverified, "{text}: {export}");
            let comment = export.contains("no CA verified");
            assert_eq!(comment, unverified, "{text}: {export}");
        }
        if let Some(tool) = tool {
            let curl = exported(&record, Export::Curl).unwrap();
            let mut shell = tool.command(folder.path(), "sh");
            let output = shell.args(["-c", &curl]).output().unwrap();
            arrived += usize::from(unverified);
            assert_eq!(practice.messages().len(), arrived, "{text}: {output:?}");
        }
    }
}

#[test]
fn an_exported_msmtp_account_repeats_the_session() {
    let Some(tool) = Tool::have("msmtp") else {
        return;
    };
    let practice = Practice::spawn(practice::Options::default()).unwrap();
    let folder = TempDir::new().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("ca.pem", practice.authority_pem());
    write("mail", "Subject: hello\r\n\r\n.a dot\r\n");
    let msmtp = "msmtp -C account -a ehlo --tls-trust-file=ca.pem --passwordeval=\"echo $0\" \
        bob@example.org carol@example.org <mail";
    // With a wrong password no message arrives.
    let table = [
        (PLAIN_MAIL, "", 1),
        (MAIL, "wonderland", 2),
        (MAIL, "wrong-1", 2),
    ];
    for (dialogue, password, arrived) in table {
        let mut record = from_dialogue(dialogue);
        record.meta.target = format!("localhost:{}", practice.plain().port());
        write("account", &exported(&record, Export::Msmtp).unwrap());
        let output = tool
            .command(folder.path(), "sh")
            .args(["-c", msmtp, password])
            .output()
            .unwrap();
        let messages = practice.messages();
        assert_eq!(messages.len(), arrived, "{output:?}");
        let last = messages.last().unwrap();
        assert_eq!(last.from, "alice@example.org");
        assert_eq!(last.recipients, ["bob@example.org", "carol@example.org"]);
        let body = String::from_utf8_lossy(&last.body);
        assert!(body.ends_with("Subject: hello\r\n\r\n.a dot\r\n"), "{body}");
    }
}

#[test]
fn git_reads_the_exported_settings() {
    let Some(tool) = Tool::have("git") else {
        return;
    };
    let mut record =
        from_dialogue(&MAIL.replace("alice@example.org", "o'brien $HOME `id`@example.org"));
    record.meta.target = "[2001:db8::1]:587".to_owned();
    let folder = TempDir::new().unwrap();
    let script = format!(
        "git init -q . && {{ {} }}",
        exported(&record, Export::Git).unwrap()
    );
    let set = tool
        .command(folder.path(), "sh")
        .args(["-c", &script])
        .output()
        .unwrap();
    assert!(set.status.success(), "{set:?}");
    let list = [
        "config",
        "-f",
        ".git/config",
        "--get-regexp",
        "^sendemail[.]",
    ];
    let output = tool
        .command(folder.path(), "git")
        .args(list)
        .output()
        .unwrap();
    let settings = String::from_utf8(output.stdout).unwrap();
    let expected = [
        "smtpserver 2001:db8::1",
        "smtpserverport 587",
        "smtpencryption tls",
        "smtpdomain client.example",
        "smtpuser alice",
        "smtpauth PLAIN",
        "from o'brien $HOME `id`@example.org",
    ];
    let expected = expected.map(|line| format!("sendemail.{line}\n"));
    assert_eq!(settings, expected.concat());
}

proptest! {
    // Each case starts a shell.
    #![proptest_config(ProptestConfig { cases: 64, ..config() })]

    #[test]
    fn the_shell_reads_quoted_words_unchanged(words in prop::collection::vec("[^\0]{0,12}", 1..8)) {
        let quoted: Vec<String> = words.iter().map(|word| shell_word(word)).collect();
        let harmless = |c: char| c == '\n' || !(c.is_control() || ehlo::smtp::escape::is_unsafe_char(c));
        prop_assert!(quoted.iter().all(|word| word.chars().all(harmless)));
        let script = format!("printf '%s\\0' {}", quoted.join(" "));
        let output = Command::new("sh").arg("-c").arg(&script).output().unwrap();
        let expected: String = words.iter().map(|word| format!("{word}\0")).collect();
        prop_assert_eq!(String::from_utf8_lossy(&output.stdout), expected, "{}", script);
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn exports_contain_no_secrets_and_no_terminal_controls(acts in acts()) {
        let record = record("mx.example.org", &acts);
        // A message line that looks like a login is not a secret.
        let in_message = |entry: &Entry| matches!(&entry.kind, EntryKind::Sent(sent)
            if sent.kind == SentKind::Message && String::from_utf8_lossy(&sent.visible).contains("AGFsaW"));
        prop_assume!(!record.entries.iter().any(in_message));
        for to in Export::ALL {
            let Ok(text) = exported(&record, to) else { continue };
            prop_assert!(!text.contains("AGFsaWNlAHdvbmRlcmxhbmQ="), "{}", text);
            prop_assert!(!text.contains("wonderland"), "{}", text);
            prop_assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{}", text);
        }
    }
}
