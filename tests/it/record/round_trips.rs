//! Records read back: JSON Lines to the same octets, text to the same dialogue.

use std::time::{Instant, SystemTime};

use ehlo::record::{Excerpt, Format, Record, RecordError, read, render, with_times};
use ehlo::smtp::line::Ending;
use ehlo::smtp::{Entry, EntryKind, Secret};
use proptest::prelude::*;

use super::sessions::{MAIL, acts, from_dialogue, record, snapshot};
use crate::support::properties::config;

fn written(record: &Record, format: Format, with_secrets: bool) -> String {
    let octets = render(&Excerpt::from(record), format, with_secrets).unwrap();
    String::from_utf8(octets).unwrap()
}

fn read_back(text: &str) -> Result<Record, RecordError> {
    read(text.as_bytes(), Instant::now(), SystemTime::UNIX_EPOCH)
}

/// What the text format keeps of an entry: sender, TLS, octets and the length of the secret.
fn content(entry: &Entry) -> (char, bool, Vec<u8>, Option<usize>) {
    let wire = |octets: &[u8], ending: Ending| [octets, ending.octets()].concat();
    match &entry.kind {
        // The text format does not keep whether a note was under TLS.
        EntryKind::Note(note) => ('N', false, note.text.as_bytes().to_vec(), None),
        EntryKind::Received(received) => {
            ('S', entry.tls, wire(&received.bytes, received.ending), None)
        }
        EntryKind::Sent(sent) => {
            let hidden = sent.secret.as_ref().map(Secret::len);
            ('C', entry.tls, wire(&sent.visible, sent.ending), hidden)
        }
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn jsonl_reads_back_to_the_same_octets(acts in acts(), target in ".{0,20}", secrets: bool) {
        let record = record(&target, &acts);
        let text = written(&record, Format::Jsonl, secrets);
        let again = read_back(&text).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(&written(&again, Format::Jsonl, secrets), &text);
        prop_assert_eq!(again.meta.target, target);
        let entries: Vec<_> = again.entries.iter().map(content).collect();
        prop_assert_eq!(entries, record.entries.iter().map(content).collect::<Vec<_>>());
        prop_assert!(again.remarks.is_empty());
    }

    #[test]
    fn text_reads_back_to_the_same_dialogue(acts in acts(), fenced: bool) {
        let record = record("mx.example.org", &acts);
        let format = if fenced { Format::Markdown } else { Format::Text };
        let text = written(&record, format, false);
        let again = read_back(&text).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(&again.meta.version, &record.meta.version);
        prop_assert_eq!(again.meta.clock.start(), record.meta.clock.start());
        let entries: Vec<_> = again.entries.iter().map(content).collect();
        let expected: Vec<_> = record.entries.iter().map(content).collect();
        prop_assert_eq!(entries, expected, "{}", text);
    }

    #[test]
    fn copied_text_reads_back_with_its_times(acts in acts()) {
        let record = record("mx.example.org", &acts);
        let text = with_times(&Excerpt::from(&record), usize::MAX).unwrap();
        let again = read_back(&text).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(again.meta.clock.start(), record.meta.clock.start());
        let timed = |record: &Record| -> Vec<_> {
            let clock = record.meta.clock;
            let millis = |entry: &Entry| (clock.since(entry.at).as_secs_f64() * 1000.0).round();
            let timed = |entry: &Entry| (millis(entry), content(entry));
            record.entries.iter().map(timed).collect()
        };
        prop_assert_eq!(timed(&again), timed(&record), "{}", text);
    }

    #[test]
    fn saved_text_contains_no_terminal_controls(acts in acts(), format in proptest::sample::select(&Format::ALL[..4])) {
        let text = written(&record("\u{1b}[2J\u{202e}", &acts), format, false);
        for character in text.chars() {
            let harmful = character.is_control() || ehlo::smtp::escape::is_unsafe_char(character);
            prop_assert!(!harmful || character == '\n', "{:?} in {}", character, text);
        }
    }

    #[test]
    fn reading_never_panics(bytes: Vec<u8>, acts in acts(), cut in 0_usize..2000) {
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
fn saves_a_session_as_text() {
    snapshot("text", &written(&from_dialogue(MAIL), Format::Text, false));
}

#[test]
fn a_copy_has_the_time_of_each_line() {
    let record = from_dialogue(MAIL);
    let copied = |cap| with_times(&Excerpt::from(&record), cap);
    let text = copied(usize::MAX).unwrap();
    snapshot("copied", &text);
    assert_eq!(copied(text.len()).as_deref(), Some(text.as_str()));
    assert_eq!(copied(text.len() - 1), None);
    // Reply times are derived from the times of the lines.
    let took = |record: &Record| -> Vec<_> {
        let took = |entry: &Entry| match &entry.kind {
            EntryKind::Received(received) => received.took,
            _ => None,
        };
        record.entries.iter().map(took).collect()
    };
    assert_eq!(took(&read_back(&text).unwrap()), took(&record));
}

#[test]
fn jsonl_has_one_object_per_line() {
    let text = written(&from_dialogue(MAIL), Format::Jsonl, false);
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

/// A record with every key and every name of version 1, so that renames in the code do not change
/// the format.
const EVERY_KEY: &str = r#"{"ehlo":1,"version":"0.1.0","target":"mx.example.org:587","start":"2027-07-14T00:00:00Z"}
{"time":"2027-07-14T00:00:00Z","since":0.0,"tls":false,"from":"server","text":"220-mx","code":220,"part":"first","took":0.5}
{"time":"2027-07-14T00:00:00Z","since":0.0,"tls":false,"from":"server","text":"220-mx","code":220,"part":"middle"}
{"time":"2027-07-14T00:00:00Z","since":0.0,"tls":false,"from":"server","text":"220 mx","code":220,"part":"last"}
{"time":"2027-07-14T00:00:01Z","since":1.0,"tls":true,"from":"client","text":"AUTH PLAIN ","hidden":24,"kind":"command","turn":7,"out_of_order":true,"gloss":{"reading":"NUL alice NUL ******","remarks":["a remark"]}}
{"time":"2027-07-14T00:00:02Z","since":2.0,"tls":true,"from":"server","base64":"w6k=","ending":"lf","code":334,"part":"only","answers":7,"took":0.25,"odd":["unsolicited"],"gloss":{"reading":"\"Username:\""}}
{"time":"2027-07-14T00:00:03Z","since":3.0,"tls":true,"from":"client","text":"","hidden":4,"kind":"saslanswer"}
{"time":"2027-07-14T00:00:04Z","since":4.0,"tls":true,"from":"client","text":"Subject: x","ending":"cut","kind":"message"}
{"time":"2027-07-14T00:00:05Z","since":5.0,"tls":true,"from":"server","text":"250 ","ending":"cap","part":"only"}
{"time":"2027-07-14T00:00:06Z","since":6.0,"tls":true,"from":"ehlo","level":"info","note":"a note"}
{"time":"2027-07-14T00:00:07Z","since":7.0,"tls":true,"from":"ehlo","level":"fault","note":"a fault"}
{"end":true}
"#;

#[test]
fn jsonl_keys_do_not_change() {
    let record = read_back(EVERY_KEY).unwrap();
    assert_eq!(written(&record, Format::Jsonl, false), EVERY_KEY);
    let earlier = EVERY_KEY.replace("unsolicited", "unasked for");
    let record = read_back(&earlier).unwrap();
    assert_eq!(written(&record, Format::Jsonl, false), EVERY_KEY);
    let with_secrets = EVERY_KEY
        .replace(r#"00Z"}"#, r#"00Z","with_secrets":true}"#)
        .replace(
            r#""hidden":24"#,
            r#""secret":"QUdGc2FXTmxBSGR2Ym1SbGNteGhibVE9""#,
        );
    let record = read_back(&with_secrets).unwrap();
    assert_eq!(written(&record, Format::Jsonl, true), with_secrets);
}

#[test]
fn writes_secrets_only_on_request() {
    let record = from_dialogue(MAIL);
    let secret = "AGFsaWNlAHdvbmRlcmxhbmQ=";
    // JSON Lines has the octets in base64.
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
fn tolerates_unknown_keys_and_a_truncated_last_line() {
    let text = written(&from_dialogue(MAIL), Format::Jsonl, false);
    let newer = text.replace("\"tls\":", "\"colour\":{\"of\":[\"money\"]},\"tls\":");
    assert_eq!(
        written(&read_back(&newer).unwrap(), Format::Jsonl, false),
        text
    );
    let lines = text.lines().count();
    let truncated = &text[..text.trim_end().rfind('\n').unwrap() - 5];
    let record = read_back(truncated).unwrap();
    assert_eq!(record.entries.len(), lines - 3);
    assert!(!record.ended);
    assert_eq!(
        record.remarks,
        [format!(
            "line {} is incomplete, as after a kill, and was skipped",
            lines - 1
        )]
    );
}

#[test]
fn reports_invalid_lines_with_their_numbers() {
    let text = written(&from_dialogue(MAIL), Format::Jsonl, false);
    let lines: Vec<&str> = text.lines().collect();
    let table: &[(usize, &str, &str)] = &[
        (
            1,
            r#"{"ehlo":2,"version":"9","target":"","start":"2027-07-14T00:00:00Z"}"#,
            "line 1: unsupported record version 2: expected 1",
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
            "line 3: expected either text or base64",
        ),
        (
            3,
            r#"{"since":0,"tls":false,"from":"moon","text":""}"#,
            "line 3: unknown variant `moon`, expected one of `client`, `server`, `ehlo`",
        ),
        (
            3,
            r#"{"since":0,"tls":false,"from":"client","text":""}"#,
            "line 3: missing field `kind`",
        ),
        (
            3,
            r#"{"since":0,"tls":false,"from":"server","text":"","part":"only","code":1000}"#,
            "line 3: invalid reply code 1000: use 0 to 999",
        ),
        (
            3,
            r#"{"since":0,"tls":false,"from":"server","base64":"?","part":"only"}"#,
            "line 3: invalid base64 in `base64`",
        ),
        (
            3,
            r#"{"since":-1,"tls":false,"from":"ehlo","level":"info","note":""}"#,
            "line 3: invalid time -1: use 0 to 3200000000 seconds",
        ),
        (
            3,
            r#"{"since":1e300,"tls":false,"from":"ehlo","level":"info","note":""}"#,
            "line 3: invalid time 1",
        ),
        (
            3,
            r#"{"end":true}"#,
            "line 4: unexpected line after the end of the session",
        ),
    ];
    for (number, line, expected) in table {
        let mut lines = lines.clone();
        lines[number - 1] = line;
        let error = read_back(&(lines.join("\n") + "\n"))
            .unwrap_err()
            .to_string();
        assert!(error.starts_with(expected), "{error} for {expected}");
        assert!(!error.contains(['\n', '\u{1b}']), "{error}");
    }
}

/// Of a log of another program, a line may be of any length, and each octet may need an escape.
#[test]
fn what_is_saved_of_a_log_with_long_lines_can_be_read() {
    let long = "\u{1}\u{fffd}".repeat(400_000);
    let log = format!("<-  220 mx\n -> EHLO a\n{long}\n<-  250 {long}\n -> NOOP {long}\n");
    let record = read_back(&log).unwrap();
    for format in [Format::Jsonl, Format::Text, Format::Markdown] {
        let text = written(&record, format, false);
        assert!(text.len() > log.len(), "{format:?}");
        let again = read_back(&text).unwrap();
        let lines = |record: &Record| -> Vec<_> { record.entries.iter().map(content).collect() };
        assert!(lines(&again) == lines(&record), "{format:?}");
    }
}

#[test]
fn refuses_unknown_formats_in_one_line() {
    for text in ["\n\n", "hello\nworld\n", "\0\u{ff}", "[]", "{}"] {
        let error = read_back(text).unwrap_err().to_string();
        assert!(error.starts_with("no session found: expected"), "{error}");
        assert!(!error.contains('\n'));
    }
}
