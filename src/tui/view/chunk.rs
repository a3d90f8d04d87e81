//! The words about a BDAT chunk that needs more octets.

use crate::manual::PhaseHint;
use crate::smtp::{ChunkPiece, count};

/// What is due, and what Enter sends of the typed text.
pub(super) fn words(typed: &str, left: u64) -> PhaseHint {
    PhaseHint {
        help: help(typed, left),
        next: format!("{} of the chunk", octets(left)),
    }
}

fn help(typed: &str, left: u64) -> String {
    if typed.is_empty() {
        return match left {
            1 => {
                "Type the last octet of the chunk. Enter adds no CR LF: it does not fit.".to_owned()
            }
            _ => "Type or paste them. Enter counts as CR LF, 2 octets, if both fit.".to_owned(),
        };
    }
    let Some(piece) = ChunkPiece::of(typed, left) else {
        return "!! The chunk ends inside a character: Enter sends nothing.".to_owned();
    };
    let beyond = typed.len() - piece.octets;
    if beyond > 0 {
        return format!(
            "!! Enter sends {}: the chunk is complete. {beyond} beyond it stay here.",
            octets(piece.size())
        );
    }
    let ending = if piece.ended {
        "CR LF included"
    } else {
        "without CR LF"
    };
    match left - piece.size() {
        0 => format!(
            "Enter sends {}, {ending}: the chunk is complete.",
            octets(piece.size())
        ),
        rest => format!(
            "Enter sends {}, {ending}; {rest} due then.",
            octets(piece.size())
        ),
    }
}

fn octets(number: u64) -> String {
    count(number, "octet", "octets")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_enter_sends() {
        let table = [
            (
                "hello",
                19,
                "Enter sends 7 octets, CR LF included; 12 due then.",
            ),
            (
                "hello",
                7,
                "Enter sends 7 octets, CR LF included: the chunk is complete.",
            ),
            (
                "hello",
                6,
                "Enter sends 5 octets, without CR LF; 1 due then.",
            ),
            (
                "hello",
                5,
                "Enter sends 5 octets, without CR LF: the chunk is complete.",
            ),
            (
                "hello",
                4,
                "!! Enter sends 4 octets: the chunk is complete. 1 beyond it stay here.",
            ),
            (
                "\u{e9}",
                1,
                "!! The chunk ends inside a character: Enter sends nothing.",
            ),
        ];
        for (typed, left, expected) in table {
            assert_eq!(help(typed, left), expected, "{typed} in {left}");
        }
    }
}
