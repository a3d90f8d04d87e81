//! One connection through a tap: moves octets between two sockets and the relay, and begins TLS on
//! either side.

use std::future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::{Sleep, sleep, timeout};

use super::client::{self, Client};
use super::relay::{Due, Relay};
use super::{ListenTls, Plan};
use crate::net::{
    Abort, Event, EventSender, Failure, HandleDropped, Security, SessionRequest, Stream, TlsError,
    Transfer, dial, end_of, is_noted_by_session, local_literal, secure, secure_or_probe, transfer,
};
use crate::smtp::{AutoStartTls, CommandLine, End, Level, Link, Session, Verb};

/// Octets that are read at once.
const READ: usize = 64 * 1024;
/// Octets for one side that may wait until more of the other is read.
const WAITING_CAP: usize = 256 * 1024;
/// How often a reply may reach its cap and go on: the second time it has 16 million octets or more.
const PAUSES_CAP: u32 = 2;
/// How long the other side may take to end once one has.
const END_LIMIT: Duration = Duration::from_secs(30);
/// How long closing may take.
const CLOSE_LIMIT: Duration = Duration::from_secs(2);

/// Serves a client until its connection, or that to the server, has ended.
pub(super) async fn serve(client: TcpStream, plan: Arc<Plan>, events: mpsc::Sender<Vec<Event>>) {
    let mut events = EventSender::new(events);
    let mut session = None;
    let served = converse(client, &plan, &mut events, &mut session).await;
    let _ = match (served, session) {
        (Err(Abort::HandleDropped), _) => return,
        (Err(Abort::Failed(failure)), None) => events.send_failure(failure).await,
        (Err(Abort::Failed(failure)), Some(relay)) => {
            finish(relay, End::ByUs, Some(failure), &mut events).await
        }
        (Ok(end), Some(relay)) => finish(relay, end, None, &mut events).await,
        (Ok(end), None) => events.send(Event::Ended(end)).await,
    };
}

/// Ends the session and reports the end.
async fn finish(
    mut relay: Relay,
    end: End,
    failure: Option<Failure>,
    events: &mut EventSender,
) -> Result<(), HandleDropped> {
    let now = Instant::now();
    if let Some(failure) = failure
        .as_ref()
        .filter(|failure| !is_noted_by_session(failure))
    {
        relay.session().note(now, Level::Fault, failure.to_string());
    }
    relay.session().handle_end(&end, now);
    let last = failure
        .map(Event::Failed)
        .into_iter()
        .chain([Event::Ended(end)]);
    events.send_last(relay.session(), last).await
}

/// Connects to the server, and passes octets until one side has ended.
async fn converse(
    tcp: TcpStream,
    plan: &Plan,
    events: &mut EventSender,
    slot: &mut Option<Relay>,
) -> Result<End, Abort> {
    events.send(Event::Started).await?;
    let _ = tcp.set_nodelay(true);
    let mut client = Client::Clear(tcp);
    let mut words = None;
    if plan.listen_tls == ListenTls::Implicit {
        match client::secure(client, &plan.certificate).await {
            Ok((secured, agreed)) => (client, words) = (secured, Some(agreed)),
            Err(error) => {
                let text = format!("tap: no TLS with the client: {error}");
                events.send_note(Level::Fault, &text).await?;
                return Ok(End::ByUs);
            }
        }
    }
    let connect = &plan.connect;
    let tcp = dial(connect, events).await?;
    let helo = connect.helo.clone().unwrap_or_else(|| local_literal(&tcp));
    let mut server = Stream::Clear(tcp);
    let (mut link, mut verified) = (Link::Clear, false);
    if connect.security == Security::Implicit {
        let (secured, facts) = secure_or_probe(events, server, connect).await?;
        server = secured;
        (link, verified) = (facts.link(), facts.verdict.is_verified());
        events.send_tls(facts).await?;
    }
    // STARTTLS of our own, which the client does not see.
    let own = connect.security == Security::StartTls && !plan.follows_start_tls();
    let auto_start_tls = own
        .then(|| {
            let verb = Verb::introduction(connect.port, false);
            CommandLine::parse(format!("{verb} {helo}")).ok()
        })
        .flatten()
        .map(AutoStartTls::new);
    let begins = auto_start_tls.is_some();
    let session = Session::new(auto_start_tls);
    let relay = slot.insert(Relay::new(plan.meddling.clone(), session, words.is_some()));
    let now = Instant::now();
    if let Some(words) = words {
        relay.note(Level::Info, &words, now);
    }
    if begins {
        relay.begin_by_itself(now);
    }
    relay.connected(link, verified, now);
    let mut connection = Connection {
        plan,
        relay,
        events,
        pause: None,
    };
    connection.pass(client, server).await
}

