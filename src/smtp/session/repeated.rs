//! Secrets that a server repeats, as in `500 unknown: "AUTH PLAIN AGFsaWNl..."`: what was sent as a
//! secret on this connection is looked for in all that comes, and hidden before anything is made of it.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::ops::Range;
use std::time::Instant;

use super::Session;
use crate::smtp::base64;
use crate::smtp::code::Code;
use crate::smtp::line::Line;
use crate::smtp::secret::Secret;
use crate::smtp::transcript::Level;

/// The fewest octets of a secret that is looked for: a shorter one would hide words at random.
const LEAST: usize = 6;
/// So many octets of the begin of a longer secret count as it: servers cut what they repeat.
const TELLING: usize = 16;
/// Secrets that are remembered, the latest ones: a login has up to six or so.
const REMEMBERED: usize = 32;
/// The code of a line and its separator; they are read whatever was sent.
const HEAD: usize = 4;

/// What was sent as a secret on a connection: as it went, and what its base64 stands for.
///
/// It is found in these forms alone, in the same case of letters. A part from the middle, another
/// encoding (a password typed in clear, repeated in base64), a digest without its name, or what is cut by
/// [`LINE_CAP`](crate::smtp::line::LINE_CAP) is not. A password that is a word of the dialogue hides that
/// word, also in an offer of the server, and a challenge that repeats a secret cannot be answered.
#[derive(Debug, Default)]
pub(super) struct SentSecrets {
    latest: VecDeque<Secret>,
    told: bool,
}

impl SentSecrets {
    /// Remembers what went as a secret. What of it is one of the `names` is none.
    pub(super) fn remember(&mut self, octets: &[u8], names: &[Secret]) {
        let octets = octets.trim_ascii();
        let mut found = vec![Secret::new(octets.to_vec())];
        let words = octets.split(|octet| matches!(octet, b' ' | b'\t' | b':'));
        let words: Vec<&[u8]> = words.filter(|word| is_base64_word(word)).collect();
        if base64::decode(octets).is_base64() {
            found.extend(contents(octets));
        }
        for word in words.into_iter().filter(|word| word.len() < octets.len()) {
            found.push(Secret::new(word.to_vec()));
            found.extend(contents(word));
        }
        for secret in found {
            if secret.len() >= LEAST && !names.contains(&secret) {
                self.latest.retain(|known| *known != secret);
                self.latest.push_back(secret);
            }
        }
        let over = self.latest.len().saturating_sub(REMEMBERED);
        self.latest.drain(..over);
    }

    /// Where in these octets the first secret begins.
    pub(super) fn find(&self, octets: &[u8]) -> Option<usize> {
        self.ranges(octets).first().map(|range| range.start)
    }

    /// The octets with each secret replaced by `[hidden: N octets]`; none where there is no secret in
    /// them. The code of a line and its separator stay.
    pub(super) fn hide(&self, octets: &[u8]) -> Option<Vec<u8>> {
        let head = Code::parse(octets).map_or(0, |_| HEAD.min(octets.len()));
        let (mut hidden, mut end) = (Vec::new(), 0);
        for range in self.ranges(octets) {
            let start = range.start.max(head);
            if start < range.end {
                hidden.extend_from_slice(&octets[end..start]);
                let words = format!("[hidden: {} octets]", range.end - start);
                hidden.extend_from_slice(words.as_bytes());
                end = range.end;
            }
        }
        if end == 0 {
            return None;
        }
        hidden.extend_from_slice(&octets[end..]);
        Some(hidden)
    }

