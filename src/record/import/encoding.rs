//! The encoding of a log: UTF-8 with or without a byte order mark, or UTF-16 as PowerShell writes it.

use std::borrow::Cow;

/// The octets of a log as UTF-8, without a byte order mark. Octets that are no UTF-8 stay.
pub(super) fn decode(octets: &[u8]) -> Cow<'_, [u8]> {
    match utf16_order(octets) {
        Some((order, rest)) => {
            let units = rest.chunks_exact(2).map(|pair| match order {
                Order::Little => u16::from_le_bytes([pair[0], pair[1]]),
                Order::Big => u16::from_be_bytes([pair[0], pair[1]]),
            });
            let text: String = char::decode_utf16(units)
                .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
                .collect();
            Cow::Owned(text.into_bytes())
        }
        None => Cow::Borrowed(octets.strip_prefix(b"\xef\xbb\xbf").unwrap_or(octets)),
    }
}

/// `text` in the encoding of `like`, with its byte order mark.
pub(super) fn encode_like(like: &[u8], text: &[u8]) -> Vec<u8> {
    let Some((order, rest)) = utf16_order(like) else {
        let mark: &[u8] = if like.starts_with(b"\xef\xbb\xbf") {
            b"\xef\xbb\xbf"
        } else {
            b""
        };
        return [mark, text].concat();
    };
    let mut octets = like[..like.len() - rest.len()].to_vec();
    for unit in String::from_utf8_lossy(text).encode_utf16() {
        octets.extend(match order {
            Order::Little => unit.to_le_bytes(),
            Order::Big => unit.to_be_bytes(),
        });
    }
    octets
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Order {
    Little,
    Big,
}

/// The order of octets in UTF-16, and the text after its mark. Without a mark, text in which every
/// other octet is zero is taken for UTF-16.
fn utf16_order(octets: &[u8]) -> Option<(Order, &[u8])> {
    match octets {
        [0xff, 0xfe, rest @ ..] => return Some((Order::Little, rest)),
        [0xfe, 0xff, rest @ ..] => return Some((Order::Big, rest)),
        _ => {}
    }
    let start = octets.get(..8)?;
    let zero = |at: usize| start.iter().skip(at).step_by(2).all(|&octet| octet == 0);
    let text = |at: usize| start.iter().skip(at).step_by(2).all(|&octet| octet != 0);
    if zero(1) && text(0) {
        Some((Order::Little, octets))
    } else if zero(0) && text(1) {
        Some((Order::Big, octets))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf16_and_marks_are_read_and_written() {
        let text = "250 öl\r\n".as_bytes();
        let wide = |bom: &[u8], big: bool| {
            let mut octets = bom.to_vec();
            for unit in "250 öl\r\n".encode_utf16() {
                octets.extend(if big {
                    unit.to_be_bytes()
                } else {
                    unit.to_le_bytes()
                });
            }
            octets
        };
        let table = [
            text.to_vec(),
            [b"\xef\xbb\xbf", text].concat(),
            wide(b"\xff\xfe", false),
            wide(b"\xfe\xff", true),
        ];
        for octets in table {
            let decoded = decode(&octets).into_owned();
            assert_eq!(decoded, text, "{octets:x?}");
            assert_eq!(encode_like(&octets, &decoded), octets);
        }
        assert_eq!(*decode(b"\xff250\xfe"), *b"\xff250\xfe");
    }

    #[test]
    fn utf16_without_a_mark_is_found() {
        let octets: Vec<u8> = "220 mx".bytes().flat_map(|octet| [octet, 0]).collect();
        assert_eq!(*decode(&octets), *b"220 mx");
    }
}
