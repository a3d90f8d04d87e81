//! The messages that `update` takes, and the effects that it asks for.

use std::time::Duration;

use crossterm::event::{Event, KeyEvent, KeyEventKind, MouseEvent};

use crate::config::{RecentTarget, ResolvedTls, Target, TlsChoice, TlsOverrideError, TlsOverrides};
use crate::headless::Stamp;
use crate::net::{self, Command, TlsOptions};
use crate::practice::Mood;
use crate::record::kept::KeptSession;
use crate::record::{Record, RecordError, SaveOptions};
use crate::smtp::Secret;
use crate::smtp::sasl::Exchange;
use crate::tui::popup::pager::comparison::{Comparison, Side};
use crate::tui::state::connect_request::ConnectRequest;
use crate::tui::state::connection::Destination;
use crate::tui::state::draft::{Attachment, Opened};
use crate::tui::state::file_write::FileWrite;
use crate::tui::state::login_request::LoginRequest;
use crate::tui::state::session_id::{Origin, SessionId};
use crate::tui::state::survey::{SurveyNews, SurveyRequest};

/// The most octets to copy: terminals drop longer texts silently.
pub const COPY_CAP: usize = 64 * 1024;
/// The most octets of a session to print: its latest lines.
pub const PLAIN_CAP: usize = 1024 * 1024;

/// What to start the console with.
#[derive(Debug)]
pub enum Start {
    /// The connect form.
    Form,
    /// A connection to a server.
    Server(Target),
    /// A connection to a server of the config, by its name there.
    Profile(String),
    /// The practice server with these moods.
    Practice(Vec<Mood>),
    /// The tour, on the practice server.
    Tour,
    /// A session from a file of this name.
    Saved(String, Box<Record>),
}

/// The result of reading the files that TLS settings name. If the key is still locked although a
/// passphrase was given, the passphrase was wrong.
#[derive(Debug)]
pub struct TlsFilesRead {
    /// The connection that waits for the files.
    pub pending_connect: Box<PendingConnect>,
    /// Whether a passphrase was given.
    pub tried: bool,
    /// The TLS settings, or why they cannot be used.
    pub read: Result<TlsOptions, TlsOverrideError>,
}

/// A connection that waits until the files of its TLS settings are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingConnect {
    /// What to connect to.
    pub request: ConnectRequest,
    /// The TLS settings to resolve.
    pub overrides: TlsOverrides,
}

/// Something that happened.
#[derive(Debug)]
pub enum Message {
    /// A key was pressed.
    Key(KeyEvent),
    /// Text was pasted.
    Paste(String),
    /// The mouse was used.
    Mouse(MouseEvent),
    /// The terminal was resized to these columns and rows.
    Resize(u16, u16),
    /// Time passed.
    Tick,
    /// Something happened in a session.
    Session(Origin, SessionMessage),
}

/// Events of a session's connection, and results of its effects.
#[derive(Debug)]
pub enum SessionMessage {
    /// An event of the connection.
    Wire(net::Event),
    /// The practice server was started, or could not be.
    Practice(Result<Box<Destination>, String>),
    /// The commands sent to this host before, oldest first.
    History(Vec<String>),
    /// The recent targets, latest first.
    Recent(Vec<RecentTarget>),
    /// The files of the TLS settings were read.
    ReadTls(TlsFilesRead),
    /// The login of this number is ready to begin, or its password cannot be obtained.
    Login(u32, Result<Box<Exchange>, String>),
    /// A file was read: its name, and the session or the error.
    Loaded(String, Result<Box<Record>, RecordError>),
    /// The session was saved in this file, in these words, or was not.
    Saved(String, SaveOptions, Result<String, RecordError>),
    /// Two sessions were compared, or could not be read.
    Compared(Result<Box<Comparison>, RecordError>),
    /// A text was written to its file, in these words, or was not.
    Written(Box<FileWrite>, Result<String, RecordError>),
    /// Something was done outside the dialogue, in these words.
    Done(String),
    /// The clock was read, for this purpose.
    Stamped(Stamp, Purpose),
    /// A file was read as an attachment, or could not be.
    Attached(Result<Attachment, String>),
    /// A file was opened to be sent, or could not be.
    Opened(Result<Opened, String>),
    /// A file was read to be sent in chunks, or could not be.
    Chunks(Result<Secret, String>),
    /// The `:sleep` of this number is over.
    Slept(u32),
    /// The user's editor has ended: the text, or why there is none.
    Edited(Result<String, String>),
    /// Something failed outside the dialogue, in these words.
    Trouble(String),
    /// The session is not kept in a journal, for this reason.
    NotKept(String),
    /// What was typed of a path, and what it can become.
    Paths(String, Vec<String>),
    /// News of the survey of this number.
    Surveyed(u32, Box<SurveyNews>),
    /// The sessions kept on disk were listed, for a new list with this filter, or for the open one.
    Kept(Option<String>, Result<Vec<KeptSession>, RecordError>),
}

