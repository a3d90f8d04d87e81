//! The wire, measured against bare blocking loops that do the same job on the same server: a NOOP's
//! round trip, DATA, a flood of a million reply lines; and the memory that a streamed file takes. `cargo bench --bench wire`; loopback only.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use ehlo::net::{self, Command, Event, Handle, Plan, Upload};
use ehlo::smtp::{self, CommandLine, Transcript};

/// Commands of the round-trip figure.
const NOOPS: u32 = 10_000;
/// Octets of the message.
const MESSAGE: usize = 100 * 1000 * 1000;
/// Lines of the flood, of 64 octets each.
const LINES: usize = 1_000_000;
/// Measurements of each figure, in turn; the median of the ratios is told.
const ROUNDS: usize = 5;

fn main() {
    let server = serve();
    let message = message();
    compare(
        "NOOP, each awaited",
        || bare_noops(server),
        || our_noops(server),
    );
    compare(
        "DATA, 100 MB",
        || bare_data(server, &message),
        || our_data(server, &message),
    );
    tell_memory_of_a_file(server, &message);
    compare(
        "1,000,000 reply lines, kept",
        || bare_flood(server),
        || our_flood(server),
    );
}

fn compare(name: &str, bare: impl Fn() -> Duration, ours: impl Fn() -> Duration) {
    let mut pairs: Vec<(f64, Duration, Duration)> = (0..ROUNDS)
        .map(|_| {
            let (bare, ours) = (bare(), ours());
            (ours.as_secs_f64() / bare.as_secs_f64(), bare, ours)
        })
        .collect();
    pairs.sort_by(|one, other| one.0.total_cmp(&other.0));
    let (ratio, bare, ours) = pairs[ROUNDS / 2];
    println!("{name}: bare {bare:.2?}, ehlo {ours:.2?}, ratio {ratio:.2}");
}

/// Streams the message from a file and tells what the process took at its peak, beyond what it had.
fn tell_memory_of_a_file(server: SocketAddr, message: &[u8]) {
    let path = std::env::temp_dir().join(format!("ehlo-bench-{}.eml", std::process::id()));
    std::fs::write(&path, message).unwrap();
    let mut console = Console::connect(server);
    console.send("DATA");
    console.reply();
    let upload = Upload::open(&path).unwrap();
    forget_peak();
    let before = peak();
    let started = Instant::now();
    console.wire.send(Command::SendFile(upload)).unwrap();
    console.reply();
    let took = started.elapsed();
    std::fs::remove_file(&path).unwrap();
    let more = peak().saturating_sub(before);
    println!("a file of 100 MB: {took:.2?}, {more} KiB more memory at the peak");
    assert!(more < 32 * 1024, "a file costs memory");
}

/// Sets the peak back to what is in use now.
fn forget_peak() {
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
}

/// The most memory this process has had, in KiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// A message with a dot at the start of each fiftieth line.
fn message() -> Vec<u8> {
    let mut text = Vec::with_capacity(MESSAGE + 128);
    let mut number = 0_u32;
    while text.len() < MESSAGE {
        let dot = if number.is_multiple_of(50) { "." } else { "" };
        writeln!(
            text,
            "{dot}line {number:09} of a message that goes on for a hundred megabytes\r"
        )
        .unwrap();
        number += 1;
    }
    text
}

/// A server that answers at once; EHLO FLOOD is answered with the flood.
fn serve() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let stream = stream.unwrap();
            thread::spawn(move || converse(&stream));
        }
    });
    address
}

fn converse(stream: &TcpStream) {
    stream.set_nodelay(true).unwrap();
    let mut writer = stream;
    let mut reader = BufReader::with_capacity(1 << 17, stream);
    let mut line = String::new();
    writer.write_all(b"220 bench\r\n").unwrap();
    loop {
        line.clear();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        let reply: &[u8] = match line.trim_end() {
            "EHLO FLOOD" => {
                let text = b"250-XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX\r\n";
                let block = text.repeat(1000);
                for _ in 0..LINES / 1000 {
                    if writer.write_all(&block).is_err() {
                        return;
                    }
                }
                b"250 done\r\n"
            }
            "DATA" => {
                writer.write_all(b"354 go\r\n").unwrap();
                swallow(&mut reader);
                b"250 taken\r\n"
            }
            _ => b"250 ok\r\n",
        };
        if writer.write_all(reply).is_err() {
            return;
        }
    }
}

/// Reads up to the lone dot.
fn swallow(reader: &mut impl BufRead) {
    let mut tail = [0_u8; 5];
    while &tail != b"\r\n.\r\n" {
        let chunk = reader.fill_buf().unwrap();
        let count = chunk.len();
        assert!(count > 0, "the message ended without its dot");
        let keep = count.min(5);
        tail.rotate_left(keep);
        tail[5 - keep..].copy_from_slice(&chunk[count - keep..]);
        reader.consume(count);
    }
}

