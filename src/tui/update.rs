//! (model, message) -> effects. Everything that happens comes through here; nothing here draws,
//! waits or touches a file.

use std::time::{Duration, Instant};

use crossterm::event::{KeyEvent, KeyModifiers, MouseEvent, MouseEventKind};

use crate::config::{Target, TlsChoice};
use crate::net::{self, Command, Failure, Step};
use crate::practice::Mood;
use crate::smtp::{self, CommandLine, Phase, SentKind, Standing, Unsent, What};

use super::keymap::{self, Action, Place};
use super::model::{Focus, Goal, Model, State};
use super::outbox::{self, PASTE_LINES, PASTE_OCTETS, Pace};
use super::pane::prompt::Mode;
use super::pane::sidebar;
use super::popup::actions::{Actions, Order};
use super::popup::choice::{Answer, Choice};
use super::popup::connect::{Form, Wish};
use super::popup::pager::Pager;
use super::popup::{Outcome, Popup};
use super::view;
use super::{Start, failure};

use crossterm::event::KeyCode;

/// A second `^C` within this quits.
const TWICE: Duration = Duration::from_secs(2);

/// What happened.
#[derive(Debug)]
pub enum Message {
    /// A key.
    Key(KeyEvent),
    /// Pasted text.
    Paste(String),
    /// The mouse.
    Mouse(MouseEvent),
    /// The terminal has another size.
    Resize(u16, u16),
    /// The wire has something to tell.
    Wire(net::Event),
    /// Time passed.
    Tick,
    /// The practice server runs, or does not.
    Practice(Result<Goal, String>),
    /// What is remembered of this host, and of all.
    Remembered {
        /// Commands sent to this host, oldest first.
        history: Vec<String>,
        /// Recent targets, latest first.
        recent: Vec<String>,
    },
    /// Something beside the conversation did not work.
    Trouble(String),
}

/// What is to be done outside.
#[derive(Debug)]
pub enum Effect {
    /// Tell the wire.
    Wire(Command),
    /// Stop the wire at once.
    Cancel,
    /// Look up what is remembered of this target, and remember it as recent.
    Open(Target),
    /// Remember this command for this host.
    Remember(String),
    /// Start the practice server.
    Practice(Vec<Mood>, TlsChoice),
    /// Capture the mouse or let it go.
    Mouse(bool),
    /// Draw everything anew.
    Redraw,
    /// Stop, as Ctrl-Z does.
    Suspend,
    /// Leave.
    Quit,
}

/// Takes a message.
pub fn update(model: &mut Model, message: Message, now: Instant) -> Vec<Effect> {
    model.now = now;
    let mut effects = Vec::new();
    match message {
        Message::Key(key) => on_key(model, key, &mut effects),
        Message::Paste(text) => on_paste(model, &text),
        Message::Mouse(mouse) => on_mouse(model, mouse),
        Message::Resize(columns, rows) => model.size = (columns, rows),
        Message::Wire(event) => on_wire(model, event, &mut effects),
        Message::Tick => {}
        Message::Practice(Ok(goal)) => connect(model, goal, &mut effects),
        Message::Practice(Err(words)) | Message::Trouble(words) => model.warn(words),
        Message::Remembered { history, recent } => {
            model.history = history;
            model.recent = recent;
        }
    }
    let areas = view::areas(model);
    model.transcript.resize(
        usize::from(areas.transcript.width),
        usize::from(areas.transcript.height),
    );
    effects
}

/// What the program begins with.
pub fn start(model: &mut Model, start: Start) -> Vec<Effect> {
    let mut effects = Vec::new();
    match start {
        Start::Form => open_form(model),
        Start::Server(target) => connect_to(
            model,
            Wish::Server(target, model.preferences.tls),
            &mut effects,
        ),
        Start::Practice(moods) => effects.push(Effect::Practice(moods, model.preferences.tls)),
    }
    effects
}

/// Where the keys count now.
pub fn places(model: &Model) -> &'static [Place] {
    match (model.focus, model.prompt.mode) {
        (Focus::Transcript, _) => &[Place::Transcript],
        (Focus::Prompt, Mode::Message) => &[Place::Message],
        (Focus::Prompt, Mode::Command) if model.prompt.command.is_empty() => {
            &[Place::EmptyPrompt, Place::Prompt]
        }
        (Focus::Prompt, _) => &[Place::Prompt],
    }
}

