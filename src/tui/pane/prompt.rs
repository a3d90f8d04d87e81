//! The prompt: one line for commands, many for a message, a line to search with. What is a secret
//! by the grammar is hidden while it is typed.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::message;
use crate::report::text;
use crate::smtp::draft::MessageRules;
use crate::smtp::{CommandLine, Fix, LineError, Phase};
use crate::tui::assist::Assist;
use crate::tui::widget::editor::Editor;
use crate::tui::widget::field;
use crate::tui::widget::look::Look;

/// What the prompt is for right now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// A command.
    Command,
    /// The text of a message, after 354.
    Message,
    /// What to search for.
    Search(Searching),
}

/// What is searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Searching {
    /// The transcript.
    Transcript,
    /// The history, for the match so many before the latest.
    History(usize),
}

/// The prompt.
#[derive(Debug)]
pub struct Pane {
    /// Whether a message is due: its editor then stands in the command's place.
    pub message_due: bool,
    /// What is searched, while it is.
    pub searching: Option<Searching>,
    /// The command being typed.
    pub command: Editor,
    /// The message being typed.
    pub message: Editor,
    /// What the message may be, where the dialogue stands.
    pub terms: MessageRules,
    /// What is searched for.
    pub query: Editor,
    /// Lines before this one that begin like it, while the history is walked.
    walk: Option<Walk>,
    /// The list of what could stand at the cursor, while it is open: which of it is chosen.
    pub list: Option<usize>,
    /// Show the secret that is being typed.
    pub reveal: bool,
    /// What is at the prompt was hidden when it came there, and stays so.
    stays_hidden: bool,
}

/// A walk through the history.
#[derive(Debug)]
struct Walk {
    prefix: String,
    at: usize,
}

impl Default for Pane {
    fn default() -> Self {
        Self {
            message_due: false,
            searching: None,
            command: Editor::line(),
            message: Editor::lines(),
            terms: MessageRules::default(),
            query: Editor::line(),
            walk: None,
            list: None,
            reveal: false,
            stays_hidden: false,
        }
    }
}

impl Pane {
    /// What the prompt is for right now.
    pub fn mode(&self) -> Mode {
        match self.searching {
            Some(searching) => Mode::Search(searching),
            None if self.message_due => Mode::Message,
            None => Mode::Command,
        }
    }

    /// Whether a message stands in its editor although the server does not wait for one any more.
    pub fn message_is_kept(&self, phase: Phase) -> bool {
        self.mode() == Mode::Message && phase != Phase::Message
    }

    /// The editor that has the cursor.
    pub fn editor(&mut self) -> &mut Editor {
        match self.mode() {
            Mode::Command => &mut self.command,
            Mode::Message => &mut self.message,
            Mode::Search(_) => &mut self.query,
        }
    }

    /// Takes the command as it stands, hidden if it is shown so; the prompt is as new. `exchange` says
    /// that what is typed now answers the server's 334.
    ///
    /// # Errors
    /// A text that is no line stays at the prompt.
    pub fn take_command(&mut self, exchange: bool) -> Result<CommandLine, LineError> {
        let line = CommandLine::parse(self.command.text())?.hide(exchange || self.stays_hidden);
        self.clear_command();
        Ok(line)
    }

    /// Drops the command; the prompt is as new.
    pub fn clear_command(&mut self) {
        self.walk = None;
        self.list = None;
        self.reveal = false;
        self.stays_hidden = false;
        self.command.take();
    }

    /// Puts a line at the prompt, unless something is typed there already. Whether it stands there.
    pub fn give_back(&mut self, line: &CommandLine) -> bool {
        let free = self.command.is_empty();
        if free {
            self.command.set(line.text());
            self.stays_hidden = line.is_hidden();
        }
        free
    }

    /// A SASL exchange is over: what was typed for it is a secret still.
    pub fn end_exchange(&mut self) {
        self.stays_hidden |= !self.command.is_empty();
    }

    /// What was put here may be a secret: where the grammar does not mask it, all of it is.
    pub fn hide_unless_masked(&mut self) {
        let masked =
            CommandLine::parse(self.command.text()).is_ok_and(|line| line.secret().is_some());
        self.stays_hidden |= !masked;
    }

    /// A key changed the text: a walk through the history ends.
    pub fn edited(&mut self) {
        self.walk = None;
        self.list = self.list.map(|_| 0);
        self.stays_hidden &= !self.command.is_empty();
    }

    /// Puts the line before or after of `history` at the prompt, of those that begin like what was
    /// typed. `false` where there is none.
    pub fn walk(&mut self, history: &[String], back: bool) -> bool {
        let typed = self.command.text();
        let walk = self.walk.get_or_insert_with(|| Walk {
            prefix: typed.to_owned(),
            at: history.len(),
        });
        walk.at = walk.at.min(history.len());
        let fits = |line: &&String| begins_like(line, &walk.prefix) && line.as_str() != typed;
        let found = if back {
            history[..walk.at].iter().rposition(|line| fits(&line))
        } else {
            let after = (walk.at + 1).min(history.len());
            history[after..]
                .iter()
                .position(|line| fits(&line))
                .map(|at| after + at)
        };
        match found {
            Some(at) => {
                walk.at = at;
                self.command.set(&history[at]);
            }
            None if back => return false,
            None => {
                let prefix = std::mem::take(&mut walk.prefix);
                self.walk = None;
                self.command.set(&prefix);
            }
        }
        true
    }

