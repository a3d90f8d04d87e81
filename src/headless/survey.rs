//! What one address of a server shows to a client that does no more than introduce itself: how it
//! answers, what it offers, and what TLS settles.

use std::time::{Duration, Instant};

use tokio::time::timeout;

use super::conversation::{Answer, Conversation, Stop};
use super::recorder::{Output, Recorder};
use super::stage::Stage;
use crate::net::{ConnectPlan, Security, TlsFacts};
use crate::smtp::{
    Awaited, Capabilities, CapabilityState, CommandLine, EntryKind, Phase, Reply, Verb,
};

/// The longest that one address may take as a whole.
pub const SURVEY_CAP: Duration = Duration::from_secs(180);

/// What one address of a server shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Survey {
    /// How long the TCP handshake took; `None` if there is no connection.
    pub connect_time: Option<Duration>,
    /// The greeting.
    pub greeting: Option<Reply>,
    /// How long it took after the connection, or after TLS from the first byte.
    pub greeting_time: Option<Duration>,
    /// The first line if what came is no reply of SMTP.
    pub other_line: Option<Vec<u8>>,
    /// The reply to the first EHLO if it is a refusal.
    pub ehlo_refusal: Option<Reply>,
    /// What is offered before TLS; `None` if TLS begins with the first byte.
    pub clear: Option<Capabilities>,
    /// What is offered under TLS.
    pub secured: Option<Capabilities>,
    /// The refusal of STARTTLS.
    pub start_tls_refusal: Option<Reply>,
    /// What TLS settled.
    pub tls: Option<TlsFacts>,
    /// The replies to MAIL and RCPT of the relay test.
    pub relay: Vec<Answer>,
    /// The stage in which it ended before its time, and why.
    pub stop: Option<(Stage, Stop)>,
    /// How long the session took after the greeting, until before QUIT.
    pub session_time: Option<Duration>,
}

impl Survey {
    /// The latest known offers.
    pub fn offers(&self) -> Option<&Capabilities> {
        self.secured.as_ref().or(self.clear.as_ref())
    }

    /// Whether a client gets past the greeting and EHLO.
    pub fn is_usable(&self) -> bool {
        self.offers().is_some()
    }
}

/// Visits the server of a plan. STARTTLS is sent if the plan wants it and the server offers it.
/// `relay` is an address for the relay test: it is given to MAIL and RCPT, and RSET follows.
pub async fn survey(plan: &ConnectPlan, patience: Duration, relay: Option<&str>) -> Survey {
    let mut survey = Survey::default();
    let recorder = Recorder::new(&plan.host, Output::None);
    let mut conversation = Conversation::new(recorder, Some(patience));
    let mut visit = Visit {
        plan,
        conversation: &mut conversation,
        stage: Stage::Connect,
        survey: &mut survey,
    };
    let done = timeout(SURVEY_CAP, visit.run(relay)).await;
    let stage = visit.stage;
    let stop = match done {
        Ok(done) => done.err(),
        Err(_) => Some(Stop::TimedOut(SURVEY_CAP)),
    };
    survey.connect_time = conversation.connect_time();
    survey.tls = conversation.tls().cloned();
    if survey.greeting.is_none() {
        survey.other_line = other_line(&conversation);
    }
    match stop {
        Some(stop) => {
            // Who waits for something else would take QUIT for a part of it.
            if conversation.is_up() && stage > Stage::Banner && stage != Stage::Tls {
                let _ = timeout(patience, conversation.quit()).await;
            }
            survey.stop = Some((stage, stop));
        }
        None => _ = conversation.quit().await,
    }
    if conversation.is_up() {
        conversation.close().await;
    }
    survey
}

/// The first line of what came instead of a greeting.
fn other_line(conversation: &Conversation) -> Option<Vec<u8>> {
    let mut entries = conversation.recorder.transcript().iter();
    entries.find_map(|(_, entry)| match &entry.kind {
        EntryKind::Received(received) => Some(received.bytes.to_vec()),
        _ => None,
    })
}

/// A session that is under way.
struct Visit<'a> {
    plan: &'a ConnectPlan,
    conversation: &'a mut Conversation,
    stage: Stage,
    survey: &'a mut Survey,
}

