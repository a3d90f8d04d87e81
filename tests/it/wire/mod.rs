//! The wire over real sockets: odd and hostile servers on loopback, and what the wire tells of
//! them. Tests are named after the fault they play, where it has an id.

mod cancel;
mod certificates;
mod choices;
mod client;
mod connect;
mod dns;
mod faults;
mod floods;
mod handshake;
mod logins;
mod message;
mod old_servers;
mod secrets;
mod starttls;
mod text;
mod verdicts;
