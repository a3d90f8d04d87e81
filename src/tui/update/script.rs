//! Runs a pasted script: each step after the replies to the one before. A step of ours runs as the
//! console's command of its name, and the script waits while that asks the user.

use std::path::Path;

use super::{automatic, connecting, documents, login};
use crate::headless::first_line;
use crate::headless::script::{Content, Expectation, OwnCommand};
use crate::net::Command;
use crate::smtp::{CommandLine, Phase, Secret, Verb};
use crate::tui::message::Effect;
use crate::tui::model::Model;
use crate::tui::state::outbox::{Pace, Step, StepKind};
use crate::tui::state::request::PendingLogin;

/// The most chunks of one `:bdat`.
const CHUNKS_CAP: usize = 1000;

/// Takes all steps that are due.
pub(super) fn proceed(model: &mut Model, effects: &mut Vec<Effect>) {
    if own_is_done(model) {
        model.session.outbox.end_own();
    }
    while is_due(model) {
        let message = matches!(
            model.session.outbox.peek().map(|step| &step.kind),
            Some(StepKind::Message(_))
        );
        if message && model.session.connection.status.phase != Phase::Message {
            // DATA was refused, as the script expects: its message goes nowhere.
            model.session.outbox.skip();
            continue;
        }
        let Some(step) = model.session.outbox.next() else {
            break;
        };
        run(model, step, effects);
    }
    let settled = automatic::is_due(model) || !model.session.connection.is_up();
    if settled && model.session.outbox.take_end() && model.session.notice.is_none() {
        model.say("the script is done");
    }
}

/// Whether the next step is due.
fn is_due(model: &Model) -> bool {
    let session = &model.session;
    let Some(next) = session.outbox.peek() else {
        return false;
    };
    if session.outbox.is_under_way() || !session.outbox.runs_script() {
        return false;
    }
    let phase = session.connection.status.phase;
    let up = session.connection.is_up();
    let settled = automatic::is_due(model) || !up && !session.connection.is_connecting();
    match &next.kind {
        StepKind::Line(_) => automatic::is_due(model) && phase != Phase::Closing,
        StepKind::Expect(_) | StepKind::AfterTls(_) => settled,
        StepKind::Raw(_) | StepKind::Message(_) => automatic::is_due(model),
        StepKind::Own(own, _) => match **own {
            // The server closes after QUIT.
            OwnCommand::Reconnect => settled && !(up && phase == Phase::Closing),
            OwnCommand::Sleep(_) | OwnCommand::Save(_) | OwnCommand::Disconnect => settled,
            _ => automatic::is_due(model),
        },
    }
}

fn run(model: &mut Model, step: Step, effects: &mut Vec<Effect>) {
    // What was said about the reply before is over.
    if !step.is_expectation() {
        model.session.notice = None;
    }
    match step.kind {
        StepKind::Line(line) => send(model, line, effects),
        StepKind::AfterTls(line) => {
            if model.session.connection.tls.is_some() {
                model
                    .session
                    .outbox
                    .insert(vec![Step::line(step.line, line)]);
            }
        }
        StepKind::Raw(octets) => {
            model.session.transcript.follow();
            let send = Command::SendRaw {
                octets,
                consent: None,
            };
            let in_message = model.session.connection.status.phase == Phase::Message;
            let wrap = if in_message {
                Command::Automatic
            } else {
                Command::AfterReplies
            };
            effects.push(Effect::Wire(wrap(Box::new(send))));
        }
        StepKind::Message(text) => {
            model.session.transcript.follow();
            let send = Command::SendMessage(text.reveal().to_vec());
            effects.push(Effect::Wire(Command::Automatic(Box::new(send))));
        }
        StepKind::Expect(expectation) => expect(model, step.line, &expectation),
        StepKind::Own(own, _) => run_own(model, *own, effects),
    }
}

fn send(model: &mut Model, line: CommandLine, effects: &mut Vec<Effect>) {
    model.session.transcript.follow();
    let send = Command::Send {
        line,
        consent: None,
    };
    effects.push(Effect::Wire(Command::AfterReplies(Box::new(send))));
}

/// Stops the script if the last replies are not what they have to be.
fn expect(model: &mut Model, line: usize, expectation: &Expectation) {
    if let Some(words) = unmet(model, expectation) {
        automatic::stop(model, &format!("line {line}: {words}"));
    }
}

