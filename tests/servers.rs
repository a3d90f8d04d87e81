//! Conversations with real mail servers on loopback. `tests/servers/run` installs and
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

use conversation::{Conversation, Login, Mechanism, TlsStart};
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use pty::Home;

#[expect(dead_code, reason = "only tests/it can inspect the delivered message")]
#[path = "it/support/conversation.rs"]
mod conversation;
#[path = "it/support/login.rs"]
mod login;
#[path = "it/support/program.rs"]
mod program;
#[expect(dead_code, reason = "tests/it uses more of it")]
#[path = "it/support/pty.rs"]
mod pty;
#[path = "servers/refusals.rs"]
mod refusals;

/// The exit status of `run NAME hold` if the server is not available on this machine.
const UNAVAILABLE: i32 = 69;

/// A server of `tests/servers`.
struct Server {
    name: &'static str,
    /// Whether it refuses unknown recipients of its own domain.
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
        .map(|(kind, address)| (kind.to_owned(), address.to_owned()))
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
struct Scenario {
    kind: &'static str,
    tls_start: TlsStart,
    login: Option<Mechanism>,
    certificate: &'static str,
}

/// The scenarios for every server.
const SCENARIOS: [Scenario; 5] = [
    Scenario {
        kind: "plain",
        tls_start: TlsStart::Clear,
        login: None,
        certificate: "",
    },
    Scenario {
        kind: "starttls",
        tls_start: TlsStart::Typed,
        login: Some(Mechanism::Plain),
        certificate: "verified",
    },
    Scenario {
        kind: "starttls",
        tls_start: TlsStart::Automatic,
        login: Some(Mechanism::Login),
        certificate: "verified",
    },
    Scenario {
        kind: "tls",
        tls_start: TlsStart::Implicit,
        login: Some(Mechanism::Plain),
        certificate: "verified",
    },
    Scenario {
        kind: "clearauth",
        tls_start: TlsStart::Clear,
        login: Some(Mechanism::Login),
        certificate: "",
    },
];

/// The scenarios for Postfix alone.
const BAD_CERTIFICATES: [Scenario; 2] = [
    Scenario {
        kind: "wronghost",
        tls_start: TlsStart::Typed,
        login: Some(Mechanism::Plain),
        certificate: "!! wrong name: expected mail.ehlo.test",
    },
    Scenario {
        kind: "expired",
        tls_start: TlsStart::Automatic,
        login: Some(Mechanism::Login),
        certificate: "!! expired 2021-01-01",
    },
];

/// The logins at servers with all mechanisms, and whether the AUTH command contains the first
/// response. Quoting, SASLprep or a wrong encoding would change the password.
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
        let additional: &[Scenario] = if server.name == "postfix" {
            &BAD_CERTIFICATES
        } else {
            &[]
        };
        let first = trials.len();
        let mut add =
            |name: String, run: Box<dyn FnOnce() -> Result<Completion, Failed> + Send>| {
                trials.push(Trial::ignorable_test(name.to_lowercase(), run));
            };
        for &scenario in SCENARIOS.iter().chain(additional) {
            // Dovecot's submission service has no port without AUTH.
            if server.name == "dovecot" && scenario.kind == "plain" {
                continue;
            }
            let Scenario {
                kind, tls_start, ..
            } = scenario;
            let name = format!("{}::{kind}::{tls_start:?}", server.name);
            add(
                format!("{name}::script"),
                Box::new(move || run_script(server, scenario)),
            );
            add(name, Box::new(move || converse(server, scenario)));
        }
        add(
            format!("{}::refusals", server.name),
            Box::new(move || explain_refusals(server)),
        );
        if matches!(server.name, "postfix" | "dovecot") {
            for &(mechanism, initial_response) in &LOGINS {
                let suffix = if initial_response { "" } else { "::asked" };
                add(
                    format!("{}::auth::{mechanism}{suffix}", server.name),
                    Box::new(move || log_in(server, mechanism, initial_response)),
                );
            }
        }
        let is_wanted = (trials[first..].iter()).any(|trial| !arguments.is_filtered_out(trial));
        if is_wanted && !arguments.list {
            wanted.push(server);
        }
    }
    // All servers start at the same time; each trial waits for its own.
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

/// Runs a scenario with a server, if the server is available.
fn converse(server: &Server, scenario: Scenario) -> Result<Completion, Failed> {
    let endpoints = match endpoints_or_skip(server)? {
        Ok(endpoints) => endpoints,
        Err(ignored) => return Ok(ignored),
    };
    let (ca_file, target) = (&endpoints["ca"], &endpoints[scenario.kind]);
    let password = std::fs::read_to_string(ca_file.replace("ca.crt", "alice.password"))?;
    let tls = match scenario.tls_start {
        TlsStart::Clear | TlsStart::Typed => "auto",
        TlsStart::Automatic => "starttls",
        TlsStart::Implicit => "implicit",
    };
    let home = Home::new();
    let options = [
        "--ca-file",
        ca_file,
        "--sni",
        "mail.ehlo.test",
        "--tls",
        tls,
        target,
    ];
    let mut console = home.ehlo_sized(99, 70, &options);
    let conversation = Conversation {
        tls_start: scenario.tls_start,
        certificate: scenario.certificate,
        login: scenario.login.map(|mechanism| Login {
            mechanism,
            user: "alice",
            password: &password,
        }),
        sender: "alice@ehlo.test",
        refused: server.refuses.then_some("nobody@ehlo.test"),
        accepted: "bob@ehlo.test",
    };
    conversation::run(&mut console, &conversation);
    Ok(Completion::Completed)
}

