//! `ehlo practice`: the practice server alone. It says where it listens and what happens there.

use std::io::Write;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::mpsc;

use super::Usage;
use super::arguments::PracticeArguments;
use crate::practice::{self, Options, Practice};

/// Runs the server until it is killed.
pub(super) fn run(arguments: &PracticeArguments) -> anyhow::Result<ExitCode> {
    let (watch, happened) = mpsc::channel();
    let options = Options {
        listen: arguments.listen,
        tls_listen: tls_address(arguments.listen),
        moods: arguments.mood.iter().copied().collect(),
        log: Some(watch),
        ..Options::default()
    };
    let server = Practice::spawn(options).map_err(Usage::from_error)?;
    if let Some(path) = &arguments.ca_out {
        std::fs::write(path, server.authority_pem())
            .map_err(|error| Usage(format!("--ca-out: {}: {error}", path.display())))?;
    }
    let mut out = std::io::stdout().lock();
    writeln!(out, "practice server on {}", server.plain())?;
    if let Some(tls) = server.tls() {
        writeln!(out, "with TLS from the first byte on {tls}")?;
    }
    writeln!(
        out,
        "user {}, password {}, token {}",
        practice::USER,
        practice::PASSWORD,
        practice::TOKEN
    )?;
    for mood in &arguments.mood {
        writeln!(out, "mood {}: {}", mood.name(), mood.description())?;
    }
    writeln!(out, "Ctrl-C ends it")?;
    for words in happened {
        writeln!(out, "{words}")?;
        out.flush()?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The address beside the plain one: the next port, or a free one where that was free too.
fn tls_address(plain: SocketAddr) -> SocketAddr {
    let port = if plain.port() == 0 {
        0
    } else {
        plain.port().wrapping_add(1)
    };
    SocketAddr::new(plain.ip(), port)
}
