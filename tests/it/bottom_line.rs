//! The bottom line belongs to what has the focus: each key that it names acts, Esc and the help always
//! work, and what comes by itself takes no letter of a line.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ehlo::net::{self, ConnectAttempt, ConnectError, Failure, MailRoute, MailServers, MxHost};
use ehlo::tui::{Hint, Look, Message};
use ratatui::buffer::Buffer;

use crate::message::opened;
use crate::screens::states;
use crate::support::stage::Stage;

const SIZES: [(u16, u16); 3] = [(120, 36), (80, 24), (40, 12)];

/// How many times a state is needed at most, at all sizes.
const COPIES: usize = 20;

/// A key as a hint names it.
fn key(name: &str) -> KeyEvent {
    let plain = |code| KeyEvent::new(code, KeyModifiers::NONE);
    let mut letters = name.chars();
    match (letters.next(), letters.next(), name) {
        (Some('^'), Some(letter), _) => KeyEvent::new(
            KeyCode::Char(letter.to_ascii_lowercase()),
            KeyModifiers::CONTROL,
        ),
        (.., "Enter") => plain(KeyCode::Enter),
        (.., "Tab") => plain(KeyCode::Tab),
        (.., "S-Tab") => plain(KeyCode::BackTab),
        (.., "Esc") => plain(KeyCode::Esc),
        (.., "Up") => plain(KeyCode::Up),
        (.., "Down") => plain(KeyCode::Down),
        (.., "Left") => plain(KeyCode::Left),
        (.., "Right") => plain(KeyCode::Right),
        (.., "Space") => plain(KeyCode::Char(' ')),
        (.., "PgUp") => plain(KeyCode::PageUp),
        (.., "PgDn") => plain(KeyCode::PageDown),
        (.., "F1") => plain(KeyCode::F(1)),
        // A letter of the menu.
        (.., "letter") => plain(KeyCode::Char('b')),
        (Some(letter), None, _) => plain(KeyCode::Char(letter)),
        _ => panic!("unknown key {name:?}"),
    }
}

/// Everything a user could notice after a key.
fn trace(stage: &mut Stage, (columns, rows): (u16, u16)) -> (Buffer, usize, bool, Vec<u8>, usize) {
    let screen = stage.draw(columns, rows).backend().buffer().clone();
    let sent = std::mem::take(&mut stage.wire_octets);
    let popups = stage.model.session.popups.len();
    (screen, popups, stage.has_quit, sent, stage.clipboard.len())
}

/// A state in which keys were pressed. It serves for the next key if its bottom line is the same.
struct Used {
    hints: Vec<Hint>,
    stage: Option<Stage>,
}

impl Used {
    /// Whether a key does something.
    fn acts(&mut self, key: KeyEvent, make: &dyn Fn() -> Stage, size: (u16, u16)) -> bool {
        let used = self.stage.take();
        let is_used = used.is_some();
        let mut stage = used.unwrap_or_else(make);
        let before = trace(&mut stage, size);
        stage.message(Message::Key(key));
        let after = trace(&mut stage, size);
        if after == before && is_used {
            // It may be the end of a list.
            return self.acts(key, make, size);
        }
        let same_depth = before.1 == after.1 && !stage.has_quit;
        let top = stage.model.session.popups.last();
        let is_same = same_depth && top.is_some_and(|popup| popup.hints() == self.hints);
        self.stage = is_same.then_some(stage);
        after != before
    }
}

