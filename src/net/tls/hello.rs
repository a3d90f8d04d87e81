//! A ClientHello made by hand and the answer to it, sans I/O: what a server would choose, had it a
//! client of its own age (RFC 5246 section 7.4.1, RFC 2246).

use std::fmt;

use super::suite;

/// Octets of an answer that are looked at; a ServerHello is far shorter.
const ANSWER_CAP: usize = 16 * 1024;
/// Octets of a server's name that fit (RFC 1035 section 2.3.4).
const NAME_CAP: usize = 255;

// Kinds of records (RFC 5246 section 6.2.1).
const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
// Kinds of handshake messages.
const CLIENT_HELLO: u8 = 1;
const SERVER_HELLO: u8 = 2;

/// The promise not to renegotiate unsafely, as a suite (RFC 5746 section 3.3).
const RENEGOTIATION: u16 = 0x00ff;
/// Groups: X25519, P-256, P-384, P-521, ffdhe2048.
const GROUPS: [u16; 5] = [0x001d, 0x0017, 0x0018, 0x0019, 0x0100];
/// Signatures: ECDSA, RSA-PSS and RSA with SHA-256 to -512, then RSA, ECDSA and DSA with SHA-1.
const SIGNATURES: [u16; 13] = [
    0x0403, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0201, 0x0203, 0x0202,
    0x0101,
];

/// A version of TLS before 1.3, or of SSL, as records number it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct OldVersion(u16);

/// What a server chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The version.
    pub version: OldVersion,
    /// The cipher suite's number.
    pub suite: u16,
}

/// What an answer comes to so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// More has to come.
    More,
    /// The server would go on so.
    Offer(Offer),
    /// The server refuses, with this alert.
    Alert(u8),
    /// It is no answer of TLS.
    Foreign,
}

impl OldVersion {
    /// TLS 1.0.
    pub(super) const TLS10: Self = Self(0x0301);
    /// TLS 1.2.
    pub(super) const TLS12: Self = Self(0x0303);

    /// The option of `openssl s_client` that asks for this version alone.
    pub fn openssl_option(self) -> Option<&'static str> {
        match self.0 {
            0x0300 => Some("-ssl3"),
            0x0301 => Some("-tls1"),
            0x0302 => Some("-tls1_1"),
            0x0303 => Some("-tls1_2"),
            _ => None,
        }
    }
}

impl fmt::Display for OldVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0x0300 => f.write_str("SSL 3.0"),
            0x0301 => f.write_str("TLS 1.0"),
            0x0302 => f.write_str("TLS 1.1"),
            0x0303 => f.write_str("TLS 1.2"),
            other => write!(f, "a version of number {other:#06x}"),
        }
    }
}

impl fmt::Debug for OldVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Offer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match suite::name(self.suite) {
            Some(name) => write!(f, "{} with {name}", self.version),
            None => write!(f, "{} with suite {:#06x}", self.version, self.suite),
        }
    }
}

impl Offer {
    /// Whether it is older than TLS 1.2, and not its suite is what is missing.
    pub fn is_too_old(&self) -> bool {
        self.version < OldVersion::TLS12
    }

    /// Whether its suite is one that we speak: then the server minds something else.
    pub fn is_spoken(&self) -> bool {
        let spoken = &suite::SUITES[..suite::SPOKEN];
        !self.is_too_old() && spoken.iter().any(|(number, _)| *number == self.suite)
    }
}

