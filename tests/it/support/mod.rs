//! What several tests lean on.
pub mod conversation;
pub mod pty;
pub mod scripted;
pub mod stage;
pub mod tool;
