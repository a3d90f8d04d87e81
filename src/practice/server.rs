//! The running server: a thread with both listeners, which stops when the handle is dropped.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener as StdListener};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::mpsc::SyncSender;
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
use super::identity::{PASSWORD, USER};
use super::log::ConnectionLog;
use super::message::StoredMessage;
use super::mood::{Mood, Moods};
use super::rule::Rules;
use super::script::Script;
use super::session::Channel;
use super::state::ServerState;

/// The maximum number of simultaneous connections.
const CONNECTIONS_CAP: usize = 64;
/// The reply to a connection beyond the limit.
const FULL: &[u8] = b"421 4.3.2 Too many connections: try again later\r\n";
/// The pause after a failed accept.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Options of a practice server.
#[derive(Clone, Debug)]
pub struct Options {
    /// The address for plain connections with STARTTLS; port 0 selects a free port.
    pub listen: SocketAddr,
    /// The address for connections with implicit TLS; unused with [`Mood::NoTls`].
    pub tls_listen: SocketAddr,
    /// The moods.
    pub moods: Moods,
    /// What the server does in place of what it would do.
    pub rules: Rules,
    /// The dialogue that it plays to each client.
    pub script: Script,
    /// The user.
    pub user: String,
    /// The password of the user. `HELP` always shows [`PASSWORD`].
    pub password: String,
    /// Receives a line of text for each event, without secrets. The channel is unbounded.
    pub log: Option<SyncSender<String>>,
}

impl Default for Options {
    fn default() -> Self {
        let anywhere = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
        Self {
            listen: anywhere,
            tls_listen: anywhere,
            moods: Moods::default(),
            rules: Rules::default(),
            script: Script::default(),
            user: USER.to_owned(),
            password: PASSWORD.to_owned(),
            log: None,
        }
    }
}

/// A running server. Dropping it ends all connections at once and waits for the thread.
pub struct Practice {
    plain: SocketAddr,
    tls: Option<SocketAddr>,
    authority: CertificateDer<'static>,
    authority_pem: String,
    state: Arc<ServerState>,
    /// Dropping the sender stops the thread.
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Practice {
    /// Starts a server. When this returns, clients can connect.
    ///
    /// # Errors
    /// [`PracticeError::Listen`], [`PracticeError::Certificate`], [`PracticeError::Tls`] and
    /// [`PracticeError::Start`].
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
            rules: options.rules,
            script: options.script,
            user: options.user,
            password: options.password,
            ..ServerState::default()
        });
        let accept_loop = AcceptLoop {
            acceptor: TlsAcceptor::from(certificates.tls),
            state: Arc::clone(&state),
            log: options.log,
            left_out: Arc::default(),
            permits: Arc::new(Semaphore::new(CONNECTIONS_CAP)),
        };
        let (stop, stopped) = oneshot::channel();
        let thread = Builder::new()
            .name("practice".to_owned())
            .spawn(move || runtime.block_on(accept_loop.run(plain, tls, stopped)))
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

    /// The address for plain connections with STARTTLS.
    pub fn plain(&self) -> SocketAddr {
        self.plain
    }

    /// The address for implicit TLS; `None` with [`Mood::NoTls`].
    pub fn tls(&self) -> Option<SocketAddr> {
        self.tls
    }

    /// The CA certificate, for clients to trust. With [`Mood::BadCert`] another CA signed the
    /// server's certificate.
    pub fn authority(&self) -> &CertificateDer<'static> {
        &self.authority
    }

    /// The CA certificate in PEM.
    pub fn authority_pem(&self) -> &str {
        &self.authority_pem
    }

    /// The stored messages, newest last.
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
            // A panic of the thread cannot be handled here.
            let _ = thread.join();
        }
    }
}

/// Accepts connections on both listeners.
struct AcceptLoop {
    acceptor: TlsAcceptor,
    state: Arc<ServerState>,
    log: Option<SyncSender<String>>,
    left_out: Arc<AtomicU64>,
    permits: Arc<Semaphore>,
}

impl AcceptLoop {
    /// Accepts connections until stopped; dropping the runtime ends them.
    async fn run(
        self,
        plain: TcpListener,
        tls: Option<TcpListener>,
        stopped: oneshot::Receiver<()>,
    ) {
        let mut connections = 0;
        let mut stopped = stopped;
        loop {
            let (accepted, channel) = tokio::select! {
                _ = &mut stopped => return,
                accepted = plain.accept() => (accepted, Channel::Clear),
                accepted = accept(tls.as_ref()) => (accepted, Channel::Tls),
            };
            match accepted {
                Ok((socket, from)) => {
                    connections += 1;
                    self.admit(socket, from, channel, connections);
                }
                Err(error) => {
                    tracing::warn!("practice server: cannot accept a connection: {error}");
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    fn admit(&self, socket: TcpStream, from: SocketAddr, channel: Channel, connection: u64) {
        let log = ConnectionLog {
            connection,
            sender: self.log.clone(),
            left_out: Arc::clone(&self.left_out),
        };
        let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned() else {
            log.event(|| format!("{from} rejected: too many connections"));
            if channel == Channel::Clear {
                // The buffer of a new socket has room for one line; if not, closing suffices.
                let _ = socket.try_write(FULL);
            }
            return;
        };
        log.event(|| match channel {
            Channel::Clear => format!("{from} connected"),
            Channel::Tls => format!("{from} connected with implicit TLS"),
        });
        // Otherwise a reply may wait until the client acknowledges the previous one.
        if let Err(error) = socket.set_nodelay(true) {
            tracing::debug!("practice server: cannot set TCP_NODELAY for {from}: {error}");
        }
        let (acceptor, state) = (self.acceptor.clone(), Arc::clone(&self.state));
        tokio::spawn(async move {
            connection::serve(socket, channel, acceptor, state, log).await;
            drop(permit);
        });
    }
}

/// Accepts a connection; never completes without a listener.
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
        let address = listener.local_addr()?;
        let _context = runtime.enter();
        Ok((TcpListener::from_std(listener)?, address))
    };
    listen().map_err(|source| PracticeError::Listen { address, source })
}
