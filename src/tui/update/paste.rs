//! The question before several pasted lines are sent, or a pasted script runs.

use crossterm::event::KeyCode;

use crate::headless::script::{LoginSpec, OwnCommand};
use crate::smtp::lint::verb::S_CLIENT;
use crate::smtp::{CapabilityState, Lint, SessionStatus, count};
use crate::tui::model::Model;
use crate::tui::popup::choice::{Answer, Choice};
use crate::tui::state::outbox::{Paste, Step, StepKind};

/// The most other commands of a script that the question lists.
const LISTED: usize = 8;

/// Asks what to do with a paste.
pub(super) fn ask_about(paste: Paste, model: &Model) -> Choice {
    let lines = count(paste.steps.len() as u64, "step", "steps");
    if paste.is_script {
        let mut words = vec![format!(
            "{lines} of a script were pasted. Nothing is sent yet."
        )];
        words.extend(about_script(&paste.steps, model));
        words.extend(ends_and_comments(&paste));
        return Choice::new("Paste a script", words)
            .option(
                KeyCode::Enter,
                "run it, each step after the reply to the one before",
                Answer::OneByOne(paste.steps.clone()),
            )
            .option(
                KeyCode::Char('e'),
                "put its lines at the prompt one by one",
                Answer::Step(paste.steps),
            );
    }
    ask_about_lines(paste, &model.session.connection.status)
}

/// What a script does besides sending lines.
fn about_script(steps: &[Step], model: &Model) -> Vec<String> {
    let mut words = Vec::new();
    let messages = steps
        .iter()
        .filter(|step| matches!(step.kind, StepKind::Message(_)));
    words.extend(messages.map(|step| {
        let shown = step.shown();
        format!("It sends {} after 354.", shown.trim_matches(['(', ')']))
    }));
    let expectations = steps.iter().filter(|step| step.is_expectation()).count();
    if expectations > 0 {
        let lines = count(expectations as u64, "line with < says", "lines with < say");
        words.push(format!(
            "{lines} what a reply has to be; another one stops the script."
        ));
    }
    // What reads a file, a variable or a profile is always listed.
    words.extend(
        steps
            .iter()
            .filter(|step| reads(step))
            .map(|step| format!("It runs {}", step.shown())),
    );
    let own =
        |step: &&Step| matches!(step.kind, StepKind::Own(..) | StepKind::Raw(_)) && !reads(step);
    let all = steps.iter().filter(own).count();
    let listed = steps.iter().filter(own).take(LISTED);
    words.extend(listed.map(|step| format!("It runs {}", step.shown())));
    if all > LISTED {
        words.push(format!("and {} more commands.", all - LISTED));
    }
    words.extend(steps.iter().filter_map(|step| cannot_run(step, model)));
    words
}

/// Whether a step takes something from this machine, or writes to it.
fn reads(step: &Step) -> bool {
    let StepKind::Own(own, _) = &step.kind else {
        return false;
    };
    matches!(
        **own,
        OwnCommand::Login(_) | OwnCommand::Data(_) | OwnCommand::Bdat { .. } | OwnCommand::Save(_)
    )
}

/// Why a step cannot run here.
fn cannot_run(step: &Step, model: &Model) -> Option<String> {
    let StepKind::Own(own, written) = &step.kind else {
        return None;
    };
    let why = match &**own {
        OwnCommand::Login(LoginSpec {
            profile: Some(name),
            ..
        }) if !model.preferences.profiles.contains_key(name) => {
            format!("no profile {name} in the config")
        }
        OwnCommand::Reconnect if model.live().connection.destination.is_none() => {
            "not connected to any server yet".to_owned()
        }
        _ => return None,
    };
    Some(format!("!! {written} cannot run here: {why}."))
}

/// The first and the last line, and what was left out.
fn ends_and_comments(paste: &Paste) -> Vec<String> {
    let shown = |step: Option<&Step>| step.map(Step::shown).unwrap_or_default();
    let mut words = vec![
        format!("The first: {}", shown(paste.steps.first())),
        format!("The last: {}", shown(paste.steps.last())),
    ];
    let mut lines = paste.steps.iter().filter_map(Step::as_line);
    if lines.any(|line| line.text().trim() == S_CLIENT) {
        words.push(format!("{S_CLIENT}: {}", Lint::SClient));
    }
    match paste.comments {
        0 => {}
        1 => words.push("1 comment line (#) was skipped.".to_owned()),
        more => words.push(format!("{more} comment lines (#) were skipped.")),
    }
    words
}

fn ask_about_lines(paste: Paste, status: &SessionStatus) -> Choice {
    let number = paste.steps.len();
    let mut words = vec![format!("{number} lines were pasted. Nothing is sent yet.")];
    words.extend(ends_and_comments(&paste));
    let lines = paste.steps;
    let known = match &status.capabilities.now {
        CapabilityState::Known(offered) => Some(offered.offers("PIPELINING")),
        CapabilityState::Helo => Some(false),
        CapabilityState::Unknown | CapabilityState::Discarded => None,
    };
    let at_once = match known {
        Some(true) => "send all at once (PIPELINING)",
        Some(false) => "send all at once, although PIPELINING is not offered",
        None => "send all at once, before EHLO has offered PIPELINING",
    };
    if known == Some(false) {
        words.push(
            "!! The server does not offer PIPELINING: of lines sent at once, some may be lost."
                .to_owned(),
        );
    }
    Choice::new("Paste", words)
        .option(
            KeyCode::Enter,
            "send one by one, each after the reply to the one before",
            Answer::OneByOne(lines.clone()),
        )
        .option(KeyCode::Char('p'), at_once, Answer::AtOnce(lines.clone()))
        .option(
            KeyCode::Char('e'),
            "put them at the prompt one by one",
            Answer::Step(lines),
        )
}
