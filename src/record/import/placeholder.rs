//! What people and programs write in place of a secret. Nothing is concluded from it.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use zeroize::Zeroizing;

/// Words of which a placeholder consists.
const WORDS: [&str; 47] = [
    "from",
    "log",
    "proxy",
    "a",
    "auth",
    "authentication",
    "base64",
    "but",
    "censored",
    "command",
    "credentials",
    "data",
    "deleted",
    "encoded",
    "filtered",
    "here",
    "hidden",
    "in",
    "masked",
    "my",
    "null",
    "none",
    "non",
    "obfuscated",
    "omitted",
    "pass",
    "password",
    "private",
    "provided",
    "pw",
    "redacted",
    "removed",
    "response",
    "sanitized",
    "secret",
    "sensitive",
    "snip",
    "snipped",
    "string",
    "stripped",
    "suppressed",
    "the",
    "token",
    "trace",
    "user",
    "username",
    "your",
];
/// Letters that stand for hidden ones if nothing else is there.
const FILLERS: [char; 12] = ['*', 'x', 'X', '.', '•', '●', '#', '-', '_', '。', '…', '∗'];
/// Words that programs put in place of a secret, and that are none.
const FIXED: [&str; 3] = ["PROVIDED_BUT_REMOVED", "/* secret */", "<non-null>"];

/// The fewest letters of base64 that are decoded to look for a placeholder.
const BASE64_MIN: usize = 8;

/// Base64 with or without padding, as people copy it.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The octets of a word of base64.
pub(super) fn base64_octets(word: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    BASE64.decode(word).ok().map(Zeroizing::new)
}

/// How sure it is that words stand in place of a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Placeholder {
    /// They do.
    Surely,
    /// They may also be a secret, such as `password`.
    Perhaps,
}

/// Whether words stand in place of a secret, in clear or as base64.
pub(super) fn placeholder(words: &[u8]) -> Option<Placeholder> {
    let text = std::str::from_utf8(words).ok()?.trim();
    in_clear(text).or_else(|| {
        let octets = base64_octets(text.as_bytes())?;
        let last = octets.rsplit(|&octet| octet == 0).next()?;
        let decoded = std::str::from_utf8(last)
            .ok()
            .filter(|last| last.is_ascii())?;
        in_clear(decoded).filter(|_| text.len() >= BASE64_MIN)
    })
}

fn in_clear(text: &str) -> Option<Placeholder> {
    if text.is_empty() {
        return None;
    }
    let first = text.chars().next()?;
    let filled = FILLERS.contains(&first) && text.chars().all(|letter| letter == first);
    let count = text.chars().count();
    if FIXED.contains(&text) || filled && (count > 2 || first == '*') {
        return Some(Placeholder::Surely);
    }
    let text = text
        .strip_prefix("[[")
        .and_then(|rest| rest.strip_suffix("]]"))
        .map_or(text, |_| &text[1..text.len() - 1]);
    let inner = text
        .strip_prefix(['[', '<', '(', '{', '%', '$'])
        .and_then(|rest| rest.strip_suffix([']', '>', ')', '}', '%']))
        .or_else(|| text.strip_prefix("/*")?.strip_suffix("*/"))
        .or_else(|| text.strip_prefix("***")?.strip_suffix("***"));
    let of_words = |text: &str| {
        let mut words = text
            .split(|letter: char| !letter.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_ascii_lowercase)
            .peekable();
        words.peek().is_some()
            && words.all(|word| {
                WORDS.contains(&word.as_str())
                    || word.parse::<u32>().is_ok()
                    || word.chars().all(|x| x == 'x')
            })
    };
    match inner {
        Some(inner) if of_words(inner) || inner.chars().all(|letter| FILLERS.contains(&letter)) => {
            Some(Placeholder::Surely)
        }
        _ if of_words(text) && text.chars().any(|letter| !letter.is_ascii_digit()) => {
            Some(Placeholder::Perhaps)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_placeholders() {
        for words in [
            "[credentials hidden]",
            "********",
            "*",
            "XXXX",
            "xxxxxxxx",
            "<redacted>",
            "[REMOVED]",
            "<non-null>",
            "PROVIDED_BUT_REMOVED",
            "/* secret */",
            "Lyogc2VjcmV0ICov",
            "<authentication response>",
            "。。。",
            "AGFsaWNlQGV4YW1wbGUubmV0AFBST1ZJREVEX0JVVF9SRU1PVkVE",
            "(suppressed)",
            "[hidden]",
            "...",
            "{password}",
            "[[ Credentials removed from proxy log ]]",
        ] {
            assert_eq!(
                placeholder(words.as_bytes()),
                Some(Placeholder::Surely),
                "{words}"
            );
        }
        for words in [
            "password",
            "my-secret",
            "REDACTED",
            "base64 encoded password",
        ] {
            assert_eq!(
                placeholder(words.as_bytes()),
                Some(Placeholder::Perhaps),
                "{words}"
            );
        }
        for words in [
            "rabbit",
            "S3cr3tCanary42",
            "UzNjcjN0Q2FuYXJ5NDI=",
            "",
            "(a)b",
            "1234",
            "[x-files]",
        ] {
            assert_eq!(placeholder(words.as_bytes()), None, "{words}");
        }
    }
}
