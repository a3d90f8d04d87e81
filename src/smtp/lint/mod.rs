//! What is worth saying about a typed line before it goes. Nothing here keeps it from going: a
//! finding is advice, with an edit of the line where one would help.

mod auth;
mod blanks;
mod greeting;
mod parameter;
mod path;
pub mod verb;
mod words;

use std::ops::Range;

pub use greeting::address_literal;

use super::command::{CommandLine, Verb};
use super::event::Standing;
use super::extension::Capabilities;
use super::grammar::TypedLine;

/// Octets of an answer in a SASL exchange (RFC 4954 section 4).
pub const ANSWER: usize = 12_288;

/// What a line is typed into.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    /// Where the dialogue stands.
    pub standing: &'a Standing,
    /// The server's TCP port.
    pub port: u16,
    /// The name EHLO would give by itself.
    pub name: &'a str,
    /// The MAIL line of the open transaction, as it was sent; empty where none is open.
    pub mail: &'a str,
    /// The verb that was refused last, until another is answered.
    pub refused: Option<Verb>,
}

impl<'a> Situation<'a> {
    /// What the server offers now, if that is known.
    pub fn capabilities(&self) -> Option<&'a Capabilities> {
        self.standing.capabilities.current()
    }

    /// Whether the server offers `keyword`.
    pub fn offers(&self, keyword: &str) -> bool {
        self.capabilities()
            .is_some_and(|capabilities| capabilities.offers(keyword))
    }

    /// Whether it is known that the server does not offer `keyword`: after an EHLO without it, and
    /// after HELO, which brings no extensions.
    pub fn lacks(&self, keyword: &str) -> bool {
        use super::extension::Knowledge;
        match &self.standing.capabilities.now {
            Knowledge::Helo => true,
            Knowledge::Known(capabilities) => !capabilities.offers(keyword),
            Knowledge::Unknown | Knowledge::Forgotten => false,
        }
    }
}

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Advice {
    /// The server will refuse the line, or it does harm.
    Warning,
    /// It is as well to know.
    Note,
}

/// An edit of the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What goes.
    pub span: Range<usize>,
    /// What comes in its place.
    pub text: String,
}

impl Fix {
    fn new(span: Range<usize>, text: impl Into<String>) -> Self {
        Self {
            span,
            text: text.into(),
        }
    }

    /// Whether what is hidden from `secret` on stays so, or goes.
    fn hides(&self, text: &str, secret: usize) -> bool {
        let gone = self.span.end.saturating_sub(self.span.start.max(secret));
        let left = text.len() - secret - gone;
        let fixed = self.apply(text);
        let hidden = secret_of(&fixed).map_or(0, |from| fixed.len() - from);
        hidden >= left
    }

    /// The line with the edit made.
    pub fn apply(&self, line: &str) -> String {
        let mut line = line.to_owned();
        line.replace_range(self.span.clone(), &self.text);
        line
    }
}

/// Something worth saying about a line. Its words are its `Display`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it is.
    pub lint: Lint,
    /// Where it is, in octets of the line.
    pub span: Range<usize>,
    /// What would mend it.
    pub fix: Option<Fix>,
    /// The line may only be unfinished: typing on at its end can settle it.
    pub unfinished: bool,
}

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
        /// As typed, in capitals.
        name: String,
        /// What is offered.
        offered: String,
    },
    /// A secret would go in clear; `starttls` says that STARTTLS is offered.
    InClear {
        /// TLS can be had.
        starttls: bool,
    },
    /// A mechanism in which the server speaks first has no initial response.
    ServerFirst(String),
    /// An initial response that is no base64.
    NotBase64,
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
        /// As typed, in capitals.
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
    BadValue(&'static super::parameter::Parameter),
    /// BODY=BINARYMIME although the server takes no BDAT.
    BinaryNeedsChunking,
    /// NOTIFY=NEVER beside others.
    NeverAlone,
}

/// All that is worth saying about a line, what matters most first. An answer of a SASL exchange, a
/// line of a message and a chunk are no commands: of these only the length counts, if at all.
pub fn lint(text: &str, situation: &Situation<'_>) -> Vec<Finding> {
    let mut findings = Findings::default();
    let standing = situation.standing;
    if standing.phase == super::Phase::Message || standing.chunk_left > 0 {
        return Vec::new();
    }
    if standing.secret_lines {
        findings.length(text.len(), ANSWER + 2);
        return findings.0;
    }
    let line = TypedLine::read(text);
    if line.pieces.is_empty() && text.is_empty() {
        return Vec::new();
    }
    verb::check(&line, situation, &mut findings);
    match line.verb {
        Verb::Ehlo | Verb::Helo | Verb::Lhlo => greeting::check(&line, situation, &mut findings),
        Verb::Mail | Verb::Rcpt => path::check(&line, situation, &mut findings),
        _ if auth::concerns(&line) => auth::check(&line, situation, &mut findings),
        _ => {}
    }
    parameter::check(&line, situation, &mut findings);
    findings.length(
        text.len(),
        super::parameter::line_limit(line.verb, situation.capabilities()),
    );
    blanks::check(&line, &mut findings);
    // The words of a finding may quote the line, but never a secret of it.
    if let Some(secret) = secret_of(text) {
        findings
            .0
            .retain(|finding| finding.span.start < secret || !finding.lint.quotes());
        for finding in &mut findings.0 {
            finding.fix = finding.fix.take().filter(|fix| fix.hides(text, secret));
        }
    }
    // A stable sort: the order above stays within each.
    findings.0.sort_by_key(|finding| finding.lint.advice());
    findings.0
}

/// Where a secret begins in a line.
fn secret_of(text: &str) -> Option<usize> {
    CommandLine::parse(text).ok()?.secret()
}

/// Findings as they are made.
#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, lint: Lint, span: Range<usize>) -> &mut Finding {
        let at = self.0.len();
        self.0.push(Finding {
            lint,
            span,
            fix: None,
            unfinished: false,
        });
        &mut self.0[at]
    }

    fn length(&mut self, typed: usize, limit: usize) {
        let octets = typed + 2;
        if octets > limit {
            self.add(Lint::TooLong { octets, limit }, typed..typed);
        }
    }
}

impl Finding {
    fn fixed_by(&mut self, span: Range<usize>, text: impl Into<String>) -> &mut Self {
        self.fix = Some(Fix::new(span, text));
        self
    }

    /// Marks it as one that typing on may settle, where it is so.
    fn unfinished_if(&mut self, unfinished: bool) -> &mut Self {
        self.unfinished = unfinished;
        self
    }
}
