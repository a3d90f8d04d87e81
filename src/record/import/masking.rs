//! Hides passwords in the words around a dialogue: settings, command lines, URLs, lines of source.

use std::ops::Range;
use std::sync::LazyLock;

use regex::bytes::Regex;

use super::pattern::pattern;
use super::placeholder::{base64_octets, placeholder};
use super::smtp_line::is_mechanism;

/// What replaces a secret.
pub(super) const MASK: &[u8] = b"[hidden]";
/// The fewest letters of a word that may be a response of a login.
const TOKEN_MIN: usize = 8;

/// Places of a secret, each with the groups `v`, one of which holds it. Quoted values come first.
const PLACES: [&str; 15] = [
    // password = "x", 'pass' => 'x', "pwd": "x", $mail->Password = 'x', pass: x, password=x
    r#"(?i)(?:^|[^A-Za-z0-9])[\w.$>-]{0,60}?(?:password|passwd|passphrase|passwort|smtppass|pass|pwd|secret|api[_-]?key|apikey|token)["'\]]{0,2}\s{0,4}(?:=>|:=|=|:)\s{0,4}(?:[bru]?"(?P<v1>(?:[^"\\]|\\.)+)"|[bru]?'(?P<v2>(?:[^'\\]|\\.)+)'|(?P<v3>[^\s"'`,;)}]+))"#,
    // netrc, msmtp, git config: a setting of its own line
    r"(?i)^\s*(?:password|passwd|pass|set (?:smtp|imap)_pass|relay_password)\s+(?P<v1>\S+)\s*$",
    r"(?i)\bsendemail\.smtppass\s+(?P<v1>\S+)",
    r#"(?i)\bmachine\s+\S+\s+login\s+\S+\s+password\s+(?P<v1>\S+)"#,
    // passwordeval = echo x
    r#"(?i)\b(?:passwordeval|passcmd|password_command)["']?\s*[=: ]\s*["']?(?:echo|printf)\s+(?:-\w+\s+)?["']?(?P<v1>[^"'\s|]+)"#,
    // smtp://user:x@host
    r#"[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s/:@"']{0,200}:(?P<v1>[^\s/"'<>]{1,200}?)@[\w.\[-]"#,
    // curl --user 'a:x', -u a:x
    r#"(?:^|\s)(?:--user|-u)[= ]\s*["']?[^\s:"']+:(?P<v1>[^"'\s]+)"#,
    // --auth-password x, -ap x, --smtp-pass=x
    r#"(?:^|\s)(?:-ap|-xp|--?[\w-]*(?:password|passwd|pass)(?:[= ]))\s*(?:"(?P<v1>[^"]+)"|'(?P<v2>[^']+)'|(?P<v3>[^\s"'-]\S*))"#,
    // .login('a', 'x'), NetworkCredential("a", "x"), PasswordAuthentication("a", "x")
    r#"(?i)(?:login|credentials?|authentication|authenticate|auth)\(\s*[bru]?(?:"[^"]*"|'[^']*'|[\w.]+)\s*,\s*[bru]?(?:"(?P<v1>(?:[^"\\]|\\.)+)"|'(?P<v2>(?:[^'\\]|\\.)+)')"#,
    // smtp.PlainAuth("", "a", "x", "host")
    r#"(?:PlainAuth|CRAMMD5Auth|NewDialer|LoginAuth)\([^)]*?,\s*"[^"]*"\s*,\s*"(?P<v1>(?:[^"\\]|\\.)+)"(?:\s*,\s*"[^"]*")?\s*\)"#,
    // printf '\0a\0x'; not octets such as \026\003
    r#"\\0(?:00)?(?:[0-7]*[^0-7\\'"\s][^\\'"\s]*)?\\0(?:00)?(?P<v1>[^'"\\\s]+)"#,
    r#"\\x00[^\\'"\s]*\\x00(?P<v1>[^'"\\\s]+)"#,
    // Bearer x
    r"(?i)\bBearer\s+(?P<v1>[A-Za-z0-9._~+/=-]{8,})",
    // DIGEST-MD5 and SCRAM
    r#"(?:^|,)(?:response|p)=(?P<v1>[A-Za-z0-9+/=]{8,})"#,
    // TLS session keys
    r"(?:Resumption PSK|Master-Key): (?P<v1>\S+)",
];

