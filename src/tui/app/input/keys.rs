//! What the sequences of terminals mean: keys, mouse and focus. Sequences of xterm, urxvt, st, VTE,
//! kitty, alacritty, tmux, GNU screen and the Linux console; of others there is no need to know,
//! since all imitate one of these.

use crossterm::event::{
    Event, KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};

/// The first parameter of a key that xterm reports with its code (modifyOtherKeys).
const OTHER_KEY: u32 = 27;
/// Code points that the kitty protocol uses for keys without a character.
const PRIVATE_USE: std::ops::RangeInclusive<u32> = 0xe000..=0xf8ff;
/// What a terminal adds to a coordinate or a button of the old mouse report.
const MOUSE_OFFSET: u8 = 32;
/// A released key, in the kitty protocol.
const RELEASED: u32 = 3;

/// The key of an octet below 128.
pub(super) fn ascii(octet: u8) -> KeyEvent {
    let control = |letter: u8| {
        let letter = KeyCode::Char(char::from(letter));
        KeyEvent::new(letter, KeyModifiers::CONTROL)
    };
    match octet {
        0 => control(b' '),
        b'\t' => KeyCode::Tab.into(),
        // Some programs, and terminals in new-line mode, send LF for it.
        b'\r' | b'\n' => KeyCode::Enter.into(),
        0x1b => KeyCode::Esc.into(),
        0x7f => KeyCode::Backspace.into(),
        1..=0x1a => control(octet - 1 + b'a'),
        // Terminals send Ctrl-4 to Ctrl-7 as these.
        0x1c..=0x1f => control(octet - 0x1c + b'4'),
        _ => character(char::from(octet)),
    }
}

/// The key of a character.
pub(super) fn character(character: char) -> KeyEvent {
    let shift = if character.is_uppercase() {
        KeyModifiers::SHIFT
    } else {
        KeyModifiers::NONE
    };
    KeyEvent::new(KeyCode::Char(character), shift)
}

/// The same key with Alt.
pub(super) fn with_alt(key: KeyEvent) -> KeyEvent {
    KeyEvent {
        modifiers: key.modifiers | KeyModifiers::ALT,
        ..key
    }
}

/// The key of `ESC O parameters last`.
pub(super) fn of_ss3(parameters: &[u8], last: u8) -> Option<KeyEvent> {
    // Old versions of xterm and Konsole put modifiers here: ESC O 5 P, ESC O 1 ; 5 P.
    let numbers = Numbers::parse(parameters)?;
    let modifiers = modifiers(numbers.at(1).or(numbers.at(0)));
    let code = match last {
        b'A'..=b'H' | b'P'..=b'S' => return Some(KeyEvent::new(letter_key(last)?, modifiers)),
        // Arrows with Ctrl, in urxvt.
        b'a'..=b'd' => {
            let arrow = letter_key(last.to_ascii_uppercase())?;
            return Some(KeyEvent::new(arrow, modifiers | KeyModifiers::CONTROL));
        }
        // The keypad in application mode.
        b' ' => KeyCode::Char(' '),
        b'I' => KeyCode::Tab,
        b'M' => KeyCode::Enter,
        b'X' => KeyCode::Char('='),
        b'j'..=b'y' => KeyCode::Char(char::from(last - b'j' + b'*')),
        _ => return None,
    };
    Some(KeyEvent::new(code, modifiers))
}

