//! The server of this benchmark: a thread for each connection, replies at once.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::message;

/// Lines of the flood, of 64 octets each.
pub const LINES: usize = 1_000_000;
/// Octets that are read at once.
const BLOCK: usize = 128 * 1024;

/// A running server.
pub struct Server {
    /// Its port without TLS.
    pub plain: u16,
    /// Its port with TLS from the first octet.
    pub tls: u16,
    /// What it has seen.
    pub seen: Arc<Seen>,
}

/// What the server saw of the client last.
#[derive(Default)]
pub struct Seen {
    /// The client's process.
    pub pid: AtomicU64,
    /// Its memory at the peak when it sent QUIT, in KiB.
    pub peak: AtomicU64,
    /// The time of the processor that it took until QUIT, in nanoseconds.
    pub processor: AtomicU64,
    /// Octets of its last message.
    pub message: AtomicU64,
}

impl Server {
    /// Starts it.
    pub fn start() -> Self {
        let seen = Arc::new(Seen::default());
        let config = tls_config();
        let plain = listen(&seen, converse);
        let tls = listen(&seen, move |tcp, seen| {
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            converse(StreamOwned::new(connection, tcp), seen);
        });
        Self { plain, tls, seen }
    }
}

fn tls_config() -> Arc<ServerConfig> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    Arc::new(config)
}

fn listen(seen: &Arc<Seen>, serve: impl Fn(TcpStream, &Seen) + Clone + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let seen = Arc::clone(seen);
    thread::spawn(move || {
        for tcp in listener.incoming() {
            let tcp = tcp.unwrap();
            tcp.set_nodelay(true).unwrap();
            let (serve, seen) = (serve.clone(), Arc::clone(&seen));
            thread::spawn(move || serve(tcp, &seen));
        }
    });
    port
}

fn converse(stream: impl Read + Write, seen: &Seen) {
    let mut stream = BufReader::with_capacity(BLOCK, stream);
    let mut line = String::new();
    let mut reply: &[u8] = b"220 bench.example ESMTP\r\n";
    loop {
        let writer = stream.get_mut();
        if writer
            .write_all(reply)
            .and_then(|()| writer.flush())
            .is_err()
        {
            return;
        }
        line.clear();
        if stream.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        reply = match line.trim_end() {
            "EHLO FLOOD" => {
                let text = b"250-XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX\r\n";
                let block = text.repeat(1000);
                for _ in 0..LINES / 1000 {
                    if stream.get_mut().write_all(&block).is_err() {
                        return;
                    }
                }
                b"250 done\r\n"
            }
            ehlo if ehlo.starts_with("EHLO") => {
                b"250-bench.example\r\n250-PIPELINING\r\n250-SIZE 0\r\n250 8BITMIME\r\n"
            }
            "DATA" => {
                let writer = stream.get_mut();
                writer.write_all(b"354 go\r\n").unwrap();
                writer.flush().unwrap();
                let octets = message::read(&mut stream);
                seen.message.store(octets, Ordering::Relaxed);
                b"250 accepted\r\n"
            }
            "QUIT" => {
                let pid = seen.pid.load(Ordering::Relaxed);
                seen.peak.store(peak_memory(pid), Ordering::Relaxed);
                let processor = processor_time(pid);
                seen.processor.store(processor, Ordering::Relaxed);
                let _ = stream.get_mut().write_all(b"221 bye\r\n");
                return;
            }
            _ => b"250 ok\r\n",
        };
    }
}

/// The peak of a process's memory, in KiB; 0 if there is no such process.
fn peak_memory(pid: u64) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().nth(1));
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// What the threads of a process have run, in nanoseconds.
fn processor_time(pid: u64) -> u64 {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task"));
    let times = threads.into_iter().flatten().flatten().map(|thread| {
        let times = std::fs::read_to_string(thread.path().join("schedstat")).unwrap_or_default();
        let first = times.split_whitespace().next().map(str::parse);
        first.and_then(Result::ok).unwrap_or(0)
    });
    times.sum()
}
