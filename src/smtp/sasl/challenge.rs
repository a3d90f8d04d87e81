//! Decodes the challenges of a server: the text of a 334 reply.

use super::annotation::{Annotation, truncated};
use super::json::flat_fields;
use super::limits::ITERATIONS_MIN;
use super::mechanism::Mechanism;
use super::scram::attribute;
use crate::smtp::base64;

/// How many octets of a binary challenge are shown.
const HEX_SHOWN: usize = 16;

/// Annotates a challenge, given as the text of its 334; `None` if it is empty.
///
/// `sent` is the number of messages the client has sent before it.
pub(crate) fn annotate_challenge(
    mechanism: Option<Mechanism>,
    sent: usize,
    text: &[u8],
) -> Option<Annotation> {
    let text = text.trim_ascii();
    if text.is_empty() {
        return None;
    }
    let decoded = base64::decode(text);
    if !decoded.is_base64() || decoded.issues.contains(&base64::EncodingIssue::Whitespace) {
        return Some(Annotation {
            decoded: Box::default(),
            remarks: vec!["not base64".into()],
        });
    }
    let issues = decoded.issues.iter();
    let mut remarks: Vec<Box<str>> = issues.map(|issue| issue.as_str().into()).collect();
    let bytes = decoded.bytes.reveal();
    let decoded = match std::str::from_utf8(bytes) {
        Ok(text) if text.starts_with('{') && !flat_fields(text).is_empty() => {
            remarks.push(after_refusal(mechanism).into());
            text.to_owned()
        }
        Ok(text) => {
            let parts = match mechanism {
                Some(mechanism) if mechanism.hash().is_some() && sent > 0 => {
                    describe_scram(text, &mut remarks)
                }
                _ => String::new(),
            };
            format!("\"{text}\"{parts}")
        }
        Err(_) => {
            let shown = &bytes[..bytes.len().min(HEX_SHOWN)];
            let hex: Vec<_> = shown.iter().map(|byte| format!("{byte:02X}")).collect();
            let more = if shown.len() < bytes.len() {
                " ..."
            } else {
                ""
            };
            format!("{} octets: {}{more}", bytes.len(), hex.join(" "))
        }
    };
    Some(Annotation {
        decoded: truncated(decoded),
        remarks,
    })
}

/// The reason why a token was refused, from the JSON fields of the decoded challenge (RFC 7628
/// section 3.2.2).
pub(super) fn refusal_reason(challenge: &[u8]) -> String {
    let fields = std::str::from_utf8(challenge).map_or_else(|_| Vec::new(), flat_fields);
    if fields.is_empty() {
        return "the server does not say why".to_owned();
    }
    let fields = fields.iter().map(|(name, value)| format!("{name} {value}"));
    truncated(fields.collect::<Vec<_>>().join(", ")).into()
}

/// Why the server refuses, from its last message of SCRAM (RFC 5802 section 7). `None` if it does not
/// refuse.
pub(crate) fn scram_refusal(mechanism: Option<Mechanism>, challenge: &[u8]) -> Option<Box<str>> {
    mechanism?.hash()?;
    let reason = attribute(std::str::from_utf8(challenge).ok()?, "e")?;
    Some(truncated(reason.to_owned()))
}

/// What the client must send after the reason of a refusal.
const fn after_refusal(mechanism: Option<Mechanism>) -> &'static str {
    match mechanism {
        Some(Mechanism::OAuthBearer) => "refused: AQ== must follow",
        _ => "refused: an empty line must follow",
    }
}

/// Names the parts of a SCRAM message of the server; adds remarks about them.
fn describe_scram(text: &str, remarks: &mut Vec<Box<str>>) -> String {
    if let Some(reason) = attribute(text, "e") {
        remarks.push(truncated(format!("the server refuses: {reason}")));
        return String::new();
    }
    if attribute(text, "v").is_some() {
        return " (the server's signature)".to_owned();
    }
    let (Some(salt), Some(iterations)) = (attribute(text, "s"), attribute(text, "i")) else {
        return String::new();
    };
    if iterations
        .parse()
        .is_ok_and(|number: u32| number < ITERATIONS_MIN)
    {
        remarks.push(format!("fewer than {ITERATIONS_MIN} iterations (RFC 7677 s4)").into());
    }
    let salt = base64::decode(salt.as_bytes()).bytes.len();
    format!(" (nonce r=, salt s= of {salt} octets, iterations i=)")
}
