//! The unit of the model: one session, live or read from a file, with all that belongs to it.

use std::collections::VecDeque;
use std::time::Instant;

use crate::diagnosis::{self, ReplyContext, Situation, Tracker};
use crate::record::Record;
use crate::report::text;
use crate::smtp::draft::{DraftIssue, MessageRules, check};
use crate::smtp::sasl::SecretShape;
use crate::smtp::{EntryId, LintContext, ParsedCommand};
use crate::tui::assist::{self, Assist, Candidate, Context, Seen};
use crate::tui::message::PendingConnect;
use crate::tui::pane::prompt::{Mode, Prompt, Searching};
use crate::tui::pane::transcript::{Clock, Times, TranscriptPane};
use crate::tui::popup::Popup;
use crate::tui::popup::connect::ConnectForm;
use crate::tui::popup::login::LoginForm;
use crate::tui::popup::stack::Popups;
use crate::tui::state::connection::{Connection, LastReply};
use crate::tui::state::draft::Draft;
use crate::tui::state::news::News;
use crate::tui::state::notice::Notice;
use crate::tui::state::outbox::Outbox;
use crate::tui::state::replay::Replay;
use crate::tui::state::request::{FileRequest, PendingLogin};
use crate::tui::state::saved::Saved;
use crate::tui::state::session_id::{Origin, SessionId};
use crate::tui::state::tour::Tour;

/// What receives key presses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Focus {
    /// The prompt, as in a shell.
    #[default]
    Prompt,
    /// The transcript, to move in it.
    Transcript,
}

/// What a second `^C` will do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CtrlC {
    /// Drop the connection.
    Drop,
    /// Leave.
    Quit,
}

/// Where a session comes from. Only a live one can send.
#[derive(Debug)]
pub enum Source {
    /// A conversation with a server; it may not be connected yet.
    Live,
    /// A file; nothing is ever sent in it.
    Saved(Box<Saved>),
}

/// One session. All sessions are alike; `Source` says which of them can send.
#[derive(Debug)]
pub struct Session {
    /// Which one it is.
    pub id: SessionId,
    /// Its number for the user, from 1: the lowest that was free.
    pub number: usize,
    /// What came while another session was shown.
    pub news: Option<News>,
    /// Where it comes from.
    pub source: Source,
    /// The connection.
    pub connection: Connection,
    /// The transcript.
    pub transcript: TranscriptPane,
    /// The prompt.
    pub prompt: Prompt,
    /// What belongs to the message in the prompt's editor.
    pub draft: Draft,
    /// Addresses and names seen in this session, for completion.
    pub seen: Seen,
    /// The popups open over the session, the topmost last.
    pub popups: Popups,
    /// What receives key presses when no popup or search does.
    pub focus: Focus,
    /// The message shown below the prompt.
    pub notice: Option<Notice>,
    /// Lines that wait to be sent.
    pub outbox: Outbox,
    /// Commands sent to this host before, oldest first.
    pub history: Vec<String>,
    /// What a second `^C` will do, and when the first was pressed.
    pub ctrl_c: Option<(CtrlC, Instant)>,
    /// When Enter was last pressed at an empty prompt.
    pub empty_enter_at: Option<Instant>,
    /// A saved session or a log that was asked for.
    pub file_request: FileRequest,
    /// Whether something of this session is missing in its journal.
    pub journal_incomplete: bool,
    /// Lines the user sent that are not confirmed as sent yet; they then go to the history.
    pub sent_by_hand: VecDeque<String>,
    /// When a character was last typed into a line that is not sent yet.
    pub typing_at: Option<Instant>,
    /// The login form as the user left it, until the login succeeds.
    pub login_form: Option<Box<LoginForm>>,
    /// The connect form as the user left it, until connecting begins.
    pub connect_form: Option<Box<ConnectForm>>,
    /// A connection that waits until files are read.
    pub pending_connect: Option<Box<PendingConnect>>,
    /// The tour, while it is taken.
    pub tour: Option<Tour>,
    /// A login that waits for a password or for consent.
    pub pending_login: PendingLogin,
    /// The shape of the password or token that the server refused last.
    pub refused_secret: Option<SecretShape>,
    /// How many logins were requested: the number of the latest.
    pub login_requests: u32,
    /// How many surveys were begun: the number of the latest.
    pub surveys: u32,
    /// The replay of a session, if one is active.
    pub replay: Option<Replay>,
}

