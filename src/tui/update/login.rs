//! From the login form to an exchange, and what comes of a refusal.

use ratatui::text::Line;

use super::unsent::unsent;
use crate::config::PasswordSource;
use crate::net::Command;
use crate::smtp::sasl::{Exchange, RefusedLogin};
use crate::smtp::{Awaited, Exposure, NotSentReason};
use crate::tui::message::Effect;
use crate::tui::model::Model;
use crate::tui::popup::Popup;
use crate::tui::popup::choice::Answer;
use crate::tui::popup::login::{Login, LoginRequest};
use crate::tui::popup::pager::{Pager, Part};
use crate::tui::update::questions;
use crate::{manual, practice};

/// Opens the form: as it was left, or new, with what the profile says. A mechanism that was typed is
/// what a new one begins with.
pub(super) fn open(model: &mut Model, typed: &str) {
    let form = form(model, typed);
    model.session.popups.push(Popup::Login(form));
}

/// Opens the form again and says what went wrong.
fn complain(model: &mut Model, words: String) {
    let mut form = form(model, "");
    form.complain(words);
    model.session.popups.push(Popup::Login(form));
}

fn form(model: &mut Model, typed: &str) -> Box<Login> {
    let status = &model.session.connection.status;
    match model.session.login.take() {
        Some(mut form) => {
            form.offer(status);
            form.again();
            form
        }
        None => Box::new(fresh(model, typed)),
    }
}

fn fresh(model: &Model, typed: &str) -> Login {
    let destination = model.session.connection.destination.as_ref();
    let server = destination.map_or_else(Default::default, |destination| {
        (destination.target.host.clone(), destination.target.port)
    });
    let profile = destination
        .and_then(|destination| destination.profile.as_ref())
        .and_then(|name| model.preferences.profiles.get(name));
    let wanted = match typed {
        "" => profile.map_or("", |profile| profile.mechanism.as_str()),
        typed => typed,
    };
    let mut form = Login::new(&model.session.connection.status, server, wanted);
    if let Some(profile) = profile {
        form = form.with(&profile.user, profile.password.clone());
    }
    if destination.is_some_and(|destination| destination.practice) {
        form = form.hint(format!(
            "The practice server knows user {}, password {}, token {}.",
            practice::USER,
            practice::PASSWORD,
            practice::TOKEN
        ));
    }
    form
}

/// Has what a login needs. Where that takes its time, it is said, and `^C` ends it.
pub(super) fn have(model: &mut Model, request: Box<LoginRequest>, effects: &mut Vec<Effect>) {
    model.session.fetching = request.source.as_ref().map(PasswordSource::name);
    effects.push(Effect::Login(request));
}

/// What the exchange needed is here, or is not to be had.
pub(super) fn begin(
    model: &mut Model,
    exchange: Result<Box<Exchange>, String>,
    effects: &mut Vec<Effect>,
) {
    model.session.fetching = None;
    let destination = model.session.connection.destination.as_ref();
    let here =
        destination.map(|destination| (destination.target.host.as_str(), destination.target.port));
    match exchange {
        // A password command may take its time, and the user may be elsewhere by now.
        Ok(exchange) if here != Some(exchange.server()) => {
            model.warn("not logged in: the password is for another server");
        }
        Ok(exchange) => {
            model.session.transcript.follow();
            model.session.seen.claim(exchange.user());
            effects.push(Effect::Wire(Command::Authenticate {
                exchange,
                consent: None,
            }));
        }
        Err(words) => complain(model, words),
    }
}

/// An exchange was not begun. Where it is the link that hinders it, the user is asked.
pub(super) fn on_not_sent(model: &mut Model, exchange: Box<Exchange>, reason: NotSentReason) {
    let NotSentReason::Exposed(exposure) = reason else {
        return complain(model, format!("not begun: {}", unsent(reason)));
    };
    let (yes, no) = (Answer::ConsentLogin(exposure), Answer::WithholdLogin);
    let choice = questions::consent(exposure, yes, no, model.session.connection.tls.as_ref());
    model.session.withheld = Some(exchange);
    model.session.popups.push(Popup::Choice(choice));
}

/// The user agreed to send what is exposed so.
pub(super) fn consent(model: &mut Model, exposure: Exposure, effects: &mut Vec<Effect>) {
    if let Some(exchange) = model.session.withheld.take() {
        effects.push(Effect::Wire(Command::Authenticate {
            exchange,
            consent: Some(exposure),
        }));
    }
}

/// The user did not agree: back to the form.
pub(super) fn withhold(model: &mut Model) {
    model.session.withheld = None;
    open(model, "");
    model.say("not sent");
}

/// The server refused: what remains to be checked, where the user is looking.
pub(super) fn on_refused(model: &mut Model, attempt: &RefusedLogin) {
    let capabilities = model.session.connection.status.capabilities.current();
    let offered = capabilities.map_or_else(Vec::new, |now| now.mechanisms());
    let host = model
        .session
        .connection
        .destination
        .as_ref()
        .map(|destination| &destination.target.host);
    let known = manual::particular(&manual::ReplyContext {
        reply: &attempt.reply,
        awaited: Some(Awaited::SaslResponse),
        host: host.map(String::as_str),
        status: Some(&model.session.connection.status),
    });
    let checks = attempt.checks(&offered, known.as_deref());
    let again = if attempt.by_hand {
        "^O a logs in by a form, without a shell."
    } else {
        "^O a logs in again, with what was filled in."
    };
    let again = vec![(Line::from(again), None)];
    let code = attempt.reply.code();
    let code = code.map_or_else(String::new, |code| format!("{code}: "));
    let title = format!("login refused, {code}what to check");
    let pager = Pager::new(title, vec![Part::Points(checks), Part::Lines(again)]);
    model.interrupt(Popup::Pager(pager.at_top()));
}
