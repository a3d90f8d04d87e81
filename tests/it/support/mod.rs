//! What several tests lean on.
pub mod conversation;
pub mod copy;
pub mod harmless;
pub mod program;
pub mod properties;
pub mod pty;
pub mod scripted;
pub mod snapshot;
pub mod stage;
pub mod tool;
