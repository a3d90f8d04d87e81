//! The settings of the TLS handshake one by one and as text, for a form. The text is parsed as
//! flags and the config file are.

use std::path::PathBuf;
use std::str::FromStr;

use super::{TlsOverrideError, TlsOverrides};

/// A setting of the TLS handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsField {
    /// The name that is sent as SNI.
    Sni,
    /// What happens if the certificate cannot be verified.
    Verify,
    /// The keys of which the server must have one.
    Pin,
    /// A file of CAs.
    CaFile,
    /// A folder of such files.
    CaDir,
    /// The client certificate.
    Cert,
    /// The key of the client certificate.
    Key,
    /// The oldest version of TLS.
    TlsMin,
    /// The newest version of TLS.
    TlsMax,
    /// The protocols that are offered by ALPN.
    Alpn,
    /// Whether the ClientHello takes two packets.
    LargeHello,
    /// The file for session keys.
    KeyLog,
    /// Whether the key of the server is checked against the DNS.
    Dane,
}

impl TlsField {
    /// All settings, the most common first.
    pub const ALL: [Self; 13] = [
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
        Self::LargeHello,
        Self::KeyLog,
        Self::Dane,
    ];

    /// The name of the flag, without its hyphens.
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
            Self::LargeHello => "large-hello",
            Self::KeyLog => "keylog",
            Self::Dane => "dane",
        }
    }

    /// The values to choose from; empty if any text is possible.
    pub const fn values(self) -> &'static [&'static str] {
        match self {
            Self::Verify => &["off", "show", "require"],
            Self::TlsMin | Self::TlsMax => &["1.2", "1.3"],
            Self::LargeHello | Self::Dane => &["no", "yes"],
            _ => &[],
        }
    }

    /// The default: one of the values, or a description in words.
    pub const fn default_text(self) -> &'static str {
        match self {
            Self::Sni => "the host name",
            Self::Verify => "show",
            Self::Pin => "any key",
            Self::CaFile | Self::CaDir => "only the CAs of the system",
            Self::Cert => "no client certificate",
            Self::Key => "in the same file as cert",
            Self::TlsMin => "1.2",
            Self::TlsMax => "1.3",
            Self::Alpn => "none",
            Self::KeyLog => "no key log",
            Self::LargeHello | Self::Dane => "no",
        }
    }

    /// What the setting does and what to enter, in one line.
    pub const fn hint(self) -> &'static str {
        match self {
            Self::Sni => "A host name, sent as SNI and expected in the certificate; none: no SNI",
            Self::Verify => "show: warn about a bad certificate; require: abort",
            Self::Pin => {
                "SHA-256 of the server's public key, hex or base64; blanks separate several"
            }
            Self::CaFile => "A PEM file of additional CAs to trust",
            Self::CaDir => "A folder of PEM files of additional CAs to trust",
            Self::Cert => "A PEM file with your certificate, for a server that asks for one",
            Self::Key => "A PEM file with the key; an encrypted one asks for its passphrase",
            Self::TlsMin => "The oldest version of TLS",
            Self::TlsMax => "The newest version of TLS",
            Self::Alpn => "Protocols to offer by ALPN; blanks separate several; mail needs none",
            Self::LargeHello => "A ClientHello of two packets, as browsers send",
            Self::KeyLog => "A file for session keys (Wireshark); env: the one in SSLKEYLOGFILE",
            Self::Dane => "Check the server's key against the DNS (TLSA)",
        }
    }
}

impl TlsOverrides {
    /// A setting as the text that [`TlsOverrides::set`] parses; empty if it is not set.
    pub fn text(&self, field: TlsField) -> String {
        fn word<T: ToString>(setting: Option<&T>) -> String {
            setting.map(T::to_string).unwrap_or_default()
        }
        fn list<T: ToString>(overrides: Option<&Vec<T>>) -> String {
            let values: Vec<String> = overrides.into_iter().flatten().map(T::to_string).collect();
            values.join(" ")
        }
        let switch = |setting: Option<bool>| match setting {
            None => String::new(),
            Some(true) => "yes".to_owned(),
            Some(false) => "no".to_owned(),
        };
        let path = |setting: &Option<PathBuf>| {
            let setting = setting.as_ref();
            setting.map_or_else(String::new, |path| path.display().to_string())
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
            TlsField::LargeHello => switch(self.large_hello),
            TlsField::Dane => switch(self.dane),
        }
    }

    /// Sets a setting from its text. An empty text resets it.
    ///
    /// # Errors
    /// An invalid text. It changes nothing.
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
        fn switch(field: TlsField, text: &str) -> Result<Option<bool>, TlsOverrideError> {
            match text {
                "" => Ok(None),
                "yes" => Ok(Some(true)),
                "no" => Ok(Some(false)),
                _ => {
                    let values = format!("invalid value {text:?}: use yes or no");
                    Err(TlsOverrideError::invalid(field)(values))
                }
            }
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
            TlsField::LargeHello => self.large_hello = switch(field, text)?,
            TlsField::Dane => self.dane = switch(field, text)?,
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::Fingerprint;

    #[test]
    fn parses_the_text_of_every_setting() {
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
    fn reports_an_invalid_text_and_changes_nothing() {
        let table = [
            (TlsField::Sni, "a b", "sni: invalid SNI \"a b\""),
            (TlsField::Verify, "on", "verify: invalid verify mode \"on\""),
            (TlsField::Pin, "x", "pin: invalid SHA-256 \"x\""),
            (
                TlsField::TlsMin,
                "1.1",
                "tls-min: invalid TLS version \"1.1\"",
            ),
            (TlsField::TlsMax, "3", "tls-max: invalid TLS version \"3\""),
            (TlsField::Alpn, "a\tb", "alpn: invalid ALPN name \"a\\tb\""),
            (TlsField::Dane, "on", "dane: invalid value \"on\": use yes"),
        ];
        for (field, text, values) in table {
            let mut overrides = TlsOverrides::default();
            let error = overrides.set(field, text).unwrap_err().to_string();
            assert!(error.starts_with(values), "{text}: {error}");
            assert_eq!(overrides, TlsOverrides::default());
        }
    }
}
