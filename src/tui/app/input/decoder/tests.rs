//! The keys of terminals as data, and what is no key.

use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

use super::*;

const NONE: KeyModifiers = KeyModifiers::NONE;
const SHIFT: KeyModifiers = KeyModifiers::SHIFT;
const ALT: KeyModifiers = KeyModifiers::ALT;
const CONTROL: KeyModifiers = KeyModifiers::CONTROL;

fn read(encoding: Encoding, octets: &[u8]) -> Vec<Input> {
    let mut decoder = Decoder::new(encoding);
    let mut found = decoder.feed(octets);
    while decoder.patience().is_some() {
        found.extend(decoder.expire());
    }
    found
}

fn held(code: KeyCode, modifiers: KeyModifiers) -> Input {
    key(KeyEvent::new(code, modifiers))
}

/// What a key must be: `x` for the character, or its code.
fn typed(text: &str) -> Vec<Input> {
    text.chars()
        .map(|letter| key(keys::character(letter)))
        .collect()
}

#[test]
fn keys_of_terminals() {
    use KeyCode::{BackTab, Backspace, Char, Delete, Down, End, Enter, Esc, F, Home, Insert, Left};
    use KeyCode::{PageDown, PageUp, Right, Tab, Up};
    let both = CONTROL | SHIFT;
    // The terminals, the octets, the key, its modifiers.
    let table: &[(&str, &[u8], KeyCode, KeyModifiers)] = &[
        ("all", b"a", Char('a'), NONE),
        ("all", b"A", Char('A'), SHIFT),
        ("all", b"\r", Enter, NONE),
        ("all", b"\n", Enter, NONE),
        ("all", b"\r\n", Enter, NONE),
        ("all", b"\t", Tab, NONE),
        ("all", b"\x7f", Backspace, NONE),
        ("all", b"\x08", Char('h'), CONTROL),
        ("all", b"\x1b", Esc, NONE),
        ("all", b"\0", Char(' '), CONTROL),
        ("all", b"\x1f", Char('7'), CONTROL),
        ("all", b"\x0f", Char('o'), CONTROL),
        ("all", "é".as_bytes(), Char('é'), NONE),
        ("all", b"\x1b[Z", BackTab, SHIFT),
        ("xterm, VTE, kitty, alacritty, tmux", b"\x1b[A", Up, NONE),
        ("xterm, VTE, kitty, alacritty, tmux", b"\x1bOB", Down, NONE),
        ("xterm, VTE, kitty, alacritty", b"\x1b[H", Home, NONE),
        ("xterm, VTE, kitty, alacritty", b"\x1b[F", End, NONE),
        ("xterm in application mode", b"\x1bOH", Home, NONE),
        ("xterm, VTE, kitty, alacritty", b"\x1b[1;5D", Left, CONTROL),
        ("xterm, VTE, kitty, alacritty", b"\x1b[1;3C", Right, ALT),
        ("xterm, VTE, kitty, alacritty", b"\x1b[1;6A", Up, both),
        (
            "xterm, VTE, kitty, alacritty",
            b"\x1b[3;5~",
            Delete,
            CONTROL,
        ),
        ("xterm, VTE, kitty, alacritty", b"\x1b[3~", Delete, NONE),
        ("xterm, VTE, kitty, alacritty", b"\x1b[2~", Insert, NONE),
        ("xterm, VTE, kitty, alacritty", b"\x1b[5~", PageUp, NONE),
        (
            "xterm, VTE, kitty, alacritty",
            b"\x1b[6;2~",
            PageDown,
            SHIFT,
        ),
        ("xterm, VTE, kitty, alacritty", b"\x1bOP", F(1), NONE),
        ("xterm, VTE, kitty, alacritty", b"\x1b[1;2P", F(1), SHIFT),
        ("xterm, VTE, kitty, alacritty", b"\x1b[15~", F(5), NONE),
        ("xterm, VTE, kitty, alacritty", b"\x1b[24~", F(12), NONE),
        (
            "xterm after CSI ? 1036 h, VTE, kitty",
            b"\x1bb",
            Char('b'),
            ALT,
        ),
        (
            "xterm after CSI ? 1036 h, VTE, kitty",
            b"\x1b\x7f",
            Backspace,
            ALT,
        ),
        (
            "xterm after CSI ? 1036 h, VTE, kitty",
            b"\x1b\r",
            Enter,
            ALT,
        ),
        (
            "xterm after CSI ? 1036 h",
            "\x1bé".as_bytes(),
            Char('é'),
            ALT,
        ),
        (
            "xterm with modifyOtherKeys",
            b"\x1b[27;5;120~",
            Char('x'),
            CONTROL,
        ),
        (
            "xterm with formatOtherKeys",
            b"\x1b[120;5u",
            Char('x'),
            CONTROL,
        ),
        ("kitty", b"\x1b[97;2u", Char('A'), SHIFT),
        ("kitty", b"\x1b[9;2u", BackTab, SHIFT),
        ("kitty", b"\x1b[27u", Esc, NONE),
        ("kitty", b"\x1b[1;5:1D", Left, CONTROL),
        ("old xterm, Konsole", b"\x1bO5P", F(1), CONTROL),
        ("xterm, keypad in application mode", b"\x1bOM", Enter, NONE),
        (
            "urxvt, st, keypad in application mode",
            b"\x1bOp",
            Char('0'),
            NONE,
        ),
        (
            "urxvt, st, keypad in application mode",
            b"\x1bOy",
            Char('9'),
            NONE,
        ),
        (
            "urxvt, st, keypad in application mode",
            b"\x1bOk",
            Char('+'),
            NONE,
        ),
        (
            "urxvt, st, keypad in application mode",
            b"\x1bOj",
            Char('*'),
            NONE,
        ),
        (
            "urxvt, st, keypad in application mode",
            b"\x1bOn",
            Char('.'),
            NONE,
        ),
        (
            "urxvt, keypad in application mode",
            b"\x1bO ",
            Char(' '),
            NONE,
        ),
        ("urxvt, tmux, PuTTY", b"\x1b\x1b[A", Up, ALT),
        ("urxvt, tmux, PuTTY", b"\x1b\x1b[D", Left, ALT),
        ("urxvt", b"\x1b\x1bOC", Right, ALT),
        ("urxvt", b"\x1bOd", Left, CONTROL),
        ("urxvt", b"\x1bOc", Right, CONTROL),
        ("urxvt", b"\x1b[a", Up, SHIFT),
        ("urxvt", b"\x1b[7~", Home, NONE),
        ("urxvt", b"\x1b[8~", End, NONE),
        ("urxvt", b"\x1b[3$", Delete, SHIFT),
        ("urxvt", b"\x1b[3^", Delete, CONTROL),
        ("urxvt", b"\x1b[3@", Delete, both),
        ("urxvt", b"\x1b[7$", Home, SHIFT),
        ("urxvt", b"\x1b[11~", F(1), NONE),
        ("urxvt", b"\x1b\x1b[3~", Delete, ALT),
        ("st", b"\x1b[P", Delete, NONE),
        ("st", b"\x1b[4~", End, NONE),
        ("st", b"\x1b[4h", Insert, NONE),
        ("st", b"\x1b[2K", Delete, SHIFT),
        ("st", b"\x1b[J", End, CONTROL),
        ("st", b"\x1b[K", End, SHIFT),
        ("st", b"\x1b[2J", Home, SHIFT),
        ("tmux, GNU screen, Linux console", b"\x1b[1~", Home, NONE),
        ("tmux, GNU screen, Linux console", b"\x1b[4~", End, NONE),
        ("GNU screen", b"\x1bOA", Up, NONE),
        ("Linux console", b"\x1b[[A", F(1), NONE),
        ("Linux console", b"\x1b[[E", F(5), NONE),
    ];
    for (terminal, octets, code, modifiers) in table {
        let expected = [held(*code, *modifiers)];
        let shown = String::from_utf8_lossy(octets);
        assert_eq!(
            read(Encoding::Utf8, octets),
            expected,
            "{terminal}: {shown:?}"
        );
        // A slow line brings one octet at a time, and the next key follows at once.
        let mut decoder = Decoder::new(Encoding::Utf8);
        let mut found: Vec<_> = octets
            .iter()
            .flat_map(|octet| decoder.feed(&[*octet]))
            .collect();
        if *octets != b"\x1b" {
            assert!(decoder.is_idle(), "{terminal}: {shown:?}");
            found.extend(decoder.feed(b"x"));
            assert_eq!(
                found,
                [&expected[..], &typed("x")].concat(),
                "{terminal}: {shown:?}"
            );
        }
    }
}

