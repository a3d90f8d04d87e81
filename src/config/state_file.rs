//! Reads and writes the small text files of the user's state. A file has mode 0600 in folders of
//! mode 0700; a symbolic link, a FIFO or a device in its place is refused and never opened.

use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::OFlags;

use crate::net::file::{no_wait, require_regular};

/// The most octets that are read of a file: its end, where the latest lines are.
const FILE_CAP: u64 = 4 * 1024 * 1024;
/// How old a draft is before it counts as left behind: a running process has one for a moment only.
const DRAFT_AGE: Duration = Duration::from_secs(60);
/// What a draft's ending begins with; the number of its process follows.
const DRAFT: &str = "new";
/// The most drafts that are removed at once.
const DRAFTS_CAP: usize = 1000;

/// A file of the user's state cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{}: {error}", path.display())]
pub struct StateError {
    /// The file.
    pub path: PathBuf,
    /// The cause.
    pub error: io::Error,
}

impl StateError {
    /// The cause before the path: what remains legible if the line is cut at its end.
    pub fn cause_first(&self) -> String {
        format!("{}: {}", self.error, self.path.display())
    }

    /// For `map_err`.
    fn at(path: &Path) -> impl Fn(io::Error) -> Self {
        let path = path.to_owned();
        move |error| Self {
            path: path.clone(),
            error,
        }
    }
}

/// Opens a file of the user's state for appending. A new one is created with mode 0600.
///
/// # Errors
/// Why the system cannot create or open the file, or the type of one that is not regular.
pub fn open_append(path: &Path) -> Result<File, StateError> {
    let fail = StateError::at(path);
    if let Some(folder) = path.parent() {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(&fail)?;
    }
    let mut options = OpenOptions::new();
    open(options.append(true).create(true).mode(0o600), path).map_err(fail)
}

/// Appends one line.
///
/// # Errors
/// As [`open_append`], and why the system cannot write.
pub(super) fn append(path: &Path, line: &str) -> Result<(), StateError> {
    let mut file = open_append(path)?;
    // One write, so that two consoles at once do not mix their lines.
    file.write_all(format!("{line}\n").as_bytes())
        .map_err(StateError::at(path))
}

/// Replaces the whole file with these lines, or leaves it as it is.
///
/// # Errors
/// As [`append`].
pub(super) fn replace(path: &Path, lines: &[String]) -> Result<(), StateError> {
    let draft = path.with_extension(format!("{DRAFT}{}", std::process::id()));
    // One that a killed process with the same number left behind.
    let _ = fs::remove_file(&draft);
    let write = || {
        let text = lines.join("\n") + "\n";
        let mut file = open_append(&draft).map_err(|error| error.error)?;
        file.write_all(text.as_bytes())?;
        fs::rename(&draft, path)
    };
    write().map_err(|error| {
        let _ = fs::remove_file(&draft);
        StateError::at(path)(error)
    })
}

/// Removes the drafts that killed processes left beside a file. What cannot be removed stays.
pub(super) fn remove_old_drafts(path: &Path) {
    let Some(Ok(files)) = path.parent().map(fs::read_dir) else {
        return;
    };
    let is_draft = |name: &Path| {
        let ending = name.extension().and_then(OsStr::to_str);
        let number = ending.and_then(|ending| ending.strip_prefix(DRAFT));
        let of_process = number.is_some_and(|number| number.parse::<u32>().is_ok());
        of_process && name.file_stem() == path.file_stem()
    };
    let drafts = files.flatten().filter(|file| is_draft(&file.path()));
    for draft in drafts.take(DRAFTS_CAP) {
        // This does not follow a link.
        let written = draft.metadata().and_then(|metadata| metadata.modified());
        let age = written.map(|written| written.elapsed().unwrap_or_default());
        if age.is_ok_and(|age| age > DRAFT_AGE) {
            let _ = fs::remove_file(draft.path());
        }
    }
}

