//! Checks the code against the map in `src/lib.rs`: who imports whom, and how large a file may grow.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Each room, the rooms it may import, and words that must not occur in it.
const ROOMS: &[(&str, &[&str], &[&str])] = &[
    (
        "smtp",
        &[],
        &[
            "tokio",
            "rustls",
            "ratatui",
            "crossterm",
            "std::net",
            "std::fs",
            "std::io",
            "std::env",
            "std::thread",
            "Instant::now",
            "SystemTime",
        ],
    ),
    ("net", &["smtp"], &["ratatui", "crossterm"]),
    ("manual", &["smtp"], &["tokio", "ratatui", "crossterm"]),
    (
        "diagnosis",
        &["smtp", "net", "manual"],
        &["tokio", "ratatui", "crossterm", "std::fs", "Instant::now"],
    ),
    (
        "quoting",
        &["smtp"],
        &[
            "tokio",
            "ratatui",
            "crossterm",
            "std::net",
            "std::fs",
            "std::io",
            "std::env",
        ],
    ),
    (
        "record",
        &["smtp", "diagnosis", "quoting"],
        &["tokio", "ratatui", "crossterm", "std::net::Tcp"],
    ),
    ("practice", &["smtp"], &["ratatui", "crossterm"]),
    (
        "tap",
        &["smtp", "net", "practice"],
        &["ratatui", "crossterm"],
    ),
    (
        "config",
        &["smtp", "net", "process"],
        &["tokio", "ratatui", "crossterm"],
    ),
    (
        "report",
        &["smtp", "net", "manual", "config", "quoting"],
        &["tokio", "ratatui"],
    ),
    ("process", &[], &["tokio", "ratatui", "crossterm"]),
    (
        "headless",
        &[
            "smtp",
            "net",
            "manual",
            "diagnosis",
            "record",
            "practice",
            "tap",
            "config",
            "report",
        ],
        &[
            "ratatui",
            "crossterm",
            "std::net::Tcp",
            "tokio::net",
            "rustls",
        ],
    ),
    (
        "tui",
        &[
            "headless",
            "smtp",
            "net",
            "manual",
            "diagnosis",
            "record",
            "practice",
            "config",
            "report",
            "process",
            "quoting",
        ],
        &["std::net::Tcp", "tokio::net", "rustls"],
    ),
    (
        "cli",
        &[
            "headless",
            "smtp",
            "net",
            "manual",
            "diagnosis",
            "record",
            "practice",
            "tap",
            "config",
            "report",
            "process",
            "quoting",
            "tui",
        ],
        &["ratatui"],
    ),
];

/// The floors of the screen, the lowest first. A floor imports only from those below it.
const FLOORS: &[&[&str]] = &[
    &["keymap"],
    &["assist"],
    &["widget"],
    &["state"],
    &["popup"],
    &["message"],
    &["pane"],
    &["model"],
    &["update"],
    &["view"],
    &["app"],
];

/// What the command line may take from the screen: what starts it.
const FOR_THE_COMMAND_LINE: &[&str] = &["run", "Exit", "Look", "Preferences", "Start"];

/// Lines of a file without its tests, at the most; more is a sign of two nouns.
const LINES: usize = 400;

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs")
            && !path.ends_with("tests.rs")
        {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The code of a file: without its tests and its comments.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let lines = text.lines().take_while(|line| *line != "#[cfg(test)]");
    lines
        .filter(|line| !line.trim_start().starts_with("//"))
        .map(|line| format!("{line}\n"))
        .collect()
}

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The path of a file below `src`, without its ending: `tui/popup/mod`.
fn place(path: &Path) -> String {
    let below = path.strip_prefix(src()).unwrap().with_extension("");
    below.to_str().unwrap().to_owned()
}

/// The module of a file, as a list of names: `["tui", "popup"]`.
fn module(path: &Path) -> Vec<String> {
    let mut names: Vec<String> = place(path).split('/').map(str::to_owned).collect();
    names.pop_if(|last| last == "mod" || last == "lib");
    names
}

/// The paths that a file imports or names in full, starting at the crate root.
fn imports(path: &Path) -> Vec<Vec<String>> {
    let module = module(path);
    let mut found = Vec::new();
    let code = code(path);
    let mut rest = code.as_str();
    while let Some(at) = rest.find(['c', 's']) {
        let bound = at == 0 || !is_name(rest.as_bytes()[at - 1]);
        let begin = &rest[at..];
        rest = &rest[at + 1..];
        if !bound {
            continue;
        }
        let mut prefix = if let Some(tail) = begin.strip_prefix("crate::") {
            expand(tail, &[], &mut found);
            continue;
        } else if begin.starts_with("super::") {
            module.clone()
        } else {
            continue;
        };
        let mut tail = begin;
        while let Some(up) = tail.strip_prefix("super::") {
            prefix.pop();
            tail = up;
        }
        expand(tail, &prefix, &mut found);
    }
    found.retain(|path| !path.is_empty());
    found
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b':'
}