static PATTERNS: LazyLock<Vec<Regex>> =
    LazyLock::new(|| PLACES.iter().map(|place| pattern(place)).collect());
static AUTH: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r#"(?i)\b(?:AUTH|mechanism)[ =]+([A-Za-z0-9_-]{3,24})[ :]+["']?([A-Za-z0-9+/=_-]{4,})"#)
});
static DIGEST_KEYS: LazyLock<Regex> = LazyLock::new(|| pattern(r"^[A-Za-z ]+$"));

static TOKEN: LazyLock<Regex> = LazyLock::new(|| pattern(r"[A-Za-z0-9+/]{4,}={0,2}"));

/// Where secrets stand in a line, in order, without overlap.
pub(super) fn secrets_in(line: &[u8]) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for pattern in PATTERNS.iter() {
        for groups in pattern.captures_iter(line) {
            let value = ["v1", "v2", "v3"].iter().find_map(|name| groups.name(name));
            let Some(value) = value else { continue };
            if is_secret(value.as_bytes(), value.start(), line) {
                found.push(value.range());
            }
        }
    }
    for groups in AUTH.captures_iter(line) {
        let (Some(name), Some(value)) = (groups.get(1), groups.get(2)) else {
            continue;
        };
        let name = String::from_utf8_lossy(name.as_bytes());
        if is_mechanism(&name) && is_response(value.as_bytes()) {
            found.push(value.range());
        }
    }
    found.extend(whole_words(line).filter(|place| is_login(&line[place.clone()])));
    found.sort_by_key(|range| (range.start, std::cmp::Reverse(range.end)));
    let mut end = 0;
    found.retain(|range| {
        let keep = range.start >= end;
        if keep {
            end = range.end;
        }
        keep
    });
    found
}

/// Whether the value of a setting may be a secret: not what stands in place of one, nor the name of a
/// variable, nor the next word of a sentence.
fn is_secret(value: &[u8], start: usize, line: &[u8]) -> bool {
    let text = String::from_utf8_lossy(value);
    if placeholder(value).is_some()
        || text.starts_with("$") && !text[1..].contains(|c: char| !c.is_alphanumeric() && c != '_')
    {
        return false;
    }
    if [
        "true",
        "false",
        "null",
        "none",
        "nil",
        "undefined",
        "yes",
        "no",
        "env(",
        "getenv(",
    ]
    .iter()
    .any(|word| {
        text.to_ascii_lowercase().starts_with(word)
            && (text.len() == word.len() || word.ends_with('('))
    }) {
        return false;
    }
    // "Wrong password: please check": a word of a sentence, unless it is all of the line.
    let before = &line[..start];
    let is_prose =
        before.ends_with(b": ") && DIGEST_KEYS.is_match(value) && line.len() > start + value.len();
    let is_reply_code = value.len() == 3 && value.iter().all(u8::is_ascii_digit);
    !is_prose && !is_reply_code
}

/// Whether a word after AUTH and its mechanism is a response, not a word of a sentence or the next
/// mechanism of a list.
pub(super) fn is_response(word: &[u8]) -> bool {
    let text = String::from_utf8_lossy(word);
    if is_mechanism(&text) || placeholder(word).is_some() {
        return false;
    }
    let capital = |octet: &u8| octet.is_ascii_uppercase() || octet.is_ascii_digit();
    let plain = word.iter().all(u8::is_ascii_lowercase)
        || word.iter().all(|octet| capital(octet) || *octet == b'-')
        || word[0].is_ascii_uppercase() && word[1..].iter().all(u8::is_ascii_lowercase);
    !plain && (base64_octets(word).is_some() || word.len() >= 16)
}

