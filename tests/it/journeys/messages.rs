//! Messages from the user's editor or from a file.

use ehlo::practice::Practice;

use super::{leave, menu, practice};
use crate::support::pty::{EHLO, Home, Pty};

/// A console in a transaction with one recipient, and with this `EDITOR`.
fn in_transaction(server: &Practice, home: &Home, editor: &str) -> Pty {
    let target = server.plain().to_string();
    let mut console = home.run((99, 40), &[("EDITOR", editor)], EHLO, &[&target]);
    console.wait_for("next: EHLO");
    for (line, answer) in [
        ("EHLO client.example", "EHLO ok"),
        ("MAIL FROM:<alice@localhost>", "MAIL ok › RCPT 0"),
        ("RCPT TO:<bob@localhost>", "RCPT 1"),
    ] {
        console.enter(line);
        console.wait_for(answer);
    }
    console
}

#[test]
fn composes_in_the_users_editor() {
    let server = practice(&[]);
    let home = Home::new();
    // The script reports the state of its terminal and its file, and waits for input.
    let script = "#!/bin/sh\n\
        stty -a | grep -q -- ' icanon' && echo 'the terminal is cooked'\n\
        ls -l \"$2\" | grep -q -- '^-rw------- ' && echo 'the file is mine alone'\n\
        echo 'what now?'\n\
        read -r answer\n\
        [ \"$answer\" = no ] && exit 3\n\
        echo \"$1 $answer\" >> \"$2\"\n";
    let editor = home.file("my editor.sh", script);
    let mut console = in_transaction(&server, &home, &format!("sh '{editor}' \"added line:\""));
    menu(&mut console, "d");
    console.wait_for("not sent yet: ^D sends DATA");
    console.type_text("by hand");
    menu(&mut console, "e");
    console.wait_for_all(&[
        "the terminal is cooked",
        "the file is mine alone",
        "what now?",
    ]);
    console.enter("no");
    console.wait_for("ended with exit status: 3: text unchanged");
    menu(&mut console, "e");
    // The screen still contains the first question.
    console.wait_until("a second question", |screen| {
        screen.matches("what now?").count() == 2
    });
    console.enter("yes");
    console.wait_for("| added line: yes");
    console.key("C-d");
    console.wait_for("send DATA, wait for 354");
    console.key("Enter");
    console.wait_for("received and kept in memory");
    let messages = server.messages();
    let body = String::from_utf8_lossy(&messages[0].body).into_owned();
    assert!(
        body.starts_with("From: <alice@localhost>\r\nTo: <bob@localhost>\r\nSubject: by hand\r\n"),
        "{body}"
    );
    assert!(body.ends_with("\r\n\r\nadded line: yes\r\n"), "{body}");
    // The temporary files are gone.
    let left: Vec<_> = ["run/ehlo", "state/ehlo"]
        .iter()
        .filter_map(|folder| std::fs::read_dir(home.path().join(folder)).ok())
        .flatten()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("message-"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
    leave(console);
}

#[test]
fn sends_a_file_as_the_message() {
    let server = practice(&[]);
    let home = Home::new();
    let text = format!("Subject: a file\n\n.dot\n{}\n", "x".repeat(70).repeat(10));
    home.file("mine.eml", &text);
    let mut console = in_transaction(&server, &home, "false");
    for (name, words) in [
        ("missing.eml", "missing.eml: No such file"),
        (".", "is a folder"),
        ("", ":data needs a file"),
    ] {
        console.enter(&format!(":data {name}"));
        console.wait_for(words);
    }
    assert!(server.messages().is_empty());
    console.enter(":data mine.eml");
    console.wait_for_all(&[
        "send DATA, wait for 354, then send the file",
        "mine.eml: 723 octets; the server takes",
        "!! no From header",
        "!! line 1 and 3 more: a bare LF, sent as CR LF",
    ]);
    console.key("C-y");
    console.wait_for(
        "message sent: 4 lines, 728 octets, 1 dot-stuffed, 4 line endings converted to CR LF",
    );
    console.wait_for("EHLO ok");
    let body = String::from_utf8(server.messages()[0].body.clone()).unwrap();
    assert_eq!(body, text.replace('\n', "\r\n"));
    leave(console);
}
