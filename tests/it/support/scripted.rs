//! A server on loopback that follows a script: it sends and expects octets, can misbehave in every
//! way that a socket can, and keeps a log. If a step fails, dropping the server fails the test.
//! Other failure messages of a test should contain the log.

mod link;

use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

use link::{Link, Stream, in_time};

/// More than any step needs; it only ends tests that hang.
const TIMEOUT: Duration = Duration::from_secs(30);
/// A flood that could not write for this time is reported as stalled.
const STALL: Duration = Duration::from_millis(300);

/// A step of a script. After the last step the client must disconnect and send nothing more.
#[derive(Clone, Debug)]
pub enum Step {
    /// Writes octets in one call.
    Send(Vec<u8>),
    /// Reads a line, which must be this one and end with CR LF.
    Expect(String),
    /// Reads up to and including these octets.
    ReadUntil(Vec<u8>),
    /// Reads to the end of the stream, which must not contain these octets.
    ReadToEnd(Vec<u8>),
    /// Reads the first record of a TLS handshake and does not answer.
    ClientHello,
    /// Does a TLS handshake. Nothing may have arrived before it.
    Tls(Arc<ServerConfig>),
    /// Does a TLS handshake, which must fail.
    NoTls(Arc<ServerConfig>),
    /// Writes single octets, each after this pause.
    Drip(Vec<u8>, Duration),
    /// Writes the octets this many times, or until the client has disconnected.
    Flood(Vec<u8>, usize),
    /// Waits, without reading, until the test calls [`Scripted::open_gate`].
    Gate,
    /// Shuts down the writing side and continues to read.
    HalfClose,
    /// Closes the connection properly: with close_notify under TLS.
    Close,
    /// Closes the connection without close_notify.
    Cut,
    /// Closes the connection with RST.
    Reset,
}

/// Sends a line to the client.
pub fn says(line: &str) -> Step {
    Step::Send(format!("{line}\r\n").into_bytes())
}

/// Sends octets to the client.
pub fn sends(octets: impl AsRef<[u8]>) -> Step {
    Step::Send(octets.as_ref().to_vec())
}

/// Expects a line from the client.
pub fn expects(line: &str) -> Step {
    Step::Expect(line.to_owned())
}

/// The log of a server, for failure messages.
#[derive(Clone, Default)]
pub struct ServerLog(Arc<Mutex<Vec<String>>>);

impl ServerLog {
    fn write(&self, line: impl Into<String>) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.push(line.into());
    }
}

impl fmt::Display for ServerLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().try_for_each(|line| writeln!(f, "  {line}"))
    }
}

/// A server that follows a script.
pub struct Scripted {
    address: SocketAddr,
    log: ServerLog,
    gate: Arc<Notify>,
    floods: mpsc::Receiver<Flood>,
    thread: Option<JoinHandle<Result<(), String>>>,
}

/// The progress of a [`Step::Flood`], with the number of octets written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flood {
    /// Nothing could be written for a while.
    Stalled(usize),
    /// The client disconnected in the middle.
    Disconnected(usize),
    /// Everything was written.
    Complete(usize),
}

impl Scripted {
    /// Starts a server for one connection.
    pub fn start(script: Vec<Step>) -> Self {
        Self::on("127.0.0.1:0", vec![script])
    }

    /// Starts a server that plays a dialogue: it says `S:` lines and expects `C:` lines; `...` reads up to
    /// the final dot, `X` closes.
    pub fn playing(dialogue: &str) -> Self {
        let steps =
            dialogue
                .lines()
                .map(|line| match line.split_at_checked(2).unwrap_or_default() {
                    ("S:", rest) => says(rest.trim_start()),
                    ("C:", rest) => expects(rest.strip_prefix(' ').unwrap_or(rest)),
                    ("..", _) => Step::ReadUntil(b"\r\n.\r\n".to_vec()),
                    _ => Step::Close,
                });
        Self::start(steps.collect())
    }

