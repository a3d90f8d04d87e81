//! Encodes DNS queries and parses answers, without I/O (RFC 1035 section 4). Only the record types
//! that mail needs. Answers are hostile input.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::super::tls::Tlsa;

/// UDP payload size that queries advertise, small enough to avoid fragments (RFC 6891 section
/// 6.2.5).
const UDP_OCTETS: u16 = 1232;
/// Records of an answer that are parsed.
const RECORDS_CAP: usize = 256;
/// Octets of a name, at most (RFC 1035 section 2.3.4).
const NAME_CAP: usize = 255;
/// Compression pointers that are followed in one name.
const POINTERS_CAP: usize = 32;
/// Octets of the message header.
const HEADER: usize = 12;

const CNAME: u16 = 5;
const INTERNET: u16 = 1;
const OPT: u16 = 41;

/// The record type of a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RecordType {
    /// Mail exchangers of a domain.
    Mx,
    /// TLSA records, for DANE.
    Tlsa,
    /// IPv4 addresses of a host.
    A,
    /// IPv6 addresses of a host.
    Aaaa,
    /// The name of a host by its address.
    Ptr,
}

/// A record of the queried type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Record {
    Mx { preference: u16, host: String },
    Tlsa(Tlsa),
    Address(IpAddr),
    Ptr(String),
}

/// A parsed answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct DnsAnswer {
    /// Whether the answer is incomplete (TC); the query has to be repeated over TCP.
    pub(super) truncated: bool,
    /// Whether the resolver validated the DNSSEC signatures (AD, RFC 4035 section 3.2.3).
    pub(super) authentic: bool,
    /// The response code: 0 for success, 3 for NXDOMAIN (RFC 1035 section 4.1.1).
    pub(super) code: u8,
    /// The records of the queried type.
    pub(super) records: Vec<Record>,
    /// The name at which the records are, if the queried one is an alias (CNAME).
    pub(super) alias: Option<String>,
}

impl RecordType {
    fn number(self) -> u16 {
        match self {
            Self::Mx => 15,
            Self::Tlsa => 52,
            Self::A => 1,
            Self::Aaaa => 28,
            Self::Ptr => 12,
        }
    }
}

/// Encodes a query. `None` if `name` is not a valid DNS name.
pub(super) fn encode_query(id: u16, name: &str, kind: RecordType) -> Option<Vec<u8>> {
    let mut octets = Vec::with_capacity(64);
    octets.extend(id.to_be_bytes());
    // RD, AD: recursion, and tell whether the answer is validated (RFC 6840 section 5.7).
    octets.extend([1, 0x20, 0, 1, 0, 0, 0, 0, 0, 1]);
    let begin = octets.len();
    for label in name.strip_suffix('.').unwrap_or(name).split('.') {
        let length = u8::try_from(label.len()).ok()?;
        if !(1..=63).contains(&length) {
            return None;
        }
        octets.push(length);
        octets.extend(label.bytes());
    }
    octets.push(0);
    if octets.len() - begin > NAME_CAP {
        return None;
    }
    octets.extend(kind.number().to_be_bytes());
    octets.extend(INTERNET.to_be_bytes());
    // The EDNS record: root name, type, payload size, no flags, no options.
    octets.push(0);
    octets.extend(OPT.to_be_bytes());
    octets.extend(UDP_OCTETS.to_be_bytes());
    octets.extend([0; 6]);
    Some(octets)
}

/// Parses the answer to a query. `None` if the octets are malformed or answer another query.
pub(super) fn parse_answer(
    octets: &[u8],
    id: u16,
    name: &str,
    kind: RecordType,
) -> Option<DnsAnswer> {
    let header: &[u8; HEADER] = octets.first_chunk()?;
    let count = |at: usize| usize::from(u16::from_be_bytes([header[at], header[at + 1]]));
    let is_response = header[2] & 0x80 != 0;
    if u16::from_be_bytes([header[0], header[1]]) != id || !is_response || count(4) != 1 {
        return None;
    }
    let mut reader = MessageReader { octets, at: HEADER };
    let question = reader.name()?;
    let expected = name.strip_suffix('.').unwrap_or(name);
    if !question.eq_ignore_ascii_case(expected) || reader.u16()? != kind.number() {
        return None;
    }
    reader.take(2)?;
    let mut answer = DnsAnswer {
        truncated: header[2] & 2 != 0,
        authentic: header[3] & 0x20 != 0,
        code: header[3] & 15,
        records: Vec::new(),
        alias: None,
    };
    if answer.truncated {
        return Some(answer);
    }
    // A CNAME comes before the records of its target.
    let mut owner = question;
    for _ in 0..count(6).min(RECORDS_CAP) {
        let of = reader.name()?;
        let number = reader.u16()?;
        reader.take(6)?; // class and time to live
        let length = usize::from(reader.u16()?);
        let end = reader.at.checked_add(length)?;
        if end > octets.len() {
            return None;
        }
        if of.eq_ignore_ascii_case(&owner) {
            if number == CNAME {
                owner = reader.name()?;
                answer.alias = Some(owner.clone());
            } else if number == kind.number() {
                answer.records.push(reader.record(kind, end)?);
            }
        }
        reader.at = end;
    }
    Some(answer)
}

