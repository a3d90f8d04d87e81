//! Faults and old forms of an address, as it was typed in a command.

use crate::manual::AddressFault;
use crate::smtp::host_name::holds_address;

/// The most octets before the `@` (RFC 5321 section 4.5.3.1.1).
const LOCAL_PART_LIMIT: usize = 64;

/// Whether an address without its angle brackets has a fault.
pub(super) fn has_fault(address: &str, fault: AddressFault) -> bool {
    let (route, address) = split_route(address);
    let Scanned {
        local,
        domain,
        plain,
        plain_local,
        open_quote,
    } = Scanned::new(address);
    match fault {
        AddressFault::TwoAts => plain.matches('@').count() > 1,
        AddressFault::DoubleDot => plain.contains(".."),
        AddressFault::NoLocalPart => domain.is_some() && local.is_empty(),
        AddressFault::NoDomain => {
            !address.is_empty() && domain.is_none_or(str::is_empty) && !open_quote
        }
        AddressFault::OpenQuote => open_quote,
        AddressFault::Space => plain.contains([' ', '\t']),
        AddressFault::PercentRoute => domain.is_some() && plain_local.contains(['%', '!']),
        AddressFault::SourceRoute => route,
        AddressFault::Literal => literal(domain).is_some_and(holds_address),
        AddressFault::BadLiteral => {
            let bracketed = domain.is_some_and(|domain| domain.starts_with('['));
            bracketed && !literal(domain).is_some_and(holds_address)
        }
        AddressFault::LongLocalPart => domain.is_some() && local.len() > LOCAL_PART_LIMIT,
    }
}

/// Whether a route stands before the address (`@host:`), and the address without it.
fn split_route(address: &str) -> (bool, &str) {
    match address.split_once(':') {
        Some((route, rest)) if route.starts_with('@') && rest.contains('@') => (true, rest),
        _ => (false, address),
    }
}

/// An address, split at what quotes hide.
struct Scanned<'a> {
    local: &'a str,
    /// What follows the last `@` outside quotes.
    domain: Option<&'a str>,
    /// The letters outside quotes.
    plain: String,
    /// The letters before that `@`, outside quotes.
    plain_local: String,
    /// Whether a quote is not closed.
    open_quote: bool,
}

impl<'a> Scanned<'a> {
    fn new(address: &'a str) -> Self {
        let (mut quoted, mut escaped) = (false, false);
        let (mut plain, mut last) = (String::new(), None);
        for (at, letter) in address.char_indices() {
            match letter {
                _ if escaped => escaped = false,
                '\\' if quoted => escaped = true,
                '"' => quoted = !quoted,
                _ if quoted => {}
                _ => {
                    if letter == '@' {
                        last = Some((at, plain.len()));
                    }
                    plain.push(letter);
                }
            }
        }
        let (at, plain_at) = last.unwrap_or((address.len(), plain.len()));
        Self {
            local: &address[..at],
            domain: last.map(|_| &address[at + 1..]),
            plain_local: plain[..plain_at].to_owned(),
            plain,
            open_quote: quoted,
        }
    }
}

/// The text between the square brackets that stand for a domain.
fn literal(domain: Option<&str>) -> Option<&str> {
    domain?.strip_prefix('[')?.strip_suffix(']')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_their_faults() {
        let long = format!("{}@example.org", "b".repeat(65));
        let table: &[(&str, &[AddressFault])] = &[
            ("bob@example.org", &[]),
            ("\"b ob\"@example.org", &[]),
            ("\"b@b..%\"@example.org", &[]),
            ("b\u{f6}b@example.org", &[]),
            ("", &[]),
            ("bob@@example.org", &[AddressFault::TwoAts]),
            ("bob@example..org", &[AddressFault::DoubleDot]),
            ("@example.org", &[AddressFault::NoLocalPart]),
            ("bob", &[AddressFault::NoDomain]),
            ("bob@", &[AddressFault::NoDomain]),
            ("\"bob@example.org", &[AddressFault::OpenQuote]),
            ("b ob@example.org", &[AddressFault::Space]),
            (
                "bob%other.example@example.org",
                &[AddressFault::PercentRoute],
            ),
            (
                "other.example!bob@example.org",
                &[AddressFault::PercentRoute],
            ),
            (
                "@example.org:bob@other.example",
                &[AddressFault::SourceRoute],
            ),
            ("bob@[192.0.2.1]", &[AddressFault::Literal]),
            ("bob@[IPv6:2001:db8::1]", &[AddressFault::Literal]),
            ("bob@[192.0.2.300]", &[AddressFault::BadLiteral]),
            ("bob@[192.0.2.1", &[AddressFault::BadLiteral]),
            (&long, &[AddressFault::LongLocalPart]),
        ];
        let all = [
            AddressFault::TwoAts,
            AddressFault::DoubleDot,
            AddressFault::NoLocalPart,
            AddressFault::NoDomain,
            AddressFault::OpenQuote,
            AddressFault::Space,
            AddressFault::PercentRoute,
            AddressFault::SourceRoute,
            AddressFault::Literal,
            AddressFault::BadLiteral,
            AddressFault::LongLocalPart,
        ];
        for (address, expected) in table {
            let found: Vec<_> = all
                .into_iter()
                .filter(|fault| has_fault(address, *fault))
                .collect();
            assert_eq!(found, *expected, "{address}");
        }
    }
}