/// The bottom line of the state of this name names keys that act, and the way out works.
fn check(name: &str, make: &dyn Fn() -> Stage, size: (u16, u16)) {
    let mut stage = make();
    let screen = stage.screen(size.0, size.1);
    let bottom = screen.lines().last().unwrap().to_owned();
    let popup = stage.model.session.popups.last().expect(name);
    let (hints, escape) = (popup.hints(), popup.escape_word());
    assert!(
        bottom.contains(&format!("Esc {escape}")),
        "{name} {size:?}: {bottom}"
    );
    assert!(bottom.contains("help"), "{name} {size:?}: {bottom}");
    let depth = stage.model.session.popups.len();
    let mut used = Used {
        hints: popup.hints(),
        stage: Some(stage),
    };
    for Hint { key: keys, word } in hints {
        if !bottom.contains(&word) {
            // There is no room for it.
            continue;
        }
        // The same error again looks the same.
        let acts = (name.ends_with("-error") || name.ends_with("-wrong")) && keys == "Enter"
            || keys
                .split(' ')
                .any(|named| used.acts(key(named), make, size));
        assert!(acts, "{name} {size:?}: {keys} does nothing");
    }
    for help in ["F1", "?"] {
        if !bottom.contains(&format!("{help} help")) {
            continue;
        }
        let mut stage = make();
        stage.screen(size.0, size.1);
        stage.message(Message::Key(key(help)));
        let screen = stage.screen(size.0, size.1);
        assert!(screen.contains("help: "), "{name} {size:?}:\n{screen}");
        stage.key(KeyCode::Esc);
        assert_eq!(stage.model.session.popups.len(), depth, "{name} {size:?}");
    }
    let mut stage = make();
    stage.screen(size.0, size.1);
    let mut presses = 0;
    while stage.model.session.popups.len() >= depth && presses < 3 {
        stage.key(KeyCode::Esc);
        presses += 1;
    }
    let left = stage.model.session.popups.len();
    assert!(left < depth, "{name} {size:?}: Esc does not close it");
}

#[test]
fn the_bottom_line_belongs_to_the_popup() {
    // A state cannot be copied: each key is pressed in one that was made for it.
    let mut made: BTreeMap<&str, Vec<Stage>> = BTreeMap::new();
    for _ in 0..COPIES {
        let open = states(Look::default())
            .into_iter()
            .filter(|(_, stage)| !stage.model.session.popups.is_empty());
        for (name, stage) in open {
            made.entry(name).or_default().push(stage);
        }
    }
    assert!(made.len() > 20, "{:?}", made.keys());
    for (name, stages) in made {
        let stages = RefCell::new(stages);
        let make = || stages.borrow_mut().pop().expect("COPIES are enough");
        for size in SIZES {
            check(name, &make, size);
        }
    }
}

/// What comes by itself.
fn unasked() -> Vec<(&'static str, Stage)> {
    let connecting = || {
        let mut stage = Stage::new(Look::default());
        stage.press(":connect mx.example.test:25\n");
        stage.wire(net::Event::Started);
        stage
    };
    let mut failed = connecting();
    failed.wire(net::Event::Failed(Failure::Connect(vec![ConnectAttempt {
        address: ([203, 0, 113, 25], 25).into(),
        error: ConnectError::Refused,
        took: Duration::ZERO,
    }])));
    let mut servers = connecting();
    servers.wire(net::Event::MailRoute(Box::new(MailRoute {
        domain: "example.test".to_owned(),
        servers: MailServers::Mx(vec![MxHost {
            preference: 10,
            host: "mx.example.test".to_owned(),
        }]),
        authentic: false,
    })));
    let mut journal = Stage::new(Look::default());
    ehlo::tui::offer(&mut journal.model, "old.jsonl".to_owned());
    let mut endless = Stage::greeted(Look::default());
    endless.client("EHLO me.example");
    endless.server(&b"250-X-FLOOD\r\n".repeat(10_001));
    let mut refused = Stage::greeted(Look::default());
    refused.client("EHLO me.example");
    refused.server(b"250 AUTH PLAIN\r\n");
    refused.client("AUTH PLAIN AGFsaWNlAHdyb25n");
    refused.control('y');
    refused.server(b"535 5.7.8 no\r\n");
    let mut file = Stage::greeted(Look::default());
    file.tell(opened("Subject: x\r\n\r\nbody\r\n", 100));
    vec![
        ("a file", file),
        ("a failed connection", failed),
        ("mail servers", servers),
        ("a journal", journal),
        ("an endless reply", endless),
        ("a refused login", refused),
    ]
}

