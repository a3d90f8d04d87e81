//! Slow work, done on separate threads so that the loop never blocks.

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
    /// Builds the SASL exchange for a login request. Fetching the password from a command may be slow.
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

    /// Reads the files that the TLS settings name.
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

    /// Copies to the clipboard: to tmux's buffer inside tmux, else to the terminal and, if there is a
    /// display, with a program for its clipboard, because a terminal does not confirm that it copied.
    pub(super) fn copy(&self, origin: Origin, octets: Secret) -> Option<SessionMessage> {
        let to_message = |done: io::Result<String>| match done {
            Ok(words) => SessionMessage::Done(words),
            Err(error) => SessionMessage::Trouble(format!("not copied: {error}")),
        };
        if octets.len() > COPY_CAP {
            let words = format!("not copied: larger than {COPY_CAP} octets");
            return Some(SessionMessage::Trouble(words));
        }
        if clipboard::in_tmux() {
            self.in_background(origin, move || {
                let copied = clipboard::to_tmux(octets.clone());
                to_message(copied.or_else(|_| clipboard::to_terminal(octets.reveal())))
            });
            return None;
        }
        let sent = clipboard::to_terminal(octets.reveal());
        if !clipboard::has_display() {
            return Some(to_message(sent));
        }
        self.in_background(origin, move || {
            to_message(clipboard::to_display(&octets).map_or(sent, Ok))
        });
        None
    }

    /// Runs slow work on its own thread and sends its message when it finishes.
    pub(super) fn in_background(
        &self,
        origin: Origin,
        work: impl FnOnce() -> SessionMessage + Send + 'static,
    ) {
        let sender = self.background.0.clone();
        // The send fails only if the loop has ended.
        std::thread::spawn(move || {
            let message = Message::Session(origin, work());
            sender.blocking_send(message).ok()
        });
    }
}
