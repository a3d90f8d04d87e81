//! What can happen ([`Message`]) and what is to be done outside the model ([`Effect`]).

use crossterm::event::{Event, KeyEvent, KeyEventKind, MouseEvent};

use crate::config::{ResolvedTls, Target, TlsChoice, TlsOverrideError, TlsOverrides};
use crate::net::{self, Command, TlsOptions};
use crate::practice::Mood;
use crate::record::{Record, RecordError, SaveOptions};
use crate::smtp::Secret;
use crate::smtp::sasl::Exchange;
use crate::tui::popup::connect::ConnectRequest;
use crate::tui::popup::pager::comparison::{Comparison, Side};
use crate::tui::state::connection::Destination;
use crate::tui::state::draft::{Attachment, Opened, Stamp};
use crate::tui::state::session_id::Origin;

/// Octets that are copied at most: terminals drop longer ones without a word.
pub const COPY_CAP: usize = 64 * 1024;
/// Octets of a session that are printed at most: its latest lines.
pub const PLAIN_CAP: usize = 1024 * 1024;

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

/// What came of reading the files. The passphrase, where one was given, did not fit if the key is
/// still locked.
#[derive(Debug)]
pub struct TlsFilesRead {
    /// What waits for it.
    pub pending_connect: Box<PendingConnect>,
    /// Whether a passphrase was given.
    pub tried: bool,
    /// What it came to.
    pub read: Result<TlsOptions, TlsOverrideError>,
}

/// A connection that waits until what is said about its handshake is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingConnect {
    /// What is wished.
    pub request: ConnectRequest,
    /// What is said.
    pub overrides: TlsOverrides,
}

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
    /// Time passed.
    Tick,
    /// Something came for a session.
    Session(Origin, SessionMessage),
}

/// What can come for a session: events of its connection, and results of its effects.
#[derive(Debug)]
pub enum SessionMessage {
    /// The wire has something to tell.
    Wire(net::Event),
    /// The practice server runs, or does not.
    Practice(Result<Box<Destination>, String>),
    /// The commands sent to this host before, oldest first.
    History(Vec<String>),
    /// The recent targets, latest first.
    Recent(Vec<String>),
    /// The files of what is said about the handshake were read.
    ReadTls(TlsFilesRead),
    /// A login can begin, or what it needs is not to be had.
    Login(Result<Box<Exchange>, String>),
    /// A saved session or a log was read: its name and what it is, or why there is nothing.
    Loaded(String, Result<Box<Record>, RecordError>),
    /// The session was saved so in a file of that name: what there is to say of it, or why it was not.
    Saved(String, SaveOptions, Result<String, RecordError>),
    /// Two sessions were laid beside each other, or could not be read.
    Compared(Result<Box<Comparison>, RecordError>),
    /// A text was written to its file: what there is to say of it, or why it was not.
    Written(Box<FileWrite>, Result<String, RecordError>),
    /// Something beside the conversation is done.
    Done(String),
    /// The clock was read.
    Stamped(Stamp, Purpose),
    /// A file was read to go with the message, or could not be.
    Attached(Result<Attachment, String>),
    /// A file was opened to be sent, or could not be.
    Opened(Result<Opened, String>),
    /// The user's editor has ended: the text, or why there is none.
    Edited(Result<String, String>),
    /// Something beside the conversation did not work.
    Trouble(String),
    /// The session is not kept, for this reason.
    NotKept(String),
}

impl Message {
    /// What a terminal tells, as far as it matters.
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

/// What a stamp is wanted for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The headers of a new message.
    Compose,
    /// The list of templates, searched for this.
    Templates(String),
    /// The time of day in the transcript.
    Times,
}

/// A text for a file that the user named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileWrite {
    /// The file's name as it was typed.
    pub name: String,
    /// The text.
    pub text: String,
    /// What it is, in words for the user.
    pub told: String,
    /// A file of that name is replaced.
    pub replace: bool,
}

/// What is to be done outside. `update` says for each who asked.
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
    Practice(Vec<Mood>, TlsChoice, Box<ResolvedTls>),
    /// Read the files of what is said about the handshake, with this passphrase for a key.
    ReadTls(Box<PendingConnect>, Option<Secret>),
    /// Read the clock.
    Stamp(Purpose),
    /// Read this file to go with the message.
    Attach(String),
    /// Open this file to be sent.
    OpenFile(String),
    /// Give this text to the user's editor.
    Edit(String),
    /// Print this session on the terminal's own screen.
    Plain(String),
    /// Capture the mouse or let it go.
    Mouse(bool),
    /// Have what this login needs, and begin it.
    Login(Box<crate::tui::popup::login::LoginRequest>),
    /// Wait no longer for the password of a login.
    GiveUpLogin,
    /// Read a saved session or a log.
    Load(String),
    /// Save the session in this file.
    Save(String, SaveOptions),
    /// Lay these two sessions beside each other, the left one first.
    Compare(Box<[Side; 2]>),
    /// Write a text to a file.
    Write(Box<FileWrite>),
    /// Copy these octets.
    Copy(Secret),
    /// Draw everything anew.
    Redraw,
    /// Stop, as Ctrl-Z does.
    Suspend,
    /// Leave.
    Quit,
}
