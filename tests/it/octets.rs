//! What frames cost on a slow line, in octets, and that a terminal shows them.

use crossterm::event::KeyCode;
use ehlo::tui::Look;

use crate::support::model_terminal::ModelTerminal;
use crate::support::pty::Home;
use crate::support::stage::Stage;

/// Octets of Enter and one reply on a full screen: three times those of irssi.
const ENTER_AND_REPLY: usize = 600;
/// Octets of ten lines that are typed ahead: three seconds at 1,200 octets a second.
const TEN_LINES: usize = 3_600;

/// The same if each line and each reply has a frame of its own.
const EACH_ALONE: usize = 6_500;

/// A console, and a terminal that receives its frames.
struct SlowLine {
    stage: Stage,
    terminal: ModelTerminal,
    /// The lines so far: no two are the same, as moving hides those that are.
    count: usize,
}

impl SlowLine {
    /// After a greeting and enough replies to fill the screen.
    fn new(columns: u16, rows: u16) -> Self {
        let mut stage = Stage::greeted(Look::default());
        stage.client("EHLO vm.example.net");
        stage.server(b"250-mx.example.test\r\n250-SIZE 1000\r\n250 PIPELINING\r\n");
        let mut line = Self {
            stage,
            terminal: ModelTerminal::new(columns, rows),
            count: 0,
        };
        for _ in 0..rows {
            line.client();
            line.server();
        }
        line.frame();
        line
    }

    /// Draws a frame, and returns the number of its octets.
    #[track_caller]
    fn frame(&mut self) -> usize {
        self.terminal.show(&mut self.stage)
    }

    /// A line is typed and sent.
    fn client(&mut self) {
        self.count += 1;
        self.stage.client(&format!("NOOP {}", self.count));
    }

    /// A reply comes.
    fn server(&mut self) {
        let reply = format!("250 2.0.0 Ok, the {}th\r\n", self.count);
        self.stage.server(reply.as_bytes());
    }
}

#[test]
fn enter_and_a_reply_on_a_full_screen_take_few_octets() {
    let mut line = SlowLine::new(80, 24);
    let typed = |line: &mut SlowLine| {
        line.stage.type_text("NOOP");
        line.frame();
    };
    typed(&mut line);
    line.stage.key(KeyCode::Enter);
    let mut late = line.frame();
    line.server();
    late += line.frame();
    assert!(
        late <= ENTER_AND_REPLY,
        "{late} if the reply has a frame of its own"
    );
    typed(&mut line);
    line.stage.key(KeyCode::Enter);
    line.server();
    let octets = line.frame();
    assert!(octets <= ENTER_AND_REPLY, "{octets}");
}

#[test]
fn ten_lines_typed_ahead_take_few_octets() {
    // All keys share a frame, replies come one by one.
    let mut line = SlowLine::new(80, 24);
    (0..10).for_each(|_| line.client());
    let mut late = line.frame();
    for _ in 0..10 {
        line.server();
        late += line.frame();
    }
    assert!(late <= TEN_LINES, "{late}");
    // Each line shares its frame with its reply.
    let mut octets = 0;
    for _ in 0..10 {
        line.client();
        line.server();
        octets += line.frame();
    }
    assert!(octets <= TEN_LINES, "{octets}");
    // Each line and each reply has its own.
    let mut most = 0;
    for _ in 0..10 {
        line.client();
        most += line.frame();
        line.server();
        most += line.frame();
    }
    assert!(most <= EACH_ALONE, "{most}");
}

#[test]
fn a_letter_takes_one_octet() {
    let mut line = SlowLine::new(80, 24);
    line.stage.type_text("NOOP a");
    line.frame();
    for letter in "word".chars() {
        line.stage.key(KeyCode::Char(letter));
        assert_eq!(line.frame(), 1, "{letter:?}");
    }
}

#[test]
fn a_key_that_changes_nothing_writes_nothing() {
    let home = Home::new();
    let mut console = home.ehlo(&["--practice"]);
    console.wait_for("next: EHLO");
    console.type_text("NOOP a");
    console.wait_for("> NOOP a");
    let before = console.raw().len();
    for key in ["End", "C-e", "Right", "M-z"] {
        console.key(key);
    }
    console.type_text("!");
    console.wait_for("> NOOP a!");
    let raw = console.raw();
    assert_eq!(String::from_utf8_lossy(&raw[before..]), "!");
}

#[test]
fn a_terminal_shows_a_journey_as_it_is_drawn() {
    for (columns, rows) in [(80, 24), (120, 36), (40, 12)] {
        let mut line = SlowLine::new(columns, rows);
        let keys = "?\u{1b}:\u{1b}\u{f}\u{1b}\u{f}b\u{1b}MAIL FROM:<ü@b.example>\n\u{f}s\u{1b}";
        for key in keys.chars() {
            line.stage.press(&key.to_string());
            line.frame();
        }
        let page = [
            KeyCode::PageUp,
            KeyCode::PageUp,
            KeyCode::PageDown,
            KeyCode::Esc,
        ];
        for key in page
            .into_iter()
            .chain([KeyCode::Up, KeyCode::Down, KeyCode::Char('v')])
        {
            line.stage.key(key);
            line.frame();
        }
        line.stage
            .server("550 5.1.1 日本語 é\u{301}\r\n".as_bytes());
        line.frame();
    }
}
