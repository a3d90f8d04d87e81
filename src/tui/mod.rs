//! The screen: state in `model`, changes in `update`, drawing in `view`, the loop in `app`.

mod app;
mod assist;
mod clipboard;
mod comparison;
mod connection;
mod draft;
mod editor;
mod ends;
mod errand;
mod external;
mod failure;
mod field;
mod fields;
mod files;
mod keeper;
mod keymap;
mod layout;
mod look;
mod memory;
mod model;
mod outbox;
pub(crate) mod page;
mod pane;
mod popup;
mod replay;
pub mod report;
mod saved;
mod template;
mod terminal;
pub(crate) mod text;
mod theme;
mod timeline;
mod tour;
mod update;
mod view;

use std::time::Instant;

use crate::config::{Paths, Target};
use crate::net;
use crate::practice::Mood;
use crate::record::Record;

pub use app::Exit;
pub use assist::{
    Assist, Candidate, Completion, Context, Grammar, Part, Seen, candidates, complete,
};
pub use comparison::{Comparison, Side};
pub use connection::{Connection, Goal, State};
pub use draft::{Attachment, Opened, Stamp};
pub use failure::words as failure_words;
pub use keymap::{Action, Binding, bindings};
pub use look::{Environment, Look};
pub use model::{Model, Preferences};
pub use saved::Saved;
pub use text::{Charset, visible};
pub use update::{Effect, Message, PendingConnect, Purpose, Reading, update};
pub use view::draw;

/// What the console begins with.
#[derive(Debug)]
pub enum Start {
    /// The connect form.
    Form,
    /// A server.
    Server(Target),
    /// A server of the config, by its name there.
    Profile(String),
    /// The practice server in these moods.
    Practice(Vec<Mood>),
    /// The tour, on the practice server.
    Tour,
    /// A session out of a file of this name.
    Saved(String, Box<Record>),
}

/// Runs the console until the user leaves it.
///
/// # Errors
/// When the terminal or the system's threads fail.
pub fn run(
    look: Look,
    preferences: Preferences,
    start: Start,
    paths: Option<Paths>,
    history: usize,
) -> std::io::Result<Exit> {
    let wire = net::spawn()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let (mut guard, mut screen) = terminal::Guard::take(preferences.mouse)?;
    // Without this crossterm drops attributes along with the colours under NO_COLOR; the theme has
    // no colours then.
    crossterm::style::force_color_output(true);
    let size = screen.size()?;
    let model = Model::new(look, preferences, (size.width, size.height), Instant::now());
    let keeper = keeper::Keeper::new(paths.as_ref());
    let memory = memory::Memory::new(paths, history);
    let app = app::App::new(model, wire, memory, keeper);
    runtime.block_on(app.run(&mut screen, &mut guard, start))
}
