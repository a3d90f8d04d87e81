//! Saved sessions: by the user, and by the journal in case the program is killed.

use rustix::process::Signal;

use super::{escape, leave};
use crate::support::program::ehlo;
use crate::support::pty::{EHLO, Home, Pty};

/// A console that has logged in to its own practice server, in clear.
pub fn logged_in(home: &Home, columns: u16, rows: u16) -> Pty {
    let mut console = home.ehlo_sized(columns, rows, &["--practice", "--mood", "no-tls"]);
    console.wait_for("next: EHLO");
    console.enter("EHLO client.example");
    console.wait_for("caps:10");
    console.enter("AUTH PLAIN AGFsaWNlAHdvbmRlcmxhbmQ=");
    console.wait_for("Send the secret?");
    console.key("C-y");
    console.wait_for("235 2.7.0");
    console
}

#[test]
fn saves_a_session_and_prints_it() {
    let home = Home::new();
    let mut console = logged_in(&home, 80, 24);
    let file = home.path().join("session.jsonl");
    let save = format!(":save {}", file.display());
    console.enter(&save);
    console.wait_for("secrets masked");
    // An existing file is not replaced without a question.
    console.enter(&save);
    console.wait_for("Replace the file?");
    console.type_text("r");
    console.wait_for("secrets masked");
    console.enter(":save session.pdf");
    console.wait_for(".jsonl");
    let output = ehlo(&home, &["show", &file.display().to_string()], b"");
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{printed}");
    assert!(printed.contains("-> EHLO client.example"), "{printed}");
    assert!(printed.contains("-> AUTH PLAIN [hidden"), "{printed}");
    assert!(printed.contains("<-  235 2.7.0"), "{printed}");
    assert!(!printed.contains("d29uZGVy"), "{printed}");
}

#[test]
fn offers_the_session_of_a_killed_program() {
    let home = Home::new();
    let console = logged_in(&home, 80, 24);
    console.signal(Signal::KILL);
    drop(console);

    let mut console = home.ehlo_sized(80, 50, &[]);
    console.wait_for("The last session");
    console.key("C-y");
    console.wait_for_all(&[
        "-> EHLO client.example",
        "-> AUTH PLAIN [hidden",
        "235 2.7.0",
    ]);
    assert!(!console.screen().contains("d29uZGVy"));
    escape(&mut console, "235 2.7.0");
    // The session is offered only once.
    console.key("Esc");
    drop(console);
    let console = home.ehlo(&[]);
    console.wait_for("Host");
    assert!(!console.screen().contains("The last session"));
}

/// A shell that limits files to two blocks and then runs `ehlo`: writing more fails, as on a full
/// disk.
const LIMITED_FILES: &str = r#"trap "" XFSZ; ulimit -S -f 2; exec "$0" "$@""#;

/// `ehlo` with its practice server without TLS, and with limited files.
fn with_limited_files(home: &Home) -> Pty {
    let shell = ["-c", LIMITED_FILES, EHLO, "--practice", "--mood", "no-tls"];
    home.run((80, 24), &[], "sh", &shell)
}

/// `ehlo` with its practice server without TLS, and with a file in place of the state folder.
fn without_state_folder(home: &Home) -> Pty {
    home.file("state", "no folder");
    home.ehlo(&["--practice", "--mood", "no-tls"])
}

#[test]
fn continues_without_a_journal_and_says_so_once() {
    let table: [(fn(&Home) -> Pty, &str); 2] = [
        (
            without_state_folder,
            "no journal of this session: Not a directory",
        ),
        (with_limited_files, "the journal stopped: File too large"),
    ];
    for (start, words) in table {
        let home = Home::new();
        let mut console = start(&home);
        console.wait_for("next: EHLO");
        console.enter("EHLO client.example");
        console.wait_for("caps:10");
        for number in 1..=9 {
            console.enter(&format!("NOOP {number}"));
            console.wait_for(&format!("-> NOOP {number}"));
        }
        console.wait_until("the last reply", |screen| {
            screen
                .split_once("-> NOOP 9")
                .is_some_and(|(_, after)| after.contains("<-  250 "))
        });
        // The message appeared once, and disappeared with the next key.
        let visible: Vec<bool> = console
            .frames()
            .iter()
            .map(|frame| frame.contains(words))
            .collect();
        let appeared = visible.windows(2).filter(|two| !two[0] && two[1]).count();
        assert_eq!((appeared, visible.last()), (1, Some(&false)), "{words}");
        assert!(console.screen().contains("!journal"), "{words}");
        leave(console);
    }
}

#[test]
fn reports_files_that_cannot_be_saved() {
    let home = Home::new();
    let at = |name: &str| home.path().join(name);
    std::os::unix::fs::symlink(at("nowhere"), at("link.txt")).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, at("fifo.txt"), 0o600.into()).unwrap();
    let mut console = with_limited_files(&home);
    console.wait_for("next: EHLO");
    console.enter("EHLO client.example");
    console.wait_for("caps:10");
    for (name, words) in [
        ("link.txt", "is a symbolic link, not a regular file"),
        ("fifo.txt", "is a FIFO, not a regular file"),
        ("/proc/s.txt", "directory: /proc/s.txt"),
        ("missing/s.txt", "No such file or directory"),
        ("s.jsonl", "File too large"),
    ] {
        console.enter(&format!(":save {name}"));
        console.wait_for(words);
        console.enter("NOOP");
        console.wait_gone(words);
    }
    leave(console);
    assert!(!at("nowhere").exists());
    let half = std::fs::read_dir(home.path()).unwrap();
    let mut names: Vec<_> = half.map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["fifo.txt", "link.txt", "state"]);
}
