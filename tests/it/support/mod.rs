//! Helpers that several tests share.

pub mod conversation;
pub mod harmless;
pub mod listening;
pub mod model_terminal;
pub mod names;
pub mod program;
pub mod properties;
pub mod pty;
pub mod schema;
pub mod scripted;
pub mod session;
pub mod snapshot;
pub mod stage;
pub mod subprocess;
pub mod tool;
