//! A server on loopback that plays a script: it says and expects what it is told, may misbehave in
//! every way a socket can, and keeps a journal. What goes wrong on its side fails the test when the
//! server is dropped; the journal belongs into every other failure message.

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

/// Longer than any step takes; only a test that hangs meets it.
const PATIENCE: Duration = Duration::from_secs(30);
/// A flood that could not write for so long is told to have stalled.
const STALL: Duration = Duration::from_millis(300);

/// A step of a script. After the last one the client has to go, and in silence.
#[derive(Clone)]
pub enum Step {
    /// Writes these octets, in one go.
    Send(Vec<u8>),
    /// Reads a line, which has to be this one and to end in CR LF.
    Expect(String),
    /// Reads up to and with these octets.
    Swallow(Vec<u8>),
    /// Reads up to the end of the stream, in which these octets must not stand.
    SwallowToEnd(Vec<u8>),
    /// Reads the first record of a TLS handshake and leaves it without an answer.
    ClientHello,
    /// Does a TLS handshake, in which nothing may have come ahead of it.
    Tls(Arc<ServerConfig>),
    /// Does a TLS handshake that has to fail.
    NoTls(Arc<ServerConfig>),
    /// Writes octet by octet, each after such a pause.
    Drip(Vec<u8>, Duration),
    /// Writes these octets so many times, or until the client is gone.
    Flood(Vec<u8>, usize),
    /// Does nothing, and reads nothing, until the test says [`Scripted::go_on`].
    Gate,
    /// Ends what is written, in good order, and goes on reading.
    HalfClose,
    /// Closes in good order: with close_notify under TLS.
    Close,
    /// Closes TCP without the goodbye of TLS.
    Cut,
    /// Closes with RST.
    Reset,
}

/// A line of the server.
pub fn says(line: &str) -> Step {
    Step::Send(format!("{line}\r\n").into_bytes())
}

/// Octets of the server.
pub fn sends(octets: impl AsRef<[u8]>) -> Step {
    Step::Send(octets.as_ref().to_vec())
}

/// A line of the client.
pub fn expects(line: &str) -> Step {
    Step::Expect(line.to_owned())
}

/// What a server noted; shared with whoever writes a failure message.
#[derive(Clone, Default)]
pub struct Journal(Arc<Mutex<Vec<String>>>);

impl Journal {
    fn note(&self, line: impl Into<String>) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.push(line.into());
    }
}

impl fmt::Display for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().try_for_each(|line| writeln!(f, "  {line}"))
    }
}

/// A server that plays.
pub struct Scripted {
    address: SocketAddr,
    journal: Journal,
    gate: Arc<Notify>,
    floods: mpsc::Receiver<Flood>,
    thread: Option<JoinHandle<Result<(), String>>>,
}

/// How a flood gets on, with the octets that could be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flood {
    /// For a while nothing more could be written.
    Stalled(usize),
    /// The client went in the middle of it.
    Gone(usize),
    /// All of it was written.
    Through(usize),
}

impl Scripted {
    /// A server for one connection.
    pub fn start(script: Vec<Step>) -> Self {
        Self::on("127.0.0.1:0", vec![script])
    }

