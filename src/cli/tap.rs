//! `ehlo tap`: stands between an application and its mail server, and shows what they say.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

use super::arguments::{Arguments, parse};
use super::connection::ConnectionFlags;
use super::destination::{self, Automatic};
use super::error::UsageError;
use super::practice::{delay, stage};
use crate::config::Paths;
use crate::headless::{self, Output, TapPrint};
use crate::net::Verify;
use crate::practice::{Place, ReplyRule, Rules};
use crate::report::output;
use crate::smtp::TextKept;
use crate::tap::{AuthorityFiles, ListenTls, Network, TapOptions};

/// Where a tap listens unless told otherwise.
const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 2526);
/// Columns in front of the lines of a diagnosis.
const MARGIN: usize = 8;

/// The arguments of `ehlo tap`.
#[derive(Debug, clap::Args)]
#[command(
    override_usage = "ehlo tap [OPTIONS] TARGET",
    after_help = "Point the application at the address that is printed, with everything else as it is. What it sends
goes to the target unchanged, and back; each connection is shown and kept as a session. A STARTTLS of
the application begins TLS on both sides: it sees a certificate of this tap, so let it trust the file of
--ca-out. Here --verify require is the default. Ctrl-C ends the tap and lists the connections, those that
failed first.

Examples:
  ehlo tap mail.example.org:587 --ca-out tap-ca.pem
  ehlo tap smtps://mail.example.org --listen-tls none
  ehlo tap mail.example.org:25 --tls none --reply 'RCPT=451 4.2.1 later' --delay DATA=20s"
)]
pub(super) struct TapArguments {
    /// The server: HOST, HOST:PORT or smtps://HOST; @DOMAIN for the first mail server (MX) of a domain
    target: Option<String>,

    /// Listen on this address; if the port is taken, on the next free one
    #[arg(long, value_name = "ADDR:PORT", default_value_t = LISTEN)]
    listen: SocketAddr,

    /// Let these networks connect, too: 192.0.2.0/24, 2001:db8::/32; may be repeated
    #[arg(long, value_name = "NETWORK", value_delimiter = ',', value_parser = parse::<Network>)]
    allow: Vec<Network>,

    /// Choose when TLS begins with the application: none, starttls or implicit (from the first byte); as
    /// with the target unless given
    #[arg(long, value_name = "WHEN", value_parser = parse::<ListenTls>)]
    listen_tls: Option<ListenTls>,

    /// Write the certificate of the authority to this file, for the application to trust
    #[arg(long, value_name = "FILE")]
    ca_out: Option<PathBuf>,

    /// Keep the authority in this file and that of --listen-ca-key, which are made if they do not exist
    #[arg(long, value_name = "FILE", requires = "listen_ca_key")]
    listen_ca: Option<PathBuf>,

    /// Keep the key of the authority in this file, which nobody else may read
    #[arg(long, value_name = "FILE", requires = "listen_ca")]
    listen_ca_key: Option<PathBuf>,

    /// Let what came under TLS go on unencrypted, or to a server whose certificate is not verified
    #[arg(long)]
    insecure_target: bool,

    /// Reply this to a command in place of the server, which does not see it: RCPT='451 4.2.1 later', or
    /// 'RCPT <*@slow.example>=451 4.2.1 later'; DOT replaces the reply to a message; may be repeated
    #[arg(long, value_name = "VERB [PATTERN]=REPLY", value_parser = parse::<ReplyRule>)]
    reply: Vec<ReplyRule>,

    /// Hold back the reply of a stage, named as in swaks: DATA=20s; may be repeated
    #[arg(long, value_name = "STAGE=TIME", value_parser = delay)]
    delay: Vec<(Place, Duration)>,

    /// Drop both connections at a command of the application: MAIL, DATA; may be repeated
    #[arg(long, value_name = "STAGE", value_parser = stage)]
    drop_at: Vec<Place>,

    /// Take this keyword out of the reply to EHLO: STARTTLS, PIPELINING; may be repeated
    #[arg(long, value_name = "KEYWORD", value_parser = keyword)]
    hide: Vec<String>,

    /// Keep this much of each message: none, head (64 KiB) or all
    #[arg(long, value_name = "HOW", default_value = "head", value_parser = bodies)]
    bodies: TextKept,

    /// Print each entry as one line of JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    pub(super) connection: ConnectionFlags,
}

