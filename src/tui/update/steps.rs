//! The keys of the steps of an explanation: a digit each, in their order.

use crate::diagnosis::Step;
use crate::manual::StepAction;
use crate::smtp::CommandLine;
use crate::tui::keymap::Action;
use crate::tui::model::Model;
use crate::tui::model::keys::unavailable;
use crate::tui::popup::choice::Answer;
use crate::tui::popup::pager::Pager;
use crate::tui::state::outbox::Step as Pasted;

/// The most steps that have a key.
const STEPS_CAP: usize = 9;

/// The pager with a key for each step that the program can take now.
pub(super) fn with_keys(model: &Model, mut pager: Pager, steps: &[Step]) -> Pager {
    if !model.session.is_live() {
        return pager;
    }
    for (digit, step) in ('1'..).zip(steps).take(STEPS_CAP) {
        let Some(action) = step.action else { continue };
        pager = match reach(model, action) {
            Some(Reach::Run(words, action)) if unavailable(model, action).is_none() => {
                pager.key(digit, words, action)
            }
            Some(Reach::Port(words, port)) => pager.answer(digit, words, Answer::Port(port)),
            Some(Reach::Line(words, line)) if model.session.connection.is_up() => {
                pager.answer(digit, words, Answer::Step(vec![Pasted::line(1, line)]))
            }
            _ => pager,
        };
    }
    pager
}

/// How the program takes a step, with the words of its key.
enum Reach {
    Run(&'static str, Action),
    /// Another port of the same host.
    Port(&'static str, u16),
    /// A line put at the prompt.
    Line(&'static str, CommandLine),
}

fn reach(model: &Model, action: StepAction) -> Option<Reach> {
    let name = model.session.connection.own_name();
    let (words, line) = match action {
        StepAction::Login | StepAction::Oauth => return Some(Reach::Run("log in", Action::Login)),
        StepAction::Reconnect => return Some(Reach::Run("reconnect", Action::Reconnect)),
        StepAction::Mx => return Some(Reach::Run("connect elsewhere", Action::Connect)),
        StepAction::ImplicitTls => return Some(Reach::Port("port 465", 465)),
        StepAction::Submission => return Some(Reach::Port("port 587", 587)),
        StepAction::Starttls => ("STARTTLS", "STARTTLS".to_owned()),
        StepAction::Ehlo => ("EHLO", format!("EHLO {name}")),
        StepAction::Helo => ("HELO", format!("HELO {name}")),
        StepAction::Lhlo => ("LHLO", format!("LHLO {name}")),
        StepAction::Mail => ("MAIL", "MAIL FROM:<".to_owned()),
        StepAction::Rcpt => ("RCPT", "RCPT TO:<".to_owned()),
        StepAction::Data => ("DATA", "DATA".to_owned()),
        StepAction::Rset => ("RSET", "RSET".to_owned()),
        // Which line it belongs to depends on the step.
        StepAction::Smtputf8 => return None,
    };
    Some(Reach::Line(words, CommandLine::parse(line).ok()?))
}
