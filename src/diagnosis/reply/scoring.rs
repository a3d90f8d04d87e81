//! Which rule matches a reply best.

use crate::diagnosis::situation::Situation;
use crate::manual::{EnhancedPattern, ReplyRule, enhanced_in_class, starts_word, symptoms};
use crate::smtp::EnhancedCode;

/// How many characters longer a phrase counts if it itself says the cause.
const CERTAIN: usize = 10;
/// How much a rule that is not general counts more than any facts.
const GENERAL: usize = 20;
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

/// The subject of the enhanced codes about the protocol itself (RFC 3463 section 3.6).
const PROTOCOL: u16 = 5;

impl RuleInput<'_> {
    /// Whether the enhanced code is about commands and their order, so that the session explains it.
    pub(super) fn is_about_protocol(&self) -> bool {
        self.enhanced.is_some_and(|code| code.subject == PROTOCOL)
    }

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
    let conditions = code + enhanced + awaited + usize::from(phrase.is_some()) + rule.when.len();
    // The longest phrase is the most specific; one that itself says the cause counts as longer. An
    // enhanced code that names a cause outranks any phrase. Facts decide between rules of the same text.
    let certain = if rule.certain { CERTAIN } else { 0 };
    let phrase = phrase.map_or(0, |length| length + certain);
    let named = enhanced * usize::from(input.has_specific_code());
    let stated = if rule.general { 0 } else { GENERAL };
    let shown = usize::from(!rule.when.is_empty()) * 50_000 + rule.when.len() + stated;
    let rank = shown + named * 1000 + phrase * 10 + conditions;
    (conditions > 0).then_some(rank)
}

/// Whether a rule depends on the session alone, not on the text.
fn is_of_state(rule: &ReplyRule) -> bool {
    !rule.when.is_empty() && rule.phrases.is_empty()
}

/// The symptom that matches best, except those that depend on the session alone. A vague one does not count
/// if the enhanced code `names_cause`.
pub(super) fn best_symptom(input: &RuleInput<'_>, names_cause: bool) -> Option<&'static ReplyRule> {
    let rules = symptoms().map(|(_, rule)| rule);
    let rules = rules.filter(|rule| !(is_of_state(rule) || rule.vague && names_cause));
    best_rule(rules, input)
}

/// A rule that depends on the session alone.
#[derive(Clone, Copy)]
pub(super) struct StateRule {
    pub(super) rule: &'static ReplyRule,
    /// Whether it refines what the text says; otherwise the text says nothing.
    pub(super) is_refined: bool,
}

/// The rule that says best what the session shows: one that refines `symptom`, or any if the text says
/// nothing else.
pub(super) fn state_rule(
    input: &RuleInput<'_>,
    symptom: Option<&'static ReplyRule>,
) -> Option<StateRule> {
    let name = symptom.and_then(|found| {
        let mut all = symptoms();
        all.find(|(_, rule)| std::ptr::eq(*rule, found))
            .map(|(name, _)| name)
    });
    let refines =
        |rule: &ReplyRule| name.is_some_and(|name| rule.refines.iter().any(|one| one == name));
    let says_nothing = symptom.is_none_or(|rule| rule.phrases.is_empty());
    let of_state = || {
        symptoms()
            .map(|(_, rule)| rule)
            .filter(|rule| is_of_state(rule))
    };
    let found = best_rule(of_state().filter(|rule| refines(rule)), input);
    let any = || {
        let rules = of_state().filter(|rule| says_nothing && !rule.codes.is_empty());
        best_rule(rules, input)
    };
    found
        .map(|rule| StateRule {
            rule,
            is_refined: true,
        })
        .or_else(|| {
            // A rule that names the enhanced code says what that code means in its situation.
            any().map(|rule| StateRule {
                rule,
                is_refined: !rule.enhanced.is_empty(),
            })
        })
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
