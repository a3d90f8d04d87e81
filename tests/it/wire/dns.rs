//! Which servers take mail for a domain and which keys the DNS vouches for, asked of a resolver that
//! the test plays on loopback. Signatures are not checked here: that is the resolver's part, and what
//! it says of them (AD) is what is played.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::sync::Arc;

use ehlo::net::{Dane, DnsError, Failure, Fingerprint, Resolver, Security, Voucher};
use ehlo::smtp::Link;
use tokio_rustls::rustls::ServerConfig;

use super::certificates::{Authority, authority, leaf};
use super::client::{Client, HOST, plan};
use crate::support::scripted::{Scripted, Step, says};

/// Flags of an answer: all is well; the same, authentic; cut; no such name; failed.
const GOOD: [u8; 2] = [0x81, 0x80];
const AUTHENTIC: [u8; 2] = [0x81, 0xa0];
const CUT: [u8; 2] = [0x83, 0x80];
const NO_NAME: [u8; 2] = [0x81, 0x83];
const FAILED: [u8; 2] = [0x81, 0x82];

/// An answer to a question, with these records: type and data.
fn answer(command_pending: &[u8], flags: [u8; 2], records: &[(u8, Vec<u8>)]) -> Vec<u8> {
    // Behind the question stands what it says of EDNS, in 11 octets.
    let mut octets = command_pending[..command_pending.len() - 11].to_vec();
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

/// Both kinds of sockets on one port. Another test may have the port that was free for the first.
fn both() -> (UdpSocket, TcpListener) {
    for _ in 0..100 {
        let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
        if let Ok(tcp) = TcpListener::bind(udp.local_addr().unwrap()) {
            return (udp, tcp);
        }
    }
    panic!("no port is free for both");
}

/// A resolver that answers every question so, in whole over TCP alone where that is wanted.
fn resolver(flags: [u8; 2], records: Vec<(u8, Vec<u8>)>, by_tcp: bool) -> SocketAddr {
    let (udp, tcp) = both();
    let address = udp.local_addr().unwrap();
    let whole = records.clone();
    std::thread::spawn(move || {
        let mut room = [0; 1500];
        while let Ok((octets, from)) = udp.recv_from(&mut room) {
            let command_pending = &room[..octets];
            // Another's answer first, which must not count.
            let mut stray = answer(command_pending, flags, &[]);
            stray[0] ^= 0xff;
            udp.send_to(&stray, from).unwrap();
            let said = if by_tcp {
                answer(command_pending, CUT, &[])
            } else {
                answer(command_pending, flags, &records)
            };
            udp.send_to(&said, from).unwrap();
        }
    });
    std::thread::spawn(move || {
        while let Ok((mut stream, _)) = tcp.accept() {
            let mut length = [0; 2];
            stream.read_exact(&mut length).unwrap();
            let mut command_pending = vec![0; usize::from(u16::from_be_bytes(length))];
            stream.read_exact(&mut command_pending).unwrap();
            let said = answer(&command_pending, flags, &whole);
            let length = u16::try_from(said.len()).unwrap().to_be_bytes();
            stream
                .write_all(&[&length, said.as_slice()].concat())
                .unwrap();
        }
    });
    address
}

/// An MX record: its preference and its host, whose labels have one octet for their length.
fn mx(preference: u8, host: &str) -> (u8, Vec<u8>) {
    let mut data = vec![0, preference];
    for label in host.split('.').filter(|label| !label.is_empty()) {
        data.push(u8::try_from(label.len()).unwrap());
        data.extend(label.bytes());
    }
    data.push(0);
    (15, data)
}

/// A client that has asked a resolver it believes about a domain.
fn looked_up(domain: &str, server: SocketAddr) -> Client {
    let mut client = Client::new();
    client.looks_up(
        domain,
        Resolver::At {
            server,
            trusted: true,
        },
    );
    client.over();
    client
}

#[test]
fn the_mail_of_a_domain_finds_its_way() {
    let several = vec![
        mx(20, "b.example"),
        mx(10, "a.example"),
        mx(20, "a.example"),
    ];
    let table = [
        (
            GOOD,
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
            GOOD,
            several,
            true,
            "MX of example.org: 10 a.example, 20 a.example, 20 b.example",
        ),
        (
            GOOD,
            vec![mx(0, ".")],
            false,
            "example.org takes no mail, and says so: MX 0 . (RFC 7505)",
        ),
        (
            GOOD,
            vec![],
            false,
            "example.org has no MX: its own address takes the mail (RFC 5321 s5.1)",
        ),
    ];
    for (flags, records, by_tcp, words) in table {
        let server = resolver(flags, records, by_tcp);
        let client = looked_up("example.org", server);
        client.shows("-- looking up the MX of example.org");
        client.shows(&format!("-- {words}"));
        client.same("route", &client.routes[0].to_string(), words);
    }
}

#[test]
fn a_domain_that_the_dns_does_not_tell_of() {
    let table = [
        (NO_NAME, "example.org", DnsError::NoSuchName),
        (FAILED, "example.org", DnsError::Failed),
        ([0x81, 0x85], "example.org", DnsError::Refused(5)),
        (GOOD, "a..b", DnsError::BadName("a..b".to_owned())),
    ];
    for (flags, domain, error) in table {
        let server = resolver(flags, vec![], false);
        let client = looked_up(domain, server);
        client.has_failed(&[Failure::MailRoute(error)]);
    }
    // Nobody listens there, and the system says so at once.
    let server = UdpSocket::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let client = looked_up("example.org", server);
    client.has_failed(&[Failure::MailRoute(DnsError::Silent)]);
}

#[test]
fn a_lookup_can_be_called_off() {
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let server = silent.local_addr().unwrap();
    let mut client = Client::new();
    client.looks_up(
        "example.org",
        Resolver::At {
            server,
            trusted: true,
        },
    );
    let mut room = [0; 1500];
    silent.recv(&mut room).unwrap();
    client.cancel();
    client.over();
    client.has_failed(&[Failure::Cancelled]);
}

#[test]
fn c36_dane_says_which_key_is_right() {
    let root = Authority::new("Test Root");
    let middle = root.below(authority("Test Intermediate"));
    let identity = || middle.sign(&leaf(&["localhost"])).behind(&[&middle]);
    let pin = |der: &[u8]| {
        let (_, read) = x509_parser::parse_x509_certificate(der).unwrap();
        octets(Fingerprint::of(read.public_key().raw))
    };
    let tlsa = |head: [u8; 3], data: Vec<u8>| (52, [head.to_vec(), data].concat());
    let other = vec![7; 32];
    // What the DNS says, made for the certificate that the server shows, and what it comes to.
    type Says<'a> = Box<dyn Fn(&[u8]) -> Vec<(u8, Vec<u8>)> + 'a>;
    let cases: Vec<(&str, [u8; 2], bool, Says<'_>, Option<Voucher>, &str)> = vec![
        (
            "its key",
            AUTHENTIC,
            true,
            Box::new(|der| vec![tlsa([3, 1, 1], pin(der))]),
            Some(Voucher::Dane),
            "verified by DANE; without that: …",
        ),
        (
            "its certificate",
            AUTHENTIC,
            true,
            Box::new(|der| vec![tlsa([3, 0, 1], octets(Fingerprint::of(der)))]),
            Some(Voucher::Dane),
            "verified by DANE; …",
        ),
        (
            "its authority",
            AUTHENTIC,
            true,
            Box::new(|_| vec![tlsa([2, 1, 1], pin(&middle.der()))]),
            Some(Voucher::Dane),
            "verified by DANE; …",
        ),
        (
            "one of two",
            AUTHENTIC,
            true,
            Box::new(|der| vec![tlsa([3, 1, 1], other.clone()), tlsa([3, 1, 1], pin(der))]),
            Some(Voucher::Dane),
            "verified by DANE; …",
        ),
        (
            "another",
            AUTHENTIC,
            true,
            Box::new(|_| vec![tlsa([3, 1, 1], other.clone())]),
            None,
            "DANE: no TLSA record fits this chain; …",
        ),
        (
            "not authentic",
            GOOD,
            true,
            Box::new(|der| vec![tlsa([3, 1, 1], pin(der))]),
            None,
            "unknown issuer: Test Root…",
        ),
        (
            "not believed",
            AUTHENTIC,
            false,
            Box::new(|der| vec![tlsa([3, 1, 1], pin(der))]),
            None,
            "unknown issuer: Test Root…",
        ),
        (
            "not for mail",
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
    for (case, flags, trusted, records, voucher, words) in cases {
        let identity = identity();
        let server = resolver(flags, records(&identity.der()), false);
        let config: Arc<ServerConfig> = identity.server();
        let scripted = Scripted::start(vec![Step::Tls(config), says("220 localhost ESMTP")]);
        let mut client = Client::new();
        client.watch(&scripted);
        let mut plan = plan(&scripted, Security::Implicit);
        plan.host = "localhost".to_owned();
        plan.tls.sni = ehlo::net::Sni::Host;
        plan.tls.dane = Some(Resolver::At { server, trusted });
        client.connect(plan);
        client.answered();
        let facts = &client.tls[0];
        client.same(case, &facts.verdict.voucher, &voucher);
        client.check(
            &format!("{case}: {}", facts.verdict),
            super::text::fits(&facts.verdict.to_string(), words),
        );
        let link = if voucher.is_some() {
            Link::Verified
        } else {
            Link::Unverified
        };
        client.same(case, &facts.link(), &link);
        client.shows("-- DANE: …");
        let unused = matches!(facts.dane, Dane::Unauthentic(1));
        let unbelieved = ["not authentic", "not believed"].contains(&case);
        client.same(case, &unused, &unbelieved);
    }
}

fn octets(print: Fingerprint) -> Vec<u8> {
    let hex = print.hex();
    hex.split(':')
        .map(|pair| u8::from_str_radix(pair, 16).unwrap())
        .collect()
}

#[test]
fn an_address_has_no_keys_in_the_dns() {
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let server = silent.local_addr().unwrap();
    let config = Authority::new("Test Root").server(&[HOST]);
    let scripted = Scripted::start(vec![Step::Tls(config), says("220 mx.example ESMTP")]);
    let mut client = Client::new();
    client.watch(&scripted);
    let mut plan = plan(&scripted, Security::Implicit);
    plan.tls.dane = Some(Resolver::At {
        server,
        trusted: true,
    });
    client.connect(plan);
    client.answered();
    client.same("dane", &client.tls[0].dane, &Dane::NoRecords);
}
