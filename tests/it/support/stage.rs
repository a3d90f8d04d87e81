//! A console without a terminal and without a network: keys go in, a session answers in place of
//! the wire, screens come out. Time is an argument, so every screen is the same each time.

use std::time::{Duration, Instant};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ehlo::net::{
    self, Certificate, Command, Dane, Details, Fingerprint, Key, Step, TlsFacts, Verdict,
};
use ehlo::smtp::sasl::NONCE_OCTETS;
use ehlo::smtp::{Entry, Level, Link, Session};
use ehlo::tui::{
    self, Effect, Look, Message, Model, Origin, Preferences, SessionId, SessionMessage, Stamp,
    TlsFilesRead,
};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

/// How long this server takes for each reply.
const TAKES: Duration = Duration::from_millis(41);

/// Columns and rows in which all there is can be seen.
const ROOMY: (u16, u16) = (120, 60);

/// The live session.
pub const FIRST: Origin = Origin {
    session: SessionId::FIRST,
    connection: 0,
};

/// A console on a stage.
pub struct Stage {
    pub model: Model,
    /// What would stand in the history's file.
    pub remembered: Vec<String>,
    /// What would have gone over the wire.
    pub wire_octets: Vec<u8>,
    /// What was copied last.
    pub copied: Vec<u8>,
    /// The program would have ended.
    pub left: bool,
    /// What the user's editor would have been opened on.
    pub edited: Option<String>,
    /// The connection would have been dropped.
    pub dropped: bool,
    /// The session that asked for something last.
    origin: Origin,
    session: Session,
    now: Instant,
}

impl Stage {
    /// A console that is not connected.
    pub fn new(look: Look) -> Self {
        let preferences = Preferences {
            transcript_cap: 1 << 20,
            ..Preferences::default()
        };
        let now = Instant::now();
        Self {
            model: Model::new(look, preferences, (80, 24), now),
            origin: FIRST,
            session: Session::new(None),
            now,
            remembered: Vec::new(),
            wire_octets: Vec::new(),
            copied: Vec::new(),
            left: false,
            edited: None,
            dropped: false,
        }
    }

    /// A console that is connected to `mx.example.test:587`.
    pub fn connected(look: Look) -> Self {
        let mut stage = Self::new(look);
        stage.type_text(":");
        stage.type_text("connect mx.example.test:587");
        stage.key(KeyCode::Enter);
        stage.wire(net::Event::Begun);
        let peer = ([203, 0, 113, 25], 587).into();
        let took = Some(Duration::from_millis(3));
        stage.step(Step::Resolved {
            addresses: vec![peer],
            took,
        });
        let local = ([192, 0, 2, 7], 50_000).into();
        stage.step(Step::Connected {
            peer,
            local,
            took: Duration::from_millis(12),
        });
        stage.session.handle_connected(Link::Clear, stage.now);
        stage.drain();
        stage
    }

    /// The same, and the server has said hello.
    pub fn greeted(look: Look) -> Self {
        let mut stage = Self::connected(look);
        stage.server(b"220 mx.example.test ESMTP Postfix\r\n");
        stage
    }

    /// The connection that was asked for stands, to a server that knows nothing yet.
    pub fn reconnected(&mut self) {
        self.session = Session::new(None);
        self.wire(net::Event::Begun);
        self.session.handle_connected(Link::Clear, self.now);
        self.drain();
    }

    /// A step on the way to the server.
    pub fn step(&mut self, step: Step) {
        let note = Entry::note(self.now, false, Level::Info, step.to_string());
        self.wire(net::Event::Session(ehlo::smtp::Event::Entry(note)));
        self.wire(net::Event::Dial(step));
    }

    /// Something from the wire.
    pub fn wire(&mut self, event: net::Event) {
        self.message(Message::Session(FIRST, SessionMessage::Wire(event)));
    }