/// Where words stand in a line that may be responses of a login, though it is unknown who said them:
/// base64 of text, or, if a response is due, any.
pub(super) fn tokens_in(line: &[u8], due: bool) -> Vec<Range<usize>> {
    let mixed = |word: &[u8]| {
        let any = |of: fn(&u8) -> bool| word.iter().any(of);
        word.ends_with(b"=") || any(u8::is_ascii_lowercase) && any(u8::is_ascii_uppercase)
    };
    let is_text = |word: &[u8]| {
        let decoded = base64_octets(word);
        let text = decoded
            .as_ref()
            .and_then(|octets| std::str::from_utf8(octets).ok());
        text.is_some_and(|text| {
            text.chars()
                .all(|c| !c.is_control() || matches!(c, '\0' | '\u{1}'))
        })
    };
    let token = |word: &[u8]| {
        word.len() >= TOKEN_MIN
            && word.len().is_multiple_of(4)
            && mixed(word)
            && is_response(word)
            && (due || is_text(word))
    };
    whole_words(line)
        .filter(|place| token(&line[place.clone()]))
        .collect()
}

/// Where whole words of base64 stand in a line: a part of a path, of a name or of a setting is no word.
fn whole_words(line: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let ends = |octet: Option<&u8>| {
        octet.is_none_or(|octet| !(octet.is_ascii_alphanumeric() || b"./:=@_-+".contains(octet)))
    };
    TOKEN
        .find_iter(line)
        .map(|found| found.range())
        .filter(move |place| ends(line[..place.start].last()) && ends(line.get(place.end)))
}

/// Whether a word is what PLAIN or a bearer token sends, whoever seems to have said it (RFC 4616
/// section 2, RFC 7628 section 3.1).
fn is_login(word: &[u8]) -> bool {
    let Some(decoded) = base64_octets(word) else {
        return false;
    };
    let parts: Vec<&[u8]> = decoded.split(|&octet| octet == 0).collect();
    let is_text = |part: &&[u8]| !part.iter().any(u8::is_ascii_control);
    let plain =
        matches!(parts[..], [_, user, password] if !user.is_empty() && !password.is_empty());
    plain && parts.iter().all(is_text) || decoded.windows(6).any(|part| part == b"\x01auth=")
}

