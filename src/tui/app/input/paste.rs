//! Pastes that do not arrive as they are: with doubled line breaks, or as if they were typed.

use crossterm::event::{Event, KeyCode, KeyModifiers};

use super::Input;

/// What the names of terminals begin with that mark a paste as one (bracketed paste).
const MARKING: [&str; 15] = [
    "alacritty",
    "contour",
    "foot",
    "ghostty",
    "gnome",
    "iterm",
    "kitty",
    "konsole",
    "mintty",
    "rxvt",
    "st-",
    "tmux",
    "vte",
    "wezterm",
    "xterm",
];

/// Whether the terminal marks pastes, by `TERM`.
pub(super) fn marks_pastes(term: Option<&str>) -> bool {
    let known = |term: &str| term == "st" || MARKING.iter().any(|begin| term.starts_with(begin));
    term.is_some_and(known)
}

/// Whether octets that arrived at once are several lines, which nobody types that fast.
pub(super) fn is_burst(octets: &[u8]) -> bool {
    let is_text = |octet: &u8| matches!(octet, b'\t' | b'\n' | b'\r' | b' '..=b'~' | 0x80..);
    let lines = octets.split(|octet| matches!(octet, b'\r' | b'\n'));
    octets.iter().all(is_text) && lines.filter(|line| !line.is_empty()).count() >= 2
}

/// Events that were read at once. A pasted text may contain the mark of its own end: lines behind it are
/// of the paste, too, as nobody types them that fast. Enter alone is a key.
pub(super) fn with_lines_behind(read: Vec<Input>) -> Vec<Input> {
    let is_paste = |input: &Input| matches!(input, Input::Event(Event::Paste(_)));
    let Some(at) = read.iter().position(is_paste) else {
        return read;
    };
    let texts: Option<Vec<String>> = read[at..].iter().map(text_of).collect();
    let behind: String = read[at + 1..].iter().filter_map(text_of).collect();
    let breaks = behind.matches('\r').count();
    match texts {
        Some(texts) if breaks > 0 && behind.len() > breaks => {
            let mut read = read;
            read.truncate(at);
            read.push(Input::Event(Event::Paste(texts.concat())));
            read
        }
        _ => read,
    }
}

/// The text that an event types. `None` if it does something else.
fn text_of(input: &Input) -> Option<String> {
    match input {
        Input::Event(Event::Paste(text)) => Some(text.clone()),
        Input::Event(Event::Key(key)) => match key.code {
            KeyCode::Char(letter) if key.modifiers.difference(KeyModifiers::SHIFT).is_empty() => {
                Some(letter.into())
            }
            KeyCode::Enter if key.modifiers.is_empty() => Some("\r".to_owned()),
            KeyCode::Tab if key.modifiers.is_empty() => Some("\t".to_owned()),
            _ => None,
        },
        _ => None,
    }
}

/// The text with its line breaks halved if all are doubled: xterm and st send CR LF as CR CR. A text
/// with a header that only a blank line divides from its body is left as it is.
pub(super) fn undoubled(text: String) -> String {
    let breaks = text.split(|c| c != '\r').filter(|run| !run.is_empty());
    let doubled = !text.contains('\n') && breaks.clone().all(|run| run.len() % 2 == 0);
    if !doubled || !text.contains('\r') {
        return text;
    }
    let halved = text.replace("\r\r", "\r");
    let blank_lines = breaks.clone().any(|run| run.len() > 2);
    if blank_lines || !joins_header_and_body(&halved) {
        halved
    } else {
        text
    }
}

/// Whether a header is followed by a line that is neither a header nor continues one.
fn joins_header_and_body(text: &str) -> bool {
    let mut lines = text.trim_end_matches('\r').split('\r');
    let continues = |line: &str| is_header(line) || line.starts_with([' ', '\t']);
    lines.next().is_some_and(is_header) && lines.any(|line| !continues(line))
}

