//! A typed line in its pieces, each with its place in the text: the verb, its arguments, its
//! parameters. Nothing is refused here; a line of any shape has pieces.

use std::ops::Range;

use super::command::Verb;

/// What a piece of a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The verb.
    Verb,
    /// An argument of the verb, counted from 0.
    Argument(usize),
    /// A parameter behind the arguments (RFC 5321 section 4.1.1.11).
    Parameter,
}

/// A piece of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// What it is.
    pub role: Role,
    /// Where it stands, in octets.
    pub span: Range<usize>,
}

/// The argument of MAIL or RCPT, taken apart. What is not there is an empty range where it would
/// stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// `FROM` or `TO`, as typed.
    pub keyword: Range<usize>,
    /// The colon behind it.
    pub colon: Range<usize>,
    /// Blanks around the colon: before and behind.
    pub blanks: [Range<usize>; 2],
    /// The address, with its angle brackets.
    pub address: Range<usize>,
    /// What is glued to the closing bracket.
    pub tail: Range<usize>,
}

/// A typed line in its pieces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypedLine<'a> {
    /// The line.
    pub text: &'a str,
    /// What its first word means.
    pub verb: Verb,
    /// The pieces in order.
    pub pieces: Vec<Piece>,
    /// The argument of MAIL or RCPT.
    pub path: Option<Path>,
}

impl<'a> TypedLine<'a> {
    /// Takes a line apart.
    pub fn read(text: &'a str) -> Self {
        let first = word(text, 0);
        let verb = Verb::parse(&text[first.clone()]);
        let mut line = Self {
            text,
            verb,
            pieces: Vec::new(),
            path: None,
        };
        if first.is_empty() {
            return line;
        }
        let mut at = first.end;
        line.push(Role::Verb, first);
        if let Some(keyword) = line.keyword() {
            let path = Path::read(text, at, keyword);
            let whole = path.whole();
            at = whole.end;
            if !whole.is_empty() {
                line.push(Role::Argument(0), whole);
            }
            line.path = Some(path);
        }
        loop {
            let span = word(text, at);
            if span.is_empty() {
                return line;
            }
            at = span.end;
            line.push(line.role_behind(&text[span.clone()]), span);
        }
    }

    /// The keyword that the path of this verb begins with.
    pub fn keyword(&self) -> Option<&'static str> {
        match self.verb {
            Verb::Mail => Some("FROM"),
            Verb::Rcpt => Some("TO"),
            _ => None,
        }
    }

    /// The text of a piece.
    pub fn text_of(&self, piece: &Piece) -> &'a str {
        &self.text[piece.span.clone()]
    }

    /// Where the last piece ends. What stands behind it are blanks: spaces and tabs, and nothing else
    /// that Unicode counts among them.
    pub fn end(&self) -> usize {
        self.pieces.last().map_or(0, |piece| piece.span.end)
    }

    /// The first word as typed.
    pub fn first_word(&self) -> &'a str {
        self.pieces.first().map_or("", |piece| self.text_of(piece))
    }

    /// The pieces that are arguments.
    pub fn arguments(&self) -> impl Iterator<Item = &Piece> {
        let is_argument = |piece: &&Piece| matches!(piece.role, Role::Argument(_));
        self.pieces.iter().filter(is_argument)
    }

    /// The pieces that are parameters.
    pub fn parameters(&self) -> impl Iterator<Item = &Piece> {
        self.pieces
            .iter()
            .filter(|piece| piece.role == Role::Parameter)
    }

    /// The piece in which or at the end of which an offset stands. Between pieces it is the empty
    /// one that typing there would begin.
    pub fn at(&self, offset: usize) -> Piece {
        let here = |piece: &&Piece| (piece.span.start..=piece.span.end).contains(&offset);
        if let Some(piece) = self.pieces.iter().find(here) {
            return piece.clone();
        }
        let before = self
            .pieces
            .iter()
            .filter(|piece| piece.span.end < offset)
            .count();
        let role = match before {
            0 => Role::Verb,
            _ => self.role_at(before, ""),
        };
        Piece {
            role,
            span: offset..offset,
        }
    }

    fn push(&mut self, role: Role, span: Range<usize>) {
        self.pieces.push(Piece { role, span });
    }

    fn role_behind(&self, word: &str) -> Role {
        self.role_at(self.pieces.len(), word)
    }

    /// What a word is that stands behind so many pieces.
    fn role_at(&self, before: usize, word: &str) -> Role {
        match self.verb {
            Verb::Mail | Verb::Rcpt if before > 1 => Role::Parameter,
            Verb::Vrfy | Verb::Expn if before > 1 && super::parameter::find(word).is_some() => {
                Role::Parameter
            }
            _ => Role::Argument(before.saturating_sub(1)),
        }
    }
}

