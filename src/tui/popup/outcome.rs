//! What a popup asks for: the outcome of a key, and the answers to a question.

use crate::config::{Target, TlsChoice, TlsField};
use crate::net::Sni;
use crate::record::SaveOptions;
use crate::record::kept::KeptSession;
use crate::smtp::{CommandLine, Exposure, Secret};
use crate::tui::keymap::Action;
use crate::tui::state::connect_request::ConnectRequest;
use crate::tui::state::file_write::FileWrite;
use crate::tui::state::login_request::LoginRequest;
use crate::tui::state::outbox::{Missing, Step};
use crate::tui::state::replay::Replay;

/// Something to be sent, exactly as it was shown.
#[derive(Debug, PartialEq, Eq)]
pub enum Payload {
    /// A line; CR LF is added.
    Line(CommandLine),
    /// Octets; nothing is added.
    Raw(Secret),
}

/// A pasted script, and the values of its blanks.
#[derive(Debug, PartialEq, Eq)]
pub struct FilledScript {
    /// The script.
    pub script: Secret,
    /// Each blank with its value.
    pub values: Vec<(Missing, Secret)>,
}

/// The outcome of a key in a popup.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The popup stays open.
    Stay,
    /// The popup closes.
    Close,
    /// The popup closes, and this action runs with this argument.
    Run(Action, String),
    /// The popup stays open, and a help with this title and these paragraphs opens.
    Help((String, Vec<String>)),
    /// The popup stays open, and the paths are looked up that `typed` can become.
    CompletePath {
        /// What is typed of the path.
        typed: String,
        /// Whether a path with blanks needs quotes.
        in_words: bool,
    },
    /// The popup stays open, and the manual's pages about this topic open.
    Read(String),
    /// The popup stays open, and this text is printed on the normal screen of the terminal.
    Print(String),
    /// The popup closes with this answer to its question.
    Answer(Answer),
    /// The popup closes, and these octets are inserted at the cursor.
    Insert(Secret),
    /// The popup closes, and these octets are copied.
    Copy(Secret),
    /// The popup closes, and this login begins.
    Login(Box<LoginRequest>),
    /// The popup closes, and this is sent.
    Send(Payload),
    /// The popup closes, and this text goes into the editor of the message.
    Draft(String),
    /// The popup closes, and this is the passphrase.
    Unlock(Secret),
    /// The popup stays open, and this kept session is deleted.
    DeleteKept(Box<KeptSession>),
    /// The popup closes, and the script is read again with these values.
    Fill(Box<FilledScript>),
    /// The popup stays open, and its survey is stopped.
    StopSurvey,
    /// The popup closes, and this connection is made.
    Connect(ConnectRequest),
}

/// The user's answer to a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Do nothing.
    Nothing,
    /// Keep waiting for the greeting.
    KeepWaiting,
    /// Send this line although its secret is exposed in this way.
    Consent(CommandLine, Exposure),
    /// Send these octets although their secret is exposed in this way.
    ConsentRaw(Secret, Exposure),
    /// Send this line although it may come too early.
    SendAhead(CommandLine),
    /// Send these octets.
    SendOctets(Secret),
    /// Do not send this line: put it back at the prompt.
    Withhold(CommandLine),
    /// Log in although the password is exposed in this way.
    ConsentLogin(Exposure),
    /// Log in although the server makes guessing the password from the proof cheap.
    ConsentProof,
    /// Do not log in: open the login form again.
    WithholdLogin,
    /// Send these lines, each after the reply to the one before; or run this script.
    OneByOne(Vec<Step>),
    /// Send these lines at once.
    AtOnce(Vec<Step>),
    /// Put these lines at the prompt, one by one.
    Step(Vec<Step>),
    /// Send the message.
    SendMessage,
    /// Send DATA, and the message after 354.
    SendComposed,
    /// Send the message in one chunk.
    SendChunk,
    /// Send the file that was opened as the message.
    SendFile,
    /// The same, with its line endings as they are.
    SendFileAsIs,
    /// Send the file that was opened in one chunk.
    SendFileChunk,
    /// Connect to another port of the same host.
    Port(u16),
    /// Connect to this mail server of the domain that the user named.
    Exchanger(Target),
    /// Connect to the same port, with another choice of when TLS begins.
    Tls(TlsChoice),
    /// Connect to the same port, with another SNI.
    Sni(Sni),
    /// Connect to the same port, with TLS 1.2 at most.
    Tls12,
    /// Open the connect form at this TLS setting.
    TlsSetting(TlsField),
    /// Send these lines again, to this server if it is not the connected one.
    Replay(Box<Replay>, Option<Target>),
    /// Copy this part of the transcript.
    Copy(CopyScope),
    /// Open the file that has already been read.
    OpenLoaded,
    /// Open this pasted log as a saved session.
    OpenPasted(Secret),
    /// Paste this text, although it is a log.
    Paste(Secret),
    /// Write this text to a file.
    Write(Box<FileWrite>),
    /// Save the session over this existing file, with these options.
    Replace(String, SaveOptions),
    /// Run this command with this argument, without a question about what it ends.
    RunUnasked(Action, String),
    /// Send QUIT in each connected session, and leave after the replies.
    QuitPolitely,
    /// Leave now.
    Quit,
}

impl Answer {
    /// Runs a command without an argument.
    pub const fn run(action: Action) -> Self {
        Self::RunUnasked(action, String::new())
    }
}

/// A part of the transcript that can be copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CopyScope {
    /// The chosen line.
    Line,
    /// The marked range.
    Range,
    /// The reply that contains the chosen line.
    Reply,
    /// The base64 in the chosen line, decoded.
    Decoded,
    /// The whole session.
    Session,
}
