//! The next step for the rule, and the words below the prompt.

use std::time::{Duration, Instant};

use super::chunk;
use crate::headless::script::OwnCommand;
use crate::manual;
use crate::smtp::draft::DraftIssue;
use crate::smtp::{Awaited, Code, Phase, count};
use crate::tui::assist;
use crate::tui::keymap::with_keys;
use crate::tui::model::Model;
use crate::tui::pane::prompt::Mode;
use crate::tui::state::connection::{IDLE_SHOWN, State};

/// How long replies to commands sent together may take before the delay is explained.
const LATE_REPLIES: Duration = Duration::from_secs(10);
/// After how long connecting, or a handshake, says what the silence may mean.
const SILENCE: Duration = Duration::from_secs(5);
/// After how long waiting for a reply is explained.
const READABLE: Duration = Duration::from_secs(1);
/// When the user is warned of the server's timeout, which is at least five minutes (RFC 5321 section
/// 4.5.3.2.7).
const IDLE_LATE: Duration = Duration::from_secs(240);

/// The findings about the message that is being written. A header that is still empty is one only once
/// the cursor has left the headers: the form of a new message begins with such.
fn findings(model: &Model) -> Option<String> {
    if model.session.prompt.mode() != Mode::Message {
        return None;
    }
    let (row, _) = model.session.prompt.message.cursor();
    let mut above = model.session.message_lines().iter().take(row);
    let in_headers = !above.any(String::is_empty);
    let is_due =
        |issue: &&DraftIssue| !(in_headers && matches!(issue, DraftIssue::EmptyHeader(..)));
    let findings: Vec<String> = model
        .session
        .draft_issues()
        .iter()
        .filter(is_due)
        .map(ToString::to_string)
        .collect();
    (!findings.is_empty()).then(|| format!("!! {}", findings.join("; ")))
}

/// The next step and its words, from the state of the session or from the challenge of a 334.
fn step_hint(model: &Model) -> manual::PhaseHint {
    let status = &model.session.connection.status;
    if let Some(key) = assist::step_key(&model.session.context()) {
        return manual::hint(key);
    }
    let challenge = model
        .session
        .connection
        .last_reply
        .as_ref()
        .filter(|last| status.secret_lines && last.reply.code() == Some(Code::new(334)))
        .and_then(|last| last.reply.texts.last());
    match challenge.and_then(|text| assist::expected_response(text, &model.session.seen)) {
        Some((next, words)) => manual::PhaseHint {
            next: next.to_owned(),
            help: words.to_owned(),
        },
        None => manual::phase_hint(status),
    }
}

