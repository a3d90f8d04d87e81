//! Commands that search the transcript, change its view and copy from it.

use std::time::SystemTime;

use crossterm::event::KeyCode;

use crate::record::{self, Excerpt, Meta, WallClock};
use crate::report::text;
use crate::smtp::{Secret, base64, escape};
use crate::tui::message::{COPY_CAP, Effect, PLAIN_CAP, Purpose};
use crate::tui::model::{Focus, Model};
use crate::tui::pane::prompt::Searching;
use crate::tui::pane::transcript::{
    Clock, Filter, NamedValue, Needle, OctetFormat, Times, TooMuch,
};
use crate::tui::popup::Popup;
use crate::tui::popup::choice::{Answer, Choice, CopyScope};
use crate::tui::popup::pager::{Pager, PagerPart, timeline};

/// Starts a search that is typed at the prompt.
pub(super) fn ask_for_search(model: &mut Model) {
    model.session.prompt.query.take();
    model.session.prompt.searching = Some(Searching::Transcript);
}

/// Goes to the next match, or to the previous one.
pub(super) fn search_again(model: &mut Model, next: bool) {
    // A live session is searched upwards, from its end.
    let down = next != model.session.is_live();
    if !model.session.transcript.search_on(down, &model.look) {
        model.say("no further match");
    }
}

/// Starts a range at the chosen line, or drops it.
pub(super) fn mark(model: &mut Model) {
    let begun = model.session.transcript.toggle_mark();
    model.say(if begun {
        "the range starts here: move, then y copies it"
    } else {
        "the range is dropped"
    });
}

/// Drops the range; without one, shows all lines again.
pub(super) fn reset(model: &mut Model) {
    if model.session.transcript.mark().is_some() {
        model.session.transcript.toggle_mark();
    } else {
        model.session.transcript.set_filter(Filter::All);
        show_chosen(model);
    }
}

/// Copies the range; without one, the chosen line.
pub(super) fn copy(model: &mut Model, effects: &mut Vec<Effect>) {
    let scope = match model.session.transcript.mark() {
        Some(_) => CopyScope::Range,
        None => CopyScope::Line,
    };
    take(model, scope, effects);
}

/// Folds or unfolds the reply at the chosen line.
pub(super) fn fold(model: &mut Model) {
    if !model.session.transcript.fold() {
        model.say("there is no reply of several lines here");
    }
}

/// Wraps long lines, or cuts them.
pub(super) fn wrap(model: &mut Model) {
    let wraps = model.session.transcript.toggle_wrap();
    model.say(if wraps {
        "long lines are wrapped"
    } else {
        "long lines are cut"
    });
}

/// Shows the secret of the chosen line, or hides it.
pub(super) fn reveal(model: &mut Model) {
    if !model.session.transcript.reveal() {
        model.say("this line has no secret");
    }
}

/// Searches for the typed text.
pub(super) fn search(model: &mut Model, typed: &str) {
    let look = model.look;
    let needle = Needle::parse(typed);
    let fault = needle.as_ref().and_then(fault);
    let begun = needle.is_some();
    // A saved session is searched from its beginning, a live one from its end.
    let found = match needle {
        Some(needle) if model.session.file().is_some() => {
            model.session.transcript.search_down(needle, &look)
        }
        needle => model.session.transcript.search(needle, &look),
    };
    if !found {
        let only = match model.session.transcript.filter() {
            Filter::All => String::new(),
            filter => format!(" in the shown lines, only {}", filter.name()),
        };
        model.warn(format!("no match for {typed}{only} (Esc closes)"));
    } else if begun {
        browse(model);
        if let Some(words) = fault {
            model.warn(words);
        }
    }
}

/// Moves the focus to the transcript.
fn browse(model: &mut Model) {
    if model.session.file().is_none() {
        model.session.focus = Focus::Transcript;
    }
}

/// Ends the search.
pub(super) fn end_search(model: &mut Model) {
    let look = model.look;
    model.session.transcript.search(None, &look);
}

/// Warns if the typed text is not a valid regular expression.
pub(super) fn while_typing(model: &mut Model) {
    let needle = Needle::parse(model.session.prompt.query.text());
    if let Some(words) = needle.as_ref().and_then(fault) {
        model.warn(words);
    }
}

