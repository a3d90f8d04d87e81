//! Sends one message, with the options that matter.

mod transaction;

use std::time::Instant;

use super::conversation::{Answer, Conversation};
use super::login::LoginPlan;
use super::message::Message;
use super::outcome::{Outcome, first_line};
use super::session::Session;
use super::stage::Stage;
use super::stamp::Stamp;
use crate::net::ConnectPlan;
use crate::smtp::{Awaited, Phase, Verb};

/// When STARTTLS is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartTls {
    /// Never.
    Never,
    /// Where it is offered.
    IfOffered,
    /// Always; without it nothing is sent.
    Required,
}

/// The parameters of delivery status notifications (RFC 3461).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dsn {
    /// `NOTIFY=` of each RCPT.
    pub notify: Option<String>,
    /// `RET=` of MAIL.
    pub ret: Option<String>,
    /// `ENVID=` of MAIL.
    pub envid: Option<String>,
}

/// What is sent, and how.
pub struct SendOptions {
    /// The connection, which does not start TLS by itself.
    pub plan: ConnectPlan,
    /// When STARTTLS is sent.
    pub start_tls: StartTls,
    /// The reverse path; empty for the null path.
    pub from: String,
    /// The recipients.
    pub recipients: Vec<String>,
    /// The message.
    pub message: Message,
    /// What was new in it when it was made.
    pub stamp: Stamp,
    /// Who logs in.
    pub login: Option<LoginPlan>,
    /// A password may go over a link that exposes it.
    pub allow_insecure: bool,
    /// The server is asked in LMTP.
    pub lmtp: bool,
    /// Delivery status notifications.
    pub dsn: Dsn,
    /// MAIL has the parameter SMTPUTF8.
    pub smtputf8: bool,
    /// The message goes in chunks (RFC 3030): of this size, or in one.
    pub bdat: Option<Option<usize>>,
    /// Commands are sent together where the server allows it (RFC 2920).
    pub pipeline: bool,
    /// After this stage QUIT is sent.
    pub quit_after: Option<Stage>,
    /// After this stage the connection is closed.
    pub drop_after: Option<Stage>,
    /// A recipient that is refused ends it.
    pub require_all: bool,
}

/// What became of a message.
#[derive(Debug, Default)]
pub struct SendResult {
    /// The outcome.
    pub outcome: Outcome,
    /// The recipients that were refused, each with the reply.
    pub refused: Vec<(String, String)>,
}

/// Sends the message `count` times; each in a connection of its own unless `one_connection`. The first
/// failure ends it.
pub async fn send(
    conversation: &mut Conversation,
    options: &SendOptions,
    count: u32,
    one_connection: bool,
) -> SendResult {
    let began = Instant::now();
    let mut result = SendResult::default();
    let connections = if one_connection { 1 } else { count };
    let messages = if one_connection { count } else { 1 };
    for connection in 0..connections {
        let mut sender = Sender {
            session: Session::new(conversation, &options.plan),
            options,
            refused: Vec::new(),
            accepted: Vec::new(),
            count: connection,
        };
        let sent = sender.all(messages).await;
        let sent = match sent {
            Err(Ending::Stopped) => Ok(()),
            Err(Ending::Failed(outcome)) => Err(outcome),
            Ok(()) => Ok(()),
        };
        for refusal in sender.refused {
            if !result.refused.contains(&refusal) {
                result.refused.push(refusal);
            }
        }
        result.outcome = sender.session.outcome(sent).await;
        result.outcome.refused.clone_from(&result.refused);
        if result.outcome.status != 0 {
            break;
        }
    }
    result.outcome.took = began.elapsed();
    result
}

/// Sends messages in one connection.
struct Sender<'a> {
    session: Session<'a>,
    options: &'a SendOptions,
    refused: Vec<(String, String)>,
    /// The recipients that were accepted in the transaction.
    accepted: Vec<String>,
    /// Which message this is, from 1.
    count: u32,
}

/// Why sending is over before its end.
enum Ending {
    /// A stage was reached after which the user wants to stop.
    Stopped,
    /// It failed.
    Failed(Box<Outcome>),
}

