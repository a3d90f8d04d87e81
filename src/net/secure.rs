//! From a clear connection to a secured one: what is asked before the handshake, and what is told
//! after one that failed or showed another certificate than the last time.

use std::collections::VecDeque;

use super::after::Stop;
use super::event_sender::EventSender;
use super::stream::Stream;
use super::tls::{self, Dane, Fingerprint, Probed, TlsError, TlsFacts, Wanted};
use super::{Failure, Plan, dns};
use crate::smtp::Level;

/// Servers whose certificates are remembered.
const KNOWN_CAP: usize = 64;

/// Said before a server is asked by hand.
pub(super) const ASKING: &str = "asking on a fresh connection what the server would choose: a ClientHello for TLS 1.2 and older";

/// Puts TLS over a connection as `plan` says.
pub(super) async fn secure(
    stream: Stream,
    plan: &Plan,
    after_starttls: bool,
) -> Result<(Stream, TlsFacts), TlsError> {
    let Stream::Clear(tcp) = stream else {
        let words = "TLS inside TLS is not supported";
        return Err(TlsError::Other(words.to_owned()));
    };
    let dane = match &plan.tls.dane {
        None => Dane::NotAsked,
        Some(resolver) => dns::keys_of(resolver, &plan.host, plan.port).await,
    };
    let wanted = Wanted {
        plan,
        after_starttls,
        dane,
    };
    tls::handshake(tcp, &wanted).await
}

/// The same before any conversation; where it fails for want of something in common, the server is
/// asked what it would choose.
pub(super) async fn secure_or_ask(
    teller: &mut EventSender,
    stream: Stream,
    plan: &Plan,
) -> Result<(Stream, TlsFacts), Stop> {
    let peer = stream.peer();
    let error = match secure(stream, plan, false).await {
        Ok(done) => return Ok(done),
        Err(error) => error,
    };
    let Some(peer) = peer.filter(|_| error.is_about_choices()) else {
        return Err(Failure::Tls(error).into());
    };
    teller.tell_note(Level::Info, ASKING).await?;
    let probed = tls::probe(peer, plan, None).await;
    let (note, error) = told(probed, error, plan);
    if let Some(note) = note {
        teller.tell_note(Level::Info, &note).await?;
    }
    Err(Failure::Tls(error).into())
}

/// What the asking came to, for the transcript where the failure does not say it, and what the failure
/// is now.
pub(super) fn told(probed: Probed, error: TlsError, plan: &Plan) -> (Option<String>, TlsError) {
    let versions = plan.tls.versions;
    let note = match probed {
        Probed::Offer(offer) if offer.is_spoken() && versions.offer(tls::Version::Tls12) => {
            format!(
                "it would choose {offer}, which ehlo speaks too: it minds something else, \
                 such as a signature, a group or that it gets no client certificate"
            )
        }
        Probed::Offer(offer) => return (None, TlsError::Offers { offer, versions }),
        Probed::Refused(alert) => {
            format!("it refuses TLS 1.2 and older as well (alert {alert})")
        }
        Probed::Nothing => "it did not say".to_owned(),
    };
    (Some(note), error)
}

/// The certificates that servers showed, by host and port.
#[derive(Debug, Default)]
pub(super) struct Known(VecDeque<(String, u16, Fingerprint)>);

impl Known {
    /// Remembers a server's certificate; the one before, if it was another.
    pub(super) fn change(&mut self, plan: &Plan, facts: &TlsFacts) -> Option<Fingerprint> {
        let now = facts.chain.first()?.fingerprint;
        let is_it =
            |known: &(String, u16, Fingerprint)| known.0 == plan.host && known.1 == plan.port;
        let before = self
            .0
            .iter()
            .position(is_it)
            .and_then(|at| self.0.remove(at));
        if self.0.len() == KNOWN_CAP {
            self.0.pop_front();
        }
        self.0.push_back((plan.host.clone(), plan.port, now));
        before.map(|known| known.2).filter(|before| *before != now)
    }
}
