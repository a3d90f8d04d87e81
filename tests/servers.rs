//! The same conversations with real mail servers on loopback. `tests/servers/run` installs and
//! starts servers for this run alone, on free ports, and stops them however the run ends. If a
//! server is not available, its trials are ignored with the reason; if `CI` is set, they fail.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{Read, Seek};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::{Mutex, OnceLock};
use std::thread;

use ehlo::smtp::sasl;

use conversation::{Conversation, Login, Mechanism, Opening};
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use pty::Home;

#[expect(dead_code, reason = "what arrived can be looked at only in tests/it")]
#[path = "it/support/conversation.rs"]
mod conversation;
#[path = "it/support/login.rs"]
mod login;
#[expect(dead_code, reason = "tests/it needs more of it")]
#[path = "it/support/pty.rs"]
mod pty;

/// The exit status of `run NAME hold` if the server is not available on this machine.
const UNAVAILABLE: i32 = 69;

/// A server of `tests/servers`.
struct Server {
    name: &'static str,
    /// Whether it refuses unknown recipients.
    refuses: bool,
    started: OnceLock<Result<Endpoints, StartError>>,
    /// `run NAME hold`: stops the server at the end of its standard input.
    holder: Mutex<Option<Child>>,
}

/// The addresses of a server by kind, and the file of its CA as `ca`.
type Endpoints = HashMap<String, String>;

/// Why there is no server.
enum StartError {
    /// It is not available on this machine.
    Unavailable(String),
    /// Starting it failed.
    Failed(String),
}

impl Server {
    const fn new(name: &'static str, refuses: bool) -> Self {
        Self {
            name,
            refuses,
            started: OnceLock::new(),
            holder: Mutex::new(None),
        }
    }

    /// The server's endpoints. The first call starts the server.
    fn endpoints(&self) -> &Result<Endpoints, StartError> {
        self.started.get_or_init(|| self.start())
    }

    fn start(&self) -> Result<Endpoints, StartError> {
        let mut log = tempfile::tempfile().unwrap();
        let mut holder = spawn_holder(self.name, log.try_clone().unwrap()).map_err(|error| {
            StartError::Unavailable(format!("{}: cannot run bash: {error}", self.name))
        })?;
        let mut output = String::new();
        let mut stdout = holder.stdout.take().unwrap();
        stdout.read_to_string(&mut output).unwrap();
        if !output.is_empty() {
            *self.holder.lock().unwrap() = Some(holder);
            return Ok(read_endpoints(&output));
        }
        let status = holder.wait().unwrap();
        let mut text = String::new();
        log.rewind().unwrap();
        log.read_to_string(&mut text).unwrap();
        let text = text.trim_end();
        if status.code() == Some(UNAVAILABLE) {
            let reason = text.lines().next_back().unwrap_or_default();
            return Err(StartError::Unavailable(reason.to_owned()));
        }
        let message = format!("{} did not start ({status}):\n{text}", self.name);
        Err(StartError::Failed(message))
    }

    /// Stops the server.
    fn stop(&self) {
        if let Some(mut holder) = self.holder.lock().unwrap().take() {
            drop(holder.stdin.take());
            let _ = holder.wait();
        }
    }
}

