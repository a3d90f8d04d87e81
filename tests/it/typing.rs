//! Assistance while typing a line: ghost text, the list, suggested fixes. Enter sends exactly the
//! text at the prompt.

use std::time::Duration;

use crossterm::event::KeyCode;
use ehlo::net::Verdict;
use ehlo::tui::Look;

use crate::support::stage::Stage;

fn ready(offers: &str) -> Stage {
    let mut stage = Stage::greeted(Look::default());
    stage.client("EHLO vm.example.net");
    stage.server(format!("250-mx.example.test\r\n250 {offers}\r\n").as_bytes());
    stage.wire_octets.clear();
    stage
}

/// The line of the screen with the prompt, without the sign of ghost text.
fn prompt(stage: &mut Stage) -> String {
    let line = prompt_at(stage, 80);
    let text = line.strip_suffix("[Tab]").unwrap_or(&line);
    text.trim_end().to_owned()
}

/// The line with the prompt on a screen of so many columns.
fn prompt_at(stage: &mut Stage, columns: u16) -> String {
    let screen = stage.screen(columns, 24);
    let line = screen.lines().rev().find(|line| line.starts_with('>'));
    line.unwrap_or_default().to_owned()
}

/// Whether a terminal shows italic or bright black or not, typed text and ghost text differ.
#[test]
fn ghost_text_has_a_sign_if_there_is_room() {
    let mut stage = Stage::greeted(Look::default());
    let whole = "> EHLO [192.0.2.7] [Tab]";
    assert_eq!(prompt_at(&mut stage, 80), whole);
    let columns = u16::try_from(whole.len()).unwrap();
    assert_eq!(prompt_at(&mut stage, columns), whole);
    assert_eq!(prompt_at(&mut stage, columns - 1), "> EHLO [192.0.2.7]");
    stage.key(KeyCode::Tab);
    assert_eq!(prompt_at(&mut stage, 80), "> EHLO [192.0.2.7]");
}

/// A session with little more than Tab and Enter.
#[test]
fn tab_and_enter_lead_through_a_session() {
    let mut stage = Stage::greeted(Look::default());
    let step = |stage: &mut Stage, expected: &str, reply: &str| {
        stage.key(KeyCode::Tab);
        stage.key(KeyCode::Enter);
        assert_eq!(stage.sent(), expected);
        stage.server(reply.as_bytes());
    };
    let before = "250-mx.example.test\r\n250-SIZE 1000\r\n250 STARTTLS\r\n";
    step(&mut stage, "EHLO [192.0.2.7]\r\n", before);
    step(&mut stage, "STARTTLS\r\n", "220 go ahead\r\n");
    stage.tls(Verdict::default());
    let after = "250-mx.example.test\r\n250 AUTH LOGIN PLAIN\r\n";
    step(&mut stage, "EHLO [192.0.2.7]\r\n", after);
    assert_eq!(prompt(&mut stage), "> AUTH PLAIN");
    stage.client("AUTH PLAIN AGFsaWNlQGV4YW1wbGUub3JnAHdvbmRlcmxhbmQ=");
    stage.server(b"235 2.7.0 welcome\r\n");
    stage.sent();
    // The proposed sender is the user of the login.
    step(
        &mut stage,
        "MAIL FROM:<alice@example.org>\r\n",
        "250 ok\r\n",
    );
    // So is the recipient, and what is typed replaces it.
    stage.key(KeyCode::Tab);
    stage.shows("> RCPT TO:<alice@example.org>");
    stage.shows("to replace the address, type another one");
    stage.type_text("bob@example.org");
    step(&mut stage, "RCPT TO:<bob@example.org>\r\n", "250 ok\r\n");
    step(&mut stage, "DATA\r\n", "354 go ahead\r\n");
    stage.client("text");
    stage.client(".");
    stage.key(KeyCode::Enter);
    stage.server(b"250 2.0.0 queued\r\n");
    stage.sent();
    step(&mut stage, "QUIT\r\n", "221 bye\r\n");
}

