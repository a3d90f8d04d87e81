//! What a challenge of the server says: the text of a 334.

use super::gloss::{Gloss, cut};
use super::mechanism::Mechanism;
use super::scram::{ITERATIONS_LEAST, attribute};
use crate::smtp::base64;

/// Octets of a challenge that is no text which are shown.
const HEX_SHOWN: usize = 16;
/// Fields of a JSON text that are read.
const FIELDS_CAP: usize = 16;

/// The gloss of a challenge, which comes after so many messages of the client; none where there is
/// nothing to say.
pub(super) fn gloss(mechanism: Option<Mechanism>, sent: usize, text: &[u8]) -> Option<Gloss> {
    let text = text.trim_ascii();
    if text.is_empty() {
        return None;
    }
    let decoded = base64::decode(text);
    if !decoded.is_base64() || decoded.oddities.contains(&base64::Oddity::Whitespace) {
        return Some(Gloss {
            reading: Box::default(),
            remarks: vec!["not base64".into()],
        });
    }
    let mut remarks: Vec<Box<str>> = Vec::new();
    remarks.extend(decoded.oddities.iter().map(|oddity| oddity.words().into()));
    let bytes = decoded.bytes.reveal();
    let reading = match std::str::from_utf8(bytes) {
        Ok(text) if text.starts_with('{') && !fields(text).is_empty() => {
            remarks.push(after_refusal(mechanism).into());
            text.to_owned()
        }
        Ok(text) => {
            let more = match mechanism {
                Some(mechanism) if mechanism.hash().is_some() && sent > 0 => {
                    scram(text, &mut remarks)
                }
                _ => String::new(),
            };
            format!("\"{text}\"{more}")
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
    Some(Gloss {
        reading: cut(reading),
        remarks,
    })
}

/// Why a token was refused, in short: the fields of the JSON text that says so.
pub(super) fn refusal(challenge: &[u8]) -> String {
    let fields = std::str::from_utf8(challenge).map_or_else(|_| Vec::new(), fields);
    if fields.is_empty() {
        return "the server does not say why".to_owned();
    }
    let words = fields.iter().map(|(name, value)| format!("{name} {value}"));
    cut(words.collect::<Vec<_>>().join(", ")).into()
}

/// What has to follow the reason of a refusal.
const fn after_refusal(mechanism: Option<Mechanism>) -> &'static str {
    match mechanism {
        Some(Mechanism::OAuthBearer) => "refused: AQ== has to follow",
        _ => "refused: an empty line has to follow",
    }
}

/// What the parts of SCRAM's messages are.
fn scram(text: &str, remarks: &mut Vec<Box<str>>) -> String {
    if let Some(reason) = attribute(text, "e") {
        remarks.push(cut(format!("the server refuses: {reason}")));
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
        .is_ok_and(|number: u32| number < ITERATIONS_LEAST)
    {
        remarks.push(format!("fewer than {ITERATIONS_LEAST} iterations (RFC 7677 s4)").into());
    }
    let salt = base64::decode(salt.as_bytes()).bytes.len();
    format!(" (nonce r=, salt s= of {salt} octets, iterations i=)")
}

/// The fields of a flat JSON object whose values are texts or numbers, in order. What else is in it
/// is passed over; text that is no JSON has none.
pub fn fields(json: &str) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    let Some(mut rest) = json.trim().strip_prefix('{') else {
        return fields;
    };
    while fields.len() < FIELDS_CAP
        && let Some((name, behind)) = text(rest.trim_start_matches([' ', '\t', '\r', '\n', ',']))
        && let Some(value) = behind.trim_start().strip_prefix(':')
    {
        let value = value.trim_start();
        if let Some((value, behind)) = text(value) {
            fields.push((name, value));
            rest = behind;
        } else {
            let end = value.find([',', '}']).unwrap_or(value.len());
            let plain = value[..end].trim();
            if plain.bytes().all(|byte| byte.is_ascii_alphanumeric()) && !plain.is_empty() {
                fields.push((name, plain.to_owned()));
            }
            rest = &value[end..];
        }
    }
    fields
}

/// A JSON text at the head of `json`, and what stands behind it.
fn text(json: &str) -> Option<(String, &str)> {
    let body = json.strip_prefix('"')?;
    let mut text = String::new();
    let mut characters = body.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((text, &body[at + 1..])),
            '\\' => match characters.next()?.1 {
                'n' => text.push('\n'),
                't' => text.push('\t'),
                'u' => {
                    let digits: String = characters.by_ref().take(4).map(|(_, c)| c).collect();
                    let number = u32::from_str_radix(&digits, 16).ok()?;
                    text.push(char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER));
                }
                other => text.push(other),
            },
            plain => text.push(plain),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flat_json_is_read_and_other_text_is_not() {
        let table: &[(&str, &[(&str, &str)])] = &[
            (
                r#"{"status":"400","schemes":"bearer","scope":"https://mail.google.com/"}"#,
                &[
                    ("status", "400"),
                    ("schemes", "bearer"),
                    ("scope", "https://mail.google.com/"),
                ],
            ),
            (
                r#" { "status" : 401 , "a" : "\"x\u0041\\" } "#,
                &[("status", "401"), ("a", "\"xA\\")],
            ),
            (
                r#"{"status":"invalid_token""#,
                &[("status", "invalid_token")],
            ),
            (r#"{"status":"inv"#, &[]),
            ("{", &[]),
            ("{}", &[]),
            ("Username:", &[]),
        ];
        for (json, expected) in table {
            let read = fields(json);
            let read: Vec<_> = read.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
            assert_eq!(read, *expected, "{json}");
        }
    }
}
