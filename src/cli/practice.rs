//! `ehlo practice`: runs the practice server alone, for other clients. Prints where it listens and
//! what happens there.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::mpsc;
use std::time::Duration;

use super::arguments::parse;
use super::error::UsageError;
use super::session::{place, secret};
use crate::config::parse_duration;
use crate::headless::script::PasswordPlace;
use crate::headless::{self, Stage};
use crate::practice::{self, Mood, Options, Practice, ReplyRule, RuleReply, Rules, Script};
use crate::report::output::{self, Reader};

/// How many lines of the log may wait for a slow reader of the output.
const LOG_LINES: usize = 10_000;

/// The arguments of `ehlo practice`.
#[derive(Debug, clap::Args)]
pub(super) struct PracticeArguments {
    /// Listen on this address; TLS from the first byte gets the next port, or a free one for port 0
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:2525")]
    pub(super) listen: SocketAddr,

    /// Put the server in a mood, as listed by ehlo --help; may be repeated
    #[arg(long, value_name = "MOOD", value_parser = parse::<Mood>)]
    pub(super) mood: Vec<Mood>,

    /// Write the CA certificate to this file, for the --ca-file of a client
    #[arg(long, value_name = "FILE")]
    pub(super) ca_out: Option<PathBuf>,

    /// Reply this to a command: RCPT='451 4.2.1 later', or 'RCPT <*@slow.example>=451 4.2.1 later' for
    /// those whose argument matches; DOT is the end of the message. The first that matches counts; may be
    /// repeated
    #[arg(long, value_name = "VERB [PATTERN]=REPLY", value_parser = parse::<ReplyRule>)]
    pub(super) reply: Vec<ReplyRule>,

    /// Greet with this text; with a code before it, with this reply
    #[arg(long, value_name = "TEXT", value_parser = greeting)]
    pub(super) greeting: Option<RuleReply>,

    /// Offer this line in the reply to EHLO, in place of those of the server; may be repeated
    #[arg(long, value_name = "LINE", value_parser = ehlo_line)]
    pub(super) ehlo: Vec<String>,

    /// Wait before the reply of a stage, named as in swaks: DATA=20s; may be repeated
    #[arg(long, value_name = "STAGE=TIME", value_parser = delay)]
    pub(super) delay: Vec<(practice::Place, Duration)>,

    /// Drop the connection instead of the reply of a stage: BANNER, DATA, DOT; may be repeated
    #[arg(long, value_name = "STAGE", value_parser = stage)]
    pub(super) drop_at: Vec<practice::Place>,

    /// Play this dialogue to each client: lines "S: 220 mx" of the server, "C: EHLO *" of the client; what
    /// it does not name is answered as ever
    #[arg(long, value_name = "FILE")]
    pub(super) script: Option<PathBuf>,

    /// Let this user log in
    #[arg(long, value_name = "USER", requires = "password_from")]
    pub(super) user: Option<String>,

    /// Take the user's password from env:VAR, file:PATH, or ask for it
    #[arg(long, value_name = "PLACE", value_parser = place, requires = "user")]
    pub(super) password_from: Option<PasswordPlace>,
}

/// The most octets of a script.
const SCRIPT_CAP: usize = 1024 * 1024;
/// The longest `--delay`.
const DELAY_CAP: Duration = Duration::from_secs(3600);

fn greeting(text: &str) -> Result<RuleReply, String> {
    RuleReply::greeting(text).map_err(|error| error.to_string())
}

/// A line of an EHLO reply: a keyword, and its parameters.
fn ehlo_line(text: &str) -> Result<String, String> {
    let coded = text.len() > 3 && text.bytes().take(3).all(|octet| octet.is_ascii_digit());
    let plain =
        !coded && !text.trim().is_empty() && text.len() <= 500 && !text.contains(char::is_control);
    plain
        .then(|| text.to_owned())
        .ok_or_else(|| "use a keyword and its parameters, such as SIZE 1000".to_owned())
}

