//! A password is sent to the server and appears nowhere else: never on the screen, and not in a
//! file.

mod core_dumps;
mod interrupted;
mod logins;
mod repeated;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::support::pty::{EHLO, Home, Pty};

/// The password, of characters that programs often handle wrongly.
const CANARY: &str = "p@$s'w\"o`r\\d\\0123 ü";
/// A public text that must be found where the canary must not be, to prove that the search works.
const CONTROL: &str = "control.example";
/// The length of a part of the canary that counts as a leak.
const PART_LENGTH: usize = 8;

/// Every form in which the canary could leak.
fn forms() -> Vec<String> {
    let octets = CANARY.as_bytes();
    let hex = |before: &str| {
        octets.iter().fold(String::new(), |mut text, octet| {
            write!(text, "{before}{octet:02x}").unwrap();
            text
        })
    };
    let mut forms = vec![CANARY.to_owned(), hex(""), hex("%"), hex("\\x"), hex(" ")];
    forms.extend([hex("").to_uppercase(), hex("%").to_uppercase()]);
    // URL encoding: only letters and digits are unescaped.
    forms.push(octets.iter().fold(String::new(), |mut text, octet| {
        if octet.is_ascii_alphanumeric() {
            text.push(char::from(*octet));
        } else {
            write!(text, "%{octet:02X}").unwrap();
        }
        text
    }));
    // Base64 depends on the number of octets before it, and its ends on the neighbours.
    for shift in 0..3 {
        let text = STANDARD.encode([&vec![0; shift], octets].concat());
        let (begin, end) = ([0, 2, 3][shift], text.trim_end_matches('=').len() - 1);
        forms.push(text[begin..end].to_owned());
    }
    forms
}

/// The parts of the forms that count as a leak.
fn parts() -> Vec<Vec<u8>> {
    let forms = forms();
    let windows = forms
        .iter()
        .flat_map(|form| form.as_bytes().windows(PART_LENGTH));
    windows.map(<[u8]>::to_vec).collect()
}

/// The first part that the octets contain.
fn find_leak(octets: &[u8], parts: &[Vec<u8>]) -> Option<String> {
    let found = parts
        .iter()
        .find(|part| octets.windows(PART_LENGTH).any(|w| w == part.as_slice()))?;
    Some(String::from_utf8_lossy(found).into_owned())
}

/// All files below a folder.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push((path.display().to_string(), fs::read(&path).unwrap()));
        }
    }
    found
}

#[test]
fn finds_the_canary_in_any_form() {
    let parts = parts();
    let plain = STANDARD.encode(format!("\0alice\0{CANARY}"));
    let login = STANDARD.encode(CANARY);
    for text in [CANARY, &plain, &login, &forms()[1], &forms()[7]] {
        let note = format!("note: {text}.");
        assert!(find_leak(note.as_bytes(), &parts).is_some(), "{text}");
    }
    assert_eq!(find_leak(CONTROL.as_bytes(), &parts), None);
}

/// What a prompt shows of a secret besides a dot for each character. While the prompt is drawn, its row
/// may end with what was there before, at the same columns.
fn shown_of_secret(row: &str, earlier: &BTreeSet<String>) -> Option<String> {
    let begin = ["> AUTH PLAIN ", "AUTH> "];
    let begin = begin.iter().find(|begin| row.starts_with(**begin))?;
    let mut rest = &row[begin.len()..];
    while let Some(after) = [" ", "\u{2022}", "[Tab]"]
        .iter()
        .find_map(|harmless| rest.strip_prefix(harmless))
    {
        rest = after;
    }
    let column = row.chars().count() - rest.chars().count();
    let from = |row: &str| -> String {
        let rest: String = row.chars().skip(column).collect();
        rest.trim_end().to_owned()
    };
    let shown = from(row);
    let was_there = || earlier.iter().any(|row| from(row) == shown);
    (!shown.is_empty() && !was_there()).then_some(shown)
}

#[test]
fn a_single_character_of_a_secret_is_noticed() {
    let earlier = BTreeSet::from(["> AUTH PLAIN [Tab]".to_owned(), "AUTH> x gap".to_owned()]);
    for (row, shown) in [
        ("AUTH> \u{2022}\u{2022}", None),
        ("AUTH> p", Some("p")),
        ("AUTH> \u{2022}p", Some("p")),
        ("AUTH> \u{2022} gap", None),
        ("> AUTH PLAIN [Tab] [Tab]", None),
        ("> AUTH PLAIN \u{2022}a", Some("a")),
        ("> NOOP p", None),
    ] {
        let found = shown_of_secret(row, &earlier);
        assert_eq!(found.as_deref(), shown, "{row}");
    }
}

