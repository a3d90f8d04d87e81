//! Prevents core dumps of this process, which could contain passwords.

use std::sync::{Mutex, PoisonError};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// The limit that this process was started with, if it has been lowered.
static ORIGINAL: Mutex<Option<Rlimit>> = Mutex::new(None);

/// Disables core dumps of this process. On Linux, other processes of the user also cannot read its
/// memory any more.
pub fn disable() {
    let mut original = ORIGINAL.lock().unwrap_or_else(PoisonError::into_inner);
    let limit = getrlimit(Resource::Core);
    // Lowering a soft limit does not fail.
    if setrlimit(Resource::Core, no_dump(&limit)).is_ok() {
        original.get_or_insert(limit);
    }
    // A program in /proc/sys/kernel/core_pattern gets a dump regardless of the limit, but not of a
    // process that is not dumpable. Every Linux that Rust supports knows this flag.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}

/// Runs `start` with the limit that this process was started with. The other flag needs no care:
/// Linux makes a process dumpable when it executes a program.
pub(super) fn with_original_limit<T>(start: impl FnOnce() -> T) -> T {
    // Locked until the limit is low again, so that no second thread lowers it too early.
    let original = ORIGINAL.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(limit) = *original else {
        return start();
    };
    let raised = setrlimit(Resource::Core, limit);
    let started = start();
    if raised.is_ok() {
        // Lowering a soft limit does not fail.
        let _ = setrlimit(Resource::Core, no_dump(&limit));
    }
    started
}

/// The same limit with a soft limit of 0.
fn no_dump(limit: &Rlimit) -> Rlimit {
    Rlimit {
        current: Some(0),
        maximum: limit.maximum,
    }
}
