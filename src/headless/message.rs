//! The message that is sent without a screen: built from options, or taken from a file, with the
//! headers that are missing.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use mail_builder::MessageBuilder;
use mail_builder::headers::HeaderType;
use mail_builder::headers::address::Address;
use mail_builder::headers::raw::Raw;

use super::stamp::Stamp;
use crate::net::Upload;
use crate::net::file::open_input;

/// The largest message that is held in memory; a complete file of any size is sent in pieces.
pub const MESSAGE_CAP: usize = 256 * 1024 * 1024;
/// The octets in which the headers of a file have to be.
const HEAD_CAP: usize = 1024 * 1024;

/// The content of a message before it is made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessageParts {
    /// The addresses of the To header.
    pub to: Vec<String>,
    /// The addresses of the Cc header.
    pub cc: Vec<String>,
    /// The subject.
    pub subject: Option<String>,
    /// Other headers, each with its value. One that has a name from above replaces it.
    pub headers: Vec<(String, String)>,
    /// The text.
    pub text: String,
    /// Files to attach: their names and contents.
    pub attachments: Vec<(String, Vec<u8>)>,
}

/// A message to send.
#[derive(Debug)]
pub enum Message {
    /// Held in memory.
    Octets(Vec<u8>),
    /// A file that is complete.
    File(PathBuf),
}

/// Why there is no message.
#[derive(Debug, thiserror::Error)]
pub enum MessageError {
    /// A file cannot be read.
    #[error("{}: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// It does not fit into memory.
    #[error("{}: larger than {cap} octets", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The most octets.
        cap: usize,
    },
}

impl MessageParts {
    /// Builds the message.
    pub fn build(self, from: &str, stamp: &Stamp, host: &str) -> Vec<u8> {
        let own = |name: &str| {
            self.headers
                .iter()
                .any(|(given, _)| given.eq_ignore_ascii_case(name))
        };
        let list = |addresses: &[String]| {
            let addresses = addresses
                .iter()
                .map(|address| Address::new_address(None::<&str>, address.clone()));
            Address::new_list(addresses.collect())
        };
        let mut builder = MessageBuilder::new();
        if !own("Date") {
            builder = builder.header("Date", Raw::new(stamp.date.clone()));
        }
        if !own("From") && !from.is_empty() {
            builder = builder.from(Address::new_address(None::<&str>, from.to_owned()));
        }
        if !own("To") && !self.to.is_empty() {
            builder = builder.to(list(&self.to));
        }
        if !own("Cc") && !self.cc.is_empty() {
            builder = builder.cc(list(&self.cc));
        }
        if !own("Subject") {
            builder = builder.subject(self.subject.clone().unwrap_or_else(|| "test".to_owned()));
        }
        if !own("Message-ID") {
            let id = stamp.message_id(from, Some(host));
            builder = builder.header("Message-ID", Raw::new(id));
        }
        for (name, value) in &self.headers {
            builder = builder.header(name.clone(), HeaderType::Raw(Raw::new(value.clone())));
        }
        builder = builder.text_body(self.text.clone());
        for (name, octets) in self.attachments.clone() {
            builder = builder.attachment("application/octet-stream", name, octets);
        }
        let mut octets = Vec::new();
        builder.serialize(&mut octets);
        octets
    }
}