/// What `CSI parameters last` reports. None if it is unknown, or an answer of the terminal.
pub(super) fn of_csi(parameters: &[u8], last: u8) -> Option<Event> {
    if let Some(parameters) = parameters.strip_prefix(b"<") {
        let numbers = Numbers::parse(parameters)?;
        return sgr_mouse(&numbers, last).map(Event::Mouse);
    }
    if let [letter @ b'A'..=b'E'] = [last]
        && parameters == b"["
    {
        // F1 to F5 of the Linux console.
        return Some(key(KeyCode::F(letter - b'A' + 1), KeyModifiers::NONE));
    }
    let numbers = Numbers::parse(parameters)?;
    let held = modifiers(numbers.at(1));
    if numbers.kind_at(1) == Some(RELEASED) {
        return None;
    }
    match (last, numbers.at(0)) {
        (b'I', None) => Some(Event::FocusGained),
        (b'O', None) => Some(Event::FocusLost),
        // st without application keypad mode.
        (b'P', None) => Some(key(KeyCode::Delete, KeyModifiers::NONE)),
        (b'h', Some(4)) => Some(key(KeyCode::Insert, KeyModifiers::NONE)),
        (b'l', Some(4)) => Some(key(KeyCode::Insert, KeyModifiers::SHIFT)),
        (b'L', None) => Some(key(KeyCode::Insert, KeyModifiers::CONTROL)),
        (b'J', None) => Some(key(KeyCode::End, KeyModifiers::CONTROL)),
        (b'J', Some(2)) => Some(key(KeyCode::Home, KeyModifiers::SHIFT)),
        (b'K', None) => Some(key(KeyCode::End, KeyModifiers::SHIFT)),
        (b'K', Some(2)) => Some(key(KeyCode::Delete, KeyModifiers::SHIFT)),
        // With a modifier this is how xterm sends F3, but also how it answers where the cursor is.
        (b'R', _) => None,
        (b'A'..=b'H' | b'Q' | b'S', _) | (b'P', Some(_)) => Some(key(letter_key(last)?, held)),
        // Arrows with Shift, in urxvt.
        (b'a'..=b'd', None) => {
            let arrow = letter_key(last.to_ascii_uppercase())?;
            Some(key(arrow, KeyModifiers::SHIFT))
        }
        (b'Z', _) => Some(key(KeyCode::BackTab, held | KeyModifiers::SHIFT)),
        (b'~', Some(OTHER_KEY)) if numbers.at(2).is_some() => {
            coded_key(numbers.at(2)?, held).map(Event::Key)
        }
        (b'~', Some(number)) => Some(key(numbered_key(number)?, held)),
        // urxvt.
        (b'$', Some(number)) => Some(key(numbered_key(number)?, KeyModifiers::SHIFT)),
        (b'^', Some(number)) => Some(key(numbered_key(number)?, KeyModifiers::CONTROL)),
        (b'@', Some(number)) => {
            let both = KeyModifiers::CONTROL | KeyModifiers::SHIFT;
            Some(key(numbered_key(number)?, both))
        }
        (b'u', Some(code)) => coded_key(code, held).map(Event::Key),
        (b'M', Some(button)) => {
            let button = u8::try_from(button).ok()?.checked_sub(MOUSE_OFFSET)?;
            mouse(button, numbers.at(1)?, numbers.at(2)?).map(Event::Mouse)
        }
        _ => None,
    }
}

/// The mouse report of `CSI M` and three octets.
pub(super) fn of_mouse([button, column, row]: [u8; 3]) -> Option<Event> {
    let button = button.checked_sub(MOUSE_OFFSET)?;
    let place = |octet: u8| octet.checked_sub(MOUSE_OFFSET).map(u32::from);
    mouse(button, place(column)?, place(row)?).map(Event::Mouse)
}

fn key(code: KeyCode, modifiers: KeyModifiers) -> Event {
    Event::Key(KeyEvent::new(code, modifiers))
}

/// The key that xterm sends with this letter.
fn letter_key(letter: u8) -> Option<KeyCode> {
    Some(match letter {
        b'A' => KeyCode::Up,
        b'B' => KeyCode::Down,
        b'C' => KeyCode::Right,
        b'D' => KeyCode::Left,
        b'F' => KeyCode::End,
        b'H' => KeyCode::Home,
        b'P'..=b'S' => KeyCode::F(letter - b'P' + 1),
        _ => return None,
    })
}

/// The key that the VT220 sends with this number.
fn numbered_key(number: u32) -> Option<KeyCode> {
    Some(match u8::try_from(number).ok()? {
        1 | 7 => KeyCode::Home,
        2 => KeyCode::Insert,
        3 => KeyCode::Delete,
        4 | 8 => KeyCode::End,
        5 => KeyCode::PageUp,
        6 => KeyCode::PageDown,
        number @ 11..=15 => KeyCode::F(number - 10),
        number @ 17..=21 => KeyCode::F(number - 11),
        number @ 23..=26 => KeyCode::F(number - 12),
        number @ 28..=29 => KeyCode::F(number - 15),
        number @ 31..=34 => KeyCode::F(number - 17),
        _ => return None,
    })
}