/// Runs the conversation of a scenario as a script.
fn run_script(server: &Server, scenario: Scenario) -> Result<Completion, Failed> {
    let endpoints = match endpoints_or_skip(server)? {
        Ok(endpoints) => endpoints,
        Err(ignored) => return Ok(ignored),
    };
    let (ca_file, target) = (&endpoints["ca"], &endpoints[scenario.kind]);
    let password = ca_file.replace("ca.crt", "alice.password");
    let mut script = String::from("# From the greeting to QUIT.\n");
    let tls = match scenario.tls_start {
        TlsStart::Clear => "auto",
        TlsStart::Typed => {
            script.push_str("EHLO client.example\n< 250\nSTARTTLS\n< 220\n");
            "auto"
        }
        TlsStart::Automatic => "starttls",
        TlsStart::Implicit => "implicit",
    };
    script.push_str("EHLO client.example\n< 250\n");
    if let Some(mechanism) = scenario.login {
        let name = match mechanism {
            Mechanism::Plain => "PLAIN",
            Mechanism::Login => "LOGIN",
        };
        script.push_str(&format!(
            ":login {name} user alice password-from file:{password}\n< 235\n"
        ));
    }
    script.push_str("MAIL FROM:<alice@ehlo.test>\n");
    if server.refuses {
        script.push_str("RCPT TO:<nobody@ehlo.test>\n< 550\n");
    }
    script.push_str(
        "RCPT TO:<{to}>\n< 250\nDATA\n< 354\nFrom: alice@ehlo.test\nSubject: a script\n\n\
         # text, as it stands\n< 999\n..\n.\n< 250\nQUIT\n< 221\n",
    );
    let home = Home::new();
    let file = home.file("script", &script);
    let mut arguments = vec!["run", target, &file, "--set", "to=bob@ehlo.test"];
    arguments.extend([
        "--ca-file",
        ca_file,
        "--sni",
        "mail.ehlo.test",
        "--tls",
        tls,
    ]);
    if scenario.tls_start == TlsStart::Clear {
        arguments.push("--allow-insecure-auth");
    }
    let output = program::ehlo(&home, &arguments, b"");
    let said =
        [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    // A password goes to no server whose certificate is not its own.
    let is_verified = matches!(scenario.certificate, "" | "verified");
    let expected = if is_verified { 0 } else { 28 };
    if output.status.code() != Some(expected) {
        return Err(format!("{}: {}", output.status, said.concat()).into());
    }
    Ok(Completion::Completed)
}

/// The endpoints of a server, or the result of a trial if the server is not available.
fn endpoints_or_skip(server: &Server) -> Result<Result<&Endpoints, Completion>, Failed> {
    match server.endpoints() {
        Ok(endpoints) => Ok(Ok(endpoints)),
        Err(StartError::Unavailable(reason)) if !is_set("CI") => {
            Ok(Err(Completion::ignored_with(reason)))
        }
        Err(StartError::Unavailable(reason)) => {
            Err(format!("CI is set, so this must not be skipped: {reason}").into())
        }
        Err(StartError::Failed(message)) => Err(message.into()),
    }
}

/// Logs alice in.
fn log_in(
    server: &Server,
    mechanism: sasl::Mechanism,
    initial_response: bool,
) -> Result<Completion, Failed> {
    let endpoints = match endpoints_or_skip(server)? {
        Ok(endpoints) => endpoints,
        Err(ignored) => return Ok(ignored),
    };
    let ca_file = &endpoints["ca"];
    let file = match mechanism.needs() {
        sasl::Needs::Token => "alice.token",
        _ => "alice.password",
    };
    let secret = std::fs::read(ca_file.replace("ca.crt", file))?;
    login::log_in(&login::Login {
        address: endpoints["starttls"].parse()?,
        ca_file: ca_file.as_ref(),
        mechanism,
        initial_response,
        user: "alice",
        secret: &secret,
    })?;
    Ok(Completion::Completed)
}

/// Provokes the refusals of a server: what is said about each is a snapshot.
fn explain_refusals(server: &Server) -> Result<Completion, Failed> {
    let endpoints = match endpoints_or_skip(server)? {
        Ok(endpoints) => endpoints,
        Err(ignored) => return Ok(ignored),
    };
    let endpoint = |kind: &str| endpoints.get(kind).cloned();
    let text = refusals::provoke(server.name, endpoints["ca"].as_ref(), endpoint);
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_suffix(server.name);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!("refusals", text));
    Ok(Completion::Completed)
}

fn is_set(name: impl AsRef<OsStr>) -> bool {
    std::env::var_os(name).is_some_and(|value| !value.is_empty())
}
