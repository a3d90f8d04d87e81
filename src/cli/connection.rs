//! The flags of a connection, which mean the same wherever something connects. They stand before or
//! after the name of a subcommand.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use super::arguments::parse;
use crate::config::{TlsChoice, TlsOverrides, parse_duration};
use crate::net::{Alpn, Family, Fingerprint, Resolver, Sni, TlsVersion, Verify};
use crate::practice::Mood;
use crate::report::{output, visible};

/// The port of a nameserver.
const DNS_PORT: u16 = 53;
/// The longest `--timeout`.
const TIMEOUT_CAP: Duration = Duration::from_secs(3600);

/// The flags of a connection.
#[derive(Clone, Debug, Default, PartialEq, clap::Args)]
#[command(next_help_heading = "Connection")]
pub(super) struct ConnectionFlags {
    /// Connect to the built-in practice server; needs no network
    #[arg(long)]
    pub(super) practice: bool,

    /// Put the practice server in a mood: no-tls, greylist, reject-rcpt, slow, drop, busy, bad-cert
    /// or flood; may be repeated
    #[arg(long, value_name = "MOOD", value_parser = parse::<Mood>)]
    pub(super) mood: Vec<Mood>,

    /// Connect to the server of this profile in the config
    #[arg(long, value_name = "NAME")]
    pub(super) profile: Option<String>,

    /// Choose when TLS starts
    #[arg(long, value_name = "WHEN")]
    pub(super) tls: Option<TlsChoice>,

    /// Give this name in EHLO: it is suggested at the prompt, and sent by --tls starttls
    #[arg(long, value_name = "NAME")]
    pub(super) helo: Option<String>,

    /// Use IPv4 addresses only
    #[arg(short = '4', conflicts_with = "ipv6")]
    pub(super) ipv4: bool,

    /// Use IPv6 addresses only
    #[arg(short = '6')]
    pub(super) ipv6: bool,

    /// Wait this long for each address to answer, and for a TLS handshake: 30, 500ms, 2m
    #[arg(long, value_name = "TIME", value_parser = timeout)]
    pub(super) timeout: Option<Duration>,

    /// Ask this nameserver
    #[arg(long, value_name = "ADDR[:PORT]", value_parser = dns)]
    pub(super) dns: Option<SocketAddr>,

    #[command(flatten)]
    pub(super) handshake: TlsFlags,
}

/// The flags before and after the name of a subcommand, merged.
#[derive(Clone, Debug, Default)]
pub(super) struct Connection {
    pub(super) practice: bool,
    pub(super) mood: Vec<Mood>,
    pub(super) profile: Option<String>,
    pub(super) tls: Option<TlsChoice>,
    pub(super) helo: Option<String>,
    pub(super) family: Option<Family>,
    pub(super) timeout: Option<Duration>,
    pub(super) dns: Option<SocketAddr>,
    pub(super) overrides: TlsOverrides,
}

impl ConnectionFlags {
    /// These flags, and where one is missing, that of `before`.
    pub(super) fn or(&self, before: &Self) -> Connection {
        let (own, before) = (self.clone(), before.clone());
        let mood = if own.mood.is_empty() {
            before.mood
        } else {
            own.mood
        };
        let family = |v4: bool, v6: bool| match (v4, v6) {
            (true, _) => Some(Family::V4),
            (_, true) => Some(Family::V6),
            _ => None,
        };
        Connection {
            practice: own.practice || before.practice,
            mood,
            profile: own.profile.or(before.profile),
            tls: own.tls.or(before.tls),
            helo: own.helo.or(before.helo),
            family: family(own.ipv4, own.ipv6).or(family(before.ipv4, before.ipv6)),
            timeout: own.timeout.or(before.timeout),
            dns: own.dns.or(before.dns),
            overrides: own.handshake.overrides().or(before.handshake.overrides()),
        }
    }
}

impl Connection {
    /// The nameserver to ask. One on this machine is trusted to check DNSSEC, as in `resolv.conf`.
    pub(super) fn resolver(&self) -> Resolver {
        self.dns.map_or(Resolver::System, |server| Resolver::At {
            server,
            trusted: server.ip().is_loopback(),
        })
    }
}

/// Parses the time of `--timeout`.
fn timeout(text: &str) -> Result<Duration, String> {
    match parse_duration(text) {
        Ok(duration) if !duration.is_zero() && duration <= TIMEOUT_CAP => Ok(duration),
        _ => Err("use a time up to 1 h, such as 30, 500ms, 5s or 2m".to_owned()),
    }
}

