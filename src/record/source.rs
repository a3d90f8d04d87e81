//! The program that wrote a session record or log.

/// The program that wrote a session record or log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A `.jsonl` record of `ehlo`.
    Jsonl,
    /// A `.txt` or `.md` record of `ehlo`.
    Text,
    /// swaks.
    Swaks,
    /// `curl -v`.
    Curl,
    /// Perl's Net::SMTP, as in `git send-email --smtp-debug=1`.
    NetSmtp,
    /// Python's smtplib with `set_debuglevel`.
    Smtplib,
    /// Terminal output of `openssl s_client`, telnet or netcat, which does not mark who sent a
    /// line.
    Plain,
}

impl Source {
    /// The name of the program.
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

    /// Whether its entries have timestamps.
    pub const fn has_times(self) -> bool {
        matches!(self, Self::Jsonl | Self::Text)
    }
}
