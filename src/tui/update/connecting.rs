//! Connects: from a request of the form, a flag or a command to the wire.

use super::{automatic, message, tls_files};
use crate::config::{RecentTarget, ResolvedTls, Target, TlsChoice, TlsField, TlsOverrides};
use crate::headless::script::OwnCommand;
use crate::net::{Command, MxLookup, Security, Sni, Verify};
use crate::practice::{self, Mood, Practice};
use crate::smtp::{Phase, SessionStatus};
use crate::tui::message::Effect;
use crate::tui::model::{Focus, LIVE_CAP, Model};
use crate::tui::popup::Popup;
use crate::tui::popup::connect::ConnectForm;
use crate::tui::state::connect_request::ConnectRequest;
use crate::tui::state::connection::{Destination, State};
use crate::tui::state::request::FileRequest;
use crate::tui::state::tour::Tour;

pub(super) fn open_form(model: &mut Model) {
    // A request that still waits for files is given up; its form is reused.
    model.session.pending_connect = None;
    if let Some(form) = model.session.connect_form.take() {
        return model.session.popups.push(Popup::Connect(form));
    }
    let destination = model
        .live()
        .connection
        .destination
        .as_ref()
        .filter(|destination| !destination.practice);
    let smtps = destination.is_some_and(|destination| destination.target.smtps);
    let tls = match destination {
        Some(_) if smtps => TlsChoice::Implicit,
        Some(destination) => destination.tls,
        None => model.preferences.tls,
    };
    // The TLS settings of the last connection are the defaults, also after the practice server.
    let overrides = model
        .live()
        .connection
        .destination
        .as_ref()
        .map(|destination| &destination.overrides);
    let form = ConnectForm::new(
        &model.recent,
        &model.preferences.profiles,
        destination.map(|destination| &destination.target),
        tls,
        overrides.unwrap_or(&model.preferences.overrides).clone(),
    );
    model.session.popups.push(Popup::Connect(Box::new(form)));
}

/// Opens the form at one of the TLS settings.
pub(super) fn open_form_at(model: &mut Model, field: TlsField) {
    open_form(model);
    if let Some(Popup::Connect(form)) = model.session.popups.last_mut() {
        form.show_tls_setting(field);
    }
}

impl ConnectRequest {
    /// A request for this server, with the settings the program was started with.
    pub(super) fn server(target: Target, model: &Model) -> Self {
        let preferences = &model.preferences;
        Self::Server(
            target,
            preferences.tls,
            Box::new(preferences.overrides.clone()),
        )
    }
}

/// Remembers the server that has greeted, and the domain it was found for. One that was never reached
/// is not offered again.
pub(super) fn on_greeting(model: &Model, effects: &mut Vec<Effect>) {
    let destination = model.session.connection.destination.as_ref();
    let Some(destination) = destination.filter(|destination| !destination.practice) else {
        return;
    };
    let target = destination.target.clone();
    let domain = destination.domain.clone();
    let domain = domain.map(|host| Target {
        host,
        port: target.port,
        smtps: false,
        starttls: false,
        mx: true,
    });
    for target in domain.into_iter().chain([target]) {
        effects.push(Effect::Reached(Box::new(RecentTarget {
            target,
            tls: destination.tls,
            verified: destination.overrides.verify == Some(Verify::Require),
        })));
    }
}

/// Connects to the practice server with the moods named in `argument`.
pub(super) fn practice_in(model: &mut Model, argument: &str, effects: &mut Vec<Effect>) {
    let moods: Result<Vec<Mood>, _> = argument.split_whitespace().map(str::parse).collect();
    match moods {
        Ok(moods) => practice(model, moods, effects),
        Err(error) => model.warn(error.to_string()),
    }
}

/// Connects to the practice server, with the settings the program was started with.
pub(super) fn practice(model: &mut Model, moods: Vec<Mood>, effects: &mut Vec<Effect>) {
    let preferences = &model.preferences;
    let overrides = Box::new(preferences.overrides.clone());
    connect_to(
        model,
        ConnectRequest::Practice(moods, preferences.tls, overrides),
        effects,
    );
}

