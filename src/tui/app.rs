//! The loop: keys, the wire's events, signals and time become messages; effects are carried out;
//! one frame is drawn when all are dry.

mod aside;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crossterm::event::EventStream;
use futures_util::{FutureExt, StreamExt};
use tokio::sync::{mpsc, oneshot};

use super::Start;
use super::connection::Goal;
use super::ends::Ends;
use super::errand::Errand;
use super::files;
use super::keeper::Keeper;
use super::memory::Memory;
use super::model::Model;
use super::terminal::{Guard, Screen};
use super::update::{self, Effect, Message};
use super::view;
use crate::config::{ResolvedTls, Target, TlsChoice};
use crate::net::{self, Handle};
use crate::practice::{self, Mood, Practice};
use crate::record;
use crate::smtp;

/// In each such time only so many frames are drawn: a flood must not keep the terminal from its keys.
const WINDOW: Duration = Duration::from_millis(16);
/// Frames in a [`WINDOW`].
const FRAMES: u32 = 3;
/// Things beside the loop whose end may wait to be told.
const ASIDE: usize = 16;
/// How long a reply is awaited before the line just sent is drawn alone.
const GRACE: Duration = Duration::from_millis(1);

/// Why the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// The user left.
    Quit,
    /// A signal said so; its number.
    Signal(i32),
    /// The terminal is gone.
    TerminalGone,
    /// The wire's thread is gone.
    WireGone,
}

/// What lives outside the model.
pub struct App {
    model: Model,
    wire: Handle,
    memory: Memory,
    keeper: Keeper,
    /// The practice server, as long as it is used.
    practice: Option<Practice>,
    /// Something was just handed to the wire.
    sent: bool,
    /// Set when the password that a login waits for is not wanted any more.
    give_up: Arc<AtomicBool>,
    /// What is done beside the loop, on threads of its own, tells its end here.
    done: (mpsc::Sender<Message>, mpsc::Receiver<Message>),
    /// What the terminal is to be lent for.
    errand: Option<Errand>,
}

impl App {
    /// An app around a model and a wire.
    pub fn new(model: Model, wire: Handle, memory: Memory, keeper: Keeper) -> Self {
        Self {
            model,
            wire,
            memory,
            keeper,
            practice: None,
            sent: false,
            give_up: Arc::default(),
            done: mpsc::channel(ASIDE),
            errand: None,
        }
    }

    /// Runs until the user leaves. `start` is carried out before the first key.
    ///
    /// # Errors
    /// When the terminal fails.
    pub async fn run(
        mut self,
        screen: &mut Screen,
        guard: &mut Guard,
        start: Start,
    ) -> std::io::Result<Exit> {
        let mut ends = Ends::listen()?;
        // The first frame comes before anything that may take its time.
        self.draw(screen)?;
        match self.memory.recent() {
            Ok(recent) => self.model.recent = recent,
            Err(words) => self.model.warn(words),
        }
        let first = update::start(&mut self.model, start);
        if let Some(exit) = self.carry_out(first, screen, guard)? {
            return Ok(exit);
        }
        if !self.model.alone
            && let Some(name) = self.keeper.unfinished()
        {
            update::offer(&mut self.model, name);
        }
        self.draw(screen)?;
        let (mut window, mut frames) = (Instant::now(), 0);
        let mut stale = false;
        let mut keys = EventStream::new();
        loop {
            let tick = update::next_tick(&self.model);
            let due = if stale {
                Some(WINDOW.saturating_sub(window.elapsed()))
            } else {
                tick
            };
            // Keys come first: a server that floods must not starve them.
            let message = tokio::select! {
                biased;
                exit = ends.next() => return Ok(exit),
                event = keys.next() => match event {
                    Some(Ok(event)) => Message::of_terminal(event),
                    Some(Err(_)) | None => return Ok(Exit::TerminalGone),
                },
                batch = self.wire.events() => {
                    let Some(batch) = batch else { return Ok(Exit::WireGone) };
                    if let Some(exit) = self.take_batch(batch, screen, guard)? {
                        return Ok(exit);
                    }
                    None
                }
                message = self.done.1.recv() => message,
                () = tokio::time::sleep(due.unwrap_or_default()), if due.is_some() => Some(Message::Tick),
            };
            let typed = matches!(message, Some(Message::Key(_)));
            if let Some(message) = message
                && let Some(exit) = self.take(message, screen, guard)?
            {
                return Ok(exit);
            }
            if let Some(errand) = self.errand.take() {
                // Whoever reads keys here would take them from the editor.
                drop(keys);
                if let Some(exit) = self.lend(errand, screen, guard, &mut ends).await? {
                    return Ok(exit);
                }
                keys = EventStream::new();
            }
            if std::mem::take(&mut self.sent) {
                // On a quick link the line and its reply then share a frame.
                if let Ok(Some(batch)) = tokio::time::timeout(GRACE, self.wire.events()).await
                    && let Some(exit) = self.take_batch(batch, screen, guard)?
                {
                    return Ok(exit);
                }
            }
            if window.elapsed() >= WINDOW {
                (window, frames) = (Instant::now(), 0);
            }
            stale = !typed && frames >= FRAMES;
            if !stale {
                self.draw(screen)?;
                frames += 1;
            }
        }
    }

