//! The state of a message apart from its text: attachments, what to send after 354, and what was sent
//! but not accepted yet.

use std::sync::Arc;
use std::time::Instant;

use mail_builder::headers::content_type::ContentType;
use mail_builder::mime::MimePart;

use crate::net::Upload;
use crate::smtp::count;
use crate::smtp::draft::{DraftIssue, LineFault, MessageRules, check};
use crate::tui::widget::look::Look;

/// The largest attachment, in octets; it is held in memory.
pub const ATTACHMENT_CAP: usize = 25 * 1024 * 1024;
/// How many octets of a file's beginning are checked before it is sent.
pub const HEAD_CAP: usize = 64 * 1024;
/// The header for a text that is not pure ASCII.
const EIGHT_BIT: &[u8] = b"Content-Transfer-Encoding: 8bit\r\n";
/// The width of the progress bar, in cells.
const BAR: u64 = 10;

/// The state of a message apart from its text.
#[derive(Debug, Default)]
pub struct Draft {
    /// The attachments.
    pub attachments: Vec<Attachment>,
    /// What to send when 354 comes: DATA was sent for it.
    pub next: Option<Next>,
    /// The file that the user is asked about.
    pub opened: Option<Opened>,
    /// The text that was sent and whose reply is awaited.
    pub submitted: Option<String>,
    /// The progress of the file that is being sent.
    pub upload: Option<Progress>,
}

/// What to send when 354 comes.
#[derive(Debug)]
pub enum Next {
    /// The message in the editor.
    Text(Vec<u8>),
    /// A file.
    File(Upload),
}

/// A file to be sent as the message, and its beginning.
#[derive(Debug)]
pub struct Opened {
    /// The file.
    pub upload: Upload,
    /// Its first octets, at most `HEAD_CAP`.
    pub head: Vec<u8>,
}

/// An attachment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// Its name, without directories.
    pub name: String,
    /// Its contents.
    pub octets: Arc<[u8]>,
    /// A MIME boundary that no line of the message contains.
    pub boundary: String,
}

/// The progress of a file that is being sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Its name.
    pub name: String,
    /// Octets sent so far.
    pub sent: u64,
    /// Octets in total.
    pub total: u64,
    /// When sending began.
    pub since: Instant,
}

impl Draft {
    /// The message made of these lines and all attachments, with CR LF line ends.
    pub fn assemble(&self, lines: &[String]) -> Vec<u8> {
        let Some(Attachment { boundary, .. }) = self.attachments.first() else {
            return wire_lines(lines);
        };
        let blank = lines.iter().position(String::is_empty);
        let (head, body) = lines.split_at(blank.unwrap_or(lines.len()));
        let (about_text, head) = part_headers(head);
        let mut message = wire_lines(&head);
        message.extend_from_slice(b"MIME-Version: 1.0\r\n");
        let mut text = if about_text.is_empty() {
            b"Content-Type: text/plain; charset=utf-8\r\n".to_vec()
        } else {
            wire_lines(&about_text)
        };
        // Without this header a part counts as 7-bit, and so does the whole (RFC 2045 section 6.4).
        if !body.iter().all(|line| line.is_ascii()) {
            message.extend_from_slice(EIGHT_BIT);
            let has_encoding = about_text
                .iter()
                .any(|line| starts(line, "Content-Transfer-Encoding:"));
            text.extend_from_slice(if has_encoding { b"" } else { EIGHT_BIT });
        }
        text.extend(if body.is_empty() {
            b"\r\n".to_vec()
        } else {
            wire_lines(body)
        });
        let mut parts = vec![MimePart::raw(text)];
        parts.extend(self.attachments.iter().map(|attachment| {
            MimePart::new("application/octet-stream", attachment.octets.as_ref())
                .attachment(attachment.name.as_str())
        }));
        let kind = ContentType::new("multipart/mixed").attribute("boundary", boundary.as_str());
        MimePart::new(kind, parts).write_part(&mut message);
        message
    }

    /// The attachments in one line of text; `None` if there are none.
    pub fn attached(&self) -> Option<String> {
        let words = |attachment: &Attachment| {
            let (name, octets) = (&attachment.name, attachment.octets.len());
            format!("+ {name}, {}", count(octets as u64, "octet", "octets"))
        };
        let all: Vec<String> = self.attachments.iter().map(words).collect();
        (!all.is_empty()).then(|| all.join("  "))
    }

    /// About how many octets the attachments add to the message.
    pub fn attachment_octets(&self) -> u64 {
        let encoded = |attachment: &Attachment| attachment.octets.len() as u64 * 78 / 57 + 200;
        self.attachments.iter().map(encoded).sum()
    }
}

impl Opened {
    /// Whether the beginning that was read is the whole file.
    pub fn is_whole(&self) -> bool {
        self.head.len() as u64 == self.upload.octets()
    }

