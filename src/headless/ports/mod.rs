//! Looks at the usual ports of a mail server, at each of its addresses, and says which one to use.

mod advice;
mod door;
mod text;

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use futures_util::stream::{self, StreamExt as _};
use serde::Serialize;

use self::advice::Choice;
pub use self::door::{Door, DoorState};
use super::conversation::Stop;
use super::stage::Stage;
use super::survey::{Survey, survey};
use crate::manual::Page;
use crate::net::{ConnectPlan, Failure, Security, TlsError, Verify};

/// The ports that mail servers listen on.
pub const USUAL_PORTS: [u16; 4] = [25, 465, 587, 2525];
/// The port where TLS begins with the first byte.
pub const SMTPS: u16 = 465;
/// How long to wait for a connection, a handshake or a reply: there are many doors, and some may give no
/// answer.
pub const PATIENCE: Duration = Duration::from_secs(10);
/// Doors that are looked at side by side.
const AT_ONCE: usize = 16;
/// The most ports of one call.
pub const PORTS_CAP: usize = 64;

/// What the ports of a host are.
#[derive(Clone, Debug)]
pub struct Ports {
    /// The host, as the user named it.
    pub host: String,
    /// Each port at each address: first all of the first address.
    pub doors: Vec<Door>,
}

/// The last line of the JSON form.
#[derive(Serialize)]
struct JsonSummary<'a> {
    end: bool,
    host: &'a str,
    usable: bool,
    port: Option<u16>,
    tls: Option<&'static str>,
    advice: String,
}

/// What to look at.
#[derive(Clone, Debug)]
pub struct PortsPlan {
    /// The plan of each connection: its host names the server, and without TLS in it none is tried.
    pub connect: ConnectPlan,
    /// The addresses of the host.
    pub addresses: Vec<IpAddr>,
    /// The ports.
    pub ports: Vec<u16>,
    /// Those of them where TLS is expected to begin with the first byte.
    pub tls_first: Vec<u16>,
    /// How long a reply may take.
    pub patience: Duration,
}

impl PortsPlan {
    /// What to look at with a connection to one port: the usual ports, and that one.
    pub fn new(connect: ConnectPlan, patience: Duration) -> Self {
        let mut tls_first = vec![SMTPS];
        tls_first.extend((connect.security == Security::Implicit).then_some(connect.port));
        let ports = USUAL_PORTS.into_iter().chain([connect.port]).collect();
        Self::of(connect, ports, tls_first, patience)
    }

    /// What to look at: these ports, in their order. A verdict on a certificate is shown, whatever it is.
    pub fn of(
        mut connect: ConnectPlan,
        mut ports: Vec<u16>,
        tls_first: Vec<u16>,
        patience: Duration,
    ) -> Self {
        ports.sort_unstable();
        ports.dedup();
        if connect.security == Security::Implicit {
            connect.security = Security::StartTls;
        }
        if connect.tls.verify == Verify::Require {
            connect.tls.verify = Verify::Show;
        }
        Self {
            connect,
            addresses: Vec::new(),
            ports,
            tls_first,
            patience,
        }
    }

    /// Each port at each address: first all of the first address.
    pub fn places(&self) -> impl Iterator<Item = SocketAddr> {
        let of = |address: &IpAddr| {
            let address = *address;
            let ports = self.ports.iter();
            ports.map(move |port| SocketAddr::new(address, *port))
        };
        self.addresses.iter().flat_map(of)
    }
}

/// Looks at the ports of a host. `seen` is told of each as it comes.
pub async fn look(plan: &PortsPlan, seen: &dyn Fn(&Door)) -> Ports {
    let looks = stream::iter(plan.places()).map(async |place| {
        let door = look_at(plan, place).await;
        seen(&door);
        door
    });
    let doors = looks.buffered(AT_ONCE).collect().await;
    Ports {
        host: plan.connect.host.clone(),
        doors,
    }
}

/// Looks at one port: as plain text first, as TLS if nothing comes; the other way round where TLS is
/// expected.
async fn look_at(all: &PortsPlan, address: SocketAddr) -> Door {
    let patience = all.patience;
    let plan = |security| ConnectPlan {
        address: Some(address.ip()),
        port: address.port(),
        security,
        ..all.connect.clone()
    };
    if all.connect.security == Security::None {
        let found = survey(&plan(Security::None), patience, None).await;
        return Door::new(address, Security::None, found);
    }
    if all.tls_first.contains(&address.port()) {
        let found = survey(&plan(Security::Implicit), patience, None).await;
        if !speaks_plainly(&found) {
            return Door::new(address, Security::Implicit, found);
        }
    }
    let found = survey(&plan(Security::StartTls), patience, None).await;
    let silent = matches!(found.stop, Some((Stage::Banner, Stop::TimedOut(_))));
    if silent && found.other_line.is_none() {
        let secured = survey(&plan(Security::Implicit), patience, None).await;
        if secured.tls.is_some() {
            return Door::new(address, Security::Implicit, secured);
        }
    }
    Door::new(address, Security::StartTls, found)
}

/// Whether a handshake failed because the server speaks without TLS.
fn speaks_plainly(survey: &Survey) -> bool {
    matches!(
        survey.stop,
        Some((_, Stop::Failed(Failure::Tls(TlsError::PlainText(_)))))
    )
}

impl Ports {
    /// Whether a client can talk SMTP at one of them.
    pub fn is_usable(&self) -> bool {
        self.doors.iter().any(Door::is_usable)
    }

    /// The one to use. `None` if none is usable.
    pub fn best(&self) -> Option<&Door> {
        Choice::of(&self.doors).map(|choice| choice.door)
    }

    /// The page for a reader.
    pub fn page(&self) -> Page {
        text::page(self)
    }

    /// What to use, in a sentence or two.
    pub fn advice(&self) -> String {
        advice::advice(&self.doors)
    }

    /// Lines of JSON: one for each door, the last one with what to use.
    pub fn json(&self) -> Vec<String> {
        let choice = Choice::of(&self.doors);
        let summary = JsonSummary {
            end: true,
            host: &self.host,
            usable: self.is_usable(),
            port: choice.map(|choice| choice.door.address.port()),
            tls: choice.and_then(|choice| choice.door.tls_name()),
            advice: self.advice(),
        };
        let doors = self.doors.iter().map(Door::json);
        let all = doors.chain([serde_json::to_string(&summary).unwrap_or_default()]);
        all.collect()
    }
}
