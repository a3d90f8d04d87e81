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
mod house;
mod identity;
mod intake;
mod message;
mod mood;
mod parameter;
mod path;
mod reply;
mod server;
mod session;
mod transaction;
mod verify;
mod watch;

pub use error::Error;
pub use identity::{HOST, PASSWORD, TOKEN, USER};
pub use message::Message;
pub use mood::{Mood, Moods};
pub use server::{Options, Practice};
