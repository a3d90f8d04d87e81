//! Certificates of every kind, and servers that show them.

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

/// Who signs certificates: a root, or one below another.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    /// A root of that name.
    pub fn new(title: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        Self(CertifiedIssuer::self_signed(authority(title), key).unwrap())
    }

    /// An authority below this one.
    pub fn below(&self, params: CertificateParams) -> Self {
        let key = KeyPair::generate().unwrap();
        Self(CertifiedIssuer::signed_by(params, key, &self.0).unwrap())
    }

    /// Its certificate.
    pub fn der(&self) -> CertificateDer<'static> {
        self.0.der().clone()
    }

    /// A server's certificate of that making, signed by it.
    pub fn sign(&self, params: &CertificateParams) -> Identity {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        Identity::new(certificate.into(), &key)
    }

    /// A certificate of that making for a key, as PEM.
    pub fn sign_key(&self, params: &CertificateParams, key: &KeyPair) -> String {
        params.signed_by(key, &self.0).unwrap().pem()
    }

    /// A server with a good certificate for these names.
    pub fn server(&self, names: &[&str]) -> Arc<ServerConfig> {
        self.sign(&leaf(names)).server()
    }
}

/// What makes an authority.
pub fn authority(title: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = called(title);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params
}

/// What makes a good certificate for these names; the first is its subject too.
pub fn leaf(names: &[&str]) -> CertificateParams {
    let list: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    let mut params = CertificateParams::new(list).unwrap();
    params.distinguished_name = called(names[0]);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params
}

fn called(title: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, title);
    name
}

/// A certificate with its chain and its key.
pub struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl Identity {
    fn new(certificate: CertificateDer<'static>, key: &KeyPair) -> Self {
        Self {
            chain: vec![certificate],
            key: PrivateKeyDer::Pkcs8(key.serialize_der().into()),
        }
    }

    /// A certificate that vouches for itself.
    pub fn self_signed(params: &CertificateParams) -> Self {
        let key = KeyPair::generate().unwrap();
        Self::new(params.self_signed(&key).unwrap().into(), &key)
    }

    /// The certificate itself.
    pub fn der(&self) -> CertificateDer<'static> {
        self.chain[0].clone()
    }

    /// The same with these certificates sent behind it.
    pub fn behind(mut self, chain: &[&Authority]) -> Self {
        self.chain.extend(chain.iter().map(|one| one.der()));
        self
    }

    /// A server that shows it.
    pub fn server(self) -> Arc<ServerConfig> {
        self.configure(&[&TLS13, &TLS12], None)
    }

    /// A server that shows it and speaks TLS 1.2 alone.
    pub fn old_server(self) -> Arc<ServerConfig> {
        self.configure(&[&TLS12], None)
    }

    /// A server that shows it and wants a certificate of `authority` in return.
    pub fn wary_server(
        self,
        versions: &[&'static SupportedProtocolVersion],
        authority: &Authority,
    ) -> Arc<ServerConfig> {
        self.configure(versions, Some(authority))
    }

    fn configure(
        self,
        versions: &[&'static SupportedProtocolVersion],
        wanted: Option<&Authority>,
    ) -> Arc<ServerConfig> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let key = provider.key_provider.load_private_key(self.key).unwrap();
        // A resolver and not `with_single_cert`, which reads the certificate and refuses odd ones.
        let resolver = SingleCertAndKey::from(CertifiedKey::new(self.chain, key));
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(versions)
            .unwrap();
        let builder = match wanted {
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
