//! The loop: keys, the wire's events, signals and time become messages; effects are carried out;
//! one frame is drawn when no more input is waiting.

mod background;
mod clipboard;
mod editor_process;
mod effects;
mod files;
mod foreground_task;
mod guardian;
mod history;
mod input;
mod journal;
mod kept_journals;
mod pacing;
mod painter;
mod path_completion;
mod screen;
mod session_io;
mod signals;
mod survey;
mod terminal;
mod write_queue;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crossterm::event::KeyCode;
use tokio::sync::{mpsc, oneshot};

use crate::config::{Paths, Retention};
use crate::process::stop;
use crate::tui::app::foreground_task::ForegroundTask;
use crate::tui::app::history::HistoryStore;
use crate::tui::app::input::{Input, InputReader};
use crate::tui::app::pacing::Pacing;
use crate::tui::app::screen::Screen;
use crate::tui::app::session_io::Sessions;
use crate::tui::app::signals::{Request, Signals};
use crate::tui::app::terminal::Guard;
use crate::tui::message::{Message, SessionMessage, Start};
use crate::tui::model::{Model, Preferences};
use crate::tui::state::session_id::{Origin, SessionId};
use crate::tui::widget::look::Look;
use crate::tui::{update, view};
use crate::{net, smtp};

pub use painter::Painter;
pub use path_completion::{complete_path, complete_whole_path};
pub use signals::Exit;

/// Capacity of the channel for background results.
const BACKGROUND_CAP: usize = 16;
/// How long the line just sent is awaited, which comes back as an entry of the transcript.
const ECHO: Duration = Duration::from_millis(1);
/// How long a signal from the keyboard may take to arrive.
const LATE_SIGNAL: Duration = Duration::from_millis(20);
/// How long the loop waits for CONT after a stop, if the program is in the foreground.
const CONTINUE_TIMEOUT: Duration = Duration::from_millis(20);
/// The same in the background, where only CONT proves that the program was stopped at all.
const BACKGROUND_CONTINUE_TIMEOUT: Duration = Duration::from_secs(2);

/// Runs the console until the user leaves it.
///
/// # Errors
/// If the terminal fails or no thread can be started.
pub fn run(
    look: Look,
    preferences: Preferences,
    start: Start,
    paths: Option<Paths>,
    history: usize,
    retention: Retention,
) -> std::io::Result<Exit> {
    terminal::wait_for_foreground()?;
    // Before the first thread is started, as threads inherit this.
    stop::block()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let (mut guard, mut screen) = Guard::take(preferences.mouse)?;
    let size = screen::size();
    let model = Model::new(look, preferences, (size.width, size.height), Instant::now());
    let sessions = Sessions::new(paths.clone(), retention);
    let history = HistoryStore::new(paths, history);
    let mut app = App::new(model, sessions, history);
    let exit = runtime.block_on(app.run(&mut screen, &mut guard, start));
    let kept = app.sessions.close_all().lines(look.charset);
    drop(guard);
    // Whoever did not leave by a key may not wait for more, and a terminal that is gone shows nothing.
    if matches!(exit, Ok(Exit::Quit)) {
        terminal::print_lines(&kept);
    }
    exit
}

/// The loop's state outside the model.
pub struct App {
    model: Model,
    sessions: Sessions,
    history: HistoryStore,
    /// The survey of each session. Dropped, it stops.
    surveys: BTreeMap<SessionId, oneshot::Sender<()>>,
    /// Whether something was just handed to the wire.
    sent: bool,
    /// Results of background work.
    background: (mpsc::Sender<Message>, mpsc::Receiver<Message>),
    /// The task to lend the terminal to, and the session that asked.
    foreground_task: Option<(Origin, ForegroundTask)>,
    /// Whether to stop the program, as Ctrl-Z does.
    stop: bool,
}

impl App {
    /// An app around a model.
    fn new(model: Model, sessions: Sessions, history: HistoryStore) -> Self {
        Self {
            model,
            sessions,
            history,
            surveys: BTreeMap::new(),
            sent: false,
            background: mpsc::channel(BACKGROUND_CAP),
            foreground_task: None,
            stop: false,
        }
    }