    /// Octets from the server.
    pub fn server(&mut self, octets: &[u8]) {
        self.pass(TAKES);
        self.session.handle_bytes(octets, self.now);
        self.drain();
    }

    /// A line from the user, with Enter.
    pub fn client(&mut self, line: &str) {
        self.type_text(line);
        self.key(KeyCode::Enter);
    }

    /// The handshake succeeds.
    pub fn tls(&mut self, verdict: Verdict) {
        let link = if verdict.is_verified() {
            Link::Verified
        } else {
            Link::Unverified
        };
        let fingerprint = Fingerprint::of(b"mx.example.test");
        let details = Details {
            version: 3,
            subject: "CN=mx.example.test".to_owned(),
            issuer: "CN=mx.example.test".to_owned(),
            serial: "01".to_owned(),
            names: vec!["mx.example.test".to_owned()],
            more_names: 0,
            not_before: "2025-12-20".to_owned(),
            not_after: "2026-12-20".to_owned(),
            days_left: 29,
            key: Key {
                kind: "ECDSA P-256".to_owned(),
                bits: 0,
            },
            signature: "ECDSA with SHA-256".to_owned(),
            pin: fingerprint,
            self_issued: true,
        };
        let facts = TlsFacts {
            version: "TLSv1.3",
            suite: "TLS_AES_256_GCM_SHA384".to_owned(),
            group: "X25519".to_owned(),
            alpn: None,
            sni: Some("mx.example.test".to_owned()),
            resumed: false,
            retried: false,
            after_starttls: true,
            wanted: "mx.example.test".to_owned(),
            verdict,
            chain: vec![Certificate {
                der: vec![0x30, 0].into(),
                fingerprint,
                details: Some(details),
            }],
            chain_faults: Vec::new(),
            asked: None,
            dane: Dane::NotAsked,
            changed_from: None,
            key_log: None,
            took: Duration::from_millis(21),
        };
        self.wire(net::Event::Tls(Box::new(facts)));
        self.session.handle_tls(link, self.now);
        self.drain();
    }

    /// The connection ends.
    pub fn end(&mut self, end: ehlo::smtp::End) {
        self.session.handle_end(&end, self.now);
        self.drain();
        self.wire(net::Event::Ended(end));
    }

    /// Time passes.
    pub fn pass(&mut self, time: Duration) {
        self.now += time;
        self.message(Message::Tick);
    }

    /// A key without modifiers.
    pub fn key(&mut self, code: KeyCode) {
        self.key_event(KeyEvent::new(code, KeyModifiers::NONE));
    }

