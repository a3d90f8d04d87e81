//! The journal: there from the first entry, whatever becomes of the program, the disk or the folder.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use ehlo::record::{
    Excerpt, Format, Journal, Meta, Record, RecordError, SaveOptions, WallClock, dismiss,
    last_unfinished, prune, read, render, save,
};
use ehlo::smtp::{Entry, EntryKind, Level};
use tempfile::TempDir;

use super::sessions::{MAIL, told};
use crate::support::copy;

/// Times at which a child is killed.
const KILLS: usize = 30;

fn meta() -> Meta {
    Meta::new(
        "mx/../evil host:25",
        WallClock::new(SystemTime::now(), Instant::now()),
    )
}

fn open(path: &Path) -> Record {
    let octets = fs::read(path).unwrap();
    read(&octets, Instant::now(), SystemTime::now()).unwrap()
}

fn only_file(folder: &Path) -> std::path::PathBuf {
    let mut files = fs::read_dir(folder).unwrap();
    let file = files.next().unwrap().unwrap().path();
    assert!(files.next().is_none());
    file
}

fn note(number: usize) -> Entry {
    Entry::note(
        Instant::now(),
        false,
        Level::Info,
        format!("number {number}"),
    )
}

/// The words of the notes in a record.
fn notes(record: &Record) -> Vec<String> {
    let words = |entry: &Entry| match &entry.kind {
        EntryKind::Note(note) => Some(note.text.to_string()),
        _ => None,
    };
    record.entries.iter().filter_map(words).collect()
}

#[test]
fn each_entry_is_there_when_it_is_written() {
    let home = TempDir::new().unwrap();
    let folder = home.path().join("state/journals");
    let session = told(MAIL);
    let mut journal = Journal::create(&folder, &session.meta).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&folder), mode(journal.path())), (0o700, 0o600));
    for (number, entry) in session.entries.iter().enumerate() {
        journal.write(entry).unwrap();
        assert_eq!(open(journal.path()).entries.len(), number + 1);
    }
    let path = journal.path().to_owned();
    journal.end().unwrap();
    let text = fs::read_to_string(&path).unwrap();
    assert!(
        !text.contains("wonderland") && !text.contains("AGFsaWNl"),
        "{text}"
    );
    let excerpt = Excerpt::from(&session);
    let saved = home.path().join("saved.jsonl");
    save(&saved, Format::Jsonl, &excerpt, SaveOptions::default()).unwrap();
    assert_eq!(text, fs::read_to_string(saved).unwrap());
}

#[test]
fn its_name_is_safe_and_its_own() {
    let folder = TempDir::new().unwrap();
    let meta = meta();
    let journals: Vec<Journal> = (0..3)
        .map(|_| Journal::create(folder.path(), &meta).unwrap())
        .collect();
    for journal in &journals {
        assert_eq!(journal.path().parent(), Some(folder.path()));
        let name = journal.path().file_name().unwrap().to_str().unwrap();
        assert!(name.contains("-mx_.._evil_host_25"), "{name}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
}

#[test]
fn what_is_no_plain_file_is_neither_written_nor_offered_nor_removed() {
    let folder = TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name);
    let meta = told(MAIL).meta;
    let path = |folder: &Path| {
        let journal = Journal::create(folder, &meta).unwrap();
        journal.path().file_name().unwrap().to_owned()
    };
    let first = path(TempDir::new().unwrap().path());
    let first = first.to_str().unwrap().strip_suffix(".jsonl").unwrap();
    // All names that it would take are taken, by things that harm who opens them.
    let name = |number: &str| format!("{first}{number}.jsonl");
    fs::write(at("letter"), "not ours").unwrap();
    symlink(at("letter"), at(&name(""))).unwrap();
    symlink(at("nowhere"), at(&name("-1"))).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, at(&name("-2")), 0o600.into()).unwrap();
    fs::create_dir(at(&name("-3"))).unwrap();
    assert_eq!(last_unfinished(folder.path()).unwrap(), None);
    assert_eq!(*path(folder.path()), *name("-4"));
    prune(folder.path(), SystemTime::now(), Duration::ZERO, 0).unwrap();
    let mut left: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    left.sort();
    let expected = [
        name("-1"),
        name("-2"),
        name("-3"),
        name(""),
        "letter".to_owned(),
    ];
    assert_eq!(left, expected.map(OsString::from));
    assert_eq!(fs::read_to_string(at("letter")).unwrap(), "not ours");
}

