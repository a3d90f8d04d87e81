//! Encodes the ClientHello of a probe and parses the server's reply to it, without I/O. The probe
//! shows what an old server would choose with a client of its age (RFC 5246 section 7.4.1, RFC
//! 2246).

use std::fmt;

use super::suite;

/// Octets of a reply that are parsed; a ServerHello is far shorter.
const REPLY_CAP: usize = 16 * 1024;
/// Octets of a server name, at most (RFC 1035 section 2.3.4).
const NAME_CAP: usize = 255;

// Record types (RFC 5246 section 6.2.1).
const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
// Handshake message types (RFC 5246 section 7.4).
const CLIENT_HELLO: u8 = 1;
const SERVER_HELLO: u8 = 2;

/// The suite number that signals secure renegotiation (RFC 5746 section 3.3).
const RENEGOTIATION: u16 = 0x00ff;
/// Groups: X25519, P-256, P-384, P-521, ffdhe2048.
const GROUPS: [u16; 5] = [0x001d, 0x0017, 0x0018, 0x0019, 0x0100];
/// Signature schemes: ECDSA, RSA-PSS and RSA with SHA-256, SHA-384 and SHA-512, then RSA, ECDSA and
/// DSA with SHA-1, then RSA with MD5.
const SIGNATURES: [u16; 13] = [
    0x0403, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0201, 0x0203, 0x0202,
    0x0101,
];

/// A version of SSL, or of TLS before 1.3, as the protocol numbers it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LegacyVersion(u16);

/// What a server chose in its ServerHello.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerChoice {
    /// The version.
    pub version: LegacyVersion,
    /// The number of the cipher suite.
    pub suite: u16,
}

/// A server's reply to the probe, as far as it has arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ProbeReply {
    /// More octets are needed.
    Incomplete,
    /// A ServerHello with this choice.
    Choice(ServerChoice),
    /// A refusal with this alert.
    Alert(u8),
    /// Something other than TLS, or another handshake message.
    NotTls,
}

impl LegacyVersion {
    /// TLS 1.0.
    pub(super) const TLS10: Self = Self(0x0301);
    /// TLS 1.2.
    pub(super) const TLS12: Self = Self(0x0303);

    /// The option of `openssl s_client` for this version alone.
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

impl fmt::Display for LegacyVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0x0300 => f.write_str("SSL 3.0"),
            0x0301 => f.write_str("TLS 1.0"),
            0x0302 => f.write_str("TLS 1.1"),
            0x0303 => f.write_str("TLS 1.2"),
            other => write!(f, "unknown version {other:#06x}"),
        }
    }
}

impl fmt::Debug for LegacyVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for ServerChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match suite::name(self.suite) {
            Some(name) => write!(f, "{} with {name}", self.version),
            None => write!(f, "{} with suite {:#06x}", self.version, self.suite),
        }
    }
}

impl ServerChoice {
    /// Whether its version is older than TLS 1.2, which is then the problem, and not the suite.
    pub fn is_too_old(&self) -> bool {
        self.version < LegacyVersion::TLS12
    }

    /// Whether ehlo supports its version and suite. If so, the server refuses for another reason.
    pub fn is_supported(&self) -> bool {
        let supported = &suite::SUITES[..suite::SUPPORTED];
        !self.is_too_old() && supported.iter().any(|(number, _)| *number == self.suite)
    }
}

/// A ClientHello that offers this version and older ones. `random` is its random field, `name` its
/// SNI.
pub(super) fn client_hello(
    version: LegacyVersion,
    random: [u8; 32],
    name: Option<&str>,
) -> Vec<u8> {
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
        let mut host = vec![0]; // type host_name
        push_sized(&mut host, name.as_bytes());
        extend(&mut extensions, 0, |content| push_sized(content, &host));
    }
    extend(&mut extensions, 10, |content| {
        push_sized(content, &numbers(GROUPS));
    });
    extend(&mut extensions, 11, |content| content.extend([1, 0])); // uncompressed points
    if version >= LegacyVersion::TLS12 {
        extend(&mut extensions, 13, |content| {
            push_sized(content, &numbers(SIGNATURES));
        });
    }
    push_sized(&mut body, &extensions);

    let mut message = vec![CLIENT_HELLO, 0];
    push_sized(&mut message, &body);
    let mut record = vec![HANDSHAKE];
    // A record version that every server accepts, whatever the hello offers (RFC 5246 appendix
    // E.1).
    record.extend(LegacyVersion::TLS10.0.to_be_bytes());
    push_sized(&mut record, &message);
    record
}

