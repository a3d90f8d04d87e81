//! Text for a terminal, with or without a screen: octets made visible, pages as rows, what is printed.

mod environment;
pub mod handshake;
pub mod json;
pub mod output;
pub mod page;
pub mod panic;
mod progress;
pub mod quoting;
pub mod text;

pub use environment::Environment;
pub use progress::ProgressLine;
pub use text::{Charset, visible};
