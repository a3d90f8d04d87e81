//! The prompt: one line for a command, many lines for a message, one line for a search. What the
//! grammar says is a secret is hidden while it is typed.

mod message;
mod proposal;

use ratatui::layout::{Position, Rect};

use crate::report::text;
use crate::smtp::draft::MessageRules;
use crate::smtp::{CommandLine, Fix, LineError, Phase, Verb};
use crate::tui::assist::{Assist, Word};
use crate::tui::widget::canvas::Canvas;
use crate::tui::widget::editor::Editor;
use crate::tui::widget::input::{Input, StyledPart};
use crate::tui::widget::list::List;
use crate::tui::widget::theme::Theme;

/// What follows ghost text: the key that inserts it. Brackets, as angle brackets are part of SMTP.
const GHOST_SIGN: &str = "[Tab]";

/// What the prompt is for right now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// A command.
    Command,
    /// The text of a message, after 354.
    Message,
    /// A search.
    Search(Searching),
}

/// What is searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Searching {
    /// The transcript.
    Transcript,
    /// The history: the latest match, or one this many matches before it.
    History(usize),
}

/// The prompt.
#[derive(Debug)]
pub struct Prompt {
    /// Whether the editor of the message is shown in place of the command.
    pub message_due: bool,
    /// What is searched, during a search.
    pub searching: Option<Searching>,
    /// The command.
    pub command: Editor,
    /// The message.
    pub message: Editor,
    /// What the server accepts in a message.
    pub rules: MessageRules,
    /// What is searched for.
    pub query: Editor,
    /// The walk through the history, from the first Up on.
    walk: Option<Walk>,
    /// The list of completions while it is open: which one is chosen.
    pub list: Option<List>,
    /// Whether a secret is shown while it is typed.
    pub reveal: bool,
    /// Whether the command was hidden when it came to the prompt, and stays hidden.
    stays_hidden: bool,
    /// Whether the command had a secret after the last change: what is cut of it can be yanked.
    had_secret: bool,
    /// The command with the address that Tab has inserted, until the next key.
    proposed: Option<String>,
    /// Whether a login was refused or cut off: a line that is not a known command may be its secret.
    secret_likely: bool,
}

/// A walk through the history, over the lines with the same prefix.
#[derive(Debug)]
struct Walk {
    prefix: String,
    at: usize,
}

/// What drawing the prompt needs besides its own state.
#[derive(Clone, Copy, Debug)]
pub struct PromptContext<'a> {
    /// Whether what is typed answers a 334.
    pub exchange: bool,
    /// How many octets of a BDAT chunk are still to be sent.
    pub chunk_left: u64,
    /// The commands sent to this host before, oldest first.
    pub history: &'a [String],
    /// Help with the command.
    pub assist: &'a Assist,
}

impl Default for Prompt {
    fn default() -> Self {
        Self {
            message_due: false,
            searching: None,
            command: Editor::line(),
            message: Editor::lines(),
            rules: MessageRules::default(),
            query: Editor::line(),
            walk: None,
            list: None,
            reveal: false,
            stays_hidden: false,
            had_secret: false,
            proposed: None,
            secret_likely: false,
        }
    }
}

impl Prompt {
    /// What the prompt is for right now.
    pub fn mode(&self) -> Mode {
        match self.searching {
            Some(searching) => Mode::Search(searching),
            None if self.message_due => Mode::Message,
            None => Mode::Command,
        }
    }

    /// Whether the editor holds a message although the server no longer expects one.
    pub fn message_is_kept(&self, phase: Phase) -> bool {
        self.mode() == Mode::Message && phase != Phase::Message
    }

    /// The editor with the cursor.
    pub fn editor(&mut self) -> &mut Editor {
        match self.mode() {
            Mode::Command => &mut self.command,
            Mode::Message => &mut self.message,
            Mode::Search(_) => &mut self.query,
        }
    }

