//! Benchmarks of whole processes without a screen: `ehlo run` and `ehlo send` against bare clients
//! that do the same and nothing else. Without TLS that is `bare.c`, compiled here by `cc`; with TLS it
//! is `bare_tls.rs`, blocking rustls. They run in turn; each figure is the median, each ratio the median
//! of the ratios of neighbours. On a busy machine the time of the processor up to QUIT tells more than the
//! time that passes, so both are there. Also against swaks, where it is installed.
//! Run with `cargo bench --bench headless`, with a word to choose the rows that contain it; loopback only.

mod bare_tls;
mod message;
mod server;

use std::fmt;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use server::{LINES, Server};

/// Commands of the round-trip benchmark.
const NOOPS: usize = 10_000;
/// Octets of the message.
const MESSAGE: usize = 100 * 1000 * 1000;
/// How often a short row and a long one are measured.
const SHORT: usize = 51;
const LONG: usize = 5;
/// The program.
const EHLO: &str = env!("CARGO_BIN_EXE_ehlo");
/// The word by which the benchmark is started as the bare client over TLS.
const BARE_TLS: &str = "bare-tls";

/// A program and its arguments.
type Line<'a> = Vec<&'a str>;

fn main() {
    let words: Vec<String> = std::env::args().collect();
    if words.get(1).is_some_and(|word| word == BARE_TLS) {
        return bare_tls::run(&words[2..]);
    }
    let chosen = words[1..].iter().find(|word| !word.starts_with('-'));
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (bare, message) = (file("bare"), file("message.eml"));
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/headless/bare.c");
    let compiled = Command::new("cc")
        .args(["-O2", "-o", &bare, source])
        .status();
    assert!(
        compiled.is_ok_and(|status| status.success()),
        "cc is needed"
    );
    write_message(Path::new(&message));
    let script = |name: &str, text: &str| {
        let path = file(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let session = script("session.smtp", "EHLO bare.example\nQUIT\n");
    let noops = script("noops.smtp", &("NOOP\n".repeat(NOOPS) + "QUIT\n"));
    let data = script("data.smtp", &format!(":data {message}\nQUIT\n"));
    let flood = script("flood.smtp", "EHLO FLOOD\nQUIT\n");
    let bench = Bench {
        server: Server::start(),
        home: folder.path(),
        chosen: chosen.cloned().unwrap_or_default(),
    };
    let (plain, tls) = (bench.server.plain.to_string(), bench.server.tls.to_string());
    let (count, lines, this) = (NOOPS.to_string(), LINES.to_string(), words[0].clone());
    let (plain, tls, bare, this) = (plain.as_str(), tls.as_str(), bare.as_str(), this.as_str());
    let run = |script| vec![EHLO, "run", "127.0.0.1", plain, script];
    let quiet = |script| [run(script), vec!["--quiet"]].concat();
    let over_tls = |script| {
        let target = vec![EHLO, "run", "127.0.0.1", tls, script];
        [target, vec!["--tls", "implicit", "--verify", "off"]].concat()
    };
    let send = |port| {
        let envelope = ["--from", "a@b.example", "--to", "c@d.example"];
        let target = vec![
            EHLO,
            "send",
            "127.0.0.1",
            port,
            "--data",
            &message,
            "--quiet",
        ];
        [target, envelope.to_vec()].concat()
    };
    let secured = vec!["--tls", "implicit", "--verify", "off"];
    let swaks = [
        "swaks",
        "--server",
        "127.0.0.1",
        "--port",
        plain,
        "--quit-after",
        "FIRST-HELO",
    ];
    let rows: Vec<(&str, usize, Line<'_>, Line<'_>)> = vec![
        (
            "--version, against true",
            SHORT,
            vec!["true"],
            vec![EHLO, "--version"],
        ),
        (
            "explain 550, against true",
            SHORT,
            vec!["true"],
            vec![EHLO, "explain", "550"],
        ),
        (
            "session",
            SHORT,
            vec![bare, plain, "session"],
            run(&session),
        ),
        ("session, against swaks", 11, swaks.to_vec(), run(&session)),
        (
            "session, tls",
            SHORT,
            vec![this, BARE_TLS, tls, "session"],
            over_tls(&session),
        ),
        (
            "noops, quiet",
            LONG,
            vec![bare, plain, "noops", &count],
            quiet(&noops),
        ),
        (
            "noops, printed",
            LONG,
            vec![bare, plain, "noops", &count],
            run(&noops),
        ),
        (
            "noops, tls",
            LONG,
            vec![this, BARE_TLS, tls, "noops", &count],
            over_tls(&noops),
        ),
        (
            "data by run",
            LONG,
            vec![bare, plain, "data", &message],
            quiet(&data),
        ),
        (
            "data by run, tls",
            LONG,
            vec![this, BARE_TLS, tls, "data", &message],
            over_tls(&data),
        ),
        (
            "data by send",
            LONG,
            vec![bare, plain, "data", &message],
            send(plain),
        ),
        (
            "data by send, tls",
            LONG,
            vec![this, BARE_TLS, tls, "data", &message],
            [send(tls), secured].concat(),
        ),
        (
            "flood, kept",
            LONG,
            vec![bare, plain, "flood", &lines],
            quiet(&flood),
        ),
        (
            "flood, kept and printed",
            LONG,
            vec![bare, plain, "flood", &lines],
            run(&flood),
        ),
    ];
    println!(
        "{:26} {:>10} {:>10} {:>6}  {:>10} {:>10} {:>6}  peak KiB",
        "row", "peer", "ehlo", "ratio", "peer's CPU", "CPU", "ratio"
    );
    for (name, rounds, peer, ours) in &rows {
        bench.compare(name, *rounds, peer, ours);
    }
}

struct Bench<'a> {
    server: Server,
    home: &'a Path,
    chosen: String,
}

impl Bench<'_> {
    fn compare(&self, name: &str, rounds: usize, peer: &Line<'_>, ours: &Line<'_>) {
        if !name.contains(&self.chosen) {
            return;
        }
        if !peer[0].contains('/') && Command::new(peer[0]).arg("--version").output().is_err() {
            println!("{name:26} {} is not installed", peer[0]);
            return;
        }
        let seen = &self.server.seen;
        let (mut wall, mut processor) = (Ratio::default(), Ratio::default());
        let (mut peer_peak, mut own_peak) = (0, 0);
        for round in 0..=rounds {
            let peer = self.time(peer);
            peer_peak = seen.peak.swap(0, Ordering::Relaxed).max(peer_peak);
            let peer_processor = seen.processor.swap(0, Ordering::Relaxed);
            let peer_octets = seen.message.swap(0, Ordering::Relaxed);
            let ours = self.time(ours);
            own_peak = seen.peak.swap(0, Ordering::Relaxed).max(own_peak);
            let own_processor = seen.processor.swap(0, Ordering::Relaxed);
            let own_octets = seen.message.swap(0, Ordering::Relaxed);
            // `send` adds header fields.
            assert!(own_octets >= peer_octets && own_octets <= peer_octets + 1000);
            // The first round warms the caches.
            if round > 0 {
                wall.push(peer, ours);
                processor.push(
                    Duration::from_nanos(peer_processor),
                    Duration::from_nanos(own_processor),
                );
            }
        }
        println!("{name:26} {wall}  {processor}  {peer_peak} {own_peak}");
    }

    /// How long a program runs.
    fn time(&self, line: &Line<'_>) -> Duration {
        let mut command = Command::new(line[0]);
        command.args(&line[1..]).stdin(Stdio::null());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command.env_clear().env("HOME", self.home);
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        let started = Instant::now();
        let mut child = command.spawn().unwrap();
        let pid = child.id().into();
        self.server.seen.pid.store(pid, Ordering::Relaxed);
        let status = child.wait().unwrap();
        let took = started.elapsed();
        assert!(status.success(), "{line:?}: {status}");
        took
    }
}