/// The text of the rule, and the words of the phase or the findings about the message.
pub(super) fn words(model: &Model) -> (String, String) {
    let connection = &model.session.connection;
    let status = &connection.status;
    let uploading = model.session.draft.upload.as_ref();
    let outbox = &model.session.outbox;
    let runs_script = outbox.runs_script() && !outbox.is_empty();
    let known = match connection.state {
        State::Up if uploading.is_some() => manual::hint("uploading"),
        State::Connecting(since) if model.now.saturating_duration_since(since) >= SILENCE => {
            let port = connection.destination.as_ref().map(|to| to.plan.port);
            manual::hint(match port {
                Some(25) => "connecting-late-25",
                _ => "connecting-late",
            })
        }
        State::Requested { .. } | State::Connecting(_) => manual::hint("connecting"),
        State::Up
            if model.session.prompt.message_is_kept(status.phase)
                && status.phase != Phase::Closing =>
        {
            manual::hint("composing")
        }
        _ if model.session.prompt.message_is_kept(status.phase) => manual::hint("kept"),
        State::Over(_) | State::Failed(_) => manual::hint("over"),
        _ if status.paused.is_some() => manual::hint("paused"),
        _ if status.chunk_left > 0 && status.phase != Phase::Closing => {
            chunk::words(model.session.prompt.command.text(), status.chunk_left)
        }
        _ if status.phase == Phase::Handshake
            && connection
                .idle(model.now)
                .is_some_and(|idle| idle >= SILENCE) =>
        {
            manual::hint("handshake-late")
        }
        _ => match status.waiting {
            Some((Awaited::Greeting, _)) if status.in_reply => manual::hint("greeting-begun"),
            Some((_, since))
                if status.unanswered > 1
                    && model.now.saturating_duration_since(since) >= LATE_REPLIES =>
            {
                manual::hint("waiting-several")
            }
            // Nobody reads it in less time, and on a slow line it would cost as much as the reply.
            Some((awaited, since))
                if awaited != Awaited::Greeting
                    && model.now.saturating_duration_since(since) < READABLE =>
            {
                manual::PhaseHint::default()
            }
            Some((awaited, _)) if awaited != Awaited::Greeting => manual::hint("waiting"),
            _ => step_hint(model),
        },
    };
    let next = with_keys(&known.next);
    let seconds = |since: Instant| model.now.saturating_duration_since(since).as_secs();
    let clock = |seconds: u64| format!("{}:{:02}", seconds / 60, seconds % 60);
    let composing = connection.is_up()
        && status.phase != Phase::Closing
        && model.session.prompt.message_is_kept(status.phase);
    let next = match (&connection.state, status.waiting) {
        _ if let Some(upload) = uploading => upload.words(model.now, &model.look),
        (State::Up, _)
            if let Some(replay) = &model.session.replay
                && let Some(words) = replay.progress() =>
        {
            words
        }
        (State::Up, None) if composing => {
            with_keys("not sent yet: {end-message} sends DATA and, after 354, this text")
        }
        (State::Requested { since, .. } | State::Connecting(since), _) => {
            format!("connecting {}", clock(seconds(*since)))
        }
        (State::Up, _) if let Some(source) = model.session.pending_login.source() => {
            format!("waiting for the password from {source}: ^C cancels")
        }
        (State::Up, _) if status.paused.is_some() => "reading is paused: ^O g continues".to_owned(),
        (State::Up, Some(_)) if status.chunk_left > 0 => format!("next: {next}"),
        (State::Up, Some((awaited, since))) => {
            let kind = match awaited {
                Awaited::Greeting if status.in_reply => "the rest of the greeting".to_owned(),
                Awaited::Greeting => "the greeting".to_owned(),
                awaited => format!("the reply to {}", awaited.name()),
            };
            let others = match status.unanswered {
                0 | 1 if runs_script => format!(", then {} of the script", steps(model)),
                0 | 1 => String::new(),
                several => format!(", {} more after it", several - 1),
            };
            format!("waiting for {kind}  {}{others}", clock(seconds(since)))
        }
        _ if let Some(OwnCommand::Sleep(time)) = model.session.outbox.own() => format!(
            "the script waits {} s, then {}: ^C stops it",
            time.as_secs_f64(),
            steps(model)
        ),
        _ => match connection
            .idle(model.now)
            .filter(|idle| *idle >= IDLE_SHOWN)
        {
            None => format!("next: {next}"),
            Some(idle) if idle < IDLE_LATE => {
                format!("next: {next}   idle {}", clock(idle.as_secs()))
            }
            Some(idle) => {
                format!(
                    "idle {}: servers may hang up after 5:00, NOOP prevents it",
                    clock(idle.as_secs())
                )
            }
        },
    };
    let help = || with_keys(&known.help);
    let words = findings(model).or_else(|| kept_lines(model));
    (next, words.unwrap_or_else(help))
}

/// How many steps of a script wait, in words.
fn steps(model: &Model) -> String {
    count(model.session.outbox.len() as u64, "step", "steps")
}

/// That lines of a paste are kept, and why. It stays when the notice about it is gone.
fn kept_lines(model: &Model) -> Option<String> {
    let outbox = &model.session.outbox;
    let stopped = outbox.stopped();
    if outbox.rest().is_empty() || stopped.is_empty() || model.session.notice.is_some() {
        return None;
    }
    let kept = count(outbox.rest().len() as u64, "pasted line", "pasted lines");
    Some(format!("!! {kept} kept, ^O j continues: {stopped}"))
}