    /// Takes the command out of the prompt. The line is hidden if it was hidden at the prompt; `exchange`
    /// says that it answers a 334.
    ///
    /// # Errors
    /// If the text is not a valid line, it stays at the prompt.
    pub fn take_command(&mut self, exchange: bool) -> Result<CommandLine, LineError> {
        let line = CommandLine::parse(self.command.text())?;
        let likely = self.secret_likely && line.verb() == Verb::Other;
        let hidden = exchange || self.stays_hidden || likely;
        self.clear_command();
        Ok(line.hide(hidden))
    }

    /// Clears the command and all state that belongs to it.
    pub fn clear_command(&mut self) {
        self.walk = None;
        self.list = None;
        self.reveal = false;
        self.stays_hidden = false;
        self.had_secret = false;
        self.proposed = None;
        self.command.take();
    }

    /// Puts a line back at the prompt if the prompt is empty; returns whether it did.
    pub fn give_back(&mut self, line: &CommandLine) -> bool {
        let free = self.command.is_empty();
        if free {
            self.command.set(line.text());
            self.stays_hidden = line.is_hidden();
            self.had_secret = self.has_secret();
        }
        free
    }

    /// Sets whether a login was refused or cut off since the last known command. What is hidden for it
    /// stays hidden.
    pub fn set_secret_likely(&mut self, likely: bool) {
        self.stays_hidden |= !likely && self.is_likely_secret();
        self.secret_likely = likely;
        self.had_secret |= self.has_secret();
    }

    /// Whether a part of the command is a secret, or may be one.
    fn has_secret(&self) -> bool {
        let by_grammar =
            || CommandLine::parse(self.command.text()).is_ok_and(|line| line.secret().is_some());
        self.is_hidden() || by_grammar()
    }

    /// Forgets what undo and yank could restore: a secret in plain text.
    fn forget_edits(&mut self) {
        let text = self.command.take().concat();
        // It was in the editor, so it fits.
        let _ = self.command.paste(&text);
        self.had_secret = false;
    }

    /// Whether the command may be the secret of a login that was refused or cut off: its first word
    /// must be a known command, with a blank after it, to be shown.
    fn is_likely_secret(&self) -> bool {
        let text = self.command.text();
        let known = CommandLine::parse(text).is_ok_and(|line| line.begins_known_command());
        self.secret_likely && !text.is_empty() && !known
    }

    /// A SASL exchange has ended: text that was typed for it is still a secret.
    pub fn end_exchange(&mut self) {
        self.stays_hidden |= !self.command.is_empty();
        self.had_secret = self.stays_hidden;
        if !self.stays_hidden {
            self.forget_edits();
        }
    }

    /// Hides the whole command, which may be a secret, unless the grammar masks the secret in it.
    pub fn hide_unless_masked(&mut self) {
        let masked =
            CommandLine::parse(self.command.text()).is_ok_and(|line| line.secret().is_some());
        self.stays_hidden |= !masked;
        self.had_secret = true;
    }

    /// The text was edited: a walk through the history ends.
    pub fn edited(&mut self) {
        self.walk = None;
        self.proposed = None;
        self.list = self.list.map(|_| List::default());
        self.stays_hidden &= !self.command.is_empty();
        let has_secret = self.has_secret();
        if std::mem::replace(&mut self.had_secret, has_secret) && !has_secret {
            self.forget_edits();
        }
    }

