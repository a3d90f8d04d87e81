//! Lookup of topics, and the output of `ehlo explain`.

use std::process::Output;

use ehlo::diagnosis;
use ehlo::manual::{self, Page, TopicKind};

use crate::support::program::ehlo;
use crate::support::pty::Home;
use crate::support::snapshot::snapshot;

fn assert_complete(page: &Page, about: &str) {
    assert!(
        !page.title.is_empty() && !page.sections.is_empty(),
        "{about}: {page:?}"
    );
    let last = page
        .sections
        .last()
        .and_then(|section| section.heading.as_deref());
    assert_eq!(last, Some("Source"), "{about}");
    for section in &page.sections {
        assert!(!section.lines.is_empty(), "{about}");
        for line in &section.lines {
            let plain = line.bytes().all(|byte| (b' '..=b'~').contains(&byte));
            assert!(plain && !line.is_empty(), "{about}: {line}");
            // A question mark in the registry marks an unconfirmed fact, which must not be shown.
            assert!(!line.contains('?'), "{about}: {line}");
        }
    }
}

#[test]
fn every_topic_has_a_page() {
    let topics = manual::topics();
    let count = |kind: TopicKind| topics.iter().filter(|topic| topic.kind == kind).count();
    assert_eq!(count(TopicKind::Command), 37);
    assert_eq!(count(TopicKind::EnhancedCode), 158);
    assert!(count(TopicKind::Mechanism) >= 39 && count(TopicKind::Provider) >= 57);
    for topic in &topics {
        assert!(!topic.means.is_empty(), "{}", topic.name);
        let pages = diagnosis::look_up(&[&topic.name]).unwrap_or_else(|error| panic!("{error}"));
        let lowered = topic.name.to_ascii_lowercase();
        assert_eq!(
            diagnosis::look_up(&[&lowered]).as_ref(),
            Ok(&pages),
            "{}",
            topic.name
        );
        let means = |page: &&Page| {
            let lines = page.sections.iter().flat_map(|section| &section.lines);
            page.title.contains(&topic.means)
                || lines.into_iter().any(|line| line.contains(&topic.means))
        };
        assert!(
            pages.iter().find(means).is_some(),
            "{} {:?}",
            topic.name,
            pages
        );
        for page in &pages {
            assert_complete(page, &topic.name);
        }
    }
}

#[test]
fn unconfirmed_topics_say_so() {
    let verbs = manual::commands().filter(|(_, row)| row.unconfirmed);
    let parameters = manual::parameters().filter(|(_, row)| row.unconfirmed);
    let extensions = manual::extensions();
    let extensions =
        extensions.filter(|(_, row)| row.status == manual::ExtensionStatus::Unconfirmed);
    let mechanisms = manual::mechanisms().filter(|(_, row)| row.unconfirmed);
    let providers = manual::providers().filter(|(_, row)| row.unconfirmed);
    let codes = manual::reply_codes();
    let codes = codes.filter(|(_, row)| row.status == manual::CodeStatus::Unconfirmed);
    let names = [
        (verbs.map(|(name, _)| name).collect::<Vec<_>>(), 5),
        (parameters.map(|(name, _)| name).collect(), 11),
        (extensions.map(|(name, _)| name).collect(), 23),
        (mechanisms.map(|(name, _)| name).collect(), 4),
        (providers.map(|(name, _)| name).collect(), 3),
        (codes.map(|(name, _)| name).collect(), 21),
    ];
    for (names, count) in names {
        assert_eq!(names.len(), count, "{names:?}");
        for name in names {
            let pages = diagnosis::look_up(&[name]).unwrap();
            for page in pages {
                let lines = page.sections.iter().flat_map(|section| &section.lines);
                let text = lines.fold(String::new(), |text, line| text + line + "\n");
                let noted = ["ot confirmed", "In no standard"]
                    .iter()
                    .any(|words| text.contains(words));
                assert!(
                    noted || text.contains("registered at IANA"),
                    "{name}: {text}"
                );
            }
        }
    }
}

