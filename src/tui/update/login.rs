//! Logs in: from the login form to the SASL exchange, and advice after a refusal.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::text::Line;

use super::automatic::may_send;
use crate::config::PasswordSource;
use crate::diagnosis::{self, ReplyContext, Step};
use crate::headless::script::{LoginSpec, PasswordPlace};
use crate::manual::{Condition, Fact, StepAction};
use crate::net::Command;
use crate::practice;
use crate::smtp::sasl::{Exchange, Mechanism, RefusedLogin};
use crate::smtp::{Exposure, NotSentReason};
use crate::tui::message::Effect;
use crate::tui::model::Model;
use crate::tui::popup::choice::Answer;
use crate::tui::popup::login::LoginForm;
use crate::tui::popup::pager::{Pager, PagerPart};
use crate::tui::popup::{Outcome, Popup};
use crate::tui::state::login_request::LoginRequest;
use crate::tui::state::request::PendingLogin;
use crate::tui::update::questions;

/// Opens the login form: as it was left, or new with the values of the profile. `typed` is the
/// mechanism that was typed after AUTH, if any.
pub(super) fn open(model: &mut Model, typed: &str) {
    let form = form(model, typed);
    model.session.popups.push(Popup::Login(form));
}

/// Opens the login form with what a `:login` says, and logs in at once if nothing is missing.
///
/// # Errors
/// What it says that does not exist.
pub(super) fn open_for(
    model: &mut Model,
    spec: &LoginSpec,
    effects: &mut Vec<Effect>,
) -> Result<(), String> {
    let profile = match &spec.profile {
        Some(name) => Some(
            model
                .preferences
                .profiles
                .get(name)
                .ok_or_else(|| format!("no profile {name} in the config"))?,
        ),
        None => None,
    };
    let status = &model.session.connection.status;
    let offered = status.capabilities.current();
    let offered = offered.map_or_else(Vec::new, |now| now.mechanisms());
    let is_offered = |mechanism: &&Mechanism| {
        let mut names = offered.iter();
        names.any(|name| name.eq_ignore_ascii_case(mechanism.name()))
    };
    let wanted = spec.mechanisms.iter().find(is_offered);
    let wanted = wanted.or(spec.mechanisms.first());
    let of_profile = profile.map_or("", |profile| profile.mechanism.as_str());
    let mechanism = wanted.map_or(of_profile, |mechanism| mechanism.name());
    let user = spec.user.as_deref();
    let user = user.or(profile.map(|profile| profile.user.as_str()));
    let source = match &spec.password {
        Some(PasswordPlace::Source(source)) => Some(source.clone()),
        Some(PasswordPlace::Ask) => None,
        None => profile.and_then(|profile| profile.password.clone()),
    };
    let mut form = new_form(model, mechanism);
    if let Some(user) = user {
        form = form.with(user, source.clone());
    }
    // A script may come from anywhere: the password of a profile goes to another server only if the user
    // says so.
    let destination = model.session.connection.destination.as_ref();
    let elsewhere = profile
        .filter(|profile| destination.is_none_or(|here| here.target.host != profile.target.host));
    if let Some(profile) = elsewhere {
        let host = &profile.target.host;
        form.show_error(&format!(
            "this profile is for {host}: Enter sends its password here"
        ));
        model.session.popups.push(Popup::Login(Box::new(form)));
        return Ok(());
    }
    let enter = KeyEvent::from(KeyCode::Enter);
    if source.is_some()
        && user.is_some()
        && let Outcome::Login(request) = form.handle(enter)
    {
        start(model, request, effects);
    } else {
        model.session.popups.push(Popup::Login(Box::new(form)));
    }
    Ok(())
}

/// Opens the form again, with this error.
fn reopen_with_error(model: &mut Model, words: &str) {
    let mut form = form(model, "");
    form.show_error(words);
    model.session.reopen(Popup::Login(form));
}

fn form(model: &mut Model, typed: &str) -> Box<LoginForm> {
    let status = &model.session.connection.status;
    match model.session.login_form.take() {
        Some(mut form) => {
            form.offer(status);
            form.again();
            form
        }
        None => Box::new(new_form(model, typed)),
    }
}

fn new_form(model: &Model, typed: &str) -> LoginForm {
    let destination = model.session.connection.destination.as_ref();
    let server = destination.map_or_else(Default::default, |destination| {
        (destination.target.host.clone(), destination.target.port)
    });
    let profile = destination
        .and_then(|destination| destination.profile.as_ref())
        .and_then(|name| model.preferences.profiles.get(name));
    let status = &model.session.connection.status;
    let of_profile = profile.map_or("", |profile| profile.mechanism.as_str());
    let offered = status.capabilities.current();
    let offered = offered.map_or_else(Vec::new, |now| now.mechanisms());
    let is_offered = offered.is_empty()
        || offered
            .iter()
            .any(|name| name.eq_ignore_ascii_case(of_profile));
    let wanted = match typed {
        // The form begins with a mechanism that is offered.
        "" if is_offered => of_profile,
        typed => typed,
    };
    let mut form = LoginForm::new(status, server, wanted);
    if let Some(profile) = profile {
        form = form.with(&profile.user, profile.password.clone());
        if !is_offered && !of_profile.is_empty() {
            form = form.hint(format!(
                "The profile asks for {of_profile}, which is not offered."
            ));
        }
    }
    if destination.is_some_and(|destination| destination.practice) {
        form = form.with(practice::USER, None).hint(format!(
            "The practice server knows user {}, password {}, token {}.",
            practice::USER,
            practice::PASSWORD,
            practice::TOKEN
        ));
    }
    form
}