/// Why an action makes no sense now.
pub fn unavailable(model: &Model, action: Action) -> Option<&'static str> {
    let connection = &model.connection;
    let no_connection = (!connection.is_up()).then_some("not connected");
    match action {
        Action::Reconnect => connection
            .goal
            .is_none()
            .then_some("nothing was connected yet"),
        Action::Disconnect if connection.is_connecting() => None,
        Action::Disconnect => no_connection,
        Action::Send => no_connection,
        Action::EndMessage => {
            (connection.standing.phase != Phase::Message).then_some("no message is due")
        }
        Action::ReadOn => connection
            .standing
            .paused
            .is_none()
            .then_some("reading is not paused"),
        Action::SearchNext | Action::SearchBack => model
            .transcript
            .needle()
            .is_empty()
            .then_some("nothing is searched for"),
        Action::Reveal => model
            .transcript
            .chosen()
            .is_none()
            .then_some("choose a line first: Esc"),
        _ => None,
    }
}

fn on_key(model: &mut Model, key: KeyEvent, effects: &mut Vec<Effect>) {
    model.notice = None;
    if let Some(popup) = model.popups.last_mut() {
        let outcome = popup.handle(key);
        if outcome != Outcome::Stay {
            model.popups.pop();
        }
        return match outcome {
            Outcome::Stay | Outcome::Close => {}
            Outcome::Run(action, argument) => match unavailable(model, action) {
                Some(reason) => model.warn(reason),
                None => run(model, action, &argument, effects),
            },
            Outcome::Answer(answer) => on_answer(model, answer, effects),
            Outcome::Connect(wish) => connect_to(model, wish, effects),
        };
    }
    match model.prompt.mode {
        Mode::Search | Mode::HistorySearch if model.focus == Focus::Prompt => {
            return on_query_key(model, key);
        }
        _ => {}
    }
    if let Some(action) = keymap::action(places(model), key) {
        return run(model, action, "", effects);
    }
    if model.focus == Focus::Transcript {
        return;
    }
    if model.prompt.mode == Mode::Message && key.code == KeyCode::Enter {
        return on_message_enter(model);
    }
    if model.prompt.editor().handle(key) {
        model.prompt.edited();
    }
}

/// Enter in the message: a lone dot ends it.
fn on_message_enter(model: &mut Model) {
    let editor = &model.prompt.message;
    let (row, _) = editor.cursor();
    let lines = editor.text_lines();
    if row + 1 == lines.len() && lines.get(row).is_some_and(|line| line == ".") {
        ask_to_send(model);
    } else {
        model.prompt.message.newline();
    }
}

fn on_query_key(model: &mut Model, key: KeyEvent) {
    let escaped = key.code == KeyCode::Esc
        || (key.modifiers == KeyModifiers::CONTROL && matches!(key.code, KeyCode::Char('c' | 'g')));
    if escaped {
        model.prompt.mode = Mode::Command;
        let look = model.look;
        model.transcript.search("", &look);
        return;
    }
    match (key.code, model.prompt.mode) {
        (KeyCode::Enter | KeyCode::Tab, Mode::HistorySearch) => {
            if let Some(found) = model
                .prompt
                .history_match(&model.history)
                .map(str::to_owned)
            {
                model.prompt.command.set(&found);
            }
            model.prompt.mode = Mode::Command;
        }
        (KeyCode::Enter, _) => {
            let needle = model.prompt.query.text().to_owned();
            model.prompt.mode = Mode::Command;
            search(model, &needle);
        }
        _ => _ = model.prompt.query.handle(key),
    }
}

fn search(model: &mut Model, needle: &str) {
    let look = model.look;
    if needle.is_empty() {
        model.transcript.search("", &look);
    } else if model.transcript.search(needle, &look) {
        model.focus = Focus::Transcript;
    } else {
        model.warn(format!("no match for {needle} (Esc)"));
    }
}

