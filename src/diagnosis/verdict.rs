//! What a session came to: the refusal that decided it.

use super::connection::closed_before_greeting;
use super::reply::{self, Explanation, ReplyContext, explain};
use super::situation::Situation;
use super::tracker::Tracker;
use super::words::answered_in;
use crate::smtp::line::Line;
use crate::smtp::reply::ReplyReader;
use crate::smtp::{Awaited, Entry, EntryKind, Reply, Verb};

/// The most octets of the notes before a reply that are searched for what it answers.
const NOTES_CAP: usize = 8 * 1024;
/// The most refusals of a connection that are kept.
const REFUSALS_CAP: usize = 1000;
/// The most connections that are looked at.
const CONNECTIONS_CAP: usize = 10_000;
/// The most refusals that are explained.
const VERDICTS_CAP: usize = 5;

/// The entry that decided what a session came to, and why.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// The place of the entry in the session: the first line of the reply.
    pub at: usize,
    /// What it means.
    pub explanation: Explanation,
}

/// A refusal and its situation.
struct Refusal {
    at: usize,
    reply: Reply,
    situation: Situation,
    /// What must succeed for it to be over.
    step: Step,
    /// A later command of the same kind succeeded.
    overcome: bool,
}

/// What a command was to achieve.
#[derive(Clone, Debug, PartialEq)]
enum Step {
    Connection,
    Introduction,
    Tls,
    Login,
    Sender,
    Recipient(String),
    Message,
    Other(Verb),
}

/// The refusals that decided what a session came to: in each connection, the first that nothing after it
/// made up for, and each that other words quote. `tracker`: one that has seen nothing. `host`: the server's
/// name, if it is known.
pub fn verdicts<'a>(
    mut tracker: Tracker,
    entries: impl IntoIterator<Item = &'a Entry>,
    host: Option<&str>,
) -> Vec<Verdict> {
    // The connections, and the refusals of each.
    let mut connections: Vec<Vec<Refusal>> = vec![Vec::new()];
    // The first entry of the reply that is not complete, and the notes before it.
    let mut first = 0;
    let mut reader = ReplyReader::default();
    let mut notes = String::new();
    for (at, entry) in entries.into_iter().enumerate() {
        let received = match &entry.kind {
            EntryKind::Received(received) => received,
            EntryKind::Note(note) => {
                if notes.len() + note.text.len() < NOTES_CAP {
                    notes.push_str(&note.text);
                    notes.push(' ');
                }
                tracker.push(entry);
                continue;
            }
            EntryKind::Sent(_) => {
                notes.clear();
                tracker.push(entry);
                continue;
            }
        };
        if received.part.begins() {
            reader = ReplyReader::default();
            first = at;
        }
        let line = Line {
            bytes: received.bytes.to_vec(),
            ending: received.ending,
        };
        let reply = reader.push(&line).reply;
        if !tracker.push(entry) {
            continue;
        }
        let mut situation = tracker.latest().clone();
        let quoted = situation.awaited.is_none();
        if quoted {
            // A reply that other words quote: they say what it answers.
            situation.awaited = answered_in(&notes);
        }
        notes.clear();
        let begins = received.is_greeting() || quoted && situation.phase.is_none();
        if begins && connections.len() < CONNECTIONS_CAP {
            connections.push(Vec::new());
        }
        let Some(refusals) = connections.last_mut() else {
            continue;
        };
        let (Some(reply), Some(step)) = (reply, step_of(&situation)) else {
            continue;
        };
        let Some(code) = reply.code() else { continue };
        let ends = code.number() == 221 && situation.awaited != Some(Awaited::Command(Verb::Quit));
        if code.is_negative() || ends {
            if refusals.len() < REFUSALS_CAP {
                refusals.push(Refusal {
                    at: first,
                    reply,
                    situation,
                    step,
                    overcome: false,
                });
            }
        } else if code.is_positive() {
            for refusal in refusals {
                refusal.overcome |= step == refusal.step;
            }
        }
    }
    let decisive = connections.into_iter().filter_map(decisive);
    let mut verdicts: Vec<Verdict> = Vec::new();
    for verdict in decisive.map(|refusal| refusal.verdict(host)) {
        let known = |other: &Verdict| {
            let (one, other) = (&verdict.explanation, &other.explanation);
            one.title == other.title && one.headline == other.headline
        };
        if verdicts.iter().any(known) {
            continue;
        }
        verdicts.push(verdict);
        if verdicts.len() == VERDICTS_CAP {
            break;
        }
    }
    verdicts
}

/// Whether the client sent something before the server had greeted.
pub fn speaks_first<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> bool {
    let mut tracker = Tracker::default();
    let mut entries = entries.into_iter();
    entries.any(|entry| tracker.push(entry) && tracker.latest().early == Some(true))
}

/// What the end of a connection means on which the server has said nothing.
pub fn closed_silently(at: usize) -> Verdict {
    let mut lines = closed_before_greeting(false).into_iter();
    let headline = lines.next().unwrap_or_default();
    let (causes, next): (Vec<String>, Vec<String>) = lines.partition(|line| line.starts_with("- "));
    let step = |words: String| reply::Step {
        words,
        action: None,
    };
    Verdict {
        at,
        explanation: Explanation {
            title: "no greeting".to_owned(),
            headline,
            causes: causes
                .into_iter()
                .map(|cause| cause[2..].to_owned())
                .collect(),
            next: next.into_iter().map(step).collect(),
            ..Explanation::default()
        },
    }
}

/// The first refusal of a connection that nothing after it made up for.
fn decisive(refusals: Vec<Refusal>) -> Option<Refusal> {
    let mut left: Vec<Refusal> = refusals
        .into_iter()
        .filter(|refusal| !refusal.overcome)
        .collect();
    let at = left
        .iter()
        .position(|refusal| !is_minor(&refusal.step))
        .unwrap_or(0);
    (at < left.len()).then(|| left.swap_remove(at))
}

impl Refusal {
    fn verdict(self, host: Option<&str>) -> Verdict {
        let situation = Situation {
            host: self.situation.host.clone().or(host.map(str::to_owned)),
            ..self.situation
        };
        Verdict {
            at: self.at,
            explanation: explain(&ReplyContext {
                reply: &self.reply,
                situation: &situation,
            }),
        }
    }
}

/// What the answered command was to achieve.
fn step_of(situation: &Situation) -> Option<Step> {
    let line = situation.line.as_deref().unwrap_or_default();
    let argument = || {
        let address = line.split_once(':').map_or(line, |(_, address)| address);
        let address = address.trim().split(' ').next().unwrap_or_default();
        address.to_ascii_lowercase()
    };
    Some(match situation.awaited {
        None | Some(Awaited::Greeting) => Step::Connection,
        Some(Awaited::EndOfData | Awaited::Chunk { .. }) => Step::Message,
        Some(Awaited::SaslResponse) => Step::Login,
        // The reply to a cancelled login is what was asked for.
        Some(Awaited::SaslCancel) => return None,
        Some(Awaited::Command(verb)) => match verb {
            Verb::Ehlo | Verb::Helo | Verb::Lhlo => Step::Introduction,
            Verb::StartTls => Step::Tls,
            Verb::Auth | Verb::Xexps => Step::Login,
            Verb::Mail => Step::Sender,
            Verb::Rcpt => Step::Recipient(argument()),
            Verb::Data | Verb::Bdat => Step::Message,
            other => Step::Other(other),
        },
    })
}

/// Whether a session can do without the step.
fn is_minor(step: &Step) -> bool {
    matches!(step, Step::Other(verb) if *verb != Verb::Other)
}
