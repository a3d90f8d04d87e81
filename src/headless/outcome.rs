//! What a session without a screen came to.

use std::time::Duration;

use serde::Serialize;

use super::conversation::{Answer, Stop};
use super::recorder::Recorder;
use super::stage::Stage;
use crate::diagnosis;
use crate::manual::Page;
use crate::net::{ConnectPlan, Failure};
use crate::report::json;
use crate::smtp::{Code, Entry, EntryKind, NotSentReason, Reply};

/// The exit status of a connection that is lost.
pub const LOST: u8 = 6;
/// The exit status of an expectation that is not met.
pub const UNEXPECTED: u8 = 40;

/// What a session came to.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The exit status.
    pub status: u8,
    /// The stage in which it ended; `None` if it was done, or for a command without a stage.
    pub stage: Option<Stage>,
    /// What went wrong, in one line; empty if nothing did.
    pub message: String,
    /// The reply that decided it.
    pub reply: Option<Reply>,
    /// Whether a reply did not come in time.
    pub timed_out: bool,
    /// What it means and what to try.
    pub pages: Vec<Page>,
    /// How long the session took.
    pub took: Duration,
    /// The recipients that were refused, each with the reply.
    pub refused: Vec<(String, String)>,
}

/// The outcome as one object of JSON.
#[derive(Serialize)]
struct JsonOutcome<'a> {
    status: u8,
    stage: Option<&'static str>,
    message: &'a str,
    code: Option<u16>,
    reply: Option<String>,
    timed_out: bool,
    seconds: f64,
    diagnosis: Vec<serde_json::Value>,
    refused: Vec<JsonRefusal<'a>>,
}

/// A recipient that was refused.
#[derive(Serialize)]
struct JsonRefusal<'a> {
    address: &'a str,
    reply: &'a str,
}

impl Outcome {
    /// The outcome of a refusal.
    pub fn refused(stage: Option<Stage>, answer: &Answer) -> Self {
        let said = first_line(&answer.reply);
        Self {
            status: stage.map_or(UNEXPECTED, Stage::status),
            stage,
            message: format!("{} refused: {said}", answer.awaited.name()),
            reply: Some(answer.reply.clone()),
            ..Self::default()
        }
    }

    /// The outcome of a conversation that stopped in this stage. `plan` is that of the connection.
    pub fn stopped(
        stage: Option<Stage>,
        stop: &Stop,
        plan: &ConnectPlan,
        recorder: &Recorder,
    ) -> Self {
        let silent = !recorder
            .transcript()
            .iter()
            .any(|(_, entry)| matches!(entry.kind, EntryKind::Received(_)));
        let in_stage = stage.map_or(UNEXPECTED, Stage::status);
        let of = |status, message: String| Self {
            status,
            stage,
            message,
            ..Self::default()
        };
        match stop {
            Stop::Failed(failure) => {
                let status = match failure {
                    Failure::Tls(_) => Stage::Tls.status(),
                    _ => Stage::Connect.status(),
                };
                let mut page = Page::new(failure.to_string());
                page.lead(diagnosis::advice(failure, plan, None));
                Self {
                    pages: vec![page],
                    ..of(status, failure.to_string())
                }
            }
            Stop::Ended(end) => {
                let mut outcome = of(LOST, end.to_string());
                if stage == Some(Stage::Banner) && silent {
                    let mut page = Page::new("the connection ended before the greeting");
                    page.lead(diagnosis::closed_before_greeting(false));
                    outcome.pages.push(page);
                }
                outcome
            }
            Stop::TimedOut(limit) => {
                let what = stage.map_or("the reply", |stage| match stage {
                    Stage::Banner => "the greeting",
                    Stage::Dot => "the reply to the message",
                    _ => "the reply",
                });
                let mut outcome = of(
                    in_stage,
                    format!("{what} did not come within {} s", limit.as_secs_f64()),
                );
                outcome.timed_out = true;
                if stage == Some(Stage::Banner) && silent {
                    let mut page = Page::new("no greeting");
                    page.lead(diagnosis::no_greeting(false));
                    outcome.pages.push(page);
                }
                outcome
            }
            Stop::NotSent(NotSentReason::Exposed(_) | NotSentReason::FewIterations(_)) => of(
                Stage::Auth.status(),
                match stop {
                    Stop::NotSent(NotSentReason::FewIterations(count)) => format!(
                        "not sent: the server asks for {count} iterations of SCRAM, which makes \
                         guessing the password cheap (--allow-insecure-auth sends it)"
                    ),
                    _ => "not sent: the link would expose the password: use TLS, and \
                          --verify require or --pin (--allow-insecure-auth sends it)"
                        .to_owned(),
                },
            ),
            // It did wait for one: something has come between.
            Stop::NotSent(NotSentReason::NotDue) => of(
                LOST,
                "not sent: the server does not wait for the message any more".to_owned(),
            ),
            Stop::NotSent(reason) => of(in_stage, format!("not sent: {reason}")),
        }
    }

