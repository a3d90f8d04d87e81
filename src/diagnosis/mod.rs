//! Diagnosis: what happened, why, and what to do. Pure: it has no socket, no clock, no screen.
//!
//! What is known about the session is a [`Situation`], which a [`Tracker`] reads from the entries of
//! a transcript: live, saved or imported. A rule of the assets fires only if its conditions are known
//! to be true; a line of advice is given only if none of its conditions is known to be false, and
//! never if its effect is reached already.

mod address;
mod connection;
mod line;
mod login;
mod message;
mod program;
mod question;
mod reply;
mod request;
mod response;
mod situation;
mod tracker;
mod values;
mod verdict;
mod words;

pub use connection::{advice, closed_before_greeting, no_greeting, port_25_timed_out};
pub use login::checks;
pub use message::{MESSAGE_CUT, NO_EMPTY_LINES};
pub use program::{ProgramError, of_lines, of_message};
pub use question::{Question, exposed, few_iterations};
pub use reply::{Certainty, Explanation, ReplyContext, Step, explain};
pub use response::SentResponse;
pub use situation::{EndedBy, Greeted, Situation};
pub use tracker::Tracker;
pub use verdict::{Verdict, closed_silently, speaks_first, verdicts};
pub use words::look_up;