/// What the last replies are instead of what they have to be.
fn unmet(model: &Model, expectation: &Expectation) -> Option<String> {
    let replies = model.session.outbox.replies();
    if replies.is_empty() {
        return Some(format!("expected {expectation}, and nothing was answered"));
    }
    let other = replies.iter().find(|reply| !expectation.is_met(reply))?;
    Some(format!("expected {expectation}, got {}", first_line(other)))
}

/// Runs a command of ours.
fn run_own(model: &mut Model, own: OwnCommand, effects: &mut Vec<Effect>) {
    match own {
        OwnCommand::StartTls => {
            model.session.outbox.end_own();
            let verb = Verb::introduction(
                model.session.context().lint.port,
                model.session.connection.status.lmtp,
            );
            let lines = ["STARTTLS".to_owned(), format!("{verb} {}", helo(model))];
            let lines = lines.map(CommandLine::parse);
            if let [Ok(start), Ok(greet)] = lines {
                let after = Step {
                    line: 0,
                    kind: StepKind::AfterTls(greet),
                };
                model
                    .session
                    .outbox
                    .insert(vec![Step::line(0, start), after]);
            }
        }
        OwnCommand::Raw(octets) => {
            model.session.outbox.end_own();
            let raw = StepKind::Raw(Secret::new(octets));
            model
                .session
                .outbox
                .insert(vec![Step { line: 0, kind: raw }]);
        }
        OwnCommand::Bdat { content, chunk } => match content {
            Content::Octets(octets) => send_chunks(model, &octets, chunk),
            Content::File(path) => effects.push(Effect::ReadChunks(name(&path))),
        },
        OwnCommand::Data(path) => effects.push(Effect::OpenFile(name(&path))),
        OwnCommand::Login(spec) => {
            if let Err(why) = login::open_for(model, &spec, effects) {
                fail(model, &format!(":login: {why}"));
            }
        }
        OwnCommand::Save(path) => documents::save(model, &name(&path), effects),
        OwnCommand::Sleep(time) => {
            let number = model.session.outbox.begin_sleep();
            effects.push(Effect::Sleep(number, time));
        }
        OwnCommand::Disconnect => {
            if model.session.connection.is_up() {
                effects.push(Effect::Cancel);
            } else {
                model.session.outbox.end_own();
            }
        }
        OwnCommand::Reconnect => {
            if model.live().connection.destination.is_none() {
                return fail(model, ":reconnect: not connected to any server yet");
            }
            connecting::reconnect(model, effects);
        }
    }
}

