//! `ehlo send`: sends one message, with the options that matter.

use std::io::{Read as _, stdin};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::arguments::{Arguments, parse};
use super::connection::ConnectionFlags;
use super::destination::{self, Automatic, Destination};
use super::error::UsageError;
use super::session::{LoginFlags, SessionFlags, asked_login_plan};
use crate::config::TlsChoice;
use crate::headless::script::LoginSpec;
use crate::headless::{
    self, Dsn, MESSAGE_CAP, Message, MessageParts, Output, SendOptions, Stage, Stamp, StartTls,
};
use crate::net::Security;
use crate::report::output;

/// The most messages of one call.
const REPEAT_CAP: u32 = 100_000;

/// The arguments of `ehlo send`.
#[derive(Debug, clap::Args)]
#[command(
    override_usage = "ehlo send [OPTIONS] --from ADDRESS --to ADDRESS TARGET",
    after_help = "Stages are CONNECT, BANNER, FIRST-HELO, TLS, HELO, AUTH, MAIL, RCPT, DATA and DOT, as in swaks.

Examples:
  ehlo send mx.example.org --from alice@example.org --to bob@example.org
  ehlo send mx.example.org:587 --from a@x.example --to b@x.example --user a --password-from env:PW
  ehlo send mx.example.org --from a@x.example --to b@x.example --quit-after RCPT"
)]
pub(super) struct SendArguments {
    /// The server, as in ehlo TARGET
    #[arg(num_args = 0..=2, value_name = "TARGET")]
    words: Vec<String>,

    /// The sender of the envelope and of the message; "<>" for the null path
    #[arg(long, value_name = "ADDRESS")]
    from: String,

    /// A recipient; may be repeated, or a list with commas
    #[arg(long, value_name = "ADDRESS", required = true, value_delimiter = ',')]
    to: Vec<String>,

    /// A recipient that the Cc header names
    #[arg(long, value_name = "ADDRESS", value_delimiter = ',')]
    cc: Vec<String>,

    /// A recipient that no header names
    #[arg(long, value_name = "ADDRESS", value_delimiter = ',')]
    bcc: Vec<String>,

    /// Send this message: a file, or - for standard input. Date, From and Message-ID are added where
    /// they are missing
    #[arg(long, value_name = "FILE", conflicts_with_all = ["header", "subject", "body", "attach"])]
    data: Option<PathBuf>,

    /// Add this header, or replace it: 'Name: value'; may be repeated
    #[arg(long, value_name = "HEADER")]
    header: Vec<String>,

    /// The subject
    #[arg(long, value_name = "TEXT")]
    subject: Option<String>,

    /// The text, or @FILE; @@ at the beginning is an @
    #[arg(long, value_name = "TEXT|@FILE")]
    body: Option<String>,

    /// Attach this file; may be repeated
    #[arg(long, value_name = "FILE")]
    attach: Vec<PathBuf>,

    /// Send QUIT after this stage
    #[arg(long, value_name = "STAGE", value_parser = parse::<Stage>)]
    quit_after: Option<Stage>,

    /// Close the connection after this stage
    #[arg(long, value_name = "STAGE", value_parser = parse::<Stage>, conflicts_with = "quit_after")]
    drop_after: Option<Stage>,

    /// Speak LMTP: LHLO, and a reply for each recipient
    #[arg(long)]
    lmtp: bool,

    /// Ask for delivery notifications: NOTIFY=...,RET=...,ENVID=...
    #[arg(long, value_name = "PARAMETERS", value_parser = dsn)]
    dsn: Option<Dsn>,

    /// Say that addresses or headers are UTF-8 (SMTPUTF8)
    #[arg(long)]
    smtputf8: bool,

    /// Send the message with BDAT, in chunks of this many octets or in one
    #[arg(long, value_name = "CHUNK", num_args = 0..=1, require_equals = true)]
    bdat: Option<Option<usize>>,

    /// Send MAIL, RCPT and DATA together, where the server allows it
    #[arg(long)]
    pipeline: bool,

    /// Send the message this many times
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=i64::from(REPEAT_CAP)))]
    repeat: u32,

    /// Send all of them over one connection
    #[arg(long)]
    one_connection: bool,

    /// Send nothing unless every recipient is accepted
    #[arg(long)]
    require_all_recipients: bool,

    #[command(flatten)]
    login: LoginFlags,

    #[command(flatten)]
    session: SessionFlags,

    #[command(flatten)]
    pub(super) connection: ConnectionFlags,
}

