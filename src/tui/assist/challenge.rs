//! The answer that a 334 expects, from the mechanism and the challenge.

use super::seen::Seen;
use crate::smtp::base64;
use crate::smtp::sasl::Mechanism;

/// The next step and its words for a challenge, which is the text of the 334 (RFC 4954 section 4). None if
/// the expected answer is not known.
pub fn expected_response(challenge: &[u8], seen: &Seen) -> Option<(&'static str, &'static str)> {
    let decoded = base64::decode(challenge.trim_ascii());
    let text = String::from_utf8_lossy(decoded.bytes.reveal());
    let asks = text.to_ascii_lowercase();
    Some(match seen.mechanism? {
        mechanism if mechanism.name().starts_with("SCRAM") => (
            "* cancels",
            "A SCRAM answer cannot be typed by hand: * cancels, then ^O a logs in.",
        ),
        Mechanism::CramMd5 => (
            "* cancels",
            "A CRAM-MD5 answer is a digest: * cancels, then ^O a logs in.",
        ),
        Mechanism::XOAuth2 if text.starts_with('{') => (
            "an empty line",
            "The token was refused, the JSON above says why. Send an empty line now.",
        ),
        Mechanism::OAuthBearer if text.starts_with('{') => (
            "AQ==",
            "The token was refused, the JSON above says why. Send AQ== now.",
        ),
        Mechanism::XOAuth2 | Mechanism::OAuthBearer => (
            "the token",
            "The user name and the token in the mechanism's format: ^O b. * cancels.",
        ),
        Mechanism::Plain => (
            "NUL user NUL password",
            "NUL, user name, NUL, password, in base64: ^O b encodes them. * cancels.",
        ),
        Mechanism::Login if asks.starts_with("user") => (
            "the user name",
            "The user name in base64, hidden here. ^O b encodes it, * cancels.",
        ),
        Mechanism::Login if asks.starts_with("pass") => (
            "the password",
            "The password in base64, hidden here. ^O b encodes it, * cancels.",
        ),
        Mechanism::External => (
            "an empty line or a name",
            "An empty line for the certificate's user, or a user name in base64. * cancels.",
        ),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_challenge_has_its_answer() {
        let table = [
            (Mechanism::Login, "VXNlcm5hbWU6", Some("the user name")),
            (Mechanism::Login, "UGFzc3dvcmQ6", Some("the password")),
            (Mechanism::Login, "d2hhdA==", None),
            (Mechanism::Plain, "", Some("NUL user NUL password")),
            (Mechanism::XOAuth2, "", Some("the token")),
            (
                Mechanism::XOAuth2,
                "eyJzdGF0dXMiOiI0MDEifQ==",
                Some("an empty line"),
            ),
            (
                Mechanism::OAuthBearer,
                "eyJzdGF0dXMiOiI0MDEifQ==",
                Some("AQ=="),
            ),
            (Mechanism::ScramSha256Plus, "", Some("* cancels")),
        ];
        for (mechanism, challenge, expected) in table {
            let mut seen = Seen::default();
            seen.mechanism = Some(mechanism);
            let expected_response = expected_response(challenge.as_bytes(), &seen);
            assert_eq!(
                expected_response.map(|(next, _)| next),
                expected,
                "{mechanism:?} {challenge}"
            );
            // A line of help is indented by two columns and fits 80 columns.
            assert!(expected_response.is_none_or(|(_, words)| words.len() <= 78));
        }
    }
}
