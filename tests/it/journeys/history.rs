//! The history of sent lines, and searching the transcript.

use rustix::fs::{CWD, mkfifoat};

use super::{leave, practice};
use crate::support::pty::{Home, Pty};

#[test]
fn history_per_server() {
    let server = practice(&[]);
    let other = practice(&[]);
    let home = Home::new();
    let target = server.plain().to_string();
    let mut console = home.ehlo(&[&target]);
    console.wait_for("next: EHLO");
    console.key("Up");
    console.wait_for("nothing sent to this host yet");
    for line in [
        "EHLO client.example",
        "MAIL FROM:<a@b.example>",
        "RSET",
        "MAIL FROM:<>",
        "RSET",
    ] {
        console.enter(line);
    }
    console.wait_for("-> MAIL FROM:<>");
    console.wait_for("next: STARTTLS");
    leave(console);

    // The history survives the program.
    let mut console = home.ehlo(&[&target]);
    console.wait_for("next: EHLO");
    console.key("Up");
    console.wait_for("> RSET");
    console.key("Up");
    console.wait_for("> MAIL FROM:<>");
    console.key("Down");
    console.wait_for("> RSET");
    // Up finds lines that begin with the typed text.
    console.key("C-u");
    console.type_text("MAIL");
    console.key("Up");
    console.wait_for("> MAIL FROM:<>");
    console.key("Up");
    console.wait_for("> MAIL FROM:<a@b.example>");
    console.key("Up");
    console.wait_for("no earlier command like this");
    // Ctrl-R finds lines that contain a text.
    console.key("C-u");
    console.key("C-r");
    console.type_text("client");
    console.wait_for("history [EHLO client.example]: client");
    console.key("Enter");
    console.wait_for("> EHLO client.example");
    console.key("C-u");
    leave(console);

    // Every server has its own history.
    let mut console = home.ehlo(&[&other.plain().to_string()]);
    console.wait_for("next: EHLO");
    console.key("Up");
    console.wait_for("nothing sent to this host yet");
    leave(console);
}

#[test]
fn a_fifo_in_place_of_a_state_file_does_not_hang_the_start() {
    let table = [
        (
            "recent",
            "recent targets are not saved: is a FIFO, not a regular file",
        ),
        (
            "history/practice",
            "the history is not saved: is a FIFO, not a regular file",
        ),
    ];
    for (name, words) in table {
        let home = Home::new();
        let path = home.state().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        mkfifoat(CWD, &path, 0o600.into()).unwrap();
        let mut console = home.ehlo(&["--practice", "--mood", "no-tls"]);
        console.wait_for("next: EHLO");
        console.enter("EHLO client.example");
        console.wait_for("caps:10");
        let shown = |frame: &String| frame.contains(words);
        assert!(console.frames().iter().any(shown), "{words}");
        // The history is kept in memory.
        console.key("Up");
        console.wait_for("> EHLO client.example");
        console.key("C-u");
        leave(console);
    }
}

/// Text that is shown in reverse, line by line.
fn reversed(console: &Pty) -> Vec<String> {
    console.look(|screen| {
        let (rows, columns) = screen.size();
        let cells = |row| (0..columns.get()).filter_map(move |column| screen.cell(row, column));
        (0..rows.get())
            .map(|row| {
                cells(row)
                    .filter(|c| c.inverse())
                    .map(vt100::Cell::contents)
                    .collect()
            })
            .filter(|text: &String| !text.trim().is_empty())
            .collect()
    })
}

#[test]
fn searches_the_transcript() {
    let home = Home::new();
    let mut console = home.ehlo(&["--practice"]);
    console.wait_for("next: EHLO");
    console.enter("EHLO client.example");
    console.wait_for("EHLO ok");
    console.type_text("/");
    console.wait_gone("/ search");
    console.enter("8bit");
    // The match is selected, and the transcript has the focus.
    console.wait_for("Esc prompt");
    let assert_selected = |console: &Pty, words: &str| {
        let found = reversed(console);
        assert!(
            found.iter().any(|text| text.contains(words)),
            "{words}: {found:?}"
        );
    };
    assert_selected(&console, "250-8BITMIME");
    console.key("Esc");
    console.wait_for("Esc browse");
    assert!(
        !reversed(&console).iter().any(|text| text.contains("8BIT")),
        "{:?}",
        reversed(&console)
    );
    console.type_text("/");
    console.wait_gone("/ search");
    console.enter("client");
    console.wait_for("Esc prompt");
    assert_selected(&console, "Hello client.example");
    console.type_text("n");
    console.wait_until("the match before", |_| {
        reversed(&console)
            .iter()
            .any(|text| text.contains("EHLO client.example"))
    });
    console.type_text("n");
    console.wait_for("no further match");
    console.key("Esc");
    console.wait_for("Esc browse");
    console.type_text("/");
    console.wait_gone("/ search");
    console.enter("nowhere");
    console.wait_for("no match for nowhere (Esc closes)");
    leave(console);
}