/// A line with some of its octets hidden.
pub(super) fn hide(line: &[u8], places: &[Range<usize>]) -> Vec<u8> {
    let mut masked = Vec::with_capacity(line.len());
    let mut from = 0;
    for place in places {
        masked.extend_from_slice(&line[from..place.start]);
        masked.extend_from_slice(MASK);
        from = place.end;
    }
    masked.extend_from_slice(&line[from..]);
    masked
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mask(line: &[u8]) -> Vec<u8> {
        hide(line, &secrets_in(line))
    }

    #[test]
    fn hides_passwords_in_settings_and_commands() {
        let table = [
            (
                "git send-email --smtp-pass=rabbit 1.patch",
                "git send-email --smtp-pass=[hidden] 1.patch",
            ),
            (
                "swaks --auth-password rabbit -s x",
                "swaks --auth-password [hidden] -s x",
            ),
            ("swaks -ap rabbit", "swaks -ap [hidden]"),
            ("curl -u alice:rabbit x", "curl -u alice:[hidden] x"),
            ("curl --user=alice:ra:bbit", "curl --user=alice:[hidden]"),
            (
                "curl --user 'a@b.example:rabbit' -v",
                "curl --user 'a@b.example:[hidden]' -v",
            ),
            (
                "smtp://alice%40b.example:rabbit@mx.example.org:587",
                "smtp://alice%40b.example:[hidden]@mx.example.org:587",
            ),
            (
                "git config sendemail.smtpPass rabbit",
                "git config sendemail.smtpPass [hidden]",
            ),
            ("cut: AUTH PLAIN AGEAYg==", "cut: AUTH PLAIN [hidden]"),
            ("MAIL_PASSWORD=rabbit", "MAIL_PASSWORD=[hidden]"),
            (
                "$mail->Password = 'rab bit';",
                "$mail->Password = '[hidden]';",
            ),
            ("smtp_password: rabbit", "smtp_password: [hidden]"),
            ("\"pass\": \"rabbit\",", "\"pass\": \"[hidden]\","),
            (
                "auth: { user: 'a', pass: 'rabbit' }",
                "auth: { user: 'a', pass: '[hidden]' }",
            ),
            (
                "'password' => env('X', 'rabbit'),",
                "'password' => env('X', 'rabbit'),",
            ),
            ("password rabbit", "password [hidden]"),
            ("passwordeval = echo rabbit", "passwordeval = echo [hidden]"),
            ("passwordeval \"gpg -d x\"", "passwordeval \"gpg -d x\""),
            (
                "host=x, user=a, password=rabbit",
                "host=x, user=a, password=[hidden]",
            ),
            (
                "    s.login('a@b.example', 'rabbit')",
                "    s.login('a@b.example', '[hidden]')",
            ),
            (
                "new NetworkCredential(\"a\", \"rabbit\")",
                "new NetworkCredential(\"a\", \"[hidden]\")",
            ),
            (
                "smtp.PlainAuth(\"\", \"a\", \"rabbit\", \"mx\")",
                "smtp.PlainAuth(\"\", \"a\", \"[hidden]\", \"mx\")",
            ),
            (
                "printf '\\0a\\0rabbit' | base64",
                "printf '\\0a\\0[hidden]' | base64",
            ),
            (
                "printf '\\0007up\\000rabbit'",
                "printf '\\0007up\\000[hidden]'",
            ),
            ("\\0\\0rabbit", "\\0\\0[hidden]"),
            ("\\026\\003\\001", "\\026\\003\\001"),
            ("Master-Key: 0011", "Master-Key: [hidden]"),
            ("<= AGFsaWNlAHJhYmJpdA==", "<= [hidden]"),
            ("dXNlcj1hAWF1dGg9QmVhcmVyIHgBAQ==", "[hidden]"),
        ];
        for (line, expected) in table {
            let masked = String::from_utf8(mask(line.as_bytes())).unwrap();
            assert_eq!(masked, expected);
        }
    }

    #[test]
    fn only_whole_words_may_be_responses() {
        let hidden = |line: &str| tokens_in(line.as_bytes(), true).len();
        assert_eq!(hidden("-> UzNjcjN0Q2FuYXJ5NDI="), 1);
        assert_eq!(hidden("timeout=300, options=array()"), 0);
        assert_eq!(
            hidden("https://github.com/PHPMailer/PHPMailer/wiki/Troubleshooting"),
            0
        );
    }

    #[test]
    fn words_are_not_hidden() {
        for line in [
            "=== Trying  x...",
            "AUTH LOGIN failed",
            "250-AUTH PLAIN LOGIN CRAM-MD5",
            "250 SIZE AUTH LOGIN 8BITMIME",
            "DEBUG SMTP: AUTH LOGIN command trace suppressed",
            "AUTH PLAIN [hidden]",
            "password = *",
            "password=<non-null>",
            "SMTP ERROR: Password command failed: 535 no",
            "SMTP -> ERROR: Password not accepted from server: 535 5.7.8 no",
            "Wrong password: please try again",
            "password: $SMTP_PASS",
            "smtplib.SMTPAuthenticationError: (535, b'no')",
            "auth = LOGIN",
        ] {
            let masked = String::from_utf8(mask(line.as_bytes())).unwrap();
            assert_eq!(masked, line);
        }
    }
}