/// What is between both sides.
struct Connection<'a> {
    plan: &'a Plan,
    relay: &'a mut Relay,
    events: &'a mut EventSender,
    /// Until when octets for the client wait.
    pause: Option<Pin<Box<Sleep>>>,
}

/// Octets on their way to one side.
#[derive(Default)]
struct Waiting {
    octets: Vec<u8>,
    written: usize,
    flush: bool,
}

impl Waiting {
    fn rest(&self) -> &[u8] {
        &self.octets[self.written..]
    }

    fn is_done(&self) -> bool {
        self.rest().is_empty() && !self.flush
    }

    fn take(&mut self, octets: Vec<u8>) {
        // Also of what is never written whole, only a bounded part is kept.
        if self.written == self.octets.len() || self.written >= READ {
            self.octets.drain(..self.written);
            self.written = 0;
        }
        if self.octets.is_empty() {
            self.octets = octets;
        } else {
            self.octets.extend_from_slice(&octets);
        }
    }

    fn wrote(&mut self, octets: usize) {
        self.written += octets;
        self.flush = true;
    }
}

impl Connection<'_> {
    async fn pass(&mut self, mut client: Client, mut server: Stream) -> Result<End, Abort> {
        let (mut to_client, mut to_server) = (Waiting::default(), Waiting::default());
        let (mut from_client, mut from_server) = (vec![0; READ], vec![0; READ]);
        let mut client_ended: Option<Pin<Box<Sleep>>> = None;
        let mut pauses = 0;
        loop {
            to_server.take(self.relay.session().poll_transmit());
            to_client.take(self.relay.take_for_client());
            let pause = self.relay.take_pause();
            if !pause.is_zero() {
                self.pause = Some(Box::pin(sleep(pause)));
            }
            match self
                .events
                .send_session_events(self.relay.session())
                .await?
            {
                SessionRequest::None => {}
                SessionRequest::RefuseTls(octets) => {
                    let error = match octets {
                        0 => TlsError::Unanswered,
                        octets => TlsError::Injected(octets),
                    };
                    return Err(Failure::Tls(error).into());
                }
                SessionRequest::StartTls => {
                    if !write_all(&mut client, &mut to_client).await {
                        return Ok(self.without_client("the client is gone"));
                    }
                    let own = self.relay.begins();
                    server = self.secure_server(server).await?;
                    if !own {
                        client = match self.secure_client(client).await {
                            Ok(client) => client,
                            Err(end) => return Ok(end),
                        };
                    }
                    continue;
                }
            }
            match self.relay.due() {
                Due::Nothing => {}
                Due::Drop => return Ok(End::ByUs),
                Due::ClientTls => {
                    if !write_all(&mut client, &mut to_client).await {
                        return Ok(self.without_client("the client is gone"));
                    }
                    client = match self.secure_client(client).await {
                        Ok(client) => client,
                        Err(end) => return Ok(end),
                    };
                    continue;
                }
            }
            if !self.relay.session().wants_read() {
                pauses += 1;
                if pauses > PAUSES_CAP {
                    let words = "dropped here: a reply of the server does not end";
                    self.relay.note(Level::Fault, words, Instant::now());
                    return Ok(End::ByUs);
                }
                self.relay.session().resume_reading(Instant::now());
                continue;
            }
            let paused = self.pause.is_some();
            let reads_client = client_ended.is_none()
                && to_server.rest().len() < WAITING_CAP
                && !self.relay.begins();
            let reads_server = to_client.rest().len() < WAITING_CAP;
            let client_input = reads_client.then_some(from_client.as_mut_slice());
            let server_input = reads_server.then_some(from_server.as_mut_slice());
            let client_output = if paused { &[] } else { to_client.rest() };
            tokio::select! {
                () = after(&mut self.pause), if paused => self.pause = None,
                () = after(&mut client_ended), if client_ended.is_some() => return Ok(End::ByClient),
                moved = transfer(&mut client, client_output, to_client.flush, client_input),
                    if reads_client || !client_output.is_empty() || to_client.flush =>
                {
                    match or_end(moved) {
                        Ok(Transfer::Read(0)) => {
                            self.relay.client_ended(Instant::now());
                            to_server.take(self.relay.session().poll_transmit());
                            self.relay.note(Level::Info, "the client closed its side", Instant::now());
                            client_ended = Some(Box::pin(sleep(END_LIMIT)));
                            if end_server(&mut server, &mut to_server).await.is_err() {
                                return Ok(End::ByClient);
                            }
                        }
                        Ok(Transfer::Read(octets)) => {
                            self.relay.client_octets(&from_client[..octets], Instant::now());
                        }
                        Ok(Transfer::Written(octets)) => to_client.wrote(octets),
                        Ok(Transfer::Flushed) => to_client.flush = false,
                        Err(error) => {
                            return Ok(self.without_client(&format!("the client is gone: {error}")));
                        }
                    }
                }
                moved = transfer(&mut server, to_server.rest(), to_server.flush, server_input),
                    if reads_server || !to_server.is_done() =>
                {
                    match moved {
                        Ok(Transfer::Read(0)) => {
                            self.end_client(&mut client, &mut to_client).await;
                            return Ok(if client_ended.is_some() { End::ByClient } else { End::Closed });
                        }
                        Ok(Transfer::Read(octets)) => {
                            self.relay.server_octets(&from_server[..octets], Instant::now());
                        }
                        Ok(Transfer::Written(octets)) => to_server.wrote(octets),
                        Ok(Transfer::Flushed) => to_server.flush = false,
                        Err(error) => {
                            self.end_client(&mut client, &mut to_client).await;
                            return Ok(end_of(&error));
                        }
                    }
                }
            }
        }
    }

    /// The client has gone.
    fn without_client(&mut self, words: &str) -> End {
        self.relay.note(Level::Fault, words, Instant::now());
        End::ByClient
    }

    /// Begins TLS with the server.
    async fn secure_server(&mut self, server: Stream) -> Result<Stream, Abort> {
        let secured = secure(server, &self.plan.connect, true).await;
        let (server, facts) = secured.map_err(Failure::Tls)?;
        let (link, verified) = (facts.link(), facts.verdict.is_verified());
        self.events.send_tls(facts).await?;
        self.relay.server_secured(link, verified, Instant::now());
        Ok(server)
    }

    /// Begins TLS with the client.
    async fn secure_client(&mut self, client: Client) -> Result<Client, End> {
        match client::secure(client, &self.plan.certificate).await {
            Ok((client, agreed)) => {
                self.relay.client_secured(&agreed, Instant::now());
                Ok(client)
            }
            Err(error) => {
                let words = format!("no TLS with the client: {error}");
                self.relay.note(Level::Fault, &words, Instant::now());
                Err(End::ByUs)
            }
        }
    }

    /// The server has ended: so does what goes to the client, once all of it is written.
    async fn end_client(&mut self, client: &mut Client, waiting: &mut Waiting) {
        if let Some(pause) = self.pause.take() {
            pause.await;
        }
        waiting.take(self.relay.take_for_client());
        let ended = async {
            let _ = client.write_all(waiting.rest()).await;
            let _ = client.shutdown().await;
        };
        let _ = timeout(CLOSE_LIMIT, ended).await;
    }
}

/// Many clients end TLS without saying so once they have what they want: that is their end, too.
fn or_end(moved: io::Result<Transfer>) -> io::Result<Transfer> {
    match moved {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(Transfer::Read(0)),
        moved => moved,
    }
}

/// Writes everything that waits for the client. Returns whether that was possible.
async fn write_all(client: &mut Client, waiting: &mut Waiting) -> bool {
    let written = async {
        client.write_all(waiting.rest()).await?;
        client.flush().await
    };
    let written = timeout(END_LIMIT, written).await;
    *waiting = Waiting::default();
    matches!(written, Ok(Ok(())))
}

/// The client has ended: so does what goes to the server, once all of it is written.
async fn end_server(server: &mut Stream, waiting: &mut Waiting) -> io::Result<()> {
    let ended = async {
        server.write_all(waiting.rest()).await?;
        server.flush().await?;
        server.shutdown().await
    };
    let ended = timeout(END_LIMIT, ended).await;
    *waiting = Waiting::default();
    ended.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

/// Waits for the end of a pause; for ever if there is none.
async fn after(pause: &mut Option<Pin<Box<Sleep>>>) {
    match pause {
        Some(pause) => pause.as_mut().await,
        None => future::pending().await,
    }
}
