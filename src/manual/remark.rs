//! What is worth a word about a greeting or an answer to EHLO: keywords that a box on the way has
//! overwritten, duplicates for old clients, words that nobody registered.

use super::extension::{Status, extension_of};
use super::sentence;
use crate::smtp::{Capabilities, Keyword, Reply};

/// Keywords of one answer that are remarked on.
const REMARKS_CAP: usize = 8;
/// Characters of a keyword that are repeated.
const NAME_CAP: usize = 40;
/// Stars from which on a greeting is taken for overwritten.
const STARS: usize = 4;

/// Whether a greeting's text was overwritten, as Cisco's inspection does it: `****`, `****0**2***`.
pub(super) fn is_masked_greeting(text: &str) -> bool {
    let stars = text.matches('*').count();
    let others = text
        .chars()
        .filter(|c| *c != '*' && !c.is_whitespace())
        .count();
    stars >= STARS && stars >= others
}

/// Remarks on the keywords of an answer to EHLO. The keywords are repeated as they came.
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
    (row.status != Status::Registered).then(|| format!("{name}: {}", row.means))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_are_a_box_on_the_way() {
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
