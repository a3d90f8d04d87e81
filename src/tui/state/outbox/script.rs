//! What the outbox knows of a script that is under way.

use super::{Outbox, Pace, REPLIES_KEPT, Step, StepKind};
use crate::headless::script::OwnCommand;
use crate::smtp::{Class, Code, Reply};

impl Outbox {
    /// Whether what runs, or ran last, is a script.
    pub fn is_script(&self) -> bool {
        self.is_script && self.pace != Pace::Stepped
    }

    /// Whether a script is under way: nothing else may be sent meanwhile.
    pub fn runs_script(&self) -> bool {
        self.is_script() && (!self.steps.is_empty() || self.is_under_way())
    }

    /// Whether the script waits for what the user does with the form or the question of its step.
    pub fn lets_act(&self) -> bool {
        let asks = |own: &OwnCommand| matches!(own, OwnCommand::Login(_) | OwnCommand::Data(_));
        self.given.is_some() || self.own().is_some_and(asks)
    }

    /// The command of ours that is running.
    pub fn own(&self) -> Option<&OwnCommand> {
        self.own.as_ref().map(|(own, _)| own)
    }

    /// The command of ours has ended.
    pub fn end_own(&mut self) {
        self.own = None;
    }

    /// The command of ours did not do what it was to do: if it is of a paste, it is the next step again.
    pub fn keep_own(&mut self) {
        if let Some((_, step)) = self.own.take()
            && step.line > 0
        {
            self.steps.push_front(step);
        }
    }

    /// Takes a reply. Of a login and of DATA with its message, those that ask for more do not count; of a
    /// new connection, only the greeting does.
    pub fn take_reply(&mut self, reply: &Reply) {
        let asks_for_more = |reply: &Reply| {
            reply
                .code()
                .is_some_and(|code| code.class() == Class::Intermediate)
        };
        match self.own() {
            Some(OwnCommand::Login(_) | OwnCommand::Data(_)) => {
                self.replies.retain(|before| !asks_for_more(before));
            }
            Some(OwnCommand::Reconnect) if !self.replies.is_empty() => return,
            _ => {}
        }
        let refuses = |reply: &Reply| reply.code().is_none_or(Code::is_negative);
        if !self.is_script {
        } else if self.replies.len() < REPLIES_KEPT {
            self.replies.push(reply.clone());
        } else if refuses(reply)
            && let Some(kept) = self.replies.iter_mut().rfind(|kept| !refuses(kept))
        {
            // Of many replies, such as those of LMTP, a refusal is what an expectation must see.
            *kept = reply.clone();
        }
    }

    /// The replies to the last step.
    pub fn replies(&self) -> &[Reply] {
        &self.replies
    }

    /// Whether the next step says what the last replies have to be.
    pub fn expects(&self) -> bool {
        let after_tls = |step: &&Step| !matches!(step.kind, StepKind::AfterTls(_));
        let next = self.steps.iter().find(after_tls);
        next.is_some_and(Step::is_expectation)
    }

    /// Leaves the next step out.
    pub fn skip(&mut self) {
        self.steps.pop_front();
    }

    /// Begins a `:sleep`; returns its number.
    pub fn begin_sleep(&mut self) -> u32 {
        self.sleeps = self.sleeps.wrapping_add(1);
        self.sleeps
    }

    /// Whether the script waits for the end of the `:sleep` of this number.
    pub fn is_sleeping(&self, number: u32) -> bool {
        self.sleeps == number && matches!(self.own(), Some(OwnCommand::Sleep(_)))
    }

    /// Whether the script goes on without a connection: it connects again.
    pub fn goes_on_offline(&self) -> bool {
        let offline = |step: &&Step| match &step.kind {
            StepKind::Expect(_) => false,
            StepKind::Own(own, _) => !matches!(**own, OwnCommand::Save(_) | OwnCommand::Sleep(_)),
            _ => true,
        };
        let next = self.steps.iter().find(offline);
        let connects = |step: &Step| {
            matches!(&step.kind, StepKind::Own(own, _)
                if matches!(**own, OwnCommand::Reconnect | OwnCommand::Disconnect))
        };
        self.is_script && next.map_or(!self.steps.is_empty(), connects)
    }

    /// The server waits for a message. Whether the next step of the script is one.
    pub fn begin_message(&mut self) -> bool {
        let next = self.steps.iter().find(|step| !step.is_expectation());
        self.takes_message = self.runs_script() && next.is_some_and(Step::is_text);
        self.takes_message
    }

    /// Whether a step of the script is the message that the server waits for.
    pub fn takes_message(&self) -> bool {
        self.takes_message
    }

    /// The server does not wait for the message of a script any more. Returns whether it did.
    pub fn end_message(&mut self) -> bool {
        std::mem::take(&mut self.takes_message)
    }

    /// Whether all of a script is done.
    pub fn is_over(&self) -> bool {
        self.is_script && self.steps.is_empty() && !self.is_under_way()
    }

    /// Whether a script has just ended. It is asked once.
    pub fn take_end(&mut self) -> bool {
        let over = self.is_over();
        self.is_script &= !over;
        over
    }
}
