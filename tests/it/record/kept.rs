//! The sessions kept on disk: listed from the ends of their journals, whatever these contain, found
//! by id, selected by words, deleted unless they are running.

use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use ehlo::record::kept::{KeptFilter, KeptSession, KeptState, delete, find, is_id, list};
use ehlo::record::{Journal, Record, RecordError, dismiss};
use ehlo::smtp::{Code, EntryKind};
use proptest::prelude::*;
use rustix::fs::{CWD, mkfifoat};
use tempfile::TempDir;

use super::sessions::{Act, MAIL, acts, from_dialogue, record};
use crate::support::harmless::assert_harmless;
use crate::support::properties;

/// A session that ends with a refusal.
const REFUSED: &str = "
    S: 220 mx.example.org ESMTP
    C: EHLO client.example
    S: 250 mx.example.org
    C: MAIL FROM:<alice@example.org>
    S: 550 5.7.1 no
    C: QUIT
    S: 221 2.0.0 bye
";

/// Writes a journal without its end; dropping the result frees it.
fn journal(folder: &Path, session: &Record) -> Journal {
    let mut journal = Journal::create(folder, &session.meta).unwrap();
    for entry in &session.entries {
        journal.write(entry).unwrap();
    }
    journal
}

/// A session with a server of this name that begins this many hours after the others.
fn with(target: &str, hours: u64, dialogue: &str) -> Record {
    let mut session = from_dialogue(dialogue);
    target.clone_into(&mut session.meta.target);
    let start = SystemTime::from(session.meta.clock.start()) + Duration::from_secs(hours * 3600);
    let origin = session.entries.first().map(|entry| entry.at);
    let origin = origin.unwrap_or_else(Instant::now);
    // The size must not depend on the version.
    session.meta.version = "0".to_owned();
    session.meta.clock = ehlo::record::WallClock::new(start, origin);
    session
}

/// Each state and several servers, the oldest first; the journal of the one that runs.
pub fn several(folder: &Path) -> Journal {
    journal(folder, &with("mx.example.org:587", 0, MAIL))
        .end()
        .unwrap();
    journal(folder, &with("refusing.example.org:25", 1, REFUSED))
        .end()
        .unwrap();
    drop(journal(folder, &with("[2001:db8::1]:25", 2, "S: 220 hi")));
    let offered = journal(
        folder,
        &with("a-name-that-is-longer.than-the-table.example:465", 30, ""),
    );
    let path = offered.path().to_owned();
    drop(offered);
    dismiss(&path).unwrap();
    fs::write(folder.join("20270715T000000.000000Z-damaged.jsonl"), "{}\n").unwrap();
    journal(folder, &with("evil\u{1b}[2J\u{202e}:25", 50, "S: 421 gone"))
}

#[test]
fn lists_what_each_journal_states() {
    let home = TempDir::new().unwrap();
    assert_eq!(list(&home.path().join("missing")).unwrap(), []);
    let running = several(home.path());
    let listed = list(home.path()).unwrap();
    let states: Vec<_> = listed.iter().map(|session| session.state).collect();
    let at = |state: KeptState| &listed[states.iter().position(|found| *found == state).unwrap()];
    let seconds = |session: &KeptSession| session.duration.map(|duration| duration.as_secs_f64());
    let about = |session: &KeptSession| {
        let code = session.last_code.map(Code::number);
        (session.target.clone(), code, seconds(session))
    };
    let ended = listed
        .iter()
        .filter(|session| session.state == KeptState::Ended);
    let ended: Vec<_> = ended.map(about).collect();
    // The 221 is the reply to QUIT, and says nothing.
    let expected = [
        ("refusing.example.org:25".to_owned(), Some(550), Some(0.12)),
        ("mx.example.org:587".to_owned(), Some(250), Some(0.52)),
    ];
    assert_eq!(ended, expected);
    assert_eq!(
        about(at(KeptState::Interrupted { offered: false })),
        ("[2001:db8::1]:25".to_owned(), Some(220), Some(0.0))
    );
    let offered = at(KeptState::Interrupted { offered: true });
    assert_eq!(offered.last_code, None);
    let damaged = at(KeptState::Damaged);
    assert_eq!((damaged.started, damaged.octets), (None, 3));
    assert_eq!(at(KeptState::Running).path, running.path());
    for session in &listed {
        assert_eq!(session.octets, fs::metadata(&session.path).unwrap().len());
    }
}

