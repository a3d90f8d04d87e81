//! What is said about the handshake, piece by piece and as text: so a form asks for it, and so it is
//! read back, with the parsers that flags and settings have.

use std::path::PathBuf;
use std::str::FromStr;

use super::{TlsOverrideError, TlsOverrides};

/// One thing that can be said about the handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsField {
    /// The name sent as SNI.
    Sni,
    /// What a certificate that is not verified leads to.
    Verify,
    /// Keys that are known to be right.
    Pin,
    /// A file of authorities.
    CaFile,
    /// A folder of such files.
    CaDir,
    /// The client's certificate.
    Cert,
    /// Its key.
    Key,
    /// The oldest version.
    TlsMin,
    /// The newest version.
    TlsMax,
    /// Protocols offered by name.
    Alpn,
    /// The file for session keys.
    KeyLog,
    /// Whether the DNS is asked for keys.
    Dane,
}

impl TlsField {
    /// All of them, those that are wanted most before the others.
    pub const ALL: [Self; 12] = [
        Self::Sni,
        Self::Verify,
        Self::Pin,
        Self::CaFile,
        Self::CaDir,
        Self::Cert,
        Self::Key,
        Self::TlsMin,
        Self::TlsMax,
        Self::Alpn,
        Self::KeyLog,
        Self::Dane,
    ];

    /// What it is called on the command line, without its hyphens.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sni => "sni",
            Self::Verify => "verify",
            Self::Pin => "pin",
            Self::CaFile => "ca-file",
            Self::CaDir => "ca-dir",
            Self::Cert => "cert",
            Self::Key => "key",
            Self::TlsMin => "tls-min",
            Self::TlsMax => "tls-max",
            Self::Alpn => "alpn",
            Self::KeyLog => "keylog",
            Self::Dane => "dane",
        }
    }

    /// The words to choose from; none where any text may stand.
    pub const fn values(self) -> &'static [&'static str] {
        match self {
            Self::Verify => &["off", "show", "require"],
            Self::TlsMin | Self::TlsMax => &["1.2", "1.3"],
            Self::Dane => &["no", "yes"],
            _ => &[],
        }
    }

    /// What counts where nothing is said: one of the words, or in our own words.
    pub const fn default_text(self) -> &'static str {
        match self {
            Self::Sni => "the host's name",
            Self::Verify => "show",
            Self::Pin => "any key",
            Self::CaFile | Self::CaDir => "none beside the system's",
            Self::Cert => "no certificate of ours",
            Self::Key => "in the file of cert",
            Self::TlsMin => "1.2",
            Self::TlsMax => "1.3",
            Self::Alpn => "nothing offered",
            Self::KeyLog => "keys are not written",
            Self::Dane => "no",
        }
    }

    /// What it does and what would be right, in one line.
    pub const fn hint(self) -> &'static str {
        match self {
            Self::Sni => "A host name, sent and looked for in the certificate; none sends none",
            Self::Verify => "Of a bad certificate show tells, require ends it",
            Self::Pin => {
                "SHA-256 of the server's public key, hex or base64; blanks between several"
            }
            Self::CaFile => "A PEM file of authorities to trust",
            Self::CaDir => "A folder of PEM files of authorities to trust",
            Self::Cert => "A PEM file with your certificate, for a server that asks for one",
            Self::Key => "A PEM file with its key; an encrypted one asks for its passphrase",
            Self::TlsMin => "The oldest version of TLS",
            Self::TlsMax => "The newest version of TLS",
            Self::Alpn => "Protocols offered by name, blanks between several; mail needs none",
            Self::KeyLog => "A file for the session's keys, for Wireshark; env: SSLKEYLOGFILE's",
            Self::Dane => "Ask the DNS for the server's key (TLSA)",
        }
    }
}

impl TlsOverrides {
    /// What is said here, as [`TlsOverrides::set`] reads it; empty where nothing is.
    pub fn text(&self, field: TlsField) -> String {
        fn word<T: ToString>(overrides: Option<&T>) -> String {
            overrides.map(T::to_string).unwrap_or_default()
        }
        fn list<T: ToString>(overrides: Option<&Vec<T>>) -> String {
            let values: Vec<String> = overrides.into_iter().flatten().map(T::to_string).collect();
            values.join(" ")
        }
        let path = |overrides: &Option<PathBuf>| {
            let overrides = overrides.as_ref();
            overrides.map_or_else(String::new, |path| path.display().to_string())
        };
        match field {
            TlsField::Sni => word(self.sni.as_ref()),
            TlsField::Verify => word(self.verify.as_ref()),
            TlsField::Pin => list(self.pin.as_ref()),
            TlsField::CaFile => path(&self.ca_file),
            TlsField::CaDir => path(&self.ca_dir),
            TlsField::Cert => path(&self.cert),
            TlsField::Key => path(&self.key),
            TlsField::TlsMin => word(self.tls_min.as_ref()),
            TlsField::TlsMax => word(self.tls_max.as_ref()),
            TlsField::Alpn => list(self.alpn.as_ref()),
            TlsField::KeyLog => path(&self.keylog),
            TlsField::Dane => match self.dane {
                None => String::new(),
                Some(true) => "yes".to_owned(),
                Some(false) => "no".to_owned(),
            },
        }
    }

