//! From a wish to a connection being made.

use super::{Effect, message};
use crate::config::{Target, TlsChoice};
use crate::net::{Command, LookUp, Security, Sni};
use crate::practice::{self, Mood, Practice};
use crate::smtp::Standing;
use crate::tui::connection::{Goal, State};
use crate::tui::model::{Focus, Model};
use crate::tui::popup::Popup;
use crate::tui::popup::connect::{Form, Wish};
use crate::tui::tour::Tour;

pub(super) fn open_form(model: &mut Model) {
    let goal = model.connection.goal.as_ref().filter(|goal| !goal.practice);
    let smtps = goal.is_some_and(|goal| goal.target.smtps);
    let tls = match goal {
        Some(_) if smtps => TlsChoice::Implicit,
        Some(goal) => goal.tls,
        None => model.preferences.tls,
    };
    let form = Form::new(
        &model.recent,
        &model.preferences.profiles,
        goal.map(|goal| &goal.target),
        tls,
    );
    model.popups.push(Popup::Connect(Box::new(form)));
}

pub(super) fn practice(model: &mut Model, argument: &str, effects: &mut Vec<Effect>) {
    let moods: Result<Vec<Mood>, _> = argument.split_whitespace().map(str::parse).collect();
    match moods {
        Ok(moods) => effects.push(Effect::Practice(moods, model.preferences.tls)),
        Err(error) => model.warn(error.to_string()),
    }
}

/// Begins the tour, or ends it.
pub(super) fn tour(model: &mut Model, argument: &str, effects: &mut Vec<Effect>) {
    match argument {
        "" => {
            model.tour = Some(Tour::default());
            effects.push(Effect::Practice(Vec::new(), TlsChoice::None));
        }
        "stop" => {
            model.tour = None;
            model.say("the tour is ended; :tour begins it again");
        }
        other => model.warn(format!(
            "{other:?}: :tour begins the tour, :tour stop ends it"
        )),
    }
}

pub(super) fn connect_to(model: &mut Model, wish: Wish, effects: &mut Vec<Effect>) {
    match wish {
        Wish::Practice(mood, tls) => {
            effects.push(Effect::Practice(mood.into_iter().collect(), tls));
        }
        Wish::Tour => tour(model, "", effects),
        Wish::Profile(name) => match model.preferences.profiles.get(&name) {
            Some(profile) => {
                let mut goal = goal(model, profile.target.clone(), profile.tls);
                let user = profile.user.clone();
                match model.preferences.profile_tls.get(&name) {
                    Some(Ok(options)) => goal.plan.tls = options.clone(),
                    Some(Err(words)) => return model.warn(words.clone()),
                    None => {}
                }
                goal.profile = Some(name);
                connect(model, goal, effects);
                if !user.is_empty() {
                    model.say(format!("^O a logs in as {user}, once EHLO is answered"));
                }
            }
            None => model.warn(format!("the config has no profile {name}")),
        },
        Wish::Server(target, tls) => {
            let goal = goal(model, target, tls);
            connect(model, goal, effects);
        }
    }
}

/// The goal for a target, with everything the flags and settings say.
pub fn goal(model: &Model, target: Target, tls: TlsChoice) -> Goal {
    let mut plan = model.preferences.plan.clone();
    plan.host.clone_from(&target.host);
    plan.port = target.port;
    plan.security = tls.resolve(target.security());
    // So that it is remembered as what it was.
    let smtps = plan.security == Security::Implicit;
    Goal {
        target: Target { smtps, ..target },
        tls,
        plan,
        practice: false,
        profile: None,
    }
}

/// The way to a practice server: its TLS port where TLS is wanted from the first byte, and its
/// authority trusted.
pub fn practice_goal(model: &Model, server: &Practice, tls: TlsChoice) -> Goal {
    let implicit = server.tls().filter(|_| tls == TlsChoice::Implicit);
    let address = implicit.unwrap_or(server.plain());
    let target = Target {
        host: practice::HOST.to_owned(),
        port: address.port(),
        smtps: false,
        mx: false,
    };
    let mut goal = goal(model, target, tls);
    // The server listens on IPv4 alone; "localhost" may be looked up as something else first.
    goal.plan.host = address.ip().to_string();
    goal.plan.tls.sni = Sni::Name(practice::HOST.to_owned());
    goal.plan.tls.authorities.push(server.authority().clone());
    goal.practice = true;
    goal
}

pub(super) fn connect(model: &mut Model, goal: Goal, effects: &mut Vec<Effect>) {
    if model.connection.standing.secret_lines {
        model.prompt.end_exchange();
    }
    if !goal.practice {
        model.tour = None;
    }
    message::on_end(model);
    let connection = &mut model.connection;
    connection.call(&goal.target.host, model.now);
    effects.push(Effect::Open(goal.target.clone()));
    let command = if goal.target.mx {
        Command::LookUp(Box::new(LookUp {
            domain: goal.target.host.clone(),
            resolver: goal.plan.tls.dane.clone().unwrap_or_default(),
        }))
    } else {
        Command::Connect(Box::new(goal.plan.clone()))
    };
    effects.push(Effect::Wire(command));
    connection.goal = Some(goal);
    let due = match connection.state {
        State::Asked { due, .. } => due + 1,
        _ => 1,
    };
    connection.state = State::Asked {
        since: model.now,
        due,
    };
    connection.standing = Standing::default();
    connection.tls = None;
    connection.literal = None;
    connection.last_reply = None;
    model.seen.begin();
    model.prompt.message_due = false;
    model.prompt.searching = None;
    model.leaving = false;
    if model.fetching.take().is_some() {
        effects.push(Effect::GiveUpLogin);
    }
    model.login = None;
    model.withheld = None;
    model.typed.clear();
    model.focus = Focus::Prompt;
    model.transcript.leave();
    model.transcript.follow();
    model.outbox.clear();
    model.replay = None;
    model.saved = None;
}

pub(super) fn reconnect(model: &mut Model, effects: &mut Vec<Effect>) {
    if let Some(goal) = model.connection.goal.clone() {
        connect(model, goal, effects);
    }
}
