//! `ehlo --plain`: the console as lines.

use std::io::{IsTerminal as _, stdin};
use std::process::ExitCode;

use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;
use tokio::sync::mpsc;
use zeroize::Zeroizing;

use super::arguments::Arguments;
use super::connection::ConnectionFlags;
use super::destination::{self, Automatic};
use super::error::UsageError;
use super::session::login_plan;
use super::{console, input};
use crate::headless::script::{Blanks, LoginSpec};
use crate::headless::{self, LineFault, Lines, RunOptions};
use crate::smtp::Secret;

/// Lines that may wait.
const LINES: usize = 16;

/// Runs the console as lines.
pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let connection = arguments.connection.or(&ConnectionFlags::default());
    console::check(arguments, &connection)?;
    let target = arguments.target.as_deref();
    let target = target.map(|target| (target, arguments.port.as_deref()));
    if arguments.tour {
        return Err(UsageError("--tour needs the screen".to_owned()).into());
    }
    let found = destination::find(arguments, &connection, target, Automatic::Console)?;
    let (session, flags) = (&arguments.session, &arguments.login);
    session.check()?;
    let mut conversation = session.conversation(&found, flags);
    let login = |spec: &LoginSpec, given: Option<Secret>| login_plan(spec, flags, &found, given);
    let options = RunOptions {
        plan: found.plan.clone(),
        blanks: Blanks::default(),
        login: &login,
    };
    let interactive = stdin().is_terminal();
    if interactive {
        guard_echo()?;
    }
    let lines = Lines {
        lines: lines(),
        interactive,
        json: session.json,
        echo: Box::new(echo),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let outcome = runtime.block_on(headless::plain(&mut conversation, lines, &options));
    // A lookup may still hang in the system's resolver.
    runtime.shutdown_background();
    session.finish(&mut conversation.recorder, &outcome)
}

/// The lines of standard input, as they come.
fn lines() -> mpsc::Receiver<Result<Zeroizing<String>, LineFault>> {
    let (sender, receiver) = mpsc::channel(LINES);
    // The thread may wait for a line for ever; it ends with the process.
    std::thread::spawn(move || {
        input::each_line(|line| {
            let line = match line {
                line if line.len() > input::LINE_CAP => Err(LineFault::TooLong(input::LINE_CAP)),
                line => {
                    let text = line.strip_suffix(b"\n").unwrap_or(line);
                    let text = text.strip_suffix(b"\r").unwrap_or(text);
                    let text = std::str::from_utf8(text).map_err(|_| LineFault::NotText);
                    text.map(|text| Zeroizing::new(text.to_owned()))
                }
            };
            sender.blocking_send(line).is_ok()
        });
    });
    receiver
}

/// Gives the terminal its echo back if a signal ends the program while a secret is typed.
fn guard_echo() -> std::io::Result<()> {
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGQUIT, SIGTERM])?;
    std::thread::spawn(move || {
        for signal in signals.forever() {
            echo(true);
            // It ends the program as it would without us.
            let _ = emulate_default_handler(signal);
        }
    });
    Ok(())
}

/// Shows or hides what is typed.
fn echo(on: bool) {
    let Ok(mut modes) = tcgetattr(stdin()) else {
        return;
    };
    modes.local_modes.set(LocalModes::ECHO, on);
    // What was typed ahead stays: it was shown already.
    let _ = tcsetattr(stdin(), OptionalActions::Now, &modes);
}