    /// Adds what the refusals of the session mean.
    pub fn explain_session(&mut self, recorder: &Recorder, plan: &ConnectPlan) {
        if self.status == 0 || !self.pages.is_empty() {
            return;
        }
        let entries = recorder.transcript().iter().map(|(_, entry)| entry);
        let mut verdicts =
            diagnosis::verdicts(diagnosis::Tracker::default(), entries, Some(&plan.host));
        if let Some(reply) = &self.reply {
            // What the session failed with, not what was expected or passed over.
            let first = reply.texts.first().map_or(&b""[..], |text| text);
            let is_about = |entry: &Entry| match &entry.kind {
                EntryKind::Received(received) => {
                    received.code == reply.code() && received.bytes.ends_with(first)
                }
                _ => false,
            };
            let entries = recorder.transcript().iter().map(|(_, entry)| entry);
            let places: Vec<bool> = entries.map(is_about).collect();
            verdicts.retain(|verdict| places.get(verdict.at) == Some(&true));
        }
        self.pages = verdicts
            .iter()
            .map(|verdict| verdict.explanation.page())
            .collect();
    }

    /// The last line of the JSON form.
    pub fn json(&self) -> serde_json::Value {
        let value = JsonOutcome {
            status: self.status,
            stage: self.stage.map(Stage::name),
            message: &self.message,
            code: self.reply.as_ref().and_then(Reply::code).map(Code::number),
            reply: self.reply.as_ref().map(text_of),
            timed_out: self.timed_out,
            seconds: self.took.as_secs_f64(),
            diagnosis: self.pages.iter().map(json::page).collect(),
            refused: self
                .refused
                .iter()
                .map(|(address, reply)| JsonRefusal { address, reply })
                .collect(),
        };
        serde_json::to_value(value).unwrap_or_default()
    }
}

/// The code and the first line of a reply.
pub fn first_line(reply: &Reply) -> String {
    let text = reply.texts.first();
    let text = text.map(|text| String::from_utf8_lossy(text).into_owned());
    let code = reply
        .code()
        .map_or_else(String::new, |code| code.to_string());
    let said = format!("{code} {}", text.unwrap_or_default());
    match reply.texts.len() {
        0 | 1 => said.trim().to_owned(),
        _ => format!("{} ...", said.trim()),
    }
}

/// The text of a reply, its lines separated by line feeds.
pub fn text_of(reply: &Reply) -> String {
    let lines = reply.texts.iter();
    let lines = lines.map(|text| String::from_utf8_lossy(text).into_owned());
    lines.collect::<Vec<_>>().join("\n")
}

/// The outcome of what the user has to mend first.
pub fn usage(message: String) -> Box<Outcome> {
    Box::new(Outcome {
        status: 1,
        message,
        ..Outcome::default()
    })
}
