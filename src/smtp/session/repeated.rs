//! Hides secrets that a server repeats, as in `500 unknown: "AUTH PLAIN AGFsaWNl..."`: each
//! received line is searched for the secrets sent on this connection before anything else is done
//! with it.

use std::collections::VecDeque;
use std::ops::Range;
use std::time::Instant;

use super::Session;
use crate::smtp::base64;
use crate::smtp::code::Code;
use crate::smtp::line::Line;
use crate::smtp::secret::Secret;
use crate::smtp::transcript::Level;

/// The minimum length of a secret that is searched for: a shorter one would hide ordinary words.
const MIN_OCTETS: usize = 6;
/// How many octets from the start of a longer secret are enough for a match: servers truncate.
const MATCH_OCTETS: usize = 16;
/// How many secrets are remembered: a login has about six at most.
const SECRETS_CAP: usize = 32;
/// The length of a reply code with its separator, which are never hidden.
const CODE_OCTETS: usize = 4;

/// The secrets sent on a connection: as they were sent, and decoded from base64.
///
/// They are found in these forms only, in the same letter case. Not found are: a part from the
/// middle, another encoding (a password typed in plain text and repeated in base64), a digest
/// without its user name, or a secret split at [`LINE_CAP`](crate::smtp::line::LINE_CAP). A
/// password that is also a protocol word hides that word, even in the EHLO reply; a challenge that
/// repeats a secret cannot be answered.
#[derive(Debug, Default)]
pub(super) struct SentSecrets {
    latest: VecDeque<Secret>,
    /// A note about a repeated secret was added.
    noted: bool,
}

impl SentSecrets {
    /// Remembers a secret that was sent. Parts equal to one of the `names` are not secret.
    pub(super) fn remember(&mut self, octets: &[u8], names: &[Secret]) {
        let octets = octets.trim_ascii();
        let mut secrets = vec![Secret::new(octets.to_vec())];
        let words = octets.split(|octet| matches!(octet, b' ' | b'\t' | b':'));
        let words: Vec<&[u8]> = words.filter(|word| is_base64_word(word)).collect();
        if base64::decode(octets).is_base64() {
            secrets.extend(contents(octets));
        }
        for word in words.into_iter().filter(|word| word.len() < octets.len()) {
            secrets.push(Secret::new(word.to_vec()));
            secrets.extend(contents(word));
        }
        for secret in secrets {
            if secret.len() >= MIN_OCTETS && !names.contains(&secret) {
                self.latest.retain(|known| *known != secret);
                self.latest.push_back(secret);
            }
        }
        let over = self.latest.len().saturating_sub(SECRETS_CAP);
        self.latest.drain(..over);
    }

    /// The offset of the first secret in the octets.
    pub(super) fn find(&self, octets: &[u8]) -> Option<usize> {
        self.ranges(octets).first().map(|range| range.start)
    }

    /// Replaces each secret by `[hidden: N octets]`; `None` if there is no secret. A reply code at
    /// the start stays.
    pub(super) fn hide(&self, octets: &[u8]) -> Option<Vec<u8>> {
        let head = Code::parse(octets).map_or(0, |_| CODE_OCTETS.min(octets.len()));
        let (mut hidden, mut end) = (Vec::new(), 0);
        for range in self.ranges(octets) {
            let start = range.start.max(head);
            if start < range.end {
                hidden.extend_from_slice(&octets[end..start]);
                let mark = format!("[hidden: {} octets]", range.end - start);
                hidden.extend_from_slice(mark.as_bytes());
                end = range.end;
            }
        }
        if end == 0 {
            return None;
        }
        hidden.extend_from_slice(&octets[end..]);
        Some(hidden)
    }

