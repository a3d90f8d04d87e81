//! Reads the essentials of a journal from the octets at its two ends, without its entries. The
//! octets may be anything: what cannot be read is missing from the result.

use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;

use super::entry::duration;
use super::{Header, VERSION, footer, offered_footer};
use crate::smtp::Code;

/// The reply to QUIT. Nearly every session ends with it, so it says nothing about a session.
const GOODBYE: Code = Code::new(221);

/// What the header of a journal states.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::record) struct Head {
    /// The server.
    pub target: String,
    /// The start of the session.
    pub start: Option<Timestamp>,
}

/// What the last lines of a journal state.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::record) struct Tail {
    /// How it ends.
    pub ending: Ending,
    /// The time from the start to the last entry.
    pub duration: Option<Duration>,
    /// The last reply code; 221 only if there is no other.
    pub code: Option<Code>,
}

/// How a journal ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::record) enum Ending {
    /// With the end of the session.
    Ended,
    /// It was cut short, and offered to the user.
    Offered,
    /// With an entry: it is being written, or was cut short.
    Open,
}

/// The fields of a line that matter here.
#[derive(Deserialize)]
struct Line {
    #[serde(default)]
    since: Option<f64>,
    /// Only lines of the server have one.
    #[serde(default)]
    code: Option<u16>,
}

impl Head {
    /// Reads the header from the first octets of a file; `None` if they are not one.
    pub(in crate::record) fn read(octets: &[u8]) -> Option<Self> {
        let end = octets.iter().position(|&octet| octet == b'\n')?;
        let header: Header = serde_json::from_slice(&octets[..end]).ok()?;
        (header.ehlo == VERSION).then_some(Self {
            target: header.target,
            start: header.start,
        })
    }
}

impl Ending {
    /// Reads the ending from the last octets of a file.
    pub(in crate::record) fn read(octets: &[u8]) -> Self {
        if octets.ends_with(footer().as_bytes()) {
            Self::Ended
        } else if octets.ends_with(offered_footer().as_bytes()) {
            Self::Offered
        } else {
            Self::Open
        }
    }
}

impl Tail {
    /// Reads the last octets of a file. The first line among them may lack its beginning; a last
    /// one without its end does not count.
    pub(in crate::record) fn read(octets: &[u8]) -> Self {
        let mut tail = Self {
            ending: Ending::read(octets),
            duration: None,
            code: None,
        };
        // What follows the last line break is a line that is not complete, or nothing.
        let lines = octets.rsplit(|&octet| octet == b'\n').skip(1);
        for line in lines.filter_map(|line| serde_json::from_slice::<Line>(line).ok()) {
            let since = || line.since.and_then(|since| duration(since).ok());
            tail.duration = tail.duration.or_else(since);
            let code = line.code.filter(|&number| number < 1000).map(Code::new);
            match code {
                Some(GOODBYE) => tail.code = tail.code.or(code),
                Some(_) => tail.code = code,
                None => continue,
            }
            if code != Some(GOODBYE) {
                break;
            }
        }
        tail
    }
}