    /// Runs until the user leaves. `start` is carried out before the first key.
    ///
    /// # Errors
    /// If the terminal fails.
    async fn run(
        &mut self,
        screen: &mut Screen,
        guard: &mut Guard,
        start: Start,
    ) -> std::io::Result<Exit> {
        let mut signals = Signals::listen()?;
        // The first frame comes before anything that may be slow.
        self.draw(screen)?;
        match self.history.recent() {
            Ok(recent) => self.model.recent = recent,
            Err(words) => self.model.warn(words),
        }
        let first = update::start(&mut self.model, start);
        if let Some(exit) = self.carry_out(first, screen, guard)? {
            return Ok(exit);
        }
        if !self.model.viewer_only
            && let Some(name) = self.sessions.unfinished()
        {
            update::offer(&mut self.model, name);
        }
        self.draw(screen)?;
        let mut pacing = Pacing::new();
        let mut keys = InputReader::new()?;
        loop {
            let due = pacing.due(update::next_tick(&self.model));
            let mut strange = None;
            // Keys come first: a server that floods must not starve them.
            let message = tokio::select! {
                biased;
                request = signals.next() => {
                    if let Some(exit) = self.handle_request(request, screen, guard)? {
                        return Ok(exit);
                    }
                    None
                }
                input = keys.next() => match input {
                    Ok(Input::Event(event)) => Message::of_terminal(screen::with_drawn_size(event)),
                    Ok(Input::Unreadable(octet)) => {
                        let sign = KeyCode::Char(char::REPLACEMENT_CHARACTER);
                        strange = Some(octet);
                        Some(Message::Key(sign.into()))
                    }
                    Ok(Input::AltTypesLetters) => {
                        terminal::let_alt_send_escape()?;
                        None
                    }
                    Err(_) if terminal::in_foreground() => return Ok(Exit::TerminalGone),
                    Err(_) => {
                        self.stop = true;
                        None
                    }
                },
                (origin, batch) = self.sessions.events() => {
                    let Some(batch) = batch else { return Ok(Exit::WireGone) };
                    if let Some(exit) = self.take_batch(origin, batch, screen, guard)? {
                        return Ok(exit);
                    }
                    None
                }
                message = self.background.1.recv() => message,
                () = write_queue::written(), if pacing.blocked => None,
                () = tokio::time::sleep(due.unwrap_or_default()), if due.is_some() => Some(Message::Tick),
            };
            let typed = matches!(message, Some(Message::Key(_)));
            if let Some(message) = message
                && let Some(exit) = self.take(message, screen, guard)?
            {
                return Ok(exit);
            }
            if let Some(octet) = strange {
                self.model.warn(format!(
                    "octet {octet:02X} is not UTF-8, typed as U+FFFD: set the terminal to UTF-8"
                ));
            }
            if let Some((origin, task)) = self.foreground_task.take()
                && let Some(exit) = self.lend(origin, task, screen, guard, &mut signals).await?
            {
                return Ok(exit);
            }
            if std::mem::take(&mut self.stop)
                && let Some(exit) = self.suspend(screen, guard, &mut signals).await?
            {
                return Ok(exit);
            }
            if std::mem::take(&mut self.sent) {
                pacing.hold();
                if let Ok((origin, Some(batch))) =
                    tokio::time::timeout(ECHO, self.sessions.events()).await
                    && let Some(exit) = self.take_batch(origin, batch, screen, guard)?
                {
                    return Ok(exit);
                }
            }
            let waiting = self.model.live().connection.status.waiting.is_some();
            if pacing.draws_now(typed, keys.has_more(), waiting) {
                self.draw(screen)?;
            }
        }
    }

