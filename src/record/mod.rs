//! Sessions as documents: written to a journal while they run, saved, read back, compared and
//! exported as commands of other tools. Only files; no screen and no sockets.

mod diff;
mod error;
mod export;
mod file;
mod format;
mod import;
mod journal;
mod jsonl;
pub mod kept;
mod load;
mod save;
mod session;
mod source;
mod text;

pub use diff::{DiffRow, EntryIndex, diff, diff_text, json as json_diff, print as print_diff};
pub use error::RecordError;
pub use export::{Export, export};
pub use file::{check as check_writable, write};
pub use format::Format;
pub use import::{Redacted, log_program, read, redact};
pub use journal::{JOURNAL_CAP, Journal};
pub use jsonl::{json_end, json_header, json_line};
pub use kept::{dismiss, last_unfinished, prune};
pub use load::{load, load_regular_file, load_stdin, octets};
pub use save::{SaveOptions, render, save};
pub use session::{ENTRIES_CAP, Excerpt, Meta, Record, WallClock};
pub use source::Source;
pub use text::{SLOW, header as text_header, is_failure, marker, seconds, text_line, with_times};
