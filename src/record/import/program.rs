//! The programs that write logs, by words that only they print.

use std::sync::LazyLock;

use regex::bytes::Regex;

use super::pattern::pattern;
use super::wrapping::LogLine;

/// The number of lines that are searched.
const SEARCHED_LINES: usize = 2000;

/// Words of a program and its name; the first that a log contains counts.
const PROGRAMS: [(&str, &str); 40] = [
    (r"Microsoft Exchange Server|^#Log-type: SMTP", "Exchange"),
    (
        r"DEBUG SMTPS?: |DEBUG: (?:setDebug|Jakarta|JavaMail)|com\.sun\.mail|(?:javax|jakarta)\.mail\.",
        "JavaMail",
    ),
    (r"Net::SMTP(?:::\w+)?(?:=GLOB|>>>)", "Net::SMTP"),
    (
        r"git-send-email|sendemail\.|Unable to initialize SMTP properly",
        "git send-email",
    ),
    (
        r"^(?:msmtp: |using account )|<-- 220|tls_starttls =",
        "msmtp",
    ),
    (r"mutt_socket_(?:readln|send)", "neomutt"),
    (r"\d{1,4}[<>] (?:220|EHLO|HELO)|on fd=\d", "mutt"),
    (r"Swift_\w*Transport", "Swiftmailer"),
    (
        r"SERVER -> CLIENT:|CLIENT -> S(?:ERVER|MTP):|SMTP (?:ERROR|NOTICE|INBOUND):|PHPMailer",
        "PHPMailer",
    ),
    (r"\[\d{4}-\d\d-\d\dT[\d:.+-]+\] [<>] ", "Symfony Mailer"),
    (
        r"^(?:== Info:|\* +(?:Trying|Connected to|Closing connection|Connection #)|curl: \()|(?:^|\s)\*   Trying ",
        "curl",
    ),
    (
        r"=== Trying |\*\*\* (?:No authentication|Error connecting|Host did not)|\bswaks\b|^\s*<\*\* ",
        "swaks",
    ),
    (
        r"^(?:[\d:.]+ )?(?:reply: retcode|send: b?'|reply: b?'|connect: to \(|connect: \()",
        "smtplib",
    ),
    (
        r"SMTP(?:<<|>>|\|>)|R=\w+ T=remote_smtp|message was created automatically by mail delivery software",
        "Exim",
    ),
    (r"Connected to smtps?://\S*starttls=", "MailKit"),
    (
        r"SMTP/\d+\.\d+\.\d+\[client:|Connection established to \S+:\d+|\x22tnx\x22",
        "Nodemailer",
    ),
    (r"----------SMTP----------|MAILSMTP_ERROR", "mailcore"),
    (r"Connection opened: \S+:\d+", "Ruby Net::SMTP"),
    (r"^Connection from \S+ to \S+:\d+", "smtp-cli"),
    (r"System\.Net\.Mail\.", ".NET"),
    (r"smtplib\.SMTP|^Traceback \(most recent", "Python"),
    (
        r"Transcript of session follows|This is the mail system at host",
        "Postfix",
    ),
    (
        r"(?:postfix|postscreen|submission)(?:/\w+)*\[\d+\]",
        "Postfix",
    ),
    (
        r"sendmail\[\d+\]|Transcript of session|while talking to",
        "sendmail",
    ),
    (r"smtpd?\[\d+\]: [0-9a-f]{16} (?:smtp|mta|mda)", "OpenSMTPD"),
    (r"\[core\]|haraka", "Haraka"),
    (
        r"qmail-send program|delivery \d+: (?:failure|deferral)",
        "qmail",
    ),
    (
        r"Generating server: |Remote [Ss]erver returned '|Diagnostic information for administrators",
        "Exchange",
    ),
    (
        r"\*\* (?:Address not found|Message (?:blocked|not delivered|rejected)) \*\*|mailer-daemon@googlemail\.com",
        "Gmail",
    ),
    (
        r"^(?:Reporting-MTA|Final-Recipient|Diagnostic-Code): ",
        "a bounce",
    ),
    (
        r"CONNECTED\(\d+\)|openssl s_client|SSL handshake has read",
        "openssl s_client",
    ),
    (r"gnutls-cli|- Session ID: ", "gnutls-cli"),
    (r"Escape character is|^\$? ?telnet ", "telnet"),
    (r"Ncat: |^Connection to \S+ \d+ port", "netcat"),
    (r"gomail|net/smtp|\.go:\d+", "Go"),
    (
        r"node:internal|nodemailer|ECONNREFUSED|ETIMEDOUT|EAUTH",
        "Node.js",
    ),
    (
        r"Net::SMTP(?:Auth|Fatal|Server)\w*Error|net/smtp\.rb",
        "Ruby",
    ),
    (
        r"SMTP connect\(\) failed|Swift_TransportException|\.php(?: on line |:\d+)",
        "PHP",
    ),
    (r"\bat [\w.$]+\([\w.]+\.java:\d+\)", "Java"),
    (r"flutter: ", "Flutter"),
];

static PATTERNS: LazyLock<Vec<(Regex, &'static str)>> = LazyLock::new(|| {
    let compiled = |(words, name): &(&str, &'static str)| (pattern(words), *name);
    PROGRAMS.iter().map(compiled).collect()
});

/// The name of the program that wrote a log, if it shows.
pub(super) fn name(lines: &[LogLine]) -> Option<&'static str> {
    let searched = &lines[..lines.len().min(SEARCHED_LINES)];
    let found = PATTERNS
        .iter()
        .find(|(words, _)| searched.iter().any(|line| words.is_match(&line.text)));
    found.map(|(_, name)| *name)
}
