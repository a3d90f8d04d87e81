//! The moods of a practice server: each imitates one difficult behaviour of real servers.

use std::fmt;
use std::str::FromStr;

use super::error::PracticeError;

/// A difficult behaviour of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Mood {
    /// Offers no STARTTLS and no TLS port; offers AUTH without TLS.
    NoTls = 1 << 0,
    /// Defers the first RCPT of each pair of sender and recipient.
    Greylist = 1 << 1,
    /// Refuses every recipient.
    RejectRcpt = 1 << 2,
    /// Waits two seconds before each reply and sends it line by line.
    Slow = 1 << 3,
    /// Drops the connection in the middle of the reply to RCPT.
    Drop = 1 << 4,
    /// Replies 421 instead of a greeting and closes.
    Busy = 1 << 5,
    /// Presents a certificate that is expired, for another name and from an unknown CA.
    BadCert = 1 << 6,
    /// Replies to EHLO with a million lines.
    Flood = 1 << 7,
}

impl Mood {
    /// All moods.
    pub const ALL: [Self; 8] = [
        Self::NoTls,
        Self::Greylist,
        Self::RejectRcpt,
        Self::Slow,
        Self::Drop,
        Self::Busy,
        Self::BadCert,
        Self::Flood,
    ];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::NoTls => "no-tls",
            Self::Greylist => "greylist",
            Self::RejectRcpt => "reject-rcpt",
            Self::Slow => "slow",
            Self::Drop => "drop",
            Self::Busy => "busy",
            Self::BadCert => "bad-cert",
            Self::Flood => "flood",
        }
    }

    /// The effect of the mood, in one line.
    pub fn description(self) -> &'static str {
        match self {
            Self::NoTls => "no STARTTLS, no TLS port; AUTH offered without TLS",
            Self::Greylist => "450 once per sender and recipient, then 250",
            Self::RejectRcpt => "550 for every RCPT",
            Self::Slow => "two seconds before each reply, then one line at a time",
            Self::Drop => "the connection drops in the middle of the reply to RCPT",
            Self::Busy => "421 instead of a greeting, then the connection closes",
            Self::BadCert => "certificate expired, wrong name, unknown CA",
            Self::Flood => "a million lines in reply to EHLO",
        }
    }

    /// All names, separated by commas.
    fn names() -> String {
        Self::ALL.map(Self::name).join(", ")
    }
}

impl fmt::Display for Mood {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Mood {
    type Err = PracticeError;

    fn from_str(name: &str) -> Result<Self, PracticeError> {
        Self::ALL
            .into_iter()
            .find(|mood| mood.name() == name)
            .ok_or_else(|| PracticeError::UnknownMood {
                name: name.to_owned(),
                known: Self::names(),
            })
    }
}

/// A set of moods, empty by default.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Moods(u8);

impl Moods {
    /// Whether the set contains `mood`.
    pub fn contains(self, mood: Mood) -> bool {
        self.0 & mood as u8 != 0
    }

    /// Adds `mood`.
    pub fn insert(&mut self, mood: Mood) {
        self.0 |= mood as u8;
    }

    /// Whether the set is empty.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The moods of the set, in the order of [`Mood::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Mood> {
        Mood::ALL.into_iter().filter(move |&m| self.contains(m))
    }
}

impl FromIterator<Mood> for Moods {
    fn from_iter<I: IntoIterator<Item = Mood>>(moods: I) -> Self {
        let mut set = Self::default();
        for mood in moods {
            set.insert(mood);
        }
        set
    }
}

impl fmt::Debug for Moods {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_parse_to_their_moods() {
        for mood in Mood::ALL {
            assert_eq!(mood.name().parse::<Mood>().unwrap(), mood);
            assert!(!mood.description().contains('\n'));
        }
    }

    #[test]
    fn an_unknown_name_lists_the_known_ones() {
        let error = "grumpy".parse::<Mood>().unwrap_err().to_string();
        assert_eq!(
            error,
            "unknown mood \"grumpy\": use no-tls, greylist, reject-rcpt, slow, drop, busy, \
             bad-cert, flood"
        );
    }

    #[test]
    fn a_set_contains_the_added_moods() {
        let moods: Moods = [Mood::Flood, Mood::NoTls].into_iter().collect();
        for mood in Mood::ALL {
            let expected = matches!(mood, Mood::Flood | Mood::NoTls);
            assert_eq!(moods.contains(mood), expected, "{mood}");
        }
        assert_eq!(format!("{moods:?}"), "{NoTls, Flood}");
        assert!(Moods::default().is_empty());
    }
}
