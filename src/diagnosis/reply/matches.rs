//! The rows of the manual's tables that match one reply, and which of them says most.

use super::remark::is_masked_greeting;
use super::scoring::{RuleInput, best_rule, best_symptom, state_rule};
use super::{Certainty, Step};
use crate::diagnosis::situation::Situation;
use crate::manual::{
    Advice, CodeMeaning, EnhancedCodeDoc, Provider, ReplyCodeDoc, ReplyRule, awaited_key, cite,
    enhanced_in_class, enhanced_of_vendors, reply_code, sentence, symptom,
};
use crate::smtp::{Awaited, Class, Code, EnhancedCode};

/// The code of a refused login (RFC 4954 section 6).
const LOGIN_REFUSED: u16 = 535;
/// The most causes, actions or sources that are listed.
const LIST_CAP: usize = 6;

/// The rows that match a reply, the most specific first.
pub(super) struct Matches<'a> {
    situation: &'a Situation,
    number: u16,
    provider_rule: Option<&'a ReplyRule>,
    /// How sure it is that this is the provider.
    provider_certainty: Certainty,
    /// Where the rules of the provider come from.
    provider_source: &'a str,
    symptom: Option<&'a ReplyRule>,
    /// The row of the enhanced code, from IANA or a vendor.
    enhanced: Option<&'a EnhancedCodeDoc>,
    code: Option<&'a ReplyCodeDoc>,
    /// The reply code's meaning after this command.
    after: Option<&'a CodeMeaning>,
}

impl<'a> Matches<'a> {
    /// Looks up a reply. `enhanced` is none if it contradicts `code`; `lowered` is the text in
    /// lowercase.
    pub(super) fn new(
        situation: &'a Situation,
        code: Code,
        enhanced: Option<EnhancedCode>,
        provider: Option<(&'a Provider, Certainty)>,
        lowered: &str,
    ) -> Self {
        let (provider, provider_certainty) = provider.unzip();
        let awaited = situation.awaited;
        let may_be_greeting = matches!(awaited, None | Some(Awaited::Greeting));
        let masked = may_be_greeting && code.number() == 220 && is_masked_greeting(lowered);
        let awaited = awaited.map(awaited_key);
        let input = RuleInput {
            code: code.number(),
            enhanced,
            text: lowered,
            awaited,
            situation,
        };
        let row = reply_code(code);
        let enhanced_row = enhanced.and_then(|enhanced| enhanced_doc(enhanced, provider));
        let names_cause = enhanced_row.is_some() && input.has_specific_code();
        let symptom = if masked {
            symptom("MASKED-GREETING")
        } else {
            // 221 to any command but QUIT ends the session like a refusal.
            let ends = code.number() == 221 && awaited.is_some_and(|awaited| awaited != "QUIT");
            let refuses = code.class() != Class::Success || ends;
            best_symptom(&input, names_cause).filter(|_| refuses)
        };
        let provider_rule = provider
            .filter(|_| code.is_negative())
            .and_then(|provider| best_rule(provider.rules(), &input));
        // A text that is understood says more than what a provider usually means by a reply code.
        let tells = |rule: &ReplyRule| !rule.phrases.is_empty();
        let tells_less = |rule: &ReplyRule| {
            !tells(rule) && !input.has_specific_code() && symptom.is_some_and(tells)
        };
        let provider_rule = provider_rule.filter(|rule| !tells_less(rule));
        let says_otherwise = names_cause && !input.is_about_protocol()
            || provider_rule.is_some_and(|rule| {
                // What was sent decides whether the password can be the reason.
                let password = code.number() == LOGIN_REFUSED && !rule.not_the_password;
                !password && (tells(rule) || !rule.enhanced.is_empty())
            });
        let state = state_rule(&input, symptom).filter(|rule| rule.is_refined || !says_otherwise);
        Self {
            situation,
            number: code.number(),
            provider_rule: provider_rule.filter(|_| state.is_none()),
            provider_certainty: provider_certainty.unwrap_or(Certainty::Likely),
            provider_source: provider.map_or("", |provider| &provider.source),
            symptom: state.map(|state| state.rule).or(symptom),
            enhanced: enhanced_row,
            code: row,
            after: awaited.and_then(|awaited| row.and_then(|row| row.on.get(awaited))),
        }
    }

    /// The rule of the provider.
    pub(super) fn provider_rule(&self) -> Option<&'a ReplyRule> {
        self.provider_rule
    }