#[test]
fn what_comes_by_itself_takes_no_letters() {
    // Letters that mean something in one of them, and a line that begins with such.
    for line in ["EHLO me.example.org", "r", "1", "kyep", "NOOP"] {
        for pause in [100, 1_200, 3_000] {
            for (name, mut stage) in unasked() {
                assert!(!stage.model.session.popups.is_empty(), "{name}");
                for letter in line.chars() {
                    stage.advance(Duration::from_millis(pause));
                    stage.key(KeyCode::Char(letter));
                }
                let typed = stage.model.session.prompt.command.text();
                assert_eq!(typed, line, "{name}, a key every {pause} ms");
                assert!(!stage.has_quit && !stage.disconnected(), "{name}");
            }
        }
    }
}

#[test]
fn there_is_always_a_way_out() {
    let bottom = |stage: &mut Stage| {
        let screen = stage.screen(80, 24);
        screen.lines().last().unwrap().to_owned()
    };
    let mut stage = Stage::greeted(Look::default());
    stage.client("QUIT");
    stage.server(b"221 bye\r\n");
    stage.end(ehlo::smtp::End::Closed);
    for hint in ["^O r reconnect", "^O n connect", "^D quit"] {
        assert!(bottom(&mut stage).contains(hint), "{}", bottom(&mut stage));
    }
    // A line that stays at the prompt leaves the ways that do not need it empty.
    stage.type_text("NOOP");
    for hint in ["^O r reconnect", "^O n connect"] {
        assert!(bottom(&mut stage).contains(hint), "{}", bottom(&mut stage));
    }
    assert!(!bottom(&mut stage).contains("^D quit"));
    for goodbye in ["exit\n", "quit\n", "QUIT\n", ":q\n", ":exit\n"] {
        let mut stage = Stage::new(Look::default());
        stage.press(goodbye);
        assert!(stage.has_quit, "{goodbye}");
    }
    // While a server is connected, it gets what is typed.
    let mut stage = Stage::greeted(Look::default());
    stage.client("exit");
    assert_eq!(stage.sent(), "exit\r\n");
    // From the form, too.
    let mut stage = Stage::new(Look::default());
    stage.key(KeyCode::Enter);
    stage.control('d');
    assert!(stage.has_quit);
}

#[test]
fn an_offer_nobody_asked_for_hides_no_reply() {
    let mut stage = Stage::greeted(Look::default());
    ehlo::tui::offer(&mut stage.model, "old.jsonl".to_owned());
    stage.shows("The last session");
    stage.client("NOOP");
    stage.server(b"500 no\r\n");
    stage.hides("The last session");
    stage.shows("500 no");
}

#[test]
fn a_host_typed_over_the_list_or_a_choice_is_not_lost() {
    for tabs in [2, 3] {
        let mut stage = Stage::new(Look::default());
        stage.key(KeyCode::Enter);
        for _ in 0..tabs {
            stage.key(KeyCode::Tab);
        }
        stage.type_text("mx.example");
        stage.shows("mx.example");
    }
}

#[test]
fn browse_shows_itself() {
    let mut stage = Stage::greeted(Look::default());
    stage.key(KeyCode::Esc);
    stage.shows("BROWSE: Esc returns to the prompt");
    stage.type_text("H");
    stage.shows("letters act on the transcript");
    stage.key(KeyCode::Esc);
    stage.hides("BROWSE");
}

