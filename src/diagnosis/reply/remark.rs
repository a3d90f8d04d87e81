//! Remarks on a greeting or an EHLO reply: keywords that a middlebox has overwritten, duplicates for
//! old clients, unregistered keywords.

use crate::manual::{ExtensionStatus, extension_of, sentence};
use crate::smtp::{Capabilities, Keyword, Reply};

/// The most remarks on one EHLO reply.
const REMARKS_CAP: usize = 8;
/// The most characters of a keyword that a remark repeats.
const NAME_CAP: usize = 40;
/// The fewest asterisks in a masked greeting.
const STARS: usize = 4;

/// Whether a middlebox has overwritten the greeting, as Cisco's inspection does: `****`,
/// `****0**2***`.
pub(super) fn is_masked_greeting(text: &str) -> bool {
    let stars = text.matches('*').count();
    let others = text
        .chars()
        .filter(|c| *c != '*' && !c.is_whitespace())
        .count();
    stars >= STARS && stars >= others
}

/// Remarks on the keywords of an EHLO reply. They repeat the keywords unescaped.
pub(super) fn on_keywords(reply: &Reply) -> Vec<String> {
    let capabilities = Capabilities::parse(reply);
    let remarks = capabilities.keywords.iter().filter_map(on_keyword);
    remarks.take(REMARKS_CAP).collect()
}

fn on_keyword(keyword: &Keyword) -> Option<String> {
    let name: String = keyword.name.chars().take(NAME_CAP).collect();
    let Some(row) = extension_of(keyword) else {
        return Some(format!("{name}: {}", sentence("unknown-keyword")));
    };
    let old_auth = keyword.parameters.starts_with('=');
    let equals = if old_auth { "=" } else { "" };
    let parameters: String = keyword.parameters.chars().skip(1).take(NAME_CAP).collect();
    let name = if old_auth {
        format!("{name}{equals}{parameters}")
    } else {
        name
    };
    (row.status != ExtensionStatus::Registered).then(|| format!("{name}: {}", row.means))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masked_greeting_is_mostly_asterisks() {
        let table = [
            ("****************", true),
            ("**** ****", true),
            ("********0*2****0******", true),
            ("mx.example esmtp", false),
            ("*** welcome to mx.example ***", false),
            ("", false),
        ];
        for (text, expected) in table {
            assert_eq!(is_masked_greeting(text), expected, "{text}");
        }
    }
}