    /// The note for a code that no standard defines.
    pub(super) fn status_note(&self) -> Option<&'static str> {
        self.code.and_then(|row| row.status.note())
    }

    /// The rule that matches: the provider's own, or else a symptom.
    fn rule(&self) -> Option<&'a ReplyRule> {
        self.provider_rule.or(self.symptom)
    }

    /// The row of the enhanced code if it says more than the reply code.
    fn specific_enhanced(&self) -> Option<&'a EnhancedCodeDoc> {
        self.enhanced
            .filter(|row| !row.vague && !row.vague_with.contains(&self.number))
    }

    /// The most specific meaning, in one short line.
    pub(super) fn headline(&self) -> &str {
        let rule = self.rule().map(|rule| rule.means.as_str());
        let enhanced = || self.specific_enhanced().map(|row| row.means.as_str());
        rule.or_else(enhanced).unwrap_or_else(|| self.code_text())
    }

    /// How sure the headline is.
    pub(super) fn certainty(&self) -> Certainty {
        match self.rule() {
            Some(rule) if rule.certain || !rule.when.is_empty() && !rule.likely => Certainty::Known,
            Some(_) if self.provider_rule.is_some() => self.provider_certainty,
            Some(_) => Certainty::Likely,
            // Another server may mean something else by a vendor's code.
            None => match self.specific_enhanced().and_then(|row| row.vendor.as_ref()) {
                Some(_) => self.provider_certainty,
                None => Certainty::Known,
            },
        }
    }

    /// The facts about the session that the headline rests on.
    pub(super) fn evidence(&self) -> Vec<String> {
        let conditions = self.rule().into_iter().flat_map(|rule| &rule.when);
        let facts = conditions.filter_map(|condition| {
            let (key, value) = condition.key_and_value();
            let words = sentence(&format!("fact-{key}"));
            (!words.is_empty()).then(|| words.replace("{}", &value))
        });
        unique(facts.collect(), LIST_CAP)
    }

    /// What the reply code means after this command.
    pub(super) fn code_text(&self) -> &str {
        let after = self.after.map(|after| after.means.as_str());
        after
            .or(self.code.map(|row| row.means.as_str()))
            .unwrap_or("")
    }

    /// The usual causes, most likely first.
    pub(super) fn causes(&self) -> Vec<String> {
        let rule = self.rule().map(|rule| self.admitted(&rule.causes));
        let mut causes = rule.unwrap_or_default();
        if causes.is_empty() && self.rule().is_none() {
            let row = self.specific_enhanced();
            causes = row.map_or_else(Vec::new, |row| self.admitted(&row.causes));
        }
        // A password altered on the way looks like any other refusal, so the general causes of a
        // login failure are always listed.
        let login = self.is_login_failure();
        if causes.is_empty() && self.rule().is_none() || login {
            let after = self.after.filter(|_| !login).map(|after| &after.causes);
            let row = after.or(self.code.map(|row| &row.causes));
            causes.extend(row.map_or_else(Vec::new, |causes| self.admitted(causes)));
        }
        let words = causes.into_iter().map(|cause| cause.words.clone());
        unique(words.collect(), LIST_CAP)
    }

    /// Whether a login was refused, and neither the session nor the text says that the password is not
    /// the reason.
    fn is_login_failure(&self) -> bool {
        let is_login = self.number == LOGIN_REFUSED;
        let by_session = self.rule().is_some_and(|rule| !rule.when.is_empty());
        is_login && !by_session && !self.not_the_password()
    }

    /// What to do, from the most specific row that says so. What the session shows to be done, or to
    /// be impossible, is left out.
    pub(super) fn next(&self) -> Vec<Step> {
        let sources = [
            self.rule().map(|rule| &rule.next),
            self.specific_enhanced().map(|row| &row.next),
            self.after.map(|after| &after.next),
            self.code.map(|row| &row.next),
        ];
        let mut sources = sources.into_iter().flatten();
        let next = sources.find(|next| !next.is_empty());
        let mut steps: Vec<Step> = Vec::new();
        for advice in next.map_or_else(Vec::new, |next| self.admitted(next)) {
            let step = Step {
                words: advice.words.clone(),
                action: advice.action,
            };
            if steps.len() < LIST_CAP && !steps.contains(&step) {
                steps.push(step);
            }
        }
        steps
    }

    fn admitted<'b>(&self, advice: &'b [Advice]) -> Vec<&'b Advice> {
        let admitted = |advice: &&Advice| self.situation.admits(advice);
        advice.iter().filter(admitted).collect()
    }

    /// Whether the server refuses the EHLO name.
    pub(super) fn refuses_name(&self) -> bool {
        let sources = [
            self.rule().map(|rule| rule.refuses_name),
            self.specific_enhanced().map(|row| row.refuses_name),
            self.after.map(|after| after.refuses_name),
        ];
        // The most specific row decides, as in `next`.
        sources.into_iter().flatten().next() == Some(true)
    }

    /// Whether a refused login is not due to the password.
    pub(super) fn not_the_password(&self) -> bool {
        self.rule().is_some_and(|rule| rule.not_the_password)
    }

    /// Where the codes and the rule are described.
    pub(super) fn sources(&self) -> Vec<String> {
        let sources = [
            self.code.map(|row| cite(&row.source)),
            self.enhanced.map(|row| cite(&row.source)),
            self.rule().map(|rule| match self.provider_rule {
                Some(_) => cite(self.provider_source),
                None => cite(&rule.source),
            }),
        ];
        let cited = sources
            .into_iter()
            .flatten()
            .filter(|source| !source.is_empty());
        unique(cited.collect(), LIST_CAP)
    }
}

/// The row of an enhanced code: the provider's own, or IANA's, or else any vendor's.
pub(super) fn enhanced_doc(
    code: EnhancedCode,
    provider: Option<&Provider>,
) -> Option<&'static EnhancedCodeDoc> {
    let is_theirs = |row: &&EnhancedCodeDoc| {
        let mut vendors = provider
            .into_iter()
            .flat_map(|provider| &provider.code_vendors);
        vendors.any(|vendor| row.vendor.as_ref() == Some(vendor))
    };
    enhanced_of_vendors(code)
        .find(is_theirs)
        .or_else(|| enhanced_in_class(code))
        .or_else(|| enhanced_of_vendors(code).next())
}

/// Removes duplicates, keeps the order, and cuts the list at `cap` items.
pub(super) fn unique(items: Vec<String>, cap: usize) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for item in items {
        if kept.len() < cap && !kept.contains(&item) {
            kept.push(item);
        }
    }
    kept
}