#[test]
fn lists_a_thousand_sessions_the_newest_first() {
    let folder = TempDir::new().unwrap();
    let mut expected = Vec::new();
    for hours in 0..1000 {
        let target = format!("mx{hours}.example:25");
        journal(folder.path(), &with(&target, hours, "S: 220 hi"))
            .end()
            .unwrap();
        expected.push(target);
    }
    expected.reverse();
    let listed = list(folder.path()).unwrap();
    let targets: Vec<_> = listed
        .iter()
        .map(|session| session.target.clone())
        .collect();
    assert_eq!(targets, expected);
    for session in &listed {
        assert_eq!(
            find(&listed, &session.id()).map(|found| &found.path).ok(),
            Some(&session.path)
        );
    }
}

/// Fills a folder with what may hang, crash or reach the terminal. The number of files that are
/// listed.
pub fn hostile(folder: &Path) -> usize {
    let header =
        "{\"ehlo\":1,\"version\":\"x\",\"target\":\"mx:25\",\"start\":\"2027-01-01T00:00:00Z\"}\n";
    let line = |fields: &str| format!("{header}{{{fields}}}\n");
    let long = format!(
        "{{\"since\":1.5,\"code\":250,\"note\":\"{}\"}}\n",
        "x".repeat(3 << 20)
    );
    let contents: Vec<(&str, String)> = vec![
        ("empty", String::new()),
        ("newlines", "\n".repeat(100_000)),
        ("one-line", "x".repeat(5 << 20)),
        ("no-header", "{\"since\":1,\"code\":250}\n".to_owned()),
        ("other-version", header.replace(":1,", ":2,")),
        ("long-header", header.replace("mx", &"m".repeat(8000))),
        (
            "control",
            header.replace("mx", "\\u001b[2J\\u009b\\u202e\\r\\n\\u0000mx"),
        ),
        (
            "marks",
            header.replace("mx", &format!("a{}", "\u{301}".repeat(500))),
        ),
        ("year", header.replace("2027", "-9999")),
        ("late", header.replace("2027", "9999")),
        ("no-year", header.replace("2027", "123456")),
        ("deep", format!("{header}{}\n", "[".repeat(10_000))),
        (
            "deep-field",
            line(&format!("\"x\":{}1{}", "[".repeat(5000), "]".repeat(5000))),
        ),
        ("infinite", line("\"since\":1e999")),
        ("negative", line("\"since\":-1,\"code\":-1")),
        ("huge", line("\"since\":3e9,\"code\":65535")),
        ("code", line("\"since\":0,\"code\":1000")),
        ("types", line("\"since\":\"1\",\"code\":[250]")),
        ("long-line", format!("{header}{long}")),
        (
            "long-before",
            format!("{header}{long}{{\"since\":2,\"code\":251}}\n"),
        ),
        (
            "no-newline",
            format!("{header}{{\"since\":2,\"code\":252}}\n{{\"since\":3,\"code\":253}}"),
        ),
        (
            "cut",
            format!("{header}{{\"since\":2,\"code\":252}}\n{{\"since\":3,\"co"),
        ),
        ("not-utf8", format!("{header}x")),
    ];
    for (name, content) in &contents {
        fs::write(folder.join(format!("{name}.jsonl")), content).unwrap();
    }
    fs::write(
        folder.join("not-utf8.jsonl"),
        [header.as_bytes(), b"{\"\xff\xfe\x00"].concat(),
    )
    .unwrap();
    fs::write(folder.join("evil\u{1b}[2J\n\u{202e}.jsonl"), header).unwrap();
    // None of these is a journal.
    let name = std::ffi::OsString::from_vec(b"\xff.jsonl".to_vec());
    fs::write(folder.join(name), header).unwrap();
    fs::write(folder.join("letter.txt"), header).unwrap();
    fs::create_dir(folder.join("folder.jsonl")).unwrap();
    symlink("cut.jsonl", folder.join("link.jsonl")).unwrap();
    symlink("/dev/zero", folder.join("zero.jsonl")).unwrap();
    symlink("loop.jsonl", folder.join("loop.jsonl")).unwrap();
    mkfifoat(CWD, folder.join("fifo.jsonl"), 0o600.into()).unwrap();
    // The socket stays when its listener is gone.
    std::os::unix::net::UnixListener::bind(folder.join("socket.jsonl")).unwrap();
    fs::File::create(folder.join("sparse.jsonl"))
        .unwrap()
        .set_len(1 << 40)
        .unwrap();
    contents.len() + 2
}

