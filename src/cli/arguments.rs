//! The arguments, as clap reads them.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

use crate::config::{LogLevel, Switch, TlsChoice, TlsOverrides};
use crate::net::{Alpn, Fingerprint, Security, Sni, Verify, Version};
use crate::practice::Mood;
use crate::record::Format;

/// Talk SMTP by hand, with the manual built in.
#[derive(Debug, clap::Parser)]
#[command(
    name = "ehlo",
    version,
    args_conflicts_with_subcommands = true,
    override_usage = "ehlo [OPTIONS] [TARGET]\n       ehlo explain [WORD]...\n       ehlo base64 [-d]\n       ehlo practice [OPTIONS]\n       ehlo show [--format FORMAT] FILE\n       ehlo diff FILE FILE\n       ehlo tls [OPTIONS] TARGET",
    before_help = "Examples:
  ehlo mx.example.org              port 25; STARTTLS when you type it
  ehlo mx.example.org:587 --tls starttls
  ehlo smtps://mx.example.org      TLS from the first byte, port 465
  ehlo @example.org                a mail server of the domain (MX)
  ehlo --practice                  a server in this program, no network
  ehlo explain 550 5.7.1           what a reply means, and what to try"
)]
pub(super) struct Arguments {
    /// HOST, HOST:PORT, [IPV6]:PORT, smtp://HOST:PORT, smtps://HOST:PORT, or @DOMAIN or USER@DOMAIN,
    /// whose mail servers (MX) are looked up and offered; without it a form opens
    pub(super) target: Option<String>,

    /// The port, as telnet takes it
    #[arg(hide = true)]
    pub(super) port: Option<String>,

    /// Connect to the built-in practice server; needs no network
    #[arg(long, conflicts_with = "target")]
    pub(super) practice: bool,

    /// Take the tour: eight short lessons on the practice server
    #[arg(long, conflicts_with_all = ["target", "practice", "profile"])]
    pub(super) tour: bool,

    /// Connect to a server of the config by its name there
    #[arg(long, value_name = "NAME", conflicts_with_all = ["target", "practice"])]
    pub(super) profile: Option<String>,

    /// A mood of the practice server, several times for several: no-tls, greylist, reject-rcpt,
    /// slow, drop, busy, bad-cert, flood
    #[arg(long, value_name = "MOOD", requires = "practice", conflicts_with = "target", value_parser = read::<Mood>)]
    pub(super) mood: Vec<Mood>,

    /// When TLS begins: by the port, not by itself, by EHLO+STARTTLS+EHLO, from the first byte
    #[arg(long, value_name = "WHEN")]
    pub(super) tls: Option<TlsChoice>,

    #[command(flatten)]
    pub(super) handshake: TlsFlags,

    /// The name for the EHLO that --tls starttls sends
    #[arg(long, value_name = "NAME")]
    pub(super) helo: Option<String>,

    /// IPv4 addresses only
    #[arg(short = '4', conflicts_with = "ipv6")]
    pub(super) ipv4: bool,

    /// IPv6 addresses only
    #[arg(short = '6')]
    pub(super) ipv6: bool,

    /// Seconds an address may take to answer, and a TLS handshake
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(super) timeout: Option<u64>,

    /// Read this config file instead of the usual one
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,

    /// Use colours
    #[arg(long, value_name = "WHEN")]
    pub(super) color: Option<Switch>,

    /// Draw in ASCII only
    #[arg(long)]
    pub(super) ascii: bool,

    /// Capture the mouse
    #[arg(long)]
    pub(super) mouse: bool,

    /// Write a log of this level to the state folder; never what was typed or sent
    #[arg(long, value_name = "LEVEL")]
    pub(super) log: Option<LogLevel>,

    #[command(subcommand)]
    pub(super) subcommand: Option<Subcommand>,
}

/// What is said about the TLS handshake.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct TlsFlags {
    /// Send this name as SNI and look for it in the certificate; "none" sends none
    #[arg(long, value_name = "NAME", value_parser = read::<Sni>)]
    pub(super) sni: Option<Sni>,

    /// Trust the authorities of this PEM file, beside the system's
    #[arg(long, value_name = "FILE")]
    pub(super) ca_file: Option<PathBuf>,

    /// Trust the authorities of all PEM files of this folder, beside the system's
    #[arg(long, value_name = "FOLDER")]
    pub(super) ca_dir: Option<PathBuf>,

    /// Show this client certificate (PEM) to a server that asks for one
    #[arg(long, value_name = "FILE")]
    pub(super) cert: Option<PathBuf>,

    /// The key of --cert, where it stands in another file; an encrypted one asks for its passphrase
    #[arg(long, value_name = "FILE")]
    pub(super) key: Option<PathBuf>,

    /// The oldest version of TLS, 1.2 or 1.3
    #[arg(long, value_name = "VERSION", value_parser = read::<Version>)]
    pub(super) tls_min: Option<Version>,

    /// The newest version of TLS, 1.2 or 1.3
    #[arg(long, value_name = "VERSION", value_parser = read::<Version>)]
    pub(super) tls_max: Option<Version>,

    /// Offer this protocol by ALPN, several times for several; mail needs none
    #[arg(long, value_name = "NAME", value_parser = read::<Alpn>)]
    pub(super) alpn: Vec<Alpn>,

    /// off does not check the certificate, show (the usual way) tells what is wrong and goes on,
    /// require ends the handshake
    #[arg(long, value_name = "HOW", value_parser = read::<Verify>)]
    pub(super) verify: Option<Verify>,

    /// The server's key has this SHA-256 (of its public key, in hex or base64); several times for
    /// several. A match counts as verified, any other key is a fault
    #[arg(long, value_name = "SHA256", value_parser = read::<Fingerprint>)]
    pub(super) pin: Vec<Fingerprint>,

    /// Append the session's keys to this file, for Wireshark; "env" takes the file that
    /// SSLKEYLOGFILE names
    #[arg(long, value_name = "FILE")]
    pub(super) keylog: Option<PathBuf>,

    /// Ask the DNS for the server's key (TLSA, RFC 7672) and check against it
    #[arg(long)]
    pub(super) dane: bool,
}

