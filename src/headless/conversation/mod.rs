//! A conversation with a server that a program leads: each request waits for its replies.

mod answer;
mod waiting;

use std::collections::VecDeque;
use std::net::IpAddr;
use std::time::Duration;

use tokio::time::{Instant, timeout};

pub use self::answer::{Answer, Stop};
use super::recorder::Recorder;
use crate::net::{self, Command, ConnectPlan, Handle, TlsFacts};
use crate::smtp::sasl::Exchange;
use crate::smtp::{
    CommandLine, Exposure, NotSentReason, Phase, Reply, Secret, SessionStatus, address_literal,
};

/// How long a reply may take.
pub const REPLY_TIMEOUT: Duration = Duration::from_secs(30);
/// How long the reply to a message may take (RFC 5321 section 4.5.3.2.6).
pub const MESSAGE_TIMEOUT: Duration = Duration::from_secs(600);
/// How long the server may take to close the connection.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);
/// The most answers to one request that are kept: LMTP gives one for each recipient.
const ANSWERS_CAP: usize = 100_000;

/// A conversation with a server.
pub struct Conversation {
    /// Works in the runtime of the caller, from the first request on.
    wire: Option<Handle>,
    /// What is printed and kept.
    pub recorder: Recorder,
    status: Box<SessionStatus>,
    tls: Option<Box<TlsFacts>>,
    answers: VecDeque<Answer>,
    /// The last reply that answers nothing.
    unasked: Option<Reply>,
    /// How long a reply may take; `None`: for ever.
    reply_timeout: Option<Duration>,
    /// How long the reply to a message may take.
    message_timeout: Option<Duration>,
    /// Secrets are sent over a link that exposes them.
    allow_insecure: bool,
    /// The exposure to which the user agreed on this connection.
    allowed: Option<Exposure>,
    /// The user agreed to few iterations of SCRAM.
    allow_few: bool,
    /// A line has gone out that gets no reply.
    no_reply: bool,
    /// A line has gone out.
    sent: bool,
    /// A line has gone out that gets a reply.
    requested: bool,
    /// What is sent is a message or a chunk.
    is_content: bool,
    stopped: Option<Stop>,
    /// Work on the connection that was asked for last has begun.
    started: bool,
    greeted: bool,
    /// The connection ended before everything was answered.
    unfinished: bool,
    not_sent: Option<NotSentReason>,
    local: Option<IpAddr>,
    /// How long the TCP handshake took.
    connect_time: Option<Duration>,
}

impl Conversation {
    /// A conversation that is not connected.
    pub fn new(recorder: Recorder, reply_timeout: Option<Duration>) -> Self {
        // What the user chose holds for every reply.
        let message_timeout = reply_timeout.map(|timeout| match timeout {
            REPLY_TIMEOUT => MESSAGE_TIMEOUT,
            given => given,
        });
        Self {
            wire: None,
            recorder,
            status: Box::default(),
            tls: None,
            answers: VecDeque::new(),
            unasked: None,
            reply_timeout,
            message_timeout,
            allow_insecure: false,
            allowed: None,
            allow_few: false,
            no_reply: false,
            sent: false,
            requested: false,
            is_content: false,
            stopped: None,
            started: false,
            greeted: false,
            unfinished: false,
            not_sent: None,
            local: None,
            connect_time: None,
        }
    }

    /// Lets secrets go over links that expose them.
    pub fn allow_insecure(&mut self) {
        self.allow_insecure = true;
    }

    /// Lets secrets go over this connection, as exposed as it is now.
    pub fn allow_here(&mut self, exposure: Exposure) {
        self.allowed = Some(exposure);
    }

    /// Lets proofs go for which the server asks for few iterations.
    pub fn allow_few_iterations(&mut self) {
        self.allow_few = true;
    }

    /// The state of the session.
    pub fn status(&self) -> &SessionStatus {
        &self.status
    }

    /// What TLS settled, once it is established.
    pub fn tls(&self) -> Option<&TlsFacts> {
        self.tls.as_deref()
    }

    /// How the connection ended.
    pub fn stop(&self) -> Option<&Stop> {
        self.stopped.as_ref()
    }

    /// Whether there is a connection.
    pub fn is_up(&self) -> bool {
        !matches!(self.status.phase, Phase::Offline) && self.stopped.is_none()
    }

