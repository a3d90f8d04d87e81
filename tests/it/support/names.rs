//! A nameserver on loopback with the names of a test. It says that its answers are authentic, which a
//! client believes of a nameserver on its own machine.

use std::net::{IpAddr, SocketAddr, UdpSocket};

const A: u16 = 1;
const CNAME: u16 = 5;
const PTR: u16 = 12;
const MX: u16 = 15;
const TLSA: u16 = 52;

/// A record: its name, type and data.
#[derive(Clone, Debug)]
pub struct NameRecord(String, u16, Vec<u8>);

/// An address of a host.
pub fn address(host: &str, address: &str) -> NameRecord {
    let IpAddr::V4(address) = address.parse().unwrap() else {
        panic!("an IPv4 address")
    };
    NameRecord(host.to_owned(), A, address.octets().to_vec())
}

/// An alias of a host.
pub fn alias(host: &str, target: &str) -> NameRecord {
    NameRecord(host.to_owned(), CNAME, encode(target))
}

/// The name of an address.
pub fn name_of(address: &str, name: &str) -> NameRecord {
    let labels: Vec<&str> = address.rsplit('.').collect();
    NameRecord(
        format!("{}.in-addr.arpa", labels.join(".")),
        PTR,
        encode(name),
    )
}

/// A mail server of a domain.
pub fn mx(domain: &str, preference: u8, host: &str) -> NameRecord {
    NameRecord(
        domain.to_owned(),
        MX,
        [vec![0, preference], encode(host)].concat(),
    )
}

/// The key of a server: a TLSA record 3 1 1.
pub fn tlsa(host: &str, port: u16, digest: &[u8]) -> NameRecord {
    NameRecord(
        format!("_{port}._tcp.{host}"),
        TLSA,
        [&[3, 1, 1], digest].concat(),
    )
}

fn encode(name: &str) -> Vec<u8> {
    let mut octets = Vec::new();
    for label in name.split('.').filter(|label| !label.is_empty()) {
        octets.push(u8::try_from(label.len()).unwrap());
        octets.extend(label.bytes());
    }
    octets.push(0);
    octets
}

/// Starts a nameserver that knows these records and no other names. It runs to the end of the test.
pub fn nameserver(records: Vec<NameRecord>) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut buffer = [0; 1500];
        while let Ok((octets, from)) = socket.recv_from(&mut buffer) {
            socket
                .send_to(&answer(&buffer[..octets], &records), from)
                .unwrap();
        }
    });
    address
}

/// The answer to a query, of which the last 11 octets are the EDNS record.
fn answer(query: &[u8], records: &[NameRecord]) -> Vec<u8> {
    let mut octets = query[..query.len() - 11].to_vec();
    let end = octets.len() - 4;
    let kind = u16::from_be_bytes([octets[end], octets[end + 1]]);
    let mut owner = octets[12..end].to_vec();
    let mut found = Vec::new();
    let mut known = false;
    loop {
        let of_owner = |record: &&NameRecord| encode(&record.0).eq_ignore_ascii_case(&owner);
        let here: Vec<&NameRecord> = records.iter().filter(of_owner).collect();
        known |= !here.is_empty();
        let wanted = here.iter().filter(|record| record.1 == kind);
        found.extend(wanted.map(|record| (owner.clone(), kind, record.2.clone())));
        match here
            .iter()
            .find(|record| record.1 == CNAME && kind != CNAME)
        {
            None => break,
            Some(record) => {
                found.push((owner, CNAME, record.2.clone()));
                owner = record.2.clone();
            }
        }
    }
    octets[2] = 0x81;
    // Authentic; 3 is NXDOMAIN.
    octets[3] = if known { 0xa0 } else { 0xa3 };
    octets[7] = u8::try_from(found.len()).unwrap();
    octets[11] = 0;
    for (owner, kind, data) in found {
        octets.extend(owner);
        octets.extend(kind.to_be_bytes());
        octets.extend([0, 1, 0, 0, 0, 60]);
        octets.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
        octets.extend(data);
    }
    octets
}
