//! Snapshots of the screen in each state; of states with a layout of their own, at several sizes.

use std::time::Duration;

use crossterm::event::KeyCode;
use ehlo::config::{ThemeSettings, When};
use ehlo::net::{
    CertificateFault, ConnectAttempt, ConnectError, Event, Failure, MailRoute, MailServers, MxHost,
    Upload, Verdict,
};
use ehlo::report::Environment;
use ehlo::smtp::End;
use ehlo::tui::{Look, Opened, SessionMessage};
use ratatui::style::Modifier;

use crate::support::snapshot::snapshot;
use crate::support::stage::Stage;

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 36), (40, 12)];
const EHLO: &[u8] = b"250-mx.example.test\r\n250-SIZE 33554432\r\n250-8BITMIME\r\n250 STARTTLS\r\n";
const EHLO_TLS: &[u8] = b"250-mx.example.test\r\n250-SIZE 33554432\r\n250-ENHANCEDSTATUSCODES\r\n\
    250-AUTH PLAIN LOGIN\r\n250 SMTPUTF8\r\n";

fn under_tls(look: Look) -> Stage {
    let mut stage = Stage::greeted(look);
    stage.client("EHLO vm.example.net");
    stage.server(EHLO);
    stage.client("STARTTLS");
    stage.server(b"220 2.0.0 Ready to start TLS\r\n");
    stage.tls(Verdict {
        faults: vec![CertificateFault::SelfSigned],
        trusted_by: None,
    });
    stage
}

fn offering_auth(look: Look) -> Stage {
    let mut stage = under_tls(look);
    stage.client("EHLO vm.example.net");
    stage.server(
        b"250-mx.example.test\r\n250-AUTH PLAIN LOGIN SCRAM-SHA-256 XOAUTH2 NTLM\r\n250 8BITMIME\r\n",
    );
    stage
}

fn authenticated(look: Look) -> Stage {
    let mut stage = under_tls(look);
    stage.client("EHLO vm.example.net");
    stage.server(EHLO_TLS);
    stage.client("AUTH PLAIN AGFsaWNlAHdvbmRlcmxhbmQ=");
    stage.control('y');
    stage.server(b"235 2.7.0 Authentication successful\r\n");
    stage
}

pub fn refused(look: Look) -> Stage {
    let mut stage = authenticated(look);
    stage.client("MAIL FROM:<alice@example.test>");
    stage.server(b"250 2.1.0 Ok\r\n");
    stage.client("RCPT TO:<nobody@example.test>");
    stage.advance(Duration::from_millis(3171));
    stage.server(
        b"550 5.1.1 <nobody@example.test>: Recipient address rejected: User unknown in local \
        recipient table\r\n",
    );
    stage
}

fn composing(look: Look) -> Stage {
    let mut stage = authenticated(look);
    for line in [
        "MAIL FROM:<alice@example.test>",
        "RCPT TO:<bob@example.test>",
    ] {
        stage.client(line);
        stage.server(b"250 2.1.5 Ok\r\n");
    }
    stage.client("DATA");
    stage.server(b"354 End data with <CR><LF>.<CR><LF>\r\n");
    for line in ["Subject: a test", "", ".begins with a dot", "and ends"] {
        stage.client(line);
    }
    stage
}

