//! What a log came to: the refusal that decided it, or what the program's message means.

use std::time::{Instant, SystemTime};

use ehlo::record::read;
use ehlo::smtp::EntryKind;

/// A log; words of the headlines, in order.
const LOGS: &[(&str, &[&str])] = &[
    // A refusal that a later login made up for decides nothing.
    (
        "<-  220 mx.example.org ESMTP\n -> EHLO app.example.net\n<-  250-mx.example.org\n<-  250 AUTH PLAIN CRAM-MD5\n \
         -> AUTH CRAM-MD5\n<** 504 5.7.4 unrecognized authentication type\n -> AUTH PLAIN AGFsaWNlAHJhYmJpdA==\n\
         <-  235 ok\n -> MAIL FROM:<alice@example.net>\n<-  250 ok\n -> RCPT TO:<bob@example.org>\n\
         <** 550 5.1.1 <bob@example.org>: User unknown\n -> QUIT\n<-  221 bye\n",
        &["no such mailbox"],
    ),
    // What follows a refusal is its consequence.
    (
        "S: 220 mx.example.org ESMTP\nC: EHLO app.example.net\nS: 250-mx.example.org\nS: 250 PIPELINING\n\
         C: MAIL FROM:<alice@example.net>\nC: RCPT TO:<bob@example.org>\nC: DATA\nS: 250 ok\n\
         S: 550 Sender verify failed\nS: 503 Valid RCPT command must precede DATA\n",
        &["could not be verified"],
    ),
    // Each delivery of a mail log, once.
    (
        "Mar  2 09:14:07 vm postfix/smtp[5]: A1: to=<b@c.example>, relay=mx.c.example[192.0.2.4]:25, status=deferred \
         (host mx.c.example[192.0.2.4] said: 450 4.7.25 Client host rejected: cannot find your hostname (in reply to RCPT TO command))\n\
         Mar  2 09:14:08 vm postfix/smtp[6]: A2: to=<d@c.example>, relay=mx.c.example[192.0.2.4]:25, status=bounced \
         (host mx.c.example[192.0.2.4] said: 550 5.1.1 <d@c.example>: User unknown (in reply to RCPT TO command))\n\
         Mar  2 09:14:09 vm postfix/smtp[7]: A3: to=<e@c.example>, relay=mx.c.example[192.0.2.4]:25, status=bounced \
         (host mx.c.example[192.0.2.4] said: 550 5.1.1 <e@c.example>: User unknown (in reply to RCPT TO command))\n",
        &["reverse DNS", "no such mailbox"],
    ),
    // A reply that only an exception quotes answers what the exception names.
    (
        "Traceback (most recent call last):\n  File \"a.py\", line 9, in <module>\n    s.sendmail(a, b, c)\n\
         smtplib.SMTPRecipientsRefused: {'b@c.example': (554, b'5.7.1 <b@c.example>: Relay access denied')}\n",
        &["does not relay"],
    ),
    // Without a reply, the program's message says what went wrong.
    (
        "$ openssl s_client -connect mx.example.org:587\nCONNECTED(00000003)\n\
         40C72A8E:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:a.c:354:\n---\n",
        &["TLS began on a port that starts unencrypted"],
    ),
    // Refused at one address, silent at the other: the connection that was made counts.
    (
        "$ telnet localhost 25\nTrying ::1...\ntelnet: connect to address ::1: Connection refused\nTrying 127.0.0.1...\n\
         Connected to localhost.\nEscape character is '^]'.\nConnection closed by foreign host.\n",
        &["closed"],
    ),
    // The message lacks what a message must have.
    (
        "235 2.0.0 ok\nmail from:<a@b.example>\n250 ok\nrcpt to:<c@d.example>\n250 ok\ndata\n354 go on\n\
         From: <a@b.example>\nSubject: x\none line of text\n.\n550 5.7.1 message rejected\n",
        &["no blank line"],
    ),
    (
        "220 mx.example.org\nHELO x\n250 mx.example.org\nMAIL FROM:<a@b.example>\n250 ok\nRCPT TO:<c@d.example>\n250 ok\nDATA\n\
         354 go on\nFrom: <a@b.example>\nSubject: x\n\ntext\n.\n554 5.7.1 rejected\n",
        &["lacks a header"],
    ),
    // DATA was forgotten.
    (
        "220 mx.example.org\nHELO x\n250 mx.example.org\nMAIL FROM:<a@b.example>\n250 ok\nRCPT TO:<c@d.example>\n250 ok\n\
         Subject: test\n221 2.7.0 Error: I can break rules, too. Goodbye.\n",
        &["a header was sent as a command"],
    ),
    // The password was never sent.
    (
        "< 220 mx.example.org\n> EHLO a\n< 250-mx.example.org\n< 250 AUTH LOGIN PLAIN\n> AUTH PLAIN\n\
         < 535 Login Fail. Please enter your authorization code to login.\n",
        &["no password was sent"],
    ),
    (
        "< 220 mx.example.org\n> EHLO a\n< 250-mx.example.org\n< 250 AUTH LOGIN PLAIN\n> AUTH PLAIN AGFsaWNlAHJhYmJpdA==\n\
         < 535 5.7.8 authentication failed\n",
        &["user name or password refused"],
    ),
    // The sender is a name only.
    (
        "< 220 mx.example.org\n> EHLO a\n< 250 mx.example.org\n> MAIL FROM:<app>\n< 501 5.1.7 Invalid address\n",
        &["needs a domain"],
    ),
    // The client did not wait for the greeting.
    (
        "[1] C: MAIL FROM:<a@b.example>\n[1] Connection established to 192.0.2.4:25\n[1] S: 220 mx.example.org ESMTP\n\
         [1] C: RCPT TO:<c@d.example>\n[1] S: 250 2.1.0 Ok\n[1] Invalid greeting. response=250 2.1.0 Ok\n",
        &["before the server's greeting"],
    ),
    // The client spoke telnet, TLS or HTTP.
    (
        "Mar  2 09:14:07 vm postfix/smtpd[4]: improper command pipelining after CONNECT from unknown[192.0.2.7]: \\377\\373\\037\\377\n",
        &["telnet negotiation"],
    ),
    (
        "Mar  2 09:14:07 vm postfix/smtpd[4]: improper command pipelining after CONNECT from unknown[192.0.2.7]: \\026\\003\\001\\002\n",
        &["began TLS on a port that starts unencrypted"],
    ),
    (
        "Mar  2 09:14:07 vm postfix/smtpd[4]: warning: non-SMTP command from unknown[192.0.2.7]: GET / HTTP/1.1\n",
        &["spoke HTTP"],
    ),
    // Two connections whose lines are mixed, and a third in the process of the first.
    (
        "postfix/smtpd[411]: > a[192.0.2.9]: 220 mx.example.org\npostfix/smtpd[412]: > b[192.0.2.8]: 220 mx.example.org\n\
         postfix/smtpd[411]: < a[192.0.2.9]: EHLO a.example\npostfix/smtpd[412]: < b[192.0.2.8]: EHLO b.example\n\
         postfix/smtpd[411]: > a[192.0.2.9]: 250 mx.example.org\npostfix/smtpd[412]: > b[192.0.2.8]: 250 AUTH PLAIN LOGIN\n\
         postfix/smtpd[411]: < a[192.0.2.9]: MAIL FROM:<a@b.example>\npostfix/smtpd[412]: < b[192.0.2.8]: AUTH PLAIN AGFsaWNlAHJhYmJpdA==\n\
         postfix/smtpd[411]: > a[192.0.2.9]: 250 2.1.0 Ok\npostfix/smtpd[412]: > b[192.0.2.8]: 535 5.7.8 Error: authentication failed\n\
         postfix/smtpd[411]: < a[192.0.2.9]: RCPT TO:<b@c.example>\npostfix/smtpd[411]: > a[192.0.2.9]: 554 5.7.1 <b@c.example>: Relay access denied\n\
         postfix/smtpd[411]: lost connection after RCPT from a[192.0.2.9]\npostfix/smtpd[411]: connect from c[192.0.2.7]\n\
         postfix/smtpd[411]: > c[192.0.2.7]: 220 mx.example.org\npostfix/smtpd[411]: < c[192.0.2.7]: QUIT\n\
         postfix/smtpd[411]: > c[192.0.2.7]: 221 2.0.0 Bye\n",
        &["does not relay", "user name or password refused"],
    ),
    // Nothing went wrong.
    (
        "Connected to mx.example.org.\nEscape character is '^]'.\n220 mx.example.org ESMTP\nEHLO a.example\n\
         250 mx.example.org\nQUIT\n221 bye\nConnection closed by foreign host.\n",
        &[],
    ),
    (
        "=== Connected to mx.example.org.\n<-  220 mx.example.org ESMTP\n -> EHLO a.example\n<-  250 mx.example.org\n\
         -> QUIT\n<-  221 bye\n=== Connection closed with remote host.\n",
        &[],
    ),
    // The program says after QUIT why it gave up.
    (
        "host = mx.example.org\nport = 587\ntls = off\n<-- 220 mx.example.org ESMTP\n--> EHLO a.example\n\
         <-- 250-mx.example.org\n<-- 250 STARTTLS\n--> QUIT\n<-- 221 bye\n\
         msmtp: the server does not support authentication\n",
        &["offers no login"],
    ),
];

