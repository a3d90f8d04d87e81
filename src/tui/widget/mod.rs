//! Building blocks for panes and popups: canvas, editor, input line, form, list, scrolling, and how
//! things look.

pub mod canvas;
pub mod click;
pub mod editor;
pub mod form;
pub mod hex;
pub mod hint;
pub mod input;
pub mod list;
pub mod look;
pub mod scroll;
pub mod theme;
