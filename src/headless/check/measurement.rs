//! What was measured of a target: the DNS, and a session with each address.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use futures_util::future::join;
use futures_util::stream::{self, StreamExt as _};

use super::{CheckOptions, CheckTarget};
use crate::headless::survey::{Survey, is_welcome, survey};
use crate::net::{
    ConnectPlan, DnsError, Family, MailRoute, MailServers, ResolveError, Resolver, addresses,
    host_addresses, mail_route, reverse_names,
};

/// Sessions of one target side by side.
const SESSIONS: usize = 4;
/// The most sessions of one target.
const ENDPOINTS_CAP: usize = 64;
/// Names of an address that are looked up again.
const NAMES_CAP: usize = 4;

/// What was measured of a target.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measurement {
    /// The MX records, if the target is a domain.
    pub route: Option<Result<MailRoute, DnsError>>,
    /// The hosts: those of the MX records, or the one that is the target.
    pub hosts: Vec<Host>,
}

/// A host.
#[derive(Clone, Debug, PartialEq)]
pub struct Host {
    /// Its name.
    pub name: String,
    /// Whether an MX record names it.
    pub is_mx: bool,
    /// Its addresses.
    pub addresses: Result<Vec<IpAddr>, ResolveError>,
    /// The name that it is an alias of.
    pub alias: Option<String>,
    /// A session with each address.
    pub endpoints: Vec<Endpoint>,
}

/// A session with one address, and what the DNS says about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Endpoint {
    /// The address.
    pub address: SocketAddr,
    /// The session.
    pub survey: Survey,
    /// The names of the address; `None` if it is one of this machine, which the DNS does not know.
    pub reverse: Option<Result<Vec<ResolvedName>, DnsError>>,
    /// The names that the server gives itself: in the greeting, then in the reply to EHLO if it is
    /// another one.
    pub names: Vec<ResolvedName>,
}

/// A name, and the addresses to which it leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolvedName {
    /// The name.
    pub name: String,
    /// Its addresses.
    pub addresses: Result<Vec<IpAddr>, DnsError>,
}

impl Host {
    /// Whether it is an MX record that names an address, which leads nowhere.
    pub fn names_an_address(&self) -> bool {
        self.is_mx && self.name.parse::<IpAddr>().is_ok()
    }
}

impl Endpoint {
    /// How long it took until before QUIT.
    pub fn time(&self) -> Option<Duration> {
        let session = self.survey.session_time?;
        let greeting = self.survey.greeting_time.unwrap_or_default();
        Some(self.survey.connect_time.unwrap_or_default() + greeting + session)
    }
}

/// Measures a target. `seen` is told of what is there whenever there is more.
pub async fn measure(
    target: &CheckTarget,
    options: &CheckOptions,
    seen: &dyn Fn(&Measurement),
) -> Measurement {
    let mut measurement = Measurement::default();
    let resolver = &options.resolver;
    let names = if target.is_domain {
        let route = mail_route(resolver, &target.plan.host).await;
        let names = match &route {
            Err(_) => Vec::new(),
            Ok(route) => match &route.servers {
                MailServers::NullMx => Vec::new(),
                MailServers::ImplicitMx => vec![(route.domain.clone(), false)],
                MailServers::Mx(all) => all.iter().map(|one| (one.host.clone(), true)).collect(),
            },
        };
        measurement.route = Some(route);
        names
    } else {
        vec![(target.plan.host.clone(), false)]
    };
    let found = stream::iter(names).map(|(name, is_mx)| resolve(name, is_mx, target, resolver));
    measurement.hosts = found.buffered(SESSIONS).collect().await;
    seen(&measurement);
    let hosts = measurement.hosts.iter().enumerate();
    let sessions = hosts.flat_map(|(at, host)| {
        let addresses = host.addresses.iter().flatten();
        let usable = addresses.filter(|_| !host.names_an_address());
        usable.map(move |ip| (at, host.name.clone(), *ip))
    });
    let sessions: Vec<(usize, String, IpAddr)> = sessions.take(ENDPOINTS_CAP).collect();
    let visited = stream::iter(sessions).map(async |(at, host, ip)| {
        let plan = ConnectPlan {
            host,
            address: Some(ip),
            ..target.plan.clone()
        };
        (at, visit(&plan, ip, options).await)
    });
    let visited = visited.buffered(SESSIONS);
    tokio::pin!(visited);
    while let Some((at, endpoint)) = visited.next().await {
        if let Some(host) = measurement.hosts.get_mut(at) {
            host.endpoints.push(endpoint);
        }
        seen(&measurement);
    }
    measurement
}

async fn resolve(name: String, is_mx: bool, target: &CheckTarget, resolver: &Resolver) -> Host {
    let plan = &target.plan;
    let addresses = addresses(&name, plan.family, resolver, plan.timeout).await;
    let alias = match &addresses {
        Ok(_) if is_mx => host_addresses(resolver, &name, Family::V4).await.ok(),
        _ => None,
    };
    Host {
        alias: alias.and_then(|found| found.alias),
        name,
        is_mx,
        addresses,
        endpoints: Vec::new(),
    }
}

/// Has a session with an address, and looks up its names.
async fn visit(plan: &ConnectPlan, ip: IpAddr, options: &CheckOptions) -> Endpoint {
    let resolver = &options.resolver;
    let session = survey(plan, options.patience, options.relay_test.as_deref());
    let (survey, reverse) = join(session, reverse(resolver, ip)).await;
    let mut own = Vec::new();
    // A greeting that refuses need not name the server.
    let greeting = survey.greeting.as_ref().filter(|reply| is_welcome(reply));
    let greeting = greeting.and_then(|reply| reply.texts.first());
    let greeting = greeting.map(|text| String::from_utf8_lossy(text).into_owned());
    let greeting = greeting.as_deref().unwrap_or_default();
    let first = greeting.split([' ', '\t']).next().unwrap_or_default();
    let introduced = survey.offers().map_or("", |offers| offers.server.as_str());
    for name in [first, introduced] {
        if !name.is_empty()
            && !own
                .iter()
                .any(|known: &String| known.eq_ignore_ascii_case(name))
        {
            own.push(name.to_owned());
        }
    }
    Endpoint {
        address: SocketAddr::new(ip, plan.port),
        reverse,
        names: forward(resolver, own).await,
        survey,
    }
}

/// The names of an address, and where they lead.
async fn reverse(resolver: &Resolver, ip: IpAddr) -> Option<Result<Vec<ResolvedName>, DnsError>> {
    if ip.is_loopback() && *resolver == Resolver::System {
        return None;
    }
    Some(match reverse_names(resolver, ip).await {
        Ok(mut names) => {
            names.truncate(NAMES_CAP);
            Ok(forward(resolver, names).await)
        }
        Err(error) => Err(error),
    })
}

async fn forward(resolver: &Resolver, names: Vec<String>) -> Vec<ResolvedName> {
    let found = stream::iter(names).map(async |name| {
        let found = host_addresses(resolver, &name, Family::Any).await;
        ResolvedName {
            name,
            addresses: found.map(|found| found.addresses),
        }
    });
    found.buffered(NAMES_CAP).collect().await
}
