//! The server that a message names.

use std::net::IpAddr;
use std::sync::LazyLock;

use regex::{Captures, Regex};

/// The most octets of a host name (RFC 1035 section 2.3.4).
const HOST_CAP: usize = 253;
/// How many lines around a message may name its server.
const LINES_AROUND: usize = 30;
/// The port of the DNS: a resolver's, not that of a mail server.
const DNS_PORT: u16 = 53;
/// Last labels that are those of source files, not of host names.
const FILE_ENDINGS: [&str; 22] = [
    "c", "cc", "conf", "cpp", "cs", "erl", "ex", "go", "h", "java", "js", "kt", "log", "mjs",
    "php", "pl", "pm", "py", "rb", "rs", "so", "ts",
];

/// How programs name a host, a port or both; the surest first.
static FORMS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    let name = r"(?P<host>\[[0-9a-f:.]+\]|[0-9a-z_](?:[0-9a-z_.-]*[0-9a-z])?)";
    let forms = [
        // URLs and socket addresses: smtps://HOST:465, HOST:587, HOST[192.0.2.1]:25
        format!(r"\b(?:smtps?|ssl|tls|tcp|submissions?)://(?:[^@\s/]*@)?{name}(?::(?P<port>\d+))?"),
        format!(r"(?:^|[^0-9a-z_.:\[-]){name}\[[0-9a-f:.]+\]:(?P<port>\d+)\b"),
        // Settings: server=HOST port=587; host: 'HOST', port: 587
        format!(
            r#"\b(?:server|(?:smtp[_ ]?)?host(?:name)?|address|relay)["']?\s*(?:=>|[:=])\s*["']?{name}["']?,?.{{0,80}}?\bport["']?\s*(?:=>|[:=])\s*["']?(?P<port>\d+)"#
        ),
        // Sentences: host, port: HOST, 25; to HOST port 25; HOST, port 25; host "HOST:587"
        format!(r"\bhost, port: {name}, (?P<port>\d+)"),
        format!(
            r#"(?:\bto|\bfor|\bhost:?|\bwith) ["']?{name}["']?[,:]? \(?(?:on )?port:? ["']?(?P<port>\d+)"#
        ),
        format!(r#"\bhost "{name}:(?P<port>\d+)""#),
        format!(r#"(?:^|[^0-9a-z_.:\[-]){name}:(?P<port>\d+)(?:$|[^0-9a-z:.]|[:.](?:\s|$))"#),
        r"(?:^|[^0-9a-z:.])(?P<host>[0-9a-f]*(?::[0-9a-f]*){2,7}):(?P<port>25|465|587|2525)\b"
            .to_owned(),
        // A host alone.
        format!(
            r#"\b(?:enotfound|eai_again|resolve host:?|resolve hostname|resolving host|lookup|name=|dial tcp: lookup) ["']?{name}"#
        ),
        format!(
            r#"\b(?:not valid for|valid for .{{1,200}}, not|expected cn=|host: |peer name) ?["'`]?{name}"#
        ),
        format!(
            r#"\b(?:server|(?:smtp[_ ]?)?host(?:name)?)["']?(?:\s*(?:=>|[:=])\s*|\s+)["']?{name}["']?"#
        ),
        format!(r"\b(?:with|to|from|connect to|by host) {name}\["),
        // A port alone.
        r#"\bport["']?\s*(?:=>|[:=])?\s*["']?(?P<port>\d+)"#.to_owned(),
    ];
    let regexes = forms.into_iter();
    let insensitive = regexes.filter_map(|form| Regex::new(&format!("(?i){form}")).ok());
    insensitive.collect()
});

/// The server of a message, as far as the text names it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) host: Option<String>,
    pub(super) port: Option<u16>,
}

impl Target {
    /// Reads the line of the message, then the lines around it, the nearest first.
    pub(super) fn find(lines: &[&str], line: usize) -> Self {
        let mut target = Self::default();
        for distance in 0..=LINES_AROUND {
            let after = line.checked_add(distance);
            let before = line.checked_sub(distance).filter(|_| distance > 0);
            for at in [after, before].into_iter().flatten() {
                if let Some(text) = lines.get(at) {
                    target.read(text);
                }
            }
            if target.host.is_some() && target.port.is_some() {
                break;
            }
        }
        target
    }

    /// Adds what a line names. Host and port of one form belong together.
    fn read(&mut self, line: &str) {
        for form in FORMS.iter() {
            for captures in form.captures_iter(line) {
                let port = port_of(&captures);
                let has_port = captures.name("port").is_some();
                let has_host = captures.name("host").is_some();
                let host = host_of(&captures);
                if has_host && host.is_none() || has_port && port.is_none() {
                    continue;
                }
                let agrees = |known: bool, same: bool| !known || same;
                if !agrees(self.host.is_some(), !has_host || self.host == host) {
                    continue;
                }
                self.host = self.host.take().or(host);
                self.port = self.port.or(port);
            }
        }
    }

