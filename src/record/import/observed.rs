//! What the words around a dialogue tell about the connection: the server, a new connection, TLS.

use std::sync::LazyLock;

use regex::bytes::Regex;

use super::masking::{hide, tokens_in};
use super::pattern::pattern;
use super::player::LogPlayer;
use crate::smtp::Level;

/// What a line says besides the server that it names.
#[derive(Clone, Copy, PartialEq)]
enum Says {
    /// Only the server.
    Server,
    /// A connection is attempted or made.
    Connects,
}

/// Lines that name the server: patterns with the groups `host` and, if the line has it, `port`.
const SERVERS: [(Says, &str); 16] = [
    // swaks, telnet, curl
    (
        Says::Connects,
        r"Trying (?P<host>[\w.:\[\]-]*\w\]?):(?P<port>\d+)\.\.\.",
    ),
    (Says::Connects, r"Trying (?P<host>[\w.:-]*\w)\.\.\.$"),
    (
        Says::Server,
        r"Connected to (?P<host>[\w.-]*\w) \([^)]*\) port (?P<port>\d+)",
    ),
    (
        Says::Server,
        r"Connected to smtps?://(?P<host>[^:/\s]+):(?P<port>\d+)",
    ),
    (
        Says::Server,
        r"Connected to (?P<host>[\w-]+(?:\.[\w-]+)+):(?P<port>\d+)",
    ),
    (Says::Server, r"Connected to (?P<host>[\w.-]*\w)\.?$"),
    (
        Says::Server,
        r"^Connection to (?P<host>\S+) (?P<port>\d+) port",
    ),
    // smtplib
    (
        Says::Connects,
        r"connect: to \('(?P<host>[^']+)', (?P<port>\d+)\)",
    ),
    // PHPMailer, Ruby, Exim, Nodemailer, JavaMail
    (
        Says::Connects,
        r"(?:Connection: opening to|Connection opened:) (?:ssl://|tls://)?(?P<host>[^:,\s]+):(?P<port>\d+)",
    ),
    (
        Says::Connects,
        r"Connecting to (?P<host>[\w.-]+) (?:at |\[[^\]]*\]:)(?P<port>\d+)",
    ),
    (
        Says::Connects,
        r#"trying to connect to host "(?P<host>[^"]+)", port (?P<port>\d+)"#,
    ),
    (
        Says::Server,
        r#"connected to host "(?P<host>[^"]+)", port:? (?P<port>\d+)"#,
    ),
    (
        Says::Connects,
        r"Connection established to (?P<host>[\w.:-]+):(?P<port>\d+)",
    ),
    // git, its error, and s_client
    (Says::Server, r"^Server: (?P<host>\S+)"),
    (
        Says::Server,
        r"VALUES: server=(?P<host>\S+) .*port=(?P<port>\d+)",
    ),
    (
        Says::Server,
        r"s_client\b.* -connect (?P<host>\[[^\]\s]+\]|[^\s:]+):(?P<port>\d+)",
    ),
];

static SERVER: LazyLock<Vec<(Says, Regex)>> = LazyLock::new(|| {
    let compiled = |(says, text): &(Says, &str)| (*says, pattern(text));
    SERVERS.iter().map(compiled).collect()
});
static HOST: LazyLock<Regex> = LazyLock::new(|| pattern(r"^host += (?P<host>\S+)$"));
static PORT: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^(?:port += (?P<port>\d+)|(?P<git>\d+) (?:ssl|tls))$"));
static TLS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?:SSL connection using|=== TLS started|TLS session parameters|^New, TLS|SSL handshake has read \d{3,}|SSL connection established|isSSL true|STARTTLS: connection (?:is )?secured|Connection upgraded with STARTTLS|TLS client session|Secure connection established)",
    )
});
/// A server's word about a new client.
static ACCEPTED: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?:^|: )connect from \S+\[[^\]\s]+\](?::\d+)?$"));
/// What stands before a message of swaks and of curl, whose progress may precede it on the line.
static MARK: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(?:===|\*\*\*|[0-9 .:kM-]*\*) +"));
static FAULT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?:curl: \(|smtplib\.|Traceback|Error\b|\*\*\* |!! |msmtp: |SMTP [Ee][Rr][Rr][Oo][Rr]|Unable to initialize|Exception|Unhandled exception)|\bfailed\b|Exception:|: (?:error|ERROR):",
    )
});

/// Adds a line outside the dialogue as a note, after what it tells about the connection. `text`: the
/// words of the line without what stands before them.
/// `due`: a response of a login is due.
pub(super) fn note(line: &[u8], words: &[u8], due: bool, player: &mut LogPlayer) {
    for (says, pattern) in SERVER.iter() {
        let Some(found) = pattern.captures(words) else {
            continue;
        };
        if *says == Says::Connects && player.has_started() {
            player.new_connection();
        }
        let text = |name: &str| {
            found
                .name(name)
                .map(|part| String::from_utf8_lossy(part.as_bytes()).into_owned())
        };
        if let Some(host) = text("host") {
            let address = host.parse::<std::net::IpAddr>().is_ok();
            let target = match text("port") {
                Some(port) => format!("{host}:{port}"),
                None => host,
            };
            if address && (*says == Says::Connects || player.has_address()) {
                player.set_address(target);
            } else {
                player.set_target(target);
            }
        }
        break;
    }
    if let Some(host) = HOST.captures(words) {
        player.set_target(String::from_utf8_lossy(&host[1]).into_owned());
    }
    if let Some(found) = PORT.captures(words) {
        let port = found.name("port").or(found.name("git"));
        let port = port.and_then(|port| String::from_utf8_lossy(port.as_bytes()).parse().ok());
        player.set_port(port);
    }
    let begins = words.starts_with(b"CONNECTED(") || ACCEPTED.is_match(words);
    if begins && player.has_started() {
        player.new_connection();
    }
    if TLS.is_match(words) && !words.starts_with(b"New, (NONE)") {
        player.set_tls(true);
    }
    let level = if FAULT.is_match(words) || line.starts_with(b"*** ") {
        Level::Fault
    } else {
        Level::Info
    };
    let shown = MARK.find(line).map_or(line, |mark| &line[mark.end()..]);
    let tokens = tokens_in(shown, due);
    if !tokens.is_empty() {
        player.doubt();
    }
    let shown = hide(shown, &tokens);
    player.note(level, String::from_utf8_lossy(&shown).into_owned());
}
