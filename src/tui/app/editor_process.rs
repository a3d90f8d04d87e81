//! The user's editor: which command it is, and the file that takes the text there and back.

use std::env;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process;
use crate::tui::widget::editor::{EDITOR_CAP, TooLong};

/// Why there is no new text.
#[derive(Debug, thiserror::Error)]
pub enum EditorError {
    /// `$VISUAL` or `$EDITOR` is not a command.
    #[error("invalid $VISUAL or $EDITOR {0:?}: unclosed quote")]
    Quote(String),
    /// The command has no words.
    #[error("the editor's command is empty")]
    Empty,
    /// The editor cannot be started.
    #[error("cannot start {0}: {1}")]
    NotStarted(String, io::Error),
    /// The editor reports a failure.
    #[error("{0} ended with {1}: text unchanged")]
    Failed(String, String),
    /// The file for the editor cannot be written or read.
    #[error("file for the editor: {0}")]
    File(#[from] io::Error),
    /// The new text is too long for the editor in the console.
    #[error("text unchanged: {0}; :data FILE sends a file of any size")]
    TooLong(#[from] TooLong),
    /// The new text contains a NUL.
    #[error("text unchanged: the new one contains a NUL, which no message may contain")]
    Nul,
    /// The new text is not UTF-8.
    #[error("text unchanged: the new one is not UTF-8; :data FILE sends any file")]
    NotUtf8,
}

/// The file that the editor works on. Only the user can read it; dropping this removes it.
#[derive(Debug)]
struct Scratch(PathBuf);

impl Scratch {
    /// Writes the text into a new file in `folder`, which is created if need be.
    ///
    /// # Errors
    /// If the folder or the file cannot be created or written.
    fn write(folder: &Path, text: &str) -> io::Result<Self> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(io::Error::other)?;
        let name = format!("message-{:016x}.eml", u64::from_ne_bytes(random));
        let scratch = Self(folder.join(name));
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&scratch.0)?;
        file.write_all(text.as_bytes())?;
        Ok(scratch)
    }

    /// Runs the editor on the file, waits for its end and returns the new text.
    ///
    /// # Errors
    /// If the command is empty or cannot be started, if the editor reports a failure, if the new
    /// text cannot be that of a message.
    fn edit(&self, command: &[String]) -> Result<String, EditorError> {
        let (name, arguments) = command.split_first().ok_or(EditorError::Empty)?;
        let status = process::spawn(Command::new(name).args(arguments).arg(&self.0))
            .and_then(|mut editor| editor.wait())
            .map_err(|error| EditorError::NotStarted(name.clone(), error))?;
        if !status.success() {
            return Err(EditorError::Failed(name.clone(), status.to_string()));
        }
        self.read()
    }

    fn read(&self) -> Result<String, EditorError> {
        if fs::metadata(&self.0)?.len() > EDITOR_CAP as u64 {
            return Err(TooLong.into());
        }
        let text = fs::read(&self.0)?;
        if text.contains(&0) {
            return Err(EditorError::Nul);
        }
        let mut text = String::from_utf8(text).map_err(|_| EditorError::NotUtf8)?;
        // Editors end the last line with a line feed, which would begin another one here.
        if text.ends_with('\n') {
            text.pop();
        }
        Ok(text)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // The editor may have removed it.
        let _ = fs::remove_file(&self.0);
    }
}

/// Opens a text in the user's editor, waits for the editor's end and returns the new text.
///
/// # Errors
/// One line that says why there is no new text.
pub fn edit(folder: &Path, text: &str) -> Result<String, String> {
    let variable = |name: &str| env::var(name).ok();
    let (visual, editor) = (variable("VISUAL"), variable("EDITOR"));
    let edit = || {
        let command = command(visual.as_deref(), editor.as_deref())?;
        Scratch::write(folder, text)?.edit(&command)
    };
    edit().map_err(|error: EditorError| error.to_string())
}

/// The command of the user's editor, split into words: `$VISUAL`, else `$EDITOR`, else `vi`.
///
/// # Errors
/// [`EditorError::Quote`].
fn command(visual: Option<&str>, editor: Option<&str>) -> Result<Vec<String>, EditorError> {
    let set = |text: &&str| !text.trim().is_empty();
    let text = visual.filter(set).or(editor.filter(set)).unwrap_or("vi");
    words(text).ok_or_else(|| EditorError::Quote(text.to_owned()))
}

/// Splits a text into words as a shell does: at blanks, but not in quotes or after a backslash.
/// `None` if a quote is not closed.
fn words(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match (quote, character) {
            (Some(open), close) if open == close => quote = None,
            (Some('\''), other) => word.get_or_insert_default().push(other),
            (None, '\'' | '"') => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (_, '\\') => word.get_or_insert_default().push(characters.next()?),
            (None, blank) if blank.is_whitespace() => words.extend(word.take()),
            (_, other) => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn finds_the_editor_and_splits_its_command() {
        let table: &[(Option<&str>, Option<&str>, &[&str])] = &[
            (None, None, &["vi"]),
            (Some(" "), Some("nano"), &["nano"]),
            (Some("code --wait"), Some("nano"), &["code", "--wait"]),
            (
                None,
                Some("'my editor' -c \"set tw=72\" a\\ b ''"),
                &["my editor", "-c", "set tw=72", "a b", ""],
            ),
        ];
        for (visual, editor, expected) in table {
            assert_eq!(command(*visual, *editor).unwrap(), *expected);
        }
        assert!(command(Some("vi 'x"), None).is_err());
    }

    #[test]
    fn the_file_is_private_and_removed() {
        let folder = tempfile::tempdir().unwrap();
        let scratch = Scratch::write(&folder.path().join("new"), "a\nb").unwrap();
        let path = scratch.0.clone();
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        let run = |command: &str| {
            let words = ["sh", "-c", command, "sh"].map(str::to_owned);
            scratch.edit(&words).map_err(|error| error.to_string())
        };
        assert_eq!(run("printf 'c\\n' >> $1").as_deref(), Ok("a\nbc"));
        let table = [
            ("exit 3", "sh ended with exit status: 3: text unchanged"),
            ("printf '\\0' > $1", "contains a NUL"),
            ("printf '\\377' > $1", "not UTF-8"),
            ("head -c 300000 /dev/zero > $1", "at most 256 KiB"),
            ("rm $1", "file for the editor: No such file"),
        ];
        for (command, words) in table {
            let error = run(command).unwrap_err();
            assert!(error.contains(words) && !error.contains('\n'), "{error}");
        }
        fs::write(&path, "x").unwrap();
        drop(scratch);
        assert!(!path.exists());
    }
}
