//! The flags of every session without a screen: the login, what is printed, how long to wait.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::connection::limit;
use super::destination::Destination;
use super::error::UsageError;
use super::passphrase;
use crate::config::{PasswordSource, Profile};
use crate::headless::script::{LoginSpec, PasswordPlace, PasswordPlaceError, mechanisms};
use crate::headless::{
    Conversation, LoginNeed, LoginPlan, Outcome, Output, REPLY_TIMEOUT, Recorder,
};
use crate::record::{self, Format, RecordError, SaveOptions};
use crate::report::output;
use crate::smtp::Secret;
use crate::smtp::sasl::Mechanism;

/// The flags of a login.
#[derive(Clone, Debug, Default, PartialEq, clap::Args)]
#[command(next_help_heading = "Login, without a screen")]
pub(super) struct LoginFlags {
    /// Log in with the first of these mechanisms that is offered
    #[arg(long, value_name = "MECH", value_parser = mechanisms_flag)]
    pub(super) auth: Option<MechanismList>,

    /// Log in as this user
    #[arg(long, value_name = "USER")]
    pub(super) user: Option<String>,

    /// Take the password from env:VAR, file:PATH, or ask for it
    #[arg(long, value_name = "PLACE", value_parser = place)]
    pub(super) password_from: Option<PasswordPlace>,

    /// Send a password over a link that exposes it: in clear, or under a certificate that is not verified
    #[arg(long)]
    pub(super) allow_insecure_auth: bool,
}

/// The mechanisms of `--auth`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct MechanismList(pub(super) Vec<Mechanism>);

/// The flags of every session without a screen.
#[derive(Clone, Debug, Default, PartialEq, clap::Args)]
#[command(next_help_heading = "Output, without a screen")]
pub(super) struct SessionFlags {
    /// Wait this long for a reply; 10 m after a message, 0 for ever
    #[arg(long, value_name = "TIME", value_parser = limit)]
    pub(super) reply_timeout: Option<Duration>,

    /// Print the session as lines of JSON, the last one with the outcome
    #[arg(long)]
    pub(super) json: bool,

    /// Print only the outcome
    #[arg(long, short, conflicts_with = "json")]
    pub(super) quiet: bool,

    /// Save the session: .txt, .md, .html, .jsonl or .eml
    #[arg(long, value_name = "FILE")]
    pub(super) save: Option<PathBuf>,
}

fn mechanisms_flag(text: &str) -> Result<MechanismList, String> {
    mechanisms(text).map(MechanismList)
}

/// Parses the place of a password.
pub(super) fn place(text: &str) -> Result<PasswordPlace, String> {
    text.parse()
        .map_err(|error: PasswordPlaceError| error.to_string())
}

impl SessionFlags {
    /// What is printed.
    pub(super) fn output(&self) -> Output {
        match (self.json, self.quiet) {
            (true, _) => Output::Json,
            (_, true) => Output::None,
            _ => Output::Text,
        }
    }

    /// How long a reply may take.
    pub(super) fn patience(&self) -> Option<Duration> {
        let limit = self.reply_timeout.unwrap_or(REPLY_TIMEOUT);
        Some(limit).filter(|limit| !limit.is_zero())
    }

    /// A conversation that is printed as these flags say.
    pub(super) fn conversation(&self, found: &Destination, login: &LoginFlags) -> Conversation {
        let recorder = Recorder::new(&found.name, self.output());
        let mut conversation = Conversation::new(recorder, self.patience());
        if login.allow_insecure_auth {
            conversation.allow_insecure();
        }
        conversation
    }

    /// Refuses what could not be saved, before anything is connected.
    pub(super) fn check(&self) -> Result<(), UsageError> {
        if let Some(path) = &self.save {
            let unusable = |error: RecordError| UsageError(format!("--save: {error}"));
            Format::from_path(path).map_err(unusable)?;
            record::check_writable(path, false).map_err(unusable)?;
        }
        Ok(())
    }

