//! `ehlo run`: sends the lines of a script.

use std::io::{IsTerminal as _, stdin};
use std::path::Path;
use std::process::ExitCode;

use tokio::sync::mpsc;

use super::arguments::Arguments;
use super::connection::ConnectionFlags;
use super::console;
use super::destination::{self, Automatic, Destination};
use super::error::UsageError;
use super::input;
use super::session::{LoginFlags, SessionFlags, asked_login_plan, login_plan, secret};
use crate::config::parse_port;
use crate::headless::script::{
    Blanks, LoginSpec, OwnCommand, Parser, PasswordPlace, PasswordPlaceError, SCRIPT_CAP, Script,
    ScriptError, Step, StepKind,
};
use crate::headless::{self, LoginNeed, LoginPlan, RunOptions, Steps};
use crate::smtp::Secret;

/// Steps that may wait to be sent.
const STEPS: usize = 16;
/// What a script is called that comes from standard input.
const STDIN: &str = "standard input";

/// The arguments of `ehlo run`.
#[derive(Debug, Default, clap::Args)]
#[command(
    override_usage = "ehlo run [OPTIONS] TARGET [SCRIPT]",
    after_help = "A line of the script is sent as it stands, and its reply awaited. Lines that begin with :
are commands of ehlo, such as :login, :starttls, :data FILE, :sleep 2s; < says what the last reply has to
be, such as < 250, < 4..|5.. or < /text/. After DATA, the lines up to a single dot are the message.

Examples:
  ehlo run mx.example.org test.smtp
  printf 'EHLO me.example\\nQUIT\\n' | ehlo run mx.example.org
  ehlo run mx.example.org test.smtp --set to=bob@example.org --json"
)]
pub(super) struct RunArguments {
    /// The server, as in ehlo TARGET; then the script: - is standard input, which is the default if it is
    /// no terminal
    #[arg(value_name = "TARGET|SCRIPT", num_args = 0..=3)]
    words: Vec<String>,

    /// Fill the blank {NAME} of the script; may be repeated
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,

    /// Fill the secret blank {!NAME} from env:VAR, file:PATH or ask; may be repeated
    #[arg(long, value_name = "NAME=PLACE")]
    set_from: Vec<String>,

    /// Fill blanks in messages too
    #[arg(long)]
    fill_message: bool,

    /// Run this template of the config
    #[arg(long, value_name = "NAME")]
    template: Option<String>,

    #[command(flatten)]
    login: LoginFlags,

    #[command(flatten)]
    session: SessionFlags,

    #[command(flatten)]
    pub(super) connection: ConnectionFlags,
}

/// Runs standard input, which is no terminal, as a script: `printf 'EHLO me\n' | ehlo HOST`.
pub(super) fn run_piped(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    console::check(
        arguments,
        &arguments.connection.or(&ConnectionFlags::default()),
    )?;
    let words = [&arguments.target, &arguments.port];
    let options = RunArguments {
        words: words.into_iter().flatten().cloned().collect(),
        login: arguments.login.clone(),
        session: arguments.session.clone(),
        ..RunArguments::default()
    };
    run(arguments, &options)
}

/// Runs a script against a server.
pub(super) fn run(arguments: &Arguments, options: &RunArguments) -> anyhow::Result<ExitCode> {
    options.session.check()?;
    let connection = options.connection.or(&arguments.connection);
    let elsewhere = connection.practice || connection.profile.is_some();
    let words: Vec<&str> = options.words.iter().map(String::as_str).collect();
    let (target, script) = split(&words, elsewhere)?;
    let source = Source::open(options, script)?;
    let blanks = blanks(options)?;
    if let Source::Whole(script) = &source {
        script.check(&blanks).map_err(UsageError::from_error)?;
        let names: Vec<&str> = script.blanks().collect();
        if let Some(name) = blanks.unused(&names) {
            let message = format!("--set: the script has no blank {{{name}}}");
            return Err(UsageError(message).into());
        }
    }
    let found = destination::find(arguments, &connection, target, Automatic::Console)?;
    let source = match (source, &options.template) {
        (Source::Template(name), _) => Source::Whole(template(&found, &name, &blanks)?),
        (source, _) => source,
    };
    let interactive = matches!(source, Source::Stdin) && stdin().is_terminal();
    // What a login needs is known before anything is connected, and read once.
    let mut plans: Vec<(LoginSpec, LoginPlan)> = Vec::new();
    if let Source::Whole(script) = &source {
        for step in &script.steps {
            let StepKind::Own(OwnCommand::Login(spec)) = &step.kind else {
                continue;
            };
            if plans.iter().any(|(known, _)| known == spec) {
                continue;
            }
            let missing = |need: LoginNeed| {
                UsageError(format!(
                    "{}, line {}: :login: {need}",
                    script.file, step.line
                ))
            };
            let plan = asked_login_plan(spec, &options.login, &found).map_err(missing)?;
            plans.push((spec.clone(), plan));
        }
    }
    let login = |spec: &LoginSpec, given: Option<Secret>| {
        let known = plans.iter().find(|(known, _)| known == spec);
        match known {
            Some((_, plan)) => Ok(plan.clone()),
            // The script comes from the terminal: what is typed there cannot be a password.
            None if interactive => login_plan(spec, &options.login, &found, given),
            None => asked_login_plan(spec, &options.login, &found),
        }
    };
    converse(
        &found,
        &options.session,
        &options.login,
        source.steps(options.fill_message),
        blanks,
        &login,
    )
}

