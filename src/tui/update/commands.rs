//! Runs commands: what each [`Action`] of the command table does.

use super::connecting::{connect_to, open_form, practice_in, reconnect, tour};
use super::explain::{
    ask_in_palette, decode_chosen, explain_last, look_up, open_chosen, show_capabilities,
};
use super::sending::{send_line, send_typed};
use super::{
    automatic, completion, documents, history, leaving, login, message, replay, saved, script,
    sessions, survey, tls, transcript,
};
use crate::config::Target;
use crate::net::Command as WireCommand;
use crate::smtp::{CommandLine, Phase};
use crate::tui::keymap::{Action, Command, commands};
use crate::tui::message::{Effect, Purpose};
use crate::tui::model::keys::{places, unavailable, unless_saved};
use crate::tui::model::{Focus, Model};
use crate::tui::popup::Popup;
use crate::tui::popup::base64::Base64;
use crate::tui::popup::choice::{Answer, Choice};
use crate::tui::popup::command_list::{CommandList, SortBy};
use crate::tui::popup::menu::Menu;
use crate::tui::popup::quote::Quote;
use crate::tui::popup::raw::Raw;
use crate::tui::state::connect_request::ConnectRequest;

/// Runs a command. One that would end an open session asks first.
pub(super) fn run(model: &mut Model, action: Action, argument: &str, effects: &mut Vec<Effect>) {
    let Some(command) = Command::of(action) else {
        return;
    };
    if let Some(why) = unless_saved(model, command) {
        return model.warn(why);
    }
    let ended = match action {
        Action::Leave => &model.session.connection,
        _ => &model.live().connection,
    };
    let closing = ended.status.phase == Phase::Closing;
    if !command.ends || closing || !ended.is_up() {
        return run_unasked(model, action, argument, effects);
    }
    let choice = Choice::new(
        "drop the session?",
        vec!["The session is still open; it would end without QUIT.".to_owned()],
    )
    .option(
        crossterm::event::KeyCode::Enter,
        command.title,
        Answer::RunUnasked(action, argument.to_owned()),
    );
    model.session.popups.push(Popup::Choice(choice));
}

