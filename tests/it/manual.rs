//! The manual: its tables and its pages.

mod assets;
mod topics;
