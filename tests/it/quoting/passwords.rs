//! Passwords that places read in their own way.

use proptest::prelude::*;

/// Passwords with what shells, files and URLs give a meaning.
pub const NASTY: &[&str] = &[
    "wonderland",
    "wonderland#123",
    "wonder land",
    " wonderland ",
    "wonderland; rm",
    "p@$s'w\"o`r\\d\\0123 ü ",
    "wonder$land",
    "wonder${land}",
    "wonder$(land)",
    "wonder$1and",
    "wonder$$land",
    "$wonder",
    "wonderland$",
    "won`der`land",
    "won`derland",
    "wonderland!",
    "won!derland",
    "!wonderland",
    "!!",
    "won\\derland",
    "won\\\\derland",
    "won\\nder\\tland",
    "won\\xder\\u0041",
    "wonderland\\",
    "wonderland\\\\",
    "\\",
    "won'derland",
    "won''derland",
    "'wonderland'",
    "'",
    "won\"derland",
    "won\"\"derland",
    "\"wonderland\"",
    "\"",
    "`wonderland`",
    "wonder%land",
    "wonder%41land",
    "wonder\\%land",
    "%wonder%land",
    "wonder%%land",
    "wonder+land",
    "wonder/land?x#y",
    "alice:won@der.land",
    "-wonderland",
    "--help",
    "- wonderland",
    "#wonderland",
    "wonder #land",
    "wonder\t#land",
    "wonder: land",
    "wonderland:",
    "~",
    "~/wonder",
    "*wonder*",
    "won[der]land?",
    "{won,der}land",
    "won{der}land",
    "{{wonder}}",
    "[wonder]",
    "&wonder&",
    "wonder&land",
    "wonder|land",
    "wonder<land>",
    "(wonder)land",
    "=wonderland",
    "wonder^land",
    "^",
    "@wonderland",
    ",wonder,",
    "012345",
    "1234567",
    "1e5",
    "0x1F",
    "12:30:45",
    "2026-11-30",
    "yes",
    "null",
    "wünderländ",
    "пароль",
    "密码#密码",
    "won\u{2019}der\u{201c}land",
    "wonder\tland",
    "😀wonder",
    "???/wonder??!",
];

/// The octets of passwords.
pub fn octets(passwords: &[impl AsRef<str>]) -> Vec<Vec<u8>> {
    passwords
        .iter()
        .map(|password| password.as_ref().as_bytes().to_vec())
        .collect()
}

/// Passwords of octets that cannot be shown.
pub const HIDDEN: &[&[u8]] = &[
    b"wonder\nland",
    b"wonderland\n",
    b"wonder\r\nland",
    b"wonder\x1b[2Jland",
    b"wonder\x07\x08\x0c\x0b\x01\x7f",
    b"w\xfcnderland",
    b"\xff\xfe",
    "wonder\u{202e}land".as_bytes(),
];

/// A random password of these characters.
pub fn of(characters: &'static str) -> impl Strategy<Value = String> {
    let characters: Vec<char> = characters.chars().collect();
    let password = prop::collection::vec(prop::sample::select(characters), 1..12);
    password.prop_map(|letters| letters.into_iter().collect())
}

/// Characters of all kinds, but none with which a careless shell could name a file outside of its
/// folder, or make one that a pattern then matches.
pub const SHELL: &str = "abc1 $`\"'\\!#;&|<()[]{}*?~%=+-:,@^_é\t";

/// Characters of all kinds.
pub const ANY: &str = "abnt01 $`\"'\\!#;&|<>()[]{}*?~%=+-:,.@/^_éЖ密\t";
