//! Exports a session as a script for `ehlo run`: the lines that were sent, and what was refused.

use std::collections::HashMap;

use super::facts::Facts;
use crate::record::error::RecordError;
use crate::record::session::Excerpt;
use crate::smtp::line::Ending;
use crate::smtp::{Awaited, Code, Entry, EntryKind, RequestId, Sent, SentKind, Verb, escape};

/// A part of the note about a message that was not kept whole.
const OMITTED: &str = "more octets of the message were sent but are not shown here";

/// Writes the script. A login becomes `:login`, without its password.
///
/// # Errors
/// [`RecordError::NotExportable`] if nothing was sent.
pub(super) fn write(excerpt: &Excerpt<'_>) -> Result<String, RecordError> {
    let mut writer = Writer {
        excerpt,
        replies: replies(excerpt),
        lines: Vec::new(),
        connection: 0,
    };
    writer.write();
    if writer.lines.is_empty() {
        return Err(RecordError::NotExportable(
            "nothing was sent in this session",
        ));
    }
    let target = escape::escape(excerpt.meta.target.as_bytes());
    Ok(format!("# {target}\n{}\n", writer.lines.join("\n")))
}

struct Writer<'a> {
    excerpt: &'a Excerpt<'a>,
    /// The codes of the replies, by connection and request: LMTP gives one for each recipient.
    replies: HashMap<(usize, RequestId), Vec<Code>>,
    lines: Vec<String>,
    /// How many connections have begun.
    connection: usize,
}