/// Whether a line is a header field, as in `Subject: x`; `MAIL FROM:<x>` is not.
fn is_header(line: &str) -> bool {
    let name = line.split_once(':').map_or("", |(name, _)| name);
    !name.is_empty() && name.bytes().all(|octet| octet.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_behind_the_mark_of_the_end_are_pasted() {
        let pasted = |text: &str| Input::Event(Event::Paste(text.to_owned()));
        let typed = |text: &str| -> Vec<Input> {
            let code = |letter| match letter {
                '\r' => KeyCode::Enter,
                letter => KeyCode::Char(letter),
            };
            let key = |letter| Input::Event(Event::Key(code(letter).into()));
            text.chars().map(key).collect()
        };
        let read = |text: &str| [vec![pasted("NOOP")], typed(text)].concat();
        for behind in ["b\rQUIT\r", "\rQUIT\r", "\rQ"] {
            let expected = vec![pasted(&format!("NOOP{behind}"))];
            assert_eq!(with_lines_behind(read(behind)), expected, "{behind:?}");
        }
        // As two marked pastes.
        let both = [read("\rQUIT\r"), vec![pasted("x")]].concat();
        assert_eq!(with_lines_behind(both), vec![pasted("NOOP\rQUIT\rx")]);
        // Typed ahead of a slow line.
        for behind in ["", "\r", " x"] {
            assert_eq!(with_lines_behind(read(behind)), read(behind), "{behind:?}");
        }
        assert_eq!(with_lines_behind(typed("a\rb\r")), typed("a\rb\r"));
    }

    #[test]
    fn doubled_line_breaks_are_halved() {
        let table = [
            ("EHLO a\r\rQUIT\r\r", "EHLO a\rQUIT\r"),
            ("EHLO a\r\rQUIT", "EHLO a\rQUIT"),
            ("NOOP\r\r", "NOOP\r"),
            (
                "MAIL FROM:<a>\r\rRCPT TO:<b>\r\r",
                "MAIL FROM:<a>\rRCPT TO:<b>\r",
            ),
            (
                "From: a\r\rTo: b\r\r\r\rtext\r\r",
                "From: a\rTo: b\r\rtext\r",
            ),
            ("From: a\r\rTo: b\r\r\tc\r\r", "From: a\rTo: b\r\tc\r"),
            // These came as they are.
            ("EHLO a\rQUIT\r", "EHLO a\rQUIT\r"),
            (
                "DATA\rSubject: x\r\rtext\r.\r",
                "DATA\rSubject: x\r\rtext\r.\r",
            ),
            ("a\r\r\rb\r\r", "a\r\r\rb\r\r"),
            ("a\r\nb\r\n", "a\r\nb\r\n"),
            ("a\n\nb\n\n", "a\n\nb\n\n"),
            ("Subject: x\r\rtext", "Subject: x\r\rtext"),
            (
                "Subject: x\r\rone\r\rtwo\r\r",
                "Subject: x\r\rone\r\rtwo\r\r",
            ),
            ("NOOP", "NOOP"),
            ("", ""),
        ];
        for (text, expected) in table {
            assert_eq!(undoubled(text.to_owned()), expected, "{text:?}");
        }
    }

    #[test]
    fn several_lines_at_once_are_a_burst() {
        let table: &[(&[u8], bool)] = &[
            (b"EHLO a\rQUIT\r", true),
            (b"EHLO a\rQUIT", true),
            (b"EHLO a\r\nQUIT", true),
            ("EHLO a\rNOOP é".as_bytes(), true),
            (b"NOOP\r", false),
            (b"NOOP", false),
            (b"\r\r\r", false),
            (b"NOOP\r\r", false),
            (b"NOOP\r\x1b[A\r", false),
            (b"NOOP\rQUIT\x7f\r", false),
        ];
        for (octets, expected) in table {
            assert_eq!(is_burst(octets), *expected, "{octets:?}");
        }
    }

    #[test]
    fn terminals_that_mark_pastes() {
        let table = [
            (Some("xterm-256color"), true),
            (Some("rxvt-unicode-256color"), true),
            (Some("st-256color"), true),
            (Some("tmux-256color"), true),
            (Some("screen-256color"), false),
            (Some("linux"), false),
            (Some("vt100"), false),
            (Some("stv52"), false),
            (None, false),
        ];
        for (term, expected) in table {
            assert_eq!(marks_pastes(term), expected, "{term:?}");
        }
    }
}
