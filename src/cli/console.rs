//! `ehlo [TARGET]`: settings and flags into what the screen begins with.

use crate::report::Environment;
use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use super::arguments::Arguments;
use super::{UsageError, log, passphrase};
use crate::config::{
    Paths, ResolvedTls, Settings, SettingsError, Target, TlsOverrides, UserTemplate, When,
    is_helo_name, parse_port,
};
use crate::manual::Template;
use crate::net::{Family, Plan};
use crate::tui::{self, Exit, Look, Preferences, Start};

/// Opens the console with what the arguments name.
pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    open(arguments, |preferences| start(arguments, preferences))
}

/// Opens the console.
pub(super) fn open(
    arguments: &Arguments,
    start: impl FnOnce(&Preferences) -> Result<Start, UsageError>,
) -> anyhow::Result<ExitCode> {
    let paths = Paths::find();
    let settings = settings(arguments, paths.as_ref())?;
    let mut preferences = preferences(arguments, &settings)?;
    preferences.templates = templates(arguments, &settings, paths.as_ref())?;
    let start = start(&preferences)?;
    if !std::io::stdout().is_terminal() || !std::io::stdin().is_terminal() {
        let words = "the console needs a terminal: standard input and output are to be one";
        return Err(UsageError(words.to_owned()).into());
    }
    log::start(settings.log, paths.as_ref())?;
    let ascii = if arguments.ascii {
        When::Always
    } else {
        settings.ascii
    };
    let color = arguments.color.unwrap_or(settings.color);
    let look = Look::decide(color, ascii, &Environment::read());
    let exit = tui::run(look, preferences, start, paths, settings.history)?;
    Ok(match exit {
        Exit::Quit => ExitCode::SUCCESS,
        // As a shell counts it: 128 and the signal's number.
        Exit::Signal(number) => ExitCode::from(u8::try_from(128 + number).unwrap_or(1)),
        Exit::TerminalGone | Exit::WireGone => ExitCode::FAILURE,
    })
}

fn settings(arguments: &Arguments, paths: Option<&Paths>) -> Result<Settings, UsageError> {
    let usual = paths.map(|paths| paths.config.as_path());
    let mut settings = match (arguments.config.as_deref(), usual) {
        (Some(wanted), _) => Settings::load(wanted, true),
        (None, Some(usual)) => Settings::load(usual, false),
        (None, None) => Ok(Settings::default()),
    }
    .map_err(UsageError::from_error)?;
    settings.log = arguments.log.unwrap_or(settings.log);
    Ok(settings)
}

fn preferences(arguments: &Arguments, settings: &Settings) -> Result<Preferences, UsageError> {
    let family = match (arguments.ipv4, arguments.ipv6) {
        (true, _) => Family::V4,
        (_, true) => Family::V6,
        _ => settings.family,
    };
    let overrides = arguments
        .handshake
        .overrides()
        .or(settings.handshake.clone());
    let options = passphrase::resolve_tls(&overrides);
    let tls = options.map_err(UsageError::from_error)?;
    let profile_overrides = profile_overrides(arguments, settings);
    let helo = arguments.helo.as_deref().unwrap_or(&settings.helo);
    let plan = Plan {
        family,
        timeout: Duration::from_secs(arguments.timeout.unwrap_or(settings.timeout)),
        tls,
        helo: helo_name(helo)?,
        ..Plan::default()
    };
    Ok(Preferences {
        plan,
        tls: arguments.tls.unwrap_or(settings.tls),
        transcript_cap: settings.transcript_mib.saturating_mul(1024 * 1024),
        wrap: settings.wrap,
        mouse: arguments.mouse || settings.mouse,
        profiles: settings.profile.clone(),
        overrides,
        read: profile_read(arguments, &profile_overrides)?,
        profile_overrides,
        ..Preferences::default()
    })
}

