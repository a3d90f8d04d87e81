//! What the actions of the key table do.

use crossterm::event::KeyCode;

use super::connecting::{connect_to, open_form, practice_in, reconnect, tour};
use super::explain::{
    ask_in_palette, decode_chosen, explain_last, look_up, open_chosen, show_capabilities,
};
use super::sending::{send_line, send_typed};
use super::{TWICE, completion, documents, login, message, places, replay, saved, tls, transcript};
use crate::config::Target;
use crate::manual::templates;
use crate::net::Command;
use crate::smtp::{CommandLine, Phase};
use crate::tui::keymap::{Action, Binding};
use crate::tui::message::{Effect, Purpose};
use crate::tui::model::{Announced, Focus, Model};
use crate::tui::pane::prompt::{Mode, Searching};
use crate::tui::popup::Popup;
use crate::tui::popup::actions::{Actions, Order};
use crate::tui::popup::base64::Base64;
use crate::tui::popup::choice::{Answer, Choice};
use crate::tui::popup::connect::ConnectRequest;
use crate::tui::popup::menu::Menu;
use crate::tui::popup::raw::Raw;
use crate::tui::popup::templates::Templates;
use crate::tui::popup::templates::filled::TemplateValues;
use crate::tui::state::draft::Stamp;

/// Does what an action means. What would end an open session asks first.
pub(super) fn run(model: &mut Model, action: Action, argument: &str, effects: &mut Vec<Effect>) {
    if let Some(why) = saved::unavailable(model, action) {
        return model.warn(why);
    }
    let ends_session = match action {
        Action::Disconnect | Action::Reconnect | Action::Practice => true,
        Action::Connect | Action::Profile => !argument.is_empty(),
        Action::Tour => argument.is_empty(),
        _ => false,
    };
    let live = &model.live().connection;
    if !ends_session || live.status.phase == Phase::Closing || !live.is_up() {
        return carry_out(model, action, argument, effects);
    }
    let words = Binding::of(action).map_or("go on", |binding| binding.title);
    let choice = Choice::new(
        "drop the session?",
        vec!["The session is still open; it would end without QUIT.".to_owned()],
    )
    .option(
        KeyCode::Enter,
        words,
        Answer::DropAnd(action, argument.to_owned()),
    );
    model.session.popups.push(Popup::Choice(choice));
}