/// Asserts that no screen ever showed a part of the canary, and no prompt a character of a secret.
fn assert_never_shown(console: &Pty) {
    let parts = parts();
    let frames = console.frames();
    assert!(frames.iter().any(|frame| frame.contains(CONTROL)));
    // All that was in each row of the screen.
    let mut earlier: Vec<BTreeSet<String>> = Vec::new();
    for frame in &frames {
        assert_eq!(find_leak(frame.as_bytes(), &parts), None, "{frame}");
        for (at, row) in frame.lines().enumerate() {
            if earlier.len() <= at {
                earlier.push(BTreeSet::new());
            }
            if let Some(shown) = shown_of_secret(row, &earlier[at]) {
                // Rows may have moved between two frames. So long a rest is no part of a secret that
                // was searched for above, and a short one may be anywhere by chance.
                let elsewhere = earlier
                    .iter()
                    .any(|rows| shown_of_secret(row, rows).is_none());
                assert!(
                    elsewhere && shown.chars().count() >= PART_LENGTH,
                    "{shown:?} in {row}"
                );
            }
            earlier[at].insert(row.trim_end().to_owned());
        }
    }
    assert_eq!(
        find_leak(&console.raw(), &parts),
        None,
        "in the octets written to the terminal"
    );
}

/// Asserts that the arguments and the environment of a process contain no part of the canary.
#[track_caller]
fn assert_not_in_process(pid: u32) {
    let parts = parts();
    let arguments = fs::read(format!("/proc/{pid}/cmdline")).unwrap();
    assert!(!arguments.is_empty());
    assert_eq!(find_leak(&arguments, &parts), None, "arguments");
    match fs::read(format!("/proc/{pid}/environ")) {
        Ok(environment) => {
            assert!(!environment.is_empty());
            assert_eq!(find_leak(&environment, &parts), None, "environment");
        }
        // Only root may read this of a process that is not dumpable.
        Err(error) => assert_eq!(error.kind(), ErrorKind::PermissionDenied),
    }
}

/// Types a secret key by key, and waits for the dot of each key.
fn type_hidden(console: &mut Pty, secret: &str) {
    for (typed, key) in secret.chars().enumerate() {
        console.type_text(&key.to_string());
        let dots = "•".repeat(typed + 1);
        console.wait_until("another dot", |screen| {
            screen.contains(&format!(" {dots}")) && !screen.contains(&format!("{dots}•"))
        });
    }
    console.key("Enter");
}

/// A running `ehlo practice`, stopped when it is dropped.
struct Server {
    process: Child,
    output: BufReader<std::process::ChildStdout>,
}

impl Server {
    /// Starts the server; returns it and its address.
    fn start(home: &Home) -> (Self, String) {
        let mut process = Command::new(EHLO)
            .args(["practice", "--listen", "127.0.0.1:0", "--mood", "no-tls"])
            .env_clear()
            .envs(home.environment())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        let mut server = Self { process, output };
        let mut line = String::new();
        server.output.read_line(&mut line).unwrap();
        let address = line
            .trim_end()
            .strip_prefix("practice server on ")
            .unwrap()
            .to_owned();
        (server, address)
    }

