//! The random source of the crypto library. In a build without `AWS_LC_SYS_NO_JITTER_ENTROPY` its first use
//! takes some 30 ms, which must not pass for a slow server.

use std::sync::Once;
use std::thread;

use tokio::task::spawn_blocking;

/// Whether the first use is slow.
const IS_SLOW: bool = option_env!("AWS_LC_SYS_NO_JITTER_ENTROPY").is_none();

static USED: Once = Once::new();

/// Uses the source for the first time, on a thread of its own.
pub(in crate::net) fn warm_up() {
    if IS_SLOW && !USED.is_completed() {
        // Without a thread, the first handshake does it.
        let _ = thread::Builder::new().name("random".into()).spawn(use_once);
    }
}

/// Waits until the source is fast.
pub(in crate::net) async fn warm() {
    if IS_SLOW && !USED.is_completed() {
        // Without a thread, the source is slow once, nothing worse.
        let _ = spawn_blocking(use_once).await;
    }
}

fn use_once() {
    // Whoever needs random numbers reports their lack.
    USED.call_once(|| _ = aws_lc_rs::rand::fill(&mut [0]));
}
