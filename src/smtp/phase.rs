//! The phases of a session, how replies change them, and which commands each phase allows.

use super::code::{Class, Code};
use super::command::Verb;

/// What the session awaits a reply to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Awaited {
    /// The connection: the server sends its greeting first (RFC 5321 section 3.1).
    Greeting,
    /// A command.
    Command(Verb),
    /// The response to a 334 (RFC 4954 section 4).
    SaslResponse,
    /// The `*` that cancels a SASL exchange (RFC 4954 section 4): 501 is its normal reply.
    SaslCancel,
    /// The dot that ends the message (RFC 5321 section 4.1.1.4).
    EndOfData,
    /// A BDAT chunk (RFC 3030 section 2).
    Chunk {
        /// Whether it has the LAST marker.
        last: bool,
    },
}

impl Awaited {
    /// Whether `code` is a valid reply: one of its success codes, or any 4yz or 5yz.
    pub fn expects(self, code: Code) -> bool {
        code.is_negative()
            || match self {
                Self::Greeting => code.number() == 220,
                Self::Command(verb) => verb.expects(code),
                Self::SaslResponse | Self::SaslCancel => Verb::Auth.expects(code),
                Self::EndOfData | Self::Chunk { .. } => code.number() == 250,
            }
    }

    /// Whether it is a step of a login.
    pub fn is_login(self) -> bool {
        matches!(
            self,
            Self::Command(Verb::Auth | Verb::Xexps) | Self::SaslResponse | Self::SaslCancel
        )
    }

    /// A short name, for display.
    pub fn name(self) -> &'static str {
        match self {
            Self::Greeting => "the greeting",
            Self::Command(Verb::Other) => "the command",
            Self::Command(verb) => verb.name(),
            Self::SaslResponse => "the AUTH response",
            Self::SaslCancel => "the AUTH cancellation",
            Self::EndOfData => "the end of the message",
            Self::Chunk { .. } => "BDAT",
        }
    }
}

/// The phase of a session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// There is no connection.
    #[default]
    Offline,
    /// Connected; the greeting is due.
    Greeting,
    /// The greeting was received; EHLO is due. Also after STARTTLS, when EHLO is due again.
    Greeted,
    /// EHLO or HELO was accepted; no transaction is open.
    Ready,
    /// MAIL was accepted.
    Transaction {
        /// Recipients accepted so far.
        accepted: u32,
        /// Recipients refused so far.
        refused: u32,
    },
    /// 354 was received; the message is due.
    Message,
    /// The message was sent; the reply to it is due.
    Submitted,
    /// 334 was received; a SASL response is due.
    Exchange,
    /// STARTTLS got 220; the TLS handshake is in progress.
    Handshake,
    /// The server is ending the session: after 221, 421 or a greeting that is a refusal.
    Closing,
}

impl Phase {
    /// The phase after `code` as the reply to `awaited`. A code that is not a valid reply changes
    /// nothing.
    #[must_use]
    pub fn after(self, awaited: Awaited, code: Code) -> Self {
        if code.number() == 421 {
            return Self::Closing;
        }
        // A greeting with another 2yz code is wrong, but still a greeting.
        let greeted = awaited == Awaited::Greeting && code.class() == Class::Success;
        let success = greeted || (code.is_positive() && awaited.expects(code));
        if !success && !code.is_negative() {
            return self;
        }
        match (awaited, success) {
            (Awaited::Greeting, true) => Self::Greeted,
            (Awaited::Greeting, false) => Self::Closing,
            (Awaited::Command(verb), success) => self.after_command(verb, code, success),
            (Awaited::SaslResponse | Awaited::SaslCancel, true) if code.number() == 334 => {
                Self::Exchange
            }
            (Awaited::SaslResponse | Awaited::SaslCancel | Awaited::EndOfData, _)
            | (Awaited::Chunk { last: true }, true) => Self::Ready,
            (Awaited::Chunk { .. }, _) => self,
        }
    }

    fn after_command(self, verb: Verb, code: Code, success: bool) -> Self {
        match (verb, success) {
            (Verb::Ehlo | Verb::Helo | Verb::Lhlo, true) => Self::Ready,
            (Verb::Mail, true) => Self::Transaction {
                accepted: 0,
                refused: 0,
            },
            (Verb::Rcpt, success) => match self {
                Self::Transaction { accepted, refused } if success => Self::Transaction {
                    accepted: accepted.saturating_add(1),
                    refused,
                },
                Self::Transaction { accepted, refused } => Self::Transaction {
                    accepted,
                    refused: refused.saturating_add(1),
                },
                // The server refused MAIL, or lost it, and takes recipients nevertheless.
                Self::Ready if success => Self::Transaction {
                    accepted: 1,
                    refused: 0,
                },
                other => other,
            },
            (Verb::Data, true) => Self::Message,
            (Verb::Rset, true) if self != Self::Greeted => Self::Ready,
            (Verb::StartTls, true) => Self::Handshake,
            // A 334 asks for a response, whatever command it answers.
            (Verb::Auth | Verb::Xexps | Verb::Other, true) if code.number() == 334 => {
                Self::Exchange
            }
            (Verb::Quit, true) => Self::Closing,
            (Verb::Xclient, true) => Self::Greeted,
            _ => self,
        }
    }

