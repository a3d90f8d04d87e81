//! The journal: complete up to the last entry, even after a kill or with a full disk.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use ehlo::record::{
    Excerpt, Format, Journal, Meta, Record, RecordError, SaveOptions, WallClock, dismiss, kept,
    last_unfinished, prune, read, render, save,
};
use ehlo::smtp::{Entry, EntryKind, Level};
use tempfile::TempDir;

use super::sessions::{MAIL, from_dialogue};
use crate::support::subprocess;

/// How many children are killed.
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

/// The texts of the notes in a record.
fn notes(record: &Record) -> Vec<String> {
    let words = |entry: &Entry| match &entry.kind {
        EntryKind::Note(note) => Some(note.text.to_string()),
        _ => None,
    };
    record.entries.iter().filter_map(words).collect()
}

#[test]
fn each_entry_is_on_disk_after_its_write() {
    let home = TempDir::new().unwrap();
    let folder = home.path().join("state/journals");
    let session = from_dialogue(MAIL);
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
fn file_names_are_safe_and_unique() {
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
fn ignores_anything_but_regular_files() {
    let folder = TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name);
    let meta = from_dialogue(MAIL).meta;
    let path = |folder: &Path| {
        let journal = Journal::create(folder, &meta).unwrap();
        let name = journal.path().file_name().unwrap().to_owned();
        journal.end().unwrap();
        name
    };
    let first = path(TempDir::new().unwrap().path());
    let first = first.to_str().unwrap().strip_suffix(".jsonl").unwrap();
    // The first names are taken by files that are dangerous to open.
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
fn offers_an_unfinished_session_once() {
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
    // Killed in the middle of a line.
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.clone() + "{\"since\":").unwrap();
    assert_eq!(found(), Some(path.clone()));
    dismiss(&path).unwrap();
    assert_eq!(found(), None);
    assert_eq!(
        fs::read_to_string(&path).unwrap(),
        text + "{\"end\":false,\"offered\":true}\n"
    );
    dismiss(&path).unwrap();
    assert!(!open(&path).ended, "it was cut short, offered or not");
}

#[test]
fn prunes_old_and_large_journals_but_none_in_use() {
    let folder = TempDir::new().unwrap();
    let journals: Vec<Journal> = (0..4)
        .map(|_| Journal::create(folder.path(), &meta()).unwrap())
        .collect();
    let paths: Vec<_> = journals
        .iter()
        .map(|journal| journal.path().to_owned())
        .collect();
    let other = folder.path().join("letter.txt");
    fs::write(&other, "not ours").unwrap();
    let there = || paths.iter().map(|path| path.exists()).collect::<Vec<_>>();
    let now = SystemTime::now();
    let (hour, unlimited) = (Duration::from_secs(3600), u64::MAX);
    prune(folder.path(), now + 2 * hour, hour, 0).unwrap();
    assert_eq!(there(), [true; 4], "all of them are in use");
    let mut journals = journals.into_iter();
    let first = journals.next();
    journals.for_each(|journal| journal.end().unwrap());
    // The oldest is in use and stays; the lengths of the others may differ by a digit of the time.
    let room: u64 = paths[1..]
        .iter()
        .map(|path| fs::metadata(path).unwrap().len())
        .sum();
    prune(folder.path(), now, hour, unlimited).unwrap();
    assert_eq!(there(), [true; 4], "none is old, and there is room");
    prune(folder.path(), now, hour, room).unwrap();
    assert_eq!(there(), [true; 4], "the oldest is in use");
    prune(folder.path(), now, hour, room - 1).unwrap();
    assert_eq!(there(), [true, false, true, true]);
    prune(folder.path(), now + 2 * hour, hour, unlimited).unwrap();
    assert_eq!(there(), [true, false, false, false]);
    drop(first);
    assert!(other.exists());
}

#[test]
fn prunes_a_session_that_was_cut_short_only_after_it_was_offered() {
    let folder = TempDir::new().unwrap();
    let mut paths = Vec::new();
    for number in 0..3 {
        let mut journal = Journal::create(folder.path(), &meta()).unwrap();
        journal.write(&note(number)).unwrap();
        paths.push(journal.path().to_owned());
    }
    // Neither is a session that the user may want back.
    fs::write(folder.path().join("1.jsonl"), "not a journal\n").unwrap();
    fs::write(folder.path().join("2.jsonl"), "").unwrap();
    let all = || fs::read_dir(folder.path()).unwrap().count();
    let tomorrow = SystemTime::now() + Duration::from_secs(86_400);
    prune(folder.path(), SystemTime::now(), Duration::MAX, 0).unwrap();
    assert_eq!(all(), 4, "an empty file takes no room");
    prune(folder.path(), tomorrow, Duration::ZERO, 0).unwrap();
    for left in (0..3).rev() {
        let offered = last_unfinished(folder.path()).unwrap();
        assert_eq!(
            offered.as_ref(),
            Some(&paths[left]),
            "the latest comes first"
        );
        dismiss(&paths[left]).unwrap();
        prune(folder.path(), tomorrow, Duration::ZERO, 0).unwrap();
        assert_eq!(all(), left);
    }
}

#[test]
fn a_journal_is_locked_although_it_was_being_listed() {
    let folder = TempDir::new().unwrap();
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !done.load(std::sync::atomic::Ordering::Relaxed) {
                    kept::list(folder.path()).unwrap();
                }
            });
        }
        for _ in 0..100 {
            let journal = Journal::create(folder.path(), &meta()).unwrap();
            let file = File::open(journal.path()).unwrap();
            assert!(file.try_lock_shared().is_err());
            fs::remove_file(journal.path()).unwrap();
        }
        done.store(true, std::sync::atomic::Ordering::Relaxed);
    });
}

