//! Secures a connection: looks up TLSA records, does the handshake, and probes the server if that
//! fails because both sides have nothing in common.

use std::collections::VecDeque;

use super::event_sender::EventSender;
use super::outcome::Abort;
use super::stream::Stream;
use super::tls::{self, Dane, Fingerprint, HandshakeParams, ProbeOutcome, TlsError, TlsFacts};
use super::{ConnectPlan, Failure, dns};
use crate::smtp::Level;

/// The maximum number of servers whose certificates are remembered.
const HISTORY_CAP: usize = 64;

/// The note before a probe.
pub(super) const PROBE_NOTE: &str =
    "probing on a new connection what the server would choose: a ClientHello for TLS 1.2 and older";

/// Secures a connection as `plan` says.
pub(crate) async fn secure(
    stream: Stream,
    plan: &ConnectPlan,
    after_starttls: bool,
) -> Result<(Stream, TlsFacts), TlsError> {
    let Stream::Clear(tcp) = stream else {
        let reason = "TLS is on already, and the server accepted STARTTLS again: reconnect, and leave it out";
        return Err(TlsError::Other(reason.to_owned()));
    };
    let dane = match &plan.tls.dane {
        None => Dane::NotAsked,
        Some(resolver) => {
            let dane = dns::tlsa_records(resolver, &plan.host, plan.port).await;
            tracing::debug!(%dane, "TLSA lookup done");
            dane
        }
    };
    let params = HandshakeParams {
        plan,
        after_starttls,
        dane,
    };
    tls::handshake(tcp, &params).await
}

/// Secures a connection before the conversation begins. If the handshake fails because both sides
/// have nothing in common, the server is probed.
pub(crate) async fn secure_or_probe(
    events: &mut EventSender,
    stream: Stream,
    plan: &ConnectPlan,
) -> Result<(Stream, TlsFacts), Abort> {
    let peer = stream.peer();
    let error = match secure(stream, plan, false).await {
        Ok(secured) => return Ok(secured),
        Err(error) => error,
    };
    let Some(peer) = peer.filter(|_| error.is_worth_a_probe()) else {
        return Err(Failure::Tls(error).into());
    };
    events.send_note(Level::Info, PROBE_NOTE).await?;
    let outcome = tls::probe(peer, plan, None).await;
    let (note, error) = explain_probe(outcome, error, plan);
    if let Some(note) = note {
        events.send_note(Level::Info, &note).await?;
    }
    Err(Failure::Tls(error).into())
}

/// Turns the outcome of a probe into a note for the transcript, or into a more specific error in
/// place of `error`.
pub(super) fn explain_probe(
    outcome: ProbeOutcome,
    error: TlsError,
    plan: &ConnectPlan,
) -> (Option<String>, TlsError) {
    let versions = plan.tls.versions;
    let note = match outcome {
        ProbeOutcome::Choice(choice)
            if choice.is_supported() && versions.contains(tls::TlsVersion::Tls12) =>
        {
            format!(
                "the server would choose {choice}, which ehlo supports: it refuses for another \
                 reason, such as signature algorithms, groups or a missing client certificate"
            )
        }
        ProbeOutcome::Choice(choice) => {
            return (None, TlsError::UnsupportedChoice { choice, versions });
        }
        ProbeOutcome::Refused(alert) => {
            format!("the server refuses TLS 1.2 and older too (alert {alert})")
        }
        ProbeOutcome::NoAnswer => "the server did not answer the probe".to_owned(),
    };
    (Some(note), error)
}

/// The last certificate of each server, by host and port, for as long as the program runs.
#[derive(Debug, Default)]
pub(super) struct CertificateHistory(VecDeque<(String, u16, Fingerprint)>);

impl CertificateHistory {
    /// Records a server's certificate. Returns the previous fingerprint if it was another one.
    pub(super) fn record(&mut self, plan: &ConnectPlan, facts: &TlsFacts) -> Option<Fingerprint> {
        let now = facts.chain.first()?.fingerprint;
        let is_server =
            |entry: &(String, u16, Fingerprint)| entry.0 == plan.host && entry.1 == plan.port;
        let previous = self
            .0
            .iter()
            .position(is_server)
            .and_then(|at| self.0.remove(at));
        if self.0.len() == HISTORY_CAP {
            self.0.pop_front();
        }
        self.0.push_back((plan.host.clone(), plan.port, now));
        previous
            .map(|entry| entry.2)
            .filter(|previous| *previous != now)
    }
}
