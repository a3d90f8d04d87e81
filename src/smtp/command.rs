//! Command lines as the user types them. The text is never changed and may always be sent; parsing
//! it only serves to track the state of the session and to find secrets.

use std::fmt;

use super::base64;
use super::code::{Class, Code};
use super::sasl;

/// The port that LMTP servers commonly use; on 25 they must not (RFC 2033 section 5).
pub const LMTP_PORT: u16 = 24;

/// The command verbs that the session understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verb {
    /// RFC 5321 section 4.1.1.1.
    Ehlo,
    /// RFC 5321 section 4.1.1.1.
    Helo,
    /// RFC 2033 section 4.1.
    Lhlo,
    /// RFC 5321 section 4.1.1.2.
    Mail,
    /// RFC 5321 section 4.1.1.3.
    Rcpt,
    /// RFC 5321 section 4.1.1.4.
    Data,
    /// RFC 3030 section 2.
    Bdat,
    /// RFC 4468 section 3.
    Burl,
    /// RFC 5321 section 4.1.1.5.
    Rset,
    /// RFC 5321 section 4.1.1.9.
    Noop,
    /// RFC 5321 section 4.1.1.10.
    Quit,
    /// RFC 5321 section 4.1.1.6.
    Vrfy,
    /// RFC 5321 section 4.1.1.7.
    Expn,
    /// RFC 5321 section 4.1.1.8.
    Help,
    /// RFC 3207 section 4.
    StartTls,
    /// RFC 4954 section 4.
    Auth,
    /// RFC 1985 section 5.
    Etrn,
    /// Postfix: acts on behalf of another client.
    Xclient,
    /// Postfix: names another client for the log.
    Xforward,
    /// Microsoft Exchange: AUTH between servers.
    Xexps,
    /// Sends a client identifier before AUTH (expired Internet-Draft).
    Clientid,
    /// Any other word.
    Other,
}

impl Verb {
    const NAMED: [(&'static str, Self); 21] = [
        ("EHLO", Self::Ehlo),
        ("HELO", Self::Helo),
        ("LHLO", Self::Lhlo),
        ("MAIL", Self::Mail),
        ("RCPT", Self::Rcpt),
        ("DATA", Self::Data),
        ("BDAT", Self::Bdat),
        ("BURL", Self::Burl),
        ("RSET", Self::Rset),
        ("NOOP", Self::Noop),
        ("QUIT", Self::Quit),
        ("VRFY", Self::Vrfy),
        ("EXPN", Self::Expn),
        ("HELP", Self::Help),
        ("STARTTLS", Self::StartTls),
        ("AUTH", Self::Auth),
        ("ETRN", Self::Etrn),
        ("XCLIENT", Self::Xclient),
        ("XFORWARD", Self::Xforward),
        ("X-EXPS", Self::Xexps),
        ("CLIENTID", Self::Clientid),
    ];

    /// Parses a verb, in any letter case (RFC 5321 section 2.4).
    pub fn parse(word: &str) -> Self {
        let known = Self::NAMED
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(word));
        known.map_or(Self::Other, |&(_, verb)| verb)
    }