/// What the profiles say of the handshake, below the flags and above the config.
fn profile_overrides(arguments: &Arguments, settings: &Settings) -> BTreeMap<String, TlsOverrides> {
    let mut all = BTreeMap::new();
    for (name, profile) in &settings.profile {
        if profile.handshake != TlsOverrides::default() {
            let below = profile.handshake.clone().or(settings.handshake.clone());
            all.insert(name.clone(), arguments.handshake.overrides().or(below));
        }
    }
    all
}

/// What the profile that is asked for comes to. The others are read when they are chosen.
fn profile_read(
    arguments: &Arguments,
    profiles: &BTreeMap<String, TlsOverrides>,
) -> Result<Vec<ResolvedTls>, UsageError> {
    let name = arguments.profile.as_deref().unwrap_or_default();
    let Some(overrides) = profiles.get(name) else {
        return Ok(Vec::new());
    };
    let options = passphrase::resolve_tls(overrides);
    let options = options.map_err(|error| UsageError(format!("profile {name}: {error}")))?;
    let overrides = overrides.clone();
    Ok(vec![ResolvedTls { overrides, options }])
}

/// The user's templates. What is wrong with one is told as anything wrong in the file is.
fn templates(
    arguments: &Arguments,
    settings: &Settings,
    paths: Option<&Paths>,
) -> Result<Vec<Template>, UsageError> {
    let usual = paths.map(|paths| paths.config.as_path());
    let file = arguments
        .config
        .as_deref()
        .or(usual)
        .unwrap_or(Path::new(""));
    let read = |template: &UserTemplate| {
        Template::of_user(&template.name, template.text.get_ref()).map_err(|error| {
            UsageError::from_error(SettingsError::Invalid {
                path: file.to_owned(),
                line: template.line,
                message: error.to_string(),
            })
        })
    };
    settings.template.iter().map(read).collect()
}

fn start(arguments: &Arguments, preferences: &Preferences) -> Result<Start, UsageError> {
    if let Some(name) = &arguments.profile {
        return if preferences.profiles.contains_key(name) {
            Ok(Start::Profile(name.clone()))
        } else {
            Err(UsageError(no_profile(name, preferences)))
        };
    }
    match &arguments.target {
        _ if arguments.tour => Ok(Start::Tour),
        _ if arguments.practice => Ok(Start::Practice(arguments.mood.clone())),
        None => Ok(Start::Form),
        Some(text) => target(text, arguments.port.as_deref()).map(Start::Server),
    }
}

fn no_profile(name: &str, preferences: &Preferences) -> String {
    let names: Vec<&str> = preferences.profiles.keys().map(String::as_str).collect();
    match names.join(", ") {
        none if none.is_empty() => {
            format!("--profile: there is no profile {name:?}, nor any other: the config has none")
        }
        known => format!("--profile: there is no profile {name:?}; the config has {known}"),
    }
}

/// The target, whose port may stand behind it as a word of its own.
fn target(text: &str, port: Option<&str>) -> Result<Target, UsageError> {
    let target = Target::parse(text).map_err(UsageError::from_error)?;
    let Some(port) = port else { return Ok(target) };
    if text != target.host {
        return Err(UsageError(format!(
            "{port:?} is a port too much: {text:?} says already how to connect"
        )));
    }
    let port = parse_port(port).map_err(UsageError::from_error)?;
    Ok(Target { port, ..target })
}

/// The name for EHLO: the one that is set, else this host's if it has a dot. Without either the
/// connection's own address is used.
pub(super) fn helo_name(set: &str) -> Result<Option<String>, UsageError> {
    if !set.is_empty() {
        let wrong = || {
            UsageError(format!(
                "--helo: {set:?} is no name: it holds blanks or controls"
            ))
        };
        return if is_helo_name(set) {
            Ok(Some(set.to_owned()))
        } else {
            Err(wrong())
        };
    }
    let host = rustix::system::uname()
        .nodename()
        .to_string_lossy()
        .into_owned();
    let complete =
        host.contains('.') && Target::parse(&host).is_ok_and(|target| target.host == host);
    Ok(complete.then_some(host))
}
