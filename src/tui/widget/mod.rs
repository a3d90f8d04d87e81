//! Building blocks for panes and popups: the line editor, forms, frames, and how things look.

pub mod editor;
pub mod field;
pub mod form;
pub mod frame;
pub mod look;
pub mod theme;