/// Parses what the server has sent so far.
pub(super) fn parse_reply(octets: &[u8]) -> ProbeReply {
    let mut rest = &octets[..octets.len().min(REPLY_CAP)];
    let mut message = Vec::new();
    loop {
        let [kind, 3, _, high, low, after @ ..] = rest else {
            let may_be_tls = match rest {
                [] => true,
                [kind] => matches!(*kind, ALERT | HANDSHAKE),
                [kind, 3, ..] => matches!(*kind, ALERT | HANDSHAKE),
                _ => false,
            };
            return if may_be_tls && octets.len() < REPLY_CAP {
                ProbeReply::Incomplete
            } else {
                ProbeReply::NotTls
            };
        };
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        let content = &after[..length.min(after.len())];
        match *kind {
            ALERT => {
                return match content {
                    // A warning, such as unrecognized_name: the ServerHello follows.
                    [1, alert] if *alert != 0 => {
                        rest = &after[content.len()..];
                        continue;
                    }
                    [_, alert] => ProbeReply::Alert(*alert),
                    _ if content.len() < length => ProbeReply::Incomplete,
                    _ => ProbeReply::NotTls,
                };
            }
            HANDSHAKE => message.extend_from_slice(content),
            _ => return ProbeReply::NotTls,
        }
        if let Some(reply) = parse_server_hello(&message) {
            return reply;
        }
        rest = &after[content.len()..];
        if content.len() < length {
            return if octets.len() < REPLY_CAP {
                ProbeReply::Incomplete
            } else {
                ProbeReply::NotTls
            };
        }
    }
}

/// Parses a ServerHello (RFC 5246 section 7.4.1.3). `None` if it is incomplete.
fn parse_server_hello(message: &[u8]) -> Option<ProbeReply> {
    match message {
        [SERVER_HELLO, _, _, _, body @ ..] => {
            let (version, rest) = body.split_at_checked(2)?;
            let rest = rest.get(32..)?;
            let (session, rest) = rest.split_first()?;
            let suite = rest.get(usize::from(*session)..)?.get(..2)?;
            Some(ProbeReply::Choice(ServerChoice {
                version: LegacyVersion(u16::from_be_bytes([version[0], version[1]])),
                suite: u16::from_be_bytes([suite[0], suite[1]]),
            }))
        }
        [] | [SERVER_HELLO, ..] => None,
        _ => Some(ProbeReply::NotTls),
    }
}

fn numbers(numbers: impl IntoIterator<Item = u16>) -> Vec<u8> {
    numbers.into_iter().flat_map(u16::to_be_bytes).collect()
}

