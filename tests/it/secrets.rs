//! A password goes where it was sent and nowhere else: not to the screen, for no moment, and not
//! into any file.

mod repeated;
mod told;

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::support::pty::{EHLO, Home, Pty};

/// The password, made of what programs like to stumble over.
const CANARY: &str = "p@$s'w\"o`r\\d\\0123 ü";
/// What is no secret and has to be found where the canary must not be: else the search is blind.
const CONTROL: &str = "control.example";
/// So many characters of a secret in a row are no accident.
const TELLING: usize = 8;

/// Every form in which the canary could come to light.
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
    // Only what is not plain is written out.
    forms.push(octets.iter().fold(String::new(), |mut text, octet| {
        if octet.is_ascii_alphanumeric() {
            text.push(char::from(*octet));
        } else {
            write!(text, "%{octet:02X}").unwrap();
        }
        text
    }));
    // Base64 looks different behind none, one or two octets more; its ends depend on the neighbours.
    for shift in 0..3 {
        let text = STANDARD.encode([&vec![0; shift], octets].concat());
        let (begin, end) = ([0, 2, 3][shift], text.trim_end_matches('=').len() - 1);
        forms.push(text[begin..end].to_owned());
    }
    forms
}

/// The parts of the forms that would tell.
fn parts() -> Vec<Vec<u8>> {
    let forms = forms();
    let windows = forms
        .iter()
        .flat_map(|form| form.as_bytes().windows(TELLING));
    windows.map(<[u8]>::to_vec).collect()
}

