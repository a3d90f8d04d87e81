//! What is new in each message: its date and its identifier.

use std::time::SystemTime;

use mail_builder::headers::date::Date;
use mail_builder::mime::make_boundary;

use crate::smtp::Envelope;

/// The date and the random part of a Message-ID; read where a clock is available.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// The current time.
    pub time: SystemTime,
    /// The current time in the form of a Date header (RFC 5322 section 3.3).
    pub date: String,
    /// The part before the @ of a new Message-ID.
    pub id: String,
}

impl Stamp {
    /// Reads the clock.
    pub fn now() -> Self {
        Self {
            time: SystemTime::now(),
            date: Date::now().to_rfc822(),
            id: random_name(),
        }
    }

    /// A complete Message-ID in brackets, with the sender's domain.
    pub fn message_id(&self, sender: &str, host: Option<&str>) -> String {
        let sender = sender.rsplit_once('@');
        let domain = sender.map_or(host.unwrap_or("localhost"), |(_, domain)| domain);
        format!("<{}@{domain}>", self.id)
    }

    /// The headers of a new message, taken from its envelope, and the blank line after them.
    pub fn headers(&self, envelope: &Envelope, host: Option<&str>) -> String {
        let to: Vec<String> = envelope
            .forward_paths
            .iter()
            .map(|path| format!("<{path}>"))
            .collect();
        // A null reverse-path names no author: From stays empty for the user to fill in.
        let from = match envelope.reverse_path.as_str() {
            "" => String::new(),
            path => format!("<{path}>"),
        };
        format!(
            "From: {from}\nTo: {}\nSubject: \nDate: {}\nMessage-ID: {}\n\n",
            to.join(",\n "),
            self.date,
            self.message_id(&envelope.reverse_path, host)
        )
    }
}

/// A unique name: random if possible, otherwise a generated MIME boundary.
fn random_name() -> String {
    let mut random = [0; 12];
    match getrandom::fill(&mut random) {
        Ok(()) => random.iter().map(|octet| format!("{octet:02x}")).collect(),
        Err(_) => make_boundary("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_come_from_the_envelope() {
        let stamp = Stamp {
            time: SystemTime::UNIX_EPOCH,
            date: "Thu, 1 Jan 1970 00:00:00 +0000".to_owned(),
            id: "1.2".to_owned(),
        };
        let mut envelope = Envelope::from_mail("FROM:<a@b.example>");
        envelope.add_recipient("TO:<c@d>");
        envelope.add_recipient("TO:<e@f>");
        assert_eq!(
            stamp.headers(&envelope, None),
            "From: <a@b.example>\nTo: <c@d>,\n <e@f>\nSubject: \n\
             Date: Thu, 1 Jan 1970 00:00:00 +0000\nMessage-ID: <1.2@b.example>\n\n"
        );
        let nobody = Envelope::default();
        assert_eq!(
            stamp.message_id(&nobody.reverse_path, Some("me")),
            "<1.2@me>"
        );
    }

    #[test]
    fn a_stamp_is_never_the_same() {
        let (one, other) = (Stamp::now(), Stamp::now());
        assert_ne!(one.id, other.id);
        assert!(one.date.ends_with("+0000"), "{}", one.date);
    }
}
