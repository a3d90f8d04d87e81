//! Opens files that the user names without waiting for anything: opening a FIFO waits for its other
//! end, and reading a device may never end.

use std::fs::{self, File, FileType, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};

/// Lists the descriptors of this process, as links or files named by their numbers.
const DESCRIPTORS: &str = "/dev/fd";
/// The device that is always empty.
const NULL: &str = "/dev/null";

/// Opens a file for reading: a regular file, `/dev/null`, or a pipe that this process already
/// holds, such as `/dev/stdin` or the `<(command)` of a shell. Symbolic links are followed.
///
/// # Errors
/// Why the system cannot open the file, or the type of a file that is not read.
pub fn open_input(path: &Path) -> io::Result<File> {
    let found = fs::metadata(path)?;
    let pipe = found.file_type().is_fifo() && is_held(&found);
    if !pipe && !is_null(&found) {
        require_regular(&found)?;
    }
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(no_wait(OFlags::empty()))
        .open(path)?;
    // The name may lead to another file by now.
    let opened = file.metadata()?;
    let same = (opened.dev(), opened.ino()) == (found.dev(), found.ino());
    if !same {
        require_regular(&opened)?;
    }
    if same && pipe {
        // What is written into the pipe later belongs to its content.
        fcntl_setfl(&file, fcntl_getfl(&file)? - OFlags::NONBLOCK)?;
    }
    Ok(file)
}

/// The flags for opening a file that may turn out to be a FIFO or a terminal, with `more` of them.
pub fn no_wait(more: OFlags) -> i32 {
    (OFlags::NONBLOCK | OFlags::NOCTTY | more)
        .bits()
        .cast_signed()
}

/// Accepts regular files only.
///
/// # Errors
/// The type of any other file, in words.
pub fn require_regular(metadata: &Metadata) -> io::Result<()> {
    if metadata.is_file() {
        return Ok(());
    }
    let kind = kind(metadata.file_type());
    Err(io::Error::other(format!("is {kind}, not a regular file")))
}

/// The name of a type of file other than a regular one.
fn kind(found: FileType) -> &'static str {
    match found {
        found if found.is_symlink() => "a symbolic link",
        found if found.is_dir() => "a directory",
        found if found.is_fifo() => "a FIFO",
        found if found.is_socket() => "a socket",
        _ => "a device",
    }
}

/// Whether a file is open in this process: then its other end is held by whoever started it.
fn is_held(file: &Metadata) -> bool {
    let same = |held: Metadata| (held.dev(), held.ino()) == (file.dev(), file.ino());
    let descriptors = fs::read_dir(DESCRIPTORS).into_iter().flatten().flatten();
    descriptors
        .filter_map(|entry| fs::metadata(entry.path()).ok())
        .any(same)
}

fn is_null(file: &Metadata) -> bool {
    file.file_type().is_char_device()
        && fs::metadata(NULL).is_ok_and(|null| null.rdev() == file.rdev())
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::os::fd::AsRawFd;
    use std::os::unix::net::UnixListener;

    use rustix::fs::{CWD, mkfifoat};

    use super::*;

    #[test]
    fn refuses_what_could_wait_by_its_type() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        mkfifoat(CWD, path("fifo"), 0o600.into()).unwrap();
        std::os::unix::fs::symlink("fifo", path("link")).unwrap();
        let _listener = UnixListener::bind(path("socket")).unwrap();
        let table = [
            (path("fifo"), "is a FIFO, not a regular file"),
            (path("link"), "is a FIFO, not a regular file"),
            (path("socket"), "is a socket, not a regular file"),
            (path(""), "is a directory, not a regular file"),
            ("/dev/zero".into(), "is a device, not a regular file"),
            (path("missing"), "No such file"),
        ];
        for (path, message) in table {
            let error = open_input(&path).unwrap_err().to_string();
            assert!(error.contains(message), "{}: {error}", path.display());
        }
    }

    #[test]
    fn reads_regular_files_the_null_device_and_held_pipes() {
        let read = |path: &Path| {
            let mut text = String::new();
            open_input(path).unwrap().read_to_string(&mut text).unwrap();
            text
        };
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "text").unwrap();
        assert_eq!(read(file.path()), "text");
        assert_eq!(read(Path::new(NULL)), "");
        let (reader, mut writer) = io::pipe().unwrap();
        let path = format!("{DESCRIPTORS}/{}", reader.as_raw_fd());
        let later = std::thread::spawn(move || {
            std::thread::sleep(std::time::Duration::from_millis(50));
            writer.write_all(b"late").unwrap();
        });
        assert_eq!(read(Path::new(&path)), "late");
        later.join().unwrap();
    }
}
