//! What an explanation says beyond its headline, and what it must not say.

use ehlo::manual::{self, ReplyContext};
use ehlo::smtp::line::{Ending, Line};
use ehlo::smtp::reply::ReplyReader;
use ehlo::smtp::{Awaited, Phase, SessionStatus};

use super::{ANSWER, DOT, EHLO_SENT, MAIL, RCPT, STARTTLS, explained, reply, told};
use crate::support::properties::config;

#[test]
fn a_refused_login_always_names_a_changed_password() {
    for host in ["smtp.exmail.qq.com", "mx.example", "smtp.gmail.com"] {
        let explanation = explained(
            host,
            ANSWER,
            "535 Error: authentication failed, system busy",
        );
        let told = explanation.causes.join("; ");
        assert!(told.contains("a newline, a shell's $"), "{host}: {told}");
    }
}

#[test]
fn what_is_known_of_a_refused_login_is_told_apart_from_the_general() {
    let table = [
        (
            "smtp.gmail.com",
            "535-5.7.8 Username and Password not accepted.\n535 5.7.8 x - gsmtp",
            Some("Gmail takes no account password here. To try: AUTH again with an app password"),
        ),
        (
            "smtp.qq.com",
            "535 Login fail. Authorization code is expired",
            Some("the secret is the authorisation code"),
        ),
        ("mx.example", "535 5.7.139 no", Some("SMTP AUTH is off")),
        ("mx.example", "535 5.7.8 authentication failed", None),
        ("mx.example", "501 5.5.2 no", None),
    ];
    for (host, lines, expected) in table {
        let told = manual::particular(&ReplyContext {
            reply: &reply(lines),
            awaited: Some(Awaited::SaslResponse),
            host: Some(host),
            status: None,
        });
        match expected {
            Some(words) => assert!(
                told.as_ref().is_some_and(|told| told.contains(words)),
                "{host}: {told:?}"
            ),
            None => assert_eq!(told, None, "{host}"),
        }
    }
}

#[test]
fn links_stay_whole() {
    let table = [
        (
            "550 see https://example.org/a?b=c&d=%20e.",
            vec!["https://example.org/a?b=c&d=%20e"],
        ),
        (
            "550 <http://example.org/x>, (https://example.org/y)",
            vec!["http://example.org/x", "https://example.org/y"],
        ),
        (
            "550-a https://example.org/\n550 b https://example.org/",
            vec!["https://example.org/"],
        ),
        ("550 none", vec![]),
    ];
    for (lines, links) in table {
        assert_eq!(explained("", RCPT, lines).links, links, "{lines}");
    }
}

#[test]
fn a_contradiction_is_told_and_not_explained() {
    let explanation = explained("", RCPT, "550 2.1.5 Destination valid");
    assert_eq!(explanation.enhanced, None);
    assert!(told(&explanation).contains("contradicts itself"));
    let agrees = explained("", RCPT, "550 5.1.1 No such user");
    assert!(!told(&agrees).contains("contradicts itself"));
}

#[test]
fn an_enhanced_code_falls_back_to_its_subject_and_class() {
    let table = [
        ("550 5.1.1 x", "5.1.1: no such mailbox"),
        (
            "550 5.1.99 x",
            "5.1.99: no; not without a change, about an address",
        ),
        (
            "450 4.99.99 x",
            "4.99.99: not now; the same may work later, ",
        ),
        ("250 2.1.1 x", "2.1.1: done, about an address"),
        ("250 2.1.5 x", "2.1.5: the recipient is valid"),
        (
            "550 5.7.57 x",
            "5.7.57: you are not logged in (of Exchange Online)",
        ),
        (
            "550 5.7.30 x",
            "5.7.30: no next server offers REQUIRETLS; for Exchange Online: logging in with a password is over here",
        ),
    ];
    for (lines, expected) in table {
        let explanation = explained("", RCPT, lines);
        assert_eq!(explanation.enhanced.as_deref(), Some(expected), "{lines}");
    }
}

#[test]
fn the_answer_to_ehlo_is_remarked_on() {
    let lines = "250-smtp.qq.com\n250-PIPELINING\n250-XXXXXXXA\n250-AUTH LOGIN PLAIN\n250-AUTH=LOGIN\n\
                 250-MAILCOMPRESS\n250-XYZZY 1\n250 8BITMIME";
    let explanation = explained("", EHLO_SENT, lines);
    let words = [
        "XXXXXXXA: a box on the way",
        "AUTH=LOGIN: AUTH once more",
        "MAILCOMPRESS: QQ's own",
        "XYZZY: not known here; harmless",
    ];
    assert_eq!(explanation.remarks.len(), words.len(), "{explanation:#?}");
    for (remark, words) in explanation.remarks.iter().zip(words) {
        assert!(remark.starts_with(words), "{remark}");
    }
}

#[test]
fn what_is_still_possible_is_told() {
    let empty = Phase::Transaction {
        accepted: 0,
        refused: 1,
    };
    let open = Phase::Transaction {
        accepted: 1,
        refused: 1,
    };
    let table = [
        (
            RCPT,
            "550 5.1.1 no",
            empty,
            Some("another RCPT TO, or RSET"),
        ),
        (
            RCPT,
            "550 5.1.1 no",
            open,
            Some("another RCPT TO, DATA, or RSET"),
        ),
        (RCPT, "250 2.1.5 ok", open, None),
        (
            DOT,
            "554 5.6.0 no",
            Phase::Ready,
            Some("transaction is over"),
        ),
        (STARTTLS, "454 no", Phase::Ready, Some("in clear")),
        (
            ANSWER,
            "535 no",
            Phase::Ready,
            Some("AUTH may be tried again"),
        ),
        (
            Some(Awaited::Chunk { last: false }),
            "552 no",
            open,
            Some("only RSET"),
        ),
        (None, "421 bye", Phase::Closing, Some("connect again")),
        (MAIL, "550 no", Phase::Ready, None),
    ];
    for (awaited, lines, phase, expected) in table {
        let reply = reply(lines);
        let status = SessionStatus {
            phase,
            ..SessionStatus::default()
        };
        let explanation = manual::explain(&ReplyContext {
            reply: &reply,
            awaited,
            host: None,
            status: Some(&status),
        });
        let still = explanation.still.as_deref();
        match expected {
            None => assert_eq!(still, None, "{lines}"),
            Some(words) => assert!(
                still.is_some_and(|still| still.contains(words)),
                "{lines}: {still:?}"
            ),
        }
    }
}

proptest::proptest! {
    #![proptest_config(config())]

    #[test]
    fn no_reply_is_too_odd_to_be_explained(lines in proptest::collection::vec(".{0,60}", 1..4), code in 0_u16..1000) {
        let mut reader = ReplyReader::default();
        let last = lines.len() - 1;
        for (at, text) in lines.iter().enumerate() {
            let bytes = format!("{code:03}{}{text}", if at == last { ' ' } else { '-' }).into_bytes();
            let line = Line { bytes, ending: Ending::CrLf };
            if let Some(reply) = reader.push(&line).reply {
                let explanation = manual::explain(&ReplyContext { reply: &reply, awaited: EHLO_SENT, host: Some(text), status: None });
                proptest::prop_assert!(!explanation.headline.is_empty());
                proptest::prop_assert!(explanation.headline.chars().count() <= 70);
            }
        }
        // Words of all kinds make pages or one complaint.
        let words: Vec<&str> = lines.iter().map(String::as_str).collect();
        proptest::prop_assert!(manual::lookup(&words).is_ok_and(|pages| !pages.is_empty()) || manual::lookup(&words).is_err());
    }
}
