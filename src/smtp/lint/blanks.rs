//! What stands between the pieces, and characters that no command holds.

use super::{Findings, Lint};
use crate::smtp::command::Verb;
use crate::smtp::grammar::TypedLine;

pub(super) fn check(line: &TypedLine<'_>, findings: &mut Findings) {
    let end = line.text.len();
    let mut at = 0;
    for (number, piece) in line.pieces.iter().enumerate() {
        let gap = at..piece.span.start;
        at = piece.span.end;
        let blanks = &line.text[gap.clone()];
        if number == 0 && !blanks.is_empty() {
            findings
                .add(Lint::LeadingBlank, gap.clone())
                .fixed_by(gap, "");
        } else if blanks.contains('\t') {
            findings.add(Lint::Tab, gap.clone()).fixed_by(gap, " ");
        } else if blanks.len() > 1 {
            findings
                .add(Lint::DoubleBlank, gap.clone())
                .fixed_by(gap, " ");
        }
    }
    if at < end {
        findings
            .add(Lint::TrailingBlank, at..end)
            .fixed_by(at..end, "")
            .unfinished_if(&line.text[at..end] == " " && !line.verb.stands_alone());
    }
    // An address has its own word on this, and free text may hold what it likes.
    if matches!(line.verb, Verb::Vrfy | Verb::Expn | Verb::Noop | Verb::Help) {
        return;
    }
    let address = line
        .path
        .as_ref()
        .map_or(end..end, |path| path.address.clone());
    let strange = line
        .text
        .char_indices()
        .find(|(at, character)| !character.is_ascii() && !address.contains(at));
    if let Some((at, character)) = strange {
        findings.add(Lint::NonAscii(character), at..at + character.len_utf8());
    }
}