#[test]
fn hostile_files_neither_hang_nor_crash() {
    let folder = TempDir::new().unwrap();
    let count = hostile(folder.path());
    let listed = list(folder.path()).unwrap();
    assert_eq!(listed.len(), count);
    let of = |name: &str| {
        let found = find(&listed, &format!("{name}.jsonl")).unwrap();
        let seconds = found.duration.map(|duration| duration.as_secs());
        (
            found.state.as_str(),
            seconds,
            found.last_code.map(Code::number),
        )
    };
    let table = [
        ("empty", ("damaged", None, None)),
        ("sparse", ("damaged", None, None)),
        ("other-version", ("damaged", None, None)),
        ("long-header", ("damaged", None, None)),
        ("no-header", ("damaged", None, None)),
        ("control", ("interrupted", None, None)),
        ("infinite", ("interrupted", None, None)),
        ("negative", ("interrupted", None, None)),
        ("huge", ("interrupted", Some(3_000_000_000), None)),
        ("code", ("interrupted", Some(0), None)),
        ("types", ("interrupted", None, None)),
        ("long-line", ("interrupted", None, None)),
        ("long-before", ("interrupted", Some(2), Some(251))),
        ("cut", ("interrupted", Some(2), Some(252))),
        ("no-newline", ("interrupted", Some(2), Some(252))),
        ("not-utf8", ("interrupted", None, None)),
    ];
    for (name, expected) in table {
        assert_eq!(of(name), expected, "{name}");
    }
    for session in &listed {
        assert_harmless(session.json().as_bytes());
    }
}

/// What a complete reading of a journal says about the session.
fn by_reading(octets: &[u8]) -> (Option<Duration>, Option<u16>) {
    let now = Instant::now();
    let read = ehlo::record::read(octets, now, SystemTime::now()).unwrap();
    let last = read.entries.last();
    let codes = read.entries.iter().filter_map(|entry| match &entry.kind {
        EntryKind::Received(received) => received.code.map(Code::number),
        _ => None,
    });
    let codes: Vec<u16> = codes.collect();
    let telling = codes.iter().rfind(|code| **code != 221);
    (
        last.map(|entry| read.meta.clock.since(entry.at)),
        telling.or(codes.last()).copied(),
    )
}