impl Writer<'_> {
    fn write(&mut self) {
        let entries = &self.excerpt.entries;
        let mut at = 0;
        while let Some(entry) = entries.get(at) {
            match &entry.kind {
                EntryKind::Received(received) if received.is_greeting() => {
                    if self.connection > 0 {
                        self.lines.push(":reconnect".to_owned());
                    }
                    self.connection += 1;
                    self.expect_refusal(Awaited::Greeting, received.code.as_slice());
                    at += 1;
                }
                EntryKind::Sent(sent) => at = self.sent(sent, at),
                EntryKind::Received(_) | EntryKind::Note(_) => at += 1,
            }
        }
    }

    /// Writes what was sent at this place; returns the next place to look at.
    fn sent(&mut self, sent: &Sent, at: usize) -> usize {
        if matches!(sent.awaited(), Awaited::Command(Verb::Auth | Verb::Xexps))
            && sent.kind == SentKind::Command
        {
            return self.login(at);
        }
        if sent.kind == SentKind::Message {
            return self.octets(at);
        }
        if let Some(end) = self.together(at) {
            return end;
        }
        let reply = self.reply(sent.request);
        let chunk = matches!(sent.awaited(), Awaited::Chunk { .. });
        if chunk {
            return self.octets(at);
        }
        if is_data(sent) && reply.iter().any(|code| code.number() == 354) {
            return self.message(at);
        }
        let refused = reply.iter().any(|code| code.is_negative());
        let line = line(sent, refused);
        self.lines.push(line);
        self.expect_refusal(sent.awaited(), &reply);
        at + 1
    }

    /// Commands that were sent before the first of them was answered: one `:raw`. Returns the place after
    /// them.
    fn together(&mut self, at: usize) -> Option<usize> {
        let entries = self.excerpt.entries[at..].iter();
        let sent = entries.map_while(|entry| match &entry.kind {
            EntryKind::Sent(sent) if is_plain_command(sent) => Some(sent),
            _ => None,
        });
        let sent: Vec<&Sent> = sent.collect();
        if sent.len() < 2 {
            return None;
        }
        self.raw(&sent);
        let answers: Vec<(Awaited, Code)> = sent
            .iter()
            .flat_map(|sent| {
                let codes = self.reply(sent.request).into_iter();
                codes.map(|code| (sent.awaited(), code))
            })
            .collect();
        self.expect(&answers);
        Some(at + sent.len())
    }

    /// A refusal, which would end the script, is what it expects.
    fn expect_refusal(&mut self, awaited: Awaited, codes: &[Code]) {
        let answers: Vec<_> = codes.iter().map(|code| (awaited, *code)).collect();
        self.expect(&answers);
    }

    /// If one of the answers would end the script, it expects them all.
    fn expect(&mut self, answers: &[(Awaited, Code)]) {
        let refuses =
            |(awaited, code): &(Awaited, Code)| code.is_negative() || !awaited.expects(*code);
        if !answers.iter().any(refuses) {
            return;
        }
        let mut codes: Vec<String> = Vec::new();
        for (_, code) in answers {
            let text = code.to_string();
            if !codes.contains(&text) {
                codes.push(text);
            }
        }
        // A code that no standard allows cannot be written as one.
        let odd = answers
            .iter()
            .any(|(_, code)| !(200..600).contains(&code.number()));
        self.lines.push(match odd {
            true => "< /^/".to_owned(),
            false => format!("< {}", codes.join("|")),
        });
    }

    /// DATA and the message after it.
    fn message(&mut self, at: usize) -> usize {
        let entries = &self.excerpt.entries;
        let is_text = |entry: &Entry| matches!(&entry.kind, EntryKind::Sent(sent) if sent.kind == SentKind::Message);
        let is_command = |entry: &Entry| match &entry.kind {
            EntryKind::Sent(sent) => sent.kind != SentKind::Message,
            EntryKind::Received(received) => received.is_greeting(),
            EntryKind::Note(_) => false,
        };
        let length = entries[at + 1..]
            .iter()
            .position(|entry| is_command(entry))
            .unwrap_or(entries.len() - at - 1);
        let end = at + 1 + length;
        let text: Vec<&Sent> = entries[at + 1..end]
            .iter()
            .filter(|entry| is_text(entry))
            .filter_map(|entry| match &entry.kind {
                EntryKind::Sent(sent) => Some(sent),
                _ => None,
            })
            .collect();
        let plain: Option<Vec<String>> = text.iter().copied().map(message_line).collect();
        let ends = text.last().is_some_and(|sent| &*sent.visible == b".");
        let last = self.reply(text.last().and_then(|sent| sent.request));
        let awaited = Awaited::EndOfData;
        match plain.filter(|_| !self.is_cut(at + 1, end)) {
            // What stands right after DATA is about its reply.
            Some(mut lines) if ends && !lines.first().is_some_and(|line| line.starts_with('<')) => {
                lines.pop();
                self.lines.push("DATA".to_owned());
                self.lines.extend(lines);
                self.lines.push(".".to_owned());
            }
            // The transcript has only its beginning.
            _ if self.is_cut(at + 1, end) => {
                self.lines
                    .push("# the message was too long to be kept".to_owned());
                self.lines.push(":data message.eml".to_owned());
            }
            // A line that no script can say, or a message without its end.
            _ => {
                self.lines.push(":raw DATA\\r\\n".to_owned());
                self.lines.push("< 354".to_owned());
                self.raw(&text);
            }
        }
        self.expect_refusal(awaited, &last);
        end
    }

    /// Whether not all of a message between these places was kept.
    fn is_cut(&self, from: usize, end: usize) -> bool {
        self.excerpt.entries[from..end].iter().any(
            |entry| matches!(&entry.kind, EntryKind::Note(note) if note.text.contains(OMITTED)),
        )
    }

    /// Octets as they were sent: a chunk, or a message without DATA.
    fn octets(&mut self, at: usize) -> usize {
        let entries = &self.excerpt.entries;
        let mut sent = Vec::new();
        let mut end = at;
        while let Some(EntryKind::Sent(one)) = entries.get(end).map(|entry| &entry.kind) {
            if end > at && one.kind != SentKind::Message {
                break;
            }
            sent.push(one);
            end += 1;
        }
        let is_omitted = |entry: &&&Entry| matches!(&entry.kind, EntryKind::Note(note) if note.text.contains(OMITTED));
        if entries.get(end).filter(|entry| is_omitted(entry)).is_some() {
            // The transcript has only the beginning of the message: its dot follows the note.
            let rest = entries[end..].iter().position(
                |entry| matches!(&entry.kind, EntryKind::Sent(sent) if sent.kind == SentKind::Message),
            );
            end += rest.map_or(1, |rest| rest + 1);
            self.lines
                .push("# the message was too long to be kept".to_owned());
            self.lines.push(":data message.eml".to_owned());
            return end;
        }
        self.raw(&sent);
        if let Some(last) = sent.iter().rev().find(|sent| sent.request.is_some()) {
            let codes = self.reply(last.request);
            self.expect_refusal(last.awaited(), &codes);
        }
        end.max(at + 1)
    }

    fn raw(&mut self, sent: &[&Sent]) {
        let mut octets = Vec::new();
        for sent in sent {
            octets.extend_from_slice(&sent.visible);
            octets.extend_from_slice(match sent.ending {
                Ending::CrLf => b"\r\n",
                Ending::Lf => b"\n",
                Ending::Cut | Ending::Cap => b"",
            });
        }
        if !octets.is_empty() {
            self.lines.push(raw(&octets));
        }
    }

    /// A login, to its last reply.
    fn login(&mut self, at: usize) -> usize {
        let entries = &self.excerpt.entries;
        let mut end = at + 1;
        let mut code = None;
        while let Some(entry) = entries.get(end) {
            match &entry.kind {
                EntryKind::Sent(sent) if sent.kind != SentKind::SaslResponse => break,
                EntryKind::Received(received) if received.is_greeting() => break,
                EntryKind::Received(received) => code = received.code.or(code),
                EntryKind::Sent(_) | EntryKind::Note(_) => {}
            }
            end += 1;
        }
        let part = Excerpt {
            meta: self.excerpt.meta,
            entries: entries[at..end].to_vec(),
            ended: true,
        };
        let login = Facts::of(&part).login;
        let mechanism = login.as_ref().map(|login| login.mechanism.as_str());
        let user = login.as_ref().and_then(|login| login.user.as_deref());
        let is_word = |text: &&str| !text.is_empty() && text.chars().all(|c| c.is_ascii_graphic());
        let (mechanism, user) = (mechanism.filter(is_word), user.filter(is_word));
        let mut line = format!(":login {}", mechanism.unwrap_or_default());
        if let Some(user) = user {
            line.push_str(&format!(" user {user}"));
        }
        self.lines.push(line.trim_end().to_owned());
        self.expect_refusal(Awaited::Command(Verb::Auth), code.as_slice());
        end
    }

    /// The codes of the replies to a request, each once.
    fn reply(&self, request: Option<RequestId>) -> Vec<Code> {
        let request = request.map(|request| (self.connection, request));
        let codes = request.and_then(|request| self.replies.get(&request));
        codes.cloned().unwrap_or_default()
    }
}

