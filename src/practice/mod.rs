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
pub use message::Message;
pub use mood::{Mood, Moods};
pub use server::{Options, Practice};

/// The name the server greets with, which stands in its certificate too.
pub const HOST: &str = "localhost";
/// The only user who can log in.
pub const USER: &str = "alice";
/// Her password: no secret, `HELP` tells it.
pub const PASSWORD: &str = "wonderland";
/// Her bearer token: no secret either.
pub const TOKEN: &str = "looking-glass";