/// Starts the tour, walks in it, or stops it.
pub(super) fn tour(model: &mut Model, argument: &str, effects: &mut Vec<Effect>) {
    match argument {
        "" => {
            if !find_room(model) {
                return;
            }
            model.session.tour = Some(Tour::default());
            let overrides = Box::new(model.preferences.overrides.clone());
            let request = ConnectRequest::Practice(Vec::new(), TlsChoice::None, overrides);
            connect_to(model, request, effects);
        }
        "stop" => {
            model.session.tour = None;
            model.say("tour stopped; :tour restarts it");
        }
        other => {
            let Some(tour) = &mut model.session.tour else {
                return model.warn("the tour is not running: :tour starts it");
            };
            let known = match other {
                "next" | "back" => {
                    tour.step(other == "next");
                    true
                }
                number => number.parse().is_ok_and(|number| tour.begin_lesson(number)),
            };
            if !known {
                model.warn(format!(
                    "unknown {other:?} after :tour: use next, back, stop, or a lesson from 1 to 8"
                ));
            }
        }
    }
}

/// Shows a live session in which a connection can be made: the latest one, or a new one if that is
/// in use. `false` if there are too many.
fn find_room(model: &mut Model) -> bool {
    let connection = &model.live().connection;
    let closing = connection.status.phase == Phase::Closing;
    if closing || !connection.is_up() && !connection.is_connecting() {
        model.show_live();
        return true;
    }
    let form = model.session.connect_form.take();
    let opened = model.open_live();
    if opened {
        model.session.connect_form = form;
    } else {
        model.warn(format!(
            "{LIVE_CAP} sessions are open: close one first (:close)"
        ));
    }
    opened
}

/// Connects as requested, beside the open sessions, as soon as the files of the TLS settings are read.
pub(super) fn connect_to(model: &mut Model, request: ConnectRequest, effects: &mut Vec<Effect>) {
    if !find_room(model) {
        return;
    }
    let preferences = &model.preferences;
    let overrides = match &request {
        ConnectRequest::Tour => return tour(model, "", effects),
        ConnectRequest::Server(_, _, overrides) | ConnectRequest::Practice(_, _, overrides) => {
            overrides
        }
        ConnectRequest::Profile(name) => {
            let overrides = preferences.profile_overrides.get(name);
            overrides.unwrap_or(&preferences.overrides)
        }
    };
    let Some(chosen) = preferences.resolved(overrides) else {
        let overrides = TlsOverrides::clone(overrides);
        return tls_files::read(model, request, overrides, effects);
    };
    connect_resolved(model, request, chosen, effects);
}

/// Connects as requested, with resolved TLS settings.
pub(super) fn connect_resolved(
    model: &mut Model,
    request: ConnectRequest,
    chosen: ResolvedTls,
    effects: &mut Vec<Effect>,
) {
    match request {
        ConnectRequest::Tour => {}
        ConnectRequest::Practice(moods, tls, _) => {
            effects.push(Effect::Practice(moods, tls, Box::new(chosen)));
        }
        ConnectRequest::Profile(name) => match model.preferences.profiles.get(&name) {
            Some(profile) => {
                let mut destination =
                    destination(model, profile.target.clone(), profile.tls, chosen);
                let user = profile.user.clone();
                destination.profile = Some(name);
                connect(model, destination, effects);
                if !user.is_empty() {
                    model.say(format!("^O a logs in as {user}, once EHLO is answered"));
                }
            }
            None => model.warn(format!("no profile {name} in the config")),
        },
        ConnectRequest::Server(target, tls, _) => {
            let destination = destination(model, target, tls, chosen);
            connect(model, destination, effects);
        }
    }
}