    /// The octets of an incomplete line before the first secret, or before what may become one.
    pub(super) fn prefix_without<'a>(&self, octets: &'a [u8]) -> &'a [u8] {
        let begins = |at: &usize| {
            let rest = &octets[*at..];
            let may_continue =
                |secret: &&Secret| common_prefix(secret.reveal(), rest) == rest.len();
            self.latest.iter().any(|secret| may_continue(&secret))
        };
        let may_begin = if self.latest.is_empty() {
            None
        } else {
            (0..octets.len()).find(begins)
        };
        let end = [self.find(octets), may_begin].into_iter().flatten().min();
        &octets[..end.unwrap_or(octets.len())]
    }

    /// The ranges of secrets, in order. Ranges that touch or overlap are merged.
    fn ranges(&self, octets: &[u8]) -> Vec<Range<usize>> {
        let mut ranges: Vec<Range<usize>> = Vec::new();
        // Usually no secret was sent, and a server may send very many lines.
        if self.latest.is_empty() {
            return ranges;
        }
        let mut begins = [false; 256];
        for secret in &self.latest {
            if let Some(&first) = secret.reveal().first() {
                begins[usize::from(first)] = true;
            }
        }
        for at in 0..octets.len() {
            if !begins[usize::from(octets[at])] {
                continue;
            }
            let lengths = self.latest.iter().map(|secret| {
                let same = common_prefix(secret.reveal(), &octets[at..]);
                let enough = same >= secret.len().min(MATCH_OCTETS);
                if enough { same } else { 0 }
            });
            let length = lengths.max().unwrap_or_default();
            if length == 0 {
                continue;
            }
            match ranges.last_mut() {
                Some(last) if last.end >= at => last.end = last.end.max(at + length),
                _ => ranges.push(at..at + length),
            }
        }
        ranges
    }
}

impl Session {
    /// Forgets the secrets sent so far: for replaying a recorded session, in which secrets are
    /// already hidden.
    pub fn forget_secrets(&mut self) {
        self.secrets = SentSecrets::default();
    }

    /// A received line with repeated secrets hidden; `None` if it repeats none.
    pub(super) fn hide_repeated(&self, line: &Line) -> Option<Line> {
        let bytes = self.secrets.hide(&line.bytes)?;
        let ending = line.ending;
        Some(Line { bytes, ending })
    }

    /// Adds a note that the server repeated a secret, once per connection.
    pub(super) fn note_repeated(&mut self, now: Instant) {
        if !std::mem::replace(&mut self.secrets.noted, true) {
            let text = "the server repeated a secret: it is hidden here, but the server may have \
                 logged it";
            self.note(now, Level::Fault, text);
        }
    }
}

/// The length of the common prefix.
fn common_prefix(one: &[u8], other: &[u8]) -> usize {
    one.iter().zip(other).take_while(|(a, b)| a == b).count()
}

/// Whether a word is padded base64.
fn is_base64_word(word: &[u8]) -> bool {
    word.len() >= MIN_OCTETS && word.len().is_multiple_of(4) && base64::decode(word).is_base64()
}

/// The secrets in a base64 text. The fields of PLAIN are separated by NUL, and the password is the
/// last one (RFC 4616 section 2); those of OAUTHBEARER and XOAUTH2 are separated by ^A (RFC 7628
/// section 3.1).
fn contents(text: &[u8]) -> Vec<Secret> {
    let decoded = base64::decode(text).bytes;
    let octets = decoded.reveal();
    let is_plain = base64::count_nuls(octets) == 2;
    let fields = octets.split(|octet| matches!(octet, 0 | 1));
    let mut found = Vec::new();
    for field in fields.skip(if is_plain { 2 } else { 0 }) {
        // A trailing line break is a mistake, and servers seldom repeat it.
        let field = field.trim_ascii();
        found.push(Secret::new(field.to_vec()));
        if let Some(token) = strip_scheme(field) {
            found.push(Secret::new(token.to_vec()));
        }
    }
    found
}

