//! Benchmarks of the network against plain blocking loops that do the same with the same server:
//! NOOP round trips, DATA, a flood of a million reply lines; and the memory of streaming a file.
//! Run with `cargo bench --bench wire`; loopback only.

#[path = "headless/message.rs"]
mod message;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use ehlo::net::{self, Command, ConnectPlan, Event, Handle, Upload};
use ehlo::smtp::{self, CommandLine, Transcript};

/// Commands of the round-trip benchmark.
const NOOPS: u32 = 10_000;
/// Octets of the message.
const MESSAGE: usize = 100 * 1000 * 1000;
/// Lines of the flood, of 64 octets each.
const LINES: usize = 1_000_000;
/// Measurements of each figure; the one with the median ratio is printed.
const ROUNDS: usize = 5;

fn main() {
    let server = start_server();
    let message = message();
    compare(
        "NOOP, one after the other",
        || plain_noops(server),
        || ehlo_noops(server),
    );
    compare(
        "DATA, 100 MB",
        || plain_data(server, &message),
        || ehlo_data(server, &message),
    );
    report_memory_of_a_file(server, &message);
    compare(
        "1,000,000 reply lines, stored",
        || plain_flood(server),
        || ehlo_flood(server),
    );
}

fn compare(name: &str, plain: impl Fn() -> Duration, ehlo: impl Fn() -> Duration) {
    let mut pairs: Vec<(f64, Duration, Duration)> = (0..ROUNDS)
        .map(|_| {
            let (plain, ehlo) = (plain(), ehlo());
            (ehlo.as_secs_f64() / plain.as_secs_f64(), plain, ehlo)
        })
        .collect();
    pairs.sort_by(|one, other| one.0.total_cmp(&other.0));
    let (ratio, plain, ehlo) = pairs[ROUNDS / 2];
    println!("{name}: plain {plain:.2?}, ehlo {ehlo:.2?}, ratio {ratio:.2}");
}

/// Streams the message from a file and prints by how much the peak of the memory rises.
fn report_memory_of_a_file(server: SocketAddr, message: &[u8]) {
    let path = std::env::temp_dir().join(format!("ehlo-bench-{}.eml", std::process::id()));
    std::fs::write(&path, message).unwrap();
    let mut console = Console::connect(server);
    console.send("DATA");
    console.reply();
    let upload = Upload::open(&path).unwrap();
    reset_peak();
    let before = peak_memory();
    let started = Instant::now();
    console.connection.send(Command::SendFile(upload)).unwrap();
    console.reply();
    let took = started.elapsed();
    std::fs::remove_file(&path).unwrap();
    let more = peak_memory().saturating_sub(before);
    println!("a file of 100 MB: {took:.2?}, {more} KiB more memory at the peak");
    assert!(more < 32 * 1024, "streaming a file needs too much memory");
}

/// Resets the peak to the current use.
fn reset_peak() {
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
}

/// The peak of this process's memory, in KiB.
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// A message in which every fiftieth line begins with a dot.
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

/// Starts a server that replies at once; its reply to EHLO FLOOD is the flood.
fn start_server() -> SocketAddr {
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
                message::read(&mut reader);
                b"250 accepted\r\n"
            }
            _ => b"250 ok\r\n",
        };
        if writer.write_all(reply).is_err() {
            return;
        }
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

fn plain_noops(server: SocketAddr) -> Duration {
    let (mut stream, mut reader, mut line) = greet(server);
    let started = Instant::now();
    for _ in 0..NOOPS {
        stream.write_all(b"NOOP\r\n").unwrap();
        line.clear();
        reader.read_line(&mut line).unwrap();
    }
    started.elapsed()
}

fn plain_data(server: SocketAddr, message: &[u8]) -> Duration {
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

/// Stores all lines in one buffer, with their offsets.
fn plain_flood(server: SocketAddr) -> Duration {
    let (mut stream, mut reader, _) = greet(server);
    let started = Instant::now();
    stream.write_all(b"EHLO FLOOD\r\n").unwrap();
    let (mut buffer, mut ends) = (Vec::new(), Vec::new());
    let mut start = 0;
    loop {
        reader.read_until(b'\n', &mut buffer).unwrap();
        ends.push(buffer.len());
        if buffer[start..].starts_with(b"250 ") {
            break;
        }
        start = buffer.len();
    }
    let took = started.elapsed();
    assert_eq!(ends.len(), LINES + 1);
    stream.shutdown(Shutdown::Both).unwrap();
    let _ = reader.read(&mut [0; 1]);
    took
}

/// A connection with a caller that waits for each reply.
struct Console {
    connection: Handle,
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
            connection: net::spawn().unwrap(),
            runtime,
            transcript: Transcript::new(1 << 30),
        };
        let plan = ConnectPlan {
            host: server.ip().to_string(),
            port: server.port(),
            timeout: Duration::from_secs(5),
            ..ConnectPlan::default()
        };
        console
            .connection
            .send(Command::Connect(Box::new(plan)))
            .unwrap();
        console.reply();
        console
    }

    fn send(&mut self, line: &str) {
        let line = CommandLine::parse(line).unwrap();
        self.connection
            .send(Command::Send {
                line,
                consent: None,
            })
            .unwrap();
    }

    /// Stores entries until a reply is complete.
    fn reply(&mut self) {
        loop {
            let batch = self.runtime.block_on(self.connection.events()).unwrap();
            let mut complete = false;
            for event in batch {
                match event {
                    Event::Session(smtp::Event::Entry(entry)) => {
                        self.transcript.push(entry);
                    }
                    Event::Session(smtp::Event::Status(status)) if status.paused.is_some() => {
                        self.connection.send(Command::ResumeReading).unwrap();
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

fn ehlo_noops(server: SocketAddr) -> Duration {
    let mut console = Console::connect(server);
    let started = Instant::now();
    for _ in 0..NOOPS {
        console.send("NOOP");
        console.reply();
    }
    started.elapsed()
}

fn ehlo_data(server: SocketAddr, message: &[u8]) -> Duration {
    let mut console = Console::connect(server);
    console.send("DATA");
    console.reply();
    let text = message.to_vec();
    let started = Instant::now();
    console.connection.send(Command::SendMessage(text)).unwrap();
    console.reply();
    started.elapsed()
}

fn ehlo_flood(server: SocketAddr) -> Duration {
    let mut console = Console::connect(server);
    let started = Instant::now();
    console.send("EHLO FLOOD");
    console.reply();
    let took = started.elapsed();
    assert!(console.transcript.end().0 > LINES as u64);
    took
}
