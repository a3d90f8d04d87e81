//! A console without terminal and network. Keys go in, a session takes the place of the connection,
//! and screens come out. Time advances only when a test says so, so every screen is reproducible.

use std::cell::RefCell;
use std::time::{Duration, Instant, SystemTime};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ehlo::headless::Stamp;
use ehlo::net::{
    self, Certificate, CertificateDetails, CertificateKey, Command, ConnectStep, Dane, Fingerprint,
    TlsFacts, Verdict,
};
use ehlo::smtp::sasl::NONCE_OCTETS;
use ehlo::smtp::{Entry, Level, Link, Session};
use ehlo::tui::{
    self, Effect, LoginRequest, Look, Message, Model, Origin, Preferences, SessionId,
    SessionMessage, Side, TlsFilesRead,
};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

/// The time between a command and its reply.
const REPLY_TIME: Duration = Duration::from_millis(41);

/// Columns and rows of a screen that shows everything.
const LARGE: (u16, u16) = (120, 60);

/// The live session.
pub const FIRST: Origin = Origin {
    session: SessionId::FIRST,
    connection: 0,
};

thread_local! {
    static MORE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Runs `act` with servers that add this to each of their lines, and to the names in certificates.
/// Other tests on the same thread have servers that add nothing.
pub fn with_more<T>(more: &str, act: impl FnOnce() -> T) -> T {
    struct Nothing;
    impl Drop for Nothing {
        fn drop(&mut self) {
            MORE.take();
        }
    }
    let _at_end = Nothing;
    MORE.set(more.to_owned());
    act()
}

/// See [`with_more`]; empty without it.
pub fn more() -> String {
    MORE.with_borrow(Clone::clone)
}

/// A console under test, and what it has done.
pub struct Stage {
    pub model: Model,
    /// The lines for the history file.
    pub history: Vec<String>,
    /// The octets for the server.
    pub wire_octets: Vec<u8>,
    /// What was copied last.
    pub clipboard: Vec<u8>,
    /// Whether the program would have ended.
    pub has_quit: bool,
    /// The text that the user's editor would have opened.
    pub editor_text: Option<String>,
    /// The lines that were sent, each with its session.
    pub lines: Vec<(SessionId, String)>,
    /// The sessions whose connection would have been dropped.
    pub dropped: Vec<SessionId>,
    /// The login whose password is being fetched: its number, and the request.
    pub fetching: Option<(u32, Box<LoginRequest>)>,
    /// The targets that would have been remembered.
    pub reached: Vec<String>,
    /// The two sessions that would have been compared.
    pub compared: Option<Box<[Side; 2]>>,
    /// The session that has made the last request.
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
            history: Vec::new(),
            wire_octets: Vec::new(),
            clipboard: Vec::new(),
            has_quit: false,
            editor_text: None,
            lines: Vec::new(),
            dropped: Vec::new(),
            fetching: None,
            compared: None,
            reached: Vec::new(),
        }
    }

    /// A console that is connected to `mx.example.test:587`.
    pub fn connected(look: Look) -> Self {
        let mut stage = Self::new(look);
        stage.type_text(":");
        stage.type_text("connect mx.example.test:587");
        stage.key(KeyCode::Enter);
        stage.wire(net::Event::Started);
        let peer = ([203, 0, 113, 25], 587).into();
        let took = Some(Duration::from_millis(3));
        stage.step(ConnectStep::Resolved {
            addresses: vec![peer],
            took,
        });
        let local = ([192, 0, 2, 7], 50_000).into();
        stage.step(ConnectStep::Connected {
            peer,
            local,
            took: Duration::from_millis(12),
        });
        stage.session.handle_connected(Link::Clear, stage.now);
        stage.drain();
        stage
    }

    /// The same after the server's greeting.
    pub fn greeted(look: Look) -> Self {
        let mut stage = Self::connected(look);
        stage.server(b"220 mx.example.test ESMTP Postfix\r\n");
        stage
    }

    /// The requested connection is established, with a new session.
    pub fn reconnected(&mut self) {
        self.session = Session::new(None);
        self.wire(net::Event::Started);
        self.session.handle_connected(Link::Clear, self.now);
        self.drain();
    }

    /// A step of connecting to the server.
    pub fn step(&mut self, step: ConnectStep) {
        let note = Entry::note(self.now, false, Level::Info, step.to_string());
        self.wire(net::Event::Session(ehlo::smtp::Event::Entry(note)));
        self.wire(net::Event::Dial(step));
    }

    /// An event of the connection.
    pub fn wire(&mut self, event: net::Event) {
        self.message(Message::Session(FIRST, SessionMessage::Wire(event)));
    }

    /// Octets from the server.
    pub fn server(&mut self, octets: &[u8]) {
        self.advance(REPLY_TIME);
        let more = more();
        let lines = octets.split_inclusive(|octet| *octet == b'\n').map(|line| {
            match line.strip_suffix(b"\r\n") {
                Some(text) => [text, more.as_bytes(), b"\r\n"].concat(),
                None => line.to_vec(),
            }
        });
        let octets: Vec<u8> = lines.flatten().collect();
        self.session.handle_bytes(&octets, self.now);
        self.drain();
    }

    /// Types a line and presses Enter.
    pub fn client(&mut self, line: &str) {
        self.type_text(line);
        self.key(KeyCode::Enter);
    }

    /// The TLS handshake succeeds with this verdict.
    pub fn tls(&mut self, verdict: Verdict) {
        let link = if verdict.is_verified() {
            Link::Verified
        } else {
            Link::Unverified
        };
        let fingerprint = Fingerprint::of(b"mx.example.test");
        let more = more();
        let details = CertificateDetails {
            version: 3,
            subject: format!("CN=mx.example.test{more}"),
            issuer: format!("CN=mx.example.test{more}"),
            subject_organization: more.clone(),
            issuer_organization: String::new(),
            serial: "01".to_owned(),
            names: vec![format!("mx.example.test{more}")],
            more_names: 0,
            not_before: "2025-12-20".to_owned(),
            not_after: "2026-12-20".to_owned(),
            expired: false,
            distance: "29 days".to_owned(),
            days_left: 29,
            key: CertificateKey {
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
            expected_name: "mx.example.test".to_owned(),
            verdict,
            chain: vec![Certificate {
                der: vec![0x30, 0].into(),
                fingerprint,
                details: Some(details),
            }],
            chain_faults: Vec::new(),
            certificate_request: None,
            dane: Dane::NotAsked,
            previous_fingerprint: None,
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

    /// Lets time pass.
    pub fn advance(&mut self, time: Duration) {
        self.now += time;
        self.message(Message::Tick);
    }

    /// Presses a key without modifiers.
    pub fn key(&mut self, code: KeyCode) {
        self.key_event(KeyEvent::new(code, KeyModifiers::NONE));
    }

    /// Presses a letter with Ctrl.
    pub fn control(&mut self, letter: char) {
        self.key_event(KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL));
    }

    /// Types text, key by key.
    pub fn type_text(&mut self, text: &str) {
        for character in text.chars() {
            self.key(KeyCode::Char(character));
        }
    }

    /// Presses keys: `\n` is Enter, `\t` is Tab; Ctrl-O and Esc are their control characters.
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

    /// Opens the menu and presses a letter.
    pub fn menu(&mut self, letter: &str) {
        self.control('o');
        self.type_text(letter);
    }

    /// Pastes text as one bracketed paste.
    pub fn paste(&mut self, text: &str) {
        self.message(Message::Paste(text.to_owned()));
    }

    /// Whether a connection would have been dropped.
    pub fn disconnected(&self) -> bool {
        !self.dropped.is_empty()
    }

    /// What was sent to the server since the last call.
    pub fn sent(&mut self) -> String {
        String::from_utf8(std::mem::take(&mut self.wire_octets)).unwrap()
    }

    /// Asserts that a large screen contains text.
    #[track_caller]
    pub fn shows(&mut self, text: &str) {
        let screen = self.screen(LARGE.0, LARGE.1);
        assert!(screen.contains(text), "no {text:?}:\n{screen}");
    }

    /// Asserts that a large screen does not contain text.
    #[track_caller]
    pub fn hides(&mut self, text: &str) {
        let screen = self.screen(LARGE.0, LARGE.1);
        assert!(!screen.contains(text), "{text:?} is there:\n{screen}");
    }

    /// The screen at this size, as text.
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

    /// A terminal of this size after one frame.
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

    /// Updates the session that has made the last request with a message.
    pub fn tell(&mut self, message: SessionMessage) {
        self.message(Message::Session(self.origin, message));
    }

    /// Updates the model with a message and carries out its effects.
    pub fn message(&mut self, message: Message) {
        let effects = tui::update(&mut self.model, message, self.now);
        for (origin, effect) in effects {
            self.origin = origin;
            let effect = match effect {
                Effect::Wire(command) => match command.permitted(&mut self.session) {
                    Ok(command) => Effect::Wire(command),
                    Err((command, reason)) => {
                        let event = command.unsent(reason);
                        self.wire(event.expect("an automatic command has content"));
                        continue;
                    }
                },
                effect => effect,
            };
            match effect {
                Effect::Wire(Command::Send { line, consent }) => {
                    self.lines.push((origin.session, line.masked()));
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
                        time: SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_268_800),
                        date: "Thu, 1 Jan 2026 12:00:00 +0000".to_owned(),
                        id: "17.4.2".to_owned(),
                    };
                    self.tell(SessionMessage::Stamped(stamp, purpose));
                }
                Effect::Edit(text) => self.editor_text = Some(text),
                Effect::Wire(Command::ResumeReading) => self.session.resume_reading(self.now),
                Effect::Login(number, request) if request.source.is_some() => {
                    self.fetching = Some((number, request));
                }
                Effect::Login(number, wish) => {
                    let exchange = wish
                        .exchange(&[7; NONCE_OCTETS], &Default::default())
                        .map(Box::new);
                    self.tell(SessionMessage::Login(number, exchange));
                }
                Effect::ReadTls(opening, passphrase) => {
                    let nobody = || std::io::Error::other("nobody is asked");
                    let tried = passphrase.is_some();
                    let overrides = opening.overrides.clone();
                    let read = overrides.resolve(|_| passphrase.ok_or_else(nobody));
                    self.tell(SessionMessage::ReadTls(TlsFilesRead {
                        pending_connect: opening,
                        tried,
                        read,
                    }));
                }
                Effect::Reached(target) => self.reached.push(target.to_string()),
                Effect::Compare(sides) => self.compared = Some(sides),
                Effect::Copy(octets) => self.clipboard = octets.reveal().to_vec(),
                Effect::Read(name, text) => {
                    let record =
                        ehlo::record::read(text.reveal(), self.now, SystemTime::UNIX_EPOCH);
                    self.tell(SessionMessage::Loaded(name, record.map(Box::new)));
                }
                Effect::Remember(line) => self.history.push(line),
                Effect::Cancel => self.dropped.push(origin.session),
                Effect::Quit => self.has_quit = true,
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