/// Every state with a snapshot.
pub(crate) fn states(look: Look) -> Vec<(&'static str, Stage)> {
    let new = || Stage::new(look);
    let mut states = Vec::new();
    let mut add = |name, mut stage: Stage, act: fn(&mut Stage)| {
        act(&mut stage);
        states.push((name, stage));
    };
    add("not-connected", new(), |_| {});
    add("connect-form", new(), |stage| stage.key(KeyCode::Enter));
    add("connect-form-error", new(), |stage| {
        stage.key(KeyCode::Enter);
        stage.type_text("mx example");
        stage.key(KeyCode::Enter);
    });
    add("waiting-for-greeting", Stage::connected(look), |stage| {
        stage.advance(Duration::from_secs(75));
    });
    add("greeted", Stage::greeted(look), |_| {});
    add("greeted-idle", Stage::greeted(look), |stage| {
        stage.advance(Duration::from_secs(250));
    });
    add("forgotten-after-starttls", under_tls(look), |_| {});
    add("typing-a-secret", under_tls(look), |stage| {
        stage.type_text("AUTH PLAIN AGFsaWNl");
    });
    add("consent", under_tls(look), |stage| {
        stage.client("AUTH PLAIN AGFsaWNl");
    });
    add("login", offering_auth(look), |stage| {
        stage.control('o');
        stage.type_text("aalice");
        stage.key(KeyCode::Tab);
        stage.type_text("wonderland");
    });
    add("login-mechanisms", offering_auth(look), |stage| {
        stage.control('o');
        stage.type_text("a");
        stage.key(KeyCode::BackTab);
    });
    add("login-refused", offering_auth(look), |stage| {
        stage.control('o');
        stage.type_text("aalice");
        stage.key(KeyCode::Tab);
        stage.type_text("W0nder and");
        stage.key(KeyCode::Enter);
        stage.control('y');
        stage.server(b"535 5.7.8 Error: authentication failed\r\n");
    });
    add("quote", offering_auth(look), |stage| {
        stage.press(":quote\n");
        stage.type_text("W0nder#and$x1");
        stage.key(KeyCode::Tab);
        stage.type_text("6");
    });
    add("quote-revealed", offering_auth(look), |stage| {
        stage.press(":quote\nW0nder#and$x1\n");
        stage.key(KeyCode::End);
        stage.press("r");
        stage.key(KeyCode::Home);
    });
    add("base64", Stage::greeted(look), |stage| {
        stage.control('o');
        stage.type_text("b\\0alice\\0wonderland\\n");
    });
    add("base64-revealed", Stage::greeted(look), |stage| {
        stage.control('o');
        stage.type_text("b\\0alice\\0wonderland\\n");
        stage.key(KeyCode::Tab);
        stage.key(KeyCode::Tab);
        stage.type_text("r");
    });
    add("base64-of-a-user", Stage::greeted(look), |stage| {
        stage.control('o');
        stage.type_text("bDaniela");
        stage.key(KeyCode::Tab);
        stage.key(KeyCode::Tab);
        stage.type_text("r");
    });
    add("refused", refused(look), |_| {});
    add("out-of-order", Stage::greeted(look), |stage| {
        stage.client("DATA");
        stage.server(b"503 5.5.1 Error: need RCPT command\r\n");
    });
    add("composing", composing(look), |_| {});
    add("composed", composing(look), |stage| stage.client("."));
    add("browsing-folded", refused(look), |stage| {
        stage.type_text("/smtputf8");
        stage.key(KeyCode::Enter);
        stage.type_text("z");
    });
    add("paused", refused(look), |stage| {
        stage.screen(80, 24);
        stage.key(KeyCode::PageUp);
        stage.client("");
        stage.key(KeyCode::PageUp);
        stage.server(b"250 2.0.0 late and unasked\r\n");
    });
    add("no-match", Stage::greeted(look), |stage| {
        stage.type_text("/nowhere");
        stage.key(KeyCode::Enter);
    });
    add("tour", Stage::connected(look), |stage| {
        // There is no practice server here, so the tour only watches the session.
        stage.type_text(":tour");
        stage.key(KeyCode::Enter);
        stage.key(KeyCode::Enter);
        stage.server(b"220 localhost ESMTP practice\r\n");
        stage.client("EHLO");
        stage.server(b"501 5.5.4 EHLO wants a name\r\n");
    });
    add("menu", refused(look), |stage| stage.control('o'));
    add("help", refused(look), |stage| stage.type_text("?"));
    add("palette", refused(look), |stage| stage.type_text(":conn"));
    add("capabilities", refused(look), |stage| {
        stage.control('o');
        stage.type_text("c");
    });
    add("paste", Stage::greeted(look), |stage| {
        stage.paste("EHLO a.example\rAUTH PLAIN AGFsaWNl\r");
    });
    add("whole-line", refused(look), |stage| {
        stage.key(KeyCode::Esc);
        stage.key(KeyCode::Enter);
    });
    add("leave", refused(look), |stage| stage.control('d'));
    add("mail-route", Stage::new(look), |stage| {
        stage.type_text(":connect alice@example.test");
        stage.key(KeyCode::Enter);
        stage.wire(Event::Started);
        let exchanger = |preference, host: &str| MxHost {
            preference,
            host: host.to_owned(),
        };
        stage.wire(Event::MailRoute(Box::new(MailRoute {
            domain: "example.test".to_owned(),
            servers: MailServers::Mx(vec![
                exchanger(10, "mx1.example.test"),
                exchanger(20, "evil\\027.example.test"),
                exchanger(20, "mx2.example.test"),
            ]),
            authentic: true,
        })));
    });
    add("connect-failed", Stage::new(look), |stage| {
        stage.type_text(":connect mx.example.test:25");
        stage.key(KeyCode::Enter);
        stage.wire(Event::Started);
        let attempt = |address, error| ConnectAttempt {
            address,
            error,
            took: Duration::from_millis(2),
        };
        stage.wire(Event::Failed(Failure::Connect(vec![
            attempt("[2001:db8::25]:25".parse().unwrap(), ConnectError::NoRoute),
            attempt("203.0.113.25:25".parse().unwrap(), ConnectError::Refused),
        ])));
    });
    add("hostile", Stage::connected(look), |stage| {
        stage.server(b"220-mx\x1b]0;owned\x07 \x9b31m\x1b[2J ESC, C1\r\n220-\xff\xfe\x00 NUL\n");
        stage.server("220-\u{202e}gnirts\u{2066} bidi, \u{200b}zero\r\n".as_bytes());
        stage.server(b"220 *** done\r\n250 nobody asked\r\nnot a reply at all\r\n999 what\r\n25");
    });
    add("raw", Stage::greeted(look), |stage| {
        stage.client(r":raw HELO me.example\r\nNOOP\n\x1b\xff");
    });
    add("raw-with-a-fault", Stage::greeted(look), |stage| {
        stage.client(r":raw NOOP\r\q");
    });
    add("raw-with-a-secret", Stage::greeted(look), |stage| {
        stage.client(r":raw AUTH PLAIN AGFsaWNlAHdvbmRlcmxhbmQ=\r\n");
    });
    add("raw-sent", Stage::greeted(look), |stage| {
        stage.client(r":raw NOOP\n");
        stage.key(KeyCode::Enter);
    });
    add("templates", refused(look), |stage| {
        stage.control('o');
        stage.type_text("t");
    });
    add("template-form", refused(look), |stage| {
        stage.client(":template RCPT with");
        stage.key(KeyCode::Tab);
        stage.type_text(",DELAY");
    });
    add("template-secret", Stage::greeted(look), |stage| {
        stage.client(":template AUTH PLAIN");
    });
    add("template-message", refused(look), |stage| {
        stage.client(":template message with");
    });
    add("gutter-marks", composing(look), |stage| {
        stage.tell(SessionMessage::Edited(Ok(format!(
            "From: a@b\r\nSubject: \u{fc}\r\n\r\n.a dot\r\nb\nare LF\r\nbare\rCR\r\n{}\r\n\
             \u{fc}ber\r\nplain",
            "x".repeat(999)
        ))));
    });
    add("composing-first", refused(look), |stage| {
        stage.client("RCPT TO:<bob@example.test>");
        stage.server(b"250 2.1.5 Ok\r\n");
        stage.control('o');
        stage.type_text("d");
        stage.type_text("hello");
    });
    add("composed-first", refused(look), |stage| {
        stage.control('o');
        stage.type_text("d");
        stage.control('d');
    });
    add("uploading", composing(look), |stage| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("large.eml");
        let file = std::fs::File::create(&path).unwrap();
        file.set_len(100_000_000).unwrap();
        let upload = Upload::open(&path).unwrap();
        let head = vec![b'x'; 70];
        stage.tell(SessionMessage::Opened(Ok(Opened { upload, head })));
        stage.control('y');
        stage.advance(Duration::from_secs(4));
        let (sent, total) = (42_000_000, 100_000_000);
        stage.wire(Event::Progress { sent, total });
    });
    add("typing-the-first-letter", refused(look), |stage| {
        stage.type_text("m");
    });
    add("typing-a-parameter", refused(look), |stage| {
        stage.type_text("RCPT TO:<bob@example.test> NOTIFY=");
        for _ in 0..4 {
            stage.key(KeyCode::Left);
        }
    });
    add("typing-a-size", authenticated(look), |stage| {
        stage.type_text("MAIL FROM:<alice@example.test> SIZE=52428800 ");
        stage.key(KeyCode::Left);
    });
    add("typing-what-can-be-mended", authenticated(look), |stage| {
        stage.type_text("mail from: alice@example.test");
    });
    add("mended", authenticated(look), |stage| {
        stage.type_text("mail from: alice@example.test");
        for _ in 0..2 {
            stage.control('o');
            stage.type_text("f");
        }
    });
    add("listing-parameters", authenticated(look), |stage| {
        stage.type_text("MAIL FROM:<alice@example.test> ");
        stage.key(KeyCode::Tab);
        stage.key(KeyCode::Down);
    });
    add("listing-verbs", refused(look), |stage| {
        stage.key(KeyCode::BackTab);
        stage.key(KeyCode::Up);
    });
    add("421", under_tls(look), |stage| {
        stage.client("EHLO vm.example.net");
        stage.server(b"421 4.3.2 going down for maintenance\r\n");
        stage.end(End::Closed);
    });
    add("flooded", Stage::greeted(look), |stage| {
        stage.client("EHLO vm.example.net");
        stage.server(&b"250-X-FLOOD\r\n".repeat(10_001));
    });
    states.extend(crate::look::states(look));
    states.extend(crate::pasted_logs::states(look));
    states.extend(crate::pasted_scripts::states(look));
    states.extend(crate::saved::states(look));
    states.extend(crate::record::on_screen::states(look));
    states.extend(crate::surveys::states(look));
    states.extend(crate::tls::states(look));
    states
}

