//! A log as it was, line for line, with its secrets hidden.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Instant, SystemTime};

use super::encoding::encode_like;
use super::masking::{MASK, hide, tokens_in};
use super::{Log, check_size, is_text, wrapping};
use crate::record::error::RecordError;
use crate::record::format::Format;
use crate::record::save::render;
use crate::record::session::Excerpt;
use crate::record::{jsonl, read};
use crate::smtp::Secret;

/// A log with its secrets hidden.
#[derive(Debug)]
pub struct Redacted {
    /// Its octets, in the encoding of the log.
    pub octets: Vec<u8>,
    /// In how many places something was hidden; `None` for a record of this program.
    pub places: Option<usize>,
    /// The lines, from 1, in which something was hidden that may be no secret.
    pub doubtful: Vec<usize>,
}

/// Hides the secrets of a log or record.
///
/// # Errors
/// As [`read`].
pub fn redact(octets: &[u8]) -> Result<Redacted, RecordError> {
    let (opened, written) = (Instant::now(), SystemTime::now());
    let own = if jsonl::is_jsonl(octets) {
        Some(Format::Jsonl)
    } else {
        is_text(octets).then_some(Format::Text)
    };
    if let Some(format) = own {
        let record = read(octets, opened, written)?;
        return Ok(Redacted {
            octets: render(&Excerpt::from(&record), format, false)?,
            places: None,
            doubtful: Vec::new(),
        });
    }
    check_size(octets)?;
    Ok(Log::read(octets, opened, written)?.redacted(octets))
}

impl Log {
    /// The log, whose octets are `original`, with its secrets hidden.
    fn redacted(&self, original: &[u8]) -> Redacted {
        let mut lines: Vec<Vec<u8>> = self
            .text
            .split(|&octet| octet == b'\n')
            .map(<[u8]>::to_vec)
            .collect();
        let mut places = self.secrets.mask_dumps(&mut lines).len();
        let mut doubtful = Vec::new();
        let mut sent: BTreeMap<usize, Vec<&Secret>> = BTreeMap::new();
        for (line, secret) in &self.sent {
            sent.entry(*line).or_default().push(secret);
        }
        let in_doubt: BTreeSet<usize> = self.doubtful.iter().copied().collect();
        for (at, line) in lines.iter_mut().enumerate() {
            let number = at + 1;
            let is_doubtful = in_doubt.contains(&number);
            let sent = sent.get(&number).map_or(&[][..], Vec::as_slice);
            // A secret may be cut by colours, or written with the entities of a page.
            let bare = wrapping::without_wrapping(line);
            if bare != *line && (is_doubtful || !sent.is_empty() || self.secrets.shows(&bare)) {
                *line = bare;
            }
            // What the client sent is hidden where it stands, however short it is.
            for secret in sent {
                let found = find_last(line, secret.reveal());
                places += usize::from(found.is_some());
                *line = hide(line, found.as_slice());
            }
            let (masked, count) = self.secrets.mask(line);
            *line = masked;
            places += count;
            if is_doubtful {
                let tokens = tokens_in(line, true);
                places += tokens.len();
                *line = hide(line, &tokens);
                doubtful.push(number);
            }
        }
        Redacted {
            octets: encode_like(original, &lines.join(&b'\n')),
            places: Some(places),
            doubtful,
        }
    }
}

/// Where `part` stands last in a line, unless it is hidden already.
fn find_last(line: &[u8], part: &[u8]) -> Option<std::ops::Range<usize>> {
    if part.is_empty() || part == MASK {
        return None;
    }
    let at = line
        .windows(part.len())
        .rposition(|window| window == part)?;
    Some(at..at + part.len())
}
