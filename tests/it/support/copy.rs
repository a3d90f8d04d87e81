//! A copy of a test, in a process of its own. The test asks which part it plays: as a copy it plays
//! it and returns.

/// The variable that tells a copy its part.
pub const PLAYS: &str = "EHLO_TEST_PLAYS";

/// The part of this process; none where it is no copy.
pub fn part() -> Option<String> {
    std::env::var(PLAYS).ok()
}

/// The arguments with which this program runs the test of this name alone.
pub fn arguments(name: &str) -> [&str; 4] {
    ["--exact", name, "--nocapture", "--test-threads=1"]
}
