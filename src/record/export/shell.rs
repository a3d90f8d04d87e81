//! Words for a POSIX shell.

use crate::smtp::escape::is_unsafe_char;

/// A text as one word of a POSIX shell, whatever is in it; a NUL, which no argument holds, is left
/// out. What a terminal would act on stands in it as `printf`'s escapes.
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
            harm if harm.is_control() || is_unsafe_char(harm) => {
                let mut room = [0; 4];
                let octets = harm.encode_utf8(&mut room).bytes();
                let escapes: String = octets.map(|octet| format!("\\{octet:03o}")).collect();
                word.push_str(&format!("'\"$(printf '{escapes}')\"'"));
            }
            letter => word.push(letter),
        }
    }
    word.push('\'');
    word
}