/// Reads the lines of a file that are not empty; none if there is no file.
///
/// # Errors
/// Why the system cannot read the file, or the type of one that is not regular.
pub(super) fn read_lines(path: &Path) -> Result<Vec<String>, StateError> {
    let mut file = match open(OpenOptions::new().read(true), path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(StateError::at(path)(error)),
    };
    let octets = read_end(&mut file).map_err(StateError::at(path))?;
    let text = String::from_utf8_lossy(&octets);
    let lines = text.lines().filter(|line| !line.is_empty());
    Ok(lines.map(str::to_owned).collect())
}

/// Reads the last lines of a file, at most [`FILE_CAP`] octets.
fn read_end(file: &mut File) -> io::Result<Vec<u8>> {
    let begin = file.metadata()?.len().saturating_sub(FILE_CAP);
    file.seek(SeekFrom::Start(begin))?;
    let mut octets = Vec::new();
    file.take(FILE_CAP).read_to_end(&mut octets)?;
    if begin > 0 {
        // The first line may have lost its beginning.
        let end = octets.iter().position(|&octet| octet == b'\n');
        octets.drain(..end.map_or(octets.len(), |at| at + 1));
    }
    Ok(octets)
}

/// Opens a regular file. Its type is checked before, since opening may wait or have effects, and
/// after, since another file may have taken its place.
fn open(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        found => require_regular(&found?)?,
    }
    let file = options.custom_flags(no_wait(OFlags::NOFOLLOW)).open(path)?;
    require_regular(&file.metadata()?)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::time::SystemTime;

    use rustix::fs::{CWD, mkfifoat};

    use super::*;

    #[test]
    fn refuses_all_but_regular_files_without_opening_them() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        mkfifoat(CWD, path("fifo"), 0o600.into()).unwrap();
        symlink("elsewhere", path("link")).unwrap();
        symlink("/dev/zero", path("device")).unwrap();
        fs::create_dir(path("folder")).unwrap();
        let table = [
            ("fifo", "is a FIFO, not a regular file"),
            ("link", "is a symbolic link, not a regular file"),
            ("device", "is a symbolic link, not a regular file"),
            ("folder", "is a directory, not a regular file"),
        ];
        for (name, cause) in table {
            let path = path(name);
            let errors = [
                read_lines(&path).unwrap_err(),
                append(&path, "NOOP").unwrap_err(),
                open_append(&path).unwrap_err(),
            ];
            for error in errors {
                assert_eq!(error.to_string(), format!("{}: {cause}", path.display()));
                assert!(error.cause_first().starts_with(cause));
            }
        }
        assert!(!path("elsewhere").exists());
    }

    #[test]
    fn reads_the_end_of_a_large_file() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let begin = usize::try_from(FILE_CAP).unwrap();
        let text = format!("{}\nRSET\nQUIT\n", "x".repeat(begin));
        fs::write(file.path(), text).unwrap();
        assert_eq!(read_lines(file.path()).unwrap(), ["RSET", "QUIT"]);
    }

    #[test]
    fn a_failed_replacement_leaves_no_draft() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("recent");
        fs::create_dir(&path).unwrap();
        replace(&path, &["a:25".to_owned()]).unwrap_err();
        let left: Vec<_> = fs::read_dir(folder.path()).unwrap().flatten().collect();
        assert_eq!(left.len(), 1, "{left:?}");
    }

    #[test]
    fn drafts_of_killed_processes_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("recent");
        let hour = Duration::from_secs(3600);
        // The name, its age, whether it stays.
        let table = [
            ("recent", hour, true),
            ("recent.new123", hour, false),
            ("recent.new4194304", hour, false),
            ("recent.new123456", Duration::ZERO, true),
            ("recent.newer", hour, true),
            ("recent.new", hour, true),
            ("other.new123", hour, true),
        ];
        for (name, age, _) in table {
            let file = File::create(folder.path().join(name)).unwrap();
            file.set_modified(SystemTime::now() - age).unwrap();
        }
        remove_old_drafts(&path);
        for (name, _, stays) in table {
            assert_eq!(folder.path().join(name).exists(), stays, "{name}");
        }
    }
}
