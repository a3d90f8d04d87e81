//! Prints without making anybody wait for whoever reads it: what passes through a tap must not stop
//! because a pager does.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::json;
use tokio::sync::mpsc;

use super::recorder::Output;
use crate::report::output::{self, Reader};
use crate::smtp::count;

/// Pieces of text that may wait to be printed.
const WAITING: usize = 64;
/// How long a piece may wait for room before it is left out.
const PATIENCE: Duration = Duration::from_secs(2);

/// Prints text on a thread of its own. If nobody reads it in time, text is left out, and how much is
/// said once somebody reads again.
#[derive(Clone, Debug)]
pub(super) struct Printer {
    output: Output,
    texts: mpsc::Sender<String>,
    /// Whether the last piece was left out.
    stalled: Arc<AtomicBool>,
    /// Lines that were left out since the last piece that was not.
    left_out: Arc<AtomicU64>,
}

impl Printer {
    /// Starts the thread. It ends once nobody can read any more, or the last clone of this is dropped.
    ///
    /// # Errors
    /// If the system has no thread.
    pub(super) fn start(output: Output) -> std::io::Result<Self> {
        let (texts, mut waiting) = mpsc::channel::<String>(WAITING);
        thread::Builder::new()
            .name("printer".into())
            .spawn(move || {
                while let Some(text) = waiting.blocking_recv()
                    && matches!(output::print_octets(text.as_bytes()), Ok(Reader::Open))
                {
                }
            })?;
        Ok(Self {
            output,
            texts,
            stalled: Arc::default(),
            left_out: Arc::default(),
        })
    }

    /// Prints lines.
    pub(super) async fn print(&self, text: String) {
        if text.is_empty() {
            return;
        }
        let missing = self.left_out.swap(0, Ordering::Relaxed);
        let lines = text.lines().count() as u64;
        let text = match (missing, self.output) {
            (0, _) => text,
            (_, Output::Json) => format!("{}\n{text}", json!({ "missing": missing })),
            _ => {
                let missing = count(missing, "line is", "lines are");
                format!("... {missing} missing here, as nobody read them in time\n{text}")
            }
        };
        let stalled = self.stalled.load(Ordering::Relaxed);
        let patience = if stalled { Duration::ZERO } else { PATIENCE };
        let sent = self.texts.send_timeout(text, patience).await;
        self.stalled.store(sent.is_err(), Ordering::Relaxed);
        if sent.is_err() {
            self.left_out.fetch_add(missing + lines, Ordering::Relaxed);
        }
    }

    /// Waits until nobody can read any more.
    pub(super) async fn closed(&self) {
        self.texts.closed().await;
    }

    /// Prints the last lines, and waits until everything is printed.
    pub(super) async fn end(self, text: String) {
        self.stalled.store(false, Ordering::Relaxed);
        self.print(text).await;
        // All room is free once the thread has taken everything.
        let _ = self.texts.reserve_many(WAITING).await;
    }
}
