//! The parameters of MAIL and RCPT: each is read by the rules of the extension it comes with
//! (RFC 5321 section 4.1.1.11), and an unknown one is refused.

use super::reply::Reply;

/// The largest message, as EHLO announces it (RFC 1870).
pub(super) const SIZE_LIMIT: u64 = 10_485_760;
/// The longest ENVID (RFC 3461 section 4.4).
const ENVID_CAP: usize = 100;
/// The longest ORCPT (RFC 3461 section 4.2).
const ORCPT_CAP: usize = 500;
/// The most digits of SIZE (RFC 1870 section 4).
const SIZE_DIGITS: usize = 20;

/// What the parameters of MAIL ask for that changes how the rest is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct MailParameters {
    /// SMTPUTF8: addresses may hold more than ASCII (RFC 6531 section 3.4).
    pub(super) utf8: bool,
}

/// Reads the parameters of MAIL.
pub(super) fn parse_mail(text: &str) -> Result<MailParameters, Reply> {
    let mut found = MailParameters::default();
    for_each_parameter(text, |name, value| {
        match name {
            "SIZE" => size(value)?,
            "BODY" => body(value)?,
            "SMTPUTF8" => {
                bare(value, "SMTPUTF8 takes no value")?;
                found.utf8 = true;
            }
            "RET" => one_of(value, &["FULL", "HDRS"], "RET is FULL or HDRS")?,
            "ENVID" => xtext(value, ENVID_CAP, "ENVID is xtext of at most 100 characters")?,
            "AUTH" => auth(value)?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    Ok(found)
}

/// Reads the parameters of RCPT.
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

/// Hands each parameter to `read`, which says whether it knows it.
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
            return Err(bad("A parameter may stand there once"));
        }
        if !read(&name, value)? {
            return Err(Reply::new(
                555,
                "5.5.4",
                "Parameter not recognised: only those of the extensions EHLO announced",
            ));
        }
        // Only known names come here, so the list stays short.
        seen.push(name);
    }
    Ok(())
}

fn bad(text: &'static str) -> Reply {
    Reply::new(501, "5.5.4", text)
}

fn bare(value: Option<&str>, text: &'static str) -> Result<(), Reply> {
    if value.is_some() {
        return Err(bad(text));
    }
    Ok(())
}

fn one_of(value: Option<&str>, allowed: &[&str], text: &'static str) -> Result<(), Reply> {
    let value = value.unwrap_or_default();
    if allowed.iter().any(|word| word.eq_ignore_ascii_case(value)) {
        return Ok(());
    }
    Err(bad(text))
}

/// RFC 1870 section 6: what is known to be too large is refused before it is sent.
fn size(value: Option<&str>) -> Result<(), Reply> {
    let digits = value.unwrap_or_default();
    let is_number = (1..=SIZE_DIGITS).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number {
        return Err(bad("SIZE is a number of octets: SIZE=1024"));
    }
    // Twenty digits may be more than 64 bits hold, and are too large in any case.
    if digits.parse().unwrap_or(u64::MAX) > SIZE_LIMIT {
        return Err(Reply::new(
            552,
            "5.3.4",
            format!("Message too big: at most {SIZE_LIMIT} octets"),
        ));
    }
    Ok(())
}

fn body(value: Option<&str>) -> Result<(), Reply> {
    if value.is_some_and(|value| value.eq_ignore_ascii_case("BINARYMIME")) {
        return Err(Reply::new(
            555,
            "5.5.4",
            "BODY=BINARYMIME needs the extension BINARYMIME, which is not offered here",
        ));
    }
    one_of(value, &["7BIT", "8BITMIME"], "BODY is 7BIT or 8BITMIME")
}

/// RFC 4954 section 5: `<>` or the mailbox of the one who handed the message in.
fn auth(value: Option<&str>) -> Result<(), Reply> {
    if value == Some("<>") {
        return Ok(());
    }
    xtext(value, ORCPT_CAP, "AUTH is <> or a mailbox in xtext")
}

/// RFC 3461 section 4.1.
fn notify(value: Option<&str>) -> Result<(), Reply> {
    const EVENTS: [&str; 3] = ["SUCCESS", "FAILURE", "DELAY"];
    const TEXT: &str = "NOTIFY is NEVER, or a list of SUCCESS, FAILURE and DELAY with commas";
    let value = value.unwrap_or_default().to_ascii_uppercase();
    if value == "NEVER" {
        return Ok(());
    }
    let mut seen = Vec::new();
    for event in value.split(',') {
        if !EVENTS.contains(&event) || seen.contains(&event) {
            return Err(bad(TEXT));
        }
        seen.push(event);
    }
    Ok(())
}

/// RFC 3461 section 4.2: an address type, a semicolon, the address in xtext.
fn original_recipient(value: Option<&str>) -> Result<(), Reply> {
    const TEXT: &str = "ORCPT is a type and an address in xtext: ORCPT=rfc822;bob@example.org";
    let value = value.unwrap_or_default();
    let Some((kind, address)) = value.split_once(';') else {
        return Err(bad(TEXT));
    };
    let is_kind = !kind.is_empty() && kind.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if !is_kind || value.len() > ORCPT_CAP {
        return Err(bad(TEXT));
    }
    // The type `utf-8` may hold more than ASCII as it is (RFC 6533 section 3).
    if kind.eq_ignore_ascii_case("utf-8") && !address.is_empty() {
        return Ok(());
    }
    xtext(Some(address), ORCPT_CAP, TEXT)
}

/// RFC 3461 section 4: printable ASCII without `+` and `=`, which stand as `+2B` and `+3D`.
fn xtext(value: Option<&str>, cap: usize, text: &'static str) -> Result<(), Reply> {
    let value = value.unwrap_or_default().as_bytes();
    if value.is_empty() || value.len() > cap {
        return Err(bad(text));
    }
    let mut rest = value;
    loop {
        rest = match rest {
            [] => return Ok(()),
            [b'+', high, low, rest @ ..] if is_hex(*high) && is_hex(*low) => rest,
            [b'+' | b'=', ..] => return Err(bad(text)),
            [b'!'..=b'~', rest @ ..] => rest,
            _ => return Err(bad(text)),
        };
    }
}

/// Upper case only, as the grammar of xtext has it.
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
    fn parameters_of_mail_are_checked() {
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
    fn parameters_of_rcpt_are_checked() {
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