#[test]
fn the_session_that_did_not_end_is_offered_once() {
    let folder = TempDir::new().unwrap();
    let found = || last_unfinished(folder.path()).unwrap();
    assert_eq!(found(), None);
    let ended = Journal::create(folder.path(), &meta()).unwrap();
    ended.end().unwrap();
    assert_eq!(found(), None);
    let mut killed = Journal::create(folder.path(), &meta()).unwrap();
    killed.write(&note(1)).unwrap();
    assert_eq!(found(), None, "it is still being written");
    let path = killed.path().to_owned();
    drop(killed);
    assert_eq!(found(), Some(path.clone()));
    // Killed within a line.
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.clone() + "{\"since\":").unwrap();
    assert_eq!(found(), Some(path.clone()));
    dismiss(&path).unwrap();
    assert_eq!(found(), None);
    assert_eq!(
        fs::read_to_string(&path).unwrap(),
        text + "{\"end\":true}\n"
    );
    dismiss(&path).unwrap();
    assert!(open(&path).ended);
}

#[test]
fn old_and_large_journals_go_but_none_that_is_written() {
    let folder = TempDir::new().unwrap();
    let journals: Vec<Journal> = (0..4)
        .map(|_| Journal::create(folder.path(), &meta()).unwrap())
        .collect();
    let paths: Vec<_> = journals
        .iter()
        .map(|journal| journal.path().to_owned())
        .collect();
    // The one that is written does not count; the others may differ by a digit of their time.
    let room: u64 = paths[1..]
        .iter()
        .map(|path| fs::metadata(path).unwrap().len())
        .sum();
    let other = folder.path().join("letter.txt");
    fs::write(&other, "not ours").unwrap();
    let there = || paths.iter().map(|path| path.exists()).collect::<Vec<_>>();
    let now = SystemTime::now();
    let (hour, much) = (Duration::from_secs(3600), u64::MAX);
    prune(folder.path(), now + 2 * hour, hour, 0).unwrap();
    assert_eq!(there(), [true; 4], "all of them are being written");
    let mut journals = journals.into_iter();
    let first = journals.next();
    drop(journals);
    prune(folder.path(), now, hour, much).unwrap();
    assert_eq!(there(), [true; 4], "none is old, and there is room");
    prune(folder.path(), now, hour, room).unwrap();
    assert_eq!(there(), [true; 4], "the oldest is being written");
    prune(folder.path(), now, hour, room - 1).unwrap();
    assert_eq!(there(), [true, false, true, true]);
    prune(folder.path(), now + 2 * hour, hour, much).unwrap();
    assert_eq!(there(), [true, false, false, false]);
    drop(first);
    assert!(other.exists());
}

#[test]
fn where_no_journal_can_be_kept_that_is_an_error_value() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    // The last one is there for everybody, also for the superuser.
    for folder in [folder.path().join("file"), "/proc/journals".into()] {
        let error = Journal::create(&folder, &meta()).unwrap_err();
        assert!(matches!(error, RecordError::File { .. }), "{error}");
    }
    let full = File::options().write(true).open("/dev/full").unwrap();
    let error = Journal::on(full, "/dev/full".into(), &meta(), u64::MAX).unwrap_err();
    assert!(error.to_string().contains("No space left"), "{error}");
}

#[test]
fn a_full_journal_tells_so_once_and_marks_its_hole() {
    let folder = TempDir::new().unwrap();
    let mut journal = Journal::with_cap(folder.path(), &meta(), 1000).unwrap();
    let long = Entry::note(Instant::now(), false, Level::Info, "x".repeat(900));
    journal.write(&note(1)).unwrap();
    assert!(matches!(
        journal.write(&long),
        Err(RecordError::JournalFull { cap: 1000, .. })
    ));
    journal.write(&long).unwrap();
    assert_eq!(journal.lost(), 2);
    journal.write(&note(4)).unwrap();
    assert_eq!(journal.lost(), 0);
    assert_eq!(
        notes(&open(journal.path())),
        [
            "number 1",
            "2 entries before this one are not in the journal",
            "number 4"
        ]
    );
}

