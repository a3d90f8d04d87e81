//! A real SMTP server on loopback for learners (`ehlo --practice`) and tests; its moods imitate
//! difficult servers. It keeps messages in memory and never relays them. `server` listens,
//! `connection` does the I/O, `dialogue` is the protocol as a state machine without I/O.

mod auth;
pub(crate) mod certificate;
mod chunk;
mod connection;
mod dialogue;
mod error;
mod greylist;
mod help;
mod identity;
mod log;
mod message;
mod mood;
mod outcome;
mod parameter;
mod path;
mod receiver;
mod reply;
mod rule;
mod script;
mod server;
mod session;
mod state;
mod transaction;
mod vrfy;

pub use error::PracticeError;
pub use identity::{HOST, PASSWORD, TOKEN, USER};
pub use message::StoredMessage;
pub use mood::{Mood, Moods};
pub use rule::{Place, ReplyRule, RuleError, RuleReply, Rules};
pub use script::{Script, ScriptError};
pub use server::{Options, Practice};
