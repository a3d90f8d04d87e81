//! What can be found in a typed line.

use crate::smtp::command::Verb;
use crate::smtp::parameter::Parameter;
use crate::smtp::sasl;

/// What can be found. Each holds what its words need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lint {
    /// The line is longer than a line may be.
    TooLong {
        /// Its octets, CR LF among them.
        octets: usize,
        /// How many there may be.
        limit: usize,
    },
    /// Blanks before the verb.
    LeadingBlank,
    /// Blanks at the end.
    TrailingBlank,
    /// A tab where a space belongs.
    Tab,
    /// More than one space where one belongs.
    DoubleBlank,
    /// A character that is not ASCII, where only ASCII may stand.
    NonAscii(char),
    /// A word that is no verb, and the verb it was probably meant to be.
    UnknownVerb(Option<&'static str>),
    /// What `openssl s_client` prints when it takes a line that begins with R for an order to itself.
    SClient,
    /// A lone word in base64 while no exchange runs.
    Base64,
    /// The server has to speak first.
    BeforeGreeting,
    /// The server ends the session.
    Closing,
    /// EHLO comes first; `again` says that TLS has begun since the last.
    EhloFirst {
        /// It was given before TLS.
        again: bool,
    },
    /// The verb needs this one to be accepted first.
    Needs(Verb),
    /// A transaction is open, in which the verb has no place.
    InTransaction,
    /// A keyword that would offer the verb did not come.
    VerbNotOffered(&'static str),
    /// The server did not say that it takes the verb, and may all the same.
    VerbUnannounced,
    /// The verb takes no argument.
    NoArgument(Verb),
    /// TLS is on already.
    TlsAlready,
    /// BDAT without a count of octets, or with what is none.
    NoCount,
    /// A word behind the count of BDAT that is not LAST.
    NotLast,
    /// DATA although MAIL announced a binary body.
    DataAfterBinary,
    /// QUIT while recipients wait for a message.
    NotSent(u32),
    /// RSET while there is nothing to reset.
    NothingToReset,
    /// EHLO, HELO or LHLO without a name.
    NoName(Verb),
    /// A name that means nothing elsewhere.
    LocalName,
    /// A name without a dot.
    BareName,
    /// An address without its square brackets.
    BareAddress,
    /// More than one name.
    SecondName(Verb),
    /// HELO where EHLO can be had.
    Helo,
    /// LHLO on a port of SMTP.
    Lhlo(u16),
    /// `AUTH=` instead of `AUTH `.
    OldAuth,
    /// AUTH without a mechanism.
    NoMechanism,
    /// AUTH after success.
    SecondAuth,
    /// No AUTH is offered; `starttls` says that STARTTLS is.
    AuthNotOffered {
        /// TLS may bring it.
        starttls: bool,
        /// The port is that of relays.
        relay: bool,
    },
    /// The mechanism is not among those that are offered.
    MechanismNotOffered {
        /// As typed.
        name: String,
        /// What is offered.
        offered: String,
    },
    /// A secret would go in clear.
    InClear {
        /// TLS can be had.
        starttls: bool,
        /// It is the password or token itself, and not only a proof of it.
        itself: bool,
    },
    /// A mechanism in which the server speaks first has no initial response.
    ServerFirst(String),
    /// An initial response that is no base64.
    NotBase64,
    /// An answer of an exchange that is no base64, but text as it is read.
    ClearText,
    /// What a message of a login says is seldom meant.
    Login(sasl::Finding),
    /// `FROM:` or `TO:` is missing.
    NoKeyword(&'static str),
    /// `MAIL TO:` or `RCPT FROM:`.
    Swapped(&'static str),
    /// The colon is missing.
    NoColon(&'static str),
    /// Blanks beside the colon.
    BlankAtColon,
    /// There is no address.
    NoAddress(Verb),
    /// `RCPT TO:<>`.
    EmptyForward,
    /// A name before the address.
    DisplayName,
    /// Angle brackets are missing.
    NoBrackets,
    /// The closing bracket is missing.
    Unclosed,
    /// Something is glued to the closing bracket.
    Glued,
    /// More than one recipient in a line.
    Several,
    /// No `@` and domain.
    NoDomain,
    /// More than one `@`.
    TwoAts,
    /// Nothing before the `@`.
    NoLocalPart,
    /// Two dots in a row, or one at an end.
    Dots,
    /// A blank inside the address.
    BlankInside,
    /// An address of a host without its square brackets.
    BareHost,
    /// `<@a,@b:c@d>`.
    SourceRoute,
    /// A non-ASCII address, and SMTPUTF8 is not offered.
    Utf8NotOffered,
    /// A non-ASCII address, and MAIL has no SMTPUTF8.
    Utf8Missing(Verb),
    /// A parameter that no RFC names, and the one it was probably meant to be.
    UnknownParameter {
        /// As typed.
        name: String,
        /// A parameter that reads like it.
        meant: Option<&'static str>,
    },
    /// A parameter of another verb.
    WrongVerb {
        /// Its name.
        name: &'static str,
        /// A verb it may follow.
        belongs: Verb,
    },
    /// A parameter whose keyword did not come.
    NotOffered {
        /// The parameter's name.
        name: &'static str,
        /// The keyword.
        extension: &'static str,
    },
    /// A parameter that stands there twice.
    Duplicate(&'static str),
    /// A parameter without its value.
    NoValue(&'static str),
    /// A parameter with a value that takes none.
    NeedlessValue(&'static str),
    /// SIZE above the server's limit.
    TooLarge {
        /// What is announced, as typed.
        size: String,
        /// The limit.
        limit: u64,
    },
    /// A value that its parameter cannot have.
    BadValue(&'static Parameter),
    /// BODY=BINARYMIME although the server takes no BDAT.
    BinaryNeedsChunking,
    /// NOTIFY=NEVER beside others.
    NeverAlone,
}