    /// Whether the phase allows `verb` (RFC 5321 section 4.1.4). An unknown verb is always allowed.
    pub fn allows(self, verb: Verb) -> bool {
        match verb {
            Verb::Other => true,
            Verb::Quit => !matches!(self, Self::Greeting),
            _ => match self {
                Self::Greeted => matches!(
                    verb,
                    Verb::Ehlo
                        | Verb::Helo
                        | Verb::Lhlo
                        | Verb::Noop
                        | Verb::Rset
                        | Verb::Vrfy
                        | Verb::Expn
                        | Verb::Help
                ),
                Self::Ready => !matches!(verb, Verb::Rcpt | Verb::Data | Verb::Bdat | Verb::Burl),
                Self::Transaction { accepted, .. } => match verb {
                    Verb::Data | Verb::Bdat | Verb::Burl => accepted > 0,
                    _ => !matches!(
                        verb,
                        Verb::Mail
                            | Verb::Auth
                            | Verb::Xexps
                            | Verb::StartTls
                            | Verb::Etrn
                            | Verb::Xclient
                    ),
                },
                Self::Submitted => false,
                Self::Message | Self::Exchange => true,
                Self::Offline | Self::Greeting | Self::Handshake | Self::Closing => false,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPEN: Phase = Phase::Transaction {
        accepted: 0,
        refused: 0,
    };
    const ONE: Phase = Phase::Transaction {
        accepted: 1,
        refused: 0,
    };

    #[test]
    fn replies_change_the_phase() {
        use Awaited::{Command as C, EndOfData, Greeting, SaslResponse};
        let table = [
            (Phase::Greeting, Greeting, 220, Phase::Greeted),
            (Phase::Greeting, Greeting, 554, Phase::Closing),
            (Phase::Greeting, Greeting, 250, Phase::Greeted),
            (Phase::Greeted, C(Verb::Ehlo), 250, Phase::Ready),
            (Phase::Greeted, C(Verb::Ehlo), 502, Phase::Greeted),
            (Phase::Greeted, C(Verb::Rset), 250, Phase::Greeted),
            (Phase::Ready, C(Verb::Mail), 250, OPEN),
            (Phase::Ready, C(Verb::Mail), 550, Phase::Ready),
            (OPEN, C(Verb::Rcpt), 250, ONE),
            (OPEN, C(Verb::Rcpt), 251, ONE),
            (
                OPEN,
                C(Verb::Rcpt),
                550,
                Phase::Transaction {
                    accepted: 0,
                    refused: 1,
                },
            ),
            (Phase::Ready, C(Verb::Rcpt), 250, ONE),
            (Phase::Ready, C(Verb::Rcpt), 550, Phase::Ready),
            (Phase::Greeted, C(Verb::Rcpt), 250, Phase::Greeted),
            (ONE, C(Verb::Data), 354, Phase::Message),
            (ONE, C(Verb::Data), 554, ONE),
            (ONE, C(Verb::Data), 250, ONE),
            (Phase::Submitted, EndOfData, 250, Phase::Ready),
            (Phase::Submitted, EndOfData, 554, Phase::Ready),
            (ONE, Awaited::Chunk { last: false }, 250, ONE),
            (ONE, Awaited::Chunk { last: true }, 250, Phase::Ready),
            (ONE, Awaited::Chunk { last: true }, 552, ONE),
            (ONE, C(Verb::Rset), 250, Phase::Ready),
            (ONE, C(Verb::Ehlo), 250, Phase::Ready),
            (Phase::Ready, C(Verb::StartTls), 220, Phase::Handshake),
            (Phase::Ready, C(Verb::StartTls), 354, Phase::Ready),
            (Phase::Ready, C(Verb::StartTls), 454, Phase::Ready),
            (Phase::Ready, C(Verb::Auth), 334, Phase::Exchange),
            (Phase::Ready, C(Verb::Auth), 235, Phase::Ready),
            (Phase::Exchange, SaslResponse, 334, Phase::Exchange),
            (Phase::Exchange, SaslResponse, 235, Phase::Ready),
            (Phase::Exchange, SaslResponse, 535, Phase::Ready),
            (Phase::Exchange, Awaited::SaslCancel, 501, Phase::Ready),
            (Phase::Exchange, Awaited::SaslCancel, 334, Phase::Exchange),
            (Phase::Ready, C(Verb::Noop), 421, Phase::Closing),
            (Phase::Ready, C(Verb::Quit), 221, Phase::Closing),
            (Phase::Ready, C(Verb::Noop), 999, Phase::Ready),
            (Phase::Ready, C(Verb::Xclient), 220, Phase::Greeted),
        ];
        for (phase, awaited, code, expected) in table {
            assert_eq!(
                phase.after(awaited, Code::new(code)),
                expected,
                "{phase:?} {awaited:?} {code}"
            );
        }
    }

    #[test]
    fn phases_allow_their_verbs() {
        let table = [
            (Phase::Greeting, Verb::Ehlo, false),
            (Phase::Greeted, Verb::Ehlo, true),
            (Phase::Greeted, Verb::Mail, false),
            (Phase::Greeted, Verb::StartTls, false),
            (Phase::Ready, Verb::Mail, true),
            (Phase::Ready, Verb::Data, false),
            (Phase::Ready, Verb::StartTls, true),
            (OPEN, Verb::Rcpt, true),
            (OPEN, Verb::Data, false),
            (ONE, Verb::Data, true),
            (ONE, Verb::Mail, false),
            (ONE, Verb::Auth, false),
            (Phase::Closing, Verb::Quit, true),
            (Phase::Closing, Verb::Noop, false),
            (Phase::Greeted, Verb::Other, true),
        ];
        for (phase, verb, allowed) in table {
            assert_eq!(phase.allows(verb), allowed, "{phase:?} {verb}");
        }
    }
}