/// The destination for a target with these TLS settings; all else is as flags and config say.
pub(super) fn destination(
    model: &Model,
    target: Target,
    tls: TlsChoice,
    chosen: ResolvedTls,
) -> Destination {
    let mut plan = model.preferences.plan.clone();
    plan.tls = chosen.options;
    plan.host.clone_from(&target.host);
    plan.port = target.port;
    plan.security = tls.resolve(target.security());
    // A target with TLS from the first byte is remembered as smtps://, one with STARTTLS by the choice.
    let smtps = plan.security == Security::Implicit;
    let tls = match tls {
        TlsChoice::Auto if target.starttls => TlsChoice::StartTls,
        chosen => chosen,
    };
    Destination {
        target: Target {
            smtps,
            starttls: false,
            ..target
        },
        tls,
        plan,
        overrides: chosen.overrides,
        practice: false,
        domain: None,
        profile: None,
    }
}

/// The destination for a practice server: its TLS port if TLS is wanted from the first byte, with
/// its CA trusted.
pub fn practice_destination(
    model: &Model,
    server: &Practice,
    tls: TlsChoice,
    chosen: ResolvedTls,
) -> Destination {
    let implicit = server.tls().filter(|_| tls == TlsChoice::Implicit);
    let address = implicit.unwrap_or(server.plain());
    let target = Target {
        host: practice::HOST.to_owned(),
        port: address.port(),
        smtps: false,
        starttls: false,
        mx: false,
    };
    let named = chosen.overrides.sni.is_some();
    let mut destination = destination(model, target, tls, chosen);
    // The server listens on IPv4 only, and "localhost" may resolve to IPv6 first.
    destination.plan.host = address.ip().to_string();
    if !named {
        destination.plan.tls.sni = Sni::Name(practice::HOST.to_owned());
    }
    destination
        .plan
        .tls
        .authorities
        .push(server.authority().clone());
    destination.practice = true;
    destination
}

pub(super) fn connect(model: &mut Model, destination: Destination, effects: &mut Vec<Effect>) {
    model.show_live();
    if model.session.connection.status.secret_lines {
        model.session.prompt.end_exchange();
    }
    model.session.prompt.set_secret_likely(false);
    if !destination.practice {
        model.session.tour = None;
    }
    message::on_end(model);
    let connection = &mut model.session.connection;
    connection.number = connection.number.wrapping_add(1);
    connection.record_attempt(&destination.target.host, model.now);
    effects.push(Effect::Open(destination.target.clone()));
    let command = if destination.target.mx {
        Command::LookUpMx(Box::new(MxLookup {
            domain: destination.target.host.clone(),
            resolver: destination.plan.tls.dane.clone().unwrap_or_default(),
        }))
    } else {
        Command::Connect(Box::new(destination.plan.clone()))
    };
    effects.push(Effect::Wire(command));
    connection.destination = Some(destination);
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
    model.session.seen.begin();
    model.session.prompt.message_due = false;
    model.session.prompt.searching = None;
    model.leaving = None;
    if std::mem::take(&mut model.session.pending_login)
        .source()
        .is_some()
    {
        effects.push(Effect::GiveUpLogin);
    }
    // A question about the old connection must not be answered in the new one.
    model
        .session
        .popups
        .retain(|popup| !popup.is_about_connection());
    model.session.connect_form = None;
    model.session.pending_connect = None;
    model.session.login_form = None;
    model.session.sent_by_hand.clear();
    model.session.focus = Focus::Prompt;
    model.session.transcript.leave();
    model.session.transcript.follow();
    // A script goes on in the connection that it makes.
    if !matches!(model.session.outbox.own(), Some(OwnCommand::Reconnect)) {
        automatic::stop(model, "a new connection begins");
    }
    model.session.replay = None;
    model.session.file_request = FileRequest::None;
    model.viewer_only = false;
}

pub(super) fn reconnect(model: &mut Model, effects: &mut Vec<Effect>) {
    if let Some(destination) = model.live().connection.destination.clone() {
        connect(model, destination, effects);
    }
}