/// Does what an action means.
pub(super) fn carry_out(
    model: &mut Model,
    action: Action,
    argument: &str,
    effects: &mut Vec<Effect>,
) {
    let look = model.look;
    if !matches!(
        action,
        Action::ListDown | Action::ListUp | Action::ListTake | Action::PageUp | Action::PageDown
    ) {
        model.session.prompt.list = None;
    }
    match action {
        Action::Accept | Action::Complete => completion::complete(model),
        Action::List => completion::open(model),
        Action::Fix => completion::fix(model),
        Action::ListDown | Action::ListUp | Action::ListTake | Action::ListClose => {
            completion::on_list(model, action);
        }
        Action::Send if argument.is_empty() => send_typed(model, effects),
        Action::Send => {
            if let Ok(line) = CommandLine::parse(argument) {
                send_line(model, line, effects);
            }
        }
        Action::EndMessage => message::ask_to_send(model),
        Action::HistoryBack | Action::HistoryForward | Action::HistorySearch
            if model.session.connection.status.secret_lines =>
        {
            model.say("no history while a secret is due");
        }
        Action::HistoryBack | Action::HistoryForward => {
            let history = std::mem::take(&mut model.session.history);
            if !model
                .session
                .prompt
                .walk(&history, action == Action::HistoryBack)
            {
                model.say(if history.is_empty() {
                    "nothing sent to this host yet"
                } else {
                    "no earlier command like this"
                });
            }
            model.session.history = history;
        }
        Action::HistorySearch => {
            model.session.focus = Focus::Prompt;
            model.session.transcript.leave();
            model.session.prompt.query.take();
            model.session.prompt.searching = Some(Searching::History(0));
        }
        Action::Cancel => cancel(model, effects),
        Action::Browse
            if model
                .session
                .prompt
                .message_is_kept(model.session.connection.status.phase) =>
        {
            model.session.prompt.message_due = false;
            model.say("the text is kept: ^O d brings it back, and so does the next 354");
        }
        Action::Browse => {
            model.session.focus = Focus::Transcript;
            model.session.transcript.browse();
        }
        Action::Leave => saved::close(model, effects),
        Action::Back
            if model.session.file().is_some() && model.session.transcript.needle().is_some() =>
        {
            transcript::end_search(model);
        }
        Action::Back if model.session.file().is_some() => saved::close(model, effects),
        Action::Back => {
            model.session.focus = Focus::Prompt;
            model.session.transcript.leave();
            transcript::end_search(model);
        }
        Action::Help if !argument.is_empty() => look_up(model, argument),
        Action::Explain if !argument.is_empty() => look_up(model, argument),
        Action::Explain => explain_last(model),
        Action::Help => {
            let help = Actions::new(Order::Keys(places(model)));
            model.session.popups.push(Popup::Actions(Box::new(help)));
        }
        Action::Palette => model
            .session
            .popups
            .push(Popup::Actions(Box::new(Actions::new(Order::Names)))),
        Action::Menu => model.session.popups.push(Popup::Menu(Menu::default())),
        Action::SearchNext | Action::SearchBack => {
            let onwards = if model.session.file().is_some() {
                Action::SearchNext
            } else {
                Action::SearchBack
            };
            if !model.session.transcript.search_on(action == onwards, &look) {
                model.say("no further match");
            }
        }
        Action::Up | Action::Down => model
            .session
            .transcript
            .choose(action == Action::Down, &look),
        Action::PageUp => model.session.transcript.page(-1, &look),
        Action::PageDown => model.session.transcript.page(1, &look),
        Action::Oldest => model.session.transcript.oldest(&look),
        Action::Newest => model.session.transcript.follow(),
        Action::Open => open_chosen(model),
        Action::Fold => {
            if !model.session.transcript.fold() {
                model.say("there is no reply of several lines here");
            }
        }
        Action::Wrap => {
            let wraps = model.session.transcript.toggle_wrap();
            model.say(if wraps {
                "long lines are wrapped"
            } else {
                "long lines are cut"
            });
        }
        Action::Search
        | Action::Filter
        | Action::Form
        | Action::Times
        | Action::NextError
        | Action::PreviousError
        | Action::Timeline
        | Action::Mark
        | Action::Reset
        | Action::Copy
        | Action::CopySession
        | Action::CopyMenu
        | Action::Plain => transcript::run(model, action, argument, effects),
        Action::Resend => replay::resend(model),
        Action::Replay => replay::ask(model, effects),
        Action::Reveal => {
            if !model.session.transcript.reveal() {
                model.say("this line holds no secret");
            }
        }
        Action::RevealTyped => {
            model.session.prompt.reveal = !model.session.prompt.reveal;
            model.say(if model.session.prompt.reveal {
                "what you type is shown"
            } else {
                "secrets are hidden as you type"
            });
        }
        Action::Capabilities => show_capabilities(model),
        Action::Connect if argument.is_empty() => open_form(model),
        Action::Connect => match Target::parse(argument) {
            Ok(target) => connect_to(model, ConnectRequest::server(target, model), effects),
            Err(error) => model.warn(error.to_string()),
        },
        Action::Profile if argument.is_empty() => open_form(model),
        Action::Profile => connect_to(model, ConnectRequest::Profile(argument.to_owned()), effects),
        Action::Reconnect => reconnect(model, effects),
        Action::Practice => practice_in(model, argument, effects),
        Action::Disconnect => effects.push(Effect::Cancel),
        Action::Tls => tls::show(model),
        Action::TlsName => tls::check_name(model, argument),
        Action::TlsWrite => tls::write(model, argument, effects),
        Action::Load if argument.is_empty() => ask_in_palette(model, "open "),
        Action::Load => saved::load(model, argument.to_owned(), effects),
        Action::Save => documents::save(model, argument, effects),
        Action::Export => documents::export(model, argument),
        Action::Compare => documents::compare(model, argument, effects),
        Action::ReadOn => effects.push(Effect::Wire(Command::ReadOn)),
        Action::Raw => {
            let exchange = model.session.connection.status.secret_lines;
            let raw = Raw::new(argument, exchange);
            model.session.popups.push(Popup::Raw(Box::new(raw)));
        }
        Action::Templates => {
            effects.push(Effect::Stamp(Purpose::Templates(argument.to_owned())));
        }
        Action::Compose => message::compose(model, effects),
        Action::Attach if argument.is_empty() => {
            let dropped = std::mem::take(&mut model.session.draft.attachments).len();
            model.say(format!(
                "{dropped} attached files left out; :attach FILE adds one"
            ));
        }
        Action::Attach => effects.push(Effect::Attach(argument.to_owned())),
        Action::Data if argument.is_empty() => {
            model.warn(":data wants a file: \":data FILE\" sends it as the message");
        }
        Action::Data => effects.push(Effect::OpenFile(argument.to_owned())),
        Action::Edit => message::edit(model, effects),
        Action::Mouse => {
            model.preferences.mouse = !model.preferences.mouse;
            effects.push(Effect::Mouse(model.preferences.mouse));
        }
        Action::Tour => tour(model, argument, effects),
        Action::Login => login::open(model, ""),
        Action::Base64 => model
            .session
            .popups
            .push(Popup::Base64(Box::new(Base64::new()))),
        Action::DecodeChosen => decode_chosen(model),
        Action::Redraw => effects.push(Effect::Redraw),
        Action::Suspend => effects.push(Effect::Suspend),
        Action::Quit => quit(model, effects),
    }
}

