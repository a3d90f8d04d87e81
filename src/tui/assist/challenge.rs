//! The answer that a 334 expects, from the mechanism and the challenge.

use super::seen::Seen;
use crate::smtp::base64;
use crate::smtp::sasl::Mechanism;

/// The next step and its words for a challenge, which is the text of the 334 (RFC 4954 section 4). None if
/// the expected answer is not known.
pub fn wanted(challenge: &[u8], seen: &Seen) -> Option<(&'static str, &'static str)> {
    let decoded = base64::decode(challenge.trim_ascii());
    let text = String::from_utf8_lossy(decoded.bytes.reveal());
    let asks = text.to_ascii_lowercase();
    Some(match seen.mechanism? {
        mechanism if mechanism.name().starts_with("SCRAM") => (
            "* gives up",
            "A SCRAM answer cannot be typed by hand: * gives up, then ^O a logs in.",
        ),
        Mechanism::CramMd5 => (
            "* gives up",
            "A CRAM-MD5 answer is a digest: * gives up, then ^O a logs in.",
        ),
        Mechanism::XOAuth2 if text.starts_with('{') => (
            "an empty line",
            "The token is refused, the JSON above says why. An empty line has to follow.",
        ),
        Mechanism::OAuthBearer if text.starts_with('{') => (
            "AQ==",
            "The token is refused, the JSON above says why. AQ== has to follow.",
        ),
        Mechanism::XOAuth2 | Mechanism::OAuthBearer => (
            "the token",
            "The user name and the token, in the mechanism's form: ^O b. * gives up.",
        ),
        Mechanism::Plain => (
            "NUL user NUL password",
            "NUL, user name, NUL, password, as one base64 word: ^O b makes it. * gives up.",
        ),
        Mechanism::Login if asks.starts_with("user") => (
            "the user name",
            "Username: in base64, hidden here. ^O b makes it, * gives up.",
        ),
        Mechanism::Login if asks.starts_with("pass") => (
            "the password",
            "Password: in base64, hidden here. ^O b makes it, * gives up.",
        ),
        Mechanism::External => (
            "= or a name",
            "Empty for who the certificate names, or a user name in base64. * gives up.",
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
            (Mechanism::ScramSha256Plus, "", Some("* gives up")),
        ];
        for (mechanism, challenge, expected) in table {
            let mut seen = Seen::default();
            seen.mechanism = Some(mechanism);
            let wanted = wanted(challenge.as_bytes(), &seen);
            assert_eq!(
                wanted.map(|(next, _)| next),
                expected,
                "{mechanism:?} {challenge}"
            );
            // A line of help is indented by two columns and fits 80 columns.
            assert!(wanted.is_none_or(|(_, words)| words.len() <= 78));
        }
    }
}
