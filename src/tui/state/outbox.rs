//! Pasted lines that wait to be sent: one after each reply, all at once, or one at each Enter. An
//! unexpected reply or a refusal stops them; the rest is kept.

use std::collections::VecDeque;

use crate::smtp::{Awaited, Code, CommandLine, LineError, Reply, Verb};

/// The most lines of one paste.
pub const PASTE_LINES: usize = 1000;
/// The most octets of one paste.
pub const PASTE_OCTETS: usize = 1024 * 1024;
/// The most lines that wait or are kept: those of several pastes.
const KEPT_LINES: usize = 4 * PASTE_LINES;
/// The most octets that wait or are kept.
const KEPT_OCTETS: usize = 4 * PASTE_OCTETS;

/// How pasted lines are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// One by one, each after the reply to the one before.
    Answered,
    /// At once, without waiting for replies; they stop only for a question about a secret.
    AtOnce,
    /// One at a time to the prompt, where Enter sends it.
    Stepped,
}

/// A paste of several lines.
#[derive(Debug, PartialEq, Eq)]
pub struct Paste {
    /// The lines to send.
    pub lines: Vec<CommandLine>,
    /// How many comment lines were left out. An exported session has such lines.
    pub comments: usize,
    /// How many lines of a script were left out that go to no server: `:` commands and `<` expectations.
    pub of_script: usize,
}

/// Reads a paste of several lines. Lines after AUTH may be its answers and are hidden up to the next
/// command; if an `exchange` is running already, they are hidden from the start. A line that begins
/// with `#` is a comment, except in a message: no verb begins with it. Nor does one begin with `:` or `<`, as
/// commands and expectations of scripts do.
///
/// # Errors
/// The first line that cannot be sent, with its number.
pub fn read(text: &str, exchange: bool) -> Result<Paste, (usize, LineError)> {
    let mut hidden = exchange;
    let mut in_message = false;
    let mut after_data = false;
    let mut paste = Paste {
        lines: Vec::new(),
        comments: 0,
        of_script: 0,
    };
    for (at, text) in text.split('\n').enumerate() {
        if text.starts_with('#') && !in_message {
            paste.comments += 1;
            continue;
        }
        // What stands right after DATA is about its reply.
        let about_data = after_data && text.starts_with('<');
        if about_data || text.starts_with([':', '<']) && !in_message && !hidden {
            paste.of_script += 1;
            continue;
        }
        let line = CommandLine::parse(text).map_err(|error| (at + 1, error))?;
        after_data = line.verb() == Verb::Data && !in_message;
        in_message = line.verb() == Verb::Data || in_message && text != ".";
        hidden &= line.verb() == Verb::Other;
        let begins = matches!(line.verb(), Verb::Auth | Verb::Xexps);
        paste.lines.push(line.hide(hidden));
        hidden |= begins;
    }
    Ok(paste)
}

/// Pasted lines: those that wait to be sent, those given to the wire, and the rest of a paste that
/// stopped. The rest is kept until the user continues or drops it; it is never sent by itself.
#[derive(Debug)]
pub struct Outbox {
    lines: VecDeque<CommandLine>,
    pace: Pace,
    /// Lines given to the wire that were neither sent nor returned yet, including one that waits for
    /// the user's consent.
    on_the_way: VecDeque<CommandLine>,
    /// How many lines have come back since the last one was given to the wire. They are the first
    /// of `lines`, or of `rest` if the paste has stopped.
    returned: usize,
    rest: VecDeque<CommandLine>,
    /// The line taken last was DATA: the lines after it are the message.
    begins_message: bool,
}

impl Default for Outbox {
    fn default() -> Self {
        Self {
            lines: VecDeque::new(),
            pace: Pace::Answered,
            on_the_way: VecDeque::new(),
            returned: 0,
            rest: VecDeque::new(),
            begins_message: false,
        }
    }
}

impl Outbox {
    /// Takes these lines to send. What is left of a paste before them is kept as the rest.
    ///
    /// # Errors
    /// The lines, if there is no room: too much is kept already.
    pub fn fill(&mut self, lines: Vec<CommandLine>, pace: Pace) -> Result<(), Vec<CommandLine>> {
        let all = || self.lines.iter().chain(&self.rest).chain(&lines);
        let octets = all().map(|line| line.text().len()).sum::<usize>();
        if all().count() > KEPT_LINES || octets > KEPT_OCTETS {
            return Err(lines);
        }
        self.stop();
        self.lines = lines.into();
        self.pace = pace;
        self.returned = 0;
        Ok(())
    }

    /// How the lines are sent.
    pub fn pace(&self) -> Pace {
        self.pace
    }

    /// Takes the next line to give it to the wire.
    pub fn next(&mut self) -> Option<CommandLine> {
        let line = self.next_for_prompt()?;
        self.on_the_way.push_back(line.clone());
        Some(line)
    }