fn on_paste(model: &mut Model, text: &str) {
    model.notice = None;
    if let Some(popup) = model.popups.last_mut() {
        return popup.paste(text);
    }
    model.focus = Focus::Prompt;
    if model.prompt.mode != Mode::Command {
        if let Err(error) = model.prompt.editor().paste(text) {
            model.warn(error.to_string());
        }
        return;
    }
    let unified = text.replace("\r\n", "\n").replace('\r', "\n");
    let lines: Vec<String> = unified
        .strip_suffix('\n')
        .unwrap_or(&unified)
        .split('\n')
        .map(str::to_owned)
        .collect();
    if lines.len() > PASTE_LINES || text.len() > PASTE_OCTETS {
        return model.warn(format!(
            "{} lines, {} octets are too many to paste: at most {PASTE_LINES} lines",
            lines.len(),
            text.len()
        ));
    }
    if lines.len() == 1 {
        // Pasting never sends: a line break at the end is left out.
        if let Err(error) = model.prompt.command.paste(&lines[0]) {
            model.warn(error.to_string());
        }
        return model.prompt.edited();
    }
    let words = vec![
        format!("{} lines were pasted. Nothing is sent yet.", lines.len()),
        format!("The first: {}", masked(&lines[0])),
        format!("The last: {}", masked(&lines[lines.len() - 1])),
    ];
    let choice = Choice::new("paste", words)
        .option(
            KeyCode::Enter,
            "send one by one, each after the reply to the one before",
            Answer::OneByOne(lines.clone()),
        )
        .option(
            KeyCode::Char('p'),
            "send all at once (PIPELINING)",
            Answer::AtOnce(lines.clone()),
        )
        .option(
            KeyCode::Char('e'),
            "put them at the prompt one after another",
            Answer::Step(lines),
        );
    model.popups.push(Popup::Choice(choice));
}

/// A typed line as it may be shown: without its secret.
fn masked(line: &str) -> String {
    let secret = CommandLine::parse(line).ok().and_then(|line| line.secret());
    secret.map_or_else(
        || line.to_owned(),
        |from| format!("{}[hidden]", &line[..from]),
    )
}

fn on_mouse(model: &mut Model, mouse: MouseEvent) {
    let look = model.look;
    match mouse.kind {
        MouseEventKind::ScrollUp => model.transcript.scroll(-3, &look),
        MouseEventKind::ScrollDown => model.transcript.scroll(3, &look),
        _ => {}
    }
}

fn run(model: &mut Model, action: Action, argument: &str, effects: &mut Vec<Effect>) {
    let look = model.look;
    match action {
        Action::Send => send_typed(model, effects),
        Action::EndMessage => ask_to_send(model),
        Action::HistoryBack | Action::HistoryForward => {
            let history = std::mem::take(&mut model.history);
            if !model.prompt.walk(&history, action == Action::HistoryBack) {
                model.say(if history.is_empty() {
                    "nothing sent to this host yet"
                } else {
                    "no earlier command like this"
                });
            }
            model.history = history;
        }
        Action::HistorySearch | Action::Search if !argument.is_empty() => search(model, argument),
        Action::HistorySearch | Action::Search => {
            model.focus = Focus::Prompt;
            model.transcript.leave();
            model.prompt.query.take();
            model.prompt.mode = if action == Action::Search {
                Mode::Search
            } else {
                Mode::HistorySearch
            };
        }
        Action::Cancel => cancel(model, effects),
        Action::Browse => {
            model.focus = Focus::Transcript;
            model.transcript.browse();
        }
        Action::Back => {
            model.focus = Focus::Prompt;
            model.transcript.leave();
            model.transcript.search("", &look);
        }
        Action::Help => model
            .popups
            .push(Popup::Actions(Box::new(Actions::new(Order::Keys)))),
        Action::Palette => model
            .popups
            .push(Popup::Actions(Box::new(Actions::new(Order::Names)))),
        Action::Menu => model.popups.push(Popup::Menu),
        Action::SearchNext | Action::SearchBack => {
            if !model
                .transcript
                .search_on(action == Action::SearchNext, &look)
            {
                model.say("no further match");
            }
        }
        Action::Up | Action::Down => model.transcript.choose(action == Action::Down, &look),
        Action::PageUp => model.transcript.page(-1, &look),
        Action::PageDown => model.transcript.page(1, &look),
        Action::Oldest => model.transcript.oldest(&look),
        Action::Newest => model.transcript.follow(),
        Action::Open => open_chosen(model),
        Action::Fold => {
            if !model.transcript.fold() {
                model.say("there is no reply of several lines here");
            }
        }
        Action::Wrap => {
            let wraps = model.transcript.toggle_wrap();
            model.say(if wraps {
                "long lines are wrapped"
            } else {
                "long lines are cut"
            });
        }
        Action::Reveal => {
            if !model.transcript.reveal() {
                model.say("this line holds no secret");
            }
        }
        Action::RevealTyped => {
            model.prompt.reveal = !model.prompt.reveal;
            model.say(if model.prompt.reveal {
                "what you type is shown"
            } else {
                "secrets are hidden as you type"
            });
        }
        Action::Capabilities => show_capabilities(model),
        Action::Connect if argument.is_empty() => open_form(model),
        Action::Connect => match Target::parse(argument) {
            Ok(target) => connect_to(model, Wish::Server(target, model.preferences.tls), effects),
            Err(error) => model.warn(error.to_string()),
        },
        Action::Reconnect => reconnect(model, effects),
        Action::Practice => practice(model, argument, effects),
        Action::Disconnect => effects.push(Effect::Cancel),
        Action::ReadOn => effects.push(Effect::Wire(Command::ReadOn)),
        Action::Mouse => {
            model.preferences.mouse = !model.preferences.mouse;
            effects.push(Effect::Mouse(model.preferences.mouse));
        }
        Action::Redraw => effects.push(Effect::Redraw),
        Action::Suspend => effects.push(Effect::Suspend),
        Action::Quit => quit(model, effects),
    }
}

