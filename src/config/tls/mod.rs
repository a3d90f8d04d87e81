//! The settings of the TLS handshake, by flag, in a profile or in the config: unresolved as the
//! user writes them, and resolved with their files read.

mod choice;
mod field;

use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer};

pub use self::choice::TlsChoice;
pub use self::field::TlsField;
use crate::net::{
    Alpn, Fingerprint, Identity, IdentityError, KeyLogFile, Resolver, Sni, TlsOptions, TlsVersion,
    TlsVersions, Verify, read_ca_file, read_ca_folder,
};
use crate::smtp::Secret;

/// The environment variable that names the file for session keys, if the user asks for it.
const KEY_LOG_VARIABLE: &str = "SSLKEYLOGFILE";
/// The value that asks for the variable, in place of a file name.
const KEY_LOG_BY_VARIABLE: &str = "env";

/// The settings of the TLS handshake as the user writes them. A setting that is `None` is
/// inherited, or has its default.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, default)]
pub struct TlsOverrides {
    /// The name that is sent as SNI and expected in the certificate.
    #[serde(deserialize_with = "parsed")]
    pub sni: Option<Sni>,
    /// A PEM file of CAs that are trusted in addition to those of the system.
    pub ca_file: Option<PathBuf>,
    /// A folder of such files.
    pub ca_dir: Option<PathBuf>,
    /// A PEM file with a client certificate.
    pub cert: Option<PathBuf>,
    /// A PEM file with the key of the certificate; by default the file of the certificate.
    pub key: Option<PathBuf>,
    /// The oldest version of TLS.
    #[serde(deserialize_with = "parsed")]
    pub tls_min: Option<TlsVersion>,
    /// The newest version of TLS.
    #[serde(deserialize_with = "parsed")]
    pub tls_max: Option<TlsVersion>,
    /// The protocols that are offered by ALPN.
    #[serde(deserialize_with = "each")]
    pub alpn: Option<Vec<Alpn>>,
    /// Whether the ClientHello takes two packets, as that of browsers does.
    pub large_hello: Option<bool>,
    /// What happens if the certificate cannot be verified.
    #[serde(deserialize_with = "parsed")]
    pub verify: Option<Verify>,
    /// The keys of which the server must have one.
    #[serde(deserialize_with = "each")]
    pub pin: Option<Vec<Fingerprint>>,
    /// The file for session keys; `env` for the file that `SSLKEYLOGFILE` names.
    pub keylog: Option<PathBuf>,
    /// Whether the key of the server is checked against the DNS (TLSA records).
    pub dane: Option<bool>,
}

/// Settings of the handshake together with the options that they resolve to.
#[derive(Clone, Debug)]
pub struct ResolvedTls {
    /// The settings as the user writes them.
    pub overrides: TlsOverrides,
    /// The options for a connection.
    pub options: TlsOptions,
}

/// Why a setting of the handshake cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TlsOverrideError {
    /// The setting is invalid, or a file that it names.
    #[error("{}: {message}", field.name())]
    Invalid {
        /// The setting.
        field: TlsField,
        /// What is wrong, and what to use instead.
        message: String,
    },
    /// The key is encrypted, and the passphrase is missing or wrong.
    #[error("key: {message}")]
    Locked {
        /// The file of the key.
        file: PathBuf,
        /// What is wrong.
        message: String,
    },
}

impl TlsOverrideError {
    /// For `map_err`.
    fn invalid<E: ToString>(field: TlsField) -> impl FnOnce(E) -> Self {
        move |error| Self::Invalid {
            field,
            message: error.to_string(),
        }
    }

    /// An error of the certificate, or of the key if that has a file of its own.
    fn from_identity(error: &IdentityError, key: Option<&Path>) -> Self {
        let field = if key == Some(error.path()) {
            TlsField::Key
        } else {
            TlsField::Cert
        };
        let message = error.to_string();
        match error.locked() {
            Some(file) => Self::Locked {
                file: file.to_owned(),
                message,
            },
            None => Self::invalid(field)(message),
        }
    }
}