/// The only journal of a folder, once nobody holds its lock. Another test may be starting a child process,
/// which shares the files that are open until it runs its program.
fn closed_journal(folder: &Path) -> KeptSession {
    let begin = Instant::now();
    loop {
        let [found] = list(folder).unwrap().try_into().unwrap();
        if found.state != KeptState::Running || begin.elapsed() > Duration::from_secs(5) {
            return found;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

proptest! {
    #![proptest_config(properties::config())]

    /// The ends of a journal state what all of it does, also if it is cut anywhere.
    #[test]
    fn the_ends_of_a_journal_are_enough(acts in acts(), cut in 0.0_f64..=1.0, end: bool) {
        let folder = TempDir::new().unwrap();
        let mut all = vec![Act::Server(b"220 hi\r\n".to_vec())];
        all.extend(acts);
        let session = record("mx.example:25", &all);
        let written = journal(folder.path(), &session);
        let path = written.path().to_owned();
        if end {
            written.end().unwrap();
        } else {
            drop(written);
        }
        let octets = fs::read(&path).unwrap();
        let head = octets.iter().position(|octet| *octet == b'\n').unwrap() + 1;
        let kept = head + ((octets.len() - head) as f64 * cut) as usize;
        fs::write(&path, &octets[..kept]).unwrap();
        let found = closed_journal(folder.path());
        prop_assert_eq!(&found.target, "mx.example:25");
        prop_assert_eq!(found.started, Some(session.meta.clock.start()));
        let state = if end && kept == octets.len() {
            KeptState::Ended
        } else {
            KeptState::Interrupted { offered: false }
        };
        prop_assert_eq!(found.state, state);
        // The last lines are looked at, not all of a long session.
        if kept - head < 16 * 1024 {
            let (duration, code) = by_reading(&octets[..kept]);
            prop_assert_eq!(found.duration, duration);
            prop_assert_eq!(found.last_code.map(Code::number), code);
        }
    }

    #[test]
    fn any_octets_can_be_listed(octets: Vec<u8>, begin in 0_usize..4) {
        let folder = TempDir::new().unwrap();
        let begins: [&[u8]; 4] = [
            b"",
            b"{\"ehlo\":1,",
            b"{\"ehlo\":1,\"version\":\"\",\"target\":\"",
            b"{\"ehlo\":1,\"version\":\"\",\"target\":\"\"}\n{\"since\":",
        ];
        let path = folder.path().join("x.jsonl");
        fs::write(&path, [begins[begin], &octets].concat()).unwrap();
        let [found] = list(folder.path()).unwrap().try_into().unwrap();
        assert_harmless(found.json().as_bytes());
        dismiss(&path).unwrap();
    }

    #[test]
    fn every_word_is_a_filter(word: String) {
        let Ok(filter) = word.parse::<KeptFilter>();
        let folder = TempDir::new().unwrap();
        let _running = several(folder.path());
        for session in list(folder.path()).unwrap() {
            filter.matches(&session);
        }
    }
}

#[test]
fn filters_by_server_code_date_and_state() {
    let folder = TempDir::new().unwrap();
    let _running = several(folder.path());
    let all = list(folder.path()).unwrap();
    let (long, v6, evil) = ("a-name-that", "[2001:", "evil");
    let table: &[(&[&str], &[&str])] = &[
        (&[], &[evil, long, v6, "refusing", "mx.", ""]),
        (&["example.org"], &["refusing", "mx."]),
        (&["EXAMPLE.ORG", ":25"], &["refusing"]),
        (&["550"], &["refusing"]),
        (&["5xx"], &["refusing"]),
        (&["5X0"], &["refusing"]),
        (&["2xx"], &[v6, "mx."]),
        (&["25x"], &["mx."]),
        (&["421"], &[evil]),
        (&["221"], &[]),
        (&["2001"], &[v6]),
        (&["2027"], &[]),
        (&["2027-"], &[evil, long, v6, "refusing", "mx."]),
        (&["2027-07-14"], &[v6, "refusing", "mx."]),
        (&["2027-07-15"], &[long]),
        (&["2027-07-14T0", "5xx"], &["refusing"]),
        (&["2026-11-30"], &[]),
        (&["interrupted"], &[long, v6]),
        (&["Running"], &[evil]),
        (&["ended"], &["refusing", "mx."]),
        (&["damaged"], &[""]),
        (&["interrupted", "220"], &[v6]),
        (&["interrupted", "550"], &[]),
    ];
    for (words, expected) in table {
        let filters: Vec<KeptFilter> = words.iter().map(|word| word.parse().unwrap()).collect();
        let found = all
            .iter()
            .filter(|session| filters.iter().all(|filter| filter.matches(session)));
        let mut found: Vec<_> = found.map(|session| session.target.clone()).collect();
        // The damaged one has the time of its file, which is today.
        found.sort_by_key(String::is_empty);
        let same = found
            .iter()
            .zip(*expected)
            .all(|(found, begin)| found.starts_with(begin));
        assert!(
            same && found.len() == expected.len(),
            "{words:?}: {found:?}"
        );
    }
}

#[test]
fn an_id_is_a_sign_and_digits() {
    let table = [
        ("@1a2b", true),
        ("@1A2B3C4", true),
        ("@1a2", false),
        ("@1a2b3c4d", false),
        ("@example.org", false),
        ("1a2b3c4", false),
        ("@", false),
        ("", false),
    ];
    for (text, expected) in table {
        assert_eq!(is_id(text), expected, "{text}");
    }
    let folder = TempDir::new().unwrap();
    let _running = several(folder.path());
    let all = list(folder.path()).unwrap();
    let twice = [all.clone(), all.clone()].concat();
    let id = all[0].id();
    assert!(is_id(&id));
    assert_eq!(find(&all, &id.to_uppercase()).unwrap(), &all[0]);
    let error = find(&twice, &id).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("ambiguous session {id:?}: use more digits of the id, or the file")
    );
}

#[test]
fn deletes_a_session_that_is_not_running() {
    let folder = TempDir::new().unwrap();
    let running = several(folder.path());
    let listed = list(folder.path()).unwrap();
    let session = listed.iter().find(|session| session.path == running.path());
    let session = session.unwrap();
    assert!(matches!(delete(session), Err(RecordError::Running(_))));
    drop(running);
    delete(session).unwrap();
    assert!(matches!(delete(session), Err(RecordError::File { .. })));
    // Not even its link is followed when a file is replaced after it was listed.
    symlink(&listed[1].path, &session.path).unwrap();
    assert!(matches!(delete(session), Err(RecordError::File { .. })));
    assert!(listed[1].path.exists());
}