fn send_typed(model: &mut Model, effects: &mut Vec<Effect>) {
    if !model.connection.is_up() {
        return if model.connection.is_connecting() {
            model.warn("still connecting; the line stays here");
        } else if model.prompt.command.is_empty() {
            open_form(model);
        } else {
            model.warn("not connected: ^O r connects again, ^O n elsewhere; the line stays here");
        };
    }
    let text = model.prompt.take_command();
    send_line(model, &text, effects);
    if model.outbox.pace() == Pace::Stepped {
        step(model);
    }
}

fn send_line(model: &mut Model, text: &str, effects: &mut Vec<Effect>) {
    match CommandLine::parse(text) {
        Ok(line) => {
            model.transcript.follow();
            effects.push(Effect::Wire(Command::Send {
                line,
                consent: false,
            }));
        }
        Err(error) => {
            model.prompt.give_back(text);
            model.warn(error.to_string());
        }
    }
}

/// The next line of a paste to the prompt.
fn step(model: &mut Model) {
    if let Some(line) = model.outbox.next() {
        model.prompt.command.set(&line);
        let left = model.outbox.len();
        model.say(format!(
            "Enter sends it; {left} more pasted lines wait, ^C drops them"
        ));
    }
}

fn ask_to_send(model: &mut Model) {
    let lines = message_lines(model);
    let stuffed = lines.iter().filter(|line| line.starts_with('.')).count();
    let octets: usize = lines.iter().map(|line| line.len() + 2).sum();
    let words = vec![format!(
        "{} lines, {} octets, {stuffed} dot-stuffed.",
        lines.len(),
        octets + stuffed
    )];
    let choice = Choice::new("send the message?", words).option(
        KeyCode::Enter,
        "send it, with its final dot",
        Answer::SendMessage,
    );
    model.popups.push(Popup::Choice(choice));
}

/// The message without the lone dot that was typed to end it, and without an empty last line.
fn message_lines(model: &Model) -> &[String] {
    let lines = model.prompt.message.text_lines();
    match lines {
        [rest @ .., last] if last == "." || last.is_empty() => rest,
        all => all,
    }
}

fn cancel(model: &mut Model, effects: &mut Vec<Effect>) {
    if model.connection.is_connecting() {
        return effects.push(Effect::Cancel);
    }
    if model.prompt.mode == Mode::Command && !model.prompt.command.is_empty() {
        model.prompt.take_command();
        return;
    }
    let dropped = model.outbox.clear();
    if dropped > 0 {
        return model.say(format!("{dropped} pasted lines dropped, not sent"));
    }
    let twice = model
        .cancelled_at
        .is_some_and(|at| model.now.duration_since(at) < TWICE);
    model.cancelled_at = Some(model.now);
    let waiting = model
        .connection
        .is_up()
        .then_some(model.connection.standing.waiting)
        .flatten();
    match (waiting, twice) {
        (Some(_), true) => effects.push(Effect::Cancel),
        (Some((asked, _)), false) => {
            model.warn(format!(
                "still waiting for the reply to {}: ^C again drops the connection",
                asked.name()
            ));
        }
        (None, true) => effects.push(Effect::Quit),
        (None, false) => model.say("^C again quits"),
    }
}

