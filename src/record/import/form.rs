//! Finds the form of a log. Which mark is the server's is learnt from what follows it, since the same
//! arrows point either way.

use super::envelope::{Place, Shape};
use super::marks::{FORMS, Form, Mark};
use super::smtp_line::{is_command, is_reply};

/// A mark in a line.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Marked {
    pub(super) mark: Mark,
    /// Where the mark begins.
    pub(super) from: usize,
    /// Where the words begin.
    pub(super) to: usize,
    pub(super) shape: Shape,
}

/// What is known after the lines of a log were looked at: a form, and which side is the server.
pub(super) struct Fit {
    pub(super) form: &'static Form,
    /// The server's mark.
    pub(super) server: Mark,
    /// The envelopes of lines that fit, the most frequent first.
    shapes: Vec<Shape>,
    pub(super) score: usize,
}

impl Form {
    /// Each mark of the form in a line.
    fn marks(&self, line: &[u8], places: &[Place]) -> Vec<Marked> {
        let mut marks = Vec::new();
        for place in places {
            let rest = &line[place.at..];
            // A mark of nothing is the last to be found.
            let all = [
                (Mark::Copy, self.copy.as_ref()),
                (Mark::Second, Some(&self.second)),
                (Mark::First, Some(&self.first)),
            ];
            for (mark, pattern) in all {
                if let Some(found) = pattern.and_then(|pattern| pattern.find(rest)) {
                    marks.push(Marked {
                        mark,
                        from: place.at,
                        to: place.at + found.end(),
                        shape: place.shape.clone(),
                    });
                    break;
                }
            }
        }
        marks
    }
}

/// The form whose marks stand before the most lines of both sides. If the marks of a form name the
/// sides, `least` lines of one are enough.
pub(super) fn find(lines: &[(&[u8], Vec<Place>)], least: usize) -> Option<Fit> {
    let mut best: Option<Fit> = None;
    for form in FORMS.iter() {
        if let Some(fit) = fit(form, lines, least)
            && best.as_ref().is_none_or(|best| fit.score > best.score)
        {
            best = Some(fit);
        }
    }
    best
}

fn fit(form: &'static Form, lines: &[(&[u8], Vec<Place>)], least: usize) -> Option<Fit> {
    // Replies and commands behind each of the two marks.
    let mut replies = [0_usize; 2];
    let mut commands = [0_usize; 2];
    let mut others = [0_usize; 2];
    let mut shapes: Vec<(Shape, usize)> = Vec::new();
    for (line, places) in lines {
        let marks = form.marks(line, places);
        let first = marks.first().map(|marked| marked.mark);
        let fitting = marks.into_iter().find_map(|marked| {
            let side = match marked.mark {
                Mark::First => 0,
                Mark::Second => 1,
                Mark::Copy => return None,
            };
            let words = words(&line[marked.to..]);
            if form.literal && !is_literal(words) {
                return None;
            }
            let words = unquoted(words);
            if is_reply(words) {
                replies[side] += 1;
            } else if is_command(words) {
                commands[side] += 1;
            } else {
                return None;
            }
            Some(marked.shape)
        });
        match (&fitting, first) {
            (None, Some(Mark::First)) => others[0] += 1,
            (None, Some(Mark::Second)) => others[1] += 1,
            _ => {}
        }
        if let Some(shape) = fitting {
            match shapes.iter_mut().find(|(known, _)| *known == shape) {
                Some((_, count)) => *count += 1,
                None => shapes.push((shape, 1)),
            }
        }
    }
    let as_named = replies[0] + commands[1];
    let reversed = replies[1] + commands[0];
    let (server, score, against) = if as_named >= reversed {
        (Mark::First, as_named, reversed)
    } else {
        (Mark::Second, reversed, as_named)
    };
    let both = match server {
        Mark::First => replies[0] > 0 && commands[1] > 0,
        _ => replies[1] > 0 && commands[0] > 0,
    };
    let one_side = form.named && score >= least;
    // Replies behind one mark, and behind the other what is no command at all.
    let (replied, other) = match server {
        Mark::First => (replies[0], others[1]),
        _ => (replies[1], others[0]),
    };
    let nonsense = !form.bare && !form.literal && replied > 1 && other > 0 && against == 0;
    if !(both || one_side || nonsense) || against * 3 > score {
        return None;
    }
    shapes.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    Some(Fit {
        form,
        server,
        shapes: shapes.into_iter().map(|(shape, _)| shape).collect(),
        score,
    })
}

