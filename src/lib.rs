//! `ehlo`: a terminal console for talking SMTP by hand. This page is the map of the code.
//!
//! # The rooms
//!
//! ```text
//! smtp       the core, sans I/O: octets and instants in, octets and events out
//! net        the wire, the only sockets: one task owns a connection, two channels lead to it;
//!            net::tls does TLS handshakes, net::dns the lookups that mail needs
//! manual     what is known about SMTP, in words: loads and looks up the files of assets/
//! diagnosis  what happened, why, and what to do, by what is known of the session; pure
//! record     sessions as files: written, kept, read, compared, exported to other tools
//! practice   a real SMTP server on loopback, with moods, for learners and tests
//! tap        stands between an application and its server: passes on, and tells what passes
//! config     the user's settings, where the user's files are, what is remembered
//! report     text for a terminal without a screen: pages, and the one door from bytes to cells
//! headless   sessions without a screen: scripts, single messages, checks
//! quoting    how a password is written for shells, files and URLs, and what is lost otherwise
//! process    this process: no core dumps, stop signals, and how it starts other programs
//! tui        the screen, see below
//! cli        arguments, and the subcommands that need no screen
//! ```
//!
//! | room | may import |
//! |---|---|
//! | `smtp` | `std` without sockets, files and clock |
//! | `net` | `smtp`, tokio, rustls |
//! | `manual` | `smtp` |
//! | `diagnosis` | `smtp`, `manual`, the failure types of `net` |
//! | `record` | `smtp`, `diagnosis`, files; `quoting` for exports |
//! | `practice` | `smtp`, tokio, rustls |
//! | `tap` | `smtp`, `net`, the rules of `practice`; tokio, rustls, rcgen |
//! | `process` | `std`, rustix, nix |
//! | `quoting` | `std`; of `smtp` what measures secrets |
//! | `config` | `smtp`; `process` to start commands; `net` for the words of settings and the files they name |
//! | `report` | `smtp`, `net`, `manual`, `config`, `quoting`, for what they describe |
//! | `headless` | `smtp`, `net`, `manual`, `diagnosis`, `record`, `practice`, `tap`, `config`, `report`; tokio |
//! | `tui` | all of these; of `practice` only what starts it; no sockets; `await` only in `tui::app` |
//! | `cli` | all of these; of `tui` only what starts it |
//!
//! # The floors of the screen
//!
//! ```text
//! app        the loop: terminal, signals, files, a wire and a journal for each live session
//! view       draws the model
//! update     (model, message) -> effects; `commands` runs what the command table names
//! model      all state: sessions, the unit of which is `Session`, live or saved
//! pane       parts of the screen: transcript, prompt, sidebar, header, hints
//! message    what can happen, and what `update` asks `app` to do
//! popup      what lies over the screen: forms, questions, menu, palette, pages
//! state      the parts of a session that need no screen: connection, message, outbox, replay
//! widget     what panes and popups are built of: editor, form, frame, theme
//! assist     help with the line at the prompt: ghost text, completions, grammar
//! keymap     the command table: names, keys, menu, hints and conditions of all commands
//! ```
//!
//! A floor imports only from those below it; panes do not import one another, nor do popups.
//! `tests/it/architecture.rs` checks all of this.
//!
//! # Where to change what
//!
//! | what | where |
//! |---|---|
//! | a key, a menu letter, a command's words | its row in `tui::keymap::commands`, by topic: `prompt`, `message`, `session`, `transcript`, `program` |
//! | what the octets of a terminal mean | `tui::app::input`; its tests have the keys of terminals as a table |
//! | how a frame becomes octets for the terminal | `tui::app::painter`; their cost, `tests/it/octets.rs` |
//! | what a command does | `tui::update::commands` |
//! | what is sent without a key | `tui::update::automatic`; the last check, `net::Command::permitted` |
//! | the words of a popup | its file in `tui::popup`; of a question, next to the command that asks it: `tui::update::*` |
//! | what a reply means | `assets/replies.toml`, `symptoms.toml`, `enhanced.toml`, `providers.toml`; how it is found, `diagnosis::reply` |
//! | a condition of a rule, an action of a step | its name, `manual::Condition`, `manual::StepAction`; when it holds, `diagnosis::Situation`, `line`, `address`, `response` |
//! | what a failed connection or login means | `assets/failures.toml`, `diagnosis::connection`; `diagnosis::login` |
//! | what an error message of another program means | `assets/program_errors.toml`, `programs.toml`; how it is found, `diagnosis::program` |
//! | what is masked | `smtp::session::sending` (`secret_from`), `smtp::command`, `smtp::raw`; in logs, `record::import::masking` |
//! | how a certificate is checked | `net::tls::verifier`; the verdict, `net::tls::verdict`; its words, `assets/certificates.toml` |
//! | how another program's session log is read | a row in `record::import::marks`; what surrounds its lines, `envelope`, `wrapping` |
//! | what a session came to | `diagnosis::verdicts`; with the messages of the program, `record::Record::verdicts` |
//! | what `check` finds, and how much it counts | `headless::check::judge`; what all of it comes to, `headless::check::verdict` |
//! | which port `ports` recommends | `headless::ports::advice` |
//! | what `:ports` and `:check` show | `tui::popup::survey`; how they run beside the loop, `tui::app::survey` |
//! | the grammar of scripts, their commands | `headless::script`; what a command does, `headless::run::own`; in the console, `tui::update::script` |
//! | what a tap takes out of EHLO's reply | `tap::offers`; what it marks or answers itself, `tap::relay` |
//! | an exit status | `headless::Stage`; in the help and the manual page, `cli::exit_status` |
//! | a line of `--json` | `report::json`, `record::jsonl`, `headless::outcome`; the schema, `assets/schema.json` |
//! | a key of the config | `config::settings` and `config.example.toml` |
//! | a colour | `tui::widget::theme`; of a transcript line, `tui::pane::transcript::rows` |
//! | how a place quotes a password | its file in `quoting` |
//! | how long sessions are kept | `config::Retention`; what is removed, `record::kept` |
//!
//! # How a keystroke travels
//!
//! Octets of the terminal → `tui::app::input` → `tui::keymap` → `tui::update` changes the model and
//! asks for an effect, such as *send this line* → `tui::app` gives a [`net::Command`] to the bounded
//! channel of the session's wire → the wire's task asks its [`smtp::Session`], which masks what is a
//! secret, and writes → the entry comes back as a [`net::Event`], and only then appears in the
//! transcript, with the time at which it was sent.
//!
//! # How a server's line travels
//!
//! Octets, stamped once as they are read → [`smtp::line`] → [`smtp::reply`] → the session: phase,
//! capabilities, what the line answers → events, a batch a read, into a bounded channel (the task
//! waits for room, so that a server that floods meets TCP's back-pressure and not our memory) → the
//! loop takes what is there and draws once. On the way to the screen all text passes
//! `report::text`; without the screen it is printed by `report::output`, which does the same.
//!
//! # What holds everywhere
//!
//! * One truth: the session lives in the wire's task. The screen has a small copy,
//!   [`smtp::SessionStatus`], that comes with the event which changed it.
//! * Commands are requests, events are facts. A refusal by the server is a fact; an `Err` is only what
//!   the socket, TLS or the user's own files make impossible.
//! * A result reaches the session that asked for it; what concerns a connection that was left is
//!   dropped.
//! * Every buffer has a cap, a named constant; every wait can be ended.
//! * A secret is masked in the session, where the line is made, and never reaches a log, a history, a
//!   panic or a transcript in plain text; nor does it if a server repeats it.
//!
//! # Features
//!
//! Without features the crate is the core alone (`--no-default-features`); `net` adds the wire; `app`,
//! the default, is everything.

pub mod smtp;

#[cfg(feature = "app")]
pub mod cli;
#[cfg(feature = "app")]
pub mod config;
#[cfg(feature = "app")]
pub mod diagnosis;
#[cfg(feature = "app")]
pub mod headless;
#[cfg(feature = "app")]
pub mod manual;
#[cfg(feature = "net")]
pub mod net;
#[cfg(feature = "app")]
pub mod practice;
#[cfg(feature = "app")]
pub mod process;
#[cfg(feature = "app")]
pub mod quoting;
#[cfg(feature = "app")]
pub mod record;
#[cfg(feature = "app")]
pub mod report;
#[cfg(feature = "app")]
pub mod tap;
#[cfg(feature = "app")]
pub mod tui;
