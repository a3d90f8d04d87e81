//! Carries out what `update` asks for.

use std::io;
use std::sync::atomic::Ordering;
use std::time::{Instant, SystemTime};

use super::foreground_task::ForegroundTask;
use super::path_completion::{complete_path, complete_whole_path};
use super::screen::Screen;
use super::terminal::Guard;
use super::{App, Exit, files};
use crate::config::{ResolvedTls, Target, TlsChoice};
use crate::headless::Stamp;
use crate::practice::{self, Mood, Practice};
use crate::record;
use crate::record::kept::{self, KeptSession};
use crate::tui::message::{Effect, Message, SessionMessage};
use crate::tui::model::Model;
use crate::tui::state::connection::Destination;
use crate::tui::state::session_id::Origin;
use crate::tui::update::{self, update};

/// Paths that are offered at most.
const PATHS_CAP: usize = 200;

impl App {
    /// Carries out effects, and all that follows from their results at once.
    pub(super) fn carry_out(
        &mut self,
        effects: Vec<(Origin, Effect)>,
        screen: &mut Screen,
        guard: &mut Guard,
    ) -> io::Result<Option<Exit>> {
        let mut rounds = vec![effects];
        while let Some(effects) = rounds.pop() {
            let mut results = Vec::new();
            for (origin, effect) in effects {
                let messages = match effect {
                    Effect::Mouse(capture) => {
                        guard.capture_mouse(capture)?;
                        continue;
                    }
                    Effect::Redraw => {
                        screen.redraw();
                        continue;
                    }
                    Effect::Suspend => {
                        self.stop = true;
                        continue;
                    }
                    Effect::Quit => return Ok(Some(Exit::Quit)),
                    effect => self.carry_out_one(origin, effect)?,
                };
                results.extend(messages.into_iter().map(|message| (origin, message)));
            }
            for (origin, message) in results {
                let message = Message::Session(origin, message);
                rounds.push(update(&mut self.model, message, Instant::now()));
            }
        }
        Ok(None)
    }

    /// Carries out one effect; the results that are there at once.
    fn carry_out_one(&mut self, origin: Origin, effect: Effect) -> io::Result<Vec<SessionMessage>> {
        let mut messages = Vec::new();
        match effect {
            Effect::Wire(command) => {
                self.sent = true;
                let io = self.sessions.of(origin)?;
                if let Err(busy) = io.wire.send(command) {
                    if busy.is_request() {
                        io.journal.forget_request();
                    }
                    messages.push(update::returned_command(busy));
                }
            }
            Effect::Cancel => self.sessions.of(origin)?.wire.cancel(),
            Effect::Open(target) => messages = self.open(origin, &target)?,
            Effect::Reached(target) => messages = self.history.reached(*target),
            Effect::Remember(line) => messages = self.history.remember(origin.session, &line),
            Effect::Practice(moods, tls, chosen) => {
                let destination = self.start_practice(origin, moods, tls, *chosen)?;
                messages.push(SessionMessage::Practice(destination.map(Box::new)));
            }
            Effect::Login(number, request) => {
                messages.extend(self.log_in(origin, number, *request)?);
            }
            Effect::ReadTls(pending_connect, passphrase) => {
                self.read_tls(origin, pending_connect, passphrase);
            }
            Effect::GiveUpLogin => {
                let give_up = &self.sessions.of(origin)?.give_up;
                give_up.store(true, Ordering::Relaxed);
            }
            Effect::Survey(number, request) => self.survey(origin, number, *request)?,
            Effect::GiveUpSurvey => _ = self.surveys.remove(&origin.session),
            Effect::Load(name) => self.in_background(origin, move || {
                let record = record::load_regular_file(&files::expand(&name));
                SessionMessage::Loaded(name, record.map(Box::new))
            }),
            Effect::Read(name, text) => self.in_background(origin, move || {
                let record = record::read(text.reveal(), Instant::now(), SystemTime::now());
                SessionMessage::Loaded(name, record.map(Box::new))
            }),
            Effect::Save(name, options) => {
                let save = |model: &mut _| files::save(model, &name, options);
                let saved = self.model.with_session(origin.session, save);
                messages.extend(saved.map(|saved| SessionMessage::Saved(name, options, saved)));
            }
            Effect::Compare(sides) => self.in_background(origin, move || {
                SessionMessage::Compared(files::compare(*sides))
            }),
            Effect::CompletePath { typed, in_words } => self.in_background(origin, move || {
                let home = files::home();
                let complete = if in_words {
                    complete_path
                } else {
                    complete_whole_path
                };
                let paths = complete(&typed, home.as_deref(), PATHS_CAP);
                SessionMessage::Paths(typed, paths)
            }),
            Effect::ListKept(words) => self.list_kept(origin, Some(words), None),
            Effect::DeleteKept(kept) => self.list_kept(origin, None, Some(kept)),
            Effect::CloseSession(session) => {
                self.surveys.remove(&session);
                self.sessions.close(session);
            }
            Effect::Write(writing) => {
                let written = files::write(&writing);
                messages.push(SessionMessage::Written(writing, written));
            }
            Effect::Copy(octets) => messages.extend(self.copy(origin, octets)),
            Effect::Stamp(purpose) => {
                messages.push(SessionMessage::Stamped(Stamp::now(), purpose));
            }
            Effect::Attach(name) => self.in_background(origin, move || {
                SessionMessage::Attached(files::attachment(&name))
            }),
            Effect::OpenFile(name) => {
                self.in_background(origin, move || SessionMessage::Opened(files::open(&name)));
            }
            Effect::ReadChunks(name) => {
                self.in_background(origin, move || SessionMessage::Chunks(files::chunks(&name)));
            }
            Effect::Sleep(number, time) => self.in_background(origin, move || {
                std::thread::sleep(time);
                SessionMessage::Slept(number)
            }),
            Effect::Edit(text) => self.foreground_task = Some((origin, ForegroundTask::Edit(text))),
            Effect::Plain(text) => {
                self.foreground_task = Some((origin, ForegroundTask::Plain(text)));
            }
            // These are about the terminal, not a session: see `carry_out`.
            Effect::Mouse(_) | Effect::Redraw | Effect::Suspend | Effect::Quit => {}
        }
        Ok(messages)
    }

