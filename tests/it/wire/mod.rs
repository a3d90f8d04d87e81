//! `net` over real sockets: odd and hostile servers on loopback, and the events that `net` sends
//! about them. A test whose fault has an id starts with it.

mod cancel;
pub mod certificates;
mod client;
mod connect;
mod dns;
mod faults;
mod floods;
mod handshake;
mod legacy_servers;
mod logins;
mod message;
mod secrets;
mod starttls;
mod text;
mod tls_options;
mod verdicts;