/// A ClientHello that offers this version and those before it. `random` is its random, `name` what it
/// sends as SNI.
pub(super) fn client_hello(version: OldVersion, random: [u8; 32], name: Option<&str>) -> Vec<u8> {
    let mut body = Vec::with_capacity(512);
    body.extend(version.0.to_be_bytes());
    body.extend(random);
    body.push(0); // no session to resume
    let offered = suite::SUITES.iter().map(|(number, _)| *number);
    let suites = numbers(offered.chain([RENEGOTIATION]));
    push_sized(&mut body, &suites);
    body.extend([1, 0]); // no compression
    let mut extensions = Vec::new();
    if let Some(name) = name.filter(|name| name.len() <= NAME_CAP) {
        let mut host = vec![0]; // a host's name
        push_sized(&mut host, name.as_bytes());
        extend(&mut extensions, 0, |content| push_sized(content, &host));
    }
    extend(&mut extensions, 10, |content| {
        push_sized(content, &numbers(GROUPS));
    });
    extend(&mut extensions, 11, |content| content.extend([1, 0])); // points uncompressed
    if version >= OldVersion::TLS12 {
        extend(&mut extensions, 13, |content| {
            push_sized(content, &numbers(SIGNATURES));
        });
    }
    push_sized(&mut body, &extensions);

    let mut message = vec![CLIENT_HELLO, 0];
    push_sized(&mut message, &body);
    let mut record = vec![HANDSHAKE];
    // What every server reads, whatever version is offered inside (RFC 5246 appendix E.1).
    record.extend(OldVersion::TLS10.0.to_be_bytes());
    push_sized(&mut record, &message);
    record
}

/// Reads what a server answered so far.
pub(super) fn answer(octets: &[u8]) -> Answer {
    let mut rest = &octets[..octets.len().min(ANSWER_CAP)];
    let mut message = Vec::new();
    loop {
        let [kind, 3, _, high, low, after @ ..] = rest else {
            let begins_so = match rest {
                [] => true,
                [kind] => matches!(*kind, ALERT | HANDSHAKE),
                [kind, 3, ..] => matches!(*kind, ALERT | HANDSHAKE),
                _ => false,
            };
            return if begins_so && octets.len() < ANSWER_CAP {
                Answer::More
            } else {
                Answer::Foreign
            };
        };
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        let content = &after[..length.min(after.len())];
        match *kind {
            ALERT => {
                return match content {
                    // A warning, as about a name that is not known: what counts comes behind it.
                    [1, alert] if *alert != 0 => {
                        rest = &after[content.len()..];
                        continue;
                    }
                    [_, alert] => Answer::Alert(*alert),
                    _ if content.len() < length => Answer::More,
                    _ => Answer::Foreign,
                };
            }
            HANDSHAKE => message.extend_from_slice(content),
            _ => return Answer::Foreign,
        }
        if let Some(answer) = server_hello(&message) {
            return answer;
        }
        rest = &after[content.len()..];
        if content.len() < length {
            return if octets.len() < ANSWER_CAP {
                Answer::More
            } else {
                Answer::Foreign
            };
        }
    }
}

/// What a ServerHello chose (RFC 5246 section 7.4.1.3); nothing as long as it is not all there.
fn server_hello(message: &[u8]) -> Option<Answer> {
    match message {
        [SERVER_HELLO, _, _, _, body @ ..] => {
            let (version, rest) = body.split_at_checked(2)?;
            let rest = rest.get(32..)?;
            let (session, rest) = rest.split_first()?;
            let suite = rest.get(usize::from(*session)..)?.get(..2)?;
            Some(Answer::Offer(Offer {
                version: OldVersion(u16::from_be_bytes([version[0], version[1]])),
                suite: u16::from_be_bytes([suite[0], suite[1]]),
            }))
        }
        [] | [SERVER_HELLO, ..] => None,
        _ => Some(Answer::Foreign),
    }
}

fn numbers(numbers: impl IntoIterator<Item = u16>) -> Vec<u8> {
    numbers.into_iter().flat_map(u16::to_be_bytes).collect()
}

/// Pushes octets behind their length in two octets. What is pushed here is always shorter.
fn push_sized(to: &mut Vec<u8>, octets: &[u8]) {
    let length = u16::try_from(octets.len()).unwrap_or(u16::MAX);
    to.extend(length.to_be_bytes());
    to.extend(&octets[..usize::from(length)]);
}

