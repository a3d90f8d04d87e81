//! The log lines of a connection. Info: connections, TLS results, failures and ends. Debug: each
//! step and each change of state. Trace: each command by its verb and each reply by its code.
//!
//! No line contains anything else that was typed or sent, or any text of a reply: the file may be
//! read by others, and a reply can repeat a secret.

use super::Failure;
use super::dial::ConnectStep;
use super::tls::{TlsError, TlsFacts};
use crate::smtp::{Cap, Code, Entry, EntryKind, Event, Phase, Sent, SentKind, Verb};

/// Logs the events of sessions. Remembers the last state, to log each change once.
#[derive(Debug, Default)]
pub(super) struct SessionLog {
    phase: Phase,
    paused: Option<Cap>,
    authenticated: bool,
}

impl SessionLog {
    /// Logs an event of a session.
    pub(super) fn record(&mut self, event: &Event) {
        match event {
            Event::Status(status) => {
                if status.phase != self.phase {
                    tracing::debug!(from = ?self.phase, to = ?status.phase, "phase");
                    self.phase = status.phase;
                }
                if status.paused != self.paused {
                    match &status.paused {
                        Some(cap) => tracing::debug!(%cap, "reading paused"),
                        None => tracing::debug!("reading resumed"),
                    }
                    self.paused = status.paused;
                }
                if status.authenticated != self.authenticated {
                    tracing::debug!(authenticated = status.authenticated, "login");
                    self.authenticated = status.authenticated;
                }
            }
            Event::Entry(Entry {
                kind: EntryKind::Sent(sent),
                ..
            }) => log_sent(sent),
            Event::Reply { reply, awaited } => {
                let code = reply.code().map(Code::number);
                let answers = awaited.map_or("nothing", |awaited| awaited.name());
                tracing::trace!(code, answers, "reply");
            }
            Event::NotSent { reason, .. }
            | Event::ExchangeNotSent { reason, .. }
            | Event::RawNotSent { reason, .. } => tracing::debug!(?reason, "not sent"),
            Event::LoginRefused(_) => tracing::debug!("login refused"),
            Event::StartTls => tracing::debug!("STARTTLS accepted"),
            Event::Refused { evidence } => {
                tracing::debug!(octets = evidence.len(), "TLS refused by ehlo");
            }
            Event::Entry(_) | Event::Partial { .. } => {}
        }
    }
}

fn log_sent(sent: &Sent) {
    match sent.kind {
        SentKind::Command => tracing::trace!(verb = verb(sent), "command"),
        SentKind::SaslResponse => tracing::trace!("SASL response"),
        // The writes show the size of a message; its lines are too many.
        SentKind::Message => {}
    }
}

/// The verb of a command if it is one that ehlo knows: another first word may be a secret.
fn verb(sent: &Sent) -> &'static str {
    let first = sent.visible.split(|octet| *octet == b' ').next();
    let word = first.and_then(|word| std::str::from_utf8(word).ok());
    match word.map_or(Verb::Other, Verb::parse) {
        Verb::Other => "unknown",
        verb => verb.name(),
    }
}

/// Logs a step of connecting.
pub(super) fn connect_step(step: &ConnectStep) {
    match step {
        ConnectStep::Connected { peer, local, took } => {
            tracing::info!(%peer, %local, ?took, "connected");
        }
        ConnectStep::Resolving(host) => tracing::debug!(host, "resolving"),
        ConnectStep::Resolved { addresses, took } => {
            let took = took.map(tracing::field::debug);
            tracing::debug!(?addresses, took, "resolved");
        }
        ConnectStep::Trying(address) => tracing::debug!(%address, "trying"),
        ConnectStep::Failed(attempt) => {
            let address = attempt.address;
            tracing::debug!(%address, error = %attempt.error, took = ?attempt.took, "attempt failed");
        }
    }
}

/// Logs the results of a handshake.
pub(super) fn tls(facts: &TlsFacts) {
    tracing::info!(
        version = facts.version,
        suite = facts.suite,
        group = facts.group,
        verdict = %facts.verdict,
        took = ?facts.took,
        "TLS established"
    );
    if let Some(previous) = &facts.previous_fingerprint {
        tracing::info!(previous = previous.hex(), "certificate changed");
    }
    tracing::debug!(
        chain = facts.chain.len(),
        chain_faults = facts.chain_faults.len(),
        retried = facts.retried,
        dane = %facts.dane,
        "TLS facts"
    );
}

/// Logs why there is no connection. Plain text in place of TLS is not quoted.
pub(super) fn failure(failure: &Failure) {
    match failure {
        Failure::Tls(TlsError::PlainText(octets)) => tracing::info!(
            octets = octets.len(),
            "connection failed: plain text instead of TLS"
        ),
        failure => tracing::info!(%failure, "connection failed"),
    }
}
