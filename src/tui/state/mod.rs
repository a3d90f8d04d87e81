//! The parts of a session's state that need no screen.

pub mod connect_request;
pub mod connection;
pub mod draft;
pub mod file_write;
pub mod login_request;
pub mod news;
pub mod notice;
pub mod outbox;
pub mod replay;
pub mod request;
pub mod saved;
pub mod session_id;
pub mod survey;
pub mod tour;