fn fault(needle: &Needle) -> Option<String> {
    let why = needle.fault()?;
    Some(format!(
        "invalid regular expression ({why}): searching for the literal text"
    ))
}

/// Keeps the chosen line in view after the layout changed.
fn show_chosen(model: &mut Model) {
    let look = model.look;
    model.session.transcript.show_chosen(&look);
}

pub(super) fn filter(model: &mut Model, name: &str) {
    match model.session.transcript.filter().select(name) {
        Ok(filter) => {
            model.session.transcript.set_filter(filter);
            show_chosen(model);
            let (kept, all) = model.session.transcript.counts();
            model.say(match filter {
                Filter::All => "all lines are shown".to_owned(),
                filter => format!("only {}, {kept} of {all} lines", filter.name()),
            });
        }
        Err(names) => model.warn(format!("unknown filter {name:?}: use {names}")),
    }
}

pub(super) fn form(model: &mut Model, name: &str) {
    match model.session.transcript.format().select(name) {
        Ok(format) => {
            model.session.transcript.set_format(format);
            show_chosen(model);
            model.say(match format {
                OctetFormat::Text => "lines are shown as text",
                OctetFormat::Escapes => "non-printing octets and line endings are shown",
                OctetFormat::Hex => "lines are shown in hex, with their line endings",
            });
        }
        Err(names) => model.warn(format!("unknown view {name:?}: use {names}")),
    }
}

/// Shows the next kind of times. For the time of day the clock has to be read.
pub(super) fn times(model: &mut Model, effects: &mut Vec<Effect>) {
    let saved = model.session.file();
    if saved.is_some_and(|saved| !saved.meta.dated) {
        return model.say("this log has no timestamps");
    }
    match model.session.transcript.times() {
        Times::Took => {
            model.session.transcript.set_times(Times::Since);
            model.say("the time since the line before");
        }
        Times::Since => match model.session.saved_clock() {
            Some(clock) => {
                model.session.transcript.set_times(clock);
                model.say("the time of day of each line, UTC");
            }
            None => effects.push(Effect::Stamp(Purpose::Times)),
        },
        Times::Clock(_) => {
            model.session.transcript.set_times(Times::Off);
            model.say("no times; slow replies still show theirs");
        }
        Times::Off => {
            model.session.transcript.set_times(Times::Took);
            model.say("how long each reply took");
        }
    }
}

/// Shows the time of day, now that the clock was read.
pub(super) fn show_clock(model: &mut Model, date: &str) {
    match Clock::read(date, model.now) {
        Some(clock) => {
            model.session.transcript.set_times(Times::Clock(clock));
            let zone = match date.rsplit(' ').next() {
                Some("+0000") | None => "UTC",
                Some(zone) => zone,
            };
            model.say(format!("the time of day of each line, {zone}"));
        }
        None => model.warn("the system clock cannot be read"),
    }
}

pub(super) fn jump(model: &mut Model, forward: bool) {
    let look = model.look;
    if model.session.transcript.jump_to_error(forward, &look) {
        browse(model);
    } else {
        let place = if forward { "after" } else { "before" };
        let filter = model.session.transcript.filter();
        model.say(if filter == Filter::default() {
            format!("no error {place} this line")
        } else {
            format!(
                "no error {place} this line in what is shown, {}",
                filter.name()
            )
        });
    }
}

pub(super) fn show_timeline(model: &mut Model) {
    let transcript = model.session.transcript.transcript();
    let connection = &model.session.connection;
    let bars = match (model.session.file(), connection.sessions.back()) {
        (Some(_), _) => timeline::bars(transcript.start(), &[], transcript),
        (None, Some(session)) => timeline::bars(session.first, &connection.stages, transcript),
        (None, None) => Vec::new(),
    };
    if bars.is_empty() {
        return model.say("no reply has a time yet");
    }
    let pager = Pager::new("Timeline, logarithmic", vec![PagerPart::Bars(bars)]);
    model.session.popups.push(Popup::Pager(pager));
}