    /// Starts a server on this address, for one connection after the other: one per script.
    pub fn on(address: &str, scripts: Vec<Vec<Step>>) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let listener = runtime.block_on(TcpListener::bind(address)).unwrap();
        let address = listener.local_addr().unwrap();
        let log = ServerLog::default();
        let gate = Arc::new(Notify::new());
        let (sender, floods) = mpsc::channel();
        let mut player = Player {
            log: log.clone(),
            gate: Arc::clone(&gate),
            sender,
        };
        let thread = std::thread::spawn(move || {
            let result = runtime.block_on(player.serve(&listener, scripts));
            if let Err(problem) = &result {
                player.log.write(format!("PROBLEM: {problem}"));
            }
            result
        });
        Self {
            address,
            log,
            gate,
            floods,
            thread: Some(thread),
        }
    }

    /// The address that the server listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The log of the server.
    pub fn log(&self) -> ServerLog {
        self.log.clone()
    }

    /// Whether the log contains this line.
    pub fn has_logged(&self, line: &str) -> bool {
        let lines = self.log.0.lock();
        let lines = lines.unwrap_or_else(PoisonError::into_inner);
        lines.iter().any(|logged| logged == line)
    }

    /// Ends a [`Step::Gate`]; the next one if the server is not waiting yet.
    pub fn open_gate(&self) {
        self.gate.notify_one();
    }

    /// The next report of a [`Step::Flood`], if there is one.
    pub fn try_flood(&self) -> Option<Flood> {
        self.floods.try_recv().ok()
    }

    /// Waits for the next report of a [`Step::Flood`].
    pub fn flood(&self) -> Flood {
        self.floods.recv_timeout(TIMEOUT).unwrap_or_else(|_| {
            panic!("no report of a flood; the server's log:\n{}", self.log);
        })
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        // A test that has failed already has printed the log; the thread ends by itself.
        if std::thread::panicking() {
            return;
        }
        let Some(thread) = self.thread.take() else {
            return;
        };
        match thread.join() {
            Ok(Ok(())) => {}
            Ok(Err(problem)) => panic!("the server: {problem}; its log:\n{}", self.log),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
}

/// The part of a server that runs in its thread.
struct Player {
    log: ServerLog,
    gate: Arc<Notify>,
    sender: mpsc::Sender<Flood>,
}

impl Player {
    async fn serve(
        &mut self,
        listener: &TcpListener,
        scripts: Vec<Vec<Step>>,
    ) -> Result<(), String> {
        for script in scripts {
            let accepted = in_time("a client", listener.accept()).await?;
            let (tcp, peer) = accepted.map_err(|error| format!("accept: {error}"))?;
            tcp.set_nodelay(true).map_err(|error| error.to_string())?;
            self.log.write(format!("{peer} connected"));
            let mut link = Link {
                stream: Stream::Clear(tcp),
                ahead: Vec::new(),
            };
            let mut open = true;
            for step in script {
                open = self.play(&mut link, step).await?;
            }
            if open {
                self.expect_end(&mut link).await?;
            }
        }
        Ok(())
    }

    /// Plays a step. Returns whether the connection is still open.
    async fn play(&mut self, link: &mut Link, step: Step) -> Result<bool, String> {
        match step {
            Step::Send(octets) => {
                self.log.write(format!("-> {}", octets.escape_ascii()));
                link.stream.write_all(&octets).await.map_err(|error| {
                    format!("could not send {}: {error}", octets.escape_ascii())
                })?;
            }
            Step::Expect(line) => {
                let received = link.up_to(b"\n", &line).await?;
                self.log.write(format!("<- {}", received.escape_ascii()));
                if received != format!("{line}\r\n").into_bytes() {
                    return Err(format!(
                        "expected {line:?}, received {}",
                        received.escape_ascii()
                    ));
                }
            }
            Step::ReadUntil(end) => {
                let kind = end.escape_ascii().to_string();
                let received = link.up_to(&end, &kind).await?;
                self.log
                    .write(format!("<- {} octets up to {kind}", received.len()));
            }
            Step::ReadToEnd(never) => {
                let received = link.read_to_end("the end of the stream").await?;
                self.log
                    .write(format!("<- {} octets, and the end", received.len()));
                if received.windows(never.len()).any(|window| window == never) {
                    return Err(format!("received {}", never.escape_ascii()));
                }
                link.stream = Stream::Gone;
            }
            Step::ClientHello => {
                let head = link.exactly(5).await?;
                let length = usize::from(u16::from_be_bytes([head[3], head[4]]));
                if head[..2] != [0x16, 3] {
                    return Err(format!("not a ClientHello: {}", head.escape_ascii()));
                }
                link.exactly(length).await?;
                self.log.write("<- a ClientHello");
            }
            Step::Tls(config) => {
                self.handshake(link, config).await?;
                self.log.write("TLS is established");
            }
            Step::NoTls(config) => match self.handshake(link, config).await {
                Ok(()) => return Err("the handshake should have failed".to_owned()),
                Err(error) => {
                    self.log.write(error);
                    return Ok(false);
                }
            },
            Step::Drip(octets, pause) => {
                self.log
                    .write(format!("-> slowly: {}", octets.escape_ascii()));
                for octet in octets {
                    sleep(pause).await;
                    link.stream
                        .write_all(&[octet])
                        .await
                        .map_err(|error| format!("could not send slowly: {error}"))?;
                }
            }
            Step::Flood(octets, times) => self.flood(link, &octets, times).await?,
            Step::Gate => {
                self.log.write("waits at the gate");
                in_time("the gate", self.gate.notified()).await?;
            }
            Step::HalfClose => {
                self.log.write("-> end");
                link.stream
                    .shutdown()
                    .await
                    .map_err(|error| error.to_string())?;
            }
            Step::Close => {
                self.log.write("closes");
                link.stream
                    .shutdown()
                    .await
                    .map_err(|error| error.to_string())?;
                link.stream = Stream::Gone;
            }
            Step::Cut => {
                self.log.write("cuts");
                link.stream = Stream::Gone;
            }
            Step::Reset => {
                self.log.write("resets");
                link.stream
                    .tcp()
                    .and_then(TcpStream::set_zero_linger)
                    .map_err(|error| error.to_string())?;
                link.stream = Stream::Gone;
            }
        }
        Ok(!matches!(link.stream, Stream::Gone))
    }

    async fn handshake(&self, link: &mut Link, config: Arc<ServerConfig>) -> Result<(), String> {
        if !link.ahead.is_empty() {
            let ahead = link.ahead.escape_ascii();
            return Err(format!("octets arrived before the handshake: {ahead}"));
        }
        let Stream::Clear(tcp) = std::mem::replace(&mut link.stream, Stream::Gone) else {
            return Err("TLS needs a plain connection".to_owned());
        };
        let accept = TlsAcceptor::from(config).accept(tcp);
        let tls = in_time("the TLS handshake", accept).await?;
        let tls = tls.map_err(|error| format!("the TLS handshake: {error}"))?;
        link.stream = Stream::Tls(Box::new(tls));
        Ok(())
    }

    async fn flood(&self, link: &mut Link, octets: &[u8], times: usize) -> Result<(), String> {
        self.log.write(format!(
            "-> {times} times {}...",
            octets[..octets.len().min(20)].escape_ascii()
        ));
        let mut written = 0;
        let mut reported = None;
        let end = 'flood: {
            for _ in 0..times {
                let mut left = octets;
                while !left.is_empty() {
                    let write = timeout(STALL, link.stream.write(left)).await;
                    let Ok(wrote) = write else {
                        if reported != Some(written) {
                            reported = Some(written);
                            self.report(Flood::Stalled(written));
                        }
                        let writable = link.stream.writable();
                        // The next write returns the error, if there is one.
                        let _ = in_time("the client to read or disconnect", writable).await?;
                        continue;
                    };
                    let Ok(wrote) = wrote else {
                        break 'flood Flood::Disconnected(written);
                    };
                    written += wrote;
                    left = &left[wrote..];
                }
            }
            Flood::Complete(written)
        };
        self.report(end);
        Ok(())
    }

    fn report(&self, flood: Flood) {
        self.log.write(format!("{flood:?}"));
        // A test that does not read the reports has no receiver.
        let _ = self.sender.send(flood);
    }

    /// Waits until the client disconnects. It must not send anything more.
    async fn expect_end(&self, link: &mut Link) -> Result<(), String> {
        let mut rest = std::mem::take(&mut link.ahead);
        let mut buffer = [0; 4096];
        while rest.len() < buffer.len() {
            match in_time("the client to disconnect", link.stream.read(&mut buffer)).await? {
                Ok(octets) if octets > 0 => rest.extend_from_slice(&buffer[..octets]),
                // Closed properly, with RST, or without close_notify.
                Ok(_) | Err(_) => break,
            }
        }
        self.log.write("the client has disconnected");
        // After a failed handshake the client sends an alert.
        let is_alert = matches!(rest[..], [0x15, 3, 3, 0, 2, 2, _]);
        if rest.is_empty() || is_alert {
            Ok(())
        } else {
            Err(format!(
                "the client sent more than expected: {}",
                rest.escape_ascii()
            ))
        }
    }
}