    /// The octets of an unfinished line up to where a secret stands or may have begun.
    pub(super) fn before<'a>(&self, octets: &'a [u8]) -> &'a [u8] {
        let begins = |at: &usize| {
            let rest = &octets[*at..];
            let whole = |secret: &&Secret| common(secret.reveal(), rest) == rest.len();
            self.latest.iter().any(|secret| whole(&secret))
        };
        let may_begin = if self.latest.is_empty() {
            None
        } else {
            (0..octets.len()).find(begins)
        };
        let end = [self.find(octets), may_begin].into_iter().flatten().min();
        &octets[..end.unwrap_or(octets.len())]
    }

    /// Where secrets stand, in order; those that touch or overlap are one.
    fn ranges(&self, octets: &[u8]) -> Vec<Range<usize>> {
        let mut ranges: Vec<Range<usize>> = Vec::new();
        // Mostly no secret was sent, and lines may come in a flood.
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
                let same = common(secret.reveal(), &octets[at..]);
                let enough = same >= secret.len().min(TELLING);
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
    /// Looks no longer for what was sent as a secret so far: for a dialogue that is played again, in
    /// which secrets were hidden the first time.
    pub fn forget_secrets(&mut self) {
        self.secrets = SentSecrets::default();
    }

    /// A line that came, with what it repeats hidden.
    pub(super) fn hide_repeated<'a>(&self, line: &'a Line) -> Cow<'a, Line> {
        self.secrets
            .hide(&line.bytes)
            .map_or(Cow::Borrowed(line), |bytes| {
                let ending = line.ending;
                Cow::Owned(Line { bytes, ending })
            })
    }

    /// Says once on a connection that a secret came back.
    pub(super) fn note_repeated(&mut self, now: Instant) {
        if !std::mem::replace(&mut self.secrets.told, true) {
            let words = "the server repeats a secret that was sent: it is hidden here, \
                         but the server may have logged it";
            self.note(now, Level::Fault, words);
        }
    }
}

/// How many octets two texts have in common from their begin.
fn common(one: &[u8], other: &[u8]) -> usize {
    one.iter().zip(other).take_while(|(a, b)| a == b).count()
}

/// Whether a word is base64 to the letter, padded.
fn is_base64_word(word: &[u8]) -> bool {
    word.len() >= LEAST && word.len().is_multiple_of(4) && base64::decode(word).is_base64()
}

/// The secrets in what a base64 text stands for. PLAIN's fields are parted by NUL (RFC 4616 section 2),
/// of which the password is the last; those of OAUTHBEARER and XOAUTH2 by SOH (RFC 7628 section 3.1).
fn contents(text: &[u8]) -> Vec<Secret> {
    let decoded = base64::decode(text).bytes;
    let octets = decoded.reveal();
    let is_plain = base64::nuls(octets) == 2;
    let fields = octets.split(|octet| matches!(octet, 0 | 1));
    let mut found = Vec::new();
    for field in fields.skip(if is_plain { 2 } else { 0 }) {
        // A line break behind it is a slip, and seldom comes back.
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
    fn what_was_sent_is_hidden_in_what_comes() {
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
        for (sent, came, shown) in table {
            let hidden = secrets(&[*sent]).hide(came.as_bytes());
            let hidden = hidden.map(|octets| String::from_utf8(octets).unwrap());
            assert_eq!(hidden.as_deref().unwrap_or(came), *shown, "{sent}");
        }
    }

    #[test]
    fn a_name_is_no_secret() {
        let mut secrets = SentSecrets::default();
        let name = Secret::new(b"alice@example.org".to_vec());
        secrets.remember(b"YWxpY2VAZXhhbXBsZS5vcmc=", &[name]);
        assert_eq!(secrets.find(b"535 alice@example.org"), None);
        assert_eq!(secrets.find(b"535 YWxpY2VAZXhhbXBsZS5vcmc="), Some(4));
    }

    #[test]
    fn of_a_line_that_is_coming_no_begin_of_a_secret_is_shown() {
        let secrets = secrets(&["wonderland"]);
        let table = [
            ("535 no", "535 no"),
            ("535 wo", "535 "),
            ("535 wonderland no", "535 "),
            ("535 word", "535 word"),
        ];
        for (came, shown) in table {
            assert_eq!(secrets.before(came.as_bytes()), shown.as_bytes(), "{came}");
        }
        assert_eq!(SentSecrets::default().before(b"535 wo"), b"535 wo");
    }

    #[test]
    fn the_latest_secrets_are_remembered() {
        let sent = |number: usize| format!("secret-{number:03}!");
        let mut secrets = SentSecrets::default();
        for number in 0..=REMEMBERED {
            secrets.remember(sent(number).as_bytes(), &[]);
            secrets.remember(sent(number).as_bytes(), &[]);
        }
        assert_eq!(secrets.latest.len(), REMEMBERED);
        assert_eq!(secrets.find(sent(0).as_bytes()), None);
        assert_eq!(secrets.find(sent(1).as_bytes()), Some(0));
    }
}
