//! Carries out what `update` asks for.

use std::sync::atomic::Ordering;
use std::time::Instant;

use super::foreground_task::ForegroundTask;
use super::terminal::{Guard, Screen};
use super::{App, Exit, draw_anew, files};
use crate::config::{ResolvedTls, Target, TlsChoice};
use crate::practice::{self, Mood, Practice};
use crate::record;
use crate::tui::message::{Effect, Message};
use crate::tui::state::connection::Destination;
use crate::tui::update::{self, update};

impl App {
    pub(super) fn carry_out(
        &mut self,
        effects: Vec<Effect>,
        screen: &mut Screen,
        guard: &mut Guard,
    ) -> std::io::Result<Option<Exit>> {
        let mut rounds = vec![effects];
        while let Some(effects) = rounds.pop() {
            let mut messages = Vec::new();
            for effect in effects {
                match effect {
                    Effect::Wire(command) => {
                        self.sent = true;
                        if let Err(busy) = self.wire.send(command) {
                            messages.push(update::came_back(busy));
                        }
                    }
                    Effect::Cancel => self.wire.cancel(),
                    Effect::Open(target) => messages.extend(self.open(&target)),
                    Effect::Remember(line) => messages.extend(self.history.remember(&line)),
                    Effect::Practice(moods, tls, chosen) => {
                        let destination = self.start_practice(moods, tls, *chosen);
                        messages.push(Message::Practice(destination.map(Box::new)));
                    }
                    Effect::Login(wish) => messages.extend(self.log_in(*wish)),
                    Effect::ReadTls(pending_connect, passphrase) => {
                        self.read_tls(pending_connect, passphrase);
                    }
                    Effect::GiveUpLogin => self.give_up.store(true, Ordering::Relaxed),
                    Effect::Load(name) => self.in_background(move || {
                        let record = record::load_plain(&files::expand(&name));
                        Message::Loaded(name, record.map(Box::new))
                    }),
                    Effect::Save(name, options) => {
                        let saved = files::save(&self.model, &name, options);
                        messages.push(Message::Saved(name, options, saved));
                    }
                    Effect::Compare(sides) => {
                        self.in_background(move || Message::Compared(files::compare(*sides)));
                    }
                    Effect::Write(writing) => {
                        let written = files::write(&writing);
                        messages.push(Message::Written(writing, written));
                    }
                    Effect::Copy(octets) => messages.extend(self.copy(octets)),
                    Effect::Stamp(purpose) => {
                        messages.push(Message::Stamped(files::stamp(), purpose));
                    }
                    Effect::Attach(name) => {
                        messages.push(Message::Attached(files::attachment(&name)));
                    }
                    Effect::OpenFile(name) => messages.push(Message::Opened(files::open(&name))),
                    Effect::Edit(text) => self.foreground_task = Some(ForegroundTask::Edit(text)),
                    Effect::Plain(session) => {
                        self.foreground_task = Some(ForegroundTask::Plain(session));
                    }
                    Effect::Mouse(capture) => guard.capture_mouse(capture)?,
                    Effect::Redraw => draw_anew(screen)?,
                    Effect::Suspend => {
                        guard.suspend()?;
                        draw_anew(screen)?;
                    }
                    Effect::Quit => return Ok(Some(Exit::Quit)),
                }
            }
            for message in messages {
                rounds.push(update(&mut self.model, message, Instant::now()));
            }
        }
        Ok(None)
    }

    /// What is remembered of a target, and the target among the recent ones.
    fn open(&mut self, target: &Target) -> Vec<Message> {
        let destination = self.model.connection.destination.as_ref();
        let practice = destination.is_some_and(|destination| destination.practice);
        let name = if practice {
            "practice".to_owned()
        } else {
            target.to_string()
        };
        let mut messages = self.history.open(&name, !practice);
        let journal = self.journal.begin(&target.to_string());
        messages.extend(journal.map(Message::NotKept));
        messages
    }

    fn start_practice(
        &mut self,
        moods: Vec<Mood>,
        tls: TlsChoice,
        chosen: ResolvedTls,
    ) -> Result<Destination, String> {
        let options = practice::Options {
            moods: moods.into_iter().collect(),
            ..practice::Options::default()
        };
        let server = Practice::spawn(options).map_err(|error| error.to_string())?;
        let destination = update::practice_destination(&self.model, &server, tls, chosen);
        self.practice = Some(server);
        Ok(destination)
    }
}
