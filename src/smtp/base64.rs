//! Base64 (RFC 4648 section 4) as people paste it: a lenient decoder that lists every problem, and
//! a check of the decoded octets for common mistakes.

use std::fmt;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};

use super::secret::Secret;

/// Decodes the letters that remain after padding and invalid characters are removed.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);
/// The minimum length of a text that counts as encoded twice: shorter words may look like base64.
const DOUBLE_ENCODED_MIN: usize = 8;
/// The minimum width of a wrapped text: encoders wrap at 60, 64 or 76 letters.
const WRAP_WIDTH_MIN: usize = 60;

/// A problem with a base64 text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EncodingIssue {
    /// `-` and `_` instead of `+` and `/` (RFC 4648 section 5).
    UrlAlphabet,
    /// The number of `=` at the end is wrong.
    Padding,
    /// `=` in the middle: probably two texts in one.
    PaddingInside,
    /// Spaces, tabs or line breaks in the text or around it.
    Whitespace,
    /// Characters of no base64 alphabet; they were skipped.
    InvalidCharacter,
    /// A lone letter at the end, which is not enough for an octet.
    Truncated,
    /// The last letter contains bits that belong to no octet.
    TrailingBits,
}

impl EncodingIssue {
    /// A short description.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UrlAlphabet => "URL alphabet: - and _ instead of + and /",
            Self::Padding => "wrong padding: = missing or too many",
            Self::PaddingInside => "= in the middle: two texts in one?",
            Self::Whitespace => "contains spaces or line breaks",
            Self::InvalidCharacter => "not base64: invalid characters",
            Self::Truncated => "truncated: one character too few or too many",
            Self::TrailingBits => "bits left over at the end",
        }
    }
}

impl fmt::Display for EncodingIssue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The result of [`decode`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// The decoded octets; they may be a password.
    pub bytes: Secret,
    /// The problems with the text, each kind once.
    pub issues: Vec<EncodingIssue>,
}

impl Decoded {
    /// Whether the text is base64: nothing had to be skipped or guessed.
    pub fn is_base64(&self) -> bool {
        !self.has(EncodingIssue::InvalidCharacter)
            && !self.has(EncodingIssue::Truncated)
            && !self.has(EncodingIssue::PaddingInside)
    }

    fn has(&self, issue: EncodingIssue) -> bool {
        self.issues.contains(&issue)
    }

    fn add(&mut self, issue: EncodingIssue) {
        if !self.has(issue) {
            self.issues.push(issue);
        }
    }
}

/// Encodes octets as one padded line.
pub fn encode(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Decodes base64. It never fails: invalid parts are skipped and reported.
pub fn decode(text: &[u8]) -> Decoded {
    let mut decoded = Decoded {
        bytes: Secret::new(Vec::new()),
        issues: Vec::new(),
    };
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 3);
    // Letters up to the next padding: there may be several texts.
    let mut letters = Vec::with_capacity(text.len());
    let mut padding = 0;
    for &byte in text {
        let letter = match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' => byte,
            b'-' | b'_' => {
                decoded.add(EncodingIssue::UrlAlphabet);
                if byte == b'-' { b'+' } else { b'/' }
            }
            b'=' => {
                padding += 1;
                continue;
            }
            b' ' | b'\t' | b'\r' | b'\n' => {
                decoded.add(EncodingIssue::Whitespace);
                continue;
            }
            _ => {
                decoded.add(EncodingIssue::InvalidCharacter);
                continue;
            }
        };
        if padding > 0 {
            decoded.add(EncodingIssue::PaddingInside);
            decode_letters(&letters, padding, &mut bytes, &mut decoded);
            letters.clear();
            padding = 0;
        }
        letters.push(letter);
    }
    decode_letters(&letters, padding, &mut bytes, &mut decoded);
    // The letters may encode a secret: `Secret` wipes them.
    drop(Secret::new(letters));
    decoded.bytes = Secret::new(bytes);
    decoded
}

/// Splits a protocol line into its base64 and the prefix before it: a reply code, or AUTH and a
/// mechanism. The prefix is empty if there is none.
pub fn strip_command(line: &[u8]) -> (&[u8], &[u8]) {
    let blank = |from: usize| {
        let at = line.get(from..)?.iter().position(|&byte| byte == b' ')?;
        Some(from + at + 1)
    };
    let is_code = |code: &[u8]| code.len() == 3 && code.iter().all(u8::is_ascii_digit);
    let start = match blank(0) {
        // Only for 334: a text in the URL alphabet may have a hyphen there too.
        _ if line.starts_with(b"334-") => 4,
        Some(4) if is_code(&line[..3]) => 4,
        Some(5) if line[..4].eq_ignore_ascii_case(b"AUTH") => blank(5).unwrap_or(0),
        _ => 0,
    };
    (&line[start..], &line[..start])
}