/// Runs a command, whatever it ends.
pub(super) fn run_unasked(
    model: &mut Model,
    action: Action,
    argument: &str,
    effects: &mut Vec<Effect>,
) {
    let look = model.look;
    if !keeps_list(action) {
        model.session.prompt.list = None;
    }
    let pane = &mut model.session.transcript;
    match action {
        Action::Send if argument.is_empty() => send_typed(model, effects),
        Action::Send => {
            if let Ok(line) = CommandLine::parse(argument) {
                send_line(model, line, effects);
            }
        }
        Action::Accept | Action::Complete => completion::complete(model),
        Action::List => completion::open(model),
        Action::Fix => completion::fix(model),
        Action::ListDown | Action::ListUp | Action::ListTake | Action::ListClose => {
            completion::on_list(model, action);
        }
        Action::HistoryBack => history::walk(model, true),
        Action::HistoryForward => history::walk(model, false),
        Action::HistorySearch => history::search(model),
        Action::RevealTyped => history::reveal_typed(model),
        Action::Browse => message::browse(model),
        Action::Raw => {
            let raw = Raw::new(argument, model.session.connection.status.secret_lines);
            model.session.popups.push(Popup::Raw(Box::new(raw)));
        }
        Action::Continue => automatic::resume(model, effects),
        Action::Rest => automatic::show_rest(model, argument, effects),
        Action::Templates => {
            effects.push(Effect::Stamp(Purpose::Templates(argument.to_owned())));
        }
        Action::Base64 => {
            let popup = Popup::Base64(Box::new(Base64::new()));
            model.session.popups.push(popup);
        }
        Action::Quote => {
            let popup = Quote::new(model.session.refused_secret);
            model.session.popups.push(Popup::Quote(Box::new(popup)));
        }

        Action::EndMessage => message::ask_to_send(model),
        Action::Compose => message::compose(model, effects),
        Action::Attach if argument.is_empty() => message::detach(model),
        Action::Attach => effects.push(Effect::Attach(argument.to_owned())),
        Action::Data if argument.is_empty() => {
            model.warn(":data needs a file: \":data FILE\" sends it as the message");
        }
        Action::Data => effects.push(Effect::OpenFile(argument.to_owned())),
        Action::Edit => message::edit(model, effects),

        Action::Back => back(model, effects),
        Action::Search if argument.is_empty() => transcript::ask_for_search(model),
        Action::Search => transcript::search(model, argument),
        Action::SearchNext => transcript::search_again(model, true),
        Action::SearchBack => transcript::search_again(model, false),
        Action::Up => pane.choose(false, &look),
        Action::Down => pane.choose(true, &look),
        Action::PageUp => pane.page(-1, &look),
        Action::PageDown => pane.page(1, &look),
        Action::Oldest => pane.oldest(&look),
        Action::Newest => pane.follow(),
        Action::Open => open_chosen(model),
        Action::Fold => transcript::fold(model),
        Action::Wrap => transcript::wrap(model),
        Action::Reveal => transcript::reveal(model),
        Action::DecodeChosen => decode_chosen(model),
        Action::Filter => transcript::filter(model, argument),
        Action::Form => transcript::form(model, argument),
        Action::Times => transcript::times(model, effects),
        Action::NextError => transcript::jump(model, true),
        Action::PreviousError => transcript::jump(model, false),
        Action::Timeline => transcript::show_timeline(model),
        Action::Mark => transcript::mark(model),
        Action::Reset => transcript::reset(model),
        Action::Copy => transcript::copy(model, effects),
        Action::CopySession => transcript::copy_session(model, effects),
        Action::CopyMenu => transcript::ask_what_to_copy(model),
        Action::Plain => effects.push(Effect::Plain(transcript::plain(model))),
        Action::Resend => replay::resend(model),

        Action::Capabilities => show_capabilities(model),
        Action::Connect | Action::Profile if argument.is_empty() => open_form(model),
        Action::Connect => match Target::parse(argument) {
            Ok(target) => connect_to(model, ConnectRequest::server(target, model), effects),
            Err(error) => model.warn(error.to_string()),
        },
        Action::Profile => {
            connect_to(model, ConnectRequest::Profile(argument.to_owned()), effects);
        }
        Action::Reconnect => reconnect(model, effects),
        Action::Practice => practice_in(model, argument, effects),
        Action::Tour => tour(model, argument, effects),
        Action::Disconnect => effects.push(Effect::Cancel),
        Action::Ports => survey::ports(model, argument, effects),
        Action::Check => survey::check(model, argument, effects),
        Action::ReadOn => effects.push(Effect::Wire(WireCommand::ResumeReading)),
        Action::Tls => tls::show(model),
        Action::TlsName => tls::check_name(model, argument),
        Action::TlsWrite => tls::write(model, argument, effects),
        Action::Login if argument.is_empty() => login::open(model, ""),
        Action::Login | Action::StartTls | Action::Bdat | Action::Sleep => {
            let name = Command::of(action).map_or("", |command| command.name);
            script::run_typed(model, name, argument, effects);
        }
        Action::Load if argument.is_empty() => ask_in_palette(model, "open "),
        Action::Load => saved::load(model, argument.to_owned(), effects),
        Action::Save => documents::save(model, argument, effects),
        Action::Export => documents::export(model, argument),
        Action::Compare => documents::compare(model, argument, effects),
        Action::Replay => replay::ask(model, effects),
        Action::Leave => sessions::close(model, effects),
        Action::Session => sessions::switch(model, argument, effects),
        Action::Sessions => effects.push(Effect::ListKept(argument.to_owned())),

        Action::Help | Action::Explain if !argument.is_empty() => look_up(model, argument),
        Action::Help => {
            let help = CommandList::new(SortBy::Key(places(&model.session)));
            model.session.popups.push(Popup::Commands(Box::new(help)));
        }
        Action::Explain => explain_last(model),
        Action::Palette => {
            let cannot = |command: &&Command| unavailable(model, command.action).is_some();
            let unavailable = commands().filter(cannot).map(|command| command.action);
            let palette = {
                let connected = model.live().connection.is_up();
                CommandList::palette(unavailable.collect(), &model.used, connected)
            };
            model
                .session
                .popups
                .push(Popup::Commands(Box::new(palette)));
        }
        Action::Menu => model.session.popups.push(Popup::Menu(Menu::default())),
        Action::Mouse => {
            model.preferences.mouse = !model.preferences.mouse;
            effects.push(Effect::Mouse(model.preferences.mouse));
        }
        Action::Redraw => effects.push(Effect::Redraw),
        Action::Suspend => effects.push(Effect::Suspend),
        Action::Cancel => leaving::cancel(model, effects),
        Action::Quit => leaving::quit(model, effects),
    }
}

/// Whether the list of completions stays open.
fn keeps_list(action: Action) -> bool {
    matches!(
        action,
        Action::ListDown | Action::ListUp | Action::ListTake | Action::PageUp | Action::PageDown
    )
}

/// Back to the prompt. A saved session has none: the search ends there, then the session is closed.
fn back(model: &mut Model, effects: &mut Vec<Effect>) {
    if !model.session.is_live() && model.session.transcript.needle().is_none() {
        return saved::close(model, effects);
    }
    if model.session.is_live() {
        model.session.focus = Focus::Prompt;
        model.session.transcript.leave();
    }
    transcript::end_search(model);
}
