//! The parts of an explanation beyond its headline.

use ehlo::diagnosis::{self, Explanation, ReplyContext, Situation};
use ehlo::smtp::line::{Ending, Line};
use ehlo::smtp::reply::ReplyReader;
use ehlo::smtp::{Awaited, Phase, Reply};

use super::{ANSWER, DOT, EHLO_SENT, MAIL, RCPT, STARTTLS, explained, explained_in, page_text};
use crate::support::properties::config;

#[test]
fn refused_login_always_mentions_an_altered_password() {
    for host in ["smtp.exmail.qq.com", "mx.example", "smtp.gmail.com"] {
        let explanation = explained(
            host,
            ANSWER,
            "535 Error: authentication failed, system busy",
        );
        let causes = explanation.causes.join("; ");
        assert!(
            causes.contains("a newline, a shell's $"),
            "{host}: {causes}"
        );
    }
}

#[test]
fn an_explanation_is_specific_if_it_says_more_than_the_reply_code() {
    let table = [
        (
            "smtp.gmail.com",
            "535-5.7.8 Username and Password not accepted.\n535 5.7.8 x - gsmtp",
            Some("not accept the account password here. log in again with an app password"),
        ),
        (
            "smtp.qq.com",
            "535 Login fail. Authorization code is expired",
            Some("requires the authorization code"),
        ),
        (
            "mx.example",
            "535 5.7.139 no",
            Some("SMTP AUTH disabled, account locked"),
        ),
        ("mx.example", "535 5.7.8 authentication failed", None),
        ("mx.example", "501 5.5.2 no", None),
    ];
    for (host, lines, expected) in table {
        let explanation = explained(host, ANSWER, lines);
        let said = explanation.is_specific().then(|| {
            let step = explanation.first_step().unwrap_or_default();
            format!("{}. {step}", explanation.headline)
        });
        match expected {
            Some(words) => assert!(
                said.as_ref().is_some_and(|said| said.contains(words)),
                "{host}: {said:?}"
            ),
            None => assert_eq!(said, None, "{host}"),
        }
    }
}

#[test]
fn links_are_complete() {
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
fn contradicting_enhanced_code_is_noted_but_not_explained() {
    let explanation = explained("", RCPT, "550 2.1.5 Destination valid");
    assert_eq!(explanation.enhanced, None);
    assert!(page_text(&explanation).contains("contradicts the reply code"));
    let agrees = explained("", RCPT, "550 5.1.1 No such user");
    assert!(!page_text(&agrees).contains("contradicts the reply code"));
}

#[test]
fn enhanced_code_falls_back_to_its_class_and_subject() {
    let table = [
        ("550 5.1.1 x", "5.1.1: no such mailbox"),
        (
            "550 5.1.99 x",
            "5.1.99: refused (permanent), related to an address",
        ),
        ("450 4.99.99 x", "4.99.99: refused (temporary), "),
        ("250 2.1.1 x", "2.1.1: accepted, related to an address"),
        ("250 2.1.5 x", "2.1.5: the recipient is valid"),
        (
            "550 5.7.57 x",
            "5.7.57: you are not logged in (Exchange Online)",
        ),
        (
            "550 5.7.30 x",
            "5.7.30: no next server supports REQUIRETLS; Exchange Online: login with a password is no longer supported; Gmail: DKIM did not pass",
        ),
    ];
    for (lines, expected) in table {
        let explanation = explained("", RCPT, lines);
        assert_eq!(explanation.enhanced.as_deref(), Some(expected), "{lines}");
    }
}

#[test]
fn ehlo_reply_gets_remarks() {
    let lines = "250-smtp.qq.com\n250-PIPELINING\n250-XXXXXXXA\n250-AUTH LOGIN PLAIN\n250-AUTH=LOGIN\n\
                 250-MAILCOMPRESS\n250-XYZZY 1\n250 8BITMIME";
    let explanation = explained("", EHLO_SENT, lines);
    let words = [
        "XXXXXXXA: a middlebox",
        "AUTH=LOGIN: AUTH in the spelling for very old clients",
        "MAILCOMPRESS: specific to QQ",
        "XYZZY: unknown keyword; harmless",
    ];
    assert_eq!(explanation.remarks.len(), words.len(), "{explanation:#?}");
    for (remark, words) in explanation.remarks.iter().zip(words) {
        assert!(remark.starts_with(words), "{remark}");
    }
}

#[test]
fn refusal_says_what_is_still_possible() {
    let empty = Phase::Transaction {
        accepted: 0,
        refused: 1,
    };
    let open = Phase::Transaction {
        accepted: 1,
        refused: 1,
    };
    let table = [
        (RCPT, "550 5.1.1 no", empty, Some("RCPT TO, or RSET")),
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
        (STARTTLS, "454 no", Phase::Ready, Some("unencrypted")),
        (ANSWER, "535 no", Phase::Ready, Some("try AUTH again")),
        (
            Some(Awaited::Chunk { last: false }),
            "552 no",
            open,
            Some("only RSET"),
        ),
        (None, "421 bye", Phase::Closing, Some("reconnect")),
        (MAIL, "550 no", Phase::Ready, None),
    ];
    for (awaited, lines, phase, expected) in table {
        let situation = Situation {
            phase_after: Some(phase),
            tls: Some(false),
            logged_in: Some(false),
            ..Situation::after(awaited)
        };
        let explanation = explained_in(&situation, lines);
        let still = explanation.still_possible.as_deref();
        match expected {
            None => assert_eq!(still, None, "{lines}"),
            Some(words) => assert!(
                still.is_some_and(|still| still.contains(words)),
                "{lines}: {still:?}"
            ),
        }
    }
}

fn explain_any(reply: &Reply, host: &str) -> Explanation {
    let situation = Situation {
        host: Some(host.to_owned()),
        ..Situation::after(EHLO_SENT)
    };
    diagnosis::explain(&ReplyContext {
        reply,
        situation: &situation,
    })
}

proptest::proptest! {
    #![proptest_config(config())]

    #[test]
    fn explains_any_reply(lines in proptest::collection::vec(".{0,60}", 1..4), code in 0_u16..1000) {
        let mut reader = ReplyReader::default();
        let last = lines.len() - 1;
        for (at, text) in lines.iter().enumerate() {
            let bytes = format!("{code:03}{}{text}", if at == last { ' ' } else { '-' }).into_bytes();
            let line = Line { bytes, ending: Ending::CrLf };
            if let Some(reply) = reader.push(&line).reply {
                let explanation = explain_any(&reply, text);
                proptest::prop_assert!(!explanation.headline.is_empty());
                proptest::prop_assert!(explanation.headline.chars().count() <= 70);
            }
        }
        // Any words give pages or one error.
        let words: Vec<&str> = lines.iter().map(String::as_str).collect();
        proptest::prop_assert!(diagnosis::look_up(&words).is_ok_and(|pages| !pages.is_empty()) || diagnosis::look_up(&words).is_err());
    }
}