    /// The line of `history` that holds what is searched for: the latest, or one before as often as
    /// was asked.
    pub fn history_match<'a>(&self, history: &'a [String]) -> Option<&'a str> {
        let Some(Searching::History(back)) = self.searching else {
            return None;
        };
        let needle = self.query.text().to_lowercase();
        let mut found = history
            .iter()
            .rev()
            .filter(|line| line.to_lowercase().contains(&needle));
        found
            .nth(back)
            .map(String::as_str)
            .filter(|_| !needle.is_empty())
    }

    /// The command, and how many octets of it stand before the cursor.
    pub fn typed(&self) -> (&str, usize) {
        let text = self.command.text();
        let (_, before) = self.command.cursor();
        let at = text.char_indices().nth(before);
        (text, at.map_or(text.len(), |(at, _)| at))
    }

    /// Makes an edit of the command, and puts the cursor behind what came in.
    pub fn apply(&mut self, fix: &Fix) {
        self.command.replace_span(fix.span.clone(), &fix.text);
        self.edited();
    }

    /// Whether all of the command is hidden: what was typed for an exchange that is over.
    pub fn is_hidden(&self) -> bool {
        self.stays_hidden
    }

    /// From which character on the command is hidden. `exchange` says that all that is typed now
    /// answers the server's 334.
    pub fn hidden_from(&self, exchange: bool) -> Option<usize> {
        if self.reveal {
            return None;
        }
        if exchange || self.stays_hidden {
            return Some(0);
        }
        let text = self.command.text();
        let from = CommandLine::parse(text).ok()?.secret()?;
        Some(text[..from].chars().count())
    }

    /// Rows it wants of at most `most`.
    pub fn rows(&self, most: usize) -> usize {
        match self.mode() {
            Mode::Message => (self.message.text_lines().len() + 1)
                .max(3)
                .min(most.max(1)),
            _ => 1,
        }
    }

    /// Draws the prompt with its ghost and what is found in it, and says where the cursor stands.
    pub fn draw(
        &self,
        area: Rect,
        buffer: &mut Buffer,
        look: &Look,
        exchange: bool,
        history: &[String],
        assist: &Assist,
    ) -> Position {
        match self.mode() {
            Mode::Command => {
                let mark = if exchange { "AUTH> " } else { "> " };
                let found: Vec<_> = assist.findings.iter().map(|one| one.span.clone()).collect();
                field::draw_with(
                    &self.command,
                    mark,
                    self.hidden_from(exchange),
                    (&assist.ghost, &found),
                    area,
                    buffer,
                    look,
                )
            }
            Mode::Search(Searching::Transcript) => {
                field::draw(&self.query, "/", None, area, buffer, look)
            }
            Mode::Search(Searching::History(_)) => {
                let found = self.history_match(history).unwrap_or("nothing");
                let found = text::visible(found.as_bytes(), look.charset);
                let mark = format!("history [{found}]: ");
                field::draw(&self.query, &mark, None, area, buffer, look)
            }
            Mode::Message => message::draw(&self.message, &self.terms, area, buffer, look),
        }
    }
}

/// Whether a line begins like a prefix; verbs are the same in small letters (RFC 5321 section 2.4).
fn begins_like(line: &str, prefix: &str) -> bool {
    line.get(..prefix.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_history_is_walked_by_what_was_typed() {
        let history: Vec<String> = [
            "EHLO a",
            "MAIL FROM:<a@b>",
            "RCPT TO:<c@d>",
            "MAIL FROM:<>",
            "QUIT",
        ]
        .map(str::to_owned)
        .into();
        let mut pane = Pane::default();
        pane.command.set("MAIL");
        assert!(pane.walk(&history, true));
        assert_eq!(pane.command.text(), "MAIL FROM:<>");
        assert!(pane.walk(&history, true));
        assert_eq!(pane.command.text(), "MAIL FROM:<a@b>");
        assert!(!pane.walk(&history, true));
        assert!(pane.walk(&history, false));
        assert_eq!(pane.command.text(), "MAIL FROM:<>");
        assert!(pane.walk(&history, false));
        assert_eq!(pane.command.text(), "MAIL");
    }

    #[test]
    fn a_secret_is_hidden_while_it_is_typed() {
        let table = [
            ("AUTH PLAIN AGEAYg==", false, Some(11)),
            ("AUTH PLAIN ", false, None),
            ("MAIL FROM:<a@b>", false, None),
            ("YWxpY2U=", true, Some(0)),
        ];
        for (text, exchange, hidden) in table {
            let mut pane = Pane::default();
            pane.command.set(text);
            assert_eq!(pane.hidden_from(exchange), hidden, "{text}");
        }
    }
}
