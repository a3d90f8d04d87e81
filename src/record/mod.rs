//! The record: a session as a document. Written from its first entry, saved, read back, compared,
//! and told in the words of other tools. Files alone; nothing here has a screen or a socket.

mod diff;
mod error;
mod export;
mod file;
mod format;
mod import;
mod journal;
mod jsonl;
mod load;
mod save;
mod session;
mod source;
mod text;

pub use diff::{EntryRef, Row, diff, print as print_diff, said};
pub use error::RecordError;
pub use export::{Export, export, shell};
pub use file::write;
pub use format::Format;
pub use import::{read, recognise};
pub use journal::{
    JOURNAL_AGE, JOURNAL_CAP, JOURNALS_CAP, Journal, dismiss, last_unfinished, prune,
};
pub use jsonl::LINE_CAP;
pub use load::{load, load_plain, load_stdin};
pub use save::{Options, render, save};
pub use session::{Clock, ENTRIES_CAP, Excerpt, Meta, Record};
pub use source::Source;
pub use text::{SLOW, is_fault, mark, seconds};