/// Parses `NOTIFY=...,RET=...,ENVID=...`. A comma within NOTIFY separates its conditions.
fn dsn(text: &str) -> Result<Dsn, String> {
    let mut dsn = Dsn::default();
    let mut last = None;
    for part in text.split(',') {
        match part.split_once('=') {
            Some((name, value)) => {
                let field = match name.to_ascii_uppercase().as_str() {
                    "NOTIFY" => &mut dsn.notify,
                    "RET" => &mut dsn.ret,
                    "ENVID" => &mut dsn.envid,
                    _ => return Err(format!("unknown {name:?}: use NOTIFY=, RET= and ENVID=")),
                };
                if value.is_empty() || value.contains(|c: char| c.is_control() || c == ' ') {
                    return Err(format!("invalid value of {name}"));
                }
                *field = Some(value.to_owned());
                last = Some(name.to_ascii_uppercase());
            }
            None if last.as_deref() == Some("NOTIFY") => {
                if let Some(notify) = &mut dsn.notify {
                    notify.push(',');
                    notify.push_str(part);
                }
            }
            None => return Err("use NOTIFY=...,RET=...,ENVID=...".to_owned()),
        }
    }
    Ok(dsn)
}

/// Sends a message.
pub(super) fn run(arguments: &Arguments, options: &SendArguments) -> anyhow::Result<ExitCode> {
    options.session.check()?;
    options.check()?;
    let connection = options.connection.or(&arguments.connection);
    let target = match options.words.as_slice() {
        [] => None,
        [host] => Some((host.as_str(), None)),
        [host, port, ..] => Some((host.as_str(), Some(port.as_str()))),
    };
    let helo = connection.helo.clone().unwrap_or_default();
    let from = options.sender();
    let stamp = Stamp::now();
    let host = if helo.is_empty() { "localhost" } else { &helo };
    let (message, made) = options.message(from, &stamp, host)?;
    let found = destination::find(arguments, &connection, target, Automatic::StartTls)?;
    let login = options.login_plan(&found)?;
    let mut plan = found.plan.clone();
    let start_tls = match (plan.security, found.tls) {
        (Security::StartTls, TlsChoice::Auto) => StartTls::IfOffered,
        (Security::StartTls, _) => StartTls::Required,
        _ => StartTls::Never,
    };
    if plan.security == Security::StartTls {
        plan.security = Security::None;
    }
    let all = options.to.iter().chain(&options.cc).chain(&options.bcc);
    let recipients: Vec<String> = all.map(|address| bare(address).to_owned()).collect();
    let mut conversation = options.session.conversation(&found, &options.login);
    if !made.is_empty() && options.session.output() == Output::Text {
        output::print_error(&format!("added to the message: {}", made.join(", ")))?;
    }
    let sending = SendOptions {
        plan,
        start_tls,
        from: from.to_owned(),
        recipients,
        message,
        stamp,
        login,
        allow_insecure: options.login.allow_insecure_auth,
        lmtp: options.lmtp,
        dsn: options.dsn.clone().unwrap_or_default(),
        smtputf8: options.smtputf8,
        bdat: options.bdat,
        pipeline: options.pipeline,
        quit_after: options.quit_after,
        drop_after: options.drop_after,
        require_all: options.require_all_recipients,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let result = runtime.block_on(headless::send(
        &mut conversation,
        &sending,
        options.repeat,
        options.one_connection,
    ));
    // A lookup may still hang in the system's resolver.
    runtime.shutdown_background();
    for (address, reply) in &result.refused {
        let _ = output::print_error(&format!("refused: {address}: {reply}"));
    }
    options
        .session
        .finish(&mut conversation.recorder, &result.outcome)
}

impl SendArguments {
    /// Refuses values that would break out of their line.
    fn check(&self) -> Result<(), UsageError> {
        let addresses = std::iter::once(("--from", &self.from))
            .chain(self.to.iter().map(|to| ("--to", to)))
            .chain(self.cc.iter().map(|cc| ("--cc", cc)))
            .chain(self.bcc.iter().map(|bcc| ("--bcc", bcc)));
        for (name, address) in addresses {
            let inner = bare(address);
            let wrong = inner.contains(|c: char| c.is_control() || c == '<' || c == '>');
            if wrong || inner.is_empty() && name != "--from" {
                return Err(UsageError(format!(
                    "{name}: {address:?} is no address: use one such as alice@example.org"
                )));
            }
        }
        for (name, text) in self
            .header
            .iter()
            .map(|header| ("--header", header))
            .chain(self.subject.iter().map(|subject| ("--subject", subject)))
        {
            if text.contains(char::is_control) {
                return Err(UsageError(format!(
                    "{name}: the value contains a line end or another control character"
                )));
            }
        }
        for header in &self.header {
            let name = header.split_once(':').map(|(name, _)| name);
            let valid =
                |name: &str| !name.is_empty() && name.bytes().all(|octet| octet.is_ascii_graphic());
            if !name.is_some_and(valid) {
                return Err(UsageError(format!(
                    "--header: {header:?} is no header: use 'Name: value'"
                )));
            }
        }
        let unknown = |stage: Option<Stage>| matches!(stage, Some(Stage::Quit | Stage::Xclient));
        if unknown(self.quit_after) || unknown(self.drop_after) {
            let message = "--quit-after and --drop-after: a message is sent without XCLIENT, and ends with QUIT";
            return Err(UsageError(message.to_owned()));
        }
        if self.bdat.is_some() && self.drop_after == Some(Stage::Data) {
            let message = "--drop-after DATA: there is no DATA with --bdat";
            return Err(UsageError(message.to_owned()));
        }
        if matches!(self.quit_after, Some(Stage::Data)) {
            let message =
                "--quit-after DATA: after DATA the server takes QUIT for text; use --drop-after";
            return Err(UsageError(message.to_owned()));
        }
        if self.bdat == Some(Some(0)) {
            return Err(UsageError("--bdat: use a size from 1".to_owned()));
        }
        Ok(())
    }

    /// The address of the sender, without angle brackets.
    fn sender(&self) -> &str {
        bare(&self.from)
    }

    /// The message, and the headers that were added to it.
    fn message(
        &self,
        from: &str,
        stamp: &Stamp,
        host: &str,
    ) -> Result<(Message, Vec<&'static str>), UsageError> {
        let unusable = UsageError::from_error;
        if let Some(path) = &self.data {
            if path == Path::new("-") {
                let octets = read_stdin()?;
                return Ok(Message::complete(&octets, from, stamp, host));
            }
            return Message::from_file(path, from, stamp, host).map_err(unusable);
        }
        let text = match self.body.as_deref() {
            None => format!("This is a test message of {}.\n", stamp.date),
            Some(body) => match (body.strip_prefix("@@"), body.strip_prefix('@')) {
                (Some(rest), _) => format!("@{rest}"),
                (None, Some(path)) => {
                    let octets = headless::read(Path::new(path), MESSAGE_CAP).map_err(unusable)?;
                    let text = String::from_utf8(octets);
                    text.map_err(|_| UsageError(format!("--body: {path}: not UTF-8")))?
                }
                (None, None) => body.to_owned(),
            },
        };
        let headers = self.header.iter().filter_map(|header| {
            let (name, value) = header.split_once(':')?;
            Some((name.to_owned(), value.trim_start().to_owned()))
        });
        let bare_all = |all: &[String]| all.iter().map(|one| bare(one).to_owned()).collect();
        let mut attachments = Vec::new();
        for path in &self.attach {
            let octets = headless::read(path, MESSAGE_CAP).map_err(unusable)?;
            let name = path.file_name().unwrap_or(path.as_os_str());
            if name.to_string_lossy().contains(char::is_control) {
                let message = "--attach: the name of a file contains a control character";
                return Err(UsageError(message.to_owned()));
            }
            attachments.push((name.to_string_lossy().into_owned(), octets));
        }
        let parts = MessageParts {
            to: bare_all(&self.to),
            cc: bare_all(&self.cc),
            subject: self.subject.clone(),
            headers: headers.collect(),
            text,
            attachments,
        };
        Ok((Message::Octets(parts.build(from, stamp, host)), Vec::new()))
    }

    /// Who logs in: asked for by a flag, or known by the profile.
    fn login_plan(&self, found: &Destination) -> Result<Option<headless::LoginPlan>, UsageError> {
        let flags = &self.login;
        let by_profile = found
            .profile
            .as_ref()
            .is_some_and(|profile| !profile.user.is_empty());
        if flags.auth.is_none() && flags.user.is_none() && !by_profile {
            return Ok(None);
        }
        let plan = asked_login_plan(&LoginSpec::default(), flags, found);
        plan.map(Some)
            .map_err(|need| UsageError(format!("--auth: {need}")))
    }
}

/// Standard input, up to the cap of a message.
fn read_stdin() -> Result<Vec<u8>, UsageError> {
    let mut octets = Vec::new();
    let read = stdin()
        .take(MESSAGE_CAP as u64 + 1)
        .read_to_end(&mut octets);
    read.map_err(|error| UsageError(format!("cannot read standard input: {error}")))?;
    if octets.len() > MESSAGE_CAP {
        return Err(UsageError(format!(
            "standard input is larger than {MESSAGE_CAP} octets"
        )));
    }
    Ok(octets)
}

/// An address without its angle brackets.
fn bare(address: &str) -> &str {
    let inner = address.trim();
    inner
        .strip_prefix('<')
        .and_then(|inner| inner.strip_suffix('>'))
        .unwrap_or(inner)
}
