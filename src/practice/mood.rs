//! The moods a practice server can be in: each is one way in which real servers make life hard.

use std::fmt;
use std::str::FromStr;

use super::error::PracticeError;

/// One way of being difficult.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Mood {
    /// No STARTTLS, no TLS port; AUTH is offered in clear.
    NoTls = 1 << 0,
    /// The first RCPT of each pair of sender and recipient is put off.
    Greylist = 1 << 1,
    /// No recipient is taken.
    RejectRcpt = 1 << 2,
    /// Replies take seconds and come line by line.
    Slow = 1 << 3,
    /// The connection ends in the middle of the reply to RCPT.
    Drop = 1 << 4,
    /// Nobody is served.
    Busy = 1 << 5,
    /// The certificate is expired, for another name and of an unknown issuer.
    BadCert = 1 << 6,
    /// EHLO is answered with a million lines.
    Flood = 1 << 7,
}

impl Mood {
    /// Every mood there is.
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

    /// The mood's name on the command line.
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

    /// What the mood does, in one line.
    pub fn words(self) -> &'static str {
        match self {
            Self::NoTls => "no STARTTLS and no TLS port; AUTH is offered in clear",
            Self::Greylist => "the first RCPT of a sender to a recipient gets 450, the second 250",
            Self::RejectRcpt => "every RCPT is refused with 550",
            Self::Slow => "two seconds before each reply, whose lines come one by one",
            Self::Drop => "the connection ends in the middle of the reply to RCPT",
            Self::Busy => "421 instead of a greeting, and the connection is closed",
            Self::BadCert => "a certificate that is expired, for another name, of an unknown CA",
            Self::Flood => "EHLO is answered with a million lines",
        }
    }

    /// All names, as a list to read.
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

/// A set of [`Mood`]; none by default.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Moods(u8);

impl Moods {
    /// Whether `mood` is among them.
    pub fn contains(self, mood: Mood) -> bool {
        self.0 & mood as u8 != 0
    }

    /// Puts `mood` among them.
    pub fn insert(&mut self, mood: Mood) {
        self.0 |= mood as u8;
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Those that are in the set, in the order of [`Mood::ALL`].
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
    fn every_name_leads_back_to_its_mood() {
        for mood in Mood::ALL {
            assert_eq!(mood.name().parse::<Mood>().unwrap(), mood);
            assert!(!mood.words().contains('\n'));
        }
    }

    #[test]
    fn an_unknown_name_is_answered_with_all_names() {
        let error = "grumpy".parse::<Mood>().unwrap_err().to_string();
        assert_eq!(
            error,
            "the practice server knows no mood `grumpy`; its moods are no-tls, greylist, \
             reject-rcpt, slow, drop, busy, bad-cert, flood"
        );
    }

    #[test]
    fn a_set_holds_what_was_put_in() {
        let moods: Moods = [Mood::Flood, Mood::NoTls].into_iter().collect();
        for mood in Mood::ALL {
            let inside = matches!(mood, Mood::Flood | Mood::NoTls);
            assert_eq!(moods.contains(mood), inside, "{mood}");
        }
        assert_eq!(format!("{moods:?}"), "{NoTls, Flood}");
        assert!(Moods::default().is_empty());
    }
}