#[test]
fn looks_up_single_words_and_combinations() {
    // The words, the titles of the pages.
    let table: &[(&[&str], &[&str])] = &[
        (&["rcpt"], &["RCPT, a command"]),
        (
            &["RCPT", "TO:<bob@example.org>", "NOTIFY=NEVER"],
            &["RCPT, a command", "NOTIFY, a parameter of RCPT"],
        ),
        (
            &["SIZE"],
            &["SIZE, a parameter of MAIL", "SIZE, an extension"],
        ),
        (&["550"], &["550"]),
        (&["299"], &["299"]),
        (&["5.7.1"], &["5.7.1"]),
        (&["X.7.1"], &["X.7.1"]),
        (&["550", "5.7.1"], &["550 5.7.1"]),
        (&["550 5.7.1"], &["550 5.7.1"]),
        (&["550-5.7.1"], &["550 5.7.1"]),
        (&["RCPT", "552"], &["552 to RCPT"]),
        (&["gmail", "535", "5.7.8"], &["535 5.7.8"]),
        (&["550", "5.7.1", "Relaying", "denied"], &["550 5.7.1"]),
        (
            &["535-5.7.8 Username and Password\n535 5.7.8 not accepted"],
            &["535 5.7.8"],
        ),
        (&["504", "CRAM-MD5"], &["504", "CRAM-MD5, a SASL mechanism"]),
        (&["XOAUTH2"], &["XOAUTH2, a SASL mechanism"]),
        (&["smtp.gmail.com"], &["Gmail"]),
        (&["gmail"], &["Gmail"]),
        (&["amazon", "ses"], &["Amazon SES"]),
        (&["office365"], &["Microsoft 365"]),
        (&["xtext"], &["XTEXT, a protocol term"]),
        (&["Reverse-path"], &["REVERSE-PATH, a protocol term"]),
        (&["163"], &["NetEase 163"]),
        (&["block", "list"], &["block list"]),
        (&["."], &["., a protocol term"]),
        (&["AUTH=LOGIN"], &["AUTH=, an extension"]),
        (&["XXXXXXXA"], &["MASKED, an extension"]),
        (
            &["9798-M-DSA-SHA1"],
            &["9798-U-RSA-SHA1-ENC, a SASL mechanism"],
        ),
        (&[], &["Topics"]),
    ];
    for (words, titles) in table {
        let pages = diagnosis::look_up(words).unwrap_or_else(|error| panic!("{words:?}: {error}"));
        let found: Vec<_> = pages.iter().map(|page| page.title.as_str()).collect();
        assert_eq!(found, *titles, "{words:?}");
    }
}

#[test]
fn unknown_word_suggests_similar_topics() {
    let table: &[(&[&str], &str, &[&str])] = &[
        (&["RCTP"], "RCTP", &["RCPT"]),
        (&["startls"], "startls", &["STARTTLS"]),
        (&["gmial"], "gmial", &["gmail"]),
        (&["550", "RCTP"], "RCTP", &["RCPT"]),
        (&["EHLO", "xyzzy"], "xyzzy", &[]),
        (&["999999"], "999999", &[]),
    ];
    for (words, word, similar) in table {
        let error = diagnosis::look_up(words).unwrap_err();
        assert_eq!(error.word, *word);
        assert_eq!(error.similar, *similar, "{word}");
        let line = error.to_string();
        assert!(
            line.contains("reply codes") && !line.contains('\n'),
            "{line}"
        );
    }
}