impl Path {
    fn read(text: &str, from: usize, expected: &str) -> Self {
        let start = skip_blanks(text, from);
        let first = &text[start..];
        let end = first
            .find([' ', '\t', ':', '<'])
            .map_or(text.len(), |at| start + at);
        let typed = &text[start..end];
        let keyword = ["FROM", "TO"]
            .iter()
            .any(|word| word.eq_ignore_ascii_case(typed));
        // What is still being typed is read as what it will be.
        let begun = end == text.len()
            && expected
                .get(..typed.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(typed));
        let keyword = if keyword || begun {
            start..end
        } else {
            start..start
        };
        let colon = skip_blanks(text, keyword.end);
        let colon = if text[colon..].starts_with(':') {
            colon..colon + 1
        } else {
            keyword.end..keyword.end
        };
        let begin = skip_blanks(text, colon.end);
        let address = begin..address_end(text, begin);
        let tail = if text[address.clone()].ends_with('>') {
            address.end..word(text, address.end).end.max(address.end)
        } else {
            address.end..address.end
        };
        // Behind a blank begins a word of its own.
        let tail = if text[tail.clone()].starts_with([' ', '\t']) {
            address.end..address.end
        } else {
            tail
        };
        Self {
            blanks: [keyword.end..colon.start, colon.end..begin],
            keyword,
            colon,
            address,
            tail,
        }
    }

    /// All of it.
    pub fn whole(&self) -> Range<usize> {
        self.keyword.start..self.tail.end
    }

    /// The address without its brackets, and the spans of the brackets that are there.
    pub fn bare(&self, text: &str) -> Range<usize> {
        let typed = &text[self.address.clone()];
        let named = !typed.starts_with('<') && typed.ends_with('>');
        let start = match typed.find('<').filter(|at| named || *at == 0) {
            Some(at) => self.address.start + at + 1,
            None => self.address.start,
        };
        let end = self.address.end - usize::from(typed.len() > 1 && typed.ends_with('>'));
        start..end.max(start)
    }

    /// Whether the address has its opening bracket, and its closing one.
    pub fn brackets(&self, text: &str) -> (bool, bool) {
        let typed = &text[self.address.clone()];
        let opened = typed.starts_with('<');
        (opened, typed.ends_with('>'))
    }
}

/// Where the address that begins at `from` ends: behind its `>`, or before a blank; what is quoted
/// counts as one (RFC 5321 section 4.1.2). A blank between brackets, and a name before them, are
/// slips that belong to it.
fn address_end(text: &str, from: usize) -> usize {
    let opened = text[from..].starts_with('<');
    let goes_on = |at: usize| {
        let behind = &text[at..];
        let close = behind.find('>').unwrap_or(0);
        match behind.find('<') {
            Some(open) if !opened => {
                open < close && !text[from..at + open].contains(['@', '=', ',', ';'])
            }
            Some(open) => close < open && close > 0,
            None => opened && close > 0,
        }
    };
    let (mut quoted, mut escaped) = (false, false);
    for (at, character) in text[from..].char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '>' if !quoted => return from + at + 1,
            ' ' | '\t' if !quoted && !goes_on(from + at) => return from + at,
            _ => {}
        }
    }
    text.len()
}

fn skip_blanks(text: &str, from: usize) -> usize {
    text[from..]
        .find(|c| c != ' ' && c != '\t')
        .map_or(text.len(), |at| from + at)
}