/// Parses a time; 0 stands for no limit.
pub(super) fn limit(text: &str) -> Result<Duration, String> {
    parse_duration(text).map_err(|error| visible(error.to_string().as_bytes(), output::charset()))
}

/// Parses the address of a nameserver.
fn dns(text: &str) -> Result<SocketAddr, String> {
    let address = text.parse::<SocketAddr>().ok();
    let address = address.or_else(|| {
        let ip: IpAddr = text.trim_matches(['[', ']']).parse().ok()?;
        Some(SocketAddr::new(ip, DNS_PORT))
    });
    address.ok_or_else(|| "use an address, as in 192.0.2.53 or [2001:db8::53]:5353".to_owned())
}

/// The settings of the TLS handshake.
#[derive(Clone, Debug, Default, PartialEq, clap::Args)]
#[command(next_help_heading = "TLS")]
pub(super) struct TlsFlags {
    /// Send this name as SNI and expect it in the certificate; "none" sends no SNI
    #[arg(long, value_name = "NAME", value_parser = parse::<Sni>)]
    pub(super) sni: Option<Sni>,

    /// Trust the CAs in this PEM file, in addition to those of the system
    #[arg(long, value_name = "FILE")]
    pub(super) ca_file: Option<PathBuf>,

    /// Trust the CAs in all PEM files of this folder, in addition to those of the system
    #[arg(long, value_name = "FOLDER")]
    pub(super) ca_dir: Option<PathBuf>,

    /// Send this client certificate (PEM) if the server asks for one
    #[arg(long, value_name = "FILE")]
    pub(super) cert: Option<PathBuf>,

    /// Read the key of --cert from this file, if it is not in the same one; ask for the passphrase
    /// of an encrypted key
    #[arg(long, value_name = "FILE")]
    pub(super) key: Option<PathBuf>,

    /// Set the oldest version of TLS: 1.2 or 1.3
    #[arg(long, value_name = "VERSION", value_parser = parse::<TlsVersion>)]
    pub(super) tls_min: Option<TlsVersion>,

    /// Set the newest version of TLS: 1.2 or 1.3
    #[arg(long, value_name = "VERSION", value_parser = parse::<TlsVersion>)]
    pub(super) tls_max: Option<TlsVersion>,

    /// Offer this protocol by ALPN; may be repeated. Mail needs none
    #[arg(long, value_name = "NAME", value_parser = parse::<Alpn>)]
    pub(super) alpn: Vec<Alpn>,

    /// Send a ClientHello of two packets (a key share of X25519MLKEM768), as browsers do: shows whether
    /// a middlebox drops it
    #[arg(long)]
    pub(super) large_hello: bool,

    /// Check the certificate: warn about a bad one and go on (show, the default), end the handshake
    /// (require), or do not check at all (off)
    #[arg(long, value_name = "HOW", value_parser = parse::<Verify>)]
    pub(super) verify: Option<Verify>,

    /// Expect the server's public key to have this SHA-256 (hex or base64); may be repeated. A
    /// match counts as verified, any other key is a fault
    #[arg(long, value_name = "SHA256", value_parser = parse::<Fingerprint>)]
    pub(super) pin: Vec<Fingerprint>,

    /// Append the session keys to this file, for Wireshark; "env" uses the file that SSLKEYLOGFILE
    /// names
    #[arg(long, value_name = "FILE")]
    pub(super) keylog: Option<PathBuf>,

    /// Check the server's key against the DNS (TLSA, RFC 7672)
    #[arg(long)]
    pub(super) dane: bool,
}

impl TlsFlags {
    /// The flags that are given, in the form that settings and profiles have.
    pub(super) fn overrides(&self) -> TlsOverrides {
        let flags = self.clone();
        TlsOverrides {
            sni: flags.sni,
            ca_file: flags.ca_file,
            ca_dir: flags.ca_dir,
            cert: flags.cert,
            key: flags.key,
            tls_min: flags.tls_min,
            tls_max: flags.tls_max,
            alpn: Some(flags.alpn).filter(|names| !names.is_empty()),
            large_hello: Some(true).filter(|_| flags.large_hello),
            verify: flags.verify,
            pin: Some(flags.pin).filter(|pins| !pins.is_empty()),
            keylog: flags.keylog,
            dane: Some(true).filter(|_| flags.dane),
        }
    }
}