/// Runs the steps against the server that was found.
fn converse(
    found: &Destination,
    session: &SessionFlags,
    login_flags: &LoginFlags,
    steps: Steps,
    blanks: Blanks,
    login: &dyn Fn(&LoginSpec, Option<Secret>) -> Result<LoginPlan, LoginNeed>,
) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut conversation = session.conversation(found, login_flags);
    let options = RunOptions {
        plan: found.plan.clone(),
        blanks,
        login,
    };
    let outcome = runtime.block_on(headless::run(&mut conversation, steps, &options));
    // A lookup may still hang in the system's resolver.
    runtime.shutdown_background();
    session.finish(&mut conversation.recorder, &outcome)
}

/// A target of the command line and its port, if it is a word of its own.
type TargetWords<'a> = Option<(&'a str, Option<&'a str>)>;

/// The target and the script among the words. HOST PORT is both words unless a file is called PORT.
fn split<'a>(
    words: &[&'a str],
    elsewhere: bool,
) -> Result<(TargetWords<'a>, Option<&'a str>), UsageError> {
    let is_port = |word: &str| parse_port(word).is_ok() && !Path::new(word).exists();
    Ok(match *words {
        [] => (None, None),
        [script] if elsewhere => (None, Some(script)),
        [host] => (Some((host, None)), None),
        [host, port] if !elsewhere && is_port(port) => (Some((host, Some(port))), None),
        [host, script] if !elsewhere => (Some((host, None)), Some(script)),
        [host, port, script] if !elsewhere => (Some((host, Some(port))), Some(script)),
        _ => {
            let message =
                "too many words: use TARGET [SCRIPT], or [SCRIPT] with --practice or --profile";
            return Err(UsageError(message.to_owned()));
        }
    })
}

/// Where the script comes from.
enum Source {
    Whole(Script),
    Stdin,
    /// A template of the config.
    Template(String),
}

impl Source {
    fn open(options: &RunArguments, script: Option<&str>) -> Result<Self, UsageError> {
        match (&options.template, script) {
            (Some(_), Some(_)) => {
                let message = "use either a script or --template";
                Err(UsageError(message.to_owned()))
            }
            (Some(name), None) => Ok(Self::Template(name.clone())),
            (None, None) if stdin().is_terminal() => {
                let message = "no script: name a file, or pipe one in (ehlo --plain takes lines from a terminal)";
                Err(UsageError(message.to_owned()))
            }
            (None, None | Some("-")) => Ok(Self::Stdin),
            (None, Some(path)) => {
                let text = headless::read(Path::new(path), SCRIPT_CAP);
                let text = text.map_err(UsageError::from_error)?;
                let script = Script::parse(path, &text, options.fill_message);
                script.map(Self::Whole).map_err(UsageError::from_error)
            }
        }
    }

    fn steps(self, fill_message: bool) -> Steps {
        match self {
            Self::Whole(script) => script.into(),
            Self::Template(_) | Self::Stdin => Steps::Lines(lines(fill_message)),
        }
    }
}

/// The steps of standard input, as its lines come.
fn lines(fill_message: bool) -> mpsc::Receiver<Result<Step, ScriptError>> {
    let (sender, receiver) = mpsc::channel(STEPS);
    // The thread may wait for a line for ever; it ends with the process.
    std::thread::spawn(move || {
        let mut parser = Parser::new(STDIN, fill_message);
        let (mut first, mut failed) = (true, false);
        input::each_line(|line| {
            let text = line.strip_prefix(b"\xef\xbb\xbf").filter(|_| first);
            first = false;
            let Some(step) = parser.push(text.unwrap_or(line)).transpose() else {
                return true;
            };
            failed = step.is_err();
            sender.blocking_send(step).is_ok() && !failed
        });
        if failed {
            return;
        }
        if let Some(step) = parser.finish().transpose() {
            // The receiver is gone if the run is over.
            let _ = sender.blocking_send(step);
        }
    });
    receiver
}

/// The values of the blanks.
fn blanks(options: &RunArguments) -> Result<Blanks, UsageError> {
    let mut blanks = Blanks::default();
    for given in &options.set {
        let set = blanks.set(given);
        set.map_err(|error| UsageError(format!("--set: {error}")))?;
    }
    for given in &options.set_from {
        let fault = |message: String| UsageError(format!("--set-from: {message}"));
        let (name, place) = given
            .split_once('=')
            .ok_or_else(|| fault("use NAME=env:VAR, NAME=file:PATH or NAME=ask".to_owned()))?;
        let place: PasswordPlace = place
            .parse()
            .map_err(|error: PasswordPlaceError| fault(error.to_string()))?;
        let secret = secret(&place, &format!("Value of {name}: ")).map_err(fault)?;
        let set = blanks.set_secret(name, secret);
        set.map_err(|error| fault(error.to_string()))?;
    }
    Ok(blanks)
}

/// A template of the config as a script.
fn template(found: &Destination, name: &str, blanks: &Blanks) -> Result<Script, UsageError> {
    let named = found
        .settings
        .template
        .iter()
        .find(|template| template.name == name);
    let Some(template) = named else {
        let names: Vec<&str> = found
            .settings
            .template
            .iter()
            .map(|template| template.name.as_str())
            .collect();
        return Err(UsageError(format!(
            "unknown template {name:?}: the config has {}",
            match names.join(", ") {
                none if none.is_empty() => "none".to_owned(),
                names => names,
            }
        )));
    };
    let text = template.text.get_ref();
    let script = Script::parse(&format!("template {name}"), text.as_bytes(), true);
    let script = script.map_err(UsageError::from_error)?;
    script.check(blanks).map_err(UsageError::from_error)?;
    Ok(script)
}