#[test]
fn proposes_ehlo_after_a_late_refusal_of_the_name() {
    let mut stage = ready("SIZE");
    stage.client("MAIL FROM:<a@b.example>");
    stage.server(b"250 ok\r\n");
    stage.client("RCPT TO:<c@d.example>");
    stage
        .server(b"504 5.5.2 <localhost>: Helo command rejected: need fully-qualified hostname\r\n");
    assert_eq!(prompt(&mut stage), "> EHLO [192.0.2.7]");
    let screen = stage.screen(80, 24);
    assert!(
        screen.contains("your EHLO name is refused, only now"),
        "{screen}"
    );
    stage.key(KeyCode::Tab);
    stage.key(KeyCode::Enter);
    stage.server(b"250 mx.example.test\r\n");
    // The same sender is proposed again.
    assert_eq!(prompt(&mut stage), "> MAIL FROM:<a@b.example>");
}

#[test]
fn enter_sends_the_typed_text_without_the_ghost_text() {
    let mut stage = ready("SIZE");
    assert_eq!(prompt(&mut stage), "> MAIL FROM:<me@example.org>");
    stage.key(KeyCode::Enter);
    assert_eq!(stage.sent(), "");
    stage.client("N");
    assert_eq!(stage.sent(), "N\r\n");
    stage.server(b"500 what\r\n");
    // Advice does not prevent sending.
    stage.client("MAIL FROM: a");
    assert_eq!(stage.sent(), "MAIL FROM: a\r\n");
}

#[test]
fn right_takes_the_ghost_text_only_at_the_end_of_the_line() {
    let mut stage = ready("SIZE");
    stage.type_text("NO");
    stage.key(KeyCode::Left);
    stage.key(KeyCode::Right);
    assert_eq!(stage.model.session.prompt.command.text(), "NO");
    stage.key(KeyCode::Right);
    assert_eq!(stage.model.session.prompt.command.text(), "NOOP");
    // Undo removes it.
    stage.control('7');
    assert_eq!(stage.model.session.prompt.command.text(), "NO");
}

#[test]
fn selects_from_filters_and_closes_the_list() {
    let mut stage = ready("SIZE");
    stage.type_text("MAIL FROM:<a@b.example> S");
    stage.key(KeyCode::BackTab);
    let listed = stage.screen(80, 24);
    assert!(listed.contains(" > SIZE= "), "{listed}");
    assert!(listed.contains("SMTPUTF8    not offered"), "{listed}");
    stage.key(KeyCode::Tab);
    assert!(stage.screen(80, 24).contains(" > SMTPUTF8 "));
    stage.key(KeyCode::Up);
    stage.key(KeyCode::Up);
    stage.key(KeyCode::Enter);
    assert_eq!(
        stage.model.session.prompt.command.text(),
        "MAIL FROM:<a@b.example> SOLICIT="
    );
    assert!(stage.model.session.prompt.list.is_none());
    // Typing filters the list; text without a match closes it.
    stage.control('u');
    stage.key(KeyCode::BackTab);
    stage.type_text("h");
    let listed = stage.screen(80, 24);
    assert!(
        listed.contains(" > HELO ") && listed.contains("   HELP "),
        "{listed}"
    );
    stage.type_text("x");
    assert!(stage.model.session.prompt.list.is_none());
    stage.key(KeyCode::Backspace);
    stage.key(KeyCode::Tab);
    stage.key(KeyCode::Esc);
    assert!(stage.model.session.prompt.list.is_none());
    assert_eq!(stage.model.session.prompt.command.text(), "h");
    // A single candidate is inserted.
    stage.type_text("elp");
    stage.key(KeyCode::Tab);
    assert_eq!(stage.model.session.prompt.command.text(), "help");
    assert_eq!(stage.sent(), "");
}

#[test]
fn applies_the_suggested_fixes_step_by_step() {
    let mut stage = ready("SIZE");
    stage.type_text(" rctp to: a@b.example");
    let mut steps = Vec::new();
    for _ in 0..6 {
        stage.menu("f");
        steps.push(stage.model.session.prompt.command.text().to_owned());
    }
    assert_eq!(
        steps[..4],
        [
            " RCPT to: a@b.example",
            " RCPT to:a@b.example",
            " RCPT to:<a@b.example>",
            "RCPT to:<a@b.example>",
        ]
    );
    // No edit can fix the rest: there is no transaction.
    assert_eq!(steps[5], steps[3]);
    let screen = stage.screen(80, 24);
    assert!(screen.contains("no fix is suggested"), "{screen}");
    assert_eq!(stage.sent(), "");
}