/// The token of `auth=Bearer token`.
fn strip_scheme(field: &[u8]) -> Option<&[u8]> {
    let (name, value) = field.split_at_checked(b"auth=".len())?;
    let blank = value.iter().position(|&octet| octet == b' ')?;
    let is_auth = name.eq_ignore_ascii_case(b"auth=");
    is_auth.then(|| value[blank..].trim_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(sent: &[&str]) -> SentSecrets {
        let mut secrets = SentSecrets::default();
        for octets in sent {
            secrets.remember(octets.as_bytes(), &[]);
        }
        secrets
    }

    #[test]
    fn hides_sent_secrets_in_received_lines() {
        let plain = "AGFsaWNlAHdvbmRlcmxhbmQ=";
        let long = "dXNlcj1hbGljZQFhdXRoPUJlYXJlciB0b2tlbi1vZi10ZXN0AQE=";
        let table: &[(&str, &str, &str)] = &[
            ("", "250 wonderland", "250 wonderland"),
            (plain, "250 ok", "250 ok"),
            (
                plain,
                "500 AUTH PLAIN AGFsaWNlAHdvbmRlcmxhbmQ=?",
                "500 AUTH PLAIN [hidden: 24 octets]?",
            ),
            (
                plain,
                "500 \"AGFsaWNlAHdvbmRlcmxh...\"",
                "500 \"[hidden: 20 octets]...\"",
            ),
            (plain, "500 AGFsaWNl...", "500 AGFsaWNl..."),
            (
                plain,
                "500 agfsawnlahdvbmrlcmxhbmq=",
                "500 agfsawnlahdvbmrlcmxhbmq=",
            ),
            (
                plain,
                "535 alice, wonderland",
                "535 alice, [hidden: 10 octets]",
            ),
            (plain, "wonderland", "[hidden: 10 octets]"),
            (
                "d29uZGVybGFuZAo=",
                "535 wonderland",
                "535 [hidden: 10 octets]",
            ),
            (
                "AGFsaWNlAHdv bmRlcmxhbmQ=",
                "535 bmRlcmxhbmQ=",
                "535 [hidden: 12 octets]",
            ),
            (
                "YWxpY2U= ahead",
                "501 YWxpY2U= ahead",
                "501 [hidden: 14 octets]",
            ),
            (long, "535 token-of-test", "535 [hidden: 13 octets]"),
            (
                "aXRpdGl0:60 RET=FULL",
                "501 RET=FULL aXRpdGl0",
                "501 RET=FULL [hidden: 8 octets]",
            ),
            ("short", "535 short", "535 short"),
            ("c2hvcnQ=", "535 short", "535 short"),
            ("250 okay", "250 okay", "250 [hidden: 4 octets]"),
            ("abcabc", "535 abcabcabc", "535 [hidden: 9 octets]"),
        ];
        for (sent, received, shown) in table {
            let hidden = secrets(&[*sent]).hide(received.as_bytes());
            let hidden = hidden.map(|octets| String::from_utf8(octets).unwrap());
            assert_eq!(hidden.as_deref().unwrap_or(received), *shown, "{sent}");
        }
    }

    #[test]
    fn does_not_hide_user_names() {
        let mut secrets = SentSecrets::default();
        let name = Secret::new(b"alice@example.org".to_vec());
        secrets.remember(b"YWxpY2VAZXhhbXBsZS5vcmc=", &[name]);
        assert_eq!(secrets.find(b"535 alice@example.org"), None);
        assert_eq!(secrets.find(b"535 YWxpY2VAZXhhbXBsZS5vcmc="), Some(4));
    }

    #[test]
    fn withholds_the_beginning_of_a_secret_in_an_incomplete_line() {
        let secrets = secrets(&["wonderland"]);
        let table = [
            ("535 no", "535 no"),
            ("535 wo", "535 "),
            ("535 wonderland no", "535 "),
            ("535 word", "535 word"),
        ];
        for (received, shown) in table {
            let visible = secrets.prefix_without(received.as_bytes());
            assert_eq!(visible, shown.as_bytes(), "{received}");
        }
        assert_eq!(SentSecrets::default().prefix_without(b"535 wo"), b"535 wo");
    }

    #[test]
    fn remembers_the_latest_secrets() {
        let sent = |number: usize| format!("secret-{number:03}!");
        let mut secrets = SentSecrets::default();
        for number in 0..=SECRETS_CAP {
            secrets.remember(sent(number).as_bytes(), &[]);
            secrets.remember(sent(number).as_bytes(), &[]);
        }
        assert_eq!(secrets.latest.len(), SECRETS_CAP);
        assert_eq!(secrets.find(sent(0).as_bytes()), None);
        assert_eq!(secrets.find(sent(1).as_bytes()), Some(0));
    }
}
