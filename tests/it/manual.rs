//! The manual as its readers have it: every row of every asset, looked up once.

use ehlo::manual::{self, Explanation, Page, Situation, TopicKind};
use ehlo::smtp::line::{Ending, Line};
use ehlo::smtp::reply::ReplyReader;
use ehlo::smtp::{Asked, Phase, Reply, Standing, Verb};

use crate::support::pty::{EHLO, Home};

/// A form such as `5321 s4.1.1.2`, or the name of a product.
fn is_source(source: &str) -> bool {
    let Some((number, section)) = source.split_once(' ').or(Some((source, ""))) else {
        return false;
    };
    if !number.starts_with(|c: char| c.is_ascii_digit()) {
        return !source.is_empty();
    }
    let digits = (3..=4).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit());
    let parts = section.strip_prefix('s').map(|s| s.split('.'));
    digits
        && parts.map_or(section.is_empty(), |mut parts| {
            parts.all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric()))
        })
}

#[test]
fn every_asset_is_read() {
    assert_eq!(manual::commands().count(), 37);
    assert_eq!(manual::dialogue_topics().count(), 10);
    assert_eq!(manual::parameters().count(), 35);
    assert_eq!(manual::extensions().count(), 76);
    assert_eq!(manual::reply_codes().count(), 74);
    assert_eq!(manual::enhanced_codes().count(), 130);
    assert_eq!(manual::mechanisms().count(), 39);
    assert_eq!(manual::providers().count(), 57);
    assert_eq!(manual::symptoms().count(), 60);
    assert_eq!(manual::alerts().count(), 37);
    assert_eq!(manual::certificates().count(), 41);
}

#[test]
fn names_in_one_table_stand_in_the_other() {
    for (verb, command) in manual::commands().chain(manual::dialogue_topics()) {
        if let Some(keyword) = &command.extension {
            assert!(manual::extension(keyword).is_some(), "{verb}: {keyword}");
        }
        let first = command.example.split(' ').next();
        let said = manual::command(verb).is_some().then_some(verb);
        assert!(said.is_none() || first == said, "{verb}: {first:?}");
    }
    for (name, parameter) in manual::parameters() {
        for verb in &parameter.on {
            let taker = manual::command(verb).unwrap_or_else(|| panic!("{name}: {verb}"));
            assert!(taker.parameters, "{name}: {verb} takes no parameters");
        }
        for keyword in &parameter.extensions {
            let adds = manual::extension(keyword)
                .is_some_and(|extension| extension.parameters.iter().any(|added| added == name));
            assert!(adds, "{keyword} does not add {name}");
        }
        assert!(parameter.example.starts_with(name), "{name}");
        assert!(parameter.form.starts_with(name), "{name}");
    }
    for (keyword, extension) in manual::extensions() {
        for verb in extension.verbs.iter().chain(extension.growth.keys()) {
            assert!(manual::command(verb).is_some(), "{keyword}: {verb}");
        }
        for name in &extension.parameters {
            let known = manual::parameter(name);
            let known = known.unwrap_or_else(|| panic!("{keyword}: {name}"));
            assert!(known.extensions.iter().any(|by| by == keyword), "{name}");
        }
    }
}