fn greet(server: SocketAddr) -> (TcpStream, BufReader<TcpStream>, String) {
    let stream = TcpStream::connect(server).unwrap();
    stream.set_nodelay(true).unwrap();
    let mut reader = BufReader::with_capacity(1 << 17, stream.try_clone().unwrap());
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    (stream, reader, line)
}

fn bare_noops(server: SocketAddr) -> Duration {
    let (mut stream, mut reader, mut line) = greet(server);
    let started = Instant::now();
    for _ in 0..NOOPS {
        stream.write_all(b"NOOP\r\n").unwrap();
        line.clear();
        reader.read_line(&mut line).unwrap();
    }
    started.elapsed()
}

fn bare_data(server: SocketAddr, message: &[u8]) -> Duration {
    let (mut stream, mut reader, mut line) = greet(server);
    stream.write_all(b"DATA\r\n").unwrap();
    reader.read_line(&mut line).unwrap();
    let started = Instant::now();
    let mut block = Vec::with_capacity(1 << 17);
    for text in message.split_inclusive(|&byte| byte == b'\n') {
        if text.starts_with(b".") {
            block.push(b'.');
        }
        block.extend_from_slice(text);
        if block.len() >= 1 << 16 {
            stream.write_all(&block).unwrap();
            block.clear();
        }
    }
    block.extend_from_slice(b".\r\n");
    stream.write_all(&block).unwrap();
    line.clear();
    reader.read_line(&mut line).unwrap();
    started.elapsed()
}

/// Keeps every line in one arena, with its offsets.
fn bare_flood(server: SocketAddr) -> Duration {
    let (mut stream, mut reader, _) = greet(server);
    let started = Instant::now();
    stream.write_all(b"EHLO FLOOD\r\n").unwrap();
    let (mut arena, mut ends) = (Vec::new(), Vec::new());
    let mut start = 0;
    loop {
        reader.read_until(b'\n', &mut arena).unwrap();
        ends.push(arena.len());
        if arena[start..].starts_with(b"250 ") {
            break;
        }
        start = arena.len();
    }
    let took = started.elapsed();
    assert_eq!(ends.len(), LINES + 1);
    stream.shutdown(Shutdown::Both).unwrap();
    let _ = reader.read(&mut [0; 1]);
    took
}

/// The wire with a driver that waits.
struct Console {
    wire: Handle,
    runtime: tokio::runtime::Runtime,
    transcript: Transcript,
}

impl Console {
    fn connect(server: SocketAddr) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let mut console = Self {
            wire: net::spawn().unwrap(),
            runtime,
            transcript: Transcript::new(1 << 30),
        };
        let plan = Plan {
            host: server.ip().to_string(),
            port: server.port(),
            timeout: Duration::from_secs(5),
            ..Plan::default()
        };
        console.wire.send(Command::Connect(Box::new(plan))).unwrap();
        console.reply();
        console
    }

    fn send(&mut self, line: &str) {
        let line = CommandLine::parse(line).unwrap();
        self.wire
            .send(Command::Send {
                line,
                consent: None,
            })
            .unwrap();
    }

    /// Keeps what comes until a reply is complete.
    fn reply(&mut self) {
        loop {
            let batch = self.runtime.block_on(self.wire.events()).unwrap();
            let mut complete = false;
            for event in batch {
                match event {
                    Event::Session(smtp::Event::Entry(entry)) => {
                        self.transcript.push(entry);
                    }
                    Event::Session(smtp::Event::Status(status)) if status.paused.is_some() => {
                        self.wire.send(Command::ReadOn).unwrap();
                    }
                    Event::Session(smtp::Event::Reply { .. }) => complete = true,
                    _ => {}
                }
            }
            if complete {
                return;
            }
        }
    }
}

fn our_noops(server: SocketAddr) -> Duration {
    let mut console = Console::connect(server);
    let started = Instant::now();
    for _ in 0..NOOPS {
        console.send("NOOP");
        console.reply();
    }
    started.elapsed()
}

fn our_data(server: SocketAddr, message: &[u8]) -> Duration {
    let mut console = Console::connect(server);
    console.send("DATA");
    console.reply();
    let text = message.to_vec();
    let started = Instant::now();
    console.wire.send(Command::SendMessage(text)).unwrap();
    console.reply();
    started.elapsed()
}

fn our_flood(server: SocketAddr) -> Duration {
    let mut console = Console::connect(server);
    let started = Instant::now();
    console.send("EHLO FLOOD");
    console.reply();
    let took = started.elapsed();
    assert!(console.transcript.end().0 > LINES as u64);
    took
}