impl Session {
    /// A session that is not connected yet.
    pub fn live(id: SessionId, transcript: TranscriptPane) -> Self {
        Self::new(id, Source::Live, transcript)
    }

    /// A session from a file of this name.
    pub fn saved(id: SessionId, name: String, mut record: Record, wrap: bool) -> Self {
        // Records are capped when they are read.
        let mut pane = TranscriptPane::new(usize::MAX, wrap, false);
        for entry in std::mem::take(&mut record.entries) {
            pane.push(entry);
        }
        let saved = Saved::new(name, record, pane.transcript());
        Self {
            focus: Focus::Transcript,
            ..Self::new(id, Source::Saved(Box::new(saved)), pane)
        }
    }

    fn new(id: SessionId, source: Source, transcript: TranscriptPane) -> Self {
        Self {
            id,
            number: 1,
            news: None,
            source,
            connection: Connection::default(),
            transcript,
            prompt: Prompt::default(),
            draft: Draft::default(),
            seen: Seen::default(),
            popups: Popups::default(),
            focus: Focus::Prompt,
            notice: None,
            outbox: Outbox::default(),
            history: Vec::new(),
            ctrl_c: None,
            empty_enter_at: None,
            file_request: FileRequest::None,
            journal_incomplete: false,
            sent_by_hand: VecDeque::new(),
            typing_at: None,
            login_form: None,
            connect_form: None,
            pending_connect: None,
            tour: None,
            pending_login: PendingLogin::None,
            refused_secret: None,
            login_requests: 0,
            surveys: 0,
            replay: None,
        }
    }

    /// Whether it is a conversation with a server, and lines can be sent in it.
    pub fn is_live(&self) -> bool {
        matches!(self.source, Source::Live)
    }

    /// Whether it is live and connected.
    pub fn is_open(&self) -> bool {
        self.is_live() && self.connection.is_up()
    }

    /// Whether nothing is typed: neither a line nor, in the editor, a message.
    pub fn nothing_typed(&self) -> bool {
        match self.prompt.mode() {
            Mode::Message => self.prompt.message.is_empty(),
            _ => self.prompt.command.is_empty(),
        }
    }

    /// The file it was read from; `None` for a live session.
    pub fn file(&self) -> Option<&Saved> {
        match &self.source {
            Source::Live => None,
            Source::Saved(saved) => Some(saved),
        }
    }

    /// Who asks, if this session asks for something now.
    pub fn origin(&self) -> Origin {
        Origin {
            session: self.id,
            connection: self.connection.number,
        }
    }

    /// What the session is called: the server, or the file.
    pub fn name(&self) -> String {
        match &self.source {
            Source::Live => self.connection.name(),
            Source::Saved(saved) => saved.name.clone(),
        }
    }

    /// The reply that the chosen line belongs to, explained.
    pub fn chosen_reply(&self) -> Option<LastReply> {
        let (id, _) = self.transcript.chosen()?;
        self.reply_at(id)
    }

    /// The reply that an entry belongs to, explained by what the entries before it show.
    pub fn reply_at(&self, id: EntryId) -> Option<LastReply> {
        let (reply, awaited) = self.transcript.reply_at(id)?;
        let tracker = self
            .file()
            .map_or_else(Tracker::default, |file| file.source.tracker());
        let mut situation = self.situation(tracker.at(self.transcript.transcript(), id));
        situation.awaited = awaited;
        if let Some(saved) = self.file() {
            situation.host = saved.host(id);
        }
        let explanation = diagnosis::explain(&ReplyContext {
            reply: &reply,
            situation: &situation,
        });
        Some(LastReply {
            reply,
            awaited,
            explanation,
        })
    }

    /// Adds the server to what the entries show.
    pub fn situation(&self, tracked: Situation) -> Situation {
        let target = match &self.source {
            Source::Live => {
                let destination = self.connection.destination.as_ref();
                destination.map(|destination| &destination.target)
            }
            Source::Saved(saved) => saved.target.as_ref(),
        };
        Situation {
            host: target.map(|target| target.host.clone()),
            port: target.map(|target| target.port),
            ..tracked
        }
    }

    /// The times of day of a saved session's lines.
    pub fn saved_clock(&self) -> Option<Times> {
        let (_, first) = self.transcript.transcript().iter().next()?;
        let clock = &self.file()?.meta.clock;
        Some(Times::Clock(Clock::of_record(clock, first.at)))
    }