    /// Lends the terminal to a task. The connection keeps running.
    async fn lend(
        &mut self,
        origin: Origin,
        task: ForegroundTask,
        screen: &mut Screen,
        guard: &mut Guard,
        signals: &mut Signals,
    ) -> std::io::Result<Option<Exit>> {
        let folder = self.history.scratch();
        let (sender, mut receiver) = oneshot::channel();
        guard.lend();
        std::thread::Builder::new()
            .name("foreground".into())
            .spawn(move || sender.send(task.run(&folder)).is_ok())?;
        // INT and QUIT from the keyboard are for the program that has the terminal.
        let ends = |request| match request {
            Request::End(Exit::Signal(2 | 3)) | Request::Continue | Request::Stop => None,
            Request::End(exit) => Some(exit),
        };
        let done = loop {
            tokio::select! {
                biased;
                request = signals.next() => if request == Request::Stop {
                    stop::stop()?;
                } else if let Some(exit) = ends(request) {
                    return Ok(Some(exit));
                },
                done = &mut receiver => break done,
                (origin, batch) = self.sessions.events() => {
                    let Some(batch) = batch else { return Ok(Some(Exit::WireGone)) };
                    if let Some(exit) = self.take_batch(origin, batch, screen, guard)? {
                        return Ok(Some(exit));
                    }
                }
            }
        };
        // A signal sent just before the task ended may arrive only now.
        while let Ok(request) = tokio::time::timeout(LATE_SIGNAL, signals.next()).await {
            if let Some(exit) = ends(request) {
                return Ok(Some(exit));
            }
        }
        if terminal::in_foreground() {
            guard.enter()?;
            screen.redraw();
        } else {
            self.stop = true;
        }
        match done.unwrap_or_default() {
            Some(message) => self.take(Message::Session(origin, message), screen, guard),
            None => Ok(None),
        }
    }

    /// Carries out what a signal asks for, or returns why the program ends.
    fn handle_request(
        &mut self,
        request: Request,
        screen: &mut Screen,
        guard: &mut Guard,
    ) -> std::io::Result<Option<Exit>> {
        match request {
            Request::End(exit) => return Ok(Some(exit)),
            // After STOP, which no program can notice, others may have changed the terminal.
            Request::Continue if terminal::in_foreground() => {
                guard.enter()?;
                screen.redraw();
            }
            Request::Stop | Request::Continue => self.stop = true,
        }
        Ok(None)
    }

    /// Restores the terminal and stops the program until it is continued in the foreground. Returns
    /// why the program ends if a signal ends it in the meantime.
    async fn suspend(
        &mut self,
        screen: &mut Screen,
        guard: &mut Guard,
        signals: &mut Signals,
    ) -> std::io::Result<Option<Exit>> {
        guard.lend();
        loop {
            stop::stop()?;
            let patience = if terminal::in_foreground() {
                CONTINUE_TIMEOUT
            } else {
                BACKGROUND_CONTINUE_TIMEOUT
            };
            let request = tokio::time::timeout(patience, signals.next()).await;
            match (request, terminal::in_foreground()) {
                (Ok(Request::End(exit)), _) => return Ok(Some(exit)),
                (_, true) => break,
                // Continued by `bg`, or by a shell that also sent a signal to end the program.
                (Ok(Request::Continue | Request::Stop), false) => {
                    let request = tokio::time::timeout(CONTINUE_TIMEOUT, signals.next()).await;
                    if let Ok(Request::End(exit)) = request {
                        return Ok(Some(exit));
                    }
                }
                // The system did not stop it: no shell is left to bring it to the foreground.
                (Err(_), false) => return Ok(Some(Exit::TerminalGone)),
            }
        }
        guard.enter()?;
        screen.redraw();
        Ok(None)
    }

    fn draw(&mut self, screen: &mut Screen) -> std::io::Result<()> {
        screen.draw(|frame| view::draw(&mut self.model, frame))
    }

    fn take_batch(
        &mut self,
        origin: Origin,
        batch: Vec<net::Event>,
        screen: &mut Screen,
        guard: &mut Guard,
    ) -> std::io::Result<Option<Exit>> {
        for event in batch {
            let journal = self.sessions.journal(origin.session);
            let not_kept = match (&event, journal) {
                (net::Event::Started, Some(journal)) => journal.start(),
                (net::Event::Session(smtp::Event::Entry(entry)), Some(journal)) => {
                    journal.keep(entry)
                }
                _ => None,
            };
            if let Some(words) = not_kept {
                let message = Message::Session(origin, SessionMessage::NotKept(words));
                if let Some(exit) = self.take(message, screen, guard)? {
                    return Ok(Some(exit));
                }
            }
            let message = Message::Session(origin, SessionMessage::Wire(event));
            if let Some(exit) = self.take(message, screen, guard)? {
                return Ok(Some(exit));
            }
        }
        Ok(None)
    }

    /// Handles a message and carries out its effects.
    fn take(
        &mut self,
        message: Message,
        screen: &mut Screen,
        guard: &mut Guard,
    ) -> std::io::Result<Option<Exit>> {
        let effects = update(&mut self.model, message, Instant::now());
        self.carry_out(effects, screen, guard)
    }
}
