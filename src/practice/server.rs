//! The running server: a thread of its own with both listeners, stopped when it is dropped.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener as StdListener};
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{self, Runtime};
use tokio::sync::{Semaphore, oneshot};
use tokio::time::sleep;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::CertificateDer;

use super::certificate;
use super::connection;
use super::error::PracticeError;
use super::identity::PASSWORD;
use super::log::ConnectionLog;
use super::message::StoredMessage;
use super::mood::{Mood, Moods};
use super::session::Channel;
use super::state::ServerState;

/// How many clients are served at once.
const CONNECTIONS_CAP: usize = 64;
/// What one more is told.
const FULL: &[u8] = b"421 4.3.2 Too many connections at once: come back later\r\n";
/// How long the server rests when the system has no socket for it.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What a practice server is to be like.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where to listen in clear; port 0 takes any free port.
    pub listen: SocketAddr,
    /// Where to listen with TLS from the first octet; not used in the mood [`Mood::NoTls`].
    pub tls_listen: SocketAddr,
    /// How difficult to be.
    pub moods: Moods,
    /// The password of the one user. `HELP` tells [`PASSWORD`] whatever stands here.
    pub password: String,
    /// Who is told of each thing that happens, in one line without any secret. The lines wait in
    /// the channel until they are taken.
    pub log: Option<Sender<String>>,
}

impl Default for Options {
    fn default() -> Self {
        let anywhere = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
        Self {
            listen: anywhere,
            tls_listen: anywhere,
            moods: Moods::default(),
            password: PASSWORD.to_owned(),
            log: None,
        }
    }
}

/// A running server. Dropping it ends every conversation at once and waits for the thread.
pub struct Practice {
    plain: SocketAddr,
    tls: Option<SocketAddr>,
    authority: CertificateDer<'static>,
    authority_pem: String,
    state: Arc<ServerState>,
    /// Dropping it is what tells the thread to stop.
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Practice {
    /// Starts a server. When this returns, clients can connect.
    ///
    /// # Errors
    /// Fails if an address cannot be listened on, or if certificates or thread cannot be made.
    pub fn spawn(options: Options) -> Result<Self, PracticeError> {
        let moods = options.moods;
        let certificates = certificate::make(moods.contains(Mood::BadCert))?;
        let runtime = runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(PracticeError::Start)?;
        let (plain, plain_address) = listen(options.listen, &runtime)?;
        let (tls, tls_address) = if moods.contains(Mood::NoTls) {
            (None, None)
        } else {
            let (listener, address) = listen(options.tls_listen, &runtime)?;
            (Some(listener), Some(address))
        };
        let state = Arc::new(ServerState {
            moods,
            password: options.password,
            ..ServerState::default()
        });
        let doors = AcceptLoop {
            acceptor: TlsAcceptor::from(certificates.tls),
            state: Arc::clone(&state),
            log: options.log,
            permits: Arc::new(Semaphore::new(CONNECTIONS_CAP)),
        };
        let (stop, stopped) = oneshot::channel();
        let thread = Builder::new()
            .name("practice".to_owned())
            .spawn(move || runtime.block_on(doors.keep(plain, tls, stopped)))
            .map_err(PracticeError::Start)?;
        Ok(Self {
            plain: plain_address,
            tls: tls_address,
            authority: certificates.authority,
            authority_pem: certificates.authority_pem,
            state,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Where the server listens in clear, and offers STARTTLS.
    pub fn plain(&self) -> SocketAddr {
        self.plain
    }

    /// Where it listens with TLS from the first octet; None in the mood [`Mood::NoTls`].
    pub fn tls(&self) -> Option<SocketAddr> {
        self.tls
    }

    /// The authority that signed the server's certificate, for clients that choose to trust it. In
    /// the mood [`Mood::BadCert`] another one signed.
    pub fn authority(&self) -> &CertificateDer<'static> {
        &self.authority
    }

    /// The same as PEM text.
    pub fn authority_pem(&self) -> &str {
        &self.authority_pem
    }

    /// What was received and kept, newest last.
    pub fn messages(&self) -> Vec<StoredMessage> {
        self.state.mailbox.messages()
    }
}

impl fmt::Debug for Practice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Practice")
            .field("plain", &self.plain)
            .field("tls", &self.tls)
            .field("moods", &self.state.moods)
            .finish_non_exhaustive()
    }
}

impl Drop for Practice {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // Had the thread panicked, there would be nothing left to do about it here.
            let _ = thread.join();
        }
    }
}

/// The two listeners' common knowledge.
struct AcceptLoop {
    acceptor: TlsAcceptor,
    state: Arc<ServerState>,
    log: Option<Sender<String>>,
    permits: Arc<Semaphore>,
}

impl AcceptLoop {
    /// Lets clients in until it is told to stop; with the runtime all conversations end.
    async fn keep(
        self,
        plain: TcpListener,
        tls: Option<TcpListener>,
        stopped: oneshot::Receiver<()>,
    ) {
        let mut connections = 0;
        let mut stopped = stopped;
        loop {
            let accepted = tokio::select! {
                _ = &mut stopped => return,
                accepted = plain.accept() => accepted.map(|(socket, from)| (socket, from, Channel::Clear)),
                accepted = accept(tls.as_ref()) => accepted.map(|(socket, from)| (socket, from, Channel::Tls)),
            };
            match accepted {
                Ok((socket, from, channel)) => {
                    connections += 1;
                    self.admit(socket, from, channel, connections);
                }
                Err(error) => {
                    tracing::warn!("practice server: no connection to be had: {error}");
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    fn admit(&self, socket: TcpStream, from: SocketAddr, channel: Channel, connection: u64) {
        let log = ConnectionLog {
            connection,
            sender: self.log.clone(),
        };
        let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned() else {
            log.event(|| format!("{from} turned away: too many connections"));
            if channel == Channel::Clear {
                // A fresh socket has room for one line; if not, the close speaks for itself.
                let _ = socket.try_write(FULL);
            }
            return;
        };
        log.event(|| match channel {
            Channel::Clear => format!("{from} connected"),
            Channel::Tls => format!("{from} connected, TLS first"),
        });
        // Without it each reply may wait for the client's acknowledgement of the one before.
        if let Err(error) = socket.set_nodelay(true) {
            tracing::debug!("practice server: no TCP_NODELAY for {from}: {error}");
        }
        let (acceptor, state) = (self.acceptor.clone(), Arc::clone(&self.state));
        tokio::spawn(async move {
            connection::serve(socket, channel, acceptor, state, log).await;
            drop(permit);
        });
    }
}

/// The next client of a listener that there may not be.
async fn accept(listener: Option<&TcpListener>) -> io::Result<(TcpStream, SocketAddr)> {
    match listener {
        Some(listener) => listener.accept().await,
        None => std::future::pending().await,
    }
}

fn listen(
    address: SocketAddr,
    runtime: &Runtime,
) -> Result<(TcpListener, SocketAddr), PracticeError> {
    let listen = || {
        let listener = StdListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let set_exporter = listener.local_addr()?;
        let _context = runtime.enter();
        Ok((TcpListener::from_std(listener)?, set_exporter))
    };
    listen().map_err(|source| PracticeError::Listen { address, source })
}
