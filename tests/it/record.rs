//! Sessions as files: records read back unchanged, no file is half written, logs of other tools are
//! understood, and a killed program loses nothing.

mod captured;
mod command_line;
mod compared;
mod exports;
mod forms;
mod journals;
mod kept;
mod kept_command;
mod libraries;
mod logs;
pub mod on_screen;
mod posted;
mod round_trips;
mod saving;
mod sessions;
mod verdicts;
