//! The rows of the manual's tables that match one reply, and which of them says most.

use super::enhanced::{EnhancedCodeDoc, enhanced_in_class, enhanced_of_vendors};
use super::provider::Provider;
use super::remark::is_masked_greeting;
use super::reply_code::{CodeMeaning, ReplyCodeDoc, awaited_key, reply_code};
use super::rule::{ReplyRule, RuleInput, best_symptom, symptom};
use super::source::cite;
use crate::smtp::{Awaited, Class, Code, EnhancedCode};

/// The most causes, actions or sources that are listed.
const LIST_CAP: usize = 6;

/// The rows that match a reply, the most specific first.
pub(super) struct Matches<'a> {
    number: u16,
    provider_rule: Option<&'a ReplyRule>,
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
        awaited: Option<Awaited>,
        code: Code,
        enhanced: Option<EnhancedCode>,
        provider: Option<&'a Provider>,
        lowered: &str,
    ) -> Self {
        let may_be_greeting = matches!(awaited, None | Some(Awaited::Greeting));
        let masked = may_be_greeting && code.number() == 220 && is_masked_greeting(lowered);
        let awaited = awaited.map(awaited_key);
        let input = RuleInput {
            code: code.number(),
            enhanced,
            text: lowered,
            awaited,
        };
        let row = reply_code(code);
        Self {
            number: code.number(),
            provider_rule: provider
                .filter(|_| code.is_negative())
                .and_then(|provider| provider.best_rule(&input)),
            symptom: if masked {
                symptom("MASKED-GREETING")
            } else {
                best_symptom(&input).filter(|_| code.class() != Class::Success)
            },
            enhanced: enhanced.and_then(|enhanced| enhanced_doc(enhanced, provider)),
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

    /// Whether the headline says more than the reply code.
    pub(super) fn is_specific(&self) -> bool {
        self.headline() != self.code_text()
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
        let list = |causes: Option<&Vec<String>>| causes.cloned().unwrap_or_default();
        let mut causes = list(self.rule().map(|rule| &rule.causes));
        if causes.is_empty() {
            causes = list(self.specific_enhanced().map(|row| &row.causes));
        }
        // A password altered on the way looks like any other refusal, so the general causes of a
        // login failure are always listed.
        let login = self.code.is_some_and(|row| row.source.starts_with("4954"));
        if causes.is_empty() || login {
            causes.extend(list(self.code.map(|row| &row.causes)));
        }
        unique(causes, LIST_CAP)
    }

    /// What to do, from the most specific row that says so.
    pub(super) fn next(&self) -> Vec<String> {
        let sources = [
            self.rule().map(|rule| &rule.next),
            self.specific_enhanced().map(|row| &row.next),
            self.after.map(|after| &after.next),
            self.code.map(|row| &row.next),
        ];
        let mut sources = sources.into_iter().flatten();
        let next = sources.find(|next| !next.is_empty());
        unique(next.cloned().unwrap_or_default(), LIST_CAP)
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

    /// Where the codes and the symptom are defined.
    pub(super) fn sources(&self) -> Vec<String> {
        let sources = [
            self.code.map(|row| cite(&row.source)),
            self.enhanced.map(|row| cite(&row.source)),
            self.symptom.map(|rule| cite(&rule.source)),
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
