//! `ehlo`: a terminal console for talking SMTP by hand. This header is the map of the house.
//!
//! ```text
//! smtp       the core: octets and instants in, octets and events out; no socket, file or clock
//! net        the wire: the only sockets; one task owns the connection
//! manual     what is known about SMTP: words out of assets/
//! practice   a real SMTP server on loopback, with moods
//! config     defaults < file < flags; targets, keys, paths
//! cli        arguments and the subcommands that need no screen
//! tui        the screen: state, update, view
//! ```

pub mod smtp;

#[cfg(feature = "net")]
pub mod net;

#[cfg(feature = "app")]
pub mod cli;
#[cfg(feature = "app")]
pub mod config;
#[cfg(feature = "app")]
pub mod manual;
#[cfg(feature = "app")]
pub mod practice;
#[cfg(feature = "app")]
pub mod tui;
