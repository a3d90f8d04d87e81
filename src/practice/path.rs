//! Parses and checks the address of MAIL FROM and RCPT TO (RFC 5321 section 4.1.2).

use crate::smtp::host_name::{holds_address, is_odd_label};

/// The maximum length of a path with its brackets (RFC 5321 section 4.5.3.1.3).
const PATH_CAP: usize = 256;
/// The maximum length of a local part (RFC 5321 section 4.5.3.1.1).
const LOCAL_CAP: usize = 64;
/// The maximum length of a domain (RFC 5321 section 4.5.3.1.2).
const DOMAIN_CAP: usize = 255;
/// The maximum length of a label of a domain (RFC 1035 section 2.3.4).
const LABEL_CAP: usize = 63;

/// A syntax error around the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PathError {
    /// The argument does not begin with `FROM:` or `TO:`.
    NoKeyword,
    /// There is a space before or after the colon.
    SpaceAtColon,
    /// No `<` follows the colon.
    NoBracket,
    /// No `>` ends the address.
    Unclosed,
    /// Something other than a space follows the `>`.
    NoSpace,
}

/// Splits an argument such as `FROM:<a@b> SIZE=1` into the address and the parameters.
///
/// `keyword` is `FROM` or `TO`.
pub(super) fn split<'a>(argument: &'a str, keyword: &str) -> Result<(&'a str, &'a str), PathError> {
    let start = argument.get(..keyword.len()).ok_or(PathError::NoKeyword)?;
    if !start.eq_ignore_ascii_case(keyword) {
        return Err(PathError::NoKeyword);
    }
    let rest = &argument[keyword.len()..];
    let Some(path) = rest.strip_prefix(':') else {
        let spaced = rest.trim_start_matches([' ', '\t']).starts_with(':');
        return Err(if spaced {
            PathError::SpaceAtColon
        } else {
            PathError::NoKeyword
        });
    };
    if path.starts_with([' ', '\t']) {
        return Err(PathError::SpaceAtColon);
    }
    let inside = path.strip_prefix('<').ok_or(PathError::NoBracket)?;
    let end = closing_bracket(inside).ok_or(PathError::Unclosed)?;
    let parameters = &inside[end + 1..];
    if !parameters.is_empty() && !parameters.starts_with([' ', '\t']) {
        return Err(PathError::NoSpace);
    }
    Ok((&inside[..end], parameters))
}

/// Removes a source route, which must be accepted and ignored (RFC 5321 appendix C).
pub(super) fn without_route(inside: &str) -> &str {
    match inside.split_once(':') {
        Some((route, address)) if is_route(route) => address,
        _ => inside,
    }
}

/// Splits an address into local part and domain at the last `@` outside quotes.
pub(super) fn split_address(address: &str) -> Option<(&str, &str)> {
    if address.starts_with('"') {
        let end = closing_quote(address)?;
        let domain = address[end + 1..].strip_prefix('@')?;
        return Some((&address[..=end], domain));
    }
    address.rsplit_once('@')
}

/// Checks that `address` is a mailbox.
///
/// # Errors
/// The text of the reply.
pub(super) fn check(address: &str) -> Result<(), &'static str> {
    if address.len() + "<>".len() > PATH_CAP {
        return Err("Address too long: at most 254 octets");
    }
    let Some((local, domain)) = split_address(address) else {
        return Err("Address must be local-part@domain, such as you@example.org");
    };
    if local.len() > LOCAL_CAP {
        return Err("Part before the @ too long: at most 64 octets");
    }
    if !is_local_part(local) {
        return Err(
            "Part before the @ invalid: use letters, digits and single dots, or \"quotes\"",
        );
    }
    if !is_domain(domain) {
        return Err("Part after the @ invalid: use a domain such as example.org, or [192.0.2.1]");
    }
    Ok(())
}

/// The index of the `>` that ends the path, ignoring quoted ones.
fn closing_bracket(text: &str) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'>' if !quoted => return Some(at),
            _ => {}
        }
    }
    None
}

/// The index of the closing quote of a quoted string that starts at 0.
fn closing_quote(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some(at),
            _ => {}
        }
    }
    None
}

fn is_route(text: &str) -> bool {
    let mut hops = text.split(',');
    hops.all(|hop| hop.strip_prefix('@').is_some_and(is_domain))
}