/// A stage at which a server waits or drops the connection.
pub(super) fn stage(text: &str) -> Result<practice::Place, String> {
    let stage: Stage = parse(text)?;
    let command = |name: &str| practice::Place::Command(name.to_owned());
    Ok(match stage {
        Stage::Connect | Stage::Banner => practice::Place::Greeting,
        Stage::FirstHelo | Stage::Helo | Stage::XclientHelo => practice::Place::Introduction,
        Stage::Tls => command("STARTTLS"),
        Stage::Dot => practice::Place::Dot,
        Stage::Xclient | Stage::Auth | Stage::Mail | Stage::Rcpt | Stage::Data | Stage::Quit => {
            command(stage.name())
        }
    })
}

/// `STAGE=TIME`.
pub(super) fn delay(text: &str) -> Result<(practice::Place, Duration), String> {
    let (place, time) = text
        .split_once('=')
        .ok_or("use STAGE=TIME, such as DATA=20s")?;
    let place = stage(place)?;
    let time = parse_duration(time).map_err(|error| error.to_string())?;
    if time > DELAY_CAP {
        return Err("use at most 1 h".to_owned());
    }
    Ok((place, time))
}

/// Reads the dialogue of `--script`.
fn read_script(path: &Path) -> Result<Script, UsageError> {
    let failed = |why: String| UsageError(format!("--script: {}: {why}", path.display()));
    let octets = headless::read(path, SCRIPT_CAP);
    let octets = octets.map_err(|error| UsageError(format!("--script: {error}")))?;
    let text = String::from_utf8(octets).map_err(|_| failed("not UTF-8 text".to_owned()))?;
    Script::parse(&text).map_err(|error| failed(error.to_string()))
}

/// Runs the server until the program is killed or nobody reads its output.
pub(super) fn run(arguments: &PracticeArguments) -> anyhow::Result<ExitCode> {
    let (watch, happened) = mpsc::sync_channel(LOG_LINES);
    let (user, password) = match (&arguments.user, &arguments.password_from) {
        (Some(user), Some(place)) => {
            let secret = secret(place, &format!("Password of {user}: "));
            let secret = secret.map_err(|error| UsageError(format!("--password-from: {error}")))?;
            let password = String::from_utf8(secret.reveal().to_vec());
            let not_text = |_| UsageError("--password-from: the password is not UTF-8".to_owned());
            (user.clone(), password.map_err(not_text)?)
        }
        _ => (practice::USER.to_owned(), practice::PASSWORD.to_owned()),
    };
    let options = Options {
        rules: Rules {
            replies: arguments.reply.clone(),
            greeting: arguments.greeting.clone(),
            ehlo: arguments.ehlo.clone(),
            delays: arguments.delay.clone(),
            drops: arguments.drop_at.clone(),
        },
        script: match &arguments.script {
            Some(path) => read_script(path)?,
            None => Script::default(),
        },
        user,
        password,
        listen: arguments.listen,
        tls_listen: tls_address(arguments.listen),
        moods: arguments.mood.iter().copied().collect(),
        log: Some(watch),
    };
    let server = Practice::spawn(options).map_err(UsageError::from_error)?;
    if let Some(path) = &arguments.ca_out {
        std::fs::write(path, server.authority_pem())
            .map_err(|error| UsageError(format!("--ca-out: {}: {error}", path.display())))?;
    }
    let mut head = format!("practice server on {}\n", server.plain());
    if let Some(tls) = server.tls() {
        head.push_str(&format!("TLS from the first byte on {tls}\n"));
    }
    head.push_str(&match &arguments.user {
        // The password is not shown.
        Some(user) => format!("user {user}\n"),
        None => {
            let (user, password, token) = (practice::USER, practice::PASSWORD, practice::TOKEN);
            format!("user {user}, password {password}, token {token}\n")
        }
    });
    for mood in &arguments.mood {
        head.push_str(&format!("mood {}: {}\n", mood.name(), mood.description()));
    }
    head.push_str("Ctrl-C stops the server\n");
    let mut reader = output::print(&head)?;
    let mut happened = happened.into_iter();
    while reader == Reader::Open
        && let Some(line) = happened.next()
    {
        reader = output::print(&format!("{line}\n"))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The TLS address for a plain one: the next port, or a free port if the plain one is free too.
fn tls_address(plain: SocketAddr) -> SocketAddr {
    let port = if plain.port() == 0 {
        0
    } else {
        plain.port().wrapping_add(1)
    };
    SocketAddr::new(plain.ip(), port)
}
