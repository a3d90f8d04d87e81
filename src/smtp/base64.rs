//! Base64 (RFC 4648 section 4) as people paste it: read leniently where the meaning is clear, with
//! everything that is odd about it listed, and a look at what came out.

use std::fmt;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};

use super::secret::Secret;

/// Reads what is left once padding and foreign characters are taken out.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);
/// Shorter texts are no sign that something was encoded twice: words may read as base64.
const DOUBLED_FROM: usize = 8;
/// Encoders wrap at 60, 64 or 76 letters; shorter lines are texts of their own.
const WRAPPED_FROM: usize = 60;

/// Something about a text that base64 does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Oddity {
    /// `-` and `_` for `+` and `/` (RFC 4648 section 5).
    UrlAlphabet,
    /// The `=` at the end are missing, too few or too many.
    Padding,
    /// `=` in the middle: two texts in one.
    PaddingInside,
    /// Blanks or line breaks in it or around it.
    Whitespace,
    /// Characters of no base64 alphabet, which were skipped.
    Stray,
    /// One character at the end is too few for an octet.
    Cut,
    /// The last character holds bits that belong to no octet.
    TrailingBits,
}

impl Oddity {
    /// The oddity in a few words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::UrlAlphabet => "URL alphabet: - and _ for + and /",
            Self::Padding => "wrong padding: = missing or too many",
            Self::PaddingInside => "= in the middle: two texts in one",
            Self::Whitespace => "blanks or line breaks in it",
            Self::Stray => "not base64: foreign characters",
            Self::Cut => "cut: one character too few or too many",
            Self::TrailingBits => "bits left over at the end",
        }
    }
}

impl fmt::Display for Oddity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

/// What a text stands for, and what is odd about the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// The octets; they may well be a password.
    pub bytes: Secret,
    /// What is odd, each kind once.
    pub oddities: Vec<Oddity>,
}

impl Decoded {
    /// Whether the text was base64 at all: nothing had to be skipped or guessed.
    pub fn is_base64(&self) -> bool {
        !self.has(Oddity::Stray) && !self.has(Oddity::Cut) && !self.has(Oddity::PaddingInside)
    }

    fn has(&self, oddity: Oddity) -> bool {
        self.oddities.contains(&oddity)
    }

    fn note(&mut self, oddity: Oddity) {
        if !self.has(oddity) {
            self.oddities.push(oddity);
        }
    }
}

/// Octets into base64: one line, padded.
pub fn encode(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Base64 into octets. It never fails: what has no meaning is skipped, and that is told.
pub fn decode(text: &[u8]) -> Decoded {
    let mut decoded = Decoded {
        bytes: Secret::new(Vec::new()),
        oddities: Vec::new(),
    };
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 3);
    // Letters up to the next padding: one text of the several that there may be.
    let mut letters = Vec::with_capacity(text.len());
    let mut padding = 0;
    for &byte in text {
        let letter = match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' => byte,
            b'-' | b'_' => {
                decoded.note(Oddity::UrlAlphabet);
                if byte == b'-' { b'+' } else { b'/' }
            }
            b'=' => {
                padding += 1;
                continue;
            }
            b' ' | b'\t' | b'\r' | b'\n' => {
                decoded.note(Oddity::Whitespace);
                continue;
            }
            _ => {
                decoded.note(Oddity::Stray);
                continue;
            }
        };
        if padding > 0 {
            decoded.note(Oddity::PaddingInside);
            decode_one(&letters, padding, &mut bytes, &mut decoded);
            letters.clear();
            padding = 0;
        }
        letters.push(letter);
    }
    decode_one(&letters, padding, &mut bytes, &mut decoded);
    // Wiped with it: these are copies of what may be a secret.
    drop(Secret::new(letters));
    decoded.bytes = Secret::new(bytes);
    decoded
}