#[test]
fn a_menu_scrolls_on_a_small_screen() {
    let mut stage = Stage::greeted(Look::default());
    stage.control('o');
    let screen = stage.screen(30, 6);
    assert!(screen.contains("Session"), "{screen}");
    for _ in 0..30 {
        stage.key(KeyCode::Down);
        stage.screen(30, 6);
    }
    let last = stage.screen(30, 6);
    assert!(last.contains("│ ") && last != screen, "{last}");
    stage.key(KeyCode::Up);
    assert_ne!(stage.screen(30, 6), last);
}

/// The states whose layout depends on the size. The others have a snapshot at 80x24 only.
const AT_EVERY_SIZE: [&str; 15] = [
    "not-connected",
    "connect-form",
    "greeted",
    "refused",
    "composing",
    "browsing-folded",
    "menu",
    "palette",
    "help",
    "login",
    "capabilities",
    "tls-laid-open",
    "saved",
    "diff",
    "tour",
];

#[test]
fn snapshots_of_every_state() {
    let mut left = AT_EVERY_SIZE.to_vec();
    for (name, mut stage) in states(Look::default()) {
        let everywhere = left.iter().position(|one| *one == name);
        let sizes = if let Some(at) = everywhere {
            left.swap_remove(at);
            &SIZES[..]
        } else {
            &SIZES[..1]
        };
        for &(columns, rows) in sizes {
            let suffix = match (columns, rows) {
                (80, 24) => String::new(),
                _ => format!("-{columns}x{rows}"),
            };
            snapshot(
                &format!("screen-{name}{suffix}"),
                &stage.screen(columns, rows),
            );
        }
    }
    assert!(left.is_empty(), "no such states: {left:?}");
}

