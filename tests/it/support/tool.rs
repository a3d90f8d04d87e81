//! Runs external tools in a folder. If the machine lacks a tool, `tests/servers/tool` installs it
//! without changing the machine. If that is not possible, a line on stderr says so even if the test
//! harness captures output; if `CI` is set, the test fails.

use std::io::Write;
use std::path::Path;
use std::process::Command;

/// The exit status of the script if the tool is not available.
const UNAVAILABLE: i32 = 69;

/// A tool that can be run.
#[derive(Clone, Copy)]
pub struct Tool(&'static str);

impl Tool {
    /// Finds or installs a tool that the script knows; `None` if it is not available.
    pub fn have(name: &'static str) -> Option<Self> {
        let tool = Self(name);
        let output = tool
            .command(&std::env::temp_dir(), "true")
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() {
            return Some(tool);
        }
        assert_eq!(output.status.code(), Some(UNAVAILABLE), "{stderr}");
        assert!(std::env::var_os("CI").is_none(), "CI is set: {stderr}");
        // The harness captures what `eprintln!` writes, but not this.
        let message = format!("not run: {}\n", stderr.trim_end());
        std::io::stderr().write_all(message.as_bytes()).unwrap();
        None
    }

    /// A command in a folder, with the tool on the path. Killing it kills the program.
    pub fn command(self, folder: &Path, program: &str) -> Command {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/servers/tool");
        let mut command = Command::new("bash");
        command.arg(script).arg(folder).args([self.0, program]);
        command
    }
}