    /// The name in upper case; a dash for [`Verb::Other`].
    pub fn name(self) -> &'static str {
        Self::NAMED
            .iter()
            .find(|&&(_, verb)| verb == self)
            .map_or("-", |&(name, _)| name)
    }

    /// The names of all verbs.
    pub fn names() -> impl Iterator<Item = &'static str> + Clone {
        Self::NAMED.iter().map(|&(name, _)| name)
    }

    /// Whether it introduces the client: EHLO, HELO or LHLO.
    pub const fn is_introduction(self) -> bool {
        matches!(self, Self::Ehlo | Self::Helo | Self::Lhlo)
    }

    /// The verb that introduces the client: LHLO on the port of LMTP, or if the server said that it
    /// speaks LMTP, otherwise EHLO.
    pub fn introduction(port: u16, lmtp: bool) -> Self {
        if lmtp || port == LMTP_PORT {
            Self::Lhlo
        } else {
            Self::Ehlo
        }
    }

    /// Whether it takes no argument.
    pub fn takes_no_argument(self) -> bool {
        matches!(self, Self::StartTls | Self::Data | Self::Quit | Self::Rset)
    }

    /// Whether `code` is a valid reply to this verb, other than a refusal.
    pub fn expects(self, code: Code) -> bool {
        let number = code.number();
        match self {
            Self::Rcpt => matches!(number, 250 | 251),
            Self::Data => number == 354,
            Self::Quit => number == 221,
            Self::Vrfy | Self::Expn => matches!(number, 250..=252),
            Self::Help => matches!(number, 211 | 214 | 250),
            Self::StartTls => number == 220,
            Self::Auth | Self::Xexps => matches!(number, 235 | 334),
            Self::Etrn => matches!(number, 250..=253),
            Self::Xclient => matches!(number, 220 | 250),
            Self::Other => matches!(code.class(), Class::Success | Class::Intermediate),
            _ => number == 250,
        }
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Why a text is not a valid line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// It contains a CR or LF, so it would become two commands.
    #[error("line break at character {0}: enter one line at a time")]
    LineBreak(usize),
    /// It contains a NUL, which RFC 5321 section 4.5.2 forbids.
    #[error("NUL at character {0}: a line must not contain one")]
    Nul(usize),
}

/// One line as the user typed it. It contains no CR, LF or NUL.
#[derive(Clone, PartialEq, Eq)]
pub struct CommandLine {
    text: zeroize::Zeroizing<String>,
    hidden: bool,
}

impl CommandLine {
    /// Creates a line from typed text.
    ///
    /// # Errors
    /// The text contains CR, LF or NUL: one typed line must be one command.
    pub fn parse(text: impl Into<String>) -> Result<Self, LineError> {
        let text = zeroize::Zeroizing::new(text.into());
        for (at, character) in text.chars().enumerate() {
            match character {
                '\r' | '\n' => return Err(LineError::LineBreak(at + 1)),
                '\0' => return Err(LineError::Nul(at + 1)),
                _ => {}
            }
        }
        Ok(Self {
            text,
            hidden: false,
        })
    }

    /// Creates a line from text that is known to contain no CR, LF or NUL.
    pub(super) fn from_checked(text: String) -> Self {
        Self {
            text: zeroize::Zeroizing::new(text),
            hidden: false,
        }
    }

    /// Marks the whole line as secret, or not, whatever its text: a response in a SASL exchange is
    /// secret, even after the exchange is over.
    #[must_use]
    pub fn hide(self, hidden: bool) -> Self {
        Self { hidden, ..self }
    }

    /// Whether the whole line is marked as secret.
    pub fn is_hidden(&self) -> bool {
        self.hidden
    }

    /// The line for display, without its secret.
    pub fn masked(&self) -> String {
        self.secret().map_or_else(
            || self.text().to_owned(),
            |from| format!("{}[hidden]", &self.text[..from]),
        )
    }

    /// The text as typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The verb of the first word. `AUTH=LOGIN` counts as AUTH: some servers accept this mistake.
    pub fn verb(&self) -> Verb {
        let first = self.words().next().map_or("", |(_, word)| word);
        if starts_with_ignoring_case(first, "AUTH=") {
            Verb::Auth
        } else {
            Verb::parse(first)
        }
    }

    /// The text after the first word, without surrounding blanks.
    pub fn argument(&self) -> &str {
        let rest = self
            .words()
            .next()
            .map_or("", |(at, word)| &self.text[at + word.len()..]);
        rest.trim_matches([' ', '\t'])
    }

