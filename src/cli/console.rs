//! `ehlo [TARGET]`: merges flags and settings, and starts the console with them.

use std::collections::BTreeMap;
use std::io::{IsTerminal, stdin};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use super::arguments::Arguments;
use super::connection::{Connection, ConnectionFlags};
use super::error::UsageError;
use super::{log, passphrase};
use crate::config::{
    KeyBinding, Paths, Profile, ResolvedTls, Settings, SettingsError, Target, TlsOverrides,
    UserTemplate, When, is_helo_name, parse_port,
};
use crate::manual::Template;
use crate::net::ConnectPlan;
use crate::report::{Environment, output};
use crate::tui::{self, Look, Preferences, Start};

/// Starts the console with the server or the form that the arguments ask for.
pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let connection = arguments.connection.or(&ConnectionFlags::default());
    if arguments.has_session_flags() {
        let message = "flags of a login and of the output are for ehlo --plain, ehlo run and scripts: the screen \
                       has its own ways";
        return Err(UsageError(message.to_owned()).into());
    }
    open(arguments, |preferences| {
        start(arguments, &connection, preferences)
    })
}

/// Whether the terminal can show no screen.
pub(super) fn is_dumb(arguments: &Arguments) -> bool {
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    let connection = &arguments.connection;
    let server = arguments.target.is_some() || connection.practice || connection.profile.is_some();
    dumb && server && stdin().is_terminal()
}

/// Whether standard input is a script rather than a terminal.
pub(super) fn is_piped(arguments: &Arguments) -> bool {
    let connection = &arguments.connection;
    let server = arguments.target.is_some() || connection.practice || connection.profile.is_some();
    server && !arguments.tour && !stdin().is_terminal()
}

/// Starts the console with what `start` makes of the preferences.
pub(super) fn open(
    arguments: &Arguments,
    start: impl FnOnce(&Preferences) -> Result<Start, UsageError>,
) -> anyhow::Result<ExitCode> {
    let paths = Paths::find();
    let settings = settings(arguments, paths.as_ref())?;
    let connection = arguments.connection.or(&ConnectionFlags::default());
    check(arguments, &connection)?;
    let mut preferences = preferences(arguments, &connection, &settings)?;
    preferences.templates = templates(arguments, &settings, paths.as_ref())?;
    bind_keys(arguments, &settings, paths.as_ref())?;
    let start = start(&preferences)?;
    if !output::is_terminal() || !stdin().is_terminal() {
        let message = "the console needs a terminal: ehlo run sends a script, and ehlo --plain works \
                       without a screen";
        return Err(UsageError(message.to_owned()).into());
    }
    log::start(settings.log, paths.as_ref())?;
    let ascii = if arguments.ascii {
        When::Always
    } else {
        settings.ascii
    };
    let color = arguments.color.unwrap_or(settings.color);
    let look = Look::decide(color, &settings.theme, ascii, &Environment::read());
    let exit = tui::run(
        look,
        preferences,
        start,
        paths,
        settings.history,
        settings.sessions,
    )?;
    Ok(ExitCode::from(exit.status()))
}

/// Reads the config file, and applies the flags that are needed before the console starts.
pub(super) fn settings(
    arguments: &Arguments,
    paths: Option<&Paths>,
) -> Result<Settings, UsageError> {
    let usual = paths.map(|paths| paths.config.as_path());
    let mut settings = match (arguments.config.as_deref(), usual) {
        (Some(named), _) => Settings::load(named, true),
        (None, Some(usual)) => Settings::load(usual, false),
        (None, None) => Ok(Settings::default()),
    }
    .map_err(UsageError::from_error)?;
    settings.log = arguments.log.unwrap_or(settings.log);
    Ok(settings)
}

/// Merges flags over settings.
fn preferences(
    arguments: &Arguments,
    connection: &Connection,
    settings: &Settings,
) -> Result<Preferences, UsageError> {
    let overrides = connection.overrides.clone().or(settings.handshake.clone());
    let options = passphrase::resolve_tls(&overrides);
    let tls = options.map_err(UsageError::from_error)?;
    let profile_overrides = profile_overrides(connection, settings);
    let helo = connection.helo.as_deref().unwrap_or(&settings.helo);
    let timeout = Duration::from_secs(settings.timeout);
    let plan = ConnectPlan {
        family: connection.family.unwrap_or(settings.family),
        timeout: connection.timeout.unwrap_or(timeout),
        tls,
        helo: helo_name(helo)?,
        ..ConnectPlan::default()
    };
    Ok(Preferences {
        plan,
        tls: connection.tls.unwrap_or(settings.tls),
        transcript_cap: settings.transcript_mib.saturating_mul(1024 * 1024),
        wrap: settings.wrap,
        fold: settings.fold,
        mouse: arguments.mouse || settings.mouse,
        profiles: settings.profile.clone(),
        overrides,
        read: profile_tls(connection, &profile_overrides)?,
        profile_overrides,
        ..Preferences::default()
    })
}

/// The handshake settings of each profile that has its own: flags over profile over config.
fn profile_overrides(
    connection: &Connection,
    settings: &Settings,
) -> BTreeMap<String, TlsOverrides> {
    let mut all = BTreeMap::new();
    for (name, profile) in &settings.profile {
        if profile.handshake != TlsOverrides::default() {
            let fallback = profile.handshake.clone().or(settings.handshake.clone());
            all.insert(name.clone(), connection.overrides.clone().or(fallback));
        }
    }
    all
}

