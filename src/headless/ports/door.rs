//! A door: one port of one address, and what is behind it.

use std::net::SocketAddr;

use serde::Serialize;

use super::text;
use crate::headless::conversation::Stop;
use crate::headless::outcome::first_line;
use crate::headless::stage::Stage;
use crate::headless::survey::{Survey, is_welcome, stop_text};
use crate::net::{ConnectError, Failure, Security};
use crate::smtp::Keyword;

/// Characters of a text of the server that are kept.
const TEXT_CAP: usize = 512;
/// Offers that are kept.
const OFFERS_CAP: usize = 64;

/// One port of one address.
#[derive(Clone, Debug, PartialEq)]
pub struct Door {
    /// Its address.
    pub address: SocketAddr,
    /// How it was opened: TLS from the first byte, or else.
    pub security: Security,
    /// What it showed.
    pub survey: Survey,
}

/// What is behind a door.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DoorState {
    /// Nothing listens.
    Refused,
    /// No connection came about in time.
    TimedOut,
    /// The network does not lead there, or forbids it.
    Unreachable,
    /// Connected, but neither a greeting nor TLS.
    Silent,
    /// Connected, and closed before the greeting.
    Closed,
    /// Something else than SMTP.
    NotSmtp,
    /// A greeting.
    Greeting,
    /// TLS from the first byte, then a greeting.
    TlsFirst,
    /// TLS from the first byte fails, or ends before the greeting.
    TlsFailed,
}

/// A door as one object of JSON.
#[derive(Serialize)]
struct JsonDoor<'a> {
    port: u16,
    address: String,
    state: DoorState,
    usable: bool,
    connect_seconds: Option<f64>,
    greeting: Option<String>,
    offers: Vec<String>,
    tls: Option<&'static str>,
    certificate: Option<JsonCertificate<'a>>,
    error: Option<String>,
}

/// The server's certificate in JSON.
#[derive(Serialize)]
struct JsonCertificate<'a> {
    names: &'a [String],
    verified: bool,
    verdict: String,
    days_left: Option<i64>,
}

impl Door {
    pub(super) fn new(address: SocketAddr, security: Security, survey: Survey) -> Self {
        Self {
            address,
            security,
            survey,
        }
    }

    /// What is behind it.
    pub fn state(&self) -> DoorState {
        let survey = &self.survey;
        let stop = survey.stop.as_ref().map(|(_, stop)| stop);
        match stop {
            _ if survey.greeting.is_some() && self.security == Security::Implicit => {
                DoorState::TlsFirst
            }
            _ if survey.greeting.is_some() => DoorState::Greeting,
            _ if survey.other_line.is_some() => DoorState::NotSmtp,
            Some(Stop::Failed(Failure::Connect(attempts))) => {
                match attempts.first().map(|attempt| &attempt.error) {
                    Some(ConnectError::Refused) => DoorState::Refused,
                    Some(ConnectError::TimedOut(_)) => DoorState::TimedOut,
                    _ => DoorState::Unreachable,
                }
            }
            _ if self.security == Security::Implicit => DoorState::TlsFailed,
            Some(Stop::TimedOut(_)) | None => DoorState::Silent,
            Some(Stop::Ended(_) | Stop::Failed(_) | Stop::NotSent(_)) => DoorState::Closed,
        }
    }

    /// Whether a client can talk SMTP here.
    pub fn is_usable(&self) -> bool {
        let welcome = self.survey.greeting.as_ref().is_some_and(is_welcome);
        welcome && self.survey.is_usable()
    }

    /// How TLS begins here; `None` without TLS.
    pub fn tls_name(&self) -> Option<&'static str> {
        self.survey.tls.as_ref()?;
        Some(match self.security {
            Security::Implicit => "implicit",
            Security::None | Security::StartTls => "starttls",
        })
    }

    /// The code and first line of the greeting.
    pub(super) fn greeting(&self) -> Option<String> {
        let greeting = self.survey.greeting.as_ref();
        greeting.map(|reply| capped(&first_line(reply)))
    }

    /// Its rows for a reader: what is behind it in a few words, then what it showed.
    pub fn rows(&self) -> Vec<String> {
        text::cells(self)
    }

    /// What went wrong.
    pub(super) fn error(&self) -> Option<String> {
        self.whole_error().map(|text| capped(&text))
    }

    fn whole_error(&self) -> Option<String> {
        let survey = &self.survey;
        if let Some(line) = survey
            .other_line
            .as_ref()
            .filter(|_| survey.greeting.is_none())
        {
            return Some(format!("not SMTP: {}", String::from_utf8_lossy(line)));
        }
        if let Some(refusal) = &survey.start_tls_refusal {
            return Some(format!("STARTTLS refused: {}", first_line(refusal)));
        }
        if let Some(refusal) = &survey.ehlo_refusal {
            return Some(format!("EHLO refused: {}", first_line(refusal)));
        }
        let (stage, stop) = survey.stop.as_ref()?;
        Some(match stop {
            Stop::Failed(Failure::Connect(attempts)) => attempts.first().map_or_else(
                || stop_text(*stage, stop),
                |attempt| attempt.error.to_string(),
            ),
            _ => stop_text(*stage, stop),
        })
    }

    /// The keywords that are offered, under TLS if it is on, as sent.
    pub(super) fn offers(&self) -> Vec<String> {
        let offers = self.survey.offers();
        let keywords = offers.into_iter().flat_map(|offers| &offers.keywords);
        keywords.take(OFFERS_CAP).map(text_of).collect()
    }

    /// Its line of JSON.
    pub(super) fn json(&self) -> String {
        let tls = self.survey.tls.as_ref();
        let door = JsonDoor {
            port: self.address.port(),
            address: self.address.ip().to_string(),
            state: self.state(),
            usable: self.is_usable(),
            connect_seconds: self.survey.connect_time.map(|took| took.as_secs_f64()),
            greeting: self.greeting(),
            offers: self.offers(),
            tls: self.tls_name(),
            certificate: tls.map(|facts| JsonCertificate {
                names: facts.leaf().map_or(&[], |leaf| leaf.names.as_slice()),
                verified: facts.verdict.is_verified(),
                verdict: facts.verdict.to_string(),
                days_left: facts.leaf().map(|leaf| leaf.days_left),
            }),
            error: self.error(),
        };
        serde_json::to_string(&door).unwrap_or_default()
    }

    /// Whether it ended in this stage because nothing came in time.
    pub(super) fn timed_out(&self) -> bool {
        self.state() == DoorState::TimedOut
    }

    /// Whether a login is offered, under TLS if it is on.
    pub(super) fn offers_login(&self) -> bool {
        let offers = self.survey.offers();
        offers.is_some_and(|offers| !offers.mechanisms().is_empty())
    }

    /// Whether STARTTLS is offered and does not work.
    pub(super) fn tls_is_broken(&self) -> bool {
        let failed = matches!(self.survey.stop, Some((Stage::Tls, _)));
        failed || self.survey.start_tls_refusal.is_some()
    }
}

/// A keyword with its parameters.
fn text_of(keyword: &Keyword) -> String {
    let text = format!("{} {}", keyword.name, keyword.parameters);
    capped(text.trim_end())
}

/// The beginning of a text, if it is long.
fn capped(text: &str) -> String {
    text.chars().take(TEXT_CAP).collect()
}