/// Adds the paths of `a::{b, c::d}` or `a::b` after a prefix.
fn expand(text: &str, prefix: &[String], found: &mut Vec<Vec<String>>) -> usize {
    let mut path = prefix.to_vec();
    let mut at = 0;
    loop {
        let name: String = text[at..]
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect();
        if !name.is_empty() {
            at += name.len();
            if name != "self" {
                path.push(name);
            }
        }
        if text[at..].starts_with("::{") {
            at += 3;
            loop {
                at += text[at..].len() - text[at..].trim_start().len();
                if text[at..].starts_with('}') || at >= text.len() {
                    return at + 1;
                }
                at += expand(&text[at..], &path, found);
                at += text[at..].find([',', '}']).unwrap_or(0);
                if text[at..].starts_with(',') {
                    at += 1;
                }
            }
        }
        if text[at..].starts_with("::") && text[at + 2..].starts_with(|c: char| c.is_alphabetic()) {
            at += 2;
            continue;
        }
        found.push(path);
        return at;
    }
}

#[test]
fn imports_are_read() {
    let mut found = Vec::new();
    expand("tui::{a, b::{self, C}, d::E as F};", &[], &mut found);
    let found: Vec<String> = found.iter().map(|path| path.join("::")).collect();
    assert_eq!(found, ["tui::a", "tui::b", "tui::b::C", "tui::d::E"]);
}