/// The codes of the replies, by connection and request: another connection counts from 0 again.
fn replies(excerpt: &Excerpt<'_>) -> HashMap<(usize, RequestId), Vec<Code>> {
    let mut replies: HashMap<_, Vec<Code>> = HashMap::new();
    let mut connection = 0;
    for entry in &excerpt.entries {
        let EntryKind::Received(received) = &entry.kind else {
            continue;
        };
        connection += usize::from(received.is_greeting());
        if let (Some(request), Some(code)) = (received.answers, received.code) {
            let codes = replies.entry((connection, request)).or_default();
            if !codes.contains(&code) {
                codes.push(code);
            }
        }
    }
    replies
}

/// Whether it is a command that others can be sent together with, and that shows no secret.
fn is_plain_command(sent: &Sent) -> bool {
    let alone = matches!(
        sent.awaited(),
        Awaited::Chunk { .. }
            | Awaited::Command(Verb::Auth | Verb::Xexps | Verb::StartTls | Verb::Quit)
    );
    sent.kind == SentKind::Command && sent.request.is_some() && sent.secret.is_none() && !alone
}

fn is_data(sent: &Sent) -> bool {
    sent.awaited() == Awaited::Command(Verb::Data) && sent.ending == Ending::CrLf
}

/// A line that is sent as it stands, or with `:raw` if it would be read as something else.
fn line(sent: &Sent, refused: bool) -> String {
    if let Some(secret) = &sent.secret {
        let open = escape::escape(&sent.visible);
        return format!(
            "# a secret of {} octets was sent here: {open}",
            secret.len()
        );
    }
    let text = std::str::from_utf8(&sent.visible).ok();
    let stands = |text: &&str| {
        !text.is_empty()
            && !text.trim().is_empty()
            && !text.trim_start().starts_with(['#', ':', '<'])
            && !text.contains(char::is_control)
            // DATA would begin a message, unless its refusal is expected.
            && (refused || !is_data(sent))
    };
    match text.filter(stands) {
        Some(text) if sent.ending == Ending::CrLf => text.replace('{', "{{"),
        _ => {
            let end: &[u8] = match sent.ending {
                Ending::CrLf => b"\r\n",
                Ending::Lf => b"\n",
                Ending::Cut | Ending::Cap => b"",
            };
            raw(&[&sent.visible, end].concat())
        }
    }
}

/// A line of a message, without its stuffed dot. `None` if a script cannot say it.
fn message_line(sent: &Sent) -> Option<String> {
    let text = std::str::from_utf8(&sent.visible).ok()?;
    let plain = text.strip_prefix('.').filter(|rest| !rest.is_empty());
    let plain = plain.unwrap_or(text);
    let says = sent.ending == Ending::CrLf
        && sent.secret.is_none()
        && !text.contains(['\r', '\n', '\0'])
        && (plain != "." || text == ".");
    says.then(|| plain.to_owned())
}

fn raw(octets: &[u8]) -> String {
    format!(":raw {}", escape::escape(octets))
}
