//! The ESMTP parameters: the verbs they belong to, the keywords that offer them, and the syntax of
//! their values. Their descriptions are in the manual.

use super::command::Verb;
use super::extension::Capabilities;
use super::line::COMMAND_LINE_LIMIT;

/// The syntax of a parameter value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueSyntax {
    /// No value is allowed.
    Forbidden,
    /// An optional value.
    Optional,
    /// Any value.
    Any,
    /// A decimal number with at most this many digits (RFC 1870 section 4: 20).
    Number(usize),
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// Some of these words, separated by commas; the first one only alone (RFC 3461 section 4.1).
    Notify(&'static [&'static str]),
    /// A number of seconds, `;` and a mode (RFC 2852 section 4).
    By,
    /// A number from -9 to 9 (RFC 6710 section 3).
    Priority,
    /// An address type, `;` and an address (RFC 3461 section 4.2).
    TypedAddress,
}

/// An ESMTP parameter.
#[derive(Debug, PartialEq, Eq)]
pub struct Parameter {
    /// The name in upper case.
    pub name: &'static str,
    /// The verbs it is allowed with.
    pub on: &'static [Verb],
    /// The keywords that offer it; any one is enough.
    pub extensions: &'static [&'static str],
    /// The syntax of its value.
    pub value: ValueSyntax,
}

const MAIL: &[Verb] = &[Verb::Mail];
const RCPT: &[Verb] = &[Verb::Rcpt];
const EITHER: &[Verb] = &[Verb::Mail, Verb::Rcpt];
const LOOKUP: &[Verb] = &[Verb::Vrfy, Verb::Expn];

const fn row(
    name: &'static str,
    on: &'static [Verb],
    extensions: &'static [&'static str],
    value: ValueSyntax,
) -> Parameter {
    Parameter {
        name,
        on,
        extensions,
        value,
    }
}

/// All parameters, common ones first.
pub const PARAMETERS: &[Parameter] = &[
    row("SIZE", MAIL, &["SIZE"], ValueSyntax::Number(20)),
    row(
        "BODY",
        MAIL,
        &["8BITMIME", "BINARYMIME"],
        ValueSyntax::OneOf(&["8BITMIME", "7BIT", "BINARYMIME"]),
    ),
    row(
        "SMTPUTF8",
        &[Verb::Mail, Verb::Vrfy, Verb::Expn],
        &["SMTPUTF8"],
        ValueSyntax::Forbidden,
    ),
    row("RET", MAIL, &["DSN"], ValueSyntax::OneOf(&["HDRS", "FULL"])),
    row("ENVID", MAIL, &["DSN", "MTRK"], ValueSyntax::Any),
    row(
        "NOTIFY",
        RCPT,
        &["DSN"],
        ValueSyntax::Notify(&["NEVER", "SUCCESS", "FAILURE", "DELAY"]),
    ),
    row("ORCPT", RCPT, &["DSN"], ValueSyntax::TypedAddress),
    row("AUTH", MAIL, &["AUTH"], ValueSyntax::Any),
    row("REQUIRETLS", MAIL, &["REQUIRETLS"], ValueSyntax::Forbidden),
    row("BY", MAIL, &["DELIVERBY"], ValueSyntax::By),
    row("HOLDFOR", MAIL, &["FUTURERELEASE"], ValueSyntax::Number(9)),
    row("HOLDUNTIL", MAIL, &["FUTURERELEASE"], ValueSyntax::Any),
    row("MT-PRIORITY", MAIL, &["MT-PRIORITY"], ValueSyntax::Priority),
    row("RRVS", RCPT, &["RRVS"], ValueSyntax::Any),
    row("MTRK", MAIL, &["MTRK"], ValueSyntax::Any),
    row("SUBMITTER", MAIL, &["SUBMITTER"], ValueSyntax::Any),
    row("SOLICIT", MAIL, &["NO-SOLICITING"], ValueSyntax::Any),
    row("TRANSID", MAIL, &["CHECKPOINT"], ValueSyntax::Any),
    row("CONPERM", MAIL, &["CONPERM"], ValueSyntax::Forbidden),
    row("CONNEG", RCPT, &["CONNEG"], ValueSyntax::Forbidden),
    row("ALT-ADDRESS", EITHER, &["UTF8SMTP"], ValueSyntax::Any),
    row("UTF8REPLY", LOOKUP, &["UTF8SMTP"], ValueSyntax::Forbidden),
    row("XVERP", MAIL, &["XVERP"], ValueSyntax::Optional),
    row("PRDR", MAIL, &["PRDR"], ValueSyntax::Forbidden),
    row(
        "IGNOREQUOTA",
        RCPT,
        &["IGNOREQUOTA"],
        ValueSyntax::Forbidden,
    ),
    row("XOORG", MAIL, &["XOORG"], ValueSyntax::Any),
    row("XSHADOW", MAIL, &["XSHADOW"], ValueSyntax::Any),
    row(
        "XMESSAGECONTEXT",
        MAIL,
        &["XMESSAGECONTEXT"],
        ValueSyntax::Any,
    ),
    row("XATTRDIRECT", MAIL, &["XATTR"], ValueSyntax::Any),
    row("XATTRORGID", MAIL, &["XATTR"], ValueSyntax::Any),
    row("XRDST", RCPT, &["XRDST"], ValueSyntax::Any),
    row("XSYSPROBEID", MAIL, &["XSYSPROBE"], ValueSyntax::Any),
    row("XORIGFROM", MAIL, &["XORIGFROM"], ValueSyntax::Any),
    row("XDFLG", MAIL, &["XDFLG"], ValueSyntax::Any),
    row("XUSR", MAIL, &["XUSR"], ValueSyntax::Forbidden),
];

/// By how many octets a keyword raises the length limit of a command, from its RFC.
const LIMIT_INCREASES: &[(&str, Verb, usize)] = &[
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

/// Finds a parameter by name, in any letter case.
pub fn find(name: &str) -> Option<&'static Parameter> {
    PARAMETERS
        .iter()
        .find(|parameter| parameter.name.eq_ignore_ascii_case(name))
}

impl Parameter {
    /// The keywords that offer it with this value: BODY=BINARYMIME has a keyword of its own (RFC
    /// 3030 section 3).
    pub fn extension(&self, value: &str) -> &'static [&'static str] {
        match self.extensions {
            [.., binary] if self.name == "BODY" && value.eq_ignore_ascii_case(binary) => {
                &["BINARYMIME"]
            }
            _ if self.name == "BODY" && value.eq_ignore_ascii_case("8BITMIME") => &["8BITMIME"],
            all => all,
        }
    }

    /// The words allowed in its value, if the syntax lists them.
    pub fn allowed_words(&self) -> &'static [&'static str] {
        match self.value {
            ValueSyntax::OneOf(words) | ValueSyntax::Notify(words) => words,
            _ => &[],
        }
    }
}

/// The length limit of a command in octets, including CR LF, with these capabilities.
pub fn line_limit(verb: Verb, capabilities: Option<&Capabilities>) -> usize {
    let increases = LIMIT_INCREASES.iter().filter(|(extension, on, _)| {
        *on == verb && capabilities.is_some_and(|capabilities| capabilities.offers(extension))
    });
    COMMAND_LINE_LIMIT + increases.map(|(.., octets)| octets).sum::<usize>()
}