    /// Lends the terminal. The conversation goes on meanwhile.
    async fn lend(
        &mut self,
        errand: Errand,
        screen: &mut Screen,
        guard: &mut Guard,
        ends: &mut Ends,
    ) -> std::io::Result<Option<Exit>> {
        let folder = self.memory.scratch();
        let (tell, mut told) = oneshot::channel();
        guard.lend();
        errand.begin()?;
        std::thread::Builder::new()
            .name("errand".into())
            .spawn(move || tell.send(errand.run(&folder)).is_ok())?;
        // Keys that end a program are for whoever has the terminal.
        let meant_elsewhere = |exit| matches!(exit, Exit::Signal(2 | 3));
        let done = loop {
            tokio::select! {
                biased;
                exit = ends.next() => if !meant_elsewhere(exit) {
                    return Ok(Some(exit));
                },
                done = &mut told => break done,
                batch = self.wire.events() => {
                    let Some(batch) = batch else { return Ok(Some(Exit::WireGone)) };
                    if let Some(exit) = self.take_batch(batch, screen, guard)? {
                        return Ok(Some(exit));
                    }
                }
            }
        };
        // One that was pressed just before the end may be told only now.
        tokio::task::yield_now().await;
        while let Some(exit) = ends.next().now_or_never() {
            if !meant_elsewhere(exit) {
                return Ok(Some(exit));
            }
        }
        guard.enter()?;
        draw_anew(screen)?;
        match done.unwrap_or_default() {
            Some(message) => self.take(message, screen, guard),
            None => Ok(None),
        }
    }

    fn draw(&mut self, screen: &mut Screen) -> std::io::Result<()> {
        screen.draw(|frame| view::draw(&mut self.model, frame))?;
        Ok(())
    }

    fn take_batch(
        &mut self,
        batch: Vec<net::Event>,
        screen: &mut Screen,
        guard: &mut Guard,
    ) -> std::io::Result<Option<Exit>> {
        for event in batch {
            if let net::Event::Session(smtp::Event::Entry(entry)) = &event
                && let Some(words) = self.keeper.keep(entry)
            {
                self.model.not_kept(words);
            }
            if let Some(exit) = self.take(Message::Wire(event), screen, guard)? {
                return Ok(Some(exit));
            }
        }
        Ok(None)
    }

    /// A message and all that follows from it.
    fn take(
        &mut self,
        message: Message,
        screen: &mut Screen,
        guard: &mut Guard,
    ) -> std::io::Result<Option<Exit>> {
        let effects = update::update(&mut self.model, message, Instant::now());
        self.carry_out(effects, screen, guard)
    }

    fn carry_out(
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
                    Effect::Remember(line) => messages.extend(self.memory.remember(&line)),
                    Effect::Practice(moods, tls, chosen) => {
                        let goal = self.start_practice(moods, tls, *chosen);
                        messages.push(Message::Practice(goal.map(Box::new)));
                    }
                    Effect::Login(wish) => messages.extend(self.log_in(*wish)),
                    Effect::ReadTls(pending_connect, passphrase) => {
                        self.read_tls(pending_connect, passphrase);
                    }
                    Effect::GiveUpLogin => self.give_up.store(true, Ordering::Relaxed),
                    Effect::Load(name) => self.aside(move || {
                        let record = record::load_plain(&files::expand(&name));
                        Message::Loaded(name, record.map(Box::new))
                    }),
                    Effect::Save(name, options) => {
                        let saved = files::save(&self.model, &name, options);
                        messages.push(Message::Saved(name, options, saved));
                    }
                    Effect::Compare(sides) => {
                        self.aside(move || Message::Compared(files::compare(*sides)));
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
                    Effect::Edit(text) => self.errand = Some(Errand::Edit(text)),
                    Effect::Plain(session) => self.errand = Some(Errand::Plain(session)),
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
                rounds.push(update::update(&mut self.model, message, Instant::now()));
            }
        }
        Ok(None)
    }

    /// What is remembered of a target, and the target among the recent ones.
    fn open(&mut self, target: &Target) -> Vec<Message> {
        let goal = self.model.connection.goal.as_ref();
        let practice = goal.is_some_and(|goal| goal.practice);
        let name = if practice {
            "practice".to_owned()
        } else {
            target.to_string()
        };
        let mut messages = self.memory.open(&name, !practice);
        let journal = self.keeper.begin(&target.to_string());
        messages.extend(journal.map(Message::NotKept));
        messages
    }

    fn start_practice(
        &mut self,
        moods: Vec<Mood>,
        tls: TlsChoice,
        chosen: ResolvedTls,
    ) -> Result<Goal, String> {
        let options = practice::Options {
            moods: moods.into_iter().collect(),
            ..practice::Options::default()
        };
        let server = Practice::spawn(options).map_err(|error| error.to_string())?;
        let goal = update::practice_goal(&self.model, &server, tls, chosen);
        self.practice = Some(server);
        Ok(goal)
    }
}

/// Has the next frame draw every cell. (`clear` would ask the terminal where its cursor is, and fail
/// where none answers in time.)
fn draw_anew(screen: &mut Screen) -> std::io::Result<()> {
    let size = screen.size()?;
    screen.resize(size.into())
}