    /// Looks up what is remembered of a target, and requests its journal.
    fn open(&mut self, origin: Origin, target: &Target) -> io::Result<Vec<SessionMessage>> {
        let practice = |model: &mut Model| {
            let destination = model.session.connection.destination.as_ref();
            destination.is_some_and(|destination| destination.practice)
        };
        let practice = self.model.with_session(origin.session, practice);
        let practice = practice.unwrap_or_default();
        let name = if practice {
            "practice".to_owned()
        } else {
            target.to_string()
        };
        let messages = self.history.open(origin.session, &name);
        let journal = &mut self.sessions.of(origin)?.journal;
        journal.request(&target.to_string());
        Ok(messages)
    }

    /// Lists the kept sessions in the background, after one of them is deleted. Those that are open here
    /// are left out.
    fn list_kept(&self, origin: Origin, words: Option<String>, delete: Option<Box<KeptSession>>) {
        let folder = self.sessions.folder();
        let own = self.sessions.journals();
        self.in_background(origin, move || {
            let deleted = delete.map_or(Ok(()), |session| kept::delete(&session));
            if let Err(error) = deleted {
                return SessionMessage::Trouble(error.to_string());
            }
            let listed = folder.map_or_else(|| Ok(Vec::new()), |folder| kept::list(&folder));
            let others = |mut kept: Vec<KeptSession>| {
                kept.retain(|session| !own.contains(&session.path));
                kept
            };
            SessionMessage::Kept(words, listed.map(others))
        });
    }

    fn start_practice(
        &mut self,
        origin: Origin,
        moods: Vec<Mood>,
        tls: TlsChoice,
        chosen: ResolvedTls,
    ) -> io::Result<Result<Destination, String>> {
        let options = practice::Options {
            moods: moods.into_iter().collect(),
            ..practice::Options::default()
        };
        let server = match Practice::spawn(options) {
            Ok(server) => server,
            Err(error) => return Ok(Err(error.to_string())),
        };
        let destination = update::practice_destination(&self.model, &server, tls, chosen);
        self.sessions.of(origin)?.practice = Some(server);
        Ok(Ok(destination))
    }
}