#[test]
fn the_answer_that_alt_types_letters_is_told_apart() {
    let answer = |state: u8| format!("\x1b[?1036;{state}$y").into_bytes();
    for state in [0, 1, 3, 4] {
        assert_eq!(read(Encoding::Utf8, &answer(state)), [], "{state}");
    }
    assert_eq!(read(Encoding::Utf8, &answer(2)), [Input::AltTypesLetters]);
}

#[test]
fn what_is_no_key_is_dropped_whole() {
    let table: &[(&str, &[u8])] = &[
        ("an unknown final", b"\x1b[12;34w"),
        ("an unknown number", b"\x1b[99~"),
        ("a private sequence", b"\x1b[?12;34z"),
        ("intermediates", b"\x1b[1;2 q"),
        ("an unknown SS3", b"\x1bOz"),
        ("numbers that are none", b"\x1b[99999999999;1A"),
        (
            "a long one",
            &[b"\x1b[".as_slice(), &[b'1'; 200], b"A"].concat(),
        ),
        ("device attributes", b"\x1b[?64;1;2c"),
        ("secondary device attributes", b"\x1b[>41;354;0c"),
        ("where the cursor is", b"\x1b[12;40R"),
        ("a mode", b"\x1b[?1036;1$y"),
        ("an ANSI mode", b"\x1b[4;1$y"),
        ("the size in cells", b"\x1b[8;24;80t"),
        ("flags of the keyboard", b"\x1b[?0u"),
        ("a released key", b"\x1b[97;1:3u"),
        ("a modifier alone", b"\x1b[57441;2u"),
        ("a colour, ended by BEL", b"\x1b]11;rgb:0000/0000/0000\x07"),
        ("a colour, ended by ST", b"\x1b]11;rgb:0000/0000/0000\x1b\\"),
        ("the clipboard", b"\x1b]52;c;cXVpdA==\x07"),
        ("a DCS", b"\x1bP1$r0m\x1b\\"),
        ("a DCS with BEL", b"\x1bP>|st\x07 0.9\x1b\\"),
        ("an APC", b"\x1b_Gi=31;OK\x1b\\"),
        ("a PM", b"\x1b^x\x1b\\"),
        ("an SOS", b"\x1bXx\x1b\\"),
        ("the end of no paste", b"\x1b[201~"),
    ];
    for (what, octets) in table {
        assert_eq!(read(Encoding::Utf8, octets), [], "{what}");
        let followed = [octets, b"x".as_slice()].concat();
        assert_eq!(read(Encoding::Utf8, &followed), typed("x"), "{what}");
        let before = [b"\x1b".as_slice(), octets].concat();
        assert_eq!(read(Encoding::Utf8, &before), [], "{what}, after ESC");
    }
}