    /// Whether it is a single word that could be base64 (RFC 4648 section 4), like a response in a
    /// SASL exchange.
    pub fn looks_like_base64(&self) -> bool {
        let letters = self.text.trim_end_matches('=');
        let padding = self.text.len() - letters.len();
        let alphabet = |b: u8| b.is_ascii_alphanumeric() || b == b'+' || b == b'/';
        self.verb() == Verb::Other
            && !letters.is_empty()
            && padding <= 2
            && self.text.len().is_multiple_of(4)
            && letters.bytes().all(alphabet)
    }

    /// Parses the size of a BDAT chunk: only digits, while `str::parse` would also accept `+1`.
    pub fn chunk_size(word: &str) -> Option<u64> {
        let is_number = word.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| word.parse().ok()).flatten()
    }

    /// The size of the chunk that a BDAT line announces, and whether it is the last one.
    pub fn chunk(&self) -> Option<(u64, bool)> {
        let mut words = self.words();
        if Verb::parse(words.next()?.1) != Verb::Bdat {
            return None;
        }
        let size = Self::chunk_size(words.next()?.1)?;
        Some((
            size,
            words
                .next()
                .is_some_and(|(_, word)| word.eq_ignore_ascii_case("LAST")),
        ))
    }

    /// Whether its first word is a known command and a blank follows. Only then is it certain that
    /// the user types a command: a password may begin with the letters of one.
    pub fn begins_known_command(&self) -> bool {
        let is_ended = |(at, word): (usize, &str)| at + word.len() < self.text.len();
        self.verb() != Verb::Other && self.words().next().is_some_and(is_ended)
    }

    /// Whether it is the base64 of NUL, a user, NUL and a password: a response of AUTH PLAIN (RFC
    /// 4616), complete or still being typed. A shell or a program may have written the NULs as `\0`
    /// or as U+FFFD; it contains the password nevertheless.
    pub(super) fn is_plain_response(&self) -> bool {
        const SEPARATORS: [&[u8]; 3] = [b"\0", b"\\0", "\u{FFFD}".as_bytes()];
        let word = self.text.trim();
        let whole = word.len() - word.len() % 4;
        let is_base64 = |b: u8| b.is_ascii_alphanumeric() || b"+/=".contains(&b);
        if !word.bytes().all(is_base64) {
            return false;
        }
        let decoded = base64::decode(&word.as_bytes()[..whole]).bytes;
        SEPARATORS.iter().any(|separator| {
            let after = |octets| after_separator(octets, separator);
            let password = after(decoded.reveal()).and_then(|user| {
                let is_empty = user.starts_with(separator);
                if is_empty { None } else { after(user) }
            });
            password.is_some()
        })
    }

    /// The offset of the secret: the initial response of AUTH (RFC 4954 section 4) or X-EXPS, the
    /// token of CLIENTID, the certifier of MTRK= (RFC 3885 section 3.1), or a response of AUTH PLAIN
    /// that is typed as a command. The secret extends to the end of the line.
    ///
    /// A misspelt `AUTH` before the name of a mechanism counts as AUTH, and so does any first word
    /// that begins with `AUTH`.
    pub fn secret(&self) -> Option<usize> {
        if self.hidden {
            return (!self.text.is_empty()).then_some(0);
        }
        let mut words = self.words();
        let first = words.next()?.1;
        let second = words.next();
        let secret = match self.verb() {
            // In `AUTH=PLAIN token`, and without a mechanism, the token is the second word.
            Verb::Auth | Verb::Xexps if first.contains('=') => second,
            Verb::Auth | Verb::Xexps if second.is_some_and(|(_, word)| !may_be_mechanism(word)) => {
                second
            }
            Verb::Auth | Verb::Xexps | Verb::Clientid => words.next(),
            _ if second.is_some_and(|(_, word)| sasl::is_known(word)) => words.next(),
            // `AUTHPLAIN token`: a space is missing.
            _ if starts_with_ignoring_case(first, "AUTH") => second,
            Verb::Other if self.is_plain_response() => return Some(0),
            _ => {
                let (at, _) = self
                    .words()
                    .find(|(_, word)| starts_with_ignoring_case(word, "MTRK="))?;
                return Some(at + "MTRK=".len());
            }
        };
        secret.map(|(at, _)| at)
    }

    /// The mechanism of an AUTH line, and the text after it: the initial response (RFC 4954 section
    /// 4), or an empty string. `None` if there is no mechanism.
    pub fn mechanism(&self) -> Option<(&str, &str)> {
        let mut words = self.words();
        let first = words.next()?.1;
        let name = match first.split_once('=') {
            Some((_, name)) => name,
            None => words.next()?.1,
        };
        let response = self.secret().map_or("", |from| &self.text[from..]);
        (!name.is_empty() && may_be_mechanism(name)).then_some((name, response.trim_end()))
    }

    /// The words, each with its offset.
    fn words(&self) -> impl Iterator<Item = (usize, &str)> {
        let text = self.text.as_str();
        let words = text.split([' ', '\t']).filter(|word| !word.is_empty());
        words.map(move |word| (word.as_ptr() as usize - text.as_ptr() as usize, word))
    }
}