fn decode_letters(letters: &[u8], padding: usize, bytes: &mut Vec<u8>, decoded: &mut Decoded) {
    let whole = match letters.len() % 4 {
        1 => {
            decoded.add(EncodingIssue::Truncated);
            &letters[..letters.len() - 1]
        }
        left => {
            if padding != (4 - left) % 4 {
                decoded.add(EncodingIssue::Padding);
            }
            letters
        }
    };
    let start = bytes.len();
    // Cannot fail: only letters of the alphabet are left, and not a lone one at the end.
    if LENIENT.decode_vec(whole, bytes).is_err() {
        return decoded.add(EncodingIssue::InvalidCharacter);
    }
    let again = STANDARD.encode(&bytes[start..]);
    if again.trim_end_matches('=').as_bytes() != whole {
        decoded.add(EncodingIssue::TrailingBits);
    }
    drop(Secret::new(again.into_bytes()));
}

/// Joins lines that an encoder has wrapped.
///
/// All lines must be as long as the first and have at least `WRAP_WIDTH_MIN` letters; only the
/// last may be shorter. `None` if the lines may be several texts.
pub fn unwrap_lines(text: &str) -> Option<String> {
    let lines: Vec<&str> = text.trim_end().split('\n').map(str::trim_end).collect();
    let (last, others) = lines.split_last()?;
    let width = others.first()?.len();
    let letters = |line: &str| {
        let letter = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'-' | b'_');
        line.bytes().all(letter)
    };
    let wrapped = width >= WRAP_WIDTH_MIN
        && width.is_multiple_of(4)
        && others
            .iter()
            .all(|line| line.len() == width && letters(line))
        && (1..=width).contains(&last.len())
        && letters(last.trim_end_matches('='));
    wrapped.then(|| lines.concat())
}

/// A probable mistake in decoded octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContentIssue {
    /// They end with LF or CR LF: `echo` without `-n`.
    TrailingNewline,
    /// They contain a backslash and a zero at least twice, and no NUL. A single one may be part of
    /// a password.
    EscapedNul,
    /// They are base64 of printable text again.
    DoubleEncoded,
    /// They are not UTF-8, which the mechanisms require (for example, RFC 4616 section 2).
    NotUtf8,
}

impl ContentIssue {
    /// A short description.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TrailingNewline => "ends with a newline (echo without -n)",
            Self::EscapedNul => "contains \\0 as two characters, not a NUL",
            Self::DoubleEncoded => "looks base64-encoded twice",
            Self::NotUtf8 => "not UTF-8",
        }
    }
}

impl fmt::Display for ContentIssue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Checks decoded octets for common mistakes.
pub fn content_issues(bytes: &[u8]) -> Vec<ContentIssue> {
    let tests = [
        (ContentIssue::TrailingNewline, bytes.ends_with(b"\n")),
        (ContentIssue::EscapedNul, has_escaped_nuls(bytes)),
        (ContentIssue::DoubleEncoded, is_double_encoded(bytes)),
        (ContentIssue::NotUtf8, std::str::from_utf8(bytes).is_err()),
    ];
    let found = tests.into_iter().filter(|(_, applies)| *applies);
    found.map(|(issue, _)| issue).collect()
}

/// The number of NULs: two in a valid message of PLAIN (RFC 4616 section 2).
pub fn count_nuls(bytes: &[u8]) -> usize {
    bytes.iter().filter(|&&byte| byte == 0).count()
}

fn has_escaped_nuls(bytes: &[u8]) -> bool {
    let escaped = bytes.windows(2).filter(|pair| pair == b"\\0").count();
    escaped >= 2 && count_nuls(bytes) == 0
}

