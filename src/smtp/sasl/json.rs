//! A minimal reader of flat JSON objects, as OAuth servers send them in a challenge (RFC 7628
//! section 3.2.2).

/// The maximum number of fields read from one object.
const FIELDS_CAP: usize = 16;

/// The fields of a flat JSON object whose values are strings, numbers or literals, in order.
///
/// Other values are skipped, but the fields of a nested object may be missed or taken for the
/// object's own. A text that is not JSON has no fields.
pub(super) fn flat_fields(json: &str) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    let Some(mut rest) = json.trim().strip_prefix('{') else {
        return fields;
    };
    while fields.len() < FIELDS_CAP
        && let Some((name, after)) = string(rest.trim_start_matches([' ', '\t', '\r', '\n', ',']))
        && let Some(value) = after.trim_start().strip_prefix(':')
    {
        let value = value.trim_start();
        if let Some((value, after)) = string(value) {
            fields.push((name, value));
            rest = after;
        } else {
            let end = value.find([',', '}']).unwrap_or(value.len());
            let literal = value[..end].trim();
            if literal.bytes().all(|byte| byte.is_ascii_alphanumeric()) && !literal.is_empty() {
                fields.push((name, literal.to_owned()));
            }
            rest = &value[end..];
        }
    }
    fields
}

/// The JSON string at the start of `json`, unescaped, and the rest after it.
fn string(json: &str) -> Option<(String, &str)> {
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
            other => text.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_flat_json_and_nothing_else() {
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
            let fields = flat_fields(json);
            let fields: Vec<_> = fields
                .iter()
                .map(|(a, b)| (a.as_str(), b.as_str()))
                .collect();
            assert_eq!(fields, *expected, "{json}");
        }
    }
}
