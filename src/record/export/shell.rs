//! Quoting for a POSIX shell.

use crate::smtp::escape::is_unsafe_char;

/// Quotes any text as one word of a POSIX shell. NUL is dropped, as arguments cannot contain it;
/// characters that a terminal could obey are written as escapes for `printf`.
pub fn word(text: &str) -> String {
    let plain = |octet: u8| octet.is_ascii_alphanumeric() || b"@%+=:,./-_".contains(&octet);
    if !text.is_empty() && text.bytes().all(plain) {
        return text.to_owned();
    }
    let mut word = String::from("'");
    for letter in text.chars() {
        match letter {
            '\0' => {}
            '\'' => word.push_str("'\\''"),
            '\n' => word.push('\n'),
            harmful if harmful.is_control() || is_unsafe_char(harmful) => {
                let mut buffer = [0; 4];
                let octets = harmful.encode_utf8(&mut buffer).bytes();
                let escapes: String = octets.map(|octet| format!("\\{octet:03o}")).collect();
                word.push_str(&format!("'\"$(printf '{escapes}')\"'"));
            }
            letter => word.push(letter),
        }
    }
    word.push('\'');
    word
}
