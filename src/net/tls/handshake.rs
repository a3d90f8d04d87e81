//! The handshake itself.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::Resumption;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{
    ClientConfig, HandshakeKind, ProtocolVersion, RootCertStore, SupportedProtocolVersion,
};

use super::certificate_request::Answerer;
use super::dane::Dane;
use super::error::{TlsError, explain};
use super::facts::TlsFacts;
use super::options::{Sni, TlsOptions, Verify, Version};
use super::verifier::{Recorder, Report};
use crate::net::Plan;
use crate::net::stream::{Stream, Tap};

/// What a handshake is to be like.
pub(in crate::net) struct Wanted<'a> {
    /// The host and the user's choices.
    pub(in crate::net) plan: &'a Plan,
    /// Whether STARTTLS stands before it.
    pub(in crate::net) after_starttls: bool,
    /// What the DNS says of the server's keys.
    pub(in crate::net) dane: Dane,
}

/// Does the handshake over `stream`.
pub(in crate::net) async fn handshake(
    stream: TcpStream,
    wanted: &Wanted<'_>,
) -> Result<(Stream, TlsFacts), TlsError> {
    let plan = wanted.plan;
    let options = &plan.tls;
    let started = Instant::now();
    let looked_for = options.sni.wanted(&plan.host).to_owned();
    let name = ServerName::try_from(looked_for.clone())
        .map_err(|_| TlsError::BadName(looked_for.clone()))?;
    let sni = match &name {
        ServerName::DnsName(_) if options.sni != Sni::Nothing => Some(looked_for.clone()),
        _ => None,
    };
    let report = Arc::new(Mutex::new(Report::default()));
    let config = configure(wanted, &looked_for, &report)?;
    let connect = TlsConnector::from(Arc::new(config))
        .connect(name, Tap::new(stream))
        .into_fallible();
    let done = timeout(plan.timeout, connect)
        .await
        .map_err(|_| TlsError::TimedOut(plan.timeout))?;
    let report = || {
        let report = report.lock().unwrap_or_else(PoisonError::into_inner);
        report.clone()
    };
    let mut stream = done.map_err(|(error, tap)| {
        let error = explain(&error, tap.seen(), options.versions);
        reason(error, report(), options.verify)
    })?;
    stream.get_mut().0.end_handshake();

    let connection = stream.get_ref().1;
    let suite = connection.negotiated_cipher_suite();
    let group = connection.negotiated_key_exchange_group();
    let report = report();
    let facts = TlsFacts {
        version: match connection.protocol_version() {
            Some(ProtocolVersion::TLSv1_2) => "TLSv1.2",
            _ => "TLSv1.3",
        },
        suite: suite.map_or_else(String::new, |suite| {
            registered(&format!("{:?}", suite.suite()))
        }),
        group: group.map_or_else(String::new, |group| format!("{:?}", group.name())),
        alpn: connection
            .alpn_protocol()
            .map(|name| String::from_utf8_lossy(name).into_owned()),
        sni,
        resumed: connection.handshake_kind() == Some(HandshakeKind::Resumed),
        retried: connection.handshake_kind() == Some(HandshakeKind::FullWithHelloRetryRequest),
        after_starttls: wanted.after_starttls,
        wanted: looked_for,
        verdict: report.verdict,
        chain: report.chain,
        chain_faults: report.chain_faults,
        asked: report.asked,
        dane: wanted.dane.clone(),
        changed_from: None,
        key_log: options.key_log.as_ref().map(|log| log.path().to_owned()),
        took: started.elapsed(),
    };
    Ok((Stream::Tls(Box::new(stream)), facts))
}

/// What a handshake that failed comes to, with what was seen before it did.
fn reason(error: TlsError, report: Report, verify: Verify) -> TlsError {
    if verify == Verify::Require && !report.verdict.is_verified() {
        return TlsError::NotVerified(report.verdict);
    }
    let unanswered = report.asked.filter(|asked| !asked.answered);
    match (error, unanswered) {
        (
            TlsError::NothingInCommon
            | TlsError::Alert {
                number: 42 | 116, ..
            },
            Some(request),
        ) => TlsError::CertificateWanted(request),
        (error, _) => error,
    }
}

fn configure(
    wanted: &Wanted<'_>,
    looked_for: &str,
    report: &Arc<Mutex<Report>>,
) -> Result<ClientConfig, TlsError> {
    let options = &wanted.plan.tls;
    // An explicit provider: an implicit one panics where two are compiled in.
    let provider = Arc::new(aws_lc_rs::default_provider());
    let algorithms = provider.signature_verification_algorithms;
    let mut roots = system_roots();
    roots.add_parsable_certificates(options.authorities.iter().cloned());
    let recorder = Recorder::new(
        roots,
        options.clone(),
        wanted.dane.clone(),
        algorithms,
        looked_for.to_owned(),
        Arc::clone(report),
    );
    let answerer = Answerer::new(options.identity.clone(), Arc::clone(report));
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&versions(options))
        .map_err(|error| TlsError::Other(error.to_string()))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(recorder))
        .with_client_cert_resolver(Arc::new(answerer));
    // A resumed session is not verified again; each handshake is to show a verdict of its own.
    config.resumption = Resumption::disabled();
    config.enable_sni = options.sni != Sni::Nothing;
    config.alpn_protocols = options.alpn.iter().map(super::Alpn::octets).collect();
    if let Some(log) = &options.key_log {
        config.key_log = Arc::clone(log) as Arc<_>;
    }
    Ok(config)
}

fn versions(options: &TlsOptions) -> Vec<&'static SupportedProtocolVersion> {
    [(Version::Tls13, &TLS13), (Version::Tls12, &TLS12)]
        .into_iter()
        .filter(|(version, _)| options.versions.offer(*version))
        .map(|(_, version)| version)
        .collect()
}

/// The authorities this system trusts. Costs some milliseconds, so it is asked for only when a
/// handshake begins.
fn system_roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    let loaded = rustls_native_certs::load_native_certs();
    for error in &loaded.errors {
        tracing::warn!("system roots: {error}");
    }
    roots.add_parsable_certificates(loaded.certs);
    roots
}

/// `TLS13_AES_128_GCM_SHA256`, rustls' name, into the registered `TLS_AES_128_GCM_SHA256`.
fn registered(suite: &str) -> String {
    suite.replace("TLS13_", "TLS_")
}
