//! What several tests lean on.
pub mod stage;