    /// Puts the previous or the next line of `history` at the prompt, among those that begin with what
    /// was typed. `false` if there is none.
    pub fn walk(&mut self, history: &[String], back: bool) -> bool {
        let typed = self.command.text();
        let walk = self.walk.get_or_insert_with(|| Walk {
            prefix: typed.to_owned(),
            at: history.len(),
        });
        walk.at = walk.at.min(history.len());
        let fits = |line: &&String| has_prefix(line, &walk.prefix) && line.as_str() != typed;
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

    /// The line of `history` that contains what is searched for: the latest, or an earlier one if the
    /// user asked for it.
    pub fn history_match<'a>(&self, history: &'a [String]) -> Option<&'a str> {
        let Some(Searching::History(back)) = self.searching else {
            return None;
        };
        let query = self.query.text().to_lowercase();
        let mut found = history
            .iter()
            .rev()
            .filter(|line| line.to_lowercase().contains(&query));
        found
            .nth(back)
            .map(String::as_str)
            .filter(|_| !query.is_empty())
    }

    /// The command, and how many octets of it are before the cursor.
    pub fn typed(&self) -> (&str, usize) {
        let text = self.command.text();
        let (_, before) = self.command.cursor();
        let at = text.char_indices().nth(before);
        (text, at.map_or(text.len(), |(at, _)| at))
    }

    /// Applies an edit to the command. The cursor is after the new text.
    pub fn apply(&mut self, fix: &Fix) {
        self.command.replace_span(fix.span.clone(), &fix.text);
        self.edited();
    }

    /// Whether the whole command is hidden, because it may be the secret of a login that has ended.
    pub fn is_hidden(&self) -> bool {
        self.stays_hidden || self.is_likely_secret()
    }

    /// From which character on the command is hidden. `exchange` says that it answers a 334.
    pub fn hidden_from(&self, exchange: bool) -> Option<usize> {
        if self.reveal {
            return None;
        }
        if exchange || self.is_hidden() {
            return Some(0);
        }
        let text = self.command.text();
        let from = CommandLine::parse(text).ok()?.secret()?;
        Some(text[..from].chars().count())
    }

    /// How many rows the prompt needs, at most `most`.
    pub fn rows(&self, most: usize) -> usize {
        match self.mode() {
            Mode::Message => (self.message.text_lines().len() + 1)
                .max(3)
                .min(most.max(1)),
            _ => 1,
        }
    }

    /// What is before the command: in a chunk, how many octets are due after the typed ones.
    fn label(&self, context: &PromptContext<'_>) -> String {
        let typed = self.command.text().len() as u64;
        match context.chunk_left {
            0 if context.exchange => "AUTH> ".to_owned(),
            0 => "> ".to_owned(),
            left => format!("BDAT {}> ", left.saturating_sub(typed)),
        }
    }

    /// Draws the prompt, and returns the position of the cursor.
    pub fn draw(
        &self,
        context: &PromptContext<'_>,
        area: Rect,
        canvas: &mut Canvas<'_>,
    ) -> Position {
        let assist = context.assist;
        match self.mode() {
            Mode::Command => {
                let label = self.label(context);
                let mut styled = styled(assist, &canvas.look.theme);
                let replaceable = self.replaceable();
                styled.extend(replaceable.map(|span| (span, canvas.look.theme.chosen)));
                Input::new(&label, &self.command)
                    .hidden_from(self.hidden_from(context.exchange))
                    .ghost(&assist.ghost)
                    .ghost_sign(GHOST_SIGN)
                    .styled(&styled)
                    .draw(area, canvas)
            }
            Mode::Search(Searching::Transcript) => Input::new("/", &self.query).draw(area, canvas),
            Mode::Search(Searching::History(_)) => {
                let found = self.history_match(context.history).unwrap_or("nothing");
                let found = text::visible(found.as_bytes(), canvas.look.charset);
                let label = format!("history [{found}]: ");
                Input::new(&label, &self.query).draw(area, canvas)
            }
            Mode::Message => message::draw(&self.message, &self.rules, area, canvas),
        }
    }
}

/// The styles of a command: what its words are, and over them where a fault is.
fn styled(assist: &Assist, theme: &Theme) -> Vec<StyledPart> {
    let words = assist.highlights.iter().map(|(span, word)| {
        let style = match word {
            Word::Verb => theme.verb,
            Word::Offered => theme.offered,
            Word::Unoffered => theme.unoffered,
        };
        (span.clone(), style)
    });
    let diagnostics = assist.diagnostics.iter();
    let faults = diagnostics.map(|diagnostic| (diagnostic.span.clone(), theme.finding));
    words.chain(faults).collect()
}

