//! Completes a path that is being typed as the argument of a command. Reading a folder may take its
//! time, so this is for a thread beside the loop.

use std::fs;
use std::path::{Path, PathBuf};

use crate::smtp::escape::{MarkCounter, is_unsafe_char};

/// The most entries of a folder that are looked at.
const ENTRIES_CAP: usize = 100_000;
/// The quotes that a word may begin and end with.
const QUOTES: [char; 2] = ['"', '\''];

/// The paths that `typed` can become, for a command that reads its argument as words, as `:diff`
/// does: a path with blanks is in quotes, and `typed` may begin with a quote. The quote after a
/// folder is left out, since typing goes on there.
///
/// See [`complete_whole_path`] for the rest.
pub fn complete_path(typed: &str, home: Option<&Path>, cap: usize) -> Vec<String> {
    let begun = typed.chars().next().filter(|first| QUOTES.contains(first));
    let bare = begun.map_or(typed, |quote| &typed[quote.len_utf8()..]);
    let found = candidates(bare, home);
    found
        .filter_map(|path| quoted(path, begun))
        .take(cap)
        .collect()
}

/// The paths that `typed` can become, for a command that reads its whole argument as one path, as
/// `:open`, `:save`, `:data` and `:attach` do.
///
/// At most `cap` of them, sorted. Only folders, which end in `/`, and regular files are offered, and
/// links to these; hidden ones only if their dot is typed. `~/` is `home`, and stays as it is typed.
/// A name that cannot be typed is left out: one that is not UTF-8, or contains control characters
/// or others that a terminal does not show as they are.
pub fn complete_whole_path(typed: &str, home: Option<&Path>, cap: usize) -> Vec<String> {
    // A command drops the blanks around its argument.
    let plain = candidates(typed, home).filter(|path| path.trim() == path);
    plain.take(cap).collect()
}

/// The paths that begin as `typed` does, without quotes.
fn candidates<'a>(typed: &'a str, home: Option<&Path>) -> impl Iterator<Item = String> + use<'a> {
    // "~" alone is the home folder; no name is complete after it.
    let typed = if typed == "~" { "~/" } else { typed };
    let (folder, begin) = typed.split_at(typed.rfind('/').map_or(0, |at| at + 1));
    let place = match (folder.strip_prefix("~/"), home) {
        (Some(below), Some(home)) => home.join(below),
        _ if folder.is_empty() => PathBuf::from("."),
        _ => PathBuf::from(folder),
    };
    let mut names = names(&place, begin);
    // Reading a folder does not return this name.
    if begin == ".." {
        names.push(begin.to_owned());
    }
    names.sort_unstable();
    names.into_iter().filter_map(move |name| {
        let found = fs::metadata(place.join(&name)).ok()?;
        let end = match found.file_type() {
            kind if kind.is_dir() => "/",
            kind if kind.is_file() => "",
            _ => return None,
        };
        // As first words these would be the home folder, or a flag.
        let here = folder.is_empty() && (name == "~" || name.starts_with('-'));
        let here = if here { "./" } else { "" };
        Some(format!("{folder}{here}{name}{end}"))
    })
}

/// The names in a folder that begin like this and can be typed.
fn names(folder: &Path, begin: &str) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries
        .take(ENTRIES_CAP)
        .filter_map(|entry| entry.file_name().into_string().ok());
    names
        .filter(|name| name.starts_with(begin) && is_typeable(name))
        .filter(|name| begin.starts_with('.') || !name.starts_with('.'))
        .collect()
}

/// Whether a name looks on the screen as it is.
fn is_typeable(name: &str) -> bool {
    let mut marks = MarkCounter::default();
    name.chars()
        .all(|c| !c.is_control() && !is_unsafe_char(c) && !marks.is_excess(c))
}

/// A path as a word: in the quote that is typed already, or in one that it needs. `None` if no quote
/// can hold it.
fn quoted(path: String, begun: Option<char>) -> Option<String> {
    let needed = path.contains(char::is_whitespace) || path.starts_with(QUOTES);
    if begun.is_none() && !needed {
        return Some(path);
    }
    let usable = |quote: &char| !path.contains(*quote) && begun.is_none_or(|begun| begun == *quote);
    let quote = QUOTES.into_iter().find(usable)?;
    Some(if path.ends_with('/') {
        format!("{quote}{path}")
    } else {
        format!("{quote}{path}{quote}")
    })
}