impl Message {
    /// The message for a terminal event; `None` for events that do not matter.
    pub fn of_terminal(event: Event) -> Option<Self> {
        match event {
            Event::Key(key) if key.kind != KeyEventKind::Release => Some(Self::Key(key)),
            Event::Paste(text) => Some(Self::Paste(text)),
            Event::Mouse(mouse) => Some(Self::Mouse(mouse)),
            Event::Resize(columns, rows) => Some(Self::Resize(columns, rows)),
            Event::Key(_) | Event::FocusGained | Event::FocusLost => None,
        }
    }
}

/// What the clock is read for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// For the headers of a new message.
    Compose,
    /// For the list of templates, opened at this search.
    Templates(String),
    /// For the time of day in the transcript.
    Times,
    /// To copy the session with its times.
    CopySession,
}

/// Something to do outside the model. `update` returns each with the session that asked.
#[derive(Debug)]
pub enum Effect {
    /// Give this command to the wire.
    Wire(Command),
    /// Cancel the connection at once.
    Cancel,
    /// Look up what is remembered of this target.
    Open(Target),
    /// Remember a target that was reached.
    Reached(Box<RecentTarget>),
    /// Remember this command in the history.
    Remember(String),
    /// Start the practice server.
    Practice(Vec<Mood>, TlsChoice, Box<ResolvedTls>),
    /// Read the files of TLS settings, with this passphrase for the key.
    ReadTls(Box<PendingConnect>, Option<Secret>),
    /// Read the clock.
    Stamp(Purpose),
    /// Read this file as an attachment.
    Attach(String),
    /// Open this file to be sent.
    OpenFile(String),
    /// Read this file, to send it in chunks.
    ReadChunks(String),
    /// Wait this long, for the `:sleep` of this number.
    Sleep(u32, Duration),
    /// Open this text in the user's editor.
    Edit(String),
    /// Print this text on the terminal's normal screen.
    Plain(String),
    /// Turn mouse capture on or off.
    Mouse(bool),
    /// Obtain what the login of this number needs, and begin it.
    Login(u32, Box<LoginRequest>),
    /// Stop waiting for the password of a login.
    GiveUpLogin,
    /// Begin the survey of this number.
    Survey(u32, Box<SurveyRequest>),
    /// Stop the survey that runs.
    GiveUpSurvey,
    /// Read a saved session or a log.
    Load(String),
    /// Read a log that was pasted, as a session of this name.
    Read(String, Secret),
    /// Save the session in this file.
    Save(String, SaveOptions),
    /// Compare these two sessions; the first is shown on the left.
    Compare(Box<[Side; 2]>),
    /// Write a text to a file.
    Write(Box<FileWrite>),
    /// Look up the paths that `typed` can become.
    CompletePath {
        /// What is typed of the path.
        typed: String,
        /// Whether a path with blanks needs quotes.
        in_words: bool,
    },
    /// List the sessions kept on disk, for a list with this filter.
    ListKept(String),
    /// Delete a session kept on disk, and list them again, for the open list.
    DeleteKept(Box<KeptSession>),
    /// Drop what the closed session of this id has outside the model.
    CloseSession(SessionId),
    /// Copy these octets to the clipboard.
    Copy(Secret),
    /// Redraw the screen.
    Redraw,
    /// Suspend the program, as Ctrl-Z does.
    Suspend,
    /// Leave the program.
    Quit,
}