#[test]
fn words_of_texts_find_topics() {
    // The words; the title of the page; for a list, names that are in it.
    let table: &[(&str, &str, &[&str])] = &[
        // A topic of this name is what it always was.
        ("spf", "spf", &[]),
        ("greylisting", "greylisting", &[]),
        ("mailbox full", "mailbox full", &[]),
        // What a server says, without its code.
        ("relay access denied", "relay denied", &[]),
        ("Relay access denied", "relay denied", &[]),
        (
            "<bob@example.org>: Relay access denied",
            "relay denied",
            &[],
        ),
        (
            "Recipient address rejected: User unknown",
            "no such user",
            &[],
        ),
        ("450 4.2.0 <bob@example.org>: Greylisted", "450 4.2.0", &[]),
        (
            "host mx.example[192.0.2.7] said: 550 5.7.1 <a@b.example>: Relay access denied \
             (in reply to RCPT TO command)",
            "550 5.7.1 to RCPT",
            &[],
        ),
        // Words of several topics.
        (
            "relay",
            "Topics about relay",
            &["relay-denied", "gmail-relay"],
        ),
        ("relaying", "Topics about relaying", &["relay-denied"]),
        (
            "postfix",
            "Topics about postfix",
            &["postscreen", "XCLIENT"],
        ),
        (
            "quota",
            "Topics about quota",
            &["mailbox-full", "X.2.2", "452"],
        ),
        ("gmail password", "Topics about gmail password", &["gmail"]),
        // Some words are in no topic, or no topic has all.
        (
            "relay acess denied",
            "Topics about relay denied",
            &["relay-denied"],
        ),
        // A remark about something else is listed, but is not the answer.
        (
            "expired certificate",
            "Topics about expired certificate",
            &["Exchange Online 5.7.321-324"],
        ),
    ];
    for (words, title, names) in table {
        let pages = diagnosis::look_up(&[words]).unwrap_or_else(|error| panic!("{words}: {error}"));
        assert_eq!(pages[0].title, *title, "{words}");
        let lines: Vec<_> = pages[0]
            .sections
            .iter()
            .flat_map(|section| &section.lines)
            .collect();
        for name in *names {
            let begins = |line: &&&String| line.starts_with(&format!("{name} "));
            assert!(
                lines.iter().any(|line| begins(&line)),
                "{words}: {name}: {lines:#?}"
            );
        }
        let count = |kind: &str| lines.iter().filter(|line| line.contains(kind)).count();
        assert_eq!(
            count("by its name on the left"),
            usize::from(!names.is_empty()),
            "{words}"
        );
    }
}

#[test]
fn misspelt_words_of_texts_suggest_words() {
    let table = [
        ("relya", "relya", "did you mean relay?"),
        ("postfx", "postfx", "did you mean postfix?"),
        ("qouta", "qouta", "did you mean quota?"),
        ("greylistng", "greylistng", "did you mean greylisting?"),
        ("frobnicate", "frobnicate", ""),
    ];
    for (words, word, expected) in table {
        let error = diagnosis::look_up(&[words]).unwrap_err();
        assert_eq!(error.word, word);
        let line = error.to_string();
        assert!(line.contains(expected), "{line}");
        assert_eq!(
            line.contains("did you mean"),
            !expected.is_empty(),
            "{line}"
        );
    }
    let pages = diagnosis::look_up(&["relay", "acess", "denied"]).unwrap();
    let lines = &pages[0].sections[1].lines;
    assert_eq!(*lines, ["Unknown: \"acess\" (did you mean access?)"]);
}

/// Runs `ehlo explain`.
fn explain(home: &Home, words: &[&str]) -> Output {
    ehlo(home, &[&["explain"], words].concat(), b"")
}

#[test]
fn explain_prints_pages() {
    let home = Home::new();
    let table: &[(&str, &[&str])] = &[
        ("explain", &[]),
        ("explain-rcpt", &["RCPT"]),
        ("explain-notify", &["NOTIFY"]),
        ("explain-auth", &["AUTH"]),
        ("explain-550-5.7.1", &["550", "5.7.1"]),
        ("explain-gmail-535", &["gmail", "535", "5.7.8"]),
        ("explain-552", &["552"]),
        ("explain-xoauth2", &["XOAUTH2"]),
        ("explain-qq", &["smtp.qq.com"]),
        ("explain-greylisting", &["greylisting"]),
        ("explain-relay", &["relay"]),
    ];
    for (name, words) in table {
        let output = explain(&home, words);
        assert!(
            output.status.success() && output.stderr.is_empty(),
            "{output:?}"
        );
        let printed = String::from_utf8(output.stdout).unwrap();
        let widest = printed.lines().map(|line| line.chars().count()).max();
        assert!(widest <= Some(72), "{name}: {widest:?}");
        snapshot(name, &printed);
    }
}

#[test]
fn explain_escapes_its_arguments() {
    let home = Home::new();
    let output = explain(
        &home,
        &["550", "see", "https://example.org/\u{1b}[2J\u{202e}x"],
    );
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(printed.contains("https://example.org/"), "{printed:?}");
    let harmless = |text: &str| {
        text.chars()
            .all(|c| c == '\n' || (!c.is_control() && c != '\u{202e}'))
    };
    assert!(harmless(&printed), "{printed:?}");
    let output = explain(&home, &["\u{1b}]0;title\u{7}"]);
    assert_eq!(output.status.code(), Some(2));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(
        error.starts_with("ehlo: ") && error.lines().count() == 1,
        "{error:?}"
    );
    assert!(harmless(&error) && output.stdout.is_empty(), "{error:?}");
}
