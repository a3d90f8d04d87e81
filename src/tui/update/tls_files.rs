//! Reads the files of a connection's TLS settings, in the background; the connection waits. A form
//! with wrong settings reopens as it was.

use super::connecting::connect_resolved;
use crate::config::{ResolvedTls, TlsOverrideError, TlsOverrides};
use crate::smtp::Secret;
use crate::tui::message::{Effect, PendingConnect, TlsFilesRead};
use crate::tui::model::Model;
use crate::tui::popup::Popup;
use crate::tui::popup::passphrase::Passphrase;
use crate::tui::state::connect_request::ConnectRequest;

/// Requests the files of the TLS settings; the connection waits for them.
pub(super) fn read(
    model: &mut Model,
    request: ConnectRequest,
    overrides: TlsOverrides,
    effects: &mut Vec<Effect>,
) {
    let pending_connect = Box::new(PendingConnect { request, overrides });
    model.say("reading the TLS files");
    model.session.pending_connect = Some(pending_connect.clone());
    effects.push(Effect::ReadTls(pending_connect, None));
}

/// Connects now that the files are read. A result that nothing waits for is dropped.
pub(super) fn on_read(model: &mut Model, files: TlsFilesRead, effects: &mut Vec<Effect>) {
    let Some(pending_connect) = model
        .session
        .pending_connect
        .take_if(|waiting| *waiting == files.pending_connect)
    else {
        return;
    };
    model.session.notice = None;
    match files.read {
        Ok(options) => {
            let overrides = pending_connect.overrides;
            let chosen = ResolvedTls { overrides, options };
            // The user may correct a file before the next time; only an unlocked key is kept.
            if files.tried {
                model.preferences.keep(chosen.clone());
            }
            connect_resolved(model, pending_connect.request, chosen, effects);
        }
        Err(TlsOverrideError::Locked { file, message }) => {
            let popup = Passphrase::new(&file, files.tried.then_some(message));
            model.session.reopen(Popup::Passphrase(Box::new(popup)));
            model.session.pending_connect = Some(pending_connect);
        }
        Err(error) => show_error(model, &pending_connect.request, &error),
    }
}

/// Reports what is wrong: in the form, if the request came from one.
fn show_error(model: &mut Model, request: &ConnectRequest, error: &TlsOverrideError) {
    let words = match request {
        ConnectRequest::Profile(name) => format!("profile {name}: {error}"),
        _ => error.to_string(),
    };
    let Some(mut form) = model.session.connect_form.take() else {
        return model.warn(words);
    };
    match request {
        // The settings of a profile are not in the form.
        ConnectRequest::Profile(_) => form.show_error(&words),
        _ => form.show_tls_error(error),
    }
    model.session.reopen(Popup::Connect(form));
}

/// Requests the files again, with a passphrase for the key.
pub(super) fn unlock(model: &mut Model, passphrase: Secret, effects: &mut Vec<Effect>) {
    if let Some(pending_connect) = model.session.pending_connect.clone() {
        effects.push(Effect::ReadTls(pending_connect, Some(passphrase)));
    }
}

/// Gives up the connection; returns to the form, if the request came from one.
pub(super) fn leave_locked(model: &mut Model) {
    model.session.pending_connect = None;
    match model.session.connect_form.take() {
        Some(form) => model.session.popups.push(Popup::Connect(form)),
        None => model.say("not connected: the key is still locked"),
    }
}
