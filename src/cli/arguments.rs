//! The arguments, in the form that clap parses. The comments on fields and values are the help
//! texts.

use std::ffi::OsString;
use std::path::PathBuf;
use std::str::FromStr;

use super::connection::ConnectionFlags;
use super::error::UsageError;
use super::later::Later;
use super::session::{LoginFlags, SessionFlags};
use crate::config::{LogLevel, When};
use crate::quoting::{Arrived, Place};
use crate::record::Format;
use crate::record::kept::KeptFilter;
use crate::report::{output, visible};

/// Talk SMTP by hand, with the manual built in.
#[derive(Debug, clap::Parser)]
#[command(
    name = "ehlo",
    bin_name = "ehlo",
    version,
    override_usage = "ehlo [OPTIONS] [TARGET]\n       ehlo COMMAND [OPTIONS] ...",
    after_long_help = super::exit_status::text() + "\n\nExamples:
  ehlo mx.example.org              port 25; STARTTLS when you type it
  ehlo mx.example.org:587 --tls starttls
  ehlo smtps://mx.example.org      TLS from the first byte, port 465
  ehlo @example.org                a mail server (MX) of the domain
  ehlo --practice                  the built-in server, without a network
  ehlo run mx.example.org test.smtp
  ehlo send mx.example.org --from alice@example.org --to bob@example.org
  ehlo explain 550 5.7.1           what a reply means, and what to try"
)]
pub(super) struct Arguments {
    /// The server: HOST, HOST:PORT, [IPV6]:PORT, smtp://HOST:PORT or smtps://HOST:PORT; @DOMAIN or
    /// USER@DOMAIN offers the mail servers (MX) of the domain. Without a target, a form opens
    pub(super) target: Option<String>,

    /// The port, as an argument of its own like in telnet
    #[arg(hide = true)]
    pub(super) port: Option<String>,

    /// Take the tour: eight short lessons on the practice server
    #[arg(long)]
    pub(super) tour: bool,

    /// Work in lines, without a screen: for dumb terminals, screen readers and pipes. It is the default if
    /// TERM is dumb
    #[arg(long)]
    pub(super) plain: bool,

    #[command(flatten)]
    pub(super) connection: ConnectionFlags,

    #[command(flatten)]
    pub(super) login: LoginFlags,

    #[command(flatten)]
    pub(super) session: SessionFlags,

    /// Read this config file instead of the usual one
    #[arg(long, help_heading = "General", global = true, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,

    /// Use colours
    #[arg(long, help_heading = "General", global = true, value_name = "WHEN")]
    pub(super) color: Option<When>,

    /// Draw with ASCII characters only
    #[arg(long, help_heading = "General", global = true)]
    pub(super) ascii: bool,

    /// Capture the mouse
    #[arg(long, help_heading = "General")]
    pub(super) mouse: bool,

    /// Write a log to the state folder. It names hosts, certificates, verbs, reply codes and sizes,
    /// never arguments of commands, messages, secrets or texts of replies
    #[arg(long, help_heading = "General", global = true, value_name = "LEVEL")]
    pub(super) log: Option<LogLevel>,

    /// Print the schema of the lines that --json prints
    #[arg(long, help_heading = "General")]
    pub(super) schema: bool,

    #[command(subcommand)]
    pub(super) subcommand: Option<Subcommand>,
}

/// The commands that need no screen.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Subcommand {
    /// Send the lines of a script to a server, and check its replies
    Run(Later<super::run::RunArguments>),
    /// Send a message, with the options that matter, and say what became of it
    Send(Later<super::send::SendArguments>),
    /// Check whether mail servers are in order, for people and for monitoring
    Check(Later<super::check::CheckArguments>),
    /// Look at the usual ports of a mail server, and say which one to use
    Ports(Later<super::ports::PortsArguments>),
    /// Encode standard input as base64, or decode it, and report likely mistakes
    Base64(Later<Base64Arguments>),

    /// Stand between an application and its server, and show what they say
    Tap(Later<super::tap::TapArguments>),
    /// Run the practice server alone, until Ctrl-C
    Practice(Later<super::practice::PracticeArguments>),
    /// Explain a command, a parameter, a reply or a provider, and say what to try
    Explain(Later<ExplainArguments>),
    /// Show a saved session, or any log of an SMTP session, and say what went wrong
    Show(Later<ShowArguments>),
    /// Hide the passwords of a log before it is posted
    Redact(Later<super::redact::RedactArguments>),
    /// Compare two sessions: exit status 0 if they are the same, 1 if they differ
    Diff(Later<DiffArguments>),
    /// List the sessions that are kept on disk, or delete some of them
    Sessions(Later<SessionsArguments>),
    /// Do a TLS handshake with a server; show its certificates, what is wrong and what to try
    Tls(Later<TlsArguments>),
    /// Say what shells, .env, git, YAML, cron and URLs make of a password, and how to write it right
    Quote(Later<QuoteArguments>),
    /// Print the completions of a shell
    Completions(Later<super::generated::CompletionsArguments>),
    /// Print a manual page
    Man(Later<super::generated::ManArguments>),
}

