//! The screen:
//!
//! ```text
//! header       ehlo  mx.example:587  TLS1.3  MAIL ok > RCPT 0  caps:4
//! tour         what to do next, while the tour is taken
//! transcript   ...                                       | sidebar (100 columns and more)
//! rule         -- next: RCPT TO ---------------------------- follow v 41 --
//! prompt       > RCPT TO:<...>
//! words        help with what is typed, advice, news: three lines, two, one
//! footer       Enter send  Esc browse ...            ^O menu  ? help
//! ```
//!
//! Each part draws itself; `layout` says where.

use std::time::{Duration, Instant};

use ratatui::Frame;
use ratatui::layout::Rect;

use super::assist;
use super::connection::State;
use super::model::{Focus, Model};
use super::pane::prompt::Mode;
use super::pane::{candidates, header, help, hint, sidebar};
use super::update;
use crate::manual;
use crate::smtp::draft::Terms;
use crate::smtp::{Asked, Code, Phase};

/// From when on a greeting that does not come is explained.
const LATE_GREETING: Duration = Duration::from_secs(5);
/// From when on the idle clock is shown.
pub const IDLE_SHOWN: Duration = Duration::from_secs(120);
/// When a server may begin to lose patience: it has to wait five minutes for a command (RFC 5321
/// section 4.5.3.2.7).
const IDLE_LATE: Duration = Duration::from_secs(240);
/// The smallest screen that is used.
const LEAST: (u16, u16) = (10, 3);

/// Draws everything.
pub fn draw(model: &mut Model, frame: &mut Frame<'_>) {
    let screen = frame.area();
    // The terminal may have another size before its message about that is read.
    model.resize(screen.width, screen.height);
    let look = model.look;
    if screen.width < LEAST.0 || screen.height < LEAST.1 {
        let words = "too small, connection kept";
        frame.buffer_mut().set_stringn(
            screen.x,
            screen.y,
            words,
            usize::from(screen.width),
            look.theme.info,
        );
        return;
    }
    let areas = model.areas();
    let buffer = frame.buffer_mut();
    if !areas.header.is_empty() {
        header::draw(
            &model.connection,
            &modes(model),
            areas.header,
            buffer,
            &look,
        );
    }
    for (line, y) in model
        .tour_lines()
        .iter()
        .zip(areas.tour.y..areas.tour.bottom())
    {
        buffer.set_line(areas.tour.x, y, line, areas.tour.width);
    }
    if model.transcript.transcript().is_empty() {
        let words = "Not connected. Enter opens the connect form; or  :connect host:port";
        hint::draw_words(
            words,
            look.theme.dim,
            Rect {
                height: 1,
                ..areas.transcript
            },
            buffer,
            &look,
        );
    } else {
        model.transcript.draw(areas.transcript, buffer, &look);
    }
    if !areas.sidebar.is_empty() {
        sidebar::draw(&model.connection, areas.sidebar, buffer, &look);
    }
    model.prompt.terms = Terms::of(&model.connection.standing);
    let (next, words) = words(model);
    let mut assist = model.assist();
    // Where Tab means something else there is no ghost.
    if model.focus != Focus::Prompt || model.prompt.list.is_some() {
        assist.ghost.clear();
    }
    if !areas.rule.is_empty() {
        hint::draw_rule(&next, &model.transcript, areas.rule, buffer, &look);
    }
    let exchange = model.connection.standing.secret_lines;
    let mut prompt = areas.prompt;
    if model.prompt.mode() == Mode::Message
        && prompt.height > 1
        && let Some(attached) = model.draft.attached()
    {
        prompt.height -= 1;
        let below = Rect {
            y: prompt.bottom(),
            height: 1,
            ..prompt
        };
        hint::draw_words(&attached, look.theme.info, below, buffer, &look);
    }
    let cursor = model
        .prompt
        .draw(prompt, buffer, &look, exchange, &model.history, &assist);
    if !areas.words.is_empty() {
        let lines = help::Lines {
            assist: &assist,
            words: &words,
            notice: model.notice.as_ref(),
            newcomer: !model.seen.coached,
        };
        help::draw(&lines, areas.words, buffer, &look);
    } else if let Some(notice) = &model.notice
        && !areas.rule.is_empty()
    {
        // Where there is no line for words, news take the rule's.
        hint::draw_words(&notice.text, look.theme.warn, areas.rule, buffer, &look);
    }
    if !areas.footer.is_empty() {
        let unavailable = |action| update::unavailable(model, action).is_some();
        hint::draw_footer(
            update::places(model),
            unavailable,
            areas.footer,
            buffer,
            &look,
        );
    }
    if let Some(chosen) = model.prompt.list {
        candidates::draw(
            &update::candidates(model),
            chosen,
            areas.transcript,
            frame.buffer_mut(),
            &look,
        );
    }
    let mut popups = std::mem::take(&mut model.popups);
    let mut at = (model.focus == Focus::Prompt).then_some(cursor);
    if let Some(popup) = popups.last_mut() {
        let unavailable = |action| update::unavailable(model, action);
        at = popup.draw(screen, frame.buffer_mut(), &look, &unavailable);
    }
    model.popups = popups;
    if let Some(at) = at {
        frame.set_cursor_position(at);
    }
}

