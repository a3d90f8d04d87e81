//! What a log came to: the refusal that decided it, or what the program's message means.

use std::time::{Instant, SystemTime};

use ehlo::record::read;

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
    // Nothing went wrong.
    (
        "Connected to mx.example.org.\nEscape character is '^]'.\n220 mx.example.org ESMTP\nEHLO a.example\n\
         250 mx.example.org\nQUIT\n221 bye\nConnection closed by foreign host.\n",
        &[],
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