impl TlsOverrides {
    /// Takes each setting that is not set from `fallback`.
    #[must_use]
    pub fn or(self, fallback: Self) -> Self {
        Self {
            sni: self.sni.or(fallback.sni),
            ca_file: self.ca_file.or(fallback.ca_file),
            ca_dir: self.ca_dir.or(fallback.ca_dir),
            // A key belongs to the certificate beside it.
            key: if self.cert.is_some() {
                self.key
            } else {
                self.key.or(fallback.key)
            },
            cert: self.cert.or(fallback.cert),
            tls_min: self.tls_min.or(fallback.tls_min),
            tls_max: self.tls_max.or(fallback.tls_max),
            alpn: self.alpn.or(fallback.alpn),
            large_hello: self.large_hello.or(fallback.large_hello),
            verify: self.verify.or(fallback.verify),
            pin: self.pin.or(fallback.pin),
            keylog: self.keylog.or(fallback.keylog),
            dane: self.dane.or(fallback.dane),
        }
    }

    /// Resolves the settings to the options for a connection, and reads the files that they name.
    /// `passphrase` is called with the file of an encrypted key.
    ///
    /// # Errors
    /// The first setting that cannot be used.
    pub fn resolve(
        self,
        passphrase: impl FnOnce(&Path) -> io::Result<Secret>,
    ) -> Result<TlsOptions, TlsOverrideError> {
        let mut authorities = Vec::new();
        if let Some(file) = &self.ca_file {
            authorities
                .extend(read_ca_file(file).map_err(TlsOverrideError::invalid(TlsField::CaFile))?);
        }
        if let Some(folder) = &self.ca_dir {
            authorities.extend(
                read_ca_folder(folder).map_err(TlsOverrideError::invalid(TlsField::CaDir))?,
            );
        }
        let identity = match (&self.cert, &self.key) {
            (None, None) => None,
            (None, Some(_)) => {
                let message = "a key needs a certificate: set cert as well";
                return Err(TlsOverrideError::invalid(TlsField::Key)(message));
            }
            (Some(cert), own) => {
                let key = own.as_ref().unwrap_or(cert);
                let read = Identity::read(cert, key, passphrase);
                Some(Arc::new(read.map_err(|error| {
                    TlsOverrideError::from_identity(&error, own.as_deref())
                })?))
            }
        };
        let oldest = self.tls_min.unwrap_or(TlsVersion::Tls12);
        let newest = self.tls_max.unwrap_or(TlsVersion::Tls13);
        Ok(TlsOptions {
            sni: self.sni.unwrap_or_default(),
            authorities,
            identity,
            versions: TlsVersions::new(oldest, newest)
                .map_err(TlsOverrideError::invalid(TlsField::TlsMin))?,
            alpn: self.alpn.unwrap_or_default(),
            large_hello: self.large_hello.unwrap_or_default(),
            verify: self.verify.unwrap_or_default(),
            pins: self.pin.unwrap_or_default(),
            key_log: self.keylog.as_deref().map(key_log).transpose()?,
            dane: self.dane.unwrap_or_default().then_some(Resolver::System),
        })
    }
}

/// Opens the file for session keys.
fn key_log(path: &Path) -> Result<Arc<KeyLogFile>, TlsOverrideError> {
    let path = if path.as_os_str() == KEY_LOG_BY_VARIABLE {
        let named = std::env::var_os(KEY_LOG_VARIABLE).filter(|named| !named.is_empty());
        named.map(PathBuf::from).ok_or_else(|| {
            let message = format!("{KEY_LOG_VARIABLE} is not set: name a file instead");
            TlsOverrideError::invalid(TlsField::KeyLog)(message)
        })?
    } else {
        path.to_owned()
    };
    let opened = KeyLogFile::open(&path);
    opened.map(Arc::new).map_err(|error| {
        TlsOverrideError::invalid(TlsField::KeyLog)(format!("{}: {error}", path.display()))
    })
}