#[test]
fn coaches_newcomers_until_the_first_success() {
    const COACH: &str = "Tab accepts the ghost text, then Enter sends it";
    let mut stage = Stage::greeted(Look::default());
    assert!(stage.screen(80, 24).contains(COACH));
    stage.client("EHLO vm.example.net");
    stage.server(b"501 no\r\n");
    // The explanation of the refusal is shown until the next key.
    stage.key(KeyCode::Left);
    assert!(stage.screen(80, 24).contains(COACH));
    assert!(prompt(&mut stage).starts_with("> EHLO "));
    stage.client("EHLO vm.example.net");
    stage.server(b"250 hello\r\n");
    assert!(!stage.screen(80, 24).contains(COACH));
}

#[test]
fn tab_after_auth_opens_the_login_form() {
    for (typed, mechanism) in [
        ("AUTH", "CRAM-MD5"),
        ("auth ", "CRAM-MD5"),
        ("AUTH PLAIN", "PLAIN"),
        ("auth plain ", "PLAIN"),
    ] {
        let mut stage = ready("AUTH PLAIN CRAM-MD5");
        stage.type_text(typed);
        stage.key(KeyCode::Tab);
        let screen = stage.screen(80, 24);
        let chosen = screen.lines().find(|line| line.contains("Mechanism"));
        assert!(
            chosen.is_some_and(|line| line.contains(&format!(" {mechanism} "))),
            "{typed}:\n{screen}"
        );
        assert!(stage.model.session.prompt.command.is_empty());
        assert_eq!(stage.sent(), "");
    }
    // An incomplete mechanism is completed first.
    let mut stage = ready("AUTH PLAIN");
    stage.type_text("AUTH P");
    stage.key(KeyCode::Tab);
    assert_eq!(stage.model.session.prompt.command.text(), "AUTH PLAIN");
}

/// While a secret is typed, there is no ghost text, advice or list.
#[test]
fn no_assistance_while_typing_a_secret() {
    let mut stage = ready("AUTH PLAIN LOGIN");
    stage.tls(Verdict::default());
    stage.client("EHLO vm.example.net");
    stage.server(b"250-mx.example.test\r\n250 AUTH PLAIN LOGIN\r\n");
    stage.client("AUTH LOGIN");
    stage.server(b"334 VXNlcm5hbWU6\r\n");
    stage.client("YWxpY2U=");
    stage.type_text("M");
    stage.key(KeyCode::Tab);
    stage.key(KeyCode::BackTab);
    assert!(stage.model.session.prompt.list.is_none());
    assert_eq!(prompt(&mut stage), "");
    assert!(stage.screen(80, 24).contains("AUTH> •"));
    // The exchange ends while a response is being typed: it remains a secret.
    stage.server(b"535 no\r\n");
    assert_eq!(prompt(&mut stage), "> •");
    stage.key(KeyCode::Tab);
    assert_eq!(stage.model.session.prompt.command.text(), "M");
}

