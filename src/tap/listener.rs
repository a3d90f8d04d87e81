//! Takes connections, of those who may connect and not too many at once.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio::time::sleep;

use super::{CONNECTIONS_CAP, Network, Plan, Refusal, TapError, TapEvent, Tapped, connection};

/// How many ports after a taken one are tried.
const PORTS_TRIED: u16 = 50;
/// The pause after a failed accept.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Reports that may wait to be taken.
const REPORTS: usize = 64;
/// Batches of events of a connection that may wait to be taken.
const BATCHES: usize = 16;

/// Begins to listen. Returns the address and the reports.
pub(super) async fn start(
    wanted: SocketAddr,
    allow: Vec<Network>,
    plan: Arc<Plan>,
) -> Result<(SocketAddr, mpsc::Receiver<TapEvent>), TapError> {
    let listener = bind(wanted).await?;
    let address = listener.local_addr().map_err(TapError::Start)?;
    let (reports, events) = mpsc::channel(REPORTS);
    tokio::spawn(accept(listener, allow, plan, reports));
    Ok((address, events))
}

/// Binds the wanted port, or the next free one.
async fn bind(wanted: SocketAddr) -> Result<TcpListener, TapError> {
    let mut address = wanted;
    let mut first = None;
    for _ in 0..PORTS_TRIED {
        match TcpListener::bind(address).await {
            Ok(listener) => return Ok(listener),
            Err(error) => {
                let taken = error.kind() == std::io::ErrorKind::AddrInUse;
                first.get_or_insert(error);
                if !taken || address.port() == u16::MAX {
                    break;
                }
            }
        }
        address.set_port(address.port() + 1);
    }
    let source = first.unwrap_or_else(|| std::io::ErrorKind::AddrInUse.into());
    Err(TapError::Listen {
        address: wanted,
        source,
    })
}

/// Takes connections until nobody takes the reports.
async fn accept(
    listener: TcpListener,
    allow: Vec<Network>,
    plan: Arc<Plan>,
    reports: mpsc::Sender<TapEvent>,
) {
    let permits = Arc::new(Semaphore::new(CONNECTIONS_CAP));
    let mut number = 0;
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = reports.closed() => return,
        };
        let Ok((socket, client)) = accepted else {
            sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let is_allowed = client.ip().to_canonical().is_loopback()
            || allow.iter().any(|network| network.contains(client.ip()));
        let permit = Arc::clone(&permits).try_acquire_owned();
        let report = match permit {
            _ if !is_allowed => refuse(socket, client, Refusal::NotAllowed),
            Err(_) => refuse(socket, client, Refusal::Full),
            Ok(permit) => {
                number += 1;
                let (sender, events) = mpsc::channel(BATCHES);
                let plan = Arc::clone(&plan);
                tokio::spawn(async move {
                    connection::serve(socket, plan, sender).await;
                    drop(permit);
                });
                TapEvent::Opened(Tapped {
                    number,
                    client,
                    events,
                })
            }
        };
        if reports.send(report).await.is_err() {
            return;
        }
    }
}

/// Closes a connection at once.
fn refuse(socket: TcpStream, client: SocketAddr, refusal: Refusal) -> TapEvent {
    drop(socket);
    TapEvent::Refused(client, refusal)
}
