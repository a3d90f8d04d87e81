//! The text and the severity of each lint.

use std::fmt;

use super::{Lint, Severity};
use crate::smtp::command::Verb;
use crate::smtp::parameter::ValueSyntax;

impl Lint {
    /// The severity.
    pub fn severity(&self) -> Severity {
        match self {
            Self::Helo
            | Self::AuthEquals
            | Self::QuitBeforeData(_)
            | Self::NothingToReset
            | Self::VerbNotAnnounced
            | Self::DoubleBlank
            | Self::ProxyLine { late: false } => Severity::Note,
            _ => Severity::Warning,
        }
    }
}

impl Lint {
    /// Whether its text quotes the typed line.
    pub(super) fn quotes(&self) -> bool {
        matches!(
            self,
            Self::MechanismNotOffered { .. }
                | Self::UnknownParameter { .. }
                | Self::SizeTooLarge { .. }
                | Self::NonAscii(_)
                | Self::NameCharacter(_)
        )
    }
}

impl fmt::Display for Lint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { octets, limit } => {
                let section = if *limit > super::SASL_RESPONSE_LIMIT {
                    "RFC 4954 s4"
                } else {
                    "RFC 5321 s4.5.3.1.4"
                };
                write!(f, "{octets} octets: the limit is {limit} ({section})")
            }
            Self::LeadingBlank => f.write_str("blank before the verb: expect 500"),
            Self::TrailingBlank => f.write_str("blank at the end: some servers answer 501"),
            Self::Tab => f.write_str("tab instead of a space: some servers answer 501"),
            Self::DoubleBlank => f.write_str("more than one space: strict servers answer 501"),
            Self::NonAscii(character) => write!(
                f,
                "U+{:04X} is not ASCII: commands must be ASCII, expect 500 or 501",
                u32::from(*character)
            ),
            Self::UnknownVerb(Some(suggestion)) => {
                write!(f, "unknown verb (did you mean {suggestion}?)")
            }
            Self::UnknownVerb(None) => f.write_str("unknown verb: a server may refuse it"),
            Self::MessageHeader => {
                f.write_str("a header of a message, not a command: DATA and its 354 come before it")
            }
            Self::LeavingWord => f.write_str("not SMTP, expect 500: QUIT ends the session"),
            Self::ProxyLine { late: false } => f.write_str(
                "PROXY protocol: only a server behind a proxy such as HAProxy expects it",
            ),
            Self::ProxyLine { late: true } => {
                f.write_str("PROXY is the first line of a connection: expect 500 or 502")
            }
            Self::SClient => f.write_str(
                "openssl s_client prints this instead of sending R. ehlo sends every line.",
            ),
            Self::UnexpectedBase64 => {
                f.write_str("looks like base64, but no AUTH is waiting for it: expect 500")
            }
            Self::BeforeGreeting => {
                f.write_str("wait for the greeting: the server may refuse early commands (554)")
            }
            Self::GreetingUnfinished => {
                f.write_str("the greeting is not finished: wait for its last line (\"220 \")")
            }
            Self::NotPipelined => {
                f.write_str("a reply is due, and PIPELINING is not offered: wait for it first")
            }
            Self::AheadOfTls => {
                f.write_str("STARTTLS has no reply yet: a command sent now makes TLS fail")
            }
            Self::Closing => f.write_str("the server is ending the session: only QUIT is allowed"),
            Self::EhloFirst { again: false } => f.write_str("EHLO must come first: expect 503"),
            Self::EhloFirst { again: true } => {
                f.write_str("EHLO must be repeated after TLS: expect 503 (RFC 3207 s4.2)")
            }
            Self::Requires(verb) => {
                write!(f, "no {verb} accepted yet: expect 503 (RFC 5321 s4.1.4)")
            }
            Self::InTransaction => f.write_str("a transaction is open: expect 503. RSET ends it."),
            Self::VerbNotOffered(keyword) => {
                write!(f, "server did not offer {keyword}: expect 500 or 502")
            }
            Self::VerbNotAnnounced => f.write_str("not announced: many servers answer 252 or 502"),
            Self::UnexpectedArgument(verb) => write!(f, "{verb} takes no argument: expect 501"),
            Self::AlreadyEncrypted => f.write_str("TLS is already active: expect 503 or 554"),
            Self::MissingSize => f.write_str("BDAT needs a size in octets: expect 501"),
            Self::InvalidLast => f.write_str("only LAST may follow the size: expect 501"),
            Self::DataAfterBinarymime => {
                f.write_str("after BODY=BINARYMIME only BDAT is allowed: expect 503")
            }
            Self::QuitBeforeData(1) => {
                f.write_str("no message was sent to the accepted recipient: DATA is missing")
            }
            Self::QuitBeforeData(count) => {
                write!(
                    f,
                    "no message was sent to the {count} accepted recipients: DATA is missing"
                )
            }
            Self::NothingToReset => f.write_str("no transaction is open: RSET changes nothing"),
            Self::MissingName(verb) => write!(f, "{verb} needs a name: expect 501"),
            Self::RefusedName => f.write_str("the server refused this name: use another one"),
            Self::NameCharacter(character) => write!(
                f,
                "{character} is not allowed in a host name (letters, digits, - and .): expect 501"
            ),
            Self::NameLabel => {
                f.write_str("a label of the name is empty, or begins or ends with -: expect 501")
            }
            Self::NameLiteral => f.write_str(
                "[] must hold an IP address, as in [192.0.2.7] or [IPv6:::1]: expect 501",
            ),
            Self::LocalName => {
                f.write_str("this name is only valid locally: strict servers refuse it")
            }
            Self::BareName => f.write_str("name without a dot: many servers refuse it (504)"),
            Self::BareAddress | Self::BareAddressDomain => {
                f.write_str("an IP address must be in brackets here (RFC 5321 s4.1.3): expect 501")
            }
            Self::ExtraName(verb) => write!(f, "{verb} takes one name: expect 501"),
            Self::Helo => f.write_str("HELO offers no extensions: no TLS, no AUTH. Use EHLO."),
            Self::Lhlo(port) => {
                write!(
                    f,
                    "LHLO is for LMTP, but port {port} is for SMTP: expect 500"
                )
            }
            Self::NeedsLhlo(verb) => {
                write!(
                    f,
                    "LMTP has LHLO in place of {verb}: expect 500 (RFC 2033 s4.1)"
                )
            }
            Self::AuthEquals => f.write_str("AUTH= is an old spelling of AUTH"),
            Self::MissingMechanism => f.write_str("AUTH needs a mechanism: expect 501"),
            Self::AlreadyAuthenticated => {
                f.write_str("already logged in: expect 503 (RFC 4954 s4)")
            }
            Self::AuthNotOffered { starttls: true, .. } => {
                f.write_str("no AUTH before TLS: send STARTTLS, then EHLO again")
            }
            Self::AuthNotOffered { relay: true, .. } => {
                f.write_str("AUTH is not offered on port 25: mail clients log in on 587 or 465")
            }
            Self::AuthNotOffered { .. } => {
                f.write_str("server did not offer AUTH: expect 502 or 503")
            }
            Self::MechanismNotOffered { name, offered } => {
                write!(f, "{name} is not offered: expect 504. Offered: {offered}")
            }
            Self::Unencrypted { starttls, itself } => f.write_str(match (starttls, itself) {
                (true, true) => "AUTH without TLS: anyone on the path can read it. STARTTLS first.",
                (true, false) => {
                    "AUTH without TLS: eavesdroppers can guess passwords. STARTTLS first."
                }
                (false, true) => "AUTH without TLS: anyone on the network path can read it",
                (false, false) => "AUTH without TLS: eavesdroppers can guess passwords from it",
            }),
            Self::ServerFirst(name) => {
                write!(
                    f,
                    "{name} begins with a challenge: it has no initial response"
                )
            }
            Self::InvalidBase64 => {
                f.write_str("the response must be one word of base64: expect 501")
            }
            Self::PlainText => f.write_str("this is plain text, not base64"),
            Self::Sasl(issue) => issue.fmt(f),
            Self::MissingKeyword(keyword) => write!(f, "missing \"{keyword}:\": expect 501"),
            Self::Swapped("FROM") => f.write_str("MAIL takes FROM:, RCPT takes TO:. Expect 501."),
            Self::Swapped(_) => f.write_str("RCPT takes TO:, MAIL takes FROM:. Expect 501."),
            Self::MissingColon(keyword) => write!(f, "missing colon after {keyword}: expect 501"),
            Self::BlankAtColon => f.write_str("space next to the colon: some servers answer 501"),
            Self::MissingAddress(Verb::Mail) => {
                f.write_str("missing <address>: use <> for an empty sender")
            }
            Self::MissingAddress(_) => f.write_str("missing <address>: expect 501"),
            Self::EmptyForwardPath => {
                f.write_str("<> is only for MAIL: a recipient needs an address")
            }
            Self::DisplayName => {
                f.write_str("only the <address> belongs here: names go into the message headers")
            }
            Self::MissingBrackets => {
                f.write_str("missing angle brackets: strict servers answer 501")
            }
            Self::MissingClosingBracket => f.write_str("missing closing >: expect 501"),
            Self::MissingSpace => f.write_str("missing space after >: expect 501"),
            Self::SeveralAddresses => {
                f.write_str("only one address per command: repeat RCPT for each")
            }
            Self::MissingDomain => f.write_str("address without a domain: many servers refuse it"),
            Self::SeveralAtSigns => {
                f.write_str("more than one @ in the address: expect 501 or 553")
            }
            Self::MissingLocalPart => f.write_str("nothing before the @: expect 501 or 553"),
            Self::MisplacedDot => f.write_str("misplaced dot in the address: expect 501 or 553"),
            Self::BlankInAddress => f.write_str("blank inside the address: expect 501"),
            Self::SourceRoute => {
                f.write_str("source route: servers ignore or refuse it (RFC 5321 C)")
            }
            Self::Smtputf8NotOffered => {
                f.write_str("non-ASCII address needs SMTPUTF8 (not offered): expect 553")
            }
            Self::MissingSmtputf8(Verb::Mail) => {
                f.write_str("non-ASCII address needs the SMTPUTF8 parameter")
            }
            Self::MissingSmtputf8(_) => {
                f.write_str("non-ASCII address, but MAIL had no SMTPUTF8: expect 553")
            }
            Self::UnknownParameter {
                name,
                suggestion: Some(suggestion),
            } => {
                write!(
                    f,
                    "unknown parameter {name} (did you mean {suggestion}?). Expect 555."
                )
            }
            Self::UnknownParameter {
                name,
                suggestion: None,
            } => {
                write!(f, "unknown parameter {name}: expect 555")
            }
            Self::OtherVerbParameter { name, belongs } => {
                write!(f, "{name} is a parameter of {belongs}: expect 555")
            }
            Self::ParameterNotOffered { extension, .. } => {
                write!(f, "server did not offer {extension}: expect 555")
            }
            Self::DuplicateParameter(name) => write!(f, "{name} is given twice: expect 501"),
            Self::MissingValue(name) => write!(f, "{name} needs a value: expect 501"),
            Self::UnexpectedValue(name) => write!(f, "{name} takes no value: expect 501"),
            Self::SizeTooLarge { size, limit } => {
                write!(f, "SIZE={size} is above the server's {limit}: expect 552")
            }
            Self::InvalidValue(parameter) => write_value(f, parameter.name, parameter.value),
            Self::BinaryNeedsChunking => {
                f.write_str("BINARYMIME needs BDAT, but CHUNKING is not offered")
            }
            Self::NeverCombined => {
                f.write_str("NEVER cannot be combined with other NOTIFY values: expect 501")
            }
        }
    }
}

fn write_value(f: &mut fmt::Formatter<'_>, name: &str, value: ValueSyntax) -> fmt::Result {
    match value {
        ValueSyntax::Number(most) => {
            write!(
                f,
                "{name} must be a number of at most {most} digits: expect 501"
            )
        }
        ValueSyntax::OneOf(words) => write!(f, "{name} must be {}: expect 501", words.join(" or ")),
        ValueSyntax::Notify(words) => write!(
            f,
            "{name} must be {}, or some of {}: expect 501",
            words[0],
            words[1..].join(" ")
        ),
        ValueSyntax::By => write!(
            f,
            "{name} must be seconds;N or seconds;R (R: above 0): expect 501"
        ),
        ValueSyntax::Priority => write!(f, "{name} must be -9 to 9: expect 501"),
        ValueSyntax::TypedAddress => write!(
            f,
            "{name} must be type;address, as in rfc822;a@b: expect 501"
        ),
        ValueSyntax::Any | ValueSyntax::Forbidden | ValueSyntax::Optional => {
            write!(f, "{name} has an invalid value: expect 501")
        }
    }
}