    /// The issues to show before the file is sent, about its beginning and its size.
    pub fn findings(&self, rules: &MessageRules) -> Vec<DraftIssue> {
        let text = String::from_utf8_lossy(&self.head);
        let mut lines: Vec<&str> = text.split('\n').collect();
        // The text after the last line end is an unfinished line, or nothing.
        let cut = lines.pop().unwrap_or_default();
        let bare = |line: &&str| !line.ends_with('\r');
        let first = lines.iter().position(bare);
        let count = lines.iter().filter(|line| bare(line)).count();
        let mut lines: Vec<&str> = lines
            .into_iter()
            .map(|line| line.strip_suffix('\r').unwrap_or(line))
            .collect();
        // The rest of the file was not read, so a missing blank line may still follow.
        lines.push(if self.is_whole() { cut } else { "" });
        let octets = self.upload.octets();
        let large = rules.size.filter(|limit| octets > *limit);
        let unlimited = MessageRules {
            size: None,
            ..*rules
        };
        let mut found: Vec<DraftIssue> = large
            .map(|limit| DraftIssue::TooLarge { octets, limit })
            .into_iter()
            .collect();
        found.extend(check(&lines, 0, &unlimited));
        found.extend(first.map(|at| DraftIssue::Lines(LineFault::BareLf, at + 1, count)));
        found
    }
}

/// Splits the headers of a message with attachments into those about its text and the others.
fn part_headers(head: &[String]) -> (Vec<String>, Vec<String>) {
    let (mut text, mut others) = (Vec::new(), Vec::new());
    let mut about_text = false;
    for line in head {
        // A folded line belongs to the header above it.
        if !line.starts_with([' ', '\t']) {
            about_text = starts(line, "Content-");
        }
        if about_text {
            text.push(line.clone());
        } else if !starts(line, "MIME-Version:") {
            others.push(line.clone());
        }
    }
    (text, others)
}

fn starts(line: &str, name: &str) -> bool {
    line.get(..name.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(name))
}

fn wire_lines(lines: &[String]) -> Vec<u8> {
    let lines = lines.iter().flat_map(|line| [line.as_bytes(), b"\r\n"]);
    lines.flatten().copied().collect()
}

impl Progress {
    /// The progress in one line: bar, share, octets, rate, time left, name.
    pub fn words(&self, now: Instant, look: &Look) -> String {
        let Self { sent, total, .. } = *self;
        let share = |of: u64| sent.saturating_mul(of).checked_div(total).unwrap_or(of);
        let cells = usize::try_from(share(BAR)).unwrap_or_default();
        let (full, empty) = look.charset.pick(("█", "░"), ("#", "-"));
        let bar = full.repeat(cells) + &empty.repeat(BAR as usize - cells);
        let mut words = format!(
            "[{bar}] {}%  {} of {}",
            share(100),
            megabytes(sent),
            megabytes(total)
        );
        let passed = now.saturating_duration_since(self.since).as_secs_f64();
        if passed >= 1.0 && sent > 0 {
            let rate = sent as f64 / passed;
            let left = ((total - sent.min(total)) as f64 / rate) as u64;
            words.push_str(&format!(
                "  {}/s  {}:{:02} left",
                megabytes(rate as u64),
                left / 60,
                left % 60
            ));
        }
        format!("{words}  {}", self.name)
    }
}

/// A number of octets in the unit a person would choose.
fn megabytes(octets: u64) -> String {
    match octets {
        0..1_000 => format!("{octets} B"),
        1_000..1_000_000 => format!("{:.1} kB", octets as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", octets as f64 / 1e6),
        _ => format!("{:.2} GB", octets as f64 / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.split('\n').map(str::to_owned).collect()
    }

    #[test]
    fn a_message_and_its_parts() {
        let mut draft = Draft::default();
        let text = lines("From: a@b\nContent-Type: text/plain;\n format=flowed\n\nüml");
        let plain = String::from_utf8(draft.assemble(&text)).unwrap();
        assert_eq!(plain, text.join("\r\n") + "\r\n");
        draft.attachments.push(Attachment {
            name: "a b.bin".to_owned(),
            octets: b"\0\xff".as_slice().into(),
            boundary: "=_x".to_owned(),
        });
        let parts = String::from_utf8(draft.assemble(&text)).unwrap();
        let expected = "From: a@b\r\n\
            MIME-Version: 1.0\r\n\
            Content-Transfer-Encoding: 8bit\r\n\
            Content-Type: multipart/mixed; boundary=\"=_x\"\r\n\
            \r\n--=_x\r\n\
            Content-Type: text/plain;\r\n format=flowed\r\n\
            Content-Transfer-Encoding: 8bit\r\n\
            \r\n\
            üml\r\n\
            \r\n--=_x\r\n\
            Content-Type: application/octet-stream\r\n\
            Content-Disposition: attachment; filename=\"a b.bin\"\r\n\
            Content-Transfer-Encoding: base64\r\n\
            \r\n\
            AP8=\r\n\
            \r\n--=_x--\r\n";
        assert_eq!(parts, expected);
        // A message of headers alone has an empty text.
        let bare = String::from_utf8(draft.assemble(&lines("From: a@b"))).unwrap();
        assert!(bare.contains("charset=utf-8\r\n\r\n\r\n--=_x"), "{bare}");
    }

    #[test]
    fn how_far_a_file_is_in_words() {
        let since = Instant::now();
        let words = |sent, total, seconds| {
            let progress = Progress {
                name: "x.eml".to_owned(),
                sent,
                total,
                since,
            };
            progress.words(since + Duration::from_secs(seconds), &Look::default())
        };
        assert_eq!(words(0, 0, 0), "[██████████] 100%  0 B of 0 B  x.eml");
        assert_eq!(
            words(42_000_000, 100_000_000, 4),
            "[████░░░░░░] 42%  42.0 MB of 100.0 MB  10.5 MB/s  0:05 left  x.eml"
        );
        assert_eq!(words(1, 1000, 0), "[░░░░░░░░░░] 0%  1 B of 1.0 kB  x.eml");
    }
}
