//! Conditions of rules and of advice: facts about a session, as the assets spell them.

use std::fmt;

use serde::Deserialize;

/// A fact, or with `not ` before it the opposite of the fact.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(try_from = "String")]
pub struct Condition {
    /// The fact.
    pub fact: Fact,
    /// Whether the fact must be false.
    pub negated: bool,
}

/// A fact about a session at the moment a line was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// `tls`: the connection is encrypted.
    Tls,
    /// `logged in`: AUTH has succeeded.
    LoggedIn,
    /// `offers NAME`: the last EHLO reply has this keyword. After HELO there are no keywords.
    Offers(String),
    /// `mechanism offered`: the last EHLO reply lists the mechanism of the AUTH line.
    MechanismOffered,
    /// `can log in`: AUTH is offered and not done; not known if it may be offered after STARTTLS.
    CanLogIn,
    /// `port N`: the port of the server.
    Port(u16),
    /// `lmtp`: the server speaks LMTP.
    Lmtp,
    /// `greeted`: EHLO, HELO or LHLO was accepted, and still counts.
    Greeted,
    /// `helo`: HELO was accepted, not EHLO.
    Helo,
    /// `transaction`: MAIL was accepted, and the message is not finished.
    Transaction,
    /// `recipient`: a recipient of the transaction was accepted.
    Recipient,
    /// `chunks`: a BDAT without LAST was accepted.
    Chunks,
    /// `refused recipients`: a recipient of the transaction was refused.
    RefusedRecipients,
    /// `mail refused`: the latest MAIL was refused, and nothing has begun since.
    MailRefused,
    /// `ended by message`: the latest transaction ended with its message, accepted or not.
    EndedByMessage,
    /// `ended by rset`: the latest transaction was open when RSET ended it.
    EndedByRset,
    /// `ended by ehlo`: the latest transaction was open when EHLO or HELO ended it.
    EndedByEhlo,
    /// `needs mail`: the line is RCPT, DATA, BDAT or BURL, which MAIL must precede.
    NeedsMail,
    /// `below size`: the message that was sent is smaller than the SIZE of the EHLO reply.
    BelowSize,
    /// `chunk unended`: the octets after a BDAT line do not end with CR LF.
    ChunkUnended,
    /// `after chunk`: the octets of a refused BDAT, without CR LF at their end, stand before the line.
    AfterChunk,
    /// `chunk refused`: a BDAT or BURL was refused, and no RSET has followed.
    ChunkRefused,
    /// `after http`: a line before was a request of HTTP.
    AfterHttp,
    /// `early`: the line was sent before the greeting was complete.
    Early,
    /// `sent with ehlo`: the line was sent before the reply to EHLO had come.
    SentWithEhlo,
    /// `login ended`: the line before ended a login: it was refused or cancelled.
    LoginEnded,
    /// `token`: the mechanism of the AUTH line takes a token, not a password.
    Token,
    /// `mechanism NAME`: the mechanism of the AUTH line.
    Mechanism(String),
    /// `response empty`: the response of the login was empty.
    ResponseEmpty,
    /// `response star`: it was a `*` in the AUTH line, where it cancels nothing.
    ResponseStar,
    /// `response equals`: it was `=`, an empty response in the AUTH line.
    ResponseEquals,
    /// `response command`: it was a command.
    ResponseCommand,
    /// `response plain text`: it was probably plain text, not base64.
    ResponsePlainText,
    /// `response malformed`: it was base64, but not of what the mechanism requires.
    ResponseMalformed,
    /// `response no user`: its user name was empty.
    ResponseNoUser,
    /// `response newline`: a newline ended the password or the user name in it.
    ResponseNewline,
    /// `response unpadded`: only the `=` at the end of its base64 was wrong.
    ResponseUnpadded,
    /// `password exposed`: the login sent a password or token without encryption.
    PasswordExposed,
    /// `acts for another`: it named another user to act for.
    ActsForAnother,
    /// `answers VERB`: the reply answers this command.
    Answers(String),
    /// `word WORD`: the first word of the line; case does not matter.
    Word(String),
    /// `cancelled`: the line is the `*` that cancels a login.
    Cancelled,
    /// `response`: the line is a response in a SASL exchange, or cancels it.
    Response,
    /// `argument TEXT`: the line contains this text after its verb; case does not matter.
    Argument(String),
    /// `bare`: the line has nothing after its verb.
    Bare,
    /// `parameter`: the path in the line is followed by parameters.
    Parameter,
    /// `empty line`: the line has nothing but blanks.
    EmptyLine,
    /// `nul`: the line has one NUL.
    Nul,
    /// `long line`: the line has more than the 512 octets of a command.
    LongLine,
    /// `http`: the line is a request of HTTP.
    Http,
    /// `header line`: the line looks like a header: `Subject: x`.
    HeaderLine,
    /// `message header`: the line is a header of a message: `Subject: x`, not `User-Agent: x`.
    MessageHeader,
    /// `obsolete`: the command is SEND, SOML, SAML or TURN.
    Obsolete,
    /// `parameter not offered`: the line has a parameter whose extension is not offered.
    ParameterNotOffered,
    /// `parameter unknown`: the line has a parameter that no extension has.
    ParameterUnknown,
    /// `split value`: a space splits the value of a parameter in xtext, such as ENVID.
    SplitValue,
    /// `size not a number`: the value of SIZE is not all digits.
    SizeNotANumber,
    /// `no path`: MAIL without `FROM:` and an address, RCPT without `TO:` and an address.
    NoPath,
    /// `space after colon`: a blank stands before the path.
    SpaceAfterColon,
    /// `no brackets`: the path of MAIL or RCPT is not in angle brackets.
    NoBrackets,
    /// `in brackets`: it is in angle brackets, directly after the colon, and not empty.
    InBrackets,
    /// `bracket open`: it has the first of the angle brackets only.
    BracketOpen,
    /// `bracket not opened`: it has the last of the angle brackets only.
    BracketNotOpened,
    /// `extra bracket`: another bracket follows the last one.
    ExtraBracket,
    /// `address NAME`: a fault of the address in MAIL, RCPT, VRFY or EXPN.
    Address(AddressFault),
    /// `beyond ascii`: the line has octets beyond ASCII.
    NonAscii,
    /// `ehlo name short`: the name that EHLO gave is not a full name of a host; see
    /// [`HostNameFault`](crate::smtp::HostNameFault).
    ShortName,
    /// `ehlo name invalid`: it has a character or a label that no name of a host has.
    InvalidName,
    /// `ehlo name underscore`: it has an underscore.
    UnderscoreName,
    /// `ehlo name address`: it is an IP address without brackets.
    AddressName,
    /// `ehlo name bad literal`: it begins with a bracket, but is no IP address in brackets.
    BadLiteralName,
    /// `ehlo bracket open`: it begins with a bracket that is not closed.
    OpenLiteralName,
    /// `ehlo several names`: more than one name follows EHLO.
    SeveralNames,
    /// `smtputf8`: the MAIL that was accepted has the parameter SMTPUTF8.
    Smtputf8,
    /// `no domain`: the path of MAIL or RCPT is an address without a domain.
    NoDomain,
    /// `initial response`: the AUTH line has a response after the mechanism.
    InitialResponse,
    /// `header`: the line is a header of a message, sent as a command.
    Header,
    /// `blank line`: a blank line follows the headers of the message.
    BlankLine,
    /// `header missing`: the message lacks a header that RFC 5322 requires.
    HeaderMissing,
}