/// The rule above the prompt, the hint and the ghost text propose the same command.
#[test]
fn rule_hint_and_ghost_text_propose_the_same_command() {
    let ehlo = ("EHLO vm.example.net", "250-mx.example.test\r\n250 SIZE\r\n");
    let auth = (
        "EHLO vm.example.net",
        "250-mx.example.test\r\n250 AUTH PLAIN\r\n",
    );
    let mail = ("MAIL FROM:<a@b.example>", "250 ok\r\n");
    let name = "504 5.5.2 <vm>: Helo command rejected: need fully-qualified hostname\r\n";
    let cases: [(&[(&str, &str)], &str, &str); 8] = [
        (&[("EHLO vm", "500 what\r\n")], "HELO", "> HELO [192.0.2.7]"),
        (&[auth], "AUTH or MAIL FROM", "> AUTH PLAIN"),
        (
            &[auth, ("AUTH PLAIN", "504 no\r\n")],
            "MAIL FROM",
            "> MAIL FROM:<me@example.org>",
        ),
        (
            &[auth, ("AUTH PLAIN", "334 \r\n"), ("*", "501 cancelled\r\n")],
            "MAIL FROM",
            "> MAIL FROM:<me@example.org>",
        ),
        (
            &[auth, ("AUTH PLAIN", "504 no\r\n"), auth],
            "AUTH or MAIL FROM",
            "> AUTH PLAIN",
        ),
        (
            &[ehlo, mail, ("RCPT TO:<c@d.example>", name)],
            "EHLO",
            "> EHLO [192.0.2.7]",
        ),
        (
            &[ehlo, mail, ("RCPT TO:<c@d.example>", "250 ok\r\n")],
            "RCPT TO or DATA",
            "> DATA",
        ),
        (
            &[ehlo, mail, ("BDAT 0 LAST", "250 ok: queued\r\n")],
            "QUIT or MAIL FROM",
            "> QUIT",
        ),
    ];
    for (dialogue, next, ghost) in cases {
        let mut stage = Stage::greeted(Look::default());
        for (line, reply) in dialogue {
            stage.client(line);
            stage.server(reply.as_bytes());
        }
        stage.key(KeyCode::Left);
        assert_eq!(prompt(&mut stage), ghost, "{dialogue:?}");
        let screen = stage.screen(80, 24);
        assert!(screen.contains(&format!("next: {next} ─")), "{screen}");
    }
}

#[test]
fn the_cursor_is_at_the_end_of_a_fixed_line() {
    let mut stage = ready("SIZE");
    stage.type_text("MAIL FORM:<a@b.example>");
    stage.menu("f");
    stage.type_text(" SIZE=1");
    let text = stage.model.session.prompt.command.text();
    assert_eq!(text, "MAIL FROM:<a@b.example> SIZE=1");
}

/// The hint under the prompt says which response the server expects.
#[test]
fn explains_an_exchange_typed_by_hand() {
    let mut stage = ready("AUTH LOGIN XOAUTH2 SCRAM-SHA-256");
    for (line, reply, words) in [
        (
            "AUTH LOGIN",
            "334 VXNlcm5hbWU6\r\n",
            "The user name in base64",
        ),
        ("YWxpY2U=", "334 UGFzc3dvcmQ6\r\n", "The password in base64"),
        ("*", "501 cancelled\r\n", ""),
        (
            "AUTH XOAUTH2",
            "334 eyJzdGF0dXMiOiI0MDEifQ==\r\n",
            "Send an empty line now.",
        ),
        ("*", "501 cancelled\r\n", ""),
        (
            "AUTH SCRAM-SHA-256",
            "334 \r\n",
            "* cancels, then ^O a logs in.",
        ),
    ] {
        stage.client(line);
        // Without TLS, the console asks once before it sends a secret.
        if !stage.model.session.popups.is_empty() {
            stage.control('y');
        }
        stage.server(reply.as_bytes());
        let screen = stage.screen(80, 24);
        assert!(screen.contains(words), "{line}: {words}\n{screen}");
    }
    stage.type_text("alice");
    let screen = stage.screen(80, 24);
    let advice = "!! this is plain text, not base64  ^O b encodes";
    assert!(screen.contains(advice), "{screen}");
}

/// Advice shows the expected reply and the key at any size.
#[test]
fn advice_keeps_the_essentials_on_small_screens() {
    let mut stage = ready("SIZE 1000");
    for (typed, size, advice) in [
        (
            "MAIL FROM:a@b.example",
            (40, 12),
            "!! missing angle bra…: 501  ^O f fixes",
        ),
        (
            "EHLO 192.0.2.7",
            (80, 24),
            "!! an IP address must be in brackets here: expect 501  ^O f fixes",
        ),
        (
            "MAIL FROM:<a@b.example> SIZE=9999",
            (40, 12),
            "!! SIZE=9999 is above the server…: 552",
        ),
        (
            "MAIL FROM:<a@b.example",
            (80, 24),
            "!! the > is missing; Tab adds it",
        ),
        (
            "starttl",
            (80, 24),
            "Tab completes starttls; Enter sends only what is typed",
        ),
    ] {
        stage.control('u');
        stage.type_text(typed);
        let screen = stage.screen(size.0, size.1);
        assert!(screen.contains(advice), "{typed}\n{screen}");
    }
}