#[test]
fn a_log_says_what_went_wrong() {
    for (log, expected) in LOGS {
        let record = read(log.as_bytes(), Instant::now(), SystemTime::UNIX_EPOCH).unwrap();
        let verdicts = record.verdicts();
        let headlines: Vec<&str> = verdicts
            .iter()
            .map(|verdict| verdict.explanation.headline.as_str())
            .collect();
        assert_eq!(headlines.len(), expected.len(), "{headlines:?} of {log}");
        for (headline, words) in headlines.iter().zip(*expected) {
            assert!(
                headline.contains(words),
                "{headline}, not {words}, of {log}"
            );
        }
        assert!(
            verdicts
                .iter()
                .all(|verdict| verdict.at < record.entries.len())
        );
    }
}

/// The notes about the message of a log.
fn lint(log: &str) -> Vec<String> {
    let record = read(log.as_bytes(), Instant::now(), SystemTime::UNIX_EPOCH).unwrap();
    let notes = record.entries.iter().filter_map(|entry| match &entry.kind {
        EntryKind::Note(note) => note.text.strip_prefix("the message: "),
        _ => None,
    });
    notes.map(str::to_owned).collect()
}

#[test]
fn a_message_in_a_log_is_linted() {
    let with = |message: &str| {
        format!(
            "<-  220 mx\n -> EHLO a\n<-  250-mx\n<-  250 8BITMIME\n -> MAIL FROM:<a@b.example>\n<-  250 ok\n\
             -> RCPT TO:<c@d.example>\n<-  250 ok\n -> DATA\n<-  354 go on\n{message}<-  250 ok\n -> QUIT\n<-  221 bye\n"
        )
    };
    let lines = |text: &str| {
        text.split('/')
            .map(|line| format!(" -> {line}\n"))
            .collect::<String>()
    };
    let table: &[(&str, &[&str])] = &[
        ("Date: x/From: a@b.example//text/.", &[]),
        (
            "From: a@b.example/text/.",
            &[
                "line 2 is not a header: a blank line must come first; no Date header (RFC 5322 s3.6)",
            ],
        ),
        (
            "Date: x/From: a@b.example//täxt/.",
            &["line 4: 8-bit, but MAIL had no BODY=8BITMIME"],
        ),
        // What was left out is not known.
        ("From: a@b.example/.../.", &[]),
        ("12 lines sent/.", &[]),
        ("From: a@b.example/text", &[]),
    ];
    for (message, expected) in table {
        assert_eq!(lint(&with(&lines(message))), *expected, "{message}");
    }
    // Net::SMTP does not print empty lines.
    let log = with(&lines("From: a@b.example/text/."));
    let log = log
        .replace("<-  ", "Net::SMTP=GLOB(0x1)<<< ")
        .replace(" -> ", "Net::SMTP=GLOB(0x1)>>> ");
    assert_eq!(lint(&log), ["no Date header (RFC 5322 s3.6)"]);
}
