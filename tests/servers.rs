//! The same conversations with real mail servers on loopback. `tests/servers/run` starts them and
//! installs what they need; what this run has started it stops again, however it ends. Where a
//! server cannot be had, its trials are ignored and the reason is told; under `CI` they fail.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitCode, Output, Stdio};
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

/// The exit status of `run NAME up` where the server cannot be had on this machine.
const CANNOT_BE_HAD: i32 = 69;

/// A server of `tests/servers`.
struct Server {
    name: &'static str,
    /// Whether it tells who is known to it before it takes a recipient.
    refuses: bool,
    started: OnceLock<Result<Endpoints, Missing>>,
    keeper: Mutex<Option<Child>>,
}

/// Where a server listens, by kind, and the file of its authority as `ca`.
type Endpoints = HashMap<String, String>;

/// Why there is no server.
enum Missing {
    /// It cannot be had on this machine.
    CannotBeHad(String),
    /// It should have started.
    Failed(String),
}

impl Server {
    const fn new(name: &'static str, refuses: bool) -> Self {
        Self {
            name,
            refuses,
            started: OnceLock::new(),
            keeper: Mutex::new(None),
        }
    }

    /// The server's endpoints. The first who asks starts it.
    fn endpoints(&self) -> &Result<Endpoints, Missing> {
        self.started.get_or_init(|| {
            if !run(self.name, "status").is_ok_and(|output| output.status.success()) {
                *self.keeper.lock().unwrap() = keeper(self.name);
            }
            let output = run(self.name, "up").map_err(|error| {
                Missing::CannotBeHad(format!("{}: cannot run bash: {error}", self.name))
            })?;
            let said = String::from_utf8_lossy(&output.stderr)
                .trim_end()
                .to_owned();
            match output.status.code() {
                Some(0) => Ok(read_endpoints(&output)),
                Some(CANNOT_BE_HAD) => {
                    let last = said.lines().next_back().unwrap_or_default();
                    Err(Missing::CannotBeHad(last.to_owned()))
                }
                _ => Err(Missing::Failed(format!(
                    "{} did not start:\n{said}",
                    self.name
                ))),
            }
        })
    }

    /// Stops the server if this run has started it.
    fn stop(&self) {
        if let Some(mut keeper) = self.keeper.lock().unwrap().take() {
            // With the end of its input it begins.
            drop(keeper.stdin.take());
            let _ = keeper.wait();
        }
    }
}

/// `tests/servers/run NAME ACTION`.
fn run(name: &str, action: &str) -> std::io::Result<Output> {
    Command::new("bash")
        .args([SCRIPT, name, action])
        .stdin(Stdio::null())
        .output()
}

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/servers/run");

/// A process that stops the server when we are gone, be it by Ctrl-C or a signal that nobody can
/// catch: its input ends with us. A group of its own keeps the terminal's signals from it.
fn keeper(name: &str) -> Option<Child> {
    Command::new("sh")
        .args([
            "-c",
            r#"cat >/dev/null; exec bash "$0" "$1" down"#,
            SCRIPT,
            name,
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .ok()
}

fn read_endpoints(output: &Output) -> Endpoints {
    let text = String::from_utf8_lossy(&output.stdout);
    let pairs = text.lines().filter_map(|line| line.split_once('='));
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
            let trial = Trial::ignorable_test(name.to_lowercase(), move || hold(server, journey));
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
        if let Some(Err(Missing::CannotBeHad(reason))) = server.started.get() {
            eprintln!("not run: {reason}");
        }
        server.stop();
    }
    conclusion.exit_code()
}

/// Holds a conversation with a server, if it is there.
fn hold(server: &Server, journey: Journey) -> Result<Completion, Failed> {
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
        Err(Missing::CannotBeHad(reason)) if !is_set("CI") => {
            Ok(Err(Completion::ignored_with(reason)))
        }
        Err(Missing::CannotBeHad(reason)) => {
            Err(format!("CI is set, so this has to run: {reason}").into())
        }
        Err(Missing::Failed(words)) => Err(words.into()),
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