fn quit(model: &mut Model, effects: &mut Vec<Effect>) {
    if !model.connection.is_up() {
        return effects.push(Effect::Quit);
    }
    let standing = &model.connection.standing;
    let mut words = vec!["The session is still open.".to_owned()];
    let mut choice = Choice::new("leave?", Vec::new());
    if matches!(standing.phase, Phase::Message | Phase::Exchange) || standing.chunk_left > 0 {
        words.push(
            "The server waits for more of what was begun; QUIT would be taken as part of it."
                .to_owned(),
        );
    } else {
        choice = choice.option(
            KeyCode::Enter,
            "send QUIT, leave when it is answered",
            Answer::QuitPolitely,
        );
    }
    choice = choice.option(
        KeyCode::Char('q'),
        "drop the connection and leave now",
        Answer::Quit,
    );
    choice.words = words;
    model.popups.push(Popup::Choice(choice));
}

fn open_chosen(model: &mut Model) {
    let Some((id, entry)) = model.transcript.chosen() else {
        return;
    };
    let (title, octets) = match &entry.what {
        What::Note(note) => ("note".to_owned(), note.text.as_bytes().to_vec()),
        What::Received(received) => (
            format!("received, {} octets", received.bytes.len()),
            received.bytes.to_vec(),
        ),
        What::Sent(sent) => {
            let mut octets = sent.open.to_vec();
            if let Some(secret) = &sent.secret {
                if model.transcript.is_revealed(id) {
                    octets.extend_from_slice(secret.reveal());
                } else {
                    octets
                        .extend_from_slice(format!("[hidden: {} octets]", secret.len()).as_bytes());
                }
            }
            (format!("sent, {} octets", octets.len()), octets)
        }
    };
    model
        .popups
        .push(Popup::Pager(Pager::octets(title, octets)));
}

fn show_capabilities(model: &mut Model) {
    let lines = sidebar::lines(&model.connection, 60, &model.look);
    model
        .popups
        .push(Popup::Pager(Pager::lines("session", lines)));
}

fn open_form(model: &mut Model) {
    let goal = model.connection.goal.as_ref().filter(|goal| !goal.practice);
    let tls = goal.map_or(model.preferences.tls, |goal| goal.tls);
    let form = Form::new(&model.recent, goal.map(|goal| &goal.target), tls);
    model.popups.push(Popup::Connect(Box::new(form)));
}

fn practice(model: &mut Model, argument: &str, effects: &mut Vec<Effect>) {
    let moods: Result<Vec<Mood>, _> = argument.split_whitespace().map(str::parse).collect();
    match moods {
        Ok(moods) => effects.push(Effect::Practice(moods, model.preferences.tls)),
        Err(error) => model.warn(error.to_string()),
    }
}

fn connect_to(model: &mut Model, wish: Wish, effects: &mut Vec<Effect>) {
    match wish {
        Wish::Practice(mood) => {
            effects.push(Effect::Practice(
                mood.into_iter().collect(),
                model.preferences.tls,
            ));
        }
        Wish::Server(target, tls) => {
            let goal = goal(model, target, tls);
            connect(model, goal, effects);
        }
    }
}

/// The goal for a target, with everything the flags and settings say.
pub fn goal(model: &Model, target: Target, tls: TlsChoice) -> Goal {
    let mut plan = model.preferences.plan.clone();
    plan.host.clone_from(&target.host);
    plan.port = target.port;
    plan.security = tls.resolve(target.security());
    Goal {
        target,
        tls,
        plan,
        practice: false,
    }
}

