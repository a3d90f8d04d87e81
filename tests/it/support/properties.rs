//! How properties are tried.

use proptest::test_runner::Config;

/// The usual, but no file of seeds: what is found becomes a test of its own.
pub fn config() -> Config {
    Config {
        failure_persistence: None,
        ..Config::default()
    }
}
