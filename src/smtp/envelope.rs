//! The envelope of the latest transaction, as far as the server accepted it: reverse-path,
//! forward-paths, and what MAIL asked for that bears on the message (RFC 5321 section 3.3).

/// Forward-paths that are kept; of more there is only a count.
pub const RECIPIENTS_KEPT: usize = 100;

/// What MAIL and RCPT said, of those the server accepted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Envelope {
    /// The reverse-path without its brackets; empty for `<>`.
    pub reverse_path: String,
    /// The forward-paths without their brackets, at most [`RECIPIENTS_KEPT`].
    pub forward_paths: Vec<String>,
    /// Forward-paths accepted in all.
    pub recipients: u32,
    /// BODY was 8BITMIME or BINARYMIME (RFC 6152, RFC 3030).
    pub eight_bit: bool,
    /// SMTPUTF8 was asked for (RFC 6531 section 3.4).
    pub utf8: bool,
}

impl Envelope {
    /// The envelope that the argument of a MAIL line opens.
    pub fn open(argument: &str) -> Self {
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

    /// Adds the forward-path that the argument of a RCPT line names.
    pub fn add(&mut self, argument: &str) {
        self.recipients = self.recipients.saturating_add(1);
        if self.forward_paths.len() < RECIPIENTS_KEPT {
            self.forward_paths.push(path(argument, "TO:").0.to_owned());
        }
    }
}

/// The path behind `word` without its brackets, and what follows it. Written as servers take it:
/// brackets may be missing, blanks may stand before.
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
        // A quoted local part may hold a bracket; the one that counts is followed by nothing else.
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
    fn what_mail_says_is_read() {
        let table = [
            ("FROM:<a@b>", "a@b", false, false),
            ("from: <a@b> body=8bitmime", "a@b", true, false),
            ("FROM:<> SIZE=10 SMTPUTF8", "", false, true),
            ("FROM:a@b BODY=7BIT", "a@b", false, false),
            ("FROM:<\"x>y\"@b> BODY=BINARYMIME", "\"x>y\"@b", true, false),
            ("", "", false, false),
        ];
        for (argument, path, eight_bit, utf8) in table {
            let envelope = Envelope::open(argument);
            let came = (
                envelope.reverse_path.as_str(),
                envelope.eight_bit,
                envelope.utf8,
            );
            assert_eq!(came, (path, eight_bit, utf8), "{argument}");
        }
    }

    #[test]
    fn recipients_beyond_the_cap_are_counted() {
        let mut envelope = Envelope::default();
        for _ in 0..=RECIPIENTS_KEPT {
            envelope.add("TO:<c@d> NOTIFY=NEVER");
        }
        assert_eq!(envelope.forward_paths.len(), RECIPIENTS_KEPT);
        assert_eq!(envelope.forward_paths[0], "c@d");
        assert_eq!(envelope.recipients, 101);
    }
}
