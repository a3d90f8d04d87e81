//! Saving: the extension selects the format, files are complete or absent, and only regular files
//! are replaced.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use ehlo::record::{Excerpt, Format, RecordError, SaveOptions, save};
use tempfile::TempDir;

use super::sessions::{MAIL, from_dialogue};

fn saved(path: &Path, options: SaveOptions) -> Result<(), RecordError> {
    let record = from_dialogue(MAIL);
    save(
        path,
        Format::from_path(path)?,
        &Excerpt::from(&record),
        options,
    )
}

const REPLACE: SaveOptions = SaveOptions {
    replace: true,
    with_secrets: false,
};

/// The names in a folder.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn the_extension_selects_the_format() {
    let table = [
        ("a.txt", Some(Format::Text)),
        ("a.MD", Some(Format::Markdown)),
        ("a.b.html", Some(Format::Html)),
        ("a.jsonl", Some(Format::Jsonl)),
        ("a.eml", Some(Format::Message)),
        ("a.pdf", None),
        ("txt", None),
    ];
    for (name, expected) in table {
        assert_eq!(Format::from_path(Path::new(name)).ok(), expected, "{name}");
    }
    assert_eq!(
        Format::from_path(Path::new("a.pdf"))
            .unwrap_err()
            .to_string(),
        "a.pdf: unknown file extension: use .txt .md .html .jsonl .eml"
    );
}

#[test]
fn files_have_mode_0600_and_are_replaced_only_on_request() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("session.txt");
    saved(&path, SaveOptions::default()).unwrap();
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    fs::write(&path, "mine").unwrap();
    let error = saved(&path, SaveOptions::default()).unwrap_err();
    assert!(matches!(error, RecordError::Exists(_)), "{error}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
    saved(&path, REPLACE).unwrap();
    assert!(fs::read_to_string(&path).unwrap().starts_with("# ehlo "));
    assert_eq!(names(folder.path()), ["session.txt"]);
}

#[test]
fn writes_only_to_regular_files() {
    let folder = TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("target"), "mine").unwrap();
    symlink(at("target"), at("link.txt")).unwrap();
    symlink(at("nowhere"), at("dangling.txt")).unwrap();
    symlink("/dev/full", at("device.txt")).unwrap();
    fs::create_dir(at("folder.txt")).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, at("fifo.txt"), 0o600.into()).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(at("socket.txt")).unwrap();
    let before = names(folder.path());
    let table = [
        ("link.txt", "a symbolic link"),
        ("dangling.txt", "a symbolic link"),
        ("device.txt", "a symbolic link"),
        ("folder.txt", "a directory"),
        ("fifo.txt", "a FIFO"),
        ("socket.txt", "a socket"),
    ];
    for (name, kind) in table {
        for options in [SaveOptions::default(), REPLACE] {
            let error = saved(&at(name), options).unwrap_err().to_string();
            let expected = format!("is {kind}, not a regular file");
            assert!(error.ends_with(&expected), "{error}");
        }
    }
    let record = from_dialogue(MAIL);
    let excerpt = Excerpt::from(&record);
    let error = save(Path::new("/dev/full"), Format::Text, &excerpt, REPLACE).unwrap_err();
    assert!(error.to_string().contains("is a device"), "{error}");
    assert_eq!(names(folder.path()), before);
    assert_eq!(fs::read_to_string(at("target")).unwrap(), "mine");
}

#[test]
fn reports_paths_that_cannot_be_written() {
    let folder = TempDir::new().unwrap();
    for path in ["/proc/session.txt", "no/such/folder/session.txt"] {
        let error = saved(&folder.path().join(path), SaveOptions::default()).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("session.txt: "), "{text}");
        assert!(matches!(error, RecordError::File { .. }), "{text}");
    }
    assert!(names(folder.path()).is_empty());
}

#[test]
fn saves_messages_without_dot_stuffing() {
    let table = [
        (
            MAIL,
            Some("Subject: hello\r\n\r\n.a dot, stuffed\r\n```` and <b>bold</b> & \"quoted\"\r\n"),
        ),
        (
            "S: 220 hi\nC: BDAT 4\nC: ab\nS: 250 ok\nC: BDAT 3 LAST\nC: .\nS: 250 ok",
            Some("ab\r\n.\r\n"),
        ),
        ("S: 220 hi\nC: EHLO me", None),
    ];
    for (dialogue, expected) in table {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("m.eml");
        let record = from_dialogue(dialogue);
        let result = save(
            &path,
            Format::Message,
            &Excerpt::from(&record),
            SaveOptions::default(),
        );
        match expected {
            Some(expected) => {
                result.unwrap();
                assert_eq!(fs::read_to_string(path).unwrap(), expected);
            }
            None => {
                assert!(matches!(result, Err(RecordError::NoMessage)));
                assert!(names(folder.path()).is_empty());
            }
        }
    }
}

#[test]
fn server_text_cannot_break_out_of_markdown_or_html() {
    let folder = TempDir::new().unwrap();
    let read = |name: &str| {
        let path = folder.path().join(name);
        saved(&path, SaveOptions::default()).unwrap();
        fs::read_to_string(path).unwrap()
    };
    let ticket = read("ticket.md");
    assert!(ticket.starts_with("`````text\n# ehlo ") && ticket.ends_with("\n`````\n"));
    let page = read("page.html");
    assert!(page.contains("&lt;b&gt;bold&lt;/b&gt; &amp; "), "{page}");
    assert!(
        !page.contains("<b>bold") && !page.contains("<script"),
        "{page}"
    );
}
