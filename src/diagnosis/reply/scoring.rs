//! Which rule matches a reply best.

use crate::diagnosis::situation::Situation;
use crate::manual::{EnhancedPattern, ReplyRule, enhanced_in_class, starts_word};
use crate::smtp::EnhancedCode;

/// How many characters longer a phrase counts if it itself says the cause.
const CERTAIN: usize = 10;
/// The subject and detail of the code that servers send with every refusal by policy.
const BY_POLICY: (u16, u16) = (7, 1);

/// A reply in the form that rules are matched against.
#[derive(Clone, Copy, Debug)]
pub(super) struct RuleInput<'a> {
    /// The reply code.
    pub(super) code: u16,
    /// The enhanced code, if it counts.
    pub(super) enhanced: Option<EnhancedCode>,
    /// The text of all lines, in lowercase.
    pub(super) text: &'a str,
    /// What the reply answers.
    pub(super) awaited: Option<&'a str>,
    /// What is known about the session.
    pub(super) situation: &'a Situation,
}

impl RuleInput<'_> {
    /// Whether there is an enhanced code that names a cause, such as X.7.26. X.7.1 and X.Y.0 do not.
    pub(super) fn has_specific_code(&self) -> bool {
        self.enhanced.is_some_and(|code| {
            code.detail != 0
                && (code.subject, code.detail) != BY_POLICY
                && enhanced_in_class(code).is_none_or(|row| !row.vague)
        })
    }
}

/// How well the rule matches, higher is better; none if it does not match.
fn score(rule: &ReplyRule, input: &RuleInput<'_>) -> Option<usize> {
    let condition = |given: bool, matches: bool| {
        if given { matches.then_some(1) } else { Some(0) }
    };
    let code = condition(!rule.codes.is_empty(), rule.codes.contains(&input.code))?;
    let enhanced = condition(
        !rule.enhanced.is_empty(),
        input.enhanced.is_some_and(|code| {
            let mut patterns = rule
                .enhanced
                .iter()
                .filter_map(|text| EnhancedPattern::parse(text));
            patterns.any(|pattern| pattern.contains(code))
        }),
    )?;
    let awaited = condition(
        !rule.after.is_empty(),
        input
            .awaited
            .is_some_and(|awaited| rule.after.iter().any(|after| after == awaited)),
    )?;
    let found = rule
        .phrases
        .iter()
        .filter(|phrase| starts_word(input.text, phrase));
    let phrase = found.map(String::len).max();
    if !rule.phrases.is_empty() && phrase.is_none() {
        return None;
    }
    if !input.situation.meets_all(&rule.when) {
        return None;
    }
    let conditions = code + enhanced + awaited + usize::from(phrase.is_some());
    // The longest phrase is the most specific; one that itself says the cause counts as longer. An
    // enhanced code that names a cause outranks any phrase, and what the session shows outranks any
    // text.
    let certain = if rule.certain { CERTAIN } else { 0 };
    let phrase = phrase.map_or(0, |length| length + certain);
    let named = enhanced * usize::from(input.has_specific_code());
    let shown = usize::from(!rule.when.is_empty()) * 20_000 + rule.when.len() * 100;
    let rank = shown + named * 1000 + phrase * 10 + conditions;
    (conditions > 0).then_some(rank)
}

/// The rule that matches best.
pub(super) fn best_rule<'a>(
    rules: impl Iterator<Item = &'a ReplyRule>,
    input: &RuleInput<'_>,
) -> Option<&'a ReplyRule> {
    let scored = rules.filter_map(|rule| Some((score(rule, input)?, rule)));
    scored
        .reduce(|best, next| if next.0 > best.0 { next } else { best })
        .map(|(_, rule)| rule)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The meaning of the best of `rules` for a reply.
    fn best(rules: &[&str], enhanced: &str, text: &str) -> Option<String> {
        let rules: Vec<ReplyRule> = rules
            .iter()
            .map(|rule| toml::from_str(rule).unwrap())
            .collect();
        let input = RuleInput {
            code: 450,
            enhanced: EnhancedCode::parse(enhanced.as_bytes()),
            text,
            awaited: None,
            situation: &Situation::default(),
        };
        best_rule(rules.iter(), &input).map(|rule| rule.means.clone())
    }

    #[test]
    fn a_code_that_names_a_cause_outranks_the_text_and_others_do_not() {
        let by_code =
            "enhanced = ['X.7.1', 'X.7.0', 'X.7.27']\nmeans = 'code'\nphrases = ['later']";
        let by_text = "means = 'text'\nphrases = ['too many connections']";
        let text = "too many connections, try again later";
        for (enhanced, expected) in [("4.7.27", "code"), ("4.7.1", "text"), ("4.7.0", "text")] {
            let found = best(&[by_code, by_text], enhanced, text);
            assert_eq!(found.as_deref(), Some(expected), "{enhanced}");
        }
    }

    #[test]
    fn rule_without_conditions_never_matches() {
        let rule: ReplyRule = toml::from_str("means = 'x'").unwrap();
        let input = RuleInput {
            code: 250,
            enhanced: None,
            text: "anything",
            awaited: None,
            situation: &Situation::default(),
        };
        assert_eq!(score(&rule, &input), None);
    }
}