impl Visit<'_> {
    async fn run(&mut self, relay: Option<&str>) -> Result<(), Stop> {
        self.connect().await?;
        if self.conversation.status().phase != Phase::Greeted {
            return Ok(());
        }
        let began = Instant::now();
        let done = self.talk(relay).await;
        self.survey.session_time = Some(began.elapsed());
        done
    }

    async fn connect(&mut self) -> Result<(), Stop> {
        let mut plan = self.plan.clone();
        // STARTTLS is sent below, where its failure is told from that of the rest.
        if plan.security == Security::StartTls {
            plan.security = Security::None;
        }
        let answers = self.conversation.connect(plan, None).await;
        if self.conversation.status().phase != Phase::Offline {
            self.stage = Stage::Banner;
        }
        let greeting = answers?.into_iter().next();
        self.survey.greeting = greeting.map(|answer| answer.reply);
        let mut entries = self.conversation.recorder.transcript().iter();
        self.survey.greeting_time = entries.find_map(|(_, entry)| match &entry.kind {
            EntryKind::Received(received) if received.is_greeting() => received.took,
            _ => None,
        });
        Ok(())
    }

    async fn talk(&mut self, relay: Option<&str>) -> Result<(), Stop> {
        self.stage = Stage::FirstHelo;
        let Some(first) = self.introduce().await? else {
            return Ok(());
        };
        if self.plan.security == Security::Implicit {
            self.survey.secured = Some(first);
        } else {
            let offered = first.offers("STARTTLS");
            self.survey.clear = Some(first);
            if self.plan.security == Security::StartTls && offered {
                self.stage = Stage::Tls;
                let answer = self.ask("STARTTLS").await?;
                let refused = answer.as_ref().is_some_and(Answer::is_refusal);
                if self.conversation.tls().is_some() {
                    self.stage = Stage::Helo;
                    self.survey.secured = self.introduce().await?;
                } else if refused {
                    self.survey.start_tls_refusal = answer.map(|answer| answer.reply);
                } else {
                    return Err(self.conversation.ending().await);
                }
            }
        }
        if let Some(address) = relay {
            self.relay(address).await?;
        }
        Ok(())
    }

    /// Sends EHLO. `None` if it is refused.
    async fn introduce(&mut self) -> Result<Option<Capabilities>, Stop> {
        let verb = Verb::introduction(self.plan.port, self.conversation.status().lmtp);
        let helo = self.conversation.helo(self.plan);
        let answer = self.ask(&format!("{verb} {helo}")).await?;
        let refused = answer.as_ref().is_none_or(Answer::is_refusal);
        match &self.conversation.status().capabilities.now {
            CapabilityState::Known(capabilities) if !refused => Ok(Some((**capabilities).clone())),
            _ => {
                self.survey.ehlo_refusal = answer.map(|answer| answer.reply);
                Ok(None)
            }
        }
    }

    async fn relay(&mut self, address: &str) -> Result<(), Stop> {
        self.stage = Stage::Mail;
        for line in [
            format!("MAIL FROM:<{address}>"),
            format!("RCPT TO:<{address}>"),
        ] {
            let Some(answer) = self.ask(&line).await? else {
                break;
            };
            let refused = answer.is_refusal();
            self.survey.relay.push(answer);
            if refused {
                break;
            }
        }
        self.ask("RSET").await.map(drop)
    }

    async fn ask(&mut self, line: &str) -> Result<Option<Answer>, Stop> {
        match CommandLine::parse(line) {
            Ok(line) => {
                let answers = self.conversation.ask(line).await?;
                Ok(answers.into_iter().last())
            }
            Err(_) => Ok(None),
        }
    }
}

/// A short text of why a survey ended: what did not come, or what went wrong.
pub fn stop_text(stage: Stage, stop: &Stop) -> String {
    match stop {
        Stop::Failed(failure) => failure.to_string(),
        Stop::Ended(end) => end.to_string(),
        Stop::NotSent(reason) => format!("not sent: {reason}"),
        Stop::TimedOut(limit) => {
            let what = match stage {
                Stage::Connect => "connection",
                Stage::Banner => "greeting",
                _ => "reply",
            };
            format!("no {what} within {} s", limit.as_secs_f64())
        }
    }
}

/// Whether a greeting lets a client go on.
pub fn is_welcome(greeting: &Reply) -> bool {
    greeting
        .code()
        .is_some_and(|code| Awaited::Greeting.expects(code) && !code.is_negative())
}
