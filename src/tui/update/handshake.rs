//! What is said about the handshake comes to something only when its files are read, and that is
//! done beside the loop: what was wished waits, and a form that is wrong comes back as it was.

use super::Effect;
use super::connecting::fulfil;
use crate::config::{Chosen, Handshake, HandshakeError};
use crate::net::TlsOptions;
use crate::smtp::Secret;
use crate::tui::model::Model;
use crate::tui::popup::Popup;
use crate::tui::popup::connect::Wish;
use crate::tui::popup::passphrase::Passphrase;

/// What came of reading the files. The passphrase, where one was given, did not fit if the key is
/// still locked.
#[derive(Debug)]
pub struct Reading {
    /// What waits for it.
    pub opening: Box<Opening>,
    /// Whether a passphrase was given.
    pub tried: bool,
    /// What it came to.
    pub read: Result<TlsOptions, HandshakeError>,
}

/// A connection that waits until what is said about its handshake is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// What is wished.
    pub wish: Wish,
    /// What is said.
    pub said: Handshake,
}

/// Has the files read for a wish that cannot be fulfilled before.
pub(super) fn read(model: &mut Model, wish: Wish, said: Handshake, effects: &mut Vec<Effect>) {
    let opening = Box::new(Opening { wish, said });
    model.say("reading the files of the TLS choices");
    model.opening = Some(opening.clone());
    effects.push(Effect::ReadTls(opening, None));
}

/// The files are read. What nobody waits for any more is let go.
pub(super) fn on_read(model: &mut Model, reading: Reading, effects: &mut Vec<Effect>) {
    let Some(opening) = model.opening.take_if(|waiting| *waiting == reading.opening) else {
        return;
    };
    model.notice = None;
    match reading.read {
        Ok(options) => {
            let said = opening.said;
            let chosen = Chosen { said, options };
            // Files may be mended before the next time; only a passphrase is not asked for twice.
            if reading.tried {
                model.preferences.keep(chosen.clone());
            }
            fulfil(model, opening.wish, chosen, effects);
        }
        Err(HandshakeError::Locked { file, words }) => {
            let popup = Passphrase::new(&file, reading.tried.then_some(words));
            model.popups.push(Popup::Passphrase(Box::new(popup)));
            model.opening = Some(opening);
        }
        Err(error) => tell(model, &opening.wish, &error),
    }
}

/// Says what is wrong: in the form, where the wish came from one.
fn tell(model: &mut Model, wish: &Wish, error: &HandshakeError) {
    let words = match wish {
        Wish::Profile(name) => format!("profile {name}: {error}"),
        _ => error.to_string(),
    };
    let Some(mut form) = model.form.take() else {
        return model.warn(words);
    };
    match wish {
        // Its choices are not those of the form.
        Wish::Profile(_) => form.tell(words),
        _ => form.complain(error),
    }
    model.popups.push(Popup::Connect(form));
}

/// Has the files read again, with a passphrase.
pub(super) fn unlock(model: &mut Model, passphrase: Secret, effects: &mut Vec<Effect>) {
    if let Some(opening) = model.opening.clone() {
        effects.push(Effect::ReadTls(opening, Some(passphrase)));
    }
}

/// Nobody knows the passphrase: back to the form, where it came from one.
pub(super) fn leave_locked(model: &mut Model) {
    model.opening = None;
    match model.form.take() {
        Some(form) => model.popups.push(Popup::Connect(form)),
        None => model.say("not connected: the key is still locked"),
    }
}
