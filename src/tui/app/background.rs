//! What may take its time is done beside the loop, on a thread of its own.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::App;
use crate::smtp::Secret;
use crate::smtp::sasl::NONCE_OCTETS;
use crate::tui::app::{clipboard, files};
use crate::tui::message::{COPY_CAP, Message, PendingConnect, SessionMessage, TlsFilesRead};
use crate::tui::state::login_request::LoginRequest;
use crate::tui::state::session_id::Origin;

impl App {
    /// Makes an exchange of a wish. A password that is to be had from elsewhere may take its time.
    pub(super) fn log_in(
        &mut self,
        origin: Origin,
        number: u32,
        request: LoginRequest,
    ) -> io::Result<Option<SessionMessage>> {
        let give_up = Arc::new(AtomicBool::new(false));
        let waits = request.source.is_some();
        self.sessions.of(origin)?.give_up = Arc::clone(&give_up);
        let exchange = move || {
            let mut nonce = [0; NONCE_OCTETS];
            getrandom::fill(&mut nonce).map_err(|error| error.to_string())?;
            request.exchange(&nonce, &give_up).map(Box::new)
        };
        if !waits {
            return Ok(Some(SessionMessage::Login(number, exchange())));
        }
        self.in_background(origin, move || SessionMessage::Login(number, exchange()));
        Ok(None)
    }

    /// Reads the files of what is said about the handshake.
    pub(super) fn read_tls(
        &self,
        origin: Origin,
        pending_connect: Box<PendingConnect>,
        passphrase: Option<Secret>,
    ) {
        self.in_background(origin, move || {
            SessionMessage::ReadTls(TlsFilesRead {
                tried: passphrase.is_some(),
                read: files::read_tls(&pending_connect.overrides, passphrase),
                pending_connect,
            })
        });
    }

    /// Copies. A terminal does not say whether it did, so a program for the display's clipboard is
    /// tried too.
    pub(super) fn copy(&self, origin: Origin, octets: Secret) -> Option<SessionMessage> {
        let told = |done: io::Result<String>| match done {
            Ok(words) => SessionMessage::Done(words),
            Err(error) => SessionMessage::Trouble(format!("not copied: {error}")),
        };
        if octets.len() > COPY_CAP {
            let words = format!("not copied: over {COPY_CAP} octets");
            return Some(SessionMessage::Trouble(words));
        }
        if clipboard::in_tmux() {
            self.in_background(origin, move || told(clipboard::to_tmux(octets)));
            return None;
        }
        let sent = clipboard::to_terminal(octets.reveal());
        if !clipboard::has_display() {
            return Some(told(sent));
        }
        self.in_background(origin, move || {
            told(clipboard::to_display(&octets).map_or(sent, Ok))
        });
        None
    }

    /// Does what may take its time on a thread of its own; its message comes when it is done.
    pub(super) fn in_background(
        &self,
        origin: Origin,
        work: impl FnOnce() -> SessionMessage + Send + 'static,
    ) {
        let told = self.done.0.clone();
        // A loop that is gone needs no message.
        std::thread::spawn(move || {
            let message = Message::Session(origin, work());
            told.blocking_send(message).ok()
        });
    }
}
