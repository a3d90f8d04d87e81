//! The parts of the screen that are always there. A pane does not know the other panes.

pub mod candidates;
pub mod footer;
pub mod header;
pub mod help;
pub mod prompt;
pub mod rule;
pub mod sidebar;
pub mod transcript;
