//! `ehlo`: a terminal console for talking SMTP by hand. This page is the map of the house.
//!
//! ```text
//! smtp       THE CORE, sans I/O: octets and instants in, octets and events out
//! net        THE WIRE, the only sockets: one task owns the connection, two channels lead to it;
//!            net::tls all about the handshake, net::dns what mail asks of the DNS
//! manual     WHAT IS KNOWN ABOUT SMTP, in words: the files of assets/
//! record     THE RECORD: sessions as files, written, read, compared, told in the words of other tools
//! practice   A REAL SMTP SERVER on loopback, with moods, for learners and for the tests
//! config     what the user decided, where the user's files are, what is remembered
//! tui        THE SCREEN: model (state), update (changes), view (drawing), app (the loop)
//! cli        arguments, and the subcommands that need no screen
//! ```
//!
//! # Who may import whom
//!
//! | room | may import | never |
//! |---|---|---|
//! | `smtp` | `std` without sockets, files or clock | any other room, tokio |
//! | `net` | `smtp`, tokio, rustls | `manual`, `config`, `tui`, `cli`, `practice` |
//! | `manual` | `smtp` | `net`, `tui`, `cli`, `practice` |
//! | `record` | `smtp`, files | `net`, `manual`, `tui`, `cli`, `practice`, `config` |
//! | `practice` | `smtp`, tokio, rustls | `net`, `tui`, `cli`, `config`, `manual` |
//! | `config` | `smtp`; `net`, for the words of its settings and the files they name | `tui`, `cli`, `practice`, `manual` |
//! | `tui` | all but `cli`; of `practice` only what starts it | sockets; `await` outside `app` |
//! | `cli` | all | |
//!
//! A test (`tests/it/architecture.rs`) holds the code against this table.
//!
//! # How a keystroke travels
//!
//! Terminal event → `tui::keymap` → `tui::update` changes the model and asks for an effect, such as
//! *send this line* → `tui::app` hands a [`net::Command`] to the wire's bounded channel → the wire's
//! task asks its [`smtp::Session`], which masks what is a secret, and writes → the entry comes back as
//! a [`net::Event`], and only then stands in the transcript, with the time at which it went.
//!
//! # How a server's line travels
//!
//! Octets, stamped once as they are read → [`smtp::line`] → [`smtp::reply`] → the session: phase,
//! capabilities, what it answers → events, a batch a read, into a bounded channel (the task awaits
//! room, so that a server that floods meets TCP's back-pressure and not our memory) → the loop takes
//! what is there and draws once. On the way to the screen all text goes through one door, `tui::text`.
//!
//! # What holds everywhere
//!
//! * One truth: the session lives in the wire's task. The screen has a small copy,
//!   [`smtp::SessionStatus`], that rides on the event which changed it.
//! * Commands are wishes, events are facts. A refusal by the server is a fact; an `Err` is only what
//!   the socket, TLS or the user's own files make impossible.
//! * Every buffer has a cap and the cap is a named constant; every wait has a way out.
//! * A secret is masked where the line is made, in the session, and never reaches a log, a history, a
//!   panic or a transcript in clear; nor does it where a server repeats it.
//!
//! # Features
//!
//! None is the core alone (`--no-default-features`); `net` adds the wire; `app`, the default, is all.

pub mod smtp;

#[cfg(feature = "app")]
pub mod cli;
#[cfg(feature = "app")]
pub mod config;
#[cfg(feature = "app")]
pub mod manual;
#[cfg(feature = "net")]
pub mod net;
#[cfg(feature = "app")]
pub mod practice;
#[cfg(feature = "app")]
pub mod record;
#[cfg(feature = "app")]
pub mod report;
#[cfg(feature = "app")]
pub mod tui;
