//! The session as a document: save, export, compare.

use std::time::{Instant, SystemTime};

use crossterm::event::KeyCode;

use super::explain::ask_in_palette;
use super::saved::PASTED;
use super::script;
use super::sessions::{open_numbers, session_of};
use crate::headless::script::OwnCommand;
use crate::record::{Excerpt, Export, Meta, RecordError, SaveOptions, Source, WallClock};
use crate::smtp::{EntryId, EntryKind};
use crate::tui::message::Effect;
use crate::tui::model::{Model, Session};
use crate::tui::pane::transcript::TranscriptPane;
use crate::tui::popup::Popup;
use crate::tui::popup::choice::{Answer, Choice};
use crate::tui::popup::export::Exports;
use crate::tui::popup::pager::comparison::{Comparison, Side};
use crate::tui::popup::pager::{Pager, PagerPart};
use crate::tui::state::connection::ConnectionStart;
use crate::tui::state::file_write::FileWrite;
use crate::tui::state::saved::SavedConnection;

/// The largest connection that is exported on the screen, in octets.
const EXPORT_CAP: usize = 4 * 1024 * 1024;
/// Saves secrets, too, in plain text.
const WITH_SECRETS: &str = "--with-secrets";

/// Saves the session in the named file; asks for the name if there is none.
pub(super) fn save(model: &mut Model, argument: &str, effects: &mut Vec<Effect>) {
    // The flag may come before or after the name.
    let in_front = argument.strip_prefix(WITH_SECRETS);
    let in_front = in_front.filter(|rest| rest.is_empty() || rest.starts_with(' '));
    let behind = || argument.strip_suffix(WITH_SECRETS)?.strip_suffix(' ');
    let flagged = in_front.or_else(behind);
    let with_secrets = flagged.is_some();
    let name = flagged.unwrap_or(argument).trim();
    if name.starts_with("--") {
        return model.warn(format!(
            "unknown flag {name:?} of :save: use {WITH_SECRETS}, or ./{name} for a file of this name"
        ));
    }
    if name.is_empty() {
        let flag = if with_secrets { "--with-secrets " } else { "" };
        return ask_in_palette(model, &format!("save {flag}ehlo-session.txt"));
    }
    let options = SaveOptions {
        replace: false,
        with_secrets,
    };
    effects.push(Effect::Save(name.to_owned(), options));
}

/// Reports how saving went; asks whether to replace an existing file.
pub(super) fn on_saved(
    model: &mut Model,
    name: String,
    options: SaveOptions,
    done: Result<String, RecordError>,
    effects: &mut Vec<Effect>,
) {
    let of_script = matches!(model.session.outbox.own(), Some(OwnCommand::Save(_)));
    match &done {
        Ok(_) if of_script => script::own_done(model, effects),
        Err(RecordError::Exists(_)) => {}
        Err(error) if of_script => return script::fail(model, &format!(":save: {error}")),
        Ok(_) | Err(_) => {}
    }
    let mut words = vec![format!("{name} already exists.")];
    if options.with_secrets {
        words.push("It will contain secrets in plain text.".to_owned());
    }
    let options = SaveOptions {
        replace: true,
        ..options
    };
    report_write(model, done, words, Answer::Replace(name, options));
}

/// Reports how writing a text went; asks whether to replace an existing file.
pub(super) fn on_written(
    model: &mut Model,
    mut writing: Box<FileWrite>,
    done: Result<String, RecordError>,
) {
    let words = vec![format!("{} already exists.", writing.name)];
    writing.replace = true;
    report_write(model, done, words, Answer::Write(writing));
}

/// Reports the result of writing a file; asks whether to replace an existing one.
fn report_write(
    model: &mut Model,
    done: Result<String, RecordError>,
    paragraphs: Vec<String>,
    replace: Answer,
) {
    match done {
        Ok(words) => model.say(words),
        Err(RecordError::Exists(_)) => {
            let choice = Choice::new("Replace the file?", paragraphs);
            let choice = choice.option(KeyCode::Char('r'), "replace it", replace);
            model.session.popups.push(Popup::Choice(choice));
        }
        Err(error) => model.warn(format!("not saved: {}", error.cause_first())),
    }
}

/// Exports a connection, first in the named format: the connection of the chosen line, else the
/// latest one in which something was sent.
pub(super) fn export(model: &mut Model, name: &str) {
    let form = if name.is_empty() {
        Some(Export::Swaks)
    } else {
        Export::parse(name)
    };
    let Some(form) = form else {
        let names = Export::ALL.map(Export::name).join(", ");
        return model.warn(format!("unknown export format {name:?}: use {names}"));
    };
    match exports(&model.session.transcript, &begins(model), form, model.now) {
        Some(Ok(popup)) => model.session.popups.push(Popup::Export(Box::new(popup))),
        Some(Err(TooLong)) => model.warn(format!(
            "this connection is larger than {} MiB: too long to export on the screen",
            EXPORT_CAP / 1024 / 1024
        )),
        None => {}
    }
}

/// The first entry and the server of each connection of the shown session.
fn begins(model: &Model) -> Vec<(EntryId, String)> {
    let Some(saved) = model.session.file() else {
        let sessions = model.session.connection.sessions.iter();
        let begin = |begin: &ConnectionStart| (begin.first, begin.target.to_string());
        return sessions.map(begin).collect();
    };
    let connections = saved.connections.iter();
    let begin = |connection: &SavedConnection| (connection.first, saved.meta.target.clone());
    connections.map(begin).collect()
}

/// The connection is too long to be exported on the screen.
struct TooLong;