impl From<Box<Outcome>> for Ending {
    fn from(outcome: Box<Outcome>) -> Self {
        Self::Failed(outcome)
    }
}

impl Sender<'_> {
    async fn all(&mut self, messages: u32) -> Result<(), Ending> {
        self.session.connect().await?;
        self.stop_after(Stage::Connect).await?;
        self.session.settle()?;
        self.stop_after(Stage::Banner).await?;
        self.introduce().await?;
        self.stop_after(Stage::FirstHelo).await?;
        self.secure().await?;
        self.stop_after(Stage::Tls).await?;
        self.stop_after(Stage::Helo).await?;
        self.log_in().await?;
        self.stop_after(Stage::Auth).await?;
        for _ in 0..messages {
            self.count += 1;
            self.transaction().await?;
        }
        self.session.finish().await?;
        Ok(())
    }

    /// Ends the session if the user wants it after this stage.
    async fn stop_after(&mut self, stage: Stage) -> Result<(), Ending> {
        if self.options.drop_after == Some(stage) {
            if stage > Stage::Connect {
                self.session.settle()?;
            }
            self.session.conversation.close().await;
            self.session.quit = true;
            return Err(Ending::Stopped);
        }
        if self.options.quit_after == Some(stage) {
            self.session.settle()?;
            self.session.finish().await?;
            return Err(Ending::Stopped);
        }
        Ok(())
    }

    /// EHLO, and HELO if that is refused; in LMTP LHLO (RFC 5321 section 3.2).
    async fn introduce(&mut self) -> Result<(), Box<Outcome>> {
        let lmtp = self.options.lmtp || self.session.conversation.status().lmtp;
        let verb = Verb::introduction(self.options.plan.port, lmtp);
        let helo = self.session.helo();
        self.session.command(&format!("{verb} {helo}")).await?;
        let refused = self.session.last.first().is_some_and(Answer::is_refusal);
        let closing = self.session.conversation.status().phase == Phase::Closing;
        if verb == Verb::Ehlo && refused && !closing && self.session.conversation.is_up() {
            self.session.command(&format!("HELO {helo}")).await?;
        }
        Ok(())
    }

    async fn secure(&mut self) -> Result<(), Box<Outcome>> {
        let status = self.session.conversation.status();
        let offered = status
            .capabilities
            .current()
            .is_some_and(|now| now.offers("STARTTLS"));
        let wanted = match self.options.start_tls {
            StartTls::Never => false,
            StartTls::IfOffered => offered,
            StartTls::Required => true,
        };
        if !wanted || self.session.conversation.tls().is_some() {
            return self.session.settle();
        }
        self.session.settle()?;
        if !offered {
            return Err(tls_failed("STARTTLS is not offered"));
        }
        self.session.command("STARTTLS").await?;
        if self.session.conversation.tls().is_none() {
            if self.options.start_tls == StartTls::IfOffered {
                // Offered and refused: the message goes as it would without the offer.
                self.session.expected = true;
            }
            return self.session.settle();
        }
        self.session.settle()?;
        self.introduce().await
    }

    async fn log_in(&mut self) -> Result<(), Box<Outcome>> {
        self.session.settle()?;
        let Some(login) = &self.options.login else {
            return Ok(());
        };
        if self.session.conversation.tls().is_none() && !self.options.allow_insecure {
            return Err(tls_failed(
                "not logged in: there is no TLS (--allow-insecure-auth sends the password in clear)",
            ));
        }
        self.session.log_in(login).await?;
        self.session.settle()
    }
}

/// The outcome without the TLS that is wanted.
fn tls_failed(message: &str) -> Box<Outcome> {
    Box::new(Outcome {
        status: Stage::Tls.status(),
        stage: Some(Stage::Tls),
        message: message.to_owned(),
        ..Outcome::default()
    })
}

/// The reply of a recipient that was refused.
fn refusal(address: &str, answer: &Answer) -> (String, String) {
    (address.to_owned(), first_line(&answer.reply))
}

/// Whether an answer is that of a recipient.
fn is_recipient(answer: &Answer) -> bool {
    matches!(answer.awaited, Awaited::Command(Verb::Rcpt))
}
