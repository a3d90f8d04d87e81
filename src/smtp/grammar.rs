//! Splits a typed command into tokens: the verb, its arguments and its parameters, each with its
//! position. Accepts any text.

use std::ops::Range;

use super::command::Verb;

/// The role of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The verb.
    Verb,
    /// An argument of the verb, counted from 0.
    Argument(usize),
    /// A parameter after the arguments (RFC 5321 section 4.1.1.11).
    Parameter,
}

/// A token of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Its role.
    pub role: Role,
    /// Its range in the text, in octets.
    pub span: Range<usize>,
}

/// The parsed argument of MAIL or RCPT. A missing part is an empty range at its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathArgument {
    /// `FROM` or `TO`, as typed.
    pub keyword: Range<usize>,
    /// The colon after it.
    pub colon: Range<usize>,
    /// The blanks before and after the colon.
    pub blanks: [Range<usize>; 2],
    /// The address with its angle brackets.
    pub address: Range<usize>,
    /// Text after the closing bracket, without a space between.
    pub tail: Range<usize>,
}

/// A typed command, split into tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParsedCommand<'a> {
    /// The text as typed.
    pub text: &'a str,
    /// The verb of the first word.
    pub verb: Verb,
    /// The tokens in order.
    pub tokens: Vec<Token>,
    /// The argument, for MAIL and RCPT.
    pub path: Option<PathArgument>,
}

impl<'a> ParsedCommand<'a> {
    /// Parses a line.
    pub fn parse(text: &'a str) -> Self {
        let first = word(text, 0);
        let verb = Verb::parse(&text[first.clone()]);
        let mut line = Self {
            text,
            verb,
            tokens: Vec::new(),
            path: None,
        };
        if first.is_empty() {
            return line;
        }
        let mut at = first.end;
        line.push(Role::Verb, first);
        if let Some(keyword) = line.keyword() {
            let path = PathArgument::parse(text, at, keyword);
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
            line.push(line.next_role(&text[span.clone()]), span);
        }
    }

    /// The keyword before the path: `FROM` for MAIL, `TO` for RCPT.
    pub fn keyword(&self) -> Option<&'static str> {
        match self.verb {
            Verb::Mail => Some("FROM"),
            Verb::Rcpt => Some("TO"),
            _ => None,
        }
    }

    /// The text of a token.
    pub fn text_of(&self, token: &Token) -> &'a str {
        &self.text[token.span.clone()]
    }

    /// The end of the last token. Only spaces and tabs follow it.
    pub fn end(&self) -> usize {
        self.tokens.last().map_or(0, |token| token.span.end)
    }

    /// The first word as typed.
    pub fn first_word(&self) -> &'a str {
        self.tokens.first().map_or("", |token| self.text_of(token))
    }

    /// The tokens that are arguments.
    pub fn arguments(&self) -> impl Iterator<Item = &Token> {
        let is_argument = |token: &&Token| matches!(token.role, Role::Argument(_));
        self.tokens.iter().filter(is_argument)
    }

    /// The tokens that are parameters.
    pub fn parameters(&self) -> impl Iterator<Item = &Token> {
        self.tokens
            .iter()
            .filter(|token| token.role == Role::Parameter)
    }

    /// The token at an offset, including its end. Between tokens, the empty token that typing there
    /// would begin.
    pub fn token_at(&self, offset: usize) -> Token {
        let here = |token: &&Token| (token.span.start..=token.span.end).contains(&offset);
        if let Some(token) = self.tokens.iter().find(here) {
            return token.clone();
        }
        let before = self
            .tokens
            .iter()
            .filter(|token| token.span.end < offset)
            .count();
        let role = match before {
            0 => Role::Verb,
            _ => self.role_at(before, ""),
        };
        Token {
            role,
            span: offset..offset,
        }
    }

    fn push(&mut self, role: Role, span: Range<usize>) {
        self.tokens.push(Token { role, span });
    }

    fn next_role(&self, word: &str) -> Role {
        self.role_at(self.tokens.len(), word)
    }

    /// The role of a word with `before` tokens before it.
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

impl PathArgument {
    fn parse(text: &str, from: usize, expected: &str) -> Self {
        let start = skip_blanks(text, from);
        let first = &text[start..];
        let end = first
            .find([' ', '\t', ':', '<'])
            .map_or(text.len(), |at| start + at);
        let typed = &text[start..end];
        let keyword = ["FROM", "TO"]
            .iter()
            .any(|word| word.eq_ignore_ascii_case(typed));
        // A word still being typed counts as the expected keyword.
        let incomplete = end == text.len()
            && expected
                .get(..typed.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(typed));
        let keyword = if keyword || incomplete {
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
        // After a blank, a new word begins.
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

    /// The range of the whole argument.
    pub fn whole(&self) -> Range<usize> {
        self.keyword.start..self.tail.end
    }

    /// The range of the address without its brackets.
    pub fn bare_address(&self, text: &str) -> Range<usize> {
        let typed = &text[self.address.clone()];
        let named = !typed.starts_with('<') && typed.ends_with('>');
        let start = match typed.find('<').filter(|at| named || *at == 0) {
            Some(at) => self.address.start + at + 1,
            None => self.address.start,
        };
        let end = self.address.end - usize::from(typed.len() > 1 && typed.ends_with('>'));
        start..end.max(start)
    }

    /// Whether the address begins with `<`, and whether it ends with `>`.
    pub fn brackets(&self, text: &str) -> (bool, bool) {
        let typed = &text[self.address.clone()];
        let opened = typed.starts_with('<');
        (opened, typed.ends_with('>'))
    }
}

/// The end of the address that begins at `from`: after its `>`, or before a blank outside quotes
/// (RFC 5321 section 4.1.2). Blanks between the brackets and a name before them are mistakes, but
/// belong to it.
fn address_end(text: &str, from: usize) -> usize {
    let opened = text[from..].starts_with('<');
    let continues = |at: usize| {
        let rest = &text[at..];
        let close = rest.find('>').unwrap_or(0);
        match rest.find('<') {
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
            ' ' | '\t' if !quoted && !continues(from + at) => return from + at,
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

/// The range of the word after the blanks at `from`; empty at the end of the text.
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

    /// The tokens, each with its role: `v`, the number of the argument, or `p`.
    fn tokens(text: &str) -> String {
        let line = ParsedCommand::parse(text);
        let shown = line.tokens.iter().map(|token| {
            let role = match token.role {
                Role::Verb => "v".to_owned(),
                Role::Argument(at) => at.to_string(),
                Role::Parameter => "p".to_owned(),
            };
            format!("{role}[{}]", line.text_of(token))
        });
        shown.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn splits_lines_into_tokens() {
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
            assert_eq!(tokens(text), expected, "{text}");
        }
    }

    #[test]
    fn finds_the_token_at_the_cursor() {
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
            assert_eq!(
                ParsedCommand::parse(&text).token_at(cursor).role,
                role,
                "{text}"
            );
        }
    }

    proptest::proptest! {
        #[test]
        fn tokens_of_any_text_are_in_order(
            text in "(MAIL |RCPT |VRFY |)[A-Z<>:\" \té@\\\\]{0,30}",
        ) {
            let line = ParsedCommand::parse(&text);
            let mut end = 0;
            for token in &line.tokens {
                let span = &token.span;
                proptest::prop_assert!(span.start >= end && span.end > span.start);
                end = span.end;
                line.text_of(token);
            }
            for offset in 0..=text.len() {
                line.token_at(offset);
            }
        }
    }
}
