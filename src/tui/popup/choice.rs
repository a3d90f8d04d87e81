//! A question with a few answers, each behind a letter. The connection's failure, a secret about to
//! travel in clear, a paste of several lines and leaving are all asked this way.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use super::Outcome;
use crate::config::{Target, TlsChoice};
use crate::record::SaveOptions;
use crate::report::text;
use crate::smtp::{CommandLine, Exposure, Secret};
use crate::tui::keymap::Action;
use crate::tui::state::file_write::FileWrite;
use crate::tui::state::replay::Replay;
use crate::tui::widget::frame;
use crate::tui::widget::look::Look;

/// What the user decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Nothing is to happen.
    Nothing,
    /// Send this line although its secret is exposed so.
    Consent(CommandLine, Exposure),
    /// Send these octets although a secret among them is exposed so.
    ConsentRaw(Secret, Exposure),
    /// Do not send it: back to the prompt with it.
    Withhold(CommandLine),
    /// Log in although the password is exposed so.
    ConsentLogin(Exposure),
    /// Do not log in: back to its form.
    WithholdLogin,
    /// Send these lines, each when the one before is answered.
    OneByOne(Vec<CommandLine>),
    /// Send these lines at once.
    AtOnce(Vec<CommandLine>),
    /// Put these lines at the prompt, one after another.
    Step(Vec<CommandLine>),
    /// Send the message.
    SendMessage,
    /// Send DATA, and the message when 354 is here.
    SendComposed,
    /// Send the message in one chunk.
    SendChunk,
    /// Send the file that was opened as the message.
    SendFile,
    /// Connect to another port of the same host.
    Port(u16),
    /// Connect to this server, which takes mail for the domain that was given.
    Exchanger(Target),
    /// Connect to the same port with TLS so.
    Tls(TlsChoice),
    /// Send these lines again; to this server where that is not the one connected to.
    Replay(Box<Replay>, std::option::Option<Target>),
    /// Copy this.
    Copy(CopyScope),
    /// Open the file that is read already.
    OpenRead,
    /// Write this text to a file.
    Write(Box<FileWrite>),
    /// Save the session so in this file, which is there already.
    Replace(String, SaveOptions),
    /// Run this command with this argument, and do not ask what it may end.
    RunUnasked(Action, String),
    /// Send QUIT, and leave when it is answered.
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

/// A part of the transcript to be copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CopyScope {
    /// The chosen line.
    Line,
    /// The marked range.
    Range,
    /// The reply around the chosen line.
    Reply,
    /// The base64 in the chosen line, decoded.
    Decoded,
    /// All of it.
    Session,
}

/// An answer that can be chosen.
#[derive(Debug)]
pub struct Option {
    /// Its key.
    pub key: KeyCode,
    /// What it does.
    pub words: String,
    /// What it means.
    pub answer: Answer,
}

/// A question.
#[derive(Debug)]
pub struct Choice {
    /// What it is about.
    pub title: String,
    /// What there is to know. It may quote a server.
    pub words: Vec<String>,
    /// The answers.
    pub options: Vec<Option>,
    /// What Esc means.
    pub on_escape: Answer,
    /// A letter that is no answer closes it.
    pub strict: bool,
    /// Answers that are scrolled away at the top.
    top: usize,
}

impl Choice {
    /// A question that Esc answers with nothing.
    pub fn new(title: impl Into<String>, words: Vec<String>) -> Self {
        Self {
            title: title.into(),
            words,
            options: Vec::new(),
            on_escape: Answer::Nothing,
            strict: false,
            top: 0,
        }
    }

    /// Adds an answer.
    #[must_use]
    pub fn option(mut self, key: KeyCode, words: impl Into<String>, answer: Answer) -> Self {
        self.options.push(Option {
            key,
            words: words.into(),
            answer,
        });
        self
    }

    /// A letter that is no answer is taken for a line that is being typed, and Enter would be its end:
    /// the question goes.
    #[must_use]
    pub fn no_line_typed(mut self) -> Self {
        self.strict = true;
        self
    }

    /// What Esc means.
    #[must_use]
    pub fn or_else(mut self, answer: Answer) -> Self {
        self.on_escape = answer;
        self
    }

    /// Whether it asks for a file to be replaced.
    pub fn replaces(&self) -> bool {
        let mut answers = self.options.iter().map(|option| &option.answer);
        answers.any(|answer| matches!(answer, Answer::Replace(..)))
    }

    pub(super) fn escape(&self) -> Answer {
        self.on_escape.clone()
    }

    pub(super) fn handle(&mut self, key: KeyEvent) -> Outcome {
        match key.code {
            KeyCode::Up => self.top = self.top.saturating_sub(1),
            KeyCode::Down => self.top = self.top.saturating_add(1),
            _ => {}
        }
        let plain = key.modifiers.difference(KeyModifiers::SHIFT).is_empty();
        let chosen = self
            .options
            .iter()
            .find(|option| plain && option.key == key.code);
        match (chosen, key.code) {
            (Some(option), _) => Outcome::Answer(option.answer.clone()),
            (None, KeyCode::Char(_)) if self.strict => Outcome::Answer(self.escape()),
            (None, _) => Outcome::Stay,
        }
    }

    pub(super) fn draw(&mut self, screen: Rect, buffer: &mut Buffer, look: &Look) {
        let columns = usize::from(screen.width.saturating_sub(2)).clamp(1, 72);
        let mut rows: Vec<Line<'_>> = Vec::new();
        for words in &self.words {
            rows.extend(
                text::words(words, columns, look.charset)
                    .into_iter()
                    .map(Line::from),
            );
        }
        let mut answers: Vec<Line<'_>> = vec![Line::default()];
        for Option { key, words, .. } in &self.options {
            answers.push(answer_row(&key_name(*key), words, look));
        }
        if !self
            .options
            .iter()
            .any(|option| option.answer == self.on_escape)
        {
            let words = match &self.on_escape {
                Answer::Withhold(_) => "do not send it",
                Answer::Nothing => "back",
                _ => "no",
            };
            answers.push(answer_row("Esc", words, look));
        }
        // The answers are never what a small screen leaves out.
        let most = usize::from(screen.height).saturating_sub(2);
        rows.truncate(most.saturating_sub(answers.len()));
        if rows.is_empty() {
            answers.remove(0);
        }
        self.top = self.top.min(answers.len().saturating_sub(most));
        let mut title = self.title.clone();
        if answers.len() > most {
            let more = "Up Down for more";
            title = if title.chars().count() + more.len() + 4 > columns {
                more.to_owned()
            } else {
                format!("{title}: {more}")
            };
        }
        rows.extend(answers.into_iter().skip(self.top));
        let size = (columns, rows.len().min(most));
        let inner = frame::frame(screen, size, &title, buffer, look);
        for (row, y) in rows.iter().zip(inner.y..inner.bottom()) {
            frame::draw_row(buffer, Position { x: inner.x, y }, row, inner.width, look);
        }
    }
}

fn answer_row<'a>(key: &str, words: &'a str, look: &Look) -> Line<'a> {
    Line::from(vec![
        Span::styled(format!(" {key:>5} "), look.theme.key),
        Span::raw(" "),
        Span::raw(words),
    ])
}

fn key_name(key: KeyCode) -> String {
    match key {
        KeyCode::Char(letter) => letter.to_string(),
        other => format!("{other:?}"),
    }
}