/// What there is to say about the message that is being written.
fn findings(model: &Model) -> Option<String> {
    if model.prompt.mode() != Mode::Message {
        return None;
    }
    let findings: Vec<String> = update::draft_findings(model)
        .iter()
        .map(ToString::to_string)
        .collect();
    (!findings.is_empty()).then(|| format!("!! {}", findings.join("; ")))
}

/// What is not as usual about keys and mouse.
fn modes(model: &Model) -> Vec<&'static str> {
    let browsing = (model.focus == Focus::Transcript).then_some("BROWSE");
    let mouse = model.preferences.mouse.then_some("mouse");
    browsing.into_iter().chain(mouse).collect()
}

/// What the server waits for, and the words for that.
fn words_of_the_step(model: &Model) -> manual::PhaseWords {
    let standing = &model.connection.standing;
    if let Some(key) = assist::due(&model.context()) {
        return manual::words(key);
    }
    let challenge = model
        .connection
        .last_reply
        .as_ref()
        .filter(|last| standing.secret_lines && last.reply.code() == Some(Code::new(334)))
        .and_then(|last| last.reply.texts.last());
    match challenge.and_then(|text| assist::wanted(text, &model.seen)) {
        Some((next, words)) => manual::PhaseWords {
            next: next.to_owned(),
            words: words.to_owned(),
        },
        None => manual::phase(standing),
    }
}

/// What is due next, and the words of the phase or of the message.
fn words(model: &Model) -> (String, String) {
    let connection = &model.connection;
    let standing = &connection.standing;
    let uploading = model.draft.upload.as_ref();
    let known = match connection.state {
        State::Up if uploading.is_some() => manual::words("uploading"),
        State::Asked { .. } | State::Connecting(_) => manual::words("connecting"),
        State::Up
            if model.prompt.message_is_kept(standing.phase) && standing.phase != Phase::Closing =>
        {
            manual::words("composing")
        }
        _ if model.prompt.message_is_kept(standing.phase) => manual::words("kept"),
        State::Over(_) | State::Failed(_) => manual::words("over"),
        _ if standing.paused.is_some() => manual::words("paused"),
        _ => match standing.waiting {
            Some((Asked::Greeting, since))
                if model.now.saturating_duration_since(since) >= LATE_GREETING =>
            {
                manual::words("greeting-late")
            }
            Some((asked, _)) if asked != Asked::Greeting => manual::words("waiting"),
            _ => words_of_the_step(model),
        },
    };
    let seconds = |since: Instant| model.now.saturating_duration_since(since).as_secs();
    let clock = |seconds: u64| format!("{}:{:02}", seconds / 60, seconds % 60);
    let composing = connection.is_up()
        && standing.phase != Phase::Closing
        && model.prompt.message_is_kept(standing.phase);
    let next = match (&connection.state, standing.waiting) {
        _ if let Some(upload) = uploading => upload.words(model.now, &model.look),
        (State::Up, _)
            if let Some(replay) = &model.replay
                && let Some(words) = replay.progress() =>
        {
            words
        }
        (State::Up, None) if composing => {
            "not sent yet: ^D sends DATA, waits for 354, then this text".to_owned()
        }
        (State::Asked { since, .. } | State::Connecting(since), _) => {
            format!("connecting {}", clock(seconds(*since)))
        }
        (State::Up, _) if model.fetching.is_some() => format!(
            "waiting for the password from {}: ^C gives up",
            model.fetching.as_deref().unwrap_or_default()
        ),
        (State::Up, _) if standing.paused.is_some() => "reading is paused: ^O g goes on".to_owned(),
        (State::Up, Some((asked, since))) => {
            let what = match asked {
                Asked::Greeting => "the greeting".to_owned(),
                asked => format!("the reply to {}", asked.name()),
            };
            format!("waiting for {what}  {}", clock(seconds(since)))
        }
        _ => match connection
            .idle(model.now)
            .filter(|idle| *idle >= IDLE_SHOWN)
        {
            None => format!("next: {}", known.next),
            Some(idle) if idle < IDLE_LATE => {
                format!("next: {}   idle {}", known.next, clock(idle.as_secs()))
            }
            Some(idle) => {
                format!(
                    "idle {}: servers hang up after 5:00, NOOP keeps them",
                    clock(idle.as_secs())
                )
            }
        },
    };
    (next, findings(model).unwrap_or(known.words))
}
