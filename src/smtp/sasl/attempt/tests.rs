//! Refused logins, and words that the checks that remain must have, or must not have.

use super::*;
use crate::smtp::line::{Ending, Line};
use crate::smtp::reply::ReplyReader;

const OFFERED: [&str; 4] = ["PLAIN", "LOGIN", "GSSAPI", "SCRAM-SHA-256"];

fn attempt(mechanism: &str, secret: Option<&str>, reply: &str) -> Attempt {
    let line = Line {
        bytes: reply.as_bytes().to_vec(),
        ending: Ending::CrLf,
    };
    Attempt {
        mechanism: mechanism.to_owned(),
        user: Some("alice".to_owned()),
        authzid: None,
        secret: secret.map(|secret| Shape::of(secret.as_bytes())),
        findings: Vec::new(),
        initial_response: true,
        by_hand: false,
        reply: ReplyReader::default().push(&line).reply.unwrap(),
    }
}

#[test]
fn checks_fit_the_reply() {
    // The first check has these words; so many checks there are.
    let table: &[(&str, &str, &str, usize)] = &[
        (
            "PLAIN",
            "535 5.7.8 no",
            "10 characters: 6 small letters, 1 capital, 3 digits",
            5,
        ),
        ("plain", "535 no", "a shell or an .env file ate a part", 5),
        ("LOGIN", "535 5.7.8 no", "10 characters", 6),
        ("SCRAM-SHA-256", "535 5.7.8 no", "10 characters", 5),
        ("XOAUTH2", "535 5.7.8 no", "The token that was sent", 4),
        (
            "PLAIN",
            "535 5.7.139 no",
            "the password is not what is wrong",
            2,
        ),
        ("PLAIN", "530 5.7.0 no", "STARTTLS, EHLO, then AUTH", 2),
        ("PLAIN", "538 5.7.11 no", "STARTTLS, EHLO, then AUTH", 2),
        ("CRAM-MD5", "504 5.5.4 no", "does not know CRAM-MD5", 2),
        ("PLAIN", "454 4.7.0 no", "454 is a refusal for now", 2),
        ("PLAIN", "432 4.7.12 no", "(432)", 2),
        ("PLAIN", "503 5.5.1 no", "at a wrong time", 1),
    ];
    for (mechanism, reply, words, count) in table {
        let checks = attempt(mechanism, Some("Passwo123d"), reply).checks(&OFFERED, None);
        assert!(
            checks[0].contains(words),
            "{mechanism} {reply}: {checks:#?}"
        );
        assert_eq!(checks.len(), *count, "{mechanism} {reply}: {checks:#?}");
    }
}

#[test]
fn what_was_odd_comes_first() {
    let findings: &[(Finding, &str)] = &[
        (
            Finding::Content(base64::Finding::Newline),
            "ends with a newline",
        ),
        (
            Finding::Content(base64::Finding::LiteralNul),
            "a backslash and a zero",
        ),
        (Finding::Content(base64::Finding::Doubled), "encoded twice"),
        (
            Finding::Content(base64::Finding::NotUtf8),
            "another character set",
        ),
        (Finding::Nuls(1), "exactly 2 NULs, this has 1"),
        (Finding::SameAuthzid, "in front of the first NUL"),
        (
            Finding::Form(Mechanism::CramMd5),
            "not the form of CRAM-MD5",
        ),
        (
            Finding::Text(base64::Oddity::Whitespace),
            "blanks or line breaks",
        ),
    ];
    for (finding, words) in findings {
        let mut attempt = attempt("PLAIN", Some("x"), "535 5.7.8 no");
        attempt.findings.push(*finding);
        assert!(attempt.checks(&[], None)[0].contains(words), "{finding:?}");
    }
}

#[test]
fn users_and_mechanisms_are_named() {
    let table: &[(&str, Option<&str>, &str)] = &[
        ("alice", None, "most providers want the whole address"),
        ("alice@example.org", None, "want the part before the @"),
        ("alice ", None, "has a blank or line break at an end"),
        ("alice", Some("bob"), "An authzid was sent (bob)"),
        (
            "alice",
            None,
            "Another mechanism may do: LOGIN, SCRAM-SHA-256.",
        ),
    ];
    for (user, authzid, words) in table {
        let mut attempt = attempt("PLAIN", Some("x"), "535 5.7.8 no");
        attempt.user = Some((*user).to_owned());
        attempt.authzid = authzid.map(str::to_owned);
        let checks = attempt.checks(&OFFERED, None);
        assert!(
            checks.iter().any(|check| check.contains(words)),
            "{words}: {checks:#?}"
        );
    }
}

#[test]
fn what_is_known_of_a_refusal_comes_first() {
    let known = "Gmail takes no account password here.";
    let refused = attempt("PLAIN", Some("Passwo123d"), "535 5.7.8 no");
    let checks = refused.checks(&["LOGIN", "XOAUTH2", "OAUTHBEARER"], Some(known));
    assert_eq!(checks[0], known);
    assert!(checks[1].starts_with("The password that was sent"));
    let all = checks.join("\n");
    assert!(all.contains("may do: LOGIN, or with a token XOAUTH2, OAUTHBEARER."));
    // What is known says it better.
    assert!(!all.contains("second factor"), "{all}");
    let off = attempt("PLAIN", Some("x"), "535 5.7.139 no");
    let checks = off.checks(&["XOAUTH2"], Some("It is off."));
    let expected = [
        "It is off.",
        "Another mechanism may do: XOAUTH2, with a token.",
    ];
    assert_eq!(checks, expected);
}

#[test]
fn a_line_that_could_not_be_read_is_about_its_form_alone() {
    // What was typed behind AUTH PLAIN, and what the checks say.
    let table: &[(&str, &[&str])] = &[
        ("alice wonderland", &["is clear text, not base64"]),
        ("alice:wonderland", &["is clear text, not base64"]),
        (
            "YWxpY2UAd29uZGVybGFuZA==",
            &["about the form", "in front of the user name is missing"],
        ),
        ("AGFsaWNlAHdvbmRlcmxhbmQ=", &["about the form"]),
    ];
    for (typed, expected) in table {
        let mut refused = attempt("PLAIN", None, "501 5.5.2 no");
        refused.by_hand = true;
        let read = crate::smtp::sasl::read_line(Some(Mechanism::Plain), 0, b"", typed.as_bytes());
        refused.findings = read.findings;
        let checks = refused.checks(&OFFERED, None);
        assert_eq!(checks.len(), expected.len(), "{typed}: {checks:#?}");
        for (check, words) in checks.iter().zip(*expected) {
            assert!(check.contains(words), "{typed}: {check}");
        }
    }
}