    /// Stops the server; returns its output.
    fn end(mut self) -> String {
        self.process.kill().unwrap();
        let mut log = String::new();
        self.output.read_to_string(&mut log).unwrap();
        log
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_typed_password_does_not_leak() {
    let home = Home::new();
    let (server, address) = Server::start(&home);
    let mut console = home.ehlo_sized(99, 50, &["--log", "trace", &address]);
    let plain = STANDARD.encode(format!("\0alice\0{CANARY}"));
    console.wait_for("next: EHLO");
    console.enter(&format!("EHLO {CONTROL}"));
    console.wait_for("next: AUTH or MAIL FROM");
    // In the command.
    console.type_text("AUTH PLAIN ");
    console.wait_for("> AUTH PLAIN");
    type_hidden(&mut console, &plain);
    console.wait_for("Send the secret?");
    console.key("C-y");
    let refusals = |console: &Pty, count: usize| {
        console.wait_until("another 535", |screen| {
            screen.matches("<** 535 ").count() == count && screen.contains("next: MAIL FROM")
        });
    };
    refusals(&console, 1);
    // In responses: all fields in one, or each in its own.
    console.enter("AUTH PLAIN");
    console.wait_for("AUTH>");
    type_hidden(&mut console, &plain);
    refusals(&console, 2);
    console.enter("auth login");
    console.wait_for("AUTH>");
    type_hidden(&mut console, &STANDARD.encode("alice"));
    console.wait_for("334 UGFzc3dvcmQ6");
    type_hidden(&mut console, &STANDARD.encode(CANARY));
    refusals(&console, 3);
    // As raw octets: after the name of the action, then in its popup.
    console.type_text(":raw AUTH PLAIN ");
    type_hidden(&mut console, &plain);
    console.wait_for("Raw octets");
    console.type_text("\\r\\n");
    console.key("Enter");
    refusals(&console, 4);
    // In a field of a template.
    console.enter(":template AUTH PLAIN");
    console.wait_for("response  •");
    console.key("C-u");
    console.wait_gone("•");
    type_hidden(&mut console, &plain);
    refusals(&console, 5);
    // Pasted, but not sent.
    console.paste(&format!("AUTH PLAIN {plain}"));
    console.wait_for("> AUTH PLAIN •");
    console.key("C-c");
    console.wait_gone("•");
    // It is not in the history of commands.
    for line in ["> auth login", "> AUTH PLAIN", "> EHLO"] {
        console.key("Up");
        console.wait_for(line);
    }
    console.key("C-u");
    console.enter("QUIT");
    console.wait_for("  closed");

    let parts = parts();
    assert_not_in_process(console.pid());
    console.key("C-d");
    assert_eq!(console.wait_exit(), 0);
    assert_never_shown(&console);

    let files = files(home.path());
    for (name, content) in &files {
        assert_eq!(
            find_leak(content, &parts),
            None,
            "{name}: {}",
            String::from_utf8_lossy(content)
        );
    }
    // The expected files exist and contain public text.
    let state = home.state();
    for (file, text) in [
        ("ehlo.log", "connecting"),
        ("recent", &address),
        (&format!("history/{}", address.replace(':', "_")), CONTROL),
    ] {
        let content = fs::read_to_string(state.join(file)).unwrap();
        assert!(content.contains(text), "{file}: {content}");
    }
    let log = server.end();
    assert!(log.contains("AUTH PLAIN [hidden]"), "{log}");
    assert_eq!(find_leak(log.as_bytes(), &parts), None, "{log}");
}

#[test]
fn a_pasted_login_does_not_leak() {
    let home = Home::new();
    let mut console = home.ehlo_sized(99, 50, &["--practice", "--mood", "no-tls"]);
    console.wait_for("next: EHLO");
    let password = STANDARD.encode(CANARY);
    // The paste is confirmed: first cancelled, then accepted.
    let session = format!(
        "EHLO {CONTROL}\nAUTH LOGIN\n{}\n{password}\n",
        STANDARD.encode("alice")
    );
    console.paste(&session);
    console.wait_for("4 lines were pasted.");
    console.key("Esc");
    console.wait_gone("4 lines were pasted.");
    console.paste(&session);
    console.wait_for("4 lines were pasted.");
    console.key("Enter");
    console.wait_for("Send the secret?");
    console.key("C-y");
    console.wait_for("<** 535 ");
    // Line by line: each is at the prompt, hidden.
    console.paste(&session);
    console.wait_for("4 lines were pasted.");
    console.type_text("e");
    for (line, left) in [
        ("\n> EHLO", "3 more"),
        ("\n> AUTH LOGIN", "2 more"),
        ("\nAUTH> •", "1 more"),
        ("\nAUTH> •", ""),
    ] {
        console.wait_until(line, |screen| {
            let more = screen.contains("more pasted lines wait");
            screen.contains(line) && screen.contains(left) && more != left.is_empty()
        });
        console.key("Enter");
    }
    console.wait_until("another 535", |screen| {
        screen.matches("<** 535 ").count() == 2
    });
    assert_never_shown(&console);
}

#[test]
fn a_half_typed_secret_stays_hidden_when_the_connection_ends() {
    let home = Home::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap().to_string();
    let mut console = home.ehlo_sized(99, 50, &[&target]);
    console.wait_for("=== connected");
    let (mut server, _) = listener.accept().unwrap();
    server
        .write_all(format!("220 {CONTROL}\r\n").as_bytes())
        .unwrap();
    console.wait_for("next: EHLO");
    console.enter("AUTH LOGIN");
    console.wait_for("AUTH>");
    server.write_all(b"334 VXNlcm5hbWU6\r\n").unwrap();
    console.wait_for("next: the user name");
    console.type_text(&STANDARD.encode(CANARY));
    console.wait_for("AUTH> ••••");
    drop(server);
    console.wait_for("  closed");
    console.key("C-c");
    console.key("C-d");
    assert_eq!(console.wait_exit(), 0);
    assert_never_shown(&console);
    for (name, content) in files(home.path()) {
        assert_eq!(find_leak(&content, &parts()), None, "{name}");
    }
}

/// Opens an item of the menu.
fn menu(console: &mut Pty, letter: &str, opens: &str) {
    console.key("C-o");
    console.wait_for("Write and send");
    console.type_text(letter);
    console.wait_for(opens);
}

/// Waits for another refusal and closes its explanation.
fn refused_again(console: &mut Pty, count: usize) {
    console.wait_for("Login refused");
    console.wait_for("what to check");
    console.key("Esc");
    console.wait_until("another 535", |screen| {
        screen.matches("<** 535 ").count() == count && !screen.contains("Login refused")
    });
}

#[test]
fn a_password_from_form_popup_or_profile_does_not_leak() {
    let home = Home::new();
    let elsewhere = tempfile::tempdir().unwrap();
    let password = elsewhere.path().join("password");
    fs::write(&password, format!("{CANARY}\n")).unwrap();
    let (server, address) = Server::start(&home);
    home.file(
        "config/ehlo/config.toml",
        format!(
            "[profile.work]\ntarget = '{address}'\nuser = 'alice'\n\
             password_command = ['cat', '{}']\n",
            password.display()
        ),
    );
    let arguments = ["--log", "trace", "--profile", "work"];
    let mut console = home.ehlo_sized(99, 60, &arguments);
    console.wait_for("next: EHLO");
    console.enter(&format!("EHLO {CONTROL}"));
    console.wait_for("next: AUTH or MAIL FROM");
    // From the profile, with the default mechanism; then typed, with other mechanisms.
    menu(&mut console, "a", "(from the command cat)");
    console.key("Enter");
    console.wait_for("Send the secret?");
    console.key("C-y");
    refused_again(&mut console, 1);
    let all = [
        "SCRAM-SHA-256",
        "SCRAM-SHA-1",
        "OAUTHBEARER",
        "XOAUTH2",
        "CRAM-MD5",
        "PLAIN",
    ];
    for (count, mechanism) in ["PLAIN", "CRAM-MD5", "XOAUTH2"].iter().enumerate() {
        menu(&mut console, "a", "Log in ─");
        console.wait_for("AUTH ");
        // Back from the password to the mechanism.
        console.key("BackTab");
        console.key("BackTab");
        console.wait_for("  ANONYMOUS");
        let down = *mechanism == "PLAIN";
        let path = if down {
            all[1..].to_vec()
        } else {
            vec![*mechanism]
        };
        for passed in path {
            console.key(if down { "Down" } else { "Up" });
            console.wait_for(&format!("Mechanism  {passed} "));
        }
        console.key("Enter");
        console.wait_gone("  ANONYMOUS");
        if count == 0 {
            console.type_text(CANARY);
        }
        console.wait_for("AUTH ");
        console.key("Enter");
        refused_again(&mut console, count + 2);
    }
    // In the base64 popup, masked; then inserted into the line, but not sent.
    menu(&mut console, "b", "Base64, masked");
    console.key("Tab");
    console.key("Tab");
    console.type_text("e");
    console.wait_for("escapes: off");
    console.key("Tab");
    console.type_text(CANARY);
    console.wait_for("20 octets");
    console.key("Enter");
    console.wait_for("> ••••");
    console.key("C-c");
    console.wait_gone("••••");
    // A sent line decoded in the popup is also masked.
    console.type_text("/AUTH PLAIN");
    console.wait_for("/AUTH PLAIN");
    console.key("Enter");
    console.wait_for("Esc prompt");
    console.type_text("b");
    console.wait_for("authzid (empty)   user alice   password ••••");
    console.key("Esc");
    console.wait_gone("Base64, masked");
    console.key("Esc");
    console.wait_for("Enter send");

    let parts = parts();
    assert_not_in_process(console.pid());
    console.key("C-c");
    console.key("C-c");
    assert_eq!(console.wait_exit(), 0);
    assert_never_shown(&console);
    for (name, content) in &files(home.path()) {
        let text = String::from_utf8_lossy(content);
        assert_eq!(find_leak(content, &parts), None, "{name}: {text}");
    }
    let log = server.end();
    assert_eq!(find_leak(log.as_bytes(), &parts), None, "{log}");
}