fn name(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// The name for EHLO.
pub(super) fn helo(model: &Model) -> String {
    let refused = &model.session.seen.refused_names;
    match model.session.connection.usable_name(refused) {
        "" => "localhost".to_owned(),
        name => name.to_owned(),
    }
}

/// Sends octets in chunks of this size, or in one (RFC 3030).
fn send_chunks(model: &mut Model, octets: &[u8], size: Option<usize>) {
    let capabilities = model.session.connection.status.capabilities.current();
    if capabilities.is_some_and(|now| !now.offers("CHUNKING")) {
        let words = "not sent: CHUNKING is not offered, so the server does not know BDAT";
        return fail(model, words);
    }
    let size = size.unwrap_or(usize::MAX).max(1);
    if octets.len().div_ceil(size) > CHUNKS_CAP {
        let words = format!(":bdat: more than {CHUNKS_CAP} chunks: use a larger size");
        return fail(model, &words);
    }
    let mut pieces: Vec<&[u8]> = octets.chunks(size).collect();
    let last = pieces.pop().unwrap_or_default();
    let chunk = |piece: &[u8], last: &str| Step {
        line: 0,
        kind: StepKind::Raw(Secret::new(
            [format!("BDAT {}{last}\r\n", piece.len()).as_bytes(), piece].concat(),
        )),
    };
    let mut steps: Vec<Step> = pieces.into_iter().map(|piece| chunk(piece, "")).collect();
    steps.push(chunk(last, " LAST"));
    model.session.outbox.end_own();
    model.session.outbox.insert(steps);
}

/// Whether the command of ours has come to its end.
fn own_is_done(model: &Model) -> bool {
    let session = &model.session;
    let outbox = &session.outbox;
    let status = &session.connection.status;
    let answered = automatic::is_due(model) && !outbox.replies().is_empty();
    match outbox.own() {
        Some(OwnCommand::Login(_) | OwnCommand::Data(_)) => {
            let asked = !session.popups.is_empty()
                || !matches!(session.pending_login, PendingLogin::None)
                || session.draft.next.is_some()
                || session.draft.upload.is_some();
            answered && !asked && !status.secret_lines && status.phase != Phase::Message
        }
        Some(OwnCommand::Reconnect) => answered,
        Some(OwnCommand::Disconnect) => {
            !session.connection.is_up() && !session.connection.is_connecting()
        }
        _ => false,
    }
}

/// The command of ours could not do what it was to do: the script stops.
pub(super) fn fail(model: &mut Model, words: &str) {
    if model.session.outbox.own().is_some() {
        model.session.outbox.keep_own();
        automatic::stop(model, words);
    }
    if model.session.outbox.rest().is_empty() {
        model.warn(words);
    }
}

/// A file was saved, or a time has passed: the script goes on if it waits for that.
pub(super) fn own_done(model: &mut Model, effects: &mut Vec<Effect>) {
    model.session.outbox.end_own();
    automatic::proceed(model, effects);
}

/// The time of `:sleep` of this number has passed.
pub(super) fn slept(model: &mut Model, number: u32, effects: &mut Vec<Effect>) {
    if model.session.outbox.is_sleeping(number) {
        own_done(model, effects);
    }
}

/// A file for chunks was read, or could not be.
pub(super) fn on_chunks(
    model: &mut Model,
    read: Result<Secret, String>,
    effects: &mut Vec<Effect>,
) {
    let Some(OwnCommand::Bdat { chunk, .. }) = model.session.outbox.own() else {
        return;
    };
    let chunk = *chunk;
    match read {
        Ok(octets) => {
            send_chunks(model, octets.reveal(), chunk);
            automatic::proceed(model, effects);
        }
        Err(words) => fail(model, &format!(":bdat: {words}")),
    }
}

/// A key or a click was handled that may have closed the question or the form of a command of ours. If it did
/// nothing else, the user does not want the command.
pub(super) fn after_input(model: &mut Model, popups_before: usize, effects: &mut Vec<Effect>) {
    let outbox = &model.session.outbox;
    if !model.session.popups.is_empty() || popups_before == 0 {
        return;
    }
    if !outbox.runs_script() {
        return automatic::proceed(model, effects);
    }
    // A login that is being fetched, or a file that waits for 354, goes on whatever was closed.
    let session = &model.session;
    let under_way = !matches!(session.pending_login, PendingLogin::None)
        || session.draft.next.is_some()
        || session.draft.upload.is_some();
    let unanswered = outbox.replies().is_empty() && !under_way;
    let dropped = match outbox.own() {
        Some(OwnCommand::Login(_) | OwnCommand::Data(_)) => unanswered,
        Some(OwnCommand::Save(_)) => true,
        Some(_) => false,
        None => outbox.has_given(),
    };
    if dropped && effects.is_empty() {
        model.session.outbox.give_back(false);
        model.session.outbox.keep_own();
        automatic::stop(model, "");
        return automatic::warn_kept(model, "stopped, not sent");
    }
    automatic::proceed(model, effects);
}

/// Compares the last reply with a line that begins with `<`, which goes to no server.
pub(super) fn compare(model: &mut Model, text: &str) {
    let expectation = match Expectation::parse(text) {
        Ok(expectation) => expectation,
        Err(error) => return model.warn(error.to_string()),
    };
    let Some(last) = &model.session.connection.last_reply else {
        return model.warn("nothing was answered yet");
    };
    if expectation.is_met(&last.reply) {
        model.say(format!("as expected: {}", first_line(&last.reply)));
    } else {
        let got = first_line(&last.reply);
        model.warn(format!("expected {expectation}, got {got}"));
    }
}

/// Runs a command of ours that was typed: a script of one step.
pub(super) fn run_typed(model: &mut Model, name: &str, argument: &str, effects: &mut Vec<Effect>) {
    let text = format!("{name} {argument}");
    match OwnCommand::parse(text.trim_end()) {
        Ok(own) => {
            let kind = StepKind::Own(Box::new(own), format!(":{}", text.trim_end()));
            automatic::start(model, vec![Step { line: 0, kind }], Pace::Answered, effects);
        }
        Err(fault) => model.warn(fault.to_string()),
    }
}
