//! The ESMTP parameters as far as a line can be checked by them: the verbs they follow, the keywords
//! that offer them, what their values may be. Their words are the manual's.

use super::command::Verb;
use super::extension::Capabilities;

/// What a value may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// There is none.
    Nothing,
    /// There may be one.
    Optional,
    /// Anything.
    Any,
    /// Decimal digits, so many at most (RFC 1870 section 4: 20).
    Number(usize),
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// Some of these words with commas between them; the first stands alone (RFC 3461 section 4.1).
    Notify(&'static [&'static str]),
    /// Seconds, `;` and a mode (RFC 2852 section 4).
    By,
    /// -9 to 9 (RFC 6710 section 3).
    Priority,
    /// An address type, `;` and an address (RFC 3461 section 4.2).
    TypedAddress,
}

/// A parameter.
#[derive(Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name in capitals.
    pub name: &'static str,
    /// The verbs it may follow.
    pub on: &'static [Verb],
    /// Keywords any of which offers it.
    pub extensions: &'static [&'static str],
    /// Its value.
    pub value: Value,
}

const MAIL: &[Verb] = &[Verb::Mail];
const RCPT: &[Verb] = &[Verb::Rcpt];
const EITHER: &[Verb] = &[Verb::Mail, Verb::Rcpt];
const LOOKUP: &[Verb] = &[Verb::Vrfy, Verb::Expn];

const fn row(
    name: &'static str,
    on: &'static [Verb],
    extensions: &'static [&'static str],
    value: Value,
) -> Parameter {
    Parameter {
        name,
        on,
        extensions,
        value,
    }
}

/// All of them, the common ones first.
pub const PARAMETERS: &[Parameter] = &[
    row("SIZE", MAIL, &["SIZE"], Value::Number(20)),
    row(
        "BODY",
        MAIL,
        &["8BITMIME", "BINARYMIME"],
        Value::OneOf(&["8BITMIME", "7BIT", "BINARYMIME"]),
    ),
    row(
        "SMTPUTF8",
        &[Verb::Mail, Verb::Vrfy, Verb::Expn],
        &["SMTPUTF8"],
        Value::Nothing,
    ),
    row("RET", MAIL, &["DSN"], Value::OneOf(&["HDRS", "FULL"])),
    row("ENVID", MAIL, &["DSN", "MTRK"], Value::Any),
    row(
        "NOTIFY",
        RCPT,
        &["DSN"],
        Value::Notify(&["NEVER", "SUCCESS", "FAILURE", "DELAY"]),
    ),
    row("ORCPT", RCPT, &["DSN"], Value::TypedAddress),
    row("AUTH", MAIL, &["AUTH"], Value::Any),
    row("REQUIRETLS", MAIL, &["REQUIRETLS"], Value::Nothing),
    row("BY", MAIL, &["DELIVERBY"], Value::By),
    row("HOLDFOR", MAIL, &["FUTURERELEASE"], Value::Number(9)),
    row("HOLDUNTIL", MAIL, &["FUTURERELEASE"], Value::Any),
    row("MT-PRIORITY", MAIL, &["MT-PRIORITY"], Value::Priority),
    row("RRVS", RCPT, &["RRVS"], Value::Any),
    row("MTRK", MAIL, &["MTRK"], Value::Any),
    row("SUBMITTER", MAIL, &["SUBMITTER"], Value::Any),
    row("SOLICIT", MAIL, &["NO-SOLICITING"], Value::Any),
    row("TRANSID", MAIL, &["CHECKPOINT"], Value::Any),
    row("CONPERM", MAIL, &["CONPERM"], Value::Nothing),
    row("CONNEG", RCPT, &["CONNEG"], Value::Nothing),
    row("ALT-ADDRESS", EITHER, &["UTF8SMTP"], Value::Any),
    row("UTF8REPLY", LOOKUP, &["UTF8SMTP"], Value::Nothing),
    row("XVERP", MAIL, &["XVERP"], Value::Optional),
    row("PRDR", MAIL, &["PRDR"], Value::Nothing),
    row("IGNOREQUOTA", RCPT, &["IGNOREQUOTA"], Value::Nothing),
    row("XOORG", MAIL, &["XOORG"], Value::Any),
    row("XSHADOW", MAIL, &["XSHADOW"], Value::Any),
    row("XMESSAGECONTEXT", MAIL, &["XMESSAGECONTEXT"], Value::Any),
    row("XATTRDIRECT", MAIL, &["XATTR"], Value::Any),
    row("XATTRORGID", MAIL, &["XATTR"], Value::Any),
    row("XRDST", RCPT, &["XRDST"], Value::Any),
    row("XSYSPROBEID", MAIL, &["XSYSPROBE"], Value::Any),
    row("XORIGFROM", MAIL, &["XORIGFROM"], Value::Any),
    row("XDFLG", MAIL, &["XDFLG"], Value::Any),
    row("XUSR", MAIL, &["XUSR"], Value::Nothing),
];

/// By how many octets a keyword lengthens the line of a verb: its RFC's own figure.
const GROWTH: &[(&str, Verb, usize)] = &[
    ("SIZE", Verb::Mail, 26),
    ("8BITMIME", Verb::Mail, 17),
    ("BINARYMIME", Verb::Mail, 16),
    ("DSN", Verb::Mail, 107),
    ("DSN", Verb::Rcpt, 507),
    ("AUTH", Verb::Mail, 500),
    ("SMTPUTF8", Verb::Mail, 10),
    ("REQUIRETLS", Verb::Mail, 11),
    ("DELIVERBY", Verb::Mail, 17),
    ("FUTURERELEASE", Verb::Mail, 34),
    ("MT-PRIORITY", Verb::Mail, 15),
    ("NO-SOLICITING", Verb::Mail, 1007),
    ("CHECKPOINT", Verb::Mail, 88),
    ("MTRK", Verb::Mail, 40),
    ("RRVS", Verb::Rcpt, 33),
    ("UTF8SMTP", Verb::Mail, 460),
    ("UTF8SMTP", Verb::Rcpt, 460),
];

/// Octets of a command line, CR LF among them (RFC 5321 section 4.5.3.1.4).
pub const LINE: usize = 512;

/// The parameter of that name, in any case of letters.
pub fn find(name: &str) -> Option<&'static Parameter> {
    PARAMETERS
        .iter()
        .find(|parameter| parameter.name.eq_ignore_ascii_case(name))
}

impl Parameter {
    /// The keywords that offer it with this value: binary bodies have one of their own (RFC 3030
    /// section 3).
    pub fn extension(&self, value: &str) -> &'static [&'static str] {
        match self.extensions {
            [.., binary] if self.name == "BODY" && value.eq_ignore_ascii_case(binary) => {
                &["BINARYMIME"]
            }
            _ if self.name == "BODY" && value.eq_ignore_ascii_case("8BITMIME") => &["8BITMIME"],
            all => all,
        }
    }

    /// Words its value may be made of.
    pub fn words(&self) -> &'static [&'static str] {
        match self.value {
            Value::OneOf(words) | Value::Notify(words) => words,
            _ => &[],
        }
    }
}

/// Octets that the line of a verb may have, CR LF among them, with what the server offers.
pub fn line_limit(verb: Verb, capabilities: Option<&Capabilities>) -> usize {
    let grown = GROWTH.iter().filter(|(extension, on, _)| {
        *on == verb && capabilities.is_some_and(|capabilities| capabilities.offers(extension))
    });
    LINE + grown.map(|(.., octets)| octets).sum::<usize>()
}
