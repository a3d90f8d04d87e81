//! Looks at a server beside the session: which of its ports are open, and whether it is in order.

use crate::config::{Target, TlsChoice, TlsOverrides};
use crate::headless::REPLY_TIMEOUT;
use crate::headless::check::{CheckOptions, CheckTarget, Limits};
use crate::headless::ports::{PATIENCE, PortsPlan};
use crate::net::{ConnectPlan, Resolver, Security, Verify};
use crate::tui::message::Effect;
use crate::tui::model::Model;
use crate::tui::popup::Popup;
use crate::tui::popup::survey::Survey;
use crate::tui::state::survey::{SurveyNews, SurveyRequest};
use crate::tui::update::connecting;

/// Looks at the ports of a host; without a name, of the server of this session.
pub(super) fn ports(model: &mut Model, argument: &str, effects: &mut Vec<Effect>) {
    let Some((target, plan, overrides)) = server(model, argument, ":ports HOST") else {
        return;
    };
    let mut plan = plan;
    plan.timeout = plan.timeout.min(PATIENCE);
    // A target without a port of its own adds none to the usual ones.
    let resolver = resolver(&plan);
    let request = SurveyRequest::Ports {
        plan: PortsPlan::new(plan, PATIENCE),
        is_domain: target.mx,
        resolver,
    };
    let title = format!("Ports of {}", target.host);
    begin(model, title, overrides, request, effects);
}

/// Checks a server or a domain; without a name, the server of this session.
pub(super) fn check(model: &mut Model, argument: &str, effects: &mut Vec<Effect>) {
    let Some((target, mut plan, overrides)) = server(model, argument, ":check TARGET") else {
        return;
    };
    let resolver = resolver(&plan);
    plan.tls.dane.get_or_insert(resolver.clone());
    if plan.tls.verify == Verify::Require {
        // The verdict is a finding, whatever it is.
        plan.tls.verify = Verify::Show;
    }
    let name = target.to_string();
    let title = format!("Check of {name}");
    let target = CheckTarget {
        name,
        plan,
        is_domain: target.mx,
    };
    let options = CheckOptions {
        limits: Limits::default(),
        patience: REPLY_TIMEOUT,
        resolver,
        relay_test: None,
    };
    let request = SurveyRequest::Check(target, options);
    begin(model, title, overrides, request, effects);
}

/// News of a survey.
pub(super) fn on_news(model: &mut Model, number: u32, news: SurveyNews) {
    for popup in model.session.popups.iter_mut() {
        if let Popup::Survey(survey) = popup {
            return survey.take(number, news);
        }
    }
}

fn begin(
    model: &mut Model,
    title: String,
    overrides: TlsOverrides,
    request: SurveyRequest,
    effects: &mut Vec<Effect>,
) {
    // One at a time.
    model
        .session
        .popups
        .retain(|popup| !matches!(popup, Popup::Survey(_)));
    model.session.surveys = model.session.surveys.wrapping_add(1);
    let number = model.session.surveys;
    let survey = Survey::new(number, title, Box::new(overrides));
    model.session.popups.push(Popup::Survey(Box::new(survey)));
    effects.push(Effect::Survey(number, Box::new(request)));
}

/// The server that a command is about, and how it is connected to: with STARTTLS where it is offered,
/// unless TLS begins with the first byte. Warns if there is none.
fn server(
    model: &mut Model,
    argument: &str,
    usage: &str,
) -> Option<(Target, ConnectPlan, TlsOverrides)> {
    let current = model.live().connection.destination.clone();
    let own = match model.session.file() {
        Some(saved) => saved.target.clone(),
        None => current.as_ref().map(|current| current.target.clone()),
    };
    let target = match Target::parse(argument) {
        _ if argument.is_empty() => match own {
            Some(target) => target,
            None => {
                model.warn(format!("not connected to any server yet: use {usage}"));
                return None;
            }
        },
        Ok(target) => target,
        Err(error) => {
            model.warn(error.to_string());
            return None;
        }
    };
    let same = current.filter(|current| current.target.host == target.host);
    let (mut plan, overrides) = match same {
        Some(destination) => {
            let mut plan = destination.plan;
            let named = !argument.is_empty();
            if named && plan.port != target.port {
                plan.port = target.port;
                plan.security = TlsChoice::Auto.resolve(target.security());
            }
            (plan, destination.overrides)
        }
        None => {
            let preferences = &model.preferences;
            let tls = preferences.startup_tls();
            let found = connecting::destination(model, target.clone(), TlsChoice::Auto, tls);
            (found.plan, found.overrides)
        }
    };
    if plan.security == Security::None {
        plan.security = Security::StartTls;
    }
    Some((target, plan, overrides))
}

fn resolver(plan: &ConnectPlan) -> Resolver {
    plan.tls.dane.clone().unwrap_or_default()
}