/// Whether any part is in it.
fn tells(octets: &[u8], parts: &[Vec<u8>]) -> Option<String> {
    let found = parts
        .iter()
        .find(|part| octets.windows(TELLING).any(|w| w == part.as_slice()))?;
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
fn the_search_finds_a_canary_in_any_form() {
    let parts = parts();
    let plain = STANDARD.encode(format!("\0alice\0{CANARY}"));
    let login = STANDARD.encode(CANARY);
    for text in [CANARY, &plain, &login, &forms()[1], &forms()[7]] {
        let noted = format!("noted: {text}.");
        assert!(tells(noted.as_bytes(), &parts).is_some(), "{text}");
    }
    assert_eq!(tells(CONTROL.as_bytes(), &parts), None);
}

/// Asserts that no screen ever had a part of the canary, and no prompt a character of a secret.
fn assert_never_shown(console: &Pty) {
    let parts = parts();
    let frames = console.frames();
    assert!(frames.iter().any(|frame| frame.contains(CONTROL)));
    for frame in &frames {
        assert_eq!(tells(frame.as_bytes(), &parts), None, "{frame}");
        for row in frame.lines() {
            let hidden = ["> AUTH PLAIN ", "AUTH> "]
                .iter()
                .find_map(|at| row.strip_prefix(at));
            let shown = hidden.unwrap_or_default().trim_end();
            assert!(shown.chars().all(|c| c == '•'), "{row}");
        }
    }
    assert_eq!(
        tells(&console.raw(), &parts),
        None,
        "among all octets that were written"
    );
}

/// Types a secret key by key. Each is answered by a dot, and there is a frame for each.
fn type_hidden(console: &mut Pty, secret: &str) {
    for (typed, key) in secret.chars().enumerate() {
        console.type_text(&key.to_string());
        let dots = "•".repeat(typed + 1);
        console.wait_until("a dot more", |screen| {
            screen.contains(&format!(" {dots}")) && !screen.contains(&format!("{dots}•"))
        });
    }
    console.key("Enter");
}

/// `ehlo practice`, with all it says. It ends with its test.
struct Server {
    process: Child,
    output: BufReader<std::process::ChildStdout>,
}

impl Server {
    /// Starts it, and gives its address.
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

    /// Ends it, and gives all that it said.
    fn end(mut self) -> String {
        self.process.kill().unwrap();
        let mut said = String::new();
        self.output.read_to_string(&mut said).unwrap();
        said
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_password_leaves_no_trace() {
    let home = Home::new();
    let (server, address) = Server::start(&home);
    let mut console = home.ehlo_sized(99, 50, &["--log", "trace", &address]);
    let plain = STANDARD.encode(format!("\0alice\0{CANARY}"));
    console.wait_for("next: EHLO");
    console.enter(&format!("EHLO {CONTROL}"));
    console.wait_for("next: AUTH or MAIL FROM");
    // In the command itself.
    console.type_text("AUTH PLAIN ");
    console.wait_for("> AUTH PLAIN");
    type_hidden(&mut console, &plain);
    console.wait_for("send the secret?");
    console.type_text("y");
    let refusals = |console: &Pty, count: usize| {
        console.wait_until("another 535", |screen| {
            screen.matches("<** 535 ").count() == count && screen.contains("next: MAIL FROM")
        });
    };
    refusals(&console, 1);
    // In answers to the server, one for all or one for each.
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
    // As raw octets, behind their name and in their popup.
    console.type_text(":raw AUTH PLAIN ");
    type_hidden(&mut console, &plain);
    console.wait_for("raw octets");
    console.type_text("\\r\\n");
    console.key("Enter");
    refusals(&console, 4);
    // In the blank of a template.
    console.enter(":template AUTH PLAIN");
    console.wait_for("response  •");
    console.key("C-u");
    console.wait_gone("•");
    type_hidden(&mut console, &plain);
    refusals(&console, 5);
    // Pasted, and not sent after all.
    console.paste(&format!("AUTH PLAIN {plain}"));
    console.wait_for("> AUTH PLAIN •");
    console.key("C-c");
    console.wait_gone("•");
    // It does not come back with the commands that were sent.
    for line in ["> auth login", "> AUTH PLAIN", "> EHLO"] {
        console.key("Up");
        console.wait_for(line);
    }
    console.key("C-u");
    // Nor can it be opened, but by asking for it.
    console.enter("QUIT");
    console.wait_for("  closed");

    let parts = parts();
    let process = format!("/proc/{}", console.pid());
    for file in ["cmdline", "environ"] {
        let content = fs::read(format!("{process}/{file}")).unwrap();
        assert!(!content.is_empty(), "{file}");
        assert_eq!(tells(&content, &parts), None, "{file}");
    }
    console.key("C-d");
    assert_eq!(console.wait_exit(), 0);
    assert_never_shown(&console);

    let files = files(home.path());
    for (name, content) in &files {
        assert_eq!(
            tells(content, &parts),
            None,
            "{name}: {}",
            String::from_utf8_lossy(content)
        );
    }
    // The files that are meant are among them, and hold what is no secret.
    let state = home.state();
    for (file, words) in [
        ("ehlo.log", "connecting"),
        ("recent", &address),
        (&format!("history/{}", address.replace(':', "_")), CONTROL),
    ] {
        let content = fs::read_to_string(state.join(file)).unwrap();
        assert!(content.contains(words), "{file}: {content}");
    }
    let said = server.end();
    assert!(said.contains("AUTH PLAIN [hidden]"), "{said}");
    assert_eq!(tells(said.as_bytes(), &parts), None, "{said}");
}

#[test]
fn a_pasted_login_is_not_shown() {
    let home = Home::new();
    let mut console = home.ehlo_sized(99, 50, &["--practice", "--mood", "no-tls"]);
    console.wait_for("next: EHLO");
    let password = STANDARD.encode(CANARY);
    // Asked about, with the password as its last line; taken back; then sent.
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
    console.wait_for("send the secret?");
    console.type_text("y");
    console.wait_for("<** 535 ");
    // Step by step it stands at the prompt, hidden.
    console.paste(&session);
    console.wait_for("4 lines were pasted.");
    console.type_text("e");
    for line in ["> EHLO", "> AUTH LOGIN", "AUTH> •", "AUTH> •"] {
        console.wait_for(line);
        console.key("Enter");
    }
    console.wait_until("another 535", |screen| {
        screen.matches("<** 535 ").count() == 2
    });
    assert_never_shown(&console);
}

#[test]
fn a_secret_that_is_half_typed_stays_hidden_when_the_connection_ends() {
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
        assert_eq!(tells(&content, &parts()), None, "{name}");
    }
}

/// Opens an entry of the menu.
fn menu(console: &mut Pty, letter: &str, opens: &str) {
    console.key("C-o");
    console.wait_for("menu: a letter acts");
    console.type_text(letter);
    console.wait_for(opens);
}

/// Waits for another refusal, and leaves what is said about it.
fn refused_again(console: &mut Pty, count: usize) {
    console.wait_for("login refused");
    console.wait_for("what to check");
    console.key("Esc");
    console.wait_until("another 535", |screen| {
        screen.matches("<** 535 ").count() == count && !screen.contains("login refused")
    });
}

#[test]
fn a_password_from_form_popup_or_profile_leaves_no_trace() {
    let home = Home::new();
    let elsewhere = tempfile::tempdir().unwrap();
    let password = elsewhere.path().join("password");
    fs::write(&password, format!("{CANARY}\n")).unwrap();
    let (server, address) = Server::start(&home);
    home.file(
        "config/ehlo/config.toml",
        format!(
            "[profile.work]\ntarget = '{address}'\nuser = 'alice'\npassword_command = ['cat', '{}']\n",
            password.display()
        ),
    );
    let arguments = ["--log", "trace", "--profile", "work"];
    let mut console = home.ehlo_sized(99, 60, &arguments);
    console.wait_for("next: EHLO");
    console.enter(&format!("EHLO {CONTROL}"));
    console.wait_for("next: AUTH or MAIL FROM");
    // From the profile, in the mechanism the server likes best; then in each that is typed in.
    menu(&mut console, "a", "(from the command cat)");
    console.key("Enter");
    console.wait_for("send the secret?");
    console.type_text("y");
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
        menu(&mut console, "a", "log in:");
        console.wait_for("AUTH ");
        // From the password up to the mechanisms.
        console.key("BackTab");
        console.key("BackTab");
        console.wait_for("  ANONYMOUS");
        let down = *mechanism == "PLAIN";
        let way = if down {
            all[1..].to_vec()
        } else {
            vec![*mechanism]
        };
        for passed in way {
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
    // Both ways in the popup, masked; then at the cursor, and not sent.
    menu(&mut console, "b", "base64, masked");
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
    // What went is decoded in the popup, masked too.
    console.type_text("/AUTH PLAIN");
    console.wait_for("/AUTH PLAIN");
    console.key("Enter");
    console.wait_for("Esc prompt");
    console.type_text("b");
    console.wait_for("authzid (empty)   user alice   password ••••");
    console.key("Esc");
    console.wait_gone("base64, masked");
    console.key("Esc");
    console.wait_for("Enter send");

    let parts = parts();
    let process = format!("/proc/{}", console.pid());
    for file in ["cmdline", "environ"] {
        let content = fs::read(format!("{process}/{file}")).unwrap();
        assert_eq!(tells(&content, &parts), None, "{file}");
    }
    console.key("C-c");
    console.key("C-c");
    assert_eq!(console.wait_exit(), 0);
    assert_never_shown(&console);
    for (name, content) in &files(home.path()) {
        let text = String::from_utf8_lossy(content);
        assert_eq!(tells(content, &parts), None, "{name}: {text}");
    }
    let said = server.end();
    assert_eq!(tells(said.as_bytes(), &parts), None, "{said}");
}
