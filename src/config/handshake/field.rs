//! What is said about the handshake, piece by piece and as text: so a form asks for it, and so it is
//! read back, with the parsers that flags and settings have.

use std::path::PathBuf;
use std::str::FromStr;

use super::{Handshake, HandshakeError};

/// One thing that can be said about the handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandshakeField {
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

impl HandshakeField {
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
    pub const fn words(self) -> &'static [&'static str] {
        match self {
            Self::Verify => &["off", "show", "require"],
            Self::TlsMin | Self::TlsMax => &["1.2", "1.3"],
            Self::Dane => &["no", "yes"],
            _ => &[],
        }
    }

    /// What counts where nothing is said: one of the words, or in our own words.
    pub const fn usual(self) -> &'static str {
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

impl Handshake {
    /// What is said here, as [`Handshake::set`] reads it; empty where nothing is.
    pub fn text(&self, field: HandshakeField) -> String {
        fn word<T: ToString>(said: Option<&T>) -> String {
            said.map(T::to_string).unwrap_or_default()
        }
        fn list<T: ToString>(said: Option<&Vec<T>>) -> String {
            let words: Vec<String> = said.into_iter().flatten().map(T::to_string).collect();
            words.join(" ")
        }
        let path = |said: &Option<PathBuf>| {
            let said = said.as_ref();
            said.map_or_else(String::new, |path| path.display().to_string())
        };
        match field {
            HandshakeField::Sni => word(self.sni.as_ref()),
            HandshakeField::Verify => word(self.verify.as_ref()),
            HandshakeField::Pin => list(self.pin.as_ref()),
            HandshakeField::CaFile => path(&self.ca_file),
            HandshakeField::CaDir => path(&self.ca_dir),
            HandshakeField::Cert => path(&self.cert),
            HandshakeField::Key => path(&self.key),
            HandshakeField::TlsMin => word(self.tls_min.as_ref()),
            HandshakeField::TlsMax => word(self.tls_max.as_ref()),
            HandshakeField::Alpn => list(self.alpn.as_ref()),
            HandshakeField::KeyLog => path(&self.keylog),
            HandshakeField::Dane => match self.dane {
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
    pub fn set(&mut self, field: HandshakeField, text: &str) -> Result<(), HandshakeError> {
        fn word<T: FromStr>(field: HandshakeField, text: &str) -> Result<Option<T>, HandshakeError>
        where
            T::Err: ToString,
        {
            let read = (!text.is_empty()).then(|| text.parse()).transpose();
            read.map_err(HandshakeError::wrong(field))
        }
        fn list<T: FromStr>(
            field: HandshakeField,
            text: &str,
        ) -> Result<Option<Vec<T>>, HandshakeError>
        where
            T::Err: ToString,
        {
            let words = text.split([' ', ',']).filter(|word| !word.is_empty());
            let read: Result<Vec<T>, T::Err> = words.map(str::parse).collect();
            let read = read.map_err(HandshakeError::wrong(field))?;
            Ok(Some(read).filter(|read| !read.is_empty()))
        }
        let text = text.trim();
        let path = || (!text.is_empty()).then(|| PathBuf::from(text));
        match field {
            HandshakeField::Sni => self.sni = word(field, text)?,
            HandshakeField::Verify => self.verify = word(field, text)?,
            HandshakeField::Pin => self.pin = list(field, text)?,
            HandshakeField::CaFile => self.ca_file = path(),
            HandshakeField::CaDir => self.ca_dir = path(),
            HandshakeField::Cert => self.cert = path(),
            HandshakeField::Key => self.key = path(),
            HandshakeField::TlsMin => self.tls_min = word(field, text)?,
            HandshakeField::TlsMax => self.tls_max = word(field, text)?,
            HandshakeField::Alpn => self.alpn = list(field, text)?,
            HandshakeField::KeyLog => self.keylog = path(),
            HandshakeField::Dane => {
                self.dane = match text {
                    "" => None,
                    "yes" => Some(true),
                    "no" => Some(false),
                    _ => {
                        let words = format!("{text:?} is no answer: write yes or no");
                        return Err(HandshakeError::wrong(field)(words));
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
            (HandshakeField::Sni, "mx.example"),
            (HandshakeField::Sni, "none"),
            (HandshakeField::Verify, "off"),
            (HandshakeField::Verify, "show"),
            (HandshakeField::Verify, "require"),
            (HandshakeField::Pin, pins.as_str()),
            (HandshakeField::CaFile, "/a b/ca.pem"),
            (HandshakeField::CaDir, "~/ca"),
            (HandshakeField::Cert, "me.pem"),
            (HandshakeField::Key, "me.key"),
            (HandshakeField::TlsMin, "1.3"),
            (HandshakeField::TlsMax, "1.2"),
            (HandshakeField::Alpn, "smtp x"),
            (HandshakeField::KeyLog, "env"),
            (HandshakeField::Dane, "yes"),
            (HandshakeField::Dane, "no"),
        ];
        for (field, text) in table {
            let mut said = Handshake::default();
            said.set(field, text).unwrap();
            assert_eq!(said.text(field), text, "{field:?}");
            assert_ne!(said, Handshake::default(), "{field:?}");
            said.set(field, "  ").unwrap();
            assert_eq!(said, Handshake::default(), "{field:?}");
        }
        for field in HandshakeField::ALL {
            assert_eq!(Handshake::default().text(field), "", "{field:?}");
            let words = field.words();
            let usual = words.is_empty() || words.contains(&field.usual());
            assert!(usual, "{field:?}");
            for word in words {
                Handshake::default().set(field, word).unwrap();
            }
        }
    }

    #[test]
    fn what_cannot_be_meant_is_named_and_changes_nothing() {
        let table = [
            (HandshakeField::Sni, "a b", "sni: \"a b\" is no host name"),
            (HandshakeField::Verify, "on", "verify: \"on\" is no way"),
            (HandshakeField::Pin, "x", "pin: \"x\" is no SHA-256"),
            (HandshakeField::TlsMin, "1.1", "tls-min: \"1.1\" is no"),
            (HandshakeField::TlsMax, "3", "tls-max: \"3\" is no"),
            (HandshakeField::Alpn, "a\tb", "alpn: \"a\\tb\" is no"),
            (HandshakeField::Dane, "on", "dane: \"on\" is no answer"),
        ];
        for (field, text, words) in table {
            let mut said = Handshake::default();
            let error = said.set(field, text).unwrap_err().to_string();
            assert!(error.starts_with(words), "{text}: {error}");
            assert_eq!(said, Handshake::default());
        }
    }
}