/// A line of a dialogue without what stands in front of its base64: a reply's code, or AUTH and its
/// mechanism. With it comes what was taken away, which is empty where nothing was.
pub fn behind_its_command(line: &[u8]) -> (&[u8], &[u8]) {
    let blank = |from: usize| {
        let at = line.get(from..)?.iter().position(|&byte| byte == b' ')?;
        Some(from + at + 1)
    };
    let is_code = |code: &[u8]| code.len() == 3 && code.iter().all(u8::is_ascii_digit);
    let start = match blank(0) {
        // A text in the URL alphabet may have a hyphen there; 334 is what asks in base64.
        _ if line.starts_with(b"334-") => 4,
        Some(4) if is_code(&line[..3]) => 4,
        Some(5) if line[..4].eq_ignore_ascii_case(b"AUTH") => blank(5).unwrap_or(0),
        _ => 0,
    };
    (&line[start..], &line[..start])
}

fn decode_one(letters: &[u8], padding: usize, bytes: &mut Vec<u8>, decoded: &mut Decoded) {
    let whole = match letters.len() % 4 {
        1 => {
            decoded.note(Oddity::Cut);
            &letters[..letters.len() - 1]
        }
        left => {
            if padding != (4 - left) % 4 {
                decoded.note(Oddity::Padding);
            }
            letters
        }
    };
    let start = bytes.len();
    // Only letters of the alphabet are left, in a number that has a meaning.
    if LENIENT.decode_vec(whole, bytes).is_err() {
        return decoded.note(Oddity::Stray);
    }
    let again = STANDARD.encode(&bytes[start..]);
    if again.trim_end_matches('=').as_bytes() != whole {
        decoded.note(Oddity::TrailingBits);
    }
    drop(Secret::new(again.into_bytes()));
}

/// One text of lines that were wrapped, as encoders do it: all as long as the first, of at least
/// `WRAPPED_FROM` letters, the last one maybe shorter, nothing else in them. Nothing where the lines
/// may as well be several texts.
pub fn unwrapped(text: &str) -> Option<String> {
    let lines: Vec<&str> = text.trim_end().split('\n').map(str::trim_end).collect();
    let (last, others) = lines.split_last()?;
    let width = others.first()?.len();
    let letters = |line: &str| {
        let letter = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'-' | b'_');
        line.bytes().all(letter)
    };
    let wrapped = width >= WRAPPED_FROM
        && width.is_multiple_of(4)
        && others
            .iter()
            .all(|line| line.len() == width && letters(line))
        && (1..=width).contains(&last.len())
        && letters(last.trim_end_matches('='));
    wrapped.then(|| lines.concat())
}

/// Something about decoded octets that is seldom meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// It ends with LF or CR LF: `echo` without `-n`.
    Newline,
    /// It holds a backslash and a zero where NULs were meant: twice, and no NUL. Once it may be part
    /// of a password.
    LiteralNul,
    /// It is base64 of printable text once more.
    Doubled,
    /// It is not UTF-8 (RFC 4616 section 2 and its kin ask for that).
    NotUtf8,
}