    /// Connects; waits for the greeting, and for the end of an automatic STARTTLS. A PROXY header is sent
    /// first, as such a server greets nobody without it.
    ///
    /// # Errors
    /// Why there is no greeting.
    pub async fn connect(
        &mut self,
        plan: ConnectPlan,
        proxy_header: Option<CommandLine>,
    ) -> Result<Vec<Answer>, Stop> {
        self.stopped = None;
        self.started = false;
        self.send(Command::Connect(Box::new(plan)))?;
        // Until the connection stands, its own limits hold.
        while !self.started || self.status.phase == Phase::Offline {
            self.receive(None).await?;
        }
        if let Some(line) = proxy_header {
            self.say(line)?;
        }
        let mut unanswered = self.status.unanswered;
        let mut deadline = self.reply_timeout.map(|limit| Instant::now() + limit);
        loop {
            // An automatic STARTTLS ends in one of these phases, in clear or under TLS.
            let settled = self.status.waiting.is_none()
                && matches!(
                    self.status.phase,
                    Phase::Greeted | Phase::Ready | Phase::Closing
                );
            if settled && !self.answers.is_empty() {
                return Ok(self.answers.drain(..).collect());
            }
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                return Err(Stop::TimedOut(self.reply_timeout.unwrap_or_default()));
            }
            if self.status.unanswered != unanswered {
                // Each of the commands of an automatic STARTTLS has its own time.
                unanswered = self.status.unanswered;
                deadline = self.reply_timeout.map(|limit| Instant::now() + limit);
            }
            self.receive(self.reply_timeout).await?;
        }
    }

    /// Takes what the server says while nothing is asked. `false` if there is no connection any more.
    pub async fn listen(&mut self) -> bool {
        self.stopped.is_none() && self.receive(None).await.is_ok()
    }

    /// Waits for the end of a connection that is failing, and returns why it ended.
    pub async fn ending(&mut self) -> Stop {
        loop {
            if let Err(stop) = self.receive(Some(CLOSE_TIMEOUT)).await {
                return stop;
            }
        }
    }

    /// The last reply that answered nothing, such as a 421 before the end.
    pub fn unasked(&self) -> Option<&Reply> {
        self.unasked.as_ref()
    }

    /// Whether the server has never greeted.
    pub fn is_greeting_due(&self) -> bool {
        !self.greeted
    }

    /// Why the last thing was not sent, if it was not; said once.
    pub fn take_not_sent(&mut self) -> Option<NotSentReason> {
        self.not_sent.take()
    }

    /// How long the TCP handshake took; `None` if there was no connection.
    pub fn connect_time(&self) -> Option<Duration> {
        self.connect_time
    }

    /// The name for EHLO: that of the plan, else our address.
    pub fn helo(&self, plan: &ConnectPlan) -> String {
        let local = || self.local.map(address_literal);
        let helo = plan.helo.clone().or_else(local);
        helo.unwrap_or_else(|| "localhost".to_owned())
    }

    /// Sends a line and waits for its replies; a line may get none.
    ///
    /// # Errors
    /// Why not all replies came.
    pub async fn ask(&mut self, line: CommandLine) -> Result<Vec<Answer>, Stop> {
        self.answers.clear();
        self.say(line)?;
        self.answered(self.reply_timeout).await
    }

    /// Sends a line, and waits for nothing.
    ///
    /// # Errors
    /// If the connection takes no more.
    pub fn say(&mut self, line: CommandLine) -> Result<(), Stop> {
        let consent = self.consent();
        self.send(Command::Send { line, consent })
    }

    /// Sends octets as they are, and waits for the replies to the lines in them.
    ///
    /// # Errors
    /// Why not all replies came.
    pub async fn send_raw(&mut self, octets: Vec<u8>) -> Result<Vec<Answer>, Stop> {
        self.answers.clear();
        let consent = self.consent();
        let octets = Secret::new(octets);
        self.send(Command::SendRaw { octets, consent })?;
        self.answered(self.message_timeout).await
    }

    /// Sends a message, with its final dot; in LMTP it gets a reply for each recipient.
    ///
    /// # Errors
    /// Why not all replies came.
    pub async fn send_message(&mut self, text: Vec<u8>) -> Result<Vec<Answer>, Stop> {
        self.send_content(Command::SendMessage(text)).await
    }

    /// Sends a file as a message, with its final dot.
    ///
    /// # Errors
    /// Why not all replies came.
    pub async fn send_file(&mut self, upload: net::Upload) -> Result<Vec<Answer>, Stop> {
        self.send_content(Command::SendFile(upload)).await
    }

    /// Sends octets as the last chunk of a message (RFC 3030).
    ///
    /// # Errors
    /// Why not all replies came.
    pub async fn send_chunk(&mut self, octets: Vec<u8>) -> Result<Vec<Answer>, Stop> {
        self.send_content(Command::SendChunk(octets)).await
    }

    async fn send_content(&mut self, command: Command) -> Result<Vec<Answer>, Stop> {
        self.answers.clear();
        self.send(command)?;
        // Its lines get no reply, but its end does.
        self.is_content = true;
        let answers = self.answered(self.message_timeout).await;
        self.is_content = false;
        answers
    }

    /// Runs a login. Returns its last answer.
    ///
    /// # Errors
    /// Why it did not come to its end.
    pub async fn authenticate(&mut self, mut exchange: Exchange) -> Result<Option<Answer>, Stop> {
        if self.allow_insecure || self.allow_few {
            exchange.accept_few_iterations();
        }
        self.answers.clear();
        let consent = self.consent();
        let exchange = Box::new(exchange);
        self.send(Command::Authenticate { exchange, consent })?;
        let answers = self.answered(self.reply_timeout).await?;
        Ok(answers.into_iter().last())
    }

    /// Waits for what is left of a login that was called off.
    pub async fn end_login(&mut self) {
        // Whatever comes of it, the login is over.
        let _ = self.answered(self.reply_timeout).await;
    }

    /// The replies to the last `count` requests. If not all came, also why.
    pub async fn answer_all(&mut self, count: usize) -> (Vec<Answer>, Option<Stop>) {
        let deadline = Instant::now() + MESSAGE_TIMEOUT;
        let mut stop = None;
        while self.answers.len() < count && stop.is_none() {
            let late = self.reply_timeout.is_some() && Instant::now() >= deadline;
            stop = if late {
                Some(Stop::TimedOut(MESSAGE_TIMEOUT))
            } else {
                self.receive(self.reply_timeout).await.err()
            };
        }
        (self.answers.drain(..).collect(), stop)
    }

    /// Sends QUIT, waits for the reply and for the end of the connection. A server that closes without
    /// a reply has done its part.
    ///
    /// # Errors
    /// If no reply came in time.
    pub async fn quit(&mut self) -> Result<Vec<Answer>, Stop> {
        let Ok(line) = CommandLine::parse("QUIT") else {
            return Ok(Vec::new());
        };
        let answer = match self.ask(line).await {
            Err(Stop::Ended(_)) => return Ok(Vec::new()),
            other => other?,
        };
        self.wait_for_end().await;
        Ok(answer)
    }

    /// Waits a moment for the server to close; then closes.
    pub async fn wait_for_end(&mut self) {
        let _ = timeout(CLOSE_TIMEOUT, async {
            while self.stopped.is_none() && self.receive(None).await.is_ok() {
                self.answers.clear();
            }
        })
        .await;
        self.close().await;
    }

    /// Closes the connection now.
    pub async fn close(&mut self) {
        if let Some(wire) = &self.wire {
            wire.cancel();
        }
        let _ = timeout(CLOSE_TIMEOUT, async {
            while self.started && !matches!(self.stopped, Some(Stop::Ended(_) | Stop::Failed(_))) {
                let Some(batch) = self.next_batch(None).await else {
                    return;
                };
                self.take(batch);
            }
        })
        .await;
    }

    fn consent(&self) -> Option<Exposure> {
        let exposure = self.status.link.exposure();
        exposure.filter(|exposure| self.allow_insecure || self.allowed == Some(*exposure))
    }

    fn send(&mut self, command: Command) -> Result<(), Stop> {
        self.no_reply = false;
        self.sent = false;
        self.requested = false;
        self.not_sent = None;
        if !matches!(command, Command::Connect(_))
            && let Some(stop @ (Stop::Ended(_) | Stop::Failed(_))) = &self.stopped
        {
            return Err(stop.clone());
        }
        let sent = self.wire().send(command);
        sent.map_err(|_| Stop::NotSent(NotSentReason::Busy))
    }

    fn wire(&mut self) -> &mut Handle {
        self.wire.get_or_insert_with(net::start)
    }
}