    /// What receives key presses now. A search is typed at the prompt, whatever had the focus before.
    pub fn focus(&self) -> Focus {
        match self.source {
            _ if self.prompt.searching == Some(Searching::Transcript) => Focus::Prompt,
            Source::Saved(_) => Focus::Transcript,
            Source::Live => self.focus,
        }
    }

    /// The context for help with a typed line.
    pub fn context(&self) -> Context<'_> {
        let connection = &self.connection;
        let destination = connection.destination.as_ref();
        Context {
            lint: LintContext {
                status: &connection.status,
                port: destination.map_or(0, |destination| destination.plan.port),
                name: connection.usable_name(&self.seen.refused_names),
                mail: &self.seen.mail,
                refused: self.seen.refused,
                refused_names: &self.seen.refused_names,
            },
            seen: &self.seen,
            history: &self.history,
        }
    }

    /// Whether what is at the prompt goes to no server: a command of ours, or what a reply has to be.
    pub fn is_ours(&self) -> bool {
        let status = &self.connection.status;
        let is_text = status.secret_lines || status.chunk_left > 0 || self.prompt.is_hidden();
        !is_text && self.prompt.command.text().starts_with([':', '<'])
    }

    /// Help with the line at the prompt. A hidden line gets none.
    pub fn assist(&self) -> Assist {
        if self.prompt.mode() != Mode::Command || self.prompt.is_hidden() || self.is_ours() {
            return Assist::default();
        }
        let (text, cursor) = self.prompt.typed();
        let mut assist = Assist::of(text, cursor, &self.context());
        if let Some(rest) = self.rest_of_lesson() {
            rest.clone_into(&mut assist.ghost);
        }
        assist
    }

    /// The missing end of the line that the tour asks for.
    pub fn rest_of_lesson(&self) -> Option<&'static str> {
        let (text, cursor) = self.prompt.typed();
        let command = self.tour.as_ref()?.command();
        let begins = command.get(..text.len())?.eq_ignore_ascii_case(text);
        (begins && cursor == text.len() && text.len() < command.len() && self.connection.is_up())
            .then(|| &command[text.len()..])
    }

    /// The completions at the cursor of the prompt.
    pub fn candidates(&self) -> Vec<Candidate> {
        if self.prompt.mode() != Mode::Command || self.prompt.is_hidden() {
            return Vec::new();
        }
        let (text, cursor) = self.prompt.typed();
        assist::candidates(&ParsedCommand::parse(text), cursor, &self.context())
    }

    /// The message without the lone dot that was typed to end it, and without an empty last line.
    pub fn message_lines(&self) -> &[String] {
        let lines = self.prompt.message.text_lines();
        match lines {
            [rest @ .., last] if last == "." || last.is_empty() => rest,
            all => all,
        }
    }

    /// The issues of the message in the editor.
    pub fn draft_issues(&self) -> Vec<DraftIssue> {
        let rules = MessageRules::from_status(&self.connection.status);
        check(self.message_lines(), self.draft.attachment_octets(), &rules)
    }

    /// Whether a replay is sending.
    pub fn replay_is_running(&self) -> bool {
        self.replay.as_ref().is_some_and(Replay::is_running)
    }

    /// Whether the replay sends octets next, such as a message.
    pub fn replay_has_octets(&self) -> bool {
        self.replay.as_ref().is_some_and(Replay::has_octets)
    }

    /// Opens a popup that no key asked for. It takes no letters while the user is typing.
    pub fn interrupt(&mut self, popup: Popup) {
        self.popups.push_unasked(popup);
    }

    /// Opens a form that the user has filled in before, to correct it. It takes letters at once, unless
    /// a line is being typed.
    pub fn reopen(&mut self, form: Popup) {
        if self.nothing_typed() {
            self.popups.push(form);
        } else {
            self.popups.push_unasked(form);
        }
    }

    /// Shows a message until the next key.
    pub fn say(&mut self, text: impl Into<String>) {
        self.notice = Some(Notice {
            text: text.into(),
            warning: false,
            next: None,
        });
    }

    /// Shows that something did not work, until the next key.
    pub fn warn(&mut self, text: impl Into<String>) {
        self.notice = Some(Notice {
            text: text::without_os_code(&text.into()).into_owned(),
            warning: true,
            next: None,
        });
    }

    /// Shows why the session is not saved in a journal. The mark in the header stays.
    pub fn not_kept(&mut self, words: String) {
        self.journal_incomplete = true;
        self.warn(words);
    }
}