/// The key with this code point.
fn coded_key(code: u32, held: KeyModifiers) -> Option<KeyEvent> {
    if PRIVATE_USE.contains(&code) {
        return None;
    }
    let shift = held.contains(KeyModifiers::SHIFT);
    let code = match char::from_u32(code)? {
        '\r' => KeyCode::Enter,
        '\t' if shift => KeyCode::BackTab,
        '\t' => KeyCode::Tab,
        '\x1b' => KeyCode::Esc,
        '\x08' | '\x7f' => KeyCode::Backspace,
        letter if letter.is_control() => return None,
        letter if held.contains(KeyModifiers::CONTROL) => {
            KeyCode::Char(letter.to_ascii_lowercase())
        }
        letter if shift => KeyCode::Char(letter.to_ascii_uppercase()),
        letter => KeyCode::Char(letter),
    };
    Some(KeyEvent::new(code, held))
}

/// The modifiers that xterm encodes as a number, one more than their bits.
fn modifiers(number: Option<u32>) -> KeyModifiers {
    const BITS: [(u32, KeyModifiers); 6] = [
        (1, KeyModifiers::SHIFT),
        (2, KeyModifiers::ALT),
        (4, KeyModifiers::CONTROL),
        (8, KeyModifiers::SUPER),
        (16, KeyModifiers::HYPER),
        (32, KeyModifiers::META),
    ];
    let number = number.map_or(0, |number| number.saturating_sub(1));
    let held = BITS.iter().filter(|(bit, _)| number & bit != 0);
    held.fold(KeyModifiers::NONE, |all, (_, held)| all | *held)
}

/// The mouse report of `CSI < button ; column ; row M`, or `m` for a release.
fn sgr_mouse(numbers: &Numbers, last: u8) -> Option<MouseEvent> {
    let button = u8::try_from(numbers.at(0)?).ok()?;
    let mut event = mouse(button, numbers.at(1)?, numbers.at(2)?)?;
    match (last, event.kind) {
        (b'M', _) => {}
        (b'm', MouseEventKind::Down(button)) => event.kind = MouseEventKind::Up(button),
        (b'm', _) => {}
        _ => return None,
    }
    Some(event)
}

/// A mouse report; the upper left cell is 1, 1.
fn mouse(button: u8, column: u32, row: u32) -> Option<MouseEvent> {
    let number = (button & 0b11) | ((button & 0b1100_0000) >> 4);
    let kind = match (number, button & 0b10_0000 != 0) {
        (0, false) => MouseEventKind::Down(MouseButton::Left),
        (1, false) => MouseEventKind::Down(MouseButton::Middle),
        (2, false) => MouseEventKind::Down(MouseButton::Right),
        (3, false) => MouseEventKind::Up(MouseButton::Left),
        (0, true) => MouseEventKind::Drag(MouseButton::Left),
        (1, true) => MouseEventKind::Drag(MouseButton::Middle),
        (2, true) => MouseEventKind::Drag(MouseButton::Right),
        (3..=5, true) => MouseEventKind::Moved,
        (4, false) => MouseEventKind::ScrollUp,
        (5, false) => MouseEventKind::ScrollDown,
        (6, false) => MouseEventKind::ScrollLeft,
        (7, false) => MouseEventKind::ScrollRight,
        _ => return None,
    };
    let bits = [
        (0b100, KeyModifiers::SHIFT),
        (0b1000, KeyModifiers::ALT),
        (0b1_0000, KeyModifiers::CONTROL),
    ];
    let held = bits.iter().filter(|(bit, _)| button & bit != 0);
    let place = |number: u32| u16::try_from(number.saturating_sub(1)).ok();
    Some(MouseEvent {
        kind,
        column: place(column)?,
        row: place(row)?,
        modifiers: held.fold(KeyModifiers::NONE, |all, (_, held)| all | *held),
    })
}

/// The parameters of a sequence: numbers with subparameters, each of which may be missing.
struct Numbers(Vec<(Option<u32>, Option<u32>)>);

impl Numbers {
    /// None if there is anything but digits and separators.
    fn parse(parameters: &[u8]) -> Option<Self> {
        let number = |text: &[u8]| match text {
            [] => Some(None),
            _ => Some(Some(std::str::from_utf8(text).ok()?.parse().ok()?)),
        };
        let all = parameters.split(|octet| *octet == b';').map(|parameter| {
            let mut parts = parameter.split(|octet| *octet == b':');
            let first = number(parts.next().unwrap_or_default())?;
            // xterm has no third part, kitty has: it says what the key would type.
            let second = number(parts.next().unwrap_or_default())?;
            Some((first, second))
        });
        all.collect::<Option<_>>().map(Self)
    }

    fn at(&self, index: usize) -> Option<u32> {
        self.0.get(index)?.0
    }

    fn kind_at(&self, index: usize) -> Option<u32> {
        self.0.get(index)?.1
    }
}