/// Whether a line begins with a prefix. Verbs are case-insensitive (RFC 5321 section 2.4).
fn has_prefix(line: &str, prefix: &str) -> bool {
    line.get(..prefix.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(prefix))
}

#[cfg(test)]
mod tests {
    use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

    use super::*;

    #[test]
    fn a_walk_through_the_history_keeps_the_prefix() {
        let history: Vec<String> = [
            "EHLO a",
            "MAIL FROM:<a@b>",
            "RCPT TO:<c@d>",
            "MAIL FROM:<>",
            "QUIT",
        ]
        .map(str::to_owned)
        .into();
        let mut prompt = Prompt::default();
        prompt.command.set("MAIL");
        assert!(prompt.walk(&history, true));
        assert_eq!(prompt.command.text(), "MAIL FROM:<>");
        assert!(prompt.walk(&history, true));
        assert_eq!(prompt.command.text(), "MAIL FROM:<a@b>");
        assert!(!prompt.walk(&history, true));
        assert!(prompt.walk(&history, false));
        assert_eq!(prompt.command.text(), "MAIL FROM:<>");
        assert!(prompt.walk(&history, false));
        assert_eq!(prompt.command.text(), "MAIL");
    }

    #[test]
    fn after_a_failed_login_only_a_certain_command_is_shown() {
        let table = [
            ("w", Some(0)),
            ("wonderland", Some(0)),
            ("MAIL", Some(0)),
            ("mailbox", Some(0)),
            ("MAIL ", None),
            ("MAIL FROM:<a@b>", None),
            ("AUTH PLAIN AGEAYg==", Some(11)),
        ];
        for (text, hidden) in table {
            let mut prompt = Prompt::default();
            prompt.set_secret_likely(true);
            prompt.command.set(text);
            assert_eq!(prompt.hidden_from(false), hidden, "{text}");
            // A new connection does not reveal what was typed for the old one.
            prompt.set_secret_likely(false);
            assert_eq!(prompt.hidden_from(false), hidden, "{text}");
        }
    }

    #[test]
    fn a_secret_that_was_cut_does_not_come_back_in_clear() {
        let control = |letter| KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL);
        let edit = |prompt: &mut Prompt, key| {
            assert!(prompt.command.handle(key));
            prompt.edited();
        };
        // The line, whether a login was cut off, and the key that cuts the secret.
        for (text, likely, cut) in [
            ("wonderland", true, 'u'),
            ("AUTH PLAIN AGEAYg", false, 'w'),
            ("AUTH PLAIN AGEAYg", false, 'u'),
        ] {
            for back in ['y', 'z'] {
                let mut prompt = Prompt::default();
                prompt.set_secret_likely(likely);
                for letter in text.chars() {
                    edit(&mut prompt, KeyEvent::from(KeyCode::Char(letter)));
                }
                edit(&mut prompt, control(cut));
                prompt.set_secret_likely(false);
                prompt.command.handle(control(back));
                let shown = prompt.command.text();
                assert!(
                    !shown.contains(&text[text.len() - 4..]),
                    "{text} {cut} {back}: {shown}"
                );
            }
        }
        // The same for what was typed for an exchange that has ended.
        let mut prompt = Prompt::default();
        prompt.command.set("wonderland");
        edit(&mut prompt, control('u'));
        prompt.end_exchange();
        prompt.command.handle(control('y'));
        assert_eq!(prompt.command.text(), "");
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
            let mut prompt = Prompt::default();
            prompt.command.set(text);
            assert_eq!(prompt.hidden_from(exchange), hidden, "{text}");
        }
    }
}
