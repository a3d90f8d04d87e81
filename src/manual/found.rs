//! All that the manual's tables know about one reply, and which of it tells most.

use super::enhanced::{Enhanced, enhanced_in_class, enhanced_of_vendors};
use super::provider::Provider;
use super::remark::is_masked_greeting;
use super::reply_code::{CodeAfter, ReplyCode, asked_key, reply_code};
use super::rule::{Heard, Rule, symptom, symptom_in};
use super::source::cite;
use crate::smtp::{Awaited, Class, Code, EnhancedCode};

/// Causes and pieces of advice that are listed.
const LISTED: usize = 6;

/// All that is known about a reply, the most telling first.
pub(super) struct Found<'a> {
    number: u16,
    of_provider: Option<&'a Rule>,
    symptom: Option<&'a Rule>,
    /// The enhanced code's row, IANA's or a vendor's.
    enhanced: Option<&'a Enhanced>,
    code: Option<&'a ReplyCode>,
    after: Option<&'a CodeAfter>,
}

impl<'a> Found<'a> {
    /// Looks a reply up: its code, the enhanced code that counts, its text in small letters.
    pub(super) fn new(
        awaited: Option<Awaited>,
        code: Code,
        enhanced: Option<EnhancedCode>,
        provider: Option<&'a Provider>,
        lowered: &str,
    ) -> Self {
        let greeted = matches!(awaited, None | Some(Awaited::Greeting));
        let masked = greeted && code.number() == 220 && is_masked_greeting(lowered);
        let awaited = awaited.map(asked_key);
        let heard = Heard {
            code: code.number(),
            enhanced,
            text: lowered,
            awaited,
        };
        let row = reply_code(code);
        Self {
            number: code.number(),
            of_provider: provider
                .filter(|_| code.is_negative())
                .and_then(|provider| provider.reads(&heard)),
            symptom: if masked {
                symptom("MASKED-GREETING")
            } else {
                symptom_in(&heard).filter(|_| code.class() != Class::Success)
            },
            enhanced: enhanced.and_then(|enhanced| enhanced_row(enhanced, provider)),
            code: row,
            after: awaited.and_then(|awaited| row.and_then(|row| row.on.get(awaited))),
        }
    }

    /// What the provider means by it.
    pub(super) fn of_provider(&self) -> Option<&'a Rule> {
        self.of_provider
    }

    /// What has to be said beside a code that no standard defines.
    pub(super) fn doubt(&self) -> Option<&'static str> {
        self.code.and_then(|row| row.status.words())
    }

    /// The rule that fits, the provider's own before one for all.
    fn rule(&self) -> Option<&'a Rule> {
        self.of_provider.or(self.symptom)
    }

    /// The enhanced code's row, where it says more than the reply code.
    fn telling(&self) -> Option<&'a Enhanced> {
        self.enhanced
            .filter(|row| !row.vague && !row.vague_with.contains(&self.number))
    }

    /// The one thing to know.
    pub(super) fn headline(&self) -> &str {
        let rule = self.rule().map(|rule| rule.means.as_str());
        let enhanced = || self.telling().map(|row| row.means.as_str());
        rule.or_else(enhanced).unwrap_or_else(|| self.code_words())
    }

    /// Whether more is known than what the reply code means.
    pub(super) fn is_particular(&self) -> bool {
        self.headline() != self.code_words()
    }

    /// What the reply code means here.
    pub(super) fn code_words(&self) -> &str {
        let after = self.after.map(|after| after.means.as_str());
        after
            .or(self.code.map(|row| row.means.as_str()))
            .unwrap_or("")
    }

    /// The usual causes.
    pub(super) fn causes(&self) -> Vec<String> {
        let told = |causes: Option<&Vec<String>>| causes.cloned().unwrap_or_default();
        let mut causes = told(self.rule().map(|rule| &rule.causes));
        if causes.is_empty() {
            causes = told(self.telling().map(|row| &row.causes));
        }
        // A password that changed on its way looks like any other refusal, so it is always told.
        let login = self.code.is_some_and(|row| row.source.starts_with("4954"));
        if causes.is_empty() || login {
            causes.extend(told(self.code.map(|row| &row.causes)));
        }
        unique(causes, LISTED)
    }

    /// The advice of what is most telling.
    pub(super) fn next(&self) -> Vec<String> {
        let sources = [
            self.rule().map(|rule| &rule.next),
            self.telling().map(|row| &row.next),
            self.after.map(|after| &after.next),
            self.code.map(|row| &row.next),
        ];
        let mut sources = sources.into_iter().flatten();
        let next = sources.find(|next| !next.is_empty());
        unique(next.cloned().unwrap_or_default(), LISTED)
    }

    /// Whether it is the name given with EHLO that is refused.
    pub(super) fn refuses_name(&self) -> bool {
        let sources = [
            self.rule().map(|rule| rule.refuses_name),
            self.telling().map(|row| row.refuses_name),
            self.after.map(|after| after.refuses_name),
        ];
        // The first that knows anything decides, as it does about what to try.
        sources.into_iter().flatten().next() == Some(true)
    }

    /// Where it is defined.
    pub(super) fn sources(&self) -> Vec<String> {
        let sources = [
            self.code.map(|row| cite(&row.source)),
            self.enhanced.map(|row| cite(&row.source)),
            self.symptom.map(|rule| cite(&rule.source)),
        ];
        let known = sources
            .into_iter()
            .flatten()
            .filter(|source| !source.is_empty());
        unique(known.collect(), LISTED)
    }
}

/// The row that counts: the provider's own, IANA's, or else any vendor's.
pub(super) fn enhanced_row(
    code: EnhancedCode,
    provider: Option<&Provider>,
) -> Option<&'static Enhanced> {
    let is_theirs = |row: &&Enhanced| {
        let theirs = provider.into_iter().flat_map(|provider| &provider.codes);
        theirs
            .into_iter()
            .any(|vendor| row.by.as_ref() == Some(vendor))
    };
    enhanced_of_vendors(code)
        .find(is_theirs)
        .or_else(|| enhanced_in_class(code))
        .or_else(|| enhanced_of_vendors(code).next())
}

/// Each once, in order, so many at most.
pub(super) fn unique(words: Vec<String>, most: usize) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for word in words {
        if kept.len() < most && !kept.contains(&word) {
            kept.push(word);
        }
    }
    kept
}
