//! MX lookups and DANE, with a resolver that the test plays on loopback. It does not sign anything:
//! validating signatures is the resolver's part, and the test plays its result, the AD flag.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::sync::Arc;

use ehlo::net::{Dane, DnsError, Failure, Fingerprint, Resolver, Security, TrustSource};
use ehlo::smtp::Link;
use tokio_rustls::rustls::ServerConfig;

use super::certificates::{Authority, ca_params, leaf_params};
use super::client::{Client, HOST, plan};
use crate::support::scripted::{Scripted, Step, says};

// The flags of an answer.
const SUCCESS: [u8; 2] = [0x81, 0x80];
const AUTHENTIC: [u8; 2] = [0x81, 0xa0];
const TRUNCATED: [u8; 2] = [0x83, 0x80];
const NXDOMAIN: [u8; 2] = [0x81, 0x83];
const SERVFAIL: [u8; 2] = [0x81, 0x82];

/// The answer to a query, with these records: type and data.
fn answer(query: &[u8], flags: [u8; 2], records: &[(u8, Vec<u8>)]) -> Vec<u8> {
    // A query ends with the EDNS record, of 11 octets.
    let mut octets = query[..query.len() - 11].to_vec();
    octets[2..4].copy_from_slice(&flags);
    octets[7] = u8::try_from(records.len()).unwrap();
    octets[11] = 0;
    for (kind, data) in records {
        octets.extend([0xc0, 12, 0, *kind, 0, 1, 0, 0, 0, 60, 0]);
        octets.push(u8::try_from(data.len()).unwrap());
        octets.extend(data);
    }
    octets
}

/// A UDP and a TCP socket on one port. The TCP port may be taken, so this tries several.
fn udp_and_tcp() -> (UdpSocket, TcpListener) {
    for _ in 0..100 {
        let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
        if let Ok(tcp) = TcpListener::bind(udp.local_addr().unwrap()) {
            return (udp, tcp);
        }
    }
    panic!("no port is free for UDP and TCP");
}

/// A resolver that gives this answer to every query. With `by_tcp` the answer over UDP is
/// truncated.
fn resolver(flags: [u8; 2], records: Vec<(u8, Vec<u8>)>, by_tcp: bool) -> SocketAddr {
    let (udp, tcp) = udp_and_tcp();
    let address = udp.local_addr().unwrap();
    let tcp_records = records.clone();
    std::thread::spawn(move || {
        let mut buffer = [0; 1500];
        while let Ok((octets, from)) = udp.recv_from(&mut buffer) {
            let query = &buffer[..octets];
            // An answer to another query comes first and must be ignored.
            let mut stray = answer(query, flags, &[]);
            stray[0] ^= 0xff;
            udp.send_to(&stray, from).unwrap();
            let answer = if by_tcp {
                answer(query, TRUNCATED, &[])
            } else {
                answer(query, flags, &records)
            };
            udp.send_to(&answer, from).unwrap();
        }
    });
    std::thread::spawn(move || {
        while let Ok((mut stream, _)) = tcp.accept() {
            let mut length = [0; 2];
            stream.read_exact(&mut length).unwrap();
            let mut query = vec![0; usize::from(u16::from_be_bytes(length))];
            stream.read_exact(&mut query).unwrap();
            let answer = answer(&query, flags, &tcp_records);
            let length = u16::try_from(answer.len()).unwrap().to_be_bytes();
            stream
                .write_all(&[&length, answer.as_slice()].concat())
                .unwrap();
        }
    });
    address
}

/// The type and data of an MX record.
fn mx(preference: u8, host: &str) -> (u8, Vec<u8>) {
    let mut data = vec![0, preference];
    for label in host.split('.').filter(|label| !label.is_empty()) {
        data.push(u8::try_from(label.len()).unwrap());
        data.extend(label.bytes());
    }
    data.push(0);
    (15, data)
}

