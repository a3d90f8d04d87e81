//! Lints for a typed command: they report probable mistakes before it is sent, with a fix if there
//! is one. No lint prevents sending a line.

mod auth;
mod blanks;
mod diagnostic;
mod greeting;
mod kind;
mod parameter;
mod path;
mod suggestion;
mod text;
pub mod verb;

use self::diagnostic::Diagnostics;
pub use self::diagnostic::{Diagnostic, Fix, Severity};
pub use self::kind::Lint;
pub use self::suggestion::suggest;

use super::command::{CommandLine, Verb};
use super::event::SessionStatus;
use super::extension::Capabilities;
use super::grammar::ParsedCommand;

/// The maximum length of a SASL response in octets, without CR LF (RFC 4954 section 4).
pub const SASL_RESPONSE_LIMIT: usize = 12_288;

/// The maximum length of a line that is parsed, in octets; of a longer line, only the length is
/// checked.
pub const PARSED_CAP: usize = 16 * 1024;
/// The maximum number of diagnostics for one line.
const DIAGNOSTICS_CAP: usize = 16;

/// The context in which a line is typed.
#[derive(Clone, Copy, Debug)]
pub struct LintContext<'a> {
    /// The state of the session.
    pub status: &'a SessionStatus,
    /// The server's TCP port.
    pub port: u16,
    /// The client's own name, suggested for EHLO.
    pub name: &'a str,
    /// The MAIL line of the open transaction, as sent; empty if no transaction is open.
    pub mail: &'a str,
    /// The verb that was refused last; `None` once another command got a reply.
    pub refused: Option<Verb>,
    /// The names of the client that the server refused in EHLO, or because of it.
    pub refused_names: &'a [String],
}

impl<'a> LintContext<'a> {
    /// The current capabilities, if they are known.
    pub fn capabilities(&self) -> Option<&'a Capabilities> {
        self.status.capabilities.current()
    }

    /// Whether the server offers `keyword`.
    pub fn offers(&self, keyword: &str) -> bool {
        self.capabilities()
            .is_some_and(|capabilities| capabilities.offers(keyword))
    }

    /// Whether the client introduces itself with LHLO: the server said that it speaks LMTP, or the port
    /// is that of LMTP and LHLO was not refused.
    pub fn takes_lhlo(&self) -> bool {
        let refused = self.refused == Some(Verb::Lhlo);
        let port = if refused { 0 } else { self.port };
        Verb::introduction(port, self.status.lmtp) == Verb::Lhlo
    }

    /// Whether the server refused this name.
    pub fn refuses_name(&self, name: &str) -> bool {
        let is_it = |refused: &String| refused.eq_ignore_ascii_case(name);
        self.refused_names.iter().any(is_it)
    }

    /// Whether the server is known not to offer `keyword`: the EHLO reply does not list it, or HELO
    /// was used, which has no extensions.
    pub fn lacks(&self, keyword: &str) -> bool {
        use super::extension::CapabilityState;
        match &self.status.capabilities.now {
            CapabilityState::Helo => true,
            CapabilityState::Known(capabilities) => !capabilities.offers(keyword),
            CapabilityState::Unknown | CapabilityState::Discarded => false,
        }
    }
}

/// Checks a line; returns the most important diagnostics first. In a SASL exchange, only base64 and
/// length are checked; lines of a message or a chunk are not checked at all.
pub fn lint(text: &str, context: &LintContext<'_>) -> Vec<Diagnostic> {
    let mut diagnostics = Diagnostics::default();
    let status = context.status;
    if status.phase == super::Phase::Message || status.chunk_left > 0 {
        return Vec::new();
    }
    if status.secret_lines {
        diagnostics.check_length(text.len(), SASL_RESPONSE_LIMIT + 2);
        if text.len() <= PARSED_CAP {
            auth::check_response(text, &mut diagnostics);
        }
        return diagnostics.0;
    }
    if text.len() > PARSED_CAP {
        diagnostics.check_length(text.len(), super::line::COMMAND_LINE_LIMIT);
        return diagnostics.0;
    }
    let line = ParsedCommand::parse(text);
    verb::check(&line, context, &mut diagnostics);
    match line.verb {
        Verb::Ehlo | Verb::Helo | Verb::Lhlo => greeting::check(&line, context, &mut diagnostics),
        Verb::Mail | Verb::Rcpt => path::check(&line, context, &mut diagnostics),
        _ if auth::applies_to(&line) => auth::check(&line, context, &mut diagnostics),
        _ => {}
    }
    parameter::check(&line, context, &mut diagnostics);
    diagnostics.check_length(
        text.len(),
        super::parameter::line_limit(line.verb, context.capabilities()),
    );
    blanks::check(&line, &mut diagnostics);
    // The text of a diagnostic may quote the line, but not its secret.
    if let Some(secret) = secret_of(text) {
        diagnostics
            .0
            .retain(|diagnostic| diagnostic.span.start < secret || !diagnostic.lint.quotes());
        for diagnostic in &mut diagnostics.0 {
            diagnostic.fix = diagnostic
                .fix
                .take()
                .filter(|fix| fix.keeps_hidden(text, secret));
        }
    }
    // The sort is stable, so the order above is kept within a severity. The missing encryption
    // comes last, because the user is asked about it before a secret is sent.
    diagnostics.0.sort_by_key(|diagnostic| {
        let asked_later = matches!(diagnostic.lint, Lint::Unencrypted { .. });
        (diagnostic.lint.severity(), asked_later)
    });
    diagnostics.0.truncate(DIAGNOSTICS_CAP);
    diagnostics.0
}

/// The offset of the secret in a line.
fn secret_of(text: &str) -> Option<usize> {
    CommandLine::parse(text).ok()?.secret()
}