    /// A letter with Ctrl.
    pub fn control(&mut self, letter: char) {
        self.key_event(KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL));
    }

    /// Text, key by key.
    pub fn type_text(&mut self, text: &str) {
        for character in text.chars() {
            self.key(KeyCode::Char(character));
        }
    }

    /// Keys as text: `\n` is Enter, `\t` Tab; Ctrl-O and Esc are themselves.
    pub fn press(&mut self, keys: &str) {
        for key in keys.chars() {
            match key {
                '\n' => self.key(KeyCode::Enter),
                '\t' => self.key(KeyCode::Tab),
                '\u{f}' => self.control('o'),
                '\u{1b}' => self.key(KeyCode::Esc),
                key => self.key(KeyCode::Char(key)),
            }
        }
    }

    /// A key of the menu.
    pub fn menu(&mut self, letter: &str) {
        self.control('o');
        self.type_text(letter);
    }

    /// Text in one bracketed paste.
    pub fn paste(&mut self, text: &str) {
        self.message(Message::Paste(text.to_owned()));
    }

    /// What went over the wire since this was last asked.
    pub fn sent(&mut self) -> String {
        String::from_utf8(std::mem::take(&mut self.wire_octets)).unwrap()
    }

    /// Asserts that words stand on a screen with room for all.
    #[track_caller]
    pub fn shows(&mut self, words: &str) {
        let screen = self.screen(ROOMY.0, ROOMY.1);
        assert!(screen.contains(words), "no {words:?}:\n{screen}");
    }

    /// Asserts that words stand nowhere on such a screen.
    #[track_caller]
    pub fn hides(&mut self, words: &str) {
        let screen = self.screen(ROOMY.0, ROOMY.1);
        assert!(!screen.contains(words), "{words:?} is there:\n{screen}");
    }

    /// The screen in this size, as text.
    pub fn screen(&mut self, columns: u16, rows: u16) -> String {
        let terminal = self.draw(columns, rows);
        let buffer = terminal.backend().buffer();
        let row = |y| {
            (0..columns)
                .map(|x| buffer[(x, y)].symbol())
                .collect::<String>()
        };
        (0..rows)
            .map(|y| format!("{}\n", row(y).trim_end()))
            .collect()
    }

    /// The terminal after one frame of this size.
    pub fn draw(&mut self, columns: u16, rows: u16) -> Terminal<TestBackend> {
        self.message(Message::Resize(columns, rows));
        let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
        terminal
            .draw(|frame| tui::draw(&mut self.model, frame))
            .unwrap();
        terminal
    }

    fn key_event(&mut self, key: KeyEvent) {
        self.message(Message::Key(key));
    }

    /// A message for the session that asked for something last.
    pub fn tell(&mut self, message: SessionMessage) {
        self.message(Message::Session(self.origin, message));
    }

    /// A message of whatever kind.
    pub fn message(&mut self, message: Message) {
        let effects = tui::update(&mut self.model, message, self.now);
        for (origin, effect) in effects {
            self.origin = origin;
            match effect {
                Effect::Wire(Command::Send { line, consent }) => {
                    self.session.send_line(line, consent, self.now);
                }
                Effect::Wire(Command::Authenticate { exchange, consent }) => {
                    self.session.authenticate(exchange, consent, self.now);
                }
                Effect::Wire(Command::SendMessage(text)) => {
                    self.session.send_message(&text, self.now);
                    self.session.end_message(self.now);
                }
                Effect::Wire(Command::SendRaw { octets, consent }) => {
                    self.session.send_raw(octets, consent, self.now);
                }
                Effect::Wire(Command::SendChunk(octets)) => {
                    self.session.send_chunk(&octets, self.now);
                }
                Effect::Wire(Command::SendFile(_)) => self.session.begin_message(),
                Effect::Stamp(purpose) => {
                    let stamp = Stamp {
                        date: "Thu, 1 Jan 2026 12:00:00 +0000".to_owned(),
                        id: "17.4.2".to_owned(),
                    };
                    self.tell(SessionMessage::Stamped(stamp, purpose));
                }
                Effect::Edit(text) => self.edited = Some(text),
                Effect::Wire(Command::ReadOn) => self.session.resume_reading(self.now),
                Effect::Login(wish) => {
                    let exchange = wish
                        .exchange(&[7; NONCE_OCTETS], &Default::default())
                        .map(Box::new);
                    self.tell(SessionMessage::Login(exchange));
                }
                Effect::ReadTls(opening, passphrase) => {
                    let nobody = || std::io::Error::other("nobody is asked");
                    let tried = passphrase.is_some();
                    let overrides = opening.overrides.clone();
                    let read = overrides.options(|_| passphrase.ok_or_else(nobody));
                    self.tell(SessionMessage::ReadTls(TlsFilesRead {
                        pending_connect: opening,
                        tried,
                        read,
                    }));
                }
                Effect::Copy(octets) => self.copied = octets.reveal().to_vec(),
                Effect::Remember(line) => self.remembered.push(line),
                Effect::Cancel => self.dropped = true,
                Effect::Quit => self.left = true,
                _ => {}
            }
            self.drain();
        }
    }

    fn drain(&mut self) {
        self.wire_octets.extend(self.session.poll_transmit());
        while let Some(event) = self.session.poll_event() {
            self.wire(net::Event::Session(event));
        }
    }
}
