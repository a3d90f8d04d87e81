//! The TLS handshake.

use std::sync::Arc;
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

use super::client_certificate::ClientCertificateResolver;
use super::dane::Dane;
use super::error::{TlsError, classify};
use super::facts::TlsFacts;
use super::options::{Sni, TlsOptions, TlsVersion, Verify};
use super::random;
use super::report::{HandshakeReport, SharedReport};
use super::verifier::RecordingVerifier;
use crate::net::ConnectPlan;
use crate::net::stream::{Stream, TlsTransport};

/// The parameters of a handshake.
pub(in crate::net) struct HandshakeParams<'a> {
    /// The host and the user's TLS options.
    pub(in crate::net) plan: &'a ConnectPlan,
    /// Whether the handshake follows STARTTLS.
    pub(in crate::net) after_starttls: bool,
    /// The server's TLSA records.
    pub(in crate::net) dane: Dane,
}

/// Does the handshake over `stream`.
pub(in crate::net) async fn handshake(
    stream: TcpStream,
    params: &HandshakeParams<'_>,
) -> Result<(Stream, TlsFacts), TlsError> {
    let plan = params.plan;
    let options = &plan.tls;
    random::warm().await;
    let started = Instant::now();
    let expected_name = options.sni.expected_name(&plan.host).to_owned();
    let name = ServerName::try_from(expected_name.clone())
        .map_err(|_| TlsError::BadName(expected_name.clone()))?;
    let sni = match &name {
        ServerName::DnsName(_) if options.sni != Sni::Nothing => Some(expected_name.clone()),
        _ => None,
    };
    log_options(params, &expected_name, sni.as_deref());
    let report = SharedReport::default();
    let config = configure(params, &expected_name, &report)?;
    let connect = TlsConnector::from(Arc::new(config))
        .connect(name, TlsTransport::new(stream))
        .into_fallible();
    tracing::debug!("TLS handshake begins");
    let result = timeout(plan.timeout, connect)
        .await
        .map_err(|_| TlsError::TimedOut(plan.timeout))?;
    let mut stream = result.map_err(|(error, stream)| {
        let error = classify(&error, stream.first_octets(), options.versions);
        refine(error, report.snapshot(), options.verify)
    })?;
    stream.get_mut().0.end_handshake();
    tracing::debug!(took = ?started.elapsed(), "TLS handshake done");

    let connection = stream.get_ref().1;
    let suite = connection.negotiated_cipher_suite();
    let group = connection.negotiated_key_exchange_group();
    let report = report.snapshot();
    let facts = TlsFacts {
        version: match connection.protocol_version() {
            Some(ProtocolVersion::TLSv1_2) => "TLSv1.2",
            _ => "TLSv1.3",
        },
        suite: suite.map_or_else(String::new, |suite| {
            registered_suite_name(&format!("{:?}", suite.suite()))
        }),
        group: group.map_or_else(String::new, |group| format!("{:?}", group.name())),
        alpn: connection
            .alpn_protocol()
            .map(|name| String::from_utf8_lossy(name).into_owned()),
        sni,
        resumed: connection.handshake_kind() == Some(HandshakeKind::Resumed),
        retried: connection.handshake_kind() == Some(HandshakeKind::FullWithHelloRetryRequest),
        after_starttls: params.after_starttls,
        expected_name,
        verdict: report.verdict,
        chain: report.chain,
        chain_faults: report.chain_faults,
        certificate_request: report.certificate_request,
        dane: params.dane.clone(),
        previous_fingerprint: None,
        key_log: options.key_log.as_ref().map(|log| log.path().to_owned()),
        took: started.elapsed(),
    };
    Ok((Stream::Tls(Box::new(stream)), facts))
}

fn log_options(params: &HandshakeParams<'_>, expected_name: &str, sni: Option<&str>) {
    let options = &params.plan.tls;
    tracing::debug!(
        expected_name,
        sni = sni.unwrap_or("none"),
        versions = %options.versions,
        alpn = options.alpn.len(),
        large_hello = options.large_hello,
        verify = %options.verify,
        extra_authorities = options.authorities.len(),
        pins = options.pins.len(),
        client_certificate = options.identity.is_some(),
        key_log = options.key_log.is_some(),
        dane = options.dane.is_some(),
        after_starttls = params.after_starttls,
        "TLS options"
    );
}

/// Replaces the error of a failed handshake by a more specific one if the report contains its
/// cause.
fn refine(error: TlsError, report: HandshakeReport, verify: Verify) -> TlsError {
    if verify == Verify::Require && !report.verdict.is_verified() {
        return TlsError::NotVerified(report.verdict);
    }
    let unanswered = report
        .certificate_request
        .filter(|request| !request.answered);
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
    params: &HandshakeParams<'_>,
    expected_name: &str,
    report: &SharedReport,
) -> Result<ClientConfig, TlsError> {
    let options = &params.plan.tls;
    // An explicit provider: without one, rustls panics if two are compiled in.
    let mut provider = aws_lc_rs::default_provider();
    if options.large_hello {
        // The key share is of the first group.
        let hybrid = aws_lc_rs::kx_group::X25519MLKEM768;
        provider
            .kx_groups
            .retain(|group| group.name() != hybrid.name());
        provider.kx_groups.insert(0, hybrid);
    }
    let provider = Arc::new(provider);
    let algorithms = provider.signature_verification_algorithms;
    let mut roots = match options.verify {
        Verify::Off => RootCertStore::empty(),
        _ => system_roots(),
    };
    roots.add_parsable_certificates(options.authorities.iter().cloned());
    let verifier = RecordingVerifier::new(
        roots,
        options.clone(),
        params.dane.clone(),
        algorithms,
        expected_name.to_owned(),
        report.clone(),
    );
    let resolver = ClientCertificateResolver::new(options.identity.clone(), report.clone());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&versions(options))
        .map_err(|error| TlsError::Other(error.to_string()))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_client_cert_resolver(Arc::new(resolver));
    // A resumed session is not verified again, but each handshake should have its own verdict.
    config.resumption = Resumption::disabled();
    config.enable_sni = options.sni != Sni::Nothing;
    config.alpn_protocols = options.alpn.iter().map(super::Alpn::octets).collect();
    if let Some(log) = &options.key_log {
        config.key_log = Arc::clone(log) as Arc<_>;
    }
    Ok(config)
}

fn versions(options: &TlsOptions) -> Vec<&'static SupportedProtocolVersion> {
    [(TlsVersion::Tls13, &TLS13), (TlsVersion::Tls12, &TLS12)]
        .into_iter()
        .filter(|(version, _)| options.versions.contains(*version))
        .map(|(_, version)| version)
        .collect()
}

/// The CAs that this system trusts. Loading them takes some milliseconds, so that waits until a
/// handshake begins.
fn system_roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    let loaded = rustls_native_certs::load_native_certs();
    for error in &loaded.errors {
        tracing::warn!(%error, "cannot load a system root certificate");
    }
    let (added, ignored) = roots.add_parsable_certificates(loaded.certs);
    tracing::debug!(added, ignored, "system root certificates loaded");
    roots
}

/// Turns rustls's name of a suite, such as `TLS13_AES_128_GCM_SHA256`, into the registered name,
/// such as `TLS_AES_128_GCM_SHA256`.
fn registered_suite_name(suite: &str) -> String {
    suite.replace("TLS13_", "TLS_")
}
