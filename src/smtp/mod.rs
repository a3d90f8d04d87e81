//! The SMTP client protocol without I/O: a session takes octets and times, and returns octets and
//! events. No socket, file or clock, so tests can describe any server as a text file.

pub mod auto_start_tls;
pub mod base64;
pub mod body;
pub mod code;
pub mod command;
mod count;
pub mod draft;
pub mod envelope;
pub mod escape;
pub mod event;
pub mod extension;
pub mod grammar;
pub mod host_name;
pub mod line;
pub mod lint;
pub mod oddity;
pub mod parameter;
pub mod phase;
pub mod raw;
pub mod reply;
pub mod sasl;
pub mod secret;
pub mod session;
mod sniff;
pub mod transcript;

pub use auto_start_tls::AutoStartTls;
pub use code::{Class, Code, EnhancedCode};
pub use command::{CommandLine, LMTP_PORT, LineError, Verb};
pub use count::count;
pub use envelope::Envelope;
pub use event::{Cap, End, Event, Exposure, Link, NotSentReason, SessionStatus};
pub use extension::{Capabilities, CapabilityHistory, CapabilityState, Keyword, SizeLimit};
pub use grammar::{ParsedCommand, Role, Token};
pub use host_name::{HostNameFault, address_literal, host_name_fault};
pub use lint::{Diagnostic, Fix, Lint, LintContext, Severity, lint};
pub use oddity::{Oddities, Oddity};
pub use phase::{Awaited, Phase};
pub use reply::{Part, Reply};
pub use secret::Secret;
pub use session::{ChunkPiece, Session, TextKept};
pub use transcript::{
    Entry, EntryId, EntryKind, Level, Note, Received, RequestId, Sent, SentKind, Transcript,
};