#[test]
fn rooms_import_only_what_they_may() {
    let mut wrong = Vec::new();
    for (room, may, never) in ROOMS {
        let files = files(&src().join(room));
        assert!(!files.is_empty(), "no room {room}");
        for path in files {
            let code = code(&path);
            let found = never.iter().filter(|word| code.contains(**word));
            wrong.extend(found.map(|word| format!("{}: {word}", place(&path))));
            for import in imports(&path) {
                let is_room = ROOMS.iter().any(|(name, ..)| *name == import[0]);
                if is_room && import[0] != *room && !may.contains(&import[0].as_str()) {
                    wrong.push(format!("{}: {}", place(&path), import.join("::")));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_room_has_rules() {
    let rooms: BTreeSet<String> = fs::read_dir(src())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .map(|path| place(&path))
        .collect();
    let ruled: BTreeSet<String> = ROOMS.iter().map(|(name, ..)| (*name).to_owned()).collect();
    assert_eq!(rooms, ruled);
    let floors: BTreeSet<String> = FLOORS
        .concat()
        .iter()
        .map(|name| (*name).to_owned())
        .collect();
    let loose = files(&src().join("tui"))
        .iter()
        .map(|path| module(path)[1..].first().cloned().unwrap_or_default())
        .filter(|name| !name.is_empty())
        .collect();
    assert_eq!(floors, loose, "the floors of the screen");
}

#[test]
fn a_floor_of_the_screen_imports_only_from_below() {
    let floor = |name: &str| FLOORS.iter().position(|names| names.contains(&name));
    let mut wrong = Vec::new();
    for path in files(&src().join("tui")) {
        let module = module(&path);
        let Some(own) = module.get(1).and_then(|name| floor(name)) else {
            continue;
        };
        for import in imports(&path) {
            if import[0] != "tui" {
                continue;
            }
            // What `tui` itself exports is for the outside.
            let other = import.get(1).and_then(|name| floor(name));
            if other.is_none_or(|other| other > own) {
                wrong.push(format!("{}: {}", place(&path), import.join("::")));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn panes_and_popups_do_not_import_one_another() {
    let mut wrong = Vec::new();
    for folder in ["pane", "popup"] {
        for path in files(&src().join("tui").join(folder)) {
            let module = module(&path);
            let Some(own) = module.get(2) else {
                continue;
            };
            for import in imports(&path) {
                let [tui, other, name, ..] = import.as_slice() else {
                    continue;
                };
                let apart = other != folder && matches!(other.as_str(), "pane" | "popup");
                let inside = src().join("tui").join(folder).join(name);
                let exists = inside.exists() || inside.with_extension("rs").exists();
                // What a popup answers a key with is known to all.
                let shared = name == "outcome";
                let sibling = other == folder && name != own && exists && !shared;
                if tui == "tui" && (apart || sibling) {
                    wrong.push(format!("{}: {}", place(&path), import.join("::")));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_command_line_takes_from_the_screen_only_what_starts_it() {
    let mut wrong = Vec::new();
    for path in files(&src().join("cli")) {
        for import in imports(&path) {
            let allowed = import
                .get(1)
                .is_none_or(|name| FOR_THE_COMMAND_LINE.contains(&name.as_str()));
            if import[0] == "tui" && !allowed {
                wrong.push(format!("{}: {}", place(&path), import.join("::")));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Folders of a room that import each other, in whatever way, cannot be understood apart.
#[test]
fn no_folders_import_in_a_circle() {
    let mut arrows: BTreeMap<Vec<String>, BTreeSet<Vec<String>>> = BTreeMap::new();
    let folders: BTreeSet<Vec<String>> = files(&src())
        .iter()
        .filter(|path| path.ends_with("mod.rs"))
        .map(|path| module(path))
        .collect();
    // The folder of a module: itself, or the nearest above.
    let folder = |module: &[String]| {
        let mut names = module.to_vec();
        while !names.is_empty() && !folders.contains(&names) {
            names.pop();
        }
        names
    };
    for path in files(&src()) {
        let own = folder(&module(&path));
        for import in imports(&path) {
            let other = folder(&import);
            // A folder and what is in it are one thing here.
            if !own.starts_with(&other) && !other.starts_with(&own) {
                arrows.entry(own.clone()).or_default().insert(other);
            }
        }
    }
    let reach = |from: &Vec<String>| {
        let mut seen = BTreeSet::new();
        let mut next: Vec<&Vec<String>> = vec![from];
        while let Some(at) = next.pop() {
            for to in arrows.get(at).into_iter().flatten() {
                if seen.insert(to.clone()) {
                    next.push(to);
                }
            }
        }
        seen
    };
    let circles: Vec<String> = arrows
        .keys()
        .filter(|folder| reach(folder).contains(*folder))
        .map(|folder| folder.join("::"))
        .collect();
    assert!(circles.is_empty(), "{circles:#?}");
}

#[test]
fn only_the_loop_of_the_screen_awaits() {
    for path in files(&src().join("tui")) {
        let awaits = code(&path).replace(".awaited", "").contains(".await");
        assert!(
            !awaits || path.starts_with(src().join("tui/app")),
            "{}",
            path.display()
        );
    }
}

#[test]
fn a_file_is_one_noun_and_says_what_it_is_for() {
    for path in files(&src()) {
        let text = fs::read_to_string(&path).unwrap();
        assert!(
            text.starts_with("//!"),
            "{} does not say what it is for",
            path.display()
        );
        let lines = text
            .lines()
            .take_while(|line| *line != "#[cfg(test)]")
            .count();
        assert!(lines <= LINES, "{}: {lines} lines", path.display());
    }
}

#[test]
fn a_folder_has_its_door_inside() {
    for path in files(&src()) {
        let beside = path.with_extension("");
        assert!(
            !beside.is_dir(),
            "{} stands beside its folder",
            path.display()
        );
    }
}

#[test]
fn nothing_is_allowed_silently_or_unsafe() {
    for path in files(&src()) {
        let code = code(&path);
        for word in ["unsafe ", "#[allow", "todo!", "unimplemented!", ".unwrap()"] {
            assert!(!code.contains(word), "{}: {word}", path.display());
        }
    }
}

/// The door to standard output and standard error, and the screen, which has a door of its own.
const WRITERS: &[&str] = &["report/output.rs", "tui/app"];

#[test]
fn text_leaves_by_one_door() {
    for path in files(&src()) {
        let code = code(&path);
        // clap's own ways to print quote arguments unchanged.
        for word in [
            "print!(",
            "println!(",
            "dbg!(",
            "error.print()",
            "error.exit()",
            "::parse()",
        ] {
            assert!(!code.contains(word), "{}: {word}", path.display());
        }
        let place = path.strip_prefix(src()).unwrap();
        let writes = ["stdout()", "stderr()"].into_iter().any(|call| {
            let mut before = code.match_indices(call).map(|(at, _)| &code[..at]);
            before.any(|before| !before.ends_with('_'))
        });
        let may = WRITERS.iter().any(|writer| place.starts_with(writer));
        assert!(may || !writes, "{}", path.display());
    }
}

#[test]
fn every_test_is_run() {
    let mark = ["#[", "ignore"].concat();
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    for path in [src(), tests].iter().flat_map(|folder| files(folder)) {
        let text = fs::read_to_string(&path).unwrap();
        assert!(!text.contains(&mark), "{}", path.display());
    }
}
