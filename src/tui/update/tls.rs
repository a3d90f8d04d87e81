//! Shows TLS details, checks the certificate against another name, and writes the chain to a file.

use super::explain::ask_in_palette;
use crate::net::{Sni, TlsFacts};
use crate::report::handshake;
use crate::tui::keymap::{Action, Command};
use crate::tui::message::Effect;
use crate::tui::model::Model;
use crate::tui::popup::Popup;
use crate::tui::popup::choice::Answer;
use crate::tui::popup::pager::{Pager, PagerPart};
use crate::tui::state::connection::Destination;
use crate::tui::state::file_write::FileWrite;

/// The keys of other handshakes on the page of TLS details: with another SNI, and without one.
const SNI_KEYS: (char, char) = ('s', 'o');

/// Shows the TLS and certificate details.
pub(super) fn show(model: &mut Model) {
    let Some(facts) = &model.session.connection.tls else {
        return model.say("this connection has no TLS");
    };
    let names = other_names(model, facts);
    let page = handshake::page(facts, &names);
    let mut pager = pager(vec![PagerPart::Page(page)]);
    let practice = |destination: &Destination| destination.practice;
    // The practice server has no address that could be connected to in this way.
    if !model
        .session
        .connection
        .destination
        .as_ref()
        .is_some_and(practice)
    {
        let (with, without) = SNI_KEYS;
        let snis = handshake::other_snis(facts, &names).into_iter();
        let (none, named): (Vec<Sni>, Vec<Sni>) = snis
            .map(|(sni, _)| sni)
            .partition(|sni| *sni == Sni::Nothing);
        for sni in named.into_iter().take(1).chain(none) {
            pager = match sni {
                Sni::Nothing => pager.answer(without, "retry without SNI", Answer::Sni(sni)),
                Sni::Host | Sni::Name(_) => pager.answer(with, "retry with SNI", Answer::Sni(sni)),
            };
        }
    }
    model.session.popups.push(Popup::Pager(pager));
}

/// Shows the result of checking the certificate against another name; asks for the name if there is
/// none. Nothing is sent.
pub(super) fn check_name(model: &mut Model, name: &str) {
    let Some(facts) = &model.session.connection.tls else {
        return model.say("this connection has no TLS");
    };
    if name.is_empty() {
        return ask(model, Action::TlsName, "");
    }
    let Ok(verdict) = facts.verdict_for(name) else {
        return model.warn(format!(
            "invalid name {name:?}: use a host name or an address"
        ));
    };
    let pages = [
        handshake::check(facts, name, &verdict),
        handshake::page(facts, &other_names(model, facts)),
    ];
    let pager = pager(pages.map(PagerPart::Page).into());
    model.session.popups.push(Popup::Pager(pager));
}

/// Writes the chain as PEM; asks for the file name if there is none.
pub(super) fn write(model: &mut Model, name: &str, effects: &mut Vec<Effect>) {
    let Some(facts) = &model.session.connection.tls else {
        return model.say("this connection has no TLS");
    };
    if name.is_empty() {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
        let host = facts.expected_name.replace(|c| !plain(c), "_");
        return ask(model, Action::TlsWrite, &format!("{host}-chain.pem"));
    }
    let description = match facts.chain.len() {
        1 => "1 certificate".to_owned(),
        count => format!("{count} certificates"),
    };
    effects.push(Effect::Write(Box::new(FileWrite {
        name: name.to_owned(),
        text: facts.pem(),
        description,
        replace: false,
    })));
}

fn pager(parts: Vec<PagerPart>) -> Pager {
    Pager::new("TLS", parts)
        .key('w', "write PEM", Action::TlsWrite)
        .key('t', "try a name", Action::TlsName)
}

/// Opens the palette at a command, with a proposed argument.
fn ask(model: &mut Model, action: Action, argument: &str) {
    if let Some(command) = Command::of(action) {
        ask_in_palette(model, &format!("{} {argument}", command.name));
    }
}

/// Other names that the server may be known by: the domain whose mail it takes, its host, the name
/// sent as SNI, the name in its greeting. Each once.
fn other_names(model: &Model, facts: &TlsFacts) -> Vec<String> {
    let destination = model.session.connection.destination.as_ref();
    let book = &model.session.connection.status.capabilities;
    let capabilities = book.current().or(book.before_tls.as_deref());
    let all = [
        destination.and_then(|destination| destination.domain.clone()),
        destination.map(|destination| destination.target.host.clone()),
        facts.sni.clone(),
        capabilities.map(|capabilities| capabilities.server.clone()),
    ];
    let mut names: Vec<String> = Vec::new();
    for name in all.into_iter().flatten() {
        let is = |known: &String| known.eq_ignore_ascii_case(&name);
        if !is(&facts.expected_name) && !names.iter().any(is) {
            names.push(name);
        }
    }
    names
}