/// The times of both sides, in milliseconds.
#[derive(Default)]
struct Ratio {
    peer: Vec<f64>,
    own: Vec<f64>,
    ratios: Vec<f64>,
}

impl Ratio {
    fn push(&mut self, peer: Duration, own: Duration) {
        let millis = |time: Duration| 1000.0 * time.as_secs_f64();
        self.peer.push(millis(peer));
        self.own.push(millis(own));
        self.ratios.push(own.as_secs_f64() / peer.as_secs_f64());
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let median = |values: &[f64]| {
            let mut values = values.to_vec();
            values.sort_by(f64::total_cmp);
            values[values.len() / 2]
        };
        let (peer, own) = (median(&self.peer), median(&self.own));
        write!(f, "{peer:7.2} ms {own:7.2} ms {:6.2}", median(&self.ratios))
    }
}

/// Writes a message with the headers that it needs, in which every fiftieth line begins with a dot.
fn write_message(path: &Path) {
    let mut file = BufWriter::new(std::fs::File::create(path).unwrap());
    let head = "Date: Thu, 1 Jan 1970 00:00:00 +0000\r\nFrom: <a@b.example>\r\n\
                Message-ID: <1@b.example>\r\n\r\n";
    file.write_all(head.as_bytes()).unwrap();
    let (mut written, mut number) = (0, 0_u32);
    while written < MESSAGE {
        let dot = if number.is_multiple_of(50) { "." } else { "" };
        let text = "of a message that goes on for a hundred megabytes";
        let line = format!("{dot}line {number:09} {text}\r\n");
        file.write_all(line.as_bytes()).unwrap();
        written += line.len();
        number += 1;
    }
}
