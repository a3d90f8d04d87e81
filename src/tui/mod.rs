//! The screen: state in `model`, changes in `update`, drawing in `view`, the loop in `app`.

mod app;
mod assist;
mod keymap;
mod message;
mod model;
mod pane;
mod popup;
mod state;
mod update;
mod view;
mod widget;

pub use app::{Exit, Painter, complete_path, complete_whole_path, run};
pub use assist::{
    Assist, Candidate, Completion, Context, Grammar, GrammarPart, Seen, candidates, complete,
};
pub use keymap::{Action, Command, KeyError, bind, commands};
pub use message::{Effect, Message, PendingConnect, Purpose, SessionMessage, Start, TlsFilesRead};
pub use model::{Model, Preferences, Session};
pub use popup::pager::comparison::{Comparison, Side};
pub use state::connection::{Connection, Destination, State};
pub use state::draft::{Attachment, Opened};
pub use state::login_request::LoginRequest;
pub use state::request::FileRequest;
pub use state::saved::Saved;
pub use state::session_id::{Origin, SessionId};
pub use state::survey::{Findings, SurveyNews};
pub use update::{next_tick, offer, update};
pub use view::draw;
pub use widget::hint::Hint;
pub use widget::look::Look;