/// The list of templates, with what is known for their blanks.
pub(super) fn open_templates(model: &mut Model, stamp: Stamp, name: &str) {
    let status = &model.session.connection.status;
    let host = model.preferences.plan.helo.as_deref();
    let envelope = &status.envelope;
    let mut values = Vec::new();
    values.extend(host.map(|host| ("client", host.to_owned())));
    if !envelope.reverse_path.is_empty() {
        values.push(("from", envelope.reverse_path.clone()));
    }
    values.extend(
        envelope
            .forward_paths
            .first()
            .map(|path| ("to", path.clone())),
    );
    let values = TemplateValues {
        id: stamp.message_id(envelope, host),
        date: stamp.date,
        values,
    };
    let all = [model.preferences.templates.as_slice(), templates()].concat();
    let mut popup = Templates::new(all, values, status);
    popup.choose(name);
    model.session.popups.push(Popup::Templates(Box::new(popup)));
}

pub(super) fn cancel(model: &mut Model, effects: &mut Vec<Effect>) {
    if model.session.file().is_some() {
        return saved::close(model, effects);
    }
    if model.session.fetching.take().is_some() {
        return effects.push(Effect::GiveUpLogin);
    }
    if model.session.connection.is_connecting() {
        return effects.push(Effect::Cancel);
    }
    if replay::is_running(model) {
        replay::stop(model, "replay stopped");
        return;
    }
    if model.session.prompt.mode() == Mode::Command && !model.session.prompt.command.is_empty() {
        return model.session.prompt.clear_command();
    }
    let dropped = model.session.outbox.clear();
    if dropped > 0 {
        return model.say(format!("{dropped} pasted lines dropped, not sent"));
    }
    if model
        .session
        .prompt
        .message_is_kept(model.session.connection.status.phase)
    {
        model.session.prompt.message_due = false;
        return model.say("the text is kept: ^O d brings it back, and so does the next 354");
    }
    if model.session.prompt.mode() == Mode::Message {
        return quit(model, effects);
    }
    let waiting = model
        .session
        .connection
        .is_up()
        .then_some(model.session.connection.status.waiting)
        .flatten();
    let busy = waiting.is_some() || model.session.draft.upload.is_some();
    let now = if busy {
        Announced::Drop
    } else {
        Announced::Quit
    };
    // Only what was announced is done: the reply may have come in between.
    let twice = model
        .session
        .announced
        .take()
        .is_some_and(|(before, at)| before == now && model.now.duration_since(at) < TWICE);
    match (waiting, twice) {
        _ if busy && twice => return effects.push(Effect::Cancel),
        (_, true) => return effects.push(Effect::Quit),
        (Some((awaited, _)), false) => model.warn(format!(
            "still waiting for the reply to {}: ^C again drops the connection",
            awaited.name()
        )),
        (None, false) if busy => {
            model.warn("a file is being sent: ^C again drops the connection, the message is lost");
        }
        (None, false) => model.say("^C again quits"),
    }
    model.session.announced = Some((now, model.now));
}

pub(super) fn quit(model: &mut Model, effects: &mut Vec<Effect>) {
    let live = &model.live().connection;
    if !live.is_up() {
        return effects.push(Effect::Quit);
    }
    let status = &live.status;
    let mut words = vec!["The session is still open.".to_owned()];
    let mut choice = Choice::new("leave?", Vec::new());
    if status.phase == Phase::Message || status.secret_lines || status.chunk_left > 0 {
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
    model.session.popups.push(Popup::Choice(choice));
}
