//! Where a subcommand connects to, and how: its words and flags, the config, the practice server.

use std::time::Duration;

use super::arguments::Arguments;
use super::connection::Connection;
use super::error::{NoServer, UsageError};
use super::{console, passphrase};
use crate::config::{Paths, Profile, Settings, Target, TlsChoice};
use crate::headless;
use crate::net::{ConnectPlan, Security, Sni};
use crate::practice::{self, Practice};

/// A server, and how to connect to it.
pub(super) struct Destination {
    /// The connection.
    pub plan: ConnectPlan,
    /// The server as the user named it.
    pub name: String,
    /// The domain whose mail server it is, and all its mail servers.
    pub domain: Option<(String, Vec<String>)>,
    /// The profile that names it.
    pub profile: Option<Profile>,
    /// The practice server, which ends with this value.
    pub practice: Option<Practice>,
    /// When TLS begins, as flags, profile and config say.
    pub tls: TlsChoice,
    /// The settings of the config.
    pub settings: Settings,
}

/// When TLS begins, if nobody says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Automatic {
    /// From the first byte where the target implies it, else not by itself.
    Console,
    /// From the first byte where the target implies it, else STARTTLS.
    StartTls,
}

/// Finds the destination of a subcommand: `target` and its port are its words. If it is a domain, this
/// is its first mail server.
pub(super) fn find(
    arguments: &Arguments,
    connection: &Connection,
    target: Option<(&str, Option<&str>)>,
    automatic: Automatic,
) -> anyhow::Result<Destination> {
    let (mut found, is_domain) = named(arguments, connection, target, automatic)?;
    if is_domain {
        let domain = found.plan.host.clone();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let servers = headless::mail_servers(&domain, connection.resolver());
        let servers = runtime.block_on(servers);
        let servers = servers.map_err(|failure| NoServer(failure.to_string()))?;
        match servers.first() {
            Some(first) => found.plan.host.clone_from(first),
            None => return Err(NoServer(format!("no server takes mail for {domain}")).into()),
        }
        found.domain = Some((domain, servers));
    }
    Ok(found)
}

/// Finds what the words of a subcommand name, and whether that is a domain, whose mail servers are not
/// looked up yet.
pub(super) fn named(
    arguments: &Arguments,
    connection: &Connection,
    target: Option<(&str, Option<&str>)>,
    automatic: Automatic,
) -> anyhow::Result<(Destination, bool)> {
    let paths = Paths::find();
    let settings = console::settings(arguments, paths.as_ref())?;
    let named = [
        target.is_some(),
        connection.practice,
        connection.profile.is_some(),
    ];
    match named.into_iter().filter(|given| *given).count() {
        0 => return Err(UsageError("no server: name one, or use --practice".to_owned()).into()),
        1 => {}
        _ => {
            let message = "several servers: use a target, --practice or --profile";
            return Err(UsageError(message.to_owned()).into());
        }
    }
    if !connection.mood.is_empty() && !connection.practice {
        return Err(UsageError("--mood needs --practice".to_owned()).into());
    }
    let profile = match &connection.profile {
        Some(name) => Some(
            settings
                .profile
                .get(name)
                .cloned()
                .ok_or_else(|| console::unknown_profile(name, &settings.profile))?,
        ),
        None => None,
    };
    let own = profile.as_ref().map(|profile| profile.handshake.clone());
    let overrides = connection.overrides.clone().or(own.unwrap_or_default());
    let overrides = overrides.or(settings.handshake.clone());
    let mut tls = passphrase::resolve_tls(&overrides).map_err(UsageError::from_error)?;
    if tls.dane.is_some() {
        tls.dane = Some(connection.resolver());
    }
    let helo = connection.helo.as_deref().unwrap_or(&settings.helo);
    let mut plan = ConnectPlan {
        family: connection.family.unwrap_or(settings.family),
        timeout: connection
            .timeout
            .unwrap_or(Duration::from_secs(settings.timeout)),
        tls,
        helo: console::helo_name(helo)?,
        ..ConnectPlan::default()
    };
    let chosen = connection
        .tls
        .or(profile.as_ref().map(|profile| profile.tls));
    let chosen = chosen.unwrap_or(settings.tls);
    let security = |default: Security| match (chosen, automatic, default) {
        (TlsChoice::Auto, Automatic::StartTls, Security::None) => Security::StartTls,
        _ => chosen.resolve(default),
    };
    let mut found = Destination {
        plan: ConnectPlan::default(),
        name: String::new(),
        domain: None,
        profile,
        practice: None,
        tls: chosen,
        settings,
    };
    if connection.practice {
        let server = Practice::spawn(practice::Options {
            moods: connection.mood.iter().copied().collect(),
            ..practice::Options::default()
        })?;
        plan.security = security(Security::None);
        let address = match plan.security {
            Security::Implicit => server.tls().unwrap_or(server.plain()),
            _ => server.plain(),
        };
        // The server listens on IPv4 only, and "localhost" may resolve to IPv6 first.
        plan.host = address.ip().to_string();
        if plan.tls.sni == Sni::Host {
            plan.tls.sni = Sni::Name(practice::HOST.to_owned());
        }
        plan.port = address.port();
        plan.tls.authorities.push(server.authority().clone());
        found.name = format!("{}:{}", practice::HOST, plan.port);
        found.practice = Some(server);
        found.plan = plan;
        return Ok((found, false));
    }
    let target = match (target, &found.profile) {
        (Some((text, port)), _) => console::target(text, port)?,
        (None, Some(profile)) => profile.target.clone(),
        (None, None) => Target::parse("").map_err(UsageError::from_error)?,
    };
    plan.security = security(target.security());
    plan.host.clone_from(&target.host);
    plan.port = target.port;
    found.name = target.to_string();
    if target.mx {
        plan.tls.dane.get_or_insert(connection.resolver());
    }
    found.plan = plan;
    Ok((found, target.mx))
}
