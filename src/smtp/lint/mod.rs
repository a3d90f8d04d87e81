//! What is worth saying about a typed line before it goes. Nothing here keeps it from going: a
//! finding is advice, with an edit of the line where one would help.

mod auth;
mod blanks;
mod finding;
mod greeting;
mod kind;
mod meant;
mod parameter;
mod path;
pub mod verb;
mod words;

use self::finding::Findings;
pub use self::finding::{Advice, Finding, Fix};
pub use self::greeting::address_literal;
pub use self::kind::Lint;

use super::command::{CommandLine, Verb};
use super::event::SessionStatus;
use super::extension::Capabilities;
use super::grammar::TypedLine;

/// Octets of an answer in a SASL exchange (RFC 4954 section 4).
pub const ANSWER: usize = 12_288;

/// Octets of a line that are read; of a longer one its length is all there is to say.
pub const READ: usize = 16 * 1024;
/// Findings that are told of one line.
const FINDINGS: usize = 16;

/// What a line is typed into.
#[derive(Clone, Copy, Debug)]
pub struct LintContext<'a> {
    /// Where the dialogue stands.
    pub status: &'a SessionStatus,
    /// The server's TCP port.
    pub port: u16,
    /// The name EHLO would give by itself.
    pub name: &'a str,
    /// The MAIL line of the open transaction, as it was sent; empty where none is open.
    pub mail: &'a str,
    /// The verb that was refused last, until another is answered.
    pub refused: Option<Verb>,
}

impl<'a> LintContext<'a> {
    /// What the server offers now, if that is known.
    pub fn capabilities(&self) -> Option<&'a Capabilities> {
        self.status.capabilities.current()
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
        match &self.status.capabilities.now {
            Knowledge::Helo => true,
            Knowledge::Known(capabilities) => !capabilities.offers(keyword),
            Knowledge::Unknown | Knowledge::Forgotten => false,
        }
    }
}

/// All that is worth saying about a line, what matters most first. A line of a message and a chunk are
/// no commands: nothing is said of them. Of an answer in a SASL exchange its base64 and its length count.
pub fn lint(text: &str, context: &LintContext<'_>) -> Vec<Finding> {
    let mut findings = Findings::default();
    let status = context.status;
    if status.phase == super::Phase::Message || status.chunk_left > 0 {
        return Vec::new();
    }
    if status.secret_lines {
        findings.length(text.len(), ANSWER + 2);
        if text.len() <= READ {
            auth::check_answer(text, &mut findings);
        }
        return findings.0;
    }
    if text.len() > READ {
        findings.length(text.len(), super::parameter::LINE);
        return findings.0;
    }
    let line = TypedLine::read(text);
    verb::check(&line, context, &mut findings);
    match line.verb {
        Verb::Ehlo | Verb::Helo | Verb::Lhlo => greeting::check(&line, context, &mut findings),
        Verb::Mail | Verb::Rcpt => path::check(&line, context, &mut findings),
        _ if auth::concerns(&line) => auth::check(&line, context, &mut findings),
        _ => {}
    }
    parameter::check(&line, context, &mut findings);
    findings.length(
        text.len(),
        super::parameter::line_limit(line.verb, context.capabilities()),
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
    // A stable sort: the order above stays within each. That the link is in clear is asked about
    // before a secret goes, so what else is wrong with it comes first.
    findings.0.sort_by_key(|finding| {
        let asked_about = matches!(finding.lint, Lint::InClear { .. });
        (finding.lint.advice(), asked_about)
    });
    findings.0.truncate(FINDINGS);
    findings.0
}

/// Where a secret begins in a line.
fn secret_of(text: &str) -> Option<usize> {
    CommandLine::parse(text).ok()?.secret()
}
