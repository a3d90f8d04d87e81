//! The base64 in a line of text.

use crate::smtp::base64;

/// The word of a line that is most likely base64: the longest word, if it is valid base64.
pub fn base64_word(line: &str) -> Option<&str> {
    line.split([' ', '\t', '='].as_slice())
        .filter(|word| !word.is_empty())
        .max_by_key(|word| word.len())
        .and_then(|word| {
            let at = word.as_ptr() as usize - line.as_ptr() as usize;
            let end = line[at + word.len()..]
                .find(|character| character != '=')
                .map_or(line.len(), |more| at + word.len() + more);
            let padded = &line[at..end];
            base64::decode(padded.as_bytes())
                .is_base64()
                .then_some(padded)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_word_counts_if_it_is_base64() {
        let table = [
            ("334 VXNlcm5hbWU6", Some("VXNlcm5hbWU6")),
            ("AUTH PLAIN AGFsaWNlAHB3", Some("AGFsaWNlAHB3")),
            ("YWxpY2U=", Some("YWxpY2U=")),
            ("AUTH=LOGIN YWxpY2U=", Some("YWxpY2U=")),
            ("220 mx.example.test ESMTP", None),
            ("", None),
        ];
        for (line, word) in table {
            assert_eq!(base64_word(line), word, "{line}");
        }
    }
}