/// The popup for a pane with these connections, each with its first entry and its server.
fn exports(
    pane: &TranscriptPane,
    begins: &[(EntryId, String)],
    form: Export,
    now: Instant,
) -> Option<Result<Exports, TooLong>> {
    let transcript = pane.transcript();
    let entries = |at: usize| {
        let from = begins[at].0.max(transcript.start());
        let to = begins.get(at + 1).map_or(transcript.end(), |next| next.0);
        (from.0..to.0).filter_map(|id| transcript.entry(EntryId(id)))
    };
    let at = match pane.chosen() {
        Some((id, _)) => begins.iter().rposition(|(first, _)| *first <= id),
        None => (0..begins.len()).rfind(|at| {
            let mut entries = entries(*at);
            entries.any(|entry| matches!(entry.kind, EntryKind::Sent(_)))
        }),
    };
    let at = at.or(begins.len().checked_sub(1))?;
    let (first, target) = &begins[at];
    let mut about = match target.as_str() {
        "" => "unknown server".to_owned(),
        target => format!("to {target}"),
    };
    if begins.len() > 1 {
        about.push_str(&format!(", connection {} of {}", at + 1, begins.len()));
    }
    if *first < transcript.start() {
        about.push_str("; its beginning is no longer available");
    }
    let octets = entries(at).map(|entry| match &entry.kind {
        EntryKind::Sent(sent) => sent.visible.len(),
        EntryKind::Received(received) => received.bytes.len(),
        EntryKind::Note(note) => note.text.len(),
    });
    if octets.sum::<usize>() > EXPORT_CAP {
        return Some(Err(TooLong));
    }
    // An export has no times.
    let meta = Meta::new(target, WallClock::new(SystemTime::UNIX_EPOCH, now));
    let excerpt = Excerpt {
        meta: &meta,
        entries: entries(at).collect(),
        ended: true,
    };
    Some(Ok(Exports::new(&excerpt, about, form)))
}

/// Compares two sessions, or one with the shown one. A session is named by its number or its file.
pub(super) fn compare(model: &mut Model, argument: &str, effects: &mut Vec<Effect>) {
    let names = names(argument);
    let sides = match names.as_deref() {
        Some([]) => return ask_in_palette(model, "diff "),
        Some([right]) => shown(model, right).and_then(|left| Ok([left, side(model, right)?])),
        Some([left, right]) => side(model, left).and_then(|left| Ok([left, side(model, right)?])),
        _ => Err(
            ":diff needs one or two sessions, by number or file; quote a name with spaces"
                .to_owned(),
        ),
    };
    match sides {
        Ok(sides) => effects.push(Effect::Compare(Box::new(sides))),
        Err(words) => model.warn(words),
    }
}

/// The shown session as one side of a comparison with `other`.
fn shown(model: &Model, other: &str) -> Result<Side, String> {
    let shown = &model.session;
    if shown.transcript.transcript().is_empty() {
        return Err("there is no session on the screen to compare with: :diff A B".to_owned());
    }
    if number(other) == Some(shown.number) {
        return Err(format!("session {other} is the one shown: name another"));
    }
    Ok(side_of(shown, "the session on the screen".to_owned()))
}

/// The session that is named by its number or its file.
fn side(model: &Model, name: &str) -> Result<Side, String> {
    let Some(number) = number(name) else {
        return Ok(Side::File(name.to_owned()));
    };
    let Some(session) = session_of(model, number) else {
        let open = open_numbers(model);
        return Err(format!(
            "no session {name}: {open}; ./{name} is a file of this name"
        ));
    };
    if session.transcript.transcript().is_empty() {
        return Err(format!("session {name} is empty"));
    }
    Ok(side_of(session, format!("session {name}")))
}

fn side_of(session: &Session, name: String) -> Side {
    let (target, source) = match session.file() {
        Some(saved) if saved.name == PASTED => (saved.meta.target.clone(), saved.source),
        Some(saved) => return Side::File(saved.name.clone()),
        None => (session.connection.target(), Source::Jsonl),
    };
    let entries = session.transcript.transcript().iter();
    Side::Shown {
        name,
        target,
        source,
        entries: entries.map(|(_, entry)| entry.clone()).collect(),
    }
}

/// The number that a text consists of. One that is too large is the number of no session.
fn number(text: &str) -> Option<usize> {
    let digits = !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(usize::MAX))
}

/// Shows a comparison.
pub(super) fn show_comparison(model: &mut Model, comparison: Box<Comparison>) {
    let pager = Pager::new("Two sessions", vec![PagerPart::Comparison(comparison)]);
    model.session.popups.push(Popup::Pager(pager));
}

/// The names in a line, each optionally in quotes; `None` if a quote is not closed.
fn names(line: &str) -> Option<Vec<String>> {
    let mut names = Vec::new();
    let mut rest = line.trim_start();
    while let Some(first) = rest.chars().next() {
        let (name, behind) = match first {
            '"' | '\'' => rest[1..].split_once(first)?,
            _ => rest.split_once(' ').unwrap_or((rest, "")),
        };
        names.push(name.to_owned());
        rest = behind.trim_start();
    }
    Some(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_separated_and_may_be_quoted() {
        let table: &[(&str, Option<&[&str]>)] = &[
            ("", Some(&[])),
            ("a.txt", Some(&["a.txt"])),
            ("  a.txt   b.txt ", Some(&["a.txt", "b.txt"])),
            ("\"a b.txt\" 'c \"d'", Some(&["a b.txt", "c \"d"])),
            ("it's.txt b", Some(&["it's.txt", "b"])),
            ("\"a b.txt", None),
        ];
        for (line, expected) in table {
            let found = names(line);
            let found: Option<Vec<&str>> = found
                .as_ref()
                .map(|names| names.iter().map(String::as_str).collect());
            assert_eq!(found.as_deref(), *expected, "{line}");
        }
    }
}
