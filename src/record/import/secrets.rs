//! The secrets that a log shows anywhere, and how they are hidden wherever else they stand: in clear, as
//! base64 at any offset, in hex, percent-encoded.

use std::fmt::Write as _;
use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use regex::bytes::Regex;
use zeroize::Zeroizing;

use super::masking::{MASK, hide, secrets_in};
use super::pattern::{pattern, try_pattern};
use super::placeholder::{base64_octets, placeholder};
use crate::smtp::sasl::Mechanism;
use crate::smtp::{Entry, EntryKind, Sent};

/// A shorter secret is hidden only where it stands: a password `250` must not eat the log.
const LEN_MIN: usize = 6;
/// The most secrets that are looked for.
const SECRETS_CAP: usize = 2000;
/// How many secrets are looked for at once.
const CHUNK: usize = 25;
/// A longer secret, such as a token, is looked for in clear and as base64 only.
const DIGITS_CAP: usize = 256;
/// The fewest letters of base64 by which a secret is found.
const BASE64_MIN: usize = 6;
/// The most lines of a dump in hex that are joined.
const DUMP_CAP: usize = 4096;

static DUMP: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?P<head>.{0,40}?(?:0x)?[0-9a-fA-F]{4,8}:? {1,3})(?P<hex>(?:[0-9a-fA-F]{2}(?:[0-9a-fA-F]{2})?[ -]{1,3}){1,16}|(?:[0-9a-fA-F]{2} ?){2,16}$)(?P<text>.*)$",
    )
});

/// The secrets of a log.
#[derive(Default)]
pub(super) struct Secrets {
    known: Vec<Zeroizing<Vec<u8>>>,
    finders: Vec<Regex>,
}

impl Secrets {
    /// Adds a secret, unless it is too short to be looked for, or stands in place of one.
    fn add(&mut self, secret: &[u8]) {
        let secret = secret.trim_ascii();
        let known = self.known.iter().any(|known| known[..] == *secret);
        if secret.len() >= LEN_MIN
            && !known
            && self.known.len() < SECRETS_CAP
            && placeholder(secret).is_none()
        {
            self.known.push(Zeroizing::new(secret.to_vec()));
        }
    }

    /// Adds the secrets of the logins of a session.
    pub(super) fn add_logins(&mut self, entries: &[Entry]) {
        let (mut mechanism, mut answers) = (None, 0);
        for entry in entries {
            let EntryKind::Sent(sent) = &entry.kind else {
                continue;
            };
            let visible = String::from_utf8_lossy(&sent.visible);
            let mut words = visible.split_ascii_whitespace();
            if words
                .next()
                .is_some_and(|verb| verb.eq_ignore_ascii_case("AUTH"))
            {
                mechanism = words.next().and_then(Mechanism::parse);
                answers = 0;
            } else {
                answers += 1;
            }
            self.add_sent(sent, mechanism, answers);
        }
    }

    fn add_sent(&mut self, sent: &Sent, mechanism: Option<Mechanism>, answers: usize) {
        let Some(secret) = sent.secret.as_ref().filter(|secret| secret.is_known()) else {
            return;
        };
        let octets = secret.reveal().trim_ascii();
        let decoded = base64_octets(octets).unwrap_or_default();
        let login = mechanism == Some(Mechanism::Login);
        // The user's name in the first answer of LOGIN is no secret.
        if !(login && answers == 1) {
            self.add(octets);
        }
        if decoded.is_empty() {
            return;
        }
        let text = String::from_utf8_lossy(&decoded).into_owned();
        match mechanism {
            Some(Mechanism::Login) if answers != 1 => self.add(&decoded),
            Some(Mechanism::Plain) | None => {
                if let Some(password) = decoded.rsplit(|&octet| octet == 0).next()
                    && password.len() < decoded.len()
                {
                    self.add(password);
                }
            }
            _ => {}
        }
        for place in secrets_in(text.as_bytes()) {
            self.add(&text.as_bytes()[place]);
        }
        if let Some((_, digest)) = text.split_once(' ').filter(|(_, rest)| rest.len() == 32) {
            self.add(digest.as_bytes());
        }
    }

    /// Adds the secrets of settings and commands in a line.
    pub(super) fn add_settings(&mut self, line: &[u8]) {
        for place in secrets_in(line) {
            let value = &line[place];
            self.add(value);
            if let Some(decoded) = base64_octets(value)
                && let Some(password) = decoded.rsplit(|&octet| octet == 0).next()
                && password.len() < decoded.len()
            {
                self.add(password);
            }
        }
    }

