//! Configuration of the property tests.

use proptest::test_runner::Config;

/// The default without a file of seeds: a failure that is found becomes a test of its own.
pub fn config() -> Config {
    Config {
        failure_persistence: None,
        ..Config::default()
    }
}
