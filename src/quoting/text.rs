//! Text that is no secret, written so that one thing holds it whole: what exports are made of.

use super::url;
use super::written::push_single_quoted;
use crate::smtp::escape::{escape, is_unsafe_char};

/// Quotes any text as one word of a POSIX shell. NUL is dropped, as arguments cannot contain it;
/// characters that a terminal could obey are written as escapes for `printf`.
pub fn shell_word(text: &str) -> String {
    let plain = |octet: u8| octet.is_ascii_alphanumeric() || b"@%+=:,./-_".contains(&octet);
    if !text.is_empty() && text.bytes().all(plain) {
        return text.to_owned();
    }
    let mut word = vec![b'\''];
    for letter in text.chars() {
        let mut buffer = [0; 4];
        let octets = letter.encode_utf8(&mut buffer).as_bytes();
        if letter == '\0' {
        } else if letter != '\n' && (letter.is_control() || is_unsafe_char(letter)) {
            let octets = octets.iter();
            let escapes: String = octets.map(|octet| format!("\\{octet:03o}")).collect();
            word.extend_from_slice(format!("'\"$(printf '{escapes}')\"'").as_bytes());
        } else {
            push_single_quoted(octets, &mut word);
        }
    }
    word.push(b'\'');
    String::from_utf8_lossy(&word).into_owned()
}

/// Percent-encodes a part of a URL (RFC 3986 section 2.1).
pub fn url_part(text: &str) -> String {
    String::from_utf8_lossy(&url::literal(text.as_bytes())).into_owned()
}

/// A value in msmtp's configuration, in quotes if it needs them. msmtp has no escapes, so characters
/// it cannot represent are written as escapes of `ehlo`.
pub fn msmtp_value(text: &str) -> String {
    let text = escape(text.as_bytes());
    if text.contains([' ', '#', '"']) || text.is_empty() {
        format!("\"{text}\"")
    } else {
        text
    }
}