/// Starts a copy of a test of this file, which is told the folder.
fn child(name: &str, folder: &Path, shell: &str) -> Child {
    let program = std::env::current_exe().unwrap();
    let test = format!("record::journals::{name}");
    Command::new("sh")
        .args(["-c", &format!("{shell} exec \"$0\" \"$@\"")])
        .arg(program)
        .args(copy::arguments(&test))
        .env(copy::PLAYS, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
fn a_program_that_is_killed_leaves_a_valid_beginning() {
    let session = told(MAIL);
    if let Some(folder) = copy::part() {
        let mut journal = Journal::create(Path::new(&folder), &session.meta).unwrap();
        // Over and over: it ends only when it is killed.
        for entry in session.entries.iter().cycle() {
            journal.write(entry).unwrap();
        }
    }
    let whole = render(&Excerpt::from(&session), Format::Jsonl, false).unwrap();
    let whole = String::from_utf8(whole).unwrap();
    let (head, lines) = whole.split_once('\n').unwrap();
    let (lines, _) = lines.trim_end().rsplit_once('\n').unwrap();
    for kill in 0..KILLS {
        let folder = TempDir::new().unwrap();
        let test = "a_program_that_is_killed_leaves_a_valid_beginning";
        let mut child = child(test, folder.path(), "");
        // So many entries at least are there when it is killed.
        let enough = kill * 17;
        while fs::read_dir(folder.path()).unwrap().next().is_none()
            || fs::read(only_file(folder.path()))
                .unwrap()
                .iter()
                .filter(|&&octet| octet == b'\n')
                .count()
                <= enough
        {
            assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
            std::thread::yield_now();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let path = only_file(folder.path());
        let record = open(&path);
        assert!(record.entries.len() >= enough && !record.ended);
        // To the octet what was written, as far as it came.
        let left = fs::read_to_string(&path).unwrap();
        let mut expected = std::iter::once(head).chain(lines.lines().cycle());
        for line in left.split_inclusive('\n') {
            let expected = format!("{}\n", expected.next().unwrap());
            assert!(expected.starts_with(line), "{line}");
        }
        assert_eq!(last_unfinished(folder.path()).unwrap(), Some(path));
    }
}

/// What the process does whose files may not grow.
fn write_where_nothing_has_room(folder: &Path) {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let mut journal = Journal::create(&folder.join("journals"), &meta()).unwrap();
    let refused = (0..200).filter(|&number| journal.write(&note(number)).is_err());
    assert_eq!(refused.count(), 1, "it is told once");
    let lost = journal.lost();
    assert!(lost > 1);
    let whole = open(journal.path());
    assert_eq!(whole.entries.len() as u64, 200 - lost);
    assert!(whole.remarks.is_empty(), "no half line is left");

    let session = told(&MAIL.repeat(20));
    let excerpt = Excerpt::from(&session);
    let path = folder.join("session.txt");
    assert!(save(&path, Format::Text, &excerpt, SaveOptions::default()).is_err());
    assert_eq!(
        fs::read_dir(folder).unwrap().count(),
        1,
        "nothing half written"
    );

    let maximum = getrlimit(Resource::Fsize).maximum;
    let room = Rlimit {
        current: maximum,
        maximum,
    };
    setrlimit(Resource::Fsize, room).unwrap();
    journal.write(&note(200)).unwrap();
    let notes = notes(&open(journal.path()));
    let hole = format!("{lost} entries before this one are not in the journal");
    assert_eq!(notes[notes.len() - 2..], [hole, "number 200".to_owned()]);
    save(&path, Format::Text, &excerpt, SaveOptions::default()).unwrap();
}

#[test]
fn a_full_disk_loses_what_it_must_and_says_how_much() {
    if let Some(folder) = copy::part() {
        return write_where_nothing_has_room(Path::new(&folder));
    }
    let folder = TempDir::new().unwrap();
    // Files of this process may have 8 blocks; what goes beyond is refused and no signal kills it.
    let shell = "trap '' XFSZ; ulimit -S -f 8;";
    let test = "a_full_disk_loses_what_it_must_and_says_how_much";
    let mut child = child(test, folder.path(), shell);
    let mut said = String::new();
    child
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut said)
        .unwrap();
    assert!(child.wait().unwrap().success(), "{said}");
    assert!(said.contains("1 passed"), "{said}");
}