impl TlsFlags {
    /// As settings and profiles have it.
    pub(super) fn overrides(&self) -> TlsOverrides {
        let overrides = self.clone();
        TlsOverrides {
            sni: overrides.sni,
            ca_file: overrides.ca_file,
            ca_dir: overrides.ca_dir,
            cert: overrides.cert,
            key: overrides.key,
            tls_min: overrides.tls_min,
            tls_max: overrides.tls_max,
            alpn: Some(overrides.alpn).filter(|names| !names.is_empty()),
            verify: overrides.verify,
            pin: Some(overrides.pin).filter(|pins| !pins.is_empty()),
            keylog: overrides.keylog,
            dane: Some(true).filter(|_| overrides.dane),
        }
    }
}

/// What runs without a screen.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Subcommand {
    /// Encode standard input as base64, or decode it, and say what is odd about it
    Base64(Base64Arguments),

    /// Run the practice server alone, until Ctrl-C
    Practice(PracticeArguments),
    /// Say what a command, a parameter, a reply or a provider means, and what to try
    Explain(ExplainArguments),
    /// Show a saved session, or a log of swaks, curl -v, s_client, git send-email or smtplib
    Show(ShowArguments),
    /// Lay two sessions beside each other: exit status 0 for the same, 1 for different
    Diff(DiffArguments),
    /// Do a TLS handshake with a server and lay it open: its certificates, what is wrong, what to try
    Tls(TlsArguments),
}

/// The arguments of `ehlo tls`.
#[derive(Debug, clap::Args)]
pub(super) struct TlsArguments {
    /// HOST, HOST:PORT or smtps://HOST, or @DOMAIN for its first MX; after STARTTLS unless the port
    /// is 465
    pub(super) target: String,

    /// When TLS begins
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(super) tls: TlsBegin,

    /// The name for EHLO before STARTTLS
    #[arg(long, value_name = "NAME")]
    pub(super) helo: Option<String>,

    /// Print the chain as PEM, as it was sent, and nothing else
    #[arg(long)]
    pub(super) pem: bool,

    #[command(flatten)]
    pub(super) handshake: TlsFlags,
}

/// When TLS begins in `ehlo tls`, which is not there to stay in clear.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(super) enum TlsBegin {
    /// From the first byte on port 465 and for smtps://, else by STARTTLS.
    Auto,
    /// By EHLO and STARTTLS, which are sent by themselves.
    #[value(name = "starttls")]
    StartTls,
    /// From the first byte.
    Implicit,
}

impl TlsBegin {
    /// What it comes to for a server whose own way is `own`.
    pub(super) fn resolve(self, own: Security) -> Security {
        match (self, own) {
            (Self::Auto, Security::Implicit) | (Self::Implicit, _) => Security::Implicit,
            (Self::Auto | Self::StartTls, _) => Security::StartTls,
        }
    }
}

/// The arguments of `ehlo base64`.
#[derive(Debug, clap::Args)]
pub(super) struct Base64Arguments {
    /// Decode
    #[arg(short, long)]
    pub(super) decode: bool,

    /// Read the escapes \0 \r \n \t \xHH \\ in the text
    #[arg(short, long, conflicts_with = "decode")]
    pub(super) escapes: bool,
}

/// The arguments of `ehlo practice`.
#[derive(Debug, clap::Args)]
pub(super) struct PracticeArguments {
    /// The address to listen on; the TLS port is the next one, or a free one for port 0
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:2525")]
    pub(super) listen: SocketAddr,

    /// A mood, several times for several; see ehlo --help
    #[arg(long, value_name = "MOOD", value_parser = read::<Mood>)]
    pub(super) mood: Vec<Mood>,

    /// Write the certificate authority to this file, for a client's --ca-file
    #[arg(long, value_name = "FILE")]
    pub(super) ca_out: Option<PathBuf>,
}

/// The arguments of `ehlo explain`.
#[derive(Debug, clap::Args)]
pub(super) struct ExplainArguments {
    /// What to look up: RCPT, SIZE, 550 5.7.1, gmail, or a whole reply; without it, what there is
    #[arg(value_name = "WORD", allow_hyphen_values = true)]
    pub(super) words: Vec<String>,
}

/// The arguments of `ehlo show`.
#[derive(Debug, clap::Args)]
pub(super) struct ShowArguments {
    /// A session that was saved, or a log; - is standard input
    pub(super) file: PathBuf,

    /// Print it in this form; without it a terminal shows the session to read in, and a pipe gets txt
    #[arg(long, value_name = "FORMAT", value_parser = format)]
    pub(super) format: Option<Format>,
}

/// The arguments of `ehlo diff`.
#[derive(Debug, clap::Args)]
pub(super) struct DiffArguments {
    /// A session that was saved, or a log; - is standard input
    pub(super) left: PathBuf,

    /// The other one
    pub(super) right: PathBuf,
}

fn format(text: &str) -> Result<Format, String> {
    let found = Format::ALL.into_iter().find(|f| f.extension() == text);
    found.ok_or_else(|| format!("the formats are {}", Format::extensions("")))
}

fn read<T: FromStr>(text: &str) -> Result<T, String>
where
    T::Err: ToString,
{
    text.parse().map_err(|error: T::Err| error.to_string())
}
