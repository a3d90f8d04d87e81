//! A request to connect: where, and how TLS is set up.

use crate::config::{Target, TlsChoice, TlsOverrides};
use crate::practice::Mood;

/// Where to connect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConnectRequest {
    /// A server, when TLS begins, and the TLS settings for it.
    Server(Target, TlsChoice, Box<TlsOverrides>),
    /// A server of the config, by the name of its profile.
    Profile(String),
    /// The tour, on the practice server.
    Tour,
    /// The practice server in these moods, when TLS begins, and the TLS settings for it.
    Practice(Vec<Mood>, TlsChoice, Box<TlsOverrides>),
}