#[test]
fn ascii_and_no_color_apply_to_every_state() {
    let environment = Environment {
        no_color: Some("1".to_owned()),
        term: Some("dumb".to_owned()),
        locale: Some("C".to_owned()),
    };
    let look = Look::decide(
        When::Auto,
        &ThemeSettings::default(),
        When::Auto,
        &environment,
    );
    for (name, mut stage) in states(look) {
        for (columns, rows) in SIZES {
            let terminal = stage.draw(columns, rows);
            for cell in terminal.backend().buffer().content() {
                assert!(cell.symbol().is_ascii(), "{name}: {:?}", cell.symbol());
                let plain = (ratatui::style::Color::Reset, ratatui::style::Color::Reset);
                assert_eq!((cell.fg, cell.bg), plain, "{name}");
            }
        }
    }
}

/// Nothing at the prompt and under it depends on colour alone: the verb is bold, what is not offered is dim,
/// text with advice is underlined; the part at the cursor has marks and is in reverse video.
#[test]
fn marks_need_no_colour() {
    let environment = Environment {
        no_color: Some("1".to_owned()),
        locale: Some("C.UTF-8".to_owned()),
        ..Environment::default()
    };
    let look = Look::decide(
        When::Auto,
        &ThemeSettings::default(),
        When::Auto,
        &environment,
    );
    let mut stage = refused(look);
    stage.type_text("RCPT TO:<bob@example.test> NOTIFY=NEVER");
    let terminal = stage.draw(80, 24);
    let buffer = terminal.backend().buffer();
    let styled = |row: u16, modifier| -> String {
        let cells = (0..80).map(|x| &buffer[(x, row)]);
        cells
            .filter(|cell| cell.modifier.contains(modifier))
            .map(ratatui::buffer::Cell::symbol)
            .collect()
    };
    assert_eq!(styled(19, Modifier::BOLD), "> RCPTTO:");
    assert_eq!(styled(19, Modifier::DIM), "NOTIFY=NEVER");
    assert_eq!(styled(19, Modifier::UNDERLINED), "NOTIFY=NEVER");
    assert_eq!(
        styled(20, Modifier::REVERSED),
        "[«NOTIFY=NEVER | SUCCESS,FAILURE,DELAY»]"
    );
    assert_eq!(
        styled(20, Modifier::DIM),
        "RCPTTO:<forward-path>[ORCPT=type;a…"
    );
    assert_eq!(styled(22, Modifier::UNDERLINED), "!!");
}