#[test]
fn what_is_cut_off_takes_no_key_along() {
    let esc = || key(KeyCode::Esc.into());
    let alt = |letter: char| key(keys::with_alt(keys::character(letter)));
    let table: Vec<(&[u8], Vec<Input>)> = vec![
        // Nothing came after these in time: they were keys.
        (b"\x1b", vec![esc()]),
        (b"\x1b\x1b", vec![esc(), esc()]),
        (b"\x1b[", vec![alt('[')]),
        (b"\x1bO", vec![held(KeyCode::Char('O'), ALT | SHIFT)]),
        (b"\x1b]", vec![alt(']')]),
        (b"\x1bP", vec![held(KeyCode::Char('P'), ALT | SHIFT)]),
        (b"\x1b\x1bx", vec![esc(), alt('x')]),
        // These were not.
        (b"\x1b[1;", vec![]),
        (b"\x1b]11;rgb", vec![]),
        (b"\x1b[M !", vec![]),
        // Something else begins before their end.
        (b"\x1b[1;\x1b[A", vec![held(KeyCode::Up, NONE)]),
        (b"\x1b[1;\r", vec![held(KeyCode::Enter, NONE)]),
        (b"\x1b]11;rgb\x1b[A", vec![held(KeyCode::Up, NONE)]),
        (b"\x1b]11;rgb\x03", vec![held(KeyCode::Char('c'), CONTROL)]),
    ];
    for (octets, expected) in table {
        let shown = String::from_utf8_lossy(octets);
        assert_eq!(read(Encoding::Utf8, octets), expected, "{shown:?}");
        let mut decoder = Decoder::new(Encoding::Utf8);
        decoder.feed(octets);
        decoder.expire();
        assert!(decoder.is_idle(), "{shown:?}");
        assert_eq!(decoder.feed(b"x"), typed("x"), "{shown:?}");
    }
}

