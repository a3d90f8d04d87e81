//! The program that wrote a session record or log.

/// What wrote a record or log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A `.jsonl` record of ours.
    Jsonl,
    /// A `.txt` record of ours, or the same fenced.
    Text,
    /// swaks.
    Swaks,
    /// `curl -v`.
    Curl,
    /// Perl's Net::SMTP, as in `git send-email --smtp-debug=1`.
    NetSmtp,
    /// Python's smtplib with `set_debuglevel`.
    Smtplib,
    /// `openssl s_client`, telnet, netcat: a terminal on which nothing says who speaks.
    Plain,
}

impl Source {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Jsonl | Self::Text => "ehlo",
            Self::Swaks => "swaks",
            Self::Curl => "curl",
            Self::NetSmtp => "Net::SMTP",
            Self::Smtplib => "smtplib",
            Self::Plain => "openssl s_client or telnet",
        }
    }

    /// Whether the times of its entries are known.
    pub const fn has_times(self) -> bool {
        matches!(self, Self::Jsonl | Self::Text)
    }
}