impl Message {
    /// Takes a message as it is. Date, Message-ID and From are put before it where they are missing.
    /// Returns what was put there, too.
    pub fn complete(
        octets: &[u8],
        from: &str,
        stamp: &Stamp,
        host: &str,
    ) -> (Self, Vec<&'static str>) {
        let missing = missing(octets, from);
        let mut made = Vec::new();
        for name in &missing {
            let value = match *name {
                "From" => format!("<{from}>"),
                "Date" => stamp.date.clone(),
                _ => stamp.message_id(from, Some(host)),
            };
            made.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
        made.extend_from_slice(octets);
        (Self::Octets(made), missing)
    }

    /// Takes a message from a file. Returns the headers that had to be made, too.
    ///
    /// # Errors
    /// If it cannot be read, or is too large and not complete.
    pub fn from_file(
        path: &Path,
        from: &str,
        stamp: &Stamp,
        host: &str,
    ) -> Result<(Self, Vec<&'static str>), MessageError> {
        // A file that another program makes at this moment, such as <(command), is read whole.
        if let Ok(upload) = Upload::open(path) {
            let head = upload.head(HEAD_CAP).unwrap_or_default();
            if missing(&head, from).is_empty() {
                return Ok((Self::File(path.to_owned()), Vec::new()));
            }
        }
        let octets = read(path, MESSAGE_CAP)?;
        Ok(Self::complete(&octets, from, stamp, host))
    }

    /// The message as number `count`, from 1: another than the first has a Message-ID of its own, if that
    /// was made with this stamp.
    pub fn octets_of(octets: &[u8], count: u32, stamp: &Stamp) -> Vec<u8> {
        let made = format!("<{}@", stamp.id);
        let head = &octets[..octets.len().min(HEAD_CAP)];
        let mut places = head.windows(made.len());
        let at = places.position(|place| count > 1 && place == made.as_bytes());
        match at {
            Some(at) => {
                let (before, after) = octets.split_at(at + made.len() - 1);
                [before, format!(".{count}").as_bytes(), after].concat()
            }
            None => octets.to_vec(),
        }
    }

    /// Whether it has octets above 127.
    ///
    /// # Errors
    /// If its file cannot be read.
    pub fn is_eight_bit(&self) -> Result<bool, MessageError> {
        match self {
            Self::Octets(octets) => Ok(!octets.is_ascii()),
            Self::File(path) => {
                let unreadable = |error| MessageError::Unreadable {
                    path: path.clone(),
                    error,
                };
                let mut file = open_input(path).map_err(unreadable)?;
                let mut piece = vec![0; 64 * 1024];
                loop {
                    match file.read(&mut piece).map_err(unreadable)? {
                        0 => return Ok(false),
                        octets if !piece[..octets].is_ascii() => return Ok(true),
                        _ => {}
                    }
                }
            }
        }
    }
}

/// Reads a file whole, unless it is larger than `cap`.
///
/// # Errors
/// If it cannot be read or is too large.
pub fn read(path: &Path, cap: usize) -> Result<Vec<u8>, MessageError> {
    let mut octets = Vec::new();
    open_input(path)
        .and_then(|file| file.take(cap as u64 + 1).read_to_end(&mut octets).map(drop))
        .map_err(|error| MessageError::Unreadable {
            path: path.to_owned(),
            error,
        })?;
    if octets.len() > cap {
        return Err(MessageError::TooLarge {
            path: path.to_owned(),
            cap,
        });
    }
    Ok(octets)
}

/// The headers that a message needs (RFC 5322 section 3.6) or should have, and has not.
fn missing(octets: &[u8], from: &str) -> Vec<&'static str> {
    let lines = octets.split(|&octet| octet == b'\n');
    let head = lines
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
        .take_while(|line| !line.is_empty());
    let names: Vec<String> = head
        .filter_map(|line| {
            let at = line.iter().position(|&octet| octet == b':')?;
            Some(
                String::from_utf8_lossy(&line[..at])
                    .trim_end()
                    .to_ascii_lowercase(),
            )
        })
        .collect();
    let wanted = ["Date", "From", "Message-ID"].into_iter();
    wanted
        .filter(|name| *name != "From" || !from.is_empty())
        .filter(|name| !names.contains(&name.to_ascii_lowercase()))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    fn stamp() -> Stamp {
        Stamp {
            time: SystemTime::UNIX_EPOCH,
            date: "Thu, 1 Jan 1970 00:00:00 +0000".to_owned(),
            id: "1.2".to_owned(),
        }
    }

    #[test]
    fn builds_a_message_with_its_headers() {
        let parts = MessageParts {
            to: vec!["b@x.example".to_owned(), "c@x.example".to_owned()],
            subject: Some("hello".to_owned()),
            headers: vec![("X-Test".to_owned(), "1".to_owned())],
            text: "A line.\n".to_owned(),
            ..MessageParts::default()
        };
        let text = String::from_utf8(parts.build("a@x.example", &stamp(), "h")).unwrap();
        for line in [
            "Date: Thu, 1 Jan 1970 00:00:00 +0000\r\n",
            "From: <a@x.example>\r\n",
            "To: <b@x.example>, <c@x.example>\r\n",
            "Subject: hello\r\n",
            "Message-ID: <1.2@x.example>\r\n",
            "X-Test: 1\r\n",
            "\r\n\r\nA line.",
        ] {
            assert!(text.contains(line), "{line:?}: {text}");
        }
        assert_eq!(text.matches("Date:").count(), 1);
    }

    #[test]
    fn a_header_of_the_user_replaces_ours() {
        let parts = MessageParts {
            headers: vec![("from".to_owned(), "Alice <al@x.example>".to_owned())],
            ..MessageParts::default()
        };
        let text = String::from_utf8(parts.build("a@x.example", &stamp(), "h")).unwrap();
        assert!(text.contains("from: Alice <al@x.example>\r\n"), "{text}");
        assert!(!text.contains("From: <a@x.example>"), "{text}");
    }

    #[test]
    fn what_is_missing_is_made_and_said() {
        let (message, made) = Message::complete(b"Subject: x\n\nFrom: y\n", "a@b", &stamp(), "h");
        assert_eq!(made, ["Date", "From", "Message-ID"]);
        let Message::Octets(octets) = message else {
            panic!()
        };
        let text = String::from_utf8(octets).unwrap();
        assert!(
            text.starts_with("Date: Thu, 1 Jan 1970 00:00:00 +0000\r\nFrom: <a@b>\r\n"),
            "{text}"
        );
        assert!(text.ends_with("Subject: x\n\nFrom: y\n"), "{text}");
        let whole = b"date: x\nfrom: y\nmessage-id: z\n\n";
        assert!(Message::complete(whole, "a@b", &stamp(), "h").1.is_empty());
    }
}