/// A cursor over the octets of a message.
struct MessageReader<'a> {
    octets: &'a [u8],
    at: usize,
}

impl<'a> MessageReader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let end = self.at.checked_add(count)?;
        let taken = self.octets.get(self.at..end)?;
        self.at = end;
        Some(taken)
    }

    fn u16(&mut self) -> Option<u16> {
        self.take(2).map(|two| u16::from_be_bytes([two[0], two[1]]))
    }

    fn record(&mut self, kind: RecordType, end: usize) -> Option<Record> {
        let record = match kind {
            RecordType::Mx => Record::Mx {
                preference: self.u16()?,
                host: self.name()?,
            },
            RecordType::Tlsa => {
                let head = self.take(3)?;
                let data = self.take(end.checked_sub(self.at)?)?;
                Record::Tlsa(Tlsa {
                    usage: head[0],
                    selector: head[1],
                    matching: head[2],
                    data: data.to_vec(),
                })
            }
            RecordType::A => {
                let octets: [u8; 4] = self.take(4)?.try_into().ok()?;
                Record::Address(Ipv4Addr::from(octets).into())
            }
            RecordType::Aaaa => {
                let octets: [u8; 16] = self.take(16)?.try_into().ok()?;
                Record::Address(Ipv6Addr::from(octets).into())
            }
            RecordType::Ptr => Record::Ptr(self.name()?),
        };
        (self.at <= end).then_some(record)
    }

    /// Reads a name: its labels joined by dots, empty for the root. Octets that do not occur in
    /// host names are written as `\DDD`.
    fn name(&mut self) -> Option<String> {
        let mut name = String::new();
        let mut length = 0;
        let mut pointers = 0;
        let mut at = self.at;
        let mut after = None;
        loop {
            let first = *self.octets.get(at)?;
            match first {
                0 => {
                    self.at = after.unwrap_or(at + 1);
                    return Some(name);
                }
                1..=63 => {
                    let label = self.octets.get(at + 1..at + 1 + usize::from(first))?;
                    length += label.len() + 1;
                    if length > NAME_CAP {
                        return None;
                    }
                    if !name.is_empty() {
                        name.push('.');
                    }
                    for octet in label {
                        match octet {
                            b'-' | b'_' => name.push(char::from(*octet)),
                            octet if octet.is_ascii_alphanumeric() => {
                                name.push(char::from(*octet));
                            }
                            octet => name.push_str(&format!("\\{octet:03}")),
                        }
                    }
                    at += 1 + usize::from(first);
                }
                0xc0.. => {
                    let second = *self.octets.get(at + 1)?;
                    after = after.or(Some(at + 2));
                    pointers += 1;
                    if pointers > POINTERS_CAP {
                        return None;
                    }
                    at = usize::from(u16::from_be_bytes([first & 0x3f, second]));
                }
                _ => return None,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Encodes an answer with these records: owner, type, data.
    fn encode_answer(
        name: &str,
        kind: RecordType,
        flags: [u8; 2],
        records: &[(&[u8], u16, &[u8])],
    ) -> Vec<u8> {
        let mut octets = encode_query(7, name, kind).unwrap();
        octets.truncate(octets.len() - 11);
        octets[2..4].copy_from_slice(&flags);
        octets[7] = u8::try_from(records.len()).unwrap();
        octets[11] = 0;
        for (owner, number, data) in records {
            octets.extend(*owner);
            octets.extend(number.to_be_bytes());
            octets.extend([0, 1, 0, 0, 0, 60]);
            octets.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
            octets.extend(*data);
        }
        octets
    }

    /// A compression pointer to the name in the query.
    const OWNER: &[u8] = &[0xc0, 12];

    #[test]
    fn parses_answers() {
        let mx = |octets: &[u8]| parse_answer(octets, 7, "example.org", RecordType::Mx);
        let record = |preference, host: &str| Record::Mx {
            preference,
            host: host.to_owned(),
        };
        let good = encode_answer(
            "example.org",
            RecordType::Mx,
            [0x81, 0xa0],
            &[
                (OWNER, 15, &[0, 20, 2, b'm', b'2', 0xc0, 12]),
                (OWNER, 1, &[192, 0, 2, 1]),
                (OWNER, 15, &[0, 10, 3, b'a', 0x1b, b'b', 0]),
            ],
        );
        let read = mx(&good).unwrap();
        assert!(read.authentic && read.code == 0 && !read.truncated);
        let expected = [record(20, "m2.example.org"), record(10, "a\\027b")];
        assert_eq!(read.records, expected);

        let null = encode_answer(
            "example.org",
            RecordType::Mx,
            [0x81, 0x80],
            &[(OWNER, 15, &[0, 0, 0])],
        );
        assert_eq!(mx(&null).unwrap().records, [record(0, "")]);

        let alias = encode_answer(
            "example.org",
            RecordType::Mx,
            [0x81, 0x80],
            &[
                (OWNER, 5, &[1, b'x', 0]),
                (OWNER, 15, &[0, 1, 1, b'n', 0]),
                (&[1, b'X', 0], 15, &[0, 2, 1, b'y', 0]),
            ],
        );
        let read = mx(&alias).unwrap();
        assert_eq!(read.records, [record(2, "y")]);
        assert_eq!(read.alias.as_deref(), Some("x"));

        let missing = encode_answer("example.org", RecordType::Mx, [0x81, 0x83], &[]);
        assert_eq!(mx(&missing).unwrap().code, 3);
        let cut = encode_answer("example.org", RecordType::Mx, [0x83, 0x80], &[]);
        assert!(mx(&cut).unwrap().truncated);

        let keys = encode_answer(
            "_25._tcp.mx.example",
            RecordType::Tlsa,
            [0x81, 0xa0],
            &[(OWNER, 52, &[3, 1, 1, 0xab, 0xcd])],
        );
        let read = parse_answer(&keys, 7, "_25._TCP.mx.example.", RecordType::Tlsa).unwrap();
        let tlsa = Tlsa {
            usage: 3,
            selector: 1,
            matching: 1,
            data: vec![0xab, 0xcd],
        };
        assert_eq!(read.records, [Record::Tlsa(tlsa)]);
    }

    #[test]
    fn parses_addresses_and_names_of_hosts() {
        let one = |kind: RecordType, data: &[u8]| {
            let number = kind.number();
            let octets = encode_answer("h.example", kind, [0x81, 0x80], &[(OWNER, number, data)]);
            parse_answer(&octets, 7, "h.example", kind).map(|answer| answer.records)
        };
        let v4 = Record::Address([192, 0, 2, 1].into());
        assert_eq!(one(RecordType::A, &[192, 0, 2, 1]), Some(vec![v4]));
        let mut v6 = [0; 16];
        v6[15] = 1;
        let loopback = Record::Address(Ipv6Addr::LOCALHOST.into());
        assert_eq!(one(RecordType::Aaaa, &v6), Some(vec![loopback]));
        let name = Record::Ptr("m.h.example".to_owned());
        let data = &[1, b'm', 0xc0, 12];
        assert_eq!(one(RecordType::Ptr, data), Some(vec![name]));
        for (kind, data) in [
            (RecordType::A, &[192, 0, 2][..]),
            (RecordType::Aaaa, &[0; 15]),
            (RecordType::Ptr, &[9, b'm']),
        ] {
            assert_eq!(one(kind, data), None, "{kind:?}");
        }
    }

    #[test]
    fn rejects_malformed_answers_and_answers_to_other_queries() {
        let good = encode_answer(
            "example.org",
            RecordType::Mx,
            [0x81, 0x80],
            &[(OWNER, 15, &[0, 1, 1, b'n', 0])],
        );
        let accepts =
            |octets: &[u8], id, name, kind| parse_answer(octets, id, name, kind).is_some();
        assert!(accepts(&good, 7, "example.org", RecordType::Mx));
        assert!(!accepts(&good, 8, "example.org", RecordType::Mx));
        assert!(!accepts(&good, 7, "example.net", RecordType::Mx));
        assert!(!accepts(&good, 7, "example.org", RecordType::Tlsa));
        for end in 0..good.len() {
            assert!(
                !accepts(&good[..end], 7, "example.org", RecordType::Mx),
                "{end}"
            );
        }
        // A pointer to itself, and a record that is shorter than its data.
        let endless = encode_answer(
            "example.org",
            RecordType::Mx,
            [0x81, 0x80],
            &[(&[0xc0, 29], 15, &[])],
        );
        assert!(!accepts(&endless, 7, "example.org", RecordType::Mx));
        let short = encode_answer(
            "example.org",
            RecordType::Mx,
            [0x81, 0x80],
            &[(OWNER, 15, &[0, 1, 1])],
        );
        assert!(!accepts(&short, 7, "example.org", RecordType::Mx));
    }

    #[test]
    fn rejects_invalid_names() {
        let long = "a".repeat(64);
        let longer = "abcdefg.".repeat(33);
        for name in ["", "a..b", &long, &longer] {
            assert_eq!(encode_query(1, name, RecordType::Mx), None, "{name}");
        }
    }

    proptest! {
        #[test]
        fn parsing_never_panics(octets: Vec<u8>, at in 0_usize..60, octet: u8) {
            let _ = parse_answer(&octets, 7, "example.org", RecordType::Mx);
            let data: &[u8] = &[0, 20, 2, b'm', b'2', 0xc0, 12];
            let mut good = encode_answer("example.org", RecordType::Mx, [0x81, 0x80], &[(OWNER, 15, data)]);
            if let Some(changed) = good.get_mut(at) {
                *changed = octet;
            }
            good.extend(octets);
            let _ = parse_answer(&good, 7, "example.org", RecordType::Mx);
        }
    }
}
