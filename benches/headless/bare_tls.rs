//! The bare client over TLS: blocking rustls, no certificate checked. The benchmark starts itself as
//! this client.

use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use tokio_rustls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use tokio_rustls::rustls::crypto::{
    CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature,
};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, Error, SignatureScheme, StreamOwned,
};

/// Octets of a file that are read at once.
const BLOCK: usize = 128 * 1024;

/// Runs the client: PORT, then session, noops COUNT or data FILE.
pub fn run(words: &[String]) {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = Arc::new(NoVerifier(Arc::clone(&provider)));
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let connection = ClientConnection::new(Arc::new(config), name).unwrap();
    let port: u16 = words[0].parse().unwrap();
    let tcp = TcpStream::connect(("127.0.0.1", port)).unwrap();
    tcp.set_nodelay(true).unwrap();
    let mut stream = StreamOwned::new(connection, tcp);
    reply(&mut stream);
    match words[1].as_str() {
        "session" => command(&mut stream, "EHLO bare.example\r\n"),
        "noops" => {
            for _ in 0..words[2].parse::<u32>().unwrap() {
                command(&mut stream, "NOOP\r\n");
            }
        }
        _ => data(&mut stream, &words[2]),
    }
    command(&mut stream, "QUIT\r\n");
}

fn command(stream: &mut (impl Read + Write), line: &str) {
    stream.write_all(line.as_bytes()).unwrap();
    reply(stream);
}

/// Waits for the last line of a reply, which is one read here.
fn reply(stream: &mut impl Read) {
    let (mut input, mut filled) = ([0; 4096], 0);
    loop {
        filled += stream.read(&mut input[filled..]).unwrap();
        let text = &input[..filled];
        let last = text[..filled - 1].iter().rposition(|&octet| octet == b'\n');
        if text.ends_with(b"\n") && text[last.map_or(0, |at| at + 1) + 3] == b' ' {
            return;
        }
    }
}

/// Sends a file with stuffed dots; its lines end in CR LF.
fn data(stream: &mut (impl Read + Write), path: &str) {
    command(stream, "DATA\r\n");
    let mut file = File::open(path).unwrap();
    let (mut text, mut wire) = (vec![0; BLOCK], Vec::with_capacity(2 * BLOCK));
    let mut line_begins = true;
    loop {
        let read = file.read(&mut text).unwrap();
        if read == 0 {
            break;
        }
        wire.clear();
        for line in text[..read].split_inclusive(|&octet| octet == b'\n') {
            if line_begins && line[0] == b'.' {
                wire.push(b'.');
            }
            wire.extend_from_slice(line);
            line_begins = line.ends_with(b"\n");
        }
        stream.write_all(&wire).unwrap();
    }
    command(stream, ".\r\n");
}

#[derive(Debug)]
struct NoVerifier(Arc<CryptoProvider>);

impl ServerCertVerifier for NoVerifier {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
