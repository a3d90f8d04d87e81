//! The exit statuses, for the help and the manual page.

/// The exit statuses: each with what it means.
pub(super) const STATUSES: [(&str, &str); 18] = [
    (
        "0",
        "done; check: everything in order; ports: a port that can be used",
    ),
    (
        "1",
        "run, send, ports, tls: wrong usage; check: a warning; diff: the sessions differ",
    ),
    (
        "2",
        "run, send, tls: no connection; check: critical; elsewhere: wrong usage",
    ),
    ("3", "check: unknown, or wrong usage"),
    ("6", "the connection was lost"),
    ("21", "the greeting is a refusal, or did not come"),
    ("22", "EHLO or HELO was refused"),
    ("23", "MAIL was refused"),
    (
        "24",
        "no recipient was accepted; with --require-all-recipients, not all were",
    ),
    ("25", "DATA was refused"),
    ("26", "the message was refused"),
    ("27", "QUIT was refused"),
    (
        "28",
        "the login was refused, or not sent because the link would expose the password",
    ),
    (
        "29",
        "TLS is not offered though wanted, failed, or is not verified (tls)",
    ),
    ("32", "EHLO after STARTTLS was refused"),
    ("33", "XCLIENT was refused"),
    ("34", "EHLO after XCLIENT was refused"),
    ("40", "an expectation of the script was not met"),
];

/// What begins the exit statuses in a help text.
pub(super) const TITLE: &str = "Exit status (of run and send, the numbers of swaks):";

/// The exit statuses as text.
pub(super) fn text() -> String {
    let rows = STATUSES.map(|(status, means)| format!("  {status:<3} {means}\n"));
    format!("{TITLE}\n{}  128+n  ended by the signal n", rows.concat())
}