/// A client that has looked up the MX of a domain with a trusted resolver.
fn look_up(domain: &str, server: SocketAddr) -> Client {
    let mut client = Client::new();
    client.look_up_mx(
        domain,
        Resolver::At {
            server,
            trusted: true,
        },
    );
    client.wait_for_end();
    client
}

#[test]
fn looks_up_mail_routes() {
    let several = vec![
        mx(20, "b.example"),
        mx(10, "a.example"),
        mx(20, "a.example"),
    ];
    let table = [
        (
            SUCCESS,
            several.clone(),
            false,
            "MX of example.org: 10 a.example, 20 a.example, 20 b.example",
        ),
        (
            AUTHENTIC,
            vec![mx(5, "a.example")],
            false,
            "MX of example.org: 5 a.example   authentic (DNSSEC)",
        ),
        (
            SUCCESS,
            several,
            true,
            "MX of example.org: 10 a.example, 20 a.example, 20 b.example",
        ),
        (
            SUCCESS,
            vec![mx(0, ".")],
            false,
            "example.org accepts no mail: null MX (RFC 7505)",
        ),
        (
            SUCCESS,
            vec![],
            false,
            "example.org has no MX: mail goes to its own address (RFC 5321 s5.1)",
        ),
    ];
    for (flags, records, by_tcp, text) in table {
        let server = resolver(flags, records, by_tcp);
        let client = look_up("example.org", server);
        client.assert_line("-- looking up the MX of example.org");
        client.assert_line(&format!("-- {text}"));
        client.assert_equal("route", &client.routes[0].to_string(), text);
    }
}

#[test]
fn reports_failed_lookups() {
    let table = [
        (NXDOMAIN, "example.org", DnsError::NoSuchName),
        (SERVFAIL, "example.org", DnsError::ServerFailure),
        ([0x81, 0x85], "example.org", DnsError::Refused(5)),
        (SUCCESS, "a..b", DnsError::BadName("a..b".to_owned())),
    ];
    for (flags, domain, error) in table {
        let server = resolver(flags, vec![], false);
        let client = look_up(domain, server);
        client.assert_failures(&[Failure::MailRoute(error)]);
    }
    // Nothing listens there, which the system reports at once.
    let server = UdpSocket::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let client = look_up("example.org", server);
    client.assert_failures(&[Failure::MailRoute(DnsError::NoAnswer)]);
}

#[test]
fn a_lookup_can_be_cancelled() {
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let server = silent.local_addr().unwrap();
    let mut client = Client::new();
    client.look_up_mx(
        "example.org",
        Resolver::At {
            server,
            trusted: true,
        },
    );
    let mut buffer = [0; 1500];
    silent.recv(&mut buffer).unwrap();
    client.cancel();
    client.wait_for_end();
    client.assert_failures(&[Failure::Cancelled]);
}