fn extend(extensions: &mut Vec<u8>, kind: u16, content: impl FnOnce(&mut Vec<u8>)) {
    let mut octets = Vec::new();
    content(&mut octets);
    extensions.extend(kind.to_be_bytes());
    push_sized(extensions, &octets);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A ServerHello of that version, with that suite.
    fn hello(version: u16, suite: u16) -> Vec<u8> {
        let mut octets = vec![0x16, 3, 1, 0, 42, 2, 0, 0, 38];
        octets.extend(version.to_be_bytes());
        octets.extend([7; 32]);
        octets.push(0);
        octets.extend(suite.to_be_bytes());
        octets.push(0);
        octets
    }

    #[test]
    fn answers_are_read() {
        let mut after_warning = vec![0x15, 3, 1, 0, 2, 1, 112];
        after_warning.extend(hello(0x0301, 0x2f));
        // The same message over two records.
        let mut split = vec![0x16, 3, 1, 0, 4, 2, 0, 0, 38, 0x16, 3, 1, 0, 38];
        split.extend(&hello(0x0302, 0x35)[9..]);
        let table: &[(&[u8], &str)] = &[
            (
                &hello(0x0301, 0x2f),
                "TLS 1.0 with TLS_RSA_WITH_AES_128_CBC_SHA",
            ),
            (
                &hello(0x0300, 0x05),
                "SSL 3.0 with TLS_RSA_WITH_RC4_128_SHA",
            ),
            (
                &hello(0x0303, 0xc02f),
                "TLS 1.2 with TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
            ),
            (&hello(0x0303, 0xabcd), "TLS 1.2 with suite 0xabcd"),
            (
                &hello(0x0505, 0x2f),
                "a version of number 0x0505 with TLS_RSA_WITH_AES_128_CBC_SHA",
            ),
            (&after_warning, "TLS 1.0 with TLS_RSA_WITH_AES_128_CBC_SHA"),
            (&split, "TLS 1.1 with TLS_RSA_WITH_AES_256_CBC_SHA"),
            (&[0x15, 3, 3, 0, 2, 2, 70], "alert 70"),
            (&[0x15, 3, 3, 0, 2, 1, 0], "alert 0"),
            (&[0x15, 3, 3, 0, 2, 2], "more"),
            (&hello(0x0301, 0x2f)[..40], "more"),
            (b"", "more"),
            (&[0x16], "more"),
            (b"220 mx", "foreign"),
            (&[0x16, 3, 1, 0, 1, 9], "foreign"),
            (&[0x17, 3, 3, 0, 0], "foreign"),
            (&[0x15, 3, 3, 0, 0], "foreign"),
        ];
        for (octets, expected) in table {
            let read = match answer(octets) {
                Answer::Offer(offer) => offer.to_string(),
                Answer::Alert(number) => format!("alert {number}"),
                Answer::More => "more".to_owned(),
                Answer::Foreign => "foreign".to_owned(),
            };
            assert_eq!(read, *expected, "{}", octets.escape_ascii());
        }
    }

    #[test]
    fn an_endless_answer_ends_at_its_cap() {
        let empty_records = [0x16, 3, 1, 0, 0].repeat(ANSWER_CAP);
        assert_eq!(answer(&empty_records), Answer::Foreign);
        let endless = [&[0x16, 3, 1, 0xff, 0xff, 2][..], &[0; ANSWER_CAP]].concat();
        assert!(matches!(answer(&endless), Answer::Offer(_)));
    }

    #[test]
    fn a_hello_is_one_record() {
        let octets = client_hello(OldVersion::TLS10, [1; 32], Some("mx.example"));
        let length = usize::from(u16::from_be_bytes([octets[3], octets[4]]));
        assert_eq!(octets.len(), 5 + length);
        assert_eq!(octets[9..11], [3, 1]);
        assert!(octets.windows(10).any(|window| window == b"mx.example"));
    }

    #[test]
    fn no_number_stands_twice() {
        let mut numbers: Vec<u16> = suite::SUITES.iter().map(|(number, _)| *number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), suite::SUITES.len());
    }

    proptest! {
        #[test]
        fn no_answer_makes_it_panic(octets: Vec<u8>, begin in 0_usize..4) {
            let begins: [&[u8]; 4] = [&[], &[0x16, 3, 1], &[0x15, 3, 3], &[0x16, 3, 1, 0, 200, 2, 0, 0, 100]];
            let _ = answer(&[begins[begin], &octets].concat());
        }

        #[test]
        fn what_comes_in_pieces_is_read_as_in_one(suite: u16, at in 0_usize..47) {
            let octets = hello(0x0301, suite);
            let whole = answer(&octets);
            prop_assert!(matches!(whole, Answer::Offer(_)));
            let part = answer(&octets[..at.min(octets.len())]);
            prop_assert!(part == Answer::More || part == whole);
        }
    }
}
