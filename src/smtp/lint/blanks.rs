//! Checks the blanks between tokens, and non-ASCII characters.

use super::{Diagnostics, Lint};
use crate::smtp::command::Verb;
use crate::smtp::grammar::ParsedCommand;

pub(super) fn check(line: &ParsedCommand<'_>, diagnostics: &mut Diagnostics) {
    let end = line.text.len();
    let mut at = 0;
    for (number, token) in line.tokens.iter().enumerate() {
        let gap = at..token.span.start;
        at = token.span.end;
        let blanks = &line.text[gap.clone()];
        if number == 0 && !blanks.is_empty() {
            diagnostics
                .add(Lint::LeadingBlank, gap.clone())
                .fixed_by(gap, "");
        } else if blanks.contains('\t') {
            diagnostics.add(Lint::Tab, gap.clone()).fixed_by(gap, " ");
        } else if blanks.len() > 1 {
            diagnostics
                .add(Lint::DoubleBlank, gap.clone())
                .fixed_by(gap, " ");
        }
    }
    if at < end {
        diagnostics
            .add(Lint::TrailingBlank, at..end)
            .fixed_by(at..end, "")
            .unfinished_if(&line.text[at..end] == " " && !line.verb.takes_no_argument());
    }
    // Addresses have a lint of their own, and free text may contain anything.
    if matches!(line.verb, Verb::Vrfy | Verb::Expn | Verb::Noop | Verb::Help) {
        return;
    }
    let address = line
        .path
        .as_ref()
        .map_or(end..end, |path| path.address.clone());
    let non_ascii = line
        .text
        .char_indices()
        .find(|(at, character)| !character.is_ascii() && !address.contains(at));
    if let Some((at, character)) = non_ascii {
        diagnostics.add(Lint::NonAscii(character), at..at + character.len_utf8());
    }
}