#[test]
fn a_proof_is_not_called_a_secret_that_can_be_read() {
    for (offer, words, absent) in [
        ("PLAIN", "contains a secret", "does not send the password"),
        (
            "SCRAM-SHA-256",
            "does not send the password itself",
            "can read it",
        ),
    ] {
        let mut stage = Stage::greeted(Look::default());
        stage.client("EHLO me.example");
        stage.server(format!("250-mx\r\n250 AUTH {offer}\r\n").as_bytes());
        stage.menu("a");
        stage.type_text("alice");
        stage.key(KeyCode::Tab);
        stage.type_text("wonderland");
        stage.key(KeyCode::Enter);
        stage.shows(words);
        stage.hides(absent);
    }
}

#[test]
fn what_comes_by_itself_takes_no_enter() {
    for (name, mut stage) in unasked() {
        stage.wire_octets.clear();
        stage.key(KeyCode::Enter);
        assert_eq!(stage.sent(), "", "{name}");
        assert!(!stage.has_quit && !stage.disconnected(), "{name}");
    }
}

#[test]
fn the_keys_of_a_line_are_not_named_as_those_of_a_popup() {
    for (name, mut stage) in unasked() {
        stage.type_text("NOOP");
        if stage.model.session.popups.is_empty() {
            // A text closes at the first letter.
            continue;
        }
        let screen = stage.screen(80, 24);
        let bottom = screen.lines().last().unwrap();
        assert!(!bottom.contains("choose"), "{name}: {bottom}");
    }
}

#[test]
fn a_quit_does_not_end_a_session_opened_meanwhile() {
    let mut stage = Stage::greeted(Look::default());
    stage.control('d');
    stage.key(KeyCode::Enter);
    assert_eq!(stage.sent(), "QUIT\r\n");
    // The user connects elsewhere before the reply to QUIT.
    stage.press(":connect mx.elsewhere.test:25\n");
    stage.model.session.connection.state = ehlo::tui::State::Up;
    stage.server(b"221 bye\r\n");
    stage.end(ehlo::smtp::End::Closed);
    assert!(!stage.has_quit);
}

#[test]
fn a_line_typed_over_a_question_does_not_answer_it() {
    let mut stage = Stage::greeted(Look::default());
    stage.control('d');
    stage.shows("send QUIT, leave after the reply");
    stage.type_text("NOOP");
    stage.shows("Not an answer");
    stage.key(KeyCode::Enter);
    assert_eq!(stage.sent(), "");
    stage.shows("Leave?");
    stage.key(KeyCode::Down);
    stage.hides("Not an answer");
    stage.key(KeyCode::Enter);
    assert_eq!(stage.sent(), "QUIT\r\n");
}

#[test]
fn ctrl_d_in_a_line_deletes_or_says_what_leaves() {
    let mut stage = Stage::greeted(Look::default());
    stage.type_text("NOOP");
    stage.control('d');
    stage.shows("the line is not empty: ^C clears it, then ^D leaves ehlo");
    stage.key(KeyCode::Left);
    stage.control('d');
    assert_eq!(stage.model.session.prompt.command.text(), "NOO");
    stage.hides("the line is not empty");
    stage.control('u');
    stage.control('d');
    stage.shows("Leave?");
    // A line of a login may be empty.
    let mut stage = Stage::greeted(Look::default());
    stage.client("AUTH LOGIN");
    stage.server(b"334 VXNlcm5hbWU6\r\n");
    stage.control('d');
    stage.shows("* cancels it, ^O q leaves ehlo");
}

/// On a small screen the answers of a question are wrapped, and each row of one can be chosen.
#[test]
fn the_answers_of_a_question_are_wrapped() {
    let mut stage = Stage::greeted(Look::default());
    stage.control('d');
    let screen = stage.screen(40, 12);
    assert!(
        screen.contains("│ Enter  send QUIT, leave after the"),
        "{screen}"
    );
    assert!(screen.contains("│        reply"), "{screen}");
    // On a wide one the frame closes the sidebar off.
    let screen = stage.screen(120, 36);
    let frame = |corner| screen.lines().find(|line| line.contains(corner)).unwrap();
    assert!(
        frame('╭').contains("─┴─") && frame('╰').contains("─┬─"),
        "{screen}"
    );
}
