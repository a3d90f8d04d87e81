//! The parts of the screen that are always there, one file each: state, what changes it, how it is
//! drawn. They do not know one another.

mod advice;
pub mod candidates;
pub mod header;
pub mod help;
pub mod hint;
pub mod message;
pub mod prompt;
pub mod sidebar;
pub mod transcript;
