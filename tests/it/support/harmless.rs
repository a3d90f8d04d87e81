//! What a text must not contain before it may reach a terminal.

use ehlo::smtp::escape::is_unsafe_char;
use unicode_normalization::char::is_combining_mark;

/// Combining marks in a row that a terminal draws well.
const MARKS: usize = 8;

/// Checks that a terminal shows this text and obeys none of it.
#[track_caller]
pub fn assert_harmless(octets: &[u8]) {
    let text = std::str::from_utf8(octets).unwrap();
    let mut marks = 0;
    for character in text.chars() {
        let control = character.is_control() && character != '\n';
        assert!(!control, "{character:?} in {text:?}");
        assert!(!is_unsafe_char(character), "{character:?} in {text:?}");
        marks = if is_combining_mark(character) {
            marks + 1
        } else {
            0
        };
        assert!(marks <= MARKS, "{marks} marks in {text:?}");
    }
}
