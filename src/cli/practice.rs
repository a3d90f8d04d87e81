//! `ehlo practice`: runs the practice server alone, for other clients. Prints where it listens and
//! what happens there.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::mpsc;

use super::arguments::PracticeArguments;
use super::error::UsageError;
use crate::practice::{self, Options, Practice};
use crate::report::output::{self, Reader};

/// How many lines of the log may wait for a slow reader of the output.
const LOG_LINES: usize = 10_000;

/// Runs the server until the program is killed or nobody reads its output.
pub(super) fn run(arguments: &PracticeArguments) -> anyhow::Result<ExitCode> {
    let (watch, happened) = mpsc::sync_channel(LOG_LINES);
    let options = Options {
        listen: arguments.listen,
        tls_listen: tls_address(arguments.listen),
        moods: arguments.mood.iter().copied().collect(),
        log: Some(watch),
        ..Options::default()
    };
    let server = Practice::spawn(options).map_err(UsageError::from_error)?;
    if let Some(path) = &arguments.ca_out {
        std::fs::write(path, server.authority_pem())
            .map_err(|error| UsageError(format!("--ca-out: {}: {error}", path.display())))?;
    }
    let mut head = format!("practice server on {}\n", server.plain());
    if let Some(tls) = server.tls() {
        head.push_str(&format!("TLS from the first byte on {tls}\n"));
    }
    let (user, password, token) = (practice::USER, practice::PASSWORD, practice::TOKEN);
    head.push_str(&format!(
        "user {user}, password {password}, token {token}\n"
    ));
    for mood in &arguments.mood {
        head.push_str(&format!("mood {}: {}\n", mood.name(), mood.description()));
    }
    head.push_str("Ctrl-C stops the server\n");
    let mut reader = output::print(&head)?;
    let mut happened = happened.into_iter();
    while reader == Reader::Open
        && let Some(line) = happened.next()
    {
        reader = output::print(&format!("{line}\n"))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The TLS address for a plain one: the next port, or a free port if the plain one is free too.
fn tls_address(plain: SocketAddr) -> SocketAddr {
    let port = if plain.port() == 0 {
        0
    } else {
        plain.port().wrapping_add(1)
    };
    SocketAddr::new(plain.ip(), port)
}