impl Finding {
    /// The finding in a few words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Newline => "ends with a newline (echo without -n)",
            Self::LiteralNul => "has \\0 as two characters, not a NUL",
            Self::Doubled => "looks like base64 twice over",
            Self::NotUtf8 => "not UTF-8",
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

/// What stands out about decoded octets.
pub fn findings(bytes: &[u8]) -> Vec<Finding> {
    let tests = [
        (Finding::Newline, bytes.ends_with(b"\n")),
        (Finding::LiteralNul, has_literal_nuls(bytes)),
        (Finding::Doubled, is_doubled(bytes)),
        (Finding::NotUtf8, std::str::from_utf8(bytes).is_err()),
    ];
    let found = tests.into_iter().filter(|(_, is_so)| *is_so);
    found.map(|(finding, _)| finding).collect()
}

/// How many NULs there are: two in a message of PLAIN (RFC 4616 section 2).
pub fn nuls(bytes: &[u8]) -> usize {
    bytes.iter().filter(|&&byte| byte == 0).count()
}

fn has_literal_nuls(bytes: &[u8]) -> bool {
    let literal = bytes.windows(2).filter(|pair| pair == b"\\0").count();
    literal >= 2 && nuls(bytes) == 0
}

fn is_doubled(bytes: &[u8]) -> bool {
    let text = bytes.trim_ascii_end();
    if text.len() < DOUBLED_FROM || !text.len().is_multiple_of(4) {
        return false;
    }
    let inner = decode(text);
    let printable = |&byte: &u8| byte == 0 || byte == b'\n' || matches!(byte, b' '..=b'~');
    inner.oddities.is_empty() && inner.bytes.reveal().iter().all(printable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_leniently_and_what_is_odd_is_told() {
        use Oddity::*;
        let table: &[(&str, &[u8], &[Oddity])] = &[
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
            ("\"YWxpY2U=\"", b"alice", &[Stray]),
            ("YWJjZ", b"abc", &[Cut]),
            ("é", b"", &[Stray]),
        ];
        for (text, bytes, oddities) in table {
            let decoded = decode(text.as_bytes());
            assert_eq!(decoded.bytes.reveal(), *bytes, "{text:?}");
            assert_eq!(decoded.oddities, *oddities, "{text:?}");
        }
    }

    #[test]
    fn what_stands_in_front_of_base64_is_no_part_of_it() {
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
        for (line, front) in table {
            let (text, taken) = behind_its_command(line.as_bytes());
            assert_eq!(taken, front.as_bytes(), "{line}");
            assert_eq!([taken, text].concat(), line.as_bytes());
        }
    }

    #[test]
    fn wrapped_lines_are_one_text_and_short_ones_are_several() {
        let long = encode(&[b'a'; 100]);
        for width in [60, 64, 76] {
            let mut wrapped = String::new();
            for piece in long.as_bytes().chunks(width) {
                wrapped.push_str(std::str::from_utf8(piece).unwrap());
                wrapped.push_str(if width == 76 { "\r\n" } else { "\n" });
            }
            assert_eq!(unwrapped(&wrapped).as_ref(), Some(&long), "{width}");
        }
        let line = &long[..64];
        for several in [
            "YWxpY2U=\nd29uZGVybGFuZA==".to_owned(),
            line.to_owned(),
            format!("{line}\nRCPT TO:<a@b.example>"),
            format!("{line}\n{line}{line}"),
            format!("{line}\n\n"),
            format!("AUTH PLAIN {line}\n{line}"),
            String::new(),
        ] {
            assert_eq!(unwrapped(&several), None, "{several:?}");
        }
    }

    #[test]
    fn all_octets_survive() {
        let all: Vec<u8> = (0..=255).collect();
        let decoded = decode(encode(&all).as_bytes());
        assert_eq!(decoded.bytes.reveal(), all);
        assert!(decoded.oddities.is_empty());
    }

    #[test]
    fn decoded_octets_are_looked_at() {
        use Finding::*;
        let table: &[(&[u8], &[Finding], usize)] = &[
            (b"alice", &[], 0),
            (b"\0alice\0wonderland", &[], 2),
            (b"\0alice\0wonderland\n", &[Newline], 2),
            (b"alice\r\n", &[Newline], 0),
            (b"\\0alice\\0wonderland", &[LiteralNul], 0),
            (b"\0alice\0\\01\\02", &[], 2),
            (b"rabbit\\0123", &[], 0),
            (b"AGFsaWNlAHdvbmRlcmxhbmQ=", &[Doubled], 0),
            (b"AGFsaWNlAHdvbmRlcmxhbmQ=\n", &[Newline, Doubled], 0),
            (b"wonderland12", &[], 0),
            (b"gr\xfc\xdfe", &[NotUtf8], 0),
        ];
        for (bytes, expected, count) in table {
            assert_eq!(findings(bytes), *expected, "{bytes:?}");
            assert_eq!(nuls(bytes), *count, "{bytes:?}");
        }
    }

    #[test]
    fn debug_shows_no_octet() {
        assert!(!format!("{:?}", decode(b"cmFiYml0")).contains("rabbit"));
    }
}