#[test]
fn alerts_and_certificates_have_words_of_their_own() {
    // The numbers that IANA has given out.
    let numbers: Vec<u8> = [0, 10, 20, 21, 22, 30]
        .into_iter()
        .chain(40..=52)
        .chain([60, 70, 71, 80, 86, 90, 100])
        .chain(109..=117)
        .chain([120, 121])
        .collect();
    for number in &numbers {
        assert!(manual::alert(*number).is_some(), "{number}");
    }
    let alerts = manual::alerts().map(|(number, alert)| {
        assert!(is_source(&alert.source), "{number}: {}", alert.source);
        (number, &alert.means, &alert.r#try)
    });
    let certificates = manual::certificates().map(|(key, words)| (key, &words.means, &words.r#try));
    let mut seen = std::collections::HashSet::new();
    for (key, means, to_try) in alerts.chain(certificates) {
        assert!(means.ends_with('.') && to_try.len() > 5, "{key}");
        assert!(!means.contains('?') && !to_try.contains('?'), "{key}");
        assert!(seen.insert(means), "{key}: said before: {means}");
    }
}

#[test]
fn words_fit_their_places() {
    let fits = |about: &str, text: &str, most: usize| {
        assert!(!text.is_empty(), "{about}: nothing");
        let count = text.chars().count();
        assert!(count <= most, "{about}: {count} characters: {text}");
        assert!(!text.contains('?'), "{about}: {text}");
    };
    for (verb, command) in manual::commands().chain(manual::dialogue_topics()) {
        fits(verb, &command.means, 70);
        fits(verb, &command.when, 78);
        fits(verb, &command.example, 78);
        assert!(is_source(&command.source), "{verb}: {}", command.source);
        for argument in &command.arguments {
            fits(verb, &argument.means, 60);
            fits(verb, &argument.form, 30);
        }
        for text in command.replies.iter().chain(&command.notes) {
            fits(verb, text, 110);
        }
        for reply in &command.replies {
            assert!(reply.starts_with(|c: char| c.is_ascii_digit()), "{verb}");
        }
    }
    for (name, parameter) in manual::parameters() {
        fits(name, &parameter.means, 60);
        fits(name, &parameter.form, 45);
        fits(name, &parameter.example, 60);
        assert!(is_source(&parameter.source), "{name}: {}", parameter.source);
        for text in &parameter.notes {
            fits(name, text, 110);
        }
    }
    for (keyword, extension) in manual::extensions() {
        fits(keyword, &extension.means, 60);
        assert!(
            is_source(&extension.source),
            "{keyword}: {}",
            extension.source
        );
        for text in &extension.notes {
            fits(keyword, text, 140);
        }
    }
}

#[test]
fn a_line_may_grow_by_what_the_extensions_say() {
    let growth = |keyword: &str, verb: &str| {
        let extension = manual::extension(keyword);
        extension.and_then(|extension| extension.growth.get(verb).copied())
    };
    let table = [
        ("SIZE", "MAIL", Some(26)),
        ("8BITMIME", "MAIL", Some(17)),
        ("DSN", "MAIL", Some(107)),
        ("DSN", "RCPT", Some(507)),
        ("AUTH", "MAIL", Some(500)),
        ("SMTPUTF8", "MAIL", Some(10)),
        ("SMTPUTF8", "RCPT", None),
        ("PIPELINING", "MAIL", None),
    ];
    for (keyword, verb, expected) in table {
        assert_eq!(growth(keyword, verb), expected, "{keyword} {verb}");
    }
    let worth: Vec<_> = manual::extensions()
        .filter(|(_, extension)| extension.worth_knowing)
        .map(|(keyword, _)| keyword)
        .collect();
    assert_eq!(
        worth,
        [
            "8BITMIME",
            "AUTH",
            "CHUNKING",
            "DSN",
            "PIPELINING",
            "SMTPUTF8",
            "STARTTLS"
        ]
    );
}

/// A reply as a server sends it.
fn reply(lines: &str) -> Reply {
    let mut reader = ReplyReader::default();
    let mut lines = lines.lines().map(|line| Line {
        bytes: line.as_bytes().to_vec(),
        ending: Ending::CrLf,
    });
    let complete = lines.find_map(|line| reader.push(&line).reply);
    complete.expect("the lines make a reply")
}

fn explained(host: &str, asked: Option<Asked>, lines: &str) -> Explanation {
    let reply = reply(lines);
    manual::explain(&Situation {
        reply: &reply,
        asked,
        host: Some(host).filter(|host| !host.is_empty()),
        standing: None,
    })
}

/// All that an explanation says, a line each.
fn told(explanation: &Explanation) -> String {
    let page = explanation.page();
    let lines = page.sections.iter().flat_map(|section| &section.lines);
    lines.fold(page.title.clone(), |told, line| told + "\n" + line)
}

const GREETING: Option<Asked> = Some(Asked::Greeting);
const DOT: Option<Asked> = Some(Asked::EndOfData);
const ANSWER: Option<Asked> = Some(Asked::SaslAnswer);
const AUTH: Option<Asked> = Some(Asked::Command(Verb::Auth));
const EHLO_SENT: Option<Asked> = Some(Asked::Command(Verb::Ehlo));
const MAIL: Option<Asked> = Some(Asked::Command(Verb::Mail));
const RCPT: Option<Asked> = Some(Asked::Command(Verb::Rcpt));
const DATA: Option<Asked> = Some(Asked::Command(Verb::Data));
const STARTTLS: Option<Asked> = Some(Asked::Command(Verb::StartTls));

#[test]
fn replies_as_servers_send_them_are_explained() {
    // The host, what was asked, the reply; what the headline says, what the first advice says.
    let table: &[(&str, Option<Asked>, &str, &str, &str)] = &[
        // Providers
        (
            "smtp.gmail.com",
            ANSWER,
            "535-5.7.8 Username and Password not accepted. For more information, go to\n535 5.7.8  https://support.google.com/mail/?p=BadCredentials a1-20020a - gsmtp",
            "no account password",
            "app password",
        ),
        (
            "smtp.gmail.com",
            ANSWER,
            "534-5.7.9 Application-specific password required. For more information, go to\n534 5.7.9  https://support.google.com/mail/?p=InvalidSecondFactor x - gsmtp",
            "app password",
            "app password",
        ),
        (
            "",
            ANSWER,
            "534-5.7.9 Please log in via your web browser and then try again.\n534 5.7.9  https://support.google.com/mail/answer/78754 x - gsmtp",
            "by browser",
            "browser",
        ),
        (
            "",
            MAIL,
            "530 5.7.0 Must issue a STARTTLS command first. x - gsmtp",
            "wants TLS first",
            "STARTTLS",
        ),
        (
            "gmail-smtp-in.l.google.com",
            DOT,
            "550-5.7.26 This mail is unauthenticated, which poses a security risk\n550 5.7.26 x - gsmtp",
            "not proven",
            "SPF or DKIM",
        ),
        (
            "gmail-smtp-in.l.google.com",
            DOT,
            "421-4.7.28 Gmail has detected an unusual rate of unsolicited mail.\n421 4.7.28 x - gsmtp",
            "unusually much",
            "slow down",
        ),
        (
            "smtp.office365.com",
            ANSWER,
            "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant. Visit https://aka.ms/smtp_auth_disabled for more information. [X.EURPRD01.PROD.OUTLOOK.COM]",
            "SMTP AUTH is off",
            "turn SMTP AUTH on",
        ),
        (
            "smtp-mail.outlook.com",
            ANSWER,
            "535 5.7.139 Authentication unsuccessful, basic authentication is disabled. [X.PROD.OUTLOOK.COM]",
            "no password here",
            "XOAUTH2",
        ),
        (
            "",
            ANSWER,
            "535 5.7.139 Authentication unsuccessful, the user credentials were incorrect. [X.PROD.OUTLOOK.COM]",
            "forbids this login",
            "SMTP AUTH",
        ),
        (
            "",
            ANSWER,
            "535 5.7.3 Authentication unsuccessful [X.PROD.OUTLOOK.COM]",
            "Microsoft refused",
            "check the user",
        ),
        (
            "",
            MAIL,
            "550 5.7.30 Basic authentication is not supported for Client Submission.",
            "with a password is over",
            "XOAUTH2",
        ),
        (
            "mx.example",
            DATA,
            "550 5.7.30 REQUIRETLS support required",
            "REQUIRETLS",
            "without REQUIRETLS",
        ),
        (
            "smtp.office365.com",
            MAIL,
            "530 5.7.57 Client not authenticated to send mail.",
            "not logged in",
            "STARTTLS, EHLO, AUTH",
        ),
        (
            "smtp.qq.com",
            ANSWER,
            "535 Login fail. Account is abnormal, service is not open, password is incorrect, login frequency limited, or system is busy.",
            "authorisation code",
            "turn SMTP on",
        ),
        (
            "smtp.exmail.qq.com",
            ANSWER,
            "535 Error: authentication failed, system busy",
            "Exmail refused",
            "password's length",
        ),
        (
            "smtp.qq.com",
            AUTH,
            "502 Invalid input from 192.0.2.1 to newxmesmtplogicsvrszb9-0.qq.com.",
            "on the same line",
            "AUTH PLAIN",
        ),
        (
            "smtp.163.com",
            MAIL,
            "553 Mail from must equal authorized user",
            "address you logged in with",
            "MAIL FROM:<",
        ),
        (
            "smtp.aol.com",
            ANSWER,
            "535 5.7.0 (#AUTH005) Too many bad auth attempts.",
            "account password",
            "app password",
        ),
        (
            "email-smtp.us-east-1.amazonaws.com",
            DOT,
            "554 Message rejected: Email address is not verified. The following identities failed the check in region US-EAST-1: a@b.example",
            "not verified",
            "verify",
        ),
        (
            "smtp-relay.brevo.com",
            ANSWER,
            "525 5.7.1 Unauthorized IP address",
            "not on Brevo's list",
            "IP address",
        ),
        (
            "smtp.sendgrid.net",
            ANSWER,
            "535 Authentication failed: Bad username / password",
            "apikey",
            "user apikey",
        ),
        // Any server
        (
            "mx.example",
            RCPT,
            "450 4.2.0 <bob@example.org>: Recipient address rejected: Greylisted, see http://postgrey.schweikert.ch/help/example.org.html",
            "greylisting",
            "5 minutes",
        ),
        (
            "mx.example",
            RCPT,
            "451 4.7.1 Greylisting in action, please come back in 00:04:58",
            "greylisting",
            "5 minutes",
        ),
        (
            "mx.example",
            RCPT,
            "451 4.7.1 Please try again later",
            "often greylisting",
            "5 minutes",
        ),
        (
            "mx.example",
            RCPT,
            "450 4.3.2 Service currently unavailable",
            "in front of Postfix",
            "connect again",
        ),
        (
            "mx.example",
            GREETING,
            "521 5.5.1 Protocol error",
            "before the server had finished",
            "connect again",
        ),
        (
            "mx.example",
            GREETING,
            "554 SMTP synchronization error",
            "before the server had finished",
            "connect again",
        ),
        (
            "mx.example",
            RCPT,
            "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org; https://www.spamhaus.org/query/ip/192.0.2.1",
            "block list",
            "taken off",
        ),
        (
            "mx.example",
            RCPT,
            "554 5.7.1 <bob@example.net>: Relay access denied",
            "does not relay",
            "AUTH first",
        ),
        (
            "mx.example",
            RCPT,
            "550 relay not permitted",
            "does not relay",
            "AUTH first",
        ),
        (
            "mx.example",
            RCPT,
            "550 5.1.1 <nobody@example.org>: Recipient address rejected: User unknown in local recipient table",
            "no such mailbox",
            "before the @",
        ),
        (
            "mx.example",
            RCPT,
            "550 Unrouteable address",
            "no such mailbox",
            "before the @",
        ),
        (
            "mx.example",
            RCPT,
            "504 5.5.2 <localhost>: Helo command rejected: need fully-qualified hostname",
            "name in EHLO is refused, late",
            "EHLO with a full host name",
        ),
        (
            "mx.example",
            RCPT,
            "450 4.7.1 Client host rejected: cannot find your reverse hostname, [192.0.2.1]",
            "no good name in DNS",
            "PTR",
        ),
        (
            "mx.example",
            RCPT,
            "450 4.1.8 <a@nowhere.example>: Sender address rejected: Domain not found",
            "domain is not found",
            "MX",
        ),
        (
            "mx.example",
            RCPT,
            "553 5.7.1 <a@b.example>: Sender address rejected: not owned by user alice",
            "logged in as",
            "MAIL FROM:<",
        ),
        (
            "mx.example",
            RCPT,
            "552 Too many recipients",
            "too many recipients",
            "DATA for those",
        ),
        (
            "mx.example",
            RCPT,
            "552 5.2.2 Mailbox full",
            "mailbox is full",
            "make room",
        ),
        (
            "mx.example",
            RCPT,
            "555 5.5.4 Unsupported option: NOTIFY=SUCCESS",
            "parameter is not known",
            "without it",
        ),
        (
            "mx.example",
            MAIL,
            "552 5.3.4 Message size exceeds fixed limit",
            "too large",
            "smaller",
        ),
        (
            "mx.example",
            MAIL,
            "501 5.1.7 Bad sender address syntax",
            "not in its form",
            "MAIL FROM:<address>",
        ),
        (
            "mx.example",
            DOT,
            "550 5.7.1 SPF check failed: 192.0.2.1 is not allowed to send",
            "SPF",
            "SPF record",
        ),
        (
            "mx.example",
            DOT,
            "550 5.7.1 Unauthenticated email from example.org is not accepted due to domain's DMARC policy.",
            "not proven",
            "SPF and DKIM",
        ),
        (
            "mx.example",
            DOT,
            "521 5.5.2 mx.example Error: bare <LF> received",
            "LF alone",
            "CR LF",
        ),
        (
            "mx.example",
            DOT,
            "554 5.7.1 Message rejected: suspected spam content",
            "spam",
            "content",
        ),
        (
            "mx.example",
            AUTH,
            "503 AUTH command used when not advertised",
            "not to be had",
            "STARTTLS and EHLO",
        ),
        (
            "mx.example",
            AUTH,
            "504 5.7.4 Unrecognized authentication type",
            "not taken",
            "behind AUTH",
        ),
        (
            "mx.example",
            ANSWER,
            "501 5.5.2 Cannot decode base64 response",
            "base64",
            "one line",
        ),
        (
            "mx.example",
            ANSWER,
            "454 4.7.0 Temporary authentication failure: Connection lost to authentication server",
            "right now",
            "password may be right",
        ),
        (
            "mx.example",
            ANSWER,
            "535 5.7.8 Error: authentication failed: (reason unavailable)",
            "refused",
            "length",
        ),
        (
            "mx.example",
            None,
            "421 4.4.2 mx.example Error: timeout exceeded",
            "idle",
            "NOOP",
        ),
        (
            "mx.example",
            None,
            "421 4.7.0 mx.example Error: too many errors",
            "too many errors",
            "connect again",
        ),
        (
            "mx.example",
            GREETING,
            "421 4.7.0 mx.example Error: too many connections from 192.0.2.1",
            "too much",
            "fewer connections",
        ),
        (
            "mx.example",
            GREETING,
            "220 ****************************",
            "hides what the server says",
            "465 or 587",
        ),
        (
            "mx.example",
            STARTTLS,
            "454 4.7.0 TLS not available due to local problem",
            "cannot be had",
            "in clear",
        ),
        (
            "mx.example",
            EHLO_SENT,
            "504 5.5.2 <vm>: Helo command rejected: need fully-qualified hostname",
            "refused",
            "full host name",
        ),
        (
            "mta5.am0.yahoodns.net",
            MAIL,
            "421 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to unexpected volume or user complaints",
            "Yahoo puts you off",
            "wait",
        ),
        (
            "mx.example",
            RCPT,
            "550-Verification failed for <a@b.example>\n550 Sender verify failed",
            "could not be verified",
            "exists",
        ),
        (
            "mx.example",
            RCPT,
            "450 4.1.1 <bob@example.org>: Recipient address rejected: unverified address: Address verification in progress",
            "still checking",
            "wait",
        ),
        (
            "mx.example",
            EHLO_SENT,
            "501 Syntactically invalid EHLO argument(s)",
            "name in EHLO is refused",
            "full host name",
        ),
        (
            "mx.example",
            DOT,
            "451 See http://pobox.com/~djb/docs/smtplf.html",
            "LF alone",
            "CR LF",
        ),
        (
            "mx.example",
            RCPT,
            "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)",
            "does not relay",
            "AUTH first",
        ),
        (
            "mx.example",
            ANSWER,
            "535 5.7.1 Username/Password rejected",
            "user or password refused",
            "length",
        ),
        (
            "mx.example",
            ANSWER,
            "535 5.7.8 Error: authentication failed: Invalid authentication mechanism",
            "not taken",
            "behind AUTH",
        ),
        (
            "mx.example",
            MAIL,
            "503 5.5.1 Error: nested MAIL command",
            "open already",
            "RSET",
        ),
        (
            "mx.example",
            GREETING,
            "554-mx.example\n554 Your access has been rejected due to the sending MTA's poor reputation.",
            "bad reputation",
            "look your address up",
        ),
        (
            "contoso-com.mail.protection.outlook.com",
            RCPT,
            "550 5.4.1 Recipient address rejected: Access denied.",
            "no such recipient",
            "check the address",
        ),
        (
            "gmail-smtp-in.l.google.com",
            DOT,
            "550-5.7.1 The IP you're using to send mail is not authorized to send email directly\n550 5.7.1 to our servers. x - gsmtp",
            "not proven, or taken for spam",
            "SPF",
        ),
        (
            "smtp.gmail.com",
            AUTH,
            "334 eyJzdGF0dXMiOiI0MDAiLCJzY2hlbWVzIjoiQmVhcmVyIn0=",
            "token is refused",
            "an empty line",
        ),
        // No words to go by
        (
            "mx.example",
            DATA,
            "503 5.5.1 Error: need RCPT command",
            "no recipient",
            "RCPT TO",
        ),
        (
            "mx.example",
            RCPT,
            "503 5.5.1 Error: need MAIL command",
            "no transaction",
            "MAIL FROM",
        ),
        ("mx.example", RCPT, "250 2.1.5 Ok", "accepted", "DATA"),
        (
            "mx.example",
            ANSWER,
            "235 2.7.0 Authentication successful",
            "logged in",
            "MAIL FROM",
        ),
        (
            "mx.example",
            RCPT,
            "299 2.1.5 Odd",
            "the code itself",
            "yes",
        ),
        ("mx.example", RCPT, "550", "no such mailbox, or", "address"),
    ];
    for (host, asked, lines, headline, next) in table {
        let explanation = explained(host, *asked, lines);
        let about = format!("{lines}\n{explanation:#?}");
        assert!(
            explanation.headline.contains(headline),
            "no {headline:?}: {about}"
        );
        assert!(explanation.headline.chars().count() <= 70, "{about}");
        let first = explanation.next.first().map_or("", String::as_str);
        assert!(first.contains(next), "no {next:?}: {about}");
        assert!(!explanation.source.is_empty(), "{about}");
    }
}

#[test]
fn a_refused_login_always_names_a_changed_password() {
    for host in ["smtp.exmail.qq.com", "mx.example", "smtp.gmail.com"] {
        let explanation = explained(
            host,
            ANSWER,
            "535 Error: authentication failed, system busy",
        );
        let told = explanation.causes.join("; ");
        assert!(told.contains("a newline, a shell's $"), "{host}: {told}");
    }
}

#[test]
fn what_is_known_of_a_refused_login_is_told_apart_from_the_general() {
    let table = [
        (
            "smtp.gmail.com",
            "535-5.7.8 Username and Password not accepted.\n535 5.7.8 x - gsmtp",
            Some("Gmail takes no account password here. To try: AUTH again with an app password"),
        ),
        (
            "smtp.qq.com",
            "535 Login fail. Authorization code is expired",
            Some("the secret is the authorisation code"),
        ),
        ("mx.example", "535 5.7.139 no", Some("SMTP AUTH is off")),
        ("mx.example", "535 5.7.8 authentication failed", None),
        ("mx.example", "501 5.5.2 no", None),
    ];
    for (host, lines, expected) in table {
        let told = manual::particular(&Situation {
            reply: &reply(lines),
            asked: Some(Asked::SaslAnswer),
            host: Some(host),
            standing: None,
        });
        match expected {
            Some(words) => assert!(
                told.as_ref().is_some_and(|told| told.contains(words)),
                "{host}: {told:?}"
            ),
            None => assert_eq!(told, None, "{host}"),
        }
    }
}

#[test]
fn links_stay_whole() {
    let table = [
        (
            "550 see https://example.org/a?b=c&d=%20e.",
            vec!["https://example.org/a?b=c&d=%20e"],
        ),
        (
            "550 <http://example.org/x>, (https://example.org/y)",
            vec!["http://example.org/x", "https://example.org/y"],
        ),
        (
            "550-a https://example.org/\n550 b https://example.org/",
            vec!["https://example.org/"],
        ),
        ("550 none", vec![]),
    ];
    for (lines, links) in table {
        assert_eq!(explained("", RCPT, lines).links, links, "{lines}");
    }
}

#[test]
fn a_contradiction_is_told_and_not_explained() {
    let explanation = explained("", RCPT, "550 2.1.5 Destination valid");
    assert_eq!(explanation.enhanced, None);
    assert!(told(&explanation).contains("contradicts itself"));
    let agrees = explained("", RCPT, "550 5.1.1 No such user");
    assert!(!told(&agrees).contains("contradicts itself"));
}

#[test]
fn an_enhanced_code_falls_back_to_its_subject_and_class() {
    let table = [
        ("550 5.1.1 x", "5.1.1: no such mailbox"),
        (
            "550 5.1.99 x",
            "5.1.99: no; not without a change, about an address",
        ),
        (
            "450 4.99.99 x",
            "4.99.99: not now; the same may work later, ",
        ),
        ("250 2.1.1 x", "2.1.1: done, about an address"),
        ("250 2.1.5 x", "2.1.5: the recipient is valid"),
        (
            "550 5.7.57 x",
            "5.7.57: you are not logged in (of Exchange Online)",
        ),
        (
            "550 5.7.30 x",
            "5.7.30: no next server offers REQUIRETLS; for Exchange Online: logging in with a password is over here",
        ),
    ];
    for (lines, expected) in table {
        let explanation = explained("", RCPT, lines);
        assert_eq!(explanation.enhanced.as_deref(), Some(expected), "{lines}");
    }
}

#[test]
fn the_answer_to_ehlo_is_remarked_on() {
    let lines = "250-smtp.qq.com\n250-PIPELINING\n250-XXXXXXXA\n250-AUTH LOGIN PLAIN\n250-AUTH=LOGIN\n\
                 250-MAILCOMPRESS\n250-XYZZY 1\n250 8BITMIME";
    let explanation = explained("", EHLO_SENT, lines);
    let words = [
        "XXXXXXXA: a box on the way",
        "AUTH=LOGIN: AUTH once more",
        "MAILCOMPRESS: QQ's own",
        "XYZZY: not known here; harmless",
    ];
    assert_eq!(explanation.remarks.len(), words.len(), "{explanation:#?}");
    for (remark, words) in explanation.remarks.iter().zip(words) {
        assert!(remark.starts_with(words), "{remark}");
    }
}

#[test]
fn what_is_still_possible_is_told() {
    let empty = Phase::Transaction {
        accepted: 0,
        refused: 1,
    };
    let open = Phase::Transaction {
        accepted: 1,
        refused: 1,
    };
    let table = [
        (
            RCPT,
            "550 5.1.1 no",
            empty,
            Some("another RCPT TO, or RSET"),
        ),
        (
            RCPT,
            "550 5.1.1 no",
            open,
            Some("another RCPT TO, DATA, or RSET"),
        ),
        (RCPT, "250 2.1.5 ok", open, None),
        (
            DOT,
            "554 5.6.0 no",
            Phase::Ready,
            Some("transaction is over"),
        ),
        (STARTTLS, "454 no", Phase::Ready, Some("in clear")),
        (
            ANSWER,
            "535 no",
            Phase::Ready,
            Some("AUTH may be tried again"),
        ),
        (
            Some(Asked::Chunk { last: false }),
            "552 no",
            open,
            Some("only RSET"),
        ),
        (None, "421 bye", Phase::Closing, Some("connect again")),
        (MAIL, "550 no", Phase::Ready, None),
    ];
    for (asked, lines, phase, expected) in table {
        let reply = reply(lines);
        let standing = Standing {
            phase,
            ..Standing::default()
        };
        let explanation = manual::explain(&Situation {
            reply: &reply,
            asked,
            host: None,
            standing: Some(&standing),
        });
        let still = explanation.still.as_deref();
        match expected {
            None => assert_eq!(still, None, "{lines}"),
            Some(words) => assert!(
                still.is_some_and(|still| still.contains(words)),
                "{lines}: {still:?}"
            ),
        }
    }
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config { failure_persistence: None, ..Default::default() })]

    #[test]
    fn no_reply_is_too_odd_to_be_explained(lines in proptest::collection::vec(".{0,60}", 1..4), code in 0_u16..1000) {
        let mut reader = ReplyReader::default();
        let last = lines.len() - 1;
        for (at, text) in lines.iter().enumerate() {
            let bytes = format!("{code:03}{}{text}", if at == last { ' ' } else { '-' }).into_bytes();
            let line = Line { bytes, ending: Ending::CrLf };
            if let Some(reply) = reader.push(&line).reply {
                let explanation = manual::explain(&Situation { reply: &reply, asked: EHLO_SENT, host: Some(text), standing: None });
                proptest::prop_assert!(!explanation.headline.is_empty());
                proptest::prop_assert!(explanation.headline.chars().count() <= 70);
            }
        }
        // Words of all kinds make pages or one complaint.
        let words: Vec<&str> = lines.iter().map(String::as_str).collect();
        proptest::prop_assert!(manual::lookup(&words).is_ok_and(|pages| !pages.is_empty()) || manual::lookup(&words).is_err());
    }
}

fn is_whole(page: &Page, about: &str) {
    assert!(
        !page.title.is_empty() && !page.sections.is_empty(),
        "{about}: {page:?}"
    );
    let last = page
        .sections
        .last()
        .and_then(|section| section.heading.as_deref());
    assert_eq!(last, Some("Source"), "{about}");
    for section in &page.sections {
        assert!(!section.lines.is_empty(), "{about}");
        for line in &section.lines {
            let plain = line.bytes().all(|byte| (b' '..=b'~').contains(&byte));
            assert!(plain && !line.is_empty(), "{about}: {line}");
            // A question mark in the facts is a doubt, and a doubt is no fact.
            assert!(!line.contains('?'), "{about}: {line}");
        }
    }
}

#[test]
fn every_topic_has_a_page() {
    let topics = manual::topics();
    let count = |kind: TopicKind| topics.iter().filter(|topic| topic.kind == kind).count();
    assert_eq!(count(TopicKind::Verb), 37);
    assert_eq!(count(TopicKind::EnhancedCode), 130);
    assert!(count(TopicKind::Mechanism) >= 39 && count(TopicKind::Provider) >= 57);
    for topic in &topics {
        assert!(!topic.means.is_empty(), "{}", topic.name);
        let pages = manual::lookup(&[&topic.name]).unwrap_or_else(|error| panic!("{error}"));
        let lowered = topic.name.to_ascii_lowercase();
        assert_eq!(
            manual::lookup(&[&lowered]).as_ref(),
            Ok(&pages),
            "{}",
            topic.name
        );
        let means = |page: &&Page| {
            let said = page.sections.iter().flat_map(|section| &section.lines);
            page.title.contains(&topic.means)
                || said.into_iter().any(|line| line.contains(&topic.means))
        };
        assert!(
            pages.iter().find(means).is_some(),
            "{} {:?}",
            topic.name,
            pages
        );
        for page in &pages {
            is_whole(page, &topic.name);
        }
    }
}

#[test]
fn what_is_not_confirmed_is_shown_as_such() {
    let verbs = manual::commands().filter(|(_, row)| row.unconfirmed);
    let parameters = manual::parameters().filter(|(_, row)| row.unconfirmed);
    let extensions = manual::extensions();
    let extensions = extensions.filter(|(_, row)| row.status == manual::Status::Unconfirmed);
    let mechanisms = manual::mechanisms().filter(|(_, row)| row.unconfirmed);
    let providers = manual::providers().filter(|(_, row)| row.unconfirmed);
    let codes = manual::reply_codes();
    let codes = codes.filter(|(_, row)| row.status == manual::CodeStatus::Unconfirmed);
    let names = [
        (verbs.map(|(name, _)| name).collect::<Vec<_>>(), 5),
        (parameters.map(|(name, _)| name).collect(), 11),
        (extensions.map(|(name, _)| name).collect(), 23),
        (mechanisms.map(|(name, _)| name).collect(), 4),
        (providers.map(|(name, _)| name).collect(), 3),
        (codes.map(|(name, _)| name).collect(), 21),
    ];
    for (names, count) in names {
        assert_eq!(names.len(), count, "{names:?}");
        for name in names {
            let pages = manual::lookup(&[name]).unwrap();
            for page in pages {
                let lines = page.sections.iter().flat_map(|section| &section.lines);
                let said = lines.fold(String::new(), |said, line| said + line + "\n");
                let told = ["ot confirmed", "In no standard", "what it means is not"]
                    .iter()
                    .any(|words| said.contains(words));
                assert!(
                    told || said.contains("registered at IANA"),
                    "{name}: {said}"
                );
            }
        }
    }
}

#[test]
fn rules_are_whole() {
    let rules = manual::providers()
        .flat_map(|(key, provider)| provider.replies.iter().map(move |rule| (key, rule)));
    for (key, rule) in rules.chain(manual::symptoms()) {
        let about = format!("{key}: {rule:?}");
        assert!(
            !rule.means.is_empty() && rule.means.chars().count() <= 66,
            "{about}"
        );
        assert!(!rule.next.is_empty(), "{about}");
        let lowered = rule
            .words
            .iter()
            .all(|word| *word == word.to_lowercase() && !word.is_empty());
        assert!(lowered, "{about}");
        for code in &rule.codes {
            assert!((300..600).contains(code), "{about}");
        }
        for after in &rule.after {
            let known = manual::command(after).is_some()
                || manual::dialogue_topics().any(|(name, _)| name == after);
            assert!(known, "{about}");
        }
        for code in &rule.enhanced {
            assert!(manual::lookup(&[code]).is_ok(), "{about}");
        }
    }
    for (key, provider) in manual::providers() {
        let like = provider.like.as_deref();
        assert!(
            like.is_none_or(|like| manual::provider(like).is_some()),
            "{key}"
        );
        for mechanism in &provider.mechanisms {
            assert!(manual::mechanism(mechanism).is_some(), "{key}: {mechanism}");
        }
        for port in &provider.ports {
            let number = port
                .split(' ')
                .next()
                .and_then(|number| number.parse::<u16>().ok());
            assert!(number.is_some(), "{key}: {port}");
        }
        for host in provider.hosts.iter().filter(|host| !host.contains('*')) {
            assert_eq!(
                manual::provider_of(host),
                Some(provider),
                "{host} is of two"
            );
        }
        for vendor in &provider.codes {
            let theirs = manual::enhanced_codes().any(|(_, row)| row.by.as_ref() == Some(vendor));
            assert!(theirs, "{key}: {vendor}");
        }
    }
    for (key, row) in manual::reply_codes() {
        assert!(is_source(&row.source), "{key}");
        for verb in row.on.keys() {
            let known = verb == "-"
                || manual::command(verb).is_some()
                || manual::dialogue_topics().any(|(name, _)| name == verb);
            assert!(known, "{key}: {verb}");
        }
    }
    for (key, row) in manual::enhanced_codes() {
        assert!(is_source(&row.source), "{key}");
    }
    for (key, row) in manual::mechanisms() {
        assert!(is_source(&row.source), "{key}: {}", row.source);
    }
}

#[test]
fn words_are_looked_up_alone_and_together() {
    // The words; the titles of the pages.
    let table: &[(&[&str], &[&str])] = &[
        (&["rcpt"], &["RCPT, a command"]),
        (
            &["RCPT", "TO:<bob@example.org>", "NOTIFY=NEVER"],
            &["RCPT, a command", "NOTIFY, a parameter of RCPT"],
        ),
        (
            &["SIZE"],
            &["SIZE, a parameter of MAIL", "SIZE, an extension"],
        ),
        (&["550"], &["550"]),
        (&["299"], &["299"]),
        (&["5.7.1"], &["5.7.1"]),
        (&["X.7.1"], &["X.7.1"]),
        (&["550", "5.7.1"], &["550 5.7.1"]),
        (&["550 5.7.1"], &["550 5.7.1"]),
        (&["550-5.7.1"], &["550 5.7.1"]),
        (&["RCPT", "552"], &["552 to RCPT"]),
        (&["gmail", "535", "5.7.8"], &["535 5.7.8"]),
        (&["550", "5.7.1", "Relaying", "denied"], &["550 5.7.1"]),
        (
            &["535-5.7.8 Username and Password\n535 5.7.8 not accepted"],
            &["535 5.7.8"],
        ),
        (&["504", "CRAM-MD5"], &["504", "CRAM-MD5, a way to log in"]),
        (&["XOAUTH2"], &["XOAUTH2, a way to log in"]),
        (&["smtp.gmail.com"], &["Gmail"]),
        (&["gmail"], &["Gmail"]),
        (&["amazon", "ses"], &["Amazon SES"]),
        (&["office365"], &["Microsoft 365"]),
        (&["xtext"], &["XTEXT, in the dialogue"]),
        (&["Reverse-path"], &["REVERSE-PATH, in the dialogue"]),
        (&["163"], &["NetEase 163"]),
        (&["block", "list"], &["block list"]),
        (&["."], &["., in the dialogue"]),
        (&["AUTH=LOGIN"], &["AUTH=, an extension"]),
        (&["XXXXXXXA"], &["MASKED, an extension"]),
        (
            &["9798-M-DSA-SHA1"],
            &["9798-U-RSA-SHA1-ENC, a way to log in"],
        ),
        (&[], &["What can be looked up"]),
    ];
    for (words, titles) in table {
        let pages = manual::lookup(words).unwrap_or_else(|error| panic!("{words:?}: {error}"));
        let found: Vec<_> = pages.iter().map(|page| page.title.as_str()).collect();
        assert_eq!(found, *titles, "{words:?}");
    }
}

#[test]
fn an_unknown_word_is_told_with_what_was_perhaps_meant() {
    let table: &[(&[&str], &str, &[&str])] = &[
        (&["RCTP"], "RCTP", &["RCPT"]),
        (&["startls"], "startls", &["STARTTLS"]),
        (&["gmial"], "gmial", &["gmail"]),
        (&["550", "RCTP"], "RCTP", &["RCPT"]),
        (&["EHLO", "xyzzy"], "xyzzy", &[]),
        (&["999999"], "999999", &[]),
    ];
    for (words, word, near) in table {
        let error = manual::lookup(words).unwrap_err();
        assert_eq!(error.word, *word);
        assert_eq!(error.near, *near, "{word}");
        let line = error.to_string();
        assert!(
            line.contains("reply codes") && !line.contains('\n'),
            "{line}"
        );
    }
}

/// Runs `ehlo explain`, with no terminal anywhere.
fn explain(home: &Home, words: &[&str]) -> std::process::Output {
    std::process::Command::new(EHLO)
        .arg("explain")
        .args(words)
        .env_clear()
        .envs(home.environment())
        .current_dir(home.path())
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap()
}

#[test]
fn explain_prints_pages() {
    let home = Home::new();
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        let table: &[(&str, &[&str])] = &[
            ("explain", &[]),
            ("explain-rcpt", &["RCPT"]),
            ("explain-notify", &["NOTIFY"]),
            ("explain-550-5.7.1", &["550", "5.7.1"]),
            ("explain-gmail-535", &["gmail", "535", "5.7.8"]),
            ("explain-552", &["552"]),
            ("explain-xoauth2", &["XOAUTH2"]),
            ("explain-qq", &["smtp.qq.com"]),
            ("explain-greylisting", &["greylisting"]),
        ];
        for (name, words) in table {
            let output = explain(&home, words);
            assert!(
                output.status.success() && output.stderr.is_empty(),
                "{output:?}"
            );
            let printed = String::from_utf8(output.stdout).unwrap();
            let widest = printed.lines().map(|line| line.chars().count()).max();
            assert!(widest <= Some(72), "{name}: {widest:?}");
            insta::assert_snapshot!(*name, printed);
        }
    });
}

#[test]
fn explain_shows_harmlessly_what_it_was_given() {
    let home = Home::new();
    let output = explain(
        &home,
        &["550", "see", "https://example.org/\u{1b}[2J\u{202e}x"],
    );
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(printed.contains("https://example.org/"), "{printed:?}");
    let harmless = |text: &str| {
        text.chars()
            .all(|c| c == '\n' || (!c.is_control() && c != '\u{202e}'))
    };
    assert!(harmless(&printed), "{printed:?}");
    let output = explain(&home, &["\u{1b}]0;title\u{7}"]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.starts_with("ehlo: ") && said.lines().count() == 1,
        "{said:?}"
    );
    assert!(harmless(&said) && output.stdout.is_empty(), "{said:?}");
}