/// What is wrong, or not plain, with an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressFault {
    /// `address two ats`: two `@` outside quotes.
    TwoAts,
    /// `address double dot`: two dots in a row outside quotes.
    DoubleDot,
    /// `address no local part`: nothing before the `@`.
    NoLocalPart,
    /// `address no domain`: no `@` outside quotes.
    NoDomain,
    /// `address open quote`: a quote that is not closed.
    OpenQuote,
    /// `address space`: a blank outside quotes.
    Space,
    /// `address percent route`: a route in the local part, with `%` or `!`.
    PercentRoute,
    /// `address source route`: a route before the address: `@host:`.
    SourceRoute,
    /// `address literal`: an IP address in square brackets in place of a domain.
    Literal,
    /// `address bad literal`: square brackets in place of a domain, without an IP address in them.
    BadLiteral,
    /// `address long local part`: more than 64 octets before the `@`.
    LongLocalPart,
}

impl AddressFault {
    const NAMES: [(&'static str, Self); 11] = [
        ("two ats", Self::TwoAts),
        ("double dot", Self::DoubleDot),
        ("no local part", Self::NoLocalPart),
        ("no domain", Self::NoDomain),
        ("open quote", Self::OpenQuote),
        ("space", Self::Space),
        ("percent route", Self::PercentRoute),
        ("source route", Self::SourceRoute),
        ("literal", Self::Literal),
        ("bad literal", Self::BadLiteral),
        ("long local part", Self::LongLocalPart),
    ];

    fn name(self) -> &'static str {
        let mut names = Self::NAMES.iter();
        names
            .find(|(_, fault)| *fault == self)
            .map_or("", |row| row.0)
    }
}

