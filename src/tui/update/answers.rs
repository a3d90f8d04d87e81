//! Carries out the answers to questions.

use super::commands::run_unasked;
use super::connecting::{connect, connect_to, open_form_at};
use super::sending::{self, send_by_hand, send_raw};
use super::unsent::withhold;
use super::{automatic, leaving, login, message, message_file, replay, saved, transcript};
use crate::config::{Target, TlsChoice, TlsOverrides};
use crate::net::{Command, TlsVersion};
use crate::tui::message::Effect;
use crate::tui::model::Model;
use crate::tui::popup::choice::Answer;
use crate::tui::state::connect_request::ConnectRequest;
use crate::tui::state::outbox::Pace;

pub(super) fn on_answer(model: &mut Model, answer: Answer, effects: &mut Vec<Effect>) {
    match answer {
        Answer::Nothing | Answer::KeepWaiting => {}
        Answer::Consent(line, _) if !model.session.connection.is_up() => {
            withhold(model, &line, "not connected");
        }
        Answer::Consent(line, exposure) => effects.push(Effect::Wire(Command::Send {
            line,
            consent: Some(exposure),
        })),
        Answer::SendAhead(line) if !model.session.connection.is_up() => {
            withhold(model, &line, "not connected");
        }
        Answer::SendAhead(line) => send_by_hand(model, line, effects),
        Answer::SendOctets(octets) => send_raw(model, octets, None, effects),
        Answer::Withhold(line) => withhold(model, &line, "not sent"),
        Answer::ConsentProof => login::consent_to_proof(model, effects),
        Answer::ConsentLogin(exposure) => login::consent(model, exposure, effects),
        Answer::WithholdLogin => login::withhold(model),
        Answer::OneByOne(lines) => automatic::start(model, lines, Pace::Answered, effects),
        Answer::AtOnce(lines) => automatic::start(model, lines, Pace::AtOnce, effects),
        Answer::Step(lines) => automatic::start(model, lines, Pace::Stepped, effects),
        Answer::ConsentRaw(octets, exposure) => send_raw(model, octets, Some(exposure), effects),
        Answer::SendMessage => message::send(model, effects),
        Answer::SendComposed => message::send_composed(model, effects),
        Answer::SendChunk => message::send_chunk(model, effects),
        Answer::SendFile => message_file::send_file(model, false, effects),
        Answer::SendFileAsIs => message_file::send_file(model, true, effects),
        Answer::SendFileChunk => message_file::send_file_chunk(model, effects),
        Answer::Port(port) => connect_otherwise(model, effects, |target, _, _| {
            target.port = port;
            target.smtps = false;
        }),
        Answer::Exchanger(target) => {
            if let Some(mut destination) = model.session.connection.destination.clone() {
                destination.plan.host.clone_from(&target.host);
                let domain = std::mem::replace(&mut destination.target, target).host;
                destination.domain = Some(domain);
                // The DNS named this server, so it may vouch for its key, too (DANE).
                destination.plan.tls.dane.get_or_insert_default();
                connect(model, destination, effects);
            }
        }
        Answer::Tls(wanted) => connect_otherwise(model, effects, |target, tls, _| {
            target.smtps = false;
            *tls = wanted;
        }),
        Answer::Sni(sni) => connect_otherwise(model, effects, |_, _, overrides| {
            overrides.sni = Some(sni);
        }),
        Answer::Tls12 => connect_otherwise(model, effects, |_, _, overrides| {
            overrides.tls_max = Some(TlsVersion::Tls12);
        }),
        Answer::TlsSetting(field) => open_form_at(model, field),
        Answer::Replay(replay, target) => replay::begin(model, *replay, target, effects),
        Answer::Copy(scope) => transcript::take(model, scope, effects),
        Answer::OpenLoaded => saved::open_ready(model),
        Answer::OpenPasted(text) => saved::read_pasted(model, text, effects),
        Answer::Paste(text) => {
            sending::paste(model, &String::from_utf8_lossy(text.reveal()));
        }
        Answer::Write(writing) => effects.push(Effect::Write(writing)),
        Answer::Replace(name, options) => effects.push(Effect::Save(name, options)),
        Answer::RunUnasked(action, argument) => run_unasked(model, action, &argument, effects),
        Answer::QuitPolitely => leaving::quit_politely(model, effects),
        Answer::Quit => effects.push(Effect::Quit),
    }
}

/// Connects to the same server again, after `change` to the target, the TLS choice or the TLS settings.
fn connect_otherwise(
    model: &mut Model,
    effects: &mut Vec<Effect>,
    change: impl FnOnce(&mut Target, &mut TlsChoice, &mut TlsOverrides),
) {
    let Some(destination) = &model.session.connection.destination else {
        return;
    };
    let mut target = destination.target.clone();
    let mut tls = destination.tls;
    let mut overrides = destination.overrides.clone();
    change(&mut target, &mut tls, &mut overrides);
    let request = ConnectRequest::Server(target, tls, Box::new(overrides));
    connect_to(model, request, effects);
}