fn connect(model: &mut Model, goal: Goal, effects: &mut Vec<Effect>) {
    let connection = &mut model.connection;
    effects.push(Effect::Open(goal.target.clone()));
    effects.push(Effect::Wire(Command::Connect(Box::new(goal.plan.clone()))));
    connection.goal = Some(goal);
    connection.state = State::Connecting {
        steps: Vec::new(),
        since: model.now,
    };
    connection.standing = Standing::default();
    connection.tls = None;
    connection.last_reply = None;
    model.prompt.mode = Mode::Command;
    model.focus = Focus::Prompt;
    model.transcript.leave();
    model.transcript.follow();
    model.outbox.clear();
}

fn reconnect(model: &mut Model, effects: &mut Vec<Effect>) {
    if let Some(goal) = model.connection.goal.clone() {
        connect(model, goal, effects);
    }
}

fn on_answer(model: &mut Model, answer: Answer, effects: &mut Vec<Effect>) {
    match answer {
        Answer::Nothing => {}
        Answer::Consent(line) => effects.push(Effect::Wire(Command::Send {
            line,
            consent: true,
        })),
        Answer::Withhold(line) => {
            model.prompt.give_back(line.text());
            let dropped = model.outbox.clear();
            model.say(if dropped == 0 {
                "not sent; the line is back at the prompt".to_owned()
            } else {
                format!(
                    "not sent; the line is back at the prompt, {dropped} pasted lines are dropped"
                )
            });
        }
        Answer::OneByOne(lines) => {
            model.outbox.fill(lines, Pace::Answered);
            send_next(model, effects);
        }
        Answer::AtOnce(lines) => {
            for line in lines {
                send_line(model, &line, effects);
            }
        }
        Answer::Step(lines) => {
            model.outbox.fill(lines, Pace::Stepped);
            step(model);
        }
        Answer::SendMessage => {
            let mut text = message_lines(model).join("\r\n");
            if !text.is_empty() {
                text.push_str("\r\n");
            }
            effects.push(Effect::Wire(Command::SendMessage(text.into_bytes())));
        }
        Answer::Reconnect => reconnect(model, effects),
        Answer::Port(port) => {
            if let Some(goal) = &model.connection.goal {
                let (mut target, tls) = (goal.target.clone(), goal.tls);
                target.port = port;
                target.smtps = false;
                connect_to(model, Wish::Server(target, tls), effects);
            }
        }
        Answer::Edit => open_form(model),
        Answer::ReadOn => effects.push(Effect::Wire(Command::ReadOn)),
        Answer::Disconnect => effects.push(Effect::Cancel),
        Answer::QuitPolitely => {
            model.leaving = true;
            send_line(model, "QUIT", effects);
        }
        Answer::Quit => effects.push(Effect::Quit),
    }
}

/// The next line of a paste, if it goes by itself.
fn send_next(model: &mut Model, effects: &mut Vec<Effect>) {
    if model.outbox.pace() == Pace::Answered
        && let Some(line) = model.outbox.next()
    {
        send_line(model, &line, effects);
    }
}

fn on_wire(model: &mut Model, event: net::Event, effects: &mut Vec<Effect>) {
    match event {
        net::Event::Dial(step) => on_step(model, step),
        net::Event::Session(event) => on_session(model, event, effects),
        net::Event::Tls(facts) => model.connection.tls = Some(*facts),
        net::Event::Failed(failure) => on_failure(model, failure),
        net::Event::Ended(end) => {
            model.connection.state = match std::mem::take(&mut model.connection.state) {
                failed @ State::Failed(_) => failed,
                _ => State::Over(end),
            };
            model.prompt.mode = Mode::Command;
            if model.leaving {
                effects.push(Effect::Quit);
            }
        }
    }
}

fn on_step(model: &mut Model, step: Step) {
    if let State::Connecting { steps, .. } = &mut model.connection.state {
        steps.push(step);
    }
}

fn on_failure(model: &mut Model, failure: Failure) {
    if failure != Failure::Cancelled {
        let port = model
            .connection
            .goal
            .as_ref()
            .map_or(0, |goal| goal.target.port);
        let choice = failure::choice(&failure, &model.connection.name(), port);
        model.popups.push(Popup::Choice(choice));
    }
    model.connection.state = State::Failed(failure);
}