#[test]
fn c36_checks_tlsa_records() {
    let root = Authority::new("Test Root");
    let intermediate = root.intermediate(ca_params("Test Intermediate"));
    let identity = || {
        intermediate
            .issue(&leaf_params(&["localhost"]))
            .with_chain(&[&intermediate])
    };
    let pin = |der: &[u8]| {
        let (_, read) = x509_parser::parse_x509_certificate(der).unwrap();
        octets(Fingerprint::of(read.public_key().raw))
    };
    let tlsa = |head: [u8; 3], data: Vec<u8>| (52, [head.to_vec(), data].concat());
    let other = vec![7; 32];
    // The records, made from the server's certificate, and the expected verdict.
    type Records<'a> = Box<dyn Fn(&[u8]) -> Vec<(u8, Vec<u8>)> + 'a>;
    let cases: Vec<(&str, [u8; 2], bool, Records<'_>, Option<TrustSource>, &str)> = vec![
        (
            "the server's key",
            AUTHENTIC,
            true,
            Box::new(|der| vec![tlsa([3, 1, 1], pin(der))]),
            Some(TrustSource::Dane),
            "verified by DANE; without that: …",
        ),
        (
            "the server's certificate",
            AUTHENTIC,
            true,
            Box::new(|der| vec![tlsa([3, 0, 1], octets(Fingerprint::of(der)))]),
            Some(TrustSource::Dane),
            "verified by DANE; …",
        ),
        (
            "the CA",
            AUTHENTIC,
            true,
            Box::new(|_| vec![tlsa([2, 1, 1], pin(&intermediate.der()))]),
            Some(TrustSource::Dane),
            "verified by DANE; …",
        ),
        (
            "one of two",
            AUTHENTIC,
            true,
            Box::new(|der| vec![tlsa([3, 1, 1], other.clone()), tlsa([3, 1, 1], pin(der))]),
            Some(TrustSource::Dane),
            "verified by DANE; …",
        ),
        (
            "another key",
            AUTHENTIC,
            true,
            Box::new(|_| vec![tlsa([3, 1, 1], other.clone())]),
            None,
            "DANE: no TLSA record matches this chain; …",
        ),
        (
            "not authentic",
            SUCCESS,
            true,
            Box::new(|der| vec![tlsa([3, 1, 1], pin(der))]),
            None,
            "unknown issuer: Test Root…",
        ),
        (
            "resolver not trusted",
            AUTHENTIC,
            false,
            Box::new(|der| vec![tlsa([3, 1, 1], pin(der))]),
            None,
            "unknown issuer: Test Root…",
        ),
        (
            "not for SMTP",
            AUTHENTIC,
            true,
            Box::new(|der| vec![tlsa([1, 1, 1], pin(der))]),
            None,
            "unknown issuer: Test Root…",
        ),
        (
            "none",
            AUTHENTIC,
            true,
            Box::new(|_| vec![]),
            None,
            "unknown issuer: Test Root…",
        ),
    ];
    for (case, flags, trusted, records, trusted_by, verdict) in cases {
        let identity = identity();
        let server = resolver(flags, records(&identity.der()), false);
        let config: Arc<ServerConfig> = identity.server();
        let scripted = Scripted::start(vec![Step::Tls(config), says("220 localhost ESMTP")]);
        let mut client = Client::new();
        client.show_journal_of(&scripted);
        let mut plan = plan(&scripted, Security::Implicit);
        plan.host = "localhost".to_owned();
        plan.tls.sni = ehlo::net::Sni::Host;
        plan.tls.dane = Some(Resolver::At { server, trusted });
        client.connect(plan);
        client.wait_for_replies();
        let facts = &client.tls[0];
        client.assert_equal(case, &facts.verdict.trusted_by, &trusted_by);
        client.assert_that(
            &format!("{case}: {}", facts.verdict),
            super::text::matches_pattern(&facts.verdict.to_string(), verdict),
        );
        let link = if trusted_by.is_some() {
            Link::Verified
        } else {
            Link::Unverified
        };
        client.assert_equal(case, &facts.link(), &link);
        client.assert_line("-- DANE: …");
        let unused = matches!(facts.dane, Dane::Unauthentic(1));
        let unauthentic = ["not authentic", "resolver not trusted"].contains(&case);
        client.assert_equal(case, &unused, &unauthentic);
    }
}

fn octets(fingerprint: Fingerprint) -> Vec<u8> {
    let hex = fingerprint.hex();
    hex.split(':')
        .map(|pair| u8::from_str_radix(pair, 16).unwrap())
        .collect()
}

#[test]
fn an_address_has_no_tlsa_records() {
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let server = silent.local_addr().unwrap();
    let config = Authority::new("Test Root").server(&[HOST]);
    let scripted = Scripted::start(vec![Step::Tls(config), says("220 mx.example ESMTP")]);
    let mut client = Client::new();
    client.show_journal_of(&scripted);
    let mut plan = plan(&scripted, Security::Implicit);
    plan.tls.dane = Some(Resolver::At {
        server,
        trusted: true,
    });
    client.connect(plan);
    client.wait_for_replies();
    client.assert_equal("dane", &client.tls[0].dane, &Dane::NoRecords);
}
