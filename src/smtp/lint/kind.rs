//! The lints for typed commands.

use crate::smtp::command::Verb;
use crate::smtp::parameter::Parameter;
use crate::smtp::sasl;

/// A problem in a typed command, with the details that its text mentions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lint {
    /// The line is too long.
    TooLong {
        /// Its length, including CR LF.
        octets: usize,
        /// The maximum length.
        limit: usize,
    },
    /// Blanks before the verb.
    LeadingBlank,
    /// Blanks at the end.
    TrailingBlank,
    /// A tab instead of a space.
    Tab,
    /// More than one space.
    DoubleBlank,
    /// A non-ASCII character where only ASCII is allowed.
    NonAscii(char),
    /// An unknown verb, and the verb that was probably meant.
    UnknownVerb(Option<&'static str>),
    /// The word that `openssl s_client` prints when it takes a line that begins with R as its own
    /// command.
    SClient,
    /// A header of a message, where a command is expected.
    MessageHeader,
    /// A word with which other programs are left.
    LeavingWord,
    /// The line of the PROXY protocol (HAProxy), with which a connection begins.
    ProxyLine {
        /// Whether the greeting has arrived: it is too late then.
        late: bool,
    },
    /// A single base64 word outside a SASL exchange.
    UnexpectedBase64,
    /// The greeting has not arrived yet.
    BeforeGreeting,
    /// The greeting has begun, and its last line has not arrived yet.
    GreetingUnfinished,
    /// A reply is due, and the server does not offer PIPELINING.
    NotPipelined,
    /// STARTTLS has no reply yet.
    AheadOfTls,
    /// The server is ending the session.
    Closing,
    /// EHLO must be sent first.
    EhloFirst {
        /// It was sent before TLS, so it must be repeated.
        again: bool,
    },
    /// Another verb must be accepted first.
    Requires(Verb),
    /// The verb is not allowed in an open transaction.
    InTransaction,
    /// The server did not offer the keyword of the verb.
    VerbNotOffered(&'static str),
    /// The server did not announce the verb, but may accept it.
    VerbNotAnnounced,
    /// The verb takes no argument.
    UnexpectedArgument(Verb),
    /// TLS is already active.
    AlreadyEncrypted,
    /// BDAT without a valid size.
    MissingSize,
    /// A word after the size of BDAT that is not LAST.
    InvalidLast,
    /// DATA after MAIL with BODY=BINARYMIME.
    DataAfterBinarymime,
    /// QUIT after accepted recipients, without a message.
    QuitBeforeData(u32),
    /// RSET without an open transaction.
    NothingToReset,
    /// EHLO, HELO or LHLO without a name.
    MissingName(Verb),
    /// A name that the server refused.
    RefusedName,
    /// A character that no host name contains.
    NameCharacter(char),
    /// An empty label in a name, or one that begins or ends with a hyphen.
    NameLabel,
    /// Brackets around something other than an address.
    NameLiteral,
    /// A name that is only valid locally.
    LocalName,
    /// A name without a dot.
    BareName,
    /// An IP address without square brackets.
    BareAddress,
    /// More than one name.
    ExtraName(Verb),
    /// HELO although EHLO has not been refused.
    Helo,
    /// LHLO on an SMTP port.
    Lhlo(u16),
    /// EHLO or HELO to a server that speaks LMTP.
    NeedsLhlo(Verb),
    /// `AUTH=` instead of `AUTH `.
    AuthEquals,
    /// AUTH without a mechanism.
    MissingMechanism,
    /// AUTH after a successful AUTH.
    AlreadyAuthenticated,
    /// AUTH is not offered.
    AuthNotOffered {
        /// STARTTLS is offered, and AUTH may be after it.
        starttls: bool,
        /// The port is 25, the relay port.
        relay: bool,
    },
    /// The mechanism is not offered.
    MechanismNotOffered {
        /// The name as typed.
        name: String,
        /// The offered mechanisms.
        offered: String,
    },
    /// A secret would be sent without encryption.
    Unencrypted {
        /// STARTTLS is offered.
        starttls: bool,
        /// The secret is the password or token itself, not a proof of it.
        itself: bool,
    },
    /// An initial response in a mechanism that begins with a challenge.
    ServerFirst(String),
    /// A response that is not valid base64.
    InvalidBase64,
    /// A response in a SASL exchange that is plain text instead of base64.
    PlainText,
    /// A probable mistake in the message of a login.
    Sasl(sasl::MessageIssue),
    /// `FROM:` or `TO:` is missing.
    MissingKeyword(&'static str),
    /// `MAIL TO:` or `RCPT FROM:`.
    Swapped(&'static str),
    /// The colon is missing.
    MissingColon(&'static str),
    /// Blanks next to the colon.
    BlankAtColon,
    /// The address is missing.
    MissingAddress(Verb),
    /// `RCPT TO:<>`.
    EmptyForwardPath,
    /// A name before the address.
    DisplayName,
    /// Angle brackets are missing.
    MissingBrackets,
    /// The closing bracket is missing.
    MissingClosingBracket,
    /// Text directly after the closing bracket.
    MissingSpace,
    /// More than one address in the command.
    SeveralAddresses,
    /// The address has no domain.
    MissingDomain,
    /// More than one `@`.
    SeveralAtSigns,
    /// Nothing before the `@`.
    MissingLocalPart,
    /// Two dots in a row, or a dot at the start or end of a part.
    MisplacedDot,
    /// A blank inside the address.
    BlankInAddress,
    /// A domain that is an IP address without square brackets.
    BareAddressDomain,
    /// `<@a,@b:c@d>`.
    SourceRoute,
    /// A non-ASCII address, but SMTPUTF8 is not offered.
    Smtputf8NotOffered,
    /// A non-ASCII address, but MAIL has no SMTPUTF8.
    MissingSmtputf8(Verb),
    /// An unknown parameter.
    UnknownParameter {
        /// The name as typed.
        name: String,
        /// The parameter that was probably meant.
        suggestion: Option<&'static str>,
    },
    /// A parameter of another verb.
    OtherVerbParameter {
        /// Its name.
        name: &'static str,
        /// The verb it belongs to.
        belongs: Verb,
    },
    /// A parameter whose keyword is not offered.
    ParameterNotOffered {
        /// The name of the parameter.
        name: &'static str,
        /// The keyword.
        extension: &'static str,
    },
    /// A parameter that is given twice.
    DuplicateParameter(&'static str),
    /// A parameter without its value.
    MissingValue(&'static str),
    /// A parameter with a value, although it takes none.
    UnexpectedValue(&'static str),
    /// SIZE above the limit of the server.
    SizeTooLarge {
        /// The announced size, as typed.
        size: String,
        /// The limit.
        limit: u64,
    },
    /// A value that the parameter does not allow.
    InvalidValue(&'static Parameter),
    /// BODY=BINARYMIME, but CHUNKING is not offered.
    BinaryNeedsChunking,
    /// `NEVER` together with other values in NOTIFY.
    NeverCombined,
}