    /// Prepares the search for all secrets added so far.
    pub(super) fn prepare(&mut self) {
        for secrets in self.known.chunks(CHUNK) {
            let mut forms: Vec<String> = secrets.iter().flat_map(|secret| forms(secret)).collect();
            // The longest first: one secret may begin another.
            forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
            match try_pattern(&forms.join("|")) {
                Some(finder) => self.finders.push(finder),
                // Too large: in clear only.
                None => self.finders.extend(
                    secrets
                        .iter()
                        .filter_map(|secret| try_pattern(&literal(secret))),
                ),
            }
        }
    }

    /// Where known secrets stand in a line, in order, without overlap.
    fn places(&self, line: &[u8]) -> Vec<std::ops::Range<usize>> {
        let found = self
            .finders
            .iter()
            .flat_map(|finder| finder.find_iter(line));
        let mut found: Vec<_> = found.map(|found| found.range()).collect();
        found.sort_by_key(|place| place.start);
        let mut places: Vec<std::ops::Range<usize>> = Vec::new();
        for place in found {
            match places.last_mut() {
                Some(last) if place.start < last.end => last.end = last.end.max(place.end),
                _ => places.push(place),
            }
        }
        places
    }

    /// Whether a line shows a known secret.
    pub(super) fn shows(&self, line: &[u8]) -> bool {
        self.finders.iter().any(|finder| finder.is_match(line))
    }

    /// A line with all secrets hidden, and how many were.
    pub(super) fn mask(&self, line: &[u8]) -> (Vec<u8>, usize) {
        let places = self.places(line);
        let masked = hide(line, &places);
        let settings = secrets_in(&masked);
        let settings: Vec<_> = settings
            .into_iter()
            .filter(|place| &masked[place.clone()] != MASK)
            .collect();
        (hide(&masked, &settings), places.len() + settings.len())
    }

    /// Hides the secrets in dumps in hex that go over several lines. Returns the numbers of lines
    /// that were changed.
    pub(super) fn mask_dumps(&self, lines: &mut [Vec<u8>]) -> Vec<usize> {
        let mut changed = Vec::new();
        let mut at = 0;
        while at < lines.len() {
            // The lines of a dump, and where the octets of each begin.
            let mut octets: Vec<u8> = Vec::new();
            let mut parts: Vec<(usize, usize, usize)> = Vec::new();
            let mut end = at;
            while end < lines.len() && end - at < DUMP_CAP {
                let Some(found) = DUMP.captures(&lines[end]) else {
                    break;
                };
                let head = found.name("head").map_or(0, |head| head.end());
                let from = octets.len();
                octets.extend(hex(found
                    .name("hex")
                    .map_or(&b""[..], |hex| hex.as_bytes())));
                parts.push((end, head, from));
                end += 1;
            }
            let hidden = self.places(&octets);
            let total = octets.len();
            for (index, &(line, head, from)) in parts.iter().enumerate() {
                let to = parts.get(index + 1).map_or(total, |next| next.2);
                if hidden
                    .iter()
                    .any(|place| place.start < to && place.end > from)
                {
                    lines[line].truncate(head);
                    lines[line].extend_from_slice(MASK);
                    changed.push(line);
                }
            }
            at = end.max(at + 1);
        }
        changed
    }
}

/// The octets of groups of hex digits.
fn hex(groups: &[u8]) -> Vec<u8> {
    let digits: Vec<u8> = groups
        .iter()
        .copied()
        .filter(u8::is_ascii_hexdigit)
        .collect();
    digits
        .chunks_exact(2)
        .filter_map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}

/// The patterns that find a secret in any of its forms.
fn forms(secret: &[u8]) -> Vec<String> {
    let mut forms = vec![literal(secret)];
    let escaped = String::from_utf8_lossy(secret)
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;");
    let backslashed = String::from_utf8_lossy(secret)
        .replace('\\', "\\\\")
        .replace('"', "\\\"");
    for other in [escaped, backslashed] {
        if other.as_bytes() != secret {
            forms.push(literal(other.as_bytes()));
        }
    }
    for offset in 0..3 {
        let inner = aligned(secret, offset);
        if inner.len() >= BASE64_MIN {
            let url = inner.replace('+', "-").replace('/', "_");
            let words = [inner.clone(), url];
            for word in &words[..if words[0] == words[1] { 1 } else { 2 }] {
                forms.push(format!(
                    r"[A-Za-z0-9+/=_-]*{}[A-Za-z0-9+/=_-]*",
                    regex::escape(word)
                ));
            }
        }
    }
    if secret.len() > DIGITS_CAP {
        return forms;
    }
    let mut hex = String::new();
    let (mut percent, mut partly) = (String::new(), String::new());
    for &octet in secret {
        let _ = write!(hex, "{octet:02x}[ :-]{{0,3}}");
        let _ = write!(percent, "%{octet:02x}");
        if octet.is_ascii_alphanumeric() || b"-._~".contains(&octet) {
            partly.push_str(&literal(&[octet]));
        } else {
            let _ = write!(partly, "(?i:%{octet:02x})");
        }
    }
    forms.push(format!("(?i:{hex})"));
    forms.push(format!("(?i:{percent})"));
    forms.push(partly);
    forms
}