/// The word behind the blanks at `from`; empty at the end of the text.
fn word(text: &str, from: usize) -> Range<usize> {
    let start = skip_blanks(text, from);
    let end = text[start..]
        .find([' ', '\t'])
        .map_or(text.len(), |at| start + at);
    start..end
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pieces with a letter for the role of each: `v`, `0` for the first argument, `p`.
    fn pieces(text: &str) -> String {
        let line = TypedLine::read(text);
        let shown = line.pieces.iter().map(|piece| {
            let role = match piece.role {
                Role::Verb => "v".to_owned(),
                Role::Argument(at) => at.to_string(),
                Role::Parameter => "p".to_owned(),
            };
            format!("{role}[{}]", line.text_of(piece))
        });
        shown.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_line_falls_into_pieces() {
        for (text, expected) in [
            ("", ""),
            ("  NOOP", "v[NOOP]"),
            ("EHLO a b", "v[EHLO] 0[a] 1[b]"),
            (
                "MAIL FROM:<a@b> SIZE=1  X",
                "v[MAIL] 0[FROM:<a@b>] p[SIZE=1] p[X]",
            ),
            (
                "mail from: <a@b> SIZE=1",
                "v[mail] 0[from: <a@b>] p[SIZE=1]",
            ),
            (
                "MAIL FROM:<\"a > b\"@c> X",
                "v[MAIL] 0[FROM:<\"a > b\"@c>] p[X]",
            ),
            ("MAIL FROM : a@b X", "v[MAIL] 0[FROM : a@b] p[X]"),
            (
                "MAIL FROM:<a b@c> X=<d>",
                "v[MAIL] 0[FROM:<a b@c>] p[X=<d>]",
            ),
            ("MAIL FROM:<a@b AUTH=<>", "v[MAIL] 0[FROM:<a@b] p[AUTH=<>]"),
            ("MAIL FROM:Al B <a@b> X", "v[MAIL] 0[FROM:Al B <a@b>] p[X]"),
            ("MAIL FROM:a@b AUTH=<>", "v[MAIL] 0[FROM:a@b] p[AUTH=<>]"),
            ("MAIL FROM <a@b>", "v[MAIL] 0[FROM <a@b>]"),
            ("MAIL a@b", "v[MAIL] 0[a@b]"),
            ("MAIL FR", "v[MAIL] 0[FR]"),
            ("MAIL", "v[MAIL]"),
            ("RCPT TO:<a@b>,<c@d> X", "v[RCPT] 0[TO:<a@b>,<c@d>] p[X]"),
            ("RCPT TO:", "v[RCPT] 0[TO:]"),
            (
                "VRFY John Doe SMTPUTF8",
                "v[VRFY] 0[John] 1[Doe] p[SMTPUTF8]",
            ),
            ("AUTH PLAIN x y", "v[AUTH] 0[PLAIN] 1[x] 2[y]"),
        ] {
            assert_eq!(pieces(text), expected, "{text}");
        }
    }

    #[test]
    fn a_cursor_stands_in_a_piece_or_begins_one() {
        for (text, role) in [
            ("|", Role::Verb),
            ("MA|", Role::Verb),
            ("MAIL |", Role::Argument(0)),
            ("MAIL FROM: |", Role::Argument(0)),
            ("MAIL FROM:<a|@b> X", Role::Argument(0)),
            ("MAIL FROM:<a@b> |", Role::Parameter),
            ("MAIL FROM:<a@b> X| Y", Role::Parameter),
            ("AUTH PLAIN |", Role::Argument(1)),
            ("BDAT 1 |", Role::Argument(1)),
        ] {
            let cursor = text.find('|').unwrap();
            let text = text.replace('|', "");
            assert_eq!(TypedLine::read(&text).at(cursor).role, role, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_has_pieces_in_order(text in "(MAIL |RCPT |VRFY |)[A-Z<>:\" \té@\\\\]{0,30}") {
            let line = TypedLine::read(&text);
            let mut end = 0;
            for piece in &line.pieces {
                proptest::prop_assert!(piece.span.start >= end && piece.span.end > piece.span.start);
                end = piece.span.end;
                line.text_of(piece);
            }
            for offset in 0..=text.len() {
                line.at(offset);
            }
        }
    }
}
