//! Quoting a password for the places where people write it: what arrives if it is written without
//! care, and the literal that is right.
//!
//! Each family of places has a file, which says where its rules come from. A place reads what is
//! written as its own program does, for the forms that people use: without quotes, in double quotes,
//! in single quotes. Variables count as not set, and no file matches a pattern.

mod arrival;
mod c;
mod cmd;
mod compose;
mod cron;
mod culprit;
mod dotenv;
mod error;
mod fish;
mod git;
mod msmtp;
mod php;
mod place;
mod posix;
mod powershell;
mod text;
mod trace;
mod url;
mod written;
mod yaml;

pub use arrival::{Arrival, Outcome};
pub use culprit::{Arrived, Culprit, culprits};
pub use error::QuotingError;
pub use place::Place;
pub use text::{msmtp_value, shell_word, url_part};
pub use written::{Literal, Written, literal, without_care};
