//! The words of each finding, and how much it matters.

use std::fmt;

use super::{Advice, Lint};
use crate::smtp::command::Verb;
use crate::smtp::parameter::Value;

impl Lint {
    /// How much it matters.
    pub fn advice(&self) -> Advice {
        match self {
            Self::Helo
            | Self::OldAuth
            | Self::NotSent(_)
            | Self::NothingToReset
            | Self::VerbUnannounced
            | Self::DoubleBlank => Advice::Note,
            _ => Advice::Warning,
        }
    }
}

impl Lint {
    /// Whether its words hold what was typed.
    pub(super) fn quotes(&self) -> bool {
        matches!(
            self,
            Self::MechanismNotOffered { .. }
                | Self::UnknownParameter { .. }
                | Self::TooLarge { .. }
                | Self::NonAscii(_)
        )
    }
}

impl fmt::Display for Lint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { octets, limit } => {
                let section = if *limit > super::ANSWER {
                    "RFC 4954 s4"
                } else {
                    "RFC 5321 s4.5.3.1.4"
                };
                write!(f, "{octets} octets: the limit is {limit} ({section})")
            }
            Self::LeadingBlank => f.write_str("a blank before the verb: expect 500"),
            Self::TrailingBlank => f.write_str("a blank at the end: some servers answer 501"),
            Self::Tab => f.write_str("a tab where a space belongs: some servers answer 501"),
            Self::DoubleBlank => f.write_str("more than one space here: strict servers answer 501"),
            Self::NonAscii(character) => write!(
                f,
                "U+{:04X} is not ASCII: commands are ASCII alone, expect 500 or 501",
                u32::from(*character)
            ),
            Self::UnknownVerb(Some(meant)) => {
                write!(
                    f,
                    "not a verb I know (did you mean {meant}?). Enter sends it."
                )
            }
            Self::UnknownVerb(None) => f.write_str("not a verb I know. Enter sends it."),
            Self::SClient => f.write_str(
                "openssl s_client says so when it eats a line with R. Here all lines go.",
            ),
            Self::Base64 => {
                f.write_str("this reads like base64, and no AUTH waits for it: expect 500")
            }
            Self::BeforeGreeting => {
                f.write_str("the server speaks first: who does not wait may be refused, 554")
            }
            Self::Closing => f.write_str("the server ends the session: only QUIT has its place"),
            Self::EhloFirst { again: false } => f.write_str("EHLO comes first: expect 503"),
            Self::EhloFirst { again: true } => {
                f.write_str("EHLO is due again after TLS: expect 503 (RFC 3207 s4.2)")
            }
            Self::Needs(verb) => {
                write!(f, "no accepted {verb} yet: expect 503 (RFC 5321 s4.1.4)")
            }
            Self::InTransaction => f.write_str("a transaction is open: expect 503. RSET ends it."),
            Self::VerbNotOffered(keyword) => {
                write!(f, "server did not offer {keyword}: expect 500 or 502")
            }
            Self::VerbUnannounced => f.write_str("not announced: many servers answer 252 or 502"),
            Self::NoArgument(verb) => write!(f, "{verb} takes no argument: expect 501"),
            Self::TlsAlready => f.write_str("TLS is on already: expect 503 or 554"),
            Self::NoCount => f.write_str("BDAT needs a count of octets: expect 501"),
            Self::NotLast => f.write_str("only LAST may stand behind the count: expect 501"),
            Self::DataAfterBinary => {
                f.write_str("MAIL said BODY=BINARYMIME: only BDAT may follow, expect 503")
            }
            Self::NotSent(1) => {
                f.write_str("the message is not sent: one recipient waits for DATA")
            }
            Self::NotSent(count) => {
                write!(
                    f,
                    "the message is not sent: {count} recipients wait for DATA"
                )
            }
            Self::NothingToReset => f.write_str("no transaction is open: RSET changes nothing"),
            Self::NoName(verb) => write!(f, "{verb} needs a name: expect 501"),
            Self::LocalName => {
                f.write_str("this name means nothing elsewhere: strict servers refuse it")
            }
            Self::BareName => f.write_str("a name without a dot: many servers refuse it (504)"),
            Self::BareAddress | Self::BareHost => {
                f.write_str("an address stands in brackets here (RFC 5321 s4.1.3): expect 501")
            }
            Self::SecondName(verb) => write!(f, "{verb} takes one name: expect 501"),
            Self::Helo => f.write_str("HELO brings no extensions: no TLS, no AUTH. EHLO does."),
            Self::Lhlo(port) => {
                write!(f, "LHLO is for LMTP, port {port} speaks SMTP: expect 500")
            }
            Self::OldAuth => f.write_str("AUTH=... is the old spelling, read as AUTH"),
            Self::NoMechanism => f.write_str("AUTH needs a mechanism: expect 501"),
            Self::SecondAuth => f.write_str("logged in already: expect 503 (RFC 4954 s4)"),
            Self::AuthNotOffered { starttls: true, .. } => {
                f.write_str("no AUTH before TLS: STARTTLS first, then EHLO again")
            }
            Self::AuthNotOffered { relay: true, .. } => {
                f.write_str("no AUTH is offered on port 25: mail programs log in on 587 or 465")
            }
            Self::AuthNotOffered { .. } => {
                f.write_str("server did not offer AUTH: expect 502 or 503")
            }
            Self::MechanismNotOffered { name, offered } => {
                write!(f, "{name} is not offered: expect 504. Offered: {offered}")
            }
            Self::InClear { starttls, itself } => f.write_str(match (starttls, itself) {
                (true, true) => "AUTH in clear: anyone on the way can read it. STARTTLS first.",
                (true, false) => "AUTH in clear: who reads it can try passwords. STARTTLS first.",
                (false, true) => "AUTH in clear: TLS is off, anyone on the way can read it",
                (false, false) => "AUTH in clear: TLS is off, who reads it can try passwords",
            }),
            Self::ServerFirst(name) => {
                write!(f, "{name} begins with a challenge: no initial response")
            }
            Self::NotBase64 => f.write_str("the response is one word of base64: expect 501"),
            Self::ClearText => f.write_str("this is clear text, not base64"),
            Self::Login(finding) => finding.fmt(f),
            Self::NoKeyword(keyword) => write!(f, "{keyword}: is missing: expect 501"),
            Self::Swapped("FROM") => f.write_str("MAIL has FROM:, RCPT has TO:. Expect 501."),
            Self::Swapped(_) => f.write_str("RCPT has TO:, MAIL has FROM:. Expect 501."),
            Self::NoColon(keyword) => write!(f, "{keyword} needs its colon: expect 501"),
            Self::BlankAtColon => f.write_str("space at the colon: some servers answer 501"),
            Self::NoAddress(Verb::Mail) => f.write_str("an <address> is missing, <> for no sender"),
            Self::NoAddress(_) => f.write_str("an <address> is missing: expect 501"),
            Self::EmptyForward => f.write_str("<> is only for MAIL, a recipient has a name"),
            Self::DisplayName => {
                f.write_str("only the <address>: names belong into the message's headers")
            }
            Self::NoBrackets => f.write_str("angle brackets missing: strict servers answer 501"),
            Self::Unclosed => f.write_str("the closing > is missing: expect 501"),
            Self::Glued => f.write_str("a space belongs behind the >: expect 501"),
            Self::Several => f.write_str("one address in a line: RCPT once for each"),
            Self::NoDomain => f.write_str("an address without a domain: many servers refuse it"),
            Self::TwoAts => f.write_str("more than one @ in the address: expect 501 or 553"),
            Self::NoLocalPart => f.write_str("nothing stands before the @: expect 501 or 553"),
            Self::Dots => f.write_str("a dot too many in the address: expect 501 or 553"),
            Self::BlankInside => f.write_str("a blank inside the address: expect 501"),
            Self::SourceRoute => {
                f.write_str("a source route: servers ignore or refuse it (RFC 5321 C)")
            }
            Self::Utf8NotOffered => {
                f.write_str("non-ASCII address needs SMTPUTF8 (not offered): expect 553")
            }
            Self::Utf8Missing(Verb::Mail) => {
                f.write_str("non-ASCII address needs the parameter SMTPUTF8")
            }
            Self::Utf8Missing(_) => {
                f.write_str("non-ASCII address, but MAIL had no SMTPUTF8: expect 553")
            }
            Self::UnknownParameter {
                name,
                meant: Some(meant),
            } => {
                write!(f, "{name} is no parameter I know: {meant}? Expect 555.")
            }
            Self::UnknownParameter { name, meant: None } => {
                write!(f, "{name} is no parameter I know: expect 555")
            }
            Self::WrongVerb { name, belongs } => {
                write!(f, "{name} belongs to {belongs}: expect 555")
            }
            Self::NotOffered { extension, .. } => {
                write!(f, "server did not offer {extension}: expect 555")
            }
            Self::Duplicate(name) => write!(f, "{name} stands there twice: expect 501"),
            Self::NoValue(name) => write!(f, "{name} needs a value: expect 501"),
            Self::NeedlessValue(name) => write!(f, "{name} takes no value: expect 501"),
            Self::TooLarge { size, limit } => {
                write!(f, "SIZE={size} is above the server's {limit}: expect 552")
            }
            Self::BadValue(parameter) => write_value(f, parameter.name, parameter.value),
            Self::BinaryNeedsChunking => {
                f.write_str("BINARYMIME needs BDAT, and CHUNKING is not offered")
            }
            Self::NeverAlone => f.write_str("NEVER stands alone in NOTIFY: expect 501"),
        }
    }
}

fn write_value(f: &mut fmt::Formatter<'_>, name: &str, value: Value) -> fmt::Result {
    match value {
        Value::Number(most) => {
            write!(f, "{name} is a number of at most {most} digits: expect 501")
        }
        Value::OneOf(words) => write!(f, "{name} is {}: expect 501", words.join(" or ")),
        Value::Notify(words) => write!(
            f,
            "{name} is {}, or some of {}: expect 501",
            words[0],
            words[1..].join(" ")
        ),
        Value::By => write!(
            f,
            "{name} is seconds;N or seconds;R with them above 0: expect 501"
        ),
        Value::Priority => write!(f, "{name} is -9 to 9: expect 501"),
        Value::TypedAddress => write!(f, "{name} is type;address, as in rfc822;a@b: expect 501"),
        Value::Any | Value::Nothing | Value::Optional => {
            write!(f, "{name} has another value: expect 501")
        }
    }
}