impl Arguments {
    /// Whether a flag is set that means something only without a screen.
    pub(super) fn has_session_flags(&self) -> bool {
        self.login != LoginFlags::default() || self.session != SessionFlags::default()
    }

    /// Refuses what stands before a subcommand and means nothing there.
    pub(super) fn check(&self) -> Result<(), UsageError> {
        let Some(subcommand) = &self.subcommand else {
            return Ok(());
        };
        let name = subcommand.name();
        if self.has_session_flags() {
            return Err(UsageError(format!(
                "write the flags of a login and of the output after {name}: see ehlo {name} --help"
            )));
        }
        if let Some(target) = &self.target {
            return Err(UsageError(format!(
                "unexpected {target:?} before {name}: for a host of this name, use {name}:25 or smtp://{name}"
            )));
        }
        if self.tour || self.mouse || self.plain {
            return Err(UsageError(format!(
                "--tour, --mouse and --plain mean nothing with {name}"
            )));
        }
        if !subcommand.connects() && self.connection != ConnectionFlags::default() {
            return Err(UsageError(format!(
                "{name} makes no connection: the flags before it mean nothing"
            )));
        }
        Ok(())
    }
}

impl Subcommand {
    /// Its name.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Run(_) => "run",
            Self::Send(_) => "send",
            Self::Check(_) => "check",
            Self::Ports(_) => "ports",
            Self::Base64(_) => "base64",
            Self::Tap(_) => "tap",
            Self::Practice(_) => "practice",
            Self::Explain(_) => "explain",
            Self::Show(_) => "show",
            Self::Redact(_) => "redact",
            Self::Diff(_) => "diff",
            Self::Sessions(_) => "sessions",
            Self::Tls(_) => "tls",
            Self::Quote(_) => "quote",
            Self::Completions(_) => "completions",
            Self::Man(_) => "man",
        }
    }

    /// Whether it connects to a server, so that the flags of a connection have a meaning.
    pub(super) fn connects(&self) -> bool {
        matches!(
            self,
            Self::Run(_)
                | Self::Send(_)
                | Self::Check(_)
                | Self::Ports(_)
                | Self::Tap(_)
                | Self::Tls(_)
                | Self::Show(_)
        )
    }
}

/// The arguments of `ehlo quote`.
#[derive(Debug, clap::Args)]
#[command(
    override_usage = "ehlo quote [--for PLACE]... [--arrived LENGTH] [--reveal]",
    after_help = "ehlo asks for the password and does not show it; without a terminal, it reads \
standard input. It says how much of the password arrives in each place if it is written without care, \
and which characters are lost, but shows no character of it, except with --reveal.

Examples:
  ehlo quote                           all places
  ehlo quote --for git --reveal        what to write in git's config
  ehlo quote --arrived 10              a log says that 10 characters arrived: which place lost the rest?"
)]
pub(super) struct QuoteArguments {
    /// Only this place: bash, zsh, fish, powershell, cmd, dotenv, compose, git, yaml, cron, url, php, c
    /// or msmtp; may be repeated
    #[arg(long = "for", value_name = "PLACE", value_delimiter = ',', value_parser = parse::<Place>)]
    pub(super) places: Vec<Place>,

    /// Name the places that make this of the password: a length, as in 10 or "10 octets", or length
    /// and kinds as ehlo shows them after a login
    #[arg(long, value_name = "LENGTH", value_parser = parse::<Arrived>)]
    pub(super) arrived: Option<Arrived>,

    /// Show how to write it; the password is readable then
    #[arg(long)]
    pub(super) reveal: bool,

    /// A password by mistake: it is refused, and not repeated
    #[arg(hide = true, allow_hyphen_values = true)]
    pub(super) words: Vec<OsString>,
}