    /// Says this here; an empty text says nothing any more.
    ///
    /// # Errors
    /// A text that says nothing that can be meant; then nothing changes.
    pub fn set(&mut self, field: TlsField, text: &str) -> Result<(), TlsOverrideError> {
        fn word<T: FromStr>(field: TlsField, text: &str) -> Result<Option<T>, TlsOverrideError>
        where
            T::Err: ToString,
        {
            let read = (!text.is_empty()).then(|| text.parse()).transpose();
            read.map_err(TlsOverrideError::invalid(field))
        }
        fn list<T: FromStr>(field: TlsField, text: &str) -> Result<Option<Vec<T>>, TlsOverrideError>
        where
            T::Err: ToString,
        {
            let values = text.split([' ', ',']).filter(|word| !word.is_empty());
            let read: Result<Vec<T>, T::Err> = values.map(str::parse).collect();
            let read = read.map_err(TlsOverrideError::invalid(field))?;
            Ok(Some(read).filter(|read| !read.is_empty()))
        }
        let text = text.trim();
        let path = || (!text.is_empty()).then(|| PathBuf::from(text));
        match field {
            TlsField::Sni => self.sni = word(field, text)?,
            TlsField::Verify => self.verify = word(field, text)?,
            TlsField::Pin => self.pin = list(field, text)?,
            TlsField::CaFile => self.ca_file = path(),
            TlsField::CaDir => self.ca_dir = path(),
            TlsField::Cert => self.cert = path(),
            TlsField::Key => self.key = path(),
            TlsField::TlsMin => self.tls_min = word(field, text)?,
            TlsField::TlsMax => self.tls_max = word(field, text)?,
            TlsField::Alpn => self.alpn = list(field, text)?,
            TlsField::KeyLog => self.keylog = path(),
            TlsField::Dane => {
                self.dane = match text {
                    "" => None,
                    "yes" => Some(true),
                    "no" => Some(false),
                    _ => {
                        let values = format!("{text:?} is no answer: write yes or no");
                        return Err(TlsOverrideError::invalid(field)(values));
                    }
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::Fingerprint;

    #[test]
    fn what_is_said_is_read_back() {
        let pins = format!("{} {}", Fingerprint::of(b"a"), Fingerprint::of(b"b"));
        let table = [
            (TlsField::Sni, "mx.example"),
            (TlsField::Sni, "none"),
            (TlsField::Verify, "off"),
            (TlsField::Verify, "show"),
            (TlsField::Verify, "require"),
            (TlsField::Pin, pins.as_str()),
            (TlsField::CaFile, "/a b/ca.pem"),
            (TlsField::CaDir, "~/ca"),
            (TlsField::Cert, "me.pem"),
            (TlsField::Key, "me.key"),
            (TlsField::TlsMin, "1.3"),
            (TlsField::TlsMax, "1.2"),
            (TlsField::Alpn, "smtp x"),
            (TlsField::KeyLog, "env"),
            (TlsField::Dane, "yes"),
            (TlsField::Dane, "no"),
        ];
        for (field, text) in table {
            let mut overrides = TlsOverrides::default();
            overrides.set(field, text).unwrap();
            assert_eq!(overrides.text(field), text, "{field:?}");
            assert_ne!(overrides, TlsOverrides::default(), "{field:?}");
            overrides.set(field, "  ").unwrap();
            assert_eq!(overrides, TlsOverrides::default(), "{field:?}");
        }
        for field in TlsField::ALL {
            assert_eq!(TlsOverrides::default().text(field), "", "{field:?}");
            let values = field.values();
            let default_text = values.is_empty() || values.contains(&field.default_text());
            assert!(default_text, "{field:?}");
            for word in values {
                TlsOverrides::default().set(field, word).unwrap();
            }
        }
    }

    #[test]
    fn what_cannot_be_meant_is_named_and_changes_nothing() {
        let table = [
            (TlsField::Sni, "a b", "sni: \"a b\" is no host name"),
            (TlsField::Verify, "on", "verify: \"on\" is no way"),
            (TlsField::Pin, "x", "pin: \"x\" is no SHA-256"),
            (TlsField::TlsMin, "1.1", "tls-min: \"1.1\" is no"),
            (TlsField::TlsMax, "3", "tls-max: \"3\" is no"),
            (TlsField::Alpn, "a\tb", "alpn: \"a\\tb\" is no"),
            (TlsField::Dane, "on", "dane: \"on\" is no answer"),
        ];
        for (field, text, values) in table {
            let mut overrides = TlsOverrides::default();
            let error = overrides.set(field, text).unwrap_err().to_string();
            assert!(error.starts_with(values), "{text}: {error}");
            assert_eq!(overrides, TlsOverrides::default());
        }
    }
}