    /// Takes the next line to put it at the prompt.
    pub fn next_for_prompt(&mut self) -> Option<CommandLine> {
        let line = self.lines.pop_front()?;
        self.returned = 0;
        self.begins_message = line.verb() == Verb::Data;
        Some(line)
    }

    /// Takes the lines that may be sent without waiting: up to one that may raise a question.
    pub fn next_at_once(&mut self) -> Vec<CommandLine> {
        let secret = self.lines.iter().position(|line| line.secret().is_some());
        let count = secret.map_or(self.lines.len(), |at| at + 1);
        (0..count).filter_map(|_| self.next()).collect()
    }

    /// Whether a line was given to the wire and neither sent nor returned.
    pub fn is_on_the_way(&self, line: &CommandLine) -> bool {
        self.on_the_way.iter().any(|one| one.text() == line.text())
    }

    /// A line was sent: these visible octets, then these secret ones.
    pub fn line_sent(&mut self, visible: &[u8], secret: &[u8]) {
        let is_it =
            |line: &CommandLine| line.text().as_bytes().strip_prefix(visible) == Some(secret);
        let at = self.on_the_way.iter().position(is_it);
        at.and_then(|at| self.on_the_way.remove(at));
    }

    /// The beginning of a line was sent, and this rest has come back.
    pub fn line_cut(&mut self, rest: &CommandLine) {
        let is_it = |line: &CommandLine| line.text().ends_with(rest.text());
        let at = self.on_the_way.iter().position(is_it);
        at.and_then(|at| self.on_the_way.remove(at));
    }

    /// A line has come back and is to be sent later: it is the next again.
    pub fn put_back(&mut self, line: CommandLine) {
        self.line_sent(line.text().as_bytes(), b"");
        self.lines.insert(self.returned.min(self.lines.len()), line);
        self.returned += 1;
    }

    /// A line has come back: the paste stops, and the line is the first of the rest, after those
    /// that came back just before it.
    pub fn stop_at(&mut self, line: CommandLine) {
        self.stop();
        self.line_sent(line.text().as_bytes(), b"");
        self.rest.insert(self.returned.min(self.rest.len()), line);
        self.returned += 1;
    }

    /// Stops: the lines that wait are kept as the rest. Returns whether there were any.
    pub fn stop(&mut self) -> bool {
        let stops = !self.lines.is_empty();
        self.lines.append(&mut self.rest);
        self.rest = std::mem::take(&mut self.lines);
        self.begins_message &= !stops;
        stops
    }

    /// Keeps the lines that waited for the user's consent: their connection is gone.
    pub fn keep_unanswered(&mut self) {
        while let Some(line) = self.on_the_way.pop_front() {
            self.stop_at(line);
        }
        self.returned = 0;
    }

    /// Continues with the rest at this pace.
    pub fn resume(&mut self, pace: Pace) {
        self.stop();
        self.lines = std::mem::take(&mut self.rest);
        self.pace = pace;
        self.returned = 0;
    }

    /// The lines that are kept.
    pub fn rest(&self) -> &VecDeque<CommandLine> {
        &self.rest
    }

    /// Drops all lines that wait or are kept; returns how many.
    pub fn clear(&mut self) -> usize {
        self.stop();
        self.returned = 0;
        std::mem::take(&mut self.rest).len()
    }

    /// Whether lines are on the way or wait for an answer of the user.
    pub fn is_under_way(&self) -> bool {
        !self.on_the_way.is_empty()
    }

    /// How many lines wait.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether no line waits.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Takes the lines up to a lone dot, for the editor that opens after 354. There are none if
    /// DATA was not a line of this paste.
    pub fn take_message(&mut self) -> Vec<String> {
        if !std::mem::take(&mut self.begins_message) {
            return Vec::new();
        }
        let dot = self.lines.iter().position(|line| line.text() == ".");
        let text = self.lines.drain(..dot.unwrap_or(self.lines.len()));
        // The lines are dot-stuffed; the editor shows them without stuffing.
        let meant = |line: CommandLine| {
            let text = line.text();
            text.strip_prefix('.')
                .filter(|rest| rest.starts_with('.'))
                .unwrap_or(text)
                .to_owned()
        };
        let text = text.map(meant).collect();
        self.lines.pop_front();
        text
    }
}