#[test]
fn mouse_and_focus() {
    let mouse = |kind, column, row, modifiers| {
        Input::Event(Event::Mouse(MouseEvent {
            kind,
            column,
            row,
            modifiers,
        }))
    };
    let left = MouseButton::Left;
    let table: Vec<(&[u8], Input)> = vec![
        (
            b"\x1b[<0;10;5M",
            mouse(MouseEventKind::Down(left), 9, 4, NONE),
        ),
        (
            b"\x1b[<0;10;5m",
            mouse(MouseEventKind::Up(left), 9, 4, NONE),
        ),
        (
            b"\x1b[<64;1;1M",
            mouse(MouseEventKind::ScrollUp, 0, 0, NONE),
        ),
        (
            b"\x1b[<65;300;1M",
            mouse(MouseEventKind::ScrollDown, 299, 0, NONE),
        ),
        (
            b"\x1b[<16;1;1M",
            mouse(MouseEventKind::Down(left), 0, 0, CONTROL),
        ),
        (b"\x1b[M !\"", mouse(MouseEventKind::Down(left), 0, 1, NONE)),
        (b"\x1b[M`!!", mouse(MouseEventKind::ScrollUp, 0, 0, NONE)),
        (
            b"\x1b[32;10;5M",
            mouse(MouseEventKind::Down(left), 9, 4, NONE),
        ),
        (b"\x1b[I", Input::Event(Event::FocusGained)),
        (b"\x1b[O", Input::Event(Event::FocusLost)),
    ];
    for (octets, expected) in table {
        let shown = String::from_utf8_lossy(octets);
        assert_eq!(read(Encoding::Utf8, octets), [expected], "{shown:?}");
    }
    for octets in [
        b"\x1b[<0;99999999;1M".as_slice(),
        b"\x1b[<0M",
        b"\x1b[<999;1;1M",
    ] {
        assert_eq!(read(Encoding::Utf8, octets), [], "{octets:?}");
    }
}

#[test]
fn octets_above_127() {
    let strange = |octet| Input::Unreadable(octet);
    let cafe = typed("café");
    let table: Vec<(Encoding, &[u8], Vec<Input>)> = vec![
        (Encoding::Utf8, b"caf\xc3\xa9", cafe.clone()),
        (Encoding::Latin1, b"caf\xc3\xa9", cafe.clone()),
        (Encoding::Latin1, b"caf\xe9", cafe),
        (Encoding::Latin1, b"\xe9t\xe9", typed("été")),
        (Encoding::Latin9, b"\xa4", typed("\u{20ac}")),
        (
            Encoding::Latin1,
            b"\x1b\xe9",
            vec![held(KeyCode::Char('é'), ALT)],
        ),
        (Encoding::Utf8, b"\xe9", vec![strange(0xe9)]),
        (
            Encoding::Utf8,
            b"\xe9x",
            [vec![strange(0xe9)], typed("x")].concat(),
        ),
        (Encoding::Utf8, b"\xff", vec![strange(0xff)]),
        (
            Encoding::Utf8,
            b"\xe2\x82x",
            [vec![strange(0xe2), strange(0x82)], typed("x")].concat(),
        ),
        (Encoding::Latin1, b"\x9b", vec![strange(0x9b)]),
    ];
    for (encoding, octets, expected) in table {
        assert_eq!(read(encoding, octets), expected, "{encoding:?} {octets:?}");
    }
}

#[test]
fn pastes_are_taken_whole() {
    let paste = |text: &str| Input::Event(Event::Paste(text.to_owned()));
    let table: &[(&[u8], &str)] = &[
        (b"\x1b[200~a\rb\x1b[201~", "a\rb"),
        (b"\x1b\x1b[200~x\x1b[201~", "x"),
        (b"\x1b[200~\x1b[A\x03\x1b[201~", "\x1b[A\x03"),
        (b"\x1b[200~\x1b[201~", ""),
        (b"\x1b[200~\xff\x1b[201~", "\u{fffd}"),
    ];
    for (octets, text) in table {
        let followed = [octets, b"x".as_slice()].concat();
        assert_eq!(
            read(Encoding::Utf8, &followed),
            [vec![paste(text)], typed("x")].concat()
        );
    }
    let mut decoder = Decoder::new(Encoding::Utf8);
    decoder.feed(b"\x1b[200~");
    for _ in 0..40 {
        decoder.feed(&[b'x'; PASTE_SLACK]);
        assert!(decoder.partial.len() <= PASTE_CAP + PASTE_SLACK);
    }
    let found = decoder.feed(PASTE_END);
    let [Input::Event(Event::Paste(text))] = &found[..] else {
        panic!("{found:?}");
    };
    assert!(text.len() >= PASTE_CAP);
}

#[test]
fn a_paste_without_its_end_is_given_up_by_a_key() {
    let mut decoder = Decoder::new(Encoding::Utf8);
    decoder.feed(b"\x1b[200~QUIT\r");
    assert_eq!(decoder.feed(b"\x03"), []);
    assert!(!decoder.is_idle());
    assert_eq!(decoder.expire(), []);
    assert_eq!(decoder.patience(), None);
    assert_eq!(decoder.feed(b"\x03"), []);
    assert!(decoder.is_idle());
    assert_eq!(decoder.feed(b"x"), typed("x"));
}
