//! Sessions as files: what is written reads back, nothing is half written, logs of other tools are
//! understood, and a program that is killed loses nothing.

mod captured;
mod command_line;
mod compared;
mod exports;
mod journals;
mod logs;
pub mod on_screen;
mod round_trips;
mod saving;
mod sessions;
