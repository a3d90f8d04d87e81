//! Tools that others made, run in a folder. Where the machine lacks one, `tests/servers/tool` installs
//! it apart; where that cannot be done it is told, whatever the test harness keeps to itself, and
//! under `CI` it is a failure.

use std::io::Write;
use std::path::Path;
use std::process::Command;

/// The exit status of the script where the tool cannot be had.
const CANNOT_BE_HAD: i32 = 69;

/// A tool that can be run.
#[derive(Clone, Copy)]
pub struct Tool(&'static str);

impl Tool {
    /// One that the script knows; nothing where it cannot be had.
    pub fn have(name: &'static str) -> Option<Self> {
        let tool = Self(name);
        let output = tool
            .command(&std::env::temp_dir(), "true")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() {
            return Some(tool);
        }
        assert_eq!(output.status.code(), Some(CANNOT_BE_HAD), "{said}");
        assert!(std::env::var_os("CI").is_none(), "CI is set: {said}");
        // What is printed is kept back where a test passes; this is not.
        let told = format!("not run: {}\n", said.trim_end());
        std::io::stderr().write_all(told.as_bytes()).unwrap();
        None
    }

    /// A command in a folder, where the tool is on the path. Whoever kills it kills the program.
    pub fn command(self, folder: &Path, program: &str) -> Command {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/servers/tool");
        let mut command = Command::new("bash");
        command.arg(script).arg(folder).args([self.0, program]);
        command
    }
}