impl Fit {
    /// The words of a line without a mark, behind the most frequent envelope.
    pub(super) fn unmarked<'a>(&self, line: &'a [u8], places: &[Place]) -> Option<&'a [u8]> {
        let usual = self.shapes.first().filter(|shape| !shape.is_empty())?;
        let place = places.iter().find(|place| place.shape == *usual)?;
        let words = &line[place.at..];
        Some(words.strip_prefix(b" ").unwrap_or(words))
    }

    /// The mark in a line: the first one before words that fit, else that in the most frequent
    /// envelope.
    pub(super) fn marked(&self, line: &[u8], places: &[Place]) -> Option<Marked> {
        let marks = self.form.marks(line, places);
        let fits = |marked: &&Marked| {
            let words = words(&line[marked.to..]);
            if self.form.literal && marked.mark != Mark::Copy && !is_literal(words) {
                return false;
            }
            let words = unquoted(words);
            match marked.mark {
                Mark::Copy => true,
                mark if mark == self.server => is_reply(words),
                _ => is_command(words),
            }
        };
        if let Some(marked) = marks.iter().find(fits) {
            return Some(marked.clone());
        }
        let usual = |marked: &&Marked| {
            (!self.form.literal || is_literal(words(&line[marked.to..])))
                && (!self.form.bare || marked.mark == Mark::Second)
                && self.shapes.contains(&marked.shape)
        };
        let rank = |marked: &&Marked| {
            let at = |shape: &Shape| self.shapes.iter().position(|one| one == shape);
            at(&marked.shape).unwrap_or(usize::MAX)
        };
        marks.iter().filter(usual).min_by_key(rank).cloned()
    }
}

/// The words behind a mark, without the backtick or the quote that closes them.
fn words(words: &[u8]) -> &[u8] {
    words.strip_suffix(b"`").unwrap_or(words)
}

/// The words of a literal, enough of it to see what they are.
pub(super) fn unquoted(words: &[u8]) -> &[u8] {
    let rest = words.strip_prefix(b"b").unwrap_or(words);
    match rest {
        [b'"' | b'\'', rest @ ..] => rest,
        _ => words,
    }
}

fn is_literal(words: &[u8]) -> bool {
    let rest = words.strip_prefix(b"b").unwrap_or(words);
    matches!(rest, [quote @ (b'"' | b'\''), .., last] if quote == last)
}

#[cfg(test)]
mod tests {
    use super::super::envelope::places;
    use super::*;

    fn find_in(text: &str) -> Option<(&'static str, Mark, usize)> {
        let lines: Vec<_> = text
            .lines()
            .map(|line| (line.as_bytes(), places(line.as_bytes())))
            .collect();
        find(&lines, 2).map(|fit| (fit.form.name, fit.server, fit.score))
    }

    #[test]
    fn the_marks_of_both_sides_are_learnt() {
        let table = [
            ("<-  220 a\n -> EHLO b\n<-  250 a", "swaks", Mark::First),
            (
                "-> \"220 a\\r\\n\"\n<- \"EHLO b\\r\\n\"",
                "Ruby Net::SMTP",
                Mark::First,
            ),
            ("< 220 a\n> EHLO b", "< and >", Mark::First),
            ("> 220 a\n< EHLO b", "< and >", Mark::Second),
            ("> > 220 a\n> < EHLO b", "< and >", Mark::Second),
            ("=> 220 a\n<= QUIT", "<= and =>", Mark::Second),
            (
                "reply: b'220 a\\r\\n'\nsend: 'ehlo b\\r\\n'",
                "smtplib",
                Mark::First,
            ),
            (
                "  510   SMTP<< 220 a\n  510   SMTP>> EHLO b",
                "Exim",
                Mark::First,
            ),
            ("220 a\n>>> EHLO b\n250 c", "sendmail", Mark::First),
        ];
        for (text, name, server) in table {
            let found = find_in(text).map(|(name, server, _)| (name, server));
            assert_eq!(found, Some((name, server)), "{text}");
        }
    }

    #[test]
    fn one_line_is_no_form() {
        for text in [
            "<- 220 a",
            "< 220 a\n> hello",
            "> 220 a\n> EHLO b",
            "-> EHLO a",
        ] {
            assert_eq!(find_in(text), None, "{text}");
        }
    }
}