fn is_double_encoded(bytes: &[u8]) -> bool {
    let text = bytes.trim_ascii_end();
    if text.len() < DOUBLE_ENCODED_MIN || !text.len().is_multiple_of(4) {
        return false;
    }
    let inner = decode(text);
    let printable = |&byte: &u8| byte == 0 || byte == b'\n' || matches!(byte, b' '..=b'~');
    inner.issues.is_empty() && inner.bytes.reveal().iter().all(printable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_leniently_and_reports_problems() {
        use EncodingIssue::*;
        let table: &[(&str, &[u8], &[EncodingIssue])] = &[
            ("", b"", &[]),
            ("YWxpY2U=", b"alice", &[]),
            ("YWxpY2U", b"alice", &[Padding]),
            ("YWxpY2U==", b"alice", &[Padding]),
            ("YWJj=", b"abc", &[Padding]),
            ("=", b"", &[Padding]),
            ("YWxp\r\nY2U=", b"alice", &[Whitespace]),
            (" YWxpY2U= ", b"alice", &[Whitespace]),
            ("_-8=", b"\xff\xef", &[UrlAlphabet]),
            ("YWxpY2V=", b"alice", &[TrailingBits]),
            ("YWxpY2U=YQ==", b"alicea", &[PaddingInside]),
            ("\"YWxpY2U=\"", b"alice", &[InvalidCharacter]),
            ("YWJjZ", b"abc", &[Truncated]),
            ("é", b"", &[InvalidCharacter]),
        ];
        for (text, bytes, issues) in table {
            let decoded = decode(text.as_bytes());
            assert_eq!(decoded.bytes.reveal(), *bytes, "{text:?}");
            assert_eq!(decoded.issues, *issues, "{text:?}");
        }
    }

    #[test]
    fn strips_reply_codes_and_auth_commands() {
        let table = [
            ("334 VXNlcm5hbWU6", "334 "),
            ("334-VXNlcm5hbWU6", "334-"),
            ("AUTH PLAIN AGEAYg==", "AUTH PLAIN "),
            ("auth login YQ==", "auth login "),
            ("VXNlcm5hbWU6", ""),
            ("123-", ""),
            ("AUTH PLAIN", ""),
            ("334", ""),
            ("", ""),
        ];
        for (line, prefix) in table {
            let (text, stripped) = strip_command(line.as_bytes());
            assert_eq!(stripped, prefix.as_bytes(), "{line}");
            assert_eq!([stripped, text].concat(), line.as_bytes());
        }
    }

    #[test]
    fn joins_wrapped_lines_but_not_separate_texts() {
        let long = encode(&[b'a'; 100]);
        for width in [60, 64, 76] {
            let mut wrapped = String::new();
            for piece in long.as_bytes().chunks(width) {
                wrapped.push_str(std::str::from_utf8(piece).unwrap());
                wrapped.push_str(if width == 76 { "\r\n" } else { "\n" });
            }
            assert_eq!(unwrap_lines(&wrapped).as_ref(), Some(&long), "{width}");
        }
        let line = &long[..64];
        for separate in [
            "YWxpY2U=\nd29uZGVybGFuZA==".to_owned(),
            line.to_owned(),
            format!("{line}\nRCPT TO:<a@b.example>"),
            format!("{line}\n{line}{line}"),
            format!("{line}\n\n"),
            format!("AUTH PLAIN {line}\n{line}"),
            String::new(),
        ] {
            assert_eq!(unwrap_lines(&separate), None, "{separate:?}");
        }
    }

    #[test]
    fn round_trips_all_octets() {
        let all: Vec<u8> = (0..=255).collect();
        let decoded = decode(encode(&all).as_bytes());
        assert_eq!(decoded.bytes.reveal(), all);
        assert!(decoded.issues.is_empty());
    }

    #[test]
    fn finds_mistakes_in_decoded_octets() {
        use ContentIssue::*;
        let table: &[(&[u8], &[ContentIssue], usize)] = &[
            (b"alice", &[], 0),
            (b"\0alice\0wonderland", &[], 2),
            (b"\0alice\0wonderland\n", &[TrailingNewline], 2),
            (b"alice\r\n", &[TrailingNewline], 0),
            (b"\\0alice\\0wonderland", &[EscapedNul], 0),
            (b"\0alice\0\\01\\02", &[], 2),
            (b"rabbit\\0123", &[], 0),
            (b"AGFsaWNlAHdvbmRlcmxhbmQ=", &[DoubleEncoded], 0),
            (
                b"AGFsaWNlAHdvbmRlcmxhbmQ=\n",
                &[TrailingNewline, DoubleEncoded],
                0,
            ),
            (b"wonderland12", &[], 0),
            (b"gr\xfc\xdfe", &[NotUtf8], 0),
        ];
        for (bytes, expected, count) in table {
            assert_eq!(content_issues(bytes), *expected, "{bytes:?}");
            assert_eq!(count_nuls(bytes), *count, "{bytes:?}");
        }
    }

    #[test]
    fn debug_prints_no_octet() {
        assert!(!format!("{:?}", decode(b"cmFiYml0")).contains("rabbit"));
    }
}
