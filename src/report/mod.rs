//! Text for a terminal without a screen: pages as lines, and the one door from bytes to cells.

mod environment;
pub mod failure;
pub mod handshake;
pub mod output;
pub mod page;
pub mod panic;
pub mod text;

pub use environment::Environment;
pub use text::{Charset, visible};