/// Whether a paste may continue after this reply: it is neither a refusal nor unexpected.
pub fn may_continue_after(reply: &Reply, awaited: Option<Awaited>) -> bool {
    !reply.is_unexpected(awaited) && reply.code().is_some_and(Code::is_positive)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pasted(text: &str) -> Vec<CommandLine> {
        read(text, false).unwrap().lines
    }

    #[test]
    fn a_pasted_message_ends_with_its_dot() {
        let mut outbox = Outbox::default();
        outbox
            .fill(pasted("DATA\nSubject: x\n\n..dot\n.\nQUIT"), Pace::Answered)
            .unwrap();
        assert!(
            outbox.take_message().is_empty(),
            "the DATA of somebody else"
        );
        outbox.next();
        assert_eq!(outbox.take_message(), ["Subject: x", "", ".dot"]);
        assert_eq!(outbox.next().unwrap().text(), "QUIT");
        assert!(outbox.is_empty());
    }

    #[test]
    fn a_comment_is_no_line_but_in_a_message_it_is() {
        let paste = read("# mx.example\nDATA\n# a heading\n.\n#end\nQUIT", false).unwrap();
        let lines: Vec<&str> = paste.lines.iter().map(CommandLine::text).collect();
        assert_eq!(lines, ["DATA", "# a heading", ".", "QUIT"]);
        assert_eq!(paste.comments, 2);
    }

    #[test]
    fn lines_of_a_script_that_are_no_commands_reach_no_server() {
        let paste = read(
            "NOOP\n< 250\n:sleep 1s\nDATA\n< 354\nx\n< text\n.\nQUIT",
            false,
        )
        .unwrap();
        let lines: Vec<&str> = paste.lines.iter().map(CommandLine::text).collect();
        assert_eq!(lines, ["NOOP", "DATA", "x", "< text", ".", "QUIT"]);
        assert_eq!(paste.of_script, 3);
    }

    #[test]
    fn what_stands_behind_auth_is_hidden() {
        let shown =
            |lines: &[CommandLine]| lines.iter().map(CommandLine::masked).collect::<Vec<_>>();
        let lines = pasted("EHLO a\nAUTH PLAIN AGE=\nAUTH LOGIN\nYQ==\nYg==\nRSET\nX");
        let expected = [
            "EHLO a",
            "AUTH PLAIN [hidden]",
            "AUTH LOGIN",
            "[hidden]",
            "[hidden]",
            "RSET",
            "X",
        ];
        assert_eq!(shown(&lines), expected);
        let lines = read("YQ==\nYg==", true).unwrap().lines;
        assert_eq!(shown(&lines), ["[hidden]", "[hidden]"]);
        assert!(matches!(
            read("NOOP\n\0", false),
            Err((2, LineError::Nul(1)))
        ));
    }

    fn texts(lines: &VecDeque<CommandLine>) -> Vec<&str> {
        lines.iter().map(CommandLine::text).collect()
    }

    fn filled(text: &str, pace: Pace) -> Outbox {
        let mut outbox = Outbox::default();
        outbox.fill(pasted(text), pace).unwrap();
        outbox
    }

    #[test]
    fn at_once_stops_where_a_question_may_come() {
        let mut outbox = filled("EHLO a\nAUTH PLAIN AGE=\nMAIL FROM:<>\nQUIT", Pace::AtOnce);
        assert_eq!(outbox.next_at_once().len(), 2);
        outbox.line_sent(b"EHLO ", b"a");
        assert!(outbox.is_under_way());
        outbox.line_sent(b"AUTH PLAIN AGE=", b"");
        assert!(!outbox.is_under_way());
        assert_eq!(outbox.next_at_once().len(), 2);
    }

    #[test]
    fn what_comes_back_keeps_its_order() {
        let mut outbox = filled("A\nB\nC\nAUTH PLAIN AGE=\nD", Pace::AtOnce);
        let given = outbox.next_at_once();
        outbox.line_sent(b"A", b"");
        for line in given.into_iter().skip(1) {
            outbox.stop_at(line);
        }
        assert_eq!(texts(outbox.rest()), ["B", "C", "AUTH PLAIN AGE=", "D"]);
        assert!(outbox.is_empty() && !outbox.is_under_way());
        // The rest of a later paste comes before it.
        outbox.fill(pasted("X\nY"), Pace::Answered).unwrap();
        outbox.next();
        assert!(outbox.stop());
        let all = ["Y", "B", "C", "AUTH PLAIN AGE=", "D"];
        assert_eq!(texts(outbox.rest()), all);
        outbox.resume(Pace::Answered);
        assert!(outbox.rest().is_empty());
        assert_eq!(outbox.next().unwrap().text(), "Y");
        assert_eq!(outbox.clear(), 4);
    }

    #[test]
    fn what_is_to_be_sent_later_comes_back_in_order() {
        let mut outbox = filled("A\nB\nC", Pace::AtOnce);
        for line in outbox.next_at_once() {
            outbox.put_back(line);
        }
        assert_eq!(texts(&outbox.lines), ["A", "B", "C"]);
        outbox.next();
        outbox.keep_unanswered();
        assert_eq!(texts(outbox.rest()), ["A", "B", "C"]);
    }

    #[test]
    fn what_is_kept_has_a_cap() {
        let mut outbox = Outbox::default();
        let lines = || pasted(&"NOOP\n".repeat(PASTE_LINES - 1));
        for _ in 0..4 {
            outbox.fill(lines(), Pace::Answered).unwrap();
        }
        assert_eq!(outbox.fill(lines(), Pace::Answered), Err(lines()));
        assert_eq!(outbox.clear(), 4 * PASTE_LINES);
    }
}
