//! The core: SMTP as a conversation, without a socket, a file or a clock. Octets and instants go
//! in, octets and events come out; every odd server is a text file in a test.

pub mod auto_start_tls;
pub mod base64;
pub mod body;
pub mod code;
pub mod command;
pub mod draft;
pub mod envelope;
pub mod escape;
pub mod event;
pub mod extension;
pub mod grammar;
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
pub use command::{CommandLine, LineError, Verb};
pub use envelope::Envelope;
pub use event::{Cap, End, Event, Exposure, Link, SessionStatus, Unsent};
pub use extension::{Capabilities, CapabilityBook, Keyword, Knowledge, SizeLimit};
pub use grammar::{Piece, Role, TypedLine};
pub use lint::{Advice, Finding, Fix, Lint, LintContext, address_literal, lint};
pub use oddity::{Oddities, Oddity};
pub use phase::{Awaited, Phase};
pub use reply::{Part, Reply};
pub use secret::Secret;
pub use session::Session;
pub use transcript::{
    Entry, EntryId, EntryKind, Level, Note, Received, Sent, SentKind, Transcript, Turn,
};