/// Starts a login: obtains the password first. `^C` cancels a slow password command.
pub(super) fn start(model: &mut Model, request: Box<LoginRequest>, effects: &mut Vec<Effect>) {
    if !may_send(model) {
        return;
    }
    let number = model.session.login_requests.wrapping_add(1);
    model.session.login_requests = number;
    let source = request.source.as_ref().map(PasswordSource::description);
    model.session.pending_login = PendingLogin::Fetching { number, source };
    effects.push(Effect::Login(number, request));
}

/// Begins the exchange of the login of this number, or reports why it cannot begin. A login that is
/// no longer wanted is dropped.
pub(super) fn begin(
    model: &mut Model,
    number: u32,
    exchange: Result<Box<Exchange>, String>,
    effects: &mut Vec<Effect>,
) {
    // The user may have cancelled this login and requested another one.
    if !matches!(model.session.pending_login, PendingLogin::Fetching { number: wanted, .. } if wanted == number)
    {
        return;
    }
    model.session.pending_login = PendingLogin::None;
    let destination = model.session.connection.destination.as_ref();
    let here =
        destination.map(|destination| (destination.target.host.as_str(), destination.target.port));
    match exchange {
        // A password command may take time, and the user may have connected elsewhere by now.
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
        Err(words) => reopen_with_error(model, &words),
    }
}

/// Handles an exchange that was not begun; asks the user if the link exposes the password.
pub(super) fn on_not_sent(model: &mut Model, exchange: Box<Exchange>, why: NotSentReason) {
    let exposure = match why {
        NotSentReason::Exposed(exposure) => exposure,
        NotSentReason::FewIterations(number) => {
            let choice = questions::few_iterations(exchange.mechanism().name(), number);
            model.session.pending_login = PendingLogin::Withheld(exchange);
            return model.interrupt(Popup::Choice(choice));
        }
        why => return reopen_with_error(model, &format!("login not started: {why}")),
    };
    let (yes, no) = (Answer::ConsentLogin(exposure), Answer::WithholdLogin);
    let mut choice = questions::consent(exposure, yes, no, model.session.connection.tls.as_ref());
    if !exchange.mechanism().sends_secret_itself() {
        let words = questions::proof(exchange.mechanism().name(), exposure);
        choice.words.splice(..choice.words.len() - 1, words);
    }
    model.session.pending_login = PendingLogin::Withheld(exchange);
    model.interrupt(Popup::Choice(choice));
}

/// Sends the login that was withheld: the user accepts this exposure.
pub(super) fn consent(model: &mut Model, exposure: Exposure, effects: &mut Vec<Effect>) {
    if let PendingLogin::Withheld(exchange) = std::mem::take(&mut model.session.pending_login) {
        effects.push(Effect::Wire(Command::Authenticate {
            exchange,
            consent: Some(exposure),
        }));
    }
}

/// Begins the login again that was cancelled: the user accepts its few iterations.
pub(super) fn consent_to_proof(model: &mut Model, effects: &mut Vec<Effect>) {
    if let PendingLogin::Withheld(mut exchange) = std::mem::take(&mut model.session.pending_login) {
        exchange.accept_few_iterations();
        effects.push(Effect::Wire(Command::Authenticate {
            exchange,
            consent: None,
        }));
    }
}

/// Drops the login that was withheld; back to the form.
pub(super) fn withhold(model: &mut Model) {
    model.session.pending_login = PendingLogin::None;
    open(model, "");
    model.say("not sent");
}

/// Shows what to check after the server refused a login.
pub(super) fn on_refused(model: &mut Model, attempt: &RefusedLogin) {
    let tracked = model.session.connection.tracker.latest().clone();
    let situation = model.session.situation(tracked);
    let explanation = diagnosis::explain(&ReplyContext {
        reply: &attempt.reply,
        situation: &situation,
    });
    let checks = diagnosis::checks(attempt, &explanation, &situation);
    let form = if attempt.by_hand {
        "^O a opens a login form: no shell quoting."
    } else {
        "^O a opens the login form again, with your entries."
    };
    // Where the server takes no login, a form would not help.
    let can_log_in = situation.meets(&Condition::is(Fact::CanLogIn)) != Some(false);
    model.session.refused_secret = attempt.secret;
    let quoting = ":quote finds what a shell or a file makes of your password.";
    let has_key = |step: &Step| !matches!(step.action, None | Some(StepAction::Login));
    let explain = "^O l explains the reply: there, steps have keys.";
    let lines = [
        can_log_in.then_some(form),
        attempt.secret.map(|_| quoting),
        explanation.next.iter().any(has_key).then_some(explain),
    ];
    let again = lines.into_iter().flatten();
    let again = again.map(|line| (Line::from(line), None)).collect();
    let code = attempt.reply.code();
    let code = code.map_or_else(String::new, |code| format!("{code}: "));
    let title = format!("Login refused, {code}what to check");
    let pager = Pager::new(
        title,
        vec![PagerPart::Points(checks), PagerPart::Lines(again)],
    );
    model.interrupt(Popup::Pager(pager.at_top()));
}