#[test]
fn reports_where_no_journal_can_be_created() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    // In /proc not even the superuser can create a folder.
    for folder in [folder.path().join("file"), "/proc/journals".into()] {
        let error = Journal::create(&folder, &meta()).unwrap_err();
        assert!(matches!(error, RecordError::File { .. }), "{error}");
    }
    let full = File::options().write(true).open("/dev/full").unwrap();
    let error = Journal::on(full, "/dev/full".into(), &meta(), u64::MAX).unwrap_err();
    assert!(error.to_string().contains("No space left"), "{error}");
}

#[test]
fn a_full_journal_fails_once_and_notes_the_gap() {
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
            "2 entries before this one are missing from the journal",
            "number 4"
        ]
    );
}

#[test]
fn the_end_of_a_full_journal_notes_the_gap() {
    let folder = TempDir::new().unwrap();
    let mut journal = Journal::with_cap(folder.path(), &meta(), 1000).unwrap();
    let path = journal.path().to_owned();
    let long = Entry::note(Instant::now(), false, Level::Info, "x".repeat(900));
    journal.write(&note(1)).unwrap();
    journal.write(&long).unwrap_err();
    journal.write(&long).unwrap();
    journal.end().unwrap();
    let record = open(&path);
    assert!(record.ended);
    assert_eq!(
        notes(&record),
        [
            "number 1",
            "the last 2 entries are missing from the journal"
        ]
    );
}

/// Starts a copy of a test of this file, with the folder in its environment.
fn child(name: &str, folder: &Path, shell: &str) -> Child {
    let program = std::env::current_exe().unwrap();
    let test = format!("record::journals::{name}");
    Command::new("sh")
        .args(["-c", &format!("{shell} exec \"$0\" \"$@\"")])
        .arg(program)
        .args(subprocess::arguments(&test))
        .env(subprocess::ROLE, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
fn a_killed_program_leaves_a_valid_journal() {
    let session = from_dialogue(MAIL);
    if let Some(folder) = subprocess::role() {
        let mut journal = Journal::create(Path::new(&folder), &session.meta).unwrap();
        // It runs until it is killed.
        for entry in session.entries.iter().cycle() {
            journal.write(entry).unwrap();
        }
    }
    let complete = render(&Excerpt::from(&session), Format::Jsonl, false).unwrap();
    let complete = String::from_utf8(complete).unwrap();
    let (head, lines) = complete.split_once('\n').unwrap();
    let (lines, _) = lines.trim_end().rsplit_once('\n').unwrap();
    for kill in 0..KILLS {
        let folder = TempDir::new().unwrap();
        let test = "a_killed_program_leaves_a_valid_journal";
        let mut child = child(test, folder.path(), "");
        // The minimum number of entries before it is killed.
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
        // The file is an exact prefix of what was being written.
        let left = fs::read_to_string(&path).unwrap();
        let mut expected = std::iter::once(head).chain(lines.lines().cycle());
        for line in left.split_inclusive('\n') {
            let expected = format!("{}\n", expected.next().unwrap());
            assert!(expected.starts_with(line), "{line}");
        }
        assert_eq!(last_unfinished(folder.path()).unwrap(), Some(path));
    }
}

/// The part of the child, whose files may not grow beyond a limit.
fn write_with_limited_space(folder: &Path) {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let mut journal = Journal::create(&folder.join("journals"), &meta()).unwrap();
    let refused = (0..200).filter(|&number| journal.write(&note(number)).is_err());
    assert_eq!(refused.count(), 1, "it fails once");
    let lost = journal.lost();
    assert!(lost > 1);
    let record = open(journal.path());
    assert_eq!(record.entries.len() as u64, 200 - lost);
    assert!(record.remarks.is_empty(), "no partial line is left");

    let session = from_dialogue(&MAIL.repeat(20));
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
    let gap = format!("{lost} entries before this one are missing from the journal");
    assert_eq!(notes[notes.len() - 2..], [gap, "number 200".to_owned()]);
    save(&path, Format::Text, &excerpt, SaveOptions::default()).unwrap();
}

#[test]
fn a_full_disk_loses_entries_and_notes_how_many() {
    if let Some(folder) = subprocess::role() {
        return write_with_limited_space(Path::new(&folder));
    }
    let folder = TempDir::new().unwrap();
    // Files of the child may have 8 blocks; larger writes fail instead of raising a signal.
    let shell = "trap '' XFSZ; ulimit -S -f 8;";
    let test = "a_full_disk_loses_entries_and_notes_how_many";
    let mut child = child(test, folder.path(), shell);
    let mut output = String::new();
    child
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut output)
        .unwrap();
    assert!(child.wait().unwrap().success(), "{output}");
    assert!(output.contains("1 passed"), "{output}");
}
