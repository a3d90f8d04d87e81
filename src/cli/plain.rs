//! `ehlo --plain`: the console as lines.

use std::io::{BufRead as _, IsTerminal as _, Read as _, stdin};
use std::process::ExitCode;

use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use tokio::sync::mpsc;
use zeroize::Zeroizing;

use super::arguments::Arguments;
use super::connection::ConnectionFlags;
use super::destination::{self, Automatic};
use super::session::{LoginFlags, SessionFlags, login_plan};
use super::{console, error::UsageError};
use crate::headless::script::{Blanks, LoginSpec};
use crate::headless::{self, Conversation, Lines, Recorder, RunOptions};
use crate::smtp::Secret;

/// The longest line.
const LINE_CAP: u64 = 1024 * 1024;
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
    let session = SessionFlags::default();
    let recorder = Recorder::new(&found.name, session.output());
    let mut conversation = Conversation::new(recorder, session.patience())?;
    let flags = LoginFlags::default();
    let login = |spec: &LoginSpec, given: Option<Secret>| login_plan(spec, &flags, &found, given);
    let options = RunOptions {
        plan: found.plan.clone(),
        blanks: Blanks::default(),
        login: &login,
        replace: false,
    };
    let interactive = stdin().is_terminal();
    let lines = Lines {
        lines: lines(),
        interactive,
        echo: Box::new(echo),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let outcome = runtime.block_on(headless::plain(&mut conversation, lines, &options));
    session.finish(&mut conversation.recorder, &outcome)
}

/// The lines of standard input, as they come.
fn lines() -> mpsc::Receiver<Zeroizing<String>> {
    let (sender, receiver) = mpsc::channel(LINES);
    // The thread may wait for a line for ever; it ends with the process.
    std::thread::spawn(move || {
        let mut input = stdin().lock();
        loop {
            let mut line = Zeroizing::new(Vec::new());
            let read = (&mut input).take(LINE_CAP).read_until(b'\n', &mut line);
            if !matches!(read, Ok(octets) if octets > 0) {
                return;
            }
            let text = line.strip_suffix(b"\n").unwrap_or(&line);
            let text = text.strip_suffix(b"\r").unwrap_or(text);
            let text = Zeroizing::new(String::from_utf8_lossy(text).into_owned());
            if sender.blocking_send(text).is_err() {
                return;
            }
        }
    });
    receiver
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
