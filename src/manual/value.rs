//! Values of the session in the words of rules: `{name}` stands for the name that EHLO gave.

/// A value of the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// `{name}`: the name that EHLO, HELO or LHLO gave.
    Name,
    /// `{mechanisms}`: the mechanisms that the EHLO reply lists.
    Mechanisms,
    /// `{parameter}`: the first parameter of the line that is not offered.
    Parameter,
    /// `{extension}`: what offers it.
    Extension,
    /// `{size}`: the limit of the EHLO reply for a message.
    Size,
    /// `{recipients}`: the number of recipients that the transaction has.
    Recipients,
    /// `{line}`: the MAIL or RCPT line as it should be written.
    Line,
}

impl Value {
    /// The values, each with what stands for it where it is not known.
    const NAMES: [(&'static str, Self, &'static str); 7] = [
        ("{name}", Self::Name, "your EHLO name"),
        (
            "{mechanisms}",
            Self::Mechanisms,
            "a mechanism of the EHLO reply",
        ),
        ("{parameter}", Self::Parameter, "the parameter"),
        ("{extension}", Self::Extension, "its extension"),
        ("{size}", Self::Size, "the SIZE of the EHLO reply"),
        ("{recipients}", Self::Recipients, "the accepted recipients"),
        (
            "{line}",
            Self::Line,
            "the address in angle brackets: <name@domain>",
        ),
    ];
}

/// The words with their values; a value that is not known is described.
pub fn fill(words: &str, value: impl Fn(Value) -> Option<String>) -> String {
    if !words.contains('{') {
        return words.to_owned();
    }
    Value::NAMES
        .into_iter()
        .filter(|(name, ..)| words.contains(name))
        .fold(words.to_owned(), |words, (name, kind, unknown)| {
            let known = value(kind);
            words.replace(name, known.as_deref().unwrap_or(unknown))
        })
}

/// The words without a session.
pub(super) fn described(words: &str) -> String {
    fill(words, |_| None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manual::symptoms;

    #[test]
    fn each_value_of_the_rules_is_one() {
        for (name, rule) in symptoms() {
            let advice = rule.causes.iter().chain(&rule.next);
            let words = advice.map(|one| &one.words).chain([&rule.means]);
            for words in words {
                assert!(!described(words).contains(['{', '}']), "{name}: {words}");
            }
        }
    }

    #[test]
    fn a_value_that_is_not_known_is_described() {
        let known = |value| (value == Value::Name).then(|| "client".to_owned());
        assert_eq!(
            fill("{name} of {size}", known),
            "client of the SIZE of the EHLO reply"
        );
    }
}