    /// What the text names, in words.
    pub(super) fn evidence(&self) -> Vec<String> {
        let host = self.host.as_ref().map(|host| format!("server {host}"));
        let port = self.port.map(|port| format!("port {port}"));
        let named: Vec<String> = host.into_iter().chain(port).collect();
        if named.is_empty() {
            return Vec::new();
        }
        vec![format!("The text names {}.", named.join(", "))]
    }
}

fn port_of(captures: &Captures<'_>) -> Option<u16> {
    let port: u16 = captures.name("port")?.as_str().parse().ok()?;
    (port != DNS_PORT && port != 0).then_some(port)
}

/// The host, if it looks like one: a name with a dot that is no file's, an address, or localhost.
fn host_of(captures: &Captures<'_>) -> Option<String> {
    let host = captures.name("host")?.as_str();
    let host = host.trim_matches(['[', ']']).to_ascii_lowercase();
    if host.len() > HOST_CAP {
        return None;
    }
    if let Ok(address) = host.parse::<IpAddr>() {
        return Some(address.to_string());
    }
    let last = host.rsplit('.').next().unwrap_or_default();
    let is_name = host.contains('.')
        && !host.contains("..")
        && last.len() >= 2
        && last
            .bytes()
            .all(|octet| octet.is_ascii_alphabetic() || octet == b'-')
        && !FILE_ENDINGS.contains(&last);
    (is_name || host == "localhost").then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> (Option<String>, Option<u16>) {
        let lines: Vec<&str> = text.lines().collect();
        let target = Target::find(&lines, 0);
        (target.host, target.port)
    }

    #[test]
    fn a_server_is_found_in_the_forms_of_programs() {
        let host = Some("smtp.example.org");
        let table: &[(&str, Option<&str>, Option<u16>)] = &[
            (
                "VALUES: server=smtp.example.org encryption=ssl hello=c.example.net port=587",
                host,
                Some(587),
            ),
            (
                "Error: connect ECONNREFUSED 192.0.2.7:587",
                Some("192.0.2.7"),
                Some(587),
            ),
            (
                "connect ENETUNREACH 2001:db8::5:587 - Local (:::0)",
                Some("2001:db8::5"),
                Some(587),
            ),
            (
                "dial tcp [2001:db8::5]:465: connect: connection refused",
                Some("2001:db8::5"),
                Some(465),
            ),
            ("getaddrinfo ENOTFOUND smtp.example.org", host, None),
            (
                "lookup smtp.example.org on 127.0.0.53:53: no such host",
                host,
                None,
            ),
            (
                "connect to smtp.example.org[192.0.2.7]:25: Connection timed out",
                host,
                Some(25),
            ),
            (
                "Failed to connect to smtp.example.org port 25 after 2 ms",
                host,
                Some(25),
            ),
            (
                "msmtp: cannot connect to smtp.example.org, port 465: refused",
                host,
                Some(465),
            ),
            (
                "Couldn't connect to host, port: smtp.example.org, 25; timeout -1",
                host,
                Some(25),
            ),
            (
                "Could not connect to SMTP host: smtp.example.org, port: 465, response: -1",
                host,
                Some(465),
            ),
            (
                "established with host \"ssl://smtp.example.org:587\"",
                host,
                Some(587),
            ),
            (
                "{ host: 'smtp.example.org', secure: true, port: 465 }",
                host,
                Some(465),
            ),
            (
                "x509: certificate is valid for a.example.net, not smtp.example.org",
                host,
                None,
            ),
            (
                "peeraddr=192.0.2.7:587 state=error: wrong version number",
                Some("192.0.2.7"),
                Some(587),
            ),
            (
                "at smtp.java:128 and /usr/lib/python3.11/smtplib.py:255",
                None,
                None,
            ),
            (
                "error:0A00010B:SSL routines::wrong version number:ssl/record.c:354:",
                None,
                None,
            ),
            ("at 12:30:45 it failed", None, None),
            ("port: 99999", None, None),
        ];
        let wrong = table
            .iter()
            .filter(|(text, host, port)| found(text) != (host.map(str::to_owned), *port));
        let wrong: Vec<_> = wrong.map(|(text, ..)| (text, found(text))).collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn the_nearest_line_counts() {
        let text = "wrong version number\n port 587\nhost: smtp.example.org port: 25";
        assert_eq!(
            found(text),
            (Some("smtp.example.org".to_owned()), Some(587))
        );
    }
}
