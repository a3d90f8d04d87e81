//! Runs a test again in a process of its own. The test calls [`role`] first: in the subprocess it
//! plays this role and returns.

/// The environment variable that contains the role of a subprocess.
pub const ROLE: &str = "EHLO_TEST_ROLE";

/// The role of this process; `None` if it is not a subprocess of a test.
pub fn role() -> Option<String> {
    std::env::var(ROLE).ok()
}

/// The arguments with which the test binary runs only the test of this name.
pub fn arguments(name: &str) -> [&str; 4] {
    ["--exact", name, "--nocapture", "--test-threads=1"]
}