/// A keyword of EHLO, in capitals.
fn keyword(text: &str) -> Result<String, String> {
    let is_word = |octet: u8| octet.is_ascii_alphanumeric() || octet == b'-';
    let valid = !text.is_empty() && text.len() <= 64 && text.bytes().all(is_word);
    valid
        .then(|| text.to_ascii_uppercase())
        .ok_or_else(|| "use a keyword of EHLO, such as STARTTLS".to_owned())
}

fn bodies(text: &str) -> Result<TextKept, String> {
    match text {
        "none" => Ok(TextKept::None),
        "head" => Ok(TextKept::Head),
        "all" => Ok(TextKept::All),
        _ => Err("use none, head or all".to_owned()),
    }
}

/// Opens the file for the certificate, before anything listens. It must not be that of the key.
fn writable<'a>(path: &'a Path, key: Option<&Path>) -> Result<(File, &'a Path), UsageError> {
    let failed = |why: String| UsageError(format!("--ca-out: {}: {why}", path.display()));
    let same = |key: &Path| {
        let of = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        of(path) == of(key)
    };
    if key.is_some_and(same) {
        return Err(failed(
            "is the file of --listen-ca-key: use another one".to_owned(),
        ));
    }
    let mut options = OpenOptions::new();
    let file = options.write(true).create(true).truncate(false).open(path);
    Ok((file.map_err(|error| failed(error.to_string()))?, path))
}

/// Taps until Ctrl-C.
pub(super) fn run(arguments: &Arguments, options: &TapArguments) -> anyhow::Result<ExitCode> {
    let mut connection = options.connection.or(&arguments.connection);
    connection.overrides.verify.get_or_insert(Verify::Require);
    if let Some(rule) = options.reply.iter().find(|rule| !rule.ends_command()) {
        let message = format!(
            "--reply {rule}: the server would not know that more follows: use a reply that ends the command"
        );
        return Err(UsageError(message).into());
    }
    let ca_out = options.ca_out.as_deref();
    let ca_out = ca_out.map(|path| writable(path, options.listen_ca_key.as_deref()));
    let ca_out = ca_out.transpose()?;
    let target = options.target.as_deref().map(|target| (target, None));
    let found = destination::find(arguments, &connection, target, Automatic::StartTls)?;
    let files = options.listen_ca.clone().zip(options.listen_ca_key.clone());
    let authority = files.map(|(certificate, key)| AuthorityFiles { certificate, key });
    let retention = found.settings.sessions;
    let tap = TapOptions {
        listen: options.listen,
        allow: options.allow.clone(),
        listen_tls: options.listen_tls,
        connect: found.plan.clone(),
        insecure_target: options.insecure_target,
        rules: Rules {
            replies: options.reply.clone(),
            delays: options.delay.clone(),
            drops: options.drop_at.clone(),
            ..Rules::default()
        },
        hidden: options.hide.iter().cloned().collect::<BTreeSet<String>>(),
        kept: options.bodies,
        authority,
    };
    let print = TapPrint {
        target: found.name.clone(),
        host: found.plan.host.clone(),
        output: if options.json {
            Output::Json
        } else {
            Output::Text
        },
        kept: Paths::find().map(|paths| (paths.tapped(), retention)),
        columns: output::columns().saturating_sub(MARGIN).max(MARGIN),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let done = runtime.block_on(async {
        let tap = crate::tap::start(tap).await.map_err(UsageError::from_error)?;
        if let Some((mut file, path)) = ca_out {
            let written = file.set_len(0).and_then(|()| file.write_all(tap.authority_pem.as_bytes()));
            written.map_err(|error| UsageError(format!("--ca-out: {}: {error}", path.display())))?;
        }
        let head = if options.json {
            format!("{}\n", serde_json::json!({"tap": {"listen": tap.address.to_string(), "target": found.name}}))
        } else {
            format!(
                "tap on {} for {}: it sees everything that passes, and keeps it without passwords\n",
                tap.address, found.name
            )
        };
        output::print(&head)?;
        let mut ends = signal(SignalKind::terminate())?;
        let mut hangs_up = signal(SignalKind::hangup())?;
        let stop = async {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = ends.recv() => {}
                _ = hangs_up.recv() => {}
            }
        };
        headless::tap(tap, print, stop).await
    });
    // A lookup may still hang in the system's resolver.
    runtime.shutdown_background();
    done?;
    Ok(ExitCode::SUCCESS)
}