/// Starts `tests/servers/run NAME hold`. Its input ends with this process, even if a signal
/// kills it. In a process group of its own it does not receive the terminal's signals.
fn spawn_holder(name: &str, stderr: File) -> std::io::Result<Child> {
    const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/servers/run");
    Command::new("bash")
        .args([SCRIPT, name, "hold"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(stderr)
        .process_group(0)
        .spawn()
}

fn read_endpoints(output: &str) -> Endpoints {
    let pairs = output.lines().filter_map(|line| line.split_once('='));
    pairs
        .map(|(kind, place)| (kind.to_owned(), place.to_owned()))
        .collect()
}

static SERVERS: [Server; 4] = [
    Server::new("postfix", true),
    Server::new("exim", true),
    Server::new("dovecot", false),
    Server::new("aiosmtpd", true),
];

/// A conversation with one kind of endpoint.
#[derive(Clone, Copy)]
struct Journey {
    kind: &'static str,
    opening: Opening,
    login: Option<Mechanism>,
    certificate: &'static str,
}

/// What every server is put through.
const JOURNEYS: [Journey; 5] = [
    Journey {
        kind: "plain",
        opening: Opening::Clear,
        login: None,
        certificate: "",
    },
    Journey {
        kind: "starttls",
        opening: Opening::Typed,
        login: Some(Mechanism::Plain),
        certificate: "verified",
    },
    Journey {
        kind: "starttls",
        opening: Opening::ByItself,
        login: Some(Mechanism::Login),
        certificate: "verified",
    },
    Journey {
        kind: "tls",
        opening: Opening::Implicit,
        login: Some(Mechanism::Plain),
        certificate: "verified",
    },
    Journey {
        kind: "clearauth",
        opening: Opening::Clear,
        login: Some(Mechanism::Login),
        certificate: "",
    },
];

/// What only Postfix has.
const BAD_CERTIFICATES: [Journey; 2] = [
    Journey {
        kind: "wronghost",
        opening: Opening::Typed,
        login: Some(Mechanism::Plain),
        certificate: "!! wrong name: wanted mail.ehlo.test",
    },
    Journey {
        kind: "expired",
        opening: Opening::ByItself,
        login: Some(Mechanism::Login),
        certificate: "!! expired 2021-01-01",
    },
];

/// How alice logs in at those that have all mechanisms, at once or asked for by a 334. Her password
/// is one that a shell, SASLprep or a careless encoding would spoil.
const LOGINS: [(sasl::Mechanism, bool); 10] = [
    (sasl::Mechanism::Plain, true),
    (sasl::Mechanism::Plain, false),
    (sasl::Mechanism::Login, true),
    (sasl::Mechanism::Login, false),
    (sasl::Mechanism::CramMd5, false),
    (sasl::Mechanism::ScramSha1, true),
    (sasl::Mechanism::ScramSha256, true),
    (sasl::Mechanism::ScramSha256, false),
    (sasl::Mechanism::XOAuth2, true),
    (sasl::Mechanism::OAuthBearer, true),
];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    let mut wanted = Vec::new();
    for server in &SERVERS {
        let more: &[Journey] = if server.name == "postfix" {
            &BAD_CERTIFICATES
        } else {
            &[]
        };
        let mut is_wanted = false;
        for &journey in JOURNEYS.iter().chain(more) {
            // Dovecot's submission has no port without AUTH.
            if server.name == "dovecot" && journey.kind == "plain" {
                continue;
            }
            let name = format!("{}::{}::{:?}", server.name, journey.kind, journey.opening);
            let trial =
                Trial::ignorable_test(name.to_lowercase(), move || converse(server, journey));
            is_wanted |= !arguments.is_filtered_out(&trial);
            trials.push(trial);
        }
        if matches!(server.name, "postfix" | "dovecot") {
            for &(mechanism, at_once) in &LOGINS {
                let way = if at_once { "" } else { "::asked" };
                let name = format!("{}::auth::{mechanism}{way}", server.name).to_lowercase();
                let trial = Trial::ignorable_test(name, move || log_in(server, mechanism, at_once));
                is_wanted |= !arguments.is_filtered_out(&trial);
                trials.push(trial);
            }
        }
        if is_wanted && !arguments.list {
            wanted.push(server);
        }
    }
    // All at once: the trials then wait for the server they need.
    let starting: Vec<_> = wanted
        .iter()
        .map(|&server| thread::spawn(|| _ = server.endpoints()))
        .collect();
    let conclusion = libtest_mimic::run(&arguments, trials);
    for thread in starting {
        let _ = thread.join();
    }
    for server in wanted {
        if let Some(Err(StartError::Unavailable(reason))) = server.started.get() {
            eprintln!("not run: {reason}");
        }
        server.stop();
    }
    conclusion.exit_code()
}

/// Holds a conversation with a server, if it is there.
fn converse(server: &Server, journey: Journey) -> Result<Completion, Failed> {
    let endpoints = match had(server)? {
        Ok(endpoints) => endpoints,
        Err(ignored) => return Ok(ignored),
    };
    let (authority, target) = (&endpoints["ca"], &endpoints[journey.kind]);
    let password = std::fs::read_to_string(authority.replace("ca.crt", "alice.password"))?;
    let tls = match journey.opening {
        Opening::Clear | Opening::Typed => "auto",
        Opening::ByItself => "starttls",
        Opening::Implicit => "implicit",
    };
    let home = Home::new();
    let options = [
        "--ca-file",
        authority,
        "--sni",
        "mail.ehlo.test",
        "--tls",
        tls,
        target,
    ];
    let mut console = home.ehlo_sized(99, 70, &options);
    let said = Conversation {
        opening: journey.opening,
        certificate: journey.certificate,
        login: journey.login.map(|mechanism| Login {
            mechanism,
            user: "alice",
            password: &password,
        }),
        sender: "alice@ehlo.test",
        refused: server.refuses.then_some("nobody@ehlo.test"),
        accepted: "bob@ehlo.test",
    };
    conversation::hold(&mut console, &said);
    Ok(Completion::Completed)
}

/// Where a server listens; that the trial is ignored where it cannot be had.
fn had(server: &Server) -> Result<Result<&Endpoints, Completion>, Failed> {
    match server.endpoints() {
        Ok(endpoints) => Ok(Ok(endpoints)),
        Err(StartError::Unavailable(reason)) if !is_set("CI") => {
            Ok(Err(Completion::ignored_with(reason)))
        }
        Err(StartError::Unavailable(reason)) => {
            Err(format!("CI is set, so this has to run: {reason}").into())
        }
        Err(StartError::Failed(words)) => Err(words.into()),
    }
}

/// Logs alice in.
fn log_in(
    server: &Server,
    mechanism: sasl::Mechanism,
    at_once: bool,
) -> Result<Completion, Failed> {
    let endpoints = match had(server)? {
        Ok(endpoints) => endpoints,
        Err(ignored) => return Ok(ignored),
    };
    let authority = &endpoints["ca"];
    let file = match mechanism.needs() {
        sasl::Needs::Token => "alice.token",
        _ => "alice.password",
    };
    let secret = std::fs::read(authority.replace("ca.crt", file))?;
    login::log_in(&login::Login {
        address: endpoints["starttls"].parse()?,
        authority: authority.as_ref(),
        mechanism,
        at_once,
        user: "alice",
        secret: &secret,
    })?;
    Ok(Completion::Completed)
}

fn is_set(name: impl AsRef<OsStr>) -> bool {
    std::env::var_os(name).is_some_and(|value| !value.is_empty())
}