#[test]
fn draws_every_size_and_keeps_the_prompt() {
    for (name, mut stage) in states(Look::default()) {
        for columns in [1, 2, 5, 9, 10, 29, 30, 39, 59, 60, 99, 100, 250] {
            for rows in [1, 2, 3, 4, 5, 6, 11, 12, 15, 50] {
                let screen = stage.screen(columns, rows);
                let blank = screen.trim().is_empty();
                assert!(!blank, "{name} at {columns}x{rows} is blank");
            }
        }
    }
    let mut stage = refused(Look::default());
    stage.type_text("RSET");
    for rows in 3..30 {
        let screen = stage.screen(30, rows);
        assert!(screen.contains("> RSET"), "30x{rows}:\n{screen}");
    }
}

#[test]
fn no_cell_contains_control_characters() {
    let mut stage = Stage::connected(Look::default());
    let all: Vec<u8> = (0..=255).collect();
    stage.server(b"220-");
    stage.server(&all);
    stage.server("\r\n220 \u{85}\u{9b}\u{202e}\u{2028}\u{feff}\u{e0041}e\u{301}\r\n".as_bytes());
    stage.type_text("\u{7f}");
    stage.paste("a\x1b[31mb\u{202e}");
    let terminal = stage.draw(80, 40);
    for cell in terminal.backend().buffer().content() {
        let bad = |c: char| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c);
        assert!(!cell.symbol().contains(bad), "{:?}", cell.symbol());
    }
}