/// The arguments of `ehlo tls`.
#[derive(Debug, clap::Args)]
pub(super) struct TlsArguments {
    /// The server: HOST, HOST:PORT or smtps://HOST; @DOMAIN for the first mail server (MX) of a
    /// domain; HOST PORT may be two words
    #[arg(value_name = "TARGET", num_args = 0..=2)]
    pub(super) words: Vec<String>,

    /// Print only the certificate chain: as PEM, in the order that the server sent
    #[arg(long, conflicts_with = "json")]
    pub(super) pem: bool,

    /// Print what was found as one line of JSON
    #[arg(long)]
    pub(super) json: bool,

    #[command(flatten)]
    pub(super) connection: ConnectionFlags,
}

/// The arguments of `ehlo base64`.
#[derive(Debug, clap::Args)]
pub(super) struct Base64Arguments {
    /// Decode
    #[arg(short, long)]
    pub(super) decode: bool,

    /// Read the escapes \0 \r \n \t \xHH \\ in the text
    #[arg(short, long, conflicts_with = "decode")]
    pub(super) escapes: bool,
}

/// The arguments of `ehlo explain`.
#[derive(Debug, clap::Args)]
pub(super) struct ExplainArguments {
    /// What to explain: RCPT, 550 5.7.1, gmail, a whole reply, with the command that it answers
    /// before it if you know it, the error message of another program, or words such as "relay access
    /// denied". Without it, standard input is read, such as a traceback or the log of a session; if
    /// that is a terminal, the kinds of topics are listed
    #[arg(value_name = "WORD", allow_hyphen_values = true)]
    pub(super) words: Vec<String>,

    /// Print each page as one line of JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// The arguments of `ehlo show`.
#[derive(Debug, clap::Args)]
pub(super) struct ShowArguments {
    /// A saved session or a log; - is standard input, @ID a session that ehlo sessions lists
    pub(super) file: PathBuf,

    /// Print the session as txt, md, html, jsonl or eml. Without this, a terminal opens it in the
    /// console, and a pipe gets txt
    #[arg(long, value_name = "FORMAT", value_parser = format, conflicts_with = "json")]
    pub(super) format: Option<Format>,

    /// Print the session as lines of JSON, as --format jsonl does
    #[arg(long)]
    pub(super) json: bool,
}

/// The arguments of `ehlo diff`.
#[derive(Debug, clap::Args)]
pub(super) struct DiffArguments {
    /// A saved session or a log; - is standard input, @ID a session that ehlo sessions lists
    pub(super) left: PathBuf,

    /// The session or log to compare it with
    pub(super) right: PathBuf,

    /// Print each difference as one line of JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// The arguments of `ehlo sessions`.
#[derive(Debug, clap::Args)]
#[command(
    override_usage = "ehlo sessions [--json] [FILTER]...\n       ehlo sessions --delete <ID|FILE>...",
    after_help = "Examples:
  ehlo sessions mx.example.org 5xx   this server, and the last reply was a refusal
  ehlo sessions 2026-11 interrupted  those of November that were cut short
  ehlo show @1a2b3c4                 one of them, by its id"
)]
pub(super) struct SessionsArguments {
    /// List the sessions of ehlo tap
    #[arg(long)]
    pub(super) tapped: bool,

    /// List only sessions that match all words: a part of HOST:PORT; the last reply code (550,
    /// 5xx); the beginning of the start in UTC (2026-11-30); running, ended, interrupted or damaged
    #[arg(value_name = "FILTER")]
    pub(super) filters: Vec<KeptFilter>,

    /// Print each session as one line of JSON
    #[arg(long)]
    pub(super) json: bool,

    /// Delete these sessions, but none that is running
    #[arg(long, value_name = "ID|FILE", num_args = 1.., conflicts_with_all = ["filters", "json"])]
    pub(super) delete: Vec<String>,
}

fn format(text: &str) -> Result<Format, String> {
    let found = Format::ALL.into_iter().find(|f| f.extension() == text);
    found.ok_or_else(|| format!("use one of {}", Format::extensions("")))
}

/// Parses a value. An error that quotes the value contains no line breaks of it.
pub(super) fn parse<T: FromStr>(text: &str) -> Result<T, String>
where
    T::Err: ToString,
{
    let shown = |error: T::Err| visible(error.to_string().as_bytes(), output::charset());
    text.parse().map_err(shown)
}