fn parsed<'de, D: Deserializer<'de>, T: FromStr>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T::Err: std::fmt::Display,
{
    let text = String::deserialize(deserializer)?;
    text.parse().map(Some).map_err(serde::de::Error::custom)
}

fn each<'de, D: Deserializer<'de>, T: FromStr>(deserializer: D) -> Result<Option<Vec<T>>, D::Error>
where
    T::Err: std::fmt::Display,
{
    let texts = Vec::<String>::deserialize(deserializer)?;
    let read: Result<Vec<T>, T::Err> = texts.iter().map(|text| text.parse()).collect();
    read.map(Some).map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> TlsOverrides {
        toml::from_str(text).unwrap()
    }

    fn refuse(_: &Path) -> io::Result<Secret> {
        Err(io::Error::other("nobody to ask"))
    }

    #[test]
    fn settings_override_their_fallback() {
        let flags = read("sni = 'a.example'\ncert = 'near.pem'");
        let file = read("sni = 'b.example'\nverify = 'require'\ncert = 'far.pem'\nkey = 'far.key'");
        let expected = read("sni = 'a.example'\nverify = 'require'\ncert = 'near.pem'");
        assert_eq!(flags.or(file), expected);
    }

    #[test]
    fn names_the_setting_that_cannot_be_used() {
        let table = [
            ("key = 'x.pem'", "key: a key needs a certificate"),
            (
                "tls_min = '1.3'\ntls_max = '1.2'",
                "tls-min: no TLS version left",
            ),
            (
                "ca_file = '/no/such.pem'",
                "ca-file: /no/such.pem: No such file",
            ),
            ("ca_dir = '/no/such'", "ca-dir: /no/such: No such file"),
            ("cert = '/no/such.pem'", "cert: /no/such.pem: No such file"),
            (
                "keylog = '/no/such/keys'",
                "keylog: /no/such/keys: No such file",
            ),
            (
                "keylog = '/dev/null'",
                "keylog: /dev/null: is a device, not a regular file",
            ),
        ];
        for (text, message) in table {
            let error = read(text).resolve(refuse).unwrap_err().to_string();
            assert!(error.starts_with(message), "{text}: {error}");
        }
    }

    #[test]
    fn attributes_an_error_to_the_certificate_or_the_key() {
        let folder = tempfile::tempdir().unwrap();
        let cert = folder.path().join("alice.pem");
        let pair = rcgen::generate_simple_self_signed(vec!["alice.example".to_owned()]).unwrap();
        std::fs::write(&cert, pair.cert.pem()).unwrap();
        let cert = cert.display();
        let table = [
            (
                format!("cert = '{cert}'"),
                format!("cert: {cert}: contains no private key"),
            ),
            (
                format!("cert = '{cert}'\nkey = '/no/such.key'"),
                "key: /no/such.key: No such file".to_owned(),
            ),
        ];
        for (text, message) in table {
            let error = read(&text).resolve(refuse).unwrap_err().to_string();
            assert!(error.starts_with(&message), "{text}: {error}");
        }
    }

    #[test]
    fn reports_syntax_errors() {
        let table = [
            ("sni = 'a b'", "invalid SNI \"a b\""),
            ("tls_min = '1.1'", "use 1.2 or 1.3"),
            ("verify = 'on'", "use off, show or require"),
            ("pin = ['x']", "64 hex digits"),
            ("pin = 'x'", "expected a sequence"),
            ("alpn = ['']", "use 1 to 255 octets"),
            ("ciphers = 'x'", "unknown field `ciphers`"),
        ];
        for (text, message) in table {
            let error = toml::from_str::<TlsOverrides>(text)
                .unwrap_err()
                .to_string();
            assert!(error.contains(message), "{text}: {error}");
        }
    }
}
