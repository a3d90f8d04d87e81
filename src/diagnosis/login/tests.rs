//! The checks shown for refused logins.

use super::*;
use crate::diagnosis::{Greeted, ReplyContext, explain};
use crate::smtp::line::{Ending, Line};
use crate::smtp::reply::ReplyReader;
use crate::smtp::sasl::SecretShape;
use crate::smtp::{Awaited, Capabilities, Keyword, Verb};

const OFFERED: [&str; 4] = ["PLAIN", "LOGIN", "GSSAPI", "SCRAM-SHA-256"];

fn login(mechanism: &str, secret: Option<&str>, reply: &str) -> RefusedLogin {
    let line = Line {
        bytes: reply.as_bytes().to_vec(),
        ending: Ending::CrLf,
    };
    RefusedLogin {
        mechanism: mechanism.to_owned(),
        user: Some("alice".to_owned()),
        authzid: None,
        secret: secret.map(|secret| SecretShape::of(secret.as_bytes())),
        issues: Vec::new(),
        initial_response: true,
        by_hand: false,
        reason: None,
        reply: ReplyReader::default().push(&line).reply.unwrap(),
    }
}

fn situation(offered: &[&str]) -> Situation {
    let auth = Keyword {
        name: "AUTH".to_owned(),
        parameters: offered.join(" "),
    };
    Situation {
        tls: Some(true),
        logged_in: Some(false),
        greeted: Some(Greeted::Ehlo),
        capabilities: Some(Capabilities {
            server: "mx.example".to_owned(),
            keywords: vec![auth],
            no_keyword: None,
        }),
        ..Situation::after(Some(Awaited::SaslResponse))
    }
}

/// The checks, by the explanation of the reply.
fn checks_of(login: &RefusedLogin, situation: &Situation) -> Vec<String> {
    let explanation = explain(&ReplyContext {
        reply: &login.reply,
        situation,
    });
    checks(login, &explanation, situation)
}

#[test]
fn checks_depend_on_the_reply() {
    // Mechanism, reply, a part of the first check, the number of checks.
    let table: &[(&str, &str, &str, usize)] = &[
        (
            "PLAIN",
            "535 5.7.8 no",
            "10 characters: 6 lowercase, 1 uppercase, 3 digits",
            5,
        ),
        (
            "plain",
            "535 no",
            "a shell or an .env file removed a part",
            5,
        ),
        ("LOGIN", "535 5.7.8 no", "10 characters", 5),
        ("SCRAM-SHA-256", "535 5.7.8 no", "10 characters", 5),
        ("XOAUTH2", "535 5.7.8 no", "The token that was sent", 4),
        (
            "PLAIN",
            "535 5.7.139 no",
            "SMTP AUTH disabled, account locked, or wrong credentials",
            5,
        ),
        ("PLAIN", "530 5.7.0 no", "required first", 2),
        ("PLAIN", "538 5.7.11 no", "TLS is required", 2),
        ("CRAM-MD5", "504 5.5.4 no", "mechanism is not", 2),
        ("PLAIN", "454 4.7.0 no", "cannot check the login now", 2),
        ("PLAIN", "432 4.7.12 no", "assword", 2),
        ("PLAIN", "503 5.5.1 no", "not allowed at this point", 1),
    ];
    for (mechanism, reply, words, count) in table {
        let refused = login(mechanism, Some("Passwo123d"), reply);
        let checks = checks_of(&refused, &situation(&OFFERED));
        assert!(
            checks[0].contains(words),
            "{mechanism} {reply}: {checks:#?}"
        );
        assert_eq!(checks.len(), *count, "{mechanism} {reply}: {checks:#?}");
    }
}

#[test]
fn issues_come_first() {
    let issues: &[(MessageIssue, &str)] = &[
        (
            MessageIssue::Content(ContentIssue::TrailingNewline),
            "ends with a newline",
        ),
        (
            MessageIssue::Content(ContentIssue::EscapedNul),
            "a backslash and a zero",
        ),
        (
            MessageIssue::Content(ContentIssue::DoubleEncoded),
            "encoded twice",
        ),
        (
            MessageIssue::Content(ContentIssue::NotUtf8),
            "another character set",
        ),
        (MessageIssue::SecondName, "went as the user name"),
        (MessageIssue::NulCount(1), "exactly 2 NULs, this has 1"),
        (MessageIssue::RedundantAuthzid, "before the first NUL"),
        (
            MessageIssue::WrongFormat(Mechanism::CramMd5),
            "not have the format of CRAM-MD5",
        ),
        (
            MessageIssue::Encoding(EncodingIssue::Whitespace),
            "spaces or line breaks",
        ),
    ];
    for (issue, text) in issues {
        let mut login = login("PLAIN", Some("x"), "535 5.7.8 no");
        login.issues.push(*issue);
        login.by_hand = true;
        let checks = checks_of(&login, &situation(&[]));
        assert!(checks[0].contains(text), "{issue:?}");
    }
}

