//! A real SMTP server on loopback, with moods: for learners (`ehlo --practice`) and for tests.
//! It keeps what it receives in memory and sends nothing on. This file is only the door:
//! `server` listens, `connection` moves octets, `dialogue` is the server as a pure machine.

mod auth;
mod certificate;
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
mod parameter;
mod path;
mod receiver;
mod reply;
mod server;
mod session;
mod state;
mod transaction;
mod verify;

pub use error::PracticeError;
pub use identity::{HOST, PASSWORD, TOKEN, USER};
pub use message::StoredMessage;
pub use mood::{Mood, Moods};
pub use server::{Options, Practice};