/// Appends `octets` after a two-octet length. Callers pass less than 64 KiB.
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

    /// A ServerHello with this version and suite.
    fn server_hello_octets(version: u16, suite: u16) -> Vec<u8> {
        let mut octets = vec![0x16, 3, 1, 0, 42, 2, 0, 0, 38];
        octets.extend(version.to_be_bytes());
        octets.extend([7; 32]);
        octets.push(0);
        octets.extend(suite.to_be_bytes());
        octets.push(0);
        octets
    }

    #[test]
    fn parses_replies() {
        let mut after_warning = vec![0x15, 3, 1, 0, 2, 1, 112];
        after_warning.extend(server_hello_octets(0x0301, 0x2f));
        // One message in two records.
        let mut split = vec![0x16, 3, 1, 0, 4, 2, 0, 0, 38, 0x16, 3, 1, 0, 38];
        split.extend(&server_hello_octets(0x0302, 0x35)[9..]);
        let table: &[(&[u8], &str)] = &[
            (
                &server_hello_octets(0x0301, 0x2f),
                "TLS 1.0 with TLS_RSA_WITH_AES_128_CBC_SHA",
            ),
            (
                &server_hello_octets(0x0300, 0x05),
                "SSL 3.0 with TLS_RSA_WITH_RC4_128_SHA",
            ),
            (
                &server_hello_octets(0x0303, 0xc02f),
                "TLS 1.2 with TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
            ),
            (
                &server_hello_octets(0x0303, 0xabcd),
                "TLS 1.2 with suite 0xabcd",
            ),
            (
                &server_hello_octets(0x0505, 0x2f),
                "unknown version 0x0505 with TLS_RSA_WITH_AES_128_CBC_SHA",
            ),
            (&after_warning, "TLS 1.0 with TLS_RSA_WITH_AES_128_CBC_SHA"),
            (&split, "TLS 1.1 with TLS_RSA_WITH_AES_256_CBC_SHA"),
            (&[0x15, 3, 3, 0, 2, 2, 70], "alert 70"),
            (&[0x15, 3, 3, 0, 2, 1, 0], "alert 0"),
            (&[0x15, 3, 3, 0, 2, 2], "incomplete"),
            (&server_hello_octets(0x0301, 0x2f)[..40], "incomplete"),
            (b"", "incomplete"),
            (&[0x16], "incomplete"),
            (b"220 mx", "not TLS"),
            (&[0x16, 3, 1, 0, 1, 9], "not TLS"),
            (&[0x17, 3, 3, 0, 0], "not TLS"),
            (&[0x15, 3, 3, 0, 0], "not TLS"),
        ];
        for (octets, expected) in table {
            let parsed = match parse_reply(octets) {
                ProbeReply::Choice(choice) => choice.to_string(),
                ProbeReply::Alert(number) => format!("alert {number}"),
                ProbeReply::Incomplete => "incomplete".to_owned(),
                ProbeReply::NotTls => "not TLS".to_owned(),
            };
            assert_eq!(parsed, *expected, "{}", octets.escape_ascii());
        }
    }

    #[test]
    fn stops_at_the_cap() {
        let empty_records = [0x16, 3, 1, 0, 0].repeat(REPLY_CAP);
        assert_eq!(parse_reply(&empty_records), ProbeReply::NotTls);
        let endless = [&[0x16, 3, 1, 0xff, 0xff, 2][..], &[0; REPLY_CAP]].concat();
        assert!(matches!(parse_reply(&endless), ProbeReply::Choice(_)));
    }

    #[test]
    fn a_client_hello_is_one_record() {
        let octets = client_hello(LegacyVersion::TLS10, [1; 32], Some("mx.example"));
        let length = usize::from(u16::from_be_bytes([octets[3], octets[4]]));
        assert_eq!(octets.len(), 5 + length);
        assert_eq!(octets[9..11], [3, 1]);
        assert!(octets.windows(10).any(|window| window == b"mx.example"));
    }

    #[test]
    fn suite_numbers_are_unique() {
        let mut numbers: Vec<u16> = suite::SUITES.iter().map(|(number, _)| *number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), suite::SUITES.len());
    }

    proptest! {
        #[test]
        fn parsing_never_panics(octets: Vec<u8>, begin in 0_usize..4) {
            let begins: [&[u8]; 4] = [&[], &[0x16, 3, 1], &[0x15, 3, 3], &[0x16, 3, 1, 0, 200, 2, 0, 0, 100]];
            let _ = parse_reply(&[begins[begin], &octets].concat());
        }

        #[test]
        fn an_incomplete_reply_never_parses_as_another(suite: u16, at in 0_usize..47) {
            let octets = server_hello_octets(0x0301, suite);
            let whole = parse_reply(&octets);
            prop_assert!(matches!(whole, ProbeReply::Choice(_)));
            let part = parse_reply(&octets[..at.min(octets.len())]);
            prop_assert!(part == ProbeReply::Incomplete || part == whole);
        }
    }
}
