//! Certificates of every kind, and server configurations that present them.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose,
};
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::sign::{CertifiedKey, SingleCertAndKey};
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion};

/// A CA: a root, or an intermediate below another CA.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    /// A root with this name.
    pub fn new(title: &str) -> Self {
        Self::with(ca_params(title))
    }

    /// A root with these parameters.
    pub fn with(params: CertificateParams) -> Self {
        let key = KeyPair::generate().unwrap();
        Self(CertifiedIssuer::self_signed(params, key).unwrap())
    }

    /// An intermediate below this CA.
    pub fn intermediate(&self, params: CertificateParams) -> Self {
        let key = KeyPair::generate().unwrap();
        Self(CertifiedIssuer::signed_by(params, key, &self.0).unwrap())
    }

    /// Its certificate.
    pub fn der(&self) -> CertificateDer<'static> {
        self.0.der().clone()
    }

    /// A server certificate that this CA issues.
    pub fn issue(&self, params: &CertificateParams) -> ServerIdentity {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        ServerIdentity::new(certificate.into(), &key)
    }

    /// A certificate for a key, as PEM.
    pub fn issue_for_key(&self, params: &CertificateParams, key: &KeyPair) -> String {
        params.signed_by(key, &self.0).unwrap().pem()
    }

    /// A server with a valid certificate for these names.
    pub fn server(&self, names: &[&str]) -> Arc<ServerConfig> {
        self.issue(&leaf_params(names)).server()
    }
}

/// The parameters of a CA certificate.
pub fn ca_params(title: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = distinguished_name(title);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params
}

/// The parameters of a valid certificate for these names; the first is its subject too.
pub fn leaf_params(names: &[&str]) -> CertificateParams {
    let list: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    let mut params = CertificateParams::new(list).unwrap();
    params.distinguished_name = distinguished_name(names[0]);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params
}

fn distinguished_name(title: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, title);
    name
}

/// A server certificate with its chain and its key.
pub struct ServerIdentity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl ServerIdentity {
    fn new(certificate: CertificateDer<'static>, key: &KeyPair) -> Self {
        Self {
            chain: vec![certificate],
            key: PrivateKeyDer::Pkcs8(key.serialize_der().into()),
        }
    }

    /// A self-signed certificate.
    pub fn self_signed(params: &CertificateParams) -> Self {
        let key = KeyPair::generate().unwrap();
        Self::new(params.self_signed(&key).unwrap().into(), &key)
    }

    /// The server certificate.
    pub fn der(&self) -> CertificateDer<'static> {
        self.chain[0].clone()
    }

    /// Sends these CA certificates after the server certificate.
    pub fn with_chain(mut self, chain: &[&Authority]) -> Self {
        self.chain.extend(chain.iter().map(|one| one.der()));
        self
    }

    /// A server with this certificate.
    pub fn server(self) -> Arc<ServerConfig> {
        self.configure(&[&TLS13, &TLS12], None)
    }

    /// A server with this certificate that supports only TLS 1.2.
    pub fn tls12_server(self) -> Arc<ServerConfig> {
        self.configure(&[&TLS12], None)
    }

    /// A server with this certificate that requires a client certificate from `authority`.
    pub fn server_with_client_auth(
        self,
        versions: &[&'static SupportedProtocolVersion],
        authority: &Authority,
    ) -> Arc<ServerConfig> {
        self.configure(versions, Some(authority))
    }

    fn configure(
        self,
        versions: &[&'static SupportedProtocolVersion],
        client_ca: Option<&Authority>,
    ) -> Arc<ServerConfig> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let key = provider.key_provider.load_private_key(self.key).unwrap();
        // Not `with_single_cert`, which parses the certificate and rejects odd ones.
        let resolver = SingleCertAndKey::from(CertifiedKey::new(self.chain, key));
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(versions)
            .unwrap();
        let builder = match client_ca {
            None => builder.with_no_client_auth(),
            Some(authority) => {
                let mut roots = RootCertStore::empty();
                roots.add(authority.der()).unwrap();
                let verifier =
                    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
                builder.with_client_cert_verifier(verifier.build().unwrap())
            }
        };
        Arc::new(builder.with_cert_resolver(Arc::new(resolver)))
    }
}