#[test]
fn explains_a_refused_message_above_its_kept_text() {
    let mut stage = ready("SIZE");
    for (line, reply) in [
        ("MAIL FROM:<a@b.example>", "250 ok\r\n"),
        ("RCPT TO:<c@d.example>", "250 ok\r\n"),
        ("DATA", "354 go ahead\r\n"),
    ] {
        stage.client(line);
        stage.server(reply.as_bytes());
    }
    stage.client("text");
    stage.client(".");
    stage.key(KeyCode::Enter);
    stage.server(b"552 5.3.4 Message too big for system\r\n");
    let screen = stage.screen(80, 24);
    let at = |words: &str| screen.lines().position(|line| line.contains(words));
    let kept = at("> not accepted: the text is kept, ^O d reopens it");
    let means = at("too large").or(at("too big for"));
    assert!(kept.is_some() && means < kept, "{screen}");
}

#[test]
fn a_letter_of_a_line_does_not_consent() {
    let mut stage = Stage::greeted(Look::default());
    stage.paste("EHLO me.example\nAUTH PLAIN AGEAYg==");
    stage.key(KeyCode::Enter);
    stage.type_text("m");
    stage.server(b"250-mx.example.test\r\n250 AUTH PLAIN\r\n");
    stage.shows("Send the secret?");
    stage.sent();
    stage.type_text("y line");
    assert_eq!(stage.sent(), "", "the letter was part of a line");
    stage.shows("> my line");
    stage.advance(Duration::from_secs(2));
    stage.type_text("x");
    assert_eq!(
        stage.sent(),
        "",
        "a letter is part of the line after a pause, too"
    );
    stage.shows("> my linex");
    stage.key(KeyCode::Esc);
    stage.hides("Send the secret?");
    assert_eq!(stage.sent(), "", "Esc withholds the secret");
}

/// A meaning that is too long is cut in the middle of the line: its source stays.
#[test]
fn the_source_of_a_meaning_is_never_cut_off() {
    let mut stage = Stage::greeted(Look::default());
    stage.tls(Verdict::default());
    stage.client("EHLO vm.example.net");
    let mechanisms =
        "PLAIN LOGIN CRAM-MD5 DIGEST-MD5 SCRAM-SHA-1 SCRAM-SHA-256 XOAUTH2 OAUTHBEARER";
    stage.server(format!("250-mx.example.test\r\n250 AUTH {mechanisms}\r\n").as_bytes());
    stage.type_text("AUTH ");
    for columns in [60, 80, 100] {
        let screen = stage.screen(columns, 24);
        let line = screen
            .lines()
            .find(|line| line.contains("mechanism: offered"));
        let line = line.unwrap();
        assert!(line.ends_with("…  RFC 4954 s4"), "{line}");
    }
    stage.shows("DIGEST-MD5.  RFC 4954 s4");
}

/// Each step of an explanation that the program can take has a key.
#[test]
fn the_steps_of_an_explanation_have_keys() {
    let mut stage = ready("SIZE");
    for (line, reply) in [
        ("MAIL FROM:<a@b.example>", "250 ok\r\n"),
        ("MAIL FROM:<a@b.example>", "503 nested MAIL command\r\n"),
    ] {
        stage.client(line);
        stage.server(reply.as_bytes());
    }
    stage.menu("l");
    let screen = stage.screen(80, 24);
    for hint in ["1 RSET", "2 RCPT"] {
        assert!(screen.contains(hint), "{hint}: {screen}");
    }
    stage.key(KeyCode::Char('1'));
    assert_eq!(prompt(&mut stage), "> RSET");
    stage.key(KeyCode::Enter);
    assert!(stage.sent().ends_with("RSET\r\n"));
}

/// Where the server takes no login, the form is not offered.
#[test]
fn a_refused_login_offers_the_form_only_where_it_can_help() {
    for (offers, form) in [("SIZE", false), ("AUTH PLAIN", true)] {
        let mut stage = ready(offers);
        stage.client("AUTH PLAIN");
        stage.server(b"503 5.5.1 not available\r\n");
        let screen = stage.screen(80, 24);
        assert!(screen.contains("Login refused"), "{screen}");
        assert_eq!(screen.contains("opens a login form"), form, "{screen}");
    }
}