fn is_local_part(text: &str) -> bool {
    if text.starts_with('"') {
        // Quotes may contain any printable character (RFC 5321 section 4.1.2, RFC 6531 section
        // 3.3). The caller has found the closing quote.
        return text.len() > 1 && !text.chars().any(char::is_control);
    }
    let is_atom = |atom: &str| !atom.is_empty() && atom.chars().all(is_atom_character);
    text.split('.').all(is_atom)
}

fn is_atom_character(character: char) -> bool {
    character.is_ascii_alphanumeric()
        || "!#$%&'*+-/=?^_`{|}~".contains(character)
        || (!character.is_ascii() && !character.is_control())
}

fn is_domain(text: &str) -> bool {
    if let Some(literal) = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')) {
        return holds_address(literal);
    }
    text.len() <= DOMAIN_CAP && text.split('.').all(is_label)
}

fn is_label(label: &str) -> bool {
    (1..=LABEL_CAP).contains(&label.len())
        && !is_odd_label(label)
        && label
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '-' || (!c.is_ascii() && !c.is_control()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_arguments_at_the_brackets() {
        for (argument, expected) in [
            ("FROM:<a@b>", Ok(("a@b", ""))),
            ("from:<a@b> SIZE=1  X", Ok(("a@b", " SIZE=1  X"))),
            ("FROM:<>", Ok(("", ""))),
            ("FROM:<\"a>b\"@c>", Ok(("\"a>b\"@c", ""))),
            ("FROM:<\"a\\\">b\"@c>", Ok(("\"a\\\">b\"@c", ""))),
            ("FROM: <a@b>", Err(PathError::SpaceAtColon)),
            ("FROM :<a@b>", Err(PathError::SpaceAtColon)),
            ("FROM:a@b", Err(PathError::NoBracket)),
            ("FROM:", Err(PathError::NoBracket)),
            ("FROM:<a@b", Err(PathError::Unclosed)),
            ("FROM:<\"a>@b", Err(PathError::Unclosed)),
            ("FROM:<a@b>SIZE=1", Err(PathError::NoSpace)),
            ("FROM:<a@b>>", Err(PathError::NoSpace)),
            ("FROM <a@b>", Err(PathError::NoKeyword)),
            ("TO:<a@b>", Err(PathError::NoKeyword)),
            ("<a@b>", Err(PathError::NoKeyword)),
            ("fré:<a@b>", Err(PathError::NoKeyword)),
            ("", Err(PathError::NoKeyword)),
        ] {
            assert_eq!(split(argument, "FROM"), expected, "{argument:?}");
        }
    }

    #[test]
    fn accepts_valid_addresses_only() {
        for address in [
            "a@b",
            "a.b+c@example.org",
            "a@localhost",
            "a@[192.0.2.1]",
            "a@[IPv6:2001:db8::1]",
            "\"a b\"@example.org",
            "\"a@b\"@example.org",
            "\"\"@example.org",
            "jörg@bücher.example",
        ] {
            assert_eq!(check(address), Ok(()), "{address:?}");
        }
        let long_local = format!("{}@b", "a".repeat(65));
        let long_label = format!("a@{}", "b".repeat(64));
        let long_path = format!("a@{}b", "b.".repeat(127));
        for address in [
            "",
            "a",
            "@",
            "a@",
            "@b",
            "a b@c",
            "a..b@c",
            ".a@c",
            "a@b..c",
            "a@b.",
            "a@-b",
            "a@b-",
            "a@b_c",
            "a@[1.2.3]",
            "a@[]",
            "a@[IPv6:x]",
            "a@[x:y]",
            "\"a@b",
            "\"a\"b@c",
            "\"@b",
            "a@b@c",
            "<a@b",
            "a\u{7f}@b",
            "a\u{85}@b",
            &long_local,
            &long_label,
            &long_path,
        ] {
            assert!(check(address).is_err(), "{address:?}");
        }
    }

    #[test]
    fn ignores_source_routes() {
        assert_eq!(without_route("@a.example,@b.example:c@d"), "c@d");
        assert_eq!(without_route("c@d"), "c@d");
        assert_eq!(without_route("a@[IPv6:::1]"), "a@[IPv6:::1]");
    }
}
