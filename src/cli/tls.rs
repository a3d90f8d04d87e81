//! `ehlo tls`: does one TLS handshake with a server and prints what it settled.

use std::process::ExitCode;
use std::time::Duration;

use super::arguments::{Arguments, TlsArguments};
use super::destination::{self, Automatic, Destination};
use super::error::UsageError;
use crate::config::TlsChoice;
use crate::diagnosis;
use crate::headless::{Conversation, Output, Recorder, Stage, Stop};
use crate::manual::Page;
use crate::net::{ConnectPlan, Failure, Security, TlsFacts};
use crate::report::{handshake, json, output};
use crate::smtp::{Entry, EntryKind};

/// How long a connection may stay without a greeting: a port where TLS starts with the first byte
/// never sends one.
const GREETING_TIMEOUT: Duration = Duration::from_secs(10);

/// How an attempt to get a TLS connection ended.
#[derive(Debug)]
enum ProbeResult {
    /// TLS is established.
    Secured(Box<TlsFacts>),
    /// The connection or the handshake failed.
    Failed(Failure),
    /// The connection stayed in clear, or the server closed it.
    InClear,
    /// The server did not greet.
    NoGreeting,
}

/// Connects, does the handshake and prints its report. The exit status says whether the certificate
/// is verified.
pub(super) fn run(arguments: &Arguments, options: &TlsArguments) -> anyhow::Result<ExitCode> {
    let connection = options.connection.or(&arguments.connection);
    if connection.tls == Some(TlsChoice::None) {
        let message = "--tls none makes no handshake: use auto, starttls or implicit";
        return Err(UsageError(message.to_owned()).into());
    }
    let target = options.words.first().map(|target| {
        let port = options.words.get(1).map(String::as_str);
        (target.as_str(), port)
    });
    let found = destination::find(arguments, &connection, target, Automatic::StartTls)?;
    let domain = found.domain.as_ref().map(|(domain, _)| domain.clone());
    let plan = found.plan.clone();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let (result, transcript) = runtime.block_on(probe(&found, GREETING_TIMEOUT));
    // A lookup may still hang in the system's resolver.
    runtime.shutdown_background();
    let (page, status) = match result {
        ProbeResult::Secured(facts) => {
            if options.pem {
                output::print_octets(facts.pem().as_bytes())?;
            } else if options.json {
                output::print_octets(json::tls(&facts).as_bytes())?;
            } else {
                let others: Vec<String> = domain.into_iter().collect();
                output::print_pages(&[handshake::page(&facts, &others)])?;
            }
            return Ok(if facts.verdict.is_verified() {
                ExitCode::SUCCESS
            } else {
                ExitCode::from(Stage::Tls.status())
            });
        }
        ProbeResult::Failed(failure) => {
            let stage = match failure {
                Failure::Tls(_) => Stage::Tls,
                _ => Stage::Connect,
            };
            (
                failure_page(&failure, &plan, domain.as_deref()),
                stage.status(),
            )
        }
        ProbeResult::NoGreeting => {
            let mut page = Page::new("no TLS: the server did not greet");
            page.lead(diagnosis::no_greeting(false));
            (page, Stage::Tls.status())
        }
        ProbeResult::InClear => (Page::new("no TLS"), Stage::Tls.status()),
    };
    fail(page, transcript, status, options.json)
}

/// A page about a failure, and what to try. `domain` is the one whose mail server was looked up.
fn failure_page(failure: &Failure, plan: &ConnectPlan, domain: Option<&str>) -> Page {
    let mut page = Page::new(failure.to_string());
    page.lead(diagnosis::advice(failure, plan, domain));
    page
}

/// Prints a page with the transcript below it, except for a line that repeats the title.
fn fail(
    mut page: Page,
    mut transcript: Vec<String>,
    status: u8,
    as_json: bool,
) -> anyhow::Result<ExitCode> {
    transcript.retain(|line| *line != page.title);
    page.section("What happened", transcript);
    if as_json {
        output::print_octets(json::pages(&[page]).as_bytes())?;
    } else {
        output::print_pages(&[page])?;
    }
    Ok(ExitCode::from(status))
}

/// Connects and waits until the handshake is done or cannot happen any more. Returns the transcript too.
async fn probe(found: &Destination, greeting_timeout: Duration) -> (ProbeResult, Vec<String>) {
    let recorder = Recorder::new(&found.name, Output::None);
    let mut conversation = Conversation::new(recorder, Some(greeting_timeout));
    let implicit = found.plan.security == Security::Implicit;
    let connected = conversation.connect(found.plan.clone(), None).await;
    let facts = conversation.tls().cloned();
    conversation.close().await;
    let entries = conversation.recorder.transcript().iter();
    let mut transcript: Vec<String> = entries.map(|(_, entry)| transcript_line(entry)).collect();
    let result = match (facts, connected) {
        (Some(facts), _) => ProbeResult::Secured(Box::new(facts)),
        (None, Err(Stop::Failed(failure))) => ProbeResult::Failed(failure),
        (None, Err(Stop::TimedOut(limit))) if !implicit => {
            transcript.push(format!("no greeting within {} s", limit.as_secs_f64()));
            ProbeResult::NoGreeting
        }
        (None, Err(Stop::Ended(_))) if conversation.is_greeting_due() => ProbeResult::NoGreeting,
        (None, _) => ProbeResult::InClear,
    };
    (result, transcript)
}

/// A line of the transcript, with its mark. It is not yet made visible.
fn transcript_line(entry: &Entry) -> String {
    match &entry.kind {
        EntryKind::Sent(sent) => format!("->  {}", String::from_utf8_lossy(&sent.visible)),
        EntryKind::Received(received) => {
            format!("<-  {}", String::from_utf8_lossy(&received.bytes))
        }
        EntryKind::Note(note) => note.text.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;
    use crate::config::Settings;

    #[tokio::test]
    async fn stops_waiting_for_a_greeting() {
        // A server that stays silent, and one that closes the connection.
        for closes in [false, true] {
            let silent = TcpListener::bind("127.0.0.1:0").unwrap();
            let found = Destination {
                plan: ConnectPlan {
                    security: Security::StartTls,
                    host: "127.0.0.1".to_owned(),
                    port: silent.local_addr().unwrap().port(),
                    ..ConnectPlan::default()
                },
                name: String::new(),
                domain: None,
                profile: None,
                practice: None,
                tls: TlsChoice::Auto,
                settings: Settings::default(),
            };
            let greeting_timeout = if closes {
                std::thread::spawn(move || silent.accept().map(drop));
                GREETING_TIMEOUT
            } else {
                Duration::from_millis(100)
            };
            let (result, _) = probe(&found, greeting_timeout).await;
            assert!(matches!(result, ProbeResult::NoGreeting), "{result:?}");
        }
        let advice = diagnosis::no_greeting(false).concat();
        assert!(advice.contains("--tls implicit"), "{advice}");
    }
}
