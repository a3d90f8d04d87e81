//! What a user says about the TLS handshake: by flag, in a profile, in the config. The nearest counts.

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
    Alpn, Fingerprint, Identity, IdentityError, KeyLogFile, Resolver, Sni, TlsOptions, Verify,
    Version, Versions, read_authorities, read_authority_folder,
};
use crate::smtp::Secret;

/// The environment variable that names the file for session keys, where the user asks for that.
const KEY_LOG_VARIABLE: &str = "SSLKEYLOGFILE";
/// What stands for the variable in place of a file.
const KEY_LOG_BY_VARIABLE: &str = "env";

/// What is said about the handshake; nothing where nothing is said.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, default)]
pub struct TlsOverrides {
    /// The name sent as SNI and looked for in the certificate.
    #[serde(deserialize_with = "parsed")]
    pub sni: Option<Sni>,
    /// A PEM file of authorities trusted beside the system's.
    pub ca_file: Option<PathBuf>,
    /// A folder of such files.
    pub ca_dir: Option<PathBuf>,
    /// A PEM file with a client certificate.
    pub cert: Option<PathBuf>,
    /// A PEM file with its key; the certificate's own file where it is not set.
    pub key: Option<PathBuf>,
    /// The oldest version of TLS.
    #[serde(deserialize_with = "parsed")]
    pub tls_min: Option<Version>,
    /// The newest version of TLS.
    #[serde(deserialize_with = "parsed")]
    pub tls_max: Option<Version>,
    /// Protocols offered by ALPN.
    #[serde(deserialize_with = "each")]
    pub alpn: Option<Vec<Alpn>>,
    /// What a certificate that is not verified leads to.
    #[serde(deserialize_with = "parsed")]
    pub verify: Option<Verify>,
    /// Keys that are known to be right.
    #[serde(deserialize_with = "each")]
    pub pin: Option<Vec<Fingerprint>>,
    /// The file for session keys; `env` for the one that `SSLKEYLOGFILE` names.
    pub keylog: Option<PathBuf>,
    /// Whether the DNS is asked for keys it vouches for.
    pub dane: Option<bool>,
}

/// What is said about the handshake, and what that came to when its files were read.
#[derive(Clone, Debug)]
pub struct ResolvedTls {
    /// What is said.
    pub overrides: TlsOverrides,
    /// What the wire needs.
    pub options: TlsOptions,
}

/// What is said about the handshake cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TlsOverrideError {
    /// Something in it is wrong.
    #[error("{}: {message}", field.name())]
    Invalid {
        /// Which of it.
        field: TlsField,
        /// What is wrong and what would be right.
        message: String,
    },
    /// The key is encrypted, and no passphrase was given or another one.
    #[error("key: {message}")]
    Locked {
        /// The key's file.
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

    /// What is wrong with the certificate, or with its key where that has a file of its own.
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
    /// This, and where it says nothing what `below` says.
    #[must_use]
    pub fn or(self, fallback: Self) -> Self {
        Self {
            sni: self.sni.or(fallback.sni),
            ca_file: self.ca_file.or(fallback.ca_file),
            ca_dir: self.ca_dir.or(fallback.ca_dir),
            // A key belongs to its certificate.
            key: if self.cert.is_some() {
                self.key
            } else {
                self.key.or(fallback.key)
            },
            cert: self.cert.or(fallback.cert),
            tls_min: self.tls_min.or(fallback.tls_min),
            tls_max: self.tls_max.or(fallback.tls_max),
            alpn: self.alpn.or(fallback.alpn),
            verify: self.verify.or(fallback.verify),
            pin: self.pin.or(fallback.pin),
            keylog: self.keylog.or(fallback.keylog),
            dane: self.dane.or(fallback.dane),
        }
    }

    /// Reads the files and comes to what the wire needs. `passphrase` is called for the file of an
    /// encrypted key.
    ///
    /// # Errors
    /// The first thing that cannot be used.
    pub fn resolve(
        self,
        passphrase: impl FnOnce(&Path) -> io::Result<Secret>,
    ) -> Result<TlsOptions, TlsOverrideError> {
        let mut authorities = Vec::new();
        if let Some(file) = &self.ca_file {
            authorities.extend(
                read_authorities(file).map_err(TlsOverrideError::invalid(TlsField::CaFile))?,
            );
        }
        if let Some(folder) = &self.ca_dir {
            authorities.extend(
                read_authority_folder(folder)
                    .map_err(TlsOverrideError::invalid(TlsField::CaDir))?,
            );
        }
        let identity = match (&self.cert, &self.key) {
            (None, None) => None,
            (None, Some(_)) => {
                let message = "a key needs its certificate: give cert as well";
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
        let least = self.tls_min.unwrap_or(Version::Tls12);
        let most = self.tls_max.unwrap_or(Version::Tls13);
        Ok(TlsOptions {
            sni: self.sni.unwrap_or_default(),
            authorities,
            identity,
            versions: Versions::new(least, most)
                .map_err(TlsOverrideError::invalid(TlsField::TlsMin))?,
            alpn: self.alpn.unwrap_or_default(),
            verify: self.verify.unwrap_or_default(),
            pins: self.pin.unwrap_or_default(),
            key_log: self.keylog.as_deref().map(key_log).transpose()?,
            dane: self.dane.unwrap_or_default().then_some(Resolver::System),
        })
    }
}

fn key_log(path: &Path) -> Result<Arc<KeyLogFile>, TlsOverrideError> {
    let path = if path.as_os_str() == KEY_LOG_BY_VARIABLE {
        let named = std::env::var_os(KEY_LOG_VARIABLE).filter(|named| !named.is_empty());
        named.map(PathBuf::from).ok_or_else(|| {
            let message = format!("{KEY_LOG_VARIABLE} is not set, name a file instead");
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
    fn the_nearest_counts() {
        let flags = read("sni = 'a.example'\ncert = 'near.pem'");
        let file = read("sni = 'b.example'\nverify = 'require'\ncert = 'far.pem'\nkey = 'far.key'");
        let expected = read("sni = 'a.example'\nverify = 'require'\ncert = 'near.pem'");
        assert_eq!(flags.or(file), expected);
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        let table = [
            ("key = 'x.pem'", "key: a key needs its certificate"),
            (
                "tls_min = '1.3'\ntls_max = '1.2'",
                "tls-min: no version is left",
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
    fn what_is_wrong_with_a_key_is_told_of_the_key() {
        let folder = tempfile::tempdir().unwrap();
        let cert = folder.path().join("alice.pem");
        let pair = rcgen::generate_simple_self_signed(vec!["alice.example".to_owned()]).unwrap();
        std::fs::write(&cert, pair.cert.pem()).unwrap();
        let cert = cert.display();
        let table = [
            (
                format!("cert = '{cert}'"),
                format!("cert: {cert}: no private key"),
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
    fn what_is_written_wrongly_is_told() {
        let table = [
            ("sni = 'a b'", "\"a b\" is no host name"),
            ("tls_min = '1.1'", "write 1.2 or 1.3"),
            ("verify = 'on'", "write off, show or require"),
            ("pin = ['x']", "64 hex digits"),
            ("pin = 'x'", "expected a sequence"),
            ("alpn = ['']", "1 to 255 characters"),
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
