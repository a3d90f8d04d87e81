//! The user's own editor: which it is, and the file through which the text goes there and back.

use std::env;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::tui::widget::editor::{EDITOR_CAP, TooLong};

/// Why the text of an editor cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum ExternalError {
    /// `$VISUAL` or `$EDITOR` is no command.
    #[error("{0}: a quote is not closed")]
    Quote(String),
    /// The editor cannot be started.
    #[error("{0}: {1}")]
    NotStarted(String, io::Error),
    /// It says that it failed.
    #[error("{0} ended with {1}: the text is as it was")]
    Failed(String, String),
    /// Its file cannot be written or read.
    #[error("the file for the editor: {0}")]
    File(#[from] io::Error),
    /// The text is too long for the editor here.
    #[error("the text is as it was: {0}; :data FILE sends a file of any size")]
    TooLong(#[from] TooLong),
    /// The text holds a NUL.
    #[error("the text is as it was: the new one holds a NUL, which no message may")]
    Nul,
    /// The text is no UTF-8.
    #[error("the text is as it was: the new one is no UTF-8; :data FILE sends any file")]
    NotUtf8,
}

/// The file that the editor is given: the user's alone, and gone with this.
#[derive(Debug)]
struct Scratch(PathBuf);

impl Scratch {
    /// Writes the text into a new file in `folder`.
    ///
    /// # Errors
    /// When the file cannot be made.
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

    /// Runs the editor on it and waits for its end.
    ///
    /// # Errors
    /// When there is none of that name, when it fails, when what it wrote is no text for a message.
    fn edit(&self, command: &[String]) -> Result<String, ExternalError> {
        let (name, arguments) = command.split_first().ok_or(ExternalError::Nul)?;
        let status = Command::new(name)
            .args(arguments)
            .arg(&self.0)
            .status()
            .map_err(|error| ExternalError::NotStarted(name.clone(), error))?;
        if !status.success() {
            return Err(ExternalError::Failed(name.clone(), status.to_string()));
        }
        self.read()
    }

    fn read(&self) -> Result<String, ExternalError> {
        if fs::metadata(&self.0)?.len() > EDITOR_CAP as u64 {
            return Err(TooLong.into());
        }
        let text = fs::read(&self.0)?;
        if text.contains(&0) {
            return Err(ExternalError::Nul);
        }
        let mut text = String::from_utf8(text).map_err(|_| ExternalError::NotUtf8)?;
        // Editors end the last line; here a break would begin one more.
        if text.ends_with('\n') {
            text.pop();
        }
        Ok(text)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // An editor may have removed it.
        let _ = fs::remove_file(&self.0);
    }
}

/// Has the user's editor change a text, and waits for its end.
///
/// # Errors
/// Why there is no new text, in one line.
pub fn edit(folder: &Path, text: &str) -> Result<String, String> {
    let variable = |name: &str| env::var(name).ok();
    let (visual, editor) = (variable("VISUAL"), variable("EDITOR"));
    let edit = || {
        let command = command(visual.as_deref(), editor.as_deref())?;
        Scratch::write(folder, text)?.edit(&command)
    };
    edit().map_err(|error: ExternalError| error.to_string())
}

/// The words of the user's editor: `$VISUAL`, else `$EDITOR`, else vi.
///
/// # Errors
/// A quote in it that is not closed.
fn command(visual: Option<&str>, editor: Option<&str>) -> Result<Vec<String>, ExternalError> {
    let set = |text: &&str| !text.trim().is_empty();
    let text = visual.filter(set).or(editor.filter(set)).unwrap_or("vi");
    words(text).ok_or_else(|| ExternalError::Quote(text.to_owned()))
}

/// Words as a shell splits them: at blanks, but not in quotes or behind a backslash.
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
    fn the_editor_is_found_and_split_as_a_shell_does() {
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
    fn the_file_is_the_users_alone_and_goes_away() {
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
            (
                "exit 3",
                "sh ended with exit status: 3: the text is as it was",
            ),
            ("printf '\\0' > $1", "holds a NUL"),
            ("printf '\\377' > $1", "no UTF-8"),
            ("head -c 300000 /dev/zero > $1", "at most 256 KiB"),
            ("rm $1", "the file for the editor: No such file"),
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