/// A pattern for these octets.
fn literal(octets: &[u8]) -> String {
    match std::str::from_utf8(octets) {
        Ok(text) => regex::escape(text),
        Err(_) => {
            let octets = octets.iter().map(|octet| format!(r"\x{octet:02x}"));
            octets.collect::<String>()
        }
    }
}

/// The letters of base64 that depend on the secret alone, if `offset` octets stand before it.
fn aligned(secret: &[u8], offset: usize) -> String {
    let octets = Zeroizing::new([&[0; 2][..offset], secret].concat());
    let encoded = STANDARD_NO_PAD.encode(&*octets);
    let start = [0, 2, 3][offset];
    let end = octets.len() * 8 / 6;
    encoded[start..end.max(start)].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn knowing(secret: &str) -> Secrets {
        let mut secrets = Secrets::default();
        secrets.add(secret.as_bytes());
        secrets.prepare();
        secrets
    }

    #[test]
    fn finds_a_secret_in_every_form() {
        let secret = "S3cr3t/Canary+42";
        let secrets = knowing(secret);
        let base64 = |text: String| base64::engine::general_purpose::STANDARD.encode(text);
        let table = [
            secret.to_owned(),
            base64(secret.to_owned()),
            base64(format!("\0a\0{secret}")),
            base64(format!("\0ab\0{secret}")),
            base64(format!("\0abc\0{secret}z")),
            secret
                .bytes()
                .map(|octet| format!("{octet:02X} "))
                .collect(),
            secret
                .bytes()
                .map(|octet| format!("%{octet:02X}"))
                .collect(),
            "S3cr3t%2FCanary%2B42".to_owned(),
        ];
        for form in table {
            let (masked, count) = secrets.mask(format!("a {form} b").as_bytes());
            let masked = String::from_utf8(masked).unwrap();
            assert!(
                count == 1 && masked.starts_with("a [hidden]"),
                "{form}: {masked}"
            );
        }
        assert_eq!(secrets.mask(b"S3cr3t Canary").1, 0);
    }

    #[test]
    fn many_and_long_secrets_are_found() {
        let mut secrets = Secrets::default();
        let many: Vec<String> = (0..60)
            .map(|at| format!("canary-{at}-{}", "x".repeat(at * 100)))
            .collect();
        for secret in &many {
            secrets.add(secret.as_bytes());
        }
        secrets.prepare();
        for secret in &many {
            let (masked, _) = secrets.mask(format!("a {secret} b").as_bytes());
            assert_eq!(masked, b"a [hidden] b");
        }
    }

    #[test]
    fn a_short_secret_does_not_eat_the_log() {
        let secrets = knowing("250");
        assert_eq!(secrets.mask(b"250 2.1.0 Ok"), (b"250 2.1.0 Ok".to_vec(), 0));
        let (masked, _) = secrets.mask(b"password=250x");
        assert_eq!(masked, b"password=[hidden]");
    }

    #[test]
    fn dumps_in_hex_are_hidden() {
        let secrets = knowing("S3cr3tCanary42");
        let mut lines: Vec<Vec<u8>> = [
            "  > 0000: 41 55 54 48  20 53 33 63  72 33 74 43  61 6E 61 72    AUTH.S3cr3tCanar",
            "  > 0016: 79 34 32 0D  0A                                       y42..",
            "<   0000: 35 33 35 20  6E 6F 0D 0A                              535.no..",
        ]
        .map(|line| line.as_bytes().to_vec())
        .into();
        let last = lines[2].clone();
        assert_eq!(secrets.mask_dumps(&mut lines), [0, 1]);
        assert_eq!(lines[0], b"  > 0000: [hidden]");
        assert_eq!(lines[2], last);
    }
}