/// Resolves the handshake settings of the profile that `--profile` names. Those of the others are
/// resolved when they are chosen.
fn profile_tls(
    connection: &Connection,
    profiles: &BTreeMap<String, TlsOverrides>,
) -> Result<Vec<ResolvedTls>, UsageError> {
    let name = connection.profile.as_deref().unwrap_or_default();
    let Some(overrides) = profiles.get(name) else {
        return Ok(Vec::new());
    };
    let options = passphrase::resolve_tls(overrides);
    let options = options.map_err(|error| UsageError(format!("profile {name}: {error}")))?;
    let overrides = overrides.clone();
    Ok(vec![ResolvedTls { overrides, options }])
}

/// Reads the user's templates. An error names the config file and the line, as other errors in it
/// do.
fn templates(
    arguments: &Arguments,
    settings: &Settings,
    paths: Option<&Paths>,
) -> Result<Vec<Template>, UsageError> {
    let read = |template: &UserTemplate| {
        Template::from_settings(&template.name, template.text.get_ref())
            .map_err(|error| invalid(arguments, paths, template.line, &error))
    };
    settings.template.iter().map(read).collect()
}

/// Binds the keys of the config.
fn bind_keys(
    arguments: &Arguments,
    settings: &Settings,
    paths: Option<&Paths>,
) -> Result<(), UsageError> {
    let of = |(name, binding): (&String, &KeyBinding)| (name.clone(), binding.keys.clone());
    let wanted: Vec<(String, Vec<String>)> = settings.keys.iter().map(of).collect();
    tui::bind(&wanted).map_err(|(at, error)| {
        let line = settings.keys.values().nth(at);
        let line = line.map_or(0, |binding| binding.line);
        invalid(arguments, paths, line, &error)
    })
}

/// The error for a line of the config file.
fn invalid(
    arguments: &Arguments,
    paths: Option<&Paths>,
    line: usize,
    error: &dyn std::error::Error,
) -> UsageError {
    let usual = paths.map(|paths| paths.config.as_path());
    let file = arguments.config.as_deref().or(usual);
    UsageError::from_error(SettingsError::Invalid {
        path: file.unwrap_or(Path::new("")).to_owned(),
        line,
        message: error.to_string(),
    })
}

/// Refuses flags that contradict one another.
pub(super) fn check(arguments: &Arguments, connection: &Connection) -> Result<(), UsageError> {
    let named = [
        (arguments.target.is_some(), "a target"),
        (connection.practice, "--practice"),
        (connection.profile.is_some(), "--profile"),
        (arguments.tour, "--tour"),
    ];
    let named: Vec<&str> = named
        .into_iter()
        .filter_map(|(given, name)| given.then_some(name))
        .collect();
    if let [one, other, ..] = named[..] {
        return Err(UsageError(format!("use either {one} or {other}")));
    }
    if !connection.mood.is_empty() && !connection.practice {
        return Err(UsageError("--mood needs --practice".to_owned()));
    }
    Ok(())
}

/// What the console starts with.
fn start(
    arguments: &Arguments,
    connection: &Connection,
    preferences: &Preferences,
) -> Result<Start, UsageError> {
    if let Some(name) = &connection.profile {
        return if preferences.profiles.contains_key(name) {
            Ok(Start::Profile(name.clone()))
        } else {
            Err(unknown_profile(name, &preferences.profiles))
        };
    }
    match &arguments.target {
        _ if arguments.tour => Ok(Start::Tour),
        _ if connection.practice => Ok(Start::Practice(connection.mood.clone())),
        None => Ok(Start::Form),
        Some(text) => target(text, arguments.port.as_deref()).map(Start::Server),
    }
}

/// The error for a profile that the config does not have.
pub(super) fn unknown_profile(name: &str, profiles: &BTreeMap<String, Profile>) -> UsageError {
    let names: Vec<&str> = profiles.keys().map(String::as_str).collect();
    let known = match names.join(", ") {
        none if none.is_empty() => "the config has no profiles".to_owned(),
        known => format!("the config has {known}"),
    };
    UsageError(format!("unknown profile {name:?}: {known}"))
}

/// Parses the target, and the port if that is an argument of its own.
pub(super) fn target(text: &str, port: Option<&str>) -> Result<Target, UsageError> {
    let target = Target::parse(text).map_err(UsageError::from_error)?;
    let Some(port) = port else { return Ok(target) };
    if text != target.host {
        return Err(UsageError(format!(
            "unexpected port {port:?} after {text:?}: only a plain HOST may be followed by a port"
        )));
    }
    let port = parse_port(port).map_err(UsageError::from_error)?;
    Ok(Target { port, ..target })
}

/// The name for EHLO: `name` if it is not empty, else the name of this host if that contains a dot.
/// `None` stands for the address that the connection comes from.
pub(super) fn helo_name(name: &str) -> Result<Option<String>, UsageError> {
    if !name.is_empty() {
        return if is_helo_name(name) {
            Ok(Some(name.to_owned()))
        } else {
            Err(UsageError(format!(
                "invalid --helo name {name:?}: it contains blanks or control characters"
            )))
        };
    }
    let host = rustix::system::uname()
        .nodename()
        .to_string_lossy()
        .into_owned();
    let qualified =
        host.contains('.') && Target::parse(&host).is_ok_and(|target| target.host == host);
    Ok(qualified.then_some(host))
}