#[test]
fn names_users_and_mechanisms() {
    let table: &[(&str, Option<&str>, &str)] = &[
        ("alice", None, "most providers require the whole address"),
        (
            "alice@example.org",
            None,
            "require only the part before the @",
        ),
        ("alice ", None, "begins or ends with whitespace"),
        ("alice", Some("bob"), "An authzid was sent (bob)"),
        (
            "alice",
            None,
            "Another mechanism may work: LOGIN, SCRAM-SHA-256.",
        ),
    ];
    for (user, authzid, words) in table {
        let mut login = login("PLAIN", Some("x"), "535 5.7.8 no");
        login.user = Some((*user).to_owned());
        login.authzid = authzid.map(str::to_owned);
        let checks = checks_of(&login, &situation(&OFFERED));
        assert!(
            checks.iter().any(|check| check.contains(words)),
            "{words}: {checks:#?}"
        );
    }
}

#[test]
fn explanation_comes_first() {
    let reply = "535-5.7.8 Username and Password not accepted.";
    let refused = login("PLAIN", Some("Passwo123d"), &reply.replace("535-", "535 "));
    let gmail = Situation {
        host: Some("smtp.gmail.com".to_owned()),
        ..situation(&["LOGIN", "XOAUTH2", "OAUTHBEARER"])
    };
    let checks = checks_of(&refused, &gmail);
    assert!(checks[0].starts_with("Gmail does not accept the account password here. "));
    assert!(checks[1].starts_with("The password that was sent"));
    let all = checks.join("\n");
    assert!(all.contains("may work: LOGIN, or XOAUTH2, OAUTHBEARER (with a token)."));
    // The explanation covers it already.
    assert!(!all.contains("two-factor"), "{all}");
}

#[test]
fn what_the_session_contradicts_is_not_said() {
    let refused = login("PLAIN", Some("x"), "503 5.5.1 no");
    let logged_in = Situation {
        awaited: Some(Awaited::Command(Verb::Auth)),
        logged_in: Some(true),
        ..situation(&OFFERED)
    };
    let checks = checks_of(&refused, &logged_in).join(" ");
    assert!(checks.contains("logged in already"), "{checks}");
    let refused = login(
        "PLAIN",
        Some("x"),
        "530 5.7.0 Must issue a STARTTLS command first",
    );
    let under_tls = Situation {
        tls: Some(true),
        ..situation(&OFFERED)
    };
    let checks = checks_of(&refused, &under_tls).join(" ");
    assert!(!checks.contains("STARTTLS, EHLO"), "{checks}");
}

#[test]
fn a_bound_mechanism_may_fail_for_its_binding() {
    let refused = login("SCRAM-SHA-256-PLUS", Some("x"), "535 5.7.8 no");
    let all = checks_of(&refused, &situation(&OFFERED)).join("\n");
    assert!(
        all.contains("ties the login to this TLS connection"),
        "{all}"
    );
    assert!(all.contains("Without that: SCRAM-SHA-256"), "{all}");
}

