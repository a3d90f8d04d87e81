//! Parses the parameters of MAIL and RCPT by the rules of their extensions (RFC 5321 section
//! 4.1.1.11) and refuses unknown ones.

use super::reply::Reply;

/// The maximum size of a message, as announced in the EHLO reply (RFC 1870).
pub(super) const SIZE_LIMIT: u64 = 10_485_760;
/// The maximum length of ENVID (RFC 3461 section 4.4).
const ENVID_CAP: usize = 100;
/// The maximum length of ORCPT (RFC 3461 section 4.2).
const ORCPT_CAP: usize = 500;
/// The maximum number of digits of SIZE (RFC 1870 section 4).
const SIZE_DIGITS: usize = 20;

/// The parameters of MAIL that affect the rest of the transaction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct MailParameters {
    /// SMTPUTF8: addresses may contain non-ASCII characters (RFC 6531 section 3.4).
    pub(super) utf8: bool,
}

/// Parses the parameters of MAIL.
pub(super) fn parse_mail(text: &str) -> Result<MailParameters, Reply> {
    let mut found = MailParameters::default();
    for_each_parameter(text, |name, value| {
        match name {
            "SIZE" => size(value)?,
            "BODY" => body(value)?,
            "SMTPUTF8" => {
                no_value(value, "SMTPUTF8 takes no value")?;
                found.utf8 = true;
            }
            "RET" => one_of(value, &["FULL", "HDRS"], "RET must be FULL or HDRS")?,
            "ENVID" => xtext(
                value,
                ENVID_CAP,
                "ENVID must be xtext of at most 100 characters",
            )?,
            "AUTH" => auth(value)?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    Ok(found)
}

/// Parses the parameters of RCPT.
pub(super) fn parse_rcpt(text: &str) -> Result<(), Reply> {
    for_each_parameter(text, |name, value| {
        match name {
            "NOTIFY" => notify(value)?,
            "ORCPT" => original_recipient(value)?,
            _ => return Ok(false),
        }
        Ok(true)
    })
}

/// Passes each parameter to `read`, which returns whether it knows the parameter.
fn for_each_parameter(
    text: &str,
    mut read: impl FnMut(&str, Option<&str>) -> Result<bool, Reply>,
) -> Result<(), Reply> {
    let mut seen: Vec<String> = Vec::new();
    for word in text.split([' ', '\t']).filter(|word| !word.is_empty()) {
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (word, None),
        };
        let name = name.to_ascii_uppercase();
        if seen.contains(&name) {
            return Err(invalid("Duplicate parameter"));
        }
        if !read(&name, value)? {
            return Err(Reply::new(
                555,
                "5.5.4",
                "Parameter not recognised: use those of the extensions in the EHLO reply",
            ));
        }
        // Only known names get here, so the list stays short.
        seen.push(name);
    }
    Ok(())
}

fn invalid(text: &'static str) -> Reply {
    Reply::new(501, "5.5.4", text)
}

fn no_value(value: Option<&str>, text: &'static str) -> Result<(), Reply> {
    if value.is_some() {
        return Err(invalid(text));
    }
    Ok(())
}

fn one_of(value: Option<&str>, allowed: &[&str], text: &'static str) -> Result<(), Reply> {
    let value = value.unwrap_or_default();
    if allowed.iter().any(|word| word.eq_ignore_ascii_case(value)) {
        return Ok(());
    }
    Err(invalid(text))
}

/// Refuses a message that is too large before it is sent (RFC 1870 section 6).
fn size(value: Option<&str>) -> Result<(), Reply> {
    let digits = value.unwrap_or_default();
    let is_number = (1..=SIZE_DIGITS).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number {
        return Err(invalid("SIZE must be a number of octets: SIZE=1024"));
    }
    // Twenty digits may overflow 64 bits; they are too large in any case.
    if digits.parse().unwrap_or(u64::MAX) > SIZE_LIMIT {
        return Err(Reply::new(
            552,
            "5.3.4",
            format!("Message too large: at most {SIZE_LIMIT} octets"),
        ));
    }
    Ok(())
}

fn body(value: Option<&str>) -> Result<(), Reply> {
    if value.is_some_and(|value| value.eq_ignore_ascii_case("BINARYMIME")) {
        return Err(Reply::new(
            555,
            "5.5.4",
            "BODY=BINARYMIME not supported: EHLO does not list BINARYMIME",
        ));
    }
    one_of(
        value,
        &["7BIT", "8BITMIME"],
        "BODY must be 7BIT or 8BITMIME",
    )
}

/// Checks AUTH: `<>` or the mailbox of the submitter (RFC 4954 section 5).
fn auth(value: Option<&str>) -> Result<(), Reply> {
    if value == Some("<>") {
        return Ok(());
    }
    xtext(value, ORCPT_CAP, "AUTH must be <> or a mailbox in xtext")
}

/// Checks NOTIFY (RFC 3461 section 4.1).
fn notify(value: Option<&str>) -> Result<(), Reply> {
    const EVENTS: [&str; 3] = ["SUCCESS", "FAILURE", "DELAY"];
    const TEXT: &str = "NOTIFY must be NEVER or a comma-separated list of SUCCESS, FAILURE, DELAY";
    let value = value.unwrap_or_default().to_ascii_uppercase();
    if value == "NEVER" {
        return Ok(());
    }
    let mut seen = Vec::new();
    for event in value.split(',') {
        if !EVENTS.contains(&event) || seen.contains(&event) {
            return Err(invalid(TEXT));
        }
        seen.push(event);
    }
    Ok(())
}

/// Checks ORCPT: an address type, a semicolon and the address in xtext (RFC 3461 section 4.2).
fn original_recipient(value: Option<&str>) -> Result<(), Reply> {
    const TEXT: &str = "ORCPT must be a type and an address in xtext: ORCPT=rfc822;bob@example.org";
    let value = value.unwrap_or_default();
    let Some((kind, address)) = value.split_once(';') else {
        return Err(invalid(TEXT));
    };
    let is_kind = !kind.is_empty() && kind.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if !is_kind || value.len() > ORCPT_CAP {
        return Err(invalid(TEXT));
    }
    // The type `utf-8` may contain unencoded non-ASCII characters (RFC 6533 section 3).
    if kind.eq_ignore_ascii_case("utf-8") && !address.is_empty() {
        return Ok(());
    }
    xtext(Some(address), ORCPT_CAP, TEXT)
}

/// Checks xtext: printable ASCII, with `+` and `=` written as `+2B` and `+3D` (RFC 3461 section 4).
fn xtext(value: Option<&str>, cap: usize, text: &'static str) -> Result<(), Reply> {
    let value = value.unwrap_or_default().as_bytes();
    if value.is_empty() || value.len() > cap {
        return Err(invalid(text));
    }
    let mut rest = value;
    loop {
        rest = match rest {
            [] => return Ok(()),
            [b'+', high, low, rest @ ..] if is_hex(*high) && is_hex(*low) => rest,
            [b'+' | b'=', ..] => return Err(invalid(text)),
            [b'!'..=b'~', rest @ ..] => rest,
            _ => return Err(invalid(text)),
        };
    }
}

/// Whether a byte is a hex digit of xtext, which must be upper case.
fn is_hex(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'A'..=b'F')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(result: Result<(), Reply>) -> String {
        result.map_or_else(
            |reply| reply.first_line()[..9].to_owned(),
            |()| "ok".to_owned(),
        )
    }

    #[test]
    fn checks_parameters_of_mail() {
        let long = format!("ENVID={}", "x".repeat(101));
        for (text, expected) in [
            ("", "ok"),
            (
                " SIZE=0 BODY=8BITMIME SMTPUTF8 RET=hdrs ENVID=a+3Db AUTH=<>",
                "ok",
            ),
            (" size=10485760", "ok"),
            (" SIZE=10485761", "552 5.3.4"),
            (" SIZE=99999999999999999999", "552 5.3.4"),
            (" SIZE=999999999999999999999", "501 5.5.4"),
            (" SIZE=+1", "501 5.5.4"),
            (" SIZE=-1", "501 5.5.4"),
            (" SIZE", "501 5.5.4"),
            (" SIZE=1 SIZE=1", "501 5.5.4"),
            (" BODY=7bit", "ok"),
            (" BODY=9BIT", "501 5.5.4"),
            (" BODY=BINARYMIME", "555 5.5.4"),
            (" SMTPUTF8=1", "501 5.5.4"),
            (" RET=ALL", "501 5.5.4"),
            (" ENVID=", "501 5.5.4"),
            (" ENVID=a+3db", "501 5.5.4"),
            (" ENVID=a=b", "501 5.5.4"),
            (&long, "501 5.5.4"),
            (" AUTH=a+2Bb@c", "ok"),
            (" AUTH", "501 5.5.4"),
            (" NOTIFY=NEVER", "555 5.5.4"),
            (" X-NONE=1", "555 5.5.4"),
            (" =", "555 5.5.4"),
        ] {
            assert_eq!(code(parse_mail(text).map(drop)), expected, "{text:?}");
        }
        assert!(parse_mail("SMTPUTF8").unwrap().utf8);
        assert!(!parse_mail("BODY=8BITMIME").unwrap().utf8);
    }

    #[test]
    fn checks_parameters_of_rcpt() {
        for (text, expected) in [
            (
                " NOTIFY=SUCCESS,delay ORCPT=rfc822;bob+2Bx@example.org",
                "ok",
            ),
            (" NOTIFY=NEVER", "ok"),
            (" NOTIFY=NEVER,SUCCESS", "501 5.5.4"),
            (" NOTIFY=SUCCESS,SUCCESS", "501 5.5.4"),
            (" NOTIFY=", "501 5.5.4"),
            (" ORCPT=bob@example.org", "501 5.5.4"),
            (" ORCPT=;bob", "501 5.5.4"),
            (" ORCPT=rfc822;", "501 5.5.4"),
            (" ORCPT=rfc822;b=b", "501 5.5.4"),
            (" ORCPT=utf-8;jörg@example.org", "ok"),
            (" SIZE=1", "555 5.5.4"),
        ] {
            assert_eq!(code(parse_rcpt(text)), expected, "{text:?}");
        }
    }
}