    /// Prints what a session came to, and saves it.
    pub(super) fn finish(
        &self,
        recorder: &mut Recorder,
        outcome: &Outcome,
    ) -> anyhow::Result<ExitCode> {
        match self.output() {
            Output::Json => recorder.print(&record::json_end(outcome.json())),
            Output::Text if !outcome.pages.is_empty() => {
                recorder.print("\n");
                output::print_pages(&outcome.pages)?;
            }
            Output::Text => {}
            Output::None => {
                if !outcome.pages.is_empty() {
                    output::print_pages(&outcome.pages)?;
                }
            }
        }
        // Whoever reads no errors gets the status all the same.
        if !outcome.message.is_empty() {
            let _ = output::print_error(&outcome.message);
        }
        if let Some(error) = recorder.failed() {
            let _ = output::print_error(&format!("standard output: {error}"));
            return Ok(ExitCode::from(outcome.status.max(1)));
        }
        if let Some(path) = &self.save {
            let format = Format::from_path(path).map_err(UsageError::from_error)?;
            let saved = record::save(path, format, &recorder.excerpt(), SaveOptions::default());
            // What became of the session counts more.
            if let Err(error) = saved {
                output::print_error(&format!("not saved: {error}"))?;
                return Ok(ExitCode::from(outcome.status.max(1)));
            }
        }
        Ok(ExitCode::from(outcome.status))
    }
}

/// The plan of a login; asks for the password on the terminal if it has to be asked for.
pub(super) fn asked_login_plan(
    spec: &LoginSpec,
    flags: &LoginFlags,
    found: &Destination,
) -> Result<LoginPlan, LoginNeed> {
    match login_plan(spec, flags, found, None) {
        Err(LoginNeed::Password(question)) => {
            let secret = passphrase::ask_hidden(&question);
            let secret = secret.map_err(|_| LoginNeed::Password(question))?;
            login_plan(spec, flags, found, Some(secret))
        }
        plan => plan,
    }
}

/// Reads a password from its place.
pub(super) fn secret(place: &PasswordPlace, question: &str) -> Result<Secret, String> {
    let read = match place {
        PasswordPlace::Source(source) => read_source(source)?,
        PasswordPlace::Ask => {
            passphrase::ask_hidden(question).map_err(|error| error.to_string())?
        }
    };
    Ok(read)
}

fn read_source(source: &PasswordSource) -> Result<Secret, String> {
    source
        .read(&AtomicBool::new(false))
        .map_err(|error| error.to_string())
}

/// Who logs in, and how: what the script says, over the flags, over the profile.
pub(super) fn login_plan(
    spec: &LoginSpec,
    flags: &LoginFlags,
    found: &Destination,
    given: Option<Secret>,
) -> Result<LoginPlan, LoginNeed> {
    let named: Option<&Profile> = match &spec.profile {
        Some(name) => Some(
            found
                .settings
                .profile
                .get(name)
                .ok_or_else(|| LoginNeed::Other(format!("unknown profile {name:?}")))?,
        ),
        None => found.profile.as_ref(),
    };
    let of_profile = named.map_or("", |profile| profile.mechanism.as_str());
    let mechanisms = match (&spec.mechanisms, &flags.auth) {
        (given, _) if !given.is_empty() => given.clone(),
        (_, Some(MechanismList(given))) => given.clone(),
        _ => Mechanism::parse(of_profile).into_iter().collect(),
    };
    let user = spec.user.clone().or_else(|| flags.user.clone());
    let user = user.or_else(|| named.map(|profile| profile.user.clone()));
    let user = user.filter(|user| !user.is_empty());
    let no_user = || LoginNeed::Other("no user: use --user, or a profile with one".to_owned());
    let user = user.ok_or_else(no_user)?;
    let place = spec.password.as_ref().or(flags.password_from.as_ref());
    let ask = || LoginNeed::Password(format!("Password of {user}: "));
    let of_profile = named.and_then(|profile| profile.password.as_ref());
    let secret = match (given, place, of_profile) {
        (Some(secret), ..) => secret,
        (None, Some(PasswordPlace::Source(source)), _) | (None, None, Some(source)) => {
            read_source(source).map_err(LoginNeed::Other)?
        }
        (None, Some(PasswordPlace::Ask), _) | (None, None, None) => return Err(ask()),
    };
    Ok(LoginPlan {
        mechanisms,
        user,
        secret,
    })
}
