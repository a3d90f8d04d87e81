//! The steps of short sessions, as servers of tests play them.

use std::sync::Arc;

use tokio_rustls::rustls::ServerConfig;

use super::scripted::{Step, expects, says};

/// The name that the client gives in EHLO.
pub const HELO: &str = "me.example";

/// A session that says EHLO once and leaves.
pub fn session(greeting: &str, offers: &[&str]) -> Vec<Step> {
    [vec![says(greeting)], introduced(offers), goodbye()].concat()
}

/// A session in which STARTTLS works.
pub fn upgraded(config: &Arc<ServerConfig>, before: &[&str], after: &[&str]) -> Vec<Step> {
    let greeted = vec![says("220 mx.example ESMTP")];
    let secured = vec![
        expects("STARTTLS"),
        says("220 go"),
        Step::Tls(Arc::clone(config)),
    ];
    [
        greeted,
        introduced(before),
        secured,
        introduced(after),
        goodbye(),
    ]
    .concat()
}

/// EHLO and its reply.
pub fn introduced(offers: &[&str]) -> Vec<Step> {
    let mut steps = vec![expects(&format!("EHLO {HELO}")), says("250-mx.example")];
    let last = offers.len() - 1;
    steps.extend(offers.iter().enumerate().map(|(at, offer)| {
        let separator = if at == last { ' ' } else { '-' };
        says(&format!("250{separator}{offer}"))
    }));
    steps
}

/// QUIT and its reply.
pub fn goodbye() -> Vec<Step> {
    vec![expects("QUIT"), says("221 bye"), Step::Close]
}