fn on_session(model: &mut Model, event: smtp::Event, effects: &mut Vec<Effect>) {
    match event {
        smtp::Event::Entry(entry) => {
            if !matches!(entry.what, What::Note(_)) {
                model.connection.active_at = Some(entry.at);
            }
            if let What::Sent(sent) = &entry.what
                && sent.kind == SentKind::Command
                && sent.secret.is_none()
            {
                effects.push(Effect::Remember(
                    String::from_utf8_lossy(&sent.open).into_owned(),
                ));
            }
            model.transcript.push(entry);
        }
        smtp::Event::Partial { shown, len } => model.transcript.set_partial(shown, len),
        smtp::Event::Standing(standing) => on_standing(model, *standing),
        smtp::Event::Reply { reply, asked } => {
            if !model.outbox.is_empty() && model.connection.standing.phase != Phase::Message {
                if outbox::may_go_on(&reply, asked) {
                    send_next(model, effects);
                } else if model.outbox.pace() == Pace::Answered
                    && asked.is_some()
                    && !asks_for_message(&reply)
                {
                    let dropped = model.outbox.clear();
                    model.warn(format!(
                        "stopped at this reply: {dropped} pasted lines are not sent"
                    ));
                }
            }
            model.connection.last_reply = Some((reply, asked));
        }
        smtp::Event::NotSent { line, why } => on_not_sent(model, line, why),
        // The wire acts on these itself.
        smtp::Event::StartTls | smtp::Event::Refused { .. } => {}
    }
}

fn asks_for_message(reply: &smtp::Reply) -> bool {
    reply.code() == Some(smtp::Code::new(354))
}

fn on_standing(model: &mut Model, standing: Standing) {
    let connection = &mut model.connection;
    if connection.is_connecting() && standing.phase != Phase::Offline {
        connection.state = State::Up;
    }
    let before = std::mem::replace(&mut connection.standing, standing);
    let (now, paused) = (connection.standing.phase, connection.standing.paused);
    if now == Phase::Message && before.phase != Phase::Message {
        model.prompt.mode = Mode::Message;
        model.focus = Focus::Prompt;
        model.transcript.leave();
        let pasted = model.outbox.take_message();
        if !pasted.is_empty() && model.prompt.message.paste(&pasted.join("\n")).is_ok() {
            model.say("the pasted message is here, not sent yet: ^D sends it");
        }
    } else if now != Phase::Message && before.phase == Phase::Message {
        model.prompt.mode = Mode::Command;
        if now == Phase::Submitted {
            model.prompt.message.take();
        }
    }
    if let Some(cap) = paused
        && before.paused.is_none()
    {
        let words = vec![format!(
            "{cap}. Reading is paused; what the server goes on sending waits."
        )];
        let choice = Choice::new("the reply does not end", words)
            .option(
                KeyCode::Char('g'),
                "go on reading, up to sixteen times as much",
                Answer::ReadOn,
            )
            .option(
                KeyCode::Char('d'),
                "drop the connection",
                Answer::Disconnect,
            );
        model.popups.push(Popup::Choice(choice));
    }
}

fn on_not_sent(model: &mut Model, line: CommandLine, why: Unsent) {
    let words = match why {
        Unsent::NotConnected => "not sent: not connected; the line is back at the prompt",
        Unsent::Handshake => "not sent: TLS is being set up; the line is back at the prompt",
        Unsent::Exposed(_)
            if model
                .popups
                .iter()
                .any(|popup| matches!(popup, Popup::Choice(_))) =>
        {
            return model.outbox.put_back(line.text().to_owned());
        }
        Unsent::Exposed(exposure) => {
            let choice = failure::consent(exposure, line, model.connection.tls.as_ref());
            return model.popups.push(Popup::Choice(choice));
        }
    };
    model.prompt.give_back(line.text());
    model.warn(words);
}

/// When the screen changes next by itself: each second while a clock is shown, and when the idle
/// clock begins to be. Nothing else wakes it.
pub fn next_tick(model: &Model) -> Option<Duration> {
    const SECOND: Duration = Duration::from_secs(1);
    let connection = &model.connection;
    if connection.is_connecting() || (connection.is_up() && connection.standing.waiting.is_some()) {
        return Some(SECOND);
    }
    let idle = connection.idle(model.now)?;
    Some(
        view::IDLE_SHOWN
            .checked_sub(idle)
            .unwrap_or(SECOND)
            .max(SECOND),
    )
}