impl fmt::Debug for CommandLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "CommandLine({}, {} octets)",
            self.verb(),
            self.text.len()
        )
    }
}

fn starts_with_ignoring_case(word: &str, prefix: &str) -> bool {
    word.get(..prefix.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(prefix))
}

/// Whether a word may be the name of a mechanism (RFC 4422 section 3.1): in upper case, because
/// base64 of some length contains lowercase letters.
fn may_be_mechanism(word: &str) -> bool {
    let letter = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
    sasl::is_known(word) || (word.len() <= 20 && word.bytes().all(letter))
}

/// The octets after the first separator.
fn after_separator<'a>(octets: &'a [u8], separator: &[u8]) -> Option<&'a [u8]> {
    let at = octets
        .windows(separator.len())
        .position(|window| window == separator)?;
    Some(&octets[at + separator.len()..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_text_without_changing_it() {
        let table: &[(&str, Verb, &str)] = &[
            ("EHLO a.example", Verb::Ehlo, "a.example"),
            ("ehlo", Verb::Ehlo, ""),
            (" mail  FROM:<a@b> SIZE=1 ", Verb::Mail, "FROM:<a@b> SIZE=1"),
            ("RCPT\tTO:<a@b>", Verb::Rcpt, "TO:<a@b>"),
            ("StartTLS", Verb::StartTls, ""),
            ("EHLOX", Verb::Other, ""),
            ("", Verb::Other, ""),
            ("   ", Verb::Other, ""),
            ("é", Verb::Other, ""),
        ];
        for (text, verb, argument) in table {
            let line = CommandLine::parse(*text).unwrap();
            assert_eq!(
                (line.text(), line.verb(), line.argument()),
                (*text, *verb, *argument)
            );
        }
    }

    #[test]
    fn hides_a_plain_response_typed_as_a_command() {
        let table: &[(&str, Option<usize>)] = &[
            ("AGFsaWNlAHdvbmRlcmxhbmQ=", Some(0)),
            ("AGFsaWNlAHdvbmRl", Some(0)),
            ("AGFsaWNlAHdv", Some(0)),
            ("AGFsaWNlAHd", None),
            ("YWRtaW4AYWxpY2UAc2VjcmV0", Some(0)),
            ("AGFsaWNl", None),
            ("AAAAAAAA", None),
            // `\0alice\0pw` with the backslashes, and with U+FFFD in place of the NULs.
            ("XDBhbGljZVwwcHc=", Some(0)),
            ("77+9YWxpY2Xvv71wdw==", Some(0)),
            ("QUIT", None),
            ("NOOP AGFsaWNlAHdvbmRlcmxhbmQ=", None),
            ("VRFY alice", None),
        ];
        for (text, expected) in table {
            let line = CommandLine::parse(*text).unwrap();
            assert_eq!(line.secret(), *expected, "{text}");
        }
    }

    #[test]
    fn a_command_is_certain_after_a_blank() {
        for (text, expected) in [
            ("MAIL", false),
            ("MAIL ", true),
            ("mailbox1", false),
            ("x y", false),
        ] {
            let line = CommandLine::parse(text).unwrap();
            assert_eq!(line.begins_known_command(), expected, "{text}");
        }
    }

    #[test]
    fn rejects_line_breaks_and_nuls() {
        assert_eq!(
            CommandLine::parse("NOOP\r\nQUIT"),
            Err(LineError::LineBreak(5))
        );
        assert_eq!(CommandLine::parse("é\n"), Err(LineError::LineBreak(2)));
        assert_eq!(CommandLine::parse("A\0"), Err(LineError::Nul(2)));
    }

    #[test]
    fn finds_secrets_by_grammar() {
        let table: &[(&str, &str)] = &[
            ("AUTH PLAIN AGEAYg==", "AGEAYg=="),
            ("auth  plain\t AGEAYg==  x", "AGEAYg==  x"),
            ("AUTH PLAIN", ""),
            ("AUTH LOGIN YQ==", "YQ=="),
            ("AUHT PLAIN AGEAYg==", "AGEAYg=="),
            ("AUHT SCRAM-SHA-256 biws", "biws"),
            ("AUTHPLAIN AGEAYg==", "AGEAYg=="),
            ("authx LOGIN YQ==", "YQ=="),
            ("AUTHLOGIN", ""),
            ("AUTH=PLAIN AGEAYg==", "AGEAYg=="),
            ("AUTH AGEAYg==", "AGEAYg=="),
            ("AUTH X-OTHER AGEAYg==", "AGEAYg=="),
            ("auth ntlm TlRMTVNT", "TlRMTVNT"),
            ("X-EXPS LOGIN YQ==", "YQ=="),
            ("CLIENTID UUID c1d2", "c1d2"),
            ("MAIL FROM:<a@b> MTRK=aXQ=:60 RET=FULL", "aXQ=:60 RET=FULL"),
            ("MAIL FROM:<a@b> AUTH=<>", ""),
            ("NOOP AUTH PLAIN", ""),
            ("é", ""),
        ];
        for (text, secret) in table {
            let line = CommandLine::parse(*text).unwrap();
            assert_eq!(
                line.secret().map_or("", |at| &text[at..]),
                *secret,
                "{text}"
            );
        }
    }

    #[test]
    fn a_hidden_line_is_secret_whatever_its_text() {
        let line = CommandLine::parse("RSET").unwrap().hide(true);
        assert_eq!(
            (line.secret(), line.masked().as_str()),
            (Some(0), "[hidden]")
        );
        assert_eq!(CommandLine::parse("").unwrap().hide(true).secret(), None);
    }

    #[test]
    fn distinguishes_base64_from_commands() {
        let table = [
            ("YWxpY2U=", true),
            ("AGEAYg==", true),
            ("XYZZY", false),
            ("RSET", false),
            ("a b=", false),
            ("", false),
        ];
        for (text, expected) in table {
            assert_eq!(
                CommandLine::parse(text).unwrap().looks_like_base64(),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn parses_the_size_of_a_chunk() {
        for (text, chunk) in [
            ("BDAT 10", Some((10, false))),
            ("bdat 10 last", Some((10, true))),
            ("BDAT 0 LAST", Some((0, true))),
            ("BDAT x", None),
            ("BDAT +10", None),
            ("BDAT", None),
            ("DATA 10", None),
        ] {
            assert_eq!(CommandLine::parse(text).unwrap().chunk(), chunk, "{text}");
        }
    }

    #[test]
    fn debug_prints_no_text() {
        let line = CommandLine::parse("AUTH PLAIN AGEAYg==").unwrap();
        assert_eq!(format!("{line:?}"), "CommandLine(AUTH, 19 octets)");
    }
}
