//! One file of `assets/`: rows by key, sorted by key. The file is searched for its rows at once, but a
//! row is parsed when it is needed: most programs need a few, and parsing all takes milliseconds.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::OnceLock;

use memchr::{memchr2_iter, memmem};
use serde::Deserialize;

/// The rows of an asset.
#[derive(Debug)]
pub(super) struct Table<T>(BTreeMap<Cow<'static, str>, Row<T>>);

/// A row of an asset.
#[derive(Debug)]
struct Row<T> {
    /// Its text: the TOML tables whose names begin with its key.
    text: &'static str,
    /// What it says; `None` if it has a syntax error.
    read: OnceLock<Option<T>>,
}

impl<T: for<'de> Deserialize<'de>> Table<T> {
    /// Finds the rows of an asset. Assets are compiled in and a test reads each of them, so a syntax
    /// error cannot come from outside; it leaves out the row and does not stop the program.
    pub(super) fn read(text: &'static str) -> Self {
        let (head, rows) = split(text);
        // Before the first row, each line is a row: these tables are small.
        let lines: BTreeMap<String, T> = toml::from_str(head).unwrap_or_default();
        let lines = lines.into_iter().map(|(key, value)| {
            let read = OnceLock::from(Some(value));
            (Cow::Owned(key), Row { text: "", read })
        });
        let rows = rows.into_iter().map(|(key, text)| {
            let read = OnceLock::new();
            (Cow::Borrowed(key), Row { text, read })
        });
        Self(lines.chain(rows).collect())
    }

    /// The row with this key; case does not matter.
    pub(super) fn row(&self, key: &str) -> Option<&T> {
        self.entry(key).map(|(_, row)| row)
    }

    /// The row with this key and the key as the asset spells it; case does not matter.
    pub(super) fn entry(&self, key: &str) -> Option<(&str, &T)> {
        let found = self
            .0
            .get_key_value(key)
            .or_else(|| self.0.get_key_value(key.to_ascii_uppercase().as_str()));
        found.and_then(|(key, row)| Some((&**key, row.read()?)))
    }

    /// The row with this key, in any letter case.
    pub(super) fn entry_in_any_case(&self, key: &str) -> Option<(&str, &T)> {
        let mut rows = self.0.iter();
        let (key, row) = rows.find(|(known, _)| known.eq_ignore_ascii_case(key))?;
        Some((key, row.read()?))
    }

    /// The rows whose text mentions this word, in any letter case.
    pub(super) fn rows_with(&self, word: &str) -> impl Iterator<Item = (&str, &T)> {
        let rows = self.0.iter();
        let rows = rows.filter(move |(_, row)| mentions(row.text, word));
        rows.filter_map(|(key, row)| Some((&**key, row.read()?)))
    }

    /// All rows.
    pub(super) fn rows(&self) -> impl Iterator<Item = (&str, &T)> {
        let rows = self.0.iter();
        rows.filter_map(|(key, row)| Some((&**key, row.read()?)))
    }
}

impl<T: for<'de> Deserialize<'de>> Row<T> {
    fn read(&self) -> Option<&T> {
        let parse = || {
            let rows: BTreeMap<String, T> = toml::from_str(self.text).ok()?;
            rows.into_values().next()
        };
        self.read.get_or_init(parse).as_ref()
    }
}

/// Whether a text contains a word, in any letter case.
fn mentions(text: &str, word: &str) -> bool {
    let (text, word) = (text.as_bytes(), word.as_bytes());
    let Some(first) = word.first() else {
        return true;
    };
    let (lower, upper) = (first.to_ascii_lowercase(), first.to_ascii_uppercase());
    memchr2_iter(lower, upper, text).any(|at| {
        let here = text.get(at..at + word.len());
        here.is_some_and(|here| here.eq_ignore_ascii_case(word))
    })
}

/// The text before the first row, and the rows with their keys. A row begins with a line such as
/// `[KEY]`, `["KEY"]` or `[[KEY.part]]`; the lines with the same key that follow belong to it.
fn split(text: &str) -> (&str, Vec<(&str, &str)>) {
    let first = text.starts_with('[').then_some(0);
    let others = memmem::find_iter(text.as_bytes(), b"\n[").map(|at| at + 1);
    let mut rows: Vec<(&str, usize)> = Vec::new();
    for start in first.into_iter().chain(others) {
        let key = key(&text[start..]);
        if rows.last().is_none_or(|(last, _)| *last != key) {
            rows.push((key, start));
        }
    }
    let head = &text[..rows.first().map_or(text.len(), |(_, start)| *start)];
    let ends = rows.iter().skip(1).map(|(_, start)| *start);
    let ends = ends.chain([text.len()]);
    let rows = rows.iter().zip(ends);
    let rows = rows.map(|((key, start), end)| (*key, &text[*start..end]));
    (head, rows.collect())
}

/// The first part of the name in the head of a TOML table.
fn key(head: &str) -> &str {
    let name = head.trim_start_matches('[');
    match name.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next().unwrap_or_default(),
        None => name.split(['.', ']']).next().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_what_the_whole_file_says() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/assets");
        for file in std::fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            if path.extension().is_none_or(|name| name != "toml") {
                continue;
            }
            let whole: toml::Table = toml::from_str(&text).unwrap();
            let (head, rows) = split(&text);
            let mut parts: toml::Table = toml::from_str(head).unwrap();
            for (key, text) in rows {
                let row: toml::Table = toml::from_str(text).unwrap();
                assert!(row.len() == 1 && row.contains_key(key), "{key}: {text}");
                assert!(!parts.contains_key(key), "{key} is in two places");
                parts.extend(row);
            }
            assert_eq!(parts, whole, "{}", path.display());
        }
    }

    #[test]
    fn finds_rows_by_their_keys() {
        let text = "# head\n[A]\nx = 1\n[A.b]\ny = 2\n[\"5.*.*\"]\nx = 3\n[[C.d]]\n[bad]\nx =\n";
        let table: Table<toml::Table> = Table::read(text);
        let keys: Vec<&str> = table.rows().map(|(key, _)| key).collect();
        assert_eq!(keys, ["5.*.*", "A", "C"]);
        assert_eq!(table.row("a").unwrap()["b"]["y"].as_integer(), Some(2));
        let mentioned = |word| {
            table
                .rows_with(word)
                .map(|(key, _)| key)
                .collect::<Vec<_>>()
        };
        assert_eq!((mentioned("c.D"), mentioned("none")), (vec!["C"], vec![]));
        assert_eq!(table.entry_in_any_case("c").unwrap().0, "C");
        let lines: Table<String> = Table::read("one = 'first'\ntwo = 'second'\n");
        assert_eq!(lines.row("two").map(String::as_str), Some("second"));
    }
}