pub(super) fn ask_what_to_copy(model: &mut Model) {
    let pane = &model.session.transcript;
    let chosen = pane.chosen().map(|(id, _)| id);
    let words = match chosen {
        Some(_) => "Secrets stay hidden in the copy.",
        None => "Secrets stay hidden. To copy one line, select it first (Esc).",
    };
    let copy = |scope| Answer::Copy(scope);
    let mut choice = Choice::new("Copy", vec![words.to_owned()]);
    if pane.mark().is_some() {
        choice = choice.option(
            KeyCode::Char('v'),
            "the marked range",
            copy(CopyScope::Range),
        );
    }
    if let Some(id) = chosen {
        choice = choice.option(KeyCode::Char('l'), "the line", copy(CopyScope::Line));
        if pane.reply_text(id).is_some() {
            let words = "the text of the whole reply";
            choice = choice.option(KeyCode::Char('r'), words, copy(CopyScope::Reply));
        }
        if pane.base64_in(id).is_some() {
            let words = "the base64 in the line, decoded";
            choice = choice.option(KeyCode::Char('b'), words, copy(CopyScope::Decoded));
        }
    }
    choice = choice.option(
        KeyCode::Char('s'),
        "the whole session, with times",
        copy(CopyScope::Session),
    );
    model.session.popups.push(Popup::Choice(choice));
}

/// The session as plain text, and a remark if its beginning is cut.
pub(super) fn plain(model: &Model) -> String {
    let (lines, cut) = model
        .session
        .transcript
        .latest_text(PLAIN_CAP, model.look.charset);
    let name = model.session.name();
    let cut = if cut { ", the latest lines" } else { "" };
    let head = format!("=== session with {name}{cut}; secrets are hidden");
    format!(
        "{}\n{lines}",
        text::visible(head.as_bytes(), model.look.charset)
    )
}

/// Copies a part of the transcript.
pub(super) fn take(model: &mut Model, scope: CopyScope, effects: &mut Vec<Effect>) {
    let pane = &model.session.transcript;
    let chosen = pane.chosen().map(|(id, _)| id);
    let text = match scope {
        CopyScope::Session => return copy_session(model, effects),
        CopyScope::Range => pane.range_text(COPY_CAP),
        CopyScope::Line => chosen.and_then(|id| pane.line_text(id)).map(Ok),
        CopyScope::Reply => chosen.and_then(|id| pane.reply_text(id)).map(Ok),
        CopyScope::Decoded => chosen.and_then(|id| pane.base64_in(id)).map(|word| {
            Ok(escape::escape(
                base64::decode(word.as_bytes()).bytes.reveal(),
            ))
        }),
    };
    match text {
        Some(Ok(text)) => {
            effects.push(Effect::Copy(Secret::new(text.into_bytes())));
            if scope == CopyScope::Range {
                model.session.transcript.toggle_mark();
            }
        }
        Some(Err(TooMuch)) => too_much(model),
        None => model.say("nothing to copy here"),
    }
}

/// Copies the whole session with the time of each line. For that the clock has to be read, unless the
/// session comes from a file.
pub(super) fn copy_session(model: &mut Model, effects: &mut Vec<Effect>) {
    if model.session.transcript.transcript().is_empty() {
        return model.say("nothing to copy here");
    }
    match model.session.file() {
        Some(saved) => {
            let meta = saved.meta.clone();
            copy_with_times(model, &meta, effects);
        }
        None => effects.push(Effect::Stamp(Purpose::CopySession)),
    }
}

/// Copies the live session. `time` is the time of day now.
pub(super) fn copy_live(model: &mut Model, time: SystemTime, effects: &mut Vec<Effect>) {
    let first = model.session.transcript.transcript().iter().next();
    let first = first.map_or(model.now, |(_, entry)| entry.at);
    let began = time.checked_sub(model.now.saturating_duration_since(first));
    let clock = WallClock::new(began.unwrap_or(time), first);
    let meta = Meta::new(model.session.connection.target(), clock);
    copy_with_times(model, &meta, effects);
}

fn copy_with_times(model: &mut Model, meta: &Meta, effects: &mut Vec<Effect>) {
    let excerpt = Excerpt::of_transcript(meta, model.session.transcript.transcript());
    match record::with_times(&excerpt, COPY_CAP) {
        Some(text) => effects.push(Effect::Copy(Secret::new(text.into_bytes()))),
        None => too_much(model),
    }
}

fn too_much(model: &mut Model) {
    model.warn(format!(
        "not copied: more than {COPY_CAP} octets; v and y copy a range, :plain prints the session"
    ));
}
