//! The accepted envelope of the latest transaction: reverse-path, forward-paths, and the MAIL
//! parameters that affect the message (RFC 5321 section 3.3).

/// How many forward-paths are kept; further ones are only counted.
pub const RECIPIENTS_KEPT: usize = 100;

/// The contents of the accepted MAIL and RCPT commands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Envelope {
    /// The reverse-path without its brackets; empty for `<>`.
    pub reverse_path: String,
    /// The forward-paths without their brackets, at most [`RECIPIENTS_KEPT`].
    pub forward_paths: Vec<String>,
    /// The number of accepted forward-paths.
    pub recipients: u32,
    /// MAIL had BODY=8BITMIME or BODY=BINARYMIME (RFC 6152, RFC 3030).
    pub eight_bit: bool,
    /// MAIL had SMTPUTF8 (RFC 6531 section 3.4).
    pub utf8: bool,
}

impl Envelope {
    /// Creates an envelope from the argument of a MAIL command.
    pub fn from_mail(argument: &str) -> Self {
        let (path, parameters) = path(argument, "FROM:");
        let mut envelope = Self {
            reverse_path: path.to_owned(),
            ..Self::default()
        };
        for word in parameters.split_ascii_whitespace() {
            let upper = word.to_ascii_uppercase();
            envelope.eight_bit |= matches!(upper.as_str(), "BODY=8BITMIME" | "BODY=BINARYMIME");
            envelope.utf8 |= upper == "SMTPUTF8";
        }
        envelope
    }

    /// Adds the forward-path in the argument of a RCPT command.
    pub fn add_recipient(&mut self, argument: &str) {
        self.recipients = self.recipients.saturating_add(1);
        if self.forward_paths.len() < RECIPIENTS_KEPT {
            self.forward_paths.push(path(argument, "TO:").0.to_owned());
        }
    }
}

/// Splits an argument into the path after `word`, without its brackets, and the rest. As lenient as
/// servers are: the brackets may be missing, and blanks may precede the path.
fn path<'a>(argument: &'a str, word: &str) -> (&'a str, &'a str) {
    let named = argument
        .get(..word.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(word));
    let rest = if named {
        &argument[word.len()..]
    } else {
        argument
    }
    .trim_start();
    match rest.strip_prefix('<') {
        // A quoted local part may contain a bracket: the closing one is before a space or the last
        // one.
        Some(inner) => inner
            .split_once("> ")
            .or_else(|| inner.rsplit_once('>'))
            .unwrap_or((inner, "")),
        None => rest.split_once(' ').unwrap_or((rest, "")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_the_argument_of_mail() {
        let table = [
            ("FROM:<a@b>", "a@b", false, false),
            ("from: <a@b> body=8bitmime", "a@b", true, false),
            ("FROM:<> SIZE=10 SMTPUTF8", "", false, true),
            ("FROM:a@b BODY=7BIT", "a@b", false, false),
            ("FROM:<\"x>y\"@b> BODY=BINARYMIME", "\"x>y\"@b", true, false),
            ("", "", false, false),
        ];
        for (argument, path, eight_bit, utf8) in table {
            let envelope = Envelope::from_mail(argument);
            let parsed = (
                envelope.reverse_path.as_str(),
                envelope.eight_bit,
                envelope.utf8,
            );
            assert_eq!(parsed, (path, eight_bit, utf8), "{argument}");
        }
    }

    #[test]
    fn counts_recipients_above_the_cap() {
        let mut envelope = Envelope::default();
        for _ in 0..=RECIPIENTS_KEPT {
            envelope.add_recipient("TO:<c@d> NOTIFY=NEVER");
        }
        assert_eq!(envelope.forward_paths.len(), RECIPIENTS_KEPT);
        assert_eq!(envelope.forward_paths[0], "c@d");
        assert_eq!(envelope.recipients, 101);
    }
}
