//! From a wish to a connection being made.

use super::{Effect, handshake, message};
use crate::config::{ResolvedTls, Target, TlsChoice, TlsOverrides};
use crate::net::{Command, LookUp, Security, Sni};
use crate::practice::{self, Mood, Practice};
use crate::smtp::SessionStatus;
use crate::tui::connection::{Goal, State};
use crate::tui::model::{Focus, Model};
use crate::tui::popup::Popup;
use crate::tui::popup::connect::{Form, Wish};
use crate::tui::tour::Tour;

pub(super) fn open_form(model: &mut Model) {
    // One that still waits is given up for this, and has what was filled in.
    model.pending_connect = None;
    if let Some(form) = model.form.take() {
        return model.popups.push(Popup::Connect(form));
    }
    let goal = model.connection.goal.as_ref().filter(|goal| !goal.practice);
    let smtps = goal.is_some_and(|goal| goal.target.smtps);
    let tls = match goal {
        Some(_) if smtps => TlsChoice::Implicit,
        Some(goal) => goal.tls,
        None => model.preferences.tls,
    };
    // What was said about the handshake holds for the practice server, too.
    let overrides = model.connection.goal.as_ref().map(|goal| &goal.overrides);
    let form = Form::new(
        &model.recent,
        &model.preferences.profiles,
        goal.map(|goal| &goal.target),
        tls,
        overrides.unwrap_or(&model.preferences.overrides).clone(),
    );
    model.popups.push(Popup::Connect(Box::new(form)));
}

impl Wish {
    /// A server, with all else as the program was started.
    pub(super) fn server(target: Target, model: &Model) -> Self {
        let preferences = &model.preferences;
        Self::Server(
            target,
            preferences.tls,
            Box::new(preferences.overrides.clone()),
        )
    }
}

/// The practice server in the moods that are named.
pub(super) fn practice_in(model: &mut Model, argument: &str, effects: &mut Vec<Effect>) {
    let moods: Result<Vec<Mood>, _> = argument.split_whitespace().map(str::parse).collect();
    match moods {
        Ok(moods) => practice(model, moods, effects),
        Err(error) => model.warn(error.to_string()),
    }
}

/// The practice server, with all else as the program was started.
pub(super) fn practice(model: &mut Model, moods: Vec<Mood>, effects: &mut Vec<Effect>) {
    let preferences = &model.preferences;
    let overrides = Box::new(preferences.overrides.clone());
    connect_to(
        model,
        Wish::Practice(moods, preferences.tls, overrides),
        effects,
    );
}

/// Begins the tour, or ends it.
pub(super) fn tour(model: &mut Model, argument: &str, effects: &mut Vec<Effect>) {
    match argument {
        "" => {
            model.tour = Some(Tour::default());
            let overrides = Box::new(model.preferences.overrides.clone());
            let wish = Wish::Practice(Vec::new(), TlsChoice::None, overrides);
            connect_to(model, wish, effects);
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

/// Connects as it was wished, as soon as what is said about the handshake is read.
pub(super) fn connect_to(model: &mut Model, wish: Wish, effects: &mut Vec<Effect>) {
    let preferences = &model.preferences;
    let overrides = match &wish {
        Wish::Tour => return tour(model, "", effects),
        Wish::Server(_, _, overrides) | Wish::Practice(_, _, overrides) => overrides,
        Wish::Profile(name) => {
            let overrides = preferences.profile_overrides.get(name);
            overrides.unwrap_or(&preferences.overrides)
        }
    };
    let Some(chosen) = preferences.chosen(overrides) else {
        let overrides = TlsOverrides::clone(overrides);
        return handshake::read(model, wish, overrides, effects);
    };
    fulfil(model, wish, chosen, effects);
}

/// Connects as it was wished, with what was chosen about the handshake.
pub(super) fn fulfil(
    model: &mut Model,
    wish: Wish,
    chosen: ResolvedTls,
    effects: &mut Vec<Effect>,
) {
    match wish {
        Wish::Tour => {}
        Wish::Practice(moods, tls, _) => {
            effects.push(Effect::Practice(moods, tls, Box::new(chosen)));
        }
        Wish::Profile(name) => match model.preferences.profiles.get(&name) {
            Some(profile) => {
                let mut goal = goal(model, profile.target.clone(), profile.tls, chosen);
                let user = profile.user.clone();
                goal.profile = Some(name);
                connect(model, goal, effects);
                if !user.is_empty() {
                    model.say(format!("^O a logs in as {user}, once EHLO is answered"));
                }
            }
            None => model.warn(format!("the config has no profile {name}")),
        },
        Wish::Server(target, tls, _) => {
            let goal = goal(model, target, tls, chosen);
            connect(model, goal, effects);
        }
    }
}

/// The goal for a target, with what was chosen about the handshake, and for all else what flags and
/// settings say.
pub(super) fn goal(model: &Model, target: Target, tls: TlsChoice, chosen: ResolvedTls) -> Goal {
    let mut plan = model.preferences.plan.clone();
    plan.tls = chosen.options;
    plan.host.clone_from(&target.host);
    plan.port = target.port;
    plan.security = tls.resolve(target.security());
    // So that it is remembered as what it was.
    let smtps = plan.security == Security::Implicit;
    Goal {
        target: Target { smtps, ..target },
        tls,
        plan,
        overrides: chosen.overrides,
        practice: false,
        domain: None,
        profile: None,
    }
}

/// The way to a practice server: its TLS port where TLS is wanted from the first byte, and its
/// authority trusted.
pub fn practice_goal(
    model: &Model,
    server: &Practice,
    tls: TlsChoice,
    chosen: ResolvedTls,
) -> Goal {
    let implicit = server.tls().filter(|_| tls == TlsChoice::Implicit);
    let address = implicit.unwrap_or(server.plain());
    let target = Target {
        host: practice::HOST.to_owned(),
        port: address.port(),
        smtps: false,
        mx: false,
    };
    let named = chosen.overrides.sni.is_some();
    let mut goal = goal(model, target, tls, chosen);
    // The server listens on IPv4 alone; "localhost" may be looked up as something else first.
    goal.plan.host = address.ip().to_string();
    if !named {
        goal.plan.tls.sni = Sni::Name(practice::HOST.to_owned());
    }
    goal.plan.tls.authorities.push(server.authority().clone());
    goal.practice = true;
    goal
}

pub(super) fn connect(model: &mut Model, goal: Goal, effects: &mut Vec<Effect>) {
    if model.connection.status.secret_lines {
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
        State::Requested { due, .. } => due + 1,
        _ => 1,
    };
    connection.state = State::Requested {
        since: model.now,
        due,
    };
    connection.status = SessionStatus::default();
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
    model.form = None;
    model.pending_connect = None;
    model.login = None;
    model.withheld = None;
    model.typed.clear();
    model.focus = Focus::Prompt;
    model.transcript.leave();
    model.transcript.follow();
    model.outbox.clear();
    model.replay = None;
    model.saved = None;
    model.loading = None;
    model.alone = false;
}

pub(super) fn reconnect(model: &mut Model, effects: &mut Vec<Effect>) {
    if let Some(goal) = model.connection.goal.clone() {
        connect(model, goal, effects);
    }
}
