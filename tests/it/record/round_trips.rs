//! What is written reads back: the lossless form to the same octets, text to the same dialogue.

use std::time::{Instant, SystemTime};

use ehlo::record::{Excerpt, Format, Record, RecordError, read, render};
use ehlo::smtp::line::Ending;
use ehlo::smtp::{Entry, EntryKind, Secret};
use proptest::prelude::*;

use super::sessions::{MAIL, acts, record, snapshot, told};
use crate::support::properties::config;

fn written(record: &Record, format: Format, with_secrets: bool) -> String {
    let octets = render(&Excerpt::from(record), format, with_secrets).unwrap();
    String::from_utf8(octets).unwrap()
}

fn read_back(text: &str) -> Result<Record, RecordError> {
    read(text.as_bytes(), Instant::now(), SystemTime::UNIX_EPOCH)
}

/// What text holds of an entry: who spoke, under TLS or not, the octets, how much is hidden.
fn essence(entry: &Entry) -> (char, bool, Vec<u8>, Option<usize>) {
    let wire = |octets: &[u8], ending: Ending| [octets, ending.octets()].concat();
    match &entry.kind {
        // A note is text of one line.
        EntryKind::Note(note) => ('N', false, note.text.as_bytes().to_vec(), None),
        EntryKind::Received(received) => {
            ('S', entry.tls, wire(&received.bytes, received.ending), None)
        }
        EntryKind::Sent(sent) => {
            let hidden = sent.secret.as_ref().map(Secret::len);
            ('C', entry.tls, wire(&sent.open, sent.ending), hidden)
        }
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn jsonl_is_the_same_octets_again(acts in acts(), target in ".{0,20}", secrets: bool) {
        let record = record(&target, &acts);
        let text = written(&record, Format::Jsonl, secrets);
        let again = read_back(&text).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(&written(&again, Format::Jsonl, secrets), &text);
        prop_assert_eq!(again.meta.target, target);
        let entries: Vec<_> = again.entries.iter().map(essence).collect();
        prop_assert_eq!(entries, record.entries.iter().map(essence).collect::<Vec<_>>());
        prop_assert!(again.remarks.is_empty());
    }

    #[test]
    fn text_is_the_same_dialogue_again(acts in acts(), fenced: bool) {
        let record = record("mx.example.org", &acts);
        let format = if fenced { Format::Markdown } else { Format::Text };
        let text = written(&record, format, false);
        let again = read_back(&text).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(&again.meta.version, &record.meta.version);
        prop_assert_eq!(again.meta.clock.start(), record.meta.clock.start());
        let entries: Vec<_> = again.entries.iter().map(essence).collect();
        let expected: Vec<_> = record.entries.iter().map(essence).collect();
        prop_assert_eq!(entries, expected, "{}", text);
    }

    #[test]
    fn text_commands_no_terminal(acts in acts(), format in proptest::sample::select(&Format::ALL[..4])) {
        let text = written(&record("\u{1b}[2J\u{202e}", &acts), format, false);
        for character in text.chars() {
            let harmful = character.is_control() || ehlo::smtp::escape::is_treacherous(character);
            prop_assert!(!harmful || character == '\n', "{:?} in {}", character, text);
        }
    }

    #[test]
    fn reading_never_fails_badly(bytes: Vec<u8>, acts in acts(), cut in 0_usize..2000) {
        let _ = read(&bytes, Instant::now(), SystemTime::UNIX_EPOCH);
        let mut text = written(&record("x", &acts), Format::Jsonl, false).into_bytes();
        text.truncate(cut);
        text.extend_from_slice(&bytes);
        if let Err(error) = read(&text, Instant::now(), SystemTime::UNIX_EPOCH) {
            prop_assert!(!error.to_string().contains(char::is_control));
        }
    }
}

#[test]
fn a_session_reads_like_the_screen() {
    snapshot("text", &written(&told(MAIL), Format::Text, false));
}

#[test]
fn jsonl_is_one_object_a_line() {
    let text = written(&told(MAIL), Format::Jsonl, false);
    let lines: Vec<&str> = text.lines().collect();
    let shown = [0, 1, 2, 3, 14, lines.len() - 2, lines.len() - 1].map(|at| lines[at]);
    snapshot(
        "jsonl",
        &shown.join(
            "
",
        ),
    );
}

#[test]
fn a_secret_is_written_only_where_it_is_asked_for() {
    let record = told(MAIL);
    let secret = "AGFsaWNlAHdvbmRlcmxhbmQ=";
    // In the lossless form it is octets, as base64.
    let forms = [secret, "QUdGc2FXTmxBSGR2Ym1SbGNteGhibVE9", "wonderland"];
    for format in Format::ALL {
        let masked = written(&record, format, false);
        assert!(forms.iter().all(|form| !masked.contains(form)), "{masked}");
        if format == Format::Message {
            continue;
        }
        let open = written(&record, format, true);
        assert!(forms.iter().any(|form| open.contains(form)), "{open}");
        let first = open.lines().next().unwrap_or_default().to_ascii_lowercase();
        assert!(
            first.contains("with") && first.contains("secrets"),
            "{first}"
        );
    }
}

#[test]
fn unknown_keys_and_a_torn_last_line_are_borne() {
    let text = written(&told(MAIL), Format::Jsonl, false);
    let newer = text.replace("\"tls\":", "\"colour\":{\"of\":[\"money\"]},\"tls\":");
    assert_eq!(
        written(&read_back(&newer).unwrap(), Format::Jsonl, false),
        text
    );
    let whole = text.lines().count();
    let torn = &text[..text.trim_end().rfind('\n').unwrap() - 5];
    let record = read_back(torn).unwrap();
    assert_eq!(record.entries.len(), whole - 3);
    assert!(!record.ended);
    assert_eq!(
        record.remarks,
        [format!(
            "line {} is cut, as when a program is killed: it is left out",
            whole - 1
        )]
    );
}

#[test]
fn a_damaged_line_is_told_with_its_number() {
    let text = written(&told(MAIL), Format::Jsonl, false);
    let lines: Vec<&str> = text.lines().collect();
    let long = format!(
        "{{\"note\":\"{}\"}}",
        "x".repeat(ehlo::record::JSONL_LINE_CAP)
    );
    let table: &[(usize, &str, &str)] = &[
        (
            1,
            r#"{"ehlo":2,"version":"9","target":"","start":"2027-07-14T00:00:00Z"}"#,
            "line 1: form 2 of a record; 1 can be read",
        ),
        (
            1,
            r#"{"ehlo":1,"version":"9"}"#,
            "line 1: missing field `target`",
        ),
        (3, "no JSON", "line 3: expected ident"),
        (3, "", "line 3: EOF while parsing a value"),
        (
            3,
            r#"{"since":0,"tls":false,"from":"server"}"#,
            "line 3: either text or base64 is wanted",
        ),
        (
            3,
            r#"{"since":0,"tls":false,"from":"moon","text":""}"#,
            "line 3: unknown variant `moon`, expected one of `client`, `server`, `ehlo`",
        ),
        (
            3,
            r#"{"since":0,"tls":false,"from":"client","text":""}"#,
            "line 3: a client's line wants its kind",
        ),
        (
            3,
            r#"{"since":0,"tls":false,"from":"server","text":"","part":"only","code":1000}"#,
            "line 3: 1000 is no reply code",
        ),
        (
            3,
            r#"{"since":0,"tls":false,"from":"server","base64":"?","part":"only"}"#,
            "line 3: base64 is no base64",
        ),
        (
            3,
            r#"{"since":-1,"tls":false,"from":"ehlo","level":"info","note":""}"#,
            "line 3: -1 is no number of seconds",
        ),
        (
            3,
            r#"{"since":1e300,"tls":false,"from":"ehlo","level":"info","note":""}"#,
            "line 3: 1",
        ),
        (
            3,
            r#"{"end":true}"#,
            "line 4: stands behind the end of the session",
        ),
        (3, &long, "line 3: over 1048576 octets"),
    ];
    for (number, line, words) in table {
        let mut lines = lines.clone();
        lines[number - 1] = line;
        let error = read_back(&(lines.join("\n") + "\n"))
            .unwrap_err()
            .to_string();
        assert!(error.starts_with(words), "{error} for {words}");
        assert!(!error.contains(['\n', '\u{1b}']), "{error}");
    }
}

#[test]
fn what_is_no_session_is_refused_in_one_line() {
    for text in ["\n\n", "hello\nworld\n", "\0\u{ff}", "[]", "{}"] {
        let error = read_back(text).unwrap_err().to_string();
        assert!(error.starts_with("no session that can be read"), "{error}");
        assert!(!error.contains('\n'));
    }
}