/// A condition that is not one of those of [`Fact`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown condition \"{0}\"")]
pub struct UnknownCondition(String);

impl TryFrom<String> for Condition {
    type Error = UnknownCondition;

    fn try_from(text: String) -> Result<Self, UnknownCondition> {
        let (negated, words) = match text.strip_prefix("not ") {
            Some(rest) => (true, rest),
            None => (false, text.as_str()),
        };
        let fact = Fact::parse(words).ok_or_else(|| UnknownCondition(text.clone()))?;
        Ok(Self { fact, negated })
    }
}

impl Condition {
    /// The fact must be true.
    pub const fn is(fact: Fact) -> Self {
        Self {
            fact,
            negated: false,
        }
    }

    /// The fact must be false.
    pub const fn is_not(fact: Fact) -> Self {
        Self {
            fact,
            negated: true,
        }
    }
}

impl Fact {
    const PLAIN: [(&'static str, Self); 72] = [
        ("tls", Self::Tls),
        ("logged in", Self::LoggedIn),
        ("can log in", Self::CanLogIn),
        ("mechanism offered", Self::MechanismOffered),
        ("lmtp", Self::Lmtp),
        ("greeted", Self::Greeted),
        ("helo", Self::Helo),
        ("transaction", Self::Transaction),
        ("recipient", Self::Recipient),
        ("chunks", Self::Chunks),
        ("early", Self::Early),
        ("cancelled", Self::Cancelled),
        ("response", Self::Response),
        ("bare", Self::Bare),
        ("parameter", Self::Parameter),
        ("no path", Self::NoPath),
        ("space after colon", Self::SpaceAfterColon),
        ("no brackets", Self::NoBrackets),
        ("in brackets", Self::InBrackets),
        ("bracket open", Self::BracketOpen),
        ("beyond ascii", Self::NonAscii),
        ("smtputf8", Self::Smtputf8),
        ("no domain", Self::NoDomain),
        ("initial response", Self::InitialResponse),
        ("header", Self::Header),
        ("blank line", Self::BlankLine),
        ("header missing", Self::HeaderMissing),
        ("ehlo name short", Self::ShortName),
        ("ehlo name invalid", Self::InvalidName),
        ("ehlo name underscore", Self::UnderscoreName),
        ("ehlo name address", Self::AddressName),
        ("ehlo name bad literal", Self::BadLiteralName),
        ("refused recipients", Self::RefusedRecipients),
        ("mail refused", Self::MailRefused),
        ("ended by message", Self::EndedByMessage),
        ("ended by rset", Self::EndedByRset),
        ("ended by ehlo", Self::EndedByEhlo),
        ("needs mail", Self::NeedsMail),
        ("below size", Self::BelowSize),
        ("chunk unended", Self::ChunkUnended),
        ("after chunk", Self::AfterChunk),
        ("sent with ehlo", Self::SentWithEhlo),
        ("login ended", Self::LoginEnded),
        ("token", Self::Token),
        ("response empty", Self::ResponseEmpty),
        ("response star", Self::ResponseStar),
        ("response equals", Self::ResponseEquals),
        ("response command", Self::ResponseCommand),
        ("response plain text", Self::ResponsePlainText),
        ("response malformed", Self::ResponseMalformed),
        ("acts for another", Self::ActsForAnother),
        ("empty line", Self::EmptyLine),
        ("nul", Self::Nul),
        ("long line", Self::LongLine),
        ("http", Self::Http),
        ("header line", Self::HeaderLine),
        ("message header", Self::MessageHeader),
        ("obsolete", Self::Obsolete),
        ("split value", Self::SplitValue),
        ("size not a number", Self::SizeNotANumber),
        ("bracket not opened", Self::BracketNotOpened),
        ("extra bracket", Self::ExtraBracket),
        ("ehlo bracket open", Self::OpenLiteralName),
        ("ehlo several names", Self::SeveralNames),
        ("response no user", Self::ResponseNoUser),
        ("response newline", Self::ResponseNewline),
        ("response unpadded", Self::ResponseUnpadded),
        ("password exposed", Self::PasswordExposed),
        ("chunk refused", Self::ChunkRefused),
        ("after http", Self::AfterHttp),
        ("parameter not offered", Self::ParameterNotOffered),
        ("parameter unknown", Self::ParameterUnknown),
    ];

    fn parse(words: &str) -> Option<Self> {
        let mut plain = Self::PLAIN.into_iter();
        if let Some((_, fact)) = plain.find(|(name, _)| *name == words) {
            return Some(fact);
        }
        let (name, value) = words.split_once(' ')?;
        let text = value.to_ascii_lowercase();
        Some(match name {
            "offers" => Self::Offers(text),
            "port" => Self::Port(value.parse().ok()?),
            "argument" => Self::Argument(text),
            "answers" => Self::Answers(value.to_ascii_uppercase()),
            "word" => Self::Word(text),
            "mechanism" => Self::Mechanism(text),
            "address" => {
                let mut faults = AddressFault::NAMES.iter();
                Self::Address(faults.find(|(name, _)| *name == value)?.1)
            }
            _ => return None,
        })
    }
}

impl Condition {
    /// The condition as a key of `assets/sentences.toml`, `not-offers`, and its value: `AUTH`.
    pub fn key_and_value(&self) -> (String, String) {
        let not = if self.negated { "not-" } else { "" };
        let (key, value) = match &self.fact {
            Fact::Offers(name) => ("offers", name.to_ascii_uppercase()),
            Fact::Port(port) => ("port", port.to_string()),
            Fact::Argument(text) => ("argument", text.clone()),
            Fact::Answers(verb) => ("answers", verb.clone()),
            Fact::Word(word) => ("word", word.clone()),
            Fact::Mechanism(name) => ("mechanism", name.to_ascii_uppercase()),
            Fact::Address(fault) => {
                let key = format!("{not}address-{}", fault.name().replace(' ', "-"));
                return (key, String::new());
            }
            plain => {
                let name = Fact::PLAIN.iter().find(|(_, fact)| fact == plain);
                (name.map_or("", |(name, _)| *name), String::new())
            }
        };
        (format!("{not}{}", key.replace(' ', "-")), value)
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (key, value) = self.key_and_value();
        let separator = if value.is_empty() { "" } else { " " };
        match key.strip_prefix("not-") {
            Some(fact) => write!(f, "not {}{separator}{value}", fact.replace('-', " ")),
            None => write!(f, "{}{separator}{value}", key.replace('-', " ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_read_and_written_alike() {
        let plain = Fact::PLAIN.iter().map(|(name, _)| (*name).to_owned());
        let other = [
            "not tls",
            "offers AUTH",
            "not port 25",
            "argument size=",
            "answers RCPT",
            "word turn",
            "mechanism PLAIN",
            "address two ats",
            "not address no domain",
        ];
        for text in plain.chain(other.map(str::to_owned)) {
            let condition = Condition::try_from(text.clone());
            assert_eq!(condition.map(|read| read.to_string()), Ok(text));
        }
    }

    #[test]
    fn a_misspelt_condition_is_an_error() {
        for text in ["tsl", "not", "offers", "port smtp", "not not tls", ""] {
            let read = Condition::try_from(text.to_owned());
            assert_eq!(read, Err(UnknownCondition(text.to_owned())), "{text}");
        }
    }
}