    /// A server on that address for as many connections, one after the other, as there are scripts.
    pub fn on(address: &str, scripts: Vec<Vec<Step>>) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let listener = runtime.block_on(TcpListener::bind(address)).unwrap();
        let address = listener.local_addr().unwrap();
        let journal = Journal::default();
        let gate = Arc::new(Notify::new());
        let (tell, floods) = mpsc::channel();
        let mut side = Side {
            journal: journal.clone(),
            gate: Arc::clone(&gate),
            tell,
        };
        let thread = std::thread::spawn(move || {
            let played = runtime.block_on(side.serve(&listener, scripts));
            if let Err(problem) = &played {
                side.journal.note(format!("PROBLEM: {problem}"));
            }
            played
        });
        Self {
            address,
            journal,
            gate,
            floods,
            thread: Some(thread),
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it noted.
    pub fn journal(&self) -> Journal {
        self.journal.clone()
    }

    /// Whether such a line stands in its journal.
    pub fn has_noted(&self, line: &str) -> bool {
        let lines = self.journal.0.lock();
        let lines = lines.unwrap_or_else(PoisonError::into_inner);
        lines.iter().any(|noted| noted == line)
    }

    /// Opens a [`Step::Gate`], the next one if none is waited at yet.
    pub fn go_on(&self) {
        self.gate.notify_one();
    }

    /// News of a [`Step::Flood`], if there is some.
    pub fn flood_now(&self) -> Option<Flood> {
        self.floods.try_recv().ok()
    }

    /// The next news of a [`Step::Flood`].
    pub fn flood(&self) -> Flood {
        self.floods.recv_timeout(PATIENCE).unwrap_or_else(|_| {
            panic!(
                "no news of a flood; the server's journal:\n{}",
                self.journal
            );
        })
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        // A test that failed already has shown the journal; the thread ends by itself.
        if std::thread::panicking() {
            return;
        }
        let Some(thread) = self.thread.take() else {
            return;
        };
        match thread.join() {
            Ok(Ok(())) => {}
            Ok(Err(problem)) => panic!("the server: {problem}; its journal:\n{}", self.journal),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
}

/// The thread's side of a server.
struct Side {
    journal: Journal,
    gate: Arc<Notify>,
    tell: mpsc::Sender<Flood>,
}

impl Side {
    async fn serve(
        &mut self,
        listener: &TcpListener,
        scripts: Vec<Vec<Step>>,
    ) -> Result<(), String> {
        for script in scripts {
            let accepted = in_time("a client to come", listener.accept()).await?;
            let (tcp, peer) = accepted.map_err(|error| format!("accept: {error}"))?;
            tcp.set_nodelay(true).map_err(|error| error.to_string())?;
            self.journal.note(format!("{peer} came"));
            let mut link = Link {
                stream: Stream::Clear(tcp),
                ahead: Vec::new(),
            };
            let mut open = true;
            for step in script {
                open = self.play(&mut link, step).await?;
            }
            if open {
                self.see_off(&mut link).await?;
            }
        }
        Ok(())
    }

    /// Plays a step; whether the connection still stands.
    async fn play(&mut self, link: &mut Link, step: Step) -> Result<bool, String> {
        match step {
            Step::Send(octets) => {
                self.journal.note(format!("-> {}", octets.escape_ascii()));
                link.stream.write_all(&octets).await.map_err(|error| {
                    format!("could not send {}: {error}", octets.escape_ascii())
                })?;
            }
            Step::Expect(line) => {
                let came = link.up_to(b"\n", &line).await?;
                self.journal.note(format!("<- {}", came.escape_ascii()));
                if came != format!("{line}\r\n").into_bytes() {
                    return Err(format!(
                        "expected {line:?}, there came {}",
                        came.escape_ascii()
                    ));
                }
            }
            Step::Swallow(end) => {
                let kind = end.escape_ascii().to_string();
                let came = link.up_to(&end, &kind).await?;
                self.journal
                    .note(format!("<- {} octets up to {kind}", came.len()));
            }
            Step::SwallowToEnd(never) => {
                let came = link.all_that_comes("the end of the stream").await?;
                self.journal
                    .note(format!("<- {} octets, and the end", came.len()));
                if came.windows(never.len()).any(|window| window == never) {
                    return Err(format!("there came {}", never.escape_ascii()));
                }
                link.stream = Stream::Gone;
            }
            Step::ClientHello => {
                let head = link.exactly(5).await?;
                let length = usize::from(u16::from_be_bytes([head[3], head[4]]));
                if head[..2] != [0x16, 3] {
                    return Err(format!("no ClientHello: {}", head.escape_ascii()));
                }
                link.exactly(length).await?;
                self.journal.note("<- a ClientHello");
            }
            Step::Tls(config) => {
                self.handshake(link, config).await?;
                self.journal.note("TLS stands");
            }
            Step::NoTls(config) => match self.handshake(link, config).await {
                Ok(()) => return Err("the handshake should have failed".to_owned()),
                Err(error) => {
                    self.journal.note(error);
                    return Ok(false);
                }
            },
            Step::Drip(octets, pause) => {
                self.journal
                    .note(format!("-> by octets: {}", octets.escape_ascii()));
                for octet in octets {
                    sleep(pause).await;
                    link.stream
                        .write_all(&[octet])
                        .await
                        .map_err(|error| format!("could not drip: {error}"))?;
                }
            }
            Step::Flood(octets, times) => self.flood(link, &octets, times).await?,
            Step::Gate => {
                self.journal.note("waits at the gate");
                in_time("the gate to open", self.gate.notified()).await?;
            }
            Step::HalfClose => {
                self.journal.note("-> end");
                link.stream
                    .shutdown()
                    .await
                    .map_err(|error| error.to_string())?;
            }
            Step::Close => {
                self.journal.note("closes");
                link.stream
                    .shutdown()
                    .await
                    .map_err(|error| error.to_string())?;
                link.stream = Stream::Gone;
            }
            Step::Cut => {
                self.journal.note("cuts");
                link.stream = Stream::Gone;
            }
            Step::Reset => {
                self.journal.note("resets");
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
            return Err(format!("octets came ahead of the handshake: {ahead}"));
        }
        let Stream::Clear(tcp) = std::mem::replace(&mut link.stream, Stream::Gone) else {
            return Err("no plain connection to begin TLS on".to_owned());
        };
        let accept = TlsAcceptor::from(config).accept(tcp);
        let tls = in_time("the TLS handshake", accept).await?;
        let tls = tls.map_err(|error| format!("the TLS handshake: {error}"))?;
        link.stream = Stream::Tls(Box::new(tls));
        Ok(())
    }

    async fn flood(&self, link: &mut Link, octets: &[u8], times: usize) -> Result<(), String> {
        self.journal.note(format!(
            "-> {times} times {}...",
            octets[..octets.len().min(20)].escape_ascii()
        ));
        let mut written = 0;
        let mut told = None;
        let end = 'flood: {
            for _ in 0..times {
                let mut left = octets;
                while !left.is_empty() {
                    let write = timeout(STALL, link.stream.write(left)).await;
                    let Ok(wrote) = write else {
                        if told != Some(written) {
                            told = Some(written);
                            self.tell(Flood::Stalled(written));
                        }
                        let room = link.stream.writable();
                        // Whether there is room or an error, the next write tells.
                        let _ = in_time("the client to read on or to go", room).await?;
                        continue;
                    };
                    let Ok(wrote) = wrote else {
                        break 'flood Flood::Gone(written);
                    };
                    written += wrote;
                    left = &left[wrote..];
                }
            }
            Flood::Through(written)
        };
        self.tell(end);
        Ok(())
    }

    fn tell(&self, flood: Flood) {
        self.journal.note(format!("{flood:?}"));
        // A test that does not ask is gone or does not care.
        let _ = self.tell.send(flood);
    }

    /// The client has to go and to say nothing more.
    async fn see_off(&self, link: &mut Link) -> Result<(), String> {
        let mut said = std::mem::take(&mut link.ahead);
        let mut room = [0; 4096];
        while said.len() < room.len() {
            match in_time("the client to go", link.stream.read(&mut room)).await? {
                Ok(octets) if octets > 0 => said.extend_from_slice(&room[..octets]),
                // Gone in good order, by RST, or without the goodbye of TLS.
                Ok(_) | Err(_) => break,
            }
        }
        self.journal.note("the client is gone");
        // A handshake that failed is told to the server in an alert.
        let is_alert = matches!(said[..], [0x15, 3, 3, 0, 2, 2, _]);
        if said.is_empty() || is_alert {
            Ok(())
        } else {
            Err(format!(
                "the client said more than expected: {}",
                said.escape_ascii()
            ))
        }
    }
}