#[test]
fn a_refused_binding_is_not_the_password() {
    let offered = ["SCRAM-SHA-256-PLUS", "PLAIN", "SCRAM-SHA-256"];
    for (reason, words) in [
        (
            "channel-bindings-dont-match",
            "something between them ends TLS",
        ),
        (
            "unsupported-channel-binding-type",
            "tls-exporter (RFC 9266)",
        ),
    ] {
        let mut refused = login("SCRAM-SHA-256-PLUS", Some("x"), "535 5.7.8 no");
        refused.reason = Some(reason.into());
        let checks = checks_of(&refused, &situation(&offered));
        assert_eq!(checks.len(), 2, "{checks:#?}");
        assert!(checks[0].contains(words), "{checks:#?}");
        assert!(checks[1].starts_with("SCRAM-SHA-256 works without the binding"));
    }
    // Without a reason the password may be wrong too, and the same mechanism is the first to try.
    let refused = login("SCRAM-SHA-256-PLUS", Some("x"), "535 5.7.8 no");
    let all = checks_of(&refused, &situation(&offered)).join("\n");
    assert!(all.contains("Without that: SCRAM-SHA-256, PLAIN."), "{all}");
    let mut refused = login("SCRAM-SHA-256", Some("x"), "535 5.7.8 no");
    refused.reason = Some("invalid-proof".into());
    let checks = checks_of(&refused, &situation(&offered));
    assert!(checks[0].contains("the password is wrong"), "{checks:#?}");
}

#[test]
fn the_password_that_went_as_the_user_name_comes_first() {
    let mut refused = login("LOGIN", Some("wonderland"), "535 5.7.8 no");
    refused.by_hand = true;
    refused.issues = vec![MessageIssue::SecondName];
    let checks = checks_of(&refused, &situation(&OFFERED));
    assert!(
        checks[0].contains("asked for the user name again"),
        "{checks:#?}"
    );
    let all = checks.join("\n");
    assert!(
        !all.contains("removed a part") && !all.contains("whole address"),
        "{all}"
    );
}

#[test]
fn the_character_set_of_the_password_is_named() {
    let table: &[(&str, &[u8], &str)] = &[
        (
            "PLAIN",
            "p\u{e4}ss\u{a7}".as_bytes(),
            "as UTF-8, exactly as typed",
        ),
        ("SCRAM-SHA-256", "p\u{e4}ss".as_bytes(), "after SASLprep"),
        ("LOGIN", b"p\xe4ss\xa7", "did not go as UTF-8"),
    ];
    for (mechanism, secret, words) in table {
        let mut refused = login(mechanism, None, "535 5.7.8 no");
        refused.secret = Some(SecretShape::of(secret));
        // The login form was told to send Latin-1: nothing was mistaken.
        refused.issues = vec![MessageIssue::Content(ContentIssue::NotUtf8)];
        let checks = checks_of(&refused, &situation(&OFFERED));
        assert!(checks[0].contains(words), "{mechanism}: {checks:#?}");
    }
    let ascii = login("PLAIN", Some("pass"), "535 5.7.8 no");
    assert!(
        !checks_of(&ascii, &situation(&OFFERED))
            .concat()
            .contains("UTF-8")
    );
}

#[test]
fn broken_base64_says_nothing_about_a_character_set() {
    for (issue, other) in [
        (
            MessageIssue::Encoding(EncodingIssue::Padding),
            "wrong padding",
        ),
        (MessageIssue::NulCount(0), "this has 0"),
    ] {
        let mut refused = login("PLAIN", None, "535 5.7.8 no");
        refused.by_hand = true;
        refused.issues = vec![issue, MessageIssue::Content(ContentIssue::NotUtf8)];
        let all = checks_of(&refused, &situation(&OFFERED)).join("\n");
        assert!(
            all.contains(other) && !all.contains("character set"),
            "{all}"
        );
    }
}

#[test]
fn after_501_only_syntax_is_checked() {
    // The text typed after AUTH PLAIN, and a part of each check.
    let table: &[(&str, &[&str])] = &[
        ("alice wonderland", &["is plain text, not base64"]),
        ("alice:wonderland", &["is plain text, not base64"]),
        (
            "YWxpY2UAd29uZGVybGFuZA==",
            &["before the user name is missing"],
        ),
        ("AGFsaWNlAHdvbmRlcmxhbmQ=", &["cannot read the AUTH line"]),
    ];
    for (typed, expected) in table {
        let mut refused = login("PLAIN", None, "501 5.5.2 no");
        refused.by_hand = true;
        let message =
            crate::smtp::sasl::decode_line(Some(Mechanism::Plain), 0, b"", typed.as_bytes());
        refused.issues = message.issues;
        let checks = checks_of(&refused, &situation(&OFFERED));
        assert_eq!(checks.len(), expected.len(), "{typed}: {checks:#?}");
        for (check, words) in checks.iter().zip(*expected) {
            assert!(check.contains(words), "{typed}: {check}");
        }
    }
}
